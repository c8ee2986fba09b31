//! A picture of the glass, and what two decoders read from it.

use std::fmt;
use std::path::Path;

/// RGB565, row by row.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    /// Pixels of a row.
    pub width: usize,
    /// All pixels.
    pub pixels: Vec<u16>,
}

/// Decoders like modules of more than a pixel or two.
const ENLARGED: usize = 4;
/// Rows of the status bar on this size of glass.
const BAR: usize = 14;

impl Picture {
    /// A picture that came as PNG, for example from the panel mirror.
    ///
    /// # Panics
    /// When it is none.
    pub fn from_png(bytes: &[u8]) -> Self {
        let mut decoder = png::Decoder::new(std::io::Cursor::new(bytes));
        decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::STRIP_16);
        let mut reader = decoder.read_info().expect("a PNG");
        let mut bytes = vec![0; reader.output_buffer_size().expect("a small picture")];
        let info = reader.next_frame(&mut bytes).expect("a whole PNG");
        let samples = info.color_type.samples();
        let pixels = (bytes[..info.buffer_size()].chunks_exact(samples))
            .map(|pixel| {
                let [r, g, b] = match pixel {
                    [r, g, b, ..] => [*r, *g, *b],
                    _ => [pixel[0]; 3],
                };
                u16::from(r >> 3) << 11 | u16::from(g >> 2) << 5 | u16::from(b >> 3)
            })
            .collect();
        Self {
            width: info.width as usize,
            pixels,
        }
    }

    /// What a QR on it holds, if both decoders read one, and the same.
    pub fn code(&self) -> Option<Vec<u8>> {
        let (width, height, grey) = self.grey();
        let mut image =
            rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| grey[y * width + x]);
        let mut first = Vec::new();
        image.detect_grids().first()?.decode_to(&mut first).ok()?;
        let side = |pixels: usize| u32::try_from(pixels).expect("a small picture");
        let second = rxing::helpers::detect_in_luma(
            grey,
            side(width),
            side(height),
            Some(rxing::BarcodeFormat::QR_CODE),
        );
        (second.ok()?.getText().as_bytes() == first).then_some(first)
    }

    /// Enlarged, one byte per pixel.
    fn grey(&self) -> (usize, usize, Vec<u8>) {
        let row = |row: &[u16]| -> Vec<u8> {
            let wide = row
                .iter()
                .flat_map(|pixel| [(pixel >> 5 & 0x3f) as u8 * 4; ENLARGED]);
            wide.collect::<Vec<u8>>().repeat(ENLARGED)
        };
        let grey: Vec<u8> = self.pixels.chunks_exact(self.width).flat_map(row).collect();
        let height = self.pixels.len() / self.width;
        (self.width * ENLARGED, height * ENLARGED, grey)
    }

    /// The rows below the status bar, which shows the time: another minute is no other page.
    pub fn page(&self) -> &[u16] {
        &self.pixels[self.width * BAR..]
    }

    /// How many pixels are unlike those of another picture of the same size.
    pub fn unlike(&self, other: &Self) -> usize {
        assert_eq!(
            (self.width, self.pixels.len()),
            (other.width, other.pixels.len())
        );
        let pairs = self.pixels.iter().zip(&other.pixels);
        pairs.filter(|(a, b)| a != b).count()
    }

    /// Writes it as PNG, for whoever looks at a failure.
    pub fn save(&self, to: &Path) {
        let side = |pixels: usize| u32::try_from(pixels).expect("a small picture");
        let file =
            std::fs::File::create(to).unwrap_or_else(|error| panic!("{}: {error}", to.display()));
        let height = self.pixels.len() / self.width;
        let mut encoder = png::Encoder::new(file, side(self.width), side(height));
        encoder.set_color(png::ColorType::Rgb);
        let colour = |pixel: &u16| {
            [
                (pixel >> 11) << 3,
                (pixel >> 5 & 0x3f) << 2,
                (pixel & 0x1f) << 3,
            ]
        };
        let bytes: Vec<u8> = (self.pixels.iter().flat_map(colour))
            .map(|value| value as u8)
            .collect();
        let written = encoder
            .write_header()
            .and_then(|mut writer| writer.write_image_data(&bytes));
        written.unwrap_or_else(|error| panic!("{}: {error}", to.display()));
    }
}

impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a picture of {} pixels a row", self.width)
    }
}
