//! Opening the pools, and refusing what would be unsafe.

use std::borrow::Cow;
use std::str::FromStr as _;
use std::time::Duration;

use deadpool::Runtime;
use deadpool::managed::QueueMode;
use migration::SERVICE_ROLE;
use percent_encoding::percent_decode_str;
use sea_orm::{ConnectOptions, Database, DatabaseConnection};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgSslMode};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _, PgPool, Row as _};
use thiserror::Error;
use tokio_postgres::Config;
use tokio_postgres::config::SslMode;
use url::Url;

use super::pipeline::{Dialler, Pipes};
use super::tls::{self, Files};
use super::{Db, DbFault, Pools};
use crate::config::{DatabaseSettings, Profile};

/// Why the service will not use a database.
#[derive(Debug, Error)]
pub enum ConnectError {
    /// The URL names no engine that we know.
    #[error("database.url must begin with sqlite: or postgres: (see config.default.toml)")]
    UnknownEngine,
    /// The URL cannot be read.
    #[error(
        "database.url cannot be read as a database URL; expected sqlite://FILE or postgres://USER@HOST/NAME"
    )]
    BadUrl,
    /// SQLite has no row security.
    #[error(
        "profile = \"production\" refuses SQLite: row security needs PostgreSQL 15 or later; set database.url to a postgres:// URL"
    )]
    SqliteInProduction,
    /// The role could see past the row policies.
    #[error(
        "the database role {role} {why}, so row security would not hold; connect as a role that is a member of {SERVICE_ROLE} and nothing more"
    )]
    UnsafeRole {
        /// The role of the connection.
        role: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// There is no such SQLite file.
    #[error(
        "there is no database at {0}: check the name, or make it with `alongside migrate up` or `alongside demo`"
    )]
    NoFile(String),
    /// The server is older than the constraints and policies need.
    #[error("the database runs PostgreSQL {0}; Alongside needs version 15 or later")]
    OldServer(i32),
    /// The database does not answer.
    #[error("the database cannot be reached: {0}")]
    Unreachable(String),
}

/// The engine behind a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// PostgreSQL 15 or later.
    Postgres,
    /// Embedded SQLite.
    Sqlite,
}

impl Engine {
    /// The engine that `url` names.
    ///
    /// # Errors
    ///
    /// [`ConnectError::UnknownEngine`].
    pub fn of(url: &str) -> Result<Self, ConnectError> {
        if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            Ok(Self::Postgres)
        } else if url.starts_with("sqlite:") {
            Ok(Self::Sqlite)
        } else {
            Err(ConnectError::UnknownEngine)
        }
    }
}

impl Db {
    /// Opens the pools of `settings`.
    ///
    /// # Errors
    ///
    /// [`ConnectError`]: the message says what to change.
    pub async fn connect(
        settings: &DatabaseSettings,
        profile: Profile,
    ) -> Result<Self, ConnectError> {
        let pools = match Engine::of(&settings.url)? {
            Engine::Sqlite if profile == Profile::Production => {
                return Err(ConnectError::SqliteInProduction);
            }
            Engine::Sqlite => sqlite(settings).await?,
            Engine::Postgres => postgres(settings, profile).await?,
        };
        Ok(Self { pools, tally: std::sync::Arc::default() })
    }
}

async fn sqlite(settings: &DatabaseSettings) -> Result<Pools, ConnectError> {
    let options = SqliteConnectOptions::from_str(&settings.url)
        .map_err(|_| ConnectError::BadUrl)?
        // Migrations make the file: a mistyped name must not become an empty database.
        .create_if_missing(false)
        .foreign_keys(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_millis(settings.lock_timeout_ms))
        .disable_statement_logging();
    let pool = |size: u32| {
        SqlitePoolOptions::new()
            .max_connections(size)
            .acquire_timeout(Duration::from_millis(settings.pool_timeout_ms))
            .test_before_acquire(false)
    };
    refuse_missing_file(&settings.url)?;
    let write = pool(1).connect_with(options.clone()).await.map_err(unreachable)?;
    let read = pool(settings.read_connections)
        .connect_with(options.pragma("query_only", "on"))
        .await
        .map_err(unreachable)?;
    Ok(Pools::Sqlite { read, write })
}

