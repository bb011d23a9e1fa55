//! The signature and the lists, verified by a package that nobody here wrote, from the published keys alone.

use std::path::PathBuf;

use alongside::config::Config;
use alongside::credential::badge;
use alongside::credential::keys::Signer;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Method;
use serde_json::{Value, json};
use tests::{World, on_both_databases, world_with};

use super::{graduate, quality, send, step, told};
use crate::peer::{node, run};

/// What somebody with jose and the address finds out about a credential.
async fn verified(world: &World, jwt: &str) -> Value {
    let asked = json!({ "base": world.base_url, "jwt": jwt, "now": "2026-05-01T10:00:00Z" });
    let ended = run(node("credential.mjs", &[]), &asked.to_string()).await;
    serde_json::from_str(&ended.out).unwrap_or_else(|_| unreachable!("{}", ended.err))
}

/// A text with another payload under the same signature.
fn tampered(jwt: &str) -> String {
    let parts: Vec<&str> = jwt.split('.').collect();
    let payload = URL_SAFE_NO_PAD.decode(parts[1]).expect("base64");
    let payload = String::from_utf8(payload).expect("text").replace("Zuzana", "Zuzanna");
    format!("{}.{}.{}", parts[0], URL_SAFE_NO_PAD.encode(payload), parts[2])
}

/// A signer of the same address with a key of its own.
fn stranger(world: &World) -> Signer {
    let mut config = Config::defaults().expect("the defaults");
    config.server.public_url.clone_from(&world.base_url);
    config.credential.keys = vec![world.folder("a-stranger.pem")];
    Signer::open(&config).expect("a key")
}

world_with! {
    /// A world that signs with a new key since today.
    Rotated, |config| {
        let newest: PathBuf = config.credential.keys[0].with_file_name("newest.pem");
        config.credential.keys.insert(0, newest);
    }
}

