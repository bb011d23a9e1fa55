//! Readiness: instruments with their domains and indicators, assessments with answers, evidence and scores, action
//! plans, and assessments that fall due again. A licence names the assessment on which it stands.
//!
//! An instrument that is published never changes, and neither do its parts: triggers hold that for everyone.

use sea_orm_migration::prelude::*;

use crate::row_security::{self, NATION, Writes, account, any_of, owner, persons};
use crate::{seed_readiness, sql};

#[derive(DeriveMigrationName)]
pub struct Migration;

/// The parts of an instrument, in the order in which they may be dropped.
const PARTS: [&str; 3] = ["readiness_mapping", "readiness_indicator", "readiness_domain"];

/// What hangs on an assessment, in the order in which it may be dropped.
const OF_AN_ASSESSMENT: [&str; 8] = [
    "readiness_action",
    "readiness_evidence",
    "readiness_finding",
    "readiness_domain_score",
    "readiness_hand",
    "readiness_validation",
    "readiness_answer",
    "readiness_rater",
];

/// What of an instrument that is published may still change: it retires.
const LIFE: [&str; 5] = ["state", "retired_at", "retirement_reason", "updated_at", "version"];

/// What of an instrument never changes once it is published.
const CONTENT: [&str; 18] = [
    "id",
    "name",
    "code",
    "number",
    "precedence",
    "title",
    "is_proposal",
    "source",
    "ready_overall",
    "ready_domain",
    "ready_critical",
    "conditional_overall",
    "conditional_domain",
    "conditional_critical",
    "not_applicable_per_domain",
    "disagreement_from",
    "content_hash",
    "published_at",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::run(manager, INSTRUMENTS).await?;
        seed_readiness::instrument(manager).await?;
        stay(manager).await?;
        sql::run(manager, ASSESSMENTS).await?;
        sql::run(manager, PLANS).await?;
        sql::run(manager, LICENCES).await?;
        protect(manager).await?;
        trails(manager, &[&reviews("chain")], &[&reviews("audit_chain.id")]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        trails(manager, &[], &[]).await?;
        sql::run(manager, LICENCES_DOWN).await?;
        sql::drop_tables(manager, &["readiness_due"]).await?;
        sql::drop_tables(manager, &OF_AN_ASSESSMENT).await?;
        sql::drop_tables(manager, &["readiness_assessment"]).await?;
        sql::drop_tables(manager, &PARTS).await?;
        sql::drop_tables(manager, &["readiness_instrument"]).await?;
        sql::run_postgres(
            manager,
            "drop function readiness_part_stays\n;;\ndrop function readiness_instrument_stays",
        )
        .await
    }
}

async fn protect(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let shown = any_of(&[NATION, "state <> 'DRAFT'"]);
    row_security::protect(manager, "readiness_instrument", &shown, NATION, Writes::Change).await?;
    let shown = any_of(&[
        NATION,
        "(select i.state <> 'DRAFT' from readiness_instrument i where i.id = instrument_id)",
    ]);
    for table in PARTS {
        row_security::protect(manager, table, &shown, NATION, Writes::Replace).await?;
    }
    let own = any_of(&[NATION, &owner("organisation_id")]);
    let assigned = any_of(&[&own, &account("reviewer_id")]);
    row_security::protect(manager, "readiness_assessment", &assigned, &assigned, Writes::Change)
        .await?;
    for table in OF_AN_ASSESSMENT {
        let reviewer = account("a.reviewer_id");
        let of = format!(
            "(select {reviewer} from readiness_assessment a where a.id = {table}.assessment_id)"
        );
        let close = any_of(&[&own, &of]);
        row_security::protect(manager, table, &close, &close, Writes::Change).await?;
    }
    row_security::protect(manager, "readiness_due", &own, &own, Writes::Change).await
}

/// The actor reviews an assessment of the organisation.
fn reviews(column: &str) -> String {
    let reviewer = account("r.reviewer_id");
    format!(
        "exists (select 1 from readiness_assessment r where r.organisation_id = {column} and {reviewer})"
    )
}

