//! What the network asks beyond its rules.

use chrono::NaiveDate;
use serde::Deserialize;

/// What the network asks beyond its rules: published nowhere, and so the network's own to change.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct PolicySettings {
    /// Whether every session of a course needs a trainer with lived experience (TRN-3).
    pub lived_experience_trainer: bool,
    /// Counts up to this are not told to those who may not list what is counted.
    pub small_count: u32,
    /// Larger counts are told to the nearest multiple of this.
    pub round_to: u32,
    /// How old, in years, somebody has to be to apply for a course.
    pub minimum_age: u32,
    /// How many days somebody has to accept the offer of a place.
    pub offer_days: u32,
    /// How many days after the end of a course its trainees may say what they think of it.
    pub evaluation_days: u32,
    /// From how many answers on something is told of them.
    pub evaluation_minimum: u32,
    /// The date of the network's appropriate policy document (Data Protection Act 2018, Schedule 1, Part 4): what is kept
    /// in the vault names it.
    pub policy_document: Option<NaiveDate>,
}

impl Default for PolicySettings {
    fn default() -> Self {
        Self {
            lived_experience_trainer: true,
            small_count: 7,
            round_to: 5,
            minimum_age: 18,
            offer_days: 14,
            evaluation_days: 42,
            evaluation_minimum: 5,
            policy_document: None,
        }
    }
}
