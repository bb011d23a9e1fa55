//! What hangs on a licence: programme types, conditions, decisions, variations, reviews, appeals.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::model::Tier;
use crate::calendar::Period;
use crate::coded;
use crate::programme::kind::ProgrammeType;

/// A programme type that a licence was granted for, with its days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Granted {
    /// The row.
    pub id: Uuid,
    /// The licence.
    pub licence_id: Uuid,
    /// The number of the licence; `None` while it is being granted.
    pub number: Option<String>,
    /// The type.
    pub programme_type: ProgrammeType,
    /// First day.
    pub from: NaiveDate,
    /// The day from which it no longer holds.
    pub to: NaiveDate,
}

impl Granted {
    /// Its days.
    #[must_use]
    pub fn period(&self) -> Option<Period> {
        Period::new(Some(self.from), Some(self.to)).ok()
    }

    /// What it says, in words.
    #[must_use]
    pub fn told(&self) -> String {
        let Self { id: _, licence_id: _, number, programme_type, from, to } = self;
        let number = number.as_deref().unwrap_or("a licence");
        format!("{number} is for {} from {from} to before {to}", programme_type.code())
    }
}

coded! {
    /// Where a condition of a licence stands.
    ConditionState {
        /// To be met.
        Open = "OPEN",
        /// The holder met it.
        Met = "MET",
        /// No longer asked for.
        Waived = "WAIVED",
        /// Not met.
        Breached = "BREACHED",
    }
}

/// A condition to be added to a licence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewCondition {
    /// What has to be done.
    pub text: String,
    /// By when.
    pub due_on: NaiveDate,
}

coded! {
    /// What a decision about a licence is about.
    DecisionKind {
        /// To grant it.
        Grant = "GRANT",
        /// To vary its terms for a period.
        Variation = "VARIATION",
        /// Not to grant it.
        Decline = "DECLINE",
        /// To suspend it.
        Suspension = "SUSPENSION",
        /// To end a suspension.
        Reinstatement = "REINSTATEMENT",
        /// To take it away.
        Revocation = "REVOCATION",
        /// To impose a sanction after a quality review.
        Sanction = "SANCTION",
    }
}

impl DecisionKind {
    /// Whether the holder may appeal against it.
    #[must_use]
    pub const fn can_be_appealed(self) -> bool {
        matches!(self, Self::Decline | Self::Suspension | Self::Revocation | Self::Sanction)
    }
}

coded! {
    /// Where a decision stands.
    DecisionState {
        /// Proposed by one person; another has to confirm it.
        Proposed = "PROPOSED",
        /// Taken.
        Taken = "TAKEN",
        /// Another proposal took its place.
        Dropped = "DROPPED",
    }
}

/// A decision about a licence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Identifier.
    pub id: Uuid,
    /// The licence.
    pub licence_id: Uuid,
    /// What it is about.
    pub kind: DecisionKind,
    /// Where it stands.
    pub state: DecisionState,
    /// What is to be applied with the confirmation.
    pub terms: Option<String>,
    /// Why.
    pub reason: String,
    /// Who proposed it, or took it alone.
    pub proposed_by: Uuid,
    /// The role in which it was proposed.
    pub proposed_as: String,
    /// When it was proposed.
    pub proposed_on: NaiveDate,
    /// Who confirmed it.
    pub confirmed_by: Option<Uuid>,
    /// When it was taken.
    pub taken_on: Option<NaiveDate>,
}

/// What a grant says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantTerms {
    /// First day.
    pub from: NaiveDate,
    /// The day from which it no longer holds.
    pub to: NaiveDate,
    /// Whether the holder approves its own courses.
    pub approves_own_courses: bool,
    /// Most courses at once.
    pub max_concurrent_courses: Option<i32>,
    /// Most trainees in a course.
    pub max_trainees_per_course: Option<i32>,
    /// What the holder has to do.
    pub conditions: Vec<NewCondition>,
}

/// What a variation says. What it leaves out stays as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VariationTerms {
    /// First day.
    pub from: NaiveDate,
    /// The day from which it no longer holds.
    pub to: NaiveDate,
    /// What the licence lets the holder do.
    pub tier: Option<String>,
    /// The programme types, all of them.
    pub programme_types: Option<Vec<String>>,
    /// Most courses at once.
    pub max_concurrent_courses: Option<i32>,
    /// Most trainees in a course.
    pub max_trainees_per_course: Option<i32>,
}

impl VariationTerms {
    /// What the licence lets the holder do.
    #[must_use]
    pub fn tier(&self) -> Option<Tier> {
        self.tier.as_deref().and_then(Tier::from_code)
    }

    /// The programme types, all of them.
    #[must_use]
    pub fn programme_types(&self) -> Option<Vec<ProgrammeType>> {
        let types = self.programme_types.as_ref()?;
        Some(types.iter().filter_map(|code| ProgrammeType::from_code(code)).collect())
    }
}

/// What a revocation says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevocationTerms {
    /// Why, in words for everyone.
    pub public_reason: String,
}

coded! {
    /// How a quality review was made.
    ReviewKind {
        /// By a visit.
        Visit = "VISIT",
        /// From documents.
        Desk = "DESK",
    }
}

coded! {
    /// What a quality review leads to, from 0 to 4. The ladder is a proposal of this project.
    Sanction {
        /// 0: nothing.
        None = "NONE",
        /// 1: advice.
        Advice = "ADVICE",
        /// 2: the holder is watched more closely.
        EnhancedMonitoring = "ENHANCED_MONITORING",
        /// 3: no new starts; the licence is to be suspended.
        SuspendNewStarts = "SUSPEND_NEW_STARTS",
        /// 4: the licence is to be revoked.
        Revoke = "REVOKE",
    }
}

coded! {
    /// Where an appeal stands.
    AppealState {
        /// To be decided.
        Lodged = "LODGED",
        /// The decision was undone.
        Upheld = "UPHELD",
        /// The decision stays.
        Dismissed = "DISMISSED",
    }
}

/// An appeal, as far as its decision needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appeal {
    /// Identifier.
    pub id: Uuid,
    /// The licence.
    pub licence_id: Uuid,
    /// The decision.
    pub decision_id: Uuid,
    /// Where it stands.
    pub state: AppealState,
    /// Those who took part in the decision, and who lodged it.
    pub involved: Vec<Uuid>,
}
