//! Identifiers that public registers give to organisations, and postcodes.
//!
//! None of the registers publishes a check digit, so a value that passes here is well-formed and no
//! more: whether it exists, and whose it is, only the register can say.

use std::fmt;
use std::ops::RangeInclusive;

use thiserror::Error;

/// A register that identifies organisations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IdentifierScheme {
    /// Organisation Data Service of the NHS.
    Ods,
    /// UK Register of Learning Providers.
    Ukprn,
    /// Companies House, including partnerships and companies of Scotland and Northern Ireland.
    CompaniesHouse,
    /// Charity Commission for England and Wales; without the suffix of a linked charity.
    CharityEnglandWales,
    /// Office of the Scottish Charity Regulator.
    CharityScotland,
    /// Charity Commission for Northern Ireland.
    CharityNorthernIreland,
    /// Provider registered with the Care Quality Commission.
    CqcProvider,
    /// org-id.guide: the prefix of a register, then the identifier in that register.
    OrgId,
}

impl IdentifierScheme {
    /// Every scheme, in order.
    pub const ALL: [Self; 8] = [
        Self::Ods,
        Self::Ukprn,
        Self::CompaniesHouse,
        Self::CharityEnglandWales,
        Self::CharityScotland,
        Self::CharityNorthernIreland,
        Self::CqcProvider,
        Self::OrgId,
    ];

    /// The stable code under which the scheme is stored and exchanged.
    pub fn code(self) -> &'static str {
        match self {
            Self::Ods => "ODS",
            Self::Ukprn => "UKPRN",
            Self::CompaniesHouse => "COMPANIES_HOUSE",
            Self::CharityEnglandWales => "CHARITY_EW",
            Self::CharityScotland => "CHARITY_SC",
            Self::CharityNorthernIreland => "CHARITY_NI",
            Self::CqcProvider => "CQC_PROVIDER",
            Self::OrgId => "ORG_ID",
        }
    }

    /// The scheme with exactly this code; `None` when there is none.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scheme| scheme.code() == code)
    }

    /// What a well-formed identifier looks like, as the end of the sentence "expected ...".
    pub fn shape(self) -> &'static str {
        match self {
            Self::Ods => "3 to 9 letters and digits",
            Self::Ukprn => "8 digits",
            Self::CompaniesHouse => "8 characters such as 09506232, SC123456 or IP12345R",
            Self::CharityEnglandWales => "6 or 7 digits",
            Self::CharityScotland => "SC and 6 digits",
            Self::CharityNorthernIreland => "6 digits, the first of them 1",
            Self::CqcProvider => "1- and 1 to 15 digits",
            Self::OrgId => "GB-R-N with R one of NHS, UKPRN, COH, CHC, SC, NIC, LAE",
        }
    }

    /// The stored form of `raw`: without spaces around it, letters in upper case, leading zeros
    /// kept.
    ///
    /// Only ASCII is accepted: no look-alike digits, no invisible characters.
    ///
    /// # Errors
    ///
    /// [`Malformed`] when the value does not have the [shape](Self::shape) of the scheme.
    pub fn normalise(self, raw: &str) -> Result<String, Malformed> {
        let value = upper(raw);
        self.accepts(&value).then_some(value).ok_or(Malformed { scheme: self })
    }

    /// Whether `value`, already in upper case, has the shape of the scheme.
    fn accepts(self, value: &str) -> bool {
        match self {
            Self::Ods => is_alphanumeric(value, 3..=9),
            Self::Ukprn => is_digits(value, 8..=8),
            Self::CompaniesHouse => is_company_number(value),
            Self::CharityEnglandWales => is_digits(value, 6..=7),
            Self::CharityScotland => {
                value.strip_prefix("SC").is_some_and(|rest| is_digits(rest, 6..=6))
            }
            Self::CharityNorthernIreland => value.starts_with('1') && is_digits(value, 6..=6),
            Self::CqcProvider => {
                value.strip_prefix("1-").is_some_and(|rest| is_digits(rest, 1..=15))
            }
            Self::OrgId => is_org_id(value),
        }
    }
}

impl fmt::Display for IdentifierScheme {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code())
    }
}

/// The value does not have the shape of its scheme. The value itself is not repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not a well-formed {scheme} identifier: expected {}", scheme.shape())]
pub struct Malformed {
    /// The scheme whose shape was expected.
    pub scheme: IdentifierScheme,
}

/// A well-formed UK postcode: upper case, one space before the last three characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Postcode(String);

impl Postcode {
    /// Reads a postcode in either case, with or without spaces around it and between its halves.
    ///
    /// # Errors
    ///
    /// [`MalformedPostcode`] when the text does not have the shape of a UK postcode. It may have
    /// that shape and still not exist.
    pub fn parse(raw: &str) -> Result<Self, MalformedPostcode> {
        let value = upper(raw);
        let (outward, inward) = value
            .len()
            .checked_sub(3)
            .and_then(|middle| value.split_at_checked(middle))
            .ok_or(MalformedPostcode)?;
        let outward = outward.trim_end_matches(' ');
        let well_formed =
            is_outward(outward) && is_inward(inward) || (outward, inward) == ("GIR", "0AA");
        well_formed.then(|| Self(format!("{outward} {inward}"))).ok_or(MalformedPostcode)
    }

