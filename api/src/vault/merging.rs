//! The vault when the records of two people are merged.

use super::keys::Unopened;
use super::model::Record;
use super::service::{bound, save};
use super::store::{self, Records};
use crate::command::Stop;
use crate::db::DbFault;
use crate::person::desk::Desk;
use crate::person::model::Person;

/// Gives the texts about `old` and what `old` may read to `new`. Texts are sealed anew under the other's key, to which
/// they are bound then; the key of `old` is destroyed. Says what follows, in words.
///
/// # Errors
///
/// What the database answers.
pub async fn hand_over(desk: &Desk<'_>, old: &Person, new: &Person) -> Result<Vec<String>, Stop> {
    let rows = Records::of(desk.unit);
    let read = rows.hand_over(old.id, new.id).await?;
    let mut impact = Vec::new();
    if read > 0 {
        impact.push(format!("namings as a reader that become the other record's: {read}"));
    }
    let own = rows.end_own(new.id, old.id).await?;
    if own > 0 {
        impact
            .push(format!("namings that end, as nobody reads what is about themselves so: {own}"));
    }
    store::state(desk.unit.tx(), "MERGE").await?;
    let theirs = rows.lock_key(old.id).await?;
    let records = rows.lock_all(old.id).await?;
    if records.is_empty() {
        return Ok(impact);
    }
    let ours = rows.key_for(new.id, "survivorId").await?;
    impact.push(format!("sensitive records that become the other record's: {}", records.len()));
    for before in records {
        let mut changed = Record { person_id: new.id, ..before.clone() };
        if let Some(sealed) = &before.ciphertext {
            let key = theirs.as_ref().ok_or(Unopened::NoMaster).map_err(DbFault::from)?;
            let text = key.open(bound(&before), sealed).map_err(DbFault::from)?;
            let sealed = ours.seal(bound(&changed), &text).map_err(DbFault::from)?;
            changed.ciphertext = Some(sealed);
        }
        let action = ("sensitive_record.person_merged", desk.acting_as.as_str());
        save(desk.unit, action, &before, changed, &["text"]).await?;
    }
    rows.destroy_key(old.id).await?;
    Ok(impact)
}
