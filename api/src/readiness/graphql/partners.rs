//! Assessments as organisations change them.

use async_graphql::{Context, ID, InputObject, Object, Result};
use serde::Serialize;
use uuid::Uuid;

use super::{RaterPerspective, ReadinessAssessment, ReadinessEvidence, ReadinessRater};
use crate::graphql::mutate::{Asked, ids_of};
use crate::graphql::payload::Payload;
use crate::graphql::visible;
use crate::mutations;
use crate::person::desk::{At, Changed};
use crate::readiness::evidence::{self, NewEvidence};
use crate::readiness::model::{Answer, Perspective};
use crate::readiness::{answers, assessments};

mutations! {
    ReadinessStart by DraftReadiness -> assessment: ReadinessAssessment,
        [OrganisationNotActive, InstrumentNotPublished, AssessmentOpen];
    ReadinessRaterAdd by DraftReadiness -> rater: ReadinessRater, [];
    ReadinessRaterWithdraw by DraftReadiness -> rater: ReadinessRater, [Unchanged];
    ReadinessAnswerSet by DraftReadiness -> rater: ReadinessRater, [AlwaysApplies];
    ReadinessSubmit by SignReadiness -> assessment: ReadinessAssessment,
        [RatersRequired, AnswersMissing, TooManyNotApplicable, EvidenceRequired];
    ReadinessWithdraw by DraftReadiness -> assessment: ReadinessAssessment, [];
    ReadinessEvidenceAttach by DraftReadiness -> evidence: ReadinessEvidence, [];
    ReadinessEvidenceRemove by DraftReadiness -> evidence: ReadinessEvidence, [Unchanged];
}

/// An assessment that begins.
#[derive(InputObject, Clone, Serialize)]
pub struct ReadinessStartInput {
    /// The organisation.
    organisation_id: ID,
    /// The instrument: a published one.
    instrument_id: ID,
    /// From where its raters look, one entry for each; at least two are needed to hand it in, one of them a peer
    /// worker or service user. At most 10.
    #[graphql(default)]
    raters: Vec<RaterPerspective>,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// A rater more.
#[derive(InputObject, Clone, Serialize)]
pub struct ReadinessRaterAddInput {
    /// The assessment.
    assessment_id: ID,
    /// From where the rater looks.
    perspective: RaterPerspective,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// A rater whose answers no longer count.
#[derive(InputObject, Clone, Serialize)]
pub struct ReadinessRaterWithdrawInput {
    /// The rater.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// An answer to an indicator.
#[derive(InputObject, Clone, Serialize)]
pub struct ReadinessAnswerInput {
    /// The indicator.
    indicator_id: ID,
    /// From 0 to 3; left out where it does not apply.
    score: Option<i32>,
    /// Words beside it, which the reviewer and the national team read too. Name nobody here.
    note: Option<String>,
}

/// Answers of a rater, one or many.
#[derive(InputObject, Clone, Serialize)]
pub struct ReadinessAnswerSetInput {
    /// The rater.
    rater_id: ID,
    /// The version of the rater as you read it.
    expected_version: i32,
    /// The answers; those to other indicators stay.
    answers: Vec<ReadinessAnswerInput>,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// An assessment that is signed and handed in.
#[derive(InputObject, Clone, Serialize)]
pub struct ReadinessSubmitInput {
    /// The assessment.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// Only tell what would follow; change nothing.
    #[graphql(default)]
    dry_run: bool,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// An assessment that is given up.
#[derive(InputObject, Clone, Serialize)]
pub struct ReadinessWithdrawInput {
    /// The assessment.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// A file for an indicator.
#[derive(InputObject, Clone, Serialize)]
pub struct ReadinessEvidenceAttachInput {
    /// The assessment.
    assessment_id: ID,
    /// The indicator that it is for.
    indicator_id: ID,
    /// What it is called.
    title: String,
    /// The upload whose bytes were sent: `stagedUploadCreate`, then a PUT. It is used once.
    upload_id: ID,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// A file that is taken back.
#[derive(InputObject, Clone, Serialize)]
pub struct ReadinessEvidenceRemoveInput {
    /// The evidence.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// The parts of an answer that a payload shows.
pub(super) fn parts(changed: Changed) -> (Uuid, Vec<String>) {
    (changed.id, changed.impact)
}

/// Mutations of assessments, for coordinators and signatories.
#[derive(Default)]
pub struct ReadinessMutations;

#[Object]
impl ReadinessMutations {
    /// Begins an assessment of the own organisation.
    #[graphql(visible = "visible::draft_readiness")]
    async fn readiness_start(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The assessment.")] input: ReadinessStartInput,
    ) -> Result<Payload<ReadinessStart>> {
        let asked = Asked::new("readinessStart", &input, input.idempotency_key.as_ref());
        let organisation = ids_of("org", "organisationId", &input.organisation_id)?;
        let instrument = ids_of("rin", "instrumentId", &input.instrument_id)?;
        let raters: Vec<Perspective> = input.raters.into_iter().map(Into::into).collect();
        asked
            .run(ctx, parts, move |unit| {
                let raters = raters.clone();
                Box::pin(async move {
                    assessments::start(unit, organisation, instrument, &raters).await
                })
            })
            .await
    }

