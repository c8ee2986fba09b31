//! Text from outside, made safe to show.

use std::borrow::Cow;

/// The stand-in for a character that must not be shown.
const STAND_IN: char = char::REPLACEMENT_CHARACTER;

/// Replaces every character that could act on a terminal, a page or the direction of writing by U+FFFD:
/// control characters (with them NUL, line breaks and the escapes of terminals), bidirectional controls,
/// invisible and line-separating characters, and noncharacters. All other text is borrowed as it is.
///
/// Pages must still escape markup: `<` is a printable character.
///
/// ```
/// assert_eq!(sadp::printable("\x1b[31mDS-2CD\0"), "\u{fffd}[31mDS-2CD\u{fffd}");
/// ```
pub fn printable(text: &str) -> Cow<'_, str> {
    if text.chars().any(acts) {
        text.chars()
            .map(|c| if acts(c) { STAND_IN } else { c })
            .collect::<String>()
            .into()
    } else {
        text.into()
    }
}

/// Whether a character does something other than standing there.
fn acts(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
        // Noncharacters: the last two of every plane, and a block of 32.
        || matches!(u32::from(c) & 0xffff, 0xfffe | 0xffff)
        || matches!(c, '\u{fdd0}'..='\u{fdef}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_text_is_borrowed() {
        for text in ["", "DS-2CD2042WD-I", "海康威视 Ünïcode <b>&", "\u{fffd}"] {
            assert!(matches!(printable(text), Cow::Borrowed(same) if same == text));
        }
    }

    #[test]
    fn acting_characters_are_replaced_one_by_one() {
        for c in [
            '\0', '\x07', '\x1b', '\n', '\r', '\x7f', '\u{9b}', '\u{200f}', '\u{202e}', '\u{2066}',
            '\u{feff}',
        ] {
            assert_eq!(printable(&format!("a{c}b")), "a\u{fffd}b", "{c:?}");
        }
    }
}
