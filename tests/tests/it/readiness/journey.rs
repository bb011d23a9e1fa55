//! From an unknown organisation to a conditional licence with its conditions, with a refusal at each step.

use alongside::actor::demo_issuer::DemoIssuer;
use alongside::actor::{GrantScope, Role};
use alongside::graphql::ids;
use serde_json::{Value, json};
use tests::readiness::{REVIEWER, VALIDATOR, crew, reviewer_id};
use tests::world::Reply;
use tests::{World, on_both_databases, uploads};
use uuid::Uuid;

use super::{id_of, indicators, read};

/// The worked example: the scores of each domain in its order.
const WORKED: [[i32; 4]; 8] = [
    [2, 2, 1, 2],
    [2, 2, 2, 1],
    [3, 2, 2, 2],
    [2, 2, 2, 1],
    [2, 2, 2, 2],
    [2, 1, 2, 2],
    [2, 2, 1, 1],
    [2, 2, 1, 2],
];

/// A step that is refused with this code and writes nothing.
async fn refused(
    world: &World,
    token: Option<&str>,
    name: &str,
    input: &Value,
    code: &str,
) -> Reply {
    let before = world.database.eye.contents().await;
    let reply = world.mutate(token, name, "", input.clone()).await;
    assert_eq!(reply.codes(), [code], "{name}: {}", reply.body());
    let changes = world.database.eye.contents().await.changes_since(&before);
    assert_eq!(changes, [] as [String; 0], "{name}");
    reply
}

/// `input` with other fields.
fn with(input: &Value, more: Value) -> Value {
    let mut input = input.clone();
    input.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    input
}

/// The organisation from its first sight on, with its people.
struct Newcomer {
    id: Uuid,
    global: String,
    coordinator: String,
    signatory: String,
}

/// Nobody knows it; an officer registers it, verifies its identifier, takes it in and names its people.
async fn newcomer(world: &World) -> Newcomer {
    let officer = world.officer();
    let lookup =
        "{ organisationLookup(ods: \"zz9 \") { isWellFormed odsCode organisation { name } } }";
    let found = world.data(None, lookup, json!({})).await;
    assert_eq!(
        found["organisationLookup"],
        json!({ "isWellFormed": true, "odsCode": "ZZ9", "organisation": null })
    );
    let register = json!({
        "name": "Fictional Ninth Trust", "kind": "NHS_TRUST", "boardId": world.board_id("QE1").await,
        "identifiers": [{ "scheme": "ODS", "value": "ZZ9" }], "delivers": true,
    });
    refused(
        world,
        Some(&world.coordinator(&world.a)),
        "organisationRegister",
        &register,
        "FORBIDDEN",
    )
    .await;
    let reply =
        world.mutate(Some(&officer), "organisationRegister", "organisation { id }", register).await;
    let global = reply.done("organisation")["id"].as_str().expect("an id").to_owned();
    let activate = json!({ "id": global, "expectedVersion": 1 });
    refused(world, Some(&officer), "organisationActivate", &activate, "IDENTIFIER_NOT_VERIFIED")
        .await;
    let verify = with(&activate, json!({ "scheme": "ODS", "value": "ZZ9" }));
    world.mutate(Some(&officer), "organisationIdentifierVerify", "", verify).await.done("impact");
    let activate = with(&activate, json!({ "expectedVersion": 2 }));
    world.mutate(Some(&officer), "organisationActivate", "", activate).await.done("impact");
    let id = ids::decode("org", &global).expect("an id");
    for (role, subject) in [("PCO", "coordinator of the ninth"), ("PSG", "signatory of the ninth")]
    {
        let give = json!({
            "role": role, "scopeType": "ORGANISATION", "scopeId": global,
            "account": { "issuer": DemoIssuer::NAME, "subject": subject, "label": "A test" },
        });
        refused(world, Some(&world.coordinator(&world.a)), "roleGrantGive", &give, "FORBIDDEN")
            .await;
        world.mutate(Some(&officer), "roleGrantGive", "", give).await.done("impact");
    }
    Newcomer {
        id,
        global,
        coordinator: world.token_of("coordinator of the ninth"),
        signatory: world.token_of("signatory of the ninth"),
    }
}

