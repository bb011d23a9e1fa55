//! Corrections of closed courses, which themselves stay as they are.

use alongside::actor::Role;
use alongside::course::model::State;
use serde_json::{Value, json};
use tests::courses::{Course, course, course_from, school};
use tests::{World, given, on_both_databases};

const FIELDS: &str = "course { version state corrections { concerns correction reason } }";

fn correction(course: &Course) -> Value {
    course.input(&json!({
        "concerns": "The last day.", "correction": "It was held in the afternoon.", "reason": "A slip.",
    }))
}

async fn seen(world: &World, token: Option<&str>, course: &Course) -> Value {
    let document = "query($id: ID!) { course(by: { id: $id }) { corrections { concerns } } }";
    let data = world.data(token, document, json!({ "id": course.global_id() })).await;
    data["course"]["corrections"].clone()
}

on_both_databases! {
    async fn a_closed_course_is_corrected_beside_it(world: World) {
        let (school, other) = (school(&world).await, school(&world).await);
        let closed = course(&world, &school, State::Closed).await;
        let foreign = course_from(&world, &other, State::Closed, given::day("2026-06-01")).await;
        let quality = world.token(Role::QualityLead, None);
        let reply = world.mutate(Some(&quality), "courseCorrect", FIELDS, correction(&closed)).await;
        let made = reply.done("course");
        assert_eq!((&made["version"], &made["state"]), (&json!(closed.version), &json!("CLOSED")));
        assert_eq!(made["corrections"][0]["correction"], "It was held in the afternoon.");
        let own = world.grant(Role::PartnerCoordinator, Some(school.organisation.id)).await;
        let stranger = world.grant(Role::PartnerCoordinator, Some(other.organisation.id)).await;
        assert_eq!(seen(&world, Some(&own), &closed).await, json!([{ "concerns": "The last day." }]));
        assert_eq!(seen(&world, Some(&stranger), &closed).await, Value::Null);
        assert_eq!(seen(&world, Some(&stranger), &foreign).await, json!([]));
    }

    async fn what_is_not_closed_is_changed_and_not_corrected(world: World) {
        let school = school(&world).await;
        let open = course(&world, &school, State::Open).await;
        let closed = course_from(&world, &school, State::Closed, given::day("2026-06-01")).await;
        let quality = world.token(Role::QualityLead, None);
        let coordinator = world.grant(Role::PartnerCoordinator, Some(school.organisation.id)).await;
        let before = world.database.eye.contents().await;
        let mut empty = correction(&closed);
        for field in ["concerns", "correction", "reason"] {
            empty[field] = json!(" ");
        }
        for (token, input, codes) in [
            (&quality, correction(&open), vec!["CONFLICT"]),
            (&quality, empty, vec!["INVALID"; 3]),
            (&coordinator, correction(&closed), vec!["FORBIDDEN"]),
        ] {
            let reply = world.mutate(Some(token), "courseCorrect", FIELDS, input).await;
            assert_eq!(reply.codes(), codes, "{}", reply.body());
        }
        assert_eq!(world.database.eye.contents().await.changes_since(&before), [] as [String; 0]);
    }
}
