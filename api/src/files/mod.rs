//! The file store: a folder, or a bucket of S3, that holds the bytes of files.
//!
//! * A file is found by an identifier of the service's own. Names that clients give are data in the database, and
//!   never part of a path.
//! * Bytes pass through in pieces, in and out: no file is in memory as a whole.
//! * A file is there as a whole or not at all: what fails on the way leaves nothing behind ([`receive()`]). What a
//!   crash leaves is cleared away by [`sweep`].
//! * What comes in is looked at ([`content`]); what goes out cannot run in a browser ([`attachment`]).

pub mod content;
mod download;
mod receive;

use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{
    BackoffConfig, ClientOptions, Error, GetResult, MultipartUpload, ObjectStore,
    ObjectStoreExt as _, RetryConfig,
};
use thiserror::Error as ThisError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

use crate::config::{Config, FileSettings, Profile};
use crate::fault::Fault;

pub use self::download::{Attachment, attachment};
pub use self::receive::{Declared, Patience, Unfit, receive};
pub use crate::upload::sweep::sweep;

/// What S3 takes at least for a part, but for the last.
const S3_PART: usize = 5 * 1024 * 1024;

/// So much is written to a folder at once.
const FOLDER_PART: usize = 256 * 1024;

/// For so long a file that comes waits for its turn.
const TURN: Duration = Duration::from_secs(5);

/// The file store. Cloning is cheap.
#[derive(Clone)]
pub struct FileStore {
    inner: Arc<dyn ObjectStore>,
    prefix: Path,
    folder: Option<PathBuf>,
    part: usize,
    turns: Arc<Semaphore>,
    put_timeout: Duration,
}

/// A file store that cannot be used as it is set.
#[derive(Debug, ThisError)]
pub enum FileStoreError {
    /// Production has to say where files are kept.
    #[error("settings: files.url must be set in production: file:FOLDER or s3://BUCKET/PREFIX")]
    Unset,
    /// Neither a folder nor a bucket.
    #[error("settings: files.url must be file:FOLDER or s3://BUCKET/PREFIX")]
    Unknown,
    /// What the store says of its settings. Holds no key.
    #[error("settings: files cannot be used: {0}")]
    Unusable(String),
}

impl From<Error> for FileStoreError {
    fn from(error: Error) -> Self {
        Self::Unusable(error.to_string())
    }
}

impl FileStore {
    /// The store that the settings name. Nothing is asked of it yet, and no folder made.
    ///
    /// # Errors
    ///
    /// [`FileStoreError`] names the setting.
    pub fn open(config: &Config) -> Result<Self, FileStoreError> {
        let settings = &config.files;
        let url = settings.url.as_str();
        if url.is_empty() && config.profile == Profile::Production {
            return Err(FileStoreError::Unset);
        }
        let folder = match url.strip_prefix("file:") {
            Some(folder) => Some(PathBuf::from(folder.strip_prefix("//").unwrap_or(folder))),
            None if url.is_empty() => Some(config.database.folder().join("files")),
            None => None,
        };
        match folder {
            Some(folder) if folder.as_os_str().is_empty() => Err(FileStoreError::Unknown),
            Some(folder) => Self::in_folder(&folder, settings),
            None => Self::in_bucket(url, settings),
        }
    }

    fn in_folder(folder: &FilePath, settings: &FileSettings) -> Result<Self, FileStoreError> {
        let folder =
            std::path::absolute(folder).map_err(|e| FileStoreError::Unusable(e.to_string()))?;
        let prefix = Path::from_absolute_path(&folder)
            .map_err(|e| FileStoreError::Unusable(e.to_string()))?;
        let inner = Arc::new(LocalFileSystem::new().with_fsync(true));
        Ok(Self::new(inner, prefix, Some(folder), FOLDER_PART, settings))
    }

    fn in_bucket(url: &str, settings: &FileSettings) -> Result<Self, FileStoreError> {
        let place = url.strip_prefix("s3://").ok_or(FileStoreError::Unknown)?;
        let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
        if bucket.is_empty() {
            return Err(FileStoreError::Unknown);
        }
        let prefix = Path::parse(prefix).map_err(|e| FileStoreError::Unusable(e.to_string()))?;
        let client = ClientOptions::new()
            .with_connect_timeout(Duration::from_secs(5))
            .with_timeout(Duration::from_secs(60));
        let retries = RetryConfig {
            backoff: BackoffConfig::default(),
            max_retries: 3,
            retry_timeout: Duration::from_secs(20),
        };
        let mut builder = AmazonS3Builder::from_env()
            .with_bucket_name(bucket)
            .with_client_options(client)
            .with_retry(retries);
        if !settings.s3_endpoint.is_empty() {
            // Only to this very machine without encryption: for trials.
            let here = ["http://127.0.0.1:", "http://[::1]:", "http://localhost:"];
            let plain = here.iter().any(|here| settings.s3_endpoint.starts_with(here));
            builder = builder.with_endpoint(&settings.s3_endpoint).with_allow_http(plain);
        }
        if !settings.s3_region.is_empty() {
            builder = builder.with_region(&settings.s3_region);
        }
        if !settings.s3_access_key_id.is_empty() {
            builder = builder
                .with_access_key_id(&settings.s3_access_key_id)
                .with_secret_access_key(&settings.s3_secret_access_key);
        }
        Ok(Self::new(Arc::new(builder.build()?), prefix, None, S3_PART, settings))
    }

    fn new(
        inner: Arc<dyn ObjectStore>,
        prefix: Path,
        folder: Option<PathBuf>,
        part: usize,
        settings: &FileSettings,
    ) -> Self {
        let turns = Arc::new(Semaphore::new(settings.max_puts.min(Semaphore::MAX_PERMITS)));
        let put_timeout = Duration::from_millis(settings.put_timeout_ms);
        Self { inner, prefix, folder, part, turns, put_timeout }
    }

