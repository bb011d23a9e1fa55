//! The GraphQL endpoint: HTTP handling, the document guard, spec repair, schema assembly, the
//! federation gateway, ids, scalars, errors and payloads. Nothing here
//! is about any one aggregate, except the lists that name each once.

pub mod accept;
pub mod beside;
pub mod document;
pub mod documents;
pub mod error;
pub mod gateway;
pub mod guard;
pub mod guest;
pub mod http;
pub mod ids;
mod lent;
mod merge;
pub mod mutate;
pub mod parameters;
pub mod payload;
pub mod prepare;
pub mod repair;
pub mod reply;
pub mod scalars;
pub mod schema;
mod sent;
pub mod values;
pub mod variables;
pub mod view;
pub mod visible;
