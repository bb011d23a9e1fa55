//! PER-1: a merge deletes nothing, re-points everything, and is told.

use alongside::actor::{GrantScope, Role};
use alongside::programme::kind::ProgrammeType;
use alongside::trainer::model::{Level, State};
use serde_json::{Value, json};
use tests::people::{Someone, accreditation, linked, person, trainer, trainer_of};
use tests::race::at_once;
use tests::{World, on_both_databases};

/// The input that merges `one` into `two`.
fn input(one: &Someone, two: &Someone) -> Value {
    json!({
        "id": one.global_id(), "expectedVersion": one.version,
        "intoId": two.global_id(), "intoExpectedVersion": two.version,
    })
}

async fn merge(world: &World, input: Value) -> tests::Reply {
    let entity = "person { id version accounts { validTo } trainer { id affiliations { organisation { id } } } }";
    world.mutate(Some(&world.officer()), "personMerge", entity, input).await
}

on_both_databases! {
    async fn a_merge_re_points_what_hangs_on_the_record_and_is_told(world: World) {
        let mut one = person(&world, "Ash", Some(&world.a)).await;
        let two = person(&world, "Ash", Some(&world.b)).await;
        linked(&world, &mut one, "ash").await;
        world.grant_to("ash", Role::Trainer, GrantScope::Organisation(world.a.id)).await;
        let teacher = trainer_of(&world, one.clone(), &world.a).await;
        let before = world.database.eye.contents().await;
        let mut trial = input(&one, &two);
        trial["dryRun"] = true.into();
        let tried = merge(&world, trial).await;
        assert_eq!(tried.payload()["impact"].as_array().map(Vec::len), Some(7), "{:?}", tried.payload());
        assert_eq!(world.database.eye.contents().await.changes_since(&before), [] as [String; 0]);
        let done = merge(&world, input(&one, &two)).await;
        assert_eq!(done.done("person")["id"], two.global_id());
        let (from, to) = (world.uuid(one.id), world.uuid(two.id));
        for (table, column) in [("person_account", "person_id"), ("role_grant", "person_id"), ("person_membership", "person_id"), ("trainer", "person_id")] {
            assert_eq!(world.database.eye.rows_where(table, &format!("{column} = {from}")).await, 0, "{table}");
            assert!(world.database.eye.rows_where(table, &format!("{column} = {to}")).await > 0, "{table}");
        }
        assert_eq!(world.database.eye.rows_where("person_name", &format!("person_id = {from}")).await, 1, "names stay");
        assert_eq!(world.database.eye.rows_where("trainer", &format!("id = {}", world.uuid(teacher.id))).await, 1);
        // Everyone who is signed in is told, nobody else.
        let document = "{ personIdChanges { nodes { fromId toId } } }";
        let told = world.data(Some(&world.token_of("nobody in particular")), document, json!({})).await;
        assert_eq!(told["personIdChanges"]["nodes"], json!([{ "fromId": one.global_id(), "toId": two.global_id() }]));
        let told = world.data(None, document, json!({})).await;
        assert_eq!(told["personIdChanges"]["nodes"], json!([]));
        // The account sees the survivor as itself; both organisations still see the person.
        for token in [world.token_of("ash"), world.coordinator(&world.a), world.coordinator(&world.b)] {
            let data = world.data(Some(&token), "{ people { nodes { id } } }", json!({})).await;
            assert_eq!(data["people"]["nodes"], json!([{ "id": two.global_id() }]));
        }
    }

    async fn a_merged_record_does_not_change_and_is_not_merged_again(world: World) {
        let (one, two, third) = (person(&world, "Ash", None).await, person(&world, "Elm", None).await, person(&world, "Oak", None).await);
        assert_eq!(merge(&world, input(&one, &one)).await.codes(), ["INVALID"]);
        merge(&world, input(&one, &two)).await.done("person");
        let (one, two) = (Someone { version: 2, ..one }, Someone { version: 2, ..two });
        assert_eq!(merge(&world, input(&one, &third)).await.codes(), ["MERGED"]);
        assert_eq!(merge(&world, input(&two, &one)).await.codes(), ["MERGED"], "no circle");
        assert_eq!(merge(&world, input(&Someone { version: 1, ..two.clone() }, &third)).await.codes(), ["CONFLICT"]);
        let rename = json!({ "id": one.global_id(), "expectedVersion": 2, "preferredName": "Anew" });
        assert_eq!(world.mutate(Some(&world.officer()), "personRename", "", rename).await.codes(), ["MERGED"]);
        merge(&world, input(&two, &third)).await.done("person");
    }

    async fn two_profiles_become_one_unless_they_are_accredited_twice(world: World) {
        let (one, two) = (trainer(&world, "Ash", &world.a).await, trainer(&world, "Ash", &world.b).await);
        let lead = (ProgrammeType::Volunteer, Level::Lead);
        accreditation(&world, &one, lead, State::Accredited).await;
        let (second, version) = accreditation(&world, &two, lead, State::Suspended).await;
        let input = input(&one.person, &two.person);
        assert_eq!(merge(&world, input.clone()).await.codes(), ["ACCREDITATION_OVERLAP"]);
        let quality = world.token(Role::QualityLead, None);
        let withdraw = json!({ "id": alongside::graphql::ids::encode("tac", second), "expectedVersion": version });
        world.mutate(Some(&quality), "trainerAccreditationWithdraw", "accreditation { id }", withdraw).await.done("accreditation");
        let done = merge(&world, input).await;
        assert_eq!(done.codes(), [] as [&str; 0], "{:?}", done.payload());
        let read = "query($id: ID!) { trainer(by: { id: $id }) { accreditations { state } organisations { id } mergedInto { id } } }";
        let survivor = world.data(Some(&quality), read, json!({ "id": two.global_id() })).await;
        assert_eq!(survivor["trainer"]["accreditations"].as_array().map(Vec::len), Some(2));
        assert_eq!(survivor["trainer"]["organisations"].as_array().map(Vec::len), Some(2));
        let retired = world.data(Some(&quality), read, json!({ "id": one.global_id() })).await;
        assert_eq!(retired["trainer"]["mergedInto"]["id"], two.global_id());
        assert_eq!(retired["trainer"]["accreditations"], json!([]));
    }

    async fn a_merge_that_would_join_two_duties_is_refused(world: World) {
        let (mut one, mut two) = (person(&world, "Ash", None).await, person(&world, "Ash", None).await);
        linked(&world, &mut one, "fno").await;
        linked(&world, &mut two, "fna").await;
        world.grant_to("fno", Role::FundingOfficer, GrantScope::Nation).await;
        world.grant_to("fna", Role::FundingApprover, GrantScope::Region(uuid::Uuid::from_u128(5))).await;
        assert_eq!(merge(&world, input(&one, &two)).await.codes(), ["SEPARATION_OF_DUTIES"]);
    }

    async fn an_officer_does_not_merge_the_own_record_by_whichever_account(world: World) {
        let (mut one, two) = (person(&world, "Ash", None).await, person(&world, "Ash", None).await);
        linked(&world, &mut one, "ash").await;
        linked(&world, &mut one, "ash-the-officer").await;
        let officer = world.grant_to("ash-the-officer", Role::LicensingOfficer, GrantScope::Nation).await;
        for input in [input(&one, &two), input(&two, &one)] {
            let reply = world.mutate(Some(&officer), "personMerge", "", input).await;
            assert_eq!(reply.codes(), ["SEPARATION_OF_DUTIES"]);
        }
    }

    async fn of_two_merges_at_once_one_happens(world: World) {
        let mut people = Vec::new();
        for _ in 0..25 {
            people.push((person(&world, "Ash", None).await, person(&world, "Ash", None).await));
        }
        for (one, two) in people {
            let inputs = [input(&one, &two), input(&two, &one)];
            let replies = at_once(2, |index| {
                let (world, input) = (world.clone(), inputs[index].clone());
                async move { merge(&world, input).await }
            }).await;
            let mut codes: Vec<String> = replies.iter().map(|reply| reply.codes().join(" ")).collect();
            codes.sort();
            assert!(codes[0].is_empty() && ["CONFLICT", "MERGED"].contains(&codes[1].as_str()), "{codes:?}");
        }
        assert_eq!(world.database.eye.rows_where("person_id_change", "true").await, 25);
    }
}
