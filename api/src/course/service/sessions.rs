//! Sessions: held, cancelled, described; and credit that was left open.

use uuid::Uuid;

use super::{At, Changed, Desk, facts_of, lead_of, trainer_facts};
use crate::actor::Permission;
use crate::command::{Stop, Unit, refuse_any};
use crate::course::model::{Command, Credit, SessionCommand, SessionState, State};
use crate::course::parts::{Course, Guest, Session};
use crate::course::rules::{self, Cover};
use crate::enrolment::target;
use crate::organisation::rules::{MAX_TEXT, unmet_for_line, unmet_for_text};
use crate::person::rules::unmet_for_hands;
use crate::refusal::{Code, Refusal};

/// Most guests of a session.
const MAX_GUESTS: usize = 10;

/// How a session was held.
#[derive(Clone, Debug)]
pub struct Holding {
    /// Hold it though something is unmet: its credit is then left to a quality lead.
    pub without_credit: bool,
    /// Why, if so.
    pub reason: Option<String>,
}

/// Finds a session of a course and what it becomes by a step.
fn stepped(sessions: &[Session], id: Uuid, command: SessionCommand) -> Result<Session, Stop> {
    let session = sessions.iter().find(|session| session.id == id).ok_or_else(super::not_found)?;
    refuse_any(rules::unmet_for_session_step(session.state, command))?;
    let state = session.state.after(command).unwrap_or(session.state);
    Ok(Session { state, ..session.clone() })
}

/// Records that a session was held; the first one sets the course running.
///
/// # Errors
///
/// Every unmet rule with its dates, or what the database answers.
pub async fn hold(unit: &Unit, at: At, how: Holding) -> Result<Changed, Stop> {
    let (desk, before) = Desk::planning_session(unit, at).await?;
    let after = Desk::stepped(&before, Command::Hold)?;
    let sessions = desk.store.sessions(before.id).await?;
    let mut held = stepped(&sessions, at.id, SessionCommand::Hold)?;
    let before_it = Session { state: SessionState::Planned, ..held.clone() };
    let known = desk.trainers(&before, std::slice::from_ref(&before_it)).await?;
    let (facts, trainers) = (before_it.facts(), trainer_facts(&known));
    let mut unmet =
        rules::unmet_for_holding(&facts, &trainers, (unit.now(), desk.asks_lived_experience()));
    let cover = Cover {
        licensed: desk.store.is_covered(&before, held.day).await?,
        teach_out_until: desk.store.teach_out_until(before.id).await?,
    };
    let open = rules::unmet_for_credit(&facts, &trainers, cover);
    held.credit = Some(if open.is_empty() { Credit::Given } else { Credit::Pending });
    let impact: Vec<String> = open.iter().map(|refusal| refusal.message.clone()).collect();
    if !how.without_credit {
        unmet.extend(open);
    } else if !open.is_empty() {
        unmet.extend(unmet_for_text(how.reason.as_deref().unwrap_or(""), "reason", MAX_TEXT));
    }
    refuse_any(unmet)?;
    held.reason = how.reason.filter(|_| held.credit == Some(Credit::Pending));
    desk.store.settle(&held).await?;
    let now: Vec<Session> = sessions.into_iter().filter(|session| session.id != at.id).collect();
    let after = Course { lead_trainer_id: lead_of(&now, before.lead_trainer_id), ..after };
    desk.save("course.session_held", &before, after, &["sessions"], held.reason.as_deref()).await?;
    Ok(Changed { id: before.id, impact })
}

/// Calls a session off without a replacement; gives the modules that have no session then. Whoever is on the course is
/// told what is needed from now on.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn cancel(unit: &Unit, at: At, reason: String) -> Result<Changed, Stop> {
    let (desk, before) = Desk::planning_session(unit, at).await?;
    let after = Desk::stepped(&before, Command::Reschedule)?;
    let mut sessions = desk.store.sessions(before.id).await?;
    let cancelled = stepped(&sessions, at.id, SessionCommand::Cancel)?;
    let cancelled = Session { reason: Some(reason.clone()), ..cancelled };
    refuse_any(unmet_for_text(&reason, "reason", MAX_TEXT))?;
    for session in sessions.iter_mut().filter(|session| session.id == at.id) {
        session.state = cancelled.state;
    }
    let curriculum = desk.curriculum(before.programme_version_id, before.organisation_id).await?;
    let lost =
        rules::unmet_for_schedule(before.terms(), &facts_of(&sessions), &curriculum.numbered());
    desk.store.release(at.id).await?;
    desk.store.settle(&cancelled).await?;
    let after = Course { lead_trainer_id: lead_of(&sessions, before.lead_trainer_id), ..after };
    desk.save("course.session_cancelled", &before, after, &["sessions"], Some(&reason)).await?;
    let mut impact: Vec<String> = lost.into_iter().map(|refusal| refusal.message).collect();
    let told = target::session_cancelled(unit, &before, at.id).await?;
    if told > 0 {
        impact.push(format!("trainees who are told what is needed now: {told}"));
    }
    Ok(Changed { id: before.id, impact })
}

