//! Use cases of credentials.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{Datelike as _, NaiveDate};
use sea_orm::DbErr;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::badge::{self, BITS};
use super::model::{Command, Credential, Ground, Place, Reason, State};
use super::rules;
use super::store::Credentials;
use crate::actor::Permission;
use crate::audit::Change;
use crate::command::{Stop, Unit, refuse_any};
use crate::db::DbFault;
use crate::organisation::rules::{MAX_TEXT, unmet_for_text};
use crate::person::desk::{At, Changed, not_found};
use crate::person::rules::unmet_for_hands;
use crate::person::store::People;
use crate::programme::kind::ProgrammeType;
use crate::programme::store::Programmes;
use crate::protection::desk::OWN;
use crate::protection::model::ConsentPurpose;
use crate::protection::{consents, restriction};
use crate::refusal::{Code, Refusal};

/// The bytes of a public token: 144 bits, more than anybody guesses.
const TOKEN_BYTES: usize = 18;

/// In whose name the trail says that something was done, and in which chain.
#[derive(Clone, Debug)]
pub struct Hand {
    /// The role that allows it.
    pub acting_as: String,
    /// The chain.
    pub chain: Uuid,
}

/// The decision that somebody graduated.
#[derive(Clone, Copy, Debug)]
pub struct Graduated {
    /// Who.
    pub person: Uuid,
    /// From which course.
    pub course: Uuid,
    /// On which version of a programme.
    pub programme_version: Uuid,
    /// The organisation that delivered it.
    pub deliverer: Uuid,
    /// The decision.
    pub decision: Uuid,
    /// When it was decided.
    pub awarded_on: NaiveDate,
}

/// CRD-1: issues the credential of a graduate, in the transaction of the decision. Gives its id.
///
/// # Errors
///
/// `NOT_FOUND` for a person or version that is not there; `CONFLICT` if the decision has one; what the database
/// answers.
pub async fn issue(unit: &Unit, of: Graduated, by: &Hand) -> Result<Uuid, Stop> {
    let programmes = Programmes::of(unit);
    let version = programmes.version(of.programme_version).await?.ok_or_else(not_found)?;
    let programme = programmes.programme(version.programme_id).await?.ok_or_else(not_found)?;
    let person = People::of(unit).find(of.person).await?.ok_or_else(not_found)?;
    let new = New {
        ground: Ground::Graduation {
            course_id: of.course,
            programme_version_id: of.programme_version,
            decision_id: Some(of.decision),
        },
        organisation: of.deliverer,
        person: Some(of.person),
        holder: person.names.certificate_name,
        programme_type: Some(programme.kind),
        title: programme.title,
        edition: version.number.to_string(),
        awarded_on: of.awarded_on,
        valid_from: of.awarded_on,
        valid_until: None,
    };
    Ok(issued(unit, new, by).await?.id)
}

/// The credential of a graduate of a course that stands, locked: neither superseded nor revoked.
///
/// # Errors
///
/// What the database answers.
pub async fn of_graduation(
    unit: &Unit,
    person: Uuid,
    course: Uuid,
) -> Result<Option<Credential>, Stop> {
    let all = Credentials::of(unit).of_person(person).await?;
    let standing = |of: &Credential| {
        matches!(of.ground, Ground::Graduation { course_id, .. } if course_id == course)
            && matches!(of.state, State::Issued | State::Suspended)
    };
    Ok(all.into_iter().find(standing))
}

/// Takes the credential of a graduate away, because it was decided otherwise.
///
/// # Errors
///
/// What the database answers.
pub async fn reverse(unit: &Unit, of: &Credential, reason: Reason, by: &Hand) -> Result<(), Stop> {
    stepped(unit, of, Command::Revoke, Some(reason), (by, None)).await?;
    Ok(())
}

/// Lets credentials of a person no longer name the decisions on which they stand, because the person is taken out of
/// what these are about. The credentials stay as they are.
///
/// # Errors
///
/// What the database answers.
pub async fn set_apart(
    unit: &Unit,
    person: Uuid,
    decisions: &[Uuid],
    by: &Hand,
) -> Result<(), Stop> {
    if decisions.is_empty() {
        return Ok(());
    }
    for before in Credentials::of(unit).of_person(person).await? {
        let Ground::Graduation { course_id, programme_version_id, decision_id: Some(decision) } =
            before.ground
        else {
            continue;
        };
        if decisions.contains(&decision) {
            let decision_id = None;
            let ground = Ground::Graduation { course_id, programme_version_id, decision_id };
            let after = Credential { ground, ..before.clone() };
            saved(unit, "credential.set_apart", &before, after, (by, None)).await?;
        }
    }
    Ok(())
}

