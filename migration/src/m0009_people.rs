//! People: names, e-mails, accounts, the organisations that keep their records, duplicates and merges.

use sea_orm_migration::prelude::*;

use crate::row_security::{
    self, MEMBER, NATION, SIGNED_IN, Writes, account, any_of, owner, persons,
};
use crate::sql;

#[derive(DeriveMigrationName)]
pub struct Migration;

/// Tables in the order in which they may be dropped.
const TABLE_NAMES: [&str; 7] = [
    "person_id_change",
    "person_duplicate",
    "person_email",
    "person_account",
    "person_name",
    "person_membership",
    "person",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::run(manager, TABLES).await?;
        for (table, name, keys) in [
            ("person_name", "person_one_name", &["person_id"][..]),
            ("person_account", "person_account_one_person", &["account_id"]),
            (
                "person_membership",
                "person_membership_one_at_a_time",
                &["person_id", "organisation_id"],
            ),
        ] {
            sql::forbid_overlap(manager, table, name, keys, "true").await?;
        }
        grants_of_persons(manager).await?;
        policies(manager).await?;
        row_security::append_only(manager, "person_id_change").await?;
        sql::run_postgres(manager, &trails(&[&persons("chain")], &persons("id"))).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::run_postgres(manager, &trails(&[], "false")).await?;
        // Policies look at each other's tables.
        for table in ["person", "person_name", "person_email", "person_account"] {
            let drop = format!("drop policy if exists {table}_read on {table}");
            sql::run_postgres(manager, &drop).await?;
        }
        for table in ["person_name", "person_email"] {
            for kind in ["insert", "update"] {
                let drop = format!("drop policy if exists {table}_{kind} on {table}");
                sql::run_postgres(manager, &drop).await?;
            }
        }
        sql::run(manager, "delete from role_grant where valid_to = valid_from").await?;
        sql::run_postgres(manager, GRANTS_DOWN).await?;
        sql::run_sqlite(manager, &rebuilt_grants("", "valid_to > valid_from", "")).await?;
        sql::drop_tables(manager, &TABLE_NAMES).await
    }
}

async fn policies(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let person = any_of(&[NATION, &persons("id"), &kept("person.id")]);
    row_security::protect(manager, "person", &person, MEMBER, Writes::Change).await?;
    let of_person =
        |table: &str| any_of(&[&persons("person_id"), &kept(&format!("{table}.person_id"))]);
    for table in ["person_name", "person_email"] {
        let read = any_of(&[NATION, &of_person(table)]);
        let by_keeper = any_of(&[NATION, &kept(&format!("{table}.person_id"))]);
        row_security::protect(manager, table, &read, &by_keeper, Writes::Change).await?;
    }
    let linked = any_of(&[NATION, &account("account_id"), &of_person("person_account")]);
    row_security::protect(manager, "person_account", &linked, NATION, Writes::Change).await?;
    let own = any_of(&[NATION, &owner("organisation_id")]);
    let membership = any_of(&[&own, &persons("person_id")]);
    row_security::protect(manager, "person_membership", &membership, &own, Writes::Change).await?;
    row_security::protect(manager, "person_duplicate", NATION, NATION, Writes::Change).await?;
    let signed_in = any_of(&[NATION, SIGNED_IN]);
    row_security::protect(manager, "person_id_change", &signed_in, NATION, Writes::Append).await
}

/// The person's record is kept by an organisation of the actor.
fn kept(column: &str) -> String {
    let own = owner("m.organisation_id");
    format!("exists (select 1 from person_membership m where m.person_id = {column} and {own})")
}

/// What a person does about the own records is in a chain of the person's own.
fn trails(more: &[&str], more_heads: &str) -> String {
    let own = owner("chain");
    let mut ways = vec![NATION, &own];
    ways.extend(more);
    let (own, heads) = (any_of(&ways), any_of(&[NATION, &owner("id"), more_heads]));
    format!(
        "alter policy audit_chain_read on audit_chain using ({heads})\n;;\n\
         alter policy audit_chain_insert on audit_chain with check ({heads})\n;;\n\
         alter policy audit_chain_update on audit_chain using ({heads}) with check ({heads})\n;;\n\
         alter policy audit_event_read on audit_event using ({own})\n;;\n\
         alter policy audit_event_insert on audit_event with check ({own})\n;;\n\
         alter policy outbox_event_insert on outbox_event with check ({own})\n;;\n\
         alter policy outbox_event_update on outbox_event using ({own}) with check ({own})\n"
    )
}

