//! The public keys of an issuer: from a file, or fetched from where the issuer publishes them.
//!
//! A published set is fetched again when a token names an unknown key, and before it is old; at most
//! once a minute whatever tokens come, and by one request at a time. While the issuer does not answer,
//! its last keys are good for an hour; then its tokens are refused.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use thiserror::Error;
use tokio::sync::Mutex;

/// Largest key set that is read, in bytes.
const MAX_SET: usize = 256 * 1024;

/// Most keys of a set.
const MAX_KEYS: usize = 64;

/// Longest wait for a key set.
const FETCH_TIMEOUT: Duration = Duration::from_secs(2);

/// Shortest time between two fetches from one issuer.
const MIN_PAUSE: TimeDelta = TimeDelta::seconds(60);

/// After this time a set is fetched again in the background.
const FRESH: TimeDelta = TimeDelta::minutes(5);

/// After this time without a successful fetch the keys are no longer used.
const STALE: TimeDelta = TimeDelta::hours(1);

/// RSA keys have between 2,048 and 8,192 bits; this is in bytes.
const RSA_BYTES: std::ops::RangeInclusive<usize> = 256..=1024;

/// Keys or settings that cannot be used.
#[derive(Debug, Error)]
pub enum KeyError {
    /// The algorithm is not known or not asymmetric.
    #[error(
        "auth.issuers: {0} is not an accepted algorithm; use ES256, ES384, PS256, RS256, RS512 or EdDSA"
    )]
    Algorithm(String),
    /// The key set cannot be read.
    #[error("auth.issuers: the keys of {issuer} cannot be read: {problem}")]
    Keys {
        /// The issuer.
        issuer: String,
        /// What is wrong.
        problem: String,
    },
    /// A signing key cannot be made or read.
    #[error("the issuer's signing key cannot be made or read: {0}")]
    Signing(String),
}

type Keys = HashMap<String, Arc<DecodingKey>>;

/// The keys of one issuer.
pub enum KeySet {
    /// Keys that never change while the service runs.
    Fixed(Keys),
    /// Keys that the issuer publishes.
    Published(Arc<Published>),
}

impl KeySet {
    /// The key of this name; fetched if it may be new.
    pub async fn key(&self, kid: &str, now: DateTime<Utc>) -> Option<Arc<DecodingKey>> {
        match self {
            Self::Fixed(keys) => keys.get(kid).cloned(),
            Self::Published(published) => published.key(kid, now).await,
        }
    }

    /// Whether there are keys to verify with.
    #[must_use]
    pub fn is_ready(&self, now: DateTime<Utc>) -> bool {
        match self {
            Self::Fixed(keys) => !keys.is_empty(),
            Self::Published(published) => published.state().is_usable(now),
        }
    }
}

/// Keys that an issuer publishes at an address.
pub struct Published {
    url: String,
    algorithm: Algorithm,
    client: reqwest::Client,
    state: RwLock<State>,
    fetching: Mutex<()>,
}

#[derive(Clone, Default)]
struct State {
    keys: Arc<Keys>,
    /// When they were last fetched.
    fetched: Option<DateTime<Utc>>,
    /// When the issuer was last asked, with success or without.
    asked: Option<DateTime<Utc>>,
}

impl State {
    fn is_younger(&self, than: TimeDelta, now: DateTime<Utc>) -> bool {
        self.fetched.is_some_and(|fetched| now - fetched < than)
    }

    fn is_usable(&self, now: DateTime<Utc>) -> bool {
        self.is_younger(STALE, now)
    }

    /// A clock that was set back does not keep the issuer from being asked.
    fn may_ask(&self, now: DateTime<Utc>) -> bool {
        self.asked.is_none_or(|asked| (now - asked).abs() >= MIN_PAUSE)
    }
}

impl Published {
    /// The keys at `url`, none fetched yet.
    ///
    /// # Errors
    ///
    /// What is wrong with the settings of the HTTP client.
    pub fn new(url: &str, algorithm: Algorithm) -> Result<Arc<Self>, String> {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(FETCH_TIMEOUT)
            .user_agent("alongside")
            .build()
            .map_err(|error| error.to_string())?;
        Ok(Arc::new(Self {
            url: url.to_owned(),
            algorithm,
            client,
            state: RwLock::default(),
            fetching: Mutex::default(),
        }))
    }

