//! `alongside migrate up | down | status`.

use std::process::ExitCode;

use clap::Subcommand;
use migration::{Migrator, MigratorTrait as _};

use super::Done;
use crate::config::Config;
use crate::db::{connect_owner, refuse_missing_file};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Apply every migration that is not applied yet.
    Up,
    /// Take back the latest migrations, and the rows in their tables.
    Down {
        /// How many to take back.
        #[arg(long, default_value_t = 1)]
        steps: u32,
    },
    /// List the migrations and whether each is applied.
    Status,
}

pub(super) async fn run(config: Config, command: Command) -> Done {
    let settings = &config.database;
    if !matches!(command, Command::Up) {
        refuse_missing_file(settings.owner_url.as_ref().unwrap_or(&settings.url))?;
    }
    let owner = connect_owner(settings).await?;
    match command {
        Command::Up => {
            let pending = Migrator::get_pending_migrations(&owner).await?.len();
            Migrator::up(&owner, None).await?;
            println!("applied {pending} migrations");
        }
        Command::Down { steps } => {
            let applied = Migrator::get_applied_migrations(&owner).await?.len();
            let steps = u32::try_from(applied).unwrap_or(u32::MAX).min(steps);
            Migrator::down(&owner, Some(steps)).await?;
            println!("took back {steps} migrations");
        }
        Command::Status => {
            for migration in Migrator::get_migration_with_status(&owner).await? {
                println!("{:<10} {}", migration.status().to_string(), migration.name());
            }
        }
    }
    owner.close().await?;
    Ok(ExitCode::SUCCESS)
}
