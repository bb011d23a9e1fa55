//! The arithmetic of attendance, by the rule in words.

use super::super::facts::{Enrolled, equivalent, unmet_for_record};
use super::super::given::*;
use super::*;

/// Attended, held, and the least that is needed.
fn counted(rule: &Rule, facts: &Facts) -> (i64, i64, i64) {
    let found = progress(rule, facts);
    (found.attended, found.held, found.needed)
}

fn meets(rule: &Rule, facts: &Facts) -> bool {
    let found = progress(rule, facts);
    reaches(found.attended, found.held, rule.threshold)
}

fn codes(refusals: &[Refusal]) -> Vec<(&'static str, String)> {
    refusals.iter().map(|of| (of.code.text(), of.path[1..].join("."))).collect()
}

#[test]
fn the_table_of_days_needed() {
    for (days, needed, too_few) in [(10, 8, 7000), (9, 8, 7777), (8, 7, 7500), (7, 6, 7142)] {
        let enough = course(needed, days);
        let (needed, days) = (i64::try_from(needed).unwrap(), i64::try_from(days).unwrap());
        assert_eq!(counted(&rule(), &enough), (needed, days, needed), "{days} days");
        assert!(meets(&rule(), &enough), "{days} days");
        let short = course(u64::try_from(needed).unwrap() - 1, u64::try_from(days).unwrap());
        assert!(!meets(&rule(), &short), "{days} days");
        assert_eq!(progress(&rule(), &short).percent, Some(too_few), "{days} days, rounded down");
    }
}

#[test]
fn of_2400_minutes_1920_are_needed() {
    let mut facts = course(6, 8);
    part(&mut facts, 6, 120, &[]);
    let minutes = by(AttendanceBasis::Minutes);
    assert_eq!(counted(&minutes, &facts), (1920, 2400, 1920));
    assert!(meets(&minutes, &facts));
    part(&mut facts, 6, 119, &[]);
    assert!(!meets(&minutes, &facts));
    assert_eq!(progress(&minutes, &facts).percent, Some(7995));
}

#[test]
fn a_cancelled_day_lowers_the_target() {
    let mut facts = running(6, 7, 3);
    assert_eq!((progress(&rule(), &facts).total, progress(&rule(), &facts).needed), (10, 8));
    cancel(&mut facts, 9);
    let found = progress(&rule(), &facts);
    assert_eq!((found.total, found.needed, found.days_left), (9, 8, 2));
    assert_eq!((found.attended, found.held), (6, 7));
}

#[test]
fn a_mandatory_module_of_a_lost_day_is_covered_elsewhere_or_waived() {
    let mut facts = course(10, 10);
    cancel(&mut facts, 9);
    let mandatory = Rule { mandatory: BTreeSet::from([1, 19]), ..rule() };
    assert_eq!(counted(&mandatory, &facts), (9, 9, 8));
    let missed = |facts: &Facts| progress(&mandatory, facts).missed_modules;
    assert_eq!(missed(&facts), BTreeSet::from([19]));

    let mut waived = facts.clone();
    waived.waived.insert(19);
    let mut taught = facts.clone();
    taught.sessions.get_mut(&id(3)).unwrap().modules.insert(19);
    taught.records.insert(id(3), Record::present(&taught.sessions[&id(3)]));
    let mut made_up = facts.clone();
    made_up.make_ups.insert(id(9), day(11));
    let mut carried = facts;
    let modules = BTreeSet::from([19]);
    carried.carried.insert(id(99), Carried { modules, minutes: 0 });
    for covered in [waived, taught, made_up, carried] {
        assert_eq!(missed(&covered), BTreeSet::new());
        assert_eq!(counted(&mandatory, &covered), (9, 9, 8), "the days stay as they are");
    }
}

#[test]
fn a_replacement_counts_in_place_of_its_original() {
    let mut facts = course(10, 10);
    let saturday = to_saturday(&mut facts, 4);
    assert_eq!(progress(&rule(), &facts).unrecorded, [facts.sessions[&id(saturday)].day]);
    facts.records.insert(id(saturday), Record::present(&facts.sessions[&id(saturday)]));
    assert_eq!(counted(&rule(), &facts), (10, 10, 8));
    facts.records.insert(id(saturday), Record::none(Status::Absent));
    assert_eq!(counted(&rule(), &facts), (9, 10, 8), "who could attend and did not has missed it");
}

