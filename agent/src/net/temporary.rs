//! The temporary secondary address (`temporary_address = true`): a device in another subnet sends
//! its unicast answers to its gateway, where they are lost. With an address of that subnet it finds
//! the box directly.
//!
//! It is taken only after an ARP probe, given up when somebody else turns up with it, removed at the
//! end, and by the kernel itself when the program is killed: it is added for [`LIFETIME`] only and
//! renewed while devices of the subnet are heard. Nothing is added outside of private ranges, so
//! nobody can turn the box's routes away from the Internet by an invented answer.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::net::Ipv4Addr;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use resetbox_core::Purpose;
use resetbox_core::effect::{How, Transmit};
use sadp::{Body, Device, Mac};
use tokio::io::unix::AsyncFd;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until, timeout};

use super::netlink::{self, Link};
use super::{arp, ears};

/// Subnets per link. A plant has one or two that the box is not in.
const SUBNETS: usize = 4;
/// Devices whose subnet is remembered, to ask each from the right address.
const DEVICES: usize = 4_096;
/// How long the kernel keeps the address if nobody renews it.
const LIFETIME: Duration = Duration::from_secs(600);
/// How often it is renewed.
const RENEW: Duration = Duration::from_secs(200);
/// Addresses tried in one subnet, and the time before it is tried again.
const CANDIDATES: u32 = 8;
/// RFC 5227, 1.1.
const PROBES: u32 = 3;
const ANNOUNCE_WAIT: Duration = Duration::from_secs(2);

/// All temporary addresses.
pub(super) struct Temporary {
    started: Instant,
    devices: HashMap<Mac, Ipv4Addr>,
    held: BTreeMap<(u32, Subnet), Holder>,
}

/// An IPv4 subnet.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Subnet {
    network: u32,
    prefix: u8,
}

struct Holder {
    /// The address once it is ours, else 0.
    address: Arc<AtomicU32>,
    /// When a device of the subnet was heard last, in seconds since the start.
    heard: Arc<AtomicU64>,
    begun: Instant,
    task: JoinHandle<()>,
}

impl Drop for Holder {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Temporary {
    pub(super) fn new() -> Self {
        Self {
            started: Instant::now(),
            devices: HashMap::new(),
            held: BTreeMap::new(),
        }
    }

    /// Looks at something heard on `link`; `all` are the addresses that the machine has.
    pub(super) fn hear(&mut self, link: &Link, all: &[(Ipv4Addr, u8)], bytes: &[u8]) {
        let Ok(message) = sadp::parse(bytes) else {
            return;
        };
        let Body::Device(device) = message.body else {
            return;
        };
        let (Some(mac), Some((ipv4, subnet))) = (link.mac, subnet_of(&device)) else {
            return;
        };
        if self.devices.len() >= DEVICES && !self.devices.contains_key(&device.mac) {
            self.devices.clear();
        }
        self.devices.insert(device.mac, ipv4);
        let now = self.started.elapsed().as_secs();
        let key = (link.index, subnet);
        if let Some(holder) = self.held.get(&key) {
            holder.heard.store(now, Ordering::Relaxed);
            if !holder.task.is_finished() || holder.begun.elapsed() < LIFETIME {
                return;
            }
            self.held.remove(&key);
        }
        let own = all.iter().any(|(address, prefix)| {
            subnet.contains(*address) || Subnet::new(*address, *prefix).contains(ipv4)
        });
        let full = self
            .held
            .keys()
            .filter(|(index, _)| *index == link.index)
            .count()
            >= SUBNETS;
        if own || full {
            return;
        }
        let (address, heard) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU64::new(now)));
        let claim = Claim {
            link: link.index,
            name: link.name.clone(),
            mac,
            subnet,
            avoid: [Some(ipv4), device.ipv4_gateway],
            address: Arc::clone(&address),
            heard: Arc::clone(&heard),
            started: self.started,
        };
        let task = tokio::spawn(claim.run());
        self.held.insert(
            key,
            Holder {
                address,
                heard,
                begun: Instant::now(),
                task,
            },
        );
    }

    /// The link is gone, its addresses with it.
    pub(super) fn forget(&mut self, link: u32) {
        self.held.retain(|(index, _), _| *index != link);
    }

    /// The source addresses from which a transmission is to leave; `None` is the kernel's choice.
    /// A question to all leaves from each; a command leaves once, from the device's own subnet.
    pub(super) fn sources(&self, transmit: &Transmit) -> Vec<Option<Ipv4Addr>> {
        if transmit.how == How::Layer2 {
            return vec![None];
        }
        let mut held = self
            .held
            .iter()
            .filter(|((index, _), _)| *index == transmit.link.0)
            .filter_map(
                |((_, subnet), holder)| match holder.address.load(Ordering::Relaxed) {
                    0 => None,
                    address => Some((*subnet, Ipv4Addr::from(address))),
                },
            );
        if transmit.purpose == Purpose::Inquiry {
            return std::iter::once(None)
                .chain(held.map(|(_, address)| Some(address)))
                .collect();
        }
        let device = addressee(&transmit.bytes).and_then(|mac| self.devices.get(&mac));
        let source = device.and_then(|ipv4| held.find(|(subnet, _)| subnet.contains(*ipv4)));
        vec![source.map(|(_, address)| address)]
    }
}

