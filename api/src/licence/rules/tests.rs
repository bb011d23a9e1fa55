use uuid::Uuid;

use super::*;
use crate::licence::parts::NewCondition;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn codes(unmet: &[Refusal]) -> Vec<Code> {
    unmet.iter().map(|refusal| refusal.code).collect()
}

fn readiness(outcome: Outcome, validated_on: &str) -> Readiness {
    Readiness {
        outcome,
        validated_on: day(validated_on),
        instrument: "ORG-READY@1.0".to_owned(),
        assessment_id: Uuid::nil(),
    }
}

fn grant(from: &str, to: &str, conditions: usize) -> GrantTerms {
    let condition = NewCondition { text: "a plan".to_owned(), due_on: day(from) };
    GrantTerms {
        from: day(from),
        to: day(to),
        approves_own_courses: false,
        max_concurrent_courses: None,
        max_trainees_per_course: None,
        conditions: vec![condition; conditions],
    }
}

fn decision(kind: DecisionKind, by: u128, role: &str) -> Decision {
    Decision {
        id: Uuid::nil(),
        licence_id: Uuid::nil(),
        kind,
        state: DecisionState::Proposed,
        terms: None,
        reason: String::new(),
        proposed_by: Uuid::from_u128(by),
        proposed_as: role.to_owned(),
        proposed_on: day("2026-05-01"),
        confirmed_by: None,
        taken_on: Some(day("2026-05-01")),
    }
}

#[test]
fn lic_1_licences_for_one_programme_type_may_touch_and_not_overlap() {
    let held = |from: &str, to: &str| Granted {
        id: Uuid::nil(),
        licence_id: Uuid::nil(),
        number: Some("PSL-2025-000001".to_owned()),
        programme_type: ProgrammeType::Supervisor,
        from: day(from),
        to: day(to),
    };
    let period = Period::new(Some(day("2026-06-01")), Some(day("2027-06-01"))).unwrap();
    let unmet = |ty, other| codes(&unmet_for_one_at_a_time(&[(ty, period)], &[other]));
    let touching = held("2025-06-01", "2026-06-01");
    assert_eq!(unmet(ProgrammeType::Supervisor, touching), []);
    let over = held("2025-06-02", "2026-06-02");
    assert_eq!(unmet(ProgrammeType::Supervisor, over.clone()), [Code::LicenceOverlap]);
    assert_eq!(unmet(ProgrammeType::Volunteer, over), []);
}

#[test]
fn lic_2_readiness_carries_the_tier_and_is_no_older_than_twelve_months() {
    let from = day("2026-06-01");
    let unmet = |found: Option<&Readiness>, tier| {
        codes(&unmet_for_readiness(found.map(|found| (found, &[][..])), tier, from))
    };
    assert_eq!(unmet(None, Tier::HostOnly), [Code::ReadinessRequired]);
    for (outcome, tier, validated_on, expected) in [
        (Outcome::Ready, Tier::FullDelivery, "2025-06-01", &[][..]),
        (Outcome::Ready, Tier::FullDelivery, "2025-05-31", &[Code::ReadinessOutdated]),
        (Outcome::Conditional, Tier::CoDelivery, "2025-12-01", &[]),
        (Outcome::Conditional, Tier::CoDelivery, "2025-11-30", &[Code::ReadinessOutdated]),
        (Outcome::Conditional, Tier::HostOnly, "2026-01-01", &[]),
        (Outcome::Conditional, Tier::FullDelivery, "2026-01-01", &[Code::ReadinessInsufficient]),
        (Outcome::NotReady, Tier::HostOnly, "2026-01-01", &[Code::ReadinessInsufficient]),
        // What carries no licence is never too old for one.
        (Outcome::NotReady, Tier::HostOnly, "2025-01-01", &[Code::ReadinessInsufficient]),
    ] {
        assert_eq!(unmet(Some(&readiness(outcome, validated_on)), tier), expected, "{outcome:?}");
    }
}

