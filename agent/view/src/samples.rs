//! A view of every page and of its important variants: for the pictures in the documentation, for
//! reviews, and for the tests.

use core::net::Ipv4Addr;
use core::time::Duration;
use std::sync::Arc;

use resetbox_core::policy::Language;
use resetbox_core::problem::{KeyFault, Problem, ProblemKind};
use resetbox_core::screen::{
    Action, AlertLine, Button, CaseRow, KEY_DELETE, KEY_DONE, Legend, Mark, Page, Row, Screen,
    SettingItem, SettingValue, StatusBar, Target,
};
use resetbox_core::secret::SecretText;
use resetbox_core::time::Mono;
use resetbox_core::view::{
    CaseAlert, CasePhase, Diagnosis, Finding, Indicator, IndicatorState, View,
};
use sadp::Way;

use crate::frame::Frame;
use crate::geometry::Geometry;

/// Every page and its important variants, each with a name that can be part of a file name.
pub fn samples(language: Language) -> Vec<(&'static str, View)> {
    let mut all = Vec::new();
    for group in [homes(), devices(), codes(), entries(), ends(), lists()] {
        all.extend(group);
    }
    all.into_iter()
        .map(|(name, screen)| (name, view(language, screen)))
        .collect()
}

/// Every sample in both languages on the four sizes: `240x240/list-en`, and its picture.
pub fn screens() -> impl Iterator<Item = (String, Frame)> {
    Geometry::ALL.into_iter().flat_map(|geometry| {
        [(Language::En, "en"), (Language::Id, "id")]
            .into_iter()
            .flat_map(move |(language, code)| {
                samples(language).into_iter().map(move |(name, view)| {
                    let folder = format!("{}x{}", geometry.width, geometry.height);
                    (
                        format!("{folder}/{name}-{code}"),
                        crate::render(&view, &geometry),
                    )
                })
            })
    })
}

