//! Use cases: pausing, coming back, leaving, going on elsewhere, and what becomes of enrolments with their course.

use chrono::{Days, NaiveDate};
use uuid::Uuid;

use super::desk::{Desk, OWN, seen};
use super::facts::Status;
use super::model::{Attendance, Command, Enrolment, Initiator, Source, State, WithdrawalReason};
use super::rules::{self, Leaving};
use super::service::{blank, place, told_of_held, unmet_for_helper, unmet_for_sponsor};
use super::store::Enrolments;
use crate::actor::Permission;
use crate::career::supervisors;
use crate::command::{Stop, Unit, refuse_any};
use crate::course::facts::Facts;
use crate::course::model::SessionState;
use crate::course::parts::Course;
use crate::course::service::places::{self, Joining};
use crate::course::store::Courses;
use crate::organisation::rules::{MAX_TEXT, unmet_for_line, unmet_for_text};
use crate::person::desk::{At, Changed, not_found, signed_in};
use crate::person::store::People;
use crate::protection::consents;
use crate::protection::model::ConsentPurpose;
use crate::refusal::{Code, Refusal};

/// How somebody leaves.
#[derive(Clone, Copy, Debug)]
pub struct Withdrawal {
    /// The last day that counts.
    pub on: NaiveDate,
    /// Why.
    pub reason: WithdrawalReason,
    /// On whose side that was; the person's own where they do it themselves.
    pub initiator: Option<Initiator>,
}

/// Somebody leaves: told by the deliverer, or by the person. The day counts still; what comes after it does not
/// (ENR-2).
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn withdraw(unit: &Unit, at: At, how: Withdrawal) -> Result<Changed, Stop> {
    signed_in(unit)?;
    let found = Enrolments::of(unit).find(at.id).await?.ok_or_else(not_found)?;
    let (desk, before) = if unit.actor().person() == Some(found.person_id) {
        Desk::own(unit, at).await?
    } else {
        Desk::at(unit, Permission::EnrolPeople, at).await?
    };
    let after = Desk::stepped(&before, Command::Withdraw)?;
    let sheet = desk.store.sheet(before.course_id, &[at.id]).await?;
    let attended = sheet.last_attended(at.id);
    let of = Leaving { from: before.enrolled_from, attended, today: unit.today() };
    let mut unmet = rules::unmet_for_withdrawal(of, how.on, how.reason);
    let initiator = if desk.acting_as == OWN { Some(Initiator::Trainee) } else { how.initiator };
    if initiator.is_none() {
        unmet.push(Refusal::at(Code::Invalid, "initiator", "say on whose side it was"));
    }
    refuse_any(unmet)?;
    let after = Enrolment {
        enrolled_to: Some(how.on + Days::new(1)),
        withdrawal_reason: Some(how.reason),
        withdrawal_initiator: initiator,
        ..after
    };
    desk.save("enrolment.withdrawn", &before, after, None).await?;
    Ok(Changed { id: at.id, impact: vec!["the place is free from now on".to_owned()] })
}

/// Somebody pauses from today on; the place is free meanwhile.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn defer(unit: &Unit, at: At) -> Result<Changed, Stop> {
    let (desk, before) = Desk::at(unit, Permission::EnrolPeople, at).await?;
    let after = Desk::stepped(&before, Command::Defer)?;
    let sheet = desk.store.sheet(before.course_id, &[at.id]).await?;
    let today = unit.today().max(before.enrolled_from);
    let last = sheet.last_attended(at.id).map(|last| last + Days::new(1));
    let after =
        Enrolment { enrolled_to: Some(last.map_or(today, |last| last.max(today))), ..after };
    desk.save("enrolment.deferred", &before, after, None).await?;
    Ok(Changed { id: at.id, impact: vec!["the place is free until they come back".to_owned()] })
}

