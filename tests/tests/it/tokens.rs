//! Tokens of OpenID providers, and the keys that providers publish, change and fail to publish.

use alongside::clock::Source as _;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Response;
use serde_json::json;
use tests::race::patiently;
use tests::{World, on_both_databases};

use crate::provider::{MAX_LIFE_S, Trusting, coordinator, roles, roles_at_once};

/// What the address of the keys does when it does not do well.
const OUTAGES: [&str; 9] =
    ["refuse", "slow", "error", "html", "huge", "redirect", "empty", "weak", "duplicate"];

/// Whether the service says that it is ready.
async fn ready(world: &World) -> (u16, String) {
    let url = format!("{}/health/ready", world.base_url);
    let answer: Response = world.client.get(url).send().await.expect("an answer");
    (answer.status().as_u16(), answer.text().await.expect("text"))
}

/// The token with another key's name in its header.
fn with_kid(token: &str, kid: &str) -> String {
    let (_, rest) = token.split_once('.').expect("three parts");
    let header = json!({ "alg": "ES256", "typ": "at+jwt", "kid": kid }).to_string();
    format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header))
}

on_both_databases! {
    async fn real_tokens_of_each_algorithm_prove_the_accounts_of_their_issuer(trusting: Trusting<3>) {
        let world = &trusting.world;
        for provider in trusting.providers.iter() {
            for (client, tenant) in trusting.clients() {
                trusting.catch_up();
                let token = provider.token(client).await;
                assert_eq!(roles(world, &token).await, coordinator(tenant), "{client}");
                for other in trusting.providers.iter().filter(|other| other.issuer != provider.issuer) {
                    let stolen = provider.signed("current", json!({}), json!({ "sub": client, "iss": other.issuer })).await;
                    assert_eq!(roles(world, &stolen).await, None, "signed by one, in the name of another");
                }
            }
            assert_eq!(provider.fetches().await, 1);
        }
    }

    async fn a_new_key_is_used_within_one_fetch_and_a_dropped_one_is_not(trusting: Trusting<1>) {
        let (world, provider) = (&trusting.world, trusting.provider());
        let mut before = Vec::new();
        for (client, tenant) in trusting.clients() {
            let token = trusting.token(client, json!({})).await;
            assert_eq!(roles(world, &token).await, coordinator(tenant));
            before.push(token);
        }
        provider.rotate(false).await;
        for (client, tenant) in trusting.clients() {
            let token = trusting.token(client, json!({})).await;
            let early = if client == "a" { None } else { coordinator(tenant) };
            assert_eq!(roles(world, &token).await, early, "the issuer was asked less than a minute ago");
            assert_eq!(provider.fetches().await, if client == "a" { 1 } else { 2 });
            trusting.pass(60);
            assert_eq!(roles(world, &token).await, coordinator(tenant));
            assert_eq!(provider.fetches().await, 2, "one fetch brings the new key");
        }
        for (token, (_, tenant)) in before.iter().zip(trusting.clients()) {
            assert_eq!(roles(world, token).await, coordinator(tenant), "the earlier key is still published");
        }
        provider.rotate(true).await;
        trusting.pass(60);
        let (client, tenant) = trusting.clients()[0];
        assert_eq!(roles(world, &trusting.token(client, json!({})).await).await, coordinator(tenant));
        for token in &before {
            assert_eq!(roles(world, token).await, None, "its key is gone");
        }
        assert_eq!(provider.fetches().await, 3);
    }

    async fn a_thousand_unknown_keys_cause_one_fetch_a_minute_and_harm_nobody(trusting: Trusting<1>) {
        let (world, provider) = (&trusting.world, trusting.provider());
        let good = [trusting.token("a", json!({})).await, trusting.token("b", json!({})).await];
        for minute in 1..=3 {
            for number in 0..1000 {
                let token = with_kid(&good[number % 2], &format!("unknown-{minute}-{number}"));
                assert!(world.app.verifier().verify(&token, world.source.now()).await.is_err());
                if number % 100 == 0 {
                    let (_, tenant) = trusting.clients()[number % 200 / 100];
                    assert_eq!(roles(world, &good[number % 200 / 100]).await, coordinator(tenant));
                }
            }
            assert_eq!(provider.fetches().await, minute);
            trusting.pass(60);
        }
    }

    async fn many_requests_at_once_share_one_fetch(trusting: Trusting<1>) {
        let (world, provider) = (&trusting.world, trusting.provider());
        for (turn, (client, tenant)) in (1..).zip(trusting.clients()) {
            provider.rotate(true).await;
            let token = trusting.token(client, json!({})).await;
            for answer in roles_at_once(world, &token, 50).await {
                assert_eq!(answer, coordinator(tenant));
            }
            assert_eq!(provider.fetches().await, turn);
            trusting.pass(60);
        }
    }

    async fn keys_that_grow_old_are_fetched_again_while_they_are_used(trusting: Trusting<1>) {
        let (world, provider) = (&trusting.world, trusting.provider());
        for (turn, (client, tenant)) in (1..).zip(trusting.clients()) {
            let token = trusting.token(client, json!({})).await;
            for answer in roles_at_once(world, &token, 20).await {
                assert_eq!(answer, coordinator(tenant));
            }
            let fetched = async { while provider.fetches().await < turn {} };
            patiently("the keys are fetched", fetched).await;
            trusting.pass(300);
        }
        assert_eq!(provider.fetches().await, 2);
    }

    async fn known_keys_outlive_an_outage_by_an_hour_and_no_longer(trusting: Trusting<1>) {
        let world = &trusting.world;
        let provider = trusting.provider();
        for mode in OUTAGES {
            let both = async |known: bool, when: &str| {
                for (client, tenant) in trusting.clients() {
                    let token = trusting.token(client, json!({})).await;
                    let expected = if known { coordinator(tenant) } else { None };
                    assert_eq!(roles(world, &token).await, expected, "{mode}: {when}");
                }
            };
            both(true, "before it").await;
            provider.outage(mode).await;
            trusting.pass(3599);
            both(true, "for an hour").await;
            trusting.pass(1);
            both(false, "after an hour").await;
            assert_eq!(ready(world).await, (503, "the keys of an issuer are missing".to_owned()), "{mode}");
            provider.outage("ok").await;
            trusting.pass(60);
            both(true, "when it is over").await;
            assert_eq!(ready(world).await.0, 200, "{mode}");
        }
    }

    async fn without_keys_the_service_starts_closed_and_says_so(trusting: Trusting<1>) {
        let (world, provider) = (&trusting.world, trusting.provider());
        for mode in OUTAGES {
            provider.outage(mode).await;
            for (client, _) in trusting.clients() {
                let token = trusting.token(client, json!({})).await;
                assert_eq!(roles(world, &token).await, None, "{mode}");
                let weak = provider.signed("weak", json!({}), json!({ "sub": client })).await;
                assert_eq!(roles(world, &weak).await, None, "{mode}");
            }
            assert_eq!(ready(world).await, (503, "the keys of an issuer are missing".to_owned()), "{mode}");
            trusting.pass(60);
        }
        let public = world.data(None, "{ viewer { isSignedIn } }", json!({})).await;
        assert_eq!(public["viewer"]["isSignedIn"], false, "who brings no token needs no key");
        provider.outage("ok").await;
        for (client, tenant) in trusting.clients() {
            let token = trusting.token(client, json!({})).await;
            assert_eq!(roles(world, &token).await, coordinator(tenant));
        }
        assert_eq!(ready(world).await.0, 200);
    }

    async fn a_token_lives_no_longer_than_its_issuer_is_trusted_for(trusting: Trusting<1>) {
        let world = &trusting.world;
        let (start, audience) = (world.source.now(), &world.app.config().auth.audience);
        for (client, tenant) in trusting.clients() {
            for (life, expected) in [(MAX_LIFE_S, coordinator(tenant)), (MAX_LIFE_S + 1, None), (86_400, None)] {
                let claims = json!({ "exp": start.timestamp() + life });
                let token = trusting.token(client, claims).await;
                assert_eq!(roles(world, &token).await, expected, "{life} s");
            }
        }
        let month = 30 * 86_400;
        let own = world.issuer.token("somebody", audience, start, month).expect("a token");
        for (seconds, expected) in [(0, Some(json!([]))), (86_400 + 29, Some(json!([]))), (1, None)] {
            trusting.pass(seconds);
            assert_eq!(roles(world, &own).await, expected, "the demonstration's own are good for a day");
        }
    }
}
