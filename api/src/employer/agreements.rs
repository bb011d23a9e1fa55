//! Use cases of agreements: each authorises, locks, asks the rules, saves and records.

use chrono::NaiveDate;
use uuid::Uuid;

use super::desk::Desk;
use super::model::{Agreement, AgreementKind, Command, Side, Standing, State};
use super::rules;
use crate::actor::Permission;
use crate::actor::service::acts_for;
use crate::command::{Stop, Unit, refuse_any};
use crate::organisation::rules::{MAX_TEXT, unmet_for_text};
use crate::person::desk::{At, Changed};
use crate::programme::kind::ProgrammeType;
use crate::refusal::{Code, Refusal};

/// A proposal.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// The organisation that delivers.
    pub deliverer: Uuid,
    /// The organisation that employs or places.
    pub host: Uuid,
    /// What it is about.
    pub kind: AgreementKind,
    /// How many trainees are employed or placed at most.
    pub places: i32,
    /// Of which types.
    pub types: Vec<ProgrammeType>,
    /// First day.
    pub from: NaiveDate,
    /// The day from which it no longer holds.
    pub to: Option<NaiveDate>,
}

/// One side proposes an agreement to the other.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn propose(unit: &Unit, new: Proposal) -> Result<Changed, Stop> {
    let Proposal { deliverer, host, kind, places, types, from, to } = new;
    let (desk, side) = Desk::between(unit, [(Side::Deliverer, deliverer), (Side::Host, host)])?;
    let agreement = Agreement {
        id: unit.id(),
        organisation_id: deliverer,
        host_id: host,
        kind,
        places,
        proposed_by: side,
        state: State::Proposed,
        valid_from: from,
        valid_to: to,
        accepted_on: None,
        reason: None,
        created_at: unit.now(),
        updated_at: unit.now(),
        version: 1,
    };
    let mut unmet = rules::unmet_for_terms(&agreement, &types);
    unmet.extend(rules::unmet_for_days(agreement.days()));
    unmet.extend(unmet_for_sides(&desk, &agreement).await?);
    let held = desk.store.agreements_of_deliverer(deliverer).await?;
    unmet.extend(rules::unmet_for_agreements(&agreement, &held));
    unmet.extend(rules::unmet_for_proposal(&agreement, &held));
    refuse_any(unmet)?;
    desk.store.insert_agreement(&agreement).await?;
    desk.store.add_types(&agreement, &types).await?;
    desk.record("employer_agreement.proposed", None, &agreement, &["programmes"]);
    let impact = desk.warnings(agreement.on(side), "your organisation").await?;
    Ok(Changed { id: agreement.id, impact })
}

/// Both organisations take part, and do what their side does.
async fn unmet_for_sides(desk: &Desk<'_>, agreement: &Agreement) -> Result<Vec<Refusal>, Stop> {
    let mut unmet = Vec::new();
    for side in [Side::Deliverer, Side::Host] {
        match desk.store.body(agreement.on(side)).await? {
            Some(body) => {
                let does = if side == Side::Deliverer { body.delivers } else { body.employs };
                unmet.extend(rules::unmet_for_side(side, body.status, does));
            }
            None => {
                let path = if side == Side::Deliverer { "delivererId" } else { "hostId" };
                unmet.push(Refusal::at(Code::NotFound, path, "no such organisation"));
            }
        }
    }
    Ok(unmet)
}

/// The other side accepts a proposal. Says of what both sides should take care, as far as they may then
/// know it of each other.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn accept(unit: &Unit, at: At) -> Result<Changed, Stop> {
    let (permission, command) = (Permission::SignAgreements, Command::Accept);
    let (desk, before) = Desk::at_agreement(unit, permission, at, command).await?;
    let today = unit.today();
    let first_end = rules::first_end(before.days(), today);
    let mut unmet = rules::unmet_for_step(before.standing(today), command, first_end);
    let proposer = before.on(before.proposed_by);
    unmet.extend(rules::unmet_for_other_side(acts_for(unit, proposer).await?));
    if unmet.is_empty() {
        unmet.extend(rules::unmet_for_acceptance(&before, today));
        unmet.extend(unmet_for_sides(&desk, &before).await?);
        let held = desk.store.agreements_of_deliverer(before.organisation_id).await?;
        unmet.extend(rules::unmet_for_agreements(&before, &held));
    }
    // What speaks against it is of the proposal: the input names no such field.
    refuse_any(unmet.into_iter().map(Refusal::of_all).collect())?;
    let changed = Agreement { state: State::Accepted, accepted_on: Some(today), ..before.clone() };
    let after = desk.store.update_agreement(changed).await?;
    desk.record("employer_agreement.accepted", Some(&before), &after, &[]);
    let mut impact = Vec::new();
    for (side, whose) in [(Side::Deliverer, "the deliverer"), (Side::Host, "the host")] {
        // From its first day on both read each other's contacts and status: not before.
        if after.is_in_force(today) || side == after.proposed_by.other() {
            impact.extend(desk.warnings(after.on(side), whose).await?);
        }
    }
    Ok(Changed { id: at.id, impact })
}

