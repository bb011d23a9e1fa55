//! The rules of licences, as functions over plain values. Each returns everything that is unmet.

use chrono::{Datelike as _, NaiveDate, Weekday};
use uuid::Uuid;

use super::impacts::OpenCourse;
use super::model::{Command, Outcome, Readiness, Standing, State, Tier};
use super::parts::{
    Appeal, AppealState, ConditionState, Decision, DecisionKind, DecisionState, GrantTerms, Granted,
};
use crate::calendar::Period;
use crate::graphql::ids;
use crate::organisation::model::{Status, SuccessionKind};
use crate::organisation::rules::{MAX_TEXT, unmet_for_text};
use crate::programme::kind::ProgrammeType;
use crate::readiness::rules::valid_to;
use crate::refusal::{Code, Refusal};

pub mod terms;

/// The step exists from this state, and from where the licence stands by its dates.
#[must_use]
pub fn unmet_for_step(state: State, standing: Standing, command: Command) -> Vec<Refusal> {
    let mut unmet = Vec::new();
    if state.after(command).is_none() {
        unmet.push(Refusal::at(Code::Conflict, "", not_from(standing, command)));
    } else if standing == Standing::Expired && command != Command::Supersede {
        let message = "the licence has expired: the organisation applies for another";
        unmet.push(Refusal::at(Code::LicenceEnded, "", message));
    }
    unmet
}

/// From where a step exists, and where the licence stands instead, as its readers see it.
fn not_from(standing: Standing, command: Command) -> String {
    let from = State::ALL.iter().filter(|from| from.after(command).is_some());
    let from: Vec<&str> =
        from.flat_map(|from| from.standings()).map(|standing| standing.code()).collect();
    format!("it is {}; this step exists from {} only", standing.code(), from.join(" or "))
}

/// What an organisation asks for: at least one programme type, each once, and positive bounds.
#[must_use]
pub fn unmet_for_request(
    status: Status,
    (delivers, tier): (bool, Tier),
    types: &[ProgrammeType],
    (courses, trainees): (Option<i32>, Option<i32>),
) -> Vec<Refusal> {
    let mut unmet = Vec::new();
    if status != Status::Active {
        let message = "the organisation must be active in the network";
        unmet.push(Refusal::at(Code::OrganisationNotActive, "organisationId", message));
    }
    unmet.extend(unmet_for_delivery((delivers, tier)));
    unmet.extend(unmet_for_types(types));
    unmet.extend(unmet_for_bounds(courses, trainees));
    unmet
}

/// An organisation that delivers no training is licensed to host only.
#[must_use]
pub fn unmet_for_delivery((delivers, tier): (bool, Tier)) -> Vec<Refusal> {
    if delivers || tier == Tier::HostOnly {
        return Vec::new();
    }
    let message = "an organisation that delivers no training can be licensed to host only";
    vec![Refusal::at(Code::Invalid, "tier", message)]
}

/// At least one programme type, each once.
#[must_use]
pub fn unmet_for_types(types: &[ProgrammeType]) -> Vec<Refusal> {
    let twice = types.iter().enumerate().any(|(place, ty)| types[..place].contains(ty));
    match (types.is_empty(), twice) {
        (true, _) => {
            vec![Refusal::at(Code::Invalid, "programmeTypes", "name at least one programme type")]
        }
        (_, true) => {
            vec![Refusal::at(Code::Invalid, "programmeTypes", "name each programme type once")]
        }
        _ => Vec::new(),
    }
}

/// Bounds are positive.
#[must_use]
pub fn unmet_for_bounds(courses: Option<i32>, trainees: Option<i32>) -> Vec<Refusal> {
    [("maxConcurrentCourses", courses), ("maxTraineesPerCourse", trainees)]
        .into_iter()
        .filter(|(_, bound)| bound.is_some_and(|bound| bound < 1))
        .map(|(path, _)| Refusal::at(Code::Invalid, path, "must be at least 1"))
        .collect()
}

/// A renewal is of the organisation's own licence, which was granted and not taken away or given back.
#[must_use]
pub fn unmet_for_renewal(renewed: Option<(State, bool)>) -> Vec<Refusal> {
    match renewed {
        None => vec![Refusal::at(Code::NotFound, "renewsId", "no such licence")],
        Some((State::Granted | State::Suspended, false)) => Vec::new(),
        Some((State::Granted | State::Suspended, true)) => {
            let message = "an application to renew this licence is open already: go on with that one or withdraw it";
            vec![Refusal::at(Code::Conflict, "renewsId", message)]
        }
        Some(_) => {
            let message = "only a licence that was granted and has not ended early is renewed";
            vec![Refusal::at(Code::LicenceEnded, "renewsId", message)]
        }
    }
}

