//! What applicants change.

use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::{Context, ID, InputObject, Object, Result};
use secrecy::SecretString;
use serde::Serialize;
use uuid::Uuid;

use super::interest::unheard;
use super::{ApplicantEmployment, ApplicantExperience, Application, ApplicationSource, PREFIX};
use crate::actor::Permission;
use crate::application::applying::{self, AnswersAsked, Saved, Start};
use crate::application::equality;
use crate::application::interest::proved;
use crate::graphql::mutate::{Asked, ids_of};
use crate::graphql::payload::{Mutation, Payload};
use crate::mutations;
use crate::person::desk::{At, Changed};
use crate::read::Op;
use crate::refusal::{Code, Refusal};

mutations! {
    ApplicationStart by SignedIn -> application: Application,
        [NotCovered, EvidenceRequired, ApplicationOpen, UnderAge, TokenUsed, AccountOfAnother];
    ApplicationSave by SignedIn -> application: Application, [Merged];
    ApplicationWithdraw by SignedIn -> application: Application, [];
    ApplicationAccept by SignedIn -> application: Application,
        [OfferEnded, CourseTakesNobody, AlreadyEnrolled, CapacityExceeded];
}

/// The mutation `applicationSubmit`, which tells a code for the monitoring of equality.
pub struct ApplicationSubmit;

impl Mutation for ApplicationSubmit {
    const NAME: &'static str = "ApplicationSubmit";
    const PERMISSION: Option<Permission> = None;
    type Entity = Application;
    const FIELD: &'static str = "application";
    const CODES: &'static [Code] = &[Code::EvidenceRequired, Code::UnderAge, Code::NotCovered];
    const TELLS: Option<(&'static str, &'static str)> = Some((
        "equalityToken",
        "A code with which one answer for the monitoring of equality can be given. It is kept nowhere and told once: \
         a repeat tells null.",
    ));
}

/// An application to be started.
#[derive(InputObject, Clone, Serialize)]
pub struct ApplicationStartInput {
    /// The course.
    course_id: ID,
    /// The code by which you confirmed your address, if the network does not know you yet.
    interest_token: Option<String>,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// What changes of an own draft; what is absent stays.
#[derive(InputObject, Clone, Serialize)]
pub struct ApplicationSaveInput {
    /// The application.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// From which side you know the service.
    experience: Option<ApplicantExperience>,
    /// Where you work as a peer support worker.
    employment: Option<ApplicantEmployment>,
    /// Your employer, where the register has it.
    employer_id: Option<ID>,
    /// What training you had before. No qualification is asked for.
    prior_training: Option<String>,
    /// From where you know of the course.
    source: Option<ApplicationSource>,
    /// You have lived experience that is relevant for the service.
    has_relevant_experience: Option<bool>,
    /// You wish to support others.
    wishes_to_support_others: Option<bool>,
    /// You speak and write well enough to do so.
    communicates_well: Option<bool>,
    /// Why you apply, in your own words; no diagnosis is asked for. Kept in the vault.
    motivation: Option<String>,
    /// What you need to take part well. Kept in the vault, for those with whom you share it.
    support_needs: Option<String>,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// A draft to be handed in.
#[derive(InputObject, Clone, Serialize)]
pub struct ApplicationSubmitInput {
    /// The application.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// An application from which you step back.
#[derive(InputObject, Clone, Serialize)]
pub struct ApplicationWithdrawInput {
    /// The application.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// An offer that you accept.
#[derive(InputObject, Clone, Serialize)]
pub struct ApplicationAcceptInput {
    /// The application.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// The wording of the terms that you accept, by the name and version that your portal gives it.
    terms_version: String,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

pub(super) fn parts(changed: Changed) -> (Uuid, Vec<String>) {
    (changed.id, changed.impact)
}

pub(super) fn at(id: &ID, version: i32) -> Result<At> {
    Ok(At { id: ids_of(PREFIX, "id", id)?, version })
}

/// Mutations of applicants.
#[derive(Default)]
pub struct ApplicantMutations;

#[Object]
impl ApplicantMutations {
    /// Starts an application for a course that takes people. Whoever the network does not know yet gives the code of a
    /// confirmed interest, and becomes a person whose record the organisation that delivers keeps.
    async fn application_start(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "For which course.")] input: ApplicationStartInput,
    ) -> Result<Payload<ApplicationStart>> {
        let asked = Asked::new("applicationStart", &input, input.idempotency_key.as_ref());
        let op = ctx.data_unchecked::<Arc<Op>>();
        let course = ids_of("crs", "courseId", &input.course_id)?;
        let interest = match &input.interest_token {
            None => None,
            Some(token) => {
                let found = proved(op.core(), op.payer(), token).await.map_err(unheard)?;
                if found.is_none() {
                    let message = "this code proves no address: register interest and confirm it";
                    let unmet = Refusal::at(Code::NotFound, "interestToken", message);
                    return Ok(Payload::refused(vec![unmet]));
                }
                found
            }
        };
        let named = op.account_named().cloned();
        let new = Start { course, interest, named };
        asked.run(ctx, parts, move |unit| Box::pin(applying::start(unit, new.clone()))).await
    }

