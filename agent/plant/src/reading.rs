//! The device's own, strict reading of requests.
//!
//! Written apart from crate `sadp` on purpose: two implementations check each other. It takes exactly the shape the
//! vendor's client sends (sections are fixed in order, no blanks between elements, no trailing bytes) and nothing
//! else, so a client that drifts from that shape meets silence here before it meets it in the field.

use std::fmt;

use thiserror::Error;

/// Requests longer than this are not read (bytes).
pub const MAX_REQUEST: usize = 10_240;

const DECLARATION: &str = r#"<?xml version="1.0" encoding="utf-8"?>"#;

/// A request in the exact form of the vendor's client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Echoed byte for byte.
    pub uuid: String,
    /// The address in the text, as sent; `None` for an inquiry, which is for everybody.
    pub mac: Option<String>,
    /// What is asked.
    pub command: Command,
}

/// What a request asks for.
#[derive(Clone, PartialEq, Eq)]
pub enum Command {
    /// Who is there?
    Inquiry,
    /// A new encrypt string (typed-key way).
    GetEncryptString,
    /// A new code (key-file way).
    GetCode,
    /// Which ways of recovery did the owner set up?
    GetPasswordResetType,
    /// A public key, base64 of PKCS#1 DER.
    ExchangeCode {
        /// The text of `Code`.
        code: String,
    },
    /// A new administrator password.
    Reset {
        /// The text of `Password`.
        password: String,
        /// Whether `SyncIPCPassword` was there.
        sync_cameras: bool,
        /// The text of `Code`.
        code: String,
        /// Whether `Code` carried `bEncrypt="true"`.
        code_encrypted: bool,
    },
    /// The first administrator password.
    Activate {
        /// The text of `Password`.
        password: String,
    },
    /// The lamp.
    Lamp {
        /// `open` or `close`.
        on: bool,
    },
}

impl Command {
    /// The wire spelling of `Types`.
    pub fn types(&self) -> &'static str {
        match self {
            Command::Inquiry => "inquiry",
            Command::GetEncryptString => "getencryptstring",
            Command::GetCode => "getcode",
            Command::GetPasswordResetType => "getPasswordResetType",
            Command::ExchangeCode { .. } => "exchangecode",
            Command::Reset { .. } => "reset",
            Command::Activate { .. } => "activate",
            Command::Lamp { .. } => "lamp",
        }
    }
}

/// Shows the command, never its key or password.
impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.types())
    }
}

/// Why a datagram is no request. A device says nothing to any of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Unreadable {
    /// More than [`MAX_REQUEST`] bytes.
    #[error("the request is longer than {MAX_REQUEST} bytes")]
    TooLong,
    /// Not the declaration and root of a request: another device's answer, or garbage.
    #[error("the datagram does not start as a request")]
    NotARequest,
    /// Not UTF-8, or not the markup a client writes.
    #[error("the markup is broken near byte {0}")]
    Markup(usize),
    /// Elements are missing, unknown or in another order than the command's.
    #[error("the elements are not those of the command, in its order")]
    Order,
    /// A `Types` that no device knows.
    #[error("the command is unknown")]
    UnknownCommand,
    /// A value has the wrong form, such as a Uuid without dashes.
    #[error("a value has the wrong form")]
    Value,
}

/// Reads one datagram.
///
/// # Errors
/// Whatever is not, byte for byte, a request of the vendor's form is [`Unreadable`].
pub fn read(datagram: &[u8]) -> Result<Request, Unreadable> {
    if datagram.len() > MAX_REQUEST {
        return Err(Unreadable::TooLong);
    }
    // Cheap first: in a burst a device sees mostly other devices' answers.
    let rest = datagram
        .strip_prefix(DECLARATION.as_bytes())
        .ok_or(Unreadable::NotARequest)?;
    let rest = rest
        .strip_prefix(b"<Probe>")
        .ok_or(Unreadable::NotARequest)?;
    let rest =
        std::str::from_utf8(rest).map_err(|error| Unreadable::Markup(error.valid_up_to()))?;
    let elements = elements(rest)?;
    command(&elements)
}

struct Element<'a> {
    name: &'a str,
    attribute: Option<(&'a str, &'a str)>,
    text: &'a str,
}

