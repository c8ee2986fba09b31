//! The view as JSON says it. No key, no password, no PIN, no device code: what is secret has
//! addresses of its own.

use std::time::Duration;

use resetbox_core::View;
use resetbox_core::event::UpdateNews;
use resetbox_core::policy::Language;
use resetbox_core::record::AuditEntry;
use resetbox_core::request::CaseKind;
use resetbox_core::view::{
    Alert, CasePhase, CaseView, DeviceView, IndicatorState, Lamp, LinkView, LoginView, MustInsist,
};
use sadp::Way;
use serde::Serialize;
use utoipa::ToSchema;

use super::fault::ProblemBody;
use super::words;

/// Everything at one moment.
#[derive(Serialize, ToSchema)]
pub(crate) struct State {
    /// Counts up with every change that a page shows; compare it with the `view` events.
    pub(crate) revision: u64,
    /// The box.
    #[serde(rename = "box")]
    pub(crate) identity: Identity,
    /// Wall time in UTC, when the box knows it (RFC 3339).
    pub(crate) time: Option<String>,
    /// What the indicators show.
    pub(crate) indicator: IndicatorState_,
    /// May this client act and see secrets?
    pub(crate) session: SessionState,
    /// HTTPS, where it is served.
    pub(crate) https: Option<Https>,
    /// Network interfaces.
    pub(crate) links: Vec<Link>,
    /// How many devices there are; `devices` holds the first 300 of them.
    pub(crate) devices_total: usize,
    /// Devices: those with an open case first, then those that can be reset, then the rest.
    pub(crate) devices: Vec<DeviceBody>,
    /// Cases: open ones first, then ended ones, newest first.
    pub(crate) cases: Vec<CaseBody>,
    /// What needs a person, most urgent first.
    pub(crate) alerts: Vec<AlertBody>,
}

/// The box.
#[derive(Serialize, ToSchema)]
pub(crate) struct Identity {
    /// `rb-` and six characters.
    #[schema(example = "rb-1a2b3c")]
    pub(crate) id: String,
    /// The owner's name for it.
    pub(crate) name: String,
    /// Version of the program.
    pub(crate) version: &'static str,
    /// It takes updates of its system: it runs from a card with the image.
    pub(crate) updates: bool,
    /// Language of the panel: `en` or `id`.
    #[schema(example = "en")]
    pub(crate) language: &'static str,
}

/// HTTPS beside plain HTTP, with the box's own certificate.
#[derive(Serialize, ToSchema)]
pub(crate) struct Https {
    /// Where, best first.
    #[schema(example = json!(["https://192.168.1.10"]))]
    pub(crate) addresses: Vec<String>,
    /// SHA-256 fingerprint of the certificate, to be compared with what the browser shows; the panel shows its first 20 digits.
    #[schema(
        example = "3F:9A:21:C0:8B:7E:55:D1:0C:4F:E2:96:73:61:6D:70:6C:65:20:6F:66:20:61:20:64:69:67:65:73:74:21:21"
    )]
    pub(crate) sha256: String,
}

/// Whether this client may act.
#[derive(Serialize, ToSchema)]
pub(crate) struct SessionState {
    /// A PIN is asked for at all.
    pub(crate) required: bool,
    /// This client may act.
    pub(crate) open: bool,
}

/// The patterns of the indicators.
#[derive(Serialize, ToSchema)]
#[schema(as = IndicatorState)]
#[serde(rename_all = "kebab-case")]
#[allow(
    missing_docs,
    reason = "the names are those of the core's IndicatorState"
)]
pub(crate) enum IndicatorState_ {
    Starting,
    NoCable,
    Searching,
    Listed,
    Waiting,
    Sending,
    Succeeded,
    Attention,
    Refused,
    Fault,
    Identify,
}

/// A network interface.
#[derive(Serialize, ToSchema)]
pub(crate) struct Link {
    /// `eth0`.
    pub(crate) name: String,
    /// A cable is in.
    pub(crate) carrier: bool,
    /// Megabit per second.
    pub(crate) speed_mbit: Option<u32>,
    /// Own addresses with prefix length.
    #[schema(example = json!(["192.168.1.10/24"]))]
    pub(crate) addresses: Vec<String>,
    /// UDP port 37020 is heard there.
    pub(crate) udp: bool,
    /// The packet socket is open there.
    pub(crate) packet: bool,
    /// Probes sent since start.
    pub(crate) probes: u64,
    /// Answers heard since start.
    pub(crate) answers: u64,
    /// Of these only by the packet socket.
    pub(crate) answers_raw_only: u64,
    /// Datagrams lost in the kernel and in the program.
    pub(crate) dropped: u64,
    /// Devices heard there.
    pub(crate) devices: usize,
}

