//! Trainers: profiles, affiliations, accreditations with their evidence, suspensions, standardisation.

use sea_orm_migration::prelude::*;

use crate::row_security::{self, MEMBER, NATION, PUBLIC, Writes, any_of, owner, persons};
use crate::sql;

#[derive(DeriveMigrationName)]
pub struct Migration;

/// Tables in the order in which they may be dropped.
const TABLE_NAMES: [&str; 6] = [
    "trainer_evidence",
    "trainer_suspension",
    "trainer_standardisation",
    "trainer_accreditation",
    "trainer_affiliation",
    "trainer",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::run(manager, TABLES).await?;
        for (table, name, keys, only) in [
            (
                "trainer_affiliation",
                "trainer_affiliation_one_at_a_time",
                &["trainer_id", "organisation_id"][..],
                "true",
            ),
            (
                "trainer_accreditation",
                "trainer_accreditation_one_at_a_time",
                &["trainer_id", "programme_type", "level"],
                "state in ('ACCREDITED','SUSPENDED')",
            ),
            (
                "trainer_suspension",
                "trainer_suspension_one_at_a_time",
                &["accreditation_id"],
                "true",
            ),
        ] {
            sql::forbid_overlap(manager, table, name, keys, only).await?;
        }
        policies(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // The policy of trainers looks at their affiliations.
        sql::run_postgres(manager, "drop policy if exists trainer_read on trainer").await?;
        sql::drop_tables(manager, &TABLE_NAMES).await
    }
}

/// Who reads the rows of trainers.
pub fn readers() -> String {
    any_of(&[NATION, "listed", &persons("person_id"), &affiliated("trainer.id")])
}

async fn policies(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    row_security::protect(manager, "trainer", &readers(), MEMBER, Writes::Change).await?;
    let own = any_of(&[NATION, &owner("organisation_id")]);
    // The policy of trainers looks here, and must not be led back. An affiliation names a trainer by the
    // id alone: who that is stands behind the trainer's own policy.
    row_security::protect(manager, "trainer_affiliation", PUBLIC, &own, Writes::Change).await?;
    // What is public of a listed trainer depends on accreditations and suspensions.
    for (table, shown, writes) in [
        ("trainer_accreditation", true, Writes::Change),
        ("trainer_suspension", true, Writes::Change),
        ("trainer_standardisation", false, Writes::Change),
        ("trainer_evidence", false, Writes::Append),
    ] {
        let close = any_of(&[NATION, &close_to(table)]);
        let trainer = format!("(select true from trainer r where r.id = {table}.trainer_id)");
        let read = if shown { any_of(&[NATION, &trainer]) } else { close.clone() };
        row_security::protect(manager, table, &read, &close, writes).await?;
    }
    Ok(())
}

/// The trainer in the column is or was affiliated with an organisation of the actor.
///
/// Reads the few trainers of the actor's organisations once: asked for one trainer, the planner would take the
/// index behind `trainer_affiliation_one_at_a_time`, which is ten times slower.
fn affiliated(column: &str) -> String {
    let own = owner("a.organisation_id");
    format!("{column} in (select a.trainer_id from trainer_affiliation a where {own})")
}

/// The actor is the trainer of a row of `table`, or in an organisation with which the trainer is or was
/// affiliated.
fn close_to(table: &str) -> String {
    let own = persons("r.person_id");
    let column = format!("{table}.trainer_id");
    let oneself = format!("(select {own} from trainer r where r.id = {column})");
    any_of(&[&affiliated(&column), &oneself])
}

