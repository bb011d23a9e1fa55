//! A transaction under one Scope.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use sea_orm::{
    ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, Statement, Value, Values,
};
use sea_query_sqlx::SqlxValues;
use sqlx::AssertSqlSafe;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use tokio::sync::Mutex;

use super::fault::{DbFault, wrap};
use super::lane::{Lane, Loan};
use super::tally::Tally;

/// A transaction whose Scope was set with its BEGIN.
///
/// It implements SeaORM's [`ConnectionTrait`], so that stores write through it. It remembers any error
/// of the database and refuses to commit after one: PostgreSQL answers such a COMMIT with `ROLLBACK`,
/// and sqlx takes that for success. Dropping it rolls back.
pub struct Tx {
    loan: Mutex<Loan>,
    failed: AtomicBool,
    tally: Arc<Tally>,
    backend: DbBackend,
}

/// Rows of either engine, as sqlx reads them.
pub(super) enum Fetched {
    Postgres(Vec<PgRow>),
    Sqlite(Vec<SqliteRow>),
}

impl Fetched {
    pub(super) const fn len(&self) -> usize {
        match self {
            Self::Postgres(rows) => rows.len(),
            Self::Sqlite(rows) => rows.len(),
        }
    }

    /// The rows for SeaORM's readers.
    pub(super) fn into_results(self) -> Vec<QueryResult> {
        match self {
            Self::Postgres(rows) => rows.into_iter().map(QueryResult::from).collect(),
            Self::Sqlite(rows) => rows.into_iter().map(QueryResult::from).collect(),
        }
    }
}

impl Tx {
    pub(super) fn new(loan: Loan, tally: Arc<Tally>, backend: DbBackend) -> Self {
        Self { loan: Mutex::new(loan), failed: AtomicBool::new(false), tally, backend }
    }

    /// Commits, unless a statement failed.
    ///
    /// # Errors
    ///
    /// [`DbFault::Poisoned`] after a failed statement; [`DbFault::UnknownCommit`] if the connection was
    /// lost while COMMIT was on its way.
    pub async fn commit(self) -> Result<(), DbFault> {
        if self.failed.load(Ordering::Acquire) {
            self.rollback().await;
            return Err(DbFault::Poisoned);
        }
        let mut loan = self.loan.into_inner();
        let Some(lane) = loan.lane() else { return Err(DbFault::Poisoned) };
        match lane.script("commit".to_owned()).await {
            Ok(()) => {
                loan.give_back();
                Ok(())
            }
            Err(sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed) => Err(DbFault::UnknownCommit),
            Err(error) => Err(match DbFault::from(error) {
                DbFault::Unavailable(_) => DbFault::UnknownCommit,
                fault => fault,
            }),
        }
    }

    /// Rolls back and returns the connection.
    pub async fn rollback(self) {
        let mut loan = self.loan.into_inner();
        if let Some(lane) = loan.lane()
            && lane.script("rollback".to_owned()).await.is_ok()
        {
            loan.give_back();
        }
    }

    /// The rows of a statement with positional parameters.
    ///
    /// # Errors
    ///
    /// What the database answers; the transaction can then no longer be committed.
    pub async fn rows(
        &self,
        sql: impl Into<Arc<str>>,
        values: Vec<Value>,
    ) -> Result<Vec<QueryResult>, DbFault> {
        Ok(self.fetch(sql.into(), values).await?.into_results())
    }

    /// The same on SQLite, as they came.
    pub(super) async fn sqlite_rows(
        &self,
        sql: Arc<str>,
        values: Vec<Value>,
    ) -> Result<Vec<SqliteRow>, DbFault> {
        match self.fetch(sql, values).await? {
            Fetched::Sqlite(rows) => Ok(rows),
            Fetched::Postgres(_) => Err(DbFault::Poisoned),
        }
    }

    #[tracing::instrument(name = "db.statement", skip_all)]
    async fn fetch(&self, sql: Arc<str>, values: Vec<Value>) -> Result<Fetched, sqlx::Error> {
        // The text only: values are parameters, and may be personal.
        tracing::trace!(sql = &*sql);
        let arguments = SqlxValues(Values(values));
        let sql = AssertSqlSafe(sql);
        let mut loan = self.loan.lock().await;
        self.count();
        let result = match loan.lane() {
            Some(Lane::Postgres(connection)) => sqlx::query_with(sql, arguments)
                .fetch_all(&mut **connection)
                .await
                .map(Fetched::Postgres),
            Some(Lane::Sqlite(connection)) => sqlx::query_with(sql, arguments)
                .fetch_all(&mut **connection)
                .await
                .map(Fetched::Sqlite),
            None => Err(sqlx::Error::PoolClosed),
        };
        result.inspect(|rows| self.tally.read(rows.len())).map_err(|error| self.remember(error))
    }

    fn count(&self) {
        self.tally.statement();
    }

    fn remember<E>(&self, error: E) -> E {
        self.failed.store(true, Ordering::Release);
        error
    }

    #[tracing::instrument(name = "db.statement", skip_all)]
    async fn execute(&self, sql: &str, values: Option<Values>) -> Result<ExecResult, DbErr> {
        let arguments = SqlxValues(values.unwrap_or(Values(Vec::new())));
        let sql = AssertSqlSafe(sql.to_owned());
        let mut loan = self.loan.lock().await;
        self.count();
        let result = match loan.lane() {
            Some(Lane::Postgres(connection)) => sqlx::query_with(sql, arguments)
                .execute(&mut **connection)
                .await
                .map(ExecResult::from),
            Some(Lane::Sqlite(connection)) => sqlx::query_with(sql, arguments)
                .execute(&mut **connection)
                .await
                .map(ExecResult::from),
            None => Err(sqlx::Error::PoolClosed),
        };
        result.map_err(|error| wrap(self.remember(error)))
    }
}

#[async_trait]
impl ConnectionTrait for Tx {
    fn get_database_backend(&self) -> DbBackend {
        self.backend
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.execute(&statement.sql, statement.values).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.execute(sql, None).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        Ok(self.query_all_raw(statement).await?.into_iter().next())
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let values = statement.values.map_or_else(Vec::new, |values| values.0);
        Ok(self.fetch(statement.sql.into(), values).await.map_err(wrap)?.into_results())
    }
}
