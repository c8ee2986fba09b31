//! The machine: one mutation, then drain.

use std::collections::VecDeque;

use crate::effect::Effect;
use crate::event::Event;
use crate::policy::Policy;
use crate::record::Record;
use crate::screen::{Page, Screen, StatusBar};
use crate::time::{Mono, Now, Seed};
use crate::view::{Diagnosis, Indicator, IndicatorState, View};

/// The whole box, without its shells.
#[derive(Clone, PartialEq, Debug)]
pub struct Agent {
    policy: Policy,
    seed: Seed,
    started: Mono,
    effects: VecDeque<Effect>,
}

/// Why the core wants to be called again.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Timer {
    /// The next inquiry is due.
    Inquiry,
    /// A device has been silent for too long.
    Ageing,
    /// A command was not answered in time.
    Answer,
    /// A case's clock reaches a mark (4 h left, 24 h, 48 h) or its age must be written down.
    Case,
    /// A key is held, or the panel goes to sleep, or a page changes by itself.
    Panel,
    /// A pattern of the indicators ends.
    Indicator,
}

impl Agent {
    /// A box that remembers `records`, in the order in which they were written.
    pub fn restore(
        policy: Policy,
        seed: Seed,
        records: impl IntoIterator<Item = Record>,
        now: Now,
    ) -> Self {
        let _ = records.into_iter().count();
        Self {
            policy,
            seed,
            started: now.mono,
            effects: VecDeque::new(),
        }
    }

    /// Takes in one event. Afterwards drain [`Agent::poll_effect`].
    pub fn handle(&mut self, _now: Now, _event: Event<'_>) {
        self.effects.push_back(Effect::Redraw);
    }

    /// The next thing to do, or `None` when all is said.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// When [`Event::Timeout`] is due at the latest, and why.
    pub fn poll_timeout(&self) -> Option<(Mono, Timer)> {
        None
    }

    /// What every surface shows at `now`.
    pub fn view(&self, now: Now) -> View {
        View {
            at: now.mono,
            wall: now.wall,
            box_id: self.policy.box_id.clone(),
            box_name: self.policy.box_name.clone(),
            language: self.policy.language,
            indicator: Indicator {
                state: IndicatorState::Starting,
                since: self.started,
            },
            links: Vec::new(),
            devices: Vec::new(),
            cases: Vec::new(),
            alerts: Vec::new(),
            diagnosis: Diagnosis::default(),
            screen: Screen {
                bar: StatusBar::default(),
                page: Page::Start {
                    version: env!("CARGO_PKG_VERSION").into(),
                    box_name: self.policy.box_name.clone(),
                },
                legend: Vec::new(),
                alert: None,
                holding: None,
            },
            brightness: 100,
            rotation: 0,
            asleep: false,
        }
    }
}
