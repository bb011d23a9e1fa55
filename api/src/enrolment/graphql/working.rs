//! What trainees hand in, where they are placed, and how they are supervised.

use async_graphql::{Context, Enum, ID, InputObject, Object, Result};
use secrecy::SecretString;
use serde::Serialize;

use super::enrolling::parts;
use super::{
    AssignmentAttempt, AssignmentOutcome, Enrolment, Placement, PlacementKind, SupervisionKind,
};
use crate::course::graphql::Course;
use crate::enrolment::placements::{NewPlacement, Step};
use crate::enrolment::{adjustments, assignments, placements};
use crate::graphql::mutate::{Asked, ids_of};
use crate::graphql::payload::Payload;
use crate::graphql::scalars::Date;
use crate::graphql::visible;
use crate::mutations;
use crate::person::desk::At;
use crate::vault::model::ReaderRole;

mutations! {
    AssignmentSubmit by SignedIn -> assignment: AssignmentAttempt, [Merged];
    AssignmentTake by MarkAssignments -> assignment: AssignmentAttempt,
        [AccountMissing, Merged, SeparationOfDuties, Unchanged];
    AssignmentMark by MarkAssignments -> assignment: AssignmentAttempt,
        [AccountMissing, EvidenceRequired, Merged, SeparationOfDuties];
    AssignmentModerate by ModerateAssignments -> course: Course,
        [AccountMissing, EvidenceRequired, SeparationOfDuties];
    PlacementOffer by EnrolPeople -> placement: Placement, [SeparationOfDuties];
    PlacementAgree by EnrolPeople -> placement: Placement, [SeparationOfDuties];
    PlacementLog by ConfirmHours -> placement: Placement, [SeparationOfDuties];
    PlacementComplete by ConfirmHours -> placement: Placement, [SeparationOfDuties];
    PlacementEnd by EnrolPeople -> placement: Placement, [SeparationOfDuties];
    SupervisionRecord by SupervisePeople -> enrolment: Enrolment, [];
    AdjustmentsSet by SignedIn -> enrolment: Enrolment, [Merged];
}

/// As what somebody takes an attempt.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum AssignmentReader {
    /// To mark it.
    Marker,
    /// To look over the mark that somebody else gave.
    Moderator,
}

/// What you hand in.
#[derive(InputObject, Clone, Serialize)]
pub struct AssignmentSubmitInput {
    /// Your enrolment.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// The text. It is kept in the vault.
    text: String,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// What was agreed so that you can take part well.
#[derive(InputObject, Clone, Serialize)]
pub struct AdjustmentsSetInput {
    /// Your enrolment.
    enrolment_id: ID,
    /// What was agreed. It is kept in the vault, and takes the place of what you said before.
    text: String,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// An attempt that you take.
#[derive(InputObject, Clone, Serialize)]
pub struct AssignmentTakeInput {
    /// The attempt.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// As what.
    #[graphql(name = "as")]
    role: AssignmentReader,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// What you find of an attempt.
#[derive(InputObject, Clone, Serialize)]
pub struct AssignmentMarkInput {
    /// The attempt.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// What you find.
    outcome: AssignmentOutcome,
    /// What you say to the trainee. It is kept in the vault.
    feedback: Option<String>,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// Marks of a course that are to hold.
#[derive(InputObject, Clone, Serialize)]
pub struct AssignmentModerateInput {
    /// The course.
    course_id: ID,
    /// The attempts that you looked over: one of five of each marker, and every one that does not pass.
    sample_ids: Vec<ID>,
    /// Only tell what would follow; change nothing.
    #[graphql(default)]
    dry_run: bool,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// A placement for somebody.
#[derive(InputObject, Clone, Serialize)]
pub struct PlacementOfferInput {
    /// The enrolment.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// The organisation where it is.
    host_id: ID,
    /// The peer supervisor there; the one of the enrolment, if not said.
    supervisor_id: Option<ID>,
    /// What the trainee does.
    kind: PlacementKind,
    /// How many minutes are planned.
    planned_minutes: i32,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// A placement that the trainee agreed to.
#[derive(InputObject, Clone, Serialize)]
pub struct PlacementAgreeInput {
    /// The placement.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// Minutes of a placement that you confirm.
#[derive(InputObject, Clone, Serialize)]
pub struct PlacementLogInput {
    /// The placement.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// How many more.
    minutes: i32,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// A placement that is done.
#[derive(InputObject, Clone, Serialize)]
pub struct PlacementCompleteInput {
    /// The placement.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// A placement that ends before it is done, or is not taken.
#[derive(InputObject, Clone, Serialize)]
pub struct PlacementEndInput {
    /// The placement.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// When you supervised somebody.
#[derive(InputObject, Clone, Serialize)]
pub struct SupervisionRecordInput {
    /// The enrolment.
    enrolment_id: ID,
    /// On which day.
    held_on: Date,
    /// For how many minutes.
    minutes: i32,
    /// Whether it was alone or in a group.
    kind: SupervisionKind,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// Mutations of assignments, placements and supervision.
#[derive(Default)]
pub struct WorkMutations;

#[Object]
impl WorkMutations {
    /// Hands your assignment in: again, where it was referred. The answer is the receipt.
    async fn assignment_submit(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The assignment.")] input: AssignmentSubmitInput,
    ) -> Result<Payload<AssignmentSubmit>> {
        let asked = Asked::new("assignmentSubmit", &input, input.idempotency_key.as_ref());
        let at = At { id: ids_of("enr", "id", &input.id)?, version: input.expected_version };
        let text = SecretString::from(input.text);
        asked
            .run(ctx, parts, move |unit| Box::pin(assignments::submit(unit, at, text.clone())))
            .await
    }

