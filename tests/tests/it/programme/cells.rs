//! Every step of a version, taken by everyone from every state, against a table of the tests' own.

use alongside::actor::Role;
use serde_json::{Value, json};
use tests::curricula::{Curriculum, Standing, curriculum};
use tests::{Tenant, World, on_both_databases};
use uuid::Uuid;

use super::{amendment, competence};

/// A step as the API has it.
const STEPS: [&str; 6] = [
    "programmeVersionAmend",
    "programmeVersionSetModules",
    "competenceMap",
    "competenceUnmap",
    "programmeVersionPublish",
    "programmeVersionRetire",
];

fn input(step: &str, of: &Curriculum, standing: Standing) -> Value {
    let version = standing.version();
    let module = of.module_id(0);
    match step {
        "programmeVersionAmend" => amendment(of, version),
        "programmeVersionSetModules" => {
            json!({ "id": of.id(), "expectedVersion": version, "modules": [{ "number": 1 }] })
        }
        "competenceMap" => json!({
            "moduleId": module, "expectedVersion": version,
            "competences": [{ "competenceId": competence(of.unmapped), "depth": "PRACTISED" }],
        }),
        "competenceUnmap" => json!({
            "moduleId": module, "expectedVersion": version,
            "competenceIds": [competence(of.mapped)],
        }),
        "programmeVersionPublish" => json!({ "id": of.id(), "expectedVersion": version }),
        _ => json!({ "id": of.id(), "expectedVersion": version, "reason": "A test." }),
    }
}

/// Somebody with one role, for the nation or in an organisation; nobody without a role.
#[derive(Clone, Debug)]
struct Somebody {
    role: Option<Role>,
    of: Option<Uuid>,
}

/// What is promised, in words of the tests' own.
fn promised(step: &str, who: &Somebody, owner: Option<Uuid>, standing: Standing) -> &'static str {
    let Some(role) = who.role else { return "FORBIDDEN" };
    let national = who.of.is_none();
    let own = who.of.is_some() && who.of == owner;
    let publishes = matches!(step, "programmeVersionPublish" | "programmeVersionRetire");
    let takes_part = match role {
        Role::QualityLead => national,
        Role::LeadTrainer | Role::PartnerCoordinator => !publishes,
        _ => false,
    };
    if !takes_part {
        return "FORBIDDEN";
    }
    if standing == Standing::Draft && !national && !own {
        return "NOT_FOUND";
    }
    if !national && !own {
        return "FORBIDDEN";
    }
    match (standing, step) {
        (Standing::Draft, "programmeVersionRetire") => "CONFLICT",
        (Standing::Draft, _) | (Standing::Published, "programmeVersionRetire") => "",
        _ => "CONFLICT",
    }
}

async fn everybody(world: &World) -> Vec<(Somebody, Option<String>)> {
    let mut everybody = vec![(Somebody { role: None, of: None }, None)];
    for role in tests::world::NATIONAL {
        everybody.push((Somebody { role: Some(role), of: None }, Some(world.token(role, None))));
    }
    for tenant in [&world.a, &world.b] {
        let Tenant { id, .. } = tenant;
        everybody.push((
            Somebody { role: Some(Role::PartnerCoordinator), of: Some(*id) },
            Some(world.coordinator(tenant)),
        ));
        for role in [Role::LeadTrainer, Role::Trainer, Role::PartnerSignatory] {
            let token = world.grant(role, Some(*id)).await;
            everybody.push((Somebody { role: Some(role), of: Some(*id) }, Some(token)));
        }
    }
    everybody
}

on_both_databases! {
    async fn every_step_is_taken_by_whom_and_whence_it_may_be(world: World) {
        let everybody = everybody(&world).await;
        let mut cells = 0;
        for owner in [Some(world.a.id), None] {
            for standing in Standing::ALL {
                let mut at = curriculum(&world, owner, standing).await;
                for step in STEPS {
                    for (who, token) in &everybody {
                        let reply = world.mutate(token.as_deref(), step, "programmeVersion { version }", input(step, &at, standing)).await;
                        let expected = promised(step, who, owner, standing);
                        let codes = reply.codes().join(" ");
                        assert_eq!(codes, expected, "{step} by {who:?} of {owner:?} from {standing:?}: {}", reply.body());
                        if expected.is_empty() {
                            assert_eq!(reply.payload()["programmeVersion"]["version"], standing.version() + 1);
                            at = curriculum(&world, owner, standing).await;
                        }
                        cells += 1;
                    }
                }
            }
        }
        assert_eq!(cells, 2 * 3 * 6 * 15);
    }
}
