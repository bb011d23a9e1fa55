//! Licences as quality leads change them, with revocations and appeals.

use async_graphql::{Context, ID, InputObject, Object, Result};
use serde::Serialize;

use super::partners::{at, parts};
use super::{Licence, LicenceConditionState, QualityReviewKind, QualitySanction};
use crate::graphql::mutate::{Asked, ids_of};
use crate::graphql::payload::Payload;
use crate::graphql::scalars::Date;
use crate::graphql::visible;
use crate::licence::appeals;
use crate::licence::decisions::NewReview;
use crate::licence::quality::{self, Reasons};
use crate::mutations;

mutations! {
    LicenceSuspend by OverseeQuality -> licence: Licence, [LicenceEnded, SeparationOfDuties];
    LicenceReinstate by OverseeQuality -> licence: Licence, [LicenceEnded, SeparationOfDuties, OwnerClosed];
    LicenceProposeRevocation by DecideLicences -> licence: Licence, [LicenceEnded, SeparationOfDuties];
    LicenceConfirmRevocation by DecideLicences -> licence: Licence,
        [NothingProposed, SeparationOfDuties, LicenceEnded];
    LicenceConditionSettle by DecideLicences -> licence: Licence, [SeparationOfDuties];
    LicenceAppealDecide by DecideLicences -> licence: Licence, [SeparationOfDuties, LicenceOverlap, OwnerClosed];
    QualityReviewRecord by OverseeQuality -> licence: Licence, [SeparationOfDuties];
}

/// A licence that is suspended from today on.
#[derive(InputObject, Clone, Serialize)]
pub struct LicenceSuspendInput {
    /// The licence.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// Why, for the holder and the national team.
    reason: String,
    /// Why, in words for everyone.
    public_reason: String,
    /// Only tell what would follow; change nothing.
    #[graphql(default)]
    dry_run: bool,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// A suspension that ends today.
#[derive(InputObject, Clone, Serialize)]
pub struct LicenceReinstateInput {
    /// The licence.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// Why, in words for the holder.
    reason: String,
    /// Only tell what would follow; change nothing.
    #[graphql(default)]
    dry_run: bool,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// A suspended licence that is to be revoked.
#[derive(InputObject, Clone, Serialize)]
pub struct LicenceProposeRevocationInput {
    /// The licence.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// Why, for the holder and the national team.
    reason: String,
    /// Why, in words for everyone.
    public_reason: String,
    /// Only tell what would follow; change nothing.
    #[graphql(default)]
    dry_run: bool,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// A proposed revocation that is confirmed.
#[derive(InputObject, Clone, Serialize)]
pub struct LicenceConfirmRevocationInput {
    /// The licence.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// Only tell what would follow; change nothing.
    #[graphql(default)]
    dry_run: bool,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// A condition that is met, waived or breached.
#[derive(InputObject, Clone, Serialize)]
pub struct LicenceConditionSettleInput {
    /// The licence.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// The condition.
    condition_id: ID,
    /// How it is settled: `MET`, `WAIVED` or `BREACHED`. A breach can be mended later.
    state: LicenceConditionState,
    /// Why, in words for the holder.
    reason: String,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// The decision of an appeal.
#[derive(InputObject, Clone, Serialize)]
pub struct LicenceAppealDecideInput {
    /// The licence.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// The appeal.
    appeal_id: ID,
    /// Whether the decision that it is against is undone.
    uphold: bool,
    /// Why, for the holder and the national team.
    outcome: String,
    /// Only tell what would follow; change nothing.
    #[graphql(default)]
    dry_run: bool,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// A quality review of the holder of a licence.
#[derive(InputObject, Clone, Serialize)]
pub struct QualityReviewRecordInput {
    /// The licence.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// How it was made.
    kind: QualityReviewKind,
    /// When.
    reviewed_on: Date,
    /// What was found.
    findings: String,
    /// What it leads to.
    sanction: QualitySanction,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// Mutations of licences, for quality leads; licensing officers take part in revocations and appeals.
#[derive(Default)]
pub struct LicenceQualityMutations;

#[Object]
impl LicenceQualityMutations {
    /// Suspends a licence: new courses, enrolments and reservations are blocked at once.
    #[graphql(visible = "visible::oversee_quality", tag = "national")]
    async fn licence_suspend(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The licence.")] input: LicenceSuspendInput,
    ) -> Result<Payload<LicenceSuspend>> {
        let asked = Asked::new("licenceSuspend", &input, input.idempotency_key.as_ref())
            .dry_run(input.dry_run);
        let at = at(&input.id, input.expected_version)?;
        let why = Reasons { reason: input.reason, public_reason: input.public_reason };
        asked
            .run(ctx, parts, move |unit| {
                Box::pin({
                    let why = why.clone();
                    async move { quality::suspend(unit, at, &why).await }
                })
            })
            .await
    }

