//! The vault as it can be read and changed: what there is, never what it says; but for one mutation.

use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::{Context, Enum, ID, InputObject, Object, Result};
use secrecy::SecretString;
use serde::Serialize;
use uuid::Uuid;

use super::model::{self, NewReader};
use super::service;
use crate::actor::Permission;
use crate::graphql::mutate::{Asked, ids_of};
use crate::graphql::payload::{Mutation, Payload};
use crate::graphql::scalars::Date;
use crate::organisation::graphql::Organisation;
use crate::person::desk::{At, Changed};
use crate::person::graphql::Person;
use crate::read::declaration::{
    Root, Rows, Way, boolean, choice, date, id, instant, int, key, list, one, page, text,
};
use crate::refusal::Code;
use crate::{mutations, person_of, readable};

/// The prefix of ids of records.
pub const PREFIX: &str = "sen";

/// The root fields of the vault.
pub const ROOTS: &[Root] = &[
    Root::page::<SensitiveRecord>(
        "sensitiveRecords",
        "Texts in the vault that are about you, or that you may open. Their values are never shown here.",
    ),
    Root::by::<SensitiveRecord>("sensitiveRecord", "One of them by its id."),
    Root::page::<SensitiveDisclosure>(
        "sensitiveDisclosures",
        "Who opened texts about you; all of them for the data protection officer.",
    ),
];

/// What a text is.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "model::Category")]
pub enum SensitiveCategory {
    /// Why somebody applies, in their own words.
    Motivation,
    /// What somebody needs to take part well.
    SupportNeeds,
    /// What was agreed to be done about it.
    Adjustments,
    /// What a referee says.
    Reference,
    /// What those say who select.
    SelectionNote,
    /// What a trainee hands in.
    Assignment,
    /// A concern about somebody's safety.
    Concern,
}

/// Why a text is kept or read.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Serialize)]
#[graphql(remote = "model::Purpose")]
pub enum SensitivePurpose {
    /// To select who takes part: for motivations, references and notes of a selection.
    Selection,
    /// To support somebody who takes part: for support needs and adjustments.
    Support,
    /// To mark what a trainee handed in.
    Assessment,
    /// To keep somebody safe: for concerns.
    Safeguarding,
    /// To see what you wrote yourself.
    OwnRecord,
    /// To answer somebody who asks under a right, as the data protection officer.
    RightsRequest,
}

/// As what a person may read a record.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Serialize)]
#[graphql(remote = "model::ReaderRole")]
pub enum SensitiveReaderRole {
    /// Teaches and supports the person.
    Tutor,
    /// Supervises the person at work.
    Supervisor,
    /// Assesses the person.
    Assessor,
    /// Marks the work.
    Marker,
    /// Looks over the marks.
    Moderator,
    /// Answers for the concern.
    ConcernLead,
}

/// The lawful basis in Article 6 of the UK GDPR.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "model::LawfulBasis")]
pub enum SensitiveLawfulBasis {
    /// Article 6(1)(e).
    PublicTask,
}

/// The condition in Article 9(2) of the UK GDPR.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "model::ArticleNine")]
pub enum SensitiveArticleNine {
    /// Point (b).
    EmploymentAndSocialProtection,
    /// Point (g).
    SubstantialPublicInterest,
}

/// The condition in Schedule 1 to the Data Protection Act 2018.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "model::ScheduleOne")]
pub enum SensitiveScheduleOne {
    /// Paragraph 1.
    EmploymentAndSocialProtection,
    /// Paragraph 6.
    StatutoryPurposes,
    /// Paragraph 18.
    Safeguarding,
}

