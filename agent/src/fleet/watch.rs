//! The list: once into a pipe, line by line, or live on a terminal.

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use resetbox_core::Wall;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::args::FleetArgs;
use super::feed::{Fed, feed};
use super::keys::{Key, Keys};
use super::roll::Roll;
use super::screen::{Around, screen};
use super::terminal::{self, Canvas, Taken};
use super::{json, now, say, table};
use crate::mqtt::dial::Dial;

/// Retained messages come in one go: after so long without one they are all there.
const QUIET: Duration = Duration::from_millis(800);
/// The longest wait for them, unless `--seconds` says otherwise.
const PATIENCE: Duration = Duration::from_secs(15);
/// The screen is drawn at most so often.
const DRAW_EVERY: Duration = Duration::from_millis(100);
/// A clock that counts down in minutes.
const TICK: Duration = Duration::from_secs(1);

/// Shows the list in the form that fits. Exit status as [`super::run`] tells it.
pub(super) async fn run(args: &FleetArgs, dial: Dial) -> io::Result<ExitCode> {
    let began = now();
    let topics = args.broker.topics();
    let watch = Watch {
        broker: format!("{} {}", dial.url, args.broker.base),
        url: dial.url.to_string(),
        base: args.broker.base.clone(),
        roll: Roll::new(topics.clone()),
        feed: feed(dial, &topics),
        began,
        heard: None,
        limit: Instant::now() + args.broker.seconds.map_or(PATIENCE, Duration::from_secs),
        trouble: None,
        ever_up: false,
    };
    if args.follow {
        watch.follow(args.json).await
    } else if args.json || !terminal::is_there() {
        watch.once(args.json).await
    } else {
        watch.live().await
    }
}

struct Watch {
    broker: String,
    url: String,
    base: String,
    roll: Roll,
    feed: mpsc::Receiver<Fed>,
    began: Wall,
    /// When the latest retained message came, once subscribed.
    heard: Option<Instant>,
    /// The first reading ends then in any case.
    limit: Instant,
    trouble: Option<(String, Wall)>,
    ever_up: bool,
}

impl Watch {
    /// Reads what is retained, prints it, ends.
    async fn once(mut self, json: bool) -> io::Result<ExitCode> {
        let mut ends = Ends::new()?;
        while !self.roll.is_settled() {
            let settles_at = self.settles_at();
            tokio::select! {
                fed = self.feed.recv() => { self.take(fed); }
                () = sleep_until(settles_at) => self.roll.settle(),
                () = sleep_until(self.limit) => break,
                () = ends.any() => return Ok(ExitCode::SUCCESS),
            }
            if !self.ever_up
                && let Some((trouble, _)) = &self.trouble
            {
                say(trouble);
                return Ok(super::NO_BROKER.into());
            }
        }
        if !self.roll.is_settled() {
            say(
                "the broker is still sending: the list is not whole; allow more time with --seconds",
            );
        }
        if let Some((trouble, _)) = &self.trouble {
            say(trouble);
        }
        let mut out = io::stdout().lock();
        if json {
            let document = json::document(&self.roll, &self.url, &self.base, now(), self.began);
            writeln!(out, "{document}")?;
        } else {
            for row in table::rows(&self.roll, now(), self.began) {
                for line in json::plain(&self.roll, &row) {
                    writeln!(out, "{line}")?;
                }
            }
        }
        out.flush()?;
        self.tell_odd();
        Ok(if self.roll.boxes().next().is_none() {
            say("no box there: is the base right (--base), and may this user read it?");
            super::NOBODY.into()
        } else {
            ExitCode::SUCCESS
        })
    }

    /// A line for each change, until somebody ends it.
    async fn follow(mut self, json: bool) -> io::Result<ExitCode> {
        let mut ends = Ends::new()?;
        loop {
            let settles_at = self.settles_at();
            let changed = tokio::select! {
                fed = self.feed.recv() => self.take(fed),
                () = sleep_until(settles_at), if !self.roll.is_settled() => {
                    self.roll.settle();
                    None
                }
                () = ends.any() => break,
            };
            if let Some((trouble, _)) = &self.trouble
                && changed.is_none()
            {
                say(trouble);
                self.trouble = None;
            }
            let Some(id) = changed else { continue };
            let mut out = io::stdout().lock();
            if json {
                writeln!(out, "{}", json::change(&self.roll, &id, now(), self.began))?;
            } else if let Some(seen) = self.roll.of(&id) {
                let row = table::row(&id, seen, now(), self.began);
                for line in json::plain(&self.roll, &row) {
                    writeln!(out, "{line}")?;
                }
            } else {
                writeln!(out, "gone\t{id}")?;
            }
            // The next program of a pipe sees it at once.
            out.flush()?;
        }
        self.tell_odd();
        Ok(ExitCode::SUCCESS)
    }

