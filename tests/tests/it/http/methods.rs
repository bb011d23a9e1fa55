//! Methods, media types and paths: what is refused before anything is read.

use reqwest::header::{
    ACCEPT, ALLOW, AUTHORIZATION, CONTENT_TYPE, COOKIE, ORIGIN, WWW_AUTHENTICATE,
};
use reqwest::{Method, RequestBuilder, Url};
use serde_json::{Value, json};
use tests::socket::Socket;
use tests::{World, on_both_databases, on_sqlite, world_with};

use super::{VIEWER, refused, taken};
use crate::answers::codes;

const REGISTER: &str =
    "mutation { organisationRegister(input: { name: \"X\", kind: VCSE }) { userErrors { code } } }";

fn tokens(world: &World) -> [Option<String>; 3] {
    [None, Some(world.coordinator(&world.a)), Some(world.coordinator(&world.b))]
}

/// A GET with these parameters.
fn get(world: &World, token: Option<&str>, parameters: &[(&str, &str)]) -> RequestBuilder {
    let url = Url::parse_with_params(&format!("{}/graphql", world.base_url), parameters);
    let request = world.client.get(url.expect("an address"));
    match token {
        Some(token) => request.bearer_auth(token),
        None => request,
    }
}

world_with! {
    /// A world as it is in production where that shows at this address: nothing open, nothing for developers.
    Sealed, |_| ()
}

on_both_databases! {
    async fn a_get_runs_a_query_and_changes_nothing(world: World) {
        let before = world.database.eye.contents().await;
        for token in [world.officer(), world.coordinator(&world.a), world.coordinator(&world.b)] {
            let variables = json!({ "n": 1 }).to_string();
            let parameters = [("query", "query($n: Int) { regions(first: $n) { totalCount nodes { odsCode } } }"), ("variables", &variables), ("operationName", ""), ("extensions", "")];
            let (status, body) = taken(get(&world, Some(&token), &parameters).send().await.expect("an answer")).await;
            let body: Value = serde_json::from_str(&body).expect("JSON");
            assert_eq!((status, &body["data"]["regions"]["nodes"]), (200, &json!([{ "odsCode": "Y61" }])));
            for document in [REGISTER, "mutation M { organisationRegister(input: { name: \"X\", kind: VCSE }) { userErrors { code } } } query Q { viewer { isSignedIn } }"] {
                let name = if document.starts_with("mutation M") { "M" } else { "" };
                let answer = get(&world, Some(&token), &[("query", document), ("operationName", name)]).send().await.expect("an answer");
                assert_eq!(answer.headers().get(ALLOW).expect("what is allowed"), "POST");
                let (status, code, _) = refused(answer).await;
                assert_eq!((status, code.as_str()), (405, "BAD_USER_INPUT"), "{document}");
            }
        }
        assert_eq!(world.database.eye.contents().await.changes_since(&before), [] as [String; 0]);
    }
}

