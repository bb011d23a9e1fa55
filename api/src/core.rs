//! What every use case stands on: the database, the clock, the running tasks, and transactions begun
//! in somebody's name.

use std::sync::Arc;

use moka::sync::Cache;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::actor::grants::{self, Seen, Standing};
use crate::actor::{Actor, Identity, Proof};
use crate::budget::Budget;
use crate::clock::Source;
use crate::config::{PolicySettings, UploadLimits};
use crate::credential::keys::Signer;
use crate::db::{Access, Db, DbFault, Reading, Tx};
use crate::files::FileStore;
use crate::mail::Mailer;
use crate::vault::keys::Vault;

/// How often a transaction is begun anew because grants changed in between.
const BEGINNINGS: usize = 8;

/// How many accounts' grants are remembered as a first guess.
const REMEMBERED: u64 = 10_000;

/// Shared parts of the service. Cloning is cheap.
#[derive(Clone)]
pub struct Core {
    db: Db,
    source: Arc<dyn Source>,
    tasks: TaskTracker,
    guesses: Cache<Uuid, Arc<Seen>>,
    policy: PolicySettings,
    uploads: UploadLimits,
    mailer: Option<Arc<Mailer>>,
    files: Option<FileStore>,
    signer: Option<Arc<Signer>>,
    tries: Option<Arc<Budget>>,
    vault: Vault,
}

impl Core {
    /// A core on `db`.
    #[must_use]
    pub fn new(db: Db, source: Arc<dyn Source>) -> Self {
        let (tasks, guesses) = (TaskTracker::new(), Cache::new(REMEMBERED));
        let (policy, uploads) = (PolicySettings::default(), UploadLimits::default());
        let (mailer, files, signer, tries) = (None, None, None, None);
        let vault = Vault::default();
        Self { db, source, tasks, guesses, policy, uploads, mailer, files, signer, tries, vault }
    }

    /// The same, with what the network asks beyond its rules.
    #[must_use]
    pub fn with_policy(self, policy: PolicySettings) -> Self {
        Self { policy, ..self }
    }

    /// The same, with bounds of its own for what may be uploaded.
    #[must_use]
    pub fn with_uploads(self, uploads: UploadLimits) -> Self {
        Self { uploads, ..self }
    }

    /// The same, with what hands over e-mails; without it they wait.
    #[must_use]
    pub fn with_mailer(self, mailer: Option<Mailer>) -> Self {
        Self { mailer: mailer.map(Arc::new), ..self }
    }

    /// The same, with another source of time, identifiers and randomness.
    #[must_use]
    pub fn with_source(&self, source: Arc<dyn Source>) -> Self {
        Self { source, ..self.clone() }
    }

    /// What the network asks beyond its rules.
    #[must_use]
    pub const fn policy(&self) -> PolicySettings {
        self.policy
    }

    /// The bounds of what may be uploaded.
    #[must_use]
    pub const fn uploads(&self) -> UploadLimits {
        self.uploads
    }

    /// The same, with the file store; without it no job clears it.
    #[must_use]
    pub fn with_files(self, files: FileStore) -> Self {
        Self { files: Some(files), ..self }
    }

    /// The same, with what signs credentials; without it none is issued.
    #[must_use]
    pub fn with_signer(self, signer: Signer) -> Self {
        Self { signer: Some(Arc::new(signer)), ..self }
    }

    /// The same, with budgets of tries to confirm the holder of a credential; without them nobody may try.
    #[must_use]
    pub fn with_tries(self, tries: Budget) -> Self {
        Self { tries: Some(Arc::new(tries)), ..self }
    }

    /// The budgets of tries to confirm the holder of a credential.
    #[must_use]
    pub fn tries(&self) -> Option<&Budget> {
        self.tries.as_deref()
    }

    /// What signs credentials, in a service that issues them.
    #[must_use]
    pub fn signer(&self) -> Option<&Signer> {
        self.signer.as_deref()
    }

    /// The file store, of a service that has one.
    #[must_use]
    pub const fn files(&self) -> Option<&FileStore> {
        self.files.as_ref()
    }

    /// The same, with the master keys of the vault; without them nothing in it can be opened or written.
    #[must_use]
    pub fn with_vault(self, vault: Vault) -> Self {
        Self { vault, ..self }
    }

    /// The master keys of the vault.
    #[must_use]
    pub const fn vault(&self) -> &Vault {
        &self.vault
    }

