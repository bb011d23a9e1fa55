//! Attendance: what counts, how much of it was attended, and how much is still needed.
//!
//! Sums are of 32-bit minutes in 64 bits, products are in 128 bits: neither can overflow. Shares are compared by
//! cross-multiplication and rounded only to be shown, downwards, so that what fails never reads as if it passed.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::facts::{Carried, Facts, Record, Session, Status};
use crate::course::model::{Credit, SessionState};
use crate::programme::model::AttendanceBasis;
use crate::refusal::{Code, Refusal};

/// A whole, in basis points.
const WHOLE: i32 = 10_000;

/// What a version asks of attendance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// What attendance is counted in.
    pub basis: AttendanceBasis,
    /// The share that must be attended, in basis points; exactly this share is enough.
    pub threshold: i32,
    /// The share of a day's minutes, in basis points, from which it counts as attended.
    pub day_counts_at: i32,
    /// The most days that may be missed, whatever their share.
    pub max_missed_days: Option<i32>,
    /// The most days that can be made up; 0 if none can.
    pub make_up_days: i32,
    /// The numbers of the modules without which nobody graduates.
    pub mandatory: BTreeSet<i32>,
}

/// How somebody stands. Amounts are in what the rule counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// What is counted.
    pub basis: AttendanceBasis,
    /// How much was attended.
    pub attended: i64,
    /// How much was held, of the same sessions.
    pub held: i64,
    /// The share of it in basis points, rounded down; none of nothing.
    pub percent: Option<i32>,
    /// How much will have been held once everything to come is.
    pub total: i64,
    /// How much of that must be attended.
    pub needed: i64,
    /// How much of it is attended whatever comes.
    pub certain: i64,
    /// How much of it can have been attended by then.
    pub reachable: i64,
    /// How much depends on the sessions to come.
    pub left: i64,
    /// How many days of the course are to come.
    pub days_left: i64,
    /// The last of the sessions to come.
    pub last_day: Option<NaiveDate>,
    /// How much of `left` can be missed; none where attending everything is not enough. Where days are counted, no
    /// more than `spare_days`.
    pub can_miss: Option<i64>,
    /// The days that were missed and not made up.
    pub missed_days: Vec<NaiveDate>,
    /// How many more days may be missed, where the rule has a most; below 0 where too many were.
    pub spare_days: Option<i64>,
    /// How many more days can be missed.
    pub open_days: i64,
    /// How many more days can be made up.
    pub make_up_days_left: i64,
    /// The modules that are covered.
    pub covered: BTreeSet<i32>,
    /// The mandatory modules that are not covered and are not to come.
    pub missed_modules: BTreeSet<i32>,
    /// The mandatory modules that are not covered and are to come, or are not recorded yet.
    pub open_modules: BTreeSet<i32>,
    /// The days of held sessions without a record.
    pub unrecorded: Vec<NaiveDate>,
    /// The days of held sessions that have no credit yet and are on neither side.
    pub pending: Vec<NaiveDate>,
    /// The days of sessions that were moved, could not be attended, and are on neither side.
    pub left_out: Vec<NaiveDate>,
}

/// Whether `part` of `whole` is at least `share` in basis points. Of nothing there is no share.
#[must_use]
pub fn reaches(part: i64, whole: i64, share: i32) -> bool {
    whole > 0 && i128::from(part) * i128::from(WHOLE) >= i128::from(share) * i128::from(whole)
}

/// The least part of `whole` that is `share` in basis points.
fn least(whole: i64, share: i32) -> i64 {
    let exact = i128::from(share) * i128::from(whole);
    let up = exact.div_euclid(i128::from(WHOLE)) + i128::from(exact % i128::from(WHOLE) != 0);
    i64::try_from(up).unwrap_or(i64::MAX)
}

/// The share in basis points, rounded down.
fn percent(part: i64, whole: i64) -> Option<i32> {
    let share = (i128::from(part) * i128::from(WHOLE)).checked_div(i128::from(whole))?;
    i32::try_from(share).ok()
}

/// A session as it counts for one person.
#[derive(Clone)]
struct Counted<'a> {
    session: &'a Session,
    minutes: i64,
    modules: BTreeSet<i32>,
}

impl<'a> Counted<'a> {
    /// As if it was attended from beginning to end.
    fn whole(session: &'a Session) -> Self {
        Self { session, minutes: session.minutes.into(), modules: session.modules.clone() }
    }

    /// As if it was missed.
    fn nothing(session: &'a Session) -> Self {
        Self { session, minutes: 0, modules: BTreeSet::new() }
    }

