//! Hostile values: refused with a code or taken exactly, on both databases alike; and never told back.

use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};
use tests::{World, given, on_both_databases};

use crate::answers::codes;

fn tokens(world: &World) -> [Option<String>; 3] {
    [None, Some(world.coordinator(&world.a)), Some(world.coordinator(&world.b))]
}

/// Sends a body as it is written; gives the status and what came.
async fn sent(world: &World, token: Option<&str>, body: impl Into<reqwest::Body>) -> (u16, Value) {
    let request = world.post(token).header(CONTENT_TYPE, "application/json").body(body);
    let answer = request.send().await.expect("an answer");
    (answer.status().as_u16(), answer.json().await.expect("JSON"))
}

/// Texts that a name cannot be, each with why.
const NO_NAMES: [(&str, &str); 9] = [
    ("NUL", "a\u{0}b"),
    ("an escape", "a\u{1b}[2Jb"),
    ("a line break", "a\nb"),
    ("a bell", "a\u{7}b"),
    ("text that runs backwards", "a\u{202e}b"),
    ("an isolate", "a\u{2066}b"),
    ("a C1 control", "a\u{85}b"),
    ("nothing but space", " \u{a0}\u{2003} "),
    ("nothing", ""),
];

/// Texts that are unusual and all different.
const NAMES: [&str; 10] = [
    "Café",
    "Cafe\u{301}",
    "Саfe",
    "Å",
    "Å",
    "日本語",
    "👩‍⚕️",
    "O'Brien \"& Sons\" \\ %_",
    "'; drop table organisation; --",
    "${jndi:x} {{7*7}} %s",
];

