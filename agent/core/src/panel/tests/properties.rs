//! What holds whatever is pressed and whatever happens meanwhile.

use core::time::Duration;

use proptest::prelude::{Just, Strategy, any, prop_oneof, proptest};
use sadp::Way;

use super::bench::Bench;
use crate::panel::gestures::LONG;
use crate::panel::place::Place;
use crate::panel::shown::Shown;
use crate::panel::{Ask, keys};
use crate::policy::KeySet;
use crate::problem::{Problem, ProblemKind};
use crate::request::Request;
use crate::screen::{Action, Button, Edge, Page, Screen};
use crate::secret::SecretText;
use crate::time::Mono;
use crate::view::{CasePhase, CaseView, MustInsist};

/// The owner's password: on no page.
const PRESET: &str = "Owner-Mrkr-77";

/// Something that happens.
#[derive(Clone, Debug)]
enum Step {
    Edge(Button, Edge),
    /// A whole press: random edges alone seldom get far.
    Press(Button, u16),
    Wait(u32),
    Camera(u8, Way),
    Remove(u8),
    Gone(u8),
    Reverse,
    Open(u8),
    Phase(u8, CasePhase),
    Doubt(u8, bool),
    Lock(u8, u32),
    Refuse(bool),
    Cable(bool),
    StoreFails(bool),
}

const BUTTONS: [Button; 6] = [
    Button::Ok,
    Button::Back,
    Button::Up,
    Button::Down,
    Button::Left,
    Button::Right,
];

const PHASES: [CasePhase; 10] = [
    CasePhase::Exporting,
    CasePhase::Awaiting,
    CasePhase::Ready,
    CasePhase::Exchanging,
    CasePhase::Sending,
    CasePhase::Unclear,
    CasePhase::Done,
    CasePhase::Void,
    CasePhase::Failed,
    CasePhase::Cancelled,
];

fn step() -> impl Strategy<Value = Step> {
    // Ok more often than the rest: it leads further.
    let button = || (0..10_usize).prop_map(|n| BUTTONS[n.saturating_sub(4)]);
    let held = prop_oneof![4 => 20..300_u16, 3 => 810..1000_u16, 1 => 300..3000_u16];
    let way = || {
        prop_oneof![
            4 => Just(Way::TypedKey),
            1 => Just(Way::KeyFile),
            1 => Just(Way::Activate),
            1 => Just(Way::None),
        ]
    };
    prop_oneof![
        12 => (button(), held).prop_map(|(button, ms)| Step::Press(button, ms)),
        4 => (button(), any::<bool>()).prop_map(|(button, down)| {
            Step::Edge(button, if down { Edge::Pressed } else { Edge::Released })
        }),
        4 => (0..2_000_u32).prop_map(Step::Wait),
        1 => (0..700_000_u32).prop_map(Step::Wait),
        3 => (0..6_u8, way()).prop_map(|(number, way)| Step::Camera(number, way)),
        1 => (0..6_u8).prop_map(Step::Remove),
        1 => (0..6_u8).prop_map(Step::Gone),
        1 => Just(Step::Reverse),
        1 => (0..6_u8).prop_map(Step::Open),
        6 => (0..6_u8, 0..PHASES.len()).prop_map(|(number, phase)| Step::Phase(number, PHASES[phase])),
        1 => (0..6_u8, any::<bool>()).prop_map(|(number, doubt)| Step::Doubt(number, doubt)),
        1 => (0..6_u8, 0..3_u32).prop_map(|(number, minutes)| Step::Lock(number, minutes)),
        1 => any::<bool>().prop_map(Step::Refuse),
        1 => any::<bool>().prop_map(Step::Cable),
        1 => any::<bool>().prop_map(Step::StoreFails),
    ]
}

/// The bench with what the properties need to know about the past.
struct Watch {
    bench: Bench,
    /// When ok went down, if nothing else was touched since.
    ok_since: Option<Mono>,
}

impl Watch {
    fn new(keys: KeySet) -> Self {
        let mut bench = Bench::new(keys);
        let preset = crate::rules::password(&SecretText::new(PRESET), None);
        bench.policy.preset_password = Some(preset.expect("a good password"));
        Self {
            bench,
            ok_since: None,
        }
    }

