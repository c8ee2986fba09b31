//! Shapes that carry meaning without colour, and small pictures that name things.

use super::canvas::{Canvas, segment};
use super::rect::Rect;
use crate::palette::{self, Rgb};

/// What a picture says.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Icon {
    /// Working; the number turns it by eighths.
    Ring(u8),
    /// Done.
    Tick,
    /// A person is needed.
    Triangle,
    /// Refused, fault.
    Octagon,
    /// A clock: waiting.
    Wait,
    Camera,
    Plug,
    Key,
    Left,
    Right,
    Up,
    Down,
}

impl Icon {
    /// The colour that repeats a state's meaning.
    pub(crate) fn colour(self) -> Rgb {
        match self {
            Self::Tick => palette::BLUE,
            Self::Triangle => palette::ORANGE,
            Self::Octagon => palette::VERMILLION,
            Self::Ring(_) | Self::Wait => palette::SKY,
            _ => palette::QUIET,
        }
    }
}

/// Draws `icon` into the square `area` in its own colour; `ground` shines through its openings.
pub(crate) fn state(canvas: &mut Canvas, area: Rect, icon: Icon, ground: Rgb) {
    draw(canvas, area, icon, icon.colour(), ground);
}

/// Draws `icon` into the square `area`.
pub(crate) fn draw(canvas: &mut Canvas, area: Rect, icon: Icon, colour: Rgb, ground: Rgb) {
    let side = area.w.min(area.h) as f32;
    let (cx, cy) = (
        area.x as f32 + area.w as f32 / 2.0,
        area.y as f32 + area.h as f32 / 2.0,
    );
    // A point of a picture drawn on a square from -1 to 1.
    let at = |x: f32, y: f32| (cx + x * side / 2.0, cy + y * side / 2.0);
    let thick = |share: f32| (side * share).max(1.4);
    match icon {
        Icon::Ring(turn) => ring(canvas, area, (cx, cy), side / 2.0, turn, colour),
        Icon::Tick => {
            canvas.round_rect(area, side, colour);
            let ends = [at(-0.44, 0.04), at(-0.12, 0.36), at(0.46, -0.30)];
            canvas.stroke(&ends, thick(0.13), palette::PAPER);
        }
        Icon::Triangle => {
            let (a, b, c) = (at(0.0, -0.78), at(0.86, 0.70), at(-0.86, 0.70));
            polygon(canvas, area, &[a, b, c], side * 0.07, colour);
            bang(canvas, &at, 0.16, side, ground);
        }
        Icon::Octagon => {
            let (l, s) = (0.92, 0.38);
            let corners = [
                at(-s, -l),
                at(s, -l),
                at(l, -s),
                at(l, s),
                at(s, l),
                at(-s, l),
                at(-l, s),
                at(-l, -s),
            ];
            polygon(canvas, area, &corners, side * 0.03, colour);
            let width = thick(0.12);
            canvas.stroke(&[at(-0.34, -0.34), at(0.34, 0.34)], width, palette::PAPER);
            canvas.stroke(&[at(-0.34, 0.34), at(0.34, -0.34)], width, palette::PAPER);
        }
        Icon::Wait => {
            let width = thick(0.12);
            canvas.round_frame(area, side, width, colour);
            canvas.stroke(
                &[at(0.0, -0.48), at(0.0, 0.04), at(0.34, 0.24)],
                width,
                colour,
            );
        }
        Icon::Camera => {
            let body = Rect::new(
                area.x,
                area.y + (side * 0.14) as i32,
                (side * 0.76) as i32,
                (side * 0.52) as i32,
            );
            canvas.round_rect(body, side * 0.14, colour);
            let lens = (
                area.x as f32 + side * 0.52,
                area.y as f32 + side * 0.14 + side * 0.26,
            );
            canvas.stroke(&[lens, lens], side * 0.22, ground);
            canvas.stroke(&[at(-0.2, 0.34), at(-0.5, 0.9)], thick(0.14), colour);
            canvas.stroke(&[at(-0.86, 0.9), at(-0.4, 0.9)], thick(0.14), colour);
            canvas.stroke(&[at(0.72, -0.36), at(0.72, 0.02)], thick(0.14), colour);
        }
        Icon::Plug => {
            let body = area.inset((side * 0.06) as i32, (side * 0.06) as i32);
            canvas.round_frame(body, side * 0.14, thick(0.11), colour);
            for x in [-0.36, 0.0, 0.36] {
                canvas.stroke(&[at(x, -0.46), at(x, 0.0)], thick(0.11), colour);
            }
            canvas.stroke(&[at(-0.3, 0.46), at(0.3, 0.46)], thick(0.16), colour);
        }
        Icon::Key => {
            let bow = at(-0.45, 0.0);
            canvas.shape(area, colour, |x, y| {
                (segment(x, y, bow, bow) - side * 0.19).abs() - thick(0.12) / 2.0
            });
            canvas.stroke(&[at(-0.08, 0.0), at(0.84, 0.0)], thick(0.13), colour);
            canvas.stroke(&[at(0.8, 0.0), at(0.8, 0.34)], thick(0.13), colour);
            canvas.stroke(&[at(0.45, 0.0), at(0.45, 0.28)], thick(0.13), colour);
        }
        Icon::Left => canvas.stroke(
            &[at(0.3, -0.6), at(-0.3, 0.0), at(0.3, 0.6)],
            thick(0.16),
            colour,
        ),
        Icon::Right => canvas.stroke(
            &[at(-0.3, -0.6), at(0.3, 0.0), at(-0.3, 0.6)],
            thick(0.16),
            colour,
        ),
        Icon::Up => canvas.stroke(
            &[at(-0.6, 0.3), at(0.0, -0.3), at(0.6, 0.3)],
            thick(0.16),
            colour,
        ),
        Icon::Down => canvas.stroke(
            &[at(-0.6, -0.3), at(0.0, 0.3), at(0.6, -0.3)],
            thick(0.16),
            colour,
        ),
    }
}

