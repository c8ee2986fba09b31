//! The indicators flash slowly enough for everybody, and no two states look alike.

use core::time::Duration;

use resetbox_core::view::IndicatorState as S;
use resetbox_view::indicator::{rgb, three};

const ALL: [S; 11] = [
    S::Starting,
    S::NoCable,
    S::Searching,
    S::Listed,
    S::Waiting,
    S::Sending,
    S::Succeeded,
    S::Attention,
    S::Refused,
    S::Fault,
    S::Identify,
];

/// Every 10 ms for 20 s.
fn moments() -> impl Iterator<Item = Duration> {
    (0..2000).map(|n| Duration::from_millis(10 * n))
}

/// Milliseconds at which a light that was dark comes on.
fn rises(lit: impl Fn(Duration) -> bool) -> Vec<u128> {
    let mut before = true;
    let mut found = Vec::new();
    for at in moments() {
        let now = lit(at);
        if now && !before {
            found.push(at.as_millis());
        }
        before = now;
    }
    found
}

#[test]
fn nothing_flashes_faster_than_twice_a_second_or_slower_than_every_two() {
    for state in ALL {
        let whole = rises(|at| rgb(state, at) != [0; 3]);
        let parts = (0..3).map(|i| rises(move |at| three(state, at)[i]));
        for rises in parts.chain([whole]) {
            for pair in rises.windows(2) {
                let apart = pair[1] - pair[0];
                assert!((500..=2000).contains(&apart), "{state:?}: {apart} ms");
            }
        }
    }
}

#[test]
fn a_flash_is_long_enough_to_be_seen() {
    for state in ALL {
        let mut lit_for = 0;
        let mut first = true;
        for at in moments() {
            if rgb(state, at) != [0; 3] {
                lit_for += 10;
            } else {
                let breathing = state == S::Starting;
                assert!(
                    lit_for == 0 || lit_for >= 250 || first || breathing,
                    "{state:?}"
                );
                first = false;
                lit_for = 0;
            }
        }
    }
}

#[test]
fn no_two_states_look_alike() {
    let look = |state| moments().map(move |at| (rgb(state, at), three(state, at)));
    for (i, a) in ALL.into_iter().enumerate() {
        for b in &ALL[i + 1..] {
            assert!(look(a).ne(look(*b)), "{a:?} and {b:?}");
        }
        // With one RGB light alone, only "sending" and "which box is it" share a pattern.
        for b in &ALL[i + 1..] {
            let same = moments().all(|at| rgb(a, at) == rgb(*b, at));
            assert_eq!(
                same,
                (a, *b) == (S::Sending, S::Identify),
                "{a:?} and {b:?}"
            );
        }
    }
}

#[test]
fn the_pattern_alone_tells_trouble_from_work() {
    // What a person who sees no colour sees: lit or dark.
    let lit = |state| moments().map(move |at| rgb(state, at) != [0; 3]);
    for trouble in [S::Refused, S::NoCable] {
        for other in ALL {
            assert!(
                trouble == other || lit(trouble).ne(lit(other)),
                "{trouble:?} {other:?}"
            );
        }
    }
}

#[test]
fn success_is_three_long_flashes_and_then_steady() {
    let at = |ms| rgb(S::Succeeded, Duration::from_millis(ms)) != [0; 3];
    for flash in 0..3 {
        assert!(at(flash * 1200) && at(flash * 1200 + 599));
        assert!(!at(flash * 1200 + 600) && !at(flash * 1200 + 1199));
    }
    assert!((3600..60_000).all(at));
    let leds = |ms| three(S::Succeeded, Duration::from_millis(ms));
    assert_eq!(leds(2999), [true, true, true]);
    assert_eq!(leds(3000), [true, true, false]);
}

#[test]
fn any_time_is_taken() {
    for state in ALL {
        rgb(state, Duration::MAX);
        three(state, Duration::MAX);
    }
}
