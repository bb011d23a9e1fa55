//! The one place that wires the parts together.

use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use thiserror::Error;

use crate::actor::token::{DemoIssuer, KeyError, Verifier};
use crate::clock::Source;
use crate::config::{Config, Profile};
use crate::core::Core;
use crate::db::{ConnectError, Db};
use crate::graphql::schema::{self, ApiSchema};
use crate::read::ReadSettings;
use crate::read::cursor::CursorKey;

/// The service.
pub struct App {
    config: Config,
    core: Core,
    schema: ApiSchema,
    verifier: Verifier,
    read_settings: ReadSettings,
    key_set: String,
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
        let db = Db::connect(&config.database, config.profile).await?;
        let core = Core::new(db, source);
        let mut verifier = Verifier::new(&config.auth)?;
        let issuer = issuer.filter(|_| config.profile == Profile::Demo);
        let mut key_set = "{\"keys\":[]}".to_owned();
        if let Some(issuer) = issuer {
            let set = issuer.key_set();
            verifier.trust(
                DemoIssuer::NAME,
                jsonwebtoken::Algorithm::ES256,
                &set,
                DemoIssuer::MAX_LIFE_S,
            )?;
            key_set = serde_json::to_string(&set).unwrap_or(key_set);
        }
        let read_settings = ReadSettings {
            cursors: CursorKey::new(&cursor_secret(&config, &core, issuer)),
            max_page: config.api.max_page,
        };
        let schema = schema::build(&config.api);
        Ok(Arc::new(Self { config, core, schema, verifier, read_settings, key_set }))
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

    /// The schema.
    #[must_use]
    pub const fn schema(&self) -> &ApiSchema {
        &self.schema
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

    /// The public keys of the service's own issuer, as a JSON Web Key Set.
    #[must_use]
    pub fn key_set(&self) -> &str {
        &self.key_set
    }
}

/// The configured secret; else one derived from the demonstration's key; else a new one.
fn cursor_secret(config: &Config, core: &Core, issuer: Option<&DemoIssuer>) -> Vec<u8> {
    match issuer {
        _ if !config.api.cursor_key.is_empty() => config.api.cursor_key.clone().into_bytes(),
        Some(issuer) => {
            let mut hash = Sha256::new();
            hash.update(b"cursor");
            hash.update(issuer.secret());
            hash.finalize().to_vec()
        }
        None => {
            let mut secret = vec![0; 32];
            core.source().fill(&mut secret);
            secret
        }
    }
}
