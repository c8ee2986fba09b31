//! What pages draw on: text in boxes and a few smooth shapes. Every text names the box that it may
//! fill; what leaves its box or the glass is noted, so that tests find it.

use super::font::{Type, UNIT};
use super::rect::Rect;
use crate::frame::{Frame, rgb565};
use crate::geometry::Geometry;
use crate::palette::Rgb;

/// Where a text stands in its box.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Align {
    Left,
    Centre,
    Right,
}

/// A text as it was drawn.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Written {
    pub(crate) text: String,
    pub(crate) ink: Rect,
    pub(crate) colour: Rgb,
    pub(crate) ground: Rgb,
}

pub(crate) struct Canvas {
    width: i32,
    height: i32,
    pixels: Vec<Rgb>,
    /// Every text, in the order of drawing.
    pub(crate) written: Vec<Written>,
    /// What left its box or the glass, in words.
    pub(crate) faults: Vec<String>,
    /// What had to be shortened to fit, as it was before.
    pub(crate) shortened: Vec<String>,
}

impl Canvas {
    pub(crate) fn new(geometry: &Geometry, ground: Rgb) -> Self {
        let (width, height) = (i32::from(geometry.width), i32::from(geometry.height));
        Self {
            width,
            height,
            pixels: vec![ground; (width * height) as usize],
            written: Vec::new(),
            faults: Vec::new(),
            shortened: Vec::new(),
        }
    }

    /// The whole glass.
    pub(crate) fn area(&self) -> Rect {
        Rect::new(0, 0, self.width, self.height)
    }

    pub(crate) fn fill(&mut self, area: Rect, colour: Rgb) {
        for y in area.y..area.bottom() {
            for x in area.x..area.right() {
                self.blend(x, y, colour, 255);
            }
        }
    }

    /// One line of text on its box's vertical middle, measured by its capitals. The box must be as
    /// wide and high as the text: callers choose type and words so that it fits.
    pub(crate) fn text(&mut self, area: Rect, align: Align, face: Type, colour: Rgb, text: &str) {
        if text.is_empty() {
            return;
        }
        let width = face.width(text);
        if width > area.w {
            self.faults
                .push(format!("`{text}` is {width} wide, its box {}", area.w));
        }
        let x = match align {
            Align::Left => area.x,
            Align::Centre => area.x + (area.w - width) / 2,
            Align::Right => area.right() - width,
        };
        // On the middle by its capitals; in a tight box a little higher, so that g and p stay inside.
        let below =
            ((area.h - face.cap) / 2).max(face.descent().min(area.h - face.cap - face.rise()));
        let baseline = area.bottom() - below;
        let ground = self.at(x, baseline - face.cap / 2);
        let ink = self.run(x, baseline, face, colour, text);
        let Some(ink) = ink else { return };
        // Side bearings may reach a pixel beyond the advance.
        if !area.inset(-1, 0).contains(ink) {
            self.faults
                .push(format!("`{text}` drawn at {ink:?} leaves its box {area:?}"));
        }
        self.written.push(Written {
            text: text.to_owned(),
            ink,
            colour,
            ground,
        });
    }

    /// Draws glyph after glyph; returns the box of all drawn pixels.
    fn run(&mut self, x: i32, baseline: i32, face: Type, colour: Rgb, text: &str) -> Option<Rect> {
        let mut pen = x * UNIT;
        let mut ink: Option<(i32, i32, i32, i32)> = None;
        for c in text.chars() {
            let glyph = face.glyph(c, pen);
            let left = pen.div_euclid(UNIT) + glyph.left;
            for (row, line) in glyph
                .coverage
                .chunks(glyph.width.max(1) as usize)
                .enumerate()
            {
                let y = baseline + glyph.top + row as i32;
                for (column, coverage) in line.iter().enumerate() {
                    if *coverage < 8 {
                        continue;
                    }
                    let x = left + column as i32;
                    self.blend(x, y, colour, *coverage);
                    let (l, t, r, b) = ink.unwrap_or((x, y, x + 1, y + 1));
                    ink = Some((l.min(x), t.min(y), r.max(x + 1), b.max(y + 1)));
                }
            }
            pen += face.advance(c);
        }
        ink.map(|(l, t, r, b)| Rect::new(l, t, r - l, b - t))
    }

