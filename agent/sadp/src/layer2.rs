//! SADP in bare Ethernet frames: discovery of devices that have no usable address (A, where not said otherwise).
//!
//! Numbers are big-endian. Offsets count from the end of the Ethernet header.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::ETHERTYPE;
use crate::boot_time::BootTime;
use crate::device::Device;
use crate::mac::Mac;
use crate::xml::{decode, trim};

/// Length of an Ethernet header, in bytes.
const HEADER: usize = 14;
/// Shortest frame that is sent, Ethernet header included, in bytes.
const SHORTEST: usize = 80;
/// The first byte of every SADP frame.
const ID: u8 = 0x21;
/// Length of the fixed part, in bytes; the payload follows.
const FIXED: usize = 38;
/// Offset of the checksum.
const CHECKSUM: usize = 12;
/// Length of an inquiry's payload, in bytes: an IPv6 address and zeros.
const INQUIRY_PAYLOAD: usize = 28;
/// Length of an answer's payload, in bytes.
const ANSWER_PAYLOAD: usize = 208;
/// The second block follows the payload: these two bytes, a checksum, fields (B).
const EXTENSION_START: [u8; 2] = [0x02, 0x9c];
/// Length of the second block, in bytes (B).
const EXTENSION_LENGTH: usize = 156;

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer2Kind {
    /// 1: a device came up.
    OnlineNotice,
    /// 3: who is there?
    Inquiry,
    /// 4: an answer to an inquiry.
    Answer,
    /// 6: change network settings.
    Update,
    /// 7: an answer to an update.
    UpdateAnswer,
    /// Any other number.
    Unknown(u8),
}

impl Layer2Kind {
    fn from_number(number: u8) -> Layer2Kind {
        match number {
            1 => Layer2Kind::OnlineNotice,
            3 => Layer2Kind::Inquiry,
            4 => Layer2Kind::Answer,
            6 => Layer2Kind::Update,
            7 => Layer2Kind::UpdateAnswer,
            number => Layer2Kind::Unknown(number),
        }
    }

    /// The number on the wire.
    pub fn number(self) -> u8 {
        match self {
            Layer2Kind::OnlineNotice => 1,
            Layer2Kind::Inquiry => 3,
            Layer2Kind::Answer => 4,
            Layer2Kind::Update => 6,
            Layer2Kind::UpdateAnswer => 7,
            Layer2Kind::Unknown(number) => number,
        }
    }
}

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

/// A frame that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer2Frame {
    /// What it is.
    pub kind: Layer2Kind,
    /// The byte after the kind; 0 in everything seen.
    pub opcode: u8,
    /// 2 from a client, 1 from a device.
    pub version: u8,
    /// Echoed in answers.
    pub sequence: u32,
    /// The sender.
    pub source_mac: [u8; 6],
    /// The sender's IPv4 address.
    pub source_ip: Ipv4Addr,
    /// The addressee.
    pub destination_mac: [u8; 6],
    /// The addressee's IPv4 address.
    pub destination_ip: Ipv4Addr,
    /// The sender's subnet mask.
    pub mask: Ipv4Addr,
    /// The asker's IPv6 address, in inquiries.
    pub source_ipv6: Option<Ipv6Addr>,
    /// The device, in answers and notices. `activated` stays true whatever the second block says, because the
    /// meaning of that byte is not proven; it is kept in [`Device::other`].
    pub device: Option<Box<Device>>,
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

/// Why a frame cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Layer2Error {
    /// Another EtherType or another first byte.
    #[error("not a layer-2 SADP frame: ignore it")]
    NotSadp,
    /// The frame ends before its own length field says.
    #[error(
        "layer-2 SADP frame of {length} bytes where {needed} are needed: torn on the way; ask again"
    )]
    Short {
        /// Bytes there are, Ethernet header included.
        length: usize,
        /// Bytes there should be.
        needed: usize,
    },
    /// The checksum does not fit.
    #[error(
        "layer-2 SADP frame with checksum {found:04x} where {expected:04x} fits: damaged on the way; ask again"
    )]
    Checksum {
        /// The checksum on the wire.
        found: u16,
        /// The checksum of the content.
        expected: u16,
    },
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

