//! Licences as partners change them.

use async_graphql::{Context, ID, InputObject, Object, Result};
use serde::Serialize;
use uuid::Uuid;

use super::{Licence, LicenceTier};
use crate::graphql::mutate::{Asked, ids_of};
use crate::graphql::payload::Payload;
use crate::graphql::visible;
use crate::licence::applications::{self, Request};
use crate::licence::service::{At, Changed};
use crate::licence::{appeals, quality};
use crate::mutations;
use crate::programme::kind::ProgrammeTypeChoice;

mutations! {
    LicenceDraft by DraftLicences -> licence: Licence, [OrganisationNotActive, LicenceEnded];
    LicenceAmendDraft by DraftLicences -> licence: Licence, [OrganisationNotActive];
    LicenceSubmit by SignLicences -> licence: Licence, [OrganisationNotActive, ReadinessInsufficient];
    LicenceWithdraw by SignLicences -> licence: Licence, [];
    LicenceSurrender by SignLicences -> licence: Licence, [LicenceEnded, TeachOutPlanRequired];
    LicenceAppealLodge by SignLicences -> licence: Licence, [NotAppealable, AppealTooLate];
}

/// An application for a licence, or to renew one.
#[derive(InputObject, Clone, Serialize)]
pub struct LicenceDraftInput {
    /// The organisation that applies.
    organisation_id: ID,
    /// The licence that it is to renew.
    renews_id: Option<ID>,
    /// What the licence is to let the organisation do.
    tier: LicenceTier,
    /// The programme types; at least one, each once.
    programme_types: Vec<ProgrammeTypeChoice>,
    /// Most courses at once.
    max_concurrent_courses: Option<i32>,
    /// Most trainees in a course.
    max_trainees_per_course: Option<i32>,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// What a draft asks for, as a whole.
#[derive(InputObject, Clone, Serialize)]
pub struct LicenceAmendDraftInput {
    /// The licence.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// What the licence is to let the organisation do.
    tier: LicenceTier,
    /// The programme types; at least one, each once.
    programme_types: Vec<ProgrammeTypeChoice>,
    /// Most courses at once.
    max_concurrent_courses: Option<i32>,
    /// Most trainees in a course.
    max_trainees_per_course: Option<i32>,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// A draft that is handed in.
#[derive(InputObject, Clone, Serialize)]
pub struct LicenceSubmitInput {
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

/// An application that is taken back.
#[derive(InputObject, Clone, Serialize)]
pub struct LicenceWithdrawInput {
    /// The licence.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// A licence that is given back, from today on.
#[derive(InputObject, Clone, Serialize)]
pub struct LicenceSurrenderInput {
    /// The licence.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// Why, in words for the holder.
    reason: String,
    /// What becomes of the courses that are open under it; needed where there are any.
    teach_out_plan: Option<String>,
    /// Only tell what would follow; change nothing.
    #[graphql(default)]
    dry_run: bool,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// An appeal against a decision about a licence.
#[derive(InputObject, Clone, Serialize)]
pub struct LicenceAppealLodgeInput {
    /// The licence.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// The decision.
    decision_id: ID,
    /// Why you appeal.
    grounds: String,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// The licence that an input names, as its sender read it.
pub(super) fn at(id: &ID, version: i32) -> Result<At> {
    Ok(At { id: ids_of("lic", "id", id)?, version })
}

/// The parts of an answer that a payload shows.
pub(super) fn parts(changed: Changed) -> (Uuid, Vec<String>) {
    (changed.id, changed.impact)
}

/// Mutations of licences, for coordinators and signatories of the holder.
#[derive(Default)]
pub struct LicencePartnerMutations;

#[Object]
impl LicencePartnerMutations {
    /// Drafts an application of the own organisation, for a new licence or to renew one.
    #[graphql(visible = "visible::draft_licences")]
    async fn licence_draft(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The application.")] input: LicenceDraftInput,
    ) -> Result<Payload<LicenceDraft>> {
        let asked = Asked::new("licenceDraft", &input, input.idempotency_key.as_ref());
        let organisation = ids_of("org", "organisationId", &input.organisation_id)?;
        let renews =
            input.renews_id.as_ref().map(|id| ids_of("lic", "renewsId", id)).transpose()?;
        let request = Request {
            tier: input.tier.into(),
            types: input.programme_types.into_iter().map(Into::into).collect(),
            max_concurrent_courses: input.max_concurrent_courses,
            max_trainees_per_course: input.max_trainees_per_course,
        };
        asked
            .run(ctx, parts, move |unit| {
                Box::pin(applications::draft(unit, organisation, request.clone(), renews))
            })
            .await
    }

