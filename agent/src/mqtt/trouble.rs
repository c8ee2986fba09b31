//! What can go wrong between the box and the broker, in words: who is at fault and what to do.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use rustls::{AlertDescription, CertificateError};

/// Why there is no connection (any more).
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// A file of the configuration cannot be used.
    #[error("{path}: {why}: {remedy}", path = .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
        /// What to do.
        remedy: &'static str,
    },
    /// The broker's name leads nowhere.
    #[error(
        "{host}: the broker's name cannot be found ({source}): check the name, or use the broker's address"
    )]
    Name {
        /// The name.
        host: String,
        /// The system's words.
        source: io::Error,
    },
    /// Nobody answers there.
    #[error("{at}: no connection to the broker ({source}): {}", connect_remedy(.source))]
    Connect {
        /// Host and port.
        at: String,
        /// The system's words.
        source: io::Error,
    },
    /// The broker's certificate is not good.
    #[error("the broker's certificate is not accepted: {0}")]
    Certificate(String),
    /// The broker does not accept this client's certificate, the box's or the desk's.
    #[error(
        "the broker refused this client's certificate or wants one: check client_cert_file and client_key_file (at a desk \
         --client-cert and --client-key), and \
         whom the broker trusts ({0})"
    )]
    OwnCertificate(String),
    /// TLS failed otherwise.
    #[error(
        "no TLS with the broker ({0}): is this the port on which it speaks TLS (usually 8883), with TLS 1.2 or newer?"
    )]
    Tls(String),
    /// The broker said no to the connection.
    #[error("the broker refused the connection: {0}")]
    Refused(&'static str),
    /// The broker cannot do what the contract needs.
    #[error("the broker cannot be used: {0}")]
    Unfit(&'static str),
    /// Something came that is not MQTT of this version.
    #[error(
        "the broker's answer is not MQTT {version} ({why}): try the other version, and check the port"
    )]
    Protocol {
        /// `3.1.1` or `5`.
        version: &'static str,
        /// The parser's words.
        why: String,
    },
    /// The broker closed the connection.
    #[error("the broker closed the connection{}", .0.as_deref().map(|why| format!(": {why}")).unwrap_or_default())]
    Closed(Option<String>),
    /// The connection broke.
    #[error("the connection to the broker broke: {0}")]
    Broke(io::Error),
    /// The broker does not answer in time.
    #[error("the broker does not answer: {0}")]
    Silent(&'static str),
}

impl Trouble {
    /// What an error of the stream means; TLS hides its own in there.
    pub(crate) fn of_stream(error: io::Error) -> Self {
        match error.get_ref().and_then(|inner| inner.downcast_ref()) {
            Some(tls) => Self::of_tls(tls),
            None if error.kind() == io::ErrorKind::UnexpectedEof => Self::Closed(None),
            None => Self::Broke(error),
        }
    }

    /// What an error of TLS means.
    pub(crate) fn of_tls(error: &rustls::Error) -> Self {
        use AlertDescription as A;
        match error {
            rustls::Error::InvalidCertificate(why) => Self::Certificate(certificate(why)),
            rustls::Error::AlertReceived(
                alert @ (A::CertificateRequired
                | A::BadCertificate
                | A::CertificateUnknown
                | A::CertificateExpired
                | A::CertificateRevoked
                | A::UnsupportedCertificate
                | A::UnknownCA
                | A::AccessDenied),
            ) => Self::OwnCertificate(format!("{alert:?}")),
            other => Self::Tls(other.to_string()),
        }
    }

    pub(crate) fn file(path: &Path, why: impl fmt::Display, remedy: &'static str) -> Self {
        Self::File {
            path: path.into(),
            why: why.to_string(),
            remedy,
        }
    }
}

fn connect_remedy(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "is the broker running, and is this its port?",
        io::ErrorKind::TimedOut => {
            "is the broker on, and does a firewall let this machine through?"
        }
        io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable => {
            "has this machine an address in the broker's network, or a route to it?"
        }
        _ => "check the broker's address and port",
    }
}

fn certificate(why: &CertificateError) -> String {
    use CertificateError as C;
    match why {
        C::UnknownIssuer => "it is not signed by an authority in ca_file: put the certificate of the authority that \
            signed it into ca_file"
            .into(),
        C::Expired => "it has expired: renew it on the broker".into(),
        C::ExpiredContext { not_after, .. } => format!(
            "it has expired (good until {}): renew it on the broker",
            utc(not_after.as_secs())
        ),
        C::NotValidYet => "it is not valid yet: check this machine's clock and the broker's".into(),
        C::NotValidYetContext { not_before, .. } => format!(
            "it is not valid yet (good from {}): check this machine's clock and the broker's",
            utc(not_before.as_secs())
        ),
        C::NotValidForName => "it is for another name than the one in the broker's URL: use its name there, or have \
            one made for this name"
            .into(),
        C::NotValidForNameContext {
            expected,
            presented,
        } => format!(
            "it is for {}, not for {}: use one of its names in the broker's URL, or have one made for this name",
            if presented.is_empty() {
                "no name at all".to_owned()
            } else {
                presented.join(", ")
            },
            expected.to_str()
        ),
        C::BadSignature => "its signature is wrong: is ca_file the authority that signed it?".into(),
        C::Revoked => "it was revoked: renew it on the broker".into(),
        other => format!("{other:?}: have it made anew"),
    }
}

fn utc(seconds: u64) -> String {
    resetbox_core::Wall(i64::try_from(seconds).unwrap_or(0).saturating_mul(1000)).to_string()
}
