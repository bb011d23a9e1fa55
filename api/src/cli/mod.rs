//! The command line: one file per subcommand. A failure is one clear line that says what to change.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the command line speaks to its user"
)]

mod demo;
mod export;
mod generate;
mod healthcheck;
mod import;
mod migrate;
mod schema;
mod serve;
mod token;
mod verify;

use std::fmt::Display;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand};

use crate::clock::SystemSource;
use crate::config::{Config, DatabaseSettings};
use crate::core::Core;
use crate::db::{Db, connect_owner};

/// Backend of a national peer support licensing network: GraphQL over HTTP.
#[derive(Parser)]
#[command(name = "alongside", version, about, propagate_version = true)]
#[command(
    after_help = "Settings: config.default.toml, then the file named by ALONGSIDE_CONFIG, then \
ALONGSIDE__SECTION__KEY, DATABASE_URL, REDIS_URL and OTEL_EXPORTER_OTLP_ENDPOINT. RUST_LOG chooses the log level."
)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the API with the configured database.
    Serve,
    /// Build a fictional network in an embedded database and serve it, with one token per role.
    Demo(demo::Options),
    /// Change the database schema.
    #[command(subcommand)]
    Migrate(migrate::Command),
    /// Import a file.
    #[command(subcommand)]
    Import(import::Command),
    /// Write a file that `import` reads.
    #[command(subcommand)]
    Export(export::Command),
    /// Print a bearer token of the demonstration.
    Token(token::Options),
    /// Print the GraphQL schema.
    Schema(schema::Options),
    /// Check every invariant over the whole database; exit 1 and list what is broken.
    Verify(verify::Options),
    /// Add fictional organisations to a demonstration database.
    Generate(generate::Options),
    /// Ask the running service whether it is ready; for containers.
    Healthcheck {
        /// The port on this machine, instead of the address in the settings.
        #[arg(long)]
        port: Option<u16>,
    },
}

/// A failure, as one line.
pub(crate) struct Failure(String);

impl<E: Display> From<E> for Failure {
    fn from(error: E) -> Self {
        // Drivers break their messages over lines; the user gets one.
        Self(error.to_string().split_whitespace().collect::<Vec<_>>().join(" "))
    }
}

/// The result of a subcommand.
pub(crate) type Done = Result<ExitCode, Failure>;

/// Runs the command and gives its exit code.
#[must_use]
pub fn run(cli: Cli) -> ExitCode {
    let done = match cli.command {
        // The schema needs no settings, no database and no runtime.
        Command::Schema(options) => schema::run(&options),
        command => runtime(command),
    };
    done.unwrap_or_else(|Failure(line)| {
        eprintln!("alongside: {line}");
        ExitCode::FAILURE
    })
}

fn runtime(command: Command) -> Done {
    let config = Config::load()?;
    let telemetry = crate::telemetry::start(&config.log, &config.telemetry)?;
    // Four threads even on two cores: one busy thread must not stop the others' answers.
    let threads = std::thread::available_parallelism().map_or(4, |n| n.get().max(4));
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build()?;
    let done = runtime.block_on(async {
        match command {
            Command::Serve => serve::run(config).await,
            Command::Demo(options) => demo::run(config, options).await,
            Command::Migrate(command) => migrate::run(config, command).await,
            Command::Import(command) => import::run(config, command).await,
            Command::Export(command) => export::run(config, command).await,
            Command::Token(options) => token::run(&config, &options),
            Command::Verify(options) => verify::run(config, options).await,
            Command::Generate(options) => generate::run(config, options).await,
            Command::Healthcheck { port } => healthcheck::run(&config, port).await,
            Command::Schema(options) => schema::run(&options),
        }
    });
    telemetry.finish();
    done
}

/// The core on a database that has every migration.
pub(crate) async fn open(config: &Config) -> Result<Core, Failure> {
    let db = Db::connect(&config.database, config.profile).await?;
    let core = Core::new(db, Arc::new(SystemSource)).with_policy(config.policy);
    refuse_pending(&core).await?;
    Ok(core)
}

/// Refuses a database that lacks migrations.
pub(crate) async fn refuse_pending(core: &Core) -> Result<(), Failure> {
    use migration::MigratorTrait as _;
    let known = migration::Migrator::migrations().len();
    match core.db().pending_migrations(known).await? {
        0 => Ok(()),
        _ => Err("the database lacks migrations: run `alongside migrate up` first".into()),
    }
}

/// Brings the schema of the database up to date.
pub(crate) async fn migrate_up(settings: &DatabaseSettings) -> Result<(), Failure> {
    use migration::MigratorTrait as _;
    let owner = connect_owner(settings).await?;
    migration::Migrator::up(&owner, None).await?;
    owner.close().await?;
    Ok(())
}
