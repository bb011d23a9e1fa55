//! Data protection as it can be read and changed.

use async_graphql::Enum;
use serde::Serialize;

use super::model;
use crate::actor::Permission;
use crate::credential::graphql::Credential;
use crate::organisation::graphql::Organisation;
use crate::person::graphql::Person;
use crate::read::declaration::{
    Filter, Kind, Root, Rows, Way, boolean, choice, date, id, instant, int, key, list, one, page,
    text,
};
use crate::readable;
use crate::trainer::graphql::Trainer;

mod mutations;
mod views;

pub use mutations::{ConsentMutations, ProtectionMutations};
pub use views::ProtectionQueries;

/// The root fields of data protection.
pub const ROOTS: &[Root] = &[
    Root::page::<Consent>("consents", "Consents: the own, or all for the data protection officer."),
    Root::page::<ProcessingRestriction>(
        "processingRestrictions",
        "Restrictions of processing: of the own data, or all for the data protection officer.",
    ),
    Root::page::<RetentionRule>(
        "retentionRules",
        "How long each class of data is kept, and what then.",
    ),
    Root::page::<RetentionHold>(
        "retentionHolds",
        "What keeps data past their time, for the data protection officer.",
    ),
    Root::page::<RetentionProposal>(
        "retentionProposals",
        "What is due, class by class, for the data protection officer to decide.",
    ),
    Root::by::<RetentionProposal>("retentionProposal", "One proposal by its id."),
    Root::page::<ErasureRequest>(
        "erasureRequests",
        "Requests for erasure: the own, or all for the data protection officer.",
    ),
    Root::by::<ErasureRequest>("erasureRequest", "One request for erasure by its id."),
];

/// A class of data that is kept for one time and erased together.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Serialize)]
#[graphql(name = "DataClass", remote = "model::DataClass")]
pub enum DataClassChoice {
    /// Applications that led to no place.
    UnsuccessfulApplications,
    /// Why somebody applied, references, and notes of a selection.
    SelectionTexts,
    /// Support needs and adjustments.
    SupportTexts,
    /// What trainees hand in.
    Assignments,
    /// Concerns about somebody's safety.
    Concerns,
    /// Attendance, outcomes and decisions about graduation.
    AttendanceAndOutcomes,
    /// Credentials with the holder's name.
    Credentials,
    /// What trainers say about themselves, and notes about them.
    TrainerProfiles,
    /// Funding, claims and the ledger.
    Funding,
    /// Licences and readiness.
    Licensing,
    /// The audit trail.
    Audit,
    /// E-mails and what is sent to other systems.
    Deliveries,
    /// Records of files that were sent.
    Uploads,
    /// Names, addresses, dates of birth and accounts.
    People,
}

/// What happens to data whose time is over.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(name = "RetentionOutcome", remote = "model::Outcome")]
pub enum RetentionOutcome {
    /// They are erased.
    Erase,
    /// A pseudonym takes the place of the person.
    Pseudonymise,
    /// The name is taken out, when the person asks.
    Redact,
    /// They go to an archive.
    Archive,
    /// They are deleted.
    Delete,
}

/// What a consent is for.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Serialize)]
#[graphql(name = "ConsentPurpose", remote = "model::ConsentPurpose")]
pub enum ConsentPurposeChoice {
    /// The public is told the name on a credential.
    CredentialListing,
    /// The public register shows the profile as a trainer.
    TrainerListing,
    /// The person's story is told.
    CaseStudy,
    /// The record of a course went along to another organisation: given with `enrolmentTransfer`, for that once. What
    /// went along stays where it is withdrawn.
    Transfer,
}

/// Why processing is restricted: Article 18(1) of the UK GDPR.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Serialize)]
#[graphql(name = "RestrictionGround", remote = "model::RestrictionGround")]
pub enum RestrictionGroundChoice {
    /// Point (a): the person contests that the data are right.
    AccuracyContested,
    /// Point (b): the processing is unlawful, and the person does not want erasure.
    UnlawfulProcessing,
    /// Point (c): the person needs the data for a legal claim.
    NeededForClaims,
    /// Point (d): the person objected, and it is not decided yet.
    ObjectionPending,
}

/// Why data are kept though erasure was asked for: Article 17(3) of the UK GDPR.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Serialize)]
#[graphql(name = "ErasureKeepGround", remote = "model::KeepGround")]
pub enum ErasureKeepGround {
    /// Point (b): a legal obligation.
    LegalObligation,
    /// Point (b): a task in the public interest.
    PublicTask,
    /// Point (d): archiving, research or statistics in the public interest.
    ArchivingOrStatistics,
    /// Point (e): legal claims.
    LegalClaims,
    /// Point (a): freedom of expression and information.
    FreedomOfExpression,
}

/// What is decided about a class of data.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Serialize)]
#[graphql(name = "ErasureVerdict", remote = "model::Verdict")]
pub enum ErasureVerdict {
    /// It is erased.
    Erase,
    /// It is kept.
    Keep,
}

