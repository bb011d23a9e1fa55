//! The plan of a course: made for a draft, moved for a course that is known already.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use uuid::Uuid;

use super::{At, Changed, Desk, days_of, facts_of, in_words, trainer_facts};
use crate::actor::Permission;
use crate::command::{Stop, Unit, refuse_any};
use crate::course::facts::{Curriculum, Holidays};
use crate::course::model::{Command, SessionCommand, SessionState};
use crate::course::parts::{Course, Session};
use crate::course::planning::{self, Asked, Pattern, Plan, Times};
use crate::course::rules;
use crate::refusal::{Code, Refusal};

/// A plan as a planner asks for it.
#[derive(Clone, Debug)]
pub struct PlanAsked {
    /// The first day on which a session may lie.
    pub start: NaiveDate,
    /// When sessions are held.
    pub pattern: Pattern,
    /// How many sessions; as many as the version has taught days, if not said.
    pub sessions: Option<u32>,
    /// Their times.
    pub times: Times,
    /// Days on which the place is closed.
    pub closed: Vec<NaiveDate>,
    /// How many modules a session takes; as few as will do, if not said.
    pub modules_per_session: Option<u32>,
    /// Whether each session counts as a day of the course.
    pub counts_as_day: bool,
}

impl PlanAsked {
    /// The request in the planner's terms.
    #[must_use]
    pub fn asked<'a>(
        &'a self,
        curriculum: &'a Curriculum,
        holidays: &'a Holidays,
        today: NaiveDate,
    ) -> Asked<'a> {
        let of_version = planning::sessions_of(curriculum.taught_days, curriculum.modules.len());
        let named = match &self.pattern {
            Pattern::Dates(dates) => u32::try_from(dates.len()).unwrap_or(u32::MAX),
            Pattern::Weekly(_) | Pattern::Block => of_version,
        };
        Asked {
            start: self.start,
            pattern: &self.pattern,
            sessions: self.sessions.unwrap_or(named),
            times: self.times,
            holidays: &holidays.days,
            closed: &self.closed,
            modules: &curriculum.modules,
            modules_per_session: self.modules_per_session,
            taught_minutes: curriculum.taught_minutes,
            today,
        }
    }

    /// The plan.
    ///
    /// # Errors
    ///
    /// Everything that makes it impossible.
    pub fn plan(
        &self,
        curriculum: &Curriculum,
        holidays: &Holidays,
        today: NaiveDate,
    ) -> Result<Plan, Vec<Refusal>> {
        planning::plan(&self.asked(curriculum, holidays, today))
    }
}

/// A time of day as sessions keep it.
fn written(time: NaiveTime) -> String {
    time.format("%H:%M").to_string()
}

/// The sessions of a plan, new.
fn sessions_of(unit: &Unit, asked: &PlanAsked, plan: &Plan) -> Vec<Session> {
    let session = |planned: &planning::PlannedSession| Session {
        id: unit.id(),
        day: planned.day,
        start_time: written(asked.times.starts),
        end_time: written(asked.times.ends),
        starts_at: planned.starts_at,
        ends_at: planned.ends_at,
        counts_as_day: asked.counts_as_day,
        planned_minutes: planned.minutes,
        state: SessionState::Planned,
        credit: None,
        reason: None,
        replaces_id: None,
        created_at: unit.now(),
        modules: planned.modules.clone(),
        trainers: Vec::new(),
    };
    plan.sessions.iter().map(session).collect()
}

/// Saves the sessions of a plan.
pub(super) async fn save_plan(
    desk: &Desk<'_>,
    course: &Course,
    asked: &PlanAsked,
    plan: &Plan,
) -> Result<(), Stop> {
    for session in sessions_of(desk.unit, asked, plan) {
        desk.store.insert_session(course, &session).await?;
    }
    Ok(())
}

/// Replaces the whole plan of a draft; its trainers are assigned anew.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn schedule(unit: &Unit, at: At, asked: PlanAsked) -> Result<Changed, Stop> {
    let (desk, before) = Desk::planning(unit, at).await?;
    let mut after = Desk::stepped(&before, Command::Schedule)?;
    let curriculum = desk.curriculum(before.programme_version_id, before.organisation_id).await?;
    let holidays = desk.facts.holidays().await?;
    let plan = asked.plan(&curriculum, &holidays, unit.today())?;
    let days = plan.days();
    after.start_on = days.first().copied().unwrap_or(before.start_on);
    after.end_on = days.last().copied().unwrap_or(before.end_on);
    after.lead_trainer_id = None;
    refuse_any(rules::unmet_for_version(curriculum.facts, after.start_on))?;
    desk.store.drop_plan(at.id).await?;
    save_plan(&desk, &after, &asked, &plan).await?;
    let ground = desk.ground(&after, &curriculum).await?;
    desk.save("course.scheduled", &before, after, &["sessions"], None).await?;
    let mut impact = in_words(plan.warnings);
    impact.extend(in_words(planning::warnings(&days, &ground)));
    Ok(Changed { id: at.id, impact })
}

