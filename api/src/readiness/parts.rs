//! What hangs on an assessment and lives longer: evidence, actions, and what is due anew.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use uuid::Uuid;

use super::model::audited;
use crate::audit::Audited;
use crate::coded;
use crate::upload::model::Media;

/// A file that shows what an assessment says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// Identifier.
    pub id: Uuid,
    /// The organisation.
    pub organisation_id: Uuid,
    /// The assessment.
    pub assessment_id: Uuid,
    /// The indicator that it is for.
    pub indicator_id: Uuid,
    /// What it is called.
    pub title: String,
    /// Its key in the file store.
    pub file_key: Uuid,
    /// The name of the file.
    pub file_name: String,
    /// Its media type.
    pub media_type: Media,
    /// Its size.
    pub size_bytes: i32,
    /// Its SHA-256, in hexadecimal.
    pub sha256: String,
    /// When it was added.
    pub added_at: DateTime<Utc>,
    /// When it was taken back.
    pub removed_on: Option<NaiveDate>,
    /// Counts its changes, from 1.
    pub version: i32,
}

coded! {
    /// Where an action stands.
    ActionState {
        /// To be done.
        Open = "OPEN",
        /// Done.
        Done = "DONE",
        /// No longer meant to be done.
        Dropped = "DROPPED",
    }
}

/// An action of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Action {
    /// Identifier.
    pub id: Uuid,
    /// The organisation.
    pub organisation_id: Uuid,
    /// The assessment to which the plan belongs.
    pub assessment_id: Uuid,
    /// The indicator that it is to raise.
    pub indicator_id: Option<Uuid>,
    /// What is to be done.
    pub text: String,
    /// The post that sees to it.
    pub owner_title: String,
    /// The person who sees to it.
    pub owner_id: Option<Uuid>,
    /// By when.
    pub due_on: NaiveDate,
    /// Where it stands.
    pub state: ActionState,
    /// How far it has come, in basis points.
    pub progress: i32,
    /// The latest words about it.
    pub note: Option<String>,
    /// The evidence that it is done.
    pub evidence_id: Option<Uuid>,
    /// When it was done or dropped.
    pub settled_on: Option<NaiveDate>,
    /// When the organisation was last reminded.
    pub reminded_on: Option<NaiveDate>,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// Counts its changes, from 1.
    pub version: i32,
}

coded! {
    /// Why a new assessment is due.
    DueReason {
        /// The organisation followed another one.
        Merger = "MERGER",
        /// Its licence was suspended.
        Suspension = "SUSPENSION",
        /// Another person signs for it.
        Signatory = "SIGNATORY",
    }
}

/// A new assessment that is due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Due {
    /// Identifier.
    pub id: Uuid,
    /// The organisation.
    pub organisation_id: Uuid,
    /// Why.
    pub reason: DueReason,
    /// Since when.
    pub raised_on: NaiveDate,
    /// By when.
    pub due_on: NaiveDate,
    /// When it was met.
    pub settled_on: Option<NaiveDate>,
    /// The assessment that met it.
    pub settled_by_id: Option<Uuid>,
    /// Counts its changes, from 1.
    pub version: i32,
}

audited! {
    Evidence as "readiness_evidence";
    Action as "readiness_action";
    Due as "readiness_due";
}
