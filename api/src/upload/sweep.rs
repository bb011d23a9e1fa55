//! Clearing away what nobody used.

use std::time::Duration;

use chrono::TimeDelta;
use uuid::Uuid;

use super::service;
use super::store::Uploads;
use crate::actor::Identity;
use crate::command::{self, Outcome, Request};
use crate::core::Core;
use crate::db::Access;
use crate::fault::Fault;
use crate::files::FileStore;
use crate::jobs::Job;

/// How the trail names this job.
const JOB: &str = "files.sweep";

/// The periodic jobs of uploads.
pub const JOBS: &[Job] = &[Job {
    name: "upload-sweep",
    every: Duration::from_secs(900),
    round: |core| {
        Box::pin(async move {
            match core.files() {
                Some(store) => sweep(core, store).await.map(|swept| swept as u64),
                None => Ok(0),
            }
        })
    },
}];

/// So many uploads are cleared away at most; the next sweep goes on.
const MOST: u64 = 500;

/// Deletes the bytes of uploads whose time is over and that nobody used, and says that they expired; gives how many.
///
/// It waits until nobody can still be sending: [`FileStore::grace`]. The bytes go first, so that a crash in between
/// leaves a row that the next sweep finds. What fails is left for the next sweep too. Two sweeps may run at once.
///
/// # Errors
///
/// The last failure of the database or the store, after all others were tried.
pub async fn sweep(core: &Core, store: &FileStore) -> Result<usize, Fault> {
    let then = core.source().now() - TimeDelta::from_std(store.grace()).unwrap_or(TimeDelta::MAX);
    let (tx, _) = core.begin(Access::Read, Identity::System(JOB)).await?;
    let over = Uploads::within(&tx).over(then, MOST).await;
    tx.rollback().await;
    let over = over?;
    store.forget_parts(&over).await?;
    let (mut swept, mut failed) = (0, None);
    for id in over {
        match clear(core, store, id, then).await {
            Ok(true) => swept += 1,
            Ok(false) => {}
            Err(fault) => {
                tracing::warn!(reason = %fault, upload = %id, "an upload could not be cleared away");
                failed = Some(fault);
            }
        }
    }
    failed.map_or(Ok(swept), Err)
}

/// Clears one away; `false` if another sweep did.
async fn clear(
    core: &Core,
    store: &FileStore,
    id: Uuid,
    then: chrono::DateTime<chrono::Utc>,
) -> Result<bool, Fault> {
    store.delete(id).await?;
    let request = Request {
        identity: Identity::System(JOB),
        name: JOB,
        permission: None,
        idempotency_key: None,
        input_hash: String::new(),
        dry_run: false,
        request_id: core.source().id().simple().to_string(),
    };
    let done =
        command::run(core, request, move |unit| Box::pin(service::expire(unit, id, then, JOB)));
    Ok(matches!(done.await?, Outcome::Done(())))
}