/// LIC-2: the readiness outcome carries a licence of this tier. `lacking`: what stands between it and READY.
#[must_use]
pub fn unmet_for_outcome(outcome: Outcome, tier: Tier, lacking: &[String]) -> Vec<Refusal> {
    let found = match outcome {
        Outcome::NotReady => "the organisation was found not ready",
        Outcome::Conditional if tier == Tier::FullDelivery => {
            "a conditional outcome allows co-delivery or hosting only: this application is for full delivery"
        }
        Outcome::Ready | Outcome::Conditional => return Vec::new(),
    };
    let mut message = found.to_owned();
    if !lacking.is_empty() {
        message.push_str("; for READY it lacks: ");
        message.push_str(&lacking.join("; "));
    }
    vec![Refusal::at(Code::ReadinessInsufficient, "", message)]
}

/// LIC-2: an outcome that was validated carries a licence of this tier that begins on this day.
#[must_use]
pub fn unmet_for_readiness(
    readiness: Option<(&Readiness, &[String])>,
    tier: Tier,
    from: NaiveDate,
) -> Vec<Refusal> {
    let Some((readiness, lacking)) = readiness else {
        let message =
            "no assessment of the organisation stands: it is assessed first (readinessStart)";
        return vec![Refusal::at(Code::ReadinessRequired, "", message)];
    };
    let mut unmet = unmet_for_outcome(readiness.outcome, tier, lacking);
    let to = valid_to(readiness.outcome, readiness.validated_on);
    if let Some(to) = to.filter(|to| *to < from) {
        let message = format!("what was found carries a licence that begins no later than {to}");
        unmet.push(Refusal::at(Code::ReadinessOutdated, "validFrom", message));
    }
    unmet
}

/// A proposal stands on the assessment that stands still.
#[must_use]
pub fn unmet_for_same_assessment(proposed: Option<Uuid>, standing: Option<Uuid>) -> Vec<Refusal> {
    if proposed == standing {
        return Vec::new();
    }
    let message = "readiness was assessed anew since this was proposed: propose it again";
    vec![Refusal::at(Code::ReadinessOutdated, "", message)]
}

/// The terms of a grant: days in order and not too many, conditions where readiness calls for them.
///
/// `earliest` is the first day that the licence may begin on: today, or where the renewed one ends.
#[must_use]
pub fn unmet_for_terms(
    grant: &GrantTerms,
    outcome: Option<Outcome>,
    earliest: NaiveDate,
) -> Vec<Refusal> {
    let mut unmet = unmet_for_bounds(grant.max_concurrent_courses, grant.max_trainees_per_course);
    if grant.from < earliest {
        let message = format!("must not lie before {earliest}");
        unmet.push(Refusal::at(Code::Invalid, "validFrom", message));
    }
    let months = match outcome {
        Some(Outcome::Conditional) => terms::CONDITIONAL_MONTHS,
        _ => terms::READY_MONTHS,
    };
    if grant.to <= grant.from || grant.to > terms::months_after(grant.from, months) {
        let message = format!("must lie after the first day, by at most {months} months");
        unmet.push(Refusal::at(Code::Invalid, "validTo", message));
    }
    if outcome == Some(Outcome::Conditional) && grant.conditions.is_empty() {
        let message = "a conditional outcome needs its conditions on the licence";
        unmet.push(Refusal::at(Code::ConditionsRequired, "conditions", message));
    }
    if grant.conditions.len() > terms::MAX_CONDITIONS {
        unmet.push(Refusal::at(Code::Invalid, "conditions", "name at most 20 conditions"));
    }
    for (place, condition) in grant.conditions.iter().enumerate() {
        unmet.extend(unmet_for_text(
            &condition.text,
            &format!("conditions.{place}.text"),
            MAX_TEXT,
        ));
        if condition.due_on < grant.from {
            let message = "must not lie before the first day of the licence";
            let path = format!("conditions.{place}.dueOn");
            unmet.push(Refusal::at(Code::Invalid, &path, message));
        }
    }
    unmet
}