    /// What hands over e-mails, if a mail server is set.
    #[must_use]
    pub fn mailer(&self) -> Option<Arc<Mailer>> {
        self.mailer.clone()
    }

    /// The same, with a count of its own for what one request asks of the database.
    #[must_use]
    pub fn tallied(&self) -> Self {
        Self { db: self.db.tallied(), ..self.clone() }
    }

    /// The database.
    #[must_use]
    pub const fn db(&self) -> &Db {
        &self.db
    }

    /// Time, identifiers and randomness, to be shared.
    #[must_use]
    pub fn shared_source(&self) -> Arc<dyn Source> {
        Arc::clone(&self.source)
    }

    /// Time, identifiers and randomness.
    #[must_use]
    pub fn source(&self) -> &dyn Source {
        &*self.source
    }

    /// The running tasks, for a shutdown that waits for them.
    #[must_use]
    pub const fn tasks(&self) -> &TaskTracker {
        &self.tasks
    }

    /// Opens a transaction in the name of `identity`.
    ///
    /// The Scope has to travel with BEGIN, but comes from grants that have to be read in the same
    /// transaction. So it begins with the grants last seen, reads them, and begins again if they have
    /// changed: a withdrawn grant counts from the next transaction on.
    ///
    /// # Errors
    ///
    /// [`DbFault::SignedOut`] for a disabled account or an ended token; else what the database answers.
    pub async fn begin(&self, access: Access, identity: Identity) -> Result<(Tx, Actor), DbFault> {
        let Identity::Account(proof) = identity else {
            let actor = Actor::new(identity, Vec::new());
            return Ok((self.db.begin(access, &actor.scope()).await?, actor));
        };
        for _ in 0..BEGINNINGS {
            let (guess, today) = (self.guess(proof), self.source.today());
            let actor = guess.actor(identity);
            let (tx, standing) =
                grants::begin(&self.db, access, &actor.scope(), proof, today, &guess).await?;
            match self.settle(proof, &guess, standing) {
                Ok(true) => return Ok((tx, actor)),
                Ok(false) => tx.rollback().await,
                Err(fault) => {
                    tx.rollback().await;
                    return Err(fault);
                }
            }
        }
        Err(DbFault::Serialisation)
    }

    /// Opens reads of one moment in the name of `identity`, as [`Core::begin`] does.
    ///
    /// # Errors
    ///
    /// As of [`Core::begin`].
    pub async fn read(&self, identity: Identity) -> Result<(Reading, Actor), DbFault> {
        let Identity::Account(proof) = identity else {
            let actor = Actor::new(identity, Vec::new());
            return Ok((self.db.read(&actor.scope(), None).await?.0, actor));
        };
        for _ in 0..BEGINNINGS {
            let (guess, today) = (self.guess(proof), self.source.today());
            let actor = guess.actor(identity);
            let (reading, standing) =
                grants::read(&self.db, &actor.scope(), proof, today, &guess).await?;
            if self.settle(proof, &guess, standing)? {
                return Ok((reading, actor));
            }
        }
        Err(DbFault::Serialisation)
    }

    /// The same, without waiting until it is known whether the account holds what it was last seen to hold: rows
    /// come only if it does. Else they fail with [`DbFault::Changed`], and [`Core::read`] begins anew.
    ///
    /// # Errors
    ///
    /// As of [`Core::begin`].
    pub async fn read_hastily(&self, identity: Identity) -> Result<(Reading, Actor), DbFault> {
        let Identity::Account(proof) = identity else { return self.read(identity).await };
        let (guess, today) = (self.guess(proof), self.source.today());
        let actor = guess.actor(identity);
        match grants::read_hastily(&self.db, &actor.scope(), proof, today, &guess).await? {
            Some(reading) => Ok((reading, actor)),
            None => self.read(identity).await,
        }
    }

    /// What the account of `proof` was last seen to hold.
    fn guess(&self, proof: Proof) -> Arc<Seen> {
        self.guesses.get(&proof.account).unwrap_or_default()
    }

    /// Whether the `guess` was right; remembers what was seen.
    fn settle(&self, proof: Proof, guess: &Seen, standing: Standing) -> Result<bool, DbFault> {
        match standing {
            Standing::Same => Ok(true),
            Standing::Ended => Err(DbFault::SignedOut),
            Standing::Good(found) => {
                let right = found.holdings == guess.holdings;
                if found != *guess {
                    self.guesses.insert(proof.account, Arc::new(found));
                }
                Ok(right)
            }
        }
    }
}
