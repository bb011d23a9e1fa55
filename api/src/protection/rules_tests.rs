//! The rules, one by one.

use super::*;
use chrono::{DateTime, Utc};

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

fn hold(class: Option<DataClass>, until: Option<&str>) -> Hold {
    Hold {
        id: Uuid::nil(),
        class,
        person_id: Some(Uuid::from_u128(1)),
        organisation_id: None,
        reason: "a test".to_owned(),
        until: until.map(day),
        placed_by: Uuid::nil(),
        placed_at: DateTime::<Utc>::UNIX_EPOCH,
        lifted_at: None,
        lift_reason: None,
        version: 1,
    }
}

#[test]
fn a_month_ends_on_its_own_day_or_the_last_of_a_shorter_month() {
    for (received, due) in [
        ("2026-05-01", "2026-06-01"),
        ("2026-01-31", "2026-02-28"),
        ("2028-01-31", "2028-02-29"),
        ("2026-02-28", "2026-03-28"),
        ("2026-03-31", "2026-04-30"),
        ("2026-12-31", "2027-01-31"),
    ] {
        assert_eq!(due_on(day(received)), day(due), "{received}");
    }
}

#[test]
fn what_is_due_is_exactly_what_was_kept_for_its_months() {
    let mut today = day("2026-01-01");
    while today < day("2028-04-01") {
        for months in [1, 3, 6, 12, 24] {
            let last = ended_by(today, months);
            let kept_until = |day: NaiveDate| {
                day.checked_add_months(Months::new(months.unsigned_abs())).expect("a day")
            };
            assert!(kept_until(last) <= today, "{today} less {months}");
            let next = last.succ_opt().expect("a day");
            assert!(kept_until(next) > today, "{today} less {months}: {next} is due as well");
        }
        today = today.succ_opt().expect("a day");
    }
}

#[test]
fn a_hold_keeps_its_class_of_its_person_until_its_day() {
    let today = day("2026-05-01");
    let held = |hold: &Hold, class, person: u128| {
        is_held(hold, class, Some(Uuid::from_u128(person)), &[], today)
    };
    assert!(held(&hold(None, None), DataClass::People, 1));
    assert!(!held(&hold(None, None), DataClass::People, 2));
    assert!(held(&hold(Some(DataClass::People), Some("2026-05-02")), DataClass::People, 1));
    assert!(!held(&hold(Some(DataClass::People), Some("2026-05-01")), DataClass::People, 1));
    assert!(!held(&hold(Some(DataClass::Concerns), None), DataClass::People, 1));
    let lifted = Hold { lifted_at: Some(DateTime::<Utc>::UNIX_EPOCH), ..hold(None, None) };
    assert!(!held(&lifted, DataClass::People, 1));
    let organisation = Uuid::from_u128(7);
    let of_body = Hold { person_id: None, organisation_id: Some(organisation), ..hold(None, None) };
    assert!(is_held(&of_body, DataClass::People, None, &[organisation], today));
    assert!(!is_held(&of_body, DataClass::People, None, &[], today));
}

#[test]
fn each_class_that_holds_anything_is_decided_once_and_a_hold_wins() {
    let today = day("2026-05-01");
    let holding = |class, count, held| Holding { class, count, held };
    let holdings = [
        holding(DataClass::People, 1, false),
        holding(DataClass::Credentials, 1, true),
        holding(DataClass::Concerns, 0, false),
    ];
    let of = |class, verdict, ground, until: Option<&str>| Decided {
        class,
        verdict,
        ground,
        until: until.map(day),
    };
    let erase = |class| of(class, Verdict::Erase, None, None);
    let keep =
        |until| of(DataClass::Credentials, Verdict::Keep, Some(KeepGround::LegalClaims), until);
    let codes = |decided: &[Decided]| -> Vec<(Code, String)> {
        let unmet = unmet_for_erasure(decided, &holdings, today);
        unmet.into_iter().map(|unmet| (unmet.code, unmet.path[1..].join("."))).collect()
    };
    assert_eq!(codes(&[erase(DataClass::People), keep(Some("2026-05-02"))]), []);
    assert_eq!(
        codes(&[]),
        [(Code::DecisionMissing, "decisions".into()), (Code::DecisionMissing, "decisions".into())]
    );
    assert_eq!(
        codes(&[erase(DataClass::People), erase(DataClass::Credentials)]),
        [(Code::Held, "decisions.1.verdict".into())]
    );
    for (bad, at) in [
        (keep(None), "until"),
        (keep(Some("2026-05-01")), "until"),
        (of(DataClass::Credentials, Verdict::Keep, None, Some("2030-01-01")), "ground"),
        (of(DataClass::Credentials, Verdict::Erase, Some(KeepGround::PublicTask), None), "ground"),
    ] {
        let expected = (Code::Invalid, format!("decisions.1.{at}"));
        assert_eq!(codes(&[erase(DataClass::People), bad]), [expected]);
    }
    let twice = [erase(DataClass::People), keep(Some("2030-01-01")), erase(DataClass::People)];
    assert_eq!(codes(&twice), [(Code::Invalid, "decisions.2.class".into())]);
    let foreign = [
        erase(DataClass::People),
        keep(Some("2030-01-01")),
        of(DataClass::Audit, Verdict::Erase, None, None),
    ];
    assert_eq!(codes(&foreign), [(Code::Invalid, "decisions.2.class".into())]);
}
