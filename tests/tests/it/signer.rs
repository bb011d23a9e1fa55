//! Issuers that sign whatever they are asked to.

use alongside::actor::demo_issuer::DemoIssuer;
use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use serde_json::{Value, json};

/// An issuer that signs.
pub struct Signer {
    pub issuer: String,
    pub algorithm: Algorithm,
    pub jwk: Jwk,
    pub key: EncodingKey,
    /// The public key in the forms in which it goes round.
    pub public: Vec<Vec<u8>>,
}

impl Signer {
    /// The demonstration's issuer.
    pub fn demo(issuer: &DemoIssuer) -> Self {
        let [jwk] = <[Jwk; 1]>::try_from(issuer.key_set().keys).expect("one key");
        Self::elliptic(DemoIssuer::NAME, issuer.secret(), jwk)
    }

    /// A new issuer of this name and algorithm.
    pub fn new(issuer: &str, algorithm: Algorithm) -> Self {
        if algorithm == Algorithm::ES256 {
            let folder = tempfile::tempdir().expect("a folder");
            let made = DemoIssuer::open(&folder.path().join("key")).expect("a key");
            let mut signer = Self::demo(&made);
            issuer.clone_into(&mut signer.issuer);
            return signer;
        }
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).expect("a key");
        let private: Pkcs8V1Der<'_> = pair.as_der().expect("a private key");
        // What PKCS #8 wraps around the plain key is 26 bytes long for keys of this size.
        let key = EncodingKey::from_rsa_der(&private.as_ref()[26..]);
        let mut jwk = Jwk::from_encoding_key(&key, algorithm).expect("a public key");
        jwk.common.key_id = Some("rsa".to_owned());
        let der: PublicKeyX509Der<'_> = pair.public_key().as_der().expect("a public key");
        let public = forms(der.as_ref(), pair.public_key().as_ref(), &jwk);
        Self { issuer: issuer.to_owned(), algorithm, jwk, key, public }
    }

    fn elliptic(issuer: &str, secret: &[u8], jwk: Jwk) -> Self {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, secret);
        let pair = pair.expect("a key");
        let der: PublicKeyX509Der<'_> = pair.public_key().as_der().expect("a public key");
        let public = forms(der.as_ref(), pair.public_key().as_ref(), &jwk);
        let key = EncodingKey::from_ec_der(secret);
        Self { issuer: issuer.to_owned(), algorithm: Algorithm::ES256, jwk, key, public }
    }

    /// The set that it publishes.
    pub fn set(&self) -> JwkSet {
        JwkSet { keys: vec![self.jwk.clone()] }
    }

    /// The name of its key.
    pub fn kid(&self) -> &str {
        self.jwk.common.key_id.as_deref().expect("a name")
    }

    /// The header of a good token.
    pub fn header(&self) -> Value {
        json!({ "alg": name(self.algorithm), "typ": "at+jwt", "kid": self.kid() })
    }

    /// A token of these very texts, signed by this issuer.
    pub fn sign(&self, header: &str, claims: &str) -> String {
        sealed(header, claims, &self.key, self.algorithm)
    }

    /// A token of this header and these claims.
    pub fn token(&self, header: &Value, claims: &Value) -> String {
        self.sign(&header.to_string(), &claims.to_string())
    }
}

/// A token of these very texts.
pub fn sealed(header: &str, claims: &str, key: &EncodingKey, algorithm: Algorithm) -> String {
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let seal = crypto::sign(message.as_bytes(), key, algorithm).expect("a signature");
    format!("{message}.{seal}")
}

/// A public key as DER, as PEM with and without its last line break, bare, and as a JSON Web Key.
fn forms(der: &[u8], bare: &[u8], jwk: &Jwk) -> Vec<Vec<u8>> {
    let lines: Vec<String> = STANDARD
        .encode(der)
        .as_bytes()
        .chunks(64)
        .map(|line| String::from_utf8_lossy(line).into_owned())
        .collect();
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----", lines.join("\n"));
    let jwk = serde_json::to_string(jwk).expect("JSON");
    let set = format!("{{\"keys\":[{jwk}]}}");
    [pem.clone(), format!("{pem}\n"), jwk, set, STANDARD.encode(der)]
        .into_iter()
        .map(String::into_bytes)
        .chain([der.to_vec(), bare.to_vec()])
        .collect()
}

/// What a header calls an algorithm.
pub fn name(algorithm: Algorithm) -> String {
    format!("{algorithm:?}")
}
