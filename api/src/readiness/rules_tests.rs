use super::*;

fn indicator(code: &str, critical: bool) -> Indicator {
    Indicator {
        code: code.to_owned(),
        prompt: "Something is in place.".to_owned(),
        anchors: ["0", "1", "2", "3"].map(str::to_owned),
        critical,
        not_applicable_allowed: !critical,
        evidence_from: critical.then_some(2),
        follows: Vec::new(),
    }
}

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

/// One domain of a critical indicator and two others.
fn content() -> Content {
    let indicators = vec![indicator("1.1", true), indicator("1.2", false), indicator("1.3", false)];
    Content {
        domains: vec![Domain {
            code: "D1".to_owned(),
            title: "A domain".to_owned(),
            weight: 100,
            indicators,
        }],
        domain_ids: vec![id(10)],
        indicator_ids: vec![id(1), id(2), id(3)],
    }
}

const THRESHOLDS: Thresholds = Thresholds {
    ready_overall: 7000,
    ready_domain: 5000,
    ready_critical: 2,
    conditional_overall: 5500,
    conditional_domain: 3300,
    conditional_critical: 1,
    not_applicable_per_domain: 1,
    disagreement_from: 2,
};

fn answers(scores: [Option<i32>; 3]) -> Vec<Answer> {
    let answer =
        |(nth, score): (u128, Option<i32>)| Answer { indicator: id(nth), score, note: None };
    (1..).zip(scores).map(answer).collect()
}

fn sheet(number: i32, perspective: Perspective, scores: [Option<i32>; 3]) -> Sheet {
    Sheet { number, perspective, answers: answers(scores) }
}

fn codes(unmet: &[Refusal]) -> Vec<Code> {
    unmet.iter().map(|refusal| refusal.code).collect()
}

#[test]
fn two_raters_are_needed_one_with_lived_experience() {
    let unmet = |perspectives: &[Perspective]| {
        let sheets: Vec<Sheet> = (1..)
            .zip(perspectives)
            .map(|(number, of)| sheet(number, *of, [Some(1), Some(1), Some(1)]))
            .collect();
        codes(&unmet_for_submission(&content(), &THRESHOLDS, &sheets, &[]))
    };
    use Perspective::{Carer, Manager, PeerWorker, ServiceUser};
    assert_eq!(unmet(&[PeerWorker, Manager]), []);
    assert_eq!(unmet(&[ServiceUser, ServiceUser]), []);
    for too_few in [&[][..], &[PeerWorker], &[Manager, Carer]] {
        assert_eq!(unmet(too_few), [Code::RatersRequired], "{too_few:?}");
    }
}

#[test]
fn every_rater_answers_everything_and_little_is_left_out() {
    use Perspective::{Manager, PeerWorker};
    let mut short = sheet(2, Manager, [Some(1), Some(1), Some(1)]);
    short.answers.pop();
    let full = sheet(1, PeerWorker, [Some(1), None, None]);
    let unmet = unmet_for_submission(&content(), &THRESHOLDS, &[full.clone(), short], &[]);
    assert_eq!(codes(&unmet), [Code::AnswersMissing]);
    assert!(unmet[0].message.contains("rater 2 has not answered 1.3"), "{}", unmet[0].message);
    // What somebody scores applies; what nobody scores does not.
    let scored = sheet(2, Manager, [Some(1), Some(0), None]);
    let both = [full.clone(), scored];
    assert_eq!(codes(&unmet_for_submission(&content(), &THRESHOLDS, &both, &[])), []);
    let neither = [full.clone(), full];
    let unmet = unmet_for_submission(&content(), &THRESHOLDS, &neither, &[]);
    assert_eq!(codes(&unmet), [Code::TooManyNotApplicable]);
}

#[test]
fn rdy_5_a_score_that_asks_for_evidence_has_some() {
    use Perspective::{Manager, PeerWorker};
    let sheets = [
        sheet(1, PeerWorker, [Some(1), Some(3), Some(3)]),
        sheet(2, Manager, [Some(2), Some(3), Some(3)]),
    ];
    let unmet =
        |evidenced: &[Uuid]| unmet_for_submission(&content(), &THRESHOLDS, &sheets, evidenced);
    assert_eq!(codes(&unmet(&[])), [Code::EvidenceRequired], "the highest of the raters counts");
    assert!(unmet(&[])[0].message.ends_with("1.1"));
    assert_eq!(
        codes(&unmet(&[id(2)])),
        [Code::EvidenceRequired],
        "that of another indicator does not"
    );
    assert_eq!(unmet(&[id(1)]), []);
    let scored = |scores, evidenced: &[Uuid]| {
        codes(&unmet_for_validation(&content(), &THRESHOLDS, &answers(scores), evidenced))
    };
    assert_eq!(scored([Some(2), Some(0), Some(0)], &[]), [Code::EvidenceRequired]);
    assert_eq!(scored([Some(1), Some(3), Some(3)], &[]), []);
    let open = &answers([Some(1), Some(1), Some(1)])[..2];
    assert_eq!(
        codes(&unmet_for_validation(&content(), &THRESHOLDS, open, &[])),
        [Code::ScoresMissing]
    );
}

