use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::*;
use crate::employer::model::{AgreementKind, DsptStatus};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap_or_default()
}

fn codes(unmet: &[Refusal]) -> Vec<(&'static str, String)> {
    unmet.iter().map(|refusal| (refusal.code.text(), refusal.path[1..].join("."))).collect()
}

fn days(from: &str, to: Option<&str>) -> Days {
    Days { from: day(from), to: to.map(day) }
}

fn agreement(state: State, from: &str, to: Option<&str>) -> Agreement {
    Agreement {
        id: Uuid::from_u128(1),
        organisation_id: Uuid::from_u128(0xA),
        host_id: Uuid::from_u128(0xB),
        kind: AgreementKind::Places,
        places: 5,
        proposed_by: Side::Deliverer,
        state,
        valid_from: day(from),
        valid_to: to.map(day),
        accepted_on: None,
        reason: None,
        created_at: DateTime::<Utc>::default(),
        updated_at: DateTime::<Utc>::default(),
        version: 1,
    }
}

fn contact(purpose: Purpose, from: &str, to: Option<&str>) -> Contact {
    Contact {
        id: Uuid::from_u128(2),
        organisation_id: Uuid::from_u128(0xA),
        purpose,
        name: "Alder Fictley".to_owned(),
        email: Some("alder@example.org".to_owned()),
        phone: None,
        person_id: None,
        valid_from: day(from),
        valid_to: to.map(day),
        created_at: DateTime::<Utc>::default(),
        updated_at: DateTime::<Utc>::default(),
        version: 1,
    }
}

fn offer(supervisees: i32, taken: i32, hours_per_month: i32) -> Offer {
    Offer {
        id: Uuid::from_u128(3),
        organisation_id: Uuid::from_u128(0xA),
        supervisees,
        taken,
        hours_per_month,
        valid_from: day("2026-01-01"),
        valid_to: None,
        created_at: DateTime::<Utc>::default(),
        updated_at: DateTime::<Utc>::default(),
        version: 1,
    }
}

fn assessment(status: DsptStatus, published: Option<&str>, expires: Option<&str>) -> Assessment {
    Assessment {
        id: Uuid::from_u128(4),
        organisation_id: Uuid::from_u128(0xA),
        assessment_year: "2024-25".to_owned(),
        status,
        published_on: published.map(day),
        expiring_from: expires.map(|last| expiring_from(day(last))),
        expires_on: expires.map(day),
        evidence_reference: None,
        created_at: DateTime::<Utc>::default(),
        updated_at: DateTime::<Utc>::default(),
        version: 1,
    }
}

#[test]
fn what_has_begun_ends_from_the_day_after_its_first_on() {
    let (first, next) = (day("2026-05-01"), day("2026-05-02"));
    let days = Days { from: first, to: None };
    assert_eq!(first_end(days, first), next);
    assert_eq!(first_end(days, day("2026-05-09")), day("2026-05-09"));
    let unmet = unmet_for_end(days, (first, "endsOn"), first);
    assert_eq!(unmet[0].message, "it can end from 2026-05-02 on, not on its first day");
    let unmet = unmet_for_step(Standing::InForce, Command::Withdraw, next);
    assert!(unmet[0].message.ends_with("from 2026-05-02 on"), "{}", unmet[0].message);
}

#[test]
fn steps_lead_only_forward() {
    let order = |standing: Standing| match standing {
        Standing::Proposed => 0,
        Standing::Upcoming => 1,
        Standing::InForce => 2,
        _ => 3,
    };
    let mut taken = 0;
    for standing in Standing::ALL {
        for command in Command::ALL {
            let refused = unmet_for_step(standing, command, day("2026-05-02"));
            let Some(state) = standing.after(command) else {
                assert_eq!(
                    codes(&refused),
                    [("CONFLICT", String::new())],
                    "{standing:?} {command:?}"
                );
                continue;
            };
            assert_eq!(refused, [], "{standing:?} {command:?}");
            let after = agreement(state, "2026-01-01", None).standing(day("2026-05-01"));
            assert!(order(standing) < order(after), "{standing:?} {command:?} {after:?}");
            taken += 1;
        }
    }
    assert_eq!(taken, 5);
}

