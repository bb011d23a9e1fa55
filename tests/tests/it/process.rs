//! The service's binary, run as its users run it.

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use tokio::process::Command;

/// The binary: `cargo build -p alongside` puts it beside the folder of the tests' own.
fn binary() -> PathBuf {
    let tests = std::env::current_exe().expect("the path of the tests");
    let binary = tests.ancestors().nth(2).expect("target/debug/deps/it").join("alongside");
    assert!(binary.exists(), "{} is not there: cargo build -p alongside", binary.display());
    binary
}

/// `alongside ARGUMENTS` in a folder, without any setting of whoever runs the tests. It does not outlive
/// the test.
pub fn alongside(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command.args(arguments).current_dir(folder).env_clear().stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// What a process said and how it ended.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

impl Ended {
    /// The one line of a failure.
    pub fn complaint(&self) -> &str {
        assert_eq!(self.code, Some(1), "{self:?}");
        let line = self.err.strip_prefix("alongside: ").unwrap_or_else(|| unreachable!("{self:?}"));
        let line = line.trim_end();
        assert!(!line.is_empty() && !line.contains('\n'), "one line: {self:?}");
        line
    }
}

/// Runs a command to its end.
pub async fn run(mut command: Command) -> Ended {
    command.output().await.expect("the binary runs").into()
}
