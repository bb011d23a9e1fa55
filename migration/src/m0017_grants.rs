//! Whose hands were on what: a person reads the grants of all accounts of their own, and an application names who
//! handed it in.

use sea_orm_migration::prelude::*;

use crate::row_security::{NATION, account, any_of, owner, persons};
use crate::sql;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        readers(manager, &[&persons("person_id")]).await?;
        sql::run(manager, COLUMN).await?;
        // Row security holds for the owner of the tables too.
        sql::run_postgres(manager, "set local app.kind = 'system'").await?;
        sql::run(manager, SUBMITTED_SO_FAR).await?;
        sql::run_postgres(manager, "set local app.kind = ''").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::run(manager, "alter table licence drop column submitted_by").await?;
        readers(manager, &[]).await
    }
}

const COLUMN: &str = "alter table licence add column submitted_by {uuid}";

/// As the trail tells it.
const SUBMITTED_SO_FAR: &str = "
update licence set submitted_by = (
    select e.account_id from audit_event e where e.entity_type = 'licence'
      and e.entity_id = licence.id and e.action = 'licence.submitted')
  where submitted_on is not null";

async fn readers(manager: &SchemaManager<'_>, more: &[&str]) -> Result<(), DbErr> {
    let (own, scope) = (account("account_id"), owner("scope_id"));
    let mut ways = vec![NATION, &own, &scope];
    ways.extend(more);
    let policy = format!("alter policy role_grant_read on role_grant using ({})", any_of(&ways));
    sql::run_postgres(manager, &policy).await
}
