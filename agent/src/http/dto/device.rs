//! A device as JSON says it.

use resetbox_core::View;
use resetbox_core::view::{DeviceView, Lamp};
use sadp::Way;
use serde::Serialize;
use utoipa::ToSchema;

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

/// An element that this program does not know.
#[derive(Serialize, ToSchema)]
pub(crate) struct OtherField {
    /// Its name.
    pub(crate) name: String,
    /// Its text.
    pub(crate) value: String,
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

impl From<Lamp> for LampState {
    fn from(lamp: Lamp) -> Self {
        match lamp {
            Lamp::Unknown => Self::Unknown,
            Lamp::Can => Self::Can,
            Lamp::Cannot => Self::Cannot,
        }
    }
}
