//! What can go wrong between the service and its database.

use std::error::Error as _;

use deadpool::managed::PoolError;
use sea_orm::{DbErr, RuntimeErr};
use thiserror::Error;

/// A failure of the database or of the way to it.
#[derive(Debug, Error)]
pub enum DbFault {
    /// A constraint refused the write; the name leads to the rule.
    #[error("constraint {0} refused the write")]
    Constraint(String),
    /// Two transactions stood in each other's way: running again may succeed.
    #[error("the transaction could not be serialised with others")]
    Serialisation,
    /// The database is busy, restarting, read-only or out of reach: trying later may succeed.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// The connection was lost while COMMIT was on its way: nobody knows whether it was done.
    #[error("the outcome of the commit is unknown")]
    UnknownCommit,
    /// The transaction met an error earlier and can no longer be committed.
    #[error("a statement of this transaction failed, so it cannot be committed")]
    Poisoned,
    /// What the account may do has changed since it was last seen: to be asked anew.
    #[error("the grants have changed since they were last seen")]
    Changed,
    /// The account is disabled, or the token was ended: found where the transaction began.
    #[error("the account is disabled or the token was ended")]
    SignedOut,
    /// Anything else: a fault of ours.
    #[error("{0}")]
    Other(#[source] Box<DbErr>),
}

impl DbFault {
    /// A column holds a value that no constraint lets in.
    #[must_use]
    pub fn unreadable(what: &str) -> Self {
        Self::Other(Box::new(DbErr::Custom(format!("{what} holds an impossible value"))))
    }
}

impl From<DbErr> for DbFault {
    fn from(error: DbErr) -> Self {
        match &error {
            DbErr::Exec(RuntimeErr::SqlxError(e))
            | DbErr::Query(RuntimeErr::SqlxError(e))
            | DbErr::Conn(RuntimeErr::SqlxError(e)) => {
                classify(e).unwrap_or_else(|| Self::Other(Box::new(error)))
            }
            DbErr::ConnectionAcquire(_) => Self::Unavailable("no connection is free".to_owned()),
            _ => Self::Other(Box::new(error)),
        }
    }
}

impl From<sqlx::Error> for DbFault {
    fn from(error: sqlx::Error) -> Self {
        classify(&error).unwrap_or_else(|| Self::Other(Box::new(wrap(error))))
    }
}

impl From<tokio_postgres::Error> for DbFault {
    fn from(error: tokio_postgres::Error) -> Self {
        let other = |text: &str| Self::Other(Box::new(DbErr::Custom(text.to_owned())));
        if let Some(told) = error.as_db_error() {
            let known = by_code(told.code().code(), told.message());
            return known.unwrap_or_else(|| other(told.message()));
        }
        match error.source().and_then(|source| source.downcast_ref::<std::io::Error>()) {
            Some(io) => Self::Unavailable(io.kind().to_string()),
            None if error.is_closed() => Self::Unavailable("a connection was lost".to_owned()),
            None => other(&error.to_string()),
        }
    }
}

impl From<PoolError<tokio_postgres::Error>> for DbFault {
    fn from(error: PoolError<tokio_postgres::Error>) -> Self {
        match error {
            PoolError::Backend(error) => Self::from(error),
            PoolError::Timeout(_) => {
                Self::Unavailable("no connection became free in time".to_owned())
            }
            PoolError::Closed => Self::Unavailable("the connections are closed".to_owned()),
            PoolError::NoRuntimeSpecified | PoolError::PostCreateHook(_) => Self::Poisoned,
        }
    }
}

/// An sqlx error in the clothes that SeaORM gives it.
pub(super) fn wrap(error: sqlx::Error) -> DbErr {
    DbErr::Query(RuntimeErr::SqlxError(std::sync::Arc::new(error)))
}

fn classify(error: &sqlx::Error) -> Option<DbFault> {
    match error {
        sqlx::Error::PoolTimedOut => {
            Some(DbFault::Unavailable("no connection became free in time".to_owned()))
        }
        sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => {
            Some(DbFault::Unavailable("the connections are closed".to_owned()))
        }
        sqlx::Error::Io(e) => Some(DbFault::Unavailable(e.kind().to_string())),
        sqlx::Error::Database(e) => {
            let code = e.code().unwrap_or_default();
            match e.constraint() {
                Some(name) if code.starts_with("23") => Some(DbFault::Constraint(name.to_owned())),
                _ => by_code(&code, e.message()),
            }
        }
        _ => None,
    }
}

/// Reads PostgreSQL's SQLSTATE or SQLite's extended result code.
fn by_code(code: &str, message: &str) -> Option<DbFault> {
    match code {
        "40001" | "40P01" | "5" | "517" | "261" => Some(DbFault::Serialisation),
        // Lock and statement time-outs, shutdown, start-up, too many connections, read-only after failover.
        "55P03" | "57014" | "57P01" | "57P02" | "57P03" | "53300" | "25006" | "25P03" => {
            Some(DbFault::Unavailable(format!("SQLSTATE {code}")))
        }
        // SQLite: disk full, cannot open, I/O error.
        "13" | "14" | "10" => Some(DbFault::Unavailable(format!("SQLite result {code}"))),
        // SQLite: check, trigger, foreign key, unique, primary key.
        "275" | "1811" | "787" | "2067" | "1555" => {
            Some(DbFault::Constraint(sqlite_constraint(message)))
        }
        _ => None,
    }
}

/// `CHECK constraint failed: name`, `UNIQUE constraint failed: table.column, …`, or the bare name that
/// a trigger raised.
fn sqlite_constraint(message: &str) -> String {
    let name = message.rsplit_once("failed: ").map_or(message, |(_, name)| name);
    match name.split(", ").collect::<Vec<_>>().as_slice() {
        [one] if !one.contains('.') => (*one).to_owned(),
        columns => {
            let table = columns.first().and_then(|c| c.split_once('.')).map_or("", |(t, _)| t);
            let columns: Vec<&str> =
                columns.iter().filter_map(|c| c.split_once('.')).map(|(_, c)| c).collect();
            format!("{table}({})", columns.join(","))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sqlite_messages_name_their_rule() {
        assert_eq!(
            sqlite_constraint("CHECK constraint failed: role_grant_period"),
            "role_grant_period"
        );
        assert_eq!(sqlite_constraint("identifier_one_holder"), "identifier_one_holder");
        assert_eq!(
            sqlite_constraint("UNIQUE constraint failed: account.issuer, account.subject"),
            "account(issuer,subject)"
        );
    }

    #[test]
    fn a_busy_database_is_worth_another_try() {
        assert!(matches!(by_code("40001", ""), Some(DbFault::Serialisation)));
        assert!(matches!(by_code("5", "database is locked"), Some(DbFault::Serialisation)));
        assert!(matches!(by_code("57P01", ""), Some(DbFault::Unavailable(_))));
        assert!(by_code("42601", "syntax error").is_none());
    }
}
