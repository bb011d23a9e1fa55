//! Bearer tokens: from text to a proven identity.
//!
//! A token proves who is asking and nothing else. For each issuer the settings fix the exact name, the
//! one algorithm, the keys and the longest life; the audience is the service's own. The key is found by
//! its exact `kid` in that issuer's key set; headers that point elsewhere are refused.

use std::collections::HashMap;
use std::path::Path;
use std::str::FromStr as _;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::Identity;
use super::service::account_id;
use crate::config::{AuthSettings, IssuerSettings};

/// Longest token that is looked at, in bytes.
const MAX_LENGTH: usize = 8 * 1024;

/// The `typ` of access tokens (RFC 9068).
const TYPE: &str = "at+jwt";

/// The token is not accepted. The reason is for the log only.
#[derive(Debug, Error)]
#[error("token refused: {0}")]
pub struct Refused(&'static str);

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

/// The claims that are looked at, strictly typed.
#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    iat: i64,
    exp: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nbf: Option<i64>,
}

struct Issuer {
    algorithm: Algorithm,
    keys: HashMap<String, DecodingKey>,
    max_life_s: i64,
}

/// Verifies tokens.
pub struct Verifier {
    audience: String,
    leeway_s: i64,
    issuers: HashMap<String, Issuer>,
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
        };
        for issuer in &settings.issuers {
            let IssuerSettings { issuer: name, algorithm, keys_file, max_life_s } = issuer;
            let problem = |problem: String| KeyError::Keys { issuer: name.clone(), problem };
            let text = std::fs::read_to_string(keys_file).map_err(|e| problem(e.to_string()))?;
            let set: JwkSet = serde_json::from_str(&text).map_err(|e| problem(e.to_string()))?;
            verifier.trust(name, algorithm_of(algorithm)?, &set, *max_life_s)?;
        }
        Ok(verifier)
    }

    /// Accepts tokens of `issuer`, signed with `algorithm` by a key of `set`.
    ///
    /// # Errors
    ///
    /// [`KeyError::Keys`] for a key that cannot be used.
    pub fn trust(
        &mut self,
        issuer: &str,
        algorithm: Algorithm,
        set: &JwkSet,
        max_life_s: i64,
    ) -> Result<(), KeyError> {
        let mut keys = HashMap::new();
        for jwk in &set.keys {
            let problem = |problem: &str| KeyError::Keys {
                issuer: issuer.to_owned(),
                problem: problem.to_owned(),
            };
            let kid = jwk.common.key_id.clone().ok_or_else(|| problem("a key has no kid"))?;
            let key = DecodingKey::from_jwk(jwk).map_err(|e| problem(&e.to_string()))?;
            if keys.insert(kid, key).is_some() {
                return Err(problem("two keys have one kid"));
            }
        }
        self.issuers.insert(issuer.to_owned(), Issuer { algorithm, keys, max_life_s });
        Ok(())
    }

    /// The identity that `token` proves at `now`.
    ///
    /// # Errors
    ///
    /// [`Refused`]: the client learns only that the token is not accepted.
    pub fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<Identity, Refused> {
        if token.len() > MAX_LENGTH || token.split('.').count() != 3 {
            return Err(Refused("not a token"));
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| Refused("header"))?;
        plain(token, &header)?;
        // Which issuer the token claims decides only which keys it has to satisfy.
        let claimed: Claims = jsonwebtoken::dangerous::insecure_decode_claims(token)
            .map_err(|_| Refused("claims"))?;
        let issuer = self.issuers.get(&claimed.iss).ok_or(Refused("issuer"))?;
        if header.alg != issuer.algorithm {
            return Err(Refused("algorithm"));
        }
        let kid = header.kid.as_deref().ok_or(Refused("no kid"))?;
        let key = issuer.keys.get(kid).ok_or(Refused("kid"))?;
        let claims: Claims =
            jsonwebtoken::decode(token, key, &self.validation(issuer, &claimed.iss))
                .map_err(|_| Refused("signature or claims"))?
                .claims;
        self.timely(&claims, issuer, now.timestamp())?;
        if claims.sub.is_empty() || claims.sub.len() > 255 {
            return Err(Refused("subject"));
        }
        Ok(Identity::Account(account_id(&claims.iss, &claims.sub)))
    }

    fn validation(&self, issuer: &Issuer, name: &str) -> Validation {
        let mut validation = Validation::new(issuer.algorithm);
        validation.set_issuer(&[name]);
        validation.set_audience(&[&self.audience]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        // Times are checked below, against the service's own clock.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation
    }

    fn timely(&self, claims: &Claims, issuer: &Issuer, now: i64) -> Result<(), Refused> {
        let Claims { iat, exp, nbf, .. } = *claims;
        let leeway = self.leeway_s;
        if exp.saturating_add(leeway) <= now {
            return Err(Refused("expired"));
        }
        if iat > now.saturating_add(leeway)
            || nbf.is_some_and(|nbf| nbf > now.saturating_add(leeway))
        {
            return Err(Refused("not yet valid"));
        }
        if exp <= iat || exp.saturating_sub(iat) > issuer.max_life_s {
            return Err(Refused("life"));
        }
        Ok(())
    }
}

