//! Typing the key with the joystick, and showing the password that will be set.

use resetbox_core::screen::{Action, KEY_DELETE, KEY_DONE, Page, Target};

use super::Pen;
use super::chrome::narrower;
use super::stack::{Block, Stack};
use crate::draw::flow::{fitting, wrap};
use crate::draw::{Align, Class, Rect, Type, Weight, flow};
use crate::palette::{BLUE, CARD, ORANGE, PAPER, QUIET, SKY};
use crate::texts;

/// Characters of a key as a rule: so many boxes are shown.
const SLOTS: usize = 8;
const GROUPS: [&str; 4] = ["ABC", "abc", "123", "OK"];

pub(super) fn key(pen: &mut Pen<'_>, area: Rect, page: &Page) {
    let Page::KeyEntry {
        target,
        typed,
        group,
        cursor,
        group_name,
        choosing_group,
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
    group_tabs(pen, &mut left, group_name, *choosing_group);
    left.cut_bottom(if theme.small() { 1 } else { 3 });
    let cursor = (!choosing_group).then_some(*cursor);
    if group.iter().any(|c| [KEY_DONE, KEY_DELETE].contains(c)) {
        buttons(pen, left, group, cursor);
    } else {
        grid(pen, left, group, cursor);
    }
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

/// The groups; the one on offer is underlined, and filled while groups are being chosen.
fn group_tabs(pen: &mut Pen<'_>, left: &mut Rect, name: &str, choosing: bool) {
    let theme = pen.theme;
    let mut row = left.cut_bottom(theme.label.line_height() + if theme.small() { 1 } else { 5 });
    for group in GROUPS {
        let here = group == name;
        let face = if here { theme.label_bold } else { theme.label };
        let cell = row.cut_left(theme.label_bold.width(group) + theme.pad * 3 / 2);
        if here && choosing {
            pen.canvas.round_rect(cell, theme.radius * 0.7, BLUE);
        } else if here {
            let bar = Rect::new(cell.x, cell.bottom() - 2, cell.w, 2);
            pen.canvas.fill(bar, SKY);
        }
        let colour = if here { PAPER } else { QUIET };
        pen.canvas.text(cell, Align::Centre, face, colour, group);
        row.cut_left(2);
    }
}

/// "Done" and "delete", as large as the box allows.
fn buttons(pen: &mut Pen<'_>, area: Rect, group: &[char], cursor: Option<usize>) {
    let theme = pen.theme;
    let count = group.len() as i32;
    let width = (area.w - theme.pad * (count - 1)) / count;
    let height = area.h.min(theme.fact_bold.line_height() + 2 * theme.pad);
    let mut row = area.centre(area.w, height);
    for (i, c) in group.iter().enumerate() {
        let cell = row.cut_left(width);
        row.cut_left(theme.pad);
        let fill = if cursor == Some(i) { BLUE } else { CARD };
        pen.canvas.round_rect(cell, theme.radius, fill);
        let words = match *c {
            KEY_DONE => texts::action(pen.language, Action::Done).to_owned(),
            KEY_DELETE => texts::action(pen.language, Action::Delete).to_owned(),
            c => c.to_string(),
        };
        let face = if theme.small() {
            theme.label_bold
        } else {
            theme.fact_bold
        };
        let face = fitting(&narrower(face), &words, cell.w - theme.pad);
        pen.canvas.text(cell, Align::Centre, face, PAPER, &words);
    }
}

/// The characters on offer; the one under the cursor stands out.
fn grid(pen: &mut Pen<'_>, area: Rect, group: &[char], cursor: Option<usize>) {
    if group.is_empty() {
        return;
    }
    let theme = pen.theme;
    let count = group.len() as i32;
    // Cells as square as the box allows, never narrower than the widest letter, rows about even.
    let narrowest = bold(theme.label).width("W") + 1;
    let columns = (1..=count)
        .filter(|columns| area.w / columns >= narrowest)
        .min_by_key(|columns| {
            let rows = (count + columns - 1) / columns;
            let (w, h) = (area.w / columns, (area.h / rows).max(1));
            let low = h < theme.label.cap + theme.label.descent();
            (low, (w - h * 9 / 10).abs())
        })
        .unwrap_or(count);
    let rows = (count + columns - 1) / columns;
    let columns = (count + rows - 1) / rows;
    let (w, h) = (area.w / columns, area.h / rows);
    let most = match theme.class {
        Class::Small => vec![theme.fact, theme.label],
        Class::Medium => narrower(Type::smooth(Weight::Regular, 15)),
        Class::Large => narrower(Type::smooth(Weight::Regular, 22)),
    };
    let face = most
        .iter()
        .copied()
        .find(|f| f.cap + f.descent() + f.rise() <= h && bold(*f).width("W") <= w)
        .unwrap_or(theme.label);
    let margin = (area.w - w * columns) / 2;
    for (i, c) in group.iter().enumerate() {
        let (column, row) = (i as i32 % columns, i as i32 / columns);
        let cell = Rect::new(area.x + margin + column * w, area.y + row * h, w, h);
        let here = cursor == Some(i);
        if here {
            pen.canvas.round_rect(cell, theme.radius * 0.7, BLUE);
        }
        let weight = if here { Weight::Bold } else { Weight::Regular };
        let face = Type { weight, ..face };
        let colour = if here { PAPER } else { QUIET };
        pen.canvas
            .text(cell, Align::Centre, face, colour, &c.to_string());
    }
}

fn bold(face: Type) -> Type {
    Type {
        weight: Weight::Bold,
        ..face
    }
}

/// The password in the largest type that keeps it on one line; it is read off and written down.
pub(super) fn password(pen: &mut Pen<'_>, area: Rect, target: &Target, password: &str) {
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
    let face = fitting(&faces, password, left.w - 2 * pad);
    let lines = flow::even(face, password, left.w - 2 * pad);
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
    let words = if theme.small() {
        texts::new_password_short(language)
    } else {
        texts::new_password_text(language)
    };
    let stack = Stack {
        icon: None,
        full: vec![Block::Text(words.into(), ORANGE), Block::Target(target)],
        brief: vec![Block::Text(words.into(), ORANGE), Block::Target(target)],
    };
    super::stack::draw(pen, left.inset(-theme.pad, 0), &stack);
}
