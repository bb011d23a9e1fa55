//! What anyone is told of a credential: in the order of Open Badges 3.0, well-formed, signature, status, and whether
//! the holder is who a verifier thinks.
//!
//! The service looks in its own name, for one token at a time, and tells what [`Verification`] holds: no list leads
//! here, and a token that is malformed looks like one that is unknown.

use chrono::NaiveDate;
use serde::Serialize;
use uuid::Uuid;

use super::model::{Credential, Ground, Kind, Reason, State, Status};
use super::rules::is_surname_of;
use super::service::sha256;
use super::store::Credentials;
use crate::actor::{Identity, Permission};
use crate::budget::Payer;
use crate::core::Core;
use crate::db::{Access, DbFault, Tx};
use crate::fault::Fault;
use crate::protection::store::is_restricted;

/// The letters of a token.
const TOKEN_LENGTH: usize = 24;

/// What everyone is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Verification {
    /// What it is worth.
    pub status: Status,
    /// Since when, if people decided so.
    pub status_since: Option<NaiveDate>,
    /// Why it was revoked.
    pub reason: Option<Reason>,
    /// What it is about.
    pub kind: Kind,
    /// What it says that was achieved.
    pub title: String,
    /// The number of the version, the level, or the number of the licence.
    pub edition: String,
    /// The frameworks whose competences it covers, with their versions.
    pub frameworks: Vec<String>,
    /// What the organisation was called then.
    pub organisation_name: String,
    /// What it, or who followed it, is called now, where that is another name.
    pub organisation_now: Vec<String>,
    /// When it was decided.
    pub awarded_on: NaiveDate,
    /// When this credential was issued.
    pub issued_on: NaiveDate,
    /// First day.
    pub valid_from: NaiveDate,
    /// The day from which it no longer holds.
    pub valid_until: Option<NaiveDate>,
    /// The holder, who chose to be told.
    pub holder_name: Option<String>,
}

/// The answer to a try to confirm a holder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Confirmation {
    /// It is the surname on the credential.
    Match,
    /// It is not, or there is no such credential, or it holds no name any more.
    NoMatch,
}

/// Why nothing is confirmed.
#[derive(Debug)]
pub enum Unconfirmed {
    /// Too many tries: seconds to wait.
    TooMany(u32),
    /// The service failed.
    Failed(Fault),
}

impl<F: Into<Fault>> From<F> for Unconfirmed {
    fn from(fault: F) -> Self {
        Self::Failed(fault.into())
    }
}

/// Whether `token` has the form of a token.
fn is_token(token: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    token.len() == TOKEN_LENGTH && token.bytes().all(letter)
}

/// A transaction in the service's own name, and the credential of a token.
async fn found(core: &Core, token: &str) -> Result<Option<(Tx, Credential)>, Fault> {
    if !is_token(token) {
        return Ok(None);
    }
    let (tx, _) = core.begin(Access::Read, Identity::System("verification")).await?;
    let credential = Credentials::within(&tx).by_token(token).await?;
    Ok(credential.map(|credential| (tx, credential)))
}

/// What is told of the credential of a token; `None` for a token of none.
///
/// # Errors
///
/// What the database answers.
pub async fn verify(core: &Core, token: &str) -> Result<Option<Verification>, Fault> {
    let Some((tx, credential)) = found(core, token).await? else { return Ok(None) };
    let signed = match &credential.jwt {
        Some(jwt) => {
            sha256(jwt) == credential.jwt_sha256 && token_of(core, jwt).as_deref() == Some(token)
        }
        // The text is gone with the name: the row is all there is.
        None => true,
    };
    told(core, &tx, credential, signed).await.map(Some)
}

/// What is told of the credential whose signed text somebody holds; `None` if the network did not issue it just so.
///
/// # Errors
///
/// What the database answers.
pub async fn verify_copy(core: &Core, jwt: &str) -> Result<Option<Verification>, Fault> {
    let Some(token) = token_of(core, jwt) else { return Ok(None) };
    let Some((tx, credential)) = found(core, &token).await? else { return Ok(None) };
    if sha256(jwt) != credential.jwt_sha256 {
        return Ok(None);
    }
    told(core, &tx, credential, true).await.map(Some)
}

/// The token that a text names, if one of our keys signed it.
fn token_of(core: &Core, jwt: &str) -> Option<String> {
    let payload = core.signer()?.verify(jwt)?;
    let (_, token) = payload.get("jti")?.as_str()?.rsplit_once("/verify/")?;
    Some(token.to_owned())
}

