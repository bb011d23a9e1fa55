//! Answers of raters and scores of reviewers, one by one or in bulk.

use super::assessments::{at_rater, save_rater, taken_up_again};
use super::desk::Desk;
use super::model::{Answer, Command, Part};
use super::rules;
use crate::command::{Stop, Unit, refuse_any};
use crate::person::desk::{At, Changed};
use crate::refusal::{Code, Refusal};

/// Writes answers of a rater over those that are there.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn answer(unit: &Unit, at: At, answers: &[Answer]) -> Result<Changed, Stop> {
    let (desk, assessment, rater) = at_rater(unit, at).await?;
    let (_, content) = desk.asked(&assessment).await?;
    let mut unmet = rules::unmet_for_answers(&content, answers);
    if rater.withdrawn {
        let message = "the answers of this rater no longer count: add another rater";
        unmet.push(Refusal::at(Code::Conflict, "", message));
    }
    refuse_any(unmet)?;
    desk.store.answer(unit, &rater, answers).await?;
    save_rater(&desk, "readiness.answered", &rater, rater.clone(), &["answers"]).await?;
    let sheets = desk.store.sheets(assessment.id).await?;
    let of_rater = sheets.iter().find(|sheet| sheet.number == rater.number);
    let known = of_rater.map_or(0, |sheet| sheet.answers.len());
    let open = content.indicator_ids.len().saturating_sub(known);
    let mut impact = vec![format!("indicators without an answer: {open}")];
    impact.extend(taken_up_again(&assessment));
    Ok(Changed { id: rater.id, impact })
}

/// Writes scores of the reviewer over those that are there.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn score(unit: &Unit, at: At, scores: &[Answer]) -> Result<Changed, Stop> {
    let (desk, before) = Desk::at_assigned(unit, at).await?;
    let after = Desk::stepped(&before, Command::Score)?;
    let linked = desk.store.is_linked(unit, desk.account()?, before.organisation_id).await?;
    refuse_any(rules::unmet_for_reviewer(true, linked).into_iter().map(Refusal::of_all).collect())?;
    let (_, content) = desk.asked(&before).await?;
    let moved = rules::unmet_for_answers(&content, scores).into_iter().map(as_scores).collect();
    refuse_any(moved)?;
    desk.store.score(unit, &before, scores).await?;
    desk.store.keep_hand(unit, (&before, desk.account()?), Part::Scored).await?;
    desk.save("readiness.scored", &before, after, &["scores"], None).await?;
    let known = desk.store.scores(at.id).await?.len();
    let open = content.indicator_ids.len().saturating_sub(known);
    Ok(Changed { id: at.id, impact: vec![format!("indicators without a score: {open}")] })
}

/// The refusal of an answer, where the input calls it a score.
fn as_scores(refusal: Refusal) -> Refusal {
    let renamed = |part: String| match part.as_str() {
        "answers" => "scores".to_owned(),
        "note" => "comment".to_owned(),
        _ => part,
    };
    Refusal { path: refusal.path.into_iter().map(renamed).collect(), ..refusal }
}
