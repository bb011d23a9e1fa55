//! Writing answers: status, headers, errors with their codes.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::mem::take;
use std::pin::Pin;
use std::task::{Context, Poll};

use async_graphql::{ErrorExtensionValues, Name, PathSegment, Response, ServerError, Value};
use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response as HttpResponse};
use http_body::{Frame, SizeHint};
use indexmap::IndexMap;
use serde::Serialize;
use serde_json::{Map, json};

use super::accept::Format;
use super::error::{ErrorCode, SIGN_IN};

/// So many bytes a small answer takes.
const SMALL_ANSWER: usize = 512;

/// From so many bytes on, a text is not copied into the answer.
const LARGE: usize = 16 * 1024;

/// Most errors of one answer.
const MAX_ERRORS: usize = 20;

/// A request that is not run.
#[derive(Debug)]
pub struct Denied {
    /// The status.
    pub status: StatusCode,
    /// The one error.
    pub error: Box<ServerError>,
    allow: Option<&'static str>,
    retry_after_s: Option<u32>,
}

impl Denied {
    /// A refusal with this status and error.
    #[must_use]
    pub fn new(status: StatusCode, error: ServerError) -> Self {
        Self { status, error: Box::new(error), allow: None, retry_after_s: None }
    }

    /// Names the methods that are taken.
    #[must_use]
    pub fn allowing(self, methods: &'static str) -> Self {
        Self { allow: Some(methods), ..self }
    }

    /// Says when to come back.
    #[must_use]
    pub fn after(self, seconds: u32) -> Self {
        Self { retry_after_s: Some(seconds), ..self }
    }

    /// The refusal of a token or credential that is not accepted; `message` says what to do.
    #[must_use]
    pub fn unauthenticated(message: &'static str) -> Self {
        let error = ErrorCode::Unauthenticated.error(message, None);
        Self::new(StatusCode::UNAUTHORIZED, error)
    }
}

/// Writes the answer to one request.
pub struct Reply<'a> {
    /// The media type.
    pub format: Format,
    /// The request's id.
    pub request_id: &'a str,
}

impl Reply<'_> {
    /// The answer to a request that is not run.
    #[must_use]
    pub fn denied(&self, denied: Denied) -> HttpResponse {
        let Denied { status, error, allow, retry_after_s } = denied;
        let mut answer = self.write(status, Response::from_errors(vec![*error]), None);
        let headers = answer.headers_mut();
        if let Some(methods) = allow {
            headers.insert(header::ALLOW, HeaderValue::from_static(methods));
        }
        if let Some(seconds) = retry_after_s {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        answer
    }

    /// The answer to an operation that was run; `cost` is told beside it.
    #[must_use]
    pub fn ran(&self, response: Response, cost: Map<String, serde_json::Value>) -> HttpResponse {
        if response.errors.iter().any(|error| code_of(error) == Some("UNAUTHENTICATED")) {
            return self.denied(Denied::unauthenticated(SIGN_IN));
        }
        let unavailable = response.errors.iter().any(|error| code_of(error) == Some("UNAVAILABLE"));
        let request_error = is_request_error(&response);
        let status = if unavailable && request_error {
            StatusCode::SERVICE_UNAVAILABLE
        } else if request_error {
            self.format.client_error()
        } else {
            StatusCode::OK
        };
        let mut answer = self.write(status, response, Some(cost));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            answer.headers_mut().insert(header::RETRY_AFTER, 1.into());
        }
        answer
    }

    fn write(
        &self,
        status: StatusCode,
        mut response: Response,
        cost: Option<Map<String, serde_json::Value>>,
    ) -> HttpResponse {
        let without_data = is_request_error(&response);
        // Fields are read side by side: errors come as these end.
        response.errors.sort_by(|a, b| place_of(a).cmp(&place_of(b)));
        response.errors.truncate(MAX_ERRORS);
        response.errors.iter_mut().for_each(|error| self.complete(error));
        let mut text = Text { parts: VecDeque::new(), open: Vec::with_capacity(SMALL_ANSWER) };
        text.open.push(b'{');
        if !response.errors.is_empty() {
            key("errors", &mut text.open);
            json(&response.errors, &mut text.open);
        }
        if !without_data {
            key("data", &mut text.open);
            text.value(response.data);
        }
        if let Some(cost) = cost {
            key("extensions", &mut text.open);
            json(&json!({ "cost": cost }), &mut text.open);
        }
        text.open.push(b'}');
        let head = [(header::CONTENT_TYPE, self.format.content_type())];
        (status, head, Body::new(text.finish())).into_response()
    }

    /// Gives an error its code and the request's id.
    fn complete(&self, error: &mut ServerError) {
        if code_of(error).is_none() {
            let code = told_code(error).to_owned();
            without_values(&mut error.message);
            let extensions = error.extensions.get_or_insert_with(ErrorExtensionValues::default);
            extensions.set("code", code);
        }
        let extensions = error.extensions.get_or_insert_with(ErrorExtensionValues::default);
        extensions.set("requestId", self.request_id);
    }
}

