//! Domain types of data protection.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use uuid::Uuid;

use crate::audit::{self, Audited};
use crate::coded;

coded! {
    /// A class of data that is kept for one time and erased together.
    DataClass {
        /// Applications that led to no place.
        UnsuccessfulApplications = "UNSUCCESSFUL_APPLICATIONS",
        /// Why somebody applied, references, and notes of a selection.
        SelectionTexts = "SELECTION_TEXTS",
        /// Support needs and adjustments.
        SupportTexts = "SUPPORT_TEXTS",
        /// What trainees hand in.
        Assignments = "ASSIGNMENTS",
        /// Concerns about somebody's safety.
        Concerns = "CONCERNS",
        /// Attendance, outcomes and decisions about graduation.
        AttendanceAndOutcomes = "ATTENDANCE_AND_OUTCOMES",
        /// Credentials with the holder's name.
        Credentials = "CREDENTIALS",
        /// What trainers say about themselves, and notes about them.
        TrainerProfiles = "TRAINER_PROFILES",
        /// Funding, claims and the ledger.
        Funding = "FUNDING",
        /// Licences and readiness.
        Licensing = "LICENSING",
        /// The audit trail.
        Audit = "AUDIT",
        /// E-mails and what is sent to other systems.
        Deliveries = "DELIVERIES",
        /// Records of files that were sent.
        Uploads = "UPLOADS",
        /// Names, addresses, dates of birth and accounts.
        People = "PEOPLE",
    }
}

coded! {
    /// What happens to data whose time is over.
    Outcome {
        /// They are erased.
        Erase = "ERASE",
        /// A pseudonym takes the place of the person.
        Pseudonymise = "PSEUDONYMISE",
        /// The name is taken out, when the person asks.
        Redact = "REDACT",
        /// They go to an archive.
        Archive = "ARCHIVE",
        /// They are deleted.
        Delete = "DELETE",
    }
}

coded! {
    /// What a consent is for.
    ConsentPurpose {
        /// The public is told the name on a credential.
        CredentialListing = "CREDENTIAL_LISTING",
        /// The public register shows the profile as a trainer.
        TrainerListing = "TRAINER_LISTING",
        /// The person's story is told.
        CaseStudy = "CASE_STUDY",
        /// The record of a course goes along to another organisation.
        Transfer = "TRANSFER",
    }
}

coded! {
    /// Why processing is restricted: Article 18(1) of the UK GDPR.
    RestrictionGround {
        /// Point (a): the person contests that the data are right.
        AccuracyContested = "ACCURACY_CONTESTED",
        /// Point (b): the processing is unlawful, and the person does not want erasure.
        UnlawfulProcessing = "UNLAWFUL_PROCESSING",
        /// Point (c): the person needs the data for a legal claim.
        NeededForClaims = "NEEDED_FOR_CLAIMS",
        /// Point (d): the person objected, and it is not decided yet.
        ObjectionPending = "OBJECTION_PENDING",
    }
}

coded! {
    /// Why data are kept though erasure was asked for: Article 17(3) of the UK GDPR.
    KeepGround {
        /// Point (b): a legal obligation.
        LegalObligation = "LEGAL_OBLIGATION",
        /// Point (b): a task in the public interest.
        PublicTask = "PUBLIC_TASK",
        /// Point (d): archiving, research or statistics in the public interest.
        ArchivingOrStatistics = "ARCHIVING_OR_STATISTICS",
        /// Point (e): legal claims.
        LegalClaims = "LEGAL_CLAIMS",
        /// Point (a): freedom of expression and information.
        FreedomOfExpression = "FREEDOM_OF_EXPRESSION",
    }
}

coded! {
    /// What is decided about a class of data.
    Verdict {
        /// It is erased.
        Erase = "ERASE",
        /// It is kept.
        Keep = "KEEP",
    }
}

coded! {
    /// Who asked for an erasure.
    AskedBy {
        /// The person, signed in.
        Person = "PERSON",
        /// The data protection officer, for the person.
        Officer = "OFFICER",
    }
}

coded! {
    /// Where a request for erasure stands.
    RequestState {
        /// It is to be decided.
        Open = "OPEN",
        /// The person took it back.
        Withdrawn = "WITHDRAWN",
        /// It is decided and carried out.
        Answered = "ANSWERED",
    }
}

coded! {
    /// Where a proposal to erase what is due stands.
    ProposalState {
        /// The data protection officer has to decide.
        Open = "OPEN",
        /// It is to be carried out.
        Approved = "APPROVED",
        /// It is not to be carried out.
        Dismissed = "DISMISSED",
        /// It is carried out.
        Done = "DONE",
    }
}

coded! {
    /// What became of a record that was due.
    ItemOutcome {
        /// Nothing yet.
        Due = "DUE",
        /// It is erased.
        Done = "DONE",
        /// A hold kept it.
        Held = "HELD",
        /// It was used again, or is gone already.
        NoLongerDue = "NO_LONGER_DUE",
    }
}

