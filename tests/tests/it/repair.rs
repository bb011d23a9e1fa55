//! What async-graphql 7 gets wrong about a document. Each control shows the bug on a toy schema, so that
//! the test tells when a repair may go; the rule behind it is about our endpoint.

use alongside::graphql::document;
use alongside::graphql::repair::{fill, one_root_field, repair};
use async_graphql::futures_util::{Stream, StreamExt as _, stream};
use async_graphql::parser::parse_query;
use async_graphql::parser::types::ExecutableDocument;
use async_graphql::{
    EmptyMutation, EmptySubscription, MaybeUndefined, Object, Request, Response, Schema,
    Subscription, Variables,
};
use serde_json::{Value, json};
use tests::{World, given, on_both_databases, on_sqlite};

use crate::answers::{codes, message};

struct Toy;

#[Object]
impl Toy {
    async fn shown(&self) -> bool {
        true
    }

    /// What came for the note.
    async fn note(&self, note: MaybeUndefined<String>) -> &'static str {
        match note {
            MaybeUndefined::Undefined => "absent",
            MaybeUndefined::Null => "null",
            MaybeUndefined::Value(_) => "a value",
        }
    }
}

struct ToyEvents;

#[Subscription]
impl ToyEvents {
    async fn one(&self) -> impl Stream<Item = i32> {
        stream::iter([1])
    }

    async fn two(&self) -> impl Stream<Item = i32> {
        stream::iter([2])
    }
}

/// The answer of plain async-graphql.
async fn plain(document: &str, variables: Value) -> Response {
    let schema = Schema::new(Toy, EmptyMutation, EmptySubscription);
    schema.execute(Request::new(document).variables(Variables::from_json(variables))).await
}

/// The answer of the same toy to the repaired document.
async fn repaired(document: &str, variables: Value) -> Response {
    let mut variables = Variables::from_json(variables);
    let mut parsed = parse_query(document).expect("a document");
    mended(&mut parsed, &mut variables);
    let mut request = Request::new(document).variables(variables);
    request.set_parsed_query(parsed);
    Schema::new(Toy, EmptyMutation, EmptySubscription).execute(request).await
}

/// Repairs the only operation of `document`.
fn mended(document: &mut ExecutableDocument, variables: &mut Variables) {
    let operation = document::operation(document, None).expect("an operation");
    let definitions = operation.variable_definitions.clone();
    fill(&definitions, variables).expect("values");
    repair(document, &definitions, variables).expect("a repair");
}

/// The data of an answer without errors.
fn data(response: Response) -> Value {
    assert_eq!(response.errors, []);
    serde_json::to_value(response.data).expect("JSON")
}

// --- defaults in @skip and @include ----------------------------------------------------------------

const DEFAULTED: &str =
    "query($yes: Boolean = true) { shown @include(if: $yes) kept: shown @skip(if: $yes) }";

#[tokio::test]
async fn control_plain_async_graphql_takes_false_for_a_default_of_true() {
    assert_eq!(data(plain(DEFAULTED, json!({})).await), json!({ "kept": true }));
    assert_eq!(data(repaired(DEFAULTED, json!({})).await), json!({ "shown": true }));
}

// --- a variable that was not sent ------------------------------------------------------------------

const OMITTED: &str = "query($note: String) { note(note: $note) }";

#[tokio::test]
async fn control_plain_async_graphql_takes_null_for_what_was_not_sent() {
    assert_eq!(data(plain(OMITTED, json!({})).await), json!({ "note": "null" }));
    assert_eq!(data(repaired(OMITTED, json!({})).await), json!({ "note": "absent" }));
    for (sent, expected) in [(Value::Null, "null"), (json!("x"), "a value")] {
        let found = data(repaired(OMITTED, json!({ "note": sent })).await);
        assert_eq!(found, json!({ "note": expected }));
    }
}

#[test]
fn what_was_not_sent_is_gone_from_objects_and_null_in_lists() {
    let mut document = parse_query(
        "query($a: Int, $b: Int, $c: Int!) { f(x: { keep: $c, drop: $a, in: [{ drop: $b, list: [$a, $c, 1] }] }, y: $b) }",
    )
    .expect("a document");
    let mut variables = Variables::from_json(json!({ "c": 3 }));
    mended(&mut document, &mut variables);
    let text = format!("{document:?}");
    assert!(!text.contains("\"drop\"") && !text.contains("\"y\""), "{text}");
    assert!(text.contains("\"keep\"") && text.contains("Null"), "{text}");
}

// --- directives on __typename ----------------------------------------------------------------------

#[tokio::test]
async fn control_plain_async_graphql_does_not_look_at_directives_of_typename() {
    assert_eq!(data(plain("{ __typename @foo }", json!({})).await), json!({ "__typename": "Toy" }));
    let used_there = "query($v: Boolean!) { shown __typename @include(if: $v) }";
    let response = plain(used_there, json!({ "v": true })).await;
    assert!(response.errors[0].message.contains("not used"), "{:?}", response.errors);
    let expected = json!({ "shown": true });
    assert_eq!(data(repaired(used_there, json!({ "v": false })).await), expected);
}

