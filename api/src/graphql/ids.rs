//! Identifiers as clients see them: a prefix that names the type, and a UUID.

use uuid::Uuid;

/// `org_0192f0c1a2b37c4d8e9f…`: the prefix, an underscore, 32 hexadecimal digits.
#[must_use]
pub fn encode(prefix: &str, id: Uuid) -> String {
    format!("{prefix}_{}", id.simple())
}

/// The UUID of `text`, if it is an identifier with this prefix.
#[must_use]
pub fn decode(prefix: &str, text: &str) -> Option<Uuid> {
    let digits = text.strip_prefix(prefix)?.strip_prefix('_')?;
    let plain =
        digits.len() == 32 && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if plain { Uuid::parse_str(digits).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_leads_back_to_its_uuid_and_to_no_other_type() {
        let id = Uuid::from_u128(0x0192_f0c1_a2b3_7c4d_8e9f_0011_2233_4455);
        let text = encode("org", id);
        assert_eq!(decode("org", &text), Some(id));
        assert_eq!(decode("reg", &text), None);
        assert_eq!(decode("org", &text.to_uppercase()), None);
        assert_eq!(decode("org", "org_"), None);
    }
}
