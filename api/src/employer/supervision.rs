//! Use cases of offers of supervision.

use chrono::NaiveDate;
use uuid::Uuid;

use super::desk::{Asked, Desk, fresh};
use super::model::Offer;
use super::rules;
use super::store::Employers;
use crate::actor::Permission;
use crate::command::{Stop, Unit, refuse_any};
use crate::person::desk::{At, Changed, not_found};
use crate::refusal::{Code, Refusal};

/// How much is offered.
#[derive(Clone, Copy, Debug)]
pub struct Amount {
    /// How many people can be supervised.
    pub supervisees: i32,
    /// How many of them are supervised already.
    pub taken: i32,
    /// Hours a month, for all of them.
    pub hours_per_month: i32,
}

/// Offers supervision for a period.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn offer(
    unit: &Unit,
    organisation: Uuid,
    amount: Amount,
    asked: Asked,
) -> Result<Changed, Stop> {
    let desk = Desk::within(unit, organisation).await?;
    let days = asked.days(unit);
    let new = Offer {
        id: unit.id(),
        organisation_id: organisation,
        supervisees: amount.supervisees,
        taken: amount.taken,
        hours_per_month: amount.hours_per_month,
        valid_from: days.from,
        valid_to: days.to,
        created_at: unit.now(),
        updated_at: unit.now(),
        version: 1,
    };
    let mut unmet = rules::unmet_for_offer(&new);
    unmet.extend(rules::unmet_for_days(days));
    let held = desk.store.offers(organisation).await?;
    unmet.extend(rules::unmet_for_offers(&new, &held));
    refuse_any(unmet)?;
    desk.store.insert_offer(&new).await?;
    desk.record("supervision_offer.made", None, &new, &[]);
    Ok(Changed::of(new.id))
}

/// The desk at an offer, which is locked and as the caller read it.
async fn at_offer(unit: &Unit, at: At) -> Result<(Desk<'_>, Offer), Stop> {
    let found = Employers::of(unit).offer(at.id).await?.ok_or_else(not_found)?;
    let see = Permission::SeeEmployers;
    let desk = Desk::at_record(unit, found.organisation_id, see, true).await?;
    let offer = fresh(desk.store.lock_offer(at.id).await?, at)?;
    Ok((desk, offer))
}

/// What changes of an offer; what is absent stays.
#[derive(Clone, Copy, Debug, Default)]
pub struct Amendment {
    /// How many people can be supervised.
    pub supervisees: Option<i32>,
    /// How many of them are supervised already.
    pub taken: Option<i32>,
    /// Hours a month, for all of them.
    pub hours_per_month: Option<i32>,
}

/// Changes how much is offered, or how much of it is taken.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn amend(unit: &Unit, at: At, new: Amendment) -> Result<Changed, Stop> {
    let (desk, before) = at_offer(unit, at).await?;
    let changed = Offer {
        supervisees: new.supervisees.unwrap_or(before.supervisees),
        taken: new.taken.unwrap_or(before.taken),
        hours_per_month: new.hours_per_month.unwrap_or(before.hours_per_month),
        ..before.clone()
    };
    let mut unmet = rules::unmet_for_offer(&changed);
    if changed == before {
        unmet.push(Refusal::at(Code::Unchanged, "", "the offer says this already"));
    }
    refuse_any(unmet)?;
    let after = desk.store.update_offer(changed).await?;
    desk.record("supervision_offer.amended", Some(&before), &after, &[]);
    Ok(Changed::of(at.id))
}

/// Ends an offer. Says how many are supervised by it.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn end(unit: &Unit, at: At, on: Option<NaiveDate>) -> Result<Changed, Stop> {
    let (desk, before) = at_offer(unit, at).await?;
    let on = on.unwrap_or_else(|| unit.today());
    refuse_any(rules::unmet_for_end(before.days(), (on, "endsOn"), unit.today()))?;
    let changed = Offer { valid_to: Some(on), ..before.clone() };
    let after = desk.store.update_offer(changed).await?;
    desk.record("supervision_offer.ended", Some(&before), &after, &[]);
    let impact = vec![format!("people who lose their supervision on {on}: {}", after.taken)];
    Ok(Changed { id: at.id, impact })
}