#[test]
fn who_cannot_attend_a_replacement_is_read_in_the_kinder_way() {
    let mut facts = course(4, 6);
    facts.records.insert(id(5), Record::present(&facts.sessions[&id(5)]));
    let saturday = to_saturday(&mut facts, 3);
    facts.records.insert(id(saturday), Record::none(Status::AuthorisedAbsence));
    // Read as held it is 4 of 6; read as cancelled and not replaced, 4 of 5.
    let read = progress(&rule(), &facts);
    assert_eq!((read.attended, read.held, read.percent), (4, 5, Some(8000)));
    assert_eq!(read.left_out, [facts.sessions[&id(saturday)].day]);
    assert_eq!(read.missed_days, [day(4)]);

    // Made up, it is 5 of 6; where nothing can be made up it stays 4 of 5, and its modules are covered.
    facts.make_ups.insert(id(saturday), day(8));
    let once = Rule { make_up_days: 1, ..rule() };
    assert_eq!(counted(&once, &facts), (5, 6, 5));
    assert_eq!(counted(&rule(), &facts), (4, 5, 4));
    assert!(progress(&rule(), &facts).covered.contains(&7));

    // Another missed day is made up first, though later: 5 of 5 is kinder than 5 of 6.
    facts.make_ups.insert(id(4), day(9));
    assert_eq!(counted(&once, &facts), (5, 5, 4));
    assert_eq!(progress(&once, &facts).make_up_days_left, 0);
}

#[test]
fn only_a_session_that_was_moved_to_another_day_of_the_enrolment_has_two_readings() {
    let mut facts = course(5, 6);
    facts.records.insert(id(5), Record::none(Status::AuthorisedAbsence));
    assert_eq!(counted(&rule(), &facts), (5, 6, 5), "an authorised absence is an absence");
    let saturday = to_saturday(&mut facts, 5);
    facts.records.insert(id(saturday), Record::none(Status::AuthorisedAbsence));
    assert_eq!(counted(&rule(), &facts), (5, 5, 4));
    let moved = facts.sessions[&id(saturday)].day;
    facts.sessions.get_mut(&id(5)).unwrap().day = moved;
    assert_eq!(counted(&rule(), &facts), (5, 6, 5), "another hour of the same day");
    facts.sessions.get_mut(&id(5)).unwrap().day = day(0) - chrono::Days::new(1);
    assert_eq!(counted(&rule(), &facts), (5, 6, 5), "its original was before the enrolment");
}

#[test]
fn three_hours_of_five_are_no_day_but_180_minutes_and_a_module() {
    let mut facts = course(1, 1);
    part(&mut facts, 0, 180, &[1]);
    for (basis, attended, of) in [
        (AttendanceBasis::Days, 0, 1),
        (AttendanceBasis::Sessions, 0, 1),
        (AttendanceBasis::Minutes, 180, 300),
        (AttendanceBasis::Modules, 1, 2),
    ] {
        let found = progress(&by(basis), &facts);
        assert_eq!((found.attended, found.held), (attended, of), "{basis:?}");
        assert_eq!(found.missed_days, [day(0)]);
    }
    part(&mut facts, 0, 225, &[1]);
    assert_eq!(counted(&rule(), &facts), (1, 1, 1), "three quarters are a day");
    part(&mut facts, 0, 224, &[1]);
    assert_eq!(counted(&rule(), &facts), (0, 1, 1));
}

#[test]
fn exactly_80_per_cent_is_enough() {
    for (attended, held) in [(4, 5), (8, 10), (12, 15), (16, 20), (800, 1000)] {
        assert!(reaches(attended, held, 8000));
        assert!(!reaches(attended - 1, held, 8000));
        assert!(!reaches(attended, held + 1, 8000));
        assert_eq!(least(held, 8000), attended);
        assert_eq!(percent(attended, held), Some(8000));
    }
    assert_eq!(percent(79_999, 100_000), Some(7999), "never rounded up to what it is not");
    assert_eq!(least(3, 3333), 1);
    assert_eq!(least(3, 3334), 2);
}

