//! Each rule: what it lets pass, and that it names everything that is unmet with its days.

use chrono::TimeDelta;

use super::*;
use crate::calendar::london;

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

const LEAD: Uuid = Uuid::from_u128(1);
const PEER: Uuid = Uuid::from_u128(2);
const MODULE: Uuid = Uuid::from_u128(10);

fn session(day: &str) -> SessionFacts {
    let starts_at = london(date(day), "10:00:00".parse().unwrap()).unwrap();
    SessionFacts {
        id: Uuid::from_u128(100),
        day: date(day),
        starts_at,
        ends_at: starts_at + TimeDelta::hours(6),
        state: SessionState::Planned,
        modules: vec![MODULE],
        trainers: vec![(LEAD, Part::Lead), (PEER, Part::Co)],
    }
}

fn trainers() -> Vec<TrainerFacts> {
    let held = Period::new(Some(date("2025-01-01")), Some(date("2026-05-15"))).unwrap();
    vec![
        TrainerFacts {
            id: LEAD,
            name: "Lena".to_owned(),
            path: "trainers.0.trainerId".to_owned(),
            programme_type: ProgrammeType::Volunteer,
            lived_experience: false,
            accredited: vec![held],
            leads: vec![held],
        },
        TrainerFacts {
            id: PEER,
            name: "Pat".to_owned(),
            path: String::new(),
            programme_type: ProgrammeType::Volunteer,
            lived_experience: true,
            accredited: vec![held],
            leads: Vec::new(),
        },
    ]
}

fn licence() -> LicenceFacts {
    LicenceFacts {
        allows_new_starts: true,
        standing: "ACTIVE",
        since: None,
        delivers: true,
        covers_from: Some(date("2026-01-01")),
        covers_to: Some(date("2026-08-01")),
        max_courses: Some(3),
        max_trainees: Some(16),
        live_courses: 2,
    }
}

fn terms() -> Terms {
    Terms { start: date("2026-05-04"), end: date("2026-07-31"), capacity_min: 6, capacity_max: 16 }
}

fn codes(refusals: &[Refusal]) -> Vec<&'static str> {
    refusals.iter().map(|refusal| refusal.code.text()).collect()
}

#[test]
fn a_course_opens_under_an_active_licence_that_covers_it() {
    assert_eq!(unmet_for_licence(&licence(), terms(), None), []);
    let nothing = unmet_without_licence(None);
    assert_eq!(codes(&nothing), ["LICENCE_NOT_ACTIVE"]);
    let wrong = LicenceFacts {
        allows_new_starts: false,
        standing: "SUSPENDED",
        since: None,
        delivers: false,
        covers_from: Some(date("2026-01-01")),
        covers_to: Some(date("2026-07-31")),
        max_courses: Some(2),
        max_trainees: Some(15),
        live_courses: 2,
    };
    let unmet = unmet_for_licence(&wrong, terms(), None);
    let expected = [
        "LICENCE_NOT_ACTIVE",
        "LICENCE_DOES_NOT_COVER",
        "LICENCE_ENDED",
        "COURSE_LIMIT",
        "CAPACITY_EXCEEDED",
    ];
    assert_eq!(codes(&unmet), expected, "everything at once");
    assert!(unmet[0].message.contains("SUSPENDED"));
    assert!(unmet[2].message.contains("until 2026-07-31"), "{}", unmet[2].message);
    let other = LicenceFacts { covers_to: None, ..licence() };
    assert_eq!(codes(&unmet_for_licence(&other, terms(), None)), ["LICENCE_DOES_NOT_COVER"]);
}

#[test]
fn a_teach_out_carries_a_course_past_the_end_of_its_licence_and_no_further() {
    let (covers_to, end) = (date("2026-07-31"), date("2026-07-31"));
    assert_eq!(codes(&unmet_for_end(covers_to, end, None)), ["LICENCE_ENDED"]);
    assert_eq!(unmet_for_end(covers_to, end, Some(end)), []);
    assert_eq!(codes(&unmet_for_end(covers_to, end, Some(date("2026-07-30")))), ["LICENCE_ENDED"]);
    assert_eq!(unmet_for_end(date("2026-08-01"), end, None), []);
    // A suspension is not mended by it: LIC-5 asks for the standing apart from the dates.
    let suspended = LicenceFacts { allows_new_starts: false, standing: "SUSPENDED", ..licence() };
    let unmet = unmet_for_licence(&suspended, terms(), Some(date("2027-01-01")));
    assert_eq!(codes(&unmet), ["LICENCE_NOT_ACTIVE"]);
}

#[test]
fn bounds_that_are_not_set_bind_nobody() {
    let free =
        LicenceFacts { max_courses: None, max_trainees: None, live_courses: 99, ..licence() };
    assert_eq!(unmet_for_licence(&free, terms(), None), []);
}

