//! Who has a place: the last one, one of a kind nationally, and who may give it.

use alongside::actor::Role;
use alongside::course::model::State;
use serde_json::json;
use tests::courses::{course, school};
use tests::enrolments::{Enrolled, FIELDS, create_input, enrolled, places_taken, trainee};
use tests::race::{at_once, rounds};
use tests::world::Reply;
use tests::{World, on_both_databases};

/// The whole answer to who enrolled somebody, without the id of what it made.
fn without_id(reply: &Reply) -> String {
    let id = reply.done("enrolment")["id"].as_str().expect("an id");
    reply.body().to_string().replace(id, "")
}

on_both_databases! {
    async fn a_place_is_given_by_the_deliverer_to_people_whose_record_it_keeps(world: World) {
        let school = school(&world).await;
        let own = school.organisation.id;
        let coordinator = world.grant(Role::PartnerCoordinator, Some(own)).await;
        let course = course(&world, &school, State::Open).await;
        let (tia, token) = trainee(&world, &school.organisation, "Tia").await;
        let (stranger, _) = trainee(&world, &world.b.clone(), "Sam").await;
        let create = |token: Option<String>, input| {
            let world = world.clone();
            async move { world.mutate(token.as_deref(), "enrolmentCreate", FIELDS, input).await }
        };
        let input = create_input(&course, &tia);
        for (who, code) in [
            (Some(world.coordinator(&world.b)), "FORBIDDEN"),
            (Some(token.clone()), "FORBIDDEN"),
            (Some(world.officer()), "FORBIDDEN"),
            (None, "FORBIDDEN"),
        ] {
            let reply = create(who, input.clone()).await;
            assert_eq!(reply.codes(), [code], "{}", reply.body());
        }
        let reply = create(Some(coordinator.clone()), create_input(&course, &stranger)).await;
        assert_eq!(reply.codes(), ["NOT_FOUND"], "whose record another keeps is not there");
        assert_eq!(reply.payload()["userErrors"][0]["path"], json!(["input", "personId"]));
        let mut funded = input.clone();
        funded["fundingBasis"] = json!("FUNDED");
        assert_eq!(create(Some(coordinator.clone()), funded).await.codes(), ["NO_FUNDED_PLACE"]);
        let mut employer = input.clone();
        employer["fundingBasis"] = json!("EMPLOYER_FUNDED");
        assert_eq!(create(Some(coordinator.clone()), employer).await.codes(), ["SPONSOR_REQUIRED"]);
        let mut tried = input.clone();
        tried["dryRun"] = json!(true);
        let tried = create(Some(coordinator.clone()), tried).await;
        assert_eq!(tried.done("impact"), &json!(["6 of 10 places are taken"]));
        assert_eq!(places_taken(&world, &course).await, 5, "nothing was written");
        let mut keyed = input.clone();
        keyed["idempotencyKey"] = json!("an-hr-system-1");
        let first = create(Some(coordinator.clone()), keyed.clone()).await;
        let again = create(Some(coordinator.clone()), keyed).await;
        assert_eq!(first.done("enrolment")["id"], again.done("enrolment")["id"], "one place for one request");
        assert_eq!(create(Some(coordinator.clone()), input).await.codes(), ["ALREADY_ENROLLED"]);
        assert_eq!(places_taken(&world, &course).await, 6);
        let seen = "{ enrolments { nodes { name personId person { id } course { code } } } sponsoredEnrolments { totalCount } }";
        let data = world.data(Some(&token), seen, json!({})).await;
        assert_eq!(data["enrolments"]["nodes"][0]["name"], "Tia");
        let analyst = world.token(Role::Analyst, None);
        let data = world.data(Some(&analyst), "{ enrolments { totalCount } enrolmentRecords { nodes { state } } }", json!({})).await;
        assert_eq!(data, json!({ "enrolments": { "totalCount": 0 }, "enrolmentRecords": { "nodes": [{ "state": "PLACED" }] } }));
    }

    async fn a_second_place_of_a_kind_is_held_and_tells_nothing_of_the_first(world: World) {
        let first = school(&world).await;
        let second = school(&world).await;
        let (one, two) = (first.organisation.id, second.organisation.id);
        let here = world.grant(Role::PartnerCoordinator, Some(one)).await;
        let there = world.grant(Role::PartnerCoordinator, Some(two)).await;
        let quality = world.token(Role::QualityLead, None);
        let course_here = course(&world, &first, State::Open).await;
        let course_there = course(&world, &second, State::Open).await;
        let (tia, own) = trainee(&world, &first.organisation, "Tia").await;
        let kept = json!({ "id": tia.global_id(), "expectedVersion": tia.version, "organisationId": second.organisation.global_id() });
        let joined = world.mutate(Some(&world.officer()), "personMembershipAdd", "person { id }", kept).await;
        assert_eq!(joined.codes(), [] as [&str; 0], "{}", joined.body());
        let mut held_before = enrolled(&world, &here, &course_here, &tia).await;
        let reply = world.mutate(Some(&there), "enrolmentCreate", FIELDS, create_input(&course_there, &tia)).await;
        let mut held = Enrolled::of(reply.done("enrolment"));
        assert_eq!(held.state, "HELD");
        let told = reply.payload()["impact"].to_string();
        assert!(told.contains("held for national review"), "{told}");
        let seen = "{ enrolments { nodes { id state } } }";
        let data = world.data(Some(&there), seen, json!({})).await;
        assert_eq!(data["enrolments"]["nodes"], json!([{ "id": held.id, "state": "HELD" }]), "nothing of the other");
        assert_eq!(held.refused(&world, &there, "enrolmentResolve", &json!({ "admit": true, "reason": "Ours." })).await, ["FORBIDDEN"]);
        let early = held.refused(&world, &quality, "enrolmentResolve", &json!({ "admit": true, "reason": "Both." })).await;
        assert_eq!(early, ["HELD_FOR_REVIEW"], "the other one is live");
        held_before.step(&world, &own, "enrolmentWithdraw", &json!({ "on": "2026-05-01", "reason": "DECLINED_PLACE" })).await;
        held.step(&world, &quality, "enrolmentResolve", &json!({ "admit": true, "reason": "The first was given back." })).await;
        assert_eq!(held.state, "PLACED");
    }

    async fn the_last_place_goes_to_one(world: World) {
        let school = school(&world).await;
        let own = school.organisation.id;
        let coordinator = world.grant(Role::PartnerCoordinator, Some(own)).await;
        let course = course(&world, &school, State::Open).await;
        let full = json!({ "id": course.global_id(), "expectedVersion": course.version, "placesReserved": 9 });
        world.mutate(Some(&coordinator), "courseAmend", "course { id }", full).await.done("course");
        let mut people = Vec::new();
        for name in ["Una", "Vic", "Wyn", "Xia"] {
            people.push(trainee(&world, &school.organisation, name).await.0);
        }
        for round in 0..rounds() {
            let replies = at_once(people.len(), |index| {
                let (world, token) = (world.clone(), coordinator.clone());
                let input = create_input(&course, &people[index]);
                async move { world.mutate(Some(&token), "enrolmentCreate", FIELDS, input).await }
            }).await;
            let mut winners = replies.iter().filter(|reply| reply.codes().is_empty());
            let winner = winners.next().expect("somebody has the place");
            assert_eq!(winners.count(), 0, "round {round}: one place, one person");
            for reply in replies.iter().filter(|reply| !reply.codes().is_empty()) {
                assert_eq!(reply.codes(), ["CAPACITY_EXCEEDED"], "round {round}");
            }
            assert_eq!(places_taken(&world, &course).await, 10);
            let mut had = Enrolled::of(winner.done("enrolment"));
            had.step(&world, &coordinator, "enrolmentWithdraw", &json!({ "on": "2026-05-01", "reason": "DECLINED_PLACE", "initiator": "TRAINEE" })).await;
        }
    }
    async fn of_two_organisations_at_once_one_has_the_place_and_the_other_learns_no_more_than_ever(world: World) {
        let (first, second) = (school(&world).await, school(&world).await);
        let quality = world.token(Role::QualityLead, None);
        let mut sides = Vec::new();
        for school in [&first, &second] {
            let token = world.grant(Role::PartnerCoordinator, Some(school.organisation.id)).await;
            sides.push((token, course(&world, school, State::Open).await));
        }
        let (tia, own) = trainee(&world, &first.organisation, "Tia").await;
        let kept = json!({ "id": tia.global_id(), "expectedVersion": tia.version, "organisationId": second.organisation.global_id() });
        world.mutate(Some(&world.officer()), "personMembershipAdd", "person { id }", kept).await.done("person");
        let enrol = |index: usize| {
            let (world, (token, course)) = (world.clone(), sides[index].clone());
            let input = create_input(&course, &tia);
            async move { world.mutate(Some(&token), "enrolmentCreate", FIELDS, input).await }
        };
        let back = |placed: Reply, held: Reply| {
            let (world, own, quality) = (world.clone(), own.clone(), quality.clone());
            async move {
                let mut held = Enrolled::of(held.done("enrolment"));
                held.step(&world, &quality, "enrolmentResolve", &json!({ "admit": false, "reason": "On another course." })).await;
                let mut placed = Enrolled::of(placed.done("enrolment"));
                placed.step(&world, &own, "enrolmentWithdraw", &json!({ "on": "2026-05-01", "reason": "DECLINED_PLACE" })).await;
            }
        };
        let (before, ever) = (enrol(0).await, enrol(1).await);
        let told = without_id(&ever);
        assert!(told.contains(r#""state":"HELD""#) && told.contains("held for national review"), "{told}");
        let secrets = [first.organisation.global_id(), first.organisation.name.clone(), sides[0].1.global_id()];
        assert!(secrets.iter().all(|secret| !told.contains(secret.as_str())), "{told}");
        let ordinary = without_id(&before);
        back(before, ever).await;
        let live = format!("state = 'PLACED' and person_id = {}", world.uuid(tia.id));
        for round in 0..rounds() {
            let mut replies = at_once(2, &enrol).await;
            replies.sort_by_key(|reply| reply.done("enrolment")["state"] == "HELD");
            let [placed, held] = <[Reply; 2]>::try_from(replies).expect("two");
            assert_eq!((without_id(&placed), without_id(&held)), (ordinary.clone(), told.clone()), "round {round}");
            assert_eq!(world.database.eye.rows_where("enrolment", &live).await, 1, "round {round}");
            for (_, course) in &sides {
                assert_eq!(places_taken(&world, course).await, 6, "the place is kept");
            }
            back(placed, held).await;
        }
        for (place, (token, course)) in sides.iter().enumerate() {
            let seen = "{ enrolments(first: 100) { nodes { course { id } } } }";
            let seen = world.data(Some(token), seen, json!({})).await;
            let own = json!({ "course": { "id": course.global_id() } });
            let all = seen["enrolments"]["nodes"].as_array().expect("a list");
            assert!(all.len() > 1 && all.iter().all(|one| *one == own), "side {place} sees its own alone");
        }
    }
}
