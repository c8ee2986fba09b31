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
