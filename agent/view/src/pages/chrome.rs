//! What stands around a page: the status bar, the alert line, the legend of the keys.

use resetbox_core::screen::{AlertLine, Button, Legend, Screen, StatusBar};

use super::Pen;
use crate::draw::flow::fitting;
use crate::draw::{Align, Icon, Rect, Type, Weight, icon};
use crate::palette::{CARD, INK, LINE, ORANGE, PAPER, QUIET, Rgb, SKY, SLATE, VERMILLION};
use crate::texts;

/// Draws everything around the page and returns the box that is left for it.
pub(super) fn draw(pen: &mut Pen<'_>, screen: &Screen) -> Rect {
    let mut area = pen.canvas.area();
    let bar = area.cut_top(pen.theme.bar);
    status_bar(pen, bar, &screen.bar);
    if let Some(percent) = screen.holding {
        let strip = area.cut_bottom(pen.theme.legend);
        holding(pen, strip, &screen.legend, percent);
    } else if let Some(alert) = &screen.alert {
        // Where there is room for both, the keys stay named; else the alert outranks them.
        if !pen.theme.small() {
            legend_strip(pen, &mut area, &screen.legend);
        }
        let strip = area.cut_bottom(pen.theme.legend);
        alert_line(pen, strip, alert);
    } else {
        legend_strip(pen, &mut area, &screen.legend);
    }
    area
}

fn status_bar(pen: &mut Pen<'_>, bar: Rect, status: &StatusBar) {
    let theme = pen.theme;
    pen.canvas.fill(bar, CARD);
    let mut row = bar.inset(theme.pad, 0);
    let side = theme.label.cap + if theme.small() { 1 } else { 4 };
    let gap = theme.pad / 2 + 1;

    // From the right: clock, open cases, devices. From the left: the link, as much as fits.
    if let Some((hours, minutes)) = status.clock {
        let text = format!("{hours:02}:{minutes:02}");
        let width = theme.label_bold.width(&text);
        let cell = row.cut_right(width);
        pen.canvas
            .text(cell, Align::Right, theme.label_bold, PAPER, &text);
        row.cut_right(gap * 2);
    }
    if status.cases > 0 {
        count(pen, &mut row, side, Icon::Wait, status.cases, SKY);
    }
    count(pen, &mut row, side, Icon::Camera, status.devices, PAPER);

    let (colour, text) = if status.carrier {
        (SKY, status.link.clone())
    } else {
        (VERMILLION, status.link.clone())
    };
    let cell = row.cut_left(side).centre(side, side);
    icon::draw(pen.canvas, cell, Icon::Plug, colour, CARD);
    row.cut_left(gap);
    let speed = status
        .speed_mbit
        .filter(|_| status.carrier)
        .map(|mbit| match mbit {
            1000.. if mbit % 1000 == 0 => format!(" {}G", mbit / 1000),
            _ => format!(" {mbit}M"),
        })
        .unwrap_or_default();
    let long = format!("{text}{speed}");
    let text = [long, text]
        .into_iter()
        .find(|t| theme.label.width(t) <= row.w);
    if let Some(text) = text {
        pen.canvas.text(row, Align::Left, theme.label, PAPER, &text);
    }
}

/// A small picture with its number, from the right end of `row`.
fn count(pen: &mut Pen<'_>, row: &mut Rect, side: i32, what: Icon, count: usize, colour: Rgb) {
    let theme = pen.theme;
    let text = count.to_string();
    let cell = row.cut_right(theme.label_bold.width(&text));
    pen.canvas
        .text(cell, Align::Right, theme.label_bold, PAPER, &text);
    row.cut_right(theme.pad / 3 + 1);
    let cell = row.cut_right(side).centre(side, side);
    icon::draw(pen.canvas, cell, what, colour, CARD);
    row.cut_right(theme.pad);
}

