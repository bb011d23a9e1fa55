//! What is measured: each target's process, how it is asked, and how its answers are made comparable.

use std::fs::File;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use axum::body::Bytes;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::load::{Asked, Fault};
use crate::process::Tree;
use crate::questions::{Question, Variables};

/// The targets by name, with what each is.
pub const TARGETS: [(&str, &str); 7] = [
    ("alongside", "Alongside, every guard on"),
    ("alongside-sqlite", "the same on a SQLite file"),
    ("json", "axum + sqlx, JSON built in SQL"),
    ("flat", "axum + sqlx, flat rows"),
    ("postgraphile", "PostGraphile, one process"),
    ("postgraphile-2", "PostGraphile, two processes"),
    ("apollo", "Apollo Server with dataloader"),
];

/// Where everything is, as the script that starts this tells.
pub struct Surroundings {
    /// The folder of this run.
    pub folder: PathBuf,
    /// The folder of the benchmark.
    pub bench: PathBuf,
    /// The folder of the binaries.
    pub binaries: PathBuf,
    /// Node.
    pub node: PathBuf,
    /// The database, as the service's role.
    pub app: String,
    /// The tokens that were signed for this run.
    pub tokens: Value,
}

impl Surroundings {
    /// The file of the copy for SQLite.
    pub fn sqlite(&self) -> PathBuf {
        self.folder.join("alongside.db")
    }

    /// A signed token or credential by its name.
    fn secret(&self, name: &str) -> Result<&str, Fault> {
        Ok(self.tokens[name].as_str().ok_or("a token is missing")?)
    }

    /// The account of a coordinator whose organisation the load leaves alone.
    pub fn account(&self) -> Result<&str, Fault> {
        self.secret("account")
    }

    /// The token of the coordinator of organisation `n`.
    pub fn coordinator(&self, n: usize) -> Result<&str, Fault> {
        Ok(self.tokens["coordinators"][n - 1].as_str().ok_or("a coordinator is missing")?)
    }
}

/// A target that runs.
pub struct Target {
    /// Its name.
    pub name: &'static str,
    /// Its port.
    pub port: u16,
    process: Child,
}

