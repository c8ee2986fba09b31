//! Reads the sockets of one link, a batch at a time, and merges what several sockets heard.

use std::net::Ipv4Addr;

use resetbox_core::{LinkId, event};

use super::ears::Ears;
use super::packet::{self, Packet};
use super::reassembly::Reassembly;
use super::sys::{self, Arena, BATCH};
use super::twins::{Ear, News, Twins};
use crate::bus::{Heard, HeardWhat};

/// What is remembered of a link between two readings.
#[derive(Default)]
pub(super) struct Hearing {
    twins: Twins,
    reassembly: Reassembly,
}

impl Hearing {
    /// Notes what is about to be sent, so that its echo is not taken for another client's question.
    pub(super) fn will_send(&mut self, now: u64, bytes: &[u8]) {
        self.twins.hear(now, bytes, Ear::Own);
    }

    /// Datagrams lost in this program.
    pub(super) fn drops(&self) -> u64 {
        self.reassembly.given_up
    }

    /// Reads at most one batch from each socket. Returns whether there may be more.
    ///
    /// UDP goes first: its copy of a datagram is the one to keep. The kernel gives each packet to
    /// the packet socket a moment before the UDP socket, so when the packet socket seems to know
    /// more, UDP is asked once more before that is believed.
    pub(super) fn read(
        &mut self,
        now: u64,
        link: LinkId,
        ears: &Ears,
        arena: &mut Arena,
        heard: &mut Vec<Heard>,
    ) -> bool {
        let mut more = self.read_udp(now, link, ears, arena, heard);
        let by_udp = heard.len();
        more |= self.read_packets(now, link, ears, arena, heard);
        if heard.len() > by_udp {
            let alone = heard.split_off(by_udp);
            more |= self.read_udp(now, link, ears, arena, heard);
            let corrected = &heard[by_udp..];
            let alone: Vec<Heard> = alone
                .into_iter()
                .filter(|raw| !corrected.iter().any(|udp| udp.bytes == raw.bytes))
                .collect();
            heard.extend(alone);
        }
        more
    }

    fn read_udp(
        &mut self,
        now: u64,
        link: LinkId,
        ears: &Ears,
        arena: &mut Arena,
        heard: &mut Vec<Heard>,
    ) -> bool {
        let Some(socket) = ears.udp() else {
            return false;
        };
        // An error here tells of an earlier transmission or of a link that went down; reading it clears it.
        let count = sys::receive(socket, arena).unwrap_or(0);
        for (meta, bytes) in (0..count).filter_map(|index| arena.datagram(index)) {
            if self.twins.hear(now, bytes, Ear::Udp) != News::Known {
                heard.push(Heard {
                    link,
                    what: HeardWhat::Datagram {
                        source: meta.source,
                        ear: event::Ear::Udp,
                    },
                    bytes: bytes.to_vec(),
                });
            }
        }
        count == BATCH
    }

    fn read_packets(
        &mut self,
        now: u64,
        link: LinkId,
        ears: &Ears,
        arena: &mut Arena,
        heard: &mut Vec<Heard>,
    ) -> bool {
        let Some(socket) = ears.packet() else {
            return false;
        };
        let count = sys::receive(socket, arena).unwrap_or(0);
        for (meta, frame) in (0..count).filter_map(|index| arena.datagram(index)) {
            match packet::read(frame, meta.checksum_settled) {
                Packet::Datagram(datagram) => {
                    if ears.is_our_port(datagram.port) {
                        self.hear_raw(now, link, datagram.source, datagram.payload, heard);
                    }
                }
                Packet::Fragment(fragment) => {
                    let key = fragment.key;
                    if let Some(whole) = self.reassembly.take(now, &fragment)
                        && let Some(datagram) =
                            packet::read_udp(key.source, key.destination, &whole, false)
                        && ears.is_our_port(datagram.port)
                    {
                        self.hear_raw(now, link, datagram.source, datagram.payload, heard);
                    }
                }
                Packet::Frame => {
                    if self.twins.hear(now, frame, Ear::Packet) == News::New {
                        heard.push(Heard {
                            link,
                            what: HeardWhat::Frame,
                            bytes: frame.to_vec(),
                        });
                    }
                }
                Packet::Nothing => {}
            }
        }
        count == BATCH
    }

    fn hear_raw(
        &mut self,
        now: u64,
        link: LinkId,
        source: Ipv4Addr,
        payload: &[u8],
        heard: &mut Vec<Heard>,
    ) {
        if self.twins.hear(now, payload, Ear::Packet) == News::New {
            heard.push(Heard {
                link,
                what: HeardWhat::Datagram {
                    source,
                    ear: event::Ear::Packet,
                },
                bytes: payload.to_vec(),
            });
        }
    }
}
