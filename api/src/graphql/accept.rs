//! What the endpoint accepts: methods, media types, bodies; and from whom a request comes.

use std::net::IpAddr;
use std::time::Duration;

use async_graphql::ServerError;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, Method, StatusCode, header};

use super::error::ErrorCode;
use super::reply::Denied;
use crate::config::ServerSettings;
use crate::connection::Peer;

/// The media type of GraphQL over HTTP.
const GRAPHQL_RESPONSE: &str = "application/graphql-response+json";

/// A header that no page can send to another site without being asked first.
const PREFLIGHT: &str = "graphql-require-preflight";

fn denied(status: StatusCode, message: &str) -> Denied {
    Denied::new(status, ErrorCode::BadUserInput.error(message, None))
}

/// The media type of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `application/json`.
    Json,
    /// `application/graphql-response+json`.
    GraphqlResponse,
}

impl Format {
    /// What the client accepts; `None` for neither.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        if !headers.contains_key(header::ACCEPT) {
            return Some(Self::Json);
        }
        let mut json = false;
        for value in headers.get_all(header::ACCEPT) {
            for part in value.to_str().ok()?.split(',') {
                let mut pieces = part.split(';').map(str::trim);
                let media = pieces.next().unwrap_or_default().to_ascii_lowercase();
                let refused =
                    pieces.any(|piece| matches!(piece, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"));
                match media.as_str() {
                    _ if refused => {}
                    GRAPHQL_RESPONSE => return Some(Self::GraphqlResponse),
                    "application/json" | "application/*" | "*/*" => json = true,
                    _ => {}
                }
            }
        }
        json.then_some(Self::Json)
    }

    /// The `Content-Type`.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json; charset=utf-8",
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
        }
    }

    /// The status of a request that could not be run through a fault of the client.
    #[must_use]
    pub const fn client_error(self) -> StatusCode {
        match self {
            Self::Json => StatusCode::OK,
            Self::GraphqlResponse => StatusCode::BAD_REQUEST,
        }
    }
}

/// Refuses what is no POST of JSON and no plain GET.
///
/// # Errors
///
/// 405, 415 or 413, before a byte of the body is read.
pub fn check(parts: &Parts, settings: &ServerSettings) -> Result<(), Denied> {
    match parts.method {
        Method::POST => post(&parts.headers, settings),
        Method::GET => get(&parts.headers),
        _ => Err(denied(StatusCode::METHOD_NOT_ALLOWED, "use POST, or GET for a query")
            .allowing("GET, POST")),
    }
}

fn post(headers: &HeaderMap, settings: &ServerSettings) -> Result<(), Denied> {
    let unsupported = |message| Err(denied(StatusCode::UNSUPPORTED_MEDIA_TYPE, message));
    if !is_json(headers) {
        return unsupported("send the content type application/json, in UTF-8");
    }
    let plain =
        |value: &axum::http::HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"identity");
    if !headers.get_all(header::CONTENT_ENCODING).iter().all(plain) {
        return unsupported("send the body without a content encoding");
    }
    let length = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    let length = length.and_then(|text| text.parse::<u64>().ok());
    if length.is_some_and(|length| length > settings.body_limit as u64) {
        return Err(too_large(settings));
    }
    Ok(())
}

/// A browser sends a GET for any page. Without a token there is nothing to steal; yet what comes from
/// another site, or with cookies, has to show that its page was allowed to send it.
fn get(headers: &HeaderMap) -> Result<(), Denied> {
    let asked_first = [header::AUTHORIZATION, HeaderName::from_static(PREFLIGHT)];
    let foreign = headers.contains_key(header::ORIGIN)
        || headers.contains_key(header::COOKIE)
        || headers
            .get("sec-fetch-site")
            .is_some_and(|site| site != "same-origin" && site != "none");
    if foreign && !asked_first.iter().any(|name| headers.contains_key(name)) {
        let message =
            "use POST, or send the header GraphQL-Require-Preflight with a GET from a browser";
        return Err(denied(StatusCode::METHOD_NOT_ALLOWED, message).allowing("POST"));
    }
    Ok(())
}

/// `application/json`, with no charset or UTF-8.
fn is_json(headers: &HeaderMap) -> bool {
    let mut given = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(value), None) = (given.next(), given.next()) else { return false };
    let Ok(value) = value.to_str() else { return false };
    let mut parts = value.split(';').map(str::trim);
    let media = parts.next().is_some_and(|media| media.eq_ignore_ascii_case("application/json"));
    media
        && parts.all(|part| {
            part.eq_ignore_ascii_case("charset=utf-8")
                || part.eq_ignore_ascii_case("charset=\"utf-8\"")
        })
}

fn too_large(settings: &ServerSettings) -> Denied {
    let message = format!("the body is larger than {} bytes", settings.body_limit);
    denied(StatusCode::PAYLOAD_TOO_LARGE, &message)
}

/// The whole body.
///
/// # Errors
///
/// 413 for a body that is too large, 408 for one that does not come, 400 for one that breaks off.
pub async fn read(body: Body, settings: &ServerSettings) -> Result<Bytes, Denied> {
    let patience = Duration::from_millis(settings.body_timeout_ms);
    match tokio::time::timeout(patience, to_bytes(body, settings.body_limit)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) if error.to_string().contains("length limit") => Err(too_large(settings)),
        Ok(Err(_)) => Err(denied(StatusCode::BAD_REQUEST, "the body broke off")),
        Err(_) => Err(denied(StatusCode::REQUEST_TIMEOUT, "the body did not come in time")),
    }
}

/// The address that a request comes from: the nearest one that no trusted proxy vouches for.
#[must_use]
pub fn address(parts: &Parts, settings: &ServerSettings) -> IpAddr {
    let peer = parts.extensions.get::<Peer>().map_or(IpAddr::from([0, 0, 0, 0]), |peer| peer.0);
    let trusted =
        |address: &IpAddr| settings.trusted_proxies.iter().any(|network| network.contains(address));
    if !trusted(&peer) {
        return peer;
    }
    let forwarded = parts.headers.get_all("x-forwarded-for").iter();
    let named: Vec<&str> = forwarded
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(','))
        .collect();
    let mut nearest = peer;
    for text in named.into_iter().rev() {
        let Ok(address) = text.trim().parse::<IpAddr>() else { break };
        nearest = address.to_canonical();
        if !trusted(&nearest) {
            break;
        }
    }
    nearest
}

/// A refusal of what is not of the right form, for the whole request.
#[must_use]
pub fn malformed(error: ServerError) -> Denied {
    Denied::new(StatusCode::BAD_REQUEST, error)
}

/// A refusal of an answer that the client would not take.
#[must_use]
pub fn not_acceptable() -> Denied {
    let message = "accept application/graphql-response+json or application/json";
    denied(StatusCode::NOT_ACCEPTABLE, message)
}
