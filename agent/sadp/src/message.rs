//! What we read: answers and notices.

use crate::device::Device;
use crate::fields::{Field, Fields};
use crate::mac::Mac;
use crate::result::{ResultText, Verdict};
use crate::types::Types;
use crate::uuid::Uuid;
use crate::xml::{self, cut};
use crate::{MAX_DATAGRAM, printable};

/// A message from a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The kind of message by its root element.
    pub root: Root,
    /// The echoed Uuid, trimmed. A notice has none, and other clients' scans bring foreign ones.
    pub uuid: Option<Uuid>,
    /// What it answers.
    pub types: Types,
    /// Who answers. Answers to commands may lack it.
    pub mac: Option<Mac>,
    /// How it could be read.
    pub reading: Reading,
    /// What it says.
    pub body: Body,
}

/// The root element, without case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Root {
    /// An answer.
    ProbeMatch,
    /// A device's own notice.
    Hello,
    /// Anything else, or lost.
    Other,
}

/// How a message could be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reading {
    /// It is well-formed XML.
    Strict,
    /// It is not; what could be found in it was taken.
    Forgiving,
}

/// What a message says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// An answer to `inquiry`, or a `hello`: a device describes itself.
    Device(Box<Device>),
    /// An answer to `getencryptstring`.
    EncryptString {
        /// What the device says about the command.
        verdict: Verdict,
        /// The string, never empty, blanks and all: it is opaque. `success` without one is an error of the device.
        string: Option<String>,
    },
    /// An answer to `getcode` or `exchangecode`. The latter has no `Result`: judge it by its code.
    Code {
        /// What the device says about the command.
        verdict: Verdict,
        /// The code, never empty, as it came.
        code: Option<String>,
    },
    /// An answer to `getPasswordResetType`.
    PasswordResetType {
        /// What the device says about the command.
        verdict: Verdict,
        /// The ways the owner set up.
        flags: PasswordResetType,
    },
    /// An answer to any other command with a `Result`, and to `reset`, `activate` and `lamp` even without one.
    Verdict(Verdict),
    /// An answer this crate does not read.
    Other,
}

/// The ways of recovery a device has ready (B).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PasswordResetType {
    /// `PasswordResetTypeEnabled`: any at all.
    pub enabled: bool,
    /// `SecurityQuestionEnabled`.
    pub security_question: bool,
    /// `GuidFileDataEnabled`.
    pub guid: bool,
    /// `SecurityEmailEnabled`.
    pub mail: bool,
    /// `HCVerificationCodeEnabled`: by the vendor's cloud app.
    pub hc_verification_code: bool,
}

/// Why a datagram is no message for us.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// Nothing, or only NULs and blanks.
    #[error("empty datagram: ignore it")]
    Empty,
    /// Larger than any datagram can be.
    #[error("datagram of {length} bytes: at most {MAX_DATAGRAM} are read; ignore it")]
    TooLarge {
        /// Its bytes.
        length: usize,
    },
    /// A request: ours, come back, or another client's.
    #[error("a request, not an answer (our own, come back, or another client's): ignore it")]
    OwnProbe,
    /// No element of this protocol.
    #[error("not a SADP message: something else uses the group; ignore it")]
    NotSadp,
    /// A device describes itself without its address, so that it could not be addressed.
    #[error(
        "a device describes itself without a MAC element: it cannot be addressed; update its firmware or use the vendor's tool"
    )]
    NoMac,
    /// The address cannot be read.
    #[error(
        "the device's MAC element is {text:?}, which is no hardware address; update its firmware or use the vendor's tool"
    )]
    BadMac {
        /// The element's text, made printable and cut.
        text: String,
    },
}

