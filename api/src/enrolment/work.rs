//! What trainees hand in and where they are placed: states, and what they mean for graduation. Pure and total.

use chrono::{DateTime, Utc};
use entities::{assignment_attempt, placement as placement_row};
use serde::Serialize;
use uuid::Uuid;

use super::graduation::{Assignment, Placement as Standing, PlacementStanding};
use crate::audit::Audited;
use crate::coded;
use crate::db::DbFault;
use crate::refusal::{Code, Refusal};

/// How often an assignment may be handed in: a proposal, until the network says otherwise.
pub const MAX_ATTEMPTS: i32 = 2;

/// Of so many marked pieces of work one at least is moderated: a proposal.
pub const MODERATED_OF: usize = 5;

coded! {
    /// Where an attempt stands.
    AttemptState {
        /// Handed in.
        Submitted = "SUBMITTED",
        /// Somebody marks it.
        InMarking = "IN_MARKING",
        /// It is marked, and the marks are not moderated.
        Marked = "MARKED",
        /// Its outcome holds.
        Confirmed = "CONFIRMED",
    }
}

coded! {
    /// What was found of an attempt.
    Mark {
        /// It is enough.
        Pass = "PASS",
        /// It is to be handed in again.
        Refer = "REFER",
        /// It is not enough, and not to be handed in again.
        Fail = "FAIL",
    }
}

/// A step of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttemptCommand {
    /// Somebody begins to mark it.
    Take,
    /// It is marked.
    Mark,
    /// The marks of the course are moderated.
    Confirm,
}

impl AttemptState {
    /// The state after `command`, or `None` where the step does not exist.
    #[must_use]
    pub const fn after(self, command: AttemptCommand) -> Option<Self> {
        match (self, command) {
            (Self::Submitted | Self::InMarking, AttemptCommand::Take) => Some(Self::InMarking),
            // What is not moderated yet may be marked again.
            (Self::InMarking | Self::Marked, AttemptCommand::Mark) => Some(Self::Marked),
            (Self::Marked, AttemptCommand::Confirm) => Some(Self::Confirmed),
            (
                Self::Submitted | Self::InMarking | Self::Marked | Self::Confirmed,
                AttemptCommand::Take | AttemptCommand::Mark | AttemptCommand::Confirm,
            ) => None,
        }
    }
}

/// An attempt at the assignment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Attempt {
    /// Identifier.
    pub id: Uuid,
    /// The organisation that delivers the course.
    pub organisation_id: Uuid,
    /// The enrolment.
    pub enrolment_id: Uuid,
    /// The course.
    pub course_id: Uuid,
    /// Which one it is, from 1.
    pub number: i32,
    /// The text, in the vault.
    pub record_id: Uuid,
    /// When it was handed in.
    pub submitted_at: DateTime<Utc>,
    /// Whether that was after the last day of the course.
    pub late: bool,
    /// Where it stands.
    pub state: AttemptState,
    /// What was found.
    pub outcome: Option<Mark>,
    /// Who marks it.
    pub marker_id: Option<Uuid>,
    /// When it was marked.
    pub marked_at: Option<DateTime<Utc>>,
    /// What the marker says, in the vault.
    pub feedback_id: Option<Uuid>,
    /// Who looked over the mark.
    pub moderator_id: Option<Uuid>,
    /// When the outcome came to hold.
    pub confirmed_at: Option<DateTime<Utc>>,
    /// Whether its text is kept to those who need to know: a concern was raised about it.
    pub kept_back: bool,
    /// Counts its changes, from 1.
    pub version: i32,
}

