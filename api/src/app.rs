//! The one place that wires the parts together.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jsonwebtoken::jwk::{Jwk, JwkSet};
use thiserror::Error;

use crate::actor::demo_issuer::DemoIssuer;
use crate::actor::keys::KeyError;
use crate::actor::token::Verifier;
use crate::budget::{Budget, SharedError};
use crate::clock::Source;
use crate::config::{Config, Profile};
use crate::core::Core;
use crate::credential::keys::{Signer, SignerError};
use crate::db::{ConnectError, Db};
use crate::files::{FileStore, FileStoreError};
use crate::graphql::documents::Documents;
use crate::graphql::gateway::Gateways;
use crate::graphql::schema::Schemas;
use crate::mail::Mailer;
use crate::mail::line::MailerError;
use crate::read::ReadSettings;
use crate::read::cursor::CursorKey;
use crate::vault::keys::{KeysError, Vault};

/// The service.
pub struct App {
    config: Config,
    core: Core,
    schemas: Schemas,
    documents: Documents,
    verifier: Verifier,
    gateways: Gateways,
    budget: Budget,
    files: FileStore,
    read_settings: ReadSettings,
    key_set: String,
    stopping: AtomicBool,
}

/// Why the service cannot be built.
#[derive(Debug, Error)]
pub enum BuildError {
    /// The database.
    #[error(transparent)]
    Database(#[from] ConnectError),
    /// Keys of issuers.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// Redis.
    #[error(transparent)]
    Redis(#[from] SharedError),
    /// The file store.
    #[error(transparent)]
    Files(#[from] FileStoreError),
    /// The keys of credentials.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// The mail server.
    #[error(transparent)]
    Mail(#[from] MailerError),
    /// The master keys of the vault.
    #[error(transparent)]
    Vault(#[from] KeysError),
    /// The schema has changes to come.
    #[error("the database lacks migrations: run `alongside migrate up` first")]
    PendingMigrations,
}

impl App {
    /// Builds the service. A demonstration brings its own issuer.
    ///
    /// # Errors
    ///
    /// [`BuildError`]: the message says what to change.
    pub async fn build(
        config: Config,
        source: Arc<dyn Source>,
        issuer: Option<&DemoIssuer>,
    ) -> Result<Arc<Self>, BuildError> {
        let mailer = Mailer::new(&config.mail)?;
        let db = Db::connect(&config.database, config.profile).await?;
        let files = FileStore::open(&config)?;
        let signer = Signer::open(&config)?;
        let mut keys: Vec<Jwk> = signer.keys().cloned().collect();
        let budget = Budget::new(&config.budget, &config.redis)?;
        let vault = Vault::open(&config)?;
        let core = Core::new(db, source)
            .with_policy(config.policy)
            .with_uploads(config.files.limits())
            .with_files(files.clone())
            .with_signer(signer)
            .with_tries(budget.of_tries(&config.credential))
            .with_vault(vault)
            .with_mailer(mailer);
        let mut verifier = Verifier::new(&config.auth)?;
        let issuer = issuer.filter(|_| config.profile == Profile::Demo);
        if let Some(issuer) = issuer {
            let set = issuer.key_set();
            verifier.trust(
                DemoIssuer::NAME,
                jsonwebtoken::Algorithm::ES256,
                &set,
                DemoIssuer::MAX_LIFE_S,
            )?;
            keys.extend(set.keys);
        }
        let key_set = serde_json::to_string(&JwkSet { keys }).unwrap_or_default();
        let read_settings = ReadSettings {
            cursors: CursorKey::new(&cursor_secret(&config, &core, issuer)),
            max_page: config.api.max_page,
            open_introspection: config.open_introspection(),
        };
        let mut gateways = Gateways::new(&config.federation.gateway_keys);
        if let Some(issuer) = issuer {
            gateways.accept(&issuer.gateway_credential());
        }
        let schemas = Schemas::build();
        let documents = Documents::new(config.api.document_cache);
        Ok(Arc::new(Self {
            config,
            core,
            schemas,
            documents,
            verifier,
            gateways,
            budget,
            files,
            read_settings,
            key_set,
            stopping: AtomicBool::new(false),
        }))
    }

    /// The settings.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// Database, clock and tasks.
    #[must_use]
    pub const fn core(&self) -> &Core {
        &self.core
    }

    /// The schemas.
    #[must_use]
    pub const fn schemas(&self) -> &Schemas {
        &self.schemas
    }

    /// The documents that were asked before.
    #[must_use]
    pub const fn documents(&self) -> &Documents {
        &self.documents
    }

    /// The gateways that may ask for entities.
    #[must_use]
    pub const fn gateways(&self) -> &Gateways {
        &self.gateways
    }

    /// How much each actor may ask for.
    #[must_use]
    pub const fn budget(&self) -> &Budget {
        &self.budget
    }

    /// The file store.
    #[must_use]
    pub const fn files(&self) -> &FileStore {
        &self.files
    }

    /// Verifies tokens.
    #[must_use]
    pub const fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// Settings of reads.
    #[must_use]
    pub const fn read_settings(&self) -> &ReadSettings {
        &self.read_settings
    }

    /// Tells load balancers to send nothing more.
    pub fn stop_being_ready(&self) {
        self.stopping.store(true, Ordering::Release);
    }

    /// What keeps the service from being ready; `None` if it is.
    pub async fn unready(&self) -> Option<&'static str> {
        if self.stopping.load(Ordering::Acquire) {
            return Some("the service is stopping");
        }
        if !self.verifier.is_ready(self.core.source().now()) {
            return Some("the keys of an issuer are missing");
        }
        if let Err(fault) = self.core.db().ping().await {
            tracing::warn!(reason = %fault, "not ready");
            return Some("the database does not answer");
        }
        None
    }

    /// The public keys of credentials, and of the demonstration's issuer, as a JSON Web Key Set.
    #[must_use]
    pub fn key_set(&self) -> &str {
        &self.key_set
    }
}

/// The configured secret; else one derived from the demonstration's key; else a new one.
fn cursor_secret(config: &Config, core: &Core, issuer: Option<&DemoIssuer>) -> Vec<u8> {
    match issuer {
        _ if !config.api.cursor_key.is_empty() => config.api.cursor_key.clone().into_bytes(),
        Some(issuer) => issuer.derived("cursor"),
        None => {
            let mut secret = vec![0; 32];
            core.source().fill(&mut secret);
            secret
        }
    }
}
