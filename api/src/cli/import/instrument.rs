//! `alongside import instrument <file>`.

use std::path::Path;
use std::process::ExitCode;

use super::curriculum::refused;
use crate::actor::Identity;
use crate::cli::{Done, open};
use crate::command::{self, Outcome, Request};
use crate::config::Config;
use crate::import::curriculum::Fate;
use crate::import::instrument::{self, KIND, Report};
use crate::import::run::file_hash;
use crate::readiness::document;

pub(super) async fn run(
    mut config: Config,
    path: &Path,
    database: Option<String>,
    dry_run: bool,
) -> Done {
    if let Some(url) = database {
        config.database.url = url;
    }
    let text = std::fs::read_to_string(path);
    let text = text.map_err(|e| format!("cannot read {}: {e}", path.display()))?;
    let file = match document::read(&text) {
        Ok(file) => file,
        Err(fault) => return Ok(refused(&[fault])),
    };
    let core = open(&config).await?;
    let hash = file_hash(text.as_bytes());
    let request = Request {
        identity: Identity::System("import"),
        name: KIND,
        permission: None,
        idempotency_key: None,
        input_hash: hash.clone(),
        dry_run,
        request_id: "import".to_owned(),
    };
    let outcome = command::run(&core, request, move |unit| {
        let (file, hash) = (file.clone(), hash.clone());
        Box::pin(async move { instrument::import(unit, &file, &hash).await })
    })
    .await;
    core.db().close().await;
    Ok(match outcome? {
        Outcome::Done(report) => {
            print(&report, dry_run);
            ExitCode::SUCCESS
        }
        Outcome::Refused(faults) => refused(&faults),
    })
}

fn print(report: &Report, dry_run: bool) {
    if dry_run {
        println!("dry run: nothing was written");
    }
    let Report { code, number, fate, indicators, open } = report;
    let fate = match fate {
        Fate::Created => "drafted",
        Fate::Rewritten => "draft rewritten",
        Fate::Unchanged => "unchanged",
    };
    println!("{code}@{number} {fate}, {indicators} indicators");
    for what in open {
        println!("  {what}");
    }
}