#[test]
fn days_before_joining_and_after_leaving_are_on_neither_side_but_their_modules_are_needed() {
    let mut facts = course(10, 10);
    facts.enrolled = Enrolled { from: day(1), to: Some(day(9)) };
    let mandatory = Rule { mandatory: BTreeSet::from([1, 3]), ..rule() };
    let found = progress(&mandatory, &facts);
    assert_eq!((found.attended, found.held), (8, 8), "the day of leaving is outside");
    assert_eq!(found.missed_modules, BTreeSet::from([1]));
    facts.make_ups.insert(id(0), day(2));
    let found = progress(&mandatory, &facts);
    assert_eq!(
        found.missed_modules,
        BTreeSet::new(),
        "no day was missed, so no allowance is needed"
    );
    assert_eq!((found.attended, found.held), (8, 8));
    facts.sessions.insert(id(20), planned(12));
    assert_eq!(progress(&mandatory, &facts).days_left, 0, "what comes after leaving does not come");
}

#[test]
fn a_module_stands_for_another_by_its_number_and_between_programmes_by_its_title_besides() {
    let titles = |of: &[(i32, &str)]| -> BTreeMap<i32, Option<String>> {
        of.iter().map(|(number, title)| (*number, Some((*title).to_owned()))).collect()
    };
    let earned = titles(&[(1, "Recovery"), (2, "Listening"), (3, "Endings")]);
    let taught = titles(&[(1, "Recovery"), (2, "Boundaries"), (4, "Endings")]);
    let numbers = |of_one| equivalent(&earned, &taught, of_one).into_keys().collect::<Vec<_>>();
    assert_eq!((numbers(true), numbers(false)), (vec![1, 2], vec![1]));
    let unnamed = BTreeMap::from([(1, None)]);
    assert_eq!(
        equivalent(&unnamed, &unnamed, false),
        BTreeMap::new(),
        "of unknown titles nothing follows"
    );
}

#[test]
fn what_an_earlier_enrolment_earned_is_carried_over_on_both_sides() {
    let mut earlier = course(4, 5);
    earlier.make_ups.insert(id(4), day(6));
    earlier.carried.insert(id(98), Carried { modules: BTreeSet::from([40]), minutes: 7 });
    let of_it = earned(&Rule { make_up_days: 1, ..rule() }, &earlier);
    assert_eq!(of_it, Carried { modules: (1..=10).collect(), minutes: 1500 });
    let once = earned(&rule(), &earlier);
    assert_eq!(once, Carried { modules: (1..=8).collect(), minutes: 1200 });

    // In the newer version module 1 became two, and 2 is gone.
    let same = (3..=8).map(|module| (module, BTreeSet::from([module])));
    let equivalent = same.chain([(1, BTreeSet::from([1, 30]))]).collect();
    let carried = once.through(&equivalent);
    assert_eq!(
        carried,
        Carried { modules: BTreeSet::from([1, 3, 4, 5, 6, 7, 8, 30]), minutes: 1200 }
    );

    let mut facts = course(10, 10);
    facts.records.insert(id(9), Record::none(Status::Absent));
    facts.enrolled.from = day(5);
    facts.carried.insert(id(99), carried);
    for (basis, attended, held) in [
        (AttendanceBasis::Days, 4, 5),
        (AttendanceBasis::Sessions, 4, 5),
        (AttendanceBasis::Minutes, 2400, 2700),
        (AttendanceBasis::Modules, 16, 18),
    ] {
        let found = progress(&by(basis), &facts);
        assert_eq!((found.attended, found.held), (attended, held), "{basis:?}");
    }
    let mandatory = Rule { mandatory: BTreeSet::from([2, 30]), ..rule() };
    assert_eq!(progress(&mandatory, &facts).missed_modules, BTreeSet::from([2]));
}

