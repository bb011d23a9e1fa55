//! Forged tokens: none is accepted, and none costs a statement.

use std::collections::{BTreeMap, BTreeSet};

use alongside::actor::Role;
use alongside::actor::token::Verifier;
use alongside::clock::{Source as _, SystemSource};
use alongside::config::AuthSettings;
use chrono::{DateTime, Utc};
use jsonwebtoken::Algorithm;
use reqwest::StatusCode;
use serde_json::{Value, json};
use tests::given::subject;
use tests::{World, on_both_databases};
use tokio::net::TcpListener;

use crate::answers::{codes, message};
use crate::forge::{Forge, LEEWAY_S, MAX_LIFE_S, Mutant, good_claims};
use crate::provider::{Trusting, coordinator, roles};
use crate::signer::Signer;

const AUDIENCE: &str = "alongside";

/// Longest head of a request that the service reads; a longer token is refused before it is looked at.
const MAX_HEAD: usize = 30 * 1024;

fn settings() -> AuthSettings {
    AuthSettings { audience: AUDIENCE.to_owned(), leeway_s: 30, issuers: Vec::new() }
}

/// How many there are of each class.
fn counted(mutants: &[Mutant]) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for mutant in mutants {
        *counts.entry(mutant.class).or_default() += 1;
    }
    counts
}

/// One in so many, and the first of each class.
fn sample(mutants: &[Mutant], one_in: usize) -> impl Iterator<Item = &Mutant> {
    let mut classes = BTreeSet::new();
    mutants
        .iter()
        .enumerate()
        .filter(move |(place, mutant)| classes.insert(mutant.class) || place % one_in == 0)
        .map(|(_, mutant)| mutant)
}

/// Fails if a mutant is accepted.
async fn none_is_accepted(verifier: &Verifier, mutants: &[Mutant], now: DateTime<Utc>) {
    for Mutant { class, token } in mutants {
        let accepted = verifier.verify(token, now).await;
        assert!(accepted.is_err(), "{class}: {token:.2000} is {accepted:?}");
    }
}

#[tokio::test]
async fn no_mutant_of_a_token_of_any_algorithm_is_accepted() {
    let now = SystemSource.now();
    let [es, rs, ps] = [Algorithm::ES256, Algorithm::RS256, Algorithm::PS256]
        .map(|algorithm| Signer::new(&format!("https://{algorithm:?}.invalid/"), algorithm));
    let mut verifier = Verifier::new(&settings()).expect("a verifier");
    for signer in [&es, &rs, &ps] {
        let trusted = verifier.trust(&signer.issuer, signer.algorithm, &signer.set(), MAX_LIFE_S);
        trusted.expect("its keys are of use");
    }
    let mut made = 0;
    for (signer, foreign) in [(&es, &rs), (&rs, &ps), (&ps, &es)] {
        for subject in ["coordinator-of-a", "coordinator-of-b"] {
            let good = signer
                .token(&signer.header(), &good_claims(signer, subject, AUDIENCE, now.timestamp()));
            verifier.verify(&good, now).await.expect("the token that they are made of is good");
            let mutants = Forge::mutants(signer, foreign, (subject, AUDIENCE), now.timestamp());
            none_is_accepted(&verifier, &mutants, now).await;
            verifier.verify(&good, now).await.expect("and good it stays");
            made += mutants.len();
        }
    }
    assert!(made >= 10_000, "{made} mutants");
}