    /// As it is recorded. What lies beyond the session does not count.
    fn recorded(session: &'a Session, record: &Record) -> Self {
        match record.status {
            Status::Present => Self::whole(session),
            Status::Partial => Self {
                session,
                minutes: record.minutes.clamp(0, session.minutes).into(),
                modules: &record.modules & &session.modules,
            },
            Status::Absent | Status::AuthorisedAbsence | Status::NotApplicable => {
                Self::nothing(session)
            }
        }
    }

    fn reaches(&self, share: i32) -> bool {
        reaches(self.minutes, self.session.minutes.into(), share)
    }
}

/// On which side of the count a session is for one person.
enum Side<'a> {
    /// On both, as it is recorded.
    Counts(&'a Record),
    /// On both only if it was made up: it was moved to a day on which it could not be attended.
    CountsIfMadeUp,
    /// On neither so far: nothing is recorded of it.
    Unrecorded,
    /// On neither so far: it is planned.
    ToCome,
    /// On neither so far: its credit is left to a quality lead.
    Pending,
    /// On neither.
    Neither,
}

impl Facts {
    fn side(&self, id: &Uuid, session: &Session) -> Side<'_> {
        if !self.enrolled.contains(session.day) || session.minutes <= 0 {
            return Side::Neither;
        }
        match (session.state, session.credit, self.records.get(id)) {
            (SessionState::Cancelled | SessionState::Rescheduled, ..) => Side::Neither,
            (SessionState::Planned, ..) => Side::ToCome,
            (SessionState::Held, Some(Credit::Pending), _) => Side::Pending,
            (SessionState::Held, _, None) => Side::Unrecorded,
            (SessionState::Held, _, Some(record)) => match record.status {
                Status::NotApplicable => Side::Neither,
                Status::AuthorisedAbsence if self.was_moved(session) => Side::CountsIfMadeUp,
                _ => Side::Counts(record),
            },
        }
    }

    /// Whether the session took the place of one on another day of the enrolment.
    fn was_moved(&self, session: &Session) -> bool {
        let original = session.replaces.and_then(|id| self.sessions.get(&id));
        original.is_some_and(|of| of.day != session.day && self.enrolled.contains(of.day))
    }

    /// The sessions that count as made up, and the days that this uses up.
    fn made_up(&self, rule: &Rule) -> (BTreeSet<Uuid>, BTreeSet<NaiveDate>) {
        let mut missed: Vec<(bool, NaiveDate, NaiveDate, Uuid)> = Vec::new();
        for (id, done) in &self.make_ups {
            let Some(session) = self.sessions.get(id) else { continue };
            match self.side(id, session) {
                Side::Counts(record) if misses(session, record) => {
                    missed.push((false, *done, session.day, *id));
                }
                Side::CountsIfMadeUp => missed.push((true, *done, session.day, *id)),
                _ => {}
            }
        }
        missed.sort_unstable();
        let most = usize::try_from(rule.make_up_days).unwrap_or(0);
        let (mut sessions, mut days) = (BTreeSet::new(), BTreeSet::new());
        for (_, _, day, id) in missed {
            if days.len() < most || days.contains(&day) {
                days.insert(day);
                sessions.insert(id);
            }
        }
        (sessions, days)
    }
}

/// Whether something of the session was missed.
fn misses(session: &Session, record: &Record) -> bool {
    !Counted::recorded(session, record).reaches(WHOLE)
}

/// How what is not known yet is read.
#[derive(Clone, Copy)]
enum Outlook {
    /// It is left out.
    Unknown,
    /// All of it will have been attended.
    Attended,
    /// None of it.
    Missed,
}

/// The sessions of one person, sorted into what they count for.
struct Sheet<'a> {
    rule: &'a Rule,
    /// Recorded or made up.
    counted: Vec<Counted<'a>>,
    /// Held, but not recorded.
    unrecorded: Vec<&'a Session>,
    /// Planned.
    to_come: Vec<&'a Session>,
    pending: Vec<&'a Session>,
    left_out: Vec<&'a Session>,
    days_made_up: usize,
    /// Modules that were earned on neither side.
    elsewhere: BTreeSet<i32>,
    /// Minutes that are carried over.
    minutes: i64,
}