/// The main way of recovery.
#[derive(Serialize, ToSchema, Copy, Clone)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum WayName {
    /// It has no password: set a first one.
    Activate,
    /// The vendor returns a key to type.
    TypedKey,
    /// The vendor returns a file.
    KeyFile,
    /// Old way: ask the vendor with start time and serial.
    AskVendor,
    /// None over the network.
    None,
}

/// Ways that an owner may have set up before.
#[derive(Serialize, ToSchema, Copy, Clone)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum OwnerWay {
    /// GUID file.
    Guid,
    /// Security questions.
    SecurityQuestions,
    /// A code by e-mail.
    Mail,
}

/// A device.
#[derive(Serialize, ToSchema)]
#[schema(as = Device)]
pub(crate) struct DeviceBody {
    /// Hardware address, normalised; names the device in this API.
    #[schema(example = "44-47-cc-37-ce-81")]
    pub(crate) mac: String,
    /// Model.
    #[schema(example = "DS-2CD2385G1-I")]
    pub(crate) model: String,
    /// Whole serial; empty when the device gave none.
    pub(crate) serial: String,
    /// Its last six characters.
    #[schema(example = "842150")]
    pub(crate) serial_tail: String,
    /// IPv4 address.
    #[schema(example = "192.168.1.64")]
    pub(crate) ipv4: Option<String>,
    /// Port of its own web page.
    pub(crate) http_port: Option<u16>,
    /// Firmware.
    pub(crate) firmware: String,
    /// OEM brand, when it is sold under another name.
    pub(crate) brand: Option<String>,
    /// `false` needs a first password, no reset.
    pub(crate) activated: bool,
    /// The main way of recovery.
    pub(crate) way: WayName,
    /// Ways that an owner may have set up before.
    pub(crate) owner_ways: Vec<OwnerWay>,
    /// A recorder that can pass the password on to its cameras.
    pub(crate) can_sync: bool,
    /// It looks like a recorder: it logs in to cameras, and must be told their new passwords.
    pub(crate) recorder: bool,
    /// It announces SADP 3.x and may refuse what the box asks.
    pub(crate) may_refuse: bool,
    /// Its cloud state forbids or hinders a local reset.
    pub(crate) cloud_bound: bool,
    /// Start time as it said.
    pub(crate) boot_time: Option<String>,
    /// Names of the links where it is heard.
    pub(crate) links: Vec<String>,
    /// Another hardware address claims the same serial.
    pub(crate) doubled_serial: bool,
    /// Another device answers under the same hardware address.
    pub(crate) doubled_mac: bool,
    /// Seconds since it was last heard.
    pub(crate) silent_s: u64,
    /// It counts as gone.
    pub(crate) gone: bool,
    /// Whether it has a lamp to blink, by what it answered.
    pub(crate) lamp: LampState,
    /// Its open case, or its last one.
    pub(crate) case: Option<String>,
    /// That case is open.
    pub(crate) case_open: bool,
    /// Unknown elements of its answer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) other: Vec<OtherField>,
}

/// An element that this program does not know.
#[derive(Serialize, ToSchema)]
pub(crate) struct OtherField {
    /// Its name.
    pub(crate) name: String,
    /// Its text.
    pub(crate) value: String,
}

/// What a case is for.
#[derive(Serialize, ToSchema, Copy, Clone)]
#[schema(as = CaseKind)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    /// A new password for a device that has one.
    Reset,
    /// The first password of a device that has none: no device code, no key, no clock.
    FirstPassword,
}

/// Whether the new password of a case logs in at the device's own web page.
#[derive(Serialize, ToSchema, Copy, Clone)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Login {
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
    /// The power went while it was tried: it is not tried again.
    Lost,
}

/// What is known of a device's lamp.
#[derive(Serialize, ToSchema, Copy, Clone)]
#[schema(as = Lamp)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum LampState {
    /// It was never asked to blink, or has not answered yet.
    Unknown,
    /// It blinked.
    Can,
    /// It said no, or was silent twice: no use in offering it.
    Cannot,
}

