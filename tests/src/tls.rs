//! HTTPS from inside a host, by a client that compares: it trusts the very certificate that the box keeps, and no other.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::http::Answer;
use crate::netns::Host;

/// A connection by HTTPS.
pub type Secured = StreamOwned<ClientConnection, TcpStream>;

/// Connects to `address` from `host`, which must show the certificate in this file, for `name`.
///
/// # Panics
/// When it does not.
pub fn connect(host: &Host, address: &str, certificate: &Path, name: &str) -> Secured {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_file(certificate).expect("a certificate"))
        .expect("one that can be trusted");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring speaks them")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(name.to_owned()).expect("a name");
    let stream = host.enter(|| TcpStream::connect(address).expect("the box listens"));
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .expect("set");
    let client = ClientConnection::new(Arc::new(config), name).expect("a good configuration");
    let mut stream = StreamOwned::new(client, stream);
    while stream.conn.is_handshaking() {
        stream
            .conn
            .complete_io(&mut stream.sock)
            .expect("the box's own certificate");
    }
    stream
}

/// SHA-256 of the certificate in a file, as browsers show it.
///
/// # Panics
/// When there is none.
pub fn fingerprint(certificate: &Path) -> String {
    let der = CertificateDer::from_pem_file(certificate).expect("a certificate");
    let digest = Sha256::digest(&der);
    let pairs: Vec<String> = digest.iter().map(|byte| format!("{byte:02X}")).collect();
    pairs.join(":")
}

/// Sends one request and reads what comes, head and body, until the box closes or is silent for the stream's read timeout.
///
/// # Panics
/// When the box does not take the request.
pub fn ask(stream: &mut (impl Read + Write), request: &str, limit: Duration) -> Vec<u8> {
    stream.write_all(request.as_bytes()).expect("taken");
    stream.flush().expect("taken");
    let (mut all, mut part) = (Vec::new(), [0; 4096]);
    let end = Instant::now() + limit;
    while Instant::now() < end {
        match stream.read(&mut part) {
            Ok(0) | Err(_) => break,
            Ok(count) => all.extend_from_slice(&part[..count]),
        }
    }
    all
}

/// Asks the box by HTTPS, each request on a connection of its own, with a session's cookie once it has one.
pub struct Client<'a> {
    host: &'a Host,
    address: String,
    certificate: PathBuf,
    name: String,
    cookie: Option<String>,
}

impl<'a> Client<'a> {
    /// Speaks to `address` from `host`; the box must show this certificate, for `name`.
    pub fn new(host: &'a Host, address: &str, certificate: &Path, name: &str) -> Self {
        Self {
            host,
            address: address.into(),
            certificate: certificate.into(),
            name: name.into(),
            cookie: None,
        }
    }

    /// Opens a session with the PIN; its whole `Set-Cookie` comes back.
    ///
    /// # Panics
    /// When the box refuses.
    pub fn enter(&mut self, pin: &str) -> String {
        let body = serde_json::json!({ "pin": pin.trim() });
        let answer = self
            .send("POST", "/api/v1/session", Some(&body))
            .expect(200);
        let set = answer.set_cookie.expect("a cookie");
        self.cookie = set.split(';').next().map(str::to_owned);
        set
    }

    /// The head of a request to `path`, up to the empty line, with the session's cookie.
    pub fn head(&self, method: &str, path: &str) -> String {
        let cookie = self.cookie.as_ref();
        let cookie = cookie.map_or_else(String::new, |cookie| format!("Cookie: {cookie}\r\n"));
        format!(
            "{method} {path} HTTP/1.1\r\nHost: {0}\r\nOrigin: https://{0}\r\n{cookie}",
            self.name
        )
    }

    /// Sends one request.
    ///
    /// # Panics
    /// When the box does not answer it.
    pub fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let body = body.map_or_else(String::new, Value::to_string);
        let request = format!(
            "{}Connection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.head(method, path),
            body.len()
        );
        let mut stream = connect(self.host, &self.address, &self.certificate, &self.name);
        let all = ask(&mut stream, &request, Duration::from_secs(60));
        let end = (all.windows(4).position(|four| four == b"\r\n\r\n")).expect("a whole head");
        let head = String::from_utf8_lossy(&all[..end]).into_owned();
        let status = head.split(' ').nth(1).and_then(|word| word.parse().ok());
        let set_cookie = head.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("set-cookie")
                .then(|| value.to_owned())
        });
        Answer {
            status: status.expect("a status"),
            set_cookie,
            body: all[end + 4..].to_vec(),
        }
    }
}
