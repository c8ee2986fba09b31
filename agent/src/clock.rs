//! The box's clocks. The monotonic one runs from boot, through suspends; the wall clock is believed
//! only when someone vouches for it, because most boards have no clock of their own.

use std::path::Path;
use std::time::Duration;

use nix::time::{ClockId, clock_gettime};
use resetbox_core::{Mono, Now, Wall};
use serde::Deserialize;

/// Whether the system's wall clock may be believed.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trust {
    /// When there is a hardware clock, or the time service says it is synchronised.
    #[default]
    Auto,
    /// Always: the owner vouches for it.
    Always,
    /// Never: only a phone or a device is asked.
    Never,
}

/// Reads both clocks.
#[derive(Debug)]
pub struct Clock {
    trust: Trust,
    /// Set by a phone or a device while the system clock is not believed: wall time minus monotonic time, in ms.
    told: Option<i64>,
}

/// The file that systemd-timesyncd makes when it is synchronised.
const SYNCHRONISED: &str = "/run/systemd/timesync/synchronized";
/// Present when the machine has a hardware clock.
const HARDWARE_CLOCK: &str = "/sys/class/rtc/rtc0";
/// 2025-01-01: a system clock before this program's time is certainly wrong.
const EARLIEST_MS: i64 = 1_735_689_600_000;

impl Clock {
    /// A clock that nobody has told anything yet.
    pub fn new(trust: Trust) -> Self {
        Self { trust, told: None }
    }

    /// The moment.
    pub fn now(&self) -> Now {
        let mono = read(ClockId::CLOCK_BOOTTIME);
        let wall = if self.system_is_believed() {
            Some(Wall(read(ClockId::CLOCK_REALTIME)))
        } else {
            self.told.map(|offset| Wall(mono.saturating_add(offset)))
        };
        Now {
            mono: Mono(u64::try_from(mono).unwrap_or(0)),
            wall,
        }
    }

    /// Somebody told what time it is. The system's clock is left alone: that takes a privilege
    /// which the box does not have.
    pub fn tell(&mut self, wall: Wall) {
        self.told = Some(wall.0.saturating_sub(read(ClockId::CLOCK_BOOTTIME)));
    }

    /// The system clock is vouched for.
    pub fn system_is_believed(&self) -> bool {
        let plausible = read(ClockId::CLOCK_REALTIME) >= EARLIEST_MS;
        match self.trust {
            Trust::Always => true,
            Trust::Never => false,
            Trust::Auto => {
                plausible
                    && (Path::new(SYNCHRONISED).exists() || Path::new(HARDWARE_CLOCK).exists())
            }
        }
    }
}

/// Milliseconds of a clock; 0 if the kernel does not have it, which Linux since 2.6.39 does.
fn read(clock: ClockId) -> i64 {
    clock_gettime(clock).map_or(0, |time| {
        i64::try_from(Duration::from(time).as_millis()).unwrap_or(i64::MAX)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_untrusted_clock_knows_no_wall_time_until_told() {
        let mut clock = Clock::new(Trust::Never);
        assert_eq!(clock.now().wall, None);
        clock.tell(Wall(1_800_000_000_000));
        let wall = clock.now().wall.expect("told a line above");
        assert!(
            (1_800_000_000_000..1_800_000_060_000).contains(&wall.0),
            "{wall}"
        );
    }

    #[test]
    fn the_monotonic_clock_does_not_go_back() {
        let clock = Clock::new(Trust::Always);
        let first = clock.now().mono;
        assert!(clock.now().mono >= first);
    }
}