impl<'a> Sheet<'a> {
    fn of(rule: &'a Rule, facts: &'a Facts) -> Self {
        let (made_up, days) = facts.made_up(rule);
        let mut sheet = Self {
            rule,
            counted: Vec::new(),
            unrecorded: Vec::new(),
            to_come: Vec::new(),
            pending: Vec::new(),
            left_out: Vec::new(),
            days_made_up: days.len(),
            elsewhere: facts.carried.values().flat_map(|of| &of.modules).copied().collect(),
            minutes: facts.carried.values().map(|of| i64::from(of.minutes.max(0))).sum(),
        };
        for (id, session) in &facts.sessions {
            let side = facts.side(id, session);
            let on_neither = matches!(side, Side::CountsIfMadeUp | Side::Pending | Side::Neither);
            match side {
                _ if made_up.contains(id) => sheet.counted.push(Counted::whole(session)),
                Side::Counts(record) => sheet.counted.push(Counted::recorded(session, record)),
                Side::CountsIfMadeUp => sheet.left_out.push(session),
                Side::Unrecorded => sheet.unrecorded.push(session),
                Side::ToCome => sheet.to_come.push(session),
                Side::Pending => sheet.pending.push(session),
                Side::Neither => {}
            }
            let is_over = session.state != SessionState::Planned;
            if on_neither && is_over && facts.make_ups.contains_key(id) {
                sheet.elsewhere.extend(&session.modules);
            }
        }
        sheet
    }

