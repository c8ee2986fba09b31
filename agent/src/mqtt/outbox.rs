//! What must not be lost: events and results until the broker acknowledged them, and the ids of commands for 48 h. A
//! SQLite file of its own beside the store, written by one thread, every commit synced.
//!
//! Bounded: beyond [`LIMIT`] messages the oldest go, and one line in their place says how many. Age is counted in hours
//! with power: the box may not know the time, and a power cut must not make an id look older than it is.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use resetbox_core::view::Feed;
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use tokio::sync::{oneshot, watch};

use super::contract::{EVENTS_LOST, Event, Outcome};

/// Most messages that wait.
pub(crate) const LIMIT: i64 = 10_000;
/// So many go at once when there are too many, so that not every new one costs a deletion.
const SHARE: i64 = 200;
/// Events that may wait for the thread.
const QUEUE: usize = 20_000;
/// A command's id is remembered so long.
const REMEMBERED: Duration = Duration::from_secs(48 * 3600);
/// Most ids that are remembered; beyond it new commands are refused.
const IDS: i64 = 20_000;
/// Changes with the tables.
const SCHEMA: i64 = 1;

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

/// The thread.
struct Writer {
    connection: Connection,
    waiting: Arc<AtomicUsize>,
    lost: Arc<AtomicU64>,
    news: watch::Sender<i64>,
    started: Instant,
    /// Hours with power of earlier runs.
    before: Duration,
    /// Messages up to here are on their way.
    handed: i64,
}

/// Told once the batch is durable, or not.
type Told = Box<dyn FnOnce(Result<(), String>)>;

impl Writer {
    fn new(
        connection: Connection,
        waiting: Arc<AtomicUsize>,
        lost: Arc<AtomicU64>,
        news: watch::Sender<i64>,
    ) -> Self {
        let seconds = connection
            .query_row("SELECT uptime FROM meta", [], |row| row.get::<_, i64>(0))
            .unwrap_or(0);
        let newest = connection
            .query_row("SELECT coalesce(max(number), 0) FROM message", [], |row| {
                row.get(0)
            })
            .unwrap_or(0);
        news.send_replace(newest);
        Self {
            connection,
            waiting,
            lost,
            news,
            started: Instant::now(),
            before: Duration::from_secs(u64::try_from(seconds).unwrap_or(0)),
            handed: 0,
        }
    }

    /// Everything that is queued goes into one transaction, so that a burst costs one sync.
    fn serve(mut self, queue: &mpsc::Receiver<Ask>) {
        while let Ok(first) = queue.recv() {
            let (mut told, mut reads): (Vec<Told>, Vec<Ask>) = (Vec::new(), Vec::new());
            let asks: Vec<Ask> = std::iter::once(first)
                .chain(queue.try_iter().take(255))
                .collect();
            let events = asks.iter().filter(|ask| matches!(ask, Ask::Event(_)));
            let events = events.count();
            let writes = asks.iter().any(|ask| !matches!(ask, Ask::Read { .. }));
            let lost = self.lost.swap(0, Ordering::Relaxed);
            let outcome = if writes || lost > 0 {
                self.write(asks, lost, &mut told, &mut reads)
            } else {
                reads = asks;
                Ok(())
            };
            self.waiting.fetch_sub(events, Ordering::Relaxed);
            let outcome = outcome.map_err(|error| {
                // Counted, and told in the queue once it can be written again.
                self.lost.fetch_add(lost + events as u64, Ordering::Relaxed);
                tracing::error!(
                    "the outbox cannot be written: {error}: check the card and its free space"
                );
                error.to_string()
            });
            for tell in told {
                tell(outcome.clone());
            }
            for ask in reads {
                self.read(ask);
            }
        }
    }

