//! Licences as they can be read and changed.

use async_graphql::Enum;
use serde::Serialize;

use super::{model, parts};
use crate::actor::Permission;
use crate::course::graphql::Course;
use crate::organisation::graphql::Organisation;
use crate::programme::kind::ProgrammeTypeChoice;
use crate::read::declaration::{
    Filter, Key, Kind, Root, Rows, Way, boolean, choice, date, id, instant, int, list, one, page,
    text,
};
use crate::readable;
use crate::readiness::graphql::{ReadinessAssessment, ReadinessOutcome};

mod officers;
mod partners;
mod quality;

pub use officers::LicenceMutations;
pub use partners::LicencePartnerMutations;
pub use quality::LicenceQualityMutations;

/// The root fields of licences.
pub const ROOTS: &[Root] = &[
    Root::page::<Licence>(
        "licences",
        "The licences that were granted, whatever became of them; for a partner its applications as well, \
         for licensing and quality all. `asOf` chooses the day of their status.",
    )
    .dated(),
    Root::by::<Licence>("licence", "One licence by its id or number; null if there is none.").dated(),
    Root::page::<LicenceProgramme>(
        "licenceProgrammes",
        "What organisations are or were licensed for: one programme type for a period.",
    ),
    Root::page::<LicenceCondition>(
        "licenceConditions",
        "What licence holders have to do. For licensing and quality all, for a partner the own.",
    ),
    Root::page::<QualityReview>(
        "qualityReviews",
        "Visits and desk reviews. For licensing and quality all, for a partner the own.",
    ),
    Root::page::<LicenceAppeal>(
        "licenceAppeals",
        "Appeals against decisions. For licensing and quality all, for a partner the own.",
    ),
];

/// What a licence lets its holder do. New values may appear.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Serialize)]
#[graphql(name = "LicenceTier", remote = "model::Tier")]
pub enum LicenceTier {
    /// Deliver courses on its own.
    FullDelivery,
    /// Deliver courses with the national team.
    CoDelivery,
    /// Employ and place peer workers only.
    HostOnly,
}

/// Where a licence stands on a day. New values may appear.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Serialize)]
#[graphql(name = "LicenceStatus", remote = "model::Standing")]
pub enum LicenceStatus {
    /// Being written by the organisation.
    Draft,
    /// Signed and handed in.
    Submitted,
    /// Being looked at by a licensing officer.
    InReview,
    /// Granted, before its first day.
    Granted,
    /// Not granted.
    Declined,
    /// Taken back by the organisation before a decision.
    Withdrawn,
    /// In force.
    Active,
    /// In force, in the last days of its period.
    Expiring,
    /// Past its end, while a renewal is under review.
    Grace,
    /// Past its end.
    Expired,
    /// Suspended.
    Suspended,
    /// Taken away.
    Revoked,
    /// Given back.
    Surrendered,
    /// Followed by a renewal, or ended with its holder.
    Superseded,
}

/// Where a condition of a licence stands. New values may appear.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Serialize)]
#[graphql(name = "LicenceConditionState", remote = "parts::ConditionState")]
pub enum LicenceConditionState {
    /// To be met.
    Open,
    /// The holder met it.
    Met,
    /// No longer asked for.
    Waived,
    /// Not met.
    Breached,
}

/// What a decision about a licence is about. New values may appear.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Serialize)]
#[graphql(name = "LicenceDecisionKind", remote = "parts::DecisionKind")]
pub enum LicenceDecisionKind {
    /// To grant it.
    Grant,
    /// To vary its terms for a period.
    Variation,
    /// Not to grant it.
    Decline,
    /// To suspend it.
    Suspension,
    /// To end a suspension.
    Reinstatement,
    /// To take it away.
    Revocation,
    /// To impose a sanction after a quality review.
    Sanction,
}

/// Where a decision stands. New values may appear.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Serialize)]
#[graphql(name = "LicenceDecisionState", remote = "parts::DecisionState")]
pub enum LicenceDecisionState {
    /// Proposed by one person; another has to confirm it.
    Proposed,
    /// Taken.
    Taken,
    /// Another proposal took its place.
    Dropped,
}

/// How a quality review was made. New values may appear.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Serialize)]
#[graphql(name = "QualityReviewKind", remote = "parts::ReviewKind")]
pub enum QualityReviewKind {
    /// By a visit.
    Visit,
    /// From documents.
    Desk,
}

