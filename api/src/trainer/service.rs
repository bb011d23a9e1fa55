//! Use cases of a trainer's profile: each authorises, locks, asks the rules, saves and records.

use chrono::NaiveDate;
use uuid::Uuid;

use super::desk::Desk;
use super::model::{Affiliation, Trainer};
use super::rules;
use super::store::Trainers;
use crate::actor::Permission;
use crate::command::{Stop, Unit, refuse_any};
use crate::organisation::store::Organisations;
use crate::person::desk::{At, Changed, acting_for, not_found};
use crate::person::rules::{unmet_for_change, unmet_for_hands};
use crate::person::store::People;
use crate::protection::desk::OWN;
use crate::protection::model::ConsentPurpose;
use crate::protection::{consents, restriction};
use crate::refusal::{Code, Refusal};

/// A person who becomes a trainer, with the first affiliation.
#[derive(Clone, Debug)]
pub struct NewTrainer {
    /// The person.
    pub person: Uuid,
    /// The organisation with which the trainer works.
    pub organisation: Uuid,
    /// From which day; today if absent.
    pub from: Option<NaiveDate>,
    /// What is said about the trainer's work.
    pub bio: Option<String>,
}

/// Registers a trainer. The profile is not listed until the trainer says so.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn register(unit: &Unit, new: NewTrainer) -> Result<Changed, Stop> {
    let desk = within(unit, new.organisation).await?;
    let people = People::of(unit);
    if desk.acting_for.is_some() {
        // A partner names people whose record the own organisation keeps: others are not there.
        let mut keepers = people.memberships(new.person).await?;
        keepers.retain(|link| link.target == new.organisation);
        acting_for(unit, &keepers, Permission::ManageTrainers).ok_or_else(no_person)?;
    }
    let person = people.lock(new.person).await?.ok_or_else(no_person)?;
    refuse_any(unmet_for_hands(unit.actor().person(), &[Some(person.id)]))?;
    let mut unmet = unmet_for_change(&person, "personId");
    unmet.extend(rules::unmet_for_bio(new.bio.as_deref()));
    refuse_any(unmet)?;
    if desk.store.of_person(person.id).await?.iter().any(|held| held.merged_into_id.is_none()) {
        return Err(Refusal::at(Code::TrainerTaken, "personId", "is a trainer already").into());
    }
    let trainer = Trainer {
        id: unit.id(),
        person_id: person.id,
        name: person.names.preferred_name.clone(),
        bio: new.bio,
        listed: false,
        lived_experience: false,
        merged_into_id: None,
        created_at: unit.now(),
        updated_at: unit.now(),
        version: 1,
    };
    let affiliation = Affiliation {
        id: unit.id(),
        trainer_id: trainer.id,
        organisation_id: new.organisation,
        from: new.from.unwrap_or_else(|| unit.today()),
        to: None,
    };
    desk.store.insert(&trainer).await?;
    desk.store.add_affiliation(&affiliation).await?;
    desk.record("trainer.registered", None, &trainer, &["affiliations"]);
    Ok(Changed::of(trainer.id))
}

fn no_person() -> Stop {
    Refusal::at(Code::NotFound, "personId", "no such person").into()
}

/// The desk of whoever manages trainers for the nation or in the organisation.
async fn within(unit: &Unit, organisation: Uuid) -> Result<Desk<'_>, Stop> {
    let permission = Permission::ManageTrainers;
    if let Some(acting_as) = unit.actor().acting_nationally(permission) {
        let missing = || Stop::from(Refusal::at(Code::NotFound, "organisationId", "no such one"));
        Organisations::of(unit).lock(organisation).await?.ok_or_else(missing)?;
        return Ok(Desk::of(unit, acting_as, None));
    }
    match unit.actor().acting_in(organisation, permission) {
        Some(acting_as) => Ok(Desk::of(unit, acting_as, Some(organisation))),
        None => Err(Refusal::whole(Code::Forbidden).into()),
    }
}

/// What a trainer says about the own profile; what is absent stays.
#[derive(Clone, Debug)]
pub struct Profile {
    /// What the trainer says about the own work.
    pub bio: Option<String>,
    /// Whether the profile stands in the public register.
    pub listed: Option<bool>,
    /// Whether the trainer has lived experience.
    pub lived_experience: Option<bool>,
    /// The wording that the trainer agreed to who is listed; the network's own, if none is named.
    pub consent_wording: Option<String>,
}

/// The trainer changes the own profile.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn describe(unit: &Unit, at: At, profile: Profile) -> Result<Changed, Stop> {
    let (desk, before) = Desk::own(unit, at.id).await?;
    refuse_stale(&before, at)?;
    // A choice is taken back at once, whatever else must not change.
    let Profile { bio, listed, lived_experience, consent_wording } = profile;
    if listed != Some(false) || bio.is_some() || lived_experience.is_some() {
        restriction::refuse(unit, before.person_id).await?;
    }
    let mut unmet = rules::unmet_for_bio(bio.as_deref());
    let after = Trainer {
        bio: bio.or_else(|| before.bio.clone()),
        listed: listed.unwrap_or(before.listed),
        lived_experience: lived_experience.unwrap_or(before.lived_experience),
        ..before.clone()
    };
    if after == before {
        unmet.push(Refusal::at(Code::Unchanged, "", "the profile says this already"));
    }
    refuse_any(unmet)?;
    let begins = after.listed && !before.listed;
    desk.save("trainer.described", &before, after, &[]).await?;
    if begins {
        let wording = consent_wording.as_deref().unwrap_or(consents::NETWORK_WORDING);
        let of = (ConsentPurpose::TrainerListing, at.id);
        consents::begin(unit, before.person_id, of, (wording, OWN)).await?;
    }
    Ok(Changed::of(at.id))
}

