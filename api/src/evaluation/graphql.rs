//! The evaluation of courses as it can be read, answered and published.

use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use secrecy::SecretString;
use serde::Serialize;
use uuid::Uuid;

use super::answering::{self, Answer};
use super::results::{self, Asked as Wanted, By, Figures};
use super::{questionnaires, texts};
use crate::actor::Permission;
use crate::course::graphql::Course;
use crate::enrolment::graphql::Enrolment;
use crate::graphql::error::{nullable, of_fault};
use crate::graphql::mutate::{Asked, argument, coded, ids_of};
use crate::graphql::payload::{Mutation, Payload};
use crate::graphql::scalars::Date;
use crate::graphql::visible;
use crate::organisation::graphql::Organisation;
use crate::person::desk::Changed;
use crate::programme::graphql::ProgrammeVersion;
use crate::read::declaration::{
    EVERYONE, Root, Rows, Way, boolean, date, id, int, list, one, text,
};
use crate::read::{One, Op};
use crate::refusal::Code;
use crate::{mutations, person_of, readable};

/// The root fields of the evaluation of courses.
pub const ROOTS: &[Root] = &[
    Root::page::<EvaluationQuestionnaire>(
        "evaluationQuestionnaires",
        "What trainees are asked when their course is over, every version.",
    ),
    Root::page::<EvaluationParticipation>(
        "evaluationParticipations",
        "About which of your courses you answered. What you answered is nowhere beside your name.",
    ),
];

readable! {
    /// A version of what trainees are asked when their course is over.
    pub EvaluationQuestionnaire = Rows::of("evaluation_questionnaire", "evq")
        .visible_to(EVERYONE)
        .ordered_by("number");
    /// The id of the version.
    id: id("evq"),
    /// Its number, from 1.
    number: int("t.number").ordered(),
    /// Whether it is a proposal of this project that nobody in the network confirmed.
    isProposal: boolean("t.proposal"),
    /// What invites to write freely.
    invitation: text("t.invitation"),
    /// The day from which courses are answered by it.
    publishedOn: date("t.published_on"),
    /// What is scored, in its order.
    statements: list::<EvaluationStatement>(20, "t.questionnaire_id = {parent}"),
    /// Always 1: what was published stays.
    version: int("1"),
}

readable! {
    /// A statement that trainees score from 1, not at all, to 5, fully.
    pub EvaluationStatement = Rows::of("evaluation_statement", "evs")
        .visible_to(EVERYONE)
        .ordered_by("place");
    /// The id of the statement.
    id: id("evs"),
    /// Its place, from 1.
    place: int("t.place").ordered(),
    /// What stands for it, the same in every version that asks it.
    code: text("t.code"),
    /// The statement.
    statement: text("t.statement"),
}

readable! {
    /// That you answered about a course: not what.
    pub EvaluationParticipation = Rows::of("evaluation_participation", "evp")
        .about(person_of!("(select e.person_id from enrolment e where e.id = t.enrolment_id)"))
        .visible_to(&[Way::PersonThrough("enrolment e where e.id = t.enrolment_id", "e.person_id")])
        .ordered_by("answeredOn");
    /// The id of the record.
    id: id("evp"),
    /// The enrolment.
    enrolment: one::<Enrolment>("t.enrolment_id"),
    /// On which day.
    answeredOn: date("t.answered_on").ordered(),
}

/// By what courses are taken together.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "results::By")]
pub enum EvaluationGroup {
    /// Each course.
    Course,
    /// The organisation that delivers.
    Organisation,
    /// The programme version.
    ProgrammeVersion,
    /// Everything.
    Nation,
}

/// What is told of a statement.
#[derive(SimpleObject)]
pub struct EvaluationScore {
    /// What stands for the statement.
    code: String,
    /// The statement.
    statement: String,
    /// The mean of its scores in hundredths; null if too few scored it.
    mean: Option<i32>,
    /// How often each score was given, from 1 to 5, rounded; null where it is too seldom to be told.
    scores: Vec<Option<u32>>,
}

/// What is told of courses that are taken together, by one version of the questionnaire.
#[derive(SimpleObject)]
pub struct EvaluationFigures {
    /// The course, where each is told.
    course: Option<One<Course>>,
    /// The organisation that delivers, where courses are taken together by it.
    organisation: Option<One<Organisation>>,
    /// The programme version, where courses are taken together by it.
    programme_version: Option<One<ProgrammeVersion>>,
    /// The number of the questionnaire.
    questionnaire: i32,
    /// How many courses. Those with fewer answers than the least number count nowhere.
    courses: u32,
    /// How many answered, rounded.
    answers: Option<u32>,
    /// Which share of those who could answer, in basis points, to the nearest twentieth; null if nobody could.
    response_rate: Option<u32>,
    /// The statements.
    statements: Vec<EvaluationScore>,
}

