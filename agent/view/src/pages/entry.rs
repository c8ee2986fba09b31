//! Typing the key with three keys, and showing the password that will be set.

use resetbox_core::screen::{Action, KEY_DONE, KEY_MORE, Page, Target};

use super::Pen;
use super::chrome::narrower;
use super::stack::{Block, Stack};
use crate::draw::flow::{fitting, wrap};
use crate::draw::{Align, Class, Icon, Rect, Type, Weight, flow, icon};
use crate::palette::{BLUE, CARD, ORANGE, PAPER, QUIET, SKY};
use crate::texts;

/// Characters of a key as a rule: so many boxes are shown.
const SLOTS: usize = 8;
/// Rows with more characters than this show the first and the last.
const SHOWN: usize = 9;
/// What is easily taken for something else is said in words before it is sent.
const ALIKE: &str = "0OoQ1lI5S2Z8B";

pub(super) fn key(pen: &mut Pen<'_>, area: Rect, page: &Page) {
    let Page::KeyEntry {
        target,
        typed,
        rows,
        kind: _,
        phone,
        problem,
    } = page
    else {
        return;
    };
    let theme = pen.theme;
    let language = pen.language;
    let mut left = area.inset(theme.pad, if theme.small() { 1 } else { theme.pad / 2 });

    let problem = problem
        .as_ref()
        .map(|problem| texts::problem(language, problem).short);
    // A small glass has no room below: a problem takes the heading's place there, and the way by
    // phone stays on its own page.
    match &problem {
        Some(words) if theme.small() => {
            let lines = wrap(theme.label, words, left.w);
            let rows = left.cut_top(flow::height(theme.label, lines.len()));
            flow::lines(pen.canvas, rows, Align::Left, theme.label, ORANGE, &lines);
        }
        _ => heading(pen, &mut left, target),
    }
    slots(pen, &mut left, typed.expose());
    left.cut_top(if theme.small() { 1 } else { theme.pad / 2 });
    if !theme.small() {
        below(pen, &mut left, problem.as_deref(), phone.as_ref());
    }
    let gap = if theme.small() { 1 } else { 3 };
    let third = (left.h - 2 * gap) / 3;
    // Where a row is free for a last look, the others give it what they do not need.
    let last_chance = rows[0] == [KEY_MORE];
    let height = if last_chance {
        third.min(theme.label_bold.line_height() * 3 / 2)
    } else {
        third
    };
    for (number, row) in rows.iter().enumerate() {
        if !row.is_empty() {
            choice(pen, left.cut_top(height), number, row);
            left.cut_top(gap);
        }
    }
    if last_chance {
        last_look(pen, left, typed.expose());
    }
}

/// One row: its key, and the characters that it stands for.
fn choice(pen: &mut Pen<'_>, area: Rect, number: usize, row: &[char]) {
    let theme = pen.theme;
    pen.canvas.round_rect(area, theme.radius * 0.7, CARD);
    let mut inside = area;
    let chip = inside.cut_left(theme.label_bold.width("OK") + theme.pad + 2);
    let chip = chip.inset(1, 1);
    pen.canvas.round_rect(chip, theme.radius * 0.7, BLUE);
    let side = theme.label.cap + if theme.small() { 0 } else { 2 };
    let mark = chip.centre(side, side);
    match number {
        0 => icon::draw(pen.canvas, mark, Icon::Up, PAPER, BLUE),
        1 => pen
            .canvas
            .text(chip, Align::Centre, theme.label_bold, PAPER, "OK"),
        _ => icon::draw(pen.canvas, mark, Icon::Down, PAPER, BLUE),
    }
    inside.cut_left(theme.pad / 2);
    let faces = match theme.class {
        Class::Small => vec![theme.fact_bold, theme.label_bold, theme.label],
        Class::Medium => narrower(Type::smooth(Weight::Bold, 16)),
        Class::Large => narrower(Type::smooth(Weight::Bold, 24)),
    };
    let faces: Vec<Type> = faces
        .into_iter()
        .filter(|face| face.cap + face.descent() + face.rise() < area.h)
        .collect();
    let words = match row {
        [KEY_DONE] => Some(texts::action(pen.language, Action::Done).to_owned()),
        [KEY_MORE] => Some(texts::key_more(pen.language).to_owned()),
        _ => None,
    };
    if let Some(words) = words {
        let face = fitting(&faces, &words, inside.w - theme.pad);
        pen.canvas.text(inside, Align::Left, face, PAPER, &words);
        return;
    }
    if let [character] = row {
        let text = character.to_string();
        let face = fitting(&faces, &text, inside.w);
        let cell = inside.cut_left(face.width("W") + theme.pad / 2);
        pen.canvas.text(cell, Align::Centre, face, PAPER, &text);
        let name = texts::character(pen.language, *character);
        let face = fitting(&narrower(theme.label), &name, inside.w);
        pen.canvas.text(inside, Align::Left, face, SKY, &name);
        return;
    }
    let letters: Vec<char> = row.iter().copied().filter(|c| *c != KEY_DONE).collect();
    let mut parts: Vec<String> = letters.iter().map(char::to_string).collect();
    if let ([first, .., last], true) = (letters.as_slice(), letters.len() > SHOWN) {
        parts = vec![format!("{first} ... {last}")];
    }
    let count = parts.len() as i32 + i32::from(letters.len() < row.len());
    let width = inside.w / count.max(1);
    for part in &parts {
        let cell = inside.cut_left(width);
        let face = fitting(&faces, part, width - 1);
        pen.canvas.text(cell, Align::Centre, face, PAPER, part);
    }
    if letters.len() < row.len() {
        let side = side.min(inside.w);
        let cell = inside.cut_left(width).centre(side, side);
        icon::draw(pen.canvas, cell, Icon::Tick, SKY, CARD);
    }
}

