//! From the proposal to the opening, and teach-out decisions.

use super::{At, Changed, Desk, facts_of, trainer_facts};
use crate::actor::Permission;
use crate::command::{Stop, Unit, refuse_any};
use crate::course::facts::Licensed;
use crate::course::model::{Command, State};
use crate::course::parts::{Course, TeachOut};
use crate::course::rules;
use crate::organisation::rules::{MAX_TEXT, unmet_for_text};
use crate::refusal::{Code, Refusal};

/// Everything that speaks against a course as it is planned, and what endangers it, in words: COH-1, TRN-1 to
/// TRN-4, its version, its deliverer.
async fn speaks_against(
    desk: &Desk<'_>,
    course: &Course,
    books: bool,
) -> Result<(Vec<Refusal>, Vec<String>), Stop> {
    let curriculum = desk.curriculum(course.programme_version_id, course.organisation_id).await?;
    let sessions = desk.store.sessions(course.id).await?;
    let trainers = trainer_facts(&desk.trainers(course, &sessions).await?);
    let facts = facts_of(&sessions);
    let mut unmet = desk.unmet_for_deliverer(course.organisation_id, "").await?;
    unmet.extend(rules::unmet_for_version(curriculum.facts, course.start_on));
    unmet.extend(rules::unmet_for_schedule(course.terms(), &facts, &curriculum.numbered()));
    unmet.extend(rules::unmet_for_leads(&facts, ""));
    unmet.extend(rules::unmet_for_lived_experience(
        desk.asks_lived_experience(),
        &facts,
        (&trainers, ""),
    ));
    unmet.extend(rules::unmet_for_accreditation(&facts, &trainers));
    let (busy, told) = desk.overlap(course, (&facts, &trainers), books).await?;
    unmet.extend(busy);
    Ok((unmet, told))
}

/// Puts a draft before the licensing officer; a licence whose holder approves its own courses approves it
/// at once.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn propose(unit: &Unit, at: At) -> Result<Changed, Stop> {
    let (desk, found) = Desk::before(unit, Permission::PlanCourses, at.id).await?;
    let of = (found.organisation_id, found.programme_type);
    let licensed = desk.store.licensed(of, (found.start_on, found.end_on), at.id).await?;
    let before = desk.locked(at).await?;
    let mut after = Desk::stepped(&before, Command::Propose)?;
    let (mut unmet, mut impact) = speaks_against(&desk, &before, false).await?;
    let delivers = licensed.as_ref().is_some_and(|licensed| licensed.facts.delivers);
    if !delivers {
        let ty = before.programme_type.code();
        let message = format!("the organisation holds no licence to deliver {ty}: apply for one");
        unmet.push(Refusal::at(Code::LicenceDoesNotCover, "", message));
    }
    refuse_any(unmet)?;
    let Some(Licensed { licence, .. }) = licensed else { return Err(super::not_found()) };
    after.run_under(&licence);
    after.return_reason = None;
    let proposed = desk.save("course.proposed", &before, after, &[], None).await?;
    impact.extend(desk.endangered(&proposed).await?);
    if licence.approves_own_courses {
        let approved = Desk::stepped(&proposed, Command::Approve)?;
        desk.save("course.approved_by_licence", &proposed, approved, &[], None).await?;
        impact
            .push("the licence lets its holder approve its own courses: it is approved".to_owned());
    }
    Ok(Changed { id: at.id, impact })
}

/// Lets a proposed course be opened.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn approve(unit: &Unit, at: At) -> Result<Changed, Stop> {
    let (desk, before) = Desk::of_the_nation(unit, Permission::ApproveCourses, at).await?;
    let after = Desk::stepped(&before, Command::Approve)?;
    desk.save("course.approved", &before, after, &[], None).await?;
    Ok(Changed { id: at.id, impact: Vec::new() })
}