/// The answers of the worked example; `but` changes some.
fn answers(indicators: &[(String, String)], but: &[(&str, i32)]) -> Vec<Value> {
    let scores = WORKED.iter().flatten();
    let of = |((code, id), score): (&(String, String), &i32)| {
        let score = but.iter().find(|(other, _)| other == code).map_or(*score, |(_, score)| *score);
        json!({ "indicatorId": id, "score": score })
    };
    indicators.iter().zip(scores).map(of).collect()
}

/// Sends a file and attaches it to an indicator.
async fn evidence(world: &World, of: &Newcomer, (assessment, indicator): (&str, &str), seed: u8) {
    let bytes = uploads::pdf(seed, 200);
    let tenant = tests::Tenant { id: of.id, name: String::new(), ods: String::new() };
    let input = uploads::input(&tenant, "Evidence.pdf", "application/pdf", &bytes);
    let reply = uploads::announce(world, &of.coordinator, input).await;
    let upload = reply.done("stagedUpload")["id"].as_str().expect("an id").to_owned();
    let attach = json!({
        "assessmentId": assessment, "indicatorId": indicator, "title": "Seen", "uploadId": upload,
    });
    // Nothing is there yet.
    if seed == 0 {
        refused(world, Some(&of.coordinator), "readinessEvidenceAttach", &attach, "CONFLICT").await;
    }
    let sent = uploads::send(world, &of.coordinator, &upload, &bytes).await;
    assert_eq!(sent.status().as_u16(), 201);
    world.mutate(Some(&of.coordinator), "readinessEvidenceAttach", "", attach).await.done("impact");
}

/// Answers, evidence and a plan, up to the signature; gives the assessment with its version.
async fn assessed(world: &World, of: &Newcomer) -> (String, i64) {
    let (instrument, indicators) = indicators(world).await;
    let start = json!({
        "organisationId": of.global, "instrumentId": instrument, "raters": ["MANAGER"],
    });
    refused(world, Some(&world.coordinator(&world.a)), "readinessStart", &start, "NOT_FOUND").await;
    let entity = "assessment { id version raters { id version } instrument { domains { indicators { prompt } } } }";
    let reply = world.mutate(Some(&of.coordinator), "readinessStart", entity, start.clone()).await;
    let begun = reply.done("assessment").clone();
    let id = begun["id"].as_str().expect("an id").to_owned();
    let domains = begun["instrument"]["domains"].as_array().expect("domains");
    let prompts = domains
        .iter()
        .filter_map(|domain| domain["indicators"].as_array())
        .map(Vec::len)
        .sum::<usize>();
    assert_eq!(prompts, 32);
    refused(world, Some(&of.coordinator), "readinessStart", &start, "ASSESSMENT_OPEN").await;
    let submit = json!({ "id": id, "expectedVersion": 1 });
    let early = world.mutate(Some(&of.signatory), "readinessSubmit", "", submit.clone()).await;
    assert_eq!(early.codes(), ["RATERS_REQUIRED", "ANSWERS_MISSING"]);
    let add = json!({ "assessmentId": id, "perspective": "SERVICE_USER" });
    world.mutate(Some(&of.coordinator), "readinessRaterAdd", "", add).await.done("impact");
    let raters = read(world, &of.coordinator, &id).await["raters"].clone();
    for (place, but) in [(0, &[("1.3", 3)][..]), (1, &[])] {
        let rater = &raters[place];
        let input = json!({
            "raterId": rater["id"], "expectedVersion": rater["version"], "answers": answers(&indicators, but),
        });
        let high =
            with(&input, json!({ "answers": [{ "indicatorId": indicators[0].1, "score": 4 }] }));
        refused(world, Some(&of.coordinator), "readinessAnswerSet", &high, "INVALID").await;
        let reply = world.mutate(Some(&of.coordinator), "readinessAnswerSet", "", input).await;
        assert_eq!(*reply.done("impact"), json!(["indicators without an answer: 0"]));
    }
    let report = "query($id: ID!) { readinessReport(assessmentId: $id) { own { overall outcome lacksForConditional }
        reviewed { overall } unanswered { codes } disagreements { lowest highest indicator { code } } forecast { outcome needsPlan } } }";
    let told = world.data(Some(&of.coordinator), report, json!({ "id": id })).await;
    // One rater scores 1.3 two points higher: the mean is one higher, of twelve in a domain of weight 12.
    let expected = json!({
        "own": { "overall": 6183, "outcome": "NOT_READY", "lacksForConditional": ["no action plan with dates"] },
        "reviewed": null,
        "unanswered": [{ "codes": [] }, { "codes": [] }],
        "disagreements": [{ "lowest": 1, "highest": 3, "indicator": { "code": "1.3" } }],
        "forecast": { "outcome": "CONDITIONAL", "needsPlan": true },
    });
    assert_eq!(told["readinessReport"], expected);
    let hidden = world.data(Some(&world.coordinator(&world.a)), report, json!({ "id": id })).await;
    assert_eq!(hidden["readinessReport"], Value::Null);
    let version = read(world, &of.coordinator, &id).await["version"].clone();
    let unproven = with(&submit, json!({ "expectedVersion": version }));
    let missing = world.mutate(Some(&of.signatory), "readinessSubmit", "", unproven).await;
    assert_eq!(missing.codes(), ["EVIDENCE_REQUIRED"]);
    for (seed, code) in (0..).zip(["1.1", "2.3", "3.1", "4.2", "5.1", "6.1", "6.4", "8.1", "8.2"]) {
        evidence(world, of, (&id, id_of(&indicators, code)), seed).await;
    }
    let plan = json!({
        "assessmentId": id, "indicatorId": id_of(&indicators, "6.2"), "text": "Set the ratio of supervision.",
        "ownerTitle": "Peer lead", "dueOn": "2026-08-01",
    });
    let past = with(&plan, json!({ "dueOn": "2026-04-30" }));
    refused(world, Some(&of.coordinator), "readinessActionAdd", &past, "INVALID").await;
    world.mutate(Some(&of.coordinator), "readinessActionAdd", "", plan).await.done("impact");
    // What was read before it was answered is not signed.
    refused(world, Some(&of.signatory), "readinessSubmit", &submit, "CONFLICT").await;
    let version = read(world, &of.coordinator, &id).await["version"].as_i64().expect("a version");
    let submit = with(&submit, json!({ "expectedVersion": version }));
    refused(world, Some(&of.coordinator), "readinessSubmit", &submit, "FORBIDDEN").await;
    let reply = world
        .mutate(
            Some(&of.signatory),
            "readinessSubmit",
            "assessment { status version selfScore }",
            submit,
        )
        .await;
    assert_eq!(
        *reply.done("assessment"),
        json!({ "status": "SELF_SUBMITTED", "version": version + 1, "selfScore": 6183 })
    );
    (id, version + 1)
}