/// LIC-1: the organisation holds no other licence for one of the programme types on one of its days.
#[must_use]
pub fn unmet_for_one_at_a_time(
    wanted: &[(ProgrammeType, Period)],
    others: &[Granted],
) -> Vec<Refusal> {
    let meets = |other: &&Granted| {
        wanted.iter().any(|(ty, days)| {
            *ty == other.programme_type && other.period().is_some_and(|held| held.overlaps(days))
        })
    };
    let mut held: Vec<String> = others.iter().filter(meets).map(Granted::told).collect();
    held.sort_unstable();
    held.dedup();
    if held.is_empty() {
        return Vec::new();
    }
    let message =
        format!("the organisation is licensed already on some of these days: {}", held.join("; "));
    vec![Refusal::at(Code::LicenceOverlap, "", message)]
}

/// Whether a suspension was right is for whoever decides the appeal against it, not for whoever ends it.
#[must_use]
pub fn unmet_for_reinstatement(appealed: bool) -> Vec<Refusal> {
    if !appealed {
        return Vec::new();
    }
    let message = "an appeal against this suspension is open: have it decided first, by somebody who took no \
                   part in the suspension; upheld, it ends the suspension";
    vec![Refusal::at(Code::Conflict, "", message)]
}

/// ORG-3: a closed organisation gets no licence back, and none of its applications is opened again.
#[must_use]
pub fn unmet_for_giving_back(holder: Status) -> Vec<Refusal> {
    if holder != Status::Closed {
        return Vec::new();
    }
    let message = "the organisation is closed and gets nothing back: a succession or a new application of whoever \
                   followed it decides what follows";
    vec![Refusal::at(Code::OwnerClosed, "", message)]
}

/// One application at a time renews a licence: a declined one opens again when no `other` is open.
#[must_use]
pub fn unmet_for_reopening(other: Option<Uuid>) -> Vec<Refusal> {
    let Some(other) = other.map(|id| ids::encode("lic", id)) else { return Vec::new() };
    let message = format!(
        "another application to renew the same licence is open, {other}: it is decided or withdrawn first"
    );
    vec![Refusal::at(Code::Conflict, "", message)]
}

/// A decision that needs two people is confirmed by somebody else than whoever proposed it; a revocation in
/// the other of the two roles as well.
#[must_use]
pub fn unmet_for_confirmation(
    proposal: Option<&Decision>,
    kind: DecisionKind,
    (account, role): (Uuid, &str),
) -> Vec<Refusal> {
    let Some(proposal) = proposal
        .filter(|proposal| proposal.kind == kind && proposal.state == DecisionState::Proposed)
    else {
        let message = format!("no {} is proposed: propose it first", kind.code());
        return vec![Refusal::at(Code::NothingProposed, "", message)];
    };
    let mut unmet = Vec::new();
    if proposal.proposed_by == account {
        let message = "somebody else than whoever proposed it has to confirm it";
        unmet.push(Refusal::at(Code::SeparationOfDuties, "", message));
    } else if kind == DecisionKind::Revocation && proposal.proposed_as == role {
        let message = "a revocation needs a quality lead and a licensing officer: somebody in the other role has to \
                       confirm it";
        unmet.push(Refusal::at(Code::SeparationOfDuties, "", message));
    }
    unmet
}

/// PER-2: who handed an application in takes no part in its review, also after the role with the holder ended.
#[must_use]
pub fn unmet_for_submitter(handed_it_in: bool) -> Vec<Refusal> {
    if !handed_it_in {
        return Vec::new();
    }
    let message =
        "you handed this application in: somebody else of the national team has to review it";
    vec![Refusal::at(Code::SeparationOfDuties, "", message)]
}

/// PER-3: nobody takes two parts in a decision by two accounts; `others` are the persons who took one.
#[must_use]
pub fn unmet_for_other_person(own: &[Uuid], others: &[Uuid]) -> Vec<Refusal> {
    if !own.iter().any(|own| others.contains(own)) {
        return Vec::new();
    }
    let message = "another account of yours took part, be it one that is no longer yours: somebody else has to \
                   take this one";
    vec![Refusal::at(Code::SeparationOfDuties, "", message)]
}

