//! The worst that devices and the system can say.

#![allow(unreachable_pub, reason = "it is a module of a test")]

use core::net::Ipv4Addr;

use resetbox_core::problem::{FileFault, KeyFault, LoginFault, PasswordFault, ProblemKind as K};
use resetbox_core::screen::{Action, AlertLine, Button, Legend, Page, Screen, StatusBar, Target};
use resetbox_core::view::{CaseAlert, Finding, View};
use resetbox_view::samples;
use resetbox_view::texts::Language;

mod pages;

pub use pages::worst_pages;

pub fn worst_view(language: Language, page: Page, turn: usize) -> View {
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

pub const LONG: &str = "Resource temporarily unavailable (os error 11), operation not permit";

pub fn worst_target() -> Target {
    Target {
        model: "iDS-2CD8A46G0-XZHSWWWMMM/DS-2CD-IPC/WWMMXX".into(),
        ipv4: Some(Ipv4Addr::new(208, 208, 208, 208)),
        serial: "iDS-2CD8A46G0-XZHSWWWMMM/DS-2CD-IPC20231130AAWRMMWWQQ4217765WCVU".into(),
        serial_tail: "WMWMWM".into(),
    }
}

pub fn bare_target() -> Target {
    Target {
        model: "unknown model".into(),
        ipv4: None,
        serial: String::new(),
        serial_tail: String::new(),
    }
}

pub fn kinds() -> Vec<K> {
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

pub fn findings() -> Vec<Finding> {
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

pub const ACTIONS: [Action; 33] = [
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

pub const ALERTS: [CaseAlert; 8] = [
    CaseAlert::ExpiresSoon,
    CaseAlert::MayBeVoid,
    CaseAlert::Void,
    CaseAlert::Unclear,
    CaseAlert::DeviceGone,
    CaseAlert::MaybeRestarted,
    CaseAlert::Locked,
    CaseAlert::Refused,
];
