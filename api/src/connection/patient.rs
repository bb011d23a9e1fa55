//! A stream that loses patience with a slow client.

use std::future::Future as _;
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep};

use super::heads::Heads;
use crate::config::ServerSettings;

/// A connection on which each head has to come within its time, and each answer has to be taken.
pub(super) struct Patient {
    stream: TcpStream,
    heads: Heads,
    head: Deadline,
    write: Deadline,
}

impl Patient {
    /// The patience of `settings` with the client behind `stream`.
    pub fn new(stream: TcpStream, settings: &ServerSettings) -> Self {
        Self {
            stream,
            heads: Heads::default(),
            head: Deadline::new(settings.header_timeout_ms),
            write: Deadline::new(settings.write_timeout_ms),
        }
    }
}

/// A time-out that runs while it is wanted.
struct Deadline {
    patience: Duration,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Deadline {
    const fn new(millis: u64) -> Self {
        Self { patience: Duration::from_millis(millis), sleep: None }
    }

    fn start(&mut self) {
        if self.sleep.is_none() {
            self.sleep = Some(Box::pin(tokio::time::sleep_until(Instant::now() + self.patience)));
        }
    }

    fn stop(&mut self) {
        self.sleep = None;
    }

    /// Whether the time is over.
    fn is_over(&mut self, context: &mut Context<'_>) -> bool {
        self.sleep.as_mut().is_some_and(|sleep| sleep.as_mut().poll(context).is_ready())
    }
}

fn too_slow<T>() -> Poll<io::Result<T>> {
    Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
}

impl AsyncRead for Patient {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.head.is_over(context) {
            return too_slow();
        }
        let before = buffer.filled().len();
        let read = pin!(&mut this.stream).poll_read(context, buffer);
        if buffer.filled().len() > before {
            let ended = this.heads.look(&mut buffer.filled_mut()[before..]);
            if ended || !this.heads.is_within_one() {
                this.head.stop();
            }
            if this.heads.is_within_one() {
                this.head.start();
                // Looked at now, so that the end of the time wakes the connection.
                if this.head.is_over(context) {
                    return too_slow();
                }
            }
        }
        read
    }
}

impl Patient {
    fn written<T>(
        &mut self,
        context: &mut Context<'_>,
        wrote: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        match wrote {
            Poll::Ready(done) => {
                self.write.stop();
                Poll::Ready(done)
            }
            Poll::Pending => {
                self.write.start();
                if self.write.is_over(context) { too_slow() } else { Poll::Pending }
            }
        }
    }
}

impl AsyncWrite for Patient {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let wrote = pin!(&mut self.stream).poll_write(context, bytes);
        self.written(context, wrote)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let wrote = pin!(&mut self.stream).poll_write_vectored(context, parts);
        self.written(context, wrote)
    }

    /// Answers are sent from where they were written.
    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let wrote = pin!(&mut self.stream).poll_flush(context);
        self.written(context, wrote)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let wrote = pin!(&mut self.stream).poll_shutdown(context);
        self.written(context, wrote)
    }
}
