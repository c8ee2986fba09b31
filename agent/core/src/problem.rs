//! What went wrong, by culprit, in a form every surface turns into words.

use serde::{Deserialize, Serialize};

/// Why something did not happen.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Problem {
    /// What it was; the words for it live in the view's text tables.
    pub kind: ProblemKind,
    /// Tries the device said are left (`RetryTimes`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tries_left: Option<u32>,
    /// Minutes the device said it stays locked (`SurplusLockTime`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lock_minutes: Option<u32>,
}

impl Problem {
    /// A problem without tries or lock time.
    pub fn new(kind: ProblemKind) -> Self {
        Self {
            kind,
            tries_left: None,
            lock_minutes: None,
        }
    }

    /// The SADP number of the problem, when it has one.
    pub fn sadp_code(&self) -> Option<u16> {
        use ProblemKind as K;
        Some(match self.kind {
            K::DeviceFailed => 2009,
            K::DeviceSilent | K::Unclear => 2011,
            K::Locked => 2018,
            K::NotActivated => 2019,
            K::RiskPassword => 2020,
            K::AlreadyActivated => 2021,
            K::NoOpenRequest => 2022,
            K::Overdue => 2023,
            K::KeyWrong => 2039,
            K::ExchangeFailed => 2041,
            _ => return None,
        })
    }

    /// Whose doing it is.
    pub fn culprit(&self) -> Culprit {
        use ProblemKind as K;
        match self.kind {
            K::DeviceFailed
            | K::Locked
            | K::NotActivated
            | K::RiskPassword
            | K::AlreadyActivated
            | K::NoOpenRequest
            | K::Overdue
            | K::KeyWrong
            | K::LoginRefused
            | K::LoginLocked
            | K::DeviceRefused { .. } => Culprit::DeviceRefused,
            K::DeviceSilent
            | K::Unclear
            | K::ExchangeFailed
            | K::EmptyExport
            | K::OddAnswer { .. }
            | K::LoginOdd { .. }
            | K::Rebooted
            | K::ReExported
            | K::DeviceChanged
            | K::MaybeRestarted => Culprit::DeviceMisbehaved,
            K::StoreFailed { .. }
            | K::TransmitFailed { .. }
            | K::NoLink
            | K::KeyPairFailed { .. }
            | K::Busy
            | K::PowerCut => Culprit::BoxFault,
            _ => Culprit::Operator,
        }
    }
}

/// Who has to act.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Culprit {
    /// The device understood and said no.
    DeviceRefused,
    /// The device did not answer, or not as devices do.
    DeviceMisbehaved,
    /// The person asked for something that cannot be done (now).
    Operator,
    /// The box itself.
    BoxFault,
}

/// Every reason the box can give.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum ProblemKind {
    // The device refused.
    /// 2009.
    DeviceFailed,
    /// 2018.
    Locked,
    /// 2019.
    NotActivated,
    /// 2020.
    RiskPassword,
    /// 2021.
    AlreadyActivated,
    /// 2022: the device holds no open request.
    NoOpenRequest,
    /// 2023.
    Overdue,
    /// 2039.
    KeyWrong,
    /// The device's web page does not take the password.
    LoginRefused,
    /// Its web page takes no login for now.
    LoginLocked,
    /// A Result text the box does not know, shown literally (printable, at most 64 characters).
    DeviceRefused {
        /// The text.
        text: String,
    },

    // The device misbehaved, or something happened to it.
    /// 2011 to something that may be repeated.
    DeviceSilent,
    /// 2011 to reset: it may have worked.
    Unclear,
    /// 2041.
    ExchangeFailed,
    /// `success` with an empty device code.
    EmptyExport,
    /// An answer that makes no sense.
    OddAnswer {
        /// What was odd.
        text: String,
    },
    /// The device restarted: the key no longer works.
    Rebooted,
    /// The device may have restarted (no clock to tell): the key may be void.
    MaybeRestarted,
    /// Somebody else asked the device for a new device code.
    ReExported,
    /// Another device answers under this hardware address.
    DeviceChanged,
    /// A login was tried, and what came back says neither yes nor no.
    LoginOdd {
        /// What was odd.
        text: String,
    },

    // The operator.
    /// No such device in the roster.
    UnknownDevice,
    /// No such case.
    UnknownCase,
    /// The case is not in a state for this.
    WrongState,
    /// The case is void or closed.
    CaseClosed,
    /// 48 h are over.
    Expired,
    /// This device offers no way of recovery that the box does.
    NoWay,
    /// This device is not activated: it needs a first password, no reset.
    NeedsActivation,
    /// The key is not of the form 4 to 32 letters and digits.
    KeyForm {
        /// What is wrong with it.
        fault: KeyFault,
    },
    /// The vendor's file is empty, too long, or not text.
    FileForm {
        /// What is wrong with it.
        fault: FileFault,
    },
    /// The password breaks a rule.
    PasswordForm {
        /// Every rule that it breaks.
        faults: Vec<PasswordFault>,
    },
    /// The serial in the confirmation is not the case's.
    SerialMismatch,
    /// Two wrong keys: insist, or stop and ask the vendor.
    MustInsist,
    /// Somebody else asked the device for a code, so that the key is probably void: insist, or start anew.
    InsistReExported,
    /// The confirmation is for a key that another one has replaced.
    KeyReplaced,
    /// The camera cannot pass the password on.
    NoSync,
    /// The login cannot be tried now; nothing was sent.
    LoginNotSent {
        /// Why.
        why: LoginFault,
    },
    /// The one try for this end of the case was used.
    LoginUsed,
    /// Wrong PIN.
    PinWrong,
    /// Too many wrong PINs: wait.
    PinSlow {
        /// Seconds until the next try.
        wait_s: u32,
    },
    /// The link was used or is from before a restart of the box.
    TokenUsed,
    /// The channel is not safe enough for a key (MQTT over a plain network).
    ChannelNotSafe,

    // The box.
    /// Something could not be written; nothing was sent.
    StoreFailed {
        /// The store's words.
        text: String,
    },
    /// Sending failed.
    TransmitFailed {
        /// The system's words.
        text: String,
    },
    /// No link to the device is up.
    NoLink,
    /// No key pair could be made.
    KeyPairFailed {
        /// Why.
        text: String,
    },
    /// Too much at once: more cases than the limit, or an attempt for another device is under way.
    Busy,
    /// The power went while the device was being asked or sent to.
    PowerCut,
}

