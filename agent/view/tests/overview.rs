//! The pictures of the panel in README.md and docs are drawn by this code, and are what the code draws today.
#![allow(
    clippy::disallowed_methods,
    reason = "the committed picture is on the disk"
)]

use std::path::Path;

use resetbox_core::policy::Language;
use resetbox_view::{Geometry, render, samples};

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
            std::fs::write(&path, encode(&picture)).expect("docs/screens is writable");
        }
        assert!(
            decode(&path) == picture,
            "{file} is not what the code draws. Renew it, and look at it:\n\
             RENEW=1 cargo test -p resetbox-view --test overview"
        );
    }
}

#[derive(PartialEq)]
struct Picture {
    width: usize,
    height: usize,
    rgb: Vec<u8>,
}

fn compose(columns: usize, story: &str) -> Picture {
    let glass = Geometry::SQUARE;
    let (w, h) = (usize::from(glass.width), usize::from(glass.height));
    let names: Vec<&str> = story.split(' ').collect();
    let width = columns * (w + GAP) + GAP;
    let height = names.len() / columns * (h + GAP) + GAP;
    let mut rgb = vec![GREY; width * height * 3];
    let all = samples(Language::En);
    for (i, name) in names.iter().enumerate() {
        let sample = all.iter().find(|(known, _)| known == name);
        let (_, view) = sample.unwrap_or_else(|| panic!("there is no sample {name}"));
        let drawn = render(view, &glass).to_rgb8();
        let (left, top) = (GAP + i % columns * (w + GAP), GAP + i / columns * (h + GAP));
        for (y, row) in drawn.chunks_exact(w * 3).enumerate() {
            let start = ((top + y) * width + left) * 3;
            rgb[start..start + row.len()].copy_from_slice(row);
        }
    }
    Picture { width, height, rgb }
}

fn encode(picture: &Picture) -> Vec<u8> {
    let mut bytes = Vec::new();
    let size = |n: usize| u32::try_from(n).expect("a small picture");
    let mut encoder = png::Encoder::new(&mut bytes, size(picture.width), size(picture.height));
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_compression(png::Compression::High);
    let mut writer = encoder.write_header().expect("written to memory");
    writer
        .write_image_data(&picture.rgb)
        .expect("written to memory");
    drop(writer);
    bytes
}

fn decode(path: &Path) -> Picture {
    let file = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut reader = png::Decoder::new(std::io::Cursor::new(file))
        .read_info()
        .expect("a picture in PNG");
    let mut rgb = vec![0; reader.output_buffer_size().expect("a small picture")];
    let info = reader.next_frame(&mut rgb).expect("a whole picture");
    Picture {
        width: info.width as usize,
        height: info.height as usize,
        rgb,
    }
}
