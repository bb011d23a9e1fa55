//! Business rules of the evaluation of courses, each one pure function that gives every unmet requirement.

use std::collections::BTreeSet;

use chrono::{Days, NaiveDate};

use super::model::Statement;
use crate::enrolment::model::{State, WithdrawalReason};
use crate::organisation::rules::unmet_for_text;
use crate::refusal::{Code, Refusal};

/// Longest text of one answer.
const MAX_TEXT: usize = 2_000;

/// Longest statement, and longest invitation.
const MAX_STATEMENT: usize = 300;

/// Most statements of a questionnaire.
const MAX_STATEMENTS: usize = 20;

/// Longest code of a statement.
const MAX_CODE: usize = 40;

/// Whether somebody in this state has something to say of the course: who came to its end, or left after having been
/// there.
#[must_use]
pub const fn has_a_say(state: State, reason: Option<WithdrawalReason>) -> bool {
    match (state, reason) {
        (State::CompletedTeaching | State::Graduated | State::NotGraduated | State::Resit, _) => {
            true
        }
        (State::Withdrawn, Some(reason)) => {
            !reason.is_before_the_start()
                && !matches!(reason, WithdrawalReason::EnrolledInError | WithdrawalReason::Deceased)
        }
        (
            State::Withdrawn
            | State::Held
            | State::Refused
            | State::Placed
            | State::Active
            | State::Deferred
            | State::TransferredOut,
            _,
        ) => false,
    }
}

/// The last day on which people answer about a course that ended on this day.
#[must_use]
pub fn last_day(ended_on: NaiveDate, days: u32) -> NaiveDate {
    ended_on.checked_add_days(Days::new(days.into())).unwrap_or(NaiveDate::MAX)
}

/// Whether nobody answers about a course any more.
#[must_use]
pub fn is_over(ended_on: Option<NaiveDate>, days: u32, today: NaiveDate) -> bool {
    ended_on.is_some_and(|ended_on| last_day(ended_on, days) < today)
}

/// Somebody answers who has something to say, while it is time.
#[must_use]
pub fn unmet_for_answering(
    (state, reason): (State, Option<WithdrawalReason>),
    (ended_on, days): (Option<NaiveDate>, u32),
    today: NaiveDate,
) -> Vec<Refusal> {
    let mut unmet = Vec::new();
    if !has_a_say(state, reason) {
        let message = "answers are for who came to the end of the course, or left it";
        unmet.push(Refusal::at(Code::EvaluationClosed, "enrolmentId", message));
    }
    if is_over(ended_on, days, today) {
        let message = "the time to answer is over";
        unmet.push(Refusal::at(Code::EvaluationClosed, "enrolmentId", message));
    }
    unmet
}

/// Scores are of statements of the questionnaire, each once, from 1 to 5; one at least, or a text.
#[must_use]
pub fn unmet_for_scores(
    statements: &[Statement],
    scores: &[(String, i32)],
    text: Option<&str>,
) -> Vec<Refusal> {
    let mut unmet = Vec::new();
    let mut seen = BTreeSet::new();
    for (place, (code, score)) in scores.iter().enumerate() {
        let path = |field: &str| format!("scores.{place}.{field}");
        if !statements.iter().any(|statement| statement.code == *code) {
            let message = "the questionnaire has no such statement";
            unmet.push(Refusal::at(Code::Invalid, &path("statement"), message));
        }
        if !seen.insert(code) {
            unmet.push(Refusal::at(Code::Invalid, &path("statement"), "is scored once"));
        }
        if !(1..=5).contains(score) {
            unmet.push(Refusal::at(Code::Invalid, &path("score"), "must be between 1 and 5"));
        }
    }
    if scores.is_empty() && text.is_none() {
        unmet.push(Refusal::at(Code::Invalid, "scores", "score one statement at least"));
    }
    if let Some(text) = text {
        unmet.extend(unmet_for_text(text, "text", MAX_TEXT));
    }
    unmet
}

