//! What the reader of TOML says, in the words of people who edit settings. It speaks of sequences, maps and u16, and repeats
//! values; people know lists, sections and numbers, and a value may be a secret.

use super::place;

/// Line and column, from 1, of a mistake in this text, and what is wrong with which item.
pub(crate) fn told(text: &str, error: &toml::de::Error) -> ((usize, usize), String) {
    let offset = error.span().map_or(0, |span| span.start);
    let place = place(text, offset);
    let line = text.lines().nth(place.0 - 1).unwrap_or_default().trim();
    (place, with_item(line, plain(error.message())))
}

/// What is wrong.
#[derive(Debug, PartialEq, Eq)]
enum Wrong {
    /// The item whose name stands before this does.
    Item(String),
    /// A sentence by itself, which may be about the place as a whole.
    Place(String),
    /// A sentence that names its item.
    Named(String),
}
use Wrong::{Item, Named, Place};

/// The parser's remarks on what is no TOML, and ours.
const SYNTAX: [(&str, &str); 13] = [
    ("key with no value", "needs `=` and a value"),
    ("duplicate key", "stands here for the second time"),
    (
        "string values must be quoted",
        "there is no value that can be read",
    ),
    (
        "invalid basic string, expected `\"`",
        "the closing \" is missing",
    ),
    (
        "invalid literal string, expected `'`",
        "the closing ' is missing",
    ),
    (
        "invalid multi-line basic string, expected `\"`",
        "the closing \"\"\" is missing",
    ),
    ("unclosed table", "the closing ] is missing"),
    ("unclosed array", "the closing ] is missing"),
    ("unclosed inline table", "the closing } is missing"),
    (
        "missing comma between array elements",
        "a comma is missing in the list",
    ),
    (
        "missing escaped value",
        "in a text a \\ is written twice: \\\\",
    ),
    (
        "unexpected key or value",
        "one line holds one item: nothing else may follow its value",
    ),
    (
        "unexpected leading zero",
        "a number does not begin with a 0",
    ),
];

/// The parser's words in plain ones.
fn plain(message: &str) -> Wrong {
    if let Some((_, ours)) = SYNTAX
        .iter()
        .find(|(theirs, _)| message.starts_with(theirs))
    {
        let about_item = ["needs ", "stands "]
            .iter()
            .any(|verb| ours.starts_with(verb));
        return if about_item {
            Item((*ours).into())
        } else {
            Place((*ours).into())
        };
    }
    let quoted = |rest: &str| rest.split('`').next().unwrap_or_default().to_owned();
    let (found, wanted) = message.rsplit_once(", expected ").unwrap_or((message, ""));
    if let Some(found) = found.strip_prefix("invalid type: ") {
        Item(format!(
            "must be {}, not {}",
            kind_wanted(wanted),
            kind_found(found)
        ))
    } else if found.starts_with("invalid value: ") || found.starts_with("invalid length ") {
        Item(format!("must be {}", kind_wanted(wanted)))
    } else if let Some(word) = found.strip_prefix("unknown variant `") {
        Item(format!("must be {wanted}, not `{}`", quoted(word)))
    } else if let Some(item) = found.strip_prefix("unknown field `") {
        let known = wanted.strip_prefix("one of ").unwrap_or(wanted);
        Named(format!(
            "there is no item `{}` here, only {known}",
            quoted(item)
        ))
    } else if let Some(item) = found.strip_prefix("missing field `") {
        Named(format!("the item `{}` is missing", quoted(item)))
    } else if message.starts_with("must be ") {
        Item(message.into())
    } else if let Some(wanted) = message.strip_prefix("wanted ") {
        Item(format!("must be {}", kind_wanted(wanted)))
    } else if message.starts_with("expected table, ") {
        // A word that was given as a table.
        Item(format!("must be {}", kind_wanted("string or table")))
    } else if message == "invalid socket address syntax" {
        Item(format!("must be {}", kind_wanted("socket address")))
    } else {
        Place(message.replace('\n', "; "))
    }
}