on_both_databases! {
    async fn a_name_is_taken_exactly_or_refused(world: World) {
        let officer = world.officer();
        let rename = async |tenant: &tests::Tenant, version: i64, name: &str| {
            let input = json!({ "id": tenant.global_id(), "expectedVersion": version, "name": name });
            world.mutate(Some(&officer), "organisationRename", "organisation { name version }", input).await
        };
        for board in ["QE1", "QJK"] {
            let tenant = given::organisation(&world).board(board).register().await;
            for (what, name) in NO_NAMES {
                let before = world.database.eye.contents().await;
                assert_eq!(rename(&tenant, 1, name).await.codes(), ["INVALID"], "{what}");
                assert_eq!(world.database.eye.contents().await, before, "{what}");
            }
            let marks = format!("e{}", "\u{301}".repeat(10_000));
            assert_eq!(rename(&tenant, 1, &marks).await.codes().len(), 1, "ten thousand combining marks");
            for name in NAMES {
                let tenant = given::organisation(&world).board(board).register().await;
                let reply = rename(&tenant, 1, name).await;
                assert_eq!(reply.done("organisation")["name"], name);
                let found = "query($name: String!, $id: ID!) { organisations(where: { currentName: { eq: $name }, id: { eq: $id } }) { totalCount } }";
                for other in NAMES {
                    let variables = json!({ "name": other, "id": tenant.global_id() });
                    let data = world.data(None, found, variables).await;
                    let expected = i64::from(name == other);
                    assert_eq!(data["organisations"]["totalCount"], expected, "{name} and {other}");
                }
            }
        }
    }

    async fn a_text_to_look_for_finds_itself_or_nothing(world: World) {
        let documents = [
            "query($x: String!) { organisation(by: { odsCode: $x }) { id } }",
            "query($x: ID!) { organisation(by: { id: $x }) { id } node(id: $x) { id } }",
            "query($x: String!) { organisations(where: { currentName: { eq: $x } }) { nodes { id } } }",
            "query($x: String!) { organisations(where: { currentName: { contains: $x } }) { totalCount } }",
            "query($x: String!) { organisations(where: { odsCode: { in: [$x] } }) { nodes { id } } }",
            "query($x: String!) { organisations(after: $x) { nodes { id } } }",
            "query($x: Date!) { organisations(asOf: $x) { nodes { id } } }",
        ];
        let long = "x".repeat(50_000);
        let texts = NO_NAMES.iter().map(|(_, text)| *text).chain(NAMES).chain([long.as_str(), "%", "_", "*", "9999-12-31", "0000-00-00", "2026-02-30", "+275760-09-13", "org_", "org_00000000000000000000000000000000"]);
        for text in texts {
            for document in documents {
                for token in tokens(&world) {
                    let (status, body) = sent(&world, token.as_deref(), json!({ "query": document, "variables": { "x": text } }).to_string()).await;
                    assert_eq!(status, 200, "{document} {text:.50}: {body}");
                    assert!(!codes(&body).iter().any(|code| ["INTERNAL", "UNAVAILABLE"].contains(code)), "{document} {text:.50}: {body}");
                }
            }
        }
    }

    async fn text_that_is_no_unicode_is_refused(world: World) {
        let document = r#"query($x: String!) { organisation(by: { odsCode: $x }) { id } }"#;
        for token in tokens(&world) {
            for text in [r#"\ud800"#, r#"\udc00\ud800"#, r#"\ud83d x"#, r#"\uZZZZ"#, r#"\x41"#, "\u{1}"] {
                let body = format!(r#"{{"query":"{document}","variables":{{"x":"{text}"}}}}"#);
                let (status, body) = sent(&world, token.as_deref(), body).await;
                assert_eq!((status, codes(&body)), (400, vec!["BAD_USER_INPUT"]), "{text}");
            }
            for bytes in [&b"\xff\xfe"[..], b"{\"query\":\"\xc3\x28\"}", b"{\"query\":\"{ a(b: \\\"\xed\xa0\x80\\\") }\"}", b"\xef\xbb\xbf{}", b"\0"] {
                let (status, body) = sent(&world, token.as_deref(), bytes.to_vec()).await;
                assert_eq!((status, codes(&body)), (400, vec!["BAD_USER_INPUT"]));
            }
            for literal in [r#""\uD800""#, r#""\uDC00\uD800""#, r#""\u12""#, r#""\x""#, "\"", r#""""x"#, "\"a\nb\""] {
                let body = json!({ "query": format!("{{ organisation(by: {{ odsCode: {literal} }}) {{ id }} }}") });
                let (status, body) = sent(&world, token.as_deref(), body.to_string()).await;
                assert_eq!((status, codes(&body)), (200, vec!["GRAPHQL_PARSE_FAILED"]), "{literal}");
            }
        }
    }

    async fn a_number_is_a_whole_one_that_fits_or_refused(world: World) {
        let document = "query($n: Int) { organisations(first: $n) { nodes { id } } }";
        for token in tokens(&world) {
            for number in ["2147483648", "-2147483649", "9223372036854775807", "9223372036854775808", "-9223372036854775809", "1e3", "10.005", "-0.0", "1.0", "\"\u{661}\u{662}\"", "\"0x10\"", "\"12\"", "true", "[1]", "{}", "0", "-1", "101"] {
                let body = format!(r#"{{"query":"{document}","variables":{{"n":{number}}}}}"#);
                let (status, body) = sent(&world, token.as_deref(), body).await;
                assert_eq!(status, 200, "{number}: {body}");
                let found = codes(&body);
                assert!(found.len() == 1 && ["BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED"].contains(&found[0]), "{number}: {body}");
            }
            for number in ["1e400", "-1e400", "0x10", "NaN", "Infinity", "+1", "01", ".5", "1.", "--1"] {
                let body = format!(r#"{{"query":"{document}","variables":{{"n":{number}}}}}"#);
                let (status, body) = sent(&world, token.as_deref(), body).await;
                assert_eq!((status, codes(&body)), (400, vec!["BAD_USER_INPUT"]), "{number}");
            }
            for literal in ["1e400", "0x10", "+1", "01", ".5", "1.", "1.e3", "--1", "99999999999999999999999999", "2147483648", "-0.0", "1e2", "5.0"] {
                let body = json!({ "query": format!("{{ organisations(first: {literal}) {{ nodes {{ id }} }} }}") });
                let (status, body) = sent(&world, token.as_deref(), body.to_string()).await;
                let found = codes(&body);
                assert_eq!(status, 200, "{literal}");
                assert!(found.len() == 1 && ["GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT"].contains(&found[0]), "{literal}: {body}");
            }
        }
    }

    async fn a_version_that_is_no_number_changes_nothing(world: World) {
        let before = world.database.eye.contents().await;
        for tenant in [&world.a, &world.b] {
            for version in ["0", "-1", "2147483647", "2147483648", "1e0", "1.5", "\"1\"", "null", "[1]"] {
                let body = format!(r#"{{"query":"mutation($v: Int!) {{ organisationRename(input: {{ id: \"{}\", expectedVersion: $v, name: \"Other\" }}) {{ userErrors {{ code }} }} }}","variables":{{"v":{version}}}}}"#, tenant.global_id());
                let (status, body) = sent(&world, Some(&world.officer()), body).await;
                assert_eq!(status, 200, "{version}: {body}");
                let refused = body["data"]["organisationRename"]["userErrors"][0]["code"] == "CONFLICT";
                assert!(refused || codes(&body).len() == 1, "{version}: {body}");
            }
        }
        assert_eq!(world.database.eye.contents().await.changes_since(&before), [] as [String; 0]);
    }

    async fn an_error_tells_nothing_back_and_nothing_of_the_database(world: World) {
        const CANARY: &str = "cny7f3a91";
        let value = |ty: &str, field: &str| json!({ "query": format!("query($x: {ty}) {{ {field} }}"), "variables": { "x": CANARY } });
        let object = |ty: &str, field: &str| json!({ "query": format!("query($x: {ty}) {{ {field} }}"), "variables": { "x": { CANARY: CANARY } } });
        let literal = |text: &str| json!({ "query": text.replace('*', CANARY) });
        let requests = [
            value("Int", "organisations(first: $x) { totalCount }"),
            value("Date", "organisations(asOf: $x) { totalCount }"),
            value("ID!", "node(id: $x) { id }"),
            value("[ID!]!", "nodes(ids: $x) { id }"),
            value("String", "organisations(after: $x) { totalCount }"),
            value("OrganisationWhere", "organisations(where: $x) { totalCount }"),
            value("[OrganisationOrder!]", "organisations(orderBy: $x) { totalCount }"),
            value("Boolean!", "viewer @skip(if: $x) { isSignedIn }"),
            value("OrganisationBy!", "organisation(by: $x) { id }"),
            object("OrganisationWhere", "organisations(where: $x) { totalCount }"),
            object("OrganisationBy!", "organisation(by: $x) { id }"),
            object("Int", "organisations(first: $x) { totalCount }"),
            literal("{ organisations(first: \"*\") { totalCount } }"),
            literal("{ organisations(asOf: \"*\") { totalCount } }"),
            literal("{ organisations(after: \"*\") { totalCount } }"),
            literal("{ node(id: \"org_*\") { id } }"),
            literal("{ organisation(by: { id: \"*\" }) { id } }"),
            literal("{ organisation(by: { id: \"*\", odsCode: \"*\" }) { id } }"),
            literal("{ organisations(where: { kind: { eq: * } }) { totalCount } }"),
            literal("{ organisations(where: { openedOn: { eq: \"*\" } }) { totalCount } }"),
            literal("{ organisations(where: { odsCode: \"*\" }) { totalCount } }"),
            literal("{ organisations(orderBy: [{ field: * }]) { totalCount } }"),
            literal("{ viewer { isSignedIn @include(if: \"*\") } }"),
            literal("{ __type(name: [\"*\"]) { name } }"),
            literal("{ # *\n \"*\" }"),
            literal("{ a(b: \"* }"),
            literal("mutation { organisationRename(input: { id: \"*\", expectedVersion: 1, name: \"*\" }) { userErrors { code message } } }"),
            literal("mutation { organisationRename(input: { id: \"org_00000000000000000000000000000001\", expectedVersion: 1, name: \"*\", idempotencyKey: \"*\" }) { userErrors { code message } } }"),
            literal("mutation { organisationRename(input: { id: \"*\", expectedVersion: \"*\", name: 1 }) { userErrors { code message } } }"),
            literal("mutation { organisationRegister(input: { name: \"*\\u0000\", kind: VCSE, openedOn: \"2020-01-01\", postcode: \"*\", identifiers: [{ scheme: ODS, value: \"*!\" }] }) { userErrors { code message } } }"),
            literal("mutation { organisationRegister(input: { name: \"*\", kind: * }) { userErrors { code message } } }"),
            json!({ "query": "{ viewer { isSignedIn } }", "operationName": CANARY }),
            json!({ "query": "{ viewer { isSignedIn } }", "variables": CANARY }),
            json!({ "query": "{ viewer { isSignedIn } }", "extensions": CANARY }),
            json!({ "query": [CANARY] }),
            json!([CANARY]),
            json!(CANARY),
        ];
        let forbidden = [CANARY, "select ", "insert ", "sqlx", "SQLite", "sqlite", "postgres", "constraint", "relation", "syntax error", "panicked", "did you mean", "role_grant", "organisation_name", "src/", ".rs"];
        for token in [None, Some(world.coordinator(&world.a)), Some(world.coordinator(&world.b)), Some(world.officer())] {
            for request in &requests {
                let (status, body) = sent(&world, token.as_deref(), request.to_string()).await;
                assert!(status < 500, "{request}: {body}");
                let mut errors = body["errors"].to_string();
                errors += &body["data"].to_string();
                for word in forbidden {
                    assert!(!errors.contains(word), "{word}: {request}: {body}");
                }
            }
        }
        for (name, value) in [("content-type", CANARY), ("accept", CANARY), ("authorization", CANARY), ("traceparent", CANARY), ("content-encoding", CANARY), ("alongside-gateway", CANARY)] {
            let request = world.client.post(format!("{}/graphql", world.base_url)).header(name, value).body("{}");
            let answer = request.send().await.expect("an answer");
            let headers = format!("{:?}", answer.headers());
            let text = answer.text().await.expect("a body");
            assert!(!text.contains(CANARY) && !headers.contains(CANARY), "{name}: {text} {headers}");
        }
    }
}
