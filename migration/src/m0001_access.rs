//! Who may sign in, and what each may do.

use sea_orm_migration::prelude::*;

use crate::row_security::{self, NATION, Writes, account, any_of, owner};
use crate::sql;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::run_postgres(manager, SHARED).await?;
        sql::run(manager, TABLES).await?;
        row_security::protect(
            manager,
            "account",
            &any_of(&[NATION, &account("id"), &holds_a_role_in(&owner("g.scope_id"))]),
            NATION,
            Writes::Change,
        )
        .await?;
        row_security::protect(
            manager,
            "role_grant",
            &any_of(&[NATION, &account("account_id"), &owner("scope_id")]),
            NATION,
            Writes::Change,
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // The policy of accounts looks at role grants.
        sql::run_postgres(manager, "drop policy if exists account_read on account").await?;
        sql::drop_tables(manager, &["role_grant", "account"]).await?;
        sql::run_postgres(manager, "drop function if exists refuse_change()").await
    }
}

/// The account holds, or held, a role in an organisation: whoever sees a grant sees whose it is.
fn holds_a_role_in(organisation: &str) -> String {
    format!(
        "exists (select 1 from role_grant g where g.account_id = account.id and {organisation})"
    )
}

/// The group role, the extension behind exclusion constraints, and the guard of append-only tables.
const SHARED: &str = "do $$ begin
       if not exists (select from pg_roles where rolname = 'alongside_service') then
         create role alongside_service nologin;
       end if;
     end $$
;;
     do $$ begin execute format('grant usage on schema %I to alongside_service', current_schema()); end $$
;;
     grant select on seaql_migrations to alongside_service
;;
     create extension if not exists btree_gist
;;
     create function refuse_change() returns trigger language plpgsql as
       $$ begin raise exception using errcode = '23514', constraint = tg_table_name || '_append_only',
          message = 'rows of this table are never changed'; end $$
;;";

const TABLES: &str = "
create table account (
  id {uuid} not null primary key,
  issuer {text} not null,
  subject {text} not null,
  kind {text} not null constraint account_kind_known check (kind in ('PERSON', 'CLIENT')),
  label {text} not null,
  enabled {bool} not null,
  created_at {instant} not null,
  version {int} not null constraint account_version_positive check (version > 0),
  constraint account_subject_unique unique (issuer, subject)
){strict}
;;
create table role_grant (
  id {uuid} not null primary key,
  account_id {uuid} not null constraint role_grant_account references account (id),
  role {text} not null constraint role_grant_role_known check (role in
    ('APP','TRN','SUP','TNR','LTR','PCO','PSG','RVW','NLO','NQL','NAN','FNO','FNA','DPO','INT')),
  scope_type {text} not null constraint role_grant_scope_known check (scope_type in
    ('NATION','REGION','ORGANISATION','COURSE','SELF')),
  scope_id {uuid},
  valid_from {date} not null,
  valid_to {date},
  granted_by {uuid} constraint role_grant_granted_by references account (id),
  created_at {instant} not null,
  version {int} not null constraint role_grant_version_positive check (version > 0),
  constraint role_grant_scope_named check ((scope_id is null) = (scope_type in ('NATION','SELF'))),
  constraint role_grant_period check (valid_to is null or valid_to > valid_from)
){strict}
;;
create index role_grant_account_idx on role_grant (account_id)
;;
create index role_grant_scope_idx on role_grant (scope_id)
;;
create index role_grant_start_idx on role_grant (valid_from, id)
;;";
