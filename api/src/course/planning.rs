//! The plan of a course: its sessions on a calendar, the modules spread over them, and what a planner
//! should know before anybody is promised a place.

use chrono::{DateTime, Datelike as _, Days, NaiveDate, NaiveTime, Utc, Weekday};
use uuid::Uuid;

use super::rules::TrainerFacts;
use crate::calendar::{FinancialYear, london};
use crate::coded;
use crate::refusal::{Code, Refusal};

/// Most sessions of a course.
pub const MAX_SESSIONS: u32 = 60;

/// How many years a course may lie in the past or future: what lies further away is a slip of the pen.
const YEARS: i32 = 10;

/// By how much of the version's taught minutes a plan may miss them before a planner is told, in basis points.
const MINUTES_OFF: i64 = 2_000;

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
    /// The taught minutes of the version; `None` if they do not matter.
    pub taught_minutes: Option<i32>,
    /// The present day.
    pub today: NaiveDate,
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
        /// The course lies in part where no bank holidays are known.
        BankHolidaysUnknown = "BANK_HOLIDAYS_UNKNOWN",
        /// The licence is suspended: no course opens under it.
        LicenceSuspended = "LICENCE_SUSPENDED",
        /// The course starts before the licence covers the programme type.
        LicenceStartsLater = "LICENCE_STARTS_LATER",
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
        /// The planned minutes lie far below or above those of the version.
        PlannedMinutesDiffer = "PLANNED_MINUTES_DIFFER",
        /// The course starts before the first day on which it may start on this version.
        VersionStartsTooEarly = "VERSION_STARTS_TOO_EARLY",
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
    let unmet = unmet_for_year(asked.start, "plan.start", asked.today);
    if !unmet.is_empty() {
        return Err(unmet);
    }
    let (days, mut warnings) = days(asked)?;
    let (shares, left_over) = spread(asked, days.len());
    let mut sessions = Vec::with_capacity(days.len());
    for (number, (day, modules)) in (1..).zip(days.iter().zip(shares)) {
        let at = |time| {
            london(*day, time).ok_or_else(|| {
                let message = format!("on {day} clocks go forward past this time");
                vec![Refusal::at(Code::Invalid, "plan.startTime", message)]
            })
        };
        let (starts_at, ends_at) = (at(asked.times.starts)?, at(asked.times.ends)?);
        sessions.push(PlannedSession { number, day: *day, starts_at, ends_at, minutes, modules });
    }
    warnings.extend(left_over);
    warnings.extend(of_minutes(asked.taught_minutes, minutes, days.len()));
    Ok(Plan { sessions, warnings })
}

