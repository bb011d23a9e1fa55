//! An input for each mutation of interest and applications, right but for who sends it. That who has the right can use
//! each is shown by the journeys in `application.rs`.

use alongside::course::model::State;
use serde_json::{Value, json};
use tests::World;
use tests::applications::submitted;
use tests::courses::{School, course};

use super::changes::with_all;

/// Whether the mutation is of interest or applications.
pub fn is_of_applications(name: &str) -> bool {
    ["application", "interest", "equality"].iter().any(|with| name.starts_with(with))
}

/// The inputs, of an application at the school that was handed in.
pub async fn inputs(world: &World, school: &School) -> Vec<(&'static str, Value)> {
    let open = course(world, school, State::Open).await;
    let draft = course(world, school, State::Draft).await;
    let ari = submitted(world, &open, "an applicant of the matrix").await;
    let of = |more: Value| with_all(&ari.input(&json!({})), &more);
    let told = json!({ "courseId": open.global_id(), "name": "Bea", "email": "bea@example.org" });
    vec![
        ("applicationAccept", of(json!({ "termsVersion": "terms-1" }))),
        ("applicationConfirmDecline", of(json!({}))),
        ("applicationDecline", of(json!({ "reason": "ENTRY_CRITERIA" }))),
        ("applicationInterview", of(json!({}))),
        ("applicationOffer", of(json!({}))),
        ("applicationSave", of(json!({}))),
        ("applicationScreen", of(json!({}))),
        ("applicationStart", json!({ "courseId": draft.global_id() })),
        ("applicationSubmit", of(json!({}))),
        ("applicationWaitlist", of(json!({}))),
        ("applicationWithdraw", of(json!({}))),
        ("equalityAnswer", json!({ "token": "x", "ageBand": "NOT_SAID" })),
        ("interestConfirm", json!({ "token": "x" })),
        ("interestRegister", told),
    ]
}
