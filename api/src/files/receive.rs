//! Taking a file in: counted, hashed and looked at as it comes, stored as a whole or not at all.

use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use axum::body::{Body, Bytes};
use http_body::Body as _;
use object_store::{MultipartUpload, PutPayload};
use sha2::{Digest as _, Sha256};
use tokio::time::{Instant, timeout, timeout_at};
use uuid::Uuid;

use super::content::{Look, Unlike};
use super::{FileStore, fault};
use crate::fault::Fault;
use crate::upload::model::Media;

/// What a file has to be.
#[derive(Clone, Debug)]
pub struct Declared {
    /// Its type.
    pub media: Media,
    /// Its size in bytes.
    pub size: u64,
    /// SHA-256 of its bytes, in lower-case hexadecimal.
    pub sha256: String,
}

/// How long the service waits for a client.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For the next piece, and in all beyond what comes at the least rate.
    pub piece: Duration,
    /// For all of it, stored.
    pub whole: Duration,
}

/// So many bytes a second a client sends at least, on average, while the service waits for it.
const LEAST_RATE: u32 = 16 * 1024;

/// Why a file was not stored. Nothing of it is left, but where the time is over while a folder puts the whole file in
/// its place: that may still happen. It has the bytes that were declared, and goes with its upload.
#[derive(Debug)]
pub enum Unfit {
    /// It is longer than declared.
    Longer,
    /// It ends before the declared size, or broke off.
    Shorter,
    /// It did not come in time.
    Slow,
    /// Its content is not of the declared type; says what is wrong.
    Content(Unlike),
    /// Its checksum is another.
    Checksum,
    /// The store failed.
    Store(Fault),
}

impl From<Fault> for Unfit {
    fn from(fault: Fault) -> Self {
        Self::Store(fault)
    }
}

/// Takes the bytes of `body` in under `key`, if they are what was declared; without a key they are only compared.
///
/// A file that is refused for its content is read to its end all the same, so that the client hears why.
///
/// # Errors
///
/// [`Unfit`]; then nothing is stored.
pub async fn receive(
    store: &FileStore,
    key: Option<Uuid>,
    declared: &Declared,
    body: Body,
    patience: Patience,
) -> Result<(), Unfit> {
    let mut body = Pieces { body, patience: patience.piece, came: 0, waited: Duration::ZERO };
    let end = Instant::now() + patience.whole;
    let mut writer = match key {
        Some(key) => Some(Writer::begin(store, key).await?),
        None => None,
    };
    let work = async {
        take_in(&mut writer, declared, &mut body).await?;
        match &mut writer {
            Some(writer) => writer.finish().await,
            None => Ok(()),
        }
    };
    let outcome = timeout_at(end, work).await.unwrap_or(Err(Unfit::Slow));
    if outcome.is_err()
        && let Some(writer) = &mut writer
    {
        writer.abort().await;
    }
    if let Err(Unfit::Content(_) | Unfit::Store(_)) = &outcome {
        // What fails here fails the same again.
        let _ = timeout_at(end, drain(&mut body, declared.size)).await;
    }
    outcome
}

/// Passes the pieces on while they are what was declared.
async fn take_in(
    writer: &mut Option<Writer>,
    declared: &Declared,
    body: &mut Pieces,
) -> Result<(), Unfit> {
    let (mut size, mut hash) = (0, Sha256::new());
    let mut look = Look::at(declared.media);
    while let Some(piece) = body.next().await? {
        size += piece.len() as u64;
        if size > declared.size {
            return Err(Unfit::Longer);
        }
        hash.update(&piece);
        look.see(&piece).map_err(Unfit::Content)?;
        if let Some(writer) = writer {
            writer.write(piece).await?;
        }
    }
    if size < declared.size {
        return Err(Unfit::Shorter);
    }
    // Whoever sends other bytes than announced hears that first.
    if hex::encode(hash.finalize()) != declared.sha256 {
        return Err(Unfit::Checksum);
    }
    look.end().map_err(Unfit::Content)
}

