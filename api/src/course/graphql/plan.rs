//! Plans of courses: as inputs, and as a question that writes nothing.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use chrono::{NaiveTime, Weekday};
use serde::Serialize;
use uuid::Uuid;

use super::CourseWarningKind;
use crate::actor::Permission;
use crate::course::facts::{Curriculum, Facts};
use crate::course::planning::{self, Ground, Pattern, PlannedSession, Times, Warning};
use crate::course::rules::TrainerFacts;
use crate::course::service::schedule::PlanAsked;
use crate::db::{Access, DbFault};
use crate::graphql::error::{ErrorCode, nullable, of_fault};
use crate::graphql::ids;
use crate::graphql::mutate::{coded, ids_of};
use crate::graphql::scalars::{Date, DateTime};
use crate::read::Op;
use crate::refusal::{Code, Refusal};

/// When sessions are held.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Serialize)]
#[graphql(name = "SessionPattern")]
pub enum SessionPattern {
    /// Once a week on the weekday named.
    Weekly,
    /// On consecutive working days.
    Block,
    /// On the dates named.
    Dates,
}

/// A day of the week.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Serialize)]
#[graphql(name = "Weekday", remote = "Weekday")]
pub enum WeekdayCode {
    /// Monday.
    #[graphql(name = "MONDAY")]
    Mon,
    /// Tuesday.
    #[graphql(name = "TUESDAY")]
    Tue,
    /// Wednesday.
    #[graphql(name = "WEDNESDAY")]
    Wed,
    /// Thursday.
    #[graphql(name = "THURSDAY")]
    Thu,
    /// Friday.
    #[graphql(name = "FRIDAY")]
    Fri,
    /// Saturday.
    #[graphql(name = "SATURDAY")]
    Sat,
    /// Sunday.
    #[graphql(name = "SUNDAY")]
    Sun,
}

/// When a course meets. Bank holidays and closed dates are left out.
#[derive(InputObject, Clone, Serialize)]
pub struct CoursePlanInput {
    /// The first day on which a session may lie.
    start: Date,
    /// When sessions are held.
    pattern: SessionPattern,
    /// The weekday of a weekly course; that of the start, if absent.
    weekday: Option<WeekdayCode>,
    /// The dates of a course with named dates; at most 60.
    #[graphql(default)]
    dates: Vec<Date>,
    /// How many sessions; the taught days of the version, or the dates named, if absent.
    sessions: Option<i32>,
    /// When each begins on clocks in London, such as 10:00.
    start_time: String,
    /// When each ends on clocks in London.
    end_time: String,
    /// Minutes of each that are not taught.
    #[graphql(default = 0)]
    break_minutes: i32,
    /// Days on which the place is closed; at most 60.
    #[graphql(default)]
    closed_dates: Vec<Date>,
    /// How many modules a session takes; as few as will do, if absent.
    modules_per_session: Option<i32>,
    /// Whether each session counts as a day of the course.
    #[graphql(default = true)]
    counts_as_day: bool,
}

/// A time of day as `HH:MM`.
pub(super) fn time(text: &str, path: &str) -> std::result::Result<NaiveTime, Refusal> {
    let plain = text.len() == 5 && text.is_ascii();
    let time = plain.then(|| NaiveTime::parse_from_str(text, "%H:%M").ok()).flatten();
    time.ok_or_else(|| Refusal::at(Code::Invalid, path, "must be a time such as 10:00"))
}

