//! IPv4 and UDP as the packet socket sees and sends them: a checked reading, and a frame made by
//! hand for a link on which the kernel has no address to send from.

use std::net::Ipv4Addr;

/// Ethernet header without a tag.
pub(super) const ETHERNET: usize = 14;
const UDP: u8 = 17;

/// What a frame of the packet socket holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Packet<'a> {
    /// A whole UDP datagram.
    Datagram(Datagram<'a>),
    /// A piece of one.
    Fragment(Fragment<'a>),
    /// A frame of the vendor's EtherType.
    Frame,
    /// Not ours, or broken.
    Nothing,
}

/// A UDP datagram with its addresses.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Datagram<'a> {
    pub(super) source: Ipv4Addr,
    pub(super) source_port: u16,
    pub(super) port: u16,
    pub(super) payload: &'a [u8],
}

/// One fragment of an IPv4 packet that carries UDP.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fragment<'a> {
    pub(super) key: FragmentKey,
    /// In bytes; a multiple of 8.
    pub(super) offset: usize,
    /// This is the last piece.
    pub(super) last: bool,
    /// The UDP header (in the first piece) and payload.
    pub(super) bytes: &'a [u8],
}

/// Pieces of one packet have this in common (RFC 791; the protocol is always UDP here).
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct FragmentKey {
    pub(super) source: Ipv4Addr,
    pub(super) destination: Ipv4Addr,
    pub(super) id: u16,
}

/// Reads a frame from the destination address on. `checksum_settled`: the UDP checksum is not to be
/// looked at, because the card has verified it or the sender is this machine and never filled it in.
pub(super) fn read(frame: &[u8], checksum_settled: bool) -> Packet<'_> {
    let Some((header, packet)) = frame.split_at_checked(ETHERNET) else {
        return Packet::Nothing;
    };
    match u16::from_be_bytes([header[12], header[13]]) {
        sadp::ETHERTYPE => Packet::Frame,
        0x0800 => read_ipv4(packet, checksum_settled).unwrap_or(Packet::Nothing),
        _ => Packet::Nothing,
    }
}

fn read_ipv4(packet: &[u8], checksum_settled: bool) -> Option<Packet<'_>> {
    let first = *packet.first()?;
    let header_len = usize::from(first & 0xf) * 4;
    if first >> 4 != 4 || header_len < 20 {
        return None;
    }
    let header = packet.get(..header_len)?;
    if checksum(&[header]) != 0 || header[9] != UDP {
        return None;
    }
    let total = usize::from(half(header, 2)?);
    // What follows `total` is the padding of a short Ethernet frame.
    let bytes = packet.get(header_len..total)?;
    let source = address(header, 12)?;
    let destination = address(header, 16)?;
    let fragment = half(header, 6)?;
    let offset = usize::from(fragment & 0x1fff) * 8;
    let last = fragment & 0x2000 == 0;
    if offset != 0 || !last {
        return Some(Packet::Fragment(Fragment {
            key: FragmentKey {
                source,
                destination,
                id: half(header, 4)?,
            },
            offset,
            last,
            bytes,
        }));
    }
    read_udp(source, destination, bytes, checksum_settled).map(Packet::Datagram)
}

/// Reads a UDP header and checks length and checksum; `bytes` is what the IP packet carries.
pub(super) fn read_udp(
    source: Ipv4Addr,
    destination: Ipv4Addr,
    bytes: &[u8],
    checksum_settled: bool,
) -> Option<Datagram<'_>> {
    let len = usize::from(half(bytes, 4)?);
    let datagram = bytes.get(..len)?;
    let payload = datagram.get(8..)?;
    let absent = half(bytes, 6)? == 0;
    if !absent
        && !checksum_settled
        && checksum(&[&pseudo_header(source, destination, len), datagram]) != 0
    {
        return None;
    }
    Some(Datagram {
        source,
        source_port: half(bytes, 0)?,
        port: half(bytes, 2)?,
        payload,
    })
}

