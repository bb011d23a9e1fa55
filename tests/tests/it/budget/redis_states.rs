//! A Redis that is away, frozen, emptied, poisoned, full or slow: answers stay right and none fails.

use serde_json::json;
use tests::redis::{Redis, free_port};
use tests::{Engine, World};

use super::{CHEAP, DEAR, ask, is_refusal, use_up};
use crate::answers::codes;

/// A world on this Redis, with little cost.
async fn world_on(url: &str) -> World {
    let url = url.to_owned();
    World::with(Engine::Sqlite, |config| {
        (config.redis.url, config.redis.prefix) = (url, "state:".to_owned());
        config.budget.cost_per_second = 1;
        config.budget.cost_burst = 50_000;
    })
    .await
}

/// Asserts that both tenants and the public are answered, rightly, and that a change is made once.
async fn serves(world: &World, version: i64) {
    for tenant in [&world.a, &world.b] {
        let token = world.coordinator(tenant);
        let document =
            "{ viewer { isSignedIn } roleGrants { totalCount } organisations { totalCount } }";
        let expected = json!({ "viewer": { "isSignedIn": true }, "roleGrants": { "totalCount": 1 }, "organisations": { "totalCount": 2 } });
        assert_eq!(world.data(Some(&token), document, json!({})).await, expected);
        let input = json!({ "id": tenant.global_id(), "expectedVersion": version, "scheme": "UKPRN", "value": ukprn(version, tenant.ods.as_str()) });
        let reply = world
            .mutate(
                Some(&world.officer()),
                "organisationIdentifierVerify",
                "organisation { version }",
                input,
            )
            .await;
        assert_eq!(reply.done("organisation")["version"], version + 1);
        let told = ask(world, Some(&token), DEAR).await;
        assert_eq!(told.status, 200);
        assert!(told.cost_left() < 50_000, "{told:?}");
    }
    assert_eq!(
        ask(world, None, CHEAP).await.body["data"],
        json!({ "viewer": { "isSignedIn": false } })
    );
    let wrong = ask(world, Some("nonsense"), CHEAP).await;
    assert_eq!((wrong.status, codes(&wrong.body)), (401, vec!["UNAUTHENTICATED"]));
}

/// A reference number that no other organisation of the test has.
fn ukprn(version: i64, ods: &str) -> String {
    let number: u32 = ods.trim_start_matches("ZZ").parse().expect("a number");
    format!("10{:06}", (u64::from(number) * 100 + version.unsigned_abs()) % 1_000_000)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_redis_each_replica_keeps_its_own() {
    let world = world_on(&format!("redis://127.0.0.1:{}", free_port().await)).await;
    serves(&world, 1).await;
    for tenant in [&world.a, &world.b] {
        is_refusal(&use_up(&world, Some(&world.coordinator(tenant)), DEAR, 60).await);
    }
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frozen_redis_holds_nobody_up() {
    let redis = Redis::start(&[]).await;
    let world = world_on(&redis.url()).await;
    serves(&world, 1).await;
    redis.freeze().await;
    serves(&world, 2).await;
    for tenant in [&world.a, &world.b] {
        is_refusal(&use_up(&world, Some(&world.coordinator(tenant)), DEAR, 60).await);
    }
    redis.thaw().await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_is_frozen_from_the_start_holds_nobody_up() {
    let redis = Redis::start(&[]).await;
    redis.freeze().await;
    let world = world_on(&redis.url()).await;
    serves(&world, 1).await;
    redis.thaw().await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_went_away_is_missed_by_nobody() {
    let redis = Redis::start(&[]).await;
    let world = world_on(&redis.url()).await;
    serves(&world, 1).await;
    drop(redis);
    serves(&world, 2).await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_emptied_redis_means_full_budgets() {
    let redis = Redis::start(&[]).await;
    let world = world_on(&redis.url()).await;
    serves(&world, 1).await;
    for tenant in [&world.a, &world.b] {
        is_refusal(&use_up(&world, Some(&world.coordinator(tenant)), DEAR, 60).await);
    }
    redis.run::<()>(&["FLUSHALL"]).await;
    redis.run::<()>(&["SCRIPT", "FLUSH"]).await;
    serves(&world, 2).await;
    assert!(!redis.keys("state:").await.is_empty(), "and Redis is used again");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_poisoned_redis_is_believed_nothing_impossible() {
    let redis = Redis::start(&[]).await;
    let world = world_on(&redis.url()).await;
    serves(&world, 1).await;
    let keys = redis.keys("state:").await;
    assert!(keys.len() >= 4, "{keys:?}");
    let poisons: [&[&str]; 12] = [
        &["SET", "*", "garbage"],
        &["LPUSH", "*", "garbage"],
        &["ZADD", "*", "1", "garbage"],
        &["SADD", "*", "garbage"],
        &["XADD", "*", "1-1", "a", "b"],
        &["HSET", "*", "requests", "garbage", "cost", "\u{0}\u{1}"],
        &["HSET", "*", "requests", "", "cost", "nan"],
        &["HSET", "*", "requests", "inf", "cost", "-inf"],
        &["HSET", "*", "requests", "99999999999999999999", "cost", "1e308"],
        &["HSET", "*", "requests", "-1", "cost", "-1e308"],
        &["HSET", "*", "requests", "0x7fffffffffffffff", "cost", "1 or 1"],
        &["HSET", "*", "other", "1"],
    ];
    for (round, poison) in (2..).zip(poisons) {
        for key in &keys {
            redis.run::<i64>(&["DEL", key]).await;
            let command: Vec<&str> =
                poison.iter().map(|word| if *word == "*" { key.as_str() } else { *word }).collect();
            redis.run::<redis::Value>(&command).await;
        }
        serves(&world, round).await;
        for key in &keys {
            let kind: String = redis.run(&["TYPE", key]).await;
            assert!(["hash", "none"].contains(&kind.as_str()), "{poison:?} left a {kind}");
        }
    }
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_refuses_is_done_without() {
    let full = Redis::start(&["--maxmemory", "1", "--maxmemory-policy", "noeviction"]).await;
    let locked = Redis::start(&["--requirepass", "secret"]).await;
    let no_scripts =
        Redis::start(&["--rename-command", "EVALSHA", "", "--rename-command", "EVAL", ""]).await;
    let replica =
        Redis::start(&["--replicaof", "127.0.0.1", "1", "--replica-serve-stale-data", "no"]).await;
    for redis in [&full, &locked, &no_scripts, &replica] {
        let world = world_on(&redis.url()).await;
        serves(&world, 1).await;
        for tenant in [&world.a, &world.b] {
            is_refusal(&use_up(&world, Some(&world.coordinator(tenant)), DEAR, 60).await);
        }
        world.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_redis_is_not_waited_for() {
    let redis = Redis::start(&[]).await;
    let world = world_on(&redis.url()).await;
    serves(&world, 1).await;
    redis.run::<()>(&["CLIENT", "PAUSE", "600000", "ALL"]).await;
    serves(&world, 2).await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_redis_is_done_without() {
    let world = World::new(Engine::Sqlite).await;
    // The service itself: it speaks, but another language.
    let confused = world_on(&world.base_url.replace("http://", "redis://")).await;
    serves(&confused, 1).await;
    confused.finish().await;
    world.finish().await;
}