/// What was typed and is easily mistaken, in words; with its place in the key where there is room.
fn last_look(pen: &mut Pen<'_>, area: Rect, typed: &str) {
    let theme = pen.theme;
    let face = if theme.small() {
        Type::bitmap(Weight::Regular, 8)
    } else {
        theme.label
    };
    let most = usize::try_from(area.h / face.line_height()).unwrap_or(0);
    let alike = || typed.chars().zip(1..).filter(|(c, _)| ALIKE.contains(*c));
    let placed: Vec<String> = alike()
        .map(|(c, place)| format!("{place}: {}", texts::character(pen.language, c)))
        .collect();
    let mut lines = wrap(face, &placed.join(", "), area.w);
    if lines.len() > most {
        let mut names: Vec<String> = Vec::new();
        for name in alike().map(|(c, _)| texts::character(pen.language, c)) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        lines = wrap(face, &names.join(", "), area.w);
    }
    let lines = &lines[..lines.len().min(most)];
    let rows = Rect {
        h: flow::height(face, lines.len()),
        ..area
    };
    flow::lines(pen.canvas, rows, Align::Left, face, SKY, lines);
}

/// What is wrong, or the way by phone.
fn below(
    pen: &mut Pen<'_>,
    left: &mut Rect,
    problem: Option<&str>,
    phone: Option<&(String, String)>,
) {
    let theme = pen.theme;
    let language = pen.language;
    let face = theme.label;
    if let Some(words) = problem {
        let lines = wrap(face, words, left.w);
        let rows = left.cut_bottom(flow::height(face, lines.len()));
        flow::lines(pen.canvas, rows, Align::Left, face, ORANGE, &lines);
    } else if let Some((address, pin)) = phone {
        let address = address.trim_start_matches("http://");
        let pin = format!("{} {pin}", texts::pin(language));
        let mut row = left.cut_bottom(face.line_height());
        let cell = row.cut_right(theme.label_bold.width(&pin));
        pen.canvas
            .text(cell, Align::Right, theme.label_bold, SKY, &pin);
        row.cut_right(theme.pad / 2);
        let long = format!("{}: {address}", texts::or_phone(language));
        let text = [long, address.to_owned()]
            .into_iter()
            .find(|text| face.width(text) <= row.w);
        if let Some(text) = text {
            pen.canvas.text(row, Align::Left, face, QUIET, &text);
        }
    }
}

fn heading(pen: &mut Pen<'_>, left: &mut Rect, target: &Target) {
    let theme = pen.theme;
    let face = if theme.small() {
        theme.label_bold
    } else {
        theme.fact_bold
    };
    let mut row = left.cut_top(face.line_height());
    let words = texts::key_for(pen.language);
    let tail = &target.serial_tail;
    // The tail is what counts: the words go first.
    let choices = [
        (words, texts::tail(tail)),
        (words, tail.clone()),
        ("", texts::tail(tail)),
    ];
    let fits = |(words, tail): &(&str, String)| {
        face.width(words) + face.cap / 2 + face.width(tail) <= row.w
    };
    let (words, tail) = choices.into_iter().find(fits).unwrap_or_default();
    if !words.is_empty() {
        let cell = row.cut_left(face.width(words));
        pen.canvas.text(cell, Align::Left, face, PAPER, words);
        row.cut_left(face.cap / 2);
    }
    let cell = row.cut_left(face.width(&tail));
    pen.canvas.text(cell, Align::Left, face, SKY, &tail);
    row.cut_left(theme.pad);
    if theme.label.width(&target.model) <= row.w {
        pen.canvas
            .text(row, Align::Right, theme.label, QUIET, &target.model);
    }
}

