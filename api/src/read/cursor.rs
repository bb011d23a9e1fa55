//! Cursors: opaque, and bound to the list they came from.
//!
//! A cursor holds the order values and the id of a row, and a code that only this service can make,
//! over those and a fingerprint of the list: type, order, filter, date and account. A cursor that was
//! altered, or that comes from another list, is refused.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use sha2::Sha256;
use uuid::Uuid;

/// Bytes of the code that are kept.
const CODE_LENGTH: usize = 16;

/// Longest cursor that is looked at, in characters.
const MAX_LENGTH: usize = 4096;

/// Makes and reads cursors.
#[derive(Clone)]
pub struct CursorKey(Vec<u8>);

/// Where a page begins or ends: the values of the order, then the id.
#[derive(Clone, Debug, PartialEq)]
pub struct Position {
    /// Values of the order, null included.
    pub values: Vec<Value>,
    /// The row.
    pub id: Uuid,
}

impl CursorKey {
    /// A key from `secret`.
    #[must_use]
    pub fn new(secret: &[u8]) -> Self {
        Self(secret.to_vec())
    }

    /// The cursor of `position` in the list with this `fingerprint`.
    #[must_use]
    pub fn seal(&self, position: &Position, fingerprint: &str) -> String {
        let body = Value::from(vec![
            Value::Array(position.values.clone()),
            Value::from(position.id.simple().to_string()),
        ])
        .to_string();
        let mut bytes = self.code(body.as_bytes(), fingerprint);
        bytes.extend_from_slice(body.as_bytes());
        BASE64.encode(bytes)
    }

    /// The position of `cursor`, if it came from the list with this `fingerprint`.
    #[must_use]
    pub fn open(&self, cursor: &str, fingerprint: &str) -> Option<Position> {
        if cursor.len() > MAX_LENGTH {
            return None;
        }
        let bytes = BASE64.decode(cursor).ok()?;
        let (code, body) = bytes.split_at_checked(CODE_LENGTH)?;
        let mut mac = self.mac()?;
        mac.update(fingerprint.as_bytes());
        mac.update(&[0]);
        mac.update(body);
        mac.verify_truncated_left(code).ok()?;
        let (values, id): (Vec<Value>, String) = serde_json::from_slice(body).ok()?;
        Some(Position { values, id: Uuid::parse_str(&id).ok()? })
    }

    fn code(&self, body: &[u8], fingerprint: &str) -> Vec<u8> {
        let Some(mut mac) = self.mac() else { return Vec::new() };
        mac.update(fingerprint.as_bytes());
        mac.update(&[0]);
        mac.update(body);
        mac.finalize().into_bytes()[..CODE_LENGTH].to_vec()
    }

    fn mac(&self) -> Option<Hmac<Sha256>> {
        Hmac::new_from_slice(&self.0).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn position() -> Position {
        Position { values: vec![Value::from("Ash"), Value::Null], id: Uuid::from_u128(7) }
    }

    #[test]
    fn a_cursor_leads_back_to_its_position() {
        let key = CursorKey::new(b"a secret of this service");
        let cursor = key.seal(&position(), "Site|name");
        assert_eq!(key.open(&cursor, "Site|name"), Some(position()));
    }

    #[test]
    fn a_cursor_of_another_list_key_or_text_is_refused() {
        let key = CursorKey::new(b"a secret of this service");
        let cursor = key.seal(&position(), "Site|name");
        assert_eq!(key.open(&cursor, "Site|name desc"), None);
        assert_eq!(CursorKey::new(b"another secret").open(&cursor, "Site|name"), None);
        let mut altered = cursor.clone();
        altered.pop();
        assert_eq!(key.open(&altered, "Site|name"), None);
        assert_eq!(key.open("", "Site|name"), None);
    }
}
