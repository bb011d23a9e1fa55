//! Applications by partners, and their review by licensing officers up to the decision.

use chrono::NaiveDate;
use uuid::Uuid;

use super::decisions::NewDecision;
use super::model::{Command, Licence, Outcome, Readiness, State, Tier};
use super::parts::{Decision, DecisionKind, GrantTerms, NewCondition};
use super::rules::{self, terms};
use super::service::{At, Changed, Desk, Retirement, called, not_found};
use crate::actor::Permission;
use crate::calendar::Period;
use crate::command::{Stop, Unit, refuse_any};
use crate::db::DbFault;
use crate::organisation::rules::{MAX_TEXT, unmet_for_text};
use crate::programme::kind::ProgrammeType;
use crate::readiness::gate::{self, Gate};
use crate::refusal::{Code, Refusal};

/// What an organisation applies for.
#[derive(Clone, Debug)]
pub struct Request {
    /// What the licence is to let it do.
    pub tier: Tier,
    /// The programme types.
    pub types: Vec<ProgrammeType>,
    /// Most courses at once.
    pub max_concurrent_courses: Option<i32>,
    /// Most trainees in a course.
    pub max_trainees_per_course: Option<i32>,
}

/// Drafts an application of an organisation, for a new licence or to renew one.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn draft(
    unit: &Unit,
    organisation: Uuid,
    request: Request,
    renews: Option<Uuid>,
) -> Result<Changed, Stop> {
    let desk = Desk::of_holder(unit, organisation, Permission::DraftLicences)
        .map_err(|stop| stop.of_field("organisationId"))?;
    let mut unmet = Vec::new();
    if let Some(id) = renews {
        let renewed = desk.store.lock(id).await?.filter(|l| l.organisation_id == organisation);
        let open = !desk.store.open_renewals(id).await?.is_empty();
        unmet.extend(rules::unmet_for_renewal(renewed.map(|renewed| (renewed.state, open))));
    }
    let licence = new_licence(unit, organisation, &request, renews);
    unmet.extend(unmet_for_request(&desk, &licence, &request).await?);
    refuse_any(unmet)?;
    // Asked again once inserted: its reference waited for a closing organisation, which is now seen as closed.
    desk.store.insert(&licence).await?;
    refuse_any(unmet_for_request(&desk, &licence, &request).await?)?;
    desk.store.request(&licence, &request.types).await?;
    desk.record("licence.drafted", None, &licence, &["programmes"], None);
    Ok(Changed { id: licence.id, impact: Vec::new() })
}

async fn unmet_for_request(
    desk: &Desk<'_>,
    licence: &Licence,
    request: &Request,
) -> Result<Vec<Refusal>, Stop> {
    let holder = desk.store.holder(licence.organisation_id).await?.ok_or_else(not_found)?;
    Ok(rules::unmet_for_request(
        holder.status,
        (holder.delivers, request.tier),
        &request.types,
        (request.max_concurrent_courses, request.max_trainees_per_course),
    ))
}

fn new_licence(
    unit: &Unit,
    organisation: Uuid,
    request: &Request,
    renews: Option<Uuid>,
) -> Licence {
    Licence {
        id: unit.id(),
        organisation_id: organisation,
        number: None,
        tier: request.tier,
        approves_own_courses: false,
        max_concurrent_courses: request.max_concurrent_courses,
        max_trainees_per_course: request.max_trainees_per_course,
        state: State::Draft,
        renews_id: renews,
        bridging: false,
        readiness: None,
        submitted_on: None,
        submitted_by: None,
        decided_on: None,
        term: None,
        renewal_from: None,
        renewal_to: None,
        suspended_on: None,
        ended_on: None,
        public_reason: None,
        teach_out_plan: None,
        succeeded_by_id: None,
        created_at: unit.now(),
        updated_at: unit.now(),
        version: 1,
    }
}