    /// Keeps what was agreed with you so that you can take part well, for all of your enrolments at the organisation.
    /// Nobody else reads it unless you let them, with `sensitiveRecordShare`.
    async fn adjustments_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The adjustments.")] input: AdjustmentsSetInput,
    ) -> Result<Payload<AdjustmentsSet>> {
        let asked = Asked::new("adjustmentsSet", &input, input.idempotency_key.as_ref());
        let enrolment = ids_of("enr", "enrolmentId", &input.enrolment_id)?;
        let text = SecretString::from(input.text);
        asked
            .run(ctx, parts, move |unit| Box::pin(adjustments::set(unit, enrolment, text.clone())))
            .await
    }

    /// Takes an attempt to mark it, or to look over its mark: you may open its text from then on.
    #[graphql(visible = "visible::mark_assignments")]
    async fn assignment_take(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The attempt.")] input: AssignmentTakeInput,
    ) -> Result<Payload<AssignmentTake>> {
        let asked = Asked::new("assignmentTake", &input, input.idempotency_key.as_ref());
        let at = At { id: ids_of("asg", "id", &input.id)?, version: input.expected_version };
        let role = match input.role {
            AssignmentReader::Marker => ReaderRole::Marker,
            AssignmentReader::Moderator => ReaderRole::Moderator,
        };
        asked.run(ctx, parts, move |unit| Box::pin(assignments::take(unit, at, role))).await
    }

    /// Marks an attempt that you took. It holds once it is moderated.
    #[graphql(visible = "visible::mark_assignments")]
    async fn assignment_mark(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The mark.")] input: AssignmentMarkInput,
    ) -> Result<Payload<AssignmentMark>> {
        let asked = Asked::new("assignmentMark", &input, input.idempotency_key.as_ref());
        let at = At { id: ids_of("asg", "id", &input.id)?, version: input.expected_version };
        let outcome = input.outcome.into();
        let feedback = input.feedback.map(SecretString::from);
        asked
            .run(ctx, parts, move |unit| {
                Box::pin(assignments::mark(unit, at, outcome, feedback.clone()))
            })
            .await
    }

    /// Lets the marks of a course hold, after you looked over a sample of them.
    #[graphql(visible = "visible::moderate_assignments")]
    async fn assignment_moderate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The sample.")] input: AssignmentModerateInput,
    ) -> Result<Payload<AssignmentModerate>> {
        let asked = Asked::new("assignmentModerate", &input, input.idempotency_key.as_ref())
            .dry_run(input.dry_run);
        let course = ids_of("crs", "courseId", &input.course_id)?;
        let sample = input.sample_ids.iter().enumerate();
        let sample = sample.map(|(place, id)| ids_of("asg", &format!("sampleIds.{place}"), id));
        let sample = sample.collect::<Result<Vec<_>>>()?;
        asked
            .run(ctx, parts, move |unit| {
                Box::pin(assignments::moderate(unit, course, sample.clone()))
            })
            .await
    }

