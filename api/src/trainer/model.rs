//! Domain types of trainers.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use uuid::Uuid;

use crate::audit::{self, Audited};
use crate::calendar::Period;
use crate::coded;
use crate::programme::kind::ProgrammeType;

/// The profile of a trainer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Trainer {
    /// Identifier.
    pub id: Uuid,
    /// The person.
    pub person_id: Uuid,
    /// The person's preferred name; it follows the person's.
    pub name: String,
    /// What the trainer says about the own work.
    pub bio: Option<String>,
    /// Whether the trainer chose to stand in the public register.
    pub listed: bool,
    /// Whether the trainer has lived experience, as declared by the trainer, without detail.
    pub lived_experience: bool,
    /// The profile that replaced this one.
    pub merged_into_id: Option<Uuid>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// Counts its changes, from 1.
    pub version: i32,
}

impl Audited for Trainer {
    const TYPE: &'static str = "trainer";

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

/// An organisation with which a trainer works for a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Affiliation {
    /// The row.
    pub id: Uuid,
    /// The trainer.
    pub trainer_id: Uuid,
    /// The organisation.
    pub organisation_id: Uuid,
    /// First day.
    pub from: NaiveDate,
    /// The day from which it no longer holds; it may end on its first.
    pub to: Option<NaiveDate>,
}

impl Affiliation {
    /// Its days; `None` if it ended on its first.
    #[must_use]
    pub fn period(&self) -> Option<Period> {
        Period::new(Some(self.from), self.to).ok()
    }

    /// Whether it holds on `day` or later.
    #[must_use]
    pub fn lasts(&self, day: NaiveDate) -> bool {
        self.to.is_none_or(|to| day < to && self.from < to)
    }

    /// Whether some day lies in both, with one organisation.
    #[must_use]
    pub fn meets(&self, other: &Self) -> bool {
        let days = matches!((self.period(), other.period()), (Some(a), Some(b)) if a.overlaps(&b));
        self.organisation_id == other.organisation_id && days
    }
}

coded! {
    /// What an accreditation entitles to.
    Level {
        /// Teaches beside an accredited trainer.
        Associate = "ASSOCIATE",
        /// Teaches.
        Trainer = "TRAINER",
        /// Leads courses.
        Lead = "LEAD",
        /// Trains and observes trainers.
        Mentor = "MENTOR",
    }
}

coded! {
    /// What is stored about where an accreditation stands.
    State {
        /// Nominated.
        Applied = "APPLIED",
        /// Observed while teaching.
        Observed = "OBSERVED",
        /// Granted for a term.
        Accredited = "ACCREDITED",
        /// Without effect until it is reinstated or withdrawn.
        Suspended = "SUSPENDED",
        /// Over before its term, or never granted.
        Withdrawn = "WITHDRAWN",
    }
}

/// Where an accreditation stands on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Standing {
    /// Nominated.
    Applied,
    /// Observed while teaching.
    Observed,
    /// Granted; the term is not over.
    Accredited,
    /// Granted; the term is over.
    Lapsed,
    /// Without effect until it is reinstated or withdrawn.
    Suspended,
    /// Over before its term, or never granted.
    Withdrawn,
}

/// A step of an accreditation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Command {
    /// Somebody observed the trainer.
    Observe,
    /// Grant it.
    Accredit,
    /// Take its effect away for a time.
    Suspend,
    /// Give it back.
    Reinstate,
    /// End it, or the application.
    Withdraw,
    /// The trainer gives it up.
    Resign,
}

impl Command {
    /// Every step.
    pub const ALL: [Self; 6] = [
        Self::Observe,
        Self::Accredit,
        Self::Suspend,
        Self::Reinstate,
        Self::Withdraw,
        Self::Resign,
    ];
}

impl Standing {
    /// Every standing.
    pub const ALL: [Self; 6] = [
        Self::Applied,
        Self::Observed,
        Self::Accredited,
        Self::Lapsed,
        Self::Suspended,
        Self::Withdrawn,
    ];

