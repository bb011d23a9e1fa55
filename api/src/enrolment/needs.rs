//! Until when texts of the vault about people on courses are needed: until their enrolment has ended. The time for which
//! they are kept begins then, and no longer does once an enrolment goes on again.

use std::time::Duration;

use chrono::NaiveDate;
use sea_orm::{ConnectionTrait as _, DbBackend};
use uuid::Uuid;

use crate::command::{self, Outcome, Stop, Unit};
use crate::core::Core;
use crate::fault::Fault;
use crate::jobs::{self, Job};
use crate::read::sql::Sql;
use crate::vault;

/// How the trail names the job.
const NAME: &str = "enrolment-needs";

/// The job that follows the ends of enrolments.
pub const JOB: Job =
    Job { name: NAME, every: Duration::from_secs(3600), round: |core| Box::pin(round(core)) };

/// So many texts in one transaction.
const AT_ONCE: usize = 50;

/// The day on which the enrolment `e` ended: on which somebody left, or what came of them was decided; null while it goes
/// on, or a decision is open again.
pub(super) const ENDED: &str = "(case when e.state in ('REFUSED','WITHDRAWN','TRANSFERRED_OUT') then e.enrolled_to \
    when e.state in ('GRADUATED','NOT_GRADUATED') then (select max(d.decided_on) from graduation_decision d \
      where d.enrolment_id = e.id and d.reopened_at is null) end)";

/// Texts with the day until which they are needed. What somebody needs to take part goes along where they go on in
/// another course, and is needed until the last day of the course at least as long as nothing has ended.
fn due(backend: DbBackend) -> String {
    let work = |column: &str| {
        format!(
            "select a.{column} as id, {ENDED} as until from enrolment e \
             join assignment_attempt a on a.enrolment_id = e.id where a.{column} is not null"
        )
    };
    let needs = format!(
        "select p.support_needs_id as id, coalesce({ENDED}, c.end_on) as until from application p \
         join enrolment e on e.application_id = p.id join course c on c.id = e.course_id \
         where p.support_needs_id is not null and e.state <> 'TRANSFERRED_OUT' \
         union all select p.support_needs_id, coalesce({ENDED}, c.end_on) from application p \
         join enrolment o on o.application_id = p.id and o.state = 'TRANSFERRED_OUT' \
         join enrolment e on e.origin_id = o.id join course c on c.id = e.course_id \
         where p.support_needs_id is not null"
    );
    // Adjustments are of all enrolments that the person has where they are kept.
    let adjustments = format!(
        "select a.id, max(coalesce({ENDED}, c.end_on)) as until from sensitive_record a \
         join enrolment e on e.person_id = a.person_id and e.organisation_id = a.organisation_id \
         join course c on c.id = e.course_id where a.category = 'ADJUSTMENTS' and a.erased_at is null group by a.id"
    );
    // What was seen to.
    let closed = match backend {
        DbBackend::Postgres => "cast(n.closed_at as date)",
        _ => "substr(n.closed_at, 1, 10)",
    };
    let concerns = format!("select n.record_id, {closed} from concern n");
    format!(
        "select r.id, x.until from ({} union all {} union all {needs} union all {adjustments} union all {concerns}) x \
         join sensitive_record r on r.id = x.id where r.erased_at is null and ((r.retain_until is null) <> (x.until is null) or r.retain_until <> x.until) \
         order by r.id limit ",
        work("record_id"),
        work("feedback_id")
    )
}

/// Two replicas that do the same meet at the record, whose version one of them finds changed.
async fn round(core: &Core) -> Result<u64, Fault> {
    let mut done = 0;
    while !jobs::is_over(core) {
        match command::run_job(core, NAME, |unit| Box::pin(some(unit))).await? {
            Outcome::Done(count) => {
                done += count;
                if count < AT_ONCE as u64 {
                    break;
                }
            }
            Outcome::Refused(_) => break,
        }
    }
    Ok(done)
}

async fn some(unit: &Unit) -> Result<u64, Stop> {
    let mut sql = Sql::new(unit.tx().get_database_backend());
    sql.push(&due(unit.tx().get_database_backend())).number(AT_ONCE);
    let (text, values) = sql.finish();
    let rows = unit.tx().rows(text, values).await?;
    let acting_as = format!("SYSTEM:{NAME}");
    let mut done = 0;
    for row in &rows {
        let (id, until): (Uuid, Option<NaiveDate>) =
            (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        vault::erasing::need_until(unit, id, until, &acting_as).await?;
        done += 1;
    }
    Ok(done)
}
