//! Quality leads and officers at a granted licence: reviews, conditions, suspension, revocation; and its
//! surrender by the holder.

use uuid::Uuid;

use super::decisions::{NewDecision, NewReview};
use super::impacts;
use super::model::{Command, Licence, Standing, State};
use super::parts::{AppealState, ConditionState, DecisionKind, RevocationTerms, Sanction};
use super::rules;
use super::service::{At, Changed, Desk, Retirement, called, effects, not_found};
use crate::actor::{Permission, Role};
use crate::command::{Stop, Unit, refuse_any};
use crate::organisation::rules::{MAX_TEXT, unmet_for_text};
use crate::readiness::due;
use crate::readiness::model::DueReason;
use crate::refusal::{Code, Refusal};

/// The words for the holder and the words for everyone.
#[derive(Clone, Debug)]
pub struct Reasons {
    /// Why, for the holder and the national team.
    pub reason: String,
    /// Why, in words for everyone.
    pub public_reason: String,
}

impl Reasons {
    fn unmet(&self) -> Vec<Refusal> {
        let mut unmet = unmet_for_text(&self.reason, "reason", MAX_TEXT);
        unmet.extend(unmet_for_text(&self.public_reason, "publicReason", MAX_TEXT));
        unmet
    }
}

/// Suspends a licence from today on.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn suspend(unit: &Unit, at: At, why: &Reasons) -> Result<Changed, Stop> {
    let (desk, before) = Desk::at(unit, Permission::OverseeQuality, at).await?;
    let standing = desk.standing(&before);
    let mut unmet = rules::unmet_for_step(before.state, standing, Command::Suspend);
    unmet.extend(why.unmet());
    refuse_any(unmet)?;
    let mut after = Desk::stepped(&before, Command::Suspend)?;
    after.suspended_on = Some(unit.today());
    after.public_reason = Some(why.public_reason.clone());
    let mut impact = effects(&before, State::Suspended);
    impact.extend(impacts::told_of_courses(&desk.store.open_courses(at.id).await?));
    if standing == Standing::Grace {
        impact.push("its grace ends with the suspension".to_owned());
    }
    impact.push("the holder may appeal within 20 working days".to_owned());
    let turn = (DecisionKind::Suspension, "suspended", "licence.suspended");
    turned(&desk, &before, after, turn, &why.reason).await?;
    let (holder, reason) = (before.organisation_id, DueReason::Suspension);
    impact.extend(due::raise(unit, &desk.acting_as, holder, (reason, unit.today())).await?);
    Ok(Changed { id: at.id, impact })
}

/// Ends a suspension from today on.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn reinstate(unit: &Unit, at: At, reason: &str) -> Result<Changed, Stop> {
    let (desk, before) = Desk::at(unit, Permission::OverseeQuality, at).await?;
    let mut unmet = rules::unmet_for_step(before.state, desk.standing(&before), Command::Reinstate);
    let stands = desk.store.latest(at.id, DecisionKind::Suspension).await?;
    let (holder, open) = (before.organisation_id, AppealState::Lodged);
    let appealed = desk.store.has_appeal(holder, stands, open).await?;
    unmet.extend(rules::unmet_for_reinstatement(appealed));
    unmet.extend(desk.unmet_for_giving_back(&before).await?);
    unmet.extend(unmet_for_text(reason, "reason", MAX_TEXT));
    refuse_any(unmet)?;
    // A revocation that stands proposed was of the suspended licence.
    desk.store.drop_proposal(at.id).await?;
    let after = reinstated(&before)?;
    let turn = (DecisionKind::Reinstatement, "reinstated", "licence.reinstated");
    turned(&desk, &before, after, turn, reason).await?;
    let impact = vec![format!("{}: courses may open again", called(&before))];
    Ok(Changed { id: at.id, impact })
}

/// A suspended licence without its suspension.
pub(super) fn reinstated(before: &Licence) -> Result<Licence, Stop> {
    let mut after = Desk::stepped(before, Command::Reinstate)?;
    after.suspended_on = None;
    after.public_reason = None;
    Ok(after)
}