/// What a reviewer does is in the chain of the organisation, which the reviewer writes and does not read.
async fn trails(
    manager: &SchemaManager<'_>,
    more: &[&str],
    more_heads: &[&str],
) -> Result<(), DbErr> {
    let of = |column: &str, more: &[&str]| {
        let (own, person) = (owner(column), persons(column));
        any_of(&[&[NATION, &own, &person], more].concat())
    };
    let (written, heads) = (of("chain", more), of("id", more_heads));
    let policies = format!(
        "alter policy audit_chain_read on audit_chain using ({heads})\n;;\n\
         alter policy audit_chain_insert on audit_chain with check ({heads})\n;;\n\
         alter policy audit_chain_update on audit_chain using ({heads}) with check ({heads})\n;;\n\
         alter policy audit_event_insert on audit_event with check ({written})\n;;\n\
         alter policy outbox_event_insert on outbox_event with check ({written})\n"
    );
    sql::run_postgres(manager, &policies).await
}

/// Triggers that refuse to change what is published.
async fn stay(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let life = LIFE.map(|column| format!("'{column}'")).join(", ");
    sql::run_postgres(manager, &FUNCTIONS.replace("LIFE", &life)).await?;
    let same = CONTENT.map(|column| format!("old.{column} is new.{column}")).join(" and ");
    sql::run_sqlite(
        manager,
        &format!(
            "create trigger readiness_instrument_stays before update on readiness_instrument \
             when not (old.state = 'DRAFT' and new.state <> 'RETIRED' \
               or old.state = 'PUBLISHED' and new.state = 'RETIRED' and {same}) \
             begin select raise(abort, 'readiness_instrument_published'); end\n;;\n\
             create trigger readiness_instrument_kept before delete on readiness_instrument \
             begin select raise(abort, 'readiness_instrument_append_only'); end"
        ),
    )
    .await?;
    for table in PARTS {
        sql::run_postgres(
            manager,
            &format!(
                "create trigger {table}_stays before insert or update or delete on {table} \
                 for each row execute function readiness_part_stays()\n;;\n\
                 create trigger {table}_kept before truncate on {table} \
                 for each statement execute function refuse_change()"
            ),
        )
        .await?;
        for (event, rows) in
            [("insert", &["new"][..]), ("update", &["old", "new"]), ("delete", &["old"])]
        {
            let of_a_draft = rows
                .iter()
                .map(|row| {
                    format!(
                        "exists (select 1 from readiness_instrument i \
                         where i.id = {row}.instrument_id and i.state = 'DRAFT')"
                    )
                })
                .collect::<Vec<_>>()
                .join(" and ");
            sql::run_sqlite(
                manager,
                &format!(
                    "create trigger {table}_stays_{event} before {event} on {table} \
                     when not ({of_a_draft}) \
                     begin select raise(abort, 'readiness_part_published'); end"
                ),
            )
            .await?;
        }
    }
    Ok(())
}

/// A part is changed only while its instrument is a draft, which stays one until the change is committed.
const FUNCTIONS: &str = "
create function readiness_instrument_stays() returns trigger language plpgsql as $$ begin
  if old.state = 'DRAFT' and new.state <> 'RETIRED' then return new; end if;
  if old.state = 'PUBLISHED' and new.state = 'RETIRED'
    and to_jsonb(old) - array[LIFE] = to_jsonb(new) - array[LIFE] then return new; end if;
  raise exception using errcode = '23514', constraint = 'readiness_instrument_published',
    message = 'a published instrument does not change';
end $$
;;
create function readiness_part_stays() returns trigger language plpgsql as $$ begin
  if tg_op <> 'INSERT' then
    perform 1 from readiness_instrument i where i.id = old.instrument_id and i.state = 'DRAFT' for share;
    if not found then raise exception using errcode = '23514', constraint = 'readiness_part_published',
      message = 'the parts of a published instrument do not change'; end if;
  end if;
  if tg_op = 'DELETE' then return old; end if;
  perform 1 from readiness_instrument i where i.id = new.instrument_id and i.state = 'DRAFT' for share;
  if not found then raise exception using errcode = '23514', constraint = 'readiness_part_published',
    message = 'the parts of a published instrument do not change'; end if;
  return new;
