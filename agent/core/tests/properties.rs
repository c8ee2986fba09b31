//! What must hold whatever happens, in whatever order: random events against a box with four devices, the last
//! of them without a password yet.

mod bench;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bench::{Bench, Device, element};
use proptest::prelude::*;
use resetbox_core::event::{LoginAnswer, WallSource};
use resetbox_core::problem::LoginFault;
use resetbox_core::record::{CaseRecord, PhaseRecord};
use resetbox_core::request::{CaseId, Done, SubmissionId};
use resetbox_core::screen::{Button, Edge};
use resetbox_core::secret::SecretText;
use resetbox_core::view::{CasePhase, LoginView};
use resetbox_core::{
    Channel, Event, LinkId, Mono, Now, Policy, ProblemKind, Purpose, Record, Request, Wall,
};

/// Planted secrets: found anywhere but in a reset they are a leak. Each submission has an end of its own.
const KEY: &str = "SecretKey7";
const FILE: &str = "U2VjcmV0RmlsZQ";
const PASSWORD: &str = "Zq9-SecretPw";
/// The owner's, which nobody here takes: it must appear nowhere.
const PRESET: &str = "Owner-Zq9-77";
const CHANNELS: [Channel; 3] = [Channel::Phone, Channel::Mqtt, Channel::Panel];

/// What a person handed over, as the test remembers it.
struct Handed {
    device: usize,
    /// The request that brought it, and the run of the box in which it came.
    request: (usize, u64),
    code: String,
    password: String,
    submission: Option<SubmissionId>,
    /// How often somebody said of this one that it shall be sent.
    confirms: usize,
    /// How often it was.
    resets: usize,
}

#[derive(Clone, Debug)]
enum Act {
    Pass(u64),
    LinkUp(u32),
    LinkGone(u32),
    Inquiry(usize, u32),
    Hello(usize),
    Reboot(usize),
    /// The case of this device takes its next step, if it waits for one.
    Step(usize, u8),
    OtherExport(usize),
    Store(u8),
    Pairs(u8),
    SendingFails(u8),
    Wall(bool, i64),
    PowerCut(u64, bool),
    Open(usize),
    Key {
        device: usize,
        sent: bool,
        file: bool,
        channel: usize,
    },
    Confirm {
        device: usize,
        right: bool,
        insist: bool,
        /// What waits, or something that was handed over so many keys ago.
        ago: Option<usize>,
        channel: usize,
    },
    /// The first password of a device.
    Password {
        device: usize,
        sent: bool,
        channel: usize,
    },
    CheckLogin(usize),
    LoginEnds(u8),
    Withdraw(usize),
    Cancel(usize),
    Resolve(usize, bool),
    Lamp(usize),
    Look,
    Garbage(Vec<u8>),
    Again,
}

fn acts() -> impl Strategy<Value = Act> {
    acts_of(0..4)
}

/// Acts about these devices.
fn acts_of(devices: core::ops::Range<usize>) -> impl Strategy<Value = Act> {
    let device = move || devices.clone();
    let link = || 2..4_u32;
    let channel = || 0..CHANNELS.len();
    let ago = prop::option::weighted(0.4, 0..4_usize);
    prop_oneof![
        4 => (0..3_000_u64).prop_map(Act::Pass),
        2 => (0..30_000_u64).prop_map(Act::Pass),
        1 => (0..90_000_000_u64).prop_map(Act::Pass),
        2 => link().prop_map(Act::LinkUp),
        1 => link().prop_map(Act::LinkGone),
        6 => (device(), link()).prop_map(|(device, link)| Act::Inquiry(device, link)),
        1 => device().prop_map(Act::Hello),
        1 => device().prop_map(Act::Reboot),
        16 => (device(), any::<u8>()).prop_map(|(device, how)| Act::Step(device, how)),
        1 => device().prop_map(Act::OtherExport),
        3 => (prop::bool::weighted(0.3), channel())
            .prop_map(|(sent, channel)| Act::Password { device: 3, sent, channel }),
        1 => (device(), any::<bool>(), channel())
            .prop_map(|(device, sent, channel)| Act::Password { device, sent, channel }),
        3 => device().prop_map(Act::CheckLogin),
        2 => any::<u8>().prop_map(Act::LoginEnds),
        2 => (0..5_u8).prop_map(Act::Store),
        1 => (0..3_u8).prop_map(Act::Pairs),
        1 => (0..4_u8).prop_map(Act::SendingFails),
        1 => (any::<bool>(), -50..200_i64).prop_map(|(system, hours)| Act::Wall(system, hours)),
        1 => (0..60_u64, any::<bool>()).prop_map(|(hours, known)| Act::PowerCut(hours, known)),
        4 => device().prop_map(Act::Open),
        6 => (device(), prop::bool::weighted(0.3), any::<bool>(), channel())
            .prop_map(|(device, sent, file, channel)| Act::Key { device, sent, file, channel }),
        5 => (device(), prop::bool::weighted(0.9), any::<bool>(), ago, channel()).prop_map(
            |(device, right, insist, ago, channel)| Act::Confirm {
                device, right, insist, ago, channel,
            }
        ),
        1 => device().prop_map(Act::Withdraw),
        1 => device().prop_map(Act::Cancel),
        1 => (device(), any::<bool>()).prop_map(|(device, worked)| Act::Resolve(device, worked)),
        1 => device().prop_map(Act::Lamp),
        1 => Just(Act::Look),
        1 => prop::collection::vec(any::<u8>(), 0..64).prop_map(Act::Garbage),
        1 => Just(Act::Again),
    ]
}

