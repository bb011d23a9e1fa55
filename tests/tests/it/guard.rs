//! The document guard over HTTP: what asks for too much is refused before anything is read.

mod corpus;

use serde_json::{Value, json};
use tests::race::at_once;
use tests::{World, on_both_databases, on_sqlite};

use crate::answers::codes;

/// `times` copies of `text`, numbered where it says `#`.
fn copies(text: &str, times: usize) -> String {
    (0..times).map(|index| text.replace('#', &index.to_string()) + " ").collect()
}

/// Nobody, and a coordinator of each tenant.
fn askers(world: &World) -> [Option<String>; 3] {
    [None, Some(world.coordinator(&world.a)), Some(world.coordinator(&world.b))]
}

/// Asserts that the document is refused for this limit, whoever asks, and that nothing was read.
async fn refused_for(world: &World, limit: &str, document: &str, variables: Value) {
    for token in askers(world) {
        let before = world.app.core().db().statements();
        let body = world.query(token.as_deref(), document, variables.clone()).await;
        assert_eq!(codes(&body), ["QUERY_REJECTED"], "{limit}: {document:.200} {body}");
        assert_eq!(body["errors"][0]["extensions"]["limit"], limit, "{document:.200} {body}");
        assert_eq!(body.get("data"), None, "{body}");
        assert_eq!(world.app.core().db().statements(), before, "{limit}: nothing was read");
    }
}

/// Asserts that the document runs, whoever asks.
async fn runs(world: &World, document: &str, variables: Value) {
    for token in askers(world) {
        let body = world.query(token.as_deref(), document, variables.clone()).await;
        assert_eq!(body.get("errors"), None, "{document:.200}");
    }
}

/// Fields nested `depth` deep.
fn deep(depth: usize) -> String {
    let levels = ["organisations(first: 1)", "nodes", "region"];
    let leaves = ["name", "totalCount", "id"];
    let open: String =
        levels.iter().cycle().take(depth - 1).map(|level| format!("{level} {{ ")).collect();
    format!("{{ {open}{}{} }}", leaves[(depth - 1) % 3], " }".repeat(depth - 1))
}

/// A ladder of thirty fragments, each spreading the next one `times` times.
fn ladder(times: usize, spread: &str) -> String {
    let steps = (0..30).map(|step| {
        let next = spread.replace('#', &format!("F{}", step + 1)).repeat(times);
        format!("fragment F{step} on Query {{ {next}}} ")
    });
    steps.collect::<String>() + "fragment F30 on Query { __typename }"
}

/// Ladders that are spread, spread through inline fragments, and spread by an operation that does not run.
fn ladders() -> Vec<String> {
    let mut documents = Vec::new();
    for times in [2, 3, 10] {
        for spread in ["...# ", "... on Query { ...# } "] {
            let parts = ladder(times, spread);
            documents.push(format!("{{ ...F0 }} {parts}"));
            documents.push(format!("query Idle {{ ...F0 }} {parts}"));
            documents.push(format!("{{ __typename }} {parts}"));
        }
    }
    documents
}