end $$
;;
create trigger readiness_instrument_stays before update on readiness_instrument
  for each row execute function readiness_instrument_stays()
;;
create trigger readiness_instrument_kept before delete or truncate on readiness_instrument
  for each statement execute function refuse_change()";

const INSTRUMENTS: &str = "
create table readiness_instrument (
  id {uuid} not null primary key,
  name {text} not null constraint readiness_instrument_name_unique unique,
  code {text} not null,
  number {text} not null,
  precedence {int} not null,
  title {text} not null,
  state {text} not null constraint readiness_instrument_state_known check (state in ('DRAFT','PUBLISHED','RETIRED')),
  is_proposal {bool} not null,
  source {text},
  ready_overall {int} not null,
  ready_domain {int} not null,
  ready_critical {int} not null,
  conditional_overall {int} not null,
  conditional_domain {int} not null,
  conditional_critical {int} not null,
  not_applicable_per_domain {int} not null,
  disagreement_from {int} not null,
  content_hash {text},
  published_at {instant},
  retired_at {instant},
  retirement_reason {text},
  created_at {instant} not null,
  updated_at {instant} not null,
  version {int} not null constraint readiness_instrument_version_positive check (version >= 0),
  constraint readiness_instrument_named check (name = code || '@' || number),
  constraint readiness_instrument_sealed check ((state = 'DRAFT') = (content_hash is null)
    and (state = 'DRAFT') = (published_at is null)),
  constraint readiness_instrument_retired check ((state = 'RETIRED') = (retired_at is not null)),
  constraint readiness_instrument_shares check (ready_overall between 0 and 10000 and ready_domain between 0 and 10000
    and conditional_overall between 0 and 10000 and conditional_domain between 0 and 10000),
  constraint readiness_instrument_scores check (ready_critical between 0 and 3 and conditional_critical between 0 and 3
    and disagreement_from between 1 and 3 and not_applicable_per_domain >= 0),
  constraint readiness_instrument_ladder check (conditional_overall <= ready_overall
    and conditional_domain <= ready_domain and conditional_critical <= ready_critical)
){strict}
;;
create index readiness_instrument_code_idx on readiness_instrument (code, precedence)
;;
create index readiness_instrument_name_idx on readiness_instrument (name, id)
;;
create table readiness_domain (
  id {uuid} not null primary key,
  instrument_id {uuid} not null constraint readiness_domain_instrument references readiness_instrument (id),
  place {int} not null,
  code {text} not null,
  title {text} not null,
  weight {int} not null constraint readiness_domain_weight_positive check (weight > 0),
  constraint readiness_domain_code_unique unique (instrument_id, code),
  constraint readiness_domain_of_instrument unique (instrument_id, id)
){strict}
;;
create table readiness_indicator (
  id {uuid} not null primary key,
  instrument_id {uuid} not null,
  domain_id {uuid} not null,
  place {int} not null,
  code {text} not null,
  prompt {text} not null,
  anchor_0 {text} not null,
  anchor_1 {text} not null,
  anchor_2 {text} not null,
  anchor_3 {text} not null,
  critical {bool} not null,
  not_applicable_allowed {bool} not null,
  evidence_from {int} constraint readiness_indicator_evidence_score check (evidence_from between 1 and 3),
  constraint readiness_indicator_domain foreign key (instrument_id, domain_id)
    references readiness_domain (instrument_id, id),
  constraint readiness_indicator_code_unique unique (instrument_id, code),
  constraint readiness_indicator_of_instrument unique (instrument_id, id),
  constraint readiness_indicator_critical_applies check (not (critical and not_applicable_allowed))
){strict}
;;
create index readiness_indicator_domain_idx on readiness_indicator (domain_id, place)
;;
create table readiness_mapping (
  id {uuid} not null primary key,
  instrument_id {uuid} not null,
  indicator_id {uuid} not null,
  earlier_id {uuid} not null constraint readiness_mapping_earlier references readiness_indicator (id),
  constraint readiness_mapping_indicator foreign key (instrument_id, indicator_id)
    references readiness_indicator (instrument_id, id),
  constraint readiness_mapping_once unique (indicator_id, earlier_id)
){strict}
;;
create index readiness_mapping_instrument_idx on readiness_mapping (instrument_id, indicator_id)
;;
create index readiness_mapping_earlier_idx on readiness_mapping (earlier_id)";