/// Changes what a draft asks for.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn amend(unit: &Unit, at: At, request: Request) -> Result<Changed, Stop> {
    let (desk, before) = Desk::at_own(unit, Permission::DraftLicences, at).await?;
    let mut unmet = unmet_for_request(&desk, &before, &request).await?;
    if before.state != State::Draft {
        let message = "only a draft can be changed: withdraw this application and draft another";
        unmet.push(Refusal::at(Code::Conflict, "", message));
    }
    refuse_any(unmet)?;
    desk.store.request(&before, &request.types).await?;
    let after = Licence {
        tier: request.tier,
        max_concurrent_courses: request.max_concurrent_courses,
        max_trainees_per_course: request.max_trainees_per_course,
        ..before.clone()
    };
    desk.save("licence.draft_amended", &before, after, &["programmes"], None).await?;
    Ok(Changed { id: at.id, impact: Vec::new() })
}

/// Signs an application and hands it in.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn submit(unit: &Unit, at: At) -> Result<Changed, Stop> {
    let (desk, before) = Desk::at_own(unit, Permission::SignLicences, at).await?;
    refuse_any(rules::unmet_for_step(before.state, desk.standing(&before), Command::Submit))?;
    let request = Request {
        tier: before.tier,
        types: desk.store.requested(at.id).await?,
        max_concurrent_courses: before.max_concurrent_courses,
        max_trainees_per_course: before.max_trainees_per_course,
    };
    let mut unmet = unmet_for_request(&desk, &before, &request).await?;
    let gate = gate::standing(unit, before.organisation_id).await?;
    if let Some(gate) = &gate {
        unmet.extend(rules::unmet_for_outcome(gate.found.outcome, before.tier, &gate.lacking));
    }
    refuse_any(unmet.into_iter().map(Refusal::of_all).collect())?;
    let mut after = Desk::stepped(&before, Command::Submit)?;
    after.submitted_on = Some(unit.today());
    after.submitted_by = unit.actor().account();
    after.readiness = gate.as_ref().map(Readiness::from);
    desk.save("licence.submitted", &before, after, &[], None).await?;
    let mut held = desk.store.granted(before.organisation_id).await?;
    held.retain(|held| Some(held.licence_id) != before.renews_id);
    let mut impact = super::impacts::told_of_held(&request.types, &held, unit.today());
    if gate.is_none_or(|gate| !gate.found.holds(unit.today())) {
        let message = "no readiness outcome holds today: it is granted once one was validated";
        impact.push(message.to_owned());
    }
    if let Some(renewed) = desk.renewed(&before).await? {
        impact.push(format!("{} has its grace while this is under review", called(&renewed)));
        let after =
            Licence { renewal_from: Some(unit.today()), renewal_to: None, ..renewed.clone() };
        desk.save("licence.renewal_submitted", &renewed, after, &[], None).await?;
    }
    Ok(Changed { id: at.id, impact })
}

/// Takes an application back.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn withdraw(unit: &Unit, at: At) -> Result<Changed, Stop> {
    let (desk, before) = Desk::at_own(unit, Permission::SignLicences, at).await?;
    refuse_any(rules::unmet_for_step(before.state, desk.standing(&before), Command::Withdraw))?;
    take_back(&desk, &before).await?;
    Ok(Changed { id: at.id, impact: Vec::new() })
}

/// Ends an application without a decision.
pub(super) async fn take_back(desk: &Desk<'_>, before: &Licence) -> Result<(), Stop> {
    let mut after = Desk::stepped(before, Command::Withdraw)?;
    after.decided_on = Some(desk.unit.today());
    let submitted = before.state != State::Draft;
    desk.save("licence.withdrawn", before, after, &[], None).await?;
    if submitted {
        let renewed = desk.renewed(before).await?;
        desk.renewal_decided(before, renewed).await?;
    }
    Ok(())
}

