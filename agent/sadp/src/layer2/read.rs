//! Reading frames.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::{
    ANSWER_PAYLOAD, CHECKSUM, EXTENSION_LENGTH, EXTENSION_START, FIXED, HEADER, ID,
    Layer2Extension, Layer2Kind, checksum,
};
use crate::ETHERTYPE;
use crate::boot_time::BootTime;
use crate::device::Device;
use crate::mac::Mac;
use crate::xml::{decode, trim};

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

impl Layer2Extension {
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
