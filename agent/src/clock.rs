//! The box's clocks. The monotonic one runs from boot, through suspends; the wall clock is believed
//! only when someone vouches for it, because most boards have no clock of their own.

use std::cell::Cell;
use std::path::Path;
use std::time::Duration;

use nix::time::{ClockId, clock_gettime};
use resetbox_core::event::WallSource;
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
    /// Set by a phone or a device while the system clock is not believed: wall time minus monotonic time, in
    /// ms, and who said so.
    told: Option<(i64, WallSource)>,
    /// Once believed, the system's clock is believed until the end: it goes on counting even when the file
    /// that vouched for it is taken away.
    believed: Cell<bool>,
    /// Until then (monotonic, in ms) it is not looked at again: the moment is asked for at every datagram.
    unbelieved_until: Cell<i64>,
}

/// The file that systemd-timesyncd makes when it is synchronised.
const SYNCHRONISED: &str = "/run/systemd/timesync/synchronized";
/// Present when the machine has a hardware clock.
const HARDWARE_CLOCK: &str = "/sys/class/rtc/rtc0";
/// Between two looks whether the system's clock may be believed by now.
const LOOK_EVERY_MS: i64 = 1000;
/// 2025-01-01: a system clock before this program's time is certainly wrong.
pub(crate) const EARLIEST_MS: i64 = 1_735_689_600_000;

impl Clock {
    /// A clock that nobody has told anything yet.
    pub fn new(trust: Trust) -> Self {
        Self {
            trust,
            told: None,
            believed: Cell::new(false),
            unbelieved_until: Cell::new(0),
        }
    }

    /// The moment.
    pub fn now(&self) -> Now {
        let mono = read(ClockId::CLOCK_BOOTTIME);
        let wall = if self.system_is_believed() {
            Some(Wall(read(ClockId::CLOCK_REALTIME)))
        } else {
            self.told
                .map(|(offset, _)| Wall(mono.saturating_add(offset)))
        };
        Now {
            mono: Mono(u64::try_from(mono).unwrap_or(0)),
            wall,
        }
    }

    /// Who says what time it is.
    pub fn source(&self) -> Option<WallSource> {
        if self.system_is_believed() {
            Some(WallSource::System)
        } else {
            self.told.map(|(_, source)| source)
        }
    }

    /// Somebody told what time it is. `false` when somebody better did before, and nothing changed. The
    /// system's clock is left alone: that takes a privilege which the box does not have.
    pub fn tell(&mut self, wall: Wall, source: WallSource) -> bool {
        if self
            .source()
            .is_some_and(|known| known.is_better_than(source))
        {
            return false;
        }
        let offset = wall.0.saturating_sub(read(ClockId::CLOCK_BOOTTIME));
        self.told = Some((offset, source));
        true
    }

    /// The system clock is vouched for.
    pub fn system_is_believed(&self) -> bool {
        let plausible = || read(ClockId::CLOCK_REALTIME) >= EARLIEST_MS;
        match self.trust {
            Trust::Always => true,
            Trust::Never => false,
            Trust::Auto => {
                let mono = read(ClockId::CLOCK_BOOTTIME);
                if self.believed.get() || mono < self.unbelieved_until.get() {
                    return self.believed.get();
                }
                let believed = plausible()
                    && (Path::new(SYNCHRONISED).exists() || Path::new(HARDWARE_CLOCK).exists());
                self.believed.set(believed);
                self.unbelieved_until.set(mono + LOOK_EVERY_MS);
                believed
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
        assert!(clock.tell(Wall(1_800_000_000_000), WallSource::Device));
        let wall = clock.now().wall.expect("told a line above");
        assert!(
            (1_800_000_000_000..1_800_000_060_000).contains(&wall.0),
            "{wall}"
        );
    }

    #[test]
    fn a_weaker_source_never_overrides_a_better_one() {
        use WallSource::{Device, Phone, System};
        let day = |number: i64| Wall(1_800_000_000_000 + number * 86_400_000);
        let near = |clock: &Clock, wall: Wall| {
            let now = clock.now().wall.expect("told before");
            (wall.0..wall.0 + 60_000).contains(&now.0)
        };
        let mut clock = Clock::new(Trust::Never);
        assert_eq!(clock.source(), None);
        assert!(clock.tell(day(1), Device));
        assert!(clock.tell(day(2), Device), "a device corrects a device");
        assert!(clock.tell(day(3), Phone), "a phone corrects a device");
        assert_eq!(clock.source(), Some(Phone));
        assert!(!clock.tell(day(4), Device));
        assert!(near(&clock, day(3)), "{:?}", clock.now());
        assert_eq!(clock.source(), Some(Phone));

        let mut clock = Clock::new(Trust::Always);
        assert_eq!(clock.source(), Some(System));
        assert!(!clock.tell(day(5), Phone) && !clock.tell(day(6), Device));
        assert!(!near(&clock, day(5)) && !near(&clock, day(6)));

        // The time service comes up while the box runs.
        let mut clock = Clock::new(Trust::Never);
        assert!(clock.tell(day(7), Phone));
        clock.trust = Trust::Always;
        assert!(!near(&clock, day(7)));
        assert_eq!(clock.source(), Some(System));
    }

    #[test]
    fn the_monotonic_clock_does_not_go_back() {
        let clock = Clock::new(Trust::Always);
        let first = clock.now().mono;
        assert!(clock.now().mono >= first);
    }
}
