//! GraphQL over HTTP as its specification's reference implementation audits it.

use serde_json::{Value, json};
use tests::{World, on_both_databases};

use crate::demo::Place;
use crate::peer::{node, run};

/// Fails unless the server at `url` passes every audit.
async fn passes_every_audit(url: &str) {
    let ended = run(node("audit.mjs", &[url]), "").await;
    let outcome: Value =
        serde_json::from_str(&ended.out).unwrap_or_else(|_| unreachable!("an outcome: {ended:?}"));
    assert_eq!(outcome, json!({ "total": 61, "ok": 61, "failed": [] }));
    assert_eq!(ended.code, Some(0), "{ended:?}");
}

on_both_databases! {
    async fn the_service_passes_every_audit_of_graphql_over_http(world: World) {
        passes_every_audit(&format!("{}/graphql", world.base_url)).await;
    }

    async fn the_demonstration_passes_every_audit_of_graphql_over_http(place: Place) {
        let demo = place.start().await;
        passes_every_audit(demo.url("API")).await;
        demo.stop().await;
    }
}
