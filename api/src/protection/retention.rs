//! How long data are kept: rules, proposals and holds, as the data protection officer decides them.

use chrono::NaiveDate;
use uuid::Uuid;

use super::desk::{Desk, refuse_stale};
use super::model::{DataClass, Hold, ProposalState, RetentionProposal, RetentionRule};
use super::rules;
use crate::command::{Stop, Unit, refuse_any};
use crate::organisation::store::Organisations;
use crate::person::desk::{At, Changed, not_found};
use crate::person::store::People;
use crate::refusal::{Code, Refusal};

/// Says for how many months a class is kept, or that no time ends it. A proposal of the network becomes a decision, if
/// only by being said again.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn set_rule(
    unit: &Unit,
    at: At,
    months: Option<i32>,
    reason: &str,
) -> Result<Changed, Stop> {
    let desk = Desk::of_the_officer(unit)?;
    let before = desk.store.lock_rule(at.id).await?.ok_or_else(not_found)?;
    refuse_stale(before.version, at.version)?;
    let mut unmet = rules::unmet_for_reason(reason);
    unmet.extend(rules::unmet_for_months(&before, months));
    refuse_any(unmet)?;
    let changed = RetentionRule {
        months,
        proposed: false,
        reason: Some(reason.to_owned()),
        changed_at: Some(unit.now()),
        ..before.clone()
    };
    let after = desk.store.update_rule(changed).await?;
    desk.record("retention_rule.set", Some(&before), &after, Some(reason));
    Ok(Changed::of(at.id))
}

/// Decides a proposal: what is approved is carried out by a job, which looks again at each record.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn decide(unit: &Unit, at: At, approve: bool, reason: &str) -> Result<Changed, Stop> {
    let desk = Desk::of_the_officer(unit)?;
    let before = desk.store.lock_proposal(at.id).await?.ok_or_else(not_found)?;
    refuse_stale(before.version, at.version)?;
    let mut unmet = rules::unmet_for_reason(reason);
    unmet.extend(rules::unmet_for_decision(before.state));
    refuse_any(unmet)?;
    let state = if approve { ProposalState::Approved } else { ProposalState::Dismissed };
    let changed = RetentionProposal {
        state,
        decided_at: Some(unit.now()),
        decided_by: unit.actor().account(),
        reason: Some(reason.to_owned()),
        ..before.clone()
    };
    let after = desk.store.update_proposal(changed).await?;
    let action = if approve { "retention.approved" } else { "retention.dismissed" };
    desk.record(action, Some(&before), &after, Some(reason));
    Ok(Changed::of(at.id))
}

/// A hold to be placed.
#[derive(Clone, Debug)]
pub struct NewHold {
    /// The class; `None` for all.
    pub class: Option<DataClass>,
    /// The person.
    pub person: Option<Uuid>,
    /// The organisation.
    pub organisation: Option<Uuid>,
    /// Why.
    pub reason: String,
    /// The day from which it no longer holds.
    pub until: Option<NaiveDate>,
}

/// Places a hold.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn hold(unit: &Unit, new: NewHold) -> Result<Changed, Stop> {
    let desk = Desk::of_the_officer(unit)?;
    let NewHold { class, person, organisation, reason, until } = new;
    let missing =
        |path: &str| Stop::from(Refusal::at(Code::NotFound, path, Code::NotFound.description()));
    // What is erased at this moment is not held; what is held from now on is not erased.
    desk.store.lock_rules().await?;
    if let Some(person) = person {
        People::of(unit).find(person).await?.ok_or_else(|| missing("personId"))?;
    }
    if let Some(organisation) = organisation {
        let found = Organisations::of(unit).lock(organisation).await?;
        found.ok_or_else(|| missing("organisationId"))?;
    }
    desk.by_another(person)?;
    let placed_by = unit.actor().account().ok_or_else(not_found)?;
    let hold = Hold {
        id: unit.id(),
        class,
        person_id: person,
        organisation_id: organisation,
        reason,
        until,
        placed_by,
        placed_at: unit.now(),
        lifted_at: None,
        lift_reason: None,
        version: 1,
    };
    refuse_any(rules::unmet_for_hold(&hold, unit.today()))?;
    desk.store.insert_hold(&hold).await?;
    desk.record("retention_hold.placed", None, &hold, Some(&hold.reason));
    Ok(Changed::of(hold.id))
}

/// Lifts a hold.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn lift_hold(unit: &Unit, at: At, reason: &str) -> Result<Changed, Stop> {
    let desk = Desk::of_the_officer(unit)?;
    let before = desk.store.lock_hold(at.id).await?.ok_or_else(not_found)?;
    desk.by_another(before.person_id)?;
    refuse_stale(before.version, at.version)?;
    let mut unmet = rules::unmet_for_reason(reason);
    if before.lifted_at.is_some() {
        unmet.push(Refusal::at(Code::Unchanged, "id", "it was lifted already"));
    }
    refuse_any(unmet)?;
    let changed = Hold {
        lifted_at: Some(unit.now()),
        lift_reason: Some(reason.to_owned()),
        ..before.clone()
    };
    let after = desk.store.update_hold(changed).await?;
    desk.record("retention_hold.lifted", Some(&before), &after, Some(reason));
    Ok(Changed::of(at.id))
}

/// Whether a hold of `holds` keeps something.
#[must_use]
pub fn is_held(
    unit: &Unit,
    holds: &[Hold],
    class: DataClass,
    person: Option<Uuid>,
    organisations: &[Uuid],
) -> bool {
    let today = unit.today();
    holds.iter().any(|hold| rules::is_held(hold, class, person, organisations, today))
}
