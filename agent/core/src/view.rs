//! The one thing that every surface shows. Pure: the same agent at the same moment gives the same
//! view. Holds no key and no password. The PIN is in [`Screen`] only, for who stands before the box.

use core::net::Ipv4Addr;
use std::sync::Arc;

use sadp::{Mac, Way};
use serde::Serialize;

use crate::event::UpdateNews;
use crate::policy::Language;
use crate::request::{CaseId, Channel};
use crate::screen::Screen;
use crate::secured::Secured;
use crate::time::{Mono, Wall};

mod case;
mod diagnosis;

pub use case::{CasePhase, CaseView, LoginView, MustInsist};
pub use diagnosis::{Diagnosis, Finding};

/// All that is shown, at one moment.
#[derive(Clone, PartialEq, Debug)]
pub struct View {
    /// When this view was made.
    pub at: Mono,
    /// Wall time then, if known.
    pub wall: Option<Wall>,
    /// `rb-...`.
    pub box_id: String,
    /// The owner's name for the box.
    pub box_name: String,
    /// Language of the panel and default of the phone page.
    pub language: Language,
    /// What the indicators show.
    pub indicator: Indicator,
    /// Links in the order of their index.
    pub links: Vec<LinkView>,
    /// Devices: those with an open case first, the latest case on top; then those that can be reset, then the rest, each in the
    /// order in which they were found.
    pub devices: Vec<Arc<DeviceView>>,
    /// Cases: open ones first, then ended ones, newest first.
    pub cases: Vec<CaseView>,
    /// What needs a person, most urgent first.
    pub alerts: Vec<Alert>,
    /// Answers to "why do I not see my camera".
    pub diagnosis: Diagnosis,
    /// What the panel shows now.
    pub screen: Screen,
    /// Brightness of the panel in percent, 10 to 100.
    pub brightness: u8,
    /// Rotation of the panel in degrees: 0, 90, 180, 270.
    pub rotation: u16,
    /// The panel sleeps (backlight off).
    pub asleep: bool,
    /// HTTPS, where it is served.
    pub secured: Option<Secured>,
}

/// The state of the indicators and since when it holds.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Indicator {
    /// Which pattern.
    pub state: IndicatorState,
    /// Patterns count from here.
    pub since: Mono,
}

/// The patterns of the indicators, least to most urgent.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum IndicatorState {
    /// Not everything is up yet.
    Starting,
    /// No link has a carrier.
    NoCable,
    /// No device has answered yet.
    Searching,
    /// There are devices.
    Listed,
    /// A case waits for its key.
    Waiting,
    /// Exchange or reset under way.
    Sending,
    /// The last attempt succeeded, for 60 s.
    Succeeded,
    /// A person is needed: a case expires soon, is void or unclear.
    Attention,
    /// The last attempt was refused or the device is locked.
    Refused,
    /// The box is broken.
    Fault,
    /// "Which box is it": 30 s.
    Identify,
}

/// A network interface.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct LinkView {
    /// `eth0`.
    pub name: String,
    /// A cable is in.
    pub carrier: bool,
    /// Megabit per second.
    pub speed_mbit: Option<u32>,
    /// Own addresses with prefix length.
    pub addresses: Vec<(Ipv4Addr, u8)>,
    /// UDP port 37020 is heard there.
    pub udp: bool,
    /// The packet socket is open there.
    pub packet: bool,
    /// Probes sent since start.
    pub probes: u64,
    /// Answers heard since start, each content once.
    pub answers: u64,
    /// Of these only by the packet socket: UDP sockets could not have heard them.
    pub answers_raw_only: u64,
    /// Datagrams lost in the kernel and in the program.
    pub dropped: u64,
    /// Devices heard there.
    pub devices: usize,
}

