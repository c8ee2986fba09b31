//! One device: who it is, what can be done.

use resetbox_core::screen::{Action, Page};

use super::Pen;
use super::chrome::narrower;
use super::list::{phase_icon, window};
use crate::draw::flow::{self, balanced, even, fitting, shorten};
use crate::draw::{Align, Class, Icon, Rect, Type, Weight, icon};
use crate::palette::{BLUE, CARD, INK, ORANGE, PAPER, QUIET, Rgb, SKY};
use crate::texts;

/// Facts below the address take at most so many lines.
const MOST_LINES: usize = 5;

pub(super) fn page(pen: &mut Pen<'_>, area: Rect, page: &Page) {
    let Page::Device {
        target,
        gone,
        may_refuse,
        activated,
        case,
        choices,
        cursor,
        ..
    } = page
    else {
        return;
    };
    let theme = pen.theme;
    let language = pen.language;
    let mut left = area.inset(theme.pad, if theme.small() { 1 } else { theme.pad / 2 });
    let mut menu = menu_height(pen, choices.len(), left.h);
    // Who it is comes before what can be done: the menu scrolls.
    let least = 2 * theme.answer.line_height() + theme.fact_bold.line_height();
    if left.h - menu - theme.pad / 2 < least {
        menu = choice_height(pen);
    }
    let bottom = left.cut_bottom(menu);
    left.cut_bottom(theme.pad / 2);
    choices_menu(pen, bottom, choices, *cursor);

    // The model in the largest type that fits one line; a very long one takes two.
    let answer = match theme.class {
        Class::Large => Type::smooth(Weight::Bold, 24),
        _ => theme.answer,
    };
    let side = answer.cap + 2;
    let mut head = left;
    if let Some(phase) = case {
        let cell = head.cut_right(side);
        let y = cell.y + (answer.line_height() - side) / 2;
        let at = Rect::new(cell.x, y, side, side);
        icon::state(pen.canvas, at, phase_icon(*phase, pen.turn), INK);
        head.cut_right(theme.pad);
    }
    let faces = narrower(answer);
    let face = fitting(&faces[..faces.len().min(6)], &target.model, head.w);
    let mut model = balanced(face, &target.model, head.w);
    if model.len() > 2 {
        let short = shorten(face, &target.model, 2 * head.w - 2 * face.cap, 8);
        model = even(face, &short, head.w);
    }
    let model_height = flow::height(face, model.len());

    // What is left after the lines is spread between them.
    let address = theme.fact_bold;
    let room = left.h - model_height - address.line_height();
    let (fact_face, facts) = facts(pen, page, left.w, room);
    let used: i32 = facts
        .iter()
        .map(|(lines, _)| flow::height(fact_face, lines.len()))
        .sum();
    let gap = ((room - used) / (facts.len() as i32 + 1)).clamp(0, theme.pad * 2 / 3);

    flow::lines(pen.canvas, head, Align::Left, face, PAPER, &model);
    left.cut_top(model_height);
    // The address, never cut; the state beside it.
    let mut row = left.cut_top(address.line_height());
    let ip = target
        .ipv4
        .map_or_else(|| texts::no_ip(language).to_owned(), |ip| ip.to_string());
    let cell = row.cut_left(address.width(&ip));
    pen.canvas.text(cell, Align::Left, address, SKY, &ip);
    row.cut_left(theme.pad);
    let (words, colour) = match (gone, may_refuse, activated) {
        (true, ..) => (texts::gone(language), ORANGE),
        (_, true, _) => (texts::may_refuse(language), ORANGE),
        (_, _, false) => (texts::not_activated(language), ORANGE),
        _ => (texts::activated(language), QUIET),
    };
    if theme.label.width(words) <= row.w {
        pen.canvas
            .text(row, Align::Right, theme.label, colour, words);
    }
    for (lines, colour) in facts {
        left.cut_top(gap);
        let rows = left.cut_top(flow::height(fact_face, lines.len()));
        flow::lines(pen.canvas, rows, Align::Left, fact_face, colour, &lines);
    }
}

