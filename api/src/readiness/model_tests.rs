use super::*;

/// The life of an assessment, written down a second time: from, step, to.
const LIFE: [(State, Command, State); 15] = [
    (State::Draft, Command::Answer, State::Draft),
    (State::Draft, Command::Submit, State::SelfSubmitted),
    (State::Draft, Command::Withdraw, State::Withdrawn),
    (State::SelfSubmitted, Command::Assign, State::InValidation),
    (State::SelfSubmitted, Command::Return, State::Returned),
    (State::SelfSubmitted, Command::Withdraw, State::Withdrawn),
    (State::InValidation, Command::Assign, State::InValidation),
    (State::InValidation, Command::Score, State::InValidation),
    (State::InValidation, Command::Return, State::Returned),
    (State::InValidation, Command::Validate, State::Validated),
    (State::Returned, Command::Answer, State::Draft),
    (State::Returned, Command::Submit, State::SelfSubmitted),
    (State::Returned, Command::Withdraw, State::Withdrawn),
    (State::Validated, Command::Supersede, State::Superseded),
    (State::Validated, Command::Invalidate, State::Invalidated),
];

#[test]
fn an_assessment_takes_the_steps_that_are_written_down_and_no_other() {
    for state in State::ALL {
        for command in Command::ALL {
            let written = LIFE.iter().find(|(from, by, _)| (from, by) == (state, &command));
            assert_eq!(
                state.after(command),
                written.map(|(_, _, to)| *to),
                "{state:?} {command:?}"
            );
        }
    }
}

#[test]
fn an_instrument_is_drafted_then_published_then_retired() {
    use InstrumentCommand::{Change, Publish, Retire};
    let walk = |steps: &[InstrumentCommand]| {
        steps.iter().try_fold(InstrumentState::Draft, |state, step| state.after(*step))
    };
    assert_eq!(walk(&[Change, Publish, Retire]), Some(InstrumentState::Retired));
    for no in [&[Retire][..], &[Publish, Change], &[Publish, Publish], &[Publish, Retire, Publish]]
    {
        assert_eq!(walk(no), None, "{no:?}");
    }
}

#[test]
fn a_number_has_two_plain_parts_and_orders_by_them() {
    for good in ["0.1", "1.0", "1.10", "999.999"] {
        assert_eq!(Number::parse(good).map(|number| number.to_string()).as_deref(), Some(good));
    }
    for bad in ["", "1", "1.0.0", "01.0", "1.1000", "1.x", "1.0 ", "+1.0", ".1", "1."] {
        assert_eq!(Number::parse(bad), None, "{bad:?}");
    }
    let number = |text| Number::parse(text).map(Number::precedence);
    assert!(number("1.9") < number("1.10") && number("1.999") < number("2.0"));
}

#[test]
fn an_outcome_holds_from_its_day_to_before_its_end() {
    let day = |text: &str| text.parse::<NaiveDate>().expect("a day");
    let found = Found {
        outcome: Outcome::Conditional,
        score: 6083,
        validated_on: day("2026-05-01"),
        valid_to: Some(day("2026-11-01")),
    };
    let on = |text| found.holds(day(text));
    assert_eq!(
        ["2026-04-30", "2026-05-01", "2026-10-31", "2026-11-01"].map(on),
        [false, true, true, false]
    );
    assert!(Found { valid_to: None, ..found }.holds(day("2040-01-01")));
}
