//! TLS on the connections of reads, as `sslmode` and its companions ask for it: the meanings are libpq's.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};
use sqlx::postgres::PgSslMode;
use tokio_postgres_rustls::MakeRustlsConnect;

/// Files that the URL or the environment names.
#[derive(Debug, Default)]
pub(super) struct Files {
    /// Certificates of those who sign servers' certificates.
    pub(super) roots: Option<String>,
    /// The client's certificate.
    pub(super) certificate: Option<String>,
    /// Its key.
    pub(super) key: Option<String>,
}

/// What connects with TLS under `mode`; the text of an error names the file.
pub(super) fn connector(mode: PgSslMode, files: &Files) -> Result<MakeRustlsConnect, String> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = Verifier {
        roots: match mode {
            PgSslMode::VerifyCa | PgSslMode::VerifyFull => {
                let roots = Arc::new(roots(files)?);
                let verifier =
                    WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(&provider));
                Some(verifier.build().map_err(|error| error.to_string())?)
            }
            _ => None,
        },
        any_name: !matches!(mode, PgSslMode::VerifyFull),
        provider: Arc::clone(&provider),
    };
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier));
    let config = match (&files.certificate, &files.key) {
        (Some(certificate), Some(key)) => {
            let read = PrivateKeyDer::from_pem_file(key).map_err(|error| format!("{key}: {error}"));
            let chain = certificates(certificate)?;
            builder.with_client_auth_cert(chain, read?).map_err(|error| error.to_string())?
        }
        (None, None) => builder.with_no_client_auth(),
        _ => return Err("sslcert and sslkey go together".to_owned()),
    };
    Ok(MakeRustlsConnect::new(config))
}

fn roots(files: &Files) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    for root in files.roots.as_deref().map_or_else(|| Ok(Vec::new()), certificates)? {
        roots.add(root).map_err(|error| error.to_string())?;
    }
    Ok(roots)
}

fn certificates(file: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let named = |error| format!("{file}: {error}");
    let read = CertificateDer::pem_file_iter(file).map_err(named)?;
    read.collect::<Result<_, _>>().map_err(named)
}

/// Checks a server's certificate as far as `sslmode` asks for.
#[derive(Debug)]
struct Verifier {
    /// Who has to have signed it; without, anybody may have.
    roots: Option<Arc<WebPkiServerVerifier>>,
    /// Whether it may be for another name.
    any_name: bool,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(roots) = &self.roots else { return Ok(ServerCertVerified::assertion()) };
        match roots.verify_server_cert(certificate, chain, name, ocsp, now) {
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if self.any_name => Ok(ServerCertVerified::assertion()),
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
