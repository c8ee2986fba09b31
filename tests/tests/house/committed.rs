//! What no committed file may hold, and what several of them must say alike.

use super::PURE;
use super::tools::{committed_text, read, top};

#[test]
fn the_oldest_rust_is_said_alike_everywhere() {
    let value = |file: &str, key: &str| {
        read(file)
            .lines()
            .find_map(|line| {
                line.strip_prefix(key)?
                    .trim()
                    .strip_prefix('=')
                    .map(|v| v.trim().to_owned())
            })
            .unwrap_or_else(|| panic!("{file} has no {key}"))
    };
    let oldest = value("Cargo.toml", "rust-version");
    assert_eq!(
        value("clippy.toml", "msrv"),
        oldest,
        "clippy.toml and Cargo.toml differ"
    );
    for name in PURE {
        assert_eq!(
            value(&format!("agent/{name}/clippy.toml"), "msrv"),
            oldest,
            "agent/{name}/clippy.toml differs"
        );
    }
    let plain = oldest.trim_matches('"');
    assert!(
        read("README.md").contains(plain),
        "README.md does not name Rust {plain}"
    );
}

#[test]
fn no_file_looks_outside_the_project() {
    // In pieces, so that this file does not find itself.
    let outside = [
        concat!("/wo", "rk/"),
        concat!("/ro", "ot/"),
        concat!("/ho", "me/"),
        concat!("../sha", "red"),
    ];
    for (path, text) in committed_text() {
        for piece in outside {
            assert!(!text.contains(piece), "{} mentions {piece}", path.display());
        }
    }
}

#[test]
fn no_code_is_left_half_way() {
    let halves = [
        concat!("todo", "!("),
        concat!("unimplemented", "!("),
        concat!("dbg", "!("),
        concat!("FIX", "ME"),
    ];
    for (path, text) in committed_text() {
        if path.extension().is_some_and(|e| e == "rs" || e == "js")
            && !path.starts_with("tests/samples")
        {
            for half in halves {
                assert!(!text.contains(half), "{} holds {half}", path.display());
            }
        }
    }
}

#[test]
fn no_merge_is_left_half_way() {
    for (path, text) in committed_text() {
        for line in text.lines() {
            let mark = ["<<<<<<<", ">>>>>>>"].map(|mark| line.starts_with(&format!("{mark} ")));
            assert!(mark == [false; 2], "{}: {line}", path.display());
        }
    }
}

#[test]
fn links_in_the_docs_lead_somewhere() {
    for (path, text) in
        committed_text().filter(|(path, _)| path.extension().is_some_and(|e| e == "md"))
    {
        let folder = top()
            .join(&path)
            .parent()
            .expect("a file has a folder")
            .to_owned();
        for link in text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
        {
            let target = link
                .split('#')
                .next()
                .expect("split gives one piece at least");
            if !target.is_empty() && !target.contains("://") && !target.starts_with("mailto:") {
                assert!(
                    folder.join(target).exists(),
                    "{}: the link to {link} is dead",
                    path.display()
                );
            }
        }
    }
}

/// `cross` only warns of a word in its file that it does not know: these are the words of version 0.2.5.
#[test]
fn cross_knows_every_word_of_its_file() {
    let deny = read("deny.toml");
    let mut targets = 0;
    for line in read("cross.toml").lines().map(str::trim) {
        if let Some(section) = line
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            match section.strip_prefix("target.") {
                Some(target) => {
                    assert!(
                        deny.contains(&format!("\"{target}\"")),
                        "deny.toml does not judge {target}"
                    );
                    targets += 1;
                }
                None => assert_eq!(section, "build.env", "cross.toml: an unknown section"),
            }
        } else if !line.is_empty() && !line.starts_with('#') {
            let key = line.split('=').next().expect("one piece at least").trim();
            assert!(
                ["passthrough", "volumes"].contains(&key),
                "cross.toml: an unknown word {key}"
            );
        }
    }
    assert_eq!(targets, 3, "one section for each kind of board");
}

/// The fonts inside the binary ask to be named; a family that docs/fonts.md does not know must not slip in.
#[test]
fn every_font_family_has_its_licence_told() {
    let told = read("docs/fonts.md");
    for (path, text) in committed_text().filter(|(path, _)| path.starts_with("agent/view/src")) {
        for name in text.split("u8g2_font_").skip(1) {
            let family: String = name.chars().take_while(char::is_ascii_lowercase).collect();
            let known = [&family[..], &family[..family.len().min(2)]];
            assert!(
                known
                    .iter()
                    .any(|start| told.contains(&format!("`u8g2_font_{start}*`"))),
                "{}: the licence of {family} is not in docs/fonts.md",
                path.display()
            );
        }
    }
}
