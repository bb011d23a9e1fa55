//! What an account may do, asked in the round trip that begins a transaction: a function keeps the plan of its
//! statement, where a statement sent with BEGIN would be planned each time.

use sea_orm_migration::prelude::*;

use crate::sql;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::run_postgres(manager, STANDING).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::run_postgres(manager, "drop function account_standing").await
    }
}

/// Under the row policies of whoever calls it.
const STANDING: &str = "
create function account_standing(asking uuid, today date, ending uuid[])
returns table (what text, id uuid, role text, scope_type text, scope_id uuid, ended_at timestamptz)
language plpgsql stable as $$
#variable_conflict use_column
begin
  return query
    select 'GRANT', g.id, g.role::text, g.scope_type::text, g.scope_id, cast(null as timestamptz)
      from role_grant g where g.account_id = asking
      and g.valid_from <= today and (g.valid_to is null or g.valid_to > today)
    union all select 'DISABLED', a.id, null, null, null, null
      from account a where not a.enabled and a.id = asking
    union all select 'PERSON', p.person_id, null, null, null, null
      from person_account p where p.account_id = asking
      and p.valid_from <= today and (p.valid_to is null or p.valid_to > today)
    union all select e.kind::text, e.id, null, null, null, e.ended_at
      from ended_access e where e.id = any(ending)
    order by 2;
end $$";