/// The configuration of a careful owner.
fn policy() -> Policy {
    let preset = resetbox_core::rules::password(&SecretText::new(PRESET), None);
    Policy {
        preset_password: Some(preset.expect("it breaks no rule")),
        ..Policy::default()
    }
}

/// What a person hands over.
#[derive(Copy, Clone)]
enum What {
    Key,
    File,
    First,
}

struct World {
    bench: Bench,
    devices: Vec<Device>,
    /// The store has refused something since the last start: what is live may be ahead of it.
    refused: bool,
    asked: BTreeSet<u64>,
    heard: Vec<Vec<u8>>,
    /// Since the first start.
    handed: Vec<Handed>,
    /// Of the box, so far.
    runs: usize,
    exports: BTreeMap<String, usize>,
    seen: usize,
    /// Logins that may have been tried after each attempt of each case, since the first start.
    tried: BTreeMap<(CaseId, u32), usize>,
    /// The same of the one that the shell has not answered yet.
    login: Option<(CaseId, u32)>,
    seen_logins: usize,
}

impl World {
    fn new() -> Self {
        let now = Now {
            mono: Mono(1_000),
            wall: None,
        };
        let mut devices: Vec<Device> = (1..5).map(Device::new).collect();
        devices[3].more.insert("Activated".into(), "false".into());
        devices[1].more.insert("codeEncrypt".into(), "true".into());
        devices[2].boot_time = None;
        devices[2].more.remove("PasswordResetModeSecond");
        devices[2]
            .more
            .insert("PasswordResetAbility".into(), "true".into());
        let mut world = Self {
            bench: Bench::restored(policy(), Vec::new(), now),
            devices,
            refused: false,
            asked: BTreeSet::new(),
            heard: Vec::new(),
            handed: Vec::new(),
            runs: 0,
            exports: BTreeMap::new(),
            seen: 0,
            tried: BTreeMap::new(),
            login: None,
            seen_logins: 0,
        };
        world.bench.link_up(2);
        for device in world.devices.clone() {
            world.bench.answers(2, &device);
        }
        world
    }

    fn case(&self, device: usize) -> Option<CaseId> {
        let mac = self.devices[device].mac();
        let cases = self.bench.view().cases;
        cases
            .into_iter()
            .find(|case| case.mac == mac)
            .map(|case| case.id)
    }

    fn ask(&mut self, request: Request) {
        self.ask_by(Channel::Phone, request);
    }

    fn ask_by(&mut self, channel: Channel, request: Request) -> u64 {
        let id = self.bench.ask(channel, request);
        self.asked.insert(id);
        id
    }

