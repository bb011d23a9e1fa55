//! Access that ends before its time: sessions and accounts that a provider ends, and disabled accounts.
//!
//! The database alone decides: in all of these Redis is away.

use std::ops::Deref;

use alongside::clock::Source as _;
use alongside::config::Profile;
use reqwest::Client;
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use serde_json::{Value, json};
use tests::engines::Fixture;
use tests::race::at_once;
use tests::world::mutation;
use tests::{Engine, World, on_both_databases, on_postgres};

use crate::provider::{Trusting, VIEWER, coordinator, roles};

/// An address at which nothing listens.
const NOBODY: &str = "redis://127.0.0.1:1";

/// A world that trusts two providers and cannot reach its Redis.
#[derive(Clone)]
struct Ending(Trusting<2>);

impl Deref for Ending {
    type Target = Trusting<2>;

    fn deref(&self) -> &Trusting<2> {
        &self.0
    }
}

impl Fixture for Ending {
    async fn open(engine: Engine) -> Self {
        let away = Trusting::with(engine, |config| NOBODY.clone_into(&mut config.redis.url));
        Self(away.await)
    }

    fn lend(&self) -> Self {
        self.clone()
    }

    async fn close(self) {
        self.0.close().await;
    }
}

/// The same in production, which is stricter.
#[derive(Clone)]
struct Production(Trusting<1>);

impl Fixture for Production {
    async fn open(engine: Engine) -> Self {
        let strict = Trusting::with(engine, |config| {
            config.profile = Profile::Production;
            NOBODY.clone_into(&mut config.redis.url);
        });
        Self(strict.await)
    }

    fn lend(&self) -> Self {
        self.clone()
    }

    async fn close(self) {
        self.0.close().await;
    }
}

/// Sends a logout token as providers do; gives the status.
async fn log_out(world: &World, token: &str) -> u16 {
    let form = format!("logout_token={token}");
    send(world, "application/x-www-form-urlencoded", &form).await
}