#[test]
fn answers_are_to_known_indicators_once_and_within_the_scale() {
    let unmet = |answers: &[Answer]| unmet_for_answers(&content(), answers);
    assert_eq!(unmet(&answers([Some(0), Some(3), None])), []);
    assert_eq!(codes(&unmet(&[])), [Code::Invalid]);
    let of = |indicator, score| Answer { indicator, score, note: None };
    for (answer, code, at) in [
        (of(id(9), Some(1)), Code::NotFound, "indicatorId"),
        (of(id(1), None), Code::AlwaysApplies, "score"),
        (of(id(2), Some(4)), Code::Invalid, "score"),
        (of(id(2), Some(-1)), Code::Invalid, "score"),
        (Answer { note: Some(" ".to_owned()), ..of(id(2), Some(1)) }, Code::Invalid, "note"),
    ] {
        let found = unmet(&[answer]);
        assert_eq!(codes(&found), [code]);
        assert_eq!(found[0].path, ["input", "answers", "0", at]);
    }
    let twice = [of(id(2), Some(1)), of(id(2), Some(1))];
    assert_eq!(unmet(&twice)[0].path, ["input", "answers", "1", "indicatorId"]);
}

#[test]
fn rdy_3_a_reviewer_holds_the_role_and_no_link() {
    assert_eq!(codes(&unmet_for_reviewer(true, false)), []);
    assert_eq!(codes(&unmet_for_reviewer(true, true)), [Code::ReviewerLinked]);
    assert_eq!(codes(&unmet_for_reviewer(false, true)), [Code::NotAReviewer], "more is not told");
    assert_eq!(codes(&unmet_for_validator(true)), [Code::SeparationOfDuties]);
}

#[test]
fn a_draft_is_published_when_its_weights_sum_to_a_hundred_and_something_always_applies() {
    let mut domains = content().domains;
    assert_eq!(unmet_for_publication(&domains, &THRESHOLDS), []);
    domains[0].weight = 99;
    assert_eq!(codes(&unmet_for_publication(&domains, &THRESHOLDS)), [Code::Incomplete]);
    domains[0].weight = 100;
    domains[0].indicators = vec![indicator("1.2", false)];
    assert_eq!(codes(&unmet_for_publication(&domains, &THRESHOLDS)), [Code::Incomplete]);
    assert_eq!(codes(&unmet_for_publication(&[], &THRESHOLDS)), [Code::Incomplete]);
}

#[test]
fn what_an_instrument_says_has_codes_of_its_own_and_thresholds_in_order() {
    let content = content();
    assert_eq!(unmet_for_content(&content.domains, &[]), []);
    let mut twice = content.domains.clone();
    twice.push(twice[0].clone());
    let paths: Vec<String> =
        unmet_for_content(&twice, &[]).iter().map(|refusal| refusal.path.join(".")).collect();
    assert!(paths.contains(&"input.domains.1.code".to_owned()), "{paths:?}");
    assert!(paths.contains(&"input.domains.1.indicators.0.code".to_owned()), "{paths:?}");
    let mut follows = content.domains.clone();
    follows[0].indicators[0].follows = vec![id(77)];
    assert_eq!(codes(&unmet_for_content(&follows, &[])), [Code::NotFound]);
    assert_eq!(unmet_for_content(&follows, &[id(77)]), []);
    assert_eq!(unmet_for_thresholds(&THRESHOLDS), []);
    let wrong = Thresholds { conditional_overall: 7001, disagreement_from: 0, ..THRESHOLDS };
    let paths: Vec<String> =
        unmet_for_thresholds(&wrong).iter().map(|refusal| refusal.path.join(".")).collect();
    assert_eq!(paths, ["input.thresholds.disagreementFrom", "input.thresholds.conditionalOverall"]);
}
