use resetbox_core::secret::SecretText;
use serde_json::{Value, json};

use super::super::samples::{NOW, case, empty, info, problem, put, say};
use super::super::{DONE, NO_BROKER, REFUSED, UNCLEAR, WRONG_USE};
use super::*;
use crate::mqtt::contract;

/// A box with one case, changed before it is published.
fn roll(change: impl FnOnce(&mut Value, &mut Value)) -> Roll {
    let mut roll = empty();
    let mut about = info("rb-1", "Gudang", None);
    let mut one = case("awaiting", "2026-11-27T12:00:00Z");
    change(&mut about, &mut one);
    put(&mut roll, "rb-1/availability", "online");
    say(&mut roll, "rb-1/info", &about);
    say(&mut roll, "rb-1/cases/k7m2p9xq/state", &one);
    roll.settle();
    roll
}

fn refusal(change: impl FnOnce(&mut Value, &mut Value), sync: bool) -> (u8, String) {
    let roll = roll(change);
    let seen = present(&roll, "rb-1").expect("online");
    match takes_key(seen, "rb-1", "k7m2p9xq", false, sync) {
        Ok(_) => (0, String::new()),
        Err(end) => {
            assert!(
                end.says.contains(&"Nothing was sent.".to_owned()),
                "{end:?}"
            );
            (end.status, end.says.concat())
        }
    }
}

#[test]
fn a_box_that_cannot_be_told_anything_is_told_nothing() {
    let mut roll = roll(|_, _| {});
    assert!(present(&roll, "rb-1").is_ok());
    let nobody = present(&roll, "rb-2").expect_err("unknown");
    assert_eq!(nobody.status, NO_BROKER);
    assert!(nobody.says[0].contains("rb-2"), "{nobody:?}");
    put(&mut roll, "rb-1/availability", "offline");
    let away = present(&roll, "rb-1").expect_err("offline");
    assert!(away.says[0].contains("offline"), "{away:?}");
    put(&mut roll, "rb-1/availability", "");
    assert!(present(&roll, "rb-1").is_err());
}

#[test]
fn a_key_is_refused_before_it_is_asked_for_with_the_reason_and_the_way_out() {
    assert_eq!(refusal(|_, _| {}, false), (0, String::new()));
    type Change = fn(&mut Value, &mut Value);
    let cases: [(Change, &str); 10] = [
        (
            |about, _| about["broker"]["takes_keys"] = false.into(),
            "not private",
        ),
        (|_, case| case["typed_key"] = false.into(), "file"),
        (
            |_, case| case["kind"] = "first-password".into(),
            "no password yet",
        ),
        (
            |_, case| case["phase"] = "exporting".into(),
            "not given its code",
        ),
        (|_, case| case["phase"] = "sending".into(), "under way"),
        (
            |_, case| case["phase"] = "unclear".into(),
            "may have worked",
        ),
        (
            |_, case| {
                case["phase"] = "void".into();
                case["error"] = problem("rebooted", "Camera restarted");
            },
            "closed (void). Camera restarted.",
        ),
        (|_, case| case["phase"] = "hovering".into(), "hovering"),
        (|_, case| case["serial"] = "".into(), "no serial"),
        (|_, case| case["must_insist"] = true.into(), "--insist"),
    ];
    for (change, word) in cases {
        let (status, said) = refusal(change, false);
        assert_eq!(status, REFUSED, "{said}");
        assert!(said.contains(word), "{said} lacks {word}");
    }
    let (status, said) = refusal(|_, _| {}, true);
    assert_eq!(status, WRONG_USE, "{said}");
    let roll = roll(|_, _| {});
    let seen = present(&roll, "rb-1").expect("online");
    let other = takes_key(seen, "rb-1", "else", false, false).expect_err("no such case");
    assert!(other.says[0].contains("open there: k7m2p9xq"), "{other:?}");
}

