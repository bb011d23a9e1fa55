//! Consents: given and withdrawn by the person, and by nobody else.
//!
//! What a listing shows and the consent to it are one thing: [`begin`] and [`end`] are called where a credential or a
//! profile is listed or not, so that neither is there without the other.

use uuid::Uuid;

use super::desk::{Desk, OWN, refuse_stale};
use super::model::{Consent, ConsentPurpose};
use super::{restriction, rules};
use crate::command::{Stop, Unit, refuse_any};
use crate::credential::{self, store::Credentials};
use crate::person::desk::{At, Changed, not_found};
use crate::refusal::{Code, Refusal};
use crate::trainer::service::{self as trainers, Profile};
use crate::trainer::store::Trainers;

/// The wording of those who are listed without naming another: the network's own.
pub const NETWORK_WORDING: &str = "network/listing/1";

/// A consent to be given.
#[derive(Clone, Debug)]
pub struct NewConsent {
    /// For what.
    pub purpose: ConsentPurpose,
    /// The wording that was agreed to.
    pub wording: String,
    /// The credential or profile, where it is for one.
    pub of: Option<Uuid>,
}

/// Gives a consent; what it allows begins at once.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn give(unit: &Unit, new: NewConsent) -> Result<Changed, Stop> {
    let (desk, person) = Desk::of_oneself(unit)?;
    restriction::refuse(unit, person).await?;
    let of = new.of.unwrap_or(person);
    refuse_any(rules::unmet_for_giving(new.purpose))?;
    let version = match new.purpose {
        ConsentPurpose::CredentialListing => own_credential(unit, of, person).await?,
        ConsentPurpose::TrainerListing => own_profile(unit, of, person).await?,
        ConsentPurpose::CaseStudy | ConsentPurpose::Transfer => (0, false),
    };
    let live = desk.store.live_consent(new.purpose, of).await?;
    refuse_any(rules::unmet_for_consent(&new.wording, live.as_ref()))?;
    let (at, listed) = (At { id: of, version: version.0 }, version.1);
    let wording = new.wording.as_str();
    match new.purpose {
        ConsentPurpose::CredentialListing if !listed => {
            credential::service::set_listing(unit, at, true, Some(wording)).await?;
        }
        ConsentPurpose::TrainerListing if !listed => {
            trainers::describe(unit, at, listing(true, Some(wording))).await?;
        }
        _ => begin(unit, person, (new.purpose, of), (wording, OWN)).await?,
    }
    let made = desk.store.live_consent(new.purpose, of).await?.ok_or_else(not_found)?;
    Ok(Changed::of(made.id))
}

fn listing(listed: bool, wording: Option<&str>) -> Profile {
    let consent_wording = wording.map(str::to_owned);
    Profile { bio: None, listed: Some(listed), lived_experience: None, consent_wording }
}

/// The version of an own credential, and whether it is listed.
async fn own_credential(unit: &Unit, id: Uuid, person: Uuid) -> Result<(i32, bool), Stop> {
    let found = Credentials::of(unit).lock(id).await?;
    let own = found.filter(|found| found.person_id == Some(person));
    let own = own.ok_or_else(|| missing("credentialId"))?;
    Ok((own.version, own.listed))
}

/// The version of an own profile, and whether it is listed.
async fn own_profile(unit: &Unit, id: Uuid, person: Uuid) -> Result<(i32, bool), Stop> {
    let found = Trainers::of(unit).lock(id).await?;
    let own = found.filter(|found| found.person_id == person);
    let own = own.ok_or_else(|| missing("trainerId"))?;
    Ok((own.version, own.listed))
}

fn missing(path: &str) -> Stop {
    Refusal::at(Code::NotFound, path, Code::NotFound.description()).into()
}

/// Withdraws a consent; what it allowed ends at once, also while processing is restricted.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn withdraw(unit: &Unit, at: At) -> Result<Changed, Stop> {
    let (desk, person) = Desk::of_oneself(unit)?;
    let found = desk.store.lock_consent(at.id).await?;
    let own = found.filter(|found| found.person_id == person).ok_or_else(not_found)?;
    refuse_stale(own.version, at.version)?;
    refuse_any(rules::unmet_for_withdrawal(&own))?;
    let of = own.credential_id.or(own.trainer_id).unwrap_or(person);
    match own.purpose {
        ConsentPurpose::CredentialListing => {
            let (version, _) = own_credential(unit, of, person).await?;
            let at = At { id: of, version };
            credential::service::set_listing(unit, at, false, None).await?;
        }
        ConsentPurpose::TrainerListing => {
            let (version, _) = own_profile(unit, of, person).await?;
            trainers::describe(unit, At { id: of, version }, listing(false, None)).await?;
        }
        ConsentPurpose::CaseStudy | ConsentPurpose::Transfer => {
            end(unit, own.purpose, of, &desk.acting_as).await?;
        }
    }
    Ok(Changed::of(at.id))
}

/// Records that the person agreed to something by a wording, told by whoever acts. A consent that held before ends.
///
/// # Errors
///
/// [`Code::Invalid`] for a wording that is none; or what the database answers.
pub async fn begin(
    unit: &Unit,
    person: Uuid,
    (purpose, of): (ConsentPurpose, Uuid),
    (wording, acting_as): (&str, &str),
) -> Result<(), Stop> {
    refuse_any(rules::unmet_for_consent(wording, None))?;
    let desk = Desk::of(unit, acting_as);
    end(unit, purpose, of, acting_as).await?;
    let consent = Consent {
        id: unit.id(),
        person_id: person,
        purpose,
        wording: wording.to_owned(),
        credential_id: (purpose == ConsentPurpose::CredentialListing).then_some(of),
        trainer_id: (purpose == ConsentPurpose::TrainerListing).then_some(of),
        given_at: unit.now(),
        withdrawn_at: None,
        version: 1,
    };
    desk.store.insert_consent(&consent).await?;
    desk.record("consent.given", None, &consent, None);
    Ok(())
}

/// Records that a consent, if there is one, holds no more.
///
/// # Errors
///
/// What the database answers.
pub async fn end(
    unit: &Unit,
    purpose: ConsentPurpose,
    of: Uuid,
    acting_as: &str,
) -> Result<(), Stop> {
    let desk = Desk::of(unit, acting_as);
    match desk.store.live_consent(purpose, of).await? {
        Some(before) => ended(&desk, before).await,
        None => Ok(()),
    }
}

/// Ends a consent that holds.
pub(super) async fn ended(desk: &Desk<'_>, before: Consent) -> Result<(), Stop> {
    let changed = Consent { withdrawn_at: Some(desk.unit.now()), ..before.clone() };
    let after = desk.store.update_consent(changed).await?;
    desk.record("consent.withdrawn", Some(&before), &after, None);
    Ok(())
}
