//! Profiles of trainers as they can be changed.

use async_graphql::{Context, ID, InputObject, Object, Result};
use serde::Serialize;
use uuid::Uuid;

use super::Trainer;
use crate::graphql::mutate::{Asked, ids_of};
use crate::graphql::payload::Payload;
use crate::graphql::scalars::Date;
use crate::graphql::visible;
use crate::mutations;
use crate::person::desk::{At, Changed};
use crate::trainer::service::{self, NewAffiliation, NewTrainer, Profile};

mutations! {
    TrainerRegister by ManageTrainers -> trainer: Trainer,
        [SeparationOfDuties, Merged, TrainerTaken];
    TrainerDescribe by BeTrainer -> trainer: Trainer, [Merged, Unchanged];
    TrainerAffiliate by ManageTrainers -> trainer: Trainer, [SeparationOfDuties, Merged, Affiliation];
    TrainerAffiliationEnd by ManageTrainers -> trainer: Trainer, [Merged, Unchanged];
    TrainerStandardisationRecord by AssessTrainers -> trainer: Trainer, [SeparationOfDuties, Merged];
}

/// A person who becomes a trainer.
#[derive(InputObject, Clone, Serialize)]
pub struct TrainerRegisterInput {
    /// The person.
    person_id: ID,
    /// The organisation with which the trainer works.
    organisation_id: ID,
    /// From which day; today if absent.
    valid_from: Option<Date>,
    /// What is said about the trainer's work.
    bio: Option<String>,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// What a trainer says about the own profile; what is absent stays.
#[derive(InputObject, Clone, Serialize)]
pub struct TrainerDescribeInput {
    /// The trainer.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// About the own work.
    bio: Option<String>,
    /// Whether the profile stands in the public register.
    is_listed: Option<bool>,
    /// The wording that you agreed to in order to be listed; `network/listing/1` if you name none.
    consent_wording: Option<String>,
    /// Whether you have lived experience. Nothing more is kept.
    has_lived_experience: Option<bool>,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// An organisation with which a trainer works.
#[derive(InputObject, Clone, Serialize)]
pub struct TrainerAffiliateInput {
    /// The trainer.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// The organisation.
    organisation_id: ID,
    /// First day; today if absent.
    valid_from: Option<Date>,
    /// The day from which it no longer holds.
    valid_to: Option<Date>,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// An affiliation that ends.
#[derive(InputObject, Clone, Serialize)]
pub struct TrainerAffiliationEndInput {
    /// The affiliation.
    id: ID,
    /// The trainer's version as you read it.
    expected_version: i32,
    /// The day from which it no longer holds; today if absent.
    ends_on: Option<Date>,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// A standardisation event that a trainer attended.
#[derive(InputObject, Clone, Serialize)]
pub struct TrainerStandardisationRecordInput {
    /// The trainer.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// The day.
    attended_on: Date,
    /// Where the note of it is kept.
    note_reference: Option<String>,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// Mutations of profiles.
#[derive(Default)]
pub struct TrainerMutations;

/// The parts of an answer that a payload shows.
pub(super) fn parts(changed: Changed) -> (Uuid, Vec<String>) {
    (changed.id, changed.impact)
}

#[Object]
impl TrainerMutations {
    /// Registers a trainer with a first affiliation. The profile is not listed until the trainer says so.
    #[graphql(visible = "visible::manage_trainers")]
    async fn trainer_register(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The person and the organisation.")] input: TrainerRegisterInput,
    ) -> Result<Payload<TrainerRegister>> {
        let asked = Asked::new("trainerRegister", &input, input.idempotency_key.as_ref());
        let new = NewTrainer {
            person: ids_of("per", "personId", &input.person_id)?,
            organisation: ids_of("org", "organisationId", &input.organisation_id)?,
            from: input.valid_from.map(|date| date.0),
            bio: input.bio,
        };
        asked.run(ctx, parts, move |unit| Box::pin(service::register(unit, new.clone()))).await
    }

    /// Changes the own profile as a trainer.
    #[graphql(visible = "visible::be_trainer")]
    async fn trainer_describe(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The profile.")] input: TrainerDescribeInput,
    ) -> Result<Payload<TrainerDescribe>> {
        let asked = Asked::new("trainerDescribe", &input, input.idempotency_key.as_ref());
        let at = At { id: ids_of("trn", "id", &input.id)?, version: input.expected_version };
        let profile = Profile {
            bio: input.bio,
            listed: input.is_listed,
            lived_experience: input.has_lived_experience,
            consent_wording: input.consent_wording,
        };
        asked
            .run(ctx, parts, move |unit| Box::pin(service::describe(unit, at, profile.clone())))
            .await
    }

    /// Records that a trainer works with an organisation.
    #[graphql(visible = "visible::manage_trainers")]
    async fn trainer_affiliate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The trainer and the organisation.")] input: TrainerAffiliateInput,
    ) -> Result<Payload<TrainerAffiliate>> {
        let asked = Asked::new("trainerAffiliate", &input, input.idempotency_key.as_ref());
        let at = At { id: ids_of("trn", "id", &input.id)?, version: input.expected_version };
        let new = NewAffiliation {
            organisation: ids_of("org", "organisationId", &input.organisation_id)?,
            from: input.valid_from.map(|date| date.0),
            to: input.valid_to.map(|date| date.0),
        };
        asked.run(ctx, parts, move |unit| Box::pin(service::affiliate(unit, at, new))).await
    }

    /// Ends an affiliation: the organisation then sees no more than the public register.
    #[graphql(visible = "visible::manage_trainers")]
    async fn trainer_affiliation_end(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The affiliation.")] input: TrainerAffiliationEndInput,
    ) -> Result<Payload<TrainerAffiliationEnd>> {
        let asked = Asked::new("trainerAffiliationEnd", &input, input.idempotency_key.as_ref());
        let id = ids_of("taf", "id", &input.id)?;
        let on = input.ends_on.map(|date| date.0);
        asked
            .run(ctx, parts, move |unit| {
                Box::pin(service::end_affiliation(unit, id, input.expected_version, on))
            })
            .await
    }

    /// Records that a trainer attended a standardisation event.
    #[graphql(visible = "visible::assess_trainers")]
    async fn trainer_standardisation_record(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The trainer and the event.")] input: TrainerStandardisationRecordInput,
    ) -> Result<Payload<TrainerStandardisationRecord>> {
        let asked =
            Asked::new("trainerStandardisationRecord", &input, input.idempotency_key.as_ref());
        let at = At { id: ids_of("trn", "id", &input.id)?, version: input.expected_version };
        asked
            .run(ctx, parts, move |unit| {
                let note = input.note_reference.clone();
                Box::pin(service::attend(unit, at, input.attended_on.0, note))
            })
            .await
    }
}
