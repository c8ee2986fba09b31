//! The two ways this protocol uses AES-128: encrypting zero-padded text, and hiding version texts.

use aes::Aes128;
use aes::cipher::{Block, BlockDecrypt, BlockEncrypt, KeyInit};
use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use zeroize::{Zeroize, Zeroizing};

/// Base64 as devices write it: standard alphabet; padding is written, and not missed when it is absent.
pub(crate) const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The fixed key of `SoftwareVersionEncrypt` and its like (A). It is the same on every device and protects nothing.
const VERSION_KEY: &[u8; 16] = b"HKSADPPRIVATEKEY";

/// AES-128-ECB over `parts` joined and zero-padded to a multiple of 16 bytes.
pub(crate) fn encrypt_zero_padded(key: &[u8; 16], parts: &[&[u8]]) -> Zeroizing<Vec<u8>> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    // The full capacity at once: growing would leave copies of a secret behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(length.next_multiple_of(16)));
    for part in parts {
        bytes.extend_from_slice(part);
    }
    bytes.resize(length.next_multiple_of(16), 0);
    let cipher = Aes128::new(key.into());
    for block in bytes.as_chunks_mut::<16>().0 {
        cipher.encrypt_block(Block::<Aes128>::from_mut_slice(block));
    }
    bytes
}

/// The same, as base64 text.
pub(crate) fn encrypt_to_base64(key: &[u8; 16], parts: &[&[u8]]) -> String {
    BASE64.encode(encrypt_zero_padded(key, parts).as_slice())
}

/// Opens a version text: base64 of AES-128-ECB under the fixed key, zero-padded.
///
/// `None` for anything that is not that, so that the caller keeps the text as it came.
pub(crate) fn open_version(text: &str) -> Option<String> {
    // Real ones are 24 to 64 characters; a limit keeps hostile ones from costing more than a field may.
    let mut bytes = (text.len() <= 1024).then(|| BASE64.decode(text).ok())??;
    if bytes.is_empty() || bytes.len() % 16 != 0 {
        return None;
    }
    let cipher = Aes128::new(VERSION_KEY.into());
    for block in bytes.as_chunks_mut::<16>().0 {
        cipher.decrypt_block(Block::<Aes128>::from_mut_slice(block));
    }
    let end = bytes
        .iter()
        .rposition(|byte| *byte != 0)
        .map_or(0, |last| last + 1);
    bytes.truncate(end);
    let text = String::from_utf8(bytes).ok()?;
    // Another key gives noise: no version text holds control characters.
    let readable = !text.chars().any(char::is_control);
    let text = crate::xml::trim(&text);
    (readable && !text.is_empty()).then(|| text.to_owned())
}

/// Decodes base64 into bytes that are zeroised on drop.
pub(crate) fn decode_base64(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len() / 4 * 3 + 3));
    match BASE64.decode_vec(text, &mut bytes) {
        Ok(()) => Some(bytes),
        Err(_) => {
            bytes.zeroize();
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_a_version_text() {
        assert_eq!(
            open_version("ipZ5yb4Sf/goBXYp5Lrl2hcuU2kR/Y+vpYIP9rD8C9E=").as_deref(),
            Some("V5.4.5build 170123"),
        );
    }

    #[test]
    fn keeps_its_hands_off_anything_else() {
        for text in [
            "",
            "====",
            "AAAA",
            "V5.5.6build 180326",
            "AAAAAAAAAAAAAAAAAAAAAA==",
        ] {
            assert_eq!(open_version(text), None, "{text}");
        }
    }

    #[test]
    fn pads_with_zeros_to_whole_blocks() {
        let key = [1; 16];
        assert_eq!(
            encrypt_zero_padded(&key, &[b"a"]),
            encrypt_zero_padded(&key, &[b"a\0\0", b"\0"])
        );
        assert_eq!(encrypt_zero_padded(&key, &[&[7; 16]]).len(), 16);
        assert_eq!(encrypt_zero_padded(&key, &[&[7; 16], b"x"]).len(), 32);
    }
}