    fn write(
        &mut self,
        asks: Vec<Ask>,
        lost: u64,
        told: &mut Vec<Told>,
        reads: &mut Vec<Ask>,
    ) -> rusqlite::Result<()> {
        let uptime = (self.before + self.started.elapsed()).as_secs();
        let uptime = i64::try_from(uptime).unwrap_or(i64::MAX);
        let transaction = self.connection.transaction()?;
        if lost > 0 {
            insert_event(&transaction, lost_line(lost))?;
        }
        for ask in asks {
            match ask {
                Ask::Event(event) => insert_event(&transaction, event)?,
                Ask::Begin { id, reply } => {
                    let known = begin(&transaction, &id, uptime)?;
                    told.push(Box::new(move |durable| {
                        // Who asked is gone: the id stays remembered.
                        let _ = reply.send(durable.map(|()| known));
                    }));
                }
                Ask::Finish { outcome, remember } => {
                    let payload = json(&*outcome);
                    if remember && let Some(id) = &outcome.id {
                        transaction
                            .prepare_cached("UPDATE command SET outcome = ?2 WHERE id = ?1")?
                            .execute(params![id, payload])?;
                    }
                    insert(&transaction, true, 0, &payload)?;
                }
                Ask::Sent(number) => {
                    transaction
                        .prepare_cached("DELETE FROM message WHERE number = ?1")?
                        .execute(params![number])?;
                }
                ask @ Ask::Read { .. } => reads.push(ask),
            }
        }
        trim(&transaction, self.handed)?;
        transaction
            .prepare_cached("UPDATE meta SET uptime = ?1")?
            .execute(params![uptime])?;
        transaction.commit()?;
        let newest: i64 = self.connection.query_row(
            "SELECT coalesce(max(number), 0) FROM message",
            [],
            |row| row.get(0),
        )?;
        self.news.send_if_modified(|news| {
            let changed = newest > *news;
            *news = newest.max(*news);
            changed
        });
        Ok(())
    }

    fn read(&mut self, ask: Ask) {
        let Ask::Read {
            after,
            limit,
            reply,
        } = ask
        else {
            return;
        };
        let rows = read_rows(&self.connection, after, limit).unwrap_or_else(|error| {
            tracing::error!("the outbox cannot be read: {error}: check the card");
            Vec::new()
        });
        self.handed = rows.last().map_or(after, |row| row.number);
        // Who asked is gone: the messages stay.
        let _ = reply.send(rows);
    }
}

fn lost_line(count: u64) -> Event {
    Event {
        number: 0,
        time: None,
        kind: EVENTS_LOST.into(),
        serial: None,
        case: None,
        channel: None,
        detail: format!("{count} messages were dropped: the broker was away for too long"),
        lost: Some(count),
    }
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("plain strings and numbers always serialise")
}

fn insert_event(transaction: &Transaction<'_>, mut event: Event) -> rusqlite::Result<()> {
    event.number = transaction
        .prepare_cached("UPDATE meta SET events = events + 1 RETURNING events")?
        .query_row([], |row| row.get(0))?;
    insert(transaction, false, event.lost.unwrap_or(0), &json(&event))
}

fn insert(
    transaction: &Transaction<'_>,
    result: bool,
    lost: u64,
    payload: &str,
) -> rusqlite::Result<()> {
    transaction
        .prepare_cached("INSERT INTO message (result, lost, payload) VALUES (?1, ?2, ?3)")?
        .execute(params![
            result,
            i64::try_from(lost).unwrap_or(i64::MAX),
            payload
        ])
        .map(|_| ())
}

fn begin(transaction: &Transaction<'_>, id: &str, uptime: i64) -> rusqlite::Result<Known> {
    let old = uptime.saturating_sub(REMEMBERED.as_secs().cast_signed());
    transaction
        .prepare_cached("DELETE FROM command WHERE uptime < ?1")?
        .execute(params![old])?;
    let before: Option<Option<String>> = transaction
        .prepare_cached("SELECT outcome FROM command WHERE id = ?1")?
        .query_row(params![id], |row| row.get(0))
        .optional()?;
    if let Some(outcome) = before {
        let outcome = outcome.and_then(|text| serde_json::from_str(&text).ok());
        return Ok(Known::Before(outcome));
    }
    let count: i64 = transaction
        .prepare_cached("SELECT count(*) FROM command")?
        .query_row([], |row| row.get(0))?;
    if count >= IDS {
        return Ok(Known::Full);
    }
    transaction
        .prepare_cached("INSERT INTO command (id, uptime) VALUES (?1, ?2)")?
        .execute(params![id, uptime])?;
    Ok(Known::New)
}

