//! The plan of a course: its sessions on a calendar, the modules spread over them, and what a planner
//! should know before anybody is promised a place.

use chrono::{DateTime, Datelike as _, Days, NaiveDate, NaiveTime, Utc, Weekday};
use uuid::Uuid;

use crate::calendar::{FinancialYear, Period, london};
use crate::coded;
use crate::refusal::{Code, Refusal};

/// Most sessions of a course.
pub const MAX_SESSIONS: u32 = 60;

/// For how many days after the start sessions are looked for: a plan that does not fit is not made.
const HORIZON: u64 = 3 * 366;

/// When sessions are held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// Once a week on this weekday.
    Weekly(Weekday),
    /// On consecutive working days.
    Block,
    /// On these days, in their order.
    Dates(Vec<NaiveDate>),
}

/// The local times of every session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// When it begins.
    pub starts: NaiveTime,
    /// When it ends.
    pub ends: NaiveTime,
    /// Minutes of it that are not taught.
    pub break_minutes: u32,
}

/// A module, as far as a plan needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Module {
    /// The module.
    pub id: Uuid,
    /// Its number.
    pub number: i32,
}

/// A plan as it is asked for.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    /// The first day on which a session may lie.
    pub start: NaiveDate,
    /// When sessions are held.
    pub pattern: &'a Pattern,
    /// How many sessions.
    pub sessions: u32,
    /// Their times.
    pub times: Times,
    /// The bank holidays that are known, with their names.
    pub holidays: &'a [(NaiveDate, String)],
    /// Days on which the place is closed.
    pub closed: &'a [NaiveDate],
    /// The modules of the version, in their order.
    pub modules: &'a [Module],
    /// How many modules a session takes; as few as will do, if not said.
    pub modules_per_session: Option<u32>,
}

/// A session of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedSession {
    /// Its place in the course, from 1.
    pub number: i32,
    /// Its civil date.
    pub day: NaiveDate,
    /// When it begins.
    pub starts_at: DateTime<Utc>,
    /// When it ends.
    pub ends_at: DateTime<Utc>,
    /// Its taught minutes.
    pub minutes: i32,
    /// Its modules.
    pub modules: Vec<Uuid>,
}

coded! {
    /// What a planner should know.
    WarningKind {
        /// A day was left out because it is a bank holiday.
        BankHolidaySkipped = "BANK_HOLIDAY_SKIPPED",
        /// A day was left out because the place is closed.
        ClosedDateSkipped = "CLOSED_DATE_SKIPPED",
        /// The course goes on where no bank holidays are known yet.
        BankHolidaysUnknown = "BANK_HOLIDAYS_UNKNOWN",
        /// The course runs past the end of the licence, within the days in which it may be in grace.
        LicenceEndsInGrace = "LICENCE_ENDS_IN_GRACE",
        /// The course runs past the end of the licence and of any grace.
        LicenceEnds = "LICENCE_ENDS",
        /// There is no licence in force for this programme type.
        LicenceMissing = "LICENCE_MISSING",
        /// A trainer is not accredited on the day of a session.
        AccreditationLapses = "ACCREDITATION_LAPSES",
        /// The course lies in two financial years.
        TwoFinancialYears = "TWO_FINANCIAL_YEARS",
        /// A module has no session.
        ModuleNotScheduled = "MODULE_NOT_SCHEDULED",
        /// The course starts after the last day on which it may start on this version.
        VersionStartsTooLate = "VERSION_STARTS_TOO_LATE",
    }
}

/// Something that a planner should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// What it is.
    pub kind: WarningKind,
    /// The days that it concerns.
    pub dates: Vec<NaiveDate>,
    /// The trainer whom it concerns.
    pub trainer: Option<Uuid>,
    /// It in words.
    pub message: String,
}

impl Warning {
    fn new(kind: WarningKind, dates: Vec<NaiveDate>, message: String) -> Self {
        Self { kind, dates, trainer: None, message }
    }
}

