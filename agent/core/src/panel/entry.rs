//! Typing a key with a few keys.
//!
//! The characters stand in small groups of one kind each, so that no two that look alike (`O 0 Q`,
//! `I l 1`, `S 5`, `U V`) ever stand side by side, and the group's name says which kind it is. With
//! a joystick up and down choose the group, left and right the character. With four keys up and down
//! choose the group first and, after ok, the character in it. Seven presses or so make a character.

use crate::problem::Problem;
use crate::request::CaseId;
use crate::rules;
use crate::screen::{KEY_DELETE, KEY_DONE};
use crate::secret::SecretText;

use super::place::Step;

/// The groups with their names, in the order in which up and down reach them.
pub(super) const GROUPS: [(&str, &str); 13] = [
    ("ABC", "ABCDEF"),
    ("ABC", "GHIJK"),
    ("ABC", "LMNOP"),
    ("ABC", "QRSTU"),
    ("ABC", "VWXYZ"),
    ("abc", "abcdef"),
    ("abc", "ghijk"),
    ("abc", "lmnop"),
    ("abc", "qrstu"),
    ("abc", "vwxyz"),
    ("123", "01234"),
    ("123", "56789"),
    ("OK", ACTIONS),
];

/// The last group: done and delete.
const ACTIONS: &str = "\u{2713}\u{232b}";
const LAST_GROUP: usize = GROUPS.len() - 1;

/// A key and a password being prepared on the panel. Wiped when dropped.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Draft {
    pub(super) case: CaseId,
    pub(super) entry: Entry,
    /// The proposed password; empty until the first proposal.
    pub(super) password: SecretText,
    /// Set it on the recorder's cameras too.
    pub(super) sync: bool,
}

/// The text typed so far and the cursor.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Entry {
    typed: SecretText,
    group: usize,
    character: usize,
    choosing_group: bool,
    pub(super) problem: Option<Problem>,
}

impl Draft {
    /// Nothing typed yet. `by_group`: four keys choose the group first.
    pub(super) fn new(case: CaseId, by_group: bool) -> Self {
        Self {
            case,
            entry: Entry {
                typed: SecretText::default(),
                group: 0,
                character: 0,
                choosing_group: by_group,
                problem: None,
            },
            password: SecretText::default(),
            sync: false,
        }
    }
}

impl Entry {
    /// What was typed.
    pub(super) fn secret(&self) -> &SecretText {
        &self.typed
    }

    /// The same as text.
    pub(super) fn typed(&self) -> &str {
        self.typed.expose()
    }

    /// The characters offered.
    pub(super) fn group(&self) -> Vec<char> {
        GROUPS[self.group].1.chars().collect()
    }

    /// The name of their kind.
    pub(super) fn group_name(&self) -> &'static str {
        GROUPS[self.group].0
    }

    /// Where in the group the cursor is.
    pub(super) fn cursor(&self) -> usize {
        self.character
    }

    /// The character under the cursor.
    pub(super) fn character(&self) -> char {
        let group = GROUPS[self.group].1;
        group.chars().nth(self.character).unwrap_or(KEY_DONE)
    }

    /// Up and down choose the whole group.
    pub(super) fn is_choosing_group(&self) -> bool {
        self.choosing_group
    }

    pub(super) fn step_group(&mut self, step: Step) {
        self.group = step.from(self.group, GROUPS.len());
        self.character = 0;
    }

    pub(super) fn step_character(&mut self, step: Step) {
        self.character = step.from(self.character, self.group().len());
    }

    pub(super) fn enter_group(&mut self) {
        self.choosing_group = false;
        self.character = 0;
    }

    pub(super) fn leave_group(&mut self) {
        self.choosing_group = true;
    }

    /// Appends a character. With the eighth, the usual length, "done" comes under the cursor.
    pub(super) fn push(&mut self, character: char, by_group: bool) {
        self.problem = None;
        let count = self.typed().chars().count();
        if count >= rules::LONGEST_KEY || matches!(character, KEY_DONE | KEY_DELETE) {
            return;
        }
        // A new buffer of the right size: growing the old one would leave a copy behind.
        let mut text = String::with_capacity(self.typed().len() + character.len_utf8());
        text.push_str(self.typed());
        text.push(character);
        self.typed = SecretText::new(text);
        if count + 1 == rules::USUAL_KEY {
            self.group = LAST_GROUP;
            self.character = 0;
            self.choosing_group = false;
        } else if by_group {
            self.choosing_group = true;
        }
    }

    /// Takes the last character away.
    pub(super) fn delete(&mut self, by_group: bool) {
        self.problem = None;
        let mut text = String::with_capacity(self.typed().len());
        let keep = self.typed().chars().count().saturating_sub(1);
        text.extend(self.typed().chars().take(keep));
        self.typed = SecretText::new(text);
        if by_group && self.group != LAST_GROUP {
            self.choosing_group = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_and_digit_stands_in_one_group_under_its_kind() {
        let mut seen = String::new();
        for (name, group) in &GROUPS[..LAST_GROUP] {
            for character in group.chars() {
                let kind = match character {
                    'A'..='Z' => "ABC",
                    'a'..='z' => "abc",
                    _ => "123",
                };
                assert_eq!(*name, kind, "{character}");
                seen.push(character);
            }
        }
        let all: String = ('A'..='Z').chain('a'..='z').chain('0'..='9').collect();
        assert_eq!(seen, all);
    }

    #[test]
    fn no_group_holds_two_that_look_alike() {
        for alike in [
            "Il1i", "O0oQD", "S5s", "Z2z", "B8", "b6", "G6C", "gq9", "UVuv", "rn", "1l7", "4A",
        ] {
            for (_, group) in GROUPS {
                let among: String = group.chars().filter(|c| alike.contains(*c)).collect();
                assert!(among.len() <= 1, "{among} in {group}");
            }
        }
    }

    #[test]
    fn the_eighth_character_brings_done_under_the_cursor() {
        for by_group in [true, false] {
            let mut draft = Draft::new(CaseId("c".into()), by_group);
            for typed in 1..=7 {
                draft.entry.push('A', by_group);
                assert_ne!(draft.entry.character(), KEY_DONE, "after {typed}");
                assert_eq!(draft.entry.is_choosing_group(), by_group);
            }
            draft.entry.push('b', by_group);
            assert_eq!(draft.entry.character(), KEY_DONE);
            assert!(!draft.entry.is_choosing_group());
            assert_eq!(draft.entry.typed(), "AAAAAAAb");
            draft.entry.delete(by_group);
            assert_eq!(draft.entry.typed(), "AAAAAAA");
        }
    }

    #[test]
    fn a_key_never_grows_beyond_the_longest_and_deleting_stops_at_nothing() {
        let mut draft = Draft::new(CaseId("c".into()), false);
        for _ in 0..40 {
            draft.entry.push('7', false);
        }
        assert_eq!(draft.entry.typed(), "7".repeat(32));
        for _ in 0..40 {
            draft.entry.delete(false);
        }
        assert_eq!(draft.entry.typed(), "");
    }
}