/// Where a case stands.
#[derive(Serialize, ToSchema, Copy, Clone)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the names are those of the core's CasePhase")]
pub(crate) enum Phase {
    Exporting,
    Awaiting,
    Ready,
    Exchanging,
    Sending,
    Unclear,
    Done,
    Void,
    Failed,
    Cancelled,
}

/// A case.
#[derive(Serialize, ToSchema)]
#[schema(as = Case)]
pub(crate) struct CaseBody {
    /// Names the case in this API.
    #[schema(example = "k7m2p9xq")]
    pub(crate) id: String,
    /// What it is for.
    pub(crate) kind: Kind,
    /// The device.
    #[schema(example = "44-47-cc-37-ce-81")]
    pub(crate) mac: String,
    /// Model.
    pub(crate) model: String,
    /// Whole serial: what a confirmation must repeat.
    pub(crate) serial: String,
    /// Its last six characters.
    pub(crate) serial_tail: String,
    /// Last known address.
    pub(crate) ipv4: Option<String>,
    /// Firmware.
    pub(crate) firmware: String,
    /// The vendor returns a key to type; otherwise a file.
    pub(crate) typed_key: bool,
    /// The device can pass the password on to its cameras.
    pub(crate) can_sync: bool,
    /// Where it stands.
    pub(crate) phase: Phase,
    /// Not ended.
    pub(crate) open: bool,
    /// There is a device code: `qr.png`, `qr.svg` and `DeviceKey.xml` can be fetched.
    pub(crate) has_code: bool,
    /// When the device code was given (RFC 3339), if wall time was known.
    pub(crate) issued: Option<String>,
    /// Seconds left of the 48 h.
    pub(crate) left_s: Option<u64>,
    /// `left_s` is an upper bound: the box was without power for an unknown time.
    pub(crate) left_at_most: bool,
    /// Older than 24 h: some devices have dropped the code by now.
    pub(crate) may_be_void: bool,
    /// Tries left by the device's last word.
    pub(crate) tries_left: Option<u32>,
    /// Minutes that the device stays locked.
    pub(crate) lock_minutes: Option<u32>,
    /// What stands in the way, or ended the last attempt or the case.
    pub(crate) problem: Option<ProblemBody>,
    /// Why the code may be void already: the person should look.
    pub(crate) doubt: Option<ProblemBody>,
    /// The next attempt needs `insist`.
    pub(crate) must_insist: bool,
    /// Why: `keys-refused` or `re-exported` (somebody else asked the device for a code).
    #[schema(example = "keys-refused")]
    pub(crate) insist_because: Option<&'static str>,
    /// Names the key that waits for its confirmation, is being sent or was; `confirm` must name it. It is another
    /// one after every hand-over, so whoever handed over a key sees here whether it is still his own.
    #[schema(example = "3-k7m2p9xq")]
    pub(crate) submission: Option<String>,
    /// The key that waits for its confirmation was handed over with "on its cameras too".
    pub(crate) sync_cameras: bool,
    /// Attempts so far.
    pub(crate) attempts: u32,
    /// The device answers now.
    pub(crate) device_present: bool,
    /// Whether the new password logs in; absent before there is one.
    pub(crate) login: Option<Login>,
}

/// Something that needs a person.
#[derive(Serialize, ToSchema)]
#[schema(as = Alert)]
pub(crate) struct AlertBody {
    /// `expires-soon`, `may-be-void`, `void`, `unclear`, `device-gone`, `maybe-restarted`,
    /// `locked`, `refused`, `store`, `fleeting`, `panel`, `buttons`, `leds`, `config`, `update-coming`, `update-refused`,
    /// `update-fell-back`, `http`, `https`.
    pub(crate) kind: String,
    /// The case, if it is about one.
    pub(crate) case: Option<String>,
    /// Its device's serial tail.
    pub(crate) serial_tail: Option<String>,
    /// The system's words, if it is about the box.
    pub(crate) text: Option<String>,
}

