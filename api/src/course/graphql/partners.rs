//! Planning courses: what lead trainers and coordinators of the deliverer do before one opens.

use async_graphql::{Context, ID, InputObject, Object, Result};
use serde::Serialize;
use uuid::Uuid;

use super::plan::CoursePlanInput;
use super::{Course, CourseMode, TeachingPart};
use crate::course::service::drafts::{self, Amendment, NewCourse};
use crate::course::service::teaching::{self, Assignment};
use crate::course::service::{At, Changed, proposals, schedule};
use crate::graphql::mutate::{Asked, ids_of};
use crate::graphql::payload::Payload;
use crate::graphql::visible;
use crate::mutations;

mutations! {
    CourseDraft by PlanCourses -> course: Course,
        [OrganisationNotActive, VersionNotPublished, VersionNotInForce];
    CourseAmend by PlanCourses -> course: Course,
        [CapacityExceeded, Unchanged, LicenceNotActive, OrganisationNotActive];
    CourseSchedule by PlanCourses -> course: Course, [VersionNotInForce];
    CourseReschedule by PlanCourses -> course: Course,
        [VersionNotInForce, LicenceEnded, SessionOutsideCourse, NotScheduled, TrainerBusy];
    CourseAssignTrainers by PlanCourses -> course: Course,
        [LeadRequired, LivedExperienceRequired, TrainerAccreditationLapses, TrainerBusy];
    CoursePropose by PlanCourses -> course: Course,
        [OrganisationNotActive, VersionNotPublished, VersionNotInForce, LicenceDoesNotCover, NotScheduled, SessionOutsideCourse, ModuleNotScheduled, LeadRequired, LivedExperienceRequired, TrainerAccreditationLapses, TrainerBusy];
    CourseOfferPlaces by PlanCourses -> course: Course,
        [CapacityExceeded, LicenceNotActive, OrganisationNotActive];
}

