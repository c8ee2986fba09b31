//! A case as JSON says it.

use std::time::Duration;

use resetbox_core::policy::Language;
use resetbox_core::request::CaseKind;
use resetbox_core::view::{CasePhase, CaseView, LoginView, MustInsist};
use serde::Serialize;
use utoipa::ToSchema;

use super::super::fault::ProblemBody;

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

impl From<CaseKind> for Kind {
    fn from(kind: CaseKind) -> Self {
        match kind {
            CaseKind::Reset => Self::Reset,
            CaseKind::FirstPassword => Self::FirstPassword,
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
