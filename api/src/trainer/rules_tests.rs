//! The rules of trainers, case by case, and the days of an accreditation against a list of days.

use chrono::Days;
use uuid::Uuid;

use super::super::model::State;
use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn term(from: &str, to: &str) -> Term {
    Term {
        programme_type: ProgrammeType::Volunteer,
        level: Level::Lead,
        from: day(from),
        to: day(to),
        ended_on: None,
        suspensions: Vec::new(),
    }
}

fn accreditation(id: u128, state: State, from: Option<&str>, to: Option<&str>) -> Accreditation {
    Accreditation {
        id: Uuid::from_u128(id),
        trainer_id: Uuid::from_u128(1),
        organisation_id: Uuid::from_u128(2),
        programme_type: ProgrammeType::Volunteer,
        level: Level::Lead,
        state,
        valid_from: from.map(day),
        valid_to: to.map(day),
        ended_on: None,
        resigned: false,
        renews_id: None,
        created_at: chrono::DateTime::UNIX_EPOCH,
        updated_at: chrono::DateTime::UNIX_EPOCH,
        version: 1,
    }
}

fn codes(unmet: &[Refusal]) -> Vec<Code> {
    unmet.iter().map(|refusal| refusal.code).collect()
}

#[test]
fn accredited_on_agrees_with_a_list_of_days() {
    let first = day("2026-01-01");
    let at = |n: u64| first.checked_add_days(Days::new(n)).unwrap();
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = |below: u64| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed % below
    };
    for _ in 0..2_000 {
        let types = [ProgrammeType::Volunteer, ProgrammeType::Supervisor];
        let levels = [Level::Associate, Level::Lead];
        // The model: one flag for each type, level and day.
        let mut flags = [[[false; 40]; 2]; 2];
        let mut terms = Vec::new();
        for _ in 0..next(4) {
            let (ty, level) = (next(2) as usize, next(2) as usize);
            let from = next(30);
            let to = from + 1 + next(39 - from);
            let ended = (next(3) == 0).then(|| next(40));
            let suspension = (next(2) == 0).then(|| {
                let start = next(35);
                (start, (next(2) == 0).then(|| start + next(5)))
            });
            for n in from..to {
                let out = suspension.is_some_and(|(s, e)| n >= s && e.is_none_or(|e| n < e));
                if ended.is_none_or(|e| n < e) && !out {
                    flags[ty][level][n as usize] = true;
                }
            }
            terms.push(Term {
                programme_type: types[ty],
                level: levels[level],
                from: at(from),
                to: at(to),
                ended_on: ended.map(at),
                suspensions: suspension.map(|(s, e)| (at(s), e.map(at))).into_iter().collect(),
            });
        }
        let days: Vec<NaiveDate> = (0..40).map(at).collect();
        for (ty, kind) in types.into_iter().enumerate() {
            for asked in [&levels[..1], &levels[1..], &levels[..]] {
                let known =
                    |n: usize| (0..2).any(|l| asked.contains(&levels[l]) && flags[ty][l][n]);
                let missing: Vec<NaiveDate> =
                    (0..40).filter(|n| !known(*n)).map(|n| at(n as u64)).collect();
                assert_eq!(unaccredited_dates(&terms, kind, asked, &days), missing, "{terms:?}");
            }
        }
    }
}

#[test]
fn a_term_holds_from_its_first_day_up_to_but_not_including_its_end() {
    let terms = [term("2026-01-01", "2028-01-01")];
    let on =
        |date: &str| accredited_on(&terms, ProgrammeType::Volunteer, &[Level::Lead], day(date));
    assert_eq!(
        ["2025-12-31", "2026-01-01", "2027-12-31", "2028-01-01"].map(on),
        [false, true, true, false]
    );
    assert!(!accredited_on(&terms, ProgrammeType::Supervisor, &[Level::Lead], day("2026-06-01")));
    assert!(!accredited_on(&terms, ProgrammeType::Volunteer, &[Level::Trainer], day("2026-06-01")));
    assert!(!accredited_on(&terms, ProgrammeType::Volunteer, &[], day("2026-06-01")));
}

