//! How often anybody may look, and guess.

use alongside::actor::Role;
use reqwest::Method;
use serde_json::{Value, json};
use tests::{World, on_both_databases, world_with};

use super::{graduate, send};
use crate::answers::codes;

world_with! {
    /// A world in which a surname may be guessed three times, by each and of each.
    Guarded, |config| config.credential.confirm_burst = 3
}

world_with! {
    /// A world in which an address may look at five credentials.
    Poor, |config| {
        config.budget.cost_per_second = 1;
        config.budget.cost_burst = 50;
    }
}

const CONFIRM: &str =
    "query($token: String!) { credentialConfirmHolder(token: $token, surname: \"Nobody\") }";

/// One try; the codes of its errors.
async fn guess(world: &World, by: Option<&str>, token: &str) -> Vec<String> {
    let body = world.query(by, CONFIRM, json!({ "token": token })).await;
    codes(&body).into_iter().map(str::to_owned).collect()
}

on_both_databases! {
    async fn a_credential_is_guessed_at_a_few_times_whoever_does_it(world: Guarded) {
        let (one, other) = (graduate(&world, "Zuzana").await, graduate(&world, "Elm").await);
        let token = &one.credential.public_token;
        let callers = [world.officer(), world.coordinator(&world.a), world.coordinator(&world.b), world.token(Role::Analyst, None)];
        for caller in &callers[..3] {
            assert_eq!(guess(&world, Some(caller), token).await, [""; 0]);
        }
        assert_eq!(guess(&world, Some(&callers[3]), token).await, ["RATE_LIMITED"], "the fourth caller is one too many");
        assert_eq!(guess(&world, Some(&callers[3]), &other.credential.public_token).await, [""; 0], "another's is not yet");
        let page = send(&world, Method::POST, &format!("/verify/{token}"), "text/html", "surname=Fictional").await;
        assert_eq!(page.status(), 429);
        assert!(page.headers().contains_key("retry-after"));
        let looked = send(&world, Method::GET, &format!("/verify/{token}"), "application/json", "").await;
        assert_eq!(looked.status(), 200, "to look is no try");
    }

    async fn a_caller_guesses_a_few_times_of_whichever_credential(world: Guarded) {
        let (one, other) = (graduate(&world, "Zuzana").await, graduate(&world, "Elm").await);
        let caller = world.officer();
        let tokens = [&one.credential.public_token, &other.credential.public_token, "no-token", &one.credential.public_token];
        let mut answers = Vec::new();
        for token in tokens {
            answers.push(guess(&world, Some(&caller), token).await.len());
        }
        assert_eq!(answers, [0, 0, 0, 1], "tries at nothing count too");
        // Several in one document are as many tries.
        let document = "query($token: String!) { a: credentialConfirmHolder(token: $token, surname: \"A\") \
            b: credentialConfirmHolder(token: $token, surname: \"B\") c: credentialConfirmHolder(token: $token, surname: \"C\") \
            d: credentialConfirmHolder(token: $token, surname: \"D\") }";
        let body: Value = world.query(Some(&world.coordinator(&world.b)), document, json!({ "token": other.credential.public_token })).await;
        assert!(codes(&body).contains(&"RATE_LIMITED"), "{body}");
    }

    async fn who_walks_through_tokens_is_stopped(world: Poor) {
        let mut statuses = Vec::new();
        for number in 0..8 {
            let token = format!("{number:024}");
            statuses.push(send(&world, Method::GET, &format!("/verify/{token}"), "application/json", "").await.status().as_u16());
        }
        assert_eq!(statuses[..5], [404; 5]);
        assert_eq!(statuses[6..], [429; 2], "{statuses:?}");
    }
}
