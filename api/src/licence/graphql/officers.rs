//! Licences as licensing officers change them.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, Result};
use serde::Serialize;

use super::partners::{at, parts};
use super::{Licence, LicenceTier};
use crate::graphql::mutate::{Asked, ids_of};
use crate::graphql::payload::Payload;
use crate::graphql::scalars::Date;
use crate::graphql::visible;
use crate::licence::applications::{self, Proposal};
use crate::licence::model::Tier;
use crate::licence::parts::{GrantTerms, NewCondition, VariationTerms};
use crate::licence::succession::{self, Bridge};
use crate::licence::variations;
use crate::mutations;
use crate::programme::kind::{ProgrammeType, ProgrammeTypeChoice};
use crate::refusal::{Code, Refusal};

mutations! {
    LicenceBeginReview by ReviewLicences -> licence: Licence, [SeparationOfDuties];
    LicenceProposeGrant by ReviewLicences -> licence: Licence,
        [OrganisationNotActive, ReadinessRequired, ReadinessInsufficient, ReadinessOutdated, ConditionsRequired, LicenceOverlap, SeparationOfDuties];
    LicenceConfirmGrant by DecideLicences -> licence: Licence,
        [NothingProposed, SeparationOfDuties, OrganisationNotActive, ReadinessRequired, ReadinessInsufficient, ReadinessOutdated, ConditionsRequired, LicenceOverlap];
    LicenceDecline by ReviewLicences -> licence: Licence, [SeparationOfDuties];
    LicenceProposeVariation by ReviewLicences -> licence: Licence,
        [Unchanged, ReadinessInsufficient, LicenceOverlap, SeparationOfDuties];
    LicenceConfirmVariation by DecideLicences -> licence: Licence,
        [NothingProposed, SeparationOfDuties, Unchanged, ReadinessInsufficient, LicenceOverlap];
    LicenceBridge by ReviewLicences -> licence: Licence,
        [NotBridgeable, OrganisationNotActive, LicenceOverlap, SeparationOfDuties];
}

/// Something that the holder of a licence has to do.
#[derive(InputObject, Clone, Serialize)]
pub struct LicenceConditionInput {
    /// What has to be done.
    text: String,
    /// By when; not before the first day of the licence.
    due_on: Date,
}

/// An application that an officer begins to look at.
#[derive(InputObject, Clone, Serialize)]
pub struct LicenceBeginReviewInput {
    /// The licence.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// What a grant is to say.
#[derive(InputObject, Clone, Serialize)]
pub struct LicenceProposeGrantInput {
    /// The licence.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// First day.
    valid_from: Date,
    /// The day from which it no longer holds; 12 months after the first day if absent, 6 where readiness is
    /// conditional.
    valid_to: Option<Date>,
    /// Whether the holder approves its own courses.
    #[graphql(default)]
    approves_own_courses: bool,
    /// Most courses at once; as the application asks if absent, without a bound if null.
    max_concurrent_courses: MaybeUndefined<i32>,
    /// Most trainees in a course; as the application asks if absent, without a bound if null.
    max_trainees_per_course: MaybeUndefined<i32>,
    /// What the holder has to do; at most 20. Where readiness is conditional, the open actions of the plan are added.
    #[graphql(default)]
    conditions: Vec<LicenceConditionInput>,
    /// Why, in words for the holder.
    reason: String,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// A proposed grant that is confirmed.
#[derive(InputObject, Clone, Serialize)]
pub struct LicenceConfirmGrantInput {
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

/// An application that is not granted.
#[derive(InputObject, Clone, Serialize)]
pub struct LicenceDeclineInput {
    /// The licence.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// Why, in words for the holder.
    reason: String,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// Other terms of a licence for a period. What is absent stays as it is.
#[derive(InputObject, Clone, Serialize)]
pub struct LicenceProposeVariationInput {
    /// The licence.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// First day.
    valid_from: Date,
    /// The day from which the terms are again as they were granted; not after the end of the licence.
    valid_to: Date,
    /// What the licence lets the holder do.
    tier: Option<LicenceTier>,
    /// The programme types, all of them.
    programme_types: Option<Vec<ProgrammeTypeChoice>>,
    /// Most courses at once.
    max_concurrent_courses: Option<i32>,
    /// Most trainees in a course.
    max_trainees_per_course: Option<i32>,
    /// Why, in words for the holder.
    reason: String,
    /// Only tell what would follow; change nothing.
    #[graphql(default)]
    dry_run: bool,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// A proposed variation that is confirmed.
#[derive(InputObject, Clone, Serialize)]
pub struct LicenceConfirmVariationInput {
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

/// Licences that a succession ended, to be bridged for 90 days.
#[derive(InputObject, Clone, Serialize)]
pub struct LicenceBridgeInput {
    /// The organisation that followed their holders.
    organisation_id: ID,
    /// The licences; at most 20.
    licence_ids: Vec<ID>,
    /// Why, in words for the holder.
    reason: String,
    /// Only tell what would follow; change nothing.
    #[graphql(default)]
    dry_run: bool,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// Mutations of licences, for licensing officers; quality leads may confirm.
#[derive(Default)]
pub struct LicenceMutations;

#[Object]
impl LicenceMutations {
    /// Begins to review an application.
    #[graphql(visible = "visible::review_licences", tag = "national")]
    async fn licence_begin_review(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The application.")] input: LicenceBeginReviewInput,
    ) -> Result<Payload<LicenceBeginReview>> {
        let asked = Asked::new("licenceBeginReview", &input, input.idempotency_key.as_ref());
        let at = at(&input.id, input.expected_version)?;
        asked.run(ctx, parts, move |unit| Box::pin(applications::begin_review(unit, at))).await
    }