const ASSESSMENTS: &str = "
create table readiness_assessment (
  id {uuid} not null primary key,
  organisation_id {uuid} not null constraint readiness_assessment_organisation references organisation (id),
  instrument_id {uuid} not null constraint readiness_assessment_instrument references readiness_instrument (id),
  state {text} not null constraint readiness_assessment_state_known check (state in ('DRAFT','SELF_SUBMITTED',
    'IN_VALIDATION','RETURNED','VALIDATED','SUPERSEDED','INVALIDATED','WITHDRAWN')),
  started_by {uuid},
  started_on {date} not null,
  submitted_by {uuid},
  submitted_on {date},
  reviewer_id {uuid},
  assigned_by {uuid},
  assigned_on {date},
  returned_on {date},
  return_comment {text},
  validated_by {uuid},
  validated_on {date},
  valid_to {date},
  self_score {int},
  score {int},
  outcome {text} constraint readiness_assessment_outcome_known check (outcome in
    ('READY','CONDITIONAL','NOT_READY')),
  ended_on {date},
  end_reason {text},
  superseded_by_id {uuid},
  created_at {instant} not null,
  updated_at {instant} not null,
  version {int} not null constraint readiness_assessment_version_positive check (version > 0),
  constraint readiness_assessment_of_organisation unique (organisation_id, id),
  constraint readiness_assessment_superseded foreign key (organisation_id, superseded_by_id)
    references readiness_assessment (organisation_id, id),
  constraint readiness_assessment_submitted check (state not in ('SELF_SUBMITTED','IN_VALIDATION','VALIDATED',
    'SUPERSEDED','INVALIDATED') or (submitted_on is not null and self_score is not null)),
  constraint readiness_assessment_assigned check (state <> 'IN_VALIDATION' or reviewer_id is not null),
  constraint readiness_assessment_by_another check (validated_by is null or validated_by <> reviewer_id),
  constraint readiness_assessment_computed check ((state in ('VALIDATED','SUPERSEDED','INVALIDATED'))
    = (outcome is not null) and (outcome is null) = (score is null) and (outcome is null) = (validated_on is null)),
  constraint readiness_assessment_validity check ((valid_to is null or valid_to > validated_on)
    and (valid_to is not null) = (outcome is not null and outcome <> 'NOT_READY')),
  constraint readiness_assessment_ended check ((state in ('SUPERSEDED','INVALIDATED','WITHDRAWN'))
    = (ended_on is not null) and (state = 'INVALIDATED') = (end_reason is not null)),
  constraint readiness_assessment_scores check (self_score between 0 and 10000 and score between 0 and 10000)
){strict}
;;
create unique index readiness_assessment_one_open on readiness_assessment (organisation_id)
  where state in ('DRAFT','SELF_SUBMITTED','IN_VALIDATION','RETURNED')
;;
create unique index readiness_assessment_one_standing on readiness_assessment (organisation_id)
  where state = 'VALIDATED'
