//! Lists: devices, cases, settings.

use resetbox_core::screen::{CaseRow, Mark, Row, SettingItem, SettingValue};
use resetbox_core::view::CasePhase;

use super::Pen;
use super::chrome::narrower;
use super::stack::{Block, Stack};
use crate::draw::flow::{fitting, shorten};
use crate::draw::{Align, Class, Icon, Rect, Type, icon};
use crate::palette::{BLUE, CARD, INK, LINE, ORANGE, PAPER, QUIET, Rgb, SKY};
use crate::texts;

/// The rows that are seen: the cursor stays on the glass with a neighbour where there is one.
pub(super) fn window(count: usize, cursor: usize, seen: usize) -> core::ops::Range<usize> {
    let seen = seen.clamp(1, count.max(1));
    let start = cursor
        .saturating_sub(seen / 2)
        .min(count.saturating_sub(seen));
    start..(start + seen).min(count)
}

/// Splits `area` into equal rows with the given least height, and draws where in the list they
/// are at the right edge. Returns the visible indexes and their boxes.
fn rows(
    pen: &mut Pen<'_>,
    area: Rect,
    count: usize,
    cursor: usize,
    least: i32,
) -> Vec<(usize, Rect)> {
    let seen = (area.h / least).max(1) as usize;
    let range = window(count, cursor, seen);
    let mut left = area;
    if count > seen {
        let track = left.cut_right(if pen.theme.small() { 3 } else { 5 });
        pen.canvas.round_rect(track.inset(1, 1), 2.0, LINE);
        let height = (track.h * seen as i32 / count as i32).max(12);
        let travel = (count - seen).max(1) as i32;
        let y = track.y + (track.h - height) * range.start as i32 / travel;
        let thumb = Rect::new(track.x, y, track.w, height).inset(1, 1);
        pen.canvas.round_rect(thumb, 2.0, QUIET);
    }
    // Rows fill the page when the list is long and stay together at the top when it is short.
    let height = if count >= seen {
        left.h / seen as i32
    } else {
        (left.h / (count as i32).max(2)).min(least * 5 / 4)
    };
    range.map(|i| (i, left.cut_top(height))).collect()
}

/// The ground of a row: filled under the cursor, else a hairline below.
fn ground(pen: &mut Pen<'_>, row: Rect, under_cursor: bool) -> (Rect, Rgb) {
    let theme = pen.theme;
    if under_cursor {
        let margin = if theme.small() { 1 } else { 2 };
        let plate = Rect::new(row.x + 2, row.y + margin, row.w - 4, row.h - 2 * margin);
        pen.canvas.round_rect(plate, theme.radius, BLUE);
    } else {
        let line = Rect::new(
            row.x + theme.pad,
            row.bottom() - 1,
            row.w - 2 * theme.pad,
            1,
        );
        pen.canvas.fill(line, CARD);
    }
    (
        row.inset(theme.pad, 0),
        if under_cursor { BLUE } else { INK },
    )
}

pub(super) fn devices(pen: &mut Pen<'_>, area: Rect, list: &[Row], cursor: usize) {
    if list.is_empty() {
        let stack = Stack {
            icon: Some(Icon::Ring(pen.turn)),
            full: vec![Block::Title(texts::no_devices(pen.language).into())],
            brief: vec![Block::Title(texts::no_devices(pen.language).into())],
        };
        return super::stack::draw(pen, area, &stack);
    }
    let theme = pen.theme;
    let (model_face, fact) = faces(pen);
    let least = match theme.class {
        Class::Small => 25,
        Class::Medium => 45,
        Class::Large => 58,
    };
    let visible = rows(pen, area, list.len(), cursor, least);
    let model_face = small_face(pen, model_face, list, &visible);
    for (i, row) in visible {
        let here = i == cursor;
        let (row, ground) = ground(pen, row, here);
        let item = &list[i];
        let gap = if theme.small() { 0 } else { 2 };
        let height = model_face.line_height() + gap + fact.line_height();
        let mut below = row.centre(row.w, height.min(row.h));
        let mut line = below.cut_top(model_face.line_height());
        below.cut_top(gap);
        // The mark: at the end of the whole row, on a small glass of the first line only.
        let mark = if theme.small() {
            let at = line.cut_right(11).centre(11, 11);
            line.cut_right(theme.pad);
            at
        } else {
            let side = theme.answer.cap + 6;
            line.cut_right(side + theme.pad);
            below.cut_right(side + theme.pad);
            let mut end = row;
            end.cut_right(side).centre(side, side)
        };
        mark_icon(pen, mark, &item.mark, ground, here);
        let silent = item.mark == Mark::Gone && !here;
        let strong = if silent { QUIET } else { PAPER };
        let quiet = if here { PAPER } else { QUIET };
        let faces = narrower(model_face);
        let face = fitting(&faces[..faces.len().min(4)], &item.model, line.w);
        let name = shorten(face, &item.model, line.w, 6);
        pen.canvas.text(line, Align::Left, face, strong, &name);
        address_and_tail(pen, below, fact, quiet, item);
    }
}

