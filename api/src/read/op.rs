//! One operation: who asks, its one read transaction, its limits.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use chrono::NaiveDate;
use tokio::sync::Mutex;

use super::cursor::CursorKey;
use super::plans::Plans;
use super::registry::Entities;
use crate::actor::service::Named;
use crate::actor::{Actor, Identity, Permission};
use crate::budget::Payer;
use crate::core::Core;
use crate::db::{DbFault, Reading};

/// Default size of a page.
pub const DEFAULT_PAGE: u32 = 20;

/// What every operation of the API shares.
#[derive(Clone)]
pub struct ReadSettings {
    /// Makes and reads cursors.
    pub cursors: CursorKey,
    /// Largest page.
    pub max_page: u32,
    /// Whether introspection shows everything, whoever asks.
    pub open_introspection: bool,
}

/// The context of one operation.
pub struct Op {
    core: Core,
    settings: ReadSettings,
    identity: Identity,
    payer: Payer,
    named: Option<Named>,
    request_id: String,
    plans: Arc<Plans>,
    hasty: AtomicBool,
    reader: Mutex<Option<Arc<Reader>>>,
    actor: OnceLock<Actor>,
    entities: Entities,
}

/// The read transaction of an operation: all of its reads see one moment.
pub struct Reader {
    /// The transaction, under the actor's Scope.
    pub tx: Reading,
    /// Who asks.
    pub actor: Actor,
    /// The civil date.
    pub today: NaiveDate,
}

impl Op {
    /// An operation of `identity`, for which `payer` pays.
    #[must_use]
    pub fn new(
        core: Core,
        settings: ReadSettings,
        identity: Identity,
        payer: Payer,
        request_id: String,
        plans: Arc<Plans>,
    ) -> Self {
        Self {
            core,
            settings,
            identity,
            payer,
            named: None,
            request_id,
            plans,
            hasty: AtomicBool::new(false),
            reader: Mutex::default(),
            actor: OnceLock::new(),
            entities: Entities::default(),
        }
    }

    /// The same, of an account that is known so at its issuer.
    #[must_use]
    pub fn named(self, named: Option<Named>) -> Self {
        Self { named, ..self }
    }

    /// By what the account is known at its issuer, where something is changed.
    #[must_use]
    pub const fn account_named(&self) -> Option<&Named> {
        self.named.as_ref()
    }

    /// The same, which reads before it knows whether what was last seen of the account still holds. Its answer counts
    /// only if [`Op::confirm`] says so.
    #[must_use]
    pub fn in_haste(self) -> Self {
        self.hasty.store(true, Ordering::Relaxed);
        self
    }

    /// Shared parts of the service.
    #[must_use]
    pub const fn core(&self) -> &Core {
        &self.core
    }

    /// Settings of reads.
    #[must_use]
    pub const fn settings(&self) -> &ReadSettings {
        &self.settings
    }

    /// Who asks.
    #[must_use]
    pub const fn identity(&self) -> Identity {
        self.identity
    }

    /// Who pays.
    #[must_use]
    pub const fn payer(&self) -> Payer {
        self.payer
    }

    /// The request's id.
    #[must_use]
    pub fn request_id(&self) -> &str {
        &self.request_id
    }

    /// The plans of its document.
    #[must_use]
    pub(super) fn plans(&self) -> &Plans {
        &self.plans
    }

    /// The entities of a federation that were asked for.
    #[must_use]
    pub(super) const fn entities(&self) -> &Entities {
        &self.entities
    }

    /// Who asks, with the grants in force, once a transaction was begun.
    #[must_use]
    pub fn actor(&self) -> Option<&Actor> {
        self.actor.get()
    }

    /// Whether introspection shows what needs `permission`.
    #[must_use]
    pub fn shows(&self, permission: Permission) -> bool {
        self.settings.open_introspection
            || self.actor.get().is_some_and(|actor| actor.holds(permission))
    }

    /// The read transaction, opened when first needed.
    ///
    /// # Errors
    ///
    /// What the database answers.
    pub async fn reader(&self) -> Result<Arc<Reader>, DbFault> {
        let mut reader = self.reader.lock().await;
        if let Some(reader) = &*reader {
            return Ok(Arc::clone(reader));
        }
        let (tx, actor) = if self.hasty.load(Ordering::Relaxed) {
            self.core.read_hastily(self.identity).await?
        } else {
            self.core.read(self.identity).await?
        };
        let _ = self.actor.set(actor.clone());
        let opened = Arc::new(Reader { tx, actor, today: self.core.source().today() });
        *reader = Some(Arc::clone(&opened));
        Ok(opened)
    }

    /// Waits until it is known that whoever asks may be answered, be it without any row: a token that was ended opens
    /// nothing.
    ///
    /// # Errors
    ///
    /// [`DbFault::Changed`] if the grants are not those that were taken for granted; else as of [`Op::reader`].
    pub async fn confirm(&self) -> Result<(), DbFault> {
        if self.identity == Identity::Anonymous && self.actor.get().is_none() {
            return Ok(());
        }
        self.reader().await?.tx.opened().await
    }

    /// Ends the read transaction. Nobody waits for the rollback: the connection is lent again once it is done.
    pub async fn finish_reading(&self) {
        drop(self.reader.lock().await.take());
    }

    /// Ends the read transaction, so that the next one sees what was written since. It begins in haste, for the
    /// write has just read the grants.
    pub async fn read_after_write(&self) {
        self.finish_reading().await;
        self.hasty.store(true, Ordering::Relaxed);
    }

    /// Whether what was asked of `reader`, in haste, has to be read again because the grants have changed; that will
    /// not be in haste. Several may ask so of one reader.
    pub async fn reads_again(&self, reader: &Arc<Reader>) -> bool {
        if !matches!(reader.tx.opened().await, Err(DbFault::Changed)) {
            return false;
        }
        let mut current = self.reader.lock().await;
        if current.as_ref().is_some_and(|current| Arc::ptr_eq(current, reader)) {
            self.hasty.store(false, Ordering::Relaxed);
            *current = None;
        }
        true
    }
}
