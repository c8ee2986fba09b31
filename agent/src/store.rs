//! What survives a power cut: one SQLite file, written by one thread, every commit synced to the disk
//! before the core hears of it. Readable with the `sqlite3` tool.
//!
//! A file that cannot be opened is put aside, never deleted, and the box goes on with a fresh one.

use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use resetbox_core::Record;
use resetbox_core::record::{AuditEntry, PhaseRecord};
use rusqlite::{Connection, OpenFlags, params};
use tokio::sync::oneshot;

use crate::bus::{BookAnswer, Books};

/// The audit log keeps so many lines.
const AUDIT_LIMIT: u64 = 5000;
/// So many ended cases are remembered, newest first.
const ENDED_CASES: usize = 200;
/// What was found writable a moment ago still is: whoever asks again and again does not wear out the card.
const PROBED: Duration = Duration::from_secs(10);
/// Changes with the tables.
const SCHEMA: i64 = 1;

/// What went wrong with the store, with the file it concerns.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file or its folder cannot be used.
    #[error("{path}: {source}: check that the folder exists, is writable and has room")]
    Open {
        /// Which file.
        path: PathBuf,
        /// SQLite's words.
        source: rusqlite::Error,
    },
    /// The folder cannot be made.
    #[error("{path}: {source}: make the folder or name another one as [store] path")]
    Folder {
        /// Which folder.
        path: PathBuf,
        /// The system's words.
        source: std::io::Error,
    },
    /// The file is of a later version of this program.
    #[error(
        "{path}: written by a later version (schema {found}, this program knows {SCHEMA}): update the box"
    )]
    Later {
        /// Which file.
        path: PathBuf,
        /// Its schema.
        found: i64,
    },
}

/// What was found in the file.
#[derive(Debug)]
pub struct Opened {
    /// The open store.
    pub store: Store,
    /// Every record, in the order of writing.
    pub records: Vec<Record>,
    /// Something that a person should know: a file that was put aside, a record that could not be read.
    pub warning: Option<String>,
}

/// The store's handle; dropping it ends the thread after what was asked is written.
#[derive(Debug, Clone)]
pub struct Store {
    asks: mpsc::Sender<Ask>,
}

/// What the thread is asked.
enum Ask {
    Persist {
        number: u64,
        record: Box<Record>,
    },
    Audit {
        limit: usize,
        reply: oneshot::Sender<Result<Vec<AuditEntry>, String>>,
    },
    Probe {
        reply: oneshot::Sender<Result<(), String>>,
    },
}

/// Tells that a record is durable (`Ok`) or why not.
pub trait Report: Send + 'static {
    /// Called on the store's thread, in the order of the numbers.
    fn report(&self, number: u64, outcome: Result<(), String>);
}

impl<F: Fn(u64, Result<(), String>) + Send + 'static> Report for F {
    fn report(&self, number: u64, outcome: Result<(), String>) {
        self(number, outcome);
    }
}

impl Store {
    /// Opens or makes the file at `path`, reads it, and starts the thread.
    pub fn open(path: &Path, report: impl Report) -> Result<Opened, StoreError> {
        if let Some(folder) = path.parent()
            && !folder.as_os_str().is_empty()
        {
            std::fs::create_dir_all(folder).map_err(|source| StoreError::Folder {
                path: folder.into(),
                source,
            })?;
        }
        let (connection, records, warning) = match open_and_read(path) {
            Ok((connection, records, warning)) => (connection, records, warning),
            Err(error @ StoreError::Later { .. }) => return Err(error),
            Err(error) if is_damage(&error) => {
                let aside = put_aside(path)?;
                let (connection, records, _) = open_and_read(path)?;
                let why = match error {
                    StoreError::Open { source, .. } => source.to_string(),
                    other => other.to_string(),
                };
                let warning = format!(
                    "{}: {why}. The damaged file was kept as {}; open cases in it must be begun again",
                    path.display(),
                    aside.display()
                );
                (connection, records, Some(warning))
            }
            Err(error) => return Err(error),
        };
        let (asks, queue) = mpsc::channel();
        thread::Builder::new()
            .name("store".into())
            .spawn(move || serve(connection, &queue, &report))
            .map_err(|source| StoreError::Folder {
                path: path.into(),
                source,
            })?;
        Ok(Opened {
            store: Self { asks },
            records,
            warning,
        })
    }

    /// Writes the record; the report tells when it is durable.
    pub fn persist(&self, number: u64, record: Record) -> Result<(), String> {
        self.asks
            .send(Ask::Persist {
                number,
                record: Box::new(record),
            })
            .map_err(|_| GONE.to_owned())
    }
}