    /// Ends the suspension of a licence.
    #[graphql(visible = "visible::oversee_quality", tag = "national")]
    async fn licence_reinstate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The licence.")] input: LicenceReinstateInput,
    ) -> Result<Payload<LicenceReinstate>> {
        let asked = Asked::new("licenceReinstate", &input, input.idempotency_key.as_ref())
            .dry_run(input.dry_run);
        let at = at(&input.id, input.expected_version)?;
        asked
            .run(ctx, parts, move |unit| {
                Box::pin({
                    let reason = input.reason.clone();
                    async move { quality::reinstate(unit, at, &reason).await }
                })
            })
            .await
    }

    /// Proposes to revoke a suspended licence. Another person confirms it: a quality lead and a licensing officer have to agree.
    #[graphql(visible = "visible::decide_licences", tag = "national")]
    async fn licence_propose_revocation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The licence.")] input: LicenceProposeRevocationInput,
    ) -> Result<Payload<LicenceProposeRevocation>> {
        let asked = Asked::new("licenceProposeRevocation", &input, input.idempotency_key.as_ref())
            .dry_run(input.dry_run);
        let at = at(&input.id, input.expected_version)?;
        let why = Reasons { reason: input.reason, public_reason: input.public_reason };
        asked
            .run(ctx, parts, move |unit| {
                Box::pin({
                    let why = why.clone();
                    async move { quality::propose_revocation(unit, at, &why).await }
                })
            })
            .await
    }

    /// Confirms a proposed revocation, in the other of the two roles.
    #[graphql(visible = "visible::decide_licences", tag = "national")]
    async fn licence_confirm_revocation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The licence.")] input: LicenceConfirmRevocationInput,
    ) -> Result<Payload<LicenceConfirmRevocation>> {
        let asked = Asked::new("licenceConfirmRevocation", &input, input.idempotency_key.as_ref())
            .dry_run(input.dry_run);
        let at = at(&input.id, input.expected_version)?;
        asked.run(ctx, parts, move |unit| Box::pin(quality::confirm_revocation(unit, at))).await
    }

    /// Settles a condition of a licence.
    #[graphql(visible = "visible::decide_licences", tag = "national")]
    async fn licence_condition_settle(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The condition.")] input: LicenceConditionSettleInput,
    ) -> Result<Payload<LicenceConditionSettle>> {
        let asked = Asked::new("licenceConditionSettle", &input, input.idempotency_key.as_ref());
        let at = at(&input.id, input.expected_version)?;
        let condition = ids_of("lco", "conditionId", &input.condition_id)?;
        asked.run(ctx, parts, move |unit| Box::pin({
                let (state, reason) = (input.state.into(), input.reason.clone());
                async move { quality::settle_condition(unit, at, condition, state, &reason).await }
            })).await
    }

    /// Decides an appeal, as somebody who took no part in the decision. Upheld, it undoes the decision.
    #[graphql(visible = "visible::decide_licences", tag = "national")]
    async fn licence_appeal_decide(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The appeal.")] input: LicenceAppealDecideInput,
    ) -> Result<Payload<LicenceAppealDecide>> {
        let asked = Asked::new("licenceAppealDecide", &input, input.idempotency_key.as_ref())
            .dry_run(input.dry_run);
        let at = at(&input.id, input.expected_version)?;
        let appeal = ids_of("lap", "appealId", &input.appeal_id)?;
        asked
            .run(ctx, parts, move |unit| {
                Box::pin({
                    let (uphold, outcome) = (input.uphold, input.outcome.clone());
                    async move { appeals::decide(unit, at, appeal, uphold, &outcome).await }
                })
            })
            .await
    }

    /// Records a quality review. A sanction is a decision of its own, which can be appealed; it changes the licence only with the mutation for it.
    #[graphql(visible = "visible::oversee_quality", tag = "national")]
    async fn quality_review_record(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The review.")] input: QualityReviewRecordInput,
    ) -> Result<Payload<QualityReviewRecord>> {
        let asked = Asked::new("qualityReviewRecord", &input, input.idempotency_key.as_ref());
        let at = at(&input.id, input.expected_version)?;
        let new = NewReview {
            kind: input.kind.into(),
            reviewed_on: input.reviewed_on.0,
            findings: input.findings,
            sanction: input.sanction.into(),
        };
        asked
            .run(ctx, parts, move |unit| Box::pin(quality::record_review(unit, at, new.clone())))
            .await
    }
}
