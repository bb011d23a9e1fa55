//! The keys by which credentials are signed, and those by which they were.
//!
//! Open Badges 3.0 asks for RS256, and for a `kid` that is the address of the key: the service gives each key out
//! there and all of them in `/.well-known/jwks.json`. A key is called after its contents (RFC 7638), so that no name
//! has to be kept.

use std::path::{Path, PathBuf};

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde_json::Value;
use thiserror::Error;

use crate::actor::demo_issuer::write_private;
use crate::config::{Config, Profile};
use crate::fault::Fault;

/// The one algorithm, which every verifier of Open Badges knows.
const ALGORITHM: Algorithm = Algorithm::RS256;

/// The shortest modulus, in bytes: 2048 bits.
const MIN_MODULUS: usize = 256;

/// Where single keys are given out, before their names.
pub const KEY_PATH: &str = "/credentials/keys/";

/// Keys that cannot be used as they are set.
#[derive(Debug, Error)]
pub enum SignerError {
    /// Production has to say by which key it signs.
    #[error(
        "settings: credential.keys must be set in production: files with RSA keys, newest first"
    )]
    Unset,
    /// Production has to say where it can be reached.
    #[error("settings: server.public_url must be set in production: https://HOST")]
    NoAddress,
    /// A file is no such key.
    #[error("settings: credential.keys: {file}: {problem}")]
    Unusable {
        /// The file.
        file: String,
        /// What is wrong with it.
        problem: String,
    },
}

/// A key as it is published.
struct Published {
    name: String,
    jwk: Jwk,
    key: DecodingKey,
}

/// Signs credentials, and verifies what was signed before.
pub struct Signer {
    base: String,
    network: String,
    key: EncodingKey,
    published: Vec<Published>,
}

impl Signer {
    /// The keys that the settings name, newest first. A demonstration makes the first if it is not there.
    ///
    /// # Errors
    ///
    /// [`SignerError`] names the setting.
    pub fn open(config: &Config) -> Result<Self, SignerError> {
        let settings = &config.credential;
        let production = config.profile == Profile::Production;
        if production && settings.keys.is_empty() {
            return Err(SignerError::Unset);
        }
        if production && config.server.public_url.is_empty() {
            return Err(SignerError::NoAddress);
        }
        let base = match config.server.public_url.as_str() {
            "" => format!("http://{}", config.server.bind),
            url => url.trim_end_matches('/').to_owned(),
        };
        let own = [config.database.folder().join("credential-key.pem")];
        let files: &[PathBuf] = if settings.keys.is_empty() { &own } else { &settings.keys };
        if let Some(first) = files.first().filter(|file| !production && !file.exists()) {
            make(first)?;
        }
        let mut key = None;
        let mut published = Vec::new();
        for file in files {
            let (private, public) = read(&base, file)?;
            if published.is_empty() {
                key = private;
            }
            published.push(public);
        }
        let first = files.first().map(PathBuf::as_path).unwrap_or(Path::new(""));
        let key = key.ok_or_else(|| unusable(first, "the first has to be a private key"))?;
        Ok(Self { base, network: settings.network.clone(), key, published })
    }

    /// The address under which people reach the service, without a slash at its end.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The name of the network, as the one who issues.
    #[must_use]
    pub fn network(&self) -> &str {
        &self.network
    }

    /// The address of the public page of a credential.
    #[must_use]
    pub fn page(&self, token: &str) -> String {
        format!("{}/verify/{token}", self.base)
    }

    /// The public keys, newest first.
    pub fn keys(&self) -> impl Iterator<Item = &Jwk> {
        self.published.iter().map(|published| &published.jwk)
    }

    /// The public key of this name.
    #[must_use]
    pub fn key(&self, name: &str) -> Option<&Jwk> {
        self.published.iter().find(|published| published.name == name).map(|found| &found.jwk)
    }

    /// Signs `payload` with the newest key. The header has what Open Badges allows and nothing else.
    ///
    /// # Errors
    ///
    /// [`Fault::Internal`] if the key cannot sign.
    pub fn sign(&self, payload: &Value) -> Result<String, Fault> {
        let mut header = Header::new(ALGORITHM);
        header.kid = self.keys().next().and_then(|jwk| jwk.common.key_id.clone());
        jsonwebtoken::encode(&header, payload, &self.key)
            .map_err(|error| Fault::Internal(format!("a credential was not signed: {error}")))
    }

    /// The payload of a text that was signed with one of the keys; its times are for the caller to judge.
    #[must_use]
    pub fn verify(&self, jwt: &str) -> Option<Value> {
        let header = jsonwebtoken::decode_header(jwt).ok()?;
        let name = header.kid?.rsplit_once('/')?.1.to_owned();
        let key = &self.published.iter().find(|published| published.name == name)?.key;
        let mut rules = Validation::new(ALGORITHM);
        rules.required_spec_claims.clear();
        rules.validate_exp = false;
        rules.validate_aud = false;
        jsonwebtoken::decode::<Value>(jwt, key, &rules).ok().map(|found| found.claims)
    }
}

fn unusable(file: &Path, problem: impl ToString) -> SignerError {
    SignerError::Unusable { file: file.display().to_string(), problem: problem.to_string() }
}

