//! Domain types of the support for employing organisations.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use uuid::Uuid;

use crate::audit::Audited;
use crate::calendar::Period;
use crate::coded;

coded! {
    /// What an agreement is about.
    AgreementKind {
        /// The host employs those who were trained.
        Employs = "EMPLOYS",
        /// The host offers placements.
        Places = "PLACES",
    }
}

coded! {
    /// A side of an agreement.
    Side {
        /// The organisation that delivers the training.
        Deliverer = "DELIVERER",
        /// The organisation that employs or places trainees.
        Host = "HOST",
    }
}

impl Side {
    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Deliverer => Self::Host,
            Self::Host => Self::Deliverer,
        }
    }
}

coded! {
    /// What is stored about where an agreement stands.
    State {
        /// Before the other side.
        Proposed = "PROPOSED",
        /// Agreed for its days.
        Accepted = "ACCEPTED",
        /// The other side said no.
        Declined = "DECLINED",
        /// Taken back before it began.
        Withdrawn = "WITHDRAWN",
        /// Given a last day before its term.
        Ended = "ENDED",
    }
}

/// Where an agreement stands on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Standing {
    /// Before the other side.
    Proposed,
    /// Accepted; it has not begun.
    Upcoming,
    /// Accepted, and within its days.
    InForce,
    /// Accepted; its days have passed.
    Over,
    /// The other side said no.
    Declined,
    /// Taken back before it began.
    Withdrawn,
    /// Given a last day before its term.
    Ended,
}

/// A step of an agreement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Command {
    /// The other side says yes.
    Accept,
    /// The other side says no.
    Decline,
    /// Take it back before it begins.
    Withdraw,
    /// Give it a last day.
    End,
}

impl Command {
    /// Every step.
    pub const ALL: [Self; 4] = [Self::Accept, Self::Decline, Self::Withdraw, Self::End];
}

impl Standing {
    /// Every standing.
    pub const ALL: [Self; 7] = [
        Self::Proposed,
        Self::Upcoming,
        Self::InForce,
        Self::Over,
        Self::Declined,
        Self::Withdrawn,
        Self::Ended,
    ];

    /// The state after `command`, or `None` where the step does not exist.
    #[must_use]
    pub const fn after(self, command: Command) -> Option<State> {
        match (self, command) {
            (Self::Proposed, Command::Accept) => Some(State::Accepted),
            (Self::Proposed, Command::Decline) => Some(State::Declined),
            (Self::Proposed | Self::Upcoming, Command::Withdraw) => Some(State::Withdrawn),
            (Self::InForce, Command::End) => Some(State::Ended),
            (Self::Proposed, Command::End)
            | (Self::Upcoming, Command::Accept | Command::Decline | Command::End)
            | (Self::InForce, Command::Accept | Command::Decline | Command::Withdraw)
            | (Self::Over | Self::Declined | Self::Withdrawn | Self::Ended, _) => None,
        }
    }
}

/// An agreement between an organisation that delivers and one that employs or places trainees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Agreement {
    /// Identifier.
    pub id: Uuid,
    /// The organisation that delivers.
    pub organisation_id: Uuid,
    /// The organisation that employs or places.
    pub host_id: Uuid,
    /// What it is about.
    pub kind: AgreementKind,
    /// How many trainees are employed or placed at most.
    pub places: i32,
    /// The side that proposed it.
    pub proposed_by: Side,
    /// What is stored about where it stands.
    pub state: State,
    /// First day.
    pub valid_from: NaiveDate,
    /// The day from which it no longer holds.
    pub valid_to: Option<NaiveDate>,
    /// When it was accepted.
    pub accepted_on: Option<NaiveDate>,
    /// Why it was declined, withdrawn or ended.
    pub reason: Option<String>,
    /// When it was proposed.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// Counts its changes, from 1.
    pub version: i32,
}

impl Agreement {
    /// The organisation on `side`.
    #[must_use]
    pub const fn on(&self, side: Side) -> Uuid {
        match side {
            Side::Deliverer => self.organisation_id,
            Side::Host => self.host_id,
        }
    }

