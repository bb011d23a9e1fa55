//! Row policies: who may see and write which rows, enforced by PostgreSQL itself.
//!
//! Each way to be allowed is one boolean expression over the Scope that the service sets with BEGIN
//! (`app.kind`, `app.account`, `app.organisations`, `app.regions`, …). Whole comparisons stand inside a
//! sub-select, so that the planner evaluates them once and keeps using indexes. What depends on one row of
//! another table is `(select … where id = …)`, and what depends on some is `exists (…)` on an indexed column, so
//! that the planner asks for the few rows that are read; `in (select …)` reads the other table first, and is for
//! the few rows of the actor. Cheap ways come first. The decision record
//! `docs/decisions/0002-scope-and-row-policies.md` lists every way.

use sea_orm_migration::prelude::*;

use crate::sql;

/// The group role that holds the service's table privileges. It owns nothing.
pub const SERVICE_ROLE: &str = "alongside_service";

/// Everyone, signed in or not.
pub const PUBLIC: &str = "true";

/// The national team, and the service's own jobs.
pub const NATION: &str = "(select current_setting('app.kind', true) in ('national', 'system'))";

/// The service's own jobs only.
pub const SYSTEM: &str = "(select current_setting('app.kind', true) = 'system')";

/// Everyone who is signed in.
pub const SIGNED_IN: &str = "(select nullif(current_setting('app.account', true), '') is not null)";

/// Transactions that state why special-category data is read or written.
pub const STATED: &str = "(select nullif(current_setting('app.purpose', true), '') is not null)";

/// Everyone who holds a role anywhere, and the service's own jobs.
pub const MEMBER: &str =
    "(select current_setting('app.kind', true) in ('member', 'national', 'system'))";

/// The organisation that owns the row, by the column that names it.
pub fn owner(column: &str) -> String {
    format!(
        "{column} = any ((select nullif(current_setting('app.organisations', true), '')::uuid[])::uuid[])"
    )
}

/// The account that the row is about, by the column that names it.
pub fn account(column: &str) -> String {
    format!("{column} = (select nullif(current_setting('app.account', true), '')::uuid)")
}

/// Everyone, of rows that belong to a programme version which is no draft.
pub fn not_of_a_draft(column: &str) -> String {
    format!("(select v.state <> 'DRAFT' from programme_version v where v.id = {column})")
}

/// The person that the row is about, by the column that names it.
pub fn persons(column: &str) -> String {
    format!(
        "{column} = any ((select nullif(current_setting('app.persons', true), '')::uuid[])::uuid[])"
    )
}

/// Any of several ways.
pub fn any_of(ways: &[&str]) -> String {
    ways.join(" or ")
}

/// What the service may do with a table beyond reading it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Writes {
    /// New rows only: what is written stays.
    Append,
    /// New rows and changes.
    Change,
    /// New rows, changes, and taking away: for the parts of a draft, which nothing refers to yet.
    Replace,
}

/// Turns on row security for `table` and grants the service what `writes` names.
///
/// `read` decides which rows are visible, `write` which rows may be written.
pub async fn protect(
    manager: &SchemaManager<'_>,
    table: &str,
    read: &str,
    write: &str,
    writes: Writes,
) -> Result<(), DbErr> {
    let mut ddl = format!(
        "alter table {table} enable row level security\n;;\n\
         alter table {table} force row level security\n;;\n\
         create policy {table}_read on {table} for select using ({read})\n;;\n\
         create policy {table}_insert on {table} for insert with check ({write})\n;;\n\
         grant select, insert on {table} to {SERVICE_ROLE}\n;;\n"
    );
    if writes == Writes::Replace {
        ddl.push_str(&format!(
            "create policy {table}_delete on {table} for delete using ({write})\n;;\n\
             grant delete on {table} to {SERVICE_ROLE}\n;;\n"
        ));
    }
    if writes != Writes::Append {
        ddl.push_str(&format!(
            "create policy {table}_update on {table} for update using ({write}) with check ({write})\n;;\n\
             grant update on {table} to {SERVICE_ROLE}\n;;\n"
        ));
    }
    sql::run_postgres(manager, &ddl).await
}

/// Makes `table` append-only for everyone, its owner included.
pub async fn append_only(manager: &SchemaManager<'_>, table: &str) -> Result<(), DbErr> {
    sql::run_postgres(
        manager,
        &format!(
            "create trigger {table}_append_only before update or delete or truncate on {table} \
             for each statement execute function refuse_change()"
        ),
    )
    .await?;
    for event in ["update", "delete"] {
        sql::run_sqlite(
            manager,
            &format!(
                "create trigger {table}_append_only_{event} before {event} on {table} \
                 begin select raise(abort, '{table}_append_only'); end"
            ),
        )
        .await?;
    }
    Ok(())
}

/// What `columns` of `table` say stays under every writer, and no row goes. The organisation follows a course that passes
/// to another deliverer: a trigger for each statement would refuse that even where no row changes.
pub async fn written_once(
    manager: &SchemaManager<'_>,
    table: &str,
    columns: &[&str],
) -> Result<(), DbErr> {
    let differs = |column: &&str| format!("old.{column} <> new.{column}");
    let changes = columns.iter().map(differs).collect::<Vec<String>>().join(" or ");
    let postgres = format!(
        "create trigger {table}_append_only before delete or truncate on {table} \
         for each statement execute function refuse_change()\n;;\n\
         create trigger {table}_append_only_update before update on {table} \
         for each row when ({changes}) execute function refuse_change()"
    );
    sql::run_postgres(manager, &postgres).await?;
    for (event, when) in [("update", changes.as_str()), ("delete", "true")] {
        let sqlite = format!(
            "create trigger {table}_append_only_{event} before {event} on {table} when {when} \
             begin select raise(abort, '{table}_append_only'); end"
        );
        sql::run_sqlite(manager, &sqlite).await?;
    }
    Ok(())
}