    /// Adds a rater to an assessment that is not handed in.
    #[graphql(visible = "visible::draft_readiness")]
    async fn readiness_rater_add(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The rater.")] input: ReadinessRaterAddInput,
    ) -> Result<Payload<ReadinessRaterAdd>> {
        let asked = Asked::new("readinessRaterAdd", &input, input.idempotency_key.as_ref());
        let assessment = ids_of("ras", "assessmentId", &input.assessment_id)?;
        let perspective: Perspective = input.perspective.into();
        asked
            .run(ctx, parts, move |unit| {
                Box::pin(assessments::add_rater(unit, assessment, perspective))
            })
            .await
    }

    /// Lets the answers of a rater no longer count.
    #[graphql(visible = "visible::draft_readiness")]
    async fn readiness_rater_withdraw(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The rater.")] input: ReadinessRaterWithdrawInput,
    ) -> Result<Payload<ReadinessRaterWithdraw>> {
        let asked = Asked::new("readinessRaterWithdraw", &input, input.idempotency_key.as_ref());
        let at = At { id: ids_of("rrt", "id", &input.id)?, version: input.expected_version };
        asked.run(ctx, parts, move |unit| Box::pin(assessments::withdraw_rater(unit, at))).await
    }

    /// Writes answers of a rater, one by one or in bulk: all of them or none.
    #[graphql(visible = "visible::draft_readiness")]
    async fn readiness_answer_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The rater and the answers.")] input: ReadinessAnswerSetInput,
    ) -> Result<Payload<ReadinessAnswerSet>> {
        let asked = Asked::new("readinessAnswerSet", &input, input.idempotency_key.as_ref());
        let at =
            At { id: ids_of("rrt", "raterId", &input.rater_id)?, version: input.expected_version };
        let mut given = Vec::new();
        for (place, answer) in input.answers.into_iter().enumerate() {
            let path = format!("answers.{place}.indicatorId");
            let indicator = ids_of("rni", &path, &answer.indicator_id)?;
            given.push(Answer { indicator, score: answer.score, note: answer.note });
        }
        asked
            .run(ctx, parts, move |unit| {
                let given = given.clone();
                Box::pin(async move { answers::answer(unit, at, &given).await })
            })
            .await
    }

    /// Signs an assessment of the own organisation and hands it in.
    #[graphql(visible = "visible::sign_readiness")]
    async fn readiness_submit(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The assessment.")] input: ReadinessSubmitInput,
    ) -> Result<Payload<ReadinessSubmit>> {
        let asked = Asked::new("readinessSubmit", &input, input.idempotency_key.as_ref())
            .dry_run(input.dry_run);
        let at = At { id: ids_of("ras", "id", &input.id)?, version: input.expected_version };
        asked.run(ctx, parts, move |unit| Box::pin(assessments::submit(unit, at))).await
    }

    /// Adds an uploaded file as evidence to an assessment that is not handed in, or to one that stands for its plan.
    #[graphql(visible = "visible::draft_readiness")]
    async fn readiness_evidence_attach(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The evidence.")] input: ReadinessEvidenceAttachInput,
    ) -> Result<Payload<ReadinessEvidenceAttach>> {
        let asked = Asked::new("readinessEvidenceAttach", &input, input.idempotency_key.as_ref());
        let upload = ids_of("upl", "uploadId", &input.upload_id)?;
        let new = NewEvidence {
            assessment: ids_of("ras", "assessmentId", &input.assessment_id)?,
            indicator: ids_of("rni", "indicatorId", &input.indicator_id)?,
            title: input.title,
        };
        asked
            .run(ctx, parts, move |unit| Box::pin(evidence::attach(unit, new.clone(), upload)))
            .await
    }

    /// Takes a file back from an assessment that is not handed in: nobody can fetch it any more.
    #[graphql(visible = "visible::draft_readiness")]
    async fn readiness_evidence_remove(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The evidence.")] input: ReadinessEvidenceRemoveInput,
    ) -> Result<Payload<ReadinessEvidenceRemove>> {
        let asked = Asked::new("readinessEvidenceRemove", &input, input.idempotency_key.as_ref());
        let at = At { id: ids_of("rev", "id", &input.id)?, version: input.expected_version };
        asked.run(ctx, parts, move |unit| Box::pin(evidence::remove(unit, at))).await
    }

    /// Gives an assessment up that no reviewer has.
    #[graphql(visible = "visible::draft_readiness")]
    async fn readiness_withdraw(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The assessment.")] input: ReadinessWithdrawInput,
    ) -> Result<Payload<ReadinessWithdraw>> {
        let asked = Asked::new("readinessWithdraw", &input, input.idempotency_key.as_ref());
        let at = At { id: ids_of("ras", "id", &input.id)?, version: input.expected_version };
        asked.run(ctx, parts, move |unit| Box::pin(assessments::withdraw(unit, at))).await
    }
}
