//! Instruments as the quality lead changes them.

use async_graphql::{Context, ID, InputObject, Object, Result};
use serde::Serialize;

use super::ReadinessInstrument;
use super::partners::parts;
use crate::graphql::mutate::{Asked, ids_of};
use crate::graphql::payload::Payload;
use crate::graphql::visible;
use crate::mutations;
use crate::person::desk::At;
use crate::readiness::instruments::{self, Written};
use crate::readiness::model::{Domain, Indicator, Thresholds};

mutations! {
    ReadinessInstrumentDraft by ManageInstruments -> instrument: ReadinessInstrument, [InstrumentNumberTaken];
    ReadinessInstrumentAmend by ManageInstruments -> instrument: ReadinessInstrument, [];
    ReadinessInstrumentPublish by ManageInstruments -> instrument: ReadinessInstrument, [Incomplete];
    ReadinessInstrumentRetire by ManageInstruments -> instrument: ReadinessInstrument, [];
}

/// From where outcomes begin: shares in basis points, scores from 0 to 3.
#[derive(InputObject, Clone, Serialize)]
pub struct ReadinessThresholdsInput {
    /// Least score of the whole for READY.
    ready_overall: i32,
    /// Least score of each domain for READY.
    ready_domain: i32,
    /// Least score of each critical indicator for READY.
    ready_critical: i32,
    /// Least score of the whole for CONDITIONAL.
    conditional_overall: i32,
    /// Least score of each domain for CONDITIONAL.
    conditional_domain: i32,
    /// Least score of each critical indicator for CONDITIONAL.
    conditional_critical: i32,
    /// How many indicators of a domain may not apply.
    not_applicable_per_domain: i32,
    /// From how many points apart two raters disagree.
    disagreement_from: i32,
}

/// An indicator of a domain.
#[derive(InputObject, Clone, Serialize)]
pub struct ReadinessIndicatorInput {
    /// Its code.
    code: String,
    /// What is asked.
    prompt: String,
    /// What the score 0 means.
    anchor0: String,
    /// What the score 1 means.
    anchor1: String,
    /// What the score 2 means.
    anchor2: String,
    /// What the score 3 means.
    anchor3: String,
    /// Whether no outcome carries a licence without it.
    #[graphql(default)]
    is_critical: bool,
    /// Whether it may be said not to apply.
    #[graphql(default)]
    not_applicable_allowed: bool,
    /// From which score on it needs evidence.
    evidence_from: Option<i32>,
    /// The indicators of earlier published versions that it follows.
    #[graphql(default)]
    follows_ids: Vec<ID>,
}

/// A domain of an instrument.
#[derive(InputObject, Clone, Serialize)]
pub struct ReadinessDomainInput {
    /// Its code.
    code: String,
    /// What it is called.
    title: String,
    /// How much it weighs: those of all domains sum to 100.
    weight: i32,
    /// Its indicators in their order; at most 20.
    indicators: Vec<ReadinessIndicatorInput>,
}

