//! Data protection at work: consents, how long data are kept and what was done about it, holds, restrictions of
//! processing, and requests for erasure.
//!
//! The person concerned and the national team see what concerns a person; how long data are kept, everyone who is
//! signed in. That a person is restricted stands in a table of its own that every transaction may look at: a policy
//! or declaration that could not see it would take the person for unrestricted.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::prelude::DateTimeUtc;

use crate::row_security::{
    MEMBER, NATION, PUBLIC, SERVICE_ROLE, SIGNED_IN, STATED, SYSTEM, Writes, account, any_of,
    persons, protect,
};
use crate::{seed, sql};

#[derive(DeriveMigrationName)]
pub struct Migration;

/// Tables in the order in which they may be dropped.
const TABLE_NAMES: [&str; 9] = [
    "erasure_decision",
    "erasure_request",
    "retention_item",
    "retention_proposal",
    "retention_hold",
    "retention_rule",
    "processing_restriction",
    "restricted_person",
    "consent",
];

/// Tables of which a restricted person's rows are hidden from everyone but the person and the national team, with the
/// column that names the person.
const RESTRICTED: [(&str, &str); 5] = [
    ("person", "id"),
    ("person_name", "person_id"),
    ("person_email", "person_id"),
    ("credential", "person_id"),
    ("sensitive_record", "person_id"),
];

/// How long each class of data is kept in months, and what then: proposals, until the data protection officer says so.
const RULES: [(&str, Option<i32>, &str); 14] = [
    ("UNSUCCESSFUL_APPLICATIONS", Some(12), "ERASE"),
    ("SELECTION_TEXTS", Some(12), "ERASE"),
    ("SUPPORT_TEXTS", Some(3), "ERASE"),
    ("ASSIGNMENTS", Some(6), "ERASE"),
    ("CONCERNS", None, "ERASE"),
    ("ATTENDANCE_AND_OUTCOMES", Some(120), "PSEUDONYMISE"),
    ("CREDENTIALS", None, "REDACT"),
    ("TRAINER_PROFILES", None, "REDACT"),
    ("FUNDING", Some(72), "ARCHIVE"),
    ("LICENSING", Some(72), "ARCHIVE"),
    ("AUDIT", Some(120), "DELETE"),
    ("DELIVERIES", Some(3), "DELETE"),
    ("UPLOADS", Some(3), "ERASE"),
    ("PEOPLE", Some(24), "PSEUDONYMISE"),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::run(manager, "alter table person add column erased_on {date}").await?;
        sql::run(manager, &TABLES.replace("CLASSES", &classes())).await?;
        let mut rules = seed::Rows::new(
            "retention_rule",
            ["id", "class", "months", "outcome", "proposed", "reason", "changed_at", "version"],
        );
        for (class, months, outcome) in RULES {
            rules.push([
                seed::id("retention_rule", class).into(),
                class.into(),
                months.into(),
                outcome.into(),
                true.into(),
                Option::<String>::None.into(),
                Option::<DateTimeUtc>::None.into(),
                1.into(),
            ]);
        }
        rules.insert(manager).await?;
        listed_before(manager).await?;
        policies(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, _) in RESTRICTED {
            let drop = format!("drop policy if exists {table}_restricted on {table}");
            sql::run_postgres(manager, &drop).await?;
        }
        sql::run_postgres(manager, &erasable(SYSTEM, &any_of(&[&account("account_id"), SYSTEM])))
            .await?;
        sql::run_postgres(manager, NOTES_DOWN).await?;
        sql::run_postgres(manager, &trainers(MEMBER)).await?;
        sql::drop_tables(manager, &TABLE_NAMES).await?;
        sql::run(manager, "alter table person drop column erased_on").await
    }
}

/// The classes as a list of SQL.
fn classes() -> String {
    RULES.map(|(class, _, _)| format!("'{class}'")).join(",")
}

