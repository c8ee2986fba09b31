//! The view as JSON says it. No key, no password, no PIN, no device code: what is secret has
//! addresses of its own.

use resetbox_core::event::UpdateNews;
use resetbox_core::record::AuditEntry;
use resetbox_core::view::{Alert, IndicatorState, LinkView};
use serde::Serialize;
use utoipa::ToSchema;

use super::words;

mod case;
mod device;

pub(crate) use case::CaseBody;
pub(crate) use device::DeviceBody;

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
    /// Devices: those with an open case first, the latest case on top; then those that can be reset, then the rest.
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
                kind: why.name().to_owned(),
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
