//! What an account may do, asked in the round trip that begins a transaction.
//!
//! Who asks holds what it held when last asked, nearly always. So whatever changes what an account may do gives
//! it a new stamp, in the same transaction, and who knows the stamp is told in one look-up that nothing changed.
//! A stamp is random: a database that was restored does not come back to one that was seen after the copy. SQLite,
//! which reads the grants within the process, keeps the table empty.

use sea_orm_migration::prelude::*;

use crate::row_security::{PUBLIC, SYSTEM, Writes, protect};
use crate::sql;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::run(manager, TABLE).await?;
        // It tells nobody anything; the triggers alone write it.
        protect(manager, "account_stamp", PUBLIC, SYSTEM, Writes::Change).await?;
        sql::run_postgres(manager, STAMPED).await?;
        for (table, column) in STAMPING {
            let trigger = format!(
                "create trigger {table}_stamped after insert or update or delete on {table} \
                 for each row execute function stamp_account('{column}')"
            );
            sql::run_postgres(manager, &trigger).await?;
        }
        sql::run_postgres(manager, FIRST).await?;
        sql::run_postgres(manager, STANDING).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::run_postgres(manager, "drop function account_standing").await?;
        for (table, _) in STAMPING {
            let trigger = format!("drop trigger {table}_stamped on {table}");
            sql::run_postgres(manager, &trigger).await?;
        }
        sql::run_postgres(manager, "drop function stamp_account").await?;
        sql::drop_tables(manager, &["account_stamp"]).await
    }
}

/// What decides what an account may do, with the column of the account. What ended a token or a session is not
/// among them: it is asked for each time.
const STAMPING: [(&str, &str); 3] =
    [("account", "id"), ("role_grant", "account_id"), ("person_account", "account_id")];

const TABLE: &str = "
create table account_stamp (
  account_id {uuid} not null primary key,
  stamp {uuid} not null
){strict}
";

/// The stamps of the accounts that are there. The owner of the tables is bound by row security too.
const FIRST: &str = "
do $$ begin
  perform set_config('app.kind', 'system', true);
  insert into account_stamp (account_id, stamp) select id, gen_random_uuid() from account;
  perform set_config('app.kind', '', true);
end $$";

/// Accounts in the order of their ids, so that two transactions do not wait for each other. Whoever changed the
/// row could not write the stamp.
const STAMPED: &str = "
create function stamp_account() returns trigger language plpgsql as $$
declare
  stamped uuid;
  kind text := current_setting('app.kind', true);
begin
  perform set_config('app.kind', 'system', true);
  for stamped in
    select distinct a.id from unnest(array[to_jsonb(old) ->> tg_argv[0], to_jsonb(new) ->> tg_argv[0]]::uuid[]) a(id)
      where a.id is not null order by a.id
  loop
    insert into account_stamp (account_id, stamp) values (stamped, gen_random_uuid())
      on conflict (account_id) do update set stamp = excluded.stamp;
  end loop;
  perform set_config('app.kind', coalesce(kind, ''), true);
  return null;
end $$";

/// The stamp of an account, what ended its access, and, to who does not know the stamp, all that it holds. Under
/// the row policies of whoever calls it. A function keeps the plans of its statements.
const STANDING: &str = "
create function account_standing(asking uuid, today date, ending uuid[], known uuid)
returns table (what text, id uuid, role text, scope_type text, scope_id uuid, ended_at timestamptz)
language plpgsql stable as $$
#variable_conflict use_column
declare present uuid := (select s.stamp from account_stamp s where s.account_id = asking);
begin
  return query select 'STAMP', present, null::text, null::text, null::uuid, null::timestamptz;
  return query select e.kind::text, e.id, null::text, null::text, null::uuid, e.ended_at
    from ended_access e where e.id = any(ending);
  if present = known then
    return;
  end if;
  return query
    select 'GRANT', g.id, g.role::text, g.scope_type::text, g.scope_id, null::timestamptz
      from role_grant g where g.account_id = asking
      and g.valid_from <= today and (g.valid_to is null or g.valid_to > today)
    union all select 'DISABLED', a.id, null, null, null, null
      from account a where not a.enabled and a.id = asking
    union all select 'PERSON', p.person_id, null, null, null, null
      from person_account p where p.account_id = asking
      and p.valid_from <= today and (p.valid_to is null or p.valid_to > today)
    order by 2;
end $$";
