//! What a box publishes, in the contract's payloads and in usual lengths.

use serde_json::json;

/// The box's id.
pub(crate) fn id(number: usize) -> String {
    format!("rb-{number:06x}")
}

/// `info`.
pub(crate) fn info(number: usize) -> String {
    json!({
        "contract": 1, "id": id(number), "name": format!("Van {number}"), "version": "0.1.0",
        "board": "Raspberry Pi Zero 2 W Rev 1.0", "panel": "waveshare-1in3-hat", "site": "Jakarta Selatan, depot 3",
        "language": "id", "addresses": ["192.168.1.10/24", "10.43.0.1/24"],
        "broker": { "version": "3.1.1", "tls": true, "takes_keys": true, "publishes_codes": false },
    })
    .to_string()
}

/// `state`.
pub(crate) fn state(phase: &str, open: usize) -> String {
    json!({
        "phase": phase, "since": "2026-11-25T14:07:31Z", "alarm": null, "alarms": 0, "open_cases": open, "devices": 8,
    })
    .to_string()
}

/// `devices`: eight cameras.
pub(crate) fn devices(number: usize, case_open: bool) -> String {
    let device = |n: usize| {
        let open = case_open && n == 0;
        json!({
            "mac": format!("44-47-cc-{:02x}-{:02x}-{n:02x}", number >> 8 & 0xff, number & 0xff),
            "model": "DS-2CD2385G1-I", "serial": serial(number, n), "ipv4": format!("192.168.1.{}", 64 + n),
            "firmware": "V5.6.3 build 190923", "brand": null, "activated": true, "way": "typed-key", "gone": false,
            "case": open.then_some("k7m2p9xq"), "case_open": open,
        })
    };
    let items: Vec<_> = (0..8).map(device).collect();
    json!({ "count": 8, "updated": "2026-11-25T14:07:31Z", "truncated": false, "items": items })
        .to_string()
}

/// `cases/ID/state`.
pub(crate) fn case(number: usize, phase: &str, attempts: u32) -> String {
    json!({
        "id": "k7m2p9xq", "mac": format!("44-47-cc-{:02x}-{:02x}-00", number >> 8 & 0xff, number & 0xff),
        "serial": serial(number, 0), "model": "DS-2CD2385G1-I", "ipv4": "192.168.1.64",
        "firmware": "V5.6.3 build 190923", "kind": "reset", "typed_key": true, "phase": phase, "has_code": phase != "exporting",
        "issued": "2026-11-25T12:00:00Z", "expires": "2099-11-27T12:00:00Z", "expires_at_most": false,
        "may_be_void": false, "tries_left": null, "lock_minutes": null, "error": null, "doubt": null,
        "must_insist": false, "insist_because": null, "submission": null, "can_sync": false, "sync_cameras": false, "attempts": attempts, "device_present": true,
    })
    .to_string()
}

/// `events`.
pub(crate) fn event(number: usize, count: i64, kind: &str) -> String {
    json!({
        "number": count, "time": "2026-11-25T14:07:31Z", "type": kind, "serial": serial(number, 0), "case": "k7m2p9xq",
        "channel": "mqtt", "detail": "the camera gave its device code",
    })
    .to_string()
}

/// `cmd/result`.
pub(crate) fn result() -> String {
    json!({
        "id": "4f1c2a9e77d04b6c8f5e3a2b1c0d9e8f", "verb": "submit-key", "ok": true, "repeated": false,
        "outcome": "succeeded", "case": "k7m2p9xq", "submission": "s4t5v6w7", "problem": null,
    })
    .to_string()
}

fn serial(number: usize, n: usize) -> String {
    format!("DS-2CD2385G1-I20190312AAWRE{:09}", number * 16 + n)
}
