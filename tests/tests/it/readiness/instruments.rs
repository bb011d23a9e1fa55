//! Instruments: drafted, published and kept as they are.

use alongside::actor::Role;
use alongside::graphql::ids;
use alongside::readiness::document::{Names, of, read};
use alongside::readiness::model::Number;
use alongside::readiness::store::Readiness;
use serde_json::json;
use tests::invariants::{broken, guarded, unguarded};
use tests::readiness::{draft_instrument, published_instrument};
use tests::{World, on_both_databases};

use super::admit;

on_both_databases! {
    async fn a_file_holds_an_instrument_whole_and_the_seeded_one_is_what_it_says(world: World) {
        draft_instrument(&world).await;
        let (tx, _) = world.app.core().begin(alongside::db::Access::Read, alongside::actor::Identity::System("tests")).await.expect("a transaction");
        let store = Readiness::within(&tx);
        for number in ["1.0", "2.1"] {
            let number = Number::parse(number).expect("a number");
            let instrument = store.instrument_by_name("ORG-READY", number).await.expect("an answer").expect("it is there");
            let content = store.content(instrument.id).await.expect("an answer");
            let names = Names::of(&store, &instrument).await.expect("an answer");
            let file = of(&instrument, &content, &names);
            let text = file.text().expect("text");
            let again = read(&text).expect("it can be read");
            assert_eq!(again, file);
            let written = again.written(&names).expect("it is known");
            assert_eq!(written.domains, content.domains);
            assert_eq!(again.text().expect("text"), text);
            if let Some(hash) = &instrument.content_hash {
                assert_eq!(*hash, file.hash(), "it has the hash of what it says");
            }
        }
        tx.rollback().await;
        let wrong = read("format = 'alongside.instrument/1'\nother = 1").expect_err("an unknown field");
        assert!(wrong.message.starts_with("line 2: unknown field"), "{}", wrong.message);
    }

    async fn what_is_published_never_changes_and_retires(world: World) {
        let lead = world.token(Role::QualityLead, None);
        let id = ids::encode("rin", draft_instrument(&world).await);
        let document = "query($id: ID!) { readinessInstrument(by: { id: $id }) { state
            domains { weight indicators { code follows { earlier { code } } } } } }";
        assert_eq!(world.data(None, document, json!({ "id": id })).await["readinessInstrument"], json!(null), "a draft is hidden");
        let at = |version: i32| json!({ "id": id, "expectedVersion": version });
        world.mutate(Some(&lead), "readinessInstrumentPublish", "", at(1)).await.done("impact");
        let shown = world.data(None, document, json!({ "id": id })).await;
        assert_eq!(shown["readinessInstrument"]["state"], "PUBLISHED");
        let first = &shown["readinessInstrument"]["domains"][0]["indicators"][0];
        assert_eq!(*first, json!({ "code": "1.1", "follows": [{ "earlier": { "code": "1.1" } }] }));
        for change in [
            "update readiness_instrument set ready_overall = 1 where number = '2.1'",
            "update readiness_indicator set prompt = 'x'",
            "delete from readiness_mapping",
        ] {
            assert!(world.database.eye.execute(change).await.is_err(), "{change}");
        }
        let amend = json!({
            "id": id, "expectedVersion": 2, "title": "Other", "domains": [],
            "thresholds": {
                "readyOverall": 1, "readyDomain": 1, "readyCritical": 1, "conditionalOverall": 1,
                "conditionalDomain": 1, "conditionalCritical": 1, "notApplicablePerDomain": 1, "disagreementFrom": 1,
            },
        });
        assert_eq!(world.mutate(Some(&lead), "readinessInstrumentAmend", "", amend).await.codes(), ["CONFLICT"]);
        let retire = json!({ "id": id, "expectedVersion": 2, "reason": "A test." });
        assert_eq!(world.mutate(Some(&world.officer()), "readinessInstrumentRetire", "", retire.clone()).await.codes(), ["FORBIDDEN"]);
        world.mutate(Some(&lead), "readinessInstrumentRetire", "", retire).await.done("impact");
        let coordinator = world.token(Role::PartnerCoordinator, Some(world.b.id));
        admit(&world, &world.b).await;
        let start = json!({ "organisationId": world.b.global_id(), "instrumentId": id });
        assert_eq!(world.mutate(Some(&coordinator), "readinessStart", "", start).await.codes(), ["INSTRUMENT_NOT_PUBLISHED"]);
    }
    async fn a_draft_follows_what_is_published_only(world: World) {
        let lead = world.token(Role::QualityLead, None);
        let earlier = ids::encode("rin", draft_instrument(&world).await);
        let document = "query($id: ID!) { readinessInstrument(by: { id: $id }) { domains { indicators { id } } } }";
        let found = world.data(Some(&lead), document, json!({ "id": earlier })).await;
        let follows = &found["readinessInstrument"]["domains"][0]["indicators"][0]["id"];
        let draft = json!({
            "code": "ORG-READY", "number": "9.0", "title": "A later one",
            "thresholds": {
                "readyOverall": 2, "readyDomain": 1, "readyCritical": 1, "conditionalOverall": 1,
                "conditionalDomain": 1, "conditionalCritical": 1, "notApplicablePerDomain": 0, "disagreementFrom": 2,
            },
            "domains": [{ "code": "D1", "title": "One", "weight": 100, "indicators": [{
                "code": "1", "prompt": "?", "anchor0": "0", "anchor1": "1", "anchor2": "2", "anchor3": "3",
                "followsIds": [follows],
            }] }],
        });
        let refused = world.mutate(Some(&lead), "readinessInstrumentDraft", "", draft.clone()).await;
        assert_eq!(refused.codes(), ["NOT_FOUND"]);
        let field = &refused.payload()["userErrors"][0]["path"];
        assert_eq!(*field, json!(["input", "domains", "0", "indicators", "0", "followsIds", "0"]));
        // So a draft can always be amended.
        let at = json!({ "id": earlier, "expectedVersion": 1 });
        world.mutate(Some(&lead), "readinessInstrumentPublish", "", at).await.done("impact");
        world.mutate(Some(&lead), "readinessInstrumentDraft", "", draft).await.done("impact");
    }

    async fn verify_finds_an_instrument_that_was_altered(world: World) {
        published_instrument(&world).await;
        assert_eq!(broken(&world).await, [] as [&str; 0]);
        let kept = unguarded(&world, &["readiness_domain", "readiness_indicator"]).await;
        for (alter, restore) in [
            ("update readiness_indicator set place = place + 100 where code = '1.1'", "update readiness_indicator set place = place - 100 where code = '1.1'"),
            ("update readiness_domain set weight = weight + 1 where code = 'D1'", "update readiness_domain set weight = weight - 1 where code = 'D1'"),
        ] {
            assert_eq!(world.database.eye.execute(alter).await.expect("altered"), 2, "of both instruments");
            assert_eq!(broken(&world).await, ["RDY-2 a published instrument says what it said when it was published"], "{alter}");
            world.database.eye.execute(restore).await.expect("restored");
            assert_eq!(broken(&world).await, [] as [&str; 0], "{restore}");
        }
        guarded(&world, kept).await;
    }
}