impl Audited for Attempt {
    const TYPE: &'static str = "assignment_attempt";

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

/// How far somebody has come with the assignment, by all attempts in their order and how often they tried again after a
/// decision: each time as often as at first. ASG-1: nothing is passed or failed before it is moderated.
#[must_use]
pub fn standing(attempts: &[Attempt], resits: usize) -> Assignment {
    let holds = |attempt: &&Attempt| attempt.state == AttemptState::Confirmed;
    let confirmed: Vec<Option<Mark>> =
        attempts.iter().filter(holds).map(|attempt| attempt.outcome).collect();
    if confirmed.contains(&Some(Mark::Pass)) {
        Assignment::Passed
    } else if used_up(&confirmed) > resits {
        Assignment::Failed
    } else if attempts.last().is_some_and(|last| last.outcome == Some(Mark::Pass)) {
        Assignment::AwaitingModeration
    } else {
        Assignment::Outstanding
    }
}

/// How often no attempt was left: after one that failed, or as many referred ones as there may be.
fn used_up(confirmed: &[Option<Mark>]) -> usize {
    let (mut times, mut referred) = (0, 0);
    for mark in confirmed {
        referred += i32::from(*mark == Some(Mark::Refer));
        if *mark == Some(Mark::Fail) || referred == MAX_ATTEMPTS {
            (times, referred) = (times + 1, 0);
        }
    }
    times
}

/// Another attempt may be handed in: none is open, and the last one was referred, or the person tries again.
#[must_use]
pub fn unmet_for_attempt(attempts: &[Attempt], resits: usize) -> Vec<Refusal> {
    let message = match (standing(attempts, resits), attempts.last()) {
        (Assignment::Passed | Assignment::AwaitingModeration, _) => Some("it is passed already"),
        (Assignment::Failed, _) => Some("no attempt is left"),
        (_, Some(last)) if last.state != AttemptState::Confirmed => {
            Some("the attempt before is not marked and moderated yet")
        }
        _ => None,
    };
    message.map(|message| Refusal::at(Code::Conflict, "", message)).into_iter().collect()
}

/// ASG-1: the marks of a course hold once somebody who did not give them looked over a sample of each marker's: one of
/// five at least, and every one that fails somebody.
#[must_use]
pub fn unmet_for_moderation(
    marked: &[Attempt],
    sample: &[Uuid],
    moderator: Option<Uuid>,
) -> Vec<Refusal> {
    let mut unmet = Vec::new();
    if marked.is_empty() {
        unmet.push(Refusal::at(Code::Conflict, "courseId", "nothing of it waits for moderation"));
    }
    for (place, id) in sample.iter().enumerate() {
        let path = format!("sampleIds.{place}");
        match marked.iter().find(|attempt| attempt.id == *id) {
            None => unmet.push(Refusal::at(
                Code::NotFound,
                &path,
                "is not among the marked ones of the course",
            )),
            Some(attempt) if attempt.marker_id == moderator => {
                let message = "whoever gave the mark does not moderate it";
                unmet.push(Refusal::at(Code::SeparationOfDuties, &path, message));
            }
            Some(_) => {}
        }
    }
    let sampled = |attempt: &&Attempt| sample.contains(&attempt.id);
    let mut markers: Vec<Option<Uuid>> = marked.iter().map(|attempt| attempt.marker_id).collect();
    markers.sort_unstable();
    markers.dedup();
    let small = markers.into_iter().any(|marker| {
        let own: Vec<&Attempt> = marked.iter().filter(|of| of.marker_id == marker).collect();
        let looked_over = own.iter().copied().filter(sampled).count();
        looked_over < own.len().div_ceil(MODERATED_OF)
    });
    if small {
        let message = format!("look over one of {MODERATED_OF} of each marker at least");
        unmet.push(Refusal::at(Code::EvidenceRequired, "sampleIds", message));
    }
    let fails = |attempt: &&Attempt| attempt.outcome != Some(Mark::Pass);
    if marked.iter().filter(fails).any(|attempt| !sample.contains(&attempt.id)) {
        let message = "look over every mark by which somebody does not pass";
        unmet.push(Refusal::at(Code::EvidenceRequired, "sampleIds", message));
    }
    unmet
}

coded! {
    /// What somebody does at a placement.
    PlacementKind {
        /// Watches.
        Observational = "OBSERVATIONAL",
        /// Works.
        Practice = "PRACTICE",
    }
}

coded! {
    /// Where a placement stands.
    PlacementState {
        /// Offered to the trainee.
        Offered = "OFFERED",
        /// Agreed with the trainee.
        Agreed = "AGREED",
        /// Minutes were logged.
        InProgress = "IN_PROGRESS",
        /// Done.
        Completed = "COMPLETED",
        /// Ended before it was done.
        EndedEarly = "ENDED_EARLY",
        /// Never begun.
        NotTaken = "NOT_TAKEN",
    }
}

/// A step of a placement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlacementCommand {
    /// The trainee agrees.
    Agree,
    /// Minutes are logged.
    Log,
    /// It is done.
    Complete,
    /// It ends before.
    End,
}

impl PlacementState {
    /// The state after `command`, or `None` where the step does not exist.
    #[must_use]
    pub const fn after(self, command: PlacementCommand) -> Option<Self> {
        match (self, command) {
            (Self::Offered, PlacementCommand::Agree) => Some(Self::Agreed),
            (Self::Agreed | Self::InProgress, PlacementCommand::Log) => Some(Self::InProgress),
            (Self::InProgress, PlacementCommand::Complete) => Some(Self::Completed),
            (Self::InProgress, PlacementCommand::End) => Some(Self::EndedEarly),
            (Self::Offered | Self::Agreed, PlacementCommand::End) => Some(Self::NotTaken),
            (
                Self::Offered
                | Self::Agreed
                | Self::InProgress
                | Self::Completed
                | Self::EndedEarly
                | Self::NotTaken,
                PlacementCommand::Agree
                | PlacementCommand::Log
                | PlacementCommand::Complete
                | PlacementCommand::End,
            ) => None,
        }
    }
}

