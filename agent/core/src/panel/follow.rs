//! What the panel does by itself: it follows its case when another channel moves it, wakes for what a
//! person should see, wipes what nobody types any more, and sleeps.

use core::time::Duration;
use std::collections::BTreeMap;

use super::act::{find, listed, problem_of};
use super::place::{Cursor, Place};
use super::shown::Shown;
use super::{Ask, Panel, Pending, START_PAGE, World, settings};
use crate::problem::ProblemKind;
use crate::request::{CaseId, Request};
use crate::time::{Mono, Now};
use crate::view::{CasePhase, CaseView};

/// Probes without an answer after which the empty list offers the diagnosis.
const STUCK_PROBES: u64 = 12;
/// Time without an answer after which it does.
const STUCK_AFTER: Duration = Duration::from_secs(20);
/// After so long without a press nobody is in the middle of something on an ordinary page.
const IDLE: Duration = Duration::from_secs(30);
/// After so long without a press at home nobody is about to press ok.
const IDLE_AT_HOME: Duration = Duration::from_secs(3);
/// A key that nobody goes on typing is wiped after so long, and the QR is shown again.
const DRAFT_KEPT: Duration = Duration::from_secs(600);
/// The join page stays bright at least so long: a phone takes its time.
const JOIN_KEPT: Duration = Duration::from_secs(600);
const MINUTE_MS: u64 = 60_000;

/// What the panel remembers of a case.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Seen {
    phase: CasePhase,
    problem: Option<(u32, ProblemKind)>,
    doubt: Option<ProblemKind>,
    /// The outcome that the person has read.
    pub(super) read: Option<(u32, ProblemKind)>,
    /// The doubt that the person has read.
    pub(super) doubt_read: Option<ProblemKind>,
    /// UTC hour and minute at which an end or a doubt was noticed.
    pub(super) noticed: Option<(u8, u8)>,
}

impl From<&CaseView> for Seen {
    fn from(case: &CaseView) -> Self {
        Self {
            phase: case.phase,
            problem: problem_of(case),
            doubt: case.doubt.as_ref().map(|doubt| doubt.kind.clone()),
            read: None,
            doubt_read: None,
            noticed: None,
        }
    }
}

impl Panel {
    /// Takes in what changed in the world since the last look.
    pub(super) fn follow(&mut self, now: Now, world: &World<'_>) {
        if let Some(case) = self.news(now, world) {
            self.unseen = Some(case.id.clone());
        }
        self.drop_gone(world);
        self.meet_case(world);
        match self.unseen.as_ref().map(|id| find(world, id)) {
            Some(Some(case)) if self.is_free_for(now, case) => {
                self.unseen = None;
                self.turn_to(now, case, world);
            }
            // The case is gone: nothing to show any more.
            Some(None) => self.unseen = None,
            _ => {}
        }
        self.forget_trouble(world);
        if let Some(Pending::Send { case, attempts, .. }) = &self.pending
            && find(world, case).is_none_or(|view| view.attempts != *attempts)
        {
            self.pending = None;
        }
        let searching = world.devices.is_empty() && world.links.iter().any(|link| link.carrier);
        match (searching, self.searching) {
            (true, None) => self.searching = Some((now.mono, world.diagnosis.probes)),
            (false, Some(_)) => self.searching = None,
            _ => {}
        }
        self.dismissed
            .retain(|text| (world.alerts.iter()).any(|alert| alert.fault() == Some(text.as_str())));
        let shown = self.shown(now, world);
        let (face, is_qr) = (shown.face(), matches!(shown, Shown::Qr(_)));
        if self.asleep && is_qr {
            // Another page slept, and its case has become a QR: somebody wants to scan it.
            self.asleep = false;
            self.active = now.mono;
        }
        if self.face.as_ref().is_some_and(|before| *before != face) {
            self.appeared = Some(now.mono);
            if let Some(held) = &mut self.held {
                held.spend();
            }
            self.face = Some(face);
        }
    }

