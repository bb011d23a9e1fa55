//! `POST /exports/people/{id}`: everything that is kept about a person, for the person or the data protection officer.
//!
//! A `POST`, since it leaves something behind: the trail knows of it, and of each text that was opened for it.

use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{HeaderValue, Request as HttpRequest, header};
use axum::response::{IntoResponse as _, Response as HttpResponse};
use uuid::Uuid;

use super::export::{self, Texts};
use crate::app::App;
use crate::command::{self, Outcome, Request};
use crate::graphql::beside::{self, Guest, Route, Who, failed, not_found};
use crate::graphql::ids;
use crate::graphql::reply::Denied;

/// Where exports are made, before the id of the person.
const PATH: &str = "/exports/people/";

/// What one export costs: it reads many tables.
const COST: u64 = 500;

/// Answers one request.
pub async fn post(State(app): State<Arc<App>>, request: HttpRequest<Body>) -> HttpResponse {
    let route = Route { name: "export", method: "POST", cost: |_, _| COST, who: Who::Account };
    let of = Arc::clone(&app);
    beside::answer(&app, route, request, move |guest, parts, _| steps(of, guest, parts)).await
}

async fn steps(app: Arc<App>, guest: Guest, parts: Parts) -> Result<HttpResponse, Denied> {
    let id = parts.uri.path().strip_prefix(PATH).and_then(|id| ids::decode("per", id));
    let id = id.ok_or_else(not_found)?;
    let texts = opened(&app, guest, id).await?;
    let for_person = texts.for_person;
    let document = export::document(app.core(), id, texts).await.map_err(|fault| failed(&fault))?;
    let name = if for_person { "access-for-a-person.json" } else { "my-data.json" };
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""))
        .unwrap_or(HeaderValue::from_static("attachment"));
    let fixed = HeaderValue::from_static;
    let headers = [
        (header::CONTENT_TYPE, fixed("application/json; charset=utf-8")),
        (header::CONTENT_DISPOSITION, disposition),
        (header::CACHE_CONTROL, fixed("private, no-store")),
        (header::X_CONTENT_TYPE_OPTIONS, fixed("nosniff")),
        (header::CONTENT_SECURITY_POLICY, fixed("sandbox")),
    ];
    Ok((headers, document.to_string()).into_response())
}

/// The texts, once trail and disclosures say that they are opened.
async fn opened(app: &App, guest: Guest, id: Uuid) -> Result<Texts, Denied> {
    let request = Request {
        identity: guest.identity,
        name: "accessExport",
        permission: None,
        idempotency_key: None,
        input_hash: String::new(),
        dry_run: false,
        request_id: guest.request_id,
    };
    // The texts are no answer that could be kept under a key.
    let found: Arc<Mutex<Option<Texts>>> = Arc::default();
    let keep = Arc::clone(&found);
    let done = command::run(app.core(), request, move |unit| {
        let keep = Arc::clone(&keep);
        Box::pin(async move {
            let texts = export::open(unit, id).await?;
            *keep.lock().unwrap_or_else(PoisonError::into_inner) = Some(texts);
            Ok(())
        })
    });
    match done.await {
        Ok(Outcome::Done(())) => {
            let texts = found.lock().unwrap_or_else(PoisonError::into_inner).take();
            texts.ok_or_else(not_found)
        }
        Ok(Outcome::Refused(_)) => Err(not_found()),
        Err(fault) => Err(failed(&fault)),
    }
}
