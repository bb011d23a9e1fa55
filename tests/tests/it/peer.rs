//! The Node programs of `tests/peers`, driven as the comments at their heads say.

use std::fs::File;
use std::io::{Read as _, Seek as _, Write as _};
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;
use tests::race::patiently;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::process::Ended;

/// `node PROGRAM ARGUMENTS`. It does not outlive the test.
pub fn node(program: &str, arguments: &[&str]) -> Command {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers").join(program);
    let mut command = Command::new("node");
    command.arg(script).args(arguments).stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// Runs a program to its end; `input` is what it reads.
pub async fn run(mut command: Command, input: &str) -> Ended {
    // A file, so that nobody waits for the other side of a pipe.
    let mut stdin = tempfile::tempfile().expect("a file");
    stdin.write_all(input.as_bytes()).expect("it takes the input");
    stdin.rewind().expect("from its beginning");
    command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().expect("node: see ./tests/run.sh");
    child.wait_with_output().await.expect("an end").into()
}

/// A program that serves until its input closes, which is when this is dropped.
pub struct Peer {
    /// What it said when it was ready.
    pub ready: Value,
    input: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
    complaints: File,
    _child: Child,
}

impl Peer {
    /// Starts it, and waits until it is ready.
    pub async fn start(mut command: Command) -> Self {
        let complaints = tempfile::tempfile().expect("a file");
        let stderr = complaints.try_clone().expect("a second handle");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(stderr);
        let mut child = command.spawn().expect("node: see ./tests/run.sh");
        let input = child.stdin.take().expect("its input");
        let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let mut peer = Self { ready: Value::Null, input, lines, complaints, _child: child };
        peer.ready = peer.line().await;
        peer
    }

    /// Sends a command; gives the answer.
    pub async fn tell(&mut self, command: Value) -> Value {
        let line = format!("{command}\n");
        self.input.write_all(line.as_bytes()).await.expect("it reads");
        let answer = self.line().await;
        assert_eq!(answer.get("error"), None, "{command}");
        answer
    }

    /// What it said under this name when it was ready.
    pub fn said(&self, name: &str) -> &str {
        self.ready[name].as_str().unwrap_or_else(|| unreachable!("{name} in {}", self.ready))
    }

    async fn line(&mut self) -> Value {
        let line = patiently("the program speaks", self.lines.next_line()).await.expect("text");
        let Some(line) = line else { unreachable!("it ended: {}", self.complaints()) };
        serde_json::from_str(&line).unwrap_or_else(|_| unreachable!("a line of JSON, not {line}"))
    }

    fn complaints(&mut self) -> String {
        let mut text = String::new();
        self.complaints.rewind().expect("from its beginning");
        self.complaints.read_to_string(&mut text).expect("text");
        text
    }
}
