//! Readiness as it can be read and changed.

use async_graphql::Enum;
use serde::Serialize;

use super::{model, score};
use crate::actor::Permission;
use crate::organisation::graphql::Organisation;
use crate::person::graphql::Person;
use crate::read::declaration::{
    Filter, Key, Kind, Root, Rows, Way, boolean, choice, date, id, instant, int, key, list, one,
    page, text,
};
use crate::readable;

mod instruments;
mod partners;
mod plan;
mod reviewers;
mod views;

pub use instruments::InstrumentMutations;
pub use partners::ReadinessMutations;
pub use plan::ReadinessPlanMutations;
pub use reviewers::ReadinessValidationMutations;
pub use views::ReadinessQueries;

/// The root fields of readiness.
pub const ROOTS: &[Root] = &[
    Root::page::<ReadinessInstrument>(
        "readinessInstruments",
        "The instruments by which readiness is assessed, in every published version; for the quality lead drafts \
         as well.",
    ),
    Root::by::<ReadinessInstrument>(
        "readinessInstrument",
        "One instrument by its id or name; null if there is none.",
    ),
    Root::page::<ReadinessAssessment>(
        "readinessAssessments",
        "Assessments of readiness: an organisation's own, those assigned to a reviewer, all for the national team.",
    ),
    Root::by::<ReadinessAssessment>(
        "readinessAssessment",
        "One assessment by its id; null if there is none.",
    ),
    Root::page::<ReadinessAction>(
        "readinessActions",
        "What organisations will do to be ready: an organisation's own plan, all for the national team.",
    ),
    Root::page::<ReadinessDue>(
        "readinessReassessments",
        "Organisations that have to be assessed anew: the own, all for the national team.",
    ),
];

/// Where an instrument stands. New values may appear.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Serialize)]
#[graphql(name = "ReadinessInstrumentState", remote = "model::InstrumentState")]
pub enum ReadinessInstrumentState {
    /// Being written.
    Draft,
    /// Assessments can begin on it.
    Published,
    /// Nothing new begins on it; what is open goes on.
    Retired,
}

/// What an assessment of readiness finds. New values may appear.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Serialize)]
#[graphql(name = "ReadinessOutcome", remote = "score::Outcome")]
pub enum ReadinessOutcome {
    /// Ready for any tier.
    Ready,
    /// Ready for co-delivery or hosting, with conditions.
    Conditional,
    /// Not ready.
    NotReady,
}

/// Where an assessment stands today. New values may appear.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(name = "ReadinessStatus")]
pub enum ReadinessStatus {
    /// The organisation answers.
    Draft,
    /// Signed and handed in.
    SelfSubmitted,
    /// A reviewer scores it.
    InValidation,
    /// Given back with comments.
    Returned,
    /// Validated, and holds.
    Current,
    /// Validated, and past its end.
    Expired,
    /// Another one took its place.
    Superseded,
    /// It counts no more.
    Invalidated,
    /// Given up by the organisation.
    Withdrawn,
}

/// From where a rater looks at the organisation. New values may appear.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Serialize)]
#[graphql(name = "RaterPerspective", remote = "model::Perspective")]
pub enum RaterPerspective {
    /// A peer worker.
    PeerWorker,
    /// Somebody who uses its services.
    ServiceUser,
    /// A carer or relative.
    Carer,
    /// A manager.
    Manager,
    /// A clinician.
    Clinician,
    /// Human resources or occupational health.
    HumanResources,
    /// Another one.
    Other,
}

/// A rule of an outcome. New values may appear.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(name = "ReadinessRule")]
pub enum ReadinessRule {
    /// The score of the whole.
    Overall,
    /// The score of a domain.
    Domain,
    /// The score of a critical indicator.
    Critical,
    /// An action plan with dates.
    ActionPlan,
}

/// Where an action stands. New values may appear.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Serialize)]
#[graphql(name = "ReadinessActionState", remote = "model::ActionState")]
pub enum ReadinessActionState {
    /// To be done.
    Open,
    /// Done.
    Done,
    /// No longer meant to be done.
    Dropped,
}

