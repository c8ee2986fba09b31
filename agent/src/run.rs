//! The only loop: takes what the shells report to the core, and has them carry out what it wants.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use resetbox_core::event::{Health, WallSource};
use resetbox_core::{Agent, Effect, Event, Mono, Policy, RequestId, Seed};
use resetbox_view::Geometry;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{broadcast, mpsc, watch};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval, sleep_until};

use crate::bus::{Books, Bus, Input};
use crate::card::{self, Card};
use crate::clock::Clock;
use crate::config::Config;
use crate::device_clock;
use crate::http;
use crate::mqtt;
use crate::net;
use crate::store::{self, StoreError};

mod files;
mod hardware;
mod shells;

use files::{open_store, write_pin};
use hardware::Hardware;
use shells::Shells;

/// What the demo and the tests change about a run.
#[derive(Default)]
pub struct Extra {
    /// The configuration file's mistake, to be told on every surface.
    pub mistake: Option<String>,
    /// Changes to the policy that no file can make (the demo asks for no PIN).
    pub policy: Option<fn(&mut Policy)>,
    /// No panel, buttons or LEDs of this machine are driven, though a profile is named (the demo).
    pub mirror_only: bool,
    /// The panel mirror stands for the panel itself and shows what is typed (the demo).
    pub mirror_secrets: bool,
    /// Starts what runs beside the box and serves routes of its own (the demo's plant and vendor).
    pub routes: Option<Routes>,
}

/// Called once, inside the runtime.
pub type Routes = Box<dyn FnOnce(&Bus) -> axum::Router>;