/// A credential to be issued.
pub(super) struct New {
    pub(super) ground: Ground,
    pub(super) organisation: Uuid,
    pub(super) person: Option<Uuid>,
    pub(super) holder: String,
    pub(super) programme_type: Option<ProgrammeType>,
    pub(super) title: String,
    pub(super) edition: String,
    pub(super) awarded_on: NaiveDate,
    pub(super) valid_from: NaiveDate,
    pub(super) valid_until: Option<NaiveDate>,
}

/// Issues and signs a credential.
pub(super) async fn issued(unit: &Unit, new: New, by: &Hand) -> Result<Credential, Stop> {
    let store = Credentials::of(unit);
    let called = store.organisation_name(new.organisation).await?.ok_or_else(not_found)?;
    let credential = Credential {
        id: unit.id(),
        public_token: String::new(),
        ground: new.ground,
        organisation_id: new.organisation,
        organisation_name: called,
        person_id: new.person,
        holder_name: Some(new.holder),
        programme_type: new.programme_type,
        title: new.title,
        edition: new.edition,
        awarded_on: new.awarded_on,
        issued_at: unit.now(),
        valid_from: new.valid_from,
        valid_until: new.valid_until,
        state: State::Issued,
        state_on: unit.today(),
        reason: None,
        redacted_on: None,
        supersedes_id: None,
        listed: false,
        place: Place { list: 0, index: 0 },
        jwt: None,
        jwt_sha256: String::new(),
        version: 1,
    };
    added(unit, credential, "credential.issued", by).await
}

/// Gives a credential its token, its place and its signature, and saves it.
async fn added(
    unit: &Unit,
    mut new: Credential,
    action: &'static str,
    by: &Hand,
) -> Result<Credential, Stop> {
    let store = Credentials::of(unit);
    let signer = unit.signer().ok_or_else(|| failed("no key signs credentials here"))?;
    let (mut token, mut place) = ([0; TOKEN_BYTES], [0; 4]);
    unit.fill(&mut token);
    unit.fill(&mut place);
    new.public_token = URL_SAFE_NO_PAD.encode(token);
    let index = i32::try_from(u32::from_be_bytes(place) % BITS).unwrap_or_default();
    new.place = Place { list: unit.today().year(), index };
    let alignments = match new.ground {
        Ground::Graduation { programme_version_id, .. } => {
            store.alignments(programme_version_id).await?
        }
        Ground::Accreditation { .. } | Ground::Licence { .. } => Vec::new(),
    };
    let payload = badge::payload(&new, &alignments, signer);
    let jwt = signer.sign(&payload).map_err(|fault| failed(&fault.to_string()))?;
    new.jwt_sha256 = sha256(&jwt);
    new.jwt = Some(jwt);
    store.insert(&new).await?;
    record(unit, action, None, &new, by, None);
    Ok(new)
}

/// The SHA-256 of a signed text, in lower-case hexadecimal.
#[must_use]
pub fn sha256(jwt: &str) -> String {
    hex::encode(Sha256::digest(jwt))
}

fn failed(text: &str) -> Stop {
    DbFault::Other(Box::new(DbErr::Custom(text.to_owned()))).into()
}

/// Takes one step with a credential.
pub(super) async fn stepped(
    unit: &Unit,
    before: &Credential,
    command: Command,
    reason: Option<Reason>,
    (by, why): (&Hand, Option<&str>),
) -> Result<Credential, Stop> {
    refuse_any(rules::unmet_for_step(before.state, command))?;
    let conflict = || Stop::from(Refusal::whole(Code::Conflict));
    let state = before.state.after(command).ok_or_else(conflict)?;
    let after = Credential { state, state_on: unit.today(), ..before.clone() };
    let (action, after) = match command {
        Command::Suspend => ("credential.suspended", after),
        Command::Reinstate => ("credential.reinstated", Credential { reason: None, ..after }),
        Command::Revoke => ("credential.revoked", Credential { reason, ..after }),
        Command::Supersede => {
            ("credential.superseded", Credential { reason: None, ..after.nameless() })
        }
    };
    saved(unit, action, before, after, (by, why)).await
}

