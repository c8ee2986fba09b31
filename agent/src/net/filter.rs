//! The classic BPF program of the packet socket: what is not ours never wakes the program.

use socket2::SockFilter;

const LOAD_WORD: u16 = 0x20; // BPF_LD | BPF_W | BPF_ABS
const LOAD_HALF: u16 = 0x28; // BPF_LD | BPF_H | BPF_ABS
const LOAD_BYTE: u16 = 0x30; // BPF_LD | BPF_B | BPF_ABS
const LOAD_HALF_X: u16 = 0x48; // BPF_LD | BPF_H | BPF_IND
const LOAD_X_HEADER: u16 = 0xb1; // BPF_LDX | BPF_B | BPF_MSH
const JUMP_EQUAL: u16 = 0x15; // BPF_JMP | BPF_JEQ | BPF_K
const JUMP_SET: u16 = 0x45; // BPF_JMP | BPF_JSET | BPF_K
const AND: u16 = 0x54; // BPF_ALU | BPF_AND | BPF_K
const RETURN: u16 = 0x06; // BPF_RET | BPF_K
/// `SKF_AD_OFF + SKF_AD_VLAN_TAG`: the tag that the kernel or the card took off.
const VLAN_TAG: u32 = 0xffff_f000 + 44;
const WHOLE: u32 = 0x0004_0000;

/// Lets through, untagged only: EtherType 0x8033; IPv4 UDP to one of the two ports; and every
/// later fragment of IPv4 UDP, because such a fragment carries no ports.
///
/// Tagged frames belong to the VLAN's own interface, where they are heard again.
pub(super) fn program(port: u16, other_port: u16) -> [SockFilter; 16] {
    let op = SockFilter::new;
    [
        op(LOAD_WORD, 0, 0, VLAN_TAG),
        op(AND, 0, 0, 0x0fff),
        op(JUMP_EQUAL, 0, 11, 0), // or drop
        op(LOAD_HALF, 0, 0, 12),
        op(JUMP_EQUAL, 10, 0, u32::from(sadp::ETHERTYPE)), // accept
        op(JUMP_EQUAL, 0, 8, 0x0800),                      // or drop
        op(LOAD_BYTE, 0, 0, 23),
        op(JUMP_EQUAL, 0, 6, 17), // or drop
        op(LOAD_HALF, 0, 0, 20),
        op(JUMP_SET, 5, 0, 0x1fff), // a later fragment: accept
        op(LOAD_X_HEADER, 0, 0, 14),
        op(LOAD_HALF_X, 0, 0, 16),
        op(JUMP_EQUAL, 2, 0, u32::from(port)),       // accept
        op(JUMP_EQUAL, 1, 0, u32::from(other_port)), // accept
        op(RETURN, 0, 0, 0),                         // drop
        op(RETURN, 0, 0, WHOLE),                     // accept
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use socket2::{Domain, Socket, Type};

    /// Sends the frame through a socket pair that carries the program: the kernel itself judges it.
    fn passes(frame: &[u8]) -> bool {
        let (to, from) = Socket::pair(Domain::UNIX, Type::DGRAM, None).expect("a socket pair");
        from.attach_filter(&program(37020, 40_000))
            .expect("the kernel accepts the program");
        from.set_nonblocking(true).expect("non-blocking");
        // A refused datagram is an error to the sender of a local socket, or silently gone.
        let _ = to.send(frame);
        let mut buffer = [std::mem::MaybeUninit::uninit(); 256];
        from.recv(&mut buffer).is_ok_and(|len| {
            assert_eq!(len, frame.len(), "nothing is cut");
            true
        })
    }

    fn udp_frame(options: usize, protocol: u8, fragment: u16, port: u16) -> Vec<u8> {
        let mut frame = vec![0_u8; 12];
        frame.extend(0x0800_u16.to_be_bytes());
        let header = 20 + options;
        let mut ip = vec![0_u8; header + 8];
        ip[0] = 0x40 | (header / 4) as u8;
        ip[6..8].copy_from_slice(&fragment.to_be_bytes());
        ip[9] = protocol;
        ip[header + 2..header + 4].copy_from_slice(&port.to_be_bytes());
        frame.extend(ip);
        frame
    }

    #[test]
    fn our_two_ports_pass_with_and_without_ip_options() {
        for options in [0, 4, 40] {
            assert!(passes(&udp_frame(options, 17, 0, 37020)));
            assert!(passes(&udp_frame(options, 17, 0, 40_000)));
            assert!(!passes(&udp_frame(options, 17, 0, 37021)));
        }
    }

    #[test]
    fn first_fragments_are_judged_by_port_and_later_ones_pass() {
        assert!(passes(&udp_frame(0, 17, 0x2000, 37020)));
        assert!(!passes(&udp_frame(0, 17, 0x2000, 53)));
        assert!(passes(&udp_frame(0, 17, 0x2001, 53)));
        assert!(passes(&udp_frame(0, 17, 0x00b9, 53)));
    }

    #[test]
    fn other_protocols_and_ethertypes_stop_here() {
        assert!(!passes(&udp_frame(0, 6, 0, 37020)));
        assert!(!passes(&udp_frame(0, 6, 0x2001, 37020)));
        let mut arp = vec![0_u8; 60];
        arp[12..14].copy_from_slice(&[0x08, 0x06]);
        assert!(!passes(&arp));
        let mut tagged = vec![0_u8; 60];
        tagged[12..14].copy_from_slice(&[0x81, 0x00]);
        assert!(!passes(&tagged));
    }

    #[test]
    fn the_vendors_ethertype_passes_and_stumps_do_not_matter() {
        let mut frame = vec![0_u8; 80];
        frame[12..14].copy_from_slice(&[0x80, 0x33]);
        assert!(passes(&frame));
        for len in 1..14 {
            assert!(!passes(&frame[..len]));
        }
        let udp = udp_frame(0, 17, 0, 37020);
        for len in 1..38 {
            assert!(!passes(&udp[..len]));
        }
    }
}