/// A device as every surface shows it. All text is printable: control characters and terminal
/// escapes are replaced.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeviceView {
    /// Normalised hardware address.
    pub mac: Mac,
    /// Model, or `unknown model`.
    pub model: String,
    /// Whole serial; empty when the device gave none.
    pub serial: String,
    /// Its last six characters.
    pub serial_tail: String,
    /// IPv4 address; never cut when shown.
    pub ipv4: Option<Ipv4Addr>,
    /// HTTP port of its own web page.
    pub http_port: Option<u16>,
    /// Firmware.
    pub firmware: String,
    /// OEM brand, when it is sold under another name.
    pub brand: Option<String>,
    /// Activated; `false` needs a first password, no reset.
    pub activated: bool,
    /// The main way of recovery.
    pub way: Way,
    /// Ways an owner may have set up: e-mail, questions, GUID file.
    pub owner_ways: sadp::OwnerWays,
    /// It is a recorder that can pass the password on to its cameras.
    pub can_sync: bool,
    /// It looks like a recorder: it logs in to cameras, and must be told their new passwords.
    pub recorder: bool,
    /// It announces SADP 3.x and may refuse what the box asks.
    pub may_refuse: bool,
    /// Its cloud state forbids or hinders a local reset (bound).
    pub cloud_bound: bool,
    /// `BootTime` as it said.
    pub boot_time: Option<String>,
    /// Names of the links where it is heard.
    pub links: Vec<String>,
    /// Another hardware address claims the same serial.
    pub doubled_serial: bool,
    /// Another device with another serial answers under the same hardware address.
    pub doubled_mac: bool,
    /// Found at.
    pub first_seen: Mono,
    /// Last heard at.
    pub last_seen: Mono,
    /// Silent for longer than [`crate::Policy::gone_after`].
    pub gone: bool,
    /// Whether it has a lamp to blink, by what it answered.
    pub lamp: Lamp,
    /// Its open case, or its last one.
    pub case: Option<CaseId>,
    /// That case is open.
    pub case_open: bool,
    /// Unknown elements, for the detail page.
    pub other: Vec<(String, String)>,
}

/// What is known of a device's lamp.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lamp {
    /// It was never asked to blink, or has not answered yet.
    #[default]
    Unknown,
    /// It blinked.
    Can,
    /// It said no, or was silent twice though it answers otherwise.
    Cannot,
}

/// Something that needs a person.
#[derive(Clone, PartialEq, Debug)]
pub enum Alert {
    /// A case, and why.
    Case {
        /// The case.
        case: CaseId,
        /// Its device's serial tail.
        serial_tail: String,
        /// Why.
        why: CaseAlert,
    },
    /// The store does not work: nothing new can be begun.
    Store(String),
    /// The store works, and what it writes is gone with the power: why.
    Fleeting(String),
    /// The panel does not work.
    Panel(String),
    /// The panel's keys are not heard.
    Buttons(String),
    /// The indicators cannot be switched.
    Leds(String),
    /// The configuration file has a mistake; the box runs on defaults.
    Config(String),
    /// An update of the box's system is coming, or did not take place.
    Update(UpdateNews),
    /// The phone page cannot be served.
    Http(String),
    /// It cannot be served over HTTPS; the plain one does not depend on it.
    Https(String),
}

impl Alert {
    /// The store's or system's words, when it is a fault of the box that the panel stops at.
    pub fn fault(&self) -> Option<&str> {
        match self {
            Self::Store(text)
            | Self::Fleeting(text)
            | Self::Panel(text)
            | Self::Buttons(text)
            | Self::Leds(text)
            | Self::Config(text)
            | Self::Http(text)
            | Self::Update(
                UpdateNews::Coming(text) | UpdateNews::Refused(text) | UpdateNews::FellBack(text),
            ) => Some(text),
            // Without HTTPS the box does its work: the other surfaces tell it.
            Self::Https(_) | Self::Case { .. } => None,
        }
    }
}

/// Why a case needs a person.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum CaseAlert {
    /// Less than 4 h of the promised 24 h are left.
    ExpiresSoon,
    /// Older than 24 h.
    MayBeVoid,
    /// Void.
    Void,
    /// Unclear.
    Unclear,
    /// The device is silent.
    DeviceGone,
    /// The device may have restarted.
    MaybeRestarted,
    /// Locked.
    Locked,
    /// Refused.
    Refused,
}

impl CaseAlert {
    /// The name that the contracts of the API and of MQTT have for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::ExpiresSoon => "expires-soon",
            Self::MayBeVoid => "may-be-void",
            Self::Void => "void",
            Self::Unclear => "unclear",
            Self::DeviceGone => "device-gone",
            Self::MaybeRestarted => "maybe-restarted",
            Self::Locked => "locked",
            Self::Refused => "refused",
        }
    }
}

/// Something that happened, for whoever follows: server-sent events, MQTT, the log. No secrets.
#[derive(Clone, PartialEq, Debug)]
pub struct Feed {
    /// `device-found`, `device-gone`, `case-opened`, `code-received`, `case-void`, `succeeded`, `refused`, ...
    pub what: &'static str,
    /// When.
    pub at: Mono,
    /// Wall time, if known.
    pub wall: Option<Wall>,
    /// The device's serial, printable.
    pub serial: Option<String>,
    /// The case.
    pub case: Option<CaseId>,
    /// Who, if a person.
    pub channel: Option<Channel>,
    /// In plain English.
    pub detail: String,
}
