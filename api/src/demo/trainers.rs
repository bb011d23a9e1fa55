//! The fictional trainers of the demonstration, spread over its organisations.

use chrono::{Days, NaiveDate};
use entities::person;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use uuid::Uuid;

use super::past::Past;
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

/// Names that nobody has.
const FIRST: [&str; 12] = [
    "Alder", "Bryony", "Clover", "Damson", "Elder", "Fennel", "Gorse", "Hazel", "Ivy", "Juniper",
    "Laurel", "Myrtle",
];

/// Names that nobody has either.
const LAST: [&str; 5] = ["Exampleby", "Fictley", "Mockford", "Sampleton", "Testwood"];

/// How many work with each organisation.
const EACH: usize = 5;

/// Organisations that deliver, by their ODS codes.
const PLACES: [&str; 12] = [
    "ZZALDER", "ZZBIRCH", "ZZCEDAR", "ZZDAMSN", "ZZGORSE", "ZZIVY", "ZZJUNIP", "ZZLARCH",
    "ZZMAPLE", "ZZOAK", "ZZROWAN", "ZZSEDGE",
];

/// What the trainers of an organisation teach that delivers nothing yet.
const USUAL: &[ProgrammeType] = &[ProgrammeType::Volunteer, ProgrammeType::PeerSupportWorker];

/// Makes what is missing; says how many trainers are new.
pub(super) async fn build(past: &Past) -> Result<usize, DemoError> {
    let mut made = 0;
    for (place, code) in PLACES.into_iter().enumerate() {
        let Some(organisation) = holder(&past.founding(), code).await? else { continue };
        let there = those_there(&past.founding(), place).await?;
        let missing: Vec<usize> = (0..EACH).filter(|k| !there.contains(&name(place, *k))).collect();
        made += missing.len();
        if missing.is_empty() {
            continue;
        }
        let taught = super::licences::delivering().find(|(holder, _, _)| *holder == code);
        let types = taught.map_or(USUAL, |(_, types, _)| types);
        let soon = past.present().checked_add_days(Days::new(45));
        step(&past.founding(), "trainers", move |unit| {
            let missing = missing.clone();
            Box::pin(async move {
                for k in missing {
                    make(unit, Sketch { place, k, organisation, types, soon }).await?;
                }
                Ok(())
            })
        })
        .await?;
    }
    Ok(made)
}

/// The name of one of the trainers of an organisation.
pub(super) fn name(place: usize, k: usize) -> String {
    let first = FIRST[(place * EACH + k) % FIRST.len()];
    format!("{first} {} (fictional)", LAST[k % LAST.len()])
}

/// The place of an organisation among those with trainers.
pub(super) fn place_of(code: &str) -> Option<usize> {
    PLACES.iter().position(|place| *place == code)
}

/// Whoever leads courses of the first or second type of an organisation, and whoever teaches beside them
/// from lived experience.
pub(super) const fn teaching(of_type: usize) -> (usize, usize) {
    if of_type == 0 { (0, 1) } else { (2, 3) }
}

/// The person who is the kth trainer of the partner whose tokens are printed.
#[expect(clippy::disallowed_methods, reason = "the demonstration's own people")]
pub(super) async fn person_of(core: &Core, k: usize) -> Result<Option<Uuid>, DbFault> {
    let (tx, _) = core.begin(Access::Read, Identity::System("demo")).await?;
    let of_name = person::Entity::find().filter(person::Column::PreferredName.eq(name(0, k)));
    let found = of_name.one(&tx).await?;
    tx.rollback().await;
    Ok(found.map(|row| row.id))
}

#[expect(clippy::disallowed_methods, reason = "the demonstration's own people")]
async fn those_there(core: &Core, place: usize) -> Result<Vec<String>, DbFault> {
    let (tx, _) = core.begin(Access::Read, Identity::System("demo")).await?;
    let names = (0..EACH).map(|k| name(place, k));
    let of_names = person::Entity::find().filter(person::Column::PreferredName.is_in(names));
    let rows = of_names.all(&tx).await?;
    tx.rollback().await;
    Ok(rows.into_iter().map(|row| row.preferred_name).collect())
}

/// A trainer to be: the one of this number at this place, who teaches these types.
struct Sketch {
    place: usize,
    k: usize,
    organisation: Uuid,
    types: &'static [ProgrammeType],
    /// When an accreditation ends that is soon to end.
    soon: Option<NaiveDate>,
}

/// One trainer with one or two accreditations.
async fn make(unit: &Unit, sketch: Sketch) -> Result<Uuid, Stop> {
    let (name, place) = (name(sketch.place, sketch.k), sketch.organisation);
    let names = Names {
        preferred_name: name.clone(),
        given_name: None,
        family_name: None,
        certificate_name: name,
    };
    let new = NewPerson { names, date_of_birth: None, email: None, organisation: Some(place) };
    let person = people::register(unit, new).await?.id;
    // The demonstration's trainers' tokens are of people who are trainers.
    let role = match (sketch.place, sketch.k) {
        (0, 0) => Some(Role::LeadTrainer),
        (0, 1) => Some(Role::Trainer),
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
    accredit(unit, trainer, &sketch).await?;
    // Of each organisation one trainer chose not to be listed.
    let profile = Profile {
        bio: None,
        listed: Some(sketch.k != 3),
        lived_experience: Some(sketch.k % 2 == 1),
        consent_wording: None,
    };
    trainers::describe(unit, At { id: trainer, version: 1 }, profile).await?;
    Ok(trainer)
}

/// The accreditations of a trainer: two lead, two teach both types, and of the last one the days end soon,
/// or are suspended, or have not begun.
async fn accredit(unit: &Unit, trainer: Uuid, sketch: &Sketch) -> Result<(), Stop> {
    let (first, second) = (sketch.types[0], sketch.types[1]);
    let held: &[(ProgrammeType, Level)] = match sketch.k {
        0 => &[(first, Level::Lead)],
        1 => &[(first, Level::Trainer), (second, Level::Trainer)],
        2 => &[(second, Level::Mentor)],
        3 => &[(second, Level::Associate), (first, Level::Associate)],
        _ => &[(first, Level::Trainer)],
    };
    for (programme_type, level) in held.iter().copied() {
        let new = Nomination { trainer, programme_type, level };
        let id = accreditation::nominate(unit, new).await?.id;
        let at = |version| At { id, version };
        accreditation::observe(unit, at(1), unit.today(), None).await?;
        let (last, story) = (sketch.k == 4, sketch.place % 3);
        if last && story == 2 {
            return Ok(());
        }
        let to = sketch.soon.filter(|_| last && story == 0);
        accreditation::accredit(unit, at(2), TermDays { from: None, to }).await?;
        if last && sketch.place == 1 {
            let reason = "A fictional complaint is looked into.";
            accreditation::suspend(unit, at(3), reason).await?;
        }
    }
    Ok(())
}
