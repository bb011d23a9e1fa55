//! Programmes as they can be read and changed.

use async_graphql::Enum;
use serde::Serialize;

use super::kind::ProgrammeTypeChoice;
use super::model;
use crate::actor::Permission;
use crate::course::graphql::Course;
use crate::organisation::graphql::Organisation;
use crate::read::declaration::{
    Filter, Key, Kind, Root, Rows, Way, boolean, choice, date, id, instant, int, kind_of, list,
    list_through, one, page, page_through, text,
};
use crate::readable;
use crate::reference::graphql::{CompetenceItem, CompetenceSet};

mod mutations;

pub use mutations::ProgrammeMutations;

/// The root fields of programmes.
pub const ROOTS: &[Root] = &[
    Root::page::<Programme>(
        "programmes",
        "Trainings with a version that was published; those without, for their owner and the national team.",
    ),
    Root::by::<Programme>(
        "programme",
        "One programme by a key; null if there is none that you may see.",
    ),
    Root::page::<ProgrammeVersion>(
        "programmeVersions",
        "Curricula: published and retired ones; drafts, for their owner and the national team.",
    ),
    Root::by::<ProgrammeVersion>(
        "programmeVersion",
        "One curriculum by its id; null if there is none that you may see.",
    ),
];

/// Where a version stands.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(name = "ProgrammeVersionState")]
pub enum ProgrammeVersionState {
    /// Being written.
    Draft,
    /// Courses can be scheduled on it.
    Published,
    /// Nothing new begins on it; what is open goes on.
    Retired,
}

/// How far a module takes a competence.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Serialize)]
#[graphql(name = "CompetenceDepth", remote = "model::Depth")]
pub enum CompetenceDepth {
    /// It is spoken about.
    Introduced,
    /// It is practised.
    Practised,
    /// It is assessed.
    Assessed,
}

/// What attendance is counted in.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Serialize)]
#[graphql(name = "AttendanceBasis", remote = "model::AttendanceBasis")]
pub enum AttendanceBasis {
    /// Days that count as attended.
    Days,
    /// Sessions.
    Sessions,
    /// Minutes.
    Minutes,
    /// Modules.
    Modules,
}

/// Who sees a version: everyone unless it is a draft.
const OF_VERSIONS: &[Way] = &[
    Way::Where(&Way::Everyone, "t.state <> 'DRAFT'"),
    Way::Nation(Permission::SeeProgrammeDrafts),
    Way::Organisation("t.owner_id", Permission::SeeProgrammeDrafts),
];

/// Who sees a part of a version: who sees the version.
const OF_PARTS: &[Way] = &[
    Way::Where(
        &Way::Everyone,
        "exists (select 1 from programme_version v where v.id = t.version_id and v.state <> 'DRAFT')",
    ),
    Way::Nation(Permission::SeeProgrammeDrafts),
    Way::Organisation("t.owner_id", Permission::SeeProgrammeDrafts),
];

/// Whether no module of the version `l` covers the competence `t`, itself or by a unit that teaches it.
const NOT_MAPPED: &str = "l.id = {parent} and not exists (select 1 from competence_mapping m \
     where m.version_id = l.id and (m.competence_id = t.id or m.competence_id in \
       (select k.curriculum_id from competence_link k where k.framework_id = t.id)))";

/// Whether a module of the version `l` covers the competence `t`, and none assesses it.
const NOT_ASSESSED: &str = "l.id = {parent} and exists (select 1 from competence_mapping m \
     where m.version_id = l.id and (m.competence_id = t.id or m.competence_id in \
       (select k.curriculum_id from competence_link k where k.framework_id = t.id))) \
   and not exists (select 1 from competence_mapping m \
     where m.version_id = l.id and m.depth = 'ASSESSED' and (m.competence_id = t.id or m.competence_id in \
       (select k.curriculum_id from competence_link k where k.framework_id = t.id)))";

