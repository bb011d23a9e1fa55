//! The GraphQL endpoint: HTTP handling, schema assembly, ids, scalars, errors and payloads. Nothing here
//! is about any one aggregate, except the lists that name each once.

pub mod document;
pub mod error;
pub mod http;
pub mod ids;
pub mod mutate;
pub mod payload;
pub mod scalars;
pub mod schema;