/// A body as it comes, from a client that may not keep the service waiting.
struct Pieces {
    body: Body,
    patience: Duration,
    /// How many bytes came.
    came: u64,
    /// How long they were waited for. What the store takes for them is not the client's doing.
    waited: Duration,
}

impl Pieces {
    /// The next piece; `None` at the end.
    async fn next(&mut self) -> Result<Option<Bytes>, Unfit> {
        let began = Instant::now();
        let piece = timeout(self.left(), piece(&mut self.body)).await;
        self.waited += began.elapsed();
        let piece = piece.map_err(|_| Unfit::Slow)??;
        self.came += piece.as_ref().map_or(0, |piece| piece.len() as u64);
        Ok(piece)
    }

    /// How long to wait for the next piece.
    fn left(&self) -> Duration {
        let earned = Duration::from_secs(self.came) / LEAST_RATE;
        self.patience.saturating_add(earned).saturating_sub(self.waited).min(self.patience)
    }
}

/// The next piece of a body; `None` at its end.
async fn piece(body: &mut Body) -> Result<Option<Bytes>, Unfit> {
    loop {
        match poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await {
            None => return Ok(None),
            // Trailers hold nothing for us.
            Some(Ok(frame)) => {
                if let Ok(piece) = frame.into_data() {
                    return Ok(Some(piece));
                }
            }
            Some(Err(_)) => return Err(Unfit::Shorter),
        }
    }
}

/// Reads what is left of a body, up to `most` bytes.
async fn drain(body: &mut Pieces, most: u64) {
    let mut left = most;
    while let Ok(Some(piece)) = body.next().await {
        match left.checked_sub(piece.len() as u64) {
            Some(rest) => left = rest,
            None => return,
        }
    }
}

/// A file on its way into the store: one part of it in memory, and one part under way at a time.
struct Writer {
    upload: Box<dyn MultipartUpload>,
    pieces: Vec<Bytes>,
    held: usize,
    part: usize,
}

impl Writer {
    async fn begin(store: &FileStore, key: Uuid) -> Result<Self, Fault> {
        let upload = store.begin(key).await?;
        Ok(Self { upload, pieces: Vec::new(), held: 0, part: store.part })
    }

    async fn write(&mut self, mut piece: Bytes) -> Result<(), Fault> {
        while self.held + piece.len() >= self.part {
            let full = piece.split_to(self.part - self.held);
            self.hold(full);
            self.flush().await?;
        }
        self.hold(piece);
        Ok(())
    }

    fn hold(&mut self, piece: Bytes) {
        if !piece.is_empty() {
            self.held += piece.len();
            self.pieces.push(piece);
        }
    }

    async fn flush(&mut self) -> Result<(), Fault> {
        self.held = 0;
        let part: PutPayload = std::mem::take(&mut self.pieces).into_iter().collect();
        self.upload.put_part(part).await.map_err(fault)
    }

    async fn finish(&mut self) -> Result<(), Unfit> {
        if self.held > 0 {
            self.flush().await?;
        }
        self.upload.complete().await.map_err(fault)?;
        Ok(())
    }

    /// Takes back what the store has of it. What stays all the same, the store's own rule clears away.
    async fn abort(&mut self) {
        if let Err(error) = self.upload.abort().await {
            tracing::warn!(reason = %error, "parts of a file could not be taken back");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_sends_less_than_the_least_rate_is_waited_for_no_longer() {
        let left = |came: u64, waited_ms: u64| {
            let (body, waited) = (Body::empty(), Duration::from_millis(waited_ms));
            let pieces = Pieces { body, patience: Duration::from_secs(15), came, waited };
            pieces.left().as_millis()
        };
        assert_eq!(left(0, 0), 15_000);
        assert_eq!(left(1, 14_000), 1_000, "a byte now and then earns nothing");
        assert_eq!(left(2, 15_001), 0);
        let minute = u64::from(LEAST_RATE) * 60;
        assert_eq!(left(minute, 60_000), 15_000, "who keeps the rate may go on");
        assert_eq!(left(minute, 74_000), 1_000);
        assert_eq!(left(minute, 1_000), 15_000, "a pause is never longer than one");
        assert_eq!(left(u64::MAX, u64::MAX), 0);
    }
}
