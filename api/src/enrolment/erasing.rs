//! Erasing enrolments: somebody asked for it, or their time is over. Nobody is named any more, and reasons in words are
//! gone. Days, minutes and outcomes stay under the id of the enrolment, as what was taught and decided has to add up.

use chrono::{Days, NaiveDate};
use entities::{
    assignment_attempt, attendance_record, enrolment, graduation_decision, make_up, module_waiver,
    placement,
};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, ConnectionTrait as _, EntityTrait as _, QueryFilter as _};
use uuid::Uuid;

use super::desk::Desk;
use super::model::{Command, Enrolment, Initiator, WithdrawalReason};
use super::needs::ENDED;
use crate::command::{Stop, Unit};
use crate::credential;
use crate::credential::service::Hand;
use crate::read::sql::Sql;
use crate::vault::erasing::Over;
use crate::{application, career, evaluation};

/// What stands in the place of a reason.
const ERASED: &str = "erased";

/// How many enrolments a person has.
///
/// # Errors
///
/// What the database answers.
pub async fn held(unit: &Unit, person: Uuid) -> Result<u64, Stop> {
    let desk = Desk::of(unit, String::new());
    Ok(desk.store.lock_person(person).await?.len() as u64)
}

/// Erases the enrolments of a person, who leaves those that go on, and the applications that led to them; says what
/// follows, in words. What the vault keeps is decided for itself.
///
/// # Errors
///
/// What the database answers.
pub async fn erase(unit: &Unit, person: Uuid, acting_as: &str) -> Result<Vec<String>, Stop> {
    let desk = Desk::of(unit, acting_as.to_owned());
    let mut left = 0;
    for before in desk.store.lock_person(person).await? {
        left += usize::from(nameless(&desk, before).await?);
    }
    application::erasing::erase_accepted(unit, person, acting_as).await?;
    let told = || format!("enrolments that went on and are withdrawn: {left}");
    Ok((left > 0).then(told).into_iter().collect())
}

/// Erases one enrolment whose time is over, and the application that led to it.
///
/// # Errors
///
/// What the database answers.
pub async fn erase_one(unit: &Unit, id: Uuid, acting_as: &str) -> Result<(), Stop> {
    let desk = Desk::of(unit, acting_as.to_owned());
    let Some(before) = desk.store.lock(id).await? else { return Ok(()) };
    let application = before.application_id;
    nameless(&desk, before).await?;
    match application {
        Some(application) => {
            application::erasing::erase_one(unit, application, acting_as).await.map(drop)
        }
        None => Ok(()),
    }
}

/// Enrolments that ended on `by` or before; at most `most`, or the one that is named if it is one of them. What others
/// go on from waits for them.
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
    let mut sql = Sql::new(unit.tx().get_database_backend());
    sql.push("select e.id, e.person_id, e.organisation_id from enrolment e where e.erased_on is null and ");
    sql.push(ENDED).push(" <= ").bind(by.into());
    sql.push(" and not exists (select 1 from enrolment f where f.origin_id = e.id and f.erased_on is null)");
    if let Some(one) = one {
        sql.push(" and e.id = ").bind(one.into());
    }
    sql.push(" order by e.id limit ").number(most as usize);
    let (text, values) = sql.finish();
    let rows = unit.tx().rows(text, values).await?;
    let over = |row: &sea_orm::QueryResult| -> Result<Over, Stop> {
        let [record, person] = [row.try_get_by_index(0)?, row.try_get_by_index(1)?];
        Ok((record, person, row.try_get_by_index(2)?))
    };
    rows.iter().map(over).collect()
}

/// Takes the person out of an enrolment; tells whether it went on until now.
async fn nameless(desk: &Desk<'_>, before: Enrolment) -> Result<bool, Stop> {
    let unit = desk.unit;
    let goes_on = before.state.after(Command::Withdraw).is_some();
    let before = if goes_on { withdrawn(desk, before).await? } else { before };
    let hand = Hand { acting_as: desk.acting_as.clone(), chain: before.organisation_id };
    let decisions = desk.store.decisions_of(before.id).await?;
    credential::service::set_apart(unit, before.person_id, &decisions, &hand).await?;
    wordless(unit, before.id).await?;
    career::erasing::erase_destinations(unit, before.id).await?;
    evaluation::erasing::erase(unit, before.id).await?;
    let after = Enrolment {
        supervisor_id: None,
        tutor_id: None,
        // Health and caring are among the reasons.
        withdrawal_reason: before.withdrawal_reason.map(|_| WithdrawalReason::NotTold),
        resolution: None,
        ..before.clone()
    };
    desk.save("enrolment.erased", &before, after, None).await?;
    let nobody: Option<Uuid> = None;
    enrolment::Entity::update_many()
        .col_expr(enrolment::Column::PersonId, Expr::value(nobody))
        .col_expr(enrolment::Column::ErasedOn, Expr::value(unit.today()))
        .filter(enrolment::Column::Id.eq(before.id))
        .exec(unit.tx())
        .await?;
    Ok(goes_on)
}

/// Whoever is nobody here any more has no place either.
async fn withdrawn(desk: &Desk<'_>, before: Enrolment) -> Result<Enrolment, Stop> {
    let next = desk.unit.today().max(before.enrolled_from) + Days::new(1);
    let after = Enrolment {
        enrolled_to: Some(before.enrolled_to.unwrap_or(next)),
        withdrawal_reason: Some(WithdrawalReason::NotTold),
        withdrawal_initiator: Some(Initiator::Nation),
        ..Desk::stepped(&before, Command::Withdraw)?
    };
    desk.save("enrolment.withdrawn", &before, after, None).await
}

/// Takes the words, and the links to the vault, out of what hangs on an enrolment.
async fn wordless(unit: &Unit, id: Uuid) -> Result<(), Stop> {
    let (nothing, nobody): (Option<String>, Option<Uuid>) = (None, None);
    attendance_record::Entity::update_many()
        .col_expr(attendance_record::Column::Reason, Expr::value(ERASED))
        .filter(attendance_record::Column::EnrolmentId.eq(id))
        .filter(attendance_record::Column::Reason.is_not_null())
        .exec(unit.tx())
        .await?;
    make_up::Entity::update_many()
        .col_expr(make_up::Column::How, Expr::value(nothing))
        .filter(make_up::Column::EnrolmentId.eq(id))
        .exec(unit.tx())
        .await?;
    module_waiver::Entity::update_many()
        .col_expr(module_waiver::Column::Reason, Expr::value(ERASED))
        .filter(module_waiver::Column::EnrolmentId.eq(id))
        .exec(unit.tx())
        .await?;
    graduation_decision::Entity::update_many()
        .col_expr(graduation_decision::Column::OverrideReason, Expr::value(ERASED))
        .filter(graduation_decision::Column::EnrolmentId.eq(id))
        .filter(graduation_decision::Column::OverrideReason.is_not_null())
        .exec(unit.tx())
        .await?;
    placement::Entity::update_many()
        .col_expr(placement::Column::SupervisorId, Expr::value(nobody))
        .filter(placement::Column::EnrolmentId.eq(id))
        .exec(unit.tx())
        .await?;
    assignment_attempt::Entity::update_many()
        .col_expr(assignment_attempt::Column::RecordId, Expr::value(nobody))
        .col_expr(assignment_attempt::Column::FeedbackId, Expr::value(nobody))
        .filter(assignment_attempt::Column::EnrolmentId.eq(id))
        .exec(unit.tx())
        .await?;
    Ok(())
}
