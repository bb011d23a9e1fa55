//! Budgets: how many requests, and how much cost, each actor may ask for.
//!
//! Both are saved up at a steady rate to a burst (the generic cell rate algorithm). With Redis the
//! replicas share them, by one script in one round trip; without it, or while it does not answer in
//! time, each replica keeps its own. A budget is a courtesy to the others and no right: nothing that is
//! in Redis, or missing there, changes what an actor may see or do.

mod local;
mod shared;

use std::net::IpAddr;

use uuid::Uuid;

use self::local::Local;
use self::shared::Shared;
pub use self::shared::SharedError;
use crate::actor::Identity;
use crate::config::{BudgetSettings, RedisSettings};

/// Whose budget it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Payer {
    /// A signed-in account.
    Account(Uuid),
    /// An address without a token; of IPv6 its network of 64 bits.
    Address(IpAddr),
}

impl Payer {
    /// Who pays for a request of `identity` from `address`.
    #[must_use]
    pub fn of(identity: Identity, address: IpAddr) -> Self {
        match (identity, address) {
            (Identity::Account(proof), _) => Self::Account(proof.account),
            (_, IpAddr::V4(_)) => Self::Address(address),
            (_, IpAddr::V6(address)) => {
                let network = address.to_bits() & (u128::MAX << 64);
                Self::Address(IpAddr::V6(network.into()))
            }
        }
    }
}

/// What is left after a charge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    /// Requests.
    pub requests: u32,
    /// Cost.
    pub cost: u32,
    /// Seconds to wait if the charge was refused; it was then not made.
    pub wait_s: Option<u32>,
}

/// Keeps the budgets.
pub struct Budget {
    settings: BudgetSettings,
    local: Local,
    shared: Option<Shared>,
}

impl Budget {
    /// Budgets of `settings`, shared through the Redis of `redis` if that names one.
    ///
    /// # Errors
    ///
    /// [`SharedError`] for an address that is none; a Redis that does not answer is no error.
    pub fn new(settings: &BudgetSettings, redis: &RedisSettings) -> Result<Self, SharedError> {
        let shared = match redis.url.as_str() {
            "" => None,
            _ => Some(Shared::new(redis)?),
        };
        Ok(Self { settings: settings.clone(), local: Local::new(settings), shared })
    }

    /// Charges `payer` for one request of this cost.
    pub async fn charge(&self, payer: Payer, cost: u64) -> Left {
        // An operation that costs more than the whole burst takes all of it.
        let cost = u32::try_from(cost).unwrap_or(u32::MAX).min(self.settings.cost_burst);
        if let Some(shared) = &self.shared
            && let Some(left) = shared.charge(&self.settings, payer, cost).await
        {
            return left;
        }
        self.local.charge(payer, cost)
    }

    /// The `RateLimit-Policy` header: how much is saved up at most, and in how many seconds.
    #[must_use]
    pub fn policy(&self) -> String {
        let BudgetSettings { requests_per_second, request_burst, cost_per_second, cost_burst } =
            self.settings;
        let requests = request_burst.div_ceil(requests_per_second);
        let cost = cost_burst.div_ceil(cost_per_second);
        format!("\"requests\";q={request_burst};w={requests}, \"cost\";q={cost_burst};w={cost}")
    }

    /// The `RateLimit` header: what is left, and in how many seconds all of it is back.
    #[must_use]
    pub fn state(&self, left: Left) -> String {
        let BudgetSettings { requests_per_second, request_burst, cost_per_second, cost_burst } =
            self.settings;
        let requests = request_burst.saturating_sub(left.requests).div_ceil(requests_per_second);
        let cost = cost_burst.saturating_sub(left.cost).div_ceil(cost_per_second);
        format!("\"requests\";r={};t={requests}, \"cost\";r={};t={cost}", left.requests, left.cost)
    }
}
