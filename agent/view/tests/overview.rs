//! The picture at the head of README.md is drawn by this code, and is what the code draws today.
#![allow(
    clippy::disallowed_methods,
    reason = "the committed picture is on the disk"
)]

use std::path::Path;

use resetbox_core::policy::Language;
use resetbox_view::{Geometry, render, samples};

/// The job in six screens, as they follow each other.
const STORY: &str = "list-3 device qr-128 key-typed confirm-send succeeded";
const COLUMNS: usize = 3;
/// Around and between the screens, in pixels.
const GAP: usize = 16;
/// The bezel.
const GREY: u8 = 0xd0;

#[test]
fn the_readme_shows_what_the_code_draws() {
    let picture = compose();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/screens/overview.png");
    if std::env::var_os("RENEW").is_some() {
        std::fs::write(&path, encode(&picture)).expect("docs/screens is writable");
    }
    assert!(
        decode(&path) == picture,
        "docs/screens/overview.png is not what the code draws. Renew it, and look at it:\n\
         RENEW=1 cargo test -p resetbox-view --test overview"
    );
}

#[derive(PartialEq)]
struct Picture {
    width: usize,
    height: usize,
    rgb: Vec<u8>,
}

fn compose() -> Picture {
    let glass = Geometry::SQUARE;
    let (w, h) = (usize::from(glass.width), usize::from(glass.height));
    let names: Vec<&str> = STORY.split(' ').collect();
    let width = COLUMNS * (w + GAP) + GAP;
    let height = names.len() / COLUMNS * (h + GAP) + GAP;
    let mut rgb = vec![GREY; width * height * 3];
    let all = samples(Language::En);
    for (i, name) in names.iter().enumerate() {
        let sample = all.iter().find(|(known, _)| known == name);
        let (_, view) = sample.unwrap_or_else(|| panic!("there is no sample {name}"));
        let drawn = render(view, &glass).to_rgb8();
        let (left, top) = (GAP + i % COLUMNS * (w + GAP), GAP + i / COLUMNS * (h + GAP));
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
