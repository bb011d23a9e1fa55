//! RDY-6: what makes a new assessment due, and what meets it.

use chrono::{Days, NaiveDate};
use uuid::Uuid;

use super::desk::Desk;
use super::model::{Assessment, Due, DueReason};
use super::rules::REASSESSMENT_DAYS;
use super::store::Readiness;
use crate::audit::Change;
use crate::command::{Stop, Unit};

/// Raises that an organisation has to be assessed anew for what happens on a day, if it was assessed at all or has
/// handed an assessment in, and this is not raised already. Gives it in words.
///
/// # Errors
///
/// What the database answers.
pub async fn raise(
    unit: &Unit,
    acting_as: &str,
    organisation: Uuid,
    (reason, on): (DueReason, NaiveDate),
) -> Result<Option<String>, Stop> {
    let store = Readiness::of(unit);
    if !store.is_assessed(organisation).await? {
        return Ok(None);
    }
    let due_on = on.checked_add_days(Days::new(REASSESSMENT_DAYS)).unwrap_or(on);
    let due = Due {
        id: unit.id(),
        organisation_id: organisation,
        reason,
        raised_on: on,
        due_on,
        settled_on: None,
        settled_by_id: None,
        version: 1,
    };
    if !store.raise(&due).await? {
        return Ok(None);
    }
    let acting_as = acting_as.to_owned();
    unit.record(Change::of("readiness.reassessment_due", None, &due, &[], acting_as, None));
    Ok(Some(format!("readiness has to be assessed anew by {due_on}")))
}

/// An assessment that was validated meets everything that was due when it was handed in; says so.
pub(super) async fn settle(desk: &Desk<'_>, by: &Assessment) -> Result<Vec<String>, Stop> {
    let open = desk.store.lock_due_of(by.organisation_id).await?;
    let met = |due: &&Due| by.submitted_on.is_some_and(|on| due.raised_on <= on);
    let open: Vec<&Due> = open.iter().filter(met).collect();
    for before in open.iter().copied() {
        let after = Due {
            settled_on: Some(desk.unit.today()),
            settled_by_id: Some(by.id),
            version: before.version + 1,
            ..before.clone()
        };
        desk.store.update_due(&after).await?;
        desk.record("readiness.reassessment_met", Some(before), &after, &[], None);
    }
    let met = (!open.is_empty()).then(|| "the reassessment that was due is met".to_owned());
    Ok(met.into_iter().collect())
}
