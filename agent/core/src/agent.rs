//! The machine: one mutation, then drain.

use core::time::Duration;

use crate::case::{Cases, Cx};
use crate::effect::Effect;
use crate::event::{Event, LinkId, WallSource};
use crate::hearing::Hearing;
use crate::links::Links;
use crate::outbox::{Asker, Outbox};
use crate::pin::Pin;
use crate::policy::Policy;
use crate::record::{Record, SettingsRecord};
use crate::roster::Roster;
use crate::time::{Mono, Now, Seed};
use crate::view::View;

mod assemble;
mod heard;
mod lamps;
mod requests;

use lamps::Lamps;

/// A case's device is asked at least so often, so that a restart is told within a minute.
const GUARD: Duration = Duration::from_secs(15);
/// Somebody who looked once looks for so long.
const LOOKS: Duration = Duration::from_secs(60);
/// So long the indicators say "this box".
const IDENTIFY: Duration = Duration::from_secs(30);

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
    health: Health,
    /// Who said what time it is.
    source: Option<WallSource>,
    started: Mono,
    /// Time never goes back, whatever the shell says.
    now: Mono,
    look_until: Mono,
    identify_until: Mono,
    /// Devices told as found, and since when they are counted.
    told: (Mono, u32),
}

/// What does not work outside the core.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Health {
    pub(crate) panel: Option<String>,
    pub(crate) store: Option<String>,
    pub(crate) config: Option<String>,
    pub(crate) http: Option<String>,
    /// Addresses of the phone page.
    pub(crate) urls: Vec<String>,
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
        let mut cases: Vec<crate::record::CaseRecord> = Vec::new();
        let mut settings = SettingsRecord::default();
        let mut last_audit = 0;
        for record in records {
            match record {
                Record::Case(case) => {
                    cases.retain(|earlier| earlier.id != case.id);
                    cases.push(*case);
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
            health: Health::default(),
            // Before anybody said anything, only a clock that survives power cuts can have told it.
            source: now.wall.map(|_| WallSource::System),
            started: now.mono,
            now: now.mono,
            look_until: now.mono,
            identify_until: now.mono,
            told: (now.mono, 0),
            policy,
            settings,
        };
        let (mut cx, restored) = agent.parts(now);
        *restored = Cases::restore(&mut cx, cases);
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
                self.links.report(now.mono, report);
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
            Event::Button { .. } => self.look(now),
            Event::Request {
                id,
                channel,
                request,
            } => {
                self.request(now, Asker::shell(id), channel, request);
            }
            Event::Persisted { number } => {
                let (mut cx, cases) = self.parts(now);
                cases.persisted(&mut cx, number);
            }
            Event::StoreFailed { number, error } => {
                self.health.store = Some(crate::roster::clean(&error, 200));
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
            (self.identify_until > self.now).then_some((self.identify_until, Timer::Indicator)),
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
        self.lamps.pass_time(now.mono, &mut self.out);
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

    /// How often devices are asked.
    fn interval(&self) -> Duration {
        if self.cases.any_open() {
            self.policy.inquiry_busy.min(GUARD)
        } else if self.look_until > self.now {
            self.policy.inquiry_busy
        } else {
            self.policy.inquiry_idle
        }
    }

    fn look(&mut self, now: Now) {
        self.look_until = now.mono + LOOKS;
    }

    fn link_gone(&mut self, link: LinkId) {
        self.links.gone(link);
        let links = &self.links;
        self.roster.forget_link(link, |link| links.name(link));
        self.out.redraw();
    }

    fn health(&mut self, health: crate::event::Health) {
        use crate::event::Health as H;
        let clean =
            |result: Result<(), String>| result.err().map(|why| crate::roster::clean(&why, 300));
        match health {
            H::Panel(result) => self.health.panel = clean(result),
            H::Store(result) => self.health.store = clean(result),
            H::Config(result) => self.health.config = clean(result),
            H::Http(Ok(urls)) => {
                self.health.urls = urls;
                self.health.http = None;
            }
            H::Http(Err(why)) => self.health.http = clean(Err(why)),
        }
        self.out.redraw();
    }
}
