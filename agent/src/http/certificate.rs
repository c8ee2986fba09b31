//! The box's own certificate for HTTPS: made on the first start, kept beside the store, the same ever after.
//!
//! Nobody vouches for it; a person compares its fingerprint with the panel. That only helps if it does not
//! change, so:
//!
//! - it is valid from 2020 to the end of 9999, which RFC 5280 (4.1.2.5) gives the meaning "no date at which
//!   it ends": the box has no clock that survives a power cut, and could neither know that a certificate is about
//!   to end nor from when on the next one is good. Its life ends with the card it is kept on;
//! - addresses are those the box had when it was made. An address that comes later is not a reason for another
//!   certificate: browsers warn before one that nobody vouches for either way.

use std::fs::File;
use std::io::Write as _;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyUsagePurpose, date_time_ymd};
use resetbox_core::Fingerprint;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier as _;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{CertificateError as Verdict, RootCertStore};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

/// 2 January 2020: the earliest time at which a certificate is looked at. A box that does not know the time, or whose
/// clock is behind, can tell nothing from it.
const FIRST_DAY: u64 = 1_577_923_200;

/// Key and certificate as they are shown to whoever calls.
pub(crate) struct Certificate {
    pub(crate) key: PrivateKeyDer<'static>,
    pub(crate) chain: Vec<CertificateDer<'static>>,
    pub(crate) fingerprint: Fingerprint,
}

/// Whose certificate it is.
pub(crate) struct Names {
    pub(crate) box_id: String,
    pub(crate) addresses: Vec<IpAddr>,
    /// Seconds since 1970, if the box knows.
    pub(crate) now: Option<u64>,
}

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CertificateError {
    /// The file cannot be read.
    #[error("{path}: {source}: give the box's user the right to read it, or take it away: a new one is made", path = .path.display())]
    Read {
        path: PathBuf,
        source: std::io::Error,
    },
    /// The file cannot be written.
    #[error("{path}: {source}: the certificate for HTTPS could not be kept; check the folder of the store and its free space", path = .path.display())]
    Write {
        path: PathBuf,
        source: std::io::Error,
    },
    /// The key or the certificate could not be made.
    #[error("the certificate for HTTPS could not be made: {0}")]
    Make(#[from] rcgen::Error),
    /// What was just made is not understood: a mistake of ours.
    #[error("the certificate for HTTPS is not usable: {0}")]
    Own(Fault),
}

/// What is wrong with a kept certificate.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    /// Torn, or not what we write.
    #[error("it is damaged ({0})")]
    Damaged(String),
    /// Its time is over.
    #[error("it has expired")]
    Expired,
    /// The card was in another box.
    #[error("it names another box")]
    Another,
}

