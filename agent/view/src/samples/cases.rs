//! From the device's page to its QR and the phone's way here.

use core::time::Duration;
use std::sync::Arc;

use resetbox_core::Fingerprint;
use resetbox_core::screen::{Action, Button, JoinSecured, Page, Target};
use resetbox_core::view::CasePhase;
use sadp::Way;

use super::{BACK, Named, OK, camera, long, recorder, screen};

pub(super) fn devices() -> Vec<Named> {
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
        vec![Action::FirstPassword, Action::PhonePage, Action::Lamp],
    );
    if let Page::Device {
        activated, target, ..
    } = &mut inactive
    {
        *activated = false;
        *target = super::target(
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
            screen(inactive, &keys(Action::FirstPassword)),
        ),
        (
            "first-password",
            screen(
                Page::FirstPassword { target: camera() },
                &[
                    (OK, false, Action::Next),
                    (Button::Down, false, Action::PhonePage),
                    (BACK, false, Action::Back),
                ],
            ),
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
const FINGERPRINT: [u8; 32] =
    *b"\x3f\x9a\x21\xc0\x8b\x7e\x55\xd1\x0c\x4f\xe2\x96sample of a digest!!";

fn device_code(bytes: usize) -> Arc<str> {
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

pub(super) fn codes() -> Vec<Named> {
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
            url_qr: url.then(|| "http://10.43.0.1/#t=7fk2pq9sxw4mtz8c".into()),
            pin: "482193".into(),
            secured: url.then(|| JoinSecured {
                url: "https://10.43.0.1".into(),
                url_qr: Some("https://10.43.0.1/#t=7fk2pq9sxw4mtz8c".into()),
                fingerprint: Fingerprint(FINGERPRINT),
            }),
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
        ("join-https", join(2, true, true)),
        ("join-no-address", join(1, false, false)),
    ]
}