#[tokio::test]
async fn clocks_may_differ_by_thirty_seconds_and_not_by_one_more() {
    let now = SystemSource.now();
    let signer = Signer::new("https://issuer.invalid/", Algorithm::ES256);
    let mut verifier = Verifier::new(&settings()).expect("a verifier");
    let trusted = verifier.trust(&signer.issuer, signer.algorithm, &signer.set(), MAX_LIFE_S);
    trusted.expect("its keys are of use");
    let at = now.timestamp();
    for subject in ["coordinator-of-a", "coordinator-of-b"] {
        for (iat, nbf, exp, accepted) in [
            (at - 600, None, at - LEEWAY_S + 1, true),
            (at - 600, None, at - LEEWAY_S, false),
            (at + LEEWAY_S, None, at + 600, true),
            (at + LEEWAY_S + 1, None, at + 600, false),
            (at, Some(at + LEEWAY_S), at + 600, true),
            (at, Some(at + LEEWAY_S + 1), at + 600, false),
            (at, None, at + MAX_LIFE_S, true),
            (at, None, at + MAX_LIFE_S + 1, false),
        ] {
            let mut claims = good_claims(&signer, subject, AUDIENCE, at);
            (claims["iat"], claims["exp"]) = (json!(iat), json!(exp));
            if let Some(nbf) = nbf {
                claims["nbf"] = json!(nbf);
            }
            let token = signer.token(&signer.header(), &claims);
            let verified = verifier.verify(&token, now).await;
            assert_eq!(verified.is_ok(), accepted, "{claims}");
        }
    }
}

on_both_databases! {
    async fn no_mutant_of_a_coordinators_token_opens_anything_or_runs_a_statement(world: World) {
        let signer = Signer::demo(&world.issuer);
        let foreign = Signer::new("https://foreign.invalid/", Algorithm::RS256);
        let now = world.source.now();
        let before = world.app.core().db().statements();
        let (mut words, mut sent) = (BTreeSet::new(), 0);
        for tenant in [&world.a, &world.b] {
            let subject = subject(Role::PartnerCoordinator, Some(tenant.id));
            let mutants = Forge::mutants(&signer, &foreign, (&subject, AUDIENCE), now.timestamp());
            assert!(mutants.len() >= 2_000, "{:?}", counted(&mutants));
            none_is_accepted(world.app.verifier(), &mutants, now).await;
            for Mutant { class, token } in sample(&mutants, 20).filter(|mutant| mutant.token.len() < MAX_HEAD && !mutant.token.bytes().any(|byte| byte < b' ' || byte == 0x7f)) {
                let answer = world.raw(Some(token), "{ viewer { isSignedIn } }", json!({})).await;
                assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{class}: {token}");
                let body: Value = answer.json().await.expect("JSON");
                assert_eq!((codes(&body), body.get("data")), (vec!["UNAUTHENTICATED"], None), "{class}: {token}");
                words.insert(message(&body).to_owned());
                sent += 1;
            }
        }
        assert_eq!(world.app.core().db().statements(), before, "nothing was run");
        assert!(sent >= 200, "{sent} were sent");
        assert_eq!(words.len(), 1, "{words:?}");
        for tenant in [&world.a, &world.b] {
            assert_eq!(roles(&world, &world.coordinator(tenant)).await, coordinator(tenant), "the right one is accepted");
        }
    }

    async fn no_token_makes_the_service_ask_an_address_that_it_names(trusting: Trusting<1>) {
        let (world, provider) = (&trusting.world, trusting.provider());
        let trap = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = format!("http://{}/keys", trap.local_addr().expect("an address"));
        for (client, tenant) in trusting.clients() {
            let good = trusting.token(client, json!({})).await;
            assert_eq!(roles(world, &good).await, coordinator(tenant));
            for url in [&address, &provider.keys_url] {
                // After a minute the issuer may be asked again: nothing but the token keeps the service from it.
                trusting.pass(60);
                let asked = provider.fetches().await;
                for header in [json!({ "jku": url }), json!({ "x5u": url }), json!({ "jku": url, "kid": "new" }), json!({ "iss": url }), json!({ "jwk": { "kty": "EC" }, "jku": url })] {
                    let token = provider.signed("current", header, json!({ "sub": client })).await;
                    assert_eq!(roles(world, &token).await, None, "{url}");
                }
                let token = provider.signed("current", json!({}), json!({ "sub": client, "iss": url })).await;
                assert_eq!(roles(world, &token).await, None, "{url}");
                assert_eq!(provider.fetches().await, asked, "{url}");
                let token = provider.signed("current", json!({ "kid": url }), json!({ "sub": client })).await;
                assert_eq!(roles(world, &token).await, None, "{url}");
                assert!(provider.fetches().await <= asked + 1, "an unknown name is looked for where the settings say");
            }
        }
        trap.into_std().expect("a socket").accept().expect_err("nobody called");
    }
}
