//! Time, identifiers and randomness, as arguments: nothing else in the service asks the system for them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use chrono::{DateTime, DurationRound, NaiveDate, TimeDelta, Utc};
use uuid::Uuid;

use crate::calendar;

/// Where the service takes the current instant and random bytes from.
pub trait Source: Send + Sync {
    /// The current instant, in whole microseconds (what both databases keep).
    fn now(&self) -> DateTime<Utc>;

    /// Fills `bytes` with random bytes.
    fn fill(&self, bytes: &mut [u8]);

    /// A new identifier: UUID version 7, so that identifiers sort by the time of their making.
    fn id(&self) -> Uuid {
        let mut random = [0; 10];
        self.fill(&mut random);
        let millis = u64::try_from(self.now().timestamp_millis()).unwrap_or_default();
        uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    }

    /// The civil date in England.
    fn today(&self) -> NaiveDate {
        calendar::civil_date(self.now())
    }
}

/// The system's clock and random number generator.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemSource;

impl Source for SystemSource {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the system's clock")]
    fn now(&self) -> DateTime<Utc> {
        whole_micros(Utc::now())
    }

    #[expect(clippy::expect_used, reason = "without randomness no key or identifier is safe")]
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the operating system gives random bytes");
    }
}

/// A clock that stands at one instant, with another source's randomness: for what is told of the past.
pub struct StandingSource {
    now: DateTime<Utc>,
    of: Arc<dyn Source>,
}

impl StandingSource {
    /// A clock that stands at `now`, with the randomness of `of`.
    #[must_use]
    pub fn new(now: DateTime<Utc>, of: Arc<dyn Source>) -> Self {
        Self { now: whole_micros(now), of }
    }
}

impl Source for StandingSource {
    fn now(&self) -> DateTime<Utc> {
        self.now
    }

    fn fill(&self, bytes: &mut [u8]) {
        self.of.fill(bytes);
    }
}

/// A clock that stands still until it is moved, with a counter in place of randomness.
#[derive(Debug)]
pub struct FixedSource {
    now: Mutex<DateTime<Utc>>,
    counter: AtomicU64,
}

impl FixedSource {
    /// A clock that stands at `now`.
    #[must_use]
    pub fn new(now: DateTime<Utc>) -> Self {
        Self { now: Mutex::new(whole_micros(now)), counter: AtomicU64::new(0) }
    }

    /// Moves the clock to `now`.
    pub fn set(&self, now: DateTime<Utc>) {
        *self.now.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = whole_micros(now);
    }
}

impl Source for FixedSource {
    fn now(&self) -> DateTime<Utc> {
        *self.now.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let next = self.counter.fetch_add(1, Ordering::Relaxed).to_be_bytes();
            let start = next.len().saturating_sub(chunk.len());
            chunk.copy_from_slice(&next[start..]);
        }
    }
}

fn whole_micros(at: DateTime<Utc>) -> DateTime<Utc> {
    at.duration_trunc(TimeDelta::microseconds(1)).unwrap_or(at)
}
