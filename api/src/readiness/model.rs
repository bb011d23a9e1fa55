//! Domain types of readiness.

use std::fmt;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize, Serializer};
use uuid::Uuid;

pub use super::parts::{Action, ActionState, Due, DueReason, Evidence};
use super::score::{Bar, Item, Outcome, Ruler};
use crate::audit::{self, Audited};
use crate::coded;

coded! {
    /// What somebody did to an assessment.
    Part {
        /// Entered answers, evidence or the plan, or began it.
        Answered = "ANSWERED",
        /// Handed it in.
        Signed = "SIGNED",
        /// Scored it.
        Scored = "SCORED",
    }
}

coded! {
    /// Where an instrument stands.
    InstrumentState {
        /// Being written.
        Draft = "DRAFT",
        /// Assessments can begin on it.
        Published = "PUBLISHED",
        /// Nothing new begins on it; what is open goes on.
        Retired = "RETIRED",
    }
}

/// A step of an instrument's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstrumentCommand {
    /// Write on it.
    Change,
    /// Let assessments begin on it.
    Publish,
    /// Let nothing new begin on it.
    Retire,
}

impl InstrumentState {
    /// The state after `command`, or `None` where the step does not exist.
    #[must_use]
    pub const fn after(self, command: InstrumentCommand) -> Option<Self> {
        use InstrumentCommand::{Change, Publish, Retire};
        match (self, command) {
            (Self::Draft, Change) => Some(Self::Draft),
            (Self::Draft, Publish) => Some(Self::Published),
            (Self::Published, Retire) => Some(Self::Retired),
            (Self::Draft, Retire) | (Self::Published, Change | Publish) | (Self::Retired, _) => {
                None
            }
        }
    }
}

/// The number of an instrument's version: two parts, each below a thousand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Number {
    major: u16,
    minor: u16,
}

impl Number {
    /// Reads `1.0`: no leading zeros, nothing before or behind.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let part = |text: &str| {
            let plain = text.bytes().all(|b| b.is_ascii_digit())
                && (1..=3).contains(&text.len())
                && (text == "0" || !text.starts_with('0'));
            plain.then(|| text.parse().ok()).flatten()
        };
        let (major, minor) = text.split_once('.')?;
        Some(Self { major: part(major)?, minor: part(minor)? })
    }

    /// By which versions are ordered.
    #[must_use]
    pub fn precedence(self) -> i32 {
        i32::from(self.major) * 1000 + i32::from(self.minor)
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// From where outcomes begin, and other numbers of an instrument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Thresholds {
    /// Least score of the whole for READY, in basis points.
    pub ready_overall: i32,
    /// Least score of each domain for READY, in basis points.
    pub ready_domain: i32,
    /// Least score of each critical indicator for READY.
    pub ready_critical: i32,
    /// Least score of the whole for CONDITIONAL, in basis points.
    pub conditional_overall: i32,
    /// Least score of each domain for CONDITIONAL, in basis points.
    pub conditional_domain: i32,
    /// Least score of each critical indicator for CONDITIONAL.
    pub conditional_critical: i32,
    /// How many indicators of a domain may not apply.
    pub not_applicable_per_domain: i32,
    /// From how many points apart two raters disagree.
    pub disagreement_from: i32,
}

/// An instrument in one version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Instrument {
    /// Identifier.
    pub id: Uuid,
    /// Its code, the same in every version.
    pub code: String,
    /// Its version.
    pub number: Number,
    /// What it is called.
    pub title: String,
    /// Where it stands.
    pub state: InstrumentState,
    /// Whether it is a proposal that nobody has adopted.
    pub is_proposal: bool,
    /// Where it comes from.
    pub source: Option<String>,
    /// From where outcomes begin.
    #[serde(flatten)]
    pub thresholds: Thresholds,
    /// Hash of everything that it says, once it is published.
    pub content_hash: Option<String>,
    /// When it was published.
    pub published_at: Option<DateTime<Utc>>,
    /// When it was retired.
    pub retired_at: Option<DateTime<Utc>>,
    /// Why it was retired.
    pub retirement_reason: Option<String>,
    /// When it was drafted.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// Counts its changes; 0 as it came with the service.
    pub version: i32,
}

impl Instrument {
    /// Its name, such as `ORG-READY@1.0`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}@{}", self.code, self.number)
    }
}

