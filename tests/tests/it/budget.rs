//! Budgets: who pays, what is told of it, and what a Redis in any state changes: nothing but whose
//! replicas share them.

mod redis_states;

use serde_json::{Value, json};
use tests::race::at_once;
use tests::redis::Redis;
use tests::{Engine, World, on_sqlite, world_with};

use crate::answers::codes;

/// A question that costs 1201, and one that costs 2.
const DEAR: &str = "{ organisations(first: 100) { nodes { sites(first: 5) { nodes { id } } } } }";
const CHEAP: &str = "{ viewer { isSignedIn } }";

world_with! {
    /// A world of few requests: they hardly come back.
    FewRequests, |config| {
        config.redis.url.clear();
        config.budget.requests_per_second = 1;
        config.budget.request_burst = 5;
    }
}

world_with! {
    /// A world of little cost: it hardly comes back.
    LittleCost, |config| {
        config.redis.url.clear();
        config.budget.cost_per_second = 1;
        config.budget.cost_burst = 5000;
    }
}

/// An answer with what it says of budgets.
#[derive(Debug)]
struct Told {
    status: u16,
    retry_after: Option<u64>,
    policy: String,
    state: String,
    body: Value,
}

impl Told {
    /// What is left of the cost.
    fn cost_left(&self) -> u64 {
        let left = self.state.split("\"cost\";r=").nth(1).and_then(|rest| rest.split(';').next());
        left.and_then(|left| left.parse().ok()).unwrap_or_else(|| unreachable!("{self:?}"))
    }
}

async fn ask(world: &World, token: Option<&str>, document: &str) -> Told {
    let answer = world.raw(token, document, json!({})).await;
    let header = |name: &str| {
        answer.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
    };
    let retry_after = header("retry-after").and_then(|seconds| seconds.parse().ok());
    let (policy, state) = (header("ratelimit-policy"), header("ratelimit"));
    let (policy, state) = (policy.unwrap_or_default(), state.unwrap_or_default());
    let status = answer.status().as_u16();
    Told { status, retry_after, policy, state, body: answer.json().await.expect("JSON") }
}

/// Asks until the budget is used up, which must happen within `most` questions; gives the refusal.
async fn use_up(world: &World, token: Option<&str>, document: &str, most: usize) -> Told {
    for _ in 0..most {
        let told = ask(world, token, document).await;
        if told.status == 429 {
            return told;
        }
        assert_eq!(told.status, 200, "{told:?}");
    }
    unreachable!("{most} questions do not use it up")
}

/// Asserts that this is the refusal of one who has no budget left.
fn is_refusal(told: &Told) {
    assert_eq!((told.status, codes(&told.body)), (429, vec!["RATE_LIMITED"]), "{told:?}");
    assert!(told.retry_after.is_some_and(|seconds| seconds >= 1), "{told:?}");
    assert_eq!(told.body.get("data"), None, "{told:?}");
    assert!(!told.policy.is_empty() && !told.state.is_empty(), "{told:?}");
}

/// Two replicas with databases of their own, and one budget if they share a Redis and a prefix.
async fn replicas(urls: [&str; 2], prefixes: [&str; 2]) -> [World; 2] {
    let replica = async |url: &str, prefix: &str| {
        World::with(Engine::Sqlite, |config| {
            (config.redis.url, config.redis.prefix) = (url.to_owned(), prefix.to_owned());
            // A busy machine is not a Redis that is gone.
            config.redis.timeout_ms = 30_000;
            config.budget.cost_per_second = 1;
            config.budget.cost_burst = 10_000;
        })
        .await
    };
    [replica(urls[0], prefixes[0]).await, replica(urls[1], prefixes[1]).await]
}

