//! Accreditations as they can be changed.

use async_graphql::{Context, ID, InputObject, Object, Result};
use serde::Serialize;

use super::mutations::parts;
use super::{AccreditationLevel, TrainerAccreditation, TrainerEvidenceKind};
use crate::graphql::mutate::{Asked, ids_of};
use crate::graphql::payload::Payload;
use crate::graphql::scalars::Date;
use crate::graphql::visible;
use crate::mutations;
use crate::person::desk::At;
use crate::programme::kind::ProgrammeTypeChoice;
use crate::trainer::accreditation::{self, Nomination, TermDays};
use crate::trainer::model::Evidence;

mutations! {
    TrainerAccreditationNominate by NominateTrainers -> accreditation: TrainerAccreditation,
        [SeparationOfDuties, Merged, Unchanged, Affiliation];
    TrainerAccreditationObserve by AssessTrainers -> accreditation: TrainerAccreditation,
        [SeparationOfDuties, Merged];
    TrainerEvidenceAdd by AssessTrainers -> accreditation: TrainerAccreditation,
        [SeparationOfDuties, Merged];
    TrainerAccreditationGrant by AccreditTrainers -> accreditation: TrainerAccreditation,
        [SeparationOfDuties, Merged, EvidenceRequired, AccreditationOverlap];
    TrainerAccreditationSuspend by AccreditTrainers -> accreditation: TrainerAccreditation,
        [SeparationOfDuties, Merged];
    TrainerAccreditationReinstate by AccreditTrainers -> accreditation: TrainerAccreditation,
        [SeparationOfDuties, Merged, AccreditationOverlap];
    TrainerAccreditationWithdraw by AccreditTrainers -> accreditation: TrainerAccreditation,
        [SeparationOfDuties, Merged];
    TrainerAccreditationResign by BeTrainer -> accreditation: TrainerAccreditation, [Merged];
    TrainerAccreditationRenew by AccreditTrainers -> accreditation: TrainerAccreditation,
        [SeparationOfDuties, Merged, StandardisationRequired, AccreditationOverlap];
}

/// A trainer to be accredited.
#[derive(InputObject, Clone, Serialize)]
pub struct TrainerAccreditationNominateInput {
    /// The trainer.
    trainer_id: ID,
    /// What the trainer is to teach.
    programme_type: ProgrammeTypeChoice,
    /// At which level.
    level: AccreditationLevel,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// An observation of a nominated trainer.
#[derive(InputObject, Clone, Serialize)]
pub struct TrainerAccreditationObserveInput {
    /// The accreditation.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// The day of the observation.
    observed_on: Date,
    /// Where the note of it is kept.
    note_reference: Option<String>,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// Evidence for an accreditation.
#[derive(InputObject, Clone, Serialize)]
pub struct TrainerEvidenceAddInput {
    /// The accreditation.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// What kind.
    kind: TrainerEvidenceKind,
    /// Of which day.
    evidenced_on: Date,
    /// Where the note of it is kept.
    note_reference: Option<String>,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// An accreditation that is granted.
#[derive(InputObject, Clone, Serialize)]
pub struct TrainerAccreditationGrantInput {
    /// The accreditation.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// First day; today if absent.
    valid_from: Option<Date>,
    /// The day from which it is over; 24 months later if absent, and not more.
    valid_to: Option<Date>,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// An accreditation that loses its effect for a time.
#[derive(InputObject, Clone, Serialize)]
pub struct TrainerAccreditationSuspendInput {
    /// The accreditation.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// Why, for the trainer and the organisations of affiliation.
    reason: String,
    /// Only tell what would follow; change nothing.
    #[graphql(default)]
    dry_run: bool,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// A suspended accreditation that has effect again.
#[derive(InputObject, Clone, Serialize)]
pub struct TrainerAccreditationReinstateInput {
    /// The accreditation.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// A suspended accreditation, or an application, that is over for good.
#[derive(InputObject, Clone, Serialize)]
pub struct TrainerAccreditationWithdrawInput {
    /// The accreditation.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// Only tell what would follow; change nothing.
    #[graphql(default)]
    dry_run: bool,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// An own accreditation, or application, that you give up.
#[derive(InputObject, Clone, Serialize)]
pub struct TrainerAccreditationResignInput {
    /// The accreditation.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// Only tell what would follow; change nothing.
    #[graphql(default)]
    dry_run: bool,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// An accreditation that is given another term.
#[derive(InputObject, Clone, Serialize)]
pub struct TrainerAccreditationRenewInput {
    /// The accreditation.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// Mutations of accreditations.
#[derive(Default)]
pub struct AccreditationMutations;

#[Object]
impl AccreditationMutations {
    /// Nominates a trainer of the own organisation for accreditation.
    #[graphql(visible = "visible::nominate_trainers")]
    async fn trainer_accreditation_nominate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The trainer, type and level.")] input: TrainerAccreditationNominateInput,
    ) -> Result<Payload<TrainerAccreditationNominate>> {
        let asked =
            Asked::new("trainerAccreditationNominate", &input, input.idempotency_key.as_ref());
        let new = Nomination {
            trainer: ids_of("trn", "trainerId", &input.trainer_id)?,
            programme_type: input.programme_type.into(),
            level: input.level.into(),
        };
        asked.run(ctx, parts, move |unit| Box::pin(accreditation::nominate(unit, new))).await
    }