impl Books for Store {
    fn audit(&self, limit: usize) -> BookAnswer<'_, Vec<AuditEntry>> {
        Box::pin(self.ask(move |reply| Ask::Audit { limit, reply }))
    }

    fn probe(&self) -> BookAnswer<'_, ()> {
        Box::pin(self.ask(|reply| Ask::Probe { reply }))
    }
}

impl Store {
    async fn ask<T>(
        &self,
        ask: impl FnOnce(oneshot::Sender<Result<T, String>>) -> Ask,
    ) -> Result<T, String> {
        let (reply, answer) = oneshot::channel();
        self.asks.send(ask(reply)).map_err(|_| GONE.to_owned())?;
        answer.await.map_err(|_| GONE.to_owned())?
    }
}

/// The books of a box whose store could not be opened.
#[derive(Debug)]
pub struct NoBooks;

impl Books for NoBooks {
    fn audit(&self, _limit: usize) -> BookAnswer<'_, Vec<AuditEntry>> {
        Box::pin(std::future::ready(Err(NOT_OPEN.to_owned())))
    }

    fn probe(&self) -> BookAnswer<'_, ()> {
        Box::pin(std::future::ready(Err(NOT_OPEN.to_owned())))
    }
}

/// Said wherever a store is needed that could not be opened.
pub const NOT_OPEN: &str = "the store could not be opened: see the log, mend it, restart the box";

const GONE: &str = "the store's thread has ended: restart the box";

/// The thread: everything that is queued goes into one transaction, so that a burst costs one sync.
fn serve(mut connection: Connection, queue: &mpsc::Receiver<Ask>, report: &impl Report) {
    // When something was last written, until a write fails.
    let mut well: Option<Instant> = None;
    while let Ok(first) = queue.recv() {
        let mut batch = Vec::new();
        for ask in std::iter::once(first).chain(queue.try_iter().take(255)) {
            match ask {
                Ask::Persist { number, record } => batch.push((number, record)),
                Ask::Audit { limit, reply } => {
                    flush(&mut connection, &mut batch, report, &mut well);
                    // Nobody waits any more: fine.
                    let _ = reply.send(read_audit(&connection, limit).map_err(|e| e.to_string()));
                }
                Ask::Probe { reply } => {
                    flush(&mut connection, &mut batch, report, &mut well);
                    let mut outcome = Ok(());
                    if well.is_none_or(|at| at.elapsed() >= PROBED) {
                        outcome = probe(&connection).map_err(|e| e.to_string());
                        well = outcome.is_ok().then(Instant::now);
                    }
                    let _ = reply.send(outcome);
                }
            }
        }
        flush(&mut connection, &mut batch, report, &mut well);
    }
}

/// Writes the batch and reports each of its records.
fn flush(
    connection: &mut Connection,
    batch: &mut Vec<(u64, Box<Record>)>,
    report: &impl Report,
    well: &mut Option<Instant>,
) {
    if batch.is_empty() {
        return;
    }
    let outcome = write(connection, batch).map_err(|error| error.to_string());
    *well = outcome.is_ok().then(Instant::now);
    for (number, _) in batch.drain(..) {
        report.report(number, outcome.clone());
    }
}

fn write(connection: &mut Connection, batch: &[(u64, Box<Record>)]) -> Result<(), WriteError> {
    let transaction = connection.transaction()?;
    for (_, record) in batch {
        let json = serde_json::to_string(record)?;
        transaction.prepare_cached(
            "INSERT INTO record (key, written, json) VALUES (?1, (SELECT coalesce(max(written), 0) + 1 FROM record), ?2)
             ON CONFLICT (key) DO UPDATE SET written = excluded.written, json = excluded.json",
        )?
        .execute(params![record.key(), json])?;
        if let Record::Audit(entry) = record.as_ref()
            && entry.number > AUDIT_LIMIT
        {
            let oldest = format!("audit/{:012}", entry.number - AUDIT_LIMIT);
            transaction
                .prepare_cached("DELETE FROM record WHERE key LIKE 'audit/%' AND key <= ?1")?
                .execute(params![oldest])?;
        }
    }
    transaction.commit()?;
    Ok(())
}

