//! Pictures that show whether a panel is wired, turned and measured as its profile says.

use std::convert::Infallible;

use embedded_graphics::Drawable as _;
use embedded_graphics::Pixel;
use embedded_graphics::draw_target::DrawTarget;
use embedded_graphics::geometry::{OriginDimensions, Point, Size};
use embedded_graphics::mono_font::{MonoFont, MonoTextStyle, ascii};
use embedded_graphics::pixelcolor::Rgb565;
use embedded_graphics::pixelcolor::raw::{RawData as _, RawU16};
use embedded_graphics::text::{Alignment, Baseline, Text, TextStyleBuilder};
use resetbox_view::palette::{BLUE, INK, ORANGE, PAPER, QUIET, Rgb, VERMILLION};
use resetbox_view::{Frame, Geometry, QrFit, rgb565};

/// White, yellow, cyan, green, magenta, red, blue, black: from the left, each darker than the one before.
const BARS: [Rgb; 8] = [
    [255, 255, 255],
    [255, 255, 0],
    [0, 255, 255],
    [0, 255, 0],
    [255, 0, 255],
    [255, 0, 0],
    [0, 0, 255],
    [0, 0, 0],
];
/// The quiet zone of a code in modules.
const QUIET_ZONE: i32 = 4;

/// Colour bars, grey ramp, a frame on the outermost pixels, numbered corners, an arrow that points up.
pub(super) fn test_picture(geometry: &Geometry) -> Frame {
    let mut canvas = Canvas::new(geometry, INK);
    let (w, h) = canvas.size;
    let inset = w / 10;
    let (top, bars) = (h / 8, h / 3);
    let across = w - 2 * inset;
    for (n, colour) in BARS.into_iter().enumerate() {
        let n = n as i32;
        let (left, right) = (inset + n * across / 8, inset + (n + 1) * across / 8);
        canvas.fill(left, top, right - left, bars, colour);
    }
    for n in 0..16 {
        let (left, right) = (inset + n * across / 16, inset + (n + 1) * across / 16);
        canvas.fill(left, top + bars, right - left, h / 16, [(n * 17) as u8; 3]);
    }
    // The arrow: a triangle on a stem.
    let (middle, tip) = (w / 2, top + bars + h / 16 + h / 24);
    let (head, stem) = (h / 7, h / 8);
    for row in 0..head {
        let half = row * 3 / 4;
        canvas.fill(middle - half, tip + row, 2 * half + 1, 1, ORANGE);
    }
    canvas.fill(middle - h / 28, tip + head, h / 14, stem, ORANGE);
    canvas.text(
        "UP",
        (middle, tip + head + stem / 2),
        canvas.large(),
        PAPER,
        Align::Right(h / 10),
    );
    // The outermost pixels: whatever is shifted loses a side of this frame.
    canvas.frame(0, 0, w, h, PAPER);
    let arm = w / 12;
    for (x, y, colour) in [
        (0, 0, VERMILLION),
        (1, 0, BARS[3]),
        (1, 1, BLUE),
        (0, 1, PAPER),
    ] {
        let left = x * (w - arm);
        canvas.fill(left, y * (h - 3), arm, 3, colour);
        canvas.fill(x * (w - 3), y * (h - arm), 3, arm, colour);
    }
    let (near, far) = (arm / 2 + 4, arm / 2 + 6);
    for (text, x, y) in [
        ("1", near, near),
        ("2", w - far, near),
        ("3", w - far, h - far),
        ("4", near, h - far),
    ] {
        canvas.text(text, (x, y), canvas.small(), PAPER, Align::Centre);
    }
    canvas.finish()
}

/// Millimetres of the longest ruler along a side of so many pixels.
pub(super) fn ruler_mm(geometry: &Geometry) -> (i32, i32) {
    let along = |pixels: u16| {
        let room = f32::from(pixels) - 2.0 * EDGE as f32;
        (room * geometry.pitch_um / 5000.0).floor() as i32 * 5
    };
    (along(geometry.width), along(geometry.height))
}

/// From the edge of the glass to the ruler's zero.
const EDGE: i32 = 6;

