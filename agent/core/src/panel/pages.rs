//! From what is shown to the page that the view draws.

use super::act::{find, join_steps, listed};
use super::entry::Password;
use super::follow::hour_and_minute;
use super::shown::Shown;
use super::{Panel, World, settings};
use crate::problem::{Problem, ProblemKind};
use crate::request::CaseKind;
use crate::rules;
use crate::screen::{AlertLine, CaseRow, JoinSecured, Mark, Page, Row, StatusBar, Target};
use crate::time::Now;
use crate::view::{Alert, CasePhase, CaseView, DeviceView};

impl Panel {
    /// The page.
    pub(super) fn page(&self, now: Now, world: &World<'_>, shown: &Shown<'_>) -> Page {
        match shown {
            Shown::Start => Page::Start {
                version: env!("CARGO_PKG_VERSION").into(),
                box_name: world.policy.box_name.clone(),
            },
            Shown::NoCable => Page::NoCable {
                links: world.links.iter().map(|link| link.name.clone()).collect(),
            },
            Shown::Searching => {
                let (elapsed, stuck) = self.search(now, world);
                Page::Searching {
                    probes: world.diagnosis.probes,
                    addresses: world
                        .links
                        .iter()
                        .filter(|link| link.carrier)
                        .flat_map(|link| link.addresses.iter().map(|(address, _)| *address))
                        .collect(),
                    elapsed,
                    stuck,
                }
            }
            Shown::List => Page::List {
                rows: world
                    .devices
                    .iter()
                    .map(|device| row(world, device))
                    .collect(),
                cursor: self.home_index(world),
            },
            Shown::Fault(alert) => Page::Fault {
                alert: (*alert).clone(),
            },
            Shown::Device(device) => self.device_page(world, device),
            Shown::ConfirmOpen(device) => Page::ConfirmOpen {
                target: target_of(device),
                way: device.way,
            },
            Shown::Opening(device) if device.way == sadp::Way::Activate => Page::FirstPassword {
                target: target_of(device),
            },
            Shown::Opening(device) => Page::Exporting {
                target: target_of(device),
            },
            Shown::Trouble(device, problem) => Page::Void {
                target: target_of(device),
                problem: (*problem).clone(),
                at: None,
            },
            Shown::Join(step) => {
                let url = world.urls.first().cloned();
                let secured = world.secured.and_then(|secured| {
                    let url = secured.urls.first()?;
                    Some(JoinSecured {
                        url_qr: Some(with_token(url, world.token)),
                        url: url.clone(),
                        fingerprint: secured.fingerprint,
                    })
                });
                // What was shown may have gone since; `1` also says that there is no address.
                let steps = join_steps(world);
                let step = steps.iter().find(|known| *known == step);
                Page::Join {
                    wifi: world.policy.wifi_join.clone(),
                    url_qr: url.as_ref().map(|url| with_token(url, world.token)),
                    url,
                    pin: world.pin.to_owned(),
                    secured,
                    step: *step.unwrap_or(&steps[0]),
                }
            }
            Shown::Cases => self.cases_page(world),
            Shown::Diagnosis(offset) => Page::Diagnosis {
                links: world
                    .links
                    .iter()
                    .map(|link| (link.name.clone(), link.carrier, link.probes, link.answers))
                    .collect(),
                findings: world.diagnosis.findings.clone(),
                offset: (*offset).min(world.diagnosis.findings.len().saturating_sub(1)),
            },
            Shown::Settings(cursor) => Page::Settings {
                items: settings::items(world),
                cursor: *cursor,
            },
            _ => match shown.case() {
                Some(case) => self.case_page(world, shown, case),
                // Every other page is about a case.
                None => self.page(now, world, &Shown::NoCable),
            },
        }
    }

    fn case_page(&self, world: &World<'_>, shown: &Shown<'_>, case: &CaseView) -> Page {
        let target = target(case);
        let draft = self.draft.as_ref().filter(|draft| draft.case == case.id);
        match (shown, draft) {
            (Shown::Exporting(_), _) if case.kind == CaseKind::Reset => Page::Exporting { target },
            (Shown::Doubt(_, problem), _) => Page::Void {
                target,
                problem: (*problem).clone(),
                at: self.noticed(&case.id),
            },
            (Shown::Refused(_, problem), _) => Page::Refused {
                target,
                problem: problem.clone(),
            },
            (Shown::ConfirmWaiting(_), _) => Page::ConfirmSend {
                kind: case.kind,
                target,
                tries_left: case.tries_left,
                sync_cameras: case.sync_cameras,
                can_sync: case.can_sync,
                must_insist: case.must_insist,
                // The channel that brought it warned who typed it.
                unusual_key: false,
            },
            (Shown::ConfirmTyped(_), Some(draft)) => Page::ConfirmSend {
                kind: case.kind,
                target,
                tries_left: case.tries_left,
                sync_cameras: draft.sync,
                can_sync: case.can_sync,
                must_insist: case.must_insist,
                unusual_key: rules::key(draft.entry.secret()).is_ok_and(|key| !key.is_usual()),
            },
            (Shown::Sending(_), _) => Page::Sending {
                target,
                phase: match case.phase {
                    CasePhase::Sending => CasePhase::Sending,
                    _ => CasePhase::Exchanging,
                },
            },
            (Shown::Unclear(_), _) => Page::Unclear { target },
            (Shown::Succeeded(_), _) => Page::Succeeded {
                kind: case.kind,
                target,
            },
            (Shown::Void(_), _) => Page::Void {
                target,
                problem: case
                    .problem
                    .clone()
                    .unwrap_or_else(|| Problem::new(ProblemKind::CaseClosed)),
                at: self.noticed(&case.id),
            },
            (Shown::KeyEntry(_), Some(draft)) => Page::KeyEntry {
                target,
                typed: draft.entry.secret().clone(),
                rows: draft.entry.rows(),
                kind: draft.entry.kind(),
                phone: world
                    .urls
                    .first()
                    .or(world.secured.and_then(|secured| secured.urls.first()))
                    .map(|url| (url.clone(), world.pin.to_owned())),
                problem: draft.entry.problem.clone(),
            },
            (Shown::NewPassword(_), Some(draft)) => Page::NewPassword {
                target,
                password: match &draft.password {
                    Password::Generated(password) => Some(password.clone()),
                    Password::Nothing | Password::Preset => None,
                },
            },
            _ if case.kind == CaseKind::FirstPassword => Page::FirstPassword { target },
            // The QR, and what a page for typing falls back to when there is nothing typed.
            _ => match &case.device_code {
                Some(code) => Page::Qr {
                    target,
                    device_code: code.clone(),
                    left: case.left,
                    left_at_most: case.left_at_most,
                    may_be_void: case.may_be_void,
                    guess: !case.typed_key,
                },
                None => Page::Exporting { target },
            },
        }
    }

