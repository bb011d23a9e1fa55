//! Plans against a planner of the tests' own that looks at one day after the other.

use chrono::Timelike as _;

use super::*;
use crate::calendar::Period;
use crate::programme::kind::ProgrammeType;

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn module(number: i32) -> Module {
    Module { id: Uuid::from_u128(u128::try_from(number).unwrap()), number }
}

fn times() -> Times {
    let time = |hour| NaiveTime::from_hms_opt(hour, 0, 0).unwrap();
    Times { starts: time(10), ends: time(16), break_minutes: 60 }
}

fn holidays() -> Vec<(NaiveDate, String)> {
    [("2026-04-03", "Good Friday"), ("2026-04-06", "Easter Monday"), ("2026-05-04", "Early May")]
        .map(|(day, name)| (date(day), name.to_owned()))
        .to_vec()
}

/// Eight Mondays from 9 March 2026, over Easter.
struct Given {
    pattern: Pattern,
    holidays: Vec<(NaiveDate, String)>,
    closed: Vec<NaiveDate>,
    modules: Vec<Module>,
    start: NaiveDate,
    sessions: u32,
    each: Option<u32>,
}

impl Given {
    fn mondays() -> Self {
        Self {
            pattern: Pattern::Weekly(Weekday::Mon),
            holidays: holidays(),
            closed: Vec::new(),
            modules: (1..=16).map(module).collect(),
            start: date("2026-03-09"),
            sessions: 8,
            each: None,
        }
    }

    fn asked(&self) -> Asked<'_> {
        Asked {
            start: self.start,
            pattern: &self.pattern,
            sessions: self.sessions,
            times: times(),
            holidays: &self.holidays,
            closed: &self.closed,
            modules: &self.modules,
            modules_per_session: self.each,
            taught_minutes: None,
            today: date("2026-03-01"),
        }
    }

    fn plan(&self) -> Plan {
        plan(&self.asked()).unwrap()
    }

    fn codes(&self) -> Vec<&'static str> {
        plan(&self.asked()).unwrap_err().iter().map(|refusal| refusal.code.text()).collect()
    }
}

fn kinds(warnings: &[Warning]) -> Vec<WarningKind> {
    warnings.iter().map(|warning| warning.kind).collect()
}

#[test]
fn a_weekly_course_leaves_out_bank_holidays_and_closed_days() {
    let mut given = Given::mondays();
    given.closed = vec![date("2026-03-23")];
    let plan = given.plan();
    let expected = [
        "2026-03-09",
        "2026-03-16",
        "2026-03-30",
        "2026-04-13",
        "2026-04-20",
        "2026-04-27",
        "2026-05-11",
        "2026-05-18",
    ];
    assert_eq!(plan.days(), expected.map(date));
    let skipped = [
        (WarningKind::ClosedDateSkipped, "2026-03-23"),
        (WarningKind::BankHolidaySkipped, "2026-04-06"),
        (WarningKind::BankHolidaySkipped, "2026-05-04"),
    ];
    let warned: Vec<(WarningKind, Vec<NaiveDate>)> =
        plan.warnings.iter().map(|warning| (warning.kind, warning.dates.clone())).collect();
    assert_eq!(warned, skipped.map(|(kind, day)| (kind, vec![date(day)])));
}

#[test]
fn sessions_keep_their_time_in_london_when_the_clocks_change() {
    let plan = Given::mondays().plan();
    let hours: Vec<u32> = plan.sessions.iter().map(|session| session.starts_at.hour()).collect();
    assert_eq!(hours[..4], [10, 10, 10, 9], "clocks go forward on 29 March 2026");
    assert!(plan.sessions.iter().all(|session| session.minutes == 300));
}

#[test]
fn a_block_is_of_working_days() {
    let given = Given {
        pattern: Pattern::Block,
        start: date("2026-04-01"),
        sessions: 4,
        ..Given::mondays()
    };
    let expected = ["2026-04-01", "2026-04-02", "2026-04-07", "2026-04-08"];
    assert_eq!(given.plan().days(), expected.map(date));
}

#[test]
fn named_days_stay_unless_they_are_holidays() {
    let dates = ["2026-03-28", "2026-04-03", "2026-04-11"].map(date).to_vec();
    let mut given = Given { pattern: Pattern::Dates(dates), ..Given::mondays() };
    given.sessions = 3;
    let plan = given.plan();
    assert_eq!(plan.days(), ["2026-03-28", "2026-04-11"].map(date));
    assert_eq!(kinds(&plan.warnings), [WarningKind::BankHolidaySkipped]);
    for wrong in
        [&["2026-03-28", "2026-03-28"][..], &["2026-04-11", "2026-03-28"], &["2026-03-01"], &[]]
    {
        given.pattern = Pattern::Dates(wrong.iter().map(|day| date(day)).collect());
        assert_eq!(given.codes(), ["INVALID"], "{wrong:?}");
    }
}