// --- the operation's name in a GET -----------------------------------------------------------------

#[test]
fn control_plain_async_graphql_reads_another_parameter_than_the_standard_names() {
    let request = async_graphql::http::parse_query_string("query=%7Ba%7D&operationName=B")
        .expect("it parses");
    assert_eq!(request.operation_name, None);
}

// --- several root fields of a subscription ---------------------------------------------------------

#[tokio::test]
async fn control_plain_async_graphql_merges_the_fields_of_a_subscription() {
    let schema = Schema::new(Toy, EmptyMutation, ToyEvents);
    let answers: Vec<Response> = schema.execute_stream("subscription { one two }").collect().await;
    assert!(answers.len() == 2 && answers.iter().all(Response::is_ok), "{answers:?}");
    for several in [
        "subscription { one two }",
        "subscription { ...F } fragment F on S { one }",
        "subscription { ... { one two } }",
        "subscription { one } subscription { one two }"
            .replace("} sub", "} query Q { shown } sub")
            .as_str(),
    ] {
        if let Ok(document) = parse_query(several) {
            assert!(one_root_field(&document).is_err(), "{several}");
        }
    }
}

// --- the endpoint ----------------------------------------------------------------------------------

fn askers(world: &World) -> [Option<String>; 3] {
    [None, Some(world.coordinator(&world.a)), Some(world.coordinator(&world.b))]
}

on_sqlite! {
    async fn defaults_count_in_skip_and_include(world: World) {
        let document = "query($yes: Boolean = true, $no: Boolean = false) {
            viewer { a: isSignedIn @include(if: $yes) b: isSignedIn @skip(if: $yes) c: isSignedIn @include(if: $no) }
            regions(first: 1) @skip(if: $no) { totalCount nodes { d: name @include(if: $yes) e: name @skip(if: $yes) ...F @include(if: $yes) } } }
            fragment F on Region { odsCode @include(if: $no) name @skip(if: $no) }";
        for token in askers(&world) {
            let signed_in = token.is_some();
            let data = world.data(token.as_deref(), document, json!({})).await;
            assert_eq!(data["viewer"], json!({ "a": signed_in }));
            assert_eq!(data["regions"], json!({ "totalCount": 7, "nodes": [{ "d": "East of England", "name": "East of England" }] }));
            let other = world.data(token.as_deref(), document, json!({ "yes": false, "no": true })).await;
            assert_eq!(other, json!({ "viewer": { "b": signed_in, "c": signed_in } }));
        }
    }

    async fn directives_of_typename_are_checked(world: World) {
        for token in askers(&world) {
            for (document, expected) in [
                ("{ __typename @foo }", None),
                ("{ viewer { __typename @foo isSignedIn } }", None),
                ("{ ... { __typename @skip } }", None),
                ("{ __typename @skip(unless: true) }", None),
                ("{ __typename @skip(if: 1) }", None),
                ("{ __typename @skip(if: $v) }", None),
                ("{ __typename @skip(if: true) @skip(if: true) }", None),
                ("query($v: Boolean!) { __typename @include(if: $v) }", Some(json!({ "__typename": "Query" }))),
                ("query($v: Boolean!) { __typename @skip(if: $v) x: __typename }", Some(json!({ "x": "Query" }))),
                ("query($w: Boolean = true) { __typename @skip(if: $w) x: __typename }", Some(json!({ "x": "Query" }))),
                ("{ __typename @include(if: true) }", Some(json!({ "__typename": "Query" }))),
            ] {
                let variables = if document.contains("$v:") { json!({ "v": true }) } else { json!({}) };
                let body = world.query(token.as_deref(), document, variables).await;
                match expected {
                    Some(data) => assert_eq!(body["data"], data, "{document}: {body}"),
                    None => assert_eq!(codes(&body), ["GRAPHQL_VALIDATION_FAILED"], "{document}: {body}"),
                }
            }
        }
    }

    async fn variables_of_operations_that_do_not_run_need_no_values(world: World) {
        let document = "query Runs { viewer { isSignedIn } } query Idle($v: Boolean!, $n: Int!) { __typename @skip(if: $v) regions(first: $n) { totalCount } }";
        for token in askers(&world) {
            let body = json!({ "query": document, "operationName": "Runs" });
            let body: Value = world.post(token.as_deref()).json(&body).send().await.expect("an answer").json().await.expect("JSON");
            assert_eq!(body["data"], json!({ "viewer": { "isSignedIn": token.is_some() } }), "{body}");
        }
    }

    async fn a_get_chooses_its_operation_by_operation_name(world: World) {
        let document = "query Roles { viewer { roles { role } } } query Signed { viewer { isSignedIn } }";
        for token in askers(&world).into_iter().flatten() {
            for (name, data) in [("Signed", json!({ "viewer": { "isSignedIn": true } })), ("Roles", json!({ "viewer": { "roles": [{ "role": "PCO" }] } }))] {
                let query = [("query", document), ("operationName", name)];
                let request = world.client.get(reqwest::Url::parse_with_params(&format!("{}/graphql", world.base_url), query).expect("an address"));
                let body: Value = request.bearer_auth(&token).send().await.expect("an answer").json().await.expect("JSON");
                assert_eq!(body["data"], data, "{body}");
            }
        }
    }

    async fn a_subscription_has_one_root_field(world: World) {
        for token in askers(&world) {
            for document in ["subscription { a b }", "subscription { ...F } fragment F on Query { viewer { isSignedIn } }", "subscription { ... { a } }", "query Q { __typename } subscription S { a b }"] {
                let operation = document.contains("query Q").then_some("Q");
                let body = json!({ "query": document, "operationName": operation });
                let body: Value = world.post(token.as_deref()).json(&body).send().await.expect("an answer").json().await.expect("JSON");
                assert!(["GRAPHQL_VALIDATION_FAILED", "QUERY_REJECTED"].contains(&codes(&body)[0]), "{document}: {body}");
                assert_eq!(body.get("data"), None);
            }
        }
    }

    async fn a_required_variable_without_a_value_is_refused(world: World) {
        for token in askers(&world) {
            for (document, variables) in [
                ("query($v: Boolean!) { viewer { isSignedIn @skip(if: $v) } }", json!({})),
                ("query($v: Boolean!) { viewer @include(if: $v) { isSignedIn } }", json!({ "v": null })),
                ("query($v: Boolean!) { __typename @skip(if: $v) }", json!({})),
                ("query($n: Int! = 3) { regions(first: $n) { totalCount } }", json!({ "n": null })),
            ] {
                let before = world.app.core().db().statements();
                let body = world.query(token.as_deref(), document, variables).await;
                assert_eq!(codes(&body), ["BAD_USER_INPUT"], "{document}: {body}");
                assert!(message(&body).contains("$v") || message(&body).contains("$n"), "{body}");
                assert_eq!(world.app.core().db().statements(), before);
            }
        }
    }

    async fn fields_that_differ_under_one_key_are_refused(world: World) {
        for token in askers(&world) {
            for document in [
                "{ x: regions(first: 1) { totalCount } x: regions(first: 2) { totalCount } }",
                "{ regions(first: 1) { totalCount } ... { regions(first: 2) { totalCount } } }",
                "{ regions { nodes { name ... on Region { name: odsCode } } } }",
                "{ regions { nodes { ... { a: name } ... on Region { a: odsCode } } } }",
                "{ ...A ... on Query { viewer { x: isSignedIn } } } fragment A on Query { viewer { x: roles { role } } }",
                "query Runs { __typename } query Idle { x: viewer { isSignedIn } ... { x: regions { totalCount } } }",
            ] {
                let operation = document.contains("Runs").then_some("Runs");
                let body = json!({ "query": document, "operationName": operation });
                let body: Value = world.post(token.as_deref()).json(&body).send().await.expect("an answer").json().await.expect("JSON");
                assert_eq!(codes(&body), ["GRAPHQL_VALIDATION_FAILED"], "{document}: {body}");
            }
            let same = "{ regions(first: 1) { totalCount } ... { regions(first: 1) { nodes { name } } } }";
            assert_eq!(world.data(token.as_deref(), same, json!({})).await["regions"]["totalCount"], 7);
        }
    }
}