/// Begins the field `name` of an answer.
fn key(name: &str, out: &mut Vec<u8>) {
    if !out.ends_with(b"{") {
        out.push(b',');
    }
    json(name, out);
    out.push(b':');
}

fn json(value: &(impl Serialize + ?Sized), out: &mut Vec<u8>) {
    // Writing to memory does not fail, and nothing in an answer has keys that are no text.
    let _ = serde_json::to_writer(out, value);
}

/// An answer: what is large is sent from where it was written.
struct Text {
    parts: VecDeque<Bytes>,
    open: Vec<u8>,
}

impl Text {
    /// Writes a value of an answer; what the read engine wrote is JSON already.
    fn value(&mut self, value: Value) {
        match value {
            Value::Binary(written) if written.len() < LARGE => {
                self.open.extend_from_slice(&written)
            }
            Value::Binary(written) => {
                self.parts.push_back(take(&mut self.open).into());
                self.parts.push_back(written);
            }
            Value::List(items) => {
                self.open.push(b'[');
                for (count, item) in items.into_iter().enumerate() {
                    if count > 0 {
                        self.open.push(b',');
                    }
                    self.value(item);
                }
                self.open.push(b']');
            }
            Value::Object(fields) => {
                self.open.push(b'{');
                for (count, (name, value)) in fields.into_iter().enumerate() {
                    if count > 0 {
                        self.open.push(b',');
                    }
                    json(name.as_str(), &mut self.open);
                    self.open.push(b':');
                    self.value(value);
                }
                self.open.push(b'}');
            }
            value => json(&value, &mut self.open),
        }
    }

    fn finish(mut self) -> Parts {
        self.parts.push_back(self.open.into());
        Parts(self.parts)
    }
}

/// The body of an answer.
struct Parts(VecDeque<Bytes>);

impl http_body::Body for Parts {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.pop_front().map(|part| Ok(Frame::data(part))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.iter().map(|part| part.len() as u64).sum())
    }
}

/// Takes the client's own values out of a message of async-graphql's: they may be personal.
fn without_values(message: &mut String) {
    let endings = [
        (" does not contain the value", " does not contain this value"),
        (", found ", ", found something else"),
        (", unknown field ", ", it has an unknown field"),
    ];
    for (mark, ending) in endings {
        if let Some(place) = message.find(mark) {
            message.truncate(place);
            message.push_str(ending);
        }
    }
}

/// Where an answer has an error: in the order of the document, and of the fields that share a fragment.
fn place_of(error: &ServerError) -> (Option<(usize, usize)>, Option<&str>) {
    let place = error.locations.first().map(|at| (at.line, at.column));
    let field = error.path.first().and_then(|first| match first {
        PathSegment::Field(name) => Some(name.as_str()),
        PathSegment::Index(_) => None,
    });
    (place, field)
}

/// The code of an error; `None` for one that async-graphql made itself.
#[must_use]
pub fn code_of(error: &ServerError) -> Option<&str> {
    match error.extensions.as_ref()?.get("code")? {
        Value::String(code) => Some(code),
        _ => None,
    }
}

/// The code that the client is told.
#[must_use]
pub fn told_code(error: &ServerError) -> &str {
    let own =
        if error.path.is_empty() { ErrorCode::ValidationFailed } else { ErrorCode::BadUserInput };
    code_of(error).unwrap_or(own.text())
}

/// Nothing was run: every error is without a path and there is no data.
fn is_request_error(response: &Response) -> bool {
    !response.errors.is_empty()
        && response.data == Value::Null
        && response.errors.iter().all(|error| error.path.is_empty())
}

/// Puts the null of a failed root field where async-graphql leaves the key out. Every mutation is
/// nullable; a query field that is missing is not, so that nothing is left of the data.
#[must_use]
pub fn complete(data: Value, errors: &[ServerError], mutation: bool) -> Value {
    let mut object = match data {
        Value::Object(object) => object,
        // The only mutation failed: its key is missing like that of one beside others.
        Value::Null if mutation => IndexMap::new(),
        data => return data,
    };
    let empty = object.is_empty();
    for error in errors {
        let Some(PathSegment::Field(key)) = error.path.first() else { continue };
        if !object.contains_key(key.as_str()) {
            if !mutation {
                return Value::Null;
            }
            object.insert(Name::new(key), Value::Null);
        }
    }
    // Without a path nothing ran.
    if empty && object.is_empty() { Value::Null } else { Value::Object(object) }
}
