//! Civil dates, financial years and periods.
//!
//! Instants are kept in UTC. Everything a person would call a date is the civil date in London,
//! which runs an hour ahead of UTC in summer: on a summer evening the two differ, and with them the
//! financial year.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, Offset, TimeZone, Utc};
use chrono_tz::Tz;
use thiserror::Error;

/// The time zone that decides every civil date.
pub const LONDON: Tz = chrono_tz::Europe::London;

/// The month in which a financial year begins: April.
const FIRST_MONTH: u32 = 4;

/// The civil date in London at the instant `at`. Total: at the very ends of time, where London has
/// no date of its own, it is the date in UTC.
pub fn civil_date(at: DateTime<Utc>) -> NaiveDate {
    let utc = at.naive_utc();
    let offset = LONDON.offset_from_utc_datetime(&utc).fix();
    utc.checked_add_offset(offset).unwrap_or(utc).date()
}

/// The instant at which clocks in London show `time` on `day`: the first of two where they go back, none
/// where they jump over it.
pub fn london(day: NaiveDate, time: NaiveTime) -> Option<DateTime<Utc>> {
    let local = LONDON.from_local_datetime(&day.and_time(time)).earliest()?;
    Some(local.with_timezone(&Utc))
}

/// The quarter of the financial year in which `date` lies: 1 (April to June) to 4 (January to
/// March).
pub fn quarter(date: NaiveDate) -> u8 {
    (period(date) - 1) / 3 + 1
}

/// The monthly period of the financial year in which `date` lies: 1 (April) to 12 (March).
pub fn period(date: NaiveDate) -> u8 {
    ((date.month() + 12 - FIRST_MONTH) % 12 + 1) as u8
}

/// A financial year of English public bodies: 1 April to 31 March, both included.
///
/// Years are ordered by time and written as `2025/26`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FinancialYear(i32);

impl FinancialYear {
    /// The financial year in which the civil date `date` lies.
    pub fn of(date: NaiveDate) -> Self {
        Self(date.year() - i32::from(date.month() < FIRST_MONTH))
    }

    /// The year as people write it: `2025/26`.
    pub fn label(self) -> String {
        self.to_string()
    }

    /// Reads a label such as `2025/26`: four digits, a slash, and the last two digits of the next
    /// year.
    ///
    /// # Errors
    ///
    /// [`MalformedFinancialYear`] for any other text, `2025/27` and `2025-26` among them.
    pub fn parse(label: &str) -> Result<Self, MalformedFinancialYear> {
        let year = label
            .get(..4)
            .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
            .and_then(|digits| digits.parse().ok())
            .map(Self)
            .ok_or(MalformedFinancialYear)?;
        (year.label() == label).then_some(year).ok_or(MalformedFinancialYear)
    }

    /// 1 April, the first day of the year.
    pub fn first_day(self) -> NaiveDate {
        NaiveDate::from_ymd_opt(self.0, FIRST_MONTH, 1).unwrap_or(NaiveDate::MIN)
    }

    /// 31 March, the last day that still belongs to the year.
    pub fn last_day(self) -> NaiveDate {
        NaiveDate::from_ymd_opt(self.0 + 1, FIRST_MONTH - 1, 31).unwrap_or(NaiveDate::MAX)
    }

    /// Whether the civil date `date` lies in the year.
    pub fn contains(self, date: NaiveDate) -> bool {
        Self::of(date) == self
    }
}

impl fmt::Display for FinancialYear {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let next = (self.0 + 1).rem_euclid(100);
        write!(formatter, "{:04}/{next:02}", self.0)
    }
}

impl FromStr for FinancialYear {
    type Err = MalformedFinancialYear;

    fn from_str(label: &str) -> Result<Self, Self::Err> {
        Self::parse(label)
    }
}

/// The text is not the label of a financial year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "a financial year is written as a year and the last two digits of the next, such as 2025/26"
)]
pub struct MalformedFinancialYear;

/// A span of civil dates, half-open: `from` belongs to it, `to` does not. It holds at least one
/// day.
///
/// A side that is `None` is open: the period has always begun, or is not known to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Period {
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
}

impl Period {
    /// The period `[from, to)`.
    ///
    /// # Errors
    ///
    /// [`EmptyPeriod`] when `to` is not after `from`.
    pub fn new(from: Option<NaiveDate>, to: Option<NaiveDate>) -> Result<Self, EmptyPeriod> {
        begins_before(from, to).then_some(Self { from, to }).ok_or(EmptyPeriod)
    }