/// One line of the audit log.
#[derive(Serialize, ToSchema)]
#[schema(as = AuditLine)]
pub(crate) struct AuditBody {
    /// Counts up from 1 over the life of the store.
    pub(crate) number: u64,
    /// When (RFC 3339), if known.
    pub(crate) time: Option<String>,
    /// What: `case-opened`, `confirmed`, `succeeded`, ...
    pub(crate) what: String,
    /// `panel`, `phone` or `mqtt`, if a person did it.
    pub(crate) channel: Option<String>,
    /// The case.
    pub(crate) case: Option<String>,
    /// The device's serial.
    pub(crate) serial: Option<String>,
    /// In plain English.
    pub(crate) detail: String,
}

impl From<IndicatorState> for IndicatorState_ {
    fn from(state: IndicatorState) -> Self {
        match state {
            IndicatorState::Starting => Self::Starting,
            IndicatorState::NoCable => Self::NoCable,
            IndicatorState::Searching => Self::Searching,
            IndicatorState::Listed => Self::Listed,
            IndicatorState::Waiting => Self::Waiting,
            IndicatorState::Sending => Self::Sending,
            IndicatorState::Succeeded => Self::Succeeded,
            IndicatorState::Attention => Self::Attention,
            IndicatorState::Refused => Self::Refused,
            IndicatorState::Fault => Self::Fault,
            IndicatorState::Identify => Self::Identify,
        }
    }
}

impl From<Way> for WayName {
    fn from(way: Way) -> Self {
        match way {
            Way::Activate => Self::Activate,
            Way::TypedKey => Self::TypedKey,
            Way::KeyFile => Self::KeyFile,
            Way::AskVendor => Self::AskVendor,
            Way::None => Self::None,
        }
    }
}

impl From<CaseKind> for Kind {
    fn from(kind: CaseKind) -> Self {
        match kind {
            CaseKind::Reset => Self::Reset,
            CaseKind::FirstPassword => Self::FirstPassword,
        }
    }
}

impl From<LoginView> for Login {
    fn from(login: LoginView) -> Self {
        match login {
            LoginView::Untried => Self::Untried,
            LoginView::Checking => Self::Checking,
            LoginView::Worked => Self::Worked,
            LoginView::Refused => Self::Refused,
            LoginView::Locked => Self::Locked,
            LoginView::Odd => Self::Odd,
            LoginView::Lost => Self::Lost,
        }
    }
}

impl From<Lamp> for LampState {
    fn from(lamp: Lamp) -> Self {
        match lamp {
            Lamp::Unknown => Self::Unknown,
            Lamp::Can => Self::Can,
            Lamp::Cannot => Self::Cannot,
        }
    }
}

impl From<CasePhase> for Phase {
    fn from(phase: CasePhase) -> Self {
        match phase {
            CasePhase::Exporting => Self::Exporting,
            CasePhase::Awaiting => Self::Awaiting,
            CasePhase::Ready => Self::Ready,
            CasePhase::Exchanging => Self::Exchanging,
            CasePhase::Sending => Self::Sending,
            CasePhase::Unclear => Self::Unclear,
            CasePhase::Done => Self::Done,
            CasePhase::Void => Self::Void,
            CasePhase::Failed => Self::Failed,
            CasePhase::Cancelled => Self::Cancelled,
        }
    }
}

impl From<&LinkView> for Link {
    fn from(link: &LinkView) -> Self {
        Self {
            name: link.name.clone(),
            carrier: link.carrier,
            speed_mbit: link.speed_mbit,
            addresses: (link.addresses.iter())
                .map(|(ip, prefix)| format!("{ip}/{prefix}"))
                .collect(),
            udp: link.udp,
            packet: link.packet,
            probes: link.probes,
            answers: link.answers,
            answers_raw_only: link.answers_raw_only,
            dropped: link.dropped,
            devices: link.devices,
        }
    }
}

impl DeviceBody {
    /// A device as a row of a list: without the elements that only its own page shows.
    pub(crate) fn row(device: &DeviceView, view: &View) -> Self {
        let owner = &device.owner_ways;
        let owner_ways = [
            (owner.guid, OwnerWay::Guid),
            (owner.security_questions, OwnerWay::SecurityQuestions),
            (owner.mail, OwnerWay::Mail),
        ];
        Self {
            mac: device.mac.to_string(),
            model: device.model.clone(),
            serial: device.serial.clone(),
            serial_tail: device.serial_tail.clone(),
            ipv4: device.ipv4.map(|ip| ip.to_string()),
            http_port: device.http_port,
            firmware: device.firmware.clone(),
            brand: device.brand.clone(),
            activated: device.activated,
            way: device.way.into(),
            owner_ways: (owner_ways.into_iter())
                .filter_map(|(set_up, way)| set_up.then_some(way))
                .collect(),
            can_sync: device.can_sync,
            recorder: device.recorder,
            may_refuse: device.may_refuse,
            cloud_bound: device.cloud_bound,
            boot_time: device.boot_time.clone(),
            links: device.links.clone(),
            doubled_serial: device.doubled_serial,
            doubled_mac: device.doubled_mac,
            silent_s: view.at.since(device.last_seen).as_secs(),
            gone: device.gone,
            lamp: device.lamp.into(),
            case: device.case.as_ref().map(|case| case.0.clone()),
            case_open: device.case_open,
            other: Vec::new(),
        }
    }

