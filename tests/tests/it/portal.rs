//! A partner's portal, on a client and a validator that others wrote.

use serde_json::{Value, json};
use tests::given::organisation;
use tests::{World, on_both_databases};

use crate::answers::list;
use crate::peer::{node, run};
use crate::process::Ended;
use crate::reads::BOARDS_BEFORE_AND_AFTER;

/// Runs `tests/peers/portal.mjs` with a token on a request.
async fn portal(world: &World, token: &str, request: &Value) -> Ended {
    let url = format!("{}/graphql", world.base_url);
    run(node("portal.mjs", &[&url, token]), &request.to_string()).await
}

on_both_databases! {
    async fn a_portal_gets_the_boards_before_and_after_as_any_client_does(world: World) {
        for board in ["QUE", "QH8", "QM7", "QUE"] {
            organisation(&world).board(board).register().await;
        }
        let variables = json!({ "region": "Y61", "first": 3 });
        let request = json!({ "query": BOARDS_BEFORE_AND_AFTER, "variables": variables });
        for tenant in [&world.a, &world.b] {
            let token = world.coordinator(tenant);
            let ended = portal(&world, &token, &request).await;
            assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""), "{ended:?}");
            let answer: Value = serde_json::from_str(&ended.out).expect("one line of JSON");
            assert_eq!(answer.get("errors"), None);
            let direct = world.data(Some(&token), BOARDS_BEFORE_AND_AFTER, variables.clone()).await;
            assert_eq!(answer["data"], direct);
            assert_eq!(list(&direct["region"]["organisations"]["nodes"]).len(), 3);
        }
    }

    async fn a_portal_sees_errors_beside_data_as_any_client_does(world: World) {
        let query = "query($id: ID!) { organisation(by: { id: $id }) { name auditEvents { totalCount } } }";
        let token = world.officer();
        for tenant in [&world.a, &world.b] {
            let variables = json!({ "id": tenant.global_id() });
            let ended = portal(&world, &token, &json!({ "query": query, "variables": variables })).await;
            assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""), "{ended:?}");
            let answer: Value = serde_json::from_str(&ended.out).expect("one line of JSON");
            assert_eq!(answer["data"]["organisation"], json!({ "name": tenant.name, "auditEvents": null }));
            assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN");
        }
    }

    async fn a_portal_whose_query_does_not_fit_the_schema_learns_so_before_it_asks(world: World) {
        for tenant in [&world.a, &world.b] {
            let ended = portal(&world, &world.coordinator(tenant), &json!({ "query": "{ organisations { shoeSize } }" })).await;
            assert_eq!(ended.code, Some(1), "{ended:?}");
            assert!(ended.err.starts_with("validation: ") && ended.err.contains("shoeSize"), "{ended:?}");
        }
    }
}
