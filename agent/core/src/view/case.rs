//! A case as every surface shows it.

use core::net::Ipv4Addr;
use core::time::Duration;
use std::sync::Arc;

use sadp::Mac;
use serde::Serialize;

use crate::problem::Problem;
use crate::record::LoginState;
use crate::request::{CaseId, CaseKind, SubmissionId};
use crate::time::Wall;

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