/// What should stand there.
fn kind_wanted(theirs: &str) -> String {
    let sized = ["a tuple of size ", "an array of length "];
    if let Some(size) = sized.iter().find_map(|words| theirs.strip_prefix(words)) {
        return format!("a list of {size} values, in brackets");
    }
    match theirs {
        "a string" => "a text in quotes",
        "path string" => "a path in quotes",
        // What words to choose from is told for a word that is not among them.
        "string or table" => "a word in quotes",
        "socket address" => "an address with its port, in quotes: \"0.0.0.0:80\"",
        "a boolean" => "true or false, without quotes",
        "a sequence" => "a list in brackets",
        "a map" => "a section of items",
        "u8" => "a whole number from 0 to 255, without quotes",
        "u16" => "a whole number from 0 to 65535, without quotes",
        "u32" | "u64" | "usize" => "a whole number, 0 or more, without quotes",
        "i8" | "i16" | "i32" | "i64" => "a whole number without quotes",
        "f32" | "f64" => "a number without quotes",
        section if section.starts_with("struct ") => "a section of items",
        other => other,
    }
    .into()
}

/// What stands there instead. Its value is not repeated.
fn kind_found(theirs: &str) -> &str {
    let kinds = [
        ("string ", "a text"),
        ("integer ", "a number"),
        ("floating point ", "a number with a point"),
        ("boolean ", "true or false"),
        ("sequence", "a list"),
        // The parser hands out dates as maps.
        ("map", "a section or a date"),
    ];
    let known = kinds.iter().find(|(words, _)| theirs.starts_with(words));
    known.map_or("this", |(_, ours)| ours)
}