#[test]
fn a_day_is_a_date_and_its_sessions_are_added_up() {
    let mut facts = course(2, 2);
    facts.sessions.get_mut(&id(1)).unwrap().day = day(0);
    assert_eq!(counted(&rule(), &facts), (1, 1, 1));
    assert_eq!(counted(&by(AttendanceBasis::Sessions), &facts), (2, 2, 2));
    part(&mut facts, 0, 150, &[]);
    assert_eq!(counted(&rule(), &facts), (1, 1, 1), "450 of 600 minutes are a day");
    assert_eq!(counted(&by(AttendanceBasis::Sessions), &facts), (1, 2, 2));
    part(&mut facts, 0, 149, &[]);
    assert_eq!(counted(&rule(), &facts), (0, 1, 1));
    facts.sessions.get_mut(&id(0)).unwrap().counts_as_day = false;
    assert_eq!(counted(&rule(), &facts), (1, 1, 1), "what counts as no day adds nothing to one");
}

#[test]
fn what_is_not_recorded_yet_is_like_what_is_to_come() {
    let mut facts = running(7, 8, 2);
    facts.records.remove(&id(7));
    let found = progress(&rule(), &facts);
    assert_eq!((found.attended, found.held, found.total), (7, 7, 10));
    assert_eq!((found.unrecorded, found.days_left, found.left), (vec![day(7)], 2, 2));
    assert_eq!(found.can_miss, Some(2));
    let mut early = running(7, 8, 2);
    early.records.insert(id(8), Record::present(&held(8)));
    assert_eq!(counted(&rule(), &early), (7, 8, 8), "a record of what was not held counts nowhere");
}

#[test]
fn what_is_not_applicable_or_has_no_credit_is_on_neither_side() {
    let mut facts = course(8, 10);
    facts.records.insert(id(9), Record::none(Status::NotApplicable));
    assert_eq!(counted(&rule(), &facts), (8, 9, 8));
    facts.sessions.get_mut(&id(0)).unwrap().credit = Some(Credit::Pending);
    let found = progress(&rule(), &facts);
    assert_eq!((found.attended, found.held, found.pending), (7, 8, vec![day(0)]));
    assert!(!found.covered.contains(&1));
}

#[test]
fn missed_days_are_made_up_only_as_the_version_lets() {
    let mut facts = course(6, 10);
    for number in 6..10 {
        facts.make_ups.insert(id(number), day(30 - number));
    }
    for (most, attended) in [(0, 6), (1, 7), (2, 8), (4, 10), (9, 10)] {
        let found = progress(&Rule { make_up_days: most, ..rule() }, &facts);
        assert_eq!((found.attended, found.held), (attended, 10));
        assert_eq!(found.make_up_days_left, i64::from(most) - (attended - 6));
    }
    let one = progress(&Rule { make_up_days: 1, ..rule() }, &facts);
    assert_eq!(one.missed_days, [day(6), day(7), day(8)], "what was made up first counts first");
    facts.make_ups.insert(id(0), day(1));
    let two = progress(&Rule { make_up_days: 2, ..rule() }, &facts);
    assert_eq!(two.attended, 8, "what was attended uses nothing up");
}

#[test]
fn two_sessions_of_one_day_are_made_up_as_one_day() {
    let mut facts = course(1, 3);
    facts.sessions.get_mut(&id(2)).unwrap().day = day(1);
    facts.make_ups.extend([(id(1), day(5)), (id(2), day(6))]);
    let once = Rule { make_up_days: 1, ..by(AttendanceBasis::Sessions) };
    assert_eq!(counted(&once, &facts), (3, 3, 3));
}

#[test]
fn what_is_to_come_is_not_made_up_before() {
    let mut facts = running(1, 1, 1);
    facts.enrolled.to = Some(day(1));
    for number in [0, 1] {
        facts.make_ups.insert(id(number), day(0));
    }
    assert_eq!(progress(&rule(), &facts).covered, BTreeSet::from([1, 2]));
}

#[test]
fn a_part_of_a_day_is_made_up_as_a_whole() {
    let mut facts = course(1, 1);
    part(&mut facts, 0, 60, &[]);
    facts.make_ups.insert(id(0), day(1));
    let minutes = Rule { make_up_days: 1, ..by(AttendanceBasis::Minutes) };
    assert_eq!(counted(&minutes, &facts), (300, 300, 240));
}

