//! `alongside import curriculum <file>`.

use std::path::Path;
use std::process::ExitCode;

use crate::actor::Identity;
use crate::cli::{Done, open};
use crate::command::{self, Outcome, Request};
use crate::config::Config;
use crate::import::curriculum::{self, Fate, KIND, Report};
use crate::import::run::file_hash;
use crate::programme::document;
use crate::refusal::Refusal;

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
        Err(faults) => return Ok(refused(&faults)),
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
        Box::pin(async move { curriculum::import(unit, &file, &hash).await })
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

/// One line for each fault, with its place.
pub(super) fn refused(faults: &[Refusal]) -> ExitCode {
    for fault in faults {
        let place = place(fault);
        let colon = if place.is_empty() { "" } else { ": " };
        eprintln!("{place}{colon}{}", fault.message);
    }
    eprintln!("alongside: nothing was imported: {} faults in the file", faults.len());
    ExitCode::FAILURE
}

/// The place of a fault as the file has it: `modules[3].title`, counted from 1.
fn place(fault: &Refusal) -> String {
    let mut place = String::new();
    for part in fault.path.iter().skip(1) {
        match part.parse::<usize>() {
            Ok(index) => place.push_str(&format!("[{}]", index + 1)),
            Err(_) if place.is_empty() => place.push_str(part),
            Err(_) => place.push_str(&format!(".{}", snake(part))),
        }
    }
    place
}

/// `taughtMinutes` as the file calls it: `taught_minutes`.
fn snake(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

fn print(report: &Report, dry_run: bool) {
    if dry_run {
        println!("dry run: nothing was written");
    }
    let Report { code, number, new_programme, fate, modules, version: _, open } = report;
    if *new_programme {
        println!("programme {code} created");
    }
    let fate = match fate {
        Fate::Created => "drafted",
        Fate::Rewritten => "draft rewritten",
        Fate::Unchanged => "unchanged",
    };
    println!("{code}@{number} {fate}, {modules} modules");
    for what in open {
        println!("  before it can be published: {what}");
    }
}