    fn act(&mut self, act: &Act) {
        match act.clone() {
            Act::Pass(ms) => self.bench.pass(Duration::from_millis(ms)),
            Act::LinkUp(link) => self.bench.link_up(link),
            Act::LinkGone(link) => self.bench.handle(Event::LinkGone(LinkId(link))),
            Act::Inquiry(device, link) => {
                let device = self.devices[device].clone();
                self.bench.answers(link, &device);
            }
            Act::Hello(device) => self.bench.heard(2, &self.devices[device].hello()),
            Act::Reboot(device) => {
                let minute = self.bench.now.mono.0 / 60_000 % 60;
                let device = &mut self.devices[device];
                if device.boot_time.is_some() {
                    device.boot_time = Some(format!("2024-09-19 11:{minute:02}:07"));
                }
            }
            Act::Step(device, how) => self.step(device, how),
            Act::OtherExport(device) => {
                let text = "<Result>success</Result><EncryptString>bmV3</EncryptString>";
                let answer = self.devices[device].answer("F00", "getencryptstring", text);
                self.bench.heard(2, &answer);
            }
            Act::Store(how) => self.store(how),
            Act::Pairs(0) => self.bench.pairs = false,
            Act::Pairs(1) => self.bench.pairs = true,
            Act::Pairs(_) => {
                let number = self.bench.made_pairs;
                self.bench.handle(Event::KeyPairFailed {
                    number,
                    error: "none".into(),
                });
            }
            Act::SendingFails(what) => {
                let what = [
                    Purpose::Export,
                    Purpose::Exchange,
                    Purpose::Reset,
                    Purpose::Activate,
                ][usize::from(what)];
                if let Some(sent) = self.bench.last(what) {
                    let (link, number) = (sent.link, sent.number);
                    self.bench.handle(Event::TransmitFailed {
                        link,
                        number,
                        error: "down".into(),
                    });
                }
            }
            Act::Wall(system, hours) => {
                let source = if system {
                    WallSource::System
                } else {
                    WallSource::Phone
                };
                // No whole hours: an age that is to the millisecond at a limit is over it or not by how
                // many events ago it was written down, and both are right.
                self.bench
                    .learn_wall(Wall((500_000 + hours) * 3_607_000), source);
            }
            Act::PowerCut(hours, known) => {
                self.count();
                self.bench
                    .power_cut(Duration::from_secs(hours * 3600), known);
                self.refused = false;
                self.asked.clear();
                (self.seen, self.seen_logins, self.login) = (0, 0, None);
                self.runs += 1;
                self.bench.link_up(2);
            }
            Act::Open(device) => self.ask(Request::OpenCase {
                mac: self.devices[device].mac(),
            }),
            Act::Lamp(device) => {
                self.ask(Request::Lamp {
                    mac: self.devices[device].mac(),
                    on: true,
                });
            }
            Act::Look => {
                for edge in [Edge::Pressed, Edge::Released] {
                    self.bench.handle(Event::Button {
                        button: Button::Down,
                        edge,
                    });
                }
                self.ask(Request::Scan);
            }
            Act::Garbage(bytes) => {
                self.bench.heard(2, &bytes);
                self.bench.handle(Event::Frame {
                    link: LinkId(2),
                    bytes: &bytes,
                });
            }
            Act::Again => {
                for bytes in self.heard.clone() {
                    self.bench.heard(3, &bytes);
                }
            }
            Act::Key {
                device,
                sent,
                file,
                channel,
            } => {
                let what = if file { What::File } else { What::Key };
                self.hand_over(device, sent, what, CHANNELS[channel]);
            }
            Act::Password {
                device,
                sent,
                channel,
            } => self.hand_over(device, sent, What::First, CHANNELS[channel]),
            Act::LoginEnds(how) => self.login_ends(how),
            Act::CheckLogin(device) => {
                if let Some(case) = self.case(device) {
                    let password = SecretText::new(PASSWORD);
                    self.ask(Request::CheckLogin { case, password });
                }
            }
            Act::Confirm {
                device,
                right,
                insist,
                ago,
                channel,
            } => self.confirm(device, (right, insist), ago, CHANNELS[channel]),
            Act::Withdraw(device) | Act::Cancel(device) | Act::Resolve(device, _) => {
                if let Some(case) = self.case(device) {
                    self.ask(match act {
                        Act::Withdraw(_) => Request::Withdraw { case },
                        Act::Resolve(_, worked) => Request::Resolve {
                            case,
                            worked: *worked,
                        },
                        _ => Request::CancelCase { case },
                    });
                }
            }
        }
        self.check();
    }

