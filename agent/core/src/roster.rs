//! Which devices there are.
//!
//! Everything in here comes from a network where anybody can say anything. Therefore: the roster is
//! bounded, text is cut and made printable when it comes in, the work for one answer does not grow with
//! the roster, and a flood of invented devices cannot push out those that answered more than one probe.

use core::cmp::Reverse;
use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use sadp::{Device, Mac};

use crate::boot::Judgement;
use crate::event::LinkId;
use crate::request::CaseId;
use crate::time::Mono;
use crate::view::{DeviceView, Lamp};

mod doubled;
mod entry;
mod facts;

pub(crate) use entry::Entry;
pub(crate) use facts::{clean, tail};
/// Devices remembered by their address alone after they had to go; a few seconds of the worst flood.
const EVICTED: usize = 65_536;
/// So often a device may be silent about its lamp.
const LAMP_SILENCES: u8 = 2;
/// A device that is gone and has no case is forgotten after this.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(3600);

/// All devices, by hardware address.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Roster {
    limit: usize,
    gone_after: Duration,
    entries: BTreeMap<Mac, Entry>,
    /// Those heard in one round of probes only, in the order in which they were found: the first to go.
    fresh: BTreeMap<u64, Mac>,
    /// Those that had to go after one round, with the round: whoever answers another one is known after all,
    /// however many invented devices came in between.
    evicted: BTreeMap<Mac, u64>,
    evicted_order: VecDeque<Mac>,
    present: BTreeSet<(Mono, Mac)>,
    gone: BTreeSet<(Mono, Mac)>,
    /// Hash of the serial to those who claim it.
    serials: BTreeMap<u64, BTreeSet<Mac>>,
    found: u64,
    /// Counts the probes sent: an answer to another probe makes a device known.
    round: u64,
    /// Devices that were dropped or not let in because the roster was full.
    dropped: u64,
}

/// How a device was heard.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) struct How {
    /// By a layer-2 frame.
    pub(crate) layer2: bool,
    /// By its own notice that it came up.
    pub(crate) hello: bool,
}

/// What an answer changed.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Heard {
    /// A device nobody knew.
    Found,
    /// One that was gone.
    Back(Judgement),
    /// One that is there.
    Again(Judgement),
    /// Another device under an address that is taken: its facts were not taken.
    Rival,
    /// The roster is full of better known devices.
    Dropped,
}

impl Roster {
    pub(crate) fn new(limit: usize, gone_after: Duration) -> Self {
        Self {
            limit: limit.max(1),
            gone_after,
            entries: BTreeMap::new(),
            fresh: BTreeMap::new(),
            evicted: BTreeMap::new(),
            evicted_order: VecDeque::new(),
            present: BTreeSet::new(),
            gone: BTreeSet::new(),
            serials: BTreeMap::new(),
            found: 0,
            round: 0,
            dropped: 0,
        }
    }

    /// A probe was sent.
    pub(crate) fn new_round(&mut self) {
        self.round += 1;
    }

    /// No device is known.
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(crate) fn get(&self, mac: Mac) -> Option<&Entry> {
        self.entries.get(&mac)
    }

    /// Whether another device that answers says that it has the same address.
    pub(crate) fn shares_address(&self, mac: Mac, address: core::net::Ipv4Addr) -> bool {
        self.entries.values().any(|entry| {
            entry.view.mac != mac && !entry.view.gone && entry.view.ipv4 == Some(address)
        })
    }

    /// What the device answered about its lamp.
    pub(crate) fn set_lamp(&mut self, mac: Mac, lamp: Lamp) {
        if let Some(entry) = self.entries.get_mut(&mac) {
            entry.lamp_silences = 0;
            Arc::make_mut(&mut entry.view).lamp = lamp;
        }
    }

