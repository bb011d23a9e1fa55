//! From the text of a document to an operation that may run: parsed, measured, checked, repaired.

use std::sync::Arc;

use async_graphql::parser::parse_query;
use async_graphql::parser::types::OperationType;
use async_graphql::{Request, ServerError, Variables};
use sha2::{Digest as _, Sha256};

use super::document;
use super::documents::{Document, Documents, Key, Mended};
use super::error::ErrorCode;
use super::guard::{self, Cost, Shape, tokens};
use super::merge;
use super::parameters::Parameters;
use super::repair;
use super::schema::Audience;
use super::variables;
use crate::config::ApiSettings;

/// An operation that may run.
pub struct Prepared {
    /// The request for async-graphql, with its document.
    pub request: Request,
    /// What it costs.
    pub cost: Cost,
    /// Its document.
    pub document: Arc<Document>,
    /// The same, mended for its variables.
    pub mended: Arc<Mended>,
    /// Whether async-graphql has validated it before, and nothing in its variables is against it now.
    pub validated: bool,
}

/// The SHA-256 of a document.
#[must_use]
pub fn digest(query: &str) -> [u8; 32] {
    Sha256::digest(query).into()
}

/// The hash by which logs name a document.
#[must_use]
pub fn hash(digest: &[u8; 32]) -> String {
    hex::encode(&digest[..8])
}

/// Whose documents are prepared, and what they meet.
pub struct Stage<'a> {
    /// The documents that were asked before.
    pub documents: &'a Documents,
    /// Whose schema they see.
    pub audience: Audience,
    /// Its shape.
    pub shape: &'a Shape,
    /// The limits.
    pub settings: &'a ApiSettings,
}

impl Stage<'_> {
    /// Prepares the operation that `parameters` choose; `text` is the digest of their document.
    ///
    /// # Errors
    ///
    /// A coded error says what is wrong with the document.
    pub fn prepare(&self, parameters: Parameters, text: [u8; 32]) -> Result<Prepared, ServerError> {
        let Parameters { query, operation_name, mut variables } = parameters;
        let key = Key { audience: self.audience, text, operation: operation_name };
        let chosen = key.operation.as_deref();
        let (document, cost, new) = match self.documents.get(&key) {
            Some(document) => {
                let cost = self.measured(&document.parsed, chosen, &variables)?;
                (document, cost, false)
            }
            None => {
                let (document, cost) = self.read(&query, chosen, &variables)?;
                (Arc::new(document), cost, true)
            }
        };
        repair::fill(&document.definitions, &mut variables)?;
        let (mended, newly_mended) = document.mended(&variables)?;
        if document.kind == OperationType::Subscription {
            let message = "subscriptions are not offered at this address";
            return Err(ErrorCode::ValidationFailed.error(message, None));
        }
        let validated = mended.has_passed() && document.places.take(&variables, self.shape);
        // A text that stands in a mutation itself may be one of the vault, which no cache holds.
        let kept = document.kind != OperationType::Mutation || !query.contains('"');
        let mut request = Request::new(query).variables(variables);
        let trusted = mended.at_once.as_ref().filter(|_| validated);
        request.set_parsed_query(trusted.unwrap_or(&mended.document).clone());
        // async-graphql does not look for the name of a document's only, nameless operation.
        request.operation_name.clone_from(&key.operation);
        if kept && (new || newly_mended) {
            self.documents.keep(key, Arc::clone(&document));
        }
        Ok(Prepared { request, cost, document, mended, validated })
    }

    /// The operation that `chosen` names in the text of a document.
    fn read(
        &self,
        query: &str,
        chosen: Option<&str>,
        variables: &Variables,
    ) -> Result<(Document, Cost), ServerError> {
        tokens::count(query, self.settings)?;
        let parsed =
            parse_query(query).map_err(|error| tokens::unparsable(error.positions().next()))?;
        let cost = self.measured(&parsed, chosen, variables)?;
        merge::refuse_conflicts(&parsed, self.shape, self.settings)?;
        let Some(operation) = document::operation(&parsed, chosen) else {
            let message = match chosen {
                Some(_) => "operationName names no operation of the document",
                None => "the document has several operations: choose one by operationName",
            };
            return Err(ErrorCode::ValidationFailed.error(message, None));
        };
        let places = variables::check(&parsed, operation, self.shape)?;
        repair::one_root_field(&parsed)?;
        let name = document::name(&parsed, chosen);
        Ok((Document::new(&parsed, operation, name, places, query.len()), cost))
    }

    fn measured(
        &self,
        parsed: &async_graphql::parser::types::ExecutableDocument,
        chosen: Option<&str>,
        variables: &Variables,
    ) -> Result<Cost, ServerError> {
        guard::check(parsed, chosen, variables, self.shape, self.settings)
    }
}
