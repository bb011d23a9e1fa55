//! Settings of keys: those that sign credentials, and those that wrap what the vault keeps.

use std::path::PathBuf;

use secrecy::SecretString;
use serde::Deserialize;

/// Credentials: by which keys they are signed, and how often a name may be guessed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CredentialSettings {
    /// Files with RSA keys in PEM, newest first: the first signs, the others stay published.
    pub keys: Vec<PathBuf>,
    /// The name of the network, as the one who issues.
    pub network: String,
    /// Most tries at once to confirm a holder: of one credential, and of one caller.
    pub confirm_burst: u32,
    /// How long until there is one more try, in seconds.
    pub confirm_every_s: u32,
}

/// Master keys of special-category data. Wiped from memory and not printed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VaultSettings {
    /// `ID:BASE64` of 32 bytes each, separated by commas: the first wraps, the others only unwrap.
    pub keys: SecretString,
    /// A file with the same, one to a line, in place of `keys`.
    pub keys_file: String,
}
