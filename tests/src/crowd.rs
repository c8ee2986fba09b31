//! Cameras made of nothing but frames: as many as wanted, in any subnet, in no need of an address.
//! They know the inquiry alone. What the simulated plant does better (resets, faults, its web login)
//! is left to it; this is for what needs control over single frames: bursts at wire speed, floods,
//! fragments, answers by a certain way only.

use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use sadp::{Layer2Answer, Layer2Frame, Layer2Kind};

use crate::netns::Host;
use crate::wire::{self, Envelope, Received, Wire};

/// How a camera answers.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Answers {
    /// To the asker's address, hardware address and port.
    Unicast,
    /// The same, but to port 37020 whatever port was asked from.
    UnicastTo37020,
    /// To the group.
    Multicast,
    /// Both: the same bytes twice.
    Both,
    /// Only to layer-2 inquiries, by layer-2 frames.
    Layer2,
}

/// What the crowd is like.
#[derive(Clone, Debug)]
pub struct Config {
    /// The cameras' addresses; as many cameras as addresses.
    pub addresses: Vec<Ipv4Addr>,
    /// How they answer.
    pub answers: Answers,
    /// Length of an answer in bytes; longer than 1472 makes IP fragments.
    pub answer_len: usize,
    /// Only the first inquiry is answered, by all cameras.
    pub once: bool,
    /// The first camera's number: what its hardware address and serial are made of.
    pub first: usize,
    /// Of a hundred questions and of a hundred answers, so many are lost, for each camera by itself.
    pub loss_percent: u64,
}

impl Config {
    /// Cameras with these addresses and answers of a usual length.
    pub fn new(addresses: Vec<Ipv4Addr>, answers: Answers) -> Self {
        Self {
            addresses,
            answers,
            answer_len: 1_200,
            once: false,
            first: 0,
            loss_percent: 0,
        }
    }
}

impl Config {
    fn numbered(&self) -> impl Iterator<Item = (usize, Ipv4Addr)> {
        (self.first..).zip(self.addresses.iter().copied())
    }
}

/// `count` addresses, dealt out over subnets that are named by their first three bytes; a full /24
/// goes on in the next.
pub fn addresses(subnets: &[[u8; 3]], count: usize) -> Vec<Ipv4Addr> {
    (0..count)
        .map(|number| {
            let [a, b, c] = subnets[number % subnets.len()];
            let host = number / subnets.len();
            Ipv4Addr::new(
                a,
                b,
                c + u8::try_from(host / 250).expect("few enough"),
                (host % 250) as u8 + 2,
            )
        })
        .collect()
}

/// A running crowd; ends when dropped.
#[derive(Debug)]
pub struct Crowd {
    stop: Arc<AtomicBool>,
    state: Arc<Mutex<State>>,
    thread: Option<JoinHandle<()>>,
}

/// What happened so far.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// Inquiries heard that were to be answered.
    pub inquiries: usize,
    /// Sources of these inquiries: address and hardware address.
    pub askers: Vec<(Ipv4Addr, [u8; 6])>,
    /// When the first answer was about to leave.
    pub first_answer: Option<Instant>,
    /// When the last answer of the latest inquiry had left.
    pub last_answer: Option<Instant>,
    /// Draws losses, always the same ones.
    dice: u64,
    /// Identifications of IP packets.
    next_id: u16,
}

impl Crowd {
    /// Starts the cameras on an interface of the host.
    pub fn start(host: &Host, interface: &str, config: Config) -> Self {
        let mut wire = Wire::open(host, interface);
        wire.set_timeout(Duration::from_millis(20));
        let stop = Arc::new(AtomicBool::new(false));
        let state = Arc::new(Mutex::new(State::default()));
        let (stopped, shared) = (Arc::clone(&stop), Arc::clone(&state));
        let thread = std::thread::spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                if let Some(frame) = wire.receive() {
                    hear(&wire, &config, &shared, &frame);
                }
            }
        });
        Self {
            stop,
            state,
            thread: Some(thread),
        }
    }

    /// A copy of what happened so far.
    pub fn state(&self) -> State {
        self.state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // A panic in there was printed; a second one while dropping would hide it.
            let _ = thread.join();
        }
    }
}

/// The serial of a camera, from its number.
pub fn serial(number: usize) -> String {
    format!("DS-2CD2143G0-I20180912AAWR{number:09}")
}

/// The hardware address of a camera, from its number.
pub fn mac(number: usize) -> [u8; 6] {
    let [_, a, b, c] = u32::try_from(number).expect("few enough").to_be_bytes();
    [0x44, 0x47, 0xcc, a, b, c]
}

/// An answer to an inquiry, of exactly `len` bytes if that is possible.
pub fn answer(number: usize, ipv4: Ipv4Addr, uuid: &str, len: usize) -> Vec<u8> {
    let [a, b, c, d, e, f] = mac(number);
    let start = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ProbeMatch>\n<Uuid>{uuid}</Uuid>\n<Types>inquiry</Types>\n\
         <DeviceType>139024</DeviceType>\n<DeviceDescription>DS-2CD2143G0-I</DeviceDescription>\n\
         <DeviceSN>{}</DeviceSN>\n<CommandPort>8000</CommandPort>\n<HttpPort>80</HttpPort>\n\
         <MAC>{a:02x}-{b:02x}-{c:02x}-{d:02x}-{e:02x}-{f:02x}</MAC>\n<IPv4Address>{ipv4}</IPv4Address>\n\
         <IPv4SubnetMask>255.255.255.0</IPv4SubnetMask>\n<IPv4Gateway>0.0.0.0</IPv4Gateway>\n\
         <DHCP>false</DHCP>\n<SoftwareVersion>V5.5.6build 180326</SoftwareVersion>\n\
         <BootTime>2024-09-18 09:21:28</BootTime>\n<Encrypt>true</Encrypt>\n<Activated>true</Activated>\n\
         <PasswordResetAbility>true</PasswordResetAbility>\n<PasswordResetModeSecond>true</PasswordResetModeSecond>\n",
        serial(number)
    );
    let end = "</ProbeMatch>\n";
    let pad = len.saturating_sub(start.len() + end.len() + "<Pad></Pad>".len());
    format!("{start}<Pad>{}</Pad>{end}", "x".repeat(pad)).into_bytes()
}

