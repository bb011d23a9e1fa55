//! Use cases of an organisation at its assessment: begin it, name raters, sign it, give it up.

use uuid::Uuid;

use super::desk::Desk;
use super::model::{Assessment, Command, InstrumentState, Part, Perspective, Rater, State};
use super::rules;
use crate::actor::Permission;
use crate::command::{Stop, Unit, refuse_any};
use crate::person::desk::{At, Changed, not_found};
use crate::refusal::{Code, Refusal};

/// Begins an assessment of an organisation with its raters.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn start(
    unit: &Unit,
    organisation: Uuid,
    instrument: Uuid,
    perspectives: &[Perspective],
) -> Result<Changed, Stop> {
    let desk = Desk::of_organisation(unit, organisation, Permission::DraftReadiness)
        .map_err(|stop| stop.of_field("organisationId"))?;
    let status = desk.store.status(organisation).await?.ok_or_else(not_found)?;
    let missing = || Refusal::at(Code::NotFound, "instrumentId", "no such instrument");
    let found = desk.store.instrument(instrument).await?;
    // Who drafts none sees no drafts.
    let found = found.filter(|found| found.state != InstrumentState::Draft).ok_or_else(missing)?;
    let mut unmet = rules::unmet_for_start(status, found.state);
    unmet.extend(rules::unmet_for_raters(perspectives.len(), "raters"));
    if desk.store.open(organisation).await?.is_some() {
        unmet.push(Refusal::whole(Code::AssessmentOpen));
    }
    refuse_any(unmet)?;
    let assessment = Assessment {
        id: unit.id(),
        organisation_id: organisation,
        instrument_id: instrument,
        state: State::Draft,
        started_by: unit.actor().account(),
        started_on: unit.today(),
        submitted_by: None,
        submitted_on: None,
        reviewer_id: None,
        assigned_by: None,
        assigned_on: None,
        returned_on: None,
        return_comment: None,
        validated_by: None,
        self_score: None,
        found: None,
        ended_on: None,
        end_reason: None,
        superseded_by_id: None,
        created_at: unit.now(),
        updated_at: unit.now(),
        version: 1,
    };
    desk.store.insert_assessment(&assessment).await?;
    // Asked again once inserted: its reference waited for a closing organisation, which is now seen as closed.
    let status = desk.store.status(organisation).await?.ok_or_else(not_found)?;
    refuse_any(rules::unmet_for_start(status, found.state))?;
    desk.store.keep_hand(unit, (&assessment, desk.account()?), Part::Answered).await?;
    desk.record("readiness.started", None, &assessment, &[], None);
    for (number, perspective) in (1..).zip(perspectives) {
        insert_rater(&desk, &assessment, number, *perspective).await?;
    }
    let content = desk.store.content(instrument).await?;
    let impact = vec![format!(
        "{}: {} indicators to answer by each rater",
        found.name(),
        content.indicator_ids.len()
    )];
    Ok(Changed { id: assessment.id, impact })
}

async fn insert_rater(
    desk: &Desk<'_>,
    of: &Assessment,
    number: i32,
    perspective: Perspective,
) -> Result<Rater, Stop> {
    let rater = Rater {
        id: desk.unit.id(),
        organisation_id: of.organisation_id,
        assessment_id: of.id,
        number,
        perspective,
        withdrawn: false,
        created_at: desk.unit.now(),
        updated_at: desk.unit.now(),
        version: 1,
    };
    desk.store.insert_rater(&rater).await?;
    desk.record("readiness.rater_added", None, &rater, &[], None);
    Ok(rater)
}

/// An assessment of which something changes: one that was given back is a draft again. Its version counts what is
/// answered, shown and planned too, so that what is signed and validated is what was read.
pub(super) async fn open_for_answers(
    desk: &Desk<'_>,
    before: &Assessment,
) -> Result<Assessment, Stop> {
    let after = Desk::stepped(before, Command::Answer)?;
    change(desk, before, after).await
}

/// Saves that something of an assessment changes, and by whom.
pub(super) async fn change(
    desk: &Desk<'_>,
    before: &Assessment,
    after: Assessment,
) -> Result<Assessment, Stop> {
    // Whoever sees to the plan later had no hand in what was found.
    if before.found.is_none() {
        desk.store.keep_hand(desk.unit, (before, desk.account()?), Part::Answered).await?;
    }
    let again = before.state == State::Returned && after.state == State::Draft;
    let named = if again { "readiness.taken_up_again" } else { "readiness.changed" };
    desk.save(named, before, after, &[], None).await
}

