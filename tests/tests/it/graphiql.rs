//! Somebody who opens GraphiQL on the demonstration, in a browser.

use serde_json::{Value, json};
use tests::on_both_databases;

use crate::demo::Place;
use crate::peer::{node, run};

const QUERY: &str =
    "query Me { viewer { isSignedIn roles { role } } organisations { totalCount } }";

/// What a browser saw that opened `url` and ran a query.
async fn visit(url: &str) -> Value {
    let ended = run(node("browser.mjs", &[url, QUERY]), "").await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    serde_json::from_str(&ended.out).expect("a line of JSON")
}

/// The sources that the policy allows for a directive.
fn allowed<'a>(policy: &'a str, directive: &str) -> Vec<&'a str> {
    let mut directives = policy.split(';').map(str::trim);
    let found = directives.find_map(|text| text.strip_prefix(directive)?.strip_prefix(' '));
    found.unwrap_or_default().split(' ').collect()
}

/// Fails unless the page came under a strict policy and kept to it.
fn keeps_to_itself(seen: &Value) {
    let headers = &seen["headers"];
    let policy = headers["content-security-policy"].as_str().expect("a policy");
    for directive in ["default-src", "script-src", "connect-src"] {
        assert_eq!(allowed(policy, directive), ["'self'"], "{policy}");
    }
    assert_eq!(allowed(policy, "frame-ancestors"), ["'none'"], "{policy}");
    assert!(!policy.contains("unsafe-eval") && !policy.contains("http"), "{policy}");
    assert_eq!(headers["x-content-type-options"], "nosniff");
    for what in ["violations", "requests", "console"] {
        assert_eq!(seen[what], json!([]), "{what}");
    }
}

on_both_databases! {
    async fn graphiql_runs_a_query_with_the_token_of_its_address_and_asks_nobody_else(place: Place) {
        let demo = place.start().await;
        for role in [Some("PCO"), Some("NLO"), None] {
            let page = demo.url("GraphiQL");
            let url = role.map_or_else(|| page.to_owned(), |role| format!("{page}#token={}", demo.tokens()[role]));
            let seen = visit(&url).await;
            keeps_to_itself(&seen);
            let answer: Value = serde_json::from_str(seen["response"].as_str().expect("a text")).expect("JSON");
            let roles: Vec<Value> = role.into_iter().map(|role| json!({ "role": role })).collect();
            assert_eq!(answer["data"]["viewer"], json!({ "isSignedIn": role.is_some(), "roles": roles }), "{answer}");
            assert!(answer["data"]["organisations"]["totalCount"].as_u64() > Some(17), "{answer}");
            assert_eq!(seen["documentation"], true, "the documentation describes the schema");
            assert!(seen["title"].as_str().is_some_and(|title| title.contains("GraphiQL")), "{}", seen["title"]);
        }
        demo.stop().await;
    }
}
