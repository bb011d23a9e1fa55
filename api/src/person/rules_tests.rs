//! The rules of people, case by case.

use chrono::NaiveDate;
use uuid::Uuid;

use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn names(given: Option<&str>, family: Option<&str>, certificate: &str) -> Names {
    Names {
        preferred_name: "Someone".to_owned(),
        given_name: given.map(str::to_owned),
        family_name: family.map(str::to_owned),
        certificate_name: certificate.to_owned(),
    }
}

fn traits(names: Names, born: Option<&str>, emails: &[&str]) -> Traits {
    let emails = emails.iter().map(|&email| email.to_owned()).collect();
    Traits { id: Uuid::from_u128(1), names, born: born.map(day), emails }
}

#[test]
fn two_records_are_alike_by_a_verified_address_or_by_name_and_birth() {
    let ada = || names(Some("Ada"), Some("Fictional"), "Ada Fictional");
    let other = || names(None, None, "Bo Invented");
    let cases = [
        (
            traits(ada(), None, &["a@x.invalid"]),
            traits(other(), None, &["A@X.invalid "]),
            Some((true, false)),
        ),
        (
            traits(ada(), Some("1980-01-02"), &[]),
            traits(names(None, None, "ada  FICTIONAL"), Some("1980-01-02"), &[]),
            Some((false, true)),
        ),
        (
            traits(ada(), Some("1980-01-02"), &["a@x"]),
            traits(ada(), Some("1980-01-02"), &["a@x"]),
            Some((true, true)),
        ),
        (traits(ada(), Some("1980-01-02"), &[]), traits(ada(), Some("1980-01-03"), &[]), None),
        (traits(ada(), None, &[]), traits(ada(), None, &[]), None),
        (
            traits(ada(), Some("1980-01-02"), &[]),
            traits(other(), Some("1980-01-02"), &["b@x"]),
            None,
        ),
    ];
    for (one, two, expected) in cases {
        for (one, two) in [(&one, &two), (&two, &one)] {
            let found = likeness(one, two).map(|r| (r.same_email, r.same_birth));
            assert_eq!(found, expected, "{one:?} {two:?}");
        }
    }
}

#[test]
fn an_address_has_something_on_both_sides_of_one_at() {
    for good in ["a@b", "first.last@example.invalid", " a@b "] {
        assert_eq!(unmet_for_email(good, "email"), [], "{good}");
    }
    let long = format!("{}@b", "a".repeat(254));
    for bad in ["", "a", "@", "a@", "@b", "a@b@c", "a b@c", "a@b\nc", &long, "a@\u{202e}b"] {
        assert!(!unmet_for_email(bad, "email").is_empty(), "{bad}");
    }
}

fn grant(role: Role, scope: GrantScope, from: &str, to: Option<&str>) -> RoleGrant {
    RoleGrant {
        id: Uuid::nil(),
        account_id: Uuid::from_u128(7),
        person_id: None,
        role,
        scope,
        from: day(from),
        to: to.map(day),
        version: 1,
    }
}

#[test]
fn officer_and_approver_are_not_one_person_at_once_where_scopes_meet() {
    use GrantScope::{Nation, Region};
    let (north, south) = (Region(Uuid::from_u128(1)), Region(Uuid::from_u128(2)));
    for (one, other, from, to, clash) in [
        (Nation, Nation, "2026-01-01", None, true),
        (Nation, north, "2026-01-01", None, true),
        (north, Nation, "2026-01-01", None, true),
        (north, north, "2026-01-01", None, true),
        (north, south, "2026-01-01", None, false),
        (Nation, Nation, "2026-07-01", None, false),
        (Nation, Nation, "2026-06-30", None, true),
        (Nation, Nation, "2025-01-01", Some("2026-01-01"), false),
        (Nation, Nation, "2026-02-01", Some("2026-02-01"), false),
    ] {
        let officer = grant(Role::FundingOfficer, one, "2026-01-01", Some("2026-07-01"));
        let approver = grant(Role::FundingApprover, other, from, to);
        let unmet = unmet_for_duties(&[officer.clone(), approver.clone()]);
        assert_eq!(!unmet.is_empty(), clash, "{officer:?} {approver:?}");
        assert_eq!(unmet_for_duties(&[officer.clone(), officer]), [], "one duty alone");
    }
}

#[test]
fn every_role_counts_in_exactly_its_scopes() {
    let id = Uuid::from_u128(3);
    let scopes = [
        GrantScope::Nation,
        GrantScope::Region(id),
        GrantScope::Organisation(id),
        GrantScope::Course(id),
        GrantScope::Own,
    ];
    // One letter for each scope in which the role counts: nation, region, organisation, course, self.
    let table = [
        ("APP", "s"),
        ("TRN", "ocs"),
        ("SUP", "o"),
        ("TNR", "oc"),
        ("LTR", "oc"),
        ("PCO", "o"),
        ("PSG", "o"),
        ("RVW", "ros"),
        ("NLO", "n"),
        ("NQL", "n"),
        ("NAN", "n"),
        ("FNO", "nr"),
        ("FNA", "nr"),
        ("DPO", "n"),
        ("INT", "nro"),
    ];
    for (code, letters) in table {
        let role = Role::from_code(code).unwrap();
        for (scope, letter) in scopes.into_iter().zip("nrocs".chars()) {
            assert_eq!(
                unmet_for_scope(role, scope).is_empty(),
                letters.contains(letter),
                "{code} {letter}"
            );
        }
    }
}

#[test]
fn nobody_decides_about_themselves_and_an_account_without_a_person_is_nobody() {
    let (one, other) = (Some(Uuid::from_u128(1)), Some(Uuid::from_u128(2)));
    assert!(!unmet_for_hands(one, &[other, one]).is_empty());
    assert_eq!(unmet_for_hands(one, &[other]), []);
    assert_eq!(unmet_for_hands(None, &[None, one]), []);
}

#[test]
fn a_role_is_not_granted_twice_for_one_day() {
    let scope = GrantScope::Nation;
    let old = grant(Role::Analyst, scope, "2026-01-01", Some("2026-06-01"));
    for (from, to, repeats) in [
        ("2026-05-31", None, true),
        ("2026-06-01", None, false),
        ("2025-01-01", Some("2026-01-01"), false),
    ] {
        let new = grant(Role::Analyst, scope, from, to);
        assert_eq!(
            !unmet_for_repeat(&new, std::slice::from_ref(&old)).is_empty(),
            repeats,
            "{from}"
        );
    }
    let another = grant(Role::DataProtectionOfficer, scope, "2026-01-01", None);
    assert_eq!(unmet_for_repeat(&another, &[old]), []);
}

#[test]
fn people_on_courses_are_old_enough_on_the_day_where_the_date_of_birth_is_known() {
    let today = day("2026-05-01");
    assert!(unmet_for_age(None, 18, today).is_empty());
    assert!(unmet_for_age(Some(day("2008-05-01")), 18, today).is_empty());
    let young = unmet_for_age(Some(day("2008-05-02")), 18, today);
    assert_eq!(young.iter().map(|refusal| refusal.code).collect::<Vec<_>>(), [Code::UnderAge]);
    assert!(unmet_for_age(Some(day("2010-05-01")), 16, today).is_empty());
}
