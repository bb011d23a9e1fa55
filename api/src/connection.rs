//! Connections of clients: how many, and how slow each may be.
//!
//! HTTP/1.1 alone. The head of a request has to come within its time once its first byte is there; a
//! connection may be idle between requests for longer; a client that takes no byte of its answer is cut
//! off. Time-outs of bodies and of operations stand with the endpoint.

use std::future::Future as _;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulConnection, GracefulShutdown};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{Instant, Sleep};
use tokio_util::sync::CancellationToken;

use crate::config::ServerSettings;
use crate::telemetry::metrics::metrics;

/// Most bytes of a request's head.
const MAX_HEAD: usize = 32 * 1024;

/// Most headers of a request.
const MAX_HEADERS: usize = 100;

/// For so long nothing is accepted after the system had no room for another connection.
const PAUSE: Duration = Duration::from_millis(50);

/// The address of the other end of a connection.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub IpAddr);

/// Accepts connections until `stop`, then lets the running requests finish; returns when all are done.
pub async fn accept(
    listener: TcpListener,
    router: Router,
    settings: ServerSettings,
    stop: CancellationToken,
) {
    let room = Arc::new(Semaphore::new(settings.max_connections));
    let settings = Arc::new(settings);
    let graceful = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = next(&listener, &room) => accepted,
        };
        let (stream, peer, place) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(reason = %error, "a connection could not be accepted");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        let connection = graceful.watch(connection(stream, peer, router.clone(), &settings));
        tokio::spawn(async move {
            metrics().connections.add(1, &[]);
            // A client that breaks the rules of HTTP, or goes away, is no event of ours.
            let _ = connection.await;
            metrics().connections.add(-1, &[]);
            drop(place);
        });
    }
    drop(listener);
    graceful.shutdown().await;
}

async fn next(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> io::Result<(TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit)> {
    let place = Arc::clone(room).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    stream.set_nodelay(true)?;
    Ok((stream, peer, place))
}

fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    settings: &ServerSettings,
) -> impl GracefulConnection<Error = hyper::Error> + Send + 'static {
    let progress = Arc::new(Progress::default());
    let patient = Patient {
        stream,
        progress: Arc::clone(&progress),
        seen: 0,
        ahead: false,
        lines: Lines::default(),
        head: Deadline::new(settings.header_timeout_ms),
        write: Deadline::new(settings.write_timeout_ms),
    };
    let service = TowerToHyperService::new(router);
    let serve = service_fn(move |mut request: Request<Incoming>| {
        progress.step();
        request.extensions_mut().insert(Peer(peer.ip().to_canonical()));
        let (answer, progress) = (service.call(request), Arc::clone(&progress));
        async move {
            let answer = answer.await;
            progress.step();
            answer
        }
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_millis(settings.idle_timeout_ms))
        .max_buf_size(MAX_HEAD)
        .max_headers(MAX_HEADERS)
        .serve_connection(TokioIo::new(patient), serve)
}

/// How far a connection is: a step when a request is taken, and one when its answer is there.
#[derive(Default)]
struct Progress(AtomicUsize);

impl Progress {
    fn step(&self) {
        self.0.fetch_add(1, Ordering::AcqRel);
    }

    fn steps(&self) -> usize {
        self.0.load(Ordering::Acquire)
    }
}

/// A stream that loses patience with a slow client.
struct Patient {
    stream: TcpStream,
    progress: Arc<Progress>,
    /// The steps when a byte was last looked for.
    seen: usize,
    /// Whether bytes came while a request was being answered.
    ahead: bool,
    lines: Lines,
    head: Deadline,
    write: Deadline,
}

/// The lines of a request's head. The parser takes a bare line feed for the end of a line, which a proxy
/// in front may not: then the two would see different requests.
#[derive(Default)]
struct Lines {
    last: u8,
    /// Whether the present line has anything in it.
    filled: bool,
    /// Whether a line before it had.
    begun: bool,
    /// Whether the empty line that ends the head is past.
    over: bool,
}

impl Lines {
    /// Puts a byte that no head may hold in the place of each bare line feed: the parser refuses it.
    fn look(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            if self.over {
                return;
            }
            let before = std::mem::replace(&mut self.last, *byte);
            match *byte {
                b'\n' if before != b'\r' => *byte = 0,
                b'\n' => {
                    self.over = self.begun && !self.filled;
                    self.begun |= self.filled;
                    self.filled = false;
                }
                b'\r' => {}
                _ => self.filled = true,
            }
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
        let steps = this.progress.steps();
        if steps != this.seen {
            this.seen = steps;
            this.head.stop();
            // What came while a request was answered may have begun the next head.
            this.lines = Lines { over: std::mem::take(&mut this.ahead), ..Lines::default() };
        }
        if this.head.is_over(context) {
            return too_slow();
        }
        let before = buffer.filled().len();
        let read = pin!(&mut this.stream).poll_read(context, buffer);
        // What comes while a request is being answered is no head.
        if steps.is_multiple_of(2) && buffer.filled().len() > before {
            this.lines.look(&mut buffer.filled_mut()[before..]);
            this.head.start();
            // Looked at now, so that the end of the time wakes the connection.
            if this.head.is_over(context) {
                return too_slow();
            }
        }
        this.ahead |= !steps.is_multiple_of(2) && buffer.filled().len() > before;
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

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let wrote = pin!(&mut self.stream).poll_flush(context);
        self.written(context, wrote)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let wrote = pin!(&mut self.stream).poll_shutdown(context);
        self.written(context, wrote)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looked(pieces: &[&str]) -> String {
        let mut lines = Lines::default();
        let mut seen = String::new();
        for piece in pieces {
            let mut bytes = piece.as_bytes().to_vec();
            lines.look(&mut bytes);
            seen.push_str(&String::from_utf8(bytes).expect("text"));
        }
        seen
    }

    #[test]
    fn a_head_with_proper_lines_and_its_body_stay_as_they_are() {
        for pieces in [
            &["POST / HTTP/1.1\r\nhost: a\r\n\r\n{\n\"query\": 1\n}"][..],
            &["POST / HTTP/1.1\r", "\nhost: a\r\n\r", "\n{\n}"],
            &["\r\nPOST / HTTP/1.1\r\n\r\n{\n}"],
        ] {
            assert_eq!(looked(pieces), pieces.concat());
        }
    }

    #[test]
    fn a_bare_line_feed_in_a_head_is_made_unreadable() {
        assert_eq!(looked(&["GET / HTTP/1.1\nhost: a\r\n\r\n"]), "GET / HTTP/1.1\0host: a\r\n\r\n");
        assert_eq!(
            looked(&["GET / HTTP/1.1\r\nhost: a", "\n\r\n"]),
            "GET / HTTP/1.1\r\nhost: a\0\r\n"
        );
        assert_eq!(looked(&["\nGET / HTTP/1.1\r\n\r\n"]), "\0GET / HTTP/1.1\r\n\r\n");
    }
}
