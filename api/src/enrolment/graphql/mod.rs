//! Enrolments as they can be read and changed.

use async_graphql::Enum;
use serde::Serialize;

use super::{facts, graduation, model, placements, work};
use crate::actor::Permission;
use crate::course::graphql::{Course, Session, TEACHES};
use crate::organisation::graphql::Organisation;
use crate::person::graphql::Person;
use crate::person_of;
use crate::programme::graphql::ProgrammeModule;
use crate::programme::kind::ProgrammeTypeChoice;
use crate::read::about::About;
use crate::read::declaration::{
    Filter, Kind, Root, Rows, Way, boolean, choice, date, id, instant, int, key, list,
    list_through, one, page, text,
};
use crate::readable;

mod deciding;
mod enrolling;
mod recording;
mod views;
mod working;

pub use deciding::GraduationMutations;
pub use enrolling::EnrolmentMutations;
pub use recording::AttendanceMutations;
pub use views::EnrolmentQueries;
pub use working::WorkMutations;

/// The root fields of enrolments.
pub const ROOTS: &[Root] = &[
    Root::page::<Enrolment>(
        "enrolments",
        "Who is on which course: of the own organisation, of courses that one teaches, of people whom one supervises, \
         one's own; all for the quality lead and the data protection officer.",
    ),
    Root::by::<Enrolment>(
        "enrolment",
        "One enrolment by its id; null if there is none that you may see.",
    ),
    Root::page::<SponsoredEnrolment>(
        "sponsoredEnrolments",
        "Where the people stand whom the own organisation employs or supports, whoever delivers their course.",
    ),
    Root::page::<EnrolmentRecord>(
        "enrolmentRecords",
        "Every enrolment without a name, for analysts.",
    ),
    Root::page::<AssignmentAttempt>(
        "assignmentAttempts",
        "What was handed in on the courses whose enrolments one sees. No text is among it.",
    ),
];

/// Where an enrolment stands. New values may appear.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "model::State")]
pub enum EnrolmentState {
    /// Held for national review.
    Held,
    /// Not let be by the national team.
    Refused,
    /// Has a place and was at no session yet.
    Placed,
    /// Was at a session.
    Active,
    /// The course is over; what comes of it is not decided.
    CompletedTeaching,
    /// Graduated.
    Graduated,
    /// Did not graduate.
    NotGraduated,
    /// Tries again what was missing.
    Resit,
    /// Pauses.
    Deferred,
    /// Left.
    Withdrawn,
    /// Goes on in another enrolment.
    TransferredOut,
}

/// Who pays for a place. New values may appear.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Serialize)]
#[graphql(remote = "model::FundingBasis")]
pub enum FundingBasis {
    /// The national funder. It needs a funded place that is reserved.
    Funded,
    /// The person.
    SelfFunded,
    /// The employer, who is named as sponsor.
    EmployerFunded,
    /// Nobody.
    Unfunded,
}

/// Why somebody left. New values may appear.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Serialize)]
#[graphql(remote = "model::WithdrawalReason")]
pub enum WithdrawalReason {
    /// Gave the place back before a session was attended.
    DeclinedPlace,
    /// Never came.
    NoShow,
    /// Health. No more is kept.
    Health,
    /// Caring for somebody.
    Caring,
    /// Could not be released from work.
    Work,
    /// Took up a job.
    NewEmployment,
    /// Moved away.
    Relocation,
    /// What they needed to take part was not given.
    AccessNotMet,
    /// Money.
    Finance,
    /// The course was not the right one.
    CourseNotSuitable,
    /// Conduct.
    Conduct,
    /// The course was called off.
    CourseCancelled,
    /// Goes on with a provider outside the network.
    EnrolledElsewhere,
    /// Was enrolled by mistake.
    EnrolledInError,
    /// Died.
    Deceased,
    /// Another reason.
    Other,
    /// Did not say.
    NotTold,
}

/// On whose side it was that somebody left. New values may appear.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Serialize)]
#[graphql(remote = "model::Initiator")]
pub enum WithdrawalInitiator {
    /// The person's.
    Trainee,
    /// The deliverer's.
    Deliverer,
    /// The sponsor's.
    Sponsor,
    /// The national team's.
    Nation,
}

