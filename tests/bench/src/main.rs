//! Takes the time of the service and of what others would build, on one database.
//!
//! Started by `tests/bench/run.sh`, which fills the database. Answers are compared before any time is taken.
#![expect(clippy::print_stdout, reason = "the report is for whoever started it")]

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Bytes;
use clap::Parser;
use serde_json::{Value, json};

mod copy;
mod database;
mod load;
mod process;
mod profile;
mod questions;
mod report;
mod targets;
mod write;

use database::Database;
use load::{Asked, Connection, Fault, Turns};
use process::Tree;
use questions::{Question, questions};
use report::{Found, Turn};
use targets::{Surroundings, TARGETS, Target};

/// What is measured, and how long.
#[derive(Parser)]
struct Options {
    /// How often each target has its turn.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// How long a turn is.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Connections of the load.
    #[arg(long, default_value_t = 32)]
    connections: usize,
    /// The size of the database, for the report.
    #[arg(long, default_value_t = 1)]
    scale: u32,
    /// Questions to ask, all by default.
    #[arg(long, value_delimiter = ',')]
    questions: Vec<String>,
    /// Targets to measure, all by default.
    #[arg(long, value_delimiter = ',')]
    targets: Vec<String>,
    /// Tells where the service's processor time goes.
    #[arg(long)]
    profile: bool,
    /// The command that started this, for the report.
    #[arg(long, default_value = "")]
    command: String,
}

impl Options {
    fn asks(&self, question: &str) -> bool {
        self.questions.is_empty() || self.questions.iter().any(|name| name == question)
    }

    fn long(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }
}

/// Answers before the first turn of a target and question.
const WARM_UP: Duration = Duration::from_millis(700);

/// How long perf may take until it samples: on a busy machine it is slow to begin.
const PERF_STARTS: Duration = Duration::from_secs(4);

/// Answers over which statements are counted.
const COUNTED: usize = 40;

fn main() -> Result<(), Fault> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(bench(&Options::parse()))
}

fn variable(name: &str) -> Result<String, Fault> {
    std::env::var(name).map_err(|_| format!("{name} is not set: start tests/bench/run.sh").into())
}

fn surroundings() -> Result<Surroundings, Fault> {
    let folder = PathBuf::from(variable("BENCH_FOLDER")?);
    let tokens = serde_json::from_slice(&std::fs::read(folder.join("tokens.json"))?)?;
    let binaries = std::env::current_exe()?;
    Ok(Surroundings {
        folder,
        bench: PathBuf::from(env!("CARGO_MANIFEST_DIR")),
        binaries: binaries.parent().ok_or("no folder of binaries")?.to_owned(),
        node: PathBuf::from(variable("BENCH_NODE")?),
        app: variable("BENCH_APP")?,
        tokens,
    })
}

async fn bench(options: &Options) -> Result<(), Fault> {
    let around = surroundings()?;
    let database = Database::connect(&variable("BENCH_SUPERUSER")?).await?;
    let postgres = Tree(variable("BENCH_POSTGRES_PID")?.parse()?);
    let versions = versions(&around, &database).await?;
    println!("{}\n{}", options.command, serde_json::to_string_pretty(&versions)?);
    let mut targets = Vec::new();
    for (port, (name, title)) in (18_431..).zip(TARGETS) {
        if options.targets.is_empty() || options.targets.iter().any(|asked| asked == name) {
            if name == "alongside-sqlite" {
                println!("copying the database for SQLite");
                let service = around.binaries.join("alongside");
                copy::into_sqlite(database.pool(), &service, &around.sqlite()).await?;
            }
            targets.push(Target::start(name, port, &around)?);
            println!("{name}: {title}");
        }
    }
    let bench =
        Bench { options, around: &around, database: &database, postgres, targets: &targets };
    let limit = bench.limit_of_load().await?;
    let mut results = Vec::new();
    for question in questions().iter().filter(|question| options.asks(question.name)) {
        let found = bench.question(question).await?;
        println!("{}", report::table(question.name, question.title, &found));
        results.push(report::json(question.name, question.title, &found));
    }
    let written = if options.asks("write") { bench.write().await? } else { None };
    if options.profile {
        bench.profile().await?;
    }
    let results = json!({
        "command": options.command, "versions": versions, "scale": options.scale,
        "rounds": options.rounds, "seconds": options.seconds, "connections": options.connections,
        "loadLimitPerSecond": limit, "questions": results, "write": written,
    });
    let name = format!("{}.json", date(&database).await?);
    let file = around.bench.join("results").join(name);
    std::fs::write(&file, serde_json::to_string_pretty(&results)?)?;
    println!("\nkept in {}", file.display());
    Ok(())
}