#[test]
fn where_an_agreement_stands_follows_from_its_days() {
    let held = agreement(State::Accepted, "2026-02-01", Some("2026-06-01"));
    for (on, standing, in_force) in [
        ("2026-01-31", Standing::Upcoming, false),
        ("2026-02-01", Standing::InForce, true),
        ("2026-05-31", Standing::InForce, true),
        ("2026-06-01", Standing::Over, false),
    ] {
        assert_eq!(
            (held.standing(day(on)), held.is_in_force(day(on))),
            (standing, in_force),
            "{on}"
        );
    }
    let ended = Agreement { state: State::Ended, ..held };
    assert_eq!(ended.standing(day("2026-03-01")), Standing::Ended);
    assert!(ended.is_in_force(day("2026-05-31")), "up to its last day");
    assert!(!agreement(State::Proposed, "2026-02-01", None).is_in_force(day("2026-03-01")));
}

#[test]
fn the_other_side_answers_and_the_proposer_withdraws() {
    let proposed = agreement(State::Proposed, "2026-02-01", None);
    assert_eq!(proposed.sides(Command::Accept), [Side::Host]);
    assert_eq!(proposed.sides(Command::Decline), [Side::Host]);
    assert_eq!(proposed.sides(Command::Withdraw), [Side::Deliverer]);
    let accepted = Agreement { state: State::Accepted, ..proposed };
    assert_eq!(accepted.sides(Command::Withdraw), [Side::Deliverer, Side::Host]);
    assert_eq!(accepted.sides(Command::End), [Side::Deliverer, Side::Host]);
}

#[test]
fn an_organisation_takes_part_and_does_what_its_side_does() {
    assert_eq!(unmet_for_side(Side::Host, Status::Active, true), []);
    let unmet = codes(&unmet_for_side(Side::Deliverer, Status::Dormant, false));
    let path = "delivererId".to_owned();
    assert_eq!(unmet, [("ORGANISATION_NOT_ACTIVE", path.clone()), ("INVALID", path)]);
}

#[test]
fn terms_name_two_organisations_some_places_and_each_type_once() {
    let types = [ProgrammeType::Volunteer, ProgrammeType::Supervisor];
    let good = agreement(State::Proposed, "2026-02-01", None);
    assert_eq!(unmet_for_terms(&good, &types), []);
    let bad = Agreement { host_id: good.organisation_id, places: 0, ..good.clone() };
    let unmet = codes(&unmet_for_terms(&bad, &[types[0], types[0]]));
    let paths: Vec<&str> = unmet.iter().map(|(_, path)| path.as_str()).collect();
    assert_eq!(paths, ["places", "hostId", "programmeTypes"]);
    assert_eq!(unmet_for_terms(&Agreement { places: 10_001, ..good.clone() }, &types).len(), 1);
    assert_eq!(unmet_for_terms(&good, &[]).len(), 1);
}

#[test]
fn two_organisations_have_one_agreement_of_a_kind_on_a_day() {
    let new = agreement(State::Proposed, "2026-02-01", Some("2026-04-01"));
    let held = |state, from, to| Agreement { id: Uuid::from_u128(9), ..agreement(state, from, to) };
    let clash = |old: Agreement| !unmet_for_agreements(&new, &[old]).is_empty();
    assert!(clash(held(State::Accepted, "2026-03-31", None)));
    assert!(clash(held(State::Ended, "2026-01-01", Some("2026-02-02"))));
    assert!(!clash(held(State::Ended, "2026-01-01", Some("2026-02-01"))), "they only touch");
    assert!(!clash(held(State::Proposed, "2026-01-01", None)), "proposals compete");
    assert!(!clash(held(State::Withdrawn, "2026-01-01", None)));
    let other = held(State::Accepted, "2026-01-01", None);
    assert!(!clash(Agreement { kind: AgreementKind::Employs, ..other.clone() }));
    assert!(!clash(Agreement { host_id: Uuid::from_u128(0xC), ..other }));
}