/// How somebody attended a session. New values may appear.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Serialize)]
#[graphql(remote = "facts::Status")]
pub enum AttendanceStatus {
    /// From its beginning to its end.
    Present,
    /// For a part of it.
    Partial,
    /// Not at all.
    Absent,
    /// Not at all, as was agreed. It counts as absence.
    AuthorisedAbsence,
    /// The session is not for this person. It counts on neither side.
    NotApplicable,
}

/// Where a record of attendance comes from. New values may appear.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Serialize)]
#[graphql(remote = "model::Source")]
pub enum AttendanceSource {
    /// Whoever teaches.
    Trainer,
    /// The list of a meeting, with the minutes that people were in it. Clicking to join is no attendance.
    RosterImport,
    /// The person.
    SelfCheckin,
}

/// Where a make-up stands. New values may appear.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "model::MakeUpState")]
pub enum MakeUpState {
    /// Asked for.
    Requested,
    /// Not given.
    Declined,
    /// Done.
    Done,
}

/// What is found or decided of somebody. New values may appear.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Serialize)]
#[graphql(remote = "graduation::Outcome")]
pub enum GraduationOutcome {
    /// Everything that the version asks for is met.
    Graduated,
    /// What is asked of attendance is met, and finally not the rest.
    CompletedNotAccredited,
    /// Something is finally not met.
    NotMet,
    /// Something is open.
    NotYet,
}

/// Why a decision was opened again. New values may appear.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Serialize)]
#[graphql(remote = "model::ReopenReason")]
pub enum GraduationReopenReason {
    /// Attendance, or what else it stands on, changed.
    AttendanceChanged,
    /// An appeal.
    Appeal,
    /// A mistake.
    DecidedInError,
}

/// Where an attempt at the assignment stands. New values may appear.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "work::AttemptState")]
pub enum AssignmentState {
    /// Handed in.
    Submitted,
    /// Somebody marks it.
    InMarking,
    /// It is marked, and the marks are not moderated.
    Marked,
    /// Its outcome holds.
    Confirmed,
}

/// What was found of an attempt. New values may appear.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Serialize)]
#[graphql(remote = "work::Mark")]
pub enum AssignmentOutcome {
    /// It is enough.
    Pass,
    /// It is to be handed in again.
    Refer,
    /// It is not enough, and not to be handed in again.
    Fail,
}

/// What somebody does at a placement. New values may appear.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Serialize)]
#[graphql(remote = "work::PlacementKind")]
pub enum PlacementKind {
    /// Watches.
    Observational,
    /// Works.
    Practice,
}

/// Where a placement stands. New values may appear.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "work::PlacementState")]
pub enum PlacementState {
    /// Offered to the trainee.
    Offered,
    /// Agreed with the trainee.
    Agreed,
    /// Minutes were logged.
    InProgress,
    /// Done.
    Completed,
    /// Ended before it was done.
    EndedEarly,
    /// Never begun.
    NotTaken,
}

/// How somebody was supervised. New values may appear.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Serialize)]
#[graphql(remote = "placements::SupervisionKind")]
pub enum SupervisionKind {
    /// Alone.
    Individual,
    /// With others.
    Group,
}

/// Whether the supervisor of a row is accredited today.
const ACCREDITED: &str = "exists (select 1 from supervisor_accreditation s where s.person_id = t.supervisor_id \
     and s.state = 'ACCREDITED' and s.valid_from <= {today} and s.valid_to > {today})";

/// What hangs on an enrolment, for whoever sees it.
const OF_ENROLMENT: &[Way] = &[
    Way::Nation(Permission::SeeEnrolments),
    Way::Organisation("t.organisation_id", Permission::SeeEnrolments),
    Way::PersonThrough("enrolment e where e.id = t.enrolment_id", "e.person_id"),
    Way::PersonThrough("enrolment e where e.id = t.enrolment_id", "e.supervisor_id"),
    Way::PersonThrough(
        "enrolment e join course_trainer x on x.course_id = e.course_id where e.id = t.enrolment_id \
         and exists (select 1 from teaching_assignment y where y.course_id = x.course_id \
         and y.trainer_id = x.trainer_id and y.released_at is null)",
        "x.person_id",
    ),
];

/// Whom what hangs on an enrolment is about.
const ABOUT: About =
    person_of!("(select e.person_id from enrolment e where e.id = t.enrolment_id)");

