//! A read transaction under one Scope, whose rows become JSON.

use std::sync::Arc;

use sea_orm::{DbBackend, Value};
use sqlx::sqlite::SqliteRow;
use tokio_postgres::Row;
use tracing::Instrument as _;

use super::fault::DbFault;
use super::pipeline::Pipeline;
use super::tally::Tally;
use super::tx::Tx;

/// Reads of one moment. Dropping it ends it, and nobody waits for that.
pub struct Reading {
    way: Way,
    tally: Arc<Tally>,
}

enum Way {
    Postgres(Pipeline),
    Sqlite(Tx),
}

/// Rows of either engine.
pub enum Rows {
    /// From PostgreSQL.
    Postgres(Vec<Row>),
    /// From SQLite.
    Sqlite(Vec<SqliteRow>),
}

impl Rows {
    /// How many rows.
    #[must_use]
    pub const fn len(&self) -> usize {
        match self {
            Self::Postgres(rows) => rows.len(),
            Self::Sqlite(rows) => rows.len(),
        }
    }

    /// Whether there is no row.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Reading {
    pub(super) const fn postgres(pipeline: Pipeline, tally: Arc<Tally>) -> Self {
        Self { way: Way::Postgres(pipeline), tally }
    }

    pub(super) const fn sqlite(tx: Tx, tally: Arc<Tally>) -> Self {
        Self { way: Way::Sqlite(tx), tally }
    }

    /// Waits until it has begun. Rows that were asked for before are answered only if it may go on.
    ///
    /// # Errors
    ///
    /// [`DbFault::Changed`] and [`DbFault::SignedOut`] as whoever began it decided, and what the database answers.
    pub async fn opened(&self) -> Result<(), DbFault> {
        match &self.way {
            Way::Postgres(pipeline) => pipeline.opened().await,
            Way::Sqlite(_) => Ok(()),
        }
    }

    /// The kind of database.
    #[must_use]
    pub const fn backend(&self) -> DbBackend {
        match self.way {
            Way::Postgres(_) => DbBackend::Postgres,
            Way::Sqlite(_) => DbBackend::Sqlite,
        }
    }

    /// The rows of a statement with positional parameters. Several may be asked for at once: PostgreSQL is sent
    /// all of them before it has answered the first.
    ///
    /// # Errors
    ///
    /// What the database answers; so are then all further statements.
    pub async fn rows(
        &self,
        sql: impl Into<Arc<str>>,
        values: Vec<Value>,
    ) -> Result<Rows, DbFault> {
        match &self.way {
            Way::Postgres(pipeline) => {
                let sql = sql.into();
                // The text only: values are parameters, and may be personal.
                tracing::trace!(sql = &*sql);
                self.tally.statement();
                let rows = pipeline.rows(sql, &values);
                let rows = rows.instrument(tracing::info_span!("db.statement")).await?;
                self.tally.read(rows.len());
                Ok(Rows::Postgres(rows))
            }
            Way::Sqlite(tx) => Ok(Rows::Sqlite(tx.sqlite_rows(sql.into(), values).await?)),
        }
    }
}
