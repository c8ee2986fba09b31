//! What a person asks for, whatever the channel, and what the box answers.

use sadp::Mac;
use serde::{Deserialize, Serialize};

use crate::policy::Language;
use crate::problem::Problem;
use crate::secret::SecretText;
use crate::time::Wall;

/// Names a request until its reply; chosen by the shell.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RequestId(pub u64);

/// The way a request came in.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// The box's own buttons.
    Panel,
    /// The phone page or anything else over HTTP.
    Phone,
    /// A broker.
    Mqtt,
}

/// Names a case for as long as the store remembers it: 8 lower-case letters and digits without
/// look-alikes, drawn at random.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CaseId(pub String);

impl core::fmt::Display for CaseId {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Names what one person handed over for a case, so that a confirmation says which key it is about: the
/// count since the start of the box and a random part. It tells nothing of the key, is never used twice, and
/// means nothing after a restart, as key and password do not survive one.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SubmissionId(pub String);

impl core::fmt::Display for SubmissionId {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a case is for.
#[derive(
    Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum CaseKind {
    /// A new password for a device that has one: device code, key from the vendor, reset.
    #[default]
    Reset,
    /// The first password of a device that has none: no code, no key, no clock.
    FirstPassword,
}

/// What is asked.
#[derive(Clone, PartialEq, Debug)]
pub enum Request {
    /// Look for devices now: a burst on every link.
    Scan,
    /// Somebody looks at a list or a case: inquire more often for the next minute.
    Look,
    /// Open a case: the device is asked for its device code, once. A device that is not activated is
    /// asked nothing: its case is one of [`CaseKind::FirstPassword`]. For a device with an open case
    /// the answer is that case. After a case ended (failed, void, done) this opens a new one.
    OpenCase {
        /// The device.
        mac: Mac,
    },
    /// Hand over the reset key and the new password. Both are checked, kept in memory only, and
    /// wait for [`Request::Confirm`], unless `confirm` already holds the device's whole serial. What waited
    /// before is forgotten.
    SubmitKey {
        /// The case.
        case: CaseId,
        /// As typed; blanks and dashes are forgiven.
        key: SecretText,
        /// The device's new password.
        new_password: SecretText,
        /// Have a recorder set it on its cameras too.
        sync_cameras: bool,
        /// The serial of the device that the person means; sends at once when it is the case's.
        confirm: Option<String>,
    },
    /// Hand over the vendor's answer file instead of a typed key; otherwise like `SubmitKey`.
    SubmitFile {
        /// The case.
        case: CaseId,
        /// The file's whole text.
        file: SecretText,
        /// The device's new password.
        new_password: SecretText,
        /// Have a recorder set it on its cameras too.
        sync_cameras: bool,
        /// As in `SubmitKey`.
        confirm: Option<String>,
    },
    /// Hand over the first password of a device that has none; otherwise like `SubmitKey`.
    SubmitPassword {
        /// The case, one of [`CaseKind::FirstPassword`].
        case: CaseId,
        /// The device's first password.
        new_password: SecretText,
        /// As in `SubmitKey`.
        confirm: Option<String>,
    },
    /// A person says: send it, to this device. The reply comes when the attempt has ended.
    Confirm {
        /// The case.
        case: CaseId,
        /// What the person saw waiting; something else is not sent.
        submission: SubmissionId,
        /// The device's whole serial: it must be the case's.
        serial: String,
        /// The person insists although the case says
        /// [`MustInsist`](crate::view::MustInsist).
        insist: bool,
    },
    /// Forget the key and password that wait for a confirmation; the case waits for a key again.
    Withdraw {
        /// The case.
        case: CaseId,
    },
    /// Close the case, whatever its state but sending. The device is not told: it knows no such message.
    CancelCase {
        /// The case.
        case: CaseId,
    },
    /// After an attempt without an answer: a person found out whether the new password works.
    Resolve {
        /// The case.
        case: CaseId,
        /// It does.
        worked: bool,
    },
    /// Does this password log in at the device's own web page? Tried once for each end of a case
    /// (done or unclear), and written down before it is tried: a wrong one costs the device's patience.
    CheckLogin {
        /// The case.
        case: CaseId,
        /// The password that was set; the box has forgotten it.
        password: SecretText,
    },
    /// Blink the device, or stop.
    Lamp {
        /// The device.
        mac: Mac,
        /// Start.
        on: bool,
    },
    /// Blink the box's own indicators for 30 s.
    Identify,
    /// Check a PIN typed on a phone. Wrong ones are counted and slowed.
    EnterPin {
        /// As typed.
        pin: SecretText,
    },
    /// Check a one-time link token from the join QR. Works once.
    EnterToken {
        /// From the link.
        token: SecretText,
    },
    /// Another language on every surface; remembered.
    SetLanguage(Language),
    /// A phone tells what time it is; taken only while nobody better did.
    TellTime(Wall),
    /// Propose a password that satisfies the rules. The reply holds it once; it is not remembered.
    ProposePassword,
}

/// The answer to a request. `Err` carries who is to blame and what to do next.
pub type Reply = Result<Done, Problem>;

/// A request that was carried out.
#[derive(Clone, PartialEq, Debug)]
pub enum Done {
    /// Nothing more to say.
    Ok,
    /// The case, new or already open.
    Case(CaseId),
    /// Key and password are well-formed and wait for the confirmation.
    AwaitingConfirm {
        /// The case.
        case: CaseId,
        /// What the confirmation must name.
        submission: SubmissionId,
    },
    /// The camera said success.
    Succeeded(CaseId),
    /// The password logs in.
    LoginWorked(CaseId),
    /// PIN or token were right: open a session.
    Admitted,
    /// A proposed password.
    Password(SecretText),
}
