//! The fictional trainers of the demonstration, spread over its organisations.

use chrono::{Days, NaiveDate};
use entities::person;
use sea_orm::{ColumnTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _};
use uuid::Uuid;

use super::{DemoError, holder, step, subject};
use crate::actor::demo_issuer::DemoIssuer;
use crate::actor::service::Named;
use crate::actor::{Identity, Role};
use crate::command::{Stop, Unit};
use crate::core::Core;
use crate::db::{Access, DbFault};
use crate::person::desk::At;
use crate::person::model::Names;
use crate::person::service::{self as people, NewPerson};
use crate::programme::kind::ProgrammeType;
use crate::trainer::accreditation::{self, Nomination, TermDays};
use crate::trainer::model::Level;
use crate::trainer::service::{self as trainers, NewTrainer, Profile};

/// How many there are.
const COUNT: usize = 60;

/// Names that nobody has.
const FIRST: [&str; 12] = [
    "Alder", "Bryony", "Clover", "Damson", "Elder", "Fennel", "Gorse", "Hazel", "Ivy", "Juniper",
    "Laurel", "Myrtle",
];

/// Names that nobody has either.
const LAST: [&str; 5] = ["Exampleby", "Fictley", "Mockford", "Sampleton", "Testwood"];

/// Organisations that deliver, by their ODS codes.
const PLACES: [&str; 11] = [
    "ZZALDER", "ZZBIRCH", "ZZCEDAR", "ZZDAMSN", "ZZGORSE", "ZZIVY", "ZZJUNIP", "ZZLARCH",
    "ZZMAPLE", "ZZOAK", "ZZROWAN",
];

/// What they teach.
const TYPES: [ProgrammeType; 4] = [
    ProgrammeType::PeerSupportWorker,
    ProgrammeType::Supervisor,
    ProgrammeType::Volunteer,
    ProgrammeType::FamilyAmbassador,
];

/// Makes what is missing; says how many trainers are new.
pub(super) async fn build(core: &Core) -> Result<usize, DemoError> {
    let mut places = Vec::new();
    for code in PLACES {
        places.extend(holder(core, code).await?);
    }
    let mut made = 0;
    for number in 0..COUNT {
        let name = name(number);
        let Some(&place) = places.get(number % places.len().max(1)) else { continue };
        if is_there(core, &name).await? {
            continue;
        }
        let told = name.clone();
        step(core, "a trainer", move |unit| {
            let name = told.clone();
            Box::pin(async move { make(unit, number, name, place).await })
        })
        .await?;
        made += 1;
    }
    Ok(made)
}

fn name(number: usize) -> String {
    let (first, last) = (FIRST[number % FIRST.len()], LAST[number % LAST.len()]);
    format!("{first} {last} (fictional)")
}

#[expect(clippy::disallowed_methods, reason = "the demonstration's own people")]
async fn is_there(core: &Core, name: &str) -> Result<bool, DbFault> {
    let (tx, _) = core.begin(Access::Read, Identity::System("demo")).await?;
    let of_name = person::Entity::find().filter(person::Column::PreferredName.eq(name));
    let count = of_name.count(&tx).await?;
    tx.rollback().await;
    Ok(count > 0)
}

/// One trainer with one or two accreditations.
async fn make(unit: &Unit, number: usize, name: String, place: Uuid) -> Result<Uuid, Stop> {
    let names = Names {
        preferred_name: name.clone(),
        given_name: None,
        family_name: None,
        certificate_name: name,
    };
    let new = NewPerson { names, date_of_birth: None, email: None, organisation: Some(place) };
    let person = people::register(unit, new).await?.id;
    // The demonstration's trainers' tokens are of people who are trainers.
    let role = match number {
        0 => Some(Role::Trainer),
        11 => Some(Role::LeadTrainer),
        _ => None,
    };
    if let Some(role) = role {
        let label = format!("Demonstration {} (fictional)", role.title());
        let named = Named { issuer: DemoIssuer::NAME.to_owned(), subject: subject(role), label };
        people::link_account(unit, At { id: person, version: 1 }, named).await?;
    }
    let bio = "Made for the demonstration: nobody's life and work.".to_owned();
    let new = NewTrainer { person, organisation: place, from: None, bio: Some(bio) };
    let trainer = trainers::register(unit, new).await?.id;
    accredit(unit, trainer, number, 0).await?;
    if number.is_multiple_of(3) {
        accredit(unit, trainer, number + 1, 1).await?;
    }
    if !number.is_multiple_of(4) {
        let profile = Profile {
            bio: None,
            listed: Some(true),
            lived_experience: Some(number.is_multiple_of(2)),
        };
        trainers::describe(unit, At { id: trainer, version: 1 }, profile).await?;
    }
    Ok(trainer)
}

/// An accreditation: most in force for a whole term, some near their end, some not yet granted.
async fn accredit(unit: &Unit, trainer: Uuid, number: usize, more: usize) -> Result<(), Stop> {
    let levels = [Level::Trainer, Level::Lead, Level::Associate, Level::Mentor];
    let programme_type = TYPES[number % TYPES.len()];
    let level = levels[(number / TYPES.len() + more) % levels.len()];
    let id = accreditation::nominate(unit, Nomination { trainer, programme_type, level }).await?.id;
    let at = |version| At { id, version };
    accreditation::observe(unit, at(1), unit.today(), None).await?;
    if number % 10 == 9 {
        return Ok(());
    }
    let soon = |today: NaiveDate| today.checked_add_days(Days::new(45));
    let to = if number % 10 == 4 { soon(unit.today()) } else { None };
    accreditation::accredit(unit, at(2), TermDays { from: None, to }).await?;
    if number == 27 {
        let reason = "A fictional complaint is looked into.";
        accreditation::suspend(unit, at(3), reason).await?;
    }
    Ok(())
}
