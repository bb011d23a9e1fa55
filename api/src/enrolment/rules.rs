//! The rules of enrolments. Each gives every reason against.

use chrono::NaiveDate;

use super::facts::Enrolled;
use super::graduation::Outcome;
use super::model::{Command, FundingBasis, ReopenReason, State, WithdrawalReason};
use crate::course::model::State as CourseState;
use crate::refusal::{Code, Refusal};

/// Most people whose attendance is recorded in one call: as many as a course takes.
pub const MAX_ENTRIES: usize = 500;

/// A step exists from the state it is taken in.
#[must_use]
pub fn unmet_for_step(state: State, command: Command) -> Vec<Refusal> {
    if state.after(command).is_some() {
        return Vec::new();
    }
    let step = match command {
        Command::Hold => "only who has a place can turn out to have two",
        Command::Admit | Command::Refuse => "only a held enrolment is decided by the national team",
        Command::Start | Command::Unstart => "only who is on the course attends it",
        Command::Complete => "only who was at a session comes to the end of the course",
        Command::Graduate | Command::Fail => {
            "what comes of somebody is decided once the course is over and while that is open"
        }
        Command::Reopen => "nothing is decided that could be opened again",
        Command::Resit => "only who did not graduate tries again",
        Command::Defer => "only who is on the course pauses",
        Command::Resume => "only who pauses comes back",
        Command::Withdraw => "only who has a place leaves",
        Command::TransferOut => "only who is on the course, or pauses, goes on in another one",
    };
    let message = format!("it is {}: {step}", state.code());
    vec![Refusal::at(Code::Conflict, "", message)]
}

/// A quality lead opens a decision for a reason that is theirs to give.
#[must_use]
pub fn unmet_for_reopening(reason: ReopenReason) -> Vec<Refusal> {
    let message = match reason {
        ReopenReason::Appeal | ReopenReason::DecidedInError => return Vec::new(),
        ReopenReason::AttendanceChanged => "changed attendance opens it by itself",
        ReopenReason::Resit => "enrolmentResit opens it",
    };
    vec![Refusal::at(Code::Invalid, "reason", message)]
}

/// ENR-1: who was at a session is not refused as if they had never come.
#[must_use]
pub fn unmet_for_refusing(attended: bool) -> Vec<Refusal> {
    if !attended {
        return Vec::new();
    }
    let message =
        "the person was at sessions, which stay on record: withdraw the enrolment instead";
    vec![Refusal::at(Code::Conflict, "", message)]
}

/// COH-2: a place is free.
#[must_use]
pub fn unmet_for_room(taken: i32, most: i32, path: &str) -> Vec<Refusal> {
    if taken < most {
        return Vec::new();
    }
    let message =
        format!("all {most} places are taken: raise capacityMax, or free one that is reserved");
    vec![Refusal::at(Code::CapacityExceeded, path, message)]
}

/// The course takes people: it is before everybody, or runs and lets somebody join late.
#[must_use]
pub fn unmet_for_course(state: CourseState, path: &str) -> Vec<Refusal> {
    if state.is_live() {
        return Vec::new();
    }
    let message = format!("it is {}: people join a course that is open or runs", state.code());
    vec![Refusal::at(Code::CourseTakesNobody, path, message)]
}

/// A sponsor is an organisation that takes part; `None` within tells that there is no such organisation.
#[must_use]
pub fn unmet_for_sponsor(sponsor: Option<Option<bool>>) -> Vec<Refusal> {
    match sponsor {
        None | Some(Some(true)) => Vec::new(),
        Some(None) => vec![Refusal::at(Code::NotFound, "sponsorId", "no such organisation")],
        Some(Some(false)) => {
            let message = Code::OrganisationNotActive.description();
            vec![Refusal::at(Code::OrganisationNotActive, "sponsorId", message)]
        }
    }
}

/// Who was there before it is recorded was so since the course began.
#[must_use]
pub fn unmet_for_first_day(
    from: Option<NaiveDate>,
    start: NaiveDate,
    today: NaiveDate,
) -> Vec<Refusal> {
    if from.is_none_or(|from| (start..=today).contains(&from)) {
        return Vec::new();
    }
    vec![Refusal::at(Code::Invalid, "from", format!("lies between {start} and today"))]
}

