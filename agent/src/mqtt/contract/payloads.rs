//! What the box says.

use serde::{Deserialize, Serialize};

/// [`Event::kind`] of the line that stands for lines that were dropped because nobody fetched them.
pub const EVENTS_LOST: &str = "events-lost";

/// `info`: what changes only when somebody changes the box.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Info {
    /// [`super::VERSION`].
    pub contract: u32,
    /// `rb-` and six characters.
    pub id: String,
    /// The owner's name for the box.
    pub name: String,
    /// Version of the program.
    pub version: String,
    /// The board, as it names itself.
    pub board: Option<String>,
    /// The panel's profile.
    pub panel: String,
    /// Where it stands, in the owner's words.
    pub site: Option<String>,
    /// Language of its own surfaces: `en` or `id`.
    pub language: String,
    /// Its own addresses, with prefix length: `192.168.1.10/24`.
    pub addresses: Vec<String>,
    /// How it reaches this broker.
    pub broker: Broker,
}

/// How the box reaches the broker.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Broker {
    /// `3.1.1` or `5`.
    pub version: String,
    /// Over TLS.
    pub tls: bool,
    /// Commands that hold a secret are taken: TLS or loopback.
    pub takes_keys: bool,
    /// Device codes are published.
    pub publishes_codes: bool,
    /// How the last connection ended, if not by the box's own will.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_trouble: Option<String>,
}

/// `state`: the box at a glance.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct State {
    /// What the indicators show: `searching`, `listed`, `waiting`, `attention`, ...
    pub phase: String,
    /// Since when (RFC 3339), if the box knows the time.
    pub since: Option<String>,
    /// What needs a person most urgently.
    pub alarm: Option<Alarm>,
    /// How many things need a person.
    pub alarms: usize,
    /// How many cases are open.
    pub open_cases: usize,
    /// How many devices are listed.
    pub devices: usize,
}

/// Something that needs a person.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Alarm {
    /// `expires-soon`, `may-be-void`, `void`, `unclear`, `device-gone`, `maybe-restarted`, `locked`, `refused`,
    /// `store`, `panel`, `config`, `http`, `https`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The case, if it is about one.
    pub case: Option<String>,
    /// Its device's serial tail.
    pub serial_tail: Option<String>,
    /// What it is, in the box's language.
    pub title: String,
    /// What to do next.
    pub hint: String,
}

/// `devices`: the list.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Devices {
    /// How many there are.
    pub count: usize,
    /// When the list changed last (RFC 3339), if the box knows the time.
    pub updated: Option<String>,
    /// `items` holds not all of them: the message would be too long.
    pub truncated: bool,
    /// Those with an open case first, the latest case on top; then those that can be reset, then the rest.
    pub items: Vec<Device>,
}

/// A device of the list.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Device {
    /// Hardware address; names the device in commands.
    pub mac: String,
    /// Model.
    pub model: String,
    /// Whole serial; empty when the device gave none.
    pub serial: String,
    /// IPv4 address.
    pub ipv4: Option<String>,
    /// Firmware.
    pub firmware: String,
    /// OEM brand, when it is sold under another name.
    pub brand: Option<String>,
    /// `false` needs a first password, no reset.
    pub activated: bool,
    /// The main way of recovery: `activate`, `typed-key`, `key-file`, `ask-vendor`, `none`.
    pub way: String,
    /// It counts as gone.
    pub gone: bool,
    /// Its open case, or its last one.
    pub case: Option<String>,
    /// That case is open.
    pub case_open: bool,
}