impl CoursePlanInput {
    /// The plan in the domain's terms.
    ///
    /// # Errors
    ///
    /// What is not of the expected form.
    pub(super) fn asked(&self) -> std::result::Result<PlanAsked, Refusal> {
        let whole = |number: Option<i32>, path: &str| {
            let message = "must not be negative";
            let number = number.map(u32::try_from).transpose();
            number.map_err(|_| Refusal::at(Code::Invalid, path, message))
        };
        for (dates, path) in [(&self.dates, "plan.dates"), (&self.closed_dates, "plan.closedDates")]
        {
            if dates.len() > 60 {
                return Err(Refusal::at(Code::Invalid, path, "name at most 60 dates"));
            }
        }
        if self.pattern != SessionPattern::Dates && !self.dates.is_empty() {
            let message = "only the pattern DATES takes dates: leave them out, or choose it";
            return Err(Refusal::at(Code::Invalid, "plan.dates", message));
        }
        let days = |dates: &[Date]| dates.iter().map(|date| date.0).collect::<Vec<_>>();
        let of_start = chrono::Datelike::weekday(&self.start.0);
        Ok(PlanAsked {
            start: self.start.0,
            pattern: match self.pattern {
                SessionPattern::Weekly => {
                    Pattern::Weekly(self.weekday.map_or(of_start, Weekday::from))
                }
                SessionPattern::Block => Pattern::Block,
                SessionPattern::Dates => Pattern::Dates(days(&self.dates)),
            },
            sessions: whole(self.sessions, "plan.sessions")?,
            times: Times {
                starts: time(&self.start_time, "plan.startTime")?,
                ends: time(&self.end_time, "plan.endTime")?,
                break_minutes: whole(Some(self.break_minutes), "plan.breakMinutes")?.unwrap_or(0),
            },
            closed: days(&self.closed_dates),
            modules_per_session: whole(self.modules_per_session, "plan.modulesPerSession")?,
            counts_as_day: self.counts_as_day,
        })
    }
}

/// A session of a plan.
#[derive(SimpleObject)]
pub struct PlannedCourseSession {
    /// Its place in the course, from 1.
    number: i32,
    /// Its civil date in London.
    date: Date,
    /// When it begins.
    starts_at: DateTime,
    /// When it ends.
    ends_at: DateTime,
    /// Its taught minutes.
    planned_minutes: i32,
    /// The ids of its modules.
    module_ids: Vec<ID>,
    /// The numbers of its modules.
    module_numbers: Vec<i32>,
}

/// Something that a planner should know.
#[derive(SimpleObject)]
pub struct CourseWarning {
    /// What it is.
    kind: CourseWarningKind,
    /// It in words.
    message: String,
    /// The days that it concerns.
    dates: Vec<Date>,
    /// The trainer whom it concerns.
    trainer_id: Option<ID>,
}

/// A plan that nobody has written down.
#[derive(SimpleObject)]
pub struct CoursePlan {
    /// Its sessions in their order.
    sessions: Vec<PlannedCourseSession>,
    /// What a planner should know.
    warnings: Vec<CourseWarning>,
    /// The latest start within the same financial year with nothing to warn of but left-out days; null if
    /// there is none, or the dates are named.
    latest_safe_start: Option<Date>,
}

impl CoursePlan {
    fn of(plan: planning::Plan, more: Vec<Warning>, curriculum: &Curriculum) -> Self {
        let number = |id: &Uuid| {
            let module = curriculum.modules.iter().find(|module| module.id == *id);
            module.map(|module| module.number)
        };
        let session = |planned: PlannedSession| PlannedCourseSession {
            number: planned.number,
            date: Date(planned.day),
            starts_at: DateTime(planned.starts_at),
            ends_at: DateTime(planned.ends_at),
            planned_minutes: planned.minutes,
            module_numbers: planned.modules.iter().filter_map(number).collect(),
            module_ids: planned.modules.iter().map(|id| ids::encode("mdl", *id).into()).collect(),
        };
        let warning = |warning: Warning| CourseWarning {
            kind: warning.kind.into(),
            message: warning.message,
            dates: warning.dates.into_iter().map(Date).collect(),
            trainer_id: warning.trainer.map(|id| ids::encode("trn", id).into()),
        };
        Self {
            warnings: plan.warnings.into_iter().chain(more).map(warning).collect(),
            sessions: plan.sessions.into_iter().map(session).collect(),
            latest_safe_start: None,
        }
    }
}

/// A course that somebody thinks of.
#[derive(InputObject)]
pub struct CoursePlanQuery {
    /// The organisation that would deliver it.
    organisation_id: ID,
    /// Its curriculum.
    programme_version_id: ID,
    /// When it would meet.
    plan: CoursePlanInput,
    /// Trainers who would teach it; at most 40.
    #[graphql(default)]
    trainer_ids: Vec<ID>,
}

/// Queries of courses that no table answers alone.
#[derive(Default)]
pub struct CourseQueries;