/// A variation lies in the days to come of a licence that is live, and changes something.
#[must_use]
pub fn unmet_for_variation(
    (from, to): (NaiveDate, NaiveDate),
    licence: (NaiveDate, NaiveDate),
    today: NaiveDate,
    changes: bool,
) -> Vec<Refusal> {
    let mut unmet = Vec::new();
    if from < today.max(licence.0) {
        let message = "must not lie in the past or before the first day of the licence";
        unmet.push(Refusal::at(Code::Invalid, "validFrom", message));
    }
    if to <= from || to > licence.1 {
        let message = "must lie after the first day and not after the end of the licence";
        unmet.push(Refusal::at(Code::Invalid, "validTo", message));
    }
    if !changes {
        let message = "name what the variation changes: tier, programmeTypes, maxConcurrentCourses or \
                       maxTraineesPerCourse";
        unmet.push(Refusal::at(Code::Unchanged, "", message));
    }
    unmet
}

/// LIC-2 and the tier: what a variation asks for, readiness has to carry.
#[must_use]
pub fn unmet_for_varied_tier(tier: Option<Tier>, readiness: Option<&Readiness>) -> Vec<Refusal> {
    let conditional = readiness.is_some_and(|found| found.outcome == Outcome::Conditional);
    if conditional && tier == Some(Tier::FullDelivery) {
        let message = "a conditional outcome allows co-delivery or hosting only";
        return vec![Refusal::at(Code::ReadinessInsufficient, "tier", message)];
    }
    Vec::new()
}

/// A condition is settled once, as met, waived or breached.
#[must_use]
pub fn unmet_for_settling(now: ConditionState, to: ConditionState) -> Vec<Refusal> {
    if to == ConditionState::Open {
        return vec![Refusal::at(Code::Invalid, "state", "say how it was settled")];
    }
    // A breach can be mended; what was met or waived is done.
    if matches!(now, ConditionState::Met | ConditionState::Waived) || now == to {
        let message = format!("this condition is settled already, as {}", now.code());
        return vec![Refusal::at(Code::Conflict, "conditionId", message)];
    }
    Vec::new()
}

/// Whoever gives a licence back says what becomes of the courses that are open under it.
#[must_use]
pub fn unmet_for_surrender(plan: Option<&str>, open_courses: &[OpenCourse]) -> Vec<Refusal> {
    match plan {
        Some(plan) => unmet_for_text(plan, "teachOutPlan", MAX_TEXT),
        None if open_courses.is_empty() => Vec::new(),
        None => vec![Refusal::at(
            Code::TeachOutPlanRequired,
            "teachOutPlan",
            format!("say what becomes of the open courses: {}", open_courses.len()),
        )],
    }
}

/// ORG-3: an organisation with a live licence does not close, unless it is succeeded.
#[must_use]
pub fn unmet_for_closing(live: &[String]) -> Vec<Refusal> {
    if live.is_empty() {
        return Vec::new();
    }
    let message = format!("it holds a live licence: {}", live.join(", "));
    vec![Refusal::at(Code::LicenceInForce, "", message)]
}

/// A licence that a succession ended, as far as a bridge needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Its holder.
    pub holder: Uuid,
    /// Its state.
    pub state: State,
    /// The day on which it ended.
    pub ended_on: Option<NaiveDate>,
    /// Whether it was suspended when it ended.
    pub suspended: bool,
    /// Whether it was in its period or its grace when it ended.
    pub was_in_force: bool,
    /// The readiness outcome on which it stood.
    pub outcome: Option<Outcome>,
    /// Whether a bridge took its place already.
    pub bridged: bool,
}

/// A succession into the organisation that is to get a bridging licence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Into {
    /// Who ended.
    pub predecessor: Uuid,
    /// How.
    pub kind: SuccessionKind,
    /// When.
    pub on: NaiveDate,
}

