//! Views of enrolments that no row gives alone: how somebody stands, and why something was decided.

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};
use uuid::Uuid;

use super::{Enrolment, GraduationOutcome};
use crate::actor::Permission;
use crate::db::DbFault;
use crate::enrolment::desk::sees;
use crate::enrolment::graduation::{self, Evaluation, Snapshot};
use crate::enrolment::store::{Enrolments, Judged, Sheet};
use crate::enrolment::{advice, attendance, model};
use crate::graphql::error::nullable;
use crate::graphql::mutate::argument;
use crate::graphql::scalars::Date;
use crate::graphql::view::{begin, failed, stop};
use crate::programme::graphql::AttendanceBasis;
use crate::protection::store::restricted_among;
use crate::read::One;

/// What a version can ask for. New values may appear.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "graduation::Requirement")]
pub enum GraduationRequirement {
    /// The course, or the own record, is complete.
    Completion,
    /// Every held session has a record.
    Records,
    /// The share that must be attended.
    Attendance,
    /// The most days that may be missed.
    MissedDays,
    /// The modules without which nobody graduates.
    MandatoryModules,
    /// The assignment.
    Assignment,
    /// The placement.
    Placement,
}

/// Whether a requirement is met. New values may appear.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "graduation::Verdict")]
pub enum GraduationVerdict {
    /// It is met, whatever comes.
    Met,
    /// It can still be met by what is to come.
    Open,
    /// It is not met, and nothing that is planned changes that.
    Unmet,
}

/// A requirement, whether it is met, and why.
#[derive(SimpleObject)]
pub struct GraduationReason {
    /// What is asked for.
    requirement: GraduationRequirement,
    /// Whether it is met.
    verdict: GraduationVerdict,
    /// How much there is.
    found: Option<i32>,
    /// How much is asked for; of missed days, the most.
    needed: Option<i32>,
    /// In plain words.
    words: String,
}

/// What the rule of a version finds, and why.
#[derive(SimpleObject)]
pub struct GraduationReport {
    /// What it finds.
    outcome: GraduationOutcome,
    /// Everything that it asks for, met or not, always in the same order.
    reasons: Vec<GraduationReason>,
    /// What else whoever decides should know.
    notes: Vec<String>,
}

/// A piece of advice about attendance.
#[derive(SimpleObject)]
pub struct AttendanceAdvice {
    /// In plain words.
    words: String,
    /// The last day on which something can be done about it.
    by: Option<Date>,
}

/// How somebody stands. Amounts are in what the version counts.
#[derive(SimpleObject)]
pub struct EnrolmentProgress {
    /// The enrolment.
    enrolment: One<Enrolment>,
    /// What is counted.
    basis: AttendanceBasis,
    /// How much was attended.
    attended: i32,
    /// How much was held, of the same sessions.
    held: i32,
    /// The share of it in basis points, rounded down; null of nothing.
    percent: Option<i32>,
    /// The share that is needed, in basis points.
    needs_percent: i32,
    /// How much will have been held once everything to come is.
    total: i32,
    /// How much of that must be attended.
    needed: i32,
    /// How much depends on the sessions to come.
    left: i32,
    /// How many days of the course are to come.
    days_left: i32,
    /// How much of what is left can be missed; null where attending everything is not enough.
    can_miss: Option<i32>,
    /// The days that were missed and not made up.
    missed_days: Vec<Date>,
    /// How many more days can be made up.
    make_up_days_left: i32,
    /// The numbers of mandatory modules that were missed and are not to come.
    missed_modules: Vec<i32>,
    /// The days of held sessions without a record.
    unrecorded_days: Vec<Date>,
    /// What can still be done.
    advice: Vec<AttendanceAdvice>,
    /// What the rule finds as things stand.
    preview: GraduationReport,
}

fn small(of: i64) -> i32 {
    i32::try_from(of).unwrap_or(i32::MAX)
}

fn told(found: Evaluation) -> GraduationReport {
    let reason = |reason: graduation::Reason| GraduationReason {
        requirement: reason.requirement.into(),
        verdict: reason.verdict.into(),
        found: reason.found.map(small),
        needed: reason.needed.map(small),
        words: reason.words,
    };
    GraduationReport {
        outcome: found.outcome.into(),
        reasons: found.reasons.into_iter().map(reason).collect(),
        notes: found.notes,
    }
}