/// Why an organisation has to be assessed anew. New values may appear.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Serialize)]
#[graphql(name = "ReadinessDueReason", remote = "model::DueReason")]
pub enum ReadinessDueReason {
    /// It followed another organisation.
    Merger,
    /// Its licence was suspended.
    Suspension,
    /// Another person signs for it.
    Signatory,
}

/// Where an assessment stands today.
const STATUS: &str = "case when t.state <> 'VALIDATED' then t.state \
     when t.valid_to <= {today} then 'EXPIRED' else 'CURRENT' end";

/// What is published is public; drafts are for the quality lead.
const PUBLISHED: &[Way] = &[
    Way::Nation(Permission::ManageInstruments),
    Way::Where(
        &Way::Everyone,
        "exists (select 1 from readiness_instrument i where i.id = t.instrument_id and i.state <> 'DRAFT')",
    ),
];

/// What hangs on an assessment: for its organisation, its reviewer and the national team.
const CLOSE: &[Way] = &[
    Way::Nation(Permission::SeeReadiness),
    Way::Organisation("t.organisation_id", Permission::SeeReadiness),
    Way::AssignedThrough(
        "readiness_assessment a where a.id = t.assessment_id",
        "a.reviewer_id",
        Permission::ReviewReadiness,
    ),
];

/// The filter by organisation.
const BY_ORGANISATION: &[Filter] = &[Filter {
    name: "organisationId",
    description: "The organisation.",
    sql: "t.organisation_id",
    kind: Kind::Id("org"),
}];

readable! {
    /// An instrument by which readiness is assessed, in one version.
    pub ReadinessInstrument = Rows::of("readiness_instrument", "rin")
        .visible_to(&[
            Way::Nation(Permission::ManageInstruments),
            Way::Where(&Way::Everyone, "t.state <> 'DRAFT'"),
        ])
        .keys(&[Key {
            name: "name",
            description: "Its code and version, such as `ORG-READY@1.0`.",
            condition: "t.name = {value}",
        }])
        .ordered_by("name");
    /// The id of the instrument.
    id: id("rin"),
    /// Its code and version, such as `ORG-READY@1.0`.
    name: text("t.name").filtered().ordered(),
    /// Its code, the same in every version.
    code: text("t.code").filtered(),
    /// Its version.
    number: text("t.number"),
    /// What it is called.
    title: text("t.title"),
    /// Where it stands.
    state: choice::<ReadinessInstrumentState>("t.state").filtered(),
    /// Whether it is a proposal that nobody has adopted.
    isProposal: boolean("t.is_proposal"),
    /// Where it comes from.
    source: text("t.source").nullable(),
    /// Least score of the whole for READY, in basis points.
    readyOverall: int("t.ready_overall"),
    /// Least score of each domain for READY, in basis points.
    readyDomain: int("t.ready_domain"),
    /// Least score of each critical indicator for READY, from 0 to 3.
    readyCritical: int("t.ready_critical"),
    /// Least score of the whole for CONDITIONAL, in basis points.
    conditionalOverall: int("t.conditional_overall"),
    /// Least score of each domain for CONDITIONAL, in basis points.
    conditionalDomain: int("t.conditional_domain"),
    /// Least score of each critical indicator for CONDITIONAL, from 0 to 3.
    conditionalCritical: int("t.conditional_critical"),
    /// How many indicators of a domain may not apply.
    notApplicablePerDomain: int("t.not_applicable_per_domain"),
    /// From how many points apart two raters disagree.
    disagreementFrom: int("t.disagreement_from"),
    /// SHA-256 of everything that it says, once it is published.
    contentHash: text("t.content_hash").nullable(),
    /// When it was published.
    publishedAt: instant("t.published_at").nullable(),
    /// When it was retired.
    retiredAt: instant("t.retired_at").nullable(),
    /// Why it was retired.
    retirementReason: text("t.retirement_reason").nullable(),
    /// Its domains.
    domains: list::<ReadinessDomain>(20, "t.instrument_id = {parent}"),
    /// Counts its changes: give it back as `expectedVersion`.
    version: int("t.version"),
}

