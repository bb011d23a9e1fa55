//! Who teaches.

use uuid::Uuid;

use super::{At, Changed, Desk, facts_of, lead_of, trainer_facts};
use crate::actor::Permission;
use crate::command::{Stop, Unit, refuse_any};
use crate::course::facts::Known;
use crate::course::model::{Command, Part, SessionState, State};
use crate::course::parts::{Course, Session};
use crate::course::rules;
use crate::refusal::{Code, Refusal};

/// Most trainers that one assignment names.
const MAX_TRAINERS: usize = 40;

/// What a trainer is to do.
#[derive(Clone, Debug)]
pub struct Assignment {
    /// The trainer.
    pub trainer: Uuid,
    /// The part.
    pub part: Part,
    /// At which sessions; at all that are to come, if none is named.
    pub sessions: Vec<Uuid>,
}

/// Says who teaches the sessions that are to come: what was said of them before holds no longer.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn assign(unit: &Unit, at: At, given: Vec<Assignment>) -> Result<Changed, Stop> {
    let (desk, before) = Desk::at(unit, Permission::PlanCourses, at).await?;
    let mut after = Desk::stepped(&before, Command::Assign)?;
    let mut sessions = desk.store.sessions(at.id).await?;
    refuse_any(unmet_for_names(&given, &sessions))?;
    for session in sessions.iter_mut().filter(|session| session.state == SessionState::Planned) {
        let named =
            |one: &&Assignment| one.sessions.is_empty() || one.sessions.contains(&session.id);
        session.trainers = given.iter().filter(named).map(|one| (one.trainer, one.part)).collect();
    }
    let known = assignable(&desk, &before, &given).await?;
    let (unmet, impact) = unmet_for_teaching(&desk, &before, (&sessions, &known)).await?;
    refuse_any(unmet)?;
    desk.store.enrol_trainers(&before, &known).await?;
    let to_come = || sessions.iter().filter(|session| session.state == SessionState::Planned);
    for session in to_come() {
        desk.store.release(session.id).await?;
    }
    for session in to_come() {
        desk.store.assign(&before, session).await?;
    }
    after.lead_trainer_id = lead_of(&sessions, before.lead_trainer_id);
    desk.save("course.trainers_assigned", &before, after, &["trainers"], None).await?;
    Ok(Changed { id: at.id, impact })
}

/// Nobody has two parts at a session, and every session named is to come.
fn unmet_for_names(given: &[Assignment], sessions: &[Session]) -> Vec<Refusal> {
    let mut unmet = Vec::new();
    if given.len() > MAX_TRAINERS {
        let message = format!("name at most {MAX_TRAINERS} trainers");
        unmet.push(Refusal::at(Code::Invalid, "trainers", message));
    }
    let planned = |id: &Uuid| {
        sessions.iter().any(|session| session.id == *id && session.state == SessionState::Planned)
    };
    for (place, one) in given.iter().enumerate() {
        if !one.sessions.iter().all(planned) {
            let message = "name sessions of this course that are to come";
            let path = format!("trainers.{place}.sessionIds");
            unmet.push(Refusal::at(Code::NotFound, &path, message));
        }
        let both = |other: &&Assignment| {
            let all = one.sessions.is_empty() || other.sessions.is_empty();
            other.trainer == one.trainer
                && (all || one.sessions.iter().any(|id| other.sessions.contains(id)))
        };
        if given[..place].iter().any(|other| both(&other)) {
            let message = "a trainer has one part at a session";
            let path = format!("trainers.{place}.trainerId");
            unmet.push(Refusal::at(Code::Invalid, &path, message));
        }
    }
    unmet
}

/// The trainers named: who is listed, or works with the deliverer. Others look as if they were not there.
async fn assignable(
    desk: &Desk<'_>,
    course: &Course,
    given: &[Assignment],
) -> Result<Vec<Known>, Stop> {
    let mut ids: Vec<Uuid> = given.iter().map(|one| one.trainer).collect();
    ids.sort_unstable();
    ids.dedup();
    let seen_by = (course.organisation_id, desk.unit.today());
    let mut known = desk.facts.trainers(&ids, course.programme_type, seen_by).await?;
    known.retain(|known| known.seen);
    let path = |place: usize| format!("trainers.{place}.trainerId");
    for known in &mut known {
        let place = given.iter().position(|one| one.trainer == known.facts.id);
        known.facts.path = place.map(path).unwrap_or_default();
    }
    let of = |one: &Assignment| known.iter().any(|known| known.facts.id == one.trainer);
    let missing = given.iter().enumerate().filter(|(_, one)| !of(one)).map(|(place, _)| {
        let message = "no such trainer who is listed or works with you";
        Refusal::at(Code::NotFound, &path(place), message)
    });
    refuse_any(missing.collect())?;
    Ok(known)
}

/// TRN-1 to TRN-4 of the sessions as they would be taught, and plans that meet, in words. A draft may lack
/// trainers.
async fn unmet_for_teaching(
    desk: &Desk<'_>,
    course: &Course,
    (sessions, known): (&[Session], &[Known]),
) -> Result<(Vec<Refusal>, Vec<String>), Stop> {
    let (facts, trainers) = (facts_of(sessions), trainer_facts(known));
    let mut unmet = rules::unmet_for_accreditation(&facts, &trainers);
    let (busy, told) = desk.overlap(course, (&facts, &trainers), course.books()).await?;
    unmet.extend(busy);
    if course.state == State::Draft {
        let led: Vec<_> = facts
            .into_iter()
            .filter(|session| session.trainers.iter().any(|(_, part)| *part == Part::Lead))
            .collect();
        unmet.extend(rules::unmet_for_leads(&led, "trainers"));
    } else {
        unmet.extend(rules::unmet_for_leads(&facts, "trainers"));
        unmet.extend(rules::unmet_for_lived_experience(
            desk.asks_lived_experience(),
            &facts,
            (&trainers, "trainers"),
        ));
    }
    Ok((unmet, told))
}
