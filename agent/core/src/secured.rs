//! HTTPS beside plain HTTP: where it is served, and how a person knows that it is this box.

use core::fmt;

/// HTTPS as it is served now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Secured {
    /// Addresses, best first, for example `https://192.168.1.10`.
    pub urls: Vec<String>,
    /// Of the certificate that is shown to whoever calls.
    pub fingerprint: Fingerprint,
}

/// SHA-256 of the box's certificate. Nobody vouches for that certificate: who compares this with what
/// the browser shows knows that nobody stands between.
#[derive(Copy, Clone, PartialEq, Eq)]
pub struct Fingerprint(pub [u8; 32]);

/// Digits in a group of the short form.
const GROUP: usize = 4;
/// Groups of the short form: 20 digits are 80 bits, as many as the one-time token has. Whoever wants to show
/// a certificate of his own that begins alike would have to make and hash 2^80 of them.
const GROUPS: usize = 5;

impl Fingerprint {
    /// The beginning in groups, for a small glass: `3F9A`, `21C0`, ... Browsers show the same digits, so
    /// a person compares from the left.
    pub fn groups(&self) -> [String; GROUPS] {
        let digits = hex(&self.0);
        core::array::from_fn(|group| digits[group * GROUP..(group + 1) * GROUP].to_owned())
    }
}

/// All of it, as browsers write it: `3F:9A:...`.
impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.0.iter().enumerate() {
            let colon = if index > 0 { ":" } else { "" };
            write!(f, "{colon}{byte:02X}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_short_form_is_the_beginning_of_the_whole() {
        let mut bytes = [0; 32];
        for (index, byte) in bytes.iter_mut().enumerate() {
            *byte = (index * 37 + 5) as u8;
        }
        let fingerprint = Fingerprint(bytes);
        let whole = fingerprint.to_string();
        assert_eq!(whole.len(), 32 * 3 - 1);
        assert!(whole.starts_with("05:2A:4F:74"), "{whole}");
        assert_eq!(fingerprint.groups()[..2], ["052A", "4F74"]);
        let short = fingerprint.groups().concat();
        assert!(whole.replace(':', "").starts_with(&short), "{short}");
        // 80 bits.
        assert_eq!(short.len() * 4, 80);
    }
}