/// ENR-4: a funded place needs a reservation, and no place is reserved without an allocation. Whoever employs somebody
/// and pays is named.
#[must_use]
pub fn unmet_for_basis(
    basis: FundingBasis,
    has_sponsor: bool,
    has_reservation: bool,
) -> Vec<Refusal> {
    match basis {
        FundingBasis::Funded if !has_reservation => {
            let message =
                "no funded place is reserved: choose SELF_FUNDED, EMPLOYER_FUNDED or UNFUNDED";
            vec![Refusal::at(Code::NoFundedPlace, "fundingBasis", message)]
        }
        FundingBasis::EmployerFunded if !has_sponsor => {
            let message = Code::SponsorRequired.description();
            vec![Refusal::at(Code::SponsorRequired, "sponsorId", message)]
        }
        FundingBasis::Funded
        | FundingBasis::SelfFunded
        | FundingBasis::EmployerFunded
        | FundingBasis::Unfunded => Vec::new(),
    }
}

/// What is known of somebody who leaves.
#[derive(Clone, Copy, Debug)]
pub struct Leaving {
    /// The first day of the enrolment.
    pub from: NaiveDate,
    /// The last day on which a session was attended.
    pub attended: Option<NaiveDate>,
    /// Today.
    pub today: NaiveDate,
}

/// Who was at no session has declined the place or did not come; who was at one withdraws for another reason. Somebody
/// leaves on a day of the enrolment, and not before a session that they attended.
#[must_use]
pub fn unmet_for_withdrawal(of: Leaving, on: NaiveDate, reason: WithdrawalReason) -> Vec<Refusal> {
    let mut unmet = Vec::new();
    if on < of.from {
        let message = format!("the enrolment began on {}", of.from);
        unmet.push(Refusal::at(Code::OutsideEnrolment, "on", message));
    }
    if on > of.today {
        unmet.push(Refusal::at(Code::Invalid, "on", "must not lie in the future"));
    }
    if let Some(last) = of.attended.filter(|last| *last > on) {
        let message = format!(
            "a session was attended on {last}: name that day or a later one, or amend the record"
        );
        unmet.push(Refusal::at(Code::AttendedLater, "on", message));
    }
    match (of.attended, reason.is_before_the_start()) {
        (Some(_), true) => {
            let message = "sessions were attended: say why the person left";
            unmet.push(Refusal::at(Code::ReasonDoesNotFit, "reason", message));
        }
        (None, false) if reason.is_about_attending() => {
            let message =
                "no session was attended: DECLINED_PLACE, NO_SHOW or a reason beside the course";
            unmet.push(Refusal::at(Code::ReasonDoesNotFit, "reason", message));
        }
        _ => {}
    }
    unmet
}

/// Whether a session on this day counts for somebody, or would: they have a place, and the day belongs to it.
#[must_use]
pub fn counts_for(state: State, enrolled: Enrolled, day: NaiveDate) -> bool {
    state.is_live() && enrolled.contains(day)
}

/// DP-18: a person decides, and what the rule finds. Nothing is decided while something is open; another outcome needs
/// a quality lead and a reason.
#[must_use]
pub fn unmet_for_decision(
    (found, decided): (Outcome, Outcome),
    overrides: bool,
    open: &[String],
) -> Vec<Refusal> {
    if overrides {
        return match decided {
            Outcome::NotYet => vec![Refusal::at(Code::Invalid, "outcome", "is no decision")],
            decided if decided == found => {
                vec![Refusal::at(
                    Code::Unchanged,
                    "outcome",
                    "the rule finds the same: decide without a reason",
                )]
            }
            _ => Vec::new(),
        };
    }
    match (found, decided) {
        (Outcome::NotYet, _) => {
            let message = format!("still open: {}", open.join("; "));
            vec![Refusal::at(Code::DecisionOpen, "", message)]
        }
        (found, decided) if found != decided => {
            let message = format!(
                "the rule finds {}: a quality lead may decide otherwise, with a reason",
                found.code()
            );
            vec![Refusal::at(Code::OutcomeDiffers, "outcome", message)]
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
