//! How organisations end, and what is refused before anything is written.

use serde_json::{Value, json};
use tests::{Tenant, World, given, on_both_databases};

/// An active organisation that is on the unassigned list.
async fn in_a_split_board(world: &World, name: &str) -> Tenant {
    given::organisation(world).named(name).in_a_split_board().active().register().await
}

/// The dated facts of an organisation, as the API tells them.
async fn facts(world: &World, ods: &str) -> Value {
    let document =
        "query($ods: String!) { organisation(by: { odsCode: $ods }, asOf: \"2023-06-01\") {
        status closedOn boardMemberships { validFrom validTo } identifiers { validTo }
        region(asOf: \"2026-05-01\") { odsCode } } }";
    world.data(None, document, json!({ "ods": ods })).await["organisation"].clone()
}

on_both_databases! {
    async fn what_would_have_ended_later_ends_with_the_organisation(world: World) {
        for (field, reason) in [("organisationClose", true), ("organisationSucceed", false)] {
            let gone = in_a_split_board(&world, field).await;
            let other = in_a_split_board(&world, "another tenant").await;
            let id = format!("org_{}", gone.id.simple());
            let input = if reason {
                json!({ "id": id, "expectedVersion": 2, "closedOn": "2024-01-02", "reason": "it ended" })
            } else {
                json!({ "kind": "CLOSURE", "predecessorIds": [id], "effectiveOn": "2024-01-02" })
            };
            let reply =
                world.mutate(Some(&world.officer()), field, "organisation { id }", input).await;
            assert_eq!(reply.codes(), [] as [&str; 0], "{}", reply.body());
            let facts_of_it = facts(&world, &gone.ods).await;
            assert_eq!(facts_of_it["status"], "CLOSED");
            let ended = json!([{ "validFrom": "2023-01-01", "validTo": "2024-01-02" }]);
            assert_eq!(facts_of_it["boardMemberships"], ended);
            assert_eq!(facts_of_it["identifiers"], json!([{ "validTo": "2024-01-02" }]));
            assert_eq!(facts_of_it["region"], Value::Null);
            let untouched = json!([{ "validFrom": "2023-01-01", "validTo": "2026-04-01" }]);
            assert_eq!(facts(&world, &other.ods).await["boardMemberships"], untouched);
        }
    }

    async fn a_closed_organisation_leaves_the_unassigned_list(world: World) {
        let gone = in_a_split_board(&world, "it closes").await;
        in_a_split_board(&world, "it stays on the list").await;
        let id = format!("org_{}", gone.id.simple());
        let input =
            json!({ "id": id, "expectedVersion": 2, "closedOn": "2026-04-20", "reason": "it ended" });
        let officer = world.officer();
        world.mutate(Some(&officer), "organisationClose", "organisation { id }", input).await;
        let document = "{ boardAssignments(first: 10) { nodes { status organisation { name } } } }";
        let places = world.data(Some(&officer), document, json!({})).await;
        let mut places: Vec<String> = places["boardAssignments"]["nodes"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|place| format!("{} {}", place["organisation"]["name"], place["status"]))
            .collect();
        places.sort_unstable();
        assert_eq!(places, [r#""it closes" "LAPSED""#, r#""it stays on the list" "OPEN""#]);
    }

    async fn a_mutation_selected_twice_under_one_key_is_not_run(world: World) {
        let before = world.database.eye.contents().await;
        for document in [
            "mutation($input: OrganisationRegisterInput!) {
                organisationRegister(input: $input) { impact }
                organisationRegister(input: $input) { organisation { id } } }",
            "mutation($input: OrganisationRegisterInput!) { ...once ...once }
                fragment once on Mutation { organisationRegister(input: $input) { impact } }",
            "mutation($input: OrganisationRegisterInput!) {
                x: organisationRegister(input: $input) { impact }
                ... on Mutation { x: organisationActivate(input: { id: \"x\", expectedVersion: 1 }) { impact } } }",
        ] {
            for tenant in [&world.a, &world.b] {
                let input = json!({ "input": { "name": tenant.ods, "kind": "VCSE" } });
                let body = world.query(Some(&world.officer()), document, input).await;
                let code = &body["errors"][0]["extensions"]["code"];
                assert_eq!(code, "GRAPHQL_VALIDATION_FAILED", "{body}");
                assert_eq!(body.get("data"), None, "{body}");
            }
        }
        let changes = world.database.eye.contents().await.changes_since(&before);
        assert_eq!(changes, [] as [String; 0]);
    }

    async fn what_is_not_well_formed_is_refused_with_its_field(world: World) {
        let before = world.database.eye.contents().await;
        let nowhere = format!("reg_{}", "0".repeat(32));
        for (more, path) in [
            (json!({ "regionId": nowhere }), "regionId"),
            (json!({ "regionOverrideReason": "nul\u{0}" }), "regionOverrideReason"),
            (json!({ "regionOverrideReason": "turned \u{202E}round" }), "regionOverrideReason"),
            (json!({ "sites": [{ "name": "House", "postcode": "not one" }] }), "sites.0.postcode"),
            (json!({ "name": "\u{200B}" }), "name"),
            (json!({ "idempotencyKey": "nul\u{0}" }), "idempotencyKey"),
        ] {
            for tenant in [&world.a, &world.b] {
                let mut input = json!({ "name": tenant.ods, "kind": "VCSE" });
                let fields = more.as_object().expect("an object").clone();
                input.as_object_mut().expect("an object").extend(fields);
                let reply = world
                    .mutate(Some(&world.officer()), "organisationRegister", "organisation { id }", input)
                    .await;
                let paths: Vec<String> = reply.payload()["userErrors"]
                    .as_array()
                    .expect("a list")
                    .iter()
                    .map(|error| {
                        let parts = error["path"].as_array().expect("a path").iter().skip(1);
                        parts.filter_map(Value::as_str).collect::<Vec<_>>().join(".")
                    })
                    .collect();
                assert_eq!(paths, [path], "{}", reply.body());
            }
        }
        let changes = world.database.eye.contents().await.changes_since(&before);
        assert_eq!(changes, [] as [String; 0]);
    }

    async fn a_mutation_that_fails_alone_is_null_under_its_key_as_beside_others(world: World) {
        let one = |key: &str| format!("{key}: organisationActivate(input: {{ id: \"none\", expectedVersion: 1 }}) {{ impact }}");
        for token in [world.officer(), world.coordinator(&world.a), world.coordinator(&world.b)] {
            let alone = world.query(Some(&token), &format!("mutation {{ {} }}", one("x")), json!({})).await;
            assert_eq!(alone["data"], json!({ "x": null }), "{alone}");
            let both = world.query(Some(&token), &format!("mutation {{ {} {} }}", one("x"), one("y")), json!({})).await;
            assert_eq!(both["data"], json!({ "x": null, "y": null }), "{both}");
        }
    }
}