    fn state(&self) -> State {
        self.state.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.write().unwrap_or_else(PoisonError::into_inner));
    }

    async fn key(self: &Arc<Self>, kid: &str, now: DateTime<Utc>) -> Option<Arc<DecodingKey>> {
        let state = self.state();
        if state.is_usable(now)
            && let Some(key) = state.keys.get(kid)
        {
            if !state.is_younger(FRESH, now) && state.may_ask(now) {
                let published = Arc::clone(self);
                tokio::spawn(async move { published.refresh(now).await });
            }
            return Some(Arc::clone(key));
        }
        self.refresh(now).await;
        let state = self.state();
        if state.is_usable(now) { state.keys.get(kid).cloned() } else { None }
    }

    /// Fetches the set if it is missing or no longer fresh.
    pub async fn keep(&self, now: DateTime<Utc>) {
        if !self.state().is_younger(FRESH, now) {
            self.refresh(now).await;
        }
    }

    /// Fetches the set, unless it was asked for within the last minute. Whoever comes while it is being
    /// fetched waits for that.
    pub async fn refresh(&self, now: DateTime<Utc>) {
        let _one_at_a_time = self.fetching.lock().await;
        if !self.state().may_ask(now) {
            return;
        }
        self.change(|state| state.asked = Some(now));
        match self.fetch().await {
            Ok(keys) => self.change(|state| {
                state.keys = Arc::new(keys);
                state.fetched = Some(now);
            }),
            Err(problem) => {
                tracing::warn!(issuer.keys = %self.url, problem, "the key set cannot be fetched");
            }
        }
    }

    async fn fetch(&self) -> Result<Keys, String> {
        let failed = |error: reqwest::Error| error.without_url().to_string();
        let mut response = self.client.get(&self.url).send().await.map_err(failed)?;
        if response.status() != reqwest::StatusCode::OK {
            return Err(format!("it answered with the status {}", response.status().as_u16()));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > MAX_SET {
                return Err(format!("it is longer than {MAX_SET} bytes"));
            }
            body.extend_from_slice(&chunk);
        }
        keys_of(&body, self.algorithm)
    }
}

/// A key set as it is published: keys of kinds that we do not know are passed over.
#[derive(Deserialize)]
struct Set {
    keys: Vec<serde_json::Value>,
}

/// The keys of a published set that can verify `algorithm`, by their names.
///
/// # Errors
///
/// What is wrong with the set: it is none, two keys have one name, or no key is of use.
pub fn keys_of(text: &[u8], algorithm: Algorithm) -> Result<Keys, String> {
    let set: Set =
        serde_json::from_slice(text).map_err(|_| "it is no JSON Web Key Set".to_owned())?;
    if set.keys.len() > MAX_KEYS {
        return Err(format!("it has more than {MAX_KEYS} keys"));
    }
    let mut keys = Keys::new();
    for key in set.keys {
        let Ok(key) = serde_json::from_value::<Jwk>(key) else { continue };
        let Some(kid) = key.common.key_id.clone() else { continue };
        if !fits(&key, algorithm) {
            continue;
        }
        let Ok(decoding) = DecodingKey::from_jwk(&key) else { continue };
        if keys.insert(kid, Arc::new(decoding)).is_some() {
            return Err("two keys have one kid".to_owned());
        }
    }
    if keys.is_empty() { Err(format!("no key in it is for {algorithm:?}")) } else { Ok(keys) }
}

/// Whether `key` is a strong enough public key for signatures of `algorithm`.
fn fits(key: &Jwk, algorithm: Algorithm) -> bool {
    use Algorithm::{ES256, ES384, EdDSA, PS256, PS384, PS512, RS256, RS384, RS512};
    let signs = matches!(key.common.public_key_use, None | Some(PublicKeyUse::Signature));
    let named =
        key.common.key_algorithm.is_none_or(|named| named.to_string() == format!("{algorithm:?}"));
    let kind = match (&key.algorithm, algorithm) {
        (AlgorithmParameters::RSA(rsa), RS256 | RS384 | RS512 | PS256 | PS384 | PS512) => {
            URL_SAFE_NO_PAD.decode(&rsa.n).is_ok_and(|n| {
                let leading = n.iter().take_while(|byte| **byte == 0).count();
                RSA_BYTES.contains(&(n.len() - leading))
            })
        }
        (AlgorithmParameters::EllipticCurve(curve), ES256) => curve.curve == EllipticCurve::P256,
        (AlgorithmParameters::EllipticCurve(curve), ES384) => curve.curve == EllipticCurve::P384,
        (AlgorithmParameters::OctetKeyPair(pair), EdDSA) => pair.curve == EllipticCurve::Ed25519,
        _ => false,
    };
    signs && named && kind
}