/// The exclamation mark in a triangle.
fn bang(
    canvas: &mut Canvas,
    at: &impl Fn(f32, f32) -> (f32, f32),
    width: f32,
    side: f32,
    ground: Rgb,
) {
    let width = (width * side / 2.0).max(1.6);
    canvas.stroke(&[at(0.0, -0.22), at(0.0, 0.20)], width, ground);
    canvas.stroke(&[at(0.0, 0.48), at(0.0, 0.48)], width * 1.1, ground);
}

/// Three quarters of a circle over a faint whole one.
fn ring(canvas: &mut Canvas, area: Rect, centre: (f32, f32), radius: f32, turn: u8, colour: Rgb) {
    let width = (radius * 0.26).max(1.8);
    let band = |x: f32, y: f32| {
        let d = segment(x, y, centre, centre);
        (d - radius + width / 2.0).abs() - width / 2.0
    };
    canvas.shape(area, palette::LINE, band);
    // Eighths of a turn as directions, clockwise from the top.
    const D: f32 = core::f32::consts::FRAC_1_SQRT_2;
    const WAYS: [(f32, f32); 8] = [
        (0.0, -1.0),
        (D, -D),
        (1.0, 0.0),
        (D, D),
        (0.0, 1.0),
        (-D, D),
        (-1.0, 0.0),
        (-D, -D),
    ];
    let (a, b) = (
        WAYS[usize::from(turn % 8)],
        WAYS[usize::from((turn + 6) % 8)],
    );
    canvas.shape(area, colour, |x, y| {
        let (dx, dy) = (x - centre.0, y - centre.1);
        // Clockwise after the arc's end and before its start: the quarter that stays open.
        let after_end = b.0 * dy - b.1 * dx;
        let before_start = dx * a.1 - dy * a.0;
        band(x, y).max(after_end.min(before_start))
    });
}

/// A convex polygon, corners clockwise, rounded by `round`.
fn polygon(canvas: &mut Canvas, area: Rect, corners: &[(f32, f32)], round: f32, colour: Rgb) {
    canvas.shape(area, colour, |x, y| {
        let mut inside = f32::MIN;
        let mut edge = f32::MAX;
        for (i, a) in corners.iter().enumerate() {
            let b = corners[(i + 1) % corners.len()];
            let (dx, dy) = (b.0 - a.0, b.1 - a.1);
            let length = (dx * dx + dy * dy).sqrt();
            inside = inside.max(((x - a.0) * dy - (y - a.1) * dx) / length);
            edge = edge.min(segment(x, y, *a, b));
        }
        (if inside < 0.0 { -edge } else { edge }) - round
    });
}
