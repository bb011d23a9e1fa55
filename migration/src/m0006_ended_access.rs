//! Access that was ended before its time: by the hashes of tokens, sessions and accounts only.

use sea_orm_migration::prelude::*;

use crate::row_security::{self, PUBLIC, SYSTEM, Writes};
use crate::sql;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::run(manager, TABLES).await?;
        // Whoever begins a transaction has to find out whether the token was ended.
        row_security::protect(manager, "ended_access", PUBLIC, SYSTEM, Writes::Change).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::drop_tables(manager, &["ended_access"]).await
    }
}

const TABLES: &str = "
create table ended_access (
  id {uuid} not null primary key,
  kind {text} not null constraint ended_access_kind_known check (kind in ('TOKEN','SESSION','ACCOUNT')),
  ended_at {instant} not null,
  version {int} not null constraint ended_access_version_positive check (version > 0)
){strict}
;;";
