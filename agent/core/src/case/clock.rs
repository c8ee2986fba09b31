//! How old a device code is, on a box that has no clock of its own.
//!
//! While the box runs, the age is exact: the monotonic clock tells it, whatever anybody says about the wall
//! clock. Over a power cut only wall time can tell how long the box was off, and it may be unknown, or told
//! by a phone that is wrong. Therefore the age has four parts: what is *proven* (by the monotonic clock, and
//! by a synchronised clock at both ends of a power cut), what is *claimed* (by a phone's clock at one end),
//! what is *hinted* (by a device's clock at one end: shown, but it closes nothing, because a device whose
//! password is lost often lost its date too), and the knowledge that something may be missing.

use core::time::Duration;

use crate::event::WallSource;
use crate::time::{Mono, Now, Wall};

/// What the older guides promise for a key; some devices drop the code then (A: two generations of guides).
pub(crate) const PROMISED: Duration = Duration::from_secs(24 * 3600);
/// What the newer guides promise; nothing lives longer (A).
pub(crate) const LONGEST: Duration = Duration::from_secs(48 * 3600);
/// Before the end of [`PROMISED`], people are warned.
pub(crate) const WARNING: Duration = Duration::from_secs(4 * 3600);
/// A phone's clock may be set to the wrong time zone, and zones lie up to 26 h apart: so much later than
/// [`LONGEST`] does a claimed age close a case.
const CLAIM_SLACK: Duration = Duration::from_secs(26 * 3600);
/// A claim of more than this is no power cut but a wrong clock.
const BELIEVABLE: Duration = Duration::from_secs(30 * 86_400);

/// The age of one device code.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Clock {
    /// Proven age at `base`.
    proven: Duration,
    base: Mono,
    claimed: Duration,
    /// Length of the last power cut by a device's clock.
    hinted: Duration,
    /// Time that nobody measured may be missing.
    at_least: bool,
    /// The last power cut, as long as its length may still be learnt in this run.
    gap: Option<Gap>,
    /// Wall time of the export.
    issued: Option<Wall>,
    /// The export happened in this run: its wall time follows from the age.
    this_run: bool,
}

/// A power cut.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Gap {
    written: Wall,
    written_by: WallSource,
    restarted: Mono,
    /// What was added to `claimed` for it.
    claimed: Duration,
}

/// The durable part.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Kept {
    pub(crate) issued: Option<Wall>,
    pub(crate) age: Duration,
    pub(crate) claimed: Duration,
    pub(crate) at_least: bool,
    pub(crate) written: Option<(Wall, WallSource)>,
}

impl Clock {
    /// A code given just now.
    pub(crate) fn start(now: Now) -> Self {
        Self {
            proven: Duration::ZERO,
            base: now.mono,
            claimed: Duration::ZERO,
            hinted: Duration::ZERO,
            at_least: false,
            gap: None,
            issued: now.wall,
            this_run: true,
        }
    }

    /// A code from before a power cut.
    pub(crate) fn restore(kept: Kept, now: Now, source: Option<WallSource>) -> Self {
        let mut clock = Self {
            proven: kept.age,
            base: now.mono,
            claimed: kept.claimed,
            hinted: Duration::ZERO,
            at_least: kept.at_least || kept.written.is_none(),
            gap: kept.written.map(|(written, written_by)| Gap {
                written,
                written_by,
                restarted: now.mono,
                claimed: Duration::ZERO,
            }),
            issued: kept.issued,
            this_run: false,
        };
        clock.learn(now, source);
        clock
    }

    /// Wall time is known now, or was corrected.
    pub(crate) fn learn(&mut self, now: Now, source: Option<WallSource>) {
        let (Some(wall), Some(source)) = (now.wall, source) else {
            return;
        };
        if self.this_run {
            self.issued = Some(wall - self.proven_age(now.mono));
        }
        let Some(gap) = &mut self.gap else { return };
        self.claimed = self.claimed.saturating_sub(gap.claimed);
        gap.claimed = Duration::ZERO;
        self.hinted = Duration::ZERO;
        let on = now.mono.since(gap.restarted);
        let off = wall.since(gap.written).saturating_sub(on);
        if wall < gap.written || off > BELIEVABLE {
            // One of the two clocks is wrong, and nobody knows which.
            self.at_least = true;
        } else if source == WallSource::System && gap.written_by == WallSource::System {
            self.proven += off;
            self.gap = None;
        } else if [source, gap.written_by].contains(&WallSource::Device) {
            self.hinted = off;
        } else {
            gap.claimed = off;
            self.claimed += off;
        }
    }