fn progress_of(sheet: &Sheet, of: &model::Enrolment) -> EnrolmentProgress {
    let inputs = sheet.inputs(of);
    let Judged { rule, found, .. } = sheet.judged(of, &inputs);
    let progress = attendance::progress(&rule.attendance, &inputs.attendance);
    let advice = advice::advice(&rule.attendance, &inputs.attendance);
    let dates = |days: &[chrono::NaiveDate]| days.iter().copied().map(Date).collect();
    EnrolmentProgress {
        enrolment: One::by_id(of.id),
        basis: progress.basis.into(),
        attended: small(progress.attended),
        held: small(progress.held),
        percent: progress.percent,
        needs_percent: rule.attendance.threshold,
        total: small(progress.total),
        needed: small(progress.needed),
        left: small(progress.left),
        days_left: small(progress.days_left),
        can_miss: progress.can_miss.map(small),
        missed_days: dates(&progress.missed_days),
        make_up_days_left: small(progress.make_up_days_left),
        missed_modules: progress.missed_modules.iter().copied().collect(),
        unrecorded_days: dates(&progress.unrecorded),
        advice: advice
            .into_iter()
            .map(|of| AttendanceAdvice { words: of.words, by: of.by.map(Date) })
            .collect(),
        preview: told(found),
    }
}

/// Queries about how people stand.
#[derive(Default)]
pub struct EnrolmentQueries;

#[Object]
impl EnrolmentQueries {
    /// How somebody stands on a course, what can still be done, and what the rule of the version finds. Null unless you
    /// may see the enrolment.
    async fn enrolment_progress(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The enrolment.")] id: ID,
    ) -> Option<EnrolmentProgress> {
        nullable(ctx, one(ctx, &id).await)
    }

    /// The same of everybody who is or was on a course. Empty unless you may see its enrolments.
    async fn course_progress(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The course.")] course_id: ID,
    ) -> Option<Vec<EnrolmentProgress>> {
        nullable(ctx, all(ctx, &course_id).await.map(Some))
    }

    /// Why something was decided of somebody: the rule and the numbers as they were then. Null unless you may see the
    /// decision.
    async fn graduation_report(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The decision.")] decision_id: ID,
    ) -> Option<GraduationReport> {
        nullable(ctx, decided(ctx, &decision_id).await)
    }
}

async fn one(ctx: &Context<'_>, id: &ID) -> Result<Option<EnrolmentProgress>> {
    let id = argument("enr", "id", id)?;
    let (tx, actor) = begin(ctx).await?;
    let store = Enrolments::within(&tx);
    let Some(found) = store.find(id).await.map_err(failed)? else { return Ok(None) };
    if !sees(&store, &actor, &found).await.map_err(failed)? {
        return Ok(None);
    }
    let sheet = stop(store.sheet(found.course_id, &[id]).await)?;
    Ok(Some(progress_of(&sheet, &found)))
}

async fn all(ctx: &Context<'_>, course_id: &ID) -> Result<Vec<EnrolmentProgress>> {
    let course = argument("crs", "courseId", course_id)?;
    let (tx, actor) = begin(ctx).await?;
    let store = Enrolments::within(&tx);
    let found = store.of_course(course).await.map_err(failed)?;
    let Some(first) = found.first() else { return Ok(Vec::new()) };
    let staff = actor.acting_for(Permission::SeeEnrolments, Some(first.organisation_id)).is_some();
    let teaches = match actor.person() {
        Some(person) if !staff => store.teaches(course, person).await.map_err(failed)?,
        _ => false,
    };
    if !staff && !teaches {
        return Ok(Vec::new());
    }
    let people: Vec<Uuid> = found.iter().map(|of| of.person_id).collect();
    let hidden = match actor.may_nationally(Permission::AnswerRightsRequests) {
        true => Vec::new(),
        false => restricted_among(&tx, &people).await.map_err(failed)?,
    };
    let found: Vec<model::Enrolment> =
        found.into_iter().filter(|of| !hidden.contains(&of.person_id)).collect();
    let ids: Vec<Uuid> = found.iter().map(|of| of.id).collect();
    let sheet = stop(store.sheet(course, &ids).await)?;
    Ok(found.iter().map(|of| progress_of(&sheet, of)).collect())
}

async fn decided(ctx: &Context<'_>, id: &ID) -> Result<Option<GraduationReport>> {
    let id = argument("gde", "decisionId", id)?;
    let (tx, actor) = begin(ctx).await?;
    let store = Enrolments::within(&tx);
    let Some(decision) = store.decision(id).await.map_err(failed)? else { return Ok(None) };
    let Some(of) = store.find(decision.enrolment_id).await.map_err(failed)? else {
        return Ok(None);
    };
    if !sees(&store, &actor, &of).await.map_err(failed)? {
        return Ok(None);
    }
    let snapshot = Snapshot::from_json(&decision.snapshot);
    let unreadable = |_| failed(DbFault::unreadable("graduation_decision.snapshot"));
    Ok(Some(told(snapshot.map_err(unreadable)?.evaluate())))
}
