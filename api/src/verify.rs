//! The check of every invariant over the whole database, read-only.
//!
//! Most are SQL that gives one line of text for each violation, in the words of both engines; audit
//! chains and circles of successions are followed here.

use std::collections::HashMap;

use entities::{audit_chain, audit_event, organisation_succession};
use sea_orm::{EntityTrait, QueryOrder, QueryResult};
use uuid::Uuid;

use crate::actor::Identity;
use crate::aggregates::INVARIANTS;
use crate::audit::{self, GENESIS};
use crate::command::Stop;
use crate::core::Core;
use crate::db::{Access, DbFault, Tx};
use crate::evaluation::store::Evaluations;
use crate::programme::document;
use crate::programme::store::Programmes;
use crate::readiness;
use crate::readiness::document::Names;
use crate::readiness::store::Readiness;
use crate::vault;

/// An invariant and what breaks it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// The invariant, in words.
    pub name: &'static str,
    /// One line for each violation.
    pub broken: Vec<String>,
}

/// `{overlap}`: rows a and b are in force on one day.
const OVERLAP: &str = "(a.valid_to is null or b.valid_from is null or a.valid_to > b.valid_from) \
     and (b.valid_to is null or a.valid_from is null or b.valid_to > a.valid_from)";

/// An invariant in words, and a query that gives one line of text for each violation.
pub type Invariant = (&'static str, &'static str);

/// What holds of records of every kind.
const QUERIES: &[Invariant] = &[
    (
        "the version of a record is the number of its audit events",
        "select 'version and audit events differ: ' || x.name from ( \
           select o.name as name, o.version as version, (select count(*) from audit_event e \
             where e.entity_type = 'organisation' and e.entity_id = o.id) as events from organisation o \
           union all select 'unassigned list, ' || o.name, s.version, (select count(*) from audit_event e \
             where e.entity_type = 'board_assignment' and e.entity_id = s.id) \
             from board_assignment s join organisation o on o.id = s.organisation_id \
           union all select 'proposal for ' || p.field, p.version, (select count(*) from audit_event e \
             where e.entity_type = 'change_proposal' and e.entity_id = p.id) from change_proposal p \
           union all select 'grant of ' || g.role, g.version, (select count(*) from audit_event e \
             where e.entity_type = 'role_grant' and e.entity_id = g.id) from role_grant g \
           union all select 'programme ' || r.code, r.version, (select count(*) from audit_event e \
             where e.entity_type = 'programme' and e.entity_id = r.id) from programme r \
           union all select 'curriculum ' || v.number, v.version, (select count(*) from audit_event e \
             where e.entity_type = 'programme_version' and e.entity_id = v.id) from programme_version v \
           union all select 'ended access', d.version, (select count(*) from audit_event e \
             where e.entity_type = 'ended_access' and e.entity_id = d.id) from ended_access d \
         ) x where x.version <> x.events",
    ),
    (
        "every audit event has its outbox event",
        "select 'no outbox event for ' || e.action from audit_event e where not exists ( \
           select 1 from outbox_event b where b.entity_type = e.entity_type \
             and b.entity_id = e.entity_id and b.entity_version = e.entity_version) \
         union all select 'no audit event for ' || b.kind from outbox_event b where not exists ( \
           select 1 from audit_event e where b.entity_type = e.entity_type \
             and b.entity_id = e.entity_id and b.entity_version = e.entity_version)",
    ),
    (
        "every idempotency record holds its answer",
        "select 'a key has no answer' from idempotency_record where answer is null",
    ),
    (
        "every grant for an organisation names one",
        "select 'a grant of ' || g.role || ' names no organisation' from role_grant g \
         where g.scope_type = 'ORGANISATION' and not exists ( \
           select 1 from organisation o where o.id = g.scope_id)",
    ),
];

/// Checks every invariant.
///
/// # Errors
///
/// What the database answers.
pub async fn run(core: &Core) -> Result<Vec<Check>, DbFault> {
    let (tx, _) = core.begin(Access::Read, Identity::System("verify")).await?;
    vault::store::state(&tx, "VERIFY").await?;
    let mut checks = Vec::new();
    for &(name, query) in INVARIANTS.iter().copied().flatten().chain(QUERIES) {
        let rows = tx.rows(query.replace("{overlap}", OVERLAP), Vec::new()).await?;
        checks.push(Check { name, broken: lines(&rows)? });
    }
    let broken = circles(&tx).await?;
    checks.push(Check { name: "SUCC-1 successions form no circle", broken });
    let broken = altered(&tx).await?;
    checks.push(Check {
        name: "PRG-1 a published version says what it said when it was published",
        broken,
    });
    let broken = altered_instruments(&tx).await?;
    checks.push(Check {
        name: "RDY-2 a published instrument says what it said when it was published",
        broken,
    });
    let mut masters = vault::store::masters(&tx).await?;
    masters.extend(Evaluations::within(&tx).masters().await?);
    let broken = vault::invariants::unknown_masters(core.vault(), &masters);
    checks.push(Check { name: vault::invariants::MASTERS, broken });
    let broken = chains(&tx).await?;
    checks.push(Check { name: "audit chains verify, without gaps", broken });
    tx.rollback().await;
    Ok(checks)
}

