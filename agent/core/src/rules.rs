//! The rules that a typed key, the vendor's file and a new password must satisfy before anything
//! leaves the box: a key the device refuses costs a try.

use core::fmt;

use rand_core::RngCore;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::problem::{FileFault, KeyFault, PasswordFault, Problem, ProblemKind};
use crate::secret::SecretText;

/// The usual length of a key. Other lengths are accepted with a warning.
pub const USUAL_KEY: usize = 8;
/// The shortest key that is accepted, in characters.
pub const SHORTEST_KEY: usize = 4;
/// The longest key that is accepted, in characters.
pub const LONGEST_KEY: usize = 32;
/// The shortest password, in characters.
pub const SHORTEST_PASSWORD: usize = 8;
/// The longest password, in characters.
pub const LONGEST_PASSWORD: usize = 16;
/// The length of a proposed password, in characters.
pub const PROPOSED_PASSWORD: usize = 12;

/// Letters and digits that nobody mistakes for another on a small screen or over the phone: one at most
/// of each set that looks alike (`I l 1 i`, `O o 0 Q`, `B 8`, `b 6`, `k K`, ...).
pub const CLEAR_CHARACTERS: &str = "ADEFHJKLMNPRTUWXYadefhmnrt23456789";

/// A reset key of the right form: 4 to 32 letters and digits, as the vendor spelt it. Wiped when dropped.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct ResetKey(String);

/// The text of the vendor's answer file, of the right form. Wiped when dropped.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct KeyFile(String);

/// A new password that breaks no rule: 8 to 16 characters. Wiped when dropped.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct NewPassword(String);

/// How good a password is that breaks no rule.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Strength {
    /// It breaks a rule.
    Refused,
    /// Two kinds of upper, lower, digit, special.
    Medium,
    /// Three kinds or four: what the box recommends.
    Strong,
}

/// Checks a typed key. Blanks and dashes, which people put between groups, are forgiven; the case
/// of letters is kept.
///
/// # Errors
/// [`ProblemKind::KeyForm`] names the first fault.
pub fn key(typed: &SecretText) -> Result<ResetKey, Problem> {
    // Wiped on every way out, and never grown: no copy stays behind in a freed buffer.
    let mut key = ResetKey(String::with_capacity(typed.expose().len()));
    for character in typed.expose().chars() {
        if !is_separator(character) {
            key.0.push(character);
        }
    }
    let length = key.0.chars().count();
    let fault = if length == 0 {
        KeyFault::Empty
    } else if !key.0.chars().all(|c| c.is_ascii_alphanumeric()) {
        KeyFault::OddCharacter
    } else if length < SHORTEST_KEY {
        KeyFault::TooShort
    } else if length > LONGEST_KEY {
        KeyFault::TooLong
    } else {
        return Ok(key);
    };
    Err(Problem::new(ProblemKind::KeyForm { fault }))
}

/// Checks the vendor's answer file: exactly one line end is cut from its end, nothing else is touched.
/// At most 511 bytes, or 240 when the device wants it encrypted (`code_encrypt`). `own_export` is what
/// the box gave out for this case: handing that back is a common mistake and would cost a try.
///
/// # Errors
/// [`ProblemKind::FileForm`] names the first fault.
pub fn file(
    text: &SecretText,
    code_encrypt: bool,
    own_export: Option<&str>,
) -> Result<KeyFile, Problem> {
    let text = text.expose();
    let cut = text
        .strip_suffix("\r\n")
        .or_else(|| text.strip_suffix('\n'))
        .or_else(|| text.strip_suffix('\r'))
        .unwrap_or(text);
    let longest = if code_encrypt {
        sadp::MAX_ENCRYPTED_CODE
    } else {
        sadp::MAX_CODE
    };
    let fault = if cut.is_empty() {
        FileFault::Empty
    } else if own_export.is_some_and(|export| export.trim() == cut.trim()) {
        FileFault::OwnExport
    } else if cut.len() > longest {
        FileFault::TooLong
    } else if !cut.bytes().all(is_code_byte) {
        FileFault::OddCharacter
    } else {
        return Ok(KeyFile(cut.to_owned()));
    };
    Err(Problem::new(ProblemKind::FileForm { fault }))
}

/// Checks a new password and tells every rule that it breaks. `user_name` is the administrator's name
/// where the device gave one, else `admin` is meant.
///
/// # Errors
/// [`ProblemKind::PasswordForm`] names every broken rule, in the order of [`PasswordFault`].
pub fn password(typed: &SecretText, user_name: Option<&str>) -> Result<NewPassword, Problem> {
    let faults = password_faults(typed.expose(), user_name);
    if faults.is_empty() {
        Ok(NewPassword(typed.expose().to_owned()))
    } else {
        Err(Problem::new(ProblemKind::PasswordForm { faults }))
    }
}

/// Every rule that a password breaks, in the order of [`PasswordFault`]; empty when it may be sent.
pub fn password_faults(password: &str, user_name: Option<&str>) -> Vec<PasswordFault> {
    let length = password.chars().count();
    // Letters are compared without case, as devices do.
    let lower = Lowered(password.to_ascii_lowercase());
    let broken = [
        (PasswordFault::TooShort, length < SHORTEST_PASSWORD),
        (PasswordFault::TooLong, length > LONGEST_PASSWORD),
        (PasswordFault::OneKind, kinds(password) < 2),
        (
            PasswordFault::OddCharacter,
            !password.chars().all(|c| c.is_ascii_graphic()),
        ),
        (
            PasswordFault::Mangled,
            password.chars().any(|c| MANGLED.contains(c)),
        ),
        (
            PasswordFault::UserName,
            holds_user_name(&lower.0, user_name.unwrap_or("admin")),
        ),
        (
            PasswordFault::CommonWord,
            ["123", "admin"].iter().any(|word| lower.0.contains(word)),
        ),
        (
            PasswordFault::RunOrRepeat,
            has_run_or_repeat(lower.0.as_bytes()),
        ),
    ];
    broken
        .into_iter()
        .filter_map(|(fault, is_broken)| is_broken.then_some(fault))
        .collect()
}