/// Whoever was listed before consents were recorded chose so: without a wording that is known.
async fn listed_before(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let (id, now) = if sql::is_postgres(manager) {
        ("gen_random_uuid()", "now()")
    } else {
        ("randomblob(16)", "strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now')")
    };
    sql::run(
        manager,
        &format!(
            "insert into consent (id, person_id, purpose, wording, credential_id, given_at, version)
             select {id}, c.person_id, 'CREDENTIAL_LISTING', 'not recorded', c.id, {now}, 1 from credential c
             where c.listed and c.person_id is not null
;;
             insert into consent (id, person_id, purpose, wording, trainer_id, given_at, version)
             select {id}, t.person_id, 'TRAINER_LISTING', 'not recorded', t.id, {now}, 1 from trainer t
             where t.listed"
        ),
    )
    .await
}

async fn policies(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let concerned = any_of(&[NATION, &persons("person_id")]);
    let signed_in = any_of(&[NATION, SIGNED_IN]);
    let of_request =
        "(select true from erasure_request r where r.id = erasure_decision.request_id)";
    let request = any_of(&[NATION, of_request]);
    for (table, read, write, writes) in [
        ("consent", concerned.as_str(), concerned.as_str(), Writes::Change),
        ("restricted_person", PUBLIC, NATION, Writes::Replace),
        ("processing_restriction", &concerned, NATION, Writes::Change),
        ("retention_rule", &signed_in, NATION, Writes::Change),
        ("retention_hold", NATION, NATION, Writes::Change),
        ("retention_proposal", NATION, NATION, Writes::Change),
        ("retention_item", NATION, NATION, Writes::Change),
        ("erasure_request", &concerned, &concerned, Writes::Change),
        ("erasure_decision", &request, NATION, Writes::Append),
    ] {
        protect(manager, table, read, write, writes).await?;
    }
    // Underneath the declarations, which let nobody of the nation past but the data protection officer.
    for (table, column) in RESTRICTED {
        let free =
            format!("not exists (select 1 from restricted_person x where x.id = {table}.{column})");
        let seen = any_of(&[NATION, &persons(&format!("{table}.{column}")), &free]);
        let policy = format!(
            "create policy {table}_restricted on {table} as restrictive for select using ({seen})"
        );
        sql::run_postgres(manager, &policy).await?;
    }
    // Whoever holds no role any more still takes the own choice back.
    let own = any_of(&[MEMBER, &persons("person_id")]);
    sql::run_postgres(manager, &trainers(&own)).await?;
    let national = format!("({NATION} and {STATED})");
    let queue = any_of(&[SYSTEM, &national]);
    let uploads = any_of(&[&account("account_id"), SYSTEM, &national]);
    sql::run_postgres(manager, &erasable(&queue, &uploads)).await?;
    let notes = format!(
        "create policy trainer_evidence_update on trainer_evidence for update using ({national}) with check ({national})\n;;\n\
         grant update (note_reference) on trainer_evidence to {SERVICE_ROLE}"
    );
    sql::run_postgres(manager, &notes).await
}

/// Who may change profiles of trainers.
fn trainers(write: &str) -> String {
    format!("alter policy trainer_update on trainer using ({write}) with check ({write})")
}

/// What an erasure changes beyond the rows of its person: `queue` may see and change e-mails that wait, `uploads` may
/// see uploads.
fn erasable(queue: &str, uploads: &str) -> String {
    let own = format!(
        "({} and {})",
        account("account_id"),
        crate::row_security::owner("organisation_id")
    );
    let write = any_of(&[&own, queue]);
    format!(
        "alter policy mail_message_read on mail_message using ({queue})\n;;\n\
         alter policy mail_message_update on mail_message using ({queue}) with check ({queue})\n;;\n\
         alter policy staged_upload_read on staged_upload using ({uploads})\n;;\n\
         alter policy staged_upload_update on staged_upload using ({write}) with check ({write})"
    )
}

const NOTES_DOWN: &str = "
drop policy if exists trainer_evidence_update on trainer_evidence
;;
revoke update (note_reference) on trainer_evidence from alongside_service
";

