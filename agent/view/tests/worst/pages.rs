//! Every page with the worst on it.

use core::net::Ipv4Addr;
use core::time::Duration;

use resetbox_core::Fingerprint;
use resetbox_core::event::UpdateNews;
use resetbox_core::problem::{KeyFault, Problem, ProblemKind as K};
use resetbox_core::request::CaseKind;
use resetbox_core::screen::{JoinSecured, Mark, Page, Row};
use resetbox_core::view::{Alert, MustInsist};

use super::{ACTIONS, LONG, bare_target, findings, kinds, worst_target};

pub fn worst_pages() -> Vec<(String, Page)> {
    let mut all = Vec::new();
    for (i, kind) in kinds().into_iter().enumerate() {
        let problem = Problem {
            kind,
            tries_left: Some(10),
            lock_minutes: (i % 2 == 0).then_some(1440),
        };
        let name = format!("{:?}", problem.kind);
        for target in [worst_target(), bare_target()] {
            all.push((
                format!("refused {name}"),
                Page::Refused {
                    target: target.clone(),
                    problem: problem.clone(),
                },
            ));
            all.push((
                format!("void {name}"),
                Page::Void {
                    target,
                    problem: problem.clone(),
                    at: Some((23, 59)),
                },
            ));
        }
    }
    let links: Vec<_> = (0..9)
        .map(|i| ("enx00e04c680001".into(), i % 3 > 0, u64::MAX, u64::MAX))
        .collect();
    for (offset, finding) in findings().into_iter().enumerate() {
        for findings in [vec![finding.clone()], findings()] {
            let count = findings.len();
            all.push((
                format!("diagnosis {finding:?} of {count}"),
                Page::Diagnosis {
                    links: links.clone(),
                    findings,
                    offset: if count > 1 { offset } else { 99 },
                },
            ));
        }
    }
    for (i, _) in ACTIONS.iter().enumerate() {
        all.push((
            format!("device with {:?}", ACTIONS[i]),
            Page::Device {
                target: worst_target(),
                firmware: "V5.5.820 build 210301, encoded V7.3 build 210105".into(),
                brand: Some("A very long brand name of a reseller".into()),
                activated: i % 2 == 0,
                way: sadp::Way::AskVendor,
                may_refuse: i % 3 == 0,
                gone: i % 5 == 0,
                case: (i % 4 == 0).then_some(resetbox_core::view::CasePhase::Unclear),
                choices: ACTIONS.to_vec(),
                cursor: i,
            },
        ));
    }
    for alert in [
        Alert::Store,
        Alert::Fleeting,
        Alert::Panel,
        Alert::Buttons,
        Alert::Config,
        Alert::Http,
        |text| Alert::Update(UpdateNews::Coming(text)),
        |text| Alert::Update(UpdateNews::Refused(text)),
        |text| Alert::Update(UpdateNews::FellBack(text)),
    ] {
        let alert = alert([LONG; 6].join(" "));
        all.push((format!("fault {alert:?}"), Page::Fault { alert }));
    }
    all.push((
        "no cable".into(),
        Page::NoCable {
            links: vec!["enx00e04c680001".into()],
        },
    ));
    all.push((
        "start".into(),
        Page::Start {
            version: "10.20.30-alpha.12".into(),
            box_name: "the box of the second maintenance team".into(),
        },
    ));
    for stuck in [true, false] {
        all.push((
            "searching".into(),
            Page::Searching {
                probes: u64::MAX,
                addresses: vec![Ipv4Addr::new(208, 208, 208, 208); 9],
                elapsed: Duration::from_secs(99_999),
                stuck,
            },
        ));
    }
    for (tries_left, sync_cameras, must_insist, unusual_key) in [
        (None, true, Some(MustInsist::KeysRefused), true),
        (Some(2), true, Some(MustInsist::ReExported), true),
        (Some(1), false, Some(MustInsist::KeysRefused), false),
        (Some(u32::MAX), true, None, true),
    ] {
        all.push((
            "confirm send".into(),
            Page::ConfirmSend {
                kind: CaseKind::Reset,
                target: worst_target(),
                tries_left,
                sync_cameras,
                can_sync: true,
                must_insist,
                unusual_key,
            },
        ));
    }
    let rows = |mark: Mark| Row {
        model: worst_target().model,
        ipv4: worst_target().ipv4,
        serial_tail: "WMWMWM".into(),
        mark,
    };
    for count in [1, 2, 7, 5000] {
        all.push((
            format!("list of {count}"),
            Page::List {
                rows: vec![rows(Mark::Inactive); count],
                cursor: count / 2,
            },
        ));
    }
    all.push((
        "empty list".into(),
        Page::List {
            rows: Vec::new(),
            cursor: 0,
        },
    ));
    all.push((
        "no cases".into(),
        Page::Cases {
            rows: Vec::new(),
            cursor: 0,
        },
    ));
    for length in [0, 4, 8, 9, 13, 17, 32] {
        all.push((
            format!("{length} typed"),
            Page::KeyEntry {
                target: worst_target(),
                typed: resetbox_core::secret::SecretText::new("W".repeat(length)),
                rows: match length {
                    8 => ["\u{2026}", "\u{2713}", ""].map(|row| row.chars().collect()),
                    9 => ["W", "M", "0"].map(|row| row.chars().collect()),
                    13 => ["MWMWMWMWM", "mwmwmwmwm", "89\u{2713}"].map(|row| row.chars().collect()),
                    _ => [
                        ('A'..='Z').collect(),
                        ('a'..='z').collect(),
                        ('0'..='9').collect(),
                    ],
                },
                kind: Some("ABC"),
                phone: Some(("http://208.208.208.208:8080".into(), "482193".into())),
                problem: (length == 4).then(|| {
                    Problem::new(K::KeyForm {
                        fault: KeyFault::OddCharacter,
                    })
                }),
            },
        ));
    }
    for (step, wifi) in [(0, true), (1, true), (1, false), (2, true)] {
        let long = format!("WIFI:T:WPA;S:{};P:{};;", "W".repeat(32), "M".repeat(63));
        all.push((
            "join".into(),
            Page::Join {
                wifi: wifi.then_some(long),
                url: Some("http://208.208.208.208:8080".into()),
                url_qr: Some(format!("http://208.208.208.208:8080/j/{}", "x".repeat(43))),
                pin: "884826".into(),
                secured: Some(JoinSecured {
                    url: "https://208.208.208.208:8443".into(),
                    url_qr: Some(format!(
                        "https://208.208.208.208:8443/#t={}",
                        "x".repeat(16)
                    )),
                    fingerprint: Fingerprint([0xdd; 32]),
                }),
                step,
            },
        ));
    }
    for password in [Some("WWWWMMMM%%%%@@@@"), Some("short"), None] {
        all.push((
            "new password".into(),
            Page::NewPassword {
                target: worst_target(),
                password: password.map(resetbox_core::secret::SecretText::new),
            },
        ));
    }
    for page in [
        Page::FirstPassword {
            target: worst_target(),
        },
        Page::Succeeded {
            kind: CaseKind::FirstPassword,
            target: worst_target(),
        },
        Page::ConfirmSend {
            kind: CaseKind::FirstPassword,
            target: worst_target(),
            tries_left: None,
            sync_cameras: false,
            can_sync: false,
            must_insist: None,
            unusual_key: false,
        },
    ] {
        all.push(("first password".into(), page));
    }
    all
}