    /// The first day of the period; `None` when it has always begun.
    pub fn from(&self) -> Option<NaiveDate> {
        self.from
    }

    /// The first day after the period; `None` when no end is known.
    pub fn to(&self) -> Option<NaiveDate> {
        self.to
    }

    /// Whether `date` lies in the period.
    pub fn contains(&self, date: NaiveDate) -> bool {
        self.from.is_none_or(|from| from <= date) && self.to.is_none_or(|to| date < to)
    }

    /// Whether some day lies in both periods. Periods that only touch do not overlap.
    pub fn overlaps(&self, other: &Self) -> bool {
        begins_before(self.from, other.to) && begins_before(other.from, self.to)
    }

    /// Whether the period is running on the civil date `today`.
    pub fn is_current(&self, today: NaiveDate) -> bool {
        self.contains(today)
    }
}

/// A period must end after the day on which it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a period must end after the day on which it begins")]
pub struct EmptyPeriod;

/// Whether a span that begins on `from` begins before one that stops short of `to`. An open side is
/// infinitely far away.
fn begins_before(from: Option<NaiveDate>, to: Option<NaiveDate>) -> bool {
    from.zip(to).is_none_or(|(from, to)| from < to)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn london(instant: &str) -> NaiveDate {
        civil_date(instant.parse().unwrap())
    }

    fn days(from: &str, to: &str) -> Period {
        let side = |text: &str| (!text.is_empty()).then(|| date(text));
        Period::new(side(from), side(to)).unwrap()
    }

    #[test]
    fn the_civil_date_follows_the_clocks_of_london() {
        for (instant, expected) in [
            // Clocks went forward on 29 March 2026 at 01:00 UTC.
            ("2026-03-28T23:59:59Z", "2026-03-28"),
            ("2026-03-29T00:30:00Z", "2026-03-29"),
            ("2026-03-29T22:59:59Z", "2026-03-29"),
            ("2026-03-29T23:00:00Z", "2026-03-30"),
            // They went back on 26 October 2025 at 01:00 UTC.
            ("2025-10-25T22:59:59Z", "2025-10-25"),
            ("2025-10-25T23:00:00Z", "2025-10-26"),
            ("2025-10-26T23:59:59Z", "2025-10-26"),
            ("2025-10-27T00:00:00Z", "2025-10-27"),
        ] {
            assert_eq!(london(instant), date(expected), "{instant}");
        }
    }

    #[test]
    fn a_time_in_london_is_an_instant_where_clocks_show_it() {
        let at = |day: &str, time: &str| super::london(date(day), time.parse().unwrap());
        for (day, time, expected) in [
            ("2026-01-15", "10:00:00", "2026-01-15T10:00:00Z"),
            ("2026-07-15", "10:00:00", "2026-07-15T09:00:00Z"),
            // 01:30 comes twice on the day on which clocks go back.
            ("2025-10-26", "01:30:00", "2025-10-26T00:30:00Z"),
        ] {
            assert_eq!(at(day, time), expected.parse().ok(), "{day} {time}");
        }
        assert_eq!(at("2026-03-29", "01:30:00"), None, "clocks go forward past it");
    }

    #[test]
    fn the_financial_year_turns_at_midnight_in_london() {
        for (instant, label) in [
            // 2026: summer time already runs on 31 March, so the year turns at 23:00 UTC.
            ("2026-03-31T22:59:59Z", "2025/26"),
            ("2026-03-31T23:00:00Z", "2026/27"),
            ("2026-03-31T23:30:00Z", "2026/27"),
            // 2024: clocks went forward on 31 March itself.
            ("2024-03-31T22:59:59Z", "2023/24"),
            ("2024-03-31T23:00:00Z", "2024/25"),
        ] {
            assert_eq!(FinancialYear::of(london(instant)).label(), label, "{instant}");
        }
    }

    #[test]
    fn summer_time_does_not_end_with_the_published_tables() {
        assert_eq!(london("2050-07-01T23:30:00Z"), date("2050-07-02"));
    }

    #[test]
    fn the_ends_of_time_have_a_civil_date() {
        assert_eq!(civil_date(DateTime::<Utc>::MAX_UTC), DateTime::<Utc>::MAX_UTC.date_naive());
        assert_eq!(civil_date(DateTime::<Utc>::MIN_UTC), DateTime::<Utc>::MIN_UTC.date_naive());
    }

    #[test]
    fn a_financial_year_runs_from_april_to_march() {
        let year = FinancialYear::of(date("2025-04-01"));
        assert_eq!(year.first_day(), date("2025-04-01"));
        assert_eq!(year.last_day(), date("2026-03-31"));
        assert_eq!(FinancialYear::of(year.last_day()), year);
        assert!(year.contains(date("2026-02-28")));
        assert!(!year.contains(date("2025-03-31")));
        assert!(!year.contains(date("2026-04-01")));
        assert!(FinancialYear::of(date("2026-04-01")) > year);
    }

    #[test]
    fn the_first_and_last_year_stay_within_the_dates_that_exist() {
        assert_eq!(FinancialYear::of(NaiveDate::MIN).first_day(), NaiveDate::MIN);
        assert_eq!(FinancialYear::of(NaiveDate::MAX).last_day(), NaiveDate::MAX);
    }

    #[test]
    fn labels_can_be_read_back() {
        for (day, label) in [
            ("2025-12-31", "2025/26"),
            ("2000-03-31", "1999/00"),
            ("2000-04-01", "2000/01"),
            ("0009-04-01", "0009/10"),
        ] {
            let year = FinancialYear::of(date(day));
            assert_eq!(year.to_string(), label);
            assert_eq!(FinancialYear::parse(label), Ok(year));
            assert_eq!(label.parse(), Ok(year));
        }
    }

    #[test]
    fn other_labels_are_refused() {
        for label in [
            "",
            "2025",
            "2025/",
            "2025/25",
            "2025/27",
            "2025/2026",
            "2025-26",
            "25/26",
            " 2025/26",
            "2025/26 ",
            "+025/26",
            "-025/26",
            "２025/26",
            "20255/56",
        ] {
            assert_eq!(FinancialYear::parse(label), Err(MalformedFinancialYear), "{label}");
        }
    }

    #[test]
    fn months_have_their_period_and_quarter() {
        let expected = [
            (10, 4),
            (11, 4),
            (12, 4),
            (1, 1),
            (2, 1),
            (3, 1),
            (4, 2),
            (5, 2),
            (6, 2),
            (7, 3),
            (8, 3),
            (9, 3),
        ];
        for (month, pair) in (1..).zip(expected) {
            let day = NaiveDate::from_ymd_opt(2026, month, 1).unwrap();
            assert_eq!((period(day), quarter(day)), pair, "month {month}");
        }
    }

    #[test]
    fn a_period_must_hold_a_day() {
        let (first, second) = (Some(date("2026-04-01")), Some(date("2026-04-02")));
        assert!(Period::new(first, second).is_ok());
        assert_eq!(Period::new(first, first), Err(EmptyPeriod));
        assert_eq!(Period::new(second, first), Err(EmptyPeriod));
        assert!(Period::new(None, None).is_ok());
    }

    #[test]
    fn a_period_excludes_the_day_it_ends_on() {
        let year = days("2025-04-01", "2026-04-01");
        assert_eq!((year.from(), year.to()), (Some(date("2025-04-01")), Some(date("2026-04-01"))));
        assert!(!year.contains(date("2025-03-31")));
        assert!(year.contains(date("2025-04-01")));
        assert!(year.is_current(date("2026-03-31")));
        assert!(!year.is_current(date("2026-04-01")));
    }

    #[test]
    fn an_open_side_has_no_bound() {
        assert!(days("", "").contains(NaiveDate::MIN));
        assert!(days("2026-04-01", "").contains(NaiveDate::MAX));
        assert!(!days("", "2026-04-01").contains(date("2026-04-01")));
    }

    #[test]
    fn periods_that_touch_do_not_overlap() {
        let before = days("", "2026-04-01");
        let after = days("2026-04-01", "");
        let across = days("2026-03-31", "2026-04-02");
        for (one, other, expected) in [
            (before, after, false),
            (before, across, true),
            (after, across, true),
            (across, across, true),
            (days("", ""), across, true),
            (days("2025-01-01", "2025-02-01"), across, false),
        ] {
            assert_eq!(one.overlaps(&other), expected, "{one:?} {other:?}");
            assert_eq!(other.overlaps(&one), expected, "{other:?} {one:?}");
        }
    }
}
