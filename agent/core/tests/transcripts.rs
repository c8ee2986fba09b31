//! The transcripts: what happens to a box, and what it does, as text. See `play` for the words.
#![allow(
    clippy::disallowed_methods,
    reason = "one test lists the folder of the transcripts"
)]

mod bench;
mod play;

macro_rules! transcripts {
    ($($name:ident,)+) => {
        $(#[test]
        fn $name() {
            play::play(include_str!(concat!("transcripts/", stringify!($name), ".txt")));
        })+

        /// A transcript that nobody plays proves nothing.
        #[test]
        fn every_transcript_is_played() {
            let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/transcripts");
            let mut there: Vec<String> = std::fs::read_dir(folder)
                .expect("the folder of the transcripts")
                .map(|entry| entry.expect("an entry").file_name().into_string().expect("a plain name"))
                .collect();
            there.sort();
            let mut played = vec![$(concat!(stringify!($name), ".txt")),+];
            played.sort_unstable();
            assert_eq!(there, played);
        }
    };
}

transcripts! {
    cancel,
    clock_learnt_late,
    clock_set,
    doubt_over_power_cut,
    exchange,
    expiry,
    expiry_over_power_cut,
    first_password,
    first_password_elsewhere,
    first_password_over_power_cut,
    first_password_refused,
    late_answer,
    locked,
    locked_exchange,
    locked_over_power_cut,
    login,
    login_other_subnet,
    login_over_power_cut,
    login_told_when_durable,
    login_unclear,
    maybe_restarted,
    no_verdict,
    not_cancelled,
    overdue,
    power_cut,
    re_exported,
    reboot,
    reboot_after_reset,
    reboot_in_attempt,
    reboot_in_exchange,
    recorder,
    refused_export,
    replaced_key,
    risky_password,
    sending_fails,
    silence,
    silent_store,
    slow_key_pair,
    store_failure,
    success,
    two_cases,
    two_links,
    wrong_key,
}
