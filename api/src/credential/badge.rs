//! What is signed: Open Badges 3.0 credentials and the lists of their status.
//!
//! A credential is an `OpenBadgeCredential` on the data model of W3C Verifiable Credentials 2.0, secured as a JSON Web
//! Token whose payload is the credential itself beside `iss`, `jti`, `nbf`, `sub` and `exp` (Open Badges 3.0, section
//! 8.2). Its status is two bits of W3C Bitstring Status Lists 1.0, one for each purpose.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, NaiveDate, NaiveTime, SecondsFormat, SubsecRound as _, Utc};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use super::keys::Signer;
use super::model::{Credential, Kind, State};
use crate::calendar::london;
use crate::coded;

/// The bits of a list. The least that hides the single one is 131,072; so many more that a random free bit is found
/// at once.
pub const BITS: u32 = 1 << 20;

/// Where lists are given out, before their names.
pub const STATUS_PATH: &str = "/credentials/status/";

/// For how long a list may be kept, in milliseconds.
const TTL_MS: u32 = 300_000;

/// The context of what W3C defines.
const CREDENTIALS: &str = "https://www.w3.org/ns/credentials/v2";

/// The context of what Open Badges adds.
const BADGES: &str = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json";

coded! {
    /// What a set bit of a list says.
    Purpose {
        /// The credential is taken away for good.
        Revocation = "revocation",
        /// It is not to be relied on at present.
        Suspension = "suspension",
    }
}

impl Purpose {
    /// Whether the bit of a credential in this state is set.
    #[must_use]
    pub const fn sets(self, state: State) -> bool {
        match self {
            Self::Revocation => matches!(state, State::Revoked | State::Superseded),
            Self::Suspension => matches!(state, State::Suspended),
        }
    }
}

/// A competence of a framework that a credential covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alignment {
    /// The framework with its version, such as `HEE_PSW_FRAMEWORK@2020-10`.
    pub framework: String,
    /// The code there.
    pub code: String,
    /// What it says.
    pub label: String,
}

/// The payload of a credential.
#[must_use]
pub fn payload(of: &Credential, alignments: &[Alignment], by: &Signer) -> Value {
    let id = by.page(&of.public_token);
    let from = valid_from(of);
    let until = of.valid_until.map(start_of);
    let holder = of.holder_name.as_deref().unwrap_or_default();
    let mut subject = json!({
        "id": subject(of),
        "type": ["AchievementSubject"],
        "identifier": [{
            "type": "IdentityObject", "identityHash": holder, "identityType": "name", "hashed": false,
        }],
        "source": {
            "id": urn(of.organisation_id), "type": ["Profile"], "name": of.organisation_name,
        },
        "achievement": achievement(of, alignments, by),
    });
    if of.ground.kind() == Kind::OrganisationLicence {
        subject["licenseNumber"] = of.edition.clone().into();
    }
    let status = |purpose: &Purpose| {
        let list = list_url(of.place.list, *purpose, by);
        json!({
            "id": format!("{list}#{}", of.place.index),
            "type": "BitstringStatusListEntry",
            "statusPurpose": purpose.code(),
            "statusListIndex": of.place.index.to_string(),
            "statusListCredential": list,
        })
    };
    let mut payload = json!({
        "@context": [CREDENTIALS, BADGES],
        "id": id,
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": of.title,
        "issuer": { "id": by.base(), "type": ["Profile"], "name": by.network() },
        "validFrom": instant(from),
        "awardedDate": instant(start_of(of.awarded_on)),
        "credentialSubject": subject,
        "credentialStatus": Purpose::ALL.iter().map(status).collect::<Vec<_>>(),
        "iss": by.base(),
        "jti": id,
        "nbf": from.timestamp(),
        "sub": self::subject(of),
    });
    if let Some(until) = until {
        payload["validUntil"] = instant(until).into();
        payload["exp"] = until.timestamp().into();
    }
    payload
}

fn achievement(of: &Credential, alignments: &[Alignment], by: &Signer) -> Value {
    let (ty, id, criteria) = match of.ground {
        super::model::Ground::Graduation { programme_version_id: id, .. } => (
            "CertificateOfCompletion",
            id,
            "Attended the course and met the rule for graduation of this version of its programme.",
        ),
        super::model::Ground::Accreditation { accreditation_id: id } => (
            "Certification",
            id,
            "Was observed while teaching and accredited by the national quality lead.",
        ),
        super::model::Ground::Licence { licence_id: id } => {
            ("License", id, "Was assessed as ready and licensed by the national team.")
        }
    };
    let mut achievement = json!({
        "id": urn(id),
        "type": ["Achievement"],
        "achievementType": ty,
        "name": of.title,
        "description": described(of),
        "criteria": { "narrative": criteria },
        "version": of.edition,
        "inLanguage": "en-GB",
    });
    if !alignments.is_empty() {
        let alignment = |covered: &Alignment| {
            json!({
                "type": ["Alignment"],
                "targetType": "CFItem",
                "targetCode": covered.code,
                "targetName": covered.label,
                "targetFramework": covered.framework,
                "targetUrl": by.base(),
            })
        };
        achievement["alignment"] = alignments.iter().map(alignment).collect();
    }
    achievement
}