    /// Changes what a draft asks for.
    #[graphql(visible = "visible::draft_licences")]
    async fn licence_amend_draft(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The draft.")] input: LicenceAmendDraftInput,
    ) -> Result<Payload<LicenceAmendDraft>> {
        let asked = Asked::new("licenceAmendDraft", &input, input.idempotency_key.as_ref());
        let at = at(&input.id, input.expected_version)?;
        let request = Request {
            tier: input.tier.into(),
            types: input.programme_types.into_iter().map(Into::into).collect(),
            max_concurrent_courses: input.max_concurrent_courses,
            max_trainees_per_course: input.max_trainees_per_course,
        };
        asked
            .run(ctx, parts, move |unit| Box::pin(applications::amend(unit, at, request.clone())))
            .await
    }

    /// Signs an application and hands it in, as the accountable officer.
    #[graphql(visible = "visible::sign_licences")]
    async fn licence_submit(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The draft.")] input: LicenceSubmitInput,
    ) -> Result<Payload<LicenceSubmit>> {
        let asked = Asked::new("licenceSubmit", &input, input.idempotency_key.as_ref())
            .dry_run(input.dry_run);
        let at = at(&input.id, input.expected_version)?;
        asked.run(ctx, parts, move |unit| Box::pin(applications::submit(unit, at))).await
    }

    /// Takes an application back before it is decided.
    #[graphql(visible = "visible::sign_licences")]
    async fn licence_withdraw(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The application.")] input: LicenceWithdrawInput,
    ) -> Result<Payload<LicenceWithdraw>> {
        let asked = Asked::new("licenceWithdraw", &input, input.idempotency_key.as_ref());
        let at = at(&input.id, input.expected_version)?;
        asked.run(ctx, parts, move |unit| Box::pin(applications::withdraw(unit, at))).await
    }

    /// Gives a licence back, from today on.
    #[graphql(visible = "visible::sign_licences")]
    async fn licence_surrender(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The licence.")] input: LicenceSurrenderInput,
    ) -> Result<Payload<LicenceSurrender>> {
        let asked = Asked::new("licenceSurrender", &input, input.idempotency_key.as_ref())
            .dry_run(input.dry_run);
        let at = at(&input.id, input.expected_version)?;
        asked
            .run(ctx, parts, move |unit| {
                Box::pin({
                    let (reason, plan) = (input.reason.clone(), input.teach_out_plan.clone());
                    async move { quality::surrender(unit, at, &reason, plan.as_deref()).await }
                })
            })
            .await
    }

    /// Lodges an appeal against declining, suspension, revocation or a sanction, within 20 working days.
    #[graphql(visible = "visible::sign_licences")]
    async fn licence_appeal_lodge(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The appeal.")] input: LicenceAppealLodgeInput,
    ) -> Result<Payload<LicenceAppealLodge>> {
        let asked = Asked::new("licenceAppealLodge", &input, input.idempotency_key.as_ref());
        let at = at(&input.id, input.expected_version)?;
        let decision = ids_of("lde", "decisionId", &input.decision_id)?;
        asked
            .run(ctx, parts, move |unit| {
                Box::pin({
                    let grounds = input.grounds.clone();
                    async move { appeals::lodge(unit, at, decision, &grounds).await }
                })
            })
            .await
    }
}
