//! `alongside import <kind> <file>`.

mod curriculum;
mod instrument;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Subcommand;
use indicatif::{ProgressBar, ProgressStyle};

use super::{Done, Failure, open};
use crate::actor::Identity;
use crate::command::{self, Outcome, Request};
use crate::config::Config;
use crate::core::Core;
use crate::import::ods_file;
use crate::import::ods_trusts::{self, Fate, Report};

#[derive(Subcommand)]
pub(super) enum Command {
    /// NHS trusts, from the published file of 27 columns without a header.
    OdsTrusts {
        /// The file.
        file: PathBuf,
        /// Where to write the report of every row as JSON.
        #[arg(long, value_name = "FILE")]
        report: Option<PathBuf>,
        /// The database; the configured one if absent.
        #[arg(long)]
        database: Option<String>,
        /// Only report what would change; write nothing.
        #[arg(long)]
        dry_run: bool,
        /// Print a line for every row.
        #[arg(long)]
        rows: bool,
    },
    /// A readiness instrument, as the file that `export instrument` writes: it becomes a draft.
    ///
    /// Of a new version, `follows = ["1.0:2.3"]` at an indicator names those of earlier versions that it follows, by
    /// version and code: trends lead over versions by them.
    Instrument {
        /// The file.
        file: PathBuf,
        /// The database; the configured one if absent.
        #[arg(long)]
        database: Option<String>,
        /// Only report what would change; write nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// A curriculum, as the file that `export curriculum` writes: it becomes a draft.
    Curriculum {
        /// The file.
        file: PathBuf,
        /// The database; the configured one if absent.
        #[arg(long)]
        database: Option<String>,
        /// Only report what would change; write nothing.
        #[arg(long)]
        dry_run: bool,
    },
}

pub(super) async fn run(mut config: Config, command: Command) -> Done {
    let (file, report, database, dry_run, rows) = match command {
        Command::OdsTrusts { file, report, database, dry_run, rows } => {
            (file, report, database, dry_run, rows)
        }
        Command::Curriculum { file, database, dry_run } => {
            return curriculum::run(config, &file, database, dry_run).await;
        }
        Command::Instrument { file, database, dry_run } => {
            return instrument::run(config, &file, database, dry_run).await;
        }
    };
    if let Some(url) = database {
        config.database.url = url;
    }
    let bytes = std::fs::read(&file).map_err(|e| format!("cannot read {}: {e}", file.display()))?;
    let core = open(&config).await?;
    let outcome = trusts(&core, &bytes, dry_run).await;
    core.db().close().await;
    let Some(done) = outcome? else { return Ok(ExitCode::FAILURE) };
    if rows {
        print_rows(&done);
    }
    print_summary(&done, dry_run);
    if let Some(path) = report {
        write_report(&path, &done)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Imports a file with a progress bar; `None` if it is broken, with every broken row printed.
pub(super) async fn trusts(
    core: &Core,
    bytes: &[u8],
    dry_run: bool,
) -> Result<Option<Report>, Failure> {
    let parsed = match ods_file::read(bytes) {
        Ok(parsed) => Arc::new(parsed),
        Err(faults) => {
            for fault in &faults {
                let column = fault.column.map(|column| format!(", {column}")).unwrap_or_default();
                eprintln!("line {}{column}: {}", fault.line, fault.problem);
            }
            let rows = faults.len();
            eprintln!("alongside: nothing was imported: {rows} faults in the file");
            return Ok(None);
        }
    };
    let bar = bar(parsed.len());
    let hash = ods_trusts::file_hash(bytes);
    let request = Request {
        identity: Identity::System("import"),
        name: ods_trusts::KIND,
        permission: None,
        idempotency_key: None,
        input_hash: hash.clone(),
        dry_run,
        request_id: "import".to_owned(),
    };
    let shared = bar.clone();
    let outcome = command::run(core, request, move |unit| {
        let (parsed, hash, bar) = (Arc::clone(&parsed), hash.clone(), shared.clone());
        Box::pin(async move {
            bar.reset();
            ods_trusts::import(unit, &parsed, &hash, &|| bar.inc(1)).await
        })
    })
    .await?;
    bar.finish_and_clear();
    match outcome {
        Outcome::Done(report) => Ok(Some(report)),
        Outcome::Refused(refusals) => {
            let reasons: Vec<String> =
                refusals.into_iter().map(|refusal| refusal.message).collect();
            Err(format!("nothing was imported: {}", reasons.join("; ")).into())
        }
    }
}

fn bar(rows: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg} {bar:40} {pos}/{len} rows, {eta} left");
    ProgressBar::new(rows as u64)
        .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        .with_message("Importing")
}

fn print_rows(report: &Report) {
    for row in &report.rows {
        let fate = match row.fate {
            Fate::Created => "created",
            Fate::Unchanged => "unchanged",
            Fate::Proposed => "proposed",
            Fate::OutOfScope => "outside England",
        };
        let closed = if row.closed { ", closed" } else { "" };
        let unassigned = if row.unassigned { ", unassigned" } else { "" };
        let fields = row.proposals.join(" ");
        println!("line {:>4}  {}  {fate}{closed}{unassigned}  {fields}", row.line, row.ods_code);
    }
}

fn print_summary(report: &Report, dry_run: bool) {
    if dry_run {
        println!("dry run: nothing was written");
    }
    println!("{} rows read", report.rows_read);
    println!(
        "{} created, {} unchanged, {} with proposals",
        report.created, report.unchanged, report.proposed
    );
    println!(
        "{} closed, {} on the unassigned list, {} outside England",
        report.closed, report.unassigned, report.out_of_scope
    );
}

fn write_report(path: &Path, report: &Report) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(report)?;
    std::fs::write(path, text).map_err(|e| format!("cannot write {}: {e}", path.display()))?;
    println!("report written to {}", path.display());
    Ok(())
}
