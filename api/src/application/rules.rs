//! The rules of interest and applications, as functions over plain values. Each returns everything that is unmet.

use chrono::{DateTime, Days, NaiveDate, Utc};
use uuid::Uuid;

use super::model::{Answers, Application, Command, DeclineReason, Employment, Interest, State};
use crate::organisation::rules::{unmet_for_line, unmet_for_text};
use crate::refusal::{Code, Refusal};

/// For so many days the address of an interest can be proved; then it is deleted.
pub const CONFIRM_DAYS: u64 = 3;

/// For so many days an interest that was confirmed is kept.
pub const INTEREST_DAYS: u64 = 365;

/// Longest text about earlier training, in characters.
pub const MAX_TRAINING: usize = 2_000;

fn missing(message: &str) -> Refusal {
    Refusal::at(Code::EvidenceRequired, "", message)
}

fn invalid(path: &str, message: &str) -> Refusal {
    Refusal::at(Code::Invalid, path, message)
}

/// Interest is in one course, or in a type in an area.
#[must_use]
pub fn unmet_for_target(has_course: bool, has_type: bool, area: Option<&str>) -> Vec<Refusal> {
    match (has_course, has_type, area) {
        (true, false, None) => Vec::new(),
        (false, true, Some(area)) => {
            let letters = area.chars().all(|letter| letter.is_ascii_uppercase());
            if letters && (1..=2).contains(&area.len()) {
                return Vec::new();
            }
            let message = "must be the one or two capital letters with which the postcode begins";
            vec![invalid("postcodeArea", message)]
        }
        _ => vec![invalid("", "name a course, or a programme type and a postcode area")],
    }
}

/// The last instant at which the address of an interest can be proved.
#[must_use]
pub fn can_be_confirmed(interest: &Interest, now: DateTime<Utc>) -> bool {
    let until = interest.registered_at.checked_add_days(Days::new(CONFIRM_DAYS));
    interest.confirmed_at.is_none() && until.is_some_and(|until| now <= until)
}

/// An interest leads to its course, or to one of its type.
#[must_use]
pub fn unmet_for_interest(interest: &Interest, course: Uuid, is_its_type: bool) -> Vec<Refusal> {
    let fits = interest.course_id.map_or(is_its_type, |of| of == course);
    if fits {
        Vec::new()
    } else {
        vec![invalid("interestToken", "the interest was in another course")]
    }
}

/// The step exists from where the application stands.
#[must_use]
pub fn unmet_for_step(state: State, command: Command) -> Vec<Refusal> {
    if state.after(command).is_some() {
        return Vec::new();
    }
    let message = match (command, state) {
        (Command::Withdraw, State::Accepted) => {
            "the place was accepted: the enrolment is withdrawn, not the application"
        }
        (_, State::Accepted | State::Declined | State::Withdrawn | State::Lapsed) => {
            "the application is at its end: start another"
        }
        (Command::Save, _) => "it was handed in: it does not change any more",
        _ => "this step does not exist from where the application stands",
    };
    vec![Refusal::at(Code::Conflict, "", message)]
}

/// A person has one live application for a course.
#[must_use]
pub fn unmet_for_one(has_live: bool) -> Vec<Refusal> {
    let open = || Refusal::whole(Code::ApplicationOpen);
    has_live.then(open).into_iter().collect()
}

/// What the applicant says is of its form.
#[must_use]
pub fn unmet_for_answers(answers: &Answers) -> Vec<Refusal> {
    let training = answers.prior_training.as_deref();
    let mut unmet: Vec<Refusal> = training
        .iter()
        .flat_map(|text| unmet_for_text(text, "priorTraining", MAX_TRAINING))
        .collect();
    if answers.employer_id.is_some() && answers.employment == Some(Employment::NotYet) {
        unmet.push(invalid("employerId", "name no employer where you work for none yet"));
    }
    unmet
}

/// What is handed in is complete: every piece that is missing is named. No qualification is asked for.
#[must_use]
pub fn unmet_for_submission(answers: &Answers, has_motivation: bool) -> Vec<Refusal> {
    let pieces = [
        (answers.experience.is_some(), "experience is missing: say from which side you know it"),
        (answers.employment.is_some(), "employment is missing: say where you work"),
        (answers.source.is_some(), "source is missing: say from where you know of the course"),
        (answers.has_experience, "hasRelevantExperience is not confirmed"),
        (answers.wishes_to_support, "wishesToSupportOthers is not confirmed"),
        (answers.communicates, "communicatesWell is not confirmed"),
        (has_motivation, "motivation is missing: say in your own words why you apply"),
    ];
    pieces.into_iter().filter(|(there, _)| !there).map(|(_, message)| missing(message)).collect()
}

/// What is free of a course, and how many wait for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Places that nobody has and nobody was offered.
    pub free: i32,
    /// How many wait before this applicant.
    pub before: i32,
}

/// A place is offered where one is free for this applicant after all who wait longer.
#[must_use]
pub const fn has_place(room: Room) -> bool {
    room.free > room.before
}

/// Who waits is offered a place in turn.
#[must_use]
pub fn unmet_for_turn(room: Room) -> Vec<Refusal> {
    if has_place(room) {
        return Vec::new();
    }
    let message = if room.free > 0 {
        "others have waited for longer: places are offered in the order of the waiting list"
    } else {
        "there is no free place: it is offered by itself when there is one"
    };
    vec![Refusal::at(Code::CapacityExceeded, "", message)]
}

/// The last day on which an offer made today can be accepted.
#[must_use]
pub fn offer_until(today: NaiveDate, days: u32, start: NaiveDate) -> NaiveDate {
    let until = today.checked_add_days(Days::new(days.into())).unwrap_or(today);
    // Whoever has not said yes by the first day of the course is not there.
    until.min(start).max(today)
}

/// An offer is accepted in time, and by a wording of the terms.
#[must_use]
pub fn unmet_for_acceptance(of: &Application, terms: &str, today: NaiveDate) -> Vec<Refusal> {
    let mut unmet = unmet_for_line(terms, "termsVersion");
    if terms.chars().count() > 200 {
        unmet.push(invalid("termsVersion", "must not be longer than 200 characters"));
    }
    if of.offer_until.is_none_or(|until| until < today) {
        unmet.push(Refusal::at(Code::OfferEnded, "", Code::OfferEnded.description()));
    }
    unmet
}

/// Who assessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Assessor {
    /// The account.
    pub account: Uuid,
    /// The person of the account.
    pub person: Option<Uuid>,
}

/// Nobody is found unsuitable by one assessor alone, whichever accounts that one has.
#[must_use]
pub fn unmet_for_second(first: Option<Assessor>, second: Assessor) -> Vec<Refusal> {
    let Some(first) = first else {
        let message = "no assessor has proposed to decline: use applicationDecline first";
        return vec![Refusal::at(Code::NothingProposed, "", message)];
    };
    let same_person = first.person.is_some() && first.person == second.person;
    if first.account == second.account || same_person {
        let message = "you were the first assessor: another person has to find the same";
        return vec![Refusal::at(Code::SeparationOfDuties, "", message)];
    }
    Vec::new()
}

/// Whether a decline for this reason needs a second assessor.
#[must_use]
pub const fn needs_second(reason: DeclineReason) -> bool {
    matches!(reason, DeclineReason::Suitability)
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
