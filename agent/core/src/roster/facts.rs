//! From what a device says to what surfaces show: printable, cut, compact.

use sadp::Device;

use crate::time::Mono;
use crate::view::{DeviceView, Lamp};

/// Longest text of an ordinary field, in characters; real ones have at most 48 bytes.
const TEXT: usize = 64;
/// Longest serial, in characters; real ones have at most 48 bytes.
const SERIAL: usize = 128;
/// Most unknown elements kept for the detail page.
const OTHER: usize = 12;
/// Most characters of their names and values: a flood of invented devices must not fill the memory.
const OTHER_TEXT: usize = 512;
/// Longest name of one, in characters.
const NAME: usize = 32;

/// A text from outside, printable and cut.
pub(crate) fn clean(text: &str, longest: usize) -> String {
    let end = text
        .char_indices()
        .nth(longest)
        .map_or(text.len(), |(end, _)| end);
    let mut clean = sadp::printable(&text[..end]).into_owned();
    clean.shrink_to_fit();
    clean
}

/// The last six characters.
pub(crate) fn tail(text: &str) -> &str {
    text.char_indices()
        .nth_back(5)
        .map_or(text, |(start, _)| &text[start..])
}

/// What a device says about itself, first heard at `now`.
pub(crate) fn facts(device: &Device, now: Mono) -> DeviceView {
    let text = |text: &Option<String>| text.as_deref().map(|text| clean(text, TEXT));
    let serial = device
        .serial
        .as_deref()
        .map(|text| clean(text, SERIAL))
        .unwrap_or_default();
    DeviceView {
        mac: device.mac,
        model: text(&device.model).unwrap_or_else(|| "unknown model".into()),
        serial_tail: tail(&serial).to_owned(),
        serial,
        ipv4: device.ipv4,
        http_port: device.http_port,
        firmware: text(&device.software_version).unwrap_or_default(),
        brand: device.brand().map(|brand| clean(brand, TEXT)),
        activated: device.activated,
        way: sadp::way(device),
        owner_ways: sadp::owner_ways(device),
        can_sync: device.sync_ipc_password,
        recorder: device.is_recorder(),
        may_refuse: device.may_refuse(),
        cloud_bound: device.ezviz_bind_status == Some(1),
        boot_time: text(&device.boot_time_text),
        links: Vec::new(),
        doubled_serial: false,
        doubled_mac: false,
        first_seen: now,
        last_seen: now,
        gone: false,
        lamp: Lamp::Unknown,
        case: None,
        case_open: false,
        other: other(&device.other),
    }
}

/// The unknown elements, as many as are kept.
fn other(elements: &[(String, String)]) -> Vec<(String, String)> {
    let mut left = OTHER_TEXT;
    let mut kept = Vec::new();
    for (name, value) in elements.iter().take(OTHER) {
        let (name, value) = (clean(name, NAME), clean(value, TEXT));
        let Some(after) = left.checked_sub(name.chars().count() + value.chars().count()) else {
            break;
        };
        left = after;
        kept.push((name, value));
    }
    kept.shrink_to_fit();
    kept
}