readable! {
    /// A training.
    pub Programme = Rows::of("programme", "prg")
        .visible_to(&[
            Way::Where(&Way::Everyone,
                "exists (select 1 from programme_version v where v.programme_id = t.id and v.state <> 'DRAFT')",
            ),
            Way::Nation(Permission::SeeProgrammeDrafts),
            Way::Organisation("t.owner_id", Permission::SeeProgrammeDrafts),
        ])
        .keys(&[Key {
            name: "code",
            description: "The code of a national programme. Organisations may use the same one: ask for theirs by id or with `where`.",
            condition: "t.owner_id is null and t.code = {value}",
        }])
        .filters(&[Filter {
            name: "ownerId",
            description: "The organisation whose programme it is; null for a national one.",
            sql: "t.owner_id",
            kind: Kind::Id("org"),
        }])
        .ordered_by("code");
    /// The id of the programme.
    id: id("prg"),
    /// The programme's code.
    code: text("t.code").filtered().ordered(),
    /// What it trains people for.
    type: choice::<ProgrammeTypeChoice>("t.type").filtered(),
    /// What it is called.
    title: text("t.title").filtered().ordered(),
    /// The organisation whose programme it is; null for a national one.
    owner: one::<Organisation>("t.owner_id").nullable(),
    /// Its curricula.
    versions: page::<ProgrammeVersion>("t.programme_id = {parent}"),
    /// When it was added.
    createdAt: instant("t.created_at").ordered(),
    /// When it last changed.
    updatedAt: instant("t.updated_at").ordered(),
    /// Counts its changes; 0 as it came with the service.
    version: int("t.version"),
}

readable! {
    /// A curriculum of a programme. Once published it never changes. What no source gives is null.
    pub ProgrammeVersion = Rows::of("programme_version", "prv").visible_to(OF_VERSIONS)
        .filters(&[
            Filter {
                name: "programmeId",
                description: "The programme.",
                sql: "t.programme_id",
                kind: Kind::Id("prg"),
            },
            Filter {
                name: "type",
                description: "What the programme trains people for.",
                sql: "(select p.type from programme p where p.id = t.programme_id)",
                kind: kind_of::<ProgrammeTypeChoice>(),
            },
            Filter {
                name: "ownerId",
                description: "The organisation whose programme it is; null for a national one.",
                sql: "t.owner_id",
                kind: Kind::Id("org"),
            },
        ])
        .ordered_by("precedence");
    /// The id of the version.
    id: id("prv"),
    /// The programme.
    programme: one::<Programme>("t.programme_id"),
    /// Its number, such as `1.0.0`.
    number: text("t.number").filtered(),
    /// By which versions are ordered: three digits for each part of the number.
    precedence: int("t.precedence").ordered(),
    /// Where it stands.
    state: choice::<ProgrammeVersionState>("t.state").filtered(),
    /// The first day on which a course may start.
    effectiveFrom: date("t.effective_from").nullable().filtered().ordered(),
    /// The last day on which a course may start; null if no such day is set.
    lastStartDate: date("t.last_start_date").nullable().filtered(),
    /// Its length in weeks.
    weeks: int("t.weeks").nullable(),
    /// Its taught days.
    taughtDays: int("t.taught_days").nullable(),
    /// Its taught minutes: those of its modules together.
    taughtMinutes: int("t.taught_minutes").nullable(),
    /// How many modules it has.
    moduleCount: int("(select cast(count(*) as integer) from programme_module m where m.version_id = t.id)"),
    /// The minutes of preparation of its modules together; null if they are not known of every module.
    prepMinutes: int("(select case when count(*) = count(m.prep_minutes) \
        then cast(sum(m.prep_minutes) as integer) end from programme_module m where m.version_id = t.id)").nullable(),
    /// Where its facts come from, and which of them are not verified.
    source: text("t.source").nullable(),
    /// When somebody who took part has graduated. It is pinned to the version.
    graduationRule: one::<GraduationRule>("t.id"),
    /// The set of competences that it claims to be aligned to; null if it claims none.
    alignedTo: one::<CompetenceSet>("t.aligned_to_id").nullable(),
    /// Its modules in their order.
    modules: list::<ProgrammeModule>(40, "t.version_id = {parent}"),
    /// The competences that its modules cover, each with the depth.
    competenceMappings: page::<CompetenceMapping>("t.version_id = {parent}"),
    /// The core competences of the set that it claims, which it says it does not cover.
    declaredGaps: page::<DeclaredGap>("t.version_id = {parent}"),
    /// The core competences of the set that it claims, which none of its modules covers.
    uncoveredCompetences: page_through::<CompetenceItem>(
        "programme_version l on l.aligned_to_id = t.set_id and t.core", NOT_MAPPED),
    /// The core competences of the set that it claims, which its modules cover and none assesses.
    unassessedCompetences: page_through::<CompetenceItem>(
        "programme_version l on l.aligned_to_id = t.set_id and t.core", NOT_ASSESSED),
    /// SHA-256 of everything that it says; null for a draft.
    contentHash: text("t.content_hash").nullable(),
    /// The courses on it: those that you may see.
    courses: page::<Course>("t.programme_version_id = {parent}"),
    /// When it was published; null for a draft.
    publishedAt: instant("t.published_at").nullable().ordered(),
    /// When it was retired; null if it was not.
    retiredAt: instant("t.retired_at").nullable().ordered(),
    /// Why it was retired.
    retirementReason: text("t.retirement_reason").nullable(),
    /// When it was drafted.
    createdAt: instant("t.created_at").ordered(),
    /// When it last changed.
    updatedAt: instant("t.updated_at").ordered(),
    /// Counts its changes; 0 as it came with the service. Give it back as `expectedVersion`.
    version: int("t.version"),
}

