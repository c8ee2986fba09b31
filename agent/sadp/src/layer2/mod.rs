//! SADP in bare Ethernet frames: discovery of devices that have no usable address (A, where not said otherwise).
//!
//! Numbers are big-endian. Offsets count from the end of the Ethernet header.

mod emit;
mod read;

pub use emit::{Layer2Answer, Layer2Extension, Layer2Inquiry, emit_answer};
pub use read::{Layer2Error, Layer2Frame, parse_frame};

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
