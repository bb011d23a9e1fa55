//! Periods of licences. None is published: each is a proposal, to be replaced by the network's own.

use chrono::{Days, Months, NaiveDate};

use super::super::model::Term;

/// Longest and usual term of a licence that stands on READY, in months.
pub const READY_MONTHS: u32 = 12;

/// Longest and usual term of a licence that stands on CONDITIONAL, in months.
pub const CONDITIONAL_MONTHS: u32 = 6;

/// For how many days before its end a licence is expiring.
pub const EXPIRING_DAYS: u64 = 90;

/// For how many days after its end a licence may be in grace.
pub const GRACE_DAYS: u64 = 60;

/// The term of a bridging licence, in days.
pub const BRIDGE_DAYS: u64 = 90;

/// Within how many working days an appeal is lodged.
pub const APPEAL_WORKING_DAYS: u32 = 20;

/// Most conditions of one grant.
pub const MAX_CONDITIONS: usize = 20;

/// The day `months` after `day`.
#[must_use]
pub fn months_after(day: NaiveDate, months: u32) -> NaiveDate {
    day.checked_add_months(Months::new(months)).unwrap_or(NaiveDate::MAX)
}

/// The day `days` after `day`.
#[must_use]
pub fn days_after(day: NaiveDate, days: u64) -> NaiveDate {
    day.checked_add_days(Days::new(days)).unwrap_or(NaiveDate::MAX)
}

/// The days of a licence from `from` to before `to`.
#[must_use]
pub fn term(from: NaiveDate, to: NaiveDate) -> Term {
    let expiring_from = to.checked_sub_days(Days::new(EXPIRING_DAYS)).unwrap_or(from);
    Term { from, to, expiring_from, grace_to: days_after(to, GRACE_DAYS) }
}
