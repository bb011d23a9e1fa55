//! An input for each mutation of data protection, right but for who sends it.

use alongside::course::model::State;
use alongside::graphql::ids;
use alongside::protection::desk::OWN;
use alongside::protection::model::{ConsentPurpose, DataClass, RestrictionGround};
use alongside::protection::retention::NewHold;
use alongside::protection::{consents, erasure, restriction, retention, rounds};
use alongside::vault::erasing::need_until;
use alongside::vault::model::Category;
use serde_json::{Value, json};
use tests::World;
use tests::courses::{course, school};
use tests::credentials::{global_id, graduation};
use tests::given::{as_identity, day};
use tests::people::{Someone, person};
use tests::vault::kept;
use tests::world::NOW;
use uuid::Uuid;

use super::credential_inputs::holder;
use super::marks::account;

/// The mutations.
pub const NAMES: [&str; 12] = [
    "consentGive",
    "consentWithdraw",
    "erasureAsk",
    "erasureDecide",
    "erasureRecord",
    "erasureWithdraw",
    "restrictionLift",
    "restrictionPlace",
    "retentionDecide",
    "retentionHoldLift",
    "retentionHoldPlace",
    "retentionRuleSet",
];

/// Does something as the data protection officer.
macro_rules! by_officer {
    ($world:expr, |$unit:ident| $work:expr) => {{
        let subject = tests::given::subject(alongside::actor::Role::DataProtectionOfficer, None);
        let identity = alongside::actor::Identity::account(account(&subject));
        as_identity($world.app.core(), identity, move |$unit| {
            Box::pin(async move { Ok($work?.id) })
        })
        .await
    }};
}

/// The inputs, about the person of the account of `subject` where it has to be one's own; `only` names one of them.
pub async fn inputs(
    world: &World,
    subject: &str,
    only: Option<&str>,
) -> Vec<(&'static str, Value)> {
    world.set_clock(NOW);
    let own = holder(world, subject).await;
    let mut inputs = Vec::new();
    for name in NAMES.into_iter().filter(|name| only.is_none_or(|only| only == *name)) {
        inputs.push((name, input(world, &own, name).await));
    }
    inputs
}

async fn input(world: &World, own: &Someone, name: &str) -> Value {
    let me = own.id;
    let other = person(world, "Somebody else", Some(&world.a)).await;
    let them = other.id;
    let with = |prefix: &str, id: Uuid, more: Value| {
        let input = json!({ "id": ids::encode(prefix, id), "expectedVersion": 1 });
        super::changes::with_all(&input, &more)
    };
    let why = || json!({ "reason": "A test." });
    match name {
        "consentGive" => {
            let school = school(world).await;
            let taken = course(world, &school, State::Draft).await;
            let credential = graduation(world, own, &school, &taken).await;
            json!({ "purpose": "CREDENTIAL_LISTING", "wording": "v1", "credentialId": global_id(&credential) })
        }
        "consentWithdraw" => {
            tests::given::as_system(world.app.core(), move |unit| {
                let of = (ConsentPurpose::CaseStudy, me);
                Box::pin(async move { consents::begin(unit, me, of, ("v1", OWN)).await })
            })
            .await;
            let sql = format!(
                "select {} from consent where person_id = {} and purpose = 'CASE_STUDY'",
                world.engine().hex("id"),
                world.uuid(me)
            );
            let found = world.database.eye.texts(&sql).await;
            with("cns", Uuid::parse_str(&found[0]).expect("an id"), json!({}))
        }
        "erasureAsk" => json!({ "personId": own.global_id() }),
        "erasureWithdraw" => {
            let id = by_officer!(world, |unit| erasure::record(unit, me, None).await);
            with("ers", id, json!({}))
        }
        "erasureDecide" => {
            let id = by_officer!(world, |unit| erasure::record(unit, them, None).await);
            with("ers", id, json!({ "decisions": [{ "class": "PEOPLE", "verdict": "ERASE" }] }))
        }
        "erasureRecord" => json!({ "personId": other.global_id() }),
        "restrictionLift" => {
            let ground = RestrictionGround::ObjectionPending;
            let id =
                by_officer!(world, |unit| restriction::place(unit, them, ground, "A test.").await);
            with("prs", id, why())
        }
        "restrictionPlace" => {
            json!({ "personId": other.global_id(), "ground": "OBJECTION_PENDING", "reason": "A test." })
        }
        "retentionHoldPlace" => json!({ "personId": other.global_id(), "reason": "A test." }),
        "retentionHoldLift" => {
            let id = by_officer!(world, |unit| {
                let reason = "A test.".to_owned();
                let class = Some(DataClass::Concerns);
                let new =
                    NewHold { class, person: Some(them), organisation: None, reason, until: None };
                retention::hold(unit, new).await
            });
            with("rth", id, why())
        }
        "retentionDecide" => {
            let record =
                kept(world, &other, Some(world.a.id), Category::Assignment, "A text.").await;
            tests::given::as_system(world.app.core(), move |unit| {
                let until = day("2025-01-01");
                Box::pin(async move { need_until(unit, record, Some(until), "TEST").await })
            })
            .await;
            alongside::jobs::round(world.app.core(), rounds::PROPOSE).await.expect("a round");
            let sql = format!(
                "select {} from retention_proposal where state = 'OPEN' and class = 'ASSIGNMENTS'",
                world.engine().hex("id")
            );
            let found = world.database.eye.texts(&sql).await;
            with(
                "rtp",
                Uuid::parse_str(&found[0]).expect("an id"),
                json!({ "approve": false, "reason": "A test." }),
            )
        }
        _ => {
            let sql = format!(
                "select {} from retention_rule where class = 'LICENSING'",
                world.engine().hex("id")
            );
            let found = world.database.eye.texts(&sql).await;
            with(
                "rtr",
                Uuid::parse_str(&found[0]).expect("an id"),
                json!({ "months": 84, "reason": "A test." }),
            )
        }
    }
}
