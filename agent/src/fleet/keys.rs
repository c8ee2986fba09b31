//! Keys of a terminal, from their bytes. Pure.

/// A key that means something to the list.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Key {
    Quit,
    Up,
    Down,
    PageUp,
    PageDown,
    Home,
    End,
}

impl Key {
    /// The first line to show after it; what is beyond the end is corrected when the screen is drawn.
    pub(super) fn scroll(self, top: usize, lines: usize) -> usize {
        let page = lines.saturating_sub(6).max(1);
        match self {
            Self::Quit => top,
            Self::Up => top.saturating_sub(1),
            Self::Down => top.saturating_add(1),
            Self::PageUp => top.saturating_sub(page),
            Self::PageDown => top.saturating_add(page),
            Self::Home => 0,
            Self::End => usize::MAX,
        }
    }
}

/// Reads bytes into keys.
#[derive(Default)]
pub(super) struct Keys {
    at: At,
}

#[derive(Default)]
enum At {
    #[default]
    Start,
    Escape,
    /// Inside a sequence, with its number so far.
    Sequence(u16),
}

impl Keys {
    /// Takes a byte; a key that means something comes back when it is whole.
    pub(super) fn byte(&mut self, byte: u8) -> Option<Key> {
        let (at, key) = match (std::mem::take(&mut self.at), byte) {
            (_, 0x03) => (At::Start, Some(Key::Quit)),
            (_, 0x1b) => (At::Escape, None),
            (At::Start, b'q' | b'Q') => (At::Start, Some(Key::Quit)),
            (At::Start, b'k') => (At::Start, Some(Key::Up)),
            (At::Start, b'j') => (At::Start, Some(Key::Down)),
            (At::Start, b' ') => (At::Start, Some(Key::PageDown)),
            (At::Start, _) => (At::Start, None),
            (At::Escape, b'[' | b'O') => (At::Sequence(0), None),
            (At::Escape, _) => (At::Start, None),
            (At::Sequence(number), b'0'..=b'9') => {
                let number = number
                    .saturating_mul(10)
                    .saturating_add((byte - b'0').into());
                (At::Sequence(number), None)
            }
            (At::Sequence(_), b';') => (At::Sequence(0), None),
            (At::Sequence(number), end) => (
                At::Start,
                match (end, number) {
                    (b'A', _) => Some(Key::Up),
                    (b'B', _) => Some(Key::Down),
                    (b'H', _) | (b'~', 1 | 7) => Some(Key::Home),
                    (b'F', _) | (b'~', 4 | 8) => Some(Key::End),
                    (b'~', 5) => Some(Key::PageUp),
                    (b'~', 6) => Some(Key::PageDown),
                    _ => None,
                },
            ),
        };
        self.at = at;
        key
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_from_their_bytes() {
        let read = |bytes: &[u8]| {
            let mut keys = Keys::default();
            (bytes.iter())
                .filter_map(|byte| keys.byte(*byte))
                .collect::<Vec<_>>()
        };
        assert_eq!(read(b"\x1b[A\x1b[B"), [Key::Up, Key::Down]);
        assert_eq!(
            read(b"\x1b[5~\x1b[6~ "),
            [Key::PageUp, Key::PageDown, Key::PageDown]
        );
        assert_eq!(read(b"\x1b[1~\x1bOF"), [Key::Home, Key::End]);
        assert_eq!(read(b"xq"), [Key::Quit]);
        assert_eq!(read(b"\x1b[2\x03"), [Key::Quit]);
        // A q that is part of another key's sequence quits nothing.
        assert_eq!(read(b"\x1b[1;5q\x1b[99999999~"), []);
    }

    #[test]
    fn scrolling_stops_at_the_start() {
        assert_eq!(Key::Up.scroll(0, 24), 0);
        assert_eq!(Key::PageUp.scroll(7, 24), 0);
        assert_eq!(Key::PageDown.scroll(7, 24), 25);
    }
}