/// A version of an instrument. Large ones are easier to bring in as a file: `alongside import instrument`.
#[derive(InputObject, Clone, Serialize)]
pub struct ReadinessInstrumentDraftInput {
    /// Its code, the same in every version.
    code: String,
    /// Its version, such as `1.0`.
    number: String,
    /// What it is called.
    title: String,
    /// Whether it is a proposal that nobody has adopted.
    #[graphql(default)]
    is_proposal: bool,
    /// Where it comes from.
    source: Option<String>,
    /// From where outcomes begin.
    thresholds: ReadinessThresholdsInput,
    /// Its domains in their order; at most 20.
    #[graphql(default)]
    domains: Vec<ReadinessDomainInput>,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// What a draft says, as a whole.
#[derive(InputObject, Clone, Serialize)]
pub struct ReadinessInstrumentAmendInput {
    /// The instrument.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// What it is called.
    title: String,
    /// Whether it is a proposal that nobody has adopted.
    #[graphql(default)]
    is_proposal: bool,
    /// Where it comes from.
    source: Option<String>,
    /// From where outcomes begin.
    thresholds: ReadinessThresholdsInput,
    /// Its domains in their order; at most 20. They get new ids.
    domains: Vec<ReadinessDomainInput>,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// A draft that never changes from now on.
#[derive(InputObject, Clone, Serialize)]
pub struct ReadinessInstrumentPublishInput {
    /// The instrument.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// Only tell what would follow; change nothing.
    #[graphql(default)]
    dry_run: bool,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// A published instrument on which nothing new begins.
#[derive(InputObject, Clone, Serialize)]
pub struct ReadinessInstrumentRetireInput {
    /// The instrument.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// Why, in words for everyone.
    reason: String,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

impl From<ReadinessThresholdsInput> for Thresholds {
    fn from(input: ReadinessThresholdsInput) -> Self {
        let ReadinessThresholdsInput {
            ready_overall,
            ready_domain,
            ready_critical,
            conditional_overall,
            conditional_domain,
            conditional_critical,
            not_applicable_per_domain,
            disagreement_from,
        } = input;
        Self {
            ready_overall,
            ready_domain,
            ready_critical,
            conditional_overall,
            conditional_domain,
            conditional_critical,
            not_applicable_per_domain,
            disagreement_from,
        }
    }
}

/// The domains in the domain's terms: `Err` for an id of the wrong type.
fn domains(given: Vec<ReadinessDomainInput>) -> Result<Vec<Domain>> {
    let mut domains = Vec::new();
    for (place, domain) in given.into_iter().enumerate() {
        let mut indicators = Vec::new();
        for (nth, input) in domain.indicators.into_iter().enumerate() {
            let mut follows = Vec::new();
            for (which, id) in input.follows_ids.iter().enumerate() {
                let path = format!("domains.{place}.indicators.{nth}.followsIds.{which}");
                follows.push(ids_of("rni", &path, id)?);
            }
            indicators.push(Indicator {
                code: input.code,
                prompt: input.prompt,
                anchors: [input.anchor0, input.anchor1, input.anchor2, input.anchor3],
                critical: input.is_critical,
                not_applicable_allowed: input.not_applicable_allowed,
                evidence_from: input.evidence_from,
                follows,
            });
        }
        let ReadinessDomainInput { code, title, weight, .. } = domain;
        domains.push(Domain { code, title, weight, indicators });
    }
    Ok(domains)
}

/// Mutations of instruments, for the quality lead.
#[derive(Default)]
pub struct InstrumentMutations;

#[Object]
impl InstrumentMutations {
    /// Drafts a version of an instrument.
    #[graphql(visible = "visible::manage_instruments", tag = "national")]
    async fn readiness_instrument_draft(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The version.")] input: ReadinessInstrumentDraftInput,
    ) -> Result<Payload<ReadinessInstrumentDraft>> {
        let asked = Asked::new("readinessInstrumentDraft", &input, input.idempotency_key.as_ref());
        let (code, number) = (input.code, input.number);
        let written = Written {
            title: input.title,
            is_proposal: input.is_proposal,
            source: input.source,
            thresholds: input.thresholds.into(),
            domains: domains(input.domains)?,
        };
        asked
            .run(ctx, parts, move |unit| {
                let (code, number, written) = (code.clone(), number.clone(), written.clone());
                Box::pin(async move { instruments::draft(unit, &code, &number, written).await })
            })
            .await
    }

    /// Lets a draft say something else. The input is the whole of it.
    #[graphql(visible = "visible::manage_instruments", tag = "national")]
    async fn readiness_instrument_amend(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What the draft says.")] input: ReadinessInstrumentAmendInput,
    ) -> Result<Payload<ReadinessInstrumentAmend>> {
        let asked = Asked::new("readinessInstrumentAmend", &input, input.idempotency_key.as_ref());
        let at = At { id: ids_of("rin", "id", &input.id)?, version: input.expected_version };
        let written = Written {
            title: input.title,
            is_proposal: input.is_proposal,
            source: input.source,
            thresholds: input.thresholds.into(),
            domains: domains(input.domains)?,
        };
        asked
            .run(ctx, parts, move |unit| Box::pin(instruments::amend(unit, at, written.clone())))
            .await
    }

    /// Publishes a draft: from then on it never changes, everyone sees it, and assessments can begin on it.
    #[graphql(visible = "visible::manage_instruments", tag = "national")]
    async fn readiness_instrument_publish(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The instrument.")] input: ReadinessInstrumentPublishInput,
    ) -> Result<Payload<ReadinessInstrumentPublish>> {
        let asked =
            Asked::new("readinessInstrumentPublish", &input, input.idempotency_key.as_ref())
                .dry_run(input.dry_run);
        let at = At { id: ids_of("rin", "id", &input.id)?, version: input.expected_version };
        asked.run(ctx, parts, move |unit| Box::pin(instruments::publish(unit, at))).await
    }

    /// Retires a published instrument: nothing new begins on it, what is open on it goes on.
    #[graphql(visible = "visible::manage_instruments", tag = "national")]
    async fn readiness_instrument_retire(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The instrument.")] input: ReadinessInstrumentRetireInput,
    ) -> Result<Payload<ReadinessInstrumentRetire>> {
        let asked = Asked::new("readinessInstrumentRetire", &input, input.idempotency_key.as_ref());
        let at = At { id: ids_of("rin", "id", &input.id)?, version: input.expected_version };
        asked
            .run(ctx, parts, move |unit| {
                let reason = input.reason.clone();
                Box::pin(async move { instruments::retire(unit, at, &reason).await })
            })
            .await
    }
}
