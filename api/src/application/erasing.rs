//! Erasing applications, and interest: somebody asked for it, or their time is over. That there was an application stays,
//! with its course and how it ended, so that it is counted; nothing of it tells whose it was.

use chrono::NaiveDate;
use entities::course_interest;
use sea_orm::sea_query::{Expr, ExprTrait as _, Func};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, EntityTrait as _, PaginatorTrait as _,
    QueryFilter as _, Select,
};
use uuid::Uuid;

use super::desk::Hand;
use super::model::{Answers, Application, Command, State};
use super::store::Applications;
use crate::command::{Stop, Unit};
use crate::person::store::People;
use crate::read::sql::Sql;
use crate::vault;
use crate::vault::erasing::Over;

/// How much there is of somebody who did not get a place: applications, and interest from an address of theirs.
///
/// # Errors
///
/// What the database answers.
pub async fn held(unit: &Unit, person: Uuid) -> Result<u64, Stop> {
    let without_place = |of: &&Application| of.state != State::Accepted;
    let applications = Applications::of(unit).of_person(person).await?;
    let interest = interest_of(unit, person).await?.count(unit.tx()).await?;
    Ok(applications.iter().filter(without_place).count() as u64 + interest)
}

/// Erases the applications of a person that led to no place, and their interest. Those that were not decided are withdrawn
/// first, so that a place that was held is free. What the vault keeps is decided for itself. Needs a stated purpose.
///
/// # Errors
///
/// What the database answers.
pub async fn erase(unit: &Unit, person: Uuid, acting_as: &str) -> Result<Vec<String>, Stop> {
    let mut withdrawn = 0;
    for before in Applications::of(unit).of_person(person).await? {
        if before.state != State::Accepted {
            withdrawn += usize::from(!before.state.is_over());
            nameless(unit, before, acting_as).await?;
        }
    }
    let gone: Vec<Uuid> =
        interest_of(unit, person).await?.all(unit.tx()).await?.iter().map(|row| row.id).collect();
    course_interest::Entity::delete_many()
        .filter(course_interest::Column::Id.is_in(gone))
        .exec(unit.tx())
        .await?;
    let told = || format!("applications that were not decided and are withdrawn: {withdrawn}");
    Ok((withdrawn > 0).then(told).into_iter().collect())
}

/// Erases the applications by which a person came to a place, with the enrolments that they led to.
///
/// # Errors
///
/// What the database answers.
pub async fn erase_accepted(unit: &Unit, person: Uuid, acting_as: &str) -> Result<(), Stop> {
    for before in Applications::of(unit).of_person(person).await? {
        if before.state == State::Accepted {
            nameless(unit, before, acting_as).await?;
        }
    }
    Ok(())
}

/// Erases one application whose time is over, and with it what the vault keeps of it. Tells whether there was one.
///
/// # Errors
///
/// What the database answers.
pub async fn erase_one(unit: &Unit, id: Uuid, acting_as: &str) -> Result<bool, Stop> {
    let store = Applications::of(unit);
    let Some(before) = store.lock(id).await? else { return Ok(false) };
    let mut texts = store.notes(id).await?;
    texts.extend(before.motivation_id.into_iter().chain(before.support_needs_id));
    for text in texts {
        vault::service::erase(unit, text, acting_as).await?;
    }
    nameless(unit, before, acting_as).await?;
    Ok(true)
}

/// Applications that came to their end without a place on `by` or before; and those that nobody ended, of courses that
/// were over then. At most `most`, or the one that is named if it is one of them.
///
/// # Errors
///
/// What the database answers.
pub async fn over(
    unit: &Unit,
    by: NaiveDate,
    one: Option<Uuid>,
    most: u32,
) -> Result<Vec<Over>, Stop> {
    let until = crate::protection::store::end_of(by);
    let mut sql = Sql::new(unit.tx().get_database_backend());
    sql.push("select t.id, t.person_id, t.organisation_id from application t join course c on c.id = t.course_id \
        where t.erased_on is null and t.state <> 'ACCEPTED' and (t.ended_at < ");
    sql.bind(until.into()).push(" or t.ended_at is null and t.updated_at < ");
    sql.bind(until.into()).push(" and c.end_on <= ").bind(by.into()).push(")");
    if let Some(one) = one {
        sql.push(" and t.id = ").bind(one.into());
    }
    sql.push(" order by t.id limit ").number(most as usize);
    let (text, values) = sql.finish();
    let rows = unit.tx().rows(text, values).await?;
    let over = |row: &sea_orm::QueryResult| -> Result<Over, Stop> {
        let [record, person] = [row.try_get_by_index(0)?, row.try_get_by_index(1)?];
        Ok((record, person, row.try_get_by_index(2)?))
    };
    rows.iter().map(over).collect()
}

/// The interest that came from an address that is or was the person's.
#[expect(clippy::disallowed_methods, reason = "the transaction carries Scope and purpose")]
async fn interest_of(unit: &Unit, person: Uuid) -> Result<Select<course_interest::Entity>, Stop> {
    let traits = People::of(unit).traits_of(person).await?;
    let addresses = traits.addresses.iter().map(|address| address.trim().to_lowercase());
    let folded = Expr::expr(Func::lower(Expr::col(course_interest::Column::Email)));
    Ok(course_interest::Entity::find().filter(folded.is_in(addresses)))
}

/// Takes the person out of an application, and everything that the person said.
async fn nameless(unit: &Unit, before: Application, acting_as: &str) -> Result<(), Stop> {
    let hand = Hand { acting_as: acting_as.to_owned(), chain: before.organisation_id };
    let store = Applications::of(unit);
    let before = if before.state.is_over() {
        before
    } else {
        let same = before.clone();
        hand.step(unit, "application.withdrawn", &before, same, Command::Withdraw).await?
    };
    store.untie_notes(before.id).await?;
    let after = Application {
        interest_id: None,
        answers: Answers::default(),
        motivation_id: None,
        support_needs_id: None,
        ..before.clone()
    };
    hand.save(unit, "application.erased", &before, after).await?;
    store.unlink(before.id).await
}
