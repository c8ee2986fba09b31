//! What tests and the demo read.

use super::{Camera, Counters, Options};
use crate::identity::{Identity, Place};
use crate::local_time;
use crate::profile::{Facts, Profile};

impl Camera {
    /// The label.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The addresses.
    pub fn place(&self) -> &Place {
        &self.place
    }

    pub(crate) fn facts(&self) -> &Facts {
        &self.facts
    }

    /// The kind.
    pub fn profile(&self) -> Profile {
        self.profile
    }

    /// The administrator's password; `None` before activation.
    pub fn password(&self) -> Option<&str> {
        self.password.as_deref()
    }

    /// The string or code of the open export.
    pub fn open_string(&self) -> Option<&str> {
        self.open.as_ref().map(|open| open.string.as_str())
    }

    /// The device code of the open export: what the vendor's table is keyed by.
    pub fn open_device_code(&self) -> Option<&str> {
        self.open.as_ref().map(|open| open.device_code.as_str())
    }

    /// Wrong keys it still forgives.
    pub fn tries_left(&self) -> u32 {
        self.tries_left
    }

    /// Minutes of lock left, rounded up; `None` when not locked.
    pub fn lock_minutes(&self, now_ms: u64) -> Option<u32> {
        let left_ms = self
            .locked_until_ms?
            .checked_sub(now_ms)
            .filter(|left| *left > 0)?;
        u32::try_from(left_ms.div_ceil(60_000)).ok()
    }

    /// The text of `BootTime`.
    pub fn boot_time(&self) -> String {
        local_time::text(self.booted_s, self.facts.boot_style)
    }

    /// Whether it has power.
    pub fn is_powered(&self) -> bool {
        self.powered
    }

    /// Whether the lamp is lit.
    pub fn lamp_is_lit(&self) -> bool {
        self.lamp
    }

    /// Whether the last reset asked a recorder to pass the password on.
    pub fn cameras_synced(&self) -> bool {
        self.cameras_synced
    }

    /// What was asked of it.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// Gives it another label: two devices of one serial, or a serial that is too short.
    pub fn set_serial(&mut self, serial: &str) {
        serial.clone_into(&mut self.identity.serial);
    }

    /// Somebody proves, or fails to prove, the password to the web server.
    pub(crate) fn count_login(&mut self) {
        self.counters.logins += 1;
    }

    /// Its options, to change them while it runs.
    pub fn options_mut(&mut self) -> &mut Options {
        &mut self.options
    }
}
