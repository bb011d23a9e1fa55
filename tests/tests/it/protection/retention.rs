//! How long data are kept: rules, proposals at their boundary days, holds, and what is carried out.

use alongside::jobs;
use alongside::person::desk::At;
use alongside::person::service as people;
use alongside::protection::rounds::{CARRY_OUT, PROPOSE};
use alongside::vault::erasing::need_until;
use alongside::vault::model::{Category, ReaderRole};
use serde_json::{Value, json};
use tests::given::{as_system, day};
use tests::people::{Someone, person};
use tests::race::at_once;
use tests::vault::{kept, opened, reader, shared, signed_in, told};
use tests::{World, on_both_databases};
use uuid::Uuid;

use super::{held, left, officer, restricted};

/// A text about somebody that was needed until a day.
async fn needed(world: &World, who: &Someone, category: Category, until: &str) -> Uuid {
    let record = kept(world, who, Some(world.a.id), category, "A text.").await;
    let until = day(until);
    as_system(world.app.core(), move |unit| {
        Box::pin(async move { need_until(unit, record, Some(until), "TEST").await })
    })
    .await;
    record
}

/// Lets a round of a job go; gives how much it did.
async fn round(world: &World, job: &str) -> u64 {
    jobs::round(world.app.core(), job).await.expect("a round")
}

/// The proposals, with their records.
async fn proposals(world: &World) -> Vec<Value> {
    let document = "{ retentionProposals { nodes { id version class state count endedBy items { nodes { recordId outcome } } } } }";
    let data = world.data(Some(&officer(world)), document, json!({})).await;
    data["retentionProposals"]["nodes"].as_array().expect("a list").clone()
}

/// Decides a proposal.
async fn decide(world: &World, proposal: &Value, approve: bool) {
    let input = json!({ "id": proposal["id"], "expectedVersion": proposal["version"], "approve": approve, "reason": "A test." });
    world.mutate(Some(&officer(world)), "retentionDecide", "", input).await.done("userErrors");
}

