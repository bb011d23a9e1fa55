//! OpenID providers that others wrote, and a world that trusts them.

use std::sync::Arc;

use alongside::actor::service::account_id;
use alongside::actor::{GrantScope, Role};
use alongside::clock::{Source as _, SystemSource};
use alongside::config::{Config, IssuerSettings};
use chrono::TimeDelta;
use serde_json::{Value, json};
use tests::engines::Fixture;
use tests::given::{as_system, granted_at};
use tests::race::at_once;
use tests::{Engine, Tenant, World};
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::answers::codes;
use crate::peer::{Peer, node};

/// Longest life of a provider's tokens, in seconds.
pub const MAX_LIFE_S: i64 = 900;

/// What the tests ask with a token.
pub const VIEWER: &str = "{ viewer { isSignedIn roles { role scopeId } } }";

const ALGORITHMS: [&str; 3] = ["ES256", "RS256", "PS256"];

/// A provider with the clients `a` and `b`.
pub struct Provider {
    /// The `iss` of its tokens.
    pub issuer: String,
    /// Where it publishes its keys.
    pub keys_url: String,
    algorithm: &'static str,
    peer: Mutex<Peer>,
}

impl Provider {
    /// Starts one that signs with `algorithm`.
    pub async fn start(algorithm: &'static str) -> Self {
        let peer = Peer::start(node("issuer.mjs", &["--alg", algorithm, "--clients", "a,b"])).await;
        let (issuer, keys_url) = (peer.said("issuer").to_owned(), peer.said("jwks").to_owned());
        Self { issuer, keys_url, algorithm, peer: Mutex::new(peer) }
    }

    /// The settings of a service that trusts it.
    pub fn settings(&self) -> IssuerSettings {
        IssuerSettings {
            issuer: self.issuer.clone(),
            audience: None,
            algorithm: self.algorithm.to_owned(),
            keys_url: Some(self.keys_url.clone()),
            keys_file: None,
            max_life_s: MAX_LIFE_S,
        }
    }

    /// The account of one of its clients.
    pub fn account(&self, client: &str) -> Uuid {
        account_id(&self.issuer, client)
    }

    async fn tell(&self, command: Value) -> Value {
        self.peer.lock().await.tell(command).await
    }

    async fn text(&self, command: Value) -> String {
        let answer = self.tell(command).await;
        answer["token"].as_str().expect("a token").to_owned()
    }

    /// A token that a client fetched as clients do.
    pub async fn token(&self, client: &str) -> String {
        self.text(json!({ "do": "token", "client": client })).await
    }

    /// A token with these members of its header and claims, signed with the key of this name.
    pub async fn signed(&self, key: &str, header: Value, claims: Value) -> String {
        self.text(json!({ "do": "sign", "key": key, "header": header, "claims": claims })).await
    }

    /// A logout token for this session or subject.
    pub async fn logout(&self, what: Value) -> String {
        let mut command = what;
        command["do"] = json!("logout");
        self.text(command).await
    }

    /// Signs with a new key from now on; `drop` takes the earlier ones away.
    pub async fn rotate(&self, drop: bool) {
        self.tell(json!({ "do": "rotate", "drop": drop })).await;
    }

    /// What asking for its keys gets from now on.
    pub async fn outage(&self, mode: &str) {
        self.tell(json!({ "do": "outage", "mode": mode })).await;
    }

    /// How often its keys were asked for; a redirect is never followed.
    pub async fn fetches(&self) -> u64 {
        let answer = self.tell(json!({ "do": "fetches" })).await;
        assert_eq!(answer["followed"], 0, "{answer}");
        answer["fetches"].as_u64().expect("a number")
    }
}

/// A world whose clock shows the real time and that trusts `N` providers, each with an algorithm of its
/// own. Their clients `a` and `b` coordinate A and B.
#[derive(Clone)]
pub struct Trusting<const N: usize> {
    pub world: World,
    pub providers: Arc<Vec<Provider>>,
}

impl<const N: usize> Fixture for Trusting<N> {
    async fn open(engine: Engine) -> Self {
        Self::with(engine, |_| ()).await
    }

    fn lend(&self) -> Self {
        self.clone()
    }

    async fn close(self) {
        self.world.finish().await;
    }
}

impl<const N: usize> Trusting<N> {
    /// One whose settings `change` has changed.
    pub async fn with(engine: Engine, change: impl FnOnce(&mut Config)) -> Self {
        let mut providers = Vec::new();
        for algorithm in &ALGORITHMS[..N] {
            providers.push(Provider::start(algorithm).await);
        }
        let world = World::with(engine, |config| {
            config.auth.issuers = providers.iter().map(Provider::settings).collect();
            change(config);
        })
        .await;
        for provider in &providers {
            coordinate(&world, provider, "a", &world.a).await;
            coordinate(&world, provider, "b", &world.b).await;
        }
        let trusting = Self { world, providers: Arc::new(providers) };
        trusting.catch_up();
        trusting
    }

    /// Sets the clock to the real time, by which providers sign.
    pub fn catch_up(&self) {
        self.world.source.set(SystemSource.now());
    }

    /// The provider, or the first of them.
    pub fn provider(&self) -> &Provider {
        &self.providers[0]
    }

    /// The clients with the tenants that they coordinate.
    pub fn clients(&self) -> [(&'static str, &Tenant); 2] {
        [("a", &self.world.a), ("b", &self.world.b)]
    }

    /// Moves the clock forward.
    pub fn pass(&self, seconds: i64) {
        self.world.source.set(self.world.source.now() + TimeDelta::seconds(seconds));
    }

    /// A token of a client that is good for ten minutes from the world's present, with these claims.
    pub async fn token(&self, client: &str, claims: Value) -> String {
        let now = self.world.source.now().timestamp();
        let mut all = json!({ "sub": client, "iat": now, "exp": now + 600 });
        for (name, value) in claims.as_object().expect("claims") {
            all[name] = value.clone();
        }
        self.provider().signed("current", json!({}), all).await
    }
}

/// Makes a client of a provider the coordinator of `tenant`.
async fn coordinate(world: &World, provider: &Provider, client: &'static str, tenant: &Tenant) {
    let (issuer, id) = (provider.issuer.clone(), tenant.id);
    as_system(world.app.core(), move |unit| {
        let (issuer, scope) = (issuer.clone(), GrantScope::Organisation(id));
        Box::pin(
            async move { granted_at(unit, &issuer, client, Role::PartnerCoordinator, scope).await },
        )
    })
    .await;
}

/// What the service answers to a token: the roles that it sees, or nothing if it refuses the token.
pub async fn roles(world: &World, token: &str) -> Option<Value> {
    let answer = world.raw(Some(token), VIEWER, json!({})).await;
    let status = answer.status().as_u16();
    let mut body: Value = answer.json().await.expect("JSON");
    if status == 401 {
        assert_eq!(codes(&body), ["UNAUTHENTICATED"]);
        return None;
    }
    assert_eq!((status, &body["data"]["viewer"]["isSignedIn"]), (200, &json!(true)), "{body}");
    Some(body["data"]["viewer"]["roles"].take())
}

/// The roles of the coordinator of `tenant`, as the service tells them.
pub fn coordinator(tenant: &Tenant) -> Option<Value> {
    Some(json!([{ "role": "PCO", "scopeId": tenant.global_id() }]))
}

/// What the service answers to each of `count` requests with this token that begin at once.
pub async fn roles_at_once(world: &World, token: &str, count: usize) -> Vec<Option<Value>> {
    at_once(count, |_| {
        let (world, token) = (world.clone(), token.to_owned());
        async move { roles(&world, &token).await }
    })
    .await
}
