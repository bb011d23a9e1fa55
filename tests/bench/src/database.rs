//! What the database tells about itself.

use sqlx::{AssertSqlSafe, PgPool, Row as _};
use uuid::Uuid;

use crate::load::Fault;

/// The database, as its superuser.
pub struct Database(PgPool);

/// A course that can be amended.
#[derive(Clone)]
pub struct Amendable {
    /// Its id.
    pub id: Uuid,
    /// Its version.
    pub version: i32,
}

impl Database {
    /// Connects.
    pub async fn connect(url: &str) -> Result<Self, Fault> {
        Ok(Self(PgPool::connect(url).await?))
    }

    /// Its connections.
    pub const fn pool(&self) -> &PgPool {
        &self.0
    }

    /// The one text that a statement answers.
    pub async fn text(&self, sql: &'static str) -> Result<String, Fault> {
        Ok(sqlx::query(sql).fetch_one(&self.0).await?.try_get(0)?)
    }

    /// Counts statements from here on.
    pub async fn forget_statements(&self) -> Result<(), Fault> {
        sqlx::query("select pg_stat_statements_reset()").execute(&self.0).await?;
        Ok(())
    }

    /// Statements of the service's role since then, and the milliseconds that they took.
    pub async fn statements(&self) -> Result<(f64, f64), Fault> {
        let sql = "select coalesce(sum(calls), 0)::float8, coalesce(sum(total_exec_time), 0)::float8 \
            from pg_stat_statements where userid = 'alongside_app'::regrole";
        let row = sqlx::query(sql).fetch_one(&self.0).await?;
        Ok((row.try_get(0)?, row.try_get(1)?))
    }

    /// Open courses of organisation `n`.
    pub async fn amendable(&self, organisation: Uuid) -> Result<Vec<Amendable>, Fault> {
        let sql = "select id, version from course where organisation_id = $1 and state = 'OPEN' order by id";
        let rows = sqlx::query(sql).bind(organisation).fetch_all(&self.0).await?;
        rows.iter()
            .map(|row| Ok(Amendable { id: row.try_get(0)?, version: row.try_get(1)? }))
            .collect()
    }

    /// Cleans up after writes, so that who comes later finds what the others found.
    pub async fn tidy(&self) -> Result<(), Fault> {
        for table in ["course", "audit_chain", "audit_event", "outbox_event"] {
            sqlx::query(AssertSqlSafe(format!("vacuum analyze {table}"))).execute(&self.0).await?;
        }
        Ok(())
    }
}
