//! Erasures that a test begins with, and rows of data protection that no use case of a test leaves behind.

use alongside::actor::Role;
use alongside::actor::demo_issuer::DemoIssuer;
use alongside::actor::service::account_id;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::people::Someone;
use crate::vault;
use crate::world::{Reply, Tenant, World};

/// Records a request for erasure; gives its id.
pub async fn requested(world: &World, person: &Someone) -> String {
    let input = json!({ "personId": person.global_id() });
    let reply =
        world.mutate(Some(&vault::officer(world)), "erasureRecord", "request { id }", input).await;
    reply.done("request")["id"].as_str().expect("an id").to_owned()
}

/// Decides a request as it came.
pub async fn decided(world: &World, token: &str, request: &str, decisions: Value) -> Reply {
    let input = json!({ "id": request, "expectedVersion": 1, "decisions": decisions });
    world.mutate(Some(token), "erasureDecide", "request { state answer }", input).await
}

/// Every class that holds anything of a person, to be erased.
#[must_use]
pub fn all() -> Value {
    let classes = [
        "SUPPORT_TEXTS",
        "SELECTION_TEXTS",
        "ASSIGNMENTS",
        "CONCERNS",
        "UNSUCCESSFUL_APPLICATIONS",
        "ATTENDANCE_AND_OUTCOMES",
        "CREDENTIALS",
        "TRAINER_PROFILES",
        "DELIVERIES",
        "UPLOADS",
        "PEOPLE",
    ];
    classes.map(|class| json!({ "class": class, "verdict": "ERASE" })).as_slice().into()
}

/// Erases everything that the network holds of a person.
pub async fn erased(world: &World, person: &Someone) {
    let request = requested(world, person).await;
    let officer = vault::officer(world);
    decided(world, &officer, &request, all()).await.done("request");
}

/// Rows of every kind about somebody of a tenant, to whom the account `Applicant of A` or `B` belongs, as SQL; `by` is
/// the subject of an account that decided.
#[must_use]
pub fn filled(world: &World, of: &Tenant, by: &str) -> Vec<String> {
    let name = if of.id == world.a.id { "A" } else { "B" };
    let (organisation, at) = (world.uuid(of.id), "'2026-05-01T09:00:00+00:00'");
    let new = |what: u8| world.uuid(Uuid::new_v5(&of.id, &[b'd', what]));
    let subject = format!("{:?} of {name}", Role::Applicant);
    let person = format!(
        "(select person_id from person_account where account_id = {})",
        world.uuid(account_id(DemoIssuer::NAME, &subject))
    );
    let by = world.uuid(account_id(DemoIssuer::NAME, by));
    let class = if of.id == world.a.id { "CONCERNS" } else { "UPLOADS" };
    vec![
        format!(
            "insert into consent values ({}, {person}, 'CASE_STUDY', 'x', null, null, {at}, null, 1)",
            new(1)
        ),
        format!(
            "insert into processing_restriction values ({}, {person}, 'UNLAWFUL_PROCESSING', {at}, {at}, 2)",
            new(2)
        ),
        format!(
            "insert into retention_hold values ({}, null, {person}, null, 'x', null, {by}, {at}, {at}, 'x', 2)",
            new(3)
        ),
        format!(
            "insert into retention_hold values ({}, '{class}', null, {organisation}, 'x', '2026-06-01', {by}, {at}, null, null, 1)",
            new(4)
        ),
        format!(
            "insert into retention_proposal values ({}, '{class}', 3, '2026-02-01', 1, 'DISMISSED', {at}, {at}, {by}, 'x', null, 2)",
            new(5)
        ),
        format!(
            "insert into retention_item values ({}, {}, {}, 'x', {person}, {organisation}, 'DUE')",
            new(6),
            new(5),
            new(7)
        ),
        format!(
            "insert into erasure_request values ({}, {person}, 'OFFICER', '2026-04-01', '2026-05-01', 'ANSWERED', {at}, {by}, 'x', 2)",
            new(8)
        ),
        format!(
            "insert into erasure_decision values ({}, {}, 'CONCERNS', 'KEEP', 'LEGAL_CLAIMS', '2030-01-01', 0)",
            new(9),
            new(8)
        ),
        format!(
            "update retention_rule set reason = 'x', changed_at = {at} where class = '{class}'"
        ),
    ]
}
