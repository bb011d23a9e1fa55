//! Reminders of actions that are overdue: an event, and an e-mail where an address is known.

use std::time::Duration;

use chrono::{Days, NaiveDate};

use super::model::Action;
use super::store::Readiness;
use crate::audit::Change;
use crate::command::{Outcome, Stop, Unit, run_job};
use crate::core::Core;
use crate::fault::Fault;
use crate::graphql::ids;
use crate::jobs::{Job, is_over};
use crate::mail::{self, NewMail, Recipient};

/// How the job is called.
const NAME: &str = "readiness-reminders";

/// So many actions are reminded of in one transaction.
const AT_ONCE: u64 = 10;

/// Every how many days an organisation is reminded of an action.
const EVERY_DAYS: u64 = 7;

/// The periodic jobs of readiness.
pub const JOBS: &[Job] =
    &[Job { name: NAME, every: Duration::from_secs(3600), round: |core| Box::pin(round(core)) }];

/// Reminds of everything that is overdue; gives how many actions those are. Two replicas take different actions, and
/// an action that was reminded of today is not due again.
///
/// # Errors
///
/// What the database answers.
pub async fn round(core: &Core) -> Result<u64, Fault> {
    let mut reminded = 0;
    loop {
        let done = run_job(core, NAME, |unit: &Unit| Box::pin(some(unit))).await?;
        let Outcome::Done(count) = done else {
            return Err(Fault::Internal("a rule refused reminders of readiness".to_owned()));
        };
        reminded += count;
        if count < AT_ONCE || is_over(core) {
            return Ok(reminded);
        }
    }
}

/// Reminds of some actions; gives how many.
async fn some(unit: &Unit) -> Result<u64, Stop> {
    let (store, today) = (Readiness::of(unit), unit.today());
    let before = today.checked_sub_days(Days::new(EVERY_DAYS)).unwrap_or(today);
    let overdue = store.lock_overdue((today, before), AT_ONCE).await?;
    let mut count = 0;
    for action in overdue {
        remind(unit, &store, &action, today).await?;
        count += 1;
    }
    Ok(count)
}

async fn remind(
    unit: &Unit,
    store: &Readiness<'_>,
    before: &Action,
    today: NaiveDate,
) -> Result<(), Stop> {
    let after = Action {
        reminded_on: Some(today),
        updated_at: unit.now(),
        version: before.version + 1,
        ..before.clone()
    };
    store.update_action(&after).await?;
    let acting_as = format!("SYSTEM:{NAME}");
    let action = "readiness_action.overdue";
    unit.record(Change::of(action, Some(before), &after, &[], acting_as, None));
    let Some(address) = store.reminded_at(before, today).await? else { return Ok(()) };
    let Some(recipient) = Recipient::parse(&address) else { return Ok(()) };
    // Nothing of what somebody wrote leaves by e-mail.
    let id = ids::encode("rac", before.id);
    mail::enqueue(
        unit,
        NewMail {
            organisation_id: before.organisation_id,
            kind: action,
            deduplication_key: format!("{action}:{id}:{today}"),
            recipient,
            subject: "An action of your readiness plan is overdue".to_owned(),
            body: format!(
                "An action of your organisation's readiness plan was due on {}.\n\n\
                 Its id is {id}. Say how far it has come, move its day, or drop it: see readinessActions.\n\
                 You are reminded every {EVERY_DAYS} days until then.\n",
                before.due_on
            ),
        },
    )
    .await?;
    Ok(())
}