/// Begins to look at an application.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn begin_review(unit: &Unit, at: At) -> Result<Changed, Stop> {
    let (desk, before) = Desk::at(unit, Permission::ReviewLicences, at).await?;
    let standing = desk.standing(&before);
    let mut unmet = rules::unmet_for_step(before.state, standing, Command::BeginReview);
    unmet.extend(desk.unmet_for_submitter(&before).await?);
    refuse_any(unmet)?;
    let after = Desk::stepped(&before, Command::BeginReview)?;
    desk.save("licence.review_begun", &before, after, &[], None).await?;
    Ok(Changed { id: at.id, impact: Vec::new() })
}

/// What a grant has to know, gathered under the locks.
struct Case {
    licence: Licence,
    renewed: Option<Licence>,
    /// Whether the renewed licence ends where this one begins, before its own end.
    supersedes: bool,
    types: Vec<ProgrammeType>,
}

/// Gathers a case and everything that speaks against granting it. `day` is that of the proposal, `gate` what stands
/// of the holder's readiness.
async fn case(
    desk: &Desk<'_>,
    licence: &Licence,
    (grant, gate): (&GrantTerms, Option<&Gate>),
    day: NaiveDate,
) -> Result<(Case, Vec<Refusal>), Stop> {
    // What is decided already has nothing to be granted.
    refuse_any(rules::unmet_for_step(licence.state, desk.standing(licence), Command::Grant))?;
    let types = desk.store.requested(licence.id).await?;
    let request = Request {
        tier: licence.tier,
        types: types.clone(),
        // The bounds of the grant are among its terms.
        max_concurrent_courses: None,
        max_trainees_per_course: None,
    };
    let asked = unmet_for_request(desk, licence, &request).await?;
    let mut unmet: Vec<_> = asked.into_iter().map(Refusal::of_all).collect();
    unmet.extend(desk.unmet_for_submitter(licence).await?);
    let renewed = desk.renewed(licence).await?;
    if renewed.as_ref().is_some_and(|renewed| renewed.state == State::Suspended) {
        let message = "the licence that it renews is suspended: reinstate or revoke that one first";
        unmet.push(Refusal::at(Code::Conflict, "", message));
    }
    let ends = renewed.as_ref().and_then(|renewed| renewed.term).map(|term| term.to);
    let readiness = gate.map(Readiness::from);
    let found = readiness.as_ref().zip(gate.map(|gate| &gate.lacking[..]));
    unmet.extend(rules::unmet_for_readiness(found, licence.tier, grant.from));
    let outcome = readiness.as_ref().map(|found| found.outcome);
    unmet.extend(rules::unmet_for_terms(grant, outcome, ends.map_or(day, |end| end.min(day))));
    let since = match &renewed {
        Some(renewed) => desk.store.state_since(renewed.id).await?,
        None => None,
    };
    let supersedes = renewed.as_ref().is_some_and(|renewed| renewed.state == State::Granted)
        && ends.is_some_and(|end| grant.from < end)
        && since.is_some_and(|since| since <= grant.from)
        && grant.from <= desk.unit.today();
    let mut others = desk.store.granted(licence.organisation_id).await?;
    others.retain(|other| !supersedes || Some(other.licence_id) != licence.renews_id);
    if let Ok(period) = Period::new(Some(grant.from), Some(grant.to)) {
        let wanted: Vec<_> = types.iter().map(|ty| (*ty, period)).collect();
        unmet.extend(rules::unmet_for_one_at_a_time(&wanted, &others));
    }
    Ok((Case { licence: licence.clone(), renewed, supersedes, types }, unmet))
}

/// What an officer proposes. A term that is not named is the usual one, a bound that which is asked for.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// What the grant says.
    pub terms: GrantTerms,
    /// Whether the end of its term was named.
    pub ends: bool,
    /// Whether the most courses at once and the most trainees in one are those that the application asks for.
    pub as_asked: [bool; 2],
    /// Why.
    pub reason: String,
}

