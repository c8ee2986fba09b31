//! How a broker is reached: its URL, who the client says it is, and the stream to it.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use resetbox_core::Wall;
use serde::{Deserialize, Deserializer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use super::tls;
use super::trouble::Trouble;

/// A connection, the TLS handshake and the broker's first answer must be there by then, each.
pub(crate) const PATIENCE: Duration = Duration::from_secs(15);
/// Larger secrets and certificates are none.
const FILE_LIMIT: u64 = 256 * 1024;

/// The version of MQTT.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub enum Version {
    /// 3.1.1, which every broker speaks.
    #[default]
    V4,
    /// 5.
    V5,
}

impl Version {
    /// `3.1.1` or `5`.
    pub fn name(self) -> &'static str {
        match self {
            Self::V4 => "3.1.1",
            Self::V5 => "5",
        }
    }
}

impl FromStr for Version {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "3.1.1" | "4" => Ok(Self::V4),
            "5" | "5.0" => Ok(Self::V5),
            _ => Err("the version of MQTT must be \"3.1.1\" (also 4) or \"5\""),
        }
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "must be \"3.1.1\", \"5\", 4 or 5")]
        enum Either {
            Number(u8),
            Text(String),
        }
        match Either::deserialize(deserializer)? {
            Either::Number(number) => number.to_string().parse(),
            Either::Text(text) => text.parse(),
        }
        .map_err(serde::de::Error::custom)
    }
}

/// `mqtt://host:1883` or `mqtts://host:8883`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BrokerUrl {
    /// Over TLS.
    pub tls: bool,
    /// A name, or an address without brackets.
    pub host: String,
    /// Port.
    pub port: u16,
}

impl FromStr for BrokerUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (scheme, rest) = text.split_once("://").ok_or(
            "the broker's URL must begin with mqtts:// (TLS) or mqtt://, for example mqtts://broker.example:8883",
        )?;
        let tls = match scheme {
            "mqtt" => false,
            "mqtts" => true,
            _ => return Err("the broker's URL must begin with mqtts:// (TLS) or mqtt://"),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if rest.contains('@') {
            return Err(
                "the broker's URL must not hold a user or a password: use `user` and `password_file`",
            );
        }
        if rest.contains(['/', '?', '#']) {
            return Err("the broker's URL must end after the port: a path has no meaning here");
        }
        let (host, port) = if let Some(inner) = rest.strip_prefix('[') {
            let (host, port) = inner
                .split_once(']')
                .ok_or("an IPv6 address in the broker's URL must stand in brackets: [fe80::1]")?;
            (host, port.strip_prefix(':'))
        } else {
            match rest.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (rest, None),
            }
        };
        let port = match port {
            Some(port) => port
                .parse()
                .ok()
                .filter(|port| *port != 0)
                .ok_or("the port in the broker's URL must be a number from 1 to 65535")?,
            None if tls => 8883,
            None => 1883,
        };
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:%".contains(&byte);
        if host.is_empty() || !host.bytes().all(fits) {
            return Err("the broker's URL must name a host: mqtts://broker.example:8883");
        }
        Ok(Self {
            tls,
            host: host.to_owned(),
            port,
        })
    }
}

impl fmt::Display for BrokerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "mqtts" } else { "mqtt" };
        let (host, port) = (&self.host, self.port);
        if host.contains(':') {
            write!(f, "{scheme}://[{host}]:{port}")
        } else {
            write!(f, "{scheme}://{host}:{port}")
        }
    }
}

