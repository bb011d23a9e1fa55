//! `alongside verify`.

use std::process::ExitCode;

use clap::Args;

use super::{Done, open};
use crate::config::Config;
use crate::vault::keys::Vault;
use crate::verify;

#[derive(Args)]
pub(super) struct Options {
    /// The database to check; the configured one if absent.
    #[arg(long)]
    database: Option<String>,
}

pub(super) async fn run(mut config: Config, options: Options) -> Done {
    if let Some(url) = options.database {
        config.database.url = url;
    }
    let vault = Vault::find(&config)?.unwrap_or_default();
    let core = open(&config).await?.with_vault(vault);
    let findings = verify::run(&core).await?;
    core.db().close().await;
    for check in &findings {
        let mark = if check.broken.is_empty() { "holds " } else { "BROKEN" };
        println!("{mark} {}", check.name);
        for broken in &check.broken {
            println!("       {broken}");
        }
    }
    let broken: usize = findings.iter().map(|check| check.broken.len()).sum();
    println!("{} invariants checked, {broken} violations", findings.len());
    Ok(if broken == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