    fn hand_over(&mut self, device: usize, sent: bool, what: What, channel: Channel) {
        let Some(case) = self.case(device) else {
            return;
        };
        let count = self.handed.len();
        let letter = |n: usize| char::from(b"kmprtv"[n % 6]);
        let end: String = [count, count / 6, count / 36]
            .into_iter()
            .map(letter)
            .collect();
        let code = match what {
            What::File => format!("{FILE}{end}"),
            What::Key => format!("{KEY}{end}"),
            What::First => String::new(),
        };
        let password = format!("{PASSWORD}{end}");
        let confirm = sent.then(|| self.devices[device].serial.clone());
        let new_password = SecretText::new(password.clone());
        let text = SecretText::new(code.clone());
        let request = match what {
            What::File => Request::SubmitFile {
                case,
                file: text,
                new_password,
                sync_cameras: false,
                confirm,
            },
            What::First => Request::SubmitPassword {
                case,
                new_password,
                confirm,
            },
            What::Key => Request::SubmitKey {
                case,
                key: text,
                new_password,
                sync_cameras: false,
                confirm,
            },
        };
        let request = self.ask_by(channel, request);
        let submission = match self.bench.reply(request) {
            Some(Ok(Done::AwaitingConfirm { submission, .. })) => Some(submission.clone()),
            _ => None,
        };
        if let Some(submission) = &submission {
            let told = |secret: &str| !secret.is_empty() && submission.0.contains(secret);
            assert!(!told(&code) && !told(&password));
            let again = |other: &Handed| other.submission.as_ref() == Some(submission);
            assert!(
                !self.handed.iter().any(again),
                "two submissions of one name"
            );
        }
        self.handed.push(Handed {
            device,
            request: (self.runs, request),
            code,
            password,
            submission,
            confirms: usize::from(sent),
            resets: 0,
        });
    }

    /// Somebody confirms what waits now, or what he handed over before.
    fn confirm(
        &mut self,
        device: usize,
        (right, insist): (bool, bool),
        ago: Option<usize>,
        channel: Channel,
    ) {
        let Some(case) = self.case(device) else {
            return;
        };
        let own = self
            .handed
            .iter()
            .rev()
            .filter(|handed| handed.device == device);
        let submission = match ago {
            Some(ago) => own.skip(ago).find_map(|handed| handed.submission.clone()),
            None => self.bench.case(&case).submission,
        };
        let submission = submission.unwrap_or_else(|| SubmissionId("0-none".into()));
        for handed in &mut self.handed {
            if handed.submission.as_ref() == Some(&submission) {
                handed.confirms += 1;
            }
        }
        let waits = self.bench.case(&case);
        let stale =
            waits.phase == CasePhase::Ready && waits.submission.as_ref() != Some(&submission);
        let serial = match right {
            true => self.devices[device].serial.clone(),
            false => "DS-OTHER".into(),
        };
        let request = self.ask_by(
            channel,
            Request::Confirm {
                case: case.clone(),
                submission,
                serial,
                insist,
            },
        );
        if stale {
            let reply = self.bench.reply(request).expect("answered at once");
            let kind = reply.as_ref().map_err(|problem| problem.kind.clone());
            assert_eq!(kind, Err(ProblemKind::KeyReplaced));
            assert_eq!(self.bench.case(&case).phase, CasePhase::Ready);
        }
    }

    /// What the case waits for happens, in one of several ways.
    fn step(&mut self, index: usize, how: u8) {
        let Some(id) = self.case(index) else { return };
        let mut device = self.devices[index].clone();
        let sent_to = |bench: &Bench, purpose| {
            let mac = format!("<MAC>{}</MAC>", device.mac);
            bench.sent.iter().any(|sent| {
                sent.purpose == purpose && String::from_utf8_lossy(&sent.bytes).contains(&mac)
            })
        };
        let result = |text: &str| format!("<Result>{text}</Result>");
        let before = self.bench.sent.len();
        match self.bench.case(&id).phase {
            CasePhase::Exporting if sent_to(&self.bench, Purpose::Export) => {
                let element = if index == 2 { "Code" } else { "EncryptString" };
                let text = match how % 8 {
                    0 => result("failed"),
                    1 => result("success"),
                    _ => format!(
                        "{}<{element}>ZXhwb3J0{how:02x}</{element}>",
                        result("success")
                    ),
                };
                self.bench
                    .answers_command(2, &device, Purpose::Export, &text);
            }
            CasePhase::Exchanging if sent_to(&self.bench, Purpose::Exchange) && how >= 64 => {
                match how % 8 {
                    0 => {
                        self.bench
                            .answers_command(2, &device, Purpose::Exchange, &result("failed"))
                    }
                    1 => self.bench.answers_exchange(2, &mut device, [0; 16]),
                    _ => self.bench.answers_exchange(2, &mut device, [how; 16]),
                }
                self.devices[index] = device;
            }
            CasePhase::Exchanging => self.bench.answers(2, &device),
            CasePhase::Sending | CasePhase::Unclear if sent_to(&self.bench, Purpose::Activate) => {
                let text = match how % 6 {
                    0 => "failed",
                    1 => "hasActivated",
                    2 => "",
                    3 => "riskPassword",
                    _ => "success",
                };
                if text == "success" {
                    let yes = ("Activated".into(), "true".into());
                    self.devices[index].more.extend([yes]);
                }
                self.bench
                    .answers_command(2, &device, Purpose::Activate, &result(text));
            }
            CasePhase::Sending | CasePhase::Unclear if sent_to(&self.bench, Purpose::Reset) => {
                let text = match how % 8 {
                    0 => result("locked") + "<SurplusLockTime>5</SurplusLockTime>",
                    1 => result("emptyEncryptString"),
                    2 => result(""),
                    3 => result("riskPassword"),
                    4 | 5 => result("codeError") + "<RetryTimes>3</RetryTimes>",
                    _ => result("success"),
                };
                self.bench
                    .answers_command(2, &device, Purpose::Reset, &text);
            }
            _ => {}
        }
        if self.bench.sent.len() > before {
            self.heard.push(self.devices[index].hello());
            self.heard.truncate(4);
        }
    }

