//! Running courses: from the opening to the end.

use async_graphql::{Context, ID, InputObject, Object, Result};
use serde::Serialize;

use super::Course;
use super::partners::{at, parts};
use crate::course::service::{life, proposals};
use crate::graphql::mutate::Asked;
use crate::graphql::payload::Payload;
use crate::graphql::visible;
use crate::mutations;

mutations! {
    CourseOpen by PlanCourses -> course: Course,
        [OrganisationNotActive, LicenceNotActive, LicenceDoesNotCover, LicenceEnded, CourseLimit, CapacityExceeded, VersionNotPublished, VersionNotInForce, NotScheduled, SessionOutsideCourse, ModuleNotScheduled, LeadRequired, LivedExperienceRequired, TrainerAccreditationLapses, TrainerBusy];
    CourseConfirm by PlanCourses -> course: Course,
        [BelowMinimum, LicenceNotActive, OrganisationNotActive];
    CourseCancel by CancelCourses -> course: Course, [SeparationOfDuties];
    CourseComplete by CompleteCourses -> course: Course, [SessionsToCome];
}

/// An approved course that is to take people.
#[derive(InputObject, Clone, Serialize)]
pub struct CourseOpenInput {
    /// The course.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// Only tell what would follow; change nothing.
    #[graphql(default)]
    dry_run: bool,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// An open course that will run.
#[derive(InputObject, Clone, Serialize)]
pub struct CourseConfirmInput {
    /// The course.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// Only tell what would follow; change nothing.
    #[graphql(default)]
    dry_run: bool,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// A course that is called off.
#[derive(InputObject, Clone, Serialize)]
pub struct CourseCancelInput {
    /// The course.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// Why it is called off.
    reason: String,
    /// Only tell what would follow; change nothing.
    #[graphql(default)]
    dry_run: bool,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// A course whose last session is over.
#[derive(InputObject, Clone, Serialize)]
pub struct CourseCompleteInput {
    /// The course.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// Mutations that run courses, for lead trainers and coordinators of the deliverer.
#[derive(Default)]
pub struct CourseRunningMutations;

#[Object]
impl CourseRunningMutations {
    /// Opens a course for applications: everyone sees it then.
    #[graphql(visible = "visible::plan_courses")]
    async fn course_open(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The course.")] input: CourseOpenInput,
    ) -> Result<Payload<CourseOpen>> {
        let asked =
            Asked::new("courseOpen", &input, input.idempotency_key.as_ref()).dry_run(input.dry_run);
        let at = at(&input.id, input.expected_version)?;
        asked.run(ctx, parts, move |unit| Box::pin(proposals::open(unit, at))).await
    }

    /// Says that a course will run: as many people as it needs have a place.
    #[graphql(visible = "visible::plan_courses")]
    async fn course_confirm(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The course.")] input: CourseConfirmInput,
    ) -> Result<Payload<CourseConfirm>> {
        let asked = Asked::new("courseConfirm", &input, input.idempotency_key.as_ref())
            .dry_run(input.dry_run);
        let at = at(&input.id, input.expected_version)?;
        asked.run(ctx, parts, move |unit| Box::pin(life::confirm(unit, at))).await
    }

    /// Calls a course off: its coordinator before it has begun, a quality lead afterwards.
    #[graphql(visible = "visible::cancel_courses")]
    async fn course_cancel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The course.")] input: CourseCancelInput,
    ) -> Result<Payload<CourseCancel>> {
        let asked = Asked::new("courseCancel", &input, input.idempotency_key.as_ref())
            .dry_run(input.dry_run);
        let at = at(&input.id, input.expected_version)?;
        asked
            .run(ctx, parts, move |unit| Box::pin(life::cancel(unit, at, input.reason.clone())))
            .await
    }

    /// Completes a course once every session is held or cancelled, as its lead trainer.
    #[graphql(visible = "visible::complete_courses")]
    async fn course_complete(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The course.")] input: CourseCompleteInput,
    ) -> Result<Payload<CourseComplete>> {
        let asked = Asked::new("courseComplete", &input, input.idempotency_key.as_ref());
        let at = at(&input.id, input.expected_version)?;
        asked.run(ctx, parts, move |unit| Box::pin(life::complete(unit, at))).await
    }
}
