//! Assessments as reviewers and quality leads change them.

use async_graphql::{Context, ID, InputObject, Object, Result};
use serde::Serialize;

use super::ReadinessAssessment;
use super::partners::parts;
use crate::graphql::mutate::{Asked, ids_of};
use crate::graphql::payload::Payload;
use crate::graphql::visible;
use crate::mutations;
use crate::person::desk::At;
use crate::readiness::model::Answer;
use crate::readiness::{answers, validation};

mutations! {
    ReadinessAssign by ValidateReadiness -> assessment: ReadinessAssessment,
        [NotAReviewer, ReviewerLinked, SeparationOfDuties, Unchanged];
    ReadinessScoreSet by ReviewReadiness -> assessment: ReadinessAssessment, [AlwaysApplies];
    ReadinessReturn by ReturnReadiness -> assessment: ReadinessAssessment, [SeparationOfDuties];
    ReadinessValidate by ValidateReadiness -> assessment: ReadinessAssessment,
        [ScoresMissing, TooManyNotApplicable, EvidenceRequired, ReviewerLinked, SeparationOfDuties];
    ReadinessInvalidate by ValidateReadiness -> assessment: ReadinessAssessment, [SeparationOfDuties];
}

/// An assessment that is given to a reviewer.
#[derive(InputObject, Clone, Serialize)]
pub struct ReadinessAssignInput {
    /// The assessment.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// The account of the reviewer, who has no link to the organisation: `accountId` of one of the `roleGrants` of
    /// reviewers (RVW).
    reviewer_account_id: ID,
    /// Only tell what would follow; change nothing.
    #[graphql(default)]
    dry_run: bool,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// A score of an indicator.
#[derive(InputObject, Clone, Serialize)]
pub struct ReadinessScoreInput {
    /// The indicator.
    indicator_id: ID,
    /// From 0 to 3; left out where it does not apply.
    score: Option<i32>,
    /// Words beside it, for the organisation. Name nobody here.
    comment: Option<String>,
}

/// Scores of the reviewer, one or many.
#[derive(InputObject, Clone, Serialize)]
pub struct ReadinessScoreSetInput {
    /// The assessment.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// The scores; those of other indicators stay.
    scores: Vec<ReadinessScoreInput>,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// An assessment that is given back.
#[derive(InputObject, Clone, Serialize)]
pub struct ReadinessReturnInput {
    /// The assessment.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// What the organisation should look at again.
    comment: String,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// An assessment whose outcome is found.
#[derive(InputObject, Clone, Serialize)]
pub struct ReadinessValidateInput {
    /// The assessment.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// Only tell what would follow; change nothing.
    #[graphql(default)]
    dry_run: bool,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// An assessment that counts no more.
#[derive(InputObject, Clone, Serialize)]
pub struct ReadinessInvalidateInput {
    /// The assessment.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// Why, in words for the organisation.
    reason: String,
    /// Only tell what would follow; change nothing.
    #[graphql(default)]
    dry_run: bool,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// Mutations of assessments that were handed in.
#[derive(Default)]
pub struct ReadinessValidationMutations;

#[Object]
impl ReadinessValidationMutations {
    /// Gives an assessment that was handed in to a reviewer, or to another one.
    #[graphql(visible = "visible::validate_readiness", tag = "national")]
    async fn readiness_assign(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The assessment and its reviewer.")] input: ReadinessAssignInput,
    ) -> Result<Payload<ReadinessAssign>> {
        let asked = Asked::new("readinessAssign", &input, input.idempotency_key.as_ref())
            .dry_run(input.dry_run);
        let at = At { id: ids_of("ras", "id", &input.id)?, version: input.expected_version };
        let reviewer = ids_of("acc", "reviewerAccountId", &input.reviewer_account_id)?;
        asked.run(ctx, parts, move |unit| Box::pin(validation::assign(unit, at, reviewer))).await
    }

    /// Writes scores of the reviewer, one by one or in bulk: all of them or none.
    #[graphql(visible = "visible::review_readiness")]
    async fn readiness_score_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The assessment and the scores.")] input: ReadinessScoreSetInput,
    ) -> Result<Payload<ReadinessScoreSet>> {
        let asked = Asked::new("readinessScoreSet", &input, input.idempotency_key.as_ref());
        let at = At { id: ids_of("ras", "id", &input.id)?, version: input.expected_version };
        let mut given = Vec::new();
        for (place, score) in input.scores.into_iter().enumerate() {
            let path = format!("scores.{place}.indicatorId");
            let indicator = ids_of("rni", &path, &score.indicator_id)?;
            given.push(Answer { indicator, score: score.score, note: score.comment });
        }
        asked
            .run(ctx, parts, move |unit| {
                let given = given.clone();
                Box::pin(async move { answers::score(unit, at, &given).await })
            })
            .await
    }

    /// Gives an assessment back to its organisation, by the reviewer or the quality lead.
    #[graphql(visible = "visible::return_readiness")]
    async fn readiness_return(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The assessment and the comment.")] input: ReadinessReturnInput,
    ) -> Result<Payload<ReadinessReturn>> {
        let asked = Asked::new("readinessReturn", &input, input.idempotency_key.as_ref());
        let at = At { id: ids_of("ras", "id", &input.id)?, version: input.expected_version };
        asked
            .run(ctx, parts, move |unit| {
                let comment = input.comment.clone();
                Box::pin(async move { validation::give_back(unit, at, &comment).await })
            })
            .await
    }

    /// Finds the outcome of an assessment that a reviewer has scored. It is computed.
    #[graphql(visible = "visible::validate_readiness", tag = "national")]
    async fn readiness_validate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The assessment.")] input: ReadinessValidateInput,
    ) -> Result<Payload<ReadinessValidate>> {
        let asked = Asked::new("readinessValidate", &input, input.idempotency_key.as_ref())
            .dry_run(input.dry_run);
        let at = At { id: ids_of("ras", "id", &input.id)?, version: input.expected_version };
        asked.run(ctx, parts, move |unit| Box::pin(validation::validate(unit, at))).await
    }

    /// Lets a validated assessment count no more.
    #[graphql(visible = "visible::validate_readiness", tag = "national")]
    async fn readiness_invalidate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The assessment and the reason.")] input: ReadinessInvalidateInput,
    ) -> Result<Payload<ReadinessInvalidate>> {
        let asked = Asked::new("readinessInvalidate", &input, input.idempotency_key.as_ref())
            .dry_run(input.dry_run);
        let at = At { id: ids_of("ras", "id", &input.id)?, version: input.expected_version };
        asked
            .run(ctx, parts, move |unit| {
                let reason = input.reason.clone();
                Box::pin(async move { validation::invalidate(unit, at, &reason).await })
            })
            .await
    }
}