/// A grant names the person of its account, so that duties of one person stay apart whatever the number
/// of accounts; it may end on the day on which it began; partners give some roles.
async fn grants_of_persons(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let person = "person_id {uuid} constraint role_grant_person references person (id),";
    sql::run_sqlite(manager, &rebuilt_grants(person, "valid_to >= valid_from", "null, ")).await?;
    sql::run_sqlite(manager, &duties_apart("insert")).await?;
    sql::run_sqlite(manager, &duties_apart("update")).await?;
    // What partners give: some roles, in the own organisation, never to the own account.
    let given = format!(
        "({} and scope_type = 'ORGANISATION' and role in ('TRN', 'TNR', 'LTR', 'PCO') \
         and not ({}))",
        owner("scope_id"),
        account("account_id")
    );
    let write = any_of(&[NATION, &given]);
    let policies = format!(
        "alter policy role_grant_insert on role_grant with check ({write})\n;;\n\
         alter policy role_grant_update on role_grant using ({write}) with check ({write})\n"
    );
    sql::run_postgres(manager, GRANTS_UP).await?;
    sql::run_postgres(manager, &policies).await?;
    sql::run(manager, "create index role_grant_person_idx on role_grant (person_id)").await
}

const GRANTS_UP: &str = "
alter table role_grant add column person_id uuid constraint role_grant_person references person (id)
;;
alter table role_grant drop constraint role_grant_period
;;
alter table role_grant add constraint role_grant_period check (valid_to is null or valid_to >= valid_from)
;;
alter table role_grant add constraint role_grant_duties_apart exclude using gist (
  (coalesce(person_id, account_id)) with =, scope_type with =,
  (coalesce(scope_id, '00000000-0000-0000-0000-000000000000'::uuid)) with =,
  role with <>, daterange(valid_from, valid_to) with &&) where (role in ('FNO', 'FNA'))
";

const GRANTS_DOWN: &str = "
alter policy role_grant_insert on role_grant
  with check ((select current_setting('app.kind', true) in ('national', 'system')))
;;
alter policy role_grant_update on role_grant
  using ((select current_setting('app.kind', true) in ('national', 'system')))
  with check ((select current_setting('app.kind', true) in ('national', 'system')))
;;
alter table role_grant drop constraint role_grant_duties_apart
;;
alter table role_grant drop constraint role_grant_period
;;
alter table role_grant add constraint role_grant_period check (valid_to is null or valid_to > valid_from)
;;
alter table role_grant drop column person_id
";

/// SQLite changes a check only with the table.
fn rebuilt_grants(person: &str, period: &str, value: &str) -> String {
    format!(
        "alter table role_grant rename to role_grant_before
;;
create table role_grant (
  id {{uuid}} not null primary key,
  account_id {{uuid}} not null constraint role_grant_account references account (id),
  {person}
  role {{text}} not null constraint role_grant_role_known check (role in
    ('APP','TRN','SUP','TNR','LTR','PCO','PSG','RVW','NLO','NQL','NAN','FNO','FNA','DPO','INT')),
  scope_type {{text}} not null constraint role_grant_scope_known check (scope_type in
    ('NATION','REGION','ORGANISATION','COURSE','SELF')),
  scope_id {{uuid}},
  valid_from {{date}} not null,
  valid_to {{date}},
  granted_by {{uuid}} constraint role_grant_granted_by references account (id),
  created_at {{instant}} not null,
  version {{int}} not null constraint role_grant_version_positive check (version > 0),
  constraint role_grant_scope_named check ((scope_id is null) = (scope_type in ('NATION','SELF'))),
  constraint role_grant_period check (valid_to is null or {period})
){{strict}}
;;
insert into role_grant select id, account_id, {value}role, scope_type, scope_id, valid_from, valid_to,
  granted_by, created_at, version from role_grant_before
;;
drop table role_grant_before
;;
create index role_grant_account_idx on role_grant (account_id)
;;
create index role_grant_scope_idx on role_grant (scope_id)
;;
create index role_grant_start_idx on role_grant (valid_from, id)
"
    )
}