/// A ruler along the upper and the left side, and a square of ten millimetres.
pub(super) fn ruler(geometry: &Geometry) -> Frame {
    let mut canvas = Canvas::new(geometry, PAPER);
    let at = |mm: f32| (mm * 1000.0 / geometry.pitch_um).round() as i32;
    let (across, down) = ruler_mm(geometry);
    let long = |mm: i32| match mm {
        _ if mm % 10 == 0 => 14,
        _ if mm % 5 == 0 => 10,
        _ => 5,
    };
    for mm in 0..=across {
        canvas.fill(EDGE + at(mm as f32), EDGE, 1, long(mm), INK);
        if mm % 5 == 0 && mm > 0 {
            canvas.text(
                &mm.to_string(),
                (EDGE + at(mm as f32), EDGE + 21),
                canvas.small(),
                INK,
                Align::Centre,
            );
        }
    }
    for mm in 0..=down {
        canvas.fill(EDGE, EDGE + at(mm as f32), long(mm), 1, INK);
        // The first number would touch that of the other side on a small glass.
        if mm % 5 == 0 && mm > 5 {
            canvas.text(
                &mm.to_string(),
                (EDGE + 17, EDGE + at(mm as f32)),
                canvas.small(),
                INK,
                Align::Left,
            );
        }
    }
    let side = at(10.0);
    let (left, top) = (
        (canvas.size.0 - side) / 2 + 12,
        (canvas.size.1 - side) / 2 + 12,
    );
    canvas.fill(left, top, side, side, BLUE);
    canvas.text(
        "10 mm",
        (left + side / 2, top + side / 2),
        canvas.small(),
        PAPER,
        Align::Centre,
    );
    canvas.finish()
}

/// A code as large as whole pixels allow, white to the edges.
pub(super) fn qr(geometry: &Geometry, text: &str, fit: &QrFit) -> Option<Frame> {
    let matrix = resetbox_view::qr_matrix(text)?;
    let mut canvas = Canvas::new(geometry, PAPER);
    let (module, modules) = (
        i32::from(fit.pixels_per_module),
        i32::from(matrix.modules()),
    );
    let (w, h) = canvas.size;
    let side = modules * module;
    if side + 2 * QUIET_ZONE.min(fit.quiet_zone_modules.into()) * module > w.min(h) {
        return None;
    }
    let (left, top) = ((w - side) / 2, (h - side) / 2);
    for y in 0..matrix.modules() {
        for x in (0..matrix.modules()).filter(|x| matrix.dark(*x, y)) {
            canvas.fill(
                left + i32::from(x) * module,
                top + i32::from(y) * module,
                module,
                module,
                [0; 3],
            );
        }
    }
    Some(canvas.finish())
}

/// A list of names; those that were seen are filled, the one that is on is bright.
pub(super) fn names(geometry: &Geometry, title: &str, names: &[(String, Shade)]) -> Frame {
    let mut canvas = Canvas::new(geometry, INK);
    let (w, h) = canvas.size;
    canvas.text(title, (w / 2, 10), canvas.small(), PAPER, Align::Centre);
    let row = ((h - 24) / names.len().max(1) as i32).min(36);
    for (n, (name, shade)) in names.iter().enumerate() {
        let top = 22 + n as i32 * row;
        let (ground, ink) = match shade {
            Shade::Never => (INK, QUIET),
            Shade::Seen => (BLUE, PAPER),
            Shade::Now => (ORANGE, INK),
        };
        canvas.fill(8, top, w - 16, row - 3, ground);
        canvas.frame(8, top, w - 16, row - 3, QUIET);
        let font = if row >= 26 {
            canvas.large()
        } else {
            canvas.small()
        };
        canvas.text(name, (w / 2, top + (row - 3) / 2), font, ink, Align::Centre);
    }
    canvas.finish()
}

/// How a name is shown.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Shade {
    Never,
    Seen,
    Now,
}

/// Where a text stands relative to its point; always centred from top to bottom.
enum Align {
    Left,
    Centre,
    /// So far to the right of it.
    Right(i32),
}

struct Canvas {
    size: (i32, i32),
    pixels: Vec<u16>,
}

impl Canvas {
    fn new(geometry: &Geometry, ground: Rgb) -> Self {
        let count = usize::from(geometry.width) * usize::from(geometry.height);
        Self {
            size: (geometry.width.into(), geometry.height.into()),
            pixels: vec![rgb565(ground); count],
        }
    }

    fn small(&self) -> &'static MonoFont<'static> {
        if self.size.0 < 200 {
            &ascii::FONT_6X10
        } else {
            &ascii::FONT_7X13
        }
    }

    fn large(&self) -> &'static MonoFont<'static> {
        if self.size.0 < 200 {
            &ascii::FONT_7X13_BOLD
        } else {
            &ascii::FONT_10X20
        }
    }

    fn fill(&mut self, left: i32, top: i32, width: i32, height: i32, colour: Rgb) {
        let (w, h) = self.size;
        for y in top.max(0)..(top + height).min(h) {
            for x in left.max(0)..(left + width).min(w) {
                self.pixels[(y * w + x) as usize] = rgb565(colour);
            }
        }
    }

    fn frame(&mut self, left: i32, top: i32, width: i32, height: i32, colour: Rgb) {
        for y in [top, top + height - 1] {
            self.fill(left, y, width, 1, colour);
        }
        for x in [left, left + width - 1] {
            self.fill(x, top, 1, height, colour);
        }
    }