const TABLES: &str = "
create table consent (
  id {uuid} not null primary key,
  person_id {uuid} not null constraint consent_person references person (id),
  purpose {text} not null constraint consent_purpose_known check (purpose in
    ('CREDENTIAL_LISTING','TRAINER_LISTING','CASE_STUDY','TRANSFER')),
  wording {text} not null constraint consent_wording check (length(wording) between 1 and 200),
  credential_id {uuid} constraint consent_credential references credential (id),
  trainer_id {uuid} constraint consent_trainer references trainer (id),
  given_at {instant} not null,
  withdrawn_at {instant},
  version {int} not null constraint consent_version_positive check (version > 0),
  constraint consent_for check ((purpose = 'CREDENTIAL_LISTING') = (credential_id is not null)
    and (purpose = 'TRAINER_LISTING') = (trainer_id is not null)),
  constraint consent_period check (withdrawn_at >= given_at)
){strict}
;;
create index consent_person_idx on consent (person_id, given_at, id)
;;
create index consent_given_idx on consent (given_at, id)
;;
create index consent_credential_idx on consent (credential_id)
;;
create index consent_trainer_idx on consent (trainer_id)
;;
create unique index consent_one_of_credential on consent (credential_id) where withdrawn_at is null
;;
create unique index consent_one_of_trainer on consent (trainer_id) where withdrawn_at is null
;;
create unique index consent_one_of_person on consent (person_id, purpose)
  where purpose in ('CASE_STUDY','TRANSFER') and withdrawn_at is null
