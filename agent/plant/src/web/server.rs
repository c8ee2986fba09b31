//! The web server of all cameras.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::digest::{Parameters, Proof};
use crate::local_time;

/// What the server asks of the cameras behind it.
pub(crate) trait Site: Clone + Send + Sync + 'static {
    /// The camera that answers at this local address: its serial, model and password (`None` before activation).
    fn camera(&self, local: SocketAddr) -> Option<(String, String, Option<String>)>;
    /// Somebody came with a proof of the password of the camera at this local address.
    fn tried(&self, local: SocketAddr);
    /// The cameras' local time, in seconds since 1970.
    fn local_s(&self) -> i64;
    /// A fresh nonce.
    fn nonce(&self) -> String;
    /// Uses up a nonce's counter: `false` when the nonce is not ours, or the counter was used before.
    fn count(&self, nonce: &str, nc: u32) -> bool;
}

/// Nonces given out and the highest counter seen with each.
#[derive(Default)]
pub(crate) struct Nonces {
    order: std::collections::VecDeque<String>,
    used: BTreeMap<String, u32>,
}

impl Nonces {
    /// Remembers a nonce; the oldest of many is forgotten.
    pub(crate) fn add(&mut self, nonce: String) {
        if self.order.len() == 1024
            && let Some(oldest) = self.order.pop_front()
        {
            self.used.remove(&oldest);
        }
        self.order.push_back(nonce.clone());
        self.used.insert(nonce, 0);
    }

    /// See [`Site::count`].
    pub(crate) fn count(&mut self, nonce: &str, nc: u32) -> bool {
        match self.used.get_mut(nonce) {
            Some(last) if nc > *last => {
                *last = nc;
                true
            }
            _ => false,
        }
    }
}

/// Longest head of a request (bytes).
const MAX_HEAD: usize = 8192;
/// A client that sends nothing for so long is hung up on.
const PATIENCE: Duration = Duration::from_secs(10);
const REALM: &str = "IP Camera";

/// Accepts until it is aborted.
pub(crate) async fn serve(listener: TcpListener, site: impl Site) {
    // Dropped with this future, which ends the connections of a plant that is gone.
    let mut connections = tokio::task::JoinSet::new();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let site = site.clone();
                connections.spawn(async move {
                    if let Err(error) = converse(stream, &site).await {
                        tracing::debug!(%error, "web connection ended");
                    }
                });
            }
            // Out of descriptors, or the client is gone already.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
        while connections.try_join_next().is_some() {}
    }
}

async fn converse(mut stream: TcpStream, site: &impl Site) -> io::Result<()> {
    let local = stream.local_addr()?;
    let mut buffer = Vec::new();
    loop {
        let end = loop {
            if let Some(at) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                break at;
            }
            if buffer.len() > MAX_HEAD {
                return stream
                    .write_all(b"HTTP/1.1 431 Request Header Fields Too Large\r\n\r\n")
                    .await;
            }
            let read = tokio::time::timeout(PATIENCE, stream.read_buf(&mut buffer)).await;
            if read.map_err(|_| io::ErrorKind::TimedOut)?? == 0 {
                return Ok(());
            }
        };
        let head = String::from_utf8_lossy(&buffer[..end]).into_owned();
        buffer.drain(..end + 4);
        let Some(request) = Request::read(&head) else {
            return stream
                .write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
                .await;
        };
        // No camera at this address, or one without power: nobody is there.
        let Some(camera) = site.camera(local) else {
            return Ok(());
        };
        if request.authorization.is_some() {
            site.tried(local);
        }
        // Devices send their own clock's time, and most call their local time GMT.
        let date = format!("\r\nDate: {}\r\n", local_time::http(site.local_s()));
        let answer = answer(&request, camera, site).replacen("\r\n", &date, 1);
        stream.write_all(answer.as_bytes()).await?;
        // Bodies are not read: the next request would start in the middle of one.
        if request.has_body || request.close {
            return Ok(());
        }
    }
}

struct Request<'a> {
    method: &'a str,
    uri: &'a str,
    authorization: Option<&'a str>,
    has_body: bool,
    close: bool,
}

