//! Programmes as they can be changed.

use async_graphql::{Context, ID, InputObject, Object, Result};
use serde::Serialize;
use uuid::Uuid;

use super::{AttendanceBasis, CompetenceDepth, Programme, ProgrammeVersion};
use crate::graphql::mutate::{Asked, ids_of};
use crate::graphql::payload::Payload;
use crate::graphql::scalars::Date;
use crate::graphql::visible;
use crate::mutations;
use crate::programme::kind::ProgrammeTypeChoice;
use crate::programme::model::{Gap, GraduationRule, Mapping, Module, Outline};
use crate::programme::publication;
use crate::programme::service::{self, Amendment, Changed, NewProgramme};

mutations! {
    ProgrammeCreate by DraftProgrammes -> programme: Programme, [ProgrammeCodeTaken, OwnerClosed];
    ProgrammeVersionDraft by DraftProgrammes -> programmeVersion: ProgrammeVersion,
        [VersionNumberTaken, OwnerClosed];
    ProgrammeVersionAmend by DraftProgrammes -> programmeVersion: ProgrammeVersion, [Unchanged];
    ProgrammeVersionSetModules by DraftProgrammes -> programmeVersion: ProgrammeVersion, [Unchanged];
    CompetenceMap by DraftProgrammes -> programmeVersion: ProgrammeVersion, [Unchanged];
    CompetenceUnmap by DraftProgrammes -> programmeVersion: ProgrammeVersion, [Unchanged];
    ProgrammeVersionPublish by PublishProgrammes -> programmeVersion: ProgrammeVersion,
        [Incomplete, MinutesDoNotAddUp, CompetenceGap];
    ProgrammeVersionRetire by PublishProgrammes -> programmeVersion: ProgrammeVersion, [];
}