#[test]
fn how_much_can_be_missed_follows_from_share_and_most() {
    let can_miss = |rule: &Rule, facts: &Facts| progress(rule, facts).can_miss;
    let most = |days| Rule { max_missed_days: Some(days), ..rule() };
    assert_eq!(can_miss(&rule(), &running(5, 6, 4)), Some(1));
    assert_eq!(can_miss(&rule(), &running(5, 7, 3)), Some(0));
    assert_eq!(can_miss(&rule(), &running(5, 8, 2)), None);
    assert_eq!(can_miss(&rule(), &running(9, 9, 1)), Some(1), "no more than is left");
    assert_eq!(can_miss(&most(1), &running(5, 6, 4)), Some(0));
    assert_eq!(can_miss(&most(0), &running(5, 6, 4)), None);
    assert_eq!(progress(&most(0), &running(5, 6, 4)).spare_days, Some(-1));
    assert_eq!(can_miss(&by(AttendanceBasis::Minutes), &running(5, 6, 4)), Some(300));
    assert_eq!(can_miss(&by(AttendanceBasis::Modules), &running(5, 6, 4)), Some(2));
}

#[test]
fn a_day_is_not_lost_while_a_part_of_it_is_to_come() {
    let mut facts = running(4, 5, 1);
    facts.sessions.get_mut(&id(5)).unwrap().day = day(4);
    let half = Rule { day_counts_at: 5000, max_missed_days: Some(0), ..rule() };
    let found = progress(&half, &facts);
    assert_eq!((found.attended, found.held, found.missed_days), (4, 5, vec![day(4)]));
    assert_eq!((found.spare_days, found.open_days, found.can_miss), (Some(0), 1, Some(0)));

    let mut facts = running(5, 5, 1);
    facts.sessions.get_mut(&id(5)).unwrap().day = day(4);
    let all = Rule { threshold: 10_000, ..rule() };
    let found = progress(&all, &facts);
    assert_eq!((found.attended, found.certain, found.needed), (5, 4, 5), "nor is it attended yet");
    assert_eq!((found.left, found.can_miss), (1, Some(0)));
}

#[test]
fn a_missed_module_that_is_taught_again_can_still_be_covered() {
    let mut facts = running(4, 5, 5);
    facts.sessions.get_mut(&id(9)).unwrap().modules.extend([9, 10]);
    let modules = Rule { mandatory: BTreeSet::from([9]), ..by(AttendanceBasis::Modules) };
    let found = progress(&modules, &facts);
    assert_eq!((found.attended, found.held, found.total, found.left), (8, 10, 20, 12));
    assert_eq!(found.open_modules, BTreeSet::from([9]));
    assert_eq!(found.can_miss, Some(4));
}

#[test]
fn of_nothing_there_is_no_share() {
    for basis in AttendanceBasis::ALL {
        let found = progress(&by(*basis), &course(0, 0));
        assert_eq!((found.attended, found.held, found.percent), (0, 0, None));
        assert_eq!((found.total, found.needed, found.can_miss), (0, 0, None));
    }
    assert!(!reaches(0, 0, 8000));
    let mut facts = course(1, 1);
    facts.sessions.get_mut(&id(0)).unwrap().minutes = 0;
    assert_eq!(counted(&rule(), &facts), (0, 0, 0), "a session in which nothing was taught");
}

#[test]
fn the_largest_numbers_do_not_overflow() {
    let mut facts = course(8, 10);
    for (id, session) in &mut facts.sessions {
        session.minutes = i32::MAX;
        if facts.records[id].status == Status::Present {
            facts.records.insert(*id, Record::present(session));
        }
    }
    facts.carried.insert(id(99), Carried { modules: BTreeSet::new(), minutes: i32::MAX });
    let whole = i64::from(i32::MAX);
    let found = progress(&by(AttendanceBasis::Minutes), &facts);
    assert_eq!((found.attended, found.held, found.percent), (9 * whole, 11 * whole, Some(8181)));
    assert_eq!(earned(&rule(), &facts).minutes, i32::MAX);
    assert!(reaches(i64::MAX, i64::MAX, 10_000));
    assert!(!reaches(i64::MAX - 1, i64::MAX, 10_000));
    assert_eq!(least(i64::MAX, 10_000), i64::MAX);
    assert_eq!(percent(i64::MAX, i64::MAX), Some(10_000));
}