#[test]
fn a_course_starts_while_courses_may_start_on_its_version() {
    let version = VersionFacts {
        published: true,
        effective_from: Some(date("2026-05-04")),
        last_start: Some(date("2026-05-04")),
    };
    assert_eq!(unmet_for_version(version, date("2026-05-04")), []);
    assert_eq!(codes(&unmet_for_version(version, date("2026-05-03"))), ["VERSION_NOT_IN_FORCE"]);
    let draft = VersionFacts { published: false, ..version };
    let unmet = unmet_for_version(draft, date("2026-05-05"));
    assert_eq!(codes(&unmet), ["VERSION_NOT_PUBLISHED", "VERSION_NOT_IN_FORCE"]);
    assert!(unmet[1].message.contains("until 2026-05-04"));
}

#[test]
fn capacity_is_ordered_and_holds_those_who_have_a_place() {
    assert_eq!(unmet_for_capacity(6, 16), []);
    assert_eq!(codes(&unmet_for_capacity(17, 16)), ["INVALID"]);
    assert_eq!(codes(&unmet_for_capacity(0, 16)), ["INVALID"]);
    assert_eq!(codes(&unmet_for_capacity(6, 501)), ["INVALID"]);
    let places = |taken, offered| unmet_for_places(16, (taken, "placesReserved"), (taken, offered));
    assert_eq!(places(16, 16), []);
    assert_eq!(codes(&places(-1, 0)), ["INVALID"]);
    assert_eq!(codes(&places(17, 17)), ["CAPACITY_EXCEEDED"; 2]);
    assert_eq!(places(17, 0)[0].path, ["input", "placesReserved"]);
}

#[test]
fn a_partner_is_offered_what_others_leave_and_less_at_any_time() {
    assert_eq!(unmet_for_offer(6, None, (10, 16)), []);
    assert_eq!(codes(&unmet_for_offer(7, None, (10, 16))), ["CAPACITY_EXCEEDED"]);
    assert_eq!(codes(&unmet_for_offer(7, Some(6), (10, 16))), ["CAPACITY_EXCEEDED"]);
    assert_eq!(unmet_for_offer(7, Some(8), (10, 16)), [], "fewer is always possible");
    assert_eq!(unmet_for_offer(0, Some(8), (10, 16)), []);
    assert_eq!(codes(&unmet_for_offer(0, None, (10, 16))), ["INVALID"], "nothing is taken back");
    assert_eq!(codes(&unmet_for_offer(-1, Some(8), (10, 16))), ["INVALID"]);
}

#[test]
fn a_licence_that_is_not_in_force_is_named_with_its_day() {
    let revoked = unmet_without_licence(Some(("REVOKED", Some(date("2026-05-01")))));
    let message = "the licence is REVOKED since 2026-05-01: no course opens under it";
    assert_eq!((codes(&revoked), &*revoked[0].message), (vec!["LICENCE_NOT_ACTIVE"], message));
    let small = LicenceFacts { max_trainees: Some(15), ..licence() };
    let unmet = unmet_for_licence(&small, terms(), None);
    assert_eq!((codes(&unmet), unmet[0].path.len()), (vec!["CAPACITY_EXCEEDED"], 1));
}

#[test]
fn a_course_below_its_minimum_is_not_confirmed() {
    assert_eq!(unmet_for_confirmation(6, 6), []);
    assert_eq!(codes(&unmet_for_confirmation(5, 6)), ["BELOW_MINIMUM"]);
}

#[test]
fn sessions_lie_in_the_course_and_every_module_has_one() {
    let modules = [(MODULE, 1), (Uuid::from_u128(11), 2)];
    let within = [session("2026-05-04"), session("2026-07-31")];
    assert_eq!(unmet_for_schedule(terms(), &within, &modules[..1]), []);
    let beyond = [session("2026-05-03"), session("2026-08-01")];
    let unmet = unmet_for_schedule(terms(), &beyond, &modules);
    assert_eq!(codes(&unmet), ["SESSION_OUTSIDE_COURSE", "MODULE_NOT_SCHEDULED"]);
    assert!(unmet[0].message.ends_with("2026-05-03, 2026-08-01"));
    assert!(unmet[1].message.ends_with("session: 2"));
    let mut lost = session("2026-05-04");
    lost.state = SessionState::Cancelled;
    let unmet = unmet_for_schedule(terms(), &[lost], &modules[..1]);
    assert_eq!(
        codes(&unmet),
        ["NOT_SCHEDULED", "MODULE_NOT_SCHEDULED"],
        "a lost day teaches nothing"
    );
}

