//! The rules of enrolments, at their edges.

use super::*;

fn day(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 9, day).expect("a date")
}

fn codes(unmet: &[Refusal]) -> Vec<(Code, &str)> {
    unmet
        .iter()
        .map(|refusal| (refusal.code, refusal.path.last().map_or("", String::as_str)))
        .collect()
}

#[test]
fn the_last_place_is_one() {
    assert_eq!(unmet_for_room(11, 12, "courseId"), []);
    assert_eq!(codes(&unmet_for_room(12, 12, "courseId")), [(Code::CapacityExceeded, "courseId")]);
}

#[test]
fn people_join_what_is_open_or_runs() {
    let open: Vec<&str> = CourseState::ALL
        .iter()
        .filter(|state| unmet_for_course(**state, "courseId").is_empty())
        .map(|state| state.code())
        .collect();
    assert_eq!(open, ["OPEN", "CONFIRMED", "RUNNING", "TEACH_OUT"]);
}

#[test]
fn a_basis_needs_what_it_stands_on() {
    let basis = |basis, sponsor, reserved| {
        unmet_for_basis(basis, sponsor, reserved).first().map(|of| of.code)
    };
    assert_eq!(basis(FundingBasis::Funded, true, false), Some(Code::NoFundedPlace));
    assert_eq!(basis(FundingBasis::Funded, true, true), None);
    assert_eq!(basis(FundingBasis::EmployerFunded, false, false), Some(Code::SponsorRequired));
    assert_eq!(basis(FundingBasis::EmployerFunded, true, false), None);
    assert_eq!(basis(FundingBasis::SelfFunded, false, false), None);
    assert_eq!(basis(FundingBasis::Unfunded, false, false), None);
}

#[test]
fn somebody_leaves_on_a_day_of_the_enrolment_for_a_reason_that_fits() {
    let of = |attended| Leaving { from: day(7), attended, today: day(20) };
    let never = of(None);
    assert_eq!(unmet_for_withdrawal(never, day(7), WithdrawalReason::NoShow), []);
    assert_eq!(
        unmet_for_withdrawal(never, day(20), WithdrawalReason::Health),
        [],
        "before it began, too"
    );
    let early = unmet_for_withdrawal(never, day(6), WithdrawalReason::Conduct);
    assert_eq!(codes(&early), [(Code::OutsideEnrolment, "on"), (Code::ReasonDoesNotFit, "reason")]);
    let late = unmet_for_withdrawal(never, day(21), WithdrawalReason::NoShow);
    assert_eq!(codes(&late), [(Code::Invalid, "on")]);
    let was_there = of(Some(day(14)));
    assert_eq!(unmet_for_withdrawal(was_there, day(14), WithdrawalReason::Work), []);
    let before = unmet_for_withdrawal(was_there, day(13), WithdrawalReason::DeclinedPlace);
    assert_eq!(codes(&before), [(Code::AttendedLater, "on"), (Code::ReasonDoesNotFit, "reason")]);
}

#[test]
fn a_person_decides_what_the_rule_finds_or_a_quality_lead_otherwise() {
    let open = ["the assignment".to_owned()];
    let decided = |found, outcome, overrides| {
        unmet_for_decision((found, outcome), overrides, &open).first().map(|of| of.code)
    };
    for outcome in [Outcome::Graduated, Outcome::NotMet, Outcome::CompletedNotAccredited] {
        assert_eq!(decided(outcome, outcome, false), None);
        assert_eq!(decided(outcome, outcome, true), Some(Code::Unchanged));
        assert_eq!(decided(Outcome::NotYet, outcome, false), Some(Code::DecisionOpen));
        assert_eq!(decided(Outcome::NotYet, outcome, true), None);
        assert_eq!(decided(outcome, Outcome::NotYet, true), Some(Code::Invalid));
    }
    assert_eq!(decided(Outcome::NotMet, Outcome::Graduated, false), Some(Code::OutcomeDiffers));
    assert_eq!(decided(Outcome::NotMet, Outcome::Graduated, true), None);
}

#[test]
fn a_session_counts_for_whoever_has_a_place_on_its_day() {
    let enrolled = Enrolled { from: day(2), to: Some(day(9)) };
    let on = |state, number| counts_for(state, enrolled, day(number));
    let live: Vec<&str> =
        State::ALL.iter().filter(|state| on(**state, 2)).map(|state| state.code()).collect();
    assert_eq!(live, ["PLACED", "ACTIVE", "COMPLETED_TEACHING", "RESIT", "DEFERRED"]);
    assert!(on(State::Active, 8) && !on(State::Active, 1) && !on(State::Deferred, 9));
}
