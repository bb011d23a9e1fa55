//! Several at once.

use alongside::actor::Identity;
use alongside::command::{self, Outcome, Request};
use alongside::vault::model::{Category, New};
use alongside::vault::service;
use serde_json::json;
use tests::race::at_once;
use tests::vault::{id, kept, opened, signed_in, told};
use tests::{World, on_both_databases};
use uuid::Uuid;

/// A request of a job, without a key.
pub fn request(key: Option<&str>) -> Request {
    Request {
        identity: Identity::System("tests"),
        name: "given",
        permission: None,
        idempotency_key: key.map(str::to_owned),
        input_hash: String::new(),
        dry_run: false,
        request_id: "given".to_owned(),
    }
}

/// Keeps a text about a person; gives why not.
pub async fn keep(world: &World, person: Uuid, text: &str) -> Vec<&'static str> {
    let new = New {
        person,
        organisation: None,
        category: Category::Motivation,
        text: text.to_owned().into(),
        retain_until: None,
    };
    let done = command::run(world.app.core(), request(None), move |unit| {
        let new = new.clone();
        Box::pin(async move { service::keep(unit, new, "TEST").await })
    });
    match done.await.expect("the database works") {
        Outcome::Done(_) => Vec::new(),
        Outcome::Refused(unmet) => unmet.iter().map(|unmet| unmet.code.text()).collect(),
    }
}

on_both_databases! {
    async fn two_first_texts_of_one_person_lie_under_one_key(world: World) {
        let (concerned, own) = signed_in(&world, "concerned").await;
        let kept = at_once(4, |number| {
            let (world, person) = (world.clone(), concerned.id);
            async move { keep(&world, person, &format!("Text {number}")).await }
        }).await;
        assert!(kept.iter().all(Vec::is_empty), "{kept:?}");
        assert_eq!(world.database.eye.rows_where("vault_key", "wrapped is not null").await, 1);
        let mut texts = Vec::new();
        let all = world.data(Some(&own), "{ sensitiveRecords { nodes { id } } }", json!({})).await;
        for node in all["sensitiveRecords"]["nodes"].as_array().expect("a list") {
            let record = alongside::graphql::ids::decode("sen", node["id"].as_str().expect("an id"));
            texts.push(told(&world, &own, record.expect("an id"), "OWN_RECORD").await);
        }
        texts.sort();
        assert_eq!(texts, ["Text 0", "Text 1", "Text 2", "Text 3"]);
    }

    async fn of_two_choices_at_once_one_is_stale(world: World) {
        let (concerned, own) = signed_in(&world, "concerned").await;
        let (tutor, _) = signed_in(&world, "tutor").await;
        let record = kept(&world, &concerned, None, Category::Adjustments, "A text.").await;
        let input = json!({
            "id": id(record), "expectedVersion": 1, "readerId": tutor.global_id(), "role": "TUTOR", "consentWording": "v1",
        });
        let replies = at_once(2, |_| {
            let (world, own, input) = (world.clone(), own.clone(), input.clone());
            async move { world.mutate(Some(&own), "sensitiveRecordShare", "", input).await.codes().join(" ") }
        }).await;
        let mut replies: Vec<&str> = replies.iter().map(String::as_str).collect();
        replies.sort_unstable();
        assert_eq!(replies, ["", "CONFLICT"]);
        assert_eq!(world.database.eye.rows_where("sensitive_reader", "true").await, 1);
    }

    async fn openings_and_the_destruction_of_the_key_leave_all_or_nothing(world: World) {
        let (concerned, own) = signed_in(&world, "concerned").await;
        let record = kept(&world, &concerned, None, Category::Motivation, "A text.").await;
        let person = concerned.id;
        let answers = at_once(6, |number| {
            let (world, own) = (world.clone(), own.clone());
            async move {
                if number == 3 {
                    let destroy = command::run(world.app.core(), request(None), move |unit| {
                        Box::pin(async move { service::destroy_key(unit, person, "TEST").await })
                    });
                    assert_eq!(destroy.await.expect("the database works"), Outcome::Done(1));
                    return 0;
                }
                let reply = opened(&world, Some(&own), record, "OWN_RECORD").await;
                match reply.codes().as_slice() {
                    [] => { assert_eq!(reply.payload()["text"], "A text."); 1 }
                    codes => { assert_eq!(codes, ["NOT_FOUND"]); 0 }
                }
            }
        }).await;
        let told: i64 = answers.iter().sum();
        assert_eq!(world.database.eye.rows_where("sensitive_disclosure", "true").await, told);
        assert_eq!(opened(&world, Some(&own), record, "OWN_RECORD").await.codes(), ["NOT_FOUND"]);
        assert_eq!(keep(&world, person, "Another text.").await, [] as [&str; 0], "who comes back gets another key");
        assert_eq!(world.database.eye.rows_where("vault_key", "wrapped is not null").await, 1);
    }
}