/// Refuses the URL of a SQLite file that is not there.
///
/// # Errors
///
/// [`ConnectError::NoFile`] with its name, and errors for what is no URL of a database.
pub fn refuse_missing_file(url: &str) -> Result<(), ConnectError> {
    if Engine::of(url)? == Engine::Postgres {
        return Ok(());
    }
    let options = SqliteConnectOptions::from_str(url).map_err(|_| ConnectError::BadUrl)?;
    let file = options.get_filename();
    if file.exists() { Ok(()) } else { Err(ConnectError::NoFile(file.display().to_string())) }
}

async fn postgres(settings: &DatabaseSettings, profile: Profile) -> Result<Pools, ConnectError> {
    let options = postgres_options(&settings.url)?;
    let options = if steps_down(settings, profile) {
        options.options([("role", SERVICE_ROLE)])
    } else {
        options
    };
    say_why_unreachable(&options).await?;
    let limited = |statement_timeout: u64| {
        options.clone().options([
            ("statement_timeout", statement_timeout.to_string()),
            ("lock_timeout", settings.lock_timeout_ms.to_string()),
            ("idle_in_transaction_session_timeout", settings.idle_timeout_ms.to_string()),
            // Statements are short: compiling one takes longer than running it.
            ("jit", "off".to_owned()),
        ])
    };
    let pool = |size: u32| {
        PgPoolOptions::new()
            .max_connections(size)
            .acquire_timeout(Duration::from_millis(settings.pool_timeout_ms))
            .test_before_acquire(false)
    };
    let write = pool(settings.write_connections)
        .connect_with(limited(settings.write_timeout_ms))
        .await
        .map_err(unreachable)?;
    // Few use them, so none is opened before.
    let facts = pool(settings.read_connections.min(MOST_FOR_FACTS))
        .connect_lazy_with(limited(settings.read_timeout_ms));
    refuse_old_server(&write).await?;
    refuse_unsafe_role(&write, profile).await?;
    let read = pipes(settings, &limited(settings.read_timeout_ms))?;
    // What is wrong shows now, not at the first request.
    let first = read.get().await.map(drop);
    first.map_err(|error| ConnectError::Unreachable(DbFault::from(error).to_string()))?;
    Ok(Pools::Postgres { read, facts, write })
}

/// Most connections for the reads of services.
const MOST_FOR_FACTS: u32 = 2;

/// The pool of reads: as `options`, which do not tell what is secret.
fn pipes(settings: &DatabaseSettings, options: &PgConnectOptions) -> Result<Pipes, ConnectError> {
    let url = Url::parse(&settings.url).map_err(|_| ConnectError::BadUrl)?;
    // The first name that the URL has, else the variable that libpq reads.
    let said = |names: &[&str], variable| {
        let named = url.query_pairs().find(|(name, _)| names.contains(&&**name));
        named.map(|(_, value)| value.into_owned()).or_else(|| std::env::var(variable).ok())
    };
    let mut config = Config::new();
    match options.get_socket() {
        Some(folder) => config.host_path(folder),
        None => config.host(options.get_host()),
    };
    config
        .port(options.get_port())
        .user(options.get_username())
        .application_name("alongside")
        .ssl_mode(match options.get_ssl_mode() {
            PgSslMode::Disable | PgSslMode::Allow => SslMode::Disable,
            PgSslMode::Prefer => SslMode::Prefer,
            PgSslMode::Require | PgSslMode::VerifyCa | PgSslMode::VerifyFull => SslMode::Require,
        })
        // What sqlx sets besides. To plan a statement takes longer than to read what an answer needs, and the plans
        // that hold for any parameter walk indexes.
        .options(format!(
            "{} -c plan_cache_mode=force_generic_plan -c TimeZone=UTC -c DateStyle=ISO,MDY -c extra_float_digits=2",
            options.get_options().unwrap_or_default()
        ));
    if let Some(name) = options.get_database() {
        config.dbname(name);
    }
    let password = url.password().and_then(|text| percent_decode_str(text).decode_utf8().ok());
    if let Some(password) =
        password.map(Cow::into_owned).or_else(|| said(&["password"], "PGPASSWORD"))
    {
        config.password(password);
    }
    let files = Files {
        roots: said(&["sslrootcert", "ssl-root-cert", "ssl-ca"], "PGSSLROOTCERT"),
        certificate: said(&["sslcert", "ssl-cert"], "PGSSLCERT"),
        key: said(&["sslkey", "ssl-key"], "PGSSLKEY"),
    };
    let tls = tls::connector(options.get_ssl_mode(), &files).map_err(ConnectError::Unreachable)?;
    let patience = Some(Duration::from_millis(settings.pool_timeout_ms));
    Pipes::builder(Dialler { config, tls })
        .max_size(settings.read_connections as usize)
        .wait_timeout(patience)
        .create_timeout(patience)
        .queue_mode(QueueMode::Lifo)
        .runtime(Runtime::Tokio1)
        .build()
        .map_err(|error| ConnectError::Unreachable(error.to_string()))
}