/// Proposes to grant an application; another officer or a quality lead confirms it.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn propose_grant(unit: &Unit, at: At, proposal: Proposal) -> Result<Changed, Stop> {
    let (desk, before) = Desk::at(unit, Permission::ReviewLicences, at).await?;
    let account = desk.account()?;
    let Proposal { mut terms, ends, as_asked: [courses, trainees], reason } = proposal;
    if courses {
        terms.max_concurrent_courses = before.max_concurrent_courses;
    }
    if trainees {
        terms.max_trainees_per_course = before.max_trainees_per_course;
    }
    let gate = gate::standing(unit, before.organisation_id).await?;
    if !ends {
        terms.to = usual_end(gate.as_ref(), terms.from);
    }
    if let Some(gate) = gate.as_ref().filter(|gate| gate.found.outcome == Outcome::Conditional) {
        copy_plan(&mut terms, gate);
    }
    let (_, mut unmet) = case(&desk, &before, (&terms, gate.as_ref()), unit.today()).await?;
    unmet.extend(unmet_for_text(&reason, "reason", MAX_TEXT));
    refuse_any(unmet)?;
    desk.store.drop_proposal(at.id).await?;
    let new = NewDecision {
        kind: DecisionKind::Grant,
        reason: &reason,
        summary: summary(&terms),
        terms: Some(serde_json::to_string(&terms).unwrap_or_default()),
        by: account,
        role: &desk.acting_as,
    };
    desk.store.decide(&before, new).await?;
    let readiness = gate.as_ref().map(Readiness::from);
    let after = Licence { readiness, ..before.clone() };
    desk.save("licence.grant_proposed", &before, after, &["decisions"], Some(&reason)).await?;
    Ok(Changed { id: at.id, impact: vec![summary(&terms)] })
}

/// The open actions of the plan become conditions, unless they are named already. What is overdue is due at once.
fn copy_plan(terms: &mut GrantTerms, gate: &Gate) {
    for (text, due_on) in &gate.plan {
        if terms.conditions.iter().all(|condition| condition.text != *text) {
            let due_on = (*due_on).max(terms.from);
            terms.conditions.push(NewCondition { text: text.clone(), due_on });
        }
    }
}

/// The usual end of a licence that begins on `from`.
fn usual_end(gate: Option<&Gate>, from: NaiveDate) -> NaiveDate {
    let conditional = gate.is_some_and(|gate| gate.found.outcome == Outcome::Conditional);
    let months = if conditional { terms::CONDITIONAL_MONTHS } else { terms::READY_MONTHS };
    terms::months_after(from, months)
}

/// What a grant says, in words.
fn summary(terms: &GrantTerms) -> String {
    let mut words = format!("from {} to before {}", terms.from, terms.to);
    if let Some(courses) = terms.max_concurrent_courses {
        words.push_str(&format!("; at most {courses} courses at once"));
    }
    if let Some(trainees) = terms.max_trainees_per_course {
        words.push_str(&format!("; at most {trainees} trainees in a course"));
    }
    if terms.approves_own_courses {
        words.push_str("; approves its own courses");
    }
    for condition in &terms.conditions {
        words.push_str(&format!("; by {}: {}", condition.due_on, condition.text));
    }
    words
}

/// Confirms a proposed grant: the licence gets its number.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn confirm_grant(unit: &Unit, at: At) -> Result<Changed, Stop> {
    let (desk, before) = Desk::at(unit, Permission::DecideLicences, at).await?;
    let account = desk.account()?;
    let proposal = desk.store.proposal(at.id).await?;
    let by = (account, desk.acting_as.as_str());
    let mut unmet = rules::unmet_for_confirmation(proposal.as_ref(), DecisionKind::Grant, by);
    unmet.extend(desk.unmet_for_proposer(proposal.as_ref()).await?);
    let Some((proposal, terms)) = proposal.and_then(read_terms) else {
        refuse_any(unmet)?;
        return Err(DbFault::unreadable("licence_decision.terms").into());
    };
    let gate = gate::standing(unit, before.organisation_id).await?;
    let (case, mut speaks_against) =
        case(&desk, &before, (&terms, gate.as_ref()), proposal.proposed_on).await?;
    let stood = before.readiness.as_ref().map(|found| found.assessment_id);
    let stands = gate.map(|gate| gate.assessment);
    speaks_against.extend(rules::unmet_for_same_assessment(stood, stands));
    // The proposal says it: the input names no such field.
    unmet.extend(speaks_against.into_iter().map(Refusal::of_all));
    refuse_any(unmet)?;
    desk.store.confirm(proposal.id, account, &desk.acting_as).await?;
    grant(&desk, case, &terms, &proposal.reason).await
}

