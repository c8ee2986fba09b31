//! From the key to how it ended.

use resetbox_core::event::UpdateNews;
use resetbox_core::problem::{KeyFault, Problem, ProblemKind};
use resetbox_core::request::CaseKind;
use resetbox_core::screen::{Action, Button, Page, Screen};
use resetbox_core::secret::SecretText;
use resetbox_core::view::{Alert, CasePhase, MustInsist};

use super::{BACK, Named, OK, camera, legend, long, recorder, screen};

pub(super) fn entries() -> Vec<Named> {
    let key = |typed: &str, rows: [&str; 3], kind, problem: Option<ProblemKind>| {
        let page = Page::KeyEntry {
            target: camera(),
            typed: SecretText::new(typed),
            rows: rows.map(|row| row.chars().collect()),
            kind,
            phone: Some(("http://10.43.0.1".into(), "482193".into())),
            problem: problem.map(Problem::new),
        };
        let back = match (kind, typed) {
            (None, "") | (Some(_), _) => Action::Back,
            (None, _) => Action::Delete,
        };
        screen(page, &[(BACK, false, back)])
    };
    let kinds = [
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        "abcdefghijklmnopqrstuvwxyz",
        "0123456789\u{2713}",
    ];
    let small = ["abcdefghi", "jklmnopqr", "stuvwxyz"];
    let usual = ["\u{2026}", "\u{2713}", ""];
    let mut done = key("O0kW2l9S", usual, None, None);
    done.legend = legend(&[(OK, false, Action::Done), (BACK, false, Action::Delete)]);
    let mut alike = done.clone();
    if let Page::KeyEntry { typed, .. } = &mut alike.page {
        *typed = SecretText::new("O0oQ1lI5");
    }
    let send = |target, tries_left, can_sync, sync_cameras, must_insist| {
        let page = Page::ConfirmSend {
            kind: CaseKind::Reset,
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
    let mut holding = send(camera(), Some(5), false, false, None);
    holding.holding = Some(35);
    let mut unusual = send(camera(), None, false, false, None);
    if let Page::ConfirmSend { unusual_key, .. } = &mut unusual.page {
        *unusual_key = true;
    }
    let with_sync = |mut screen: Screen| {
        let sync = legend(&[(Button::Up, false, Action::Sync)]);
        screen.legend.splice(1..1, sync);
        screen
    };
    let password = |generated: Option<&str>, keys: &[(Button, Action)]| {
        let page = Page::NewPassword {
            target: camera(),
            password: generated.map(SecretText::new),
        };
        let mut all = vec![(OK, false, Action::Next)];
        all.extend(
            keys.iter()
                .map(|(button, action)| (*button, false, *action)),
        );
        all.push((BACK, false, Action::Back));
        screen(page, &all)
    };
    let sending = |phase| {
        let page = Page::Sending {
            target: camera(),
            phase,
        };
        screen(page, &[])
    };
    let mut insist = send(
        camera(),
        Some(1),
        false,
        false,
        Some(MustInsist::KeysRefused),
    );
    insist.legend[0].action = Action::Insist;
    let mut asked_elsewhere = send(
        camera(),
        Some(5),
        false,
        false,
        Some(MustInsist::ReExported),
    );
    asked_elsewhere.legend[0].action = Action::Insist;
    let mut first = send(camera(), None, false, false, None);
    if let Page::ConfirmSend { kind, .. } = &mut first.page {
        *kind = CaseKind::FirstPassword;
    }
    let fault = ProblemKind::KeyForm {
        fault: KeyFault::TooShort,
    };
    vec![
        ("key-empty", key("", kinds, None, None)),
        ("key-typed", key("A7kW2", small, Some("abc"), None)),
        (
            "key-digits",
            key("A7kW2x9", ["0123", "4567", "89\u{2713}"], Some("123"), None),
        ),
        (
            "key-last",
            key("A7kW2x9", ["M", "N", "O"], Some("ABC"), None),
        ),
        ("key-long", key("A7kW2x9QmmWW", kinds, None, None)),
        (
            "key-group",
            key("A7kW2x", ["jkl", "mno", "pqr"], Some("abc"), None),
        ),
        ("key-done", done),
        ("key-alike", alike),
        ("key-problem", key("A7k", kinds, None, Some(fault))),
        (
            "new-password",
            password(Some("Kw7-mRt4-pVd9"), &[(Button::Up, Action::Change)]),
        ),
        (
            "new-password-generated",
            password(
                Some("Kw7-mRt4-pVd9"),
                &[(Button::Up, Action::Change), (Button::Down, Action::Preset)],
            ),
        ),
        (
            "new-password-preset",
            password(None, &[(Button::Up, Action::Generate)]),
        ),
        ("confirm-send", send(camera(), Some(5), false, false, None)),
        ("confirm-send-holding", holding),
        ("confirm-send-unusual", unusual),
        (
            "confirm-send-recorder",
            with_sync(send(recorder(), None, true, false, None)),
        ),
        (
            "confirm-send-sync",
            with_sync(send(recorder(), Some(3), true, true, None)),
        ),
        ("confirm-send-insist", insist),
        ("confirm-send-re-exported", asked_elsewhere),
        ("confirm-send-first", first),
        ("preparing", sending(CasePhase::Exchanging)),
        ("sending", sending(CasePhase::Sending)),
    ]
}

pub(super) fn ends() -> Vec<Named> {
    let done = [(OK, false, Action::List), (BACK, false, Action::List)];
    let succeeded = |kind, target| Page::Succeeded { kind, target };
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
    let fault = |alert| {
        screen(
            Page::Fault { alert },
            &[(OK, false, Action::Next), (BACK, false, Action::Back)],
        )
    };
    vec![
        (
            "succeeded",
            screen(succeeded(CaseKind::Reset, camera()), &done),
        ),
        (
            "succeeded-long",
            screen(succeeded(CaseKind::Reset, long()), &done),
        ),
        (
            "succeeded-first",
            screen(succeeded(CaseKind::FirstPassword, camera()), &done),
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
            fault(Alert::Store("no space left on device".into())),
        ),
        (
            "fault-settings",
            fault(Alert::Config(
                "line 12, column 1: there is no item `colour` here, only `name`, `language`, `export`".into(),
            )),
        ),
        (
            "fault-fleeting",
            fault(Alert::Fleeting("there is no data partition on this card".into())),
        ),
        (
            "fault-update",
            fault(Alert::Update(UpdateNews::FellBack("system b failed its health check".into()))),
        ),
    ]
}