/// A programme to be added.
#[derive(InputObject, Clone, Serialize)]
pub struct ProgrammeCreateInput {
    /// Its code: capital letters, digits and hyphens; unique in the nation.
    code: String,
    /// What it trains people for.
    #[graphql(name = "type")]
    kind: ProgrammeTypeChoice,
    /// What it is called.
    title: String,
    /// The organisation whose programme it is; absent for a national one.
    owner_id: Option<ID>,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// A version to be drafted.
#[derive(InputObject, Clone, Serialize)]
pub struct ProgrammeVersionDraftInput {
    /// The programme.
    programme_id: ID,
    /// Its number, such as `1.0.0`.
    number: String,
    /// The version from which everything but the dates is taken: one of this programme, or of a national
    /// one.
    from_version_id: Option<ID>,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// A graduation rule. What is left out is not known.
#[derive(InputObject, Clone, Serialize)]
pub struct GraduationRuleInput {
    /// What attendance is counted in.
    attendance_basis: Option<AttendanceBasis>,
    /// The share that must be attended, in basis points; exactly this share is enough.
    attendance_threshold: Option<i32>,
    /// The share of a day's minutes, in basis points, from which the day counts as attended.
    day_counts_at: Option<i32>,
    /// The most days that may be missed, whatever their share.
    max_missed_days: Option<i32>,
    /// Whether missed days can be made up.
    make_up_allowed: Option<bool>,
    /// The most days that can be made up.
    make_up_max_days: Option<i32>,
    /// Whether an assignment must be passed.
    assignment_required: Option<bool>,
    /// Whether a placement must be completed.
    placement_required: Option<bool>,
    /// The least minutes of the placement.
    placement_min_minutes: Option<i32>,
    /// Whether somebody may complete the course without graduating.
    completion_without_accreditation: Option<bool>,
}

/// A core competence that a version does not cover.
#[derive(InputObject, Clone, Serialize)]
pub struct DeclaredGapInput {
    /// The competence.
    competence_id: ID,
    /// Why it is not covered.
    reason: String,
}

/// What a draft says of itself, as a whole: what is left out is not known any more.
#[derive(InputObject, Clone, Serialize)]
pub struct ProgrammeVersionAmendInput {
    /// The version.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// The first day on which a course may start.
    effective_from: Option<Date>,
    /// The last day on which a course may start.
    last_start_date: Option<Date>,
    /// Its length in weeks.
    weeks: Option<i32>,
    /// Its taught days.
    taught_days: Option<i32>,
    /// Its taught minutes: those of its modules together.
    taught_minutes: Option<i32>,
    /// The set of competences that it claims to be aligned to.
    aligned_to_id: Option<ID>,
    /// Where its facts come from.
    source: Option<String>,
    /// The graduation rule.
    graduation_rule: Option<GraduationRuleInput>,
    /// The core competences that it does not cover; at most 200.
    #[graphql(default)]
    declared_gaps: Vec<DeclaredGapInput>,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// A module of a draft.
#[derive(InputObject, Clone, Serialize)]
pub struct ProgrammeModuleInput {
    /// Its number, by which others name it.
    number: i32,
    /// What it is called.
    title: Option<String>,
    /// The part of the curriculum that it lies in.
    block: Option<String>,
    /// Its taught minutes.
    taught_minutes: Option<i32>,
    /// The minutes of preparation that it asks for.
    prep_minutes: Option<i32>,
    /// Whether nobody graduates without it.
    #[graphql(default)]
    is_mandatory: bool,
    /// What to read, one work a line.
    reading_list: Option<String>,
    /// The numbers of the modules that come before it.
    #[graphql(default)]
    requires: Vec<i32>,
}

/// The modules of a draft, as a whole and in their order.
#[derive(InputObject, Clone, Serialize)]
pub struct ProgrammeVersionSetModulesInput {
    /// The version.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// The modules; at most 40. One with the number of a present module keeps that module's id and
    /// competences.
    modules: Vec<ProgrammeModuleInput>,
    /// Only tell what would follow; change nothing.
    #[graphql(default)]
    dry_run: bool,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// A competence with the depth to which a module takes it.
#[derive(InputObject, Clone, Serialize)]
pub struct CompetenceDepthInput {
    /// The competence.
    competence_id: ID,
    /// How far the module takes it.
    depth: CompetenceDepth,
}

/// Competences for a module of a draft.
#[derive(InputObject, Clone, Serialize)]
pub struct CompetenceMapInput {
    /// The module.
    module_id: ID,
    /// The version of the programme version as you read it.
    expected_version: i32,
    /// The competences; one that the module covers already gets this depth. At most 60.
    competences: Vec<CompetenceDepthInput>,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// Competences that a module of a draft does not cover any more.
#[derive(InputObject, Clone, Serialize)]
pub struct CompetenceUnmapInput {
    /// The module.
    module_id: ID,
    /// The version of the programme version as you read it.
    expected_version: i32,
    /// The competences.
    competence_ids: Vec<ID>,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// A draft that never changes from now on.
#[derive(InputObject, Clone, Serialize)]
pub struct ProgrammeVersionPublishInput {
    /// The version.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// Only tell what would follow; change nothing.
    #[graphql(default)]
    dry_run: bool,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// A published version on which nothing new begins.
#[derive(InputObject, Clone, Serialize)]
pub struct ProgrammeVersionRetireInput {
    /// The version.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// The last day on which a course may start; today if absent, or the first such day if that is later.
    last_start_date: Option<Date>,
    /// Why it retires.
    reason: String,
    /// Only tell what would follow; change nothing.
    #[graphql(default)]
    dry_run: bool,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// Mutations of programmes, for the quality lead, and for lead trainers and coordinators of the own.
#[derive(Default)]
pub struct ProgrammeMutations;

/// The parts of an answer that a payload shows.
fn parts(changed: Changed) -> (Uuid, Vec<String>) {
    (changed.id, changed.impact)
}

#[Object]
impl ProgrammeMutations {
    /// Adds a programme: a national one, or an organisation's own.
    #[graphql(visible = "visible::draft_programmes")]
    async fn programme_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The programme.")] input: ProgrammeCreateInput,
    ) -> Result<Payload<ProgrammeCreate>> {
        let asked = Asked::new("programmeCreate", &input, input.idempotency_key.as_ref());
        let owner = input.owner_id.as_ref().map(|id| ids_of("org", "ownerId", id)).transpose()?;
        let ProgrammeCreateInput { code, kind, title, .. } = input;
        let new = NewProgramme { code, kind: kind.into(), title, owner };
        asked.run(ctx, parts, move |unit| Box::pin(service::create(unit, new.clone()))).await
    }

