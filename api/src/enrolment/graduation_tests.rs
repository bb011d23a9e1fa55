//! Graduation, by the rule in words.

use super::super::facts::{Carried, Record, Status};
use super::super::given::*;
use super::*;

fn words(evaluation: &Evaluation) -> Vec<&str> {
    evaluation.reasons.iter().map(|reason| reason.words.as_str()).collect()
}

fn verdicts(rule: &Rule, inputs: &Inputs) -> Vec<(&'static str, &'static str)> {
    let reasons = evaluate(rule, inputs).reasons;
    reasons.iter().map(|of| (of.requirement.code(), of.verdict.code())).collect()
}

fn found(rule: &Rule, inputs: &Inputs) -> &'static str {
    evaluate(rule, inputs).outcome.code()
}

#[test]
fn whoever_meets_everything_has_graduated_and_reads_why() {
    let evaluation = evaluate(&graduation(), &done(course(7, 8)));
    assert_eq!(evaluation.outcome, Outcome::Graduated);
    assert!(!evaluation.outcome.fails());
    assert_eq!(
        words(&evaluation),
        [
            "the course is completed",
            "every held session has a record",
            "7 of 8 days, 87.5 %, needs 80 %",
            "the assignment is passed and moderated",
        ]
    );
    let share = &evaluation.reasons[2];
    assert_eq!((share.found, share.needed), (Some(7), Some(7)));
}

#[test]
fn the_table_of_days_decides() {
    for (needed, days) in [(8, 10), (8, 9), (7, 8), (6, 7)] {
        assert_eq!(found(&graduation(), &done(course(needed, days))), "GRADUATED", "{days} days");
        let short = evaluate(&graduation(), &done(course(needed - 1, days)));
        assert_eq!(short.outcome, Outcome::NotMet, "{days} days");
        assert!(short.outcome.fails(), "a person confirms it");
    }
    let short = evaluate(&graduation(), &done(course(5, 7)));
    assert_eq!(words(&short)[2], "5 of 7 days, 71.42 %, needs 80 %");
}

#[test]
fn a_failing_share_never_reads_as_a_passing_one() {
    for (share, told) in [
        (8000, "80 %"),
        (7999, "79.99 %"),
        (8750, "87.5 %"),
        (8705, "87.05 %"),
        (10_000, "100 %"),
        (5, "0.05 %"),
        (0, "0 %"),
    ] {
        assert_eq!(percentage(share), told);
    }
    let mut rule = graduation();
    rule.attendance.basis = AttendanceBasis::Minutes;
    let mut facts = course(1, 1);
    facts.sessions.get_mut(&id(0)).unwrap().minutes = 1_000_000;
    part(&mut facts, 0, 799_999, &[]);
    let short = evaluate(&rule, &done(facts));
    assert_eq!(short.outcome, Outcome::NotMet);
    assert_eq!(words(&short)[2], "799999 of 1000000 minutes, 79.99 %, needs 80 %");
}

#[test]
fn nobody_graduates_before_the_course_is_completed_or_the_record_by_transfer() {
    let mut inputs = Inputs { course_completed: false, ..done(course(10, 10)) };
    assert_eq!(found(&graduation(), &inputs), "NOT_YET");
    inputs.attendance = course(5, 10);
    assert_eq!(found(&graduation(), &inputs), "NOT_YET", "nor fails");

    inputs.attendance = course(10, 10);
    inputs.attendance.enrolled.from = day(5);
    let carried = Carried { modules: (1..=9).collect(), minutes: 0 };
    inputs.attendance.carried.insert(id(99), carried);
    assert_eq!(found(&graduation(), &inputs), "NOT_YET", "module 10 is covered nowhere");
    inputs.attendance.carried.get_mut(&id(99)).unwrap().modules.insert(10);
    let evaluation = evaluate(&graduation(), &inputs);
    assert_eq!(evaluation.outcome, Outcome::Graduated);
    assert_eq!(
        words(&evaluation)[0],
        "the record is complete by transfer: every module is covered"
    );
    inputs.attendance.sessions.insert(id(30), planned(12));
    inputs.attendance.sessions.insert(id(31), planned(13));
    assert_eq!(found(&graduation(), &inputs), "NOT_YET", "5 of 7 days could be what it comes to");
}

#[test]
fn nobody_is_judged_while_records_are_missing() {
    let mut inputs = done(course(7, 10));
    assert_eq!(found(&graduation(), &inputs), "NOT_MET");
    inputs.attendance.records.remove(&id(8));
    inputs.attendance.records.remove(&id(9));
    let evaluation = evaluate(&graduation(), &inputs);
    assert_eq!(evaluation.outcome, Outcome::NotYet);
    assert_eq!(
        words(&evaluation)[1..3],
        [
            "attendance is not recorded on 10 November 2025 and 17 November 2025",
            "7 of 8 days, 87.5 %, needs 80 %; 2 days to come or to be recorded",
        ]
    );
}

