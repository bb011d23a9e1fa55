//! The rules of programmes, one test each.

use super::*;
use crate::programme::model::{Competence, Depth, GraduationRule, Mapping};

const SET: Uuid = Uuid::from_u128(0x5E7);
const OTHER: Uuid = Uuid::from_u128(0x07);

fn item(id: u128, set: Uuid, code: &str, core: bool) -> Competence {
    Competence { id: Uuid::from_u128(id), set, code: code.to_owned(), core }
}

fn catalogue() -> Catalogue {
    Catalogue {
        sets: vec![(SET, "F@1".to_owned()), (OTHER, "C@1".to_owned())],
        competences: vec![
            item(1, SET, "1.1", true),
            item(2, SET, "1.2", true),
            item(3, SET, "7", false),
            item(4, OTHER, "2.3", false),
        ],
        links: vec![(Uuid::from_u128(4), Uuid::from_u128(2))],
    }
}

fn module(number: i32, competences: &[u128]) -> Module {
    let mapping =
        |id: &u128| Mapping { competence: Uuid::from_u128(*id), depth: Depth::Introduced };
    Module {
        number,
        title: Some("Fictional".to_owned()),
        block: None,
        taught_minutes: Some(150),
        prep_minutes: Some(0),
        mandatory: false,
        reading_list: None,
        requires: Vec::new(),
        competences: competences.iter().map(mapping).collect(),
    }
}

/// A curriculum that can be published.
fn complete() -> Content {
    Content {
        outline: Outline {
            effective_from: "2026-09-01".parse().ok(),
            weeks: Some(10),
            taught_days: Some(8),
            taught_minutes: Some(300),
            aligned_to: Some(SET),
            rule: GraduationRule {
                attendance_basis: Some(AttendanceBasis::Days),
                attendance_threshold: Some(8_000),
                day_counts_at: Some(7_500),
                make_up_allowed: Some(false),
                assignment_required: Some(true),
                placement_required: Some(false),
                completion_without_accreditation: Some(true),
                ..GraduationRule::default()
            },
            ..Outline::default()
        },
        modules: vec![module(1, &[1]), module(2, &[4])],
        gaps: Vec::new(),
    }
}

fn codes(unmet: &[Refusal]) -> Vec<Code> {
    unmet.iter().map(|refusal| refusal.code).collect()
}

fn paths(unmet: &[Refusal]) -> Vec<String> {
    unmet.iter().map(|refusal| refusal.path[1..].join(".")).collect()
}

#[test]
fn a_complete_draft_can_be_published() {
    assert_eq!(unmet_for_publication(&complete(), &catalogue()), []);
}

#[test]
fn prg_2_the_minutes_of_the_modules_are_the_total() {
    let mut content = complete();
    content.modules[1].taught_minutes = Some(149);
    assert_eq!(codes(&unmet_for_publication(&content, &catalogue())), [Code::MinutesDoNotAddUp]);
    content.modules[1].taught_minutes = None;
    let unmet = unmet_for_publication(&content, &catalogue());
    assert_eq!(codes(&unmet), [Code::Incomplete], "an unknown sum is not a wrong one");
}

#[test]
fn prg_3_every_core_competence_is_mapped_or_listed_and_not_both() {
    let mut content = complete();
    content.modules[0].competences.clear();
    assert_eq!(codes(&unmet_for_publication(&content, &catalogue())), [Code::CompetenceGap]);
    let gap = |id| Gap { competence: Uuid::from_u128(id), reason: "taught elsewhere".to_owned() };
    content.gaps = vec![gap(1)];
    assert_eq!(unmet_for_publication(&content, &catalogue()), []);
    content.gaps = vec![gap(1), gap(2)];
    let unmet = unmet_for_publication(&content, &catalogue());
    assert_eq!(codes(&unmet), [Code::CompetenceGap], "2 is covered by a unit that teaches it");
    content.gaps = Vec::new();
    content.outline.aligned_to = None;
    assert_eq!(unmet_for_publication(&content, &catalogue()), [], "no claim, no gaps");
}

#[test]
fn publishing_names_everything_at_once() {
    let unmet = unmet_for_publication(&Content::default(), &catalogue());
    assert_eq!(unmet.len(), 11, "{unmet:?}");
    let bare = Module { title: None, taught_minutes: None, prep_minutes: None, ..module(7, &[]) };
    let content = Content {
        outline: Outline { aligned_to: Some(SET), ..Outline::default() },
        modules: vec![bare],
        gaps: Vec::new(),
    };
    let unmet = unmet_for_publication(&content, &catalogue());
    let count = |code| unmet.iter().filter(|refusal| refusal.code == code).count();
    assert_eq!((count(Code::Incomplete), count(Code::CompetenceGap)), (13, 2), "{unmet:?}");
}

#[test]
fn prerequisites_come_before_what_needs_them() {
    let mut modules = vec![module(1, &[]), module(2, &[]), module(3, &[])];
    modules[2].requires = vec![1, 2];
    assert_eq!(unmet_for_modules(&modules), []);
    modules.swap(1, 2);
    assert_eq!(paths(&unmet_for_modules(&modules)), ["modules.1.requires.1"]);
    modules[1].requires = vec![1, 1, 3, 9];
    let expected = ["modules.1.requires.1", "modules.1.requires.2", "modules.1.requires.3"];
    assert_eq!(paths(&unmet_for_modules(&modules)), expected);
}

#[test]
fn modules_have_numbers_of_their_own_and_texts_of_one_line() {
    let mut modules = vec![module(1, &[1, 1]), module(1, &[])];
    modules[1].title = Some("two\nlines".to_owned());
    modules[1].taught_minutes = Some(-1);
    let expected = [
        "modules.0.competences.1",
        "modules.1.number",
        "modules.1.taughtMinutes",
        "modules.1.title",
    ];
    assert_eq!(paths(&unmet_for_modules(&modules)), expected);
    let many: Vec<Module> = (1..=41).map(|number| module(number, &[])).collect();
    assert_eq!(paths(&unmet_for_modules(&many)), ["modules"]);
}

#[test]
fn numbers_of_an_outline_lie_where_they_can() {
    let mut outline = complete().outline;
    assert_eq!(unmet_for_outline(&outline, ["outline", "rule"]), []);
    outline.last_start_date = "2026-08-31".parse().ok();
    outline.weeks = Some(0);
    outline.rule.attendance_threshold = Some(10_001);
    outline.rule.make_up_max_days = Some(1);
    outline.rule.placement_min_minutes = Some(600);
    let expected = [
        "outline.weeks",
        "outline.lastStartDate",
        "rule.attendanceThreshold",
        "rule.makeUpMaxDays",
        "rule.placementMinMinutes",
    ];
    assert_eq!(paths(&unmet_for_outline(&outline, ["outline", "rule"])), expected);
}

#[test]
fn codes_are_plain() {
    for good in ["PSW", "PSW-10-WEEKS", "A1"] {
        assert_eq!(unmet_for_programme(good, "Title", ["code", "title"]), [], "{good}");
    }
    for bad in ["", "A", "psw", "PSW ", "-PSW", "PSW-", "PSÄ", "P@1", &"A".repeat(41)] {
        let unmet = unmet_for_programme(bad, "Title", ["code", "title"]);
        assert_eq!(paths(&unmet), ["code"], "{bad:?}");
    }
    assert_eq!(paths(&unmet_for_programme("PSW", " ", ["code", "title"])), ["title"]);
}
