//! Sharing by choice, and its end.

use alongside::person::desk::At;
use alongside::person::merging::merge;
use alongside::vault::model::{Category, ReaderRole};
use serde_json::{Value, json};
use tests::given::as_system;
use tests::people::{Someone, person};
use tests::vault::{id, kept, opened, reader, shared, signed_in, told};
use tests::{Reply, World, on_both_databases};
use uuid::Uuid;

/// Shares a record with a tutor.
fn with(record: Uuid, version: i32, tutor: &str) -> Value {
    json!({
        "id": id(record), "expectedVersion": version, "readerId": tutor, "role": "TUTOR", "consentWording": "v3",
    })
}

async fn share(world: &World, token: &str, input: Value) -> Reply {
    let entity =
        "sensitiveRecord { version readers { role readerId consentWording validFrom validTo } }";
    world.mutate(Some(token), "sensitiveRecordShare", entity, input).await
}

async fn unshare(world: &World, token: &str, input: Value) -> Reply {
    let entity = "sensitiveRecord { version readers { validTo } }";
    world.mutate(Some(token), "sensitiveRecordUnshare", entity, input).await
}

/// A reply's one refusal: code and field.
fn refusal(reply: &Reply) -> (String, Value) {
    let error = &reply.payload()["userErrors"][0];
    let path = error["path"].as_array().and_then(|path| path.get(1)).cloned();
    (error["code"].as_str().unwrap_or_default().to_owned(), path.unwrap_or(Value::Null))
}

