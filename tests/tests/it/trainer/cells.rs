//! Every cell of state, step and role: what may be done is said once, here, and asked of the service.

use alongside::actor::{GrantScope, Role};
use alongside::graphql::ids;
use alongside::programme::kind::ProgrammeType;
use alongside::trainer::model::{Level, State};
use serde_json::{Value, json};
use tests::people::{accreditation, linked, person, trainer_of};
use tests::{World, on_both_databases};

/// The steps of the API with what each needs, and the states from which each exists.
const STEPS: [(&str, &str, &[&str]); 6] = [
    ("Observe", "AL", &["APPLIED"]),
    ("Grant", "Q", &["OBSERVED"]),
    ("Suspend", "Q", &["ACCREDITED"]),
    ("Reinstate", "Q", &["SUSPENDED"]),
    ("Withdraw", "Q", &["APPLIED", "OBSERVED", "SUSPENDED"]),
    ("Resign", "T", &["APPLIED", "OBSERVED", "ACCREDITED", "SUSPENDED"]),
];

/// Whoever asks: a name, and what they are told of what they may not do. `A` and `Q` stand for who may
/// (`L` and `Q` in the steps), `T` for the trainer.
const ASKERS: [(&str, char, &str); 10] = [
    ("lead of A", 'L', "FORBIDDEN"),
    ("quality lead", 'Q', "FORBIDDEN"),
    ("the trainer", 'T', "FORBIDDEN"),
    ("coordinator of A", '-', "FORBIDDEN"),
    ("signatory of A", '-', "FORBIDDEN"),
    ("licensing officer", '-', "FORBIDDEN"),
    ("lead of B", '-', "NOT_FOUND"),
    ("trainer of B", '-', "NOT_FOUND"),
    ("coordinator of B", '-', "FORBIDDEN"),
    ("the public", '-', "FORBIDDEN"),
];

/// What is told: the cell of the table.
fn cell(asker: (&str, char, &str), step: (&str, &str, &[&str]), state: &str) -> &'static str {
    let (name, letter, _) = asker;
    let (command, who, states) = step;
    let holds = match command {
        "Observe" => "LQ",
        _ => who,
    };
    // Who holds the permission nowhere is told so at once; who holds it elsewhere, that nothing is there.
    let elsewhere = match (name, command) {
        ("lead of B", "Observe" | "Resign") | ("trainer of B", "Resign") => Some("NOT_FOUND"),
        ("lead of A", "Resign") => Some("FORBIDDEN"),
        _ => None,
    };
    if let Some(told) = elsewhere {
        return told;
    }
    match (holds.contains(letter), states.contains(&state)) {
        (true, true) => "",
        (true, false) => "CONFLICT",
        (false, _) => "FORBIDDEN",
    }
}

async fn token(world: &World, name: &str) -> Option<String> {
    Some(match name {
        "lead of A" => world.grant(Role::LeadTrainer, Some(world.a.id)).await,
        "lead of B" => world.grant(Role::LeadTrainer, Some(world.b.id)).await,
        "trainer of B" => world.grant(Role::Trainer, Some(world.b.id)).await,
        "signatory of A" => world.grant(Role::PartnerSignatory, Some(world.a.id)).await,
        "coordinator of A" => world.coordinator(&world.a),
        "coordinator of B" => world.coordinator(&world.b),
        "quality lead" => world.token(Role::QualityLead, None),
        "licensing officer" => world.officer(),
        "the trainer" => world.token_of("ash"),
        _ => return None,
    })
}

fn input(step: &str, id: &str, version: i32) -> Value {
    let mut input = json!({ "id": id, "expectedVersion": version });
    match step {
        "Observe" => input["observedOn"] = "2026-05-01".into(),
        "Suspend" => input["reason"] = "A test.".into(),
        _ => {}
    }
    input
}

on_both_databases! {
    async fn every_cell_of_state_step_and_role_says_what_the_table_says(world: World) {
        let mut ash = person(&world, "Ash", Some(&world.a)).await;
        linked(&world, &mut ash, "ash").await;
        let teacher = trainer_of(&world, ash, &world.a).await;
        world.grant_to("ash", Role::Trainer, GrantScope::Organisation(world.a.id)).await;
        let types = [ProgrammeType::PeerSupportWorker, ProgrammeType::Supervisor, ProgrammeType::Volunteer, ProgrammeType::FamilyAmbassador, ProgrammeType::Specialist, ProgrammeType::Leadership];
        let levels = [Level::Associate, Level::Trainer, Level::Lead, Level::Mentor];
        let mut free = types.into_iter().flat_map(|ty| levels.map(|level| (ty, level)));
        let states = [State::Applied, State::Observed, State::Accredited, State::Suspended, State::Withdrawn];
        let mut ready = Vec::new();
        for state in states {
            let of = free.next().expect("a type and level");
            let (id, version) = accreditation(&world, &teacher, of, state).await;
            ready.push((state, id, version));
        }
        let mut asked = 0;
        for asker in ASKERS {
            let token = token(&world, asker.0).await;
            for step in STEPS {
                for (state, id, version) in &ready {
                    let expected = cell(asker, step, state.code());
                    let mut input = input(step.0, &ids::encode("tac", *id), *version);
                    // What may be done is tried where it can be, so that the state stays.
                    let dry = matches!(step.0, "Suspend" | "Withdraw" | "Resign");
                    if expected.is_empty() && !dry {
                        continue;
                    }
                    if dry {
                        input["dryRun"] = true.into();
                    }
                    let field = format!("trainerAccreditation{}", step.0);
                    let reply = world.mutate(token.as_deref(), &field, "", input).await;
                    let codes = reply.codes();
                    let first = codes.first().copied().unwrap_or_default();
                    assert_eq!(first, expected, "{} {} {}: {}", asker.0, step.0, state.code(), reply.body());
                    asked += 1;
                }
            }
        }
        assert!(asked > 280, "{asked}");
        // The steps that cannot be tried only, each by everyone who may.
        for (name, state, by) in [
            ("Observe", State::Applied, "lead of A"), ("Observe", State::Applied, "quality lead"),
            ("Grant", State::Observed, "quality lead"), ("Reinstate", State::Suspended, "quality lead"),
            ("Resign", State::Accredited, "the trainer"), ("Withdraw", State::Suspended, "quality lead"),
            ("Suspend", State::Accredited, "quality lead"),
        ] {
            let (id, version) = accreditation(&world, &teacher, free.next().expect("free"), state).await;
            let token = token(&world, by).await;
            let input = input(name, &ids::encode("tac", id), version);
            let reply = world.mutate(token.as_deref(), &format!("trainerAccreditation{name}"), "accreditation { version }", input).await;
            assert_eq!(reply.done("accreditation")["version"], version + 1, "{name} by {by}");
        }
    }
}