/// What is wrong with which item of this line, and the usual slips in it. Never the value: it may be a password.
fn with_item(line: &str, wrong: Wrong) -> String {
    let item = line.split_once('=').map(|(item, _)| item.trim());
    let first = || line.split_whitespace().next();
    let names_itself = |word: &&str| word.starts_with(|c: char| c.is_alphabetic() || c == '[');
    let item = item.or_else(|| first().filter(names_itself));
    let item: Option<String> = item.map(|item| item.chars().take(40).collect());
    let unnamed = !matches!(wrong, Named(_));
    let told = match (wrong, &item) {
        (Item(what), Some(item)) => format!("`{item}` {what}"),
        (Place(what), Some(item)) => format!("{what}; at `{item}`"),
        (Item(what) | Place(what) | Named(what), _) => what,
    };
    if line.contains(['\u{201c}', '\u{201d}', '\u{201e}', '\u{2018}', '\u{2019}']) {
        return format!("{told}; type straight quotes (\") in place of curly ones");
    }
    // The parser knows that it is no value; people know it as a text.
    let value = line.split_once('=').map_or("", |(_, value)| value.trim());
    let bare = value.starts_with(|c: char| c.is_alphabetic() || c == '/')
        && !["true", "false"].iter().any(|word| value.starts_with(word));
    match item {
        Some(item) if bare && unnamed => {
            format!("{told}; a text stands in quotes: {item} = \"...\"")
        }
        _ => told,
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    /// One item of each kind that settings have.
    #[derive(Deserialize, Debug, Default)]
    #[serde(deny_unknown_fields, default)]
    #[allow(dead_code, reason = "only its reading is looked at")]
    struct Sample {
        section: Section,
        text: String,
        path: std::path::PathBuf,
        switch: bool,
        list: Vec<String>,
        pair: (u16, u16),
        byte: u8,
        count: u32,
        offset: i32,
        size: f32,
        word: Option<Word>,
        at: Option<std::net::SocketAddr>,
    }

    #[derive(Deserialize, Debug, Default)]
    #[allow(dead_code, reason = "only its reading is looked at")]
    struct Section {
        must: u8,
    }

    #[derive(Deserialize, Debug)]
    #[serde(rename_all = "kebab-case")]
    enum Word {
        One,
        Two,
        Three,
    }

    fn said(text: &str) -> String {
        told(text, &toml::from_str::<Sample>(text).expect_err(text)).1
    }

    #[test]
    fn what_is_of_another_kind_is_told_in_words_of_people() {
        for (text, words) in [
            ("text = 7", "`text` must be a text in quotes, not a number"),
            (
                "text = true",
                "`text` must be a text in quotes, not true or false",
            ),
            ("text = []", "`text` must be a text in quotes, not a list"),
            (
                "text = 2026-11-22",
                "`text` must be a text in quotes, not a section or a date",
            ),
            (
                "[text]",
                "`[text]` must be a text in quotes, not a section or a date",
            ),
            (
                "path = 1.5",
                "`path` must be a path in quotes, not a number with a point",
            ),
            (
                "switch = \"Mrkr\"",
                "`switch` must be true or false, without quotes, not a text",
            ),
            (
                "list = \"Mrkr, expected Mrkr\"",
                "`list` must be a list in brackets, not a text",
            ),
            (
                "list = [7]",
                "`list` must be a text in quotes, not a number",
            ),
            (
                "pair = [1]",
                "`pair` must be a list of 2 values, in brackets",
            ),
            (
                "pair = 1",
                "`pair` must be a list of 2 values, in brackets, not a number",
            ),
            (
                "byte = 256",
                "`byte` must be a whole number from 0 to 255, without quotes",
            ),
            (
                "pair = [-1, 2]",
                "`pair` must be a whole number from 0 to 65535, without quotes",
            ),
            (
                "count = \"7\"",
                "`count` must be a whole number, 0 or more, without quotes, not a text",
            ),
            (
                "offset = 1.5",
                "`offset` must be a whole number without quotes, not a number with a point",
            ),
            (
                "size = \"7\"",
                "`size` must be a number without quotes, not a text",
            ),
            (
                "section = 3",
                "`section` must be a section of items, not a number",
            ),
            ("section = {}", "the item `must` is missing"),
            (
                "[section]\nmust = 1\n[[section]]",
                "`[[section]]` stands here for the second time",
            ),
            ("word = 3", "`word` must be a word in quotes"),
            ("word = {one = 1}", "`word` must be a word in quotes"),
            (
                "word = \"four\"",
                "`word` must be one of `one`, `two`, `three`, not `four`",
            ),
            (
                "at = \"x\"",
                "`at` must be an address with its port, in quotes: \"0.0.0.0:80\"",
            ),
            (
                "at = 80",
                "`at` must be an address with its port, in quotes: \"0.0.0.0:80\", not a number",
            ),
        ] {
            assert_eq!(said(text), words, "{text}");
        }
        let unknown = said("sise = 1");
        assert!(
            unknown.starts_with("there is no item `sise` here, only `section`, `text`, "),
            "{unknown}"
        );
    }

    #[test]
    fn what_is_no_toml_is_told_with_the_remedy() {
        for (text, words) in [
            ("text", "`text` needs `=` and a value"),
            ("text: \"x\"", "`text:` needs `=` and a value"),
            ("text =", "there is no value that can be read; at `text`"),
            (
                "text = Plant 3",
                "there is no value that can be read; at `text`; a text stands in quotes: text = \"...\"",
            ),
            ("text = \"x", "the closing \" is missing; at `text`"),
            ("text = 'x", "the closing ' is missing; at `text`"),
            ("text = \"\"\"x", "the closing \"\"\" is missing; at `text`"),
            ("[section", "the closing ] is missing; at `[section`"),
            ("list = [\"a\"", "the closing ] is missing; at `list`"),
            (
                "section = {must = 1",
                "the closing } is missing; at `section`",
            ),
            (
                "list = [\"a\" \"b\"]",
                "a comma is missing in the list; at `list`",
            ),
            (
                "list = [\n\"Mrkr\"\n\"b\"]",
                "a comma is missing in the list",
            ),
            (
                "path = \"C:\\qx\"",
                "in a text a \\ is written twice: \\\\; at `path`",
            ),
            (
                "text = 'a' 'b'",
                "one line holds one item: nothing else may follow its value; at `text`",
            ),
            ("byte = 007", "a number does not begin with a 0; at `byte`"),
            (
                "text = 'a'\ntext = 'b'",
                "`text` stands here for the second time",
            ),
        ] {
            assert_eq!(said(text), words, "{text}");
        }
        let curly = said("text = \u{201c}Plant\u{201d}");
        assert!(
            curly.ends_with("type straight quotes (\") in place of curly ones"),
            "{curly}"
        );
    }
}
