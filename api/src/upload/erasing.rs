//! Erasing what records of sent files say, as part of a decision about data protection: what the file was called, and
//! which bytes it held. Files themselves belong to the record that took them, or are deleted when nobody did.

use chrono::NaiveDate;
use entities::staged_upload::{Column, Entity};
use sea_orm::{
    ColumnTrait as _, Condition, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _,
};
use uuid::Uuid;

use super::model::{State, Upload};
use super::store::Uploads;
use crate::audit::Change;
use crate::command::{Stop, Unit};
use crate::files::removal;

/// What stands in the place of a file's name.
pub const ERASED: &str = "erased";

/// What stands in the place of a hash.
const NO_HASH: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Uploads of some accounts that still say what they were called. Needs a stated purpose, or the Scope of the system.
///
/// # Errors
///
/// What the database answers.
#[expect(clippy::disallowed_methods, reason = "the transaction carries Scope and purpose")]
pub async fn of_accounts(unit: &Unit, accounts: &[Uuid]) -> Result<Vec<Uuid>, Stop> {
    let found = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::AccountId.is_in(accounts.iter().copied()))
        .filter(Column::FileName.ne(ERASED))
        .order_by_asc(Column::Id);
    Ok(found.into_tuple().all(unit.tx()).await?)
}

/// Uploads that came to their end on `by` or before, with their organisations; at most `most`, or the one that is named
/// if it is one of them.
///
/// # Errors
///
/// What the database answers.
#[expect(clippy::disallowed_methods, reason = "read as the system")]
pub async fn over(
    unit: &Unit,
    by: NaiveDate,
    one: Option<Uuid>,
    most: u64,
) -> Result<Vec<(Uuid, Uuid)>, Stop> {
    let end = crate::protection::store::end_of(by);
    let used =
        Condition::all().add(Column::State.eq(State::Used.code())).add(Column::UsedAt.lt(end));
    let expired = Condition::all()
        .add(Column::State.eq(State::Expired.code()))
        .add(Column::ExpiresAt.lt(end));
    let mut over = Entity::find()
        .select_only()
        .column(Column::Id)
        .column(Column::OrganisationId)
        .filter(Condition::any().add(used).add(expired))
        .filter(Column::FileName.ne(ERASED))
        .order_by_asc(Column::Id)
        .limit(most);
    if let Some(one) = one {
        over = over.filter(Column::Id.eq(one));
    }
    Ok(over.into_tuple().all(unit.tx()).await?)
}

/// Erases what an upload says; gives whether there was anything. One that nobody used yet expires, and its file is
/// deleted.
///
/// # Errors
///
/// What the database answers.
pub async fn erase(unit: &Unit, id: Uuid, acting_as: &str) -> Result<bool, Stop> {
    let store = Uploads::of(unit);
    let found = store.lock(id).await?.filter(|upload| upload.file_name != ERASED);
    let Some(before) = found else { return Ok(false) };
    let waits = matches!(before.state, State::Pending | State::Stored);
    let changed = Upload {
        file_name: ERASED.to_owned(),
        sha256: NO_HASH.to_owned(),
        state: if waits { State::Expired } else { before.state },
        ..before.clone()
    };
    let after = store.update(changed).await?;
    if waits {
        removal::remove(unit, after.organisation_id, after.id).await?;
    }
    let by = acting_as.to_owned();
    unit.record(Change::of("staged_upload.erased", Some(&before), &after, &[], by, None));
    Ok(true)
}
