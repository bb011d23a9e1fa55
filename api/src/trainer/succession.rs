//! What becomes of affiliations when an organisation ends.

use chrono::NaiveDate;
use uuid::Uuid;

use super::desk::Desk;
use super::model::Affiliation;
use super::store::Trainers;
use crate::command::{Stop, Unit};
use crate::person::desk::not_found;

/// Ends every affiliation with the organisation on a day; gives the trainers who worked with it then.
///
/// # Errors
///
/// What the database answers.
pub async fn end_affiliations(
    unit: &Unit,
    acting_as: &str,
    organisation: Uuid,
    on: NaiveDate,
) -> Result<Vec<Uuid>, Stop> {
    let mut held = Trainers::of(unit).affiliated(&[organisation], on).await?;
    held.sort_unstable_by_key(|held| (held.trainer_id, held.from));
    let desk = Desk::of(unit, acting_as.to_owned(), None);
    let mut left = Vec::new();
    for held in held {
        let before = desk.store.lock(held.trainer_id).await?.ok_or_else(not_found)?;
        desk.save("trainer.affiliation_ended", &before, before.clone(), &["affiliations"]).await?;
        desk.store.end_affiliation(held.id, on.max(held.from)).await?;
        if left.last() != Some(&held.trainer_id) {
            left.push(held.trainer_id);
        }
    }
    Ok(left)
}

/// Lets a trainer work with the organisation from a day on, unless the trainer does so already.
///
/// # Errors
///
/// What the database answers.
pub async fn join(
    unit: &Unit,
    acting_as: &str,
    trainer: Uuid,
    organisation: Uuid,
    on: NaiveDate,
) -> Result<(), Stop> {
    let desk = Desk::of(unit, acting_as.to_owned(), None);
    let mut before = desk.store.lock(trainer).await?.ok_or_else(not_found)?;
    // The profile may have been merged since it came to the list.
    while let Some(kept) = before.merged_into_id {
        before = desk.store.lock(kept).await?.ok_or_else(not_found)?;
    }
    let trainer = before.id;
    let held = desk.store.affiliations(trainer).await?;
    let of_it = held.iter().filter(|held| held.organisation_id == organisation);
    let until = of_it.clone().filter(|held| held.from > on).map(|held| held.from).min();
    if of_it.clone().any(|held| held.from <= on && held.lasts(on)) {
        return Ok(());
    }
    desk.store
        .add_affiliation(&Affiliation {
            id: unit.id(),
            trainer_id: trainer,
            organisation_id: organisation,
            from: on,
            to: until,
        })
        .await?;
    desk.save("trainer.affiliated", &before, before.clone(), &["affiliations"]).await
}
