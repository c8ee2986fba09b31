//! Hardware addresses, normalised so that spellings compare.

use std::fmt;
use std::str::FromStr;

/// A hardware (Ethernet) address, normalised.
///
/// Devices spell theirs in several ways and expect it echoed exactly as they spelt it (A); keep that
/// text apart ([`Device::mac_text`](crate::Device::mac_text)) and compare with this.
///
/// ```
/// let mac: sadp::Mac = "44:47:CC:37:ce:81".parse()?;
/// assert_eq!(mac.to_string(), "44-47-cc-37-ce-81");
/// # Ok::<(), sadp::MacError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mac(pub [u8; 6]);

/// A text that is not six hexadecimal octets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a hardware address: write six octets as in 44-47-cc-37-ce-81")]
pub struct MacError;

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}-{b:02x}-{c:02x}-{d:02x}-{e:02x}-{g:02x}")
    }
}

impl fmt::Debug for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mac({self})")
    }
}

impl FromStr for Mac {
    type Err = MacError;

    /// Reads twelve hexadecimal digits of any case with `-`, `:`, `.`, blanks or nothing between octets.
    fn from_str(text: &str) -> Result<Mac, MacError> {
        let mut octets = [0; 6];
        let mut digits = 0;
        let mut after_separator = true;
        for byte in text.trim().bytes() {
            match (byte as char).to_digit(16) {
                Some(value) if digits < 12 => {
                    // `value` is below 16, so the cast keeps it.
                    octets[digits / 2] = octets[digits / 2] << 4 | value as u8;
                    digits += 1;
                    after_separator = false;
                }
                // Separators stand between octets only: a shifted or torn text must not pass for an address.
                None if matches!(byte, b'-' | b':' | b'.' | b' ')
                    && digits % 2 == 0
                    && !after_separator =>
                {
                    after_separator = true;
                }
                _ => return Err(MacError),
            }
        }
        if digits == 12 && !after_separator {
            Ok(Mac(octets))
        } else {
            Err(MacError)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAC: Mac = Mac([0x44, 0x47, 0xcc, 0x37, 0xce, 0x81]);

    #[test]
    fn every_spelling_is_one_address() {
        for text in [
            "44-47-cc-37-ce-81",
            "44:47:CC:37:CE:81",
            "4447.cc37.ce81",
            "4447cc37ce81",
            " 44-47-cC-37-ce-81\r\n",
        ] {
            assert_eq!(text.parse(), Ok(MAC), "{text}");
        }
    }

    #[test]
    fn no_other_text_is_an_address() {
        for text in [
            "",
            "44-47-cc-37-ce",
            "44-47-cc-37-ce-8",
            "44-47-cc-37-ce-81-",
            "-44-47-cc-37-ce-81",
            "44--47-cc-37-ce-81",
            "444-7-cc-37-ce-81",
            "44-47-cc-37-ce-81-00",
            "44-47-cc-37-ce-8g",
            "４４-47-cc-37-ce-81",
        ] {
            assert_eq!(text.parse::<Mac>(), Err(MacError), "{text}");
        }
    }

    #[test]
    fn shows_itself_in_the_usual_spelling() {
        assert_eq!(MAC.to_string(), "44-47-cc-37-ce-81");
        assert_eq!(format!("{MAC:?}"), "Mac(44-47-cc-37-ce-81)");
    }
}