#[test]
fn modules_are_spread_in_order() {
    let plan = Given::mondays().plan();
    let first: Vec<u128> = plan.sessions[1].modules.iter().map(|id| id.as_u128()).collect();
    assert_eq!(first, [3, 4], "two a day");
    let ten = Given { sessions: 10, ..Given::mondays() }.plan();
    let sizes: Vec<usize> = ten.sessions.iter().map(|session| session.modules.len()).collect();
    assert_eq!(sizes, [2, 2, 2, 2, 2, 2, 2, 2, 0, 0], "the last two weeks hold no module");
    let one_each = Given { each: Some(1), ..Given::mondays() }.plan();
    let warning = one_each.warnings.last().unwrap();
    assert_eq!(warning.kind, WarningKind::ModuleNotScheduled);
    assert_eq!(warning.message, "modules without a session: 9, 10, 11, 12, 13, 14, 15, 16");
}

#[test]
fn impossible_requests_are_refused_with_everything_that_is_wrong() {
    let mut given = Given { sessions: 0, each: Some(0), ..Given::mondays() };
    assert_eq!(given.codes(), ["INVALID", "INVALID"]);
    given = Given::mondays();
    let mut asked = given.asked();
    asked.times.break_minutes = 360;
    assert_eq!(plan(&asked).unwrap_err()[0].path, ["input", "plan", "breakMinutes"]);
    asked.times.ends = asked.times.starts;
    assert_eq!(plan(&asked).unwrap_err()[0].path, ["input", "plan", "endTime"]);
    given.pattern = Pattern::Weekly(Weekday::Sun);
    given.start = date("2026-03-29");
    let mut asked = given.asked();
    asked.times.starts = NaiveTime::from_hms_opt(1, 30, 0).unwrap();
    assert_eq!(
        plan(&asked).unwrap_err()[0].path,
        ["input", "plan", "startTime"],
        "clocks jump over it"
    );
}

fn period(from: &str, to: &str) -> Period {
    Period::new(Some(date(from)), Some(date(to))).unwrap()
}

fn licensed(to: &str, grace_to: &str) -> LicenceDays {
    let (from, to, grace_to) = (date("2020-01-01"), date(to), date(grace_to));
    LicenceDays { from, to, grace_to, suspended: false }
}

fn ground() -> Ground {
    Ground {
        licence: Some(licensed("2027-01-01", "2027-03-02")),
        trainers: vec![TrainerFacts {
            id: Uuid::from_u128(7),
            name: "Lena".to_owned(),
            path: String::new(),
            programme_type: ProgrammeType::Volunteer,
            lived_experience: false,
            accredited: vec![period("2025-01-01", "2027-01-01")],
            leads: Vec::new(),
        }],
        ..Ground::default()
    }
}

#[test]
fn a_course_over_the_end_of_march_lies_in_two_financial_years() {
    let days = Given::mondays().plan().days();
    let warned = warnings(&days, &ground());
    assert_eq!(kinds(&warned), [WarningKind::TwoFinancialYears]);
    assert_eq!(warned[0].dates, [date("2026-03-31")]);
    assert!(warned[0].message.contains("2025/26") && warned[0].message.contains("2026/27"));
}

#[test]
fn each_danger_is_named_with_its_days() {
    let days = ["2026-04-13", "2026-05-18", "2026-07-01"].map(date);
    let mut found = ground();
    found.licence = Some(licensed("2026-05-18", "2026-07-17"));
    let warned = warnings(&days, &found);
    assert_eq!(kinds(&warned), [WarningKind::LicenceEndsInGrace]);
    assert_eq!(warned[0].dates, days[1..]);
    found.licence = Some(licensed("2026-05-01", "2026-06-30"));
    assert_eq!(kinds(&warnings(&days, &found)), [WarningKind::LicenceEnds]);
    found.teach_out_until = Some(date("2026-07-01"));
    assert_eq!(warnings(&days, &found), []);
    found.licence = None;
    assert_eq!(kinds(&warnings(&days, &found)), [WarningKind::LicenceMissing]);
    let mut found = ground();
    found.trainers[0].accredited =
        vec![period("2025-01-01", "2026-04-14"), period("2026-06-01", "2027-01-01")];
    let warned = warnings(&days, &found);
    assert_eq!((warned[0].trainer, &warned[0].dates[..]), (Some(Uuid::from_u128(7)), &days[1..2]));
    assert_eq!(warned[0].message, "Lena may not teach VOLUNTEER sessions of 2026-05-18");
    let mut found = ground();
    found.last_start = Some(date("2026-04-12"));
    found.holidays = Some((date("2020-01-01"), date("2026-06-30")));
    let expected = [WarningKind::VersionStartsTooLate, WarningKind::BankHolidaysUnknown];
    assert_eq!(kinds(&warnings(&days, &found)), expected);
    found.holidays = Some((date("2026-04-14"), date("2027-06-30")));
    assert_eq!(kinds(&warnings(&days, &found)), expected, "nor is anything known of before");
    let mut found = ground();
    found.first_start = Some(date("2026-04-14"));
    let licence = LicenceDays { from: date("2026-05-01"), ..licensed("2027-01-01", "2027-01-01") };
    found.licence = Some(LicenceDays { suspended: true, ..licence });
    let warned = warnings(&days, &found);
    let expected = [
        WarningKind::LicenceSuspended,
        WarningKind::LicenceStartsLater,
        WarningKind::VersionStartsTooEarly,
    ];
    assert_eq!(kinds(&warned), expected);
    assert_eq!(warned[1].dates, days[..1]);
    assert_eq!(warnings(&[], &found), []);
}

