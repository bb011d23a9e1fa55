//! Use cases of development: people record their own, one other person confirms it, and organisations see minutes.

use chrono::NaiveDate;
use sea_orm::ConnectionTrait as _;
use uuid::Uuid;

use super::model::{Development, DevelopmentKind};
use super::rules;
use super::store::Careers;
use crate::actor::{Identity, Permission};
use crate::audit::{self, Change};
use crate::calendar::{FinancialYear, civil_date};
use crate::command::{Stop, Unit, refuse_any};
use crate::core::Core;
use crate::db::{Access, DbFault};
use crate::fault::Fault;
use crate::person::desk::{At, Changed, not_found, signed_in};
use crate::protection::restriction;
use crate::read::sql::Sql;
use crate::refusal::{Code, Refusal};

/// In whose name minutes are added up: those who see the sum do not see what it is made of.
const NAME: &str = "development-totals";

/// Most people of whom an organisation is told at once.
const MOST: usize = 2_000;

/// What somebody did.
#[derive(Clone, Debug)]
pub struct New {
    /// How.
    pub kind: DevelopmentKind,
    /// On which day.
    pub done_on: NaiveDate,
    /// For how long.
    pub minutes: i32,
    /// What it was.
    pub title: String,
    /// Who provided it.
    pub provider: Option<String>,
    /// Who may confirm it.
    pub confirmer: Option<Uuid>,
}

/// Somebody records what they did.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn record(unit: &Unit, new: New) -> Result<Changed, Stop> {
    signed_in(unit)?;
    let person = own_person(unit)?;
    restriction::refuse(unit, person).await?;
    let provider = new.provider.as_deref();
    let mut unmet = rules::unmet_for_development(
        (new.done_on, new.minutes),
        (&new.title, provider),
        unit.today(),
    );
    if let Some(who) = new.confirmer {
        let fits = Careers::of(unit).supervises_or_teaches(who, person).await?;
        unmet.extend(rules::unmet_for_confirmer(who == person, fits));
    }
    refuse_any(unmet)?;
    let record = Development {
        id: unit.id(),
        person_id: person,
        confirmer_id: new.confirmer,
        kind: new.kind,
        done_on: new.done_on,
        minutes: new.minutes,
        title: new.title.trim().to_owned(),
        provider: new.provider.map(|provider| provider.trim().to_owned()),
        recorded_at: unit.now(),
        confirmed_at: None,
        withdrawn_at: None,
        version: 1,
    };
    Careers::of(unit).insert_development(&record).await?;
    tell(unit, "development.recorded", None, &record);
    Ok(Changed::of(record.id))
}

/// Whoever was named confirms it.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn confirm(unit: &Unit, at: At) -> Result<Changed, Stop> {
    signed_in(unit)?;
    let (before, person) = (found(unit, at).await?, own_person(unit)?);
    if before.confirmer_id != Some(person) {
        return Err(Refusal::whole(Code::Forbidden).into());
    }
    fresh(&before, at)?;
    restriction::refuse(unit, before.person_id).await?;
    refuse_any(open(&before))?;
    save(unit, "development.confirmed", &before, |record| {
        record.confirmed_at = Some(unit.now());
    })
    .await
}

/// Who recorded it takes it back; it stays on record and counts no more.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn withdraw(unit: &Unit, at: At) -> Result<Changed, Stop> {
    signed_in(unit)?;
    let (before, person) = (found(unit, at).await?, own_person(unit)?);
    if before.person_id != person {
        return Err(Refusal::whole(Code::Forbidden).into());
    }
    fresh(&before, at)?;
    restriction::refuse(unit, before.person_id).await?;
    refuse_any(rules::unmet_for_open(false, before.withdrawn_at.is_some()))?;
    save(unit, "development.withdrawn", &before, |record| {
        record.withdrawn_at = Some(unit.now());
    })
    .await
}

/// The person of the account; who is nobody has no records, and confirms none.
fn own_person(unit: &Unit) -> Result<Uuid, Stop> {
    unit.actor().person().ok_or_else(not_found)
}

