//! What attendance follows from: the sessions of a course, and what is recorded of one person.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::course::model::{Credit, SessionState};
use crate::refusal::{Code, Refusal};

crate::coded! {
    /// How somebody attended a session.
    Status {
        /// From its beginning to its end.
        Present = "PRESENT",
        /// For a part of it.
        Partial = "PARTIAL",
        /// Not at all.
        Absent = "ABSENT",
        /// Not at all, as was agreed. It counts as absence.
        AuthorisedAbsence = "AUTHORISED_ABSENCE",
        /// The session is not for this person. It counts on neither side.
        NotApplicable = "NOT_APPLICABLE",
    }
}

/// A session of the course.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Session {
    /// Its civil date.
    pub day: NaiveDate,
    /// Its taught minutes.
    pub minutes: i32,
    /// Whether it counts as a day of the course.
    pub counts_as_day: bool,
    /// The numbers of its modules.
    pub modules: BTreeSet<i32>,
    /// Where it stands.
    pub state: SessionState,
    /// Whether it counts for those who were there, once it is held.
    pub credit: Option<Credit>,
    /// The session whose place it took.
    pub replaces: Option<Uuid>,
}

/// How somebody attended a session, as it is recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// In a word.
    pub status: Status,
    /// For how many minutes.
    pub minutes: i32,
    /// The numbers of the modules that were attended.
    pub modules: BTreeSet<i32>,
}

/// The days of an enrolment: `from` belongs to them, `to` does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Enrolled {
    /// Its first day.
    pub from: NaiveDate,
    /// The first day after it; none while it goes on.
    pub to: Option<NaiveDate>,
}

/// What an earlier enrolment earned.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Carried {
    /// The numbers of the modules, in the version of the present course.
    pub modules: BTreeSet<i32>,
    /// The minutes that were attended.
    pub minutes: i32,
}

/// Everything that attendance follows from. Its maps and sets have one order, so the same facts are written the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// The days of the enrolment.
    pub enrolled: Enrolled,
    /// Every session of the course.
    pub sessions: BTreeMap<Uuid, Session>,
    /// The current record of each session that has one.
    pub records: BTreeMap<Uuid, Record>,
    /// Sessions that were made up, each with the day on which that was done.
    pub make_ups: BTreeMap<Uuid, NaiveDate>,
    /// What earlier enrolments earned, by enrolment.
    pub carried: BTreeMap<Uuid, Carried>,
    /// The mandatory modules that are waived.
    pub waived: BTreeSet<i32>,
}

impl Enrolled {
    /// Whether a day belongs to the enrolment.
    #[must_use]
    pub fn contains(&self, day: NaiveDate) -> bool {
        self.from <= day && self.to.is_none_or(|to| day < to)
    }
}

impl Record {
    /// Somebody was there from beginning to end.
    #[must_use]
    pub fn present(session: &Session) -> Self {
        let modules = session.modules.clone();
        Self { status: Status::Present, minutes: session.minutes, modules }
    }

    /// Somebody was not there: `status` says in which way.
    #[must_use]
    pub const fn none(status: Status) -> Self {
        Self { status, minutes: 0, modules: BTreeSet::new() }
    }
}

impl Carried {
    /// The same in another version, by the modules of it that stand for those of this one. Minutes stay.
    #[must_use]
    pub fn through(&self, equivalent: &BTreeMap<i32, BTreeSet<i32>>) -> Self {
        let modules = self.modules.iter().filter_map(|module| equivalent.get(module));
        Self { modules: modules.flatten().copied().collect(), minutes: self.minutes }
    }
}

/// ENR-3: the modules that stand for those of another version, by their numbers. Within a programme modules keep their
/// numbers; of another programme one stands for another where the title is the same besides, as it is where the one was
/// drafted from the other.
#[must_use]
pub fn equivalent(
    earned: &BTreeMap<i32, Option<String>>,
    taught: &BTreeMap<i32, Option<String>>,
    of_one_programme: bool,
) -> BTreeMap<i32, BTreeSet<i32>> {
    let is_same = |(number, title): &(&i32, &Option<String>)| match taught.get(number) {
        Some(other) => of_one_programme || (title.is_some() && *title == other),
        None => false,
    };
    let same = earned.iter().filter(is_same);
    same.map(|(number, _)| (*number, BTreeSet::from([*number]))).collect()
}

/// ATT-1, ATT-2 and ATT-4: a record is of a held session within the enrolment, and its status, minutes and modules
/// agree with each other and with the session.
#[must_use]
pub fn unmet_for_record(
    session: &Session,
    enrolled: &Enrolled,
    record: &Record,
    at: &str,
) -> Vec<Refusal> {
    let path = |field: &str| if at.is_empty() { field.to_owned() } else { format!("{at}.{field}") };
    let mut unmet = Vec::new();
    if session.state != SessionState::Held {
        let message = "attendance is recorded of sessions that were held";
        unmet.push(Refusal::at(Code::Conflict, at, message));
    }
    if !enrolled.contains(session.day) {
        unmet.push(Refusal::at(Code::OutsideEnrolment, at, Code::OutsideEnrolment.description()));
    }
    let all = session.minutes;
    let (minutes, message) = match record.status {
        Status::Present => {
            (all..=all, format!("present is all of the {all} minutes of the session"))
        }
        Status::Partial => {
            (1..=all - 1, format!("a part of the session is 1 to {} minutes", all - 1))
        }
        Status::Absent | Status::AuthorisedAbsence | Status::NotApplicable => {
            (0..=0, "there are no minutes of a session that was not attended".to_owned())
        }
    };
    if !minutes.contains(&record.minutes) {
        unmet.push(Refusal::at(Code::Invalid, &path("minutes"), message));
    }
    let message = match record.status {
        Status::Present => {
            (record.modules != session.modules).then_some("present is every module of the session")
        }
        Status::Partial => (!record.modules.is_subset(&session.modules))
            .then_some("names a module that the session does not teach"),
        Status::Absent | Status::AuthorisedAbsence | Status::NotApplicable => {
            (!record.modules.is_empty())
                .then_some("there are no modules of a session that was not attended")
        }
    };
    unmet.extend(message.map(|message| Refusal::at(Code::Invalid, &path("modules"), message)));
    unmet
}
