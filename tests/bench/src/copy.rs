//! A copy of the database in a SQLite file, for the service on its other engine.

use std::path::Path;
use std::process::Command;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, PgPool, Row as _, SqliteConnection,
};

use crate::load::Fault;

/// How many rows are written by one statement.
const AT_ONCE: usize = 2000;

/// Makes the SQLite database `file` with the migrations of `service`, and fills it from `database`.
pub async fn into_sqlite(database: &PgPool, service: &Path, file: &Path) -> Result<(), Fault> {
    let url = format!("sqlite://{}", file.display());
    let migrated =
        Command::new(service).args(["migrate", "up"]).env("DATABASE_URL", url).output()?;
    if !migrated.status.success() {
        return Err(String::from_utf8_lossy(&migrated.stderr).into());
    }
    let options = SqliteConnectOptions::new().filename(file).foreign_keys(false);
    let mut copy = options.disable_statement_logging().connect().await?;
    // What holds in the one database holds in its copy: nothing is checked again, row by row.
    let triggers = names(&mut copy, "trigger").await?;
    for (name, _) in &triggers {
        run(&mut copy, format!("drop trigger {name}")).await?;
    }
    for (table, _) in names(&mut copy, "table").await? {
        run(&mut copy, format!("delete from {table}")).await?;
        fill(database, &mut copy, &table).await?;
    }
    for (_, text) in triggers {
        run(&mut copy, text).await?;
    }
    run(&mut copy, "analyze".to_owned()).await?;
    Ok(copy.close().await?)
}

/// Names and texts of what is of this `kind`.
async fn names(copy: &mut SqliteConnection, kind: &str) -> Result<Vec<(String, String)>, Fault> {
    let sql = "select name, sql from sqlite_master where type = ? and name not like 'sqlite_%' \
        and name <> 'seaql_migrations'";
    let rows = sqlx::query(sql).bind(kind).fetch_all(copy).await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
}

async fn run(copy: &mut SqliteConnection, sql: String) -> Result<(), Fault> {
    sqlx::query(AssertSqlSafe(sql)).execute(copy).await?;
    Ok(())
}

async fn fill(database: &PgPool, copy: &mut SqliteConnection, table: &str) -> Result<(), Fault> {
    let columns = "select column_name::text, data_type::text from information_schema.columns \
        where table_name = $1 and is_generated = 'NEVER' order by ordinal_position";
    let columns = sqlx::query(columns).bind(table).fetch_all(database).await?;
    let (mut read, mut written, mut names) = (Vec::new(), Vec::new(), Vec::new());
    for (place, column) in columns.iter().enumerate() {
        let (name, kind): (String, String) = (column.try_get(0)?, column.try_get(1)?);
        let value = format!("json_extract(value, '$[{place}]')");
        let (expression, value) = match kind.as_str() {
            "uuid" => (format!("replace({name}::text, '-', '')"), format!("unhex({value})")),
            "timestamp with time zone" => {
                let form = r#"'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'"#;
                (format!("to_char({name} at time zone 'utc', {form})"), value)
            }
            _ => (name.clone(), value),
        };
        read.push(expression);
        written.push(value);
        names.push(name);
    }
    let read = format!("select json_build_array({})::text from {table}", read.join(", "));
    let rows = sqlx::query(AssertSqlSafe(read)).fetch_all(database).await?;
    let (names, written) = (names.join(", "), written.join(", "));
    let insert = format!("insert into {table} ({names}) select {written} from json_each(?)");
    for rows in rows.chunks(AT_ONCE) {
        let rows: Vec<&str> = rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
        let rows = format!("[{}]", rows.join(","));
        sqlx::query(AssertSqlSafe(insert.clone())).bind(rows).execute(&mut *copy).await?;
    }
    Ok(())
}
