//! Pairs of records that may be of one person: proposed by a rule, decided by a person.

use std::collections::{BTreeMap, BTreeSet};

use entities::person_duplicate::{self, Column};
use sea_orm::sea_query::LockType;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, Condition, EntityTrait as _, IntoActiveModel as _,
    QueryFilter as _, QuerySelect as _,
};
use uuid::Uuid;

use super::desk::{At, Changed, Desk, not_found};
use super::model::{Duplicate, DuplicateStatus};
use super::rules::{Reasons, Traits, folded, likeness};
use crate::actor::Permission;
use crate::command::{Stop, Unit, refuse_any};
use crate::db::DbFault;
use crate::refusal::{Code, Refusal};

/// Looks through all records and proposes the pairs that nobody has seen yet. Gives the first of them.
///
/// # Errors
///
/// `UNCHANGED` if there is none, or what the database answers.
pub async fn search(unit: &Unit) -> Result<Changed, Stop> {
    let desk = Desk::of_the_nation(unit, Permission::ResolveDuplicates)?;
    let traits = desk.store.traits().await?;
    let known: BTreeSet<(Uuid, Uuid)> =
        all(unit).await?.into_iter().map(|pair| (pair.one_id, pair.other_id)).collect();
    let mut made = Vec::new();
    for ((one_id, other_id), Reasons { same_email, same_birth }) in alike(&traits) {
        if known.contains(&(one_id, other_id)) {
            continue;
        }
        let duplicate = Duplicate {
            id: unit.id(),
            one_id,
            other_id,
            same_email,
            same_birth,
            status: DuplicateStatus::Open,
            created_at: unit.now(),
            decided_at: None,
            version: 1,
        };
        let row = row_of(&duplicate).into_active_model().reset_all();
        person_duplicate::Entity::insert(row).exec_without_returning(unit.tx()).await?;
        desk.record("person.duplicate_proposed", None, &duplicate, &[]);
        made.push(duplicate.id);
    }
    let first = made.first().copied();
    let first = first.ok_or_else(|| {
        Refusal::at(Code::Unchanged, "", "there is no pair that nobody has looked at")
    })?;
    Ok(Changed { id: first, impact: vec![format!("new pairs to look at: {}", made.len())] })
}

/// The pairs of records that are alike, the smaller id first. Only records with an address or a date of
/// birth in common are compared.
fn alike(traits: &[Traits]) -> BTreeMap<(Uuid, Uuid), Reasons> {
    let mut shared: BTreeMap<String, Vec<&Traits>> = BTreeMap::new();
    for person in traits {
        let emails = person.emails.iter().map(|email| folded(email));
        let keys: BTreeSet<String> = emails.chain(person.born.map(|day| day.to_string())).collect();
        for key in keys {
            shared.entry(key).or_default().push(person);
        }
    }
    let mut pairs = BTreeMap::new();
    for group in shared.values() {
        for (place, one) in group.iter().enumerate() {
            for other in &group[place + 1..] {
                let pair = (one.id.min(other.id), one.id.max(other.id));
                if let Some(reasons) = likeness(one, other) {
                    pairs.insert(pair, reasons);
                }
            }
        }
    }
    pairs
}

/// Says that the records are of two people.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn dismiss(unit: &Unit, at: At) -> Result<Changed, Stop> {
    let desk = Desk::of_the_nation(unit, Permission::ResolveDuplicates)?;
    let before = locked(unit, at.id).await?;
    if before.version != at.version {
        return Err(Refusal::stale().into());
    }
    desk.by_another(&[Some(before.one_id), Some(before.other_id)])?;
    let open = before.status == DuplicateStatus::Open;
    refuse_any(if open { Vec::new() } else { vec![Refusal::whole(Code::Conflict)] })?;
    decide(&desk, &before, DuplicateStatus::Dismissed).await?;
    Ok(Changed::of(at.id))
}

/// Settles the open pairs of a record that was merged: the one with the survivor is decided, the others
/// lapse; what is alike is found again with the survivor.
pub(super) async fn settle(desk: &Desk<'_>, retired: Uuid, survivor: Uuid) -> Result<usize, Stop> {
    let pair = (retired.min(survivor), retired.max(survivor));
    let open = of(desk.unit, retired).await?;
    for before in &open {
        let merged = (before.one_id, before.other_id) == pair;
        let status = if merged { DuplicateStatus::Merged } else { DuplicateStatus::Lapsed };
        decide(desk, before, status).await?;
    }
    Ok(open.len())
}

async fn decide(desk: &Desk<'_>, before: &Duplicate, status: DuplicateStatus) -> Result<(), Stop> {
    let after = Duplicate {
        status,
        decided_at: Some(desk.unit.now()),
        version: before.version + 1,
        ..before.clone()
    };
    let done = person_duplicate::Entity::update_many()
        .set(row_of(&after).into_active_model().reset_all())
        .filter(Column::Id.eq(after.id))
        .filter(Column::Version.eq(before.version))
        .exec(desk.unit.tx())
        .await?;
    if done.rows_affected != 1 {
        return Err(Refusal::whole(Code::Conflict).into());
    }
    desk.record("person.duplicate_decided", Some(before), &after, &[]);
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "the officer's list")]
async fn all(unit: &Unit) -> Result<Vec<Duplicate>, Stop> {
    let rows = person_duplicate::Entity::find().all(unit.tx()).await?;
    rows.into_iter().map(|row| Ok(duplicate_of(row)?)).collect()
}

#[expect(clippy::disallowed_methods, reason = "the pairs of the record at hand")]
async fn of(unit: &Unit, person: Uuid) -> Result<Vec<Duplicate>, Stop> {
    let either = Condition::any().add(Column::OneId.eq(person)).add(Column::OtherId.eq(person));
    let rows = person_duplicate::Entity::find()
        .filter(either)
        .filter(Column::Status.eq(DuplicateStatus::Open.code()))
        .lock(LockType::Update)
        .all(unit.tx())
        .await?;
    rows.into_iter().map(|row| Ok(duplicate_of(row)?)).collect()
}

#[expect(clippy::disallowed_methods, reason = "the pair that the caller names")]
async fn locked(unit: &Unit, id: Uuid) -> Result<Duplicate, Stop> {
    let row =
        person_duplicate::Entity::find_by_id(id).lock(LockType::Update).one(unit.tx()).await?;
    Ok(duplicate_of(row.ok_or_else(not_found)?)?)
}

fn row_of(duplicate: &Duplicate) -> person_duplicate::Model {
    let Duplicate {
        id,
        one_id,
        other_id,
        same_email,
        same_birth,
        status,
        created_at,
        decided_at,
        version,
    } = duplicate.clone();
    person_duplicate::Model {
        id,
        one_id,
        other_id,
        same_email,
        same_birth,
        status: status.code().to_owned(),
        created_at,
        decided_at,
        version,
    }
}

fn duplicate_of(row: person_duplicate::Model) -> Result<Duplicate, DbFault> {
    let person_duplicate::Model {
        id,
        one_id,
        other_id,
        same_email,
        same_birth,
        status,
        created_at,
        decided_at,
        version,
    } = row;
    let unreadable = || DbFault::unreadable("person_duplicate.status");
    Ok(Duplicate {
        id,
        one_id,
        other_id,
        same_email,
        same_birth,
        status: DuplicateStatus::from_code(&status).ok_or_else(unreadable)?,
        created_at,
        decided_at,
        version,
    })
}
