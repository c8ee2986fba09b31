//! Whole resets by the buttons of the box alone: the real agent, a scripted camera with real
//! cryptography, and a person who only sees the screen.

mod bench;

use std::time::Duration;

use bench::{Bench, Device, EXPORTED};
use resetbox_core::policy::KeySet;
use resetbox_core::screen::{Action, Button, Edge, KEY_DONE, Page};
use resetbox_core::view::{CasePhase, IndicatorState, MustInsist};
use resetbox_core::{Event, Mono, Now, Policy, ProblemKind, Purpose};
use sadp::Mac;

/// Hands, eyes and a count of presses.
struct Person {
    bench: Bench,
    presses: u32,
}

impl Person {
    fn before_a_box_with(keys: KeySet) -> Self {
        let policy = Policy {
            keys,
            ..Policy::default()
        };
        let now = Now {
            mono: Mono(1_000),
            wall: None,
        };
        Self {
            bench: Bench::restored(policy, Vec::new(), now),
            presses: 0,
        }
    }

    fn sees(&self) -> Page {
        self.bench.view().screen.page
    }

    /// The device under the list's cursor.
    fn points_at(&self) -> Mac {
        let view = self.bench.view();
        let Page::List { cursor, .. } = view.screen.page else {
            panic!("{:?}", view.screen.page);
        };
        view.devices[cursor].mac
    }

    fn hold(&mut self, button: Button, time: Duration) {
        self.presses += 1;
        let edge = |edge| Event::Button { button, edge };
        self.bench.handle(edge(Edge::Pressed));
        self.bench.pass(time);
        self.bench.handle(edge(Edge::Released));
        // A person looks before the next press.
        self.bench.pass(Duration::from_millis(450));
    }

    fn press(&mut self, button: Button) {
        self.hold(button, Duration::from_millis(120));
    }

    /// Holds ok for what the legend promises.
    fn hold_for(&mut self, action: Action) {
        let legend = self.bench.view().screen.legend;
        assert!(
            legend.iter().any(|key| key.hold && key.action == action),
            "{action:?} is not offered: {legend:?}"
        );
        self.hold(Button::Ok, Duration::from_millis(850));
    }

    /// From the list to the QR of the only camera.
    fn opens_a_case(&mut self, camera: &Device) {
        self.bench.link_up(2);
        self.bench.answers(2, camera);
        self.bench.pass(Duration::from_secs(1));
        self.press(Button::Ok);
        self.press(Button::Ok);
        assert_eq!(
            self.bench.sent_for(Purpose::Export),
            0,
            "only a long press asks the camera"
        );
        self.hold_for(Action::Start);
        assert!(matches!(self.sees(), Page::Exporting { .. }));
        self.bench
            .answers_command(2, camera, Purpose::Export, EXPORTED);
        self.bench.pass(Duration::from_millis(500));
    }

    /// Types with up, down, ok (and right where there is a joystick), finding each character on the screen.
    fn types(&mut self, key: &str) {
        for wanted in key.chars() {
            loop {
                let Page::KeyEntry { rows, .. } = self.sees() else {
                    panic!("not where a key is typed: {:?}", self.sees());
                };
                let row = rows.iter().position(|row| row.contains(&wanted));
                let row = row.expect("every letter and digit stands in a row");
                self.press([Button::Up, Button::Ok, Button::Down][row]);
                if rows[row] == [wanted] {
                    break;
                }
            }
        }
    }

    /// From the QR to the last look; what will be the password is on the screen.
    fn prepares(&mut self, key: &str) -> String {
        self.press(Button::Ok);
        self.types(key);
        let Page::KeyEntry { typed, rows, .. } = self.sees() else {
            panic!("{:?}", self.sees());
        };
        assert_eq!((typed.expose(), rows[1].as_slice()), (key, &[KEY_DONE][..]));
        self.press(Button::Ok);
        let Page::NewPassword {
            password: Some(password),
            ..
        } = self.sees()
        else {
            panic!("{:?}", self.sees());
        };
        self.press(Button::Ok);
        assert!(
            matches!(self.sees(), Page::ConfirmSend { .. }),
            "{:?}",
            self.sees()
        );
        password.expose().to_owned()
    }