#[test]
fn every_session_has_exactly_one_lead() {
    let (mut none, mut two) = (session("2026-05-04"), session("2026-05-11"));
    none.trainers.remove(0);
    two.trainers[1].1 = Part::Lead;
    assert_eq!(unmet_for_leads(&[session("2026-05-18")], "trainers"), []);
    let unmet = unmet_for_leads(&[none, session("2026-05-18"), two], "trainers");
    assert_eq!(codes(&unmet), ["LEAD_REQUIRED"]);
    assert!(unmet[0].message.ends_with("2026-05-04, 2026-05-11"));
}

#[test]
fn somebody_teaches_from_lived_experience_where_policy_asks() {
    let mut watched = session("2026-05-04");
    watched.trainers[1].1 = Part::Observer;
    let sessions = [watched, session("2026-05-11")];
    let unmet = unmet_for_lived_experience(true, &sessions, (&trainers(), "trainers"));
    assert_eq!(codes(&unmet), ["LIVED_EXPERIENCE_REQUIRED"], "watching is not teaching");
    assert!(unmet[0].message.ends_with("2026-05-04"));
    assert_eq!(unmet_for_lived_experience(false, &sessions, (&trainers(), "")), []);
}

#[test]
fn each_trainer_whose_accreditation_lapses_is_named_with_the_days() {
    let sessions = [session("2026-05-14"), session("2026-05-15"), session("2026-05-22")];
    let unmet = unmet_for_accreditation(&sessions, &trainers());
    assert_eq!(codes(&unmet), ["TRAINER_ACCREDITATION_LAPSES"; 2]);
    for refusal in &unmet {
        assert!(refusal.message.ends_with("2026-05-15, 2026-05-22"), "{}", refusal.message);
    }
    let of_lead = "Lena, accredited for this from 2025-01-01 until 2026-05-15, may not lead (as LEAD or MENTOR) \
         VOLUNTEER sessions of 2026-05-15, 2026-05-22";
    assert_eq!(unmet[0].message, of_lead);
    assert_eq!(unmet[0].path, ["input", "trainers", "0", "trainerId"]);
    let mut swapped = session("2026-05-04");
    swapped.trainers = vec![(PEER, Part::Lead), (LEAD, Part::Observer)];
    let unmet = unmet_for_accreditation(&[swapped], &trainers());
    assert_eq!(unmet.len(), 1, "who may teach may not always lead; to watch nobody needs anything");
    let never = "Pat may not lead (as LEAD or MENTOR) VOLUNTEER sessions of 2026-05-04";
    assert_eq!(unmet[0].message, never, "what Pat may do otherwise says nothing of leading");
    let mut none = trainers();
    none[1].accredited.clear();
    let unmet = unmet_for_accreditation(&[session("2026-05-04")], &none);
    let never = "Pat, never accredited for this, may not teach VOLUNTEER sessions of 2026-05-04";
    assert_eq!(unmet[0].message, never);
    let mut held = session("2026-05-22");
    held.state = SessionState::Held;
    assert_eq!(
        unmet_for_accreditation(&[held], &trainers()),
        [],
        "the past is judged when it is held"
    );
}

#[test]
fn nobody_is_at_two_sessions_at_once() {
    let (mut first, second) = (session("2026-05-04"), session("2026-05-04"));
    let nowhere = (&[][..], true);
    let within = unmet_for_overlap(&[first.clone(), second.clone()], &trainers(), nowhere);
    assert_eq!(codes(&within), ["TRAINER_BUSY"; 2], "whatever the course's state");
    assert!(within[0].message.contains("the course itself meets then already"));
    first.state = SessionState::Cancelled;
    assert_eq!(unmet_for_overlap(&[first, second.clone()], &trainers(), nowhere), []);
    let busy = |hours: i64, booked: bool| Busy {
        trainer: PEER,
        starts_at: second.starts_at - TimeDelta::hours(hours),
        ends_at: second.starts_at - TimeDelta::hours(hours) + TimeDelta::hours(2),
        booked,
    };
    let one = std::slice::from_ref(&second);
    let asked = |busy: Busy, books: bool| {
        let elsewhere = (&[busy][..], books);
        let unmet = unmet_for_overlap(one, &trainers(), elsewhere);
        (unmet, told_of_overlap(one, &trainers(), elsewhere))
    };
    assert_eq!(asked(busy(2, true), true), (vec![], vec![]), "sessions that touch do not overlap");
    let (unmet, told) = asked(busy(1, true), true);
    assert_eq!((codes(&unmet), told), (vec!["TRAINER_BUSY"], vec![]));
    assert_eq!(
        unmet[0].message,
        "Pat is not free on 2026-05-04: name somebody else, or another time"
    );
    for (booked, books) in [(true, false), (false, true), (false, false)] {
        let (unmet, told) = asked(busy(1, booked), books);
        assert_eq!((unmet, told.len()), (vec![], 1), "what has not opened books nobody");
    }
    let stranger = Busy { trainer: MODULE, ..busy(1, true) };
    assert_eq!(asked(stranger, true), (vec![], vec![]));
}

