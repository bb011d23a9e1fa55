//! Ending access before its time: what an issuer tells by OpenID Connect Back-Channel Logout.
//!
//! A logout token ends one session, or everything that was issued to an account so far. The row is
//! committed before the issuer gets its answer; every later transaction reads it with the grants.

use std::sync::Arc;

use axum::Form;
use axum::body::Body;
use axum::extract::{FromRequest as _, State};
use axum::http::{Request as HttpRequest, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use chrono::{DateTime, Utc};
use entities::ended_access::{ActiveModel, Column, Entity, Model};
use sea_orm::{ActiveValue::Set, EntityTrait, QuerySelect as _};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Identity;
use super::token::Logout;
use crate::app::App;
use crate::audit::{self, Audited, Change};
use crate::budget::Payer;
use crate::command::{self, Request, Stop, Unit};
use crate::graphql::accept;

/// The form of a logout request.
#[derive(Deserialize)]
struct LogoutForm {
    logout_token: String,
}

/// Takes a logout token: 200 once what it names is ended, 400 for one that is not accepted.
pub async fn post(State(app): State<Arc<App>>, request: HttpRequest<Body>) -> Response {
    let source = app.core().source();
    let answer = |status| (status, [(header::CACHE_CONTROL, "no-store")]).into_response();
    let (parts, body) = request.into_parts();
    let settings = &app.config().server;
    let payer = Payer::of(Identity::Anonymous, accept::address(&parts, settings));
    if let Some(seconds) = app.budget().charge(payer, 1).await.wait_s {
        let wait = [(header::RETRY_AFTER, seconds.to_string())];
        return (StatusCode::TOO_MANY_REQUESTS, wait).into_response();
    }
    let bytes = match accept::read(body, settings).await {
        Ok(bytes) => bytes,
        Err(denied) => return answer(denied.status),
    };
    let request = HttpRequest::from_parts(parts, Body::from(bytes));
    let Ok(Form(form)) = Form::<LogoutForm>::from_request(request, &()).await else {
        return answer(StatusCode::BAD_REQUEST);
    };
    let logout = match app.verifier().logout(&form.logout_token, source.now()).await {
        Ok(logout) => logout,
        Err(refused) => {
            tracing::info!(reason = %refused, "logout token refused");
            return answer(StatusCode::BAD_REQUEST);
        }
    };
    let request = Request {
        identity: Identity::System("logout"),
        name: "logout",
        permission: None,
        idempotency_key: None,
        input_hash: String::new(),
        dry_run: false,
        request_id: source.id().simple().to_string(),
    };
    let ended = command::run(app.core(), request, move |unit| {
        let logout = logout.clone();
        Box::pin(async move { end(unit, &logout).await })
    });
    match ended.await {
        Ok(_) => answer(StatusCode::OK),
        Err(fault) => {
            tracing::warn!(reason = %fault, "a logout could not be recorded");
            answer(StatusCode::SERVICE_UNAVAILABLE)
        }
    }
}

#[derive(Serialize)]
struct Ended {
    id: Uuid,
    kind: String,
    ended_at: DateTime<Utc>,
    version: i32,
}

impl Audited for Ended {
    const TYPE: &'static str = "ended_access";

    fn id(&self) -> Uuid {
        self.id
    }

    fn chain(&self) -> Uuid {
        audit::NATION
    }

    fn version(&self) -> i32 {
        self.version
    }
}

impl From<Model> for Ended {
    fn from(Model { id, kind, ended_at, version }: Model) -> Self {
        Self { id, kind, ended_at, version }
    }
}

/// Ends what `logout` names: the session if it names one, else everything of the account.
///
/// # Errors
///
/// What the database answers.
pub async fn end(unit: &Unit, logout: &Logout) -> Result<(), Stop> {
    let named = logout.session.map(|id| (id, "SESSION"));
    let Some((id, kind)) = named.or(logout.account.map(|id| (id, "ACCOUNT"))) else {
        return Ok(());
    };
    let before = found(unit, id).await?;
    let version = before.as_ref().map_or(1, |row| row.version + 1);
    // A token that comes late ends no less than an earlier one did.
    let at = before.as_ref().map_or(logout.at, |row| row.ended_at.max(logout.at));
    let after = Model { id, kind: kind.to_owned(), ended_at: at, version };
    let row = ActiveModel {
        id: Set(after.id),
        kind: Set(after.kind.clone()),
        ended_at: Set(after.ended_at),
        version: Set(after.version),
    };
    match before {
        None => {
            Entity::insert(row).exec_without_returning(unit.tx()).await?;
        }
        Some(_) => {
            Entity::update(row).exec(unit.tx()).await?;
        }
    }
    let before = before.map(Ended::from);
    let acting_as = "SYSTEM:logout".to_owned();
    let change = Change::of("access.ended", before.as_ref(), &after.into(), &[], acting_as, None);
    unit.record(change);
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "the row that the issuer's token names")]
async fn found(unit: &Unit, id: Uuid) -> Result<Option<Model>, Stop> {
    use sea_orm::{ColumnTrait as _, QueryFilter as _};
    Ok(Entity::find().filter(Column::Id.eq(id)).lock_exclusive().one(unit.tx()).await?)
}
