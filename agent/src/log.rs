//! Where log lines go: the journal under systemd, else standard error. No log line may hold a key or
//! a password; the types that hold them print no content.

use std::io::IsTerminal;

use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Starts logging at `level` (`info`, `debug`, ... or levels by module, `info,resetbox::mqtt=debug`); the variable
/// `RESETBOX_LOG` outranks it.
pub fn start(level: &str) {
    let filter = std::env::var("RESETBOX_LOG")
        .ok()
        .and_then(|wanted| levels(&wanted))
        .or_else(|| levels(level))
        .unwrap_or_else(|| Targets::new().with_default(tracing::Level::INFO));
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

/// The levels that a text names, or `None` when it names none. Without patterns for spans and fields: those would
/// bring an engine for regular expressions, of which the box has no other use.
pub fn levels(text: &str) -> Option<Targets> {
    text.parse().ok()
}
