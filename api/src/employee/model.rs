//! Domain types of links to employees.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use uuid::Uuid;

use crate::audit::Audited;

/// A reference of an organisation's own that stands for a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Link {
    /// Identifier.
    pub id: Uuid,
    /// The organisation.
    pub organisation_id: Uuid,
    /// Its reference.
    pub external_ref: String,
    /// The person.
    pub person_id: Uuid,
    /// First day.
    pub valid_from: NaiveDate,
    /// The day from which it no longer holds.
    pub valid_to: Option<NaiveDate>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Counts its changes, from 1.
    pub version: i32,
}

impl Audited for Link {
    const TYPE: &'static str = "employee_link";

    fn id(&self) -> Uuid {
        self.id
    }

    fn chain(&self) -> Uuid {
        self.organisation_id
    }

    fn version(&self) -> i32 {
        self.version
    }
}

/// How a person is named or described: in one of these ways.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// By the id.
    pub id: Option<Uuid>,
    /// By what is known of them.
    pub described: Option<Described>,
}

/// What is known of a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Described {
    /// Given name.
    pub given_name: Option<String>,
    /// Family name.
    pub family_name: Option<String>,
    /// Date of birth.
    pub date_of_birth: Option<NaiveDate>,
    /// An e-mail address.
    pub email: Option<String>,
}

/// Who was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// One person.
    Matched(Uuid),
    /// Several; nobody is guessed.
    Ambiguous,
    /// Nobody.
    Nobody,
}
