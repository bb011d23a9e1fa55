//! Random walks through the API against a model of the tests' own: whatever is asked for in whatever order,
//! what happens is what the model says.

use alongside::licence::model::{Command, State};
use alongside::programme::kind::ProgrammeType;
use serde_json::{Value, json};
use tests::licences::{Licence, Stage, licence};
use tests::{World, given, on_both_databases};

use super::{Staff, step};
use crate::network::Dice;

/// How many walks of how many steps are made on each engine.
const WALKS: usize = 6;
const STEPS: usize = 40;

/// What a step of a walk asks for.
const ASKED: [&str; 9] = [
    "licenceSubmit",
    "licenceBeginReview",
    "licenceWithdraw",
    "licenceDecline",
    "licenceSuspend",
    "licenceReinstate",
    "licenceProposeRevocation",
    "licenceConfirmRevocation",
    "licenceSurrender",
];

/// What the model knows: the state, and whether a revocation stands proposed.
struct Model {
    state: State,
    proposed: bool,
}

impl Model {
    /// Takes the step; gives the code of its refusal.
    fn take(&mut self, field: &str) -> Option<&'static str> {
        let command = match field {
            "licenceSubmit" => Command::Submit,
            "licenceBeginReview" => Command::BeginReview,
            "licenceWithdraw" => Command::Withdraw,
            "licenceDecline" => Command::Decline,
            "licenceSuspend" => Command::Suspend,
            "licenceReinstate" => Command::Reinstate,
            "licenceSurrender" => Command::Surrender,
            _ => Command::Revoke,
        };
        let Some(next) = self.state.after(command) else { return Some("CONFLICT") };
        match field {
            "licenceProposeRevocation" => self.proposed = true,
            "licenceConfirmRevocation" if !self.proposed => return Some("NOTHING_PROPOSED"),
            "licenceReinstate" => (self.state, self.proposed) = (next, false),
            _ => self.state = next,
        }
        None
    }
}

fn input(field: &str) -> Value {
    match field {
        "licenceDecline" | "licenceReinstate" | "licenceSurrender" => {
            json!({ "reason": "A test." })
        }
        "licenceSuspend" | "licenceProposeRevocation" => {
            json!({ "reason": "A test.", "publicReason": "A test." })
        }
        _ => json!({}),
    }
}

on_both_databases! {
    async fn random_walks_end_where_the_model_says(world: World) {
        let mut dice = Dice::new(4);
        let mut taken = 0;
        for walk in 0..WALKS {
            let holder = given::organisation(&world).active().register().await;
            let staff = Staff::of(&world, &holder).await;
            let (stage, state) = *dice.pick(&[(Stage::Draft, State::Draft), (Stage::Granted, State::Granted)]);
            let mut walked = licence(&world, &holder).of(&[ProgrammeType::Leadership]).up_to(stage).await;
            let mut model = Model { state, proposed: false };
            for _ in 0..STEPS {
                let field = *dice.pick(&ASKED);
                let token = match field {
                    "licenceSubmit" | "licenceWithdraw" | "licenceSurrender" => &staff.signatory,
                    "licenceBeginReview" | "licenceDecline" | "licenceProposeRevocation" => &staff.officer,
                    _ => &staff.quality,
                };
                let reply = step(&world, token, field, &mut walked, input(field)).await;
                let refused = model.take(field);
                let codes = reply.codes();
                match refused {
                    None => assert!(codes.is_empty(), "walk {walk}: {field}: {}", reply.body()),
                    Some("CONFLICT") => assert!(codes.contains(&"CONFLICT"), "walk {walk}: {field}: {}", reply.body()),
                    Some(code) => assert_eq!(codes, [code], "walk {walk}: {field}"),
                }
                taken += usize::from(refused.is_none());
                assert_state(&world, &walked, model.state).await;
            }
        }
        assert!(taken > WALKS, "{taken} steps were taken");
    }
}

async fn assert_state(world: &World, licence: &Licence, state: State) {
    let row = format!(
        "id = {} and state = '{}' and version = {}",
        world.uuid(licence.id),
        state.code(),
        licence.version
    );
    assert_eq!(world.database.eye.rows_where("licence", &row).await, 1, "{row}");
}
