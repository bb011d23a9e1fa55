//! A borrowed connection that cannot go back to its pool with a transaction open.

use sqlx::pool::PoolConnection;
use sqlx::{AssertSqlSafe, Executor as _, Postgres, Sqlite};

use super::tx::Fetched;

/// A connection on loan from one of the pools.
pub(super) enum Lane {
    Postgres(PoolConnection<Postgres>),
    Sqlite(PoolConnection<Sqlite>),
}

impl Lane {
    /// Runs statements without parameters, in one round trip.
    pub(super) async fn script(&mut self, sql: String) -> Result<(), sqlx::Error> {
        let script = sqlx::raw_sql(AssertSqlSafe(sql));
        match self {
            Self::Postgres(connection) => (&mut **connection).execute(script).await.map(drop),
            Self::Sqlite(connection) => (&mut **connection).execute(script).await.map(drop),
        }
    }

    /// Runs statements without parameters, in one round trip; the rows of all of them.
    pub(super) async fn ask(&mut self, sql: String) -> Result<Fetched, sqlx::Error> {
        let script = sqlx::raw_sql(AssertSqlSafe(sql));
        match self {
            Self::Postgres(connection) => {
                (&mut **connection).fetch_all(script).await.map(Fetched::Postgres)
            }
            Self::Sqlite(connection) => {
                (&mut **connection).fetch_all(script).await.map(Fetched::Sqlite)
            }
        }
    }

    fn close_on_drop(&mut self) {
        match self {
            Self::Postgres(connection) => connection.close_on_drop(),
            Self::Sqlite(connection) => connection.close_on_drop(),
        }
    }
}

/// A loan whose transaction may be open.
///
/// sqlx 0.9.0 can lend a connection whose BEGIN was cancelled, with another request's tenant in its
/// session. So the loan exists before BEGIN is sent, and only [`Loan::give_back`] (after an answered
/// COMMIT or ROLLBACK) returns the connection as it is. However else the loan ends, the transaction is
/// rolled back first, in a task of its own; a connection that cannot be rolled back is closed.
pub(super) struct Loan(Option<Lane>);

impl Loan {
    pub(super) const fn new(lane: Lane) -> Self {
        Self(Some(lane))
    }

    /// The connection; `None` once given back.
    pub(super) const fn lane(&mut self) -> Option<&mut Lane> {
        self.0.as_mut()
    }

    /// Returns the connection to its pool. The caller has seen the transaction end.
    pub(super) fn give_back(mut self) {
        drop(self.0.take());
    }
}

impl Drop for Loan {
    fn drop(&mut self) {
        let Some(mut lane) = self.0.take() else { return };
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            lane.close_on_drop();
            return;
        };
        runtime.spawn(async move {
            // If this task is dropped half-way, the connection is closed, not lent.
            let mut closing = Closing(Some(lane));
            if let Some(lane) = closing.0.as_mut()
                && lane.script("rollback".to_owned()).await.is_ok()
            {
                drop(closing.0.take());
            }
        });
    }
}

/// Closes the connection unless it is taken out.
struct Closing(Option<Lane>);

impl Drop for Closing {
    fn drop(&mut self) {
        if let Some(mut lane) = self.0.take() {
            lane.close_on_drop();
        }
    }
}