/// The kept certificate, or a new one in its place; what was wrong with the old one comes along in words.
pub(crate) fn open(
    path: &Path,
    names: &Names,
) -> Result<(Certificate, Option<String>), CertificateError> {
    let fault = match std::fs::read(path).map(Zeroizing::new) {
        Ok(bytes) => match Certificate::read(&bytes, names) {
            Ok(certificate) => return Ok((certificate, None)),
            Err(fault) => Some(fault),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(source) => {
            let path = path.into();
            return Err(CertificateError::Read { path, source });
        }
    };
    let word = match fault {
        None => None,
        Some(fault) => {
            let aside = path.with_extension("old.pem");
            std::fs::rename(path, &aside).map_err(|source| CertificateError::Write {
                path: aside.clone(),
                source,
            })?;
            Some(format!(
                "{}: {fault}: kept as {}, and a new certificate was made. Its fingerprint is another one: compare it \
                 with the panel before trusting it",
                path.display(),
                aside.display()
            ))
        }
    };
    let text = make(names)?;
    keep(path, text.as_bytes()).map_err(|source| CertificateError::Write {
        path: path.into(),
        source,
    })?;
    let certificate = Certificate::read(text.as_bytes(), names).map_err(CertificateError::Own)?;
    Ok((certificate, word))
}

impl Certificate {
    /// Reads key and certificate and looks whether they belong together, to this box and to this time.
    fn read(pem: &[u8], names: &Names) -> Result<Self, Fault> {
        let damaged = |what: &dyn std::fmt::Display| Fault::Damaged(what.to_string());
        let key = PrivateKeyDer::from_pem_slice(pem).map_err(|error| damaged(&error))?;
        let chain = CertificateDer::pem_slice_iter(pem)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| damaged(&error))?;
        let Some(own) = chain.first() else {
            return Err(Fault::Damaged("no certificate in it".into()));
        };
        let fingerprint = Fingerprint(Sha256::digest(own).into());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        CertifiedKey::from_der(chain.clone(), key.clone_key(), &provider)
            .map_err(|error| damaged(&error))?;
        // As a browser that was told to trust it would.
        let mut roots = RootCertStore::empty();
        roots.add(own.clone()).map_err(|error| damaged(&error))?;
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
            .build()
            .map_err(|error| damaged(&error))?;
        let name = ServerName::try_from(format!("{}.local", names.box_id))
            .map_err(|error| damaged(&error))?;
        let now = names.now.unwrap_or(0).max(FIRST_DAY);
        let now = UnixTime::since_unix_epoch(Duration::from_secs(now));
        match verifier.verify_server_cert(own, &chain[1..], &name, &[], now) {
            Ok(_) => {}
            // Not one of ours; a clock that is behind is more likely than a certificate from the future.
            Err(rustls::Error::InvalidCertificate(
                Verdict::NotValidYet | Verdict::NotValidYetContext { .. },
            )) => {}
            Err(rustls::Error::InvalidCertificate(
                Verdict::Expired | Verdict::ExpiredContext { .. },
            )) => return Err(Fault::Expired),
            Err(rustls::Error::InvalidCertificate(
                Verdict::NotValidForName | Verdict::NotValidForNameContext { .. },
            )) => return Err(Fault::Another),
            Err(error) => return Err(damaged(&error)),
        }
        Ok(Self {
            key,
            chain,
            fingerprint,
        })
    }
}

/// A new key and its certificate, as one text: one file is never half of one and half of another.
fn make(names: &Names) -> Result<Zeroizing<String>, rcgen::Error> {
    let key = rcgen::KeyPair::generate()?;
    let params = params(names)?;
    let certificate = params.self_signed(&key)?;
    let secret = Zeroizing::new(key.serialize_pem());
    Ok(Zeroizing::new(secret.to_string() + &certificate.pem()))
}

fn params(names: &Names) -> Result<CertificateParams, rcgen::Error> {
    let mut all = vec![names.box_id.clone(), format!("{}.local", names.box_id)];
    all.extend(names.addresses.iter().map(IpAddr::to_string));
    let mut params = CertificateParams::new(all)?;
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(9999, 12, 31) + Duration::from_secs(24 * 60 * 60 - 1);
    params.distinguished_name = rcgen::DistinguishedName::new();
    (params.distinguished_name).push(DnType::CommonName, names.box_id.as_str());
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    Ok(params)
}

