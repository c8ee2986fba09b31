//! The view as the contract says it. No key, no password, no PIN; a device code in its own topic only.

use resetbox_core::event::UpdateNews;
use resetbox_core::policy::Language;
use resetbox_core::problem::Culprit;
use resetbox_core::view::{Alert, CaseView, DeviceView};
use resetbox_core::{ProblemKind, View, Wall};
use resetbox_view::texts;
use sadp::Way;
use serde::Serialize;

use super::contract::{Alarm, CaseState, Device, Devices, Problem, State};

/// Longest list of devices in one message.
const DEVICES: usize = 500;
/// What is told of a moment may be so much off before it is told anew: a bound that is computed from two clocks
/// moves by a little all the time.
const SAME_MOMENT_MS: i64 = 120_000;

/// What a moment was called before, so that it keeps its name.
#[derive(Default)]
pub(crate) struct Moments {
    since: Option<(String, u64, Option<Wall>)>,
    expires: std::collections::BTreeMap<String, Wall>,
}

impl Moments {
    /// Since when the phase holds.
    fn since(&mut self, phase: &str, view: &View) -> Option<Wall> {
        let mark = view.indicator.since.0;
        match &self.since {
            Some((known, at, wall)) if known == phase && *at == mark && wall.is_some() => *wall,
            _ => {
                let wall = view
                    .wall
                    .map(|wall| wall - view.at.since(view.indicator.since));
                self.since = Some((phase.to_owned(), mark, wall));
                wall
            }
        }
    }

    /// When a case closes by itself.
    fn expires(&mut self, case: &CaseView, view: &View) -> Option<Wall> {
        let now = view.wall? + case.left?;
        let known = self.expires.entry(case.id.0.clone()).or_insert(now);
        if (known.0 - now.0).abs() > SAME_MOMENT_MS {
            *known = now;
        }
        Some(*known)
    }

    /// Forgets cases that are closed.
    pub(crate) fn keep(&mut self, view: &View) {
        self.expires.retain(|id, _| {
            (view.cases.iter()).any(|case| case.id.0 == *id && case.phase.is_open())
        });
    }
}

/// The name of a value that has nothing but one: `no-cable`, `mqtt`.
pub(crate) fn name(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => name,
        _ => "unknown".into(),
    }
}

/// `en` or `id`.
pub(crate) fn language(language: Language) -> String {
    name(&language)
}

/// `state`.
pub(crate) fn state(view: &View, moments: &mut Moments) -> State {
    let phase = name(&view.indicator.state);
    State {
        since: moments.since(&phase, view).map(|wall| wall.to_string()),
        phase,
        alarm: view.alerts.first().map(|first| alarm(first, view.language)),
        alarms: view.alerts.len(),
        open_cases: (view.cases.iter())
            .filter(|case| case.phase.is_open())
            .count(),
        devices: view.devices.len(),
    }
}

fn alarm(alert: &Alert, language: Language) -> Alarm {
    let words = texts::alert(language, alert);
    let (kind, case, serial_tail) = match alert {
        Alert::Case {
            case,
            serial_tail,
            why,
        } => (why.name(), Some(case.0.clone()), Some(serial_tail.clone())),
        Alert::Store(_) => ("store", None, None),
        Alert::Fleeting(_) => ("fleeting", None, None),
        Alert::Update(UpdateNews::Coming(_)) => ("update-coming", None, None),
        Alert::Update(UpdateNews::Refused(_)) => ("update-refused", None, None),
        Alert::Update(UpdateNews::FellBack(_)) => ("update-fell-back", None, None),
        Alert::Panel(_) => ("panel", None, None),
        Alert::Buttons(_) => ("buttons", None, None),
        Alert::Leds(_) => ("leds", None, None),
        Alert::Config(_) => ("config", None, None),
        Alert::Http(_) => ("http", None, None),
        Alert::Https(_) => ("https", None, None),
    };
    Alarm {
        kind: kind.into(),
        case,
        serial_tail,
        title: words.title,
        hint: words.next,
    }
}