#[derive(Debug, thiserror::Error)]
enum WriteError {
    #[error("{0}: check the card and its free space")]
    Sql(#[from] rusqlite::Error),
    #[error("a record could not be put into words: {0}")]
    Json(#[from] serde_json::Error),
}

fn read_audit(connection: &Connection, limit: usize) -> rusqlite::Result<Vec<AuditEntry>> {
    let mut query = connection.prepare_cached(
        "SELECT json FROM record WHERE key LIKE 'audit/%' ORDER BY key DESC LIMIT ?1",
    )?;
    let rows = query.query_map(params![i64::try_from(limit).unwrap_or(i64::MAX)], |row| {
        row.get::<_, String>(0)
    })?;
    let mut entries = Vec::new();
    for json in rows {
        if let Ok(Record::Audit(entry)) = serde_json::from_str(&json?) {
            entries.push(entry);
        }
    }
    Ok(entries)
}

fn probe(connection: &Connection) -> rusqlite::Result<()> {
    connection
        .execute("UPDATE meta SET probes = probes + 1", [])
        .map(|_| ())
}

fn open_and_read(path: &Path) -> Result<(Connection, Vec<Record>, Option<String>), StoreError> {
    let trouble = |source| StoreError::Open {
        path: path.into(),
        source,
    };
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )
    .map_err(trouble)?;
    let found = prepare(&connection).map_err(trouble)?;
    if found > SCHEMA {
        return Err(StoreError::Later {
            path: path.into(),
            found,
        });
    }
    let (records, unread) = read_all(&connection).map_err(trouble)?;
    let warning = (unread > 0).then(|| {
        format!(
            "{}: {unread} records could not be read and were left in place: was the box downgraded?",
            path.display()
        )
    });
    Ok((connection, records, warning))
}

/// Sets the connection up, makes the tables, and returns the schema that was found.
fn prepare(connection: &Connection) -> rusqlite::Result<i64> {
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    // 256 KiB: the file is small and the box's memory is too.
    connection.pragma_update(None, "cache_size", -256)?;
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found > SCHEMA {
        return Ok(found);
    }
    let check: String = connection.pragma_query_value(None, "quick_check", |row| row.get(0))?;
    if check != "ok" {
        return Err(rusqlite::Error::SqliteFailure(
            rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT),
            Some(check),
        ));
    }
    if found == SCHEMA {
        // On a full card a write would fail here, and the open cases would be out of sight.
        return Ok(found);
    }
    connection.execute_batch(
        "BEGIN;
         CREATE TABLE IF NOT EXISTS record (key TEXT PRIMARY KEY, written INTEGER NOT NULL, json TEXT NOT NULL) STRICT;
         CREATE INDEX IF NOT EXISTS record_written ON record (written);
         CREATE TABLE IF NOT EXISTS meta (probes INTEGER NOT NULL) STRICT;
         INSERT INTO meta SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM meta);
         PRAGMA user_version = 1;
         COMMIT;",
    )?;
    Ok(found)
}

/// All records in the order of writing, old ended cases dropped, and how many could not be read.
fn read_all(connection: &Connection) -> rusqlite::Result<(Vec<Record>, usize)> {
    let mut query = connection.prepare("SELECT key, json FROM record ORDER BY written DESC")?;
    let mut rows = query.query([])?;
    let (mut records, mut unread, mut ended, mut stale) = (Vec::new(), 0, 0, Vec::new());
    while let Some(row) = rows.next()? {
        let (key, json): (String, String) = (row.get(0)?, row.get(1)?);
        match serde_json::from_str::<Record>(&json) {
            Ok(record) if is_ended(&record) => {
                ended += 1;
                if ended > ENDED_CASES {
                    stale.push(key);
                } else {
                    records.push(record);
                }
            }
            Ok(record) => records.push(record),
            Err(_) => unread += 1,
        }
    }
    for key in stale {
        // On a full card it stays for now: what was read matters more.
        let _ = connection.execute("DELETE FROM record WHERE key = ?1", params![key]);
    }
    records.reverse();
    Ok((records, unread))
}

fn is_ended(record: &Record) -> bool {
    let Record::Case(case) = record else {
        return false;
    };
    matches!(
        case.phase,
        PhaseRecord::Done
            | PhaseRecord::Void { .. }
            | PhaseRecord::Failed { .. }
            | PhaseRecord::Cancelled
    )
}

/// The file itself is damaged, as opposed to a folder that cannot be written.
fn is_damage(error: &StoreError) -> bool {
    let StoreError::Open { source, .. } = error else {
        return false;
    };
    matches!(
        source.sqlite_error_code(),
        Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase)
    )
}

/// Renames the file and its journal so that nothing is lost.
fn put_aside(path: &Path) -> Result<PathBuf, StoreError> {
    let free = |number: &u32| !with_suffix(path, &format!(".damaged-{number}")).exists();
    let number = (1..10_000).find(free).unwrap_or(0);
    let aside = with_suffix(path, &format!(".damaged-{number}"));
    for part in ["", "-wal", "-shm"] {
        let (from, to) = (with_suffix(path, part), with_suffix(&aside, part));
        if from.exists() {
            std::fs::rename(&from, &to)
                .map_err(|source| StoreError::Folder { path: from, source })?;
        }
    }
    Ok(aside)
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