/// A reviewer scores it, a quality lead validates it.
async fn validated(world: &World, of: &Newcomer, (id, version): (String, i64)) {
    crew(world).await;
    let (lead, reviewer) = (world.token_of(VALIDATOR), world.token_of(REVIEWER));
    let (_, indicators) = indicators(world).await;
    let at = |version: i64| json!({ "id": id, "expectedVersion": version });
    let score = with(&at(version), json!({ "scores": answers(&indicators, &[]) }));
    refused(world, Some(&reviewer), "readinessScoreSet", &score, "NOT_FOUND").await;
    let assign = with(&at(version), json!({ "reviewerAccountId": reviewer_id() }));
    refused(world, Some(&of.signatory), "readinessAssign", &assign, "FORBIDDEN").await;
    world.mutate(Some(&lead), "readinessAssign", "", assign).await.done("impact");
    let open = world.mutate(Some(&lead), "readinessValidate", "", at(version + 1)).await;
    assert_eq!(open.codes(), ["SCORES_MISSING"]);
    let score = with(&score, json!({ "expectedVersion": version + 1 }));
    world.mutate(Some(&reviewer), "readinessScoreSet", "", score).await.done("impact");
    refused(world, Some(&reviewer), "readinessValidate", &at(version + 2), "FORBIDDEN").await;
    let entity = "assessment { status outcome score validTo }";
    let reply = world.mutate(Some(&lead), "readinessValidate", entity, at(version + 2)).await;
    let expected = json!({ "status": "CURRENT", "outcome": "CONDITIONAL", "score": 6083, "validTo": "2026-11-01" });
    assert_eq!(*reply.done("assessment"), expected);
    let found = read(world, &of.coordinator, &id).await;
    let lacking = json!([{
        "outcome": "READY", "rule": "OVERALL", "needed": 7000, "found": 6083, "domain": null, "indicator": null,
    }]);
    assert_eq!(found["findings"], lacking);
}