impl Drop for Target {
    fn drop(&mut self) {
        // PostGraphile's second process ends with the first.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Target {
    /// Starts the target called `name`, and waits until it listens.
    pub fn start(name: &'static str, port: u16, around: &Surroundings) -> Result<Self, Fault> {
        let mut command = match name {
            "alongside" | "alongside-sqlite" => {
                let settings = around.folder.join(format!("{name}.toml"));
                std::fs::write(&settings, service_settings(name, port, around)?)?;
                let mut command = Command::new(around.binaries.join("alongside"));
                command.arg("serve").env("ALONGSIDE_CONFIG", settings).env("RUST_LOG", "info");
                command
            }
            "json" | "flat" => Command::new(around.binaries.join("endpoint")),
            _ => Command::new(&around.node),
        };
        let script = |file: &str| around.bench.join(file);
        match name {
            "postgraphile" => {
                command.arg(script("postgraphile.mjs")).args([&port.to_string(), "1"])
            }
            "postgraphile-2" => {
                command.arg(script("postgraphile.mjs")).args([&port.to_string(), "2"])
            }
            "apollo" => command.arg(script("apollo.mjs")).arg(port.to_string()),
            "alongside" | "alongside-sqlite" => &mut command,
            _ => command.arg(port.to_string()),
        };
        let log = File::create(around.folder.join(format!("{name}.log")))?;
        command.env("BENCH_APP", &around.app).env("NODE_ENV", "production");
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let mut target = Self { name, port, process: command.spawn()? };
        target.wait(&around.folder)?;
        Ok(target)
    }

    fn wait(&mut self, folder: &Path) -> Result<(), Fault> {
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            if self.process.try_wait()?.is_some() || began.elapsed() > Duration::from_secs(60) {
                let log = std::fs::read_to_string(folder.join(format!("{}.log", self.name)))?;
                return Err(format!("{} did not start: {log}", self.name).into());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// Its processes.
    pub fn tree(&self) -> Tree {
        Tree(self.process.id())
    }

    /// The requests by which it is asked `question`; `None` if it cannot be.
    pub fn requests(
        &self,
        question: &Question,
        around: &Surroundings,
    ) -> Result<Option<Vec<Asked>>, Fault> {
        let (path, document) = match self.name {
            "json" | "flat" => (format!("/{}/{}", self.name, question.name), None),
            "postgraphile" | "postgraphile-2" => match &question.postgraphile {
                Some(document) => ("/graphql".to_owned(), Some(document)),
                None => return Ok(None),
            },
            _ => ("/graphql".to_owned(), Some(&question.document)),
        };
        let mut headers = Vec::new();
        if self.name.starts_with("alongside") {
            headers.push(("authorization", format!("Bearer {}", around.secret("nation")?)));
            if question.name == "entities" {
                headers.push(("alongside-gateway", around.secret("gateway")?.to_owned()));
            }
        }
        let global = matches!(self.name, "alongside" | "alongside-sqlite" | "apollo");
        let asked = |Variables { ours, plain }: &Variables| {
            let variables = if global { ours } else { plain };
            let body = match document {
                Some(document) => json!({ "query": document, "variables": variables }),
                None => json!({ "variables": variables }),
            };
            Asked {
                path: path.clone(),
                headers: headers.clone(),
                body: Bytes::from(body.to_string()),
                beginning: Bytes::new(),
            }
        };
        Ok(Some(question.variables.iter().map(asked).collect()))
    }
}

/// The service's settings: every guard is on. What one request and one actor may ask for is raised, because
/// the load is one actor, and so is everybody's patience, because the machine may be busy.
fn service_settings(name: &str, port: u16, around: &Surroundings) -> Result<String, Fault> {
    // Production refuses SQLite, which has no row security.
    let (profile, url) = if name == "alongside" {
        ("production", around.app.clone())
    } else {
        ("demo", format!("sqlite://{}", around.sqlite().display()))
    };
    Ok(format!(
        "profile = \"{profile}\"\n\
         [server]\nbind = \"127.0.0.1:{port}\"\nquery_timeout_ms = 30000\nmutation_timeout_ms = 30000\n\
         [database]\nurl = \"{url}\"\nread_connections = 10\nwrite_connections = 10\n\
         pool_timeout_ms = 30000\nlock_timeout_ms = 30000\nread_timeout_ms = 30000\nwrite_timeout_ms = 30000\n\
         idle_timeout_ms = 30000\n\
         [auth]\n[[auth.issuers]]\nissuer = \"https://bench.alongside.invalid/\"\nalgorithm = \"ES256\"\n\
         keys_file = \"{}\"\nmax_life_s = 86400\n\
         [api]\nmax_page = 1000\nmax_cost = 100000\nmax_nodes = 100000\n\
         [budget]\nrequests_per_second = 100000\nrequest_burst = 10000000\n\
         cost_per_second = 1000000000\ncost_burst = 4000000000\n\
         [federation]\ngateway_keys = [\"{}\"]\n\
         [log]\nformat = \"json\"\n",
        around.folder.join("keys.json").display(),
        around.secret("gatewayHash")?,
    ))
}

/// An answer without what may differ: the text of cursors, the form of identifiers, what is said of costs, and
/// how PostGraphile leads from a course to its trainers.
pub fn normal(answer: Value) -> Value {
    match answer {
        Value::Array(items) => Value::Array(items.into_iter().map(normal).collect()),
        Value::Object(fields) => {
            let fields = fields.into_iter().filter(|(name, _)| name != "extensions");
            Value::Object(fields.map(|(name, value)| field(name, value)).collect::<Map<_, _>>())
        }
        other => other,
    }
}

fn field(name: String, value: Value) -> (String, Value) {
    let value = match (name.as_str(), value) {
        ("cursor" | "endCursor", Value::String(_)) => Value::from("a cursor"),
        ("id", Value::String(id)) => Value::String(identifier(id)),
        ("trainers", Value::Object(mut links)) => {
            let links = links.remove("nodes").unwrap_or_default();
            let links = links.as_array().cloned().unwrap_or_default();
            let trainer = |link: Value| link.get("trainer").cloned().unwrap_or_default();
            Value::Array(links.into_iter().map(|link| normal(trainer(link))).collect())
        }
        (_, other) => normal(other),
    };
    (name, value)
}

/// The global identifier of a UUID made by `fill.sql`; other texts stay.
fn identifier(text: String) -> String {
    match Uuid::try_parse(&text) {
        Ok(id) if text.contains('-') => {
            let prefix = if id.as_bytes()[5] == 3 { "crs" } else { "org" };
            format!("{prefix}_{}", id.simple())
        }
        _ => text,
    }
}
