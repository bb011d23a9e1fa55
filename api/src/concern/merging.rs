//! What becomes of concerns when two records turn out to be of one person: their readers go along with the vault.

use uuid::Uuid;

use super::service::{name, national_leads};
use super::store::Concerns;
use crate::command::{Stop, Unit};

/// Gives what a retired record raised and took up, and what is about it, to the one that stays. What that leaves without
/// a lead, as nobody leads what is about themselves, the quality leads of the nation lead.
///
/// # Errors
///
/// What the database answers.
pub async fn hand_over(unit: &Unit, from: Uuid, to: Uuid) -> Result<(), Stop> {
    let concerns = Concerns::of(unit);
    concerns.hand_over(from, to).await?;
    let unled = concerns.unled(to).await?;
    if unled.is_empty() {
        return Ok(());
    }
    for lead in national_leads(unit).await?.into_iter().filter(|lead| *lead != to) {
        for words in &unled {
            name(unit, *words, lead).await?;
        }
    }
    Ok(())
}
