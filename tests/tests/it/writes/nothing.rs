//! What is refused, or only tried, writes nothing.

use std::collections::BTreeSet;

use alongside::actor::{GrantScope, Role};
use alongside::graphql::ids;
use serde_json::{Value, json};
use tests::curricula::{Standing, curriculum};
use tests::{Tenant, World, given, on_both_databases};
use uuid::Uuid;

use super::contents;

/// An input for every mutation by its name, each valid on organisations of its own.
struct Samples {
    inputs: Vec<(&'static str, Value)>,
    organisations: Vec<Tenant>,
}

/// The samples. A mutation without one fails
/// [`every_mutation_has_a_sample_that_the_licensing_officer_may_make`].
async fn samples(world: &World) -> Samples {
    let prospect = given::organisation(world).register().await;
    let unverified = given::organisation(world).unverified().register().await;
    let active = given::organisation(world).active().register().await;
    let ending = given::organisation(world).active().register().await;
    let renamed = given::organisation(world).register().await;
    let moved = given::organisation(world).register().await;
    let merged = given::organisation(world).active().register().await;
    let merging = given::organisation(world).active().register().await;
    let split = given::organisation(world).in_a_split_board().register().await;
    let (place, place_version) = world.board_assignment(&split).await;
    let differing = given::organisation(world).register().await;
    let proposal = given::proposal(world, &differing, "ZZ99 9ZZ").await;
    let (elsewhere, candidate) = (world.board_id("QJK").await, world.board_id("T6Y0W").await);
    let registration = json!({ "name": "Newly registered", "kind": "CIC" });
    let step = |tenant: &Tenant, version: i64| json!({ "id": tenant.global_id(), "expectedVersion": version });
    let with = |mut input: Value, more: Value| {
        if let (Some(input), Value::Object(more)) = (input.as_object_mut(), more) {
            input.extend(more);
        }
        input
    };
    let inputs = vec![
        ("organisationRegister", registration),
        (
            "organisationIdentifierVerify",
            with(step(&unverified, 1), json!({ "scheme": "ODS", "value": unverified.ods })),
        ),
        ("organisationActivate", step(&prospect, 1)),
        ("organisationMakeDormant", step(&active, 2)),
        (
            "organisationClose",
            with(
                step(&ending, 2),
                json!({ "closedOn": "2026-04-30", "reason": "its contract ended" }),
            ),
        ),
        ("organisationRename", with(step(&renamed, 1), json!({ "name": "Newly named" }))),
        (
            "organisationMoveBoard",
            with(step(&moved, 1), json!({ "boardId": elsewhere, "effectiveOn": "2026-05-01" })),
        ),
        (
            "organisationSucceed",
            json!({
                "kind": "ACQUISITION",
                "predecessorIds": [merged.global_id()],
                "successorIds": [merging.global_id()],
                "effectiveOn": "2026-04-30",
            }),
        ),
        (
            "boardAssignmentChoose",
            json!({ "id": place, "expectedVersion": place_version, "boardId": candidate }),
        ),
        ("changeProposalDecide", json!({ "id": proposal, "expectedVersion": 1, "accept": true })),
    ];
    let organisations = vec![
        prospect, unverified, active, ending, renamed, moved, merged, merging, split, differing,
    ];
    Samples { inputs, organisations }
}

/// An input for each mutation of programmes that the quality lead may make, each of a curriculum of its
/// own.
async fn samples_of_programmes(world: &World) -> Vec<(&'static str, Value)> {
    let mut at = Vec::new();
    for standing in [Standing::Draft; 6].into_iter().chain([Standing::Published]) {
        at.push(curriculum(world, None, standing).await);
    }
    let of =
        |place: usize, version: i32| json!({ "id": at[place].id(), "expectedVersion": version });
    let module = |place: usize| json!({ "moduleId": at[place].module_id(0), "expectedVersion": 4 });
    let with = |mut input: Value, field: &str, value: Value| {
        input[field] = value;
        input
    };
    let unmapped =
        json!([{ "competenceId": ids::encode("cmp", at[4].unmapped), "depth": "ASSESSED" }]);
    let mapped = json!([ids::encode("cmp", at[5].mapped)]);
    vec![
        (
            "programmeCreate",
            json!({ "code": "ZZ-SAMPLE", "type": "VOLUNTEER", "title": "A sample" }),
        ),
        (
            "programmeVersionDraft",
            json!({ "programmeId": at[0].programme_id(), "number": "2.0.0" }),
        ),
        ("programmeVersionAmend", with(of(1, 4), "weeks", json!(3))),
        ("programmeVersionSetModules", with(of(2, 4), "modules", json!([{ "number": 1 }]))),
        ("programmeVersionPublish", of(3, 4)),
        ("competenceMap", with(module(4), "competences", unmapped)),
        ("competenceUnmap", with(module(5), "competenceIds", mapped)),
        ("programmeVersionRetire", with(of(6, 5), "reason", json!("A sample."))),
    ]
}

/// Every sample with the token of who may make it and a selection of its entity.
async fn all_samples(world: &World) -> Vec<(&'static str, Value, String, &'static str)> {
    let (officer, lead) = (world.officer(), world.token(Role::QualityLead, None));
    let inputs = samples(world).await.inputs.into_iter();
    let mut all: Vec<_> = inputs
        .map(|(field, input)| (field, input, officer.clone(), "organisation { id }"))
        .collect();
    for (field, input) in samples_of_programmes(world).await {
        let created = field == "programmeCreate";
        let entity = if created { "programme { id }" } else { "programmeVersion { id }" };
        all.push((field, input, lead.clone(), entity));
    }
    all
}

impl Samples {
    /// Grants `role` in every organisation of the samples, and in both tenants; gives the token.
    async fn grant_everywhere(&self, world: &World, role: Role) -> String {
        let subject = format!("{} everywhere", role.code());
        for tenant in self.organisations.iter().chain([&world.a, &world.b]) {
            world.grant_to(&subject, role, GrantScope::Organisation(tenant.id)).await;
        }
        world.token_of(&subject)
    }
}

/// The names of the register's mutations, and those whose input has `dryRun`.
async fn mutations(world: &World) -> (BTreeSet<String>, BTreeSet<String>) {
    let document = "{ __schema { mutationType { fields { name args { type { ofType { \
         inputFields { name } } } } } } } }";
    let data = world.data(None, document, json!({})).await;
    let fields = data["__schema"]["mutationType"]["fields"].as_array().expect("mutations");
    let name = |field: &Value| field["name"].as_str().expect("a name").to_owned();
    let tries = |field: &&Value| {
        let inputs = field["args"][0]["type"]["ofType"]["inputFields"].as_array();
        inputs.is_some_and(|inputs| inputs.iter().any(|input| input["name"] == "dryRun"))
    };
    let ours = |field: &&Value| {
        let name = name(field);
        OF_THE_REGISTER.iter().any(|start| name.starts_with(start))
            && !name.starts_with("organisationContact")
    };
    let fields: Vec<&Value> = fields.iter().filter(ours).collect();
    let tried = fields.iter().copied().filter(tries).map(name).collect();
    (fields.into_iter().map(name).collect(), tried)
}

/// What the mutations of register and programmes begin with; the matrix tries those of the other aggregates.
const OF_THE_REGISTER: [&str; 5] =
    ["boardAssignment", "changeProposal", "competence", "organisation", "programme"];

on_both_databases! {
    async fn every_mutation_has_a_sample_that_its_officer_may_make(world: World) {
        let samples = all_samples(&world).await;
        let sampled: BTreeSet<String> =
            samples.iter().map(|(field, ..)| (*field).to_owned()).collect();
        assert_eq!(mutations(&world).await.0, sampled);
        for (field, input, token, _) in samples {
            let before = contents(&world).await;
            let reply = world.mutate(Some(&token), field, "", input).await;
            assert_eq!(reply.codes(), [] as [&str; 0], "{field}: {}", reply.body());
            assert_ne!(contents(&world).await.changes_since(&before), [] as [String; 0], "{field}");
        }
    }

    async fn nobody_but_the_licensing_officer_of_the_nation_changes_any_organisation(world: World) {
        let samples = samples(&world).await;
        let mut askers = vec![
            ("the public".to_owned(), None),
            ("an account without a role".to_owned(), Some(world.token_of("nobody"))),
        ];
        for role in Role::ALL {
            let token = samples.grant_everywhere(&world, role).await;
            askers.push((format!("{} of every organisation", role.title()), Some(token)));
            if role.may_be_national() && role != Role::LicensingOfficer {
                askers.push((
                    format!("{} of the nation", role.title()),
                    Some(world.grant(role, None).await),
                ));
            }
        }
        assert_eq!(askers.len(), 2 + 15 + 6);
        let before = contents(&world).await;
        for (asker, token) in askers {
            for (field, input) in &samples.inputs {
                let reply = world.mutate(token.as_deref(), field, "", input.clone()).await;
                assert_eq!(reply.codes(), ["FORBIDDEN"], "{field} by {asker}");
            }
            assert_eq!(contents(&world).await.changes_since(&before), [] as [String; 0], "{asker}");
        }
    }

    async fn what_is_only_tried_writes_nothing(world: World) {
        let samples = all_samples(&world).await;
        let tries = mutations(&world).await.1;
        assert!(tries.len() >= 7, "{tries:?}");
        for (field, mut input, token, entity) in samples {
            if !tries.contains(field) {
                continue;
            }
            input["dryRun"] = true.into();
            input["idempotencyKey"] = "tried".into();
            let before = contents(&world).await;
            let tried = world.mutate(Some(&token), field, entity, input.clone()).await;
            assert_eq!(tried.codes(), [] as [&str; 0], "{field}");
            let shown = entity.split(' ').next().unwrap_or_default();
            assert_eq!(tried.payload()[shown], Value::Null, "{field}");
            assert_eq!(contents(&world).await.changes_since(&before), [] as [String; 0], "{field}");
            // What was tried can then be done, under the same key, and brings what was foretold.
            input["dryRun"] = false.into();
            input["idempotencyKey"] = format!("done {field}").into();
            let done = world.mutate(Some(&token), field, entity, input).await;
            assert_eq!(done.payload()["impact"], tried.payload()["impact"], "{field}");
        }
    }

    async fn a_refused_request_writes_nothing(world: World) {
        let prospect = given::organisation(&world).unverified().register().await;
        let closed_board = world.board_id("QMM").await;
        let (a, b) = (world.a.global_id(), world.b.global_id());
        let nowhere = ids::encode("org", Uuid::max());
        let before = contents(&world).await;
        for (field, input, code) in [
            (
                "organisationRename",
                json!({ "id": a, "expectedVersion": 9, "name": "New" }),
                "CONFLICT",
            ),
            (
                "organisationRename",
                json!({ "id": a, "expectedVersion": 1, "name": world.a.name }),
                "UNCHANGED",
            ),
            (
                "organisationRename",
                json!({ "id": a, "expectedVersion": 1, "name": " " }),
                "INVALID",
            ),
            (
                "organisationRename",
                json!({
                    "id": a, "expectedVersion": 1, "name": "New", "effectiveOn": "2020-01-01",
                }),
                "DATE_BEFORE_RECORDED_FACT",
            ),
            (
                "organisationRename",
                json!({ "id": nowhere, "expectedVersion": 1, "name": "New" }),
                "NOT_FOUND",
            ),
            (
                "organisationRegister",
                json!({
                    "name": "New",
                    "kind": "CIC",
                    "identifiers": [{ "scheme": "ODS", "value": world.b.ods }],
                }),
                "IDENTIFIER_TAKEN",
            ),
            (
                "organisationRegister",
                json!({ "name": "New", "kind": "NHS_TRUST" }),
                "BOARD_REQUIRED",
            ),
            (
                "organisationRegister",
                json!({ "name": "New", "kind": "NHS_TRUST", "boardId": closed_board }),
                "BOARD_NOT_IN_FORCE",
            ),
            (
                "organisationActivate",
                json!({ "id": prospect.global_id(), "expectedVersion": 1 }),
                "IDENTIFIER_NOT_VERIFIED",
            ),
            ("organisationMakeDormant", json!({ "id": b, "expectedVersion": 1 }), "CONFLICT"),
            (
                "organisationClose",
                json!({
                    "id": b, "expectedVersion": 1, "closedOn": "2026-04-30", "reason": "ended",
                }),
                "CONFLICT",
            ),
            (
                "organisationSucceed",
                json!({
                    "kind": "MERGER",
                    "predecessorIds": [a],
                    "successorIds": [a],
                    "effectiveOn": "2026-04-30",
                }),
                "SUCCESSION_CYCLE",
            ),
            (
                "organisationIdentifierVerify",
                json!({ "id": a, "expectedVersion": 1, "scheme": "ODS", "value": world.b.ods }),
                "IDENTIFIER_TAKEN",
            ),
        ] {
            let mut input = input;
            input["idempotencyKey"] = "refused".into();
            let reply =
                world.mutate(Some(&world.officer()), field, "organisation { id }", input).await;
            assert!(reply.codes().contains(&code), "{field}: {code}, not {}", reply.body());
            assert_eq!(reply.payload()["organisation"], Value::Null);
            if code == "IDENTIFIER_TAKEN" && field == "organisationIdentifierVerify" {
                assert_eq!(reply.payload()["userErrors"][0]["path"], json!(["input", "value"]));
            }
            let changes = contents(&world).await.changes_since(&before);
            assert_eq!(changes, [] as [String; 0], "{field}: {code}");
        }
    }
}
