//! Programmes: their versions, the modules of each, the map of competences; and competences in
//! versioned sets.
//!
//! A version that is published never changes, and neither do its parts: triggers hold that for
//! everyone. Rows of an organisation's own programme repeat its owner.

use sea_orm_migration::prelude::*;

use crate::row_security::{self, NATION, PUBLIC, Writes, any_of, not_of_a_draft, owner};
use crate::{seed, seed_programmes, sql};

#[derive(DeriveMigrationName)]
pub struct Migration;

/// The parts of a version, in the order in which they may be dropped.
const PARTS: [&str; 4] =
    ["declared_gap", "competence_mapping", "module_prerequisite", "programme_module"];

/// What of a version that is published may still change: it retires.
const LIFE: [&str; 6] =
    ["state", "last_start_date", "retired_at", "retirement_reason", "updated_at", "version"];

/// What of a version never changes once it is published.
const CONTENT: [&str; 24] = [
    "id",
    "programme_id",
    "owner_id",
    "number",
    "precedence",
    "effective_from",
    "weeks",
    "taught_days",
    "taught_minutes",
    "aligned_to_id",
    "source",
    "attendance_basis",
    "attendance_threshold",
    "day_counts_at",
    "max_missed_days",
    "make_up_allowed",
    "make_up_max_days",
    "assignment_required",
    "placement_required",
    "placement_min_minutes",
    "completion_without_accreditation",
    "content_hash",
    "published_at",
    "created_at",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::drop_tables(manager, &["competence_link", "competence_item"]).await?;
        sql::run(manager, SETS).await?;
        sql::run(manager, LINKS).await?;
        seed_programmes::competences(manager).await?;
        for table in ["competence_set", "competence_item", "competence_link"] {
            row_security::protect(manager, table, PUBLIC, NATION, Writes::Change).await?;
        }
        sql::run(manager, PROGRAMMES).await?;
        sql::run(manager, PARTS_OF_A_VERSION).await?;
        seed_programmes::programmes(manager).await?;
        stay(manager).await?;
        protect(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::drop_tables(manager, &PARTS).await?;
        // The policy of programmes reads their versions.
        sql::run_postgres(manager, "drop policy programme_read on programme").await?;
        sql::drop_tables(manager, &["programme_version", "programme"]).await?;
        sql::run_postgres(
            manager,
            "drop function programme_part_stays\n;;\ndrop function programme_version_stays",
        )
        .await?;
        let sets = ["competence_link", "competence_item", "competence_set"];
        sql::drop_tables(manager, &sets).await?;
        sql::run(manager, ITEMS_BEFORE).await?;
        sql::run(manager, LINKS).await?;
        seed::competences(manager).await?;
        for table in ["competence_item", "competence_link"] {
            row_security::protect(manager, table, PUBLIC, NATION, Writes::Change).await?;
        }
        Ok(())
    }
}

/// Row security: what is no draft is for everyone, a draft for its owner and the nation.
async fn protect(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let own = owner("owner_id");
    let write = any_of(&[NATION, &own]);
    let published = "exists (select 1 from programme_version v \
         where v.programme_id = programme.id and v.state <> 'DRAFT')";
    for (table, everyone) in [("programme", published), ("programme_version", "state <> 'DRAFT'")] {
        let read = any_of(&[NATION, &own, everyone]);
        row_security::protect(manager, table, &read, &write, Writes::Change).await?;
    }
    let read = any_of(&[NATION, &own, &not_of_a_draft("version_id")]);
    for table in PARTS {
        row_security::protect(manager, table, &read, &write, Writes::Replace).await?;
    }
    Ok(())
}

/// PRG-1 under every writer: triggers that refuse to change what is published.
async fn stay(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let life = LIFE.map(|column| format!("'{column}'")).join(", ");
    sql::run_postgres(manager, &FUNCTIONS.replace("LIFE", &life)).await?;
    let same = CONTENT.map(|column| format!("old.{column} is new.{column}")).join(" and ");
    sql::run_sqlite(
        manager,
        &format!(
            "create trigger programme_version_stays before update on programme_version \
             when not (old.state = 'DRAFT' and new.state <> 'RETIRED' \
               or old.state = 'PUBLISHED' and new.state = 'RETIRED' and {same}) \
             begin select raise(abort, 'programme_version_published'); end\n;;\n\
             create trigger programme_version_kept before delete on programme_version \
             begin select raise(abort, 'programme_version_append_only'); end"
        ),
    )
    .await?;
    for table in PARTS {
        sql::run_postgres(
            manager,
            &format!(
                "create trigger {table}_stays before insert or update or delete on {table} \
                 for each row execute function programme_part_stays()\n;;\n\
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
                        "exists (select 1 from programme_version v \
                         where v.id = {row}.version_id and v.state = 'DRAFT')"
                    )
                })
                .collect::<Vec<_>>()
                .join(" and ");
            sql::run_sqlite(
                manager,
                &format!(
                    "create trigger {table}_stays_{event} before {event} on {table} \
                     when not ({of_a_draft}) \
                     begin select raise(abort, 'programme_part_published'); end"
                ),
            )
            .await?;
        }
    }
    Ok(())
}