/// What a quality review leads to, from 0 to 4. The ladder is a proposal of this project. New values may appear.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Serialize)]
#[graphql(name = "QualitySanction", remote = "parts::Sanction")]
pub enum QualitySanction {
    /// 0: nothing.
    None,
    /// 1: advice.
    Advice,
    /// 2: the holder is watched more closely.
    EnhancedMonitoring,
    /// 3: no new starts; the licence is to be suspended.
    SuspendNewStarts,
    /// 4: the licence is to be revoked.
    Revoke,
}

/// Where an appeal stands. New values may appear.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Serialize)]
#[graphql(name = "LicenceAppealState", remote = "parts::AppealState")]
pub enum LicenceAppealState {
    /// To be decided.
    Lodged,
    /// The decision was undone.
    Upheld,
    /// The decision stays.
    Dismissed,
}

/// Whether a programme type of a licence is asked for or granted.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(name = "LicenceProgrammeStage")]
pub enum LicenceProgrammeStage {
    /// Asked for.
    Requested,
    /// No longer asked for, or ended before it began.
    Dropped,
    /// Granted.
    Granted,
}

/// The states from the grant on: they are public.
const REGISTERED: &str = "t.state in ('GRANTED','SUSPENDED','REVOKED','SURRENDERED','SUPERSEDED')";

/// Where the licence stands on the day asked about: `model::standing` in SQL, over its recorded states.
const STATUS: &str = "case when t.number is null then t.state else (select case \
     when s.state = 'GRANTED' and t.valid_from > {asOf} then 'GRANTED' \
     when s.state = 'GRANTED' and t.valid_to > {asOf} then \
       case when t.expiring_from > {asOf} then 'ACTIVE' else 'EXPIRING' end \
     when s.state = 'SUSPENDED' and t.valid_to > {asOf} then 'SUSPENDED' \
     when s.state = 'GRANTED' and t.grace_to > {asOf} and t.renewal_from <= {asOf} \
       and (t.renewal_to is null or t.renewal_to > {asOf}) then 'GRACE' \
     when s.state in ('GRANTED', 'SUSPENDED') then 'EXPIRED' else s.state end \
     from licence_history s where s.licence_id = t.id and {in_force:s}) end";

/// A term as the variation in force on the day asked about has it, else as it was granted.
macro_rules! varied {
    ($column:literal) => {
        concat!(
            "coalesce((select v.",
            $column,
            " from licence_variation v where v.licence_id = t.id \
             and v.",
            $column,
            " is not null and {in_force:v}), t.",
            $column,
            ")"
        )
    };
}

/// Whoever sees applications for licences: licensing and quality for the nation, partners of their own.
const HOLDER_AND_NATION: &[Way] = &[
    Way::Nation(Permission::SeeLicences),
    Way::Organisation("t.organisation_id", Permission::SeeLicences),
];

/// The filter by holder of everything that hangs on a licence.
const BY_HOLDER: &[Filter] = &[Filter {
    name: "organisationId",
    description: "The holder.",
    sql: "t.organisation_id",
    kind: Kind::Id("org"),
}];

