//! `alongside serve`.

use std::process::ExitCode;
use std::sync::Arc;

use migration::MigratorTrait as _;
use tokio::net::TcpListener;

use super::{Done, Failure};
use crate::app::App;
use crate::clock::SystemSource;
use crate::config::Config;
use crate::lifecycle;

pub(super) async fn run(config: Config) -> Done {
    let listener = bind(&config.server.bind).await?;
    let app = App::build(config, Arc::new(SystemSource), None).await?;
    if app.core().db().pending_migrations(migration::Migrator::migrations().len()).await? > 0 {
        return Err("the database lacks migrations: run `alongside migrate up` first".into());
    }
    tracing::info!(address = %app.config().server.bind, "serving");
    lifecycle::serve(app, listener).await?;
    Ok(ExitCode::SUCCESS)
}

/// Takes the port, or says who has to give way.
pub(super) async fn bind(address: &str) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            format!("{address} is taken: stop the other program, or choose another port").into()
        }
        _ => format!("cannot listen on {address}: {error}").into(),
    })
}