/// Somebody comes back to the same course. What was held meanwhile was not for them.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn resume(unit: &Unit, at: At) -> Result<Changed, Stop> {
    let found = seen(unit, at.id).await?;
    let Joining { course, unmet, .. } =
        places::joining(unit, Permission::EnrolPeople, found.course_id).await?;
    let (desk, before) = Desk::at(unit, Permission::EnrolPeople, at).await?;
    let after = Desk::stepped(&before, Command::Resume)?;
    let mut unmet = unmet;
    unmet.extend(rules::unmet_for_course(course.state, ""));
    unmet.extend(rules::unmet_for_room(course.places_taken, course.capacity_max, ""));
    refuse_any(unmet)?;
    let sheet = desk.store.sheet(before.course_id, &[at.id]).await?;
    let left = before.enrolled_to.unwrap_or(before.enrolled_from);
    let missed = sheet.sessions.iter().filter(|(id, session)| {
        session.state == SessionState::Held
            && session.day >= left
            && sheet.record(at.id, **id).is_none()
    });
    let mut meanwhile = 0;
    for (session, _) in missed {
        let record = paused(unit, &before, *session);
        desk.store.record(unit, &record).await?;
        desk.record("attendance.recorded", None, (&record, before.organisation_id), None);
        meanwhile += 1;
    }
    // Who paused before the first session comes back to it.
    let state = if sheet.last_attended(at.id).is_some() { after.state } else { State::Placed };
    let after = Enrolment { enrolled_to: None, state, ..after };
    desk.save("enrolment.resumed", &before, after, None).await?;
    let impact = vec![format!("sessions held meanwhile, which count on neither side: {meanwhile}")];
    Ok(Changed { id: at.id, impact })
}

/// A session that was held while somebody paused.
fn paused(unit: &Unit, of: &Enrolment, session: Uuid) -> Attendance {
    Attendance {
        id: unit.id(),
        organisation_id: of.organisation_id,
        enrolment_id: of.id,
        course_id: of.course_id,
        session_id: session,
        status: Status::NotApplicable,
        minutes: 0,
        modules: Vec::new(),
        source: Source::Trainer,
        amends_id: None,
        reason: None,
        replaced_at: None,
    }
}

/// Where somebody goes on.
#[derive(Clone, Debug)]
pub struct Transfer {
    /// The course.
    pub course: Uuid,
    /// The wording by which the person agreed that their record goes along, where another organisation delivers it.
    pub consent_wording: Option<String>,
}

/// ENR-3: somebody goes on in another course of the same kind: in one of the same organisation by its coordinator, in
/// one of another by a quality lead, with the person's consent. Both enrolments stay, and what was earned is carried over
/// by reference.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn transfer(unit: &Unit, at: At, to: Transfer) -> Result<Changed, Stop> {
    let from = seen(unit, at.id).await?;
    let found = Courses::of(unit).find(to.course).await?;
    let target = found.ok_or_else(missing_course)?;
    let within = target.organisation_id == from.organisation_id;
    let permission = if within { Permission::EnrolPeople } else { Permission::OverseeEnrolments };
    let Joining { course, unmet, .. } = places::joining(unit, permission, to.course).await?;
    let (desk, before) = if within {
        Desk::at(unit, permission, at).await?
    } else {
        Desk::of_the_nation(unit, permission, at).await?
    };
    let after = Desk::stepped(&before, Command::TransferOut)?;
    let mut unmet = unmet;
    unmet.extend(rules::unmet_for_course(course.state, "courseId"));
    unmet.extend(rules::unmet_for_room(course.places_taken, course.capacity_max, "courseId"));
    unmet.extend(unmet_for_target(&before, &course));
    let agreed = to.consent_wording.as_deref().unwrap_or("");
    if !within {
        unmet.extend(unmet_for_line(agreed, "consentWording"));
    }
    refuse_any(unmet)?;
    if !within {
        let of = (ConsentPurpose::Transfer, before.person_id);
        consents::begin(unit, before.person_id, of, (agreed, &desk.acting_as)).await?;
    }
    let today = unit.today().max(before.enrolled_from);
    let sheet = desk.store.sheet(before.course_id, &[at.id]).await?;
    let last = sheet.last_attended(at.id).map_or(today, |last| today.max(last + Days::new(1)));
    let left = Enrolment { enrolled_to: before.enrolled_to.or(Some(last)), ..after };
    let reason = to.consent_wording.as_deref();
    let left = desk.save("enrolment.transferred_out", &before, left, reason).await?;
    let next = Enrolment {
        origin_id: Some(left.id),
        sponsor_id: left.sponsor_id,
        ..blank(unit, &course, (left.person_id, left.funding_basis), unit.today())
    };
    People::of(unit).keep(next.person_id, next.organisation_id).await?;
    let next = place(&desk, next).await?;
    let version = Courses::of(unit).find(before.course_id).await?.ok_or_else(not_found)?;
    let own = (left.organisation_id, version.programme_version_id);
    for (origin, _, carried) in sheet.earned(&left) {
        let (organisation, version) = match origin == left.id {
            true => own,
            false => desk.store.source(origin).await?.unwrap_or(own),
        };
        desk.store.carry(unit, &next, (origin, organisation, version), &carried).await?;
    }
    let mut impact = vec![format!("goes on in {} from {}", course.code, next.enrolled_from)];
    impact.extend(told_of_held(&next));
    Ok(Changed { id: next.id, impact })
}

