//! Clearing away what nobody used.

use std::time::Duration;

use super::service;
use crate::command::{Outcome, Unit, run_job};
use crate::core::Core;
use crate::fault::Fault;
use crate::jobs::{Job, is_over};

/// How the job is called.
const NAME: &str = "upload-sweep";

/// The periodic jobs of uploads.
pub const JOBS: &[Job] =
    &[Job { name: NAME, every: Duration::from_secs(900), round: |core| Box::pin(round(core)) }];

/// So many uploads expire in one transaction.
const AT_ONCE: u64 = 50;

/// Says of uploads whose time is over and that nobody used that they expired, and has their bytes deleted; and clears
/// away the parts that a crash left in the folder. Gives how many those were. Two replicas take different uploads.
///
/// # Errors
///
/// What the database answers, or the store.
async fn round(core: &Core) -> Result<u64, Fault> {
    let mut swept = 0;
    loop {
        let done =
            run_job(core, NAME, |unit: &Unit| Box::pin(service::expire(unit, AT_ONCE, NAME)));
        let Outcome::Done(count) = done.await? else { break };
        swept += count;
        if is_over(core) {
            return Ok(swept);
        }
        if count < AT_ONCE {
            break;
        }
    }
    let Some(store) = core.files() else { return Ok(swept) };
    Ok(swept + store.clear_parts(core.source().now().into()).await?)
}
