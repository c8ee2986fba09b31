//! Where log lines go: the journal under systemd, else standard error. No log line may hold a key or
//! a password; the types that hold them print no content.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Starts logging at `level` (`info`, `debug`, ... or a filter as tracing writes it); the variable
/// `RESETBOX_LOG` outranks it.
pub fn start(level: &str) {
    let filter = EnvFilter::try_from_env("RESETBOX_LOG")
        .or_else(|_| EnvFilter::try_new(level))
        .unwrap_or_else(|_| EnvFilter::new("info"));
    let registry = tracing_subscriber::registry().with(filter);
    // A second start (tests) keeps the first subscriber: the error is of no interest.
    let _ = if std::env::var_os("JOURNAL_STREAM").is_some()
        && let Ok(journal) = tracing_journald::layer()
    {
        registry.with(journal).try_init()
    } else {
        let stderr = tracing_subscriber::fmt::layer()
            .with_writer(std::io::stderr)
            .with_ansi(std::io::stderr().is_terminal())
            .with_target(false);
        registry.with(stderr).try_init()
    };
}
