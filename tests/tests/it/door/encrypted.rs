//! TLS to PostgreSQL: both drivers ask of a server what `sslmode` says, and no less.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use alongside::actor::Scope;
use alongside::config::{DatabaseSettings, Profile};
use alongside::db::Db;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::server::ServerConfig;
use tests::{World, on_postgres};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// What a client sends to ask for TLS: its length, and a code.
const ASKS_FOR_TLS: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// Connections before the first of the reads: one that sees whether the server answers, and one for writes.
const OF_WRITES: usize = 2;

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    let mut params = CertificateParams::new([]).expect("no names");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("a key");
    CertifiedIssuer::self_signed(params, key).expect("an authority")
}

/// A server for `name`, vouched for by `authority`.
fn server(name: &str, authority: &Authority) -> TlsAcceptor {
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new([name.to_owned()]).expect("a name");
    let certificate = params.signed_by(&key, authority).expect("a certificate");
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
    TlsAcceptor::from(Arc::new(config))
}

/// Speaks TLS in front of the server at `behind`: to the connections of writes as `first`, then as `later`. Counts
/// those that came through.
async fn front(
    behind: String,
    first: TlsAcceptor,
    later: TlsAcceptor,
) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let through = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&through);
    tokio::spawn(async move {
        for count in 0.. {
            let Ok((mut client, _)) = listener.accept().await else { return };
            let acceptor = if count < OF_WRITES { first.clone() } else { later.clone() };
            let (behind, counted) = (behind.clone(), Arc::clone(&counted));
            tokio::spawn(async move {
                let mut asked = [0; 8];
                client.read_exact(&mut asked).await?;
                if asked != ASKS_FOR_TLS {
                    return Ok(());
                }
                client.write_all(b"S").await?;
                let mut client = acceptor.accept(client).await?;
                counted.fetch_add(1, Ordering::SeqCst);
                let mut server = TcpStream::connect(behind).await?;
                copy_bidirectional(&mut client, &mut server).await.map(drop)
            });
        }
    });
    (address, through)
}

/// `settings` with another address in the URL, and `more` parameters.
fn through(settings: DatabaseSettings, host: &str, port: u16, more: &str) -> DatabaseSettings {
    let (user, rest) = settings.url.split_once('@').expect("a role");
    let (_, name) = rest.split_once('/').expect("a name");
    let mark = if name.contains('?') { '&' } else { '?' };
    let url = format!("{user}@{host}:{port}/{name}{mark}{more}");
    DatabaseSettings { url, read_connections: 1, write_connections: 1, ..settings }
}

/// Where the server behind `url` listens.
fn behind(url: &str) -> String {
    let (_, rest) = url.split_once('@').expect("a role");
    rest.split_once('/').expect("a name").0.to_owned()
}

on_postgres! {
    async fn reads_ask_of_a_server_what_the_mode_says(world: World) {
        let folder = tempfile::tempdir().expect("a folder");
        let (known, stranger) = (authority(), authority());
        let roots = folder.path().join("roots.pem");
        std::fs::write(&roots, known.pem()).expect("a file");
        let roots = format!("&sslrootcert={}", roots.display());
        let good = server("localhost", &known);
        let other = server("elsewhere.example", &known);
        let strange = server("localhost", &stranger);
        for (mode, later, works) in [
            ("verify-full", &good, true),
            ("verify-full", &other, false),
            ("verify-full", &strange, false),
            ("verify-ca", &good, true),
            ("verify-ca", &other, true),
            ("verify-ca", &strange, false),
            ("require", &strange, true),
            ("prefer", &strange, true),
        ] {
            let (address, came) =
                front(behind(&world.database.url), good.clone(), later.clone()).await;
            let more = format!("sslmode={mode}{roots}");
            let settings = through(world.database.settings(), "localhost", address.port(), &more);
            let connected = Db::connect(&settings, Profile::Demo).await;
            match connected {
                Ok(db) => {
                    assert!(works, "{mode} took a server that it must not");
                    assert_eq!(came.load(Ordering::SeqCst), OF_WRITES + 1, "{mode}");
                    for tenant in [&world.a, &world.b] {
                        db.read(&tenant.scope(), None).await.expect("it reads");
                    }
                    db.read(&Scope::public(), None).await.expect("it reads");
                    db.close().await;
                }
                Err(error) => {
                    assert!(!works, "{mode}: {error}");
                    assert_eq!(came.load(Ordering::SeqCst), OF_WRITES, "{mode}: writes came through");
                }
            }
        }
    }

    async fn without_tls_nothing_is_said_to_a_server_that_must_have_it(world: World) {
        let known = authority();
        let good = server("localhost", &known);
        let (address, came) = front(behind(&world.database.url), good.clone(), good).await;
        let settings =
            through(world.database.settings(), "localhost", address.port(), "sslmode=disable");
        assert!(Db::connect(&settings, Profile::Demo).await.is_err());
        assert_eq!(came.load(Ordering::SeqCst), 0);
        // Without the authority's certificate nobody vouches for it.
        let more = "sslmode=verify-full";
        let settings = through(world.database.settings(), "localhost", address.port(), more);
        assert!(Db::connect(&settings, Profile::Demo).await.is_err());
        let certificate = "sslmode=require&sslcert=alone.pem";
        let settings = through(world.database.settings(), "localhost", address.port(), certificate);
        assert!(Db::connect(&settings, Profile::Demo).await.is_err(), "a certificate needs its key");
    }
}
