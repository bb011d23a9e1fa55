//! Credentials of graduates that a test begins with, issued through the service's own use case.

use alongside::actor::Identity;
use alongside::actor::demo_issuer::DemoIssuer;
use alongside::actor::service::{Named, ensure_account};
use alongside::audit::NATION;
use alongside::command::{Stop, Unit};
use alongside::core::Core;
use alongside::credential::model::Credential;
use alongside::credential::service::{Graduated, Hand, issue};
use alongside::credential::store::Credentials;
use alongside::db::Access;
use alongside::enrolment::desk::Desk;
use alongside::enrolment::graduation::Outcome;
use alongside::enrolment::model::{Decision, Enrolment, FundingBasis, ReopenReason, State};
use alongside::graphql::ids;
use uuid::Uuid;

use crate::courses::{Course, School, TYPE};
use crate::given::as_system;
use crate::people::Someone;
use crate::world::{Tenant, World};

/// The id of a credential as the API gives it.
#[must_use]
pub fn global_id(credential: &Credential) -> String {
    ids::encode("crd", credential.id)
}

/// Whose hand the tests use.
#[must_use]
pub fn hand() -> Hand {
    Hand { acting_as: "SYSTEM:tests".to_owned(), chain: NATION }
}

/// The credential of somebody who graduated from a course of a school.
pub async fn graduation(
    world: &World,
    someone: &Someone,
    school: &School,
    course: &Course,
) -> Credential {
    graduation_by(world.app.core(), world, someone, (school, course)).await
}

/// The same, issued by another service on the same database, such as one that signs by another key.
pub async fn graduation_by(
    core: &Core,
    world: &World,
    someone: &Someone,
    (school, course): (&School, &Course),
) -> Credential {
    let (person, course) = (someone.id, course.id);
    let (deliverer, programme_version) = (school.organisation.id, school.curriculum.version);
    let id = as_system(core, move |unit| {
        Box::pin(async move {
            let decision = decided(unit, (person, course), deliverer).await?;
            let awarded_on = unit.today();
            let of =
                Graduated { person, course, programme_version, deliverer, decision, awarded_on };
            issue(unit, of, &hand()).await
        })
    })
    .await;
    find(world, id).await
}

/// The decision that somebody graduated from a course, without anything on which it stands: the person has been on the
/// course, and what was decided before is open again.
async fn decided(
    unit: &Unit,
    (person, course): (Uuid, Uuid),
    deliverer: Uuid,
) -> Result<Uuid, Stop> {
    let desk = Desk::of(unit, "SYSTEM:tests".to_owned());
    let all = desk.store.lock_person(person).await?;
    let enrolment = match all.into_iter().find(|of| of.course_id == course) {
        Some(found) => found,
        None => {
            let new = graduate(unit, (person, course), deliverer);
            desk.store.insert(&new).await?;
            desk.record("enrolment.placed", None, (&new, deliverer), None);
            new
        }
    };
    if let Some(before) = desk.store.standing_decision(enrolment.id).await? {
        let reopen_reason = Some(ReopenReason::Appeal);
        let after = Decision { reopened_at: Some(unit.now()), reopen_reason, version: 2, ..before };
        desk.store.update_decision(&after).await?;
    }
    let named = Named {
        issuer: DemoIssuer::NAME.to_owned(),
        subject: "whoever decides".to_owned(),
        label: "Whoever decides".to_owned(),
    };
    let decision = Decision {
        id: unit.id(),
        organisation_id: deliverer,
        enrolment_id: enrolment.id,
        course_id: course,
        outcome: Outcome::Graduated,
        found: Outcome::Graduated,
        snapshot: "{}".to_owned(),
        override_reason: None,
        decided_by: ensure_account(unit, &named, false).await?,
        decided_person_id: None,
        decided_at: unit.now(),
        decided_on: unit.today(),
        reopened_at: None,
        reopen_reason: None,
        version: 1,
    };
    desk.store.insert_decision(&decision).await?;
    Ok(decision.id)
}