/// Saves a licence that turned from one state into another by the decision of one person.
async fn turned(
    desk: &Desk<'_>,
    before: &Licence,
    after: Licence,
    (kind, summary, action): (DecisionKind, &str, &'static str),
    reason: &str,
) -> Result<(), Stop> {
    let new = NewDecision {
        kind,
        reason,
        summary: summary.to_owned(),
        terms: None,
        by: desk.account()?,
        role: &desk.acting_as,
    };
    desk.store.decide(before, new).await?;
    desk.store.enter_state(&after, desk.unit.today()).await?;
    desk.save(action, before, after, &["decisions"], Some(reason)).await?;
    Ok(())
}

/// Proposes to revoke a suspended licence; somebody in the other of the two roles confirms it.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn propose_revocation(unit: &Unit, at: At, why: &Reasons) -> Result<Changed, Stop> {
    let (mut desk, before) = Desk::at(unit, Permission::DecideLicences, at).await?;
    let account = desk.account()?;
    if unit.actor().is_nationally(Role::QualityLead) {
        Role::QualityLead.code().clone_into(&mut desk.acting_as);
    }
    let mut unmet = rules::unmet_for_step(before.state, desk.standing(&before), Command::Revoke);
    unmet.extend(why.unmet());
    refuse_any(unmet)?;
    desk.store.drop_proposal(at.id).await?;
    let terms = RevocationTerms { public_reason: why.public_reason.clone() };
    let new = NewDecision {
        kind: DecisionKind::Revocation,
        reason: &why.reason,
        summary: "revoked".to_owned(),
        terms: Some(serde_json::to_string(&terms).unwrap_or_default()),
        by: account,
        role: &desk.acting_as,
    };
    desk.store.decide(&before, new).await?;
    let action = "licence.revocation_proposed";
    desk.save(action, &before, before.clone(), &["decisions"], Some(&why.reason)).await?;
    let other = if desk.acting_as == Role::QualityLead.code() {
        Role::LicensingOfficer
    } else {
        Role::QualityLead
    };
    let mut impact = vec![format!(
        "nothing changes until a {} confirms it (licenceConfirmRevocation); what follows then:",
        other.title()
    )];
    impact.extend(ends_with(&desk, &before).await?);
    let stands = desk.store.latest(at.id, DecisionKind::Suspension).await?;
    if desk.store.has_appeal(before.organisation_id, stands, AppealState::Lodged).await? {
        impact.push("an appeal against its suspension is open".to_owned());
    }
    Ok(Changed { id: at.id, impact })
}

/// Confirms a proposed revocation.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn confirm_revocation(unit: &Unit, at: At) -> Result<Changed, Stop> {
    let (mut desk, before) = Desk::at(unit, Permission::DecideLicences, at).await?;
    let account = desk.account()?;
    let proposal = desk.store.proposal(at.id).await?;
    let proposed_by_quality =
        proposal.as_ref().is_some_and(|proposal| proposal.proposed_as == Role::QualityLead.code());
    // Who holds both roles confirms in the one that is still missing.
    let missing = if proposed_by_quality { Role::LicensingOfficer } else { Role::QualityLead };
    if unit.actor().is_nationally(missing) {
        missing.code().clone_into(&mut desk.acting_as);
    }
    let by = (account, desk.acting_as.as_str());
    let mut unmet = rules::unmet_for_step(before.state, desk.standing(&before), Command::Revoke);
    unmet.extend(rules::unmet_for_confirmation(proposal.as_ref(), DecisionKind::Revocation, by));
    unmet.extend(desk.unmet_for_proposer(proposal.as_ref()).await?);
    refuse_any(unmet)?;
    let Some(proposal) = proposal else { return Err(not_found()) };
    let terms: Option<RevocationTerms> =
        proposal.terms.as_deref().and_then(|terms| serde_json::from_str(terms).ok());
    desk.store.confirm(proposal.id, account, &desk.acting_as).await?;
    let with = Retirement {
        reason: Some(&proposal.reason),
        public_reason: terms.as_ref().map(|terms| terms.public_reason.as_str()),
        decision: Some(proposal.id),
        ..Retirement::by("licence.revoked")
    };
    desk.retire(&before, Command::Revoke, unit.today(), with).await?;
    Ok(Changed { id: at.id, impact: ends_with(&desk, &before).await? })
}

