//! The thread that writes the outbox: everything that is queued in one transaction.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use rusqlite::{Connection, OptionalExtension, Transaction, params};
use tokio::sync::watch;

use super::super::contract::{EVENTS_LOST, Event};
use super::{Ask, Known, Row};

/// Most messages that wait.
pub(super) const LIMIT: i64 = 10_000;
/// So many go at once when there are too many, so that not every new one costs a deletion.
const SHARE: i64 = 200;
/// A command's id is remembered so long.
const REMEMBERED: Duration = Duration::from_secs(48 * 3600);
/// Most ids that are remembered; beyond it new commands are refused.
const IDS: i64 = 20_000;

/// The thread.
pub(super) struct Writer {
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
    pub(super) fn new(
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
    pub(super) fn serve(mut self, queue: &mpsc::Receiver<Ask>) {
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

pub(super) fn begin(
    transaction: &Transaction<'_>,
    id: &str,
    uptime: i64,
) -> rusqlite::Result<Known> {
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
