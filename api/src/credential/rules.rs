//! The rules of credentials, as functions over plain values. Each returns everything that is unmet.

use chrono::NaiveDate;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use super::model::{Command, Credential, Kind, Reason, State, Status};
use crate::refusal::{Code, Refusal};

/// Longest surname that is compared, in bytes.
const MAX_SURNAME: usize = 400;

/// A credential takes only the steps that its state has.
#[must_use]
pub fn unmet_for_step(state: State, command: Command) -> Vec<Refusal> {
    if state.after(command).is_some() {
        return Vec::new();
    }
    let message = format!("the credential is {}: there is no such step", state.code());
    vec![Refusal::at(Code::Conflict, "", message)]
}

/// The credential of an accreditation or a licence follows that, and nothing else.
#[must_use]
pub fn unmet_for_own_decision(kind: Kind) -> Vec<Refusal> {
    let what = match kind {
        Kind::Graduation => return Vec::new(),
        Kind::TrainerAccreditation => "the accreditation",
        Kind::OrganisationLicence => "the licence",
    };
    let message = format!("this credential follows {what}: decide about that");
    vec![Refusal::at(Code::Conflict, "", message)]
}

/// CRD-3: a revocation has a reason that somebody can give and everyone can be told.
#[must_use]
pub fn unmet_for_reason(reason: Reason) -> Vec<Refusal> {
    if reason.is_given() {
        return Vec::new();
    }
    let message = "this reason follows from an accreditation or a licence: give another";
    vec![Refusal::at(Code::Invalid, "reason", message)]
}

/// CRD-2: what is reissued holds, or will.
#[must_use]
pub fn unmet_for_reissue(credential: &Credential, today: NaiveDate) -> Vec<Refusal> {
    let status = credential.status(today);
    if matches!(status, Status::Valid | Status::NotYetValid) {
        return Vec::new();
    }
    let message = format!("the credential is {}: only what holds is reissued", status.code());
    vec![Refusal::at(Code::Conflict, "", message)]
}

/// The holder's name is told or not told, where there is one.
#[must_use]
pub fn unmet_for_listing(credential: &Credential, listed: bool) -> Vec<Refusal> {
    if credential.holder_name.is_none() {
        vec![Refusal::at(Code::Conflict, "", "the credential no longer holds a name")]
    } else if credential.listed == listed {
        vec![Refusal::at(Code::Unchanged, "listed", Code::Unchanged.description())]
    } else {
        Vec::new()
    }
}

/// Whether `surname` is the family name in `name`: the last words of it, or the first where that is the custom,
/// without regard to case, accents, hyphens and apostrophes.
#[must_use]
pub fn is_surname_of(surname: &str, name: &str) -> bool {
    if surname.len() > MAX_SURNAME {
        return false;
    }
    let (surname, name) = (folded(surname), folded(name));
    !surname.is_empty() && (name.ends_with(&surname) || name.starts_with(&surname))
}

/// The words of a name as they are compared.
fn folded(name: &str) -> Vec<String> {
    let plain: String = name
        .nfkd()
        .filter(|letter| !is_combining_mark(*letter))
        .flat_map(char::to_lowercase)
        .map(|letter| if is_hyphen(letter) { ' ' } else { letter })
        .filter(|letter| letter.is_alphanumeric() || letter.is_whitespace())
        .filter(|letter| !is_apostrophe(*letter))
        .map(spelt)
        .collect();
    plain.split_whitespace().map(str::to_owned).collect()
}

/// Apostrophes that count as letters.
const fn is_apostrophe(letter: char) -> bool {
    matches!(letter, '\u{2b9}'..='\u{2bf}' | '\u{2c8}')
}

/// Hyphens and dashes.
const fn is_hyphen(letter: char) -> bool {
    matches!(letter, '-' | '\u{2010}'..='\u{2015}')
}

/// Letters with strokes and ligatures, as those write them who do not have them.
fn spelt(letter: char) -> String {
    match letter {
        'ß' => "ss".to_owned(),
        'æ' => "ae".to_owned(),
        'œ' => "oe".to_owned(),
        'ø' => "o".to_owned(),
        'đ' | 'ð' => "d".to_owned(),
        'ł' => "l".to_owned(),
        'ı' => "i".to_owned(),
        'þ' => "th".to_owned(),
        _ => letter.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_surname_is_compared_without_case_accents_and_signs() {
        for (surname, name) in [
            ("García", "Ana María López García"),
            ("lopez  garcia", "Ana María López García"),
            ("Lopez-Garcia", "Ana López García"),
            ("OBRIEN", "Niamh O’Brien"),
            ("o'brien", "Niamh O\u{2bc}Brien"),
            ("Nagy", "Nagy Anna"),
            ("strasse", "Jo Straße"),
            ("Soren", "Ida Søren"),
            ("Łukasz", "Jan LUKASZ"),
            ("Παπαδοπουλος", "Ελένη Παπαδόπουλος"),
            ("müller", "Mu\u{308}ller"),
        ] {
            assert!(is_surname_of(surname, name), "{surname} {name}");
        }
    }

    #[test]
    fn a_part_of_a_surname_is_no_surname() {
        let name = "Ana María López García";
        for surname in ["", " ", "'", "-", "Garc", "arcía", "María", "Ana López", "A", "%", "*"]
        {
            assert!(!is_surname_of(surname, name), "{surname}");
        }
        assert!(!is_surname_of(&"a".repeat(1000), name));
        assert!(!is_surname_of("x", ""));
    }

    #[test]
    fn crd_3_a_reason_is_one_that_somebody_can_give() {
        let given: Vec<_> =
            Reason::ALL.iter().filter(|reason| unmet_for_reason(**reason).is_empty()).collect();
        let expected =
            [Reason::IssuedInError, Reason::DecisionReversed, Reason::ObtainedImproperly];
        assert_eq!(given, expected.iter().collect::<Vec<_>>());
    }
}