/// Addresses of a frame made by hand.
pub(super) struct Envelope {
    pub(super) source_mac: [u8; 6],
    pub(super) source: Ipv4Addr,
    pub(super) destination: Ipv4Addr,
    /// Source and destination port.
    pub(super) ports: (u16, u16),
    pub(super) id: u16,
}

/// A whole Ethernet frame with IPv4 and UDP around `payload`. `None` when it does not fit into one
/// frame of 1500 bytes: nothing the box asks is that long.
pub(super) fn emit(envelope: &Envelope, payload: &[u8]) -> Option<Vec<u8>> {
    const MTU: usize = 1500;
    let udp_len = payload.len() + 8;
    let total = udp_len + 20;
    if total > MTU {
        return None;
    }
    let mut frame = Vec::with_capacity(ETHERNET + total);
    frame.extend(hardware_address(envelope.destination));
    frame.extend(envelope.source_mac);
    frame.extend(0x0800_u16.to_be_bytes());

    let mut header = [0_u8; 20];
    header[0] = 0x45;
    header[2..4].copy_from_slice(&u16::try_from(total).ok()?.to_be_bytes());
    header[4..6].copy_from_slice(&envelope.id.to_be_bytes());
    header[8] = 1; // Hops, as the kernel does for multicast.
    header[9] = UDP;
    header[12..16].copy_from_slice(&envelope.source.octets());
    header[16..20].copy_from_slice(&envelope.destination.octets());
    let sum = checksum(&[&header]);
    header[10..12].copy_from_slice(&sum.to_be_bytes());
    frame.extend(header);

    let mut udp = [0_u8; 8];
    udp[0..2].copy_from_slice(&envelope.ports.0.to_be_bytes());
    udp[2..4].copy_from_slice(&envelope.ports.1.to_be_bytes());
    udp[4..6].copy_from_slice(&u16::try_from(udp_len).ok()?.to_be_bytes());
    let pseudo = pseudo_header(envelope.source, envelope.destination, udp_len);
    // Zero would say "no checksum"; its other form means the same sum (RFC 768).
    let sum = match checksum(&[&pseudo, &udp, payload]) {
        0 => 0xffff,
        sum => sum,
    };
    udp[6..8].copy_from_slice(&sum.to_be_bytes());
    frame.extend(udp);
    frame.extend(payload);
    Some(frame)
}

/// A link-local address for the hand-made frames of a link without an address. A source of 0.0.0.0
/// would be dropped by every Linux device; this one is answered by multicast wherever the device
/// sits. Derived from the hardware address, so it stays the same and two boxes differ.
pub(super) fn link_local(mac: [u8; 6]) -> Ipv4Addr {
    // RFC 3927 leaves 169.254.1.0 to 169.254.254.255 for hosts.
    let third = 1 + (u16::from(mac[4]) * 253 / 255) as u8;
    Ipv4Addr::new(169, 254, third, mac[5])
}

/// Group addresses map to 01:00:5e and their low 23 bits (RFC 1112); anything else is broadcast.
fn hardware_address(destination: Ipv4Addr) -> [u8; 6] {
    let [_, b, c, d] = destination.octets();
    if destination.is_multicast() {
        [0x01, 0x00, 0x5e, b & 0x7f, c, d]
    } else {
        [0xff; 6]
    }
}

fn pseudo_header(source: Ipv4Addr, destination: Ipv4Addr, len: usize) -> [u8; 12] {
    let mut pseudo = [0_u8; 12];
    pseudo[0..4].copy_from_slice(&source.octets());
    pseudo[4..8].copy_from_slice(&destination.octets());
    pseudo[9] = UDP;
    // A UDP length never exceeds 16 bits: it was read from such a field or checked against the MTU.
    pseudo[10..12].copy_from_slice(&(len as u16).to_be_bytes());
    pseudo
}

