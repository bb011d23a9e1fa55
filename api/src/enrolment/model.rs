//! Domain types of enrolments: transitions are pure and total.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use uuid::Uuid;

use super::facts::Status;
use super::graduation::Outcome;
use crate::audit::Audited;
use crate::coded;
use crate::programme::kind::ProgrammeType;

coded! {
    /// Where an enrolment stands.
    State {
        /// Kept for the national team to look at: the person has a place of this kind already.
        Held = "HELD",
        /// The national team did not let it be.
        Refused = "REFUSED",
        /// Has a place and was at no session yet.
        Placed = "PLACED",
        /// Was at a session.
        Active = "ACTIVE",
        /// The course is over; what comes of it is not decided.
        CompletedTeaching = "COMPLETED_TEACHING",
        /// Graduated.
        Graduated = "GRADUATED",
        /// Did not graduate.
        NotGraduated = "NOT_GRADUATED",
        /// Tries again what was missing.
        Resit = "RESIT",
        /// Pauses.
        Deferred = "DEFERRED",
        /// Left.
        Withdrawn = "WITHDRAWN",
        /// Goes on in another enrolment.
        TransferredOut = "TRANSFERRED_OUT",
    }
}

coded! {
    /// Who pays for a place.
    FundingBasis {
        /// The national funder.
        Funded = "FUNDED",
        /// The person.
        SelfFunded = "SELF_FUNDED",
        /// The employer.
        EmployerFunded = "EMPLOYER_FUNDED",
        /// Nobody.
        Unfunded = "UNFUNDED",
    }
}

coded! {
    /// Why somebody left.
    WithdrawalReason {
        /// Gave the place back before the first session that they would have attended.
        DeclinedPlace = "DECLINED_PLACE",
        /// Never came.
        NoShow = "NO_SHOW",
        /// Health. No more is kept.
        Health = "HEALTH",
        /// Caring for somebody.
        Caring = "CARING",
        /// Could not be released from work.
        Work = "WORK",
        /// Took up a job.
        NewEmployment = "NEW_EMPLOYMENT",
        /// Moved away.
        Relocation = "RELOCATION",
        /// What they needed to take part was not given.
        AccessNotMet = "ACCESS_NOT_MET",
        /// Money.
        Finance = "FINANCE",
        /// The course was not the right one.
        CourseNotSuitable = "COURSE_NOT_SUITABLE",
        /// Conduct.
        Conduct = "CONDUCT",
        /// The course was called off.
        CourseCancelled = "COURSE_CANCELLED",
        /// Goes on with another provider outside this network.
        EnrolledElsewhere = "ENROLLED_ELSEWHERE",
        /// Was enrolled by mistake.
        EnrolledInError = "ENROLLED_IN_ERROR",
        /// Died.
        Deceased = "DECEASED",
        /// Another reason.
        Other = "OTHER",
        /// Did not say.
        NotTold = "NOT_TOLD",
    }
}

impl WithdrawalReason {
    /// Whether it says that somebody was never there.
    #[must_use]
    pub const fn is_before_the_start(self) -> bool {
        matches!(self, Self::DeclinedPlace | Self::NoShow)
    }

    /// Whether only who was there can say it.
    #[must_use]
    pub const fn is_about_attending(self) -> bool {
        matches!(self, Self::CourseNotSuitable | Self::Conduct | Self::AccessNotMet)
    }
}

coded! {
    /// On whose side it was that somebody left.
    Initiator {
        /// The person's.
        Trainee = "TRAINEE",
        /// The deliverer's.
        Deliverer = "DELIVERER",
        /// The sponsor's.
        Sponsor = "SPONSOR",
        /// The national team's.
        Nation = "NATION",
    }
}

coded! {
    /// Where a record of attendance comes from.
    Source {
        /// Whoever teaches.
        Trainer = "TRAINER",
        /// The list of a meeting.
        RosterImport = "ROSTER_IMPORT",
        /// The person.
        SelfCheckin = "SELF_CHECKIN",
    }
}

coded! {
    /// Where a make-up stands.
    MakeUpState {
        /// Asked for.
        Requested = "REQUESTED",
        /// Not given.
        Declined = "DECLINED",
        /// Done.
        Done = "DONE",
    }
}

coded! {
    /// Why a decision was opened again.
    ReopenReason {
        /// Attendance, or what else it stands on, changed.
        AttendanceChanged = "ATTENDANCE_CHANGED",
        /// An appeal.
        Appeal = "APPEAL",
        /// A mistake.
        DecidedInError = "DECIDED_IN_ERROR",
        /// The person tries again.
        Resit = "RESIT",
    }
}