/// Published instruments whose content no longer has the hash that they were published with.
async fn altered_instruments(tx: &Tx) -> Result<Vec<String>, DbFault> {
    let store = Readiness::within(tx);
    let mut broken = Vec::new();
    for instrument in store.published().await.map_err(fault)? {
        let content = store.content(instrument.id).await.map_err(fault)?;
        let names = Names::of(&store, &instrument).await.map_err(fault)?;
        let hash = readiness::document::of(&instrument, &content, &names).hash();
        if instrument.content_hash.as_ref() != Some(&hash) {
            broken.push(format!("{} was altered", instrument.name()));
        }
    }
    Ok(broken)
}

/// Published versions whose content no longer has the hash that it was published with.
async fn altered(tx: &Tx) -> Result<Vec<String>, DbFault> {
    let store = Programmes::within(tx);
    let versions = store.published().await.map_err(fault)?;
    let catalogue = store.catalogue().await.map_err(fault)?;
    let mut broken = Vec::new();
    for version in versions {
        let Some(programme) = store.programme(version.programme_id).await.map_err(fault)? else {
            continue;
        };
        let content = store.kept(&version).await.map_err(fault)?.content;
        let hash = document::of(&programme, &version, &content, &catalogue).hash();
        if version.content_hash.as_ref() != Some(&hash) {
            broken.push(format!("{} {} was altered", programme.code, version.number));
        }
    }
    Ok(broken)
}

/// Nothing refuses a reader: what stops it is the database.
fn fault(stop: Stop) -> DbFault {
    match stop {
        Stop::Db(fault) => fault,
        Stop::Refused(_) => DbFault::Poisoned,
    }
}

fn lines(rows: &[QueryResult]) -> Result<Vec<String>, DbFault> {
    rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
}

#[expect(clippy::disallowed_methods, reason = "the check reads everything, as the system")]
async fn circles(tx: &Tx) -> Result<Vec<String>, DbFault> {
    let rows = organisation_succession::Entity::find().all(tx).await?;
    let mut next: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
    for row in &rows {
        next.entry(row.predecessor_id).or_default().extend(row.successor_id);
    }
    let follows_itself = |start: Uuid| {
        let (mut open, mut seen) = (vec![start], Vec::new());
        while let Some(at) = open.pop() {
            for &id in next.get(&at).into_iter().flatten() {
                if id == start {
                    return true;
                }
                if !seen.contains(&id) {
                    seen.push(id);
                    open.push(id);
                }
            }
        }
        false
    };
    let broken = next.keys().filter(|id| follows_itself(**id));
    Ok(broken.map(|id| format!("organisation {id} follows itself")).collect())
}

#[expect(clippy::disallowed_methods, reason = "the check reads everything, as the system")]
async fn chains(tx: &Tx) -> Result<Vec<String>, DbFault> {
    let heads = audit_chain::Entity::find().all(tx).await?;
    let events = audit_event::Entity::find()
        .order_by_asc(audit_event::Column::Chain)
        .order_by_asc(audit_event::Column::Seq)
        .all(tx)
        .await?;
    let mut broken = Vec::new();
    let mut last: HashMap<Uuid, (i64, String)> = HashMap::new();
    for event in &events {
        let (seq, hash) = last.remove(&event.chain).unwrap_or((0, GENESIS.to_owned()));
        let at = format!("chain {} event {}", event.chain, event.seq);
        if event.seq != seq + 1 {
            broken.push(format!("{at}: an event is missing before it"));
        }
        if event.previous_hash != hash {
            broken.push(format!("{at}: does not follow the event before it"));
        }
        if audit::seal(event) != event.hash {
            broken.push(format!("{at}: was altered"));
        }
        last.insert(event.chain, (event.seq, event.hash.clone()));
    }
    for head in &heads {
        let (seq, hash) = last.remove(&head.id).unwrap_or((0, GENESIS.to_owned()));
        if (head.last_seq, &head.last_hash) != (seq, &hash) {
            broken.push(format!("chain {}: its last events are missing or altered", head.id));
        }
    }
    broken.extend(last.keys().map(|chain| format!("chain {chain}: has no head")));
    Ok(broken)
}
