//! Who stands before the box: the PIN on the panel, and the one-time token in the join QR.

use core::fmt;
use core::time::Duration;

use rand_core::RngCore;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::problem::{Problem, ProblemKind};
use crate::secret::SecretText;
use crate::time::{Mono, Now};

/// Wrong PINs that cost nothing; the next one makes the box wait.
const FREE_TRIES: u32 = 4;
/// The wait after the fifth wrong PIN; it doubles with each further one.
const FIRST_WAIT: Duration = Duration::from_secs(15);
/// The longest wait. At one try a minute, ten thousand PINs take a week.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// Characters of a token: 32 of them, safe in a URL without escapes.
const TOKEN_CHARACTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
/// Length of a token: 16 times 5 bits are 80 bits, too many to guess over a network.
const TOKEN_LENGTH: usize = 16;

/// The PIN and the token of this run of the box, and how often somebody got them wrong.
///
/// Wrong PINs are counted for the box as a whole and not for each client: an address is easily changed.
/// Who is kept out by another's guesses still gets in by the token, which is not slowed.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Pin {
    code: Digits,
    token: Digits,
    wrong: u32,
    wait_until: Option<Mono>,
}

/// Text that is wiped when it is replaced or dropped.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
struct Digits(String);

impl Pin {
    /// Draws a PIN of four digits and a token.
    pub(crate) fn new(random: &mut dyn RngCore) -> Self {
        let code = (0..4)
            .map(|_| char::from(b'0' + (random.next_u64() % 10) as u8))
            .collect();
        Self {
            code: Digits(code),
            token: draw_token(random),
            wrong: 0,
            wait_until: None,
        }
    }

    /// The PIN, for the panel only.
    pub(crate) fn code(&self) -> &str {
        &self.code.0
    }

    /// The token that works next, for the panel only.
    pub(crate) fn token(&self) -> &str {
        &self.token.0
    }

    /// Checks a typed PIN. While the box waits nothing is compared and nothing is counted.
    ///
    /// # Errors
    /// [`ProblemKind::PinWrong`], or [`ProblemKind::PinSlow`] with the seconds to wait.
    pub(crate) fn check(&mut self, now: Now, typed: &SecretText) -> Result<(), Problem> {
        if let Some(until) = self.wait_until {
            let wait = until.since(now.mono);
            if !wait.is_zero() {
                return Err(slow(wait));
            }
            self.wait_until = None;
        }
        let typed = typed.expose().trim();
        if bool::from(typed.as_bytes().ct_eq(self.code.0.as_bytes())) {
            self.wrong = 0;
            return Ok(());
        }
        self.wrong = self.wrong.saturating_add(1);
        let Some(beyond) = self.wrong.checked_sub(FREE_TRIES + 1) else {
            return Err(Problem::new(ProblemKind::PinWrong));
        };
        let wait = FIRST_WAIT
            .saturating_mul(1 << beyond.min(8))
            .min(LONGEST_WAIT);
        self.wait_until = Some(now.mono + wait);
        Err(slow(wait))
    }

    /// Checks a token. The right one works once: the next one takes its place.
    ///
    /// # Errors
    /// [`ProblemKind::TokenUsed`] for any other.
    pub(crate) fn check_token(
        &mut self,
        token: &SecretText,
        random: &mut dyn RngCore,
    ) -> Result<(), Problem> {
        if bool::from(token.expose().as_bytes().ct_eq(self.token.0.as_bytes())) {
            self.token = draw_token(random);
            Ok(())
        } else {
            Err(Problem::new(ProblemKind::TokenUsed))
        }
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pin")
            .field("wrong", &self.wrong)
            .field("wait_until", &self.wait_until)
            .finish_non_exhaustive()
    }
}

fn slow(wait: Duration) -> Problem {
    let wait_s = u32::try_from(wait.as_millis().div_ceil(1000)).unwrap_or(u32::MAX);
    Problem::new(ProblemKind::PinSlow { wait_s })
}

