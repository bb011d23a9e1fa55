//! From a mutation's input to a command and back to a payload.

use std::sync::Arc;

use async_graphql::{Context, Error, ID, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::error::{ErrorCode, of_fault};
use super::ids;
use super::payload::{Mutation, Payload};
use crate::command::{self, Outcome, Request, Unit, Work};
use crate::fault::Fault;
use crate::read::Op;

/// A mutation as it was asked for.
pub struct Asked {
    name: &'static str,
    input_hash: String,
    idempotency_key: Option<String>,
    dry_run: bool,
}

impl Asked {
    /// The mutation `name` with its input.
    #[must_use]
    pub fn new(name: &'static str, input: &impl Serialize, key: Option<&String>) -> Self {
        Self {
            name,
            input_hash: Request::hash_input(name, input),
            idempotency_key: key.cloned(),
            dry_run: false,
        }
    }

    /// Only tries, if `dry_run`.
    #[must_use]
    pub fn dry_run(self, dry_run: bool) -> Self {
        Self { dry_run, ..self }
    }

    /// Runs `work` and makes the payload; `parts` finds entity and consequences in the answer.
    ///
    /// # Errors
    ///
    /// A coded error when the database fails.
    pub async fn run<M, T, W>(
        self,
        ctx: &Context<'_>,
        parts: impl FnOnce(T) -> (Uuid, Vec<String>),
        work: W,
    ) -> Result<Payload<M>>
    where
        M: Mutation,
        T: Serialize + DeserializeOwned + Send + 'static,
        W: for<'a> Fn(&'a Unit) -> Work<'a, T> + Send + Sync + 'static,
    {
        let op = ctx.data_unchecked::<Arc<Op>>();
        let request = Request {
            identity: op.identity(),
            name: self.name,
            permission: M::PERMISSION,
            idempotency_key: self.idempotency_key,
            input_hash: self.input_hash,
            dry_run: self.dry_run,
            request_id: op.request_id().to_owned(),
        };
        let outcome = command::run(op.core(), request, work).await;
        op.read_after_write().await;
        if let Ok(Outcome::Refused(refusals)) = &outcome
            && let Some(stray) =
                refusals.iter().find(|r| !Payload::<M>::codes().any(|code| code == r.code))
        {
            let text = format!("{} gave the undeclared code {}", self.name, stray.code.text());
            return Err(coded(of_fault(&Fault::Internal(text), None)));
        }
        match outcome {
            Ok(outcome) => Ok(Payload::of(outcome, self.dry_run, parts)),
            Err(fault) => Err(coded(of_fault(&fault, None))),
        }
    }
}

/// The UUID of an id of an input.
///
/// # Errors
///
/// `BAD_USER_INPUT` for an id of another type.
pub fn ids_of(prefix: &str, path: &str, id: &ID) -> Result<Uuid> {
    argument(prefix, &format!("input.{path}"), id)
}

/// The same of an argument that is no part of an input.
///
/// # Errors
///
/// `BAD_USER_INPUT` with the name of the argument.
pub fn argument(prefix: &str, name: &str, id: &ID) -> Result<Uuid> {
    ids::decode(prefix, id).ok_or_else(|| {
        let message = format!("{name} must be {prefix}_ and 32 hexadecimal digits");
        coded(ErrorCode::BadUserInput.error(message, None))
    })
}

/// The error with its code, as a resolver gives it.
#[must_use]
pub fn coded(error: async_graphql::ServerError) -> Error {
    Error { message: error.message, source: None, extensions: error.extensions }
}