/// A placement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Placement {
    /// Identifier.
    pub id: Uuid,
    /// The organisation that delivers the course.
    pub organisation_id: Uuid,
    /// The enrolment.
    pub enrolment_id: Uuid,
    /// The course.
    pub course_id: Uuid,
    /// The organisation where it is.
    pub host_id: Uuid,
    /// The peer supervisor there.
    pub supervisor_id: Option<Uuid>,
    /// What the trainee does.
    pub kind: PlacementKind,
    /// How many minutes are planned.
    pub planned_minutes: i32,
    /// How many were logged.
    pub logged_minutes: i32,
    /// Where it stands.
    pub state: PlacementState,
    /// When it was offered.
    pub created_at: DateTime<Utc>,
    /// Counts its changes, from 1.
    pub version: i32,
}

impl Audited for Placement {
    const TYPE: &'static str = "placement";

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

/// How far somebody has come with placements: the minutes of all of them count.
#[must_use]
pub fn placement_standing(all: &[Placement]) -> Standing {
    let is_open = |of: &Placement| {
        matches!(
            of.state,
            PlacementState::Offered | PlacementState::Agreed | PlacementState::InProgress
        )
    };
    let standing = if all.iter().any(|of| of.state == PlacementState::Completed) {
        PlacementStanding::Completed
    } else if all.is_empty() || all.iter().any(is_open) {
        PlacementStanding::Open
    } else {
        PlacementStanding::Over
    };
    let minutes = all.iter().fold(0_i32, |sum, of| sum.saturating_add(of.logged_minutes));
    Standing { standing, minutes }
}

/// A step exists from the state it is taken in.
#[must_use]
pub fn unmet_for_placement_step(state: PlacementState, command: PlacementCommand) -> Vec<Refusal> {
    if state.after(command).is_some() {
        return Vec::new();
    }
    let message = format!("it is {}: this step is not taken from there", state.code());
    vec![Refusal::at(Code::Conflict, "", message)]
}

impl TryFrom<assignment_attempt::Model> for Attempt {
    type Error = DbFault;

    fn try_from(row: assignment_attempt::Model) -> Result<Self, DbFault> {
        let state = AttemptState::from_code(&row.state);
        let mark = row.outcome.as_deref().map(|code| {
            Mark::from_code(code).ok_or_else(|| DbFault::unreadable("assignment_attempt.outcome"))
        });
        Ok(Self {
            id: row.id,
            organisation_id: row.organisation_id,
            enrolment_id: row.enrolment_id,
            course_id: row.course_id,
            number: row.number,
            record_id: row
                .record_id
                .ok_or_else(|| DbFault::unreadable("assignment_attempt.record_id"))?,
            submitted_at: row.submitted_at,
            late: row.late,
            state: state.ok_or_else(|| DbFault::unreadable("assignment_attempt.state"))?,
            outcome: mark.transpose()?,
            marker_id: row.marker_id,
            marked_at: row.marked_at,
            feedback_id: row.feedback_id,
            moderator_id: row.moderator_id,
            confirmed_at: row.confirmed_at,
            kept_back: row.kept_back,
            version: row.version,
        })
    }
}

impl From<&Attempt> for assignment_attempt::Model {
    fn from(of: &Attempt) -> Self {
        Self {
            id: of.id,
            organisation_id: of.organisation_id,
            enrolment_id: of.enrolment_id,
            course_id: of.course_id,
            number: of.number,
            record_id: Some(of.record_id),
            submitted_at: of.submitted_at,
            late: of.late,
            state: of.state.code().to_owned(),
            outcome: of.outcome.map(|mark| mark.code().to_owned()),
            marker_id: of.marker_id,
            marked_at: of.marked_at,
            feedback_id: of.feedback_id,
            moderator_id: of.moderator_id,
            confirmed_at: of.confirmed_at,
            kept_back: of.kept_back,
            version: of.version,
        }
    }
}

impl TryFrom<placement_row::Model> for Placement {
    type Error = DbFault;

    fn try_from(row: placement_row::Model) -> Result<Self, DbFault> {
        let kind = PlacementKind::from_code(&row.kind);
        let state = PlacementState::from_code(&row.state);
        Ok(Self {
            id: row.id,
            organisation_id: row.organisation_id,
            enrolment_id: row.enrolment_id,
            course_id: row.course_id,
            host_id: row.host_id,
            supervisor_id: row.supervisor_id,
            kind: kind.ok_or_else(|| DbFault::unreadable("placement.kind"))?,
            planned_minutes: row.planned_minutes,
            logged_minutes: row.logged_minutes,
            state: state.ok_or_else(|| DbFault::unreadable("placement.state"))?,
            created_at: row.created_at,
            version: row.version,
        })
    }
}

impl From<&Placement> for placement_row::Model {
    fn from(of: &Placement) -> Self {
        Self {
            id: of.id,
            organisation_id: of.organisation_id,
            enrolment_id: of.enrolment_id,
            course_id: of.course_id,
            host_id: of.host_id,
            supervisor_id: of.supervisor_id,
            kind: of.kind.code().to_owned(),
            planned_minutes: of.planned_minutes,
            logged_minutes: of.logged_minutes,
            state: of.state.code().to_owned(),
            created_at: of.created_at,
            version: of.version,
        }
    }
}

#[cfg(test)]
#[path = "work_tests.rs"]
mod tests;