/// What is told of one course.
#[derive(SimpleObject)]
pub struct CourseEvaluation {
    /// The last day on which people answer; null while the course goes on. Nothing is told before it is over.
    last_day: Option<Date>,
    /// What is told; null while people answer, and where fewer than the least number did.
    figures: Option<EvaluationFigures>,
}

impl EvaluationFigures {
    fn of(found: Figures, by: By) -> Self {
        let Figures { key, questionnaire, courses, answers, response, statements } = found;
        let score = |of: results::Scored| EvaluationScore {
            code: of.code,
            statement: of.statement,
            mean: of.mean,
            scores: of.scores,
        };
        let whose = |kind: By| key.filter(|_| by == kind);
        Self {
            course: whose(By::Course).map(One::by_id),
            organisation: whose(By::Organisation).map(One::by_id),
            programme_version: whose(By::ProgrammeVersion).map(One::by_id),
            questionnaire,
            courses,
            answers,
            response_rate: response,
            statements: statements.into_iter().map(score).collect(),
        }
    }
}

/// Queries about what trainees said.
#[derive(Default)]
pub struct EvaluationQueries;

#[Object]
impl EvaluationQueries {
    /// What trainees said of a course, as figures: for who teaches on it, its deliverer, the quality lead and analysts.
    /// Null to others.
    async fn course_evaluation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The course.")] course_id: ID,
    ) -> Result<Option<CourseEvaluation>> {
        let op = ctx.data_unchecked::<Arc<Op>>();
        let course = argument("crs", "courseId", &course_id)?;
        let found = results::of_course(op.core(), op.identity(), course).await;
        let found = found.map_err(|fault| coded(of_fault(&fault, None)));
        let told = |of: results::OfCourse| CourseEvaluation {
            last_day: of.last_day.map(Date),
            figures: of.figures.map(|of| EvaluationFigures::of(of, By::Course)),
        };
        Ok(nullable(ctx, found).map(told))
    }

    /// What trainees said of many courses: of an organisation's, for who belongs to it; or of all, for the quality lead
    /// and analysts. Null to others. Only courses about which nobody answers any more, and enough did, count.
    #[graphql(visible = "visible::see_evaluations")]
    async fn evaluation_report(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "By what courses are taken together.")] by: EvaluationGroup,
        #[graphql(desc = "Courses of this organisation only.")] organisation_id: Option<ID>,
        #[graphql(desc = "Courses that ended on this day or later.")] ended_from: Option<Date>,
        #[graphql(desc = "Courses that ended on this day or earlier.")] ended_to: Option<Date>,
    ) -> Result<Option<Vec<EvaluationFigures>>> {
        let op = ctx.data_unchecked::<Arc<Op>>();
        let organisation =
            organisation_id.as_ref().map(|id| argument("org", "organisationId", id)).transpose()?;
        let asked = Wanted {
            course: None,
            organisation,
            from: ended_from.map(|day| day.0),
            to: ended_to.map(|day| day.0),
        };
        let by = By::from(by);
        let found = results::report(op.core(), op.identity(), (by, asked)).await;
        let found = found.map_err(|fault| coded(of_fault(&fault, None)));
        let told = |of: Figures| EvaluationFigures::of(of, by);
        Ok(nullable(ctx, found).map(|all| all.into_iter().map(told).collect()))
    }
}

mutations! {
    EvaluationAnswer by SignedIn -> enrolment: Enrolment, [EvaluationClosed, AlreadyAnswered];
    EvaluationQuestionnairePublish by OverseeEvaluations -> evaluationQuestionnaire: EvaluationQuestionnaire, [];
}

/// The mutation `evaluationTextsOpen`, which tells texts.
pub struct EvaluationTextsOpen;

impl Mutation for EvaluationTextsOpen {
    const NAME: &'static str = "EvaluationTextsOpen";
    const PERMISSION: Option<Permission> = Some(Permission::OverseeEvaluations);
    type Entity = Course;
    const FIELD: &'static str = "course";
    const CODES: &'static [Code] =
        &[Code::EvaluationClosed, Code::TooFewAnswers, Code::SeparationOfDuties];
    const TELLS: Option<(&'static str, &'static str)> =
        Some(("texts", "What trainees wrote, as a JSON list in the order of its letters."));
}

