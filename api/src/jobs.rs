//! What the service does from time to time by itself: its periodic jobs.
//!
//! Each aggregate lists its own in a constant, and [`aggregates::JOBS`](crate::aggregates::JOBS) lists those. A job
//! is a name, how often, and a function that does one **round**: it looks for what is due, does it, and gives how
//! much that was.
//!
//! * **Every replica runs every job.** So a round must be right when another one of the same job runs at the same
//!   time. What is to be done once is claimed first: by a lock on its row (`for update skip locked` on PostgreSQL,
//!   where the second takes the next row; SQLite has one writer anyway), by a unique key, or by the version of the
//!   record. Nothing about a job is kept in the process between two rounds.
//! * **A round acts as the system**, under the job's name: [`command::run_job`](crate::command::run_job) gives it
//!   transactions that are audited. One that finds nothing to do writes nothing.
//! * **A round that fails** is logged and counted, and the job waits longer before the next: its pause doubles up
//!   to [`LONGEST_PAUSE`]. A round that panics has failed. Other jobs do not notice.
//! * **A round has a time**, [`LONGEST_ROUND`]: one that hangs is dropped then, and has failed. What is done in
//!   transactions is whole or not there; one that is longer by nature ends sooner by itself, and the next goes on.
//! * **At the first signal** no round begins any more. One that runs is waited for, within the time to drain; one
//!   that has much to do asks [`is_over`] between two pieces of work.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::aggregates::JOBS;
use crate::core::Core;
use crate::fault::Fault;
use crate::telemetry::metrics::metrics;

/// Longest pause after rounds that failed, unless the job runs more rarely anyway.
pub const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// The longest time for one round: a folder on the network that hangs, or a server that never answers, stops no job
/// without a word.
pub const LONGEST_ROUND: Duration = Duration::from_secs(1800);

/// One round: how much was done.
pub type Round<'a> = Pin<Box<dyn Future<Output = Result<u64, Fault>> + Send + 'a>>;

/// A periodic job.
#[derive(Clone, Copy, Debug)]
pub struct Job {
    /// What it is called in logs, metrics and the audit trail: words in lower case, joined by hyphens.
    pub name: &'static str,
    /// How long to wait between two rounds.
    pub every: Duration,
    /// Does one round.
    pub round: for<'a> fn(&'a Core) -> Round<'a>,
}

/// Runs every job of the service until `stop`, each on its own.
pub fn start(core: &Core, stop: &CancellationToken) {
    for job in all() {
        tokio::spawn(stop.clone().run_until_cancelled_owned(repeat(core.clone(), job)));
    }
}

/// Every job of the service.
pub fn all() -> impl Iterator<Item = Job> {
    JOBS.iter().flat_map(|jobs| jobs.iter().copied())
}

/// Whether a round has to come to its end: the service waits for it to stop.
#[must_use]
pub fn is_over(core: &Core) -> bool {
    core.tasks().is_closed()
}

/// Does one round of the job of this name, as the service does it from time to time.
///
/// # Errors
///
/// What the round failed with; [`Fault::Internal`] if no job has this name, or the round panicked.
pub async fn round(core: &Core, name: &str) -> Result<u64, Fault> {
    let job = all().find(|job| job.name == name);
    match job {
        Some(job) => once(core, job).await,
        None => Err(Fault::Internal(format!("no job is called {name}"))),
    }
}

async fn repeat(core: Core, job: Job) {
    let mut failed = 0_u32;
    loop {
        failed = match once(&core, job).await {
            Ok(_) => 0,
            Err(_) => failed.saturating_add(1),
        };
        tokio::time::sleep(pause(job.every, failed)).await;
    }
}

/// How long to wait after so many rounds that failed, one after the other.
fn pause(every: Duration, failed: u32) -> Duration {
    let longer = every.saturating_mul(2_u32.saturating_pow(failed));
    longer.min(LONGEST_PAUSE.max(every))
}

/// Does one round of `job` in a task of its own, for which a shutdown waits, whoever waits here; logs and counts it.
///
/// # Errors
///
/// As of [`round`].
pub async fn once(core: &Core, job: Job) -> Result<u64, Fault> {
    let own = core.clone();
    let round = core.tasks().spawn(async move { within(LONGEST_ROUND, (job.round)(&own)).await });
    let done = round.await.unwrap_or_else(|error| {
        let how = if error.is_panic() { "panicked" } else { "was ended" };
        Err(Fault::Internal(format!("the round {how}")))
    });
    metrics().count_round(job.name, done.is_err());
    match &done {
        Ok(0) => tracing::debug!(job = job.name, "nothing to do"),
        Ok(count) => tracing::info!(job = job.name, count, "a round is done"),
        Err(fault) => tracing::warn!(job = job.name, reason = %fault, "a round failed"),
    }
    done
}

/// The outcome of a round, or that it took too long.
async fn within(longest: Duration, round: Round<'_>) -> Result<u64, Fault> {
    let late = |_| Err(Fault::Unavailable("the round took too long".to_owned()));
    tokio::time::timeout(longest, round).await.unwrap_or_else(late)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_round_that_hangs_has_failed_after_its_time() {
        let hangs: Round<'_> = Box::pin(std::future::pending());
        let ended = within(Duration::from_millis(1), hangs).await;
        assert!(matches!(ended, Err(Fault::Unavailable(reason)) if reason.contains("too long")));
        assert!(matches!(within(LONGEST_ROUND, Box::pin(async { Ok(3) })).await, Ok(3)));
    }

    #[test]
    fn the_pause_grows_with_rounds_that_fail_and_no_further_than_its_bound() {
        let every = Duration::from_secs(15);
        let pauses = [0, 1, 2, 3, 10, u32::MAX].map(|failed| pause(every, failed).as_secs());
        assert_eq!(pauses, [15, 30, 60, 120, 300, 300]);
        let day = Duration::from_secs(86_400);
        assert_eq!(pause(day, 3), day, "what is rare anyway is not made rarer");
    }

    #[test]
    fn every_job_has_a_name_of_its_own() {
        let mut names: Vec<&str> = all().map(|job| job.name).collect();
        assert!(!names.is_empty());
        let plain = |name: &&str| name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
        assert!(names.iter().all(plain), "{names:?}");
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
