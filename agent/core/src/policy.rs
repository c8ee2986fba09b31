//! What an owner may configure and the core must know.

use core::time::Duration;

use serde::{Deserialize, Serialize};

use crate::rules::NewPassword;

/// The language of every surface.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// English.
    #[default]
    En,
    /// Indonesian.
    Id,
}

/// The core's share of the configuration. The defaults are what the box ships with.
#[derive(Clone, PartialEq, Debug)]
pub struct Policy {
    /// Shown on the phone page and in MQTT: `rb-` and the last 6 of the board's serial, lower case.
    pub box_id: String,
    /// The name an owner gave the box, else the box id.
    pub box_name: String,
    /// What the QR and DeviceKey.xml hold.
    pub export: sadp::ExportForm,
    /// Language at first start; a choice on the panel or phone is remembered.
    pub language: Language,
    /// Between background inquiries while nobody looks and no case is open.
    pub inquiry_idle: Duration,
    /// Between inquiries while someone looks or a case is open.
    pub inquiry_busy: Duration,
    /// A device that was silent so long is shown as gone.
    pub gone_after: Duration,
    /// Most devices kept in the roster; beyond it those seen once go first.
    pub roster_limit: usize,
    /// Most cases open at once.
    pub case_limit: usize,
    /// Code errors after which a case asks the person to insist.
    pub code_errors_before_insisting: u32,
    /// `false` for [`Channel::Phone`](crate::Channel::Phone) on loopback in the demo: no PIN is asked.
    pub pin_required: bool,
    /// What the panel can do, for the panel's navigation.
    pub keys: KeySet,
    /// The text of the Wi-Fi join QR (`WIFI:T:WPA;S:...;P:...;;`), when the box has its own Wi-Fi.
    pub wifi_join: Option<String>,
    /// What an owner wants set wherever a person before the panel takes "preset" in place of a generated one. It is
    /// on no page, in no record and in no log; the only way out is the request that the person confirms.
    pub preset_password: Option<NewPassword>,
}

/// Which keys the panel has.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeySet {
    /// Up, down, ok, back.
    #[default]
    FourKeys,
    /// Joystick with left and right too.
    Joystick,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            box_id: "rb-000000".into(),
            box_name: "rb-000000".into(),
            export: sadp::ExportForm::StringAndSerial,
            language: Language::En,
            inquiry_idle: Duration::from_secs(60),
            inquiry_busy: Duration::from_secs(15),
            gone_after: Duration::from_secs(120),
            roster_limit: 8192,
            case_limit: 64,
            code_errors_before_insisting: 2,
            pin_required: true,
            keys: KeySet::FourKeys,
            wifi_join: None,
            preset_password: None,
        }
    }
}
