//! `alongside schema`.

use std::process::ExitCode;

use super::Done;
use crate::config::Config;
use crate::graphql::schema;

pub(super) fn run() -> Done {
    let config = Config::defaults()?;
    print!("{}", schema::sdl(&schema::build(&config.api)));
    Ok(ExitCode::SUCCESS)
}
