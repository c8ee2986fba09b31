//! Every word that a person reads, in both languages, in one place: the panel takes the short
//! forms, the phone page the full sentences.
//!
//! English speaks plainly to a technician; Indonesian does the same, with the terms that
//! technicians there use (`kata sandi`, `kunci reset`, `kasus`).

mod alert;
mod finding;
mod fixed;
mod labels;
mod problem_en;
mod problem_id;

use core::time::Duration;

pub use alert::{alert, case_alert};
pub use finding::finding;
pub use fixed::*;
pub use labels::{
    action, indicator, mark, password_fault, phase, phase_of, setting, setting_value, way,
    way_short,
};
pub use resetbox_core::policy::Language;
use resetbox_core::problem::Problem;

/// What to say about something that went wrong or needs a person.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Words {
    /// A headline of a few words, without a full stop.
    pub title: String,
    /// What happened, in one or two sentences.
    pub what: String,
    /// What to do next, in one or two sentences.
    pub next: String,
    /// Both in as few words as a small glass holds.
    pub short: String,
}

impl Words {
    fn new(title: &str, what: &str, next: &str, short: &str) -> Self {
        Self {
            title: title.into(),
            what: what.into(),
            next: next.into(),
            short: short.into(),
        }
    }
}

/// What a problem is called, what it means and what to do next. Tries and lock time that the
/// device gave are part of `what`.
pub fn problem(language: Language, problem: &Problem) -> Words {
    let mut words = match language {
        Language::En => problem_en::words(problem),
        Language::Id => problem_id::words(problem),
    };
    for more in [
        problem.tries_left.map(|n| tries_left(language, n) + "."),
        // A device that is not locked says 0.
        problem
            .lock_minutes
            .filter(|n| *n > 0)
            .map(|n| locked_for(language, n) + "."),
    ]
    .into_iter()
    .flatten()
    {
        words.what.push(' ');
        words.what.push_str(&more);
    }
    words
}

/// What a character of a key is, in words, for those that look like another.
pub fn character(language: Language, character: char) -> String {
    let upper = character.to_ascii_uppercase();
    match (language, character) {
        (Language::En, '0') => "zero".into(),
        (Language::En, '1') => "one".into(),
        (Language::En, '2'..='9') => format!("digit {character}"),
        (Language::En, 'A'..='Z') => format!("capital {upper}"),
        (Language::En, _) => format!("small {upper}"),
        (Language::Id, '0') => "nol".into(),
        (Language::Id, '1') => "satu".into(),
        (Language::Id, '2'..='9') => format!("angka {character}"),
        (Language::Id, 'A'..='Z') => format!("{upper} besar"),
        (Language::Id, _) => format!("{upper} kecil"),
    }
}

/// `4 tries left`.
pub fn tries_left(language: Language, tries: u32) -> String {
    match (language, tries) {
        (Language::En, 0) => "No tries left".into(),
        (Language::En, 1) => "1 try left".into(),
        (Language::En, n) => format!("{n} tries left"),
        (Language::Id, 0) => "Kesempatan habis".into(),
        (Language::Id, n) => format!("Sisa {n} kesempatan"),
    }
}

/// `Locked for 30 minutes`.
pub fn locked_for(language: Language, minutes: u32) -> String {
    match (language, minutes) {
        (Language::En, 1) => "Locked for 1 minute".into(),
        (Language::En, n) => format!("Locked for {n} minutes"),
        (Language::Id, n) => format!("Terkunci {n} menit"),
    }
}

/// `12 devices`.
pub fn devices(language: Language, count: usize) -> String {
    match (language, count) {
        (Language::En, 1) => "1 device".into(),
        (Language::En, n) => format!("{n} devices"),
        (Language::Id, n) => format!("{n} perangkat"),
    }
}

/// `12 probes sent`.
pub fn probes_sent(language: Language, probes: u64) -> String {
    match (language, probes) {
        (Language::En, 1) => "1 probe sent".into(),
        (Language::En, n) => format!("{} probes sent", count(n)),
        (Language::Id, n) => format!("{} pencarian dikirim", count(n)),
    }
}

/// A count that stays short: `9999`, `25k`, `3M`, `2G`.
pub fn count(n: u64) -> String {
    match n {
        ..10_000 => n.to_string(),
        10_000..1_000_000 => format!("{}k", n / 1_000),
        1_000_000..1_000_000_000 => format!("{}M", n / 1_000_000),
        _ => format!("{}G", (n / 1_000_000_000).min(999)),
    }
}

/// Hours and minutes: `23:41`. Rounded up to the minute, so that 0:00 means over.
pub fn clock(left: Duration) -> String {
    let minutes = left.as_secs().div_ceil(60);
    format!("{}:{:02}", minutes / 60, minutes % 60)
}

/// How far a camera is to be trusted to be the right one: `...842150`.
pub fn tail(serial_tail: &str) -> String {
    if serial_tail.is_empty() {
        String::new()
    } else {
        format!("...{serial_tail}")
    }
}