readable! {
    /// A text about a person that is special-category data: what there is, and when. `sensitiveRecordOpen` tells what
    /// it says, to those who need to know.
    pub SensitiveRecord = Rows::of("sensitive_record", PREFIX)
        .about(person_of!("t.person_id"))
        .visible_to(&[
            Way::Nation(Permission::AnswerRightsRequests),
            Way::Where(&Way::Person("t.person_id"), "t.category <> 'CONCERN'"),
            Way::PersonThrough(
                "sensitive_reader s where s.record_id = t.id and s.valid_from <= {today} \
                 and (s.valid_to is null or s.valid_to > {today})",
                "s.person_id",
            ),
            Way::Where(
                &Way::Organisation("t.organisation_id", Permission::OpenSelection),
                "t.category in ('MOTIVATION', 'REFERENCE', 'SELECTION_NOTE')",
            ),
        ])
        .ordered_by("createdAt");
    /// The id of the record.
    id: id(PREFIX),
    /// What it is.
    category: choice::<SensitiveCategory>("t.category").filtered(),
    /// Whether there is a text: `false` once it was erased.
    isThere: boolean("(t.erased_at is null)").filtered(),
    /// What it is kept and read for.
    purpose: choice::<SensitivePurpose>("t.purpose"),
    /// By which lawful basis it is kept.
    lawfulBasis: choice::<SensitiveLawfulBasis>("t.lawful_basis"),
    /// Under which condition of Article 9 of the UK GDPR.
    articleNineCondition: choice::<SensitiveArticleNine>("t.article_nine"),
    /// Under which condition of Schedule 1 to the Data Protection Act 2018.
    scheduleOneCondition: choice::<SensitiveScheduleOne>("t.schedule_one"),
    /// The date of the appropriate policy document (Schedule 1, Part 4 of that Act) that was in force when it was kept;
    /// null if none was set.
    policyDocument: date("t.policy_document").nullable(),
    /// Until when it is needed; null if that is not known.
    retainUntil: date("t.retain_until").nullable(),
    /// When it was kept.
    createdAt: instant("t.created_at").ordered(),
    /// When it, or who may read it, last changed.
    updatedAt: instant("t.updated_at"),
    /// When it was erased; null while it is there.
    erasedAt: instant("t.erased_at").nullable(),
    /// Counts its changes, from 1: give it back as `expectedVersion`.
    version: int("t.version"),
    /// The id of the person concerned.
    personId: key("t.person_id", "per").filtered(),
    /// The person concerned; null to those who do not see people.
    person: one::<Person>("t.person_id").nullable(),
    /// The organisation that keeps it as its controller; null for the nation.
    organisation: one::<Organisation>("t.organisation_id").nullable(),
    /// Who may or might read it by name; to a reader the own naming alone.
    readers: list::<SensitiveReader>(50, "t.record_id = {parent}"),
    /// Who opened it: for the person concerned and the data protection officer.
    disclosures: page::<SensitiveDisclosure>("t.record_id = {parent}"),
}

readable! {
    /// Somebody who may read a sensitive record, for a period.
    pub SensitiveReader = Rows::of("sensitive_reader", "sre")
        .about(person_of!("t.subject_id"))
        .visible_to(&[
            Way::Nation(Permission::AnswerRightsRequests),
            Way::Where(&Way::Person("t.subject_id"), "t.role <> 'CONCERN_LEAD'"),
            Way::Person("t.person_id"),
        ])
        .ordered_by("validFrom");
    /// The id of the naming.
    id: id("sre"),
    /// As what.
    role: choice::<SensitiveReaderRole>("t.role"),
    /// The id of the person who may read it.
    readerId: key("t.person_id", "per"),
    /// The person who may read it; null to those who do not see people.
    reader: one::<Person>("t.person_id").nullable(),
    /// The organisation for which, where that is not the record's.
    actsFor: one::<Organisation>("t.acts_for_id").nullable(),
    /// The wording that the person concerned agreed to; null where sharing is not their choice.
    consentWording: text("t.consent_wording").nullable(),
    /// First day.
    validFrom: date("t.valid_from").ordered(),
    /// The day from which it no longer holds; null if no such day is set.
    validTo: date("t.valid_to").nullable(),
}

readable! {
    /// One opening of a sensitive record.
    pub SensitiveDisclosure = Rows::of("sensitive_disclosure", "sdi")
        .visible_to(&[
            Way::Nation(Permission::AnswerRightsRequests),
            Way::PersonThrough(
                "sensitive_record l where l.id = t.record_id and l.category <> 'CONCERN' \
                 and t.acting_as <> 'CONCERN_LEAD'",
                "l.person_id",
            ),
        ])
        .owned_by("t.organisation_id")
        .ordered_by("at");
    /// The id of the disclosure.
    id: id("sdi"),
    /// The record.
    record: one::<SensitiveRecord>("t.record_id"),
    /// When.
    at: instant("t.at").filtered().ordered(),
    /// For what.
    purpose: choice::<SensitivePurpose>("t.purpose").filtered(),
    /// As what: `SELF`, `TUTOR` or another role of a reader, or the code of a role, such as `PCO`.
    actingAs: text("t.acting_as"),
    /// The organisation for which it was read; null for the person concerned and the data protection officer.
    organisation: one::<Organisation>("t.organisation_id").nullable(),
    /// What the account is called that read it, for the data protection officer.
    account: text("(select a.label from account a where a.id = t.account_id)")
        .nullable().only(Permission::AnswerRightsRequests).personal(),
    /// Who that was then, for the data protection officer; null where the account belonged to nobody.
    reader: one::<Person>("t.person_id").nullable().only(Permission::AnswerRightsRequests),
}

mutations! {
    SensitiveRecordShare by SignedIn -> sensitiveRecord: SensitiveRecord, [Merged, Unchanged];
    SensitiveRecordUnshare by SignedIn -> sensitiveRecord: SensitiveRecord, [];
}