    /// The device was silent when it was asked to blink. One that answers otherwise and is silent twice has
    /// no lamp.
    pub(crate) fn lamp_silent(&mut self, mac: Mac) {
        let Some(entry) = self.entries.get_mut(&mac) else {
            return;
        };
        if entry.view.gone || entry.view.lamp == Lamp::Can {
            return;
        }
        entry.lamp_silences = entry.lamp_silences.saturating_add(1);
        if entry.lamp_silences >= LAMP_SILENCES {
            Arc::make_mut(&mut entry.view).lamp = Lamp::Cannot;
        }
    }

    /// The roster holds no more: so many it holds.
    pub(crate) fn full(&self) -> Option<usize> {
        (self.dropped > 0 && self.entries.len() >= self.limit).then_some(self.limit)
    }

    /// Takes in what a device says about itself. `hash` is for serials.
    pub(crate) fn hear(
        &mut self,
        now: Mono,
        link: (LinkId, &str),
        device: &Device,
        how: How,
        hash: impl Fn(&[u8]) -> u64,
    ) -> Heard {
        let mac = device.mac;
        let heard = if let Some(entry) = self.entries.get_mut(&mac) {
            if entry.is_rival(now, device, how, self.gone_after) {
                entry.rival = Some(now);
                Arc::make_mut(&mut entry.view).doubled_mac = true;
                return Heard::Rival;
            }
            self.again(now, device, how)
        } else if self.make_room() {
            self.insert(now, device, how);
            Heard::Found
        } else {
            self.dropped += 1;
            return Heard::Dropped;
        };
        self.index_serial(mac, hash);
        let entry = self.entries.get_mut(&mac).expect("it is there by now");
        entry.heard_on(now, link);
        heard
    }

    fn again(&mut self, now: Mono, device: &Device, how: How) -> Heard {
        let entry = self
            .entries
            .get_mut(&device.mac)
            .expect("the caller found it");
        let was_gone = entry.view.gone;
        let place = (entry.view.last_seen, device.mac);
        if was_gone {
            self.gone.remove(&place);
        } else {
            self.present.remove(&place);
        }
        self.present.insert((now, device.mac));

        let known_better = how.layer2 && entry.by_udp;
        let judgement = if known_better {
            Judgement::Same
        } else {
            entry.take(device, how);
            entry.watch.hear(now, device.boot_time, how.hello)
        };
        let view = Arc::make_mut(&mut entry.view);
        view.last_seen = now;
        view.gone = false;
        if entry
            .rival
            .is_some_and(|rival| now.since(rival) >= self.gone_after)
        {
            entry.rival = None;
            view.doubled_mac = false;
        }
        if entry.rounds < 2 && entry.last_round != self.round {
            entry.last_round = self.round;
            entry.rounds += 1;
            self.fresh.remove(&entry.order);
        }
        if was_gone {
            Heard::Back(judgement)
        } else {
            Heard::Again(judgement)
        }
    }

    fn insert(&mut self, now: Mono, device: &Device, how: How) {
        self.found += 1;
        let mut entry = Entry::new(now, device, self.found, self.round);
        entry.take(device, how);
        let known = self.evicted.get(&device.mac);
        if known.is_some_and(|round| *round != self.round) {
            entry.rounds = 2;
        } else {
            self.fresh.insert(entry.order, device.mac);
        }
        self.present.insert((now, device.mac));
        self.entries.insert(device.mac, entry);
    }

    /// Makes sure that one more device fits. Those heard once go first, the oldest of them first; then those
    /// that are gone. Devices that answered two probes, and those with an open case, stay.
    fn make_room(&mut self) -> bool {
        if self.entries.len() < self.limit {
            return true;
        }
        let open = |mac: &Mac| {
            self.entries
                .get(mac)
                .is_some_and(|entry| entry.view.case_open)
        };
        let victim = self.fresh.values().find(|mac| !open(mac)).copied();
        let victim =
            victim.or_else(|| self.gone.iter().map(|(_, mac)| *mac).find(|mac| !open(mac)));
        if let Some(mac) = victim {
            self.remember_evicted(mac);
            self.remove(mac);
            self.dropped += 1;
        }
        victim.is_some()
    }