/// A questionnaire has statements, each with a code of its own, and an invitation.
#[must_use]
pub fn unmet_for_questionnaire(statements: &[(String, String)], invitation: &str) -> Vec<Refusal> {
    let mut unmet = unmet_for_text(invitation, "invitation", MAX_STATEMENT);
    if !(1..=MAX_STATEMENTS).contains(&statements.len()) {
        let message = format!("has between 1 and {MAX_STATEMENTS} statements");
        unmet.push(Refusal::at(Code::Invalid, "statements", message));
    }
    let mut seen = BTreeSet::new();
    for (place, (code, statement)) in statements.iter().enumerate() {
        let path = |field: &str| format!("statements.{place}.{field}");
        let plain = |byte: u8| matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b'_');
        if code.is_empty() || code.len() > MAX_CODE || !code.bytes().all(plain) {
            let message = "is written in capitals, digits and underscores, at most 40";
            unmet.push(Refusal::at(Code::Invalid, &path("code"), message));
        }
        if !seen.insert(code) {
            unmet.push(Refusal::at(Code::Invalid, &path("code"), "is another statement's"));
        }
        unmet.extend(unmet_for_text(statement, &path("statement"), MAX_STATEMENT));
    }
    unmet
}

/// Texts are read once nobody answers any more, and where enough did: fewer would tell who wrote.
#[must_use]
pub fn unmet_for_reading(over: bool, answers: u32, least: u32) -> Vec<Refusal> {
    let mut unmet = Vec::new();
    if !over {
        let message = "people may still answer: read it when the time is over";
        unmet.push(Refusal::at(Code::EvaluationClosed, "courseId", message));
    }
    if answers < least {
        unmet.push(Refusal::at(Code::TooFewAnswers, "courseId", Code::TooFewAnswers.description()));
    }
    unmet
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    #[test]
    fn who_came_to_the_end_or_left_after_having_been_there_has_a_say() {
        let with_a_say: Vec<State> =
            State::ALL.iter().copied().filter(|state| has_a_say(*state, None)).collect();
        let expected =
            [State::CompletedTeaching, State::Graduated, State::NotGraduated, State::Resit];
        assert_eq!(with_a_say, expected);
        assert!(has_a_say(State::Withdrawn, Some(WithdrawalReason::Health)));
        assert!(!has_a_say(State::Withdrawn, Some(WithdrawalReason::NoShow)));
        assert!(!has_a_say(State::Withdrawn, Some(WithdrawalReason::Deceased)));
    }

    #[test]
    fn answers_come_until_so_many_days_after_the_end() {
        let graduated = (State::Graduated, None);
        let on = |today| unmet_for_answering(graduated, (Some(day("2026-05-01")), 10), day(today));
        assert_eq!(on("2026-05-11"), []);
        assert_eq!(on("2026-05-12")[0].code, Code::EvaluationClosed);
        let left = (State::Withdrawn, Some(WithdrawalReason::Work));
        assert_eq!(unmet_for_answering(left, (None, 10), day("2026-05-12")), [], "before its end");
        assert!(!is_over(None, 10, day("2026-05-12")));
    }

    #[test]
    fn scores_are_of_the_questionnaire_each_once_from_1_to_5() {
        let statement = |code: &str| Statement {
            id: Uuid::nil(),
            code: code.to_owned(),
            statement: "A statement.".to_owned(),
        };
        let statements = [statement("ONE"), statement("TWO")];
        let scores = |scores: &[(&str, i32)]| {
            let scores: Vec<(String, i32)> =
                scores.iter().map(|(code, score)| ((*code).to_owned(), *score)).collect();
            unmet_for_scores(&statements, &scores, None).len()
        };
        assert_eq!(scores(&[("ONE", 1), ("TWO", 5)]), 0);
        assert_eq!(scores(&[("ONE", 3)]), 0, "statements may be left out");
        assert_eq!(scores(&[]), 1);
        assert_eq!(scores(&[("ONE", 0), ("ONE", 6), ("THREE", 1)]), 4);
        assert_eq!(unmet_for_scores(&statements, &[], Some("Good.")), []);
    }

    #[test]
    fn a_questionnaire_has_statements_with_codes_of_their_own() {
        let of = |statements: &[(&str, &str)]| {
            let own: Vec<(String, String)> =
                statements.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
            unmet_for_questionnaire(&own, "Write.").len()
        };
        assert_eq!(of(&[("ONE", "First."), ("TWO", "Second.")]), 0);
        assert_eq!(of(&[]), 1);
        assert_eq!(of(&[("ONE", "First."), ("ONE", ""), ("two", "x")]), 3);
        assert_eq!(unmet_for_questionnaire(&[("A".to_owned(), "x".to_owned())], "").len(), 1);
    }

    #[test]
    fn texts_are_read_when_it_is_over_and_enough_answered() {
        assert_eq!(unmet_for_reading(true, 5, 5), []);
        let codes: Vec<Code> = unmet_for_reading(false, 4, 5).iter().map(|of| of.code).collect();
        assert_eq!(codes, [Code::EvaluationClosed, Code::TooFewAnswers]);
    }
}
