//! The panel in use.

mod bench;
mod properties;
mod script;

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
transcript!(what_has_no_key_to_type_goes_by_phone, "files");
transcript!(a_recorder_may_pass_the_password_on, "recorder");
transcript!(the_empty_home_says_what_is_missing, "empty_home");
transcript!(the_menu_leads_to_everything_else, "menu");
transcript!(the_screen_sleeps_and_the_qr_does_not, "sleep");
transcript!(presses_that_do_nothing, "presses");
transcript!(many_devices_and_cases, "many");
