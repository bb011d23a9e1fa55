//! The document guard: what a document may ask for at most, decided before anything runs it.
//!
//! Two walls, each linear in the text: [`tokens`] counts the tokens of the text before it is parsed,
//! [`measure`] walks the parsed document once, each fragment once however often it is spread. All
//! arithmetic saturates. What passes is small for everything that comes after: async-graphql visits a
//! fragment anew for each spread, and the limit on expanded selections bounds that.
//!
//! Every operation of a document is measured, also those that will not run.

pub mod measure;
pub mod shape;
#[cfg(test)]
mod tests;
pub mod tokens;

use async_graphql::parser::types::ExecutableDocument;
use async_graphql::{ServerError, Value, Variables};

pub use measure::Cost;
pub use shape::Shape;

use super::error::ErrorCode;
use crate::config::ApiSettings;

/// A limit that a document passes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// The limit, by the name of its setting.
    pub limit: &'static str,
    /// What to do.
    pub message: String,
}

impl Rejection {
    /// A limit, by the name of its setting, and what to do.
    pub fn new(limit: &'static str, message: impl Into<String>) -> Self {
        Self { limit, message: message.into() }
    }
}

impl From<Rejection> for ServerError {
    fn from(rejection: Rejection) -> Self {
        let mut error = ErrorCode::QueryRejected.error(rejection.message, None);
        if let Some(extensions) = &mut error.extensions {
            extensions.set("limit", rejection.limit);
        }
        error
    }
}

/// Refuses `value` if it is more than `most`.
fn at_most(
    limit: &'static str,
    what: &str,
    value: u64,
    most: impl TryInto<u64>,
) -> Result<(), Rejection> {
    let most = most.try_into().unwrap_or(u64::MAX);
    if value <= most {
        return Ok(());
    }
    Err(Rejection::new(limit, format!("the document has more than {most} {what}")))
}

/// Measures `document` and refuses it if it passes a limit of `settings`.
///
/// # Errors
///
/// A coded error: `QUERY_REJECTED` for a limit, `GRAPHQL_VALIDATION_FAILED` for fragments in a circle.
pub fn check(
    document: &ExecutableDocument,
    operation: Option<&str>,
    variables: &Variables,
    shape: &Shape,
    settings: &ApiSettings,
) -> Result<Cost, ServerError> {
    lists(variables, settings)?;
    measure::measure(document, operation, variables, shape, settings).cost
}

/// Variables hold no list and no nesting beyond what a document may hold.
fn lists(variables: &Variables, settings: &ApiSettings) -> Result<(), Rejection> {
    let mut open: Vec<(&Value, usize)> = variables.values().map(|value| (value, 1)).collect();
    while let Some((value, depth)) = open.pop() {
        if depth > settings.max_nesting {
            let most = settings.max_nesting;
            let message = format!("the variables nest values deeper than {most}");
            return Err(Rejection::new("max_nesting", message));
        }
        match value {
            Value::List(items) => {
                list_length(items.len(), settings)?;
                open.extend(items.iter().map(|item| (item, depth + 1)));
            }
            Value::Object(fields) => {
                open.extend(fields.values().map(|field| (field, depth + 1)));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Refuses a list of the input that is too long.
fn list_length(length: usize, settings: &ApiSettings) -> Result<(), Rejection> {
    let most = settings.max_list;
    if length <= most {
        return Ok(());
    }
    Err(Rejection::new("max_list", format!("a list of the input has more than {most} items")))
}