/// A header holds the algorithm, the type and the key's name, and nothing else: nothing that points
/// elsewhere, nothing that has to be understood.
fn plain(token: &str, header: &Header) -> Result<(), Refused> {
    let segment = token.split('.').next().unwrap_or_default();
    let bytes = URL_SAFE_NO_PAD.decode(segment).map_err(|_| Refused("header"))?;
    let members: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(&bytes).map_err(|_| Refused("header"))?;
    if members.keys().any(|name| !matches!(name.as_str(), "alg" | "typ" | "kid")) {
        return Err(Refused("header names more than alg, typ and kid"));
    }
    match header.typ.as_deref() {
        Some(TYPE) => Ok(()),
        _ => Err(Refused("type")),
    }
}

fn algorithm_of(text: &str) -> Result<Algorithm, KeyError> {
    let symmetric = [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512];
    Algorithm::from_str(text)
        .ok()
        .filter(|algorithm| !symmetric.contains(algorithm))
        .ok_or_else(|| KeyError::Algorithm(text.to_owned()))
}

/// The demonstration's own issuer: a signing key in a file.
pub struct DemoIssuer {
    key: EncodingKey,
    jwk: Jwk,
    secret: Vec<u8>,
}

impl DemoIssuer {
    /// The name of the issuer.
    pub const NAME: &'static str = "https://demo.alongside.invalid/";

    /// Longest life of a demonstration token, in seconds.
    pub const MAX_LIFE_S: i64 = 24 * 60 * 60;

    /// The issuer whose key is in `file`; a new key if there is no such file.
    ///
    /// # Errors
    ///
    /// [`KeyError::Signing`] if the file cannot be read or written.
    pub fn open(file: &Path) -> Result<Self, KeyError> {
        let broken = |e: String| KeyError::Signing(format!("{}: {e}", file.display()));
        let der = if file.exists() {
            std::fs::read(file).map_err(|e| broken(e.to_string()))?
        } else {
            let random = aws_lc_rs::rand::SystemRandom::new();
            let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random)
                .map_err(|e| broken(e.to_string()))?;
            write_private(file, key.as_ref()).map_err(|e| broken(e.to_string()))?;
            key.as_ref().to_vec()
        };
        let key = EncodingKey::from_ec_der(&der);
        let mut jwk =
            Jwk::from_encoding_key(&key, Algorithm::ES256).map_err(|e| broken(e.to_string()))?;
        jwk.common.key_id = Some("demo".to_owned());
        Ok(Self { key, jwk, secret: der })
    }

    /// The public key set.
    #[must_use]
    pub fn key_set(&self) -> JwkSet {
        JwkSet { keys: vec![self.jwk.clone()] }
    }

    /// Bytes that only holders of the key file know, for secrets derived from it.
    #[must_use]
    pub fn secret(&self) -> &[u8] {
        &self.secret
    }

    /// A token for `subject`, good from `now` for `life_s` seconds.
    ///
    /// # Errors
    ///
    /// [`KeyError::Signing`] if the key cannot sign.
    pub fn token(
        &self,
        subject: &str,
        audience: &str,
        now: DateTime<Utc>,
        life_s: i64,
    ) -> Result<String, KeyError> {
        let mut header = Header::new(Algorithm::ES256);
        header.typ = Some(TYPE.to_owned());
        header.kid = Some("demo".to_owned());
        let claims = Claims {
            iss: Self::NAME.to_owned(),
            aud: audience.to_owned(),
            sub: subject.to_owned(),
            iat: now.timestamp(),
            exp: now.timestamp().saturating_add(life_s.min(Self::MAX_LIFE_S)),
            nbf: None,
        };
        jsonwebtoken::encode(&header, &claims, &self.key)
            .map_err(|e| KeyError::Signing(e.to_string()))
    }
}

/// Writes a new file that only its owner may read.
///
/// # Errors
///
/// What the system answers; also if the file is there already.
pub fn write_private(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write as _;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(file)?.write_all(bytes)
}