#[test]
fn missed_days_have_a_most_and_mandatory_modules_no_exception() {
    let mut rule = graduation();
    rule.attendance.max_missed_days = Some(1);
    rule.attendance.mandatory = BTreeSet::from([1, 19]);
    let evaluation = evaluate(&rule, &done(course(8, 10)));
    assert_eq!(evaluation.outcome, Outcome::NotMet);
    assert_eq!(
        words(&evaluation)[2..5],
        [
            "8 of 10 days, 80 %, needs 80 %",
            "2 days missed, at most 1 may be",
            "1 of 2 mandatory modules covered or waived; not covered: 19",
        ]
    );
    assert_eq!(
        verdicts(&rule, &done(course(8, 10)))[2..5],
        [("ATTENDANCE", "MET"), ("MISSED_DAYS", "UNMET"), ("MANDATORY_MODULES", "UNMET")]
    );
    let running = Inputs { course_completed: false, ..done(running(8, 8, 2)) };
    assert_eq!(
        verdicts(&rule, &running)[2..5],
        [("ATTENDANCE", "MET"), ("MISSED_DAYS", "OPEN"), ("MANDATORY_MODULES", "OPEN")]
    );
    assert_eq!(found(&rule, &done(course(10, 10))), "GRADUATED");
}

#[test]
fn what_can_still_be_lost_is_not_met_yet() {
    let mut rule = graduation();
    rule.attendance.max_missed_days = Some(1);
    let mut inputs = done(running(4, 4, 1));
    let verdicts = |rule: &Rule, inputs: &Inputs| verdicts(rule, inputs)[2..4].to_vec();
    assert_eq!(verdicts(&rule, &inputs), [("ATTENDANCE", "MET"), ("MISSED_DAYS", "MET")]);
    // A second part of the fourth day is to come.
    inputs.attendance.sessions.get_mut(&id(4)).unwrap().day = day(3);
    rule.attendance.threshold = 10_000;
    assert_eq!(verdicts(&rule, &inputs), [("ATTENDANCE", "OPEN"), ("MISSED_DAYS", "MET")]);
    rule.attendance.max_missed_days = Some(0);
    assert_eq!(verdicts(&rule, &inputs), [("ATTENDANCE", "OPEN"), ("MISSED_DAYS", "OPEN")]);
    assert_eq!(found(&rule, &inputs), "NOT_YET");
}

#[test]
fn an_assignment_counts_once_it_is_moderated() {
    let mut rule = graduation();
    for (standing, outcome) in [
        (Assignment::Outstanding, "NOT_YET"),
        (Assignment::AwaitingModeration, "NOT_YET"),
        (Assignment::Passed, "GRADUATED"),
        (Assignment::Failed, "NOT_MET"),
    ] {
        let inputs = Inputs { assignment: standing, ..done(course(8, 10)) };
        assert_eq!(found(&rule, &inputs), outcome, "{standing:?}");
        let absent = Inputs { assignment: standing, ..done(course(7, 10)) };
        assert_eq!(found(&rule, &absent), "NOT_MET", "no assignment mends attendance");
    }
    rule.assignment_required = false;
    let inputs = Inputs { assignment: Assignment::Failed, ..done(course(8, 10)) };
    assert_eq!(found(&rule, &inputs), "GRADUATED");
}

#[test]
fn who_attended_and_does_not_pass_has_completed_where_the_version_knows_that() {
    let rule = Rule { completion_without_accreditation: true, ..graduation() };
    let failed = |attended| Inputs { assignment: Assignment::Failed, ..done(course(attended, 10)) };
    assert_eq!(found(&rule, &failed(8)), "COMPLETED_NOT_ACCREDITED");
    assert_eq!(found(&rule, &failed(7)), "NOT_MET");
    assert_eq!(found(&graduation(), &failed(8)), "NOT_MET");
    assert!(Outcome::CompletedNotAccredited.fails());
}

#[test]
fn a_placement_has_its_least_minutes() {
    let rule = Rule { placement_required: true, placement_min_minutes: Some(600), ..graduation() };
    for (standing, minutes, outcome, told) in [
        (
            PlacementStanding::Open,
            600,
            "NOT_YET",
            "the placement is not completed yet: 600 minutes, needs 600",
        ),
        (
            PlacementStanding::Completed,
            600,
            "GRADUATED",
            "the placement is completed: 600 minutes, needs 600",
        ),
        (
            PlacementStanding::Completed,
            599,
            "NOT_MET",
            "the placement is completed and too short: 599 minutes, needs 600",
        ),
        (
            PlacementStanding::Over,
            900,
            "NOT_MET",
            "the placement was not completed: 900 minutes, needs 600",
        ),
    ] {
        let placement = Placement { standing, minutes };
        let evaluation = evaluate(&rule, &Inputs { placement, ..done(course(8, 10)) });
        assert_eq!(evaluation.outcome.code(), outcome, "{standing:?} {minutes}");
        assert_eq!(words(&evaluation).last(), Some(&told));
    }
    let any = Rule { placement_min_minutes: None, ..rule };
    let placement = Placement { standing: PlacementStanding::Completed, minutes: 0 };
    let inputs = Inputs { placement, ..done(course(8, 10)) };
    assert_eq!(found(&any, &inputs), "GRADUATED");
}

