//! The life of an enrolment, written down a second time.

use super::*;

/// From, step, to.
const LIFE: &[(&str, &str)] = &[
    ("HELD", "Admit PLACED, Refuse REFUSED, Withdraw WITHDRAWN"),
    ("REFUSED", ""),
    (
        "PLACED",
        "Hold HELD, Start ACTIVE, Defer DEFERRED, Withdraw WITHDRAWN, TransferOut TRANSFERRED_OUT",
    ),
    (
        "ACTIVE",
        "Hold HELD, Unstart PLACED, Complete COMPLETED_TEACHING, Defer DEFERRED, Withdraw WITHDRAWN, \
         TransferOut TRANSFERRED_OUT",
    ),
    ("COMPLETED_TEACHING", "Hold HELD, Graduate GRADUATED, Fail NOT_GRADUATED, Withdraw WITHDRAWN"),
    ("GRADUATED", "Reopen COMPLETED_TEACHING"),
    ("NOT_GRADUATED", "Reopen COMPLETED_TEACHING, Resit RESIT"),
    ("RESIT", "Hold HELD, Graduate GRADUATED, Fail NOT_GRADUATED, Withdraw WITHDRAWN"),
    ("DEFERRED", "Hold HELD, Resume ACTIVE, Withdraw WITHDRAWN, TransferOut TRANSFERRED_OUT"),
    ("WITHDRAWN", ""),
    ("TRANSFERRED_OUT", ""),
];

#[test]
fn the_life_of_an_enrolment_has_these_steps_and_no_others() {
    let mut steps = 0;
    for &from in State::ALL {
        let (_, life) = LIFE.iter().find(|(state, _)| *state == from.code()).expect("a state");
        for command in Command::ALL {
            let named = format!("{command:?} ");
            let expected = life.split(", ").find_map(|step| step.trim().strip_prefix(&named));
            let to = from.after(command);
            assert_eq!(to.map(State::code), expected, "{from:?} {command:?}");
            steps += usize::from(to.is_some());
        }
    }
    assert_eq!((State::ALL.len() * Command::ALL.len(), steps), (154, 29));
}

#[test]
fn nobody_who_has_left_comes_back_but_from_a_pause() {
    for &state in State::ALL {
        let leads_on = Command::ALL.iter().any(|command| state.after(*command).is_some());
        let over = matches!(state, State::Refused | State::Withdrawn | State::TransferredOut);
        assert_eq!(leads_on, !over, "{state:?}");
        assert_eq!(state.has_left(), over || state == State::Deferred, "{state:?}");
    }
}
