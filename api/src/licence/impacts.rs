//! What changes of a licence mean for what runs under it, in words for the reader of an impact.

use chrono::NaiveDate;

use super::model::Tier;
use super::parts::{Granted, VariationTerms};
use crate::programme::kind::ProgrammeType;

/// A course that runs under a licence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenCourse {
    /// Its code.
    pub code: String,
    /// What it trains for.
    pub programme_type: ProgrammeType,
    /// Its first day.
    pub starts_on: NaiveDate,
    /// Its last day.
    pub ends_on: NaiveDate,
    /// How many people it may take.
    pub capacity_max: i32,
    /// How many people have a place.
    pub places_taken: i32,
    /// Whether a session of it is still to be held or recorded.
    pub has_planned_sessions: bool,
    /// The last day of a teach-out decision that there is.
    pub teach_out_until: Option<NaiveDate>,
}

/// What the courses that run under a licence say to the reader of an impact; nothing, if there are none. A
/// course whose sessions are all held, or that has a teach-out decision to its end, needs none.
#[must_use]
pub fn told_of_courses(open_courses: &[OpenCourse]) -> Vec<String> {
    let to_come: Vec<&OpenCourse> =
        open_courses.iter().filter(|course| course.has_planned_sessions).collect();
    if to_come.is_empty() {
        return Vec::new();
    }
    let places: i32 = to_come.iter().map(|course| course.places_taken).sum();
    let count = to_come.len();
    let mut told =
        vec![format!("open courses under it: {count}, in which {places} people have a place")];
    let (decided, open): (Vec<&OpenCourse>, Vec<&OpenCourse>) = to_come
        .into_iter()
        .partition(|course| course.teach_out_until.is_some_and(|until| course.ends_on <= until));
    let named = |courses: &[&OpenCourse]| {
        let until = |course: &&OpenCourse| format!("{} until {}", course.code, course.ends_on);
        courses.iter().map(until).collect::<Vec<_>>().join(", ")
    };
    if !open.is_empty() {
        told.push(format!("each needs a teach-out decision: {}", named(&open)));
    }
    if !decided.is_empty() {
        told.push(format!(
            "under the teach-out decisions that there are go on: {}",
            named(&decided)
        ));
    }
    told
}

/// What a variation breaks of the courses that run under the licence, each with its places.
#[must_use]
pub fn told_of_variation(terms: &VariationTerms, open_courses: &[OpenCourse]) -> Vec<String> {
    let meets = |course: &&OpenCourse| course.starts_on < terms.to && terms.from <= course.ends_on;
    let met: Vec<&OpenCourse> = open_courses.iter().filter(meets).collect();
    let (types, tier) = (terms.programme_types(), terms.tier());
    let broken = |course: &&OpenCourse| {
        let mut why = Vec::new();
        if types.as_ref().is_some_and(|types| !types.contains(&course.programme_type)) {
            why.push(format!("the licence is then not for {}", course.programme_type.code()));
        }
        if tier == Some(Tier::HostOnly) {
            why.push("the licence is then for hosting only".to_owned());
        }
        let most = terms.max_trainees_per_course.filter(|most| course.capacity_max > *most);
        why.extend(most.map(|most| {
            format!("it may take {}, and the licence then allows {most}", course.capacity_max)
        }));
        let OpenCourse { code, starts_on, ends_on, places_taken, .. } = course;
        let told = format!(
            "{code}, {starts_on} to {ends_on}, in which {places_taken} people have a place"
        );
        (!why.is_empty()).then(|| format!("{told}: {}", why.join("; ")))
    };
    let mut told: Vec<String> = met.iter().filter_map(broken).collect();
    let most = terms.max_concurrent_courses;
    if let Some(most) =
        most.filter(|most| usize::try_from(*most).is_ok_and(|most| met.len() > most))
    {
        let codes: Vec<&str> = met.iter().map(|course| course.code.as_str()).collect();
        told.push(format!(
            "the licence then allows {most} courses at once, and {} run on these days: {}",
            met.len(),
            codes.join(", ")
        ));
    }
    told
}

