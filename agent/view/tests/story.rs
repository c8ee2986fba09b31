//! The whole job by buttons alone, as pictures: the real agent, a scripted camera with real cryptography, a person who
//! looks at the panel before each press. Everything the panel shows on the way, from left to right and from top to
//! bottom, is one sheet in `tests/story` for each set of keys and language. `RENEW=1` writes them anew: look at them.
#![allow(
    clippy::disallowed_methods,
    reason = "the committed sheets stand on the disk"
)]

#[path = "../../core/tests/bench/mod.rs"]
mod bench;
mod picture;

use std::path::Path;
use std::time::Duration;

use bench::{Bench, Device};
use picture::Picture;
use resetbox_core::policy::{KeySet, Language};
use resetbox_core::screen::{Action, Button, Edge, KEY_DONE, Page};
use resetbox_core::secret::SecretText;
use resetbox_core::{Event, Mono, Now, Policy, Purpose, Wall, rules};
use resetbox_view::{Frame, Geometry, render};

const KEY: &str = "O0kW2l9S";
const PRESET: &str = "Owner-Mrkr-77";
const EXPORT: &str = "<Result>success</Result><EncryptString>aGVsbG8gd29ybGQ=</EncryptString>";
const COLUMNS: usize = 8;
/// Around and between the pictures, in pixels.
const GAP: usize = 8;
/// The bezel.
const GREY: u8 = 0x60;

#[test]
fn four_keys_in_english() {
    tell(KeySet::FourKeys, Language::En);
}

#[test]
fn four_keys_in_indonesian() {
    tell(KeySet::FourKeys, Language::Id);
}

#[test]
fn a_joystick_in_english() {
    tell(KeySet::Joystick, Language::En);
}

#[test]
fn a_joystick_in_indonesian() {
    tell(KeySet::Joystick, Language::Id);
}

/// Plays the story and compares its sheet. With four keys a generated password is taken, with a joystick the owner's.
fn tell(keys: KeySet, language: Language) {
    let preset = keys == KeySet::Joystick;
    let mut person = Person::before(keys, language, preset);
    let mut camera = Device::new(1);
    person.bench.link_up(2);
    person.bench.answers(2, &camera);
    person.looks();

    // From start to the QR.
    person.press(Button::Ok);
    person.press(Button::Ok);
    person.hold_for(Action::Start);
    person.camera_says(&camera, Purpose::Export, EXPORT);
    let Page::Qr { device_code, .. } = person.sees() else {
        panic!("{:?}", person.sees());
    };
    assert_eq!(*device_code, format!("aGVsbG8gd29ybGQ={}", camera.serial));
    assert_eq!(person.presses, 3, "from start to the QR");

    // The vendor's key, the password, the last look.
    person.press(Button::Ok);
    person.types(KEY);
    person.press(Button::Ok);
    let password = match person.sees() {
        Page::NewPassword { password, .. } => password,
        page => panic!("{page:?}"),
    };
    assert_eq!(password.is_none(), preset);
    let password = password.map_or(PRESET.to_owned(), |it| it.expose().to_owned());
    person.press(Button::Ok);
    person.hold_for(Action::Send);

    // The camera takes both.
    person.bench.pass(Duration::from_millis(200));
    person.bench.answers(2, &camera);
    person.bench.answers_exchange(2, &mut camera, [7; 16]);
    person.looks();
    let reset = person.bench.last_text(Purpose::Reset);
    assert!(camera.takes(&reset, &password, KEY), "{reset}");
    person.camera_says(&camera, Purpose::Reset, "<Result>success</Result>");
    assert!(
        matches!(person.sees(), Page::Succeeded { .. }),
        "{:?}",
        person.sees()
    );
    person.press(Button::Ok);
    assert!(matches!(person.sees(), Page::List { .. }));
    assert_eq!(person.bench.sent_for(Purpose::Export), 1);
    assert_eq!(person.bench.sent_for(Purpose::Reset), 1);
    assert!(person.presses <= 45, "{} presses", person.presses);

    let (keys, language) = match (keys, language) {
        (KeySet::FourKeys, Language::En) => ("four-keys", "en"),
        (KeySet::FourKeys, Language::Id) => ("four-keys", "id"),
        (KeySet::Joystick, Language::En) => ("joystick", "en"),
        (KeySet::Joystick, Language::Id) => ("joystick", "id"),
    };
    compare(
        &format!("{keys}-{language}"),
        &Picture::sheet(&person.seen, COLUMNS, GAP, GREY),
    );
}