fn hear(wire: &Wire, config: &Config, state: &Mutex<State>, frame: &[u8]) {
    if config.answers == Answers::Layer2 {
        if let Ok(inquiry) = sadp::parse_frame(frame)
            && inquiry.kind == Layer2Kind::Inquiry
            && note(config, state, (inquiry.source_ip, inquiry.source_mac))
        {
            layer2_answers(wire, config, &inquiry);
        }
        return;
    }
    let Some(received) = Received::parse(frame) else {
        return;
    };
    let Some(uuid) = inquiry(&received) else {
        return;
    };
    if !note(config, state, (received.source, received.source_mac)) {
        return;
    }
    // Made beforehand, so that they leave back to back.
    let frames: Vec<Vec<u8>> = config
        .numbered()
        .flat_map(|(number, ipv4)| answers(config, state, &received, uuid, number, ipv4))
        .collect();
    let start = Instant::now();
    with(state, |state| {
        state.first_answer.get_or_insert(start);
    });
    for frame in &frames {
        wire.send(frame);
    }
    with(state, |state| state.last_answer = Some(Instant::now()));
}

/// Counts an inquiry that is to be answered; `false`: this one is not.
fn note(config: &Config, state: &Mutex<State>, asker: (Ipv4Addr, [u8; 6])) -> bool {
    with(state, |state| {
        if config.once && state.inquiries > 0 {
            return false;
        }
        state.inquiries += 1;
        state.askers.push(asker);
        true
    })
}

fn with<T>(state: &Mutex<State>, work: impl FnOnce(&mut State) -> T) -> T {
    work(&mut state.lock().unwrap_or_else(PoisonError::into_inner))
}

/// The frames of one camera's answers to one inquiry.
fn answers(
    config: &Config,
    state: &Mutex<State>,
    received: &Received<'_>,
    uuid: &str,
    number: usize,
    ipv4: Ipv4Addr,
) -> Vec<Vec<u8>> {
    if lost(config, state) {
        return Vec::new();
    }
    let payload = answer(number, ipv4, uuid, config.answer_len);
    let group = (
        sadp::GROUP,
        [0x01, 0x00, 0x5e, 0x7f, 0xff, 0xfa],
        sadp::PORT,
    );
    let asker = (received.source, received.source_mac, received.source_port);
    let targets = match config.answers {
        Answers::Unicast => vec![asker],
        Answers::UnicastTo37020 => vec![(asker.0, asker.1, sadp::PORT)],
        Answers::Multicast => vec![group],
        Answers::Both => vec![group, asker],
        Answers::Layer2 => vec![],
    };
    let mut frames = Vec::new();
    for (destination, destination_mac, port) in targets {
        if lost(config, state) {
            continue;
        }
        let envelope = Envelope {
            source_mac: mac(number),
            destination_mac,
            source: ipv4,
            destination,
            ports: (sadp::PORT, port),
        };
        let id = with(state, |state| {
            state.next_id = state.next_id.wrapping_add(1);
            state.next_id
        });
        frames.extend(wire::frames(&envelope, id, &payload));
    }
    frames
}

/// Draws whether one frame of one camera is lost.
fn lost(config: &Config, state: &Mutex<State>) -> bool {
    with(state, |state| {
        // Knuth's MMIX generator.
        state.dice = state
            .dice
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state.dice >> 33) % 100 < config.loss_percent
    })
}

fn layer2_answers(wire: &Wire, config: &Config, inquiry: &Layer2Frame) {
    for (number, ipv4) in config.numbered() {
        wire.send(&sadp::emit_answer(&Layer2Answer {
            kind: Layer2Kind::Answer,
            sequence: inquiry.sequence,
            source_mac: mac(number),
            source_ip: ipv4,
            destination_mac: inquiry.source_mac,
            destination_ip: inquiry.source_ip,
            mask: Ipv4Addr::new(255, 255, 255, 0),
            serial: serial(number),
            device_type: 139_024,
            port: 8000,
            encoders: 0,
            disks: 0,
            software: "V5.5.6build 180326".into(),
            dsp: "V7.3, build 180326".into(),
            boot_time: "2024-09-18 09:21:28".into(),
            extension: None,
        }));
    }
}

/// The Uuid of an inquiry that a device would hear. A Linux device drops what claims to come from
/// 0.0.0.0.
fn inquiry<'a>(received: &Received<'a>) -> Option<&'a str> {
    let to_all = received.destination == sadp::GROUP || received.destination == Ipv4Addr::BROADCAST;
    if !to_all || received.port != sadp::PORT || received.source.is_unspecified() {
        return None;
    }
    let text = std::str::from_utf8(received.payload).ok()?;
    let (_, rest) = text.split_once("<Probe><Uuid>")?;
    let (uuid, rest) = rest.split_once("</Uuid>")?;
    rest.starts_with("<Types>inquiry</Types>").then_some(uuid)
}
