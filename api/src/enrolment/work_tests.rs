//! Attempts and placements, at their edges.

use chrono::DateTime;

use super::*;

fn attempt(number: i32, state: AttemptState, outcome: Option<Mark>) -> Attempt {
    let of = |n: i32| Uuid::from_u128(u128::try_from(n).expect("a number"));
    Attempt {
        id: of(number),
        organisation_id: of(90),
        enrolment_id: of(91),
        course_id: of(92),
        number,
        record_id: of(93),
        submitted_at: DateTime::UNIX_EPOCH,
        late: false,
        state,
        outcome,
        marker_id: (state != AttemptState::Submitted).then(|| of(7)),
        marked_at: outcome.map(|_| DateTime::UNIX_EPOCH),
        feedback_id: None,
        moderator_id: None,
        confirmed_at: None,
        kept_back: false,
        version: 1,
    }
}

#[test]
fn nothing_is_passed_or_failed_before_it_is_moderated() {
    let confirmed = |number, mark| attempt(number, AttemptState::Confirmed, Some(mark));
    let marked = |number, mark| attempt(number, AttemptState::Marked, Some(mark));
    assert_eq!(standing(&[], 0), Assignment::Outstanding);
    assert_eq!(standing(&[marked(1, Mark::Pass)], 0), Assignment::AwaitingModeration);
    assert_eq!(standing(&[marked(1, Mark::Fail)], 0), Assignment::Outstanding);
    assert_eq!(standing(&[confirmed(1, Mark::Pass)], 0), Assignment::Passed);
    assert_eq!(standing(&[confirmed(1, Mark::Fail)], 0), Assignment::Failed);
    assert_eq!(standing(&[confirmed(1, Mark::Refer)], 0), Assignment::Outstanding);
    let twice = [confirmed(1, Mark::Refer), confirmed(2, Mark::Refer)];
    assert_eq!(standing(&twice, 0), Assignment::Failed, "no third attempt");
    let better = [confirmed(1, Mark::Refer), confirmed(2, Mark::Pass)];
    assert_eq!(standing(&better, 0), Assignment::Passed);
}

#[test]
fn another_attempt_follows_a_referral_and_nothing_else() {
    let allowed = |attempts: &[Attempt]| unmet_for_attempt(attempts, 0).is_empty();
    assert!(allowed(&[]));
    assert!(!allowed(&[attempt(1, AttemptState::Submitted, None)]));
    assert!(!allowed(&[attempt(1, AttemptState::Marked, Some(Mark::Refer))]));
    assert!(allowed(&[attempt(1, AttemptState::Confirmed, Some(Mark::Refer))]));
    assert!(!allowed(&[attempt(1, AttemptState::Confirmed, Some(Mark::Fail))]));
    assert!(!allowed(&[attempt(1, AttemptState::Confirmed, Some(Mark::Pass))]));
}

#[test]
fn whoever_tries_again_hands_in_as_often_as_at_first() {
    let confirmed = |number, mark| attempt(number, AttemptState::Confirmed, Some(mark));
    let (refer, fail) = (|number| confirmed(number, Mark::Refer), confirmed(1, Mark::Fail));
    for used_up in [vec![fail], vec![refer(1), refer(2)]] {
        let more = |marks: &[Attempt]| [&used_up[..], marks].concat();
        assert_eq!(standing(&used_up, 0), Assignment::Failed);
        assert_eq!(standing(&used_up, 1), Assignment::Outstanding);
        assert!(unmet_for_attempt(&used_up, 1).is_empty());
        assert_eq!(standing(&more(&[refer(3)]), 1), Assignment::Outstanding);
        assert_eq!(standing(&more(&[refer(3), refer(4)]), 1), Assignment::Failed);
        assert_eq!(standing(&more(&[refer(3), refer(4)]), 2), Assignment::Outstanding);
        assert_eq!(standing(&more(&[confirmed(3, Mark::Fail)]), 1), Assignment::Failed);
        assert_eq!(standing(&more(&[confirmed(3, Mark::Pass)]), 1), Assignment::Passed);
    }
}

#[test]
fn a_sample_of_each_marker_is_looked_over_by_another() {
    let marked: Vec<Attempt> =
        (1..=6).map(|number| attempt(number, AttemptState::Marked, Some(Mark::Pass))).collect();
    let ids = |numbers: &[u128]| numbers.iter().map(|n| Uuid::from_u128(*n)).collect::<Vec<_>>();
    let by = |who: u128| Some(Uuid::from_u128(who));
    let codes = |sample: &[u128], who: u128| {
        let unmet = unmet_for_moderation(&marked, &ids(sample), by(who));
        unmet.into_iter().map(|of| of.code).collect::<Vec<_>>()
    };
    assert_eq!(codes(&[1, 2], 8), [], "two of six");
    assert_eq!(codes(&[1], 8), [Code::EvidenceRequired]);
    assert_eq!(codes(&[1, 2], 7), [Code::SeparationOfDuties, Code::SeparationOfDuties]);
    assert_eq!(codes(&[1, 2, 9], 8), [Code::NotFound]);
    let failing = [attempt(1, AttemptState::Marked, Some(Mark::Refer)), marked[1].clone()];
    let unmet = unmet_for_moderation(&failing, &ids(&[2]), by(8));
    assert_eq!(unmet.len(), 1, "every one that does not pass: {unmet:?}");
    assert_eq!(unmet_for_moderation(&failing, &ids(&[1]), by(8)), []);
    assert_eq!(unmet_for_moderation(&[], &[], by(8)).len(), 1);
}

#[test]
fn a_placement_has_these_steps_and_no_others() {
    use PlacementCommand::{Agree, Complete, End, Log};
    let life = [
        ("OFFERED", [Some("AGREED"), None, None, Some("NOT_TAKEN")]),
        ("AGREED", [None, Some("IN_PROGRESS"), None, Some("NOT_TAKEN")]),
        ("IN_PROGRESS", [None, Some("IN_PROGRESS"), Some("COMPLETED"), Some("ENDED_EARLY")]),
        ("COMPLETED", [None; 4]),
        ("ENDED_EARLY", [None; 4]),
        ("NOT_TAKEN", [None; 4]),
    ];
    for (from, to) in life {
        let from = PlacementState::from_code(from).expect("a state");
        for (command, to) in [Agree, Log, Complete, End].into_iter().zip(to) {
            assert_eq!(from.after(command).map(PlacementState::code), to, "{from:?} {command:?}");
        }
    }
}