async fn told(
    core: &Core,
    tx: &Tx,
    credential: Credential,
    signed: bool,
) -> Result<Verification, Fault> {
    let today = core.source().today();
    let store = Credentials::within(tx);
    let mut frameworks: Vec<String> = match credential.ground {
        Ground::Graduation { programme_version_id, .. } => store
            .alignments(programme_version_id)
            .await?
            .into_iter()
            .map(|alignment| alignment.framework)
            .collect(),
        Ground::Accreditation { .. } | Ground::Licence { .. } => Vec::new(),
    };
    frameworks.dedup();
    let mut now = store.present_names(credential.organisation_id, today).await?;
    now.retain(|name| *name != credential.organisation_name);
    let decided = credential.state != State::Issued;
    let hidden = is_hidden(tx, &credential).await?;
    Ok(Verification {
        status: if signed { credential.status(today) } else { Status::Invalid },
        status_since: decided.then_some(credential.state_on),
        reason: credential.told_reason(),
        kind: credential.ground.kind(),
        frameworks,
        organisation_now: now,
        issued_on: crate::calendar::civil_date(credential.issued_at),
        holder_name: credential.holder_name.filter(|_| credential.listed && !hidden),
        title: credential.title,
        edition: credential.edition,
        organisation_name: credential.organisation_name,
        awarded_on: credential.awarded_on,
        valid_from: credential.valid_from,
        valid_until: credential.valid_until,
    })
}

/// Whether `surname` is on the credential of a token. Each try is paid for by who asks, and by the credential.
///
/// # Errors
///
/// [`Unconfirmed`].
pub async fn confirm(
    core: &Core,
    payer: Payer,
    token: &str,
    surname: &str,
) -> Result<Confirmation, Unconfirmed> {
    try_once(core, payer).await?;
    let Some((tx, credential)) = found(core, token).await? else {
        return Ok(Confirmation::NoMatch);
    };
    try_once(core, Payer::Credential(credential.id)).await?;
    let hidden = is_hidden(&tx, &credential).await.map_err(Fault::from)?;
    let told = credential.holder_name.filter(|_| !hidden);
    let fits = told.is_some_and(|name| is_surname_of(surname, &name));
    Ok(if fits { Confirmation::Match } else { Confirmation::NoMatch })
}

/// Whether the processing of the holder's data is restricted: nobody is told the name meanwhile.
async fn is_hidden(tx: &Tx, credential: &Credential) -> Result<bool, DbFault> {
    match credential.person_id {
        Some(person) => is_restricted(tx, person).await,
        None => Ok(false),
    }
}

/// Takes one try from the budget of `payer`.
async fn try_once(core: &Core, payer: Payer) -> Result<(), Unconfirmed> {
    let none = || Fault::Internal("nobody counts tries here".to_owned());
    match core.tries().ok_or_else(none)?.charge(payer, 1).await.wait_s {
        None => Ok(()),
        Some(seconds) => Err(Unconfirmed::TooMany(seconds)),
    }
}

/// The credential with this id, for whoever sees it.
///
/// # Errors
///
/// What the database answers.
pub async fn seen(core: &Core, identity: Identity, id: Uuid) -> Result<Option<Credential>, Fault> {
    let (tx, actor) = core.begin(Access::Read, identity).await?;
    let credential = Credentials::within(&tx).find(id).await?;
    let found = credential.filter(|credential| super::service::sees(&actor, credential));
    let Some(credential) = found else { return Ok(None) };
    let own = actor.person().is_some() && actor.person() == credential.person_id;
    let officer = actor.may_nationally(Permission::AnswerRightsRequests);
    let shown = own || officer || !is_hidden(&tx, &credential).await?;
    Ok(shown.then_some(credential))
}

/// The bits of a list that are set for one purpose.
///
/// # Errors
///
/// What the database answers.
pub async fn set_bits(
    core: &Core,
    list: i32,
    purpose: super::badge::Purpose,
) -> Result<Vec<i32>, Fault> {
    let (tx, _) = core.begin(Access::Read, Identity::System("verification")).await?;
    let bits = Credentials::within(&tx).set_bits(list).await?;
    Ok(bits.into_iter().filter(|(_, state)| purpose.sets(*state)).map(|(bit, _)| bit).collect())
}