on_both_databases! {
    async fn from_an_unknown_organisation_to_a_conditional_licence(world: World) {
        let of = newcomer(&world).await;
        let open = assessed(&world, &of).await;
        validated(&world, &of, open).await;
        let officer = world.officer();
        world.grant_to("the second officer", Role::LicensingOfficer, GrantScope::Nation).await;
        let draft = json!({
            "organisationId": of.global, "tier": "FULL_DELIVERY", "programmeTypes": ["PEER_SUPPORT_WORKER"],
        });
        refused(&world, Some(&world.coordinator(&world.a)), "licenceDraft", &draft, "NOT_FOUND").await;
        let reply = world.mutate(Some(&of.coordinator), "licenceDraft", "licence { id }", draft.clone()).await;
        let id = reply.done("licence")["id"].as_str().expect("an id").to_owned();
        let at = |version: i32| json!({ "id": id, "expectedVersion": version });
        let told = refused(&world, Some(&of.signatory), "licenceSubmit", &at(1), "READINESS_INSUFFICIENT").await;
        let words = told.payload()["userErrors"][0]["message"].as_str().expect("words").to_owned();
        assert!(words.ends_with("for READY it lacks: overall 6083, needs 7000"), "{words}");
        let less = with(&at(1), json!({ "tier": "CO_DELIVERY", "programmeTypes": ["PEER_SUPPORT_WORKER"] }));
        world.mutate(Some(&of.coordinator), "licenceAmendDraft", "", less).await.done("impact");
        refused(&world, Some(&of.coordinator), "licenceSubmit", &at(2), "FORBIDDEN").await;
        world.mutate(Some(&of.signatory), "licenceSubmit", "", at(2)).await.done("impact");
        world.mutate(Some(&officer), "licenceBeginReview", "", at(3)).await.done("impact");
        let propose = with(&at(4), json!({ "validFrom": "2026-06-01", "reason": "A test." }));
        let late = with(&propose, json!({ "validFrom": "2026-11-02" }));
        refused(&world, Some(&officer), "licenceProposeGrant", &late, "READINESS_OUTDATED").await;
        let reply = world.mutate(Some(&officer), "licenceProposeGrant", "", propose).await;
        assert_eq!(*reply.done("impact"), json!(["from 2026-06-01 to before 2026-12-01; by 2026-08-01: Set the ratio of supervision."]));
        refused(&world, Some(&officer), "licenceConfirmGrant", &at(5), "SEPARATION_OF_DUTIES").await;
        let second = world.token_of("the second officer");
        world.mutate(Some(&second), "licenceConfirmGrant", "", at(5)).await.done("impact");
        let document = "query($id: ID!) { licence(by: { id: $id }) { status tier validFrom validTo readinessOutcome
            readinessInstrument readinessAssessment { score } conditions { nodes { text dueOn state } } } }";
        let found = world.data(Some(&of.coordinator), document, json!({ "id": id })).await;
        let expected = json!({
            "status": "GRANTED", "tier": "CO_DELIVERY", "validFrom": "2026-06-01", "validTo": "2026-12-01",
            "readinessOutcome": "CONDITIONAL", "readinessInstrument": "ORG-READY@1.0",
            "readinessAssessment": { "score": 6083 },
            "conditions": { "nodes": [{ "text": "Set the ratio of supervision.", "dueOn": "2026-08-01", "state": "OPEN" }] },
        });
        assert_eq!(found["licence"], expected);
        let others = world.data(Some(&world.coordinator(&world.a)), "query($id: ID!) { licence(by: { id: $id }) {
            status readinessAssessment { score } conditions { nodes { text } } } }", json!({ "id": id })).await;
        let shown = json!({ "status": "GRANTED", "readinessAssessment": null, "conditions": { "nodes": [] } });
        assert_eq!(others["licence"], shown);
        let told = world.database.eye.rows_where("outbox_event", "kind = 'licence.granted'").await;
        assert_eq!(told, 1);
    }
}