#[test]
fn a_session_is_held_once_it_has_begun_and_counts_if_it_was_covered() {
    let held = session("2026-05-14");
    let at = |text: &str| (text.parse().unwrap(), true);
    let before = unmet_for_holding(&held, &trainers(), at("2026-05-14T08:59:59Z"));
    assert_eq!(codes(&before), ["SESSION_TO_COME"]);
    assert!(before[0].message.contains("2026-05-14 at 10:00"), "as clocks in London have it");
    assert_eq!(unmet_for_holding(&held, &trainers(), at("2026-05-14T09:00:00Z")), []);
    let covered = Cover { licensed: true, teach_out_until: None };
    assert_eq!(unmet_for_credit(&held, &trainers(), covered), []);
    let bare = Cover { licensed: false, teach_out_until: Some(date("2026-05-13")) };
    assert_eq!(codes(&unmet_for_credit(&held, &trainers(), bare)), ["NOT_COVERED"]);
    let taught_out = Cover { licensed: false, teach_out_until: Some(date("2026-05-14")) };
    assert_eq!(unmet_for_credit(&held, &trainers(), taught_out), []);
    let unmet = unmet_for_credit(&session("2026-05-15"), &trainers(), bare);
    let expected = ["TRAINER_ACCREDITATION_LAPSES", "TRAINER_ACCREDITATION_LAPSES", "NOT_COVERED"];
    assert_eq!(codes(&unmet), expected);
}

#[test]
fn a_course_is_completed_once_nothing_is_to_come() {
    let sessions = SessionState::ALL.iter().map(|state| {
        let mut session = session("2026-05-04");
        session.state = *state;
        session
    });
    let sessions: Vec<SessionFacts> = sessions.collect();
    assert_eq!(codes(&unmet_for_completion(&sessions)), ["SESSIONS_TO_COME"]);
    assert_eq!(unmet_for_completion(&sessions[1..]), []);
}

#[test]
fn a_closed_course_is_final() {
    for command in Command::ALL {
        let unmet = unmet_for_step(State::Closed, command);
        assert_eq!(codes(&unmet), ["CONFLICT"], "{command:?}");
        assert!(unmet[0].message.contains("closed"));
    }
    assert_eq!(unmet_for_step(State::Draft, Command::Propose), []);
}

#[test]
fn a_licence_covers_a_course_from_its_first_day_on() {
    let later = LicenceFacts { covers_from: Some(date("2026-06-02")), ..licence() };
    let terms = Terms {
        start: date("2026-06-01"),
        end: date("2026-07-01"),
        capacity_min: 1,
        capacity_max: 2,
    };
    assert_eq!(codes(&unmet_for_licence(&later, terms, None)), ["LICENCE_DOES_NOT_COVER"]);
    let from_then = LicenceFacts { covers_from: Some(date("2026-06-01")), ..licence() };
    assert_eq!(unmet_for_licence(&from_then, terms, None), []);
}

#[test]
fn nobody_more_has_a_place_where_nothing_covers_the_day() {
    let today = date("2026-06-01");
    assert_eq!(unmet_for_more_people(true, None, today), []);
    assert_eq!(unmet_for_more_people(false, Some(today), today), []);
    let over = Some(date("2026-05-31"));
    assert_eq!(codes(&unmet_for_more_people(false, over, today)), ["LICENCE_NOT_ACTIVE"]);
    assert_eq!(codes(&unmet_for_more_people(false, None, today)), ["LICENCE_NOT_ACTIVE"]);
}

#[test]
fn only_a_closed_course_is_corrected() {
    for state in State::ALL {
        assert_eq!(unmet_for_correction(*state).is_empty(), *state == State::Closed, "{state:?}");
    }
}

#[test]
fn a_step_that_does_not_exist_says_from_where_it_would() {
    let unmet = unmet_for_step(State::Running, Command::Confirm);
    assert_eq!(unmet[0].message, "the course is RUNNING: this step exists from OPEN");
    let unmet = unmet_for_session_step(SessionState::Held, SessionCommand::Cancel);
    assert_eq!(
        (codes(&unmet), unmet_for_session_step(SessionState::Planned, SessionCommand::Hold)),
        (vec!["CONFLICT"], vec![])
    );
}

#[test]
fn who_is_not_active_begins_nothing() {
    assert_eq!(unmet_for_deliverer(true, ""), []);
    assert_eq!(codes(&unmet_for_deliverer(false, "organisationId")), ["ORGANISATION_NOT_ACTIVE"]);
}
