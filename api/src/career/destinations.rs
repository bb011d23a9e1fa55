//! Use cases of destinations: the graduate tells, or the deliverer records.

use uuid::Uuid;

use super::model::{Destination, Told};
use super::rules;
use super::store::Careers;
use crate::actor::Permission;
use crate::command::{Stop, Unit, refuse_any};
use crate::course::facts::Facts;
use crate::enrolment::desk::{Desk, OWN, sees};
use crate::enrolment::model::Enrolment;
use crate::enrolment::store::Enrolments;
use crate::person::desk::{Changed, not_found, signed_in};
use crate::protection::restriction;
use crate::refusal::{Code, Refusal};

/// An answer to a question about where a graduate went.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The enrolment.
    pub enrolment: Uuid,
    /// So many months after graduation.
    pub months: i32,
    /// What was told.
    pub told: Told,
    /// Why it takes the place of an earlier answer.
    pub reason: Option<String>,
}

/// Records where a graduate went.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn record(unit: &Unit, answer: Answer) -> Result<Changed, Stop> {
    let (desk, of, own) = at(unit, answer.enrolment).await?;
    let store = Careers::of(unit);
    let decision = desk.store.standing_decision(of.id).await?;
    let mut unmet = rules::unmet_for_graduate(of.state);
    if let (true, Some(decision)) = (unmet.is_empty(), &decision) {
        unmet.extend(rules::unmet_for_question(answer.months, decision.decided_on, unit.today()));
    }
    unmet.extend(rules::unmet_for_told(&answer.told, own, unit.today()));
    unmet.extend(unmet_for_employer(unit, answer.told.employer_id).await?);
    let before = store.current(of.id, answer.months).await?;
    unmet.extend(rules::unmet_for_amendment(
        before.as_ref(),
        &answer.told,
        answer.reason.as_deref(),
    ));
    refuse_any(unmet)?;
    let new = Destination {
        id: unit.id(),
        organisation_id: of.organisation_id,
        enrolment_id: of.id,
        told: answer.told,
        asked_after_months: answer.months,
        asked_on: unit.today(),
        recorded_by: unit.actor().account(),
        recorded_at: unit.now(),
        amends_id: before.as_ref().map(|before| before.id),
        reason: answer.reason.map(|reason| reason.trim().to_owned()),
        replaced_at: None,
    };
    if let Some(before) = before {
        let after = Destination { replaced_at: Some(unit.now()), ..before.clone() };
        store.replace(&after).await?;
        desk.record("destination.replaced", Some(&before), (&after, of.organisation_id), None);
    }
    store.tell(&new).await?;
    desk.record("destination.told", None, (&new, of.organisation_id), None);
    Ok(Changed::of(new.id))
}

/// The enrolment, locked, for the graduate or for who records destinations at the deliverer; and whether it is the own.
async fn at(unit: &Unit, id: Uuid) -> Result<(Desk<'_>, Enrolment, bool), Stop> {
    signed_in(unit)?;
    let store = Enrolments::of(unit);
    let found = store.find(id).await?.ok_or_else(not_found)?;
    let own = unit.actor().person() == Some(found.person_id);
    let permission = Permission::RecordDestinations;
    let desk = match unit.actor().acting_in(found.organisation_id, permission) {
        _ if own => Desk::of(unit, OWN.to_owned()),
        Some(acting_as) => Desk::of(unit, acting_as),
        None if sees(&store, unit.actor(), &found).await? => {
            return Err(Refusal::forbidden(permission).into());
        }
        None => return Err(not_found()),
    };
    restriction::refuse(unit, found.person_id).await?;
    let locked = desk.store.lock(id).await?.ok_or_else(not_found)?;
    Ok((desk, locked, own))
}

async fn unmet_for_employer(unit: &Unit, employer: Option<Uuid>) -> Result<Vec<Refusal>, Stop> {
    let Some(employer) = employer else { return Ok(Vec::new()) };
    Ok(match Facts::within(unit.tx()).body(employer).await? {
        Some(_) => Vec::new(),
        None => vec![Refusal::at(Code::NotFound, "employerId", "no such organisation")],
    })
}
