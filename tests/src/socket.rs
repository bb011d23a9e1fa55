//! A plain connection to the service: for requests that no client library would send.

use std::io::ErrorKind;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::race::patiently;
use crate::world::World;

/// A plain connection to the service.
pub struct Socket {
    stream: TcpStream,
    /// What came and was not looked at yet.
    rest: Vec<u8>,
}

/// One answer as it came.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The lines of its head, in lower case.
    pub head: Vec<String>,
    /// Its body.
    pub body: String,
}

impl Answer {
    /// The value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.iter().filter_map(|line| line.split_once(':'));
        lines.into_iter().find(|(found, _)| *found == name).map(|(_, value)| value.trim())
    }
}

/// The text of a POST of `document`, with more `headers`, each ended by its line break.
#[must_use]
pub fn post(document: &str, headers: &str) -> String {
    let body = serde_json::json!({ "query": document }).to_string();
    let length = body.len();
    format!(
        "POST /graphql HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\n{headers}\r\n{body}"
    )
}

impl Socket {
    /// Connects to the service of `world`.
    pub async fn open(world: &World) -> Self {
        let address = world.base_url.trim_start_matches("http://");
        let stream = TcpStream::connect(address).await.expect("the service listens");
        Self { stream, rest: Vec::new() }
    }

    /// Sends bytes; `false` if the service has closed the connection.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        let sending = self.stream.write_all(bytes.as_ref());
        patiently("the service takes what is sent", sending).await.is_ok()
    }

    /// The next answer; `None` if the service closes the connection without one.
    pub async fn answer(&mut self) -> Option<Answer> {
        let end = loop {
            if let Some(end) = self.rest.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                break end;
            }
            if !self.more().await {
                return None;
            }
        };
        let head: Vec<u8> = self.rest.drain(..end + 4).collect();
        let head = String::from_utf8_lossy(&head).to_lowercase();
        let mut lines = head.lines().map(str::to_owned);
        let first = lines.next().unwrap_or_default();
        let status = first.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.unwrap_or_else(|| unreachable!("a status in {first}"));
        let mut answer = Answer { status, head: lines.collect(), body: String::new() };
        let length = answer.header("content-length").and_then(|length| length.parse().ok());
        let length: usize = length.unwrap_or_default();
        while self.rest.len() < length {
            if !self.more().await {
                break;
            }
        }
        let body: Vec<u8> = self.rest.drain(..length.min(self.rest.len())).collect();
        answer.body = String::from_utf8_lossy(&body).into_owned();
        Some(answer)
    }

    /// Waits until the service has closed the connection; gives what came until then.
    pub async fn closed(mut self) -> String {
        while self.more().await {}
        String::from_utf8_lossy(&self.rest).into_owned()
    }

    /// Whether nothing has come that was not looked at yet.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        let waiting = self.stream.try_read(&mut [0; 1]);
        self.rest.is_empty() && waiting.is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
    }

    /// Reads on; `false` at the end.
    async fn more(&mut self) -> bool {
        let mut bytes = [0; 16 * 1024];
        let reading = self.stream.read(&mut bytes);
        match patiently("the service answers or closes", reading).await {
            Ok(0) | Err(_) => false,
            Ok(count) => {
                self.rest.extend_from_slice(&bytes[..count]);
                true
            }
        }
    }
}