    pub(crate) fn kept(&self, now: Now, source: Option<WallSource>) -> Kept {
        // A power cut that could not be measured yet stays measurable: what is written is the wall time as if it
        // had not happened, and the next clock finds both. A device's hint is no measure.
        let unmeasured = self
            .gap
            .as_ref()
            .map(|gap| (gap.written + now.mono.since(gap.restarted), gap.written_by));
        let told = now.wall.zip(source);
        let keeps_gap = unmeasured.is_some() && source == Some(WallSource::Device);
        let lost = !keeps_gap && told.is_some() && !self.hinted.is_zero();
        Kept {
            issued: self.issued,
            age: self.proven_age(now.mono),
            claimed: self.claimed,
            at_least: self.at_least || lost,
            written: told.filter(|_| !keeps_gap).or(unmeasured),
        }
    }

    pub(crate) fn issued(&self) -> Option<Wall> {
        self.issued
    }

    fn proven_age(&self, now: Mono) -> Duration {
        self.proven + now.since(self.base)
    }

    /// The best that is known of the age.
    pub(crate) fn age(&self, now: Mono) -> Duration {
        self.proven_age(now) + self.claimed + self.hinted
    }

    /// What is left of the longest life.
    pub(crate) fn left(&self, now: Mono) -> Duration {
        LONGEST.saturating_sub(self.age(now))
    }

    /// The age is a lower bound, what is left an upper one.
    pub(crate) fn at_most(&self) -> bool {
        let unmeasured = |gap: &Gap| gap.claimed.is_zero() && self.hinted.is_zero();
        self.at_least || self.gap.as_ref().is_some_and(unmeasured)
    }

    pub(crate) fn may_be_void(&self, now: Mono) -> bool {
        self.age(now) >= PROMISED
    }

    pub(crate) fn expired(&self, now: Mono) -> bool {
        now >= self.expires()
    }

    /// When the code is certainly dead if nothing new is learnt.
    fn expires(&self) -> Mono {
        let proven = self.base + LONGEST.saturating_sub(self.proven);
        let claimed =
            self.base + (LONGEST + CLAIM_SLACK).saturating_sub(self.proven + self.claimed);
        proven.min(claimed)
    }

