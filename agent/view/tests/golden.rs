//! Every screen on every panel in both languages, pixel by pixel against the pictures in
//! `tests/golden`. `RENEW=1` writes them anew: look at the difference before committing.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "golden pictures stand on the disk"
)]

mod picture;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use resetbox_view::screens;

use picture::Picture;

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

#[test]
fn every_screen_is_as_it_was() {
    let bless = std::env::var_os("RENEW").is_some();
    let actual = Path::new(env!("CARGO_TARGET_TMPDIR")).join("screens");
    let mut expected_files = BTreeSet::new();
    let mut different = Vec::new();
    for (name, frame) in screens() {
        let path = golden().join(format!("{name}.png"));
        expected_files.insert(path.clone());
        let drawn = Picture::of(&frame);
        let found = fs::read(&path).ok().map(|png| Picture::decode(&png));
        if found.as_ref() == Some(&drawn) {
            continue;
        }
        let to = if bless {
            path
        } else {
            actual.join(format!("{name}.png"))
        };
        fs::create_dir_all(to.parent().expect("it has a folder")).expect("the disk takes it");
        fs::write(&to, drawn.encode()).expect("the disk takes it");
        if !bless {
            different.push(format!("{name}: now {}", to.display()));
        }
    }
    let mut there = BTreeSet::new();
    for folder in fs::read_dir(golden())
        .expect("there are golden pictures")
        .flatten()
    {
        for file in fs::read_dir(folder.path()).into_iter().flatten().flatten() {
            there.insert(file.path());
        }
    }
    for stale in there.difference(&expected_files) {
        if bless {
            fs::remove_file(stale).expect("the disk takes it");
        } else {
            different.push(format!("{}: no such screen any more", stale.display()));
        }
    }
    assert!(
        different.is_empty(),
        "{} screens differ (RENEW=1 takes them):\n{}",
        different.len(),
        different.join("\n")
    );
}

#[test]
fn the_encoder_keeps_every_pixel() {
    for (name, frame) in screens().take(3) {
        let drawn = Picture::of(&frame);
        assert!(Picture::decode(&drawn.encode()) == drawn, "{name}");
    }
}
