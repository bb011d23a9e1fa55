//! Dated facts: what was true on a day.

use serde_json::{Value, json};
use tests::{World, given, on_both_databases};

use crate::answers::list;
use crate::network::Wild;

/// A trust that was renamed, moved, and ended in another, which took over its code.
async fn a_life(world: &World) -> (tests::Tenant, tests::Tenant) {
    let since = given::day("2023-01-01");
    let old = given::organisation(world)
        .named("First Name")
        .ods("ZZLIFE")
        .board("QOP")
        .since(since)
        .active()
        .register()
        .await;
    let new = given::organisation(world)
        .named("Successor")
        .board("QJK")
        .since(given::day("2025-07-01"))
        .active()
        .register()
        .await;
    let officer = world.officer();
    let change = async |field: &str, input: Value| {
        let entity = "organisation { id version }";
        world.mutate(Some(&officer), field, entity, input).await.done("organisation").clone()
    };
    let id = old.global_id();
    change("organisationRename", json!({ "id": id, "expectedVersion": 2, "name": "Second Name", "effectiveOn": "2024-03-01" })).await;
    let board = world
        .data(None, r#"{ integratedCareBoard(by: { odsCode: "QJK" }) { id } }"#, json!({}))
        .await;
    let board = &board["integratedCareBoard"]["id"];
    change(
        "organisationMoveBoard",
        json!({ "id": id, "expectedVersion": 3, "boardId": board, "effectiveOn": "2024-10-01" }),
    )
    .await;
    let succession = json!({ "kind": "ACQUISITION", "predecessorIds": [id], "successorIds": [new.global_id()], "effectiveOn": "2025-09-01" });
    change("organisationSucceed", succession).await;
    // The code goes on with the successor on the day on which the predecessor gives it up.
    let eye = &world.database.eye;
    let (code, holder) = (world.uuid(uuid::Uuid::from_u128(0xC0DE)), world.uuid(new.id));
    let own = format!(
        "update organisation_identifier set valid_to = '2025-09-01' where organisation_id = {holder}"
    );
    eye.execute(&own).await.expect("the successor's own code ends");
    let insert = format!(
        "insert into organisation_identifier values ({code}, {holder}, 'ODS', 'ZZLIFE', '2025-09-01', null, null, null)"
    );
    eye.execute(&insert).await.expect("the code is free again");
    (old, new)
}

const DATED: &str = "query($id: ID!, $on: Date) { organisation(by: { id: $id }, asOf: $on) {
    name currentName odsCode region { odsCode } integratedCareBoard { odsCode } } }";