    /// The camera goes through the exchange; gives back the reset that it gets.
    fn exchanges(&mut self, camera: &mut Device) -> String {
        assert!(
            matches!(self.sees(), Page::Sending { .. }),
            "{:?}",
            self.sees()
        );
        self.bench.pass(Duration::from_millis(200));
        self.bench.answers(2, camera);
        self.bench.answers_exchange(2, camera, [7; 16]);
        self.bench.last_text(Purpose::Reset)
    }
}

#[test]
fn a_whole_reset_by_buttons_only() {
    for keys in [KeySet::FourKeys, KeySet::Joystick] {
        let mut person = Person::before_a_box_with(keys);
        let mut camera = Device::new(1);
        person.opens_a_case(&camera);
        let Page::Qr { device_code, .. } = person.sees() else {
            panic!("{:?}", person.sees());
        };
        assert_eq!(*device_code, format!("aGVsbG8gd29ybGQ={}", camera.serial));
        assert!(person.presses <= 5, "{} presses to the QR", person.presses);
        assert_eq!(person.bench.view().indicator.state, IndicatorState::Waiting);

        let password = person.prepares("A7kX92Bc");
        person.press(Button::Ok);
        person.hold(Button::Ok, Duration::from_millis(700));
        assert_eq!(
            person.bench.sent_for(Purpose::Exchange),
            0,
            "only a long press sends"
        );
        assert!(matches!(person.sees(), Page::ConfirmSend { .. }));
        person.hold_for(Action::Send);
        let reset = person.exchanges(&mut camera);
        assert!(camera.takes(&reset, &password, "A7kX92Bc"), "{reset}");
        person
            .bench
            .answers_command(2, &camera, Purpose::Reset, "<Result>success</Result>");
        assert!(
            matches!(person.sees(), Page::Succeeded { .. }),
            "{:?}",
            person.sees()
        );
        assert_eq!(
            person.bench.view().indicator.state,
            IndicatorState::Succeeded
        );
        person.bench.pass(Duration::from_secs(1));
        person.press(Button::Ok);
        assert!(matches!(person.sees(), Page::List { .. }));
        assert_eq!(person.bench.sent_for(Purpose::Export), 1);
        assert_eq!(person.bench.sent_for(Purpose::Reset), 1);
    }
}

#[test]
fn a_wrong_key_is_told_and_the_next_one_sent_only_when_the_person_says_so() {
    let mut person = Person::before_a_box_with(KeySet::FourKeys);
    let mut camera = Device::new(1);
    person.opens_a_case(&camera);
    for (attempt, tries) in [(1, 4), (2, 3)] {
        person.prepares("AAAAAAAA");
        person.hold_for(Action::Send);
        person.exchanges(&mut camera);
        let refusal = format!("<Result>codeError</Result><RetryTimes>{tries}</RetryTimes>");
        person
            .bench
            .answers_command(2, &camera, Purpose::Reset, &refusal);
        let Page::Refused { problem, .. } = person.sees() else {
            panic!("{:?}", person.sees());
        };
        assert_eq!(
            (problem.kind, problem.tries_left),
            (ProblemKind::KeyWrong, Some(tries))
        );
        assert_eq!(person.bench.view().indicator.state, IndicatorState::Refused);
        person.bench.pass(Duration::from_secs(60));
        assert_eq!(
            person.bench.sent_for(Purpose::Reset),
            attempt,
            "never by itself"
        );
        person.press(Button::Back);
        assert!(
            matches!(person.sees(), Page::Qr { .. }),
            "{:?}",
            person.sees()
        );
    }
    // The box asks for more than the usual long press: the person must know that two were wrong.
    person.prepares("AAAAAAAB");
    let Page::ConfirmSend {
        must_insist,
        tries_left,
        ..
    } = person.sees()
    else {
        panic!("{:?}", person.sees());
    };
    assert_eq!(
        (must_insist, tries_left),
        (Some(MustInsist::KeysRefused), Some(3))
    );
    person.hold_for(Action::Insist);
    let reset = person.exchanges(&mut camera);
    assert!(reset.contains("<Types>reset</Types>"));
    person
        .bench
        .answers_command(2, &camera, Purpose::Reset, "<Result>success</Result>");
    assert!(matches!(person.sees(), Page::Succeeded { .. }));
}