readable! {
    /// A licence, from its application on. Applications are for the organisation, licensing and quality.
    pub Licence = Rows::of("licence", "lic")
        .visible_to(&[
            Way::Nation(Permission::SeeLicences),
            Way::Organisation("t.organisation_id", Permission::SeeLicences),
            Way::Where(&Way::Everyone, REGISTERED),
        ])
        .keys(&[Key {
            name: "number",
            description: "The number of the licence, such as `PSL-2026-000123`.",
            condition: "t.number = {value}",
        }])
        .filters(BY_HOLDER)
        .owned_by("t.organisation_id")
        .ordered_by("number");
    /// The id of the licence.
    id: id("lic"),
    /// Its number, given with the grant and never again; null for an application.
    number: text("t.number").nullable().filtered().ordered(),
    /// The holder.
    organisation: one::<Organisation>("t.organisation_id"),
    /// Where it stands on the day asked about; null on a day before it was granted.
    status: choice::<LicenceStatus>(STATUS).nullable().filtered(),
    /// What it lets the holder do on the day asked about. For the holder, licensing and quality.
    tier: choice::<LicenceTier>(varied!("tier")).only(Permission::SeeLicences),
    /// Whether the holder approves its own courses. For the holder, licensing and quality.
    approvesOwnCourses: boolean("t.approves_own_courses").only(Permission::SeeLicences),
    /// Most courses at once on the day asked about; null without a limit. For the holder, licensing and quality.
    maxConcurrentCourses: int(varied!("max_concurrent_courses")).only(Permission::SeeLicences),
    /// Most trainees in a course on the day asked about; null without a limit. For the holder, licensing and
    /// quality.
    maxTraineesPerCourse: int(varied!("max_trainees_per_course")).only(Permission::SeeLicences),
    /// What it is for, over time; of an application, what it asks for.
    programmes: list::<LicenceProgramme>(100, "t.licence_id = {parent} and t.stage <> 'DROPPED'"),
    /// First day; null for an application.
    validFrom: date("t.valid_from").nullable().filtered().ordered(),
    /// The day from which it no longer holds; null for an application.
    validTo: date("t.valid_to").nullable().filtered().ordered(),
    /// The day on which it ended before its time.
    endedOn: date("t.ended_on").nullable().filtered(),
    /// Why it is suspended or was revoked, in words for everyone.
    publicReason: text("t.public_reason").nullable(),
    /// Whether it bridges the licences of bodies that ended, for 90 days.
    isBridging: boolean("t.bridging").filtered(),
    /// The licence that it renews.
    renews: one::<Licence>("t.renews_id").nullable(),
    /// The bridging licence that took its place.
    succeededBy: one::<Licence>("t.succeeded_by_id").nullable(),
    /// The readiness outcome on which it stands. For the holder, licensing and quality.
    readinessOutcome: choice::<ReadinessOutcome>("t.readiness_outcome").only(Permission::SeeLicences),
    /// When that outcome was validated. For the holder, licensing and quality.
    readinessValidatedOn: date("t.readiness_validated_on").only(Permission::SeeLicences),
    /// The instrument by which it was found, with its version. For the holder, licensing and quality.
    readinessInstrument: text("t.readiness_instrument").only(Permission::SeeLicences),
    /// The assessment that found it, for those who may see it.
    readinessAssessment: one::<ReadinessAssessment>("t.readiness_assessment_id").nullable(),
    /// When the application was handed in. For the holder, licensing and quality.
    submittedOn: date("t.submitted_on").only(Permission::SeeLicences),
    /// When it was granted, declined or withdrawn. For the holder, licensing and quality.
    decidedOn: date("t.decided_on").only(Permission::SeeLicences),
    /// What becomes of open courses after a surrender. For the holder, licensing and quality.
    teachOutPlan: text("t.teach_out_plan").only(Permission::SeeLicences),
    /// What the holder has to do. For the holder, licensing and quality.
    conditions: page::<LicenceCondition>("t.licence_id = {parent}"),
    /// Decisions about it, for licensing and quality with those that are only proposed.
    decisions: page::<LicenceDecision>("t.licence_id = {parent}"),
    /// Other terms for a period. For the holder, licensing and quality.
    variations: page::<LicenceVariation>("t.licence_id = {parent}"),
    /// Visits and desk reviews. For the holder, licensing and quality.
    qualityReviews: page::<QualityReview>("t.licence_id = {parent}"),
    /// Appeals against decisions. For the holder, licensing and quality.
    appeals: page::<LicenceAppeal>("t.licence_id = {parent}"),
    /// The courses that run under it: those that you may see.
    courses: page::<Course>("t.licence_id = {parent}"),
    /// When its draft was made. For the holder, licensing and quality.
    createdAt: instant("t.created_at").only(Permission::SeeLicences),
    /// When it last changed. For the holder, licensing and quality.
    updatedAt: instant("t.updated_at").only(Permission::SeeLicences),
    /// Counts its changes, from 1: give it back as `expectedVersion`.
    version: int("t.version"),
}

readable! {
    /// A programme type of a licence, for a period.
    pub LicenceProgramme = Rows::of("licence_programme", "lpr")
        .visible_to(&[
            Way::Nation(Permission::SeeLicences),
            Way::Organisation("t.organisation_id", Permission::SeeLicences),
            Way::Where(&Way::Everyone, "t.stage = 'GRANTED'"),
        ])
        .filters(BY_HOLDER)
        .ordered_by("validFrom");
    /// The id of the entry.
    id: id("lpr"),
    /// The programme type.
    programmeType: choice::<ProgrammeTypeChoice>("t.programme_type").filtered(),
    /// Whether it is granted, or only asked for.
    stage: choice::<LicenceProgrammeStage>("t.stage").filtered(),
    /// First day; null while it is only asked for.
    validFrom: date("t.valid_from").nullable().filtered().ordered(),
    /// The day from which it no longer holds; null while it is only asked for.
    validTo: date("t.valid_to").nullable().filtered().ordered(),
    /// The licence.
    licence: one::<Licence>("t.licence_id"),
}

