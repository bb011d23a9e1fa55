//! Destinations and development as they can be changed.

use async_graphql::{Context, ID, InputObject, Object, Result};
use serde::Serialize;
use uuid::Uuid;

use super::{
    DestinationKind, DestinationSource, DevelopmentKind, DevelopmentRecord, GraduateDestination,
    PeerRole,
};
use crate::career::destinations::{self, Answer};
use crate::career::development::{self, New};
use crate::career::model::Told;
use crate::graphql::mutate::{Asked, ids_of};
use crate::graphql::payload::Payload;
use crate::graphql::scalars::Date;
use crate::mutations;
use crate::person::desk::{At, Changed};

mutations! {
    GraduateDestinationRecord by SignedIn -> graduateDestination: GraduateDestination,
        [NotGraduated, Unchanged];
    DevelopmentRecordAdd by SignedIn -> developmentRecord: DevelopmentRecord, [SeparationOfDuties];
    DevelopmentRecordConfirm by SignedIn -> developmentRecord: DevelopmentRecord, [];
    DevelopmentRecordWithdraw by SignedIn -> developmentRecord: DevelopmentRecord, [];
}

/// Where a graduate went. Another answer to the same question takes the place of the first, which stays on record.
#[derive(InputObject, Clone, Serialize)]
pub struct GraduateDestinationRecordInput {
    /// The enrolment from which somebody graduated.
    enrolment_id: ID,
    /// So many months after graduation it was asked: 0 for the first time, then such as 6 and 12.
    asked_after_months: i32,
    /// What the graduate does.
    kind: DestinationKind,
    /// As which peer, where the graduate works as one.
    peer_role: Option<PeerRole>,
    /// The organisation of the network where that is.
    employer_id: Option<ID>,
    /// The name of another employer.
    employer_name: Option<String>,
    /// Since when.
    since: Option<Date>,
    /// How much of whole time, in hundredths, where the graduate is employed.
    wte_hundredths: Option<i32>,
    /// From whom it is known; of yourself always GRADUATE.
    source: DestinationSource,
    /// Why it takes the place of an earlier answer to the same question.
    reason: Option<String>,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// What you did to develop in your work.
#[derive(InputObject, Clone, Serialize)]
pub struct DevelopmentRecordAddInput {
    /// How you developed.
    kind: DevelopmentKind,
    /// On which day.
    done_on: Date,
    /// For how many minutes.
    minutes: i32,
    /// What it was, in a few words. Name nobody.
    title: String,
    /// Who provided it.
    provider: Option<String>,
    /// Who may confirm it, and sees it: your peer supervisor, or who teaches on a course of yours.
    confirmer_id: Option<ID>,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// A record that you were named to confirm.
#[derive(InputObject, Clone, Serialize)]
pub struct DevelopmentRecordConfirmInput {
    /// The record.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// A record of your own that you take back.
#[derive(InputObject, Clone, Serialize)]
pub struct DevelopmentRecordWithdrawInput {
    /// The record.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

pub(super) fn parts(changed: Changed) -> (Uuid, Vec<String>) {
    (changed.id, changed.impact)
}

fn at(id: &ID, version: i32) -> Result<At> {
    Ok(At { id: ids_of("cpd", "id", id)?, version })
}

/// Mutations of destinations and development.
#[derive(Default)]
pub struct CareerMutations;

#[Object]
impl CareerMutations {
    /// Records where a graduate went: of yourself, or for the organisation that delivered the course.
    async fn graduate_destination_record(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who, and where.")] input: GraduateDestinationRecordInput,
    ) -> Result<Payload<GraduateDestinationRecord>> {
        let asked = Asked::new("graduateDestinationRecord", &input, input.idempotency_key.as_ref());
        let employer = input.employer_id.as_ref().map(|id| ids_of("org", "employerId", id));
        let answer = Answer {
            enrolment: ids_of("enr", "enrolmentId", &input.enrolment_id)?,
            months: input.asked_after_months,
            told: Told {
                kind: input.kind.into(),
                peer_role: input.peer_role.map(Into::into),
                employer_id: employer.transpose()?,
                employer_name: input.employer_name.map(|name| name.trim().to_owned()),
                since: input.since.map(|date| date.0),
                wte_hundredths: input.wte_hundredths,
                source: input.source.into(),
            },
            reason: input.reason,
        };
        asked
            .run(ctx, parts, move |unit| Box::pin(destinations::record(unit, answer.clone())))
            .await
    }

    /// Records what you did to develop in your work.
    async fn development_record_add(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What you did.")] input: DevelopmentRecordAddInput,
    ) -> Result<Payload<DevelopmentRecordAdd>> {
        let asked = Asked::new("developmentRecordAdd", &input, input.idempotency_key.as_ref());
        let confirmer = input.confirmer_id.as_ref().map(|id| ids_of("per", "confirmerId", id));
        let new = New {
            kind: input.kind.into(),
            done_on: input.done_on.0,
            minutes: input.minutes,
            title: input.title,
            provider: input.provider,
            confirmer: confirmer.transpose()?,
        };
        asked.run(ctx, parts, move |unit| Box::pin(development::record(unit, new.clone()))).await
    }

    /// Confirms what somebody did who named you for it.
    async fn development_record_confirm(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] input: DevelopmentRecordConfirmInput,
    ) -> Result<Payload<DevelopmentRecordConfirm>> {
        let asked = Asked::new("developmentRecordConfirm", &input, input.idempotency_key.as_ref());
        let at = at(&input.id, input.expected_version)?;
        asked.run(ctx, parts, move |unit| Box::pin(development::confirm(unit, at))).await
    }

    /// Takes back a record of your own. It stays on record, and counts no more.
    async fn development_record_withdraw(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] input: DevelopmentRecordWithdrawInput,
    ) -> Result<Payload<DevelopmentRecordWithdraw>> {
        let asked = Asked::new("developmentRecordWithdraw", &input, input.idempotency_key.as_ref());
        let at = at(&input.id, input.expected_version)?;
        asked.run(ctx, parts, move |unit| Box::pin(development::withdraw(unit, at))).await
    }
}