    fn happen(&mut self, step: &Step) {
        let bench = &mut self.bench;
        match *step {
            Step::Edge(button, edge) => self.edge(button, edge),
            Step::Press(button, ms) => {
                self.edge(button, Edge::Pressed);
                self.wait(Duration::from_millis(ms.into()));
                self.edge(button, Edge::Released);
            }
            Step::Wait(ms) => self.wait(Duration::from_millis(ms.into())),
            Step::Camera(number, way) => {
                if !bench.devices.iter().any(|device| device.mac.0[5] == number) {
                    bench.camera(number, way);
                }
            }
            Step::Remove(number) => {
                bench.devices.retain(|device| device.mac.0[5] != number);
                bench.tick();
            }
            Step::Gone(number) => bench.change_device(number, |device| device.gone = true),
            Step::Reverse => {
                bench.devices.reverse();
                bench.tick();
            }
            Step::Open(number) => {
                if bench.devices.iter().any(|device| device.mac.0[5] == number) {
                    bench.open_case(number);
                    bench.tick();
                }
            }
            Step::Phase(number, phase) => self.change(number, |case| {
                if matches!(phase, CasePhase::Exchanging) {
                    case.attempts += 1;
                }
                if phase != CasePhase::Exporting && case.device_code.is_none() {
                    case.device_code = Some("CODE".into());
                    case.left = Some(Duration::from_secs(48 * 3600));
                }
                case.problem = match phase {
                    CasePhase::Void | CasePhase::Failed => {
                        Some(Problem::new(ProblemKind::Rebooted))
                    }
                    CasePhase::Awaiting if case.attempts > 0 => {
                        Some(Problem::new(ProblemKind::KeyWrong))
                    }
                    _ => None,
                };
                case.phase = phase;
            }),
            Step::Doubt(number, serious) => self.change(number, |case| {
                case.doubt = Some(Problem::new(if serious {
                    ProblemKind::MaybeRestarted
                } else {
                    ProblemKind::DeviceSilent
                }));
            }),
            Step::Lock(number, minutes) => self.change(number, |case| {
                case.lock_minutes = Some(minutes);
                case.must_insist = (minutes == 1).then_some(MustInsist::KeysRefused);
            }),
            Step::Refuse(refuse) => bench.refuse = refuse,
            Step::Cable(carrier) => {
                bench.links[0].carrier = carrier;
                bench.tick();
            }
            Step::StoreFails(fails) => {
                let outcome = if fails {
                    Err("disk full".into())
                } else {
                    Ok(())
                };
                bench.health.take(crate::event::Health::Store(outcome));
                bench.tick();
            }
        }
        self.check();
    }

    fn change(&mut self, number: u8, change: impl FnOnce(&mut CaseView)) {
        if self.bench.cases.iter().any(|case| case.mac.0[5] == number) {
            self.bench.change_case(number, change);
        }
    }

    fn edge(&mut self, button: Button, edge: Edge) {
        // What time alone brought belongs to the press before, and what a release brings to its own.
        self.check_asks();
        let pressed = button == Button::Ok && edge == Edge::Pressed;
        self.bench.edge(button, edge);
        if edge == Edge::Pressed {
            self.ok_since = pressed.then_some(self.bench.now.mono);
        }
        self.check_asks();
        if edge == Edge::Released && button == Button::Ok {
            self.ok_since = None;
        }
        self.check();
    }

    fn wait(&mut self, time: Duration) {
        self.bench.wait(time);
        self.check_asks();
    }

    /// Nothing dangerous is asked for without ok having been held for long enough.
    fn check_asks(&mut self) {
        let held = self
            .ok_since
            .map_or(Duration::ZERO, |since| self.bench.now.mono.since(since));
        // A device without a password is asked nothing when its case is opened.
        let devices = &self.bench.devices;
        let asks = |mac| {
            devices
                .iter()
                .any(|device| device.mac == mac && device.way != Way::Activate)
        };
        for ask in self.bench.asks.drain(..) {
            let dangerous = match &ask {
                Ask::Request(Request::OpenCase { mac }) => asks(*mac),
                Ask::Request(
                    Request::SubmitKey { .. }
                    | Request::SubmitPassword { .. }
                    | Request::Confirm { .. }
                    | Request::CancelCase { .. }
                    | Request::Withdraw { .. }
                    | Request::Resolve { worked: true, .. },
                ) => true,
                _ => false,
            };
            assert!(!dangerous || held >= LONG, "{ask:?} after {held:?}");
        }
    }

    /// What holds at every moment.
    fn check(&self) {
        let panel = &self.bench.panel;
        let screen = self.bench.screen();
        self.bench.with_world(|world| {
            let shown = panel.shown(self.bench.now, world);
            let keys = panel.keys(world, &shown);
            assert!(!panel.asleep() || !matches!(shown, Shown::Qr(_)));
            assert!(
                keys.iter()
                    .any(|key| key.button == Button::Back && !key.hold)
            );
            for key in &keys {
                if key.intent.is_dangerous() {
                    assert!(key.hold && key.button == Button::Ok, "{key:?}");
                }
                let same =
                    |other: &&keys::Key| other.button == key.button && other.hold == key.hold;
                assert_eq!(keys.iter().filter(same).count(), 1, "{key:?} twice");
                if world.policy.keys == KeySet::FourKeys {
                    assert!(!matches!(key.button, Button::Left | Button::Right));
                }
            }
        });
        if let Some(due) = panel.deadline() {
            assert!(
                due > self.bench.now.mono,
                "{due:?} at {:?}",
                self.bench.now.mono
            );
        }
        let typing = panel.stack.iter().any(Place::is_draft);
        assert_eq!(
            panel.draft.is_some(),
            typing,
            "a draft lives as long as its pages"
        );
        assert!(panel.stack.len() <= 10);
        match &screen.page {
            Page::NewPassword { password, .. } => {
                assert!(password.as_ref().is_none_or(|it| it.expose() != PRESET));
            }
            Page::KeyEntry { typed, .. } => assert!(!typed.expose().contains(PRESET)),
            page => assert!(!format!("{page:?}").contains(PRESET)),
        }
        assert!(!format!("{panel:?} {:?}", self.bench.policy).contains(PRESET));
        check_legend(&screen);
    }
}

