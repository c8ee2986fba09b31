//! Who claims a serial or a hardware address that another device has: marked, so that nobody resets the wrong one.

use std::sync::Arc;

use sadp::Mac;

use super::Roster;

impl Roster {
    /// Tails of serials that several addresses claim, at most `most`.
    pub(crate) fn doubled_serials(&self, most: usize) -> Vec<String> {
        let doubled = self
            .serials
            .values()
            .filter(|claimants| claimants.len() > 1);
        let entries = doubled.filter_map(|claimants| self.entries.get(claimants.first()?));
        entries
            .take(most)
            .map(|entry| entry.view.serial_tail.clone())
            .collect()
    }

    /// Addresses under which several serials answer, at most `most`.
    pub(crate) fn doubled_macs(&self, most: usize) -> Vec<String> {
        let doubled = self.entries.values().filter(|entry| entry.view.doubled_mac);
        doubled
            .take(most)
            .map(|entry| entry.view.mac.to_string())
            .collect()
    }

    /// Keeps the index of serials, and the marks of those that are claimed twice.
    pub(super) fn index_serial(&mut self, mac: Mac, hash: impl Fn(&[u8]) -> u64) {
        let entry = self.entries.get_mut(&mac).expect("the caller found it");
        let serial = entry.serial();
        let new = (!serial.is_empty()).then(|| hash(serial.as_bytes()));
        let old = entry.serial_hash;
        if new == old {
            return;
        }
        entry.serial_hash = new;
        if let Some(old) = old {
            self.leave_serial(mac, old);
        }
        let Some(new) = new else { return };
        let claimants = self.serials.entry(new).or_default();
        claimants.insert(mac);
        let marked = match claimants.len() {
            0 | 1 => return,
            // From here on both are marked; later ones only add themselves.
            2 => claimants.iter().copied().collect(),
            _ => vec![mac],
        };
        for mac in marked {
            self.mark_doubled(mac, true);
        }
    }

    pub(super) fn leave_serial(&mut self, mac: Mac, hash: u64) {
        let Some(claimants) = self.serials.get_mut(&hash) else {
            return;
        };
        claimants.remove(&mac);
        let last = (claimants.len() == 1)
            .then(|| claimants.first().copied())
            .flatten();
        if claimants.is_empty() {
            self.serials.remove(&hash);
        }
        for mac in [Some(mac), last].into_iter().flatten() {
            self.mark_doubled(mac, false);
        }
    }

    fn mark_doubled(&mut self, mac: Mac, doubled: bool) {
        if let Some(entry) = self.entries.get_mut(&mac)
            && entry.view.doubled_serial != doubled
        {
            Arc::make_mut(&mut entry.view).doubled_serial = doubled;
        }
    }
}
