//! Domain types of the vault.

use chrono::{DateTime, NaiveDate, Utc};
use secrecy::SecretString;
use serde::Serialize;
use uuid::Uuid;

use crate::audit::{self, Audited};
use crate::coded;

coded! {
    /// What a text is.
    Category {
        /// Why somebody applies, in their own words.
        Motivation = "MOTIVATION",
        /// What somebody needs to take part well.
        SupportNeeds = "SUPPORT_NEEDS",
        /// What was agreed to be done about it.
        Adjustments = "ADJUSTMENTS",
        /// What a referee says.
        Reference = "REFERENCE",
        /// What those say who select.
        SelectionNote = "SELECTION_NOTE",
        /// What a trainee hands in.
        Assignment = "ASSIGNMENT",
        /// A concern about somebody's safety.
        Concern = "CONCERN",
    }
}

coded! {
    /// Why a text is read.
    Purpose {
        /// To select who takes part.
        Selection = "SELECTION",
        /// To support somebody who takes part.
        Support = "SUPPORT",
        /// To mark what a trainee handed in.
        Assessment = "ASSESSMENT",
        /// To keep somebody safe.
        Safeguarding = "SAFEGUARDING",
        /// To see what oneself wrote.
        OwnRecord = "OWN_RECORD",
        /// To answer somebody who asks under a right.
        RightsRequest = "RIGHTS_REQUEST",
    }
}

coded! {
    /// As what a person may read a record.
    ReaderRole {
        /// Teaches and supports the person.
        Tutor = "TUTOR",
        /// Supervises the person at work.
        Supervisor = "SUPERVISOR",
        /// Assesses the person.
        Assessor = "ASSESSOR",
        /// Marks the work.
        Marker = "MARKER",
        /// Looks over the marks.
        Moderator = "MODERATOR",
        /// Answers for the concern.
        ConcernLead = "CONCERN_LEAD",
    }
}

coded! {
    /// The lawful basis in Article 6 of the UK GDPR.
    LawfulBasis {
        /// Article 6(1)(e).
        PublicTask = "PUBLIC_TASK",
    }
}

coded! {
    /// The condition in Article 9(2) of the UK GDPR.
    ArticleNine {
        /// Point (b).
        EmploymentAndSocialProtection = "EMPLOYMENT_AND_SOCIAL_PROTECTION",
        /// Point (g).
        SubstantialPublicInterest = "SUBSTANTIAL_PUBLIC_INTEREST",
    }
}

coded! {
    /// The condition in Schedule 1 to the Data Protection Act 2018.
    ScheduleOne {
        /// Paragraph 1.
        EmploymentAndSocialProtection = "EMPLOYMENT_AND_SOCIAL_PROTECTION",
        /// Paragraph 6.
        StatutoryPurposes = "STATUTORY_PURPOSES",
        /// Paragraph 18.
        Safeguarding = "SAFEGUARDING",
    }
}

/// A text to be kept.
#[derive(Clone, Debug)]
pub struct New {
    /// The person concerned.
    pub person: Uuid,
    /// The organisation that keeps it as its controller; `None` for the nation.
    pub organisation: Option<Uuid>,
    /// What it is.
    pub category: Category,
    /// The text.
    pub text: SecretString,
    /// Until when it is needed, where that is known.
    pub retain_until: Option<NaiveDate>,
}

/// Somebody who is to read a record.
#[derive(Clone, Debug)]
pub struct NewReader {
    /// The person.
    pub person: Uuid,
    /// As what.
    pub role: ReaderRole,
    /// The organisation for which, where that is not the record's.
    pub acts_for: Option<Uuid>,
    /// The wording that the person concerned agreed to, where sharing is their choice.
    pub consent_wording: Option<String>,
    /// The day from which it no longer holds, if one is set.
    pub until: Option<NaiveDate>,
}

impl NewReader {
    /// Somebody who reads from now on, for whoever keeps the record, by no choice of the person.
    #[must_use]
    pub const fn plain(person: Uuid, role: ReaderRole) -> Self {
        Self { person, role, acts_for: None, consent_wording: None, until: None }
    }
}

/// A record of the vault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Record {
    /// Identifier.
    pub id: Uuid,
    /// The person concerned.
    pub person_id: Uuid,
    /// The organisation that keeps it.
    pub organisation_id: Option<Uuid>,
    /// What it is.
    pub category: Category,
    /// The sealed text. The trail knows no hash of it: `updated_at` tells that it changed.
    #[serde(skip)]
    pub ciphertext: Option<Vec<u8>>,
    /// What it is kept for.
    pub purpose: Purpose,
    /// By which lawful basis.
    pub lawful_basis: LawfulBasis,
    /// Under which condition of Article 9.
    pub article_nine: ArticleNine,
    /// Under which condition of Schedule 1.
    pub schedule_one: ScheduleOne,
    /// By which version of the appropriate policy document, named by its date, where one was set.
    pub policy_document: Option<NaiveDate>,
    /// Until when it is needed.
    pub retain_until: Option<NaiveDate>,
    /// When it was kept.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// When the text was erased.
    pub erased_at: Option<DateTime<Utc>>,
    /// Counts its changes, from 1.
    pub version: i32,
}

impl Audited for Record {
    const TYPE: &'static str = "sensitive_record";

    fn id(&self) -> Uuid {
        self.id
    }

    fn chain(&self) -> Uuid {
        self.organisation_id.unwrap_or(audit::NATION)
    }

    fn version(&self) -> i32 {
        self.version
    }
}

/// As what somebody reads, and for which organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capacity {
    /// The code of a role, of a [`ReaderRole`], or [`OWN`].
    pub acting_as: String,
    /// The organisation.
    pub organisation: Option<Uuid>,
}

/// As what the person concerned reads.
pub const OWN: &str = "SELF";

/// One opening of a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Disclosure {
    /// Identifier.
    pub id: Uuid,
    /// The record.
    pub record_id: Uuid,
    /// The account that read.
    pub account_id: Uuid,
    /// Its person then.
    pub person_id: Option<Uuid>,
    /// The organisation for which it read.
    pub organisation_id: Option<Uuid>,
    /// As what.
    pub acting_as: String,
    /// For what.
    pub purpose: Purpose,
    /// When.
    pub at: DateTime<Utc>,
}

impl Audited for Disclosure {
    const TYPE: &'static str = "sensitive_disclosure";

    fn id(&self) -> Uuid {
        self.id
    }

    fn chain(&self) -> Uuid {
        self.organisation_id.unwrap_or(audit::NATION)
    }

    fn version(&self) -> i32 {
        1
    }
}