impl Audited for Instrument {
    const TYPE: &'static str = "readiness_instrument";

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

/// An indicator of an instrument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Indicator {
    /// Its code.
    pub code: String,
    /// What is asked.
    pub prompt: String,
    /// What each score means, from 0 to 3.
    pub anchors: [String; 4],
    /// Whether no outcome carries a licence without it.
    pub critical: bool,
    /// Whether it may be said not to apply.
    pub not_applicable_allowed: bool,
    /// From which score on it needs evidence.
    pub evidence_from: Option<i32>,
    /// The indicators of earlier versions that it follows.
    pub follows: Vec<Uuid>,
}

/// A domain of an instrument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Domain {
    /// Its code.
    pub code: String,
    /// What it is called.
    pub title: String,
    /// How much it weighs.
    pub weight: i32,
    /// Its indicators in their order.
    pub indicators: Vec<Indicator>,
}

/// What an instrument asks, with the ids of its parts in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Content {
    /// Its domains.
    pub domains: Vec<Domain>,
    /// The ids of its domains.
    pub domain_ids: Vec<Uuid>,
    /// The ids of its indicators, domain by domain.
    pub indicator_ids: Vec<Uuid>,
}

impl Content {
    /// Every indicator with the place of its domain, in the order of [`indicator_ids`](Self::indicator_ids).
    pub fn indicators(&self) -> impl Iterator<Item = (usize, &Indicator)> {
        let domains = self.domains.iter().enumerate();
        domains.flat_map(|(place, domain)| domain.indicators.iter().map(move |of| (place, of)))
    }

    /// The place of the indicator with this id.
    #[must_use]
    pub fn place(&self, id: Uuid) -> Option<usize> {
        self.indicator_ids.iter().position(|known| *known == id)
    }

    /// The instrument as scores see it.
    #[must_use]
    pub fn ruler(&self, thresholds: &Thresholds) -> Ruler {
        let Thresholds {
            ready_overall,
            ready_domain,
            ready_critical,
            conditional_overall,
            conditional_domain,
            conditional_critical,
            not_applicable_per_domain: _,
            disagreement_from: _,
        } = *thresholds;
        let item = |(domain, of): (usize, &Indicator)| Item { domain, critical: of.critical };
        Ruler {
            weights: self.domains.iter().map(|domain| domain.weight).collect(),
            items: self.indicators().map(item).collect(),
            ready: Bar { overall: ready_overall, domain: ready_domain, critical: ready_critical },
            conditional: Bar {
                overall: conditional_overall,
                domain: conditional_domain,
                critical: conditional_critical,
            },
        }
    }
}

coded! {
    /// What people decided about an assessment.
    State {
        /// The organisation answers.
        Draft = "DRAFT",
        /// Signed and handed in.
        SelfSubmitted = "SELF_SUBMITTED",
        /// A reviewer scores it.
        InValidation = "IN_VALIDATION",
        /// Given back with comments.
        Returned = "RETURNED",
        /// Validated: it stands until another takes its place.
        Validated = "VALIDATED",
        /// Another one took its place.
        Superseded = "SUPERSEDED",
        /// It counts no more.
        Invalidated = "INVALIDATED",
        /// Given up by the organisation.
        Withdrawn = "WITHDRAWN",
    }
}

/// A step of an assessment's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Answer it.
    Answer,
    /// Sign it and hand it in.
    Submit,
    /// Give it to a reviewer.
    Assign,
    /// Score it.
    Score,
    /// Give it back.
    Return,
    /// Find its outcome.
    Validate,
    /// Put another in its place.
    Supersede,
    /// Let it count no more.
    Invalidate,
    /// Give it up.
    Withdraw,
}

impl Command {
    /// Every step.
    pub const ALL: [Self; 9] = [
        Self::Answer,
        Self::Submit,
        Self::Assign,
        Self::Score,
        Self::Return,
        Self::Validate,
        Self::Supersede,
        Self::Invalidate,
        Self::Withdraw,
    ];
}

impl State {
    /// The state after `command`, or `None` where the step does not exist.
    #[must_use]
    pub const fn after(self, command: Command) -> Option<Self> {
        match (self, command) {
            (Self::Draft | Self::Returned, Command::Answer) => Some(Self::Draft),
            (Self::Draft | Self::Returned, Command::Submit) => Some(Self::SelfSubmitted),
            (Self::SelfSubmitted | Self::InValidation, Command::Assign)
            | (Self::InValidation, Command::Score) => Some(Self::InValidation),
            (Self::SelfSubmitted | Self::InValidation, Command::Return) => Some(Self::Returned),
            (Self::InValidation, Command::Validate) => Some(Self::Validated),
            (Self::Validated, Command::Supersede) => Some(Self::Superseded),
            (Self::Validated, Command::Invalidate) => Some(Self::Invalidated),
            (Self::Draft | Self::Returned | Self::SelfSubmitted, Command::Withdraw) => {
                Some(Self::Withdrawn)
            }
            (Self::Draft | Self::Returned, _)
            | (Self::SelfSubmitted, _)
            | (Self::InValidation, _)
            | (Self::Validated, _)
            | (Self::Superseded | Self::Invalidated | Self::Withdrawn, _) => None,
        }
    }
}

