//! The code of a `reset`: the typed key, or the text of the returned file.

use std::fmt;

use zeroize::Zeroizing;

use crate::exchange::ExchangeError;

/// The longest code a `reset` carries, in bytes (A).
pub const MAX_CODE: usize = 511;
/// The longest code that is sent encrypted, in bytes (A).
pub const MAX_ENCRYPTED_CODE: usize = 240;

/// The code as it stands in a `reset` message. Made by [`ResetCode::plain`] or
/// [`SessionKey::encrypt_code`](crate::SessionKey::encrypt_code), whichever the device's latest answer asks for
/// (`codeEncrypt`); never try the other form after a refusal (B).
///
/// `Debug` shows nothing of it and dropping it zeroises it.
#[derive(Clone)]
pub enum ResetCode {
    /// The code itself, without an attribute.
    Plain(PlainCode),
    /// Encrypted under the session key, with `bEncrypt="true"`.
    Encrypted(EncryptedCode),
}

/// A checked plain code.
#[derive(Clone)]
pub struct PlainCode(pub(crate) Zeroizing<String>);

/// An encrypted code, base64.
#[derive(Clone)]
pub struct EncryptedCode(pub(crate) Zeroizing<String>);

impl ResetCode {
    /// Checks a code for sending in plain: 1 to [`MAX_CODE`] bytes of letters, digits and the signs of base64.
    ///
    /// # Errors
    /// [`ExchangeError::CodeLength`] or [`ExchangeError::CodeCharacter`]. The code is not trimmed: that is for the
    /// input to do, see [`code_from_file`].
    pub fn plain(code: &str) -> Result<ResetCode, ExchangeError> {
        check(code.as_bytes(), MAX_CODE)?;
        Ok(ResetCode::Plain(PlainCode(Zeroizing::new(code.to_owned()))))
    }

    /// Wraps a text that is encrypted already.
    pub(crate) fn encrypted(base64: String) -> ResetCode {
        ResetCode::Encrypted(EncryptedCode(Zeroizing::new(base64)))
    }

    /// The text and whether it is encrypted.
    pub(crate) fn wire(&self) -> (&str, bool) {
        match self {
            ResetCode::Plain(code) => (&code.0, false),
            ResetCode::Encrypted(code) => (&code.0, true),
        }
    }
}

impl fmt::Debug for ResetCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResetCode(..)")
    }
}

impl fmt::Debug for PlainCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PlainCode(..)")
    }
}

impl fmt::Debug for EncryptedCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EncryptedCode(..)")
    }
}

/// Length and characters of a code. The vendor escapes nothing, so a code of other characters would break the
/// message on the device's side.
pub(crate) fn check(code: &[u8], longest: usize) -> Result<(), ExchangeError> {
    if code.is_empty() || code.len() > longest {
        return Err(ExchangeError::CodeLength {
            length: code.len(),
            longest,
        });
    }
    let allowed = |byte: &u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_')
    };
    match code.iter().position(|byte| !allowed(byte)) {
        Some(position) => Err(ExchangeError::CodeCharacter {
            position: position + 1,
        }),
        None => Ok(()),
    }
}

/// The code in a file the vendor returned: its whole text, exactly one trailing CRLF, LF or CR cut (A).
pub fn code_from_file(file: &[u8]) -> &[u8] {
    file.strip_suffix(b"\r\n")
        .or_else(|| file.strip_suffix(b"\n"))
        .or_else(|| file.strip_suffix(b"\r"))
        .unwrap_or(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_and_characters_are_checked() {
        for good in ["A", "A1b2C3d4", "ab+/cd==", &"x".repeat(511)] {
            assert!(ResetCode::plain(good).is_ok(), "{good}");
        }
        let error = |code: &str| ResetCode::plain(code).map(|_| ()).unwrap_err();
        assert_eq!(
            error(""),
            ExchangeError::CodeLength {
                length: 0,
                longest: 511
            }
        );
        assert_eq!(
            error(&"x".repeat(512)),
            ExchangeError::CodeLength {
                length: 512,
                longest: 511
            }
        );
        for bad in ["abc d", "abc<d", "abc&d", "abc\n", "abcé", "abc\"d"] {
            assert_eq!(
                error(bad),
                ExchangeError::CodeCharacter { position: 4 },
                "{bad}"
            );
        }
    }

    #[test]
    fn exactly_one_line_end_of_a_file_is_cut() {
        for (file, code) in [
            (&b"abc\r\n"[..], &b"abc"[..]),
            (b"abc\n", b"abc"),
            (b"abc\r", b"abc"),
            (b"abc", b"abc"),
            (b"abc\n\n", b"abc\n"),
            (b" abc \r\n", b" abc "),
            (b"\n\r", b"\n"),
            (b"", b""),
        ] {
            assert_eq!(code_from_file(file), code);
        }
    }

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(
            format!("{:?}", ResetCode::plain("A1b2C3d4").unwrap()),
            "ResetCode(..)"
        );
    }
}
