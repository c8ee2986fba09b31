//! Ethernet, IPv4 and UDP as bytes: what the cameras of raw mode send with addresses that no interface has.

use std::net::{Ipv4Addr, SocketAddrV4};

/// Length of an Ethernet header (bytes).
pub(crate) const ETHERNET: usize = 14;
const IPV4: usize = 20;
const UDP: usize = 8;
const ETHERTYPE_IPV4: u16 = 0x0800;
const PROTOCOL_UDP: u8 = 17;

/// A UDP datagram found in a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct UdpFrame<'a> {
    pub(crate) source_mac: [u8; 6],
    pub(crate) source: SocketAddrV4,
    pub(crate) destination: SocketAddrV4,
    pub(crate) payload: &'a [u8],
}

/// The EtherType of a frame.
pub(crate) fn ethertype(frame: &[u8]) -> Option<u16> {
    Some(u16::from_be_bytes([*frame.get(12)?, *frame.get(13)?]))
}

/// Finds a whole UDP datagram in a frame. Fragments are left alone: a request is never that long. The UDP checksum is
/// not looked at, because a sender on the same machine leaves it to hardware that is not there.
pub(crate) fn read(frame: &[u8]) -> Option<UdpFrame<'_>> {
    if ethertype(frame)? != ETHERTYPE_IPV4 {
        return None;
    }
    let source_mac = frame[6..12].try_into().ok()?;
    let ip = &frame[ETHERNET..];
    let fixed: &[u8; IPV4] = ip.first_chunk()?;
    let header = usize::from(fixed[0] & 0x0f) * 4;
    let total = usize::from(u16::from_be_bytes([fixed[2], fixed[3]]));
    let fragment = u16::from_be_bytes([fixed[6], fixed[7]]) & 0x3fff;
    if fixed[0] >> 4 != 4 || header < IPV4 || fragment != 0 || fixed[9] != PROTOCOL_UDP {
        return None;
    }
    // What follows `total` is Ethernet padding.
    let udp = ip.get(header..total)?;
    let ports: &[u8; UDP] = udp.first_chunk()?;
    let length = usize::from(u16::from_be_bytes([ports[4], ports[5]]));
    let address = |at: usize| Ipv4Addr::new(fixed[at], fixed[at + 1], fixed[at + 2], fixed[at + 3]);
    Some(UdpFrame {
        source_mac,
        source: SocketAddrV4::new(address(12), u16::from_be_bytes([ports[0], ports[1]])),
        destination: SocketAddrV4::new(address(16), u16::from_be_bytes([ports[2], ports[3]])),
        payload: udp.get(UDP..length)?,
    })
}

/// Both ends of a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ends {
    pub(crate) source_mac: [u8; 6],
    pub(crate) source: SocketAddrV4,
    pub(crate) destination_mac: [u8; 6],
    pub(crate) destination: SocketAddrV4,
}

/// The hardware address of a multicast group.
pub(crate) fn group_mac(group: Ipv4Addr) -> [u8; 6] {
    let [_, a, b, c] = group.octets();
    [0x01, 0x00, 0x5e, a & 0x7f, b, c]
}

/// Appends the frames of one datagram: one, or its fragments where it is longer than `mtu`. `id` tells its fragments
/// from those of another.
pub(crate) fn write(frames: &mut Vec<Vec<u8>>, ends: &Ends, payload: &[u8], mtu: usize, id: u16) {
    let datagram = udp(ends, payload);
    // All but the last fragment carry a multiple of eight bytes.
    let most = (mtu.max(IPV4 + 8) - IPV4) & !7;
    let mut at = 0;
    while at < datagram.len() {
        let rest = &datagram[at..];
        let (part, more) = if rest.len() + IPV4 > mtu && rest.len() > most {
            (&rest[..most], true)
        } else {
            (rest, false)
        };
        let mut frame = Vec::with_capacity(ETHERNET + IPV4 + part.len());
        frame.extend(ends.destination_mac);
        frame.extend(ends.source_mac);
        frame.extend(ETHERTYPE_IPV4.to_be_bytes());
        frame.extend(ipv4(ends, part.len(), id, at / 8, more));
        frame.extend(part);
        // The shortest Ethernet frame, without its check sequence.
        frame.resize(frame.len().max(60), 0);
        frames.push(frame);
        at += part.len();
    }
}

fn ipv4(ends: &Ends, length: usize, id: u16, offset: usize, more: bool) -> [u8; IPV4] {
    let mut header = [0_u8; IPV4];
    header[0] = 0x45;
    // Both are below 64 KiB: the datagram was checked to be.
    header[2..4].copy_from_slice(&((IPV4 + length) as u16).to_be_bytes());
    header[4..6].copy_from_slice(&id.to_be_bytes());
    header[6..8].copy_from_slice(&(offset as u16 | if more { 0x2000 } else { 0 }).to_be_bytes());
    header[8] = 64;
    header[9] = PROTOCOL_UDP;
    header[12..16].copy_from_slice(&ends.source.ip().octets());
    header[16..20].copy_from_slice(&ends.destination.ip().octets());
    let sum = !ones_sum(0, &header);
    header[10..12].copy_from_slice(&sum.to_be_bytes());
    header
}