fn draw_token(random: &mut dyn RngCore) -> Digits {
    let token = (0..TOKEN_LENGTH)
        .map(|_| char::from(TOKEN_CHARACTERS[(random.next_u64() % 32) as usize]))
        .collect();
    Digits(token)
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    use super::*;

    fn at(seconds: u64) -> Now {
        Now {
            mono: Mono(seconds * 1000),
            wall: None,
        }
    }

    fn wrong_for(pin: &Pin) -> SecretText {
        SecretText::new(if pin.code() == "0000" { "0001" } else { "0000" })
    }

    fn wait_of(outcome: Result<(), Problem>) -> Option<u32> {
        match outcome {
            Err(Problem {
                kind: ProblemKind::PinSlow { wait_s },
                ..
            }) => Some(wait_s),
            _ => None,
        }
    }

    #[test]
    fn the_pin_has_four_digits_and_differs_from_box_to_box() {
        let pins: Vec<String> = (0..20)
            .map(|seed| {
                Pin::new(&mut ChaCha20Rng::seed_from_u64(seed))
                    .code()
                    .to_owned()
            })
            .collect();
        for pin in &pins {
            assert_eq!(pin.len(), 4);
            assert!(pin.bytes().all(|digit| digit.is_ascii_digit()), "{pin}");
        }
        assert!(pins.iter().any(|pin| *pin != pins[0]));
    }

    #[test]
    fn only_the_whole_pin_opens() {
        let mut pin = Pin::new(&mut ChaCha20Rng::seed_from_u64(1));
        let code = pin.code().to_owned();
        assert_eq!(
            pin.check(at(0), &SecretText::new(format!(" {code}\n"))),
            Ok(())
        );
        for wrong in ["", &code[..3], &format!("{code}0")] {
            assert_eq!(
                pin.check(at(0), &SecretText::new(wrong)),
                Err(Problem::new(ProblemKind::PinWrong)),
                "{wrong:?}"
            );
        }
    }

    #[test]
    fn the_fifth_wrong_pin_slows_down_and_the_wait_grows_to_a_minute() {
        let mut pin = Pin::new(&mut ChaCha20Rng::seed_from_u64(2));
        let wrong = wrong_for(&pin);
        for _ in 0..4 {
            assert_eq!(
                pin.check(at(0), &wrong),
                Err(Problem::new(ProblemKind::PinWrong))
            );
        }
        let mut now = 0;
        for wait in [15, 30, 60, 60, 60] {
            assert_eq!(wait_of(pin.check(at(now), &wrong)), Some(wait));
            now += u64::from(wait);
        }
    }

    #[test]
    fn during_the_wait_even_the_right_pin_is_not_looked_at() {
        let mut pin = Pin::new(&mut ChaCha20Rng::seed_from_u64(3));
        let (wrong, right) = (wrong_for(&pin), SecretText::new(pin.code()));
        for _ in 0..5 {
            let _ = pin.check(at(0), &wrong);
        }
        assert_eq!(wait_of(pin.check(at(1), &right)), Some(14));
        assert_eq!(wait_of(pin.check(at(14), &wrong)), Some(1), "not counted");
        assert_eq!(pin.check(at(15), &right), Ok(()));
        assert_eq!(
            pin.check(at(15), &wrong),
            Err(Problem::new(ProblemKind::PinWrong)),
            "the right one starts the count anew"
        );
    }

    #[test]
    fn a_token_works_once() {
        let mut random = ChaCha20Rng::seed_from_u64(4);
        let mut pin = Pin::new(&mut random);
        let first = SecretText::new(pin.token());
        assert_eq!(first.expose().len(), TOKEN_LENGTH);
        let used = Err(Problem::new(ProblemKind::TokenUsed));
        assert_eq!(pin.check_token(&SecretText::new(""), &mut random), used);
        assert_eq!(pin.token(), first.expose(), "a wrong one changes nothing");
        assert_eq!(pin.check_token(&first, &mut random), Ok(()));
        assert_eq!(pin.check_token(&first, &mut random), used);
        let second = SecretText::new(pin.token());
        assert_eq!(pin.check_token(&second, &mut random), Ok(()));
    }

    #[test]
    fn neither_pin_nor_token_shows_in_debug() {
        let pin = Pin::new(&mut ChaCha20Rng::seed_from_u64(5));
        let shown = format!("{pin:?}");
        assert!(!shown.contains(pin.code()) && !shown.contains(pin.token()));
    }
}