/// What follows from the early end of a licence.
async fn ends_with(desk: &Desk<'_>, licence: &Licence) -> Result<Vec<String>, Stop> {
    let mut impact = effects(licence, State::Revoked);
    impact.extend(impacts::told_of_courses(&desk.store.open_courses(licence.id).await?));
    if let Some(term) = licence.term {
        impact.push(format!("it would have held to before {}", term.to));
    }
    Ok(impact)
}

/// Gives a licence back, from today on.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn surrender(
    unit: &Unit,
    at: At,
    reason: &str,
    plan: Option<&str>,
) -> Result<Changed, Stop> {
    let (desk, before) = Desk::at_own(unit, Permission::SignLicences, at).await?;
    let open = desk.store.open_courses(at.id).await?;
    let mut unmet = rules::unmet_for_step(before.state, desk.standing(&before), Command::Surrender);
    unmet.extend(unmet_for_text(reason, "reason", MAX_TEXT));
    unmet.extend(rules::unmet_for_surrender(plan, &open));
    refuse_any(unmet)?;
    let with = Retirement {
        reason: Some(reason),
        teach_out_plan: plan,
        ..Retirement::by("licence.surrendered")
    };
    desk.retire(&before, Command::Surrender, unit.today(), with).await?;
    Ok(Changed { id: at.id, impact: ends_with(&desk, &before).await? })
}

/// Settles a condition as met, waived or breached.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn settle_condition(
    unit: &Unit,
    at: At,
    condition: Uuid,
    to: ConditionState,
    reason: &str,
) -> Result<Changed, Stop> {
    let (desk, before) = Desk::at(unit, Permission::DecideLicences, at).await?;
    let account = desk.account()?;
    let mut unmet = unmet_for_text(reason, "reason", MAX_TEXT);
    match desk.store.condition(at.id, condition).await? {
        Some(now) => unmet.extend(rules::unmet_for_settling(now, to)),
        None => unmet.push(Refusal::at(Code::NotFound, "conditionId", "no such condition")),
    }
    refuse_any(unmet)?;
    desk.store.settle(condition, to, reason, account).await?;
    let action = "licence.condition_settled";
    desk.save(action, &before, before.clone(), &["conditions"], Some(reason)).await?;
    let impact = if to == ConditionState::Breached {
        vec!["a breach changes nothing by itself: a quality lead decides what follows".to_owned()]
    } else {
        Vec::new()
    };
    Ok(Changed { id: at.id, impact })
}

/// Records a quality review of the holder of a licence that was granted.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn record_review(unit: &Unit, at: At, new: NewReview) -> Result<Changed, Stop> {
    let (desk, before) = Desk::at(unit, Permission::OverseeQuality, at).await?;
    let account = desk.account()?;
    let mut unmet = unmet_for_text(&new.findings, "findings", MAX_TEXT);
    if new.reviewed_on > unit.today() {
        unmet.push(Refusal::at(Code::Invalid, "reviewedOn", "must not lie in the future"));
    }
    if before.state.is_application() {
        unmet.push(Refusal::at(Code::Conflict, "", "the licence was not granted yet"));
    }
    refuse_any(unmet)?;
    let decision = match new.sanction {
        Sanction::None => None,
        sanction => {
            let sanctioned = NewDecision {
                kind: DecisionKind::Sanction,
                reason: &new.findings,
                summary: sanction.code().to_owned(),
                terms: None,
                by: account,
                role: &desk.acting_as,
            };
            Some(desk.store.decide(&before, sanctioned).await?)
        }
    };
    let impact = match new.sanction {
        Sanction::SuspendNewStarts => vec!["suspend the licence to stop new starts".to_owned()],
        Sanction::Revoke => vec!["suspend the licence, then propose its revocation".to_owned()],
        Sanction::None | Sanction::Advice | Sanction::EnhancedMonitoring => Vec::new(),
    };
    desk.store.add_review(&before, new, decision, account).await?;
    desk.save("licence.reviewed", &before, before.clone(), &["reviews"], None).await?;
    Ok(Changed { id: at.id, impact })
}
