//! Organisations that end in a test, and what waits for a successor.

use alongside::calendar::civil_date;
use alongside::clock::Source as _;
use serde_json::{Value, json};

use crate::world::{Tenant, World};

/// Ends an organisation today: it is split among the others, or followed by the only one.
///
/// # Panics
///
/// If the service refuses.
pub async fn end(world: &World, gone: &Tenant, successors: &[&Tenant]) {
    let kind = if successors.len() > 1 { "SPLIT" } else { "ACQUISITION" };
    let ids: Vec<String> = successors.iter().map(|tenant| tenant.global_id()).collect();
    let today = civil_date(world.source.now());
    let input = json!({
        "kind": kind, "predecessorIds": [gone.global_id()], "successorIds": ids, "effectiveOn": today,
    });
    let officer = world.officer();
    let reply = world.mutate(Some(&officer), "organisationSucceed", "organisation { id }", input);
    reply.await.done("organisation");
}

/// The places on the unassigned list that an organisation left.
///
/// # Panics
///
/// If the answer is not a list.
pub async fn places(world: &World, gone: &Tenant) -> Vec<Value> {
    let document =
        "query($of: ID!) { successionAssignments(where: { organisationId: { eq: $of } }) { nodes {
        id version subject effectiveOn assignedOn course { code } trainer { id }
        candidates { name } successor { name } } } }";
    let data =
        world.data(Some(&world.officer()), document, json!({ "of": gone.global_id() })).await;
    data["successionAssignments"]["nodes"].as_array().expect("a list").clone()
}

/// The input that gives a place to a successor.
#[must_use]
pub fn assign(place: &Value, to: &Tenant) -> Value {
    json!({ "id": place["id"], "expectedVersion": place["version"], "successorId": to.global_id() })
}
