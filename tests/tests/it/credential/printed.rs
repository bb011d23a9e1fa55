//! The certificate: read by packages that nobody here wrote.

use alongside::graphql::ids;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tests::credentials::global_id;
use tests::{World, on_both_databases};
use uuid::Uuid;

use super::{graduate, quality, step};
use crate::peer::{node, run};

/// Status, media type and bytes of a certificate.
async fn fetch(world: &World, token: Option<&str>, id: &str) -> (u16, String, Vec<u8>) {
    let mut request = world.client.get(format!("{}/certificates/{id}", world.base_url));
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    let answer = request.send().await.expect("the service answers");
    let media = answer.headers()["content-type"].to_str().expect("text").to_owned();
    (answer.status().as_u16(), media, answer.bytes().await.expect("a body").to_vec())
}

on_both_databases! {
    async fn a_certificate_says_who_graduated_and_its_code_leads_to_the_page(world: World) {
        let graduate = graduate(&world, "Łucja Zoë").await;
        let own = graduate.token(&world).await;
        let id = global_id(&graduate.credential);
        let (status, media, bytes) = fetch(&world, Some(&own), &id).await;
        assert_eq!((status, media.as_str()), (200, "application/pdf"));
        let asked = json!({ "certificate": STANDARD.encode(&bytes) });
        let ended = run(node("credential.mjs", &[]), &asked.to_string()).await;
        let read: Value = serde_json::from_str(&ended.out).unwrap_or_else(|_| unreachable!("{}", ended.err));
        let page = format!("{}/verify/{}", world.base_url, graduate.credential.public_token);
        assert_eq!(read["code"], page);
        let text = read["text"].as_array().expect("lines").iter().filter_map(Value::as_str).collect::<Vec<_>>().join("\n");
        let school = &graduate.school.organisation.name;
        for line in ["Certificate of graduation", "Łucja Zoë Fictional", school, "Awarded on 1 May 2026.", &page] {
            assert!(text.contains(line), "{line} in {text}");
        }
        assert_eq!((&read["pages"], &read["language"]), (&json!(1), &json!("en-GB")));
        let roles = read["roles"].as_array().expect("a structure");
        let figure = format!("Figure: Code that leads to {page}");
        assert!(roles.contains(&json!("H1")) && roles.contains(&json!(figure)), "{roles:?}");
        assert_eq!(fetch(&world, Some(&own), &id).await.2, bytes, "the same bytes again");
    }

    async fn a_certificate_is_for_those_who_see_the_credential_while_it_holds(world: World) {
        let (one, other) = (graduate(&world, "Ash").await, graduate(&world, "Elm").await);
        let (own, id) = (one.token(&world).await, global_id(&one.credential));
        for token in [&own, &quality(&world)] {
            assert_eq!(fetch(&world, Some(token), &id).await.0, 200);
        }
        for token in [other.token(&world).await, world.officer(), world.coordinator(&world.a)] {
            assert_eq!(fetch(&world, Some(&token), &id).await.0, 404);
        }
        assert_eq!(fetch(&world, None, &id).await.0, 401);
        for missing in [ids::encode("crd", Uuid::from_u128(9)), "x".to_owned(), id.replace("crd_", "per_")] {
            assert_eq!(fetch(&world, Some(&own), &missing).await.0, 404);
        }
        step(&world, &quality(&world), "Suspend", &one.credential, json!({ "why": "x" })).await.done("credential");
        assert_eq!(fetch(&world, Some(&own), &id).await.0, 404);
    }
}
