//! A document that was asked before is answered and refused as one that is new.

use serde_json::{Value, json};
use tests::{World, on_both_databases};

/// Documents with variables that they take, and variables that they refuse or that change what is asked.
fn asked(world: &World) -> Vec<(&'static str, Value, Vec<Value>)> {
    let (a, b) = (world.a.global_id(), world.b.global_id());
    vec![
        (
            "query($n: Int) { organisations(first: $n) { nodes { id } } }",
            json!({ "n": 1 }),
            vec![
                json!({ "n": "abc" }),
                json!({ "n": -5 }),
                json!({ "n": 1_000_000 }),
                json!({ "n": 4_294_967_296_u64 }),
                json!({ "n": 1.5 }),
                json!({ "n": [1] }),
                json!({ "n": null }),
                json!({ "n": true }),
                json!({}),
                json!({ "n": 2, "m": 3 }),
            ],
        ),
        (
            "query($by: OrganisationBy!) { organisation(by: $by) { id } }",
            json!({ "by": { "id": a } }),
            vec![
                json!({ "by": { "id": b } }),
                json!({ "by": { "id": "crs_1" } }),
                json!({ "by": { "id": a, "odsCode": world.a.ods } }),
                json!({ "by": { "id": null } }),
                json!({ "by": { "code": "x" } }),
                json!({ "by": {} }),
                json!({ "by": "x" }),
                json!({ "by": null }),
                json!({}),
            ],
        ),
        (
            "query($id: ID!, $code: String) { one: organisation(by: {id: $id}) { id }
              other: organisation(by: {odsCode: $code}) { id } }",
            json!({ "id": a, "code": world.b.ods }),
            vec![
                json!({ "id": a }),
                json!({ "id": 7, "code": world.b.ods }),
                json!({ "id": a, "code": null }),
                json!({ "id": a, "code": 7 }),
                json!({ "code": world.b.ods }),
            ],
        ),
        (
            "query($where: OrganisationWhere, $like: String, $order: [OrganisationOrder!]) {
              x: organisations(where: $where, orderBy: $order) { totalCount }
              y: organisations(where: {currentName: {startsWith: $like}, not: $where}) { totalCount } }",
            json!({ "like": "A", "order": { "field": "CURRENT_NAME" } }),
            vec![
                json!({ "where": { "currentName": { "eq": "x" } }, "like": "A" }),
                json!({ "where": { "currentName": { "eq": 7 } } }),
                json!({ "where": { "nothing": { "eq": "x" } } }),
                json!({ "where": { "or": [{ "currentName": { "like": "x" } }] } }),
                json!({ "where": { "id": { "in": ["x"] } } }),
                json!({ "order": [{ "field": "CURRENT_NAME", "direction": "UP" }] }),
                json!({ "order": [{ "field": "NAMES" }] }),
                json!({ "order": [{ "direction": "ASC" }] }),
                json!({ "order": [null] }),
                json!({ "order": [{ "field": "CURRENT_NAME" }, { "field": "CURRENT_NAME" }] }),
                json!({ "like": null }),
                json!({ "like": 5 }),
            ],
        ),
        (
            "query($day: Date = \"2026-03-01\") { organisations(first: 2) {
              nodes { integratedCareBoard(asOf: $day) { name } } } }",
            json!({ "day": "2026-04-01" }),
            vec![
                json!({}),
                json!({ "day": "2026-13-01" }),
                json!({ "day": 5 }),
                json!({ "day": null }),
            ],
        ),
        (
            "query($yes: Boolean!, $no: Boolean = false) {
              organisations(first: 1) @include(if: $yes) { nodes { id name @skip(if: $no) } }
              kind: __typename @skip(if: $yes) regions(first: 1) { nodes { ...on Region {
                name @include(if: $yes) } __typename } } }",
            json!({ "yes": true }),
            vec![
                json!({ "yes": false }),
                json!({ "yes": true, "no": true }),
                json!({ "yes": false, "no": true }),
                json!({ "yes": "x" }),
                json!({ "yes": 1 }),
                json!({ "yes": null }),
                json!({ "yes": true, "no": null }),
                json!({}),
            ],
        ),
        // What each may see of this differs.
        (
            "query($id: ID!, $n: Int, $after: String, $order: [OrganisationOrder!], $where: RoleGrantWhere) {
              organisation(by: {id: $id}) { id identifiers { value verifiedBy }
                auditEvents(first: $n, after: $after) { totalCount edges { cursor node { sequence } } } }
              organisations(first: $n, after: $after, orderBy: $order) { nodes { id
                auditEvents(last: $n) { nodes { action } pageInfo { hasPreviousPage } } } }
              roleGrants(first: $n, where: $where) { totalCount nodes { id role organisation { id } } }
              people { totalCount nodes { id } } node(id: $id) { id ...on Organisation { name
                identifiers { verifiedBy } } } }",
            json!({ "id": a, "n": 3 }),
            vec![
                json!({ "id": b, "n": 3 }),
                json!({ "id": b, "n": 1, "after": "x" }),
                json!({ "id": a, "order": { "field": "CURRENT_NAME", "direction": "DESC" } }),
                json!({ "id": a, "n": 2, "order": [{ "field": "OPENED_ON" }, { "field": "CURRENT_NAME" }] }),
                json!({ "id": b, "where": { "role": { "in": ["PCO"] } } }),
                json!({ "id": b, "where": { "not": { "role": { "eq": "NAN" } } } }),
                json!({ "id": b, "n": null, "where": null, "order": null, "after": null }),
            ],
        ),
        (
            "query($name: String!) { __type(name: $name) { name } }",
            json!({ "name": "Organisation" }),
            vec![json!({ "name": "Region" }), json!({ "name": 5 }), json!({ "name": null })],
        ),
        (
            "query($name: String!) { __type(name: $name) { fields { name } } }",
            json!({ "name": "Query" }),
            // What only a gateway may ask stays hidden.
            vec![json!({ "name": "_Service" }), json!({ "name": "Organisation" })],
        ),
        ("{ __schema { queryType { fields { name } } } }", json!({}), vec![json!({ "n": 1 })]),
        (
            "mutation($input: OrganisationRenameInput!) { organisationRename(input: $input) {
              organisation { id } userErrors { code path } } }",
            json!({ "input": { "id": a, "expectedVersion": 99, "name": "Another" } }),
            vec![
                json!({ "input": { "id": b, "expectedVersion": 99, "name": "Another" } }),
                json!({ "input": { "id": a, "name": "Another" } }),
                json!({ "input": { "id": a, "expectedVersion": "1", "name": "Another" } }),
                json!({ "input": { "id": a, "expectedVersion": 1, "name": null } }),
                json!({ "input": { "id": a, "expectedVersion": 1, "name": "N", "more": 1 } }),
                json!({ "input": [] }),
                json!({}),
            ],
        ),
    ]
}