/// A plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Its sessions in their order.
    pub sessions: Vec<PlannedSession>,
    /// What its days and modules leave to be said.
    pub warnings: Vec<Warning>,
}

impl Plan {
    /// The days of the sessions.
    #[must_use]
    pub fn days(&self) -> Vec<NaiveDate> {
        self.sessions.iter().map(|session| session.day).collect()
    }
}

/// How many sessions a version asks for: its taught days, or enough for its modules, two a day.
#[must_use]
pub fn sessions_of(taught_days: Option<i32>, modules: usize) -> u32 {
    let days = taught_days.and_then(|days| u32::try_from(days).ok());
    let enough = u32::try_from(modules.div_ceil(2)).unwrap_or(MAX_SESSIONS);
    days.unwrap_or(enough).clamp(1, MAX_SESSIONS)
}

/// Plans the sessions.
///
/// # Errors
///
/// Everything that makes the request impossible.
pub fn plan(asked: &Asked<'_>) -> Result<Plan, Vec<Refusal>> {
    let minutes = minutes(asked)?;
    let (days, mut warnings) = days(asked)?;
    let (shares, left_over) = spread(asked, days.len());
    let mut sessions = Vec::with_capacity(days.len());
    for (number, (day, modules)) in (1..).zip(days.iter().zip(shares)) {
        let at = |time| {
            london(*day, time).ok_or_else(|| {
                let message = format!("on {day} clocks go forward past this time");
                vec![Refusal::at(Code::Invalid, "startTime", message)]
            })
        };
        let (starts_at, ends_at) = (at(asked.times.starts)?, at(asked.times.ends)?);
        sessions.push(PlannedSession { number, day: *day, starts_at, ends_at, minutes, modules });
    }
    warnings.extend(left_over);
    Ok(Plan { sessions, warnings })
}

/// The taught minutes of a session.
fn minutes(asked: &Asked<'_>) -> Result<i32, Vec<Refusal>> {
    let Times { starts, ends, break_minutes } = asked.times;
    let mut unmet = Vec::new();
    if ends <= starts {
        unmet.push(Refusal::at(
            Code::Invalid,
            "endTime",
            "must lie after the start, on the same day",
        ));
    }
    if !(1..=MAX_SESSIONS).contains(&asked.sessions) {
        let message = format!("plan between 1 and {MAX_SESSIONS} sessions");
        unmet.push(Refusal::at(Code::Invalid, "sessions", message));
    }
    if asked.modules_per_session == Some(0) {
        unmet.push(Refusal::at(Code::Invalid, "modulesPerSession", "must be at least 1"));
    }
    let taught = (ends - starts).num_minutes() - i64::from(break_minutes);
    if unmet.is_empty() && taught < 1 {
        unmet.push(Refusal::at(Code::Invalid, "breakMinutes", "leaves nothing of the day"));
    }
    if unmet.is_empty() { Ok(i32::try_from(taught).unwrap_or(i32::MAX)) } else { Err(unmet) }
}

/// The days of the sessions, with what was left out.
fn days(asked: &Asked<'_>) -> Result<(Vec<NaiveDate>, Vec<Warning>), Vec<Refusal>> {
    let wanted = usize::try_from(asked.sessions).unwrap_or(usize::MAX);
    let candidates: Box<dyn Iterator<Item = NaiveDate> + '_> = match asked.pattern {
        Pattern::Dates(dates) => {
            named_days(dates, asked.start)?;
            Box::new(dates.iter().copied())
        }
        Pattern::Weekly(weekday) => {
            Box::new(from(asked.start).filter(|day| day.weekday() == *weekday))
        }
        Pattern::Block => {
            Box::new(from(asked.start).filter(|day| day.weekday().num_days_from_monday() < 5))
        }
    };
    let (mut days, mut warnings) = (Vec::new(), Vec::new());
    for day in candidates {
        if days.len() == wanted {
            break;
        }
        if let Some((_, name)) = asked.holidays.iter().find(|(holiday, _)| *holiday == day) {
            let message = format!("{day} is left out: {name}");
            warnings.push(Warning::new(WarningKind::BankHolidaySkipped, vec![day], message));
        } else if asked.closed.contains(&day) {
            let message = format!("{day} is left out: the place is closed");
            warnings.push(Warning::new(WarningKind::ClosedDateSkipped, vec![day], message));
        } else {
            days.push(day);
        }
    }
    if days.is_empty() || (days.len() < wanted && !matches!(asked.pattern, Pattern::Dates(_))) {
        let message = "too few days are left for its sessions";
        return Err(vec![Refusal::at(Code::Invalid, "sessions", message)]);
    }
    Ok((days, warnings))
}

