//! Bearer tokens: from text to a proven identity.
//!
//! A token proves who is asking and nothing else. For each issuer the settings fix the exact name, the
//! audience, the one algorithm, the keys and the longest life. The key is found by its exact `kid` in
//! that issuer's key set; headers that point elsewhere are refused. Whether the token was ended before
//! its time is read with the role grants, in the transaction of the work.

use std::collections::HashMap;
use std::str::FromStr as _;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation};
use moka::sync::Cache;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Deserializer, Serialize};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use super::keys::{KeyError, KeySet, Published, keys_of};
use super::service::{account_id, session_id, token_id};
use super::{Identity, Proof, Session};
use crate::config::{AuthSettings, IssuerSettings};

/// Longest token that is looked at, in bytes.
const MAX_LENGTH: usize = 8 * 1024;

/// Longest text of a claim, in bytes.
const MAX_CLAIM: usize = 255;

/// The `typ` of access tokens (RFC 9068).
pub const ACCESS_TOKEN: &str = "at+jwt";

/// The `typ` of back-channel logout tokens (OpenID Connect Back-Channel Logout 1.0).
const LOGOUT_TOKEN: &str = "logout+jwt";

/// The event that a logout token names.
const LOGOUT_EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// Longest life of a logout token, in seconds.
const LOGOUT_LIFE_S: i64 = 300;

/// The token is not accepted. The reason is for the log only.
#[derive(Debug, Error)]
#[error("token refused: {0}")]
pub struct Refused(&'static str);

/// The claims of an access token that are looked at, strictly typed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Claims {
    /// The issuer.
    pub iss: String,
    /// The audience: one, and ours.
    pub aud: String,
    /// The subject.
    pub sub: String,
    /// When it was issued, in seconds.
    pub iat: i64,
    /// When it expires, in seconds.
    pub exp: i64,
    /// From when on it is good, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nbf: Option<i64>,
    /// The token's own name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jti: Option<String>,
    /// The name of the session at the issuer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
}

/// The claims of a logout token.
#[derive(Clone, Debug, Deserialize)]
struct LogoutClaims {
    iss: String,
    /// One audience, never a list; the library has compared it.
    #[serde(rename = "aud")]
    _aud: String,
    iat: i64,
    #[serde(default)]
    exp: Option<i64>,
    jti: String,
    #[serde(default)]
    sub: Option<String>,
    #[serde(default)]
    sid: Option<String>,
    events: HashMap<String, serde_json::Map<String, serde_json::Value>>,
    #[serde(default, deserialize_with = "present")]
    nonce: bool,
}

/// Whether a member is there at all, be it null.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| true)
}

/// What an issuer ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logout {
    /// When.
    pub at: DateTime<Utc>,
    /// The session; without one, everything of the account.
    pub session: Option<uuid::Uuid>,
    /// The account, where the issuer names its subject.
    pub account: Option<uuid::Uuid>,
}

struct Issuer {
    algorithm: Algorithm,
    audience: String,
    keys: KeySet,
    max_life_s: i64,
}

/// How many tokens are remembered as verified.
const REMEMBERED: u64 = 10_000;

/// A token whose signature and claims were found to be good.
struct Good {
    issuer: String,
    /// Whom the issuer names.
    subject: String,
    kid: String,
    /// With which key: one that the issuer has since replaced or withdrawn counts no longer.
    key: Arc<DecodingKey>,
    times: Times,
    identity: Identity,
}

/// Verifies tokens.
pub struct Verifier {
    audience: String,
    leeway_s: i64,
    issuers: HashMap<String, Issuer>,
    /// By the SHA-256 of the token: what was verified once is not verified again while its key is in use. That
    /// a token has not expired is asked each time, and so is, with the grants, that nobody has ended it.
    good: Cache<[u8; 32], Arc<Good>>,
}

impl Verifier {
    /// A verifier for the issuers of `settings`.
    ///
    /// # Errors
    ///
    /// [`KeyError`] names the issuer.
    pub fn new(settings: &AuthSettings) -> Result<Self, KeyError> {
        let mut verifier = Self {
            audience: settings.audience.clone(),
            leeway_s: i64::try_from(settings.leeway_s).unwrap_or(30),
            issuers: HashMap::new(),
            good: Cache::new(REMEMBERED),
        };
        for issuer in &settings.issuers {
            verifier.add(issuer)?;
        }
        Ok(verifier)
    }

