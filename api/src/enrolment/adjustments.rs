//! Use case of adjustments: what was agreed so that somebody can take part well. The person writes it, and lets others
//! read it; an organisation keeps one text of a person, for all of their enrolments there.

use secrecy::SecretString;
use uuid::Uuid;

use super::desk::Desk;
use super::model::State;
use crate::command::{Stop, Unit};
use crate::course::store::Courses;
use crate::person::desk::{Changed, not_found};
use crate::refusal::{Code, Refusal};
use crate::vault;
use crate::vault::model::{Category, New};

/// The person says what was agreed, or something else in its place.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn set(unit: &Unit, enrolment: Uuid, text: SecretString) -> Result<Changed, Stop> {
    let (desk, of) = Desk::own_as_it_is(unit, enrolment).await?;
    let goes_on = matches!(
        of.state,
        State::Placed | State::Active | State::CompletedTeaching | State::Resit | State::Deferred
    );
    if !goes_on {
        let message = format!("it is {}: nothing is adjusted any more", of.state.code());
        return Err(Refusal::at(Code::Conflict, "", message).into());
    }
    let (person, organisation) = (of.person_id, of.organisation_id);
    let held = vault::service::latest(unit, person, organisation, Category::Adjustments).await?;
    let kept = match held {
        Some(record) => vault::service::replace(unit, record, &text, &desk.acting_as).await,
        None => {
            let course = Courses::of(unit).find(of.course_id).await?.ok_or_else(not_found)?;
            let new = New {
                person,
                organisation: Some(organisation),
                category: Category::Adjustments,
                text,
                retain_until: Some(course.end_on),
            };
            vault::service::keep(unit, new, &desk.acting_as).await.map(drop)
        }
    };
    kept.map_err(|stop| stop.of_field("text"))?;
    Ok(Changed::of(of.id))
}