#[test]
fn a_term_is_at_most_twelve_months_and_six_where_readiness_is_conditional() {
    let today = day("2026-05-01");
    let ready = |grant: &GrantTerms| unmet_for_terms(grant, Some(Outcome::Ready), today).len();
    assert_eq!(ready(&grant("2026-05-01", "2027-05-01", 0)), 0);
    assert_eq!(ready(&grant("2026-05-01", "2027-05-02", 0)), 1);
    assert_eq!(ready(&grant("2026-04-30", "2027-04-30", 0)), 1, "it begins in the past");
    assert_eq!(ready(&grant("2026-05-01", "2026-05-01", 0)), 1, "it holds no day");
    assert_eq!(ready(&grant("2026-05-01", "2027-05-01", 21)), 1, "too many conditions");
    let conditional =
        |grant: &GrantTerms| codes(&unmet_for_terms(grant, Some(Outcome::Conditional), today));
    assert_eq!(conditional(&grant("2026-05-01", "2026-11-01", 1)), []);
    assert_eq!(conditional(&grant("2026-05-01", "2026-11-02", 1)), [Code::Invalid]);
    assert_eq!(conditional(&grant("2026-05-01", "2026-11-01", 0)), [Code::ConditionsRequired]);
}

#[test]
fn two_people_grant_and_two_roles_revoke() {
    let one = Uuid::from_u128(1);
    let other = Uuid::from_u128(2);
    let unmet =
        |proposal: Option<&Decision>, kind, by| codes(&unmet_for_confirmation(proposal, kind, by));
    let proposed = decision(DecisionKind::Grant, 1, "NLO");
    assert_eq!(unmet(None, DecisionKind::Grant, (one, "NLO")), [Code::NothingProposed]);
    assert_eq!(
        unmet(Some(&proposed), DecisionKind::Variation, (other, "NLO")),
        [Code::NothingProposed]
    );
    assert_eq!(
        unmet(Some(&proposed), DecisionKind::Grant, (one, "NQL")),
        [Code::SeparationOfDuties]
    );
    assert_eq!(unmet(Some(&proposed), DecisionKind::Grant, (other, "NLO")), []);
    let proposed = decision(DecisionKind::Revocation, 1, "NQL");
    assert_eq!(
        unmet(Some(&proposed), DecisionKind::Revocation, (other, "NQL")),
        [Code::SeparationOfDuties]
    );
    assert_eq!(unmet(Some(&proposed), DecisionKind::Revocation, (other, "NLO")), []);
    assert_eq!(
        unmet(Some(&proposed), DecisionKind::Revocation, (one, "NLO")),
        [Code::SeparationOfDuties]
    );
}

#[test]
fn working_days_leave_out_weekends_and_bank_holidays() {
    // Friday 1 May 2026; 4 and 25 May are bank holidays.
    let holidays = [day("2026-05-04"), day("2026-05-25")];
    assert_eq!(last_day_of_appeal(day("2026-05-01"), &holidays), day("2026-06-02"));
    assert_eq!(last_day_of_appeal(day("2026-05-01"), &[]), day("2026-05-29"));
    let late = |on: &str| {
        let suspension = decision(DecisionKind::Suspension, 1, "NQL");
        codes(&unmet_for_lodging(Some(&suspension), false, day(on), &holidays))
    };
    assert_eq!(late("2026-06-02"), []);
    assert_eq!(late("2026-06-03"), [Code::AppealTooLate]);
    let grant = decision(DecisionKind::Grant, 1, "NLO");
    let unmet = unmet_for_lodging(Some(&grant), true, day("2026-05-02"), &holidays);
    assert_eq!(codes(&unmet), [Code::NotAppealable, Code::Conflict]);
}

fn ended(holder: u128) -> Ended {
    Ended {
        holder: Uuid::from_u128(holder),
        state: State::Superseded,
        ended_on: Some(day("2026-04-01")),
        suspended: false,
        was_in_force: true,
        outcome: Some(Outcome::Ready),
        bridged: false,
    }
}

fn into(predecessor: u128, kind: SuccessionKind) -> Into {
    Into { predecessor: Uuid::from_u128(predecessor), kind, on: day("2026-04-01") }
}

