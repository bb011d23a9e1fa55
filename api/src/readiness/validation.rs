//! Reviewers and quality leads at an assessment that was handed in.

use uuid::Uuid;

use super::desk::Desk;
use super::due;
use super::model::{Assessment, Command, Found, Part, State};
use super::rules;
use super::score::Mark;
use crate::actor::Permission;
use crate::command::{Stop, Unit, refuse_any};
use crate::organisation::rules::{MAX_TEXT, unmet_for_text};
use crate::person::desk::{At, Changed, not_found};
use crate::refusal::{Code, Refusal};

/// Gives an assessment to a reviewer, or to another one.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn assign(unit: &Unit, at: At, reviewer: Uuid) -> Result<Changed, Stop> {
    let (desk, before) = Desk::at(unit, Permission::ValidateReadiness, at).await?;
    let after = Desk::stepped(&before, Command::Assign)?;
    let of = before.organisation_id;
    let holds = desk.store.reviews_for(unit, reviewer, of).await?;
    let linked = desk.store.is_linked(unit, reviewer, of).await?;
    let mut unmet = rules::unmet_for_reviewer(holds, linked);
    if desk.is_one_of(&[Some(reviewer)]).await? {
        let message = "whoever scores does not validate: name somebody else";
        unmet.push(Refusal::at(Code::SeparationOfDuties, "reviewerAccountId", message));
    }
    // Of what was handed in anew the same reviewer is asked again.
    if before.state == State::InValidation && before.reviewer_id == Some(reviewer) {
        unmet.push(Refusal::at(Code::Unchanged, "reviewerAccountId", "is the reviewer already"));
    }
    refuse_any(unmet)?;
    let after = Assessment {
        reviewer_id: Some(reviewer),
        assigned_by: Some(desk.account()?),
        assigned_on: Some(unit.today()),
        ..after
    };
    desk.save("readiness.assigned", &before, after, &[], None).await?;
    let impact = vec!["the reviewer sees it from now on; scores that are there stay".to_owned()];
    Ok(Changed { id: at.id, impact })
}

/// Gives an assessment back to its organisation with comments, by the reviewer or a quality lead.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn give_back(unit: &Unit, at: At, comment: &str) -> Result<Changed, Stop> {
    let (desk, before) = match unit.actor().acting_nationally(Permission::ReturnReadiness) {
        Some(_) => Desk::at(unit, Permission::ReturnReadiness, at).await?,
        None => Desk::at_assigned(unit, at).await?,
    };
    let after = Desk::stepped(&before, Command::Return)?;
    refuse_any(unmet_for_text(comment, "comment", MAX_TEXT))?;
    let after = Assessment {
        returned_on: Some(unit.today()),
        return_comment: Some(comment.trim().to_owned()),
        ..after
    };
    desk.save("readiness.returned", &before, after, &[], None).await?;
    let impact = vec!["the organisation answers again; scores that are there stay".to_owned()];
    Ok(Changed { id: at.id, impact })
}

/// Finds the outcome of an assessment that a reviewer has scored: it is computed, never typed.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn validate(unit: &Unit, at: At) -> Result<Changed, Stop> {
    let (desk, before) = Desk::at(unit, Permission::ValidateReadiness, at).await?;
    let after = Desk::stepped(&before, Command::Validate)?;
    let status = desk.store.status(before.organisation_id).await?.ok_or_else(not_found)?;
    refuse_any(rules::unmet_for_active(status, ""))?;
    let (instrument, content) = desk.asked(&before).await?;
    let scores = desk.store.scores(at.id).await?;
    let evidenced = desk.evidenced(&before).await?;
    let mut unmet =
        rules::unmet_for_validation(&content, &instrument.thresholds, &scores, &evidenced);
    unmet.extend(unmet_for_parts(&desk, &before).await?);
    refuse_any(unmet)?;
    let ruler = content.ruler(&instrument.thresholds);
    let planned = !desk.store.open_actions(at.id).await?.is_empty();
    let own = ruler.score(&rules::means(&content, &desk.store.sheets(at.id).await?), planned);
    let known = rules::marks(&content, &scores).into_iter();
    let marks: Vec<Mark> = known.map(|mark| mark.unwrap_or(Mark::of(0))).collect();
    let score = ruler.score(&marks, planned);
    let mut impact = Vec::new();
    if let Some(standing) = desk.store.standing(before.organisation_id).await? {
        impact.push(format!("the one of {} is superseded", told_day(&standing)));
        supersede(&desk, standing, at.id).await?;
    }
    let today = unit.today();
    let after = Assessment {
        validated_by: Some(desk.account()?),
        found: Some(Found {
            outcome: score.outcome,
            score: score.overall,
            validated_on: today,
            valid_to: rules::valid_to(score.outcome, today),
        }),
        ..after
    };
    desk.store.keep_outcome(unit, &before, &content, (&own, Some(&score))).await?;
    let facts = ["domainScores", "findings"];
    let after = desk.save("readiness.validated", &before, after, &facts, None).await?;
    impact.extend(due::settle(&desk, &after).await?);
    impact.push(format!("it scores {} of 10000: {}", score.overall, score.outcome.code()));
    if let Some(to) = after.found.and_then(|found| found.valid_to) {
        impact.push(format!("it carries a licence that begins no later than {to}"));
    }
    Ok(Changed { id: at.id, impact })
}

fn told_day(standing: &Assessment) -> String {
    standing.found.map(|found| found.validated_on.to_string()).unwrap_or_default()
}

/// Who took part: RDY-3 of everyone who scored, on this day too, and another person who validates.
async fn unmet_for_parts(desk: &Desk<'_>, of: &Assessment) -> Result<Vec<Refusal>, Stop> {
    let hands = desk.store.hands(of.id).await?;
    let others = hands.iter().map(|(account, _)| Some(*account)).chain([of.reviewer_id]);
    let others: Vec<_> = others.collect();
    let mut unmet = rules::unmet_for_validator(desk.is_one_of(&others).await?);
    let mut linked = false;
    for (scorer, _) in hands.iter().filter(|(_, part)| *part == Part::Scored) {
        linked |= desk.store.is_linked(desk.unit, *scorer, of.organisation_id).await?;
    }
    // The role may have ended since: what was scored under it counts.
    let found = rules::unmet_for_reviewer(true, linked);
    unmet.extend(found.into_iter().map(Refusal::of_all));
    Ok(unmet)
}

async fn supersede(desk: &Desk<'_>, standing: Assessment, by: Uuid) -> Result<(), Stop> {
    let after = Desk::stepped(&standing, Command::Supersede)?;
    let after =
        Assessment { ended_on: Some(desk.unit.today()), superseded_by_id: Some(by), ..after };
    desk.save("readiness.superseded", &standing, after, &[], None).await?;
    Ok(())
}

/// Lets an assessment count no more: licences that stand on it stay, new ones cannot.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn invalidate(unit: &Unit, at: At, reason: &str) -> Result<Changed, Stop> {
    let (desk, before) = Desk::at(unit, Permission::ValidateReadiness, at).await?;
    let after = Desk::stepped(&before, Command::Invalidate)?;
    refuse_any(unmet_for_text(reason, "reason", MAX_TEXT))?;
    let after = Assessment {
        ended_on: Some(unit.today()),
        end_reason: Some(reason.trim().to_owned()),
        ..after
    };
    desk.save("readiness.invalidated", &before, after, &[], Some(reason)).await?;
    let impact = vec![
        "licences that stand on it stay as they are".to_owned(),
        "no licence is granted on it any more".to_owned(),
    ];
    Ok(Changed { id: at.id, impact })
}