#[test]
fn what_has_passed_is_not_accepted() {
    let old = agreement(State::Proposed, "2026-01-01", Some("2026-05-01"));
    assert_eq!(codes(&unmet_for_acceptance(&old, day("2026-05-01")))[0].0, "CONFLICT");
    assert_eq!(unmet_for_acceptance(&old, day("2026-04-30")), []);
}

#[test]
fn an_end_lies_ahead_after_the_first_day_and_before_the_present_end() {
    let held = days("2026-05-01", Some("2026-08-01"));
    let unmet = |on| codes(&unmet_for_end(held, (day(on), "endsOn"), day("2026-05-10")));
    assert_eq!(unmet("2026-05-10"), []);
    assert_eq!(unmet("2026-05-09")[0].0, "INVALID");
    assert_eq!(unmet("2026-08-01"), [("UNCHANGED", "endsOn".to_owned())]);
    assert_eq!(unmet("2026-05-01").len(), 2, "in the past, and on the first day");
    assert_eq!(unmet_for_days(days("2026-05-01", Some("2026-05-01"))).len(), 1);
    assert_eq!(unmet_for_days(days("2026-05-01", Some("2026-05-02"))), []);
}

#[test]
fn a_closure_ends_what_is_in_force_and_withdraws_what_has_not_begun() {
    let on = day("2026-05-01");
    let after = |state, from, to| after_closure(&agreement(state, from, to), on);
    let ended = Some((State::Ended, Some(on)));
    assert_eq!(after(State::Accepted, "2026-04-30", None), ended);
    assert_eq!(after(State::Ended, "2026-04-01", Some("2026-06-01")), ended);
    assert_eq!(after(State::Accepted, "2026-05-01", None), Some((State::Withdrawn, None)));
    assert_eq!(after(State::Proposed, "2026-04-01", None), Some((State::Withdrawn, None)));
    assert_eq!(after(State::Accepted, "2026-04-01", Some("2026-05-01")), None);
    assert_eq!(after(State::Declined, "2026-04-01", None), None);
}

#[test]
fn a_contact_has_a_name_and_can_be_reached() {
    let good = contact(Purpose::Funding, "2026-01-01", None);
    assert_eq!(unmet_for_contact(&good), []);
    let by_phone = Contact { email: None, phone: Some("01632 960000".to_owned()), ..good.clone() };
    assert_eq!(unmet_for_contact(&by_phone), []);
    let silent = Contact { name: " ".to_owned(), email: None, ..good.clone() };
    assert_eq!(codes(&unmet_for_contact(&silent)).len(), 2);
    let wrong = Contact { email: Some("alder at example".to_owned()), ..good };
    assert_eq!(codes(&unmet_for_contact(&wrong)), [("INVALID", "email".to_owned())]);
}

#[test]
fn no_more_supervision_is_taken_than_offered_and_nothing_is_negative() {
    assert_eq!(unmet_for_offer(&offer(5, 5, 10)), []);
    assert_eq!(codes(&unmet_for_offer(&offer(5, 6, 10)))[0].0, "CAPACITY_EXCEEDED");
    for (wrong, path) in [
        (offer(0, 0, 1), "supervisees"),
        (offer(1, 0, 0), "hoursPerMonth"),
        (offer(1, -1, 1), "taken"),
    ] {
        assert_eq!(codes(&unmet_for_offer(&wrong)), [("INVALID", path.to_owned())]);
    }
}

