//! Wrapping the keys of people under the first master key of the settings.

use std::time::Duration;

use super::store::{self, Records};
use crate::command::{self, Outcome, Stop, Unit};
use crate::core::Core;
use crate::fault::Fault;
use crate::jobs::{self, Job};

/// How the trail names this job.
const NAME: &str = "vault-rewrap";

/// The periodic jobs of the vault.
pub const JOBS: &[Job] =
    &[Job { name: NAME, every: Duration::from_secs(600), round: |core| Box::pin(round(core)) }];

/// So many keys are wrapped in one transaction.
const AT_ONCE: u64 = 100;

/// Wraps all keys anew that an earlier master key wraps. Others may do the same: each takes keys that nobody holds.
async fn round(core: &Core) -> Result<u64, Fault> {
    let mut done = 0;
    // With one master key there is nothing to wrap anew.
    while core.vault().ids().nth(1).is_some() && !jobs::is_over(core) {
        let batch = command::run_job(core, NAME, |unit| Box::pin(batch(unit))).await?;
        let Outcome::Done((now, left)) = batch else { break };
        if now == 0 {
            break;
        }
        done += now;
        tracing::info!(done, left, "keys of people were wrapped under the first master key");
    }
    Ok(done)
}

async fn batch(unit: &Unit) -> Result<(u64, u64), Stop> {
    store::state(unit.tx(), "ROTATION").await?;
    let (done, left) = Records::of(unit).rewrap(AT_ONCE).await?;
    if done > 0 {
        unit.note_queued();
    }
    Ok((done, left))
}