#[test]
fn planned_minutes_lie_near_those_of_the_version() {
    let given = Given::mondays();
    // Eight days of 300 minutes.
    for (minutes, far) in
        [(3_001, true), (3_000, false), (2_400, false), (2_000, false), (1_999, true)]
    {
        let asked = Asked { taught_minutes: Some(minutes), ..given.asked() };
        let told = kinds(&plan(&asked).unwrap().warnings);
        assert_eq!(told.contains(&WarningKind::PlannedMinutesDiffer), far, "{minutes}");
    }
}

#[test]
fn a_day_lies_within_ten_years() {
    let today = date("2026-05-01");
    for (day, refused) in [
        ("0001-01-01", true),
        ("2015-12-31", true),
        ("2016-01-01", false),
        ("2036-12-31", false),
        ("2037-01-01", true),
        ("9999-12-31", true),
    ] {
        let unmet = unmet_for_year(date(day), "plan.start", today);
        assert_eq!(unmet.len(), usize::from(refused), "{day}");
    }
    let odd = Given { start: date("9999-12-31"), ..Given::mondays() };
    assert_eq!(
        plan(&odd.asked()).unwrap_err()[0].message,
        "choose a day of the years 2016 to 2036"
    );
}

/// The latest safe start as somebody would find it with a wall calendar.
fn by_hand(given: &Given, ground: &Ground, earliest: NaiveDate) -> Option<NaiveDate> {
    let on = |day: NaiveDate| match given.pattern {
        Pattern::Weekly(weekday) => day.weekday() == weekday,
        _ => !matches!(day.weekday(), Weekday::Sat | Weekday::Sun),
    };
    let free = |day: NaiveDate| !given.holidays.iter().any(|(holiday, _)| *holiday == day);
    let mut start = FinancialYear::of(given.start).last_day();
    while start >= earliest && FinancialYear::of(start) == FinancialYear::of(given.start) {
        let mut days = Vec::new();
        let mut day = start;
        while days.len() < given.sessions as usize {
            if on(day) && free(day) {
                days.push(day);
            }
            day = day.succ_opt().unwrap();
        }
        let licence = ground.licence.unwrap().to;
        let safe = days.iter().all(|day| {
            let accredited =
                ground.trainers.iter().all(|t| t.accredited.iter().any(|p| p.contains(*day)));
            *day < licence && accredited && FinancialYear::of(*day) == FinancialYear::of(days[0])
        });
        let begins = FinancialYear::of(days[0]) == FinancialYear::of(given.start);
        if safe
            && begins
            && ground.last_start.is_none_or(|last| days[0] <= last)
            && ground.last_start.is_none_or(|last| start <= last)
        {
            return Some(start);
        }
        start = start.pred_opt().unwrap();
    }
    None
}

#[test]
fn the_latest_safe_start_is_the_one_found_by_hand() {
    let mut seed = 0x9E37_79B9_7F4A_7C15_u64;
    let mut roll = |limit: i64| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        i64::try_from(seed >> 33).unwrap() % limit
    };
    let mut found = 0;
    for round in 0..150 {
        let base = date("2025-04-01");
        let mut given = Given::mondays();
        let mut later = |days| base + chrono::Duration::days(roll(days));
        given.start = later(700);
        let mut ground = ground();
        let (to, from, until) = (later(900), later(300), later(900));
        ground.licence = Some(LicenceDays { from: base, to, grace_to: to, suspended: false });
        if from < until {
            ground.trainers[0].accredited = vec![Period::new(Some(from), Some(until)).unwrap()];
        }
        let last = later(800);
        ground.last_start = (roll(2) == 0).then_some(last);
        given.sessions = u32::try_from(roll(10) + 1).unwrap();
        if roll(2) == 0 {
            given.pattern = Pattern::Block;
        }
        let expected = by_hand(&given, &ground, base);
        let latest = latest_safe_start(&given.asked(), &ground, base);
        assert_eq!(latest, expected, "round {round}: {:?} {ground:?}", given.pattern);
        found += u32::from(latest.is_some());
    }
    assert!(found > 40, "{found} of 150 have one");
    let named = Given { pattern: Pattern::Dates(vec![date("2026-03-09")]), ..Given::mondays() };
    assert_eq!(latest_safe_start(&named.asked(), &ground(), date("2025-04-01")), None);
}

#[test]
fn a_version_without_taught_days_gets_two_modules_a_day() {
    assert_eq!(sessions_of(Some(8), 16), 8);
    assert_eq!(sessions_of(None, 15), 8);
    assert_eq!(sessions_of(None, 0), 1);
    assert_eq!(sessions_of(Some(-3), 4), 2);
}
