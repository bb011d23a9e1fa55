//! An input for each mutation of courses that is right but for who sends it.

use alongside::course::model::State;
use serde_json::{Value, json};
use tests::courses::{Course, School, course, draft_input, trainers_input, weekly_input};
use tests::{Tenant, World};

/// Every mutation, with the state in which it can be used.
pub const NAMES: [(&str, State); 21] = [
    ("courseAmend", State::Open),
    ("courseApprove", State::Proposed),
    ("courseAssignTrainers", State::Open),
    ("courseCancel", State::Open),
    ("courseClose", State::Completed),
    ("courseComplete", State::Running),
    ("courseConfirm", State::Open),
    ("courseCorrect", State::Closed),
    ("courseDraft", State::Draft),
    ("courseOfferPlaces", State::Approved),
    ("courseOpen", State::Approved),
    ("coursePropose", State::Draft),
    ("courseReschedule", State::Open),
    ("courseReturn", State::Proposed),
    ("courseSchedule", State::Draft),
    ("courseTeachOut", State::Approved),
    ("sessionCancel", State::Open),
    ("sessionCredit", State::Running),
    ("sessionDescribe", State::Open),
    ("sessionHold", State::Running),
    ("sessionReschedule", State::Open),
];

/// Whether the mutation is of courses.
pub fn is_of_courses(name: &str) -> bool {
    NAMES.iter().any(|(known, _)| *known == name)
}

/// An input for each mutation, all on one draft of the school.
pub async fn of_a_draft(
    world: &World,
    school: &School,
    partner: &Tenant,
) -> Vec<(&'static str, Value)> {
    let draft = course(world, school, State::Draft).await;
    NAMES.iter().map(|(name, _)| (*name, input(name, school, &draft, partner))).collect()
}

/// An input for the mutation, on a course in a state in which it can be used.
pub async fn usable(world: &World, school: &School, partner: &Tenant, name: &str) -> Value {
    let (_, state) = NAMES.iter().find(|(known, _)| *known == name).expect("a mutation of courses");
    let mut made = course(world, school, *state).await;
    match name {
        // One session was held: the other is what is left.
        "courseComplete" => {
            let cancel = made.session_input(1, &json!({ "reason": "A test." }));
            let coordinator = world
                .grant(alongside::actor::Role::PartnerCoordinator, Some(school.organisation.id))
                .await;
            world.mutate(Some(&coordinator), "sessionCancel", "", cancel).await.done("impact");
            made.version += 1;
        }
        "sessionHold" => made.sessions.swap(0, 1),
        "sessionCredit" => {
            let held = world.uuid(made.sessions[0]);
            for sql in pending(world, &held) {
                world.database.eye.execute(&sql).await.expect("a session without credit");
            }
        }
        _ => {}
    }
    input(name, school, &made, partner)
}

/// Leaves the credit of a held session open, past the trigger that keeps it.
fn pending(world: &World, session: &str) -> Vec<String> {
    let leave = format!("update course_session set credit = 'PENDING' where id = {session}");
    match world.engine() {
        tests::Engine::Postgres => vec![
            "alter table course_session disable trigger user".to_owned(),
            leave,
            "alter table course_session enable trigger user".to_owned(),
        ],
        tests::Engine::Sqlite => vec!["drop trigger if exists session_settled".to_owned(), leave],
    }
}

fn input(name: &str, school: &School, on: &Course, partner: &Tenant) -> Value {
    let why = || json!({ "reason": "A test." });
    match name {
        "courseDraft" => draft_input(school, "2026-09-07"),
        "courseAmend" => on.input(&json!({ "capacityMin": 3 })),
        "courseAssignTrainers" => on.input(&trainers_input(school)),
        "courseCorrect" => on
            .input(&json!({ "concerns": "A day.", "correction": "Another.", "reason": "A test." })),
        "courseCancel" | "courseReturn" => on.input(&why()),
        "courseOfferPlaces" => on.input(&json!({ "partnerId": partner.global_id(), "places": 1 })),
        "courseSchedule" => on.input(&json!({ "plan": weekly_input("2026-09-07") })),
        "courseReschedule" => {
            on.input(&json!({ "plan": weekly_input("2026-09-07"), "reason": "A test." }))
        }
        "courseTeachOut" => on.input(&json!({ "until": "2027-12-31", "reason": "A test." })),
        "sessionCancel" | "sessionCredit" => on.session_input(0, &why()),
        "sessionDescribe" => on.session_input(0, &json!({ "venue": "Fictional House" })),
        "sessionHold" => on.session_input(0, &json!({})),
        "sessionReschedule" => {
            on.session_input(0, &json!({ "date": "2026-05-13", "reason": "A test." }))
        }
        _ => on.input(&json!({})),
    }
}