readable! {
    /// Something that the holder of a licence has to do.
    pub LicenceCondition = Rows::of("licence_condition", "lco").visible_to(HOLDER_AND_NATION)
        .filters(BY_HOLDER).ordered_by("dueOn");
    /// The id of the condition.
    id: id("lco"),
    /// What has to be done.
    text: text("t.text"),
    /// By when.
    dueOn: date("t.due_on").filtered().ordered(),
    /// Where it stands.
    state: choice::<LicenceConditionState>("t.state").filtered(),
    /// When it was settled.
    settledOn: date("t.settled_on").nullable(),
    /// Why it was settled so.
    settledReason: text("t.settled_reason").nullable(),
    /// The licence.
    licence: one::<Licence>("t.licence_id"),
}

readable! {
    /// A decision about a licence. The holder sees those that were taken.
    pub LicenceDecision = Rows::of("licence_decision", "lde")
        .visible_to(&[
            Way::Nation(Permission::SeeLicences),
            Way::Where(
                &Way::Organisation("t.organisation_id", Permission::SeeLicences),
                "t.state = 'TAKEN'",
            ),
        ])
        .filters(BY_HOLDER)
        .ordered_by("proposedOn");
    /// The id of the decision.
    id: id("lde"),
    /// What it is about.
    kind: choice::<LicenceDecisionKind>("t.kind").filtered(),
    /// Where it stands.
    state: choice::<LicenceDecisionState>("t.state").filtered(),
    /// Why, in words for the holder.
    reason: text("t.reason"),
    /// What it says, in words.
    summary: text("t.summary"),
    /// The role in which it was proposed, or taken by one person.
    proposedAs: text("t.proposed_as"),
    /// When it was proposed.
    proposedOn: date("t.proposed_on").ordered(),
    /// The role in which another person confirmed it.
    confirmedAs: text("t.confirmed_as").nullable(),
    /// When it was taken.
    takenOn: date("t.taken_on").nullable().ordered(),
    /// The licence.
    licence: one::<Licence>("t.licence_id"),
}

readable! {
    /// Other terms of a licence for a period. What is null stays as it was granted.
    pub LicenceVariation = Rows::of("licence_variation", "lva").visible_to(HOLDER_AND_NATION)
        .ordered_by("validFrom");
    /// The id of the variation.
    id: id("lva"),
    /// What the licence lets the holder do.
    tier: choice::<LicenceTier>("t.tier").nullable(),
    /// Most courses at once.
    maxConcurrentCourses: int("t.max_concurrent_courses").nullable(),
    /// Most trainees in a course.
    maxTraineesPerCourse: int("t.max_trainees_per_course").nullable(),
    /// First day.
    validFrom: date("t.valid_from").ordered(),
    /// The day from which it no longer holds.
    validTo: date("t.valid_to"),
    /// The decision to vary.
    decision: one::<LicenceDecision>("t.decision_id"),
    /// The licence.
    licence: one::<Licence>("t.licence_id"),
}

readable! {
    /// A look at the quality of what a licence holder does.
    pub QualityReview = Rows::of("quality_review", "qrv").visible_to(HOLDER_AND_NATION)
        .filters(BY_HOLDER).ordered_by("reviewedOn");
    /// The id of the review.
    id: id("qrv"),
    /// How it was made.
    kind: choice::<QualityReviewKind>("t.kind").filtered(),
    /// When.
    reviewedOn: date("t.reviewed_on").filtered().ordered(),
    /// What was found.
    findings: text("t.findings"),
    /// What it leads to.
    sanction: choice::<QualitySanction>("t.sanction").filtered(),
    /// The day from which its sanction no longer counts, after an appeal.
    setAsideOn: date("t.set_aside_on").nullable(),
    /// The decision to impose the sanction.
    decision: one::<LicenceDecision>("t.decision_id").nullable(),
    /// The licence.
    licence: one::<Licence>("t.licence_id"),
}

readable! {
    /// An appeal of a licence holder against a decision.
    pub LicenceAppeal = Rows::of("licence_appeal", "lap").visible_to(HOLDER_AND_NATION)
        .filters(BY_HOLDER).ordered_by("lodgedOn");
    /// The id of the appeal.
    id: id("lap"),
    /// Why the holder appeals.
    grounds: text("t.grounds"),
    /// Where it stands.
    state: choice::<LicenceAppealState>("t.state").filtered(),
    /// When it was lodged.
    lodgedOn: date("t.lodged_on").filtered().ordered(),
    /// Why it was decided so.
    outcome: text("t.outcome").nullable(),
    /// When it was decided.
    decidedOn: date("t.decided_on").nullable(),
    /// The decision that it is against.
    decision: one::<LicenceDecision>("t.decision_id"),
    /// The licence.
    licence: one::<Licence>("t.licence_id"),
}
