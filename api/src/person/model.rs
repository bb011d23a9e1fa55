//! Domain types of people.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use uuid::Uuid;

use crate::audit::{self, Audited};
use crate::calendar::Period;
use crate::coded;

/// What a person is called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Names {
    /// The name to use.
    pub preferred_name: String,
    /// Given name, where known.
    pub given_name: Option<String>,
    /// Family name, where known.
    pub family_name: Option<String>,
    /// The name on certificates.
    pub certificate_name: String,
}

/// A person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Person {
    /// Identifier.
    pub id: Uuid,
    /// What the person is called today.
    #[serde(flatten)]
    pub names: Names,
    /// Date of birth, for the check for duplicates and the least age on a course.
    pub date_of_birth: Option<NaiveDate>,
    /// The record that replaced this one.
    pub merged_into_id: Option<Uuid>,
    /// When a pseudonym took the place of names, addresses and accounts.
    pub erased_on: Option<NaiveDate>,
    /// When the record was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// Counts its changes, from 1.
    pub version: i32,
}

impl Audited for Person {
    const TYPE: &'static str = "person";

    fn id(&self) -> Uuid {
        self.id
    }

    fn chain(&self) -> Uuid {
        audit::NATION
    }

    fn version(&self) -> i32 {
        self.version
    }
}

/// A dated link of a person: to an account, or to an organisation that keeps the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The row.
    pub id: Uuid,
    /// The person.
    pub person_id: Uuid,
    /// The account or organisation.
    pub target: Uuid,
    /// First day.
    pub from: NaiveDate,
    /// The day from which it no longer holds.
    pub to: Option<NaiveDate>,
}

impl Link {
    /// Whether it holds on `day`.
    #[must_use]
    pub fn holds_on(&self, day: NaiveDate) -> bool {
        self.from <= day && self.to.is_none_or(|to| day < to)
    }

    /// Whether some day lies in both; a link that ended on its first day holds on none.
    #[must_use]
    pub fn meets(&self, other: &Self) -> bool {
        let days = |link: &Self| Period::new(Some(link.from), link.to);
        matches!((days(self), days(other)), (Ok(one), Ok(two)) if one.overlaps(&two))
    }
}

coded! {
    /// Where a proposal of duplicates stands.
    DuplicateStatus {
        /// A person has to decide.
        Open = "OPEN",
        /// One record was merged into the other.
        Merged = "MERGED",
        /// They are two people.
        Dismissed = "DISMISSED",
        /// One of the records was merged into a third.
        Lapsed = "LAPSED",
    }
}

/// Two records that may be of one person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Duplicate {
    /// Identifier.
    pub id: Uuid,
    /// The record with the smaller id.
    pub one_id: Uuid,
    /// The other record.
    pub other_id: Uuid,
    /// Both have, or had, one verified e-mail address.
    pub same_email: bool,
    /// Both have the same name and date of birth.
    pub same_birth: bool,
    /// Where it stands.
    pub status: DuplicateStatus,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was decided.
    pub decided_at: Option<DateTime<Utc>>,
    /// Counts its changes, from 1.
    pub version: i32,
}

impl Audited for Duplicate {
    const TYPE: &'static str = "person_duplicate";

    fn id(&self) -> Uuid {
        self.id
    }

    fn chain(&self) -> Uuid {
        audit::NATION
    }

    fn version(&self) -> i32 {
        self.version
    }
}
