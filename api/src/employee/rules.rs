//! The rules of links to employees, as functions over plain values. Each returns everything that is unmet.

use std::collections::BTreeSet;

use super::model::{Described, Found};
use crate::person::rules::{Traits, folded};
use crate::refusal::{Code, Refusal};

/// Longest reference, in characters.
pub const MAX_REF: usize = 100;

/// A reference is one line that says something.
#[must_use]
pub fn unmet_for_ref(text: &str) -> Vec<Refusal> {
    let fits = text.trim() == text && (1..=MAX_REF).contains(&text.chars().count());
    if fits && !text.chars().any(char::is_control) {
        return Vec::new();
    }
    let message = "must be 1 to 100 characters on one line, without space around them";
    vec![Refusal::at(Code::Invalid, "externalRef", message)]
}

/// A person is described by an e-mail address, or by both names and the date of birth.
#[must_use]
pub fn unmet_for_description(of: &Described) -> Vec<Refusal> {
    let Described { given_name, family_name, date_of_birth, email } = of;
    let by_birth = given_name.is_some() && family_name.is_some() && date_of_birth.is_some();
    let partly = given_name.is_some() || family_name.is_some() || date_of_birth.is_some();
    if by_birth || email.is_some() && !partly {
        return Vec::new();
    }
    let message = "give the e-mail address, or given name, family name and date of birth";
    vec![Refusal::at(Code::Invalid, "person", message)]
}

/// Who of `people` is described: whoever has the verified address, or the names and date of birth.
#[must_use]
pub fn found(people: &[Traits], wanted: &Described) -> Found {
    let email = wanted.email.as_deref().map(folded);
    let born = wanted.date_of_birth;
    let said = |text: &Option<String>| text.as_deref().map(folded);
    let names = (said(&wanted.given_name), said(&wanted.family_name));
    let named = |person: &Traits| {
        born.is_some()
            && person.born == born
            && (said(&person.names.given_name), said(&person.names.family_name)) == names
    };
    let mailed = |person: &Traits| {
        email.as_ref().is_some_and(|email| person.emails.iter().any(|own| folded(own) == *email))
    };
    let all: BTreeSet<_> =
        people.iter().filter(|person| named(person) || mailed(person)).map(|p| p.id).collect();
    match all.len() {
        0 => Found::Nobody,
        1 => all.first().copied().map_or(Found::Nobody, Found::Matched),
        _ => Found::Ambiguous,
    }
}

/// Somebody was found, and nobody else.
#[must_use]
pub fn unmet_for_found(found: Found) -> Vec<Refusal> {
    match found {
        Found::Matched(_) => Vec::new(),
        Found::Ambiguous => vec![Refusal::at(
            Code::PersonAmbiguous,
            "person",
            "several people of your organisation match: name one by personId",
        )],
        Found::Nobody => vec![Refusal::at(
            Code::PersonNotMatched,
            "person",
            "nobody whose record your organisation keeps matches: register the person first",
        )],
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;
    use uuid::Uuid;

    use super::*;
    use crate::person::model::Names;

    fn person(id: u128, given: &str, born: &str, email: Option<&str>) -> Traits {
        Traits {
            id: Uuid::from_u128(id),
            names: Names {
                preferred_name: given.to_owned(),
                given_name: Some(given.to_owned()),
                family_name: Some("Fictley".to_owned()),
                certificate_name: given.to_owned(),
            },
            born: born.parse().ok(),
            emails: email.into_iter().map(str::to_owned).collect(),
        }
    }

    fn born(given: &str, day: &str) -> Described {
        Described {
            given_name: Some(given.to_owned()),
            family_name: Some("fictley ".to_owned()),
            date_of_birth: day.parse::<NaiveDate>().ok(),
            email: None,
        }
    }

    fn mailed(email: &str) -> Described {
        Described { email: Some(email.to_owned()), ..Described::default() }
    }

    #[test]
    fn one_is_matched_and_nobody_is_guessed() {
        let people = [
            person(1, "Ann", "1980-02-03", Some("ann@example.org")),
            person(2, "Ben", "1981-02-03", Some("shared@example.org")),
            person(3, "Cat", "1982-02-03", Some("Shared@Example.org")),
            person(4, "Ann", "1990-02-03", None),
        ];
        let one = Found::Matched(Uuid::from_u128(1));
        for (wanted, expected) in [
            (born("ANN", "1980-02-03"), one),
            (mailed("ANN@example.org"), one),
            (born("Ann", "1980-02-04"), Found::Nobody),
            (mailed("shared@example.org"), Found::Ambiguous),
            (mailed("nobody@example.org"), Found::Nobody),
            (
                Described { email: Some("shared@example.org".into()), ..born("Ann", "1990-02-03") },
                Found::Ambiguous,
            ),
            (Described { email: Some("ann@example.org".into()), ..born("Ann", "1980-02-03") }, one),
        ] {
            assert_eq!(found(&people, &wanted), expected, "{wanted:?}");
            assert_eq!(unmet_for_found(expected).is_empty(), expected == one);
        }
    }

    #[test]
    fn a_description_says_enough() {
        let without = |change: fn(&mut Described)| {
            let mut of = born("Ann", "1980-02-03");
            change(&mut of);
            of
        };
        for (of, enough) in [
            (born("Ann", "1980-02-03"), true),
            (mailed("ann@example.org"), true),
            (Described::default(), false),
            (without(|of| of.given_name = None), false),
            (without(|of| of.date_of_birth = None), false),
            (
                without(|of| {
                    of.family_name = None;
                    of.email = Some("ann@example.org".into());
                }),
                false,
            ),
        ] {
            assert_eq!(unmet_for_description(&of).is_empty(), enough, "{of:?}");
        }
    }

    #[test]
    fn a_reference_is_one_line() {
        for (text, fits) in [
            ("E-1001", true),
            ("", false),
            (" E", false),
            ("E\n1", false),
            (&"x".repeat(100), true),
            (&"x".repeat(101), false),
        ] {
            assert_eq!(unmet_for_ref(text).is_empty(), fits, "{text:?}");
        }
    }
}
