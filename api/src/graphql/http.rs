//! GraphQL over HTTP.
//!
//! POST with `application/json`, or GET for queries. Each step is cheaper than the next: media types
//! before the body, the body's size before its content, the token, the text's tokens before parsing,
//! the document's measure before its budget, and only then anything that asks the database. Every error
//! carries a code from the closed list and the request's id; a request that was not run has no `data`.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::Response;
use async_graphql::parser::types::OperationType;
use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, Request as HttpRequest, StatusCode, header};
use axum::response::Response as HttpResponse;
use serde_json::{Map, Value, json};
use tracing::Instrument as _;

use super::accept::{self, Format};
use super::error::{ErrorCode, SIGN_IN, of_fault};
use super::guest::{charge, identity, named, tell_budget, without_panic};
use super::parameters::{Parameters, encodes_text};
use super::prepare::{Prepared, Stage, digest, hash};
use super::reply::{Denied, Reply, complete};
use super::schema::Audience;
use crate::actor::Identity;
use crate::app::App;
use crate::budget::{Left, Payer};
use crate::core::Core;
use crate::db::DbFault;
use crate::read::Op;
use crate::telemetry::request::Seen;

/// What to do about a gateway's credential that is not known.
const GATEWAY_KEY: &str =
    "the credential in alongside-gateway is not known: send the one you were given, or none";

/// Answers one request.
pub async fn handle(State(app): State<Arc<App>>, request: HttpRequest<Body>) -> HttpResponse {
    let request_id = app.core().source().id().simple().to_string();
    let (parts, body) = request.into_parts();
    let mut seen = Seen::begin(&parts.headers, &request_id);
    let span = seen.span();
    let reply = Reply {
        format: Format::of(&parts.headers).unwrap_or(Format::Json),
        request_id: &request_id,
    };
    let turn = Turn { app: &app, reply: &reply };
    // On the heap: it is large, and would be copied from layer to layer.
    let answer = Box::pin(turn.answer(parts, body, &mut seen));
    let mut answer = without_panic(answer.instrument(span)).await.unwrap_or_else(|| {
        let error = ErrorCode::Internal.error("the service failed; tell us the request id", None);
        reply.denied(Denied::new(StatusCode::INTERNAL_SERVER_ERROR, error))
    });
    let headers = answer.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&request_id) {
        headers.insert("x-request-id", id);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::VARY, HeaderValue::from_static("Accept"));
    seen.end(answer.status());
    answer
}

/// One request being answered.
struct Turn<'a> {
    app: &'a Arc<App>,
    reply: &'a Reply<'a>,
}

