//! GRA-3: whoever is concerned is told that a decision is open again. Not why: who else reads the mailbox learns nothing
//! of it, and the person sees it after signing in.
//!
//! A job tells it, in the service's own name: whoever records attendance need not see anybody's address.

use std::time::Duration;

use chrono::{DateTime, Days, Utc};
use entities::{graduation_decision, restricted_person};
use sea_orm::sea_query::{Expr, LockBehavior, LockType, Query};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};

use super::store::Enrolments;
use crate::application::store::Applications;
use crate::command::{self, Outcome, Stop, Unit};
use crate::core::Core;
use crate::fault::Fault;
use crate::jobs::Job;
use crate::mail::{self, NewMail, Recipient};

/// How the trail names the job.
const NAME: &str = "graduation-reopened";

/// The job that tells of decisions that are open again.
pub const JOB: Job =
    Job { name: NAME, every: Duration::from_secs(60), round: |core| Box::pin(round(core)) };

/// So many in one round.
const AT_ONCE: u64 = 100;

/// After so many days nobody is told any more.
const DAYS: u64 = 6;

async fn round(core: &Core) -> Result<u64, Fault> {
    match command::run_job(core, NAME, |unit| Box::pin(told(unit))).await? {
        Outcome::Done(count) => Ok(count),
        Outcome::Refused(_) => Ok(0),
    }
}

/// Tells of what was opened; gives of how many. Another replica passes by the rows that this one has locked.
#[expect(clippy::disallowed_methods, reason = "the job reads in the service's own name")]
async fn told(unit: &Unit) -> Result<u64, Stop> {
    let since = unit.now().checked_sub_days(Days::new(DAYS)).unwrap_or(DateTime::<Utc>::MIN_UTC);
    let restricted = Query::select()
        .column(restricted_person::Column::Id)
        .from(restricted_person::Entity)
        .to_owned();
    let enrolment = entities::enrolment::Column::Id;
    let somebodys = Query::select()
        .column(enrolment)
        .from(entities::enrolment::Entity)
        .and_where(entities::enrolment::Column::ErasedOn.is_null())
        .and_where(entities::enrolment::Column::PersonId.not_in_subquery(restricted))
        .to_owned();
    let open = graduation_decision::Entity::find()
        .filter(graduation_decision::Column::ToldAt.is_null())
        .filter(graduation_decision::Column::ReopenedAt.gt(since))
        .filter(graduation_decision::Column::EnrolmentId.in_subquery(somebodys))
        .order_by_asc(graduation_decision::Column::ReopenedAt)
        .order_by_asc(graduation_decision::Column::Id)
        .limit(AT_ONCE)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .all(unit.tx())
        .await?;
    for decision in &open {
        let Some(of) = Enrolments::of(unit).find(decision.enrolment_id).await? else { continue };
        let address = Applications::of(unit).address_of(of.person_id).await?;
        if let Some(recipient) = address.as_deref().and_then(Recipient::parse) {
            mail::enqueue(unit, letter(decision, recipient)).await?;
        }
        graduation_decision::Entity::update_many()
            .col_expr(graduation_decision::Column::ToldAt, Expr::value(unit.now()))
            .filter(graduation_decision::Column::Id.eq(decision.id))
            .exec(unit.tx())
            .await?;
        unit.note_queued();
    }
    Ok(open.len() as u64)
}

/// It names neither the course nor the organisation, nor what was decided.
fn letter(of: &graduation_decision::Model, recipient: Recipient) -> NewMail {
    NewMail {
        organisation_id: of.organisation_id,
        kind: "graduation.reopened",
        deduplication_key: format!("graduation.reopened:{}", of.id.simple()),
        recipient,
        subject: "A decision is looked at again".to_owned(),
        body: "What was decided at the end of your training is open again: it is looked at anew, and you are told \
               when it is decided. A credential that you hold stays until then. Sign in to see where it stands.\n"
            .to_owned(),
    }
}
