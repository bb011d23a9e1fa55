//! Reads, declared once.
//!
//! A readable type is one [`declaration`]: its fields with the expressions behind them, its
//! relations, its filters and orders, and the **Scope predicate** of its rows. From it come the schema
//! ([`registry`]), the [`plan`] of a selection, its SQL ([`statement`]), and from the rows ([`run`]) the
//! JSON of the answer ([`mod@write`]). Rows cannot be reached in any other way, so none can be reached
//! without the predicate.
//!
//! A selection becomes a tree of levels. Each level is one statement whatever the number of parents
//! and the size of the page; all levels run in the one read transaction of the operation. The plan is kept
//! with its document ([`plans`]); a request [binds](bind) its arguments to it.

pub mod about;
pub mod arguments;
pub mod bind;
pub mod condition;
pub mod cursor;
pub mod declaration;
pub mod op;
pub mod plan;
pub mod plans;
pub mod reach;
pub mod registry;
pub mod run;
pub mod sql;
pub mod statement;
pub mod value;
pub mod visible;
pub mod write;

pub use declaration::Readable;
pub use op::{Op, ReadSettings};
pub use plans::Plans;
pub use registry::{One, ReadRoots};