/// On a small glass all rows take one type: the large one only when every model fits in it.
fn small_face(pen: &Pen<'_>, face: Type, list: &[Row], visible: &[(usize, Rect)]) -> Type {
    let room = |row: &Rect| row.w - 3 * pen.theme.pad - 11;
    let all = visible
        .iter()
        .all(|(i, row)| face.width(&list[*i].model) <= room(row));
    if all || !pen.theme.small() {
        face
    } else {
        pen.theme.label_bold
    }
}

/// The address left, never cut; the tail of the serial right.
fn address_and_tail(pen: &mut Pen<'_>, row: Rect, face: Type, colour: Rgb, item: &Row) {
    let ip = item.ipv4.map(|ip| ip.to_string()).unwrap_or_default();
    let line = Rect::new(row.x, row.y, row.w, face.line_height());
    pen.canvas.text(line, Align::Left, face, colour, &ip);
    let room = line.w - face.width(&ip) - 2;
    let dots = texts::tail(&item.serial_tail);
    let tail = [dots, item.serial_tail.clone()]
        .into_iter()
        .find(|t| face.width(t) <= room);
    if let Some(tail) = tail {
        pen.canvas.text(line, Align::Right, face, colour, &tail);
    }
}

fn faces(pen: &Pen<'_>) -> (Type, Type) {
    let theme = pen.theme;
    match theme.class {
        Class::Small => (theme.fact_bold, theme.label),
        Class::Medium => (
            Type::smooth(theme.fact_bold.weight, 14),
            Type::smooth(theme.label.weight, 11),
        ),
        Class::Large => (
            Type::smooth(theme.fact_bold.weight, 18),
            Type::smooth(theme.label.weight, 14),
        ),
    }
}

/// The state of a device as a shape.
fn mark_icon(pen: &mut Pen<'_>, at: Rect, mark: &Mark, ground: Rgb, here: bool) {
    let state = match mark {
        Mark::Ready => {
            let side = at.w * 5 / 8;
            let colour = if here { PAPER } else { QUIET };
            return icon::draw(
                pen.canvas,
                at.centre(side, side),
                Icon::Right,
                colour,
                ground,
            );
        }
        Mark::Case(phase) => phase_icon(*phase, pen.turn),
        Mark::Inactive | Mark::Oem | Mark::NoWay | Mark::Gone => {
            return letter_mark(pen, at, mark, here);
        }
    };
    shape(pen, at, state, ground, here);
}

/// On the cursor's blue the blue shapes turn white.
fn shape(pen: &mut Pen<'_>, at: Rect, state: Icon, ground: Rgb, here: bool) {
    if here
        && matches!(
            state,
            Icon::Tick | Icon::Wait | Icon::Ring(_) | Icon::Octagon
        )
    {
        pen.canvas.round_rect(at.inset(-2, -2), at.w as f32, INK);
        icon::state(pen.canvas, at.inset(1, 1), state, INK);
    } else {
        icon::state(pen.canvas, at, state, ground);
    }
}

pub(super) fn phase_icon(phase: CasePhase, turn: u8) -> Icon {
    match phase {
        CasePhase::Exporting | CasePhase::Exchanging | CasePhase::Sending => Icon::Ring(turn),
        CasePhase::Awaiting => Icon::Wait,
        CasePhase::Ready | CasePhase::Unclear | CasePhase::Void => Icon::Triangle,
        CasePhase::Done => Icon::Tick,
        CasePhase::Failed | CasePhase::Cancelled => Icon::Octagon,
    }
}

/// Marks without a state shape: a dash in a ring for what cannot be done, rings for the rest.
fn letter_mark(pen: &mut Pen<'_>, at: Rect, mark: &Mark, here: bool) {
    let colour = if here { PAPER } else { QUIET };
    let (x, y) = (
        at.x as f32 + at.w as f32 / 2.0,
        at.y as f32 + at.h as f32 / 2.0,
    );
    let unit = at.w as f32 / 2.0;
    let thick = (unit * 0.22).max(1.4);
    match mark {
        Mark::NoWay => {
            pen.canvas.round_frame(at, unit, thick, colour);
            let (a, b) = ((x - unit * 0.45, y), (x + unit * 0.45, y));
            pen.canvas.stroke(&[a, b], thick, colour);
        }
        Mark::Inactive => {
            pen.canvas.round_frame(at, unit, thick, colour);
            pen.canvas
                .stroke(&[(x - unit * 0.4, y), (x + unit * 0.4, y)], thick, colour);
            pen.canvas
                .stroke(&[(x, y - unit * 0.4), (x, y + unit * 0.4)], thick, colour);
        }
        Mark::Oem => {
            let tag = [
                (x - unit * 0.8, y - unit * 0.8),
                (x + unit * 0.1, y - unit * 0.8),
                (x + unit * 0.85, y - unit * 0.05),
                (x - unit * 0.05, y + unit * 0.85),
                (x - unit * 0.8, y + unit * 0.1),
                (x - unit * 0.8, y - unit * 0.8),
            ];
            pen.canvas.stroke(&tag, thick, colour);
            let hole = (x - unit * 0.38, y - unit * 0.38);
            pen.canvas.stroke(&[hole, hole], thick * 1.4, colour);
        }
        _ => {
            for step in [-0.6, 0.0, 0.6] {
                let dot = (x + unit * step, y);
                pen.canvas.stroke(&[dot, dot], thick * 1.3, colour);
            }
        }
    }
}