    /// Records that somebody watched the trainer teach.
    #[graphql(visible = "visible::assess_trainers")]
    async fn trainer_accreditation_observe(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The observation.")] input: TrainerAccreditationObserveInput,
    ) -> Result<Payload<TrainerAccreditationObserve>> {
        let asked =
            Asked::new("trainerAccreditationObserve", &input, input.idempotency_key.as_ref());
        let at = At { id: ids_of("tac", "id", &input.id)?, version: input.expected_version };
        asked
            .run(ctx, parts, move |unit| {
                let note = input.note_reference.clone();
                Box::pin(accreditation::observe(unit, at, input.observed_on.0, note))
            })
            .await
    }

    /// Adds evidence for an accreditation.
    #[graphql(visible = "visible::assess_trainers")]
    async fn trainer_evidence_add(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The evidence.")] input: TrainerEvidenceAddInput,
    ) -> Result<Payload<TrainerEvidenceAdd>> {
        let asked = Asked::new("trainerEvidenceAdd", &input, input.idempotency_key.as_ref());
        let at = At { id: ids_of("tac", "id", &input.id)?, version: input.expected_version };
        let evidence = Evidence {
            kind: input.kind.into(),
            on: input.evidenced_on.0,
            note_reference: input.note_reference,
        };
        asked
            .run(ctx, parts, move |unit| {
                Box::pin(accreditation::add_evidence(unit, at, evidence.clone()))
            })
            .await
    }

    /// Grants an accreditation for a term, after an observation.
    #[graphql(visible = "visible::accredit_trainers", tag = "national")]
    async fn trainer_accreditation_grant(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The accreditation and its term.")] input: TrainerAccreditationGrantInput,
    ) -> Result<Payload<TrainerAccreditationGrant>> {
        let asked = Asked::new("trainerAccreditationGrant", &input, input.idempotency_key.as_ref());
        let at = At { id: ids_of("tac", "id", &input.id)?, version: input.expected_version };
        let days = TermDays {
            from: input.valid_from.map(|date| date.0),
            to: input.valid_to.map(|date| date.0),
        };
        asked.run(ctx, parts, move |unit| Box::pin(accreditation::accredit(unit, at, days))).await
    }

    /// Takes the effect of an accreditation away from today on.
    #[graphql(visible = "visible::accredit_trainers", tag = "national")]
    async fn trainer_accreditation_suspend(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The accreditation and the reason.")]
        input: TrainerAccreditationSuspendInput,
    ) -> Result<Payload<TrainerAccreditationSuspend>> {
        let asked =
            Asked::new("trainerAccreditationSuspend", &input, input.idempotency_key.as_ref())
                .dry_run(input.dry_run);
        let at = At { id: ids_of("tac", "id", &input.id)?, version: input.expected_version };
        asked
            .run(ctx, parts, move |unit| {
                let reason = input.reason.clone();
                Box::pin(async move { accreditation::suspend(unit, at, &reason).await })
            })
            .await
    }

    /// Gives a suspended accreditation its effect back from today on.
    #[graphql(visible = "visible::accredit_trainers", tag = "national")]
    async fn trainer_accreditation_reinstate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The accreditation.")] input: TrainerAccreditationReinstateInput,
    ) -> Result<Payload<TrainerAccreditationReinstate>> {
        let asked =
            Asked::new("trainerAccreditationReinstate", &input, input.idempotency_key.as_ref());
        let at = At { id: ids_of("tac", "id", &input.id)?, version: input.expected_version };
        asked.run(ctx, parts, move |unit| Box::pin(accreditation::reinstate(unit, at))).await
    }

    /// Ends a suspended accreditation, or an application, for good.
    #[graphql(visible = "visible::accredit_trainers", tag = "national")]
    async fn trainer_accreditation_withdraw(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The accreditation.")] input: TrainerAccreditationWithdrawInput,
    ) -> Result<Payload<TrainerAccreditationWithdraw>> {
        let asked =
            Asked::new("trainerAccreditationWithdraw", &input, input.idempotency_key.as_ref())
                .dry_run(input.dry_run);
        let at = At { id: ids_of("tac", "id", &input.id)?, version: input.expected_version };
        asked.run(ctx, parts, move |unit| Box::pin(accreditation::withdraw(unit, at))).await
    }

    /// Gives the own accreditation, or application, up.
    #[graphql(visible = "visible::be_trainer")]
    async fn trainer_accreditation_resign(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The accreditation.")] input: TrainerAccreditationResignInput,
    ) -> Result<Payload<TrainerAccreditationResign>> {
        let asked =
            Asked::new("trainerAccreditationResign", &input, input.idempotency_key.as_ref())
                .dry_run(input.dry_run);
        let at = At { id: ids_of("tac", "id", &input.id)?, version: input.expected_version };
        asked.run(ctx, parts, move |unit| Box::pin(accreditation::resign(unit, at))).await
    }

    /// Gives an accreditation another term: near the end of the first, with a standardisation event in it.
    /// Gives the new accreditation.
    #[graphql(visible = "visible::accredit_trainers", tag = "national")]
    async fn trainer_accreditation_renew(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The accreditation.")] input: TrainerAccreditationRenewInput,
    ) -> Result<Payload<TrainerAccreditationRenew>> {
        let asked = Asked::new("trainerAccreditationRenew", &input, input.idempotency_key.as_ref());
        let at = At { id: ids_of("tac", "id", &input.id)?, version: input.expected_version };
        asked.run(ctx, parts, move |unit| Box::pin(accreditation::renew(unit, at))).await
    }
}