/// Written beside, synced, renamed: there is the whole file or none. For the box's user only.
fn keep(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let draft = path.with_extension("new.pem");
    let mut file = crate::private::make(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&draft, path)?;
    let folder = path.parent().filter(|parent| *parent != Path::new(""));
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    fn names() -> Names {
        Names {
            box_id: "rb-4f21c0".into(),
            addresses: vec![[192, 168, 1, 10].into()],
            now: Some(1_795_000_000),
        }
    }

    fn folder() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("resetbox.tls.pem");
        (folder, path)
    }

    #[test]
    fn it_is_made_once_and_for_the_box_s_user_only() {
        let (folder, path) = folder();
        let (first, word) = open(&path, &names()).expect("made");
        assert_eq!(word, None);
        let mode = std::fs::metadata(&path).expect("kept").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let (again, word) = open(&path, &names()).expect("read");
        assert_eq!((again.fingerprint, word), (first.fingerprint, None));
        let files = std::fs::read_dir(folder.path()).expect("a folder").count();
        assert_eq!(files, 1, "no draft is left");
    }

    #[test]
    fn other_addresses_and_an_unknown_or_late_time_change_nothing() {
        let (_folder, path) = folder();
        let (first, _) = open(&path, &names()).expect("made");
        // 1970, 2019, the year 9000.
        for now in [None, Some(0), Some(1_550_000_000), Some(221_845_000_000)] {
            let later = Names {
                addresses: Vec::new(),
                now,
                ..names()
            };
            let (found, word) = open(&path, &later).expect("read");
            assert_eq!(
                (found.fingerprint, word),
                (first.fingerprint, None),
                "{now:?}"
            );
        }
    }

    #[test]
    fn a_power_cut_before_the_rename_leaves_no_half_of_it() {
        let (_folder, path) = folder();
        std::fs::write(path.with_extension("new.pem"), "half").expect("written");
        let (first, word) = open(&path, &names()).expect("made");
        assert_eq!(word, None);
        let (again, _) = open(&path, &names()).expect("read");
        assert_eq!(first.fingerprint, again.fingerprint);
    }

    #[test]
    fn what_is_damaged_is_remade_with_a_word_and_kept_aside() {
        let (_folder, path) = folder();
        let (first, _) = open(&path, &names()).expect("made");
        let whole = std::fs::read_to_string(&path).expect("text");
        let at = whole.find("-----BEGIN CERTIFICATE").expect("a certificate");
        let other = make(&names()).expect("made");
        let other_at = other.find("-----BEGIN CERTIFICATE").expect("a certificate");
        let mut flipped = whole.clone().into_bytes();
        let middle = at + 100;
        flipped[middle] = if flipped[middle] == b'A' { b'B' } else { b'A' };
        for (what, bytes) in [
            ("empty", Vec::new()),
            ("half", whole.as_bytes()[..whole.len() / 2].to_vec()),
            ("no certificate", whole.as_bytes()[..at].to_vec()),
            ("no key", whole.as_bytes()[at..].to_vec()),
            ("not text", vec![0xff; 900]),
            ("a letter changed", flipped),
            (
                "the key of another",
                [&whole.as_bytes()[..at], &other.as_bytes()[other_at..]].concat(),
            ),
        ] {
            std::fs::write(&path, &bytes).expect("written");
            let (found, word) = open(&path, &names()).expect("remade");
            let word = word.unwrap_or_else(|| panic!("{what}: not a word"));
            assert!(
                word.contains("damaged") && word.contains("old.pem"),
                "{what}: {word}"
            );
            assert_ne!(found.fingerprint, first.fingerprint, "{what}");
            let aside = std::fs::read(path.with_extension("old.pem")).expect("kept");
            assert_eq!(aside, bytes, "{what}");
        }
    }

    #[test]
    fn what_has_expired_or_names_another_box_is_remade() {
        let (_folder, path) = folder();
        let key = rcgen::KeyPair::generate().expect("a key");
        let mut short = params(&names()).expect("good names");
        short.not_after = date_time_ymd(2021, 1, 1);
        let pem = short.self_signed(&key).expect("signed").pem();
        std::fs::write(&path, key.serialize_pem() + &pem).expect("written");
        let unknown = Names {
            now: None,
            ..names()
        };
        let (_, word) = open(&path, &unknown).expect("read");
        assert_eq!(word, None, "who does not know the time cannot tell");
        let (_, word) = open(&path, &names()).expect("remade");
        assert!(word.is_some_and(|word| word.contains("expired")));
        let other = Names {
            box_id: "rb-000001".into(),
            ..names()
        };
        let (_, word) = open(&path, &other).expect("remade");
        assert!(word.is_some_and(|word| word.contains("another box")));
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_named() {
        let (folder, _) = folder();
        let missing = folder.path().join("nowhere/resetbox.tls.pem");
        let Err(error) = open(&missing, &names()) else {
            panic!("there is no such folder");
        };
        assert!(error.to_string().contains("nowhere"), "{error}");
        let Err(error) = open(folder.path(), &names()) else {
            panic!("a folder is no file");
        };
        assert!(error.to_string().contains("take it away"), "{error}");
    }
}
