//! Nothing that is drawn leaves its box, the glass, or overlaps: for all samples and for the worst
//! that devices and the system can say.

use core::net::Ipv4Addr;
use core::time::Duration;

use resetbox_core::Fingerprint;
use resetbox_core::event::UpdateNews;
use resetbox_core::problem::{
    FileFault, KeyFault, LoginFault, PasswordFault, Problem, ProblemKind as K,
};
use resetbox_core::request::CaseKind;
use resetbox_core::screen::{
    Action, AlertLine, Button, JoinSecured, Legend, Mark, Page, Row, Screen, StatusBar, Target,
};
use resetbox_core::view::{Alert, CaseAlert, Finding, MustInsist, View};
use resetbox_view::palette::contrast;
use resetbox_view::texts::{self, Language};
use resetbox_view::{Geometry, Inspection, inspect, samples};

const LANGUAGES: [Language; 2] = [Language::En, Language::Id];

/// The four sizes and the turned ones.
fn glasses() -> impl Iterator<Item = Geometry> {
    let turned = [Geometry::WIDE.turned(90), Geometry::LARGE.turned(270)];
    Geometry::ALL.into_iter().chain(turned)
}

fn faults_of(name: &str, view: &View, geometry: &Geometry) -> (Inspection, Vec<String>) {
    let seen = inspect(view, geometry);
    let place = format!(
        "{}x{} {:?} {name}",
        geometry.width, geometry.height, view.language
    );
    let mut faults: Vec<String> = seen
        .faults
        .iter()
        .map(|f| format!("{place}: {f}"))
        .collect();
    for (text, colour, ground) in &seen.texts {
        let ratio = contrast(*colour, *ground);
        if ratio < 4.5 {
            faults.push(format!("{place}: `{text}` has contrast {ratio:.2}"));
        }
    }
    (seen, faults)
}

fn assert_none(faults: Vec<String>) {
    assert!(
        faults.is_empty(),
        "{} faults, the first:\n{}",
        faults.len(),
        faults[..faults.len().min(40)].join("\n")
    );
}

#[test]
fn every_sample_fits_every_glass() {
    let mut faults = Vec::new();
    for language in LANGUAGES {
        for (name, view) in samples(language) {
            for geometry in glasses() {
                let (seen, more) = faults_of(name, &view, &geometry);
                assert_eq!(seen.shortened, [""; 0], "{name}: a sentence lost its end");
                faults.extend(more);
            }
        }
    }
    assert_none(faults);
}

#[test]
fn no_problem_loses_its_end_on_a_usual_camera() {
    let mut faults = Vec::new();
    for language in LANGUAGES {
        for kind in kinds()
            .into_iter()
            .filter(|k| !format!("{k:?}").contains(LONG))
        {
            let (name, mut view) = samples(language)
                .into_iter()
                .find(|(name, _)| *name == "refused")
                .expect("there is a sample of a refusal");
            if let Page::Refused { problem, .. } = &mut view.screen.page {
                problem.kind = kind.clone();
            }
            for geometry in glasses() {
                let (seen, more) = faults_of(name, &view, &geometry);
                faults.extend(more);
                for text in seen.shortened {
                    faults.push(format!("{}x{}: {text}", geometry.width, geometry.height));
                }
            }
        }
    }
    assert_none(faults);
}

#[test]
fn addresses_are_never_cut() {
    for language in LANGUAGES {
        for (name, view) in samples(language) {
            let Page::List { rows, cursor } = &view.screen.page else {
                continue;
            };
            for geometry in glasses() {
                let (seen, _) = faults_of(name, &view, &geometry);
                let ip = rows[*cursor].ipv4.map(|ip| ip.to_string());
                let ip = ip.expect("every sample row has an address");
                assert!(
                    seen.texts.iter().any(|(text, ..)| *text == ip),
                    "{name} {}x{}: {ip}",
                    geometry.width,
                    geometry.height
                );
            }
        }
    }
}

#[test]
fn the_tail_of_the_serial_is_on_every_page_of_a_case() {
    for language in LANGUAGES {
        for (name, view) in samples(language) {
            let target = match &view.screen.page {
                Page::ConfirmOpen { target, .. }
                | Page::Exporting { target }
                | Page::FirstPassword { target }
                | Page::NewPassword { target, .. }
                | Page::ConfirmSend { target, .. }
                | Page::Sending { target, .. }
                | Page::Succeeded { target, .. }
                | Page::Refused { target, .. }
                | Page::Unclear { target }
                | Page::Void { target, .. } => target,
                _ => continue,
            };
            for geometry in glasses() {
                let (seen, _) = faults_of(name, &view, &geometry);
                let shown = |what: &str| seen.texts.iter().any(|(text, ..)| text.contains(what));
                assert!(
                    shown(&target.serial_tail),
                    "{name} {}x{}",
                    geometry.width,
                    geometry.height
                );
            }
        }
    }
}

// The worst that can come.