    /// The shell says how the login went that it was given.
    fn login_ends(&mut self, how: u8) {
        let Some(login) = self.login.take() else {
            return;
        };
        let answer = match how % 5 {
            0 => LoginAnswer::Worked,
            1 => LoginAnswer::Refused { tries_left: None },
            2 => LoginAnswer::Locked { minutes: Some(30) },
            3 => LoginAnswer::Odd { text: "odd".into() },
            _ => {
                // Nothing was sent, so that another may follow; unless the box had given up waiting.
                let waits = LoginView::Checking;
                if self.bench.case(&login.0).login == Some(waits) {
                    self.tried.remove(&login);
                }
                let why = LoginFault::Unreachable;
                LoginAnswer::NotSent { why }
            }
        };
        self.bench.login_ends(answer);
    }

    fn count_logins(&mut self) {
        for (check, password) in &self.bench.logins[self.seen_logins..] {
            assert_eq!(password, PASSWORD);
            let attempts = self.bench.case(&check.case).attempts;
            let key = (check.case.clone(), attempts);
            *self.tried.entry(key.clone()).or_default() += 1;
            self.login = Some(key);
        }
        self.seen_logins = self.bench.logins.len();
        for (key, tried) in &self.tried {
            assert!(*tried <= 1, "{key:?}: {tried} logins");
        }
    }

    fn store(&mut self, how: u8) {
        match how {
            0 => self.bench.store = false,
            1 | 2 => self.bench.store = true,
            _ => {
                for number in self.bench.unanswered() {
                    self.bench.store_says(number, how == 3);
                    if how != 3 {
                        self.refused = true;
                        self.bench
                            .written
                            .retain(|(written, ..)| *written != number);
                    }
                }
            }
        }
    }

    fn count(&mut self) {
        for sent in &self.bench.sent[self.seen..] {
            match sent.purpose {
                Purpose::Reset | Purpose::Activate => {
                    let text = String::from_utf8_lossy(&sent.bytes);
                    let devices = &self.devices;
                    let mut held = self.handed.iter_mut().filter(|handed| {
                        let device = &devices[handed.device];
                        // A first password comes without a key.
                        match (sent.purpose, handed.code.is_empty()) {
                            (Purpose::Reset, false) => {
                                device.takes(&text, &handed.password, &handed.code)
                            }
                            (Purpose::Activate, true) => {
                                device.takes_first(&text, &handed.password)
                            }
                            _ => false,
                        }
                    });
                    let handed = held
                        .next()
                        .expect("a reset holds what somebody handed over");
                    handed.resets += 1;
                    assert!(
                        handed.resets <= handed.confirms,
                        "a reset with a key that nobody confirmed, of request {:?}",
                        handed.request
                    );
                }
                Purpose::Export => {
                    let text = String::from_utf8_lossy(&sent.bytes);
                    *self
                        .exports
                        .entry(element(&text, "MAC").into())
                        .or_default() += 1;
                }
                _ => {}
            }
        }
        self.seen = self.bench.sent.len();
        self.count_logins();
    }