#[test]
fn a_year_of_the_toolkit_is_one_that_has_begun() {
    let today = day("2026-05-01");
    for good in ["2018-19", "2025-26", "2026-27"] {
        assert_eq!(unmet_for_year(good, today), [], "{good}");
    }
    for bad in
        ["2017-18", "2027-28", "2025-27", "2025/26", "25-26", "2025-2026", "", "-", "+025-26"]
    {
        assert_eq!(unmet_for_year(bad, today).len(), 1, "{bad}");
    }
}

#[test]
fn what_was_published_has_its_days() {
    let today = day("2026-05-01");
    let unmet = |status, published, expires| {
        codes(&unmet_for_assessment(&assessment(status, published, expires), today)).len()
    };
    let met = DsptStatus::StandardsMet;
    assert_eq!(unmet(met, Some("2025-06-20"), Some("2025-06-30")), 0);
    assert_eq!(unmet(DsptStatus::NotPublished, None, None), 0);
    assert_eq!(unmet(DsptStatus::NotPublished, Some("2025-06-20"), None), 1);
    assert_eq!(unmet(met, None, None), 1);
    assert_eq!(unmet(met, Some("2026-05-02"), Some("2026-06-30")), 1);
    assert_eq!(unmet(met, Some("2025-06-20"), Some("2025-06-20")), 1);
    assert_eq!(unmet(met, Some("2025-06-20"), Some("2027-06-30")), 1);
}

#[test]
fn a_status_counts_up_to_the_next_thirtieth_of_june() {
    for (published, last) in [
        ("2025-06-29", "2025-06-30"),
        ("2025-06-30", "2026-06-30"),
        ("2025-07-01", "2026-06-30"),
        ("2025-12-31", "2026-06-30"),
    ] {
        assert_eq!(expiry(day(published)), day(last), "{published}");
    }
    assert_eq!(expiring_from(day("2026-06-30")), day("2026-04-01"));
}

#[test]
fn the_standing_follows_from_the_days_alone() {
    let held = [assessment(DsptStatus::StandardsMet, Some("2025-06-30"), Some("2026-06-30"))];
    for (on, standing) in [
        ("2025-06-29", DsptStanding::Missing),
        ("2025-06-30", DsptStanding::Current),
        ("2026-03-31", DsptStanding::Current),
        ("2026-04-01", DsptStanding::Expiring),
        ("2026-06-30", DsptStanding::Expiring),
        ("2026-07-01", DsptStanding::Lapsed),
    ] {
        assert_eq!(dspt_standing(&held, day(on)), standing, "{on}");
    }
    let nothing = [assessment(DsptStatus::NotPublished, None, None)];
    assert_eq!(dspt_standing(&nothing, day("2026-05-01")), DsptStanding::Missing);
    let both = [held[0].clone(), nothing[0].clone()];
    assert_eq!(dspt_standing(&both, day("2025-12-01")), DsptStanding::Current);
}

#[test]
fn warnings_say_what_is_missing_and_only_then() {
    let today = day("2026-05-01");
    let met = assessment(DsptStatus::StandardsNotMet, Some("2025-07-01"), Some("2026-12-30"));
    let alone = Facts { assessments: vec![met], ..Facts::default() };
    assert_eq!(warnings(&alone, today), [Warning::DsptNotMet]);
    assert_eq!(warnings(&Facts::default(), today), [Warning::DsptMissing]);
    let contacts = vec![
        contact(Purpose::Supervision, "2026-01-01", None),
        contact(Purpose::Safeguarding, "2026-01-01", Some("2026-05-01")),
    ];
    let employer = Facts { in_agreement: true, contacts, ..alone };
    assert_eq!(
        warnings(&employer, today),
        [Warning::DsptNotMet, Warning::SafeguardingContactMissing]
    );
    assert_eq!(warnings(&employer, day("2026-04-30")), [Warning::DsptNotMet]);
}

#[test]
fn who_acts_for_both_sides_does_not_accept() {
    assert_eq!(unmet_for_other_side(false), []);
    assert_eq!(unmet_for_other_side(true).len(), 1);
}
