//! Reference data: regions, integrated care boards with their successions, ONS codes, bank holidays,
//! values and competences. The rows come from `migration/data`.

use sea_orm_migration::prelude::*;

use crate::row_security::{self, NATION, PUBLIC, Writes};
use crate::{seed, sql};

#[derive(DeriveMigrationName)]
pub struct Migration;

/// Tables in the order in which they may be dropped.
const TABLE_NAMES: [&str; 10] = [
    "competence_link",
    "competence_item",
    "value_item",
    "value_set",
    "bank_holiday",
    "ons_code",
    "board_succession",
    "care_board",
    "region",
    "dataset",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::run(manager, TABLES).await?;
        seed::reference(manager).await?;
        for table in TABLE_NAMES {
            row_security::protect(manager, table, PUBLIC, NATION, Writes::Change).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::drop_tables(manager, &TABLE_NAMES).await
    }
}

const TABLES: &str = "
create table dataset (
  id {uuid} not null primary key,
  name {text} not null constraint dataset_name_unique unique,
  source {text} not null,
  covers_from {date},
  covers_to {date}
){strict}
;;
create table region (
  id {uuid} not null primary key,
  ods_code {text} not null constraint region_ods_code_unique unique,
  name {text} not null
){strict}
;;
create table care_board (
  id {uuid} not null primary key,
  ods_code {text} not null constraint care_board_ods_code_unique unique,
  name {text} not null,
  region_id {uuid} not null constraint care_board_region references region (id),
  valid_from {date} not null,
  valid_to {date},
  constraint care_board_period check (valid_to is null or valid_to > valid_from)
){strict}
;;
create index care_board_region_idx on care_board (region_id, ods_code)
;;
create table board_succession (
  id {uuid} not null primary key,
  predecessor_id {uuid} not null constraint board_succession_predecessor references care_board (id),
  successor_id {uuid} not null constraint board_succession_successor references care_board (id),
  effective_on {date} not null,
  kind {text} not null constraint board_succession_kind_known check (kind in ('MERGER','ACQUISITION','SPLIT')),
  constraint board_succession_unique unique (predecessor_id, successor_id, effective_on),
  constraint board_succession_other check (predecessor_id <> successor_id)
){strict}
;;
create index board_succession_successor_idx on board_succession (successor_id)
;;
create table ons_code (
  id {uuid} not null primary key,
  region_id {uuid} constraint ons_code_region references region (id),
  board_id {uuid} constraint ons_code_board references care_board (id),
  value {text} not null,
  valid_from {date},
  valid_to {date},
  current {bool} not null,
  changed_note {text},
  constraint ons_code_one_holder check ((region_id is null) <> (board_id is null)),
  constraint ons_code_unique unique (value)
){strict}
;;
create index ons_code_region_idx on ons_code (region_id)
;;
create index ons_code_board_idx on ons_code (board_id)
;;
create table bank_holiday (
  id {uuid} not null primary key,
  day {date} not null constraint bank_holiday_day_unique unique,
  name {text} not null
){strict}
;;
create table value_set (
  id {uuid} not null primary key,
  code {text} not null,
  version {text} not null,
  constraint value_set_unique unique (code, version)
){strict}
;;
create table value_item (
  id {uuid} not null primary key,
  value_set_id {uuid} not null constraint value_item_set references value_set (id),
  position {int} not null,
  code {text} not null,
  label {text} not null,
  foundation {bool} not null,
  constraint value_item_unique unique (value_set_id, code)
){strict}
;;
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
create index competence_item_parent_idx on competence_item (parent_id)
;;
create table competence_link (
  id {uuid} not null primary key,
  curriculum_id {uuid} not null constraint competence_link_curriculum references competence_item (id),
  framework_id {uuid} not null constraint competence_link_framework references competence_item (id),
  verified {bool} not null,
  constraint competence_link_unique unique (curriculum_id, framework_id)
){strict}
;;
create index competence_link_framework_idx on competence_link (framework_id)
;;";
