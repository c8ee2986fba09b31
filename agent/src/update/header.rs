//! The head of an update file: a few lines of text, signed, in front of the new root's bytes.
//!
//! ```text
//! resetbox-update 1
//! version 0.2.0
//! kernel 6.12.118+deb13-arm64
//! bytes 71303168
//! sha256 9f86d081...
//! signature MEUCIQ...            base64 of the Ed25519 signature over all lines above, line ends included
//!                                an empty line; the root follows
//! ```

use std::io::{self, BufRead};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{ED25519, UnparsedPublicKey};

/// A head is a few hundred bytes; a file that has no end of it is no update.
pub const LONGEST_HEAD: u64 = 4096;
const FIRST: &str = "its first line is another";
/// No card of this kind holds a larger root.
const LARGEST: u64 = 4 << 30;

/// Who may sign updates: a raw Ed25519 public key, 32 bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PublicKey([u8; 32]);

/// What a signed head says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Header {
    /// The version of the new root.
    pub version: Version,
    /// The kernel that its drivers belong to (`uname -r`).
    pub kernel: String,
    /// How many bytes of root follow.
    pub bytes: u64,
    /// Their SHA-256.
    pub sha256: [u8; 32],
}

/// `1.2.3`.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Version(pub u32, pub u32, pub u32);

/// Why a file is no update for this box.
#[derive(Debug, thiserror::Error)]
pub enum HeaderError {
    /// It could not be read.
    #[error("the file cannot be read: {0}")]
    Read(#[from] io::Error),
    /// It does not begin as updates do.
    #[error(
        "this is no update file: {0}; take resetbox-VERSION.update of a release, and download it again"
    )]
    Form(&'static str),
    /// The signature is not by the key of this box, or somebody changed the file.
    #[error(
        "the signature does not fit: the file is damaged, or not made by whoever made this box's image"
    )]
    Signature,
    /// The key file holds no key.
    #[error("the key for updates must be 44 letters of base64")]
    Key,
}

impl PublicKey {
    /// From 44 letters of base64, blanks around them forgiven.
    ///
    /// # Errors
    /// [`HeaderError::Key`].
    pub fn parse(text: &str) -> Result<Self, HeaderError> {
        let bytes = STANDARD.decode(text.trim()).map_err(|_| HeaderError::Key)?;
        Ok(Self(bytes.try_into().map_err(|_| HeaderError::Key)?))
    }
}

impl Header {
    /// Reads the head and leaves `from` at the root's first byte. Nothing of it is believed before the signature fits.
    ///
    /// # Errors
    /// Any [`HeaderError`] but [`HeaderError::Key`].
    pub fn read(from: &mut impl BufRead, key: &PublicKey) -> Result<Self, HeaderError> {
        let mut signed = Vec::new();
        let signature = loop {
            let line =
                line(from, LONGEST_HEAD - signed.len() as u64).map_err(|error| match error {
                    // An archive or a picture: it is not even text.
                    HeaderError::Form(_) if signed.is_empty() => HeaderError::Form(FIRST),
                    error => error,
                })?;
            if let Some(signature) = line.strip_prefix("signature ") {
                break STANDARD
                    .decode(signature)
                    .map_err(|_| HeaderError::Form("its signature is no base64"))?;
            }
            if signed.is_empty() && line != "resetbox-update 1" {
                return Err(HeaderError::Form(FIRST));
            }
            signed.extend_from_slice(line.as_bytes());
            signed.push(b'\n');
        };
        if !line(from, 2)?.is_empty() {
            return Err(HeaderError::Form("no empty line ends its head"));
        }
        UnparsedPublicKey::new(&ED25519, key.0)
            .verify(&signed, &signature)
            .map_err(|_| HeaderError::Signature)?;
        let text =
            String::from_utf8(signed).map_err(|_| HeaderError::Form("its head is not UTF-8"))?;
        Self::parse(&text)
    }

    fn parse(text: &str) -> Result<Self, HeaderError> {
        let field = |name: &str| {
            text.lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))
        };
        let bytes = field("bytes")
            .and_then(|text| text.parse().ok())
            .filter(|bytes| (1..=LARGEST).contains(bytes))
            .ok_or(HeaderError::Form("it does not say how many bytes follow"))?;
        Ok(Self {
            version: field("version")
                .and_then(Version::parse)
                .ok_or(HeaderError::Form("it has no version"))?,
            kernel: field("kernel")
                .filter(|text| !text.is_empty())
                .ok_or(HeaderError::Form("it names no kernel"))?
                .to_owned(),
            bytes,
            sha256: field("sha256")
                .and_then(digest)
                .ok_or(HeaderError::Form("it has no SHA-256"))?,
        })
    }
}

impl Version {
    /// `1.2.3`; what follows a `-` or `+` does not count.
    pub fn parse(text: &str) -> Option<Self> {
        let numbers = text.split(['-', '+']).next()?;
        let mut parts = numbers.split('.').map(|part| part.parse().ok());
        let version = Self(parts.next()??, parts.next()??, parts.next()??);
        parts.next().is_none().then_some(version)
    }
}

impl core::fmt::Display for Version {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

/// One line without its end, at most so long.
fn line(from: &mut impl BufRead, longest: u64) -> Result<String, HeaderError> {
    let mut bytes = Vec::new();
    io::Read::take(&mut *from, longest).read_until(b'\n', &mut bytes)?;
    if bytes.pop() != Some(b'\n') {
        return Err(HeaderError::Form("its head has no end"));
    }
    String::from_utf8(bytes).map_err(|_| HeaderError::Form("its head is not UTF-8"))
}

fn digest(hex: &str) -> Option<[u8; 32]> {
    if hex.len() != 64 || !hex.is_ascii() {
        return None;
    }
    let mut bytes = [0; 32];
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).ok()?;
    }
    Some(bytes)
}
