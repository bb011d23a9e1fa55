//! From the confirmation to the end.

use super::{At, Changed, Desk, facts_of};
use crate::actor::Permission;
use crate::application::desk::Hand;
use crate::application::places as applications;
use crate::command::{Stop, Unit, refuse_any};
use crate::course::model::{Command, SessionState};
use crate::course::parts::{Course, CourseCorrection, Session};
use crate::course::rules;
use crate::course::store::Courses;
use crate::enrolment;
use crate::organisation::rules::{MAX_TEXT, unmet_for_text};

/// Says that a course will run.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn confirm(unit: &Unit, at: At) -> Result<Changed, Stop> {
    let (desk, before) = Desk::planning(unit, at).await?;
    let after = Desk::stepped(&before, Command::Confirm)?;
    let mut unmet = rules::unmet_for_confirmation(before.places_taken, before.capacity_min);
    unmet.extend(desk.unmet_for_more_people(&before).await?);
    refuse_any(unmet)?;
    let confirmed = desk.save("course.confirmed", &before, after, &[], None).await?;
    let (taken, most) = (before.places_taken, before.capacity_max);
    let mut impact =
        vec![format!("it runs from {}, {taken} of {most} places are taken", before.start_on)];
    impact.extend(desk.endangered(&confirmed).await?);
    Ok(Changed { id: at.id, impact })
}

/// Ends a course after its last session.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn complete(unit: &Unit, at: At) -> Result<Changed, Stop> {
    let (desk, before) = Desk::at(unit, Permission::CompleteCourses, at).await?;
    let mut after = Desk::stepped(&before, Command::Complete)?;
    let sessions = desk.store.sessions(at.id).await?;
    refuse_any(rules::unmet_for_completion(&facts_of(&sessions)))?;
    after.ended_on = Some(unit.today());
    let after = desk.save("course.completed", &before, after, &[], None).await?;
    let done = enrolment::life::course_completed(unit, &after, &desk.acting_as).await?;
    let pending = sessions.iter().filter(|session| session.is_pending()).count();
    let mut impact = match pending {
        0 => Vec::new(),
        some => vec![format!("sessions whose credit a quality lead has to decide: {some}")],
    };
    impact.extend(done);
    Ok(Changed { id: at.id, impact })
}

/// Closes a course after moderation: nothing of it changes from then on.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn close(unit: &Unit, at: At) -> Result<Changed, Stop> {
    let (desk, before) = Desk::of_the_nation(unit, Permission::OverseeCourses, at).await?;
    let after = Desk::stepped(&before, Command::Close)?;
    desk.save("course.closed", &before, after, &[], None).await?;
    Ok(Changed { id: at.id, impact: vec!["nothing of it changes from now on".to_owned()] })
}

/// What a quality lead corrects about a closed course.
#[derive(Clone, Debug)]
pub struct Correction {
    /// What the course says wrongly.
    pub concerns: String,
    /// What is right.
    pub correction: String,
    /// Why it is corrected.
    pub reason: String,
}

/// Records a correction of a closed course, which itself stays as it is.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn correct(unit: &Unit, at: At, new: Correction) -> Result<Changed, Stop> {
    let (desk, course) = Desk::of_the_nation(unit, Permission::OverseeCourses, at).await?;
    let by = desk.account()?;
    let mut unmet = rules::unmet_for_correction(course.state);
    for (text, path) in
        [(&new.concerns, "concerns"), (&new.correction, "correction"), (&new.reason, "reason")]
    {
        unmet.extend(unmet_for_text(text, path, MAX_TEXT));
    }
    refuse_any(unmet)?;
    let Correction { concerns, correction, reason } = new;
    let made = CourseCorrection {
        id: unit.id(),
        organisation_id: course.organisation_id,
        course_id: course.id,
        concerns,
        correction,
        reason,
    };
    desk.store.add_correction(&made, by).await?;
    let reason = Some(made.reason.as_str());
    desk.record_part("course.corrected", &made, reason);
    Ok(Changed { id: at.id, impact: vec!["the course itself stays as it is".to_owned()] })
}

/// Calls a course off: its coordinator before it has begun, a quality lead afterwards.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn cancel(unit: &Unit, at: At, reason: String) -> Result<Changed, Stop> {
    let (desk, before) = of_whoever_cancels(unit, at).await?;
    let mut after = Desk::stepped(&before, Command::Cancel)?;
    refuse_any(unmet_for_text(&reason, "reason", MAX_TEXT))?;
    after.cancel_reason = Some(reason.clone());
    after.ended_on = Some(unit.today());
    let sessions = desk.store.sessions(at.id).await?;
    let mut called_off = 0;
    for session in sessions.iter().filter(|session| session.state == SessionState::Planned) {
        desk.store.release(session.id).await?;
        let state = SessionState::Cancelled;
        let session = Session { state, reason: Some(reason.clone()), ..session.clone() };
        desk.store.settle(&session).await?;
        called_off += 1;
    }
    let after = desk.save("course.cancelled", &before, after, &["sessions"], Some(&reason)).await?;
    enrolment::life::course_cancelled(unit, &after, &desk.acting_as).await?;
    let hand = Hand { acting_as: desk.acting_as.clone(), chain: after.organisation_id };
    let applications = applications::course_cancelled(unit, &after, &hand).await?;
    let mut impact = vec![format!("sessions that are not held: {called_off}")];
    if before.places_taken > 0 {
        impact.push(format!("people who lose their place: {}", before.places_taken));
    }
    if applications > 0 {
        impact.push(format!("applications that are closed: {applications}"));
    }
    Ok(Changed { id: at.id, impact })
}

/// The desk of a quality lead at a course that has begun, of its coordinator at one that has not.
async fn of_whoever_cancels(unit: &Unit, at: At) -> Result<(Desk<'_>, Course), Stop> {
    let found = Courses::of(unit).find(at.id).await?.ok_or_else(super::not_found)?;
    if found.state.has_begun() && unit.actor().may_nationally(Permission::OverseeCourses) {
        return Desk::of_the_nation(unit, Permission::OverseeCourses, at).await;
    }
    let (desk, course) = Desk::at(unit, Permission::CancelCourses, at).await?;
    refuse_any(rules::unmet_for_step(course.state, Command::Cancel))?;
    if course.state.has_begun() {
        let message = "it has begun: a quality lead of the national team calls it off";
        let code = crate::refusal::Code::Forbidden;
        return Err(crate::refusal::Refusal::at(code, "", message).into());
    }
    Ok((desk, course))
}