/// Why the box could not run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The runtime or a signal handler could not be set up.
    #[error("the runtime could not be started: {0}")]
    Runtime(#[from] std::io::Error),
    /// The operating system gave no random bytes: without them no key pair is safe.
    #[error("the operating system gives no random bytes: {0}")]
    Random(#[from] getrandom::Error),
    /// The store is of a later version.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Inputs that may wait for the loop; beyond that a shell waits or tells its own client to.
const QUEUE: usize = 1024;
/// Feed lines that a slow reader may lag behind.
const FEED: usize = 256;
/// Inputs handled before the effects' shells get the processor again.
const BATCH: usize = 64;
/// Shortest time between two views: faster than a person sees, slow enough for a burst of 5000 answers.
const VIEW_EVERY: Duration = Duration::from_millis(50);
/// The oldest view while nothing happens, so that countdowns go on.
const VIEW_AT_LEAST: Duration = Duration::from_secs(10);

/// Who waits for the box waits for its panel too, but no longer than this for one that hangs.
const READY_AT_LATEST: Duration = Duration::from_secs(5);

/// Runs the box until SIGTERM or SIGINT.
pub fn run(config: Config, extra: Extra) -> Result<(), RunError> {
    forbid_core_files();
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(Box::pin(serve(config, extra)))
}

async fn serve(config: Config, extra: Extra) -> Result<(), RunError> {
    let (inputs, queue) = mpsc::channel(QUEUE);
    let clock = Clock::new(config.clock.trust);
    let (profile, panel_health) = hardware::load_profile(&config);
    let mut policy = config.policy(profile.as_deref());
    if let Some(change) = extra.policy {
        change(&mut policy);
    }
    let mut mistake = extra.mistake;
    match config.panel.preset_password().transpose() {
        Ok(preset) => policy.preset_password = preset,
        Err(error) => {
            let error = format!("[panel] preset_password_file: {error}");
            tracing::error!("{error}; the panel offers generated passwords only");
            mistake.get_or_insert(error);
        }
    }
    let pin_required = policy.pin_required;
    let (store, records, store_health) = open_store(&config, &inputs);
    let mut seed = [0; 32];
    getrandom::fill(&mut seed)?;
    let now = clock.now();
    let agent = Agent::restore(policy, Seed(seed), records, now);
    if let Some(path) = &config.identity.pin_file
        && let Err(error) = write_pin(path, agent.pin())
    {
        tracing::error!(
            "{}: {error}: the PIN could not be written; check [box] pin_file",
            path.display()
        );
    }
    let (view, view_reader) = watch::channel(Arc::new(agent.view(now)));
    let feed = broadcast::Sender::new(FEED);
    let books: Arc<dyn Books> = match &store {
        Some(store) => Arc::new(store.clone()),
        None => Arc::new(store::NoBooks),
    };
    let bus = Bus {
        inputs,
        view: view_reader,
        feed: feed.clone(),
        books,
    };
    let mqtt = mqtt::start(
        config.mqtt.clone(),
        mqtt::Services {
            bus: bus.clone(),
            panel: (config.panel.profile.clone()).unwrap_or_else(|| "none".to_owned()),
            outbox: config.store.path.with_file_name("mqtt.db"),
        },
    );
    let mut shells = Shells {
        mqtt,
        net: net::spawn(config.net.clone(), bus.inputs.clone()),
        store,
        feed,
        replies: HashMap::new(),
        answered: Vec::new(),
        inputs: bus.inputs.clone(),
        view,
        shown: Instant::now(),
        dirty: true,
    };
    let mut machine = Machine {
        agent,
        told: now.wall.map(|_| WallSource::System),
        clock,
        next_request: 0,
    };

    if config.clock.ask_devices && now.wall.is_none() {
        tokio::spawn(device_clock::watch(bus.view.clone(), bus.inputs.clone()));
    }
    let card = Card::here().map(Arc::new);
    if let Some(card) = &card {
        tracing::info!("system {} of the card runs", card.slot());
        tokio::spawn(card::watch(card.clone(), bus.clone()));
    }
    let geometry = (profile.as_ref()).map_or(Geometry::WIDE, |profile| profile.geometry());
    tokio::spawn(http::serve(
        config.http.clone(),
        http::Services {
            pin_required,
            geometry,
            mirror_secrets: extra.mirror_secrets,
            certificate: config.store.path.with_extension("tls.pem"),
            card: card.clone(),
            extra: extra.routes.map(|routes| routes(&bus)),
            bus,
        },
    ));

    machine.handle(&mut shells, Event::Health(Health::Store(store_health)));
    let config_health = mistake.map_or(Ok(()), Err);
    machine.handle(&mut shells, Event::Health(Health::Config(config_health)));
    machine.handle(&mut shells, Event::Health(Health::Panel(panel_health)));
    let hardware = (profile.filter(|_| !extra.mirror_only))
        .map(|profile| Hardware::start(&profile, &shells.view, &shells.inputs));
    let dark = hardware.as_ref().is_some_and(Hardware::has_panel);
    let outcome = machine.turn(&mut shells, queue, dark).await;
    if let Some(mqtt) = shells.mqtt.take() {
        mqtt.stop().await;
    }
    // Panel and LEDs go dark when nobody makes views any more.
    drop(shells);
    if let Some(hardware) = hardware {
        hardware.ended().await;
    }
    outcome
}

/// The core and its clock.
struct Machine {
    agent: Agent,
    clock: Clock,
    /// Whose word about the time the core knows.
    told: Option<WallSource>,
    next_request: u64,
}

impl Machine {
    /// The loop itself. With a `dark` panel the box is ready once that has shown its first picture, or has failed: what an
    /// image starts after the box does not take the processor away before.
    async fn turn(
        &mut self,
        shells: &mut Shells,
        mut queue: mpsc::Receiver<Input>,
        mut dark: bool,
    ) -> Result<(), RunError> {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut watchdog = sd_notify::watchdog_enabled().map(|limit| {
            let mut ticks = interval(limit / 2);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            ticks
        });
        let mut ready = Some(Instant::now() + READY_AT_LATEST);
        let mut batch = Vec::new();
        loop {
            if ready.is_some_and(|latest| !dark || Instant::now() >= latest) {
                tell_systemd(&[sd_notify::NotifyState::Ready]);
                ready = None;
            }
            let show = shells.shown
                + if shells.dirty {
                    VIEW_EVERY
                } else {
                    VIEW_AT_LEAST
                };
            let due = self.agent.poll_timeout().map(|(due, _)| self.instant(due));
            tokio::select! {
                count = queue.recv_many(&mut batch, BATCH) => if count == 0 { break },
                () = at(due) => self.handle(shells, Event::Timeout),
                () = sleep_until(show) => shells.show(self.agent.view(self.clock.now())),
                () = at(ready) => {}
                () = tick(&mut watchdog) => tell_systemd(&[sd_notify::NotifyState::Watchdog]),
                _ = terminate.recv() => break,
                _ = interrupt.recv() => break,
            }
            for input in batch.drain(..) {
                dark &= !matches!(input, Input::Health(Health::Panel(_)));
                self.take(shells, input);
            }
        }
        tell_systemd(&[sd_notify::NotifyState::Stopping]);
        Ok(())
    }

    /// One input of a shell, as the core's events.
    fn take(&mut self, shells: &mut Shells, input: Input) {
        let event = match input {
            Input::Heard(heard) => {
                for heard in &heard {
                    self.handle(shells, heard.event());
                }
                return;
            }
            Input::Link(report) => Event::Link(report),
            Input::LinkGone(link) => Event::LinkGone(link),
            Input::TransmitFailed {
                link,
                number,
                error,
            } => Event::TransmitFailed {
                link,
                number,
                error: error.into(),
            },
            Input::NetCounters {
                link,
                kernel_drops,
                queue_drops,
            } => Event::NetCounters {
                link,
                kernel_drops,
                queue_drops,
            },
            Input::Button(button, edge) => Event::Button { button, edge },
            Input::Request {
                channel,
                request,
                reply,
            } => {
                self.next_request += 1;
                let id = RequestId(self.next_request);
                shells.replies.insert(id, reply);
                Event::Request {
                    id,
                    channel,
                    request,
                }
            }
            Input::Persisted(number) => Event::Persisted { number },
            Input::StoreFailed(number, error) => Event::StoreFailed {
                number,
                error: error.into(),
            },
            Input::KeyPair(number, Ok(pair)) => Event::KeyPair { number, pair },
            Input::KeyPair(number, Err(error)) => Event::KeyPairFailed {
                number,
                error: error.into(),
            },
            Input::LoginChecked(number, answer) => Event::LoginChecked { number, answer },
            Input::Wall(wall, source) => {
                if !self.clock.tell(wall, source) {
                    return;
                }
                self.told = Some(source);
                Event::WallLearnt { source }
            }
            Input::Health(health) => Event::Health(health),
        };
        self.handle(shells, event);
    }

    /// One mutation, then drain.
    fn handle(&mut self, shells: &mut Shells, event: Event<'_>) {
        if self.clock.source() == Some(WallSource::System) && self.told != Some(WallSource::System)
        {
            // The system's clock became trustworthy while the box ran: better than whoever spoke before.
            self.told = Some(WallSource::System);
            let source = WallSource::System;
            self.agent
                .handle(self.clock.now(), Event::WallLearnt { source });
        }
        self.agent.handle(self.clock.now(), event);
        while let Some(effect) = self.agent.poll_effect() {
            match effect {
                Effect::SetWall(wall) => {
                    let source = WallSource::Phone;
                    if self.clock.tell(wall, source) {
                        self.told = Some(source);
                        self.agent
                            .handle(self.clock.now(), Event::WallLearnt { source });
                    }
                }
                effect => shells.carry_out(effect),
            }
        }
        if !shells.answered.is_empty() {
            // Whoever is told that something was done must find it done when he looks.
            shells.show(self.agent.view(self.clock.now()));
            for (waiting, reply) in shells.answered.drain(..) {
                // Whoever asked went away: the request was carried out all the same.
                let _ = waiting.send(reply);
            }
        }
    }

    /// A deadline of the core on the runtime's clock.
    fn instant(&self, due: Mono) -> Instant {
        Instant::now() + due.since(self.clock.now().mono)
    }
}

/// A key or a password must not reach the disk in a core file, nor another process of the same user.
fn forbid_core_files() {
    let limited = nix::sys::resource::setrlimit(nix::sys::resource::Resource::RLIMIT_CORE, 0, 0);
    let hidden = nix::sys::prctl::set_dumpable(false);
    if let Err(error) = limited.and(hidden) {
        tracing::warn!("core files could not be switched off: {error}");
    }
}

/// Outside systemd there is nobody to tell, and that is fine.
fn tell_systemd(states: &[sd_notify::NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!("systemd could not be told: {error}");
    }
}

/// Sleeps until `due`, or for ever.
async fn at(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => std::future::pending().await,
    }
}

/// Waits for the next tick, or for ever.
async fn tick(ticks: &mut Option<Interval>) {
    match ticks {
        Some(ticks) => {
            ticks.tick().await;
        }
        None => std::future::pending().await,
    }
}
