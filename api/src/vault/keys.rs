//! Keys: master keys of the settings, and the keys of people that they wrap.
//!
//! All of it is AES-256-GCM with nonces that the library draws: keys and nonces never come from
//! [`clock::Source`](crate::clock::Source), which repeats itself in tests. What is sealed is the nonce, the
//! ciphertext and its tag. A master key wraps fewer people than the 2³² up to which random nonces are safe.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::{hkdf, hmac, rand};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::zeroize::{Zeroize as _, Zeroizing};
use secrecy::{ExposeSecret as _, SecretBox, SecretString};
use thiserror::Error;
use uuid::Uuid;

use super::model::Category;
use crate::actor::demo_issuer::write_private;
use crate::config::{Config, Profile, VaultSettings};
use crate::db::DbFault;

/// The length of every key.
const KEY_LEN: usize = 32;

/// Longest id of a master key.
const MAX_ID: usize = 32;

/// The file of a key that was made at the first start.
const OWN_FILE: &str = "vault.key";

/// Master keys that cannot be used as they are set. Holds no part of a key.
#[derive(Debug, Error)]
pub enum KeysError {
    /// Production has to bring its own.
    #[error("settings: vault.keys or vault.keys_file must be set in production: ID:BASE64")]
    Unset,
    /// Not keys.
    #[error("settings: vault.keys {0}")]
    Malformed(&'static str),
    /// The file with the keys.
    #[error("settings: the master keys in {0}: {1}")]
    File(String, ErrorKind),
}

/// Why something does not open or cannot be sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Unopened {
    /// The master key is not in the settings.
    #[error("a key of the vault is wrapped by a master key that the settings do not have")]
    NoMaster,
    /// It was altered, moved from elsewhere, or sealed by another key.
    #[error("something in the vault is not what was sealed there")]
    Altered,
}

impl From<Unopened> for DbFault {
    fn from(unopened: Unopened) -> Self {
        Self::Other(Box::new(sea_orm::DbErr::Custom(unopened.to_string())))
    }
}

/// A key of 32 bytes, wiped from memory when it is dropped.
type Key = SecretBox<[u8; KEY_LEN]>;

/// The key of one person.
#[derive(Debug)]
pub struct DataKey(Key);

/// The key of a person as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrapped {
    /// The id of the master key.
    pub master: String,
    /// The sealed key.
    pub bytes: Vec<u8>,
}

/// What a text is bound to.
#[derive(Clone, Copy, Debug)]
pub struct Bound {
    /// The record.
    pub record: Uuid,
    /// The person.
    pub person: Uuid,
    /// What it is.
    pub category: Category,
}

/// A master key.
struct Master {
    id: String,
    wraps: RandomizedNonceKey,
    blinds: hmac::Key,
}

/// The master keys: the first wraps, all unwrap. Cloning is cheap.
#[derive(Clone, Default)]
pub struct Vault(Arc<[Master]>);

impl std::fmt::Debug for Vault {
    /// Without keys.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_list().entries(self.ids()).finish()
    }
}

impl Vault {
    /// The master keys of the settings; outside production one that is made at the first start, if there is none.
    ///
    /// # Errors
    ///
    /// [`KeysError`] names the setting.
    pub fn open(config: &Config) -> Result<Self, KeysError> {
        match Self::find(config)? {
            Some(found) => Ok(found),
            None if config.profile == Profile::Production => Err(KeysError::Unset),
            None => Self::make(&own_file(config)),
        }
    }

    /// The same, without making any.
    ///
    /// # Errors
    ///
    /// As of [`Vault::open`].
    pub fn find(config: &Config) -> Result<Option<Self>, KeysError> {
        let VaultSettings { keys, keys_file } = &config.vault;
        let own = own_file(config);
        match (keys.expose_secret(), keys_file.as_str()) {
            ("", "") if config.profile == Profile::Production || !own.exists() => Ok(None),
            ("", "") => Self::of(&read(&own)?).map(Some),
            ("", file) => Self::of(&read(Path::new(file))?).map(Some),
            (keys, "") => Self::of(keys).map(Some),
            _ => Err(KeysError::Malformed("and vault.keys_file cannot both be set")),
        }
    }

