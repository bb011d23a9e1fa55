//! Settings: compiled-in defaults, then the file named by `ALONGSIDE_CONFIG`, then the environment.

use std::path::{Path, PathBuf};

use config::{Config as Layers, ConfigError as LayerError, Environment, File, FileFormat};
use ipnet::IpNet;
use serde::Deserialize;
use thiserror::Error;

use crate::mail;

mod policy;
mod secrets;

pub use policy::PolicySettings;
pub use secrets::{CredentialSettings, VaultSettings};

/// The defaults, with a comment on every key.
pub const DEFAULTS: &str = include_str!("../config.default.toml");

/// The largest page that the settings can allow.
pub const MAX_PAGE: u32 = 10_000;

/// All settings. Parts that hold secrets cannot be shown for debugging, and so neither can the whole.
#[derive(Clone, Deserialize)]
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
    /// What the network asks beyond its rules.
    pub policy: PolicySettings,
    /// Files that clients send.
    pub files: FileSettings,
    /// Credentials.
    pub credential: CredentialSettings,
    /// Master keys of special-category data.
    pub vault: VaultSettings,
    /// How much each actor may ask for.
    pub budget: BudgetSettings,
    /// The gateway in front of this subgraph.
    pub federation: FederationSettings,
    /// E-mails.
    pub mail: MailSettings,
    /// Traces and metrics.
    pub telemetry: TelemetrySettings,
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
    /// The address under which people reach the service; empty for `bind`.
    pub public_url: String,
    /// Largest request body, in bytes.
    pub body_limit: usize,
    /// Address and port of metrics and health for operators; empty for none.
    pub admin_bind: String,
    /// Most connections at once; further ones wait to be accepted.
    pub max_connections: usize,
    /// Longest time for the head of a request, in milliseconds.
    pub header_timeout_ms: u64,
    /// Longest time for the body of a request, in milliseconds; of a file that is sent, for each piece of it, and in all
    /// beyond the time that its bytes need at the least rate.
    pub body_timeout_ms: u64,
    /// Longest time that a connection may be idle between requests, in milliseconds.
    pub idle_timeout_ms: u64,
    /// Longest time that a client may take no byte of an answer, in milliseconds.
    pub write_timeout_ms: u64,
    /// Networks whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Longest time for a query, in milliseconds.
    pub query_timeout_ms: u64,
    /// Longest time a client waits for a mutation, in milliseconds. The mutation itself goes on.
    pub mutation_timeout_ms: u64,
    /// Time for running requests to finish after the first signal, in milliseconds.
    pub drain_timeout_ms: u64,
}

/// The database.
#[derive(Clone, Deserialize)]
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

impl DatabaseSettings {
    /// The folder of the SQLite file; the present one for another database.
    #[must_use]
    pub fn folder(&self) -> &Path {
        let file = self.url.strip_prefix("sqlite:");
        let file = file.map(|file| file.strip_prefix("//").unwrap_or(file));
        let file = file.map(|file| file.split('?').next().unwrap_or_default());
        file.and_then(|file| Path::new(file).parent()).unwrap_or(Path::new(""))
    }
}

/// Redis.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RedisSettings {
    /// The URL; empty for none.
    pub url: String,
    /// What all keys begin with, so that several services can share one Redis.
    pub prefix: String,
    /// Longest wait for a connection, and for an answer, in milliseconds.
    pub timeout_ms: u64,
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
    /// The audience that its tokens must name; the service's own if absent.
    pub audience: Option<String>,
    /// The one accepted algorithm, such as `ES256`.
    pub algorithm: String,
    /// Where the issuer publishes its JSON Web Key Set, as an `https` address.
    pub keys_url: Option<String>,
    /// A file with the issuer's JSON Web Key Set, for an issuer that publishes none.
    pub keys_file: Option<PathBuf>,
    /// Longest life of a token, in seconds.
    pub max_life_s: i64,
}

