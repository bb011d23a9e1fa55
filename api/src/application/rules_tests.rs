use super::*;
use crate::application::model::{Experience, Source};

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

fn codes(unmet: &[Refusal]) -> Vec<Code> {
    unmet.iter().map(|refusal| refusal.code).collect()
}

#[test]
fn interest_is_in_a_course_or_in_a_type_in_an_area() {
    assert!(unmet_for_target(true, false, None).is_empty());
    assert!(unmet_for_target(false, true, Some("NN")).is_empty());
    for (course, kind, area) in [
        (false, false, None),
        (true, true, None),
        (true, false, Some("NN")),
        (false, true, None),
        (false, true, Some("nn")),
        (false, true, Some("NN1")),
        (false, true, Some("")),
    ] {
        assert_eq!(codes(&unmet_for_target(course, kind, area)), [Code::Invalid], "{area:?}");
    }
}

#[test]
fn what_is_handed_in_is_complete_and_every_missing_piece_is_named() {
    let none = Answers::default();
    let unmet = unmet_for_submission(&none, false);
    assert_eq!(unmet.len(), 7);
    for piece in ["experience", "employment", "source", "communicatesWell", "motivation"] {
        assert!(unmet.iter().any(|refusal| refusal.message.starts_with(piece)), "{piece}");
    }
    let all = Answers {
        experience: Some(Experience::Both),
        employment: Some(Employment::NotYet),
        source: Some(Source::Peer),
        has_experience: true,
        wishes_to_support: true,
        communicates: true,
        ..none
    };
    assert!(unmet_for_submission(&all, true).is_empty(), "no employer, no training is asked for");
}

#[test]
fn places_are_offered_in_turn_and_never_beyond_what_is_free() {
    assert!(has_place(Room { free: 1, before: 0 }));
    assert!(!has_place(Room { free: 1, before: 1 }), "others have waited for longer");
    assert!(has_place(Room { free: 2, before: 1 }));
    assert!(!has_place(Room { free: 0, before: 0 }));
    assert_eq!(codes(&unmet_for_turn(Room { free: 1, before: 1 })), [Code::CapacityExceeded]);
}

#[test]
fn an_offer_ends_after_its_days_and_no_later_than_the_course_begins() {
    let today = day("2026-05-01");
    assert_eq!(offer_until(today, 14, day("2026-09-01")), day("2026-05-15"));
    assert_eq!(offer_until(today, 14, day("2026-05-04")), day("2026-05-04"));
}

#[test]
fn nobody_is_found_unsuitable_by_one_person() {
    let [one, two, person] = [1, 2, 3].map(Uuid::from_u128);
    let known = |account| Assessor { account, person: Some(person) };
    let unknown = |account| Assessor { account, person: None };
    assert_eq!(codes(&unmet_for_second(None, unknown(one))), [Code::NothingProposed]);
    let same = [Code::SeparationOfDuties];
    assert_eq!(codes(&unmet_for_second(Some(unknown(one)), unknown(one))), same);
    assert_eq!(codes(&unmet_for_second(Some(known(one)), known(two))), same, "another account");
    assert!(unmet_for_second(Some(known(one)), unknown(two)).is_empty());
    assert!(unmet_for_second(Some(unknown(one)), unknown(two)).is_empty());
}