    /// The master keys that `text` names: `ID:BASE64`, separated by commas or lines.
    ///
    /// # Errors
    ///
    /// [`KeysError::Malformed`].
    pub fn of(text: &str) -> Result<Self, KeysError> {
        let mut masters: Vec<Master> = Vec::new();
        for entry in text.split([',', '\n']).map(str::trim).filter(|entry| !entry.is_empty()) {
            let master = Master::of(entry)?;
            if masters.iter().any(|other| other.id == master.id) {
                return Err(KeysError::Malformed("name one id twice"));
            }
            masters.push(master);
        }
        if masters.is_empty() {
            return Err(KeysError::Malformed("hold no key"));
        }
        Ok(Self(masters.into()))
    }

    /// One new key, in `file`; or that which another process made there at the same time.
    fn make(file: &Path) -> Result<Self, KeysError> {
        let made = Zeroizing::new(format!("own:{}", STANDARD.encode(new_key()?.expose_secret())));
        match write_private(file, made.as_bytes()) {
            Ok(()) => Self::of(&made),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Self::of(&read(file)?),
            Err(error) => Err(unusable(file, &error)),
        }
    }

    /// The ids of the master keys, that which wraps first.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|master| master.id.as_str())
    }

    /// A new key for `person`, and how it is stored.
    ///
    /// # Errors
    ///
    /// [`Unopened::NoMaster`] without a master key.
    pub fn new_key(&self, person: Uuid) -> Result<(DataKey, Wrapped), Unopened> {
        let key = DataKey(new_key().map_err(|_| Unopened::Altered)?);
        let wrapped = self.wrap(person, &key)?;
        Ok((key, wrapped))
    }

    /// The key of `person`, wrapped by the first master key.
    ///
    /// # Errors
    ///
    /// [`Unopened::NoMaster`] without a master key.
    pub fn wrap(&self, person: Uuid, key: &DataKey) -> Result<Wrapped, Unopened> {
        let first = self.0.first().ok_or(Unopened::NoMaster)?;
        let context = of_key(person, &first.id);
        let bytes = seal(&first.wraps, &context, key.0.expose_secret())?;
        Ok(Wrapped { master: first.id.clone(), bytes })
    }

    /// The key of `person` out of what is stored.
    ///
    /// # Errors
    ///
    /// [`Unopened`].
    pub fn unwrap(&self, person: Uuid, wrapped: &Wrapped) -> Result<DataKey, Unopened> {
        let master = self.0.iter().find(|master| master.id == wrapped.master);
        let master = master.ok_or(Unopened::NoMaster)?;
        let mut opened = Zeroizing::new(wrapped.bytes.clone());
        let bytes = open(&master.wraps, &of_key(person, &master.id), &mut opened)?;
        if bytes.len() != KEY_LEN {
            return Err(Unopened::Altered);
        }
        Ok(DataKey(Key::init_with_mut(|key| key.copy_from_slice(bytes))))
    }

    /// What stands for `text` where it must be told from others, but nobody without a master key may find out by
    /// guessing what it was: by the first master key, then by the others.
    #[must_use]
    pub fn blinded(&self, text: &str) -> Vec<String> {
        let by = |master: &Master| hex::encode(hmac::sign(&master.blinds, text.as_bytes()));
        self.0.iter().map(by).collect()
    }
}

impl Master {
    fn of(entry: &str) -> Result<Self, KeysError> {
        let (id, text) = entry.split_once(':').ok_or(KeysError::Malformed("must be ID:BASE64"))?;
        let plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
        if id.is_empty() || id.len() > MAX_ID || !id.bytes().all(plain) {
            let problem = "need ids of at most 32 small letters, digits and hyphens";
            return Err(KeysError::Malformed(problem));
        }
        let unfit = || KeysError::Malformed("must hold 32 bytes each, in base64");
        let bytes = Zeroizing::new(STANDARD.decode(text).map_err(|_| unfit())?);
        if bytes.len() != KEY_LEN {
            return Err(unfit());
        }
        let wraps = RandomizedNonceKey::new(&AES_256_GCM, &bytes).map_err(|_| unfit())?;
        let derived = hkdf::Salt::new(hkdf::HKDF_SHA256, &[]).extract(&bytes);
        let blinds = derived.expand(&[b"alongside blinded text"], hmac::HMAC_SHA256);
        let blinds = blinds.map_err(|_| unfit())?.into();
        Ok(Self { id: id.to_owned(), wraps, blinds })
    }
}