/// Flat elements up to `</Probe>`, which ends the datagram.
fn elements(text: &str) -> Result<Vec<Element<'_>>, Unreadable> {
    let broken = |rest: &str| Unreadable::Markup(text.len() - rest.len());
    let mut found = Vec::with_capacity(8);
    let mut rest = text;
    while rest != "</Probe>" {
        // More elements than any command has: no need to read on.
        if found.len() == 16 {
            return Err(Unreadable::Order);
        }
        let body = rest.strip_prefix('<').ok_or_else(|| broken(rest))?;
        let (tag, body) = body.split_once('>').ok_or_else(|| broken(rest))?;
        let (name, attribute) = match tag.split_once(' ') {
            None => (tag, None),
            Some((name, attribute)) => (
                name,
                Some(self::attribute(attribute).ok_or_else(|| broken(rest))?),
            ),
        };
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(broken(rest));
        }
        let (value, body) = body.split_once('<').ok_or_else(|| broken(rest))?;
        let body = body
            .strip_prefix('/')
            .and_then(|body| body.strip_prefix(name))
            .ok_or_else(|| broken(rest))?;
        let body = body.strip_prefix('>').ok_or_else(|| broken(rest))?;
        // The vendor escapes nothing, so a device unescapes nothing.
        if value
            .chars()
            .any(|c| c == '&' || c == '>' || (c.is_control() && c != '\r' && c != '\n'))
        {
            return Err(Unreadable::Value);
        }
        found.push(Element {
            name,
            attribute,
            text: value,
        });
        rest = body;
    }
    Ok(found)
}

fn attribute(text: &str) -> Option<(&str, &str)> {
    let (name, value) = text.split_once("=\"")?;
    let value = value.strip_suffix('"')?;
    (!value.contains('"')).then_some((name, value))
}