type Named = (&'static str, Screen);

fn view(language: Language, screen: Screen) -> View {
    View {
        at: Mono(3_600_000),
        wall: None,
        box_id: "rb-4f21c0".into(),
        box_name: "rb-4f21c0".into(),
        language,
        indicator: Indicator {
            state: IndicatorState::Listed,
            since: Mono(0),
        },
        links: Vec::new(),
        devices: Vec::new(),
        cases: Vec::new(),
        alerts: Vec::new(),
        diagnosis: Diagnosis::default(),
        screen,
        brightness: 100,
        rotation: 0,
        asleep: false,
    }
}

fn bar(devices: usize, cases: usize) -> StatusBar {
    StatusBar {
        link: "eth0".into(),
        carrier: true,
        speed_mbit: Some(100),
        devices,
        cases,
        clock: Some((14, 7)),
    }
}

fn screen(page: Page, legend: &[(Button, bool, Action)]) -> Screen {
    Screen {
        bar: bar(12, 1),
        page,
        legend: self::legend(legend),
        alert: None,
        holding: None,
    }
}

fn legend(keys: &[(Button, bool, Action)]) -> Vec<Legend> {
    keys.iter()
        .map(|(button, hold, action)| Legend {
            button: *button,
            hold: *hold,
            action: *action,
        })
        .collect()
}

const OK: Button = Button::Ok;
const BACK: Button = Button::Back;
const OPEN: [(Button, bool, Action); 2] = [(OK, false, Action::Open), (BACK, false, Action::Menu)];
const TO_LIST: [(Button, bool, Action); 2] =
    [(OK, false, Action::Open), (BACK, false, Action::List)];

fn camera() -> Target {
    target(
        "DS-2CD2385G1-I",
        [192, 168, 1, 64],
        "DS-2CD2385G1-I20190321AAWRC33842150",
    )
}

fn recorder() -> Target {
    target(
        "DS-7608NI-K2/8P",
        [192, 168, 1, 2],
        "DS-7608NI-K2/8P0820190611CCRRD29331407WCVU",
    )
}

fn long() -> Target {
    target(
        "iDS-2CD8A46G0-XZHSY/DS-2CD-IPC",
        [192, 168, 100, 200],
        "iDS-2CD8A46G0-XZHSY0832/DS-2CD-IPC20231130AAWRFB4217765",
    )
}

fn target(model: &str, ip: [u8; 4], serial: &str) -> Target {
    Target {
        model: model.into(),
        ipv4: Some(Ipv4Addr::from(ip)),
        serial: serial.into(),
        serial_tail: serial[serial.len() - 6..].into(),
    }
}

fn homes() -> Vec<Named> {
    let start = Page::Start {
        version: "0.1.0".into(),
        box_name: "rb-4f21c0".into(),
    };
    let mut starting = screen(start, &[]);
    starting.bar = StatusBar::default();
    let mut no_cable = screen(
        Page::NoCable {
            links: vec!["eth0".into()],
        },
        &[(OK, true, Action::Diagnosis), (BACK, false, Action::Menu)],
    );
    no_cable.bar = StatusBar {
        carrier: false,
        speed_mbit: None,
        clock: None,
        ..bar(0, 0)
    };
    let searching = |stuck, probes| {
        let mut screen = screen(
            Page::Searching {
                probes,
                addresses: vec![Ipv4Addr::new(192, 168, 1, 27)],
                elapsed: Duration::from_secs(9),
                stuck,
            },
            &[
                (OK, false, Action::Rescan),
                (OK, true, Action::Diagnosis),
                (BACK, false, Action::Menu),
            ],
        );
        screen.bar = StatusBar {
            clock: None,
            ..bar(0, 0)
        };
        screen
    };
    vec![
        ("start", starting),
        ("no-cable", no_cable),
        ("searching", searching(false, 3)),
        ("nothing-found", searching(true, 12)),
    ]
}

fn row(model: &str, ip: [u8; 4], serial_tail: &str, mark: Mark) -> Row {
    Row {
        model: model.into(),
        ipv4: Some(Ipv4Addr::from(ip)),
        serial_tail: serial_tail.into(),
        mark,
    }
}

fn all_rows() -> Vec<Row> {
    let awaiting = Mark::Case(CasePhase::Awaiting);
    vec![
        row("DS-2CD2385G1-I", [192, 168, 1, 64], "842150", awaiting),
        row("DS-7608NI-K2/8P", [192, 168, 1, 2], "331407", Mark::Ready),
        row("HWI-B140H", [192, 168, 1, 70], "009921", Mark::Oem),
        row("DS-2CD2143G2-IU", [10, 20, 30, 141], "117034", Mark::Ready),
        row("DS-2DE4425IW-DE", [192, 0, 0, 64], "620388", Mark::Inactive),
        row("DS-2CD2032-I", [192, 168, 1, 66], "415772", Mark::NoWay),
        row("DS-KH6320-WTE1", [192, 168, 1, 81], "700613", Mark::Gone),
        row(
            "iDS-2CD8A46G0-XZHSY/DS-2CD-IPC",
            [192, 168, 100, 200],
            "217765",
            Mark::Case(CasePhase::Void),
        ),
        row(
            "DS-2CD2T47G2-L",
            [192, 168, 1, 92],
            "550218",
            Mark::Case(CasePhase::Done),
        ),
        row(
            "DS-2CD1023G0E-I",
            [192, 168, 1, 93],
            "880045",
            Mark::Case(CasePhase::Sending),
        ),
        row(
            "DS-2CD2646G2",
            [192, 168, 1, 94],
            "330982",
            Mark::Case(CasePhase::Unclear),
        ),
        row(
            "DS-2CD2421G0-IW",
            [192, 168, 1, 95],
            "294410",
            Mark::Case(CasePhase::Failed),
        ),
    ]
}

fn lists() -> Vec<Named> {
    let list = |count: usize, cursor: usize| {
        let rows: Vec<Row> = all_rows().into_iter().take(count).collect();
        let mut screen = screen(Page::List { rows, cursor }, &OPEN);
        screen.bar = bar(count, usize::from(count > 0));
        screen
    };
    let mut alarm = list(12, 1);
    alarm.alert = Some(AlertLine {
        why: CaseAlert::ExpiresSoon,
        serial_tail: "842150".into(),
    });
    let mut void_alarm = list(3, 0);
    void_alarm.alert = Some(AlertLine {
        why: CaseAlert::MaybeRestarted,
        serial_tail: "217765".into(),
    });
    let case = |target, phase, hours: u64, minutes: u64| CaseRow {
        target,
        phase,
        left: Some(Duration::from_secs(hours * 3600 + minutes * 60)),
    };
    let two = vec![
        case(camera(), CasePhase::Awaiting, 23, 41),
        case(recorder(), CasePhase::Ready, 3, 12),
    ];
    let mut many = two.clone();
    many.push(case(long(), CasePhase::Void, 0, 0));
    many.push(case(camera(), CasePhase::Unclear, 47, 3));
    many.push(case(recorder(), CasePhase::Exporting, 48, 0));
    many.push(case(camera(), CasePhase::Done, 0, 0));
    many.push(case(long(), CasePhase::Failed, 0, 0));
    let settings = |cursor| Page::Settings {
        items: vec![
            (SettingItem::Brightness, SettingValue::Percent(80)),
            (SettingItem::Rotation, SettingValue::Degrees(270)),
            (SettingItem::Language, SettingValue::Language(Language::Id)),
            (SettingItem::Sleep, SettingValue::Seconds(300)),
            (SettingItem::PhonePage, SettingValue::Page),
            (SettingItem::Cases, SettingValue::Count(3)),
            (SettingItem::Diagnosis, SettingValue::Page),
        ],
        cursor,
    };
    let change = [(OK, false, Action::Change), (BACK, false, Action::List)];
    vec![
        ("list-1", list(1, 0)),
        ("list-3", list(3, 1)),
        ("list-12", list(12, 0)),
        ("list-12-middle", list(12, 6)),
        ("list-12-end", list(12, 11)),
        ("list-alert", alarm),
        ("list-alert-restarted", void_alarm),
        (
            "cases-2",
            screen(
                Page::Cases {
                    rows: two,
                    cursor: 0,
                },
                &TO_LIST,
            ),
        ),
        (
            "cases-7",
            screen(
                Page::Cases {
                    rows: many.clone(),
                    cursor: 1,
                },
                &TO_LIST,
            ),
        ),
        (
            "cases-7-end",
            screen(
                Page::Cases {
                    rows: many,
                    cursor: 5,
                },
                &TO_LIST,
            ),
        ),
        ("settings", screen(settings(0), &change)),
        ("settings-end", screen(settings(6), &TO_LIST)),
        (
            "diagnosis-well",
            screen(diagnosis(vec![], 0), &[(BACK, false, Action::List)]),
        ),
        ("diagnosis", screen(diagnosis(findings(), 0), &scroll())),
        (
            "diagnosis-next",
            screen(diagnosis(findings(), 2), &scroll()),
        ),
    ]
}

fn scroll() -> [(Button, bool, Action); 2] {
    [(OK, false, Action::Rescan), (BACK, false, Action::List)]
}

fn diagnosis(findings: Vec<Finding>, offset: usize) -> Page {
    Page::Diagnosis {
        links: vec![
            ("eth0".into(), true, 1248, 25_310),
            ("wlan0".into(), true, 12, 0),
            ("eth1".into(), false, 0, 0),
        ],
        findings,
        offset,
    }
}

fn findings() -> Vec<Finding> {
    vec![
        Finding::Silence {
            link: "wlan0".into(),
            probes: 12,
        },
        Finding::OtherClient {
            address: Ipv4Addr::new(192, 168, 100, 173),
        },
        Finding::NoPacketSocket {
            link: "eth0".into(),
            why: "Operation not permitted".into(),
        },
        Finding::DoubledSerial {
            serial_tail: "842150".into(),
        },
    ]
}

fn devices() -> Vec<Named> {
    let device = |target: Target, way, brand: Option<&str>, choices: Vec<Action>| Page::Device {
        target,
        firmware: "V5.6.3 build 190923".into(),
        brand: brand.map(Into::into),
        activated: true,
        way,
        may_refuse: false,
        gone: false,
        case: None,
        choices,
        cursor: 0,
    };
    let fresh = vec![Action::ForgotPassword, Action::PhonePage, Action::Lamp];
    let keys = |action| [(OK, false, action), (BACK, false, Action::List)];
    let legend = keys(Action::ForgotPassword);
    let plain = device(camera(), Way::TypedKey, None, fresh.clone());
    let mut with_case = device(
        camera(),
        Way::TypedKey,
        None,
        vec![
            Action::ShowQr,
            Action::EnterKey,
            Action::PhonePage,
            Action::Lamp,
            Action::CloseCase,
        ],
    );
    if let Page::Device { case, cursor, .. } = &mut with_case {
        *case = Some(CasePhase::Awaiting);
        *cursor = 2;
    }
    let mut inactive = device(
        camera(),
        Way::Activate,
        None,
        vec![Action::PhonePage, Action::Lamp],
    );
    if let Page::Device {
        activated, target, ..
    } = &mut inactive
    {
        *activated = false;
        *target = self::target(
            "DS-2DE4425IW-DE",
            [192, 0, 0, 64],
            "DS-2DE4425IW-DE20230104CCWRK98620388",
        );
    }
    let mut refuses = device(recorder(), Way::TypedKey, Some("HiLook"), fresh.clone());
    if let Page::Device { may_refuse, .. } = &mut refuses {
        *may_refuse = true;
    }
    let mut gone = device(camera(), Way::KeyFile, None, fresh.clone());
    if let Page::Device { gone, firmware, .. } = &mut gone {
        *gone = true;
        firmware.clear();
    }
    let hold = [(OK, true, Action::Start), (BACK, false, Action::Back)];
    let open = |target| Page::ConfirmOpen {
        target,
        way: Way::TypedKey,
    };
    let mut holding = screen(open(camera()), &hold);
    holding.holding = Some(62);
    vec![
        ("device", screen(plain, &legend)),
        ("device-case", screen(with_case, &keys(Action::PhonePage))),
        (
            "device-long",
            screen(
                device(long(), Way::TypedKey, Some("LTS"), fresh.clone()),
                &legend,
            ),
        ),
        (
            "device-inactive",
            screen(inactive, &keys(Action::PhonePage)),
        ),
        ("device-may-refuse", screen(refuses, &legend)),
        ("device-silent", screen(gone, &legend)),
        (
            "device-old",
            screen(
                device(
                    camera(),
                    Way::AskVendor,
                    None,
                    vec![Action::PhonePage, Action::Lamp],
                ),
                &legend,
            ),
        ),
        ("confirm-open", screen(open(camera()), &hold)),
        ("confirm-open-long", screen(open(long()), &hold)),
        ("confirm-open-holding", holding),
        (
            "exporting",
            screen(
                Page::Exporting { target: camera() },
                &[(BACK, false, Action::List)],
            ),
        ),
    ]
}

/// Something like a device code of this many bytes: letters, digits and signs in no order.
pub(crate) fn device_code(bytes: usize) -> Arc<str> {
    const SIGNS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=-";
    let mut state = 0x2545_f491_u32;
    let text: String = (0..bytes)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            char::from(SIGNS[state as usize % SIGNS.len()])
        })
        .collect();
    text.into()
}

