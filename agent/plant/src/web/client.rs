//! A login as a browser does it: what a test asks to see whether a password is the camera's.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::digest::{Parameters, Proof};

/// What came of a login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Login {
    /// The camera let the user in.
    Accepted,
    /// It did not.
    Refused,
    /// It has no password yet.
    NotActivated,
}

const URI: &str = "/ISAPI/Security/userCheck";

/// Logs in at a camera's web server as `admin`.
///
/// # Errors
/// No connection within five seconds, or no HTTP there.
pub async fn login(server: SocketAddr, password: &str) -> io::Result<Login> {
    tokio::time::timeout(Duration::from_secs(5), attempt(server, password))
        .await
        .map_err(|_| io::ErrorKind::TimedOut)?
}

async fn attempt(server: SocketAddr, password: &str) -> io::Result<Login> {
    let first = exchange(server, "").await?;
    if let Some(login) = first.verdict()? {
        return Ok(login);
    }
    let challenge = first
        .header("www-authenticate")
        .and_then(Parameters::read)
        .ok_or_else(|| odd("no challenge"))?;
    let value = |name| {
        challenge
            .value(name)
            .ok_or_else(|| odd("an incomplete challenge"))
    };
    let (realm, nonce) = (value("realm")?, value("nonce")?);
    let (nc, cnonce) = ("00000001", "6f1d2c3b");
    let proof = Proof {
        user: "admin",
        realm,
        password,
        method: "GET",
        uri: URI,
        nonce,
        nc,
        cnonce,
    };
    let header = format!(
        "Authorization: Digest username=\"admin\", realm=\"{realm}\", nonce=\"{nonce}\", uri=\"{URI}\", \
         algorithm=MD5, response=\"{}\", qop=auth, nc={nc}, cnonce=\"{cnonce}\"\r\n",
        proof.response()
    );
    Ok(exchange(server, &header)
        .await?
        .verdict()?
        .unwrap_or(Login::Refused))
}

struct Page {
    head: String,
}

impl Page {
    /// `None` when the camera asks for a login.
    fn verdict(&self) -> io::Result<Option<Login>> {
        match self.head.split(' ').nth(1) {
            Some("200") => Ok(Some(Login::Accepted)),
            Some("401") => Ok(None),
            Some("403") => Ok(Some(Login::NotActivated)),
            _ => Err(odd("an unexpected status")),
        }
    }

    fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self
            .head
            .split("\r\n")
            .skip(1)
            .filter_map(|line| line.split_once(':'));
        lines
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
    }
}

async fn exchange(server: SocketAddr, header: &str) -> io::Result<Page> {
    let mut stream = TcpStream::connect(server).await?;
    let request =
        format!("GET {URI} HTTP/1.1\r\nHost: {server}\r\nConnection: close\r\n{header}\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut text = Vec::new();
    stream.take(65_536).read_to_end(&mut text).await?;
    let text = String::from_utf8_lossy(&text);
    let (head, _) = text.split_once("\r\n\r\n").ok_or_else(|| odd("no HTTP"))?;
    Ok(Page {
        head: head.to_owned(),
    })
}

fn odd(what: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("the camera's web server answered with {what}"),
    )
}
