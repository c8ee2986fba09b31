//! Text that must fit: broken into lines, or shortened in its middle.

use super::canvas::{Align, Canvas};
use super::font::{Type, UNIT};
use super::rect::Rect;
use crate::palette::Rgb;

/// `text` in lines no wider than `width`. Breaks at blanks; a word that is too long alone breaks
/// after a hyphen, dot or slash where that helps, else anywhere.
pub(crate) fn wrap(face: Type, text: &str, width: i32) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let joined = if line.is_empty() {
            word.to_owned()
        } else {
            format!("{line} {word}")
        };
        if face.width(&joined) <= width {
            line = joined;
            continue;
        }
        if !line.is_empty() {
            lines.push(core::mem::take(&mut line));
        }
        let mut rest = word;
        while face.width(rest) > width {
            let (head, tail) = rest.split_at(break_point(face, rest, width));
            lines.push(head.to_owned());
            rest = tail;
        }
        line = rest.to_owned();
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// Like [`wrap`], with lines of about one length: no word stands alone on the last one.
pub(crate) fn balanced(face: Type, text: &str, width: i32) -> Vec<String> {
    let lines = wrap(face, text, width);
    if lines.len() < 2 {
        return lines;
    }
    // Never so narrow that a word which fits would be broken.
    let words = text.split_whitespace().map(|word| face.width(word));
    let widest = words.filter(|w| *w <= width).max().unwrap_or(width);
    let (mut low, mut high) = ((width / 2).max(widest), width);
    while low < high {
        let middle = (low + high) / 2;
        if wrap(face, text, middle).len() > lines.len() {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    wrap(face, text, high)
}

/// `text` without blanks, such as a serial, in as few lines as hold it, all of about one length.
pub(crate) fn even(face: Type, text: &str, width: i32) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    (1..=chars.len().max(1))
        .map(|count| -> Vec<String> {
            chars
                .chunks(chars.len().div_ceil(count).max(1))
                .map(|line| line.iter().collect())
                .collect()
        })
        .find(|lines| lines.iter().all(|line| face.width(line) <= width))
        .unwrap_or_default()
}

/// Whether every word of `text` fits into `width` unbroken.
pub(crate) fn whole_words(face: Type, text: &str, width: i32) -> bool {
    text.split_whitespace()
        .all(|word| face.width(word) <= width)
}

/// Bytes of `word` that fit into `width`, at least one character.
fn break_point(face: Type, word: &str, width: i32) -> usize {
    let mut fits = word.chars().next().map_or(0, char::len_utf8);
    let mut good = 0;
    for (at, c) in word.char_indices().skip(1) {
        if face.width(&word[..at]) > width {
            break;
        }
        fits = at;
        if word[..at].ends_with(['-', '.', '/', ',', ':']) && c != ' ' {
            good = at;
        }
    }
    if good * 2 > fits { good } else { fits }
}

/// `text`, or its head, `...` and its last `keep` characters when it is wider than `width`.
pub(crate) fn shorten(face: Type, text: &str, width: i32, keep: usize) -> String {
    if face.width(text) <= width {
        return text.to_owned();
    }
    let chars: Vec<char> = text.chars().collect();
    let start = chars.len().saturating_sub(keep);
    let tail: String = chars[start..].iter().collect();
    let room = width - face.width("...") - face.width(&tail);
    let mut used = 0;
    let head: String = chars[..start]
        .iter()
        .take_while(|c| {
            used += face.advance(**c);
            used <= room * UNIT
        })
        .collect();
    if room < 0 {
        return tail;
    }
    format!("{head}...{tail}")
}

/// The first face in which `text` fits on one line of `width`, or else the last one.
pub(crate) fn fitting(faces: &[Type], text: &str, width: i32) -> Type {
    faces
        .iter()
        .chain(faces.last())
        .copied()
        .find(|face| face.width(text) <= width)
        .or(faces.last().copied())
        .unwrap_or(Type::bitmap(super::font::Weight::Regular, 8))
}

/// Height of `lines` lines of `face`.
pub(crate) fn height(face: Type, lines: usize) -> i32 {
    lines as i32 * face.line_height()
}

/// Draws lines from the top of `area` down.
pub(crate) fn lines(
    canvas: &mut Canvas,
    mut area: Rect,
    align: Align,
    face: Type,
    colour: Rgb,
    lines: &[String],
) {
    for line in lines {
        let row = area.cut_top(face.line_height());
        canvas.text(row, align, face, colour, line);
    }
}

/// Draws `text` wrapped in the largest of `faces` that fits the box, from the top or centred.
pub(crate) fn paragraph(
    canvas: &mut Canvas,
    area: Rect,
    align: Align,
    faces: &[Type],
    colour: Rgb,
    text: &str,
) -> i32 {
    let Some((face, broken)) = faces
        .iter()
        .map(|face| (*face, wrap(*face, text, area.w)))
        .find(|(face, broken)| height(*face, broken.len()) <= area.h)
        .or_else(|| faces.last().map(|face| (*face, wrap(*face, text, area.w))))
    else {
        return 0;
    };
    let used = height(face, broken.len());
    if used > area.h {
        canvas.faults.push(format!(
            "`{text}` needs {used} rows, its box has {}",
            area.h
        ));
    }
    lines(canvas, area, align, face, colour, &broken);
    used
}
