//! Action plans as organisations change them.

use async_graphql::{Context, ID, InputObject, Object, Result};
use serde::Serialize;

use super::ReadinessAction;
use super::partners::parts;
use crate::graphql::mutate::{Asked, ids_of};
use crate::graphql::payload::Payload;
use crate::graphql::scalars::Date;
use crate::graphql::visible;
use crate::mutations;
use crate::person::desk::At;
use crate::readiness::plan::{self, Progress};
use crate::readiness::rules::Planned;

mutations! {
    ReadinessActionAdd by DraftReadiness -> action: ReadinessAction, [];
    ReadinessActionAmend by DraftReadiness -> action: ReadinessAction, [];
    ReadinessActionProgress by DraftReadiness -> action: ReadinessAction, [];
    ReadinessActionDrop by DraftReadiness -> action: ReadinessAction, [];
}

/// An action more.
#[derive(InputObject, Clone, Serialize)]
pub struct ReadinessActionAddInput {
    /// The assessment to which the plan belongs.
    assessment_id: ID,
    /// The indicator that it is to raise.
    indicator_id: Option<ID>,
    /// What is to be done. It becomes a condition of a licence that stands on a conditional outcome.
    text: String,
    /// The post that sees to it.
    owner_title: String,
    /// The person who sees to it, whose record the organisation keeps; reminded by e-mail.
    owner_id: Option<ID>,
    /// By when.
    due_on: Date,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// What an open action says, as a whole.
#[derive(InputObject, Clone, Serialize)]
pub struct ReadinessActionAmendInput {
    /// The action.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// The indicator that it is to raise.
    indicator_id: Option<ID>,
    /// What is to be done.
    text: String,
    /// The post that sees to it.
    owner_title: String,
    /// The person who sees to it.
    owner_id: Option<ID>,
    /// By when.
    due_on: Date,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// How far an action has come.
#[derive(InputObject, Clone, Serialize)]
pub struct ReadinessActionProgressInput {
    /// The action.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// In basis points; 10000 is done.
    progress: i32,
    /// Words about it.
    note: Option<String>,
    /// The evidence that it is done.
    evidence_id: Option<ID>,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// An action that is no longer meant to be done.
#[derive(InputObject, Clone, Serialize)]
pub struct ReadinessActionDropInput {
    /// The action.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// Why, in words for the organisation.
    reason: String,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// What an action is to say: `Err` for an id of the wrong type.
fn planned(
    indicator: Option<&ID>,
    (text, owner_title): (String, String),
    owner: Option<&ID>,
    due_on: Date,
) -> Result<Planned> {
    Ok(Planned {
        indicator: indicator.map(|id| ids_of("rni", "indicatorId", id)).transpose()?,
        text,
        owner_title,
        owner: owner.map(|id| ids_of("per", "ownerId", id)).transpose()?,
        due_on: due_on.0,
    })
}

/// Mutations of action plans, for coordinators and signatories.
#[derive(Default)]
pub struct ReadinessPlanMutations;

#[Object]
impl ReadinessPlanMutations {
    /// Adds an action to the plan of an assessment.
    #[graphql(visible = "visible::draft_readiness")]
    async fn readiness_action_add(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The action.")] input: ReadinessActionAddInput,
    ) -> Result<Payload<ReadinessActionAdd>> {
        let asked = Asked::new("readinessActionAdd", &input, input.idempotency_key.as_ref());
        let assessment = ids_of("ras", "assessmentId", &input.assessment_id)?;
        let words = (input.text, input.owner_title);
        let new =
            planned(input.indicator_id.as_ref(), words, input.owner_id.as_ref(), input.due_on)?;
        asked.run(ctx, parts, move |unit| Box::pin(plan::add(unit, assessment, new.clone()))).await
    }

    /// Lets an open action say something else. The input is the whole of it.
    #[graphql(visible = "visible::draft_readiness")]
    async fn readiness_action_amend(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The action.")] input: ReadinessActionAmendInput,
    ) -> Result<Payload<ReadinessActionAmend>> {
        let asked = Asked::new("readinessActionAmend", &input, input.idempotency_key.as_ref());
        let at = At { id: ids_of("rac", "id", &input.id)?, version: input.expected_version };
        let words = (input.text, input.owner_title);
        let new =
            planned(input.indicator_id.as_ref(), words, input.owner_id.as_ref(), input.due_on)?;
        asked.run(ctx, parts, move |unit| Box::pin(plan::amend(unit, at, new.clone()))).await
    }

    /// Says how far an action has come; all of the way is done.
    #[graphql(visible = "visible::draft_readiness")]
    async fn readiness_action_progress(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The action and its progress.")] input: ReadinessActionProgressInput,
    ) -> Result<Payload<ReadinessActionProgress>> {
        let asked = Asked::new("readinessActionProgress", &input, input.idempotency_key.as_ref());
        let at = At { id: ids_of("rac", "id", &input.id)?, version: input.expected_version };
        let evidence = input.evidence_id.as_ref();
        let evidence = evidence.map(|id| ids_of("rev", "evidenceId", id)).transpose()?;
        let new = Progress { progress: input.progress, note: input.note, evidence };
        asked.run(ctx, parts, move |unit| Box::pin(plan::progress(unit, at, new.clone()))).await
    }

    /// Lets an action no longer be meant to be done.
    #[graphql(visible = "visible::draft_readiness")]
    async fn readiness_action_drop(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The action and the reason.")] input: ReadinessActionDropInput,
    ) -> Result<Payload<ReadinessActionDrop>> {
        let asked = Asked::new("readinessActionDrop", &input, input.idempotency_key.as_ref());
        let at = At { id: ids_of("rac", "id", &input.id)?, version: input.expected_version };
        asked
            .run(ctx, parts, move |unit| {
                let reason = input.reason.clone();
                Box::pin(async move { plan::drop_action(unit, at, &reason).await })
            })
            .await
    }
}