/// `devices`, without the time of its change.
pub(crate) fn devices(view: &View) -> Devices {
    Devices {
        count: view.devices.len(),
        updated: None,
        truncated: view.devices.len() > DEVICES,
        items: (view.devices.iter().take(DEVICES))
            .map(|one| device(one))
            .collect(),
    }
}

fn device(device: &DeviceView) -> Device {
    Device {
        mac: device.mac.to_string(),
        model: device.model.clone(),
        serial: device.serial.clone(),
        ipv4: device.ipv4.map(|ip| ip.to_string()),
        firmware: device.firmware.clone(),
        brand: device.brand.clone(),
        activated: device.activated,
        way: match device.way {
            Way::Activate => "activate",
            Way::TypedKey => "typed-key",
            Way::KeyFile => "key-file",
            Way::AskVendor => "ask-vendor",
            Way::None => "none",
        }
        .into(),
        gone: device.gone,
        case: device.case.as_ref().map(|case| case.0.clone()),
        case_open: device.case_open,
    }
}

/// `devices` as text of at most `longest` bytes: as many items as fit.
pub(crate) fn devices_text(devices: &mut Devices, longest: usize) -> String {
    loop {
        let text = text(&*devices);
        if text.len() <= longest || devices.items.is_empty() {
            return text;
        }
        devices.truncated = true;
        devices.items.truncate(devices.items.len() / 2);
    }
}

/// `cases/ID/state`.
pub(crate) fn case(case: &CaseView, view: &View, moments: &mut Moments) -> CaseState {
    let said = |one: &Option<_>| one.as_ref().map(|one| problem(one, view.language));
    CaseState {
        id: case.id.0.clone(),
        mac: case.mac.to_string(),
        serial: case.serial.clone(),
        model: case.model.clone(),
        ipv4: case.ipv4.map(|ip| ip.to_string()),
        firmware: case.firmware.clone(),
        kind: name(&case.kind),
        typed_key: case.typed_key,
        phase: name(&case.phase),
        has_code: case.device_code.is_some(),
        issued: case.issued.map(|wall| wall.to_string()),
        expires: moments.expires(case, view).map(|wall| wall.to_string()),
        expires_at_most: case.left_at_most,
        may_be_void: case.may_be_void,
        tries_left: case.tries_left,
        lock_minutes: case.lock_minutes,
        error: said(&case.problem),
        doubt: said(&case.doubt),
        must_insist: case.must_insist.is_some(),
        insist_because: case.must_insist.as_ref().map(name),
        submission: case.submission.as_ref().map(|id| id.0.clone()),
        can_sync: case.can_sync,
        sync_cameras: case.sync_cameras,
        attempts: case.attempts,
        device_present: case.device_present,
    }
}

/// A problem of the core in words.
pub(crate) fn problem(problem: &resetbox_core::Problem, language: Language) -> Problem {
    let words = texts::problem(language, problem);
    Problem {
        kind: format!("urn:resetbox:problem:{}", problem.kind.name()),
        title: words.title,
        detail: words.what,
        hint: words.next,
        culprit: match problem.culprit() {
            Culprit::DeviceRefused => "device-refused",
            Culprit::DeviceMisbehaved => "device-misbehaved",
            Culprit::Operator => "operator",
            Culprit::BoxFault => "box-fault",
        }
        .into(),
        code: problem.sadp_code(),
        tries_left: problem.tries_left,
        lock_minutes: problem.lock_minutes,
        faults: match &problem.kind {
            ProblemKind::KeyForm { fault } => vec![name(fault)],
            ProblemKind::FileForm { fault } => vec![name(fault)],
            ProblemKind::PasswordForm { faults } => faults.iter().map(name).collect(),
            _ => Vec::new(),
        },
    }
}

/// JSON.
pub(crate) fn text(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("plain strings and numbers always serialise")
}