/// Moves every session that is still to come to the days of a new plan, in their order, with their modules
/// and trainers.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn reschedule(
    unit: &Unit,
    at: At,
    asked: PlanAsked,
    reason: String,
) -> Result<Changed, Stop> {
    let (desk, before) = Desk::planning(unit, at).await?;
    let after = Desk::stepped(&before, Command::Reschedule)?;
    let sessions = desk.store.sessions(at.id).await?;
    let to_come: Vec<&Session> =
        sessions.iter().filter(|session| session.state == SessionState::Planned).collect();
    let count = u32::try_from(to_come.len()).unwrap_or(u32::MAX);
    let mut curriculum =
        desk.curriculum(before.programme_version_id, before.organisation_id).await?;
    // Modules stay with their sessions.
    curriculum.modules.clear();
    curriculum.taught_minutes = None;
    let holidays = desk.facts.holidays().await?;
    let asked = PlanAsked { sessions: Some(count), ..asked };
    let mut unmet = unmet_for_moving(&asked, count, unit.today());
    let plan = asked.plan(&curriculum, &holidays, unit.today()).unwrap_or_else(|refusals| {
        unmet.extend(refusals);
        Plan::default()
    });
    refuse_any(unmet)?;
    if plan.sessions.len() != to_come.len() {
        let message = format!("name a day that is free for each of the {count} sessions to come");
        return Err(Refusal::at(Code::Invalid, "plan.dates", message).into());
    }
    let moves: Vec<(Session, Session)> = to_come
        .into_iter()
        .zip(sessions_of(unit, &asked, &plan))
        .map(|(old, new)| (old.clone(), taking_place_of(old, new)))
        .collect();
    let mut impact = in_words(plan.warnings);
    impact.extend(moved(&desk, (&before, after), moves, &reason).await?);
    Ok(Changed { id: at.id, impact })
}

/// There is something to move, and it is not moved into the past.
fn unmet_for_moving(asked: &PlanAsked, count: u32, today: NaiveDate) -> Vec<Refusal> {
    let mut unmet = Vec::new();
    if count == 0 {
        unmet.push(Refusal::at(Code::Conflict, "", "no session is still to come"));
    }
    if asked.start < today {
        unmet.push(Refusal::at(Code::Invalid, "plan.start", "must not lie in the past"));
    }
    unmet
}

/// `new` takes the place of `old`, with its modules and trainers.
fn taking_place_of(old: &Session, new: Session) -> Session {
    Session {
        replaces_id: Some(old.id),
        counts_as_day: old.counts_as_day,
        modules: old.modules.clone(),
        trainers: old.trainers.clone(),
        ..new
    }
}

/// Another time for one session.
#[derive(Clone, Debug)]
pub struct NewTime {
    /// The day.
    pub day: NaiveDate,
    /// When it begins on clocks in London; as before, if absent.
    pub starts: Option<NaiveTime>,
    /// When it ends on clocks in London; as before, if absent.
    pub ends: Option<NaiveTime>,
    /// Why it moves.
    pub reason: String,
}

/// Moves one session.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn reschedule_session(unit: &Unit, at: At, to: NewTime) -> Result<Changed, Stop> {
    let (desk, before) = Desk::planning_session(unit, at).await?;
    let after = Desk::stepped(&before, Command::Reschedule)?;
    let sessions = desk.store.sessions(before.id).await?;
    let old = sessions.iter().find(|session| session.id == at.id).ok_or_else(super::not_found)?;
    refuse_any(rules::unmet_for_session_step(old.state, SessionCommand::Reschedule))?;
    refuse_any(planning::unmet_for_year(to.day, "date", unit.today()))?;
    let (starts_at, ends_at, starts, ends) = times_of(old, &to)?;
    if starts_at < unit.now() {
        let path = if to.day < unit.today() { "date" } else { "startTime" };
        return Err(Refusal::at(Code::Invalid, path, "must not lie in the past").into());
    }
    let minutes = (ends_at - starts_at).num_minutes() - (old.ends_at - old.starts_at).num_minutes();
    let longer = i32::try_from(minutes).unwrap_or(0);
    let new = Session {
        id: unit.id(),
        day: to.day,
        start_time: starts,
        end_time: ends,
        starts_at,
        ends_at,
        planned_minutes: old.planned_minutes.saturating_add(longer).max(1),
        created_at: unit.now(),
        ..old.clone()
    };
    let moves = vec![(old.clone(), taking_place_of(old, new))];
    // A plan leaves bank holidays out; a day that somebody names is told.
    let mut impact: Vec<String> =
        desk.facts.holidays().await?.told_of(to.day).into_iter().collect();
    impact.extend(moved(&desk, (&before, after), moves, &to.reason).await?);
    Ok(Changed { id: before.id, impact })
}

/// A session's times as instants and as they are written.
type TimesOfDay = (DateTime<Utc>, DateTime<Utc>, String, String);