pub(super) fn cases(pen: &mut Pen<'_>, area: Rect, list: &[CaseRow], cursor: usize) {
    if list.is_empty() {
        let words = texts::no_cases(pen.language);
        let stack = Stack {
            icon: None,
            full: vec![Block::Title(words.into())],
            brief: vec![Block::Title(words.into())],
        };
        return super::stack::draw(pen, area, &stack);
    }
    let theme = pen.theme;
    let (model_face, fact) = faces(pen);
    let least = match theme.class {
        Class::Small => 25,
        Class::Medium => 45,
        Class::Large => 58,
    };
    for (i, row) in rows(pen, area, list.len(), cursor, least) {
        let here = i == cursor;
        let (mut row, ground) = ground(pen, row, here);
        let item = &list[i];
        let side = if theme.small() {
            11
        } else {
            theme.answer.cap + 6
        };
        let at = row.cut_left(side).centre(side, side);
        shape(pen, at, phase_icon(item.phase, pen.turn), ground, here);
        row.cut_left(theme.pad);
        let quiet = if here { PAPER } else { QUIET };
        let tail = texts::tail(&item.target.serial_tail);
        // A small glass has no room for the phase in words: there the shape alone says it.
        let (upper, lower, lower_colour) = if theme.small() {
            (tail, item.target.model.clone(), quiet)
        } else {
            let words = texts::phase_of(pen.language, item.kind, item.phase).to_owned();
            (
                item.target.model.clone(),
                words,
                if here { PAPER } else { SKY },
            )
        };
        let gap = if theme.small() { 0 } else { 2 };
        let height = model_face.line_height() + fact.line_height() + gap;
        let mut lines = row.centre(row.w, height.min(row.h));

        let mut line = lines.cut_top(model_face.line_height());
        if let Some(left) = item.left.filter(|_| item.phase.is_open()) {
            let text = texts::clock(left);
            let urgent = left.as_secs() < 4 * 3600 && !here;
            let cell = line.cut_right(model_face.width(&text));
            let colour = if urgent { ORANGE } else { PAPER };
            pen.canvas
                .text(cell, Align::Right, model_face, colour, &text);
            line.cut_right(theme.pad * 2 / 3);
        }
        one_line(pen, line, model_face, PAPER, &upper);

        lines.cut_top(gap);
        let mut line = lines.cut_top(fact.line_height());
        if !theme.small() {
            let tail = texts::tail(&item.target.serial_tail);
            let cell = line.cut_right(fact.width(&tail));
            pen.canvas.text(cell, Align::Right, fact, quiet, &tail);
            line.cut_right(theme.pad / 2);
        }
        one_line(pen, line, fact, lower_colour, &lower);
    }
}

/// A line that shrinks a little, then loses its middle.
fn one_line(pen: &mut Pen<'_>, line: Rect, face: Type, colour: Rgb, text: &str) {
    let faces = narrower(face);
    let face = fitting(&faces[..faces.len().min(5)], text, line.w);
    let text = shorten(face, text, line.w, 6);
    pen.canvas.text(line, Align::Left, face, colour, &text);
}

pub(super) fn settings(
    pen: &mut Pen<'_>,
    area: Rect,
    items: &[(SettingItem, SettingValue)],
    cursor: usize,
) {
    let theme = pen.theme;
    let least = match theme.class {
        Class::Small => 17,
        Class::Medium => 31,
        Class::Large => 41,
    };
    let (name_face, value_face) = match theme.class {
        Class::Small => (theme.label, theme.label_bold),
        _ => (theme.fact, theme.fact_bold),
    };
    for (i, row) in rows(pen, area, items.len(), cursor, least) {
        let here = i == cursor;
        let (mut row, ground) = ground(pen, row, here);
        let (item, value) = &items[i];
        let text = texts::setting_value(pen.language, value);
        if matches!(value, SettingValue::Page) {
            let side = theme.label.cap + 3;
            let at = row.cut_right(side).centre(side, side);
            let colour = if here { PAPER } else { QUIET };
            icon::draw(pen.canvas, at, Icon::Right, colour, ground);
        } else {
            let cell = row.cut_right(value_face.width(&text));
            let colour = if here { PAPER } else { SKY };
            pen.canvas
                .text(cell, Align::Right, value_face, colour, &text);
        }
        row.cut_right(theme.pad);
        let words = texts::setting(pen.language, *item);
        pen.canvas.text(row, Align::Left, name_face, PAPER, words);
    }
}
