//! Text in the cells of a terminal: how wide it is, how it is cut, and in which tone it is said. Pure.

use sadp::printable;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// What stands where text was cut. Plain ASCII: not every console of a server room knows more.
const CUT: &str = "..";

/// How something is said. A tone repeats what the words say and is never the only sign.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub(super) enum Tone {
    /// As the terminal writes by itself.
    #[default]
    Plain,
    /// Heads of columns, side notes.
    Quiet,
    /// Titles, and what the eye should find first.
    Strong,
    /// Working, done.
    Good,
    /// A person is needed.
    Needed,
    /// Refused, gone, broken.
    Bad,
}

impl Tone {
    /// The terminal's sequence for it. The 16 colours only: they follow the owner's palette.
    fn sequence(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Quiet => "\x1b[2m",
            Self::Strong => "\x1b[1m",
            Self::Good => "\x1b[36m",
            Self::Needed => "\x1b[1;33m",
            Self::Bad => "\x1b[31m",
        }
    }
}

/// A line of a screen, piece by piece.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Line(Vec<(String, Tone)>);

impl Line {
    /// A line with one piece of text.
    pub(super) fn new(text: impl AsRef<str>, tone: Tone) -> Self {
        Self::default().and(text, tone)
    }

    /// One piece more. What could act on a terminal is replaced here, wherever it came from.
    pub(super) fn and(mut self, text: impl AsRef<str>, tone: Tone) -> Self {
        self.0.push((printable(text.as_ref()).into_owned(), tone));
        self
    }

    /// One piece more, cut or filled to exactly `width` cells.
    pub(super) fn cell(self, text: impl AsRef<str>, width: usize, tone: Tone) -> Self {
        self.and(fit(&printable(text.as_ref()), width), tone)
    }

    /// A cell whose last place is a blank, so that columns never touch.
    pub(super) fn column(self, text: impl AsRef<str>, width: usize, tone: Tone) -> Self {
        self.cell(text, width.saturating_sub(1), tone)
            .and(" ", Tone::Plain)
    }

    /// How many cells it takes.
    pub(super) fn width(&self) -> usize {
        self.0.iter().map(|(text, _)| text.width()).sum()
    }

    /// Its text, without tones and without blanks at the end.
    #[cfg(test)]
    pub(super) fn text(&self) -> String {
        let all: String = self.0.iter().map(|(text, _)| text.as_str()).collect();
        all.trim_end().to_owned()
    }

    /// As a terminal of `width` columns takes it: never wider, each tone ended where it ends.
    pub(super) fn sequences(&self, width: usize, colour: bool) -> String {
        let mut out = String::new();
        let mut left = width;
        for (text, tone) in &self.0 {
            let text = if text.width() > left {
                cut(text, left)
            } else {
                text.clone()
            };
            left -= text.width();
            let sequence = if colour { tone.sequence() } else { "" };
            out.push_str(sequence);
            out.push_str(&text);
            if !sequence.is_empty() {
                out.push_str("\x1b[0m");
            }
            if left == 0 {
                break;
            }
        }
        out
    }
}

/// The text in exactly `width` cells: cut, or filled with blanks.
pub(super) fn fit(text: &str, width: usize) -> String {
    let mut fitted = if text.width() > width {
        cut(text, width)
    } else {
        text.to_owned()
    };
    let missing = width.saturating_sub(fitted.width());
    fitted.extend(std::iter::repeat_n(' ', missing));
    fitted
}

/// At most `width` cells of the text, with a mark that something is missing. Only for text that is wider.
fn cut(text: &str, width: usize) -> String {
    let room = width.saturating_sub(CUT.len());
    let mut kept = String::new();
    let mut used = 0;
    for c in text.chars() {
        let wide = c.width().unwrap_or(0);
        if used + wide > room {
            break;
        }
        kept.push(c);
        used += wide;
    }
    kept.push_str(&CUT[..width.saturating_sub(used).min(CUT.len())]);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn text_is_cut_with_a_mark_and_filled_to_its_cells() {
        assert_eq!(fit("Warehouse North", 9), "Warehou..");
        assert_eq!(fit("Shop", 6), "Shop  ");
        assert_eq!(fit("海康威视", 5), "海.. ");
        assert_eq!(fit("Shop", 1), ".");
        assert_eq!(fit("Shop", 0), "");
    }

    #[test]
    fn tones_end_where_they_end_and_are_left_out_without_colour() {
        let line = Line::new("rb-1", Tone::Plain).and(" offline", Tone::Bad);
        assert_eq!(line.sequences(80, true), "rb-1\x1b[31m offline\x1b[0m");
        assert_eq!(line.sequences(80, false), "rb-1 offline");
    }

    proptest! {
        /// Nothing acts on the terminal but the line's own tones, and nothing leaves its columns.
        #[test]
        fn any_text_stays_inside_its_cells(text in "\\PC*|.*", width in 0usize..40, total in 0usize..60) {
            let line = Line::default().cell(&text, width, Tone::Bad).and(&text, Tone::Plain);
            let fitted = fit(&printable(&text), width);
            prop_assert_eq!(fitted.width(), width);
            let drawn = line.sequences(total, false);
            prop_assert!(drawn.width() <= total);
            prop_assert!(drawn.chars().all(|c| !c.is_control()));
            let coloured = line.sequences(total, true).replace("\x1b[31m", "").replace("\x1b[0m", "");
            prop_assert_eq!(coloured, drawn);
        }
    }
}