    /// Its days.
    #[must_use]
    pub const fn days(&self) -> Days {
        Days { from: self.valid_from, to: self.valid_to }
    }

    /// Where it stands on `day`.
    #[must_use]
    pub fn standing(&self, day: NaiveDate) -> Standing {
        match self.state {
            State::Proposed => Standing::Proposed,
            State::Accepted if day < self.valid_from => Standing::Upcoming,
            State::Accepted if self.days().hold_on(day) => Standing::InForce,
            State::Accepted => Standing::Over,
            State::Declined => Standing::Declined,
            State::Withdrawn => Standing::Withdrawn,
            State::Ended => Standing::Ended,
        }
    }

    /// Whether it was agreed for its days, which no other of its kind may share.
    #[must_use]
    pub const fn is_agreed(&self) -> bool {
        matches!(self.state, State::Accepted | State::Ended)
    }

    /// Whether trainees are employed or placed by it on `day`.
    #[must_use]
    pub fn is_in_force(&self, day: NaiveDate) -> bool {
        self.is_agreed() && self.days().hold_on(day)
    }

    /// The sides that may take a step: the other one answers, the proposer takes a proposal back, and what is
    /// agreed either may give up.
    #[must_use]
    pub fn sides(&self, command: Command) -> Vec<Side> {
        match command {
            Command::Accept | Command::Decline => vec![self.proposed_by.other()],
            Command::Withdraw if self.state == State::Proposed => vec![self.proposed_by],
            Command::Withdraw | Command::End => vec![Side::Deliverer, Side::Host],
        }
    }
}

/// Days from the first up to, but not including, another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days {
    /// First day.
    pub from: NaiveDate,
    /// The day from which it no longer holds.
    pub to: Option<NaiveDate>,
}

impl Days {
    /// As a period; `None` if there is no day among them.
    #[must_use]
    pub fn period(self) -> Option<Period> {
        Period::new(Some(self.from), self.to).ok()
    }

    /// Whether `day` is one of them.
    #[must_use]
    pub fn hold_on(self, day: NaiveDate) -> bool {
        self.period().is_some_and(|period| period.contains(day))
    }

    /// Whether some day is in both.
    #[must_use]
    pub fn meet(self, other: Self) -> bool {
        matches!((self.period(), other.period()), (Some(one), Some(two)) if one.overlaps(&two))
    }
}

coded! {
    /// What somebody is asked about.
    Purpose {
        /// Leads peer support.
        PeerSupportLead = "PEER_SUPPORT_LEAD",
        /// Supervision of peer workers.
        Supervision = "SUPERVISION",
        /// Safeguarding.
        Safeguarding = "SAFEGUARDING",
        /// Data protection.
        DataProtection = "DATA_PROTECTION",
        /// Funding.
        Funding = "FUNDING",
    }
}

/// Whom to ask at an organisation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Contact {
    /// Identifier.
    pub id: Uuid,
    /// The organisation.
    pub organisation_id: Uuid,
    /// About what.
    pub purpose: Purpose,
    /// The name.
    pub name: String,
    /// The e-mail address.
    pub email: Option<String>,
    /// The telephone number.
    pub phone: Option<String>,
    /// The person of the network who is named, if it is one.
    pub person_id: Option<Uuid>,
    /// First day.
    pub valid_from: NaiveDate,
    /// The day from which another is asked, or nobody.
    pub valid_to: Option<NaiveDate>,
    /// When it was recorded.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// Counts its changes, from 1.
    pub version: i32,
}

impl Contact {
    /// Its days.
    #[must_use]
    pub const fn days(&self) -> Days {
        Days { from: self.valid_from, to: self.valid_to }
    }
}

/// How much peer supervision an organisation offers in a period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Offer {
    /// Identifier.
    pub id: Uuid,
    /// The organisation.
    pub organisation_id: Uuid,
    /// How many people it can supervise.
    pub supervisees: i32,
    /// How many of them it supervises already.
    pub taken: i32,
    /// Hours a month, for all of them.
    pub hours_per_month: i32,
    /// First day.
    pub valid_from: NaiveDate,
    /// The day from which it is no longer offered.
    pub valid_to: Option<NaiveDate>,
    /// When it was recorded.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// Counts its changes, from 1.
    pub version: i32,
}

