//! Graduation: every requirement of a version held against what somebody did, in numbers and in words.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::attendance::{self, Progress};
use super::facts::Facts;
use crate::programme::model::{AttendanceBasis, GraduationRule};

/// From which share a day counts as attended where a version names none: three quarters.
const DAY_COUNTS_AT: i32 = 7_500;

crate::coded! {
    /// What the rule finds.
    Outcome {
        /// Everything is met.
        Graduated = "GRADUATED",
        /// What is asked of attendance is met, and finally not the rest.
        CompletedNotAccredited = "COMPLETED_NOT_ACCREDITED",
        /// Something is finally not met.
        NotMet = "NOT_MET",
        /// Something is open.
        NotYet = "NOT_YET",
    }
}

impl Outcome {
    /// DP-18: whether a person has to confirm it, since it fails somebody.
    #[must_use]
    pub const fn fails(self) -> bool {
        matches!(self, Self::NotMet | Self::CompletedNotAccredited)
    }

    /// How kind it is: a chance that is open is better than an end without graduation.
    const fn kindness(self) -> u8 {
        match self {
            Self::NotMet => 0,
            Self::CompletedNotAccredited => 1,
            Self::NotYet => 2,
            Self::Graduated => 3,
        }
    }
}

crate::coded! {
    /// What a version can ask for.
    Requirement {
        /// The course, or the own record, is complete.
        Completion = "COMPLETION",
        /// Every held session has a record.
        Records = "RECORDS",
        /// The share that must be attended.
        Attendance = "ATTENDANCE",
        /// The most days that may be missed.
        MissedDays = "MISSED_DAYS",
        /// The modules without which nobody graduates.
        MandatoryModules = "MANDATORY_MODULES",
        /// The assignment.
        Assignment = "ASSIGNMENT",
        /// The placement.
        Placement = "PLACEMENT",
    }
}

crate::coded! {
    /// Whether a requirement is met.
    Verdict {
        /// It is met, whatever comes.
        Met = "MET",
        /// It can still be met by what is to come.
        Open = "OPEN",
        /// It is not met, and nothing that is planned changes that.
        Unmet = "UNMET",
    }
}

crate::coded! {
    /// How far the assignment has come.
    Assignment {
        /// It can still be passed.
        Outstanding = "OUTSTANDING",
        /// It was passed and is not moderated.
        AwaitingModeration = "AWAITING_MODERATION",
        /// It was passed and is moderated.
        Passed = "PASSED",
        /// It was not passed, and no attempt is left.
        Failed = "FAILED",
    }
}

crate::coded! {
    /// How far the placement has come.
    PlacementStanding {
        /// It can still be completed.
        Open = "OPEN",
        /// It was completed.
        Completed = "COMPLETED",
        /// It ended early or was not taken, and no other is to come.
        Over = "OVER",
    }
}

/// The placement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Placement {
    /// How far it has come.
    pub standing: PlacementStanding,
    /// Its logged minutes.
    pub minutes: i32,
}

/// When somebody has graduated: the rule of a published version, in which nothing is unknown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// What is asked of attendance.
    pub attendance: attendance::Rule,
    /// The numbers of all modules of the version.
    pub modules: BTreeSet<i32>,
    /// Whether an assignment must be passed.
    pub assignment_required: bool,
    /// Whether a placement must be completed.
    pub placement_required: bool,
    /// The least minutes of the placement.
    pub placement_min_minutes: Option<i32>,
    /// Whether somebody may complete the course without graduating.
    pub completion_without_accreditation: bool,
}

impl Rule {
    /// The rule of a version with its modules, each by its number and whether it is mandatory; `None` where the
    /// version leaves open what a published one says.
    #[must_use]
    pub fn pinned(rule: &GraduationRule, modules: &[(i32, bool)]) -> Option<Self> {
        let make_up_days = if rule.make_up_allowed? { rule.make_up_max_days? } else { 0 };
        let mandatory = modules.iter().filter(|(_, mandatory)| *mandatory);
        Some(Self {
            attendance: attendance::Rule {
                basis: rule.attendance_basis?,
                threshold: rule.attendance_threshold?,
                day_counts_at: rule.day_counts_at.unwrap_or(DAY_COUNTS_AT),
                max_missed_days: rule.max_missed_days,
                make_up_days,
                mandatory: mandatory.map(|(number, _)| *number).collect(),
            },
            modules: modules.iter().map(|(number, _)| *number).collect(),
            assignment_required: rule.assignment_required?,
            placement_required: rule.placement_required?,
            placement_min_minutes: rule.placement_min_minutes,
            completion_without_accreditation: rule.completion_without_accreditation?,
        })
    }
}