/// Drops the oldest messages beyond the limit, but for those on their way, and puts a line in their place.
fn trim(transaction: &Transaction<'_>, handed: i64) -> rusqlite::Result<()> {
    let count: i64 = transaction
        .prepare_cached("SELECT count(*) FROM message")?
        .query_row([], |row| row.get(0))?;
    if count <= LIMIT {
        return Ok(());
    }
    let (last, lost, event): (Option<i64>, i64, i64) = transaction
        .prepare_cached(
            "SELECT max(number), coalesce(sum(max(lost, 1)), 0), coalesce(max(json_extract(payload, '$.number')), 0)
             FROM (SELECT number, lost, payload FROM message WHERE number > ?1 ORDER BY number LIMIT ?2)",
        )?
        .query_row(params![handed, count - LIMIT + SHARE], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?;
    let Some(last) = last else {
        return Ok(());
    };
    transaction
        .prepare_cached("DELETE FROM message WHERE number > ?1 AND number <= ?2")?
        .execute(params![handed, last])?;
    let mut line = lost_line(lost.unsigned_abs());
    // The last one's number: what comes after it counts on.
    line.number = event;
    transaction
        .prepare_cached(
            "INSERT INTO message (number, result, lost, payload) VALUES (?1, 0, ?2, ?3)",
        )?
        .execute(params![last, lost, json(&line)])
        .map(|_| ())
}

fn read_rows(connection: &Connection, after: i64, limit: i64) -> rusqlite::Result<Vec<Row>> {
    connection
        .prepare_cached(
            "SELECT number, result, payload FROM message WHERE number > ?1 ORDER BY number LIMIT ?2",
        )?
        .query_map(params![after, limit], |row| {
            Ok(Row {
                number: row.get(0)?,
                result: row.get(1)?,
                payload: row.get(2)?,
            })
        })?
        .collect()
}

fn open(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    prepare(connection)
}

fn memory() -> rusqlite::Result<Connection> {
    prepare(Connection::open_in_memory()?)
}

fn prepare(connection: Connection) -> rusqlite::Result<Connection> {
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "cache_size", -128)?;
    let check: String = connection.pragma_query_value(None, "quick_check", |row| row.get(0))?;
    if check != "ok" {
        return Err(rusqlite::Error::SqliteFailure(
            rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT),
            Some(check),
        ));
    }
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found > SCHEMA {
        return Err(rusqlite::Error::SqliteFailure(
            rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_SCHEMA),
            Some("written by a later version: update the box".into()),
        ));
    }
    connection.execute_batch(
        "BEGIN;
         CREATE TABLE IF NOT EXISTS message (number INTEGER PRIMARY KEY AUTOINCREMENT, result INTEGER NOT NULL,
             lost INTEGER NOT NULL, payload TEXT NOT NULL) STRICT;
         CREATE TABLE IF NOT EXISTS command (id TEXT PRIMARY KEY, uptime INTEGER NOT NULL, outcome TEXT) STRICT;
         CREATE INDEX IF NOT EXISTS command_uptime ON command (uptime);
         CREATE TABLE IF NOT EXISTS meta (uptime INTEGER NOT NULL, events INTEGER NOT NULL) STRICT;
         INSERT INTO meta SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM meta);
         PRAGMA user_version = 1;
         COMMIT;",
    )?;
    Ok(connection)
}

fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase)
    )
}

/// Renames the file and its journal so that nothing is lost.
fn put_aside(path: &Path) -> std::io::Result<PathBuf> {
    let with = |suffix: &str| -> PathBuf {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        name.into()
    };
    let free = |number: &u32| !with(&format!(".damaged-{number}")).exists();
    let number = (1..10_000).find(free).unwrap_or(0);
    for part in ["", "-wal", "-shm"] {
        if with(part).exists() {
            std::fs::rename(with(part), with(&format!(".damaged-{number}{part}")))?;
        }
    }
    Ok(with(&format!(".damaged-{number}")))
}

#[cfg(test)]
#[path = "outbox_tests.rs"]
mod tests;
