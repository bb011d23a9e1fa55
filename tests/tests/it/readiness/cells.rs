//! Every state, step and role: done where the table says, refused elsewhere.

use alongside::actor::Role;
use alongside::graphql::ids;
use alongside::readiness::model::{Assessment, State};
use alongside::readiness::score::Outcome;
use serde_json::{Value, json};
use tests::readiness::{
    REVIEWER, Stage, VALIDATOR, assessment, first_rater, reviewer_id, stands_at,
};
use tests::{Tenant, World, given, on_both_databases};

use super::{admit, id_of, indicators};

/// A step with who takes it, and the states from which it exists.
const STEPS: [(&str, &[Who], &[State]); 8] = [
    ("readinessAnswerSet", &[Who::Coordinator, Who::Signatory], &[State::Draft, State::Returned]),
    ("readinessSubmit", &[Who::Signatory], &[State::Draft, State::Returned]),
    (
        "readinessWithdraw",
        &[Who::Coordinator, Who::Signatory],
        &[State::Draft, State::Returned, State::SelfSubmitted],
    ),
    ("readinessAssign", &[Who::Lead], &[State::SelfSubmitted, State::InValidation]),
    ("readinessScoreSet", &[Who::Reviewer], &[State::InValidation]),
    ("readinessReturn", &[Who::Lead, Who::Reviewer], &[State::SelfSubmitted, State::InValidation]),
    ("readinessValidate", &[Who::Lead], &[State::InValidation]),
    ("readinessInvalidate", &[Who::Lead], &[State::Validated]),
];

/// One who tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    Coordinator,
    Signatory,
    Reviewer,
    Lead,
    Officer,
    Other,
    Nobody,
}

impl Who {
    const ALL: [Self; 7] = [
        Self::Coordinator,
        Self::Signatory,
        Self::Reviewer,
        Self::Lead,
        Self::Officer,
        Self::Other,
        Self::Nobody,
    ];

    fn token(self, world: &World, of: &Tenant) -> Option<String> {
        match self {
            Self::Coordinator => Some(world.token(Role::PartnerCoordinator, Some(of.id))),
            Self::Signatory => Some(world.token(Role::PartnerSignatory, Some(of.id))),
            Self::Reviewer => Some(world.token_of(REVIEWER)),
            Self::Lead => Some(world.token_of(VALIDATOR)),
            Self::Officer => Some(world.officer()),
            Self::Other => Some(world.coordinator(&world.b)),
            Self::Nobody => None,
        }
    }
}

/// An assessment of `of` in this state, complete enough for every step that exists from it.
async fn in_state(world: &World, of: &Tenant, state: State) -> Assessment {
    let at = async |stage| assessment(world, of.id, Outcome::Conditional, stage).await;
    let then = async |found: Assessment, name: &str, who: Who, more: Value| {
        let mut input =
            json!({ "id": ids::encode("ras", found.id), "expectedVersion": found.version });
        input
            .as_object_mut()
            .expect("an object")
            .extend(more.as_object().expect("an object").clone());
        let reply = world
            .mutate(who.token(world, of).as_deref(), name, "assessment { version }", input)
            .await;
        let version = reply.done("assessment")["version"].as_i64().expect("a version");
        Assessment { version: i32::try_from(version).expect("small"), state, ..found }
    };
    match state {
        State::Draft => at(Stage::Answered).await,
        State::SelfSubmitted => at(Stage::Submitted).await,
        State::InValidation => at(Stage::Scored).await,
        State::Returned => {
            let scored = at(Stage::Scored).await;
            then(scored, "readinessReturn", Who::Lead, json!({ "comment": "A test." })).await
        }
        State::Validated => at(Stage::Validated).await,
        State::Superseded => {
            let first = at(Stage::Validated).await;
            at(Stage::Validated).await;
            Assessment { version: first.version + 1, ..first }
        }
        State::Invalidated => {
            let found = at(Stage::Validated).await;
            then(found, "readinessInvalidate", Who::Lead, json!({ "reason": "A test." })).await
        }
        State::Withdrawn => {
            let found = at(Stage::Answered).await;
            then(found, "readinessWithdraw", Who::Signatory, json!({})).await
        }
    }
}