/// What was found when an assessment was validated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Found {
    /// The outcome.
    pub outcome: Outcome,
    /// The score of the whole, in basis points.
    pub score: i32,
    /// When it was validated.
    pub validated_on: NaiveDate,
    /// The day from which it no longer holds; none if it carries no licence.
    pub valid_to: Option<NaiveDate>,
}

impl Found {
    /// Whether it carries a licence that begins on `day`.
    #[must_use]
    pub fn holds(&self, day: NaiveDate) -> bool {
        self.validated_on <= day && self.valid_to.is_none_or(|to| day < to)
    }
}

/// An assessment of an organisation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Assessment {
    /// Identifier.
    pub id: Uuid,
    /// The organisation.
    pub organisation_id: Uuid,
    /// The instrument, in the version on which it began.
    pub instrument_id: Uuid,
    /// What people decided.
    pub state: State,
    /// Who began it.
    pub started_by: Option<Uuid>,
    /// When it began.
    pub started_on: NaiveDate,
    /// Who signed it.
    pub submitted_by: Option<Uuid>,
    /// When it was last handed in.
    pub submitted_on: Option<NaiveDate>,
    /// The account of the reviewer.
    pub reviewer_id: Option<Uuid>,
    /// Who assigned the reviewer.
    pub assigned_by: Option<Uuid>,
    /// When the reviewer was assigned.
    pub assigned_on: Option<NaiveDate>,
    /// When it was last given back.
    pub returned_on: Option<NaiveDate>,
    /// What was said when it was given back.
    pub return_comment: Option<String>,
    /// Who validated it.
    pub validated_by: Option<Uuid>,
    /// The score of the whole by its raters, in basis points, once it is handed in.
    pub self_score: Option<i32>,
    /// What was found.
    #[serde(flatten)]
    pub found: Option<Found>,
    /// When it stopped to count.
    pub ended_on: Option<NaiveDate>,
    /// Why it was invalidated.
    pub end_reason: Option<String>,
    /// The one that took its place.
    pub superseded_by_id: Option<Uuid>,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// Counts its changes, from 1.
    pub version: i32,
}

coded! {
    /// From where a rater looks at the organisation.
    Perspective {
        /// A peer worker.
        PeerWorker = "PEER_WORKER",
        /// Somebody who uses its services.
        ServiceUser = "SERVICE_USER",
        /// A carer or relative.
        Carer = "CARER",
        /// A manager.
        Manager = "MANAGER",
        /// A clinician.
        Clinician = "CLINICIAN",
        /// Human resources or occupational health.
        HumanResources = "HUMAN_RESOURCES",
        /// Another one.
        Other = "OTHER",
    }
}

impl Perspective {
    /// Whether it is that of lived experience.
    #[must_use]
    pub const fn is_lived_experience(self) -> bool {
        matches!(self, Self::PeerWorker | Self::ServiceUser)
    }
}

/// Somebody who answers for the organisation. No name is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rater {
    /// Identifier.
    pub id: Uuid,
    /// The organisation.
    pub organisation_id: Uuid,
    /// The assessment.
    pub assessment_id: Uuid,
    /// Its number within the assessment, from 1.
    pub number: i32,
    /// From where it looks.
    pub perspective: Perspective,
    /// Whether its answers no longer count.
    pub withdrawn: bool,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// Counts its changes and those of its answers, from 1.
    pub version: i32,
}

/// An answer, or a score of the reviewer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The indicator.
    pub indicator: Uuid,
    /// From 0 to 3; none where it does not apply.
    pub score: Option<i32>,
    /// Words beside it.
    pub note: Option<String>,
}

/// Audits rows of an organisation in its chain.
macro_rules! audited {
    ($($record:ident as $name:literal;)+) => {$(
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

pub(super) use audited;

audited! {
    Assessment as "readiness_assessment";
    Rater as "readiness_rater";
}

#[cfg(test)]
#[path = "model_tests.rs"]
mod tests;
