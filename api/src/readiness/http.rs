//! `GET /evidence/{id}`: a file of an assessment, for those who see the assessment. Each is told in the trail.

use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::extract::State;
use axum::http::Request as HttpRequest;
use axum::http::request::Parts;
use axum::response::Response as HttpResponse;
use uuid::Uuid;

use super::evidence;
use crate::app::App;
use crate::command::{self, Outcome, Request};
use crate::files::{Attachment, attachment};
use crate::graphql::beside::{self, Guest, Route, Who, failed, not_found};
use crate::graphql::ids;
use crate::graphql::reply::Denied;

/// Where files are fetched, before the id.
const PATH: &str = "/evidence/";

/// What the ids of evidence begin with.
const PREFIX: &str = "rev";

/// What a file costs beside the bytes that the network takes anyway.
const COST: u64 = 10;

/// Answers one request.
pub async fn get(State(app): State<Arc<App>>, request: HttpRequest<Body>) -> HttpResponse {
    let route = Route { name: "evidence", method: "GET", cost: |_, _| COST, who: Who::Account };
    let of = Arc::clone(&app);
    beside::answer(&app, route, request, move |guest, parts, _| steps(of, guest, parts)).await
}

async fn steps(app: Arc<App>, guest: Guest, parts: Parts) -> Result<HttpResponse, Denied> {
    let id = parts.uri.path().strip_prefix(PATH).and_then(|id| ids::decode(PREFIX, id));
    let id = id.ok_or_else(not_found)?;
    let file = fetched(&app, guest, id).await?;
    attachment(app.files(), &file).await.map_err(|fault| failed(&fault))
}

/// The file, once the trail says that it is fetched.
async fn fetched(app: &App, guest: Guest, id: Uuid) -> Result<Attachment, Denied> {
    let request = Request {
        identity: guest.identity,
        name: "readinessEvidenceFetch",
        permission: None,
        idempotency_key: None,
        input_hash: String::new(),
        dry_run: false,
        request_id: guest.request_id,
    };
    // The file is no answer that could be kept under a key.
    let found: Arc<Mutex<Option<Attachment>>> = Arc::default();
    let keep = Arc::clone(&found);
    let done = command::run(app.core(), request, move |unit| {
        let keep = Arc::clone(&keep);
        Box::pin(async move {
            let file = evidence::fetch(unit, id).await?;
            *keep.lock().unwrap_or_else(PoisonError::into_inner) = Some(file);
            Ok(())
        })
    });
    match done.await {
        Ok(Outcome::Done(())) => {
            let file = found.lock().unwrap_or_else(PoisonError::into_inner).take();
            file.ok_or_else(not_found)
        }
        Ok(Outcome::Refused(_)) => Err(not_found()),
        Err(fault) => Err(failed(&fault)),
    }
}
