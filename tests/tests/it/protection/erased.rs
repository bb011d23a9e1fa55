//! Who was erased is nobody any more: they are named for nothing, and told apart from nobody.

use alongside::actor::Role;
use alongside::course::model::State;
use serde_json::{Value, json};
use tests::courses::{course, school};
use tests::enrolments::{create_input, enrolled, trainee};
use tests::people::{Someone, person};
use tests::protection::erased;
use tests::{World, on_both_databases};

on_both_databases! {
    async fn whoever_is_erased_is_no_contact_no_supervisor_and_no_trainee(world: World) {
        let (place, other) = (school(&world).await, school(&world).await);
        let organisation = place.organisation.clone();
        let coordinator = world.grant(Role::PartnerCoordinator, Some(organisation.id)).await;
        let elsewhere = world.grant(Role::PartnerCoordinator, Some(other.organisation.id)).await;
        let taken = course(&world, &place, State::Open).await;
        let (ann, _) = trainee(&world, &organisation, "Ann").await;
        let one = enrolled(&world, &coordinator, &taken, &ann).await;
        let gone = person(&world, "Rowan", Some(&organisation)).await;
        let there = person(&world, "Sky", Some(&organisation)).await;
        let contact = |who: &Someone, purpose: &str| json!({
            "organisationId": organisation.global_id(), "purpose": purpose, "name": "A contact (fictional)",
            "email": "contact@example.org", "personId": who.global_id(),
        });
        let placement = |who: &Someone| one.input(&json!({
            "hostId": organisation.global_id(), "kind": "PRACTICE", "plannedMinutes": 600, "supervisorId": who.global_id(),
        }));
        let list = |who: &Someone| json!({
            "courseId": taken.global_id(), "csv": format!("person_id,funding_basis\n{},UNFUNDED\n", who.global_id()),
        });
        let inputs = |who: &Someone| [
            ("organisationContactAdd", contact(who, "SAFEGUARDING"), "personId"),
            ("enrolmentSetSupport", one.input(&json!({ "supervisorId": who.global_id() })), "supervisorId"),
            ("enrolmentSetSupport", one.input(&json!({ "tutorId": who.global_id() })), "tutorId"),
            ("placementOffer", placement(who), "supervisorId"),
            ("enrolmentCreate", create_input(&taken, who), "personId"),
            ("enrolmentImportCreate", list(who), "rows.1.personId"),
        ];
        erased(&world, &gone).await;
        let before = world.database.eye.contents().await;
        for (name, input, path) in inputs(&gone) {
            let reply = world.mutate(Some(&coordinator), name, "", input.clone()).await;
            let error = &reply.payload()["userErrors"][0];
            let at: Vec<&str> = error["path"].as_array().expect("a path").iter().filter_map(Value::as_str).collect();
            assert_eq!((reply.codes().len(), at.join(".")), (1, format!("input.{path}")), "{name}: {}", reply.body());
            assert!(["NOT_FOUND", "CONFLICT"].contains(&reply.codes()[0]), "{name}: {}", reply.body());
            let stranger = world.mutate(Some(&elsewhere), name, "", input).await;
            assert!(["NOT_FOUND", "FORBIDDEN"].contains(&stranger.codes()[0]), "{name}: {}", stranger.body());
        }
        assert_eq!(world.database.eye.contents().await.changes_since(&before), [] as [String; 0]);
        // Whoever is not erased is named with the same words.
        let dry = json!({ "dryRun": true });
        for (name, mut input, _) in inputs(&there) {
            if name == "enrolmentCreate" || name == "enrolmentImportCreate" {
                input.as_object_mut().expect("an object").extend(dry.as_object().expect("an object").clone());
            }
            if input["expectedVersion"] == 1 && input["tutorId"].is_string() {
                input["expectedVersion"] = json!(2);
            }
            if name == "placementOffer" {
                input["expectedVersion"] = json!(3);
            }
            let reply = world.mutate(Some(&coordinator), name, "", input).await;
            assert_eq!(reply.codes(), [] as [&str; 0], "{name}: {}", reply.body());
        }
    }
}
