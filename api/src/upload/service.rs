//! Use cases of staged uploads: announced, stored, taken, expired.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::model::{Announced, Media, State, Taken, Upload};
use super::rules;
use super::store::Uploads;
use crate::actor::Permission;
use crate::audit::Change;
use crate::command::{Stop, Unit, refuse_any};
use crate::files::removal;
use crate::person::desk::Changed;
use crate::refusal::{Code, Refusal};

/// The account that acts, with the words for the trail, if it may upload for `organisation`.
fn acting(unit: &Unit, organisation: Uuid) -> Result<(Uuid, String), Stop> {
    let acting_as = unit.actor().acting_in(organisation, Permission::UploadFiles);
    match (unit.actor().account(), acting_as) {
        (Some(account), Some(acting_as)) => Ok((account, acting_as)),
        _ => Err(Refusal::whole(Code::Forbidden).into()),
    }
}

fn record(unit: &Unit, action: &'static str, before: Option<&Upload>, after: &Upload, by: String) {
    unit.record(Change::of(action, before, after, &[], by, None));
}

/// Announces a file for an organisation.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn create(unit: &Unit, organisation: Uuid, file: Announced) -> Result<Changed, Stop> {
    let (account, acting_as) = acting(unit, organisation)?;
    let (limits, now) = (unit.uploads(), unit.now());
    let store = Uploads::of(unit);
    store.lock_account(account).await?;
    let mut unmet = rules::unmet_for_file(&file, limits);
    unmet.extend(rules::unmet_for_waiting(store.waiting(account, now).await?, limits));
    let Some(media) = Media::from_code(&file.media_type).filter(|_| unmet.is_empty()) else {
        return Err(unmet.into());
    };
    let new = Upload {
        id: unit.id(),
        organisation_id: organisation,
        account_id: account,
        file_name: file.file_name,
        media,
        size_bytes: file.size_bytes,
        sha256: file.sha256,
        state: State::Pending,
        created_at: now,
        expires_at: now + TimeDelta::seconds(limits.life_s.into()),
        stored_at: None,
        used_at: None,
        version: 1,
    };
    store.insert(&new).await?;
    record(unit, "staged_upload.created", None, &new, acting_as);
    Ok(Changed::of(new.id))
}

/// What of an upload its account may send bytes for, if that is what `found` is.
///
/// # Errors
///
/// [`rules::gone`] where it is not there, of another account, used or past its time; [`Code::Forbidden`] where the
/// account acts for the organisation no longer.
pub fn sendable(
    found: Option<Upload>,
    account: Option<Uuid>,
    now: DateTime<Utc>,
) -> Result<Upload, Refusal> {
    found
        .filter(|upload| Some(upload.account_id) == account)
        .filter(|upload| upload.is_waiting() && !upload.is_over(now))
        .ok_or_else(|| rules::gone(""))
}

/// Says that the bytes of an upload are there.
///
/// # Errors
///
/// [`Code::Conflict`] if it says so already, else as of [`sendable`], or what the database answers.
pub async fn stored(unit: &Unit, id: Uuid) -> Result<(), Stop> {
    let store = Uploads::of(unit);
    let before = sendable(store.lock(id).await?, unit.actor().account(), unit.now())?;
    let (_, acting_as) = acting(unit, before.organisation_id)?;
    if before.state == State::Stored {
        return Err(Refusal::whole(Code::Conflict).into());
    }
    let changed = Upload { state: State::Stored, stored_at: Some(unit.now()), ..before.clone() };
    let after = store.update(changed).await?;
    record(unit, "staged_upload.stored", Some(&before), &after, acting_as);
    Ok(())
}

/// Takes an upload for a record of `organisation`, within the mutation that makes the record: the row is locked,
/// and used from then on if the mutation commits. `path` is the input field that names the upload.
///
/// # Errors
///
/// [`Code::NotFound`] at `path` for what is not there, of another account or organisation, or past its time;
/// [`Code::Conflict`] for what has no bytes yet or was taken before; or what the database answers.
pub async fn take(unit: &Unit, id: Uuid, organisation: Uuid, path: &str) -> Result<Taken, Stop> {
    let store = Uploads::of(unit);
    let before = store
        .lock(id)
        .await?
        .filter(|upload| Some(upload.account_id) == unit.actor().account())
        .filter(|upload| upload.organisation_id == organisation)
        .filter(|upload| upload.state == State::Used || !upload.is_over(unit.now()))
        .ok_or_else(|| rules::gone(path))?;
    let (_, acting_as) = acting(unit, organisation).map_err(|stop| stop.of_field(path))?;
    refuse_any(rules::unmet_for_taking(&before, path))?;
    let changed = Upload { state: State::Used, used_at: Some(unit.now()), ..before.clone() };
    let after = store.update(changed).await?;
    record(unit, "staged_upload.used", Some(&before), &after, acting_as);
    Ok(after.into())
}

/// Says of uploads whose time is over, at most so many, that they expired, and has their bytes deleted; gives how many.
///
/// # Errors
///
/// What the database answers.
pub async fn expire(unit: &Unit, most: u64, job: &str) -> Result<u64, Stop> {
    let store = Uploads::of(unit);
    let over = store.lock_over(unit.now(), most).await?;
    let count = over.len() as u64;
    for before in over {
        let after = store.update(Upload { state: State::Expired, ..before.clone() }).await?;
        removal::remove(unit, after.organisation_id, after.id).await?;
        record(unit, "staged_upload.expired", Some(&before), &after, format!("SYSTEM:{job}"));
    }
    Ok(count)
}
