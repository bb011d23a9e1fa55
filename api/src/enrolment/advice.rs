//! What somebody can still do about attendance: how much may be missed, what must not be, what making up would mend.

use std::cmp::Reverse;

use chrono::NaiveDate;
use serde::Serialize;

use super::attendance::{Progress, Rule, progress};
use super::facts::{Facts, Status};
use super::graduation::{Told, amount, listed, percentage, unit};
use crate::course::model::SessionState;
use crate::programme::model::AttendanceBasis;

crate::coded! {
    /// What a piece of advice says.
    Kind {
        /// Enough was attended, whatever comes.
        Enough = "ENOUGH",
        /// Some of what is left may be missed.
        CanMiss = "CAN_MISS",
        /// Everything that is left is needed.
        EveryOneCounts = "EVERY_ONE_COUNTS",
        /// Attending what is left is not enough; making up is.
        NeedsMakeUp = "NEEDS_MAKE_UP",
        /// Neither is enough.
        OutOfReach = "OUT_OF_REACH",
        /// A mandatory module is to come.
        ModuleToCome = "MODULE_TO_COME",
        /// A mandatory module was missed.
        ModuleMissed = "MODULE_MISSED",
    }
}

/// A piece of advice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Advice {
    /// What it says.
    pub kind: Kind,
    /// Its number: how much may be missed, how much is needed, how many days to make up, or the module.
    pub number: i64,
    /// The last day on which something can be done about it.
    pub by: Option<NaiveDate>,
    /// In plain words.
    pub words: String,
}

/// What to do about attendance.
#[must_use]
pub fn advice(rule: &Rule, facts: &Facts) -> Vec<Advice> {
    let progress = progress(rule, facts);
    let share = match progress.can_miss {
        None if progress.total == 0 => None,
        None => Some(out_of_reach(rule, facts, &progress)),
        // Nothing is to come, and what there is is enough.
        Some(_) if progress.last_day.is_none() => None,
        Some(spare) => Some(within_reach(rule, &progress, spare)),
    };
    let open = progress.open_modules.iter().map(|module| to_come(*module, facts));
    let missed = progress.missed_modules.iter().map(|module| Advice {
        kind: Kind::ModuleMissed,
        number: i64::from(*module),
        by: None,
        words: format!("module {module} is mandatory and not covered: it has to be made up"),
    });
    share.into_iter().chain(open).chain(missed).collect()
}

/// Attending is enough: `spare` of what is left may be missed.
fn within_reach(rule: &Rule, progress: &Progress, spare: i64) -> Advice {
    let (basis, left, threshold) = (rule.basis, progress.left, percentage(rule.threshold));
    let more = left - spare;
    let by = progress.last_day.map_or_else(String::new, |day| format!(" by {}", day.told()));
    // Where no days are counted, they may be bounded besides.
    let bounded = progress.spare_days.filter(|_| basis != AttendanceBasis::Days);
    let bound = bounded.map_or_else(String::new, |days| {
        format!("; no more than {} may be missed", amount(AttendanceBasis::Days, days))
    });
    let unrecorded = match progress.unrecorded.as_slice() {
        [] => String::new(),
        days => format!("; {} not recorded yet and taken as attended", listed(days)),
    };
    let keep = if more == 1 { "keeps" } else { "keep" };
    let more_of =
        format!("{more} more {}{by} {keep} you at {threshold} or above", unit(basis, more));
    let (kind, number, words) = match (more, spare) {
        (0, _) => {
            let total = amount(basis, progress.total);
            (Kind::Enough, spare, format!("{threshold} of {total} is reached whatever comes"))
        }
        (_, 0) => (Kind::EveryOneCounts, more, format!("{more_of}: none can be missed")),
        _ => {
            let left = amount(basis, left);
            (Kind::CanMiss, spare, format!("{more_of}: {spare} of the {left} left can be missed"))
        }
    };
    Advice { kind, number, by: progress.last_day, words: words + &bound + &unrecorded }
}