    fn remember_evicted(&mut self, mac: Mac) {
        let round = self.entries.get(&mac).map_or(0, |entry| entry.last_round);
        if self.evicted.insert(mac, round).is_some() {
            return;
        }
        self.evicted_order.push_back(mac);
        if self.evicted_order.len() > EVICTED
            && let Some(oldest) = self.evicted_order.pop_front()
        {
            self.evicted.remove(&oldest);
        }
    }

    fn remove(&mut self, mac: Mac) {
        let Some(entry) = self.entries.remove(&mac) else {
            return;
        };
        self.fresh.remove(&entry.order);
        self.present.remove(&(entry.view.last_seen, mac));
        self.gone.remove(&(entry.view.last_seen, mac));
        if let Some(hash) = entry.serial_hash {
            self.leave_serial(mac, hash);
        }
    }

    /// Ties a device to its case. `open` is the case's number while it is open.
    pub(crate) fn set_case(&mut self, mac: Mac, case: &CaseId, open: Option<u64>) {
        if let Some(entry) = self.entries.get_mut(&mac) {
            entry.open_case = open;
            let view = Arc::make_mut(&mut entry.view);
            view.case = Some(case.clone());
            view.case_open = open.is_some();
            if entry.view.gone && open.is_none() {
                self.gone.insert((entry.view.last_seen, mac));
            }
        }
    }

    /// When the next device is gone, or forgotten.
    pub(crate) fn deadline(&self) -> Option<Mono> {
        let gone = self
            .present
            .first()
            .map(|(seen, _)| *seen + self.gone_after);
        let forgotten = self.gone.first().map(|(seen, _)| *seen + FORGOTTEN_AFTER);
        gone.into_iter().chain(forgotten).min()
    }

    /// Lets time pass. Gives the devices that are gone now.
    pub(crate) fn age(&mut self, now: Mono) -> Vec<Mac> {
        let mut newly_gone = Vec::new();
        while let Some(&(seen, mac)) = self.present.first() {
            if seen + self.gone_after > now {
                break;
            }
            self.present.pop_first();
            self.gone.insert((seen, mac));
            if let Some(entry) = self.entries.get_mut(&mac) {
                Arc::make_mut(&mut entry.view).gone = true;
                newly_gone.push(mac);
            }
        }
        while let Some(&(seen, mac)) = self.gone.first() {
            if seen + FORGOTTEN_AFTER > now {
                break;
            }
            // The entry of an open case stays; the end of the case puts it back in line.
            self.gone.pop_first();
            if !self
                .entries
                .get(&mac)
                .is_some_and(|entry| entry.view.case_open)
            {
                self.remove(mac);
            }
        }
        newly_gone
    }

    /// A link is no more.
    pub(crate) fn forget_link(&mut self, link: LinkId, names: impl Fn(LinkId) -> Option<String>) {
        for entry in self.entries.values_mut() {
            if entry.links.iter().any(|(known, _)| *known == link) {
                entry.links.retain(|(known, _)| *known != link);
                entry.name_links(&names);
            }
        }
    }

    /// How many devices were heard on each link.
    pub(crate) fn count_by_link(&self) -> BTreeMap<LinkId, usize> {
        let mut counts = BTreeMap::new();
        for (link, _) in self.entries.values().flat_map(|entry| &entry.links) {
            *counts.entry(*link).or_default() += 1;
        }
        counts
    }

    /// All devices: those with an open case, the latest first, whichever answered first since a power cut; then those that can be
    /// reset, then the rest, each in the order in which they were found.
    pub(crate) fn sorted(&self) -> Vec<Arc<DeviceView>> {
        let mut entries: Vec<&Entry> = self.entries.values().collect();
        entries.sort_unstable_by_key(|entry| {
            let resettable = matches!(entry.view.way, sadp::Way::TypedKey | sadp::Way::KeyFile);
            // Reversed, none comes after every number.
            (Reverse(entry.open_case), !resettable, entry.order)
        });
        entries
            .into_iter()
            .map(|entry| entry.view.clone())
            .collect()
    }
}