/// Limits of the API.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiSettings {
    /// The secret that binds cursors.
    pub cursor_key: String,
    /// Longest document, in bytes.
    pub max_document: usize,
    /// Most tokens of a document.
    pub max_tokens: u64,
    /// Deepest nesting of brackets in a document, and of values in variables.
    pub max_nesting: usize,
    /// Deepest nesting of fields.
    pub max_depth: u64,
    /// Most selections of a document, with its fragments expanded.
    pub max_selections: u64,
    /// Most aliases of a document.
    pub max_aliases: u64,
    /// Most directives of a document.
    pub max_directives: u64,
    /// Most root fields of a query.
    pub max_query_fields: u64,
    /// Most root fields of a mutation.
    pub max_mutation_fields: u64,
    /// Longest list of the input.
    pub max_list: usize,
    /// Most values of arguments, with variables in their places; 64 bytes of a variable's text are one.
    pub max_values: u64,
    /// Highest cost of one operation.
    pub max_cost: u64,
    /// Most rows that one operation may ask for.
    pub max_nodes: u64,
    /// Largest page, and most rows asked for by their ids.
    pub max_page: u32,
    /// Most selections about the schema itself.
    pub max_introspection: u64,
    /// Deepest nesting of lists in questions about the schema.
    pub max_introspection_lists: u64,
    /// Most answers to questions about the schema for each thing that it describes, if its lists have their
    /// usual sizes: the bound grows with the schema.
    pub max_introspection_each: u64,
    /// Who may ask about the schema itself.
    pub introspection: Introspection,
    /// Memory for documents that were asked before, in bytes.
    pub document_cache: u64,
}

/// Who may ask about the schema itself.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Introspection {
    /// Anyone, about all of it.
    Open,
    /// Accounts, about what they can use.
    SignedIn,
    /// Open in a demonstration, signed-in in production.
    ByProfile,
}

/// Files that clients send, and where they are kept.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileSettings {
    /// `file:FOLDER` or `s3://BUCKET/PREFIX`; empty for a folder beside the SQLite file.
    pub url: String,
    /// The address of an S3 server that is not Amazon's; empty for Amazon's.
    pub s3_endpoint: String,
    /// Its region; empty for what the environment says.
    pub s3_region: String,
    /// The key's id; empty for what the environment says.
    pub s3_access_key_id: String,
    /// The key; empty for what the environment says.
    pub s3_secret_access_key: String,
    /// Largest file, in bytes.
    pub max_bytes: i32,
    /// How long an upload waits for its bytes and for a record, in seconds.
    pub upload_life_s: u32,
    /// Most uploads of one account that wait at once.
    pub max_open: u32,
    /// Longest time for the bytes of one file to come and be stored, in milliseconds.
    pub put_timeout_ms: u64,
    /// Most files that come at once; further ones wait a little and are then told to come back.
    pub max_puts: usize,
    /// Most files of one account among them.
    pub max_account_puts: usize,
}

impl FileSettings {
    /// The bounds of what may be uploaded.
    #[must_use]
    pub const fn limits(&self) -> UploadLimits {
        let Self { max_bytes, upload_life_s, max_open, .. } = *self;
        UploadLimits { max_bytes, life_s: upload_life_s, max_open }
    }

    /// What makes no sense: whether it does, its key, and what is wrong with it.
    fn checks(&self) -> [Check; 7] {
        let both = self.s3_access_key_id.is_empty() == self.s3_secret_access_key.is_empty();
        let shared = self.max_account_puts <= self.max_puts;
        [
            (
                both,
                "files.s3_secret_access_key",
                "is needed with files.s3_access_key_id, and only then",
            ),
            (self.max_bytes > 0, "files.max_bytes", "must be at least 1"),
            (
                within(self.upload_life_s.into(), 604_800),
                "files.upload_life_s",
                "must lie between 1 and 604800",
            ),
            (
                within(self.max_open.into(), 10_000),
                "files.max_open",
                "must lie between 1 and 10000",
            ),
            (
                within(self.put_timeout_ms, 3_600_000),
                "files.put_timeout_ms",
                "must lie between 1 and 3600000",
            ),
            (
                within(self.max_puts as u64, 10_000),
                "files.max_puts",
                "must lie between 1 and 10000",
            ),
            (
                self.max_account_puts > 0 && shared,
                "files.max_account_puts",
                "must lie between 1 and files.max_puts",
            ),
        ]
    }
}

/// The bounds of what may be uploaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UploadLimits {
    /// Largest file, in bytes.
    pub max_bytes: i32,
    /// How long an upload waits for its bytes and for a record, in seconds.
    pub life_s: u32,
    /// Most uploads of one account that wait at once.
    pub max_open: u32,
}

impl Default for UploadLimits {
    fn default() -> Self {
        Self { max_bytes: 10 * 1024 * 1024, life_s: 3600, max_open: 50 }
    }
}

/// How much each actor may ask for. What is not used is saved up to the burst.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BudgetSettings {
    /// Requests a second.
    pub requests_per_second: u32,
    /// Most requests at once.
    pub request_burst: u32,
    /// Cost a second.
    pub cost_per_second: u32,
    /// Highest cost at once.
    pub cost_burst: u32,
}

/// The gateway in front of this subgraph.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FederationSettings {
    /// SHA-256, in hexadecimal, of each credential that a gateway may present. Several while rotating.
    pub gateway_keys: Vec<String>,
}