;;
create index readiness_assessment_organisation_idx on readiness_assessment (organisation_id, started_on, id)
;;
create index readiness_assessment_instrument_idx on readiness_assessment (instrument_id, state)
;;
create index readiness_assessment_started_idx on readiness_assessment (started_on, id)
;;
create index readiness_assessment_validated_idx on readiness_assessment (validated_on, id)
;;
create index readiness_assessment_reviewer_idx on readiness_assessment (reviewer_id)
;;
create table readiness_rater (
  id {uuid} not null primary key,
  organisation_id {uuid} not null,
  assessment_id {uuid} not null,
  number {int} not null,
  perspective {text} not null constraint readiness_rater_perspective_known check (perspective in
    ('PEER_WORKER','SERVICE_USER','CARER','MANAGER','CLINICIAN','HUMAN_RESOURCES','OTHER')),
  withdrawn {bool} not null,
  created_at {instant} not null,
  updated_at {instant} not null,
  version {int} not null constraint readiness_rater_version_positive check (version > 0),
  constraint readiness_rater_assessment foreign key (organisation_id, assessment_id)
    references readiness_assessment (organisation_id, id),
  constraint readiness_rater_number_unique unique (assessment_id, number),
  constraint readiness_rater_of_assessment unique (assessment_id, id)
){strict}
;;
create table readiness_answer (
  id {uuid} not null primary key,
  organisation_id {uuid} not null,
  assessment_id {uuid} not null,
  rater_id {uuid} not null,
  indicator_id {uuid} not null constraint readiness_answer_indicator references readiness_indicator (id),
  score {int} constraint readiness_answer_score check (score between 0 and 3),
  note {text},
  answered_at {instant} not null,
  constraint readiness_answer_assessment foreign key (organisation_id, assessment_id)
    references readiness_assessment (organisation_id, id),
  constraint readiness_answer_rater foreign key (assessment_id, rater_id) references readiness_rater (assessment_id, id),
  constraint readiness_answer_once unique (rater_id, indicator_id)
){strict}
;;
create index readiness_answer_assessment_idx on readiness_answer (assessment_id, indicator_id)
;;
create table readiness_validation (
  id {uuid} not null primary key,
  organisation_id {uuid} not null,
  assessment_id {uuid} not null,
  indicator_id {uuid} not null constraint readiness_validation_indicator references readiness_indicator (id),
  score {int} constraint readiness_validation_score check (score between 0 and 3),
  comment {text},
  scored_at {instant} not null,
  constraint readiness_validation_assessment foreign key (organisation_id, assessment_id)
    references readiness_assessment (organisation_id, id),
  constraint readiness_validation_once unique (assessment_id, indicator_id)
){strict}
;;
create table readiness_hand (
  id {uuid} not null primary key,
  organisation_id {uuid} not null,
  assessment_id {uuid} not null,
  account_id {uuid} not null constraint readiness_hand_account references account (id),
  part {text} not null constraint readiness_hand_part_known check (part in ('ANSWERED','SIGNED','SCORED')),
  constraint readiness_hand_assessment foreign key (organisation_id, assessment_id)
    references readiness_assessment (organisation_id, id),
  constraint readiness_hand_once unique (assessment_id, account_id, part)
){strict}
;;
create table readiness_domain_score (
  id {uuid} not null primary key,
  organisation_id {uuid} not null,
  assessment_id {uuid} not null,
  domain_id {uuid} not null constraint readiness_domain_score_domain references readiness_domain (id),
  self_score {int} constraint readiness_domain_score_self check (self_score between 0 and 10000),
  score {int} constraint readiness_domain_score_share check (score between 0 and 10000),
  constraint readiness_domain_score_assessment foreign key (organisation_id, assessment_id)
    references readiness_assessment (organisation_id, id),
  constraint readiness_domain_score_once unique (assessment_id, domain_id)
){strict}
;;
create table readiness_finding (
  id {uuid} not null primary key,
  organisation_id {uuid} not null,
  assessment_id {uuid} not null,
  place {int} not null,
  outcome {text} not null constraint readiness_finding_outcome_known check (outcome in ('READY','CONDITIONAL')),
  rule {text} not null constraint readiness_finding_rule_known check (rule in
    ('OVERALL','DOMAIN','CRITICAL','ACTION_PLAN')),
  domain_id {uuid} constraint readiness_finding_domain references readiness_domain (id),
  indicator_id {uuid} constraint readiness_finding_indicator references readiness_indicator (id),
  needed {int},
  found {int},
  constraint readiness_finding_assessment foreign key (organisation_id, assessment_id)
    references readiness_assessment (organisation_id, id),
  constraint readiness_finding_place_unique unique (assessment_id, place)
){strict}
;;
create table readiness_evidence (
  id {uuid} not null primary key,
  organisation_id {uuid} not null,
  assessment_id {uuid} not null,
  indicator_id {uuid} not null constraint readiness_evidence_indicator references readiness_indicator (id),
  title {text} not null,
  file_key {uuid} not null constraint readiness_evidence_file_once unique,
  file_name {text} not null,
  media_type {text} not null,
  size_bytes {int} not null constraint readiness_evidence_size_positive check (size_bytes > 0),
  sha256 {text} not null constraint readiness_evidence_sha256_form check (length(sha256) = 64),
  added_at {instant} not null,
  removed_on {date},
  version {int} not null constraint readiness_evidence_version_positive check (version > 0),
  constraint readiness_evidence_assessment foreign key (organisation_id, assessment_id)
    references readiness_assessment (organisation_id, id),
  constraint readiness_evidence_of_assessment unique (assessment_id, id)
){strict}
;;
create index readiness_evidence_assessment_idx on readiness_evidence (assessment_id, indicator_id)";