fn missing_course() -> Stop {
    Refusal::at(Code::NotFound, "courseId", "no such course that you see").into()
}

fn unmet_for_target(from: &Enrolment, to: &Course) -> Vec<Refusal> {
    let mut unmet = Vec::new();
    if from.course_id == to.id {
        unmet.push(Refusal::at(Code::Unchanged, "courseId", "is the course that they are on"));
    }
    if from.programme_type != to.programme_type {
        let message = "trains for something else: credit is carried over within one kind";
        unmet.push(Refusal::at(Code::Invalid, "courseId", message));
    }
    unmet
}

/// Tries again what was missing: the assignment as often as at first.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn resit(unit: &Unit, at: At) -> Result<Changed, Stop> {
    let (desk, before) = Desk::at(unit, Permission::EnrolPeople, at).await?;
    let after = Desk::stepped(&before, Command::Resit)?;
    if let Some(decision) = desk.store.standing_decision(at.id).await? {
        super::deciding::reopened(&desk, decision, super::model::ReopenReason::Resit).await?;
    }
    desk.save("enrolment.resit", &before, after, None).await?;
    Ok(Changed::of(at.id))
}

/// Who looks after somebody on the course; what is absent stays.
#[derive(Clone, Copy, Debug, Default)]
pub struct Support {
    /// The peer supervisor.
    pub supervisor: Option<Uuid>,
    /// The tutor.
    pub tutor: Option<Uuid>,
}

/// Says who supervises and tutors somebody.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn support(unit: &Unit, at: At, by: Support) -> Result<Changed, Stop> {
    let (desk, before) = Desk::at(unit, Permission::EnrolPeople, at).await?;
    let mut unmet = Vec::new();
    if before.state.after(Command::Withdraw).is_none() {
        unmet.push(Refusal::at(Code::Conflict, "", "only who has a place is looked after"));
    }
    for (person, path) in [(by.supervisor, "supervisorId"), (by.tutor, "tutorId")] {
        if let Some(person) = person {
            unmet.extend(unmet_for_helper(unit, &before, (person, path)).await?);
        }
    }
    if let Some(supervisor) = by.supervisor.filter(|_| unmet.is_empty()) {
        let here = (before.organisation_id, before.id);
        unmet.extend(supervisors::unmet_for_room(unit, supervisor, here).await?);
    }
    let after = Enrolment {
        supervisor_id: by.supervisor.or(before.supervisor_id),
        tutor_id: by.tutor.or(before.tutor_id),
        ..before.clone()
    };
    if unmet.is_empty() && after == before {
        unmet.push(Refusal::at(Code::Unchanged, "", "name who changes"));
    }
    refuse_any(unmet)?;
    desk.save("enrolment.support_set", &before, after, None).await?;
    Ok(Changed::of(at.id))
}