/// Attending is not enough.
fn out_of_reach(rule: &Rule, facts: &Facts, now: &Progress) -> Advice {
    let why = if now.reachable < now.needed {
        let (reachable, total) = (now.reachable, amount(rule.basis, now.total));
        let threshold = percentage(rule.threshold);
        format!("at most {reachable} of {total} can be reached, and {threshold} is {}", now.needed)
    } else {
        let missed = i64::try_from(now.missed_days.len()).unwrap_or(i64::MAX);
        format!("{} missed, more than may be", amount(AttendanceBasis::Days, missed))
    };
    let days = to_make_up(rule, facts);
    let (kind, words) = if days.is_empty() {
        (Kind::OutOfReach, format!("{why}; no days to make up were found that are enough"))
    } else {
        (Kind::NeedsMakeUp, format!("{why}; making up {} is enough", listed(&days)))
    };
    let number = i64::try_from(days.len()).unwrap_or(i64::MAX);
    Advice { kind, number, by: None, words }
}

/// The days to make up so that attending what is left is enough: at each step the one that gains most, the first of
/// several. Empty if so many cannot be made up. Where modules are counted, or the days missed besides something else,
/// other days might do.
fn to_make_up(rule: &Rule, facts: &Facts) -> Vec<NaiveDate> {
    let (mut tried, mut days) = (facts.clone(), Vec::new());
    for _ in 0..progress(rule, facts).make_up_days_left {
        let missed = missed_days(&tried);
        let with = missed.into_iter().map(|day| (day, with_day(&tried, day)));
        let gains = with.map(|(day, facts)| (progress(rule, &facts), day, facts));
        let best = gains.max_by_key(|(found, day, _)| {
            (found.can_miss.is_some(), found.margin(rule), found.spare_days, Reverse(*day))
        });
        let Some((found, day, facts)) = best else { break };
        tried = facts;
        days.push(day);
        if found.can_miss.is_some() {
            days.sort_unstable();
            return days;
        }
    }
    Vec::new()
}

/// The days of sessions that were not attended in full and were not made up.
fn missed_days(facts: &Facts) -> std::collections::BTreeSet<NaiveDate> {
    let missed = facts.records.iter().filter(|(id, record)| {
        let missed = [Status::Partial, Status::Absent, Status::AuthorisedAbsence];
        missed.contains(&record.status) && !facts.make_ups.contains_key(*id)
    });
    let sessions = missed.filter_map(|(id, _)| facts.sessions.get(id));
    let held = sessions.filter(|session| session.state == SessionState::Held);
    held.map(|session| session.day).filter(|day| facts.enrolled.contains(*day)).collect()
}

/// The facts once everything that was missed on the day is made up.
fn with_day(facts: &Facts, day: NaiveDate) -> Facts {
    let mut with = facts.clone();
    let of_day = facts.sessions.iter().filter(|(_, session)| session.day == day);
    for (id, _) in of_day.filter(|(id, _)| facts.records.contains_key(*id)) {
        with.make_ups.entry(*id).or_insert(NaiveDate::MAX);
    }
    with
}

/// A mandatory module is to come: its last session is the last chance.
fn to_come(module: i32, facts: &Facts) -> Advice {
    let teaching = facts.sessions.values().filter(|session| {
        session.state == SessionState::Planned
            && session.modules.contains(&module)
            && facts.enrolled.contains(session.day)
    });
    let by = teaching.map(|session| session.day).max();
    let when = by.map_or_else(
        || "attendance is to be recorded".to_owned(),
        |day| format!("attend it by {}", day.told()),
    );
    let words = format!("module {module} is mandatory: {when}");
    Advice { kind: Kind::ModuleToCome, number: i64::from(module), by, words }
}

#[cfg(test)]
#[path = "advice_tests.rs"]
mod tests;