    /// What counts, with what is not known yet in some outlook.
    fn rows(&self, unrecorded: Outlook, to_come: Outlook) -> Vec<Counted<'a>> {
        let mut rows = self.counted.clone();
        for (sessions, outlook) in [(&self.unrecorded, unrecorded), (&self.to_come, to_come)] {
            let sessions = sessions.iter().copied();
            match outlook {
                Outlook::Unknown => {}
                Outlook::Attended => rows.extend(sessions.map(Counted::whole)),
                Outlook::Missed => rows.extend(sessions.map(Counted::nothing)),
            }
        }
        rows
    }

    /// The modules that are covered.
    fn covered(&self, rows: &[Counted<'a>]) -> BTreeSet<i32> {
        let of_rows = rows.iter().flat_map(|row| &row.modules);
        of_rows.chain(&self.elsewhere).copied().collect()
    }

    /// What was attended and what was held, over the same sessions.
    fn tally(&self, rows: &[Counted<'a>]) -> (i64, i64) {
        let share = self.rule.day_counts_at;
        match self.rule.basis {
            AttendanceBasis::Days => {
                let days = days(rows);
                (size(days.values().filter(|(of, all)| reaches(*of, *all, share))), size(&days))
            }
            AttendanceBasis::Sessions => {
                (size(rows.iter().filter(|row| row.reaches(share))), size(rows))
            }
            AttendanceBasis::Minutes => {
                let attended: i64 = rows.iter().map(|row| row.minutes).sum();
                let held: i64 = rows.iter().map(|row| i64::from(row.session.minutes)).sum();
                (attended + self.minutes, held + self.minutes)
            }
            AttendanceBasis::Modules => {
                let taught = rows.iter().flat_map(|row| &row.session.modules);
                let held: BTreeSet<&i32> = taught.chain(&self.elsewhere).collect();
                (size(self.covered(rows)), size(held))
            }
        }
    }
}

/// The days of sessions that count as days: the minutes that were attended and those that were held.
fn days(rows: &[Counted<'_>]) -> BTreeMap<NaiveDate, (i64, i64)> {
    let mut days = BTreeMap::new();
    for row in rows.iter().filter(|row| row.session.counts_as_day) {
        let (of, all) = days.entry(row.session.day).or_insert((0, 0));
        *of += row.minutes;
        *all += i64::from(row.session.minutes);
    }
    days
}

/// The days that do not count as attended.
fn missed_days(rule: &Rule, rows: &[Counted<'_>]) -> Vec<NaiveDate> {
    let missed =
        days(rows).into_iter().filter(|(_, (of, all))| !reaches(*of, *all, rule.day_counts_at));
    missed.map(|(day, _)| day).collect()
}

fn size(of: impl IntoIterator) -> i64 {
    i64::try_from(of.into_iter().count()).unwrap_or(i64::MAX)
}

fn dates(sessions: &[&Session]) -> Vec<NaiveDate> {
    let days: BTreeSet<NaiveDate> = sessions.iter().map(|session| session.day).collect();
    days.into_iter().collect()
}

/// How somebody stands.
#[must_use]
pub fn progress(rule: &Rule, facts: &Facts) -> Progress {
    use Outlook::{Attended, Missed, Unknown};
    let sheet = Sheet::of(rule, facts);
    let (now, best) = (sheet.rows(Unknown, Unknown), sheet.rows(Attended, Attended));
    let worst = sheet.rows(Missed, Missed);
    let (attended, held) = sheet.tally(&now);
    let (reachable, total) = sheet.tally(&best);
    let needed = least(total, rule.threshold);
    let left = reachable - sheet.tally(&sheet.rows(Attended, Missed)).0;
    let lost_days = size(missed_days(rule, &best));
    let spare_days = rule.max_missed_days.map(|most| i64::from(most) - lost_days);
    let can_miss = (total > 0 && reachable >= needed && spare_days.is_none_or(|days| days >= 0))
        .then_some(left.min(reachable - needed));
    let can_miss = match (rule.basis, spare_days) {
        (AttendanceBasis::Days, Some(days)) => can_miss.map(|most| most.min(days)),
        _ => can_miss,
    };
    let covered = sheet.covered(&now);
    let lacking = |module: &&i32| !covered.contains(module) && !facts.waived.contains(module);
    let to_be_covered = sheet.covered(&best);
    let (open_modules, missed_modules) =
        rule.mandatory.iter().filter(lacking).partition(|module| to_be_covered.contains(module));
    let to_come = sheet.to_come.iter().copied();
    Progress {
        basis: rule.basis,
        attended,
        held,
        percent: percent(attended, held),
        total,
        needed,
        certain: sheet.tally(&worst).0,
        reachable,
        left,
        days_left: size(days(&to_come.clone().map(Counted::whole).collect::<Vec<_>>())),
        last_day: to_come.map(|session| session.day).max(),
        can_miss,
        missed_days: missed_days(rule, &now),
        spare_days,
        open_days: size(missed_days(rule, &worst)) - lost_days,
        make_up_days_left: i64::from(rule.make_up_days.max(0)) - size(0..sheet.days_made_up),
        covered,
        missed_modules,
        open_modules,
        unrecorded: dates(&sheet.unrecorded),
        pending: dates(&sheet.pending),
        left_out: dates(&sheet.left_out),
    }
}

impl Progress {
    /// How far what can be reached is above the threshold, exactly: in ten thousandths of what is counted.
    pub(super) fn margin(&self, rule: &Rule) -> i128 {
        i128::from(self.reachable) * i128::from(WHOLE)
            - i128::from(self.total) * i128::from(rule.threshold)
    }
}

/// What an enrolment earned by itself, for one that follows it. What it carried over itself is carried from where it
/// was earned.
#[must_use]
pub fn earned(rule: &Rule, facts: &Facts) -> Carried {
    let own = Facts { carried: BTreeMap::new(), ..facts.clone() };
    let sheet = Sheet::of(rule, &own);
    let modules = sheet.covered(&sheet.counted);
    let minutes: i64 = sheet.counted.iter().map(|one| one.minutes).sum();
    Carried { modules, minutes: i32::try_from(minutes).unwrap_or(i32::MAX) }
}

/// A session is made up once, after it was missed, and a missed day only where the version lets it. A session on
/// neither side is made up for its modules alone, without bound.
#[must_use]
pub fn unmet_for_make_up(
    rule: &Rule,
    facts: &Facts,
    missed: (Uuid, &Session),
    on: NaiveDate,
    [at_session, at_day]: [&str; 2],
) -> Vec<Refusal> {
    let (id, session) = missed;
    let mut unmet = Vec::new();
    if on < session.day {
        unmet.push(Refusal::at(Code::Invalid, at_day, "lies before the day that was missed"));
    }
    let message = match facts.side(&id, session) {
        _ if facts.make_ups.contains_key(&id) => Some("it was made up already"),
        _ if session.state == SessionState::Planned => Some("it is still to come"),
        Side::Unrecorded => Some("record first who attended it"),
        Side::Counts(record) if !misses(session, record) => Some("it was not missed"),
        Side::Counts(_) if rule.make_up_days < 1 => {
            Some("the programme lets no missed day be made up")
        }
        Side::Counts(_) => {
            let mut with = facts.clone();
            with.make_ups.insert(id, NaiveDate::MAX);
            let used_up = !with.made_up(rule).0.contains(&id);
            used_up.then_some("as many days were made up as the programme lets")
        }
        Side::CountsIfMadeUp | Side::ToCome | Side::Pending | Side::Neither => None,
    };
    unmet.extend(message.map(|of| Refusal::at(Code::MakeUpNotAllowed, at_session, of)));
    unmet
}

#[cfg(test)]
#[path = "attendance_tests.rs"]
mod tests;
