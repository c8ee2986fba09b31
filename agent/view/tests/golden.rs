//! Every screen on every panel in both languages, pixel by pixel against the pictures in
//! `tests/golden`. `RENEW=1` writes them anew: look at the difference before committing.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "golden pictures stand on the disk"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use resetbox_view::{Frame, screens};

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// A PNG as small as it gets: indexed where there are at most 256 colours.
fn encode(frame: &Frame) -> Vec<u8> {
    let rgb = frame.to_rgb8();
    let mut colours: Vec<&[u8]> = rgb.chunks(3).collect();
    colours.sort_unstable();
    colours.dedup();
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, frame.width().into(), frame.height().into());
    encoder.set_compression(png::Compression::High);
    let data = if colours.len() <= 256 {
        encoder.set_color(png::ColorType::Indexed);
        encoder.set_palette(colours.concat());
        encoder.set_filter(png::Filter::NoFilter);
        let index = |colour: &[u8]| colours.binary_search(&colour).expect("it was collected");
        let indexes: Vec<u8> = rgb.chunks(3).map(|c| index(c) as u8).collect();
        let bits = [1, 2, 4, 8].into_iter().find(|b| colours.len() <= 1 << b);
        let bits = bits.expect("at most 256 colours");
        encoder.set_depth(match bits {
            1 => png::BitDepth::One,
            2 => png::BitDepth::Two,
            4 => png::BitDepth::Four,
            _ => png::BitDepth::Eight,
        });
        indexes
            .chunks(frame.width().into())
            .flat_map(|row| {
                row.chunks(8 / bits).map(move |pixels| {
                    let whole = pixels
                        .iter()
                        .fold(0, |byte, p| byte << bits | u32::from(*p));
                    (whole << (bits * (8 / bits - pixels.len()))) as u8
                })
            })
            .collect()
    } else {
        encoder.set_color(png::ColorType::Rgb);
        rgb
    };
    let mut writer = encoder.write_header().expect("memory takes it");
    writer.write_image_data(&data).expect("memory takes it");
    writer.finish().expect("memory takes it");
    out
}

/// Width, height and red, green, blue bytes.
fn decode(png: &[u8]) -> (u32, u32, Vec<u8>) {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(png));
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().expect("a golden picture is a PNG");
    let mut data = vec![0; reader.output_buffer_size().expect("it is small")];
    let info = reader
        .next_frame(&mut data)
        .expect("a golden picture is whole");
    data.truncate(info.buffer_size());
    assert_eq!(info.color_type, png::ColorType::Rgb);
    (info.width, info.height, data)
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
        let found = fs::read(&path).ok().map(|png| decode(&png));
        let (w, h) = (u32::from(frame.width()), u32::from(frame.height()));
        if found == Some((w, h, frame.to_rgb8())) {
            continue;
        }
        let to = if bless {
            path
        } else {
            actual.join(format!("{name}.png"))
        };
        fs::create_dir_all(to.parent().expect("it has a folder")).expect("the disk takes it");
        fs::write(&to, encode(&frame)).expect("the disk takes it");
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
        let (w, h, data) = decode(&encode(&frame));
        assert_eq!(
            (w, h),
            (frame.width().into(), frame.height().into()),
            "{name}"
        );
        assert_eq!(data, frame.to_rgb8(), "{name}");
    }
}
