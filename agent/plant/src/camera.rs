//! One camera as a machine without I/O: a datagram and a time in, answers with delays out.

mod options;
mod recovery;
mod state;
mod text;

use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};

pub use options::{Answer, AnswerMode, Counters, MAX_ANSWER, Options};

use crate::identity::{Identity, Place};
use crate::profile::{Facts, Profile};
use crate::reading::{self, Command, Request};
use crate::session::Session;
use crate::vendor::{Vendor, letters_and_digits};

/// The export that a reset must fit.
struct OpenExport {
    string: String,
    device_code: String,
    expires_ms: u64,
}

/// A simulated device. See the crate's documentation for what it is faithful to.
pub struct Camera {
    identity: Identity,
    place: Place,
    profile: Profile,
    facts: Facts,
    options: Options,
    vendor: Vendor,
    rng: ChaCha8Rng,
    salt: String,
    second_salt: String,
    /// Device-local seconds since 1970 at the plant's millisecond 0.
    epoch_s: i64,
    booted_s: i64,
    has_clock: bool,
    powered: bool,
    password: Option<String>,
    open: Option<OpenExport>,
    session: Option<Session>,
    tries_left: u32,
    locked_until_ms: Option<u64>,
    lamp: bool,
    cameras_synced: bool,
    counters: Counters,
}

impl Camera {
    /// Camera `index` of a plant: identity, salts and first password are drawn from `seed` and `index`.
    /// `epoch_s` is the device-local time at the plant's millisecond 0, in seconds since 1970.
    pub fn new(
        index: u32,
        profile: Profile,
        place: Place,
        options: Options,
        vendor: Vendor,
        seed: u64,
        epoch_s: i64,
    ) -> Camera {
        let mut rng = ChaCha8Rng::seed_from_u64(seed.wrapping_add(u64::from(index) << 32));
        let facts = profile.facts();
        let identity = Identity::new(index, seed, &facts, &mut rng);
        let password = facts.activated.then(|| letters_and_digits(&mut rng, 15));
        let mut camera = Camera {
            salt: hex(&mut rng),
            second_salt: hex(&mut rng),
            identity,
            place,
            profile,
            vendor,
            rng,
            epoch_s,
            booted_s: 0,
            has_clock: facts.clock,
            facts,
            powered: true,
            password,
            open: None,
            session: None,
            tries_left: options.tries,
            options,
            locked_until_ms: None,
            lamp: false,
            cameras_synced: false,
            counters: Counters::default(),
        };
        // It has been up for one hour to a month.
        let uptime = 3600 + i64::from(camera.rng.next_u32() % (30 * 86_400));
        camera.set_boot_time(0, uptime);
        camera
    }

    /// One datagram from the group. Malformed ones, other devices' answers and commands for others meet silence.
    pub fn handle(&mut self, now_ms: u64, datagram: &[u8]) -> Vec<Answer> {
        match reading::read(datagram) {
            Ok(request) => self.answer(now_ms, &request),
            Err(_) => Vec::new(),
        }
    }

    /// The same for a request that was read already: a plant of thousands reads each datagram once.
    pub fn answer(&mut self, now_ms: u64, request: &Request) -> Vec<Answer> {
        if !self.powered || !self.is_meant(request) {
            return Vec::new();
        }
        let types = request.command.types();
        let text = if self.options.fail.iter().any(|failing| failing == types) {
            let failed = vec![("Result", "failed".to_owned())];
            Some(self.verdict(&request.uuid, types, &failed))
        } else {
            self.text(now_ms, request)
        };
        match text {
            Some(text)
                if !self
                    .options
                    .swallow
                    .iter()
                    .any(|swallowed| swallowed == types) =>
            {
                self.send(text)
            }
            _ => Vec::new(),
        }
    }

    /// Does what is asked and says what came of it; `None` where this firmware stays silent.
    fn text(&mut self, now_ms: u64, request: &Request) -> Option<String> {
        let fields = match &request.command {
            Command::Inquiry => {
                self.counters.inquiries += 1;
                return Some(self.probe_match(&request.uuid));
            }
            Command::GetEncryptString => self.export_string(now_ms),
            Command::GetCode => self.export_code(now_ms),
            Command::GetPasswordResetType => self.reset_types(),
            Command::ExchangeCode { code } => self.exchange(code),
            Command::Reset {
                password,
                sync_cameras,
                code,
                code_encrypted,
            } => {
                self.counters.resets += 1;
                self.reset(now_ms, password, *sync_cameras, code, *code_encrypted)
            }
            Command::Activate { password } => {
                self.counters.activations += 1;
                self.activate(password)
            }
            Command::Lamp { on } => self.light(*on),
        };
        Some(self.verdict(&request.uuid, request.command.types(), &fields?))
    }