/// What follows for an assessment that was given back, once it is answered again.
pub(super) fn taken_up_again(of: &Assessment) -> Option<String> {
    let told = "it is a DRAFT again, and handed in anew (readinessSubmit)".to_owned();
    of.returned_on.is_some().then_some(told)
}

/// Adds a rater to an assessment that is not handed in. Gives the rater.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn add_rater(
    unit: &Unit,
    assessment: Uuid,
    perspective: Perspective,
) -> Result<Changed, Stop> {
    let (desk, before) = Desk::at_own(unit, Permission::DraftReadiness, assessment)
        .await
        .map_err(|stop| stop.of_field("assessmentId"))?;
    let open = open_for_answers(&desk, &before).await?;
    let raters = desk.store.raters(assessment).await?;
    refuse_any(rules::unmet_for_raters(raters.len() + 1, "assessmentId"))?;
    let number = raters.last().map_or(1, |last| last.number + 1);
    let rater = insert_rater(&desk, &open, number, perspective).await?;
    Ok(Changed::of(rater.id))
}

/// Lets the answers of a rater no longer count.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn withdraw_rater(unit: &Unit, at: At) -> Result<Changed, Stop> {
    let (desk, _, before) = at_rater(unit, at).await?;
    if before.withdrawn {
        return Err(Refusal::whole(Code::Unchanged).into());
    }
    let after = Rater { withdrawn: true, ..before.clone() };
    save_rater(&desk, "readiness.rater_withdrawn", &before, after, &[]).await?;
    Ok(Changed::of(before.id))
}

/// The desk of the organisation at a rater: the assessment locked and open, the rater as the caller read it.
pub(super) async fn at_rater(unit: &Unit, at: At) -> Result<(Desk<'_>, Assessment, Rater), Stop> {
    let found = super::store::Readiness::of(unit).rater(at.id).await?.ok_or_else(not_found)?;
    let (desk, before) =
        Desk::at_own(unit, Permission::DraftReadiness, found.assessment_id).await?;
    let open = open_for_answers(&desk, &before).await?;
    let rater = desk.store.lock_rater(at.id).await?.ok_or_else(not_found)?;
    if rater.version == at.version { Ok((desk, open, rater)) } else { Err(Refusal::stale().into()) }
}

/// Saves `after` as the next version of `before` and records the change.
pub(super) async fn save_rater(
    desk: &Desk<'_>,
    action: &'static str,
    before: &Rater,
    mut after: Rater,
    facts: &[&str],
) -> Result<(), Stop> {
    after.version = before.version + 1;
    after.updated_at = desk.unit.now();
    desk.store.update_rater(&after).await?;
    desk.record(action, Some(before), &after, facts, None);
    Ok(())
}

/// Signs an assessment and hands it in.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn submit(unit: &Unit, at: At) -> Result<Changed, Stop> {
    let (desk, _) = Desk::at_own(unit, Permission::SignReadiness, at.id).await?;
    let before = desk.locked(at).await?;
    let after = Desk::stepped(&before, Command::Submit)?;
    let (instrument, content) = desk.asked(&before).await?;
    let sheets = desk.store.sheets(at.id).await?;
    let evidenced = desk.evidenced(&before).await?;
    refuse_any(rules::unmet_for_submission(&content, &instrument.thresholds, &sheets, &evidenced))?;
    let planned = !desk.store.open_actions(at.id).await?.is_empty();
    let marks = rules::means(&content, &sheets);
    let score = content.ruler(&instrument.thresholds).score(&marks, planned);
    desk.store.keep_outcome(unit, &before, &content, (&score, None)).await?;
    let after = Assessment {
        submitted_on: Some(unit.today()),
        submitted_by: unit.actor().account(),
        self_score: Some(score.overall),
        ..after
    };
    desk.store.keep_hand(unit, (&before, desk.account()?), Part::Signed).await?;
    desk.save("readiness.submitted", &before, after, &["domainScores"], None).await?;
    let impact = vec![
        format!("by its raters it scores {} of 10000: {}", score.overall, score.outcome.code()),
        "only validated scores count for a licence".to_owned(),
    ];
    Ok(Changed { id: at.id, impact })
}

/// Gives an assessment up.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn withdraw(unit: &Unit, at: At) -> Result<Changed, Stop> {
    let (desk, _) = Desk::at_own(unit, Permission::DraftReadiness, at.id).await?;
    let before = desk.locked(at).await?;
    let mut after = Desk::stepped(&before, Command::Withdraw)?;
    after.ended_on = Some(unit.today());
    desk.save("readiness.withdrawn", &before, after, &[], None).await?;
    Ok(Changed::of(at.id))
}