on_sqlite! {
    async fn a_get_says_each_parameter_once_and_well_formed(world: World) {
        let of = |text: &str| format!("{}/graphql{text}", world.base_url);
        for query in ["", "?", "?query=", "?variables={}", "?query={a}&query={b}", "?query={a}&variables=[]", "?query={a}&variables={", "?query={a}&variables=7", "?query={a}&extensions=7", "?query={a}&extensions=[]", "?query={a}&operationName=A&operationName=B", "?query=%FF%FE", "?query=%C3%28", "?query[]={a}", "?queries={a}"] {
            for token in tokens(&world) {
                let mut request = world.client.get(of(query));
                if let Some(token) = &token {
                    request = request.bearer_auth(token);
                }
                let answer = request.send().await.expect("an answer");
                let (status, body) = taken(answer).await;
                assert_eq!(status, 400, "{query}: {body}");
                let body: Value = serde_json::from_str(&body).expect("JSON");
                assert_eq!(codes(&body), ["BAD_USER_INPUT"], "{query}");
            }
        }
        let answer = world.client.get(of("?query=%7Bviewer%7BisSignedIn%7D%7D&unknown=1&unknown=2")).send().await.expect("an answer");
        assert_eq!(taken(answer).await.0, 200, "other parameters are nobody's business");
    }

    async fn a_get_from_another_site_or_with_cookies_is_refused(world: World) {
        for (name, value) in [("origin", "https://evil.example"), ("origin", "null"), ("cookie", "session=1"), ("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site")] {
            let plain = || get(&world, None, &[("query", VIEWER)]).header(name, value);
            let answer = plain().send().await.expect("an answer");
            assert!(answer.headers().get("access-control-allow-origin").is_none());
            assert_eq!(refused(answer).await.0, 405, "{name}: {value}");
            let asked = plain().header("graphql-require-preflight", "1").send().await.expect("an answer");
            assert_eq!(taken(asked).await.0, 200, "{name}: {value}");
            for token in [world.coordinator(&world.a), world.coordinator(&world.b)] {
                let signed = plain().bearer_auth(token).send().await.expect("an answer");
                assert_eq!(taken(signed).await.0, 200, "a token is not sent by accident");
            }
        }
        for site in ["same-origin", "none"] {
            let answer = get(&world, None, &[("query", VIEWER)]).header("sec-fetch-site", site).send().await.expect("an answer");
            assert_eq!(taken(answer).await.0, 200);
        }
    }

    async fn a_page_of_another_site_cannot_send_anything_that_runs(world: World) {
        let before = (world.app.core().db().statements(), world.database.eye.contents().await);
        let body = json!({ "query": REGISTER }).to_string();
        for content_type in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "", "application/json;x", "application/json; charset=utf-16", "application/json, text/plain", "message/rfc822", "application/graphql", "application/json; charset=utf-8; x=y"] {
            for token in tokens(&world) {
                let mut request = world.post(token.as_deref()).header(ORIGIN, "https://evil.example").header(COOKIE, "session=1").body(body.clone());
                if !content_type.is_empty() {
                    request = request.header(CONTENT_TYPE, content_type);
                }
                let (status, code, _) = refused(request.send().await.expect("an answer")).await;
                assert_eq!((status, code.as_str()), (415, "BAD_USER_INPUT"), "{content_type}");
            }
        }
        assert_eq!(world.app.core().db().statements(), before.0);
        assert_eq!(world.database.eye.contents().await, before.1);
    }

    async fn two_content_types_are_none(world: World) {
        for token in tokens(&world) {
            let request = world.post(token.as_deref()).header(CONTENT_TYPE, "application/json").header(CONTENT_TYPE, "text/plain").body(json!({ "query": VIEWER }).to_string());
            assert_eq!(refused(request.send().await.expect("an answer")).await.0, 415);
        }
    }

    async fn a_compressed_body_is_refused_unread(world: World) {
        for encoding in ["gzip", "br", "deflate", "zstd", "gzip, identity", "x"] {
            for token in tokens(&world) {
                let request = world.post(token.as_deref()).header("content-encoding", encoding).header(CONTENT_TYPE, "application/json").body(vec![0_u8; 4096]);
                assert_eq!(refused(request.send().await.expect("an answer")).await.0, 415, "{encoding}");
            }
        }
        let plain = world.post(None).header("content-encoding", "identity").json(&json!({ "query": VIEWER }));
        assert_eq!(taken(plain.send().await.expect("an answer")).await.0, 200);
        let asked = world.post(None).header("accept-encoding", "gzip, br").json(&json!({ "query": VIEWER })).send().await.expect("an answer");
        assert!(asked.headers().get("content-encoding").is_none(), "answers are not compressed");
    }

    async fn other_methods_are_told_which_are_taken(world: World) {
        for method in ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "QUERY", "BREW", "PROPFIND"] {
            for token in tokens(&world) {
                let request = world.client.request(Method::from_bytes(method.as_bytes()).expect("a method"), format!("{}/graphql", world.base_url));
                let request = match &token {
                    Some(token) => request.bearer_auth(token),
                    None => request,
                };
                let answer = request.json(&json!({ "query": VIEWER })).send().await.expect("an answer");
                assert_eq!(answer.headers().get(ALLOW).expect("what is allowed"), "GET, POST");
                assert!(answer.headers().get("access-control-allow-origin").is_none());
                assert_eq!(refused(answer).await.0, 405, "{method}");
            }
        }
        let head = world.client.head(format!("{}/graphql", world.base_url)).send().await.expect("an answer");
        assert_eq!(head.status().as_u16(), 405);
    }

    async fn what_the_client_cannot_take_is_not_made(world: World) {
        for accept in ["text/html", "application/xml", "application/json;q=0", "multipart/mixed", "text/event-stream", "application/graphql-response+json;q=0", ""] {
            for token in tokens(&world) {
                let before = world.app.core().db().statements();
                let request = world.post(token.as_deref()).header(ACCEPT, accept).json(&json!({ "query": "{ regions { totalCount } }" }));
                let (status, code, _) = refused(request.send().await.expect("an answer")).await;
                assert_eq!((status, code.as_str()), (406, "BAD_USER_INPUT"), "{accept}");
                assert_eq!(world.app.core().db().statements(), before);
            }
        }
    }

    async fn only_the_addresses_of_the_service_answer(world: Sealed) {
        for path in ["/playground", "/altair", "/voyager", "/sdl", "/schema", "/graphql/", "/graphql/ws", "/graphql/stream", "/graphql/sdl", "//graphql", "/%67raphql", "/graphql%2f", "/%2e/graphql", "/a/%2e%2e/graphql", "/graphql;x=1", "/GRAPHQL", "/api/graphql", "/metrics", "/debug/pprof", "/health", "/health/", "/.env", "/.git/config", "/admin", "/auth", "/graphiql/../graphql", "/graphiql/nothing.js", "/graphiql/%2e%2e/boot.js", "/schema.graphql/", "/.well-known/", "/.well-known/openid-configuration"] {
            let mut socket = Socket::open(&world).await;
            socket.send(format!("GET {path}?query=%7B__typename%7D HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n")).await;
            let answer = socket.answer().await.expect("an answer");
            assert_eq!(answer.status, 404, "{path}: {}", answer.body);
        }
        for path in ["/schema.graphql", "/health/live", "/health/ready", "/.well-known/jwks.json", "/auth/logout"] {
            for (method, token) in [("PUT", world.coordinator(&world.a)), ("DELETE", world.coordinator(&world.b))] {
                let request = world.client.request(method.parse().expect("a method"), format!("{}{path}", world.base_url));
                assert_eq!(request.bearer_auth(token).send().await.expect("an answer").status().as_u16(), 405, "{method} {path}");
            }
        }
    }

    async fn an_identity_is_never_taken_from_a_header(world: World) {
        let document = "{ viewer { isSignedIn roles { role } } roleGrants { totalCount } }";
        let public = world.data(None, document, json!({})).await;
        for tenant in [&world.a, &world.b] {
            let mut request = world.post(None).json(&json!({ "query": document }));
            for name in ["x-user-id", "x-forwarded-user", "x-remote-user", "x-account", "x-role", "x-tenant", "x-organisation", "cookie"] {
                request = request.header(name, tenant.global_id());
            }
            let body: Value = request.send().await.expect("an answer").json().await.expect("JSON");
            assert_eq!(body["data"], public);
        }
    }

    async fn a_refused_token_says_which_scheme_is_taken(world: World) {
        for tenant in [&world.a, &world.b] {
            let request = world.post(None).header(AUTHORIZATION, format!("Basic {}", world.coordinator(tenant)));
            let answer = request.json(&json!({ "query": VIEWER })).send().await.expect("an answer");
            assert_eq!(answer.headers().get(WWW_AUTHENTICATE).expect("a scheme"), "Bearer");
            assert_eq!(refused(answer).await.0, 401);
        }
    }
}
