//! A bench for the core: it plays store, network and devices, and keeps what came out.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test uses its own part of the bench"
)]

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::OnceLock;
use std::time::Duration;

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use resetbox_core::effect::LoginCheck;
use resetbox_core::event::Ears;
use resetbox_core::request::CaseId;
use resetbox_core::view::{CaseView, Feed};
use resetbox_core::{
    Agent, Channel, Ear, Effect, Event, LinkId, LinkReport, Mono, Now, Policy, Purpose, Record,
    Reply, Request, RequestId, Seed, Transmit, View, Wall,
};
use sadp::KeyPair;

mod device;
mod order;

pub use device::{Device, element};

/// What a device says that gives its encrypted string.
pub const EXPORTED: &str =
    "<Result>success</Result><EncryptString>aGVsbG8gd29ybGQ=</EncryptString>";

/// Key pairs are slow to make; the bench makes four and hands them out in turn.
pub fn key_pair(turn: u64) -> KeyPair {
    static PAIRS: OnceLock<Vec<KeyPair>> = OnceLock::new();
    let pairs = PAIRS.get_or_init(|| {
        let mut random = ChaCha20Rng::from_seed([42; 32]);
        (0..4)
            .map(|_| KeyPair::generate(&mut random).expect("a key pair"))
            .collect()
    });
    pairs[(turn % 4) as usize].clone()
}

/// A link with a cable and both kinds of socket.
pub fn link_report(link: u32) -> LinkReport {
    LinkReport {
        link: LinkId(link),
        name: format!("eth{link}"),
        up: true,
        carrier: true,
        speed_mbit: Some(100),
        mac: Some([2, 0, 0, 0, 0, link as u8]),
        addresses: vec![(Ipv4Addr::new(192, 168, 1, 10 + link as u8), 24)],
        ears: Ears {
            udp: Some(Ok(())),
            ephemeral_port: false,
            packet: Some(Ok(())),
            receive_buffer: 16 << 20,
        },
        rp_filter: Some(0),
    }
}

/// The agent with everything around it.
pub struct Bench {
    pub agent: Agent,
    pub policy: Policy,
    pub now: Now,
    /// Records in the order in which they were written, each with its number and whether it is durable.
    pub written: Vec<(u64, Record, bool)>,
    /// Effects not looked at yet.
    pub effects: Vec<Effect>,
    pub replies: BTreeMap<u64, Vec<Reply>>,
    pub feed: Vec<Feed>,
    pub sent: Vec<Transmit>,
    /// Logins to be tried, without their passwords, and those passwords.
    pub logins: Vec<(LoginCheck, String)>,
    /// The store answers at once.
    pub store: bool,
    /// Key pairs are made at once.
    pub pairs: bool,
    /// Number of the key pair asked for last.
    pub made_pairs: u64,
    /// How often the core wanted to be woken.
    pub wakes: u64,
    run: u8,
    next_request: u64,
}

impl Bench {
    pub fn new() -> Self {
        Self::restored(
            Policy::default(),
            Vec::new(),
            Now {
                mono: Mono(1_000),
                wall: None,
            },
        )
    }

    pub fn restored(policy: Policy, records: Vec<Record>, now: Now) -> Self {
        Self::run(policy, records, now, 3)
    }

    /// A run of the box with a seed of its own.
    fn run(policy: Policy, records: Vec<Record>, now: Now, run: u8) -> Self {
        let mut bench = Self {
            agent: Agent::restore(policy.clone(), Seed([run; 32]), records, now),
            policy,
            now,
            written: Vec::new(),
            effects: Vec::new(),
            replies: BTreeMap::new(),
            feed: Vec::new(),
            sent: Vec::new(),
            logins: Vec::new(),
            store: true,
            pairs: true,
            made_pairs: 0,
            wakes: 0,
            run,
            next_request: 0,
        };
        bench.drain();
        bench
    }