/// Filters that every list of enrolments has.
const FILTERS: &[Filter] = &[
    Filter {
        name: "courseId",
        description: "The course.",
        sql: "t.course_id",
        kind: Kind::Id("crs"),
    },
    Filter {
        name: "organisationId",
        description: "The organisation that delivers the course.",
        sql: "t.organisation_id",
        kind: Kind::Id("org"),
    },
];

readable! {
    /// A person on a course.
    pub Enrolment = Rows::of("enrolment", "enr")
        .about(person_of!("t.person_id"))
        .visible_to(&[
            Way::Nation(Permission::SeeEnrolments),
            Way::Organisation("t.organisation_id", Permission::SeeEnrolments),
            Way::Person("t.person_id"),
            Way::Person("t.supervisor_id"),
            TEACHES,
        ])
        .filters(FILTERS)
        .ordered_by("createdAt");
    /// The id of the enrolment.
    id: id("enr"),
    /// Where it stands.
    state: choice::<EnrolmentState>("t.state").filtered(),
    /// The name that the person uses.
    name: text("(select p.preferred_name from person p where p.id = t.person_id)").nullable().personal(),
    /// The id of the person.
    personId: key("t.person_id", "per").filtered(),
    /// The person; null to those who do not see people.
    person: one::<Person>("t.person_id").nullable(),
    /// The course.
    course: one::<Course>("t.course_id").nullable(),
    /// The organisation that delivers it.
    organisation: one::<Organisation>("t.organisation_id"),
    /// What it trains for.
    programmeType: choice::<ProgrammeTypeChoice>("t.programme_type").filtered(),
    /// The organisation that employs or supports the person.
    sponsor: one::<Organisation>("t.sponsor_id").nullable(),
    /// Who pays for the place.
    fundingBasis: choice::<FundingBasis>("t.funding_basis").filtered(),
    /// The id of the peer supervisor.
    supervisorId: key("t.supervisor_id", "per").nullable().filtered(),
    /// Whether that is an accredited peer supervisor today.
    isSupervisorAccredited: boolean(ACCREDITED),
    /// The id of the tutor.
    tutorId: key("t.tutor_id", "per").nullable().filtered(),
    /// Its first day: sessions before it do not count.
    enrolledFrom: date("t.enrolled_from").filtered(),
    /// The first day after it; null while it goes on.
    enrolledTo: date("t.enrolled_to").nullable(),
    /// Why the person left.
    withdrawalReason: choice::<WithdrawalReason>("t.withdrawal_reason").nullable(),
    /// On whose side that was.
    withdrawalInitiator: choice::<WithdrawalInitiator>("t.withdrawal_initiator").nullable(),
    /// The enrolment that it follows; null to those who do not see that one.
    origin: one::<Enrolment>("t.origin_id").nullable(),
    /// How sessions were attended, the records that hold.
    attendance: page::<AttendanceRecord>("t.enrolment_id = {parent} and t.replaced_at is null"),
    /// Records that others took the place of.
    formerAttendance: page::<AttendanceRecord>("t.enrolment_id = {parent} and t.replaced_at is not null"),
    /// What was made up, or asked to be.
    makeUps: list::<MakeUp>(100, "t.enrolment_id = {parent}"),
    /// Modules that the person graduates without.
    waivers: list::<ModuleWaiver>(100, "t.enrolment_id = {parent}"),
    /// What was handed in.
    assignments: list::<AssignmentAttempt>(10, "t.enrolment_id = {parent}"),
    /// Where the person was placed.
    placements: list::<Placement>(20, "t.enrolment_id = {parent}"),
    /// When the person was supervised.
    supervision: page::<SupervisionLog>("t.enrolment_id = {parent}"),
    /// What was decided, the latest last.
    decisions: list::<GraduationDecision>(20, "t.enrolment_id = {parent}"),
    /// When it was made.
    createdAt: instant("t.created_at").ordered(),
    /// When it last changed.
    updatedAt: instant("t.updated_at"),
    /// Counts its changes, from 1: give it back as `expectedVersion`.
    version: int("t.version"),
}