on_both_databases! {
    async fn what_is_due_is_proposed_approved_and_erased(world: World) {
        let (someone, own) = signed_in(&world, "somebody").await;
        // Three months, on the first of May: what was needed until the first of February is due, the second is not.
        let due = needed(&world, &someone, Category::SupportNeeds, "2026-02-01").await;
        let not_yet = needed(&world, &someone, Category::Adjustments, "2026-02-02").await;
        let endless = kept(&world, &someone, Some(world.a.id), Category::SupportNeeds, "A text.").await;
        let rounds = at_once(2, |_| { let world = world.clone(); async move { round(&world, PROPOSE).await } }).await;
        assert_eq!(rounds.iter().sum::<u64>(), 1, "one of two replicas proposes");
        let found = proposals(&world).await;
        assert_eq!((&found[0]["class"], &found[0]["count"], &found[0]["endedBy"]), (&json!("SUPPORT_TEXTS"), &json!(1), &json!("2026-02-01")));
        assert_eq!(found[0]["items"]["nodes"], json!([{ "recordId": tests::vault::id(due), "outcome": "DUE" }]));
        assert_eq!(round(&world, CARRY_OUT).await, 0, "nothing is erased that nobody approved");
        assert_eq!(told(&world, &own, due, "OWN_RECORD").await, "A text.");
        decide(&world, &found[0], true).await;
        let rounds = at_once(2, |_| { let world = world.clone(); async move { round(&world, CARRY_OUT).await } }).await;
        assert_eq!(rounds.iter().sum::<u64>(), 1);
        assert_eq!(opened(&world, Some(&own), due, "OWN_RECORD").await.codes(), ["NOT_FOUND"]);
        for there in [not_yet, endless] {
            assert_eq!(told(&world, &own, there, "OWN_RECORD").await, "A text.");
        }
        let found = proposals(&world).await;
        assert_eq!((&found[0]["state"], &found[0]["items"]["nodes"][0]["outcome"]), (&json!("DONE"), &json!("DONE")));
        world.set_clock("2026-05-02T09:00:00Z");
        assert_eq!(round(&world, PROPOSE).await, 1, "the next day the other one is due");
        let found = proposals(&world).await;
        decide(&world, &found[1], false).await;
        assert_eq!(round(&world, CARRY_OUT).await, 0);
        assert_eq!(round(&world, PROPOSE).await, 1, "what was dismissed is proposed again");
    }

    async fn what_was_used_again_or_is_held_is_not_erased(world: World) {
        let (someone, _) = signed_in(&world, "somebody").await;
        let (other, _) = signed_in(&world, "another").await;
        let (third, _) = signed_in(&world, "a third").await;
        let (tutor, token) = signed_in(&world, "tutor").await;
        let used = needed(&world, &someone, Category::SupportNeeds, "2025-06-01").await;
        let kept_back = needed(&world, &other, Category::SupportNeeds, "2025-06-01").await;
        let restricted_one = needed(&world, &third, Category::SupportNeeds, "2025-06-01").await;
        shared(&world, used, reader(&tutor, ReaderRole::Tutor)).await;
        assert_eq!(round(&world, PROPOSE).await, 3);
        let proposal = proposals(&world).await[0].clone();
        assert_eq!(told(&world, &token, used, "SUPPORT").await, "A text.");
        held(&world, &other, "SUPPORT_TEXTS").await;
        restricted(&world, &third).await;
        decide(&world, &proposal, true).await;
        assert_eq!(round(&world, CARRY_OUT).await, 0);
        let outcomes = world.database.eye.texts("select outcome from retention_item order by outcome").await;
        assert_eq!(outcomes, ["HELD", "HELD", "NO_LONGER_DUE"]);
        let there = "ciphertext is not null";
        assert_eq!(world.database.eye.rows_where("sensitive_record", there).await, 3);
        assert_eq!(round(&world, PROPOSE).await, 0, "held, restricted and used ones are not proposed");
        let _ = (kept_back, restricted_one);
    }

    async fn the_officer_says_how_long_with_a_reason(world: World) {
        let document = "{ retentionRules(first: 50) { nodes { id class months outcome isProposed version } } }";
        let (_, token) = signed_in(&world, "somebody").await;
        let rules = world.data(Some(&token), document, json!({})).await["retentionRules"]["nodes"].clone();
        let rules = rules.as_array().expect("a list");
        assert_eq!(rules.len(), 14);
        assert!(rules.iter().all(|rule| rule["isProposed"] == true));
        let find = |class: &str| rules.iter().find(|rule| rule["class"] == class).expect("a rule").clone();
        assert_eq!((&find("SELECTION_TEXTS")["months"], &find("CREDENTIALS")["months"]), (&json!(12), &Value::Null));
        let set = |rule: &Value, months: Value, reason: &str| json!({ "id": rule["id"], "expectedVersion": rule["version"], "months": months, "reason": reason });
        let rule = find("SUPPORT_TEXTS");
        let dpo = officer(&world);
        assert_eq!(world.mutate(Some(&world.officer()), "retentionRuleSet", "", set(&rule, json!(6), "A test.")).await.codes(), ["FORBIDDEN"]);
        assert_eq!(world.mutate(Some(&dpo), "retentionRuleSet", "", set(&rule, json!(0), "")).await.codes(), ["INVALID", "INVALID"]);
        let changed = world.mutate(Some(&dpo), "retentionRuleSet", "rule { months isProposed version reason }", set(&rule, json!(6), "Longer.")).await;
        assert_eq!(changed.done("rule"), &json!({ "months": 6, "isProposed": false, "version": 2, "reason": "Longer." }));
        assert_eq!(world.mutate(Some(&dpo), "retentionRuleSet", "", set(&rule, json!(7), "Stale.")).await.codes(), ["CONFLICT"]);
        let (someone, _) = signed_in(&world, "another").await;
        needed(&world, &someone, Category::SupportNeeds, "2026-02-01").await;
        assert_eq!(round(&world, PROPOSE).await, 0, "six months now");
        let public = world.query(None, document, json!({})).await;
        assert_eq!(public["data"]["retentionRules"]["nodes"], json!([]));
    }

    async fn people_without_anything_are_forgotten_after_their_time(world: World) {
        let gone = person(&world, "Quetzalxochitl", Some(&world.a)).await;
        let stays = person(&world, "Rowan", Some(&world.b)).await;
        let at = At { id: gone.id, version: 1 };
        let organisation = world.a.id;
        as_system(world.app.core(), move |unit| Box::pin(async move { people::end_membership(unit, at, organisation).await })).await;
        world.set_clock("2028-04-30T09:00:00Z");
        assert_eq!(round(&world, PROPOSE).await, 0, "the day before");
        world.set_clock("2028-05-01T09:00:00Z");
        assert_eq!(round(&world, PROPOSE).await, 1);
        decide(&world, &proposals(&world).await[0], true).await;
        assert_eq!(round(&world, CARRY_OUT).await, 1);
        assert!(!left(&world).await.contains("Quetzalxochitl"));
        let left = world.database.eye.texts(&format!("select preferred_name from person where id = {}", world.uuid(stays.id))).await;
        assert_eq!(left, ["Rowan"]);
    }

    async fn a_hold_is_the_officers_to_place_and_lift(world: World) {
        let (someone, token) = signed_in(&world, "somebody").await;
        let dpo = officer(&world);
        let place = |more: Value| { let mut input = json!({ "reason": "A claim." }); input.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone()); input };
        let both = place(json!({ "personId": someone.global_id(), "organisationId": world.a.global_id() }));
        assert_eq!(world.mutate(Some(&dpo), "retentionHoldPlace", "", both).await.codes(), ["INVALID"]);
        assert_eq!(world.mutate(Some(&dpo), "retentionHoldPlace", "", place(json!({}))).await.codes(), ["INVALID"]);
        let past = place(json!({ "personId": someone.global_id(), "until": "2026-05-01" }));
        assert_eq!(world.mutate(Some(&dpo), "retentionHoldPlace", "", past.clone()).await.codes(), ["INVALID"]);
        assert_eq!(world.mutate(Some(&token), "retentionHoldPlace", "", past).await.codes(), ["FORBIDDEN"]);
        let made = world.mutate(Some(&dpo), "retentionHoldPlace", "hold { id version }", place(json!({ "organisationId": world.a.global_id() }))).await;
        needed(&world, &someone, Category::SupportNeeds, "2026-02-01").await;
        assert_eq!(round(&world, PROPOSE).await, 0, "an organisation's hold keeps what it keeps");
        let lift = json!({ "id": made.done("hold")["id"], "expectedVersion": 1, "reason": "Settled." });
        assert_eq!(world.mutate(Some(&world.officer()), "retentionHoldLift", "", lift.clone()).await.codes(), ["FORBIDDEN"]);
        world.mutate(Some(&dpo), "retentionHoldLift", "hold { liftedAt }", lift).await.done("hold");
        assert_eq!(round(&world, PROPOSE).await, 1);
        let seen = world.data(Some(&token), "{ retentionHolds { totalCount } retentionProposals { totalCount } }", json!({})).await;
        assert_eq!(seen, json!({ "retentionHolds": { "totalCount": 0 }, "retentionProposals": { "totalCount": 0 } }));
    }
}