/// Where a session meets and who contributes as a guest: what is absent stays, empty text takes it away.
#[derive(Clone, Debug, Default)]
pub struct Details {
    /// The venue.
    pub venue: Option<String>,
    /// The link by which people join.
    pub join_url: Option<String>,
    /// The guests.
    pub guests: Option<Vec<Guest>>,
}

/// Changes where a session meets and its guests.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn describe(unit: &Unit, at: At, details: Details) -> Result<Changed, Stop> {
    let (desk, before) = Desk::planning_session(unit, at).await?;
    let after = Desk::stepped(&before, Command::Amend)?;
    let sessions = desk.store.sessions(before.id).await?;
    let planned = |session: &Session| session.id == at.id && session.state == SessionState::Planned;
    if !sessions.iter().any(planned) {
        let message = "only a session that is PLANNED is described";
        return Err(Refusal::at(Code::Conflict, "", message).into());
    }
    refuse_any(unmet_for_details(&details))?;
    let ((venue, join_url), guests) = desk.store.place_and_guests(at.id).await?;
    let kept = |new: Option<String>, old: Option<String>| match new {
        Some(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        None => old,
    };
    let place = (kept(details.venue, venue), kept(details.join_url, join_url));
    desk.store.put_place(&before, at.id, place).await?;
    desk.store.put_guests(&before, at.id, &details.guests.unwrap_or(guests)).await?;
    desk.save("course.session_described", &before, after, &["places", "guests"], None).await?;
    Ok(Changed { id: before.id, impact: Vec::new() })
}

/// Places are lines of text, links lead to a meeting over a safe connection, guests have names.
fn unmet_for_details(details: &Details) -> Vec<Refusal> {
    let filled = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
    let mut unmet = Vec::new();
    if let Some(venue) = filled(&details.venue) {
        unmet.extend(unmet_for_text(&venue, "venue", MAX_TEXT));
    }
    if let Some(url) = filled(&details.join_url) {
        unmet.extend(unmet_for_text(&url, "joinUrl", MAX_TEXT));
        if !url.starts_with("https://") || url.contains(char::is_whitespace) {
            let message = "must be an address that begins with https://";
            unmet.push(Refusal::at(Code::Invalid, "joinUrl", message));
        }
    }
    let guests = details.guests.as_deref().unwrap_or_default();
    if guests.len() > MAX_GUESTS {
        let message = format!("name at most {MAX_GUESTS} guests");
        unmet.push(Refusal::at(Code::Invalid, "guests", message));
    }
    for (place, guest) in guests.iter().enumerate() {
        unmet.extend(unmet_for_line(&guest.name, &format!("guests.{place}.name")));
        unmet.extend(unmet_for_line(&guest.contribution, &format!("guests.{place}.contribution")));
    }
    unmet
}

/// Gives credit for a session that was held without it.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn credit(unit: &Unit, at: At, reason: String) -> Result<Changed, Stop> {
    let acting_as = unit.actor().acting_nationally(Permission::OverseeCourses);
    if acting_as.is_none() {
        return Err(Refusal::forbidden(Permission::OverseeCourses).into());
    }
    let id = crate::course::store::Courses::of(unit).course_of_session(at.id).await?;
    let course = At { id: id.ok_or_else(super::not_found)?, version: at.version };
    let (desk, before) = Desk::of_the_nation(unit, Permission::OverseeCourses, course).await?;
    let sessions = desk.store.sessions(before.id).await?;
    let session = sessions.iter().find(|session| session.id == at.id && session.is_pending());
    let Some(session) = session.filter(|_| before.state != State::Closed) else {
        let message = "only a session that was held without credit, of a course that is not CLOSED";
        return Err(Refusal::at(Code::Conflict, "", message).into());
    };
    let taught = desk.trainers(&before, std::slice::from_ref(session)).await?;
    let persons: Vec<Option<Uuid>> = taught.iter().map(|known| Some(known.person_id)).collect();
    let mut unmet = unmet_for_hands(unit.actor().person(), &persons);
    unmet.extend(unmet_for_text(&reason, "reason", MAX_TEXT));
    refuse_any(unmet)?;
    let given = Session { credit: Some(Credit::Given), ..session.clone() };
    desk.store.settle(&given).await?;
    let after = before.clone();
    desk.save("course.session_credited", &before, after, &["sessions"], Some(&reason)).await?;
    Ok(Changed { id: before.id, impact: Vec::new() })
}