on_both_databases! {
    async fn jose_verifies_a_credential_from_the_published_keys_alone(world: World) {
        let graduate = graduate(&world, "Zuzana").await;
        let credential = &graduate.credential;
        let jwt = credential.jwt.clone().expect("a signed text");
        let found = verified(&world, &jwt).await;
        let header = found["header"].as_object().expect("a header");
        assert_eq!(header.keys().collect::<Vec<_>>(), ["typ", "alg", "kid"], "Open Badges allows no other");
        assert_eq!((&header["alg"], &header["typ"]), (&json!("RS256"), &json!("JWT")));
        assert!(header["kid"].as_str().is_some_and(|kid| kid.starts_with(&format!("{}/credentials/keys/", world.base_url))));
        let payload = &found["payload"];
        let page = format!("{}/verify/{}", world.base_url, credential.public_token);
        assert_eq!((&payload["id"], &payload["jti"], &payload["iss"]), (&json!(page), &json!(page), &json!(world.base_url)));
        assert_eq!(payload["sub"], payload["credentialSubject"]["id"]);
        assert_eq!(payload["type"], json!(["VerifiableCredential", "OpenBadgeCredential"]));
        assert_eq!((&payload["validFrom"], &payload["nbf"]), (&json!("2026-05-01T09:00:00Z"), &json!(1_777_626_000)));
        assert_eq!((payload.get("exp"), payload.get("vc")), (None, None), "a graduation does not expire");
        let subject = &payload["credentialSubject"];
        assert_eq!(subject["identifier"][0]["identityHash"], "Zuzana Fictional");
        assert_eq!(subject["source"]["name"], graduate.school.organisation.name);
        assert_eq!(subject["achievement"]["name"], credential.title);
        assert!(subject["achievement"]["alignment"].as_array().is_some_and(|list| !list.is_empty()), "{subject}");
        assert_eq!(found["statuses"], json!({ "revocation": false, "suspension": false }));
        assert_eq!(told(&world, &credential.public_token).await["status"], "VALID");
    }

    async fn jose_refuses_what_was_changed_or_signed_by_another(world: World) {
        let graduate = graduate(&world, "Zuzana").await;
        let jwt = graduate.credential.jwt.clone().expect("a signed text");
        let other = stranger(&world);
        let payload = badge::payload(&graduate.credential, &[], &other);
        let by_another = other.sign(&payload).expect("a signature");
        // The same, in the name of the key that is published.
        let header = jwt.split('.').next().expect("a header");
        let (_, rest) = by_another.split_once('.').expect("a payload");
        let wrongly_named = format!("{header}.{rest}");
        let none = format!("{}.{}.", URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#), jwt.split('.').nth(1).expect("a payload"));
        for (forged, code) in [
            (tampered(&jwt), "ERR_JWS_SIGNATURE_VERIFICATION_FAILED"),
            (by_another, "ERR_JWKS_NO_MATCHING_KEY"),
            (wrongly_named, "ERR_JWS_SIGNATURE_VERIFICATION_FAILED"),
            (none, "ERR_JOSE_ALG_NOT_ALLOWED"),
        ] {
            assert_ne!(forged, jwt);
            assert_eq!(verified(&world, &forged).await, json!({ "refused": code }));
            let answer = send(&world, Method::POST, "/verify", "application/json", &forged).await;
            assert_eq!(answer.status(), 404, "nor does the service take it for its own");
        }
        let answer: Value = send(&world, Method::POST, "/verify", "application/json", &jwt).await.json().await.expect("JSON");
        assert_eq!(answer["status"], "VALID");
        for text in ["", "x", "a.b.c", &jwt[1..], &"x".repeat(60_000)] {
            assert_eq!(send(&world, Method::POST, "/verify", "application/json", text).await.status(), 404);
        }
    }

    async fn the_lists_say_who_is_revoked_or_suspended_and_nothing_of_the_others(world: World) {
        let (one, other) = (graduate(&world, "Zuzana").await, graduate(&world, "Elm").await);
        let lead = quality(&world);
        let jwts = [&one, &other].map(|graduate| graduate.credential.jwt.clone().expect("a signed text"));
        let statuses = async |jwt: &str| verified(&world, jwt).await["statuses"].clone();
        let set = |revocation: bool, suspension: bool| json!({ "revocation": revocation, "suspension": suspension });
        step(&world, &lead, "Suspend", &one.credential, json!({ "why": "x" })).await.done("credential");
        assert_eq!(statuses(&jwts[0]).await, set(false, true));
        step(&world, &lead, "Revoke", &one.credential, json!({ "why": "x", "reason": "ISSUED_IN_ERROR" })).await.done("credential");
        assert_eq!(statuses(&jwts[0]).await, set(true, false));
        assert_eq!(statuses(&jwts[1]).await, set(false, false));
        step(&world, &lead, "Reissue", &other.credential, json!({})).await.done("credential");
        assert_eq!(statuses(&jwts[1]).await, set(true, false), "what is superseded is not to be relied on");
        for list in ["2026-message", "26-revocation", "2026", "x"] {
            assert_eq!(send(&world, Method::GET, &format!("/credentials/status/{list}"), "*/*", "").await.status(), 404);
        }
    }

    async fn lists_and_keys_may_be_kept_and_asked_for_by_their_tags(world: World) {
        graduate(&world, "Zuzana").await;
        for path in ["/.well-known/jwks.json", "/credentials/status/2026-revocation"] {
            let first = send(&world, Method::GET, path, "*/*", "").await;
            assert_eq!((first.status().as_u16(), &first.headers()["cache-control"]), (200, &"public, max-age=300".parse().expect("a value")));
            let tag = first.headers()["etag"].clone();
            let again = world.client.get(format!("{}{path}", world.base_url)).header("if-none-match", tag).send().await.expect("an answer");
            assert_eq!(again.status(), 304, "{path}");
        }
        let keys: Value = send(&world, Method::GET, "/.well-known/jwks.json", "*/*", "").await.json().await.expect("JSON");
        let keys = keys["keys"].as_array().expect("keys");
        assert!(keys.iter().all(|key| key.get("d").is_none() && key.get("p").is_none()), "no private part");
        assert_eq!(send(&world, Method::GET, "/credentials/keys/x", "*/*", "").await.status(), 404);
    }

    async fn a_key_that_signs_no_longer_is_published_still(world: Rotated) {
        let graduate = graduate(&world, "Zuzana").await;
        let jwt = graduate.credential.jwt.clone().expect("a signed text");
        assert_eq!(verified(&world, &jwt).await["refused"], Value::Null);
        let mut config = world.app.config().clone();
        config.credential.keys.remove(0);
        let before = Signer::open(&config).expect("the older key");
        let payload = badge::payload(&graduate.credential, &[], &before);
        let old = before.sign(&payload).expect("a signature");
        let found = verified(&world, &old).await;
        assert_eq!(found["statuses"], json!({ "revocation": false, "suspension": false }));
        let kid = |jwt: &str| jwt.split('.').next().expect("a header").to_owned();
        assert_ne!(kid(&old), kid(&jwt), "the newest signs");
    }

    async fn a_text_that_was_changed_where_it_is_kept_is_told_to_be_invalid(world: World) {
        let graduate = graduate(&world, "Zuzana").await;
        let jwt = graduate.credential.jwt.clone().expect("a signed text");
        let change = format!("update credential set jwt = '{}'", tampered(&jwt));
        world.database.eye.execute(&change).await.expect("a change past every rule");
        assert_eq!(told(&world, &graduate.credential.public_token).await["status"], "INVALID");
    }
}
