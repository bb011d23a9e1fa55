//! Enrolments as they can be read and changed.

use async_graphql::Enum;
use serde::Serialize;

use super::{facts, graduation, model, placements, work};
use crate::actor::Permission;
use crate::course::graphql::{Course, TEACHES};
use crate::organisation::graphql::Organisation;
use crate::person::graphql::Person;
use crate::person_of;
use crate::programme::kind::ProgrammeTypeChoice;
use crate::read::about::About;
use crate::read::declaration::{
    Filter, Kind, Root, Rows, Way, boolean, choice, date, id, instant, int, key, list, one, page,
    text,
};
use crate::readable;
use crate::vault::graphql::SensitiveRecord;

mod deciding;
mod enrolling;
mod listing;
mod lists;
mod recording;
mod records;
mod views;
mod working;

pub use deciding::GraduationMutations;
pub use enrolling::EnrolmentMutations;
pub use lists::{EnrolmentImport, ListMutations, ModulePreparation};
pub use recording::AttendanceMutations;
pub use records::{
    AssignmentAttempt, AttendanceRecord, GraduationDecision, MakeUp, ModuleWaiver, Placement,
    SupervisionLog,
};
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
    Root::page::<EnrolmentImport>(
        "enrolmentImports",
        "Lists of people who were given places at once, with what became of each row.",
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
    /// The person tries again.
    Resit,
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

/// What was agreed with the person of a row where it is delivered.
const ADJUSTMENTS: &str = "(select r.id from sensitive_record r where r.person_id = t.person_id \
     and r.organisation_id = t.organisation_id and r.category = 'ADJUSTMENTS' and r.erased_at is null \
     order by r.created_at desc, r.id desc limit 1)";

/// What hangs on an enrolment, for whoever sees it.
const OF_ENROLMENT: &[Way] = &[
    Way::Nation(Permission::SeeEnrolments),
    Way::Organisation("t.organisation_id", Permission::SeeEnrolments),
    Way::PersonThrough("enrolment e where e.id = t.enrolment_id", "e.person_id"),
    Way::PersonThrough("enrolment e where e.id = t.enrolment_id", "e.supervisor_id"),
    Way::PersonThrough(
        "enrolment e join course_trainer x on x.course_id = e.course_id where e.id = t.enrolment_id \
         and (select true from teaching_assignment y where y.course_id = x.course_id \
         and y.trainer_id = x.trainer_id and y.released_at is null limit 1)",
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
    /// The id of the person; null once the person is taken out of it.
    personId: key("t.person_id", "per").nullable().filtered(),
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
    /// What was agreed so that the person can take part well: its record in the vault, where you may open it.
    adjustments: one::<SensitiveRecord>(ADJUSTMENTS).nullable(),
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
    /// What the person ticked off as prepared and read.
    preparation: list::<ModulePreparation>(200, "t.enrolment_id = {parent}"),
    /// What was handed in.
    assignments: list::<AssignmentAttempt>(10, "t.enrolment_id = {parent}"),
    /// Where the person was placed.
    placements: list::<Placement>(20, "t.enrolment_id = {parent}"),
    /// When the person was supervised.
    supervision: page::<SupervisionLog>("t.enrolment_id = {parent}"),
    /// What was decided, the latest last.
    decisions: list::<GraduationDecision>(20, "t.enrolment_id = {parent}"),
    /// The day on which the person was taken out of it, for data protection; null while it is somebody's. Days, minutes
    /// and outcomes stay.
    erasedOn: date("t.erased_on").nullable(),
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