/// The legend names back on every page, and a page's cursor is on one of its rows.
fn check_legend(screen: &Screen) {
    assert!(
        screen
            .legend
            .iter()
            .any(|key| key.button == Button::Back && !key.hold),
        "{screen:?}"
    );
    let (cursor, len) = match &screen.page {
        Page::List { rows, cursor } => (*cursor, rows.len()),
        Page::Device {
            choices, cursor, ..
        } => (*cursor, choices.len()),
        Page::Settings { items, cursor } => (*cursor, items.len()),
        Page::Cases { rows, cursor } => (*cursor, rows.len().max(1)),
        _ => return,
    };
    assert!(cursor < len, "{screen:?}");
    let dangerous = [
        Action::Start,
        Action::Send,
        Action::Insist,
        Action::NewQr,
        Action::CloseCase,
    ];
    for key in &screen.legend {
        assert!(key.hold || !dangerous.contains(&key.action), "{key:?}");
    }
}

fn is_home(page: &Page) -> bool {
    matches!(
        page,
        Page::Start { .. }
            | Page::NoCable { .. }
            | Page::Searching { .. }
            | Page::List { .. }
            | Page::Fault { .. }
    )
}

fn keys_of(joystick: bool) -> KeySet {
    if joystick {
        KeySet::Joystick
    } else {
        KeySet::FourKeys
    }
}

proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(48))]

    /// No panic, nothing dangerous without a long press, back named everywhere, drafts wiped, the
    /// deadline never in the past: all in `Watch`. At the end back alone leads home.
    #[test]
    fn whatever_is_pressed(joystick: bool, steps in proptest::collection::vec(step(), 1..120)) {
        let mut watch = Watch::new(keys_of(joystick));
        for step in &steps {
            watch.happen(step);
        }
        // From here on nothing else happens, and what was held is let go.
        for button in BUTTONS {
            watch.edge(button, Edge::Released);
        }
        watch.wait(Duration::from_secs(1));
        let mut other = watch.bench.clone();
        // The first press may only wake. 32 typed characters, and the pages above home.
        let mut presses = 0;
        while !is_home(&watch.bench.screen().page) || watch.bench.panel.asleep() {
            watch.happen(&Step::Press(Button::Back, 50));
            presses += 1;
            assert!(presses <= 48, "{:?}", watch.bench.screen());
        }
        // And held, it leads home at once, or empties what was typed and leads home then.
        if other.panel.asleep() {
            other.press(Button::Back);
        }
        if matches!(other.screen().page, Page::KeyEntry { .. }) {
            other.press(Button::Back);
            other.hold(Button::Back, Duration::from_secs(8));
        }
        if !is_home(&other.screen().page) {
            other.hold(Button::Back, Duration::from_millis(900));
            assert!(is_home(&other.screen().page), "{:?}", other.screen());
        }
    }

    /// The cursor of the list stays on its device, whatever comes, goes and changes places.
    #[test]
    fn the_cursor_stays_on_its_device(
        downs in 0..6_usize,
        order in Just(vec![0_u8, 1, 2, 3, 4, 5]).prop_shuffle(),
        leaves in proptest::collection::btree_set(0..6_u8, 0..4),
    ) {
        let mut bench = Bench::new(KeySet::FourKeys);
        for number in 10..14 {
            bench.camera(number, Way::TypedKey);
        }
        for number in &order[..4] {
            bench.camera(*number, Way::TypedKey);
        }
        for _ in 0..downs {
            bench.press(Button::Down);
        }
        let under = |bench: &Bench| match bench.screen().page {
            Page::List { rows, cursor } => rows[cursor].model.clone(),
            other => panic!("not the list: {other:?}"),
        };
        let before = under(&bench);
        bench.devices.retain(|device| device.model == before || !leaves.contains(&device.mac.0[5]));
        bench.devices.reverse();
        bench.tick();
        for number in &order[4..] {
            bench.camera(*number, Way::TypedKey);
            bench.devices.rotate_right(1);
            bench.tick();
        }
        assert_eq!(under(&bench), before);
    }
}
