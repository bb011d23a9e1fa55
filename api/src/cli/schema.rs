//! `alongside schema`.

use std::io::{ErrorKind, Write as _};
use std::process::ExitCode;

use super::Done;
use crate::config::Config;
use crate::graphql::schema;

pub(super) fn run() -> Done {
    let config = Config::defaults()?;
    let text = schema::sdl(&schema::build(&config.api));
    match std::io::stdout().write_all(text.as_bytes()) {
        // Whoever reads has seen enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        done => done.map(|()| ExitCode::SUCCESS).map_err(Into::into),
    }
}