readable! {
    /// Where somebody stands whom the own organisation employs or supports.
    pub SponsoredEnrolment = Rows::of("enrolment", "spe")
        .about(person_of!("t.person_id"))
        .visible_to(&[Way::Organisation("t.sponsor_id", Permission::SeeSponsored)])
        .ordered_by("createdAt");
    /// The id of the sponsorship.
    id: id("spe"),
    /// The name that the person uses.
    name: text("(select p.preferred_name from person p where p.id = t.person_id)").nullable().personal(),
    /// The organisation that delivers the course.
    organisation: one::<Organisation>("t.organisation_id"),
    /// The sponsor.
    sponsor: one::<Organisation>("t.sponsor_id"),
    /// What it trains for.
    programmeType: choice::<ProgrammeTypeChoice>("t.programme_type").filtered(),
    /// Where it stands.
    state: choice::<EnrolmentState>("t.state").filtered(),
    /// What was decided and holds; null while nothing is.
    outcome: choice::<GraduationOutcome>(
        "(select d.outcome from graduation_decision d where d.enrolment_id = t.id and d.reopened_at is null)",
    ).nullable(),
    /// When the enrolment was made.
    createdAt: instant("t.created_at").ordered(),
}

readable! {
    /// An enrolment without a name, for analysts.
    pub EnrolmentRecord = Rows::of("enrolment", "enp")
        .about(person_of!("t.person_id"))
        .visible_to(&[Way::Nation(Permission::AnalyseEnrolments)])
        .filters(FILTERS)
        .ordered_by("createdAt");
    /// The id of the record.
    id: id("enp"),
    /// The course.
    course: one::<Course>("t.course_id").nullable(),
    /// The organisation that delivers it.
    organisation: one::<Organisation>("t.organisation_id"),
    /// What it trains for.
    programmeType: choice::<ProgrammeTypeChoice>("t.programme_type").filtered(),
    /// Who pays for the place.
    fundingBasis: choice::<FundingBasis>("t.funding_basis").filtered(),
    /// Where it stands.
    state: choice::<EnrolmentState>("t.state").filtered(),
    /// Its first day.
    enrolledFrom: date("t.enrolled_from").filtered(),
    /// The first day after it.
    enrolledTo: date("t.enrolled_to").nullable(),
    /// Why the person left.
    withdrawalReason: choice::<WithdrawalReason>("t.withdrawal_reason").nullable().filtered(),
    /// When it was made.
    createdAt: instant("t.created_at").ordered(),
}

readable! {
    /// How somebody attended a session, as it was recorded once. What was wrong stays, with what took its place.
    pub AttendanceRecord = Rows::of("attendance_record", "att").visible_to(OF_ENROLMENT).about(ABOUT).ordered_by("recordedAt");
    /// The id of the record.
    id: id("att"),
    /// The session.
    session: one::<Session>("t.session_id").nullable(),
    /// In a word.
    status: choice::<AttendanceStatus>("t.status"),
    /// For how many minutes.
    minutes: int("t.minutes"),
    /// The modules that were attended.
    modules: list_through::<ProgrammeModule>(40, "t.id", "attendance_module l on l.module_id = t.id",
        "l.record_id = {parent}"),
    /// Where it comes from.
    source: choice::<AttendanceSource>("t.source"),
    /// When it was recorded.
    recordedAt: instant("t.recorded_at").ordered(),
    /// The record that it took the place of.
    amends: one::<AttendanceRecord>("t.amends_id").nullable(),
    /// Why it did.
    reason: text("t.reason").nullable().personal(),
    /// When another one took its place; null while it holds.
    replacedAt: instant("t.replaced_at").nullable(),
}

readable! {
    /// A session that somebody makes up.
    pub MakeUp = Rows::of("make_up", "mku").visible_to(OF_ENROLMENT).about(ABOUT).ordered_by("createdAt");
    /// The id of the make-up.
    id: id("mku"),
    /// The session that was missed.
    session: one::<Session>("t.session_id").nullable(),
    /// Where it stands.
    state: choice::<MakeUpState>("t.state"),
    /// When it was done.
    doneOn: date("t.done_on").nullable(),
    /// How it was done, or why it was not given.
    how: text("t.how").nullable().personal(),
    /// When it was asked for, or recorded.
    createdAt: instant("t.created_at").ordered(),
    /// Counts its changes, from 1.
    version: int("t.version"),
}

readable! {
    /// A mandatory module that somebody graduates without.
    pub ModuleWaiver = Rows::of("module_waiver", "mwv").visible_to(OF_ENROLMENT).about(ABOUT).ordered_by("waivedAt");
    /// The id of the waiver.
    id: id("mwv"),
    /// The module.
    module: one::<ProgrammeModule>("t.module_id"),
    /// Why the person may graduate without it.
    reason: text("t.reason").personal(),
    /// When.
    waivedAt: instant("t.waived_at").ordered(),
}