    fn text(
        &mut self,
        text: &str,
        (x, y): (i32, i32),
        font: &MonoFont<'_>,
        colour: Rgb,
        align: Align,
    ) {
        let (alignment, x) = match align {
            Align::Left => (Alignment::Left, x),
            Align::Centre => (Alignment::Center, x),
            Align::Right(far) => (Alignment::Left, x + far),
        };
        let style = MonoTextStyle::new(font, Rgb565::from(RawU16::new(rgb565(colour))));
        let place = TextStyleBuilder::new()
            .alignment(alignment)
            .baseline(Baseline::Middle)
            .build();
        let drawn = Text::with_text_style(text, Point::new(x, y), style, place).draw(self);
        let Ok(_) = drawn;
    }

    fn finish(self) -> Frame {
        let (w, h) = self.size;
        // The canvas was made with as many pixels as it has, from sides of sixteen bits.
        Frame::from_pixels(w as u16, h as u16, self.pixels).expect("one pixel per place")
    }
}

impl OriginDimensions for Canvas {
    fn size(&self) -> Size {
        Size::new(self.size.0 as u32, self.size.1 as u32)
    }
}

impl DrawTarget for Canvas {
    type Color = Rgb565;
    type Error = Infallible;

    fn draw_iter<I: IntoIterator<Item = Pixel<Rgb565>>>(
        &mut self,
        pixels: I,
    ) -> Result<(), Infallible> {
        let (w, h) = self.size;
        for Pixel(Point { x, y }, colour) in pixels {
            if (0..w).contains(&x) && (0..h).contains(&y) {
                self.pixels[(y * w + x) as usize] = RawU16::from(colour).into_inner();
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn geometries() -> impl Iterator<Item = Geometry> {
        Geometry::profiles().flat_map(|(_, geometry)| [geometry, geometry.turned(90)])
    }

    #[test]
    fn every_side_and_corner_of_the_test_picture_is_lit() {
        for geometry in geometries() {
            let frame = test_picture(&geometry);
            let (w, h) = (frame.width(), frame.height());
            let dark = rgb565(INK);
            assert!((0..w).all(|x| frame.pixel(x, 0) != Some(dark) && frame.pixel(x, h - 1) != Some(dark)));
            assert!((0..h).all(|y| frame.pixel(0, y) != Some(dark) && frame.pixel(w - 1, y) != Some(dark)));
            let corners =
                [(0, 0), (w - 1, 0), (w - 1, h - 1), (0, h - 1)].map(|(x, y)| frame.pixel(x, y));
            for (n, corner) in corners.iter().enumerate() {
                assert!(
                    !corners[..n].contains(corner),
                    "each corner has its own colour"
                );
            }
            assert!(frame != test_picture(&geometry.turned(90)) || w == h);
        }
    }

    #[test]
    fn the_ruler_is_as_long_as_it_says() {
        for geometry in geometries() {
            let frame = ruler(&geometry);
            let (across, down) = ruler_mm(&geometry);
            assert!(across >= 15 && down >= 15, "{geometry:?}");
            let ink = Some(rgb565(INK));
            // The last tick is at the end of what it says, to half a pixel.
            let last = (0..frame.width())
                .rev()
                .find(|x| frame.pixel(*x, EDGE as u16) == ink)
                .expect("a tick");
            let mm = f32::from(last - EDGE as u16) * geometry.pitch_um / 1000.0;
            assert!(
                (mm - across as f32).abs() <= geometry.pitch_um / 2000.0 + 1e-3,
                "{mm} of {across} mm"
            );
            let last = (0..frame.height())
                .rev()
                .find(|y| frame.pixel(EDGE as u16, *y) == ink)
                .expect("a tick");
            let mm = f32::from(last - EDGE as u16) * geometry.pitch_um / 1000.0;
            assert!(
                (mm - down as f32).abs() <= geometry.pitch_um / 2000.0 + 1e-3,
                "{mm} of {down} mm"
            );
        }
    }

    #[test]
    fn the_code_is_read_back() {
        for geometry in geometries() {
            let fit = resetbox_view::fit(super::super::QR_TEXT.len(), &geometry);
            let frame = qr(&geometry, super::super::QR_TEXT, &fit).expect("fits");
            let (w, h) = (usize::from(frame.width()), usize::from(frame.height()));
            let rgb = frame.to_rgb8();
            let grey: Vec<u8> = rgb.as_chunks::<3>().0.iter().map(|rgb| rgb[1]).collect();
            let mut image =
                rqrr::PreparedImage::prepare_from_greyscale(w, h, |x, y| grey[y * w + x]);
            let grids = image.detect_grids();
            assert_eq!(grids.len(), 1, "{geometry:?}");
            let (_, read) = grids[0].decode().expect("it reads");
            assert_eq!(read, super::super::QR_TEXT);
        }
    }
}
