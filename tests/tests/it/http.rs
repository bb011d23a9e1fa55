//! GraphQL over HTTP: what is accepted, and how it is refused.

mod connections;
mod framing;
mod methods;
mod values;

use std::collections::BTreeSet;

use alongside::actor::demo_issuer::DemoIssuer;
use alongside::clock::Source as _;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::Response;
use reqwest::header::{ACCEPT, AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE};
use serde_json::{Value, json};
use tests::{World, on_both_databases};

use crate::answers::codes;

const VIEWER: &str = "{ viewer { isSignedIn } }";

/// Status and body of an answer that must carry the headers of every answer.
async fn taken(answer: Response) -> (u16, String) {
    let header =
        |name| answer.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let (id, cached) = (header("x-request-id"), header(CACHE_CONTROL.as_str()));
    let status = answer.status().as_u16();
    let body = answer.text().await.expect("a body");
    assert_eq!(cached.as_deref(), Some("no-store"), "{status} {body}");
    let id = id.unwrap_or_else(|| unreachable!("a request id: {status} {body}"));
    assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
    if let Ok(json) = serde_json::from_str::<Value>(&body) {
        for error in json["errors"].as_array().into_iter().flatten() {
            assert_eq!(error["extensions"]["requestId"], *id, "{body}");
            assert!(
                error["extensions"]["code"].is_string() && error["message"].is_string(),
                "{body}"
            );
        }
    }
    (status, body)
}

/// A request error: a code, a status, and no data.
async fn refused(answer: Response) -> (u16, String, String) {
    let (status, body) = taken(answer).await;
    let json: Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!(json.get("data"), None, "{body}");
    let found: BTreeSet<&str> = codes(&json).into_iter().collect();
    assert_eq!(found.len(), 1, "{body}");
    let message = json["errors"][0]["message"].as_str().expect("a message").to_owned();
    (status, codes(&json)[0].to_owned(), message)
}

/// Tokens that are wrong in one way each.
fn wrong_tokens(world: &World, subject: &str) -> Vec<(&'static str, String)> {
    let (audience, now) = (&world.app.config().auth.audience, world.source.now());
    let key = EncodingKey::from_ec_der(world.issuer.secret());
    let seconds = now.timestamp();
    let claims = json!({ "iss": DemoIssuer::NAME, "aud": audience, "sub": subject, "iat": seconds, "exp": seconds + 600 });
    let mut header = Header::new(Algorithm::ES256);
    (header.typ, header.kid) = (Some("at+jwt".to_owned()), Some("demo".to_owned()));
    let signed = |header: &Header, claims: &Value| {
        jsonwebtoken::encode(header, claims, &key).expect("a token")
    };
    let with = |name: &str, value: Value| {
        let mut claims = claims.clone();
        claims[name] = value;
        signed(&header, &claims)
    };
    let headed = |change: &dyn Fn(&mut Header)| {
        let mut header = header.clone();
        change(&mut header);
        signed(&header, &claims)
    };
    let good = signed(&header, &claims);
    let (head, rest) = good.split_once('.').expect("three parts");
    let (body, seal) = rest.split_once('.').expect("three parts");
    let folder = tempfile::tempdir().expect("a folder");
    let foreign = DemoIssuer::open(&folder.path().join("foreign.key")).expect("another key");
    let mut symmetric = header.clone();
    symmetric.alg = Algorithm::HS256;
    let public_key = serde_json::to_vec(&world.issuer.key_set()).expect("the public key");
    let symmetric =
        jsonwebtoken::encode(&symmetric, &claims, &EncodingKey::from_secret(&public_key))
            .expect("a token");
    // {"alg":"none","typ":"at+jwt","kid":"demo"}
    let none = "eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0Iiwia2lkIjoiZGVtbyJ9";
    vec![
        ("nonsense", "nonsense".to_owned()),
        ("two parts", format!("{head}.{body}")),
        ("four parts", format!("{good}.{seal}")),
        ("too long", "x".repeat(9000)),
        ("expired", with("exp", json!(seconds - 31))),
        ("not yet issued", with("iat", json!(seconds + 31))),
        ("not yet valid", with("nbf", json!(seconds + 31))),
        ("good for too long", with("exp", json!(seconds + 86_401))),
        ("without an end", with("exp", Value::Null)),
        ("for another audience", with("aud", json!("elsewhere"))),
        ("for several audiences", with("aud", json!(["elsewhere", "other"]))),
        ("of another issuer", with("iss", json!("https://login.example.org/"))),
        (
            "of an issuer with another slash",
            with("iss", json!(DemoIssuer::NAME.trim_end_matches('/'))),
        ),
        ("without a subject", with("sub", json!(""))),
        ("with a number for a subject", with("sub", json!(7))),
        ("unsigned", format!("{none}.{body}.")),
        ("unsigned with a seal", format!("{none}.{body}.{seal}")),
        ("symmetric", symmetric),
        ("of a foreign key", foreign.token(subject, audience, now, 600).expect("a token")),
        ("without a seal", format!("{head}.{body}.")),
        (
            "with another body",
            format!("{head}.{}.{seal}", world.token_of("other").split('.').nth(1).expect("a body")),
        ),
        ("of another type", headed(&|header| header.typ = Some("JWT".to_owned()))),
        ("without a key", headed(&|header| header.kid = None)),
        ("of another key", headed(&|header| header.kid = Some("demo2".to_owned()))),
        (
            "that points elsewhere",
            headed(&|header| header.jku = Some("https://example.org/keys".to_owned())),
        ),
    ]
}

