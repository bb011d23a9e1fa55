//! A wire between the service and PostgreSQL that notes each statement with which a client comes.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

/// A statement with the types of its parameters, as numbers of PostgreSQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Its text.
    pub text: String,
    parameters: Vec<u32>,
}

impl Statement {
    /// Whether it reads a table.
    pub fn reads(&self) -> bool {
        self.text.starts_with("select ") && self.text.contains(" from ")
    }

    /// The types of its parameters for PREPARE.
    pub fn types(&self) -> String {
        // Of the types that the service binds; PostgreSQL finds out the rest.
        let name = |oid: &u32| match oid {
            16 => "boolean",
            20 => "bigint",
            23 => "integer",
            25 | 1043 => "text",
            1009 => "text[]",
            1082 => "date",
            1184 => "timestamptz",
            2950 => "uuid",
            2951 => "uuid[]",
            _ => "unknown",
        };
        self.listed(name)
    }

    /// A null for each parameter, for EXECUTE.
    pub fn nulls(&self) -> String {
        self.listed(|_| "null")
    }

    fn listed(&self, each: impl Fn(&u32) -> &'static str) -> String {
        let mut text = String::new();
        for (index, parameter) in self.parameters.iter().enumerate() {
            let before = if index == 0 { "(" } else { ", " };
            let _ = write!(text, "{before}{}", each(parameter));
        }
        if text.is_empty() { text } else { text + ")" }
    }
}

/// A wire; gone with the runtime of its test.
#[derive(Clone)]
pub struct Wire {
    port: u16,
    noted: Arc<Mutex<Vec<Statement>>>,
}

impl Wire {
    /// Lays a wire to the server that `url` names.
    pub fn before(url: &str) -> Self {
        let server = authority(url).to_owned();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        listener.set_nonblocking(true).expect("it does not block");
        let listener = TcpListener::from_std(listener).expect("a listener");
        let noted = Arc::default();
        let wire = Self { port, noted };
        let (laid, notes) = (wire.clone(), Arc::clone(&wire.noted));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Ok(server) = TcpStream::connect(&server).await else { return };
                for end in [&client, &server] {
                    end.set_nodelay(true).expect("messages go out at once");
                }
                let (mut from_client, to_client) = client.into_split();
                let (mut from_server, mut to_server) = server.into_split();
                tokio::spawn(async move {
                    let mut to_client: OwnedWriteHalf = to_client;
                    let _ = tokio::io::copy(&mut from_server, &mut to_client).await;
                });
                let notes = Arc::clone(&notes);
                tokio::spawn(async move {
                    let _ = pass(&mut from_client, &mut to_server, &notes).await;
                });
            }
        });
        laid
    }

    /// `url` by way of the wire.
    pub fn url(&self, url: &str) -> String {
        url.replacen(authority(url), &format!("127.0.0.1:{}", self.port), 1)
    }

    /// The statements that ran since this was last asked.
    pub fn take(&self) -> Vec<Statement> {
        std::mem::take(&mut *self.noted.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Host and port of a URL.
fn authority(url: &str) -> &str {
    let rest = url.split_once('@').map_or(url, |(_, rest)| rest);
    rest.split(['/', '?']).next().unwrap_or(rest)
}

/// Passes on what the client sends, message by message.
async fn pass(
    from: &mut OwnedReadHalf,
    to: &mut OwnedWriteHalf,
    noted: &Mutex<Vec<Statement>>,
) -> std::io::Result<()> {
    const ASKS_FOR_TLS: [u8; 4] = 80_877_103_u32.to_be_bytes();
    let mut prepared: HashMap<Vec<u8>, Statement> = HashMap::new();
    let mut begun = false;
    loop {
        // The first messages of a connection have no kind.
        let kind = if begun { Some(from.read_u8().await?) } else { None };
        let length = from.read_u32().await?;
        let mut body = vec![0; (length as usize).saturating_sub(4)];
        from.read_exact(&mut body).await?;
        match kind {
            None => begun = body.get(..4) != Some(&ASKS_FOR_TLS),
            Some(b'P') => {
                let (name, statement) = parsed(&body);
                prepared.insert(name, statement);
            }
            Some(b'B') => {
                let mut parts = body.split(|byte| *byte == 0);
                if let Some(statement) = parts.nth(1).and_then(|name| prepared.get(name)) {
                    noted.lock().unwrap_or_else(PoisonError::into_inner).push(statement.clone());
                }
            }
            Some(_) => {}
        }
        let mut message = Vec::with_capacity(body.len() + 5);
        message.extend(kind);
        message.extend(length.to_be_bytes());
        message.extend(body);
        to.write_all(&message).await?;
    }
}

/// Name, text and types of parameters of a Parse message.
fn parsed(body: &[u8]) -> (Vec<u8>, Statement) {
    let mut parts = body.splitn(3, |byte| *byte == 0);
    let name = parts.next().unwrap_or_default().to_vec();
    let text = String::from_utf8_lossy(parts.next().unwrap_or_default()).into_owned();
    let types = parts.next().and_then(|rest| rest.get(2..)).unwrap_or_default();
    let parameters =
        types.chunks_exact(4).map(|of| of.iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte)));
    (name, Statement { text, parameters: parameters.collect() })
}
