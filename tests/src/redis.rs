//! A Redis of a test's own: it can be frozen, emptied, filled and poisoned.

use std::process::Stdio;

use redis::aio::MultiplexedConnection;
use redis::{Client, Cmd, FromRedisValue};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};

use crate::race::patiently;

/// A running Redis, gone when it is dropped.
pub struct Redis {
    child: Child,
    port: u16,
    _folder: TempDir,
}

/// A port that nothing listens on just now.
pub async fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    listener.local_addr().expect("an address").port()
}

impl Redis {
    /// Starts one with these further settings, such as `["--requirepass", "x"]`.
    pub async fn start(settings: &[&str]) -> Self {
        loop {
            let (port, folder) = (free_port().await, tempfile::tempdir().expect("a folder"));
            let mut child = Command::new("redis-server")
                .args(["--bind", "127.0.0.1", "--save", "", "--port", &port.to_string()])
                .args(settings)
                .current_dir(folder.path())
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .kill_on_drop(true)
                .spawn()
                .expect("redis-server is on the path: ./tests/run.sh installs it");
            let output = child.stdout.take().expect("its output");
            let mut lines = BufReader::new(output).lines();
            let ready = async {
                while let Ok(Some(line)) = lines.next_line().await {
                    if line.contains("Ready to accept connections") {
                        return true;
                    }
                }
                false
            };
            // Another program may have taken the port first: then it ends, and another is chosen.
            if patiently("Redis starts", ready).await {
                tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
                return Self { child, port, _folder: folder };
            }
        }
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// A connection to it.
    pub async fn connect(&self) -> MultiplexedConnection {
        let client = Client::open(self.url()).expect("an address");
        client.get_multiplexed_async_connection().await.expect("it takes connections")
    }

    /// Runs one command.
    pub async fn run<T: FromRedisValue>(&self, command: &[&str]) -> T {
        let mut connection = self.connect().await;
        let mut built = Cmd::new();
        command.iter().for_each(|word| {
            built.arg(word);
        });
        built.query_async(&mut connection).await.expect("the command runs")
    }

    /// The keys that begin with `prefix`.
    pub async fn keys(&self, prefix: &str) -> Vec<String> {
        self.run(&["KEYS", &format!("{prefix}*")]).await
    }

    /// Stops its process without ending it: connections are taken by the system, and nothing answers.
    pub async fn freeze(&self) {
        self.signal("-STOP").await;
    }

    /// Lets it go on.
    pub async fn thaw(&self) {
        self.signal("-CONT").await;
    }

    async fn signal(&self, signal: &str) {
        let id = self.child.id().expect("it runs").to_string();
        let sent = Command::new("kill").args([signal, &id]).status().await;
        assert!(sent.expect("kill runs").success());
    }
}
