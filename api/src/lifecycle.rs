//! Serving until told to stop, in two stages: the first signal lets running requests finish, the second
//! (or the end of the time for that) cuts them off. Running mutations and rounds of jobs are waited for in any case.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::connection;
use crate::jobs;
use crate::server;

/// The signals that stop the service, counted from when this is made.
pub struct Signals {
    soft: CancellationToken,
    hard: CancellationToken,
}

impl Signals {
    /// Listens from now on: before this, a signal ends the process at once.
    ///
    /// # Errors
    ///
    /// What the system answers.
    pub fn listen() -> std::io::Result<Self> {
        let signals = Self { soft: CancellationToken::new(), hard: CancellationToken::new() };
        tokio::spawn(watch(Interrupts::open()?, signals.soft.clone(), signals.hard.clone()));
        Ok(signals)
    }
}

/// Serves `app` on `listener` until a signal, and operators on the admin port if one is set. Periodic jobs run
/// meanwhile.
///
/// # Errors
///
/// The admin port is taken.
pub async fn serve(app: Arc<App>, listener: TcpListener, signals: Signals) -> std::io::Result<()> {
    let Signals { soft, hard } = signals;
    let settings = app.config().server.clone();
    let drain = Duration::from_millis(settings.drain_timeout_ms);
    if !settings.admin_bind.is_empty() {
        let named = |error| io::Error::other(format!("server.admin_bind: {error}"));
        let admin = TcpListener::bind(&settings.admin_bind).await.map_err(named)?;
        tracing::info!(address = %admin.local_addr()?, "metrics and health for operators");
        let router = server::admin(Arc::clone(&app));
        tokio::spawn(connection::accept(admin, router, settings.clone(), hard.clone()));
    }
    tokio::spawn(soft.clone().run_until_cancelled_owned(keep_keys(Arc::clone(&app))));
    jobs::start(app.core(), &soft);
    let stopping = Arc::clone(&app);
    let router = server::router(Arc::clone(&app));
    let door = CancellationToken::new();
    let serving = connection::accept(listener, router, settings, door.clone());
    tokio::select! {
        () = serving => {}
        () = async {
            soft.cancelled().await;
            // Before the door closes: whoever finds it closed can ask why.
            stopping.stop_being_ready();
            door.cancel();
            tokio::time::sleep(drain).await;
        } => tracing::warn!("requests were still running when the time to finish was over"),
        () = hard.cancelled() => tracing::warn!("second signal: requests are cut off"),
    }
    let core = app.core();
    core.tasks().close();
    if tokio::time::timeout(drain, core.tasks().wait()).await.is_err() {
        tracing::error!("mutations or jobs were still running when the time to finish was over");
    }
    core.db().close().await;
    tracing::info!("stopped");
    Ok(())
}

/// Keeps the keys of issuers fresh, also while no token comes.
async fn keep_keys(app: Arc<App>) {
    let mut minutes = tokio::time::interval(Duration::from_secs(60));
    loop {
        minutes.tick().await;
        app.verifier().keep_keys(app.core().source().now()).await;
    }
}

/// The first signal cancels `soft`, the second `hard`.
async fn watch(mut interrupts: Interrupts, soft: CancellationToken, hard: CancellationToken) {
    interrupts.next().await;
    tracing::info!("stopping: running requests may finish");
    soft.cancel();
    interrupts.next().await;
    hard.cancel();
}

/// Ctrl-C and SIGTERM.
#[cfg(unix)]
struct Interrupts {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Interrupts {
    fn open() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let (interrupt, terminate) = (SignalKind::interrupt(), SignalKind::terminate());
        Ok(Self { interrupt: signal(interrupt)?, terminate: signal(terminate)? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Ctrl-C.
#[cfg(not(unix))]
struct Interrupts;

#[cfg(not(unix))]
impl Interrupts {
    fn open() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}