#[test]
fn a_merger_of_two_ready_holders_is_bridged_for_ninety_days() {
    let ways = [into(1, SuccessionKind::Merger), into(2, SuccessionKind::Merger)];
    let both = [ended(1), ended(2)];
    let unmet = |licences: &[Ended], suspended, on: &str| {
        unmet_for_bridge(licences, &ways, (&[], suspended), day(on)).len()
    };
    assert_eq!(unmet(&both, false, "2026-06-29"), 0);
    assert_eq!(unmet(&both, false, "2026-06-30"), 1, "90 days are over");
    assert_eq!(unmet(&both, true, "2026-05-01"), 1, "it cures no suspension");
    assert_eq!(unmet(&both[..1], false, "2026-05-01"), 1, "the other held none");
    let rest = unmet_for_bridge(&both[..1], &ways, (&[both[1].holder], false), day("2026-05-01"));
    assert_eq!(rest, [], "the other's was bridged before");
    assert_eq!(unmet(&[], false, "2026-05-01"), 1);
    let change = |change: fn(&mut Ended)| {
        let mut licences = both.clone();
        change(&mut licences[1]);
        unmet(&licences, false, "2026-05-01")
    };
    assert_eq!(change(|l| l.outcome = Some(Outcome::Conditional)), 1);
    assert_eq!(change(|l| l.suspended = true), 1);
    assert_eq!(change(|l| l.was_in_force = false), 1);
    assert_eq!(change(|l| l.bridged = true), 1);
    assert_eq!(change(|l| l.state = State::Revoked), 1);
    assert_eq!(change(|l| l.ended_on = Some(day("2026-03-31"))), 1, "it ended before");
}

#[test]
fn an_acquired_licence_passes_nothing_on_and_a_split_names_one_successor() {
    let unmet =
        |kind| unmet_for_bridge(&[ended(1)], &[into(1, kind)], (&[], false), day("2026-05-01"));
    assert_eq!(codes(&unmet(SuccessionKind::Acquisition)), [Code::NotBridgeable]);
    for kind in [SuccessionKind::Split, SuccessionKind::Rename, SuccessionKind::CodeChange] {
        assert_eq!(unmet(kind), []);
    }
}

#[test]
fn a_surrender_says_what_becomes_of_open_courses() {
    let open = [OpenCourse {
        code: "PSW-1".to_owned(),
        programme_type: ProgrammeType::PeerSupportWorker,
        starts_on: day("2026-05-01"),
        ends_on: day("2026-06-01"),
        has_planned_sessions: true,
        teach_out_until: None,
        capacity_max: 12,
        places_taken: 12,
    }];
    assert_eq!(codes(&unmet_for_surrender(None, &open)), [Code::TeachOutPlanRequired]);
    assert_eq!(unmet_for_surrender(Some("a partner takes them"), &open), []);
    assert_eq!(unmet_for_surrender(None, &[]), []);
}

#[test]
fn an_expired_licence_takes_no_step_but_being_superseded() {
    for command in Command::ALL {
        let unmet = unmet_for_step(State::Granted, Standing::Expired, command);
        let expected: &[Code] = match command {
            Command::Supersede => &[],
            Command::Suspend | Command::Surrender => &[Code::LicenceEnded],
            _ => &[Code::Conflict],
        };
        assert_eq!(codes(&unmet), expected, "{command:?}");
    }
}

#[test]
fn a_breach_can_be_mended_and_what_is_settled_stays() {
    use ConditionState::{Breached, Met, Open, Waived};
    for now in [Open, Met, Waived, Breached] {
        for to in [Open, Met, Waived, Breached] {
            let allowed = to != Open && (now == Open || (now == Breached && to != Breached));
            assert_eq!(unmet_for_settling(now, to).is_empty(), allowed, "{now:?} {to:?}");
        }
    }
}

#[test]
fn a_person_with_two_accounts_takes_one_part() {
    let [one, other] = [Uuid::from_u128(1), Uuid::from_u128(2)];
    assert_eq!(unmet_for_other_person(&[], &[one]), []);
    assert_eq!(unmet_for_other_person(&[one], &[other]), []);
    let both = unmet_for_other_person(&[one], &[other, one]);
    assert_eq!(codes(&both), [Code::SeparationOfDuties]);
}

#[test]
fn who_handed_an_application_in_takes_no_part_in_its_review() {
    assert_eq!(unmet_for_submitter(false), []);
    assert_eq!(codes(&unmet_for_submitter(true)), [Code::SeparationOfDuties]);
}

#[test]
fn org_3_a_closed_organisation_gets_nothing_back() {
    assert_eq!(unmet_for_giving_back(Status::Active), []);
    assert_eq!(unmet_for_giving_back(Status::Dormant), []);
    assert_eq!(codes(&unmet_for_giving_back(Status::Closed)), [Code::OwnerClosed]);
}
