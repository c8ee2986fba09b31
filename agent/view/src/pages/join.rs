//! How the phone gets here: the Wi-Fi's QR, then the page's with its PIN.

use resetbox_core::screen::Page;

use super::Pen;
use super::chrome::narrower;
use super::stack::{Block, Stack};
use crate::draw::flow::{self, fitting, paragraph, whole_words, wrap};
use crate::draw::{Align, Icon, Rect, Type, Weight};
use crate::palette::{PAPER, QUIET, SKY};
use crate::qr::qr_matrix;
use crate::texts;

pub(super) fn page(pen: &mut Pen<'_>, area: Rect, page: &Page) {
    let Page::Join {
        wifi,
        url,
        url_qr,
        pin,
        step,
    } = page
    else {
        return;
    };
    let language = pen.language;
    match (step, wifi, url) {
        (0, Some(wifi), _) => {
            let name = wifi_field(wifi, "S:");
            let secret = wifi_field(wifi, "P:");
            let facts = [name, secret];
            draw(pen, area, wifi, texts::join_wifi(language), &facts, None);
        }
        (_, _, Some(url)) => {
            let code = url_qr.as_deref().unwrap_or(url);
            let short = url.trim_start_matches("http://").to_owned();
            draw(
                pen,
                area,
                code,
                texts::open_page(language),
                &[short],
                Some(pin),
            );
        }
        _ => {
            let stack = Stack {
                icon: Some(Icon::Triangle),
                full: vec![
                    Block::Title(texts::no_address(language).into()),
                    Block::Strong(format!("{} {pin}", texts::pin(language)), SKY),
                ],
                brief: vec![Block::Title(texts::no_address(language).into())],
            };
            super::stack::draw(pen, area, &stack);
        }
    }
}

/// A field of `WIFI:T:WPA;S:name;P:secret;;`, with its escapes undone.
fn wifi_field(text: &str, key: &str) -> String {
    let body = text.strip_prefix("WIFI:").unwrap_or(text);
    let mut fields = vec![String::new()];
    let mut escaped = false;
    for c in body.chars() {
        match c {
            _ if escaped => {
                escaped = false;
                fields.last_mut().into_iter().for_each(|f| f.push(c));
            }
            '\\' => escaped = true,
            ';' => fields.push(String::new()),
            c => fields.last_mut().into_iter().for_each(|f| f.push(c)),
        }
    }
    fields
        .iter()
        .find_map(|f| f.strip_prefix(key))
        .unwrap_or_default()
        .to_owned()
}

fn draw(
    pen: &mut Pen<'_>,
    area: Rect,
    code: &str,
    title: &str,
    facts: &[String],
    pin: Option<&str>,
) {
    let Some(matrix) = qr_matrix(code) else {
        return;
    };
    let theme = pen.theme;
    // Every row counts: one more may buy a pixel per module.
    let mut area = area.inset(if theme.small() { 2 } else { theme.pad / 2 + 1 }, 1);
    let modules = i32::from(matrix.modules()) + 8;
    // Beside the code or below it: whichever leaves the code more pixels per module.
    let words = if theme.small() { 46 } else { 62 };
    let beside = area.h.min(area.w - words) / modules;
    let below = area.w.min(area.h - words) / modules;
    let pixels = beside.max(below).max(1);
    let beside = beside >= below;
    let side = modules * pixels;
    let card = if beside {
        let column = area.cut_left(side);
        area.cut_left(theme.pad);
        column.centre(side, side)
    } else {
        let row = area.cut_top(side);
        area.cut_top(4);
        row.centre(side, side)
    };
    pen.canvas.round_rect(card, theme.radius, PAPER);
    super::qr::paint(pen, card.inset(pixels, pixels), &matrix, pixels, 3);
    if beside {
        column(pen, area, title, facts, pin);
    } else {
        foot(pen, area, title, facts, pin);
    }
}

/// Beside the code: the title, the facts, the PIN large at the bottom.
fn column(pen: &mut Pen<'_>, area: Rect, title: &str, facts: &[String], pin: Option<&str>) {
    let theme = pen.theme;
    let mut left = area;
    if let Some(pin) = pin {
        let face = fitting(&narrower(big(pen)), pin, left.w);
        let row = left.cut_bottom(face.line_height());
        pen.canvas.text(row, Align::Left, face, PAPER, pin);
        let row = left.cut_bottom(theme.label.line_height());
        let words = texts::pin(pen.language);
        pen.canvas.text(row, Align::Left, theme.label, QUIET, words);
    }
    let title_faces = narrower(if theme.small() {
        theme.label_bold
    } else {
        theme.fact_bold
    });
    let face = title_faces
        .iter()
        .find(|face| whole_words(**face, title, left.w))
        .unwrap_or(&theme.label);
    let faces = [*face];
    let used = paragraph(pen.canvas, left, Align::Left, &faces, PAPER, title);
    left.cut_top(used + theme.pad / 2);
    for fact in facts {
        let faces = narrower(if theme.small() {
            theme.label
        } else {
            theme.fact
        });
        let one = fitting(&faces, fact, left.w);
        let faces = if one.width(fact) <= left.w {
            vec![one]
        } else {
            vec![theme.label]
        };
        let lines = wrap(faces[0], fact, left.w).len();
        let height = flow::height(faces[0], lines);
        // A very long Wi-Fi password is in the code; typing it would be no help.
        if height > left.h {
            break;
        }
        let row = left.cut_top(height);
        paragraph(pen.canvas, row, Align::Left, &faces, SKY, fact);
        left.cut_top(theme.pad / 3);
    }
}

fn big(pen: &Pen<'_>) -> Type {
    if pen.theme.small() {
        Type::bitmap(Weight::Bold, 14)
    } else if pen.theme.class == crate::draw::Class::Large {
        Type::smooth(Weight::Bold, 34)
    } else {
        Type::smooth(Weight::Bold, 22)
    }
}

/// Below the code: title and address left, the PIN large at the right.
fn foot(pen: &mut Pen<'_>, area: Rect, title: &str, facts: &[String], pin: Option<&str>) {
    let theme = pen.theme;
    let mut left = area.inset(theme.pad / 2, 0);
    if let Some(pin) = pin {
        let face = big(pen);
        let mut cell = left.cut_right(face.width(pin));
        left.cut_right(theme.pad);
        let label = cell.cut_top(theme.label.line_height());
        pen.canvas.text(
            label,
            Align::Right,
            theme.label,
            QUIET,
            texts::pin(pen.language),
        );
        let row = cell.cut_top(face.line_height());
        pen.canvas.text(row, Align::Right, face, PAPER, pin);
    }
    let row = left.cut_top(theme.fact_bold.line_height());
    let face = fitting(&narrower(theme.fact_bold), title, row.w);
    pen.canvas.text(row, Align::Left, face, PAPER, title);
    for fact in facts {
        let face = fitting(&narrower(theme.fact), fact, left.w);
        if face.line_height() > left.h {
            break;
        }
        let row = left.cut_top(face.line_height());
        let short = flow::shorten(face, fact, row.w, 4);
        pen.canvas.text(row, Align::Left, face, SKY, &short);
    }
}
