//! The panel in use.

mod bench;
mod describe;
mod properties;
mod script;

use core::time::Duration;

use sadp::Way;

use bench::Bench;

use crate::policy::KeySet;
use crate::screen::{Button, Page};
use crate::view::CasePhase;

/// Compares a transcript with what happens. On a difference the whole text is shown, to be read and,
/// if it is right, to be put into the file.
macro_rules! transcript {
    ($name:ident, $file:literal) => {
        #[test]
        fn $name() {
            let written = include_str!(concat!("../transcripts/", $file, ".txt"));
            let played = script::play(written);
            assert!(
                written == played,
                "transcripts/{}.txt should read:\n{played}",
                $file
            );
        }
    };
}

transcript!(from_start_to_qr_takes_three_presses, "first_qr");
transcript!(a_whole_reset_with_four_keys, "reset_four_keys");
transcript!(a_whole_reset_with_a_joystick, "reset_joystick");
transcript!(the_page_follows_what_the_phone_does, "phone");
transcript!(a_refused_key_is_never_sent_again_by_itself, "refused");
transcript!(every_ending_says_what_to_do_next, "endings");
transcript!(the_owner_may_have_preset_the_password, "preset");
transcript!(what_has_no_key_to_type_goes_by_phone, "files");
transcript!(a_recorder_may_pass_the_password_on, "recorder");
transcript!(
    a_device_without_a_password_gets_its_first_one,
    "first_password"
);
transcript!(the_empty_home_says_what_is_missing, "empty_home");
transcript!(the_menu_leads_to_everything_else, "menu");
transcript!(the_phone_finds_the_page_plain_and_by_https, "join");
transcript!(the_screen_sleeps_and_the_qr_does_not, "sleep");
transcript!(presses_that_do_nothing, "presses");
transcript!(many_devices_and_cases, "many");

/// A bench on which a key was typed and a password proposed, before the last look.
fn prepared() -> Bench {
    let mut bench = Bench::new(KeySet::FourKeys);
    bench.camera(64, Way::TypedKey);
    bench.open_case(64);
    bench.change_case(64, |case| {
        case.phase = CasePhase::Awaiting;
        case.device_code = Some("CODE".into());
    });
    bench.wait(Duration::from_secs(5));
    bench.press(Button::Ok);
    // Four times up is an A.
    for _ in 0..32 {
        bench.press(Button::Up);
    }
    bench.press(Button::Ok);
    assert!(
        matches!(bench.screen().page, Page::NewPassword { .. }),
        "{:?}",
        bench.screen()
    );
    bench
}

#[test]
fn key_and_password_live_as_long_as_their_pages() {
    let leaving: [fn(&mut Bench); 4] = [
        |bench| {
            // Held, it goes back to what was typed and no further; there it deletes, and then leads home.
            bench.hold(Button::Back, Duration::from_millis(900));
            assert!(bench.panel.draft.is_some());
            bench.hold(Button::Back, Duration::from_secs(8));
            bench.hold(Button::Back, Duration::from_millis(900));
        },
        |bench| bench.wait(Duration::from_secs(601)),
        |bench| bench.change_case(64, |case| case.phase = CasePhase::Sending),
        |bench| {
            bench.press(Button::Ok);
            bench.hold(Button::Ok, Duration::from_millis(900));
        },
    ];
    for leave in leaving {
        let mut bench = prepared();
        assert!(bench.panel.draft.is_some());
        leave(&mut bench);
        assert_eq!(bench.panel.draft, None, "{:?}", bench.screen().page);
    }
}

#[test]
fn neither_key_nor_password_shows_in_debug() {
    let bench = prepared();
    let Page::NewPassword {
        password: Some(password),
        ..
    } = bench.screen().page
    else {
        panic!("{:?}", bench.screen());
    };
    let shown = format!("{:?} {:?}", bench.panel, bench.screen());
    assert!(
        !shown.contains("AAAAAAAA") && !shown.contains(password.expose()),
        "{shown}"
    );
}

#[test]
fn the_start_page_gives_way_when_no_link_is_reported() {
    let mut bench = Bench::new(KeySet::FourKeys);
    bench.links.clear();
    bench.tick();
    assert!(
        matches!(bench.screen().page, Page::Start { .. }),
        "{:?}",
        bench.screen()
    );
    bench.wait(Duration::from_secs(2));
    assert!(
        matches!(bench.screen().page, Page::NoCable { .. }),
        "{:?}",
        bench.screen()
    );
}
