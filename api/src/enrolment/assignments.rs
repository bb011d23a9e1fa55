//! Use cases of the assignment: handed in by the trainee, marked by one and moderated by another. Its text and what the
//! marker says lie in the vault.

use secrecy::SecretString;
use uuid::Uuid;

use super::deciding;
use super::desk::Desk;
use super::model::{Enrolment, State};
use super::store::Enrolments;
use super::work::{self, Attempt, AttemptCommand, AttemptState, Mark};
use crate::actor::Permission;
use crate::calendar::civil_date;
use crate::command::{Stop, Unit, refuse_any};
use crate::course::store::Courses;
use crate::person::desk::{At, Changed, not_found};
use crate::person::rules::unmet_for_hands;
use crate::protection::restriction;
use crate::refusal::{Code, Refusal};
use crate::vault;
use crate::vault::model::{Category, New, NewReader, ReaderRole};

/// What whoever takes an attempt is told whose text is kept back.
const KEPT_BACK: &str = "its text is kept to those who need to know: go on without it";

/// A trainee hands an attempt in. Late is after the last day of the course: it is noted, and counts the same.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn submit(unit: &Unit, at: At, text: SecretString) -> Result<Changed, Stop> {
    let (desk, of) = Desk::own(unit, at).await?;
    refuse_any(unmet_for_state(&of))?;
    let attempts = desk.store.attempts(of.id).await?;
    let resits = desk.store.resits(&[of.id]).await?.len();
    refuse_any(work::unmet_for_attempt(&attempts, resits))?;
    let course = Courses::of(unit).find(of.course_id).await?.ok_or_else(not_found)?;
    let new = New {
        person: of.person_id,
        organisation: Some(of.organisation_id),
        category: Category::Assignment,
        text,
        retain_until: None,
    };
    let record_id = vault::service::keep(unit, new, &desk.acting_as).await?;
    let attempt = Attempt {
        id: unit.id(),
        organisation_id: of.organisation_id,
        enrolment_id: of.id,
        course_id: of.course_id,
        number: i32::try_from(attempts.len()).unwrap_or(i32::MAX).saturating_add(1),
        record_id,
        submitted_at: unit.now(),
        late: civil_date(unit.now()) > course.end_on,
        state: AttemptState::Submitted,
        outcome: None,
        marker_id: None,
        marked_at: None,
        feedback_id: None,
        moderator_id: None,
        confirmed_at: None,
        kept_back: false,
        version: 1,
    };
    desk.store.insert_attempt(&attempt).await?;
    desk.record("assignment.submitted", None, (&attempt, of.organisation_id), None);
    let late = attempt.late.then(|| {
        format!("the course ended on {}: it is noted as late, and counts the same", course.end_on)
    });
    let most = if resits == 0 { format!(" of {}", work::MAX_ATTEMPTS) } else { String::new() };
    let receipt = format!("attempt {}{most} is handed in", attempt.number);
    Ok(Changed { id: attempt.id, impact: std::iter::once(receipt).chain(late).collect() })
}

/// Who is on the course, or tries again, hands in.
fn unmet_for_state(of: &Enrolment) -> Vec<Refusal> {
    if matches!(of.state, State::Active | State::CompletedTeaching | State::Resit | State::Placed) {
        return Vec::new();
    }
    let message = format!("it is {}: only who is on the course hands in", of.state.code());
    vec![Refusal::at(Code::Conflict, "", message)]
}

/// An attempt as the caller read it, locked by its enrolment, and the desk of whoever holds `permission` where it belongs.
async fn attempt(
    unit: &Unit,
    permission: Permission,
    at: At,
) -> Result<(Desk<'_>, Attempt, Uuid), Stop> {
    let store = Enrolments::of(unit);
    let found = store.attempt(at.id).await?.ok_or_else(not_found)?;
    let desk = Desk::of_deliverer(unit, found.organisation_id, permission)?;
    let of = desk.store.lock(found.enrolment_id).await?.ok_or_else(not_found)?;
    let found = desk.store.attempt(at.id).await?.ok_or_else(not_found)?;
    if found.version != at.version {
        return Err(Refusal::stale().into());
    }
    refuse_any(unmet_for_hands(unit.actor().person(), &[Some(of.person_id)]))?;
    restriction::refuse(unit, of.person_id).await?;
    let person = unit.actor().person().ok_or_else(|| {
        let message = "only an account of a person marks and moderates";
        Stop::from(Refusal::at(Code::AccountMissing, "", message))
    })?;
    Ok((desk, found, person))
}

