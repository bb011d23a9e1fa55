//! A quality lead reads what trainees wrote about a course.

use secrecy::SecretString;
use serde::Serialize;
use uuid::Uuid;

use super::rules;
use super::store::{self, Evaluations};
use crate::actor::Permission;
use crate::actor::service::acts_for;
use crate::audit::{self, Audited, Change};
use crate::command::{Stop, Unit, refuse_any};
use crate::course::store::Courses;
use crate::enrolment::store::Enrolments;
use crate::organisation::rules::{MAX_TEXT, unmet_for_own_organisation, unmet_for_text};
use crate::person::desk::not_found;
use crate::refusal::{Code, Refusal};
use crate::vault;

/// One reading: a record of its own in the trail.
#[derive(Serialize)]
struct Reading {
    id: Uuid,
    course_id: Uuid,
}

impl Audited for Reading {
    const TYPE: &'static str = "evaluation_reading";

    fn id(&self) -> Uuid {
        self.id
    }

    fn chain(&self) -> Uuid {
        audit::NATION
    }

    fn version(&self) -> i32 {
        1
    }
}

/// Opens what trainees wrote about a course, as a JSON list of texts in the order of their letters. Each reading is on
/// record, with the reason.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn open(unit: &Unit, course: Uuid, reason: &str) -> Result<SecretString, Stop> {
    let permission = Permission::OverseeEvaluations;
    let Some(acting_as) = unit.actor().acting_nationally(permission) else {
        return Err(Refusal::forbidden(permission).into());
    };
    let found = Courses::of(unit).find(course).await?.ok_or_else(not_found)?;
    refuse_any(unmet_for_own_organisation(acts_for(unit, found.organisation_id).await?))?;
    if let Some(person) = unit.actor().person()
        && Enrolments::of(unit).teaches(course, person).await?
    {
        let message = "you teach on this course: somebody else has to read it";
        return Err(Refusal::at(Code::SeparationOfDuties, "", message).into());
    }
    vault::store::state(unit.tx(), "EVALUATION").await?;
    let row = Evaluations::within(unit.tx()).of_course(course).await?;
    let answers = row.as_ref().map_or(0, |row| u32::try_from(row.answers).unwrap_or_default());
    let policy = unit.policy();
    let over = rules::is_over(found.ended_on, policy.evaluation_days, unit.today());
    let mut unmet = unmet_for_text(reason, "reason", MAX_TEXT);
    unmet.extend(rules::unmet_for_reading(over, answers, policy.evaluation_minimum));
    let Some(row) = row.filter(|_| unmet.is_empty()) else { return Err(unmet.into()) };
    let texts = store::opened(unit.vault(), &row)?;
    let reading = Reading { id: unit.id(), course_id: course };
    let why = Some(reason.trim().to_owned());
    unit.record(Change::of("evaluation.read", None, &reading, &[], acting_as, why));
    Ok(SecretString::from(serde_json::Value::from(texts).to_string()))
}
