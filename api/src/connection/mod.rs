//! Connections of clients: how many, and how slow each may be.
//!
//! HTTP/1.1 alone. The head of a request has to come within its time once its first byte is there; a
//! connection may be idle between requests for longer; a client that takes no byte of its answer is cut
//! off. Time-outs of bodies and of operations stand with the endpoint.

mod body;
mod heads;
mod patient;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::header::{CONNECTION, HOST, TRANSFER_ENCODING};
use axum::http::{HeaderValue, Request, Response, StatusCode, Version};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulConnection, GracefulShutdown};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use self::body::Watched;
use self::patient::Patient;
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

impl Peer {
    /// Whoever is at `socket`: the same by either form of an IPv4 address.
    const fn at(socket: SocketAddr) -> Self {
        Self(socket.ip().to_canonical())
    }
}

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
    let patient = Patient::new(stream, settings);
    let service = TowerToHyperService::new(router);
    let serve = service_fn(move |request: Request<Incoming>| {
        let clear = is_clear(&request);
        // Nobody knows in advance where a chunked body ends: it is the last thing on its connection.
        let last = request.headers().contains_key(TRANSFER_ENCODING);
        let (parts, body) = request.into_parts();
        let (body, read) = Watched::of(body);
        let mut request = Request::from_parts(parts, body);
        request.extensions_mut().insert(Peer::at(peer));
        let answer = service.call(request);
        async move {
            let mut answer = if clear { answer.await? } else { unclear() };
            // What is left of a body would stand before the next head.
            if last || !clear || !read.is_whole() {
                answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            Ok::<_, std::convert::Infallible>(answer)
        }
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_millis(settings.idle_timeout_ms))
        .max_buf_size(MAX_HEAD)
        .max_headers(MAX_HEADERS)
        .serve_connection(TokioIo::new(patient), serve)
}

/// Whether a request names one host, and its body has no coding that a proxy in front may understand in
/// another way.
fn is_clear(request: &Request<Incoming>) -> bool {
    let headers = request.headers();
    let hosts = headers.get_all(HOST).iter().count();
    let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
    let chunked = |coding: Option<&HeaderValue>| {
        coding.is_none_or(|coding| coding.as_bytes().eq_ignore_ascii_case(b"chunked"))
    };
    (hosts == 1 || (hosts == 0 && request.version() == Version::HTTP_10))
        && chunked(codings.next())
        && codings.next().is_none()
}

fn unclear() -> Response<Body> {
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = StatusCode::BAD_REQUEST;
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_the_same_behind_both_forms_of_its_address() {
        let peers =
            ["192.0.2.1:5", "[::ffff:192.0.2.1]:7", "[::ffff:192.0.2.2]:7", "[2001:db8::1]:7"];
        let peers = peers.map(|text| Peer::at(text.parse().expect("an address")).0.to_string());
        assert_eq!(peers, ["192.0.2.1", "192.0.2.1", "192.0.2.2", "2001:db8::1"]);
    }
}
