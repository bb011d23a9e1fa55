//! Failures: what the caller cannot mend by another input.

use thiserror::Error;

use crate::db::DbFault;

/// Why an operation failed.
#[derive(Debug, Error)]
pub enum Fault {
    /// Trying later may succeed.
    #[error("{0}")]
    Unavailable(String),
    /// The account is disabled, or the token was ended.
    #[error("the account is disabled or the token was ended")]
    SignedOut,
    /// A bug or broken data of ours. The text is for the log only.
    #[error("{0}")]
    Internal(String),
}

impl From<DbFault> for Fault {
    fn from(fault: DbFault) -> Self {
        match fault {
            DbFault::Serialisation
            | DbFault::Unavailable(_)
            | DbFault::UnknownCommit
            | DbFault::Changed => Self::Unavailable(fault.to_string()),
            DbFault::SignedOut => Self::SignedOut,
            DbFault::Constraint(_) | DbFault::Poisoned | DbFault::Other(_) => {
                Self::Internal(fault.to_string())
            }
        }
    }
}