fn refuse_stale(trainer: &Trainer, at: At) -> Result<(), Stop> {
    if trainer.version == at.version { Ok(()) } else { Err(Refusal::stale().into()) }
}

/// An affiliation to be recorded.
#[derive(Clone, Copy, Debug)]
pub struct NewAffiliation {
    /// The organisation.
    pub organisation: Uuid,
    /// First day; today if absent.
    pub from: Option<NaiveDate>,
    /// The day from which it no longer holds.
    pub to: Option<NaiveDate>,
}

/// Records that a trainer works with an organisation. A partner does so for the own organisation, with
/// people whose record it keeps.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn affiliate(unit: &Unit, at: At, new: NewAffiliation) -> Result<Changed, Stop> {
    let desk = within(unit, new.organisation).await?;
    let found = desk.store.find(at.id).await?.ok_or_else(not_found)?;
    if desk.acting_for.is_some() {
        let mut keepers = People::of(unit).memberships(found.person_id).await?;
        keepers.retain(|link| link.target == new.organisation);
        if acting_for(unit, &keepers, Permission::ManageTrainers).is_none() {
            let code = if found.listed { Code::Forbidden } else { Code::NotFound };
            return Err(Refusal::whole(code).into());
        }
    }
    let before = desk.store.lock(at.id).await?.ok_or_else(not_found)?;
    restriction::refuse(unit, before.person_id).await?;
    desk.by_another(&before)?;
    refuse_stale(&before, at)?;
    let affiliation = Affiliation {
        id: unit.id(),
        trainer_id: at.id,
        organisation_id: new.organisation,
        from: new.from.unwrap_or_else(|| unit.today()),
        to: new.to,
    };
    let mut unmet = rules::unmet_for_change(&before);
    let held = desk.store.affiliations(at.id).await?;
    unmet.extend(rules::unmet_for_affiliation(&affiliation, &held));
    refuse_any(unmet)?;
    desk.store.add_affiliation(&affiliation).await?;
    let after = before.clone();
    desk.save("trainer.affiliated", &before, after, &["affiliations"]).await?;
    Ok(Changed::of(at.id))
}

/// Ends an affiliation, today or on a later day. From then on the organisation no longer sees more than
/// the public register does.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn end_affiliation(
    unit: &Unit,
    id: Uuid,
    expected_version: i32,
    on: Option<NaiveDate>,
) -> Result<Changed, Stop> {
    let held = Trainers::of(unit).affiliation(id).await?.ok_or_else(not_found)?;
    let permission = Permission::ManageTrainers;
    let nationally = unit.actor().acting_nationally(permission);
    let (acting_as, acting_for) = match nationally {
        Some(acting_as) => (acting_as, None),
        None => match unit.actor().acting_in(held.organisation_id, permission) {
            Some(acting_as) => (acting_as, Some(held.organisation_id)),
            None => return Err(not_found()),
        },
    };
    let desk = Desk::of(unit, acting_as, acting_for);
    let before = desk.store.lock(held.trainer_id).await?.ok_or_else(not_found)?;
    refuse_stale(&before, At { id: before.id, version: expected_version })?;
    let on = on.unwrap_or_else(|| unit.today());
    let mut unmet = rules::unmet_for_change(&before);
    if on < unit.today() {
        unmet.push(Refusal::at(Code::Invalid, "endsOn", "must not lie in the past"));
    }
    let last = on.max(held.from);
    if held.to.is_some_and(|to| to <= last) {
        unmet.push(Refusal::at(Code::Unchanged, "endsOn", "it ends no later already"));
    }
    refuse_any(unmet)?;
    let after = before.clone();
    desk.save("trainer.affiliation_ended", &before, after, &["affiliations"]).await?;
    desk.store.end_affiliation(id, last).await?;
    Ok(Changed::of(before.id))
}

/// Records that a trainer attended a standardisation event.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn attend(
    unit: &Unit,
    at: At,
    on: NaiveDate,
    note_reference: Option<String>,
) -> Result<Changed, Stop> {
    let (desk, before) = Desk::at(unit, Permission::AssessTrainers, at.id).await?;
    desk.by_another(&before)?;
    refuse_stale(&before, at)?;
    let note = note_reference.as_deref();
    refuse_any(rules::unmet_for_record(on, "attendedOn", note, unit.today()))?;
    desk.store.add_standardisation(at.id, on, note).await?;
    let after = before.clone();
    desk.save("trainer.standardisation_recorded", &before, after, &["standardisations"]).await?;
    Ok(Changed::of(at.id))
}
