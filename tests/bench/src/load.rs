//! The load: so many connections that ask again and again for so long.

use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes, to_bytes};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// What goes wrong while measuring.
pub type Fault = Box<dyn Error + Send + Sync>;

/// A request, and how its answer begins.
#[derive(Clone)]
pub struct Asked {
    /// The path.
    pub path: String,
    /// Headers besides those of JSON.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Bytes,
    /// What the answer must begin with; what follows, such as the budget that is left, may differ.
    pub beginning: Bytes,
}

/// What a connection asks next.
pub trait Asking: Send {
    /// The next request.
    fn next(&mut self) -> Asked;
    /// Looks at an answer that began as it must.
    fn answered(&mut self, answer: &Bytes);
}

/// The same requests in turn.
pub struct Turns {
    /// The requests.
    pub asked: Arc<Vec<Asked>>,
    /// Where this connection is.
    pub at: usize,
}

impl Asking for Turns {
    fn next(&mut self) -> Asked {
        self.at = (self.at + 1) % self.asked.len();
        self.asked[self.at].clone()
    }

    fn answered(&mut self, _: &Bytes) {}
}

/// The times of a turn.
#[derive(Default)]
pub struct Times {
    /// How long each answer took, in microseconds, in order of size.
    pub micros: Vec<u32>,
    /// How long the turn took.
    pub seconds: f64,
}

impl Times {
    /// Answers a second.
    pub fn rate(&self) -> f64 {
        self.micros.len() as f64 / self.seconds
    }

    /// The time within which this part of the answers came, in milliseconds.
    pub fn within(&self, part: f64) -> f64 {
        let place = (self.micros.len() as f64 * part) as usize;
        let place = place.min(self.micros.len().saturating_sub(1));
        self.micros.get(place).map_or(0.0, |micros| f64::from(*micros) / 1000.0)
    }
}

/// A connection that is kept open.
pub struct Connection(SendRequest<Body>);

impl Connection {
    /// Opens a connection to a port of this machine.
    pub async fn open(port: u16) -> Result<Self, Fault> {
        let stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Self(sender))
    }

    /// The answer to `asked`.
    pub async fn ask(&mut self, asked: &Asked) -> Result<Bytes, Fault> {
        let mut request = Request::post(asked.path.as_str())
            .header("host", "127.0.0.1")
            .header("content-type", "application/json")
            .header("accept", "application/json");
        for (name, value) in &asked.headers {
            request = request.header(*name, value);
        }
        self.0.ready().await?;
        let answer = self.0.send_request(request.body(Body::from(asked.body.clone()))?).await?;
        let status = answer.status();
        let body = to_bytes(Body::new(answer.into_body()), usize::MAX).await?;
        if status == StatusCode::OK {
            Ok(body)
        } else {
            Err(format!("{} answered {status}: {}", asked.path, text(&body)).into())
        }
    }
}

/// The beginning of an answer, for a message.
pub fn text(body: &[u8]) -> String {
    String::from_utf8_lossy(body).chars().take(600).collect()
}

/// Asks for `long` on as many connections as there are in `asking`.
pub async fn run<A: Asking + 'static>(
    port: u16,
    asking: &[Arc<Mutex<A>>],
    long: Duration,
) -> Result<Times, Fault> {
    let mut tasks: JoinSet<Result<Vec<u32>, Fault>> = JoinSet::new();
    let mut connections = Vec::with_capacity(asking.len());
    for asking in asking {
        connections.push((Connection::open(port).await?, Arc::clone(asking)));
    }
    let began = Instant::now();
    for (mut connection, asking) in connections {
        tasks.spawn(async move {
            let mut micros = Vec::new();
            while began.elapsed() < long {
                let asked = asking.lock().unwrap_or_else(PoisonError::into_inner).next();
                let sent = Instant::now();
                let answer = connection.ask(&asked).await?;
                micros.push(u32::try_from(sent.elapsed().as_micros()).unwrap_or(u32::MAX));
                if !answer.starts_with(&asked.beginning) {
                    return Err(
                        format!("{} changed its answer: {}", asked.path, text(&answer)).into()
                    );
                }
                asking.lock().unwrap_or_else(PoisonError::into_inner).answered(&answer);
            }
            Ok(micros)
        });
    }
    let mut times = Times::default();
    while let Some(done) = tasks.join_next().await {
        times.micros.extend(done??);
    }
    times.seconds = began.elapsed().as_secs_f64();
    times.micros.sort_unstable();
    Ok(times)
}