    /// Fills where `distance` (in pixels, negative inside) says so, with smooth edges.
    pub(crate) fn shape(&mut self, area: Rect, colour: Rgb, distance: impl Fn(f32, f32) -> f32) {
        for y in area.y - 1..area.bottom() + 1 {
            for x in area.x - 1..area.right() + 1 {
                let coverage = 0.5 - distance(x as f32 + 0.5, y as f32 + 0.5);
                if coverage > 0.03 {
                    self.blend(x, y, colour, (coverage.min(1.0) * 255.0) as u8);
                }
            }
        }
    }

    pub(crate) fn round_rect(&mut self, area: Rect, radius: f32, colour: Rgb) {
        self.shape(area, colour, round_box(area, radius));
    }

    /// The frame of a rounded box, `width` pixels thick, inside `area`.
    pub(crate) fn round_frame(&mut self, area: Rect, radius: f32, width: f32, colour: Rgb) {
        let outer = round_box(area, radius);
        self.shape(area, colour, |x, y| {
            let d = outer(x, y);
            d.max(-d - width)
        });
    }

    /// A line with round ends through `points`, `width` pixels thick.
    pub(crate) fn stroke(&mut self, points: &[(f32, f32)], width: f32, colour: Rgb) {
        let half = width / 2.0;
        let fold = |pick: fn(f32, f32) -> f32, start: f32, xs: &dyn Fn(&(f32, f32)) -> f32| {
            points.iter().map(xs).fold(start, pick)
        };
        let x0 = fold(f32::min, f32::MAX, &|p| p.0) - half;
        let x1 = fold(f32::max, f32::MIN, &|p| p.0) + half;
        let y0 = fold(f32::min, f32::MAX, &|p| p.1) - half;
        let y1 = fold(f32::max, f32::MIN, &|p| p.1) + half;
        let area = Rect::new(
            x0 as i32,
            y0 as i32,
            (x1 - x0) as i32 + 2,
            (y1 - y0) as i32 + 2,
        );
        self.shape(area, colour, |x, y| {
            points
                .windows(2)
                .map(|pair| segment(x, y, pair[0], pair[1]))
                .fold(f32::MAX, f32::min)
                - half
        });
    }

    /// Puts one pixel, `alpha` of 255 strong.
    pub(crate) fn blend(&mut self, x: i32, y: i32, colour: Rgb, alpha: u8) {
        if x < 0 || y < 0 || x >= self.width || y >= self.height {
            // One of a kind in a row says enough.
            if !self
                .faults
                .last()
                .is_some_and(|f| f.ends_with("off the glass"))
            {
                self.faults
                    .push(format!("pixel at {x}, {y} is off the glass"));
            }
            return;
        }
        let pixel = &mut self.pixels[(y * self.width + x) as usize];
        // Eight steps are enough for the eye on such fine glass, and keep pictures small.
        let alpha = (i32::from(alpha) + 18) / 36;
        for (to, from) in pixel.iter_mut().zip(colour) {
            let (a, b) = (i32::from(*to), i32::from(from));
            *to = (a + ((b - a) * alpha + if b > a { 3 } else { -3 }) / 7) as u8;
        }
    }

    fn at(&self, x: i32, y: i32) -> Rgb {
        if x < 0 || y < 0 || x >= self.width || y >= self.height {
            return [0; 3];
        }
        self.pixels[(y * self.width + x) as usize]
    }

    pub(crate) fn finish(&self) -> Frame {
        Frame::new(
            self.width as u16,
            self.height as u16,
            self.pixels.iter().map(|p| rgb565(*p)).collect(),
        )
    }
}

/// Distance to a box with round corners.
fn round_box(area: Rect, radius: f32) -> impl Fn(f32, f32) -> f32 {
    let (hw, hh) = (area.w as f32 / 2.0, area.h as f32 / 2.0);
    let (cx, cy) = (area.x as f32 + hw, area.y as f32 + hh);
    let radius = radius.min(hw).min(hh);
    move |x, y| {
        let dx = (x - cx).abs() - hw + radius;
        let dy = (y - cy).abs() - hh + radius;
        let (ox, oy) = (dx.max(0.0), dy.max(0.0));
        (ox * ox + oy * oy).sqrt() + dx.max(dy).min(0.0) - radius
    }
}

/// Distance to the line from `a` to `b`.
pub(crate) fn segment(x: f32, y: f32, a: (f32, f32), b: (f32, f32)) -> f32 {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let length = dx * dx + dy * dy;
    let t = if length > 0.0 {
        (((x - a.0) * dx + (y - a.1) * dy) / length).clamp(0.0, 1.0)
    } else {
        0.0
    };
    let (ex, ey) = (x - a.0 - t * dx, y - a.1 - t * dy);
    (ex * ex + ey * ey).sqrt()
}
