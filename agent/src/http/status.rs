//! Problems of the core as HTTP says them.

use axum::http::StatusCode;
use resetbox_core::Problem;
use resetbox_core::ProblemKind as K;
use resetbox_core::problem::Culprit;
use serde::Serialize;

/// The HTTP status of a problem: 409 wrong state of the case, 410 void or expired, 422 form of key
/// or password, 423 locked, 429 too many tries, 504 the device is silent.
pub(crate) fn of(problem: &Problem) -> StatusCode {
    match problem.kind {
        K::KeyWrong
        | K::LoginRefused
        | K::RiskPassword
        | K::KeyForm { .. }
        | K::FileForm { .. }
        | K::PasswordForm { .. }
        | K::NoSync => StatusCode::UNPROCESSABLE_ENTITY,
        K::Locked | K::LoginLocked => StatusCode::LOCKED,
        K::NotActivated
        | K::AlreadyActivated
        | K::NeedsActivation
        | K::NoWay
        | K::MaybeRestarted
        | K::WrongState
        | K::KeyReplaced
        | K::InsistReExported
        | K::LoginUsed
        | K::SerialMismatch => StatusCode::CONFLICT,
        K::NoOpenRequest
        | K::Overdue
        | K::Rebooted
        | K::ReExported
        | K::DeviceChanged
        | K::CaseClosed
        | K::Expired => StatusCode::GONE,
        K::DeviceFailed
        | K::DeviceRefused { .. }
        | K::ExchangeFailed
        | K::EmptyExport
        | K::LoginOdd { .. }
        | K::LoginNotSent { .. }
        | K::OddAnswer { .. } => StatusCode::BAD_GATEWAY,
        K::DeviceSilent | K::Unclear | K::PowerCut => StatusCode::GATEWAY_TIMEOUT,
        K::UnknownDevice | K::UnknownCase => StatusCode::NOT_FOUND,
        K::MustInsist | K::PinSlow { .. } => StatusCode::TOO_MANY_REQUESTS,
        K::PinWrong | K::TokenUsed | K::ChannelNotSafe => StatusCode::FORBIDDEN,
        K::StoreFailed { .. }
        | K::TransmitFailed { .. }
        | K::NoLink
        | K::KeyPairFailed { .. }
        | K::Busy => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// Seconds after which trying again makes sense, when that is known.
pub(crate) fn retry_after(problem: &Problem) -> Option<u32> {
    match problem.kind {
        K::PinSlow { wait_s } => Some(wait_s.max(1)),
        K::Locked | K::LoginLocked => problem
            .lock_minutes
            .map(|minutes| minutes.saturating_mul(60)),
        K::Busy => Some(1),
        _ => None,
    }
}

/// `key-wrong`, `pin-slow`, ...: the name that records and this API share.
pub(crate) fn kind_name(problem: &Problem) -> String {
    tagged(&problem.kind, "kind").unwrap_or_else(|| "unknown".to_owned())
}

/// `device-refused`, `device-misbehaved`, `operator`, `box-fault`.
pub(crate) fn culprit_name(culprit: Culprit) -> &'static str {
    match culprit {
        Culprit::DeviceRefused => "device-refused",
        Culprit::DeviceMisbehaved => "device-misbehaved",
        Culprit::Operator => "operator",
        Culprit::BoxFault => "box-fault",
    }
}

/// What exactly breaks the form of a key, a file or a password.
pub(crate) fn fault_names(problem: &Problem) -> Vec<String> {
    fn name(value: impl Serialize) -> Option<String> {
        Some(serde_json::to_value(value).ok()?.as_str()?.to_owned())
    }
    match &problem.kind {
        K::KeyForm { fault } => name(fault).into_iter().collect(),
        K::FileForm { fault } => name(fault).into_iter().collect(),
        K::PasswordForm { faults } => faults.iter().filter_map(name).collect(),
        K::LoginNotSent { why } => name(why).into_iter().collect(),
        _ => Vec::new(),
    }
}

fn tagged(value: &impl Serialize, tag: &str) -> Option<String> {
    let value = serde_json::to_value(value).ok()?;
    Some(value.get(tag)?.as_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use resetbox_core::problem::{KeyFault, PasswordFault};

    #[test]
    fn statuses_are_those_of_the_contract() {
        for (kind, status, name) in [
            (K::WrongState, 409, "wrong-state"),
            (K::Rebooted, 410, "rebooted"),
            (K::Expired, 410, "expired"),
            (
                K::KeyForm {
                    fault: KeyFault::Empty,
                },
                422,
                "key-form",
            ),
            (K::Locked, 423, "locked"),
            (K::PinSlow { wait_s: 9 }, 429, "pin-slow"),
            (K::DeviceSilent, 504, "device-silent"),
            (K::Busy, 503, "busy"),
        ] {
            let problem = Problem::new(kind);
            assert_eq!(of(&problem).as_u16(), status, "{problem:?}");
            assert_eq!(kind_name(&problem), name);
        }
    }

    #[test]
    fn each_broken_rule_is_named() {
        let problem = Problem::new(K::PasswordForm {
            faults: vec![PasswordFault::TooShort, PasswordFault::RunOrRepeat],
        });
        assert_eq!(fault_names(&problem), ["too-short", "run-or-repeat"]);
    }
}
