//! Consents: the person's own, and without them nothing is listed.

use alongside::actor::{GrantScope, Role};
use alongside::course::model::State;
use serde_json::{Value, json};
use tests::courses::{course, school};
use tests::credentials::{find, global_id, graduation};
use tests::people::trainer;
use tests::vault::signed_in;
use tests::{World, on_both_databases};

use super::{officer, restricted};

const CONSENT: &str = "consent { id version purpose wording withdrawnAt }";

/// What the public is told of a credential's holder.
async fn public_name(world: &World, token: &str) -> Value {
    let document = "query($t: String!) { credentialVerification(token: $t) { holderName } }";
    let data = world.data(None, document, json!({ "t": token })).await;
    data["credentialVerification"]["holderName"].clone()
}

/// What the public register shows of a trainer.
async fn register(world: &World, id: &str) -> Value {
    let document = "query($id: ID!) { trainer(by: { id: $id }) { preferredName } }";
    world.data(None, document, json!({ "id": id })).await["trainer"].clone()
}

on_both_databases! {
    async fn a_listing_begins_and_ends_with_its_consent(world: World) {
        let (graduate, own) = signed_in(&world, "graduate").await;
        let (_, stranger) = signed_in(&world, "stranger").await;
        let school = school(&world).await;
        let course = course(&world, &school, State::Draft).await;
        let credential = graduation(&world, &graduate, &school, &course).await;
        let give = json!({ "purpose": "CREDENTIAL_LISTING", "wording": "portal/7", "credentialId": global_id(&credential) });
        assert_eq!(world.mutate(Some(&stranger), "consentGive", "", give.clone()).await.codes(), ["NOT_FOUND"]);
        assert_eq!(world.mutate(Some(&officer(&world)), "consentGive", "", give.clone()).await.codes(), ["NOT_FOUND"]);
        assert_eq!(world.mutate(None, "consentGive", "", give.clone()).await.codes(), ["FORBIDDEN"]);
        assert_eq!(public_name(&world, &credential.public_token).await, Value::Null);
        let given = world.mutate(Some(&own), "consentGive", CONSENT, give.clone()).await;
        assert_eq!(given.done("consent")["wording"], "portal/7");
        assert_eq!(public_name(&world, &credential.public_token).await, "graduate Fictional");
        assert_eq!(world.mutate(Some(&own), "consentGive", "", give).await.codes(), ["UNCHANGED"]);
        let other = json!({ "purpose": "CREDENTIAL_LISTING", "wording": "portal/8", "credentialId": global_id(&credential) });
        let renewed = world.mutate(Some(&own), "consentGive", CONSENT, other).await;
        let id = renewed.done("consent")["id"].clone();
        let withdraw = json!({ "id": id, "expectedVersion": 1 });
        assert_eq!(world.mutate(Some(&stranger), "consentWithdraw", "", withdraw.clone()).await.codes(), ["NOT_FOUND"]);
        assert_eq!(world.mutate(Some(&officer(&world)), "consentWithdraw", "", withdraw.clone()).await.codes(), ["NOT_FOUND"]);
        let gone = world.mutate(Some(&own), "consentWithdraw", CONSENT, withdraw).await;
        assert!(gone.done("consent")["withdrawnAt"].is_string());
        assert_eq!(public_name(&world, &credential.public_token).await, Value::Null, "at once");
        assert!(!find(&world, credential.id).await.listed);
        let again = json!({ "id": id, "expectedVersion": 2 });
        assert_eq!(world.mutate(Some(&own), "consentWithdraw", "", again).await.codes(), ["UNCHANGED"]);
        let document = "{ consents { nodes { wording withdrawnAt } } }";
        let told = world.data(Some(&own), document, json!({})).await;
        assert_eq!(told["consents"]["nodes"].as_array().map(Vec::len), Some(2), "what was agreed to stays on record");
        assert_eq!(world.data(Some(&stranger), document, json!({})).await["consents"]["nodes"], json!([]));
    }

    async fn whoever_is_listed_another_way_has_agreed_to_a_wording_as_well(world: World) {
        let (graduate, own) = signed_in(&world, "graduate").await;
        world.grant_to("graduate", Role::Trainee, GrantScope::Own).await;
        let school = school(&world).await;
        let course = course(&world, &school, State::Draft).await;
        let credential = graduation(&world, &graduate, &school, &course).await;
        let list = |listed, version| json!({ "id": global_id(&credential), "expectedVersion": version, "listed": listed });
        world.mutate(Some(&own), "credentialSetListing", "", list(true, 1)).await.done("userErrors");
        let wordings = "select wording from consent where withdrawn_at is null";
        assert_eq!(world.database.eye.texts(wordings).await.iter().filter(|wording| *wording == "network/listing/1").count(), 2, "a trainer of the school is listed too");
        world.mutate(Some(&own), "credentialSetListing", "", list(false, 2)).await.done("userErrors");
        assert_eq!(world.database.eye.texts(wordings).await.len(), 1);
        let reissued = json!({ "id": global_id(&credential), "expectedVersion": 4 });
        world.mutate(Some(&own), "credentialSetListing", "", list(true, 3)).await.done("userErrors");
        world.mutate(Some(&own), "credentialReissue", "", reissued).await.done("userErrors");
        assert_eq!(world.database.eye.texts(wordings).await.len(), 1, "a superseded one is listed no more");
    }

    async fn a_trainer_leaves_the_register_at_once_even_while_restricted(world: World) {
        let mut teacher = trainer(&world, "Rowan", &world.a).await;
        tests::people::linked(&world, &mut teacher.person, "rowan").await;
        let own = world.token_of("rowan");
        let give = json!({ "purpose": "TRAINER_LISTING", "wording": "portal/1", "trainerId": teacher.global_id() });
        let given = world.mutate(Some(&own), "consentGive", CONSENT, give.clone()).await;
        let consent = given.done("consent")["id"].clone();
        assert_eq!(register(&world, &teacher.global_id()).await["preferredName"], "Rowan");
        restricted(&world, &teacher.person).await;
        assert_eq!(register(&world, &teacher.global_id()).await, Value::Null);
        let withdraw = json!({ "id": consent, "expectedVersion": 1 });
        world.mutate(Some(&own), "consentWithdraw", CONSENT, withdraw).await.done("consent");
        let listed = "listed and bio is not null";
        assert_eq!(world.database.eye.rows_where("trainer", listed).await, 0);
        assert_eq!(world.mutate(Some(&own), "consentGive", "", give).await.codes(), ["CONFLICT"]);
    }

    async fn a_story_is_told_by_consent_alone(world: World) {
        let (_, own) = signed_in(&world, "somebody").await;
        let give = |wording: &str| json!({ "purpose": "CASE_STUDY", "wording": wording, "idempotencyKey": "a key" });
        let given = world.mutate(Some(&own), "consentGive", CONSENT, give("story/1")).await;
        let again = world.mutate(Some(&own), "consentGive", CONSENT, give("story/1")).await;
        assert_eq!(given, again);
        let withdraw = json!({ "id": given.done("consent")["id"], "expectedVersion": 2 });
        assert_eq!(world.mutate(Some(&own), "consentWithdraw", "", withdraw).await.codes(), ["CONFLICT"]);
        let empty = json!({ "purpose": "CASE_STUDY", "wording": "" });
        assert_eq!(world.mutate(Some(&own), "consentGive", "", empty).await.codes(), ["INVALID"]);
    }
}