impl Offer {
    /// Its days.
    #[must_use]
    pub const fn days(&self) -> Days {
        Days { from: self.valid_from, to: self.valid_to }
    }
}

coded! {
    /// The status of an organisation for a year, as the toolkit publishes it.
    DsptStatus {
        /// More than the standards ask for.
        StandardsExceeded = "STANDARDS_EXCEEDED",
        /// All that the standards ask for.
        StandardsMet = "STANDARDS_MET",
        /// Not all, with a plan for the rest.
        ApproachingStandards = "APPROACHING_STANDARDS",
        /// Not all, without a plan.
        StandardsNotMet = "STANDARDS_NOT_MET",
        /// Nothing is published for the year.
        NotPublished = "NOT_PUBLISHED",
    }
}

coded! {
    /// What the toolkit says of an organisation on a day.
    DsptStanding {
        /// A published status counts.
        Current = "CURRENT",
        /// It counts for 90 days more at most.
        Expiring = "EXPIRING",
        /// The last one no longer counts.
        Lapsed = "LAPSED",
        /// None was published.
        Missing = "MISSING",
    }
}

/// What an organisation published in the toolkit for a year.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Assessment {
    /// Identifier.
    pub id: Uuid,
    /// The organisation.
    pub organisation_id: Uuid,
    /// The toolkit's year, such as `2025-26`.
    pub assessment_year: String,
    /// The status.
    pub status: DsptStatus,
    /// When it was published.
    pub published_on: Option<NaiveDate>,
    /// The day from which it expires soon.
    pub expiring_from: Option<NaiveDate>,
    /// The last day on which it counts.
    pub expires_on: Option<NaiveDate>,
    /// Where the evidence is kept.
    pub evidence_reference: Option<String>,
    /// When it was recorded.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// Counts its changes, from 1.
    pub version: i32,
}

coded! {
    /// Something that an organisation should mend, and that stops nothing.
    Warning {
        /// The status in the toolkit expires soon.
        DsptExpiring = "DSPT_EXPIRING",
        /// The status in the toolkit has lapsed.
        DsptLapsed = "DSPT_LAPSED",
        /// No status in the toolkit is recorded.
        DsptMissing = "DSPT_MISSING",
        /// The standards of the toolkit are not met.
        DsptNotMet = "DSPT_NOT_MET",
        /// Nobody is named for safeguarding.
        SafeguardingContactMissing = "SAFEGUARDING_CONTACT_MISSING",
        /// Nobody is named for supervision.
        SupervisionContactMissing = "SUPERVISION_CONTACT_MISSING",
    }
}

impl Warning {
    /// In words, for an impact.
    #[must_use]
    pub const fn told(self) -> &'static str {
        match self {
            Self::DsptExpiring => {
                "its status in the Data Security and Protection Toolkit expires soon"
            }
            Self::DsptLapsed => "its status in the Data Security and Protection Toolkit has lapsed",
            Self::DsptMissing => {
                "no status in the Data Security and Protection Toolkit is recorded"
            }
            Self::DsptNotMet => {
                "it does not meet the standards of the Data Security and Protection Toolkit"
            }
            Self::SafeguardingContactMissing => "nobody is named for safeguarding",
            Self::SupervisionContactMissing => "nobody is named for supervision",
        }
    }
}

/// What warnings follow from.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Whether an agreement is in force.
    pub in_agreement: bool,
    /// The contacts.
    pub contacts: Vec<Contact>,
    /// What was published in the toolkit.
    pub assessments: Vec<Assessment>,
}

/// Audited records in the chain of their organisation.
macro_rules! audited {
    ($($record:ident as $name:literal,)+) => {$(
        impl Audited for $record {
            const TYPE: &'static str = $name;

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
    )+};
}

audited! {
    Agreement as "employer_agreement",
    Contact as "organisation_contact",
    Offer as "supervision_offer",
    Assessment as "dspt_assessment",
}
