//! The one thing that every surface shows. Pure: the same agent at the same moment gives the same
//! view. Holds no key and no password. The PIN is in [`Screen`] only, for who stands before the box.

use core::net::Ipv4Addr;
use core::time::Duration;
use std::sync::Arc;

use sadp::{Mac, Way};
use serde::Serialize;

use crate::event::UpdateNews;
use crate::policy::Language;
use crate::problem::Problem;
use crate::record::LoginState;
use crate::request::{CaseId, CaseKind, Channel, SubmissionId};
use crate::screen::Screen;
use crate::secured::Secured;
use crate::time::{Mono, Wall};

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
    /// Devices: those with an open case first, then those that can be reset, then the rest; inside
    /// each group in the order in which they were found.
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

/// A case as every surface shows it.
#[derive(Clone, PartialEq, Debug)]
pub struct CaseView {
    /// The case.
    pub id: CaseId,
    /// What it is for.
    pub kind: CaseKind,
    /// The device.
    pub mac: Mac,
    /// Model.
    pub model: String,
    /// Whole serial.
    pub serial: String,
    /// Last six characters.
    pub serial_tail: String,
    /// Last known address.
    pub ipv4: Option<Ipv4Addr>,
    /// Firmware.
    pub firmware: String,
    /// The vendor returns a typed key (`true`) or a file.
    pub typed_key: bool,
    /// The device can pass the password on to its cameras.
    pub can_sync: bool,
    /// The key that waits for its confirmation was handed over with "on its cameras too".
    pub sync_cameras: bool,
    /// Where it stands.
    pub phase: CasePhase,
    /// The device code: exactly the bytes of the QR and of DeviceKey.xml. Present once durable.
    pub device_code: Option<Arc<str>>,
    /// When the device code was given, if wall time is known.
    pub issued: Option<Wall>,
    /// Time left of the 48 h; `None` before there is a code or after the end.
    pub left: Option<Duration>,
    /// `left` is an upper bound: the box was without power and does not know for how long.
    pub left_at_most: bool,
    /// Older than 24 h: some devices have dropped it by now.
    pub may_be_void: bool,
    /// Tries left by the device's last word.
    pub tries_left: Option<u32>,
    /// Minutes the device stays locked, counted down.
    pub lock_minutes: Option<u32>,
    /// What stands in the way now, or ended the last attempt or the case.
    pub problem: Option<Problem>,
    /// The device may have restarted or is silent: the person should look.
    pub doubt: Option<Problem>,
    /// The next attempt needs `insist`, and why.
    pub must_insist: Option<MustInsist>,
    /// What a person handed over last in this run of the box: what waits for its confirmation in
    /// [`CasePhase::Ready`], what is being sent, or what was. `None` in other phases.
    pub submission: Option<SubmissionId>,
    /// Attempts so far.
    pub attempts: u32,
    /// The device answers now.
    pub device_present: bool,
    /// Whether the new password logs in; `None` before there is one.
    pub login: Option<LoginView>,
}

/// Whether the new password of a case logs in.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LoginView {
    /// Not tried: it may be, once.
    Untried,
    /// Being tried.
    Checking,
    /// It does.
    Worked,
    /// It does not.
    Refused,
    /// The device takes no login for now.
    Locked,
    /// Tried, and what came back says neither.
    Odd,
    /// The power went while it was tried.
    Lost,
}

impl From<LoginState> for LoginView {
    fn from(state: LoginState) -> Self {
        match state {
            LoginState::Begun => Self::Lost,
            LoginState::Worked => Self::Worked,
            LoginState::Refused => Self::Refused,
            LoginState::Locked => Self::Locked,
            LoginState::Odd => Self::Odd,
        }
    }
}

/// Why a person must insist before a key is sent.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MustInsist {
    /// The device refused several keys
    /// ([`Policy::code_errors_before_insisting`](crate::Policy::code_errors_before_insisting)): one more can lock it.
    KeysRefused,
    /// Somebody else asked the device for a code: the key is probably void, and would cost a try.
    ReExported,
}

