//! What boxes publish, for the tests of this folder.

use resetbox_core::Wall;
use serde_json::{Value, json};

use super::roll::Roll;
use crate::mqtt::contract::{BASE, Topics};

/// 2026-11-25T14:07:31Z.
pub(super) const NOW: Wall = Wall(1_795_615_651_000);

/// A broker's whole content for a list that shows every kind of row.
pub(super) fn roll() -> Roll {
    let mut roll = empty();
    put(&mut roll, "rb-000009/availability", "online");
    say(&mut roll, "rb-000009/state", &state("listed", 12, None));
    let alarm = json!({ "type": "refused", "case": "k7m2p9xq", "serial_tail": "842150", "title": "Key refused", "hint": "Check." });
    put(&mut roll, "rb-1a2b3c/availability", "online");
    say(
        &mut roll,
        "rb-1a2b3c/info",
        &info("rb-1a2b3c", "Gudang 2", Some("Warehouse North, gate 7")),
    );
    say(
        &mut roll,
        "rb-1a2b3c/state",
        &state("refused", 8, Some(alarm)),
    );
    let mut refused = case("awaiting", "2026-11-27T09:32:00Z");
    refused["tries_left"] = json!(4);
    refused["error"] = problem("key-wrong", "Key refused");
    say(&mut roll, "rb-1a2b3c/cases/k7m2p9xq/state", &refused);
    let mut waiting = case("awaiting", "2026-11-27T12:30:00Z");
    waiting["serial"] = json!("DS-7608NI-K20820200101CCRR331407");
    waiting["model"] = json!("DS-7608NI-K2/8P");
    waiting["expires_at_most"] = json!(true);
    say(&mut roll, "rb-1a2b3c/cases/m3n4p5qr/state", &waiting);
    put(&mut roll, "rb-2f0000/availability", "online");
    say(&mut roll, "rb-2f0000/state", &state("sending", 3, None));
    say(
        &mut roll,
        "rb-2f0000/cases/w2x3y4z5/state",
        &case("sending", "2026-11-27T13:00:00Z"),
    );
    put(&mut roll, "rb-3c0000/availability", "online");
    say(
        &mut roll,
        "rb-3c0000/info",
        &info("rb-3c0000", "\u{1b}[2Jevil\r\n", None),
    );
    say(&mut roll, "rb-3c0000/state", &state("dancing", 0, None));
    say(
        &mut roll,
        "rb-3c0000/cases/old/state",
        &case("awaiting", "2026-11-26T02:10:00Z"),
    );
    put(&mut roll, "rb-4d0000/availability", "offline");
    say(
        &mut roll,
        "rb-4d0000/info",
        &info("rb-4d0000", "rb-4d0000", Some("Toko 12")),
    );
    put(&mut roll, "rb-5e0000/availability", "online");
    say(
        &mut roll,
        "rb-5e0000/cases/a2b3c4d5/state",
        &case("awaiting", "2026-11-27T13:59:00Z"),
    );
    put(&mut roll, "rb-000009/info", "{\"not\": ");
    put(&mut roll, "rb-000009/colour", "red");
    roll.settle();
    // Somebody was looking when this one went.
    put(&mut roll, "rb-5e0000/availability", "offline");
    roll
}

/// Nothing yet.
pub(super) fn empty() -> Roll {
    let mut roll = Roll::new(Topics::new(BASE));
    roll.begin();
    roll
}

/// Publishes text below the base.
pub(super) fn put(roll: &mut Roll, topic: &str, payload: &str) -> Option<String> {
    roll.take(NOW, &format!("{BASE}/{topic}"), payload.as_bytes())
}

/// Publishes JSON below the base.
pub(super) fn say(roll: &mut Roll, topic: &str, payload: &Value) {
    let taken = put(roll, topic, &payload.to_string());
    assert!(taken.is_some(), "{topic}: {payload}");
}

pub(super) fn info(id: &str, name: &str, site: Option<&str>) -> Value {
    json!({
        "contract": 1, "id": id, "name": name, "version": "0.1.0", "board": "Raspberry Pi Zero 2 W",
        "panel": "waveshare-1in3-hat", "site": site, "language": "en", "addresses": ["192.168.1.10/24"],
        "broker": { "version": "3.1.1", "tls": true, "takes_keys": true, "publishes_codes": false },
    })
}

pub(super) fn state(phase: &str, devices: usize, alarm: Option<Value>) -> Value {
    json!({
        "phase": phase, "since": "2026-11-25T14:00:00Z", "alarms": usize::from(alarm.is_some()),
        "alarm": alarm, "open_cases": 0, "devices": devices,
    })
}

pub(super) fn case(phase: &str, expires: &str) -> Value {
    json!({
        "id": "k7m2p9xq", "mac": "44-47-cc-37-ce-81", "serial": "DS-2CD2385G1-I20190312AAWRE33842150",
        "model": "DS-2CD2385G1-I", "ipv4": "192.168.1.64", "firmware": "V5.6.3", "typed_key": true, "phase": phase,
        "has_code": true, "issued": "2026-11-25T12:00:00Z", "expires": expires, "expires_at_most": false,
        "may_be_void": false, "tries_left": null, "lock_minutes": null, "error": null, "doubt": null,
        "must_insist": false, "can_sync": false, "sync_cameras": false, "attempts": 0, "device_present": true,
    })
}

pub(super) fn problem(kind: &str, title: &str) -> Value {
    json!({
        "type": format!("urn:resetbox:problem:{kind}"), "title": title, "detail": "The camera refused the key (code 2039). 4 tries left.",
        "hint": "Check the typing, capitals too.", "culprit": "device-refused", "code": 2039, "tries_left": 4,
    })
}
