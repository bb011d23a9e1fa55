//! A database per test, on each engine.

use std::future::Future;
use std::path::Path;

use alongside::clock::{Source as _, SystemSource};
use alongside::config::{DatabaseSettings, Profile};
use alongside::db::{Db, connect_owner};
use migration::Migrator;
use sea_orm::{ConnectionTrait as _, DatabaseConnection};
use sea_orm_migration::MigratorTrait as _;
use tempfile::TempDir;
use tokio::sync::OnceCell;
use uuid::Uuid;

use crate::eye::Eye;

/// The engine that a test runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// A file of its own per test.
    Sqlite,
    /// A schema of its own per test.
    Postgres,
}

impl Engine {
    /// `id` as a literal of this engine's SQL.
    #[must_use]
    pub fn uuid(self, id: Uuid) -> String {
        match self {
            Self::Sqlite => format!("x'{}'", id.simple()),
            Self::Postgres => format!("'{id}'::uuid"),
        }
    }

    /// The identifier in `column` as text of 32 hexadecimal digits; empty where there is none.
    #[must_use]
    pub fn hex(self, column: &str) -> String {
        match self {
            Self::Sqlite => format!("lower(hex({column}))"),
            Self::Postgres => format!("coalesce(replace({column}::text, '-', ''), '')"),
        }
    }
}

/// What a test is given: opened before it, closed after it.
pub trait Fixture: Sized {
    /// Opens it on `engine`.
    fn open(engine: Engine) -> impl Future<Output = Self>;
    /// A handle for the test, while this one stays for [`close`](Self::close).
    fn lend(&self) -> Self;
    /// Checks what must hold after every test, and closes it.
    fn close(self) -> impl Future<Output = ()>;
}

/// Runs `rule` with a fixture of its own on `engine`.
pub async fn run<T: Fixture, W: Future<Output = ()>>(engine: Engine, rule: impl FnOnce(T) -> W) {
    let fixture = T::open(engine).await;
    rule(fixture.lend()).await;
    fixture.close().await;
}

/// Makes two tests of each rule, `NAME::sqlite` and `NAME::postgres`:
///
/// ```text
/// on_both_databases! {
///     async fn a_rule_in_words(world: World) { … }
/// }
/// ```
///
/// The parameter may be any [`Fixture`](crate::engines::Fixture): a [`World`](crate::World), or a bare
/// [`Database`](crate::Database) without tables.
#[macro_export]
macro_rules! on_both_databases {
    ($(async fn $name:ident($fixture:ident: $ty:ty $(,)?) $body:block)+) => {$(
        mod $name {
            use super::*;

            async fn rule($fixture: $ty) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                $crate::engines::run($crate::Engine::Sqlite, rule).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                $crate::engines::run($crate::Engine::Postgres, rule).await;
            }
        }
    )+};
}

/// Makes one test of each rule that only PostgreSQL knows: row security, roles, its own protocol.
#[macro_export]
macro_rules! on_postgres {
    ($(async fn $name:ident($fixture:ident: $ty:ty $(,)?) $body:block)+) => {$(
        mod $name {
            use super::*;

            async fn rule($fixture: $ty) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                $crate::engines::run($crate::Engine::Postgres, rule).await;
            }
        }
    )+};
}

/// Makes one test of each rule that only SQLite knows.
#[macro_export]
macro_rules! on_sqlite {
    ($(async fn $name:ident($fixture:ident: $ty:ty $(,)?) $body:block)+) => {$(
        mod $name {
            use super::*;

            async fn rule($fixture: $ty) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                $crate::engines::run($crate::Engine::Sqlite, rule).await;
            }
        }
    )+};
}