#[test]
fn facts_show_the_whole_serial_and_what_is_known_of_the_tries() {
    let roll = roll(|_, case| {
        case["can_sync"] = true.into();
        case["tries_left"] = 3.into();
        case["doubt"] = problem("maybe-restarted", "Camera may have restarted");
    });
    let seen = present(&roll, "rb-1").expect("online");
    let case = takes_key(seen, "rb-1", "k7m2p9xq", false, true).expect("takes a key");
    insta::assert_snapshot!(facts(case, "rb-1", true, NOW).join("\n"));
}

#[test]
fn the_confirmation_is_the_last_six_of_the_serial() {
    let serial = "DS-2CD2385G1-I20190312AAWRE3384215X";
    for typed in ["84215X", " 84215x\n"] {
        assert!(confirms(serial, typed), "{typed}");
    }
    for typed in ["", "4215X", "842150", serial] {
        assert!(!confirms(serial, typed), "{typed}");
    }
    assert!(!confirms("", ""));
}

#[test]
fn what_is_sent_is_what_the_box_reads() {
    let key = key(&SecretText::new(" a1B2-c3d4 ")).expect("a key");
    let password = password(&SecretText::new("Ladder+7-Bolts")).expect("a password");
    let id = CommandId::new("7b0c").expect("an id");
    let mut command = Submit {
        id: id.clone(),
        expires: Some(Expires(NOW)),
        case: "k7m2p9xq",
        key: key.expose(),
        new_password: password.expose(),
        sync_cameras: true,
        serial: Some("DS-842150"),
    };
    let sent = bytes(&command).expect("short");
    let read: contract::SubmitKey = serde_json::from_slice(&sent).expect("a command");
    assert_eq!((read.id, read.expires), (id.clone(), Some(Expires(NOW))));
    assert_eq!(
        (read.key.expose(), read.new_password.expose()),
        ("a1B2c3d4", "Ladder+7-Bolts")
    );
    assert_eq!(
        (&*read.case, read.serial.as_deref()),
        ("k7m2p9xq", Some("DS-842150"))
    );
    assert!(read.sync_cameras);
    let long = "x".repeat(COMMAND_LIMIT);
    command.serial = Some(&long);
    assert_eq!(bytes(&command).expect_err("too long").status, WRONG_USE);
}

#[test]
fn keys_and_passwords_are_checked_by_the_boxs_own_rules() {
    assert!(
        key(&SecretText::new("a1b2!c3d"))
            .expect_err("a sign")
            .contains("letters and digits")
    );
    let why = password(&SecretText::new("admin123")).expect_err("a common word");
    assert!(why.contains("admin"), "{why}");
}

fn outcome(value: Value) -> End {
    let mut whole = json!({ "id": "1", "verb": "submit-key", "ok": false, "outcome": null, "case": null, "problem": null });
    for (name, field) in value.as_object().expect("fields") {
        whole[name] = field.clone();
    }
    let case = serde_json::from_value(case("sending", "x")).expect("a case");
    submitted(&serde_json::from_value(whole).expect("an outcome"), &case)
}

#[test]
fn the_outcome_is_told_with_what_to_do_next() {
    let done = outcome(json!({ "ok": true, "outcome": "succeeded" }));
    assert_eq!(done.status, DONE);
    assert_eq!(
        done.says[0],
        "Reset Password Succeeded: DS-2CD2385G1-I ...842150"
    );
    assert!(done.says[1].contains("NVR"));
    let wrong = outcome(json!({ "problem": problem("key-wrong", "Key refused") }));
    assert_eq!(wrong.status, REFUSED);
    assert_eq!(
        wrong.says,
        [
            "Key refused. The camera refused the key (code 2039). 4 tries left. Check the typing, capitals too."
        ]
    );
    for end in [
        outcome(json!({ "problem": problem("unclear", "No answer: it may have worked") })),
        outcome(json!({ "ok": true, "outcome": "\u{1b}[2J" })),
        outcome(json!({})),
        no_answer("not within 180 s", true),
    ] {
        assert_eq!(end.status, UNCLEAR, "{end:?}");
        assert!(
            end.says[1].contains("before anything is sent again"),
            "{end:?}"
        );
        assert!(!end.says.concat().contains('\u{1b}'));
    }
}
