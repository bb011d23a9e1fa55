//! An input for each mutation of readiness that is right but for who sends it.

use alongside::actor::Role;
use alongside::graphql::ids;
use alongside::readiness::model::Assessment;
use alongside::readiness::score::Outcome;
use alongside::upload::model::Announced;
use alongside::upload::service;
use serde_json::{Value, json};
use tests::licences::as_account;
use tests::readiness::{
    Stage, assessment, draft_instrument, first_rater, first_row, published_instrument, reviewer_id,
};
use tests::{Tenant, World, given};

use super::changes::with_all;

/// The mutations.
const NAMES: [&str; 21] = [
    "readinessActionAdd",
    "readinessActionAmend",
    "readinessActionDrop",
    "readinessActionProgress",
    "readinessAnswerSet",
    "readinessAssign",
    "readinessEvidenceAttach",
    "readinessEvidenceRemove",
    "readinessInstrumentAmend",
    "readinessInstrumentDraft",
    "readinessInstrumentPublish",
    "readinessInstrumentRetire",
    "readinessInvalidate",
    "readinessRaterAdd",
    "readinessRaterWithdraw",
    "readinessReturn",
    "readinessScoreSet",
    "readinessStart",
    "readinessSubmit",
    "readinessValidate",
    "readinessWithdraw",
];

/// The inputs, each on an organisation of its own: it has one open assessment at a time.
pub async fn inputs(world: &World) -> Vec<(&'static str, Value)> {
    let mut inputs = Vec::new();
    for name in NAMES {
        let of = given::organisation(world).active().register().await;
        inputs.push((name, input(world, &of, name).await));
    }
    inputs
}

/// The input of one mutation, on an assessment of `of`, which must be active and have none that is open.
pub async fn input(world: &World, of: &Tenant, name: &str) -> Value {
    let at = async |stage| assessment(world, of.id, Outcome::Conditional, stage).await;
    let why = json!({ "reason": "A test." });
    match name {
        "readinessStart" => json!({
            "organisationId": of.global_id(), "instrumentId": instrument(world).await, "raters": ["CARER"],
        }),
        "readinessRaterAdd" => {
            json!({ "assessmentId": id(&at(Stage::Draft).await), "perspective": "CARER" })
        }
        "readinessRaterWithdraw" => {
            let (rater, version) = first_rater(world, &at(Stage::Draft).await).await;
            json!({ "id": rater, "expectedVersion": version })
        }
        "readinessAnswerSet" => {
            let (rater, version) = first_rater(world, &at(Stage::Draft).await).await;
            let answer = json!({ "indicatorId": indicator(world).await, "score": 1 });
            json!({ "raterId": rater, "expectedVersion": version, "answers": [answer] })
        }
        "readinessSubmit" | "readinessWithdraw" => on(&at(Stage::Answered).await, &json!({})),
        "readinessAssign" => {
            on(&at(Stage::Submitted).await, &json!({ "reviewerAccountId": reviewer_id() }))
        }
        "readinessScoreSet" => {
            let score = json!({ "indicatorId": indicator(world).await, "score": 1 });
            on(&at(Stage::Assigned).await, &json!({ "scores": [score] }))
        }
        "readinessReturn" => on(&at(Stage::Submitted).await, &json!({ "comment": "A test." })),
        "readinessValidate" => on(&at(Stage::Scored).await, &json!({})),
        "readinessInvalidate" => on(&at(Stage::Validated).await, &why),
        "readinessActionAdd" => with_all(
            &json!({ "assessmentId": id(&at(Stage::Draft).await) }),
            &json!({ "text": "A test.", "ownerTitle": "Lead", "dueOn": "2026-06-01" }),
        ),
        "readinessActionAmend" | "readinessActionDrop" | "readinessActionProgress" => {
            let of = at(Stage::Answered).await;
            let action = ids::encode("rac", first_row(world, "readiness_action", &of).await);
            let on = json!({ "id": action, "expectedVersion": 1 });
            let more = match name {
                "readinessActionAmend" => {
                    json!({ "text": "A test.", "ownerTitle": "Lead", "dueOn": "2026-06-01" })
                }
                "readinessActionDrop" => why,
                _ => json!({ "progress": 5000 }),
            };
            with_all(&on, &more)
        }
        "readinessEvidenceAttach" => json!({
            "assessmentId": id(&at(Stage::Draft).await), "indicatorId": indicator(world).await,
            "title": "A test.", "uploadId": upload_of(world, of).await,
        }),
        "readinessEvidenceRemove" => {
            let of = at(Stage::Answered).await;
            let evidence = first_row(world, "readiness_evidence", &of).await;
            json!({ "id": ids::encode("rev", evidence), "expectedVersion": 1 })
        }
        "readinessInstrumentDraft" => with_all(
            &json!({ "code": "ZZ-NEW", "number": "1.0" }),
            &json!({ "title": "New", "thresholds": thresholds() }),
        ),
        "readinessInstrumentRetire" => {
            let published = ids::encode("rin", published_instrument(world).await);
            with_all(&json!({ "id": published, "expectedVersion": 2 }), &why)
        }
        _ => {
            let draft = ids::encode("rin", draft_instrument(world).await);
            let on = json!({ "id": draft, "expectedVersion": 1 });
            let amend = json!({ "title": "Another", "thresholds": thresholds(), "domains": [] });
            if name == "readinessInstrumentAmend" { with_all(&on, &amend) } else { on }
        }
    }
}

/// A file that was sent by who signs for the organisation.
async fn upload_of(world: &World, of: &Tenant) -> String {
    let (role, organisation) = (Role::PartnerSignatory, of.id);
    world.grant(role, Some(organisation)).await;
    let subject = given::subject(role, Some(organisation));
    let id = as_account(world, &subject, move |unit| {
        let file = Announced {
            file_name: "Evidence.txt".to_owned(),
            media_type: "text/plain".to_owned(),
            size_bytes: 1,
            sha256: "0".repeat(64),
        };
        Box::pin(async move { Ok(service::create(unit, organisation, file).await?.id) })
    })
    .await;
    as_account(world, &subject, move |unit| Box::pin(service::stored(unit, id))).await;
    ids::encode("upl", id)
}

fn thresholds() -> Value {
    json!({
        "readyOverall": 7000, "readyDomain": 5000, "readyCritical": 2, "conditionalOverall": 5500,
        "conditionalDomain": 3300, "conditionalCritical": 1, "notApplicablePerDomain": 1, "disagreementFrom": 2,
    })
}

fn id(of: &Assessment) -> String {
    ids::encode("ras", of.id)
}

/// An input on an assessment as it was last left.
fn on(of: &Assessment, more: &Value) -> Value {
    with_all(&json!({ "id": id(of), "expectedVersion": of.version }), more)
}

/// The id of the seeded instrument.
async fn instrument(world: &World) -> String {
    let document = "{ readinessInstrument(by: { name: \"ORG-READY@1.0\" }) { id } }";
    let data = world.data(None, document, json!({})).await;
    data["readinessInstrument"]["id"].as_str().expect("it is seeded").to_owned()
}

/// The id of its first indicator.
async fn indicator(world: &World) -> String {
    let document = "{ readinessInstrument(by: { name: \"ORG-READY@1.0\" }) { domains { indicators { id } } } }";
    let data = world.data(None, document, json!({})).await;
    let first = &data["readinessInstrument"]["domains"][0]["indicators"][0]["id"];
    first.as_str().expect("it is seeded").to_owned()
}
