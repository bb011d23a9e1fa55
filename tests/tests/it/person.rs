//! People: who sees and keeps their records, whose an account is, duplicates, merges, roles.

mod joining;
mod merging;
mod roles;

use alongside::actor::Role;
use alongside::graphql::ids;
use serde_json::{Value, json};
use tests::people::{linked, person, registered, somebody};
use tests::{World, given, on_both_databases};

/// What is read of a person.
const PERSON: &str = "id version preferredName certificateName \
    names { preferredName validFrom validTo } emails { id address validTo } \
    memberships { organisation { id } validTo } accounts { validTo }";

/// The person as `token` sees it.
async fn read(world: &World, token: Option<&str>, id: &str) -> Value {
    let document = format!("query($id: ID!) {{ person(by: {{ id: $id }}) {{ {PERSON} }} }}");
    world.data(token, &document, json!({ "id": id })).await["person"].take()
}

/// Runs a mutation of people.
async fn change(world: &World, token: &str, field: &str, input: Value) -> tests::Reply {
    world.mutate(Some(token), field, &format!("person {{ {PERSON} }}"), input).await
}

on_both_databases! {
    async fn an_organisation_keeps_the_records_of_its_own_people(world: World) {
        let (own, other) = (world.coordinator(&world.a), world.coordinator(&world.b));
        let input = json!({
            "preferredName": " Ash Fictional ", "email": "ash@example.invalid",
            "dateOfBirth": "1980-02-03", "organisationId": world.a.global_id(), "idempotencyKey": "1",
        });
        let reply = change(&world, &own, "personRegister", input.clone()).await;
        let made = reply.done("person").clone();
        assert_eq!((&made["preferredName"], &made["certificateName"]), (&json!("Ash Fictional"), &json!("Ash Fictional")));
        assert_eq!(made["names"], json!([]), "former names are for few");
        assert_eq!(change(&world, &own, "personRegister", input).await, reply, "a repeat has one effect");
        let id = made["id"].as_str().expect("an id").to_owned();
        assert_eq!(read(&world, Some(&other), &id).await, Value::Null);
        assert_eq!(read(&world, None, &id).await, Value::Null);
        let rename = |version: i32, name: &str| json!({ "id": id, "expectedVersion": version, "preferredName": name });
        let stranger = change(&world, &other, "personRename", rename(1, "Taken")).await;
        let absent = json!({ "id": ids::encode("per", uuid::Uuid::from_u128(9)), "expectedVersion": 1, "preferredName": "Taken" });
        assert_eq!(stranger.codes(), ["NOT_FOUND"]);
        assert_eq!(change(&world, &other, "personRename", absent).await.body(), stranger.body());
        let lead = world.grant(Role::LeadTrainer, Some(world.a.id)).await;
        assert_eq!(change(&world, &lead, "personRename", rename(1, "Taken")).await.codes(), ["FORBIDDEN"]);
        let analyst = world.token(Role::Analyst, None);
        assert_eq!(read(&world, Some(&analyst), &id).await, Value::Null);
    }

    async fn former_names_are_kept_and_shown_to_the_officer_and_the_person(world: World) {
        let mut ash = person(&world, "Ash", Some(&world.a)).await;
        linked(&world, &mut ash, "ash").await;
        let (own, id) = (world.coordinator(&world.a), ash.global_id());
        world.set_clock("2026-06-01T09:00:00Z");
        let own_later = world.coordinator(&world.a);
        let input = json!({ "id": id, "expectedVersion": 2, "preferredName": "Rowan", "effectiveOn": "2026-05-20" });
        let reply = change(&world, &own_later, "personRename", input.clone()).await;
        assert_eq!(reply.done("person")["preferredName"], "Rowan");
        let stale = change(&world, &own_later, "personRename", input).await;
        assert_eq!(stale.codes(), ["CONFLICT"]);
        let _ = own;
        for (token, names) in [(world.officer(), 2), (world.token_of("ash"), 2), (world.coordinator(&world.a), 0)] {
            let seen = read(&world, Some(&token), &id).await;
            assert_eq!(seen["names"].as_array().map(Vec::len), Some(names));
            assert_eq!(seen["preferredName"], "Rowan");
        }
        let early = json!({ "id": id, "expectedVersion": 3, "preferredName": "Elm", "effectiveOn": "2026-05-19" });
        assert_eq!(change(&world, &own_later, "personRename", early).await.codes(), ["DATE_BEFORE_RECORDED_FACT"]);
        let late = json!({ "id": id, "expectedVersion": 3, "preferredName": "Elm", "effectiveOn": "2026-06-02" });
        assert_eq!(change(&world, &own_later, "personRename", late).await.codes(), ["INVALID"]);
        let same = json!({ "id": id, "expectedVersion": 3, "preferredName": "Rowan", "effectiveOn": "2026-05-20" });
        assert_eq!(change(&world, &own_later, "personRename", same).await.codes(), ["UNCHANGED"]);
        let corrected = json!({ "id": id, "expectedVersion": 3, "preferredName": "Rowann", "effectiveOn": "2026-05-20" });
        change(&world, &own_later, "personRename", corrected).await.done("person");
        let names = read(&world, Some(&world.officer()), &id).await["names"].as_array().map(Vec::len);
        assert_eq!(names, Some(2), "a name that began on the day itself is corrected");
    }

    async fn addresses_identify_nobody_and_end_with_a_date(world: World) {
        let (one, two) = (person(&world, "Ash", Some(&world.a)).await, person(&world, "Elm", Some(&world.a)).await);
        let own = world.coordinator(&world.a);
        for someone in [&one, &two] {
            let input = json!({ "id": someone.global_id(), "expectedVersion": 1, "address": "shared@example.invalid", "verified": true });
            change(&world, &own, "personEmailAdd", input).await.done("person");
        }
        let email = read(&world, Some(&own), &one.global_id()).await["emails"][0]["id"].clone();
        let end = |of: &str, version: i32| json!({ "id": of, "expectedVersion": version, "emailId": email });
        assert_eq!(change(&world, &own, "personEmailEnd", end(&two.global_id(), 2)).await.codes(), ["NOT_FOUND"]);
        let reply = change(&world, &own, "personEmailEnd", end(&one.global_id(), 2)).await;
        assert_eq!(reply.done("person")["emails"][0]["validTo"], "2026-05-01");
        assert_eq!(change(&world, &own, "personEmailEnd", end(&one.global_id(), 3)).await.codes(), ["UNCHANGED"]);
        for bad in ["", "nobody", "a b@example.invalid"] {
            let input = json!({ "id": one.global_id(), "expectedVersion": 3, "address": bad });
            let reply = change(&world, &own, "personEmailAdd", input).await;
            assert!(!reply.codes().is_empty() && reply.codes().iter().all(|code| *code == "INVALID"), "{bad}");
            assert!(bad.is_empty() || !reply.body().to_string().contains(bad), "no echo");
        }
    }

    async fn an_organisation_that_keeps_the_record_no_longer_sees_it_no_longer(world: World) {
        let ash = person(&world, "Ash", Some(&world.a)).await;
        let (id, officer) = (ash.global_id(), world.officer());
        let add = |version: i32| json!({ "id": id, "expectedVersion": version, "organisationId": world.b.global_id() });
        let own = world.coordinator(&world.a);
        assert_eq!(change(&world, &own, "personMembershipAdd", add(1)).await.codes(), ["FORBIDDEN"]);
        change(&world, &officer, "personMembershipAdd", add(1)).await.done("person");
        assert_eq!(change(&world, &officer, "personMembershipAdd", add(2)).await.codes(), ["UNCHANGED"]);
        let other = world.coordinator(&world.b);
        assert_eq!(read(&world, Some(&other), &id).await["memberships"].as_array().map(Vec::len), Some(1), "the own one");
        change(&world, &other, "personMembershipEnd", add(2)).await.done("id");
        assert_eq!(read(&world, Some(&other), &id).await, Value::Null);
        assert_eq!(change(&world, &other, "personMembershipEnd", add(3)).await.codes(), ["NOT_FOUND"]);
        assert_eq!(read(&world, Some(&own), &id).await["version"], 3);
    }

    async fn an_account_belongs_to_one_person_at_a_time(world: World) {
        let (one, two) = (person(&world, "Ash", None).await, person(&world, "Elm", None).await);
        let officer = world.officer();
        let link = |someone: &tests::people::Someone, version: i32, subject: &str| json!({
            "id": someone.global_id(), "expectedVersion": version, "label": "Somebody",
            "issuer": alongside::actor::demo_issuer::DemoIssuer::NAME, "subject": subject,
        });
        change(&world, &officer, "personAccountLink", link(&one, 1, "ash")).await.done("person");
        assert_eq!(change(&world, &officer, "personAccountLink", link(&one, 2, "ash")).await.codes(), ["UNCHANGED"]);
        assert_eq!(change(&world, &officer, "personAccountLink", link(&two, 1, "ash")).await.codes(), ["ACCOUNT_OF_ANOTHER"]);
        let own = given::subject(Role::LicensingOfficer, None);
        assert_eq!(change(&world, &officer, "personAccountLink", link(&one, 2, &own)).await.codes(), ["SEPARATION_OF_DUTIES"]);
        let mine = world.token_of("ash");
        assert_eq!(read(&world, Some(&mine), &one.global_id()).await["version"], 2, "a person sees the own record");
        assert_eq!(read(&world, Some(&mine), &two.global_id()).await, Value::Null);
        let mut unlink = link(&one, 2, "ash");
        unlink.as_object_mut().expect("an object").remove("label");
        change(&world, &officer, "personAccountUnlink", unlink.clone()).await.done("person");
        assert_eq!(read(&world, Some(&mine), &one.global_id()).await, Value::Null);
        unlink["expectedVersion"] = 3.into();
        assert_eq!(change(&world, &officer, "personAccountUnlink", unlink).await.codes(), ["ACCOUNT_MISSING"]);
        change(&world, &officer, "personAccountLink", link(&two, 1, "ash")).await.done("person");
    }

    async fn duplicates_are_proposed_with_reasons_and_decided_by_a_person(world: World) {
        let officer = world.officer();
        let search = json!({});
        let find = async || world.mutate(Some(&officer), "personDuplicateSearch", "duplicate { id version hasSameEmail hasSameNameAndBirth oneDateOfBirth status one { id } other { id } }", search.clone()).await;
        assert_eq!(find().await.codes(), ["UNCHANGED"], "nobody is alike");
        let with = |name: &str, email: &str, born: Option<&str>| alongside::person::service::NewPerson {
            email: Some((email.to_owned(), true)),
            date_of_birth: born.map(given::day),
            ..somebody(name, Some(world.a.id))
        };
        registered(&world, with("Ash", "ash@example.invalid", Some("1980-01-02"))).await;
        registered(&world, with("Ash", "other@example.invalid", Some("1980-01-02"))).await;
        registered(&world, with("Elm", "ASH@example.invalid", None)).await;
        let reply = find().await;
        assert_eq!(reply.payload()["impact"], json!(["new pairs to look at: 2"]));
        let pair = reply.done("duplicate");
        assert_eq!(pair["status"], "OPEN");
        assert_eq!(find().await.codes(), ["UNCHANGED"], "a pair is proposed once");
        let all = world.data(Some(&officer), "{ personDuplicates { nodes { id hasSameEmail hasSameNameAndBirth oneDateOfBirth } } }", json!({})).await;
        let all = all["personDuplicates"]["nodes"].as_array().expect("pairs").clone();
        let born: Vec<&Value> = all.iter().filter(|pair| pair["hasSameNameAndBirth"] == true).map(|pair| &pair["oneDateOfBirth"]).collect();
        assert_eq!(born, ["1980-01-02"]);
        assert_eq!(all.iter().filter(|pair| pair["hasSameEmail"] == true).count(), 1);
        for token in [world.coordinator(&world.a), world.token(Role::DataProtectionOfficer, None)] {
            let seen = world.data(Some(&token), "{ personDuplicates { totalCount } }", json!({})).await;
            assert_eq!(seen["personDuplicates"]["totalCount"], 0);
        }
        let dismiss = json!({ "id": all[0]["id"], "expectedVersion": 1 });
        let reply = world.mutate(Some(&officer), "personDuplicateDismiss", "duplicate { status oneDateOfBirth }", dismiss.clone()).await;
        assert_eq!(reply.done("duplicate"), &json!({ "status": "DISMISSED", "oneDateOfBirth": null }));
        assert_eq!(world.mutate(Some(&officer), "personDuplicateDismiss", "", dismiss).await.codes(), ["CONFLICT"]);
        assert_eq!(find().await.codes(), ["UNCHANGED"], "what was dismissed is not proposed again");
    }

    async fn a_date_of_birth_is_in_no_other_answer(world: World) {
        let new = alongside::person::service::NewPerson { date_of_birth: Some(given::day("1971-11-13")), ..somebody("Ash", Some(world.a.id)) };
        let ash = registered(&world, new).await;
        for token in [world.officer(), world.coordinator(&world.a)] {
            assert!(!read(&world, Some(&token), &ash.global_id()).await.to_string().contains("1971"));
        }
        let fields = world.data(Some(&world.officer()), "{ __type(name: \"Person\") { fields { name } } }", json!({})).await;
        assert!(!fields.to_string().to_lowercase().contains("birth"));
        let trail = world.database.eye.texts("select fields from audit_event where entity_type = 'person'").await;
        assert!(trail.iter().all(|fields| !fields.contains("1971") && !fields.contains("Ash")), "{trail:?}");
    }
}
