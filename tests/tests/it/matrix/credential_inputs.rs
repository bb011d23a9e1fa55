//! An input for each mutation of credentials, right but for who sends it.

use alongside::course::model::State;
use alongside::credential::service::suspend;
use alongside::person::desk::At;
use serde_json::{Value, json};
use tests::World;
use tests::courses::{course, school};
use tests::credentials::{global_id, graduation};
use tests::given::as_system;
use tests::people::{Someone, linked, person};
use tests::world::NOW;
use uuid::Uuid;

use super::marks::account;

/// The person of the account of `subject`; one of its own if it has none.
pub async fn holder(world: &World, subject: &str) -> Someone {
    let id = world.engine().hex("person_id");
    let account = world.uuid(account(subject));
    let sql = format!(
        "select {id} from person_account where account_id = {account} and valid_to is null"
    );
    if let Some(found) = world.database.eye.texts(&sql).await.first() {
        return Someone { id: Uuid::parse_str(found).expect("an id"), version: 0 };
    }
    let mut new = person(world, "Yew", None).await;
    linked(world, &mut new, subject).await;
    new
}

/// The inputs, of credentials that the account of `subject` holds.
pub async fn inputs(world: &World, subject: &str) -> Vec<(&'static str, Value)> {
    world.set_clock(NOW);
    let (holder, school) = (holder(world, subject).await, school(world).await);
    let course = course(world, &school, State::Draft).await;
    let mut inputs = Vec::new();
    for (name, suspended, more) in [
        ("credentialReissue", false, json!({})),
        ("credentialSuspend", false, json!({ "why": "A test." })),
        ("credentialReinstate", true, json!({ "why": "A test." })),
        ("credentialRevoke", false, json!({ "reason": "ISSUED_IN_ERROR", "why": "A test." })),
        ("credentialSetListing", false, json!({ "listed": true })),
    ] {
        let credential = graduation(world, &holder, &school, &course).await;
        let mut input = more;
        input["id"] = global_id(&credential).into();
        input["expectedVersion"] = (1 + i32::from(suspended)).into();
        if suspended {
            let at = At { id: credential.id, version: 1 };
            as_system(world.app.core(), move |unit| {
                Box::pin(async move { Ok(suspend(unit, at, "A test.").await?.id) })
            })
            .await;
        }
        inputs.push((name, input));
    }
    inputs
}