impl<'de> Deserialize<'de> for BrokerUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// Everything that a connection needs. Files are read at each connection, so that a renewed one is taken.
#[derive(Clone, Debug)]
pub struct Dial {
    /// Where.
    pub url: BrokerUrl,
    /// Which MQTT.
    pub version: Version,
    /// The client's name at the broker; two clients with one name throw each other out.
    pub client_id: String,
    /// User, if the broker wants one.
    pub user: Option<String>,
    /// The first line is the user's password.
    pub password_file: Option<PathBuf>,
    /// PEM: the authorities that may have signed the broker's certificate. Needed for TLS.
    pub ca_file: Option<PathBuf>,
    /// PEM: the client's own certificate and key, if the broker wants one.
    pub client_cert: Option<(PathBuf, PathBuf)>,
    /// A sign of life at least so often.
    pub keep_alive: Duration,
    /// What the broker says when the client is gone: topic and payload, retained.
    pub will: Option<(String, &'static str)>,
    /// Longest incoming packet.
    pub max_packet: usize,
}

/// What time it is, if anybody knows; asked whenever a certificate is looked at.
pub type WallTime = std::sync::Arc<dyn Fn() -> Option<Wall> + Send + Sync>;

/// The wall time of a machine whose clock can be believed: a PC's.
pub fn system_time() -> WallTime {
    std::sync::Arc::new(|| {
        let since = std::time::UNIX_EPOCH.elapsed().ok()?;
        Some(Wall(i64::try_from(since.as_millis()).ok()?))
    })
}

/// Bytes both ways.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// An open stream.
pub(crate) struct Dialled {
    pub(crate) stream: Box<dyn Stream>,
    /// Nobody on the way can read it: TLS, or it does not leave this machine.
    pub(crate) private: bool,
    /// The broker's certificate was taken without knowing what time it is.
    pub(crate) timeless: bool,
}

impl Dial {
    /// Opens the stream.
    pub(crate) async fn open(&self, time: &WallTime) -> Result<Dialled, Trouble> {
        // First, so that a mistake in a file is told even while the broker is away.
        let connector = if self.url.tls {
            Some(tls::Connector::new(self, time)?)
        } else {
            None
        };
        let tcp = self.tcp().await?;
        let loopback = tcp
            .peer_addr()
            .is_ok_and(|peer| peer.ip().to_canonical().is_loopback());
        let Some(connector) = connector else {
            return Ok(Dialled {
                stream: Box::new(tcp),
                private: loopback,
                timeless: false,
            });
        };
        let handshake = connector.connect(&self.url.host, tcp);
        let (stream, timeless) = timeout(PATIENCE, handshake)
            .await
            .map_err(|_| Trouble::Silent("the TLS handshake takes too long"))??;
        Ok(Dialled {
            stream: Box::new(stream),
            private: true,
            timeless,
        })
    }

    async fn tcp(&self) -> Result<TcpStream, Trouble> {
        let (host, port) = (self.url.host.as_str(), self.url.port);
        let late = || io::Error::from(io::ErrorKind::TimedOut);
        let unknown = |source| Trouble::Name {
            host: host.to_owned(),
            source,
        };
        let addresses = timeout(PATIENCE, lookup_host((host, port)))
            .await
            .map_err(|_| unknown(late()))?
            .map_err(unknown)?;
        let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
        for address in addresses {
            match timeout(PATIENCE, TcpStream::connect(address)).await {
                Ok(Ok(tcp)) => {
                    // Small packets must not wait for each other; without it they only come later.
                    let _ = tcp.set_nodelay(true);
                    return Ok(tcp);
                }
                Ok(Err(error)) => last = error,
                Err(_) => last = late(),
            }
        }
        Err(Trouble::Connect {
            at: format!("{host}:{port}"),
            source: last,
        })
    }
}

/// A file of the configuration, of a size that makes sense.
pub(crate) fn read_file(path: &std::path::Path, remedy: &'static str) -> Result<Vec<u8>, Trouble> {
    let trouble = |why: io::Error| Trouble::file(path, why, remedy);
    let about = std::fs::metadata(path).map_err(trouble)?;
    if !about.is_file() || about.len() > FILE_LIMIT {
        return Err(Trouble::file(path, "not a small file", remedy));
    }
    std::fs::read(path).map_err(trouble)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_read_or_their_mistake_is_named() {
        let read = |text: &str| BrokerUrl::from_str(text);
        for (text, shown) in [
            ("mqtt://broker", "mqtt://broker:1883"),
            ("mqtts://broker.example/", "mqtts://broker.example:8883"),
            ("mqtt://192.168.1.2:1884", "mqtt://192.168.1.2:1884"),
            ("mqtts://[fe80::1%eth0]:1", "mqtts://[fe80::1%eth0]:1"),
        ] {
            assert_eq!(read(text).map(|url| url.to_string()), Ok(shown.to_owned()));
        }
        for (text, word) in [
            ("broker", "mqtts://"),
            ("http://broker", "mqtts://"),
            ("mqtt://me:secret@broker", "password_file"),
            ("mqtt://broker/path", "path"),
            ("mqtt://broker:0", "port"),
            ("mqtt://broker:port", "port"),
            ("mqtt://", "host"),
            ("mqtt://two words", "host"),
        ] {
            let error = read(text).expect_err(text);
            assert!(error.contains(word) && !error.contains("secret"), "{error}");
        }
    }
}
