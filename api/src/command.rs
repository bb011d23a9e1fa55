//! How every mutation runs: one way.
//!
//! 1. The work goes to a tracked task: a client that hangs up cannot stop it half-way.
//! 2. A write transaction begins under the actor's Scope; the grants are read in it.
//! 3. Who holds the mutation's permission nowhere is refused.
//! 4. The idempotency key is claimed; a repeat gets the stored answer.
//! 5. The service authorises, locks, asks the rules and saves.
//! 6. Its changes are sealed into the audit trail and told to the outbox.
//! 7. All of it commits, or none. A transaction that met others is run again.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use tracing::Instrument as _;
use uuid::Uuid;

use crate::actor::{Actor, Identity, Permission, Role};
use crate::audit::{self, Change};
use crate::config::{PolicySettings, UploadLimits};
use crate::core::Core;
use crate::credential::keys::Signer;
use crate::db::{Access, DbFault, Tx};
use crate::fault::Fault;
use crate::idempotency::{self, Claim, Key, MAX_KEY_LENGTH};
use crate::outbox;
use crate::refusal::{self, Code, Refusal};
use crate::vault::keys::Vault;

/// How often a transaction is run again after meeting others.
const ATTEMPTS: u32 = 6;

/// The result of a mutation that was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome<T> {
    /// Done and committed (or, for a dry run, possible).
    Done(T),
    /// Refused; nothing was written.
    Refused(Vec<Refusal>),
}

/// Why a use case stops.
#[derive(Debug)]
pub enum Stop {
    /// The rules say no.
    Refused(Vec<Refusal>),
    /// The database says no, or nothing.
    Db(DbFault),
}

impl From<DbFault> for Stop {
    fn from(fault: DbFault) -> Self {
        Self::Db(fault)
    }
}

impl From<sea_orm::DbErr> for Stop {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Db(error.into())
    }
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(vec![refusal])
    }
}

impl From<Vec<Refusal>> for Stop {
    fn from(refusals: Vec<Refusal>) -> Self {
        Self::Refused(refusals)
    }
}

impl Stop {
    /// The same, where what a rule or a constraint refuses is the input field at `path`.
    #[must_use]
    pub fn of_field(self, path: &str) -> Self {
        let unmet = match self {
            Self::Refused(unmet) => unmet,
            Self::Db(DbFault::Constraint(name)) => match refusal::for_constraint(&name) {
                Some(unmet) => vec![unmet],
                None => return Self::Db(DbFault::Constraint(name)),
            },
            Self::Db(fault) => return Self::Db(fault),
        };
        Self::Refused(unmet.into_iter().map(|unmet| unmet.of_field(path)).collect())
    }
}

/// Stops if there is anything to refuse.
///
/// # Errors
///
/// [`Stop::Refused`] with all of `refusals`.
pub fn refuse_any(refusals: Vec<Refusal>) -> Result<(), Stop> {
    if refusals.is_empty() { Ok(()) } else { Err(refusals.into()) }
}

/// A mutation as it was asked for.
#[derive(Clone, Debug)]
pub struct Request {
    /// Who asks.
    pub identity: Identity,
    /// The mutation's name.
    pub name: &'static str,
    /// What whoever asks must hold somewhere, checked before anything else; the service decides where.
    pub permission: Option<Permission>,
    /// The client's key for leaving out repeats.
    pub idempotency_key: Option<String>,
    /// Hash of the input.
    pub input_hash: String,
    /// Whether to undo everything at the end.
    pub dry_run: bool,
    /// The request's id.
    pub request_id: String,
}

impl Request {
    /// The hash of a mutation's input, by which a repeat is told from another request.
    #[must_use]
    pub fn hash_input(name: &str, input: &impl Serialize) -> String {
        let text = serde_json::to_string(&(name, input)).unwrap_or_default();
        hex::encode(Sha256::digest(text))
    }

    /// The key to be claimed. An input may hold special-category data: what is stored of it is blinded, so that
    /// nobody who reads the database finds it out by guessing.
    fn key(&self, vault: &Vault) -> Option<Key> {
        let text = self.idempotency_key.clone()?;
        let Identity::Account(proof) = self.identity else { return None };
        Some(Key { account: proof.account, text, request_hashes: vault.blinded(&self.input_hash) })
    }
}

