//! What a licence lets its holder do on which days (LIC-6): as it was granted, or as a variation has it.

use chrono::NaiveDate;

use super::model::Tier;

/// What a licence lets its holder do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The tier.
    pub tier: Tier,
    /// Most courses at once; `None` sets no bound.
    pub max_concurrent_courses: Option<i32>,
    /// Most trainees in a course; `None` sets no bound.
    pub max_trainees_per_course: Option<i32>,
}

/// A variation in force or to come. What it leaves out stays as it was granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Variation {
    /// First day.
    pub from: NaiveDate,
    /// The day from which it no longer holds.
    pub to: NaiveDate,
    /// The tier.
    pub tier: Option<Tier>,
    /// Most courses at once.
    pub max_concurrent_courses: Option<i32>,
    /// Most trainees in a course.
    pub max_trainees_per_course: Option<i32>,
}

impl Bounds {
    /// Whether the holder delivers training, rather than hosting that of others.
    #[must_use]
    pub fn delivers(self) -> bool {
        self.tier != Tier::HostOnly
    }

    /// What both allow.
    fn and(self, other: Self) -> Self {
        let least = |one: Option<i32>, other: Option<i32>| one.into_iter().chain(other).min();
        Self {
            tier: lower(self.tier, other.tier),
            max_concurrent_courses: least(
                self.max_concurrent_courses,
                other.max_concurrent_courses,
            ),
            max_trainees_per_course: least(
                self.max_trainees_per_course,
                other.max_trainees_per_course,
            ),
        }
    }
}

/// The tier that both reach.
const fn lower(one: Tier, other: Tier) -> Tier {
    match (one, other) {
        (Tier::HostOnly, _) | (_, Tier::HostOnly) => Tier::HostOnly,
        (Tier::CoDelivery, _) | (_, Tier::CoDelivery) => Tier::CoDelivery,
        (Tier::FullDelivery, Tier::FullDelivery) => Tier::FullDelivery,
    }
}

/// What a licence lets its holder do, with what varies it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed {
    /// As it was granted.
    pub granted: Bounds,
    /// What varies it, each for days of its own.
    pub varied: Vec<Variation>,
}

impl Allowed {
    /// LIC-6: the bounds on a day are those of the variation that holds on it, else those granted.
    fn on(&self, day: NaiveDate) -> Bounds {
        let Some(varied) = self.varied.iter().find(|v| v.from <= day && day < v.to) else {
            return self.granted;
        };
        let (courses, trainees) = (varied.max_concurrent_courses, varied.max_trainees_per_course);
        Bounds {
            tier: varied.tier.unwrap_or(self.granted.tier),
            max_concurrent_courses: courses.or(self.granted.max_concurrent_courses),
            max_trainees_per_course: trainees.or(self.granted.max_trainees_per_course),
        }
    }

    /// The strictest bounds from the first to the last day: what lasts over them keeps them on each.
    #[must_use]
    pub fn strictest(&self, (first, last): (NaiveDate, NaiveDate)) -> Bounds {
        let changes = self.varied.iter().flat_map(|varied| [varied.from, varied.to]);
        let within = changes.filter(|day| first < *day && *day <= last);
        within.fold(self.on(first), |bounds, day| bounds.and(self.on(day)))
    }
}

/// A succession loosens nothing: a bridge has the strictest of what holds on the day before it, and of what
/// would hold on its own days as long as each licence lasted. `None` if there is nothing to bridge.
#[must_use]
pub fn bridged_bounds(
    licences: &[(Allowed, NaiveDate)],
    on: NaiveDate,
    until: NaiveDate,
) -> Option<Bounds> {
    let before = on.pred_opt()?;
    let bounds = licences.iter().map(|(allowed, to)| {
        let last = until.min(*to).pred_opt().unwrap_or(before);
        allowed.strictest((before, last))
    });
    bounds.reduce(Bounds::and)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn what_lasts_over_days_keeps_the_strictest_bounds_of_them() {
        let granted = Bounds {
            tier: Tier::FullDelivery,
            max_concurrent_courses: Some(4),
            max_trainees_per_course: None,
        };
        let december = Variation {
            from: day("2026-12-01"),
            to: day("2027-01-01"),
            tier: Some(Tier::HostOnly),
            max_concurrent_courses: Some(6),
            max_trainees_per_course: Some(5),
        };
        let allowed = |varied: &[Variation]| Allowed { granted, varied: varied.to_vec() };
        let one = allowed(&[december]);
        let asked = |first: &str, last: &str| one.strictest((day(first), day(last)));
        assert_eq!(asked("2026-10-01", "2026-11-30"), granted, "before it");
        assert_eq!(asked("2027-01-01", "2027-02-01"), granted, "after it");
        let hosting = Bounds {
            tier: Tier::HostOnly,
            max_concurrent_courses: Some(6),
            max_trainees_per_course: Some(5),
        };
        assert_eq!(asked("2026-12-01", "2026-12-31"), hosting, "on its days alone");
        let both = Bounds { max_concurrent_courses: Some(4), ..hosting };
        assert_eq!(asked("2026-11-30", "2026-12-01"), both);
        assert_eq!(asked("2026-12-31", "2027-01-01"), both);
        let november = Variation { from: day("2026-11-01"), to: day("2026-12-01"), ..december };
        let days = (day("2026-11-15"), day("2026-12-15"));
        let two = allowed(&[december, november]);
        assert_eq!(two.strictest(days), hosting, "one after the other");
        assert!(granted.delivers() && !hosting.delivers());
    }

    #[test]
    fn a_bridge_has_the_strictest_of_the_day_before_it_and_of_its_own_days() {
        let granted = Bounds {
            tier: Tier::FullDelivery,
            max_concurrent_courses: None,
            max_trainees_per_course: Some(12),
        };
        let varied = |from: &str, to: &str, tier, courses, trainees| Variation {
            from: day(from),
            to: day(to),
            tier,
            max_concurrent_courses: courses,
            max_trainees_per_course: trainees,
        };
        let allowed = |varied| (Allowed { granted, varied }, day("2026-12-01"));
        let bridged = |licences: &[(Allowed, NaiveDate)]| {
            let bounds = bridged_bounds(licences, day("2026-04-20"), day("2026-07-19")).unwrap();
            (bounds.tier, bounds.max_concurrent_courses, bounds.max_trainees_per_course)
        };
        let host = Some(Tier::HostOnly);
        let full = (Tier::FullDelivery, None, Some(12));
        assert_eq!(bridged(&[allowed(vec![])]), full);
        let over = varied("2026-03-01", "2026-04-19", host, Some(1), Some(1));
        let later = varied("2026-07-19", "2026-08-01", host, Some(1), Some(1));
        assert_eq!(bridged(&[allowed(vec![over, later])]), full, "neither before nor after");
        let last = varied("2026-03-01", "2026-04-20", host, Some(2), None);
        let to_come = varied("2026-07-18", "2026-08-01", None, Some(3), Some(6));
        assert_eq!(bridged(&[allowed(vec![last, to_come])]), (Tier::HostOnly, Some(2), Some(6)));
        let co = varied("2026-04-01", "2026-12-01", Some(Tier::CoDelivery), Some(4), Some(20));
        assert_eq!(
            bridged(&[allowed(vec![co])]),
            (Tier::CoDelivery, Some(4), Some(20)),
            "in force throughout"
        );
        assert_eq!(
            bridged(&[allowed(vec![]), allowed(vec![co])]),
            (Tier::CoDelivery, Some(4), Some(12))
        );
        assert_eq!(bridged_bounds(&[], day("2026-04-20"), day("2026-07-19")), None);
    }
}