/// Saves `after` as the next version of `before` and records the change.
async fn saved(
    unit: &Unit,
    action: &'static str,
    before: &Credential,
    mut after: Credential,
    (by, why): (&Hand, Option<&str>),
) -> Result<Credential, Stop> {
    after.version = before.version + 1;
    Credentials::of(unit).update(&after).await?;
    record(unit, action, Some(before), &after, by, why);
    if before.listed && !after.listed {
        let purpose = ConsentPurpose::CredentialListing;
        consents::end(unit, purpose, after.id, &by.acting_as).await?;
    }
    Ok(after)
}

fn record(
    unit: &Unit,
    action: &'static str,
    before: Option<&Credential>,
    after: &Credential,
    by: &Hand,
    why: Option<&str>,
) {
    let why = why.map(str::to_owned);
    let change = Change::of(action, before, after, &[], by.acting_as.clone(), why);
    unit.record(Change { chain: by.chain, ..change });
}

/// Whether the actor sees the credential.
#[must_use]
pub fn sees(actor: &crate::actor::Actor, credential: &Credential) -> bool {
    actor.acting_for(Permission::SeeCredentials, Some(credential.organisation_id)).is_some()
        || holds(actor, credential)
}

/// Whether the actor is the person who holds it.
fn holds(actor: &crate::actor::Actor, credential: &Credential) -> bool {
    actor.person().is_some() && actor.person() == credential.person_id
}

/// The credential, locked and as the caller read it; to who does not see it, it is not there. Nobody changes one of a
/// person whose processing is restricted.
async fn locked(unit: &Unit, at: At) -> Result<Credential, Stop> {
    let found = seen(unit, at).await?;
    if let Some(person) = found.person_id {
        restriction::refuse(unit, person).await?;
    }
    Ok(found)
}

/// The same, whether it changes or not.
async fn seen(unit: &Unit, at: At) -> Result<Credential, Stop> {
    let found = Credentials::of(unit).lock(at.id).await?;
    let found = found.filter(|found| sees(unit.actor(), found)).ok_or_else(not_found)?;
    if found.version == at.version { Ok(found) } else { Err(Refusal::stale().into()) }
}

/// The hand of whoever holds `permission` for the nation.
fn national(unit: &Unit, permission: Permission, of: &Credential) -> Option<Hand> {
    let acting_as = unit.actor().acting_nationally(permission)?;
    Some(Hand { acting_as, chain: of.organisation_id })
}

/// The hand of the person who holds the credential.
fn own(unit: &Unit, of: &Credential) -> Option<Hand> {
    let person = of.person_id.filter(|_| holds(unit.actor(), of))?;
    Some(Hand { acting_as: "SELF".to_owned(), chain: person })
}

/// The credential of a graduate, with the hand of whoever decides about it and is not the holder.
async fn decided(unit: &Unit, at: At) -> Result<(Credential, Hand), Stop> {
    let found = locked(unit, at).await?;
    let forbidden = || Stop::from(Refusal::whole(Code::Forbidden));
    let hand = national(unit, Permission::DecideCredentials, &found).ok_or_else(forbidden)?;
    refuse_any(unmet_for_hands(unit.actor().person(), &[found.person_id]))?;
    refuse_any(rules::unmet_for_own_decision(found.ground.kind()))?;
    Ok((found, hand))
}

/// Takes a credential out of use; a revoked one while an appeal is open.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn suspend(unit: &Unit, at: At, why: &str) -> Result<Changed, Stop> {
    let (found, hand) = decided(unit, at).await?;
    refuse_any(unmet_for_text(why, "why", MAX_TEXT))?;
    stepped(unit, &found, Command::Suspend, None, (&hand, Some(why))).await?;
    Ok(Changed::of(at.id))
}

/// Puts a suspended credential back into use.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn reinstate(unit: &Unit, at: At, why: &str) -> Result<Changed, Stop> {
    let (found, hand) = decided(unit, at).await?;
    refuse_any(unmet_for_text(why, "why", MAX_TEXT))?;
    stepped(unit, &found, Command::Reinstate, None, (&hand, Some(why))).await?;
    Ok(Changed::of(at.id))
}

