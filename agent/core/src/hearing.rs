//! What is heard, before its meaning: each content once, other clients, and what cannot be read.

use core::net::Ipv4Addr;
use core::time::Duration;
use std::collections::{BTreeMap, VecDeque};

use crate::event::{Ear, LinkId};
use crate::time::Mono;

/// Two copies of one datagram (UDP and packet socket, multicast and unicast) come within this.
const WINDOW: Duration = Duration::from_secs(2);
/// Contents remembered at most; a flood shortens the window.
const CONTENTS: usize = 4096;
/// Reasons counted at most.
const REASONS: usize = 16;
/// Other clients remembered at most, and for how long.
const CLIENTS: usize = 8;
const CLIENT_TOLD: Duration = Duration::from_secs(30 * 60);

/// Ears with a short memory.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Hearing {
    /// Content on a link, and whether a UDP socket heard it too.
    contents: BTreeMap<(LinkId, u64), bool>,
    order: VecDeque<(Mono, (LinkId, u64))>,
    unreadable: BTreeMap<String, u64>,
    clients: Vec<(Ipv4Addr, Mono)>,
}

/// Whether a content is new.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Content {
    /// Nobody heard it yet.
    New,
    /// Heard before.
    Known,
    /// Heard before by the packet socket only, and now by UDP.
    KnownNowByUdp,
}

impl Hearing {
    /// Takes note of a content.
    pub(crate) fn content(&mut self, now: Mono, link: LinkId, ear: Ear, hash: u64) -> Content {
        while let Some(&(at, key)) = self.order.front() {
            if now.since(at) < WINDOW && self.order.len() < CONTENTS {
                break;
            }
            self.order.pop_front();
            self.contents.remove(&key);
        }
        let key = (link, hash);
        match self.contents.get_mut(&key) {
            None => {
                self.contents.insert(key, ear == Ear::Udp);
                self.order.push_back((now, key));
                Content::New
            }
            Some(by_udp) if !*by_udp && ear == Ear::Udp => {
                *by_udp = true;
                Content::KnownNowByUdp
            }
            Some(_) => Content::Known,
        }
    }

    /// Something could not be read.
    pub(crate) fn unreadable(&mut self, reason: &str) {
        if self.unreadable.len() < REASONS || self.unreadable.contains_key(reason) {
            *self.unreadable.entry(reason.to_owned()).or_default() += 1;
        }
    }

    /// The reasons with their counts, most frequent first.
    pub(crate) fn reasons(&self) -> Vec<(String, u64)> {
        let mut reasons: Vec<_> = self
            .unreadable
            .iter()
            .map(|(why, n)| (why.clone(), *n))
            .collect();
        reasons.sort_by_key(|(_, count)| core::cmp::Reverse(*count));
        reasons.truncate(8);
        reasons
    }

    /// Another client asked. Gives whether it is news: nobody had heard it in the last half hour, and it is not
    /// one of a crowd, whose addresses may be invented.
    pub(crate) fn client(&mut self, now: Mono, address: Ipv4Addr) -> bool {
        if let Some(known) = self.clients.iter_mut().find(|(known, _)| *known == address) {
            let silent = now.since(known.1) >= CLIENT_TOLD;
            known.1 = now;
            return silent;
        }
        let mut news = true;
        if self.clients.len() == CLIENTS {
            let oldest = (0..CLIENTS).min_by_key(|index| self.clients[*index].1);
            let (_, at) = self.clients.remove(oldest.unwrap_or(0));
            news = now.since(at) >= CLIENT_TOLD;
        }
        self.clients.push((address, now));
        news
    }

    /// Other clients heard in the last half hour.
    pub(crate) fn clients(&self, now: Mono) -> Vec<Ipv4Addr> {
        let recent = self
            .clients
            .iter()
            .filter(|(_, at)| now.since(*at) < CLIENT_TOLD);
        recent.map(|(address, _)| *address).collect()
    }
}

/// Why a datagram could not be read, in few words.
pub(crate) fn reason(error: &sadp::ParseError) -> &'static str {
    use sadp::ParseError as E;
    match error {
        E::Empty => "empty",
        E::TooLarge { .. } => "too large",
        E::OwnProbe => "request",
        E::NotSadp => "not SADP",
        E::NoMac => "no MAC",
        E::BadMac { .. } => "MAC unreadable",
    }
}

/// Why a frame could not be read, in few words.
pub(crate) fn frame_reason(error: &sadp::Layer2Error) -> &'static str {
    use sadp::Layer2Error as E;
    match error {
        E::NotSadp => "frame is not SADP",
        E::Short { .. } => "frame torn",
        E::Checksum { .. } => "frame checksum",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINK: LinkId = LinkId(2);

    #[test]
    fn copies_are_one_and_the_window_ends() {
        let mut ears = Hearing::default();
        assert_eq!(ears.content(Mono(0), LINK, Ear::Packet, 7), Content::New);
        assert_eq!(ears.content(Mono(1), LINK, Ear::Packet, 7), Content::Known);
        assert_eq!(
            ears.content(Mono(2), LINK, Ear::Udp, 7),
            Content::KnownNowByUdp
        );
        assert_eq!(ears.content(Mono(3), LINK, Ear::Udp, 7), Content::Known);
        assert_eq!(
            ears.content(Mono(3), LinkId(3), Ear::Udp, 7),
            Content::New,
            "another link"
        );
        assert_eq!(ears.content(Mono(2000), LINK, Ear::Udp, 7), Content::New);
    }

    #[test]
    fn the_memory_is_bounded() {
        let mut ears = Hearing::default();
        for hash in 0..100_000 {
            ears.content(Mono(0), LINK, Ear::Udp, hash);
            ears.unreadable(&hash.to_string());
            ears.client(Mono(0), Ipv4Addr::from(hash as u32));
        }
        assert!(ears.contents.len() <= CONTENTS && ears.order.len() <= CONTENTS);
        assert_eq!(ears.unreadable.len(), REASONS);
        assert_eq!(ears.clients(Mono(1)).len(), CLIENTS);
        assert!(ears.clients(Mono(1_800_000)).is_empty());
    }
}
