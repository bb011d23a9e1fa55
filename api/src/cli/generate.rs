//! `alongside generate`.

use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;

use super::Done;
use crate::clock::SystemSource;
use crate::config::{Config, Profile};
use crate::core::Core;
use crate::db::Db;
use crate::demo::{self, Size};

#[derive(Args)]
pub(super) struct Options {
    /// The database; the configured one if absent.
    #[arg(long)]
    database: Option<String>,
    /// How many organisations.
    #[arg(long, value_enum, default_value_t = Size::Medium)]
    size: Size,
}

pub(super) async fn run(mut config: Config, options: Options) -> Done {
    config.profile = Profile::Demo;
    if let Some(url) = options.database {
        config.database.url = url;
    }
    let db = Db::connect(&config.database, config.profile).await?;
    let core = Core::new(db, Arc::new(SystemSource));
    let made = demo::generate(&core, options.size).await?;
    core.db().close().await;
    println!("{made} fictional organisations added");
    Ok(ExitCode::SUCCESS)
}
