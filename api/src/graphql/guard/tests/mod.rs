//! The guard by itself: each limit from both sides, and its walk beside a naive one.

mod ladders;
mod limits;
mod naive;

use std::sync::LazyLock;

use async_graphql::parser::parse_query;
use async_graphql::{ServerError, Value, Variables};

use super::measure::{Walked, measure};
use super::{Cost, Shape, check, tokens};
use crate::config::{ApiSettings, Config};
use crate::graphql::schema::{Audience, build};

/// The limits of the defaults.
fn defaults() -> ApiSettings {
    Config::defaults().expect("the defaults").api
}

/// Limits that nothing here reaches.
fn boundless() -> ApiSettings {
    let most = u64::MAX;
    ApiSettings {
        max_document: usize::MAX,
        max_tokens: most,
        max_depth: most,
        max_selections: most,
        max_aliases: most,
        max_directives: most,
        max_query_fields: most,
        max_mutation_fields: most,
        max_list: usize::MAX,
        max_cost: most,
        max_nodes: most,
        max_introspection: most,
        max_introspection_lists: most,
        max_introspection_each: most,
        max_values: most,
        ..defaults()
    }
}

/// The shape of the API.
fn shape() -> &'static Shape {
    static SHAPE: LazyLock<Shape> = LazyLock::new(|| build(Audience::Clients).shape);
    &SHAPE
}

/// Both walls, with variables.
fn guarded(
    text: &str,
    variables: serde_json::Value,
    settings: &ApiSettings,
) -> Result<Cost, ServerError> {
    tokens::count(text, settings)?;
    let document = parse_query(text).map_err(|_| tokens::unparsable(None))?;
    check(&document, None, &Variables::from_json(variables), shape(), settings)
}

/// The limit that `text` passes, by the name of its setting; `None` for a document that may run.
fn limit(text: &str, settings: &ApiSettings) -> Option<String> {
    limit_with(text, serde_json::json!({}), settings)
}

fn limit_with(text: &str, variables: serde_json::Value, settings: &ApiSettings) -> Option<String> {
    let error = guarded(text, variables, settings).err()?;
    match error.extensions.as_ref().and_then(|extensions| extensions.get("limit")) {
        Some(Value::String(limit)) => Some(limit.clone()),
        _ => Some(error.message),
    }
}

/// The walk over `text`, and the number of its tokens.
fn walked(text: &str, settings: &ApiSettings) -> (Walked, u64) {
    let tokens = tokens::count(text, &boundless()).expect("tokens");
    let document = parse_query(text).expect("a document");
    (measure(&document, None, &Variables::default(), shape(), settings), tokens)
}