#[test]
fn a_day_asked_twice_is_missing_once() {
    let days = [day("2025-12-31"), day("2026-01-01"), day("2025-12-31")];
    let missing = unaccredited_dates(
        &[term("2026-01-01", "2026-01-02")],
        ProgrammeType::Volunteer,
        &[Level::Lead],
        &days,
    );
    assert_eq!(missing, [day("2025-12-31")]);
}

#[test]
fn a_term_has_at_most_twenty_four_months_and_does_not_begin_in_the_past() {
    let today = day("2026-05-01");
    for (from, to, expected) in [
        ("2026-05-01", "2028-05-01", &[][..]),
        ("2026-05-01", "2028-05-02", &[Code::Invalid]),
        ("2026-04-30", "2026-06-01", &[Code::Invalid]),
        ("2026-05-01", "2026-05-01", &[Code::Invalid]),
        ("2026-04-30", "2026-04-30", &[Code::Invalid, Code::Invalid]),
        ("2027-01-31", "2029-01-31", &[]),
    ] {
        assert_eq!(codes(&unmet_for_term(day(from), day(to), today)), expected, "{from} {to}");
    }
}

#[test]
fn renewal_needs_an_event_within_the_term_and_comes_near_its_end() {
    let old = accreditation(1, State::Accredited, Some("2025-01-01"), Some("2027-01-01"));
    let (inside, before, after) = (day("2026-12-31"), day("2024-12-31"), day("2027-01-01"));
    for (attended, today, expected) in [
        (vec![inside], "2026-12-01", &[][..]),
        (vec![inside], "2026-07-01", &[]),
        (vec![inside], "2027-06-01", &[]),
        (vec![inside], "2026-06-30", &[Code::Conflict]),
        (vec![before, after], "2026-12-01", &[Code::StandardisationRequired]),
        (vec![], "2026-06-30", &[Code::Conflict, Code::StandardisationRequired]),
    ] {
        assert_eq!(codes(&unmet_for_renewal(&old, &attended, day(today))), expected, "{today}");
    }
    for state in [State::Applied, State::Observed, State::Suspended, State::Withdrawn] {
        let old = Accreditation { state, ..old.clone() };
        assert_eq!(codes(&unmet_for_renewal(&old, &[inside], day("2026-12-01"))), [Code::Conflict]);
    }
}

#[test]
fn accreditations_clash_by_type_level_and_days_while_they_are_granted() {
    let one = accreditation(1, State::Accredited, Some("2026-01-01"), Some("2027-01-01"));
    let two = accreditation(2, State::Accredited, Some("2026-12-31"), Some("2028-01-01"));
    assert!(clash(&one, &two) && clash(&two, &one));
    assert!(clash(&one, &Accreditation { state: State::Suspended, ..two.clone() }));
    for other in [
        one.clone(),
        Accreditation { state: State::Withdrawn, ..two.clone() },
        Accreditation { level: Level::Mentor, ..two.clone() },
        Accreditation { programme_type: ProgrammeType::Supervisor, ..two.clone() },
        accreditation(3, State::Accredited, Some("2027-01-01"), Some("2028-01-01")),
        accreditation(4, State::Observed, None, None),
    ] {
        assert!(!clash(&one, &other), "{other:?}");
    }
}

#[test]
fn a_trainer_is_nominated_once_for_a_type_and_level() {
    let today = day("2026-05-01");
    let unmet = |held| unmet_for_nomination(ProgrammeType::Volunteer, Level::Lead, &[held], today);
    for state in [State::Applied, State::Observed] {
        assert_eq!(codes(&unmet(accreditation(1, state, None, None))), [Code::Unchanged]);
    }
    let (from, past, later) = (Some("2025-01-01"), Some("2026-05-01"), Some("2026-05-02"));
    assert_eq!(codes(&unmet(accreditation(1, State::Accredited, from, later))), [Code::Unchanged]);
    assert_eq!(codes(&unmet(accreditation(1, State::Suspended, from, past))), [Code::Unchanged]);
    assert_eq!(codes(&unmet(accreditation(1, State::Accredited, from, past))), []);
    assert_eq!(codes(&unmet(accreditation(1, State::Withdrawn, None, None))), []);
}