/// Serial (whole, over two lines where it must be), way, brand, firmware: in the largest type that
/// holds them all. Where even the smallest does not, the last ones go: the phone page has them.
fn facts(pen: &Pen<'_>, page: &Page, width: i32, room: i32) -> (Type, Vec<(Vec<String>, Rgb)>) {
    let Page::Device {
        target,
        firmware,
        brand,
        way,
        ..
    } = page
    else {
        return (pen.theme.label, Vec::new());
    };
    let language = pen.language;
    let way = if pen.theme.small() {
        texts::way_short(language, *way)
    } else {
        texts::way(language, *way)
    };
    let brand = brand
        .as_ref()
        .map(|brand| format!("{} {brand}", texts::brand(language)));
    let all = [
        (Some(target.serial.clone()), PAPER),
        (Some(way.to_owned()), QUIET),
        (brand, ORANGE),
        (Some(firmware.clone()), QUIET),
    ];
    let caps: &[i32] = match pen.theme.class {
        Class::Small => &[],
        Class::Medium => &[12, 11, 10],
        Class::Large => &[17, 16, 15, 14, 13],
    };
    let mut faces: Vec<Type> = caps
        .iter()
        .map(|cap| Type::smooth(Weight::Regular, *cap))
        .collect();
    if faces.is_empty() {
        faces.push(pen.theme.label);
    }
    let mut best = (pen.theme.label, Vec::new());
    for face in faces {
        let mut lines: Vec<(Vec<String>, Rgb)> = all
            .iter()
            .filter_map(|(text, colour)| Some((text.as_ref()?, *colour)))
            .filter(|(text, _)| !text.is_empty())
            .map(|(text, colour)| {
                // A serial has no words: it is broken in equal parts.
                let lines = if colour == PAPER {
                    even(face, text, width)
                } else {
                    balanced(face, text, width)
                };
                (lines, colour)
            })
            .collect();
        let fits = |lines: &[(Vec<String>, Rgb)]| {
            let count: usize = lines.iter().map(|(l, _)| l.len()).sum();
            count <= MOST_LINES && flow::height(face, count) <= room
        };
        let whole = fits(&lines);
        while !fits(&lines) && lines.pop().is_some() {}
        best = (face, lines);
        if whole {
            break;
        }
    }
    best
}

fn choice_height(pen: &Pen<'_>) -> i32 {
    match pen.theme.class {
        Class::Small => 15,
        Class::Medium => 28,
        Class::Large => 40,
    }
}

fn menu_height(pen: &Pen<'_>, count: usize, room: i32) -> i32 {
    let row = choice_height(pen);
    let most = (room * 2 / 5 / row).max(2);
    row * (count as i32).min(most)
}

fn choices_menu(pen: &mut Pen<'_>, area: Rect, choices: &[Action], cursor: usize) {
    if choices.is_empty() {
        return;
    }
    let theme = pen.theme;
    let row_height = choice_height(pen);
    let seen = (area.h / row_height).max(1) as usize;
    let range = window(choices.len(), cursor, seen);
    let (first, last) = (range.start, range.end);
    let mut left = area;
    let face = match theme.class {
        Class::Small => theme.label_bold,
        _ => theme.fact_bold,
    };
    for i in range {
        let row = left.cut_top(row_height);
        let here = i == cursor;
        let plate = row.inset(0, if theme.small() { 1 } else { 2 });
        let fill = if here { BLUE } else { CARD };
        pen.canvas.round_rect(plate, theme.radius, fill);
        let words = capital(texts::action(pen.language, choices[i]));
        let mut text = plate.inset(theme.pad, 0);
        let side = theme.label.cap;
        let hint = text.cut_right(side).centre(side, side);
        let more = (
            i == first && first > 0,
            i + 1 == last && last < choices.len(),
        );
        let picture = match more {
            _ if here => Some(Icon::Right),
            (true, _) => Some(Icon::Up),
            (_, true) => Some(Icon::Down),
            _ => None,
        };
        if let Some(picture) = picture {
            let colour = if here { PAPER } else { QUIET };
            icon::draw(pen.canvas, hint, picture, colour, fill);
        }
        text.cut_right(theme.pad / 2);
        let face = fitting(&narrower(face), &words, text.w);
        pen.canvas.text(text, Align::Left, face, PAPER, &words);
    }
}

fn capital(words: &str) -> String {
    let mut chars = words.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}
