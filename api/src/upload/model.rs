//! Domain types of staged uploads.

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use crate::audit::Audited;
use crate::coded;

coded! {
    /// The types that files may have.
    Media {
        /// A PDF document.
        Pdf = "application/pdf",
        /// A picture without loss.
        Png = "image/png",
        /// A photograph.
        Jpeg = "image/jpeg",
        /// Text in UTF-8.
        Text = "text/plain",
        /// A table in UTF-8.
        Csv = "text/csv",
        /// A document of Word.
        Docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        /// A sheet of Excel.
        Xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        /// A document of LibreOffice.
        Odt = "application/vnd.oasis.opendocument.text",
        /// A sheet of LibreOffice.
        Ods = "application/vnd.oasis.opendocument.spreadsheet",
    }
}

impl Media {
    /// The endings that a file of this type may have.
    #[must_use]
    pub const fn endings(self) -> &'static [&'static str] {
        match self {
            Self::Pdf => &["pdf"],
            Self::Png => &["png"],
            Self::Jpeg => &["jpg", "jpeg"],
            Self::Text => &["txt"],
            Self::Csv => &["csv"],
            Self::Docx => &["docx"],
            Self::Xlsx => &["xlsx"],
            Self::Odt => &["odt"],
            Self::Ods => &["ods"],
        }
    }

    /// Whether it is text, whose media type may name UTF-8.
    #[must_use]
    pub const fn is_text(self) -> bool {
        matches!(self, Self::Text | Self::Csv)
    }
}

coded! {
    /// Where an upload stands.
    State {
        /// Announced; its bytes are awaited.
        Pending = "PENDING",
        /// Its bytes are there and are what was announced.
        Stored = "STORED",
        /// A record took it.
        Used = "USED",
        /// Nobody used it in time; its bytes are deleted.
        Expired = "EXPIRED",
    }
}

/// A file on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Upload {
    /// Identifier, and the key of the bytes in the file store.
    pub id: Uuid,
    /// The organisation for which it was made.
    pub organisation_id: Uuid,
    /// The account that made it.
    pub account_id: Uuid,
    /// What the file is called.
    pub file_name: String,
    /// Its type.
    pub media: Media,
    /// Its size.
    pub size_bytes: i32,
    /// SHA-256 of its bytes, in lower-case hexadecimal.
    pub sha256: String,
    /// What is stored about where it stands.
    pub state: State,
    /// When it was announced.
    pub created_at: DateTime<Utc>,
    /// From when it counts as gone unless it was used.
    pub expires_at: DateTime<Utc>,
    /// When its bytes were there.
    pub stored_at: Option<DateTime<Utc>>,
    /// When a record took it.
    pub used_at: Option<DateTime<Utc>>,
    /// Counts its changes, from 1.
    pub version: i32,
}

impl Upload {
    /// Whether its time is over.
    #[must_use]
    pub fn is_over(&self, now: DateTime<Utc>) -> bool {
        self.expires_at <= now
    }

    /// Whether it waits for its bytes or for a record.
    #[must_use]
    pub const fn is_waiting(&self) -> bool {
        matches!(self.state, State::Pending | State::Stored)
    }
}

impl Audited for Upload {
    const TYPE: &'static str = "staged_upload";

    fn id(&self) -> Uuid {
        self.id
    }

    fn chain(&self) -> Uuid {
        self.organisation_id
    }

    fn version(&self) -> i32 {
        self.version
    }
}

/// A file as it was announced.
#[derive(Clone, Debug)]
pub struct Announced {
    /// What the file is called.
    pub file_name: String,
    /// Its media type.
    pub media_type: String,
    /// Its size.
    pub size_bytes: i32,
    /// SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
}

/// An upload that a record has taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The key of the bytes in the file store: the id of the upload.
    pub key: Uuid,
    /// What the file is called.
    pub file_name: String,
    /// Its type.
    pub media: Media,
    /// Its size.
    pub size_bytes: i32,
    /// SHA-256 of its bytes, in lower-case hexadecimal.
    pub sha256: String,
}

impl From<Upload> for Taken {
    fn from(upload: Upload) -> Self {
        let Upload { id, file_name, media, size_bytes, sha256, .. } = upload;
        Self { key: id, file_name, media, size_bytes, sha256 }
    }
}
