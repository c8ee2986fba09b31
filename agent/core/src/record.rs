//! What survives a power cut. Records are whole facts, not differences: a record replaces the
//! earlier one with the same key. No record holds a key or a password.

use serde::{Deserialize, Serialize};

use crate::event::WallSource;
use crate::policy::Language;
use crate::problem::Problem;
use crate::request::{CaseId, CaseKind, Channel};
use crate::time::Wall;

/// One durable fact.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "kebab-case")]
pub enum Record {
    /// A case, as it stands.
    Case(Box<CaseRecord>),
    /// One line of the audit log; never replaced, dropped oldest first beyond the store's limit.
    Audit(AuditEntry),
    /// The settings a person changed on the box.
    Settings(SettingsRecord),
}

impl Record {
    /// Records with the same key replace each other.
    pub fn key(&self) -> String {
        match self {
            Self::Case(case) => format!("case/{}", case.id),
            Self::Audit(entry) => format!("audit/{:012}", entry.number),
            Self::Settings(_) => "settings".into(),
        }
    }
}

/// A case as the store keeps it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseRecord {
    /// The case.
    pub id: CaseId,
    /// Counts the cases of this box from 1, in the order in which they were opened.
    pub number: u64,
    /// What it is for; records from before there was a choice are resets.
    #[serde(default, skip_serializing_if = "is_reset")]
    pub kind: CaseKind,
    /// Hardware address, normalised (`44-47-cc-37-ce-81`).
    pub mac: String,
    /// The address exactly as the device reported it: requests echo it.
    pub mac_text: String,
    /// The device's whole serial.
    pub serial: String,
    /// Model, for the pages; may be empty.
    pub model: String,
    /// Last known IPv4 address, for the pages.
    pub ipv4: Option<core::net::Ipv4Addr>,
    /// Firmware, for the vendor's form.
    pub firmware: String,
    /// A recorder that can pass the password on.
    pub can_sync: bool,
    /// `true`: getencryptstring (typed key); `false`: getcode (file).
    pub typed_key: bool,
    /// The device code, apart from the serial, once the device gave it.
    pub export: Option<ExportRecord>,
    /// The device's `BootTime` text as heard last under the start in which the code was given.
    pub boot_time: Option<String>,
    /// Wall time of the export, once known (set later if the clock was learnt later in the same run).
    pub issued: Option<Wall>,
    /// Age of the device code in ms when this record was written, as far as it is proven.
    pub age_ms: u64,
    /// What a clock that may be wrong (a phone's) says must be added to `age_ms`.
    #[serde(default)]
    pub claimed_ms: u64,
    /// Time without power that nobody measured may have to be added.
    #[serde(default)]
    pub age_at_least: bool,
    /// Wall time when this record was written, if known.
    pub written: Option<Wall>,
    /// Who had said what time it is.
    #[serde(default)]
    pub written_by: Option<WallSource>,
    /// Where the case stands.
    pub phase: PhaseRecord,
    /// Why the key may be worthless, if there is a doubt.
    #[serde(default)]
    pub doubt: Option<Problem>,
    /// Attempts so far.
    #[serde(default)]
    pub attempts: u32,
    /// Code errors so far.
    pub code_errors: u32,
    /// Tries left by the device's last word.
    pub tries_left: Option<u32>,
    /// The device is locked until this wall time, if known.
    pub locked_until: Option<Wall>,
    /// The one check whether the new password logs in, once it was begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<LoginRecord>,
}

/// A case that older programs can read says nothing of its kind.
fn is_reset(kind: &CaseKind) -> bool {
    *kind == CaseKind::Reset
}

/// The check whether a password logs in.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoginRecord {
    /// After this attempt of the case; another attempt may be checked again.
    pub attempt: u32,
    /// How it ended. `Begun`, written before anything is sent, found after a restart means that it may have
    /// been tried: it is not tried again.
    pub state: LoginState,
}

/// Where a check of a login stands.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LoginState {
    /// Under way, or nobody knows how it ended.
    Begun,
    /// The password logs in.
    Worked,
    /// It does not.
    Refused,
    /// The device takes no login for now.
    Locked,
    /// It was tried, and what came back says neither.
    Odd,
}

/// The device code.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "form", rename_all = "kebab-case")]
pub enum ExportRecord {
    /// From getencryptstring; joined with the serial for showing.
    EncryptString {
        /// `EncryptString`.
        string: String,
    },
    /// From getcode.
    Code {
        /// `Code`.
        code: String,
    },
}

/// Durable phases of a case. The phases that hold secrets are not durable: after a restart the
/// case waits for its key again.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "phase", rename_all = "kebab-case")]
pub enum PhaseRecord {
    /// The device code was asked for; written before the question leaves.
    Exporting,
    /// The code is here, the key is awaited.
    Awaiting {
        /// What the last attempt ended with, if there was one that ended in a refusal or a failure.
        last: Option<Problem>,
    },
    /// An attempt was opened; written before anything of it leaves. Found after a restart it means
    /// [`PhaseRecord::Unclear`].
    AttemptOpen {
        /// Counts the attempts of this case from 1.
        attempt: u32,
        /// Who confirmed.
        channel: Channel,
    },
    /// An attempt may have worked; a person decides.
    Unclear,
    /// Ended: the device said success, or a person found that it worked.
    Done,
    /// Ended: the key no longer works, or the device got its first password elsewhere.
    Void {
        /// Why.
        problem: Problem,
    },
    /// Ended before there was a code.
    Failed {
        /// Why.
        problem: Problem,
    },
    /// Ended by a person.
    Cancelled,
}

/// One line of the audit log.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AuditEntry {
    /// Counts up from 1 over the life of the store.
    pub number: u64,
    /// When, if known.
    pub wall: Option<Wall>,
    /// What: `case-opened`, `code-received`, `key-entered`, `confirmed`, `succeeded`, `refused`, ...
    pub what: String,
    /// By which channel, if a person did it.
    pub channel: Option<Channel>,
    /// The case, if it is about one.
    pub case: Option<CaseId>,
    /// The device's serial, if it is about one.
    pub serial: Option<String>,
    /// In plain English, no secrets.
    pub detail: String,
}

/// What a person set on the box itself.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct SettingsRecord {
    /// Language, if chosen.
    pub language: Option<Language>,
    /// Brightness in percent, 10 to 100, if chosen.
    pub brightness: Option<u8>,
    /// Rotation in degrees: 0, 90, 180, 270.
    pub rotation: Option<u16>,
    /// Seconds until the screen sleeps; 0 is never.
    pub sleep_s: Option<u32>,
}
