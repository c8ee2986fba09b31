//! TLS to the broker: rustls with ring, the owner's authority, and a clock that may be unknown.
//!
//! A box without a clock cannot tell whether a certificate is still good or good already. To refuse would lock such a
//! box out until somebody tells it the time; to look away would take certificates that ended years ago. So, while
//! nobody knows the time, a certificate is taken that is good at *some* moment since the earliest time at which this
//! program can run. Once the time is known it is judged strictly; docs/threat-model.md says what that leaves open.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use resetbox_core::Wall;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::time_provider::TimeProvider;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use zeroize::Zeroizing;

use super::dial::{Dial, WallTime, read_file};
use super::trouble::Trouble;
use crate::clock::EARLIEST_MS;

/// A chain has so many certificates at most, each of which may move the assumed time once.
const CHAIN: usize = 8;

/// TLS as the configuration wants it.
pub(crate) struct Connector {
    connector: TlsConnector,
    timeless: Arc<AtomicBool>,
}

impl Connector {
    /// Reads the files.
    pub(crate) fn new(dial: &Dial, time: &WallTime) -> Result<Self, Trouble> {
        let timeless = Arc::<AtomicBool>::default();
        let config = config(dial, time, &timeless)?;
        Ok(Self {
            connector: Arc::new(config).into(),
            timeless,
        })
    }

    /// The handshake. Tells whether the certificate was taken without knowing what time it is.
    pub(crate) async fn connect(
        &self,
        host: &str,
        tcp: TcpStream,
    ) -> Result<(TlsStream<TcpStream>, bool), Trouble> {
        // A link-local address carries its interface, which is no part of its name.
        let bare = host.split('%').next().unwrap_or(host);
        let name = ServerName::try_from(bare.to_owned())
            .map_err(|_| Trouble::Certificate(format!("{bare} cannot be a name in it")))?;
        let stream = self
            .connector
            .connect(name, tcp)
            .await
            .map_err(Trouble::of_stream)?;
        Ok((stream, self.timeless.load(Ordering::Relaxed)))
    }
}

fn config(
    dial: &Dial,
    time: &WallTime,
    timeless: &Arc<AtomicBool>,
) -> Result<ClientConfig, Trouble> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let clock = Arc::new(Clock(time.clone()));
    let verifier = Verifier {
        inner: WebPkiServerVerifier::builder_with_provider(
            Arc::new(authorities(dial)?),
            provider.clone(),
        )
        .build()
        .map_err(|error| Trouble::Tls(error.to_string()))?,
        time: time.clone(),
        timeless: timeless.clone(),
    };
    let config = ClientConfig::builder_with_details(provider, clock)
        .with_safe_default_protocol_versions()
        .map_err(|error| Trouble::of_tls(&error))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier));
    let Some((cert_file, key_file)) = &dial.client_cert else {
        return Ok(config.with_no_client_auth());
    };
    let remedy = "name a PEM file with this client's certificate as client_cert_file (at a desk --client-cert)";
    let chain = certificates(&read_file(cert_file, remedy)?)
        .map_err(|why| Trouble::file(cert_file, why, remedy))?;
    let remedy = "name a PEM file with the certificate's key, without a passphrase, as client_key_file (at a desk --client-key)";
    let text = Zeroizing::new(read_file(key_file, remedy)?);
    let key = PrivateKeyDer::from_pem_slice(&text)
        .map_err(|_| Trouble::file(key_file, "no private key in it", remedy))?;
    config.with_client_auth_cert(chain, key).map_err(|error| {
        Trouble::file(
            key_file,
            error,
            "the key must belong to the certificate in client_cert_file",
        )
    })
}

fn authorities(dial: &Dial) -> Result<RootCertStore, Trouble> {
    let Some(path) = &dial.ca_file else {
        return Err(Trouble::Certificate(
            "there is no ca_file to judge it by: name the file with the authority's certificate"
                .into(),
        ));
    };
    let remedy =
        "name a PEM file with the certificate of the authority that signed the broker's as ca_file";
    let mut roots = RootCertStore::empty();
    for certificate in
        certificates(&read_file(path, remedy)?).map_err(|why| Trouble::file(path, why, remedy))?
    {
        roots
            .add(certificate)
            .map_err(|error| Trouble::file(path, error, remedy))?;
    }
    Ok(roots)
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, &'static str> {
    let all: Vec<_> = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<_, _>>()
        .map_err(|_| "not PEM")?;
    if all.is_empty() {
        return Err("no certificate in it");
    }
    Ok(all)
}

/// Checks every file that a connection would need, without one.
pub fn check_files(dial: &Dial, time: &WallTime) -> Result<(), Trouble> {
    config(dial, time, &Arc::default()).map(|_| ())
}

/// The time for rustls: as known, else the earliest possible.
struct Clock(WallTime);

impl std::fmt::Debug for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Clock")
    }
}

impl TimeProvider for Clock {
    fn current_time(&self) -> Option<UnixTime> {
        Some(unix((self.0)().unwrap_or(Wall(EARLIEST_MS))))
    }
}

fn unix(wall: Wall) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_millis(u64::try_from(wall.0).unwrap_or(0)))
}

/// The library's own verifier, asked for another moment while nobody knows the time.
struct Verifier {
    inner: Arc<WebPkiServerVerifier>,
    time: WallTime,
    timeless: Arc<AtomicBool>,
}

impl std::fmt::Debug for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Verifier")
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let at = |moment| {
            self.inner.verify_server_cert(
                end_entity,
                intermediates,
                server_name,
                ocsp_response,
                moment,
            )
        };
        if (self.time)().is_some() {
            self.timeless.store(false, Ordering::Relaxed);
            return at(now);
        }
        self.timeless.store(true, Ordering::Relaxed);
        let mut moment = unix(Wall(EARLIEST_MS));
        for _ in 0..CHAIN {
            match at(moment) {
                Err(Error::InvalidCertificate(CertificateError::NotValidYetContext {
                    not_before,
                    ..
                })) if not_before > moment => moment = not_before,
                outcome => return outcome,
            }
        }
        at(moment)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}