/// UDP header and payload; a payload that does not fit into a datagram is cut.
fn udp(ends: &Ends, payload: &[u8]) -> Vec<u8> {
    let payload = &payload[..payload.len().min(65_507)];
    let length = (UDP + payload.len()) as u16;
    let mut datagram = Vec::with_capacity(UDP + payload.len());
    datagram.extend(ends.source.port().to_be_bytes());
    datagram.extend(ends.destination.port().to_be_bytes());
    datagram.extend(length.to_be_bytes());
    datagram.extend([0, 0]);
    datagram.extend(payload);
    let mut pseudo = Vec::with_capacity(12);
    pseudo.extend(ends.source.ip().octets());
    pseudo.extend(ends.destination.ip().octets());
    pseudo.extend([0, PROTOCOL_UDP]);
    pseudo.extend(length.to_be_bytes());
    let sum = !ones_sum(ones_sum(0, &pseudo), &datagram);
    // 0 means "no checksum".
    let sum = if sum == 0 { 0xffff } else { sum };
    datagram[6..8].copy_from_slice(&sum.to_be_bytes());
    datagram
}

/// The ones' complement sum of RFC 1071, going on from `start`; an odd last byte counts as if a 00 followed.
pub(crate) fn ones_sum(start: u16, bytes: &[u8]) -> u16 {
    let mut sum = u32::from(start);
    let (words, rest) = bytes.as_chunks();
    for word in words {
        sum += u32::from(u16::from_be_bytes(*word));
    }
    if let [last] = rest {
        sum += u32::from(*last) << 8;
    }
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    sum as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends() -> Ends {
        Ends {
            source_mac: [1, 2, 3, 4, 5, 6],
            source: "192.0.0.64:37020".parse().expect("an address"),
            destination_mac: group_mac(Ipv4Addr::new(239, 255, 255, 250)),
            destination: "239.255.255.250:37020".parse().expect("an address"),
        }
    }

    #[test]
    fn one_frame_reads_back() {
        assert_eq!(ends().destination_mac, [0x01, 0x00, 0x5e, 0x7f, 0xff, 0xfa]);
        let mut frames = Vec::new();
        write(&mut frames, &ends(), b"hello", 1500, 7);
        let [frame] = &frames[..] else {
            panic!("one frame")
        };
        assert_eq!(frame.len(), 60, "padded");
        // A sum over a header with its checksum is all ones.
        assert_eq!(ones_sum(0, &frame[ETHERNET..ETHERNET + IPV4]), 0xffff);
        let found = read(frame).expect("a datagram");
        assert_eq!(found.payload, b"hello");
        assert_eq!(
            (found.source, found.destination),
            (ends().source, ends().destination)
        );
        assert_eq!(found.source_mac, ends().source_mac);
    }

    #[test]
    fn long_datagrams_are_cut_into_fragments_that_fit() {
        for (length, count) in [(1472, 1), (1473, 2), (2500, 2), (8000, 6), (65_507, 45)] {
            let payload: Vec<u8> = (0..length).map(|byte| byte as u8).collect();
            let mut frames = Vec::new();
            write(&mut frames, &ends(), &payload, 1500, 7);
            assert_eq!(frames.len(), count, "{length}");
            let mut whole: Vec<u8> = Vec::new();
            for (index, frame) in frames.iter().enumerate() {
                assert!(frame.len() <= ETHERNET + 1500);
                let ip = &frame[ETHERNET..];
                assert_eq!(ones_sum(0, &ip[..IPV4]), 0xffff);
                let word = u16::from_be_bytes([ip[6], ip[7]]);
                assert_eq!(usize::from(word & 0x1fff) * 8, whole.len());
                assert_eq!(word & 0x2000 != 0, index + 1 < frames.len());
                let total = usize::from(u16::from_be_bytes([ip[2], ip[3]]));
                whole.extend(&ip[IPV4..total]);
            }
            assert_eq!(&whole[UDP..], payload);
            assert_eq!(
                read(&frames[0]).is_some(),
                count == 1,
                "fragments are left alone"
            );
        }
    }

    #[test]
    fn garbage_is_no_datagram() {
        let mut frames = Vec::new();
        write(&mut frames, &ends(), b"hello", 1500, 7);
        for end in 0..frames[0].len() - 13 {
            assert_eq!(read(&frames[0][..end]), None, "{end}");
        }
        assert_eq!(read(&[0xff; 64]), None);
    }
}