    /// A device with everything that is known of it.
    pub(crate) fn whole(device: &DeviceView, view: &View) -> Self {
        let other = device.other.iter().map(|(name, value)| OtherField {
            name: name.clone(),
            value: value.clone(),
        });
        Self {
            other: other.collect(),
            ..Self::row(device, view)
        }
    }
}

impl CaseBody {
    pub(crate) fn of(case: &CaseView, language: Language) -> Self {
        let problem = |problem: &Option<_>| {
            problem
                .as_ref()
                .map(|problem| ProblemBody::of(problem, language))
        };
        Self {
            id: case.id.0.clone(),
            kind: case.kind.into(),
            mac: case.mac.to_string(),
            model: case.model.clone(),
            serial: case.serial.clone(),
            serial_tail: case.serial_tail.clone(),
            ipv4: case.ipv4.map(|ip| ip.to_string()),
            firmware: case.firmware.clone(),
            typed_key: case.typed_key,
            can_sync: case.can_sync,
            phase: case.phase.into(),
            open: case.phase.is_open(),
            has_code: case.device_code.is_some(),
            issued: case.issued.map(|wall| wall.to_string()),
            left_s: case.left.as_ref().map(Duration::as_secs),
            left_at_most: case.left_at_most,
            may_be_void: case.may_be_void,
            tries_left: case.tries_left,
            lock_minutes: case.lock_minutes,
            problem: problem(&case.problem),
            doubt: problem(&case.doubt),
            must_insist: case.must_insist.is_some(),
            insist_because: case.must_insist.map(|why| match why {
                MustInsist::KeysRefused => "keys-refused",
                MustInsist::ReExported => "re-exported",
            }),
            submission: case.submission.as_ref().map(|id| id.0.clone()),
            sync_cameras: case.sync_cameras,
            attempts: case.attempts,
            device_present: case.device_present,
            login: case.login.map(Login::from),
        }
    }
}

impl From<&Alert> for AlertBody {
    fn from(alert: &Alert) -> Self {
        let about_box = |kind: &str, text: &String| Self {
            kind: kind.to_owned(),
            case: None,
            serial_tail: None,
            text: Some(text.clone()),
        };
        match alert {
            Alert::Case {
                case,
                serial_tail,
                why,
            } => Self {
                kind: words::case_alert_name(*why).to_owned(),
                case: Some(case.0.clone()),
                serial_tail: Some(serial_tail.clone()),
                text: None,
            },
            Alert::Store(text) => about_box("store", text),
            Alert::Fleeting(text) => about_box("fleeting", text),
            Alert::Update(UpdateNews::Coming(text)) => about_box("update-coming", text),
            Alert::Update(UpdateNews::Refused(text)) => about_box("update-refused", text),
            Alert::Update(UpdateNews::FellBack(text)) => about_box("update-fell-back", text),
            Alert::Panel(text) => about_box("panel", text),
            Alert::Buttons(text) => about_box("buttons", text),
            Alert::Leds(text) => about_box("leds", text),
            Alert::Config(text) => about_box("config", text),
            Alert::Http(text) => about_box("http", text),
            Alert::Https(text) => about_box("https", text),
        }
    }
}

impl From<&AuditEntry> for AuditBody {
    fn from(entry: &AuditEntry) -> Self {
        Self {
            number: entry.number,
            time: entry.wall.map(|wall| wall.to_string()),
            what: entry.what.clone(),
            channel: entry.channel.map(words::channel_name),
            case: entry.case.as_ref().map(|case| case.0.clone()),
            serial: entry.serial.clone(),
            detail: entry.detail.clone(),
        }
    }
}
