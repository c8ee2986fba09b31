//! Letters. Small panels take bitmap fonts pixel for pixel; larger ones take a 42-pixel face and
//! scale it down by area with the baseline, the x-height and the cap line held on whole rows, so
//! that strokes stay even and edges crisp without a rasteriser.

use std::sync::OnceLock;

use embedded_graphics::Pixel;
use embedded_graphics::draw_target::DrawTarget;
use embedded_graphics::geometry::{OriginDimensions, Point, Size};
use embedded_graphics::pixelcolor::BinaryColor;
use u8g2_fonts::FontRenderer;
use u8g2_fonts::fonts;
use u8g2_fonts::types::{FontColor, VerticalPosition};

/// Thickness of the strokes.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Weight {
    Regular,
    Bold,
}

/// A face at a size.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) struct Type {
    pub(crate) weight: Weight,
    /// Height of a capital letter in pixels.
    pub(crate) cap: i32,
    /// One of the bitmap fonts as it is, instead of the scaled face.
    pub(crate) bitmap: bool,
}

impl Type {
    pub(crate) const fn smooth(weight: Weight, cap: i32) -> Self {
        Self {
            weight,
            cap,
            bitmap: false,
        }
    }

    pub(crate) const fn bitmap(weight: Weight, cap: i32) -> Self {
        Self {
            weight,
            cap,
            bitmap: true,
        }
    }

    /// Rows below the baseline that letters like g and p need.
    pub(crate) fn descent(self) -> i32 {
        if self.bitmap {
            match self.cap {
                ..=8 => 2,
                9..=11 => 3,
                _ => 4,
            }
        } else {
            (self.cap * 3 + 9) / 10
        }
    }

    /// Rows above the cap line that brackets and slashes need.
    pub(crate) fn rise(self) -> i32 {
        if self.bitmap { 0 } else { (self.cap + 9) / 10 }
    }

    /// From one baseline to the next in running text.
    pub(crate) fn line_height(self) -> i32 {
        if self.bitmap {
            self.cap + self.descent() + 1
        } else {
            (self.cap * 16 + 5) / 10
        }
    }

    /// Width of `text` in whole pixels, rounded up.
    pub(crate) fn width(self, text: &str) -> i32 {
        let font = self.font();
        let units: i32 = text.chars().map(|c| self.units(font.letter(c))).sum();
        (units + UNIT - 1) / UNIT
    }

    /// How far the pen moves for `c`, in units of 1/64 pixel.
    pub(crate) fn advance(self, c: char) -> i32 {
        self.units(self.font().letter(c))
    }

    fn units(self, letter: &Letter) -> i32 {
        if self.bitmap {
            letter.advance * UNIT
        } else {
            letter.advance * UNIT * self.cap / CAP
        }
    }

    /// The picture of `c` with the pen at `pen` (in 1/64 pixel, only its fraction counts).
    pub(crate) fn glyph(self, c: char, pen: i32) -> Glyph {
        let letter = self.font().letter(c);
        if self.bitmap {
            letter.whole()
        } else {
            letter.scaled(self.cap, pen.rem_euclid(UNIT))
        }
    }

    fn font(self) -> &'static Font {
        static FONTS: [OnceLock<Font>; 8] = [const { OnceLock::new() }; 8];
        let (slot, renderer): (_, fn() -> FontRenderer) = match (self.bitmap, self.weight, self.cap)
        {
            (false, Weight::Regular, _) => (0, FontRenderer::new::<fonts::u8g2_font_fur42_tf>),
            (false, Weight::Bold, _) => (1, FontRenderer::new::<fonts::u8g2_font_fub42_tf>),
            (true, Weight::Regular, ..=8) => (2, FontRenderer::new::<fonts::u8g2_font_helvR08_tf>),
            (true, Weight::Regular, _) => (3, FontRenderer::new::<fonts::u8g2_font_helvR10_tf>),
            (true, Weight::Bold, ..=8) => (4, FontRenderer::new::<fonts::u8g2_font_helvB08_tf>),
            (true, Weight::Bold, 9..=11) => (5, FontRenderer::new::<fonts::u8g2_font_helvB10_tf>),
            (true, Weight::Bold, 12..=13) => (6, FontRenderer::new::<fonts::u8g2_font_helvB12_tf>),
            (true, Weight::Bold, _) => (7, FontRenderer::new::<fonts::u8g2_font_helvB14_tf>),
        };
        FONTS[slot].get_or_init(|| Font::read(&renderer()))
    }
}

/// The pen moves in 64ths of a pixel.
pub(crate) const UNIT: i32 = 64;
/// Cap height, x-height and overshoot of the 42-pixel face, in its own pixels.
const CAP: i32 = 42;
const X_HEIGHT: i32 = 31;
const OVERSHOOT: i32 = 1;
/// Side of the square into which a glyph of any face fits.
const MASK: i32 = 128;

/// The letters of Latin-1, unpacked once: finding one in the packed font is a walk through it.
struct Font {
    letters: Vec<Letter>,
}

impl Font {
    fn read(renderer: &FontRenderer) -> Self {
        let read = |c: char| Letter::read(renderer, c);
        let unknown = read('?').unwrap_or_default();
        let letters = (0..=255u8)
            .map(|c| read(char::from(c)).unwrap_or_else(|| unknown.clone()))
            .collect();
        Self { letters }
    }

    /// The letter, or a question mark for one that the font lacks.
    fn letter(&self, c: char) -> &Letter {
        let index = u8::try_from(u32::from(c)).unwrap_or(b'?');
        &self.letters[usize::from(index)]
    }
}

