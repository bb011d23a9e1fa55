//! What stands in the database: a connection past every row policy, for looking and for tampering.

use std::collections::BTreeSet;

use entities::audit_event;
use sea_orm::{
    ConnectOptions, ConnectionTrait, DatabaseConnection, DbErr, EntityTrait, QueryOrder,
    QueryResult, Statement,
};

use crate::engines::Engine;

/// A connection that sees and may do everything: the superuser, or the file itself.
#[derive(Clone)]
pub struct Eye {
    engine: Engine,
    connection: DatabaseConnection,
}

impl Eye {
    /// Opens it at `url`.
    pub async fn open(engine: Engine, url: &str) -> Self {
        let mut options = ConnectOptions::new(url);
        options.max_connections(2).sqlx_logging(false);
        let connection = sea_orm::Database::connect(options).await.expect("the database opens");
        Self { engine, connection }
    }

    /// The connection, for statements of SeaORM.
    #[must_use]
    pub const fn connection(&self) -> &DatabaseConnection {
        &self.connection
    }

    /// The number that `sql` gives.
    pub async fn count(&self, sql: &str) -> i64 {
        let rows = rows(&self.connection, sql).await.expect("the look-up runs");
        rows.first().expect("one row").try_get_by_index(0).expect("a number")
    }

    /// How many rows of `table` meet `condition`.
    pub async fn rows_where(&self, table: &str, condition: &str) -> i64 {
        self.count(&format!("select count(*) from {table} where {condition}")).await
    }

    /// The texts in the first column of `sql`.
    pub async fn texts(&self, sql: &str) -> Vec<String> {
        texts(&self.connection, sql).await.expect("the look-up runs")
    }

    /// Runs a statement; gives the number of rows that it changed.
    ///
    /// # Errors
    ///
    /// What the database answers.
    pub async fn execute(&self, sql: &str) -> Result<u64, DbErr> {
        Ok(self.connection.execute_unprepared(sql).await?.rows_affected())
    }

    /// The tables of the service, in alphabetical order.
    pub async fn tables(&self) -> Vec<String> {
        self.texts(match self.engine {
            Engine::Sqlite => {
                "select name from sqlite_master where type = 'table' and name not like 'sqlite_%' \
                 and name <> 'seaql_migrations' order by name"
            }
            Engine::Postgres => {
                "select tablename::text from pg_tables where schemaname = current_schema() \
                 and tablename <> 'seaql_migrations' order by tablename"
            }
        })
        .await
    }

    /// Every row of every table.
    pub async fn contents(&self) -> Contents {
        let mut selects = Vec::new();
        for table in self.tables().await {
            selects.push(match self.engine {
                Engine::Postgres => format!("select '{table} ' || t::text from {table} t"),
                Engine::Sqlite => {
                    let columns =
                        self.texts(&format!("select name from pragma_table_info('{table}')")).await;
                    let row =
                        columns.iter().map(|column| format!("quote({column})")).collect::<Vec<_>>();
                    format!("select '{table} ' || {} from {table}", row.join(" || ',' || "))
                }
            });
        }
        Contents(self.texts(&selects.join(" union all ")).await.into_iter().collect())
    }

    /// The audit trail, chain by chain.
    pub async fn audit_events(&self) -> Vec<audit_event::Model> {
        audit_events(&self.connection).await
    }

    /// Closes the connection.
    pub async fn close(&self) {
        self.connection.close_by_ref().await.expect("the connection closes");
    }
}

/// Every row of every table, at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents(BTreeSet<String>);

impl Contents {
    /// The rows that came (`+`) or went (`-`) since `before`; empty if nothing was written.
    #[must_use]
    pub fn changes_since(&self, before: &Self) -> Vec<String> {
        let gone = before.0.difference(&self.0).map(|row| format!("- {row}"));
        let come = self.0.difference(&before.0).map(|row| format!("+ {row}"));
        gone.chain(come).collect()
    }
}

/// The rows of `sql` on any connection or transaction.
///
/// # Errors
///
/// What the database answers.
pub async fn rows(on: &impl ConnectionTrait, sql: &str) -> Result<Vec<QueryResult>, DbErr> {
    on.query_all_raw(Statement::from_string(on.get_database_backend(), sql)).await
}

/// The texts in the first column of `sql` on any connection or transaction; an empty one for NULL.
///
/// # Errors
///
/// What the database answers.
pub async fn texts(on: &impl ConnectionTrait, sql: &str) -> Result<Vec<String>, DbErr> {
    let text =
        |row: QueryResult| row.try_get_by_index::<Option<String>>(0).map(Option::unwrap_or_default);
    rows(on, sql).await?.into_iter().map(text).collect()
}

/// The audit trail, chain by chain, on any connection or transaction.
#[expect(clippy::disallowed_methods, reason = "the eye sees every row")]
pub async fn audit_events(on: &impl ConnectionTrait) -> Vec<audit_event::Model> {
    audit_event::Entity::find()
        .order_by_asc(audit_event::Column::Chain)
        .order_by_asc(audit_event::Column::Seq)
        .all(on)
        .await
        .expect("the audit trail")
}
