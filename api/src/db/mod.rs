//! The only door to SQL.
//!
//! [`Db`] holds the connections and opens transactions; every [`Tx`] carries the Scope that was set in
//! the round trip of its BEGIN. Reads see one moment (REPEATABLE READ on PostgreSQL, a read transaction
//! on SQLite) and cannot write; writes run under READ COMMITTED with locked rows on PostgreSQL, and
//! one at a time (IMMEDIATE) on SQLite. Reads and writes have pools of their own, so that slow readers
//! never starve a write.

mod connect;
mod fault;
mod lane;
mod tally;
mod tx;

use std::sync::Arc;

pub use connect::{ConnectError, Engine, connect_owner, refuse_missing_file};
pub use fault::DbFault;
use lane::{Lane, Loan};
use sea_orm::DbBackend;
use sqlx::{PgPool, SqlitePool};
pub use tally::Tally;
pub use tx::{Rows, Tx};

use crate::actor::Scope;

/// What a transaction is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Reads of one moment.
    Read,
    /// Reads and writes under locks.
    Write,
}

/// The pools of one database.
#[derive(Clone)]
pub struct Db {
    pools: Pools,
    tally: Arc<Tally>,
}

#[derive(Clone)]
enum Pools {
    Postgres { read: PgPool, write: PgPool },
    Sqlite { read: SqlitePool, write: SqlitePool },
}

impl Db {
    /// Opens a transaction under `scope`.
    ///
    /// # Errors
    ///
    /// [`DbFault::Unavailable`] when no connection becomes free in time.
    pub async fn begin(&self, access: Access, scope: &Scope) -> Result<Tx, DbFault> {
        let (mut loan, begin) = self.loan(access, scope).await?;
        if let Some(lane) = loan.lane() {
            lane.script(begin).await?;
        }
        Ok(Tx::new(loan, Arc::clone(&self.tally), self.backend()))
    }

    /// Opens a transaction under `scope`, and runs in the same round trip the statement `question`, which has
    /// no parameters: whoever writes it puts nothing of a request into it but identifiers and dates.
    ///
    /// # Errors
    ///
    /// As of [`Db::begin`], and what the database answers to the question.
    #[tracing::instrument(name = "db.statement", skip_all)]
    pub async fn begin_asking(
        &self,
        access: Access,
        scope: &Scope,
        question: &str,
    ) -> Result<(Tx, Rows), DbFault> {
        let (mut loan, mut begin) = self.loan(access, scope).await?;
        begin.push(';');
        begin.push_str(question);
        self.tally.statement();
        let mut rows = match loan.lane() {
            Some(lane) => lane.ask(begin).await?,
            None => return Err(DbFault::Poisoned),
        };
        if self.backend() == DbBackend::Postgres {
            // The first row is that of the Scope's settings.
            rows.skip_first();
        }
        self.tally.read(rows.len());
        Ok((Tx::new(loan, Arc::clone(&self.tally), self.backend()), rows))
    }

    /// A connection, and what begins a transaction on it.
    async fn loan(&self, access: Access, scope: &Scope) -> Result<(Loan, String), DbFault> {
        let (lane, begin) = match (&self.pools, access) {
            (Pools::Postgres { read, .. }, Access::Read) => (
                Lane::Postgres(Self::lend(read).await?),
                format!("begin isolation level repeatable read read only;{}", scope.settings()),
            ),
            (Pools::Postgres { write, .. }, Access::Write) => (
                Lane::Postgres(Self::lend(write).await?),
                format!("begin isolation level read committed;{}", scope.settings()),
            ),
            (Pools::Sqlite { read, .. }, Access::Read) => {
                (Lane::Sqlite(Self::lend(read).await?), "begin deferred".to_owned())
            }
            (Pools::Sqlite { write, .. }, Access::Write) => {
                (Lane::Sqlite(Self::lend(write).await?), "begin immediate".to_owned())
            }
        };
        Ok((Loan::new(lane), begin))
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that lends connections")]
    async fn lend<DB: sqlx::Database>(
        pool: &sqlx::Pool<DB>,
    ) -> Result<sqlx::pool::PoolConnection<DB>, DbFault> {
        Ok(pool.acquire().await?)
    }

    /// The kind of database.
    #[must_use]
    pub const fn backend(&self) -> DbBackend {
        match self.pools {
            Pools::Postgres { .. } => DbBackend::Postgres,
            Pools::Sqlite { .. } => DbBackend::Sqlite,
        }
    }

    /// How many statements were run since the start, BEGIN and COMMIT left out.
    #[must_use]
    pub fn statements(&self) -> u64 {
        self.tally.statements()
    }

    /// What was asked of the database through this handle.
    #[must_use]
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// A handle with a tally of its own, which counts for this one too.
    #[must_use]
    pub fn tallied(&self) -> Self {
        let tally = Tally::below(Arc::clone(&self.tally));
        Self { pools: self.pools.clone(), tally: Arc::new(tally) }
    }

    /// Connections that are lent at the moment.
    #[must_use]
    pub fn lent(&self) -> usize {
        fn lent<DB: sqlx::Database>(pool: &sqlx::Pool<DB>) -> usize {
            (pool.size() as usize).saturating_sub(pool.num_idle())
        }
        match &self.pools {
            Pools::Postgres { read, write } => lent(read) + lent(write),
            Pools::Sqlite { read, write } => lent(read) + lent(write),
        }
    }

    /// Whether the database answers.
    ///
    /// # Errors
    ///
    /// What keeps it from answering.
    pub async fn ping(&self) -> Result<(), DbFault> {
        let tx = self.begin(Access::Read, &Scope::public()).await?;
        tx.rows("select 1", Vec::new()).await?;
        tx.rollback().await;
        Ok(())
    }

    /// How many of the `known` migrations the database lacks.
    ///
    /// # Errors
    ///
    /// What the database answers.
    pub async fn pending_migrations(&self, known: usize) -> Result<usize, DbFault> {
        let tx = self.begin(Access::Read, &Scope::public()).await?;
        let applied = match tx.rows("select version from seaql_migrations", Vec::new()).await {
            Ok(Rows::Postgres(rows)) => rows.len(),
            Ok(Rows::Sqlite(rows)) => rows.len(),
            // A database without the table has seen no migration.
            Err(DbFault::Other(_)) => 0,
            Err(fault) => return Err(fault),
        };
        tx.rollback().await;
        Ok(known.saturating_sub(applied))
    }

    /// Closes all connections, waiting for those in use.
    pub async fn close(&self) {
        match &self.pools {
            Pools::Postgres { read, write } => {
                read.close().await;
                write.close().await;
            }
            Pools::Sqlite { read, write } => {
                read.close().await;
                write.close().await;
            }
        }
    }
}