readable! {
    /// A domain of an instrument.
    pub ReadinessDomain = Rows::of("readiness_domain", "rdo").visible_to(PUBLISHED).ordered_by("place");
    /// The id of the domain.
    id: id("rdo"),
    /// Its place within the instrument, from 1.
    place: int("t.place").ordered(),
    /// Its code.
    code: text("t.code"),
    /// What it is called.
    title: text("t.title"),
    /// How much it weighs, of 100.
    weight: int("t.weight"),
    /// Its indicators.
    indicators: list::<ReadinessIndicator>(20, "t.domain_id = {parent}"),
    /// The instrument.
    instrument: one::<ReadinessInstrument>("t.instrument_id"),
}

readable! {
    /// An indicator of a domain.
    pub ReadinessIndicator = Rows::of("readiness_indicator", "rni").visible_to(PUBLISHED).ordered_by("place");
    /// The id of the indicator.
    id: id("rni"),
    /// Its place within the instrument.
    place: int("t.place").ordered(),
    /// Its code.
    code: text("t.code"),
    /// What is asked.
    prompt: text("t.prompt"),
    /// What the score 0 means.
    anchor0: text("t.anchor_0"),
    /// What the score 1 means.
    anchor1: text("t.anchor_1"),
    /// What the score 2 means.
    anchor2: text("t.anchor_2"),
    /// What the score 3 means.
    anchor3: text("t.anchor_3"),
    /// Whether no outcome carries a licence without it.
    isCritical: boolean("t.critical"),
    /// Whether it may be said not to apply.
    notApplicableAllowed: boolean("t.not_applicable_allowed"),
    /// From which score on it needs evidence: a score by any of the raters when it is handed in, and by the reviewer
    /// when it is validated.
    evidenceFrom: int("t.evidence_from").nullable(),
    /// The domain.
    domain: one::<ReadinessDomain>("t.domain_id"),
    /// The indicators of earlier versions that it follows.
    follows: list::<ReadinessMapping>(20, "t.indicator_id = {parent}"),
}

readable! {
    /// An indicator of an earlier version that another one follows: trends over versions go this way only.
    pub ReadinessMapping = Rows::of("readiness_mapping", "rmp").visible_to(PUBLISHED);
    /// The id of the mapping.
    id: id("rmp"),
    /// The indicator of the later version.
    indicator: one::<ReadinessIndicator>("t.indicator_id"),
    /// The indicator of the earlier version.
    earlier: one::<ReadinessIndicator>("t.earlier_id").nullable(),
}

readable! {
    /// An assessment of the readiness of an organisation.
    pub ReadinessAssessment = Rows::of("readiness_assessment", "ras")
        .visible_to(&[
            Way::Nation(Permission::SeeReadiness),
            Way::Organisation("t.organisation_id", Permission::SeeReadiness),
            Way::Assigned("t.reviewer_id", Permission::ReviewReadiness),
        ])
        .filters(BY_ORGANISATION)
        .ordered_by("startedOn");
    /// The id of the assessment.
    id: id("ras"),
    /// The organisation.
    organisation: one::<Organisation>("t.organisation_id"),
    /// The instrument, in the version on which it began.
    instrument: one::<ReadinessInstrument>("t.instrument_id"),
    /// Where it stands today.
    status: choice::<ReadinessStatus>(STATUS).filtered(),
    /// When it began.
    startedOn: date("t.started_on").filtered().ordered(),
    /// When it was last handed in.
    submittedOn: date("t.submitted_on").nullable(),
    /// The account of the reviewer (`RoleGrant.accountId`).
    reviewerAccountId: key("t.reviewer_id", "acc").nullable(),
    /// When the reviewer was assigned.
    assignedOn: date("t.assigned_on").nullable(),
    /// When it was last given back.
    returnedOn: date("t.returned_on").nullable(),
    /// What was said when it was given back.
    returnComment: text("t.return_comment").nullable(),
    /// What was found, once it is validated.
    outcome: choice::<ReadinessOutcome>("t.outcome").nullable().filtered(),
    /// The score of the whole by its raters, in basis points, once it is handed in.
    selfScore: int("t.self_score").nullable(),
    /// The validated score of the whole, in basis points.
    score: int("t.score").nullable(),
    /// When it was validated.
    validatedOn: date("t.validated_on").nullable().filtered().ordered(),
    /// The last day on which a licence that stands on it may begin; null if it carries none. On it, it counts as
    /// EXPIRED.
    validTo: date("t.valid_to").nullable().filtered(),
    /// When it was superseded, invalidated or given up.
    endedOn: date("t.ended_on").nullable(),
    /// Why it was invalidated.
    endReason: text("t.end_reason").nullable(),
    /// The one that took its place.
    supersededBy: one::<ReadinessAssessment>("t.superseded_by_id").nullable(),
    /// The scores of its domains, once it is handed in.
    domainScores: list::<ReadinessDomainScore>(20, "t.assessment_id = {parent}"),
    /// What stands between it and the outcomes above its own, once it is validated.
    findings: list::<ReadinessFinding>(1000, "t.assessment_id = {parent}"),
    /// Those who answer for the organisation.
    raters: list::<ReadinessRater>(100, "t.assessment_id = {parent}"),
    /// The scores of the reviewer.
    scores: page::<ReadinessScore>("t.assessment_id = {parent}"),
    /// Files that show what it says.
    evidence: page::<ReadinessEvidence>("t.assessment_id = {parent}"),
    /// Its action plan.
    actions: page::<ReadinessAction>("t.assessment_id = {parent}"),
    /// When it last changed.
    updatedAt: instant("t.updated_at"),
    /// Counts its changes, from 1: give it back as `expectedVersion`.
    version: int("t.version"),
}

