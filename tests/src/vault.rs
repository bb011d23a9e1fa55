//! Texts in the vault that a test begins with, and how they are opened.

use alongside::actor::service::account_id;
use alongside::actor::{Role, demo_issuer::DemoIssuer};
use alongside::graphql::ids;
use alongside::vault::model::{Category, New, NewReader, ReaderRole};
use alongside::vault::service;
use serde_json::json;
use uuid::Uuid;

use crate::given::{as_system, subject};
use crate::people::{Someone, linked, person};
use crate::world::{Reply, World};

/// A person without roles, to whom the account of `subject` belongs.
pub async fn signed_in(world: &World, subject: &str) -> (Someone, String) {
    let mut someone = person(world, subject, None).await;
    linked(world, &mut someone, subject).await;
    (someone, world.token_of(subject))
}

/// Keeps a text about a person; gives its record. Its version is 1.
pub async fn kept(
    world: &World,
    person: &Someone,
    organisation: Option<Uuid>,
    category: Category,
    text: &str,
) -> Uuid {
    let text = text.to_owned().into();
    let new = New { person: person.id, organisation, category, text, retain_until: None };
    as_system(world.app.core(), move |unit| {
        let new = new.clone();
        Box::pin(async move { service::keep(unit, new, "TEST").await })
    })
    .await
}

/// A reader in a role, by the wording `v1` where that is a choice.
#[must_use]
pub fn reader(person: &Someone, role: ReaderRole) -> NewReader {
    let by_choice = matches!(role, ReaderRole::Tutor | ReaderRole::Supervisor);
    let consent_wording = by_choice.then(|| "v1".to_owned());
    NewReader { person: person.id, role, acts_for: None, consent_wording, until: None }
}

/// Lets somebody read a record.
pub async fn shared(world: &World, record: Uuid, new: NewReader) {
    as_system(world.app.core(), move |unit| {
        let new = new.clone();
        Box::pin(async move { service::share(unit, record, new, "TEST").await })
    })
    .await;
}

/// The id of a record as the API has it.
#[must_use]
pub fn id(record: Uuid) -> String {
    ids::encode("sen", record)
}

/// Opens a record for a purpose.
pub async fn opened(world: &World, token: Option<&str>, record: Uuid, purpose: &str) -> Reply {
    let input = json!({ "id": id(record), "purpose": purpose });
    world.mutate(token, "sensitiveRecordOpen", "text sensitiveRecord { id }", input).await
}

/// What a record says, to one who must be allowed to open it.
pub async fn told(world: &World, token: &str, record: Uuid, purpose: &str) -> String {
    let reply = opened(world, Some(token), record, purpose).await;
    reply.done("text").as_str().expect("a text").to_owned()
}

/// Texts of every category about somebody in each tenant, to whom the account `Applicant of A` or `B` belongs, with
/// readers, one of whom is `Supervisor of A` or `B`; and disclosures to `everyone`.
pub async fn filled(world: &World, everyone: &str) {
    for (tenant, name) in [(&world.a, "A"), (&world.b, "B")] {
        let (concerned, _) = signed_in(world, &format!("{:?} of {name}", Role::Applicant)).await;
        let (named, _) = signed_in(world, &format!("{:?} of {name}", Role::Supervisor)).await;
        for category in Category::ALL {
            let record = kept(world, &concerned, Some(tenant.id), *category, "A text.").await;
            if let Some(role) = alongside::vault::rules::handling(*category).readers.last() {
                shared(world, record, reader(&named, *role)).await;
            }
            disclosed(world, record, (tenant.id, named.id), everyone).await;
        }
        let gone = kept(world, &concerned, Some(tenant.id), Category::Adjustments, "Gone.").await;
        shared(world, gone, reader(&named, ReaderRole::Tutor)).await;
        let reader = named.id;
        as_system(world.app.core(), move |unit| {
            Box::pin(async move {
                service::end_share(unit, gone, reader, "TEST").await?;
                service::erase(unit, gone, "TEST").await
            })
        })
        .await;
    }
}

/// A disclosure past every use case.
async fn disclosed(world: &World, record: Uuid, (organisation, reader): (Uuid, Uuid), to: &str) {
    let row = format!(
        "insert into sensitive_disclosure values ({}, {}, {}, {}, {}, 'PCO', 'SELECTION', '2026-05-01T09:00:00+00:00')",
        world.uuid(Uuid::new_v5(&record, b"disclosure")),
        world.uuid(record),
        world.uuid(account_id(DemoIssuer::NAME, to)),
        world.uuid(reader),
        world.uuid(organisation),
    );
    world.database.eye.execute(&row).await.unwrap_or_else(|error| unreachable!("{row}: {error}"));
}

/// The token of the data protection officer of the nation.
#[must_use]
pub fn officer(world: &World) -> String {
    world.token_of(&subject(Role::DataProtectionOfficer, None))
}
