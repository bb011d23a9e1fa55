//! The record that somebody answered goes with the person; what was answered is about nobody.

use uuid::Uuid;

use super::store::Evaluations;
use crate::command::{Stop, Unit};

/// Deletes that anything was answered by whoever had an enrolment. Needs a stated purpose.
///
/// # Errors
///
/// What the database answers.
pub async fn erase(unit: &Unit, enrolment: Uuid) -> Result<(), Stop> {
    Ok(Evaluations::within(unit.tx()).forget(enrolment).await?)
}
