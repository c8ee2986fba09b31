//! How the phone gets here: the Wi-Fi's QR, then the page's with its PIN, then the one for HTTPS with the
//! fingerprint to compare.

use resetbox_core::screen::Page;

use super::Pen;
use super::chrome::narrower;
use super::stack::{Block, Stack};
use crate::draw::flow::{self, balanced, fitting, paragraph, whole_words, wrap};
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
        secured,
        step,
    } = page
    else {
        return;
    };
    let language = pen.language;
    match (step, wifi, url, secured) {
        (2, _, _, Some(secured)) => {
            let code = secured.url_qr.as_deref().unwrap_or(&secured.url);
            let short = secured.url.trim_start_matches("https://").to_owned();
            let groups = secured.fingerprint.groups();
            // A small glass has room for the digits or for a sentence, and the digits matter.
            let title = if pen.theme.small() {
                "HTTPS"
            } else {
                texts::open_https(language)
            };
            draw(pen, area, code, title, &[short], &Below::Compare(&groups));
        }
        (0, Some(wifi), _, _) => {
            let name = wifi_field(wifi, "S:");
            let secret = wifi_field(wifi, "P:");
            let facts = [name, secret];
            let title = texts::join_wifi(language);
            draw(pen, area, wifi, title, &facts, &Below::Nothing);
        }
        (_, _, Some(url), _) => {
            let code = url_qr.as_deref().unwrap_or(url);
            let short = url.trim_start_matches("http://").to_owned();
            draw(
                pen,
                area,
                code,
                texts::open_page(language),
                &[short],
                &Below::Pin(pin),
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

/// What stands at the end of the words.
enum Below<'a> {
    Nothing,
    /// The PIN, large.
    Pin(&'a str),
    /// The beginning of the certificate's fingerprint, in groups.
    Compare(&'a [String]),
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
    below: &Below<'_>,
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
    let under = area.w.min(area.h - words) / modules;
    let pixels = beside.max(under).max(1);
    let beside = beside >= under;
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
        column(pen, area, title, facts, below);
    } else {
        foot(pen, area, title, facts, below);
    }
}

/// Beside the code: the title, the facts; the PIN large, or the fingerprint, at the bottom.
fn column(pen: &mut Pen<'_>, area: Rect, title: &str, facts: &[String], below: &Below<'_>) {
    let theme = pen.theme;
    let mut left = area;
    let mut label = left.cut_bottom(0);
    match below {
        Below::Nothing => {}
        Below::Pin(pin) => {
            let face = fitting(&narrower(big(pen)), pin, left.w);
            let row = left.cut_bottom(face.line_height());
            pen.canvas.text(row, Align::Left, face, PAPER, pin);
            let row = left.cut_bottom(theme.label.line_height());
            let words = texts::pin(pen.language);
            pen.canvas.text(row, Align::Left, theme.label, QUIET, words);
        }
        Below::Compare(groups) => {
            let (face, rows) = groups_in(pen, groups, left.w);
            for text in rows.iter().rev() {
                let row = left.cut_bottom(face.line_height());
                pen.canvas.text(row, Align::Left, face, PAPER, text);
            }
            left.cut_bottom(theme.pad / 4);
            let short = texts::https_compare_short(pen.language);
            let tall = flow::height(theme.label, balanced(theme.label, short, left.w).len());
            // The title is worth more.
            if left.h >= tall + theme.fact_bold.line_height() {
                label = left.cut_bottom(tall);
            }
        }
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
    if let Below::Compare(_) = below {
        compare(pen, left, label);
    }
}

/// The groups in the largest face and the fewest rows that `width` allows.
fn groups_in(pen: &Pen<'_>, groups: &[String], width: i32) -> (Type, Vec<String>) {
    let faces = narrower(if pen.theme.small() {
        pen.theme.label_bold
    } else {
        pen.theme.fact_bold
    });
    let in_rows =
        |count: usize| -> Vec<String> { groups.chunks(count).map(|row| row.join(" ")).collect() };
    let fits = |face: Type, rows: &[String]| rows.iter().all(|row| face.width(row) <= width);
    for count in [2, 1] {
        let rows = in_rows(count);
        if let Some(face) = faces.iter().find(|face| fits(**face, &rows)) {
            return (*face, rows);
        }
    }
    (pen.theme.label_bold, in_rows(1))
}

/// What the fingerprint is for: the sentence if there is room for it above the digits, else its core on the row
/// that was kept for it.
fn compare(pen: &mut Pen<'_>, left: Rect, label: Rect) {
    let face = pen.theme.label;
    let lines_of = |text| balanced(face, text, left.w);
    let long = lines_of(texts::https_compare(pen.language));
    let room = left.h + label.h;
    let lines = if flow::height(face, long.len()) <= room {
        long
    } else {
        lines_of(texts::https_compare_short(pen.language))
    };
    let tall = flow::height(face, lines.len());
    if tall <= room {
        let mut area = Rect::new(left.x, left.y, left.w, room);
        let row = area.cut_bottom(tall);
        flow::lines(pen.canvas, row, Align::Left, face, QUIET, &lines);
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

/// Below the code: title and address left, the PIN large at the right; or the fingerprint on the last row.
fn foot(pen: &mut Pen<'_>, area: Rect, title: &str, facts: &[String], below: &Below<'_>) {
    let theme = pen.theme;
    let mut left = area.inset(theme.pad / 2, 0);
    if let Below::Compare(groups) = below {
        let text = groups.join(" ");
        let face = fitting(&narrower(theme.fact_bold), &text, left.w);
        let row = left.cut_bottom(face.line_height());
        pen.canvas.text(row, Align::Left, face, PAPER, &text);
    }
    if let Below::Pin(pin) = below {
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