    fn add(&mut self, settings: &IssuerSettings) -> Result<(), KeyError> {
        let IssuerSettings { issuer, audience, algorithm, keys_url, keys_file, max_life_s } =
            settings;
        let algorithm = algorithm_of(algorithm)?;
        let problem = |problem: String| KeyError::Keys { issuer: issuer.clone(), problem };
        let keys = match (keys_url, keys_file) {
            (Some(url), _) => KeySet::Published(Published::new(url, algorithm).map_err(problem)?),
            (None, Some(file)) => {
                let text = std::fs::read(file).map_err(|e| problem(e.to_string()))?;
                KeySet::Fixed(keys_of(&text, algorithm).map_err(problem)?)
            }
            (None, None) => return Err(problem("set keys_url or keys_file".to_owned())),
        };
        let audience = audience.clone().unwrap_or_else(|| self.audience.clone());
        let issuer_of = Issuer { algorithm, audience, keys, max_life_s: *max_life_s };
        self.issuers.insert(issuer.clone(), issuer_of);
        Ok(())
    }

    /// Accepts tokens of `issuer`, signed with `algorithm` by a key of `set`.
    ///
    /// # Errors
    ///
    /// [`KeyError::Keys`] for a set that cannot be used.
    pub fn trust(
        &mut self,
        issuer: &str,
        algorithm: Algorithm,
        set: &JwkSet,
        max_life_s: i64,
    ) -> Result<(), KeyError> {
        let problem = |problem: String| KeyError::Keys { issuer: issuer.to_owned(), problem };
        let text = serde_json::to_vec(set).map_err(|error| problem(error.to_string()))?;
        let keys = KeySet::Fixed(keys_of(&text, algorithm).map_err(problem)?);
        let audience = self.audience.clone();
        self.issuers.insert(issuer.to_owned(), Issuer { algorithm, audience, keys, max_life_s });
        Ok(())
    }

    /// Fetches the keys of every issuer that publishes them, where they are missing or no longer fresh.
    pub async fn keep_keys(&self, now: DateTime<Utc>) {
        for issuer in self.issuers.values() {
            if let KeySet::Published(published) = &issuer.keys {
                published.keep(now).await;
            }
        }
    }

    /// Whether there are keys for every issuer.
    #[must_use]
    pub fn is_ready(&self, now: DateTime<Utc>) -> bool {
        self.issuers.values().all(|issuer| issuer.keys.is_ready(now))
    }

    /// The identity that the access token `token` proves at `now`.
    ///
    /// # Errors
    ///
    /// [`Refused`]: the client learns only that the token is not accepted.
    pub async fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<Identity, Refused> {
        let digest: [u8; 32] = Sha256::digest(token).into();
        if let Some(known) = self.good.get(&digest)
            && let Some(issuer) = self.issuers.get(&known.issuer)
            && let Some(key) = issuer.keys.key(&known.kid, now).await
            && Arc::ptr_eq(&key, &known.key)
        {
            self.timely(known.times, issuer.max_life_s, now.timestamp())?;
            return Ok(known.identity);
        }
        let good = Arc::new(self.verified(token, now).await?);
        self.good.insert(digest, Arc::clone(&good));
        Ok(good.identity)
    }

    /// The issuer and the subject of a token that was just verified.
    #[must_use]
    pub fn named(&self, token: &str) -> Option<(String, String)> {
        let digest: [u8; 32] = Sha256::digest(token).into();
        self.good.get(&digest).map(|known| (known.issuer.clone(), known.subject.clone()))
    }

    /// The same for a token that was not seen before.
    async fn verified(&self, token: &str, now: DateTime<Utc>) -> Result<Good, Refused> {
        let Signed { issuer, kid, key, claims } =
            self.signed::<Claims>(token, ACCESS_TOKEN, &["exp", "iss", "aud", "sub"], now).await?;
        let times = Times { iat: claims.iat, exp: claims.exp, nbf: claims.nbf };
        self.timely(times, issuer.max_life_s, now.timestamp())?;
        plain_text(&claims.sub)?;
        let optional = [&claims.jti, &claims.sid];
        optional.into_iter().flatten().try_for_each(|text| plain_text(text))?;
        let session = Session {
            issued_at: claims.iat,
            token: claims.jti.map(|jti| token_id(&claims.iss, &jti)),
            session: claims.sid.map(|sid| session_id(&claims.iss, &sid)),
        };
        let account = account_id(&claims.iss, &claims.sub);
        let identity = Identity::Account(Proof { account, session: Some(session) });
        Ok(Good { issuer: claims.iss, subject: claims.sub, kid, key, times, identity })
    }

