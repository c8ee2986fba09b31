//! Making frames: the asking side, and the device's side for simulated ones.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::{
    ANSWER_PAYLOAD, CHECKSUM, EXTENSION_LENGTH, EXTENSION_START, FIXED, ID, INQUIRY_PAYLOAD,
    Layer2Kind, SHORTEST, checksum,
};
use crate::ETHERTYPE;
use crate::xml::cut;

/// A question to all devices on a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer2Inquiry {
    /// The asking interface's address.
    pub source_mac: [u8; 6],
    /// Its IPv4 address; unspecified when it has none (C).
    pub source_ip: Ipv4Addr,
    /// Counts the questions.
    pub sequence: u32,
}

/// An answer or online notice of a device: what a simulated one sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer2Answer {
    /// [`Layer2Kind::Answer`] or [`Layer2Kind::OnlineNotice`].
    pub kind: Layer2Kind,
    /// That of the inquiry.
    pub sequence: u32,
    /// The device's address.
    pub source_mac: [u8; 6],
    /// Its IPv4 address.
    pub source_ip: Ipv4Addr,
    /// The asker's address.
    pub destination_mac: [u8; 6],
    /// The asker's IPv4 address.
    pub destination_ip: Ipv4Addr,
    /// The device's subnet mask.
    pub mask: Ipv4Addr,
    /// The serial, cut after 47 bytes.
    pub serial: String,
    /// The device type.
    pub device_type: u32,
    /// The command port.
    pub port: u32,
    /// Analogue channels.
    pub encoders: u32,
    /// Disks.
    pub disks: u32,
    /// The software version, cut after 47 bytes.
    pub software: String,
    /// The DSP version, cut after 47 bytes.
    pub dsp: String,
    /// The boot time, cut after 47 bytes.
    pub boot_time: String,
    /// The second block.
    pub extension: Option<Layer2Extension>,
}

/// The optional second block of an answer (B).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer2Extension {
    /// The device's gateway.
    pub gateway: Ipv4Addr,
    /// Its IPv6 address.
    pub ipv6: Ipv6Addr,
    /// Its IPv6 gateway.
    pub ipv6_gateway: Ipv6Addr,
    /// Bits of its IPv6 prefix.
    pub ipv6_mask_len: u8,
    /// Whether it speaks IPv6.
    pub support_ipv6: bool,
    /// Whether its address came by DHCP.
    pub dhcp: bool,
    /// Its web port.
    pub http_port: u16,
    /// Digital channels.
    pub digital_channels: u16,
    /// The OEM byte, as it is.
    pub oem: u8,
    /// The activation byte, as it is: which value means what is not proven (C).
    pub activated: u8,
    /// The cloud byte, as it is.
    pub ezviz: u8,
    /// The model, cut after 23 bytes.
    pub model: String,
    /// The brand, cut after 23 bytes.
    pub oem_info: String,
}

impl Layer2Inquiry {
    /// The whole Ethernet frame, broadcast, 80 bytes.
    pub fn emit(&self) -> Vec<u8> {
        self.emit_with_ipv6(Ipv6Addr::UNSPECIFIED)
    }

    /// The same with the asker's IPv6 address, which the vendor's client fills in (A).
    pub fn emit_with_ipv6(&self, source_ipv6: Ipv6Addr) -> Vec<u8> {
        let mut payload = [0; INQUIRY_PAYLOAD];
        payload[..16].copy_from_slice(&source_ipv6.octets());
        let fixed = Fixed {
            version: 2,
            kind: Layer2Kind::Inquiry,
            sequence: self.sequence,
            source: (self.source_mac, self.source_ip),
            destination: ([0xff; 6], Ipv4Addr::UNSPECIFIED),
            mask: Ipv4Addr::UNSPECIFIED,
        };
        fixed.emit(&payload)
    }
}

/// The whole Ethernet frame of an answer or online notice.
pub fn emit_answer(answer: &Layer2Answer) -> Vec<u8> {
    let mut payload = Vec::with_capacity(ANSWER_PAYLOAD);
    put_text(&mut payload, &answer.serial, 48);
    for number in [
        answer.device_type,
        answer.port,
        answer.encoders,
        answer.disks,
    ] {
        payload.extend(number.to_be_bytes());
    }
    for text in [&answer.software, &answer.dsp, &answer.boot_time] {
        put_text(&mut payload, text, 48);
    }
    let fixed = Fixed {
        version: 1,
        kind: answer.kind,
        sequence: answer.sequence,
        source: (answer.source_mac, answer.source_ip),
        destination: (answer.destination_mac, answer.destination_ip),
        mask: answer.mask,
    };
    let mut frame = fixed.emit(&payload);
    if let Some(extension) = &answer.extension {
        frame.extend(extension.emit());
    }
    frame
}

/// The fixed part of a frame.
struct Fixed {
    version: u8,
    kind: Layer2Kind,
    sequence: u32,
    source: ([u8; 6], Ipv4Addr),
    destination: ([u8; 6], Ipv4Addr),
    mask: Ipv4Addr,
}

impl Fixed {
    /// The frame with `payload`, at most 217 bytes, padded to the shortest length.
    fn emit(&self, payload: &[u8]) -> Vec<u8> {
        let length =
            u8::try_from(FIXED + payload.len()).expect("payloads are made here and are short");
        let mut body = Vec::with_capacity(FIXED + payload.len());
        body.extend([ID, self.version, 1, length]);
        body.extend(self.sequence.to_be_bytes());
        // Lengths of the two kinds of address, the kind, no opcode, room for the checksum.
        body.extend([6, 4, self.kind.number(), 0, 0, 0]);
        body.extend(self.source.0);
        body.extend(self.source.1.octets());
        body.extend(self.destination.0);
        body.extend(self.destination.1.octets());
        body.extend(self.mask.octets());
        body.extend(payload);
        let sum = checksum(&body, CHECKSUM);
        body[CHECKSUM..CHECKSUM + 2].copy_from_slice(&sum.to_be_bytes());
        let mut frame = [
            &self.destination.0[..],
            &self.source.0,
            &ETHERTYPE.to_be_bytes(),
            &body,
        ]
        .concat();
        frame.resize(frame.len().max(SHORTEST), 0);
        frame
    }
}

impl Layer2Extension {
    fn emit(&self) -> [u8; EXTENSION_LENGTH] {
        let mut fields = Vec::with_capacity(EXTENSION_LENGTH - 4);
        fields.extend(self.gateway.octets());
        fields.extend(self.ipv6.octets());
        fields.extend(self.ipv6_gateway.octets());
        fields.extend([
            self.ipv6_mask_len,
            u8::from(self.support_ipv6),
            u8::from(self.dhcp),
        ]);
        fields.resize(68, 0);
        fields.extend(self.http_port.to_be_bytes());
        fields.extend(self.digital_channels.to_be_bytes());
        fields.extend([self.oem, self.activated, 0, self.ezviz]);
        fields.resize(104, 0);
        put_text(&mut fields, &self.model, 24);
        put_text(&mut fields, &self.oem_info, 24);
        let mut block = [0; EXTENSION_LENGTH];
        block[..2].copy_from_slice(&EXTENSION_START);
        block[4..].copy_from_slice(&fields);
        let sum = checksum(&block, 2);
        block[2..4].copy_from_slice(&sum.to_be_bytes());
        block
    }
}

/// A text in a field of `length` bytes, cut so that a NUL follows.
fn put_text(bytes: &mut Vec<u8>, text: &str, length: usize) {
    let end = bytes.len() + length;
    bytes.extend(cut(text, length - 1).bytes());
    bytes.resize(end, 0);
}
