//! The connection to the mail server, and how a message is handed over on it.
//!
//! Each step is a command of its own: what a failure means depends on the step. What fails before the recipient is
//! named concerns every message; what the server says of a recipient or a text concerns one.

use std::error::Error as _;
use std::io;
use std::time::{Duration, SystemTime};

use lettre::address::Envelope;
use lettre::message::SinglePart;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::transport::smtp;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{
    AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters,
};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use lettre::{Address, Message};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use thiserror::Error;
use tokio::time::{Instant, timeout, timeout_at};

use super::model::Failure;
use super::rules::is_for_good;
use super::server::{self, Problem, Security, Server};
use super::store::Claimed;
use super::stream::Careful;
use crate::config::MailSettings;

/// The server ends the connection.
const CLOSING: u16 = 421;

/// The server wants a name and a password, or other ones.
const AUTHENTICATION_REQUIRED: u16 = 530;

/// Why nothing can be sent.
#[derive(Debug, Error)]
pub enum MailerError {
    /// A setting makes no sense.
    #[error("settings: {} {}", .0.0, .0.1)]
    Setting(Problem),
    /// The file of certificates.
    #[error("settings: mail.ca_file cannot be read: {0}")]
    CaFile(#[source] io::Error),
    /// It holds no certificate.
    #[error("settings: mail.ca_file must hold certificates, as PEM")]
    NoCertificate,
    /// Its content, or that of the system.
    #[error("settings: mail.ca_file, or else the system's certificates, cannot be used: {0}")]
    Certificates(#[source] smtp::Error),
}

/// Hands messages to one mail server.
pub struct Mailer {
    server: Server,
    hello: ClientId,
    tls: Option<TlsParameters>,
    credentials: Option<Credentials>,
    timeout: Duration,
    answer_timeout: Duration,
}

impl Mailer {
    /// The mailer of these settings; `None` if they name no server.
    ///
    /// # Errors
    ///
    /// [`MailerError`] names the setting.
    pub fn new(settings: &MailSettings) -> Result<Option<Self>, MailerError> {
        let Some(server) = server::of(settings).map_err(MailerError::Setting)? else {
            return Ok(None);
        };
        let tls = match server.security {
            Security::Plain => None,
            Security::Wrapped | Security::StartTls => Some(tls(&server.host, &settings.ca_file)?),
        };
        let credentials =
            server.user.clone().map(|user| Credentials::new(user, settings.password.clone()));
        let hello = ClientId::Domain(server.from.email.domain().to_owned());
        let timeout = Duration::from_millis(settings.timeout_ms);
        let answer_timeout = Duration::from_millis(settings.answer_timeout_ms);
        Ok(Some(Self { server, hello, tls, credentials, timeout, answer_timeout }))
    }

    /// The connection that was kept, free for another message, if the server still answers on it; else a new one.
    async fn resume(
        &self,
        kept: Option<AsyncSmtpConnection>,
    ) -> Result<AsyncSmtpConnection, Failure> {
        if let Some(mut kept) = kept
            && kept.command(Rset).await.is_ok()
        {
            return Ok(kept);
        }
        self.connect().await
    }

    /// A connection that may be given messages.
    async fn connect(&self) -> Result<AsyncSmtpConnection, Failure> {
        let mut connection = match (&self.tls, self.server.security) {
            (Some(tls), Security::StartTls) => self.upgrade(tls).await?,
            (tls, _) => {
                let server = (self.server.host.as_str(), self.server.port);
                let (hello, tls) = (&self.hello, tls.clone());
                let connecting =
                    AsyncSmtpConnection::connect_tokio1(server, None, hello, tls, None);
                connecting.await.map_err(|error| of_connecting(&error))?
            }
        };
        if let Some(credentials) = &self.credentials {
            let signed_in = connection.auth(DEFAULT_MECHANISMS, credentials).await;
            if let Err(error) = signed_in {
                connection.abort().await;
                return Err(of_signing_in(&error));
            }
        }
        Ok(connection)
    }

    /// A connection that began plain and went over to TLS, or none.
    async fn upgrade(&self, tls: &TlsParameters) -> Result<AsyncSmtpConnection, Failure> {
        let Self { server: Server { host, port, .. }, hello, .. } = self;
        let connecting = Careful::connect(host, *port).await;
        let (stream, hurry) = connecting.map_err(|_| Failure::Unreachable)?;
        let greeted = AsyncSmtpConnection::connect_with_transport(Box::new(stream), hello).await;
        let mut connection = greeted.map_err(|error| of_connecting(&error))?;
        if !connection.can_starttls() {
            connection.abort().await;
            return Err(Failure::Tls);
        }
        let upgraded = connection.starttls(tls.clone(), hello).await;
        upgraded.map_err(|error| of_connecting(&error))?;
        hurry.on();
        Ok(connection)
    }

    /// The message as it goes over the wire: the same bytes at every attempt.
    fn letter(&self, message: &Claimed) -> Option<Message> {
        let recipient: Address = message.recipient.parse().ok()?;
        let domain = self.server.from.email.domain();
        // Answering machines leave alone what says so (RFC 3834).
        let automatic = HeaderName::new_from_ascii_str("Auto-Submitted");
        Message::builder()
            .message_id(Some(format!("<{}@{domain}>", message.id.simple())))
            .date(SystemTime::from(message.created_at))
            .from(self.server.from.clone())
            .to(recipient.into())
            .subject(&message.subject)
            .raw_header(HeaderValue::new(automatic, "auto-generated".to_owned()))
            .singlepart(SinglePart::plain(message.body.clone()))
            .ok()
    }
}

/// Whom to trust: the certificates in the file and no others, or else the system's.
fn tls(host: &str, ca_file: &str) -> Result<TlsParameters, MailerError> {
    let mut builder = TlsParameters::builder(host.to_owned());
    if !ca_file.is_empty() {
        let pem = std::fs::read(ca_file).map_err(MailerError::CaFile)?;
        if !CertificateDer::pem_slice_iter(&pem).any(|found| found.is_ok()) {
            return Err(MailerError::NoCertificate);
        }
        let certificate = Certificate::from_pem(&pem).map_err(MailerError::Certificates)?;
        builder =
            builder.certificate_store(CertificateStore::None).add_root_certificate(certificate);
    }
    builder.build_rustls().map_err(MailerError::Certificates)
}

/// The connection of one round, made when it is first needed and kept for the next message.
pub struct Line<'a> {
    mailer: &'a Mailer,
    connection: Option<AsyncSmtpConnection>,
}

impl<'a> Line<'a> {
    /// No connection yet.
    #[must_use]
    pub const fn to(mailer: &'a Mailer) -> Self {
        Self { mailer, connection: None }
    }

