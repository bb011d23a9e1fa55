//! Deleting files for good.
//!
//! Whoever gives a file up says so in the transaction in which it does, by [`remove`]: with it or not at all. The job
//! deletes the bytes at its next round, and once more when nobody can still be storing them: a `PUT` that is slow
//! writes the same bytes under the same key. Only then the row goes. Deleting twice is the same as once, so two
//! replicas may be at the same file, and a round that dies half-way is done by the next.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use entities::file_removal::{ActiveModel, Column, Entity, Model};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _,
};
use uuid::Uuid;

use crate::actor::Identity;
use crate::command::{self, Outcome, Stop, Unit};
use crate::core::Core;
use crate::db::{Access, DbFault, Tx};
use crate::fault::Fault;
use crate::jobs::{self, Job};

/// The name of the job.
const JOB: &str = "file-removal";

/// The periodic job that deletes files.
pub const JOBS: &[Job] =
    &[Job { name: JOB, every: Duration::from_secs(60), round: |core| Box::pin(round(core)) }];

/// So many files are looked up at once.
const AT_ONCE: u64 = 100;

/// The pause after a file could not be deleted: the others come first.
const PAUSE: TimeDelta = TimeDelta::minutes(15);

/// Has a file of `organisation` deleted for good, from the commit of `unit` on. No record may name it any more.
///
/// # Errors
///
/// What the database answers.
pub async fn remove(unit: &Unit, organisation: Uuid, key: Uuid) -> Result<(), Stop> {
    let now = unit.now();
    let row = ActiveModel {
        key: Set(key),
        organisation_id: Set(organisation),
        requested_at: Set(now),
        due_at: Set(now),
    };
    // Without naming columns: who may not read the table may not ask it about a key either.
    Entity::insert(row)
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .try_insert()
        .exec_without_returning(unit.tx())
        .await?;
    Ok(())
}

/// Deletes every file that is due; gives how many. What fails is tried again later, after the others.
///
/// # Errors
///
/// What the database answers, or the last failure of the store after all others were tried.
async fn round(core: &Core) -> Result<u64, Fault> {
    let Some(store) = core.files() else { return Ok(0) };
    let now = core.source().now();
    let (mut deleted, mut failed) = (0, None);
    loop {
        // What is dealt with is not due any more.
        let (tx, _) = core.begin(Access::Read, Identity::System(JOB)).await?;
        let due = due(&tx, now).await;
        tx.rollback().await;
        let due = due?;
        let is_last = (due.len() as u64) < AT_ONCE;
        for removal in due {
            if jobs::is_over(core) {
                return Ok(deleted);
            }
            let done = store.delete(removal.key).await;
            let settled = removal.requested_at + store.grace();
            let next = match &done {
                Err(_) => Some(now + PAUSE),
                Ok(()) => Some(settled).filter(|settled| now < *settled),
            };
            settle(core, removal.key, next).await?;
            match done {
                Ok(()) => deleted += 1,
                Err(fault) => {
                    let file = removal.key.simple().to_string();
                    tracing::warn!(reason = %fault, file, "a file could not be deleted");
                    failed = Some(fault);
                }
            }
        }
        if is_last {
            return failed.map_or(Ok(deleted), Err);
        }
    }
}

/// The files that are due at `now`, those that wait longest first.
#[expect(clippy::disallowed_methods, reason = "the transaction is the job's own")]
async fn due(tx: &Tx, now: DateTime<Utc>) -> Result<Vec<Model>, DbFault> {
    let due = Entity::find()
        .filter(Column::DueAt.lte(now))
        .order_by_asc(Column::DueAt)
        .order_by_asc(Column::Key)
        .limit(AT_ONCE);
    Ok(due.all(tx).await?)
}

/// Says when to delete a file the next time; nothing more is to be done without it.
async fn settle(core: &Core, key: Uuid, next: Option<DateTime<Utc>>) -> Result<(), Fault> {
    let settled = command::run_job(core, JOB, |unit| {
        Box::pin(async move {
            unit.note_queued();
            match next {
                Some(next) => {
                    let change = Entity::update_many().filter(Column::Key.eq(key));
                    change.col_expr(Column::DueAt, Expr::value(next)).exec(unit.tx()).await?;
                }
                None => {
                    Entity::delete_by_id(key).exec(unit.tx()).await?;
                }
            }
            Ok(())
        })
    });
    match settled.await? {
        Outcome::Done(()) => Ok(()),
        Outcome::Refused(_) => Err(Fault::Internal("a removal was refused".to_owned())),
    }
}