fn codes() -> Vec<Named> {
    let legend = [
        (OK, false, Action::EnterKey),
        (Button::Down, false, Action::PhonePage),
        (BACK, false, Action::Back),
    ];
    let qr = |bytes, minutes: u64, at_most, may_be_void, guess| {
        let page = Page::Qr {
            target: camera(),
            device_code: device_code(bytes),
            left: Some(Duration::from_secs(minutes * 60)),
            left_at_most: at_most,
            may_be_void,
            guess,
        };
        screen(page, &legend)
    };
    let join = |step, wifi: bool, url: bool| {
        let page = Page::Join {
            wifi: wifi.then(|| "WIFI:T:WPA;S:resetbox-4f21c0;P:kopi-susu-dua;;".into()),
            url: url.then(|| "http://10.43.0.1".into()),
            url_qr: url.then(|| "http://10.43.0.1/j/7fK2pQ9sXw4mTz8c".into()),
            pin: "482193".into(),
            step,
        };
        screen(
            page,
            &[(OK, false, Action::Next), (BACK, false, Action::Back)],
        )
    };
    vec![
        ("qr-64", qr(64, 48 * 60, false, false, false)),
        ("qr-128", qr(128, 23 * 60 + 41, false, false, false)),
        ("qr-176", qr(176, 23 * 60 + 41, true, false, false)),
        ("qr-255", qr(255, 3 * 60 + 9, false, false, false)),
        ("qr-255-old", qr(255, 19 * 60, true, true, false)),
        ("qr-344-guess", qr(344, 47 * 60 + 59, false, false, true)),
        ("qr-616", qr(616, 23 * 60 + 41, false, false, false)),
        ("qr-1023", qr(1023, 23 * 60 + 41, true, true, true)),
        ("join-wifi", join(0, true, true)),
        ("join-page", join(1, true, true)),
        ("join-no-address", join(1, false, false)),
    ]
}

