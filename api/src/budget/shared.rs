//! Budgets shared through Redis.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, Script};
use thiserror::Error;
use tokio::time::Instant;

use super::{Left, Payer, Rate, Rates};
use crate::config::RedisSettings;

/// The script: one round trip, and no charge is half made.
const SPEND: &str = include_str!("spend.lua");

/// For so long nobody asks a Redis that did not answer.
const PAUSE: Duration = Duration::from_secs(2);

/// The setting names no Redis.
#[derive(Debug, Error)]
#[error("redis.url must be redis://HOST:PORT, without TLS")]
pub struct SharedError;

/// Budgets shared through Redis.
pub struct Shared {
    connection: ConnectionManager,
    script: Script,
    prefix: String,
    patience: Duration,
    started: Instant,
    /// Milliseconds since the start until which Redis is left alone.
    pause_until: AtomicU64,
}

impl Shared {
    /// Budgets in the Redis of `settings`, which is asked when first needed.
    pub fn new(settings: &RedisSettings) -> Result<Self, SharedError> {
        let patience = Duration::from_millis(settings.timeout_ms);
        let client = Client::open(settings.url.as_str()).map_err(|_| SharedError)?;
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(0)
            .set_connection_timeout(Some(patience))
            .set_response_timeout(Some(patience));
        let connection =
            ConnectionManager::new_lazy_with_config(client, config).map_err(|_| SharedError)?;
        Ok(Self {
            connection,
            script: Script::new(SPEND),
            prefix: settings.prefix.clone(),
            patience,
            started: Instant::now(),
            pause_until: AtomicU64::new(0),
        })
    }

    /// Charges `payer`; `None` while Redis does not answer.
    pub async fn charge(&self, name: &str, rates: Rates, payer: Payer, cost: u32) -> Option<Left> {
        if !self.may_ask() {
            return None;
        }
        let answer =
            tokio::time::timeout(self.patience * 2, self.ask(name, rates, payer, cost)).await;
        match answer {
            Ok(Ok((refused, requests, cost, wait))) => {
                self.pause_until.store(0, Ordering::Release);
                let wait_s = u32::try_from(wait.div_ceil(1_000_000)).unwrap_or(u32::MAX).max(1);
                Some(Left { requests, cost, wait_s: (refused > 0).then_some(wait_s) })
            }
            failed => {
                if self.pause_until.swap(self.after_pause(), Ordering::AcqRel) == 0 {
                    let reason = match failed {
                        Ok(Err(error)) => error.category().to_owned(),
                        _ => "no answer in time".to_owned(),
                    };
                    tracing::warn!(
                        reason,
                        "Redis does not serve budgets: each replica keeps its own"
                    );
                }
                None
            }
        }
    }

    /// Whether Redis is asked: always while it answers, and by one request after each pause.
    fn may_ask(&self) -> bool {
        let until = self.pause_until.load(Ordering::Acquire);
        let next = self.after_pause();
        until == 0
            || (self.elapsed() >= until
                && self
                    .pause_until
                    .compare_exchange(until, next, Ordering::AcqRel, Ordering::Acquire)
                    .is_ok())
    }

    fn after_pause(&self) -> u64 {
        self.elapsed().saturating_add(u64::try_from(PAUSE.as_millis()).unwrap_or(u64::MAX))
    }

    async fn ask(
        &self,
        name: &str,
        rates: Rates,
        payer: Payer,
        cost: u32,
    ) -> redis::RedisResult<(u8, u32, u32, u64)> {
        let interval = |rate: Rate| rate.every.as_secs_f64() * 1_000_000_f64;
        let mut connection = self.connection.clone();
        let key = match payer {
            Payer::Account(id) => format!("{}{name}:account:{}", self.prefix, id.simple()),
            Payer::Address(address) => format!("{}{name}:address:{address}", self.prefix),
            Payer::Credential(id) => format!("{}{name}:credential:{}", self.prefix, id.simple()),
            Payer::Mailbox(id) => format!("{}{name}:mailbox:{}", self.prefix, id.simple()),
        };
        self.script
            .key(key)
            .arg(interval(rates.requests))
            .arg(rates.requests.burst)
            .arg(1)
            .arg(interval(rates.cost))
            .arg(rates.cost.burst)
            .arg(cost)
            .invoke_async(&mut connection)
            .await
    }

    fn elapsed(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}