impl Turn<'_> {
    async fn answer(&self, parts: Parts, body: Body, seen: &mut Seen) -> HttpResponse {
        let mut left = None;
        let mut answer = match self.steps(&parts, body, seen, &mut left).await {
            Ok(answer) => answer,
            Err(denied) => {
                let denied = match self.charge_form(&parts, &mut left).await {
                    Ok(()) => denied,
                    Err(used_up) => used_up,
                };
                seen.denied(&denied.error);
                self.reply.denied(denied)
            }
        };
        if let Some(left) = left {
            tell_budget(self.app, answer.headers_mut(), left);
        }
        answer
    }

    /// A request that was refused before anybody paid for it is charged to its address.
    async fn charge_form(&self, parts: &Parts, left: &mut Option<Left>) -> Result<(), Denied> {
        if left.is_some() {
            return Ok(());
        }
        let address = accept::address(parts, &self.app.config().server);
        charge(self.app, Payer::of(Identity::Anonymous, address), 1, left).await
    }

    /// The steps of a request; `left` is what the budget holds once it was charged.
    async fn steps(
        &self,
        parts: &Parts,
        body: Body,
        seen: &mut Seen,
        left: &mut Option<Left>,
    ) -> Result<HttpResponse, Denied> {
        let (app, config) = (self.app, self.app.config());
        accept::check(parts, &config.server)?;
        Format::of(&parts.headers).ok_or_else(accept::not_acceptable)?;
        let body = match parts.method {
            Method::GET => None,
            _ => Some(accept::read(body, &config.server).await?),
        };
        let parameters = asked(parts, body.as_ref())?;
        let address = accept::address(parts, &config.server);
        let identity = identity(app, &parts.headers).await;
        let audience = app.gateways().audience(&parts.headers);
        let identity = identity.map_err(|()| Denied::unauthenticated(SIGN_IN))?;
        let audience = audience.ok_or_else(|| Denied::unauthenticated(GATEWAY_KEY))?;
        let text = digest(&parameters.query);
        seen.document(hash(&text));
        let stage = Stage {
            documents: app.documents(),
            audience,
            shape: &app.schemas().of(audience).shape,
            settings: &config.api,
        };
        let prepared = stage.prepare(parameters, text);
        let cost = prepared.as_ref().map_or(1, |prepared| prepared.cost.cost);
        seen.cost(cost);
        let payer = Payer::of(identity, address);
        charge(app, payer, cost, left).await?;
        let client_error = |error| Denied::new(self.reply.format.client_error(), error);
        let prepared = prepared.map_err(client_error)?;
        if parts.method == Method::GET && prepared.document.kind != OperationType::Query {
            let error = ErrorCode::BadUserInput.error("a GET runs queries only: use POST", None);
            return Err(Denied::new(StatusCode::METHOD_NOT_ALLOWED, error).allowing("POST"));
        }
        seen.operation(prepared.document.kind, prepared.document.name.as_deref());
        let core = app.core().tallied();
        let op = self.op(&core, identity, payer, &prepared);
        let hasty = prepared.document.kind == OperationType::Query && !prepared.cost.describes;
        let changes = prepared.document.kind == OperationType::Mutation;
        let op = if changes { op.named(named(app, &parts.headers)) } else { op };
        let mut op = Arc::new(if hasty { op.in_haste() } else { op });
        if prepared.cost.describes {
            self.admit_description(&op).await?;
        }
        let mut response = self.run(&op, audience, prepared).await;
        if response.is_none() {
            let parameters = asked(parts, body.as_ref())?;
            let prepared = stage.prepare(parameters, text).map_err(client_error)?;
            op = Arc::new(self.op(&core, identity, payer, &prepared));
            response = self.run(&op, audience, prepared).await;
        }
        let response = response.unwrap_or_else(|| {
            Response::from_errors(vec![of_fault(&DbFault::Changed.into(), None)])
        });
        seen.ran(&op, &response.errors);
        Ok(self.reply.ran(response, self.told_cost(cost, *left)))
    }

    fn op(&self, core: &Core, identity: Identity, payer: Payer, prepared: &Prepared) -> Op {
        Op::new(
            core.clone(),
            self.app.read_settings().clone(),
            identity,
            payer,
            self.reply.request_id.to_owned(),
            Arc::clone(&prepared.mended.plans),
        )
    }

    /// Who may ask about the schema itself, and with which grants its answer is filtered.
    async fn admit_description(&self, op: &Op) -> Result<(), Denied> {
        if self.app.read_settings().open_introspection {
            return Ok(());
        }
        if op.identity() == Identity::Anonymous {
            let message = "sign in to ask about the schema, or read /schema.graphql";
            let error = ErrorCode::Unauthenticated.error(message, None);
            return Err(Denied::new(StatusCode::UNAUTHORIZED, error));
        }
        op.reader().await.map(|_| ()).map_err(|fault| {
            let error = of_fault(&fault.into(), None);
            let status = match super::reply::code_of(&error) {
                Some("UNAUTHENTICATED") => StatusCode::UNAUTHORIZED,
                _ => StatusCode::SERVICE_UNAVAILABLE,
            };
            Denied::new(status, error)
        })
    }

    /// Runs an operation; `None` if it answered for grants that have changed, and nothing of that counts.
    async fn run(&self, op: &Arc<Op>, audience: Audience, prepared: Prepared) -> Option<Response> {
        let Prepared { request, document, mended, validated, .. } = prepared;
        let mutation = document.kind == OperationType::Mutation;
        let settings = &self.app.config().server;
        let limit = if mutation { settings.mutation_timeout_ms } else { settings.query_timeout_ms };
        let built = self.app.schemas().of(audience);
        let schema = if validated { &built.trusting } else { &built.schema };
        let work = async {
            let response = schema.execute(request.data(Arc::clone(op))).await;
            if !validated {
                mended.learn(&response);
            }
            if mutation { Ok(response) } else { confirmed(op, response).await }
        };
        let work = work.instrument(tracing::info_span!("graphql.execute"));
        let response = tokio::time::timeout(Duration::from_millis(limit), work).await;
        op.finish_reading().await;
        let mut response = match response {
            Ok(Ok(response)) => response,
            Ok(Err(DbFault::Changed)) => return None,
            Ok(Err(fault)) => Response::from_errors(vec![of_fault(&fault.into(), None)]),
            Err(_) => {
                let message = "this took longer than the limit; ask for less, or try again";
                Response::from_errors(vec![ErrorCode::Unavailable.error(message, None)])
            }
        };
        response.data =
            document.arrangement.apply(complete(response.data, &response.errors, mutation));
        Some(response)
    }

    /// What is told of the cost beside the data.
    fn told_cost(&self, requested: u64, left: Option<Left>) -> Map<String, Value> {
        let budget = &self.app.config().budget;
        let mut cost = Map::new();
        cost.insert("requested".to_owned(), json!(requested));
        cost.insert("available".to_owned(), json!(left.map(|left| left.cost)));
        cost.insert("perSecond".to_owned(), json!(budget.cost_per_second));
        cost.insert("burst".to_owned(), json!(budget.cost_burst));
        cost
    }
}

/// `response`, if whoever asks may be answered.
async fn confirmed(op: &Op, response: Response) -> Result<Response, DbFault> {
    if response.is_err() && op.actor().is_none() {
        // It was refused before anything was asked.
        return Ok(response);
    }
    let told = |error| super::reply::code_of(error) == Some("UNAUTHENTICATED");
    match op.confirm().await {
        Err(DbFault::SignedOut) if response.errors.iter().any(told) => Ok(response),
        Err(fault @ (DbFault::SignedOut | DbFault::Changed)) => Err(fault),
        Err(fault) if response.is_ok() => Err(fault),
        // Its errors tell of the same fault, or have nothing to do with one.
        Ok(()) | Err(_) => Ok(response),
    }
}

/// The parameters of a request with this `body`.
fn asked(parts: &Parts, body: Option<&Bytes>) -> Result<Parameters, Denied> {
    match body {
        None => pairs(parts),
        Some(body) => Parameters::from_body(body).map_err(accept::malformed),
    }
}

/// The parameters of a GET.
fn pairs(parts: &Parts) -> Result<Parameters, Denied> {
    let malformed = |error| accept::malformed(error);
    if !parts.uri.query().is_none_or(encodes_text) {
        let message = "the query string must encode UTF-8";
        return Err(malformed(ErrorCode::BadUserInput.error(message, None)));
    }
    let pairs: Query<Vec<(String, String)>> = Query::try_from_uri(&parts.uri).map_err(|_| {
        malformed(ErrorCode::BadUserInput.error("the query string cannot be read", None))
    })?;
    Parameters::from_pairs(pairs.0).map_err(malformed)
}
