//! What is told of one request: its span, its log line, its metrics.

use async_graphql::ServerError;
use async_graphql::parser::types::OperationType;
use axum::http::{HeaderMap, StatusCode};
use opentelemetry::global;
use opentelemetry::propagation::Extractor;
use tokio::time::Instant;
use tracing::Span;
use tracing::field::Empty;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use super::metrics::{Answered, metrics};
use crate::graphql::reply::told_code;
use crate::read::Op;

/// Longest operation name that is told, in characters.
const MAX_NAME: usize = 64;

/// What was seen of a request.
pub struct Seen {
    started: Instant,
    request_id: String,
    span: Span,
    operation: String,
    kind: Option<&'static str>,
    document: String,
    role: String,
    code: Option<String>,
    cost: u64,
    statements: u64,
    rows: u64,
}

/// The trace of the caller, in the headers of a request.
struct Caller<'a>(&'a HeaderMap);

impl Extractor for Caller<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).and_then(|value| value.to_str().ok())
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(|name| name.as_str()).collect()
    }
}

impl Seen {
    /// A request that begins now, in the trace of its caller.
    #[must_use]
    pub fn begin(headers: &HeaderMap, request_id: &str) -> Self {
        let span = tracing::info_span!(
            "request",
            otel.kind = "server",
            request_id,
            graphql.operation.name = Empty,
            graphql.operation.type = Empty,
            graphql.document.hash = Empty,
            http.response.status_code = Empty,
            error.type = Empty,
            alongside.cost = Empty,
            alongside.statements = Empty,
            alongside.rows = Empty,
        );
        if !span.is_disabled() {
            let caller = global::get_text_map_propagator(|known| known.extract(&Caller(headers)));
            // Fails where no trace is kept.
            let _ = span.set_parent(caller);
        }
        Self {
            started: Instant::now(),
            request_id: request_id.to_owned(),
            span,
            operation: String::new(),
            kind: None,
            document: String::new(),
            role: String::new(),
            code: None,
            cost: 0,
            statements: 0,
            rows: 0,
        }
    }

    /// The span of the request.
    #[must_use]
    pub fn span(&self) -> Span {
        self.span.clone()
    }

    /// The hash of its document.
    pub fn document(&mut self, hash: String) {
        self.document = hash;
    }

    /// What it costs.
    pub const fn cost(&mut self, cost: u64) {
        self.cost = cost;
    }

    /// The operation that it runs. The name is an identifier: letters, digits and underscores.
    pub fn operation(&mut self, kind: OperationType, name: Option<&str>) {
        self.kind = Some(match kind {
            OperationType::Query => "query",
            OperationType::Mutation => "mutation",
            OperationType::Subscription => "subscription",
        });
        self.operation = name.unwrap_or_default().chars().take(MAX_NAME).collect();
    }

    /// The route that it takes, where that is not GraphQL's.
    pub fn route(&mut self, name: &'static str) {
        self.operation = name.to_owned();
    }

    /// It was not run.
    pub fn denied(&mut self, error: &ServerError) {
        self.code = Some(told_code(error).to_owned());
    }

    /// It was run.
    pub fn ran(&mut self, op: &Op, errors: &[ServerError]) {
        let tally = op.core().db().tally();
        (self.statements, self.rows) = (tally.statements(), tally.rows());
        self.code = errors.first().map(|error| told_code(error).to_owned());
        if let Some(actor) = op.actor() {
            let mut roles: Vec<&str> =
                actor.grants().iter().map(|grant| grant.role.code()).collect();
            roles.sort_unstable();
            roles.dedup();
            self.role = if roles.is_empty() { "PUBLIC".to_owned() } else { roles.join(",") };
        }
    }

    /// It was answered: one log line, one span, one count.
    pub fn end(self, status: StatusCode) {
        let Self { operation, kind, document, role, code, cost, statements, rows, span, .. } = self;
        let taken = self.started.elapsed();
        let status = status.as_u16();
        span.record("graphql.operation.name", operation.as_str());
        span.record("graphql.operation.type", kind);
        span.record("graphql.document.hash", document.as_str());
        span.record("http.response.status_code", status);
        span.record("error.type", code.as_deref());
        span.record("alongside.cost", cost);
        span.record("alongside.statements", statements);
        span.record("alongside.rows", rows);
        tracing::info!(
            target: "alongside::request",
            request_id = self.request_id,
            operation,
            kind,
            document,
            role,
            status,
            code,
            cost,
            statements,
            rows,
            duration_us = u64::try_from(taken.as_micros()).unwrap_or(u64::MAX),
            "request"
        );
        let seconds = taken.as_secs_f64();
        metrics().count(Answered { status, kind, code, seconds, cost, statements, rows });
    }
}
