//! The use case of answering: in the service's own name, and without a trail.

use secrecy::{ExposeSecret as _, SecretString};
use uuid::Uuid;

use super::rules;
use super::store::{self, Evaluations};
use crate::actor::Identity;
use crate::command::{self, Outcome, Stop, Unit, refuse_any};
use crate::core::Core;
use crate::course::store::Courses;
use crate::db::Access;
use crate::enrolment::model::Enrolment;
use crate::enrolment::store::Enrolments;
use crate::fault::Fault;
use crate::person::desk::not_found;
use crate::protection::store::Protection;
use crate::refusal::{Code, Refusal};

/// In whose name sums are written.
const NAME: &str = "course-evaluation";

/// What somebody answers.
#[derive(Clone)]
pub struct Answer {
    /// The enrolment.
    pub enrolment: Uuid,
    /// Codes of statements with their scores.
    pub scores: Vec<(String, i32)>,
    /// What somebody writes.
    pub text: Option<SecretString>,
}

/// Adds what somebody answers to the sums of the course, once. Gives the enrolment.
///
/// # Errors
///
/// What the database answers.
pub async fn answer(
    core: &Core,
    identity: Identity,
    given: Answer,
) -> Result<Outcome<Uuid>, Fault> {
    let (tx, actor) = core.begin(Access::Read, identity).await?;
    tx.rollback().await;
    if actor.account().is_none() {
        return Ok(Outcome::Refused(vec![Refusal::whole(Code::Forbidden)]));
    }
    let Some(person) = actor.person() else {
        return Ok(Outcome::Refused(vec![Refusal::whole(Code::NotFound)]));
    };
    command::run_job(core, NAME, move |unit| Box::pin(answered(unit, person, given.clone()))).await
}

async fn answered(unit: &Unit, person: Uuid, given: Answer) -> Result<Uuid, Stop> {
    let of = own(unit, person, given.enrolment).await?;
    let course = Courses::of(unit).find(of.course_id).await?.ok_or_else(not_found)?;
    let time = (course.ended_on, unit.policy().evaluation_days);
    let whose = (of.state, of.withdrawal_reason);
    refuse_any(rules::unmet_for_answering(whose, time, unit.today()))?;
    let rows = Evaluations::within(unit.tx());
    let row = rows.lock(course.id).await?;
    let questionnaire = match &row {
        Some(row) => rows.questionnaire(row.questionnaire_id).await?,
        None => rows.in_force(unit.today()).await?,
    };
    let message = "no questionnaire is published yet";
    let missing = || Refusal::at(Code::EvaluationClosed, "", message);
    let questionnaire = questionnaire.ok_or_else(missing)?;
    let text = given.text.as_ref().map(|text| text.expose_secret());
    refuse_any(rules::unmet_for_scores(&questionnaire.statements, &given.scores, text))?;
    let row = match row {
        Some(row) => row,
        None => rows.begin(unit, &course, &questionnaire).await?,
    };
    // Another one began the sums at the same time, by another questionnaire: ask again.
    if row.questionnaire_id != questionnaire.id {
        return Err(Refusal::whole(Code::Conflict).into());
    }
    rows.participated(unit, (of.organisation_id, of.id)).await?;
    let mut texts = store::opened(unit.vault(), &row)?;
    texts.extend(text.map(|text| text.trim().to_owned()));
    let texts = store::sealed(unit.vault(), &row, texts)?;
    let score = |statement: Uuid| {
        let of = questionnaire.statements.iter().find(|of| of.id == statement)?;
        given.scores.iter().find(|(code, _)| *code == of.code).map(|(_, score)| *score)
    };
    rows.rewrite(&row, texts, score).await?;
    unit.note_queued();
    Ok(of.id)
}

/// The own enrolment; another's is not there. Nothing of somebody restricted is added to anything.
async fn own(unit: &Unit, person: Uuid, id: Uuid) -> Result<Enrolment, Stop> {
    let found = Enrolments::of(unit).find(id).await?;
    let own = found.filter(|of| of.person_id == person).ok_or_else(not_found)?;
    if Protection::of(unit).is_restricted(person).await? {
        let message = "the processing of your data is restricted: nothing is added meanwhile";
        return Err(Refusal::at(Code::Conflict, "", message).into());
    }
    Ok(own)
}