    /// Offers somebody a placement.
    #[graphql(visible = "visible::enrol_people")]
    async fn placement_offer(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The placement.")] input: PlacementOfferInput,
    ) -> Result<Payload<PlacementOffer>> {
        let asked = Asked::new("placementOffer", &input, input.idempotency_key.as_ref());
        let at = At { id: ids_of("enr", "id", &input.id)?, version: input.expected_version };
        let supervisor = input.supervisor_id.as_ref().map(|id| ids_of("per", "supervisorId", id));
        let new = NewPlacement {
            host: ids_of("org", "hostId", &input.host_id)?,
            supervisor: supervisor.transpose()?,
            kind: input.kind.into(),
            planned_minutes: input.planned_minutes,
        };
        asked.run(ctx, parts, move |unit| Box::pin(placements::offer(unit, at, new))).await
    }

    /// Records that the trainee agreed to a placement.
    #[graphql(visible = "visible::enrol_people")]
    async fn placement_agree(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The placement.")] input: PlacementAgreeInput,
    ) -> Result<Payload<PlacementAgree>> {
        let asked = Asked::new("placementAgree", &input, input.idempotency_key.as_ref());
        let at = At { id: ids_of("plm", "id", &input.id)?, version: input.expected_version };
        let step = Step::Agree;
        asked.run(ctx, parts, move |unit| Box::pin(placements::step(unit, at, step))).await
    }

    /// Confirms minutes of a placement, as its supervisor or as staff.
    #[graphql(visible = "visible::confirm_hours")]
    async fn placement_log(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The placement.")] input: PlacementLogInput,
    ) -> Result<Payload<PlacementLog>> {
        let asked = Asked::new("placementLog", &input, input.idempotency_key.as_ref());
        let at = At { id: ids_of("plm", "id", &input.id)?, version: input.expected_version };
        let step = Step::Log(input.minutes);
        asked.run(ctx, parts, move |unit| Box::pin(placements::step(unit, at, step))).await
    }

    /// Records that a placement is done.
    #[graphql(visible = "visible::confirm_hours")]
    async fn placement_complete(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The placement.")] input: PlacementCompleteInput,
    ) -> Result<Payload<PlacementComplete>> {
        let asked = Asked::new("placementComplete", &input, input.idempotency_key.as_ref());
        let at = At { id: ids_of("plm", "id", &input.id)?, version: input.expected_version };
        let step = Step::Complete;
        asked.run(ctx, parts, move |unit| Box::pin(placements::step(unit, at, step))).await
    }

    /// Records that a placement ends before it is done, or is not taken.
    #[graphql(visible = "visible::enrol_people")]
    async fn placement_end(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The placement.")] input: PlacementEndInput,
    ) -> Result<Payload<PlacementEnd>> {
        let asked = Asked::new("placementEnd", &input, input.idempotency_key.as_ref());
        let at = At { id: ids_of("plm", "id", &input.id)?, version: input.expected_version };
        let step = Step::End;
        asked.run(ctx, parts, move |unit| Box::pin(placements::step(unit, at, step))).await
    }

    /// Notes that you supervised somebody. What was said is kept nowhere.
    #[graphql(visible = "visible::supervise_people")]
    async fn supervision_record(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "When and how.")] input: SupervisionRecordInput,
    ) -> Result<Payload<SupervisionRecord>> {
        let asked = Asked::new("supervisionRecord", &input, input.idempotency_key.as_ref());
        let enrolment = ids_of("enr", "enrolmentId", &input.enrolment_id)?;
        let held = (input.held_on.0, input.minutes, input.kind.into());
        asked
            .run(ctx, parts, move |unit| Box::pin(placements::supervise(unit, enrolment, held)))
            .await
    }
}
