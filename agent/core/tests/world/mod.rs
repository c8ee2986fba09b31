//! A box with four devices, the last of them without a password yet, people who hand over keys, and what must hold.

#![allow(unreachable_pub, reason = "it is a module of a test")]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use resetbox_core::event::WallSource;
use resetbox_core::request::{CaseId, Done, SubmissionId};
use resetbox_core::screen::{Button, Edge};
use resetbox_core::secret::SecretText;
use resetbox_core::view::CasePhase;
use resetbox_core::{
    Channel, Event, LinkId, Mono, Now, Policy, ProblemKind, Purpose, Request, Wall,
};

use crate::bench::{Bench, Device};

mod acts;
mod holds;
mod steps;

pub use acts::{Act, acts, acts_of};

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

pub struct World {
    pub bench: Bench,
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
    pub fn new() -> Self {
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

    pub fn act(&mut self, act: &Act) {
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
}
