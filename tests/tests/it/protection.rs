//! Data protection at work: consents, retention, restriction, erasure, access, and who could have seen what.

mod access;
mod consents;
mod erased;
mod erasure;
mod kept;
mod restriction;
mod retention;

use alongside::actor::demo_issuer::DemoIssuer;
use alongside::actor::service::account_id;
use alongside::graphql::ids;
use serde_json::json;
use tests::people::Someone;
use tests::protection::{all, decided, requested};
use tests::{Engine, World, vault};

/// The token of the data protection officer.
fn officer(world: &World) -> String {
    vault::officer(world)
}

/// Restricts the processing of a person's data; gives the restriction's id.
pub(crate) async fn restricted(world: &World, person: &Someone) -> String {
    let input = json!({
        "personId": person.global_id(), "ground": "ACCURACY_CONTESTED", "reason": "A test.",
    });
    let reply =
        world.mutate(Some(&officer(world)), "restrictionPlace", "restriction { id }", input).await;
    reply.done("restriction")["id"].as_str().expect("an id").to_owned()
}

/// Places a hold on a class of a person's data; gives its id.
async fn held(world: &World, person: &Someone, class: &str) -> String {
    let input = json!({ "class": class, "personId": person.global_id(), "reason": "A claim." });
    let reply =
        world.mutate(Some(&officer(world)), "retentionHoldPlace", "hold { id }", input).await;
    reply.done("hold")["id"].as_str().expect("an id").to_owned()
}

/// The id of the account of `subject`, as the API has it.
fn account(subject: &str) -> String {
    ids::encode("acc", account_id(DemoIssuer::NAME, subject))
}

/// Everything that is in the database, on SQLite with what its files hold.
async fn left(world: &World) -> String {
    let eye = &world.database.eye;
    let mut left = format!("{:?}", eye.contents().await);
    if world.engine() == Engine::Sqlite {
        eye.execute("vacuum").await.expect("what was deleted goes");
        eye.execute("pragma wal_checkpoint(truncate)").await.expect("all is in the file");
        for end in ["", "-wal", "-shm"] {
            let bytes = std::fs::read(world.database.name() + end).unwrap_or_default();
            left.push_str(&String::from_utf8_lossy(&bytes));
        }
    }
    left
}
