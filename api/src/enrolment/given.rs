//! Courses and people for the tests of this folder.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, NaiveDate};
use uuid::Uuid;

use super::attendance;
use super::facts::{Enrolled, Facts, Record, Session, Status};
use super::graduation::{Assignment, Inputs, Placement, PlacementStanding, Rule};
use crate::course::model::{Credit, SessionState};
use crate::programme::model::AttendanceBasis;

/// The number-th day of the course, a week after the one before: from Monday 15 September 2025 on.
pub fn day(number: u64) -> NaiveDate {
    let first = NaiveDate::from_ymd_opt(2025, 9, 15).expect("a date");
    first + Days::new(7 * number)
}

/// The id of the number-th session.
pub fn id(number: u64) -> Uuid {
    Uuid::from_u128(u128::from(number) + 1)
}

/// The published rule: 80 % of days, an assignment.
pub fn rule() -> attendance::Rule {
    attendance::Rule {
        basis: AttendanceBasis::Days,
        threshold: 8000,
        day_counts_at: 7500,
        max_missed_days: None,
        make_up_days: 0,
        mandatory: BTreeSet::new(),
    }
}

/// The same, counted in something else.
pub fn by(basis: AttendanceBasis) -> attendance::Rule {
    attendance::Rule { basis, ..rule() }
}

/// A held day of five hours, on the number-th day, with two modules: 1 and 2 on the first.
pub fn held(number: u64) -> Session {
    let module = i32::try_from(2 * number).expect("few");
    Session {
        day: day(number),
        minutes: 300,
        counts_as_day: true,
        modules: BTreeSet::from([module + 1, module + 2]),
        state: SessionState::Held,
        credit: Some(Credit::Given),
        replaces: None,
    }
}

/// The same, to come.
pub fn planned(number: u64) -> Session {
    Session { state: SessionState::Planned, credit: None, ..held(number) }
}

/// A course of held days, of which the first `attended` were attended and the others not.
pub fn course(attended: u64, days: u64) -> Facts {
    let mut facts = Facts {
        enrolled: Enrolled { from: day(0), to: None },
        sessions: (0..days).map(|number| (id(number), held(number))).collect(),
        records: BTreeMap::new(),
        make_ups: BTreeMap::new(),
        carried: BTreeMap::new(),
        waived: BTreeSet::new(),
    };
    for number in 0..days {
        let session = &facts.sessions[&id(number)];
        let record = match number < attended {
            true => Record::present(session),
            false => Record::none(Status::Absent),
        };
        facts.records.insert(id(number), record);
    }
    facts
}

/// The same with more days to come.
pub fn running(attended: u64, days: u64, to_come: u64) -> Facts {
    let mut facts = course(attended, days);
    facts.sessions.extend((days..days + to_come).map(|number| (id(number), planned(number))));
    facts
}

/// Takes a session off the course, and what is recorded of it.
pub fn cancel(facts: &mut Facts, number: u64) {
    facts.sessions.get_mut(&id(number)).expect("a session").state = SessionState::Cancelled;
    facts.records.remove(&id(number));
}

/// Moves a session to the Saturday after it; gives the number of the replacement.
pub fn to_saturday(facts: &mut Facts, number: u64) -> u64 {
    let replacement = facts.sessions.len() as u64;
    let original = facts.sessions.get_mut(&id(number)).expect("a session");
    let saturday = original.day + Days::new(5);
    let moved = Session { day: saturday, replaces: Some(id(number)), ..original.clone() };
    original.state = SessionState::Rescheduled;
    facts.records.remove(&id(number));
    facts.sessions.insert(id(replacement), moved);
    replacement
}

/// Records a part of a session.
pub fn part(facts: &mut Facts, number: u64, minutes: i32, modules: &[i32]) {
    let modules = modules.iter().copied().collect();
    facts.records.insert(id(number), Record { status: Status::Partial, minutes, modules });
}

/// Somebody of a completed course with a passed assignment and no placement.
pub fn done(attendance: Facts) -> Inputs {
    Inputs {
        attendance,
        course_completed: true,
        assignment: Assignment::Passed,
        placement: Placement { standing: PlacementStanding::Open, minutes: 0 },
    }
}

/// The published rule with everything that it asks for, and modules 1 to 20.
pub fn graduation() -> Rule {
    Rule {
        attendance: rule(),
        modules: (1..=20).collect(),
        assignment_required: true,
        placement_required: false,
        placement_min_minutes: None,
        completion_without_accreditation: false,
    }
}
