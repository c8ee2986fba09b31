//! What must not be lost: events and results until the broker acknowledged them, and the ids of commands for 48 h. A
//! SQLite file of its own beside the store, written by one thread, every commit synced.
//!
//! Bounded: beyond [`writer::LIMIT`] messages the oldest go, and one line in their place says how many. Age is counted in hours
//! with power: the box may not know the time, and a power cut must not make an id look older than it is.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc;

use resetbox_core::view::Feed;
use tokio::sync::{oneshot, watch};

use super::contract::{Event, Outcome};

mod file;
#[cfg(test)]
mod tests;
mod writer;

use file::{is_damage, memory, open, put_aside};
use writer::Writer;

/// Events that may wait for the thread.
const QUEUE: usize = 20_000;

/// The outbox's handle; dropping all of them ends the thread after what was asked is written.
#[derive(Clone)]
pub struct Outbox {
    asks: mpsc::Sender<Ask>,
    waiting: Arc<AtomicUsize>,
    lost: Arc<AtomicU64>,
    news: watch::Receiver<i64>,
    durable: bool,
}

/// A message that waits.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Row {
    /// Its place in the queue.
    pub(crate) number: i64,
    /// It is a result; else an event.
    pub(crate) result: bool,
    /// JSON.
    pub(crate) payload: String,
}

/// What is known of a command's id.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Known {
    /// Nothing; from now on it is remembered.
    New,
    /// It came before, and this became of it; nothing if that is not known (yet).
    Before(Option<Box<Outcome>>),
    /// Too many ids are remembered.
    Full,
}

enum Ask {
    Event(Event),
    Begin {
        id: String,
        reply: oneshot::Sender<Result<Known, String>>,
    },
    Finish {
        outcome: Box<Outcome>,
        remember: bool,
    },
    Sent(i64),
    Read {
        after: i64,
        limit: i64,
        reply: oneshot::Sender<Vec<Row>>,
    },
}

impl Outbox {
    /// Opens or makes the file. A damaged one is put aside; without any the box keeps its messages in memory only,
    /// takes no commands, and says so.
    pub fn open(path: &Path) -> (Self, Option<String>) {
        let (connection, warning) = match open(path) {
            Ok(connection) => (Ok(connection), None),
            Err(error) if is_damage(&error) => {
                let aside = put_aside(path);
                let kept = aside.as_ref().map_or_else(
                    |error| format!("and could not be put aside: {error}"),
                    |aside| format!("was kept as {}", aside.display()),
                );
                let words = format!(
                    "{}: {error}. The damaged file {kept}; messages in it are lost",
                    path.display()
                );
                (open(path), Some(words))
            }
            Err(error) => (Err(error), None),
        };
        let (connection, durable, warning) = match connection {
            Ok(connection) => (Some(connection), true, warning),
            Err(error) => {
                let words = format!(
                    "{}: {error}: check the card and its free space. Until then messages do not survive a power cut \
                     and commands over MQTT are refused",
                    path.display()
                );
                (memory().ok(), false, Some(words))
            }
        };
        let (asks, queue) = mpsc::channel();
        let (tell, news) = watch::channel(0);
        let this = Self {
            asks,
            waiting: Arc::default(),
            lost: Arc::default(),
            news,
            durable,
        };
        if let Some(connection) = connection {
            let (waiting, lost) = (this.waiting.clone(), this.lost.clone());
            let writer = Writer::new(connection, waiting, lost, tell);
            // Without a thread everything that is asked is answered by nobody, which callers bear.
            let _ = std::thread::Builder::new()
                .name("outbox".into())
                .spawn(move || writer.serve(&queue));
        }
        (this, warning)
    }

    /// Takes in something that happened.
    pub fn event(&self, feed: &Feed) {
        if self.waiting.fetch_add(1, Ordering::Relaxed) >= QUEUE {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            self.lost.fetch_add(1, Ordering::Relaxed);
            return;
        }
        // A thread that ended was told of when it did.
        let _ = self.asks.send(Ask::Event(Event {
            number: 0,
            time: feed.wall.map(|wall| wall.to_string()),
            kind: feed.what.to_owned(),
            serial: feed.serial.clone(),
            case: feed.case.as_ref().map(|case| case.0.clone()),
            channel: feed.channel.map(|channel| super::say::name(&channel)),
            detail: feed.detail.clone(),
            lost: None,
        }));
    }

    /// Remembers a command's id, durably, before anything is done.
    pub(crate) async fn begin(&self, id: &str) -> Result<Known, String> {
        const CANNOT: &str = "the box cannot remember commands: see its log";
        if !self.durable {
            return Err(CANNOT.into());
        }
        let (reply, answer) = oneshot::channel();
        let id = id.to_owned();
        self.asks
            .send(Ask::Begin { id, reply })
            .map_err(|_| CANNOT)?;
        answer.await.map_err(|_| CANNOT)?
    }

    /// Has a result sent; with `remember` it is also the answer to a repetition.
    pub(crate) fn finish(&self, outcome: Outcome, remember: bool) {
        let outcome = Box::new(outcome);
        // As above.
        let _ = self.asks.send(Ask::Finish { outcome, remember });
    }

    /// The broker has it.
    pub(crate) fn sent(&self, number: i64) {
        // As above.
        let _ = self.asks.send(Ask::Sent(number));
    }

    /// The oldest messages after `after`. The sender went away: there are none.
    pub(crate) fn read(&self, after: i64, limit: i64) -> oneshot::Receiver<Vec<Row>> {
        let (reply, answer) = oneshot::channel();
        // As above.
        let _ = self.asks.send(Ask::Read {
            after,
            limit,
            reply,
        });
        answer
    }

    /// The newest message's place.
    pub(crate) fn news(&self) -> watch::Receiver<i64> {
        self.news.clone()
    }
}