    /// Longest time for the bytes of one file to come and be stored.
    #[must_use]
    pub const fn put_timeout(&self) -> Duration {
        self.put_timeout
    }

    /// So long after an upload expired nobody can still be sending its bytes.
    #[must_use]
    pub const fn grace(&self) -> Duration {
        self.put_timeout.saturating_mul(2).saturating_add(Duration::from_secs(60))
    }

    /// A turn for a file that comes; `None` if too many come at once.
    pub async fn turn(&self) -> Option<OwnedSemaphorePermit> {
        let turn = Arc::clone(&self.turns).acquire_owned();
        tokio::time::timeout(TURN, turn).await.ok()?.ok()
    }

    /// The bytes of a file, piece by piece.
    ///
    /// # Errors
    ///
    /// [`Fault::Internal`] if it is not there, [`Fault::Unavailable`] if the store does not answer.
    pub async fn get(&self, key: Uuid) -> Result<GetResult, Fault> {
        self.inner.get(&self.path(key)).await.map_err(fault)
    }

    /// Whether a file is there.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] if the store does not answer.
    pub async fn holds(&self, key: Uuid) -> Result<bool, Fault> {
        match self.inner.head(&self.path(key)).await {
            Ok(_) => Ok(true),
            Err(Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(fault(error)),
        }
    }

    /// Deletes a file, if it is there.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] if the store does not answer.
    pub async fn delete(&self, key: Uuid) -> Result<(), Fault> {
        match self.inner.delete(&self.path(key)).await {
            Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(fault(error)),
        }
    }

    /// Deletes what a crash left of files that were on their way into a folder: their names begin with the key. A
    /// bucket has a rule of its own for this, which ends multipart uploads after a day.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] if the folder cannot be read.
    pub async fn forget_parts(&self, of: &[Uuid]) -> Result<(), Fault> {
        let Some(folder) = self.folder.as_ref().filter(|_| !of.is_empty()) else { return Ok(()) };
        let mut entries = match tokio::fs::read_dir(folder).await {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(unreadable(&error)),
        };
        while let Some(entry) = entries.next_entry().await.map_err(|e| unreadable(&e))? {
            let name = entry.file_name();
            let of_one = name.to_str().and_then(|name| name.split_once('#'));
            let key = of_one.and_then(|(key, _)| Uuid::parse_str(key).ok());
            if key.is_some_and(|key| of.contains(&key)) {
                match tokio::fs::remove_file(entry.path()).await {
                    // Another sweep was faster.
                    Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                    removed => removed.map_err(|e| unreadable(&e))?,
                }
            }
        }
        Ok(())
    }

    /// Begins a file.
    async fn begin(&self, key: Uuid) -> Result<Box<dyn MultipartUpload>, Fault> {
        if let Some(folder) = &self.folder {
            make_private(folder).await.map_err(|e| unreadable(&e))?;
        }
        self.inner.put_multipart(&self.path(key)).await.map_err(fault)
    }

    fn path(&self, key: Uuid) -> Path {
        self.prefix.clone().join(key.simple().to_string())
    }
}

/// Makes a folder that only the service may look into, unless it is there.
async fn make_private(folder: &FilePath) -> std::io::Result<()> {
    let mut builder = tokio::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    builder.mode(0o700);
    builder.create(folder).await
}

fn unreadable(error: &std::io::Error) -> Fault {
    Fault::Unavailable(format!("the folder of files: {}", error.kind()))
}

/// What the store answered; its text is for the log and holds no name that a client gave.
fn fault(error: Error) -> Fault {
    match error {
        Error::NotFound { .. } => Fault::Internal("a file is not in the store".to_owned()),
        error => Fault::Unavailable(format!("the file store: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(url: &str, profile: Profile) -> Result<FileStore, FileStoreError> {
        let mut config = Config::defaults().expect("the defaults");
        config.profile = profile;
        config.files.url = url.to_owned();
        FileStore::open(&config)
    }

    #[test]
    fn production_says_where_files_are_kept() {
        assert!(matches!(opened("", Profile::Production), Err(FileStoreError::Unset)));
        let set = opened("file:/var/lib/alongside/files", Profile::Production).expect("a folder");
        assert_eq!(set.folder.as_deref(), Some(FilePath::new("/var/lib/alongside/files")));
        assert!(opened("", Profile::Demo).is_ok());
    }

    #[test]
    fn files_lie_beside_the_sqlite_file() {
        for (url, folder) in [
            ("sqlite://alongside-demo/alongside.sqlite", "alongside-demo/files"),
            ("sqlite:///var/x.sqlite?mode=rwc", "/var/files"),
            ("sqlite://alongside.sqlite", "files"),
            ("postgres://somebody@localhost/alongside", "files"),
        ] {
            let mut settings = Config::defaults().expect("the defaults").database;
            settings.url = url.to_owned();
            assert_eq!(settings.folder().join("files"), FilePath::new(folder), "{url}");
        }
    }

    #[test]
    fn what_is_neither_folder_nor_bucket_is_refused_without_telling_it() {
        for url in ["ftp://somewhere", "s3://", "s3:bucket", "file:", "file://", "files"] {
            let error = opened(url, Profile::Demo).err().expect("it is refused");
            assert!(matches!(error, FileStoreError::Unknown), "{url}: {error}");
        }
    }

    #[test]
    fn a_key_is_the_whole_name() {
        let store = opened("file:/srv/files", Profile::Demo).expect("a folder");
        let path = store.path(Uuid::from_u128(0xABC)).to_string();
        assert_eq!(path, "srv/files/00000000000000000000000000000abc");
    }
}
