//! What a licence lets its holder do on the days of a course.

use chrono::NaiveDate;

use crate::licence::model::Tier;

/// Bounds of a licence, as granted or as a variation has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Whether its tier delivers training.
    pub delivers: bool,
    /// Most courses at once.
    pub max_courses: Option<i32>,
    /// Most people in a course.
    pub max_trainees: Option<i32>,
}

/// What a variation changes, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Varied {
    /// Its first day.
    pub from: NaiveDate,
    /// The day from which it no longer holds.
    pub to: NaiveDate,
    /// Another tier.
    pub tier: Option<Tier>,
    /// Other bounds.
    pub max_courses: Option<i32>,
    /// The same.
    pub max_trainees: Option<i32>,
}

/// LIC-3: the strictest bounds from the first to the last day: a course keeps them on each of its days.
#[must_use]
pub fn strictest(
    granted: Bounds,
    varied: &[Varied],
    (first, last): (NaiveDate, NaiveDate),
) -> Bounds {
    let mut met: Vec<&Varied> =
        varied.iter().filter(|one| one.from <= last && first < one.to).collect();
    met.sort_by_key(|one| one.from);
    let mut as_granted_from = first;
    for one in &met {
        if one.from <= as_granted_from {
            as_granted_from = as_granted_from.max(one.to);
        }
    }
    let as_granted = (as_granted_from <= last).then_some(granted);
    let as_varied = met.iter().map(|one| Bounds {
        delivers: one.tier.map_or(granted.delivers, |tier| tier != Tier::HostOnly),
        max_courses: one.max_courses.or(granted.max_courses),
        max_trainees: one.max_trainees.or(granted.max_trainees),
    });
    let least = |one: Option<i32>, other: Option<i32>| one.into_iter().chain(other).min();
    as_varied
        .chain(as_granted)
        .reduce(|one, other| Bounds {
            delivers: one.delivers && other.delivers,
            max_courses: least(one.max_courses, other.max_courses),
            max_trainees: least(one.max_trainees, other.max_trainees),
        })
        .unwrap_or(granted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_course_keeps_the_strictest_bounds_of_its_days() {
        let granted = Bounds { delivers: true, max_courses: Some(4), max_trainees: None };
        let december = Varied {
            from: day("2026-12-01"),
            to: day("2027-01-01"),
            tier: Some(Tier::HostOnly),
            max_courses: Some(6),
            max_trainees: Some(5),
        };
        let asked =
            |first: &str, last: &str| strictest(granted, &[december], (day(first), day(last)));
        assert_eq!(asked("2026-10-01", "2026-11-30"), granted, "before it");
        assert_eq!(asked("2027-01-01", "2027-02-01"), granted, "after it");
        let hosting = Bounds { delivers: false, max_courses: Some(6), max_trainees: Some(5) };
        assert_eq!(asked("2026-12-01", "2026-12-31"), hosting, "on its days alone");
        let both = Bounds { max_courses: Some(4), ..hosting };
        assert_eq!(asked("2026-11-30", "2026-12-01"), both);
        assert_eq!(asked("2026-12-31", "2027-01-01"), both);
        let whole = Varied { from: day("2026-11-01"), to: day("2026-12-01"), ..december };
        let days = (day("2026-11-15"), day("2026-12-15"));
        assert_eq!(strictest(granted, &[december, whole], days), hosting, "one after the other");
    }
}
