//! The check of every invariant over the whole database, read-only.
//!
//! Most are SQL that gives one line of text for each violation, in the words of both engines; audit
//! chains and circles of successions are followed here.

use std::collections::HashMap;

use entities::{audit_chain, audit_event, organisation_succession};
use sea_orm::{EntityTrait, QueryOrder};
use sqlx::Row as _;
use uuid::Uuid;

use crate::actor::Identity;
use crate::audit::{self, GENESIS};
use crate::command::Stop;
use crate::core::Core;
use crate::db::{Access, DbFault, Rows, Tx};
use crate::programme::document;
use crate::programme::store::Programmes;
use crate::{course, employer, licence, person, succession, trainer};

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

/// Invariants as queries for their violations.
const QUERIES: [(&str, &str); 17] = [
    (
        "ORG-1 an identifier is held by one organisation at a time",
        "select 'identifier ' || a.scheme || ' ' || a.value || ' has two holders on one day' \
         from organisation_identifier a join organisation_identifier b \
           on a.scheme = b.scheme and a.value = b.value and a.id < b.id where {overlap}",
    ),
    (
        "ORG-2 an organisation has one host board at a time",
        "select 'an organisation has two host boards on one day: ' || o.name \
         from board_membership a join board_membership b \
           on a.organisation_id = b.organisation_id and a.id < b.id \
           and a.role = 'HOST' and b.role = 'HOST' \
         join organisation o on o.id = a.organisation_id where {overlap}",
    ),
    (
        "ORG-2 an organisation has one region at a time",
        "select 'an organisation has two regions on one day: ' || o.name \
         from region_membership a join region_membership b \
           on a.organisation_id = b.organisation_id and a.id < b.id \
         join organisation o on o.id = a.organisation_id where {overlap}",
    ),
    (
        "ORG-2 an open NHS body has a host board or is on the unassigned list",
        "select 'no board and not on the unassigned list: ' || o.name from organisation o \
         where o.kind in ('NHS_TRUST', 'NHS_FOUNDATION_TRUST') and o.status <> 'CLOSED' \
           and not exists (select 1 from board_membership m where m.organisation_id = o.id \
             and m.role = 'HOST' and m.valid_to is null) \
           and not exists (select 1 from board_assignment s where s.organisation_id = o.id \
             and s.status = 'OPEN')",
    ),
    (
        "ORG-3 memberships and codes of a closed organisation end with it",
        "select 'closed but still a member of a board: ' || o.name from organisation o \
           join board_membership m on m.organisation_id = o.id \
         where o.status = 'CLOSED' and (m.valid_to is null or m.valid_to > o.closed_on) \
         union all select 'closed but still in a region: ' || o.name from organisation o \
           join region_membership m on m.organisation_id = o.id \
         where o.status = 'CLOSED' and (m.valid_to is null or m.valid_to > o.closed_on) \
         union all select 'closed but still holds a code: ' || o.name from organisation o \
           join organisation_identifier i on i.organisation_id = o.id \
         where o.status = 'CLOSED' and (i.valid_to is null or i.valid_to > o.closed_on)",
    ),
    (
        "an organisation has one present name, which is its name",
        "select 'the present name differs from the history: ' || o.name from organisation o \
         where (select count(*) from organisation_name n where n.organisation_id = o.id \
           and n.valid_to is null and n.name = o.name) <> 1 \
         union all select 'two names on one day: ' || o.name from organisation_name a \
           join organisation_name b on a.organisation_id = b.organisation_id and a.id < b.id \
           join organisation o on o.id = a.organisation_id where {overlap}",
    ),
    (
        "an active organisation has a verified identifier",
        "select 'active without a verified identifier: ' || o.name from organisation o \
         where o.status = 'ACTIVE' and not exists (select 1 from organisation_identifier i \
           where i.organisation_id = o.id and i.verified_at is not null)",
    ),
    (
        "an organisation lies in a board only while the board exists",
        "select 'member of ' || b.ods_code || ' outside its life: ' || o.name \
         from board_membership m join care_board b on b.id = m.board_id \
         join organisation o on o.id = m.organisation_id \
         where m.valid_from < b.valid_from \
           or (b.valid_to is not null and (m.valid_to is null or m.valid_to > b.valid_to))",
    ),
    (
        "every closed board has a successor",
        "select 'no successor is recorded for ' || b.ods_code from care_board b \
         where b.valid_to is not null and not exists (select 1 from board_succession s \
           where s.predecessor_id = b.id and s.effective_on = b.valid_to)",
    ),
    (
        "the chosen board is one of the candidates",
        "select 'a chosen board is no candidate: ' || o.name from board_assignment s \
         join organisation o on o.id = s.organisation_id \
         where s.assigned_board_id is not null and not exists (select 1 from board_succession c \
             where c.predecessor_id = s.previous_board_id and c.successor_id = s.assigned_board_id) \
           and not exists (select 1 from board_membership m where m.organisation_id = o.id \
             and m.board_id = s.assigned_board_id)",
    ),
    (
        "PRG-2 the modules of a published version sum to its taught minutes",
        "select 'the modules do not sum to the total of ' || p.code || ' ' || v.number \
         from programme_version v join programme p on p.id = v.programme_id \
         where v.state <> 'DRAFT' and v.taught_minutes <> (select coalesce(sum(m.taught_minutes), 0) \
           from programme_module m where m.version_id = v.id)",
    ),
    (
        "PRG-3 a published version covers or lists every core competence of the set that it claims",
        "select p.code || ' ' || v.number || ' says nothing of ' || c.code from programme_version v \
         join programme p on p.id = v.programme_id \
         join competence_item c on c.set_id = v.aligned_to_id and c.core \
         where v.state <> 'DRAFT' and not exists (select 1 from declared_gap g \
             where g.version_id = v.id and g.competence_id = c.id) \
           and not exists (select 1 from competence_mapping m where m.version_id = v.id \
             and (m.competence_id = c.id or m.competence_id in (select k.curriculum_id \
               from competence_link k where k.framework_id = c.id)))",
    ),
    (
        "everything of a programme names its owner",
        "select 'another owner than the programme: ' || x.name from ( \
           select 'a version' as name, v.owner_id as owner, p.owner_id as whose \
             from programme_version v join programme p on p.id = v.programme_id \
           union all select 'a module', m.owner_id, v.owner_id from programme_module m \
             join programme_version v on v.id = m.version_id \
           union all select 'a prerequisite', q.owner_id, v.owner_id from module_prerequisite q \
             join programme_version v on v.id = q.version_id \
           union all select 'a mapping', m.owner_id, v.owner_id from competence_mapping m \
             join programme_version v on v.id = m.version_id \
           union all select 'a gap', g.owner_id, v.owner_id from declared_gap g \
             join programme_version v on v.id = g.version_id \
         ) x where x.owner is distinct from x.whose",
    ),
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
    let of_aggregates = licence::invariants::QUERIES
        .into_iter()
        .chain(person::invariants::QUERIES)
        .chain(trainer::invariants::QUERIES)
        .chain(course::invariants::QUERIES)
        .chain(succession::invariants::QUERIES)
        .chain(employer::invariants::QUERIES);
    let mut checks = Vec::new();
    for (name, query) in QUERIES.into_iter().chain(of_aggregates) {
        let rows = tx.rows(&query.replace("{overlap}", OVERLAP), Vec::new()).await?;
        checks.push(Check { name, broken: lines(&rows)? });
    }
    let broken = circles(&tx).await?;
    checks.push(Check { name: "SUCC-1 successions form no circle", broken });
    let broken = altered(&tx).await?;
    checks.push(Check {
        name: "PRG-1 a published version says what it said when it was published",
        broken,
    });
    let broken = chains(&tx).await?;
    checks.push(Check { name: "audit chains verify, without gaps", broken });
    tx.rollback().await;
    Ok(checks)
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

fn lines(rows: &Rows) -> Result<Vec<String>, DbFault> {
    match rows {
        Rows::Postgres(rows) => rows.iter().map(|row| Ok(row.try_get(0)?)).collect(),
        Rows::Sqlite(rows) => rows.iter().map(|row| Ok(row.try_get(0)?)).collect(),
    }
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