/// Sends a proposed course back to its organisation, with what is missing.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn give_back(unit: &Unit, at: At, reason: String) -> Result<Changed, Stop> {
    let (desk, before) = Desk::of_the_nation(unit, Permission::ApproveCourses, at).await?;
    let mut after = Desk::stepped(&before, Command::Return)?;
    refuse_any(unmet_for_text(&reason, "reason", MAX_TEXT))?;
    after.return_reason = Some(reason.clone());
    desk.save("course.returned", &before, after, &[], Some(&reason)).await?;
    Ok(Changed { id: at.id, impact: Vec::new() })
}

/// Opens a course for applications, under the lock of its licence: a suspension comes before it or after.
///
/// # Errors
///
/// Every unmet rule with its dates, or what the database answers.
pub async fn open(unit: &Unit, at: At) -> Result<Changed, Stop> {
    let (desk, found) = Desk::before(unit, Permission::PlanCourses, at.id).await?;
    let of = (found.organisation_id, found.programme_type);
    let licensed = desk.store.licensed(of, (found.start_on, found.end_on), at.id).await?;
    let before = desk.locked(at).await?;
    let mut after = Desk::stepped(&before, Command::Open)?;
    let until = desk.store.teach_out_until(at.id).await?;
    let licence = licensed.as_ref().map(|licensed| &licensed.facts);
    let mut unmet = match licence {
        Some(licence) => rules::unmet_for_licence(licence, before.terms(), until),
        None => rules::unmet_without_licence(desk.store.former(&before).await?),
    };
    let (against, _) = speaks_against(&desk, &before, true).await?;
    unmet.extend(against);
    if before.start_on < unit.today() {
        let message = format!("it was to start on {}: move it first", before.start_on);
        unmet.push(Refusal::at(Code::Conflict, "", message));
    }
    refuse_any(unmet)?;
    if let Some(Licensed { licence, .. }) = &licensed {
        after.run_under(licence);
    }
    after.opened_at = Some(unit.now());
    let opened = desk.save("course.opened", &before, after, &[], None).await?;
    desk.store.book(at.id).await?;
    let mut impact = vec!["everyone sees it and may come forward".to_owned()];
    impact.extend(desk.endangered(&opened).await?);
    Ok(Changed { id: at.id, impact })
}

/// Records that a course may open, or goes on, though its licence does not cover it to its end.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn teach_out(unit: &Unit, at: At, decision: TeachOut) -> Result<Changed, Stop> {
    let (desk, before) = Desk::of_the_nation(unit, Permission::OverseeCourses, at).await?;
    let after = Desk::stepped(&before, Command::TeachOut)?;
    let mut unmet = unmet_for_text(&decision.reason, "reason", MAX_TEXT);
    if decision.until < before.end_on {
        let message = format!("must not lie before the end of the course on {}", before.end_on);
        unmet.push(Refusal::at(Code::Invalid, "until", message));
    }
    if let Some(receiving) = decision.receiving
        && (receiving == before.organisation_id
            || !desk.facts.body(receiving).await?.is_some_and(|body| body.active))
    {
        let message =
            "name an organisation that is active in the network, other than the deliverer";
        unmet.push(Refusal::at(Code::Invalid, "receivingOrganisationId", message));
    }
    refuse_any(unmet)?;
    let by = desk.account()?;
    let replaced = desk.store.teach_out_until(at.id).await?;
    desk.store.teach_out(&before, &decision, by).await?;
    let reason = Some(decision.reason.as_str());
    let mut impact = vec![match after.state {
        State::TeachOut => format!("it goes on until {}", decision.until),
        State::Open | State::Confirmed => format!("it may run until {}", decision.until),
        _ => format!("it may open under an active licence, and run until {}", decision.until),
    }];
    impact.extend(
        replaced.map(|until| format!("this takes the place of the decision until {until}")),
    );
    desk.save("course.taught_out", &before, after, &["teachOuts"], reason).await?;
    Ok(Changed { id: at.id, impact })
}