/// Reads a frame, Ethernet header included, and checks its checksum. A damaged second block is left out.
///
/// # Errors
/// See [`Layer2Error`]; the caller ignores such a frame, and may count it.
pub fn parse_frame(frame: &[u8]) -> Result<Layer2Frame, Layer2Error> {
    let (header, body) = frame
        .split_first_chunk::<HEADER>()
        .ok_or(Layer2Error::NotSadp)?;
    if header[12..] != ETHERTYPE.to_be_bytes() || body.first() != Some(&ID) {
        return Err(Layer2Error::NotSadp);
    }
    let short = |needed: usize| Layer2Error::Short {
        length: frame.len(),
        needed: HEADER + needed,
    };
    let fixed: &[u8; FIXED] = body.first_chunk().ok_or_else(|| short(FIXED))?;
    let length = usize::from(fixed[3]).max(FIXED);
    let covered = body.get(..length).ok_or_else(|| short(length))?;
    let found = u16::from_be_bytes(array(fixed, CHECKSUM));
    let expected = checksum(covered, CHECKSUM);
    if found != expected {
        return Err(Layer2Error::Checksum { found, expected });
    }
    let kind = Layer2Kind::from_number(fixed[10]);
    let payload = &covered[FIXED..];
    let mut read = Layer2Frame {
        kind,
        opcode: fixed[11],
        version: fixed[1],
        sequence: u32::from_be_bytes(array(fixed, 4)),
        source_mac: array(fixed, 14),
        source_ip: array(fixed, 20).into(),
        destination_mac: array(fixed, 24),
        destination_ip: array(fixed, 30).into(),
        mask: array(fixed, 34).into(),
        source_ipv6: None,
        device: None,
    };
    match kind {
        Layer2Kind::Inquiry => {
            read.source_ipv6 = payload.first_chunk::<16>().map(|octets| (*octets).into())
        }
        Layer2Kind::Answer | Layer2Kind::OnlineNotice => {
            read.device = payload.first_chunk().map(|payload| {
                let extension = Layer2Extension::parse(&body[length..]);
                Box::new(device(&read, payload, extension))
            });
        }
        _ => {}
    }
    Ok(read)
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

    fn parse(rest: &[u8]) -> Option<Layer2Extension> {
        let block: &[u8; EXTENSION_LENGTH] = rest.first_chunk()?;
        if block[..2] != EXTENSION_START
            || u16::from_be_bytes(array(block, 2)) != checksum(block, 2)
        {
            return None;
        }
        let fields: &[u8; EXTENSION_LENGTH - 4] = block.last_chunk()?;
        Some(Layer2Extension {
            gateway: array(fields, 0).into(),
            ipv6: array::<152, 16>(fields, 4).into(),
            ipv6_gateway: array::<152, 16>(fields, 20).into(),
            ipv6_mask_len: fields[36],
            support_ipv6: fields[37] != 0,
            dhcp: fields[38] != 0,
            http_port: u16::from_be_bytes(array(fields, 68)),
            digital_channels: u16::from_be_bytes(array(fields, 70)),
            oem: fields[72],
            activated: fields[73],
            ezviz: fields[75],
            model: text(&fields[104..128]).unwrap_or_default(),
            oem_info: text(&fields[128..]).unwrap_or_default(),
        })
    }
}

fn device(
    frame: &Layer2Frame,
    payload: &[u8; ANSWER_PAYLOAD],
    extension: Option<Layer2Extension>,
) -> Device {
    let number = |offset| u32::from_be_bytes(array(payload, offset));
    let mac = Mac(frame.source_mac);
    let mut device = Device::with_mac(mac, &mac.to_string());
    device.serial = text(&payload[..48]);
    device.device_type = Some(number(48).to_string());
    match u16::try_from(number(52)) {
        Ok(port) => device.command_port = Some(port),
        Err(_) => device
            .other
            .push(("CommandPort".into(), number(52).to_string())),
    }
    device.analog_channels = Some(number(56));
    device.disks = Some(number(60));
    device.software_version = text(&payload[64..112]);
    device.dsp_version = text(&payload[112..160]);
    device.boot_time_text = text(&payload[160..]);
    device.boot_time = device
        .boot_time_text
        .as_deref()
        .and_then(|text| BootTime::parse(text).ok());
    device.ipv4 = Some(frame.source_ip);
    device.ipv4_mask = Some(frame.mask);
    if let Some(extension) = extension {
        device.ipv4_gateway = Some(extension.gateway);
        device.ipv6 = Some(extension.ipv6.to_string());
        device.ipv6_gateway = Some(extension.ipv6_gateway.to_string());
        device.ipv6_mask_len = Some(extension.ipv6_mask_len);
        device.support_ipv6 = extension.support_ipv6;
        device.dhcp = extension.dhcp;
        device.http_port = Some(extension.http_port);
        device.digital_channels = Some(extension.digital_channels.into());
        device.model = Some(extension.model).filter(|text| !text.is_empty());
        device.oem_info = Some(extension.oem_info).filter(|text| !text.is_empty());
        for (name, value) in [
            ("OEM byte", extension.oem),
            ("Activated byte", extension.activated),
            ("EZVIZ byte", extension.ezviz),
        ] {
            device.other.push((name.into(), value.to_string()));
        }
    }
    device
}

/// RFC 1071 over the bytes with the checksum's own two at `hole` as zero; swapped, as it stands on the wire.
fn checksum(bytes: &[u8], hole: usize) -> u16 {
    let mut sum: u32 = 0;
    for (index, pair) in bytes.chunks(2).enumerate() {
        if index * 2 != hole {
            sum += u32::from(pair[0]) << 8 | pair.get(1).copied().map_or(0, u32::from);
        }
    }
    // At most 128 words are summed: two folds take in every carry.
    let sum = (sum & 0xffff) + (sum >> 16);
    let sum = (sum & 0xffff) + (sum >> 16);
    // Masked to 16 bits, the cast keeps the value.
    ((!sum & 0xffff) as u16).swap_bytes()
}

/// The `N` bytes at `offset`; every caller's offsets are constants that lie within `L`.
fn array<const L: usize, const N: usize>(bytes: &[u8; L], offset: usize) -> [u8; N] {
    let mut array = [0; N];
    array.copy_from_slice(&bytes[offset..offset + N]);
    array
}

/// A NUL-terminated text in any encoding devices use.
fn text(bytes: &[u8]) -> Option<String> {
    let end = bytes
        .iter()
        .position(|byte| *byte == 0)
        .unwrap_or(bytes.len());
    let text = decode(&bytes[..end]);
    let text = trim(&text);
    (!text.is_empty()).then(|| text.to_owned())
}

/// A text in a field of `length` bytes, cut so that a NUL follows.
fn put_text(bytes: &mut Vec<u8>, text: &str, length: usize) {
    let end = bytes.len() + length;
    bytes.extend(crate::xml::cut(text, length - 1).bytes());
    bytes.resize(end, 0);
}