/// Reads a datagram: strictly, or else with a forgiving scan. Never panics, and takes time proportional to
/// the length of the datagram.
///
/// # Errors
/// See [`ParseError`]; the caller ignores such a datagram, and may count it.
pub fn parse(datagram: &[u8]) -> Result<Message, ParseError> {
    if datagram.len() > MAX_DATAGRAM {
        return Err(ParseError::TooLarge {
            length: datagram.len(),
        });
    }
    let text = xml::decode(datagram);
    if xml::trim(&text).is_empty() {
        return Err(ParseError::Empty);
    }
    let (document, reading) = xml::read(&text);
    let root = match document.root {
        Some(root) if root.eq_ignore_ascii_case("Probe") => return Err(ParseError::OwnProbe),
        Some(root) if root.eq_ignore_ascii_case("ProbeMatch") => Root::ProbeMatch,
        Some(root) if root.eq_ignore_ascii_case("Hello") => Root::Hello,
        _ => Root::Other,
    };
    interpret(root, reading, Fields::new(document))
}

fn interpret(root: Root, reading: Reading, fields: Fields<'_>) -> Result<Message, ParseError> {
    let mac_text = fields.text(Field::Mac);
    let types = match fields.text(Field::Types) {
        Some(types) => Types::parse(types),
        None if root == Root::Hello => Types::Hello,
        // Of all answers only the one to an inquiry can be told without its type.
        None if describes_device(&fields) => Types::Inquiry,
        None => Types::Unknown(String::new()),
    };
    if root == Root::Other && mac_text.is_none() && fields.text(Field::Types).is_none() {
        return Err(ParseError::NotSadp);
    }
    let mac = match mac_text {
        None => None,
        Some(text) => Some(text.parse::<Mac>().map_err(|_| bad_mac(text))?),
    };
    let uuid = fields
        .text(Field::Uuid)
        .map(|text| Uuid::from_text(cut(text, 128)));
    let body = match types {
        Types::Inquiry | Types::Hello => {
            let mac = mac.ok_or(ParseError::NoMac)?;
            let mac_text = mac_text.unwrap_or_default().to_owned();
            Body::Device(Box::new(fields.into_device(mac, &mac_text)))
        }
        _ => answer(&types, &fields),
    };
    Ok(Message {
        root,
        uuid,
        types,
        mac,
        reading,
        body,
    })
}

/// Whether there are elements that only a device's description has.
fn describes_device(fields: &Fields<'_>) -> bool {
    [
        Field::DeviceType,
        Field::DeviceDescription,
        Field::DeviceSn,
        Field::Ipv4,
        Field::SoftwareVersion,
    ]
    .iter()
    .any(|field| fields.text(*field).is_some())
}

fn bad_mac(text: &str) -> ParseError {
    ParseError::BadMac {
        text: printable(cut(text, 64)).into_owned(),
    }
}

fn answer(types: &Types, fields: &Fields<'_>) -> Body {
    let verdict = Verdict {
        result: ResultText::parse(fields.text(Field::Result).unwrap_or_default(), types),
        tries_left: fields
            .number(Field::RetryTimes)
            .or_else(|| fields.number(Field::RetryModifyTime)),
        lock_minutes: fields.number(Field::SurplusLockTime),
    };
    match types {
        Types::GetEncryptString => Body::EncryptString {
            verdict,
            string: fields.opaque(Field::EncryptString),
        },
        Types::GetCode | Types::ExchangeCode => Body::Code {
            verdict,
            code: fields.opaque(Field::Code),
        },
        Types::GetPasswordResetType => Body::PasswordResetType {
            verdict,
            flags: PasswordResetType {
                enabled: fields.is_true(Field::ResetEnabled),
                security_question: fields.is_true(Field::QuestionEnabled),
                guid: fields.is_true(Field::GuidEnabled),
                mail: fields.is_true(Field::MailEnabled),
                hc_verification_code: fields.is_true(Field::HcCodeEnabled),
            },
        },
        Types::Reset | Types::Activate | Types::Lamp => Body::Verdict(verdict),
        _ if verdict.result != ResultText::Empty => Body::Verdict(verdict),
        _ => Body::Other,
    }
}
