//! An input for each mutation of licences that is right but for who sends it.

use alongside::graphql::ids;
use alongside::licence::model::{Outcome, Tier};
use alongside::licence::parts::VariationTerms;
use alongside::licence::service::At;
use alongside::licence::{appeals, variations};
use alongside::programme::kind::ProgrammeType;
use serde_json::{Value, json};
use tests::given::day;
use tests::licences::{Licence, MAKER, SIGNER, Stage, as_account, licence};
use tests::{Tenant, World, given};
use uuid::Uuid;

use super::changes::with_all;

/// The inputs, on licences of `holder`, which must be active.
pub async fn inputs(world: &World, holder: &Tenant) -> Vec<(&'static str, Value)> {
    // First, since what is proposed on one outcome falls with another.
    let active = licence(world, holder).found(Outcome::Conditional).tier(Tier::CoDelivery);
    let active = active.up_to(Stage::Granted).await;
    let make = async |stage, ty| licence(world, holder).of(&[ty]).up_to(stage).await;
    let asks = ProgrammeType::Volunteer;
    let draft = make(Stage::Draft, asks).await;
    let asked = make(Stage::Submitted, asks).await;
    let review = make(Stage::InReview, asks).await;
    let ready = make(Stage::Ready, asks).await;
    let proposed = make(Stage::Proposed, asks).await;
    let suspended = make(Stage::Suspended, ProgrammeType::Supervisor).await;
    let revoking = make(Stage::RevocationProposed, ProgrammeType::FamilyAmbassador).await;
    let (revoking, appeal) = appealed(world, &revoking).await;
    let varying = varied(world, &make(Stage::Granted, ProgrammeType::Leadership).await).await;
    let condition = child(world, &active, "conditions").await;
    let decision = child(world, &suspended, "decisions").await;
    let why = json!({ "reason": "A test." });
    let both = json!({ "reason": "A test.", "publicReason": "A test." });
    let types = json!({ "tier": "HOST_ONLY", "programmeTypes": ["VOLUNTEER"] });
    let vary = json!({
        "validFrom": "2026-06-01", "validTo": "2026-07-01", "maxConcurrentCourses": 2,
        "reason": "A test.",
    });
    let looked = json!({
        "kind": "DESK", "reviewedOn": "2026-05-01", "findings": "A test.", "sanction": "ADVICE",
    });
    let settle = json!({ "conditionId": condition, "state": "MET", "reason": "A test." });
    let grant = json!({ "validFrom": "2026-06-01", "reason": "A test." });
    let decide = json!({ "appealId": appeal, "uphold": false, "outcome": "A test." });
    let lodge = json!({ "decisionId": decision, "grounds": "A test." });
    let by = json!({ "organisationId": holder.global_id() });
    vec![
        ("licenceAmendDraft", on(&draft, &types)),
        ("licenceAppealDecide", on(&revoking, &decide)),
        ("licenceAppealLodge", on(&suspended, &lodge)),
        ("licenceBeginReview", on(&asked, &json!({}))),
        ("licenceBridge", bridge(world).await),
        ("licenceConditionSettle", on(&active, &settle)),
        ("licenceConfirmGrant", on(&proposed, &json!({}))),
        ("licenceConfirmRevocation", on(&revoking, &json!({}))),
        ("licenceConfirmVariation", on(&varying, &json!({}))),
        ("licenceDecline", on(&review, &why)),
        ("licenceDraft", with_all(&by, &types)),
        ("licenceProposeGrant", on(&ready, &grant)),
        ("licenceProposeRevocation", on(&suspended, &both)),
        ("licenceProposeVariation", on(&active, &vary)),
        ("licenceReinstate", on(&suspended, &why)),
        ("licenceSubmit", on(&draft, &json!({}))),
        ("licenceSurrender", on(&active, &why)),
        ("licenceSuspend", on(&active, &both)),
        ("licenceWithdraw", on(&draft, &json!({}))),
        ("qualityReviewRecord", on(&active, &looked)),
    ]
}

/// An input on a licence as it was last left.
fn on(licence: &Licence, more: &Value) -> Value {
    with_all(&json!({ "id": licence.global_id(), "expectedVersion": licence.version }), more)
}

/// The id of the first row that a licence leads to.
async fn child(world: &World, licence: &Licence, relation: &str) -> String {
    let page = match relation {
        "decisions" => "where: { kind: { eq: SUSPENSION } }",
        _ => "first: 1",
    };
    let document = format!(
        "query($id: ID!) {{ licence(by: {{ id: $id }}) {{ {relation}({page}) {{ nodes {{ id }} }} }} }}"
    );
    let variables = json!({ "id": licence.global_id() });
    let data = world.data(Some(&world.officer()), &document, variables).await;
    data["licence"][relation]["nodes"][0]["id"].as_str().expect("a row").to_owned()
}

/// Appeals against the suspension of a licence; gives the licence and the appeal.
async fn appealed(world: &World, licence: &Licence) -> (Licence, String) {
    let decision = child(world, licence, "decisions").await;
    let decision = ids::decode("lde", &decision).expect("the id of a decision");
    let at = At { id: licence.id, version: licence.version };
    as_account(world, SIGNER, move |unit| {
        Box::pin(async move { appeals::lodge(unit, at, decision, "A test.").await })
    })
    .await;
    let licence = Licence { version: licence.version + 1, ..*licence };
    (licence, child(world, &licence, "appeals").await)
}

/// Proposes a variation of a licence; gives the licence.
async fn varied(world: &World, licence: &Licence) -> Licence {
    let at = At { id: licence.id, version: licence.version };
    as_account(world, MAKER, move |unit| {
        let terms = VariationTerms {
            from: day("2026-06-01"),
            to: day("2026-07-01"),
            tier: None,
            programme_types: None,
            max_concurrent_courses: Some(2),
            max_trainees_per_course: None,
        };
        Box::pin(async move { variations::propose(unit, at, terms, "A test.").await })
    })
    .await;
    Licence { version: licence.version + 1, ..*licence }
}

/// The input that bridges the licences of two bodies that became one.
async fn bridge(world: &World) -> Value {
    let holder = given::organisation(world).active().register().await;
    let (mut holders, mut licences): (Vec<String>, Vec<Uuid>) = (Vec::new(), Vec::new());
    for _ in 0..2 {
        let merged = given::organisation(world).active().register().await;
        let given = licence(world, &merged).of(&[ProgrammeType::Specialist]).on(day("2026-02-02"));
        licences.push(given.up_to(Stage::Granted).await.id);
        holders.push(merged.global_id());
    }
    let succeed = json!({
        "kind": "MERGER", "predecessorIds": holders, "successorIds": [holder.global_id()],
        "effectiveOn": "2026-04-20",
    });
    let reply = world.mutate(Some(&world.officer()), "organisationSucceed", "", succeed).await;
    assert_eq!(reply.codes(), [] as [&str; 0], "{}", reply.body());
    let licences: Vec<String> = licences.into_iter().map(|id| ids::encode("lic", id)).collect();
    json!({
        "organisationId": holder.global_id(), "licenceIds": licences, "reason": "They merged.",
    })
}