#[Object]
impl CourseQueries {
    /// Plans a course and writes nothing: its sessions, what a planner should know, and the latest safe
    /// start. Null unless you plan courses of the organisation and may see the curriculum.
    async fn course_plan(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The course.")] input: CoursePlanQuery,
    ) -> Option<CoursePlan> {
        nullable(ctx, course_plan(ctx, &input).await)
    }
}

async fn course_plan(ctx: &Context<'_>, input: &CoursePlanQuery) -> Result<Option<CoursePlan>> {
    let organisation = ids_of("org", "organisationId", &input.organisation_id)?;
    let version = ids_of("prv", "programmeVersionId", &input.programme_version_id)?;
    let place = |place| format!("trainerIds.{place}");
    let trainers = input.trainer_ids.iter().enumerate();
    let trainers: Result<Vec<Uuid>> =
        trainers.map(|(nth, id)| ids_of("trn", &place(nth), id)).collect();
    let trainers = trainers?;
    if trainers.len() > 40 {
        return Err(bad("input.trainerIds may hold at most 40 ids"));
    }
    let again = |nth: &usize| trainers[..*nth].contains(&trainers[*nth]);
    if let Some(nth) = (0..trainers.len()).find(again) {
        return Err(refused(Refusal::at(Code::Invalid, &place(nth), "is named twice")));
    }
    let asked = input.plan.asked().map_err(refused)?;
    let op = ctx.data_unchecked::<Arc<Op>>();
    // A planner's facts are read as the services read them.
    let (tx, actor) = op.core().begin(Access::Read, op.identity()).await.map_err(failed)?;
    let planner = actor.acting_in(organisation, Permission::PlanCourses).is_some();
    if !planner && !actor.may_nationally(Permission::SeeCourses) {
        return Ok(None);
    }
    let facts = Facts::within(&tx);
    let Some(curriculum) = stop(facts.curriculum(version, organisation).await)? else {
        return Ok(None);
    };
    let holidays = stop(facts.holidays().await)?;
    let today = op.core().source().today();
    let seen_by = (organisation, today);
    let known = stop(facts.trainers(&trainers, curriculum.programme_type, seen_by).await)?;
    let known: Vec<TrainerFacts> =
        known.into_iter().filter(|known| known.seen).map(|known| known.facts).collect();
    let missing = |id: &Uuid| !known.iter().any(|known| known.id == *id);
    if let Some(nth) = trainers.iter().position(missing) {
        let message = "no such trainer who is listed or works with the organisation";
        return Err(refused(Refusal::at(Code::NotFound, &place(nth), message)));
    }
    let of = (organisation, curriculum.programme_type);
    let ground = Ground {
        licence: stop(facts.licence_days(of, asked.start).await)?,
        teach_out_until: None,
        trainers: known,
        first_start: curriculum.facts.effective_from,
        last_start: curriculum.facts.last_start,
        holidays: holidays.known,
    };
    let plan = asked.plan(&curriculum, &holidays, today).map_err(all_refused)?;
    let warnings = planning::warnings(&plan.days(), &ground);
    let earliest = curriculum.facts.effective_from.unwrap_or(today).max(today);
    let request = asked.asked(&curriculum, &holidays, today);
    let latest = planning::latest_safe_start(&request, &ground, earliest);
    let plan = CoursePlan::of(plan, warnings, &curriculum);
    Ok(Some(CoursePlan { latest_safe_start: latest.map(Date), ..plan }))
}

fn bad(message: impl Into<String>) -> async_graphql::Error {
    coded(ErrorCode::BadUserInput.error(message.into(), None))
}

fn refused(refusal: Refusal) -> async_graphql::Error {
    bad(format!("{}: {}", refusal.path.join("."), refusal.message))
}

fn all_refused(refusals: Vec<Refusal>) -> async_graphql::Error {
    let each = refusals.iter().map(|r| format!("{}: {}", r.path.join("."), r.message));
    bad(each.collect::<Vec<_>>().join("; "))
}

fn failed(fault: DbFault) -> async_graphql::Error {
    coded(of_fault(&fault.into(), None))
}

/// The value, or the error that the database's failure is for the client.
fn stop<T>(found: std::result::Result<T, crate::command::Stop>) -> Result<T> {
    found.map_err(|stop| match stop {
        crate::command::Stop::Db(fault) => failed(fault),
        crate::command::Stop::Refused(refusals) => all_refused(refusals),
    })
}