/// The instant by the database's clock, as the name of a file.
async fn date(database: &Database) -> Result<String, Fault> {
    database.text("select to_char(now() at time zone 'utc', 'YYYY-MM-DD\"T\"HH24MISS')").await
}

async fn versions(around: &Surroundings, database: &Database) -> Result<Value, Fault> {
    let node = std::process::Command::new(&around.node).arg("--version").output()?;
    let packages: Value =
        serde_json::from_slice(&std::fs::read(around.bench.join("package.json"))?)?;
    Ok(json!({
        "alongside": env!("CARGO_PKG_VERSION"),
        "postgresql": database.text("show server_version").await?,
        "node": String::from_utf8_lossy(&node.stdout).trim(),
        "packages": packages["dependencies"],
        "processors": std::thread::available_parallelism().map_or(0, std::num::NonZero::get),
        "load": std::fs::read_to_string("/proc/loadavg").unwrap_or_default().trim(),
    }))
}

/// A run.
struct Bench<'a> {
    options: &'a Options,
    around: &'a Surroundings,
    database: &'a Database,
    postgres: Tree,
    targets: &'a [Target],
}

/// A target with its requests for one question.
struct Ready<'a> {
    target: &'a Target,
    asked: Arc<Vec<Asked>>,
}

impl Bench<'_> {
    fn turns(&self, asked: &Arc<Vec<Asked>>) -> Vec<Arc<Mutex<Turns>>> {
        let one = |at| Arc::new(Mutex::new(Turns { asked: Arc::clone(asked), at }));
        (0..self.options.connections).map(one).collect()
    }

    /// What the load could do if answers took no work, so that nobody takes it for the targets' limit.
    async fn limit_of_load(&self) -> Result<Option<f64>, Fault> {
        let Some(endpoint) = self.targets.iter().find(|t| ["json", "flat"].contains(&t.name))
        else {
            return Ok(None);
        };
        let asked = Asked {
            path: "/nothing".to_owned(),
            headers: Vec::new(),
            body: Bytes::from_static(b"{}"),
            beginning: Bytes::from_static(b"{}"),
        };
        let turns = self.turns(&Arc::new(vec![asked]));
        let times = load::run(endpoint.port, &turns, Duration::from_secs(2)).await?;
        println!("the load asks an endpoint that does nothing {:.0} times a second", times.rate());
        Ok(Some(times.rate()))
    }

    async fn question(&self, question: &Question) -> Result<Vec<Found>, Fault> {
        let ready = self.same_answers(question).await?;
        let mut found = Vec::new();
        for Ready { target, asked } in &ready {
            let (statements, executing) = self.statements(target, asked).await?;
            let bytes = asked[0].beginning.len();
            let turns = Vec::new();
            found.push(Found { target: target.name, turns, bytes, statements, executing });
            load::run(target.port, &self.turns(asked), WARM_UP).await?;
        }
        for round in 0..self.options.rounds {
            for place in 0..ready.len() {
                // Each round begins with another target: who comes after whom must not matter.
                let place = (place + round) % ready.len();
                let Ready { target, asked } = &ready[place];
                let turn = self.turn(target, asked).await;
                found[place].turns.push(turn.map_err(|e| format!("{}: {e}", target.name))?);
            }
        }
        Ok(found)
    }

    async fn turn(&self, target: &Target, asked: &Arc<Vec<Asked>>) -> Result<Turn, Fault> {
        let tree = target.tree();
        tree.forget_peak();
        let (own, database) = (tree.seconds(), self.postgres.seconds());
        let times = load::run(target.port, &self.turns(asked), self.options.long()).await?;
        let each = 1e6 / times.micros.len() as f64;
        Ok(Turn {
            rate: times.rate(),
            half: times.within(0.5),
            most: times.within(0.99),
            own: (tree.seconds() - own) * each,
            database: (self.postgres.seconds() - database) * each,
            memory: tree.peak(),
        })
    }

    /// The requests of each target with the beginnings of their answers; fails if answers differ.
    async fn same_answers(&self, question: &Question) -> Result<Vec<Ready<'_>>, Fault> {
        let mut ready = Vec::new();
        let mut right: Option<Vec<Value>> = None;
        for target in self.targets {
            let Some(mut asked) = target.requests(question, self.around)? else { continue };
            let mut connection = Connection::open(target.port).await?;
            let mut answers = Vec::with_capacity(asked.len());
            for asked in &mut asked {
                let answer =
                    connection.ask(asked).await.map_err(|e| format!("{}: {e}", target.name))?;
                let value: Value = serde_json::from_slice(&answer)?;
                if value["data"].is_null() || !value["errors"].is_null() {
                    let text = load::text(&answer);
                    return Err(
                        format!("{} fails at {}: {text}", target.name, question.name).into()
                    );
                }
                answers.push(targets::normal(value));
                asked.beginning = beginning(&answer);
            }
            match &right {
                None => right = Some(answers),
                Some(right) => {
                    if let Some((ours, theirs)) = right.iter().zip(&answers).find(|(a, b)| a != b) {
                        let (ours, theirs) = (ours.to_string(), theirs.to_string());
                        let at =
                            ours.bytes().zip(theirs.bytes()).take_while(|(a, b)| a == b).count();
                        let from = at.saturating_sub(80);
                        return Err(format!(
                            "{} answers {} otherwise than {}:\n{}\n{}",
                            target.name,
                            question.name,
                            self.targets[0].name,
                            load::text(&ours.as_bytes()[from..]),
                            load::text(&theirs.as_bytes()[from..]),
                        )
                        .into());
                    }
                }
            }
            ready.push(Ready { target, asked: Arc::new(asked) });
        }
        Ok(ready)
    }

    /// Statements of each answer, and the milliseconds in which PostgreSQL executed them.
    async fn statements(&self, target: &Target, asked: &[Asked]) -> Result<(f64, f64), Fault> {
        let mut connection = Connection::open(target.port).await?;
        self.database.forget_statements().await?;
        for asked in asked.iter().cycle().take(COUNTED) {
            connection.ask(asked).await?;
        }
        let (statements, executing) = self.database.statements().await?;
        Ok((statements / COUNTED as f64, executing / COUNTED as f64))
    }

    /// Says something to whoever started this.
    fn say(&self, text: &str) {
        println!("{text}");
    }

    async fn profile(&self) -> Result<(), Fault> {
        let Some(target) = self.targets.iter().find(|target| target.name == "alongside") else {
            return Ok(());
        };
        for question in questions().iter().filter(|question| self.options.asks(question.name)) {
            let Some(asked) = target.requests(question, self.around)? else { continue };
            let turns = self.turns(&Arc::new(asked));
            let work = load::run(target.port, &turns, self.options.long() + PERF_STARTS);
            println!(
                "\n{}",
                profile::of(
                    target.tree(),
                    question.name,
                    &self.around.folder,
                    self.options.seconds,
                    work
                )
                .await?
            );
        }
        Ok(())
    }
}

/// An answer up to what may differ the next time.
fn beginning(answer: &Bytes) -> Bytes {
    let mark = b",\"extensions\"";
    let end = answer.windows(mark.len()).rposition(|window| window == mark);
    answer.slice(..end.unwrap_or(answer.len()))
}