/// The other side declines a proposal.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn decline(unit: &Unit, at: At, reason: &str) -> Result<Changed, Stop> {
    let permission = Permission::ArrangePlacements;
    let (desk, before) = Desk::at_agreement(unit, permission, at, Command::Decline).await?;
    settle(&desk, before, Command::Decline, (None, reason)).await
}

/// A side takes back a proposal of its own, or what has not begun.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn withdraw(unit: &Unit, at: At, reason: &str) -> Result<Changed, Stop> {
    let permission = Permission::ArrangePlacements;
    let (desk, before) = Desk::at_agreement(unit, permission, at, Command::Withdraw).await?;
    settle(&desk, before, Command::Withdraw, (None, reason)).await
}

/// A side gives an agreement its last day.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn end(
    unit: &Unit,
    at: At,
    on: Option<NaiveDate>,
    reason: &str,
) -> Result<Changed, Stop> {
    let permission = Permission::SignAgreements;
    let (desk, before) = Desk::at_agreement(unit, permission, at, Command::End).await?;
    let on = on.unwrap_or_else(|| unit.today());
    let mut changed = settle(&desk, before.clone(), Command::End, (Some(on), reason)).await?;
    changed.impact = vec![
        format!("from {on} the two organisations no longer read each other's contacts"),
        format!("trainees who were employed or placed by it at most: {}", before.places),
    ];
    Ok(changed)
}

/// Everything that an organisation agreed or proposed is over on the day on which it closes. Says how much.
///
/// # Errors
///
/// What the database answers.
pub async fn end_all(
    unit: &Unit,
    acting_as: &str,
    organisation: Uuid,
    on: NaiveDate,
) -> Result<Vec<String>, Stop> {
    let desk = Desk::of(unit, acting_as.to_owned(), organisation);
    let mut over = 0;
    for before in desk.store.lock_agreements(organisation).await? {
        let Some((state, valid_to)) = rules::after_closure(&before, on) else { continue };
        let reason = Some("one of the two organisations closed".to_owned());
        let changed = Agreement { state, valid_to, reason, ..before.clone() };
        let after = desk.store.update_agreement(changed).await?;
        desk.record("employer_agreement.ended_with_organisation", Some(&before), &after, &[]);
        over += 1;
    }
    Ok(if over == 0 {
        Vec::new()
    } else {
        vec![format!("agreements with employers that end: {over}")]
    })
}

/// Takes a step after which nothing follows.
async fn settle(
    desk: &Desk<'_>,
    before: Agreement,
    command: Command,
    (ends_on, reason): (Option<NaiveDate>, &str),
) -> Result<Changed, Stop> {
    let today = desk.unit.today();
    let standing: Standing = before.standing(today);
    let first_end = rules::first_end(before.days(), today);
    let mut unmet = rules::unmet_for_step(standing, command, first_end);
    unmet.extend(unmet_for_text(reason, "reason", MAX_TEXT));
    if let (true, Some(on)) = (unmet.is_empty(), ends_on) {
        unmet.extend(rules::unmet_for_end(before.days(), (on, "endsOn"), today));
    }
    let Some(state) = standing.after(command).filter(|_| unmet.is_empty()) else {
        return Err(unmet.into());
    };
    let changed = Agreement {
        state,
        valid_to: ends_on.or(before.valid_to),
        reason: Some(reason.trim().to_owned()),
        ..before.clone()
    };
    let after = desk.store.update_agreement(changed).await?;
    let action = match command {
        Command::Accept => "employer_agreement.accepted",
        Command::Decline => "employer_agreement.declined",
        Command::Withdraw => "employer_agreement.withdrawn",
        Command::End => "employer_agreement.ended",
    };
    desk.record(action, Some(&before), &after, &[]);
    Ok(Changed::of(after.id))
}
