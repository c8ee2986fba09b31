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
mod tests {
    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};
    use rand_chacha::ChaCha20Rng;
    use rand_core::{Error, SeedableRng};

    use super::*;
    use PasswordFault as F;

    /// A generator that always says the same.
    struct Stuck(u64);

    impl RngCore for Stuck {
        fn next_u32(&mut self) -> u32 {
            self.0 as u32
        }
        fn next_u64(&mut self) -> u64 {
            self.0
        }
        fn fill_bytes(&mut self, dest: &mut [u8]) {
            dest.fill(self.0 as u8);
        }
        fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), Error> {
            self.fill_bytes(dest);
            Ok(())
        }
    }

    fn key_of(text: &str) -> Result<String, KeyFault> {
        match key(&SecretText::new(text)) {
            Ok(key) => Ok(key.expose().to_owned()),
            Err(Problem {
                kind: ProblemKind::KeyForm { fault },
                ..
            }) => Err(fault),
            Err(other) => panic!("not about the key's form: {other:?}"),
        }
    }

    #[test]
    fn blanks_and_dashes_are_forgiven_and_the_case_is_kept() {
        for typed in [
            "A7kX92Bc",
            " A7kX92Bc\r\n",
            "A7kX 92Bc",
            "A7kX-92Bc",
            "A7kX\u{2013}92\u{a0}Bc\u{feff}",
        ] {
            assert_eq!(key_of(typed), Ok("A7kX92Bc".to_owned()), "{typed:?}");
        }
    }

    #[test]
    fn a_key_of_another_form_is_refused_before_it_costs_a_try() {
        assert_eq!(key_of(""), Err(KeyFault::Empty));
        assert_eq!(key_of(" - "), Err(KeyFault::Empty));
        assert_eq!(key_of("A7k"), Err(KeyFault::TooShort));
        assert_eq!(key_of("A7kX"), Ok("A7kX".to_owned()));
        assert_eq!(key_of(&"a".repeat(32)), Ok("a".repeat(32)));
        assert_eq!(key_of(&"a".repeat(33)), Err(KeyFault::TooLong));
        for odd in ["A7kX92B\u{411}", "A7kX92B_", "A7kX<2Bc", "A7kX92B\0"] {
            assert_eq!(key_of(odd), Err(KeyFault::OddCharacter), "{odd:?}");
        }
    }

    #[test]
    fn only_eight_characters_are_usual() {
        let usual = |text: &str| key(&SecretText::new(text)).expect("well-formed").is_usual();
        assert!(usual("A7kX-92Bc"));
        assert!(!usual("A7kX92B"));
        assert!(!usual("A7kX92Bcd"));
    }

    #[test]
    fn a_file_loses_exactly_one_line_end() {
        let text = |file_text: &str| {
            file(&SecretText::new(file_text), false, None).map(|f| f.expose().to_owned())
        };
        for whole in ["Ab+/c-_=", "Ab+/c-_=\r\n", "Ab+/c-_=\n", "Ab+/c-_=\r"] {
            assert_eq!(text(whole), Ok("Ab+/c-_=".to_owned()), "{whole:?}");
        }
        let odd = Err(Problem::new(ProblemKind::FileForm {
            fault: FileFault::OddCharacter,
        }));
        assert_eq!(text("Ab\n\n"), odd);
        assert_eq!(text(" Ab"), odd);
        assert_eq!(text("<a>Ab</a>"), odd);
    }

    #[test]
    fn a_file_has_its_lengths_and_is_not_our_own() {
        let fault = |text: &str, encrypt: bool, own: Option<&str>| match file(
            &SecretText::new(text),
            encrypt,
            own,
        ) {
            Ok(_) => None,
            Err(Problem {
                kind: ProblemKind::FileForm { fault },
                ..
            }) => Some(fault),
            Err(other) => panic!("not about the file's form: {other:?}"),
        };
        assert_eq!(fault("", false, None), Some(FileFault::Empty));
        assert_eq!(fault("\r\n", false, None), Some(FileFault::Empty));
        assert_eq!(fault(&"x".repeat(511), false, None), None);
        assert_eq!(
            fault(&"x".repeat(512), false, None),
            Some(FileFault::TooLong)
        );
        assert_eq!(fault(&"x".repeat(240), true, None), None);
        assert_eq!(
            fault(&"x".repeat(241), true, None),
            Some(FileFault::TooLong)
        );
        assert_eq!(
            fault("QUJD=DS-2CD1\n", false, Some("QUJD=DS-2CD1")),
            Some(FileFault::OwnExport)
        );
        assert_eq!(fault("QUJE", false, Some("QUJD")), None);
    }

    #[test]
    fn each_password_rule_is_told_alone() {
        let faults = |text: &str| password_faults(text, None);
        assert_eq!(faults("Camera7x"), []);
        assert_eq!(faults("Camera7"), [F::TooShort]);
        assert_eq!(faults("Camera7xCamera7x"), []);
        assert_eq!(faults("Camera7xCamera7xC"), [F::TooLong]);
        assert_eq!(faults("camerasx"), [F::OneKind]);
        assert_eq!(faults("Camera 7"), [F::OddCharacter]);
        assert_eq!(faults("Kaméra77"), [F::OddCharacter]);
        for character in MANGLED.chars() {
            assert_eq!(faults(&format!("Camera7{character}")), [F::Mangled]);
        }
        assert_eq!(faults("Camera123"), [F::CommonWord]);
        for run in [
            "Cam1Xabcd",
            "Cam1XDCBA",
            "Cam1XaBcD",
            "Camx4567",
            "Camx9876",
        ] {
            assert_eq!(faults(run), [F::RunOrRepeat], "{run}");
        }
        for repeat in ["Camera7777", "Camera7eEeE", "Camera7----"] {
            assert_eq!(faults(repeat), [F::RunOrRepeat], "{repeat}");
        }
        for short in ["Camera777", "Camx456z", "Cam1Xabce", "Camera7/012"] {
            assert_eq!(faults(short), [], "{short}");
        }
    }

    #[test]
    fn the_user_name_is_refused_both_ways_round() {
        let faults = |text: &str, name: &str| password_faults(text, Some(name));
        assert_eq!(faults("Xoperator7", "Operator"), [F::UserName]);
        assert_eq!(faults("Xrotarepo7", "Operator"), [F::UserName]);
        assert_eq!(faults("Xoperator7", "root"), []);
        assert_eq!(
            faults("Camera7x", "a"),
            [],
            "one letter cannot rule out a password"
        );
        assert_eq!(faults("Camera7x", " "), []);
        assert_eq!(
            password_faults("Xadmin77", None),
            [F::UserName, F::CommonWord],
            "admin is meant where the device gives no name"
        );
        assert_eq!(password_faults("Xnimda77", None), [F::UserName]);
    }

    #[test]
    fn every_broken_rule_is_told_at_once() {
        let Err(problem) = password(&SecretText::new("a &1234"), None) else {
            panic!("taken");
        };
        assert_eq!(
            problem.kind,
            ProblemKind::PasswordForm {
                faults: vec![
                    F::TooShort,
                    F::OddCharacter,
                    F::Mangled,
                    F::CommonWord,
                    F::RunOrRepeat
                ]
            }
        );
        assert_eq!(password_faults("", None), [F::TooShort, F::OneKind]);
    }

    #[test]
    fn three_kinds_are_recommended_and_two_are_enough() {
        assert_eq!(strength("camera77", None), Strength::Medium);
        assert_eq!(strength("Camera77", None), Strength::Strong);
        assert_eq!(strength("Camera7", None), Strength::Refused);
    }

    #[test]
    fn clear_characters_hold_no_two_that_look_alike() {
        for alike in [
            "Il1i", "Oo0Q", "Ss5", "Zz2", "B8", "b6", "G6", "gq9", "uvUV", "Cc", "Kk", "Pp", "Ww",
            "Xx", "Yy", "Jj",
        ] {
            let among = CLEAR_CHARACTERS
                .chars()
                .filter(|c| alike.contains(*c))
                .count();
            assert!(among <= 1, "{among} of {alike} are clear characters");
        }
    }

    #[test]
    fn even_a_broken_generator_gets_a_good_proposal() {
        for value in (0..200).chain([u64::MAX, u64::MAX - 63]) {
            for name in [None, Some("a2D"), Some("Ea3")] {
                let proposed = propose(&mut Stuck(value), name);
                assert_eq!(strength(proposed.expose(), name), Strength::Strong);
            }
        }
    }

    #[test]
    fn nothing_of_a_secret_shows_in_debug() {
        let shown = format!(
            "{:?} {:?} {:?}",
            key(&SecretText::new("A7kX92Bc")),
            file(&SecretText::new("A7kX92Bc"), false, None),
            password(&SecretText::new("A7kX92Bc"), None)
        );
        assert!(!shown.contains("A7kX"), "{shown}");
    }

    proptest! {
        #[test]
        fn every_proposal_satisfies_every_rule(seed: [u8; 32], name in "[A-Za-z0-9]{0,6}") {
            let mut random = ChaCha20Rng::from_seed(seed);
            let proposed = propose(&mut random, Some(&name));
            prop_assert_eq!(password_faults(proposed.expose(), Some(&name)), vec![]);
            prop_assert_eq!(strength(proposed.expose(), Some(&name)), Strength::Strong);
            prop_assert_eq!(proposed.expose().len(), PROPOSED_PASSWORD);
            prop_assert!(proposed.expose().chars().all(|c| CLEAR_CHARACTERS.contains(c)));
        }

        #[test]
        fn no_text_makes_the_rules_panic_and_what_passes_is_well_formed(text in any::<String>(), name: Option<String>) {
            let secret = SecretText::new(text.clone());
            if let Ok(key) = key(&secret) {
                prop_assert!((4..=32).contains(&key.expose().len()));
                prop_assert!(key.expose().bytes().all(|b| b.is_ascii_alphanumeric()));
            }
            if let Ok(password) = password(&secret, name.as_deref()) {
                prop_assert!((8..=16).contains(&password.expose().len()));
                prop_assert!(password.expose().is_ascii());
            }
            let _ = file(&secret, false, None);
        }
    }
}
