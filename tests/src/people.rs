//! People, trainers and accreditations that a test begins with, made through the service's own use cases.
//!
//! Everybody here is fictional and says so.

use alongside::actor::demo_issuer::DemoIssuer;
use alongside::actor::service::Named;
use alongside::graphql::ids;
use alongside::person::desk::At;
use alongside::person::model::Names;
use alongside::person::service::{self as people, NewPerson};
use alongside::programme::kind::ProgrammeType;
use alongside::trainer::accreditation::{self, Nomination, TermDays};
use alongside::trainer::model::{Level, State};
use alongside::trainer::service::{self as trainers, NewTrainer, Profile};
use uuid::Uuid;

use crate::given::{as_system, day};
use crate::world::{Tenant, World};

/// A person of a test.
#[derive(Clone, Debug)]
pub struct Someone {
    /// Identifier.
    pub id: Uuid,
    /// The version after it was made.
    pub version: i32,
}

impl Someone {
    /// The id as the API gives it.
    #[must_use]
    pub fn global_id(&self) -> String {
        ids::encode("per", self.id)
    }
}

/// A person to be registered.
#[must_use]
pub fn somebody(name: &str, organisation: Option<Uuid>) -> NewPerson {
    let names = Names {
        preferred_name: name.to_owned(),
        given_name: Some(name.to_owned()),
        family_name: Some("Fictional".to_owned()),
        certificate_name: format!("{name} Fictional"),
    };
    NewPerson { names, date_of_birth: None, email: None, organisation }
}

/// A person whose record `of` keeps; nobody, if there is none.
pub async fn person(world: &World, name: &str, of: Option<&Tenant>) -> Someone {
    registered(world, somebody(name, of.map(|tenant| tenant.id))).await
}

/// Registers a person.
pub async fn registered(world: &World, new: NewPerson) -> Someone {
    let id = as_system(world.app.core(), move |unit| {
        let new = new.clone();
        Box::pin(async move { Ok(people::register(unit, new).await?.id) })
    })
    .await;
    Someone { id, version: 1 }
}

/// The person has proved that they read mail at this address.
pub async fn reachable(world: &World, person: Uuid, address: &str) {
    let row = format!(
        "insert into person_email (id, person_id, address, verified_at, valid_from) values ({}, {}, '{address}', \
         '2026-05-01T09:00:00+00:00', '2026-05-01')",
        world.uuid(Uuid::new_v5(&person, b"address")),
        world.uuid(person),
    );
    world.database.eye.execute(&row).await.expect("an address");
}

/// Says that the account of `subject` is the person's.
pub async fn linked(world: &World, someone: &mut Someone, subject: &str) {
    let (at, subject) = (At { id: someone.id, version: someone.version }, subject.to_owned());
    as_system(world.app.core(), move |unit| {
        let (issuer, label) = (DemoIssuer::NAME.to_owned(), "somebody (fictional)".to_owned());
        let named = Named { issuer, subject: subject.clone(), label };
        Box::pin(async move { Ok(people::link_account(unit, at, named).await?.id) })
    })
    .await;
    someone.version += 1;
}

/// A trainer of a test. Its version is 1.
#[derive(Clone, Debug)]
pub struct Teacher {
    /// Identifier.
    pub id: Uuid,
    /// The person.
    pub person: Someone,
}

impl Teacher {
    /// The id as the API gives it.
    #[must_use]
    pub fn global_id(&self) -> String {
        ids::encode("trn", self.id)
    }
}

/// A trainer who works with `of`, which keeps the record.
pub async fn trainer(world: &World, name: &str, of: &Tenant) -> Teacher {
    let person = person(world, name, Some(of)).await;
    trainer_of(world, person, of).await
}

/// The person as a trainer who works with `of`.
pub async fn trainer_of(world: &World, person: Someone, of: &Tenant) -> Teacher {
    let new = NewTrainer {
        person: person.id,
        organisation: of.id,
        from: Some(day("2024-01-01")),
        bio: Some("Teaches in a fictional way.".to_owned()),
    };
    let id = as_system(world.app.core(), move |unit| {
        let new = new.clone();
        Box::pin(async move { Ok(trainers::register(unit, new).await?.id) })
    })
    .await;
    Teacher { id, person }
}

/// The trainer chooses to be listed: the version is then one more.
pub async fn list(world: &World, teacher: &Teacher, version: i32) {
    let at = At { id: teacher.id, version };
    as_system(world.app.core(), move |unit| {
        let profile = Profile {
            bio: None,
            listed: Some(true),
            lived_experience: Some(true),
            consent_wording: None,
        };
        Box::pin(async move { Ok(trainers::describe(unit, at, profile).await?.id) })
    })
    .await;
}

/// An accreditation that has come as far as `state`, and its version then.
pub async fn accreditation(
    world: &World,
    teacher: &Teacher,
    of: (ProgrammeType, Level),
    state: State,
) -> (Uuid, i32) {
    let trainer = teacher.id;
    as_system(world.app.core(), move |unit| {
        Box::pin(async move {
            let (programme_type, level) = of;
            let new = Nomination { trainer, programme_type, level };
            let id = accreditation::nominate(unit, new).await?.id;
            let mut version = 1;
            let at = |version| At { id, version };
            if state == State::Applied {
                return Ok((id, version));
            }
            accreditation::observe(unit, at(version), unit.today(), None).await?;
            version += 1;
            if matches!(state, State::Accredited | State::Suspended | State::Withdrawn) {
                accreditation::accredit(unit, at(version), TermDays::default()).await?;
                version += 1;
            }
            if matches!(state, State::Suspended | State::Withdrawn) {
                accreditation::suspend(unit, at(version), "a test").await?;
                version += 1;
            }
            if state == State::Withdrawn {
                accreditation::withdraw(unit, at(version)).await?;
                version += 1;
            }
            Ok((id, version))
        })
    })
    .await
}
