//! Did this device restart? A restart makes its key worthless, so it must be noticed; a clock that was
//! set must not be taken for one, so that nobody waits days for a new key in vain.
//!
//! The evidence is `BootTime` (device-local, to the second), the `hello` a device sends when it comes up,
//! and silence. Δ is the `BootTime` heard now minus the one known. A clock counts as *set* from 2015 on:
//! devices without one count from 1970, some from a date in their firmware. *Observed* is for how long the
//! same start has been watched: a device that restarts with a running clock jumps at least that far. After
//! a power cut of the box that is the age of the device code, during which the device may have been silent.
//!
//! | known | heard | other evidence | judgement |
//! |---|---|---|---|
//! | no BootTime | none | hello, or silent for 60 s | doubt |
//! | no BootTime | none | | same |
//! | any | appears or is missing | hello | doubt |
//! | any | appears or is missing | | same |
//! | set | Δ at most 2 s | any (a hello also follows a cable that was out) | same |
//! | not set | Δ at most 2 s | hello, or silent for 60 s: every start looks like this | doubt |
//! | not set | Δ at most 2 s | | same |
//! | not set | set | hello | doubt |
//! | not set | set: years forward | | clock set |
//! | set | not set: back to 1970 | | restarted, the clock was lost |
//! | either | any other Δ | hello | restarted |
//! | set | a year or more forward | | doubt: a very long uptime or a clock set |
//! | either | forward, at least as long as observed | Δ is a whole number of quarter hours up to 26 h | doubt: a time zone or a restart |
//! | either | forward, at least as long as observed | | restarted |
//! | either | forward, shorter than observed | baseline is from before a power cut of the box | doubt |
//! | either | forward, shorter than observed | | clock corrected |
//! | set | back by at most 15 min | | clock corrected |
//! | set | back by more | | doubt |
//! | not set | back | | doubt |
//!
//! A doubt does not close a case; it is told, and a person decides.

use core::time::Duration;

use sadp::BootTime;

use crate::time::Mono;

/// `BootTime`s nearer than this are one: some devices compute it from a drifting uptime.
const JITTER_S: i64 = 2;
/// From here on a clock counts as set: 2015-01-01.
const SET_FROM_S: i64 = 1_420_070_400;
/// Longer silence than this is enough for a restart.
const SILENCE: Duration = Duration::from_secs(60);
/// A clock that runs fast is corrected by less than this.
const CORRECTION_S: i64 = 15 * 60;
/// Time zones differ by quarter hours...
const ZONE_STEP_S: i64 = 15 * 60;
/// ...and by at most this (UTC-12 to UTC+14).
const ZONE_SPAN_S: i64 = 26 * 3600;
/// No clock is wrong by accident for so long.
const YEAR_S: i64 = 365 * 86_400;

/// What a look at a device's start says.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Judgement {
    /// Nothing happened.
    Same,
    /// Its clock was stepped a little.
    Corrected,
    /// Its clock was set for the first time.
    ClockSet,
    /// It restarted.
    Restarted,
    /// It may have restarted.
    Doubt,
}

/// What is known of a device's start.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Watch {
    /// `BootTime` in seconds, device-local.
    boot: Option<i64>,
    /// When this start was first watched in this run of the box; `None` until then.
    since: Option<Mono>,
    last: Option<Mono>,
    /// For how long it was watched before `since`, in earlier runs of the box.
    before: Duration,
    /// From before a power cut of the box, and not heard since.
    restored: bool,
}

impl Watch {
    /// A device heard for the first time.
    pub(crate) fn new(now: Mono, boot: Option<BootTime>) -> Self {
        Self {
            boot: boot.map(BootTime::seconds),
            since: Some(now),
            last: Some(now),
            before: Duration::ZERO,
            restored: false,
        }
    }

    /// What a record from before a power cut of the box says.
    pub(crate) fn restored(boot: Option<BootTime>, age: Duration) -> Self {
        Self {
            boot: boot.map(BootTime::seconds),
            since: None,
            last: None,
            before: age,
            restored: true,
        }
    }

