//! Typing a key with three keys: up, ok and down each stand for a row of characters, and the row whose
//! key is pressed is divided among the three anew, until one character is left.
//!
//! A letter takes four presses wherever it stands, a digit three or four, and none of them counts steps or
//! waits for a repeat: one looks for the character, presses the key of its row, and looks again. The first
//! choice is the kind (capital, small, digit), so that no two that look alike (`O 0`, `I l 1`, `S 5`) ever
//! stand on one page after it, and those of one kind (`O Q`, `U V`) never in one last row.

use crate::problem::Problem;
use crate::request::CaseId;
use crate::rules;
use crate::screen::{KEY_DONE, KEY_MORE};
use crate::secret::SecretText;

/// The three kinds with their names. "Done" is the last of the third.
const KINDS: [(&str, &str); 3] = [
    ("ABC", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    ("abc", "abcdefghijklmnopqrstuvwxyz"),
    ("123", "0123456789\u{2713}"),
];
/// The rows after the usual number of characters: go on typing, or done.
const USUAL: [&str; 3] = ["\u{2026}", "\u{2713}", ""];

/// A key and a password being prepared on the panel. Wiped when dropped.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Draft {
    pub(super) case: CaseId,
    pub(super) entry: Entry,
    /// The password that will be set.
    pub(super) password: Password,
    /// Set it on the recorder's cameras too.
    pub(super) sync: bool,
}

/// The password that will be set.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Password {
    /// Nobody has proposed one yet.
    Nothing,
    Generated(SecretText),
    /// The owner's. Its text stays in the policy until it is sent.
    Preset,
}

/// The text typed so far, and the choices made for the next character.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Entry {
    typed: SecretText,
    path: Vec<usize>,
    /// The usual number is there: "done" is offered first.
    usual: bool,
    pub(super) problem: Option<Problem>,
}