/// Everything that an evaluation follows from, beside the rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inputs {
    /// The sessions and how they were attended.
    pub attendance: Facts,
    /// Whether the course is COMPLETED or CLOSED.
    pub course_completed: bool,
    /// How far the assignment has come.
    pub assignment: Assignment,
    /// How far the placement has come.
    pub placement: Placement,
}

/// A requirement, whether it is met, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// What is asked for.
    pub requirement: Requirement,
    /// Whether it is met.
    pub verdict: Verdict,
    /// How much there is.
    pub found: Option<i64>,
    /// How much is asked for; of missed days, the most.
    pub needed: Option<i64>,
    /// In plain words.
    pub words: String,
}

/// What a rule finds, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Evaluation {
    /// What it finds.
    pub outcome: Outcome,
    /// Everything that the rule asks for, met or not, always in the same order.
    pub reasons: Vec<Reason>,
    /// What else whoever decides should know.
    pub notes: Vec<String>,
}

/// Holds the rule against the inputs. GRA-1: nothing else is asked.
#[must_use]
pub fn evaluate(rule: &Rule, inputs: &Inputs) -> Evaluation {
    let progress = attendance::progress(&rule.attendance, &inputs.attendance);
    let reasons: Vec<Reason> = [
        Some(completion(rule, inputs, &progress)),
        Some(records(&progress)),
        Some(share(&rule.attendance, &progress)),
        missed_days(&rule.attendance, &progress),
        mandatory_modules(&rule.attendance, &progress),
        assignment(rule, inputs.assignment),
        placement(rule, inputs.placement),
    ]
    .into_iter()
    .flatten()
    .collect();
    Evaluation { outcome: outcome(rule, &reasons), reasons, notes: notes(&progress) }
}

/// What follows from the verdicts.
fn outcome(rule: &Rule, reasons: &[Reason]) -> Outcome {
    let any = |of: &[Requirement], verdict| {
        let mut reasons = reasons.iter().filter(|reason| of.contains(&reason.requirement));
        reasons.any(|reason| reason.verdict == verdict)
    };
    let course = [Requirement::Completion, Requirement::Records];
    let attendance =
        [Requirement::Attendance, Requirement::MissedDays, Requirement::MandatoryModules];
    let other = [Requirement::Assignment, Requirement::Placement];
    if reasons.iter().all(|reason| reason.verdict == Verdict::Met) {
        Outcome::Graduated
    } else if any(&course, Verdict::Open) {
        Outcome::NotYet
    } else if any(&attendance, Verdict::Unmet) {
        Outcome::NotMet
    } else if any(&attendance, Verdict::Open) || !any(&other, Verdict::Unmet) {
        Outcome::NotYet
    } else if rule.completion_without_accreditation {
        Outcome::CompletedNotAccredited
    } else {
        Outcome::NotMet
    }
}

/// The rule by which somebody who returns on a newer version is judged, and what it finds: that of the new course,
/// unless the former one is kinder. `former` is none where it is no longer valid. It names modules as the new
/// version does.
#[must_use]
pub fn kinder<'a>(
    new: &'a Rule,
    former: Option<&'a Rule>,
    inputs: &Inputs,
) -> (&'a Rule, Evaluation) {
    let by_new = evaluate(new, inputs);
    let by_former = former.map(|rule| (rule, evaluate(rule, inputs)));
    by_former
        .filter(|(_, found)| found.outcome.kindness() > by_new.outcome.kindness())
        .unwrap_or((new, by_new))
}

/// What whoever decides is told where the rule of a former version judges.
#[must_use]
pub fn told_of_former(number: &str) -> String {
    format!("judged by the rule of version {number}, which is kinder than that of the course")
}

/// GRA-2.
fn completion(rule: &Rule, inputs: &Inputs, progress: &Progress) -> Reason {
    let transferred = !inputs.attendance.carried.is_empty()
        && !rule.modules.is_empty()
        && rule.modules.is_subset(&progress.covered);
    let (verdict, words) = match (inputs.course_completed, transferred) {
        (true, _) => (Verdict::Met, "the course is completed"),
        (false, true) => {
            (Verdict::Met, "the record is complete by transfer: every module is covered")
        }
        (false, false) => (Verdict::Open, "the course is not completed"),
    };
    Reason {
        requirement: Requirement::Completion,
        verdict,
        found: None,
        needed: None,
        words: words.to_owned(),
    }
}

