//! One device of the roster: what it says about itself, and where it was heard.

use core::time::Duration;
use std::sync::Arc;

use sadp::Device;

use super::How;
use super::facts::facts;
use crate::boot::Watch;
use crate::event::LinkId;
use crate::time::Mono;
use crate::view::DeviceView;

/// A device on more links than this is told with the first ones.
const LINKS: usize = 8;

/// One device.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Entry {
    pub(crate) view: Arc<DeviceView>,
    /// The address as the device spells it.
    pub(crate) mac_text: Box<str>,
    /// The serial as it came, where it is not printable as it is.
    raw_serial: Option<Box<str>>,
    pub(crate) user_name: Option<Box<str>>,
    /// Where it was heard and when, the latest first.
    pub(super) links: Vec<(LinkId, Mono)>,
    pub(crate) watch: Watch,
    pub(super) order: u64,
    /// The number of its open case: the later it was opened, the greater.
    pub(super) open_case: Option<u64>,
    pub(super) rounds: u8,
    pub(super) last_round: u64,
    /// Told by UDP; a layer-2 answer says less and does not overwrite it.
    pub(super) by_udp: bool,
    code_encrypt: bool,
    /// How often it was silent when it was asked to blink.
    pub(super) lamp_silences: u8,
    pub(super) serial_hash: Option<u64>,
    /// Last time another serial was heard under this address.
    pub(super) rival: Option<Mono>,
}

impl Entry {
    /// A device that was just found, as the `order`-th, in this round of probes.
    pub(super) fn new(now: Mono, device: &Device, order: u64, round: u64) -> Self {
        Self {
            view: Arc::new(facts(device, now)),
            mac_text: device.mac_text.as_str().into(),
            raw_serial: None,
            user_name: None,
            links: Vec::with_capacity(1),
            watch: Watch::new(now, device.boot_time),
            order,
            open_case: None,
            rounds: 1,
            last_round: round,
            by_udp: false,
            code_encrypt: false,
            lamp_silences: 0,
            serial_hash: None,
            rival: None,
        }
    }

    /// The whole serial as it came.
    pub(crate) fn serial(&self) -> &str {
        self.raw_serial.as_deref().unwrap_or(&self.view.serial)
    }

    /// The link where the device was heard last.
    pub(crate) fn link(&self) -> Option<LinkId> {
        self.links.first().map(|(link, _)| *link)
    }

    pub(crate) fn code_encrypt(&self) -> bool {
        self.code_encrypt
    }

    /// Whether this is another device under the same address: another serial while the known one still answers.
    pub(super) fn is_rival(
        &self,
        now: Mono,
        device: &Device,
        how: How,
        gone_after: Duration,
    ) -> bool {
        let Some(serial) = device.serial.as_deref() else {
            return false;
        };
        !how.layer2
            && self.by_udp
            && !self.serial().is_empty()
            && self.serial() != serial
            && now.since(self.view.last_seen) < gone_after
    }

    /// Takes a device's facts over, keeping what the roster itself knows.
    pub(super) fn take(&mut self, device: &Device, how: How) {
        let old = &self.view;
        let mut view = facts(device, old.last_seen);
        view.links.clone_from(&old.links);
        view.doubled_serial = old.doubled_serial;
        view.doubled_mac = old.doubled_mac;
        view.first_seen = old.first_seen;
        view.gone = old.gone;
        view.lamp = old.lamp;
        view.case.clone_from(&old.case);
        view.case_open = old.case_open;
        let raw = device.serial.as_deref().unwrap_or_default();
        self.raw_serial = (raw != view.serial).then(|| raw.into());
        if *self.mac_text != *device.mac_text {
            self.mac_text = device.mac_text.as_str().into();
        }
        self.user_name = device.user_name.as_deref().map(Into::into);
        self.code_encrypt = device.code_encrypt;
        self.by_udp |= !how.layer2;
        if **old != view {
            self.view = Arc::new(view);
        }
    }

    pub(super) fn heard_on(&mut self, now: Mono, (link, name): (LinkId, &str)) {
        match self.links.iter().position(|(known, _)| *known == link) {
            Some(0) => self.links[0].1 = now,
            Some(place) => {
                self.links.remove(place);
                self.links.insert(0, (link, now));
            }
            None if self.links.len() < LINKS => {
                self.links.insert(0, (link, now));
                if !name.is_empty() {
                    Arc::make_mut(&mut self.view).links.push(name.to_owned());
                }
            }
            None => {}
        }
    }

    pub(super) fn name_links(&mut self, names: impl Fn(LinkId) -> Option<String>) {
        let names = self
            .links
            .iter()
            .filter_map(|(link, _)| names(*link))
            .collect();
        Arc::make_mut(&mut self.view).links = names;
    }
}
