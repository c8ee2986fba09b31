//! The QR page: white to the bezel, whole pixels, and beside it only what helps.

use resetbox_core::screen::{Action, Button, Legend, Page, Screen, Target};

use super::Pen;
use super::chrome::{legend_row, narrower, row_width};
use crate::draw::flow::{self, balanced, fitting, wrap};
use crate::draw::{Align, Rect, Type, Weight};
use crate::geometry::Geometry;
use crate::palette::{INK, PAPER, RUST, Rgb, SLATE};
use crate::qr::{QrFit, Verdict, fit, qr_matrix};
use crate::texts;

pub(super) fn page(pen: &mut Pen<'_>, screen: &Screen, geometry: &Geometry) {
    let Page::Qr {
        target,
        device_code,
        left,
        left_at_most,
        may_be_void,
        guess,
    } = &screen.page
    else {
        return;
    };
    let fit = fit(device_code.len(), geometry);
    let whole = pen.canvas.area();
    let side = i32::from(fit.side());
    // The strip that is left: beside the code on a wide glass, below it on the others.
    let beside = whole.w > whole.h;
    let room = if beside {
        whole.w - side
    } else {
        whole.h - side
    };
    let least = if beside {
        40
    } else {
        i32::from(crate::qr::NOTE_ROWS) - 2
    };
    let mut rest = whole;
    let code = match (room >= least, beside) {
        (false, _) => whole.centre(side, side),
        (true, true) => rest.cut_left(side).centre(side, side),
        (true, false) => rest.cut_top(side).centre(side, side),
    };
    if fit.pixels_per_module > 0 {
        modules(pen, code, &fit, device_code);
    }
    if room < least {
        return;
    }
    let facts = Facts {
        target,
        clock: left.map(texts::clock),
        at_most: *left_at_most,
        may_be_void: *may_be_void,
        guess: *guess,
        verdict: fit.verdict,
    };
    if beside {
        side_note(pen, rest, &facts, screen);
    } else {
        foot_note(pen, rest, &facts);
    }
}

struct Facts<'a> {
    target: &'a Target,
    clock: Option<String>,
    at_most: bool,
    may_be_void: bool,
    guess: bool,
    verdict: Verdict,
}

/// Black modules, whole pixels, inside `code` which includes the quiet zone.
fn modules(pen: &mut Pen<'_>, code: Rect, fit: &QrFit, text: &str) {
    let Some(matrix) = qr_matrix(text) else {
        return;
    };
    paint(
        pen,
        code,
        &matrix,
        i32::from(fit.pixels_per_module),
        i32::from(fit.quiet_zone_modules),
    );
}

pub(super) fn paint(
    pen: &mut Pen<'_>,
    code: Rect,
    matrix: &crate::qr::QrMatrix,
    pixels: i32,
    quiet: i32,
) {
    pen.canvas.fill(code, PAPER);
    for y in 0..matrix.modules() {
        for x in 0..matrix.modules() {
            if matrix.dark(x, y) {
                let module = Rect::new(
                    code.x + (quiet + i32::from(x)) * pixels,
                    code.y + (quiet + i32::from(y)) * pixels,
                    pixels,
                    pixels,
                );
                pen.canvas.fill(module, [0; 3]);
            }
        }
    }
}

/// What must be said about this code, most important first.
fn warnings(pen: &Pen<'_>, facts: &Facts<'_>) -> Vec<(&'static str, Rgb)> {
    let mut lines = Vec::new();
    if facts.verdict == Verdict::TooSmall {
        lines.push((texts::too_fine(pen.language), RUST));
    }
    if facts.may_be_void {
        lines.push((texts::may_be_void(pen.language), RUST));
    }
    if facts.guess {
        lines.push((texts::guess(pen.language), RUST));
    }
    if facts.verdict == Verdict::Steady {
        lines.push((texts::hold_steady(pen.language), SLATE));
    }
    lines
}