/// A course to be drafted.
#[derive(InputObject, Clone, Serialize)]
pub struct CourseDraftInput {
    /// The organisation that delivers it.
    organisation_id: ID,
    /// Its curriculum.
    programme_version_id: ID,
    /// The organisation that hosts it, where another one delivers.
    host_id: Option<ID>,
    /// What deliverer and host agreed.
    co_delivery_terms: Option<String>,
    /// How it is taught.
    mode: CourseMode,
    /// Whether it is a short course that introduces people to the subject.
    #[graphql(default)]
    is_introductory: bool,
    /// The letters with which the postcode of its place begins, such as NN.
    postcode_area: Option<String>,
    /// Fewest people with whom it runs.
    capacity_min: i32,
    /// Most people.
    capacity_max: i32,
    /// When it meets.
    plan: CoursePlanInput,
    /// Only tell what would follow; change nothing.
    #[graphql(default)]
    dry_run: bool,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// What changes of a course; what is absent stays.
#[derive(InputObject, Clone, Serialize)]
pub struct CourseAmendInput {
    /// The course.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// How it is taught.
    mode: Option<CourseMode>,
    /// Whether it is a short course that introduces people to the subject.
    is_introductory: Option<bool>,
    /// The letters with which the postcode of its place begins.
    postcode_area: Option<String>,
    /// Fewest people with whom it runs.
    capacity_min: Option<i32>,
    /// Most people.
    capacity_max: Option<i32>,
    /// How many places you keep for people who are not enrolled yet.
    places_reserved: Option<i32>,
    /// The organisation that hosts it.
    host_id: Option<ID>,
    /// What deliverer and host agreed.
    co_delivery_terms: Option<String>,
    /// Only tell what would follow; change nothing.
    #[graphql(default)]
    dry_run: bool,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// Another plan for a draft.
#[derive(InputObject, Clone, Serialize)]
pub struct CourseScheduleInput {
    /// The course.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// When it meets.
    plan: CoursePlanInput,
    /// Only tell what would follow; change nothing.
    #[graphql(default)]
    dry_run: bool,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// Other days for the sessions that are still to come, in their order.
#[derive(InputObject, Clone, Serialize)]
pub struct CourseRescheduleInput {
    /// The course.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// When they meet. Their number, modules and trainers stay.
    plan: CoursePlanInput,
    /// Why they move.
    reason: String,
    /// Only tell what would follow; change nothing.
    #[graphql(default)]
    dry_run: bool,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// What a trainer is to do.
#[derive(InputObject, Clone, Serialize)]
pub struct TeachingInput {
    /// The trainer: listed, or working with the organisation.
    trainer_id: ID,
    /// The trainer's part.
    part: TeachingPart,
    /// At which sessions; at all that are to come, if none is named.
    #[graphql(default)]
    session_ids: Vec<ID>,
}

/// Who teaches the sessions that are to come: the whole of it.
#[derive(InputObject, Clone, Serialize)]
pub struct CourseAssignTrainersInput {
    /// The course.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// The trainers; at most 40.
    trainers: Vec<TeachingInput>,
    /// Only tell what would follow; change nothing.
    #[graphql(default)]
    dry_run: bool,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// A draft that is ready.
#[derive(InputObject, Clone, Serialize)]
pub struct CourseProposeInput {
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

/// Places for a partner.
#[derive(InputObject, Clone, Serialize)]
pub struct CourseOfferPlacesInput {
    /// The course.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// The partner.
    partner_id: ID,
    /// How many in all; 0 takes the offer back.
    places: i32,
    /// Only tell what would follow; change nothing.
    #[graphql(default)]
    dry_run: bool,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// The course that an input names, as its sender read it.
pub(super) fn at(id: &ID, version: i32) -> Result<At> {
    Ok(At { id: ids_of("crs", "id", id)?, version })
}

/// The parts of an answer that a payload shows.
pub(super) fn parts(changed: Changed) -> (Uuid, Vec<String>) {
    (changed.id, changed.impact)
}

/// An optional id of an organisation.
fn organisation(id: Option<&ID>, path: &str) -> Result<Option<Uuid>> {
    id.map(|id| ids_of("org", path, id)).transpose()
}

/// Mutations that plan courses, for lead trainers and coordinators of the deliverer.
#[derive(Default)]
pub struct CourseMutations;

#[Object]
impl CourseMutations {
    /// Drafts a course of the own organisation, with the sessions of its plan.
    #[graphql(visible = "visible::plan_courses")]
    async fn course_draft(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The course.")] input: CourseDraftInput,
    ) -> Result<Payload<CourseDraft>> {
        let asked = Asked::new("courseDraft", &input, input.idempotency_key.as_ref())
            .dry_run(input.dry_run);
        let plan = match input.plan.asked() {
            Ok(plan) => plan,
            Err(refusal) => return Ok(Payload::refused(vec![refusal])),
        };
        let new = NewCourse {
            organisation: ids_of("org", "organisationId", &input.organisation_id)?,
            version: ids_of("prv", "programmeVersionId", &input.programme_version_id)?,
            host: organisation(input.host_id.as_ref(), "hostId")?,
            terms: input.co_delivery_terms,
            mode: input.mode.into(),
            introductory: input.is_introductory,
            postcode_area: input.postcode_area,
            capacity: (input.capacity_min, input.capacity_max),
            plan,
        };
        asked.run(ctx, parts, move |unit| Box::pin(drafts::draft(unit, new.clone()))).await
    }

    /// Changes what is said of a course.
    #[graphql(visible = "visible::plan_courses")]
    async fn course_amend(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The course and what changes.")] input: CourseAmendInput,
    ) -> Result<Payload<CourseAmend>> {
        let asked = Asked::new("courseAmend", &input, input.idempotency_key.as_ref())
            .dry_run(input.dry_run);
        let at = at(&input.id, input.expected_version)?;
        let new = Amendment {
            mode: input.mode.map(Into::into),
            introductory: input.is_introductory,
            postcode_area: input.postcode_area,
            capacity_min: input.capacity_min,
            capacity_max: input.capacity_max,
            places_reserved: input.places_reserved,
            host: organisation(input.host_id.as_ref(), "hostId")?,
            terms: input.co_delivery_terms,
        };
        asked.run(ctx, parts, move |unit| Box::pin(drafts::amend(unit, at, new.clone()))).await
    }