/// Where a device says that it is, if that is a place to follow it to.
fn subnet_of(device: &Device) -> Option<(Ipv4Addr, Subnet)> {
    let ipv4 = device.ipv4?;
    let mask = u32::from(device.ipv4_mask?);
    let prefix = mask.leading_ones() as u8;
    let straight = mask.count_ones() == u32::from(prefix);
    let home = ipv4.is_private() || ipv4.octets()[..3] == [192, 0, 0];
    (straight && (16..=29).contains(&prefix) && home).then(|| (ipv4, Subnet::new(ipv4, prefix)))
}

/// The hardware address that a command names.
fn addressee(command: &[u8]) -> Option<Mac> {
    let text = std::str::from_utf8(command).ok()?;
    let (_, rest) = text.split_once("<MAC>")?;
    rest.split_once("</MAC>")?.0.parse().ok()
}

impl Subnet {
    fn new(address: Ipv4Addr, prefix: u8) -> Self {
        Self {
            network: u32::from(address) & mask(prefix),
            prefix,
        }
    }

    fn contains(self, address: Ipv4Addr) -> bool {
        u32::from(address) & mask(self.prefix) == self.network
    }

    /// The `number`th address to try: from the top, where neither gateways nor cameras usually are,
    /// a little apart for every box.
    fn candidate(self, mac: [u8; 6], number: u32) -> Ipv4Addr {
        let hosts = !mask(self.prefix) - 1;
        let start = u32::from(mac[5]) % (hosts / 4).max(1);
        Ipv4Addr::from(self.network + hosts - (start + number) % hosts)
    }
}

fn mask(prefix: u8) -> u32 {
    u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0)
}

/// Gets, keeps and gives back one address.
struct Claim {
    link: u32,
    name: String,
    mac: [u8; 6],
    subnet: Subnet,
    /// The device that was heard, and its gateway.
    avoid: [Option<Ipv4Addr>; 2],
    address: Arc<AtomicU32>,
    heard: Arc<AtomicU64>,
    started: Instant,
}

impl Claim {
    async fn run(self) {
        if let Err(error) = self.work().await {
            tracing::warn!(
                link = self.name,
                %error,
                "no temporary address: it needs CAP_NET_RAW and CAP_NET_ADMIN"
            );
        }
        self.address.store(0, Ordering::Relaxed);
    }

    async fn work(&self) -> io::Result<()> {
        let socket = ears::open_arp(self.link)?;
        for number in 0..CANDIDATES {
            let address = self.subnet.candidate(self.mac, number);
            if self.avoid.contains(&Some(address)) || !self.is_free(&socket, address).await? {
                continue;
            }
            let _held = self.add(address)?;
            tracing::info!(link = self.name, %address, "temporary address taken");
            self.address.store(u32::from(address), Ordering::Relaxed);
            send(&socket, &arp::announcement(self.mac, address))?;
            let lost = self.keep(&socket, address).await?;
            self.address.store(0, Ordering::Relaxed);
            if !lost {
                return Ok(());
            }
            tracing::warn!(link = self.name, %address, "another device has the temporary address");
        }
        Ok(())
    }

