//! Imports of published files: what was read, what a person has to decide.

use sea_orm_migration::prelude::*;

use crate::row_security::{self, NATION, Writes, any_of, owner};
use crate::sql;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::run(manager, TABLES).await?;
        row_security::protect(manager, "import_run", NATION, NATION, Writes::Append).await?;
        row_security::protect(manager, "change_proposal", NATION, NATION, Writes::Change).await?;
        let read = any_of(&[NATION, &owner("organisation_id")]);
        row_security::protect(manager, "board_assignment", &read, NATION, Writes::Change).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::drop_tables(manager, &["board_assignment", "change_proposal", "import_run"]).await
    }
}

const TABLES: &str = "
create table import_run (
  id {uuid} not null primary key,
  kind {text} not null,
  file_hash {text} not null,
  at {instant} not null,
  account_id {uuid},
  rows_read {int} not null,
  created {int} not null,
  unchanged {int} not null,
  proposed {int} not null,
  unassigned {int} not null,
  closed {int} not null,
  out_of_scope {int} not null
){strict}
;;
create index import_run_at_idx on import_run (at, id)
;;
create table change_proposal (
  id {uuid} not null primary key,
  organisation_id {uuid} not null constraint change_proposal_organisation references organisation (id),
  source {text} not null,
  field {text} not null constraint change_proposal_field_known check (field in
    ('NAME','ADDRESS','POSTCODE','BOARD','REGION','OPENED_ON','CLOSED_ON')),
  current_value {text},
  proposed_value {text},
  status {text} not null constraint change_proposal_status_known check (status in ('OPEN','ACCEPTED','REJECTED')),
  created_at {instant} not null,
  decided_at {instant},
  version {int} not null constraint change_proposal_version_positive check (version > 0),
  constraint change_proposal_decided check ((status = 'OPEN') = (decided_at is null))
){strict}
;;
create index change_proposal_organisation_idx on change_proposal (organisation_id, field)
;;
create index change_proposal_made_idx on change_proposal (created_at, id)
;;
create table board_assignment (
  id {uuid} not null primary key,
  organisation_id {uuid} not null constraint board_assignment_organisation references organisation (id),
  previous_board_id {uuid} not null constraint board_assignment_previous references care_board (id),
  since {date} not null,
  status {text} not null constraint board_assignment_status_known check (status in ('OPEN','ASSIGNED','LAPSED')),
  assigned_board_id {uuid} constraint board_assignment_assigned references care_board (id),
  created_at {instant} not null,
  version {int} not null constraint board_assignment_version_positive check (version > 0),
  constraint board_assignment_unique unique (organisation_id, previous_board_id),
  constraint board_assignment_resolved check ((status = 'ASSIGNED') = (assigned_board_id is not null))
){strict}
;;
create index board_assignment_status_idx on board_assignment (status, since)
;;
create index board_assignment_since_idx on board_assignment (since, id)
;;";
