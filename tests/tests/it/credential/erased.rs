//! Erasing a holder: the credential stays, and nothing of the name does.

use alongside::credential::service::redact;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Method;
use serde_json::{Value, json};
use tests::credentials::{global_id, hand};
use tests::given::as_system;
use tests::{Engine, World, on_both_databases};
use uuid::Uuid;

use super::{Graduate, graduate, page, quality, send, step, told};

/// A name that occurs nowhere else.
const SENTINEL: &str = "Quetzalxochitl";

/// Redacts the credentials of a person; gives how many.
async fn redacted(world: &World, person: Uuid) -> u64 {
    as_system(world.app.core(), move |unit| {
        Box::pin(async move { redact(unit, person, &hand()).await })
    })
    .await
}

/// What an erasure does to the record of the person, which is not the business of credentials.
async fn forget(world: &World, graduate: &Graduate) {
    let id = world.uuid(graduate.person.id);
    for (table, key) in [("person", "id"), ("person_name", "person_id")] {
        let sql = format!(
            "update {table} set preferred_name = 'x', given_name = null, family_name = null, certificate_name = 'x' where {key} = {id}"
        );
        world.database.eye.execute(&sql).await.expect("the record is emptied");
    }
    let label =
        format!("update account set subject = 'x', label = 'x' where subject like '%{SENTINEL}%'");
    world.database.eye.execute(&label).await.expect("the account of the test is emptied");
}

/// The forms in which the name could be left: as it is, and within base64, wherever it begins.
fn forms(jwt: &str) -> Vec<String> {
    let mut forms = vec![SENTINEL.to_owned(), SENTINEL.to_lowercase()];
    for pad in ["", "x", "xx"] {
        let text = URL_SAFE_NO_PAD.encode(format!("{pad}{SENTINEL}"));
        forms.push(text[4..text.len() - 3].to_owned());
    }
    let signature = jwt.rsplit('.').next().expect("a signature");
    forms.push(signature[..40].to_owned());
    forms
}

on_both_databases! {
    async fn edge_24_an_erased_holders_credential_is_confirmed_without_a_name(world: World) {
        let (graduate, other) = (graduate(&world, SENTINEL).await, graduate(&world, "Elm").await);
        let jwt = graduate.credential.jwt.clone().expect("the holder's copy");
        let token = &graduate.credential.public_token;
        assert_eq!(redacted(&world, graduate.person.id).await, 1);
        let found = told(&world, token).await;
        assert_eq!((&found["status"], &found["holderName"]), (&json!("REDACTED"), &Value::Null));
        let shown = page(&world, token).await;
        assert!(shown.contains("Credential confirmed") && shown.contains("removed at the holder&#39;s request"), "{shown}");
        let confirm = send(&world, Method::POST, &format!("/verify/{token}"), "application/json", "surname=Fictional").await;
        assert_eq!(confirm.json::<Value>().await.expect("JSON"), json!({ "holder": "NO_MATCH" }));
        let copy = send(&world, Method::POST, "/verify", "application/json", &jwt).await;
        assert_eq!(copy.json::<Value>().await.expect("JSON")["status"], "REDACTED", "the holder proves with the own copy");
        let document = "query($id: ID!) { credential(by: { id: $id }) { status holderName jwt jwtSha256 redactedOn } }";
        let seen = world.data(Some(&quality(&world)), document, json!({ "id": global_id(&graduate.credential) })).await;
        assert_eq!(seen["credential"], json!({
            "status": "REDACTED", "holderName": null, "jwt": null, "jwtSha256": graduate.credential.jwt_sha256, "redactedOn": "2026-05-01",
        }));
        assert_eq!(step(&world, &quality(&world), "Reissue", &graduate.credential, json!({})).await.codes(), ["CONFLICT"]);
        // It can be revoked still, and a revoked one is not confirmed by an erasure.
        step(&world, &quality(&world), "Revoke", &graduate.credential, json!({ "why": "x", "reason": "ISSUED_IN_ERROR" })).await.done("credential");
        assert_eq!(told(&world, token).await["status"], "REVOKED");
        assert_eq!(told(&world, &other.credential.public_token).await["status"], "VALID");
        assert!(other.now(&world).await.holder_name.is_some(), "another's is untouched");
    }

    async fn no_name_is_left_anywhere_after_an_erasure(world: World) {
        let graduate = graduate(&world, SENTINEL).await;
        let jwt = graduate.credential.jwt.clone().expect("the holder's copy");
        // Superseded ones, kept answers and repeats are in the way of nothing.
        let own = graduate.token(&world).await;
        step(&world, &own, "SetListing", &graduate.credential, json!({ "listed": true, "idempotencyKey": "a key" })).await.done("credential");
        step(&world, &own, "Reissue", &graduate.credential, json!({ "idempotencyKey": "another" })).await.done("credential");
        assert_eq!(redacted(&world, graduate.person.id).await, 2);
        forget(&world, &graduate).await;
        let mut left = format!("{:?}", world.database.eye.contents().await);
        if world.engine() == Engine::Sqlite {
            world.database.eye.execute("vacuum").await.expect("what was deleted goes");
            world.database.eye.execute("pragma wal_checkpoint(truncate)").await.expect("all is in the file");
            let file = world.database.settings().url.replace("sqlite://", "").replace("sqlite:", "");
            let file = file.split('?').next().expect("a path").to_owned();
            for end in ["", "-wal", "-shm"] {
                let bytes = std::fs::read(format!("{file}{end}")).unwrap_or_default();
                left.push_str(&String::from_utf8_lossy(&bytes));
            }
            assert!(left.contains("credential.redacted"), "the file is looked at");
        }
        for form in forms(&jwt) {
            assert!(!left.contains(&form), "{form}");
        }
    }
}
