//! What editors on other people's PCs make of a text file.

use std::borrow::Cow;

/// The text of a file: UTF-8 with or without a mark before it, or UTF-16 with one, as Notepad's "Unicode" is.
///
/// # Errors
/// The line, from 1, of the first byte that is no text.
pub(super) fn text(bytes: &[u8]) -> Result<Cow<'_, str>, usize> {
    match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes).map(Cow::Owned),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes).map(Cow::Owned),
        _ => {
            let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
            std::str::from_utf8(bytes)
                .map(Cow::Borrowed)
                .map_err(|error| 1 + line_ends(&bytes[..error.valid_up_to()]))
        }
    }
}

/// The same with a mark in the place of whatever is no text.
pub(super) fn forgiving(bytes: &[u8]) -> String {
    match text(bytes) {
        Ok(text) => text.into_owned(),
        Err(_) => String::from_utf8_lossy(bytes).into_owned(),
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, usize> {
    let (pairs, rest) = bytes.as_chunks();
    let odd = !rest.is_empty();
    let units = pairs.iter().map(|pair| unit(*pair));
    let mut text = String::new();
    for letter in char::decode_utf16(units) {
        match letter {
            Ok(letter) => text.push(letter),
            Err(_) => return Err(1 + text.matches('\n').count()),
        }
    }
    match odd {
        true => Err(1 + text.matches('\n').count()),
        false => Ok(text),
    }
}

fn line_ends(bytes: &[u8]) -> usize {
    bytes.iter().filter(|&&byte| byte == b'\n').count()
}