/// How good a password is.
pub fn strength(password: &str, user_name: Option<&str>) -> Strength {
    if !password_faults(password, user_name).is_empty() {
        Strength::Refused
    } else if kinds(password) >= 3 {
        Strength::Strong
    } else {
        Strength::Medium
    }
}

/// Proposes a strong password of 12 clear characters: upper, lower and digits, so that it can be typed
/// on any keyboard and read out over the phone.
pub fn propose(random: &mut dyn RngCore, user_name: Option<&str>) -> SecretText {
    let clear = CLEAR_CHARACTERS.as_bytes();
    let of_kind = |is: fn(&u8) -> bool| -> Vec<u8> { clear.iter().copied().filter(is).collect() };
    let upper = of_kind(u8::is_ascii_uppercase);
    let lower = of_kind(u8::is_ascii_lowercase);
    let digits = of_kind(u8::is_ascii_digit);
    // Most draws are good. 64 bad ones in a row mean a broken generator: then upper, lower and digit
    // in turn, which break no rule whatever is drawn but for a user name, and that is not in the next.
    let any = (0..64).map(|turn| (turn, vec![clear]));
    let in_turn = (0..64).map(|turn| (turn, vec![&upper[..], &lower[..], &digits[..]]));
    let mut candidate = SecretText::default();
    for (turn, sets) in any.chain(in_turn) {
        candidate = draw(random, turn, &sets);
        if strength(candidate.expose(), user_name) == Strength::Strong {
            break;
        }
    }
    candidate
}

impl ResetKey {
    /// The key itself: for encrypting, never for showing.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// It has the usual 8 characters. Others are sent too, after a warning.
    pub fn is_usual(&self) -> bool {
        self.0.len() == USUAL_KEY
    }
}

impl KeyFile {
    /// The text itself: for encrypting, never for showing.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl NewPassword {
    /// The password itself: for encrypting, never for showing.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ResetKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResetKey(..)")
    }
}

impl fmt::Debug for KeyFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyFile(..)")
    }
}

impl fmt::Debug for NewPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NewPassword(..)")
    }
}

/// Characters that some firmware mangles on its way into the device.
const MANGLED: &str = "&<>\"'\\";

/// A lower-case copy of a password, wiped when dropped.
#[derive(Zeroize, ZeroizeOnDrop)]
struct Lowered(String);

/// What people, phones and mail programs put between or around the characters of a key.
fn is_separator(character: char) -> bool {
    character.is_whitespace()
        || matches!(
            character,
            '-' | '\u{2010}'..='\u{2015}' | '\u{200b}' | '\u{feff}'
        )
}

/// Nothing is escaped on the wire: letters, digits and the signs of base64 only.
fn is_code_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_')
}

/// How many kinds of upper, lower, digit and special occur.
fn kinds(password: &str) -> usize {
    let occurs: [fn(&char) -> bool; 4] = [
        char::is_ascii_uppercase,
        char::is_ascii_lowercase,
        char::is_ascii_digit,
        char::is_ascii_punctuation,
    ];
    occurs
        .iter()
        .filter(|kind| password.chars().any(|c| kind(&c)))
        .count()
}

/// A name of one or two letters counts only when it is the whole password; a longer one anywhere.
fn holds_user_name(lower: &str, user_name: &str) -> bool {
    let name = user_name.trim().to_ascii_lowercase();
    let reverse: String = name.chars().rev().collect();
    match name.chars().count() {
        0 => false,
        1 | 2 => lower == name || lower == reverse,
        _ => lower.contains(&name) || lower.contains(&reverse),
    }
}

/// Four characters in a row of the alphabet or of the digits, up or down, or four times the same.
fn has_run_or_repeat(lower: &[u8]) -> bool {
    lower.windows(4).any(|four| {
        let steps: Vec<i16> = four
            .windows(2)
            .map(|pair| i16::from(pair[1]) - i16::from(pair[0]))
            .collect();
        let one_kind =
            four.iter().all(u8::is_ascii_digit) || four.iter().all(u8::is_ascii_lowercase);
        steps.iter().all(|step| *step == 0)
            || (one_kind
                && (steps.iter().all(|step| *step == 1) || steps.iter().all(|step| *step == -1)))
    })
}

/// Draws a password, each character from the next of the sets; `turn` shifts what is drawn.
fn draw(random: &mut dyn RngCore, turn: u64, sets: &[&[u8]]) -> SecretText {
    let mut text = String::with_capacity(PROPOSED_PASSWORD);
    for place in 0..PROPOSED_PASSWORD {
        let set = sets[place % sets.len()];
        // The bias of the remainder is below 2^-58.
        let index = random.next_u64().wrapping_add(turn) % set.len() as u64;
        text.push(char::from(set[index as usize]));
    }
    SecretText::new(text)
}

#[cfg(test)]
mod tests;