/// What the credential is about, in a sentence.
#[must_use]
pub fn described(of: &Credential) -> String {
    let Credential { title, edition, organisation_name, .. } = of;
    match of.ground.kind() {
        Kind::Graduation => {
            format!("Graduated from {title}, version {edition}, delivered by {organisation_name}.")
        }
        Kind::TrainerAccreditation => {
            format!("{title}, level {edition}, nominated by {organisation_name}.")
        }
        Kind::OrganisationLicence => format!("{title}, number {edition}."),
    }
}

/// The list of a year, for one purpose; `bits` are those set.
#[must_use]
pub fn status_list(
    list: i32,
    purpose: Purpose,
    bits: &[u8],
    now: DateTime<Utc>,
    by: &Signer,
) -> Value {
    let id = list_url(list, purpose, by);
    let from = now.trunc_subsecs(0);
    json!({
        "@context": [CREDENTIALS],
        "id": id,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": by.base(),
        "validFrom": instant(from),
        "credentialSubject": {
            "id": format!("{id}#list"),
            "type": "BitstringStatusList",
            "statusPurpose": purpose.code(),
            "encodedList": encoded(bits),
            "ttl": TTL_MS,
        },
        "iss": by.base(),
        "jti": id,
        "nbf": from.timestamp(),
        "sub": format!("{id}#list"),
    })
}

/// A list with these bits set, the first bit being the highest of the first byte.
#[must_use]
pub fn bits(set: impl Iterator<Item = i32>) -> Vec<u8> {
    let mut bytes = vec![0; (BITS / 8) as usize];
    for index in set {
        let index = usize::try_from(index).unwrap_or(usize::MAX);
        if let Some(byte) = bytes.get_mut(index / 8) {
            *byte |= 0x80 >> (index % 8);
        }
    }
    bytes
}

/// GZIP in base64url, after the letter by which Multibase calls that.
fn encoded(bits: &[u8]) -> String {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    // A vector takes all that is written to it.
    let bytes = gzip.write_all(bits).and_then(|()| gzip.finish()).unwrap_or_default();
    format!("u{}", URL_SAFE_NO_PAD.encode(bytes))
}

/// The address of a list.
fn list_url(list: i32, purpose: Purpose, by: &Signer) -> String {
    format!("{}{STATUS_PATH}{list}-{}", by.base(), purpose.code())
}

/// The list and purpose that a name of a list says.
#[must_use]
pub fn named_list(name: &str) -> Option<(i32, Purpose)> {
    let (list, purpose) = name.split_once('-')?;
    let plain = list.len() == 4 && list.bytes().all(|byte| byte.is_ascii_digit());
    let list = list.parse().ok().filter(|_| plain)?;
    Some((list, Purpose::from_code(purpose)?))
}

/// From when it holds: never before it was issued.
fn valid_from(of: &Credential) -> DateTime<Utc> {
    start_of(of.valid_from).max(of.issued_at).trunc_subsecs(0)
}

/// The first instant of a day in England.
fn start_of(day: NaiveDate) -> DateTime<Utc> {
    london(day, NaiveTime::MIN).unwrap_or_else(|| day.and_time(NaiveTime::MIN).and_utc())
}

fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn urn(id: uuid::Uuid) -> String {
    id.urn().to_string()
}

/// Who it is about, in a name that no other credential has.
fn subject(of: &Credential) -> String {
    urn(of.id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bit_is_the_highest_of_the_first_byte() {
        let list = bits([0, 9, 1_048_575].into_iter());
        assert_eq!((list.len(), list[0], list[1]), (131_072, 0x80, 0x40));
        assert_eq!(list.last(), Some(&1));
        assert_eq!(bits([-1, 1_048_576, i32::MAX].into_iter()), bits(std::iter::empty()));
    }

    #[test]
    fn a_list_is_named_by_year_and_purpose_and_by_nothing_else() {
        assert_eq!(named_list("2026-revocation"), Some((2026, Purpose::Revocation)));
        for name in ["", "2026", "2026-", "2026-message", "+026-revocation", "02026-revocation"] {
            assert_eq!(named_list(name), None, "{name}");
        }
    }
}
