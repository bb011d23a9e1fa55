//! `alongside serve`.

use std::process::ExitCode;
use std::sync::Arc;

use tokio::net::TcpListener;

use super::{Done, Failure, refuse_pending};
use crate::app::App;
use crate::clock::SystemSource;
use crate::config::Config;
use crate::lifecycle;

pub(super) async fn run(config: Config) -> Done {
    let listener = bind(&config.server.bind).await?;
    let app = App::build(config, Arc::new(SystemSource), None).await?;
    refuse_pending(app.core()).await?;
    if app.config().auth.issuers.is_empty() {
        tracing::warn!("no [[auth.issuers]] are set: every token will be refused");
    }
    let signals = lifecycle::Signals::listen()?;
    tracing::info!(address = %listener.local_addr()?, "serving");
    lifecycle::serve(app, listener, signals).await?;
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