on_both_databases! {
    async fn only_json_is_read(world: World) {
        let register = json!({ "query": "mutation { organisationRegister(input: { name: \"X\", kind: VCSE }) { userErrors { code } } }" }).to_string();
        let before = (world.app.core().db().statements(), world.database.eye.contents().await);
        for content_type in [
            None,
            Some("text/plain"),
            Some("text/plain; charset=utf-8"),
            Some("application/x-www-form-urlencoded"),
            Some("multipart/form-data; boundary=x"),
            Some("application/graphql"),
            Some("application/json; charset=latin1"),
            Some("application/jsonx"),
        ] {
            for token in [world.officer(), world.coordinator(&world.a), world.coordinator(&world.b)] {
                let mut request = world.post(Some(&token)).body(register.clone());
                if let Some(content_type) = content_type {
                    request = request.header(CONTENT_TYPE, content_type);
                }
                let (status, body) = taken(request.send().await.expect("an answer")).await;
                assert_eq!(status, 415, "{content_type:?}: {body}");
            }
        }
        assert_eq!(world.app.core().db().statements(), before.0, "nothing was run");
        assert_eq!(world.database.eye.contents().await, before.1);
        for content_type in ["application/json", "Application/JSON; charset=UTF-8"] {
            let request = world.post(None).header(CONTENT_TYPE, content_type).body(json!({ "query": VIEWER }).to_string());
            let (status, _) = taken(request.send().await.expect("an answer")).await;
            assert_eq!(status, 200, "{content_type}");
        }
    }

    async fn a_body_is_one_object_with_a_query(world: World) {
        let token = world.coordinator(&world.a);
        for body in ["", "{", "null", "7", "\"query\"", "[]", "{}", "{\"query\":null}", "{\"query\":7}",
            "{\"query\":\"{ viewer { isSignedIn } }\",\"variables\":[]}", "{\"query\":\"{ viewer { isSignedIn } }\"} x"] {
            let request = world.post(Some(&token)).header(CONTENT_TYPE, "application/json").body(body);
            let (status, code, _) = refused(request.send().await.expect("an answer")).await;
            assert_eq!((status, code.as_str()), (400, "BAD_USER_INPUT"), "{body}");
        }
        let batch = json!([{ "query": VIEWER }, { "query": VIEWER }]);
        for token in [&token, &world.coordinator(&world.b)] {
            let (status, code, _) = refused(world.post(Some(token)).json(&batch).send().await.expect("an answer")).await;
            assert_eq!((status, code.as_str()), (400, "BAD_USER_INPUT"), "a batch");
        }
    }

    async fn a_body_up_to_the_limit_is_read(world: World) {
        let limit = world.app.config().server.body_limit;
        let mut body = json!({ "query": VIEWER }).to_string();
        body.extend(std::iter::repeat_n(' ', limit - body.len()));
        for token in [None, Some(world.coordinator(&world.a)), Some(world.coordinator(&world.b))] {
            let request = world.post(token.as_deref()).header(CONTENT_TYPE, "application/json").body(body.clone());
            let (status, _) = taken(request.send().await.expect("an answer")).await;
            assert_eq!(status, 200);
        }
    }

    async fn without_a_token_anyone_is_the_public(world: World) {
        let document = "{ viewer { isSignedIn roles { role } } organisations { totalCount } roleGrants { totalCount } }";
        let seen = async |token: Option<&str>| world.data(token, document, json!({})).await;
        let shape = |signed_in: bool, roles: Value, grants: i32| {
            json!({ "viewer": { "isSignedIn": signed_in, "roles": roles }, "organisations": { "totalCount": 2 }, "roleGrants": { "totalCount": grants } })
        };
        assert_eq!(seen(None).await, shape(false, json!([]), 0));
        assert_eq!(seen(Some(&world.token_of("nobody"))).await, shape(true, json!([]), 0));
        for tenant in [&world.a, &world.b] {
            assert_eq!(seen(Some(&world.coordinator(tenant))).await, shape(true, json!([{ "role": "PCO" }]), 1));
        }
    }

    async fn a_token_that_is_not_accepted_is_refused_in_the_same_words(world: World) {
        let mut words = BTreeSet::new();
        for tenant in [&world.a, &world.b] {
            let subject = tests::given::subject(alongside::actor::Role::PartnerCoordinator, Some(tenant.id));
            for (what, token) in wrong_tokens(&world, &subject) {
                let before = world.app.core().db().statements();
                let answer = world.raw(Some(&token), VIEWER, json!({})).await;
                let (status, code, message) = refused(answer).await;
                assert_eq!((status, code.as_str()), (401, "UNAUTHENTICATED"), "a token {what}");
                assert_eq!(world.app.core().db().statements(), before, "a token {what}: nothing was run");
                words.insert(message);
            }
            let good = world.coordinator(tenant);
            for value in ["Bearer", "Bearer ", "Basic dXNlcjpwYXNz", "", &good, &format!("Token {good}"), &format!("Bearer {good} {good}")] {
                let request = world.post(None).header(AUTHORIZATION, value).json(&json!({ "query": VIEWER }));
                let (status, code, message) = refused(request.send().await.expect("an answer")).await;
                assert_eq!((status, code.as_str()), (401, "UNAUTHENTICATED"), "{value}");
                words.insert(message);
            }
            let twice = world.post(Some(&good)).header(AUTHORIZATION, format!("Bearer {good}")).json(&json!({ "query": VIEWER }));
            words.insert(refused(twice.send().await.expect("an answer")).await.2);
            let signed_in = world.data(Some(&good), VIEWER, json!({})).await;
            assert_eq!(signed_in["viewer"]["isSignedIn"], true, "the right one is accepted");
        }
        assert_eq!(words.len(), 1, "{words:?}");
    }

    async fn a_token_ends_with_its_hour(world: World) {
        let tokens = [world.coordinator(&world.a), world.coordinator(&world.b)];
        for (now, expected) in [("2026-05-01T10:00:29Z", 200), ("2026-05-01T10:00:30Z", 401)] {
            world.set_clock(now);
            for token in &tokens {
                let (status, _) = taken(world.raw(Some(token), VIEWER, json!({})).await).await;
                assert_eq!(status, expected, "at {now}, with thirty seconds of leeway");
            }
        }
    }

    async fn an_operation_that_cannot_run_has_a_code_and_no_data(world: World) {
        let deep = format!("{{ organisations {{ nodes {{ {}id{} }} }} }}", "successors { successor { ".repeat(9), " } }".repeat(9));
        let costly = "{ organisations(first: 100) { nodes { sites(first: 100) { nodes { id } } } } }";
        for (document, code) in [
            ("{", "GRAPHQL_PARSE_FAILED"),
            ("", "GRAPHQL_PARSE_FAILED"),
            ("query { viewer { isSignedIn }", "GRAPHQL_PARSE_FAILED"),
            ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
            ("{ viewer }", "GRAPHQL_VALIDATION_FAILED"),
            ("{ viewer { isSignedIn { x } } }", "GRAPHQL_VALIDATION_FAILED"),
            ("query($x: Int!) { organisations(first: $x) { totalCount } }", "BAD_USER_INPUT"),
            ("{ ...F } fragment F on Query { ...F }", "GRAPHQL_VALIDATION_FAILED"),
            ("subscription { organisationChanged { id } }", "GRAPHQL_VALIDATION_FAILED"),
            (&deep, "QUERY_REJECTED"),
            (costly, "QUERY_REJECTED"),
        ] {
            for token in [None, Some(world.coordinator(&world.a)), Some(world.coordinator(&world.b))] {
                let (status, found, _) = refused(world.raw(token.as_deref(), document, json!({})).await).await;
                assert_eq!((status, found.as_str()), (200, code), "{document}");
                let request = world.post(token.as_deref()).header(ACCEPT, "application/graphql-response+json");
                let answer = request.json(&json!({ "query": document })).send().await.expect("an answer");
                let (status, found, _) = refused(answer).await;
                assert_eq!((status, found.as_str()), (400, code), "{document}");
            }
        }
    }

    async fn the_answer_is_in_the_format_that_the_client_accepts(world: World) {
        for (accept, content_type) in [
            (None, "application/json; charset=utf-8"),
            (Some("*/*"), "application/json; charset=utf-8"),
            (Some("application/json"), "application/json; charset=utf-8"),
            (Some("application/graphql-response+json"), "application/graphql-response+json; charset=utf-8"),
            (Some("application/graphql-response+json, application/json;q=0.9"), "application/graphql-response+json; charset=utf-8"),
        ] {
            for tenant in [&world.a, &world.b] {
                let mut request = world.post(Some(&world.coordinator(tenant))).json(&json!({ "query": VIEWER }));
                if let Some(accept) = accept {
                    request = request.header(ACCEPT, accept);
                }
                let answer = request.send().await.expect("an answer");
                assert_eq!(answer.headers()[CONTENT_TYPE], content_type, "{accept:?}");
                assert_eq!(taken(answer).await.0, 200);
            }
        }
        for accept in ["text/html", "image/png, text/event-stream"] {
            let request = world.post(None).header(ACCEPT, accept).json(&json!({ "query": VIEWER }));
            assert_eq!(taken(request.send().await.expect("an answer")).await.0, 406, "{accept}");
        }
    }

    async fn several_operations_are_told_apart_by_name(world: World) {
        let document = "query Roles { viewer { roles { role } } } query Signed { viewer { isSignedIn } } mutation Register { organisationRegister(input: { name: \"X\", kind: VCSE }) { userErrors { code } } }";
        let before = world.database.eye.contents().await;
        for tenant in [&world.a, &world.b] {
            let token = world.coordinator(tenant);
            let send = async |name: Value| {
                let body = json!({ "query": document, "operationName": name });
                world.post(Some(&token)).json(&body).send().await.expect("an answer")
            };
            let (_, roles) = taken(send(json!("Roles")).await).await;
            assert!(roles.starts_with(r#"{"data":{"viewer":{"roles":[{"role":"PCO"}]}},"#), "{roles}");
            let (_, signed) = taken(send(json!("Signed")).await).await;
            assert!(signed.starts_with(r#"{"data":{"viewer":{"isSignedIn":true}},"#), "{signed}");
            for name in [Value::Null, json!("Nobody"), json!("")] {
                let (_, code, _) = refused(send(name).await).await;
                assert_eq!(code, "GRAPHQL_VALIDATION_FAILED");
            }
        }
        assert_eq!(world.database.eye.contents().await, before);
    }

    async fn only_post_runs_an_operation(world: World) {
        for token in [world.coordinator(&world.a), world.coordinator(&world.b)] {
            for request in [world.client.put(format!("{}/graphql", world.base_url)), world.client.delete(format!("{}/graphql", world.base_url))] {
                let answer = request.bearer_auth(&token).json(&json!({ "query": VIEWER })).send().await.expect("an answer");
                assert_eq!(answer.status().as_u16(), 405);
            }
        }
    }
}