/// Makes a fixture of this name: a [`World`](crate::World) with settings of its own.
///
/// ```text
/// world_with! {
///     /// A world in which …
///     Small, |config| config.server.max_connections = 2
/// }
/// ```
#[macro_export]
macro_rules! world_with {
    ($(#[$about:meta])* $name:ident, $change:expr) => {
        $(#[$about])*
        struct $name($crate::World);

        impl std::ops::Deref for $name {
            type Target = $crate::World;

            fn deref(&self) -> &$crate::World {
                &self.0
            }
        }

        impl $crate::engines::Fixture for $name {
            async fn open(engine: $crate::Engine) -> Self {
                Self($crate::World::with(engine, $change).await)
            }

            fn lend(&self) -> Self {
                Self(self.0.clone())
            }

            async fn close(self) {
                self.0.finish().await;
            }
        }
    };
}

/// A database of one test's own: gone with the last handle to it.
#[derive(Clone)]
pub struct Database {
    /// The engine.
    pub engine: Engine,
    /// The service's connection.
    pub url: String,
    /// The connection of the tables' owner.
    pub owner_url: String,
    /// Sees every row, past every policy.
    pub eye: Eye,
    place: std::sync::Arc<Place>,
}

/// Where a database lives, and how it goes.
enum Place {
    Folder(TempDir),
    Schema(Schema),
}

impl Database {
    /// A database without tables.
    pub async fn empty(engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => Self::file(None).await,
            Engine::Postgres => Self::schema().await,
        }
    }

    /// A database with every migration applied.
    pub async fn migrated(engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => Self::file(Some(template().await)).await,
            Engine::Postgres => {
                let database = Self::schema().await;
                migrate(&database).await;
                database
            }
        }
    }

    async fn file(template: Option<&Path>) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the database");
        let file = folder.path().join("test.sqlite");
        if let Some(template) = template {
            std::fs::copy(template, &file).expect("a copy of the migrated database");
        }
        let url = format!("sqlite://{}", file.display());
        let eye = Eye::open(Engine::Sqlite, &format!("{url}?mode=rwc")).await;
        let place = Place::Folder(folder).into();
        Self { engine: Engine::Sqlite, owner_url: url.clone(), url, eye, place }
    }

    async fn schema() -> Self {
        let schema = format!("test_{}", SystemSource.id().simple());
        let url = |role: &str| format!("{}?options[search_path]={schema},public", server(role));
        let (url, owner_url, eye_url) = (url("APP"), url("OWNER"), url("SUPERUSER"));
        execute(&owner_url, &format!("create schema {schema}")).await;
        let eye = Eye::open(Engine::Postgres, &eye_url).await;
        let place = Place::Schema(Schema { name: schema, owner_url: owner_url.clone() }).into();
        Self { engine: Engine::Postgres, url, owner_url, eye, place }
    }

    /// The settings of a service on this database, with generous time-outs for a busy machine.
    #[must_use]
    pub fn settings(&self) -> DatabaseSettings {
        DatabaseSettings {
            url: self.url.clone(),
            owner_url: Some(self.owner_url.clone()),
            read_connections: 4,
            write_connections: 8,
            pool_timeout_ms: 30_000,
            lock_timeout_ms: 20_000,
            read_timeout_ms: 20_000,
            write_timeout_ms: 20_000,
            idle_timeout_ms: 20_000,
        }
    }

    /// The service's door to this database, with one connection for reads and one for writes.
    pub async fn narrow_door(&self) -> Db {
        let settings =
            DatabaseSettings { read_connections: 1, write_connections: 1, ..self.settings() };
        Db::connect(&settings, Profile::Demo).await.expect("the door opens")
    }

    /// A connection as the owner of the tables, as migrations have it.
    pub async fn owner(&self) -> DatabaseConnection {
        connect_owner(&self.settings()).await.expect("the owner can connect")
    }

    /// The schema on PostgreSQL; the file on SQLite.
    #[must_use]
    pub fn name(&self) -> String {
        match &*self.place {
            Place::Folder(folder) => folder.path().join("test.sqlite").display().to_string(),
            Place::Schema(schema) => schema.name.clone(),
        }
    }
}

impl Fixture for Database {
    async fn open(engine: Engine) -> Self {
        Self::empty(engine).await
    }

    fn lend(&self) -> Self {
        self.clone()
    }

    async fn close(self) {
        self.eye.close().await;
    }
}

/// The URL of the throw-away server for `role`, as `tests/run.sh` names it.
fn server(role: &str) -> String {
    std::env::var(format!("ALONGSIDE_TEST_POSTGRES_{role}"))
        .expect("start the servers: ./tests/run.sh")
}

/// Runs one statement on a connection of its own.
async fn execute(url: &str, sql: &str) {
    let connection = sea_orm::Database::connect(url).await.expect("the server of ./tests/run.sh");
    connection.execute_unprepared(sql).await.expect("the statement runs");
    connection.close().await.expect("the connection closes");
}

/// Applies every migration as the owner.
async fn migrate(database: &Database) {
    let owner = database.owner().await;
    Migrator::up(&owner, None).await.expect("the migrations apply");
    owner.close().await.expect("the connection closes");
}

/// A migrated SQLite file, made once per process and copied by every test.
async fn template() -> &'static Path {
    static TEMPLATE: OnceCell<Database> = OnceCell::const_new();
    let database = TEMPLATE
        .get_or_init(|| async {
            let database = Database::file(None).await;
            migrate(&database).await;
            database.eye.execute("pragma wal_checkpoint(truncate)").await.expect("one plain file");
            database.eye.clone().close().await;
            database
        })
        .await;
    match &*database.place {
        Place::Folder(folder) => Box::leak(folder.path().join("test.sqlite").into_boxed_path()),
        Place::Schema(_) => unreachable!("SQLite lives in a file"),
    }
}

/// A schema that goes when it is dropped.
struct Schema {
    name: String,
    owner_url: String,
}

impl Drop for Schema {
    fn drop(&mut self) {
        let drop_schema = format!("set lock_timeout = '10s'; drop schema {} cascade", self.name);
        let url = self.owner_url.clone();
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(execute(&url, &drop_schema));
        });
        // A failed drop leaves a schema on a throw-away server and must not hide why a test failed.
        let _ = dropping.join();
    }
}
