//! The routes of credentials: the public page, the signed lists of status, the keys, and certificates for those who
//! see the credential.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use jsonwebtoken::jwk::Jwk;
use sha2::{Digest as _, Sha256};

use super::badge::{self, STATUS_PATH, named_list};
use super::certificate::certificate;
use super::graphql::PREFIX;
use super::keys::{KEY_PATH, Signer};
use super::model;
use super::page::{CONTENT_SECURITY, page};
use super::verification::{self, Confirmation, Unconfirmed, Verification};
use crate::app::App;
use crate::budget::Payer;
use crate::fault::Fault;
use crate::graphql::accept;
use crate::graphql::beside::{self, Guest, Route, Who, failed, not_found, refused};
use crate::graphql::error::ErrorCode;
use crate::graphql::ids;
use crate::graphql::reply::Denied;

/// What one look at a credential costs.
const COST: u64 = 10;

/// What a certificate costs.
const CERTIFICATE_COST: u64 = 50;

/// Where pages are, before the token.
const PAGES: &str = "/verify/";

/// Where certificates are fetched, before the id.
const CERTIFICATES: &str = "/certificates/";

/// `GET /verify/{token}` for the page or its data; `POST` with a surname to confirm the holder.
pub async fn verify(State(app): State<Arc<App>>, request: Request<Body>) -> Response {
    let of = Arc::clone(&app);
    if request.method() == Method::POST {
        let route = Route { name: "verify", method: "POST", cost: |_, _| COST, who: Who::Anyone };
        let work = move |guest, parts, body| confirm(of, guest, parts, body);
        return beside::answer(&app, route, request, work).await;
    }
    let route = Route { name: "verify", method: "GET", cost: |_, _| COST, who: Who::Anyone };
    beside::answer(&app, route, request, move |_, parts, _| look(of, parts)).await
}

/// `POST /verify` with the signed text of a credential.
pub async fn verify_copy(State(app): State<Arc<App>>, request: Request<Body>) -> Response {
    let route = Route { name: "verify_copy", method: "POST", cost: |_, _| COST, who: Who::Anyone };
    let of = Arc::clone(&app);
    beside::answer(&app, route, request, move |_, parts, body| copy(of, parts, body)).await
}

/// `GET /certificates/{id}`: the certificate as PDF.
pub async fn get_certificate(State(app): State<Arc<App>>, request: Request<Body>) -> Response {
    let cost = |_: &App, _: &Parts| CERTIFICATE_COST;
    let route = Route { name: "certificate", method: "GET", cost, who: Who::Account };
    let of = Arc::clone(&app);
    beside::answer(&app, route, request, move |guest, parts, _| print(of, guest, parts)).await
}

/// `GET /credentials/status/{list}`: a list of status, signed.
pub async fn status(State(app): State<Arc<App>>, request: Request<Body>) -> Response {
    let route = Route { name: "status", method: "GET", cost: |_, _| COST, who: Who::Anyone };
    let of = Arc::clone(&app);
    beside::answer(&app, route, request, move |_, parts, _| list(of, parts)).await
}

