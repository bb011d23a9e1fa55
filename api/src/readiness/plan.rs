//! Action plans: what an organisation will do, who sees to it, and by when.

use uuid::Uuid;

use super::assessments::change;
use super::desk::Desk;
use super::model::{Action, ActionState, Assessment};
use super::rules::{self, Planned};
use super::store::Readiness;
use crate::actor::Permission;
use crate::command::{Stop, Unit, refuse_any};
use crate::organisation::rules::{MAX_TEXT, unmet_for_text};
use crate::person::desk::{At, Changed, not_found};
use crate::refusal::{Code, Refusal};

async fn unmet_for_planned(
    desk: &Desk<'_>,
    of: &Assessment,
    planned: &Planned,
) -> Result<Vec<Refusal>, Stop> {
    let (_, content) = desk.asked(of).await?;
    let known = match planned.owner {
        Some(person) => {
            let today = desk.unit.today();
            desk.store.keeps_record(of.organisation_id, person, today).await?
        }
        None => true,
    };
    Ok(rules::unmet_for_action(planned, &content, known))
}

/// Adds an action to the plan of an assessment.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn add(unit: &Unit, assessment: Uuid, planned: Planned) -> Result<Changed, Stop> {
    let (desk, of) = Desk::at_own(unit, Permission::DraftReadiness, assessment)
        .await
        .map_err(|stop| stop.of_field("assessmentId"))?;
    let mut unmet = rules::unmet_for_planning(of.state);
    unmet.extend(unmet_for_planned(&desk, &of, &planned).await?);
    unmet.extend(rules::unmet_for_due_day(planned.due_on, unit.today()));
    unmet.extend(rules::unmet_for_plan(desk.store.open_actions(assessment).await?.len() + 1));
    refuse_any(unmet)?;
    let Planned { indicator, text, owner_title, owner, due_on } = planned;
    let action = Action {
        id: unit.id(),
        organisation_id: of.organisation_id,
        assessment_id: of.id,
        indicator_id: indicator,
        text: text.trim().to_owned(),
        owner_title: owner_title.trim().to_owned(),
        owner_id: owner,
        due_on,
        state: ActionState::Open,
        progress: 0,
        note: None,
        evidence_id: None,
        settled_on: None,
        reminded_on: None,
        created_at: unit.now(),
        updated_at: unit.now(),
        version: 1,
    };
    change(&desk, &of, of.clone()).await?;
    desk.store.insert_action(&action).await?;
    desk.record("readiness_action.added", None, &action, &[], None);
    Ok(Changed::of(action.id))
}

/// The desk of the organisation at an open action, locked after its assessment and as the caller read it.
async fn at_action(unit: &Unit, at: At) -> Result<(Desk<'_>, Assessment, Action), Stop> {
    let found = Readiness::of(unit).action(at.id).await?.ok_or_else(not_found)?;
    let (desk, of) = Desk::at_own(unit, Permission::DraftReadiness, found.assessment_id).await?;
    refuse_any(rules::unmet_for_planning(of.state))?;
    let of = change(&desk, &of, of.clone()).await?;
    let action = desk.store.lock_action(at.id).await?.ok_or_else(not_found)?;
    if action.version != at.version {
        return Err(Refusal::stale().into());
    }
    refuse_any(rules::unmet_for_open_action(action.state))?;
    Ok((desk, of, action))
}

async fn save(
    desk: &Desk<'_>,
    action: &'static str,
    before: &Action,
    mut after: Action,
) -> Result<Changed, Stop> {
    after.version = before.version + 1;
    after.updated_at = desk.unit.now();
    desk.store.update_action(&after).await?;
    desk.record(action, Some(before), &after, &[], None);
    Ok(Changed::of(after.id))
}

/// Lets an open action say something else. A day that moves is reminded of anew.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn amend(unit: &Unit, at: At, planned: Planned) -> Result<Changed, Stop> {
    let (desk, of, before) = at_action(unit, at).await?;
    let mut unmet = unmet_for_planned(&desk, &of, &planned).await?;
    let moved = planned.due_on != before.due_on;
    if moved {
        unmet.extend(rules::unmet_for_due_day(planned.due_on, unit.today()));
    }
    refuse_any(unmet)?;
    let Planned { indicator, text, owner_title, owner, due_on } = planned;
    let after = Action {
        indicator_id: indicator,
        text: text.trim().to_owned(),
        owner_title: owner_title.trim().to_owned(),
        owner_id: owner,
        due_on,
        reminded_on: before.reminded_on.filter(|_| !moved),
        ..before.clone()
    };
    save(&desk, "readiness_action.amended", &before, after).await
}

/// How far an action has come.
#[derive(Clone, Debug)]
pub struct Progress {
    /// In basis points.
    pub progress: i32,
    /// Words about it.
    pub note: Option<String>,
    /// The evidence that it is done.
    pub evidence: Option<Uuid>,
}

/// Says how far an action has come; all of the way is done.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn progress(unit: &Unit, at: At, new: Progress) -> Result<Changed, Stop> {
    let (desk, of, before) = at_action(unit, at).await?;
    let Progress { progress, note, evidence } = new;
    let mut unmet = rules::unmet_for_progress(progress);
    if let Some(note) = &note {
        unmet.extend(unmet_for_text(note, "note", MAX_TEXT));
    }
    if let Some(id) = evidence {
        let known = desk.store.evidence_of(of.id).await?;
        if !known.iter().any(|piece| piece.id == id) {
            let message = "no evidence of this assessment";
            unmet.push(Refusal::at(Code::NotFound, "evidenceId", message));
        }
    }
    refuse_any(unmet)?;
    let done = progress == 10_000;
    let after = Action {
        progress,
        note: note.map(|note| note.trim().to_owned()).or_else(|| before.note.clone()),
        evidence_id: evidence.or(before.evidence_id),
        state: if done { ActionState::Done } else { ActionState::Open },
        settled_on: done.then(|| unit.today()),
        ..before.clone()
    };
    let named = if done { "readiness_action.done" } else { "readiness_action.progressed" };
    let saved = save(&desk, named, &before, after).await?;
    let impact = if done { left_open(&desk, &before).await? } else { Vec::new() };
    Ok(Changed { impact, ..saved })
}

/// The conditions of licences that an action was copied to, which do not settle with it.
async fn left_open(desk: &Desk<'_>, action: &Action) -> Result<Vec<String>, Stop> {
    let numbers = desk.store.conditioned(action.assessment_id, &action.text).await?;
    let told = |number: &String| {
        format!("licence {number} has it as a condition, which licensing settles: it stays open")
    };
    Ok(numbers.iter().map(told).collect())
}

/// Lets an action no longer be meant to be done.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn drop_action(unit: &Unit, at: At, reason: &str) -> Result<Changed, Stop> {
    let (desk, _, before) = at_action(unit, at).await?;
    refuse_any(unmet_for_text(reason, "reason", MAX_TEXT))?;
    let after = Action {
        state: ActionState::Dropped,
        note: Some(reason.trim().to_owned()),
        settled_on: Some(unit.today()),
        ..before.clone()
    };
    let saved = save(&desk, "readiness_action.dropped", &before, after).await?;
    Ok(Changed { impact: left_open(&desk, &before).await?, ..saved })
}
