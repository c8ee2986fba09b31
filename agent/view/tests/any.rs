//! Whatever devices say and whatever the glass: a picture comes out.

use core::net::Ipv4Addr;
use core::time::Duration;

use proptest::prelude::{Strategy, any, proptest};
use proptest::test_runner::Config;
use resetbox_core::Fingerprint;
use resetbox_core::problem::{Problem, ProblemKind};
use resetbox_core::request::CaseKind;
use resetbox_core::screen::{AlertLine, CaseRow, JoinSecured, Mark, Page, Row, Target};
use resetbox_core::secret::SecretText;
use resetbox_core::view::{Alert, CaseAlert, CasePhase};
use resetbox_view::texts::Language;
use resetbox_view::{Geometry, render, samples};

fn targets() -> impl Strategy<Value = Target> {
    // Any characters, blanks and line ends too, and far beyond what fits.
    let text = || "(?s).{0,300}";
    (text(), any::<Option<u32>>(), text(), "(?s).{0,8}").prop_map(
        |(model, ipv4, serial, serial_tail)| Target {
            model,
            ipv4: ipv4.map(Ipv4Addr::from),
            serial,
            serial_tail,
        },
    )
}

fn pages() -> impl Strategy<Value = Page> {
    let text = || "(?s).{0,300}";
    (targets(), text(), any::<u64>(), 0..14_u8, any::<bool>()).prop_map(
        |(target, text, number, which, flag)| {
            let at = number as usize % 20;
            let left = Some(Duration::from_millis(number));
            let problem = Problem {
                kind: ProblemKind::DeviceRefused { text: text.clone() },
                tries_left: Some(number as u32),
                lock_minutes: flag.then_some(number as u32),
            };
            match which {
                0 => Page::List {
                    rows: vec![
                        Row {
                            model: target.model,
                            ipv4: target.ipv4,
                            serial_tail: target.serial_tail,
                            mark: Mark::Ready,
                        };
                        at
                    ],
                    cursor: number as usize,
                },
                1 => Page::Device {
                    target,
                    firmware: text.clone(),
                    brand: flag.then_some(text),
                    activated: flag,
                    way: sadp::Way::TypedKey,
                    may_refuse: flag,
                    gone: flag,
                    case: flag.then_some(CasePhase::Done),
                    choices: Vec::new(),
                    cursor: number as usize,
                },
                2 => Page::Qr {
                    target,
                    device_code: text.into(),
                    left,
                    left_at_most: flag,
                    may_be_void: flag,
                    guess: !flag,
                },
                3 => Page::Join {
                    wifi: flag.then(|| text.clone()),
                    url: Some(target.model),
                    url_qr: Some(text.clone()),
                    pin: target.serial_tail,
                    secured: flag.then(|| JoinSecured {
                        url: text.clone(),
                        url_qr: (!text.is_empty()).then(|| text.clone()),
                        fingerprint: Fingerprint([number as u8; 32]),
                    }),
                    step: number as u8,
                },
                4 => Page::KeyEntry {
                    target,
                    typed: SecretText::new(text.clone()),
                    rows: [
                        text.chars().take(at).collect(),
                        text.chars().collect(),
                        text.chars().skip(at).collect(),
                    ],
                    kind: flag.then_some("ABC"),
                    phone: Some((text.clone(), text)),
                    problem: flag.then_some(problem),
                },
                5 => Page::NewPassword {
                    target,
                    password: flag.then(|| SecretText::new(text)),
                },
                6 => Page::Refused { target, problem },
                7 => Page::Void {
                    target,
                    problem,
                    at: Some((number as u8, number as u8)),
                },
                8 => Page::Cases {
                    rows: vec![
                        CaseRow {
                            target,
                            kind: CaseKind::Reset,
                            phase: CasePhase::Awaiting,
                            left,
                        };
                        at
                    ],
                    cursor: number as usize,
                },
                9 => Page::Diagnosis {
                    links: vec![(text, flag, number, number); at],
                    findings: Vec::new(),
                    offset: number as usize,
                },
                10 => Page::Fault {
                    alert: Alert::Config(text),
                },
                11 => Page::Start {
                    version: text.clone(),
                    box_name: text,
                },
                12 => Page::NoCable { links: vec![text] },
                _ => Page::Settings {
                    items: Vec::new(),
                    cursor: number as usize,
                },
            }
        },
    )
}

proptest! {
    #![proptest_config(Config::with_cases(150))]
    #[test]
    fn a_picture_comes_out(
        page in pages(),
        width in 128..700_u16,
        height in 128..700_u16,
        tail in "(?s).{0,9}",
        alert in any::<bool>(),
    ) {
        let mut view = samples(Language::Id).remove(0).1;
        view.screen.page = page;
        view.screen.bar.link.clone_from(&tail);
        view.screen.alert = alert.then_some(AlertLine {
            why: CaseAlert::Unclear,
            serial_tail: tail,
        });
        let geometry = Geometry::new(width, height, 150.0);
        let frame = render(&view, &geometry);
        assert_eq!(frame.pixels().len(), usize::from(width) * usize::from(height));
    }
}
