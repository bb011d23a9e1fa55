//! Budgets of this process alone.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicUsize, Ordering};

use governor::clock::{Clock as _, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};

use super::{Left, Payer, Rate, Rates};

/// After so many charges, budgets that are full again are forgotten.
const TIDY_EVERY: usize = 4096;

type Limiter =
    RateLimiter<Payer, DashMapStateStore<Payer>, DefaultClock, StateInformationMiddleware>;

/// Budgets of this process alone.
pub struct Local {
    requests: Limiter,
    cost: Limiter,
    charges: AtomicUsize,
}

fn limiter(rate: Rate) -> Limiter {
    let burst = NonZeroU32::new(rate.burst).unwrap_or(NonZeroU32::MIN);
    let quota = Quota::with_period(rate.every).unwrap_or(Quota::per_second(NonZeroU32::MIN));
    RateLimiter::dashmap(quota.allow_burst(burst)).with_middleware()
}

/// What is left, or the seconds to wait.
fn take(limiter: &Limiter, payer: Payer, amount: u32) -> Result<u32, u32> {
    // Even what costs nothing shows what is left.
    let amount = NonZeroU32::new(amount).unwrap_or(NonZeroU32::MIN);
    match limiter.check_key_n(&payer, amount) {
        Ok(Ok(state)) => Ok(state.remaining_burst_capacity()),
        Ok(Err(until)) => {
            let wait = until.wait_time_from(DefaultClock::default().now());
            Err(u32::try_from(wait.as_millis().div_ceil(1000)).unwrap_or(u32::MAX).max(1))
        }
        Err(_) => Err(u32::MAX),
    }
}

impl Local {
    /// Full budgets for everyone.
    pub fn new(rates: Rates) -> Self {
        Self {
            requests: limiter(rates.requests),
            cost: limiter(rates.cost),
            charges: AtomicUsize::new(0),
        }
    }

    /// Charges `payer`.
    pub fn charge(&self, payer: Payer, cost: u32) -> Left {
        if self.charges.fetch_add(1, Ordering::Relaxed) % TIDY_EVERY == TIDY_EVERY - 1 {
            self.requests.retain_recent();
            self.cost.retain_recent();
        }
        let requests = match take(&self.requests, payer, 1) {
            Ok(left) => left,
            // The least that can be taken shows what is left.
            Err(wait) => {
                let cost = take(&self.cost, payer, 1).unwrap_or(0);
                return Left { requests: 0, cost, wait_s: Some(wait) };
            }
        };
        match take(&self.cost, payer, cost) {
            Ok(left) => Left { requests, cost: left, wait_s: None },
            Err(wait) => Left { requests, cost: 0, wait_s: Some(wait) },
        }
    }
}