on_both_databases! {
    async fn a_field_of_an_input_that_was_not_sent_is_absent(world: World) {
        let document = "mutation($id: ID!, $closedOn: Date!, $dryRun: Boolean, $key: String) {
            organisationClose(input: { id: $id, expectedVersion: 2, closedOn: $closedOn, reason: \"Ended.\", dryRun: $dryRun, idempotencyKey: $key }) {
                organisation { status } userErrors { code } } }";
        for board in ["QE1", "QJK"] {
            let tenant = given::organisation(&world).board(board).active().register().await;
            let variables = json!({ "id": tenant.global_id(), "closedOn": "2026-04-30" });
            let as_null = json!({ "id": tenant.global_id(), "closedOn": "2026-04-30", "dryRun": null });
            let body = world.query(Some(&world.officer()), document, as_null).await;
            assert_eq!(codes(&body).len(), 1, "null is no value for a flag: {body}");
            let data = world.data(Some(&world.officer()), document, variables).await;
            assert_eq!(data["organisationClose"]["organisation"]["status"], "CLOSED", "{data}");
        }
    }

    async fn an_optional_argument_that_was_not_sent_is_absent(world: World) {
        let document = "query($on: Date, $n: Int, $after: String, $where: OrganisationWhere) { organisations(asOf: $on, first: $n, after: $after, where: $where) { totalCount nodes { name } } }";
        for token in askers(&world) {
            let plain = world.data(token.as_deref(), "{ organisations { totalCount nodes { name } } }", json!({})).await;
            assert_eq!(world.data(token.as_deref(), document, json!({})).await, plain);
        }
    }
}
