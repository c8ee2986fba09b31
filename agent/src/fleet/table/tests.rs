use super::super::samples::{self, NOW, case, problem};
use super::*;

fn read(value: serde_json::Value) -> CaseState {
    serde_json::from_value(value).expect("a case")
}

#[test]
fn who_needs_a_person_comes_first_then_who_is_lost() {
    let rows = rows(&samples::roll(), NOW, NOW);
    let order: Vec<(&str, Need)> = rows.iter().map(|row| (row.id.as_str(), row.need)).collect();
    assert_eq!(
        order,
        [
            // Its key may be void any moment.
            ("rb-3c0000", Need::Person),
            ("rb-1a2b3c", Need::Person),
            ("rb-5e0000", Need::Lost),
            ("rb-2f0000", Need::Working),
            ("rb-4d0000", Need::Offline),
            ("rb-000009", Need::Nothing),
        ]
    );
    let cases: Vec<(&str, Need)> = rows[1]
        .cases
        .iter()
        .map(|case| (case.id.as_str(), case.need))
        .collect();
    assert_eq!(
        cases,
        [("k7m2p9xq", Need::Person), ("m3n4p5qr", Need::Waiting)]
    );
}

#[test]
fn a_cases_clock_counts_the_promised_day_and_then_until_it_closes() {
    let at = |expires: &str| left(&read(case("awaiting", expires)), NOW);
    let hours = |h: u64, m: u64, s: u64| Duration::from_secs((h * 60 + m) * 60 + s);
    let clock = |time, closing| {
        Some(Left {
            time,
            closing,
            at_most: false,
        })
    };
    assert_eq!(at("2026-11-27T14:07:31Z"), clock(hours(24, 0, 0), false));
    assert_eq!(at("2026-11-26T14:07:32Z"), clock(hours(0, 0, 1), false));
    assert_eq!(at("2026-11-26T14:07:31Z"), clock(hours(24, 0, 0), true));
    assert_eq!(at("2026-11-25T14:07:30Z"), clock(Duration::ZERO, true));
    assert_eq!(at("soon"), None);
}

#[test]
fn a_person_is_needed_before_the_promise_ends_and_whenever_something_is_in_the_way() {
    let need = |change: fn(&mut serde_json::Value)| {
        let mut value = case("awaiting", "2026-11-27T12:00:00Z");
        change(&mut value);
        need_of(&read(value), NOW)
    };
    assert_eq!(need(|_| {}), Need::Waiting);
    assert_eq!(
        need(|case| case["expires"] = "2026-11-26T18:07:30Z".into()),
        Need::Person
    );
    assert_eq!(
        need(|case| case["doubt"] = problem("re-exported", "Asked again")),
        Need::Person
    );
    assert_eq!(need(|case| case["must_insist"] = true.into()), Need::Person);
    assert_eq!(need(|case| case["phase"] = "unclear".into()), Need::Person);
    assert_eq!(need(|case| case["phase"] = "sending".into()), Need::Working);
    assert_eq!(need(|case| case["phase"] = "done".into()), Need::Nothing);
    // A word of a later box is shown as it is.
    assert_eq!(
        need(|case| case["phase"] = "hovering".into()),
        Need::Waiting
    );
}

#[test]
fn what_a_case_does_is_said_in_the_words_of_the_screens() {
    let words = |change: fn(&mut serde_json::Value)| {
        let mut value = case("awaiting", "2026-11-27T12:00:00Z");
        change(&mut value);
        doing(&read(value))
    };
    assert_eq!(words(|_| {}), "waiting for key");
    assert_eq!(
        words(|case| {
            case["error"] = problem("locked", "Camera locked");
            case["tries_left"] = 0.into();
            case["lock_minutes"] = 30.into();
        }),
        "Camera locked, no tries left, locked for 30 minutes"
    );
    assert_eq!(
        words(|case| {
            case["phase"] = "void".into();
            case["error"] = problem("rebooted", "Camera restarted");
            case["device_present"] = false.into();
        }),
        "void: Camera restarted"
    );
    assert_eq!(
        words(|case| case["device_present"] = false.into()),
        "waiting for key, device silent"
    );
    assert_eq!(words(|case| case["phase"] = "hovering".into()), "hovering");
}