/// Who asked for an erasure.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(name = "ErasureAskedBy", remote = "model::AskedBy")]
pub enum ErasureAskedBy {
    /// The person, signed in.
    Person,
    /// The data protection officer, for the person.
    Officer,
}

/// Where a request for erasure stands.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(name = "ErasureRequestState", remote = "model::RequestState")]
pub enum ErasureRequestState {
    /// It is to be decided.
    Open,
    /// The person took it back.
    Withdrawn,
    /// It is decided and carried out.
    Answered,
}

/// Where a proposal to erase what is due stands.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(name = "RetentionProposalState", remote = "model::ProposalState")]
pub enum RetentionProposalState {
    /// The data protection officer has to decide.
    Open,
    /// It is to be carried out.
    Approved,
    /// It is not to be carried out.
    Dismissed,
    /// It is carried out.
    Done,
}

/// What became of a record that was due.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(name = "RetentionItemOutcome", remote = "model::ItemOutcome")]
pub enum RetentionItemOutcome {
    /// Nothing yet.
    Due,
    /// It is erased.
    Done,
    /// A hold or a restriction kept it.
    Held,
    /// It was used again, or is gone already.
    NoLongerDue,
}

/// Those who see what concerns a person: the person and the data protection officer.
macro_rules! concerned {
    ($person:literal) => {
        &[Way::Nation(Permission::AnswerRightsRequests), Way::Person($person)]
    };
}

/// Only the data protection officer.
const OFFICER: &[Way] = &[Way::Nation(Permission::ProtectData)];

readable! {
    /// A consent to something that is a true choice. Sharing a text of the vault is one as well: see `SensitiveReader`.
    pub Consent = Rows::of("consent", "cns").visible_to(concerned!("t.person_id"))
        .filters(&[Filter {
            name: "isGiven",
            description: "Whether it holds.",
            sql: "(t.withdrawn_at is null)",
            kind: Kind::Bool,
        }])
        .ordered_by("givenAt");
    /// The id of the consent.
    id: id("cns"),
    /// What it is for.
    purpose: choice::<ConsentPurposeChoice>("t.purpose").filtered(),
    /// The wording that was agreed to, by name and version.
    wording: text("t.wording"),
    /// When it was given.
    givenAt: instant("t.given_at").ordered(),
    /// When it was withdrawn, and what it allowed ended; null while it holds.
    withdrawnAt: instant("t.withdrawn_at").nullable(),
    /// Counts its changes, from 1: give it back as `expectedVersion`.
    version: int("t.version"),
    /// The id of the person whose choice it is.
    personId: key("t.person_id", "per").filtered(),
    /// The credential, where it is for one.
    credential: one::<Credential>("t.credential_id").nullable(),
    /// The profile as a trainer, where it is for one.
    trainer: one::<Trainer>("t.trainer_id").nullable(),
}

readable! {
    /// A restriction of processing: while it lasts, the person and the data protection officer alone see the person's
    /// data, and nobody changes them.
    pub ProcessingRestriction = Rows::of("processing_restriction", "prs")
        .visible_to(concerned!("t.person_id"))
        .ordered_by("placedAt");
    /// The id of the restriction.
    id: id("prs"),
    /// Why processing is restricted.
    ground: choice::<RestrictionGroundChoice>("t.ground").filtered(),
    /// Since when.
    placedAt: instant("t.placed_at").ordered(),
    /// When it was lifted; null while it lasts.
    liftedAt: instant("t.lifted_at").nullable(),
    /// Counts its changes, from 1: give it back as `expectedVersion`.
    version: int("t.version"),
    /// The id of the person.
    personId: key("t.person_id", "per").filtered(),
    /// The person; null to an officer who does not see people.
    person: one::<Person>("t.person_id").nullable(),
}

readable! {
    /// How long a class of data is kept after it stopped being used, and what then.
    pub RetentionRule = Rows::of("retention_rule", "rtr").visible_to(&[Way::SignedIn]).ordered_by("class");
    /// The id of the rule.
    id: id("rtr"),
    /// The class.
    class: choice::<DataClassChoice>("t.class").filtered().ordered(),
    /// For how many months; null where no time ends it.
    months: int("t.months").nullable(),
    /// What then.
    outcome: choice::<RetentionOutcome>("t.outcome"),
    /// Whether it is the network's proposal still, which nobody has decided.
    isProposed: boolean("t.proposed").filtered(),
    /// Why it was changed; null while it was not.
    reason: text("t.reason").nullable(),
    /// When it was changed; null while it was not.
    changedAt: instant("t.changed_at").nullable(),
    /// Counts its changes, from 1: give it back as `expectedVersion`.
    version: int("t.version"),
}

