//! Serving until told to stop, in two stages: the first signal lets running requests finish, the second
//! (or the end of the time for that) cuts them off. Running mutations are waited for in any case.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::server;

/// Serves `app` on `listener` until a signal.
///
/// # Errors
///
/// What the listener answers.
pub async fn serve(app: Arc<App>, listener: TcpListener) -> std::io::Result<()> {
    let (soft, hard) = (CancellationToken::new(), CancellationToken::new());
    tokio::spawn(watch(soft.clone(), hard.clone()));
    let drain = Duration::from_millis(app.config().server.drain_timeout_ms);
    let serving = axum::serve(listener, server::router(Arc::clone(&app)))
        .with_graceful_shutdown(soft.clone().cancelled_owned());
    tokio::select! {
        done = serving => done?,
        () = async { soft.cancelled().await; tokio::time::sleep(drain).await } => {
            tracing::warn!("requests were still running when the time to finish was over");
        }
        () = hard.cancelled() => tracing::warn!("second signal: requests are cut off"),
    }
    let core = app.core();
    core.tasks().close();
    if tokio::time::timeout(drain, core.tasks().wait()).await.is_err() {
        tracing::error!("mutations were still running when the time to finish was over");
    }
    core.db().close().await;
    tracing::info!("stopped");
    Ok(())
}

/// The first signal cancels `soft`, the second `hard`.
async fn watch(soft: CancellationToken, hard: CancellationToken) {
    signal().await;
    tracing::info!("stopping: running requests may finish");
    soft.cancel();
    signal().await;
    hard.cancel();
}

/// Waits for Ctrl-C or SIGTERM.
async fn signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
