//! Where in a text a mistake is, and what, for people with an editor.

mod words;

pub(crate) use words::told;

/// Line and column, from 1, of a byte offset.
pub(crate) fn place(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (
        before.matches('\n').count() + 1,
        before[line_start..].chars().count() + 1,
    )
}

/// Byte offset of `key` in the TOML table `[section]`; of the section when the key is not there, of the text's
/// beginning when that is not there either. An empty section is what stands before the first one.
pub(crate) fn offset_of(text: &str, section: &str, key: &str) -> usize {
    let mut inside = section.is_empty();
    let (mut offset, mut fallback) = (0, 0);
    for line in text.split_inclusive('\n') {
        let item = line.trim_start();
        let indent = line.len() - item.len();
        if let Some(name) = item.strip_prefix('[') {
            inside = name
                .trim_start()
                .strip_prefix(section)
                .is_some_and(|rest| rest.trim_start().starts_with(']'));
            if inside {
                fallback = offset + indent;
            }
        } else if inside
            && item
                .strip_prefix(key)
                .is_some_and(|rest| rest.trim_start().starts_with('='))
        {
            return offset + indent;
        }
        offset += line.len();
    }
    fallback
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_in_its_own_table_only() {
        let text = "up = 1\n[a]\nup = 2\nuphill = 3\n[ b ]\n  up= 4\n";
        let at = |section, key| place(text, offset_of(text, section, key));
        assert_eq!(at("", "up"), (1, 1));
        assert_eq!(at("a", "up"), (3, 1));
        assert_eq!(at("a", "uphill"), (4, 1));
        assert_eq!(at("b", "up"), (6, 3));
        assert_eq!(
            at("b", "uphill"),
            (5, 1),
            "the table, where the key is missing"
        );
        assert_eq!(at("c", "up"), (1, 1));
    }
}
