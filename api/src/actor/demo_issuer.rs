//! The demonstration's own issuer of tokens, whose signing key is a file.

use std::path::Path;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use chrono::{DateTime, Utc};
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use sha2::{Digest as _, Sha256};

use super::keys::KeyError;
use super::token::{ACCESS_TOKEN, Claims};

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

    /// A secret for `purpose`, derived from the key file.
    #[must_use]
    pub fn derived(&self, purpose: &str) -> Vec<u8> {
        let mut hash = Sha256::new();
        hash.update(purpose.as_bytes());
        hash.update(&self.secret);
        hash.finalize().to_vec()
    }

    /// The credential of the demonstration's federation gateway.
    #[must_use]
    pub fn gateway_credential(&self) -> String {
        hex::encode(self.derived("gateway"))
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
        header.typ = Some(ACCESS_TOKEN.to_owned());
        header.kid = Some("demo".to_owned());
        let claims = Claims {
            iss: Self::NAME.to_owned(),
            aud: audience.to_owned(),
            sub: subject.to_owned(),
            iat: now.timestamp(),
            exp: now.timestamp().saturating_add(life_s.min(Self::MAX_LIFE_S)),
            nbf: None,
            jti: None,
            sid: None,
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