/// The input of a step.
async fn input(world: &World, name: &str, of: &Assessment, indicator: &str) -> Value {
    let on = json!({ "id": ids::encode("ras", of.id), "expectedVersion": of.version });
    let more = match name {
        "readinessAnswerSet" => {
            let (rater, version) = first_rater(world, of).await;
            return json!({
                "raterId": rater, "expectedVersion": version, "answers": [{ "indicatorId": indicator, "score": 1 }],
            });
        }
        "readinessAssign" => json!({ "reviewerAccountId": reviewer_id() }),
        "readinessScoreSet" => json!({ "scores": [{ "indicatorId": indicator, "score": 1 }] }),
        "readinessReturn" => json!({ "comment": "A test." }),
        "readinessInvalidate" => json!({ "reason": "A test." }),
        _ => json!({}),
    };
    let mut input = on;
    input.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    input
}

on_both_databases! {
    async fn every_state_and_step_and_role_does_what_the_table_says(world: World) {
        let (_, indicators) = indicators(&world).await;
        let indicator = id_of(&indicators, "1.2").to_owned();
        admit(&world, &world.b).await;
        stands_at(&world, world.b.id, Outcome::Ready).await;
        let (mut done, mut refused) = (0, 0);
        for state in State::ALL {
            for (name, takes, from) in STEPS {
                // Every one who must not, on one assessment; then each who may, on one of its own.
                let of = given::organisation(&world).active().register().await;
                world.grant(Role::PartnerCoordinator, Some(of.id)).await;
                world.grant(Role::PartnerSignatory, Some(of.id)).await;
                let found = in_state(&world, &of, *state).await;
                let assigned = found.reviewer_id.is_some();
                let sent = input(&world, name, &found, &indicator).await;
                let before = world.database.eye.contents().await;
                for who in Who::ALL {
                    let may = takes.contains(&who) && (who != Who::Reviewer || assigned);
                    // The one who is assigned already cannot be assigned anew.
                    let exists = from.contains(state) && !(name == "readinessAssign" && assigned);
                    if may && exists {
                        continue;
                    }
                    let reply = world.mutate(who.token(&world, &of).as_deref(), name, "", sent.clone()).await;
                    let sees = match who {
                        Who::Other | Who::Nobody => false,
                        Who::Reviewer => assigned,
                        _ => true,
                    };
                    let holds = takes.contains(&who) || (who == Who::Other && takes.contains(&Who::Coordinator));
                    let expected = match (may, sees, holds) {
                        (true, ..) if name == "readinessAssign" && from.contains(state) => "UNCHANGED",
                        (true, ..) => "CONFLICT",
                        (false, false, true) => "NOT_FOUND",
                        (false, ..) => "FORBIDDEN",
                    };
                    assert_eq!(reply.codes(), [expected], "{name} from {state:?} by {who:?}: {}", reply.body());
                    refused += 1;
                }
                let changes = world.database.eye.contents().await.changes_since(&before);
                assert_eq!(changes, [] as [String; 0], "{name} from {state:?}");
                if let Some(who) = takes.iter().find(|who| **who != Who::Reviewer || assigned)
                    && from.contains(state)
                    && !(name == "readinessAssign" && assigned)
                {
                    let reply = world.mutate(who.token(&world, &of).as_deref(), name, "", sent).await;
                    assert_eq!(reply.codes(), [] as [&str; 0], "{name} from {state:?} by {who:?}: {}", reply.body());
                    done += 1;
                }
            }
        }
        assert!(done >= 12 && refused > 380, "{done} done, {refused} refused");
    }
}