;;
create table restricted_person (
  id {uuid} not null primary key constraint restricted_person_person references person (id)
){strict}
;;
create table processing_restriction (
  id {uuid} not null primary key,
  person_id {uuid} not null constraint processing_restriction_person references person (id),
  ground {text} not null constraint processing_restriction_ground_known check (ground in
    ('ACCURACY_CONTESTED','UNLAWFUL_PROCESSING','NEEDED_FOR_CLAIMS','OBJECTION_PENDING')),
  placed_at {instant} not null,
  lifted_at {instant},
  version {int} not null constraint processing_restriction_version_positive check (version > 0),
  constraint processing_restriction_period check (lifted_at >= placed_at)
){strict}
;;
create index processing_restriction_person_idx on processing_restriction (person_id, placed_at, id)
;;
create index processing_restriction_placed_idx on processing_restriction (placed_at, id)
;;
create unique index processing_restriction_one on processing_restriction (person_id) where lifted_at is null
;;
create table retention_rule (
  id {uuid} not null primary key,
  class {text} not null constraint retention_rule_class_known check (class in (CLASSES)),
  months {int} constraint retention_rule_months check (months between 1 and 1200),
  outcome {text} not null constraint retention_rule_outcome_known check (outcome in
    ('ERASE','PSEUDONYMISE','REDACT','ARCHIVE','DELETE')),
  proposed {bool} not null,
  reason {text},
  changed_at {instant},
  version {int} not null constraint retention_rule_version_positive check (version > 0),
  constraint retention_rule_class_unique unique (class)
){strict}
;;
create table retention_hold (
  id {uuid} not null primary key,
  class {text} constraint retention_hold_class_known check (class in (CLASSES)),
  person_id {uuid} constraint retention_hold_person references person (id),
  organisation_id {uuid} constraint retention_hold_organisation references organisation (id),
  reason {text} not null constraint retention_hold_reason check (length(reason) between 1 and 2000),
  until {date},
  placed_by {uuid} not null constraint retention_hold_placed_by references account (id),
  placed_at {instant} not null,
  lifted_at {instant},
  lift_reason {text},
  version {int} not null constraint retention_hold_version_positive check (version > 0),
  constraint retention_hold_of_one check ((person_id is null) <> (organisation_id is null)),
  constraint retention_hold_lifted check ((lifted_at is null) = (lift_reason is null))
){strict}
;;
create index retention_hold_person_idx on retention_hold (person_id)
;;
create index retention_hold_organisation_idx on retention_hold (organisation_id)
;;
create index retention_hold_placed_idx on retention_hold (placed_at, id)
;;
create table retention_proposal (
  id {uuid} not null primary key,
  class {text} not null constraint retention_proposal_class_known check (class in (CLASSES)),
  months {int} not null,
  ended_by {date} not null,
  count {int} not null constraint retention_proposal_count check (count > 0),
  state {text} not null constraint retention_proposal_state_known check (state in
    ('OPEN','APPROVED','DISMISSED','DONE')),
  created_at {instant} not null,
  decided_at {instant},
  decided_by {uuid} constraint retention_proposal_decided_by references account (id),
  reason {text},
  finished_at {instant},
  version {int} not null constraint retention_proposal_version_positive check (version > 0),
  constraint retention_proposal_decided check ((state = 'OPEN') = (decided_at is null)
    and (state = 'OPEN') = (decided_by is null)),
  constraint retention_proposal_finished check ((state = 'DONE') = (finished_at is not null))
){strict}
;;
create index retention_proposal_created_idx on retention_proposal (created_at, id)
;;
create unique index retention_proposal_one on retention_proposal (class) where state in ('OPEN','APPROVED')
;;
create table retention_item (
  id {uuid} not null primary key,
  proposal_id {uuid} not null constraint retention_item_proposal references retention_proposal (id),
  record_id {uuid} not null,
  record {text} not null,
  person_id {uuid} constraint retention_item_person references person (id),
  organisation_id {uuid} constraint retention_item_organisation references organisation (id),
  outcome {text} not null constraint retention_item_outcome_known check (outcome in
    ('DUE','DONE','HELD','NO_LONGER_DUE')),
  constraint retention_item_once unique (proposal_id, record_id)
){strict}
;;
create index retention_item_proposal_idx on retention_item (proposal_id, id)
;;
create index retention_item_person_idx on retention_item (person_id)
;;
create index retention_item_organisation_idx on retention_item (organisation_id)
;;
create table erasure_request (
  id {uuid} not null primary key,
  person_id {uuid} not null constraint erasure_request_person references person (id),
  asked_by {text} not null constraint erasure_request_asked_by_known check (asked_by in ('PERSON','OFFICER')),
  received_on {date} not null,
  due_on {date} not null,
  state {text} not null constraint erasure_request_state_known check (state in ('OPEN','WITHDRAWN','ANSWERED')),
  decided_at {instant},
  decided_by {uuid} constraint erasure_request_decided_by references account (id),
  answer {text},
  version {int} not null constraint erasure_request_version_positive check (version > 0),
  constraint erasure_request_due check (due_on > received_on),
  constraint erasure_request_decided check ((state = 'ANSWERED') = (answer is not null)
    and (state = 'ANSWERED') = (decided_by is not null) and (state = 'OPEN') = (decided_at is null))
){strict}
;;
create index erasure_request_person_idx on erasure_request (person_id, received_on, id)
;;
create index erasure_request_due_idx on erasure_request (due_on, id)
;;
create unique index erasure_request_one on erasure_request (person_id) where state = 'OPEN'
;;
create table erasure_decision (
  id {uuid} not null primary key,
  request_id {uuid} not null constraint erasure_decision_request references erasure_request (id),
  class {text} not null constraint erasure_decision_class_known check (class in (CLASSES)),
  decision {text} not null constraint erasure_decision_known check (decision in ('ERASE','KEEP')),
  ground {text} constraint erasure_decision_ground_known check (ground in
    ('LEGAL_OBLIGATION','PUBLIC_TASK','ARCHIVING_OR_STATISTICS','LEGAL_CLAIMS','FREEDOM_OF_EXPRESSION')),
  keep_until {date},
  count {int} not null constraint erasure_decision_count check (count >= 0),
  constraint erasure_decision_kept check ((decision = 'KEEP') = (ground is not null)
    and (decision = 'KEEP') = (keep_until is not null)),
  constraint erasure_decision_once unique (request_id, class)
){strict}
";