readable! {
    /// What keeps data of a person or an organisation past their time.
    pub RetentionHold = Rows::of("retention_hold", "rth").visible_to(OFFICER).ordered_by("placedAt");
    /// The id of the hold.
    id: id("rth"),
    /// The class; null for all.
    class: choice::<DataClassChoice>("t.class").nullable().filtered(),
    /// The id of the person whose data are kept; null for an organisation's.
    personId: key("t.person_id", "per").nullable().filtered(),
    /// The person; null for an organisation, or to who does not see people.
    person: one::<Person>("t.person_id").nullable(),
    /// The organisation whose data are kept; null for a person's.
    organisation: one::<Organisation>("t.organisation_id").nullable(),
    /// Why the data are kept.
    reason: text("t.reason"),
    /// The day from which it no longer holds; null if no such day is set.
    until: date("t.until").nullable(),
    /// What the account is called that placed it.
    placedBy: text("(select a.label from account a where a.id = t.placed_by)").nullable().personal(),
    /// When it was placed.
    placedAt: instant("t.placed_at").ordered(),
    /// When it was lifted; null while it was not.
    liftedAt: instant("t.lifted_at").nullable(),
    /// Why it was lifted.
    liftReason: text("t.lift_reason").nullable(),
    /// Counts its changes, from 1: give it back as `expectedVersion`.
    version: int("t.version"),
}

readable! {
    /// What is due in a class of data.
    pub RetentionProposal = Rows::of("retention_proposal", "rtp").visible_to(OFFICER).ordered_by("createdAt");
    /// The id of the proposal.
    id: id("rtp"),
    /// The class.
    class: choice::<DataClassChoice>("t.class").filtered(),
    /// For how many months it was to be kept.
    months: int("t.months"),
    /// What is due was last used on this day or before.
    endedBy: date("t.ended_by"),
    /// How many records are due.
    count: int("t.count"),
    /// Where it stands.
    state: choice::<RetentionProposalState>("t.state").filtered(),
    /// When it was made.
    createdAt: instant("t.created_at").ordered(),
    /// When it was decided; null while it is open.
    decidedAt: instant("t.decided_at").nullable(),
    /// What the account is called that decided.
    decidedBy: text("(select a.label from account a where a.id = t.decided_by)").nullable().personal(),
    /// Why it was decided so; null while it is open.
    reason: text("t.reason").nullable(),
    /// When the last record was dealt with; null until then.
    finishedAt: instant("t.finished_at").nullable(),
    /// Counts its changes, from 1: give it back as `expectedVersion`.
    version: int("t.version"),
    /// The records.
    items: page::<RetentionItem>("t.proposal_id = {parent}"),
}

readable! {
    /// One record that is due.
    pub RetentionItem = Rows::of("retention_item", "rti").visible_to(OFFICER);
    /// The id of the item.
    id: id("rti"),
    /// The id of the record, such as `sen_…`, `upl_…` or `per_…`.
    recordId: text("t.record"),
    /// The id of the person concerned; null where the record is about nobody.
    personId: key("t.person_id", "per").nullable().filtered(),
    /// The organisation that keeps the record; null where none does.
    organisation: one::<Organisation>("t.organisation_id").nullable(),
    /// What became of it.
    outcome: choice::<RetentionItemOutcome>("t.outcome").filtered(),
}

readable! {
    /// A request for erasure.
    pub ErasureRequest = Rows::of("erasure_request", "ers").visible_to(concerned!("t.person_id"))
        .ordered_by("dueOn");
    /// The id of the request.
    id: id("ers"),
    /// Who asked.
    askedBy: choice::<ErasureAskedBy>("t.asked_by"),
    /// On which day.
    receivedOn: date("t.received_on").ordered(),
    /// The last day on which to answer: one month later.
    dueOn: date("t.due_on").filtered().ordered(),
    /// Where it stands.
    state: choice::<ErasureRequestState>("t.state").filtered(),
    /// When it was answered or taken back; null while it is open.
    decidedAt: instant("t.decided_at").nullable(),
    /// What was erased, what is kept, why and until when, in words; null until it is answered.
    answer: text("t.answer").nullable(),
    /// Counts its changes, from 1: give it back as `expectedVersion`.
    version: int("t.version"),
    /// The id of the person.
    personId: key("t.person_id", "per").filtered(),
    /// The person; null to an officer who does not see people.
    person: one::<Person>("t.person_id").nullable(),
    /// What was decided, class by class.
    decisions: list::<ErasureDecision>(20, "t.request_id = {parent}"),
}

readable! {
    /// What was decided about one class of data.
    pub ErasureDecision = Rows::of("erasure_decision", "erd")
        .visible_to(&[
            Way::Nation(Permission::AnswerRightsRequests),
            Way::Person("(select r.person_id from erasure_request r where r.id = t.request_id)"),
        ]);
    /// The id of the decision.
    id: id("erd"),
    /// The class.
    class: choice::<DataClassChoice>("t.class"),
    /// What was decided.
    verdict: choice::<ErasureVerdict>("t.decision"),
    /// Why it is kept; null for what was erased.
    ground: choice::<ErasureKeepGround>("t.ground").nullable(),
    /// Until when it is kept; null for what was erased.
    keepUntil: date("t.keep_until").nullable(),
    /// How many records it held.
    count: int("t.count"),
}
