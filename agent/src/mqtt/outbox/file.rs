//! The outbox's SQLite file.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;

/// Changes with the tables.
const SCHEMA: i64 = 1;

pub(super) fn open(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    prepare(connection)
}

pub(super) fn memory() -> rusqlite::Result<Connection> {
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

pub(super) fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase)
    )
}

/// Renames the file and its journal so that nothing is lost.
pub(super) fn put_aside(path: &Path) -> std::io::Result<PathBuf> {
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
