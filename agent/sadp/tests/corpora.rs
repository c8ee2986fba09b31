//! Replays the corpora of the fuzz targets on stable.
#![allow(clippy::disallowed_methods, reason = "the corpora are on disk")]

#[path = "../../../fuzz/checks.rs"]
mod checks;

use std::fs;
use std::path::Path;

/// Runs `check` over every file of a corpus, in order, and says how many there were.
fn replay(corpus: &str, check: fn(&[u8])) -> usize {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fuzz/corpus")
        .join(corpus);
    let entries = fs::read_dir(&directory).expect("the corpus is committed");
    let mut files: Vec<_> = entries
        .map(|entry| entry.expect("a readable directory").path())
        .collect();
    files.sort();
    for file in &files {
        // A failing check names no input; its file must.
        let input = fs::read(file).expect("a readable file");
        let outcome = std::panic::catch_unwind(|| check(&input));
        assert!(outcome.is_ok(), "the check fails for {}", file.display());
    }
    files.len()
}

#[test]
fn messages() {
    assert!(replay("message", checks::message) >= 50);
}

#[test]
fn frames() {
    assert!(replay("frame", checks::frame) >= 5);
}

#[test]
fn exchange_answers() {
    assert!(replay("exchange", checks::exchange) >= 10);
}

#[test]
fn every_odd_answer_is_in_the_corpus() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/answers");
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/message");
    for entry in fs::read_dir(tests).expect("the answers are committed") {
        let path = entry.expect("a readable directory").path();
        let name = path.file_name().expect("a file has a name");
        if !name.to_string_lossy().starts_with('.') {
            let copy = fs::read(corpus.join(name)).unwrap_or_default();
            assert!(
                copy == fs::read(&path).expect("a readable file"),
                "copy {} to {}",
                path.display(),
                corpus.display()
            );
        }
    }
}
