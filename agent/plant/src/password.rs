//! What a device takes for a password. Its own words: the box has its own rules and both are checked against
//! each other in tests.

/// How choosy the firmware is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rules {
    /// 8 to 16 printable ASCII characters without blanks, two kinds or more.
    Classic,
    /// Also no user name, its reverse, `123`, `admin`, runs or repeats of four (newer firmware).
    Newer,
}

/// Whether the firmware would call it anything but `riskPassword`.
pub(crate) fn is_strong(password: &str, user: &str, rules: Rules) -> bool {
    let bytes = password.as_bytes();
    if !(8..=16).contains(&bytes.len()) || !bytes.iter().all(u8::is_ascii_graphic) {
        return false;
    }
    let kinds: [fn(&u8) -> bool; 4] = [
        u8::is_ascii_uppercase,
        u8::is_ascii_lowercase,
        u8::is_ascii_digit,
        u8::is_ascii_punctuation,
    ];
    if kinds.iter().filter(|kind| bytes.iter().any(kind)).count() < 2 {
        return false;
    }
    rules == Rules::Classic || !(holds_a_word(password, user) || holds_a_run(bytes))
}

fn holds_a_word(password: &str, user: &str) -> bool {
    let password = password.to_ascii_lowercase();
    let user = user.to_ascii_lowercase();
    let reverse: String = user.chars().rev().collect();
    [user.as_str(), reverse.as_str(), "123", "admin"]
        .iter()
        .any(|word| password.contains(word))
}

/// `1234`, `dcba` or `aaaa`.
fn holds_a_run(bytes: &[u8]) -> bool {
    bytes.windows(4).any(|four| {
        let step = i16::from(four[1]) - i16::from(four[0]);
        (-1..=1).contains(&step)
            && four
                .windows(2)
                .all(|two| i16::from(two[1]) - i16::from(two[0]) == step)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        for (password, classic, newer) in [
            ("Passw0rd", true, true),
            ("Abcdefg", false, false),
            ("abcdefgh", false, false),
            ("Abcdefgh12345678", true, false),
            ("Abcdefgh12345678x", false, false),
            ("Pass w0rd", false, false),
            ("Pässw0rds", false, false),
            ("xyAdmin99", true, false),
            ("nimda-77Q", true, false),
            ("Qw-zz123k", true, false),
            ("Qw-aaaa9k", true, false),
            ("Qw-9876rk", true, false),
            ("Qw-9877rk", true, true),
        ] {
            assert_eq!(
                is_strong(password, "admin", Rules::Classic),
                classic,
                "{password}"
            );
            assert_eq!(
                is_strong(password, "admin", Rules::Newer),
                newer,
                "{password}"
            );
        }
    }
}