fn duties_apart(event: &str) -> String {
    format!(
        "create trigger role_grant_duties_apart_{event} before {event} on role_grant
 when new.role in ('FNO', 'FNA') and (new.valid_to is null or new.valid_to > new.valid_from)
  and exists (select 1 from role_grant o
  where coalesce(o.person_id, o.account_id) = coalesce(new.person_id, new.account_id)
    and o.scope_type = new.scope_type and o.scope_id is new.scope_id and o.id <> new.id
    and o.role in ('FNO', 'FNA') and o.role <> new.role
    and (o.valid_to is null or (o.valid_to > o.valid_from and o.valid_to > new.valid_from))
    and (new.valid_to is null or new.valid_to > o.valid_from))
 begin select raise(abort, 'role_grant_duties_apart'); end"
    )
}

const TABLES: &str = "
create table person (
  id {uuid} not null primary key,
  preferred_name {text} not null constraint person_preferred_name_filled check (length(preferred_name) between 1 and 200),
  given_name {text},
  family_name {text},
  certificate_name {text} not null constraint person_certificate_name_filled check (length(certificate_name) between 1 and 200),
  date_of_birth {date},
  merged_into_id {uuid} constraint person_merged_into references person (id),
  created_at {instant} not null,
  updated_at {instant} not null,
  version {int} not null constraint person_version_positive check (version > 0),
  constraint person_not_merged_into_itself check (merged_into_id <> id),
  constraint person_name_unique unique (id, preferred_name)
){strict}
;;
create index person_name_idx on person (preferred_name, id)
;;
create index person_merged_idx on person (merged_into_id)
;;
create table person_name (
  id {uuid} not null primary key,
  person_id {uuid} not null constraint person_name_holder references person (id),
  preferred_name {text} not null,
  given_name {text},
  family_name {text},
  certificate_name {text} not null,
  valid_from {date} not null,
  valid_to {date},
  constraint person_name_period check (valid_to is null or valid_to > valid_from)
){strict}
;;
create index person_name_holder_idx on person_name (person_id, valid_from)
;;
create table person_email (
  id {uuid} not null primary key,
  person_id {uuid} not null constraint person_email_holder references person (id),
  address {text} not null constraint person_email_length check (length(address) between 3 and 254),
  verified_at {instant},
  valid_from {date} not null,
  valid_to {date},
  constraint person_email_period check (valid_to is null or valid_to >= valid_from)
){strict}
;;
create index person_email_holder_idx on person_email (person_id, valid_from)
;;
create table person_account (
  id {uuid} not null primary key,
  person_id {uuid} not null constraint person_account_holder references person (id),
  account_id {uuid} not null constraint person_account_account references account (id),
  valid_from {date} not null,
  valid_to {date},
  constraint person_account_period check (valid_to is null or valid_to >= valid_from)
){strict}
;;
create index person_account_holder_idx on person_account (person_id)
;;
create index person_account_account_idx on person_account (account_id)
;;
create table person_membership (
  id {uuid} not null primary key,
  person_id {uuid} not null constraint person_membership_person references person (id),
  organisation_id {uuid} not null constraint person_membership_organisation references organisation (id),
  valid_from {date} not null,
  valid_to {date},
  constraint person_membership_period check (valid_to is null or valid_to >= valid_from)
){strict}
;;
create index person_membership_person_idx on person_membership (person_id)
;;
create index person_membership_organisation_idx on person_membership (organisation_id, person_id)
;;
create table person_duplicate (
  id {uuid} not null primary key,
  one_id {uuid} not null constraint person_duplicate_one references person (id),
  other_id {uuid} not null constraint person_duplicate_other references person (id),
  same_email {bool} not null,
  same_birth {bool} not null,
  status {text} not null constraint person_duplicate_status_known check (status in
    ('OPEN','MERGED','DISMISSED','LAPSED')),
  created_at {instant} not null,
  decided_at {instant},
  version {int} not null constraint person_duplicate_version_positive check (version > 0),
  constraint person_duplicate_pair_unique unique (one_id, other_id),
  constraint person_duplicate_ordered check (one_id < other_id),
  constraint person_duplicate_decided check ((status = 'OPEN') = (decided_at is null))
){strict}
;;
create index person_duplicate_other_idx on person_duplicate (other_id)
;;
create index person_duplicate_found_idx on person_duplicate (created_at, id)
;;
create table person_id_change (
  id {uuid} not null primary key,
  from_id {uuid} not null constraint person_id_change_from references person (id),
  to_id {uuid} not null constraint person_id_change_to references person (id),
  at {instant} not null,
  constraint person_not_merged_twice unique (from_id)
){strict}
;;
create index person_id_change_at_idx on person_id_change (at, id)
;;";
