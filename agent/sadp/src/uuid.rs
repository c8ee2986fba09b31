//! The identity of one request.

use std::fmt;

/// The `Uuid` of a request, echoed byte for byte in its answer (A). A request takes a fresh one per datagram.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Uuid(String);

impl Uuid {
    /// Makes an RFC 4122 version 4 Uuid of 16 random bytes, in upper case with dashes and without braces:
    /// the form the vendor's client sends (A).
    pub fn from_random(mut bytes: [u8; 16]) -> Uuid {
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let mut text = String::with_capacity(36);
        for (index, byte) in bytes.iter().enumerate() {
            if matches!(index, 4 | 6 | 8 | 10) {
                text.push('-');
            }
            for digit in [byte >> 4, byte & 15] {
                text.push(char::from(b"0123456789ABCDEF"[usize::from(digit)]));
            }
        }
        Uuid(text)
    }

    /// Takes a Uuid from the wire: blanks around it are cut, the rest stays as it is, because the vendor's
    /// client compares even the case (A).
    pub fn from_text(text: &str) -> Uuid {
        Uuid(text.trim().to_owned())
    }

    /// The text as it stands on the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_bytes_become_a_version_4_uuid() {
        let uuid = Uuid::from_random([0xff; 16]);
        assert_eq!(uuid.as_str(), "FFFFFFFF-FFFF-4FFF-BFFF-FFFFFFFFFFFF");
        let uuid = Uuid::from_random(std::array::from_fn(|i| i as u8));
        assert_eq!(uuid.to_string(), "00010203-0405-4607-8809-0A0B0C0D0E0F");
    }

    #[test]
    fn wire_text_is_trimmed_and_else_kept() {
        assert_eq!(
            Uuid::from_text(" {7621a503-x} \r\n").as_str(),
            "{7621a503-x}"
        );
    }
}