fn worst_target() -> Target {
    Target {
        model: "iDS-2CD8A46G0-XZHSWWWMMM/DS-2CD-IPC/WWMMXX".into(),
        ipv4: Some(Ipv4Addr::new(208, 208, 208, 208)),
        serial: "iDS-2CD8A46G0-XZHSWWWMMM/DS-2CD-IPC20231130AAWRMMWWQQ4217765WCVU".into(),
        serial_tail: "WMWMWM".into(),
    }
}

fn bare_target() -> Target {
    Target {
        model: "unknown model".into(),
        ipv4: None,
        serial: String::new(),
        serial_tail: String::new(),
    }
}

const LONG: &str = "Resource temporarily unavailable (os error 11), operation not permit";

fn kinds() -> Vec<K> {
    let text = || LONG.to_owned();
    let mut all = vec![
        K::DeviceFailed,
        K::Locked,
        K::NotActivated,
        K::RiskPassword,
        K::AlreadyActivated,
        K::NoOpenRequest,
        K::Overdue,
        K::KeyWrong,
        K::DeviceRefused { text: text() },
        K::DeviceSilent,
        K::Unclear,
        K::ExchangeFailed,
        K::EmptyExport,
        K::OddAnswer { text: text() },
        K::Rebooted,
        K::MaybeRestarted,
        K::ReExported,
        K::DeviceChanged,
        K::UnknownDevice,
        K::UnknownCase,
        K::WrongState,
        K::CaseClosed,
        K::Expired,
        K::NoWay,
        K::NeedsActivation,
        K::LoginRefused,
        K::LoginLocked,
        K::LoginOdd { text: text() },
        K::LoginUsed,
        K::SerialMismatch,
        K::MustInsist,
        K::InsistReExported,
        K::KeyReplaced,
        K::NoSync,
        K::PinWrong,
        K::PinSlow { wait_s: 86_400 },
        K::TokenUsed,
        K::ChannelNotSafe,
        K::StoreFailed { text: text() },
        K::TransmitFailed { text: text() },
        K::NoLink,
        K::KeyPairFailed { text: text() },
        K::Busy,
        K::PowerCut,
        K::PasswordForm {
            faults: vec![
                PasswordFault::TooShort,
                PasswordFault::TooLong,
                PasswordFault::OneKind,
                PasswordFault::OddCharacter,
                PasswordFault::Mangled,
                PasswordFault::UserName,
                PasswordFault::CommonWord,
                PasswordFault::RunOrRepeat,
            ],
        },
    ];
    for why in [
        LoginFault::NoAddress,
        LoginFault::OtherSubnet,
        LoginFault::Unreachable,
        LoginFault::HttpsOnly,
        LoginFault::NoDigest,
        LoginFault::Locked,
        LoginFault::SharedAddress,
        LoginFault::NotActivated,
    ] {
        all.push(K::LoginNotSent { why });
    }
    for fault in [
        KeyFault::Empty,
        KeyFault::TooShort,
        KeyFault::TooLong,
        KeyFault::OddCharacter,
    ] {
        all.push(K::KeyForm { fault });
    }
    for fault in [
        FileFault::Empty,
        FileFault::TooLong,
        FileFault::OddCharacter,
        FileFault::OwnExport,
    ] {
        all.push(K::FileForm { fault });
    }
    all
}

fn findings() -> Vec<Finding> {
    let link = || "enx00e04c680001".to_owned();
    let why = || LONG.to_owned();
    vec![
        Finding::NoInterface,
        Finding::NoCable { link: link() },
        Finding::SlowLink {
            link: link(),
            mbit: 10,
        },
        Finding::NoAddress { link: link() },
        Finding::NoPacketSocket {
            link: link(),
            why: why(),
        },
        Finding::ReversePathFilter {
            link: link(),
            value: 2,
        },
        Finding::PortTaken { link: link() },
        Finding::UdpFailed {
            link: link(),
            why: why(),
        },
        Finding::Dropped {
            link: link(),
            count: 4_294_967_295,
        },
        Finding::SmallBuffer {
            link: link(),
            bytes: 16_777_216,
        },
        Finding::Silence {
            link: link(),
            probes: 1_000_000,
        },
        Finding::RawOnly {
            link: link(),
            answers: 1_000_000,
        },
        Finding::OtherClient {
            address: Ipv4Addr::new(208, 208, 208, 208),
        },
        Finding::DoubledSerial {
            serial_tail: "WMWMWM".into(),
        },
        Finding::DoubledMac {
            mac: "44-47-cc-37-ce-81".into(),
        },
        Finding::RosterFull { limit: 8192 },
        Finding::Broker {
            why: "the broker's certificate is not accepted: it has expired".into(),
        },
        Finding::SendFailed {
            link: link(),
            why: why(),
        },
    ]
}

const ACTIONS: [Action; 33] = [
    Action::Open,
    Action::Back,
    Action::List,
    Action::Menu,
    Action::Start,
    Action::ForgotPassword,
    Action::EnterKey,
    Action::PhonePage,
    Action::Send,
    Action::Cancel,
    Action::NewQr,
    Action::KeepWaiting,
    Action::TryAgain,
    Action::Diagnosis,
    Action::Settings,
    Action::Cases,
    Action::Change,
    Action::Delete,
    Action::Type,
    Action::Next,
    Action::ShowQr,
    Action::Lamp,
    Action::Worked,
    Action::DidNotWork,
    Action::Rescan,
    Action::Done,
    Action::Group,
    Action::CloseCase,
    Action::Sync,
    Action::Insist,
    Action::FirstPassword,
    Action::Generate,
    Action::Preset,
];