readable! {
    /// When somebody who took part has graduated. Shares are basis points: 8000 are 80 %. What no source
    /// gives is null. Modules without which nobody graduates are marked `isMandatory`.
    pub GraduationRule = Rows::of("programme_version", "grr").visible_to(OF_VERSIONS);
    /// The id of the rule.
    id: id("grr"),
    /// What attendance is counted in.
    attendanceBasis: choice::<AttendanceBasis>("t.attendance_basis").nullable(),
    /// The share that must be attended, in basis points; exactly this share is enough.
    attendanceThreshold: int("t.attendance_threshold").nullable(),
    /// The share of a day's minutes, in basis points, from which the day counts as attended.
    dayCountsAt: int("t.day_counts_at").nullable(),
    /// The most days that may be missed, whatever their share; null if there is no such bound.
    maxMissedDays: int("t.max_missed_days").nullable(),
    /// Whether missed days can be made up.
    makeUpAllowed: boolean("t.make_up_allowed").nullable(),
    /// The most days that can be made up.
    makeUpMaxDays: int("t.make_up_max_days").nullable(),
    /// Whether an assignment must be passed.
    assignmentRequired: boolean("t.assignment_required").nullable(),
    /// Whether a placement must be completed.
    placementRequired: boolean("t.placement_required").nullable(),
    /// The least minutes of the placement; null if there is no such bound.
    placementMinMinutes: int("t.placement_min_minutes").nullable(),
    /// Whether somebody may complete the course without graduating.
    completionWithoutAccreditation: boolean("t.completion_without_accreditation").nullable(),
}

readable! {
    /// A module of a curriculum. What no source gives is null.
    pub ProgrammeModule = Rows::of("programme_module", "mdl").visible_to(OF_PARTS).ordered_by("position");
    /// The id of the module.
    id: id("mdl"),
    /// Its number, by which others name it.
    number: int("t.number").ordered(),
    /// Where it stands in the curriculum, from 1.
    position: int("t.position").ordered(),
    /// What it is called.
    title: text("t.title").nullable(),
    /// The part of the curriculum that it lies in.
    block: text("t.block").nullable(),
    /// Its taught minutes.
    taughtMinutes: int("t.taught_minutes").nullable(),
    /// The minutes of preparation that it asks for.
    prepMinutes: int("t.prep_minutes").nullable(),
    /// Whether nobody graduates without it.
    isMandatory: boolean("t.mandatory"),
    /// What to read, one work a line.
    readingList: text("t.reading_list").nullable(),
    /// The modules that come before it.
    prerequisites: list_through::<ProgrammeModule>(40, "t.id",
        "module_prerequisite l on l.requires_id = t.id", "l.module_id = {parent}"),
    /// The competences that it covers.
    competences: page::<CompetenceMapping>("t.module_id = {parent}"),
}

readable! {
    /// A competence that a module covers.
    pub CompetenceMapping = Rows::of("competence_mapping", "cpm").visible_to(OF_PARTS)
        .filters(&[Filter {
            name: "competenceId",
            description: "The competence.",
            sql: "t.competence_id",
            kind: Kind::Id("cmp"),
        }]);
    /// The id of the mapping.
    id: id("cpm"),
    /// The module.
    module: one::<ProgrammeModule>("t.module_id"),
    /// The competence.
    competence: one::<CompetenceItem>("t.competence_id"),
    /// How far the module takes it.
    depth: choice::<CompetenceDepth>("t.depth").filtered(),
}

readable! {
    /// A core competence that a curriculum says it does not cover.
    pub DeclaredGap = Rows::of("declared_gap", "gap").visible_to(OF_PARTS);
    /// The id of the gap.
    id: id("gap"),
    /// The competence.
    competence: one::<CompetenceItem>("t.competence_id"),
    /// Why it is not covered.
    reason: text("t.reason"),
}
