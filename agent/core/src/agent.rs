//! The machine: one mutation, then drain.

use core::time::Duration;
use std::collections::BTreeMap;

use crate::alerts::HealthState;
use crate::case::{Cases, Cx};
use crate::effect::Effect;
use crate::event::{Event, Health, LinkId, UpdateNews, WallSource};
use crate::hearing::Hearing;
use crate::links::Links;
use crate::outbox::{Asker, Outbox};
use crate::panel::Panel;
use crate::pin::Pin;
use crate::policy::Policy;
use crate::record::{Record, SettingsRecord};
use crate::roster::Roster;
use crate::time::{Mono, Now, Seed};
use crate::view::{Indicator, IndicatorState, View};

mod assemble;
mod heard;
mod lamps;
mod panelled;
mod requests;

use lamps::Lamps;

/// A case's device is asked at least so often, so that a restart is told within a minute.
const GUARD: Duration = Duration::from_secs(15);
/// Somebody who looked once looks for so long.
const LOOKS: Duration = Duration::from_secs(60);
/// What was heard is worth a look of the panel so soon, however much it was.
const PANEL_LOOKS: Duration = Duration::from_millis(50);

/// The whole box, without its shells.
#[derive(Clone, PartialEq, Debug)]
pub struct Agent {
    policy: Policy,
    settings: SettingsRecord,
    out: Outbox,
    links: Links,
    hearing: Hearing,
    roster: Roster,
    cases: Cases,
    lamps: Lamps,
    pin: Pin,
    panel: Panel,
    /// The panel looks again at what was heard.
    panel_due: Option<Mono>,
    health: HealthState,
    indicator: Indicator,
    /// Who said what time it is.
    source: Option<WallSource>,
    started: Mono,
    /// Time never goes back, whatever the shell says.
    now: Mono,
    look_until: Mono,
    identify: Option<Mono>,
    /// When one of the devices told as found or gone was last forgiven, and how many are not.
    told: (Mono, u32),
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
    /// A box that remembers `records`, in the order in which they were written. Of the audit log the last
    /// entry is enough: its number goes on. Afterwards drain [`Agent::poll_effect`].
    pub fn restore(
        policy: Policy,
        seed: Seed,
        records: impl IntoIterator<Item = Record>,
        now: Now,
    ) -> Self {
        let mut cases = BTreeMap::new();
        let mut settings = SettingsRecord::default();
        let mut last_audit = 0;
        for record in records {
            match record {
                Record::Case(case) => {
                    cases.insert(case.id.clone(), *case);
                }
                Record::Settings(record) => settings = record,
                Record::Audit(entry) => last_audit = last_audit.max(entry.number),
            }
        }
        let mut out = Outbox::new(seed, last_audit);
        let mut agent = Self {
            pin: Pin::new(&mut out.random),
            out,
            links: Links::default(),
            hearing: Hearing::default(),
            roster: Roster::new(policy.roster_limit, policy.gone_after),
            cases: Cases::default(),
            lamps: Lamps::default(),
            panel: Panel::new(),
            panel_due: Some(now.mono),
            health: HealthState::default(),
            indicator: Indicator {
                state: IndicatorState::Starting,
                since: now.mono,
            },
            // Before anybody said anything, only a clock that survives power cuts can have told it.
            source: now.wall.map(|_| WallSource::System),
            started: now.mono,
            now: now.mono,
            look_until: now.mono,
            identify: None,
            told: (now.mono, 0),
            policy,
            settings,
        };
        let (mut cx, restored) = agent.parts(now);
        *restored = Cases::restore(&mut cx, cases.into_values());
        agent
    }

    /// The PIN of the phone page, for a surface that only those see who stand before the box.
    pub fn pin(&self) -> &str {
        self.pin.code()
    }

    /// The cases, and what they need to act.
    fn parts(&mut self, now: Now) -> (Cx<'_>, &mut Cases) {
        let cx = Cx {
            now,
            source: self.source,
            policy: &self.policy,
            out: &mut self.out,
            links: &mut self.links,
            roster: &mut self.roster,
        };
        (cx, &mut self.cases)
    }