    /// What the logout token `token` ends.
    ///
    /// # Errors
    ///
    /// [`Refused`] as for access tokens.
    pub async fn logout(&self, token: &str, now: DateTime<Utc>) -> Result<Logout, Refused> {
        let Signed { claims, .. } =
            self.signed::<LogoutClaims>(token, LOGOUT_TOKEN, &["iss", "aud"], now).await?;
        let LogoutClaims { iss, iat, exp, jti, sub, sid, events, nonce, .. } = claims;
        let exp = exp.unwrap_or(iat.saturating_add(LOGOUT_LIFE_S));
        let times = Times { iat, exp, nbf: None };
        self.timely(times, LOGOUT_LIFE_S, now.timestamp())?;
        if nonce || !events.contains_key(LOGOUT_EVENT) {
            return Err(Refused("no logout token"));
        }
        [Some(&jti), sub.as_ref(), sid.as_ref()]
            .into_iter()
            .flatten()
            .try_for_each(|t| plain_text(t))?;
        if sub.is_none() && sid.is_none() {
            return Err(Refused("it ends nothing"));
        }
        Ok(Logout {
            at: DateTime::from_timestamp(iat, 0).ok_or(Refused("time"))?,
            session: sid.map(|sid| session_id(&iss, &sid)),
            account: sub.map(|sub| account_id(&iss, &sub)),
        })
    }

    /// The claims of a token of this type with a good signature.
    async fn signed<C: DeserializeOwned + Clone>(
        &self,
        token: &str,
        ty: &str,
        required: &[&str],
        now: DateTime<Utc>,
    ) -> Result<Signed<'_, C>, Refused> {
        if token.len() > MAX_LENGTH || token.split('.').count() != 3 {
            return Err(Refused("not a token"));
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| Refused("header"))?;
        plain(token, &header, ty)?;
        // Which issuer the token claims decides only which keys it has to satisfy.
        let claimed: Named = jsonwebtoken::dangerous::insecure_decode_claims(token)
            .map_err(|_| Refused("claims"))?;
        let issuer = self.issuers.get(&claimed.iss).ok_or(Refused("issuer"))?;
        if header.alg != issuer.algorithm {
            return Err(Refused("algorithm"));
        }
        let kid = header.kid.ok_or(Refused("no kid"))?;
        plain_text(&kid)?;
        let key = issuer.keys.key(&kid, now).await.ok_or(Refused("kid"))?;
        let validation = validation(issuer, &claimed.iss, required);
        let claims = jsonwebtoken::decode(token, &key, &validation)
            .map_err(|_| Refused("signature or claims"))?
            .claims;
        Ok(Signed { issuer, kid, key, claims })
    }

    fn timely(&self, times: Times, max_life_s: i64, now: i64) -> Result<(), Refused> {
        let Times { iat, exp, nbf } = times;
        let leeway = self.leeway_s;
        if exp.saturating_add(leeway) <= now {
            return Err(Refused("expired"));
        }
        if iat > now.saturating_add(leeway)
            || nbf.is_some_and(|nbf| nbf > now.saturating_add(leeway))
        {
            return Err(Refused("not yet valid"));
        }
        if exp <= iat || exp.saturating_sub(iat) > max_life_s {
            return Err(Refused("life"));
        }
        Ok(())
    }
}

/// A token with a good signature.
struct Signed<'a, C> {
    issuer: &'a Issuer,
    kid: String,
    key: Arc<DecodingKey>,
    claims: C,
}

/// When a token is good, in seconds.
#[derive(Clone, Copy)]
struct Times {
    iat: i64,
    exp: i64,
    nbf: Option<i64>,
}

/// The claim by which the issuer is found.
#[derive(Deserialize, Clone)]
struct Named {
    iss: String,
}

fn validation(issuer: &Issuer, name: &str, required: &[&str]) -> Validation {
    let mut validation = Validation::new(issuer.algorithm);
    validation.set_issuer(&[name]);
    validation.set_audience(&[&issuer.audience]);
    validation.set_required_spec_claims(required);
    // Times are checked against the service's own clock.
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation
}

/// Names are not empty, not endless, and hold no control characters.
fn plain_text(text: &str) -> Result<(), Refused> {
    if text.is_empty() || text.len() > MAX_CLAIM || text.chars().any(char::is_control) {
        return Err(Refused("a name is empty, too long or not plain"));
    }
    Ok(())
}

/// A header holds the algorithm, the type and the key's name, and nothing else: nothing that points
/// elsewhere, nothing that has to be understood.
fn plain(token: &str, header: &Header, ty: &str) -> Result<(), Refused> {
    let segment = token.split('.').next().unwrap_or_default();
    let bytes = URL_SAFE_NO_PAD.decode(segment).map_err(|_| Refused("header"))?;
    let members: Members = serde_json::from_slice(&bytes).map_err(|_| Refused("header"))?;
    if header.typ.as_deref() != Some(ty) || members.typ != ty {
        return Err(Refused("type"));
    }
    Ok(())
}

/// The only members of a header. serde refuses others, and members that come twice.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Members {
    typ: String,
    #[serde(rename = "alg")]
    _alg: String,
    #[serde(rename = "kid")]
    _kid: String,
}

fn algorithm_of(text: &str) -> Result<Algorithm, KeyError> {
    let symmetric = [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512];
    Algorithm::from_str(text)
        .ok()
        .filter(|algorithm| !symmetric.contains(algorithm))
        .ok_or_else(|| KeyError::Algorithm(text.to_owned()))
}
