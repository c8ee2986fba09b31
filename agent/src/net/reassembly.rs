//! Puts fragmented datagrams of the packet socket together. The kernel does this for its UDP
//! sockets only where it would deliver the result; the packet socket sees bare fragments.
//!
//! Everything is bounded: a stranger may send any number of first or last pieces.

use std::collections::{HashMap, VecDeque};

use super::packet::{Fragment, FragmentKey};

/// What the kernel allows itself by default (`net.ipv4.ipfrag_high_thresh`).
const MEMORY: usize = 4 << 20;
/// A datagram of 64 KiB in frames of 1500 has 45 pieces; small-MTU paths need more.
const PIECES: usize = 128;
/// Counted per piece on top of its bytes, so that tiny pieces are not free.
const OVERHEAD: usize = 64;
/// Milliseconds after which an incomplete datagram is dropped. RFC 791 suggests 15 s; on one
/// Ethernet segment the pieces follow one another at once.
const PATIENCE: u64 = 5_000;

/// Incomplete datagrams of one link.
#[derive(Default)]
pub(super) struct Reassembly {
    waiting: HashMap<FragmentKey, Waiting>,
    /// Keys in the order of their first piece; a key that was completed meanwhile is skipped.
    order: VecDeque<(FragmentKey, u64)>,
    memory: usize,
    next: u64,
    /// Datagrams given up: out of time, out of room, or pieces that contradict each other.
    pub(super) given_up: u64,
}

struct Waiting {
    number: u64,
    since: u64,
    pieces: Vec<(usize, Vec<u8>)>,
    have: usize,
    total: Option<usize>,
}

impl Reassembly {
    /// Takes in a piece at `now` (milliseconds, monotonic). Returns the UDP header and payload once
    /// the last missing piece is there.
    pub(super) fn take(&mut self, now: u64, fragment: &Fragment<'_>) -> Option<Vec<u8>> {
        self.expire(now);
        let end = fragment.offset + fragment.bytes.len();
        let odd = !fragment.last && !fragment.bytes.len().is_multiple_of(8);
        if fragment.bytes.is_empty() || end > 65_535 || odd {
            return None;
        }
        let next = &mut self.next;
        let order = &mut self.order;
        let waiting = self.waiting.entry(fragment.key).or_insert_with(|| {
            *next += 1;
            order.push_back((fragment.key, *next));
            Waiting {
                number: *next,
                since: now,
                pieces: Vec::new(),
                have: 0,
                total: None,
            }
        });
        if waiting
            .pieces
            .iter()
            .any(|(offset, bytes)| *offset == fragment.offset && *bytes == fragment.bytes)
        {
            return None; // The same piece twice is no contradiction.
        }
        let overlaps = waiting
            .pieces
            .iter()
            .any(|(offset, bytes)| *offset < end && fragment.offset < offset + bytes.len());
        let total = if fragment.last {
            Some(end)
        } else {
            waiting.total
        };
        let contradicts = match (waiting.total, total) {
            (Some(one), Some(other)) => one != other || end > one,
            _ => total.is_some_and(|total| waiting.pieces.iter().any(|(o, b)| o + b.len() > total)),
        };
        if overlaps || contradicts || waiting.pieces.len() >= PIECES {
            self.give_up(fragment.key);
            return None;
        }
        waiting.total = total;
        waiting.have += fragment.bytes.len();
        waiting
            .pieces
            .push((fragment.offset, fragment.bytes.to_vec()));
        self.memory += fragment.bytes.len() + OVERHEAD;
        if waiting.total == Some(waiting.have) {
            return self.complete(fragment.key);
        }
        while self.memory > MEMORY {
            let Some((key, number)) = self.order.pop_front() else {
                break;
            };
            if self
                .waiting
                .get(&key)
                .is_some_and(|waiting| waiting.number == number)
            {
                self.give_up(key);
            }
        }
        None
    }

    /// Pieces neither overlap nor reach beyond the end, and together they are as long as the whole:
    /// so they are the whole.
    fn complete(&mut self, key: FragmentKey) -> Option<Vec<u8>> {
        let mut waiting = self.remove(key)?;
        waiting.pieces.sort_unstable_by_key(|(offset, _)| *offset);
        Some(
            waiting
                .pieces
                .into_iter()
                .flat_map(|(_, bytes)| bytes)
                .collect(),
        )
    }