impl Draft {
    /// Nothing typed yet.
    pub(super) fn new(case: CaseId) -> Self {
        Self {
            case,
            entry: Entry {
                typed: SecretText::default(),
                path: Vec::new(),
                usual: false,
                problem: None,
            },
            password: Password::Nothing,
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

    /// The characters of up, ok and down.
    pub(super) fn rows(&self) -> [Vec<char>; 3] {
        let chars = |text: &str| text.chars().collect::<Vec<char>>();
        if self.usual {
            return USUAL.map(chars);
        }
        let mut rows = KINDS.map(|(_, all)| chars(all));
        for choice in &self.path {
            rows = thirds(&rows[*choice]);
        }
        rows
    }

    /// The kind that was chosen.
    pub(super) fn kind(&self) -> Option<&'static str> {
        self.path.first().map(|kind| KINDS[*kind].0)
    }

    /// A choice was made for the next character.
    pub(super) fn is_choosing(&self) -> bool {
        !self.path.is_empty()
    }

    pub(super) fn choose(&mut self, row: usize) {
        self.path.push(row);
    }

    /// Takes the last choice back.
    pub(super) fn unchoose(&mut self) {
        self.path.pop();
    }

    /// Takes all choices back.
    pub(super) fn start_over(&mut self) {
        self.path.clear();
    }

    /// The key has more characters than usual.
    pub(super) fn go_on(&mut self) {
        self.usual = false;
    }

    /// Appends a character. After the eighth, the usual length, "done" comes first.
    pub(super) fn push(&mut self, character: char) {
        self.problem = None;
        self.path.clear();
        let count = self.typed().chars().count();
        if count >= rules::LONGEST_KEY || matches!(character, KEY_DONE | KEY_MORE) {
            return;
        }
        // A new buffer of the right size: growing the old one would leave a copy behind.
        let mut text = String::with_capacity(self.typed().len() + character.len_utf8());
        text.push_str(self.typed());
        text.push(character);
        self.typed = SecretText::new(text);
        self.usual = count + 1 == rules::USUAL_KEY;
    }

    /// Takes the last character away.
    pub(super) fn delete(&mut self) {
        self.problem = None;
        self.path.clear();
        let mut text = String::with_capacity(self.typed().len());
        let keep = self.typed().chars().count().saturating_sub(1);
        text.extend(self.typed().chars().take(keep));
        self.typed = SecretText::new(text);
        self.usual = keep == rules::USUAL_KEY;
    }
}

/// A row divided among the three keys, the longer parts first.
fn thirds(row: &[char]) -> [Vec<char>; 3] {
    let first = row.len().div_ceil(3);
    let second = (row.len() - first).div_ceil(2);
    [
        row[..first].to_vec(),
        row[first..first + second].to_vec(),
        row[first + second..].to_vec(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rows to press for a character, from the first page on.
    fn presses(wanted: char) -> usize {
        let mut entry = Draft::new(CaseId("c".into())).entry;
        for presses in 1.. {
            let rows = entry.rows();
            let row = rows.iter().position(|row| row.contains(&wanted));
            let row = row.expect("it stands in one of the rows");
            if rows[row].len() == 1 {
                return presses;
            }
            entry.choose(row);
        }
        unreachable!("rows become shorter");
    }

    #[test]
    fn every_letter_and_digit_takes_at_most_four_presses() {
        for character in ('A'..='Z').chain('a'..='z').chain('0'..='9') {
            assert!((3..=4).contains(&presses(character)), "{character}");
        }
        assert_eq!(presses(KEY_DONE), 3);
    }

    /// Measured over keys drawn evenly from letters and digits, with "done" at the end.
    #[test]
    fn a_random_key_takes_about_thirty_presses() {
        let all: Vec<char> = ('A'..='Z').chain('a'..='z').chain('0'..='9').collect();
        // A plain linear congruence: what is drawn does not matter, only that it is even.
        let mut state = 7_u64;
        let mut draw = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            all[(state >> 33) as usize % all.len()]
        };
        let mut counts: Vec<usize> = (0..10_001)
            .map(|_| {
                (0..rules::USUAL_KEY)
                    .map(|_| presses(draw()))
                    .sum::<usize>()
                    + 1
            })
            .collect();
        counts.sort_unstable();
        assert_eq!((counts[5_000], counts[10_000]), (32, 33));
    }

    #[test]
    fn no_page_after_the_first_holds_two_kinds_that_look_alike() {
        let mut entry = Draft::new(CaseId("c".into())).entry;
        for kind in 0..3 {
            entry.choose(kind);
            let page: String = entry.rows().concat().into_iter().collect();
            for alike in ["Il1", "O0o", "S5s", "Z2z", "B8", "b6", "g9"] {
                let among = page.chars().filter(|c| alike.contains(*c)).count();
                assert!(among <= 1, "{alike} in {page}");
            }
            entry.unchoose();
        }
    }

    #[test]
    fn the_eighth_character_brings_done_first() {
        let mut entry = Draft::new(CaseId("c".into())).entry;
        for _ in 1..=7 {
            entry.push('A');
            assert_ne!(entry.rows()[1], [KEY_DONE]);
        }
        entry.push('b');
        assert_eq!(entry.rows()[1], [KEY_DONE]);
        assert_eq!(entry.typed(), "AAAAAAAb");
        entry.go_on();
        entry.push('c');
        assert_ne!(entry.rows()[1], [KEY_DONE], "nine are not usual");
        entry.delete();
        assert_eq!(entry.rows()[1], [KEY_DONE]);
        entry.delete();
        assert_eq!(entry.typed(), "AAAAAAA");
        assert_ne!(entry.rows()[1], [KEY_DONE]);
    }

    #[test]
    fn a_key_never_grows_beyond_the_longest_and_deleting_stops_at_nothing() {
        let mut entry = Draft::new(CaseId("c".into())).entry;
        for _ in 0..40 {
            entry.push('7');
        }
        assert_eq!(entry.typed(), "7".repeat(32));
        for _ in 0..40 {
            entry.delete();
        }
        assert_eq!(entry.typed(), "");
    }
}