/// Declares records, and hands their fields to [`rows`](super::rows), where each is a column of the same name.
macro_rules! records {
    ($($(#[doc = $doc:literal])+ $name:ident in $table:ident { $($(#[doc = $field_doc:literal])+ $field:ident: $ty:ty,)+ })+) => {
        $(
            $(#[doc = $doc])+
            #[derive(Clone, Debug, PartialEq, Eq, Serialize)]
            pub struct $name { $($(#[doc = $field_doc])+ pub $field: $ty,)+ }
        )+

        /// Hands each record with its fields to the macro `$then`.
        macro_rules! with_records {
            ($then:ident) => {
                $then! { $($name in $table { $($field),+ })+ }
            };
        }
        pub(super) use with_records;
    };
}

records! {
    /// A consent.
    Consent in consent {
        /// Identifier.
        id: Uuid,
        /// Whose choice it is.
        person_id: Uuid,
        /// For what.
        purpose: ConsentPurpose,
        /// The wording that was agreed to.
        wording: String,
        /// The credential whose holder the public is told.
        credential_id: Option<Uuid>,
        /// The profile that the public is shown.
        trainer_id: Option<Uuid>,
        /// When it was given.
        given_at: DateTime<Utc>,
        /// When it was withdrawn.
        withdrawn_at: Option<DateTime<Utc>>,
        /// Counts its changes, from 1.
        version: i32,
    }

    /// A restriction of processing.
    Restriction in processing_restriction {
        /// Identifier.
        id: Uuid,
        /// Whose data.
        person_id: Uuid,
        /// Why.
        ground: RestrictionGround,
        /// Since when.
        placed_at: DateTime<Utc>,
        /// When it was lifted.
        lifted_at: Option<DateTime<Utc>>,
        /// Counts its changes, from 1.
        version: i32,
    }

    /// How long a class of data is kept.
    RetentionRule in retention_rule {
        /// Identifier.
        id: Uuid,
        /// The class.
        class: DataClass,
        /// For how many months after it stopped being used; `None` where no time ends it.
        months: Option<i32>,
        /// What then.
        outcome: Outcome,
        /// Whether it is the network's proposal still, and no decision.
        proposed: bool,
        /// Why it was changed.
        reason: Option<String>,
        /// When it was changed.
        changed_at: Option<DateTime<Utc>>,
        /// Counts its changes, from 1.
        version: i32,
    }

    /// What keeps data past their time.
    Hold in retention_hold {
        /// Identifier.
        id: Uuid,
        /// The class; `None` for all.
        class: Option<DataClass>,
        /// The person whose data are kept.
        person_id: Option<Uuid>,
        /// The organisation whose data are kept.
        organisation_id: Option<Uuid>,
        /// Why.
        reason: String,
        /// The day from which it no longer holds, if one is set.
        until: Option<NaiveDate>,
        /// Who placed it.
        placed_by: Uuid,
        /// When.
        placed_at: DateTime<Utc>,
        /// When it was lifted.
        lifted_at: Option<DateTime<Utc>>,
        /// Why it was lifted.
        lift_reason: Option<String>,
        /// Counts its changes, from 1.
        version: i32,
    }

    /// What is due in a class of data.
    RetentionProposal in retention_proposal {
        /// Identifier.
        id: Uuid,
        /// The class.
        class: DataClass,
        /// For how many months it was to be kept.
        months: i32,
        /// The last day of use of what is due.
        ended_by: NaiveDate,
        /// How many records.
        count: i32,
        /// Where it stands.
        state: ProposalState,
        /// When it was made.
        created_at: DateTime<Utc>,
        /// When it was decided.
        decided_at: Option<DateTime<Utc>>,
        /// Who decided.
        decided_by: Option<Uuid>,
        /// Why.
        reason: Option<String>,
        /// When the last record was dealt with.
        finished_at: Option<DateTime<Utc>>,
        /// Counts its changes, from 1.
        version: i32,
    }

    /// One record of a proposal.
    RetentionItem in retention_item {
        /// Identifier.
        id: Uuid,
        /// The proposal.
        proposal_id: Uuid,
        /// The record.
        record_id: Uuid,
        /// Its id as the API has it.
        record: String,
        /// The person concerned.
        person_id: Option<Uuid>,
        /// The organisation that keeps it.
        organisation_id: Option<Uuid>,
        /// What became of it.
        outcome: ItemOutcome,
    }

    /// A request for erasure.
    ErasureRequest in erasure_request {
        /// Identifier.
        id: Uuid,
        /// Whose data.
        person_id: Uuid,
        /// Who asked.
        asked_by: AskedBy,
        /// On which day.
        received_on: NaiveDate,
        /// The last day on which to answer.
        due_on: NaiveDate,
        /// Where it stands.
        state: RequestState,
        /// When it was decided or withdrawn.
        decided_at: Option<DateTime<Utc>>,
        /// Who decided.
        decided_by: Option<Uuid>,
        /// What was done and why, in words.
        answer: Option<String>,
        /// Counts its changes, from 1.
        version: i32,
    }

    /// What was decided about one class of data.
    ErasureDecision in erasure_decision {
        /// Identifier.
        id: Uuid,
        /// The request.
        request_id: Uuid,
        /// The class.
        class: DataClass,
        /// What was decided.
        decision: Verdict,
        /// Why it is kept.
        ground: Option<KeepGround>,
        /// Until when.
        keep_until: Option<NaiveDate>,
        /// How many records that were.
        count: i32,
    }
}

macro_rules! audited {
    ($($record:ident as $name:literal in $chain:expr;)+) => {$(
        impl Audited for $record {
            const TYPE: &'static str = $name;

            fn id(&self) -> Uuid {
                self.id
            }

            fn chain(&self) -> Uuid {
                let chain: fn(&Self) -> Uuid = $chain;
                chain(self)
            }

            fn version(&self) -> i32 {
                self.version
            }
        }
    )+};
}

audited! {
    Consent as "consent" in |consent| consent.person_id;
    Restriction as "processing_restriction" in |_| audit::NATION;
    RetentionRule as "retention_rule" in |_| audit::NATION;
    Hold as "retention_hold" in |_| audit::NATION;
    RetentionProposal as "retention_proposal" in |_| audit::NATION;
    ErasureRequest as "erasure_request" in |request| request.person_id;
}