/// The key in a file: a private one in PEM, or the public part of one that signs no longer.
fn read(base: &str, file: &Path) -> Result<(Option<EncodingKey>, Published), SignerError> {
    let broken = |error: jsonwebtoken::errors::Error| unusable(file, error);
    let text = std::fs::read(file).map_err(|error| unusable(file, error))?;
    let is_private = String::from_utf8_lossy(&text).contains("PRIVATE KEY");
    let (private, mut jwk) = if is_private {
        let key = EncodingKey::from_rsa_pem(&text).map_err(broken)?;
        let jwk = Jwk::from_encoding_key(&key, ALGORITHM).map_err(broken)?;
        (Some(key), jwk)
    } else {
        let key = DecodingKey::from_rsa_pem(&text).map_err(broken)?;
        (None, Jwk::from_decoding_key(&key, Some(ALGORITHM)).map_err(broken)?)
    };
    let key = match &jwk.algorithm {
        AlgorithmParameters::RSA(rsa) => {
            let modulus = URL_SAFE_NO_PAD.decode(&rsa.n).unwrap_or_default();
            if modulus.len() < MIN_MODULUS {
                return Err(unusable(file, "needs at least 2048 bits"));
            }
            DecodingKey::from_rsa_components(&rsa.n, &rsa.e).map_err(broken)?
        }
        _ => return Err(unusable(file, "is no RSA key")),
    };
    let name = jwk.thumbprint(ThumbprintHash::SHA256).map_err(broken)?;
    jwk.common.key_id = Some(format!("{base}{KEY_PATH}{name}"));
    jwk.common.public_key_use = Some(PublicKeyUse::Signature);
    Ok((private, Published { name, jwk, key }))
}

/// Makes a key that only its owner may read.
fn make(file: &Path) -> Result<(), SignerError> {
    let failed = |_| unusable(file, "a new key could not be made");
    let pair = KeyPair::generate(KeySize::Rsa2048).map_err(failed)?;
    let der: Pkcs8V1Der<'_> = pair.as_der().map_err(failed)?;
    let text = STANDARD.encode(der.as_ref());
    let lines: Vec<&str> =
        text.as_bytes().chunks(64).filter_map(|line| std::str::from_utf8(line).ok()).collect();
    let pem =
        format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"));
    write_private(file, pem.as_bytes()).map_err(|error| unusable(file, error))
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::encoding::PublicKeyX509Der;
    use aws_lc_rs::signature::{KeyPair as _, RsaKeyPair};
    use serde_json::json;

    use super::*;

    fn config(keys: &[&Path]) -> Config {
        let mut config = Config::defaults().unwrap();
        config.credential.keys = keys.iter().map(|key| key.to_path_buf()).collect();
        config
    }

    /// A folder of its own for a test, emptied first.
    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("alongside-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }

    /// The public part of a private key in PEM.
    fn public_part(private: &Path) -> String {
        let text = std::fs::read_to_string(private).unwrap();
        let der: String = text.lines().filter(|line| !line.starts_with('-')).collect();
        let pair = RsaKeyPair::from_pkcs8(&STANDARD.decode(der).unwrap()).unwrap();
        let der: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
        let text = STANDARD.encode(der.as_ref());
        format!("-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----\n")
    }

    #[test]
    fn what_an_older_key_signed_is_verified_while_its_public_part_is_set() {
        let folder = folder("keys");
        let (old, new, kept) =
            (folder.join("old.pem"), folder.join("new.pem"), folder.join("kept.pem"));
        let before = Signer::open(&config(&[&old])).unwrap();
        let signed = before.sign(&json!({ "jti": "x" })).unwrap();
        std::fs::write(&kept, public_part(&old)).unwrap();
        let after = Signer::open(&config(&[&new, &kept])).unwrap();
        assert_eq!(after.verify(&signed), Some(json!({ "jti": "x" })));
        assert_eq!(before.verify(&after.sign(&json!({})).unwrap()), None, "a key not known yet");
        assert_eq!((before.keys().count(), after.keys().count()), (1, 2));
        let refused = Signer::open(&config(&[&kept, &new])).err().unwrap().to_string();
        assert!(refused.contains("has to be a private key"), "{refused}");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(old.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn production_starts_with_keys_and_an_address_only() {
        let folder = folder("production");
        let key = folder.join("key.pem");
        let opened = |keys: &[&Path], url: &str| {
            let mut config = config(keys);
            config.profile = Profile::Production;
            config.server.public_url = url.to_owned();
            Signer::open(&config).err().map(|error| error.to_string())
        };
        let refused = |keys: &[&Path], url: &str| opened(keys, url).unwrap();
        assert!(refused(&[], "https://example.org").contains("credential.keys must be set"));
        assert!(refused(&[&key], "").contains("server.public_url must be set"));
        assert!(refused(&[&key], "https://example.org").contains("key.pem"), "it makes none");
        Signer::open(&config(&[&key])).unwrap();
        assert_eq!(opened(&[&key], "https://example.org"), None);
        std::fs::write(&key, "no key").unwrap();
        assert!(refused(&[&key], "https://example.org").contains("key.pem"));
        std::fs::remove_dir_all(folder).unwrap();
    }
}
