//! TLS to the mail server: who the server is, is proved before anything is said to it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use alongside::config::MailSettings;
use chrono::TimeDelta;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::server::ServerConfig;
use tempfile::TempDir;
use tests::{World, on_both_databases};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::post::{Post, pass, queue_one, round, settings, standing, with};

const PASSWORD: &str = "a Passwört; with 'everything'";

/// Everything that a mail server says to one who hands over a message, from its greeting within TLS on.
const SLIPPED_IN: &str = "250-localhost\r\n250 8BITMIME\r\n250 sender\r\n250 recipient\r\n354 go on\r\n250 taken\r\n221 bye\r\n";

/// Who vouches for servers.
struct Authority {
    folder: TempDir,
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new([]).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let issuer = CertifiedIssuer::self_signed(params, key).expect("an authority");
        let authority = Self { folder: tempfile::tempdir().expect("a folder"), issuer };
        write(&authority.file("ca.pem"), &authority.issuer.pem());
        authority
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A mail server of this name, which speaks TLS in this way.
    async fn server(&self, name: &str, tls: &str, more: &[&str]) -> Post {
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new([name.to_owned()]).expect("a name");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        let (key_file, certificate_file) = (self.file("key.pem"), self.file("certificate.pem"));
        write(&key_file, &key.serialize_pem());
        write(&certificate_file, &certificate.pem());
        let (key, certificate) =
            (key_file.display().to_string(), certificate_file.display().to_string());
        let tls = ["--tls", tls, "--key", &key, "--cert", &certificate];
        Post::start(&[&tls, more].concat()).await
    }

    /// The settings that trust this authority.
    fn settings(&self, url: &str) -> MailSettings {
        MailSettings { ca_file: self.file("ca.pem").display().to_string(), ..settings(url) }
    }
}

/// A server that is proved, behind a stranger who says `more` before TLS begins. It ends after the handshake.
async fn behind_a_stranger(authority: &Authority, more: &'static str) -> u16 {
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new(["localhost".to_owned()]).expect("a name");
    let certificate = params.signed_by(&key, &authority.issuer).expect("a certificate");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::Pkcs8(key.serialize_der().into()),
        )
        .expect("a server");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        let (client, _) = listener.accept().await.expect("a client");
        let mut client = BufReader::new(client);
        let mut line = String::new();
        client.write_all(b"220 hello\r\n").await.expect("a greeting");
        client.read_line(&mut line).await.expect("EHLO");
        client.write_all(b"250-localhost\r\n250 STARTTLS\r\n").await.expect("an answer");
        client.read_line(&mut line).await.expect("STARTTLS");
        assert!(line.ends_with("STARTTLS\r\n"), "{line}");
        // In one piece, so that both are there at once.
        let answer = format!("220 go on\r\n{more}");
        client.write_all(answer.as_bytes()).await.expect("an answer");
        let _ = acceptor.accept(client).await;
    });
    port
}

fn write(file: &Path, text: &str) {
    std::fs::write(file, text).expect("a file");
}

on_both_databases! {
    async fn a_message_goes_through_tls_to_who_is_proved_and_signed_in(world: World) {
        let authority = Authority::new();
        let signing_in = ["--user", "the user", "--password", PASSWORD];
        for (key, tls) in [("1", "wrapped"), ("2", "starttls")] {
            let mut post = authority.server("localhost", tls, &signing_in).await;
            let port = post.port();
            let url = match tls {
                "wrapped" => format!("smtps://the%20user@localhost:{port}"),
                _ => format!("smtp://the%20user@localhost:{port}?tls=required"),
            };
            let good = MailSettings { password: PASSWORD.to_owned(), ..authority.settings(&url) };
            queue_one(&world, &world.a, key).await;
            assert_eq!(round(&with(world.app.core(), &good)).await, Ok(1), "{tls}");
            let letters = post.letters().await;
            assert_eq!((letters.len(), &letters[0]["secure"], &letters[0]["user"]), (1, &true.into(), &"the user".into()));
        }
        assert_eq!(standing(&world).await, ["1 SENT 1 -", "2 SENT 1 -"]);
    }

    async fn nothing_is_said_to_who_is_not_proved(world: World) {
        let (known, stranger) = (Authority::new(), Authority::new());
        for (n, (tls, name, trusts)) in [
            ("wrapped", "localhost", &stranger),
            ("starttls", "localhost", &stranger),
            ("wrapped", "elsewhere.example", &known),
            ("starttls", "elsewhere.example", &known),
        ].into_iter().enumerate() {
            let mut post = known.server(name, tls, &[]).await;
            let port = post.port();
            let url = match tls {
                "wrapped" => format!("smtps://localhost:{port}"),
                _ => format!("smtp://localhost:{port}?tls=required"),
            };
            let key = format!("{n}");
            queue_one(&world, &world.b, &key).await;
            let core = with(world.app.core(), &trusts.settings(&url));
            assert_eq!(round(&core).await, Err("the mail server: TLS".to_owned()), "{tls} {name}");
            assert!(standing(&world).await.contains(&format!("{key} WAITING 1 TLS")));
            assert_eq!(post.letters().await.len(), 0);
        }
    }

    async fn a_server_without_tls_gets_nothing_where_tls_is_required(world: World) {
        let mut post = Post::start(&[]).await;
        let authority = Authority::new();
        for scheme in ["smtps://localhost:{}", "smtp://localhost:{}?tls=required"] {
            let url = scheme.replace("{}", &post.port().to_string());
            let mut settings = authority.settings(&url);
            settings.timeout_ms = 1000;
            queue_one(&world, &world.a, scheme).await;
            let failed = round(&with(world.app.core(), &settings)).await;
            assert_eq!(failed, Err("the mail server: TLS".to_owned()), "{scheme}");
        }
        assert_eq!(post.letters().await.len(), 0);
    }

    async fn what_is_slipped_in_before_tls_is_not_believed(world: World) {
        let authority = Authority::new();
        for (n, (more, failure)) in [("", "UNREACHABLE"), (SLIPPED_IN, "TLS"), ("250 ", "TLS")].into_iter().enumerate() {
            let port = behind_a_stranger(&authority, more).await;
            let settings = authority.settings(&format!("smtp://localhost:{port}?tls=required"));
            queue_one(&world, &world.a, &format!("{n}")).await;
            let failed = round(&with(world.app.core(), &settings)).await;
            assert_eq!(failed, Err(format!("the mail server: {failure}")), "{more}");
            assert!(standing(&world).await.contains(&format!("{n} WAITING 1 {failure}")));
        }
    }

    async fn a_wrong_password_costs_no_message(world: World) {
        let authority = Authority::new();
        let signing_in = ["--user", "user", "--password", PASSWORD];
        let mut post = authority.server("localhost", "wrapped", &signing_in).await;
        queue_one(&world, &world.a, "x").await;
        let named = format!("smtps://user@localhost:{}", post.port());
        let wrong = MailSettings { password: "wrong".to_owned(), ..authority.settings(&named) };
        let nameless = authority.settings(&format!("smtps://localhost:{}", post.port()));
        for (attempt, settings) in [(1, wrong), (2, nameless)] {
            let failed = round(&with(world.app.core(), &settings)).await;
            assert_eq!(failed, Err("the mail server: CREDENTIALS".to_owned()));
            assert_eq!(standing(&world).await, [format!("x WAITING {attempt} CREDENTIALS")]);
            pass(&world, TimeDelta::minutes(5 * attempt));
        }
        assert_eq!(post.letters().await.len(), 0);
    }
}
