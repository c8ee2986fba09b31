//! From edges to gestures: short and long presses, repeats, and presses that do nothing.

use core::time::Duration;

use rand_core::RngCore;

use super::intent::Intent;
use super::keys::Key;
use super::{Ask, Panel, World};
use crate::screen::Button;
use crate::time::{Mono, Now};

/// A press that is held so long is a long one.
pub(super) const LONG: Duration = Duration::from_millis(800);
/// Where a key also has a long press, a short one ends before this. Who lets go between the two began
/// a long press and thought better of it: nothing happens.
pub(super) const SHORT: Duration = Duration::from_millis(500);
/// Until the first repeat.
const REPEAT_AFTER: Duration = Duration::from_millis(500);
/// Between repeats.
const REPEAT_EVERY: Duration = Duration::from_millis(150);
/// Between repeats once there were [`FAST_AFTER`] of them.
const REPEAT_FAST: Duration = Duration::from_millis(60);
const FAST_AFTER: u32 = 8;
/// A key that is down for so long is stuck, or its release was lost.
const STUCK: Duration = Duration::from_secs(30);
/// A page that came by itself less than this ago was not yet read by who presses now.
const UNREAD: Duration = Duration::from_millis(400);
/// Between pictures of the bar that fills while ok is held.
const PROGRESS_EVERY: Duration = Duration::from_millis(80);

/// A key that is down, and what was promised when it went down.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Held {
    button: Button,
    since: Mono,
    /// It does nothing any more until it is released.
    spent: bool,
    /// Done on a release in time; `None` when it was done at once.
    short: Option<Intent>,
    /// Done when the press becomes a long one.
    long: Option<Intent>,
    repeat: Option<Repeat>,
}

#[derive(Clone, PartialEq, Debug)]
struct Repeat {
    intent: Intent,
    next: Mono,
    count: u32,
}

impl Held {
    fn spent(button: Button, now: Now) -> Self {
        Self {
            button,
            since: now.mono,
            spent: true,
            short: None,
            long: None,
            repeat: None,
        }
    }

    /// It does nothing any more.
    pub(super) fn spend(&mut self) {
        self.spent = true;
    }

    /// How much of a long press of ok has passed, in percent.
    pub(super) fn progress(&self, now: Mono) -> Option<u8> {
        let fills = self.button == Button::Ok && !self.spent && self.long.is_some();
        fills.then(|| {
            let percent = now.since(self.since).as_millis() * 100 / LONG.as_millis();
            u8::try_from(percent.min(100)).unwrap_or(100)
        })
    }

    /// When something about it is due.
    pub(super) fn deadline(&self, now: Mono) -> Option<Mono> {
        if self.spent {
            return None;
        }
        let long = self.long.as_ref().map(|_| {
            let picture = if self.button == Button::Ok {
                now + PROGRESS_EVERY
            } else {
                self.since + LONG
            };
            picture.min(self.since + LONG)
        });
        let repeat = self.repeat.as_ref().map(|repeat| repeat.next);
        [long, repeat].into_iter().flatten().min()
    }
}

impl Panel {
    /// A key went down.
    pub(super) fn press(
        &mut self,
        now: Now,
        button: Button,
        world: &World<'_>,
        random: &mut dyn RngCore,
        asks: &mut Vec<Ask>,
    ) {
        // Another key cancels the one that was held: two at once mean nothing.
        let unread = self
            .appeared
            .is_some_and(|at| now.mono.since(at) < UNREAD && button != Button::Back);
        if self.asleep || unread {
            self.asleep = false;
            self.held = Some(Held::spent(button, now));
            return;
        }
        let short = self.promise(now, world, button, false);
        let long = self.promise(now, world, button, true);
        let mut held = Held {
            button,
            since: now.mono,
            spent: false,
            short: None,
            long,
            repeat: None,
        };
        match short {
            // Back is never dangerous: it acts at once, and held on it leads home.
            Some(intent) if held.long.is_none() || button == Button::Back => {
                held.repeat = intent.repeats().then(|| Repeat {
                    intent: intent.clone(),
                    next: now.mono + REPEAT_AFTER,
                    count: 0,
                });
                self.held = Some(held);
                self.act(now, intent, false, world, random, asks);
            }
            deferred => {
                held.short = deferred;
                self.held = Some(held);
            }
        }
    }

    /// A key came up.
    pub(super) fn release(
        &mut self,
        now: Now,
        button: Button,
        world: &World<'_>,
        random: &mut dyn RngCore,
        asks: &mut Vec<Ask>,
    ) {
        // The edge may come before the tick that was due at the end of a long press.
        self.hold_on(now, world, random, asks);
        let Some(held) = self.held.take_if(|held| held.button == button) else {
            return;
        };
        if held.spent || (held.long.is_some() && now.mono.since(held.since) >= SHORT) {
            return;
        }
        if let Some(intent) = held.short
            && self.promise(now, world, button, false).as_ref() == Some(&intent)
        {
            self.act(now, intent, false, world, random, asks);
        }
    }

    /// A key is still down.
    pub(super) fn hold_on(
        &mut self,
        now: Now,
        world: &World<'_>,
        random: &mut dyn RngCore,
        asks: &mut Vec<Ask>,
    ) {
        let Some(held) = self.held.as_mut().filter(|held| !held.spent) else {
            return;
        };
        let elapsed = now.mono.since(held.since);
        if elapsed >= LONG
            && let Some(promised) = held.long.clone()
        {
            held.spend();
            let button = held.button;
            if self.promise(now, world, button, true).as_ref() == Some(&promised) {
                self.active = now.mono;
                self.act(now, promised, false, world, random, asks);
            }
            return;
        }
        if elapsed >= STUCK {
            held.spend();
            return;
        }
        let Some(repeat) = held
            .repeat
            .as_mut()
            .filter(|repeat| repeat.next <= now.mono)
        else {
            return;
        };
        repeat.count = repeat.count.saturating_add(1);
        // Counted from now: after a pause of the whole box no burst of repeats is made up for.
        repeat.next = now.mono
            + if repeat.count >= FAST_AFTER {
                REPEAT_FAST
            } else {
                REPEAT_EVERY
            };
        let intent = repeat.intent.clone();
        let button = held.button;
        self.active = now.mono;
        if self.promise(now, world, button, false).as_ref() == Some(&intent) {
            self.act(now, intent, true, world, random, asks);
        }
    }

    /// What this key does here now.
    fn promise(&self, now: Now, world: &World<'_>, button: Button, hold: bool) -> Option<Intent> {
        let shown = self.shown(now, world);
        self.keys(world, &shown)
            .into_iter()
            .find(|key: &Key| key.button == button && key.hold == hold)
            .map(|key| key.intent)
    }
}