impl ProblemKind {
    /// The kind's name as records spell it, for the log and for machines: `device-silent`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::DeviceFailed => "device-failed",
            Self::Locked => "locked",
            Self::NotActivated => "not-activated",
            Self::RiskPassword => "risk-password",
            Self::AlreadyActivated => "already-activated",
            Self::NoOpenRequest => "no-open-request",
            Self::Overdue => "overdue",
            Self::KeyWrong => "key-wrong",
            Self::LoginRefused => "login-refused",
            Self::LoginLocked => "login-locked",
            Self::LoginOdd { .. } => "login-odd",
            Self::LoginNotSent { .. } => "login-not-sent",
            Self::LoginUsed => "login-used",
            Self::DeviceRefused { .. } => "device-refused",
            Self::DeviceSilent => "device-silent",
            Self::Unclear => "unclear",
            Self::ExchangeFailed => "exchange-failed",
            Self::EmptyExport => "empty-export",
            Self::OddAnswer { .. } => "odd-answer",
            Self::Rebooted => "rebooted",
            Self::MaybeRestarted => "maybe-restarted",
            Self::ReExported => "re-exported",
            Self::DeviceChanged => "device-changed",
            Self::UnknownDevice => "unknown-device",
            Self::UnknownCase => "unknown-case",
            Self::WrongState => "wrong-state",
            Self::CaseClosed => "case-closed",
            Self::Expired => "expired",
            Self::NoWay => "no-way",
            Self::NeedsActivation => "needs-activation",
            Self::KeyForm { .. } => "key-form",
            Self::FileForm { .. } => "file-form",
            Self::PasswordForm { .. } => "password-form",
            Self::SerialMismatch => "serial-mismatch",
            Self::MustInsist => "must-insist",
            Self::InsistReExported => "insist-re-exported",
            Self::KeyReplaced => "key-replaced",
            Self::NoSync => "no-sync",
            Self::PinWrong => "pin-wrong",
            Self::PinSlow { .. } => "pin-slow",
            Self::TokenUsed => "token-used",
            Self::ChannelNotSafe => "channel-not-safe",
            Self::StoreFailed { .. } => "store-failed",
            Self::TransmitFailed { .. } => "transmit-failed",
            Self::NoLink => "no-link",
            Self::KeyPairFailed { .. } => "key-pair-failed",
            Self::Busy => "busy",
            Self::PowerCut => "power-cut",
        }
    }
}

/// What is wrong with a key.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyFault {
    /// Nothing typed.
    Empty,
    /// Fewer than 4 characters.
    TooShort,
    /// More than 32 characters.
    TooLong,
    /// Something that is no letter and no digit.
    OddCharacter,
}

/// Why a login was not tried.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LoginFault {
    /// The device tells no address that can be reached on the wire.
    NoAddress,
    /// Its address is in none of the box's subnets on that link.
    OtherSubnet,
    /// Nobody answers at its web port.
    Unreachable,
    /// Its web server speaks HTTPS only.
    HttpsOnly,
    /// It asks for a login that would show the password, or for none.
    NoDigest,
    /// It takes no login for now.
    Locked,
    /// Another device has the same address.
    SharedAddress,
    /// It says that it has no password yet.
    NotActivated,
}

/// What is wrong with a file.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileFault {
    /// Nothing in it.
    Empty,
    /// More than 511 bytes, or 240 where the device wants it encrypted.
    TooLong,
    /// Characters that cannot go into the message.
    OddCharacter,
    /// It is the file that the box gave out, not the vendor's answer.
    OwnExport,
}

/// A password rule that is broken.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PasswordFault {
    /// Fewer than 8 characters.
    TooShort,
    /// More than 16 characters.
    TooLong,
    /// Only one kind of upper, lower, digit, special.
    OneKind,
    /// A blank, a control character or something beyond ASCII.
    OddCharacter,
    /// One of `& < > " ' \`, which some firmware mangles.
    Mangled,
    /// The user name or its reverse.
    UserName,
    /// Contains `123` or `admin`.
    CommonWord,
    /// Four in a row or four times the same.
    RunOrRepeat,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_named_as_records_spell_it() {
        for kind in [
            ProblemKind::DeviceSilent,
            ProblemKind::ReExported,
            ProblemKind::PinSlow { wait_s: 3 },
            ProblemKind::OddAnswer {
                text: String::new(),
            },
        ] {
            let record = serde_json::to_value(&kind).expect("problems are data");
            assert_eq!(record["kind"], kind.name());
        }
    }
}
