//! `alongside schema`.

use std::io::{ErrorKind, Write as _};
use std::process::ExitCode;

use clap::Args;

use super::Done;
use crate::graphql::schema::{Audience, sdl};

#[derive(Args)]
pub(super) struct Options {
    /// Print the subgraph for composing a supergraph: with the keys of entities, without node and nodes.
    #[arg(long)]
    federated: bool,
}

pub(super) fn run(options: &Options) -> Done {
    let audience = if options.federated { Audience::Gateway } else { Audience::Clients };
    match std::io::stdout().write_all(sdl(audience).as_bytes()) {
        // Whoever reads has seen enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        done => done.map(|()| ExitCode::SUCCESS).map_err(Into::into),
    }
}