    /// Drafts a version of a programme, empty or with what another version says.
    #[graphql(visible = "visible::draft_programmes")]
    async fn programme_version_draft(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The version.")] input: ProgrammeVersionDraftInput,
    ) -> Result<Payload<ProgrammeVersionDraft>> {
        let asked = Asked::new("programmeVersionDraft", &input, input.idempotency_key.as_ref());
        let programme = ids_of("prg", "programmeId", &input.programme_id)?;
        let from = input.from_version_id.as_ref();
        let from = from.map(|id| ids_of("prv", "fromVersionId", id)).transpose()?;
        asked
            .run(ctx, parts, move |unit| {
                let number = input.number.clone();
                Box::pin(async move { service::draft(unit, programme, &number, from).await })
            })
            .await
    }

    /// Lets a draft say something else of itself. The input is the whole of it.
    #[graphql(visible = "visible::draft_programmes")]
    async fn programme_version_amend(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What the version says.")] input: ProgrammeVersionAmendInput,
    ) -> Result<Payload<ProgrammeVersionAmend>> {
        let asked = Asked::new("programmeVersionAmend", &input, input.idempotency_key.as_ref());
        let (id, version) = (ids_of("prv", "id", &input.id)?, input.expected_version);
        let amendment = amendment(input)?;
        asked
            .run(ctx, parts, move |unit| {
                Box::pin(service::amend(unit, id, version, amendment.clone()))
            })
            .await
    }

    /// Gives a draft its modules, as a whole and in their order.
    #[graphql(visible = "visible::draft_programmes")]
    async fn programme_version_set_modules(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The modules.")] input: ProgrammeVersionSetModulesInput,
    ) -> Result<Payload<ProgrammeVersionSetModules>> {
        let asked =
            Asked::new("programmeVersionSetModules", &input, input.idempotency_key.as_ref())
                .dry_run(input.dry_run);
        let id = ids_of("prv", "id", &input.id)?;
        let modules: Vec<Module> = input.modules.into_iter().map(module).collect();
        asked
            .run(ctx, parts, move |unit| {
                let modules = modules.clone();
                Box::pin(service::set_modules(unit, id, input.expected_version, modules))
            })
            .await
    }

    /// Maps competences to a module of a draft, or maps them to another depth.
    #[graphql(visible = "visible::draft_programmes")]
    async fn competence_map(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The module and its competences.")] input: CompetenceMapInput,
    ) -> Result<Payload<CompetenceMap>> {
        let asked = Asked::new("competenceMap", &input, input.idempotency_key.as_ref());
        let id = ids_of("mdl", "moduleId", &input.module_id)?;
        let mut mappings = Vec::new();
        for (place, given) in input.competences.iter().enumerate() {
            let path = format!("competences.{place}.competenceId");
            let competence = ids_of("cmp", &path, &given.competence_id)?;
            mappings.push(Mapping { competence, depth: given.depth.into() });
        }
        asked
            .run(ctx, parts, move |unit| {
                Box::pin(service::map(unit, id, input.expected_version, mappings.clone()))
            })
            .await
    }