/// Takes a credential away, for a reason that everyone is told.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn revoke(unit: &Unit, at: At, reason: Reason, why: &str) -> Result<Changed, Stop> {
    let (found, hand) = decided(unit, at).await?;
    let mut unmet = rules::unmet_for_reason(reason);
    unmet.extend(unmet_for_text(why, "why", MAX_TEXT));
    refuse_any(unmet)?;
    stepped(unit, &found, Command::Revoke, Some(reason), (&hand, Some(why))).await?;
    Ok(Changed::of(at.id))
}

/// CRD-2: issues a credential again, with the present name and a date of its own. Gives the new one.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn reissue(unit: &Unit, at: At) -> Result<Changed, Stop> {
    let found = locked(unit, at).await?;
    let hand = own(unit, &found).or_else(|| national(unit, Permission::ReissueCredentials, &found));
    let hand = hand.ok_or_else(|| Stop::from(Refusal::whole(Code::Forbidden)))?;
    refuse_any(rules::unmet_for_reissue(&found, unit.today()))?;
    let holder = match found.person_id {
        Some(id) => People::of(unit).find(id).await?.map(|person| person.names.certificate_name),
        None => Credentials::of(unit).organisation_name(found.organisation_id).await?,
    };
    let holder = holder.ok_or_else(not_found)?;
    stepped(unit, &found, Command::Supersede, None, (&hand, None)).await?;
    let new = Credential {
        id: unit.id(),
        holder_name: Some(holder),
        issued_at: unit.now(),
        state: State::Issued,
        state_on: unit.today(),
        supersedes_id: Some(found.id),
        listed: false,
        version: 1,
        ..found
    };
    let new = added(unit, new, "credential.reissued", &hand).await?;
    Ok(Changed::of(new.id))
}

/// CRD-4: the holder lets the public be told the name, by a wording or the network's own, or not.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn set_listing(
    unit: &Unit,
    at: At,
    listed: bool,
    wording: Option<&str>,
) -> Result<Changed, Stop> {
    let found = seen(unit, at).await?;
    if let Some(person) = found.person_id.filter(|_| listed) {
        restriction::refuse(unit, person).await?;
    }
    let hand = own(unit, &found).ok_or_else(|| Stop::from(Refusal::whole(Code::Forbidden)))?;
    refuse_any(rules::unmet_for_listing(&found, listed))?;
    let after = Credential { listed, ..found.clone() };
    saved(unit, "credential.listing_set", &found, after, (&hand, None)).await?;
    if let Some(person) = found.person_id.filter(|_| listed) {
        let of = (ConsentPurpose::CredentialListing, at.id);
        let wording = wording.unwrap_or(consents::NETWORK_WORDING);
        consents::begin(unit, person, of, (wording, OWN)).await?;
    }
    Ok(Changed::of(at.id))
}

/// Takes a person's name and signed texts out of every credential, as part of an erasure that was decided. The hashes
/// stay, so that the holder proves with the own copy. Gives how many there were.
///
/// # Errors
///
/// What the database answers.
pub async fn redact(unit: &Unit, person: Uuid, by: &Hand) -> Result<u64, Stop> {
    let mut redacted = 0;
    for before in Credentials::of(unit).of_person(person).await? {
        if before.redacted_on.is_none() {
            let after = before.clone().nameless();
            let after = Credential { redacted_on: Some(unit.today()), ..after };
            saved(unit, "credential.redacted", &before, after, (by, None)).await?;
            redacted += 1;
        }
    }
    Ok(redacted)
}

/// Gives the credentials of a merged record to the other. Gives how many there were.
///
/// # Errors
///
/// What the database answers.
pub async fn hand_over(unit: &Unit, from: Uuid, to: Uuid, by: &Hand) -> Result<u64, Stop> {
    let mut handed = 0;
    for before in Credentials::of(unit).of_person(from).await? {
        let after = Credential { person_id: Some(to), ..before.clone() };
        saved(unit, "credential.person_merged", &before, after, (by, None)).await?;
        handed += 1;
    }
    Ok(handed)
}
