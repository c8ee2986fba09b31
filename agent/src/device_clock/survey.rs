//! Which devices are asked, and when their word about the time is good enough.
//!
//! Anybody on the network can be a device, and a camera whose password is lost often has a wrong date.
//! Therefore one voice is not believed at once, and what is believed is still the weakest source: a phone
//! replaces it, and the core closes no case on its word.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use resetbox_core::view::{DeviceView, LinkView};
use resetbox_core::{View, Wall};
use tokio::time::Instant;

use crate::clock::EARLIEST_MS;

/// Most devices asked in a round.
const MOST: usize = 3;
/// Two that differ by no more than this agree.
const AGREEMENT: Duration = Duration::from_secs(300);
/// A voice that nobody joins or contradicts is taken when it said the same in so many rounds.
const SAID_ALONE: u32 = 3;
/// 2100-01-01: a later date is certainly wrong.
const LATEST_MS: i64 = 4_102_444_800_000;

/// A web server that may be asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Target {
    /// Where it listens.
    pub(super) address: SocketAddrV4,
    /// The interface on which its device was heard.
    pub(super) link: String,
    /// The address is in a subnet of the link.
    near: bool,
}

/// What was heard so far.
#[derive(Default, Debug)]
pub(super) struct Survey {
    /// How often each was asked.
    asked: BTreeMap<SocketAddrV4, u32>,
    voices: BTreeMap<SocketAddrV4, Voice>,
}

/// A device's last plausible word.
#[derive(Copy, Clone, Debug)]
struct Voice {
    wall: Wall,
    at: Instant,
    /// Rounds in which it said the same.
    rounds: u32,
}

impl Voice {
    fn now(self, now: Instant) -> Wall {
        self.wall + now.saturating_duration_since(self.at)
    }
}

impl Survey {
    /// Whom to ask now: a single voice once more, and those asked least.
    pub(super) fn choose(&mut self, view: &View) -> Vec<Target> {
        let mut all = BTreeMap::new();
        for (place, target) in targets(view).enumerate() {
            // Two devices at one address are one web server.
            all.entry(target.address).or_insert((place, target));
        }
        // Whoever went away has no say.
        self.voices.retain(|address, _| all.contains_key(address));
        self.asked.retain(|address, _| all.contains_key(address));
        let alone = self.voices.len() == 1;
        let mut all: Vec<(usize, Target)> = all.into_values().collect();
        all.sort_by_key(|(place, target)| {
            let speaks = alone && self.voices.contains_key(&target.address);
            let asked = self.asked.get(&target.address).copied().unwrap_or(0);
            (!speaks, asked, !target.near, *place)
        });
        all.truncate(MOST);
        let chosen: Vec<Target> = all.into_iter().map(|(_, target)| target).collect();
        for target in &chosen {
            *self.asked.entry(target.address).or_default() += 1;
        }
        chosen
    }

    /// An answer, or none, or one without a date.
    pub(super) fn hear(&mut self, target: &Target, wall: Option<Wall>, now: Instant) {
        let plausible = |wall: &Wall| (EARLIEST_MS..LATEST_MS).contains(&wall.0);
        let Some(wall) = wall.filter(plausible) else {
            return;
        };
        let mut voice = Voice {
            wall,
            at: now,
            rounds: 1,
        };
        match self.voices.entry(target.address) {
            Entry::Vacant(place) => {
                place.insert(voice);
            }
            Entry::Occupied(mut place) => {
                let before = *place.get();
                if agree(before.now(now), wall) {
                    voice.rounds += before.rounds;
                }
                place.insert(voice);
            }
        }
    }

    /// What time it is, once the voices suffice: two agree and no other two say otherwise, or one spoke
    /// alone for several rounds.
    pub(super) fn verdict(&self, now: Instant) -> Option<Wall> {
        let mut walls: Vec<Wall> = self.voices.values().map(|voice| voice.now(now)).collect();
        walls.sort_unstable();
        if let [single] = walls[..] {
            let rounds = self.voices.values().next()?.rounds;
            return (rounds >= SAID_ALONE).then_some(single);
        }
        let joined = |wall: Wall| walls.iter().filter(move |other| agree(wall, **other));
        let most = walls.iter().map(|wall| joined(*wall).count()).max()?;
        let mut best = walls.iter().filter(|wall| joined(**wall).count() == most);
        let first = *best.next()?;
        if most < 2 || best.any(|other| !agree(first, *other)) {
            return None;
        }
        joined(first).nth(most / 2).copied()
    }
}

fn agree(one: Wall, other: Wall) -> bool {
    one.since(other).max(other.since(one)) <= AGREEMENT
}

/// All that may be asked, in the order of the view.
pub(super) fn targets(view: &View) -> impl Iterator<Item = Target> {
    view.devices
        .iter()
        .filter_map(|device| target(view, device))
}

fn target(view: &View, device: &DeviceView) -> Option<Target> {
    let address = device.ipv4?;
    let port = device.http_port.filter(|port| *port != 0)?;
    // A device that claims the box's own address would have the box ask itself.
    let own = |link: &LinkView| link.addresses.iter().any(|(own, _)| *own == address);
    let unsuitable = address.is_loopback()
        || address.is_multicast()
        || address.is_broadcast()
        || address.octets()[0] == 0
        || view.links.iter().any(own);
    if device.gone || device.doubled_mac || unsuitable {
        return None;
    }
    let links = device
        .links
        .iter()
        .filter_map(|name| view.links.iter().find(|link| link.name == *name))
        .filter(|link| link.carrier && !link.addresses.is_empty());
    let near = |link: &LinkView| {
        let mut subnets = link.addresses.iter();
        subnets.any(|(own, length)| in_subnet(address, *own, *length))
    };
    let local = address.is_private() || address.is_link_local();
    let (link, near) = links
        .map(|link| (link, near(link)))
        .filter(|(_, near)| *near || local)
        .max_by_key(|(_, near)| *near)?;
    Some(Target {
        address: SocketAddrV4::new(address, port),
        link: link.name.clone(),
        near,
    })
}

/// Whether `address` is in the subnet of `own`. A subnet of everything is none.
fn in_subnet(address: Ipv4Addr, own: Ipv4Addr, length: u8) -> bool {
    if !(1..=32).contains(&length) {
        return false;
    }
    let mask = u32::MAX << (32 - u32::from(length));
    (address.to_bits() ^ own.to_bits()) & mask == 0
}

#[cfg(test)]
mod tests;
