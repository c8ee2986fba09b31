//! HTTP digest authentication with MD5 and `qop=auth` (RFC 7616), as the cameras' web server has it.

use std::collections::BTreeMap;

use md5::{Digest as _, Md5};

/// The parameters of a `Digest` header, either direction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Parameters(BTreeMap<String, String>);

impl Parameters {
    /// Reads `Digest name=value, name="value", ...`; `None` for another scheme or broken quoting.
    pub(super) fn read(header: &str) -> Option<Parameters> {
        let (scheme, mut rest) = header.trim().split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("digest") {
            return None;
        }
        let mut found = BTreeMap::new();
        loop {
            rest = rest.trim_start_matches([' ', '\t', ',']);
            if rest.is_empty() {
                return Some(Parameters(found));
            }
            let (name, after) = rest.split_once('=')?;
            let value;
            (value, rest) = match after.strip_prefix('"') {
                Some(quoted) => quoted.split_once('"')?,
                None => after.split_at(after.find(',').unwrap_or(after.len())),
            };
            found.insert(name.trim().to_ascii_lowercase(), value.trim().to_owned());
        }
    }

    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

/// What both sides hash.
pub(super) struct Proof<'a> {
    pub(super) user: &'a str,
    pub(super) realm: &'a str,
    pub(super) password: &'a str,
    pub(super) method: &'a str,
    pub(super) uri: &'a str,
    pub(super) nonce: &'a str,
    pub(super) nc: &'a str,
    pub(super) cnonce: &'a str,
}

impl Proof<'_> {
    /// The `response` parameter: 32 hexadecimal digits.
    pub(super) fn response(&self) -> String {
        let secret = md5(&[self.user, self.realm, self.password]);
        let request = md5(&[self.method, self.uri]);
        md5(&[&secret, self.nonce, self.nc, self.cnonce, "auth", &request])
    }
}

/// MD5 of the parts with colons between them.
fn md5(parts: &[&str]) -> String {
    Md5::digest(parts.join(":"))
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_rfc_7616() {
        let proof = Proof {
            user: "Mufasa",
            realm: "http-auth@example.org",
            password: "Circle of Life",
            method: "GET",
            uri: "/dir/index.html",
            nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
            nc: "00000001",
            cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
        };
        assert_eq!(proof.response(), "8ca523f5e9506fed4657c9700eebdbec");
    }

    #[test]
    fn headers() {
        let read = Parameters::read(r#"Digest username="a, b", nc=00000001,qop=auth , uri="/x=1""#)
            .expect("a header");
        assert_eq!(read.value("username"), Some("a, b"));
        assert_eq!(
            (read.value("nc"), read.value("qop")),
            (Some("00000001"), Some("auth"))
        );
        assert_eq!(read.value("uri"), Some("/x=1"));
        for wrong in ["", "Digest", "Basic YTpi", "Digest x=\"y"] {
            assert_eq!(Parameters::read(wrong), None, "{wrong}");
        }
    }
}