fn times_of(old: &Session, to: &NewTime) -> Result<TimesOfDay, Stop> {
    let read = |text: &str| NaiveTime::parse_from_str(text, "%H:%M").unwrap_or_default();
    let starts = to.starts.unwrap_or_else(|| read(&old.start_time));
    let ends = to.ends.unwrap_or_else(|| read(&old.end_time));
    let at = |time| crate::calendar::london(to.day, time);
    match (at(starts), at(ends)) {
        (Some(from), Some(until)) if from < until => {
            Ok((from, until, written(starts), written(ends)))
        }
        (Some(_), Some(_)) => {
            let message = "must lie after startTime, on the same day";
            Err(Refusal::at(Code::Invalid, "endTime", message).into())
        }
        _ => {
            let message = format!("on {} clocks go forward past this time", to.day);
            Err(Refusal::at(Code::Invalid, "startTime", message).into())
        }
    }
}

/// COH-3: sessions move, if the course still holds together; gives what the new dates break.
async fn moved(
    desk: &Desk<'_>,
    (before, mut after): (&Course, Course),
    moves: Vec<(Session, Session)>,
    reason: &str,
) -> Result<Vec<String>, Stop> {
    refuse_any(crate::organisation::rules::unmet_for_text(
        reason,
        "reason",
        crate::organisation::rules::MAX_TEXT,
    ))?;
    let sessions = desk.store.sessions(before.id).await?;
    let replaced = |id: Uuid| moves.iter().any(|(old, _)| old.id == id);
    let mut then: Vec<Session> =
        sessions.into_iter().filter(|session| !replaced(session.id)).collect();
    then.extend(moves.iter().map(|(_, new)| new.clone()));
    then.sort_by_key(|session| session.starts_at);
    let days = days_of(&then);
    after.start_on = days.iter().min().copied().unwrap_or(before.start_on);
    after.end_on = days.iter().max().copied().unwrap_or(before.end_on);
    let mut impact = checked_dates(desk, &after, &then).await?;
    if after.end_on != before.end_on {
        impact.push(format!("the course ends on {}, not on {}", after.end_on, before.end_on));
    }
    for (old, new) in &moves {
        let state = SessionState::Rescheduled;
        let old = Session { state, reason: Some(reason.to_owned()), ..old.clone() };
        let (place, guests) = desk.store.place_and_guests(old.id).await?;
        desk.store.release(old.id).await?;
        desk.store.settle(&old).await?;
        desk.store.insert_session(before, new).await?;
        desk.store.put_place(before, new.id, place).await?;
        desk.store.put_guests(before, new.id, &guests).await?;
    }
    for (_, new) in &moves {
        desk.store.assign(before, new).await?;
    }
    after.lead_trainer_id = super::lead_of(&then, before.lead_trainer_id);
    desk.save("course.rescheduled", before, after, &["sessions"], Some(reason)).await?;
    Ok(impact)
}

/// What must hold of new dates, refused; and what else they break, in words.
async fn checked_dates(
    desk: &Desk<'_>,
    after: &Course,
    then: &[Session],
) -> Result<Vec<String>, Stop> {
    let curriculum = desk.curriculum(after.programme_version_id, after.organisation_id).await?;
    let trainers = trainer_facts(&desk.trainers(after, then).await?);
    let ground = desk.ground(after, &curriculum).await?;
    let facts = facts_of(then);
    let mut unmet = rules::unmet_for_schedule(after.terms(), &facts, &[]);
    let (busy, told) = desk.overlap(after, (&facts, &trainers), after.books()).await?;
    unmet.extend(busy);
    if !after.state.has_begun() {
        unmet.extend(rules::unmet_for_start(curriculum.facts, after.start_on));
    }
    if after.state.is_live() {
        let to = ground.licence.map_or(NaiveDate::MIN, |days| days.to);
        unmet.extend(rules::unmet_for_end(to, after.end_on, ground.teach_out_until));
    }
    refuse_any(unmet)?;
    // TRN-5: who lapses stays assigned, and is named.
    let lapses = rules::unmet_for_accreditation(&facts, &trainers);
    let mut impact: Vec<String> = lapses.into_iter().map(|lapse| lapse.message).collect();
    impact.extend(told);
    impact.extend(in_words(planning::warnings(&days_of(then), &ground)));
    Ok(impact)
}

impl<'a> Desk<'a> {
    /// The desk of whoever plans a course, at it, its licence locked before it.
    pub(super) async fn planning(unit: &'a Unit, at: At) -> Result<(Self, Course), Stop> {
        let (desk, found) = Self::before(unit, Permission::PlanCourses, at.id).await?;
        desk.lock_licence(&found).await?;
        let course = desk.locked(at).await?;
        Ok((desk, course))
    }

    /// The same, by one of its sessions.
    pub(super) async fn planning_session(unit: &'a Unit, at: At) -> Result<(Self, Course), Stop> {
        let id = crate::course::store::Courses::of(unit).course_of_session(at.id).await?;
        let id = id.ok_or_else(super::not_found)?;
        Self::planning(unit, At { id, version: at.version }).await
    }

    /// Locks the licence under which the course would run: licences come before courses.
    async fn lock_licence(&self, course: &Course) -> Result<(), Stop> {
        let of = (course.organisation_id, course.programme_type);
        self.store.licensed(of, (course.start_on, course.end_on), course.id).await?;
        Ok(())
    }
}