/// An answer without what differs from request to request.
fn comparable(mut answer: Value) -> Value {
    for error in answer["errors"].as_array_mut().into_iter().flatten() {
        error["extensions"]["requestId"].take();
    }
    if let Some(cost) = answer["extensions"]["cost"].as_object_mut() {
        cost.remove("available");
    }
    answer
}

on_both_databases! {
    async fn a_known_document_is_answered_and_refused_as_a_new_one(world: World) {
        let tokens =
            [None, Some(world.coordinator(&world.a)), Some(world.coordinator(&world.b)), Some(world.officer())];
        let mut texts = 0;
        for (document, takes, others) in asked(&world) {
            for token in &tokens {
                let token = token.as_deref();
                // Known from here on, whatever other variables it meets.
                let first = world.query(token, document, takes.clone()).await;
                assert!(first.get("data").is_some(), "{document}: {first}");
                world.query(token, document, takes.clone()).await;
                for variables in others.iter().chain([&takes]) {
                    texts += 1;
                    let new = format!("{document} # {texts}");
                    let known = comparable(world.query(token, document, variables.clone()).await);
                    let new = comparable(world.query(token, &new, variables.clone()).await);
                    assert_eq!(known, new, "{document} with {variables}");
                }
            }
        }
    }
}

on_both_databases! {
    async fn what_one_request_sends_does_not_show_in_the_next(world: World) {
        let document = "query($id: ID!, $more: Boolean = true, $code: String) {
            organisation(by: {id: $id}) { id name @include(if: $more) }
            kind: __typename @include(if: $more)
            organisations(where: {odsCode: {eq: $code}}) { totalCount } }";
        let all = world.query(None, "{ organisations { totalCount } }", json!({})).await;
        let all = all["data"]["organisations"]["totalCount"].clone();
        for tenant in [&world.a, &world.b, &world.a] {
            let token = world.coordinator(tenant);
            for more in [json!(true), json!(false), Value::Null, json!(true)] {
                for code in [Some(&tenant.ods), None] {
                    let mut variables = json!({ "id": tenant.global_id() });
                    if !more.is_null() {
                        variables["more"] = more.clone();
                    }
                    if let Some(code) = code {
                        variables["code"] = json!(code);
                    }
                    let data = &world.query(Some(&token), document, variables).await["data"];
                    let mut shown = json!({ "organisation": { "id": tenant.global_id() } });
                    if more != json!(false) {
                        shown["organisation"]["name"] = json!(tenant.name);
                        shown["kind"] = json!("Query");
                    }
                    let count = code.map_or_else(|| all.clone(), |_| json!(1));
                    shown["organisations"] = json!({ "totalCount": count });
                    assert_eq!(*data, shown);
                }
            }
        }
    }
}
