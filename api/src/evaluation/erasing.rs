//! The record that somebody answered goes with the person; what was answered is about nobody.

use uuid::Uuid;

use super::answering::enrolments;
use super::store::Evaluations;
use crate::command::{Stop, Unit};
use crate::vault;

/// Deletes that a person answered about any course.
///
/// # Errors
///
/// What the database answers.
pub async fn erase(unit: &Unit, person: Uuid) -> Result<(), Stop> {
    vault::store::state(unit.tx(), "ERASURE").await?;
    let own = enrolments(unit, person).await?;
    Ok(Evaluations::within(unit.tx()).forget(&own).await?)
}