/// `cases/ID/state`: a case from its opening to its end.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct CaseState {
    /// Names the case.
    pub id: String,
    /// The device.
    pub mac: String,
    /// Whole serial: what a confirmation must repeat.
    pub serial: String,
    /// Model.
    pub model: String,
    /// Last known address.
    pub ipv4: Option<String>,
    /// Firmware.
    pub firmware: String,
    /// `reset`, or `first-password` for a device that has none: no code, no key, no clock.
    #[serde(default)]
    pub kind: String,
    /// The vendor returns a key to type; otherwise a file.
    pub typed_key: bool,
    /// `exporting`, `awaiting`, `ready`, `exchanging`, `sending`, `unclear`, `done`, `void`, `failed`, `cancelled`.
    pub phase: String,
    /// There is a device code.
    pub has_code: bool,
    /// When it was given (RFC 3339), if the box knew the time.
    pub issued: Option<String>,
    /// When the case closes by itself at the latest (RFC 3339), if the box knows the time.
    pub expires: Option<String>,
    /// `expires` is an upper bound: the box was without power for an unknown time.
    pub expires_at_most: bool,
    /// Older than 24 h: some devices have dropped the code by now.
    pub may_be_void: bool,
    /// Tries left by the device's last word.
    pub tries_left: Option<u32>,
    /// Minutes that the device stays locked.
    pub lock_minutes: Option<u32>,
    /// What stands in the way, or ended the last attempt or the case.
    pub error: Option<Problem>,
    /// Why the code may be void already: a person should look.
    pub doubt: Option<Problem>,
    /// The next attempt needs `insist`.
    pub must_insist: bool,
    /// Why: `keys-refused` or `re-exported` (somebody else asked the device for a code).
    pub insist_because: Option<String>,
    /// Names the key that waits for its confirmation, is being sent or was; another one after every hand-over.
    pub submission: Option<String>,
    /// The device can pass the password on to its cameras.
    pub can_sync: bool,
    /// The key that waits was handed over with "on its cameras too".
    pub sync_cameras: bool,
    /// Attempts so far.
    pub attempts: u32,
    /// The device answers now.
    pub device_present: bool,
}

/// `events`: something that happened.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Event {
    /// Counts up over the life of the box's outbox: the same number twice is the same event twice.
    pub number: i64,
    /// When (RFC 3339), if the box knew the time.
    pub time: Option<String>,
    /// `device-found`, `case-opened`, `code-received`, `succeeded`, `events-lost`, ...
    #[serde(rename = "type")]
    pub kind: String,
    /// The device's serial.
    pub serial: Option<String>,
    /// The case.
    pub case: Option<String>,
    /// `panel`, `phone` or `mqtt`, if a person did it.
    pub channel: Option<String>,
    /// In plain English.
    pub detail: String,
    /// How many lines are missing here; only with `events-lost`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost: Option<u64>,
}

/// `cmd/result`: what became of a command.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Outcome {
    /// The command's id; `None` when it had none that could be read.
    pub id: Option<String>,
    /// The command's verb.
    pub verb: String,
    /// It was carried out.
    pub ok: bool,
    /// The command came before: nothing was done now, this is what became of it then.
    #[serde(default)]
    pub repeated: bool,
    /// `done`, `case-open`, `awaiting-confirm`, `succeeded` or `login-worked`, if it was carried out.
    pub outcome: Option<String>,
    /// The case it is about.
    pub case: Option<String>,
    /// What a confirmation must name; with `awaiting-confirm`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub submission: Option<String>,
    /// Why it was not carried out.
    pub problem: Option<Problem>,
}

/// Why something did not happen: the same words as on the phone page.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Problem {
    /// `urn:resetbox:problem:KIND`; stable, for programs.
    #[serde(rename = "type")]
    pub kind: String,
    /// What it is, in a few words.
    pub title: String,
    /// What happened.
    pub detail: String,
    /// What to do next.
    pub hint: String,
    /// `device-refused`, `device-misbehaved`, `operator` or `box-fault`.
    pub culprit: String,
    /// The SADP number, when the problem has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<u16>,
    /// Tries left, by the device's last word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tries_left: Option<u32>,
    /// Minutes the device stays locked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lock_minutes: Option<u32>,
    /// What exactly is at fault: the broken password rules, for example.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<String>,
}
