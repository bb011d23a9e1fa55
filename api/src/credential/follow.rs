//! CRD-1: the credentials of accreditations and licences are issued with these and follow what becomes of them.

use super::model::{Command, Credential, Ground, Reason, State};
use super::service::{Hand, New, issued, stepped};
use super::store::Credentials;
use crate::command::{Stop, Unit};
use crate::licence::model::{self as licence, Licence};
use crate::person::desk::not_found;
use crate::person::store::People;
use crate::trainer::model::{self as trainer, Accreditation, Level};
use crate::trainer::store::Trainers;

/// Where a credential belongs, and why if that is nowhere.
type Wanted = (State, Option<Reason>);

/// Lets the credential of an accreditation follow it.
///
/// # Errors
///
/// What the database answers.
pub async fn accreditation(unit: &Unit, of: &Accreditation, by: &Hand) -> Result<(), Stop> {
    let ground = Ground::Accreditation { accreditation_id: of.id };
    let Some(wanted) = wanted_of_accreditation(of) else { return Ok(()) };
    if let Some(found) = Credentials::of(unit).standing_on(ground).await? {
        return led(unit, found, wanted, by).await;
    }
    let (State::Issued, Some(valid_from)) = (wanted.0, of.valid_from) else { return Ok(()) };
    let profile = Trainers::of(unit).find(of.trainer_id).await?.ok_or_else(not_found)?;
    let person = People::of(unit).find(profile.person_id).await?.ok_or_else(not_found)?;
    let level = match of.level {
        Level::Associate => "associate",
        Level::Trainer => "trainer",
        Level::Lead => "lead",
        Level::Mentor => "mentor",
    };
    let new = New {
        ground,
        organisation: of.organisation_id,
        person: Some(profile.person_id),
        holder: person.names.certificate_name,
        programme_type: Some(of.programme_type),
        title: format!("Trainer accreditation: {}", of.programme_type.title()),
        edition: level.to_owned(),
        awarded_on: unit.today(),
        valid_from,
        valid_until: of.valid_to,
    };
    issued(unit, new, by).await?;
    Ok(())
}

/// Where the credential of an accreditation belongs; an application has none.
fn wanted_of_accreditation(of: &Accreditation) -> Option<Wanted> {
    match of.state {
        trainer::State::Applied | trainer::State::Observed => None,
        trainer::State::Accredited => Some((State::Issued, None)),
        trainer::State::Suspended => Some((State::Suspended, None)),
        trainer::State::Withdrawn if of.resigned => Some((State::Revoked, Some(Reason::GivenUp))),
        trainer::State::Withdrawn => Some((State::Revoked, Some(Reason::Withdrawn))),
    }
}

/// Lets the credential of a licence follow it; `appealed` says that an appeal against its revocation is open.
///
/// # Errors
///
/// What the database answers.
pub async fn licence(unit: &Unit, of: &Licence, appealed: bool, by: &Hand) -> Result<(), Stop> {
    let ground = Ground::Licence { licence_id: of.id };
    let Some(wanted) = wanted_of_licence(of, appealed) else { return Ok(()) };
    if let Some(found) = Credentials::of(unit).standing_on(ground).await? {
        return led(unit, found, wanted, by).await;
    }
    let (State::Issued, Some(term)) = (wanted.0, of.term) else { return Ok(()) };
    let Some(number) = of.number.clone() else { return Ok(()) };
    let holder = Credentials::of(unit).organisation_name(of.organisation_id).await?;
    let new = New {
        ground,
        organisation: of.organisation_id,
        person: None,
        holder: holder.ok_or_else(not_found)?,
        programme_type: None,
        title: "Licence of the peer support network".to_owned(),
        edition: number,
        awarded_on: of.decided_on.unwrap_or_else(|| unit.today()),
        valid_from: term.from,
        valid_until: Some(term.to),
    };
    issued(unit, new, by).await?;
    Ok(())
}

/// Where the credential of a licence belongs; an application has none.
const fn wanted_of_licence(of: &Licence, appealed: bool) -> Option<Wanted> {
    match of.state {
        licence::State::Granted => Some((State::Issued, None)),
        licence::State::Suspended => Some((State::Suspended, None)),
        licence::State::Revoked if appealed => Some((State::Suspended, None)),
        licence::State::Revoked => Some((State::Revoked, Some(Reason::Withdrawn))),
        licence::State::Surrendered => Some((State::Revoked, Some(Reason::GivenUp))),
        licence::State::Superseded => Some((State::Superseded, None)),
        licence::State::Draft
        | licence::State::Submitted
        | licence::State::InReview
        | licence::State::Declined
        | licence::State::Withdrawn => None,
    }
}

/// Takes the steps that lead a credential where it belongs.
async fn led(
    unit: &Unit,
    mut credential: Credential,
    (wanted, reason): Wanted,
    by: &Hand,
) -> Result<(), Stop> {
    while let Some(command) = credential.state.towards(wanted) {
        let reason = reason.filter(|_| command == Command::Revoke);
        credential = stepped(unit, &credential, command, reason, (by, None)).await?;
    }
    Ok(())
}
