//! The files that a run begins with.

use std::io::Write;
use std::path::Path;

use resetbox_core::Record;
use tokio::sync::mpsc;

use crate::bus::Input;
use crate::config::Config;
use crate::store::{Opened, Store};

/// Opens the store. A store that cannot be opened is no reason to leave a technician with a dark
/// panel: the box runs, says what is wrong, and refuses to open cases.
pub(super) fn open_store(
    config: &Config,
    inputs: &mpsc::Sender<Input>,
) -> (Option<Store>, Vec<Record>, Result<(), String>) {
    let reports = inputs.clone();
    let report = move |number, outcome: Result<(), String>| {
        let input = match outcome {
            Ok(()) => Input::Persisted(number),
            Err(error) => Input::StoreFailed(number, error),
        };
        // The loop has ended: nobody waits for the report.
        let _ = reports.blocking_send(input);
    };
    match Store::open(&config.store.path, report) {
        Ok(Opened {
            store,
            records,
            warning,
        }) => {
            if let Some(warning) = &warning {
                tracing::warn!("{warning}");
            }
            (Some(store), records, warning.map_or(Ok(()), Err))
        }
        Err(error) => {
            tracing::error!("{error}");
            (None, Vec::new(), Err(error.to_string()))
        }
    }
}

/// The PIN, for whoever may read the box's own files: a box without a panel has no other place for it.
pub(super) fn write_pin(path: &Path, pin: &str) -> std::io::Result<()> {
    let mut file = crate::private::make(path)?;
    writeln!(file, "{pin}")
}