    /// Proposes to grant an application. Somebody else has to confirm it.
    #[graphql(visible = "visible::review_licences", tag = "national")]
    async fn licence_propose_grant(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The application and the terms.")] input: LicenceProposeGrantInput,
    ) -> Result<Payload<LicenceProposeGrant>> {
        let asked = Asked::new("licenceProposeGrant", &input, input.idempotency_key.as_ref());
        let at = at(&input.id, input.expected_version)?;
        let proposal = proposal(input);
        asked
            .run(ctx, parts, move |unit| {
                Box::pin(applications::propose_grant(unit, at, proposal.clone()))
            })
            .await
    }

    /// Confirms a proposed grant, as somebody else than whoever proposed it. The licence gets its number.
    #[graphql(visible = "visible::decide_licences", tag = "national")]
    async fn licence_confirm_grant(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The application.")] input: LicenceConfirmGrantInput,
    ) -> Result<Payload<LicenceConfirmGrant>> {
        let asked = Asked::new("licenceConfirmGrant", &input, input.idempotency_key.as_ref())
            .dry_run(input.dry_run);
        let at = at(&input.id, input.expected_version)?;
        asked.run(ctx, parts, move |unit| Box::pin(applications::confirm_grant(unit, at))).await
    }

    /// Declines an application. The organisation may appeal.
    #[graphql(visible = "visible::review_licences", tag = "national")]
    async fn licence_decline(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The application.")] input: LicenceDeclineInput,
    ) -> Result<Payload<LicenceDecline>> {
        let asked = Asked::new("licenceDecline", &input, input.idempotency_key.as_ref());
        let at = at(&input.id, input.expected_version)?;
        asked
            .run(ctx, parts, move |unit| {
                Box::pin({
                    let reason = input.reason.clone();
                    async move { applications::decline(unit, at, &reason).await }
                })
            })
            .await
    }

    /// Proposes other terms of a licence for a period. Somebody else has to confirm it.
    #[graphql(visible = "visible::review_licences", tag = "national")]
    async fn licence_propose_variation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The licence and the terms.")] input: LicenceProposeVariationInput,
    ) -> Result<Payload<LicenceProposeVariation>> {
        let asked = Asked::new("licenceProposeVariation", &input, input.idempotency_key.as_ref())
            .dry_run(input.dry_run);
        let at = at(&input.id, input.expected_version)?;
        let reason = input.reason;
        let types = input.programme_types.map(|types| {
            types.into_iter().map(|ty| ProgrammeType::from(ty).code().to_owned()).collect()
        });
        let terms = VariationTerms {
            from: input.valid_from.0,
            to: input.valid_to.0,
            tier: input.tier.map(|tier| Tier::from(tier).code().to_owned()),
            programme_types: types,
            max_concurrent_courses: input.max_concurrent_courses,
            max_trainees_per_course: input.max_trainees_per_course,
        };
        asked
            .run(ctx, parts, move |unit| {
                Box::pin({
                    let (terms, reason) = (terms.clone(), reason.clone());
                    async move { variations::propose(unit, at, terms, &reason).await }
                })
            })
            .await
    }

    /// Confirms a proposed variation, as somebody else than whoever proposed it.
    #[graphql(visible = "visible::decide_licences", tag = "national")]
    async fn licence_confirm_variation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The licence.")] input: LicenceConfirmVariationInput,
    ) -> Result<Payload<LicenceConfirmVariation>> {
        let asked = Asked::new("licenceConfirmVariation", &input, input.idempotency_key.as_ref())
            .dry_run(input.dry_run);
        let at = at(&input.id, input.expected_version)?;
        asked.run(ctx, parts, move |unit| Box::pin(variations::confirm(unit, at))).await
    }

    /// Gives an organisation a licence for 90 days in place of those that a succession ended, if all of them were in good standing and READY. Nothing is bridged after an acquisition.
    #[graphql(visible = "visible::review_licences", tag = "national")]
    async fn licence_bridge(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The organisation and the licences.")] input: LicenceBridgeInput,
    ) -> Result<Payload<LicenceBridge>> {
        let asked = Asked::new("licenceBridge", &input, input.idempotency_key.as_ref())
            .dry_run(input.dry_run);
        if input.licence_ids.len() > 20 {
            let message = "name at most 20 licences";
            let refusal = Refusal::at(Code::Invalid, "licenceIds", message);
            return Ok(Payload::refused(vec![refusal]));
        }
        let licences: Result<Vec<_>> =
            input.licence_ids.iter().map(|id| ids_of("lic", "licenceIds", id)).collect();
        let new = Bridge {
            organisation: ids_of("org", "organisationId", &input.organisation_id)?,
            licences: licences?,
            reason: input.reason,
        };
        asked.run(ctx, parts, move |unit| Box::pin(succession::bridge(unit, new.clone()))).await
    }
}

/// The domain's form of a proposed grant.
fn proposal(input: LicenceProposeGrantInput) -> Proposal {
    let condition =
        |new: LicenceConditionInput| NewCondition { text: new.text, due_on: new.due_on.0 };
    let as_asked =
        [input.max_concurrent_courses.is_undefined(), input.max_trainees_per_course.is_undefined()];
    let terms = GrantTerms {
        from: input.valid_from.0,
        to: input.valid_to.map_or(input.valid_from.0, |to| to.0),
        approves_own_courses: input.approves_own_courses,
        max_concurrent_courses: input.max_concurrent_courses.take(),
        max_trainees_per_course: input.max_trainees_per_course.take(),
        conditions: input.conditions.into_iter().map(condition).collect(),
    };
    Proposal { terms, ends: input.valid_to.is_some(), as_asked, reason: input.reason }
}