/// What an application should know of what its organisation is licensed for today and later.
#[must_use]
pub fn told_of_held(types: &[ProgrammeType], held: &[Granted], today: NaiveDate) -> Vec<String> {
    let meets = |held: &&Granted| types.contains(&held.programme_type) && today < held.to;
    let told = |held: &Granted| {
        format!(
            "{}: this application can be granted for days after that only, unless it renews it",
            held.told()
        )
    };
    held.iter().filter(meets).map(told).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn open(
        code: &str,
        ty: ProgrammeType,
        (from, to): (&str, &str),
        places_taken: i32,
    ) -> OpenCourse {
        OpenCourse {
            code: code.to_owned(),
            programme_type: ty,
            starts_on: day(from),
            ends_on: day(to),
            capacity_max: 12,
            places_taken,
            has_planned_sessions: true,
            teach_out_until: None,
        }
    }

    fn courses() -> [OpenCourse; 3] {
        [
            open("SUP-1", ProgrammeType::Supervisor, ("2026-05-01", "2026-06-01"), 12),
            open("VOL-1", ProgrammeType::Volunteer, ("2026-05-15", "2026-07-01"), 9),
            open("VOL-2", ProgrammeType::Volunteer, ("2026-08-01", "2026-09-01"), 3),
        ]
    }

    #[test]
    fn a_course_whose_sessions_are_all_held_needs_no_decision() {
        assert_eq!(told_of_courses(&[]), [] as [String; 0]);
        let [mut supervisors, volunteers, _] = courses();
        let told = told_of_courses(&[supervisors.clone(), volunteers.clone()]);
        assert_eq!(told[0], "open courses under it: 2, in which 21 people have a place");
        assert_eq!(
            told[1],
            "each needs a teach-out decision: SUP-1 until 2026-06-01, VOL-1 until 2026-07-01"
        );
        supervisors.teach_out_until = Some(day("2026-06-01"));
        let told = told_of_courses(&[supervisors.clone(), volunteers.clone()]);
        assert_eq!(
            told[1..],
            [
                "each needs a teach-out decision: VOL-1 until 2026-07-01",
                "under the teach-out decisions that there are go on: SUP-1 until 2026-06-01"
            ]
        );
        supervisors.has_planned_sessions = false;
        let told = told_of_courses(&[supervisors.clone(), volunteers]);
        assert_eq!(told[1], "each needs a teach-out decision: VOL-1 until 2026-07-01");
        assert_eq!(told_of_courses(&[supervisors]), [] as [String; 0]);
    }

    #[test]
    fn a_variation_names_each_course_that_it_breaks_and_no_other() {
        let same = VariationTerms {
            from: day("2026-06-01"),
            to: day("2026-08-01"),
            tier: None,
            programme_types: None,
            max_concurrent_courses: None,
            max_trainees_per_course: None,
        };
        let told = |terms: &VariationTerms| told_of_variation(terms, &courses());
        assert_eq!(told(&same), [] as [String; 0]);
        let types =
            VariationTerms { programme_types: Some(vec!["SUPERVISOR".to_owned()]), ..same.clone() };
        assert_eq!(
            told(&types),
            [
                "VOL-1, 2026-05-15 to 2026-07-01, in which 9 people have a place: the licence is then not for VOLUNTEER"
            ]
        );
        let hosting = VariationTerms { tier: Some("HOST_ONLY".to_owned()), ..same.clone() };
        assert_eq!(told(&hosting).len(), 2, "those that run on its days");
        let smaller = VariationTerms { max_trainees_per_course: Some(11), ..same.clone() };
        assert_eq!(told(&smaller).len(), 2);
        let fewer = VariationTerms { max_concurrent_courses: Some(1), ..same.clone() };
        assert_eq!(
            told(&fewer),
            ["the licence then allows 1 courses at once, and 2 run on these days: SUP-1, VOL-1"]
        );
        let enough = VariationTerms {
            max_concurrent_courses: Some(2),
            max_trainees_per_course: Some(12),
            ..same
        };
        assert_eq!(told(&enough), [] as [String; 0]);
    }
}
