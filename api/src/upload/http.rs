//! `PUT /uploads/{id}`: the bytes of an upload.
//!
//! As everywhere, from cheap to dear: method, token and budget; then what the headers say; then the row, in a
//! transaction that sees whether the access was ended; and only then the bytes. They come in a task that goes on when
//! the client hangs up: it takes back what it stored, or says that all of it is there.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Request as HttpRequest, StatusCode, header};
use axum::response::{IntoResponse as _, Response as HttpResponse};
use serde_json::json;
use tracing::Instrument as _;

use super::graphql::PREFIX;
use super::model::{self, Upload};
use super::service;
use super::store::Uploads;
use crate::actor::Permission;
use crate::app::App;
use crate::command::{self, Outcome, Request};
use crate::db::Access;
use crate::fault::Fault;
use crate::files::{Declared, Patience, Unfit, receive};
use crate::graphql::beside::{self, Guest, Route, Who, failed, not_found, refused};
use crate::graphql::error::ErrorCode;
use crate::graphql::ids;
use crate::graphql::reply::Denied;
use crate::refusal::{Code, Refusal};

/// Where uploads are sent, before the id.
pub const PATH: &str = "/uploads/";

/// So many bytes cost as much as one request.
const BYTES_FOR_ONE: u64 = 64 * 1024;

/// Answers one request.
pub async fn put(State(app): State<Arc<App>>, request: HttpRequest<Body>) -> HttpResponse {
    let route = Route { name: "upload", method: "PUT", cost, who: Who::Account };
    let of = Arc::clone(&app);
    beside::answer(&app, route, request, move |guest, parts, body| steps(of, guest, parts, body))
        .await
}

/// A file costs what requests with as many bytes would.
fn cost(app: &App, parts: &Parts) -> u64 {
    let most = u64::try_from(app.config().files.max_bytes).unwrap_or_default();
    1 + length_of(&parts.headers).unwrap_or_default().min(most) / BYTES_FOR_ONE
}

fn bad(status: StatusCode, message: impl Into<String>) -> Denied {
    refused(status, ErrorCode::BadUserInput, message)
}

async fn steps(
    app: Arc<App>,
    guest: Guest,
    parts: Parts,
    body: Body,
) -> Result<HttpResponse, Denied> {
    let length = length_of(&parts.headers)
        .ok_or_else(|| bad(StatusCode::LENGTH_REQUIRED, "send the header Content-Length"))?;
    let most = u64::try_from(app.config().files.max_bytes).unwrap_or_default();
    if length > most {
        let message = format!("a file has at most {most} bytes");
        return Err(bad(StatusCode::PAYLOAD_TOO_LARGE, message));
    }
    let id = parts.uri.path().strip_prefix(PATH).and_then(|id| ids::decode(PREFIX, id));
    let found = match id {
        Some(id) => find(&app, &guest, id).await?,
        None => return Err(not_found()),
    };
    check(&parts.headers, length, &found)?;
    // Goes on when the client hangs up.
    let task =
        app.core().tasks().spawn(keep(Arc::clone(&app), guest, found, body).in_current_span());
    task.await.unwrap_or_else(|error| {
        Err(failed(&Fault::Internal(format!("the task of an upload ended: {error}"))))
    })
}

/// The value of `Content-Length`.
fn length_of(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// The upload, if the account may send its bytes now.
async fn find(app: &App, guest: &Guest, id: uuid::Uuid) -> Result<Upload, Denied> {
    let core = app.core();
    let began = core.begin(Access::Read, guest.identity).await;
    let (tx, actor) = began.map_err(|fault| failed(&fault.into()))?;
    let found = Uploads::within(&tx).find(id).await;
    tx.rollback().await;
    let found = found.map_err(|fault| failed(&fault.into()))?;
    let upload = service::sendable(found, actor.account(), core.source().now())
        .map_err(|refusal| told(&refusal))?;
    if actor.acting_in(upload.organisation_id, Permission::UploadFiles).is_none() {
        return Err(told(&Refusal::whole(Code::Forbidden)));
    }
    Ok(upload)
}

/// The refusal of a use case as HTTP has it.
fn told(refusal: &Refusal) -> Denied {
    match refusal.code {
        Code::Forbidden => {
            refused(StatusCode::FORBIDDEN, ErrorCode::Forbidden, "your roles do not allow this")
        }
        _ => not_found(),
    }
}

/// The headers say what was announced.
fn check(headers: &HeaderMap, length: u64, upload: &Upload) -> Result<(), Denied> {
    let size = u64::try_from(upload.size_bytes).unwrap_or_default();
    if length > size {
        let message = "the body is larger than the file that was announced";
        return Err(bad(StatusCode::PAYLOAD_TOO_LARGE, message));
    }
    if length < size {
        let message = "the body is smaller than the file that was announced";
        return Err(bad(StatusCode::BAD_REQUEST, message));
    }
    let plain = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"identity");
    if !headers.get_all(header::CONTENT_ENCODING).iter().all(plain) {
        let message = "send the file without a content encoding";
        return Err(bad(StatusCode::UNSUPPORTED_MEDIA_TYPE, message));
    }
    if headers.contains_key(header::CONTENT_RANGE) {
        return Err(bad(StatusCode::BAD_REQUEST, "send the whole file"));
    }
    if !is_of(headers, upload.media) {
        let message = "send the content type that was announced";
        return Err(bad(StatusCode::UNSUPPORTED_MEDIA_TYPE, message));
    }
    Ok(())
}

