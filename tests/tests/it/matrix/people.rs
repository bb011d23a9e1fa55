//! People and trainers of the matrix: in both tenants, listed and not, with everything that can hang on them.

use alongside::graphql::ids;
use alongside::person::desk::At;
use alongside::person::duplicates;
use alongside::person::merging::merge;
use alongside::person::service::{NewPerson, add_email};
use alongside::programme::kind::ProgrammeType;
use alongside::trainer::model::{Level, State};
use alongside::trainer::service::attend;
use alongside::vault::model::{Category, ReaderRole};
use serde_json::{Value, json};
use tests::given::{as_system, day};
use tests::people::{
    Someone, accreditation, linked, list, person, registered, somebody, trainer, trainer_of,
};
use tests::{Tenant, World, vault};
use uuid::Uuid;

/// Makes them.
pub async fn fill(world: &World) {
    for (tenant, subject) in [(&world.a, "Trainer of A"), (&world.b, "Trainer of B")] {
        let mut own = registered(world, born("Ash", tenant)).await;
        linked(world, &mut own, subject).await;
        let at = At { id: own.id, version: own.version };
        as_system(world.app.core(), move |unit| {
            Box::pin(async move { Ok(add_email(unit, at, "a@example.invalid", true).await?.id) })
        })
        .await;
        let hidden = trainer_of(world, own, tenant).await;
        let listed = trainer(world, "Elm", tenant).await;
        for teacher in [&hidden, &listed] {
            let lead = |ty| (ty, Level::Lead);
            accreditation(world, teacher, lead(ProgrammeType::Volunteer), State::Accredited).await;
            accreditation(world, teacher, lead(ProgrammeType::Supervisor), State::Suspended).await;
            accreditation(world, teacher, lead(ProgrammeType::Specialist), State::Observed).await;
            let at = At { id: teacher.id, version: 1 };
            as_system(world.app.core(), move |unit| {
                let note = Some("note".to_owned());
                Box::pin(async move { Ok(attend(unit, at, unit.today(), note).await?.id) })
            })
            .await;
        }
        list(world, &listed, 2).await;
        let gone = person(world, "Oak", Some(tenant)).await;
        let into = At { id: listed.person.id, version: 1 };
        as_system(world.app.core(), move |unit| {
            let old = At { id: gone.id, version: 1 };
            Box::pin(async move { Ok(merge(unit, old, into).await?.id) })
        })
        .await;
    }
    as_system(world.app.core(), |unit| {
        Box::pin(async move { Ok(duplicates::search(unit).await?.id) })
    })
    .await;
    world
        .database
        .eye
        .execute("update trainer_evidence set note_reference = 'note'")
        .await
        .expect("notes");
}

fn born(name: &str, tenant: &Tenant) -> NewPerson {
    NewPerson { date_of_birth: Some(day("1980-01-02")), ..somebody(name, Some(tenant.id)) }
}

