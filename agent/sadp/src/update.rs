//! The password digest of an `update` (A). Nothing in this crate sends one yet.

use base64::Engine;
use md5::Md5;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::crypto::{BASE64, encrypt_to_base64};
use crate::uuid::Uuid;

/// What the `Password` element of an `update` is made of.
pub struct UpdateDigest<'a> {
    /// The administrator's name: the device's `UserName`, or `admin`.
    pub user: &'a str,
    /// The current password.
    pub password: &'a str,
    /// The device's `Salt`; the element then carries `bSalt="true"`.
    pub salt: Option<&'a str>,
    /// The device's `Salt2`; counts only beside `Salt`.
    pub salt2: Option<&'a str>,
    /// The device's `Encrypt`.
    pub encrypt: bool,
    /// The request's own Uuid.
    pub uuid: &'a Uuid,
}

/// The text of the `Password` element of an `update` request.
pub fn update_digest(parts: &UpdateDigest<'_>) -> Zeroizing<String> {
    let digest = digest(parts);
    Zeroizing::new(if parts.encrypt {
        // The plaintext is padded to 64 bytes whatever its length.
        let uuid = parts.uuid.as_str().as_bytes();
        let padding = [0; 64];
        let filler = &padding[..64_usize.saturating_sub(digest.len() + 1 + uuid.len())];
        encrypt_to_base64(&digest, &[digest.as_slice(), b";", uuid, filler])
    } else {
        BASE64.encode(digest.as_slice())
    })
}

fn digest(parts: &UpdateDigest<'_>) -> Zeroizing<[u8; 16]> {
    let UpdateDigest {
        user,
        password,
        salt,
        salt2,
        ..
    } = parts;
    let md5 = |text: &str| Zeroizing::new(<[u8; 16]>::from(Md5::digest(text)));
    let Some(salt) = salt else {
        return md5(password);
    };
    let first = sha256_hex(&[user, salt, password]);
    match salt2 {
        None => md5(&first),
        Some(salt2) => md5(&sha256_hex(&[user, salt2, &first])),
    }
}

/// SHA-256 over the parts joined, in lower-case hexadecimal.
fn sha256_hex(parts: &[&str]) -> Zeroizing<String> {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    let mut text = Zeroizing::new(String::with_capacity(64));
    for byte in hash.finalize() {
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from(b"0123456789abcdef"[usize::from(digit)]));
        }
    }
    text
}