fn command(elements: &[Element<'_>]) -> Result<Request, Unreadable> {
    let names: Vec<&str> = elements.iter().map(|element| element.name).collect();
    let text = |index: usize| elements[index].text;
    let types = elements
        .iter()
        .find(|element| element.name == "Types")
        .ok_or(Unreadable::Order)?
        .text;
    // Only the code of a reset carries an attribute.
    let attributes = elements
        .iter()
        .filter(|element| element.attribute.is_some())
        .count();
    let (mac, command) = match (types, names.as_slice()) {
        ("inquiry", ["Uuid", "Types"]) => (None, Command::Inquiry),
        ("lamp", ["Uuid", "Types", "MAC", "Action"]) => {
            let on = match text(3) {
                "open" => true,
                "close" => false,
                _ => return Err(Unreadable::Value),
            };
            (Some(text(2)), Command::Lamp { on })
        }
        ("getencryptstring", ["Uuid", "MAC", "Types"]) => {
            (Some(text(1)), Command::GetEncryptString)
        }
        ("getcode", ["Uuid", "MAC", "Types"]) => (Some(text(1)), Command::GetCode),
        ("getPasswordResetType", ["Uuid", "MAC", "Types"]) => {
            (Some(text(1)), Command::GetPasswordResetType)
        }
        ("exchangecode", ["Uuid", "MAC", "Types", "Code"]) => (
            Some(text(1)),
            Command::ExchangeCode {
                code: text(3).to_owned(),
            },
        ),
        ("activate", ["Uuid", "MAC", "Types", "Password"]) => (
            Some(text(1)),
            Command::Activate {
                password: text(3).to_owned(),
            },
        ),
        ("reset", ["Uuid", "MAC", "Types", "Password", "Code"]) => {
            (Some(text(1)), reset(elements, false)?)
        }
        (
            "reset",
            [
                "Uuid",
                "MAC",
                "Types",
                "Password",
                "SyncIPCPassword",
                "Code",
            ],
        ) => {
            if text(4) != "true" {
                return Err(Unreadable::Value);
            }
            (Some(text(1)), reset(elements, true)?)
        }
        (
            "inquiry"
            | "lamp"
            | "getencryptstring"
            | "getcode"
            | "getPasswordResetType"
            | "exchangecode"
            | "activate"
            | "reset",
            _,
        ) => return Err(Unreadable::Order),
        _ => return Err(Unreadable::UnknownCommand),
    };
    if attributes
        != usize::from(matches!(
            command,
            Command::Reset {
                code_encrypted: true,
                ..
            }
        ))
    {
        return Err(Unreadable::Markup(0));
    }
    let uuid = text(0);
    if !is_uuid(uuid) {
        return Err(Unreadable::Value);
    }
    Ok(Request {
        uuid: uuid.to_owned(),
        mac: mac.map(str::to_owned),
        command,
    })
}

fn reset(elements: &[Element<'_>], sync_cameras: bool) -> Result<Command, Unreadable> {
    let [.., code] = elements else {
        return Err(Unreadable::Order);
    };
    let code_encrypted = match code.attribute {
        None => false,
        Some(("bEncrypt", "true")) => true,
        Some(_) => return Err(Unreadable::Value),
    };
    Ok(Command::Reset {
        password: elements[3].text.to_owned(),
        sync_cameras,
        code: code.text.to_owned(),
        code_encrypted,
    })
}

/// 8-4-4-4-12 hexadecimal digits. The vendor's client writes them in upper case; a device only echoes them.
fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const UUID: &str = "7621A503-49E6-4FBA-B3F8-CBE1F18E55F4";

    fn probe(inner: &str) -> Vec<u8> {
        format!("{DECLARATION}<Probe><Uuid>{UUID}</Uuid>{inner}</Probe>").into_bytes()
    }

    #[test]
    fn reads_every_command_in_the_vendors_form() {
        let cases = [
            ("<Types>inquiry</Types>", None, Command::Inquiry),
            (
                "<MAC>m</MAC><Types>getencryptstring</Types>",
                Some("m"),
                Command::GetEncryptString,
            ),
            (
                "<MAC>m</MAC><Types>getcode</Types>",
                Some("m"),
                Command::GetCode,
            ),
            (
                "<MAC>m</MAC><Types>getPasswordResetType</Types>",
                Some("m"),
                Command::GetPasswordResetType,
            ),
            (
                "<Types>lamp</Types><MAC>m</MAC><Action>close</Action>",
                Some("m"),
                Command::Lamp { on: false },
            ),
            (
                "<MAC>m</MAC><Types>exchangecode</Types><Code>QQ==</Code>",
                Some("m"),
                Command::ExchangeCode {
                    code: "QQ==".into(),
                },
            ),
            (
                "<MAC></MAC><Types>activate</Types><Password>p</Password>",
                Some(""),
                Command::Activate {
                    password: "p".into(),
                },
            ),
            (
                "<MAC>m</MAC><Types>reset</Types><Password>p</Password><SyncIPCPassword>true</SyncIPCPassword>\
                 <Code bEncrypt=\"true\">c</Code>",
                Some("m"),
                Command::Reset {
                    password: "p".into(),
                    sync_cameras: true,
                    code: "c".into(),
                    code_encrypted: true,
                },
            ),
        ];
        for (inner, mac, command) in cases {
            let expected = Request {
                uuid: UUID.into(),
                mac: mac.map(str::to_owned),
                command,
            };
            assert_eq!(read(&probe(inner)), Ok(expected), "{inner}");
        }
    }

    #[test]
    fn refuses_every_other_form() {
        use Unreadable::{Markup, NotARequest, Order, UnknownCommand, Value};
        let good = probe("<Types>inquiry</Types>");
        let with = |change: fn(&mut Vec<u8>)| {
            let mut bytes = good.clone();
            change(&mut bytes);
            bytes
        };
        type Expected = fn(&Unreadable) -> bool;
        let table: Vec<(Vec<u8>, Expected)> = vec![
            (with(|b| b.push(0)), |e| matches!(e, Markup(_))),
            (with(|b| b.push(b'\n')), |e| matches!(e, Markup(_))),
            (with(|b| b.truncate(60)), |e| matches!(e, Markup(_))),
            (with(|b| b.insert(0, b' ')), |e| *e == NotARequest),
            (good[DECLARATION.len()..].to_vec(), |e| *e == NotARequest),
            (
                b"<?xml version=\"1.0\" encoding=\"UTF-8\"?><ProbeMatch></ProbeMatch>".to_vec(),
                |e| *e == NotARequest,
            ),
            (probe("<MAC>m</MAC><Types>inquiry</Types>"), |e| *e == Order),
            (probe("<Types>getcode</Types><MAC>m</MAC>"), |e| *e == Order),
            (
                probe("<MAC>m</MAC><Types>lamp</Types><Action>open</Action>"),
                |e| *e == Order,
            ),
            (
                probe("<MAC>m</MAC><Types>reset</Types><Code>c</Code><Password>p</Password>"),
                |e| *e == Order,
            ),
            (probe("<MAC>m</MAC><Types>exchangecode</Types>"), |e| {
                *e == Order
            }),
            (probe("<Types>Inquiry</Types>"), |e| *e == UnknownCommand),
            (probe("<Types> inquiry</Types>"), |e| *e == UnknownCommand),
            (probe("<Types>inquiry</types>"), |e| matches!(e, Markup(_))),
            (probe("<Types>inquiry</Types> "), |e| matches!(e, Markup(_))),
            (probe("<Types a=\"b\">inquiry</Types>"), |e| {
                matches!(e, Markup(_))
            }),
            (probe("<MAC>&amp;</MAC><Types>getcode</Types>"), |e| {
                *e == Value
            }),
            (
                probe(
                    "<MAC>m</MAC><Types>reset</Types><Password>p</Password><Code bEncrypt=\"1\">c</Code>",
                ),
                |e| *e == Value,
            ),
        ];
        for (bytes, expected) in table {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            match read(&bytes) {
                Ok(request) => panic!("{text} was read as {request:?}"),
                Err(error) => assert!(expected(&error), "{text}: {error:?}"),
            }
        }
        let braces = String::from_utf8(good)
            .expect("ASCII")
            .replace(UUID, "{7621A503-49E6-4FBA-B3F8-CBE1F18E55F}");
        assert_eq!(read(braces.as_bytes()), Err(Value));
        assert_eq!(read(&vec![b'<'; MAX_REQUEST + 1]), Err(Unreadable::TooLong));
    }

    #[test]
    fn debug_output_holds_no_secret() {
        let inner =
            "<MAC>m</MAC><Types>reset</Types><Password>Geheim</Password><Code>A1b2C3d4</Code>";
        let text = format!("{:?}", read(&probe(inner)).expect("a request"));
        assert!(
            text.contains("reset") && !text.contains("Geheim") && !text.contains("A1b2"),
            "{text}"
        );
    }
}