    /// The whole screen, until somebody quits.
    async fn live(mut self) -> io::Result<ExitCode> {
        let mut ends = Ends::new()?;
        let mut resized = signal(SignalKind::window_change())?;
        let taken = Taken::take(true)?;
        let (mut bytes, mut keys) = (terminal::keys(), Keys::default());
        let (mut canvas, colour) = (Canvas::default(), terminal::colour());
        let (mut top, mut draw_at, mut dirty) = (0, Instant::now(), true);
        loop {
            let settles_at = self.settles_at();
            tokio::select! {
                fed = self.feed.recv() => {
                    self.take(fed);
                    dirty = true;
                }
                () = sleep_until(settles_at), if !self.roll.is_settled() => {
                    self.roll.settle();
                    dirty = true;
                }
                byte = bytes.recv() => match byte.map(|byte| keys.byte(byte)) {
                    // The terminal went away.
                    None | Some(Some(Key::Quit)) => break,
                    Some(Some(key)) => {
                        top = key.scroll(top, terminal::size().lines);
                        (dirty, draw_at) = (true, Instant::now());
                    }
                    Some(None) => {}
                },
                _ = resized.recv() => (dirty, draw_at) = (true, Instant::now()),
                () = ends.any() => break,
                () = sleep_until(draw_at), if dirty => {
                    let rows = table::rows(&self.roll, now(), self.began);
                    let around = Around {
                        broker: &self.broker,
                        trouble: self.trouble.as_ref().map(|(why, since)| (why.as_str(), *since)),
                        settled: self.roll.is_settled(),
                        odd: self.roll.odd(),
                        now: now(),
                    };
                    let size = terminal::size();
                    let (lines, shown_from) = screen(&rows, &around, size, top);
                    top = shown_from;
                    canvas.draw(&lines, size, colour)?;
                    dirty = false;
                    draw_at = Instant::now() + DRAW_EVERY;
                }
                () = sleep_until(draw_at + TICK), if !dirty => dirty = true,
            }
        }
        drop(taken);
        self.tell_odd();
        Ok(ExitCode::SUCCESS)
    }

    /// Takes what the connection tells; the box whose row may have changed comes back.
    fn take(&mut self, fed: Option<Fed>) -> Option<String> {
        match fed? {
            Fed::Up => {
                (self.trouble, self.heard, self.ever_up) = (None, None, true);
                self.roll.begin();
            }
            Fed::Refused(refused) => {
                let why = format!(
                    "the broker does not let this user read {}: see its access list",
                    refused.join(", ")
                );
                self.trouble = Some((why, now()));
            }
            Fed::Subscribed => self.heard = Some(Instant::now()),
            Fed::Message(message) => {
                if self.heard.is_some() && message.retain {
                    self.heard = Some(Instant::now());
                }
                return self.roll.take(now(), &message.topic, &message.payload);
            }
            Fed::TooLong(topic) => self.roll.too_long(&topic),
            Fed::Down(why) => self.trouble = Some((why, now())),
        }
        None
    }

    /// When everything retained has come, by all appearance; never before the subscription is in force.
    fn settles_at(&self) -> Instant {
        let never = Duration::from_secs(24 * 3600);
        self.heard
            .map_or_else(|| Instant::now() + never, |heard| heard + QUIET)
    }

    fn tell_odd(&self) {
        for (why, count) in self.roll.odd().kinds() {
            say(&format!(
                "{} on the broker, left alone: {} (the latest at {})",
                count.count,
                why.words(),
                count.topic
            ));
        }
    }
}

/// The ways in which a program is told to end.
struct Ends([Signal; 3]);

impl Ends {
    fn new() -> io::Result<Self> {
        Ok(Self([
            signal(SignalKind::interrupt())?,
            signal(SignalKind::terminate())?,
            signal(SignalKind::hangup())?,
        ]))
    }

    async fn any(&mut self) {
        let [interrupt, terminate, hangup] = &mut self.0;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}