    /// Takes in one event. Afterwards drain [`Agent::poll_effect`].
    pub fn handle(&mut self, now: Now, event: Event<'_>) {
        self.now = self.now.max(now.mono);
        let now = Now {
            mono: self.now,
            ..now
        };
        if now.wall.is_some() && self.source.is_none() {
            // Somebody set a clock and nobody said who: believed as little as a phone.
            self.source = Some(WallSource::Phone);
        }
        // What is heard can be very much: the panel looks at it in its own time.
        let quiet = matches!(
            event,
            Event::Datagram { .. } | Event::Frame { .. } | Event::NetCounters { .. }
        );
        let mut pressed = None;
        match event {
            Event::Datagram {
                link,
                ear,
                source,
                bytes,
            } => {
                self.datagram(now, link, ear, source, bytes);
            }
            Event::Frame { link, bytes } => self.frame(now, link, bytes),
            Event::Link(report) => {
                if self.links.report(now.mono, report) {
                    // Whoever plugs a cable in waits for what is behind it.
                    self.look(now);
                }
                self.out.redraw();
            }
            Event::LinkGone(link) => self.link_gone(link),
            Event::TransmitFailed {
                link,
                number,
                error,
            } => {
                self.links.failed(now.mono, link, &error);
                let (mut cx, cases) = self.parts(now);
                cases.transmit_failed(&mut cx, number, &error);
                self.lamps.transmit_failed(number, &error, &mut self.out);
            }
            Event::Button { button, edge } => {
                self.look(now);
                pressed = Some((button, edge));
            }
            Event::Request {
                id,
                channel,
                request,
            } => {
                self.request(now, Asker::shell(id), channel, request);
            }
            Event::Persisted { number } => {
                if self.health.store_is_ill() {
                    // Whatever was said of it before, at the start too: it writes.
                    self.health.take(Health::Store(Ok(())));
                    self.out.redraw();
                }
                let (mut cx, cases) = self.parts(now);
                cases.persisted(&mut cx, number);
            }
            Event::StoreFailed { number, error } => {
                self.health(Health::Store(Err(error.clone().into_owned())));
                let (mut cx, cases) = self.parts(now);
                cases.store_failed(&mut cx, number, &error);
                self.out.redraw();
            }
            Event::KeyPair { number, pair } => {
                let (mut cx, cases) = self.parts(now);
                cases.key_pair(&mut cx, number, pair);
            }
            Event::KeyPairFailed { number, error } => {
                let (mut cx, cases) = self.parts(now);
                cases.key_pair_failed(&mut cx, number, &error);
            }
            Event::LoginChecked { number, answer } => {
                let (mut cx, cases) = self.parts(now);
                cases.login_checked(&mut cx, number, answer);
            }
            Event::WallLearnt { source } => {
                self.source = Some(source);
                let (mut cx, cases) = self.parts(now);
                cases.learn_wall(&mut cx);
                self.out.redraw();
            }
            Event::NetCounters {
                link,
                kernel_drops,
                queue_drops,
            } => {
                if let Some(link) = self.links.get_mut(link) {
                    link.kernel_drops = kernel_drops;
                    link.queue_drops = queue_drops;
                }
            }
            Event::Health(health) => self.health(health),
            Event::Timeout => {}
        }
        self.pass_time(now);
        if quiet {
            self.panel_due.get_or_insert(now.mono + PANEL_LOOKS);
        }
        if !quiet || self.panel_due.is_some_and(|at| at <= now.mono) {
            self.panel_looks(now, pressed);
        }
    }

    /// The next thing to do, or `None` when all is said.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.out.pop()
    }

    /// When [`Event::Timeout`] is due at the latest, and why.
    pub fn poll_timeout(&self) -> Option<(Mono, Timer)> {
        let cases = self
            .cases
            .deadline()
            .map(|(at, answer)| (at, if answer { Timer::Answer } else { Timer::Case }));
        [
            self.links
                .deadline(self.interval())
                .map(|at| (at, Timer::Inquiry)),
            self.roster.deadline().map(|at| (at, Timer::Ageing)),
            cases,
            self.lamps.deadline().map(|at| (at, Timer::Answer)),
            self.panel_due
                .into_iter()
                .chain(self.panel.deadline())
                .min()
                .map(|at| (at, Timer::Panel)),
            self.pattern_end().map(|at| (at, Timer::Indicator)),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// What every surface shows at `now`.
    pub fn view(&self, now: Now) -> View {
        self.assemble(now)
    }

    /// Does what is due, whatever woke the core.
    fn pass_time(&mut self, now: Now) {
        let (mut cx, cases) = self.parts(now);
        cases.pass_time(&mut cx);
        self.lamps
            .pass_time(now.mono, (&mut self.roster, &mut self.out));
        if self.roster.deadline().is_some_and(|at| at <= now.mono) {
            for mac in self.roster.age(now.mono) {
                self.told_device(now, "device-gone", mac);
            }
            self.out.redraw();
        }
        // Last, because what happened above may ask for probes.
        let interval = self.interval();
        if self
            .links
            .deadline(interval)
            .is_some_and(|at| at <= now.mono)
            && self.links.ask(now.mono, interval, &mut self.out)
        {
            self.roster.new_round();
        }
    }

    /// How often devices are asked. Before the first one is heard somebody waits: a switch that keeps its port shut at first, or
    /// cameras that still start, have missed the burst.
    fn interval(&self) -> Duration {
        if self.cases.any_open() {
            self.policy.inquiry_busy.min(GUARD)
        } else if self.look_until > self.now || self.roster.is_empty() {
            self.policy.inquiry_busy
        } else {
            self.policy.inquiry_idle
        }
    }

    fn look(&mut self, now: Now) {
        self.look_until = now.mono + LOOKS;
    }

    fn health(&mut self, health: Health) {
        // The system's words may quote what is on a disk or in a file: printable, and not endless.
        let clean = |text: String| crate::roster::clean(&text, 300);
        self.health.take(match health {
            Health::Panel(outcome) => Health::Panel(outcome.map_err(clean)),
            Health::Buttons(outcome) => Health::Buttons(outcome.map_err(clean)),
            Health::Leds(outcome) => Health::Leds(outcome.map_err(clean)),
            Health::Store(outcome) => Health::Store(outcome.map_err(clean)),
            Health::Lasting(outcome) => Health::Lasting(outcome.map_err(clean)),
            Health::Update(trouble) => Health::Update(trouble.map(|trouble| match trouble {
                UpdateNews::Coming(text) => UpdateNews::Coming(clean(text)),
                UpdateNews::Refused(text) => UpdateNews::Refused(clean(text)),
                UpdateNews::FellBack(text) => UpdateNews::FellBack(clean(text)),
            })),
            Health::Config(outcome) => Health::Config(outcome.map_err(clean)),
            Health::Http(outcome) => Health::Http(outcome.map_err(clean)),
            Health::Https(outcome) => Health::Https(outcome.map_err(clean)),
            Health::Broker(outcome) => Health::Broker(outcome.map_err(clean)),
        });
        self.out.redraw();
    }

    fn link_gone(&mut self, link: LinkId) {
        self.links.gone(link);
        let links = &self.links;
        self.roster.forget_link(link, |link| links.name(link));
        self.out.redraw();
    }
}