async fn send(world: &World, content_type: &str, body: &str) -> u16 {
    let request = world.client.post(format!("{}/auth/logout", world.base_url));
    let request = request.header(CONTENT_TYPE, content_type).body(body.to_owned());
    let answer = request.send().await.expect("an answer");
    assert_eq!(header(answer.headers(), "cache-control"), Some("no-store"));
    answer.status().as_u16()
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Fails unless the token opens nothing: neither rows, nor the schema, nor a change, nor a name.
async fn opens_nothing(world: &World, token: &str) {
    let before = world.database.eye.contents().await;
    let register = mutation("organisationRegister", "");
    let input = json!({ "input": { "name": "Fictional", "kind": "VCSE" } });
    for (document, variables) in [
        (VIEWER, json!({})),
        ("{ organisations(first: 1) { nodes { name } } }", json!({})),
        ("{ __schema { queryType { name } } }", json!({})),
        ("{ __type(name: \"Organisation\") { name } }", json!({})),
        ("{ __typename }", json!({})),
        (register.as_str(), input),
    ] {
        let answer = world.raw(Some(token), document, variables).await;
        assert_eq!(answer.status().as_u16(), 401, "{document}");
        let body: Value = answer.json().await.expect("JSON");
        assert_eq!(body.get("data"), None, "{document}");
    }
    assert_eq!(world.database.eye.contents().await.changes_since(&before), [] as [String; 0]);
}

/// Logout tokens that are wrong in one way each: the claims to change, and the type.
fn wrong_logouts(now: i64) -> Vec<(&'static str, &'static str, Value)> {
    let logout = "logout+jwt";
    vec![
        ("an access token", "at+jwt", json!({})),
        ("an identity token", "JWT", json!({})),
        ("with a nonce", logout, json!({ "nonce": "n" })),
        ("without events", logout, json!({ "events": null })),
        ("with no event", logout, json!({ "events": {} })),
        ("of another event", logout, json!({ "events": { "https://example.org/": {} } })),
        (
            "with a list of events",
            logout,
            json!({ "events": ["http://schemas.openid.net/event/backchannel-logout"] }),
        ),
        ("that ends nothing", logout, json!({ "sub": null })),
        ("without a name", logout, json!({ "jti": null })),
        ("that is over", logout, json!({ "iat": now - 130, "exp": now - 30 })),
        ("of the day before", logout, json!({ "iat": now - 86_400, "exp": now - 86_300 })),
        ("that is to come", logout, json!({ "iat": now + 60, "exp": now + 120 })),
        ("that lives for too long", logout, json!({ "exp": now + 301 })),
        ("for another audience", logout, json!({ "aud": "elsewhere" })),
        ("of another issuer", logout, json!({ "iss": "https://login.example.org/" })),
        ("of nobody", logout, json!({ "iss": null })),
        ("for an empty session", logout, json!({ "sid": "" })),
    ]
}

/// The claims of a good logout token for the subject `a`, changed.
fn logout_claims(now: i64, change: &Value) -> Value {
    let event = json!({ "http://schemas.openid.net/event/backchannel-logout": {} });
    let mut claims = json!({ "iat": now, "exp": now + 120, "sub": "a", "events": event });
    for (name, value) in change.as_object().expect("claims") {
        claims[name] = value.clone();
    }
    claims
}

on_both_databases! {
    async fn a_session_that_was_ended_opens_nothing_and_no_other_ends_with_it(ending: Ending) {
        let world = &ending.world;
        for (client, tenant) in ending.clients() {
            ending.catch_up();
            let session = format!("session-of-{client}");
            let ended = ending.token(client, json!({ "sid": session })).await;
            let others = [ending.token(client, json!({ "sid": "another" })).await, ending.token(client, json!({})).await];
            assert_eq!(roles(world, &ended).await, coordinator(tenant));
            let token = ending.provider().logout(json!({ "sid": session })).await;
            assert_eq!(log_out(world, &token).await, 200);
            opens_nothing(world, &ended).await;
            for other in &others {
                assert_eq!(roles(world, other).await, coordinator(tenant));
            }
            assert_eq!(log_out(world, &token).await, 200, "told twice, it is ended still");
            ending.pass(2);
            let later = ending.token(client, json!({ "sid": session })).await;
            opens_nothing(world, &later).await;
        }
    }

    async fn a_subject_that_was_ended_comes_back_with_a_token_issued_later(ending: Ending) {
        let world = &ending.world;
        let [(_, a), (_, b)] = ending.clients();
        ending.catch_up();
        let tokens = [ending.token("a", json!({})).await, ending.token("a", json!({ "sid": "session" })).await];
        let namesake = ending.providers[1].token("a").await;
        let other = ending.token("b", json!({})).await;
        for token in tokens.iter().chain([&namesake]) {
            assert_eq!(roles(world, token).await, coordinator(a));
        }
        let logout = ending.provider().logout(json!({ "sub": "a" })).await;
        assert_eq!(log_out(world, &logout).await, 200);
        for token in &tokens {
            opens_nothing(world, token).await;
        }
        assert_eq!(roles(world, &other).await, coordinator(b));
        assert_eq!(roles(world, &namesake).await, coordinator(a), "another issuer's subject is somebody else");
        ending.catch_up();
        ending.pass(2);
        let later = ending.token("a", json!({})).await;
        assert_eq!(roles(world, &later).await, coordinator(a));
        opens_nothing(world, &tokens[0]).await;
    }

    async fn a_logout_token_that_is_not_accepted_changes_nothing(ending: Ending) {
        let world = &ending.world;
        let provider = ending.provider();
        ending.catch_up();
        let now = world.source.now().timestamp();
        let tokens = [ending.token("a", json!({ "sid": "session" })).await, ending.token("b", json!({ "sid": "session-of-b" })).await];
        let good = provider.signed("current", json!({ "typ": "logout+jwt" }), logout_claims(now, &json!({}))).await;
        let mut wrong = Vec::new();
        for (what, typ, change) in wrong_logouts(now) {
            wrong.push((what, provider.signed("current", json!({ "typ": typ }), logout_claims(now, &change)).await));
        }
        let header = |header: Value| provider.signed("current", header, logout_claims(now, &json!({})));
        wrong.push(("unsigned", header(json!({ "typ": "logout+jwt", "alg": "none" })).await));
        wrong.push(("that points elsewhere", header(json!({ "typ": "logout+jwt", "jku": "https://example.org/" })).await));
        wrong.push(("of an unknown key", header(json!({ "typ": "logout+jwt", "kid": "unknown" })).await));
        wrong.push(("of a weak key", provider.signed("weak", json!({ "typ": "logout+jwt" }), logout_claims(now, &json!({}))).await));
        let others = ending.providers[1].signed("current", json!({ "typ": "logout+jwt" }), logout_claims(now, &json!({ "iss": provider.issuer }))).await;
        wrong.push(("of another issuer's key", others));
        wrong.push(("without a seal", good[..=good.rfind('.').expect("three parts")].to_owned()));
        wrong.push(("that is empty", String::new()));
        wrong.push(("that is none", "nonsense".to_owned()));
        let before = world.database.eye.contents().await;
        for (what, token) in &wrong {
            let statements = world.app.core().db().statements();
            assert_eq!(log_out(world, token).await, 400, "a logout token {what}");
            assert_eq!(world.app.core().db().statements(), statements, "a logout token {what}");
        }
        for (content_type, body) in [
            ("application/json", json!({ "logout_token": good }).to_string()),
            ("text/plain", format!("logout_token={good}")),
            ("application/x-www-form-urlencoded", format!("token={good}")),
            ("application/x-www-form-urlencoded", format!("logout_token={good}&logout_token={good}")),
        ] {
            assert_eq!(send(world, content_type, &body).await, 400, "{content_type}: {body}");
        }
        let foreign = format!("{}/auth/logout?logout_token={good}", world.base_url);
        assert_eq!(world.client.get(foreign).send().await.expect("an answer").status().as_u16(), 405);
        assert_eq!(world.database.eye.contents().await.changes_since(&before), [] as [String; 0]);
        for (token, (_, tenant)) in tokens.iter().zip(ending.clients()) {
            assert_eq!(roles(world, token).await, coordinator(tenant));
        }
        assert_eq!(log_out(world, &good).await, 200, "the one that they are made of is accepted");
        opens_nothing(world, &tokens[0]).await;
    }

    async fn a_disabled_account_is_out_at_once_on_every_connection(ending: Ending) {
        let world = &ending.world;
        let [(_, a), (_, b)] = ending.clients();
        ending.catch_up();
        let (token, other) = (ending.token("a", json!({})).await, ending.token("b", json!({})).await);
        // A client of its own each: a connection of its own, open from the first request on.
        let clients: Vec<Client> = (0..20).map(|_| Client::builder().no_proxy().build().expect("a client")).collect();
        let statuses = async || {
            at_once(clients.len(), |place| {
                let request = clients[place].post(format!("{}/graphql", world.base_url)).bearer_auth(&token);
                let request = request.json(&json!({ "query": VIEWER }));
                async move { request.send().await.expect("an answer").status().as_u16() }
            })
            .await
        };
        assert_eq!(statuses().await, [200; 20]);
        let account = world.uuid(ending.provider().account("a"));
        let enable = async |enabled: bool| {
            let sql = format!("update account set enabled = {enabled} where id = {account}");
            assert_eq!(world.database.eye.execute(&sql).await.expect("changed"), 1);
        };
        enable(false).await;
        assert_eq!(statuses().await, [401; 20]);
        opens_nothing(world, &token).await;
        assert_eq!(roles(world, &other).await, coordinator(b));
        enable(true).await;
        assert_eq!(roles(world, &token).await, coordinator(a));
    }
}

on_postgres! {
    async fn in_production_too_an_ended_token_opens_nothing(production: Production) {
        let trusting = &production.0;
        let world = &trusting.world;
        for (client, tenant) in trusting.clients() {
            trusting.catch_up();
            let token = trusting.token(client, json!({ "sid": client })).await;
            assert_eq!(roles(world, &token).await, coordinator(tenant));
            let logout = trusting.provider().logout(json!({ "sid": client })).await;
            assert_eq!(log_out(world, &logout).await, 200);
            opens_nothing(world, &token).await;
        }
    }
}
