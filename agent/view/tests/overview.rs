//! The pictures of the panel in README.md and docs are drawn by this code, and are what the code draws today.
#![allow(
    clippy::disallowed_methods,
    reason = "the committed picture is on the disk"
)]

mod picture;

use std::path::Path;

use resetbox_core::policy::Language;
use resetbox_view::{Geometry, render, samples};

use picture::Picture;

/// Each picture: its name, its columns, and the screens in it as they follow each other.
const STORIES: [(&str, usize, &str); 2] = [
    // The job in six screens.
    (
        "overview",
        3,
        "list-3 device qr-128 key-typed confirm-send succeeded",
    ),
    // What a new box shows, from power to the phone page.
    (
        "first-start",
        3,
        "start no-cable searching nothing-found list-3 join-page",
    ),
];
/// Around and between the screens, in pixels.
const GAP: usize = 16;
/// The bezel.
const GREY: u8 = 0xd0;

#[test]
fn the_docs_show_what_the_code_draws() {
    for (name, columns, story) in STORIES {
        let picture = compose(columns, story);
        let file = format!("docs/screens/{name}.png");
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../..")
            .join(&file);
        if std::env::var_os("RENEW").is_some() {
            std::fs::write(&path, picture.encode()).expect("docs/screens is writable");
        }
        let committed = std::fs::read(&path).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert!(
            Picture::decode(&committed) == picture,
            "{file} is not what the code draws. Renew it, and look at it:\n\
             RENEW=1 cargo test -p resetbox-view --test overview"
        );
    }
}

fn compose(columns: usize, story: &str) -> Picture {
    let all = samples(Language::En);
    let drawn = |name| {
        let sample = all.iter().find(|(known, _)| *known == name);
        let (_, view) = sample.unwrap_or_else(|| panic!("there is no sample {name}"));
        render(view, &Geometry::SQUARE)
    };
    let frames: Vec<_> = story.split(' ').map(drawn).collect();
    Picture::sheet(&frames, columns, GAP, GREY)
}
