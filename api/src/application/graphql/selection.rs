//! What those change who select.

use async_graphql::{Context, ID, InputObject, Object, Result};
use secrecy::SecretString;
use serde::Serialize;

use super::applicant::{at, parts};
use super::{Application, ApplicationDeclineReason};
use crate::application::model::Command;
use crate::application::selecting;
use crate::graphql::mutate::Asked;
use crate::graphql::payload::Payload;
use crate::graphql::visible;
use crate::mutations;

mutations! {
    ApplicationScreen by SelectApplicants -> application: Application, [SeparationOfDuties, Merged];
    ApplicationInterview by SelectApplicants -> application: Application,
        [SeparationOfDuties, Merged];
    ApplicationOffer by SelectApplicants -> application: Application,
        [SeparationOfDuties, Merged, CourseTakesNobody, CapacityExceeded];
    ApplicationWaitlist by SelectApplicants -> application: Application,
        [SeparationOfDuties, Merged, CourseTakesNobody];
    ApplicationDecline by SelectApplicants -> application: Application,
        [SeparationOfDuties, Merged, EvidenceRequired, Unchanged];
    ApplicationConfirmDecline by SelectApplicants -> application: Application,
        [SeparationOfDuties, Merged, NothingProposed];
}

/// An application to be looked at.
#[derive(InputObject, Clone, Serialize)]
pub struct ApplicationScreenInput {
    /// The application.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// A note for those who select. Kept in the vault, and never shown to the applicant.
    note: Option<String>,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// An applicant to be asked to an interview.
#[derive(InputObject, Clone, Serialize)]
pub struct ApplicationInterviewInput {
    /// The application.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// A note for those who select. Kept in the vault, and never shown to the applicant.
    note: Option<String>,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// An applicant to be offered a place.
#[derive(InputObject, Clone, Serialize)]
pub struct ApplicationOfferInput {
    /// The application.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// A note for those who select. Kept in the vault, and never shown to the applicant.
    note: Option<String>,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// An applicant who is to wait for a place.
#[derive(InputObject, Clone, Serialize)]
pub struct ApplicationWaitlistInput {
    /// The application.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// A note for those who select. Kept in the vault, and never shown to the applicant.
    note: Option<String>,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// An applicant to be declined.
#[derive(InputObject, Clone, Serialize)]
pub struct ApplicationDeclineInput {
    /// The application.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// Why the answer is no.
    reason: ApplicationDeclineReason,
    /// A note for those who select. Kept in the vault, and never shown to the applicant.
    note: Option<String>,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// A second assessor's word.
#[derive(InputObject, Clone, Serialize)]
pub struct ApplicationConfirmDeclineInput {
    /// The application.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// A note for those who select. Kept in the vault, and never shown to the applicant.
    note: Option<String>,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

fn note(text: Option<String>) -> Option<SecretString> {
    text.map(SecretString::from)
}

/// Mutations of those who select: who coordinates or leads courses at the organisation that delivers.
#[derive(Default)]
pub struct SelectionMutations;

#[Object]
impl SelectionMutations {
    /// Begins to look at an application.
    #[graphql(visible = "visible::select_applicants")]
    async fn application_screen(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] input: ApplicationScreenInput,
    ) -> Result<Payload<ApplicationScreen>> {
        let asked = Asked::new("applicationScreen", &input, input.idempotency_key.as_ref());
        let at = at(&input.id, input.expected_version)?;
        let note = note(input.note);
        asked
            .run(ctx, parts, move |unit| {
                let note = note.clone();
                Box::pin(selecting::look(unit, at, Command::Screen, note))
            })
            .await
    }

    /// Asks an applicant to an interview.
    #[graphql(visible = "visible::select_applicants")]
    async fn application_interview(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] input: ApplicationInterviewInput,
    ) -> Result<Payload<ApplicationInterview>> {
        let asked = Asked::new("applicationInterview", &input, input.idempotency_key.as_ref());
        let at = at(&input.id, input.expected_version)?;
        let note = note(input.note);
        asked
            .run(ctx, parts, move |unit| {
                let note = note.clone();
                Box::pin(selecting::look(unit, at, Command::Interview, note))
            })
            .await
    }

    /// Offers a place, which it holds until its last day; where none is free after all who wait longer, the applicant
    /// waits.
    #[graphql(visible = "visible::select_applicants")]
    async fn application_offer(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] input: ApplicationOfferInput,
    ) -> Result<Payload<ApplicationOffer>> {
        let asked = Asked::new("applicationOffer", &input, input.idempotency_key.as_ref());
        let at = at(&input.id, input.expected_version)?;
        let note = note(input.note);
        asked
            .run(ctx, parts, move |unit| {
                let note = note.clone();
                Box::pin(selecting::offer(unit, at, note))
            })
            .await
    }

    /// Lets an applicant wait who would be offered a place if there were one.
    #[graphql(visible = "visible::select_applicants")]
    async fn application_waitlist(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] input: ApplicationWaitlistInput,
    ) -> Result<Payload<ApplicationWaitlist>> {
        let asked = Asked::new("applicationWaitlist", &input, input.idempotency_key.as_ref());
        let at = at(&input.id, input.expected_version)?;
        let note = note(input.note);
        asked
            .run(ctx, parts, move |unit| {
                let note = note.clone();
                Box::pin(selecting::waitlist(unit, at, note))
            })
            .await
    }

    /// Declines an application; as not suitable only once a second assessor confirms it.
    #[graphql(visible = "visible::select_applicants")]
    async fn application_decline(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] input: ApplicationDeclineInput,
    ) -> Result<Payload<ApplicationDecline>> {
        let asked = Asked::new("applicationDecline", &input, input.idempotency_key.as_ref());
        let at = at(&input.id, input.expected_version)?;
        let reason = input.reason.into();
        let note = note(input.note);
        asked
            .run(ctx, parts, move |unit| {
                let note = note.clone();
                Box::pin(selecting::decline(unit, at, reason, note))
            })
            .await
    }

    /// Confirms, as a second assessor, that an applicant is not suitable at present.
    #[graphql(visible = "visible::select_applicants")]
    async fn application_confirm_decline(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] input: ApplicationConfirmDeclineInput,
    ) -> Result<Payload<ApplicationConfirmDecline>> {
        let asked = Asked::new("applicationConfirmDecline", &input, input.idempotency_key.as_ref());
        let at = at(&input.id, input.expected_version)?;
        let note = note(input.note);
        asked
            .run(ctx, parts, move |unit| {
                let note = note.clone();
                Box::pin(selecting::confirm_decline(unit, at, note))
            })
            .await
    }
}