    /// As people see it.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Applied => "APPLIED",
            Self::Observed => "OBSERVED",
            Self::Accredited => "ACCREDITED",
            Self::Lapsed => "LAPSED",
            Self::Suspended => "SUSPENDED",
            Self::Withdrawn => "WITHDRAWN",
        }
    }

    /// The state after `command`, or `None` where the step does not exist. An accreditation in force is
    /// suspended before it is withdrawn, so that nothing is taken away without a look at it.
    #[must_use]
    pub const fn after(self, command: Command) -> Option<State> {
        match (self, command) {
            (Self::Applied, Command::Observe) => Some(State::Observed),
            (Self::Observed, Command::Accredit) | (Self::Suspended, Command::Reinstate) => {
                Some(State::Accredited)
            }
            (Self::Accredited, Command::Suspend) => Some(State::Suspended),
            (Self::Applied | Self::Observed | Self::Suspended, Command::Withdraw)
            | (
                Self::Applied | Self::Observed | Self::Accredited | Self::Suspended,
                Command::Resign,
            ) => Some(State::Withdrawn),
            (Self::Lapsed | Self::Withdrawn, _)
            | (Self::Applied, Command::Accredit | Command::Suspend | Command::Reinstate)
            | (Self::Observed, Command::Observe | Command::Suspend | Command::Reinstate)
            | (
                Self::Accredited,
                Command::Observe | Command::Accredit | Command::Reinstate | Command::Withdraw,
            )
            | (Self::Suspended, Command::Observe | Command::Accredit | Command::Suspend) => None,
        }
    }
}

/// The accreditation of a trainer for a programme type at a level.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Accreditation {
    /// Identifier.
    pub id: Uuid,
    /// The trainer.
    pub trainer_id: Uuid,
    /// The organisation that nominated.
    pub organisation_id: Uuid,
    /// What the trainer teaches.
    pub programme_type: ProgrammeType,
    /// What it entitles to.
    pub level: Level,
    /// What is stored about where it stands.
    pub state: State,
    /// First day of the term.
    pub valid_from: Option<NaiveDate>,
    /// The day from which the term is over.
    pub valid_to: Option<NaiveDate>,
    /// The day from which it, or the application, is over before its term.
    pub ended_on: Option<NaiveDate>,
    /// Whether the trainer gave it up.
    pub resigned: bool,
    /// The accreditation whose term this one follows.
    pub renews_id: Option<Uuid>,
    /// When it was nominated.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// Counts its changes, from 1.
    pub version: i32,
}

impl Audited for Accreditation {
    const TYPE: &'static str = "trainer_accreditation";

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

impl Accreditation {
    /// Where it stands on `day`, as far as what is stored tells.
    #[must_use]
    pub fn standing(&self, day: NaiveDate) -> Standing {
        match self.state {
            State::Applied => Standing::Applied,
            State::Observed => Standing::Observed,
            State::Accredited if self.valid_to.is_some_and(|to| to <= day) => Standing::Lapsed,
            State::Accredited => Standing::Accredited,
            State::Suspended => Standing::Suspended,
            State::Withdrawn => Standing::Withdrawn,
        }
    }

    /// Whether it takes days of its type and level that no other may take.
    #[must_use]
    pub const fn is_granted(&self) -> bool {
        matches!(self.state, State::Accredited | State::Suspended)
    }

    /// The days of its term.
    #[must_use]
    pub fn period(&self) -> Option<Period> {
        let from = self.valid_from?;
        Period::new(Some(from), self.valid_to).ok()
    }
}

coded! {
    /// What kind of evidence speaks for a trainer.
    EvidenceKind {
        /// Somebody watched the trainer teach.
        Observation = "OBSERVATION",
        /// The trainer taught beside an accredited one.
        CoTeaching = "CO_TEACHING",
        /// A collection of the trainer's own work.
        Portfolio = "PORTFOLIO",
        /// What another says about the trainer.
        Reference = "REFERENCE",
        /// What trainees said.
        Feedback = "FEEDBACK",
    }
}

/// A piece of evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// What kind.
    pub kind: EvidenceKind,
    /// Of which day.
    pub on: NaiveDate,
    /// Where the note of it is kept.
    pub note_reference: Option<String>,
}

/// The days of an accreditation as courses ask about them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// What the trainer teaches.
    pub programme_type: ProgrammeType,
    /// What it entitles to.
    pub level: Level,
    /// First day.
    pub from: NaiveDate,
    /// The day from which the term is over.
    pub to: NaiveDate,
    /// The day from which it was over before its term.
    pub ended_on: Option<NaiveDate>,
    /// Days on which it was suspended: first day, and the day from which it no longer was.
    pub suspensions: Vec<(NaiveDate, Option<NaiveDate>)>,
}