impl DataKey {
    /// Seals a text.
    ///
    /// # Errors
    ///
    /// [`Unopened::Altered`] if the library cannot.
    pub fn seal(&self, bound: Bound, text: &SecretString) -> Result<Vec<u8>, Unopened> {
        seal(&self.cipher()?, &of_text(bound), text.expose_secret().as_bytes())
    }

    /// Opens a text.
    ///
    /// # Errors
    ///
    /// [`Unopened::Altered`].
    pub fn open(&self, bound: Bound, sealed: &[u8]) -> Result<SecretString, Unopened> {
        let mut opened = Zeroizing::new(sealed.to_vec());
        let bytes = open(&self.cipher()?, &of_text(bound), &mut opened)?;
        let text = std::str::from_utf8(bytes).map_err(|_| Unopened::Altered)?;
        Ok(SecretString::from(text))
    }

    /// Seals what belongs to no one person, bound to where it lies.
    ///
    /// # Errors
    ///
    /// [`Unopened::Altered`] if the library cannot.
    pub fn seal_at(&self, place: &[u8], text: &SecretString) -> Result<Vec<u8>, Unopened> {
        seal(&self.cipher()?, &of_place(place), text.expose_secret().as_bytes())
    }

    /// Opens it.
    ///
    /// # Errors
    ///
    /// [`Unopened::Altered`].
    pub fn open_at(&self, place: &[u8], sealed: &[u8]) -> Result<SecretString, Unopened> {
        let mut opened = Zeroizing::new(sealed.to_vec());
        let bytes = open(&self.cipher()?, &of_place(place), &mut opened)?;
        let text = std::str::from_utf8(bytes).map_err(|_| Unopened::Altered)?;
        Ok(SecretString::from(text))
    }

    fn cipher(&self) -> Result<RandomizedNonceKey, Unopened> {
        let key = RandomizedNonceKey::new(&AES_256_GCM, self.0.expose_secret());
        key.map_err(|_| Unopened::Altered)
    }
}

/// What a text is sealed with beside its key. Each part has a length of its own but for the last.
fn of_text(Bound { record, person, category }: Bound) -> Vec<u8> {
    [b"text 1".as_slice(), record.as_bytes(), person.as_bytes(), category.code().as_bytes()]
        .concat()
}

/// What something that belongs to no one person is sealed with beside its key.
fn of_place(place: &[u8]) -> Vec<u8> {
    [b"place 1".as_slice(), place].concat()
}

/// What the key of a person is sealed with beside the master key.
fn of_key(person: Uuid, master: &str) -> Vec<u8> {
    [b"key 1".as_slice(), person.as_bytes(), master.as_bytes()].concat()
}

fn seal(key: &RandomizedNonceKey, context: &[u8], plain: &[u8]) -> Result<Vec<u8>, Unopened> {
    // Room for the tag, so that the plain bytes are not left behind where the buffer was before it grew.
    let mut buffer = Zeroizing::new(Vec::with_capacity(plain.len() + AES_256_GCM.tag_len()));
    buffer.extend_from_slice(plain);
    let nonce = key.seal_in_place_append_tag(Aad::from(context), &mut *buffer);
    let nonce = nonce.map_err(|_| Unopened::Altered)?;
    Ok([nonce.as_ref(), buffer.as_slice()].concat())
}

fn open<'a>(
    key: &RandomizedNonceKey,
    context: &[u8],
    sealed: &'a mut [u8],
) -> Result<&'a [u8], Unopened> {
    let (nonce, rest) = sealed.split_at_mut_checked(NONCE_LEN).ok_or(Unopened::Altered)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| Unopened::Altered)?;
    match key.open_in_place(nonce, Aad::from(context), rest) {
        Ok(plain) => Ok(plain),
        Err(_) => Err(Unopened::Altered),
    }
}

fn new_key() -> Result<Key, KeysError> {
    let mut bytes = [0; KEY_LEN];
    let drawn = rand::fill(&mut bytes);
    let key = Key::init_with_mut(|key| key.copy_from_slice(&bytes));
    bytes.zeroize();
    drawn.map(|()| key).map_err(|_| KeysError::Malformed("cannot be made: no random bytes"))
}

fn own_file(config: &Config) -> PathBuf {
    config.database.folder().join(OWN_FILE)
}

fn read(file: &Path) -> Result<Zeroizing<String>, KeysError> {
    std::fs::read_to_string(file).map(Zeroizing::new).map_err(|error| unusable(file, &error))
}