    fn check(&mut self) {
        self.count();
        for (mac, exports) in &self.exports {
            let cases: BTreeSet<CaseId> = self
                .records()
                .filter(|case| case.mac == *mac)
                .map(|case| case.id)
                .collect();
            assert!(
                *exports <= cases.len(),
                "{mac} was asked for a code more than once in a case"
            );
        }
        for (id, replies) in &self.bench.replies {
            assert_eq!(
                replies.len(),
                1,
                "request {id} was answered {} times",
                replies.len()
            );
        }
        self.no_secret();
        self.durable_equals_live();
        for case in self.bench.view().cases {
            let durable = self
                .bench
                .written
                .iter()
                .any(|(_, record, durable)| match record {
                    Record::Case(record) => {
                        *durable && record.id == case.id && record.export.is_some()
                    }
                    _ => false,
                });
            assert!(
                case.device_code.is_none() || durable,
                "a code is shown that may be lost"
            );
        }
        let waiting = self.bench.view().cases.iter().any(|case| {
            matches!(
                case.phase,
                CasePhase::Exporting | CasePhase::Exchanging | CasePhase::Sending
            )
        });
        assert!(
            !waiting || self.bench.agent.poll_timeout().is_some(),
            "waits without a timer"
        );
    }

    fn records(&self) -> impl Iterator<Item = CaseRecord> + '_ {
        self.bench
            .written
            .iter()
            .filter_map(|(_, record, _)| match record {
                Record::Case(case) => Some((**case).clone()),
                _ => None,
            })
    }

    fn no_secret(&mut self) {
        let secrets = [KEY, FILE, PASSWORD, PRESET];
        let has = |text: &str| secrets.iter().any(|secret| text.contains(secret));
        for effect in self.bench.effects.drain(..) {
            assert!(!has(&format!("{effect:?}")), "a secret in {effect:?}");
            if let resetbox_core::Effect::Persist { record, .. } = &effect {
                assert!(!has(
                    &serde_json::to_string(record).expect("records are data")
                ));
            }
            if let resetbox_core::Effect::Transmit(sent) = &effect {
                let text = String::from_utf8_lossy(&sent.bytes);
                let allowed = sent.purpose == Purpose::Reset;
                assert!(
                    allowed || !has(&text),
                    "a secret sent for {:?}",
                    sent.purpose
                );
                assert!(!text.contains(PASSWORD), "a password in the clear");
            }
        }
        assert!(
            !has(&format!("{:?}", self.bench.view())),
            "a secret in the view"
        );
        assert!(
            !has(&format!("{:?}", self.bench.agent)),
            "a secret in the agent's Debug"
        );
    }

    /// What the store holds says the same as what is live, as far as it is durable.
    fn durable_equals_live(&self) {
        if self.refused || !self.bench.unanswered().is_empty() {
            return;
        }
        // Without wall time, as a box wakes up: one that is given the phone's word as its own clock's would
        // learn more than the live one knows.
        let now = Now {
            wall: None,
            ..self.bench.now
        };
        let restored = Bench::restored(policy(), self.bench.durable(), now);
        let live = self.bench.view().cases;
        let restored = restored.view().cases;
        assert_eq!(live.len(), restored.len());
        for (live, kept) in live.iter().map(|live| {
            let kept = restored.iter().find(|kept| kept.id == live.id);
            (live, kept.expect("every case is durable"))
        }) {
            use CasePhase as P;
            let fits = match kept.phase {
                P::Failed => matches!(live.phase, P::Failed | P::Exporting),
                P::Awaiting => matches!(live.phase, P::Awaiting | P::Ready | P::Exchanging),
                P::Unclear => matches!(live.phase, P::Unclear | P::Exchanging | P::Sending),
                same => same == live.phase,
            };
            assert!(fits, "live {:?}, durable {:?}", live.phase, kept.phase);
            let of = |case: &resetbox_core::view::CaseView| {
                (
                    case.kind,
                    case.mac,
                    case.serial.clone(),
                    case.device_code.clone(),
                    case.tries_left,
                    case.attempts,
                )
            };
            assert_eq!(of(live), of(kept));
            // Without wall time only the time since the last record is lost; with it, what clocks say counts.
            if self.bench.now.wall.is_none() {
                let younger = kept.left.zip(live.left).is_none_or(|(kept, live)| {
                    kept >= live && kept - live <= Duration::from_secs(600)
                });
                assert!(
                    younger,
                    "left {:?} live, {:?} durable",
                    live.left, kept.left
                );
            }
            if live.phase == kept.phase && live.login != Some(LoginView::Checking) {
                assert_eq!(live.login, kept.login);
            }
            if live.phase == kept.phase && live.phase != P::Unclear {
                assert_eq!(live.problem, kept.problem);
            }
        }
    }

    /// Everything that waits ends by itself.
    fn end(&mut self) {
        for number in self.bench.unanswered() {
            self.bench.store_says(number, true);
        }
        (self.bench.store, self.bench.pairs) = (true, true);
        for _ in 0..4 {
            self.bench.pass(Duration::from_secs(300));
            self.check();
        }
        for case in self.bench.view().cases {
            let ended = !matches!(
                case.phase,
                CasePhase::Exporting
                    | CasePhase::Ready
                    | CasePhase::Exchanging
                    | CasePhase::Sending
            );
            assert!(ended, "{} still {:?}", case.id, case.phase);
        }
        for id in &self.asked {
            assert!(
                self.bench.reply(*id).is_some(),
                "request {id} was never answered"
            );
        }
        self.every_prefix_restores();
    }

    /// A power cut after any record: the last word on each case counts.
    fn every_prefix_restores(&self) {
        let records = self.bench.durable();
        for end in (0..=records.len()).step_by(1 + records.len() / 40) {
            let prefix = &records[..end];
            let mut last = BTreeMap::new();
            for record in prefix {
                if let Record::Case(case) = record {
                    last.insert(case.id.clone(), case.clone());
                }
            }
            let now = Now {
                mono: Mono(9),
                wall: None,
            };
            let bench = Bench::restored(policy(), prefix.to_vec(), now);
            let cases = bench.view().cases;
            assert_eq!(cases.len(), last.len());
            for case in cases {
                let record = &last[&case.id];
                // A device has one open case: an older one whose end did not reach the disk is void.
                let outlived = last
                    .values()
                    .any(|other| other.mac == record.mac && other.number > record.number);
                let expected = match record.phase {
                    PhaseRecord::Awaiting { .. }
                    | PhaseRecord::AttemptOpen { .. }
                    | PhaseRecord::Unclear
                        if outlived =>
                    {
                        CasePhase::Void
                    }
                    PhaseRecord::Exporting | PhaseRecord::Failed { .. } => CasePhase::Failed,
                    PhaseRecord::Awaiting { .. } => CasePhase::Awaiting,
                    PhaseRecord::AttemptOpen { .. } | PhaseRecord::Unclear => CasePhase::Unclear,
                    PhaseRecord::Done => CasePhase::Done,
                    PhaseRecord::Void { .. } => CasePhase::Void,
                    PhaseRecord::Cancelled => CasePhase::Cancelled,
                };
                assert_eq!(case.phase, expected);
            }
            assert_eq!(
                bench.sent.len(),
                0,
                "a box that just started sends nothing by itself"
            );
            assert!(bench.logins.is_empty(), "nor does it log in");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens(acts in prop::collection::vec(acts(), 1..90)) {
        let mut world = World::new();
        for act in &acts {
            world.act(act);
        }
        world.end();
    }

    /// With one device random acts get farther: to an activation, to a login, and over a power cut from there.
    #[test]
    fn whatever_happens_to_one_device(
        acts in prop_oneof![
            2 => prop::collection::vec(acts_of(3..4), 30..120),
            1 => prop::collection::vec(acts_of(0..1), 30..120),
        ]
    ) {
        let mut world = World::new();
        for act in &acts {
            world.act(act);
        }
        // A login that was begun is not tried again after a power cut, wherever all this led to.
        world.act(&Act::Store(1));
        world.act(&Act::Store(3));
        for device in [0, 3] {
            let hears = Act::Inquiry(device, 2);
            let checks = Act::CheckLogin(device);
            for act in [&hears, &checks, &Act::PowerCut(1, false), &hears, &checks] {
                world.act(act);
            }
        }
        world.end();
    }

    #[test]
    fn one_input_has_one_outcome(acts in prop::collection::vec(acts(), 1..30)) {
        let (mut one, mut two) = (World::new(), World::new());
        for act in &acts {
            one.act(act);
            two.act(act);
            prop_assert!(one.bench.agent == two.bench.agent);
        }
        let copy = one.bench.agent.clone();
        prop_assert!(copy == one.bench.agent);
    }
}
