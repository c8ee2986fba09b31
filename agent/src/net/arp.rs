//! Address conflict detection (RFC 5227): is an address free on this link, and does it stay ours.

use std::net::Ipv4Addr;

/// Ethernet header and ARP packet for IPv4.
const LEN: usize = 42;

/// One ARP packet, as far as conflicts go.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
struct Arp {
    sender_mac: [u8; 6],
    sender: Ipv4Addr,
    target: Ipv4Addr,
    request: bool,
}

/// "Has anybody this address?", asked without claiming it: the sender's address is 0.0.0.0.
pub(super) fn probe(mac: [u8; 6], address: Ipv4Addr) -> [u8; LEN] {
    request(mac, Ipv4Addr::UNSPECIFIED, address)
}

/// "This address is mine": corrects what others may remember of an earlier owner.
pub(super) fn announcement(mac: [u8; 6], address: Ipv4Addr) -> [u8; LEN] {
    request(mac, address, address)
}

fn request(mac: [u8; 6], sender: Ipv4Addr, target: Ipv4Addr) -> [u8; LEN] {
    let mut frame = [0; LEN];
    frame[0..6].copy_from_slice(&[0xff; 6]);
    frame[6..12].copy_from_slice(&mac);
    // EtherType ARP; Ethernet, IPv4, their address lengths; operation 1: request.
    frame[12..22].copy_from_slice(&[0x08, 0x06, 0, 1, 0x08, 0, 6, 4, 0, 1]);
    frame[22..28].copy_from_slice(&mac);
    frame[28..32].copy_from_slice(&sender.octets());
    frame[38..42].copy_from_slice(&target.octets());
    frame
}

/// Whether a frame shows that somebody else has the address (RFC 5227, 2.1.1 and 2.4).
/// `probing`: it is not ours yet, so somebody else's probe for it counts as well.
pub(super) fn conflicts(frame: &[u8], mac: [u8; 6], address: Ipv4Addr, probing: bool) -> bool {
    read(frame).is_some_and(|arp| {
        let probes = arp.request && arp.sender.is_unspecified() && arp.target == address;
        arp.sender_mac != mac && (arp.sender == address || (probing && probes))
    })
}

fn read(frame: &[u8]) -> Option<Arp> {
    let frame: &[u8; LEN] = frame.get(..LEN)?.try_into().ok()?;
    let address = |at: usize| Ipv4Addr::new(frame[at], frame[at + 1], frame[at + 2], frame[at + 3]);
    let mut sender_mac = [0; 6];
    sender_mac.copy_from_slice(&frame[22..28]);
    (frame[12..20] == [0x08, 0x06, 0, 1, 0x08, 0, 6, 4]).then(|| Arp {
        sender_mac,
        sender: address(28),
        target: address(38),
        request: frame[20..22] == [0, 1],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: [u8; 6] = [2, 0, 0, 0, 0, 1];
    const OTHER: [u8; 6] = [2, 0, 0, 0, 0, 2];
    const ADDRESS: Ipv4Addr = Ipv4Addr::new(192, 0, 0, 200);

    #[test]
    fn an_owner_and_another_prober_are_conflicts_and_our_own_echo_is_none() {
        assert!(conflicts(
            &announcement(OTHER, ADDRESS),
            OURS,
            ADDRESS,
            true
        ));
        assert!(conflicts(
            &announcement(OTHER, ADDRESS),
            OURS,
            ADDRESS,
            false
        ));
        assert!(conflicts(&probe(OTHER, ADDRESS), OURS, ADDRESS, true));
        assert!(!conflicts(&probe(OTHER, ADDRESS), OURS, ADDRESS, false));
        assert!(!conflicts(&probe(OURS, ADDRESS), OURS, ADDRESS, true));
        assert!(!conflicts(
            &announcement(OURS, ADDRESS),
            OURS,
            ADDRESS,
            false
        ));
        let another = Ipv4Addr::new(192, 0, 0, 201);
        assert!(!conflicts(
            &announcement(OTHER, another),
            OURS,
            ADDRESS,
            true
        ));
        // Somebody asks for the address's owner: no claim.
        assert!(!conflicts(
            &request(OTHER, another, ADDRESS),
            OURS,
            ADDRESS,
            true
        ));
    }

    #[test]
    fn stumps_and_other_frames_are_nothing() {
        let frame = announcement(OTHER, ADDRESS);
        for len in 0..LEN {
            assert!(!conflicts(&frame[..len], OURS, ADDRESS, true));
        }
        let mut odd = frame;
        odd[13] = 0;
        assert!(!conflicts(&odd, OURS, ADDRESS, true));
    }
}
