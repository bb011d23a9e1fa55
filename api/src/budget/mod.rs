//! Budgets: how many requests, and how much cost, each actor may ask for.
//!
//! Both are saved up at a steady rate to a burst (the generic cell rate algorithm). With Redis the
//! replicas share them, by one script in one round trip; without it, or while it does not answer in
//! time, each replica keeps its own. A budget is a courtesy to the others and no right: nothing that is
//! in Redis, or missing there, changes what an actor may see or do.

mod local;
mod shared;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use self::local::Local;
use self::shared::Shared;
pub use self::shared::SharedError;
use crate::actor::Identity;
use crate::config::{BudgetSettings, CredentialSettings, RedisSettings};

/// Whose budget it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Payer {
    /// A signed-in account.
    Account(Uuid),
    /// An address without a token; of IPv6 its network of 64 bits.
    Address(IpAddr),
    /// A credential, whoever asks about it.
    Credential(Uuid),
    /// A mailbox to which letters go at the asking of strangers, by a hash of its address.
    Mailbox(Uuid),
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

/// How fast something is saved up, and how much of it at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rate {
    /// The time that one takes.
    every: Duration,
    /// Most of them.
    burst: u32,
}

impl Rate {
    fn per_second(number: u32, burst: u32) -> Self {
        Self { every: Duration::from_secs(1) / number.max(1), burst }
    }

    /// In how many seconds so many are back.
    fn seconds(self, number: u32) -> u64 {
        let back = self.every.as_nanos() * u128::from(number);
        u64::try_from(back.div_ceil(1_000_000_000)).unwrap_or(u64::MAX)
    }
}

/// What each payer may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rates {
    requests: Rate,
    cost: Rate,
}

/// Keeps the budgets.
pub struct Budget {
    /// What the keys of these budgets are called in Redis.
    name: &'static str,
    rates: Rates,
    local: Local,
    shared: Option<Arc<Shared>>,
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
            _ => Some(Arc::new(Shared::new(redis)?)),
        };
        let BudgetSettings { requests_per_second, request_burst, cost_per_second, cost_burst } =
            *settings;
        let rates = Rates {
            requests: Rate::per_second(requests_per_second, request_burst),
            cost: Rate::per_second(cost_per_second, cost_burst),
        };
        Ok(Self { name: "budget", rates, local: Local::new(rates), shared })
    }

    /// Budgets of tries to confirm the holder of a credential, shared in the same way.
    #[must_use]
    pub fn of_tries(&self, settings: &CredentialSettings) -> Self {
        let every = Duration::from_secs(settings.confirm_every_s.into());
        let rate = Rate { every, burst: settings.confirm_burst };
        let rates = Rates { requests: rate, cost: rate };
        Self { name: "tries", rates, local: Local::new(rates), shared: self.shared.clone() }
    }

    /// Charges `payer` for one request of this cost.
    pub async fn charge(&self, payer: Payer, cost: u64) -> Left {
        // An operation that costs more than the whole burst takes all of it.
        let cost = u32::try_from(cost).unwrap_or(u32::MAX).min(self.rates.cost.burst);
        if let Some(shared) = &self.shared
            && let Some(left) = shared.charge(self.name, self.rates, payer, cost).await
        {
            return left;
        }
        self.local.charge(payer, cost)
    }

    /// The `RateLimit-Policy` header: how much is saved up at most, and in how many seconds.
    #[must_use]
    pub fn policy(&self) -> String {
        let Rates { requests, cost } = self.rates;
        let (all, in_s) = (requests.burst, requests.seconds(requests.burst));
        let (whole, cost_s) = (cost.burst, cost.seconds(cost.burst));
        format!("\"requests\";q={all};w={in_s}, \"cost\";q={whole};w={cost_s}")
    }

    /// The `RateLimit` header: what is left, and in how many seconds all of it is back.
    #[must_use]
    pub fn state(&self, left: Left) -> String {
        let Rates { requests, cost } = self.rates;
        let in_s = requests.seconds(requests.burst.saturating_sub(left.requests));
        let cost_s = cost.seconds(cost.burst.saturating_sub(left.cost));
        let (requests, cost) = (left.requests, left.cost);
        format!("\"requests\";r={requests};t={in_s}, \"cost\";r={cost};t={cost_s}")
    }
}