const ALERTS: [CaseAlert; 8] = [
    CaseAlert::ExpiresSoon,
    CaseAlert::MayBeVoid,
    CaseAlert::Void,
    CaseAlert::Unclear,
    CaseAlert::DeviceGone,
    CaseAlert::MaybeRestarted,
    CaseAlert::Locked,
    CaseAlert::Refused,
];

fn worst_pages() -> Vec<(String, Page)> {
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

fn worst_view(language: Language, page: Page, turn: usize) -> View {
    let mut view = samples(language).remove(0).1;
    let action = |i: usize| ACTIONS[(turn + i) % ACTIONS.len()];
    let legend = |button, hold, i| Legend {
        button,
        hold,
        action: match action(i) {
            // It leads to a question, and is never held.
            Action::ForgotPassword if hold => Action::Insist,
            action => action,
        },
    };
    view.screen = Screen {
        bar: StatusBar {
            link: "enx00e04c680001".into(),
            carrier: turn.is_multiple_of(2),
            speed_mbit: Some(2500),
            devices: 8192,
            cases: 64,
            clock: Some((23, 59)),
        },
        page,
        legend: vec![
            legend(Button::Ok, turn.is_multiple_of(3), 0),
            legend(Button::Back, false, 7),
        ],
        alert: (turn.is_multiple_of(4)).then(|| AlertLine {
            why: ALERTS[turn / 4 % ALERTS.len()],
            serial_tail: "WMWMWM".into(),
        }),
        holding: (turn.is_multiple_of(7)).then_some((turn % 101) as u8),
    };
    view
}

#[test]
fn the_worst_fits_every_glass() {
    let mut faults = Vec::new();
    for language in LANGUAGES {
        for (turn, (name, page)) in worst_pages().into_iter().enumerate() {
            let view = worst_view(language, page, turn);
            for geometry in glasses() {
                faults.extend(faults_of(&name, &view, &geometry).1);
            }
        }
    }
    assert_none(faults);
}

#[test]
fn every_alert_line_and_every_key_fits() {
    let mut faults = Vec::new();
    let list = || Page::List {
        rows: Vec::new(),
        cursor: 0,
    };
    for language in LANGUAGES {
        for geometry in glasses() {
            for why in ALERTS {
                let mut view = worst_view(language, list(), 1);
                view.screen.alert = Some(AlertLine {
                    why,
                    serial_tail: "WMWMWM".into(),
                });
                faults.extend(faults_of("alert", &view, &geometry).1);
            }
            for turn in 0..3 * ACTIONS.len() {
                let mut view = worst_view(language, list(), turn);
                view.screen.alert = None;
                view.screen.holding = None;
                view.screen.legend.push(Legend {
                    button: Button::Up,
                    hold: turn.is_multiple_of(2),
                    action: ACTIONS[(turn + 13) % ACTIONS.len()],
                });
                faults.extend(faults_of("legend", &view, &geometry).1);
            }
        }
    }
    assert_none(faults);
}

#[test]
fn words_are_complete_and_differ_between_the_languages() {
    let (en, id) = (texts::all(Language::En), texts::all(Language::Id));
    assert_eq!(en.len(), id.len());
    for ((name, en), (_, id)) in en.into_iter().zip(id) {
        assert!(!en.is_empty() && !id.is_empty(), "{name}");
    }
    for kind in kinds() {
        let problem = Problem::new(kind.clone());
        let both = LANGUAGES.map(|language| texts::problem(language, &problem));
        for words in &both {
            for text in [&words.title, &words.what, &words.next, &words.short] {
                assert!(!text.is_empty(), "{kind:?}");
            }
            // Who reads the phone page learns what to do in a sentence.
            assert!(words.next.ends_with(['.', '?']), "{kind:?}: {}", words.next);
            assert!(words.what.ends_with('.'), "{kind:?}: {}", words.what);
        }
        assert_ne!(both[0].next, both[1].next, "{kind:?}");
    }
    for finding in findings() {
        let both = LANGUAGES.map(|language| texts::finding(language, &finding));
        assert_ne!(both[0].next, both[1].next, "{finding:?}");
        for words in both {
            assert!(
                words.next.ends_with(['.', '?']),
                "{finding:?}: {}",
                words.next
            );
        }
    }
}

#[test]
fn tries_and_lock_time_are_part_of_what_happened() {
    let problem = Problem {
        kind: K::KeyWrong,
        tries_left: Some(4),
        lock_minutes: Some(30),
    };
    let words = texts::problem(Language::En, &problem);
    assert!(words.what.contains("4 tries left."), "{}", words.what);
    assert!(
        words.what.contains("Locked for 30 minutes."),
        "{}",
        words.what
    );
}