fn read_terms(proposal: Decision) -> Option<(Decision, GrantTerms)> {
    let terms = serde_json::from_str(proposal.terms.as_deref()?).ok()?;
    Some((proposal, terms))
}

async fn grant(
    desk: &Desk<'_>,
    case: Case,
    granted: &GrantTerms,
    reason: &str,
) -> Result<Changed, Stop> {
    let Case { licence: before, renewed, supersedes, types } = case;
    let (today, mut impact) = (desk.unit.today(), Vec::new());
    match renewed {
        Some(renewed) if supersedes => {
            impact.push(format!("{} is superseded on {}", called(&renewed), granted.from));
            let with = Retirement { renewal_decided: true, ..Retirement::by("licence.superseded") };
            desk.retire(&renewed, Command::Supersede, granted.from, with).await?;
        }
        renewed => desk.renewal_decided(&before, renewed).await?,
    }
    desk.store.drop_requested(before.id).await?;
    for ty in types {
        desk.store.grant(&before, ty, (granted.from, granted.to)).await?;
    }
    for condition in &granted.conditions {
        desk.store.add_condition(&before, condition).await?;
    }
    let number = desk.store.next_number().await?;
    impact.push(format!("{number} is valid from {} to before {}", granted.from, granted.to));
    let mut after = Desk::stepped(&before, Command::Grant)?;
    after.number = Some(number);
    after.approves_own_courses = granted.approves_own_courses;
    after.max_concurrent_courses = granted.max_concurrent_courses;
    after.max_trainees_per_course = granted.max_trainees_per_course;
    after.term = Some(terms::term(granted.from, granted.to));
    after.decided_on = Some(today);
    desk.store.enter_state(&after, granted.from.min(today)).await?;
    let facts = ["programmes", "conditions", "decisions"];
    desk.save("licence.granted", &before, after, &facts, Some(reason)).await?;
    Ok(Changed { id: before.id, impact })
}

/// Does not grant an application.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn decline(unit: &Unit, at: At, reason: &str) -> Result<Changed, Stop> {
    let (desk, before) = Desk::at(unit, Permission::ReviewLicences, at).await?;
    let account = desk.account()?;
    let mut unmet = rules::unmet_for_step(before.state, desk.standing(&before), Command::Decline);
    unmet.extend(desk.unmet_for_submitter(&before).await?);
    unmet.extend(unmet_for_text(reason, "reason", MAX_TEXT));
    refuse_any(unmet)?;
    desk.store.drop_proposal(at.id).await?;
    let new = NewDecision {
        kind: DecisionKind::Decline,
        reason,
        summary: "not granted".to_owned(),
        terms: None,
        by: account,
        role: &desk.acting_as,
    };
    desk.store.decide(&before, new).await?;
    let mut after = Desk::stepped(&before, Command::Decline)?;
    after.decided_on = Some(unit.today());
    let gate = gate::standing(unit, before.organisation_id).await?;
    after.readiness = gate.as_ref().map(Readiness::from);
    desk.save("licence.declined", &before, after, &["decisions"], Some(reason)).await?;
    let renewed = desk.renewed(&before).await?;
    desk.renewal_decided(&before, renewed).await?;
    let impact = vec!["the organisation may appeal within 20 working days".to_owned()];
    Ok(Changed { id: at.id, impact })
}
