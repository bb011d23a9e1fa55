//! Routes and middleware.

use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use tower_http::catch_panic::CatchPanicLayer;

use crate::actor::logout;
use crate::app::App;
use crate::config::Profile;
use crate::credential::http as credentials;
use crate::graphql::http;
use crate::graphql::schema::{self, Audience};
use crate::protection::http as exports;
use crate::readiness::http as evidence;
use crate::telemetry::metrics;
use crate::upload::http as uploads;

/// What the GraphiQL page may load: its own files and nothing else.
const CONTENT_SECURITY: &str = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' data:; font-src 'self' data:; connect-src 'self'; frame-ancestors 'none'";

/// The routes of the service.
pub fn router(app: Arc<App>) -> Router {
    let mut router = Router::new()
        .route("/graphql", any(http::handle))
        .route("/auth/logout", post(logout::post))
        .route("/uploads/{id}", any(uploads::put))
        .route("/evidence/{id}", any(evidence::get))
        .route("/exports/people/{id}", any(exports::post))
        .route("/schema.graphql", get(sdl))
        .route("/health/live", get(|| async { "live" }))
        .route("/health/ready", get(ready))
        .route("/.well-known/jwks.json", get(credentials::keys))
        .route("/verify", any(credentials::verify_copy))
        .route("/verify/{token}", any(credentials::verify))
        .route("/certificates/{id}", any(credentials::get_certificate))
        .route("/credentials/keys/{name}", get(credentials::key))
        .route("/credentials/status/{list}", any(credentials::status));
    if app.config().profile == Profile::Demo {
        router = router.route("/", get(home)).route("/graphiql", get(graphiql));
        for (name, media, content) in GRAPHIQL {
            let path = format!("/graphiql/{name}");
            router = router.route(&path, get(move || async move { asset(media, content) }));
        }
    }
    router.layer(CatchPanicLayer::custom(|_| panicked())).with_state(app)
}

/// The routes for operators: metrics, and health.
pub fn admin(app: Arc<App>) -> Router {
    let page =
        || async { ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], metrics::page()) };
    Router::new()
        .route("/metrics", get(page))
        .route("/health/live", get(|| async { "live" }))
        .route("/health/ready", get(ready))
        .with_state(app)
}

fn panicked() -> Response {
    tracing::error!("a request panicked");
    let body = r#"{"errors":[{"message":"the service failed","extensions":{"code":"INTERNAL"}}]}"#;
    (StatusCode::INTERNAL_SERVER_ERROR, [(header::CONTENT_TYPE, "application/json")], body)
        .into_response()
}

async fn sdl() -> Response {
    static TEXT: LazyLock<String> = LazyLock::new(|| schema::sdl(Audience::Clients));
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], TEXT.as_str()).into_response()
}

async fn ready(State(app): State<Arc<App>>) -> Response {
    match app.unready().await {
        None => "ready".into_response(),
        Some(reason) => {
            let retry = [(header::RETRY_AFTER, "1")];
            (StatusCode::SERVICE_UNAVAILABLE, retry, reason).into_response()
        }
    }
}

async fn home() -> Response {
    (StatusCode::SEE_OTHER, [(header::LOCATION, "/graphiql")]).into_response()
}

/// The files of the embedded GraphiQL.
const GRAPHIQL: [(&str, &str, &str); 8] = [
    ("boot.css", "text/css", include_str!("../assets/graphiql/boot.css")),
    ("boot.js", "text/javascript", include_str!("../assets/graphiql/boot.js")),
    ("graphiql.min.css", "text/css", include_str!("../assets/graphiql/graphiql.min.css")),
    ("graphiql.min.js", "text/javascript", include_str!("../assets/graphiql/graphiql.min.js")),
    ("plugin-explorer.css", "text/css", include_str!("../assets/graphiql/plugin-explorer.css")),
    (
        "plugin-explorer.umd.js",
        "text/javascript",
        include_str!("../assets/graphiql/plugin-explorer.umd.js"),
    ),
    (
        "react.production.min.js",
        "text/javascript",
        include_str!("../assets/graphiql/react.production.min.js"),
    ),
    (
        "react-dom.production.min.js",
        "text/javascript",
        include_str!("../assets/graphiql/react-dom.production.min.js"),
    ),
];

async fn graphiql() -> Response {
    asset("text/html; charset=utf-8", include_str!("../assets/graphiql/index.html"))
}

fn asset(media: &'static str, content: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, media),
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY),
        (HeaderName::from_static("x-content-type-options"), "nosniff"),
    ];
    (headers, content).into_response()
}