#[test]
fn a_camera_that_does_not_answer_is_a_question_to_the_person() {
    for worked in [true, false] {
        let mut person = Person::before_a_box_with(KeySet::FourKeys);
        let mut camera = Device::new(1);
        person.opens_a_case(&camera);
        person.prepares("A7kX92Bc");
        person.hold_for(Action::Send);
        person.exchanges(&mut camera);
        person.bench.pass(Duration::from_secs(30));
        assert!(
            matches!(person.sees(), Page::Unclear { .. }),
            "{:?}",
            person.sees()
        );
        let id = person.bench.view().cases[0].id.clone();
        if worked {
            person.hold_for(Action::Worked);
            assert!(
                matches!(person.sees(), Page::Succeeded { .. }),
                "{:?}",
                person.sees()
            );
        } else {
            person.press(Button::Ok);
            assert_eq!(person.bench.case(&id).phase, CasePhase::Awaiting);
            assert!(
                matches!(person.sees(), Page::Qr { .. }),
                "{:?}",
                person.sees()
            );
        }
        assert_eq!(person.bench.sent_for(Purpose::Reset), 1);
    }
}

#[test]
fn a_restart_of_the_camera_is_told_on_the_panel_and_a_new_code_is_one_long_press_away() {
    let mut person = Person::before_a_box_with(KeySet::FourKeys);
    let mut camera = Device::new(1);
    person.opens_a_case(&camera);
    camera.boot_time = Some("2024-09-18 10:07:00".into());
    person.bench.answers(2, &camera);
    person.bench.pass(Duration::from_secs(60));
    let Page::Void { problem, .. } = person.sees() else {
        panic!("{:?}", person.sees());
    };
    assert_eq!(problem.kind, ProblemKind::Rebooted);
    person.press(Button::Ok);
    assert_eq!(person.bench.sent_for(Purpose::Export), 1);
    person.hold_for(Action::NewQr);
    assert_eq!(person.bench.sent_for(Purpose::Export), 2);
    person
        .bench
        .answers_command(2, &camera, Purpose::Export, EXPORTED);
    assert!(
        matches!(person.sees(), Page::Qr { .. }),
        "{:?}",
        person.sees()
    );
}

#[test]
fn after_a_power_cut_the_same_qr_is_two_presses_away() {
    let mut person = Person::before_a_box_with(KeySet::FourKeys);
    let camera = Device::new(1);
    person.opens_a_case(&camera);
    let before = person.sees();
    person.bench.power_cut(Duration::from_secs(600), false);
    person.bench.link_up(2);
    person.bench.answers(2, &camera);
    person.bench.pass(Duration::from_secs(1));
    assert!(
        matches!(person.sees(), Page::List { .. }),
        "{:?}",
        person.sees()
    );
    person.press(Button::Ok);
    person.press(Button::Ok);
    match (before, person.sees()) {
        (
            Page::Qr { device_code, .. },
            Page::Qr {
                device_code: again, ..
            },
        ) => {
            assert_eq!(device_code, again);
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(
        person.bench.sent_for(Purpose::Export),
        0,
        "not asked again after the cut"
    );
}

#[test]
fn after_a_power_cut_the_cursor_goes_to_the_open_case_until_a_key_is_pressed_at_the_list() {
    for pressed in [false, true] {
        let mut person = Person::before_a_box_with(KeySet::FourKeys);
        let (camera, others) = (Device::new(1), [Device::new(2), Device::new(3)]);
        person.opens_a_case(&camera);
        person.bench.power_cut(Duration::from_secs(600), false);
        person.bench.link_up(2);
        // At the empty list: that chooses nothing.
        person.press(Button::Ok);
        for other in &others {
            person.bench.answers(2, other);
        }
        person.bench.pass(Duration::from_secs(1));
        assert_eq!(person.points_at(), others[0].mac());
        if pressed {
            person.press(Button::Down);
        }
        person.bench.answers(2, &camera);
        person.bench.pass(Duration::from_millis(150));
        assert_eq!(
            person.points_at(),
            if pressed {
                others[1].mac()
            } else {
                camera.mac()
            }
        );
        if !pressed {
            // The list changed under the finger: the press was meant for another device.
            person.press(Button::Ok);
            assert!(matches!(person.sees(), Page::List { .. }));
            person.press(Button::Ok);
            person.press(Button::Ok);
            assert!(
                matches!(person.sees(), Page::Qr { .. }),
                "{:?}",
                person.sees()
            );
        }
    }
}