/// Somebody takes an attempt to mark it, or to look over its mark, and may open its text from then on.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn take(unit: &Unit, at: At, role: ReaderRole) -> Result<Changed, Stop> {
    let moderates = role == ReaderRole::Moderator;
    let permission =
        if moderates { Permission::ModerateAssignments } else { Permission::MarkAssignments };
    let (desk, before, person) = attempt(unit, permission, at).await?;
    let mut unmet = Vec::new();
    if moderates {
        if before.state != AttemptState::Marked {
            let message =
                format!("it is {}: only what is marked is looked over", before.state.code());
            unmet.push(Refusal::at(Code::Conflict, "", message));
        }
        unmet.extend(unmet_for_hands(Some(person), &[before.marker_id]));
        if before.kept_back {
            unmet.push(Refusal::at(Code::Conflict, "", KEPT_BACK));
        }
    } else {
        unmet.extend(unmet_for_step(before.state, AttemptCommand::Take));
    }
    refuse_any(unmet)?;
    let mut impact = Vec::new();
    if before.kept_back {
        impact.push(KEPT_BACK.to_owned());
    } else {
        let reader = NewReader::plain(person, role);
        vault::service::share(unit, before.record_id, reader, &desk.acting_as).await?;
    }
    if !moderates {
        let state = AttemptState::InMarking;
        let after = Attempt { state, marker_id: Some(person), ..before.clone() };
        save(&desk, "assignment.taken", &before, after).await?;
    }
    Ok(Changed { id: at.id, impact })
}

fn unmet_for_step(state: AttemptState, command: AttemptCommand) -> Vec<Refusal> {
    if state.after(command).is_some() {
        return Vec::new();
    }
    let message = format!("it is {}: this step is not taken from there", state.code());
    vec![Refusal::at(Code::Conflict, "", message)]
}

async fn save(
    desk: &Desk<'_>,
    action: &'static str,
    before: &Attempt,
    mut after: Attempt,
) -> Result<(), Stop> {
    after.version = before.version + 1;
    desk.store.update_attempt(&after).await?;
    desk.record(action, Some(before), (&after, after.organisation_id), None);
    Ok(())
}

/// Whoever took an attempt marks it, and says what would be better. It holds once it is moderated.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn mark(
    unit: &Unit,
    at: At,
    outcome: Mark,
    feedback: Option<SecretString>,
) -> Result<Changed, Stop> {
    let (desk, before, person) = attempt(unit, Permission::MarkAssignments, at).await?;
    let mut unmet = unmet_for_step(before.state, AttemptCommand::Mark);
    if before.marker_id.is_some_and(|marker| marker != person) {
        let message = "somebody else marks it: take it first";
        unmet.push(Refusal::at(Code::Forbidden, "", message));
    }
    if outcome != Mark::Pass && feedback.is_none() && before.feedback_id.is_none() {
        let message = "say what is to be better";
        unmet.push(Refusal::at(Code::EvidenceRequired, "feedback", message));
    }
    refuse_any(unmet)?;
    let feedback_id = match (feedback, before.feedback_id) {
        (None, kept) => kept,
        (Some(text), Some(kept)) => {
            vault::service::replace(unit, kept, &text, &desk.acting_as).await?;
            Some(kept)
        }
        (Some(text), None) => {
            let of = desk.store.find(before.enrolment_id).await?.ok_or_else(not_found)?;
            let new = New {
                person: of.person_id,
                organisation: Some(of.organisation_id),
                category: Category::Assignment,
                text,
                retain_until: None,
            };
            Some(vault::service::keep(unit, new, &desk.acting_as).await?)
        }
    };
    let after = Attempt {
        state: AttemptState::Marked,
        outcome: Some(outcome),
        marked_at: Some(unit.now()),
        feedback_id,
        ..before.clone()
    };
    save(&desk, "assignment.marked", &before, after).await?;
    Ok(Changed::of(at.id))
}

/// ASG-1: the marks of a course hold from now on: somebody who did not give them looked over a sample.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn moderate(unit: &Unit, course: Uuid, sample: Vec<Uuid>) -> Result<Changed, Stop> {
    let found = Courses::of(unit).find(course).await?.ok_or_else(not_found)?;
    let permission = Permission::ModerateAssignments;
    let desk = Desk::of_deliverer(unit, found.organisation_id, permission)?;
    let enrolments = desk.store.lock_course(course).await?;
    let marked = desk.store.marked(course).await?;
    let own = unit.actor().person();
    let of_own = |attempt: &&Attempt| {
        enrolments.iter().any(|of| of.id == attempt.enrolment_id && Some(of.person_id) == own)
    };
    let mut unmet = work::unmet_for_moderation(&marked, &sample, own);
    if own.is_none() {
        let message = "only an account of a person marks and moderates";
        unmet.push(Refusal::at(Code::AccountMissing, "", message));
    }
    if marked.iter().any(|attempt| of_own(&attempt)) {
        unmet.extend(unmet_for_hands(own, &[own]));
    }
    refuse_any(unmet)?;
    for before in &marked {
        let looked_over = sample.contains(&before.id);
        let after = Attempt {
            state: AttemptState::Confirmed,
            moderator_id: own.filter(|_| looked_over),
            confirmed_at: Some(unit.now()),
            ..before.clone()
        };
        save(&desk, "assignment.confirmed", before, after).await?;
    }
    let ids: Vec<Uuid> = marked.iter().map(|attempt| attempt.enrolment_id).collect();
    let sheet = desk.store.sheet(course, &ids).await?;
    for of in enrolments.iter().filter(|of| ids.contains(&of.id)) {
        deciding::reopen_if_changed(&desk, &sheet, of).await?;
    }
    let impact =
        vec![format!("marks that hold now: {}, looked over: {}", marked.len(), sample.len())];
    Ok(Changed { id: course, impact })
}