/// How a statement is scored.
#[derive(InputObject, Clone)]
pub struct EvaluationScoreInput {
    /// The code of the statement.
    statement: String,
    /// From 1, not at all, to 5, fully.
    score: i32,
}

/// What you say of a course. There is no key for repeats, because nothing of it is kept beside your account: whoever
/// answered is told so.
#[derive(InputObject, Clone)]
pub struct EvaluationAnswerInput {
    /// Your enrolment.
    enrolment_id: ID,
    /// How you score the statements; you may leave some out.
    scores: Vec<EvaluationScoreInput>,
    /// What you write, if you like. Only a quality lead of the national team reads it. Please leave names out.
    text: Option<String>,
}

/// A statement of a new version.
#[derive(InputObject, Clone, Serialize)]
pub struct EvaluationStatementInput {
    /// What stands for it, in capitals, digits and underscores.
    code: String,
    /// The statement.
    statement: String,
}

/// The next version of the questionnaire.
#[derive(InputObject, Clone, Serialize)]
pub struct EvaluationQuestionnairePublishInput {
    /// The statements in their order, at most 20.
    statements: Vec<EvaluationStatementInput>,
    /// What invites to write freely.
    invitation: String,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// What trainees wrote about a course, to be read. There is no key for repeats: the texts are kept nowhere, and each
/// reading is on record.
#[derive(InputObject, Clone, Serialize)]
pub struct EvaluationTextsOpenInput {
    /// The course.
    course_id: ID,
    /// Why you read it.
    reason: String,
}

fn parts(changed: Changed) -> (Uuid, Vec<String>) {
    (changed.id, changed.impact)
}

/// Mutations of the evaluation of courses.
#[derive(Default)]
pub struct EvaluationMutations;

#[Object]
impl EvaluationMutations {
    /// Says what you think of a course that is over, once. It is added to the sums of the course at once: nobody, the
    /// national team included, can find out what you said.
    async fn evaluation_answer(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What you say.")] input: EvaluationAnswerInput,
    ) -> Result<Payload<EvaluationAnswer>> {
        let op = ctx.data_unchecked::<Arc<Op>>();
        let answer = Answer {
            enrolment: ids_of("enr", "enrolmentId", &input.enrolment_id)?,
            scores: input.scores.into_iter().map(|of| (of.statement, of.score)).collect(),
            text: input.text.map(SecretString::from),
        };
        let outcome = answering::answer(op.core(), op.identity(), answer).await;
        let outcome = outcome.map_err(|fault| coded(of_fault(&fault, None)))?;
        op.read_after_write().await;
        Ok(Payload::of(outcome, false, |id| (id, Vec::new())))
    }

    /// Publishes the next version of the questionnaire.
    #[graphql(visible = "visible::oversee_evaluations", tag = "national")]
    async fn evaluation_questionnaire_publish(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The version.")] input: EvaluationQuestionnairePublishInput,
    ) -> Result<Payload<EvaluationQuestionnairePublish>> {
        let asked =
            Asked::new("evaluationQuestionnairePublish", &input, input.idempotency_key.as_ref());
        let statements: Vec<(String, String)> =
            input.statements.into_iter().map(|of| (of.code, of.statement)).collect();
        let invitation = input.invitation;
        asked
            .run(ctx, parts, move |unit| {
                let (statements, invitation) = (statements.clone(), invitation.clone());
                Box::pin(
                    async move { questionnaires::publish(unit, statements, &invitation).await },
                )
            })
            .await
    }

    /// Opens what trainees wrote about a course: the payload holds the texts. That you read them is on record.
    #[graphql(visible = "visible::oversee_evaluations", tag = "national")]
    async fn evaluation_texts_open(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Of which course, and why.")] input: EvaluationTextsOpenInput,
    ) -> Result<Payload<EvaluationTextsOpen>> {
        let asked = Asked::new("evaluationTextsOpen", &input, None);
        let course = ids_of("crs", "courseId", &input.course_id)?;
        // The texts are no answer that could be kept: they wait here until the reading is committed.
        let opened: Arc<Mutex<Option<SecretString>>> = Arc::default();
        let (waits, reason) = (Arc::clone(&opened), input.reason);
        let payload = asked
            .run(ctx, parts, move |unit| {
                let (waits, reason) = (Arc::clone(&waits), reason.clone());
                Box::pin(async move {
                    let found = texts::open(unit, course, &reason).await?;
                    *waits.lock().unwrap_or_else(PoisonError::into_inner) = Some(found);
                    Ok(Changed::of(course))
                })
            })
            .await?;
        let found = opened.lock().unwrap_or_else(PoisonError::into_inner).take();
        Ok(payload.telling(found))
    }
}
