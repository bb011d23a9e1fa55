//! Settings: compiled-in defaults, then the file named by `ALONGSIDE_CONFIG`, then the environment.

use std::path::PathBuf;

use config::{Config as Layers, ConfigError as LayerError, Environment, File, FileFormat};
use serde::Deserialize;
use thiserror::Error;

/// The defaults, with a comment on every key.
pub const DEFAULTS: &str = include_str!("../config.default.toml");

/// The largest page that the settings can allow.
pub const MAX_PAGE: u32 = 10_000;

/// All settings.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// How strict the service is with its surroundings.
    pub profile: Profile,
    /// The HTTP server.
    pub server: ServerSettings,
    /// The database.
    pub database: DatabaseSettings,
    /// Redis.
    pub redis: RedisSettings,
    /// Whose tokens are accepted.
    pub auth: AuthSettings,
    /// Limits of the API.
    pub api: ApiSettings,
    /// Logging.
    pub log: LogSettings,
}

/// How strict the service is with its surroundings.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// Refuses SQLite, the demonstration issuer and unsafe database roles.
    Production,
    /// Evaluation on any machine: SQLite, GraphiQL, the demonstration network.
    Demo,
}

/// The HTTP server.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerSettings {
    /// Address and port.
    pub bind: String,
    /// Largest request body, in bytes.
    pub body_limit: usize,
    /// Longest time for a query, in milliseconds.
    pub query_timeout_ms: u64,
    /// Longest time a client waits for a mutation, in milliseconds. The mutation itself goes on.
    pub mutation_timeout_ms: u64,
    /// Time for running requests to finish after the first signal, in milliseconds.
    pub drain_timeout_ms: u64,
}

/// The database.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseSettings {
    /// The service's connection.
    pub url: String,
    /// The owner's connection, for migrations.
    pub owner_url: Option<String>,
    /// Connections for reads.
    pub read_connections: u32,
    /// Connections for writes (one on SQLite).
    pub write_connections: u32,
    /// Longest wait for a free connection, in milliseconds.
    pub pool_timeout_ms: u64,
    /// Longest wait for a lock, in milliseconds.
    pub lock_timeout_ms: u64,
    /// Longest statement of a read, in milliseconds.
    pub read_timeout_ms: u64,
    /// Longest statement of a write, in milliseconds.
    pub write_timeout_ms: u64,
    /// Longest time a transaction may sit idle, in milliseconds.
    pub idle_timeout_ms: u64,
}

/// Redis.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RedisSettings {
    /// The URL; empty for none.
    pub url: String,
}

/// Whose tokens are accepted.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthSettings {
    /// The audience that every token must name.
    pub audience: String,
    /// Allowed difference between clocks, in seconds.
    pub leeway_s: u64,
    /// The issuers.
    #[serde(default)]
    pub issuers: Vec<IssuerSettings>,
}

/// An issuer of tokens.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssuerSettings {
    /// The exact `iss` claim.
    pub issuer: String,
    /// The one accepted algorithm, such as `ES256`.
    pub algorithm: String,
    /// A file with the issuer's public keys as a JSON Web Key Set.
    pub keys_file: PathBuf,
    /// Longest life of a token, in seconds.
    pub max_life_s: i64,
}

/// Limits of the API.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiSettings {
    /// The secret that binds cursors.
    pub cursor_key: String,
    /// Highest cost of one operation.
    pub max_cost: usize,
    /// Deepest nesting of fields.
    pub max_depth: usize,
    /// Largest page.
    pub max_page: u32,
}

/// Logging.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogSettings {
    /// How lines are written.
    pub format: LogFormat,
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// A setting that cannot be used.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file of `ALONGSIDE_CONFIG` is missing, or a key is unknown or of the wrong type.
    #[error("settings: {0}")]
    Unusable(#[from] LayerError),
    /// A value that parses but makes no sense.
    #[error("settings: {key} {problem}")]
    Invalid {
        /// The key.
        key: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
}

impl Config {
    /// Reads the settings of this process.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] names the key.
    pub fn load() -> Result<Self, ConfigError> {
        let mut layers = Layers::builder().add_source(File::from_str(DEFAULTS, FileFormat::Toml));
        if let Ok(path) = std::env::var("ALONGSIDE_CONFIG") {
            layers = layers.add_source(File::new(&path, FileFormat::Toml));
        }
        layers = layers.add_source(
            Environment::with_prefix("ALONGSIDE")
                .prefix_separator("__")
                .separator("__")
                .try_parsing(true),
        );
        for (name, key) in [("DATABASE_URL", "database.url"), ("REDIS_URL", "redis.url")] {
            if let Ok(value) = std::env::var(name) {
                layers = layers.set_override(key, value)?;
            }
        }
        layers.build()?.try_deserialize::<Self>()?.validated()
    }

    /// The defaults alone.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if the compiled-in file is broken.
    pub fn defaults() -> Result<Self, ConfigError> {
        Ok(Layers::builder()
            .add_source(File::from_str(DEFAULTS, FileFormat::Toml))
            .build()?
            .try_deserialize()?)
    }

    /// The settings, if they make sense.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Invalid`] names the key.
    pub fn validated(self) -> Result<Self, ConfigError> {
        let key = self.api.cursor_key.len();
        let checks = [
            (key == 0 || key >= 32, "api.cursor_key", "must be empty or at least 32 characters"),
            (
                (1..=MAX_PAGE).contains(&self.api.max_page),
                "api.max_page",
                "must lie between 1 and 10000",
            ),
            (self.database.read_connections > 0, "database.read_connections", "must be at least 1"),
            (
                self.database.write_connections > 0,
                "database.write_connections",
                "must be at least 1",
            ),
            (!self.auth.audience.is_empty(), "auth.audience", "must not be empty"),
        ];
        match checks.into_iter().find(|(holds, ..)| !holds) {
            Some((_, key, problem)) => Err(ConfigError::Invalid { key, problem }),
            None => Ok(self),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_usable() {
        let config = Config::defaults().and_then(Config::validated).expect("the defaults parse");
        assert_eq!(config.profile, Profile::Demo);
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_name() {
        let text = DEFAULTS.replace("body_limit", "body_limt");
        let error = Layers::builder()
            .add_source(File::from_str(&text, FileFormat::Toml))
            .build()
            .and_then(|layers| layers.try_deserialize::<Config>())
            .expect_err("the key is misspelt");
        assert!(error.to_string().contains("body_limt"), "{error}");
    }
}