    /// `BootTime` comes from a clock that is set, so that a restart would have shown.
    pub(crate) fn tells(&self) -> bool {
        self.boot.is_some_and(|boot| boot >= SET_FROM_S)
    }

    /// The device says again when it started.
    pub(crate) fn hear(&mut self, now: Mono, boot: Option<BootTime>, hello: bool) -> Judgement {
        let boot = boot.map(BootTime::seconds);
        let judgement = self.judge(now, boot, hello);
        self.boot = boot.or(self.boot);
        self.last = Some(now);
        if matches!(judgement, Judgement::Restarted | Judgement::Doubt) {
            // Only what is watched from here on is certain.
            self.before = Duration::ZERO;
            self.since = Some(now);
        }
        self.since.get_or_insert(now);
        self.restored = false;
        judgement
    }

    fn judge(&self, now: Mono, boot: Option<i64>, hello: bool) -> Judgement {
        use Judgement::{ClockSet, Corrected, Doubt, Restarted, Same};
        let silent = self.last.is_none_or(|last| now.since(last) >= SILENCE);
        let observed = self.since.map_or(Duration::ZERO, |since| now.since(since));
        let observed = observed + self.before;
        let (known, heard) = match (self.boot, boot) {
            (Some(known), Some(heard)) => (known, heard),
            (None, None) if silent => return Doubt,
            _ if hello => return Doubt,
            _ => return Same,
        };
        let delta = heard.saturating_sub(known);
        let far = i64::try_from(observed.as_secs()).unwrap_or(i64::MAX);
        let zone =
            delta <= ZONE_SPAN_S && (delta + JITTER_S).rem_euclid(ZONE_STEP_S) <= 2 * JITTER_S;
        match (known >= SET_FROM_S, heard >= SET_FROM_S) {
            (true, true) if delta.abs() <= JITTER_S => Same,
            (false, false) if delta.abs() <= JITTER_S && (hello || silent) => Doubt,
            (false, false) if delta.abs() <= JITTER_S => Same,
            (false, true) if hello => Doubt,
            (false, true) => ClockSet,
            (true, false) => Restarted,
            _ if hello => Restarted,
            (true, true) if delta >= YEAR_S => Doubt,
            _ if delta > 0 && delta + JITTER_S >= far => {
                if zone {
                    Doubt
                } else {
                    Restarted
                }
            }
            _ if delta > 0 && self.restored => Doubt,
            _ if delta > 0 => Corrected,
            (true, true) if delta >= -CORRECTION_S => Corrected,
            _ => Doubt,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Judgement::*;
    use super::*;

    fn boot(text: &str) -> Option<BootTime> {
        (!text.is_empty()).then(|| BootTime::parse(text).expect("a boot time"))
    }

    /// The table in the module's documentation, row by row: known, seconds observed, seconds silent,
    /// heard, hello, judgement.
    #[test]
    fn the_table_holds() {
        let set = "2024-09-18 09:21:28";
        let unset = "1970-01-15 02:44:11";
        for (known, observed, silent, heard, hello, judgement) in [
            ("", 600, 15, "", false, Same),
            ("", 600, 15, "", true, Doubt),
            ("", 600, 60, "", false, Doubt),
            ("", 600, 15, set, false, Same),
            ("", 600, 15, set, true, Doubt),
            (set, 600, 15, "", false, Same),
            (set, 600, 15, "", true, Doubt),
            (set, 600, 15, set, false, Same),
            (set, 600, 600, set, true, Same),
            (set, 600, 15, "2024-09-18 09:21:30", false, Same),
            (set, 600, 15, "2024-09-18 09:21:26", true, Same),
            (unset, 600, 15, unset, false, Same),
            (unset, 600, 15, unset, true, Doubt),
            (unset, 600, 60, "1970-01-15 02:44:12", false, Doubt),
            (unset, 600, 15, set, false, ClockSet),
            (unset, 600, 15, set, true, Doubt),
            ("2010-01-01 00:00:09", 600, 15, set, false, ClockSet),
            (set, 600, 15, unset, false, Restarted),
            (set, 600, 15, "1970-01-01 00:00:09", true, Restarted),
            (set, 600, 15, "2024-09-18 09:22:00", true, Restarted),
            (set, 600, 15, "2024-09-18 09:00:00", true, Restarted),
            (unset, 600, 15, "1970-01-15 02:44:30", true, Restarted),
            (set, 600, 15, "2025-09-18 09:21:28", false, Doubt),
            (set, 600, 15, "2025-09-18 09:21:28", true, Restarted),
            (set, 600, 15, "2024-09-18 10:21:28", false, Doubt),
            (set, 600, 15, "2024-09-18 10:21:27", false, Doubt),
            (set, 600, 15, "2024-09-18 10:20:00", false, Restarted),
            (set, 600, 15, "2024-09-18 09:31:28", false, Restarted),
            (set, 600, 15, "2024-09-21 18:00:00", false, Restarted),
            (set, 7200, 15, "2024-09-18 10:21:28", false, Corrected),
            (set, 600, 15, "2024-09-18 09:21:40", false, Corrected),
            (unset, 600, 15, "1970-01-15 02:56:00", false, Restarted),
            (unset, 600, 15, "1970-01-15 02:45:00", false, Corrected),
            (set, 600, 15, "2024-09-18 09:06:28", false, Corrected),
            (set, 600, 15, "2024-09-18 09:06:27", false, Doubt),
            (set, 600, 15, "2024-09-18 08:21:28", false, Doubt),
            (unset, 600, 15, "1970-01-01 00:00:20", false, Doubt),
        ] {
            let mut watch = Watch::new(Mono(0), boot(known));
            assert_eq!(
                watch.hear(Mono((observed - silent) * 1000), boot(known), false),
                {
                    let long = observed - silent >= 60;
                    let tells = boot(known).is_some_and(|boot| boot.seconds() >= SET_FROM_S);
                    if long && !tells { Doubt } else { Same }
                }
            );
            // The row speaks of the time since the first look, which a doubt in between would restart.
            watch.since = Some(Mono(0));
            assert_eq!(
                watch.hear(Mono(observed * 1000), boot(heard), hello),
                judgement,
                "{known:?} observed {observed} s, silent {silent} s, then {heard:?}, hello {hello}"
            );
        }
    }

    #[test]
    fn a_baseline_from_before_a_power_cut_proves_less() {
        let set = "2024-09-18 09:21:28";
        for (known, age, heard, judgement) in [
            (set, 0, set, Same),
            (set, 0, "2024-09-18 09:25:00", Restarted),
            (set, 3600, "2024-09-18 09:25:00", Doubt),
            (set, 3600, "2024-09-18 10:25:00", Restarted),
            (set, 3600, "2024-09-18 09:10:00", Corrected),
            (set, 3600, "1970-01-01 00:00:20", Restarted),
            ("1970-01-15 02:44:11", 0, "1970-01-15 02:44:11", Doubt),
            ("1970-01-15 02:44:11", 0, set, ClockSet),
            ("", 0, "", Doubt),
            ("", 0, set, Same),
        ] {
            let mut watch = Watch::restored(boot(known), Duration::from_secs(age));
            assert_eq!(
                watch.hear(Mono(5000), boot(heard), false),
                judgement,
                "{known:?} then {heard:?}"
            );
        }
    }

    #[test]
    fn after_a_change_the_new_start_is_the_known_one() {
        let mut watch = Watch::new(Mono(0), boot("2024-09-18 09:21:28"));
        assert_eq!(
            watch.hear(Mono(30_000), boot("2024-09-18 10:40:00"), false),
            Restarted
        );
        assert_eq!(
            watch.hear(Mono(45_000), boot("2024-09-18 10:40:00"), false),
            Same
        );
        assert_eq!(
            watch.hear(Mono(60_000), boot("1970-01-01 00:00:10"), false),
            Restarted
        );
        assert_eq!(
            watch.hear(Mono(90_000), boot("2024-09-18 10:45:00"), false),
            ClockSet
        );
    }
}
