//! What the national team does with courses.

use async_graphql::{Context, ID, InputObject, Object, Result};
use serde::Serialize;

use super::Course;
use super::partners::{at, parts};
use super::sessions::at_session;
use crate::course::parts::TeachOut;
use crate::course::service::{life, proposals, sessions};
use crate::graphql::mutate::{Asked, ids_of};
use crate::graphql::payload::Payload;
use crate::graphql::scalars::Date;
use crate::graphql::visible;
use crate::mutations;

mutations! {
    CourseApprove by ApproveCourses -> course: Course, [SeparationOfDuties];
    CourseReturn by ApproveCourses -> course: Course, [SeparationOfDuties];
    CourseTeachOut by OverseeCourses -> course: Course, [SeparationOfDuties];
    CourseClose by OverseeCourses -> course: Course, [SeparationOfDuties];
    CourseCorrect by OverseeCourses -> course: Course, [SeparationOfDuties];
    SessionCredit by OverseeCourses -> course: Course, [SeparationOfDuties];
}

/// A proposed course that may be opened.
#[derive(InputObject, Clone, Serialize)]
pub struct CourseApproveInput {
    /// The course.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// A proposed course that goes back to its organisation.
#[derive(InputObject, Clone, Serialize)]
pub struct CourseReturnInput {
    /// The course.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// What is missing.
    reason: String,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// A course that opens or goes on though its licence does not cover it.
#[derive(InputObject, Clone, Serialize)]
pub struct CourseTeachOutInput {
    /// The course.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// The last day that the decision covers; not before the end of the course.
    until: Date,
    /// The organisation that takes the course over.
    receiving_organisation_id: Option<ID>,
    /// Why it goes on all the same.
    reason: String,
    /// Only tell what would follow; change nothing.
    #[graphql(default)]
    dry_run: bool,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// A course that was moderated.
#[derive(InputObject, Clone, Serialize)]
pub struct CourseCloseInput {
    /// The course.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// A correction of a closed course.
#[derive(InputObject, Clone, Serialize)]
pub struct CourseCorrectInput {
    /// The course.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// What it says wrongly.
    concerns: String,
    /// What is right.
    correction: String,
    /// Why it is corrected.
    reason: String,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// A session that was held without credit and is to count.
#[derive(InputObject, Clone, Serialize)]
pub struct SessionCreditInput {
    /// The session.
    id: ID,
    /// The version of its course as you read it.
    expected_version: i32,
    /// Why it is to count.
    reason: String,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// Mutations of courses, for licensing officers and quality leads.
#[derive(Default)]
pub struct CourseNationalMutations;

#[Object]
impl CourseNationalMutations {
    /// Records a correction of a closed course, which itself stays as it is.
    #[graphql(visible = "visible::oversee_courses", tag = "national")]
    async fn course_correct(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The course and the correction.")] input: CourseCorrectInput,
    ) -> Result<Payload<CourseCorrect>> {
        let asked = Asked::new("courseCorrect", &input, input.idempotency_key.as_ref());
        let at = at(&input.id, input.expected_version)?;
        let CourseCorrectInput { concerns, correction, reason, .. } = input;
        let new = life::Correction { concerns, correction, reason };
        asked.run(ctx, parts, move |unit| Box::pin(life::correct(unit, at, new.clone()))).await
    }

    /// Lets a proposed course be opened.
    #[graphql(visible = "visible::approve_courses", tag = "national")]
    async fn course_approve(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The course.")] input: CourseApproveInput,
    ) -> Result<Payload<CourseApprove>> {
        let asked = Asked::new("courseApprove", &input, input.idempotency_key.as_ref());
        let at = at(&input.id, input.expected_version)?;
        asked.run(ctx, parts, move |unit| Box::pin(proposals::approve(unit, at))).await
    }

    /// Sends a proposed course back to its organisation.
    #[graphql(visible = "visible::approve_courses", tag = "national")]
    async fn course_return(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The course.")] input: CourseReturnInput,
    ) -> Result<Payload<CourseReturn>> {
        let asked = Asked::new("courseReturn", &input, input.idempotency_key.as_ref());
        let at = at(&input.id, input.expected_version)?;
        asked
            .run(ctx, parts, move |unit| {
                Box::pin(proposals::give_back(unit, at, input.reason.clone()))
            })
            .await
    }

    /// Records that a course opens or goes on though its licence does not cover it. A later decision takes the place of an earlier one.
    #[graphql(visible = "visible::oversee_courses", tag = "national")]
    async fn course_teach_out(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The course and the decision.")] input: CourseTeachOutInput,
    ) -> Result<Payload<CourseTeachOut>> {
        let asked = Asked::new("courseTeachOut", &input, input.idempotency_key.as_ref())
            .dry_run(input.dry_run);
        let at = at(&input.id, input.expected_version)?;
        let receiving = input.receiving_organisation_id.as_ref();
        let path = "receivingOrganisationId";
        let decision = TeachOut {
            until: input.until.0,
            receiving: receiving.map(|id| ids_of("org", path, id)).transpose()?,
            reason: input.reason,
        };
        asked
            .run(ctx, parts, move |unit| Box::pin(proposals::teach_out(unit, at, decision.clone())))
            .await
    }

    /// Closes a course after moderation: nothing of it changes from then on.
    #[graphql(visible = "visible::oversee_courses", tag = "national")]
    async fn course_close(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The course.")] input: CourseCloseInput,
    ) -> Result<Payload<CourseClose>> {
        let asked = Asked::new("courseClose", &input, input.idempotency_key.as_ref());
        let at = at(&input.id, input.expected_version)?;
        asked.run(ctx, parts, move |unit| Box::pin(life::close(unit, at))).await
    }

    /// Lets a session count that was held without credit.
    #[graphql(visible = "visible::oversee_courses", tag = "national")]
    async fn session_credit(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The session.")] input: SessionCreditInput,
    ) -> Result<Payload<SessionCredit>> {
        let asked = Asked::new("sessionCredit", &input, input.idempotency_key.as_ref());
        let at = at_session(&input.id, input.expected_version)?;
        asked
            .run(ctx, parts, move |unit| Box::pin(sessions::credit(unit, at, input.reason.clone())))
            .await
    }
}
