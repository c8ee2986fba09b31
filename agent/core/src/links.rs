//! The network interfaces, and when each of them is asked who is there.

use core::net::Ipv4Addr;
use core::time::Duration;
use std::collections::BTreeMap;

use sadp::Layer2Inquiry;

use crate::effect::{Effect, How, Purpose};
use crate::event::{LinkId, LinkReport};
use crate::outbox::Outbox;
use crate::time::Mono;
use crate::view::LinkView;

/// Probes in a burst, as other clients do (A).
const BURST: u8 = 3;
/// Between the probes of a burst (A).
const BURST_GAP: Duration = Duration::from_millis(200);
/// A switch with IGMP snooping and no querier forgets a group's members after about 260 s (A).
const REJOIN_EVERY: Duration = Duration::from_secs(120);
/// A failure to send is told for so long.
const FAILURE_TOLD: Duration = Duration::from_secs(120);

/// All links, by the kernel's index.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Links {
    links: BTreeMap<LinkId, Link>,
    /// When all links were asked last.
    asked: Option<Mono>,
}

/// One link.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Link {
    pub(crate) report: LinkReport,
    /// Probes of a burst still to be sent, and when the next of them is due.
    burst: Option<Burst>,
    joined: Option<Mono>,
    sequence: u32,
    pub(crate) probes: u64,
    pub(crate) answers: u64,
    pub(crate) raw_only: u64,
    pub(crate) kernel_drops: u64,
    pub(crate) queue_drops: u64,
    failure: Option<(String, Mono)>,
}

/// A burst under way.
#[derive(Copy, Clone, PartialEq, Debug)]
struct Burst {
    left: u8,
    due: Mono,
    /// Leave and join the group first.
    rejoin: bool,
}

impl Link {
    fn new(report: LinkReport) -> Self {
        Self {
            report,
            burst: None,
            joined: None,
            sequence: 0,
            probes: 0,
            answers: 0,
            raw_only: 0,
            kernel_drops: 0,
            queue_drops: 0,
            failure: None,
        }
    }

    pub(crate) fn udp(&self) -> bool {
        matches!(self.report.ears.udp, Some(Ok(())))
    }

    pub(crate) fn packet(&self) -> bool {
        matches!(self.report.ears.packet, Some(Ok(())))
    }

    /// It has a cable and a socket.
    pub(crate) fn usable(&self) -> bool {
        self.report.up && self.report.carrier && (self.udp() || self.packet())
    }

    pub(crate) fn dropped(&self) -> u64 {
        self.kernel_drops.saturating_add(self.queue_drops)
    }

    /// The system's words about the last failure to send, while it is recent.
    pub(crate) fn failure(&self, now: Mono) -> Option<&str> {
        let (words, at) = self.failure.as_ref()?;
        (now.since(*at) < FAILURE_TOLD).then_some(words)
    }

    /// One inquiry in every form that the link can carry.
    fn ask(&mut self, out: &mut Outbox) {
        let link = self.report.link;
        self.probes += 1;
        out.transmit(
            link,
            How::Multicast,
            Purpose::Inquiry,
            &sadp::Request::Inquiry,
        );
        out.transmit(
            link,
            How::Broadcast,
            Purpose::Inquiry,
            &sadp::Request::Inquiry,
        );
        if let Some(source_mac) = self
            .report
            .mac
            .filter(|mac| self.packet() && *mac != [0; 6])
        {
            self.sequence = self.sequence.wrapping_add(1);
            let inquiry = Layer2Inquiry {
                source_mac,
                source_ip: self
                    .report
                    .addresses
                    .first()
                    .map_or(Ipv4Addr::UNSPECIFIED, |(address, _)| *address),
                sequence: self.sequence,
            };
            out.transmit_bytes(link, How::Layer2, Purpose::Inquiry, inquiry.emit().into());
        }
    }

    fn rejoin(&mut self, now: Mono, out: &mut Outbox) {
        if self.udp() {
            self.joined = Some(now);
            out.push(Effect::Rejoin(self.report.link));
        }
    }

    fn start_burst(&mut self, now: Mono, rejoin: bool) {
        // Whoever presses "scan" again and again gets the burst that is under way.
        if self.usable() && self.burst.is_none() {
            self.burst = Some(Burst {
                left: BURST,
                due: now,
                rejoin,
            });
        }
    }
}

