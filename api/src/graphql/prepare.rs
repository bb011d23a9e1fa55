//! From the text of a document to an operation that may run: parsed, measured, checked, repaired.

use async_graphql::parser::parse_query;
use async_graphql::parser::types::OperationType;
use async_graphql::{Request, ServerError};
use sha2::{Digest as _, Sha256};

use super::document::{self, Arrangement};
use super::error::ErrorCode;
use super::guard::{self, Cost, Shape, tokens};
use super::merge;
use super::parameters::Parameters;
use super::repair::repair;
use super::variables;
use crate::config::ApiSettings;

/// An operation that may run.
pub struct Prepared {
    /// The request for async-graphql, with its document.
    pub request: Request,
    /// What it costs.
    pub cost: Cost,
    /// Query or mutation.
    pub kind: OperationType,
    /// Its name, if it has one.
    pub name: Option<String>,
    /// The order of its keys.
    pub arrangement: Arrangement,
}

/// The hash by which logs name a document.
#[must_use]
pub fn hash(query: &str) -> String {
    hex::encode(&Sha256::digest(query)[..8])
}

/// Prepares the operation that `parameters` choose.
///
/// # Errors
///
/// A coded error says what is wrong with the document.
pub fn prepare(
    parameters: Parameters,
    shape: &Shape,
    settings: &ApiSettings,
) -> Result<Prepared, ServerError> {
    let Parameters { query, operation_name, mut variables } = parameters;
    let chosen = operation_name.as_deref();
    tokens::count(&query, settings)?;
    let mut document =
        parse_query(&query).map_err(|error| tokens::unparsable(error.positions().next()))?;
    let cost = guard::check(&document, chosen, &variables, shape, settings)?;
    merge::refuse_conflicts(&document, shape, settings)?;
    let Some(operation) = document::operation(&document, chosen) else {
        let message = match chosen {
            Some(_) => "operationName names no operation of the document",
            None => "the document has several operations: choose one by operationName",
        };
        return Err(ErrorCode::ValidationFailed.error(message, None));
    };
    variables::check(&document, operation, shape)?;
    let kind = operation.ty;
    let arrangement = Arrangement::of(operation, &document);
    repair(&mut document, chosen, &mut variables)?;
    if kind == OperationType::Subscription {
        let message = "subscriptions are not offered at this address";
        return Err(ErrorCode::ValidationFailed.error(message, None));
    }
    let name = document::name(&document, chosen);
    let mut request = Request::new(query).variables(variables);
    request.set_parsed_query(document);
    // async-graphql does not look for the name of a document's only, nameless operation.
    request.operation_name = operation_name;
    Ok(Prepared { request, cost, kind, name, arrangement })
}
