//! Pages and requests in a line or two, for transcripts.

use core::fmt::Write as _;

use crate::panel::Ask;
use crate::request::{CaseKind, Request};
use crate::screen::{KEY_DONE, KEY_MORE, Mark, Page, Screen, Target};
use crate::view::MustInsist;

/// What the panel asks for.
pub(super) fn asked(ask: &Ask) -> String {
    let (request, quietly) = match ask {
        Ask::Request(request) => (request, ""),
        Ask::Quietly(request) => (request, " (nobody waits)"),
        Ask::Settings(settings) => return format!("remember {settings:?}"),
    };
    let text = match request {
        Request::OpenCase { mac } => format!("open a case for {mac}"),
        Request::SubmitKey {
            key,
            new_password,
            sync_cameras,
            ..
        } => format!(
            "submit the key {} with a password of {} characters{}",
            key.expose(),
            new_password.expose().len(),
            if *sync_cameras { ", cameras too" } else { "" }
        ),
        Request::SubmitPassword { new_password, .. } => format!(
            "submit a first password of {} characters",
            new_password.expose().len()
        ),
        Request::Confirm {
            submission,
            serial,
            insist,
            ..
        } => format!(
            "send {submission} to {serial}{}",
            if *insist { ", insisting" } else { "" }
        ),
        Request::CancelCase { case } => format!("close {case}"),
        Request::Withdraw { case } => format!("forget the key that waits in {case}"),
        Request::Resolve { case, worked } => {
            format!("{case} {}", if *worked { "worked" } else { "did not work" })
        }
        Request::Lamp { mac, on } => format!("lamp of {mac} {}", if *on { "on" } else { "off" }),
        Request::Scan => "scan".into(),
        other => panic!("the panel never asks for this: {other:?}"),
    };
    format!("{text}{quietly}")
}