/// The steps as the network's rules name them, written apart from the product's own table.
const STEPS: [(&str, &str, &str); 9] = [
    ("Applied", "Observe", "Observed"),
    ("Observed", "Accredit", "Accredited"),
    ("Accredited", "Suspend", "Suspended"),
    ("Suspended", "Reinstate", "Accredited"),
    ("Suspended", "Withdraw", "Withdrawn"),
    ("Applied", "Withdraw", "Withdrawn"),
    ("Observed", "Withdraw", "Withdrawn"),
    ("Accredited", "Resign", "Withdrawn"),
    ("Suspended", "Resign", "Withdrawn"),
];

/// The same for an application that the trainer gives up.
fn step(standing: &str, command: &str) -> Option<String> {
    let given_up = matches!(standing, "Applied" | "Observed") && command == "Resign";
    let known = STEPS.iter().find(|(from, by, _)| *from == standing && *by == command);
    known.map(|(_, _, to)| (*to).to_owned()).or(given_up.then(|| "Withdrawn".to_owned()))
}

#[test]
fn random_walks_agree_with_an_independent_model() {
    let start = day("2026-01-01");
    for walk in 0..64_u64 {
        let mut seed = 0x2545_f491_4f6c_dd1d ^ (walk + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut next = |below: usize| {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            (seed % below as u64) as usize
        };
        // The model: a word, and the day from which the term is over.
        let (mut word, mut over) = ("Applied".to_owned(), None);
        let mut real = accreditation(1, State::Applied, None, None);
        let mut today = start;
        for _ in 0..2_000 {
            if next(4) == 0 {
                today = today.checked_add_days(Days::new(next(60) as u64)).unwrap();
            }
            let lapsed = word == "Accredited" && over.is_some_and(|day| day <= today);
            let told = if lapsed { "Lapsed".to_owned() } else { word.clone() };
            assert_eq!(format!("{:?}", real.standing(today)), told);
            let command = Command::ALL[next(6)];
            let expected = step(&told, &format!("{command:?}"));
            let found = real.standing(today).after(command);
            assert_eq!(found.map(|state| format!("{state:?}")), expected, "{told} {command:?}");
            assert_eq!(
                unmet_for_step(real.standing(today), command).is_empty(),
                expected.is_some()
            );
            if let (Some(state), Some(to)) = (found, expected) {
                if command == Command::Accredit {
                    real.valid_from = Some(today);
                    real.valid_to = term_end(today);
                    over = today.checked_add_months(Months::new(24));
                }
                real.state = state;
                word = to;
            }
            // What is over begins anew, so that a walk goes on.
            if matches!(word.as_str(), "Withdrawn") || told == "Lapsed" {
                (word, over) = ("Applied".to_owned(), None);
                real = accreditation(1, State::Applied, None, None);
            }
        }
    }
}

#[test]
fn affiliations_with_one_organisation_do_not_meet() {
    let affiliation = |of: u128, from: &str, to: Option<&str>| Affiliation {
        id: Uuid::nil(),
        trainer_id: Uuid::nil(),
        organisation_id: Uuid::from_u128(of),
        from: day(from),
        to: to.map(day),
    };
    let held = [
        affiliation(1, "2026-01-01", Some("2026-06-01")),
        affiliation(2, "2026-01-01", Some("2026-01-01")),
    ];
    for (new, expected) in [
        (affiliation(1, "2026-05-31", None), &[Code::Affiliation][..]),
        (affiliation(1, "2026-06-01", None), &[]),
        (affiliation(2, "2025-12-01", None), &[]),
        (affiliation(3, "2026-01-01", Some("2026-01-01")), &[Code::Invalid]),
    ] {
        assert_eq!(codes(&unmet_for_affiliation(&new, &held)), expected, "{new:?}");
    }
}