/// ATT-1.
fn records(progress: &Progress) -> Reason {
    let (verdict, words) = if progress.unrecorded.is_empty() {
        (Verdict::Met, "every held session has a record".to_owned())
    } else {
        let days = listed(&progress.unrecorded);
        (Verdict::Open, format!("attendance is not recorded on {days}"))
    };
    Reason { requirement: Requirement::Records, verdict, found: None, needed: None, words }
}

fn share(rule: &attendance::Rule, progress: &Progress) -> Reason {
    let Progress { attended, held, total, needed, certain, reachable, .. } = *progress;
    let verdict = if total > 0 && certain >= needed {
        Verdict::Met
    } else if total > 0 && reachable >= needed {
        Verdict::Open
    } else {
        Verdict::Unmet
    };
    let threshold = percentage(rule.threshold);
    let words = match progress.percent {
        Some(found) => {
            let (held, found) = (amount(progress.basis, held), percentage(found));
            format!("{attended} of {held}, {found}, needs {threshold}")
        }
        None => format!("nothing was held yet, needs {threshold}"),
    };
    let words = match total - held {
        0 => words,
        more => format!("{words}; {} to come or to be recorded", amount(progress.basis, more)),
    };
    Reason {
        requirement: Requirement::Attendance,
        verdict,
        found: Some(attended),
        needed: Some(needed),
        words,
    }
}

fn missed_days(rule: &attendance::Rule, progress: &Progress) -> Option<Reason> {
    let (most, spare) = (rule.max_missed_days?, progress.spare_days?);
    let verdict = if spare < 0 {
        Verdict::Unmet
    } else if spare >= progress.open_days {
        Verdict::Met
    } else {
        Verdict::Open
    };
    let found = i64::try_from(progress.missed_days.len()).unwrap_or(i64::MAX);
    Some(Reason {
        requirement: Requirement::MissedDays,
        verdict,
        found: Some(found),
        needed: Some(most.into()),
        words: format!("{} missed, at most {most} may be", amount(AttendanceBasis::Days, found)),
    })
}

fn mandatory_modules(rule: &attendance::Rule, progress: &Progress) -> Option<Reason> {
    let Progress { missed_modules, open_modules, .. } = progress;
    let asked = rule.mandatory.len();
    let found = asked - missed_modules.len() - open_modules.len();
    let (verdict, lacking) = match (missed_modules.is_empty(), open_modules.is_empty()) {
        (true, true) => (Verdict::Met, String::new()),
        (true, false) => (Verdict::Open, format!("; to come: {}", listed(open_modules))),
        (false, _) => (Verdict::Unmet, format!("; not covered: {}", listed(missed_modules))),
    };
    (asked > 0).then(|| Reason {
        requirement: Requirement::MandatoryModules,
        verdict,
        found: i64::try_from(found).ok(),
        needed: i64::try_from(asked).ok(),
        words: format!("{found} of {asked} mandatory modules covered or waived{lacking}"),
    })
}

fn assignment(rule: &Rule, standing: Assignment) -> Option<Reason> {
    let (verdict, words) = match standing {
        Assignment::Passed => (Verdict::Met, "the assignment is passed and moderated"),
        Assignment::AwaitingModeration => {
            (Verdict::Open, "the assignment is passed and awaits moderation")
        }
        Assignment::Outstanding => (Verdict::Open, "the assignment is not passed yet"),
        Assignment::Failed => {
            (Verdict::Unmet, "the assignment is not passed, and no attempt is left")
        }
    };
    rule.assignment_required.then(|| Reason {
        requirement: Requirement::Assignment,
        verdict,
        found: None,
        needed: None,
        words: words.to_owned(),
    })
}

fn placement(rule: &Rule, placement: Placement) -> Option<Reason> {
    let least = rule.placement_min_minutes.unwrap_or(0);
    let enough = placement.minutes >= least;
    let (verdict, words) = match placement.standing {
        PlacementStanding::Completed if enough => (Verdict::Met, "the placement is completed"),
        PlacementStanding::Completed => {
            (Verdict::Unmet, "the placement is completed and too short")
        }
        PlacementStanding::Open => (Verdict::Open, "the placement is not completed yet"),
        PlacementStanding::Over => (Verdict::Unmet, "the placement was not completed"),
    };
    let minutes = match rule.placement_min_minutes {
        Some(least) => {
            let found = amount(AttendanceBasis::Minutes, placement.minutes.into());
            format!(": {found}, needs {least}")
        }
        None => String::new(),
    };
    rule.placement_required.then(|| Reason {
        requirement: Requirement::Placement,
        verdict,
        found: Some(placement.minutes.into()),
        needed: rule.placement_min_minutes.map(i64::from),
        words: format!("{words}{minutes}"),
    })
}

