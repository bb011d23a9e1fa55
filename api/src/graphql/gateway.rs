//! The credential by which a federation gateway makes itself known.
//!
//! It opens `_entities` and `_service` and nothing else: what the gateway may see is what the end user
//! of the token that it forwards may see.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::http::HeaderMap;
use sha2::{Digest as _, Sha256};

use super::schema::Audience;

/// The header with the credential.
pub const HEADER: &str = "alongside-gateway";

/// The accepted credentials, by their digests.
#[derive(Default)]
pub struct Gateways(Vec<Vec<u8>>);

impl Gateways {
    /// Those whose SHA-256 digests, in hexadecimal, are `keys`.
    #[must_use]
    pub fn new(keys: &[String]) -> Self {
        Self(keys.iter().filter_map(|key| hex::decode(key).ok()).collect())
    }

    /// Accepts one more credential.
    pub fn accept(&mut self, credential: &str) {
        self.0.push(Sha256::digest(credential).to_vec());
    }

    /// Whose schema a request sees; `None` for a credential that is not accepted.
    #[must_use]
    pub fn audience(&self, headers: &HeaderMap) -> Option<Audience> {
        let mut given = headers.get_all(HEADER).iter();
        match (given.next(), given.next()) {
            (None, _) => Some(Audience::Clients),
            (Some(credential), None) => {
                let digest = Sha256::digest(credential.as_bytes());
                // Every digest is compared, each in constant time.
                let known = self
                    .0
                    .iter()
                    .filter(|key| verify_slices_are_equal(key, &digest).is_ok())
                    .count();
                (known > 0).then_some(Audience::Gateway)
            }
            (Some(_), Some(_)) => None,
        }
    }
}
