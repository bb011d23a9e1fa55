//! What is decided of somebody at the end of a course.

use async_graphql::{Context, ID, InputObject, Object, Result};
use serde::Serialize;

use super::enrolling::parts;
use super::{Enrolment, GraduationOutcome, GraduationReopenReason};
use crate::enrolment::deciding::{self, Decided};
use crate::graphql::mutate::{Asked, ids_of};
use crate::graphql::payload::Payload;
use crate::graphql::visible;
use crate::mutations;
use crate::person::desk::At;

mutations! {
    GraduationDecide by DecideGraduation -> enrolment: Enrolment,
        [DecisionOpen, OutcomeDiffers, SeparationOfDuties, Unchanged];
    GraduationReopen by OverseeEnrolments -> enrolment: Enrolment, [SeparationOfDuties];
}

/// What is decided of somebody.
#[derive(InputObject, Clone, Serialize)]
pub struct GraduationDecideInput {
    /// The enrolment.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// What is decided: what the rule finds, unless a reason says otherwise.
    outcome: GraduationOutcome,
    /// Why it is not what the rule finds; for quality leads.
    override_reason: Option<String>,
    /// Only tell what would follow; change nothing.
    #[graphql(default)]
    dry_run: bool,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// A decision that is opened again.
#[derive(InputObject, Clone, Serialize)]
pub struct GraduationReopenInput {
    /// The enrolment.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// Why it is opened again.
    reason: GraduationReopenReason,
    /// Only tell what would follow; change nothing.
    #[graphql(default)]
    dry_run: bool,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// Mutations that decide about graduation.
#[derive(Default)]
pub struct GraduationMutations;

#[Object]
impl GraduationMutations {
    /// Decides what comes of somebody. `enrolmentProgress` tells before what the rule finds. Whoever graduates is given the
    /// credential.
    #[graphql(visible = "visible::decide_graduation")]
    async fn graduation_decide(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The decision.")] input: GraduationDecideInput,
    ) -> Result<Payload<GraduationDecide>> {
        let asked = Asked::new("graduationDecide", &input, input.idempotency_key.as_ref())
            .dry_run(input.dry_run);
        let at = At { id: ids_of("enr", "id", &input.id)?, version: input.expected_version };
        let how = Decided {
            outcome: input.outcome.into(),
            override_reason: input.override_reason.clone(),
        };
        asked.run(ctx, parts, move |unit| Box::pin(deciding::decide(unit, at, how.clone()))).await
    }

    /// Opens a decision again. A credential that was issued stays until it is decided again.
    #[graphql(visible = "visible::oversee_enrolments", tag = "national")]
    async fn graduation_reopen(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The decision.")] input: GraduationReopenInput,
    ) -> Result<Payload<GraduationReopen>> {
        let asked = Asked::new("graduationReopen", &input, input.idempotency_key.as_ref())
            .dry_run(input.dry_run);
        let at = At { id: ids_of("enr", "id", &input.id)?, version: input.expected_version };
        let reason = input.reason.into();
        asked.run(ctx, parts, move |unit| Box::pin(deciding::reopen(unit, at, reason))).await
    }
}
