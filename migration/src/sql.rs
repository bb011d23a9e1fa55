//! SQL written once for both engines.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};

/// Words of a template, with their PostgreSQL and SQLite forms.
const WORDS: [(&str, &str, &str); 10] = [
    ("{uuid}", "uuid", "blob"),
    // Both engines compare text by its bytes, so that both give the same order and the same ranges.
    ("{text}", "text collate \"C\"", "text"),
    ("{date}", "date", "text"),
    ("{instant}", "timestamptz", "text"),
    ("{int}", "integer", "integer"),
    ("{long}", "bigint", "integer"),
    ("{bytes}", "bytea", "blob"),
    ("{bool}", "boolean", "integer"),
    ("{true}", "true", "1"),
    ("{strict}", "", " strict"),
];

/// Runs each statement of `template`; statements are separated by a line holding only `;;`.
pub async fn run(manager: &SchemaManager<'_>, template: &str) -> Result<(), DbErr> {
    let postgres = is_postgres(manager);
    let sql = WORDS.iter().fold(template.to_owned(), |sql, (word, pg, lite)| {
        sql.replace(word, if postgres { pg } else { lite })
    });
    for statement in sql.split("\n;;").map(str::trim).filter(|s| !s.is_empty()) {
        manager.get_connection().execute_unprepared(statement).await?;
    }
    Ok(())
}

/// Runs `template` on PostgreSQL only.
pub async fn run_postgres(manager: &SchemaManager<'_>, template: &str) -> Result<(), DbErr> {
    if is_postgres(manager) { run(manager, template).await } else { Ok(()) }
}

/// Runs `template` on SQLite only.
pub async fn run_sqlite(manager: &SchemaManager<'_>, template: &str) -> Result<(), DbErr> {
    if is_postgres(manager) { Ok(()) } else { run(manager, template).await }
}

/// Drops `tables` in the order given.
pub async fn drop_tables(manager: &SchemaManager<'_>, tables: &[&str]) -> Result<(), DbErr> {
    for table in tables {
        run(manager, &format!("drop table if exists {table}")).await?;
    }
    Ok(())
}

/// Forbids two rows of `table` that agree in `keys` from being in force on one day.
///
/// `name` is the constraint on PostgreSQL and the message of the trigger on SQLite; `only` limits the
/// rule to the rows where it holds (written with bare column names).
pub async fn forbid_overlap(
    manager: &SchemaManager<'_>,
    table: &str,
    name: &str,
    keys: &[&str],
    only: &str,
) -> Result<(), DbErr> {
    if is_postgres(manager) {
        let keys = keys.iter().map(|k| format!("{k} with =, ")).collect::<String>();
        return run(
            manager,
            &format!(
                "alter table {table} add constraint {name} exclude using gist \
                 ({keys}daterange(valid_from, valid_to) with &&) where ({only})"
            ),
        )
        .await;
    }
    let same = keys.iter().map(|k| format!("o.{k} = new.{k} and ")).collect::<String>();
    for event in ["insert", "update"] {
        run(
            manager,
            &format!(
                "create trigger {name}_{event} before {event} on {table} \
                 when exists (select 1 from {table} o where {same}o.id <> new.id \
                   and (o.valid_to is null or new.valid_from is null or o.valid_to > new.valid_from) \
                   and (new.valid_to is null or o.valid_from is null or new.valid_to > o.valid_from) \
                   and o.id in (select id from {table} where {only}) \
                   and ({new_only})) \
                 begin select raise(abort, '{name}'); end",
                new_only = new_row(only),
            ),
        )
        .await?;
    }
    Ok(())
}

/// `role = 'HOST'` as a condition on the new row of a trigger.
fn new_row(only: &str) -> String {
    if only == "true" { "true".to_owned() } else { format!("new.{only}") }
}

/// Whether the migration runs on PostgreSQL.
pub fn is_postgres(manager: &SchemaManager<'_>) -> bool {
    manager.get_database_backend() == DbBackend::Postgres
}