/// A page in a line or two.
pub(super) fn page(screen: &Screen) -> String {
    let who = |target: &Target| format!("{} ..{}", target.model, target.serial_tail);
    let text = match &screen.page {
        Page::Start { box_name, .. } => format!("start of {box_name}"),
        Page::NoCable { links } => format!("no cable in {}", links.join(", ")),
        Page::Searching { probes, stuck, .. } => {
            format!(
                "searching, {probes} probes{}",
                if *stuck { ", stuck" } else { "" }
            )
        }
        Page::List { rows, cursor } => rows
            .iter()
            .enumerate()
            .map(|(index, row)| {
                let cursor = if index == *cursor { ">" } else { "" };
                format!("{cursor}{} {}", row.model, mark(&row.mark))
            })
            .collect::<Vec<_>>()
            .join(" | "),
        Page::Device {
            target,
            choices,
            cursor,
            gone,
            ..
        } => {
            let choices: Vec<String> = choices
                .iter()
                .enumerate()
                .map(|(index, action)| {
                    format!("{}{action:?}", if index == *cursor { ">" } else { "" })
                })
                .collect();
            let gone = if *gone { ", gone" } else { "" };
            format!("device {}{gone}: {}", who(target), choices.join(" "))
        }
        Page::ConfirmOpen { target, .. } => format!("ask {} for its code?", who(target)),
        Page::Exporting { target } => format!("asking {}", who(target)),
        Page::Qr {
            target,
            device_code,
            left,
            ..
        } => format!(
            "QR {device_code} of {}, {} h left",
            who(target),
            left.map_or(0, |left| left.as_secs() / 3600)
        ),
        Page::Join {
            wifi,
            url_qr,
            pin,
            secured,
            step,
            ..
        } => match (step, wifi, secured) {
            (0, Some(wifi), _) => format!("join, QR {wifi}"),
            (2, _, Some(secured)) => format!(
                "join, QR {}, compare {}",
                secured.url_qr.clone().unwrap_or_default(),
                secured.fingerprint.groups().join(" ")
            ),
            _ => format!("join, QR {}, PIN {pin}", url_qr.clone().unwrap_or_default()),
        },
        Page::KeyEntry {
            target,
            typed,
            rows,
            kind,
            problem,
            ..
        } => {
            let said = |row: &Vec<char>| -> String {
                row.iter()
                    .map(|character| match *character {
                        KEY_DONE => "done".into(),
                        KEY_MORE => "more".into(),
                        other => other.to_string(),
                    })
                    .collect()
            };
            let characters = rows.iter().map(said).collect::<Vec<_>>().join(" | ");
            let group = kind.unwrap_or("all");
            let problem = problem
                .as_ref()
                .map(|problem| format!(", {:?}", problem.kind))
                .unwrap_or_default();
            format!(
                "key for {} \"{}\" {group}: {characters}{problem}",
                who(target),
                typed.expose()
            )
        }
        Page::NewPassword { target, password } => format!(
            "new password for {}: {}",
            who(target),
            password.as_ref().map_or("the owner's", |it| it.expose())
        ),
        Page::FirstPassword { target } => format!("a first password for {}", who(target)),
        Page::ConfirmSend {
            kind: _,
            target,
            tries_left,
            sync_cameras,
            can_sync,
            must_insist,
            unusual_key,
        } => {
            let mut text = format!("send to {}?", who(target));
            if let Some(tries) = tries_left {
                let _ = write!(text, " {tries} tries left,");
            }
            if *can_sync {
                let _ = write!(text, " cameras too: {sync_cameras}");
            }
            match must_insist {
                Some(MustInsist::KeysRefused) => text.push_str(" two keys were wrong"),
                Some(MustInsist::ReExported) => text.push_str(" code asked elsewhere"),
                None => {}
            }
            if *unusual_key {
                text.push_str(" not the usual 8 characters");
            }
            text
        }
        Page::Sending { target, phase } => format!("{phase:?} to {}", who(target)),
        Page::Succeeded { kind, target } => format!(
            "SUCCEEDED {}{}",
            who(target),
            match kind {
                CaseKind::Reset => "",
                CaseKind::FirstPassword => ", the first password is set",
            }
        ),
        Page::Refused { target, problem } => format!(
            "REFUSED {} {:?}{}{}",
            who(target),
            problem.kind,
            problem
                .tries_left
                .map(|tries| format!(", {tries} tries left"))
                .unwrap_or_default(),
            problem
                .lock_minutes
                .map(|minutes| format!(", locked {minutes} min"))
                .unwrap_or_default()
        ),
        Page::Unclear { target } => format!("UNCLEAR {}: it may have worked", who(target)),
        Page::Void {
            target,
            problem,
            at,
        } => {
            let at = at.map(|(hour, minute)| format!(" at {hour:02}:{minute:02}"));
            format!(
                "VOID {} {:?}{}",
                who(target),
                problem.kind,
                at.unwrap_or_default()
            )
        }
        Page::Cases { rows, cursor } => {
            let rows: Vec<String> = rows
                .iter()
                .enumerate()
                .map(|(index, row)| {
                    let cursor = if index == *cursor { ">" } else { "" };
                    format!("{cursor}{} {:?}", who(&row.target), row.phase)
                })
                .collect();
            format!("cases: {}", rows.join(" | "))
        }
        Page::Diagnosis {
            findings, offset, ..
        } => {
            format!("diagnosis, {} findings from {offset}", findings.len())
        }
        Page::Settings { items, cursor } => {
            let items: Vec<String> = items
                .iter()
                .enumerate()
                .map(|(index, (item, value))| {
                    let cursor = if index == *cursor { ">" } else { "" };
                    format!("{cursor}{item:?}={value:?}")
                })
                .collect();
            format!("settings {}", items.join(" "))
        }
        Page::Fault { alert } => format!("FAULT {}", alert.fault().unwrap_or_default()),
    };
    let mut legend: Vec<String> = screen
        .legend
        .iter()
        .map(|key| {
            let hold = if key.hold { "hold " } else { "" };
            format!(
                "{hold}{} {:?}",
                format!("{:?}", key.button).to_lowercase(),
                key.action
            )
        })
        .collect();
    if let Some(alert) = &screen.alert {
        legend = vec![format!("ALERT {:?} ..{}", alert.why, alert.serial_tail)];
    }
    if let Some(percent) = screen.holding {
        legend.push(format!("holding {percent} %"));
    }
    format!("{text}\n       ({})", legend.join(", "))
}

fn mark(mark: &Mark) -> String {
    match mark {
        Mark::Case(phase) => format!("{phase:?}").to_lowercase(),
        other => format!("{other:?}").to_lowercase(),
    }
}
