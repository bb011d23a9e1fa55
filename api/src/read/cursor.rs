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
pub struct CursorKey(Hmac<Sha256>);

/// Makes and reads the cursors of one list.
pub struct ListCursors(Hmac<Sha256>);

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
    #[expect(clippy::expect_used, reason = "HMAC takes a secret of any length")]
    pub fn new(secret: &[u8]) -> Self {
        Self(Hmac::new_from_slice(secret).expect("a key"))
    }

    /// The cursors of the list with this `fingerprint`.
    #[must_use]
    pub fn of(&self, fingerprint: &str) -> ListCursors {
        let mut code = self.0.clone();
        code.update(fingerprint.as_bytes());
        code.update(&[0]);
        ListCursors(code)
    }
}

impl ListCursors {
    /// The cursor of `position`.
    #[must_use]
    pub fn seal(&self, position: &Position) -> String {
        let mut digits = [0; 32];
        let id: &str = position.id.simple().encode_lower(&mut digits);
        let mut bytes = vec![0; CODE_LENGTH];
        // Writing to memory does not fail.
        let _ = serde_json::to_writer(&mut bytes, &(&position.values, id));
        let code = self.0.clone().chain_update(&bytes[CODE_LENGTH..]).finalize().into_bytes();
        bytes[..CODE_LENGTH].copy_from_slice(&code[..CODE_LENGTH]);
        BASE64.encode(bytes)
    }

    /// The position of `cursor`, if it came from this list.
    #[must_use]
    pub fn open(&self, cursor: &str) -> Option<Position> {
        if cursor.len() > MAX_LENGTH {
            return None;
        }
        let bytes = BASE64.decode(cursor).ok()?;
        let (code, body) = bytes.split_at_checked(CODE_LENGTH)?;
        self.0.clone().chain_update(body).verify_truncated_left(code).ok()?;
        let (values, id): (Vec<Value>, String) = serde_json::from_slice(body).ok()?;
        Some(Position { values, id: Uuid::parse_str(&id).ok()? })
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
        let list = CursorKey::new(b"a secret of this service").of("Site|name");
        assert_eq!(list.open(&list.seal(&position())), Some(position()));
    }

    #[test]
    fn a_cursor_of_another_list_key_or_text_is_refused() {
        let key = CursorKey::new(b"a secret of this service");
        let list = key.of("Site|name");
        let cursor = list.seal(&position());
        assert_eq!(key.of("Site|name desc").open(&cursor), None);
        assert_eq!(CursorKey::new(b"another secret").of("Site|name").open(&cursor), None);
        let mut altered = cursor.clone();
        altered.pop();
        assert_eq!(list.open(&altered), None);
        assert_eq!(list.open(""), None);
    }
}
