//! The only door to SQL.
//!
//! [`Db`] holds the connections and opens transactions; each carries the Scope that was set in the round
//! trip of its BEGIN. A [`Reading`] sees one moment (REPEATABLE READ on PostgreSQL, a read transaction on
//! SQLite) and cannot write; its statements are sent without waiting for those before. A [`Tx`] is what
//! SeaORM writes through, under READ COMMITTED with locked rows on PostgreSQL, and one at a time
//! (IMMEDIATE) on SQLite. Reads and writes have pools of their own, so that slow readers never starve a
//! write.

mod connect;
mod fault;
mod lane;
mod pipeline;
mod reading;
mod tally;
mod tls;
mod tx;

use std::sync::Arc;

pub use connect::{ConnectError, Engine, connect_owner, refuse_missing_file};
pub use fault::DbFault;
use lane::{Lane, Loan};
pub use pipeline::{Judge, Question};
use pipeline::{Pipeline, Pipes};
pub use reading::{Reading, Rows};
use sea_orm::{DbBackend, QueryResult};
use sqlx::{PgPool, SqlitePool};
pub use tally::Tally;
use tracing::Instrument as _;
pub use tx::Tx;

use crate::actor::Scope;

/// What a [`Tx`] is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Reads of one moment, through SeaORM.
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
    Postgres {
        read: Pipes,
        /// For the reads of services.
        facts: PgPool,
        write: PgPool,
    },
    Sqlite {
        read: SqlitePool,
        write: SqlitePool,
    },
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
    ) -> Result<(Tx, Vec<QueryResult>), DbFault> {
        let (mut loan, mut begin) = self.loan(access, scope).await?;
        begin.push(';');
        begin.push_str(question);
        self.tally.statement();
        let mut rows = match loan.lane() {
            Some(lane) => lane.ask(begin).await?.into_results(),
            None => return Err(DbFault::Poisoned),
        };
        if self.backend() == DbBackend::Postgres {
            // The first row is that of the Scope's settings.
            rows.drain(..rows.len().min(1));
        }
        self.tally.read(rows.len());
        Ok((Tx::new(loan, Arc::clone(&self.tally), self.backend()), rows))
    }

    /// Opens reads of one moment under `scope`, and asks the first question in them: on PostgreSQL in the same
    /// round trip.
    ///
    /// # Errors
    ///
    /// [`DbFault::Unavailable`] when no connection becomes free in time, and what the database answers.
    pub async fn read(
        &self,
        scope: &Scope,
        question: Option<Question>,
    ) -> Result<(Reading, Rows), DbFault> {
        let tally = Arc::clone(&self.tally);
        if let Pools::Postgres { read, .. } = &self.pools {
            let asks = question.is_some();
            let begin = Pipeline::begin(read, scope, question);
            let (pipeline, rows) = if asks {
                tally.statement();
                begin.instrument(tracing::info_span!("db.statement")).await?
            } else {
                begin.await?
            };
            tally.read(rows.len());
            return Ok((Reading::postgres(pipeline, tally), Rows::Postgres(rows)));
        }
        let reading = Reading::sqlite(self.begin(Access::Read, scope).await?, tally);
        let rows = match question {
            Some((sql, values)) => reading.rows(sql, values).await?,
            None => Rows::Sqlite(Vec::new()),
        };
        Ok((reading, rows))
    }

    /// Opens reads of one moment under `scope` before it is known whether they may be answered: what is asked in
    /// them goes out with their beginning on PostgreSQL, and `judge` decides by the answer to `question`.
    ///
    /// # Errors
    ///
    /// As of [`Db::read`].
    pub async fn read_hastily(
        &self,
        scope: &Scope,
        question: Question,
        judge: Judge,
    ) -> Result<Reading, DbFault> {
        let Pools::Postgres { read, .. } = &self.pools else {
            let (reading, rows) = self.read(scope, Some(question)).await?;
            return judge(rows).map(|()| reading);
        };
        self.tally.statement();
        let open = Pipeline::open(read, scope, question, judge);
        let pipeline = open.instrument(tracing::info_span!("db.statement")).await?;
        Ok(Reading::postgres(pipeline, Arc::clone(&self.tally)))
    }

    /// A connection, and what begins a transaction on it.
    async fn loan(&self, access: Access, scope: &Scope) -> Result<(Loan, String), DbFault> {
        let (lane, begin) = match (&self.pools, access) {
            (Pools::Postgres { facts, .. }, Access::Read) => (
                Lane::Postgres(Self::lend(facts).await?),
                format!("begin isolation level repeatable read read only;{}", scope.script()),
            ),
            (Pools::Postgres { write, .. }, Access::Write) => (
                Lane::Postgres(Self::lend(write).await?),
                format!("begin isolation level read committed;{}", scope.script()),
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
            Pools::Postgres { read, facts, write } => {
                let read = read.status();
                read.size.saturating_sub(read.available) + lent(facts) + lent(write)
            }
            Pools::Sqlite { read, write } => lent(read) + lent(write),
        }
    }

    /// Whether the database answers.
    ///
    /// # Errors
    ///
    /// What keeps it from answering.
    pub async fn ping(&self) -> Result<(), DbFault> {
        let question = Some(("select 1".into(), Vec::new()));
        self.read(&Scope::public(), question).await.map(drop)
    }

    /// How many of the `known` migrations the database lacks.
    ///
    /// # Errors
    ///
    /// What the database answers.
    pub async fn pending_migrations(&self, known: usize) -> Result<usize, DbFault> {
        let (reading, _) = self.read(&Scope::public(), None).await?;
        let applied = match reading.rows("select version from seaql_migrations", Vec::new()).await {
            Ok(rows) => rows.len(),
            // A database without the table has seen no migration.
            Err(DbFault::Other(_)) => 0,
            Err(fault) => return Err(fault),
        };
        Ok(known.saturating_sub(applied))
    }

    /// Closes all connections, waiting for those in use.
    pub async fn close(&self) {
        match &self.pools {
            Pools::Postgres { read, facts, write } => {
                read.close();
                facts.close().await;
                write.close().await;
            }
            Pools::Sqlite { read, write } => {
                read.close().await;
                write.close().await;
            }
        }
    }
}
