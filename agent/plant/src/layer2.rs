//! The device's side of SADP in bare Ethernet frames; offsets count from the end of the Ethernet header.

use std::net::Ipv4Addr;

use sadp::ETHERTYPE;

use crate::camera::Camera;
use crate::frame::{ETHERNET, ethertype, ones_sum};

const ID: u8 = 0x21;
const FROM_CLIENT: u8 = 2;
const FROM_DEVICE: u8 = 1;
const ONLINE_NOTICE: u8 = 1;
const INQUIRY: u8 = 3;
const ANSWER: u8 = 4;
const CHECKSUM_AT: usize = 12;
const FIXED: usize = 38;

/// Who asks by layer 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Layer2Asker {
    pub(crate) mac: [u8; 6],
    pub(crate) address: Ipv4Addr,
    pub(crate) sequence: u32,
}

/// Reads an inquiry; anything else, a wrong checksum among it, meets silence.
pub(crate) fn read_inquiry(frame: &[u8]) -> Option<Layer2Asker> {
    if ethertype(frame)? != ETHERTYPE || frame.len() < 80 {
        return None;
    }
    let body = &frame[ETHERNET..];
    let covered = body.get(..usize::from(body[3]))?;
    let fixed: &[u8; FIXED] = covered.first_chunk()?;
    let is_inquiry = fixed[..3] == [ID, FROM_CLIENT, 1] && fixed[8..11] == [6, 4, INQUIRY];
    // The vendor writes the sum of RFC 1071 with its bytes swapped.
    let right = checksum(covered, CHECKSUM_AT) == [fixed[CHECKSUM_AT], fixed[CHECKSUM_AT + 1]];
    (is_inquiry && right).then(|| Layer2Asker {
        mac: [
            fixed[14], fixed[15], fixed[16], fixed[17], fixed[18], fixed[19],
        ],
        address: Ipv4Addr::new(fixed[20], fixed[21], fixed[22], fixed[23]),
        sequence: u32::from_be_bytes([fixed[4], fixed[5], fixed[6], fixed[7]]),
    })
}

/// The whole Ethernet frame of a camera's answer.
pub(crate) fn answer(camera: &Camera, asker: Layer2Asker) -> Vec<u8> {
    frame(camera, ANSWER, asker)
}

/// The whole Ethernet frame a camera sends when it comes up.
pub(crate) fn online_notice(camera: &Camera) -> Vec<u8> {
    let everybody = Layer2Asker {
        mac: [0xff; 6],
        address: Ipv4Addr::BROADCAST,
        sequence: 0,
    };
    frame(camera, ONLINE_NOTICE, everybody)
}

fn frame(camera: &Camera, kind: u8, asker: Layer2Asker) -> Vec<u8> {
    let (identity, place, facts) = (camera.identity(), camera.place(), camera.facts());
    let mut body = vec![ID, FROM_DEVICE, 1, 0xf6];
    body.extend(asker.sequence.to_be_bytes());
    body.extend([6, 4, kind, 0, 0, 0]);
    body.extend(identity.mac);
    body.extend(place.address.octets());
    body.extend(asker.mac);
    body.extend(asker.address.octets());
    body.extend(place.subnet.mask().octets());
    text(&mut body, &identity.serial, 48);
    let device_type: u32 = facts.device_type.parse().unwrap_or(0);
    for number in [device_type, 8000, facts.analog, facts.disks] {
        body.extend(number.to_be_bytes());
    }
    for line in [facts.software, facts.dsp, camera.boot_time().as_str()] {
        text(&mut body, line, 48);
    }
    let sum = checksum(&body, CHECKSUM_AT);
    body[CHECKSUM_AT..CHECKSUM_AT + 2].copy_from_slice(&sum);
    body.extend(second_block(camera));

    let mut frame = Vec::with_capacity(ETHERNET + body.len());
    frame.extend(asker.mac);
    frame.extend(identity.mac);
    frame.extend(ETHERTYPE.to_be_bytes());
    frame.extend(body);
    frame
}

fn second_block(camera: &Camera) -> [u8; 156] {
    const HEAD: usize = 4;
    let facts = camera.facts();
    let mut block = [0_u8; 156];
    block[..2].copy_from_slice(&[0x02, 0x9c]);
    let fields = &mut block[HEAD..];
    fields[..4].copy_from_slice(&camera.place().subnet.gateway().octets());
    fields[36] = 64;
    fields[37] = 1;
    fields[68..70].copy_from_slice(&camera.place().http_port.to_be_bytes());
    fields[70..72].copy_from_slice(&(facts.digital as u16).to_be_bytes());
    fields[73] = u8::from(camera.password().is_some());
    let mut names = Vec::with_capacity(48);
    text(&mut names, &camera.identity().model, 24);
    text(&mut names, facts.oem.unwrap_or("N/A"), 24);
    fields[104..152].copy_from_slice(&names);
    let sum = checksum(&block, 2);
    block[2..4].copy_from_slice(&sum);
    block
}

/// `line` in `width` bytes, at least one 00 at the end.
fn text(body: &mut Vec<u8>, line: &str, width: usize) {
    let line = &line.as_bytes()[..line.len().min(width - 1)];
    body.extend(line);
    body.resize(body.len() + width - line.len(), 0);
}

/// The checksum as it stands on the wire, of `bytes` with its own two at `at` taken as zero.
fn checksum(bytes: &[u8], at: usize) -> [u8; 2] {
    let before = ones_sum(0, &bytes[..at]);
    (!ones_sum(before, &bytes[at + 2..])).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An inquiry as captured.
    const CAPTURED: &str = "ffffffffffff00155de6aa0b8033210201420000240306040300138200155de6aa0ba9fe5050\
                            ffffffffffff0000000000000000fe80000000000000647e5db09e93cd07000000000000000000000000";

    fn captured() -> Vec<u8> {
        let digits: Vec<u8> = CAPTURED.bytes().filter(u8::is_ascii_hexdigit).collect();
        let byte = |two: &[u8]| u8::from_str_radix(std::str::from_utf8(two).expect("ASCII"), 16);
        digits
            .chunks(2)
            .map(|two| byte(two).expect("hexadecimal"))
            .collect()
    }

    #[test]
    fn the_captured_inquiry_is_read() {
        let frame = captured();
        let asker = read_inquiry(&frame).expect("an inquiry");
        assert_eq!(asker.mac, [0x00, 0x15, 0x5d, 0xe6, 0xaa, 0x0b]);
        assert_eq!(asker.address, Ipv4Addr::new(169, 254, 80, 80));
        assert_eq!(asker.sequence, 0x2403);
        for at in ETHERNET..frame.len() {
            let mut torn = frame.clone();
            torn[at] ^= 0x01;
            assert_eq!(
                read_inquiry(&torn),
                None,
                "byte {at} is covered by the checksum"
            );
        }
        for end in 0..frame.len() {
            assert_eq!(read_inquiry(&frame[..end]), None);
        }
    }
}
