//! Domain types of concerns: transitions are pure and total.

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use crate::audit::{self, Audited};
use crate::coded;

coded! {
    /// How pressing it is.
    Level {
        /// Something to keep an eye on.
        Worry = "WORRY",
        /// Somebody may come to harm.
        Serious = "SERIOUS",
        /// Somebody is in danger now.
        Immediate = "IMMEDIATE",
    }
}

coded! {
    /// Where a concern stands.
    State {
        /// Raised; no lead has taken it up.
        Raised = "RAISED",
        /// A lead sees to it.
        TakenUp = "TAKEN_UP",
        /// Seen to.
        Closed = "CLOSED",
    }
}

coded! {
    /// What came of a concern.
    Outcome {
        /// The person was supported.
        Supported = "SUPPORTED",
        /// Others see to it.
        Referred = "REFERRED",
        /// Nothing was to be done.
        NoActionNeeded = "NO_ACTION_NEEDED",
    }
}

/// A step of a concern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// A lead sees to it.
    TakeUp,
    /// It is seen to.
    Close,
}

impl State {
    /// The state after `command`, or `None` where the step does not exist.
    #[must_use]
    pub const fn after(self, command: Command) -> Option<Self> {
        match (self, command) {
            (Self::Raised, Command::TakeUp) => Some(Self::TakenUp),
            (Self::TakenUp, Command::Close) => Some(Self::Closed),
            (Self::Raised, Command::Close)
            | (Self::TakenUp, Command::TakeUp)
            | (Self::Closed, Command::TakeUp | Command::Close) => None,
        }
    }
}

/// A concern.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Concern {
    /// Identifier.
    pub id: Uuid,
    /// The organisation that delivers the course.
    pub organisation_id: Uuid,
    /// The enrolment.
    pub enrolment_id: Uuid,
    /// The person concerned.
    pub person_id: Uuid,
    /// The attempt at the assignment in which it came up.
    pub attempt_id: Option<Uuid>,
    /// How pressing it is.
    pub level: Level,
    /// Whether it goes past the organisation.
    pub safe_route: bool,
    /// The words, in the vault.
    pub record_id: Uuid,
    /// The person who raised it.
    pub raised_by: Uuid,
    /// Where it stands.
    pub state: State,
    /// What came of it.
    pub outcome: Option<Outcome>,
    /// When it was raised.
    pub raised_at: DateTime<Utc>,
    /// When a lead took it up.
    pub taken_up_at: Option<DateTime<Utc>>,
    /// The lead.
    pub taken_up_by: Option<Uuid>,
    /// When it was closed.
    pub closed_at: Option<DateTime<Utc>>,
    /// Counts its changes, from 1.
    pub version: i32,
}

impl Audited for Concern {
    const TYPE: &'static str = "concern";

    fn id(&self) -> Uuid {
        self.id
    }

    /// Never that of its organisation, whose staff read their own trail.
    fn chain(&self) -> Uuid {
        audit::NATION
    }

    fn version(&self) -> i32 {
        self.version
    }
}