on_sqlite! {
    async fn every_limit_is_named_and_what_stays_within_it_runs(world: World) {
        let none = json!({});
        runs(&world, &format!("{{ viewer {{ {} }} }}", copies("a#: isSignedIn", 30)), none.clone()).await;
        refused_for(&world, "max_aliases", &format!("{{ viewer {{ {} }} }}", copies("a#: isSignedIn", 31)), none.clone()).await;
        refused_for(&world, "max_aliases", &format!("{{ viewer {{ {} }} }}", copies("a#: isSignedIn", 100)), none.clone()).await;
        refused_for(&world, "max_tokens", &format!("{{ {} }}", copies("a#: viewer { isSignedIn }", 500)), none.clone()).await;
        refused_for(&world, "max_document", &format!("{{ {} }}", copies("a#: viewer { isSignedIn }", 1000)), none.clone()).await;
        runs(&world, &deep(12), none.clone()).await;
        refused_for(&world, "max_depth", &deep(13), none.clone()).await;
        refused_for(&world, "max_nesting", &deep(64), none.clone()).await;
        runs(&world, &format!("{{ {} }}", copies("... @include(if: true) { __typename }", 20)), none.clone()).await;
        refused_for(&world, "max_directives", &format!("{{ {} }}", copies("... @include(if: true) { __typename }", 21)), none.clone()).await;
        for place in ["{ __typename * }", "query * { __typename }", "{ ... * { __typename } }", "{ ...F * } fragment F on Query { __typename }", "query($a: Int *) { regions(first: $a) { totalCount } }"] {
            refused_for(&world, "max_directives", &place.replace('*', &"@x ".repeat(21)), none.clone()).await;
            refused_for(&world, "max_tokens", &place.replace('*', &"@x ".repeat(3000)), none.clone()).await;
            refused_for(&world, "max_document", &place.replace('*', &"@x ".repeat(10_000)), none.clone()).await;
        }
        runs(&world, &format!("{{ {} }}", copies("a#: viewer { isSignedIn }", 10)), none.clone()).await;
        refused_for(&world, "max_root_fields", &format!("{{ {} }}", copies("a#: viewer { isSignedIn }", 11)), none.clone()).await;
        runs(&world, "{ organisations(first: 100) { nodes { sites(first: 23) { nodes { id } } } } }", none.clone()).await;
        refused_for(&world, "max_cost", "{ organisations(first: 100) { nodes { sites(first: 24) { nodes { id } } } } }", none.clone()).await;
        refused_for(&world, "max_cost", "{ organisations(first: null, last: 100) { nodes { sites(first: null, last: 24) { nodes { id } } } } }", none.clone()).await;
        let list = |items: usize| json!({ "w": { "odsCode": { "in": vec!["Y61"; items] } } });
        let filtered = "query($w: RegionWhere) { regions(where: $w) { totalCount } }";
        runs(&world, filtered, list(100)).await;
        refused_for(&world, "max_list", filtered, list(501)).await;
        refused_for(&world, "max_list", &format!("{{ regions(where: {{ odsCode: {{ in: [{}] }} }}) {{ totalCount }} }}", copies("\"Y61\"", 501)), none.clone()).await;
        let ids = |count: usize| json!({ "ids": vec![world.a.global_id(); count] });
        let nodes = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }";
        runs(&world, nodes, ids(100)).await;
        refused_for(&world, "max_page", nodes, ids(101)).await;
        let nested = (0..50).fold(json!(1), |value, _| json!([value]));
        refused_for(&world, "max_nesting", filtered, json!({ "w": nested })).await;
        refused_for(&world, "max_nesting", &format!("{{ regions(where: {}1{}) {{ totalCount }} }}", "[".repeat(5000), "]".repeat(5000)), none).await;
    }

    async fn duplicated_fields_are_refused_by_their_number(world: World) {
        refused_for(&world, "max_tokens", &format!("{{ {} }}", "id ".repeat(5000)), json!({})).await;
        refused_for(&world, "max_document", &format!("{{ {} }}", "__typename ".repeat(5000)), json!({})).await;
        runs(&world, &format!("{{ {} }}", "__typename ".repeat(1000)), json!({})).await;
    }

    async fn the_size_of_a_page_is_checked_whatever_it_says(world: World) {
        for arguments in ["first: 2147483647", "first: 2147483648", "first: 99999999999999999999999", "first: -1", "first: 0", "first: 101", "first: 100.0", "first: 1e2", "first: \"100\"", "first: 5, last: 5", "last: 2147483647", "last: -1", "last: 0"] {
            for token in askers(&world) {
                let body = world.query(token.as_deref(), &format!("{{ organisations({arguments}) {{ nodes {{ id }} }} }}"), json!({})).await;
                let found = codes(&body);
                assert!(["BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED"].contains(&found[0]), "{arguments}: {body}");
                assert!(body["data"]["organisations"].is_null(), "{arguments}: {body}");
            }
        }
        for (sent, runs) in [(json!(2_147_483_647), false), (json!(-1), false), (json!(0), false), (json!(1e2), false), (json!("1"), false), (json!(true), false), (json!([1]), false), (json!(3), true)] {
            for token in askers(&world) {
                let body = world.query(token.as_deref(), "query($n: Int) { organisations(first: $n) { nodes { id } } }", json!({ "n": sent })).await;
                assert_eq!(body.get("errors").is_none(), runs, "{sent}: {body}");
            }
        }
        let nested = format!("{{ {}id{} }}", "organisations(first: 100) { nodes { region { ".repeat(2), " } } }".repeat(2));
        refused_for(&world, "max_cost", &nested, json!({})).await;
    }

    async fn what_does_not_run_is_measured_too(world: World) {
        let dear = "organisations(first: 100) { nodes { sites(first: 100) { nodes { id } } } }";
        refused_for(&world, "max_cost", &format!("{{ {dear} }}"), json!({})).await;
        let skipped = "query($v: Boolean!) { organisations(first: 100) @skip(if: $v) { nodes { sites(first: 100) { nodes { id } } } } }";
        refused_for(&world, "max_cost", skipped, json!({ "v": true })).await;
        for token in askers(&world) {
            let document = format!("query Cheap {{ viewer {{ isSignedIn }} }} query Dear {{ {dear} }}");
            let send = json!({ "query": document, "operationName": "Cheap" });
            let body: Value = world.post(token.as_deref()).json(&send).send().await.expect("an answer").json().await.expect("JSON");
            assert_eq!(codes(&body), ["QUERY_REJECTED"]);
        }
    }

    async fn ladders_do_not_hold_up_a_plain_query_beside_them(world: World) {
        let (documents, tokens) = (ladders(), askers(&world));
        let plain = documents.len();
        let before = world.app.core().db().statements();
        let answers = at_once(plain + 3, |index| {
            let document = documents.get(index).cloned().unwrap_or_else(|| "{ regions { totalCount } }".to_owned());
            let (world, token) = (world.clone(), tokens[index % 3].clone());
            async move { world.query(token.as_deref(), &document, json!({})).await }
        })
        .await;
        for body in &answers[..plain] {
            assert_eq!(codes(body), ["QUERY_REJECTED"], "{body}");
        }
        for body in &answers[plain..] {
            assert_eq!(body["data"], json!({ "regions": { "totalCount": 7 } }));
        }
        let statements = world.app.core().db().statements() - before;
        let alone = world.statements_of(runs(&world, "{ regions { totalCount } }", json!({}))).await;
        // A connection that is opened for one of them may count too.
        assert!(statements < 2 * alone, "only the plain queries read: {statements}, {alone} alone");
    }

    async fn fragments_in_a_circle_are_refused(world: World) {
        for document in [
            "{ ...A } fragment A on Query { ...A }",
            "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
            "{ ...A } fragment A on Query { ...B } fragment B on Query { ...C } fragment C on Query { ...A }",
            "{ organisations { nodes { ...A } } } fragment A on Organisation { names { organisation { ... { ...A } } } }",
            "query Runs { __typename } query Idle { ...A } fragment A on Query { ...A }",
        ] {
            for token in askers(&world) {
                let body = world.query(token.as_deref(), document, json!({})).await;
                assert_eq!(codes(&body), ["GRAPHQL_VALIDATION_FAILED"], "{document}: {body}");
            }
        }
    }

    async fn the_usual_questions_about_the_schema_are_answered(world: World) {
        for document in [include_str!("guard/introspection_plain.graphql"), include_str!("guard/introspection_full.graphql")] {
            for token in askers(&world) {
                let data = world.data(token.as_deref(), document, json!({})).await;
                assert_eq!(data["__schema"]["queryType"]["name"], "Query");
            }
        }
    }

    async fn circles_through_the_schema_are_refused(world: World) {
        let cycle = "types { fields { type { fields { type { fields { type { fields { type { name } } } } } } } } }";
        for document in [
            format!("{{ __schema {{ {cycle} }} }}"),
            format!("{{ harmless: __schema {{ {cycle} }} }}"),
            format!("{{ ...F }} fragment F on Query {{ __schema {{ {cycle} }} }}"),
            format!("{{ __schema {{ ...F }} }} fragment F on __Schema {{ {cycle} }}"),
            format!("query($v: Boolean = true) {{ __schema @include(if: $v) {{ {cycle} }} }}"),
            "{ __type(name: \"Query\") { fields { type { fields { type { fields { type { fields { name } } } } } } } } }".to_owned(),
        ] {
            refused_for(&world, "max_introspection_lists", &document, json!({})).await;
        }
    }

    async fn nothing_is_suggested_and_a_gateways_fields_do_not_exist(world: World) {
        for document in ["{ organisation_ { id } }", "{ organisationz { id } }", "{ viewer { isSignedin } }", "{ regions(frist: 1) { totalCount } }", "{ regions(where: { odsCod: {} }) { totalCount } }", "{ ... on Quory { __typename } }", "{ _service { sdl } }", "{ _entities(representations: []) { __typename } }"] {
            for token in askers(&world) {
                let body = world.query(token.as_deref(), document, json!({})).await;
                assert!(["GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT"].contains(&codes(&body)[0]), "{body}");
                let text = body.to_string().to_lowercase();
                assert!(!text.contains("did you mean") && !text.contains("suggest"), "{text}");
            }
        }
    }
}

