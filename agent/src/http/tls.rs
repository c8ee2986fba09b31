//! HTTPS: TLS with the box's own certificate in front of the same loop, router and limits.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use resetbox_core::Fingerprint;
use rustls::ServerConfig;
use rustls::server::ServerSessionMemoryCache;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tracing::{info, warn};

use super::certificate::{self, CertificateError, Names};
use super::listen::last_words;
use crate::bus::Bus;

/// How long the first start waits for an address to put into the certificate. A box without one gets a certificate too.
const ADDRESS_WAIT: Duration = Duration::from_secs(5);
/// Sessions that a browser may take up again without a whole handshake.
const RESUMABLE: usize = 32;

/// Why HTTPS is not served.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TlsError {
    /// There is no certificate.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// rustls does not take it: a mistake of ours.
    #[error("HTTPS cannot be set up: {0}")]
    Setup(#[from] rustls::Error),
    /// The task that reads the file was lost: the program ends.
    #[error("the certificate could not be read: {0}")]
    Lost(#[from] tokio::task::JoinError),
}

/// The certificate as an acceptor, made on the first start.
pub(crate) async fn open(path: &Path, bus: &Bus) -> Result<(TlsAcceptor, Fingerprint), TlsError> {
    if !path.exists() {
        let mut view = bus.view.clone();
        let has_address = view.wait_for(|view| view.links.iter().any(|l| !l.addresses.is_empty()));
        // Either way the certificate is made now.
        let _ = tokio::time::timeout(ADDRESS_WAIT, has_address).await;
    }
    let view = bus.view.borrow().clone();
    let names = Names {
        box_id: view.box_id.clone(),
        addresses: (view.links.iter())
            .flat_map(|link| link.addresses.iter().map(|(ip, _)| IpAddr::V4(*ip)))
            .collect(),
        now: view.wall.and_then(|wall| u64::try_from(wall.0 / 1000).ok()),
    };
    let file = path.to_owned();
    let (certificate, word) =
        tokio::task::spawn_blocking(move || certificate::open(&file, &names)).await??;
    if let Some(word) = word {
        warn!("{word}");
    }
    let fingerprint = certificate.fingerprint;
    info!("the certificate for HTTPS has the SHA-256 fingerprint {fingerprint}");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(certificate.chain, certificate.key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config.session_storage = ServerSessionMemoryCache::new(RESUMABLE);
    Ok((TlsAcceptor::from(Arc::new(config)), fingerprint))
}

/// Why no conversation came about.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GreetError {
    /// The peer let the box wait.
    #[error("no TLS handshake in time")]
    Slow,
    /// The peer speaks plain HTTP; it was told.
    #[error("plain HTTP where HTTPS is spoken")]
    Plain,
    /// TLS failed: a browser that does not know the certificate ends its first try here.
    #[error("TLS: {0}")]
    Tls(#[from] std::io::Error),
}

/// The handshake, within its time.
pub(crate) async fn greet(
    stream: TcpStream,
    acceptor: &TlsAcceptor,
    limit: Duration,
) -> Result<TlsStream<TcpStream>, GreetError> {
    let greeting = async {
        let mut first = [0];
        let count = stream.peek(&mut first).await?;
        // A TLS record of a handshake begins with 22, a request with a letter.
        if count == 1 && first[0].is_ascii_alphabetic() {
            tell_the_scheme(stream).await?;
            return Err(GreetError::Plain);
        }
        Ok(acceptor.accept(stream).await?)
    };
    tokio::time::timeout(limit, greeting)
        .await
        .map_err(|_| GreetError::Slow)?
}

/// For whoever typed `http://` and this port.
async fn tell_the_scheme(mut stream: TcpStream) -> std::io::Result<()> {
    const BODY: &str = r#"{"type":"urn:resetbox:problem:https-here","title":"This port speaks HTTPS","status":400,"hint":"Write https:// before the address."}"#;
    let answer = format!(
        "HTTP/1.1 400 Bad Request\r\nContent-Type: application/problem+json\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{BODY}",
        BODY.len()
    );
    last_words(&mut stream, &answer).await
}