const PLANS: &str = "
create table readiness_action (
  id {uuid} not null primary key,
  organisation_id {uuid} not null,
  assessment_id {uuid} not null,
  indicator_id {uuid} constraint readiness_action_indicator references readiness_indicator (id),
  text {text} not null,
  owner_title {text} not null,
  owner_id {uuid} constraint readiness_action_owner references person (id),
  due_on {date} not null,
  state {text} not null constraint readiness_action_state_known check (state in ('OPEN','DONE','DROPPED')),
  progress {int} not null constraint readiness_action_progress check (progress between 0 and 10000),
  note {text},
  evidence_id {uuid},
  settled_on {date},
  reminded_on {date},
  created_at {instant} not null,
  updated_at {instant} not null,
  version {int} not null constraint readiness_action_version_positive check (version > 0),
  constraint readiness_action_assessment foreign key (organisation_id, assessment_id)
    references readiness_assessment (organisation_id, id),
  constraint readiness_action_evidence foreign key (assessment_id, evidence_id)
    references readiness_evidence (assessment_id, id),
  constraint readiness_action_settled check ((state = 'OPEN') = (settled_on is null)),
  constraint readiness_action_done check (state <> 'DONE' or progress = 10000)
){strict}
;;
create index readiness_action_assessment_idx on readiness_action (assessment_id, due_on, id)
;;
create index readiness_action_organisation_idx on readiness_action (organisation_id, due_on)
;;
create index readiness_action_due_idx on readiness_action (due_on, id)
;;
create table readiness_due (
  id {uuid} not null primary key,
  organisation_id {uuid} not null constraint readiness_due_organisation references organisation (id),
  reason {text} not null constraint readiness_due_reason_known check (reason in
    ('MERGER','SUSPENSION','SIGNATORY')),
  raised_on {date} not null,
  due_on {date} not null,
  settled_on {date},
  settled_by_id {uuid},
  version {int} not null constraint readiness_due_version_positive check (version > 0),
  constraint readiness_due_settled_by foreign key (organisation_id, settled_by_id)
    references readiness_assessment (organisation_id, id),
  constraint readiness_due_days check (due_on > raised_on),
  constraint readiness_due_settled check ((settled_on is null) = (settled_by_id is null))
){strict}
;;
create unique index readiness_due_once on readiness_due (organisation_id, reason) where settled_on is null
;;
create index readiness_due_organisation_idx on readiness_due (organisation_id, due_on)
;;
create index readiness_due_order_idx on readiness_due (due_on, id)";

const LICENCES: &str = "
alter table licence add column readiness_assessment_id {uuid}
  constraint licence_readiness_assessment references readiness_assessment (id)
;;
create index licence_readiness_assessment_idx on licence (readiness_assessment_id)";

const LICENCES_DOWN: &str = "
drop index licence_readiness_assessment_idx
;;
alter table licence drop column readiness_assessment_id";