    fn expire(&mut self, now: u64) {
        while let Some((key, number)) = self.order.front().copied() {
            match self.waiting.get(&key) {
                Some(waiting) if waiting.number == number => {
                    if now.saturating_sub(waiting.since) < PATIENCE {
                        return;
                    }
                    self.give_up(key);
                }
                _ => {}
            }
            self.order.pop_front();
        }
    }

    fn give_up(&mut self, key: FragmentKey) {
        if self.remove(key).is_some() {
            self.given_up += 1;
        }
    }

    fn remove(&mut self, key: FragmentKey) -> Option<Waiting> {
        let waiting = self.waiting.remove(&key)?;
        self.memory -= waiting.have + waiting.pieces.len() * OVERHEAD;
        Some(waiting)
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use proptest::prelude::*;

    fn key(id: u16) -> FragmentKey {
        FragmentKey {
            source: Ipv4Addr::new(192, 0, 0, 64),
            destination: sadp::GROUP,
            id,
        }
    }

    fn piece(id: u16, offset: usize, last: bool, bytes: &[u8]) -> Fragment<'_> {
        Fragment {
            key: key(id),
            offset,
            last,
            bytes,
        }
    }

    #[test]
    fn overlapping_pieces_spoil_the_datagram() {
        let mut reassembly = Reassembly::default();
        assert_eq!(reassembly.take(0, &piece(1, 0, false, &[1; 16])), None);
        assert_eq!(reassembly.take(0, &piece(1, 8, true, &[2; 16])), None);
        assert_eq!(reassembly.given_up, 1);
        assert_eq!(reassembly.memory, 0);
    }

    #[test]
    fn two_ends_spoil_the_datagram() {
        let mut reassembly = Reassembly::default();
        assert_eq!(reassembly.take(0, &piece(1, 16, true, &[1; 8])), None);
        assert_eq!(reassembly.take(0, &piece(1, 32, true, &[1; 8])), None);
        assert_eq!(reassembly.given_up, 1);
    }

    #[test]
    fn a_missing_piece_is_waited_for_five_seconds() {
        let mut reassembly = Reassembly::default();
        assert_eq!(reassembly.take(0, &piece(1, 0, false, &[1; 8])), None);
        assert!(
            reassembly
                .take(4_999, &piece(1, 8, true, &[2; 8]))
                .is_some()
        );
        assert_eq!(reassembly.take(5_000, &piece(2, 0, false, &[1; 8])), None);
        assert_eq!(reassembly.take(10_000, &piece(2, 8, true, &[2; 8])), None);
        assert_eq!(reassembly.given_up, 1);
    }

    #[test]
    fn a_flood_of_stray_pieces_stays_within_its_memory() {
        let mut reassembly = Reassembly::default();
        for id in 0..=u16::MAX {
            assert_eq!(
                reassembly.take(0, &piece(id, 1480, false, &[7; 1480])),
                None
            );
            assert!(reassembly.memory <= MEMORY + 1480 + OVERHEAD);
        }
        // An honest datagram still gets through.
        assert_eq!(reassembly.take(0, &piece(1, 0, false, &[1; 8])), None);
        let whole = reassembly.take(0, &piece(1, 8, true, &[2; 8]));
        assert_eq!(whole.map(|whole| whole.len()), Some(16));
        assert!(reassembly.given_up > 60_000);
    }

    proptest! {
        /// Any order, any repetition, any piece size: the whole comes out once, and only when complete.
        #[test]
        fn any_order_gives_the_whole(len in 9_usize..20_000, step in 1_usize..200, seed: u64) {
            let whole: Vec<u8> = (0..len).map(|at| (at * 31 % 251) as u8).collect();
            let step = (step * 8).max(len.div_ceil(100).next_multiple_of(8));
            let mut pieces: Vec<_> = (0..len).step_by(step).collect();
            let mut state = seed | 1;
            for at in (1..pieces.len()).rev() {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                pieces.swap(at, (state >> 33) as usize % (at + 1));
            }
            let mut reassembly = Reassembly::default();
            for (at, offset) in pieces.iter().enumerate() {
                let end = (offset + step).min(len);
                let fragment = piece(9, *offset, end == len, &whole[*offset..end]);
                let taken = reassembly.take(0, &fragment);
                if at + 1 == pieces.len() {
                    prop_assert_eq!(taken.as_deref(), Some(&whole[..]));
                } else {
                    prop_assert_eq!(taken, None);
                    prop_assert_eq!(reassembly.take(0, &fragment), None);
                }
            }
            prop_assert_eq!(reassembly.memory, 0);
        }
    }
}