    fn device_page(&self, world: &World<'_>, device: &DeviceView) -> Page {
        let choices = self.choices(world, device);
        Page::Device {
            target: target_of(device),
            firmware: device.firmware.clone(),
            brand: device.brand.clone(),
            activated: device.activated,
            way: device.way,
            may_refuse: device.may_refuse,
            gone: device.gone,
            case: Self::phase_of(world, device),
            cursor: self.choice_index(&choices),
            choices,
        }
    }

    fn cases_page(&self, world: &World<'_>) -> Page {
        let under_cursor = self.case_under_cursor(world).map(|case| case.id.clone());
        let listed = listed(world);
        let rows = world
            .cases
            .iter()
            .filter(|case| case.phase != CasePhase::Cancelled)
            .map(|case| CaseRow {
                target: target(case),
                kind: case.kind,
                phase: case.phase,
                left: case.left,
            })
            .collect();
        Page::Cases {
            rows,
            cursor: listed
                .iter()
                .position(|id| Some(id) == under_cursor.as_ref())
                .unwrap_or(0),
        }
    }
}

/// The status bar.
pub(super) fn bar(now: Now, world: &World<'_>) -> StatusBar {
    let link = world
        .links
        .iter()
        .find(|link| link.carrier)
        .or(world.links.first());
    StatusBar {
        link: link.map(|link| link.name.clone()).unwrap_or_default(),
        carrier: link.is_some_and(|link| link.carrier),
        speed_mbit: link.and_then(|link| link.speed_mbit),
        devices: world.devices.iter().filter(|device| !device.gone).count(),
        cases: world
            .cases
            .iter()
            .filter(|case| case.phase.is_open())
            .count(),
        clock: hour_and_minute(now),
    }
}

/// The alert line: at home only, where nothing else asks for attention and the line may hide the legend.
pub(super) fn alert_line(world: &World<'_>, shown: &Shown<'_>) -> Option<AlertLine> {
    if !matches!(shown, Shown::List | Shown::Searching | Shown::NoCable) {
        return None;
    }
    world.alerts.iter().find_map(|alert| match alert {
        Alert::Case {
            serial_tail, why, ..
        } => Some(AlertLine {
            why: *why,
            serial_tail: serial_tail.clone(),
        }),
        _ => None,
    })
}

/// The address of the phone page with the token that opens a session once. In the fragment: that
/// part of an address is not sent to a server that only happens to have the same address.
fn with_token(url: &str, token: &str) -> String {
    format!("{}/#t={token}", url.trim_end_matches('/'))
}

fn row(world: &World<'_>, device: &DeviceView) -> Row {
    let last = device.case.as_ref().and_then(|id| find(world, id));
    let waits = |case: &&CaseView| {
        case.kind == CaseKind::FirstPassword && case.phase == CasePhase::Awaiting
    };
    let mark = match last.map(|case| case.phase) {
        // It waits for no key: what there is to say is what it needs.
        _ if device.case_open && last.is_some_and(|case| waits(&case)) => Mark::Inactive,
        Some(phase) if device.case_open => Mark::Case(phase),
        _ if device.gone => Mark::Gone,
        // With many cameras one wants to see which are done, and which must be begun again.
        Some(phase @ (CasePhase::Done | CasePhase::Void)) => Mark::Case(phase),
        _ if !device.activated => Mark::Inactive,
        _ if !matches!(device.way, sadp::Way::TypedKey | sadp::Way::KeyFile) => Mark::NoWay,
        _ if device.brand.is_some() => Mark::Oem,
        _ => Mark::Ready,
    };
    Row {
        model: device.model.clone(),
        ipv4: device.ipv4,
        serial_tail: device.serial_tail.clone(),
        mark,
    }
}

fn target(case: &CaseView) -> Target {
    Target {
        model: case.model.clone(),
        ipv4: case.ipv4,
        serial: case.serial.clone(),
        serial_tail: case.serial_tail.clone(),
    }
}

fn target_of(device: &DeviceView) -> Target {
    Target {
        model: device.model.clone(),
        ipv4: device.ipv4,
        serial: device.serial.clone(),
        serial_tail: device.serial_tail.clone(),
    }
}
