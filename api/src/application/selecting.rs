//! What those do who select: look at applications, offer places, let people wait, and decline.

use secrecy::SecretString;

use super::desk::{Hand, fresh, locked, selected};
use super::model::{Application, Command, DeclineReason};
use super::places;
use super::rules::{self, Assessor};
use super::store::Applications;
use crate::command::{Stop, Unit, refuse_any};
use crate::course::store::Courses;
use crate::person::desk::{At, Changed, not_found};
use crate::refusal::{Code, Refusal};
use crate::vault;
use crate::vault::model::{Category, New};

/// Keeps a note in the vault: for those who select, and never for the applicant (ENR-5).
async fn noted(
    unit: &Unit,
    hand: &Hand,
    of: &Application,
    note: Option<SecretString>,
) -> Result<(), Stop> {
    let Some(text) = note else { return Ok(()) };
    let course = Courses::of(unit).find(of.course_id).await?;
    // Selection is over by the first day of the course.
    let until = course.map_or(unit.today(), |course| course.start_on.max(unit.today()));
    let new = New {
        person: of.person_id,
        organisation: Some(of.organisation_id),
        category: Category::SelectionNote,
        text,
        retain_until: Some(until),
    };
    let kept = vault::service::keep(unit, new, &hand.acting_as).await;
    let record = kept.map_err(|stop| stop.of_field("note"))?;
    Applications::of(unit).add_note(of, record).await
}

/// The application without what an assessor proposed: another step was taken in its place.
fn without_proposal(of: &Application) -> Application {
    Application { decline_reason: None, assessor_id: None, assessor_person_id: None, ..of.clone() }
}

/// Begins to look at an application, or asks the applicant to an interview.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn look(
    unit: &Unit,
    at: At,
    command: Command,
    note: Option<SecretString>,
) -> Result<Changed, Stop> {
    let (hand, before) = locked(unit, at).await?;
    refuse_any(rules::unmet_for_step(before.state, command))?;
    let action = match command {
        Command::Screen => "application.screened",
        _ => "application.interview",
    };
    hand.step(unit, action, &before, without_proposal(&before), command).await?;
    noted(unit, &hand, &before, note).await?;
    Ok(Changed::of(at.id))
}

/// Offers a place, where one is free after all who wait longer; else the applicant waits.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn offer(unit: &Unit, at: At, note: Option<SecretString>) -> Result<Changed, Stop> {
    let (hand, found) = selected(unit, at.id).await?;
    let course = Courses::of(unit).lock(found.course_id).await?.ok_or_else(not_found)?;
    let store = Applications::of(unit);
    let before = fresh(store.lock(at.id).await?.ok_or_else(not_found)?, at)?;
    refuse_any(rules::unmet_for_step(before.state, Command::Offer))?;
    refuse_any(places::unmet_for_course(&course, unit.today()))?;
    let room = places::room(unit, &course, &before).await?;
    let mut changed = Changed::of(at.id);
    if rules::has_place(room) {
        places::offered(unit, &hand, &course, &without_proposal(&before), &before).await?;
    } else {
        if before.state.after(Command::Waitlist).is_none() {
            refuse_any(rules::unmet_for_turn(room))?;
        }
        waits(unit, &hand, &before).await?;
        changed.impact.push("there is no free place: the applicant waits for one".to_owned());
    }
    noted(unit, &hand, &before, note).await?;
    Ok(changed)
}

async fn waits(unit: &Unit, hand: &Hand, before: &Application) -> Result<(), Stop> {
    let after = Application { waitlisted_at: Some(unit.now()), ..without_proposal(before) };
    hand.step(unit, "application.waitlisted", before, after, Command::Waitlist).await?;
    Ok(())
}

/// Lets an applicant wait who would be offered a place if there were one.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn waitlist(unit: &Unit, at: At, note: Option<SecretString>) -> Result<Changed, Stop> {
    let (hand, found) = selected(unit, at.id).await?;
    let course = Courses::of(unit).lock(found.course_id).await?.ok_or_else(not_found)?;
    let before = fresh(Applications::of(unit).lock(at.id).await?.ok_or_else(not_found)?, at)?;
    refuse_any(rules::unmet_for_step(before.state, Command::Waitlist))?;
    refuse_any(places::unmet_for_course(&course, unit.today()))?;
    waits(unit, &hand, &before).await?;
    noted(unit, &hand, &before, note).await?;
    Ok(Changed::of(at.id))
}

/// Declines an application; as not suitable only with a second assessor, who confirms it.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn decline(
    unit: &Unit,
    at: At,
    reason: DeclineReason,
    note: Option<SecretString>,
) -> Result<Changed, Stop> {
    let (hand, before) = locked(unit, at).await?;
    refuse_any(rules::unmet_for_step(before.state, Command::Decline))?;
    let account = unit.actor().account();
    let after = Application {
        decline_reason: Some(reason),
        assessor_id: account,
        assessor_person_id: unit.actor().person(),
        ..before.clone()
    };
    let mut changed = Changed::of(at.id);
    if rules::needs_second(reason) {
        if note.is_none() {
            let message = "say in a note why the applicant is not suitable at present";
            return Err(Refusal::at(Code::EvidenceRequired, "note", message).into());
        }
        if before.assessor_id.is_some() {
            let message = "an assessor has proposed this: another has to confirm it";
            return Err(Refusal::at(Code::Unchanged, "", message).into());
        }
        hand.save(unit, "application.decline_proposed", &before, after).await?;
        changed.impact.push("a second assessor has to confirm it".to_owned());
    } else {
        hand.step(unit, "application.declined", &before, after, Command::Decline).await?;
    }
    noted(unit, &hand, &before, note).await?;
    Ok(changed)
}

/// Confirms, as a second assessor, that an applicant is not suitable at present.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn confirm_decline(
    unit: &Unit,
    at: At,
    note: Option<SecretString>,
) -> Result<Changed, Stop> {
    let (hand, before) = locked(unit, at).await?;
    refuse_any(rules::unmet_for_step(before.state, Command::Decline))?;
    let forbidden = || Stop::from(Refusal::whole(Code::Forbidden));
    let account = unit.actor().account().ok_or_else(forbidden)?;
    let first =
        before.assessor_id.map(|account| Assessor { account, person: before.assessor_person_id });
    let second = Assessor { account, person: unit.actor().person() };
    refuse_any(rules::unmet_for_second(first, second))?;
    let after = Application { second_assessor_id: Some(account), ..before.clone() };
    hand.step(unit, "application.declined", &before, after, Command::Decline).await?;
    noted(unit, &hand, &before, note).await?;
    Ok(Changed::of(at.id))
}