fn alert_line(pen: &mut Pen<'_>, strip: Rect, alert: &AlertLine) {
    let theme = pen.theme;
    pen.canvas.fill(strip, ORANGE);
    let mut row = strip.inset(theme.pad, 0);
    let face = if theme.small() {
        theme.label_bold
    } else {
        theme.fact_bold
    };
    let side = face.cap + if theme.small() { 2 } else { 6 };
    let cell = row.cut_left(side).centre(side, side);
    icon::draw(pen.canvas, cell, Icon::Triangle, INK, ORANGE);
    row.cut_left(theme.pad / 2 + 2);
    let words = texts::case_alert(pen.language, alert.why);
    let tail = &alert.serial_tail;
    let end = tail.char_indices().rev().nth(2).map_or(0, |(at, _)| at);
    let faces = narrower(face);
    let found = [
        format!("{}: {}", texts::tail(tail), words.title),
        format!("{tail} {}", words.title),
        format!("{} {}", &tail[end..], words.title),
        words.title.clone(),
    ]
    .into_iter()
    .map(|text| (fitting(&faces, &text, row.w), text))
    .find(|(face, text)| face.width(text) <= row.w);
    let (face, text) = found.unwrap_or((face, String::new()));
    pen.canvas.text(row, Align::Left, face, INK, &text);
}

/// How far a long press has come, over the whole strip.
fn holding(pen: &mut Pen<'_>, strip: Rect, legend: &[Legend], percent: u8) {
    let theme = pen.theme;
    pen.canvas.fill(strip, LINE);
    let done = strip.w * i32::from(percent.min(100)) / 100;
    pen.canvas
        .fill(Rect::new(strip.x, strip.y, done, strip.h), ORANGE);
    let action = legend
        .iter()
        .find(|item| item.hold)
        .map(|item| texts::action(pen.language, item.action));
    let words = texts::keep_holding(pen.language);
    let text = match action {
        Some(action) => format!("{words}: {action}"),
        None => words.to_owned(),
    };
    let plate = strip.inset(theme.pad, 0);
    let face = fitting(&narrower(theme.label_bold), &text, plate.w);
    // On a plate of its own the words keep their contrast while the bar grows under them.
    let width = face.width(&text) + 2 * theme.pad;
    let plate = strip.centre(width.min(strip.w), (face.line_height()).min(strip.h - 2));
    pen.canvas.round_rect(plate, theme.radius, INK);
    pen.canvas.text(plate, Align::Centre, face, PAPER, &text);
}

/// The key legend at the bottom of `area`, in one row or, when it does not fit, in two.
fn legend_strip(pen: &mut Pen<'_>, area: &mut Rect, legend: &[Legend]) {
    // Two keys that do the same are one line: the first is named.
    let mut named: Vec<Legend> = Vec::new();
    for item in legend {
        if !named.iter().any(|n| n.action == item.action) {
            named.push(*item);
        }
    }
    let legend = &named[..];
    if legend.is_empty() {
        return;
    }
    let theme = pen.theme;
    let margin = theme.pad * 3 / 5;
    let width = area.w - 2 * margin;
    let rows = rows(pen, legend, width);
    let strip = area.cut_bottom(theme.legend * rows.len() as i32);
    pen.canvas
        .fill(Rect::new(strip.x, strip.y, strip.w, 1), LINE);
    let mut left = strip.inset(margin, 0);
    for row in rows {
        let line = left.cut_top(theme.legend);
        legend_row(pen, line, row, false);
    }
}

/// Splits the legend so that each row fits.
fn rows<'l>(pen: &Pen<'_>, legend: &'l [Legend], width: i32) -> Vec<&'l [Legend]> {
    let mut rows = Vec::new();
    let mut rest = legend;
    while !rest.is_empty() {
        let fits = (1..=rest.len())
            .rev()
            .find(|n| row_width(pen, &rest[..*n]) <= width)
            .unwrap_or(1);
        let (row, more) = rest.split_at(fits);
        rows.push(row);
        rest = more;
    }
    rows
}

pub(super) fn row_width(pen: &Pen<'_>, items: &[Legend]) -> i32 {
    let gaps = (items.len() as i32 - 1) * between(pen);
    items.iter().map(|item| item_width(pen, item)).sum::<i32>() + gaps
}

