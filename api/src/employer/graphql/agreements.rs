//! Agreements as they can be changed.

use async_graphql::{Context, ID, InputObject, Object, Result};
use serde::Serialize;
use uuid::Uuid;

use super::{EmployerAgreement, EmployerAgreementKind};
use crate::employer::agreements::{self, Proposal};
use crate::graphql::mutate::{Asked, ids_of};
use crate::graphql::payload::Payload;
use crate::graphql::scalars::Date;
use crate::graphql::visible;
use crate::mutations;
use crate::person::desk::{At, Changed};
use crate::programme::kind::ProgrammeTypeChoice;

mutations! {
    EmployerAgreementPropose by ArrangePlacements -> agreement: EmployerAgreement,
        [OrganisationNotActive, PeriodOverlap];
    EmployerAgreementAccept by SignAgreements -> agreement: EmployerAgreement,
        [OrganisationNotActive, PeriodOverlap, SeparationOfDuties];
    EmployerAgreementDecline by ArrangePlacements -> agreement: EmployerAgreement, [];
    EmployerAgreementWithdraw by ArrangePlacements -> agreement: EmployerAgreement, [];
    EmployerAgreementEnd by SignAgreements -> agreement: EmployerAgreement, [Unchanged];
}

/// An agreement to be proposed. Your organisation is one of the two.
#[derive(InputObject, Clone, Serialize)]
pub struct EmployerAgreementProposeInput {
    /// The organisation that delivers the training.
    deliverer_id: ID,
    /// The organisation that employs or places trainees.
    host_id: ID,
    /// What it is about.
    kind: EmployerAgreementKind,
    /// How many trainees are employed or placed at most.
    places: i32,
    /// The programme types that it is for.
    programme_types: Vec<ProgrammeTypeChoice>,
    /// First day.
    valid_from: Date,
    /// The day from which it no longer holds; open, if absent.
    valid_to: Option<Date>,
    /// Only tell what would follow; change nothing.
    #[graphql(default)]
    dry_run: bool,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// A proposal that is accepted.
#[derive(InputObject, Clone, Serialize)]
pub struct EmployerAgreementAcceptInput {
    /// The agreement.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// Only tell what would follow; change nothing.
    #[graphql(default)]
    dry_run: bool,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// A proposal that is declined.
#[derive(InputObject, Clone, Serialize)]
pub struct EmployerAgreementDeclineInput {
    /// The agreement.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// Why, for both sides.
    reason: String,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// A proposal, or an agreement that has not begun, that is taken back.
#[derive(InputObject, Clone, Serialize)]
pub struct EmployerAgreementWithdrawInput {
    /// The agreement.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// Why, for both sides.
    reason: String,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// An agreement in force that gets a last day.
#[derive(InputObject, Clone, Serialize)]
pub struct EmployerAgreementEndInput {
    /// The agreement.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// The day from which it no longer holds; today if absent.
    ends_on: Option<Date>,
    /// Why, for both sides.
    reason: String,
    /// Only tell what would follow; change nothing.
    #[graphql(default)]
    dry_run: bool,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// The parts of an answer that a payload shows.
pub(super) fn parts(changed: Changed) -> (Uuid, Vec<String>) {
    (changed.id, changed.impact)
}

fn at(id: &ID, version: i32) -> Result<At> {
    Ok(At { id: ids_of("eag", "id", id)?, version })
}

/// Mutations of agreements, for coordinators and signatories of the two organisations.
#[derive(Default)]
pub struct AgreementMutations;

#[Object]
impl AgreementMutations {
    /// Proposes an agreement to another organisation.
    #[graphql(visible = "visible::arrange_placements")]
    async fn employer_agreement_propose(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The agreement.")] input: EmployerAgreementProposeInput,
    ) -> Result<Payload<EmployerAgreementPropose>> {
        let asked = Asked::new("employerAgreementPropose", &input, input.idempotency_key.as_ref())
            .dry_run(input.dry_run);
        let new = Proposal {
            deliverer: ids_of("org", "delivererId", &input.deliverer_id)?,
            host: ids_of("org", "hostId", &input.host_id)?,
            kind: input.kind.into(),
            places: input.places,
            types: input.programme_types.into_iter().map(Into::into).collect(),
            from: input.valid_from.0,
            to: input.valid_to.map(|date| date.0),
        };
        asked.run(ctx, parts, move |unit| Box::pin(agreements::propose(unit, new.clone()))).await
    }

    /// Accepts what the other organisation proposed, for a signatory.
    #[graphql(visible = "visible::sign_agreements")]
    async fn employer_agreement_accept(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The proposal.")] input: EmployerAgreementAcceptInput,
    ) -> Result<Payload<EmployerAgreementAccept>> {
        let asked = Asked::new("employerAgreementAccept", &input, input.idempotency_key.as_ref())
            .dry_run(input.dry_run);
        let at = at(&input.id, input.expected_version)?;
        asked.run(ctx, parts, move |unit| Box::pin(agreements::accept(unit, at))).await
    }

    /// Declines what the other organisation proposed.
    #[graphql(visible = "visible::arrange_placements")]
    async fn employer_agreement_decline(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The proposal.")] input: EmployerAgreementDeclineInput,
    ) -> Result<Payload<EmployerAgreementDecline>> {
        let asked = Asked::new("employerAgreementDecline", &input, input.idempotency_key.as_ref());
        let at = at(&input.id, input.expected_version)?;
        let reason = input.reason;
        asked
            .run(ctx, parts, move |unit| {
                let reason = reason.clone();
                Box::pin(async move { agreements::decline(unit, at, &reason).await })
            })
            .await
    }

    /// Takes back a proposal of the own organisation, or an agreement that has not begun.
    #[graphql(visible = "visible::arrange_placements")]
    async fn employer_agreement_withdraw(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The agreement.")] input: EmployerAgreementWithdrawInput,
    ) -> Result<Payload<EmployerAgreementWithdraw>> {
        let asked = Asked::new("employerAgreementWithdraw", &input, input.idempotency_key.as_ref());
        let at = at(&input.id, input.expected_version)?;
        let reason = input.reason;
        asked
            .run(ctx, parts, move |unit| {
                let reason = reason.clone();
                Box::pin(async move { agreements::withdraw(unit, at, &reason).await })
            })
            .await
    }

    /// Gives an agreement in force its last day, for a signatory of either side.
    #[graphql(visible = "visible::sign_agreements")]
    async fn employer_agreement_end(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The agreement and the day.")] input: EmployerAgreementEndInput,
    ) -> Result<Payload<EmployerAgreementEnd>> {
        let asked = Asked::new("employerAgreementEnd", &input, input.idempotency_key.as_ref())
            .dry_run(input.dry_run);
        let at = at(&input.id, input.expected_version)?;
        let (on, reason) = (input.ends_on.map(|date| date.0), input.reason);
        asked
            .run(ctx, parts, move |unit| {
                let reason = reason.clone();
                Box::pin(async move { agreements::end(unit, at, on, &reason).await })
            })
            .await
    }
}
