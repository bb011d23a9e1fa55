//! The job that hands messages to the mail server, and its connection there.

use std::error::Error as _;
use std::io;
use std::time::{Duration, SystemTime};

use lettre::message::SinglePart;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::transport::smtp;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{
    AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters,
};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, Message};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use thiserror::Error;

use super::model::Failure;
use super::server::{self, Problem, Security, Server};
use super::store::{Claim, Claimed, Fate, Messages};
use super::stream::Careful;
use crate::command::{self, Outcome, Unit, Work};
use crate::config::MailSettings;
use crate::core::Core;
use crate::fault::Fault;
use crate::jobs;
use crate::telemetry::metrics::metrics;

/// The name of the job.
pub const JOB: &str = "mail";

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
        Ok(Some(Self { server, hello, tls, credentials, timeout }))
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
struct Line<'a> {
    mailer: &'a Mailer,
    connection: Option<AsyncSmtpConnection>,
}

impl Line<'_> {
    /// Hands over one message, within the time for it.
    async fn deliver(&mut self, message: &Claimed) -> Result<(), Failure> {
        let (mailer, kept) = (self.mailer, self.connection.take());
        let letter = mailer.letter(message).ok_or(Failure::Unsendable)?;
        let handing = async {
            let mut connection = match alive(kept).await {
                Some(kept) => kept,
                None => mailer.connect().await?,
            };
            let sent = connection.send(letter.envelope(), &letter.formatted()).await;
            sent.map_err(|error| of_sending(&error))?;
            Ok(connection)
        };
        let handed = tokio::time::timeout(mailer.timeout, handing).await;
        self.connection = Some(handed.map_err(|_| Failure::TimedOut)??);
        Ok(())
    }

    /// Takes leave of the server.
    async fn close(self) {
        if let Some(mut connection) = self.connection {
            let _ = tokio::time::timeout(self.mailer.timeout, connection.quit()).await;
        }
    }
}

/// The connection, if the server still answers on it.
async fn alive(kept: Option<AsyncSmtpConnection>) -> Option<AsyncSmtpConnection> {
    let mut kept = kept?;
    kept.test_connected().await.then_some(kept)
}

/// Sends what is due, one message after the other, until nothing is; gives how many the server took. A way to the
/// server that fails ends the round: the messages behind it have not been tried.
///
/// # Errors
///
/// [`Fault::Unavailable`] when the server cannot be used; what the database answers.
pub async fn round(core: &Core) -> Result<u64, Fault> {
    let Some(mailer) = core.mailer() else { return Ok(0) };
    let mut line = Line { mailer: &mailer, connection: None };
    let done = send_all(core, &mut line).await;
    line.close().await;
    done
}

async fn send_all(core: &Core, line: &mut Line<'_>) -> Result<u64, Fault> {
    let mut sent = 0;
    while !jobs::is_over(core) {
        let claim = run(core, |unit| Box::pin(async move { Messages::of(unit).claim().await }));
        let message = match claim.await? {
            Claim::Nothing => break,
            Claim::GivenUp => {
                metrics().count_mail("given_up");
                tracing::warn!("an e-mail was given up: its last attempt was never finished");
                continue;
            }
            Claim::Message(message) => message,
        };
        let delivered = line.deliver(&message).await;
        mark(core, &message, delivered).await?;
        match delivered {
            Ok(()) => sent += 1,
            Err(failure) if failure.is_of_the_way() => {
                return Err(Fault::Unavailable(format!("the mail server: {}", failure.code())));
            }
            Err(_) => {}
        }
    }
    Ok(sent)
}

/// Writes down what became of an attempt.
async fn mark(core: &Core, message: &Claimed, delivered: Result<(), Failure>) -> Result<(), Fault> {
    let (id, attempt) = (message.id, message.attempt);
    let fate = run(core, move |unit| {
        Box::pin(async move {
            match delivered {
                Ok(()) => Messages::of(unit).mark_sent(id).await,
                Err(failure) => Messages::of(unit).mark_failed(id, attempt, failure).await,
            }
        })
    })
    .await?;
    let (mail, kind) = (id.simple().to_string(), message.kind.as_str());
    let code = delivered.err().map(Failure::code);
    match fate {
        Fate::Sent => {
            metrics().count_mail("sent");
            tracing::debug!(mail, kind, attempt, "an e-mail was sent");
        }
        Fate::Later => {
            metrics().count_mail("later");
            tracing::warn!(mail, kind, attempt, code, "an e-mail was not taken: it is tried again");
        }
        Fate::GivenUp => {
            metrics().count_mail("given_up");
            tracing::warn!(mail, kind, attempt, code, "an e-mail was given up");
        }
    }
    Ok(())
}

/// Runs one step of the job, which no rule refuses.
async fn run<T>(core: &Core, work: impl for<'a> Fn(&'a Unit) -> Work<'a, T>) -> Result<T, Fault> {
    match command::run_job(core, JOB, work).await? {
        Outcome::Done(answer) => Ok(answer),
        Outcome::Refused(_) => Err(Fault::Internal("the queue of e-mails refused".to_owned())),
    }
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

/// What it means that a message was not taken.
fn of_sending(error: &smtp::Error) -> Failure {
    match error.status().map(u16::from) {
        Some(AUTHENTICATION_REQUIRED) => Failure::Credentials,
        Some(code) => Failure::Refused(code),
        None if error.is_client() => Failure::Unsendable,
        None => Failure::Unreachable,
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