/// An input for each mutation of people and trainers, right but for who sends it, about people of `one`;
/// `subject` is the account of the trainer.
pub async fn inputs(world: &World, one: &Tenant, subject: &str) -> Vec<(&'static str, Value)> {
    let org = one.global_id();
    let at = |id: &str, more: Value| {
        let mut input = json!({ "id": id, "expectedVersion": 1 });
        input
            .as_object_mut()
            .expect("an object")
            .extend(more.as_object().expect("an object").clone());
        input
    };
    let (email, ash, elm) = (
        person(world, "With an address", Some(one)).await,
        person(world, "Ash", Some(one)).await,
        person(world, "Elm", Some(one)).await,
    );
    let address = At { id: email.id, version: 1 };
    as_system(world.app.core(), move |unit| {
        Box::pin(async move { Ok(add_email(unit, address, "x@example.invalid", false).await?.id) })
    })
    .await;
    let email_id =
        first(world, "person_email", &format!("person_id = {}", world.uuid(email.id))).await;
    let mut held = person(world, "Oak", Some(one)).await;
    linked(world, &mut held, subject).await;
    let account = alongside::actor::service::account_id(
        alongside::actor::demo_issuer::DemoIssuer::NAME,
        subject,
    );
    let teacher = trainer_of(world, held.clone(), one).await;
    let sensitive = sensitive(world, &held, &elm).await;
    let twins =
        [registered(world, born("Twin", one)).await, registered(world, born("Twin", one)).await];
    let pair = as_system(world.app.core(), |unit| {
        Box::pin(async move { Ok(duplicates::search(unit).await?.id) })
    })
    .await;
    let _ = twins;
    registered(world, born("Another twin", one)).await;
    registered(world, born("Another twin", one)).await;
    let role = alongside::actor::Role::Trainer;
    let scope = alongside::actor::GrantScope::Organisation(one.id);
    world.grant_to("a trainer whose role ends", role, scope).await;
    let grant = first(
        world,
        "role_grant",
        &format!("scope_id = {} and account_id <> {}", world.uuid(one.id), world.uuid(account)),
    )
    .await;
    let mut steps = Vec::new();
    let levels = [Level::Associate, Level::Trainer, Level::Lead, Level::Mentor];
    let states = [
        ("trainerAccreditationObserve", State::Applied, json!({ "observedOn": "2026-05-01" })),
        ("trainerAccreditationGrant", State::Observed, json!({})),
        ("trainerAccreditationSuspend", State::Accredited, json!({ "reason": "A test." })),
        ("trainerAccreditationReinstate", State::Suspended, json!({})),
        ("trainerAccreditationWithdraw", State::Suspended, json!({})),
        ("trainerAccreditationResign", State::Accredited, json!({})),
        (
            "trainerEvidenceAdd",
            State::Applied,
            json!({ "kind": "FEEDBACK", "evidencedOn": "2026-05-01" }),
        ),
        ("trainerAccreditationRenew", State::Accredited, json!({})),
    ];
    for (number, (name, state, more)) in states.into_iter().enumerate() {
        let ty = [ProgrammeType::Volunteer, ProgrammeType::Supervisor][number / 4];
        let (id, version) = accreditation(world, &teacher, (ty, levels[number % 4]), state).await;
        let mut input = at(&ids::encode("tac", id), more);
        input["expectedVersion"] = version.into();
        if name == "trainerAccreditationRenew" {
            let old = format!(
                "update trainer_accreditation set valid_from = '2024-05-02', valid_to = '2026-05-02' where id = {}",
                world.uuid(id)
            );
            world.database.eye.execute(&old).await.expect("a term near its end");
            let attended = At { id: teacher.id, version: 1 };
            as_system(world.app.core(), move |unit| {
                Box::pin(
                    async move { Ok(attend(unit, attended, day("2025-01-01"), None).await?.id) },
                )
            })
            .await;
        }
        steps.push((name, input));
    }
    let affiliation =
        first(world, "trainer_affiliation", &format!("trainer_id = {}", world.uuid(teacher.id)))
            .await;
    let trn = |more: Value| {
        let mut input = at(&teacher.global_id(), more);
        input["expectedVersion"] = 2.into();
        input
    };
    let named = json!({
        "issuer": alongside::actor::demo_issuer::DemoIssuer::NAME, "subject": "somebody new", "label": "New",
    });
    let mut unlink =
        at(&held.global_id(), json!({ "issuer": named["issuer"], "subject": subject }));
    unlink["expectedVersion"] = held.version.into();
    let mut end_email = at(&email.global_id(), json!({ "emailId": ids::encode("pem", email_id) }));
    end_email["expectedVersion"] = 2.into();
    steps.extend([
        ("personRegister", json!({ "preferredName": "New", "organisationId": org })),
        ("personRename", at(&ash.global_id(), json!({ "preferredName": "Renamed" }))),
        ("personEmailAdd", at(&ash.global_id(), json!({ "address": "new@example.invalid" }))),
        ("personEmailEnd", end_email),
        ("personAccountLink", at(&ash.global_id(), named)),
        ("personAccountUnlink", unlink),
        ("personMembershipAdd", at(&ash.global_id(), json!({ "organisationId": world.b.global_id() }))),
        ("personMembershipEnd", at(&elm.global_id(), json!({ "organisationId": org }))),
        ("personMerge", at(&elm.global_id(), json!({ "intoId": ash.global_id(), "intoExpectedVersion": 1 }))),
        ("personDuplicateSearch", json!({})),
        ("personDuplicateDismiss", at(&ids::encode("pdu", pair), json!({}))),
        ("roleGrantGive", json!({ "personId": held.global_id(), "role": "LTR", "scopeType": "ORGANISATION", "scopeId": org })),
        ("roleGrantEnd", at(&ids::encode("rgr", grant), json!({}))),
        ("trainerRegister", json!({ "personId": ash.global_id(), "organisationId": org })),
        ("trainerDescribe", trn(json!({ "bio": "Another." }))),
        ("trainerAffiliate", trn(json!({ "organisationId": org, "validFrom": "2020-01-01", "validTo": "2020-02-01" }))),
        ("trainerAffiliationEnd", trn(json!({ "id": ids::encode("taf", affiliation) }))),
        ("trainerStandardisationRecord", trn(json!({ "attendedOn": "2026-05-01" }))),
        ("trainerAccreditationNominate", json!({ "trainerId": teacher.global_id(), "programmeType": "LEADERSHIP", "level": "LEAD" })),
    ]);
    steps.extend(sensitive);
    steps
}

/// An input for each mutation of the vault, right but for who sends it, about texts of `own`.
async fn sensitive(world: &World, own: &Someone, reader: &Someone) -> [(&'static str, Value); 3] {
    let needs = vault::kept(world, own, None, Category::SupportNeeds, "A text.").await;
    let agreed = vault::kept(world, own, None, Category::Adjustments, "A text.").await;
    vault::shared(world, agreed, vault::reader(reader, ReaderRole::Tutor)).await;
    let of = |record, version: i32| json!({ "id": vault::id(record), "expectedVersion": version, "readerId": reader.global_id() });
    let mut share = of(needs, 1);
    share["role"] = json!("TUTOR");
    share["consentWording"] = json!("v1");
    [
        ("sensitiveRecordOpen", json!({ "id": vault::id(needs), "purpose": "OWN_RECORD" })),
        ("sensitiveRecordShare", share),
        ("sensitiveRecordUnshare", of(agreed, 2)),
    ]
}

/// The first row of a table that meets a condition.
async fn first(world: &World, table: &str, condition: &str) -> Uuid {
    let id = world.engine().hex("id");
    let sql = format!("select {id} from {table} where {condition} order by id limit 1");
    let ids = world.database.eye.texts(&sql).await;
    Uuid::parse_str(ids.first().expect("a row")).expect("an id")
}
