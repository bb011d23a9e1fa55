//! Giving a file out: as something to be saved, never to be shown or run.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use uuid::Uuid;

use super::FileStore;
use crate::fault::Fault;
use crate::upload::model::{Media, Taken};

/// A file to be given out: who may have it was decided before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// The key of its bytes.
    pub key: Uuid,
    /// What it is called.
    pub file_name: String,
    /// Its type.
    pub media: Media,
    /// Its size in bytes.
    pub size_bytes: i32,
    /// SHA-256 of its bytes, in lower-case hexadecimal.
    pub sha256: String,
}

impl From<Taken> for Attachment {
    fn from(taken: Taken) -> Self {
        let Taken { key, file_name, media, size_bytes, sha256 } = taken;
        Self { key, file_name, media, size_bytes, sha256 }
    }
}

/// What stands encoded in the name of RFC 8187: all but its `attr-char`.
const ENCODED: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'%')
    .add(b'\'')
    .add(b'(')
    .add(b')')
    .add(b'*')
    .add(b',')
    .add(b'/')
    .add(b':')
    .add(b';')
    .add(b'<')
    .add(b'=')
    .add(b'>')
    .add(b'?')
    .add(b'@')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'{')
    .add(b'}');

/// The answer that holds a file, streamed from the store.
///
/// A browser saves it under its name and neither shows nor runs it; nobody between keeps it; `Repr-Digest` lets the
/// client check it.
///
/// # Errors
///
/// [`Fault::Internal`] if the store does not have it as it should be, [`Fault::Unavailable`] if it does not answer.
pub async fn attachment(store: &FileStore, file: &Attachment) -> Result<Response, Fault> {
    let found = store.get(file.key).await?;
    let size = u64::try_from(file.size_bytes).unwrap_or_default();
    if found.meta.size != size {
        return Err(Fault::Internal("a file in the store has another size".to_owned()));
    }
    let broken = |_| Fault::Internal("what is known of a file makes no header".to_owned());
    let disposition = HeaderValue::from_str(&disposition(&file.file_name)).map_err(broken)?;
    let digest = hex::decode(&file.sha256).unwrap_or_default();
    let digest = format!("sha-256=:{}:", STANDARD.encode(digest));
    let digest = HeaderValue::from_str(&digest).map_err(broken)?;
    let text = if file.media.is_text() { "; charset=utf-8" } else { "" };
    let media = format!("{}{text}", file.media.code());
    let media = HeaderValue::from_str(&media).map_err(broken)?;
    let fixed = HeaderValue::from_static;
    let headers = [
        (header::CONTENT_TYPE, media),
        (header::CONTENT_LENGTH, size.into()),
        (header::CONTENT_DISPOSITION, disposition),
        (header::X_CONTENT_TYPE_OPTIONS, fixed("nosniff")),
        (header::CACHE_CONTROL, fixed("private, no-store")),
        (header::CONTENT_SECURITY_POLICY, fixed("sandbox")),
        (HeaderName::from_static("repr-digest"), digest),
    ];
    Ok((headers, Body::from_stream(found.into_stream())).into_response())
}

/// The name as RFC 6266 has it: in ASCII for the old, and whole.
fn disposition(name: &str) -> String {
    let plain = |letter: char| letter.is_ascii_graphic() || letter == ' ';
    let quoted = |letter: char| matches!(letter, '"' | '\\' | '%');
    let ascii: String =
        name.chars().map(|l| if plain(l) && !quoted(l) { l } else { '_' }).collect();
    let whole = utf8_percent_encode(name, ENCODED);
    format!("attachment; filename=\"{ascii}\"; filename*=UTF-8''{whole}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_within_its_header() {
        assert_eq!(
            disposition("Wohl – (2) 100%.pdf"),
            "attachment; filename=\"Wohl _ (2) 100_.pdf\"; \
             filename*=UTF-8''Wohl%20%E2%80%93%20%282%29%20100%25.pdf"
        );
        for name in
            ["a\"; x=\"b.pdf", "a\r\nx: y.pdf", "a\\.pdf", "日本.pdf", "a'b*.pdf", "\u{202E}"]
        {
            let text = disposition(name);
            assert!(HeaderValue::from_str(&text).is_ok(), "{text}");
            assert_eq!(text.matches('"').count(), 2, "{text}");
            assert!(text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_control()));
        }
    }
}