/// The transaction of one mutation: what a service works with.
pub struct Unit {
    tx: Tx,
    actor: Actor,
    now: DateTime<Utc>,
    core: Core,
    changes: Mutex<Vec<Change>>,
    queued: AtomicBool,
}

impl Unit {
    /// Begins a transaction in the name of `identity`.
    async fn begin(core: &Core, identity: Identity) -> Result<Self, DbFault> {
        let (tx, actor) = core.begin(Access::Write, identity).await?;
        let now = core.source().now();
        let (changes, queued) = (Mutex::default(), AtomicBool::new(false));
        Ok(Self { tx, actor, now, core: core.clone(), changes, queued })
    }

    /// The transaction.
    #[must_use]
    pub const fn tx(&self) -> &Tx {
        &self.tx
    }

    /// Who asks.
    #[must_use]
    pub const fn actor(&self) -> &Actor {
        &self.actor
    }

    /// The instant of the transaction.
    #[must_use]
    pub const fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// The civil date of the transaction.
    #[must_use]
    pub fn today(&self) -> NaiveDate {
        crate::calendar::civil_date(self.now)
    }

    /// What the network asks beyond its rules.
    #[must_use]
    pub const fn policy(&self) -> PolicySettings {
        self.core.policy()
    }

    /// The bounds of what may be uploaded.
    #[must_use]
    pub const fn uploads(&self) -> UploadLimits {
        self.core.uploads()
    }

    /// What signs credentials, in a service that issues them.
    #[must_use]
    pub fn signer(&self) -> Option<&Signer> {
        self.core.signer()
    }

    /// The master keys of the vault.
    #[must_use]
    pub const fn vault(&self) -> &Vault {
        self.core.vault()
    }

    /// Fills `bytes` with random bytes.
    pub fn fill(&self, bytes: &mut [u8]) {
        self.core.source().fill(bytes);
    }

    /// A new identifier.
    #[must_use]
    pub fn id(&self) -> Uuid {
        self.core.source().id()
    }

    /// Records a change, to be sealed with the commit.
    pub fn record(&self, change: Change) {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner).push(change);
    }

    /// Notes that a queue of the service's own was written: what a job did is then committed without an audited change.
    pub fn note_queued(&self) {
        self.queued.store(true, Ordering::Release);
    }

    /// Seals the recorded changes, in the order of their chains.
    async fn seal(&self, request_id: &str) -> Result<(), DbFault> {
        let mut changes =
            std::mem::take(&mut *self.changes.lock().unwrap_or_else(PoisonError::into_inner));
        changes.sort_by_key(|change| change.chain);
        let origin = audit::Origin {
            at: self.now,
            account: self.actor.account(),
            request_id: request_id.to_owned(),
        };
        for change in &changes {
            outbox::enqueue(&self.tx, self.id(), change, self.now).await?;
        }
        for change in &changes {
            audit::append(&self.tx, self.id(), change, &origin).await?;
        }
        Ok(())
    }

    /// Seals what a job recorded; gives whether it left anything to commit.
    async fn seal_job(&self, job: &str) -> Result<bool, DbFault> {
        let left = self.has_changes() || self.queued.load(Ordering::Acquire);
        if left {
            self.seal(&format!("job:{job}")).await?;
        }
        Ok(left)
    }

    fn has_changes(&self) -> bool {
        !self.changes.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }
}

/// The future of a use case.
pub type Work<'a, T> = Pin<Box<dyn Future<Output = Result<T, Stop>> + Send + 'a>>;

/// Runs `work` as one transaction.
///
/// # Errors
///
/// [`Fault`] when the database fails; a refusal is an [`Outcome`].
pub async fn run<T, W>(core: &Core, request: Request, work: W) -> Result<Outcome<T>, Fault>
where
    T: Serialize + DeserializeOwned + Send + 'static,
    W: for<'a> Fn(&'a Unit) -> Work<'a, T> + Send + Sync + 'static,
{
    if request.idempotency_key.as_ref().is_some_and(|k| {
        k.is_empty() || k.chars().count() > MAX_KEY_LENGTH || k.chars().any(char::is_control)
    }) {
        let message = "use between 1 and 200 characters, none of them a control character";
        return Ok(Outcome::Refused(vec![Refusal::at(Code::Invalid, "idempotencyKey", message)]));
    }
    let task = {
        let core = core.clone();
        // Its statements belong to the request's trace, whoever waits for it.
        async move { attempts(&core, &request, &work).await }.in_current_span()
    };
    core.tasks()
        .spawn(task)
        .await
        .unwrap_or_else(|error| Err(Fault::Internal(format!("a mutation's task ended: {error}"))))
}