fn open(record: &Development) -> Vec<Refusal> {
    rules::unmet_for_open(record.confirmed_at.is_some(), record.withdrawn_at.is_some())
}

/// The record, locked; to who is neither of the two people of it, it is not there.
async fn found(unit: &Unit, at: At) -> Result<Development, Stop> {
    let person = unit.actor().person();
    let found = Careers::of(unit).lock_development(at.id).await?;
    let seen = found.filter(|of| {
        person.is_some() && (Some(of.person_id) == person || of.confirmer_id == person)
    });
    seen.ok_or_else(not_found)
}

fn fresh(record: &Development, at: At) -> Result<(), Stop> {
    if record.version == at.version { Ok(()) } else { Err(Refusal::stale().into()) }
}

async fn save(
    unit: &Unit,
    action: &'static str,
    before: &Development,
    change: impl FnOnce(&mut Development),
) -> Result<Changed, Stop> {
    let mut after = Development { version: before.version + 1, ..before.clone() };
    change(&mut after);
    Careers::of(unit).update_development(&after).await?;
    tell(unit, action, Some(before), &after);
    Ok(Changed::of(after.id))
}

/// Records a change in the chain of the person who acts.
fn tell(unit: &Unit, action: &'static str, before: Option<&Development>, after: &Development) {
    let acting_as = crate::enrolment::desk::OWN.to_owned();
    let change = Change::of(action, before, after, &[], acting_as, None);
    let chain = unit.actor().person().unwrap_or(audit::NATION);
    unit.record(Change { chain, ..change });
}

/// How long somebody developed in a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Total {
    /// The person.
    pub person: Uuid,
    /// All minutes.
    pub minutes: i64,
    /// Those that were confirmed.
    pub confirmed: i64,
}

/// The minutes of a year: of the people whose record an organisation keeps, for its coordinators; or, without an
/// organisation, the own ones. `None` to others.
///
/// # Errors
///
/// What the database answers.
pub async fn totals(
    core: &Core,
    identity: Identity,
    (organisation, year): (Option<Uuid>, FinancialYear),
) -> Result<Option<Vec<Total>>, Fault> {
    let (tx, actor) = core.begin(Access::Read, identity).await?;
    tx.rollback().await;
    let own = actor.person();
    let allowed = match organisation {
        Some(id) => actor.acting_in(id, Permission::SeeDevelopmentTotals).is_some(),
        None => own.is_some(),
    };
    if !allowed {
        return Ok(None);
    }
    let (tx, _) = core.begin(Access::Read, Identity::System(NAME)).await?;
    let today = civil_date(core.source().now());
    let mut sql = Sql::new(tx.get_database_backend());
    sql.push(
        "select d.person_id, sum(d.minutes), \
         sum(case when d.confirmed_at is null then 0 else d.minutes end) from development_record d \
         where d.withdrawn_at is null and d.done_on >= ",
    );
    sql.bind(year.first_day().into()).push(" and d.done_on <= ").bind(year.last_day().into());
    match (organisation, own) {
        (Some(organisation), _) => {
            sql.push(
                " and not exists (select 1 from restricted_person x where x.id = d.person_id) \
                 and exists (select 1 from person_membership m where m.person_id = d.person_id \
                 and m.organisation_id = ",
            );
            sql.bind(organisation.into()).push(" and m.valid_from <= ").bind(today.into());
            sql.push(" and (m.valid_to is null or m.valid_to > ").bind(today.into()).push("))");
        }
        (None, own) => {
            sql.push(" and d.person_id = ").bind(own.into());
        }
    }
    sql.push(" group by d.person_id order by d.person_id limit ").number(MOST);
    let (text, values) = sql.finish();
    let rows = tx.rows(text, values).await;
    tx.rollback().await;
    let total = |row: &sea_orm::QueryResult| {
        Ok::<_, DbFault>(Total {
            person: row.try_get_by_index(0)?,
            minutes: row.try_get_by_index(1)?,
            confirmed: row.try_get_by_index(2)?,
        })
    };
    Ok(Some(rows?.iter().map(total).collect::<Result<_, _>>()?))
}
