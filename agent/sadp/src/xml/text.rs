//! Small texts: trimming, cutting, unescaping.

use std::borrow::Cow;
use std::ops::Range;

/// Cuts blanks and NULs off both ends; devices pad with either.
pub(crate) fn trim(text: &str) -> &str {
    &text[trim_range(text)]
}

/// What [`trim`] leaves.
pub(crate) fn trim_range(text: &str) -> Range<usize> {
    // Most texts need no trimming: look at their ends before looking closer.
    let plain = |byte: Option<&u8>| byte.is_none_or(u8::is_ascii_graphic);
    if plain(text.as_bytes().first()) && plain(text.as_bytes().last()) {
        return 0..text.len();
    }
    meter::count(text.len());
    let padding = |c: char| c.is_whitespace() || c == '\0';
    let from_start = text.trim_start_matches(padding);
    let start = text.len() - from_start.len();
    start..start + from_start.trim_end_matches(padding).len()
}

/// The beginning of a text: at most `longest` bytes, no character torn.
pub(crate) fn cut(text: &str, longest: usize) -> &str {
    if text.len() <= longest {
        return text;
    }
    let end = (0..=longest)
        .rev()
        .find(|end| text.is_char_boundary(*end))
        .unwrap_or(0);
    &text[..end]
}

/// Resolves what stands between `&` and `;`: one of the five predefined entities or a character reference.
/// Nothing else is ever expanded, so a message cannot grow by reading it.
pub(super) fn resolve(reference: &str) -> Option<char> {
    match reference {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = reference.strip_prefix('#')?;
            let (digits, radix) = match number.strip_prefix('x') {
                Some(digits) => (digits, 16),
                None => (number, 10),
            };
            // from_str_radix takes a sign; a reference has none.
            if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                return None;
            }
            let code = u32::from_str_radix(digits, radix).ok()?;
            char::from_u32(code).filter(|c| *c != '\0')
        }
    }
}

/// Searches a text; tests count the bytes looked at, to prove that no input costs more than its length.
macro_rules! find {
    ($text:expr, $pattern:expr) => {{
        let text: &str = $text;
        let found = text.find($pattern);
        crate::xml::text::meter::count(found.map_or(text.len(), |at| at + 1));
        found
    }};
}
pub(super) use find;

/// Counts the bytes that searches look at; nothing outside tests.
#[cfg(not(test))]
pub(super) mod meter {
    #[inline(always)]
    pub(in crate::xml) fn count(_: usize) {}
}

#[cfg(test)]
pub(super) mod meter {
    use std::cell::Cell;

    thread_local!(static LOOKED_AT: Cell<usize> = const { Cell::new(0) });

    pub(in crate::xml) fn count(bytes: usize) {
        LOOKED_AT.set(LOOKED_AT.get() + bytes);
    }

    /// The count since the last call, of this thread.
    pub(in crate::xml) fn take() -> usize {
        LOOKED_AT.take()
    }
}

/// No reference that [`resolve`] knows is longer than `#x0010FFFF`; padding with more zeros is not read.
const LONGEST_REFERENCE: usize = 10;

/// Unescapes a text; a `&` that begins no known reference stays as it is.
pub(super) fn unescape(text: &str) -> Cow<'_, str> {
    let Some(first) = find!(text, '&') else {
        return text.into();
    };
    let mut unescaped = String::with_capacity(text.len());
    unescaped.push_str(&text[..first]);
    let mut rest = &text[first..];
    while let Some(after) = rest.strip_prefix('&') {
        // Looking only so far keeps a text of many `&` linear.
        meter::count(LONGEST_REFERENCE);
        let window = &after.as_bytes()[..after.len().min(LONGEST_REFERENCE + 1)];
        let reference = window
            .iter()
            .position(|byte| *byte == b';')
            .and_then(|end| {
                // A `;` is never inside a character, so `end` is a boundary.
                resolve(&after[..end]).map(|c| (c, &after[end + 1..]))
            });
        let tail = match reference {
            Some((c, tail)) => {
                unescaped.push(c);
                tail
            }
            None => {
                unescaped.push('&');
                after
            }
        };
        let next = find!(tail, '&').unwrap_or(tail.len());
        unescaped.push_str(&tail[..next]);
        rest = &tail[next..];
    }
    unescaped.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trims_blanks_and_nuls() {
        for (text, trimmed) in [
            ("", ""),
            ("a", "a"),
            (" \r\n\t\0", ""),
            (" a b \0\0", "a b"),
            ("\u{3000}a", "a"),
            ("a\u{a0}", "a"),
        ] {
            assert_eq!(trim(text), trimmed, "{text:?}");
        }
    }

    #[test]
    fn cuts_between_characters() {
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("aää", 4), "aä");
        assert_eq!(cut("海", 2), "");
    }

    #[test]
    fn unescapes_the_five_and_character_references() {
        for (text, plain) in [
            ("plain", "plain"),
            ("&lt;&gt;&amp;&quot;&apos;", "<>&\"'"),
            ("A&#65;&#x41;&#x6d77;", "AAA海"),
            ("&amp;lt;", "&lt;"),
            ("A&B", "A&B"),
            ("&", "&"),
            ("&&amp;&", "&&&"),
            ("&nbsp;&unknown;&;", "&nbsp;&unknown;&;"),
            (
                "&#0;&#xD800;&#x110000;&#;&#x;&#+5;&#-5;",
                "&#0;&#xD800;&#x110000;&#;&#x;&#+5;&#-5;",
            ),
            ("&海;", "&海;"),
        ] {
            assert_eq!(unescape(text), plain, "{text}");
        }
    }
}