/// Opens and closes one connection: its error says what is wrong, where a pool's says that time ran out.
async fn say_why_unreachable(options: &PgConnectOptions) -> Result<(), ConnectError> {
    options.connect().await.map_err(unreachable)?.close().await.map_err(unreachable)
}

/// Without an owner of its own, a demonstration uses one URL for both: it migrates as that role and
/// then serves as the group role, which owns nothing. Production needs two roles.
fn steps_down(settings: &DatabaseSettings, profile: Profile) -> bool {
    profile == Profile::Demo && settings.owner_url.is_none()
}

/// The oldest PostgreSQL that is known to work, as `server_version_num` gives it.
const OLDEST_POSTGRES: i32 = 150_000;

/// Refuses a server that is too old.
async fn refuse_old_server(pool: &PgPool) -> Result<(), ConnectError> {
    let version: i32 = sqlx::query("select current_setting('server_version_num')::integer")
        .fetch_one(pool)
        .await
        .map_err(unreachable)?
        .get(0);
    if version < OLDEST_POSTGRES { Err(ConnectError::OldServer(version / 10_000)) } else { Ok(()) }
}

/// Refuses a role that PostgreSQL's row security would not bind.
async fn refuse_unsafe_role(pool: &PgPool, profile: Profile) -> Result<(), ConnectError> {
    let row = sqlx::query(
        // Rights come from every role that the login can become. A demonstration has stepped down.
        "select u.name::text, \
           exists (select from pg_roles r where r.rolsuper and pg_has_role(u.name, r.oid, 'member')), \
           exists (select from pg_roles r where r.rolbypassrls and pg_has_role(u.name, r.oid, 'member')), \
           exists (select from pg_class c where c.relkind in ('r', 'p') \
             and pg_has_role(u.name, c.relowner, 'member') \
             and c.relnamespace = current_schema()::regnamespace) \
         from (select case when $1 then session_user else current_user end as name) u",
    )
    .bind(profile == Profile::Production)
    .fetch_one(pool)
    .await
    .map_err(unreachable)?;
    let role: String = row.get(0);
    let why = if row.get(1) {
        "is, or can become, a superuser"
    } else if row.get(2) {
        "has, or can gain, BYPASSRLS"
    } else if row.get(3) {
        "owns the tables, or can become their owner"
    } else {
        return Ok(());
    };
    Err(ConnectError::UnsafeRole { role, why })
}

/// A connection for migrations, as the owner of the tables.
///
/// # Errors
///
/// [`ConnectError`]: the message says what to change.
pub async fn connect_owner(
    settings: &DatabaseSettings,
) -> Result<DatabaseConnection, ConnectError> {
    let url = settings.owner_url.as_ref().unwrap_or(&settings.url);
    let mut options = ConnectOptions::new(url.clone());
    options
        .max_connections(1)
        .sqlx_logging(false)
        .acquire_timeout(Duration::from_secs(10))
        .map_sqlx_sqlite_opts(|options| {
            options.create_if_missing(true).foreign_keys(true).journal_mode(SqliteJournalMode::Wal)
        })
        .map_sqlx_postgres_opts(|options| options.options([("lock_timeout", "2000")]));
    if Engine::of(url)? == Engine::Postgres {
        say_why_unreachable(&postgres_options(url)?).await?;
    }
    Database::connect(options).await.map_err(|error| ConnectError::Unreachable(error.to_string()))
}

fn postgres_options(url: &str) -> Result<PgConnectOptions, ConnectError> {
    Ok(PgConnectOptions::from_str(url)
        .map_err(|_| ConnectError::BadUrl)?
        .application_name("alongside")
        .disable_statement_logging())
}

/// The driver's message holds no secret: it names the host, the file or the role.
fn unreachable(error: sqlx::Error) -> ConnectError {
    ConnectError::Unreachable(error.to_string())
}