    /// Saves what you say in a draft of your own.
    async fn application_save(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which, and what.")] input: ApplicationSaveInput,
    ) -> Result<Payload<ApplicationSave>> {
        let asked = Asked::new("applicationSave", &input, input.idempotency_key.as_ref());
        let at = at(&input.id, input.expected_version)?;
        let employer = input.employer_id.as_ref().map(|id| ids_of("org", "employerId", id));
        let answers = AnswersAsked {
            experience: input.experience.map(Into::into),
            employment: input.employment.map(Into::into),
            employer_id: employer.transpose()?,
            prior_training: input.prior_training,
            source: input.source.map(Into::into),
            has_experience: input.has_relevant_experience,
            wishes_to_support: input.wishes_to_support_others,
            communicates: input.communicates_well,
        };
        let saved = Saved {
            answers,
            motivation: input.motivation.map(SecretString::from),
            support_needs: input.support_needs.map(SecretString::from),
        };
        asked.run(ctx, parts, move |unit| Box::pin(applying::save(unit, at, saved.clone()))).await
    }

    /// Hands an own application in: it does not change any more.
    async fn application_submit(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] input: ApplicationSubmitInput,
    ) -> Result<Payload<ApplicationSubmit>> {
        let asked = Asked::new("applicationSubmit", &input, input.idempotency_key.as_ref());
        let at = at(&input.id, input.expected_version)?;
        // The code is no answer that could be kept beside the account: it waits here until the commit.
        let made: Arc<Mutex<Option<SecretString>>> = Arc::default();
        let waits = Arc::clone(&made);
        let payload = asked
            .run(ctx, parts, move |unit| {
                let waits = Arc::clone(&waits);
                Box::pin(async move {
                    let (changed, course) = applying::submit(unit, at).await?;
                    let secret = equality::secret(unit, equality::Group::of(unit, &course));
                    *waits.lock().unwrap_or_else(PoisonError::into_inner) = secret;
                    Ok(changed)
                })
            })
            .await?;
        let token = made.lock().unwrap_or_else(PoisonError::into_inner).take();
        Ok(payload.telling(token))
    }

    /// Steps back from an own application, at any time before there is an enrolment.
    async fn application_withdraw(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] input: ApplicationWithdrawInput,
    ) -> Result<Payload<ApplicationWithdraw>> {
        let asked = Asked::new("applicationWithdraw", &input, input.idempotency_key.as_ref());
        let at = at(&input.id, input.expected_version)?;
        asked.run(ctx, parts, move |unit| Box::pin(applying::withdraw(unit, at))).await
    }

    /// Accepts the place that was offered to you: you are enrolled from then on.
    async fn application_accept(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which, and by which terms.")] input: ApplicationAcceptInput,
    ) -> Result<Payload<ApplicationAccept>> {
        let asked = Asked::new("applicationAccept", &input, input.idempotency_key.as_ref());
        let at = at(&input.id, input.expected_version)?;
        asked
            .run(ctx, parts, move |unit| {
                let terms = input.terms_version.clone();
                Box::pin(async move { applying::accept(unit, at, &terms).await })
            })
            .await
    }
}