/// Eyes, hands, and all that the panel showed.
struct Person {
    bench: Bench,
    glass: Geometry,
    presses: u32,
    seen: Vec<Frame>,
}

impl Person {
    fn before(keys: KeySet, language: Language, preset: bool) -> Self {
        let typed = SecretText::new(PRESET);
        let policy = Policy {
            keys,
            language,
            preset_password: preset
                .then(|| rules::password(&typed, None).expect("it breaks no rule")),
            ..Policy::default()
        };
        let now = Now {
            mono: Mono(1_000),
            wall: Some(Wall(1_795_356_000_000)),
        };
        Self {
            bench: Bench::restored(policy, Vec::new(), now),
            glass: match keys {
                KeySet::FourKeys => Geometry::WIDE,
                KeySet::Joystick => Geometry::SQUARE,
            },
            presses: 0,
            seen: Vec::new(),
        }
    }

    fn sees(&self) -> Page {
        self.bench.view().screen.page
    }

    /// What is shown now goes into the story, if it is not what was shown before. A page that came by itself takes no
    /// press at once: a person looks first.
    fn looks(&mut self) {
        self.bench.pass(Duration::from_millis(500));
        self.notes();
    }

    fn notes(&mut self) {
        let frame = render(&self.bench.view(), &self.glass);
        let same = |last: &Frame| last.pixels() == frame.pixels();
        if !self.seen.last().is_some_and(same) {
            self.seen.push(frame);
        }
    }

    fn edge(&mut self, button: Button, edge: Edge) {
        self.bench.handle(Event::Button { button, edge });
    }

    fn press(&mut self, button: Button) {
        self.presses += 1;
        self.edge(button, Edge::Pressed);
        self.bench.pass(Duration::from_millis(120));
        self.edge(button, Edge::Released);
        self.looks();
    }

    /// Holds ok for what the legend promises.
    fn hold_for(&mut self, action: Action) {
        let legend = self.bench.view().screen.legend;
        assert!(
            legend.iter().any(|key| key.hold && key.action == action),
            "{action:?} is not offered: {legend:?}"
        );
        self.presses += 1;
        self.edge(Button::Ok, Edge::Pressed);
        self.bench.pass(Duration::from_millis(600));
        self.notes();
        self.bench.pass(Duration::from_millis(250));
        self.edge(Button::Ok, Edge::Released);
        self.looks();
    }

    /// Looks for each character on the panel, presses the key of its row, and looks again.
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
        let Page::KeyEntry { typed, rows, .. } = self.sees() else {
            panic!("{:?}", self.sees());
        };
        assert_eq!((typed.expose(), rows[1].as_slice()), (key, &[KEY_DONE][..]));
    }

    fn camera_says(&mut self, camera: &Device, purpose: Purpose, elements: &str) {
        self.bench.answers_command(2, camera, purpose, elements);
        self.looks();
    }
}

fn compare(name: &str, picture: &Picture) {
    let file = format!("{name}.png");
    let golden = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/story")
        .join(&file);
    if std::env::var_os("RENEW").is_some() {
        std::fs::write(&golden, picture.encode()).expect("the disk takes it");
    }
    let found = std::fs::read(&golden).ok().map(|png| Picture::decode(&png));
    if found.as_ref() != Some(picture) {
        let now = Path::new(env!("CARGO_TARGET_TMPDIR")).join(&file);
        std::fs::write(&now, picture.encode()).expect("the disk takes it");
        panic!(
            "{} differs from what the panel shows: {}. RENEW=1 takes it; look at it",
            golden.display(),
            now.display()
        );
    }
}