/// The phases as people see them.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CasePhase {
    /// Asking the device for its code; before that, and for a first password instead, being written down.
    Exporting,
    /// QR shown, key awaited; or the first password is.
    Awaiting,
    /// Key and password are here, the confirmation is awaited.
    Ready,
    /// Checking the device again, or exchanging, or waiting behind another attempt.
    Exchanging,
    /// The reset (or activation) is out, the answer awaited.
    Sending,
    /// No answer, or power cut: a person decides.
    Unclear,
    /// Reset Password Succeeded, or the first password is set.
    Done,
    /// The key no longer works, or the device got its first password elsewhere.
    Void,
    /// There never was a code.
    Failed,
    /// Closed by a person.
    Cancelled,
}

impl CasePhase {
    /// Not ended.
    pub fn is_open(self) -> bool {
        !matches!(
            self,
            Self::Done | Self::Void | Self::Failed | Self::Cancelled
        )
    }
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

/// What the box knows about its own ears, for "camera not found".
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Diagnosis {
    /// Probes sent since start.
    pub probes: u64,
    /// Answers heard since start.
    pub answers: u64,
    /// Things that are not as they should be, most likely culprit first.
    pub findings: Vec<Finding>,
    /// Datagrams that could not be read, by reason (short English), most frequent first, at most 8.
    pub unreadable: Vec<(String, u64)>,
    /// Other clients on the network that ask devices too (their probes were heard): SADP Tool on a laptop makes codes void.
    pub other_clients: Vec<Ipv4Addr>,
}

/// One thing the diagnosis found; words and remedy live in the view's text tables.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Finding {
    /// No interface at all besides loopback.
    NoInterface,
    /// No cable.
    NoCable {
        /// Which link.
        link: String,
    },
    /// 10 Mbit/s: a bad cable or a long run.
    SlowLink {
        /// Which link.
        link: String,
        /// Its speed.
        mbit: u32,
    },
    /// The link has no IPv4 address and there is no packet socket: it can neither ask nor hear.
    NoAddress {
        /// Which link.
        link: String,
    },
    /// No packet socket: answers that rp_filter, an address conflict or a missing address hide are lost.
    NoPacketSocket {
        /// Which link.
        link: String,
        /// The system's words.
        why: String,
    },
    /// rp_filter drops answers from other subnets and there is no packet socket.
    ReversePathFilter {
        /// Which link.
        link: String,
        /// 1 strict, 2 loose.
        value: u8,
    },
    /// Port 37020 is taken by another program.
    PortTaken {
        /// Which link.
        link: String,
    },
    /// UDP could not be opened.
    UdpFailed {
        /// Which link.
        link: String,
        /// The system's words.
        why: String,
    },
    /// The kernel or the program dropped datagrams.
    Dropped {
        /// Which link.
        link: String,
        /// How many since start.
        count: u64,
    },
    /// The receive buffer is small: a burst of many answers will be lost.
    SmallBuffer {
        /// Which link.
        link: String,
        /// Bytes granted.
        bytes: u64,
    },
    /// Probes left, nothing came back: same switch? VLAN? IGMP snooping?
    Silence {
        /// Which link.
        link: String,
        /// How many probes.
        probes: u64,
    },
    /// Answers heard only by the packet socket: the box works, other programs would not see these devices.
    RawOnly {
        /// Which link.
        link: String,
        /// How many.
        answers: u64,
    },
    /// Another client asks devices on this network.
    OtherClient {
        /// Its address.
        address: Ipv4Addr,
    },
    /// Two devices claim one serial.
    DoubledSerial {
        /// Its tail.
        serial_tail: String,
    },
    /// Two devices with different serials answer under one hardware address: no case can be opened.
    DoubledMac {
        /// The address.
        mac: String,
    },
    /// More devices than the roster holds: those heard once were dropped.
    RosterFull {
        /// How many it holds.
        limit: usize,
    },
    /// The owner's broker is not connected.
    Broker {
        /// Why, and the remedy.
        why: String,
    },
    /// Sending failed.
    SendFailed {
        /// Which link.
        link: String,
        /// The system's words.
        why: String,
    },
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
