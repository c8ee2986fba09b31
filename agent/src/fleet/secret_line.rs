//! A line that is typed without showing it: a reset key or a password. Pure; [`super::terminal`] feeds it.
//!
//! Keys are eight characters that cost a try when one is wrong, so that typing quite blind would be unkind: a star
//! stands for each character, and Tab shows and hides the text while somebody looks.

use resetbox_core::secret::SecretText;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Longer than anything that is asked for; what is typed beyond it is not taken.
const LONGEST: usize = 128;

/// What came of a byte.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Typed {
    /// The line goes on.
    More,
    /// Enter.
    Done,
    /// Ctrl-C, Ctrl-D on an empty line, or the terminal went away.
    Cancelled,
}

/// The line so far. Wiped when dropped; its buffer never grows, so that no copy stays behind.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(super) struct SecretLine {
    bytes: Vec<u8>,
    shown: bool,
    /// It is no secret.
    always: bool,
    escape: Escape,
}

/// Where in a key's sequence (arrows and the like) the bytes are: such keys mean nothing here.
#[derive(Copy, Clone, PartialEq, Eq, Default)]
enum Escape {
    #[default]
    Out,
    Begun,
    Inside,
}

impl Zeroize for Escape {
    fn zeroize(&mut self) {
        *self = Self::Out;
    }
}

impl SecretLine {
    /// An empty line; `shown` for what is no secret.
    pub(super) fn new(shown: bool) -> Self {
        Self {
            bytes: Vec::with_capacity(LONGEST),
            shown,
            always: shown,
            escape: Escape::Out,
        }
    }

    /// Shows stars from now on: what stays on the screen must not be the text.
    pub(super) fn hide(&mut self) {
        self.shown = self.always;
    }

    /// Takes a byte from the terminal.
    pub(super) fn byte(&mut self, byte: u8) -> Typed {
        match (self.escape, byte) {
            (_, 0x03) => return Typed::Cancelled,
            (_, b'\r' | b'\n') => return Typed::Done,
            (Escape::Begun, b'[' | b'O') => self.escape = Escape::Inside,
            (Escape::Begun, _) => self.escape = Escape::Out,
            (Escape::Inside, 0x40..=0x7e) => self.escape = Escape::Out,
            (Escape::Inside, _) => {}
            (Escape::Out, 0x1b) => self.escape = Escape::Begun,
            (Escape::Out, 0x04) if self.bytes.is_empty() => return Typed::Cancelled,
            (Escape::Out, b'\t') => self.shown = !self.shown,
            (Escape::Out, 0x08 | 0x7f) => self.rub_out(),
            (Escape::Out, 0x15) => self.bytes.zeroize(),
            (Escape::Out, 0x20..) if self.bytes.len() < LONGEST => self.bytes.push(byte),
            (Escape::Out, _) => {}
        }
        Typed::More
    }

    /// What stands on the screen: stars, or the text while it is shown.
    pub(super) fn drawn(&self) -> SecretText {
        let text = String::from_utf8_lossy(&self.bytes);
        if self.shown {
            SecretText::new(sadp::printable(&text).into_owned())
        } else {
            SecretText::new("*".repeat(text.chars().count()))
        }
    }

    /// The text. Bytes that are no text become characters that no rule accepts.
    pub(super) fn text(&self) -> SecretText {
        SecretText::new(String::from_utf8_lossy(&self.bytes).into_owned())
    }

    /// Takes the last whole character away.
    fn rub_out(&mut self) {
        while let Some(byte) = self.bytes.pop() {
            if byte & 0xc0 != 0x80 {
                break;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn type_in(line: &mut SecretLine, bytes: &[u8]) -> Typed {
        let mut last = Typed::More;
        for byte in bytes {
            last = line.byte(*byte);
        }
        last
    }

    #[test]
    fn stars_stand_for_characters_until_tab_shows_them() {
        let mut line = SecretLine::new(false);
        assert_eq!(type_in(&mut line, b"A1b2"), Typed::More);
        assert_eq!(line.drawn().expose(), "****");
        type_in(&mut line, b"\t");
        assert_eq!(line.drawn().expose(), "A1b2");
        type_in(&mut line, b"\t");
        assert_eq!(line.drawn().expose(), "****");
        assert_eq!(type_in(&mut line, b"c3D4\r"), Typed::Done);
        assert_eq!(line.text().expose(), "A1b2c3D4");
    }

    #[test]
    fn rubbing_out_takes_whole_characters_and_a_line_can_begin_anew() {
        let mut line = SecretLine::new(false);
        type_in(&mut line, "aé".as_bytes());
        type_in(&mut line, b"\x7f");
        assert_eq!(line.text().expose(), "a");
        type_in(&mut line, b"\x08\x08xyz\x15q");
        assert_eq!(line.text().expose(), "q");
    }

    #[test]
    fn arrows_and_function_keys_type_nothing() {
        let mut line = SecretLine::new(false);
        type_in(&mut line, b"a\x1b[D\x1b[1;5C\x1bOP\x1b[15~b");
        assert_eq!(line.text().expose(), "ab");
    }

    #[test]
    fn a_flood_is_cut_and_the_buffer_never_moves() {
        let mut line = SecretLine::new(false);
        let before = line.bytes.as_ptr();
        type_in(&mut line, &[b'x'; 10_000]);
        assert_eq!(line.text().expose().len(), LONGEST);
        assert_eq!(line.bytes.as_ptr(), before);
    }

    #[test]
    fn ctrl_c_and_an_early_end_cancel() {
        assert_eq!(
            type_in(&mut SecretLine::new(false), b"ab\x03"),
            Typed::Cancelled
        );
        assert_eq!(
            type_in(&mut SecretLine::new(false), b"\x04"),
            Typed::Cancelled
        );
        assert_eq!(type_in(&mut SecretLine::new(false), b"ab\x04"), Typed::More);
    }
}
