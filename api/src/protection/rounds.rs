//! What the service does by itself about data whose time is over: it proposes, and carries out what was approved.
//!
//! Of several replicas one proposes: a class has one proposal at a time, by a unique index. What was approved is done a
//! few records at a time, under a lock of the proposal that others pass by.

use std::time::Duration;

use uuid::Uuid;

use super::classes::{self, Due, Question, Timed};
use super::model::{
    DataClass, Hold, ItemOutcome, ProposalState, RetentionItem, RetentionProposal, RetentionRule,
};
use super::retention::is_held;
use super::rules;
use super::store::Protection;
use crate::audit::Change;
use crate::command::{Outcome, Stop, Unit, run_job};
use crate::core::Core;
use crate::fault::Fault;
use crate::jobs::{Job, is_over};

/// How the job is called that proposes.
pub const PROPOSE: &str = "retention-propose";

/// How the job is called that carries out what was approved.
pub const CARRY_OUT: &str = "retention-carry-out";

/// The periodic jobs of data protection.
pub const JOBS: &[Job] = &[
    Job {
        name: PROPOSE,
        every: Duration::from_secs(86_400),
        round: |core| Box::pin(propose(core)),
    },
    Job {
        name: CARRY_OUT,
        every: Duration::from_secs(900),
        round: |core| Box::pin(carry_out(core)),
    },
];

/// The most records of one proposal: what is left is proposed when they are dealt with.
const MOST: u32 = 1_000;

/// So many records are erased in one transaction.
const AT_ONCE: u64 = 20;

/// Proposes what is due, class by class; gives how many records that are.
async fn propose(core: &Core) -> Result<u64, Fault> {
    let mut proposed = 0;
    for handler in classes::HANDLERS {
        let Some(timed) = handler.timed else { continue };
        if is_over(core) {
            break;
        }
        let class = handler.class;
        let done =
            run_job(core, PROPOSE, |unit| Box::pin(propose_class(unit, class, timed))).await?;
        if let Outcome::Done(count) = done {
            proposed += count;
        }
    }
    Ok(proposed)
}

async fn propose_class(unit: &Unit, class: DataClass, timed: Timed) -> Result<u64, Stop> {
    let store = Protection::of(unit);
    let rule = store.rules().await?.into_iter().find(|rule| rule.class == class);
    let Some((rule, months)) = rule.and_then(|rule| rule.months.map(|months| (rule, months)))
    else {
        return Ok(0);
    };
    if store.has_proposal(class).await? {
        return Ok(0);
    }
    let by = rules::ended_by(unit.today(), months);
    let (holds, restricted) = (store.holds().await?, store.restricted().await?);
    let mut due = (timed.due)(unit, Question { by, one: None, most: MOST }).await?;
    // What must not change meanwhile is proposed later.
    due.retain(|due| !due.person.is_some_and(|person| restricted.contains(&person)));
    due.retain(|due| !keeps(unit, &holds, class, due.person, due.organisation));
    let Ok(count @ 1..) = i32::try_from(due.len()) else { return Ok(0) };
    let proposal = proposal(unit, &rule, months, by, count);
    store.insert_proposal(&proposal).await?;
    store.insert_items(due.into_iter().map(|due| item(unit, proposal.id, due)).collect()).await?;
    record(unit, "retention.proposed", None, &proposal, PROPOSE);
    Ok(u64::from(count.unsigned_abs()))
}

fn proposal(
    unit: &Unit,
    rule: &RetentionRule,
    months: i32,
    by: chrono::NaiveDate,
    count: i32,
) -> RetentionProposal {
    RetentionProposal {
        id: unit.id(),
        class: rule.class,
        months,
        ended_by: by,
        count,
        state: ProposalState::Open,
        created_at: unit.now(),
        decided_at: None,
        decided_by: None,
        reason: None,
        finished_at: None,
        version: 1,
    }
}

fn item(unit: &Unit, proposal: Uuid, due: Due) -> RetentionItem {
    let Due { record, global, person, organisation } = due;
    RetentionItem {
        id: unit.id(),
        proposal_id: proposal,
        record_id: record,
        record: global,
        person_id: person,
        organisation_id: organisation,
        outcome: ItemOutcome::Due,
    }
}

fn keeps(
    unit: &Unit,
    holds: &[Hold],
    class: DataClass,
    person: Option<Uuid>,
    organisation: Option<Uuid>,
) -> bool {
    let of: Vec<Uuid> = organisation.into_iter().collect();
    is_held(unit, holds, class, person, &of)
}

fn record(
    unit: &Unit,
    action: &'static str,
    before: Option<&RetentionProposal>,
    after: &RetentionProposal,
    job: &str,
) {
    unit.record(Change::of(action, before, after, &[], format!("SYSTEM:{job}"), None));
}

/// Carries out what was approved; gives how many records were erased.
async fn carry_out(core: &Core) -> Result<u64, Fault> {
    let mut erased = 0;
    while !is_over(core) {
        match run_job(core, CARRY_OUT, |unit| Box::pin(some(unit))).await? {
            Outcome::Done(Some(done)) => erased += done,
            Outcome::Done(None) | Outcome::Refused(_) => break,
        }
    }
    Ok(erased)
}

/// Deals with some records of an approved proposal; `None` if there is none.
async fn some(unit: &Unit) -> Result<Option<u64>, Stop> {
    let store = Protection::of(unit);
    // A hold that is placed at this moment waits, and finds what is left.
    store.lock_rules().await?;
    let Some(before) = store.next_approved().await? else { return Ok(None) };
    unit.note_queued();
    let items = store.due_items(before.id, AT_ONCE).await?;
    if items.is_empty() {
        let changed = RetentionProposal {
            state: ProposalState::Done,
            finished_at: Some(unit.now()),
            ..before.clone()
        };
        let after = store.update_proposal(changed).await?;
        record(unit, "retention.carried_out", Some(&before), &after, CARRY_OUT);
        return Ok(Some(0));
    }
    let (holds, mut erased) = (store.holds().await?, 0);
    for item in items {
        let outcome = deal_with(unit, &before, &holds, &item).await?;
        store.settle(item.id, outcome).await?;
        erased += u64::from(outcome == ItemOutcome::Done);
    }
    Ok(Some(erased))
}

/// Erases one record, unless it is held, was used again, or is gone.
async fn deal_with(
    unit: &Unit,
    proposal: &RetentionProposal,
    holds: &[Hold],
    item: &RetentionItem,
) -> Result<ItemOutcome, Stop> {
    if keeps(unit, holds, proposal.class, item.person_id, item.organisation_id) {
        return Ok(ItemOutcome::Held);
    }
    if let Some(person) = item.person_id
        && Protection::of(unit).is_restricted(person).await?
    {
        return Ok(ItemOutcome::Held);
    }
    let timed = classes::handler(proposal.class).and_then(|handler| handler.timed);
    let Some(timed) = timed else { return Ok(ItemOutcome::NoLongerDue) };
    let question = Question { by: proposal.ended_by, one: Some(item.record_id), most: 1 };
    if (timed.due)(unit, question).await?.is_empty() {
        return Ok(ItemOutcome::NoLongerDue);
    }
    (timed.erase)(unit, item.record_id, &format!("SYSTEM:{CARRY_OUT}")).await?;
    Ok(ItemOutcome::Done)
}