/// Somebody who graduated.
fn graduate(unit: &Unit, (person, course): (Uuid, Uuid), deliverer: Uuid) -> Enrolment {
    Enrolment {
        id: unit.id(),
        organisation_id: deliverer,
        course_id: course,
        person_id: person,
        programme_type: TYPE,
        origin_id: None,
        application_id: None,
        sponsor_id: None,
        funding_basis: FundingBasis::Unfunded,
        supervisor_id: None,
        tutor_id: None,
        state: State::Graduated,
        enrolled_from: unit.today(),
        enrolled_to: None,
        withdrawal_reason: None,
        withdrawal_initiator: None,
        resolution: None,
        created_at: unit.now(),
        updated_at: unit.now(),
        version: 1,
    }
}

/// The credential as it stands.
pub async fn find(world: &World, id: Uuid) -> Credential {
    let core = world.app.core();
    let (tx, _) = core.begin(Access::Read, Identity::System("tests")).await.expect("a transaction");
    let found = Credentials::within(&tx).find(id).await.expect("the database works");
    tx.rollback().await;
    found.expect("a credential")
}

/// The credentials of an organisation, in the order of their ids.
pub async fn of_organisation(world: &World, organisation: Uuid) -> Vec<Credential> {
    let id = world.engine().hex("id");
    let sql = format!(
        "select {id} from credential where organisation_id = {} order by id",
        world.uuid(organisation)
    );
    let mut found = Vec::new();
    for id in world.database.eye.texts(&sql).await {
        found.push(find(world, Uuid::parse_str(&id).expect("an id")).await);
    }
    found
}

/// Rows that fill every column of credentials of `of`, written past every use case, where courses, curricula, trainers
/// and licences are filled.
#[must_use]
pub fn filled(world: &World, of: &Tenant) -> Vec<String> {
    let own = world.uuid(of.id);
    let new = |what: u8| world.uuid(Uuid::new_v5(&of.id, &[160 + what]));
    let sum = "0123456789abcdef".repeat(4);
    let person = format!(
        "(select r.person_id from trainer r join trainer_affiliation f on f.trainer_id = r.id \
         where f.organisation_id = {own} order by r.id limit 1)"
    );
    let course =
        format!("(select id from course where organisation_id = {own} order by id limit 1)");
    let version = format!(
        "(select v.id from programme_version v where v.owner_id = {own} and v.state = 'PUBLISHED' limit 1)"
    );
    let at = "'2026-05-01T09:00:00.25+00:00'";
    let row = |what: u8, state: &str, name: &str, rest: &str| {
        let id = new(what);
        let (token, place) = (format!("filled-{}-{what}", of.ods), 100 + i32::from(what));
        let nobody = if name == "null" { "null" } else { "'x'" };
        format!(
            "insert into credential values ({id}, 'GRADUATION', '{token:x<24}', {own}, 'x', {person}, {course}, \
             {version}, null, null, null, {name}, 'VOLUNTEER', 'x', 'x', '2026-04-01', {at}, '2026-04-01', \
             '2036-04-01', '{state}', '2026-04-02', {rest}, {}, {place}, {nobody}, '{sum}', 1)",
            2000 + i32::from(*of == world.b),
        )
    };
    let after = format!("null, null, {}, true", new(1));
    vec![
        row(1, "SUPERSEDED", "null", "null, '2026-04-03', null, false"),
        row(2, "ISSUED", "'x'", &after),
        row(3, "REVOKED", "'x'", "'ISSUED_IN_ERROR', null, null, false"),
        row(4, "SUSPENDED", "'x'", "null, null, null, false"),
        format!(
            "insert into credential select {}, 'ORGANISATION_LICENCE', 'filled-licence-{:x<24}', {own}, 'x', null, null, \
             null, null, null, l.id, 'x', null, 'x', 'x', '2026-04-01', {at}, '2026-04-01', '2036-04-01', 'ISSUED', \
             '2026-04-01', null, null, null, false, {}, 99, 'x', '{sum}', 1 \
             from licence l where l.organisation_id = {own} order by l.id limit 1",
            new(5),
            of.ods,
            2000 + i32::from(*of == world.b),
        ),
    ]
}
