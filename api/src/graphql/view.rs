//! What hand-written queries begin with: a transaction in the name of whoever asks, and faults as errors.

use std::sync::Arc;

use async_graphql::{Context, Error, Result};

use super::error::of_fault;
use super::mutate::coded;
use crate::actor::Actor;
use crate::command::Stop;
use crate::db::{Access, DbFault, Tx};
use crate::read::Op;

/// A transaction in the name of whoever asks.
///
/// # Errors
///
/// A coded error when the database fails.
pub async fn begin(ctx: &Context<'_>) -> Result<(Tx, Actor)> {
    let op = ctx.data_unchecked::<Arc<Op>>();
    op.core().begin(Access::Read, op.identity()).await.map_err(failed)
}

/// The database's failure, as it is for the client.
#[must_use]
pub fn failed(fault: DbFault) -> Error {
    coded(of_fault(&fault.into(), None))
}

/// The value, or the error that the database's failure is for the client. Reads refuse nothing.
///
/// # Errors
///
/// A coded error when the database fails.
pub fn stop<T>(found: std::result::Result<T, Stop>) -> Result<T> {
    found.map_err(|stop| match stop {
        Stop::Db(fault) => failed(fault),
        Stop::Refused(_) => Error::new("nothing refuses a reader"),
    })
}