#[test]
fn a_record_agrees_with_its_session() {
    let (session, enrolled) = (held(1), Enrolled { from: day(1), to: Some(day(2)) });
    let unmet = |session: &Session, status, minutes, modules: &[i32]| {
        let modules = modules.iter().copied().collect();
        let record = Record { status, minutes, modules };
        codes(&unmet_for_record(session, &enrolled, &record, "records.0"))
    };
    for (status, minutes, modules) in [
        (Status::Present, 300, &[3, 4][..]),
        (Status::Partial, 1, &[]),
        (Status::Partial, 299, &[3, 4]),
        (Status::Absent, 0, &[]),
        (Status::AuthorisedAbsence, 0, &[]),
        (Status::NotApplicable, 0, &[]),
    ] {
        assert_eq!(unmet(&session, status, minutes, modules), [], "{status:?} {minutes}");
    }
    let (minutes, of) =
        (("INVALID", "records.0.minutes".to_owned()), ("INVALID", "records.0.modules".to_owned()));
    for (status, number, modules, expected) in [
        (Status::Present, 299, &[3, 4][..], vec![minutes.clone()]),
        (Status::Present, 301, &[3, 4], vec![minutes.clone()]),
        (Status::Present, 300, &[3], vec![of.clone()]),
        (Status::Partial, 0, &[], vec![minutes.clone()]),
        (Status::Partial, 300, &[3], vec![minutes.clone()]),
        (Status::Partial, -1, &[5], vec![minutes.clone(), of.clone()]),
        (Status::Absent, 1, &[3], vec![minutes.clone(), of.clone()]),
        (Status::AuthorisedAbsence, 1, &[], vec![minutes.clone()]),
        (Status::NotApplicable, 0, &[3], vec![of.clone()]),
    ] {
        assert_eq!(unmet(&session, status, number, modules), expected, "{status:?} {number}");
    }
    for state in SessionState::ALL {
        let other = Session { state: *state, ..session.clone() };
        let expected = (*state != SessionState::Held).then(|| ("CONFLICT", "records.0".to_owned()));
        assert_eq!(unmet(&other, Status::Absent, 0, &[]), expected.into_iter().collect::<Vec<_>>());
    }
    for number in [0, 2] {
        let outside = [("OUTSIDE_ENROLMENT", "records.0".to_owned())];
        assert_eq!(unmet(&held(number), Status::Absent, 0, &[]), outside, "day {number}");
    }
}

#[test]
fn a_session_is_made_up_once_after_it_was_missed_and_where_the_version_lets_it() {
    let once = Rule { make_up_days: 1, ..rule() };
    let asked = |rule: &Rule, facts: &Facts, number, on| {
        let session = (id(number), &facts.sessions[&id(number)]);
        let unmet = unmet_for_make_up(rule, facts, session, day(on), ["session", "day"]);
        unmet.into_iter().map(|of| of.message).collect::<Vec<_>>()
    };
    let mut facts = running(6, 9, 1);
    assert_eq!(asked(&once, &facts, 7, 8), [] as [&str; 0]);
    assert_eq!(asked(&once, &facts, 7, 6), ["lies before the day that was missed"]);
    assert_eq!(asked(&rule(), &facts, 7, 8), ["the programme lets no missed day be made up"]);
    assert_eq!(asked(&once, &facts, 0, 8), ["it was not missed"]);
    assert_eq!(asked(&once, &facts, 9, 9), ["it is still to come"]);
    facts.make_ups.insert(id(7), day(8));
    assert_eq!(asked(&once, &facts, 7, 8), ["it was made up already"]);
    assert_eq!(asked(&once, &facts, 8, 9), ["as many days were made up as the programme lets"]);
    facts.records.remove(&id(8));
    assert_eq!(asked(&once, &facts, 8, 9), ["record first who attended it"]);
    cancel(&mut facts, 6);
    assert_eq!(asked(&once, &facts, 6, 9), [] as [&str; 0], "for its modules");
}
