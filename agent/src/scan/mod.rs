//! `resetbox scan`: who is on the wire, once, for engineers. The same network shell and the same
//! core as the box; only the surface differs: a terminal or a pipe.

mod output;

use std::collections::BTreeSet;
use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use resetbox_core::event::Ears;
use resetbox_core::view::{DeviceView, Finding};
use resetbox_core::{Agent, Effect, Event, Mono, Now, Policy, Seed, View};
use resetbox_view::texts;
use sadp::Mac;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use crate::bus::Input;
use crate::net::{self, All, Interfaces, NetConfig, NetHandle, PacketSocket};
use output::{Form, Output};

/// Inputs ahead of the loop.
const QUEUE: usize = 64;
/// After the first device the list is looked at so often: a whole view of 5000 devices is work.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// After the first burst the question is repeated so often: a scan is short and loss is common.
const ASK_EVERY: Duration = Duration::from_secs(2);
/// Devices kept: a flood of invented ones must not displace the real ones of a large plant.
const DEVICES: usize = 16_384;

/// What `resetbox scan` accepts.
#[derive(clap::Args, Debug)]
pub struct ScanArgs {
    /// One JSON object per device and line.
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// Comma-separated values with a header.
    #[arg(long)]
    csv: bool,
    /// How long to listen.
    #[arg(long, value_name = "N", default_value_t = 6, value_parser = clap::value_parser!(u64).range(1..=3600))]
    seconds: u64,
    /// Only on this interface; may be given several times. Without it: all.
    #[arg(long, value_name = "IF")]
    interface: Vec<String>,
    /// Do without packet sockets even if they are allowed.
    #[arg(long)]
    no_packet_socket: bool,
}

/// Scans. Exit status: 0 devices were found, 1 none, 2 wrong use, 3 the network could not be listened
/// to. A closed pipe ends the scan quietly, like `head` wants it.
pub fn run(args: &ScanArgs) -> ExitCode {
    if let Some(unknown) = args.interface.iter().find(|name| !exists(name)) {
        say(&format!(
            "resetbox: no interface {unknown:?} here; there are: {}",
            names().join(", ")
        ));
        return ExitCode::from(2);
    }
    let outcome = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .and_then(|runtime| runtime.block_on(Box::pin(scan(args))));
    match outcome {
        Ok(code) => code,
        // Whoever read our output has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("resetbox: the scan failed: {error}"));
            ExitCode::from(3)
        }
    }
}

/// A line on standard error. If nobody can read it any more, that is no reason to fail.
fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{}", sadp::printable(line));
}

fn exists(name: &str) -> bool {
    nix::net::if_::if_nametoindex(name).is_ok()
}

fn names() -> Vec<String> {
    let listed = nix::net::if_::if_nameindex();
    listed
        .iter()
        .flat_map(|all| all.iter())
        .map(|one| one.name().to_string_lossy().into_owned())
        .collect()
}

async fn scan(args: &ScanArgs) -> io::Result<ExitCode> {
    let form = match (args.json, args.csv) {
        (true, _) => Form::Json,
        (_, true) => Form::Csv,
        _ if io::stdout().is_terminal() => Form::Table,
        _ => Form::Plain,
    };
    let mut scan = Scan::start(args, Output::new(form, io::stderr().is_terminal()))?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let end = Instant::now() + Duration::from_secs(args.seconds);
    loop {
        let due = scan.due();
        tokio::select! {
            input = scan.queue.recv() => match input {
                Some(input) => scan.take(input),
                None => return Err(io::Error::other("the network shell stopped")),
            },
            () = sleep_until(due.unwrap_or(end)), if due.is_some() => scan.handle(Event::Timeout),
            () = sleep_until(scan.look_at), if scan.dirty => {}
            () = sleep_until(scan.progress_at), if scan.output.shows_progress() => {}
            () = sleep_until(scan.reader_at) => scan.check_reader()?,
            () = sleep_until(end) => break,
            _ = interrupt.recv() => break,
            _ = terminate.recv() => break,
        }
        scan.show(end)?;
    }
    scan.finish()
}

struct Scan {
    agent: Agent,
    net: NetHandle,
    queue: mpsc::Receiver<Input>,
    started: Instant,
    output: Output,
    printed: BTreeSet<Mac>,
    /// Something changed since the list was looked at.
    dirty: bool,
    look_at: Instant,
    progress_at: Instant,
    reader_at: Instant,
    /// Some link can be heard.
    hears: bool,
}

impl Scan {
    fn start(args: &ScanArgs, output: Output) -> io::Result<Self> {
        let (inputs, queue) = mpsc::channel(QUEUE);
        let config = NetConfig {
            interfaces: if args.interface.is_empty() {
                Interfaces::All(All::All)
            } else {
                Interfaces::Named(args.interface.clone())
            },
            packet_socket: if args.no_packet_socket {
                PacketSocket::Off
            } else {
                PacketSocket::Auto
            },
            ..NetConfig::default()
        };
        let policy = Policy {
            roster_limit: DEVICES,
            inquiry_idle: ASK_EVERY,
            inquiry_busy: ASK_EVERY,
            ..Policy::default()
        };
        let mut seed = [0; 32];
        getrandom::fill(&mut seed)?;
        let now = Instant::now();
        Ok(Self {
            agent: Agent::restore(policy, Seed(seed), [], Now::default()),
            net: net::spawn(config, inputs),
            queue,
            started: now,
            output,
            printed: BTreeSet::new(),
            dirty: true,
            look_at: now,
            progress_at: now,
            reader_at: now,
            hears: false,
        })
    }