/// A step of an enrolment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// It turns out that the person has another of this kind: two records were of one person.
    Hold,
    /// The national team lets it be.
    Admit,
    /// The national team does not.
    Refuse,
    /// Somebody is at a session for the first time.
    Start,
    /// No session was attended after all.
    Unstart,
    /// The course ends.
    Complete,
    /// It is decided that somebody graduates.
    Graduate,
    /// It is decided that somebody does not.
    Fail,
    /// What was decided is open again.
    Reopen,
    /// Somebody tries again what was missing.
    Resit,
    /// Somebody pauses.
    Defer,
    /// Somebody comes back to the same course.
    Resume,
    /// Somebody leaves.
    Withdraw,
    /// Somebody goes on in another course.
    TransferOut,
}

impl Command {
    /// Every step.
    pub const ALL: [Self; 14] = [
        Self::Hold,
        Self::Admit,
        Self::Refuse,
        Self::Start,
        Self::Unstart,
        Self::Complete,
        Self::Graduate,
        Self::Fail,
        Self::Reopen,
        Self::Resit,
        Self::Defer,
        Self::Resume,
        Self::Withdraw,
        Self::TransferOut,
    ];
}

impl State {
    /// The state after `command`, or `None` where the step does not exist.
    #[must_use]
    pub const fn after(self, command: Command) -> Option<Self> {
        match (command, self) {
            (
                Command::Hold,
                Self::Placed
                | Self::Active
                | Self::CompletedTeaching
                | Self::Resit
                | Self::Deferred,
            ) => Some(Self::Held),
            (Command::Admit, Self::Held) | (Command::Unstart, Self::Active) => Some(Self::Placed),
            (Command::Refuse, Self::Held) => Some(Self::Refused),
            (Command::Start, Self::Placed) | (Command::Resume, Self::Deferred) => {
                Some(Self::Active)
            }
            (Command::Complete, Self::Active)
            | (Command::Reopen, Self::Graduated | Self::NotGraduated) => {
                Some(Self::CompletedTeaching)
            }
            (Command::Graduate, Self::CompletedTeaching | Self::Resit) => Some(Self::Graduated),
            (Command::Fail, Self::CompletedTeaching | Self::Resit) => Some(Self::NotGraduated),
            (Command::Resit, Self::NotGraduated) => Some(Self::Resit),
            (Command::Defer, Self::Placed | Self::Active) => Some(Self::Deferred),
            (
                Command::Withdraw,
                Self::Held
                | Self::Placed
                | Self::Active
                | Self::CompletedTeaching
                | Self::Resit
                | Self::Deferred,
            ) => Some(Self::Withdrawn),
            (Command::TransferOut, Self::Placed | Self::Active | Self::Deferred) => {
                Some(Self::TransferredOut)
            }
            (
                Command::Hold
                | Command::Admit
                | Command::Refuse
                | Command::Start
                | Command::Unstart
                | Command::Complete
                | Command::Graduate
                | Command::Fail
                | Command::Reopen
                | Command::Resit
                | Command::Defer
                | Command::Resume
                | Command::Withdraw
                | Command::TransferOut,
                _,
            ) => None,
        }
    }

    /// ENR-1: whether somebody has no other place of this kind meanwhile.
    #[must_use]
    pub const fn is_live(self) -> bool {
        matches!(
            self,
            Self::Placed | Self::Active | Self::CompletedTeaching | Self::Resit | Self::Deferred
        )
    }

    /// Whether somebody is on the course, or will be told whether they are: nobody is on it twice.
    #[must_use]
    pub const fn stays_on_course(self) -> bool {
        !matches!(self, Self::Refused | Self::Withdrawn | Self::TransferredOut)
    }

    /// Whether somebody is no longer on the course, or pauses.
    #[must_use]
    pub const fn has_left(self) -> bool {
        matches!(self, Self::Refused | Self::Deferred | Self::Withdrawn | Self::TransferredOut)
    }
}

/// A person on a course.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Enrolment {
    /// Identifier.
    pub id: Uuid,
    /// The organisation that delivers the course.
    pub organisation_id: Uuid,
    /// The course.
    pub course_id: Uuid,
    /// The person.
    pub person_id: Uuid,
    /// What it trains for.
    pub programme_type: ProgrammeType,
    /// The enrolment that it follows.
    pub origin_id: Option<Uuid>,
    /// The application that it came from.
    pub application_id: Option<Uuid>,
    /// The organisation that employs or supports the person.
    pub sponsor_id: Option<Uuid>,
    /// Who pays.
    pub funding_basis: FundingBasis,
    /// The peer supervisor.
    pub supervisor_id: Option<Uuid>,
    /// The tutor.
    pub tutor_id: Option<Uuid>,
    /// Where it stands.
    pub state: State,
    /// Its first day.
    pub enrolled_from: NaiveDate,
    /// The first day after it.
    pub enrolled_to: Option<NaiveDate>,
    /// Why the person left.
    pub withdrawal_reason: Option<WithdrawalReason>,
    /// On whose side that was.
    pub withdrawal_initiator: Option<Initiator>,
    /// What the national team said of a held one.
    pub resolution: Option<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// Counts its changes, from 1.
    pub version: i32,
}