/// A part is changed only while its version is a draft; the version stays one until the change is
/// committed.
const FUNCTIONS: &str = "
create function programme_version_stays() returns trigger language plpgsql as $$ begin
  if old.state = 'DRAFT' and new.state <> 'RETIRED' then return new; end if;
  if old.state = 'PUBLISHED' and new.state = 'RETIRED'
    and to_jsonb(old) - array[LIFE] = to_jsonb(new) - array[LIFE] then return new; end if;
  raise exception using errcode = '23514', constraint = 'programme_version_published',
    message = 'a published programme version does not change';
end $$
;;
create function programme_part_stays() returns trigger language plpgsql as $$ begin
  if tg_op <> 'INSERT' then
    perform 1 from programme_version v where v.id = old.version_id and v.state = 'DRAFT' for share;
    if not found then raise exception using errcode = '23514', constraint = 'programme_part_published',
      message = 'the parts of a published programme version do not change'; end if;
  end if;
  if tg_op = 'DELETE' then return old; end if;
  perform 1 from programme_version v where v.id = new.version_id and v.state = 'DRAFT' for share;
  if not found then raise exception using errcode = '23514', constraint = 'programme_part_published',
    message = 'the parts of a published programme version do not change'; end if;
  return new;
end $$
;;
create trigger programme_version_stays before update on programme_version
  for each row execute function programme_version_stays()
;;
create trigger programme_version_kept before delete or truncate on programme_version
  for each statement execute function refuse_change()";

const SETS: &str = "
create table competence_set (
  id {uuid} not null primary key,
  code {text} not null,
  version {text} not null,
  system {text} not null constraint competence_set_system_known check (system in ('FRAMEWORK','CURRICULUM')),
  title {text} not null,
  source {text} not null,
  constraint competence_set_unique unique (code, version)
){strict}
;;
create table competence_item (
  id {uuid} not null primary key,
  set_id {uuid} not null constraint competence_item_set references competence_set (id),
  code {text} not null,
  parent_id {uuid} constraint competence_item_parent references competence_item (id),
  label {text} not null,
  core {bool} not null,
  verified {bool} not null,
  constraint competence_item_unique unique (set_id, code)
){strict}
;;
create index competence_item_parent_idx on competence_item (parent_id)";

const LINKS: &str = "
create table competence_link (
  id {uuid} not null primary key,
  curriculum_id {uuid} not null constraint competence_link_curriculum references competence_item (id),
  framework_id {uuid} not null constraint competence_link_framework references competence_item (id),
  verified {bool} not null,
  constraint competence_link_unique unique (curriculum_id, framework_id)
){strict}
;;
create index competence_link_framework_idx on competence_link (framework_id)";

/// Competences as they were before: in one version of two systems.
const ITEMS_BEFORE: &str = "
create table competence_item (
  id {uuid} not null primary key,
  system {text} not null constraint competence_item_system_known check (system in ('FRAMEWORK','CURRICULUM')),
  code {text} not null,
  parent_id {uuid} constraint competence_item_parent references competence_item (id),
  label {text} not null,
  verified {bool} not null,
  constraint competence_item_unique unique (system, code)
){strict}
;;
create index competence_item_parent_idx on competence_item (parent_id)";