    fn now(&self) -> Now {
        let elapsed = self.started.elapsed().as_millis();
        Now {
            mono: Mono(u64::try_from(elapsed).unwrap_or(u64::MAX)),
            wall: None,
        }
    }

    /// The core's next deadline on the runtime's clock.
    fn due(&self) -> Option<Instant> {
        let (due, _) = self.agent.poll_timeout()?;
        Some(self.started + due.since(Mono(0)))
    }

    fn take(&mut self, input: Input) {
        match input {
            Input::Heard(heard) => {
                for heard in &heard {
                    self.handle(heard.event());
                }
            }
            Input::Link(report) => {
                self.hears |= matches!(
                    report.ears,
                    Ears {
                        udp: Some(Ok(())),
                        ..
                    } | Ears {
                        packet: Some(Ok(())),
                        ..
                    }
                );
                // The core asks at once on every link that comes up.
                self.handle(Event::Link(report));
            }
            Input::LinkGone(link) => self.handle(Event::LinkGone(link)),
            Input::TransmitFailed {
                link,
                number,
                error,
            } => self.handle(Event::TransmitFailed {
                link,
                number,
                error: error.into(),
            }),
            Input::NetCounters {
                link,
                kernel_drops,
                queue_drops,
            } => {
                self.handle(Event::NetCounters {
                    link,
                    kernel_drops,
                    queue_drops,
                });
            }
            // No other shell runs here.
            _ => {}
        }
    }

    /// One mutation, then drain.
    fn handle(&mut self, event: Event<'_>) {
        self.dirty = true;
        let now = self.now();
        self.agent.handle(now, event);
        while let Some(effect) = self.agent.poll_effect() {
            match effect {
                Effect::Transmit(transmit) => self.net.transmit(transmit),
                Effect::Rejoin(link) => self.net.rejoin(link),
                // There is no store, no person to answer, nothing to draw: a scan opens no case.
                _ => {}
            }
        }
    }

    /// Prints what is new: at once while there is nothing yet, then in strides.
    fn show(&mut self, end: Instant) -> io::Result<()> {
        let now = Instant::now();
        if self.dirty && (self.printed.is_empty() || now >= self.look_at) {
            self.dirty = false;
            self.look_at = now + LOOK_EVERY;
            let view = self.agent.view(self.now());
            self.print_new(&view)?;
        }
        if self.output.shows_progress() && now >= self.progress_at {
            self.progress_at = now + LOOK_EVERY;
            self.output.progress(self.printed.len(), end - now);
        }
        Ok(())
    }

    /// Nothing may be left to print when the reader of the pipe goes away: look for it, so that
    /// `resetbox scan | head -1` ends with its first line.
    fn check_reader(&mut self) -> io::Result<()> {
        self.reader_at = Instant::now() + LOOK_EVERY;
        let stdout = io::stdout();
        let mut watched = [PollFd::new(stdout.as_fd(), PollFlags::empty())];
        poll(&mut watched, PollTimeout::ZERO)?;
        let left = watched[0]
            .revents()
            .is_some_and(|events| events.contains(PollFlags::POLLERR));
        if left {
            Err(io::ErrorKind::BrokenPipe.into())
        } else {
            Ok(())
        }
    }

    fn print_new(&mut self, view: &View) -> io::Result<()> {
        let mut new: Vec<&Arc<DeviceView>> = view
            .devices
            .iter()
            .filter(|device| !self.printed.contains(&device.mac))
            .collect();
        new.sort_by_key(|device| (device.first_seen, device.mac));
        for device in new {
            self.printed.insert(device.mac);
            self.output.device(device)?;
        }
        Ok(())
    }

    fn finish(mut self) -> io::Result<ExitCode> {
        let view = self.agent.view(self.now());
        self.print_new(&view)?;
        self.output.summary(&view.devices)?;
        let found = !self.printed.is_empty();
        if !found {
            say("No device answered.");
        }
        self.explain(&view, found);
        io::stdout().flush()?;
        Ok(match (found, self.hears) {
            (true, _) => ExitCode::SUCCESS,
            (false, true) => ExitCode::from(1),
            (false, false) => ExitCode::from(3),
        })
    }

    /// What the box knows about its own ears, on standard error: always when it may have missed devices.
    fn explain(&self, view: &View, found: bool) {
        for finding in &view.diagnosis.findings {
            // With devices found, a cable missing elsewhere is no news.
            if found && matches!(finding, Finding::NoCable { .. } | Finding::Silence { .. }) {
                continue;
            }
            let words = texts::finding(texts::Language::En, finding);
            say(&format!("{}: {} {}", words.title, words.what, words.next));
        }
    }
}