impl Audited for Enrolment {
    const TYPE: &'static str = "enrolment";

    fn id(&self) -> Uuid {
        self.id
    }

    fn chain(&self) -> Uuid {
        self.organisation_id
    }

    fn version(&self) -> i32 {
        self.version
    }
}

/// How somebody attended a session, as it was recorded once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Attendance {
    /// Identifier.
    pub id: Uuid,
    /// The organisation that delivers the course.
    pub organisation_id: Uuid,
    /// The enrolment.
    pub enrolment_id: Uuid,
    /// The course.
    pub course_id: Uuid,
    /// The session.
    pub session_id: Uuid,
    /// In a word.
    pub status: Status,
    /// For how many minutes.
    pub minutes: i32,
    /// The modules that were attended.
    pub modules: Vec<Uuid>,
    /// Where it comes from.
    pub source: Source,
    /// The record that it takes the place of.
    pub amends_id: Option<Uuid>,
    /// Why.
    pub reason: Option<String>,
    /// When another one took its place.
    pub replaced_at: Option<DateTime<Utc>>,
}

impl Audited for Attendance {
    const TYPE: &'static str = "attendance_record";

    fn id(&self) -> Uuid {
        self.id
    }

    fn chain(&self) -> Uuid {
        self.organisation_id
    }

    fn version(&self) -> i32 {
        if self.replaced_at.is_some() { 2 } else { 1 }
    }
}

/// A session that somebody makes up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MakeUp {
    /// Identifier.
    pub id: Uuid,
    /// The organisation that delivers the course.
    pub organisation_id: Uuid,
    /// The enrolment.
    pub enrolment_id: Uuid,
    /// The course.
    pub course_id: Uuid,
    /// The session that was missed.
    pub session_id: Uuid,
    /// Where it stands.
    pub state: MakeUpState,
    /// When it was done.
    pub done_on: Option<NaiveDate>,
    /// How it was done, or why it was not given.
    pub how: Option<String>,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// Counts its changes, from 1.
    pub version: i32,
}

impl Audited for MakeUp {
    const TYPE: &'static str = "make_up";

    fn id(&self) -> Uuid {
        self.id
    }

    fn chain(&self) -> Uuid {
        self.organisation_id
    }

    fn version(&self) -> i32 {
        self.version
    }
}

/// A module that somebody graduates without.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Waiver {
    /// Identifier.
    pub id: Uuid,
    /// The organisation that delivers the course.
    pub organisation_id: Uuid,
    /// The enrolment.
    pub enrolment_id: Uuid,
    /// The module.
    pub module_id: Uuid,
    /// Why.
    pub reason: String,
}

impl Audited for Waiver {
    const TYPE: &'static str = "module_waiver";

    fn id(&self) -> Uuid {
        self.id
    }

    fn chain(&self) -> Uuid {
        self.organisation_id
    }

    fn version(&self) -> i32 {
        1
    }
}

/// What was decided of somebody at the end of a course.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Decision {
    /// Identifier.
    pub id: Uuid,
    /// The organisation that delivers the course.
    pub organisation_id: Uuid,
    /// The enrolment.
    pub enrolment_id: Uuid,
    /// The course.
    pub course_id: Uuid,
    /// What was decided.
    pub outcome: Outcome,
    /// What the rule found.
    pub found: Outcome,
    /// The rule and everything that it was held against, as JSON.
    pub snapshot: String,
    /// Why it was decided otherwise.
    pub override_reason: Option<String>,
    /// The account that decided.
    pub decided_by: Uuid,
    /// Its person.
    pub decided_person_id: Option<Uuid>,
    /// When.
    pub decided_at: DateTime<Utc>,
    /// On which day.
    pub decided_on: NaiveDate,
    /// When it was opened again.
    pub reopened_at: Option<DateTime<Utc>>,
    /// Why.
    pub reopen_reason: Option<ReopenReason>,
    /// Counts its changes, from 1.
    pub version: i32,
}

impl Audited for Decision {
    const TYPE: &'static str = "graduation_decision";

    fn id(&self) -> Uuid {
        self.id
    }

    fn chain(&self) -> Uuid {
        self.organisation_id
    }

    fn version(&self) -> i32 {
        self.version
    }
}

#[cfg(test)]
#[path = "model_tests.rs"]
mod tests;