/// A letter as the font holds it; rows and columns relative to the pen on the baseline.
#[derive(Clone, Default)]
struct Letter {
    advance: i32,
    left: i32,
    top: i32,
    width: i32,
    height: i32,
    bits: Vec<bool>,
}

impl Letter {
    /// `None` when the font lacks it.
    fn read(renderer: &FontRenderer, c: char) -> Option<Self> {
        let mut mask = Mask::default();
        let drawn = renderer.render(
            c,
            Point::new(MASK / 4, MASK / 2),
            VerticalPosition::Baseline,
            FontColor::Transparent(BinaryColor::On),
            &mut mask,
        );
        let advance = drawn.ok()?.advance.x;
        if advance <= 0 {
            return None;
        }
        let (width, height) = (
            (mask.right - mask.left).max(0),
            (mask.bottom - mask.top).max(0),
        );
        let mut bits = Vec::with_capacity((width * height) as usize);
        for y in mask.top..mask.top + height {
            for x in mask.left..mask.left + width {
                bits.push(mask.bits[(y * MASK + x) as usize]);
            }
        }
        Some(Self {
            advance,
            left: mask.left - MASK / 4,
            top: mask.top - MASK / 2,
            width,
            height,
            bits,
        })
    }

    fn whole(&self) -> Glyph {
        let shade = |on: &bool| if *on { 255 } else { 0 };
        Glyph {
            left: self.left,
            top: self.top,
            width: self.width,
            coverage: self.bits.iter().map(shade).collect(),
        }
    }

    /// Every source pixel gives its share to the pixels that it covers after scaling.
    fn scaled(&self, cap: i32, pen: i32) -> Glyph {
        let column = |x: i32| pen + (self.left + x) * UNIT * cap / CAP;
        let row = |y: i32| -height(-(self.top + y), cap);
        let left = column(0).div_euclid(UNIT);
        let right = (column(self.width) + UNIT - 1).div_euclid(UNIT);
        let top = row(0).div_euclid(UNIT);
        let bottom = (row(self.height) + UNIT - 1).div_euclid(UNIT);
        let width = right - left;
        let mut sums = vec![0i32; (width * (bottom - top)) as usize];
        for (sy, line) in self.bits.chunks(self.width.max(1) as usize).enumerate() {
            let (y0, y1) = (row(sy as i32), row(sy as i32 + 1));
            for (sx, _) in line.iter().enumerate().filter(|(_, on)| **on) {
                let (x0, x1) = (column(sx as i32), column(sx as i32 + 1));
                for y in y0.div_euclid(UNIT)..(y1 + UNIT - 1).div_euclid(UNIT) {
                    let dy = y1.min((y + 1) * UNIT) - y0.max(y * UNIT);
                    for x in x0.div_euclid(UNIT)..(x1 + UNIT - 1).div_euclid(UNIT) {
                        let dx = x1.min((x + 1) * UNIT) - x0.max(x * UNIT);
                        sums[((y - top) * width + x - left) as usize] += dx * dy;
                    }
                }
            }
        }
        let shade = |s: i32| (s * 255 / (UNIT * UNIT)).min(255) as u8;
        Glyph {
            left,
            top,
            width,
            coverage: sums.into_iter().map(shade).collect(),
        }
    }
}

/// Where a source height above the baseline lands, in 1/64 pixel: baseline, x-height and cap line
/// fall on whole rows, and what round letters overshoot is pressed flat.
fn height(y: i32, cap: i32) -> i32 {
    let x_height = (X_HEIGHT * cap + CAP / 2) / CAP;
    let linear = |d: i32| d * UNIT * cap / CAP;
    match y {
        ..0 => linear((y + OVERSHOOT).min(0)),
        0..=X_HEIGHT => y * UNIT * x_height / X_HEIGHT,
        _ if y <= X_HEIGHT + OVERSHOOT => x_height * UNIT,
        _ if y <= CAP => {
            let start = X_HEIGHT + OVERSHOOT;
            x_height * UNIT + (y - start) * UNIT * (cap - x_height) / (CAP - start)
        }
        _ => cap * UNIT + linear((y - CAP - OVERSHOOT).max(0)),
    }
}

/// Coverage of a rectangle of pixels, relative to the pen and the baseline.
pub(crate) struct Glyph {
    /// Column of its left edge; rows grow downwards, the baseline is the lower edge of row -1.
    pub(crate) left: i32,
    pub(crate) top: i32,
    pub(crate) width: i32,
    /// 0 to 255, row by row.
    pub(crate) coverage: Vec<u8>,
}

/// A square of bits that a font draws into.
struct Mask {
    bits: Vec<bool>,
    left: i32,
    right: i32,
    top: i32,
    bottom: i32,
}

impl Default for Mask {
    fn default() -> Self {
        Self {
            bits: vec![false; (MASK * MASK) as usize],
            left: MASK,
            right: 0,
            top: MASK,
            bottom: 0,
        }
    }
}

impl OriginDimensions for Mask {
    fn size(&self) -> Size {
        Size::new(MASK as u32, MASK as u32)
    }
}

impl DrawTarget for Mask {
    type Color = BinaryColor;
    type Error = core::convert::Infallible;

    fn draw_iter<I>(&mut self, pixels: I) -> Result<(), Self::Error>
    where
        I: IntoIterator<Item = Pixel<Self::Color>>,
    {
        for Pixel(Point { x, y }, colour) in pixels {
            if colour == BinaryColor::On && (0..MASK).contains(&x) && (0..MASK).contains(&y) {
                self.bits[(y * MASK + x) as usize] = true;
                self.left = self.left.min(x);
                self.right = self.right.max(x + 1);
                self.top = self.top.min(y);
                self.bottom = self.bottom.max(y + 1);
            }
        }
        Ok(())
    }
}