/// Beside the code: tail, address, countdown, one above the other.
fn side_note(pen: &mut Pen<'_>, area: Rect, facts: &Facts<'_>, screen: &Screen) {
    let theme = pen.theme;
    let margin = if theme.small() { 2 } else { theme.pad };
    // The code's own quiet zone is the left margin.
    let mut left = Rect::new(
        area.x,
        area.y + margin,
        area.w - margin,
        area.h - 2 * margin,
    );
    let smooth = |weight, cap| Type::smooth(weight, cap);
    let scale = |medium: i32, large: i32| {
        if theme.class == crate::draw::Class::Large {
            large
        } else {
            medium
        }
    };
    let strong: Vec<Type> = (9..=scale(18, 26))
        .rev()
        .map(|c| smooth(Weight::Bold, c))
        .collect();
    let plain: Vec<Type> = (8..=scale(11, 16))
        .rev()
        .map(|c| smooth(Weight::Regular, c))
        .collect();
    let small: Vec<Type> = (8..=scale(10, 13))
        .rev()
        .map(|c| smooth(Weight::Regular, c))
        .collect();

    line(pen, &mut left, &strong, INK, &facts.target.serial_tail);
    if let Some(ip) = facts.target.ipv4 {
        let ip = ip.to_string();
        let face = fitting(&plain, &ip, left.w);
        if face.width(&ip) <= left.w {
            line(pen, &mut left, &plain, INK, &ip);
        } else {
            // Broken after the second dot, never cut.
            let at = ip.match_indices('.').nth(1).map_or(0, |(i, _)| i + 1);
            line(pen, &mut left, &plain, INK, &ip[..at]);
            line(pen, &mut left, &plain, INK, &ip[at..]);
        }
    }
    left.cut_top(theme.pad / 2);
    if let Some(clock) = &facts.clock {
        line(
            pen,
            &mut left,
            &strong,
            if facts.may_be_void { RUST } else { INK },
            clock,
        );
        let mut words = texts::time_left(pen.language).to_owned();
        if facts.at_most {
            words = format!("{words}, {}", texts::at_most(pen.language));
        }
        block(pen, &mut left, &small, SLATE, &words);
    }
    left.cut_top(theme.pad / 2);
    for (words, colour) in warnings(pen, facts) {
        block(pen, &mut left, &small, colour, words);
        left.cut_top(theme.pad / 3);
    }
    keys(pen, left, &screen.legend);
}

/// Two keys at the most, one below the other at the bottom: ok and back come first. The way to go on without a
/// phone is named in any case, if need be in a word.
fn keys(pen: &mut Pen<'_>, mut left: Rect, legend: &[Legend]) {
    let height = pen.theme.legend;
    let named = legend.iter().filter_map(|item| {
        let fits = |item: &Legend| row_width(pen, core::slice::from_ref(item)) <= left.w;
        let shorter: &[Action] = match item.action {
            Action::EnterKey => &[Action::Type, Action::Next],
            _ => &[],
        };
        core::iter::once(item.action)
            .chain(shorter.iter().copied())
            .map(|action| Legend { action, ..*item })
            .find(fits)
    });
    let mut named: Vec<Legend> = named.collect();
    named.sort_by_key(|item| (item.button != Button::Ok, item.button != Button::Back));
    // What is said about the code comes first; the keys take what is left.
    named.truncate(2.min((left.h / height) as usize));
    for item in named.into_iter().rev() {
        let at = left.cut_bottom(height);
        legend_row(pen, at, core::slice::from_ref(&item), true);
    }
}

fn line(pen: &mut Pen<'_>, left: &mut Rect, faces: &[Type], colour: Rgb, text: &str) {
    let face = fitting(faces, text, left.w);
    if face.line_height() <= left.h {
        let row = left.cut_top(face.line_height());
        pen.canvas.text(row, Align::Left, face, colour, text);
    }
}

fn block(pen: &mut Pen<'_>, left: &mut Rect, faces: &[Type], colour: Rgb, text: &str) {
    let found = faces
        .iter()
        .map(|f| (*f, wrap(*f, text, left.w)))
        .find(|(f, lines)| flow::height(*f, lines.len()) <= left.h);
    if let Some((face, lines)) = found {
        let rows = left.cut_top(flow::height(face, lines.len()));
        flow::lines(pen.canvas, rows, Align::Left, face, colour, &lines);
    }
}

