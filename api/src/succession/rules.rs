//! The rules of what passes on, as functions over plain values. Each returns everything that is unmet.

use chrono::NaiveDate;
use uuid::Uuid;

use super::model::Assignment;
use crate::refusal::{Code, Refusal};

/// ORG-3: an organisation that nobody follows ends its courses before it ends itself.
#[must_use]
pub fn unmet_for_end(courses: &[&str], successors: &[Uuid]) -> Vec<Refusal> {
    if courses.is_empty() || !successors.is_empty() {
        return Vec::new();
    }
    let message = format!("complete or cancel its courses first: {}", courses.join(", "));
    vec![Refusal::at(Code::CoursesUnfinished, "", message)]
}

/// Courses pass on to an organisation that takes part in the network: a prospect or a dormant one delivers none.
#[must_use]
pub fn unmet_for_deliverer(courses: &[&str], takes_part: bool, path: &str) -> Vec<Refusal> {
    if courses.is_empty() || takes_part {
        return Vec::new();
    }
    let message = format!(
        "it does not take part in the network at present: activate it first, since courses pass on to it: {}",
        courses.join(", ")
    );
    vec![Refusal::at(Code::OrganisationNotActive, path, message)]
}

/// SUCC-2: what an organisation delivered, it delivered: it does not end before.
#[must_use]
pub fn unmet_for_day(
    (on, path): (NaiveDate, &str),
    first_possible: Option<NaiveDate>,
) -> Vec<Refusal> {
    let Some(first) = first_possible.filter(|first| on < *first) else { return Vec::new() };
    let message = format!("choose {first} or later: until then it delivered courses");
    vec![Refusal::at(Code::DateBeforeRecordedFact, path, message)]
}

/// Who takes a course or trainer over is one of the successors, and is named once.
#[must_use]
pub fn unmet_for_choice(place: &Assignment, successors: &[Uuid], chosen: Uuid) -> Vec<Refusal> {
    if place.successor_id.is_some() {
        return vec![Refusal::at(Code::Conflict, "", "a successor was named already")];
    }
    if successors.contains(&chosen) {
        return Vec::new();
    }
    let message = "choose one of the candidates: the organisations that followed";
    vec![Refusal::at(Code::NotACandidate, "successorId", message)]
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::succession::model::Subject;

    fn place(successor: Option<Uuid>) -> Assignment {
        Assignment {
            id: Uuid::nil(),
            organisation_id: Uuid::from_u128(1),
            subject: Subject::Course(Uuid::from_u128(2)),
            effective_on: NaiveDate::MIN,
            successor_id: successor,
            assigned_on: successor.map(|_| NaiveDate::MIN),
            created_at: DateTime::UNIX_EPOCH,
            version: 1,
        }
    }

    fn codes(unmet: &[Refusal]) -> Vec<Code> {
        unmet.iter().map(|refusal| refusal.code).collect()
    }

    #[test]
    fn courses_hold_an_organisation_that_nobody_follows() {
        assert_eq!(unmet_for_end(&[], &[]), []);
        assert_eq!(unmet_for_end(&["VOL-2026-001"], &[Uuid::nil()]), []);
        let unmet = unmet_for_end(&["VOL-2026-001", "VOL-2026-002"], &[]);
        assert_eq!(codes(&unmet), [Code::CoursesUnfinished]);
        assert!(unmet[0].message.contains("VOL-2026-001, VOL-2026-002"));
    }

    #[test]
    fn courses_pass_on_to_who_takes_part() {
        assert_eq!(unmet_for_deliverer(&[], false, "successorIds"), []);
        assert_eq!(unmet_for_deliverer(&["VOL-2026-001"], true, "successorIds"), []);
        let unmet = unmet_for_deliverer(&["VOL-2026-001"], false, "successorIds");
        assert_eq!(codes(&unmet), [Code::OrganisationNotActive]);
    }

    #[test]
    fn an_organisation_ends_no_earlier_than_it_delivered() {
        let day = |day| NaiveDate::from_ymd_opt(2026, 5, day).unwrap();
        assert_eq!(unmet_for_day((day(2), "effectiveOn"), Some(day(2))), []);
        assert_eq!(unmet_for_day((day(2), "effectiveOn"), None), []);
        let early = unmet_for_day((day(1), "effectiveOn"), Some(day(2)));
        assert_eq!(codes(&early), [Code::DateBeforeRecordedFact]);
    }

    #[test]
    fn one_of_the_successors_is_named_once() {
        let successors = [Uuid::from_u128(3), Uuid::from_u128(4)];
        assert_eq!(unmet_for_choice(&place(None), &successors, successors[1]), []);
        let other = unmet_for_choice(&place(None), &successors, Uuid::from_u128(5));
        assert_eq!(codes(&other), [Code::NotACandidate]);
        let again = unmet_for_choice(&place(Some(successors[0])), &successors, successors[1]);
        assert_eq!(codes(&again), [Code::Conflict]);
    }
}
