//! `alongside serve` on the database of a world, with what it writes while it runs.

use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use alongside::actor::demo_issuer::DemoIssuer;
use alongside::clock::{Source as _, SystemSource};
use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};
use tempfile::TempDir;
use tests::World;
use tests::race::patiently;
use tests::world::VAULT_KEYS;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, ChildStderr, Command};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use crate::process::alongside;

/// The running service. It trusts the issuer of the world, and logs JSON.
pub struct Served {
    /// Where the API is.
    pub address: String,
    /// Where operators look.
    pub admin: String,
    world: World,
    child: Child,
    log: Arc<Log>,
    reading: JoinHandle<()>,
    _folder: TempDir,
}

#[derive(Default)]
struct Log {
    lines: Mutex<Vec<Vec<u8>>>,
    came: Notify,
}

impl Served {
    /// Starts it with these settings, and waits until it serves. The clock of the world is set to the
    /// real time, by which the service goes.
    pub async fn start(world: &World, settings: &[(&str, &str)]) -> Self {
        world.source.set(SystemSource.now());
        let folder = tempfile::tempdir().expect("a folder");
        let keys = serde_json::to_string(&world.issuer.key_set()).expect("JSON");
        std::fs::write(folder.path().join("keys.json"), keys).expect("a file");
        let issuer = format!(
            "[[auth.issuers]]\nissuer = \"{}\"\nalgorithm = \"ES256\"\nkeys_file = \"keys.json\"\nmax_life_s = 3600\n",
            DemoIssuer::NAME
        );
        std::fs::write(folder.path().join("settings.toml"), issuer).expect("a file");
        let mut command = alongside(folder.path(), &["serve"]);
        command
            .env("ALONGSIDE_CONFIG", "settings.toml")
            .env("DATABASE_URL", &world.database.url)
            .env("ALONGSIDE__VAULT__KEYS", VAULT_KEYS)
            .env("ALONGSIDE__SERVER__BIND", "127.0.0.1:0")
            .env("ALONGSIDE__SERVER__ADMIN_BIND", "127.0.0.1:0")
            .env("ALONGSIDE__LOG__FORMAT", "json")
            .envs(settings.iter().copied())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary runs");
        let log = Arc::new(Log::default());
        let reading = log.read(child.stderr.take().expect("its log"));
        let [address, admin] = [String::new(), String::new()];
        let world = world.clone();
        let mut served = Self { address, admin, world, child, log, reading, _folder: folder };
        let address_of =
            |line: Value| format!("http://{}", line["address"].as_str().expect("an address"));
        served.address = address_of(served.said("serving").await);
        served.admin = address_of(served.said("metrics and health for operators").await);
        served
    }

    /// A request that is not sent yet.
    pub fn post(&self, token: Option<&str>) -> RequestBuilder {
        let request = self.world.client.post(format!("{}/graphql", self.address));
        match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Sends an operation; gives the id of the request and the body.
    pub async fn ask(&self, token: Option<&str>, query: &str, variables: Value) -> (String, Value) {
        let request = self.post(token).json(&json!({ "query": query, "variables": variables }));
        told(request.send().await.expect("an answer")).await
    }

    /// A page for operators: its status and its text.
    pub async fn page(&self, path: &str) -> (u16, String) {
        let request = self.world.client.get(format!("{}{path}", self.admin));
        let answer = request.send().await.expect("an answer");
        (answer.status().as_u16(), answer.text().await.expect("text"))
    }

    /// The lines that it wrote so far.
    pub fn lines(&self) -> Vec<Vec<u8>> {
        self.log.lines.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The lines about requests that it wrote so far.
    pub fn requests(&self) -> Vec<Value> {
        let lines = self.lines();
        let objects = lines.iter().filter_map(|line| serde_json::from_slice::<Value>(line).ok());
        objects.filter(|line| line["target"] == "alongside::request").collect()
    }

    /// Waits for the line with this message.
    pub async fn said(&self, message: &str) -> Value {
        self.line(&format!("it says {message:?}"), |line| line["message"] == message).await
    }

    /// Waits for the line about this request.
    pub async fn told(&self, request_id: &str) -> Value {
        let about = |line: &Value| {
            line["target"] == "alongside::request" && line["request_id"] == request_id
        };
        self.line("it tells of the request", about).await
    }

    /// Waits for a line that `wanted` finds.
    pub async fn line(&self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let waiting = async {
            loop {
                let lines = self.lines();
                let objects = lines.iter().filter_map(|line| serde_json::from_slice(line).ok());
                if let Some(found) = objects.into_iter().find(&wanted) {
                    return found;
                }
                self.log.came.notified().await;
            }
        };
        patiently(what, waiting).await
    }

    /// Tells it to stop.
    pub async fn terminate(&self) {
        let id = self.child.id().expect("it runs").to_string();
        let told = Command::new("kill").args(["-TERM", &id]).status().await.expect("kill");
        assert!(told.success());
    }

    /// Waits for its end, with the last of its log; gives how it ended and every line.
    pub async fn end(mut self) -> (ExitStatus, Vec<Vec<u8>>) {
        let end = async {
            (&mut self.reading).await.expect("the log ends");
            self.child.wait().await.expect("an end")
        };
        let status = patiently("the service ends", end).await;
        (status, self.lines())
    }

    /// Stops it; it must end well.
    pub async fn stop(self) -> Vec<Vec<u8>> {
        self.terminate().await;
        let (status, lines) = self.end().await;
        assert!(status.success(), "{status}");
        lines
    }
}

impl Log {
    /// Reads lines until there are no more.
    fn read(self: &Arc<Self>, stderr: ChildStderr) -> JoinHandle<()> {
        let log = Arc::clone(self);
        tokio::spawn(async move {
            let mut lines = BufReader::new(stderr).split(b'\n');
            while let Some(line) = lines.next_segment().await.expect("it can be read") {
                log.lines.lock().unwrap_or_else(PoisonError::into_inner).push(line);
                log.came.notify_one();
            }
        })
    }
}

/// The id of the request that was answered, and the body.
pub async fn told(answer: Response) -> (String, Value) {
    let id = answer.headers().get("x-request-id").and_then(|value| value.to_str().ok());
    let id = id.expect("a request id").to_owned();
    (id, answer.json().await.expect("JSON"))
}
