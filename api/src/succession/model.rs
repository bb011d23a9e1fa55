//! A place on the unassigned list of a succession.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use uuid::Uuid;

use crate::audit::Audited;
use crate::coded;

coded! {
    /// What has to pass on.
    SubjectKind {
        /// A course.
        Course = "COURSE",
        /// A trainer who worked with the organisation.
        Trainer = "TRAINER",
    }
}

/// What has to pass on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Subject {
    /// A course.
    Course(Uuid),
    /// A trainer who worked with the organisation.
    Trainer(Uuid),
}

impl Subject {
    /// Its kind.
    #[must_use]
    pub const fn kind(self) -> SubjectKind {
        match self {
            Self::Course(_) => SubjectKind::Course,
            Self::Trainer(_) => SubjectKind::Trainer,
        }
    }
}

/// A course or trainer whose organisation has several successors: a person names one of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Assignment {
    /// Identifier.
    pub id: Uuid,
    /// The organisation that ended.
    pub organisation_id: Uuid,
    /// What has to pass on.
    pub subject: Subject,
    /// The day of the succession.
    pub effective_on: NaiveDate,
    /// The successor that a person named.
    pub successor_id: Option<Uuid>,
    /// The day on which it was named.
    pub assigned_on: Option<NaiveDate>,
    /// When it came to the list.
    pub created_at: DateTime<Utc>,
    /// Counts its changes, from 1.
    pub version: i32,
}

impl Audited for Assignment {
    const TYPE: &'static str = "succession_assignment";

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
