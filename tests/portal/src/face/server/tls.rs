//! The portal's own certificate authority: real clients only use https, on loopback too.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose,
};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::server::TlsStream;

use crate::rules::error::Error;

/// The names under which a client may know the portal and its authorisation server.
const NAMES: [&str; 5] = [
    "127.0.0.1",
    "::1",
    "localhost",
    // A client that has one of the vendor's hosts built in reaches the portal's by resolving it to
    // loopback.
    "oauth.bitrix.info",
    "oauth.bitrix24.tech",
];

/// An authority that lives as long as the portal, and the certificate that it signed for it.
pub(crate) struct Authority {
    pem: String,
    acceptor: TlsAcceptor,
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority").finish_non_exhaustive()
    }
}

impl Authority {
    pub(crate) fn new() -> Result<Self, Error> {
        let (authority, certificate, key) =
            certificates().map_err(|error| Error::Start(format!("no certificate: {error}")))?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|builder| {
                builder
                    .with_no_client_auth()
                    .with_single_cert(vec![certificate.der().clone()], key)
            })
            .map_err(|error| Error::Start(format!("no TLS: {error}")))?;
        Ok(Self {
            pem: authority.pem(),
            acceptor: TlsAcceptor::from(Arc::new(config)),
        })
    }

    /// The certificate that a client must trust.
    pub(crate) fn pem(&self) -> &str {
        &self.pem
    }

    pub(crate) async fn accept(&self, stream: TcpStream) -> std::io::Result<TlsStream<TcpStream>> {
        self.acceptor.accept(stream).await
    }
}

type Signed = (
    CertifiedIssuer<'static, KeyPair>,
    rcgen::Certificate,
    KeyPair,
);

fn certificates() -> Result<Signed, rcgen::Error> {
    let mut authority = CertificateParams::new(Vec::new())?;
    authority
        .distinguished_name
        .push(DnType::CommonName, "bizproc-portal on loopback");
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;

    let mut portal = CertificateParams::new(NAMES.map(str::to_owned).to_vec())?;
    portal
        .distinguished_name
        .push(DnType::CommonName, "bizproc-portal");
    portal.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    portal.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    portal.use_authority_key_identifier_extension = true;
    let key = KeyPair::generate()?;
    let certificate = portal.signed_by(&key, &authority)?;
    Ok((authority, certificate, key))
}
