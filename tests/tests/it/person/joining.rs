//! Two profiles of one trainer become one, with what each teaches and taught.

use alongside::actor::Role;
use alongside::course::model::State;
use alongside::trainer::model::{Level, State as Accredited};
use serde_json::{Value, json};
use tests::courses::{School, TYPE, course, school};
use tests::invariants::broken;
use tests::people::{Teacher, accreditation, list, trainer};
use tests::{Reply, World, on_both_databases};

async fn merge(world: &World, one: &Teacher, two: &Teacher, dry: bool) -> Reply {
    let (one, two) = (&one.person, &two.person);
    let input = json!({
        "id": one.global_id(), "expectedVersion": one.version, "dryRun": dry,
        "intoId": two.global_id(), "intoExpectedVersion": two.version,
    });
    world.mutate(Some(&world.officer()), "personMerge", "person { id }", input).await
}

/// The codes and messages of a refusal.
fn reasons(reply: &Reply) -> Vec<(String, String)> {
    let text = |error: &Value, field: &str| error[field].as_str().expect("a text").to_owned();
    let errors = reply.payload()["userErrors"].as_array().expect("a list").iter();
    errors.map(|error| (text(error, "code"), text(error, "message"))).collect()
}

/// A school whose lead trainer is accredited otherwise than those of other schools.
async fn led_by(world: &World, name: &str) -> School {
    let mut school = school(world).await;
    school.lead = trainer(world, name, &school.organisation).await;
    accreditation(world, &school.lead, (TYPE, Level::Mentor), Accredited::Accredited).await;
    school
}

/// How many sessions of a trainer there are, and who leads the course.
async fn seen(world: &World, of: &Teacher, course: &str) -> (Value, Value) {
    let document = "query($trn: ID!, $crs: ID!) { trainer(by: { id: $trn }) { teaching { totalCount } } \
        course(by: { id: $crs }) { leadTrainer { id } } }";
    let quality = world.token(Role::QualityLead, None);
    let data =
        world.data(Some(&quality), document, json!({ "trn": of.global_id(), "crs": course })).await;
    (data["trainer"]["teaching"]["totalCount"].clone(), data["course"]["leadTrainer"]["id"].clone())
}

