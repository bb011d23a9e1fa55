//! The closed list of error codes.

use async_graphql::{Context, ErrorExtensionValues, Pos, ServerError};

use crate::fault::Fault;

/// Every code that `errors[].extensions.code` can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorCode {
    /// The document cannot be parsed.
    ParseFailed,
    /// The document does not fit the schema.
    ValidationFailed,
    /// An argument or variable is not of the expected form.
    BadUserInput,
    /// A limit was passed; the message names it.
    QueryRejected,
    /// The token is missing, expired or not valid.
    Unauthenticated,
    /// A field of an object that you can see, which your roles do not let you read.
    Forbidden,
    /// A budget is used up; `Retry-After` says when to come back.
    RateLimited,
    /// The document was not sent, and none are kept: send the whole text.
    PersistedQueryNotFound,
    /// Trying later may succeed.
    Unavailable,
    /// Nothing with this id that the account may send or fetch. On routes beside GraphQL only.
    NotFound,
    /// A fault of the service.
    Internal,
}

impl ErrorCode {
    /// The code as clients see it.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::ParseFailed => "GRAPHQL_PARSE_FAILED",
            Self::ValidationFailed => "GRAPHQL_VALIDATION_FAILED",
            Self::BadUserInput => "BAD_USER_INPUT",
            Self::QueryRejected => "QUERY_REJECTED",
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Forbidden => "FORBIDDEN",
            Self::RateLimited => "RATE_LIMITED",
            Self::PersistedQueryNotFound => "PERSISTED_QUERY_NOT_FOUND",
            Self::Unavailable => "UNAVAILABLE",
            Self::NotFound => "NOT_FOUND",
            Self::Internal => "INTERNAL",
        }
    }

    /// An error with this code.
    #[must_use]
    pub fn error(self, message: impl Into<String>, at: Option<Pos>) -> ServerError {
        let mut error = ServerError::new(message, at);
        let mut extensions = ErrorExtensionValues::default();
        extensions.set("code", self.text());
        if self == Self::Unavailable {
            extensions.set("retryable", true);
        }
        error.extensions = Some(extensions);
        error
    }
}

/// The one text for every token that is not accepted.
pub const SIGN_IN: &str = "send a valid bearer token, or none";

/// The error that tells of `fault`. Its text goes to the log, not to the client.
#[must_use]
pub fn of_fault(fault: &Fault, at: Option<Pos>) -> ServerError {
    match fault {
        Fault::Unavailable(text) => {
            tracing::warn!(reason = %text, "unavailable");
            ErrorCode::Unavailable.error("the service cannot do this at the moment; try again", at)
        }
        Fault::SignedOut => ErrorCode::Unauthenticated.error(SIGN_IN, at),
        Fault::Internal(text) => {
            tracing::error!(reason = %text, "internal fault");
            ErrorCode::Internal.error("the service failed; tell us the request id", at)
        }
    }
}

/// What a resolver found for a field that can be null: its error leaves the rest of the answer as it is. async-graphql
/// would take the error of a resolver for one of the whole answer.
pub fn nullable<T>(ctx: &Context<'_>, found: async_graphql::Result<Option<T>>) -> Option<T> {
    found.unwrap_or_else(|error| {
        let error = error.into_server_error(ctx.item.pos);
        ctx.add_error(ctx.set_error_path(error));
        None
    })
}
