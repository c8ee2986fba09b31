//! Hikvision's Search Active Devices Protocol (SADP): bytes to messages and back, the cryptography of
//! its key exchange, and its layer-2 frames.
//!
//! The crate does no I/O, reads no clock and makes no randomness: datagrams and frames come in as
//! byte slices, randomness comes in as arguments. It never panics on anything that came from a network.
//!
//! # A scan in four lines
//!
//! ```
//! use sadp::{Body, Request, Uuid};
//!
//! let probe = Request::Inquiry.emit(&Uuid::from_random([7; 16]));
//! assert!(probe.starts_with(b"<?xml version=\"1.0\" encoding=\"utf-8\"?><Probe>"));
//!
//! let answer = b"<ProbeMatch><Types>inquiry</Types><MAC>44-47-cc-37-ce-81</MAC></ProbeMatch>";
//! let Body::Device(device) = sadp::parse(answer)?.body else { panic!("a device answered") };
//! assert_eq!(device.mac_text, "44-47-cc-37-ce-81");
//! # Ok::<(), sadp::ParseError>(())
//! ```
//!
//! # How sure is a fact? Grades A, B, C
//!
//! There is no public specification. Every protocol fact in these docs therefore carries a grade:
//!
//! - **A**: captured on a wire, or two independent implementations agree, or seen in experiments with
//!   the vendor's own client.
//! - **B**: one implementation only.
//! - **C**: inferred. What a *device* accepts is always C where only clients were seen.
//!
//! # Text from outside
//!
//! Text is kept as it came: lossless, and therefore possibly hostile. Pass it through [`printable`]
//! before it reaches a terminal, a page or a panel.
#![forbid(unsafe_code)]

mod boot_time;
mod crypto;
mod device;
mod exchange;
mod export;
mod fields;
mod layer2;
mod mac;
mod message;
mod printable;
mod recovery;
mod request;
mod reset_code;
mod result;
mod types;
mod update;
mod uuid;
mod xml;

pub use boot_time::{BootTime, BootTimeError};
pub use device::Device;
pub use exchange::{EncryptedPassword, ExchangeError, KeyPair, SessionKey};
pub use export::{Export, ExportForm, device_code};
pub use fields::{MAX_OPAQUE, MAX_OTHER, MAX_OTHER_BYTES, MAX_TEXT};
pub use layer2::{
    Layer2Answer, Layer2Error, Layer2Extension, Layer2Frame, Layer2Inquiry, Layer2Kind,
    emit_answer, parse_frame,
};
pub use mac::{Mac, MacError};
pub use message::{Body, Message, ParseError, PasswordResetType, Reading, Root, parse};
pub use printable::printable;
pub use recovery::{OwnerWays, Way, owner_ways, way};
pub use request::Request;
pub use reset_code::{
    EncryptedCode, MAX_CODE, MAX_ENCRYPTED_CODE, PlainCode, ResetCode, code_from_file,
};
pub use result::{ResultText, Verdict, code};
pub use types::Types;
pub use update::{UpdateDigest, update_digest};
pub use uuid::Uuid;

use std::net::Ipv4Addr;

/// The multicast group of every SADP request and most answers (A).
pub const GROUP: Ipv4Addr = Ipv4Addr::new(239, 255, 255, 250);
/// The UDP port of the group; devices listen on it and the vendor's client sends from it (A).
pub const PORT: u16 = 37020;
/// The EtherType of layer-2 SADP frames (A).
pub const ETHERTYPE: u16 = 0x8033;
/// The largest datagram [`parse`] reads, in bytes. UDP over IPv4 cannot carry more.
pub const MAX_DATAGRAM: usize = 65_536;