    /// Takes competences from a module of a draft.
    #[graphql(visible = "visible::draft_programmes")]
    async fn competence_unmap(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The module and the competences.")] input: CompetenceUnmapInput,
    ) -> Result<Payload<CompetenceUnmap>> {
        let asked = Asked::new("competenceUnmap", &input, input.idempotency_key.as_ref());
        let id = ids_of("mdl", "moduleId", &input.module_id)?;
        let mut named = Vec::new();
        for (place, given) in input.competence_ids.iter().enumerate() {
            named.push(ids_of("cmp", &format!("competenceIds.{place}"), given)?);
        }
        asked
            .run(ctx, parts, move |unit| {
                Box::pin(service::unmap(unit, id, input.expected_version, named.clone()))
            })
            .await
    }

    /// Publishes a draft: from then on it never changes, and everyone sees it.
    #[graphql(visible = "visible::publish_programmes", tag = "national")]
    async fn programme_version_publish(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The version.")] input: ProgrammeVersionPublishInput,
    ) -> Result<Payload<ProgrammeVersionPublish>> {
        let asked = Asked::new("programmeVersionPublish", &input, input.idempotency_key.as_ref())
            .dry_run(input.dry_run);
        let id = ids_of("prv", "id", &input.id)?;
        asked
            .run(ctx, parts, move |unit| {
                Box::pin(publication::publish(unit, id, input.expected_version))
            })
            .await
    }

    /// Retires a published version: nothing new begins on it, what is open on it goes on.
    #[graphql(visible = "visible::publish_programmes", tag = "national")]
    async fn programme_version_retire(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The version.")] input: ProgrammeVersionRetireInput,
    ) -> Result<Payload<ProgrammeVersionRetire>> {
        let asked = Asked::new("programmeVersionRetire", &input, input.idempotency_key.as_ref())
            .dry_run(input.dry_run);
        let id = ids_of("prv", "id", &input.id)?;
        let (version, last) = (input.expected_version, input.last_start_date.map(|date| date.0));
        asked
            .run(ctx, parts, move |unit| {
                let reason = input.reason.clone();
                Box::pin(async move { publication::retire(unit, id, version, last, &reason).await })
            })
            .await
    }
}

/// The domain's form of an amendment: `Err` for an id of the wrong type.
fn amendment(input: ProgrammeVersionAmendInput) -> Result<Amendment> {
    let set =
        input.aligned_to_id.as_ref().map(|id| ids_of("cps", "alignedToId", id)).transpose()?;
    let mut gaps = Vec::new();
    for (place, gap) in input.declared_gaps.into_iter().enumerate() {
        let path = format!("declaredGaps.{place}.competenceId");
        let competence = ids_of("cmp", &path, &gap.competence_id)?;
        gaps.push(Gap { competence, reason: gap.reason });
    }
    let outline = Outline {
        effective_from: input.effective_from.map(|date| date.0),
        last_start_date: input.last_start_date.map(|date| date.0),
        weeks: input.weeks,
        taught_days: input.taught_days,
        taught_minutes: input.taught_minutes,
        aligned_to: set,
        source: input.source,
        rule: input.graduation_rule.map(rule).unwrap_or_default(),
    };
    Ok(Amendment { outline, gaps })
}

fn rule(input: GraduationRuleInput) -> GraduationRule {
    let GraduationRuleInput {
        attendance_basis,
        attendance_threshold,
        day_counts_at,
        max_missed_days,
        make_up_allowed,
        make_up_max_days,
        assignment_required,
        placement_required,
        placement_min_minutes,
        completion_without_accreditation,
    } = input;
    GraduationRule {
        attendance_basis: attendance_basis.map(Into::into),
        attendance_threshold,
        day_counts_at,
        max_missed_days,
        make_up_allowed,
        make_up_max_days,
        assignment_required,
        placement_required,
        placement_min_minutes,
        completion_without_accreditation,
    }
}

fn module(input: ProgrammeModuleInput) -> Module {
    let ProgrammeModuleInput {
        number,
        title,
        block,
        taught_minutes,
        prep_minutes,
        is_mandatory,
        reading_list,
        requires,
    } = input;
    Module {
        number,
        title,
        block,
        taught_minutes,
        prep_minutes,
        mandatory: is_mandatory,
        reading_list,
        requires,
        competences: Vec::new(),
    }
}