on_both_databases! {
    async fn what_is_shared_opens_at_once_and_no_more_once_it_ends(world: World) {
        let (concerned, own) = signed_in(&world, "concerned").await;
        let (tutor, token) = signed_in(&world, "tutor").await;
        let record = kept(&world, &concerned, Some(world.a.id), Category::SupportNeeds, "A text.").await;
        let shows = async || {
            let seen = world.data(Some(&token), "{ sensitiveRecords { nodes { id } } }", json!({})).await;
            (seen["sensitiveRecords"]["nodes"].as_array().expect("a list").len(), opened(&world, Some(&token), record, "SUPPORT").await.codes().len())
        };
        assert_eq!(shows().await, (0, 1));
        let reply = share(&world, &own, with(record, 1, &tutor.global_id())).await;
        assert_eq!(reply.done("sensitiveRecord"), &json!({ "version": 2, "readers": [{
            "role": "TUTOR", "readerId": tutor.global_id(), "consentWording": "v3", "validFrom": "2026-05-01", "validTo": null,
        }] }));
        assert_eq!(shows().await, (1, 0));
        let again = share(&world, &own, with(record, 2, &tutor.global_id())).await;
        assert_eq!(refusal(&again), ("UNCHANGED".to_owned(), json!("readerId")));
        let end = json!({ "id": id(record), "expectedVersion": 2, "readerId": tutor.global_id() });
        let reply = unshare(&world, &own, end).await;
        assert_eq!(reply.done("sensitiveRecord"), &json!({ "version": 3, "readers": [{ "validTo": "2026-05-01" }] }));
        assert_eq!(shows().await, (0, 1));
        let mut until = with(record, 3, &tutor.global_id());
        until["until"] = json!("2026-05-03");
        share(&world, &own, until).await.done("sensitiveRecord");
        world.set_clock("2026-05-02T22:59:00Z");
        assert_eq!(opened(&world, Some(&world.token_of("tutor")), record, "SUPPORT").await.codes(), [] as [&str; 0]);
        world.set_clock("2026-05-02T23:00:00Z");
        let past = opened(&world, Some(&world.token_of("tutor")), record, "SUPPORT").await;
        assert_eq!(past.codes(), ["NOT_FOUND"], "it is the third of May in England");
    }

    async fn only_the_person_concerned_shares_and_only_what_is_a_choice(world: World) {
        let (concerned, own) = signed_in(&world, "concerned").await;
        let (tutor, token) = signed_in(&world, "tutor").await;
        let needs = kept(&world, &concerned, Some(world.a.id), Category::SupportNeeds, "A text.").await;
        let motivation = kept(&world, &concerned, Some(world.a.id), Category::Motivation, "A text.").await;
        shared(&world, needs, reader(&tutor, ReaderRole::Tutor)).await;
        let (other, _) = signed_in(&world, "other").await;
        let before = world.database.eye.contents().await;
        for who in [&token, &world.coordinator(&world.a), &tests::vault::officer(&world)] {
            let reply = share(&world, who, with(needs, 2, &other.global_id())).await;
            assert_eq!(reply.codes(), ["NOT_FOUND"]);
            let end = json!({ "id": id(needs), "expectedVersion": 2, "readerId": tutor.global_id() });
            assert_eq!(unshare(&world, who, end).await.codes(), ["NOT_FOUND"]);
        }
        let nobody = "per_00000000000000000000000000000007";
        let mut wrong = with(needs, 2, &other.global_id());
        wrong["role"] = json!("MARKER");
        let mut silent = with(needs, 2, &other.global_id());
        silent["consentWording"] = json!(" ");
        for (input, code, path) in [
            (with(motivation, 1, &other.global_id()), "NOT_FOUND", Value::Null),
            (with(needs, 1, &other.global_id()), "CONFLICT", json!("expectedVersion")),
            (with(needs, 2, nobody), "NOT_FOUND", json!("readerId")),
            (with(needs, 2, &concerned.global_id()), "INVALID", json!("readerId")),
            (wrong, "INVALID", json!("role")),
            (silent, "INVALID", json!("consentWording")),
        ] {
            let reply = share(&world, &own, input.clone()).await;
            assert_eq!(refusal(&reply), (code.to_owned(), path), "{input}");
        }
        let end = json!({ "id": id(needs), "expectedVersion": 2, "readerId": other.global_id() });
        assert_eq!(refusal(&unshare(&world, &own, end).await), ("NOT_FOUND".to_owned(), json!("readerId")));
        let changes = world.database.eye.contents().await.changes_since(&before);
        assert_eq!(changes, [] as [String; 0]);
    }

    async fn a_merge_takes_texts_and_readings_to_the_record_that_stays(world: World) {
        let (old, _) = signed_in(&world, "old account").await;
        let (new, _) = signed_in(&world, "new account").await;
        let (other, _) = signed_in(&world, "other").await;
        let theirs = kept(&world, &old, Some(world.a.id), Category::SupportNeeds, "Of the old record.").await;
        let ours = kept(&world, &new, Some(world.a.id), Category::SupportNeeds, "Of the new record.").await;
        let erased = kept(&world, &old, None, Category::Motivation, "Erased.").await;
        let read = kept(&world, &other, None, Category::Adjustments, "Of another.").await;
        shared(&world, read, reader(&old, ReaderRole::Tutor)).await;
        shared(&world, theirs, reader(&other, ReaderRole::Tutor)).await;
        let merged = |someone: &Someone| At { id: someone.id, version: someone.version };
        let (from, into) = (merged(&old), merged(&new));
        as_system(world.app.core(), move |unit| {
            Box::pin(async move {
                alongside::vault::service::erase(unit, erased, "TEST").await?;
                let done = merge(unit, from, into).await?;
                assert!(done.impact.contains(&"sensitive records that become the other record's: 2".to_owned()), "{done:?}");
                Ok(())
            })
        }).await;
        // Either account is the survivor's now.
        for subject in ["old account", "new account"] {
            let token = world.token_of(subject);
            assert_eq!(told(&world, &token, theirs, "OWN_RECORD").await, "Of the old record.");
            assert_eq!(told(&world, &token, ours, "OWN_RECORD").await, "Of the new record.");
            assert_eq!(told(&world, &token, read, "SUPPORT").await, "Of another.");
        }
        assert_eq!(told(&world, &world.token_of("other"), theirs, "SUPPORT").await, "Of the old record.");
        let eye = &world.database.eye;
        assert_eq!(eye.rows_where("vault_key", "wrapped is null and destroyed_at is not null").await, 1);
        assert_eq!(eye.rows_where("sensitive_record", &format!("person_id = {}", world.uuid(new.id))).await, 3);
        let own = world.token_of("other");
        let reply = share(&world, &own, with(read, 2, &old.global_id())).await;
        assert_eq!(refusal(&reply), ("MERGED".to_owned(), json!("readerId")));
        // Nothing is kept about a record that was merged.
        let keep = crate::vault::races::keep(&world, old.id, "Too late.").await;
        assert_eq!(keep, ["MERGED"]);
        let _ = person(&world, "unrelated", None).await;
    }
}
