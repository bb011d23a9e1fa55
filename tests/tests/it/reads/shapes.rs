//! The shape of an answer is the shape of the question.

use serde_json::{Value, json};
use tests::{World, on_both_databases};

use super::public;
use crate::answers::{codes, list};
use crate::network::{Dice, Wild, throw};

/// The data as text: keys in the order in which they came.
async fn text(world: &World, token: Option<&str>, document: &str, variables: Value) -> String {
    world.data(token, document, variables).await.to_string()
}

on_both_databases! {
    async fn fragments_give_what_their_fields_would_give(world: Wild) {
        throw(&world, &mut Dice::new(11), 10).await;
        let plain = "{ organisations(first: 9) { totalCount nodes { id name region { id name } sites(first: 2) { nodes { id name } } } } }";
        let parts = "query {
            organisations(first: 9) { ...Counted ... on OrganisationConnection { nodes { ...Basics ... { region { ...Place } } ... on Organisation { sites(first: 2) { ...Sites } } } } }
        }
        fragment Counted on OrganisationConnection { totalCount }
        fragment Basics on Organisation { id ...Named }
        fragment Named on Organisation { name }
        fragment Place on Region { id name }
        fragment Sites on SiteConnection { nodes { ... on Site { id } name } }";
        let expected = text(&world, None, plain, json!({})).await;
        for token in [None, Some(world.coordinator(&world.a)), Some(world.coordinator(&world.b))] {
            assert_eq!(text(&world, token.as_deref(), parts, json!({})).await, expected);
        }
    }

    async fn the_same_field_is_merged_and_aliases_are_kept_apart(world: World) {
        let document = r#"{
            b: region(by: { odsCode: "Y58" }) { name }
            a: region(by: { odsCode: "Y62" }) { name name odsCode }
            region(by: { odsCode: "Y62" }) { id: odsCode }
            a: region(by: { odsCode: "Y62" }) { organisations(first: 5) { nodes { name } } ...Rest }
        }
        fragment Rest on Region {
            organisations(first: 5) { nodes { odsCode name } totalCount }
            few: organisations(first: 1) { nodes { twice: name name } }
        }"#;
        let (name, ods) = (&world.a.name, &world.a.ods);
        let expected = json!({
            "b": { "name": "South West" },
            "a": {
                "name": "North West",
                "odsCode": "Y62",
                "organisations": { "nodes": [{ "name": name, "odsCode": ods }], "totalCount": 1 },
                "few": { "nodes": [{ "twice": name, "name": name }] },
            },
            "region": { "id": "Y62" },
        });
        assert_eq!(text(&world, None, document, json!({})).await, expected.to_string());
        let of_b = document.replace("Y62", "Y58");
        let data = world.data(Some(&world.coordinator(&world.b)), &of_b, json!({})).await;
        assert_eq!(data["a"]["organisations"]["nodes"], json!([{ "name": world.b.name, "odsCode": world.b.ods }]));
    }

    async fn every_object_knows_its_type(world: Wild) {
        throw(&world, &mut Dice::new(12), 5).await;
        let document = "{ __typename organisations(first: 1) { __typename
            edges { __typename cursor node { __typename kind: __typename } }
            nodes { __typename }
            pageInfo { __typename } } viewer { __typename } }";
        let data = public(&world, document).await;
        let page = &data["organisations"];
        assert_eq!(data["__typename"], "Query");
        assert_eq!(data["viewer"]["__typename"], "Viewer");
        assert_eq!(page["__typename"], "OrganisationConnection");
        assert_eq!(page["edges"][0]["__typename"], "OrganisationEdge");
        assert_eq!(page["edges"][0]["node"], json!({ "__typename": "Organisation", "kind": "Organisation" }));
        assert_eq!(page["nodes"][0]["__typename"], "Organisation");
        assert_eq!(page["pageInfo"]["__typename"], "PageInfo");
        let nothing_else = "{ organisations(first: 2) { nodes { __typename region { __typename } sites { __typename } identifiers { __typename } } } }";
        for node in list(&public(&world, nothing_else).await["organisations"]["nodes"]) {
            assert_eq!(node["__typename"], "Organisation");
            assert_eq!(node["sites"]["__typename"], "SiteConnection");
            assert!(node["region"].is_null() || node["region"]["__typename"] == "Region");
            assert!(list(&node["identifiers"]).iter().all(|code| code["__typename"] == "OrganisationIdentifier"));
        }
    }

    async fn skip_and_include_leave_out_what_they_say(world: World) {
        let document = "query($yes: Boolean!, $no: Boolean!, $later: Boolean = true, $never: Boolean = false) {
            kept: regions(first: 1) @include(if: $yes) {
                nodes {
                    name @skip(if: $no)
                    odsCode @skip(if: $yes)
                    default: name @include(if: $later)
                    gone: name @include(if: $never)
                    ...Codes @include(if: $no)
                    ... @include(if: $yes) { here: odsCode }
                    ... on Region @skip(if: true) { id }
                }
                totalCount @include(if: false)
            }
            dropped: regions @skip(if: $yes) { totalCount }
        }
        fragment Codes on Region { onsCodes { value } }";
        let variables = json!({ "yes": true, "no": false });
        let expected = json!({ "kept": { "nodes": [{ "name": "East of England", "default": "East of England", "here": "Y61" }] } });
        for token in [None, Some(world.coordinator(&world.a)), Some(world.coordinator(&world.b))] {
            assert_eq!(text(&world, token.as_deref(), document, variables.clone()).await, expected.to_string());
        }
        let said = json!({ "yes": true, "no": false, "later": false, "never": true });
        let data = world.data(None, document, said).await;
        assert_eq!(data["kept"]["nodes"], json!([{ "name": "East of England", "gone": "East of England", "here": "Y61" }]));
    }

    async fn default_values_of_variables_count(world: Wild) {
        throw(&world, &mut Dice::new(13), 10).await;
        let document = "query($n: Int = 3, $on: Date = \"2026-03-31\", $order: [OrganisationOrder!] = [{ field: CREATED_AT, direction: DESC }]) {
            organisations(first: $n, asOf: $on, orderBy: $order) { nodes { id odsCode } } }";
        let literal = "{ organisations(first: 3, asOf: \"2026-03-31\", orderBy: [{ field: CREATED_AT, direction: DESC }]) { nodes { id odsCode } } }";
        let (a, b) = (world.coordinator(&world.a), world.coordinator(&world.b));
        let expected = text(&world, Some(&a), literal, json!({})).await;
        assert_eq!(text(&world, Some(&a), document, json!({})).await, expected);
        assert_eq!(text(&world, Some(&b), document, json!({})).await, expected);
        let given = world.data(None, document, json!({ "n": 1, "order": { "field": "CREATED_AT" } })).await;
        assert_eq!(list(&given["organisations"]["nodes"]).len(), 1, "one order stands for a list of one");
    }

    async fn keys_come_in_the_order_of_the_question(world: World) {
        let one = "{ regions(first: 1) { totalCount nodes { name id odsCode } pageInfo { hasNextPage endCursor } } viewer { roles { role } isSignedIn } bankHolidays(first: 1) { nodes { name day } } }";
        let other = "{ bankHolidays(first: 1) { nodes { day name } } viewer { isSignedIn roles { role } } regions(first: 1) { pageInfo { endCursor hasNextPage } nodes { odsCode name id } totalCount } }";
        fn keys(value: &Value, into: &mut Vec<String>) {
            match value {
                Value::Object(object) => object.iter().for_each(|(key, value)| {
                    into.push(key.clone());
                    keys(value, into);
                }),
                Value::Array(list) => list.iter().take(1).for_each(|value| keys(value, into)),
                _ => {}
            }
        }
        for (document, expected) in [
            (one, "regions totalCount nodes name id odsCode pageInfo hasNextPage endCursor viewer roles role isSignedIn bankHolidays nodes name day"),
            (other, "bankHolidays nodes day name viewer isSignedIn roles role regions pageInfo endCursor hasNextPage nodes odsCode name id totalCount"),
        ] {
            let mut found = Vec::new();
            keys(&world.data(Some(&world.coordinator(&world.b)), document, json!({})).await, &mut found);
            assert_eq!(found.join(" "), expected);
        }
    }

    async fn one_operation_of_several_runs_by_its_name(world: World) {
        let document = "query One { regions(first: 1) { totalCount } } query Two { viewer { isSignedIn } }";
        for (token, signed_in) in [(None, false), (Some(world.coordinator(&world.a)), true), (Some(world.coordinator(&world.b)), true)] {
            let send = async |name: Value| {
                let body = json!({ "query": document, "operationName": name });
                world.post(token.as_deref()).json(&body).send().await.expect("an answer").json::<Value>().await.expect("JSON")
            };
            assert_eq!(send(json!("One")).await["data"], json!({ "regions": { "totalCount": 7 } }));
            assert_eq!(send(json!("Two")).await["data"], json!({ "viewer": { "isSignedIn": signed_in } }));
            for name in [json!("Three"), json!(""), Value::Null] {
                let refused = send(name).await;
                assert_eq!(codes(&refused).len(), 1, "{refused}");
                assert_eq!(refused.get("data"), None);
            }
        }
    }
}
