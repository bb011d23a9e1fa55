//! What must hold after every test, whatever it did.

use alongside::audit::{GENESIS, seal};
use alongside::core::Core;
use alongside::verify;
use entities::{audit_chain, audit_event};
use sea_orm::{ConnectionTrait, EntityTrait};

use crate::eye::{Eye, audit_events};
use crate::{Engine, World};

/// Fails unless every invariant of the service holds, by its own check and by ours.
pub async fn check(core: &Core, eye: &Eye) {
    assert_eq!(broken_links(eye.connection()).await, [] as [String; 0], "the audit chains verify");
    let checks = verify::run(core).await.expect("the service's own check runs");
    let broken: Vec<_> = checks.into_iter().filter(|check| !check.broken.is_empty()).collect();
    assert_eq!(broken, []);
}

/// What is broken, by the names of the invariants.
pub async fn broken(world: &World) -> Vec<&'static str> {
    let checks = verify::run(world.app.core()).await.expect("the check runs");
    checks.into_iter().filter(|check| !check.broken.is_empty()).map(|check| check.name).collect()
}

/// Takes away the triggers by which rows stay as they are; gives what brings them back.
pub async fn unguarded(world: &World, tables: &[&str]) -> Vec<String> {
    let eye = &world.database.eye;
    match world.engine() {
        Engine::Postgres => {
            for table in tables {
                let sql = format!("alter table {table} disable trigger user");
                eye.execute(&sql).await.expect("the triggers");
            }
            tables.iter().map(|table| format!("alter table {table} enable trigger user")).collect()
        }
        Engine::Sqlite => {
            let of = "from sqlite_master where type = 'trigger' and name like '%_stays%'";
            let kept = eye.texts(&format!("select sql {of}")).await;
            for name in eye.texts(&format!("select name {of}")).await {
                eye.execute(&format!("drop trigger {name}")).await.expect("the trigger");
            }
            kept
        }
    }
}

/// Brings back the triggers that were taken away.
pub async fn guarded(world: &World, kept: Vec<String>) {
    for trigger in kept {
        world.database.eye.execute(&trigger).await.expect("the trigger again");
    }
}

/// Every place where an audit chain does not verify: a gap, a wrong link, a wrong seal, a wrong head.
#[expect(clippy::disallowed_methods, reason = "a check of the whole trail")]
pub async fn broken_links(on: &impl ConnectionTrait) -> Vec<String> {
    let events = audit_events(on).await;
    let heads = audit_chain::Entity::find().all(on).await.expect("the heads of its chains");
    let mut broken = Vec::new();
    for head in &heads {
        let chain: Vec<_> = events.iter().filter(|event| event.chain == head.id).collect();
        let mut last = (0, GENESIS.to_owned());
        for event in &chain {
            broken.extend(
                faults(event, &last)
                    .into_iter()
                    .map(|fault| format!("chain {} at {}: {fault}", event.chain, event.seq)),
            );
            last = (event.seq, event.hash.clone());
        }
        if last != (head.last_seq, head.last_hash.clone()) {
            broken.push(format!("chain {}: the head names another last event", head.id));
        }
    }
    broken
}

/// What is wrong with `event` behind an event of this number and hash.
fn faults(event: &audit_event::Model, (seq, hash): &(i64, String)) -> Vec<&'static str> {
    [
        (event.seq != seq + 1, "a gap"),
        (event.previous_hash != *hash, "not linked to the event before"),
        (seal(event) != event.hash, "the seal does not fit"),
    ]
    .into_iter()
    .filter_map(|(wrong, fault)| wrong.then_some(fault))
    .collect()
}