async fn attempts<T, W>(core: &Core, request: &Request, work: &W) -> Result<Outcome<T>, Fault>
where
    T: Serialize + DeserializeOwned,
    W: for<'a> Fn(&'a Unit) -> Work<'a, T>,
{
    let mut attempt = 1;
    loop {
        match once(core, request, work).await {
            Ok(answer) => return Ok(Outcome::Done(answer)),
            Err(stop) if goes_on(&stop, attempt).await => attempt += 1,
            Err(stop) => return ended(stop),
        }
    }
}

/// Waits a little before a transaction that met others is run again; tells whether it is.
async fn goes_on(stop: &Stop, attempt: u32) -> bool {
    let again = matches!(stop, Stop::Db(DbFault::Serialisation)) && attempt < ATTEMPTS;
    if again {
        tokio::time::sleep(Duration::from_millis(4 << attempt)).await;
    }
    again
}

/// What a transaction comes to that is not run again.
fn ended<T>(stop: Stop) -> Result<Outcome<T>, Fault> {
    match stop {
        Stop::Refused(refusals) => Ok(Outcome::Refused(refusals)),
        Stop::Db(DbFault::Constraint(name)) => match refusal::for_constraint(&name) {
            Some(refusal) => Ok(Outcome::Refused(vec![refusal])),
            None => Err(Fault::Internal(format!("constraint {name} was violated"))),
        },
        Stop::Db(fault) => Err(fault.into()),
    }
}

/// Runs `work` as one transaction of the service's own job of this name: under the Scope of the system, audited and
/// told to the outbox as a mutation is, and run again where it met others.
///
/// A job that finds nothing to do is no fault: a transaction in which nothing was recorded and nothing was queued
/// ([`Unit::note_queued`]) is rolled back. It runs in the task of its round, which a shutdown waits for.
///
/// # Errors
///
/// [`Fault`] when the database fails; a refusal is an [`Outcome`].
pub async fn run_job<T, W>(core: &Core, job: &'static str, work: W) -> Result<Outcome<T>, Fault>
where
    W: for<'a> Fn(&'a Unit) -> Work<'a, T>,
{
    let mut attempt = 1;
    loop {
        match job_once(core, job, &work).await {
            Ok(answer) => return Ok(Outcome::Done(answer)),
            Err(stop) if goes_on(&stop, attempt).await => attempt += 1,
            Err(stop) => return ended(stop),
        }
    }
}

async fn job_once<T, W>(core: &Core, job: &'static str, work: &W) -> Result<T, Stop>
where
    W: for<'a> Fn(&'a Unit) -> Work<'a, T>,
{
    let unit = Unit::begin(core, Identity::System(job)).await?;
    let done = match work(&unit).await {
        Ok(answer) => unit.seal_job(job).await.map(|left| (answer, left)).map_err(Stop::from),
        Err(stop) => Err(stop),
    };
    match done {
        Ok((answer, true)) => {
            unit.tx.commit().await?;
            Ok(answer)
        }
        Ok((answer, false)) => {
            unit.tx.rollback().await;
            Ok(answer)
        }
        Err(stop) => {
            unit.tx.rollback().await;
            Err(stop)
        }
    }
}

/// A refusal for want of a role, with the roles that may. Who holds one of them elsewhere is told where it
/// counts.
fn told(refusal: Refusal, actor: &Actor, permission: Option<Permission>) -> Refusal {
    let Some(permission) = permission.filter(|_| refusal.code == Code::Forbidden) else {
        return refusal;
    };
    if matches!(actor.identity(), Identity::Anonymous) {
        return Refusal {
            message: "send a token: this is for who is signed in".to_owned(),
            ..refusal
        };
    }
    let elsewhere = !actor.organisations_with(permission).is_empty();
    let title = |role: &Role| match role.may_be_national() {
        false if elsewhere => format!("{} of the organisation concerned", role.title()),
        _ => role.title().to_owned(),
    };
    let titles: Vec<String> = permission.roles().iter().map(title).collect();
    let message =
        format!("your roles do not allow this here: it is for a {}", titles.join(" or a "));
    Refusal { message, ..refusal }
}