    /// Pulls the plug and starts again, `off` later, with what is durable.
    pub fn power_cut(&mut self, off: Duration, wall_known: bool) {
        let records = self.durable();
        let wall = self.now.wall.map(|wall| wall + off).filter(|_| wall_known);
        let now = Now {
            mono: Mono(500),
            wall,
        };
        let (written, next) = (core::mem::take(&mut self.written), self.next_request);
        *self = Self::run(self.policy.clone(), records, now, self.run.wrapping_add(1));
        self.next_request = next;
        let kept = written
            .into_iter()
            .filter(|(_, _, durable)| *durable)
            .map(|(_, r, _)| (0, r, true));
        self.written.splice(0..0, kept);
    }

    /// What the store holds.
    pub fn durable(&self) -> Vec<Record> {
        let durable = self.written.iter().filter(|(_, _, durable)| *durable);
        durable.map(|(_, record, _)| record.clone()).collect()
    }

    pub fn handle(&mut self, event: Event<'_>) {
        self.agent.handle(self.now, event);
        self.drain();
    }

    /// Carries out what the core wants.
    pub fn drain(&mut self) {
        let mut left = 10_000;
        while let Some(effect) = self.agent.poll_effect() {
            left -= 1;
            assert!(left > 0, "the core never stops");
            let mut back = None;
            match &effect {
                Effect::Transmit(transmit) => {
                    self.written_first(transmit);
                    self.sent.push(transmit.clone());
                }
                Effect::CheckLogin(check) => {
                    self.written_before_login(&check.case);
                    let password = check.password.expose().to_owned();
                    self.logins.push((check.clone(), password));
                }
                Effect::Persist { number, record } => {
                    self.written.push((*number, record.clone(), self.store));
                    back = self.store.then_some(Event::Persisted { number: *number });
                }
                Effect::MakeKeyPair { number } => {
                    self.made_pairs = *number;
                    if !self.pairs {
                        self.effects.push(effect);
                        continue;
                    }
                    let pair = Box::new(key_pair(*number));
                    back = Some(Event::KeyPair {
                        number: *number,
                        pair,
                    });
                }
                Effect::Reply { id, reply } => {
                    self.replies.entry(id.0).or_default().push(reply.clone());
                }
                Effect::Announce(feed) => self.feed.push(feed.clone()),
                Effect::SetWall(wall) => self.now.wall = Some(*wall),
                _ => {}
            }
            self.effects.push(effect);
            if let Some(event) = back {
                self.agent.handle(self.now, event);
            }
        }
    }

    /// The shell's word on the latest login.
    pub fn login_ends(&mut self, answer: resetbox_core::event::LoginAnswer) {
        let (check, _) = self.logins.last().expect("a login was tried");
        let number = check.number;
        self.handle(Event::LoginChecked { number, answer });
    }

    /// The store's word on a record that it was silent about.
    pub fn store_says(&mut self, number: u64, ok: bool) {
        for (written, _, durable) in &mut self.written {
            if *written == number {
                *durable |= ok;
            }
        }
        self.handle(if ok {
            Event::Persisted { number }
        } else {
            Event::StoreFailed {
                number,
                error: "disk full".into(),
            }
        });
    }

    /// Numbers that the store has not answered.
    pub fn unanswered(&self) -> Vec<u64> {
        let open = self
            .written
            .iter()
            .filter(|(number, _, durable)| !durable && *number > 0);
        open.map(|(number, ..)| *number).collect()
    }

    /// Lets time pass, waking the core when it wants to be woken.
    pub fn pass(&mut self, time: Duration) {
        let end = self.now.mono + time;
        let mut woken = 0;
        while let Some((at, _)) = self.agent.poll_timeout().filter(|(at, _)| *at <= end) {
            woken += 1;
            self.wakes += 1;
            assert!(
                woken < 100_000,
                "the core wants to be woken again and again at {at:?}"
            );
            self.set_mono(at.max(self.now.mono));
            self.handle(Event::Timeout);
        }
        self.set_mono(end);
    }

    fn set_mono(&mut self, mono: Mono) {
        let passed = mono.since(self.now.mono);
        self.now.wall = self.now.wall.map(|wall| wall + passed);
        self.now.mono = mono;
    }