/// The days from `start` on, as far as a plan may reach.
fn from(start: NaiveDate) -> impl Iterator<Item = NaiveDate> {
    (0..HORIZON).map_while(move |days| start.checked_add_days(Days::new(days)))
}

/// Days that are named one by one rise, and begin on or after the start.
fn named_days(dates: &[NaiveDate], start: NaiveDate) -> Result<(), Vec<Refusal>> {
    let rising = dates.windows(2).all(|pair| pair[0] < pair[1]);
    let within = dates.first().is_some_and(|first| *first >= start)
        && dates.last().is_some_and(|last| (*last - start).num_days() < HORIZON.cast_signed());
    if rising && within {
        return Ok(());
    }
    let message = "name each day once, in order, none before the start or years after it";
    Err(vec![Refusal::at(Code::Invalid, "dates", message)])
}

/// The modules of each session, in order, and the modules that no session takes.
fn spread(asked: &Asked<'_>, sessions: usize) -> (Vec<Vec<Uuid>>, Option<Warning>) {
    let needed = asked.modules.len().div_ceil(sessions.max(1));
    let each = asked.modules_per_session.and_then(|n| usize::try_from(n).ok()).unwrap_or(needed);
    let mut shares: Vec<Vec<Uuid>> = asked
        .modules
        .chunks(each.max(1))
        .take(sessions)
        .map(|share| share.iter().map(|module| module.id).collect())
        .collect();
    shares.resize(sessions, Vec::new());
    let left: Vec<String> = asked
        .modules
        .iter()
        .skip(each.max(1) * sessions)
        .map(|module| module.number.to_string())
        .collect();
    let warning = (!left.is_empty()).then(|| {
        let message = format!("modules without a session: {}", left.join(", "));
        Warning::new(WarningKind::ModuleNotScheduled, Vec::new(), message)
    });
    (shares, warning)
}

/// What a plan stands on, beside the calendar.
#[derive(Clone, Debug, Default)]
pub struct Ground {
    /// The licence's last days for this programme type; `None` without one.
    pub licence: Option<LicenceDays>,
    /// The day up to which a teach-out decision covers the course.
    pub teach_out_until: Option<NaiveDate>,
    /// When each trainer is accredited for this programme type.
    pub trainers: Vec<(Uuid, Vec<Period>)>,
    /// The last day on which a course may start on the version.
    pub last_start: Option<NaiveDate>,
    /// The last day up to which bank holidays are known.
    pub holidays_to: Option<NaiveDate>,
}

/// The end of a licence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LicenceDays {
    /// The day from which it no longer holds.
    pub to: NaiveDate,
    /// The day from which it is in grace no longer.
    pub grace_to: NaiveDate,
}

