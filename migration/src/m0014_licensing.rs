//! A revocation keeps what it took: the days of each programme type as they were before it.

use sea_orm_migration::prelude::*;

use crate::sql;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::run(manager, COLUMNS).await?;
        // Row security holds for the owner of the tables too.
        sql::run_postgres(manager, "set local app.kind = 'system'").await?;
        sql::run(manager, TAKEN_SO_FAR).await?;
        sql::run_postgres(manager, "set local app.kind = ''").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::run(manager, COLUMNS_DOWN).await
    }
}

const COLUMNS: &str = "
alter table licence_programme add column ended_by {uuid}
  constraint licence_programme_ended_by references licence_decision (id)
;;
alter table licence_programme add column held_to {date}
  constraint licence_programme_taken check ((ended_by is null) = (held_to is null))
;;
create index licence_programme_ended_by_idx on licence_programme (ended_by)";

/// Of the revocations that stand, as far as their rows still tell.
const TAKEN_SO_FAR: &str = "
update licence_programme set held_to = granted_to, ended_by = (
    select d.id from licence_decision d where d.licence_id = licence_programme.licence_id
      and d.kind = 'REVOCATION' and d.state = 'TAKEN' order by d.taken_on desc, d.id desc limit 1)
  where stage = 'GRANTED' and granted_to > valid_to and exists (
    select 1 from licence l join licence_decision d on d.licence_id = l.id
    where l.id = licence_programme.licence_id and l.state = 'REVOKED'
      and l.ended_on = licence_programme.valid_to and d.kind = 'REVOCATION' and d.state = 'TAKEN')";

const COLUMNS_DOWN: &str = "
drop index licence_programme_ended_by_idx
;;
alter table licence_programme drop column held_to
;;
alter table licence_programme drop column ended_by";
