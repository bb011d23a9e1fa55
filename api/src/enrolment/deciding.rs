//! Use cases: a person decides what comes of somebody, and what changes opens it again.

use super::desk::Desk;
use super::graduation::{Outcome, Snapshot, Verdict};
use super::model::{Command, Decision, Enrolment, ReopenReason, State};
use super::rules;
use super::store::{Judged, Sheet};
use crate::actor::Permission;
use crate::command::{Stop, Unit, refuse_any};
use crate::course::store::Courses;
use crate::credential::model::Reason as RevokeReason;
use crate::credential::service::{self as credentials, Graduated, Hand};
use crate::db::DbFault;
use crate::organisation::rules::{MAX_TEXT, unmet_for_text};
use crate::person::desk::{At, Changed, not_found};

/// What somebody decides.
#[derive(Clone, Debug)]
pub struct Decided {
    /// What.
    pub outcome: Outcome,
    /// Why, where it is not what the rule finds.
    pub override_reason: Option<String>,
}

/// Decides what comes of somebody: what the rule finds, by the lead trainer or a quality lead; anything else by a quality
/// lead, with a reason. Whoever graduates is given the credential, in the same transaction.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn decide(unit: &Unit, at: At, how: Decided) -> Result<Changed, Stop> {
    let overrides = how.override_reason.is_some();
    let (desk, before) = if overrides {
        Desk::of_the_nation(unit, Permission::OverseeEnrolments, at).await?
    } else {
        Desk::at(unit, Permission::DecideGraduation, at).await?
    };
    let (sheet, course) = (
        desk.store.sheet(before.course_id, &[at.id]).await?,
        Courses::of(unit).find(before.course_id).await?.ok_or_else(not_found)?,
    );
    let inputs = sheet.inputs(&before);
    let Judged { rule, found: evaluation, former } = sheet.judged(&before, &inputs);
    let open = evaluation.reasons.iter().filter(|reason| reason.verdict == Verdict::Open);
    let open: Vec<String> = open.map(|reason| reason.words.clone()).collect();
    let mut unmet = rules::unmet_for_decision((evaluation.outcome, how.outcome), overrides, &open);
    if let Some(reason) = &how.override_reason {
        unmet.extend(unmet_for_text(reason, "overrideReason", MAX_TEXT));
    }
    refuse_any(unmet)?;
    let over = ended(&before)?;
    let graduates = how.outcome == Outcome::Graduated;
    let command = if graduates { Command::Graduate } else { Command::Fail };
    let after = Desk::stepped(&over, command)?;
    let snapshot = Snapshot::new(rule, inputs, former).to_json().map_err(|_| unwritten())?;
    let decision = Decision {
        id: unit.id(),
        organisation_id: before.organisation_id,
        enrolment_id: before.id,
        course_id: before.course_id,
        outcome: how.outcome,
        found: evaluation.outcome,
        snapshot,
        override_reason: how.override_reason.map(|reason| reason.trim().to_owned()),
        decided_by: desk.account()?,
        decided_person_id: unit.actor().person(),
        decided_at: unit.now(),
        decided_on: unit.today(),
        reopened_at: None,
        reopen_reason: None,
        version: 1,
    };
    desk.store.insert_decision(&decision).await?;
    let reason = decision.override_reason.as_deref();
    desk.record("graduation.decided", None, (&decision, before.organisation_id), reason);
    let after = Enrolment { state: after.state, ..before.clone() };
    desk.save("enrolment.decided", &before, after, reason).await?;
    let hand = Hand { acting_as: desk.acting_as.clone(), chain: before.organisation_id };
    let graduated = Graduated {
        person: before.person_id,
        course: before.course_id,
        programme_version: course.programme_version_id,
        deliverer: before.organisation_id,
        decision: decision.id,
        awarded_on: decision.decided_on,
    };
    let mut impact: Vec<String> =
        evaluation.reasons.iter().map(|reason| reason.words.clone()).collect();
    impact.extend(evaluation.notes);
    impact.extend(credited(unit, graduated, graduates, &hand).await?);
    Ok(Changed { id: before.id, impact })
}

/// Whoever is judged has come to the end of the course; a record that is complete by transfer is so before it.
fn ended(before: &Enrolment) -> Result<Enrolment, Stop> {
    match before.state {
        State::Active => Desk::stepped(before, Command::Complete),
        _ => Ok(before.clone()),
    }
}

fn unwritten() -> Stop {
    DbFault::unreadable("graduation_decision.snapshot").into()
}

/// CRD-1: one credential for each graduation. A decision that is taken again keeps the one that was issued, or takes it
/// away.
async fn credited(
    unit: &Unit,
    of: Graduated,
    graduates: bool,
    hand: &Hand,
) -> Result<Option<String>, Stop> {
    let issued = credentials::of_graduation(unit, of.person, of.course).await?;
    match (issued, graduates) {
        (None, true) => {
            credentials::issue(unit, of, hand).await?;
            Ok(Some("the credential is issued".to_owned()))
        }
        (Some(_), true) => Ok(Some("the credential that was issued stays".to_owned())),
        (Some(issued), false) => {
            credentials::reverse(unit, &issued, RevokeReason::DecisionReversed, hand).await?;
            Ok(Some("the credential is revoked".to_owned()))
        }
        (None, false) => Ok(None),
    }
}

/// Opens a decision again: in an appeal, or because it was wrong.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn reopen(unit: &Unit, at: At, reason: ReopenReason) -> Result<Changed, Stop> {
    let (desk, before) = Desk::of_the_nation(unit, Permission::OverseeEnrolments, at).await?;
    refuse_any(rules::unmet_for_reopening(reason))?;
    let after = Desk::stepped(&before, Command::Reopen)?;
    let decision = desk.store.standing_decision(before.id).await?.ok_or_else(not_found)?;
    reopened(&desk, decision, reason).await?;
    desk.save("enrolment.reopened", &before, after, None).await?;
    let impact = vec!["a credential that was issued stays until it is decided again".to_owned()];
    Ok(Changed { id: at.id, impact })
}

/// Saves that a decision is open again.
pub(super) async fn reopened(
    desk: &Desk<'_>,
    before: Decision,
    reason: ReopenReason,
) -> Result<(), Stop> {
    let after = Decision {
        reopened_at: Some(desk.unit.now()),
        reopen_reason: Some(reason),
        version: before.version + 1,
        ..before.clone()
    };
    desk.store.update_decision(&after).await?;
    desk.record("graduation.reopened", Some(&before), (&after, after.organisation_id), None);
    Ok(())
}

/// GRA-3: a decision is open again once what it stands on is no longer what it was. Tells whether it is.
pub(super) async fn reopen_if_changed(
    desk: &Desk<'_>,
    sheet: &Sheet,
    of: &Enrolment,
) -> Result<bool, Stop> {
    if of.state.after(Command::Reopen).is_none() {
        return Ok(false);
    }
    let Some(decision) = desk.store.standing_decision(of.id).await? else { return Ok(false) };
    let inputs = sheet.inputs(of);
    let Judged { rule, former, .. } = sheet.judged(of, &inputs);
    let now = Snapshot::new(rule, inputs, former).to_json().map_err(|_| unwritten())?;
    if now == decision.snapshot {
        return Ok(false);
    }
    reopened(desk, decision, ReopenReason::AttendanceChanged).await?;
    let after = Desk::stepped(of, Command::Reopen)?;
    desk.save("enrolment.reopened", of, after, None).await?;
    Ok(true)
}