/// E-mails.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailSettings {
    /// The mail server; empty for none: e-mails wait then.
    pub url: String,
    /// The password of the user in the URL.
    pub password: String,
    /// Whom e-mails come from.
    pub from: String,
    /// A file with the certificates that vouch for the server, as PEM; empty for those of the system.
    pub ca_file: String,
    /// Longest time for handing over one e-mail, up to its last byte, in milliseconds.
    pub timeout_ms: u64,
    /// Longest wait for the server's word on an e-mail that it has, in milliseconds.
    pub answer_timeout_ms: u64,
}

/// Traces and metrics.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TelemetrySettings {
    /// The collector's address for OTLP over HTTP, such as `http://collector:4318`; empty for none.
    pub otlp_endpoint: String,
    /// How often metrics are sent, in milliseconds.
    pub interval_ms: u64,
    /// The part of traces that is kept, between 0 and 1, where the caller did not decide.
    pub sample: f64,
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
    /// Whether introspection shows everything, whoever asks.
    #[must_use]
    pub fn open_introspection(&self) -> bool {
        match self.api.introspection {
            Introspection::Open => true,
            Introspection::SignedIn => false,
            Introspection::ByProfile => self.profile == Profile::Demo,
        }
    }

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
                .try_parsing(true)
                .list_separator(",")
                .with_list_parse_key("credential.keys")
                .with_list_parse_key("federation.gateway_keys")
                .with_list_parse_key("server.trusted_proxies"),
        );
        let usual = [
            ("DATABASE_URL", "database.url"),
            ("REDIS_URL", "redis.url"),
            ("SMTP_PASSWORD", "mail.password"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "telemetry.otlp_endpoint"),
        ];
        for (name, key) in usual {
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
            (
                self.auth.issuers.iter().all(|i| i.keys_url.is_some() != i.keys_file.is_some()),
                "auth.issuers",
                "need either keys_url or keys_file, each of them",
            ),
            (self.auth.issuers.iter().all(safe_keys), "auth.issuers.keys_url", "must be https"),
            (
                self.federation.gateway_keys.iter().all(|key| is_sha256(key)),
                "federation.gateway_keys",
                "must be SHA-256 digests of 64 hexadecimal digits",
            ),
            (
                (0.0..=1.0).contains(&self.telemetry.sample),
                "telemetry.sample",
                "must lie between 0 and 1",
            ),
            (self.budget.is_usable(), "budget", "needs numbers above 0"),
            (self.credential.is_usable(), "credential", "needs a network and numbers above 0"),
            (
                safe_address(&self.server.public_url),
                "server.public_url",
                "must be https://HOST, or an address of this very machine",
            ),
            (self.server.max_connections > 0, "server.max_connections", "must be at least 1"),
        ];
        let mut checks = checks.into_iter().chain(self.files.checks());
        if let Some((_, key, problem)) = checks.find(|(holds, ..)| !holds) {
            return Err(ConfigError::Invalid { key, problem });
        }
        match mail::server::of(&self.mail) {
            Ok(_) => Ok(self),
            Err((key, problem)) => Err(ConfigError::Invalid { key, problem }),
        }
    }
}

impl CredentialSettings {
    const fn is_usable(&self) -> bool {
        !self.network.is_empty() && self.confirm_burst > 0 && self.confirm_every_s > 0
    }
}

impl BudgetSettings {
    const fn is_usable(&self) -> bool {
        let Self { requests_per_second, request_burst, cost_per_second, cost_burst } = *self;
        requests_per_second > 0 && request_burst > 0 && cost_per_second > 0 && cost_burst > 0
    }
}

/// Whether something holds, for which key, and what is wrong if it does not.
type Check = (bool, &'static str, &'static str);

/// Whether a number lies between 1 and `most`.
fn within(number: u64, most: u64) -> bool {
    (1..=most).contains(&number)
}

/// Keys come over https, or from this very machine.
fn safe_keys(issuer: &IssuerSettings) -> bool {
    issuer.keys_url.as_deref().is_none_or(is_safe)
}

/// An address that signed texts will name for as long as they last; empty for none.
fn safe_address(url: &str) -> bool {
    let plain = |url: url::Url| url.query().is_none() && url.fragment().is_none();
    url.is_empty() || is_safe(url) && url::Url::parse(url).is_ok_and(plain)
}

/// Https, or this very machine.
fn is_safe(url: &str) -> bool {
    let here = ["http://127.0.0.1:", "http://[::1]:", "http://localhost:"];
    url.starts_with("https://") || here.iter().any(|prefix| url.starts_with(prefix))
}

fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests;
