//! Lists: devices, cases, settings, findings.

use core::net::Ipv4Addr;
use core::time::Duration;

use resetbox_core::policy::Language;
use resetbox_core::request::CaseKind;
use resetbox_core::screen::{
    Action, AlertLine, Button, CaseRow, Mark, Page, Row, SettingItem, SettingValue,
};
use resetbox_core::view::{CaseAlert, CasePhase, Finding};

use super::{BACK, Named, OK, OPEN, TO_LIST, bar, camera, long, recorder, screen};

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

pub(super) fn lists() -> Vec<Named> {
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
        kind: CaseKind::Reset,
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
