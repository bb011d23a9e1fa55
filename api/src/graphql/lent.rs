//! A body that is lent to whoever answers, so that what is left of it can be taken in before a refusal is sent: a
//! client that is still sending would otherwise learn no more than that the connection broke.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use http_body::{Body as _, Frame, SizeHint};
use tokio::time::timeout;

/// So long what is left is waited for.
const PATIENCE: Duration = Duration::from_secs(2);

/// A body that several hold, and that is read once.
#[derive(Clone)]
pub struct Lent(Arc<Mutex<Body>>);

impl Lent {
    /// `body`, to be lent.
    #[must_use]
    pub fn of(body: Body) -> Self {
        Self(Arc::new(Mutex::new(body)))
    }

    /// The body, for whoever answers.
    pub fn body(&self) -> Body {
        Body::new(self.clone())
    }

    /// Takes in what is left, for a while, and throws it away.
    pub async fn exhaust(mut self) {
        let rest = async {
            while !self.is_end_stream() {
                let frame = poll_fn(|context| Pin::new(&mut self).poll_frame(context)).await;
                if !matches!(frame, Some(Ok(_))) {
                    return;
                }
            }
        };
        // Whoever is slower is cut off with the answer.
        let _ = timeout(PATIENCE, rest).await;
    }

    fn inner(&self) -> MutexGuard<'_, Body> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl http_body::Body for Lent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut *self.inner()).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.inner().is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner().size_hint()
    }
}