    /// Gives a draft another plan; its trainers are assigned anew.
    #[graphql(visible = "visible::plan_courses")]
    async fn course_schedule(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The draft and its plan.")] input: CourseScheduleInput,
    ) -> Result<Payload<CourseSchedule>> {
        let asked = Asked::new("courseSchedule", &input, input.idempotency_key.as_ref())
            .dry_run(input.dry_run);
        let at = at(&input.id, input.expected_version)?;
        let plan = match input.plan.asked() {
            Ok(plan) => plan,
            Err(refusal) => return Ok(Payload::refused(vec![refusal])),
        };
        asked
            .run(ctx, parts, move |unit| Box::pin(schedule::schedule(unit, at, plan.clone())))
            .await
    }

    /// Moves the sessions that are still to come, and says what the new days break.
    #[graphql(visible = "visible::plan_courses")]
    async fn course_reschedule(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The course and the days.")] input: CourseRescheduleInput,
    ) -> Result<Payload<CourseReschedule>> {
        let asked = Asked::new("courseReschedule", &input, input.idempotency_key.as_ref())
            .dry_run(input.dry_run);
        let at = at(&input.id, input.expected_version)?;
        let plan = match input.plan.asked() {
            Ok(plan) => plan,
            Err(refusal) => return Ok(Payload::refused(vec![refusal])),
        };
        asked
            .run(ctx, parts, move |unit| {
                Box::pin(schedule::reschedule(unit, at, plan.clone(), input.reason.clone()))
            })
            .await
    }

    /// Says who teaches the sessions that are to come.
    #[graphql(visible = "visible::plan_courses")]
    async fn course_assign_trainers(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The course and its trainers.")] input: CourseAssignTrainersInput,
    ) -> Result<Payload<CourseAssignTrainers>> {
        let asked = Asked::new("courseAssignTrainers", &input, input.idempotency_key.as_ref())
            .dry_run(input.dry_run);
        let at = at(&input.id, input.expected_version)?;
        let mut given = Vec::with_capacity(input.trainers.len());
        for (nth, one) in input.trainers.iter().enumerate() {
            let path = format!("trainers.{nth}.sessionIds");
            let sessions: Result<Vec<Uuid>> =
                one.session_ids.iter().map(|id| ids_of("ses", &path, id)).collect();
            given.push(Assignment {
                trainer: ids_of("trn", &format!("trainers.{nth}.trainerId"), &one.trainer_id)?,
                part: one.part.into(),
                sessions: sessions?,
            });
        }
        asked.run(ctx, parts, move |unit| Box::pin(teaching::assign(unit, at, given.clone()))).await
    }

    /// Puts a draft before the licensing officer; a licence whose holder approves its own courses approves
    /// it at once.
    #[graphql(visible = "visible::plan_courses")]
    async fn course_propose(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The draft.")] input: CourseProposeInput,
    ) -> Result<Payload<CoursePropose>> {
        let asked = Asked::new("coursePropose", &input, input.idempotency_key.as_ref())
            .dry_run(input.dry_run);
        let at = at(&input.id, input.expected_version)?;
        asked.run(ctx, parts, move |unit| Box::pin(proposals::propose(unit, at))).await
    }

    /// Offers places of a course to a partner, or another number of them; with 0 takes the offer back. Fewer are
    /// offered at any time, also to who is no longer active.
    #[graphql(visible = "visible::plan_courses")]
    async fn course_offer_places(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The course, the partner and the places.")] input: CourseOfferPlacesInput,
    ) -> Result<Payload<CourseOfferPlaces>> {
        let asked = Asked::new("courseOfferPlaces", &input, input.idempotency_key.as_ref())
            .dry_run(input.dry_run);
        let at = at(&input.id, input.expected_version)?;
        let partner = ids_of("org", "partnerId", &input.partner_id)?;
        asked
            .run(ctx, parts, move |unit| Box::pin(drafts::offer(unit, at, partner, input.places)))
            .await
    }
}