    /// Whether the request names this device by exactly the text it reported, or is for everybody.
    fn is_meant(&self, request: &Request) -> bool {
        request
            .mac
            .as_ref()
            .is_none_or(|mac| *mac == self.identity.mac_text)
    }

    /// Restarts: forgets the export and the exchange, takes a new boot time and says hello. The password, a lock and
    /// the tries live in flash.
    pub fn reboot(&mut self, now_ms: u64) -> Vec<Answer> {
        self.drop_power();
        self.powered = true;
        self.has_clock = self.facts.clock;
        self.set_boot_time(now_ms, 0);
        let text = self.hello();
        let mut answers = self.send(text);
        for answer in &mut answers {
            answer.mode = AnswerMode::Multicast;
        }
        answers
    }

    /// The plug is pulled: silence until [`Camera::reboot`].
    pub fn drop_power(&mut self) {
        self.powered = false;
        self.open = None;
        self.session = None;
        self.lamp = false;
    }

    /// A device without a clock learns the time: its boot time jumps by years and it did not reboot.
    pub fn sync_clock(&mut self) {
        if !self.has_clock {
            self.has_clock = true;
            // The boot time was counted from 1970; now it is counted from the present.
            self.booted_s += self.epoch_s;
        }
    }

    /// Locks the device as too many wrong keys would.
    pub fn lock(&mut self, now_ms: u64) {
        self.tries_left = 0;
        self.locked_until_ms = Some(now_ms + u64::from(self.options.lock_minutes) * 60_000);
    }

    /// Lets the open export pass its 48 hours.
    pub fn expire(&mut self) {
        if let Some(open) = &mut self.open {
            open.expires_ms = 0;
        }
    }

    /// What a foreign client's search looks like, from a device that searches by itself; `None` for all others.
    pub fn chatter(&mut self) -> Option<Answer> {
        if !self.powered || !self.facts.chatty {
            return None;
        }
        let uuid = self.foreign_uuid();
        let bytes = request_text(&uuid, "<Types>inquiry</Types>");
        Some(Answer {
            delay_ms: 0,
            bytes,
            mode: AnswerMode::Multicast,
        })
    }

    /// The export command as another client on the network would send it: what voids a case. `None` where the device
    /// has no such command.
    pub fn foreign_export(&mut self) -> Option<Vec<u8>> {
        let types = self.export_types()?;
        let uuid = self.foreign_uuid();
        Some(request_text(
            &uuid,
            &format!(
                "<MAC>{}</MAC><Types>{types}</Types>",
                self.identity.mac_text
            ),
        ))
    }

    fn foreign_uuid(&mut self) -> String {
        let mut bytes = [0_u8; 16];
        self.rng.fill_bytes(&mut bytes);
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let hex = bytes.map(|byte| format!("{byte:02X}")).concat();
        format!(
            "{}-{}-{}-{}-{}",
            &hex[..8],
            &hex[8..12],
            &hex[12..16],
            &hex[16..20],
            &hex[20..]
        )
    }

    fn set_boot_time(&mut self, now_ms: u64, uptime_s: i64) {
        let now_s = i64::try_from(now_ms / 1000).unwrap_or(i64::MAX / 2);
        self.booted_s = if self.has_clock {
            self.epoch_s + now_s - uptime_s
        } else {
            // Such a device starts at some time of January 1970, another one each time.
            i64::from(self.rng.next_u32() % (20 * 86_400))
        };
    }

    fn send(&mut self, text: String) -> Vec<Answer> {
        let bytes = text.into_bytes();
        let mode = self.options.answer_mode;
        (0..self.facts.copies)
            .map(|_| Answer {
                delay_ms: self.delay_ms(),
                bytes: bytes.clone(),
                mode,
            })
            .collect()
    }

    /// How long it thinks this time.
    pub(crate) fn delay_ms(&mut self) -> u64 {
        let (shortest, longest) = self.options.delay_ms;
        shortest + u64::from(self.rng.next_u32()) % (longest.saturating_sub(shortest) + 1)
    }
}

fn request_text(uuid: &str, rest: &str) -> Vec<u8> {
    format!(r#"<?xml version="1.0" encoding="utf-8"?><Probe><Uuid>{uuid}</Uuid>{rest}</Probe>"#)
        .into_bytes()
}

/// 64 hexadecimal digits.
fn hex(rng: &mut ChaCha8Rng) -> String {
    let mut bytes = [0_u8; 32];
    rng.fill_bytes(&mut bytes);
    bytes.map(|byte| format!("{byte:02x}")).concat()
}