/// A bridge leads from licences that were in good standing and READY to the one organisation that followed
/// their holders. Every body of a merger must have had one, be it among those that were bridged `before`; an
/// acquisition is never bridged, and nothing is bridged to an organisation that is suspended itself.
#[must_use]
pub fn unmet_for_bridge(
    ended: &[Ended],
    successions: &[Into],
    (before, successor_suspended): (&[Uuid], bool),
    today: NaiveDate,
) -> Vec<Refusal> {
    let refuse = |message: &str| Refusal::at(Code::NotBridgeable, "licenceIds", message);
    let mut unmet = Vec::new();
    let way = |licence: &Ended| {
        let into =
            |way: &&Into| way.predecessor == licence.holder && Some(way.on) == licence.ended_on;
        successions.iter().find(into)
    };
    let ways: Vec<Option<&Into>> = ended.iter().map(way).collect();
    if ended.is_empty() || ways.iter().any(Option::is_none) {
        unmet
            .push(refuse("name licences that ended when this organisation followed their holders"));
        return unmet;
    }
    let ways: Vec<&Into> = ways.into_iter().flatten().collect();
    if ways.iter().any(|way| way.on != ways[0].on) {
        unmet.push(refuse("the licences must have ended on one day"));
    }
    if ways.iter().any(|way| way.kind == SuccessionKind::Acquisition) {
        unmet.push(refuse("an acquired licence passes nothing on: the organisation has to apply"));
    }
    let merged = successions
        .iter()
        .filter(|way| way.kind == SuccessionKind::Merger && way.on == ways[0].on)
        .any(|way| {
            !before.contains(&way.predecessor)
                && !ended.iter().any(|licence| licence.holder == way.predecessor)
        });
    if merged {
        unmet.push(refuse(
            "every body of the merger must have held a licence: name one of each that is not bridged yet",
        ));
    }
    if ended.iter().any(|licence| licence.state != State::Superseded || licence.bridged) {
        unmet.push(refuse("a licence is bridged once, after a succession"));
    }
    if ended.iter().any(|licence| licence.suspended || !licence.was_in_force) {
        unmet.push(refuse("a licence that was suspended or past its end is not bridged"));
    }
    if ended.iter().any(|licence| licence.outcome != Some(Outcome::Ready)) {
        unmet.push(refuse("every holder must have been found READY"));
    }
    if successor_suspended {
        unmet
            .push(refuse("the organisation's own licence is suspended: a bridge does not cure it"));
    }
    if terms::days_after(ways[0].on, terms::BRIDGE_DAYS) <= today {
        unmet.push(refuse(
            "the 90 days after the succession are over: the organisation has to apply",
        ));
    }
    unmet
}

/// An appeal is against a decision that can be appealed, once, and within 20 working days.
#[must_use]
pub fn unmet_for_lodging(
    decision: Option<&Decision>,
    lodged_before: bool,
    today: NaiveDate,
    holidays: &[NaiveDate],
) -> Vec<Refusal> {
    let Some((decision, taken_on)) =
        decision.and_then(|decision| decision.taken_on.map(|taken_on| (decision, taken_on)))
    else {
        return vec![Refusal::at(Code::NotFound, "decisionId", "no such decision")];
    };
    let mut unmet = Vec::new();
    if !decision.kind.can_be_appealed() {
        let message = "appeals are against declining, suspension, revocation and sanctions: name such a decision";
        unmet.push(Refusal::at(Code::NotAppealable, "decisionId", message));
    }
    if lodged_before {
        let message = "an appeal against this decision was lodged already";
        unmet.push(Refusal::at(Code::Conflict, "decisionId", message));
    }
    if today > last_day_of_appeal(taken_on, holidays) {
        let message = "the 20 working days for an appeal are over";
        unmet.push(Refusal::at(Code::AppealTooLate, "decisionId", message));
    }
    unmet
}

/// The last day on which an appeal against a decision of the day `taken_on` can be lodged.
#[must_use]
pub fn last_day_of_appeal(taken_on: NaiveDate, holidays: &[NaiveDate]) -> NaiveDate {
    let (mut day, mut left) = (taken_on, terms::APPEAL_WORKING_DAYS);
    while left > 0 {
        let Some(next) = day.succ_opt() else { return day };
        day = next;
        let weekend = matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
        if !weekend && !holidays.contains(&day) {
            left -= 1;
        }
    }
    day
}

/// An appeal is decided once, by somebody who took no part in the decision.
#[must_use]
pub fn unmet_for_appeal(appeal: &Appeal, account: Uuid) -> Vec<Refusal> {
    let mut unmet = Vec::new();
    if appeal.state != AppealState::Lodged {
        unmet.push(Refusal::at(Code::Conflict, "appealId", "this appeal is decided already"));
    }
    if appeal.involved.contains(&account) {
        let message = "somebody who took no part in the decision has to decide the appeal";
        unmet.push(Refusal::at(Code::SeparationOfDuties, "", message));
    }
    unmet
}

#[cfg(test)]
mod tests;
