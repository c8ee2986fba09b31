//! From bytes to text: byte-order marks, UTF-8, the Chinese encodings, torn characters, NULs.

use std::borrow::Cow;

use encoding_rs::{GBK, UTF_16BE, UTF_16LE};

/// Decodes a datagram. Never fails: what is no text becomes U+FFFD.
///
/// Text that is UTF-8 is taken as that. Otherwise every run between `<` and `>` is decoded by itself, so that
/// leading binary or one field in GB2312 does not spoil the rest: as UTF-8 where it is that, as GBK (which
/// contains GB2312) else.
pub(crate) fn decode(bytes: &[u8]) -> Cow<'_, str> {
    let bytes = match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => rest,
        [0xff, 0xfe, rest @ ..] => return UTF_16LE.decode_without_bom_handling(rest).0,
        [0xfe, 0xff, rest @ ..] => return UTF_16BE.decode_without_bom_handling(rest).0,
        bytes => bytes,
    };
    let end = bytes
        .iter()
        .rposition(|byte| *byte != 0)
        .map_or(0, |last| last + 1);
    let bytes = &bytes[..end];
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.is_ascii() && claims_gbk(bytes) && all_pairs(text) => {
            decode_runs(bytes, true).into()
        }
        Ok(text) => text.into(),
        // A truncated datagram may end inside a character.
        Err(error) if error.error_len().is_none() => {
            String::from_utf8_lossy(&bytes[..error.valid_up_to()])
        }
        Err(_) => decode_runs(bytes, claims_gbk(bytes)).into(),
    }
}

/// Whether the declaration names one of the Chinese encodings.
fn claims_gbk(bytes: &[u8]) -> bool {
    let head = bytes[..bytes.len().min(128)].to_ascii_lowercase();
    let declaration = head.split(|byte| *byte == b'>').next().unwrap_or_default();
    let claims = |name: &[u8]| declaration.windows(name.len()).any(|window| window == name);
    declaration.contains(&b'?') && (claims(b"gb2312") || claims(b"gbk") || claims(b"gb18030"))
}

/// Whether all non-ASCII characters are two bytes long. Chinese in UTF-8 takes three bytes a character and in
/// GBK two, so under a declaration of GB2312 such a text is GBK that happens to be valid UTF-8.
fn all_pairs(text: &str) -> bool {
    text.chars().all(|c| c.len_utf8() <= 2)
}

fn decode_runs(bytes: &[u8], gbk: bool) -> String {
    let mut text = String::with_capacity(bytes.len());
    // The second byte of a GBK character is never `<` or `>`.
    for run in bytes.split_inclusive(|byte| matches!(byte, b'<' | b'>')) {
        match std::str::from_utf8(run) {
            Ok(run) if run.is_ascii() || !gbk => text.push_str(run),
            _ => text.push_str(&GBK.decode_without_bom_handling(run).0),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf8_is_borrowed_without_mark_and_padding() {
        for bytes in [
            "<a>海康</a>".as_bytes(),
            "\u{feff}<a>海康</a>\0\0\0".as_bytes(),
        ] {
            assert!(matches!(decode(bytes), Cow::Borrowed("<a>海康</a>")));
        }
    }

    #[test]
    fn chinese_bytes_are_read_whatever_the_declaration_says() {
        let (raw, _, _) = GBK.encode("<a>海康威视</a>");
        assert_eq!(decode(&raw), "<a>海康威视</a>");
        let (raw, _, _) = GBK.encode("<?xml version='1.0' encoding='GB2312'?><a>海康威视</a>");
        assert_eq!(
            decode(&raw),
            "<?xml version='1.0' encoding='GB2312'?><a>海康威视</a>"
        );
    }

    #[test]
    fn a_gb2312_text_that_is_valid_utf8_by_accident_follows_its_declaration() {
        let text = "<?xml version=\"1.0\" encoding=\"gb2312\"?><a>摹</a>";
        let (raw, _, _) = GBK.encode(text);
        assert!(std::str::from_utf8(&raw).is_ok(), "the point of this test");
        assert_eq!(decode(&raw), text);
    }

    #[test]
    fn utf8_declared_as_gb2312_stays_utf8() {
        let text = "<?xml version=\"1.0\" encoding=\"gb2312\"?><a>海康</a>";
        assert_eq!(decode(text.as_bytes()), text);
    }

    #[test]
    fn a_torn_character_does_not_turn_utf8_into_gbk() {
        let text = "<a>海康</a><b>威";
        assert_eq!(decode(&text.as_bytes()[..text.len() - 1]), "<a>海康</a><b>");
    }

    #[test]
    fn one_spoilt_run_leaves_the_others_alone() {
        let bytes = [
            b"\xff\x80\x00junk<a>".as_slice(),
            "海康".as_bytes(),
            b"</a>",
        ]
        .concat();
        assert!(decode(&bytes).ends_with("junk<a>海康</a>"));
    }

    #[test]
    fn utf16_is_read_by_its_mark() {
        let units: Vec<u8> = [0xfffe_u16.swap_bytes()]
            .into_iter()
            .chain("<a>海</a>".encode_utf16())
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(decode(&units), "<a>海</a>");
    }
}