/// The taught minutes of a session.
fn minutes(asked: &Asked<'_>) -> Result<i32, Vec<Refusal>> {
    let Times { starts, ends, break_minutes } = asked.times;
    let mut unmet = Vec::new();
    if ends <= starts {
        unmet.push(Refusal::at(
            Code::Invalid,
            "plan.endTime",
            "must lie after startTime, on the same day",
        ));
    }
    let named = match asked.pattern {
        Pattern::Dates(dates) => Some(u32::try_from(dates.len()).unwrap_or(u32::MAX)),
        Pattern::Weekly(_) | Pattern::Block => None,
    };
    if named.is_some_and(|named| named < asked.sessions.max(1)) {
        let message = "name a date for each of the sessions";
        unmet.push(Refusal::at(Code::Invalid, "plan.dates", message));
    } else if !(1..=MAX_SESSIONS).contains(&asked.sessions) {
        let message = format!("plan between 1 and {MAX_SESSIONS} sessions");
        unmet.push(Refusal::at(Code::Invalid, "plan.sessions", message));
    }
    if asked.modules_per_session == Some(0) {
        unmet.push(Refusal::at(Code::Invalid, "plan.modulesPerSession", "must be at least 1"));
    }
    let taught = (ends - starts).num_minutes() - i64::from(break_minutes);
    if unmet.is_empty() && taught < 1 {
        unmet.push(Refusal::at(Code::Invalid, "plan.breakMinutes", "leaves nothing of the day"));
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
        let message = "bank holidays and closed dates leave too few days for the sessions";
        let path = match asked.pattern {
            Pattern::Dates(_) => "plan.dates",
            Pattern::Weekly(_) | Pattern::Block => "plan.sessions",
        };
        return Err(vec![Refusal::at(Code::Invalid, path, message)]);
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
    Err(vec![Refusal::at(Code::Invalid, "plan.dates", message)])
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

/// A day on which people teach lies within a few years.
#[must_use]
pub fn unmet_for_year(day: NaiveDate, path: &str, today: NaiveDate) -> Vec<Refusal> {
    if (day.year() - today.year()).abs() <= YEARS {
        return Vec::new();
    }
    let (first, last) = (today.year() - YEARS, today.year() + YEARS);
    let message = format!("choose a day of the years {first} to {last}");
    vec![Refusal::at(Code::Invalid, path, message)]
}

/// Whether the planned minutes lie far from those of the version.
fn of_minutes(asked: Option<i32>, each: i32, sessions: usize) -> Option<Warning> {
    let asked = i64::from(asked?);
    let planned = i64::from(each) * i64::try_from(sessions).ok()?;
    ((planned - asked).abs() * 10_000 > asked * MINUTES_OFF).then(|| {
        let message = format!("{planned} minutes are planned, the version has {asked}");
        Warning::new(WarningKind::PlannedMinutesDiffer, Vec::new(), message)
    })
}

/// What a plan stands on, beside the calendar.
#[derive(Clone, Debug, Default)]
pub struct Ground {
    /// The licence's last days for this programme type; `None` without one.
    pub licence: Option<LicenceDays>,
    /// The day up to which a teach-out decision covers the course.
    pub teach_out_until: Option<NaiveDate>,
    /// The trainers who would teach every session.
    pub trainers: Vec<TrainerFacts>,
    /// The first day on which a course may start on the version.
    pub first_start: Option<NaiveDate>,
    /// The last day on which a course may start on the version.
    pub last_start: Option<NaiveDate>,
    /// The days between which bank holidays are known; `None` if it does not matter.
    pub holidays: Option<(NaiveDate, NaiveDate)>,
}

/// When a licence covers a programme type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LicenceDays {
    /// The first day.
    pub from: NaiveDate,
    /// The day from which it no longer holds.
    pub to: NaiveDate,
    /// The day from which it is in grace no longer.
    pub grace_to: NaiveDate,
    /// Whether it is suspended at present.
    pub suspended: bool,
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
    if let Some(limit) = ground.first_start.filter(|limit| first < limit) {
        let message = format!("on this version courses start from {limit}");
        warnings.push(Warning::new(WarningKind::VersionStartsTooEarly, vec![limit], message));
    }
    if let Some(limit) = ground.last_start.filter(|limit| first > limit) {
        let message = format!("on this version courses start until {limit}");
        warnings.push(Warning::new(WarningKind::VersionStartsTooLate, vec![limit], message));
    }
    let outside = |(from, to): &(NaiveDate, NaiveDate)| first < from || last > to;
    if let Some((from, to)) = ground.holidays.filter(outside) {
        let message = format!("bank holidays are known from {from} to {to}: check other days");
        let limit = if *last > to { to } else { from };
        warnings.push(Warning::new(WarningKind::BankHolidaysUnknown, vec![limit], message));
    }
    warnings
}

fn of_licence(days: &[NaiveDate], ground: &Ground) -> Vec<Warning> {
    let Some(licence) = ground.licence else {
        let message = "the organisation holds no licence for this programme type".to_owned();
        return vec![Warning::new(WarningKind::LicenceMissing, Vec::new(), message)];
    };
    let mut warnings = Vec::new();
    let taught_out =
        ground.teach_out_until.is_some_and(|until| days.iter().all(|day| *day <= until));
    if licence.suspended && !taught_out {
        let message = "the licence is suspended: no course opens under it".to_owned();
        warnings.push(Warning::new(WarningKind::LicenceSuspended, Vec::new(), message));
    }
    let early: Vec<NaiveDate> = days.iter().filter(|day| **day < licence.from).copied().collect();
    if !early.is_empty() {
        let message = format!("the licence covers this programme type from {}", licence.from);
        warnings.push(Warning::new(WarningKind::LicenceStartsLater, early, message));
    }
    warnings.extend(past_licence(days, licence, ground.teach_out_until));
    warnings
}

fn past_licence(
    days: &[NaiveDate],
    licence: LicenceDays,
    teach_out_until: Option<NaiveDate>,
) -> Option<Warning> {
    let uncovered =
        |day: &&NaiveDate| **day >= licence.to && teach_out_until.is_none_or(|until| **day > until);
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

fn of_trainers(days: &[NaiveDate], trainers: &[TrainerFacts]) -> Vec<Warning> {
    let lapse = |trainer: &TrainerFacts| {
        let held = |day: NaiveDate| trainer.accredited.iter().any(|period| period.contains(day));
        let without: Vec<NaiveDate> = days.iter().copied().filter(|day| !held(*day)).collect();
        (!without.is_empty()).then(|| {
            let (name, ty) = (&trainer.name, trainer.programme_type.code());
            let message = format!("{name} may not teach {ty} sessions of {}", listed(&without));
            Warning {
                trainer: Some(trainer.id),
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
    let ground = Ground { holidays: None, ..ground.clone() };
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
