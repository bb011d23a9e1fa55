//! Every state, every step, every role: what happens is what the table says.

use alongside::actor::{GrantScope, Role};
use alongside::licence::model::{Command, State};
use serde_json::{Value, json};
use tests::licences::{Licence, Stage, licence};
use tests::{World, given, on_both_databases};

use super::step;

/// The steps that a mutation takes, with who may and what it needs beside the version.
fn steps() -> Vec<(&'static str, Command, &'static [&'static str], Value)> {
    let (why, both) =
        (json!({ "reason": "A test." }), json!({ "reason": "A test.", "publicReason": "A test." }));
    vec![
        ("licenceSubmit", Command::Submit, &["PSG"], json!({})),
        ("licenceWithdraw", Command::Withdraw, &["PSG"], json!({})),
        ("licenceBeginReview", Command::BeginReview, &["NLO"], json!({})),
        ("licenceDecline", Command::Decline, &["NLO"], why.clone()),
        ("licenceSuspend", Command::Suspend, &["NQL"], both.clone()),
        ("licenceReinstate", Command::Reinstate, &["NQL"], why.clone()),
        ("licenceProposeRevocation", Command::Revoke, &["NLO", "NQL"], both),
        ("licenceSurrender", Command::Surrender, &["PSG"], why),
    ]
}

/// Who tries: every role, in the holder or for the nation as it may be.
async fn askers(world: &World, holder: uuid::Uuid) -> Vec<(Role, String)> {
    let mut askers = Vec::new();
    for role in Role::ALL {
        let token = if role.may_be_national() {
            world.grant_to(&format!("cells {role:?}"), role, GrantScope::Nation).await
        } else {
            world.grant(role, Some(holder)).await
        };
        askers.push((role, token));
    }
    askers
}

/// A licence of its own holder in each state that can be made, with the stage that makes it.
async fn in_state(world: &World, holder: &tests::Tenant, state: State) -> Licence {
    let make = async |stage| licence(world, holder).up_to(stage).await;
    let officer = world.officer();
    let signatory = world.token_of(&given::subject(Role::PartnerSignatory, Some(holder.id)));
    let why = json!({ "reason": "A test." });
    let (mut made, token, field, input) = match state {
        State::Draft => return make(Stage::Draft).await,
        State::Submitted => return make(Stage::Submitted).await,
        State::InReview => return make(Stage::InReview).await,
        State::Granted => return make(Stage::Granted).await,
        State::Suspended => return make(Stage::Suspended).await,
        State::Superseded => {
            let first =
                licence(world, holder).on(given::day("2026-02-02")).up_to(Stage::Granted).await;
            licence(world, holder).renewing(&first).up_to(Stage::Granted).await;
            // Its renewal was handed in, and then took its place.
            return Licence { version: first.version + 2, ..first };
        }
        State::Declined => (make(Stage::InReview).await, officer, "licenceDecline", why),
        State::Withdrawn => (make(Stage::Draft).await, signatory, "licenceWithdraw", json!({})),
        State::Surrendered => (make(Stage::Granted).await, signatory, "licenceSurrender", why),
        State::Revoked => {
            (make(Stage::RevocationProposed).await, officer, "licenceConfirmRevocation", json!({}))
        }
    };
    step(world, &token, field, &mut made, input).await.done("licence");
    made
}

on_both_databases! {
    async fn every_state_and_step_and_role_does_what_the_table_says(world: World) {
        let mut cells = 0;
        for &state in State::ALL {
            let holder = given::organisation(&world).active().register().await;
            let askers = askers(&world, holder.id).await;
            let mut licence = in_state(&world, &holder, state).await;
            for (field, command, roles, input) in steps() {
                for (role, token) in &askers {
                    cells += 1;
                    let allowed = roles.contains(&role.code());
                    let legal = state.after(command).is_some();
                    // A trial run would tell as much, but not every mutation has one: legal steps of the
                    // right role are taken by the tests of each.
                    if allowed && legal {
                        continue;
                    }
                    let reply = step(&world, token, field, &mut licence, input.clone()).await;
                    let expected = if allowed { "CONFLICT" } else { "FORBIDDEN" };
                    assert_eq!(reply.codes(), [expected], "{state:?} {field} {role:?}: {}", reply.body());
                }
            }
        }
        assert_eq!(cells, State::ALL.len() * steps().len() * Role::ALL.len());
    }
}
