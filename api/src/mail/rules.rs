//! What a refusal means, when a message is tried again, and when no more.

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};

use super::model::Failure;

/// How long a message belongs to who claimed it: longer than any attempt may take, with the longest times that can be
/// set and the time to write down what became of it.
pub const LEASE: TimeDelta = TimeDelta::minutes(15);

/// The pause after the first attempt; each further one is twice as long.
const FIRST_PAUSE: TimeDelta = TimeDelta::minutes(5);

/// The longest pause.
const LONGEST_PAUSE: TimeDelta = TimeDelta::hours(24);

/// The last attempt: some 67 hours after the first.
pub const LAST_ATTEMPT: i32 = 11;

/// For so many days a message is of use if nobody says otherwise, that of its queueing among them.
const USEFUL_DAYS: u64 = 7;

/// The last day on which a message queued on `today` is of use if nobody says otherwise.
#[must_use]
pub fn last_useful_day(today: NaiveDate) -> NaiveDate {
    today.checked_add_days(Days::new(USEFUL_DAYS - 1)).unwrap_or(today)
}

/// Answers that another time would not change (RFC 3463): the mailbox or its domain is not there, is closed or full,
/// or the message is too large. A whole class of them, about its content, is added by [`is_for_good`].
const FOR_GOOD: [&str; 9] =
    ["5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1", "5.2.2", "5.2.3", "5.3.4"];

/// Whether the server refused a message for what its recipient or its content is, and not for what we are: a server
/// that is told to relay nothing for us refuses every message with 550 too. Only the enhanced status code with which
/// `words` begin tells them apart.
#[must_use]
pub fn is_for_good(code: u16, words: &str) -> bool {
    let status = words.split_whitespace().next().unwrap_or_default();
    (500..600).contains(&code) && (FOR_GOOD.contains(&status) || status.starts_with("5.6."))
}

/// What is to become of a message whose attempt failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// It is tried again at this time.
    Again(DateTime<Utc>),
    /// It counts as sent.
    Sent,
    /// It is tried no more.
    GivenUp,
}

/// What follows when the attempt of this number failed at `now`. A server that had all of a message has most likely
/// taken it: one that gives no word is not asked again, and one that broke off is, unless it did so the last time too.
#[must_use]
pub fn next(attempt: i32, failure: Failure, was_cut: bool, now: DateTime<Utc>) -> Next {
    match failure {
        Failure::Unanswered => Next::Sent,
        Failure::Rejected(_) | Failure::Unsendable | Failure::Interrupted | Failure::TooLate => {
            Next::GivenUp
        }
        Failure::Cut if was_cut => Next::GivenUp,
        _ if attempt >= LAST_ATTEMPT => Next::GivenUp,
        _ => Next::Again(now + pause(attempt)),
    }
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

    const START: DateTime<Utc> = DateTime::UNIX_EPOCH;

    #[test]
    fn pauses_double_up_to_a_day() {
        let minutes: Vec<i64> = (1..=LAST_ATTEMPT).map(|n| pause(n).num_minutes()).collect();
        assert_eq!(minutes, [5, 10, 20, 40, 80, 160, 320, 640, 1280, 1440, 1440]);
        assert_eq!(pause(i32::MAX), LONGEST_PAUSE);
        assert_eq!(pause(0), FIRST_PAUSE);
    }

    #[test]
    fn a_message_is_given_up_after_about_three_days() {
        let (mut at, mut attempt) = (START, 1);
        while let Next::Again(later) = next(attempt, Failure::Refused(550), false, at) {
            (at, attempt) = (later, attempt + 1);
        }
        assert_eq!(attempt, LAST_ATTEMPT);
        let hours = (at - START).num_hours();
        assert!((60..=80).contains(&hours), "{hours}");
        let useful = last_useful_day(START.date_naive()) - START.date_naive();
        assert!(useful.num_hours() > hours, "it is of use for longer");
    }

    #[test]
    fn only_what_the_recipient_or_the_content_is_refuses_a_message_for_good() {
        for words in ["5.1.1 no such user", "5.2.2 full", "5.3.4 too large", "5.6.1 no such type"] {
            assert!(is_for_good(550, words), "{words}");
        }
        for words in
            ["5.7.1 relaying denied", "relay not permitted", "5.1.8 bad sender", "5.1.0", ""]
        {
            assert!(!is_for_good(550, words), "{words}");
        }
        assert!(!is_for_good(450, "5.1.1 no such user"));
    }

    #[test]
    fn what_cannot_end_otherwise_is_not_tried_again() {
        let after = |failure, was_cut| next(1, failure, was_cut, START);
        let again = Next::Again(START + FIRST_PAUSE);
        assert_eq!(after(Failure::Rejected(550), false), Next::GivenUp);
        assert_eq!(after(Failure::Unsendable, false), Next::GivenUp);
        for way in [Failure::Credentials, Failure::Sender(550), Failure::TimedOut, Failure::Tls] {
            assert_eq!(after(way, false), again);
        }
        assert_eq!(after(Failure::Unanswered, false), Next::Sent);
        assert_eq!(after(Failure::Cut, false), again);
        assert_eq!(after(Failure::Cut, true), Next::GivenUp, "a letter goes out twice at most");
        assert_eq!(next(LAST_ATTEMPT, Failure::Unreachable, false, START), Next::GivenUp);
    }
}