readable! {
    /// The scores of a domain.
    pub ReadinessDomainScore = Rows::of("readiness_domain_score", "rds").visible_to(CLOSE);
    /// The id of the score.
    id: id("rds"),
    /// The domain.
    domain: one::<ReadinessDomain>("t.domain_id"),
    /// By its raters, in basis points; null where nothing of it applies.
    selfScore: int("t.self_score").nullable(),
    /// As validated, in basis points.
    score: int("t.score").nullable(),
}

readable! {
    /// A rule of an outcome that an assessment does not meet.
    pub ReadinessFinding = Rows::of("readiness_finding", "rfi").visible_to(CLOSE).ordered_by("place");
    /// The id of the finding.
    id: id("rfi"),
    /// Its place, from 1.
    place: int("t.place").ordered(),
    /// The outcome that asks for it.
    outcome: choice::<ReadinessOutcome>("t.outcome"),
    /// The rule.
    rule: choice::<ReadinessRule>("t.rule"),
    /// The domain that scores less.
    domain: one::<ReadinessDomain>("t.domain_id").nullable(),
    /// The critical indicator that scores less.
    indicator: one::<ReadinessIndicator>("t.indicator_id").nullable(),
    /// What is asked for: basis points, or a score from 0 to 3 of an indicator.
    needed: int("t.needed").nullable(),
    /// What was found.
    found: int("t.found").nullable(),
}

readable! {
    /// Somebody who answers for the organisation. No name is kept.
    pub ReadinessRater = Rows::of("readiness_rater", "rrt").visible_to(CLOSE).ordered_by("number");
    /// The id of the rater.
    id: id("rrt"),
    /// Its number within the assessment, from 1.
    number: int("t.number").ordered(),
    /// From where it looks.
    perspective: choice::<RaterPerspective>("t.perspective"),
    /// Whether its answers no longer count.
    isWithdrawn: boolean("t.withdrawn"),
    /// Its answers.
    answers: page::<ReadinessAnswer>("t.rater_id = {parent}"),
    /// The assessment.
    assessment: one::<ReadinessAssessment>("t.assessment_id"),
    /// Counts its changes and those of its answers, from 1: give it back as `expectedVersion`.
    version: int("t.version"),
}

readable! {
    /// An answer of a rater.
    pub ReadinessAnswer = Rows::of("readiness_answer", "ran").visible_to(CLOSE);
    /// The id of the answer.
    id: id("ran"),
    /// The indicator.
    indicator: one::<ReadinessIndicator>("t.indicator_id"),
    /// From 0 to 3; null where it does not apply.
    score: int("t.score").nullable(),
    /// Words beside it. Whoever sees the assessment reads them.
    note: text("t.note").nullable().personal(),
    /// When it was last given.
    answeredAt: instant("t.answered_at"),
}