    /// The next moment at which something about the age changes that people are told.
    pub(crate) fn next_mark(&self, now: Mono) -> Mono {
        let at = |age: Duration| {
            self.base + age.saturating_sub(self.proven + self.claimed + self.hinted)
        };
        [at(PROMISED.saturating_sub(WARNING)), at(PROMISED)]
            .into_iter()
            .filter(|mark| *mark > now)
            .chain([self.expires()])
            .min()
            .unwrap_or(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 3_600_000;

    fn at(mono: u64, wall: Option<u64>) -> Now {
        Now {
            mono: Mono(mono),
            wall: wall.map(|hours| Wall((500_000 * HOUR + hours * HOUR) as i64)),
        }
    }

    fn hours(duration: Duration) -> u64 {
        duration.as_secs() / 3600
    }

    #[test]
    fn within_a_run_nobody_can_make_a_code_older() {
        let mut clock = Clock::start(at(0, None));
        assert_eq!(clock.issued(), None);
        clock.learn(at(2 * HOUR, Some(90_000)), Some(WallSource::Phone));
        assert_eq!(clock.issued(), at(0, Some(89_998)).wall, "told backwards");
        assert_eq!(hours(clock.age(Mono(2 * HOUR))), 2);
        assert!(!clock.at_most());
        clock.learn(at(3 * HOUR, Some(103)), Some(WallSource::System));
        assert_eq!(clock.issued(), at(0, Some(100)).wall);
        assert_eq!(hours(clock.left(Mono(3 * HOUR))), 45);
        assert!(!clock.may_be_void(Mono(24 * HOUR - 1)));
        assert!(clock.may_be_void(Mono(24 * HOUR)));
        assert!(!clock.expired(Mono(48 * HOUR - 1)));
        assert!(clock.expired(Mono(48 * HOUR)));
    }

    #[test]
    fn the_marks_come_in_order() {
        let clock = Clock::start(at(0, None));
        let mut marks = Vec::new();
        let mut now = Mono(0);
        while !clock.expired(now) {
            now = clock.next_mark(now);
            marks.push(now.0 / HOUR);
        }
        assert_eq!(marks, [20, 24, 48]);
    }

    #[test]
    fn a_synchronised_clock_proves_a_power_cut() {
        let before = Clock::start(at(0, Some(100)));
        let kept = before.kept(at(HOUR, Some(101)), Some(WallSource::System));
        let mut clock = Clock::restore(kept, at(5, None), None);
        assert!(clock.at_most(), "until the time is known");
        assert_eq!(hours(clock.age(Mono(5))), 1);
        clock.learn(at(5 + HOUR, Some(131)), Some(WallSource::System));
        assert!(!clock.at_most());
        assert_eq!(hours(clock.age(Mono(5 + HOUR))), 31);
        assert_eq!(clock.issued(), at(0, Some(100)).wall, "not told anew");
        // Learning again changes nothing.
        clock.learn(at(5 + 2 * HOUR, Some(900)), Some(WallSource::System));
        assert_eq!(hours(clock.age(Mono(5 + 2 * HOUR))), 32);
        assert!(clock.expired(Mono(5 + 18 * HOUR)));
    }

    #[test]
    fn a_phone_is_believed_with_slack_and_corrected_later() {
        let before = Clock::start(at(0, Some(100)));
        let kept = before.kept(at(HOUR, Some(101)), Some(WallSource::System));
        let mut clock = Clock::restore(kept.clone(), at(0, None), None);
        clock.learn(at(0, Some(160)), Some(WallSource::Phone));
        assert_eq!(clock.left(Mono(0)), Duration::ZERO);
        assert!(clock.may_be_void(Mono(0)));
        assert!(
            !clock.expired(Mono(0)),
            "a phone alone closes nothing so soon"
        );
        assert!(clock.expired(Mono(14 * HOUR)));
        clock.learn(at(HOUR, Some(112)), Some(WallSource::System));
        assert_eq!(
            hours(clock.age(Mono(HOUR))),
            12,
            "the clock that knows corrects the phone"
        );

        let mut clock = Clock::restore(kept, at(0, None), None);
        clock.learn(at(0, Some(90_000)), Some(WallSource::Phone));
        assert!(clock.at_most());
        assert_eq!(
            hours(clock.age(Mono(0))),
            1,
            "ten years without power are not believed"
        );
        assert!(!clock.expired(Mono(46 * HOUR)));
        assert!(
            clock.expired(Mono(47 * HOUR)),
            "what ran in this run counts"
        );
    }

    #[test]
    fn a_device_is_shown_and_closes_nothing() {
        use WallSource::{Device, Phone, System};
        let before = Clock::start(at(0, Some(100)));
        let kept = before.kept(at(HOUR, Some(101)), Some(System));
        // Ten days ahead: its date was lost with its password.
        let mut clock = Clock::restore(kept, at(0, None), None);
        clock.learn(at(0, Some(340)), Some(Device));
        assert!(clock.may_be_void(Mono(0)), "people are warned");
        assert_eq!(clock.left(Mono(0)), Duration::ZERO);
        assert!(!clock.expired(Mono(47 * HOUR - 1)), "the key is tried");
        assert!(clock.expired(Mono(47 * HOUR)));
        // The next power cut does not make the hint a claim, and a better clock measures both.
        let kept = clock.kept(at(2 * HOUR, Some(342)), Some(Device));
        assert_eq!((hours(kept.age), kept.claimed), (3, Duration::ZERO));
        let mut clock = Clock::restore(kept, at(0, None), None);
        clock.learn(at(0, Some(350)), Some(Device));
        assert!(!clock.expired(Mono(45 * HOUR - 1)), "nor do two hints");
        clock.learn(at(HOUR, Some(112)), Some(Phone));
        assert_eq!(hours(clock.age(Mono(HOUR))), 12);
        clock.learn(at(HOUR, Some(113)), Some(System));
        assert_eq!(hours(clock.age(Mono(HOUR))), 13);
        assert!(!clock.at_most());
    }

    #[test]
    fn what_a_device_said_before_a_power_cut_makes_no_claim_after_it() {
        let before = Clock::start(at(0, Some(100)));
        let kept = before.kept(at(HOUR, Some(101)), Some(WallSource::Device));
        let mut clock = Clock::restore(kept, at(0, None), None);
        clock.learn(at(0, Some(341)), Some(WallSource::System));
        assert!(clock.may_be_void(Mono(0)));
        assert!(!clock.expired(Mono(47 * HOUR - 1)));
        let kept = clock.kept(at(HOUR, Some(342)), Some(WallSource::System));
        let mut clock = Clock::restore(kept, at(0, None), None);
        clock.learn(at(0, Some(343)), Some(WallSource::System));
        assert_eq!(hours(clock.age(Mono(0))), 3, "the hint is gone");
        assert!(clock.at_most(), "and that it is missing is told");
    }

    #[test]
    fn two_power_cuts_are_measured_by_one_clock() {
        let before = Clock::start(at(0, Some(100)));
        let kept = before.kept(at(HOUR, Some(101)), Some(WallSource::System));
        let between = Clock::restore(kept, at(0, None), None);
        let kept = between.kept(at(2 * HOUR, None), None);
        assert_eq!(hours(kept.age), 3);
        let clock = Clock::restore(kept, at(0, Some(110)), Some(WallSource::System));
        assert_eq!(hours(clock.age(Mono(0))), 10);
        assert!(!clock.at_most());
    }

    #[test]
    fn what_was_never_measured_stays_in_doubt() {
        let before = Clock::start(at(0, None));
        let kept = before.kept(at(HOUR, None), None);
        let mut clock = Clock::restore(kept, at(0, None), None);
        clock.learn(at(0, Some(100)), Some(WallSource::System));
        assert!(clock.at_most());
        let kept = clock.kept(at(HOUR, Some(101)), Some(WallSource::System));
        let clock = Clock::restore(kept, at(0, Some(103)), Some(WallSource::System));
        assert!(clock.at_most(), "also after the next power cut");
        assert_eq!(hours(clock.age(Mono(0))), 4);
    }
}
