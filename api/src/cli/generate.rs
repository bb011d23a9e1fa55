//! `alongside generate`.

use std::process::ExitCode;

use clap::Args;

use super::{Done, open};
use crate::config::{Config, Profile};
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
    if config.profile == Profile::Production {
        return Err("generate adds fictional organisations: not to a production database".into());
    }
    if let Some(url) = options.database {
        config.database.url = url;
    }
    let core = open(&config).await?;
    let made = demo::generate(&core, options.size).await?;
    core.db().close().await;
    println!("{made} fictional organisations added");
    Ok(ExitCode::SUCCESS)
}