async fn once<T, W>(core: &Core, request: &Request, work: &W) -> Result<T, Stop>
where
    T: Serialize + DeserializeOwned,
    W: for<'a> Fn(&'a Unit) -> Work<'a, T>,
{
    let unit = Unit::begin(core, request.identity).await?;
    match steps(&unit, request, work).await {
        Ok(Done::Now(answer)) if request.dry_run => {
            unit.tx.rollback().await;
            Ok(answer)
        }
        Ok(Done::Now(answer)) => {
            unit.tx.commit().await?;
            Ok(answer)
        }
        Ok(Done::Before(answer)) => {
            unit.tx.rollback().await;
            Ok(answer)
        }
        Err(stop) => {
            unit.tx.rollback().await;
            Err(match stop {
                Stop::Refused(unmet) => {
                    let told = |unmet| told(unmet, &unit.actor, request.permission);
                    Stop::Refused(unmet.into_iter().map(told).collect())
                }
                Stop::Db(fault) => Stop::Db(fault),
            })
        }
    }
}

/// An answer, and when it was made.
enum Done<T> {
    Now(T),
    Before(T),
}

async fn steps<T, W>(unit: &Unit, request: &Request, work: &W) -> Result<Done<T>, Stop>
where
    T: Serialize + DeserializeOwned,
    W: for<'a> Fn(&'a Unit) -> Work<'a, T>,
{
    // A repeat is answered from what was kept: whoever lost the right since gets no answer.
    if let Some(permission) = request.permission.filter(|needed| !unit.actor.holds(*needed)) {
        return Err(Refusal::forbidden(permission).into());
    }
    let key = if request.dry_run { None } else { request.key(unit.vault()) };
    if let Some(key) = &key {
        match idempotency::claim(&unit.tx, unit.id(), key, unit.now).await? {
            Claim::New => {}
            Claim::Done(answer) => return Ok(Done::Before(decode(&answer)?)),
            Claim::Mismatch => return Err(Refusal::whole(Code::IdempotencyMismatch).into()),
        }
    }
    let answer = work(unit).await?;
    if !unit.has_changes() {
        return Err(broken(format!("{} changed nothing that is audited", request.name)));
    }
    unit.seal(&request.request_id).await?;
    if let Some(key) = &key {
        let text = serde_json::to_string(&answer).map_err(|e| broken(e.to_string()))?;
        idempotency::keep(&unit.tx, key, text).await?;
    }
    Ok(Done::Now(answer))
}

fn decode<T: DeserializeOwned>(answer: &str) -> Result<T, Stop> {
    serde_json::from_str(answer).map_err(|e| broken(format!("a stored answer cannot be read: {e}")))
}

fn broken(text: String) -> Stop {
    Stop::Db(DbFault::Other(Box::new(sea_orm::DbErr::Custom(text))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actor::{Grant, GrantScope};

    fn message(actor: &Actor, permission: Permission) -> String {
        told(Refusal::whole(Code::Forbidden), actor, Some(permission)).message
    }

    #[test]
    fn who_may_elsewhere_is_told_where_it_counts_and_who_is_nobody_to_send_a_token() {
        let of = |role| {
            let scope = GrantScope::Organisation(Uuid::from_u128(0xA));
            Actor::new(Identity::account(Uuid::from_u128(1)), vec![Grant { role, scope }])
        };
        let sign = Permission::SignAgreements;
        let told = message(&of(Role::PartnerSignatory), sign);
        assert!(
            told.ends_with("it is for a partner signatory of the organisation concerned"),
            "{told}"
        );
        let told = message(&of(Role::LeadTrainer), sign);
        assert!(told.ends_with("it is for a partner signatory"), "{told}");
        let nobody = Actor::new(Identity::Anonymous, Vec::new());
        assert!(message(&nobody, sign).starts_with("send a token"));
    }
}