    /// RFC 5227, 2.1.1: three questions one to two seconds apart, then two seconds of waiting.
    async fn is_free(&self, socket: &AsyncFd<OwnedFd>, address: Ipv4Addr) -> io::Result<bool> {
        for probe in 0..PROBES {
            send(socket, &arp::probe(self.mac, address))?;
            let wait = if probe + 1 < PROBES {
                Duration::from_millis(1000 + u64::from(random()? % 1000))
            } else {
                ANNOUNCE_WAIT
            };
            if timeout(wait, self.conflict(socket, address, true))
                .await
                .is_ok()
            {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Renews the address while devices of the subnet are heard. `true`: somebody else has it.
    async fn keep(&self, socket: &AsyncFd<OwnedFd>, address: Ipv4Addr) -> io::Result<bool> {
        let mut renew = Instant::now() + RENEW;
        loop {
            tokio::select! {
                () = self.conflict(socket, address, false) => return Ok(true),
                () = sleep_until(renew) => {
                    let silent = self.started.elapsed().as_secs() - self.heard.load(Ordering::Relaxed);
                    if silent >= LIFETIME.as_secs() {
                        tracing::info!(link = self.name, %address, "temporary address given back");
                        return Ok(false);
                    }
                    renew = Instant::now() + RENEW;
                    netlink::add_address(self.link, &self.name, address, self.subnet.prefix, LIFETIME)?;
                }
            }
        }
    }

    /// Waits until somebody else shows that the address is theirs.
    async fn conflict(&self, socket: &AsyncFd<OwnedFd>, address: Ipv4Addr, probing: bool) {
        let mut frame = [0; 64];
        loop {
            let Ok(mut ready) = socket.readable().await else {
                return std::future::pending().await;
            };
            match nix::unistd::read(socket.get_ref(), &mut frame) {
                Ok(len) if arp::conflicts(&frame[..len], self.mac, address, probing) => return,
                Ok(_) => {}
                Err(_) => ready.clear_ready(),
            }
        }
    }

    fn add(&self, address: Ipv4Addr) -> io::Result<Held> {
        let Self {
            link, name, subnet, ..
        } = self;
        netlink::add_address(*link, name, address, subnet.prefix, LIFETIME)?;
        Ok(Held {
            link: *link,
            address,
            prefix: subnet.prefix,
        })
    }
}

/// An address on an interface; dropping it removes it.
struct Held {
    link: u32,
    address: Ipv4Addr,
    prefix: u8,
}

impl Drop for Held {
    fn drop(&mut self) {
        // The interface may be gone, or an administrator was faster.
        let _ = netlink::remove_address(self.link, self.address, self.prefix);
    }
}

fn send(socket: &AsyncFd<OwnedFd>, frame: &[u8]) -> io::Result<()> {
    nix::unistd::write(socket.get_ref(), frame)?;
    Ok(())
}

fn random() -> io::Result<u32> {
    let mut bytes = [0; 4];
    getrandom::fill(&mut bytes)?;
    Ok(u32::from_ne_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(ipv4: [u8; 4], mask: [u8; 4]) -> Device {
        Device {
            ipv4: Some(ipv4.into()),
            ipv4_mask: Some(mask.into()),
            ..Device::new("44-47-cc-00-00-01")
        }
    }

    #[test]
    fn only_private_subnets_of_a_sensible_size_are_followed() {
        let follows = |ipv4, mask| subnet_of(&device(ipv4, mask)).is_some();
        assert!(follows([192, 168, 1, 64], [255, 255, 255, 0]));
        assert!(follows([192, 0, 0, 64], [255, 255, 255, 0]));
        assert!(follows([10, 1, 2, 3], [255, 255, 0, 0]));
        assert!(!follows([8, 8, 8, 8], [255, 255, 255, 0]));
        assert!(!follows([10, 1, 2, 3], [255, 0, 0, 0]));
        assert!(!follows([10, 1, 2, 3], [255, 0, 255, 0]));
        assert!(!follows([10, 1, 2, 3], [255, 255, 255, 255]));
        assert!(!follows([0, 0, 0, 0], [0, 0, 0, 0]));
    }

    #[test]
    fn candidates_are_hosts_of_the_subnet_and_differ() {
        for prefix in 16..=29 {
            let subnet = Subnet::new(Ipv4Addr::new(192, 168, 1, 64), prefix);
            for mac in [[0; 6], [0xff; 6], [2, 0, 0, 0, 0, 77]] {
                let mut seen = std::collections::BTreeSet::new();
                for number in 0..CANDIDATES.min(!mask(prefix) - 1) {
                    let address = subnet.candidate(mac, number);
                    let host = u32::from(address) - subnet.network;
                    assert!(subnet.contains(address), "{address} in /{prefix}");
                    assert!(host != 0 && host != !mask(prefix), "{address} in /{prefix}");
                    assert!(seen.insert(address), "{address} twice in /{prefix}");
                }
            }
        }
    }

    #[test]
    fn a_command_names_its_device() {
        let command =
            b"<Probe><Uuid>U</Uuid><MAC>44-47-CC-00-00-01</MAC><Types>reset</Types></Probe>";
        assert_eq!(addressee(command), Some(Mac([0x44, 0x47, 0xcc, 0, 0, 1])));
        assert_eq!(addressee(b"<Probe><Types>inquiry</Types></Probe>"), None);
    }
}