impl Links {
    pub(crate) fn get(&self, link: LinkId) -> Option<&Link> {
        self.links.get(&link)
    }

    pub(crate) fn get_mut(&mut self, link: LinkId) -> Option<&mut Link> {
        self.links.get_mut(&link)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Link> {
        self.links.values()
    }

    pub(crate) fn name(&self, link: LinkId) -> Option<String> {
        Some(self.get(link)?.report.name.clone())
    }

    pub(crate) fn usable(&self, link: LinkId) -> bool {
        self.get(link).is_some_and(Link::usable)
    }

    /// The whole truth about a link. Whether it has just become one that can carry an inquiry.
    pub(crate) fn report(&mut self, now: Mono, report: LinkReport) -> bool {
        let known = self.links.get(&report.link);
        let was_usable = known.is_some_and(Link::usable);
        let same_ears = |known: &Link| {
            known.usable()
                && known.report.addresses == report.addresses
                && known.udp() == matches!(report.ears.udp, Some(Ok(())))
                && known.packet() == matches!(report.ears.packet, Some(Ok(())))
        };
        let ask = !known.is_some_and(same_ears);
        let link = report.link;
        match self.links.get_mut(&link) {
            Some(known) => known.report = report,
            None => {
                self.links.insert(link, Link::new(report));
            }
        }
        let link = self.links.get_mut(&link).expect("inserted above");
        if !link.usable() {
            link.burst = None;
        } else if ask {
            link.start_burst(now, true);
        }
        link.usable() && !was_usable
    }

    pub(crate) fn gone(&mut self, link: LinkId) {
        self.links.remove(&link);
    }

    pub(crate) fn failed(&mut self, now: Mono, link: LinkId, words: &str) {
        if let Some(link) = self.links.get_mut(&link) {
            link.failure = Some((crate::roster::clean(words, 200), now));
        }
    }

    /// A burst on every link.
    pub(crate) fn scan(&mut self, now: Mono) {
        for link in self.links.values_mut() {
            link.start_burst(now, true);
        }
    }

    /// A burst on every link in the middle of an attempt: the group is not left, because the answers to
    /// what follows come through it.
    pub(crate) fn check(&mut self, now: Mono) {
        for link in self.links.values_mut() {
            link.start_burst(now, false);
        }
    }

    /// When the next probe is due, if all links are asked every `interval`.
    pub(crate) fn deadline(&self, interval: Duration) -> Option<Mono> {
        let bursts = self.links.values().filter_map(|link| Some(link.burst?.due));
        let next = self
            .links
            .values()
            .any(Link::usable)
            .then(|| self.asked.map_or(Mono(0), |asked| asked + interval));
        bursts.chain(next).min()
    }

    /// Sends what is due. Gives whether anything was asked.
    pub(crate) fn ask(&mut self, now: Mono, interval: Duration, out: &mut Outbox) -> bool {
        let mut asked = false;
        let all = self.asked.is_none_or(|asked| asked + interval <= now);
        for link in self.links.values_mut().filter(|link| link.usable()) {
            let stale = link
                .joined
                .is_none_or(|joined| now.since(joined) >= REJOIN_EVERY);
            match link.burst.filter(|burst| burst.due <= now) {
                Some(burst) => {
                    if burst.rejoin {
                        link.rejoin(now, out);
                    }
                    link.burst = (burst.left > 1).then_some(Burst {
                        left: burst.left - 1,
                        due: now + BURST_GAP,
                        rejoin: false,
                    });
                }
                None if !all || link.burst.is_some() => continue,
                None if stale => link.rejoin(now, out),
                None => {}
            }
            link.ask(out);
            asked = true;
        }
        if asked {
            self.asked = Some(now);
        }
        asked
    }

    pub(crate) fn views(&self, devices: &BTreeMap<LinkId, usize>) -> Vec<LinkView> {
        self.links
            .values()
            .map(|link| LinkView {
                name: link.report.name.clone(),
                carrier: link.report.up && link.report.carrier,
                speed_mbit: link.report.speed_mbit,
                addresses: link.report.addresses.clone(),
                udp: link.udp(),
                packet: link.packet(),
                probes: link.probes,
                answers: link.answers,
                answers_raw_only: link.raw_only,
                dropped: link.dropped(),
                devices: devices.get(&link.report.link).copied().unwrap_or(0),
            })
            .collect()
    }
}
