//! GraphQL over HTTP.
//!
//! POST with `application/json` and nothing else runs an operation: other content types are refused
//! before the body is read, so that no foreign page can make a browser send one. Every error carries a
//! code from the closed list and the request's id; a request that could not be run has no `data`.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::parser::types::OperationType;
use async_graphql::{
    ErrorExtensionValues, Name, PathSegment, Request, Response, ServerError, Value, Variables,
};
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response as HttpResponse};
use serde::Deserialize;

use super::document::{self, Arrangement};
use super::error::ErrorCode;
use crate::actor::Identity;
use crate::app::App;
use crate::config::ApiSettings;
use crate::read::Op;

/// The media type of GraphQL over HTTP.
const GRAPHQL_RESPONSE: &str = "application/graphql-response+json";

#[derive(Deserialize)]
struct Envelope {
    query: Option<String>,
    #[serde(rename = "operationName")]
    operation_name: Option<String>,
    variables: Option<serde_json::Map<String, serde_json::Value>>,
}

/// Runs the operation of a POST.
pub async fn post(State(app): State<Arc<App>>, headers: HeaderMap, body: Body) -> HttpResponse {
    let request_id = app.core().source().id().simple().to_string();
    let mut answer = answer(&app, &headers, body, &request_id).await;
    let reply = answer.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&request_id) {
        reply.insert("x-request-id", id);
    }
    reply.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

async fn answer(app: &Arc<App>, headers: &HeaderMap, body: Body, request_id: &str) -> HttpResponse {
    if !is_json(headers) {
        return plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, "send application/json");
    }
    let Some(format) = Format::of(headers) else {
        return plain(
            StatusCode::NOT_ACCEPTABLE,
            "accept application/graphql-response+json or application/json",
        );
    };
    let reply = Reply { limits: &app.config().api, format, request_id };
    let Ok(bytes) = to_bytes(body, app.config().server.body_limit).await else {
        return plain(StatusCode::PAYLOAD_TOO_LARGE, "the body is larger than the limit");
    };
    let Ok(identity) = identity(app, headers) else {
        let error = ErrorCode::Unauthenticated.error("send a valid bearer token, or none", None);
        return reply.request_error(StatusCode::UNAUTHORIZED, error);
    };
    let Ok(request) = serde_json::from_slice::<Envelope>(&bytes) else {
        let message = "the body must be one JSON object with query, and optionally operationName and variables";
        return reply
            .request_error(StatusCode::BAD_REQUEST, ErrorCode::BadUserInput.error(message, None));
    };
    let Some(query) = request.query else {
        let error = ErrorCode::BadUserInput.error("the body has no query", None);
        return reply.request_error(StatusCode::BAD_REQUEST, error);
    };
    let document = match async_graphql::parser::parse_query(&query) {
        Ok(document) => document,
        Err(error) => {
            let error = ErrorCode::ParseFailed.error(error.to_string(), None);
            return reply.request_error(format.client_error(), error);
        }
    };
    let mut variables = Variables::from_json(request.variables.unwrap_or_default().into());
    let chosen = document::operation(&document, request.operation_name.as_deref());
    let mutation = chosen.is_some_and(|operation| operation.ty == OperationType::Mutation);
    if let Some(operation) = chosen.filter(|_| mutation)
        && let Some(key) = document::repeated_key(operation, &document)
    {
        let message = format!("{key} is selected twice: give each mutation an alias of its own");
        let error = ErrorCode::ValidationFailed.error(message, None);
        return reply.request_error(format.client_error(), error);
    }
    let arrangement = chosen.map(|operation| Arrangement::of(operation, &document));
    if let Some(operation) = chosen {
        document::fill_defaults(operation, &mut variables);
    }
    let mut operation = Request::new(query).variables(variables);
    operation.set_parsed_query(document);
    operation.operation_name = request.operation_name;
    let mut response = execute(app, operation, identity, request_id, mutation).await;
    if let Some(arrangement) = arrangement {
        response.data = arrangement.apply(complete(response.data, &response.errors, mutation));
    }
    reply.response(response)
}

/// Puts the null of a failed root field where async-graphql leaves the key out. Every mutation is
/// nullable; a query field that is missing is not, so that nothing is left of the data.
fn complete(data: Value, errors: &[ServerError], mutation: bool) -> Value {
    let Value::Object(mut object) = data else { return data };
    for error in errors {
        let Some(PathSegment::Field(key)) = error.path.first() else { continue };
        if !object.contains_key(key.as_str()) {
            if !mutation {
                return Value::Null;
            }
            object.insert(Name::new(key), Value::Null);
        }
    }
    Value::Object(object)
}

async fn execute(
    app: &Arc<App>,
    operation: Request,
    identity: Identity,
    request_id: &str,
    mutation: bool,
) -> Response {
    let op = Arc::new(Op::new(
        app.core().clone(),
        app.read_settings().clone(),
        identity,
        request_id.to_owned(),
    ));
    let settings = &app.config().server;
    let limit = if mutation { settings.mutation_timeout_ms } else { settings.query_timeout_ms };
    let work = app.schema().execute(operation.data(Arc::clone(&op)));
    let response = tokio::time::timeout(Duration::from_millis(limit), work).await;
    op.finish_reading().await;
    response.unwrap_or_else(|_| {
        let message = "this took longer than the limit; ask for less, or try again";
        Response::from_errors(vec![ErrorCode::Unavailable.error(message, None)])
    })
}