on_both_databases! {
    async fn the_profile_that_stays_teaches_what_the_other_did(world: World) {
        let (here, there) = (school(&world).await, led_by(&world, "Ash").await);
        let running = course(&world, &here, State::Running).await;
        let id = running.global_id();
        let tried = merge(&world, &here.lead, &there.lead, true).await;
        let impact = tried.done("impact").clone();
        let told = impact.to_string();
        assert!(told.contains("sessions to come that the other profile teaches: 1"), "{told}");
        assert!(told.contains("sessions that were held and become the other profile's: 1"), "{told}");
        assert_eq!(seen(&world, &here.lead, &id).await, (json!(2), json!(here.lead.global_id())));
        let done = merge(&world, &here.lead, &there.lead, false).await;
        assert_eq!(done.done("impact"), &impact, "a trial foretells it");
        assert_eq!(seen(&world, &there.lead, &id).await, (json!(2), json!(there.lead.global_id())));
        assert_eq!(seen(&world, &here.lead, &id).await.0, 0);
        let versions = format!("id = {} and version = {}", world.uuid(running.id), running.version + 1);
        assert_eq!(world.database.eye.rows_where("course", &versions).await, 1, "the change of the course is told");
        // The rules find the profile that stays: it is accredited, and holds the session for credit.
        let lead = world.grant(Role::LeadTrainer, Some(here.organisation.id)).await;
        let hold = json!({ "id": running.session(1), "expectedVersion": running.version + 1 });
        world.mutate(Some(&lead), "sessionHold", "", hold).await.done("impact");
        let credit = format!("course_id = {} and credit = 'GIVEN'", world.uuid(running.id));
        assert_eq!(world.database.eye.rows_where("course_session", &credit).await, 2);
    }

    async fn profiles_that_are_named_at_once_are_not_joined(world: World) {
        let (here, there) = (school(&world).await, led_by(&world, "Ash").await);
        course(&world, &here, State::Open).await;
        let second = course(&world, &there, State::Open).await;
        let expected: Vec<(String, String)> = ["2026-05-11", "2026-05-18"].into_iter().map(|day| {
            let both = format!("the two profiles are named at once, for VOL-2026-001 on {day} and for VOL-2026-001 on {day}: name somebody else first");
            ("TRAINER_BUSY".to_owned(), both)
        }).collect();
        for dry in [true, false] {
            assert_eq!(reasons(&merge(&world, &here.lead, &there.lead, dry).await), expected);
        }
        let coordinator = world.grant(Role::PartnerCoordinator, Some(there.organisation.id)).await;
        let cancel = second.input(&json!({ "reason": "A test." }));
        world.mutate(Some(&coordinator), "courseCancel", "", cancel).await.done("impact");
        merge(&world, &here.lead, &there.lead, false).await.done("person");
    }

    async fn plans_of_two_profiles_meet_and_are_told(world: World) {
        let (here, there) = (school(&world).await, led_by(&world, "Ash").await);
        course(&world, &here, State::Draft).await;
        course(&world, &there, State::Open).await;
        let done = merge(&world, &here.lead, &there.lead, false).await;
        let told = done.done("impact").to_string();
        assert!(told.contains("VOL-2026-001 on 2026-05-18 meets another course of the trainer"), "{told}");
    }

    async fn no_session_to_come_loses_its_lived_experience_by_a_merge(world: World) {
        let (here, there) = (school(&world).await, school(&world).await);
        course(&world, &here, State::Approved).await;
        let kept = trainer(&world, "Ash", &there.organisation).await;
        let refused = reasons(&merge(&world, &here.peer, &kept, true).await);
        let codes: Vec<&str> = refused.iter().map(|(code, _)| code.as_str()).collect();
        assert_eq!(codes, ["LIVED_EXPERIENCE_REQUIRED"; 2]);
        assert!(refused[0].1.starts_with("VOL-2026-001 on 2026-05-11 would lose"), "{refused:?}");
        list(&world, &kept, 1).await;
        merge(&world, &here.peer, &kept, false).await.done("person");
    }

    async fn what_was_held_at_once_stays_with_each_profile(world: World) {
        let (here, there) = (school(&world).await, led_by(&world, "Ash").await);
        let (one, two) = (course(&world, &here, State::Confirmed).await, course(&world, &there, State::Confirmed).await);
        for school in [&here, &there] {
            world.grant(Role::LeadTrainer, Some(school.organisation.id)).await;
        }
        world.set_clock("2026-05-11T18:00:00Z");
        for (school, course) in [(&here, &one), (&there, &two)] {
            let lead = world.token(Role::LeadTrainer, Some(school.organisation.id));
            world.mutate(Some(&lead), "sessionHold", "", course.session_input(0, &json!({}))).await.done("impact");
        }
        let lead = world.token(Role::LeadTrainer, Some(there.organisation.id));
        let mut cancel = two.session_input(1, &json!({ "reason": "A test." }));
        cancel["expectedVersion"] = json!(two.version + 1);
        world.mutate(Some(&lead), "sessionCancel", "", cancel).await.done("impact");
        let done = merge(&world, &here.lead, &there.lead, false).await;
        let told = done.done("impact").to_string();
        assert!(told.contains("VOL-2026-001 on 2026-05-11 stays with the profile that ends"), "{told}");
        assert_eq!(seen(&world, &here.lead, &one.global_id()).await, (json!(1), json!(there.lead.global_id())));
        assert_eq!(seen(&world, &there.lead, &one.global_id()).await.0, 2);
    }

    async fn the_check_finds_a_merged_profile_that_is_to_teach(world: World) {
        let (here, there) = (school(&world).await, led_by(&world, "Ash").await);
        course(&world, &here, State::Open).await;
        assert_eq!(broken(&world).await, [] as [&str; 0]);
        let set = |to: &str| format!("update trainer set merged_into_id = {to} where id = {}", world.uuid(here.lead.id));
        world.database.eye.execute(&set(&world.uuid(there.lead.id))).await.expect("a plant");
        assert_eq!(broken(&world).await, ["a profile that was merged is not to teach"]);
        world.database.eye.execute(&set("null")).await.expect("as before");
    }
}
