//! A view of every page and of its important variants: for the pictures in the documentation, for
//! reviews, and for the tests.

mod cases;
mod ends;
mod lists;

use core::net::Ipv4Addr;
use core::time::Duration;

use resetbox_core::policy::Language;
use resetbox_core::screen::{Action, Button, Legend, Page, Screen, StatusBar, Target};
use resetbox_core::time::Mono;
use resetbox_core::view::{Diagnosis, Indicator, IndicatorState, View};

use crate::frame::Frame;
use crate::geometry::Geometry;

/// Every page and its important variants, each with a name that can be part of a file name.
pub fn samples(language: Language) -> Vec<(&'static str, View)> {
    let mut all = Vec::new();
    for group in [
        homes(),
        cases::devices(),
        cases::codes(),
        ends::entries(),
        ends::ends(),
        lists::lists(),
    ] {
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
        secured: None,
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