/// The identity of the request's token; the public without one.
fn identity(app: &App, headers: &HeaderMap) -> Result<Identity, ()> {
    let mut given = headers.get_all(header::AUTHORIZATION).iter();
    let value = match (given.next(), given.next()) {
        (None, _) => return Ok(Identity::Anonymous),
        (Some(value), None) => value,
        (Some(_), Some(_)) => return Err(()),
    };
    let text = value.to_str().map_err(|_| ())?;
    let (scheme, token) = text.split_once(' ').ok_or(())?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(());
    }
    app.verifier().verify(token.trim(), app.core().source().now()).map_err(|refused| {
        tracing::info!(reason = %refused, "token refused");
    })
}

/// `application/json`, with no charset or UTF-8.
fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok())
    else {
        return false;
    };
    let mut parts = value.split(';').map(str::trim);
    let media = parts.next().is_some_and(|media| media.eq_ignore_ascii_case("application/json"));
    media && parts.all(|part| part.eq_ignore_ascii_case("charset=utf-8"))
}

/// The media type of the answer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Json,
    GraphqlResponse,
}

impl Format {
    fn of(headers: &HeaderMap) -> Option<Self> {
        let Some(accept) = headers.get(header::ACCEPT) else { return Some(Self::Json) };
        let media: Vec<&str> = accept
            .to_str()
            .ok()?
            .split(',')
            .filter_map(|part| part.split(';').next())
            .map(str::trim)
            .collect();
        if media.contains(&GRAPHQL_RESPONSE) {
            Some(Self::GraphqlResponse)
        } else if media.iter().any(|m| matches!(*m, "application/json" | "application/*" | "*/*")) {
            Some(Self::Json)
        } else {
            None
        }
    }

    const fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json; charset=utf-8",
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
        }
    }

    /// The status of a request that could not be run through a fault of the client.
    const fn client_error(self) -> StatusCode {
        match self {
            Self::Json => StatusCode::OK,
            Self::GraphqlResponse => StatusCode::BAD_REQUEST,
        }
    }
}

/// Writes answers.
struct Reply<'a> {
    limits: &'a ApiSettings,
    format: Format,
    request_id: &'a str,
}

impl Reply<'_> {
    fn request_error(&self, status: StatusCode, error: ServerError) -> HttpResponse {
        self.response_with(status, Response::from_errors(vec![error]))
    }

    fn response(&self, response: Response) -> HttpResponse {
        let unavailable = response.errors.iter().any(|error| code_of(error) == Some("UNAVAILABLE"));
        let request_error = is_request_error(&response);
        let status = if unavailable && request_error {
            StatusCode::SERVICE_UNAVAILABLE
        } else if request_error {
            self.format.client_error()
        } else {
            StatusCode::OK
        };
        self.response_with(status, response)
    }

    fn response_with(&self, status: StatusCode, mut response: Response) -> HttpResponse {
        let without_data = is_request_error(&response);
        for error in &mut response.errors {
            self.complete(error);
        }
        let mut body = serde_json::Map::new();
        if !response.errors.is_empty() {
            body.insert(
                "errors".to_owned(),
                serde_json::to_value(&response.errors).unwrap_or_default(),
            );
        }
        if !without_data {
            body.insert(
                "data".to_owned(),
                serde_json::to_value(&response.data).unwrap_or_default(),
            );
        }
        let bytes = serde_json::to_vec(&body).unwrap_or_default();
        (status, [(header::CONTENT_TYPE, self.format.content_type())], bytes).into_response()
    }

    /// Gives an error its code and the request's id.
    fn complete(&self, error: &mut ServerError) {
        let code = match code_of(error) {
            Some(_) => None,
            None => Some(inferred(error)),
        };
        if code == Some(ErrorCode::QueryRejected) {
            error.message = self.limit(&error.message);
        }
        let extensions = error.extensions.get_or_insert_with(ErrorExtensionValues::default);
        if let Some(code) = code {
            extensions.set("code", code.text());
        }
        extensions.set("requestId", self.request_id);
    }
}

impl Reply<'_> {
    /// The limit that async-graphql's message means, in words that say what to do.
    fn limit(&self, message: &str) -> String {
        let ApiSettings { max_cost, max_depth, .. } = self.limits;
        if message.contains("complex") {
            format!(
                "the operation costs more than {max_cost}: a list costs its page size times the cost \
                 of a row; ask for smaller pages or fewer fields"
            )
        } else {
            format!("the operation nests fields deeper than {max_depth}")
        }
    }
}

/// Nothing was run: every error is without a path and there is no data.
fn is_request_error(response: &Response) -> bool {
    !response.errors.is_empty()
        && response.data == async_graphql::Value::Null
        && response.errors.iter().all(|error| error.path.is_empty())
}

/// The code of an error that async-graphql made itself.
fn inferred(error: &ServerError) -> ErrorCode {
    let limits =
        ["Query is too complex.", "Query is nested too deep.", "The recursion depth of the query"];
    if limits.iter().any(|limit| error.message.starts_with(limit)) {
        ErrorCode::QueryRejected
    } else if error.path.is_empty() {
        ErrorCode::ValidationFailed
    } else {
        ErrorCode::BadUserInput
    }
}

fn code_of(error: &ServerError) -> Option<&str> {
    match error.extensions.as_ref()?.get("code")? {
        async_graphql::Value::String(code) => Some(code),
        _ => None,
    }
}

fn plain(status: StatusCode, message: &'static str) -> HttpResponse {
    (status, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], message).into_response()
}
