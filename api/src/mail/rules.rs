//! When a message is tried again, and when no more.

use chrono::{DateTime, TimeDelta, Utc};

use super::model::Failure;

/// How long a message belongs to who claimed it: longer than any attempt may take.
pub const LEASE: TimeDelta = TimeDelta::minutes(5);

/// The pause after the first attempt; each further one is twice as long.
const FIRST_PAUSE: TimeDelta = TimeDelta::minutes(5);

/// The longest pause.
const LONGEST_PAUSE: TimeDelta = TimeDelta::hours(24);

/// The last attempt: some 67 hours after the first.
pub const LAST_ATTEMPT: i32 = 11;

/// When to try again after the attempt of this number failed at `now`; `None` to give up.
#[must_use]
pub fn next_attempt(attempt: i32, failure: Failure, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let more = attempt < LAST_ATTEMPT && !failure.is_final();
    more.then(|| now + pause(attempt))
}

/// The pause after the attempt of this number.
fn pause(attempt: i32) -> TimeDelta {
    let doublings = u32::try_from(attempt - 1).unwrap_or_default();
    let factor = 2_i32.checked_pow(doublings).unwrap_or(i32::MAX);
    FIRST_PAUSE.checked_mul(factor).map_or(LONGEST_PAUSE, |pause| pause.min(LONGEST_PAUSE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_day() {
        let minutes: Vec<i64> = (1..=LAST_ATTEMPT).map(|n| pause(n).num_minutes()).collect();
        assert_eq!(minutes, [5, 10, 20, 40, 80, 160, 320, 640, 1280, 1440, 1440]);
        assert_eq!(pause(i32::MAX), LONGEST_PAUSE);
        assert_eq!(pause(0), FIRST_PAUSE);
    }

    #[test]
    fn a_message_is_given_up_after_about_three_days() {
        let start: DateTime<Utc> = "2026-05-01T09:00:00Z".parse().expect("an instant");
        let (mut at, mut attempt) = (start, 1);
        while let Some(next) = next_attempt(attempt, Failure::Refused(451), at) {
            (at, attempt) = (next, attempt + 1);
        }
        assert_eq!(attempt, LAST_ATTEMPT);
        let hours = (at - start).num_hours();
        assert!((60..=80).contains(&hours), "{hours}");
    }

    #[test]
    fn what_is_refused_for_good_is_given_up_at_once() {
        let now = DateTime::UNIX_EPOCH;
        assert_eq!(next_attempt(1, Failure::Refused(550), now), None);
        assert_eq!(next_attempt(1, Failure::Unsendable, now), None);
        assert_eq!(next_attempt(1, Failure::Credentials, now), Some(now + FIRST_PAUSE));
    }
}
