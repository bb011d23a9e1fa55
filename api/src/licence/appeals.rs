//! Appeals against declining, suspension, revocation and sanctions.

use uuid::Uuid;

use super::model::{Command, Licence, State};
use super::parts::{AppealState, Decision, DecisionKind};
use super::quality::reinstated;
use super::rules;
use super::service::{At, Changed, Desk, called, not_found};
use crate::actor::Permission;
use crate::command::{Stop, Unit, refuse_any};
use crate::organisation::rules::{MAX_TEXT, unmet_for_text};
use crate::refusal::{Code, Refusal};

/// Lodges the holder's appeal against a decision.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn lodge(unit: &Unit, at: At, decision: Uuid, grounds: &str) -> Result<Changed, Stop> {
    let (desk, before) = Desk::at_own(unit, Permission::SignLicences, at).await?;
    let account = desk.account()?;
    let against = desk.store.decision(at.id, decision).await?;
    let appealed = desk.store.was_appealed(before.organisation_id, decision).await?;
    let taken_on = against.as_ref().and_then(|decision| decision.taken_on);
    let holidays = desk.store.holidays(taken_on.unwrap_or_default()).await?;
    let mut unmet = rules::unmet_for_lodging(against.as_ref(), appealed, unit.today(), &holidays);
    unmet.extend(unmet_for_text(grounds, "grounds", MAX_TEXT));
    refuse_any(unmet)?;
    let Some(against) = against else { return Err(not_found()) };
    desk.store.lodge(&before, &against, grounds, account).await?;
    desk.save("licence.appeal_lodged", &before, before.clone(), &["appeals"], None).await?;
    desk.lead_credential(&before).await?;
    let impact = vec!["the decision stands until the appeal is decided".to_owned()];
    Ok(Changed { id: at.id, impact })
}

/// Decides an appeal; upheld, it undoes the decision.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn decide(
    unit: &Unit,
    at: At,
    appeal: Uuid,
    uphold: bool,
    outcome: &str,
) -> Result<Changed, Stop> {
    let (desk, before) = Desk::at(unit, Permission::DecideLicences, at).await?;
    let account = desk.account()?;
    let found = desk.store.appeal(at.id, appeal).await?;
    let missing = || Stop::from(Refusal::at(Code::NotFound, "appealId", "no such appeal"));
    let found = found.ok_or_else(missing)?;
    let against = desk.store.decision(at.id, found.decision_id).await?.ok_or_else(missing)?;
    let mut unmet = rules::unmet_for_appeal(&found, account);
    unmet.extend(desk.unmet_for_same_person(&found.involved, against.proposed_on).await?);
    unmet.extend(unmet_for_text(outcome, "outcome", MAX_TEXT));
    refuse_any(unmet)?;
    let state = if uphold { AppealState::Upheld } else { AppealState::Dismissed };
    desk.store.decide_appeal(appeal, state, outcome, account).await?;
    let (after, impact) = if uphold {
        undone(&desk, &before, &against).await?
    } else {
        (before.clone(), vec!["the decision stays".to_owned()])
    };
    let after =
        desk.save("licence.appeal_decided", &before, after, &["appeals"], Some(outcome)).await?;
    desk.lead_credential(&after).await?;
    Ok(Changed { id: at.id, impact })
}

/// The licence without the decision, and what follows. Where it moved on since, it stays as it is.
async fn undone(
    desk: &Desk<'_>,
    before: &Licence,
    against: &Decision,
) -> Result<(Licence, Vec<String>), Stop> {
    let today = desk.unit.today();
    match (against.kind, before.state) {
        (DecisionKind::Decline, State::Declined) => {
            let after = reopened(desk, before).await?;
            Ok((after, vec!["the application is under review again".to_owned()]))
        }
        (DecisionKind::Suspension, State::Suspended | State::Revoked) => {
            if desk.store.latest(before.id, DecisionKind::Suspension).await? != Some(against.id) {
                return Ok(stays(before));
            }
            if before.state == State::Revoked {
                let words = "it stays revoked; if the revocation is undone, it is not suspended";
                return Ok((before.clone(), vec![words.to_owned()]));
            }
            refuse_any(desk.unmet_for_giving_back(before).await?)?;
            desk.store.drop_proposal(before.id).await?;
            let after = reinstated(before)?;
            desk.store.enter_state(&after, today).await?;
            Ok((after, vec![format!("{}: courses may open again", called(before))]))
        }
        (DecisionKind::Revocation, State::Revoked) => {
            let after = restored(desk, before, against).await?;
            let words = if after.state == State::Suspended {
                "it is suspended, as it was before: a quality lead decides what follows".to_owned()
            } else {
                format!("{}: courses may open again", called(before))
            };
            Ok((after, vec![words]))
        }
        (DecisionKind::Sanction, _) => {
            desk.store.set_aside(against.id).await?;
            Ok((before.clone(), vec!["the sanction no longer counts".to_owned()]))
        }
        _ => Ok(stays(before)),
    }
}

/// A licence that the decision holds no longer.
fn stays(licence: &Licence) -> (Licence, Vec<String>) {
    let words = "the decision was followed by others since: the licence stays as it is";
    (licence.clone(), vec![words.to_owned()])
}

/// A declined application under review again. What it renews has its grace back.
async fn reopened(desk: &Desk<'_>, before: &Licence) -> Result<Licence, Stop> {
    let renewed = desk.renewed(before).await?;
    let mut unmet = desk.unmet_for_giving_back(before).await?;
    let others = desk.other_renewals(before).await?;
    unmet.extend(rules::unmet_for_reopening(others.first().map(|other| other.id)));
    refuse_any(unmet)?;
    if let Some(renewed) = renewed.filter(|renewed| renewed.state.is_live()) {
        let (renewal_from, renewal_to) = (before.submitted_on, None);
        let after = Licence { renewal_from, renewal_to, ..renewed.clone() };
        desk.save("licence.renewal_reopened", &renewed, after, &[], None).await?;
    }
    let mut after = Desk::stepped(before, Command::Reopen)?;
    after.decided_on = None;
    Ok(after)
}

/// A revoked licence with what the revocation took, if the holder got no other for the same days since. The
/// suspension before it stays, unless an appeal undid that one.
async fn restored(
    desk: &Desk<'_>,
    before: &Licence,
    revocation: &Decision,
) -> Result<Licence, Stop> {
    let taken = desk.store.taken_by(revocation.id).await?;
    let wanted: Vec<_> =
        taken.iter().filter_map(|took| Some((took.programme_type, took.period()?))).collect();
    let mut others = desk.store.granted(before.organisation_id).await?;
    others.retain(|other| other.licence_id != before.id);
    let mut unmet = desk.unmet_for_giving_back(before).await?;
    unmet.extend(rules::unmet_for_one_at_a_time(&wanted, &others));
    refuse_any(unmet)?;
    desk.store.give_back(revocation.id).await?;
    let mut after = Desk::stepped(before, Command::Restore)?;
    after.ended_on = None;
    let suspension = desk.store.latest(before.id, DecisionKind::Suspension).await?;
    if desk.store.has_appeal(before.organisation_id, suspension, AppealState::Upheld).await? {
        after = reinstated(&after)?;
    }
    desk.store.enter_state(&after, desk.unit.today()).await?;
    Ok(after)
}