/// Least space between two keys.
fn between(pen: &Pen<'_>) -> i32 {
    pen.theme.pad * 3 / 5
}

fn item_width(pen: &Pen<'_>, item: &Legend) -> i32 {
    let theme = pen.theme;
    chip_width(pen, item)
        + theme.pad / 2
        + 1
        + theme.label.width(texts::action(pen.language, item.action))
}

fn chip_width(pen: &Pen<'_>, item: &Legend) -> i32 {
    let theme = pen.theme;
    let side = theme.label.cap + if theme.small() { 3 } else { 8 };
    let picture = if has_picture(item) {
        side + theme.pad / 2
    } else {
        theme.pad
    };
    match chip_text(pen, item) {
        Some(text) => (theme.label_bold.width(&text) + picture).max(side),
        None => side,
    }
}

fn chip_text(pen: &Pen<'_>, item: &Legend) -> Option<String> {
    match (item.button, item.hold) {
        (Button::Ok, false) => Some("OK".into()),
        (Button::Ok, true) => Some(format!("{} OK", texts::hold(pen.language))),
        (_, true) => Some(texts::hold(pen.language).into()),
        _ => None,
    }
}

/// All keys but ok are shown by an arrow.
fn has_picture(item: &Legend) -> bool {
    item.button != Button::Ok
}

/// One row of keys: the key as a chip, then what it does. A key to hold stands out.
pub(super) fn legend_row(pen: &mut Pen<'_>, row: Rect, items: &[Legend], on_paper: bool) {
    let theme = pen.theme;
    let total = row_width(pen, items);
    // The first key left, the last one right, as the keys lie under both hands.
    let spare = (row.w - total).max(0);
    let least = between(pen);
    let between = if items.len() > 1 {
        least + spare / (items.len() as i32 - 1)
    } else {
        0
    };
    let mut left = row;
    for item in items {
        let width = chip_width(pen, item);
        let height = theme.label.cap + if theme.small() { 3 } else { 8 };
        let chip = left.cut_left(width).centre(width, height);
        let (fill, text) = match (item.hold, on_paper) {
            (true, _) => (ORANGE, INK),
            (false, false) => (LINE, PAPER),
            (false, true) => (SLATE, PAPER),
        };
        pen.canvas.round_rect(chip, theme.radius * 0.8, fill);
        let mut inside = chip;
        if has_picture(item) {
            let cell = inside.cut_right(height.min(chip.w));
            let side = theme.label.cap;
            let picture = match item.button {
                Button::Up => Icon::Up,
                Button::Down => Icon::Down,
                Button::Right => Icon::Right,
                Button::Back | Button::Left | Button::Ok => Icon::Left,
            };
            icon::draw(pen.canvas, cell.centre(side, side), picture, text, fill);
            inside.cut_left(theme.pad / 2);
        }
        if let Some(words) = chip_text(pen, item) {
            let align = if has_picture(item) {
                Align::Left
            } else {
                Align::Centre
            };
            pen.canvas
                .text(inside, align, theme.label_bold, text, &words);
        }
        left.cut_left(theme.pad / 2 + 1);
        let words = texts::action(pen.language, item.action);
        let cell = left.cut_left(theme.label.width(words));
        let colour = if on_paper { INK } else { QUIET };
        pen.canvas
            .text(cell, Align::Left, theme.label, colour, words);
        left.cut_left(between);
    }
}

/// The face and, for long words, smaller cuts of it.
pub(super) fn narrower(face: Type) -> Vec<Type> {
    if face.bitmap {
        let sizes = [14, 12, 10, 8].into_iter().filter(|cap| *cap <= face.cap);
        return sizes
            .map(|cap| Type::bitmap(face.weight, cap))
            .chain([Type::bitmap(Weight::Regular, 8)])
            .collect();
    }
    (8.min(face.cap)..=face.cap)
        .rev()
        .map(|cap| Type::smooth(face.weight, cap))
        .collect()
}