/// The mutation `sensitiveRecordOpen`, which tells a text.
pub struct SensitiveRecordOpen;

impl Mutation for SensitiveRecordOpen {
    const NAME: &'static str = "SensitiveRecordOpen";
    const PERMISSION: Option<Permission> = None;
    type Entity = SensitiveRecord;
    const FIELD: &'static str = "sensitiveRecord";
    const CODES: &'static [Code] = &[];
    const TELLS: Option<(&'static str, &'static str)> =
        Some(("text", "What the record says; null if it was not opened."));
}

/// A record to be opened. There is no key for repeats: the text is kept nowhere, and each opening is told.
#[derive(InputObject, Clone, Serialize)]
pub struct SensitiveRecordOpenInput {
    /// The id of the record.
    id: ID,
    /// Why you read it.
    purpose: SensitivePurpose,
}

/// A choice to let somebody read an own record.
#[derive(InputObject, Clone, Serialize)]
pub struct SensitiveRecordShareInput {
    /// The id of the record.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// The id of the person who is to read it.
    reader_id: ID,
    /// As what.
    role: SensitiveReaderRole,
    /// The organisation for which, if that is not the one that keeps the record.
    acts_for_id: Option<ID>,
    /// The wording that you agreed to, by the name and version that your portal gives it.
    consent_wording: String,
    /// The day from which it no longer holds, if you set one.
    until: Option<Date>,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// A choice to let somebody read an own record no more.
#[derive(InputObject, Clone, Serialize)]
pub struct SensitiveRecordUnshareInput {
    /// The id of the record.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// The id of the person who is to read it no more.
    reader_id: ID,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

fn parts(changed: Changed) -> (Uuid, Vec<String>) {
    (changed.id, changed.impact)
}

/// Mutations of the vault, for whoever is signed in and has to do with the record.
#[derive(Default)]
pub struct VaultMutations;

#[Object]
impl VaultMutations {
    /// Opens a sensitive record: the payload holds its text. The person concerned and the data protection officer see
    /// that you did.
    async fn sensitive_record_open(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The record.")] input: SensitiveRecordOpenInput,
    ) -> Result<Payload<SensitiveRecordOpen>> {
        let asked = Asked::new("sensitiveRecordOpen", &input, None);
        let id = ids_of(PREFIX, "id", &input.id)?;
        let purpose = input.purpose.into();
        // The text is no answer that could be kept: it waits here until the disclosure is committed.
        let opened: Arc<Mutex<Option<SecretString>>> = Arc::default();
        let waits = Arc::clone(&opened);
        let payload = asked
            .run(ctx, parts, move |unit| {
                let waits = Arc::clone(&waits);
                Box::pin(async move {
                    let text = service::open(unit, id, purpose).await?;
                    *waits.lock().unwrap_or_else(PoisonError::into_inner) = Some(text);
                    Ok(Changed::of(id))
                })
            })
            .await?;
        let text = opened.lock().unwrap_or_else(PoisonError::into_inner).take();
        Ok(payload.telling(text))
    }

    /// Lets somebody read your own support needs or adjustments.
    async fn sensitive_record_share(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which, and with whom.")] input: SensitiveRecordShareInput,
    ) -> Result<Payload<SensitiveRecordShare>> {
        let asked = Asked::new("sensitiveRecordShare", &input, input.idempotency_key.as_ref());
        let id = ids_of(PREFIX, "id", &input.id)?;
        let acts_for = input.acts_for_id.as_ref().map(|id| ids_of("org", "actsForId", id));
        let new = NewReader {
            person: ids_of("per", "readerId", &input.reader_id)?,
            role: input.role.into(),
            acts_for: acts_for.transpose()?,
            consent_wording: Some(input.consent_wording),
            until: input.until.map(|date| date.0),
        };
        let at = At { id, version: input.expected_version };
        asked.run(ctx, parts, move |unit| Box::pin(service::share_own(unit, at, new.clone()))).await
    }

    /// Lets somebody read your own support needs or adjustments no more, from now on.
    async fn sensitive_record_unshare(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which, and with whom.")] input: SensitiveRecordUnshareInput,
    ) -> Result<Payload<SensitiveRecordUnshare>> {
        let asked = Asked::new("sensitiveRecordUnshare", &input, input.idempotency_key.as_ref());
        let id = ids_of(PREFIX, "id", &input.id)?;
        let reader = ids_of("per", "readerId", &input.reader_id)?;
        let at = At { id, version: input.expected_version };
        asked.run(ctx, parts, move |unit| Box::pin(service::unshare_own(unit, at, reader))).await
    }
}