readable! {
    /// What was decided of somebody at the end of a course. `graduationReport` explains it.
    pub GraduationDecision = Rows::of("graduation_decision", "gde").visible_to(OF_ENROLMENT).about(ABOUT).ordered_by("decidedAt");
    /// The id of the decision.
    id: id("gde"),
    /// What was decided.
    outcome: choice::<GraduationOutcome>("t.outcome"),
    /// What the rule found.
    found: choice::<GraduationOutcome>("t.found"),
    /// Why a quality lead decided otherwise.
    overrideReason: text("t.override_reason").nullable().personal(),
    /// When it was decided.
    decidedAt: instant("t.decided_at").ordered(),
    /// On which day.
    decidedOn: date("t.decided_on"),
    /// When it was opened again; null while it holds.
    reopenedAt: instant("t.reopened_at").nullable(),
    /// Why it was opened again.
    reopenReason: choice::<GraduationReopenReason>("t.reopen_reason").nullable(),
    /// Counts its changes, from 1.
    version: int("t.version"),
}

readable! {
    /// An attempt at the assignment. Its text and what the marker says are opened with `sensitiveRecordOpen`.
    pub AssignmentAttempt = Rows::of("assignment_attempt", "asg").visible_to(OF_ENROLMENT).about(ABOUT)
        .filters(FILTERS).ordered_by("submittedAt");
    /// The id of the attempt.
    id: id("asg"),
    /// The enrolment.
    enrolment: one::<Enrolment>("t.enrolment_id"),
    /// Which one it is, from 1.
    number: int("t.number"),
    /// Where it stands.
    state: choice::<AssignmentState>("t.state").filtered(),
    /// When it was handed in.
    submittedAt: instant("t.submitted_at").ordered(),
    /// Whether that was after the last day of the course. It counts the same.
    isLate: boolean("t.late"),
    /// What was found; told once it holds.
    outcome: choice::<AssignmentOutcome>("case when t.state = 'CONFIRMED' then t.outcome end").nullable(),
    /// The id of its text, for `sensitiveRecordOpen`.
    textId: key("t.record_id", "sen"),
    /// The id of what the marker says, for `sensitiveRecordOpen`; told once the outcome holds.
    feedbackId: key("case when t.state = 'CONFIRMED' then t.feedback_id end", "sen").nullable(),
    /// When the outcome came to hold.
    confirmedAt: instant("t.confirmed_at").nullable(),
    /// Counts its changes, from 1: give it back as `expectedVersion`.
    version: int("t.version"),
}

readable! {
    /// Where a trainee sees or does the work.
    pub Placement = Rows::of("placement", "plm").visible_to(OF_ENROLMENT).about(ABOUT).ordered_by("createdAt");
    /// The id of the placement.
    id: id("plm"),
    /// The enrolment.
    enrolment: one::<Enrolment>("t.enrolment_id"),
    /// The organisation where it is.
    host: one::<Organisation>("t.host_id"),
    /// The id of the peer supervisor there.
    supervisorId: key("t.supervisor_id", "per").nullable(),
    /// Whether that is an accredited peer supervisor today.
    isSupervisorAccredited: boolean(ACCREDITED),
    /// What the trainee does.
    kind: choice::<PlacementKind>("t.kind"),
    /// How many minutes are planned.
    plannedMinutes: int("t.planned_minutes"),
    /// How many were confirmed.
    loggedMinutes: int("t.logged_minutes"),
    /// Where it stands.
    state: choice::<PlacementState>("t.state"),
    /// When it was offered.
    createdAt: instant("t.created_at").ordered(),
    /// Counts its changes, from 1: give it back as `expectedVersion`.
    version: int("t.version"),
}

readable! {
    /// When somebody was supervised. What was said is kept nowhere.
    pub SupervisionLog = Rows::of("supervision_log", "sup").visible_to(OF_ENROLMENT).about(ABOUT).ordered_by("heldOn");
    /// The id of the note.
    id: id("sup"),
    /// On which day.
    heldOn: date("t.held_on").ordered(),
    /// For how many minutes.
    minutes: int("t.minutes"),
    /// Whether it was alone or in a group.
    kind: choice::<SupervisionKind>("t.kind"),
}