on_both_databases! {
    async fn name_code_board_and_region_are_those_of_the_day(world: Wild) {
        let (old, new) = a_life(&world).await;
        let facts = async |id: &str, on: Value| {
            let data = world.data(None, DATED, json!({ "id": id, "on": on })).await;
            let facts = &data["organisation"];
            json!([facts["name"], facts["odsCode"], facts["region"]["odsCode"], facts["integratedCareBoard"]["odsCode"]])
        };
        for (on, expected) in [
            ("2022-12-31", json!(["Second Name", null, null, null])),
            ("2023-01-01", json!(["First Name", "ZZLIFE", "Y62", "QOP"])),
            ("2024-02-29", json!(["First Name", "ZZLIFE", "Y62", "QOP"])),
            ("2024-03-01", json!(["Second Name", "ZZLIFE", "Y62", "QOP"])),
            ("2024-09-30", json!(["Second Name", "ZZLIFE", "Y62", "QOP"])),
            ("2024-10-01", json!(["Second Name", "ZZLIFE", "Y58", "QJK"])),
            ("2025-08-31", json!(["Second Name", "ZZLIFE", "Y58", "QJK"])),
            ("2025-09-01", json!(["Second Name", null, null, null])),
        ] {
            assert_eq!(facts(&old.global_id(), json!(on)).await, expected, "the predecessor on {on}");
        }
        for (on, expected) in [
            ("2025-08-31", json!(["Successor", new.ods, "Y58", "QJK"])),
            ("2025-09-01", json!(["Successor", "ZZLIFE", "Y58", "QJK"])),
        ] {
            assert_eq!(facts(&new.global_id(), json!(on)).await, expected, "the successor on {on}");
        }
        let today = facts(&new.global_id(), Value::Null).await;
        assert_eq!(today, facts(&new.global_id(), json!("2026-05-01")).await, "without a day: today");
    }

    async fn a_code_finds_whoever_held_it_on_the_day(world: Wild) {
        let (old, new) = a_life(&world).await;
        let document = r#"query($on: Date) {
            organisation(by: { odsCode: "ZZLIFE" }, asOf: $on) { id }
            organisations(where: { odsCode: { eq: "ZZLIFE" } }, asOf: $on) { totalCount nodes { id } } }"#;
        for (on, holder) in [
            (json!("2022-12-31"), None),
            (json!("2025-08-31"), Some(&old)),
            (json!("2025-09-01"), Some(&new)),
            (Value::Null, Some(&new)),
        ] {
            let data = world.data(None, document, json!({ "on": on })).await;
            let id = holder.map(tests::Tenant::global_id);
            assert_eq!(data["organisation"]["id"].as_str(), id.as_deref(), "{on}");
            assert_eq!(data["organisations"]["totalCount"], usize::from(id.is_some()), "{on}");
            assert_eq!(data["organisations"]["nodes"][0]["id"].as_str(), id.as_deref(), "{on}");
        }
        let lookup = world.data(None, r#"{ organisationLookup(ods: " zzlife ") { isWellFormed odsCode organisation { id } } }"#, json!({})).await;
        assert_eq!(lookup["organisationLookup"], json!({ "isWellFormed": true, "odsCode": "ZZLIFE", "organisation": { "id": new.global_id() } }));
    }

    async fn a_day_is_handed_down_and_can_be_replaced_below(world: Wild) {
        let (old, new) = a_life(&world).await;
        let document = r#"query($id: ID!) {
            integratedCareBoard(by: { odsCode: "QOP" }, asOf: "2024-01-01") {
                organisations {
                    nodes { name odsCode integratedCareBoard { odsCode organisations { totalCount } } }
                }
                later: organisations(asOf: "2024-11-01") { totalCount }
            }
            organisation(by: { id: $id }, asOf: "2025-10-01") {
                odsCode
                predecessors {
                    predecessor {
                        name
                        odsCode
                        then: integratedCareBoard(asOf: "2024-01-01") { odsCode region { name } }
                        now: integratedCareBoard { odsCode }
                    }
                }
            }
        }"#;
        let data = world.data(None, document, json!({ "id": new.global_id() })).await;
        assert_eq!(data, json!({
            "integratedCareBoard": {
                "organisations": { "nodes": [{
                    "name": "First Name", "odsCode": "ZZLIFE",
                    "integratedCareBoard": { "odsCode": "QOP", "organisations": { "totalCount": 1 } },
                }] },
                "later": { "totalCount": 0 },
            },
            "organisation": {
                "odsCode": "ZZLIFE",
                "predecessors": [{ "predecessor": {
                    "name": "Second Name", "odsCode": null,
                    "then": { "odsCode": "QOP", "region": { "name": "North West" } }, "now": null,
                } }],
            },
        }), "{old:?}");
    }

    async fn a_region_lists_the_organisations_of_the_day(world: Wild) {
        let (old, _) = a_life(&world).await;
        let document = "query($on: Date) { regions { nodes { odsCode organisations(first: 100, asOf: $on) { nodes { id } } } } }";
        for (on, region) in [("2024-01-01", Some("Y62")), ("2025-01-01", Some("Y58")), ("2025-09-01", None)] {
            let data = world.data(None, document, json!({ "on": on })).await;
            let lists = |region: &&Value| list(&region["organisations"]["nodes"]).iter().any(|row| row["id"] == *old.global_id());
            let found = list(&data["regions"]["nodes"]).iter().find(lists);
            assert_eq!(found.map(|region| region["odsCode"].as_str()), region.map(Some), "{on}");
        }
        for (on, count) in [("2022-06-30", 0), ("2022-07-01", 42), ("2026-03-31", 42), ("2026-04-01", 36)] {
            let document = format!("{{ integratedCareBoards(asOf: \"{on}\") {{ totalCount }} }}");
            let data = world.data(None, &document, json!({})).await;
            assert_eq!(data["integratedCareBoards"]["totalCount"], count, "boards on {on}");
        }
    }

    async fn an_organisation_with_two_codes_shows_one_and_is_found_by_both(world: World) {
        let identifiers = json!([{ "scheme": "ODS", "value": "ZZTWO2" }, { "scheme": "ODS", "value": "ZZTWO1" }]);
        let input = json!({ "name": "Two Codes", "kind": "VCSE", "identifiers": identifiers });
        let reply = world.mutate(Some(&world.officer()), "organisationRegister", "organisation { id odsCode }", input).await;
        let found = reply.done("organisation");
        assert_eq!(found["odsCode"], "ZZTWO1");
        let document = "query($code: String!) { organisation(by: { odsCode: $code }) { id odsCode identifiers { value } } }";
        for token in [world.coordinator(&world.a), world.coordinator(&world.b)] {
            for code in ["ZZTWO1", "ZZTWO2"] {
                let data = world.data(Some(&token), document, json!({ "code": code })).await;
                assert_eq!(data["organisation"]["id"], found["id"]);
                assert_eq!(data["organisation"]["odsCode"], "ZZTWO1");
                assert_eq!(list(&data["organisation"]["identifiers"]).len(), 2);
            }
        }
    }

    async fn a_day_that_is_none_is_refused(world: World) {
        for (token, day) in [(None, "\"2026-13-01\""), (Some(world.coordinator(&world.a)), "\"1 April 2026\""), (Some(world.coordinator(&world.b)), "20260401")] {
            for field in [
                format!("organisations(asOf: {day}) {{ totalCount }}"),
                format!("organisation(by: {{ odsCode: \"ZZ1\" }}, asOf: {day}) {{ id }}"),
                format!("organisations {{ nodes {{ region(asOf: {day}) {{ id }} }} }}"),
            ] {
                let refused = world.query(token.as_deref(), &format!("{{ {field} }}"), json!({})).await;
                let codes = crate::answers::codes(&refused);
                assert!(matches!(codes.as_slice(), ["BAD_USER_INPUT" | "GRAPHQL_VALIDATION_FAILED"]), "{field}: {refused}");
            }
        }
    }
}