fn entries() -> Vec<Named> {
    let group = |name: &str| -> Vec<char> {
        match name {
            "OK" => vec![KEY_DONE, KEY_DELETE],
            "ABC" => ('A'..='Z').collect(),
            "abc" => ('a'..='z').collect(),
            _ => ('0'..='9').collect(),
        }
    };
    let key = |typed: &str, name: &'static str, cursor, problem: Option<ProblemKind>| {
        let page = Page::KeyEntry {
            target: camera(),
            typed: SecretText::new(typed),
            group: group(name),
            cursor,
            group_name: name,
            phone: Some(("http://10.43.0.1".into(), "482193".into())),
            choosing_group: false,
            problem: problem.map(Problem::new),
        };
        screen(
            page,
            &[(OK, false, Action::Type), (BACK, false, Action::Group)],
        )
    };
    let mut choosing = key("A7kW2x", "123", 0, None);
    if let Page::KeyEntry { choosing_group, .. } = &mut choosing.page {
        *choosing_group = true;
    }
    choosing.legend = legend(&[
        (OK, false, Action::Open),
        (Button::Up, false, Action::Group),
        (BACK, false, Action::Delete),
    ]);
    let mut done = key("A7kW2x9Q", "OK", 0, None);
    done.legend = legend(&[(OK, false, Action::Done), (BACK, false, Action::Group)]);
    let send = |target, tries_left, can_sync, sync_cameras, must_insist| {
        let page = Page::ConfirmSend {
            target,
            tries_left,
            sync_cameras,
            can_sync,
            must_insist,
            unusual_key: false,
        };
        screen(
            page,
            &[(OK, true, Action::Send), (BACK, false, Action::Back)],
        )
    };
    let mut holding = send(camera(), Some(5), false, false, false);
    holding.holding = Some(35);
    let mut unusual = send(camera(), None, false, false, false);
    if let Page::ConfirmSend { unusual_key, .. } = &mut unusual.page {
        *unusual_key = true;
    }
    let with_sync = |mut screen: Screen| {
        let sync = legend(&[(Button::Up, false, Action::Sync)]);
        screen.legend.splice(1..1, sync);
        screen
    };
    let password = Page::NewPassword {
        target: camera(),
        password: SecretText::new("Kw7-mRt4-pVd9"),
    };
    let sending = |phase| {
        let page = Page::Sending {
            target: camera(),
            phase,
        };
        screen(page, &[])
    };
    let mut insist = send(camera(), Some(1), false, false, true);
    insist.legend[0].action = Action::Insist;
    let fault = ProblemKind::KeyForm {
        fault: KeyFault::TooShort,
    };
    vec![
        ("key-empty", key("", "ABC", 0, None)),
        ("key-typed", key("A7kW2", "abc", 12, None)),
        ("key-digits", key("A7kW2x9", "123", 9, None)),
        ("key-long", key("A7kW2x9QmmWW", "ABC", 22, None)),
        ("key-group", choosing),
        ("key-done", done),
        ("key-problem", key("A7k", "ABC", 25, Some(fault))),
        (
            "new-password",
            screen(
                password,
                &[
                    (OK, false, Action::Next),
                    (Button::Up, false, Action::Change),
                    (BACK, false, Action::Back),
                ],
            ),
        ),
        ("confirm-send", send(camera(), Some(5), false, false, false)),
        ("confirm-send-holding", holding),
        ("confirm-send-unusual", unusual),
        (
            "confirm-send-recorder",
            with_sync(send(recorder(), None, true, false, false)),
        ),
        (
            "confirm-send-sync",
            with_sync(send(recorder(), Some(3), true, true, false)),
        ),
        ("confirm-send-insist", insist),
        ("preparing", sending(CasePhase::Exchanging)),
        ("sending", sending(CasePhase::Sending)),
    ]
}