/// `GET /credentials/keys/{name}`: the public key that a `kid` names.
pub async fn key(State(app): State<Arc<App>>, request: Request<Body>) -> Response {
    let name = request.uri().path().strip_prefix(KEY_PATH).unwrap_or_default();
    match app.core().signer().and_then(|signer| signer.key(name)) {
        Some(key) => key_answer(request.headers(), "application/jwk+json", &of_key(key)),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// `GET /.well-known/jwks.json`: every public key.
pub async fn keys(State(app): State<Arc<App>>, request: Request<Body>) -> Response {
    key_answer(request.headers(), "application/jwk-set+json", app.key_set())
}

fn of_key(key: &Jwk) -> String {
    serde_json::to_string(key).unwrap_or_default()
}

/// What may be kept for five minutes, under the hash of its text.
fn key_answer(asked: &HeaderMap, media: &'static str, text: &str) -> Response {
    kept(asked, media, text.to_owned().into(), &tag_of(text))
}

fn kept(asked: &HeaderMap, media: &'static str, body: Bytes, tag: &str) -> Response {
    let tag = HeaderValue::from_str(tag).unwrap_or(HeaderValue::from_static("\"\""));
    let known = asked.get_all(header::IF_NONE_MATCH).iter().any(|given| {
        let text = given.to_str().unwrap_or_default();
        text.split(',').map(str::trim).any(|one| one == "*" || one.as_bytes() == tag.as_bytes())
    });
    let fixed = HeaderValue::from_static;
    let headers = [
        (header::CACHE_CONTROL, fixed("public, max-age=300")),
        (header::ETAG, tag),
        (header::X_CONTENT_TYPE_OPTIONS, fixed("nosniff")),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, fixed("*")),
    ];
    if known {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    (headers, [(header::CONTENT_TYPE, fixed(media))], body).into_response()
}

fn tag_of(text: impl AsRef<[u8]>) -> String {
    format!("W/\"{}\"", hex::encode(Sha256::digest(text)))
}

/// The signer of the service.
fn signer(app: &App) -> Result<&Signer, Denied> {
    let none = || failed(&Fault::Internal("no key signs credentials here".to_owned()));
    app.core().signer().ok_or_else(none)
}

/// The token of a path.
fn token(parts: &Parts) -> &str {
    parts.uri.path().strip_prefix(PAGES).unwrap_or_default()
}

async fn look(app: Arc<App>, parts: Parts) -> Result<Response, Denied> {
    let found = verification::verify(app.core(), token(&parts)).await;
    let found = found.map_err(|fault| failed(&fault))?;
    shown(&app, &parts, found.as_ref(), None)
}

async fn confirm(
    app: Arc<App>,
    guest: Guest,
    parts: Parts,
    body: Body,
) -> Result<Response, Denied> {
    let body = accept::read(body, &app.config().server).await?;
    let mut given = url::form_urlencoded::parse(&body).filter(|(name, _)| name == "surname");
    let surname = given.next().map(|(_, surname)| surname.into_owned()).unwrap_or_default();
    let address = accept::address(&parts, &app.config().server);
    let payer = Payer::of(guest.identity, address);
    let answer = verification::confirm(app.core(), payer, token(&parts), &surname).await;
    let answer = answer.map_err(|unconfirmed| match unconfirmed {
        Unconfirmed::Failed(fault) => failed(&fault),
        Unconfirmed::TooMany(seconds) => {
            let message = too_many(seconds);
            refused(StatusCode::TOO_MANY_REQUESTS, ErrorCode::RateLimited, message).after(seconds)
        }
    })?;
    let found = verification::verify(app.core(), token(&parts)).await;
    let found = found.map_err(|fault| failed(&fault))?;
    shown(&app, &parts, found.as_ref(), Some(answer))
}

/// What who tried too often is told.
#[must_use]
pub fn too_many(seconds: u32) -> String {
    format!("too many tries to confirm a holder: come back in {seconds} seconds")
}

async fn copy(app: Arc<App>, parts: Parts, body: Body) -> Result<Response, Denied> {
    let body = accept::read(body, &app.config().server).await?;
    let jwt = std::str::from_utf8(&body).unwrap_or_default().trim();
    let found = verification::verify_copy(app.core(), jwt).await;
    let found = found.map_err(|fault| failed(&fault))?;
    shown(&app, &parts, found.as_ref(), None)
}

/// The page, or its data for who asks for JSON.
fn shown(
    app: &App,
    parts: &Parts,
    found: Option<&Verification>,
    answer: Option<Confirmation>,
) -> Result<Response, Denied> {
    let status = if found.is_some() { StatusCode::OK } else { StatusCode::NOT_FOUND };
    let fixed = HeaderValue::from_static;
    let headers = [
        (header::CACHE_CONTROL, fixed("no-store")),
        (header::REFERRER_POLICY, fixed("no-referrer")),
        (header::X_CONTENT_TYPE_OPTIONS, fixed("nosniff")),
        (header::VARY, fixed("accept")),
    ];
    if wants_json(&parts.headers) {
        let body = match (found, answer) {
            (None, _) => return Err(not_found()),
            (Some(_), Some(answer)) => serde_json::json!({ "holder": answer }).to_string(),
            (Some(found), None) => serde_json::to_string(found).unwrap_or_default(),
        };
        let media = [(header::CONTENT_TYPE, "application/json; charset=utf-8")];
        return Ok((status, headers, media, body).into_response());
    }
    let here = parts.uri.path();
    let action = (here.starts_with(PAGES) && found.is_some()).then_some(here);
    let broken = |error: askama::Error| failed(&Fault::Internal(error.to_string()));
    let text = page(signer(app)?.network(), found, action, answer).map_err(broken)?;
    let policy = HeaderValue::from_str(&CONTENT_SECURITY)
        .unwrap_or(HeaderValue::from_static("default-src 'none'"));
    let media = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CONTENT_SECURITY_POLICY, policy),
    ];
    Ok((status, headers, media, text).into_response())
}

/// Whether the client names JSON and no page: a browser names both.
fn wants_json(headers: &HeaderMap) -> bool {
    let mut named = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let text = named.by_ref().collect::<Vec<_>>().join(",").to_ascii_lowercase();
    text.contains("application/json") && !text.contains("text/html")
}

async fn print(app: Arc<App>, guest: Guest, parts: Parts) -> Result<Response, Denied> {
    let id = parts.uri.path().strip_prefix(CERTIFICATES).and_then(|id| ids::decode(PREFIX, id));
    let id = id.ok_or_else(not_found)?;
    let found = verification::seen(app.core(), guest.identity, id).await;
    let found = found.map_err(|fault| failed(&fault))?;
    let found = found.filter(|found| found.state == model::State::Issued).ok_or_else(not_found)?;
    let signer = signer(&app)?;
    let (network, address) = (signer.network().to_owned(), signer.page(&found.public_token));
    let work = move || {
        let holder = found.holder_name.as_deref()?;
        Some(certificate(&found, holder, &network, &address))
    };
    let broken = |_| failed(&Fault::Internal("a certificate's task ended".to_owned()));
    let made = tokio::task::spawn_blocking(work).await.map_err(broken)?;
    let bytes = made.ok_or_else(not_found)?.map_err(|fault| failed(&fault))?;
    let headers = [
        (header::CONTENT_TYPE, "application/pdf"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"certificate.pdf\""),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, "private, no-store"),
        (header::CONTENT_SECURITY_POLICY, "sandbox"),
    ];
    Ok((headers, bytes).into_response())
}

async fn list(app: Arc<App>, parts: Parts) -> Result<Response, Denied> {
    let name = parts.uri.path().strip_prefix(STATUS_PATH).and_then(named_list);
    let (list, purpose) = name.ok_or_else(not_found)?;
    let set = verification::set_bits(app.core(), list, purpose).await;
    let bits = badge::bits(set.map_err(|fault| failed(&fault))?.into_iter());
    let tag = tag_of(&bits);
    let signer = signer(&app)?;
    let payload = badge::status_list(list, purpose, &bits, app.core().source().now(), signer);
    let jwt = signer.sign(&payload).map_err(|fault| failed(&fault))?;
    Ok(kept(&parts.headers, "application/vc+jwt", jwt.into(), &tag))
}
