//! Routes beside `/graphql`, for what is no GraphQL, such as files: the same token, budget, request id and form of
//! errors.

use std::future::Future;
use std::sync::Arc;

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderValue, Request as HttpRequest, StatusCode, header};
use axum::response::Response as HttpResponse;
use tracing::Instrument as _;

use super::accept::{self, Format};
use super::error::{ErrorCode, of_fault};
use super::guest::{charge, identity, tell_budget, without_panic};
use super::lent::Lent;
use super::reply::{Denied, Reply, code_of};
use crate::actor::Identity;
use crate::app::App;
use crate::budget::{Left, Payer};
use crate::fault::Fault;
use crate::telemetry::request::Seen;

/// A route, and what a request to it costs.
pub struct Route {
    /// Its name in the log.
    pub name: &'static str,
    /// The method that it takes.
    pub method: &'static str,
    /// The cost of a request.
    pub cost: fn(&App, &Parts) -> u64,
    /// Who may send one.
    pub who: Who,
}

/// Who may send requests to a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Accounts.
    Account,
    /// Anyone; without a token, an address pays.
    Anyone,
}

/// What these routes say to whoever sends no token, or one that is not accepted.
const TOKEN_NEEDED: &str = "send a valid bearer token";

/// Who sent a request, and how it is called.
#[derive(Clone, Debug)]
pub struct Guest {
    /// The account of a verified token; the public without one, where anyone may ask.
    pub identity: Identity,
    /// The request's id.
    pub request_id: String,
}

/// Answers a request with what `work` gives. The transaction in which `work` looks for anything
/// is the one that sees whether the access was ended.
pub async fn answer<F>(
    app: &Arc<App>,
    route: Route,
    request: HttpRequest<Body>,
    work: impl FnOnce(Guest, Parts, Body) -> F,
) -> HttpResponse
where
    F: Future<Output = Result<HttpResponse, Denied>>,
{
    let request_id = app.core().source().id().simple().to_string();
    let (parts, body) = request.into_parts();
    let mut seen = Seen::begin(&parts.headers, &request_id);
    seen.route(route.name);
    let span = seen.span();
    let mut left = None;
    // Who waits to be asked for the body has sent none.
    let waits = parts.headers.contains_key(header::EXPECT);
    let lent = Lent::of(body);
    let steps = async {
        let guest = enter(app, &route, &parts, &request_id, &mut left).await?;
        work(guest, parts, lent.body()).await
    };
    let outcome = without_panic(Box::pin(steps).instrument(span)).await.unwrap_or_else(|| {
        let message = "the service failed; tell us the request id";
        let error = ErrorCode::Internal.error(message, None);
        Err(Denied::new(StatusCode::INTERNAL_SERVER_ERROR, error))
    });
    if outcome.is_err() && !waits {
        lent.exhaust().await;
    }
    let mut answer = outcome.unwrap_or_else(|denied| {
        seen.denied(&denied.error);
        let reply = Reply { format: Format::Json, request_id: &request_id };
        let mut answer = reply.denied(denied);
        let no_store = HeaderValue::from_static("no-store");
        answer.headers_mut().insert(header::CACHE_CONTROL, no_store);
        answer
    });
    let headers = answer.headers_mut();
    if let Some(left) = left {
        tell_budget(app, headers, left);
    }
    if let Ok(id) = HeaderValue::from_str(&request_id) {
        headers.insert("x-request-id", id);
    }
    seen.end(answer.status());
    answer
}

/// Who asks, once the method, the token and the budget are looked at. What is refused costs its address.
async fn enter(
    app: &App,
    route: &Route,
    parts: &Parts,
    request_id: &str,
    left: &mut Option<Left>,
) -> Result<Guest, Denied> {
    let address = accept::address(parts, &app.config().server);
    let nobody = Payer::of(Identity::Anonymous, address);
    if parts.method != route.method {
        charge(app, nobody, 1, left).await?;
        let denied = refused(
            StatusCode::METHOD_NOT_ALLOWED,
            ErrorCode::BadUserInput,
            format!("use {}", route.method),
        );
        return Err(denied.allowing(route.method));
    }
    match identity(app, &parts.headers).await {
        Ok(identity @ Identity::Account(_)) => {
            charge(app, Payer::of(identity, address), (route.cost)(app, parts), left).await?;
            Ok(Guest { identity, request_id: request_id.to_owned() })
        }
        Ok(identity) if route.who == Who::Anyone => {
            charge(app, nobody, (route.cost)(app, parts), left).await?;
            Ok(Guest { identity, request_id: request_id.to_owned() })
        }
        Ok(_) | Err(()) => {
            charge(app, nobody, 1, left).await?;
            Err(Denied::unauthenticated(TOKEN_NEEDED))
        }
    }
}

/// The refusal of a request because of what it asks for; `message` holds no value of it.
#[must_use]
pub fn refused(status: StatusCode, code: ErrorCode, message: impl Into<String>) -> Denied {
    Denied::new(status, code.error(message, None))
}

/// The answer to what is not there, or not for this account: the same for both.
#[must_use]
pub fn not_found() -> Denied {
    let message = "nothing here that is for you";
    refused(StatusCode::NOT_FOUND, ErrorCode::NotFound, message)
}

/// The answer where something failed.
#[must_use]
pub fn failed(fault: &Fault) -> Denied {
    let error = of_fault(fault, None);
    match code_of(&error) {
        Some("UNAUTHENTICATED") => Denied::unauthenticated(TOKEN_NEEDED),
        Some("UNAVAILABLE") => Denied::new(StatusCode::SERVICE_UNAVAILABLE, error).after(1),
        _ => Denied::new(StatusCode::INTERNAL_SERVER_ERROR, error),
    }
}
