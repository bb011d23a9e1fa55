//! What becomes of what is kept about people when their course passes on to another organisation.

use std::collections::BTreeSet;

use sea_orm::ConnectionTrait as _;
use uuid::Uuid;

use crate::command::{Stop, Unit};
use crate::person::store::People;
use crate::read::sql::Sql;
use crate::vault;
use crate::vault::passing::Followed;

/// Texts that belong to a course, by what they hang on.
const TEXTS: [&str; 6] = [
    "select t.record_id from assignment_attempt t where t.record_id is not null and t.course_id = ",
    "select t.feedback_id from assignment_attempt t where t.feedback_id is not null and t.course_id = ",
    "select t.motivation_id from application t where t.motivation_id is not null and t.course_id = ",
    "select t.support_needs_id from application t where t.support_needs_id is not null and t.course_id = ",
    "select n.record_id from application_note n join application t on t.id = n.application_id where t.course_id = ",
    // Adjustments belong to a person: they go along once the person has nothing else at the former deliverer.
    "select r.id from enrolment t join sensitive_record r on r.person_id = t.person_id and r.category = 'ADJUSTMENTS' \
     where not exists (select 1 from enrolment o where o.person_id = t.person_id \
       and o.organisation_id = r.organisation_id) and t.course_id = ",
];

/// Those who are on a course or want to be.
const PEOPLE: [&str; 2] = [
    "select t.person_id from enrolment t where t.erased_on is null \
     and t.state not in ('REFUSED','WITHDRAWN','TRANSFERRED_OUT') and t.course_id = ",
    "select t.person_id from application t where t.ended_at is null and t.course_id = ",
];

/// A course, which is saved with its new deliverer already, has passed on: that one keeps the records of its people, and
/// what the vault has of them.
///
/// # Errors
///
/// What the database answers.
pub async fn passed_on(
    unit: &Unit,
    course: Uuid,
    by: Followed,
    acting_as: &str,
) -> Result<(), Stop> {
    for person in found(unit, course, &PEOPLE).await? {
        People::of(unit).keep(person, by.to).await?;
    }
    let texts: Vec<Uuid> = found(unit, course, &TEXTS).await?.into_iter().collect();
    vault::passing::pass_on(unit, &texts, by, acting_as).await?;
    Ok(())
}

/// What several questions about a course find together.
async fn found(unit: &Unit, course: Uuid, questions: &[&str]) -> Result<BTreeSet<Uuid>, Stop> {
    let mut sql = Sql::new(unit.tx().get_database_backend());
    for (place, question) in questions.iter().enumerate() {
        sql.push(if place > 0 { " union " } else { "" }).push(question).bind(course.into());
    }
    let (text, values) = sql.finish();
    let rows = unit.tx().rows(text, values).await?;
    rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
}