fn notes(progress: &Progress) -> Vec<String> {
    let told = |days: &[NaiveDate], why: &str| {
        (!days.is_empty()).then(|| format!("on neither side: {}, {why}", listed(days)))
    };
    [
        told(&progress.pending, "held without credit so far"),
        told(&progress.left_out, "moved to a day on which it could not be attended"),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A share in per cent, with as many decimals as it has, two at most.
pub(super) fn percentage(share: i32) -> String {
    let (whole, part) = (share / 100, share % 100);
    match (part, part % 10) {
        (0, _) => format!("{whole} %"),
        (_, 0) => format!("{whole}.{} %", part / 10),
        _ => format!("{whole}.{part:02} %"),
    }
}

/// A number of what is counted: `1 day`, `8 days`.
pub(super) fn amount(basis: AttendanceBasis, number: i64) -> String {
    format!("{number} {}", unit(basis, number))
}

/// What is counted: `day`, `days`.
pub(super) const fn unit(basis: AttendanceBasis, number: i64) -> &'static str {
    match (basis, number) {
        (AttendanceBasis::Days, 1) => "day",
        (AttendanceBasis::Days, _) => "days",
        (AttendanceBasis::Sessions, 1) => "session",
        (AttendanceBasis::Sessions, _) => "sessions",
        (AttendanceBasis::Minutes, 1) => "minute",
        (AttendanceBasis::Minutes, _) => "minutes",
        (AttendanceBasis::Modules, 1) => "module",
        (AttendanceBasis::Modules, _) => "modules",
    }
}

/// Something that has a plain word.
pub(super) trait Told {
    /// The word.
    fn told(&self) -> String;
}

impl Told for NaiveDate {
    fn told(&self) -> String {
        self.format("%-d %B %Y").to_string()
    }
}

impl Told for i32 {
    fn told(&self) -> String {
        self.to_string()
    }
}

/// Some words with commas between them and `and` before the last.
pub(super) fn listed<'a, T: Told + 'a>(of: impl IntoIterator<Item = &'a T>) -> String {
    let mut words: Vec<String> = of.into_iter().map(Told::told).collect();
    match (words.pop(), words.as_slice()) {
        (None, _) => String::new(),
        (Some(last), []) => last,
        (Some(last), before) => format!("{} and {last}", before.join(", ")),
    }
}

/// The format in which snapshots are written.
const FORMAT: u32 = 1;

/// What a decision was made on. The same rule and inputs are written the same, byte for byte.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    format: u32,
    /// The rule.
    pub rule: Rule,
    /// The inputs.
    pub inputs: Inputs,
    /// The number of the former version whose rule it is; none where it is that of the course.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub former: Option<String>,
}

/// A snapshot that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// It is not a snapshot.
    #[error("a snapshot of a graduation decision: {0}")]
    Json(#[from] serde_json::Error),
    /// It is of another format.
    #[error("a snapshot of a graduation decision has format {0}")]
    Format(u32),
}

impl Snapshot {
    /// What a decision is made on.
    #[must_use]
    pub const fn new(rule: Rule, inputs: Inputs, former: Option<String>) -> Self {
        Self { format: FORMAT, rule, inputs, former }
    }

    /// As it is kept.
    ///
    /// # Errors
    ///
    /// [`Unreadable::Json`] if it cannot be written, which no snapshot is known to be.
    pub fn to_json(&self) -> Result<String, Unreadable> {
        Ok(serde_json::to_string(self)?)
    }

    /// Reads what was kept.
    ///
    /// # Errors
    ///
    /// [`Unreadable`] if `text` is anything else.
    pub fn from_json(text: &str) -> Result<Self, Unreadable> {
        /// What every format has.
        #[derive(Deserialize)]
        struct Head {
            format: u32,
        }
        match serde_json::from_str::<Head>(text)?.format {
            FORMAT => Ok(serde_json::from_str(text)?),
            other => Err(Unreadable::Format(other)),
        }
    }

    /// GRA-1: what was found, found again.
    #[must_use]
    pub fn evaluate(&self) -> Evaluation {
        let mut found = evaluate(&self.rule, &self.inputs);
        found.notes.extend(self.former.as_deref().map(told_of_former));
        found
    }
}

#[cfg(test)]
#[path = "graduation_tests.rs"]
mod tests;