readable! {
    /// A score of the reviewer.
    pub ReadinessScore = Rows::of("readiness_validation", "rva").visible_to(CLOSE);
    /// The id of the score.
    id: id("rva"),
    /// The indicator.
    indicator: one::<ReadinessIndicator>("t.indicator_id"),
    /// From 0 to 3; null where it does not apply.
    score: int("t.score").nullable(),
    /// Words beside it.
    comment: text("t.comment").nullable().personal(),
    /// When it was last given.
    scoredAt: instant("t.scored_at"),
}

readable! {
    /// A file that shows what an assessment says. It is fetched from `/evidence/` and its id.
    pub ReadinessEvidence = Rows::of("readiness_evidence", "rev").visible_to(CLOSE).ordered_by("addedAt");
    /// The id of the evidence.
    id: id("rev"),
    /// The indicator that it is for.
    indicator: one::<ReadinessIndicator>("t.indicator_id"),
    /// What it is called.
    title: text("t.title").personal(),
    /// The name of the file.
    fileName: text("t.file_name").personal(),
    /// Its media type.
    mediaType: text("t.media_type"),
    /// Its size, in bytes.
    sizeBytes: int("t.size_bytes"),
    /// Its SHA-256, in hexadecimal.
    sha256: text("t.sha256"),
    /// When it was added.
    addedAt: instant("t.added_at").ordered(),
    /// When it was taken back; from then on nobody can fetch the file.
    removedOn: date("t.removed_on").nullable(),
    /// The assessment.
    assessment: one::<ReadinessAssessment>("t.assessment_id"),
    /// Counts its changes, from 1: give it back as `expectedVersion`.
    version: int("t.version"),
}

readable! {
    /// An action of a plan.
    pub ReadinessAction = Rows::of("readiness_action", "rac").visible_to(CLOSE)
        .filters(BY_ORGANISATION).ordered_by("dueOn");
    /// The id of the action.
    id: id("rac"),
    /// The organisation.
    organisation: one::<Organisation>("t.organisation_id"),
    /// The assessment to which the plan belongs.
    assessment: one::<ReadinessAssessment>("t.assessment_id"),
    /// The indicator that it is to raise.
    indicator: one::<ReadinessIndicator>("t.indicator_id").nullable(),
    /// What is to be done.
    text: text("t.text").personal(),
    /// The post that sees to it.
    ownerTitle: text("t.owner_title").personal(),
    /// The person who sees to it, for those who may see people.
    owner: one::<Person>("t.owner_id").nullable(),
    /// By when.
    dueOn: date("t.due_on").filtered().ordered(),
    /// Where it stands.
    state: choice::<ReadinessActionState>("t.state").filtered(),
    /// Whether it is open and past its day.
    isOverdue: boolean("(t.state = 'OPEN' and t.due_on < {today})").filtered(),
    /// How far it has come, in basis points.
    progress: int("t.progress"),
    /// The latest words about it.
    note: text("t.note").nullable().personal(),
    /// The evidence that it is done.
    evidence: one::<ReadinessEvidence>("t.evidence_id").nullable(),
    /// When it was done or dropped.
    settledOn: date("t.settled_on").nullable(),
    /// When the organisation was last reminded.
    remindedOn: date("t.reminded_on").nullable(),
    /// Counts its changes, from 1: give it back as `expectedVersion`.
    version: int("t.version"),
}

readable! {
    /// An organisation that has to be assessed anew.
    pub ReadinessDue = Rows::of("readiness_due", "rdu")
        .visible_to(&[
            Way::Nation(Permission::SeeReadiness),
            Way::Organisation("t.organisation_id", Permission::SeeReadiness),
        ])
        .filters(BY_ORGANISATION)
        .ordered_by("dueOn");
    /// The id of the reassessment.
    id: id("rdu"),
    /// The organisation.
    organisation: one::<Organisation>("t.organisation_id"),
    /// Why it has to be.
    reason: choice::<ReadinessDueReason>("t.reason").filtered(),
    /// The day of what makes it due, which may lie ahead.
    raisedOn: date("t.raised_on"),
    /// By when.
    dueOn: date("t.due_on").filtered().ordered(),
    /// When it was met.
    settledOn: date("t.settled_on").nullable(),
    /// The assessment that met it.
    settledBy: one::<ReadinessAssessment>("t.settled_by_id").nullable(),
    /// Counts its changes, from 1.
    version: int("t.version"),
}