    /// Remembers how the cases look now, and returns one with something that a person should see.
    fn news<'w>(&mut self, now: Now, world: &World<'w>) -> Option<&'w CaseView> {
        let first = self.known.is_none();
        let before = self.known.take().unwrap_or_default();
        let mut known = BTreeMap::new();
        let mut news = None;
        for case in world.cases {
            let mut seen = Seen::from(case);
            match before.get(&case.id) {
                Some(old) => {
                    // What a new attempt ends with is news, though it may be what the last one
                    // ended with.
                    if !matches!(case.phase, CasePhase::Exchanging | CasePhase::Sending) {
                        seen.read.clone_from(&old.read);
                    }
                    seen.doubt_read.clone_from(&old.doubt_read);
                    seen.noticed = old.noticed;
                    let told = is_told(old, &seen);
                    if told {
                        seen.noticed = hour_and_minute(now);
                        news = news.or(Some(case));
                    }
                }
                // After a start of the box the cases are old; home shows them.
                None if first => {}
                None => {
                    seen.noticed = hour_and_minute(now);
                    if case.phase != CasePhase::Cancelled {
                        news = news.or(Some(case));
                    }
                }
            }
            known.insert(case.id.clone(), seen);
        }
        self.known = Some(known);
        news
    }

    /// Leaves the places whose device or case is no longer there, or no longer in the state for it.
    fn drop_gone(&mut self, world: &World<'_>) {
        let is_gone = |place: &Place| {
            let device_gone = place
                .mac()
                .is_some_and(|mac| !world.devices.iter().any(|device| device.mac == mac));
            let case_gone = place.case().is_some_and(|id| {
                find(world, id).is_none_or(|case| {
                    case.phase == CasePhase::Cancelled
                        || (place.is_draft()
                            && !matches!(case.phase, CasePhase::Awaiting | CasePhase::Ready))
                })
            });
            let draft_gone = place.is_draft() && self.draft.is_none();
            device_gone || case_gone || draft_gone
        };
        if let Some(index) = self.stack.iter().position(is_gone) {
            self.stack.truncate(index);
        }
    }

    /// From the page that asks for a case to the case, as soon as it is there.
    fn meet_case(&mut self, world: &World<'_>) {
        let (mac, before) = match self.stack.last() {
            Some(Place::Opening { mac, before }) => (*mac, before.clone()),
            Some(Place::ConfirmOpen { mac } | Place::Trouble { mac, .. }) => (*mac, None),
            _ => return,
        };
        let asked = matches!(self.stack.last(), Some(Place::Opening { .. }));
        let Some(device) = world.devices.iter().find(|device| device.mac == mac) else {
            return;
        };
        let is_new = asked && device.case != before;
        if let Some(id) = device
            .case
            .clone()
            .filter(|id| (device.case_open || is_new) && find(world, id).is_some())
        {
            if matches!(self.pending, Some(Pending::Open { mac: own }) if own == mac) {
                self.pending = None;
            }
            self.stack.pop();
            self.go(Place::Case { id, trouble: None });
        }
    }

    /// The box's no is old as soon as an attempt is under way.
    fn forget_trouble(&mut self, world: &World<'_>) {
        for place in &mut self.stack {
            if let Place::Case { id, trouble } = place
                && find(world, id).is_some_and(|case| {
                    matches!(case.phase, CasePhase::Exchanging | CasePhase::Sending)
                })
            {
                *trouble = None;
            }
        }
    }

    /// Nobody is in the middle of something else.
    fn is_free_for(&self, now: Now, case: &CaseView) -> bool {
        let about_it = |place: &Place| {
            place.mac() == Some(case.mac) || place.case().is_some_and(|id| *id == case.id)
        };
        if self.asleep || self.stack.iter().any(about_it) {
            return true;
        }
        match self.stack.last() {
            Some(Place::Join { .. }) => true,
            // Somebody may be scanning the QR of another case, or reading how it ended.
            Some(place) if place.case().is_some() => false,
            _ => self.free_at() <= now.mono,
        }
    }

    /// When the person is no longer in the middle of something, if no key is pressed.
    fn free_at(&self) -> Mono {
        let idle = if self.stack.is_empty() {
            IDLE_AT_HOME
        } else {
            IDLE
        };
        self.active + idle
    }

    /// Shows a case.
    fn turn_to(&mut self, now: Now, case: &CaseView, world: &World<'_>) {
        // Whoever types a key for it goes on: only an attempt or an end takes the page away, and
        // `drop_gone` has done that.
        if self.stack.last().is_some_and(Place::is_draft) {
            return;
        }
        if self.asleep {
            self.asleep = false;
            self.held = None;
        }
        self.active = now.mono;
        let place = Place::Case {
            id: case.id.clone(),
            trouble: None,
        };
        let here = |place: &Place| place.case().is_some_and(|id| *id == case.id);
        if self.stack.iter().any(here) {
            self.go(place);
            return;
        }
        self.stack.clear();
        if world.devices.iter().any(|device| device.mac == case.mac) {
            self.stack.push(Place::Device {
                mac: case.mac,
                choice: None,
            });
        }
        self.stack.push(place);
    }

    /// Wipes and sleeps when nobody has pressed a key for long enough.
    pub(super) fn doze(&mut self, now: Now, world: &World<'_>) {
        if self.asleep {
            return;
        }
        if let Some(at) = self.draft_ends()
            && at <= now.mono
        {
            self.stack.retain(|place| !place.is_draft());
            self.draft = None;
        }
        if let Some(at) = self.sleeps_at(now, world)
            && at <= now.mono
        {
            self.asleep = true;
            self.held = None;
        }
    }

    /// Puts things in order after an event and finds out when the next look is due.
    pub(super) fn settle(&mut self, now: Now, world: &World<'_>, asks: &mut Vec<Ask>) {
        if !self.stack.iter().any(Place::is_draft) {
            self.draft = None;
        }
        if let Some(mac) = self.lamp
            && !self.stack.iter().any(|place| place.mac() == Some(mac))
        {
            self.lamp = None;
            asks.push(Ask::Quietly(Request::Lamp { mac, on: false }));
        }
        self.keep_cursor(now, world);
        for place in &mut self.stack {
            match place {
                Place::Cases { cursor } => cursor.stick(listed(world).into_iter()),
                Place::Diagnosis { offset } => {
                    *offset = (*offset).min(world.diagnosis.findings.len().saturating_sub(1));
                }
                _ => {}
            }
        }
        let face = self.shown(now, world).face();
        self.face = Some(face);
        self.deadline = [
            self.held.as_ref().and_then(|held| held.deadline(now.mono)),
            self.sleeps_at(now, world),
            self.draft_ends(),
            self.changes_at(now, world),
            self.unseen
                .as_ref()
                .map(|_| self.free_at())
                .filter(|at| *at > now.mono),
        ]
        .into_iter()
        .flatten()
        .min();
    }

    /// The list's cursor stays on its device. Until a person chooses, that is the one with the latest open case, where there is
    /// one: after a power cut its QR is what he came for, whichever device answers first.
    fn keep_cursor(&mut self, now: Now, world: &World<'_>) {
        let waits = world.devices.first().filter(|device| device.case_open);
        if let Some(device) = waits.filter(|_| !self.chosen) {
            let there = Cursor::on(device.mac);
            if self.home != there {
                self.home = there;
                if self.stack.is_empty() {
                    // A press that was meant for the device before does nothing.
                    self.appeared = Some(now.mono);
                }
            }
        }
        self.home
            .stick(world.devices.iter().map(|device| device.mac));
    }

    /// Whether the empty list should offer what to try, and since when it is empty.
    pub(super) fn search(&self, now: Now, world: &World<'_>) -> (Duration, bool) {
        let (since, probes) = self.searching.unwrap_or((now.mono, world.diagnosis.probes));
        let elapsed = now.mono.since(since);
        let probed = world.diagnosis.probes.saturating_sub(probes);
        (elapsed, elapsed >= STUCK_AFTER || probed >= STUCK_PROBES)
    }

    /// When an end or a doubt of this case was noticed.
    pub(super) fn noticed(&self, id: &CaseId) -> Option<(u8, u8)> {
        self.known.as_ref()?.get(id)?.noticed
    }

    fn draft_ends(&self) -> Option<Mono> {
        let top = self.stack.last()?;
        (!self.asleep && top.is_draft()).then(|| self.active + DRAFT_KEPT)
    }

    fn sleeps_at(&self, now: Now, world: &World<'_>) -> Option<Mono> {
        let seconds = settings::sleep_s(world.settings);
        if self.asleep || seconds == 0 {
            return None;
        }
        let chosen = Duration::from_secs(seconds.into());
        // Before the first key it is the start that counts: the clock may have run for days.
        let active = self.active.max(world.started);
        match self.shown(now, world) {
            // The QR page never sleeps, nor what leads to it, nor an attempt.
            Shown::Qr(_) | Shown::Opening(_) | Shown::Exporting(_) | Shown::Sending(_) => None,
            // Before these sleep their secrets are wiped and the QR is back.
            Shown::KeyEntry(_) | Shown::NewPassword(_) | Shown::ConfirmTyped(_) => None,
            Shown::Join(_) => Some(active + chosen.max(JOIN_KEPT)),
            _ => Some(active + chosen),
        }
    }

    /// When what is shown changes though nothing happens.
    fn changes_at(&self, now: Now, world: &World<'_>) -> Option<Mono> {
        if self.asleep {
            return None;
        }
        let shown = self.shown(now, world);
        let clock = now
            .wall
            .and_then(|wall| u64::try_from(wall.0).ok())
            .map(|wall| now.mono + Duration::from_millis(MINUTE_MS - wall % MINUTE_MS));
        match &shown {
            Shown::Start => Some(world.started + START_PAGE),
            Shown::Searching => Some(now.mono + Duration::from_secs(1)),
            _ => {
                // Nothing left stays nothing left: no change to wake up for.
                let left = shown.case().and_then(|case| case.left);
                let left = left.filter(|left| !left.is_zero()).map(|left| {
                    let ms = u64::try_from(left.as_millis()).unwrap_or(u64::MAX);
                    now.mono + Duration::from_millis(ms % MINUTE_MS + 1)
                });
                [clock, left].into_iter().flatten().min()
            }
        }
    }
}

/// A person should see the difference between what was and what is.
fn is_told(before: &Seen, after: &Seen) -> bool {
    let entered = before.phase != after.phase
        && matches!(
            after.phase,
            CasePhase::Exchanging
                | CasePhase::Sending
                | CasePhase::Unclear
                | CasePhase::Done
                | CasePhase::Void
                | CasePhase::Failed
        );
    let refused = after.problem.is_some() && before.problem != after.problem;
    let doubted = before.doubt != after.doubt
        && after
            .doubt
            .as_ref()
            .is_some_and(|doubt| *doubt != ProblemKind::DeviceSilent);
    entered || refused || doubted
}

/// UTC hour and minute.
pub(super) fn hour_and_minute(now: Now) -> Option<(u8, u8)> {
    now.wall.map(|wall| {
        let (_, _, _, hour, minute, _) = wall.civil();
        (hour, minute)
    })
}