fn ends() -> Vec<Named> {
    let done = [(OK, false, Action::List), (BACK, false, Action::List)];
    let again = [(OK, false, Action::TryAgain), (BACK, false, Action::Back)];
    let renew = [(OK, true, Action::NewQr), (BACK, false, Action::Back)];
    let refused = |kind, tries_left, lock_minutes| {
        let page = Page::Refused {
            target: camera(),
            problem: Problem {
                kind,
                tries_left,
                lock_minutes,
            },
        };
        screen(page, &again)
    };
    let void = |target, kind, at| {
        let page = Page::Void {
            target,
            problem: Problem::new(kind),
            at,
        };
        screen(page, &renew)
    };
    let worked = [
        (OK, true, Action::Worked),
        (OK, false, Action::DidNotWork),
        (BACK, false, Action::Back),
    ];
    let doubt = Page::Void {
        target: camera(),
        problem: Problem::new(ProblemKind::MaybeRestarted),
        at: Some((14, 7)),
    };
    let odd = ProblemKind::DeviceRefused {
        text: "operation not supported by this device".into(),
    };
    let fault = Page::Fault {
        text: "The card is read-only: no space left on device".into(),
    };
    vec![
        (
            "succeeded",
            screen(Page::Succeeded { target: camera() }, &done),
        ),
        (
            "succeeded-long",
            screen(Page::Succeeded { target: long() }, &done),
        ),
        ("refused", refused(ProblemKind::KeyWrong, Some(4), None)),
        (
            "refused-last",
            refused(ProblemKind::KeyWrong, Some(0), Some(30)),
        ),
        ("locked", refused(ProblemKind::Locked, None, Some(30))),
        (
            "refused-weak",
            refused(ProblemKind::RiskPassword, None, None),
        ),
        ("refused-unknown", refused(odd, None, None)),
        (
            "refused-silent",
            refused(ProblemKind::DeviceSilent, None, None),
        ),
        (
            "unclear",
            screen(Page::Unclear { target: camera() }, &worked),
        ),
        (
            "void-restarted",
            void(camera(), ProblemKind::Rebooted, Some((14, 7))),
        ),
        ("void-expired", void(recorder(), ProblemKind::Expired, None)),
        (
            "void-exported",
            void(long(), ProblemKind::ReExported, Some((9, 30))),
        ),
        (
            "doubt-restarted",
            screen(
                doubt,
                &[
                    (OK, true, Action::NewQr),
                    (BACK, false, Action::KeepWaiting),
                ],
            ),
        ),
        (
            "fault",
            screen(
                fault,
                &[(OK, false, Action::Next), (BACK, false, Action::Back)],
            ),
        ),
    ]
}