/// The Internet checksum (RFC 1071) over the parts one after another; all but the last must be of
/// even length. Over data that holds a right checksum it is 0.
fn checksum(parts: &[&[u8]]) -> u16 {
    let mut sum = 0_u64;
    for part in parts {
        let (pairs, rest) = part.as_chunks();
        for pair in pairs {
            sum += u64::from(u16::from_be_bytes(*pair));
        }
        if let [odd] = rest {
            sum += u64::from(*odd) << 8;
        }
    }
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

fn half(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]))
}

fn address(bytes: &[u8], at: usize) -> Option<Ipv4Addr> {
    let bytes: [u8; 4] = bytes.get(at..at + 4)?.try_into().ok()?;
    Some(Ipv4Addr::from(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SENT: Envelope = Envelope {
        source_mac: [2, 0, 0, 0, 0, 9],
        source: Ipv4Addr::new(169, 254, 7, 9),
        destination: sadp::GROUP,
        ports: (37020, 37020),
        id: 77,
    };

    #[test]
    fn the_internet_checksum_of_rfc_1071() {
        // The RFC's own example, section 3.
        assert_eq!(
            checksum(&[&[0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]]),
            !0xddf2
        );
        assert_eq!(checksum(&[&[0xff]]), 0x00ff);
        assert_eq!(checksum(&[]), 0xffff);
    }

    #[test]
    fn a_made_frame_goes_to_the_groups_hardware_address() {
        let frame = emit(&SENT, b"hi").expect("short");
        assert_eq!(frame[..6], [0x01, 0x00, 0x5e, 0x7f, 0xff, 0xfa]);
        assert_eq!(frame.len(), 14 + 20 + 8 + 2);
        let everyone = Envelope {
            destination: Ipv4Addr::BROADCAST,
            ..SENT
        };
        assert_eq!(emit(&everyone, b"hi").expect("short")[..6], [0xff; 6]);
        assert_eq!(emit(&SENT, &[0; 1473]), None);
    }

    #[test]
    fn a_flipped_bit_is_noticed_unless_the_card_vouches() {
        let frame = emit(&SENT, b"payload").expect("short");
        for at in ETHERNET..frame.len() {
            let mut broken = frame.clone();
            broken[at] ^= 0x10;
            assert!(
                !matches!(read(&broken, false), Packet::Datagram(_)),
                "byte {at} went unnoticed"
            );
        }
        let mut broken = frame;
        *broken.last_mut().expect("not empty") ^= 1;
        assert!(matches!(read(&broken, true), Packet::Datagram(_)));
    }

    #[test]
    fn padding_of_short_frames_is_no_payload() {
        let mut frame = emit(&SENT, b"x").expect("short");
        frame.resize(60, 0xaa);
        let Packet::Datagram(datagram) = read(&frame, false) else {
            panic!("not read")
        };
        assert_eq!(datagram.payload, b"x");
    }

    #[test]
    fn link_local_addresses_keep_to_the_range_for_hosts() {
        for high in 0..=255 {
            let [a, b, c, _] = link_local([2, 0, 0, 0, high, 5]).octets();
            assert_eq!((a, b), (169, 254));
            assert!((1..=254).contains(&c));
        }
    }

    proptest! {
        #[test]
        fn what_is_made_is_read(payload in proptest::collection::vec(any::<u8>(), 0..1400), id: u16) {
            let frame = emit(&Envelope { id, ..SENT }, &payload).expect("fits");
            prop_assert_eq!(read(&frame, false), Packet::Datagram(Datagram {
                source: SENT.source, source_port: 37020, port: 37020, payload: &payload,
            }));
        }

        #[test]
        fn nothing_that_arrives_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200), settled: bool) {
            let _ = read(&bytes, settled);
            let mut frame = vec![0; 12];
            frame.extend([0x08, 0x00, 0x45]);
            frame.extend(&bytes);
            let _ = read(&frame, settled);
        }
    }
}