    pub fn learn_wall(&mut self, wall: Wall, source: resetbox_core::event::WallSource) {
        self.now.wall = Some(wall);
        self.handle(Event::WallLearnt { source });
    }

    pub fn link_up(&mut self, link: u32) {
        self.handle(Event::Link(link_report(link)));
    }

    pub fn heard(&mut self, link: u32, bytes: &[u8]) {
        self.handle(Event::Datagram {
            link: LinkId(link),
            ear: Ear::Udp,
            source: Ipv4Addr::new(192, 168, 1, 64),
            bytes,
        });
    }

    /// A device answers the latest inquiry.
    pub fn answers(&mut self, link: u32, device: &Device) {
        let uuid = self.last_uuid(Purpose::Inquiry).unwrap_or_default();
        self.heard(link, &device.probe_match(&uuid));
    }

    /// The latest datagram sent for a purpose.
    pub fn last(&self, purpose: Purpose) -> Option<&Transmit> {
        let layer2 = resetbox_core::effect::How::Layer2;
        self.sent
            .iter()
            .rev()
            .find(|sent| sent.purpose == purpose && sent.how != layer2)
    }

    pub fn last_text(&self, purpose: Purpose) -> String {
        let sent = self
            .last(purpose)
            .unwrap_or_else(|| panic!("no {purpose:?} was sent"));
        String::from_utf8(sent.bytes.to_vec()).expect("our own text")
    }

    pub fn last_uuid(&self, purpose: Purpose) -> Option<String> {
        self.last(purpose)?;
        Some(element(&self.last_text(purpose), "Uuid").to_owned())
    }

    /// The latest command of a purpose to this device.
    pub fn last_to(&self, device: &Device, purpose: Purpose) -> String {
        let to_it = |text: &String| text.contains(&format!("<MAC>{}</MAC>", device.mac));
        let sent = self
            .sent
            .iter()
            .rev()
            .filter(|sent| sent.purpose == purpose);
        let mut texts = sent.map(|sent| String::from_utf8_lossy(&sent.bytes).into_owned());
        texts
            .find(to_it)
            .unwrap_or_else(|| panic!("no {purpose:?} was sent to {}", device.mac))
    }

    /// The device answers the latest command of a purpose.
    pub fn answers_command(
        &mut self,
        link: u32,
        device: &Device,
        purpose: Purpose,
        elements: &str,
    ) {
        let text = self.last_to(device, purpose);
        let answer = device.answer(element(&text, "Uuid"), element(&text, "Types"), elements);
        self.heard(link, &answer);
    }

    pub fn answers_exchange(&mut self, link: u32, device: &mut Device, key: [u8; 16]) {
        let text = self.last_to(device, Purpose::Exchange);
        let code = device.seal(&text, key);
        let code = format!("<Code>{code}</Code>");
        self.answers_command(link, device, Purpose::Exchange, &code);
    }

    /// The number that the next request gets.
    pub fn next_request(&self) -> u64 {
        self.next_request + 1
    }

    pub fn ask(&mut self, channel: Channel, request: Request) -> u64 {
        self.next_request += 1;
        let id = RequestId(self.next_request);
        self.handle(Event::Request {
            id,
            channel,
            request,
        });
        id.0
    }

    pub fn reply(&self, id: u64) -> Option<&Reply> {
        let replies = self.replies.get(&id)?;
        assert_eq!(
            replies.len(),
            1,
            "request {id} was answered more than once: {replies:?}"
        );
        replies.first()
    }

    pub fn view(&self) -> View {
        self.agent.view(self.now)
    }

    pub fn case(&self, id: &CaseId) -> CaseView {
        let cases = self.view().cases;
        cases
            .into_iter()
            .find(|case| case.id == *id)
            .unwrap_or_else(|| panic!("no case {id}"))
    }

    pub fn sent_for(&self, purpose: Purpose) -> usize {
        self.sent
            .iter()
            .filter(|sent| sent.purpose == purpose)
            .count()
    }
}
