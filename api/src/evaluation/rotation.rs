//! Wrapping the keys of courses under the first master key of the settings.

use std::time::Duration;

use super::store::Evaluations;
use crate::command::{self, Outcome, Stop, Unit};
use crate::core::Core;
use crate::fault::Fault;
use crate::jobs::{self, Job};

/// How the trail names this job.
const NAME: &str = "evaluation-rewrap";

/// The periodic jobs of evaluations.
pub const JOBS: &[Job] =
    &[Job { name: NAME, every: Duration::from_secs(600), round: |core| Box::pin(round(core)) }];

/// So many keys are wrapped in one transaction.
const AT_ONCE: u64 = 100;

/// Wraps all keys anew that an earlier master key wraps. Others may do the same: each takes keys that nobody holds.
async fn round(core: &Core) -> Result<u64, Fault> {
    let mut done = 0;
    while core.vault().ids().nth(1).is_some() && !jobs::is_over(core) {
        let batch = command::run_job(core, NAME, |unit| Box::pin(batch(unit))).await?;
        match batch {
            Outcome::Done(now) if now > 0 => done += now,
            _ => break,
        }
    }
    Ok(done)
}

async fn batch(unit: &Unit) -> Result<u64, Stop> {
    let done = Evaluations::within(unit.tx()).rewrap(unit.vault(), AT_ONCE).await?;
    if done > 0 {
        unit.note_queued();
    }
    Ok(done)
}