/// Eight boxes, more when more was typed.
fn slots(pen: &mut Pen<'_>, left: &mut Rect, typed: &str) {
    let theme = pen.theme;
    let mut chars: Vec<char> = typed.chars().collect();
    // Nobody types so many by hand; the last ones are those to check.
    let seen = if theme.small() { 16 } else { 24 };
    if chars.len() > seen {
        chars.drain(..chars.len() - seen);
    }
    let count = SLOTS.max(chars.len());
    let most = if theme.small() { 8 } else { 12 };
    let per_row = if count <= most {
        count
    } else {
        count.div_ceil(2)
    };
    let height = match theme.class {
        Class::Small => 19,
        Class::Medium => 30,
        Class::Large => 44,
    };
    let rows = count.div_ceil(per_row);
    let height = if rows > 1 { height * 3 / 4 } else { height };
    for r in 0..rows {
        let row = left.cut_top(height + 2);
        for c in 0..per_row {
            let i = r * per_row + c;
            let x0 = row.x + row.w * c as i32 / per_row as i32;
            let x1 = row.x + row.w * (c as i32 + 1) / per_row as i32;
            let slot = Rect::new(x0 + 1, row.y, x1 - x0 - 2, height);
            pen.canvas.round_rect(slot, theme.radius * 0.7, CARD);
            if i == chars.len() {
                let width = if theme.small() { 1.0 } else { 2.0 };
                pen.canvas.round_frame(slot, theme.radius * 0.7, width, SKY);
            }
            if let Some(c) = chars.get(i) {
                let text = c.to_string();
                let face = match theme.class {
                    Class::Small if rows > 1 => vec![theme.label_bold, theme.label],
                    Class::Small => vec![theme.fact_bold, theme.label_bold],
                    Class::Medium => narrower(Type::smooth(Weight::Bold, 16)),
                    Class::Large => narrower(Type::smooth(Weight::Bold, 24)),
                };
                let face = fitting(&face, &text, slot.w - 1);
                pen.canvas.text(slot, Align::Centre, face, PAPER, &text);
            }
        }
    }
}

/// The password in the largest type that keeps it on one line; it is read off and written down. `None` is the
/// owner's: a word stands in its place.
pub(super) fn password(pen: &mut Pen<'_>, area: Rect, target: &Target, password: Option<&str>) {
    let theme = pen.theme;
    let language = pen.language;
    let mut left = area.inset(theme.pad, theme.pad / 2);
    let heading = if theme.small() {
        theme.label_bold
    } else {
        theme.fact_bold
    };
    let row = left.cut_top(heading.line_height());
    pen.canvas.text(
        row,
        Align::Left,
        heading,
        PAPER,
        texts::new_password(language),
    );
    let faces = match theme.class {
        Class::Small => vec![
            Type::bitmap(Weight::Bold, 14),
            Type::bitmap(Weight::Bold, 12),
            Type::bitmap(Weight::Bold, 10),
            Type::bitmap(Weight::Bold, 8),
        ],
        Class::Medium => narrower(Type::smooth(Weight::Bold, 24)),
        Class::Large => narrower(Type::smooth(Weight::Bold, 36)),
    };
    let pad = if theme.small() { 2 } else { theme.pad };
    let card_text = password.unwrap_or_else(|| texts::preset_password(language));
    let face = fitting(&faces, card_text, left.w - 2 * pad);
    let lines = match password {
        Some(password) => flow::even(face, password, left.w - 2 * pad),
        None => wrap(face, card_text, left.w - 2 * pad),
    };
    let card = left.cut_top(flow::height(face, lines.len()) + 2 * pad);
    pen.canvas.round_rect(card, theme.radius, CARD);
    flow::lines(
        pen.canvas,
        card.inset(pad, pad),
        Align::Centre,
        face,
        SKY,
        &lines,
    );
    left.cut_top(pad / 2);
    let (long, short) = match password {
        Some(_) => (
            texts::new_password_text(language),
            texts::new_password_short(language),
        ),
        None => (
            texts::preset_password_text(language),
            texts::preset_password_short(language),
        ),
    };
    let words = |text: &str| vec![Block::Text(text.into(), ORANGE), Block::Target(target)];
    let stack = Stack {
        icon: None,
        full: words(if theme.small() { short } else { long }),
        brief: words(short),
    };
    super::stack::draw(pen, left.inset(-theme.pad, 0), &stack);
}
