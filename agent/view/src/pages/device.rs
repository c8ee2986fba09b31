//! One device: who it is, what can be done.

use resetbox_core::screen::{Action, Page};

use super::Pen;
use super::chrome::narrower;
use super::list::{phase_icon, window};
use crate::draw::flow::{self, fitting, wrap};
use crate::draw::{Align, Class, Icon, Rect, Type, Weight, icon};
use crate::palette::{BLUE, CARD, INK, LINE, ORANGE, PAPER, QUIET, Rgb, SKY};
use crate::texts;

pub(super) fn page(pen: &mut Pen<'_>, area: Rect, page: &Page) {
    let Page::Device {
        target,
        firmware,
        brand,
        activated,
        way,
        may_refuse,
        gone,
        case,
        choices,
        cursor,
    } = page
    else {
        return;
    };
    let theme = pen.theme;
    let language = pen.language;
    let mut left = area.inset(theme.pad, theme.pad / 2);
    let menu = menu_height(pen, choices.len(), left.h);
    let bottom = left.cut_bottom(menu);
    left.cut_bottom(theme.pad / 2);
    choices_menu(pen, bottom, choices, *cursor);

    // Model, in the largest type that fits one line; a very long one takes two.
    let answer = match theme.class {
        Class::Large => Type::smooth(Weight::Bold, 24),
        _ => theme.answer,
    };
    let side = answer.cap + 2;
    let mut head = left;
    if let Some(phase) = case {
        let cell = head.cut_right(side);
        let at = Rect::new(
            cell.x,
            cell.y + (answer.line_height() - side) / 2,
            side,
            side,
        );
        icon::state(pen.canvas, at, phase_icon(*phase, pen.turn), INK);
        head.cut_right(theme.pad);
    }
    let faces = narrower(answer);
    let face = fitting(&faces[..faces.len().min(6)], &target.model, head.w);
    let lines = wrap(face, &target.model, head.w);
    let used = flow::height(face, lines.len());
    flow::lines(pen.canvas, head, Align::Left, face, PAPER, &lines);
    left.cut_top(used);

    // Address, never cut; the state beside it.
    let mut row = left.cut_top(theme.fact_bold.line_height());
    let ip = target
        .ipv4
        .map_or_else(|| texts::no_ip(language).to_owned(), |ip| ip.to_string());
    let cell = row.cut_left(theme.fact_bold.width(&ip));
    pen.canvas
        .text(cell, Align::Left, theme.fact_bold, SKY, &ip);
    row.cut_left(theme.pad);
    let (words, colour) = match (gone, may_refuse, activated) {
        (true, ..) => (texts::gone(language), ORANGE),
        (_, true, _) => (texts::may_refuse(language), ORANGE),
        (_, _, false) => (texts::not_activated(language), ORANGE),
        _ => (texts::activated(language), QUIET),
    };
    let state = theme.label;
    if state.width(words) <= row.w {
        pen.canvas.text(row, Align::Right, state, colour, words);
    }

    // Serial, whole, over two lines where it must be.
    let mut facts: Vec<(String, Rgb)> = Vec::new();
    if !target.serial.is_empty() {
        facts.push((target.serial.clone(), PAPER));
    }
    let way_words = if theme.small() {
        texts::way_short(language, *way)
    } else {
        texts::way(language, *way)
    };
    facts.push((way_words.to_owned(), QUIET));
    if let Some(brand) = brand {
        facts.push((format!("{} {brand}", texts::brand(language)), ORANGE));
    }
    if !firmware.is_empty() {
        facts.push((firmware.clone(), QUIET));
    }
    let face = match theme.class {
        Class::Small => theme.label,
        Class::Medium => Type::smooth(Weight::Regular, 10),
        Class::Large => Type::smooth(Weight::Regular, 13),
    };
    let mut count = 0;
    for (text, colour) in facts {
        let lines = wrap(face, &text, left.w);
        let height = flow::height(face, lines.len());
        // Facts stand in the order of their weight: what has no room is on the phone page.
        if height > left.h || count + lines.len() > 5 {
            break;
        }
        count += lines.len();
        let rows = left.cut_top(height);
        flow::lines(pen.canvas, rows, Align::Left, face, colour, &lines);
    }
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
    let most = (room * 2 / 5 / row).max(1);
    row * (count as i32).min(most.max(if pen.theme.small() { 2 } else { 1 }))
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
    let _ = LINE;
}

fn capital(words: &str) -> String {
    let mut chars = words.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}
