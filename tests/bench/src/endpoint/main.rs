//! The hand-written endpoint that the service is measured against: axum and sqlx, one handler for each
//! question, under the same role, transaction, settings of row security, pool and log.
//!
//! `endpoint PORT` reads `BENCH_APP` and answers `POST /json/QUESTION` with JSON built by PostgreSQL,
//! `POST /flat/QUESTION` from flat rows, and `POST /nothing` with nothing, which shows what the load can do.

use std::error::Error;
use std::str::FromStr as _;
use std::time::Instant;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use serde_json::Value;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions as _, Executor as _, PgConnection, PgPool};

mod flat;
mod json;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What stops a handler.
type Fault = Box<dyn Error + Send + Sync>;

/// The transaction of a quality lead, begun in one round trip with its settings.
const BEGIN: &str = "begin isolation level repeatable read read only;\
    select set_config('app.kind','national',true),set_config('app.account','',true),\
    set_config('app.purpose','',true),set_config('app.organisations','{}',true),\
    set_config('app.regions','{}',true),set_config('app.courses','{}',true),\
    set_config('app.persons','{}',true)";

fn main() -> Result<(), Fault> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_ansi(false).init();
    let threads = std::thread::available_parallelism().map_or(4, |n| n.get().max(4));
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build()?;
    runtime.block_on(serve())
}

async fn serve() -> Result<(), Fault> {
    let port = std::env::args().nth(1).ok_or("name a port")?;
    let options = PgConnectOptions::from_str(&std::env::var("BENCH_APP")?)?
        .disable_statement_logging()
        .options([
            ("statement_timeout", "30000"),
            ("lock_timeout", "30000"),
            ("idle_in_transaction_session_timeout", "30000"),
        ]);
    let pool = PgPoolOptions::new()
        .max_connections(10)
        .test_before_acquire(false)
        .connect_with(options)
        .await?;
    let router = Router::new()
        .route("/nothing", post(|| async { "{}" }))
        .route("/{form}/{question}", post(answer))
        .with_state(pool);
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let service = TowerToHyperService::new(router.clone());
        tokio::spawn(async move {
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .serve_connection(TokioIo::new(stream), service);
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended");
            }
        });
    }
}

async fn answer(
    State(pool): State<PgPool>,
    Path((form, question)): Path<(String, String)>,
    body: Bytes,
) -> Response {
    let began = Instant::now();
    let answer = transaction(&pool, &form, &question, &body).await;
    let ms = began.elapsed().as_secs_f64() * 1000.0;
    match answer {
        Ok(answer) => {
            tracing::info!(form, question, ms, bytes = answer.len(), "request");
            ([(header::CONTENT_TYPE, "application/json")], answer).into_response()
        }
        Err(error) => {
            tracing::error!(form, question, ms, %error, "request");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "written as others would")]
async fn transaction(
    pool: &PgPool,
    form: &str,
    question: &str,
    body: &[u8],
) -> Result<Vec<u8>, Fault> {
    let asked: Value = serde_json::from_slice(body)?;
    let mut connection = pool.acquire().await?;
    connection.execute(sqlx::raw_sql(BEGIN)).await?;
    let answer = within(&mut connection, form, question, &asked["variables"]).await;
    connection.execute(sqlx::raw_sql("rollback")).await?;
    answer
}

async fn within(
    connection: &mut PgConnection,
    form: &str,
    question: &str,
    variables: &Value,
) -> Result<Vec<u8>, Fault> {
    match form {
        "json" => json::answer(connection, question, variables).await,
        "flat" => flat::answer(connection, question, variables).await,
        _ => Err("no such form".into()),
    }
}