    /// Hands over one message, within the times for it.
    ///
    /// # Errors
    ///
    /// [`Failure`]; what it means depends on how far it came.
    pub async fn deliver(&mut self, message: &Claimed) -> Result<(), Failure> {
        let mailer = self.mailer;
        let letter = mailer.letter(message).ok_or(Failure::Unsendable)?;
        let (envelope, bytes) = (letter.envelope(), letter.formatted());
        // What is dropped on the way is not used again.
        let kept = self.connection.take();
        let end = Instant::now() + mailer.timeout;
        let connecting = timeout_at(end, mailer.resume(kept)).await;
        let mut connection = connecting.map_err(|_| Failure::TimedOut)??;
        let announcing = timeout_at(end, announce(&mut connection, envelope, &bytes)).await;
        let done = match announcing.unwrap_or(Err(Failure::TimedOut)) {
            Ok(()) => {
                let word = timeout(mailer.answer_timeout, connection.message(&bytes)).await;
                word.map_or(Err(Failure::Unanswered), |word| of_content(word.err().as_ref()))
            }
            refused => refused,
        };
        if !done.is_err_and(Failure::is_of_the_way) {
            self.connection = Some(connection);
        }
        done
    }

    /// Takes leave of the server.
    pub async fn close(self) {
        if let Some(mut connection) = self.connection {
            let _ = timeout(self.mailer.timeout, connection.quit()).await;
        }
    }
}

/// Says from whom and to whom a message goes, and that it comes now.
async fn announce(
    connection: &mut AsyncSmtpConnection,
    envelope: &Envelope,
    bytes: &[u8],
) -> Result<(), Failure> {
    let (server, mut options) = (connection.server_info(), Vec::new());
    if envelope.to().iter().any(|address| !AsRef::<str>::as_ref(address).is_ascii()) {
        if !server.supports_feature(Extension::SmtpUtfEight) {
            return Err(Failure::Unsendable);
        }
        options.push(MailParameter::SmtpUtfEight);
    }
    if !bytes.is_ascii() {
        if !server.supports_feature(Extension::EightBitMime) {
            return Err(Failure::Unsendable);
        }
        options.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    let sender = Mail::new(envelope.from().cloned(), options);
    connection.command(sender).await.map_err(|error| of_sender(&error))?;
    for address in envelope.to() {
        let recipient = Rcpt::new(address.clone(), Vec::new());
        connection.command(recipient).await.map_err(|error| of_message(&error))?;
    }
    connection.command(Data).await.map_err(|error| of_message(&error))?;
    Ok(())
}

/// What a failed connection means.
fn of_connecting(error: &smtp::Error) -> Failure {
    if error.is_tls() || is_about_tls(error) { Failure::Tls } else { Failure::Unreachable }
}

/// What it means that we could not sign in.
fn of_signing_in(error: &smtp::Error) -> Failure {
    let told = error.is_permanent() || error.is_transient() || error.is_client();
    if told { Failure::Credentials } else { Failure::Unreachable }
}

/// What it means that the server did not take our sender: that it takes none of our messages.
fn of_sender(error: &smtp::Error) -> Failure {
    match error.status().map(u16::from) {
        None | Some(CLOSING) => Failure::Unreachable,
        Some(AUTHENTICATION_REQUIRED) => Failure::Credentials,
        Some(code) => Failure::Sender(code),
    }
}

/// What it means that the server did not take a message.
fn of_message(error: &smtp::Error) -> Failure {
    let words = error.source().map(ToString::to_string).unwrap_or_default();
    match error.status().map(u16::from) {
        None | Some(CLOSING) => Failure::Unreachable,
        Some(AUTHENTICATION_REQUIRED) => Failure::Credentials,
        Some(code) if is_for_good(code, &words) => Failure::Rejected(code),
        Some(code) => Failure::Refused(code),
    }
}

/// The server's word on a message that it has.
fn of_content(error: Option<&smtp::Error>) -> Result<(), Failure> {
    match error {
        None => Ok(()),
        Some(error) if error.status().is_none() => Err(Failure::Cut),
        Some(error) => Err(of_message(error)),
    }
}

/// Whether TLS is behind a failure: a handshake ends as a failure of input and output.
fn is_about_tls(error: &smtp::Error) -> bool {
    let mut source = error.source();
    while let Some(cause) = source {
        let inner = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        if cause.is::<rustls::Error>() || inner.is_some_and(|inner| inner.is::<rustls::Error>()) {
            return true;
        }
        source = cause.source();
    }
    false
}