on_both_databases! {
    async fn many_copies_of_a_mutation_change_nothing(world: World) {
        let before = world.database.eye.contents().await;
        for tenant in [&world.a, &world.b] {
            let rename = format!("a#: organisationRename(input: {{ id: \"{}\", expectedVersion: 1, name: \"Copied\" }}) {{ userErrors {{ code }} }}", tenant.global_id());
            for (times, limit) in [(6, "max_root_fields"), (31, "max_root_fields"), (40, "max_root_fields"), (100, "max_tokens")] {
                let body = world.query(Some(&world.officer()), &format!("mutation {{ {} }}", copies(&rename, times)), json!({})).await;
                assert_eq!(codes(&body), ["QUERY_REJECTED"], "{times}: {body}");
                let found = body["errors"][0]["extensions"]["limit"].as_str().expect("a limit");
                assert!(found == limit || found == "max_document", "{times}: {found}");
            }
        }
        assert_eq!(world.database.eye.contents().await.changes_since(&before), [] as [String; 0]);
    }

    async fn batches_of_any_size_are_refused(world: World) {
        for (size, status) in [(0, 400), (1, 400), (2, 400), (100, 400), (10_000, 413)] {
            let batch = vec![json!({ "query": "{ viewer { isSignedIn } }" }); size];
            for token in askers(&world) {
                let answer = world.post(token.as_deref()).json(&batch).send().await.expect("an answer");
                assert_eq!(answer.status().as_u16(), status, "a batch of {size}");
            }
        }
    }
}
