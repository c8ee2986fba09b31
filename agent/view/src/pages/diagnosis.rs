//! Why do I not see my camera: the links, then what was found with its remedy.

use resetbox_core::view::Finding;

use super::Pen;
use crate::draw::flow::{self, fitting, wrap};
use crate::draw::{Align, Class, Icon, Rect, Type, Weight, icon};
use crate::palette::{CARD, INK, LINE, PAPER, QUIET, SKY, VERMILLION};
use crate::texts::{self, Words};

pub(super) fn page(
    pen: &mut Pen<'_>,
    area: Rect,
    links: &[(String, bool, u64, u64)],
    findings: &[Finding],
    offset: usize,
) {
    let theme = pen.theme;
    let language = pen.language;
    let mut left = area.inset(theme.pad, theme.pad / 2);
    // The links take no more than a third.
    let most = (left.h / 3 / row_height(pen)).max(1) as usize;
    for link in links.iter().take(most) {
        link_row(pen, &mut left, link);
    }
    let rule = left.cut_top(theme.pad / 2 + 1);
    pen.canvas
        .fill(Rect::new(rule.x, rule.y + rule.h / 2, rule.w, 1), LINE);

    if findings.is_empty() {
        let words = Words {
            title: texts::all_well(language).into(),
            what: String::new(),
            next: texts::all_well_next(language).into(),
            short: texts::all_well_next(language).into(),
        };
        finding(pen, &mut left, &words, Icon::Tick, None);
        return;
    }
    let count = findings.len();
    let first = offset.min(count - 1);
    for (i, found) in findings.iter().enumerate().skip(first) {
        let words = texts::finding(language, found);
        let place = (count > 1).then(|| format!("{}/{count}", i + 1));
        if !finding(pen, &mut left, &words, Icon::Triangle, place) {
            break;
        }
        left.cut_top(theme.pad / 2);
    }
}

fn row_height(pen: &Pen<'_>) -> i32 {
    pen.theme.label.line_height() + if pen.theme.small() { 0 } else { 2 }
}

/// `eth0   12 sent   34 heard`, with a plug that says whether a cable is in.
fn link_row(
    pen: &mut Pen<'_>,
    left: &mut Rect,
    (name, carrier, sent, heard): &(String, bool, u64, u64),
) {
    let theme = pen.theme;
    let language = pen.language;
    let mut row = left.cut_top(row_height(pen));
    let side = theme.label.cap + if theme.small() { 1 } else { 3 };
    let at = row.cut_left(side).centre(side, side);
    let colour = if *carrier { SKY } else { VERMILLION };
    icon::draw(pen.canvas, at, Icon::Plug, colour, INK);
    row.cut_left(theme.pad / 2 + 1);
    let (sent, heard) = (texts::count(*sent), texts::count(*heard));
    let counts = if *carrier {
        let (out, back) = (texts::sent(language), texts::heard(language));
        [
            format!("{sent} {out}  {heard} {back}"),
            format!("{sent} / {heard}"),
        ]
    } else {
        let words = texts::no_cable(language).to_owned();
        [words, String::new()]
    };
    // The name may lose its middle, the counts nothing: but they are told in fewer words first.
    let room = row.w - theme.label_bold.width(name) - theme.pad;
    let [long, short] = counts;
    let counts = if theme.label.width(&long) <= room {
        long
    } else {
        short
    };
    let cell = row.cut_right(theme.label.width(&counts));
    pen.canvas
        .text(cell, Align::Right, theme.label, QUIET, &counts);
    row.cut_right(theme.pad / 2);
    let face = fitting(&[theme.label_bold, theme.label], name, row.w);
    let name = flow::shorten(face, name, row.w, 3);
    pen.canvas.text(row, Align::Left, face, PAPER, &name);
}

/// One finding: headline, what, remedy; the long words where there is room, else the short ones.
/// `false` when there was no room at all.
fn finding(
    pen: &mut Pen<'_>,
    left: &mut Rect,
    words: &Words,
    shape: Icon,
    place: Option<String>,
) -> bool {
    let theme = pen.theme;
    let (title, text) = match theme.class {
        Class::Small => (theme.label_bold, theme.label),
        Class::Medium => (
            Type::smooth(Weight::Bold, 12),
            Type::smooth(Weight::Regular, 10),
        ),
        Class::Large => (
            Type::smooth(Weight::Bold, 16),
            Type::smooth(Weight::Regular, 13),
        ),
    };
    let side = title.cap + if theme.small() { 3 } else { 6 };
    let indent = side + theme.pad * 2 / 3;
    let place_width = place
        .as_ref()
        .map_or(0, |p| theme.label.width(p) + theme.pad);
    let title_lines = wrap(title, &words.title, left.w - indent - place_width);
    let title_height = flow::height(title, title_lines.len()).max(side);
    let long: Vec<(&str, _)> = vec![(&words.what, QUIET), (&words.next, PAPER)];
    let mid = vec![(words.next.as_str(), PAPER)];
    let short = vec![(words.short.as_str(), PAPER)];
    let height = |parts: &[(&str, _)]| {
        parts
            .iter()
            .map(|(t, _)| flow::height(text, wrap(text, t, left.w).len()))
            .sum::<i32>()
    };
    let Some(parts) = [long, mid, short]
        .into_iter()
        .find(|parts| title_height + height(parts) <= left.h)
    else {
        return false;
    };
    let mut head = left.cut_top(title_height);
    let at = head.cut_left(side).centre(side, side);
    icon::state(pen.canvas, at, shape, INK);
    head.cut_left(indent - side);
    if let Some(place) = place {
        let cell = head.cut_right(place_width);
        pen.canvas
            .text(cell, Align::Right, theme.label, QUIET, &place);
    }
    let rows = head.centre(head.w, flow::height(title, title_lines.len()));
    flow::lines(pen.canvas, rows, Align::Left, title, PAPER, &title_lines);
    for (words, colour) in parts {
        let lines = wrap(text, words, left.w);
        let rows = left.cut_top(flow::height(text, lines.len()));
        flow::lines(pen.canvas, rows, Align::Left, text, colour, &lines);
    }
    let _ = CARD;
    true
}
