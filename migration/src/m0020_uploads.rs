//! Staged uploads: files that an account sends before a record takes them.
//!
//! The rows say what a file has to be and where it stands; its bytes are in the file store, under the id. Only the
//! account that made an upload sees it, and the service's own jobs, which clear away what nobody used.
//!
//! Files that are to be deleted stand in a table of their own: whoever gives one up for its organisation, or the
//! nation, adds it, and only the service's own job reads it and takes it away again.

use sea_orm_migration::prelude::*;

use crate::row_security::{NATION, SERVICE_ROLE, SYSTEM, Writes, account, any_of, owner, protect};
use crate::sql;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::run(manager, TABLES).await?;
        let own = account("account_id");
        let read = any_of(&[&own, SYSTEM]);
        let write = format!("({own} and {}) or {SYSTEM}", owner("organisation_id"));
        protect(manager, "staged_upload", &read, &write, Writes::Change).await?;
        let write = any_of(&[NATION, &owner("organisation_id")]);
        protect(manager, "file_removal", SYSTEM, &write, Writes::Append).await?;
        // Who may add a file may neither change nor take away one: policies of their own, and not that of the insert.
        let job = format!(
            "create policy file_removal_update on file_removal for update using ({SYSTEM}) with check ({SYSTEM})\n;;\n\
             create policy file_removal_delete on file_removal for delete using ({SYSTEM})\n;;\n\
             grant update, delete on file_removal to {SERVICE_ROLE}"
        );
        sql::run_postgres(manager, &job).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::drop_tables(manager, &["file_removal", "staged_upload"]).await
    }
}

const TABLES: &str = "
create table staged_upload (
  id {uuid} not null primary key,
  organisation_id {uuid} not null constraint staged_upload_organisation references organisation (id),
  account_id {uuid} not null constraint staged_upload_account references account (id),
  file_name {text} not null,
  media_type {text} not null constraint staged_upload_media_type_known check (media_type in (
    'application/pdf','image/png','image/jpeg','text/plain','text/csv',
    'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
    'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    'application/vnd.oasis.opendocument.text',
    'application/vnd.oasis.opendocument.spreadsheet')),
  size_bytes {int} not null constraint staged_upload_size_positive check (size_bytes > 0),
  sha256 {text} not null constraint staged_upload_sha256_length check (length(sha256) = 64),
  state {text} not null constraint staged_upload_state_known check (state in
    ('PENDING','STORED','USED','EXPIRED')),
  created_at {instant} not null,
  expires_at {instant} not null,
  stored_at {instant},
  used_at {instant},
  version {int} not null constraint staged_upload_version_positive check (version > 0),
  constraint staged_upload_time check (expires_at > created_at),
  constraint staged_upload_stored check
    (case state when 'PENDING' then stored_at is null when 'EXPIRED' then true else stored_at is not null end),
  constraint staged_upload_used check ((used_at is not null) = (state = 'USED')),
  constraint staged_upload_of_organisation unique (organisation_id, id)
){strict}
;;
create index staged_upload_account_idx on staged_upload (account_id, created_at, id)
;;
create index staged_upload_waiting_idx on staged_upload (expires_at, id) where state in ('PENDING','STORED')
;;
create table file_removal (
  key {uuid} not null primary key,
  organisation_id {uuid} not null constraint file_removal_organisation references organisation (id),
  requested_at {instant} not null,
  due_at {instant} not null,
  constraint file_removal_time check (due_at >= requested_at)
){strict}
;;
create index file_removal_due_idx on file_removal (due_at, key)
;;";