/// What the days of a course break or endanger: COH-3 asks it anew after each change of dates.
#[must_use]
pub fn warnings(days: &[NaiveDate], ground: &Ground) -> Vec<Warning> {
    let (Some(first), Some(last)) = (days.iter().min(), days.iter().max()) else {
        return Vec::new();
    };
    let mut warnings = Vec::new();
    warnings.extend(of_licence(days, ground));
    warnings.extend(of_trainers(days, &ground.trainers));
    let (begins, ends) = (FinancialYear::of(*first), FinancialYear::of(*last));
    if begins != ends {
        let message = format!("it lies in {begins} and {ends}: its money belongs to both years");
        let dates = vec![begins.last_day()];
        warnings.push(Warning::new(WarningKind::TwoFinancialYears, dates, message));
    }
    if let Some(limit) = ground.last_start.filter(|limit| first > limit) {
        let message = format!("on this version courses start until {limit}");
        warnings.push(Warning::new(WarningKind::VersionStartsTooLate, vec![limit], message));
    }
    if let Some(limit) = ground.holidays_to.filter(|limit| last > limit) {
        let message = format!("bank holidays are known until {limit}: check the days after it");
        warnings.push(Warning::new(WarningKind::BankHolidaysUnknown, vec![limit], message));
    }
    warnings
}

fn of_licence(days: &[NaiveDate], ground: &Ground) -> Option<Warning> {
    let Some(licence) = ground.licence else {
        let message = "the organisation holds no licence for this programme type".to_owned();
        return Some(Warning::new(WarningKind::LicenceMissing, Vec::new(), message));
    };
    let uncovered = |day: &&NaiveDate| {
        **day >= licence.to && ground.teach_out_until.is_none_or(|until| **day > until)
    };
    let beyond: Vec<NaiveDate> = days.iter().filter(uncovered).copied().collect();
    let last = beyond.iter().max()?;
    let (kind, message) = if *last < licence.grace_to {
        let message = format!(
            "the licence ends on {}: later sessions need a renewal that is under review until then",
            licence.to
        );
        (WarningKind::LicenceEndsInGrace, message)
    } else {
        let message =
            format!("the licence ends on {}: later sessions need a teach-out decision", licence.to);
        (WarningKind::LicenceEnds, message)
    };
    Some(Warning::new(kind, beyond, message))
}

fn of_trainers(days: &[NaiveDate], trainers: &[(Uuid, Vec<Period>)]) -> Vec<Warning> {
    let lapse = |(trainer, periods): &(Uuid, Vec<Period>)| {
        let held = |day: NaiveDate| periods.iter().any(|period| period.contains(day));
        let without: Vec<NaiveDate> = days.iter().copied().filter(|day| !held(*day)).collect();
        (!without.is_empty()).then(|| {
            let message = format!("a trainer is not accredited on {}", listed(&without));
            Warning {
                trainer: Some(*trainer),
                ..Warning::new(WarningKind::AccreditationLapses, without, message)
            }
        })
    };
    trainers.iter().filter_map(lapse).collect()
}

/// Dates in words.
#[must_use]
pub fn listed(days: &[NaiveDate]) -> String {
    days.iter().map(NaiveDate::to_string).collect::<Vec<_>>().join(", ")
}

/// The latest day from which the plan could start with nothing to warn of but left-out days, with its first
/// session in the financial year of the start that was asked for; `None` if no day will do. Named days do
/// not move.
#[must_use]
pub fn latest_safe_start(
    asked: &Asked<'_>,
    ground: &Ground,
    earliest: NaiveDate,
) -> Option<NaiveDate> {
    if matches!(asked.pattern, Pattern::Dates(_)) {
        return None;
    }
    let year = FinancialYear::of(asked.start);
    let last = year.last_day().min(ground.last_start.unwrap_or(NaiveDate::MAX));
    // That the calendar ends somewhere is no danger that another start would avoid.
    let ground = Ground { holidays_to: None, ..ground.clone() };
    let safe = |start: &NaiveDate| {
        let moved = Asked { start: *start, ..asked.clone() };
        plan(&moved).is_ok_and(|plan| {
            let days = plan.days();
            let begins = days.first().is_some_and(|first| year.contains(*first));
            begins && warnings(&days, &ground).is_empty()
        })
    };
    let days = (last - year.first_day()).num_days().max(-1);
    (0..=u64::try_from(days).ok()?)
        .filter_map(|back| last.checked_sub_days(Days::new(back)))
        .take_while(|day| *day >= earliest.max(year.first_day()))
        .find(safe)
}

#[cfg(test)]
#[path = "planning_tests.rs"]
mod tests;