#[test]
fn of_an_empty_course_nobody_graduates() {
    let evaluation = evaluate(&graduation(), &done(course(0, 0)));
    assert_eq!(evaluation.outcome, Outcome::NotMet);
    assert_eq!(words(&evaluation)[2], "nothing was held yet, needs 80 %");
}

#[test]
fn whoever_decides_reads_what_is_on_neither_side() {
    let mut facts = course(10, 10);
    facts.sessions.get_mut(&id(0)).unwrap().credit = Some(crate::course::model::Credit::Pending);
    let saturday = to_saturday(&mut facts, 5);
    facts.records.insert(id(saturday), Record::none(Status::AuthorisedAbsence));
    assert_eq!(
        evaluate(&graduation(), &done(facts)).notes,
        [
            "on neither side: 15 September 2025, held without credit so far",
            "on neither side: 25 October 2025, moved to a day on which it could not be attended",
        ]
    );
}

#[test]
fn who_returns_is_judged_by_the_new_rule_unless_the_former_is_kinder() {
    let mut former = graduation();
    former.attendance.threshold = 7000;
    let new = graduation();
    let judged = |facts: Facts, former: Option<&Rule>| {
        let (rule, evaluation) = kinder(&new, former, &done(facts));
        (rule.attendance.threshold, evaluation.outcome.code())
    };
    assert_eq!(judged(course(7, 10), Some(&former)), (7000, "GRADUATED"));
    assert_eq!(judged(course(7, 10), None), (8000, "NOT_MET"));
    assert_eq!(judged(course(8, 10), Some(&former)), (8000, "GRADUATED"), "no kinder: the new one");
    assert_eq!(judged(course(6, 10), Some(&former)), (8000, "NOT_MET"));
}

#[test]
fn a_snapshot_is_written_the_same_and_finds_the_same_again() {
    let mut inputs = done(course(7, 8));
    let snapshot = Snapshot::new(graduation(), inputs.clone(), None);
    let text = snapshot.to_json().unwrap();
    assert!(
        text.starts_with(r#"{"format":1,"rule":{"attendance":{"basis":"DAYS","threshold":8000,"#)
    );
    let read = Snapshot::from_json(&text).unwrap();
    assert_eq!(read, snapshot);
    assert_eq!(read.evaluate(), evaluate(&graduation(), &inputs));

    // Which version judged is kept where it is not that of the course.
    let former = Snapshot::new(graduation(), inputs.clone(), Some("1.0.0".to_owned()));
    assert_eq!(Snapshot::from_json(&former.to_json().unwrap()).unwrap(), former);
    let told = "judged by the rule of version 1.0.0, which is kinder than that of the course";
    assert_eq!((former.evaluate().notes, read.evaluate().notes), (vec![told.to_owned()], vec![]));

    // The order in which facts are gathered does not matter.
    let sessions: Vec<_> = inputs.attendance.sessions.clone().into_iter().rev().collect();
    inputs.attendance.sessions = sessions.into_iter().collect();
    let again = Snapshot::new(graduation(), inputs.clone(), None);
    assert_eq!(again.to_json().unwrap(), text);

    // An amended record shows.
    inputs.attendance.records.insert(id(6), Record::none(Status::Absent));
    assert_ne!(Snapshot::new(graduation(), inputs, None).to_json().unwrap(), text);

    let other = text.replacen("\"format\":1", "\"format\":2", 1);
    assert!(matches!(Snapshot::from_json(&other), Err(Unreadable::Format(2))));
    let more = text.replacen("\"format\":1", "\"format\":1,\"more\":1", 1);
    assert!(matches!(Snapshot::from_json(&more), Err(Unreadable::Json(_))));
}

#[test]
fn the_rule_of_a_published_version_leaves_nothing_open() {
    let published = GraduationRule {
        attendance_basis: Some(AttendanceBasis::Sessions),
        attendance_threshold: Some(8000),
        day_counts_at: None,
        max_missed_days: Some(2),
        make_up_allowed: Some(false),
        make_up_max_days: None,
        assignment_required: Some(true),
        placement_required: Some(false),
        placement_min_minutes: None,
        completion_without_accreditation: Some(true),
    };
    let rule = Rule::pinned(&published, &[(1, true), (2, false)]).unwrap();
    assert_eq!(rule.attendance.mandatory, BTreeSet::from([1]));
    assert_eq!(rule.modules, BTreeSet::from([1, 2]));
    assert_eq!((rule.attendance.day_counts_at, rule.attendance.make_up_days), (7500, 0));
    for open in [
        GraduationRule { attendance_threshold: None, ..published.clone() },
        GraduationRule { make_up_allowed: Some(true), ..published.clone() },
        GraduationRule { assignment_required: None, ..published.clone() },
        GraduationRule::default(),
    ] {
        assert_eq!(Rule::pinned(&open, &[]), None);
    }
}