const PROGRAMMES: &str = "
create table programme (
  id {uuid} not null primary key,
  code {text} not null,
  type {text} not null constraint programme_type_known check (type in
    ('PEER_SUPPORT_WORKER','SUPERVISOR','VOLUNTEER','FAMILY_AMBASSADOR','SPECIALIST','LEADERSHIP')),
  title {text} not null,
  owner_id {uuid} constraint programme_owner references organisation (id),
  created_at {instant} not null,
  updated_at {instant} not null,
  version {int} not null constraint programme_version_counted check (version >= 0),
  constraint programme_tenant unique (owner_id, id)
){strict}
;;
create unique index programme_code_of_owner on programme (owner_id, code) where owner_id is not null
;;
create unique index programme_code_national on programme (code) where owner_id is null
;;
create table programme_version (
  id {uuid} not null primary key,
  programme_id {uuid} not null constraint programme_version_programme references programme (id),
  owner_id {uuid},
  number {text} not null,
  precedence {int} not null,
  state {text} not null constraint programme_version_state_known check (state in
    ('DRAFT','PUBLISHED','RETIRED')),
  effective_from {date},
  last_start_date {date},
  weeks {int} constraint programme_version_weeks check (weeks > 0),
  taught_days {int} constraint programme_version_days check (taught_days > 0),
  taught_minutes {int} constraint programme_version_minutes check (taught_minutes > 0),
  aligned_to_id {uuid} constraint programme_version_aligned_to references competence_set (id),
  source {text},
  attendance_basis {text} constraint programme_version_basis_known check (attendance_basis in
    ('DAYS','SESSIONS','MINUTES','MODULES')),
  attendance_threshold {int} constraint programme_version_threshold
    check (attendance_threshold between 1 and 10000),
  day_counts_at {int} constraint programme_version_day_counts_at check (day_counts_at between 1 and 10000),
  max_missed_days {int} constraint programme_version_missed check (max_missed_days >= 0),
  make_up_allowed {bool},
  make_up_max_days {int} constraint programme_version_make_up check (make_up_max_days > 0),
  assignment_required {bool},
  placement_required {bool},
  placement_min_minutes {int} constraint programme_version_placement check (placement_min_minutes > 0),
  completion_without_accreditation {bool},
  content_hash {text},
  published_at {instant},
  retired_at {instant},
  retirement_reason {text},
  created_at {instant} not null,
  updated_at {instant} not null,
  version {int} not null constraint programme_version_version_counted check (version >= 0),
  constraint programme_version_owner foreign key (owner_id, programme_id) references programme (owner_id, id),
  constraint programme_version_tenant unique (owner_id, id),
  constraint programme_version_number_unique unique (programme_id, number),
  constraint programme_version_starts check (last_start_date is null or effective_from is null
    or last_start_date >= effective_from),
  constraint programme_version_sealed check ((state = 'DRAFT') = (content_hash is null)
    and (state = 'DRAFT') = (published_at is null) and (state = 'RETIRED') = (retired_at is not null)),
  constraint programme_version_complete check (state = 'DRAFT' or effective_from is not null
    and weeks is not null and taught_days is not null and taught_minutes is not null
    and attendance_basis is not null and attendance_threshold is not null)
){strict}
;;
create index programme_version_programme_idx on programme_version (programme_id, precedence)";

const PARTS_OF_A_VERSION: &str = "
create table programme_module (
  id {uuid} not null primary key,
  version_id {uuid} not null constraint programme_module_version references programme_version (id),
  owner_id {uuid},
  number {int} not null constraint programme_module_number_positive check (number > 0),
  position {int} not null constraint programme_module_position_positive check (position > 0),
  title {text},
  block {text},
  taught_minutes {int} constraint programme_module_taught check (taught_minutes >= 0),
  prep_minutes {int} constraint programme_module_prep check (prep_minutes >= 0),
  mandatory {bool} not null,
  reading_list {text},
  constraint programme_module_owner foreign key (owner_id, version_id)
    references programme_version (owner_id, id),
  constraint programme_module_number_unique unique (version_id, number),
  constraint programme_module_place unique (version_id, id)
){strict}
;;
create table module_prerequisite (
  id {uuid} not null primary key,
  version_id {uuid} not null constraint module_prerequisite_version references programme_version (id),
  owner_id {uuid},
  module_id {uuid} not null,
  requires_id {uuid} not null,
  constraint module_prerequisite_owner foreign key (owner_id, version_id)
    references programme_version (owner_id, id),
  constraint module_prerequisite_module foreign key (version_id, module_id)
    references programme_module (version_id, id),
  constraint module_prerequisite_requires foreign key (version_id, requires_id)
    references programme_module (version_id, id),
  constraint module_prerequisite_unique unique (module_id, requires_id),
  constraint module_prerequisite_other check (module_id <> requires_id)
){strict}
;;
create index module_prerequisite_requires_idx on module_prerequisite (version_id, requires_id)
;;
create table competence_mapping (
  id {uuid} not null primary key,
  version_id {uuid} not null constraint competence_mapping_version references programme_version (id),
  owner_id {uuid},
  module_id {uuid} not null,
  competence_id {uuid} not null constraint competence_mapping_competence references competence_item (id),
  depth {text} not null constraint competence_mapping_depth_known check (depth in
    ('INTRODUCED','PRACTISED','ASSESSED')),
  constraint competence_mapping_owner foreign key (owner_id, version_id)
    references programme_version (owner_id, id),
  constraint competence_mapping_module foreign key (version_id, module_id)
    references programme_module (version_id, id),
  constraint competence_mapping_unique unique (module_id, competence_id)
){strict}
;;
create index competence_mapping_version_idx on competence_mapping (version_id, competence_id)
;;
create table declared_gap (
  id {uuid} not null primary key,
  version_id {uuid} not null constraint declared_gap_version references programme_version (id),
  owner_id {uuid},
  competence_id {uuid} not null constraint declared_gap_competence references competence_item (id),
  reason {text} not null,
  constraint declared_gap_owner foreign key (owner_id, version_id)
    references programme_version (owner_id, id),
  constraint declared_gap_unique unique (version_id, competence_id)
){strict}";