impl<'a> Request<'a> {
    fn read(head: &'a str) -> Option<Request<'a>> {
        let mut lines = head.split("\r\n");
        let mut first = lines.next()?.split(' ');
        let (method, uri, version) = (first.next()?, first.next()?, first.next()?);
        let mut request = Request {
            method,
            uri,
            authorization: None,
            has_body: false,
            close: version != "HTTP/1.1",
        };
        for line in lines {
            let (name, value) = line.split_once(':')?;
            let value = value.trim();
            match name.to_ascii_lowercase().as_str() {
                "authorization" => request.authorization = Some(value),
                "content-length" => request.has_body = value != "0",
                "transfer-encoding" => request.has_body = true,
                "connection" => request.close = value.eq_ignore_ascii_case("close"),
                _ => {}
            }
        }
        Some(request)
    }
}

fn answer(
    request: &Request<'_>,
    camera: (String, String, Option<String>),
    site: &impl Site,
) -> String {
    let (serial, model, password) = camera;
    let Some(password) = password else {
        return page(
            "403 Forbidden",
            "",
            &status(4, "Invalid Operation", "notActivated"),
        );
    };
    let entry = match request.authorization.and_then(Parameters::read) {
        Some(given) => check(request, &given, &password, site),
        None => Entry::Wrong,
    };
    if entry != Entry::Right {
        let stale = if entry == Entry::Stale {
            ", stale=\"true\""
        } else {
            ""
        };
        let challenge = format!(
            "WWW-Authenticate: Digest qop=\"auth\", realm=\"{REALM}\", nonce=\"{}\", algorithm=MD5{stale}\r\n",
            site.nonce()
        );
        return page(
            "401 Unauthorized",
            &challenge,
            &status(4, "Invalid Operation", "unauthorized"),
        );
    }
    match (request.method, request.uri) {
        // What a person sees who tries the new password in a browser.
        ("GET", "/") => html(&format!(
            "<h1>{model}</h1><p>Serial {serial}</p><p>You are logged in.</p>"
        )),
        ("GET", "/ISAPI/Security/userCheck") => page(
            "200 OK",
            "",
            "<userCheck version=\"1.0\"><statusValue>200</statusValue><statusString>OK</statusString></userCheck>",
        ),
        ("GET", "/ISAPI/System/deviceInfo") => page(
            "200 OK",
            "",
            &format!(
                "<DeviceInfo version=\"2.0\"><deviceName>{model}</deviceName><model>{model}</model>\
                 <serialNumber>{serial}</serialNumber></DeviceInfo>"
            ),
        ),
        _ => page(
            "404 Not Found",
            "",
            &status(4, "Invalid Operation", "notSupport"),
        ),
    }
}

#[derive(PartialEq, Eq)]
enum Entry {
    Right,
    Wrong,
    /// The proof is right, the nonce is not.
    Stale,
}

fn check(request: &Request<'_>, given: &Parameters, password: &str, site: &impl Site) -> Entry {
    let parts = || {
        let nc = given.value("nc")?;
        let number = (nc.len() == 8).then(|| u32::from_str_radix(nc, 16).ok())??;
        let proof = Proof {
            user: given.value("username")?,
            realm: given.value("realm")?,
            password,
            method: request.method,
            uri: given.value("uri")?,
            nonce: given.value("nonce")?,
            nc,
            cnonce: given.value("cnonce").filter(|text| !text.is_empty())?,
        };
        Some((number, proof, given.value("response")?))
    };
    let Some((number, proof, response)) = parts() else {
        return Entry::Wrong;
    };
    let same_request = proof.uri == request.uri && proof.realm == REALM && proof.user == "admin";
    let usual = given.value("qop") == Some("auth")
        && given
            .value("algorithm")
            .is_none_or(|text| text.eq_ignore_ascii_case("md5"));
    if !same_request || !usual || proof.response() != response.to_ascii_lowercase() {
        return Entry::Wrong;
    }
    if site.count(proof.nonce, number) {
        Entry::Right
    } else {
        Entry::Stale
    }
}

fn html(body: &str) -> String {
    let body =
        format!("<!DOCTYPE html><meta charset=\"utf-8\"><title>Simulated camera</title>{body}");
    let length = body.len();
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}

fn status(code: u32, text: &str, sub: &str) -> String {
    format!(
        "<ResponseStatus version=\"1.0\"><statusCode>{code}</statusCode><statusString>{text}</statusString>\
         <subStatusCode>{sub}</subStatusCode></ResponseStatus>"
    )
}

fn page(status: &str, headers: &str, body: &str) -> String {
    let body = if body.is_empty() {
        String::new()
    } else {
        format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{body}")
    };
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/xml\r\n{headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}
