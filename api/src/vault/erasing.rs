//! Erasing texts of the vault by their categories: because their time is over, or as part of a decision about data
//! protection.

use chrono::NaiveDate;
use sea_orm::ConnectionTrait as _;
use uuid::Uuid;

use super::model::{Category, Purpose, Record};
use super::service;
use super::store::{self, Records};
use crate::command::{Stop, Unit};
use crate::person::desk::not_found;
use crate::read::sql::Sql;

/// A text whose time is over: the record, its person, and the organisation that keeps it.
pub type Over = (Uuid, Uuid, Option<Uuid>);

/// Texts of `categories` that were needed until `by` or before, and that nobody opened since for what they are kept
/// for; at most `most`, or the one that is named if it is one of them. A text of which nobody said until when it is
/// needed is none of them.
///
/// # Errors
///
/// What the database answers.
pub async fn over(
    unit: &Unit,
    categories: &[Category],
    by: NaiveDate,
    one: Option<Uuid>,
    most: u32,
) -> Result<Vec<Over>, Stop> {
    let mut sql = Sql::new(unit.tx().get_database_backend());
    sql.push("select r.id, r.person_id, r.organisation_id from sensitive_record r where r.erased_at is null and r.retain_until <= ");
    sql.bind(by.into()).push(" and r.category in (");
    for (place, category) in categories.iter().enumerate() {
        sql.push(if place > 0 { ", " } else { "" }).bind(category.code().into());
    }
    sql.push(") and not exists (select 1 from sensitive_disclosure d where d.record_id = r.id and d.at >= ");
    sql.bind(crate::protection::store::end_of(by).into()).push(" and d.purpose not in (");
    sql.bind(Purpose::OwnRecord.code().into()).push(", ");
    sql.bind(Purpose::RightsRequest.code().into()).push("))");
    if let Some(one) = one {
        sql.push(" and r.id = ").bind(one.into());
    }
    sql.push(" order by r.id limit ").number(most as usize);
    let (text, values) = sql.finish();
    let rows = unit.tx().rows(text, values).await?;
    let over = |row: &sea_orm::QueryResult| -> Result<Over, Stop> {
        let [record, person] = [row.try_get_by_index(0)?, row.try_get_by_index(1)?];
        Ok((record, person, row.try_get_by_index(2)?))
    };
    rows.iter().map(over).collect()
}

/// How many texts of `categories` about a person are there.
///
/// # Errors
///
/// What the database answers.
pub async fn held(unit: &Unit, person: Uuid, categories: &[Category]) -> Result<u64, Stop> {
    let records = Records::of(unit).lock_all(person).await?;
    Ok(records.iter().filter(|record| is_of(record, categories)).count() as u64)
}

fn is_of(record: &Record, categories: &[Category]) -> bool {
    record.ciphertext.is_some() && categories.contains(&record.category)
}

/// Erases the texts of `categories` about a person; gives how many there were. With the last of them goes the key.
///
/// # Errors
///
/// What the database answers.
pub async fn erase(
    unit: &Unit,
    person: Uuid,
    categories: &[Category],
    acting_as: &str,
) -> Result<u64, Stop> {
    let (mut erased, mut left) = (0, 0);
    let rows = Records::of(unit);
    store::state(unit.tx(), "ERASURE").await?;
    // The key first: see the store.
    rows.lock_for_destruction(person).await?;
    for record in rows.lock_all(person).await? {
        if is_of(&record, categories) {
            service::erase(unit, record.id, acting_as).await?;
            erased += 1;
        } else {
            left += usize::from(record.ciphertext.is_some());
        }
    }
    if left == 0 {
        service::destroy_key(unit, person, acting_as).await?;
    }
    Ok(erased)
}

/// Says until when a text is needed, such as when an enrolment ends: the time for which it is kept begins then. `None` if
/// nothing has ended yet. For the aggregate whose text it is.
///
/// # Errors
///
/// [`Code::NotFound`](crate::refusal::Code::NotFound) for what is not there or erased; or what the database answers.
pub async fn need_until(
    unit: &Unit,
    id: Uuid,
    until: Option<NaiveDate>,
    acting_as: &str,
) -> Result<(), Stop> {
    let found = Records::of(unit).lock(id).await?;
    let before = found.filter(|record| record.ciphertext.is_some()).ok_or_else(not_found)?;
    let changed = Record { retain_until: until, ..before.clone() };
    service::save(unit, ("sensitive_record.need_ends", acting_as), &before, changed, &[]).await?;
    Ok(())
}
