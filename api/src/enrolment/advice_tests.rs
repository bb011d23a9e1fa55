//! Advice, by what somebody reads.

use std::collections::BTreeSet;

use super::super::facts::Record;
use super::super::given::*;
use super::*;

fn told(rule: &Rule, facts: &Facts) -> Vec<(&'static str, i64, String)> {
    let advice = advice(rule, facts).into_iter();
    advice.map(|of| (of.kind.code(), of.number, of.words)).collect()
}

fn one(kind: &'static str, number: i64, words: &str) -> Vec<(&'static str, i64, String)> {
    vec![(kind, number, words.to_owned())]
}

#[test]
fn one_more_day_keeps_above_the_threshold() {
    assert_eq!(
        told(&rule(), &running(7, 9, 1)),
        one(
            "EVERY_ONE_COUNTS",
            1,
            "1 more day by 17 November 2025 keeps you at 80 % or above: none can be missed"
        )
    );
}

#[test]
fn some_of_what_is_left_can_be_missed() {
    assert_eq!(
        told(&rule(), &running(5, 6, 4)),
        one(
            "CAN_MISS",
            1,
            "3 more days by 17 November 2025 keep you at 80 % or above: 1 of the 4 days left can be missed"
        )
    );
    let minutes = Rule { max_missed_days: Some(3), ..by(AttendanceBasis::Minutes) };
    assert_eq!(
        told(&minutes, &running(5, 6, 4)),
        one(
            "CAN_MISS",
            300,
            "900 more minutes by 17 November 2025 keep you at 80 % or above: 300 of the 1200 minutes left can be \
             missed; no more than 2 days may be missed"
        )
    );
}

#[test]
fn enough_is_enough_while_something_is_to_come() {
    assert_eq!(
        told(&rule(), &running(8, 8, 2)),
        one("ENOUGH", 2, "80 % of 10 days is reached whatever comes")
    );
    assert_eq!(told(&rule(), &course(8, 10)), []);
    assert_eq!(told(&rule(), &course(0, 0)), []);
}

#[test]
fn what_attending_cannot_reach_any_more_making_up_may() {
    let facts = running(5, 8, 2);
    let short = "at most 7 of 10 days can be reached, and 80 % is 8";
    assert_eq!(
        told(&rule(), &facts),
        one("OUT_OF_REACH", 0, &format!("{short}; no days to make up were found that are enough"))
    );
    let once = Rule { make_up_days: 1, ..rule() };
    assert_eq!(
        told(&once, &facts),
        one("NEEDS_MAKE_UP", 1, &format!("{short}; making up 20 October 2025 is enough"))
    );
    let twice = Rule { make_up_days: 2, ..rule() };
    assert_eq!(
        told(&twice, &course(6, 10)),
        one(
            "NEEDS_MAKE_UP",
            2,
            "at most 6 of 10 days can be reached, and 80 % is 8; making up 27 October 2025 and 3 November 2025 is enough"
        )
    );
}

#[test]
fn too_many_missed_days_are_made_up_too() {
    let most = Rule { max_missed_days: Some(1), make_up_days: 1, ..rule() };
    assert_eq!(
        told(&most, &running(8, 10, 5)),
        one(
            "NEEDS_MAKE_UP",
            1,
            "2 days missed, more than may be; making up 10 November 2025 is enough"
        )
    );
}

#[test]
fn the_day_that_gains_most_is_made_up() {
    let mut facts = course(7, 10);
    let minutes = Rule { make_up_days: 1, ..by(AttendanceBasis::Minutes) };
    part(&mut facts, 7, 200, &[]);
    assert_eq!(
        told(&minutes, &facts),
        one(
            "NEEDS_MAKE_UP",
            1,
            "at most 2300 of 3000 minutes can be reached, and 80 % is 2400; making up 10 November 2025 is enough"
        )
    );
}

#[test]
fn a_missed_day_is_made_up_before_one_on_neither_side() {
    let mut facts = course(5, 8);
    let saturday = to_saturday(&mut facts, 5);
    facts.records.insert(id(saturday), Record::none(Status::AuthorisedAbsence));
    let once = Rule { threshold: 7500, make_up_days: 1, ..rule() };
    let words =
        "at most 5 of 7 days can be reached, and 75 % is 6; making up 27 October 2025 is enough";
    assert_eq!(told(&once, &facts), one("NEEDS_MAKE_UP", 1, words));
}

#[test]
fn mandatory_modules_are_named_with_their_last_chance() {
    let mandatory = Rule { mandatory: BTreeSet::from([1, 15, 17, 19]), ..rule() };
    let mut facts = running(7, 8, 1);
    facts.sessions.insert(id(9), held(9));
    let told = told(&mandatory, &facts);
    assert_eq!(
        told[1..],
        [
            (
                "MODULE_TO_COME",
                17,
                "module 17 is mandatory: attend it by 10 November 2025".to_owned()
            ),
            (
                "MODULE_TO_COME",
                19,
                "module 19 is mandatory: attendance is to be recorded".to_owned()
            ),
            (
                "MODULE_MISSED",
                15,
                "module 15 is mandatory and not covered: it has to be made up".to_owned()
            ),
        ]
    );
    facts.records.insert(id(9), Record::present(&held(9)));
    assert_eq!(advice(&mandatory, &facts).len(), 3);
}