fn unusable(file: &Path, error: &std::io::Error) -> KeysError {
    KeysError::File(file.display().to_string(), error.kind())
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "a:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    const B: &str = "b:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

    fn bound(record: u128, person: u128, category: Category) -> Bound {
        Bound { record: Uuid::from_u128(record), person: Uuid::from_u128(person), category }
    }

    fn vault(text: &str) -> Vault {
        Vault::of(text).expect("keys")
    }

    #[test]
    fn a_text_opens_only_where_it_was_sealed() {
        let (key, _) = vault(A).new_key(Uuid::nil()).expect("a key");
        let here = bound(1, 2, Category::SupportNeeds);
        let sealed = key.seal(here, &"Sésame".into()).expect("sealed");
        assert_eq!(key.open(here, &sealed).expect("open").expose_secret(), "Sésame");
        for elsewhere in [
            bound(9, 2, Category::SupportNeeds),
            bound(1, 9, Category::SupportNeeds),
            bound(1, 2, Category::Adjustments),
        ] {
            assert_eq!(key.open(elsewhere, &sealed).err(), Some(Unopened::Altered));
        }
        for place in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[place] ^= 1;
            assert_eq!(key.open(here, &altered).err(), Some(Unopened::Altered), "{place}");
            assert_eq!(key.open(here, &sealed[..place]).err(), Some(Unopened::Altered));
        }
        let again = key.seal(here, &"Sésame".into()).expect("sealed");
        assert_ne!(sealed, again, "each has a nonce of its own");
    }

    #[test]
    fn what_belongs_to_no_one_opens_only_in_its_place() {
        let (key, _) = vault(A).new_key(Uuid::nil()).expect("a key");
        let sealed = key.seal_at(b"here", &"Sésame".into()).expect("sealed");
        assert_eq!(key.open_at(b"here", &sealed).expect("open").expose_secret(), "Sésame");
        assert_eq!(key.open_at(b"there", &sealed).err(), Some(Unopened::Altered));
    }

    #[test]
    fn the_first_master_key_wraps_and_all_unwrap() {
        let (person, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let (key, old) = vault(A).new_key(person).expect("a key");
        let both = vault(&format!("{B},{A}"));
        let same = both.unwrap(person, &old).expect("the old one unwraps");
        assert_eq!(same.0.expose_secret(), key.0.expose_secret());
        let new = both.wrap(person, &same).expect("wrapped");
        assert_eq!((new.master.as_str(), new.bytes.len()), ("b", 60));
        assert!(vault(B).unwrap(person, &new).is_ok());
        assert_eq!(vault(B).unwrap(person, &old).err(), Some(Unopened::NoMaster));
        assert_eq!(vault(B).unwrap(other, &new).err(), Some(Unopened::Altered), "of another");
        let renamed = Wrapped { master: "a".to_owned(), ..new };
        assert_eq!(both.unwrap(person, &renamed).err(), Some(Unopened::Altered));
        assert_eq!(Vault::default().new_key(person).err(), Some(Unopened::NoMaster));
    }

    #[test]
    fn keys_are_refused_without_telling_them() {
        let short = "a:AAAA";
        for text in ["", "AAAA", ":AAAA", short, "A:AAAA", "a:?", &format!("{A},{A}"), "a b:AAAA"] {
            let error = Vault::of(text).expect_err("they are refused").to_string();
            assert!(
                error.starts_with("settings: vault.keys ") && !error.contains("AAAA"),
                "{error}"
            );
        }
        let told = format!("{:?}", vault(&format!("{A}\n{B}\n")));
        assert_eq!(told, r#"["a", "b"]"#);
        let (key, _) = vault(A).new_key(Uuid::nil()).expect("a key");
        assert_eq!(format!("{key:?}"), "DataKey(SecretBox<[u8; 32]>([REDACTED]))");
    }

    #[test]
    fn blinded_text_differs_by_key_and_text() {
        let both = vault(&format!("{A},{B}"));
        let [by_a, by_b] = <[String; 2]>::try_from(both.blinded("text")).expect("two");
        assert_ne!(by_a, by_b);
        assert_eq!(vault(A).blinded("text"), std::slice::from_ref(&by_a));
        assert_ne!(vault(A).blinded("other"), [by_a]);
    }
}
