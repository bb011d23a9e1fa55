//! What becomes of concerns when two records turn out to be of one person: their readers go along with the vault.

use uuid::Uuid;

use super::store::Concerns;
use crate::command::{Stop, Unit};

/// Gives what a retired record raised and took up to the one that stays.
///
/// # Errors
///
/// What the database answers.
pub async fn hand_over(unit: &Unit, from: Uuid, to: Uuid) -> Result<(), Stop> {
    Concerns::of(unit).hand_over(from, to).await
}