/// Another organisation employs or supports somebody, or none does any more.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn set_sponsor(unit: &Unit, at: At, sponsor: Option<Uuid>) -> Result<Changed, Stop> {
    let (desk, before) = Desk::at(unit, Permission::EnrolPeople, at).await?;
    let mut unmet = unmet_for_sponsor(&desk, sponsor).await?;
    unmet.extend(rules::unmet_for_basis(before.funding_basis, sponsor.is_some(), true));
    if before.state.after(Command::Withdraw).is_none() {
        unmet.push(Refusal::at(Code::Conflict, "", "only who has a place is sponsored"));
    }
    if sponsor == before.sponsor_id {
        unmet.push(Refusal::at(Code::Unchanged, "sponsorId", Code::Unchanged.description()));
    }
    refuse_any(unmet)?;
    let after = Enrolment { sponsor_id: sponsor, ..before.clone() };
    desk.save("enrolment.sponsor_changed", &before, after, None).await?;
    Ok(Changed::of(at.id))
}

/// The course is over: who was there comes to the end of the teaching. Says who was never there.
///
/// # Errors
///
/// What the database answers.
pub async fn course_completed(
    unit: &Unit,
    course: &Course,
    acting_as: &str,
) -> Result<Vec<String>, Stop> {
    let desk = Desk::of(unit, acting_as.to_owned());
    let (mut done, mut absent) = (0, 0);
    for before in desk.store.lock_course(course.id).await? {
        absent += usize::from(before.state == State::Placed);
        if let Some(state) = before.state.after(Command::Complete) {
            let after = Enrolment { state, ..before.clone() };
            desk.save("enrolment.teaching_completed", &before, after, None).await?;
            done += 1;
        }
    }
    let mut impact = Vec::new();
    if done > 0 {
        impact.push(format!("people about whose graduation is to be decided: {done}"));
    }
    if absent > 0 {
        impact.push(format!("people who were at no session, to be withdrawn as NO_SHOW: {absent}"));
    }
    Ok(impact)
}

/// The course is called off: everybody on it leaves. Gives how many.
///
/// # Errors
///
/// What the database answers.
pub async fn course_cancelled(
    unit: &Unit,
    course: &Course,
    acting_as: &str,
) -> Result<usize, Stop> {
    let desk = Desk::of(unit, acting_as.to_owned());
    let mut left = 0;
    for before in desk.store.lock_course(course.id).await? {
        if let Some(state) = before.state.after(Command::Withdraw) {
            let today = unit.today().max(before.enrolled_from) + Days::new(1);
            let after = Enrolment {
                state,
                enrolled_to: Some(before.enrolled_to.unwrap_or(today)),
                withdrawal_reason: Some(WithdrawalReason::CourseCancelled),
                withdrawal_initiator: Some(Initiator::Deliverer),
                ..before.clone()
            };
            desk.save("enrolment.course_cancelled", &before, after, None).await?;
            left += 1;
        }
    }
    Ok(left)
}

/// A line or text of an input that may be absent.
pub(super) fn unmet_for_note(text: Option<&str>, path: &str) -> Vec<Refusal> {
    text.map(|text| unmet_for_text(text, path, MAX_TEXT)).unwrap_or_default()
}

/// Whether an organisation takes part.
pub(super) async fn is_active(unit: &Unit, organisation: Uuid) -> Result<bool, Stop> {
    let body = Facts::within(unit.tx()).body(organisation).await?;
    Ok(body.is_some_and(|body| body.active))
}