on_sqlite! {
    async fn a_request_refused_for_its_form_is_paid_by_its_address(world: FewRequests) {
        let (a, b) = (world.coordinator(&world.a), world.coordinator(&world.b));
        let mut statuses = Vec::new();
        for attempt in 0..20 {
            let token = if attempt % 2 == 0 { &a } else { &b };
            let request = world.client.put(format!("{}/graphql", world.base_url)).bearer_auth(token);
            statuses.push(request.send().await.expect("an answer").status().as_u16());
        }
        assert_eq!(statuses[0], 405);
        let first = statuses.iter().position(|status| *status == 429).expect("its budget is used up");
        assert!((5..20).contains(&first), "{statuses:?}");
        is_refusal(&ask(&world, None, CHEAP).await);
        for token in [a, b] {
            assert_eq!(ask(&world, Some(&token), CHEAP).await.status, 200, "an account has its own");
        }
    }

    async fn each_account_and_address_has_its_own_requests(world: FewRequests) {
        let (a, b) = (world.coordinator(&world.a), world.coordinator(&world.b));
        is_refusal(&use_up(&world, Some(&a), CHEAP, 200).await);
        assert_eq!(ask(&world, Some(&b), CHEAP).await.status, 200, "another account");
        assert_eq!(ask(&world, None, CHEAP).await.status, 200, "an address");
        assert_eq!(ask(&world, Some(&world.officer()), CHEAP).await.status, 200);
        is_refusal(&use_up(&world, None, CHEAP, 200).await);
        assert_eq!(ask(&world, Some(&b), CHEAP).await.status, 200);
    }

    async fn each_account_and_address_has_its_own_cost(world: LittleCost) {
        let (a, b) = (world.coordinator(&world.a), world.coordinator(&world.b));
        let refused = use_up(&world, Some(&a), DEAR, 5).await;
        is_refusal(&refused);
        assert!(refused.retry_after.is_some_and(|seconds| (100..=1201).contains(&seconds)), "{refused:?}");
        assert_eq!(ask(&world, Some(&a), CHEAP).await.status, 200, "what is left is enough for less");
        assert_eq!(ask(&world, Some(&b), DEAR).await.status, 200, "another account");
        is_refusal(&use_up(&world, None, DEAR, 5).await);
        assert_eq!(ask(&world, Some(&b), DEAR).await.status, 200);
        let tokens_of_one_account = [world.coordinator(&world.a), world.coordinator(&world.a)];
        for token in tokens_of_one_account {
            is_refusal(&ask(&world, Some(&token), DEAR).await);
        }
    }

    async fn an_answer_tells_what_is_left(world: LittleCost) {
        for token in [None, Some(world.coordinator(&world.a)), Some(world.coordinator(&world.b))] {
            let told = ask(&world, token.as_deref(), DEAR).await;
            assert_eq!(told.policy, "\"requests\";q=1000000;w=10, \"cost\";q=5000;w=5000");
            let cost = &told.body["extensions"]["cost"];
            assert_eq!((&cost["requested"], &cost["perSecond"], &cost["burst"]), (&json!(1201), &json!(1), &json!(5000)));
            assert_eq!(cost["available"], told.cost_left());
            assert!((3799..3900).contains(&told.cost_left()), "{told:?}");
            assert!(told.state.starts_with("\"requests\";r=") && told.state.contains(";t="), "{told:?}");
        }
    }

    async fn what_is_refused_is_charged_too(world: LittleCost) {
        for token in [None, Some(world.coordinator(&world.a)), Some(world.coordinator(&world.b))] {
            let full = ask(&world, token.as_deref(), CHEAP).await.cost_left();
            let too_dear = "{ organisations(first: 100) { nodes { sites(first: 100) { nodes { id } } } } }";
            for document in ["{", "{ nothing }", too_dear] {
                for _ in 0..40 {
                    let told = ask(&world, token.as_deref(), document).await;
                    assert!(told.status == 200 && !codes(&told.body).is_empty(), "{told:?}");
                }
            }
            let left = ask(&world, token.as_deref(), CHEAP).await.cost_left();
            assert!(left + 60 < full, "{full}, then {left}");
        }
    }

    async fn a_token_that_is_refused_is_charged_to_its_address(world: FewRequests) {
        let wrong = format!("{}x", world.coordinator(&world.a));
        let refused = async || {
            for _ in 0..200 {
                let told = ask(&world, Some(&wrong), CHEAP).await;
                if told.status == 429 {
                    return told;
                }
                assert_eq!((told.status, codes(&told.body)), (401, vec!["UNAUTHENTICATED"]));
            }
            unreachable!("guessing costs nothing")
        };
        is_refusal(&refused().await);
        for tenant in [&world.a, &world.b] {
            assert_eq!(ask(&world, Some(&world.coordinator(tenant)), CHEAP).await.status, 200, "accounts are not locked out");
        }
    }

    async fn many_at_once_get_no_more_than_the_burst(world: LittleCost) {
        for tenant in [&world.a, &world.b] {
            let token = world.coordinator(tenant);
            let statuses = at_once(20, |_| {
                let (world, token) = (World::clone(&world), token.clone());
                async move { ask(&world, Some(&token), DEAR).await.status }
            })
            .await;
            assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 4, "{statuses:?}");
            assert!(statuses.iter().all(|status| [200, 429].contains(status)), "{statuses:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replicas_share_budgets_through_redis() {
    let redis = Redis::start(&[]).await;
    let url = redis.url();
    let [one, other] = replicas([&url, &url], ["shared:", "shared:"]).await;
    for subject in ["of tenant A", "of tenant B"] {
        let (at_one, at_other) = (one.token_of(subject), other.token_of(subject));
        for _ in 0..4 {
            assert_eq!(ask(&one, Some(&at_one), DEAR).await.status, 200);
            assert_eq!(ask(&other, Some(&at_other), DEAR).await.status, 200);
        }
        is_refusal(&ask(&one, Some(&at_one), DEAR).await);
        is_refusal(&ask(&other, Some(&at_other), DEAR).await);
    }
    let keys = redis.keys("shared:").await;
    assert_eq!(keys.len(), 2, "one key for each payer: {keys:?}");
    for key in &keys {
        assert!(key.starts_with("shared:budget:account:"), "{key}");
        assert!(redis.run::<i64>(&["PTTL", key]).await > 0, "it goes by itself");
    }
    one.finish().await;
    other.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replicas_without_a_common_redis_or_prefix_keep_their_own() {
    let redis = Redis::start(&[]).await;
    let url = redis.url();
    for (urls, prefixes) in
        [([url.as_str(), url.as_str()], ["one:", "other:"]), (["", ""], ["shared:", "shared:"])]
    {
        let [one, other] = replicas(urls, prefixes).await;
        for subject in ["of tenant A", "of tenant B"] {
            is_refusal(&use_up(&one, Some(&one.token_of(subject)), DEAR, 10).await);
            assert_eq!(ask(&other, Some(&other.token_of(subject)), DEAR).await.status, 200);
        }
        one.finish().await;
        other.finish().await;
    }
}