/// Whether the one `Content-Type` is this. Text may name UTF-8.
fn is_of(headers: &HeaderMap, media: model::Media) -> bool {
    let mut given = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(value), None) = (given.next(), given.next()) else { return false };
    let Ok(value) = value.to_str() else { return false };
    let mut parts = value.split(';').map(str::trim);
    let named = parts.next().is_some_and(|named| named.eq_ignore_ascii_case(media.code()));
    let utf8 = ["charset=utf-8", "charset=\"utf-8\""];
    named
        && parts.all(|part| {
            media.is_text() && utf8.iter().any(|known| part.eq_ignore_ascii_case(known))
        })
}

/// Takes the bytes in and says that they are there. Of what is there already they are compared: then it is as if the
/// first answer came late.
async fn keep(
    app: Arc<App>,
    guest: Guest,
    upload: Upload,
    body: Body,
) -> Result<HttpResponse, Denied> {
    let store = app.files();
    let turn = store.turns().turn(upload.account_id, upload.id).await;
    let Some(_turn) = turn else {
        let busy = Fault::Unavailable("too many files come at once".to_owned());
        return Err(failed(&busy));
    };
    let declared = Declared {
        media: upload.media,
        size: u64::try_from(upload.size_bytes).unwrap_or_default(),
        sha256: upload.sha256.clone(),
    };
    let piece = Duration::from_millis(app.config().server.body_timeout_ms);
    let patience = Patience { piece, whole: store.put_timeout() };
    let key = (upload.state == model::State::Pending).then_some(upload.id);
    receive(store, key, &declared, body, patience).await.map_err(unfit)?;
    if key.is_none() {
        return Ok(answer(StatusCode::OK, &upload));
    }
    let request = Request {
        identity: guest.identity,
        name: "stagedUploadStore",
        permission: Some(Permission::UploadFiles),
        idempotency_key: None,
        input_hash: String::new(),
        dry_run: false,
        request_id: guest.request_id,
    };
    let id = upload.id;
    let done = command::run(app.core(), request, move |unit| Box::pin(service::stored(unit, id)));
    match done.await {
        Ok(Outcome::Done(())) => Ok(answer(StatusCode::CREATED, &upload)),
        Ok(Outcome::Refused(unmet)) => match unmet.first() {
            // Another request was faster, with the same bytes.
            Some(Refusal { code: Code::Conflict, .. }) => Ok(answer(StatusCode::OK, &upload)),
            Some(refusal) => Err(told(refusal)),
            None => Err(not_found()),
        },
        Err(fault) => Err(failed(&fault)),
    }
}

/// What is wrong with the bytes, as HTTP has it.
fn unfit(unfit: Unfit) -> Denied {
    match unfit {
        Unfit::Longer => bad(
            StatusCode::PAYLOAD_TOO_LARGE,
            "the body is larger than the file that was announced",
        ),
        Unfit::Shorter => bad(StatusCode::BAD_REQUEST, "the body broke off"),
        Unfit::Slow => bad(StatusCode::REQUEST_TIMEOUT, "the body did not come in time"),
        Unfit::Content(unlike) => bad(StatusCode::UNSUPPORTED_MEDIA_TYPE, unlike.told()),
        Unfit::Checksum => bad(
            StatusCode::UNPROCESSABLE_ENTITY,
            "the checksum of the body is not the one that was announced",
        ),
        Unfit::Store(fault) => failed(&fault),
    }
}

fn answer(status: StatusCode, upload: &Upload) -> HttpResponse {
    let body = json!({
        "id": ids::encode(PREFIX, upload.id),
        "state": model::State::Stored,
        "sizeBytes": upload.size_bytes,
        "sha256": upload.sha256,
    });
    let headers = [
        (header::CONTENT_TYPE, "application/json; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (status, headers, body.to_string()).into_response()
}