const TABLES: &str = "
create table trainer (
  id {uuid} not null primary key,
  person_id {uuid} not null,
  name {text} not null,
  bio {text},
  listed {bool} not null,
  lived_experience {bool} not null,
  merged_into_id {uuid} constraint trainer_merged_into references trainer (id),
  created_at {instant} not null,
  updated_at {instant} not null,
  version {int} not null constraint trainer_version_positive check (version > 0),
  constraint trainer_person foreign key (person_id, name) references person (id, preferred_name) on update cascade,
  constraint trainer_not_merged_into_itself check (merged_into_id <> id)
){strict}
;;
create unique index trainer_one_per_person on trainer (person_id) where merged_into_id is null
;;
create index trainer_person_idx on trainer (person_id)
;;
create index trainer_name_idx on trainer (name, id)
;;
create table trainer_affiliation (
  id {uuid} not null primary key,
  trainer_id {uuid} not null constraint trainer_affiliation_trainer references trainer (id),
  organisation_id {uuid} not null constraint trainer_affiliation_organisation references organisation (id),
  valid_from {date} not null,
  valid_to {date},
  constraint trainer_affiliation_period check (valid_to is null or valid_to >= valid_from)
){strict}
;;
create index trainer_affiliation_trainer_idx on trainer_affiliation (trainer_id, valid_from)
;;
create index trainer_affiliation_organisation_idx on trainer_affiliation (organisation_id, trainer_id)
;;
create table trainer_accreditation (
  id {uuid} not null primary key,
  trainer_id {uuid} not null constraint trainer_accreditation_trainer references trainer (id),
  organisation_id {uuid} not null constraint trainer_accreditation_nominator references organisation (id),
  programme_type {text} not null constraint trainer_accreditation_type_known check (programme_type in
    ('PEER_SUPPORT_WORKER','SUPERVISOR','VOLUNTEER','FAMILY_AMBASSADOR','SPECIALIST','LEADERSHIP')),
  level {text} not null constraint trainer_accreditation_level_known check (level in
    ('ASSOCIATE','TRAINER','LEAD','MENTOR')),
  state {text} not null constraint trainer_accreditation_state_known check (state in
    ('APPLIED','OBSERVED','ACCREDITED','SUSPENDED','WITHDRAWN')),
  valid_from {date},
  valid_to {date},
  ended_on {date},
  resigned {bool} not null,
  renews_id {uuid} constraint trainer_accreditation_renews references trainer_accreditation (id),
  created_at {instant} not null,
  updated_at {instant} not null,
  version {int} not null constraint trainer_accreditation_version_positive check (version > 0),
  constraint trainer_accreditation_period check (valid_to > valid_from),
  constraint trainer_accreditation_both_ends check ((valid_from is null) = (valid_to is null)),
  constraint trainer_accreditation_dated check (state not in ('ACCREDITED','SUSPENDED') or valid_from is not null),
  constraint trainer_accreditation_undated check (state not in ('APPLIED','OBSERVED') or valid_from is null),
  constraint trainer_accreditation_ended check ((state = 'WITHDRAWN') = (ended_on is not null)),
  constraint trainer_accreditation_renewed_once unique (renews_id),
  constraint trainer_accreditation_of_trainer unique (trainer_id, id)
){strict}
;;
create index trainer_accreditation_trainer_idx on trainer_accreditation (trainer_id, programme_type)
;;
create index trainer_accreditation_type_idx on trainer_accreditation (programme_type, valid_to)
;;
create index trainer_accreditation_created_idx on trainer_accreditation (created_at, id)
;;
create table trainer_suspension (
  id {uuid} not null primary key,
  trainer_id {uuid} not null,
  accreditation_id {uuid} not null,
  reason {text} not null,
  valid_from {date} not null,
  valid_to {date},
  constraint trainer_suspension_accreditation foreign key (trainer_id, accreditation_id)
    references trainer_accreditation (trainer_id, id) on update cascade,
  constraint trainer_suspension_period check (valid_to is null or valid_to >= valid_from)
){strict}
;;
create index trainer_suspension_accreditation_idx on trainer_suspension (accreditation_id, valid_from)
;;
create index trainer_suspension_trainer_idx on trainer_suspension (trainer_id)
;;
create table trainer_evidence (
  id {uuid} not null primary key,
  trainer_id {uuid} not null,
  accreditation_id {uuid} not null,
  kind {text} not null constraint trainer_evidence_kind_known check (kind in
    ('OBSERVATION','CO_TEACHING','PORTFOLIO','REFERENCE','FEEDBACK')),
  evidenced_on {date} not null,
  note_reference {text},
  recorded_at {instant} not null,
  constraint trainer_evidence_accreditation foreign key (trainer_id, accreditation_id)
    references trainer_accreditation (trainer_id, id) on update cascade
){strict}
;;
create index trainer_evidence_accreditation_idx on trainer_evidence (accreditation_id, evidenced_on)
;;
create index trainer_evidence_trainer_idx on trainer_evidence (trainer_id)
;;
create table trainer_standardisation (
  id {uuid} not null primary key,
  trainer_id {uuid} not null constraint trainer_standardisation_trainer references trainer (id),
  attended_on {date} not null,
  note_reference {text},
  recorded_at {instant} not null
){strict}
;;
create index trainer_standardisation_trainer_idx on trainer_standardisation (trainer_id, attended_on)
;;";