    /// The postcode as it is written: `M13 9WL`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<Postcode> for String {
    fn from(postcode: Postcode) -> Self {
        postcode.0
    }
}

/// The text does not have the shape of a UK postcode. The text itself is not repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not a well-formed postcode: expected a UK postcode such as M13 9WL")]
pub struct MalformedPostcode;

/// Without surrounding spaces, ASCII letters in upper case. Every other character stays, for the
/// checks to refuse.
fn upper(raw: &str) -> String {
    raw.trim_matches(' ').to_ascii_uppercase()
}

/// Whether `value` is ASCII digits only, as many as `length` allows.
fn is_digits(value: &str, length: RangeInclusive<usize>) -> bool {
    length.contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether `value` is upper-case ASCII letters and digits only, as many as `length` allows.
fn is_alphanumeric(value: &str, length: RangeInclusive<usize>) -> bool {
    length.contains(&value.len()) && value.bytes().all(is_upper_or_digit)
}

/// Whether `byte` is an upper-case ASCII letter or a digit.
fn is_upper_or_digit(byte: u8) -> bool {
    byte.is_ascii_uppercase() || byte.is_ascii_digit()
}

/// Eight characters: two letters, a letter and a digit, or two digits; then five digits; then a
/// digit or a letter.
fn is_company_number(value: &str) -> bool {
    let [first, second, digits @ .., last] = value.as_bytes() else {
        return false;
    };
    let prefix = first.is_ascii_uppercase() && is_upper_or_digit(*second)
        || first.is_ascii_digit() && second.is_ascii_digit();
    prefix && digits.len() == 5 && digits.iter().all(u8::is_ascii_digit) && is_upper_or_digit(*last)
}

/// One of the prefixes in use for English bodies, followed by an identifier that the register
/// behind it would accept. Codes of English local authorities have no scheme of their own: up to
/// nine letters and digits.
fn is_org_id(value: &str) -> bool {
    let Some((register, identifier)) =
        value.strip_prefix("GB-").and_then(|rest| rest.split_once('-'))
    else {
        return false;
    };
    match register {
        "NHS" => IdentifierScheme::Ods.accepts(identifier),
        "UKPRN" => IdentifierScheme::Ukprn.accepts(identifier),
        "COH" => IdentifierScheme::CompaniesHouse.accepts(identifier),
        "CHC" => IdentifierScheme::CharityEnglandWales.accepts(identifier),
        "SC" => IdentifierScheme::CharityScotland.accepts(identifier),
        "NIC" => IdentifierScheme::CharityNorthernIreland.accepts(identifier),
        "LAE" => is_alphanumeric(identifier, 1..=9),
        _ => false,
    }
}

/// The first half of a postcode: one or two letters, a digit, and perhaps one more letter or digit.
fn is_outward(half: &str) -> bool {
    let bytes = half.as_bytes();
    let letters = bytes.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
    let (_, district) = bytes.split_at(letters);
    let district = match district {
        [digit] => digit.is_ascii_digit(),
        [digit, last] => digit.is_ascii_digit() && is_upper_or_digit(*last),
        _ => false,
    };
    (1..=2).contains(&letters) && district
}

/// The second half of a postcode: a digit and two letters, never C, I, K, M, O or V.
fn is_inward(half: &str) -> bool {
    let is_unit = |byte: &u8| byte.is_ascii_uppercase() && !b"CIKMOV".contains(byte);
    match half.as_bytes() {
        [sector, unit @ ..] => {
            sector.is_ascii_digit() && unit.len() == 2 && unit.iter().all(is_unit)
        }
        [] => false,
    }
}

#[cfg(test)]
mod tests {
    use super::IdentifierScheme::*;
    use super::*;

    #[test]
    fn codes_lead_back_to_their_scheme() {
        for scheme in IdentifierScheme::ALL {
            assert_eq!(IdentifierScheme::from_code(scheme.code()), Some(scheme));
        }
        assert_eq!(IdentifierScheme::from_code("ods"), None);
        assert_eq!(IdentifierScheme::from_code(""), None);
    }

    #[test]
    fn well_formed_values_are_normalised() {
        for (scheme, raw, stored) in [
            (Ods, "RP1", "RP1"),
            (Ods, " s1y5d ", "S1Y5D"),
            (Ods, "ABCDEFGH9", "ABCDEFGH9"),
            (Ukprn, "10007774", "10007774"),
            (CompaniesHouse, "09506232", "09506232"),
            (CompaniesHouse, "sc123456", "SC123456"),
            (CompaniesHouse, "R0123456", "R0123456"),
            (CompaniesHouse, "IP12345R", "IP12345R"),
            (CharityEnglandWales, "279417", "279417"),
            (CharityEnglandWales, "1090095", "1090095"),
            (CharityScotland, "sc003558", "SC003558"),
            (CharityNorthernIreland, "100012", "100012"),
            (CqcProvider, "1-199715830", "1-199715830"),
            (OrgId, "gb-nhs-rp1", "GB-NHS-RP1"),
            (OrgId, "GB-UKPRN-10007774", "GB-UKPRN-10007774"),
            (OrgId, "GB-COH-09506232", "GB-COH-09506232"),
            (OrgId, "GB-CHC-1173575", "GB-CHC-1173575"),
            (OrgId, "GB-SC-SC003558", "GB-SC-SC003558"),
            (OrgId, "GB-NIC-100012", "GB-NIC-100012"),
            (OrgId, "GB-LAE-LND", "GB-LAE-LND"),
        ] {
            assert_eq!(scheme.normalise(raw).as_deref(), Ok(stored), "{scheme} {raw}");
        }
    }

    #[test]
    fn malformed_values_are_refused() {
        for (scheme, raw) in [
            (Ods, ""),
            (Ods, "RP"),
            (Ods, "ABCDEFGHI0"),
            (Ods, "RP-1"),
            (Ods, "R P1"),
            (Ukprn, "1000777"),
            (Ukprn, "100077740"),
            (Ukprn, "1000777A"),
            (CompaniesHouse, "9506232"),
            (CompaniesHouse, "095062321"),
            (CompaniesHouse, "0A123456"),
            (CompaniesHouse, "SC12A456"),
            (CompaniesHouse, "SC1234-6"),
            (CharityEnglandWales, "27941"),
            (CharityEnglandWales, "10900951"),
            (CharityEnglandWales, "1090095-1"),
            (CharityScotland, "003558"),
            (CharityScotland, "SC03558"),
            (CharityNorthernIreland, "200012"),
            (CharityNorthernIreland, "1000123"),
            (CqcProvider, "2-199715830"),
            (CqcProvider, "1-"),
            (CqcProvider, "1-1234567890123456"),
            (OrgId, "GB-NHS"),
            (OrgId, "GB-NHS-"),
            (OrgId, "GB-COH-9506232"),
            (OrgId, "GB-SC-003558"),
            (OrgId, "GB-LAE-"),
            (OrgId, "US-EIN-123456789"),
            (OrgId, "GB-XYZ-123456"),
        ] {
            assert_eq!(scheme.normalise(raw), Err(Malformed { scheme }), "{scheme} {raw}");
        }
    }

    #[test]
    fn only_visible_ascii_is_accepted() {
        for disturbed in [
            "10007774\0",
            "10007774\n",
            "\t10007774",
            "10007774\u{7f}",
            "\u{202e}10007774",
            "10007774\u{200f}",
            "1000\u{200b}7774",
            "\u{feff}10007774",
            "\u{a0}10007774",
            "１０００７７７４",
            "１000777",
            "٠١٢٣٤٥٦٧",
            "٠١٢٣",
            "1000777é",
        ] {
            assert!(Ukprn.normalise(disturbed).is_err(), "{disturbed:?}");
            assert!(Ods.normalise(disturbed).is_err(), "{disturbed:?}");
        }
        assert!(Ods.normalise("ＲＰ１").is_err());
        assert!(Ods.normalise("ſp1").is_err());
    }

    #[test]
    fn an_error_names_the_scheme_and_not_the_value() {
        let message = Ukprn.normalise("secret").unwrap_err().to_string();
        assert_eq!(message, "not a well-formed UKPRN identifier: expected 8 digits");
    }

    #[test]
    fn postcodes_are_normalised() {
        for (raw, stored) in [
            ("M13 9WL", "M13 9WL"),
            ("m139wl", "M13 9WL"),
            (" BH15   2JB ", "BH15 2JB"),
            ("M1 1AE", "M1 1AE"),
            ("W1A 0AX", "W1A 0AX"),
            ("EC1A 1BB", "EC1A 1BB"),
            ("gir0aa", "GIR 0AA"),
        ] {
            assert_eq!(Postcode::parse(raw).unwrap().as_str(), stored);
        }
        assert_eq!(String::from(Postcode::parse("m139wl").unwrap()), "M13 9WL");
    }

    #[test]
    fn other_postcodes_are_refused() {
        for raw in [
            "",
            "9WL",
            "M13",
            "M13 9W",
            "M 13 9WL",
            "M13 9 WL",
            "MMM1 9WL",
            "1 9WL",
            "M 9WL",
            "M13A 9WL",
            "M13\t9WL",
            "M13-9WL",
            "GIR 0AB",
            "M13 9WC",
            "M13 9IL",
            "M13 9KL",
            "M13 9MM",
            "M13 9OL",
            "M13 9VL",
            "M13 AWL",
            "M13 9W1",
            "Ｍ13 9WL",
            "M13 ９WL",
            "M13 9WL\0",
            "M13\u{a0}9WL",
            "é",
            "M13 9Wé",
        ] {
            assert_eq!(Postcode::parse(raw), Err(MalformedPostcode), "{raw:?}");
        }
    }
}
