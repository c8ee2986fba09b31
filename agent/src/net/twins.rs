//! Tells what was heard before. A datagram often arrives two to four times: by multicast and by
//! unicast, each heard by the UDP socket and by the packet socket. It is passed on once.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};

/// Copies of one datagram arrive together; a later one is news again.
const MEMORY_MS: u64 = 2_000;
/// Contents remembered at most: more than one burst of any plant, and under half a megabyte.
const CONTENTS: usize = 8_192;

/// Where something was heard.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Ear {
    /// A UDP socket.
    Udp,
    /// The packet socket.
    Packet,
    /// It is our own transmission.
    Own,
}

/// What to do with it.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum News {
    /// Not heard before.
    New,
    /// Heard by the packet socket only, and now by UDP too.
    AlsoUdp,
    /// Known.
    Known,
}

/// The contents heard on one link lately. Keyed by a hash that strangers cannot aim at.
#[derive(Default)]
pub(super) struct Twins {
    hasher: RandomState,
    seen: HashMap<u64, Ear>,
    order: VecDeque<(u64, u64)>,
}

impl Twins {
    /// Takes note of `bytes`, heard at `now` (milliseconds, monotonic).
    pub(super) fn hear(&mut self, now: u64, bytes: &[u8], ear: Ear) -> News {
        self.forget(now);
        let hash = self.hasher.hash_one(bytes);
        match (self.seen.get_mut(&hash), ear) {
            (None, _) => {
                self.seen.insert(hash, ear);
                self.order.push_back((hash, now));
                News::New
            }
            (Some(first @ Ear::Packet), Ear::Udp) => {
                *first = Ear::Udp;
                News::AlsoUdp
            }
            (Some(_), _) => News::Known,
        }
    }

    fn forget(&mut self, now: u64) {
        while let Some((hash, heard)) = self.order.front().copied() {
            if now.saturating_sub(heard) < MEMORY_MS && self.order.len() < CONTENTS {
                return;
            }
            self.seen.remove(&hash);
            self.order.pop_front();
        }
        // After a burst the room is given back.
        self.seen.shrink_to(64);
        self.order.shrink_to(64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_copies_are_one_answer() {
        let mut twins = Twins::default();
        assert_eq!(twins.hear(0, b"answer", Ear::Udp), News::New);
        assert_eq!(twins.hear(0, b"answer", Ear::Packet), News::Known);
        assert_eq!(twins.hear(1, b"answer", Ear::Udp), News::Known);
        assert_eq!(twins.hear(1, b"answer", Ear::Packet), News::Known);
        assert_eq!(twins.hear(1, b"another", Ear::Packet), News::New);
    }

    #[test]
    fn udp_after_the_packet_socket_is_told_once() {
        let mut twins = Twins::default();
        assert_eq!(twins.hear(0, b"answer", Ear::Packet), News::New);
        assert_eq!(twins.hear(0, b"answer", Ear::Udp), News::AlsoUdp);
        assert_eq!(twins.hear(0, b"answer", Ear::Udp), News::Known);
    }

    #[test]
    fn our_own_voice_is_no_news() {
        let mut twins = Twins::default();
        twins.hear(0, b"probe", Ear::Own);
        assert_eq!(twins.hear(0, b"probe", Ear::Udp), News::Known);
        assert_eq!(twins.hear(1_999, b"probe", Ear::Packet), News::Known);
    }

    #[test]
    fn the_same_words_later_are_news() {
        let mut twins = Twins::default();
        assert_eq!(twins.hear(0, b"hello", Ear::Udp), News::New);
        assert_eq!(twins.hear(1_999, b"hello", Ear::Udp), News::Known);
        assert_eq!(twins.hear(2_000, b"hello", Ear::Udp), News::New);
    }

    #[test]
    fn a_flood_takes_no_more_than_its_room() {
        let mut twins = Twins::default();
        for number in 0..100_000_u32 {
            assert_eq!(twins.hear(0, &number.to_le_bytes(), Ear::Udp), News::New);
        }
        assert!(twins.seen.len() <= CONTENTS && twins.order.len() <= CONTENTS);
        assert_eq!(
            twins.hear(0, &99_999_u32.to_le_bytes(), Ear::Udp),
            News::Known
        );
        assert_eq!(twins.hear(5_000, b"x", Ear::Udp), News::New);
        assert_eq!(twins.seen.len(), 1);
        assert!(twins.seen.capacity() < 1_000);
    }
}