/// A line below the code: its left end, what may stand in the middle, its right end.
struct Foot {
    face: Type,
    colour: Rgb,
    left: String,
    /// The first of these that has room.
    middle: Vec<&'static str>,
    right: String,
}

impl Foot {
    fn plain(face: Type, colour: Rgb, left: impl Into<String>) -> Self {
        Self {
            face,
            colour,
            left: left.into(),
            middle: Vec::new(),
            right: String::new(),
        }
    }
}

/// Below the code: as many lines as there is room for, the most important first.
fn foot_note(pen: &mut Pen<'_>, area: Rect, facts: &Facts<'_>) {
    let theme = pen.theme;
    let language = pen.language;
    let (bold, plain) = if theme.small() {
        (theme.label_bold, theme.label)
    } else {
        (
            // In the narrowest strip a size less keeps the line off the bezel.
            Type::smooth(Weight::Bold, if area.h < 18 { 10 } else { 11 }),
            Type::smooth(Weight::Regular, 10),
        )
    };
    let mut left = area.inset(theme.pad, 0);
    let ip = facts.target.ipv4.map(|ip| ip.to_string());
    let ip = ip.unwrap_or_default();
    let clock = match &facts.clock {
        Some(clock) if facts.at_most => format!("< {clock}"),
        Some(clock) => clock.clone(),
        None => String::new(),
    };
    let mut lines: Vec<Foot> = Vec::new();
    let mut middle: Vec<&'static str> = Vec::new();
    if facts.verdict == Verdict::TooSmall {
        let wrapped = balanced(plain, texts::too_fine(language), left.w);
        if flow::height(plain, wrapped.len()) + bold.line_height() <= left.h {
            lines.extend(wrapped.into_iter().map(|t| Foot::plain(plain, RUST, t)));
        } else {
            middle.push(texts::too_fine_short(language));
            middle.push(texts::too_fine_tiny(language));
        }
    }
    if facts.guess {
        middle.push(texts::guess_short(language));
    }
    let tail = if theme.small() {
        facts.target.serial_tail.clone()
    } else {
        texts::tail(&facts.target.serial_tail)
    };
    lines.push(Foot {
        face: bold,
        colour: if facts.may_be_void { RUST } else { INK },
        left: tail,
        middle,
        right: if clock.is_empty() {
            ip.clone()
        } else {
            clock.clone()
        },
    });
    if !clock.is_empty() && !ip.is_empty() {
        lines.push(Foot::plain(plain, INK, ip));
    }
    for (text, colour) in warnings(pen, facts) {
        if text != texts::too_fine(language) && plain.width(text) <= left.w {
            lines.push(Foot::plain(plain, colour, text));
        }
    }
    let height = |n: usize| lines[..n].iter().map(|l| l.face.line_height()).sum::<i32>();
    let count = (1..=lines.len())
        .rev()
        .find(|n| height(*n) <= left.h)
        .unwrap_or(1);
    left.cut_top((left.h - height(count)).max(0) / 2);
    for foot in lines.into_iter().take(count) {
        let mut row = left.cut_top(foot.face.line_height());
        if !foot.right.is_empty() {
            let cell = row.cut_right(foot.face.width(&foot.right));
            pen.canvas
                .text(cell, Align::Right, foot.face, foot.colour, &foot.right);
            row.cut_right(theme.pad / 2);
        }
        let cell = row.cut_left(foot.face.width(&foot.left));
        pen.canvas
            .text(cell, Align::Left, foot.face, foot.colour, &foot.left);
        row.cut_left(theme.pad / 2);
        let faces = narrower(plain);
        let middle = foot.middle.iter().find_map(|words| {
            let face = fitting(&faces, words, row.w);
            (face.width(words) <= row.w).then_some((face, *words))
        });
        if let Some((face, words)) = middle {
            pen.canvas.text(row, Align::Centre, face, RUST, words);
        }
    }
}
