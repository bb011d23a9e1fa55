//! Every state, every step, every role: what happens is what the table says.

use alongside::actor::{GrantScope, Role};
use alongside::course::model::{Command, SessionCommand, State};
use serde_json::{Value, json};
use tests::courses::{course, school, weekly_input};
use tests::{World, on_both_databases};

use super::step;

/// The mutations of a course with what they need beside the version.
pub fn steps() -> Vec<(&'static str, Value)> {
    let why = || json!({ "reason": "A test." });
    let plan = || json!({ "plan": weekly_input("2026-06-01") });
    vec![
        ("courseAmend", json!({ "capacityMin": 3 })),
        ("courseSchedule", plan()),
        ("courseReschedule", json!({ "plan": weekly_input("2026-06-01"), "reason": "A test." })),
        ("courseAssignTrainers", json!({ "trainers": [] })),
        ("coursePropose", json!({})),
        (
            "courseOfferPlaces",
            json!({ "partnerId": "org_00000000000000000000000000000001", "places": 1 }),
        ),
        ("courseOpen", json!({})),
        ("courseConfirm", json!({})),
        ("courseCancel", why()),
        ("courseComplete", json!({})),
        ("sessionHold", json!({})),
        ("sessionCancel", why()),
        ("sessionReschedule", json!({ "date": "2026-06-01", "reason": "A test." })),
        ("sessionDescribe", json!({ "venue": "Another hall" })),
        ("courseApprove", json!({})),
        ("courseReturn", why()),
        ("courseTeachOut", json!({ "until": "2026-12-31", "reason": "A test." })),
        ("courseClose", json!({})),
    ]
}

/// Whether the mutation is for the deliverer.
pub fn of_partners(field: &str) -> bool {
    !matches!(field, "courseApprove" | "courseReturn" | "courseTeachOut" | "courseClose")
}

/// The step of the table, and the roles that take it.
fn expected(field: &str) -> (Command, &'static [&'static str]) {
    const PLANNERS: &[&str] = &["PCO", "LTR"];
    match field {
        "courseAmend" | "sessionDescribe" => (Command::Amend, PLANNERS),
        "courseSchedule" => (Command::Schedule, PLANNERS),
        "courseReschedule" | "sessionReschedule" | "sessionCancel" => {
            (Command::Reschedule, PLANNERS)
        }
        "courseAssignTrainers" => (Command::Assign, PLANNERS),
        "coursePropose" => (Command::Propose, PLANNERS),
        "courseOfferPlaces" => (Command::OfferPlaces, PLANNERS),
        "courseOpen" => (Command::Open, PLANNERS),
        "courseConfirm" => (Command::Confirm, PLANNERS),
        "courseCancel" => (Command::Cancel, &["PCO", "NQL"]),
        "courseComplete" => (Command::Complete, &["LTR"]),
        "sessionHold" => (Command::Hold, PLANNERS),
        "courseApprove" => (Command::Approve, &["NLO"]),
        "courseReturn" => (Command::Return, &["NLO"]),
        "courseTeachOut" => (Command::TeachOut, &["NQL"]),
        _ => (Command::Close, &["NQL"]),
    }
}

on_both_databases! {
    async fn every_state_and_step_and_role_of_a_course_does_what_the_table_says(world: World) {
        let mut cells = 0;
        for &state in State::ALL {
            world.set_clock(tests::world::NOW);
            let school = school(&world).await;
            for role in Role::ALL {
                let scope = if role.may_be_national() { GrantScope::Nation } else { GrantScope::Organisation(school.organisation.id) };
                world.grant_to(&format!("cells {role:?} {state:?}"), role, scope).await;
            }
            let mut course = course(&world, &school, state).await;
            let before = world.database.eye.contents().await;
            for (field, more) in steps() {
                let (command, roles) = expected(field);
                for role in Role::ALL {
                    cells += 1;
                    let legal = state.after(command).is_some();
                    let begun_by_partner = field == "courseCancel" && state.has_begun() != (role == Role::QualityLead);
                    let allowed = roles.contains(&role.code()) && !(field == "courseCancel" && begun_by_partner && role == Role::QualityLead);
                    // Legal steps of the right role are taken by the tests of each.
                    if allowed && legal {
                        continue;
                    }
                    let token = world.token_of(&format!("cells {role:?} {state:?}"));
                    let reply = step(&world, &token, field, &mut course, more.clone()).await;
                    let code = if allowed { "CONFLICT" } else { "FORBIDDEN" };
                    assert_eq!(reply.codes().first(), Some(&code), "{state:?} {field} {role:?}: {}", reply.body());
                }
            }
            let changes = world.database.eye.contents().await.changes_since(&before);
            assert_eq!(changes, [] as [String; 0], "{state:?}");
        }
        assert_eq!(cells, State::ALL.len() * steps().len() * Role::ALL.len());
        assert_eq!(SessionCommand::ALL.len(), 3, "hold, cancel, reschedule are among the steps");
    }
}
