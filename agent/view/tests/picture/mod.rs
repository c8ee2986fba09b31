//! A drawn picture as the PNG that is committed.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test uses its own part of it"
)]

use resetbox_view::Frame;

#[derive(PartialEq)]
pub struct Picture {
    pub width: usize,
    pub height: usize,
    pub rgb: Vec<u8>,
}

impl Picture {
    pub fn of(frame: &Frame) -> Self {
        Self {
            width: frame.width().into(),
            height: frame.height().into(),
            rgb: frame.to_rgb8(),
        }
    }

    /// Frames of one size, from left to right and from top to bottom, with `gap` pixels of this grey around each.
    pub fn sheet(frames: &[Frame], columns: usize, gap: usize, grey: u8) -> Self {
        let (w, h) = (
            usize::from(frames[0].width()),
            usize::from(frames[0].height()),
        );
        let width = columns * (w + gap) + gap;
        let height = frames.len().div_ceil(columns) * (h + gap) + gap;
        let mut rgb = vec![grey; width * height * 3];
        for (i, frame) in frames.iter().enumerate() {
            let (left, top) = (gap + i % columns * (w + gap), gap + i / columns * (h + gap));
            for (y, row) in frame.to_rgb8().chunks_exact(w * 3).enumerate() {
                let start = ((top + y) * width + left) * 3;
                rgb[start..start + row.len()].copy_from_slice(row);
            }
        }
        Self { width, height, rgb }
    }

    /// As small as it gets: indexed where there are at most 256 colours.
    pub fn encode(&self) -> Vec<u8> {
        let (pixels, _) = self.rgb.as_chunks::<3>();
        let mut colours: Vec<[u8; 3]> = pixels.to_vec();
        colours.sort_unstable();
        colours.dedup();
        let mut out = Vec::new();
        let side = |n: usize| u32::try_from(n).expect("a small picture");
        let mut encoder = png::Encoder::new(&mut out, side(self.width), side(self.height));
        encoder.set_compression(png::Compression::High);
        let data = if colours.len() <= 256 {
            let bits = [1, 2, 4, 8].into_iter().find(|b| colours.len() <= 1 << b);
            let bits = bits.expect("at most 256 colours");
            encoder.set_color(png::ColorType::Indexed);
            encoder.set_palette(colours.concat());
            encoder.set_filter(png::Filter::NoFilter);
            encoder.set_depth(match bits {
                1 => png::BitDepth::One,
                2 => png::BitDepth::Two,
                4 => png::BitDepth::Four,
                _ => png::BitDepth::Eight,
            });
            let index = |colour| colours.binary_search(colour).expect("it was collected") as u8;
            let indexes: Vec<u8> = pixels.iter().map(index).collect();
            let rows = indexes.chunks(self.width);
            rows.flat_map(|row| row.chunks(8 / bits).map(move |pixels| packed(pixels, bits)))
                .collect()
        } else {
            encoder.set_color(png::ColorType::Rgb);
            self.rgb.clone()
        };
        let mut writer = encoder.write_header().expect("memory takes it");
        writer.write_image_data(&data).expect("memory takes it");
        writer.finish().expect("memory takes it");
        out
    }

    pub fn decode(png: &[u8]) -> Self {
        let mut decoder = png::Decoder::new(std::io::Cursor::new(png));
        decoder.set_transformations(png::Transformations::EXPAND);
        let mut reader = decoder.read_info().expect("a committed picture is a PNG");
        let mut rgb = vec![0; reader.output_buffer_size().expect("it is small")];
        let info = reader.next_frame(&mut rgb).expect("it is whole");
        rgb.truncate(info.buffer_size());
        assert_eq!(info.color_type, png::ColorType::Rgb);
        Self {
            width: info.width as usize,
            height: info.height as usize,
            rgb,
        }
    }
}

/// Pixels of so many bits in one byte, the first in the highest.
fn packed(pixels: &[u8], bits: usize) -> u8 {
    let whole = pixels
        .iter()
        .fold(0, |byte, pixel| byte << bits | u32::from(*pixel));
    (whole << (bits * (8 / bits - pixels.len()))) as u8
}
