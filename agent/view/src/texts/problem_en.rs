//! Problems in English.

use resetbox_core::problem::{FileFault, KeyFault, LoginFault, Problem, ProblemKind as K};

use super::{Language, Words, password_fault};

pub(super) fn words(problem: &Problem) -> Words {
    let (title, what, next, short) = match &problem.kind {
        K::DeviceFailed => (
            "Camera said no",
            "The camera refused (code 2009). It is in a state that does not allow it, or this was switched off, often because it is bound to a cloud account.".into(),
            "Read the device page again. If it stays, ask the owner to unbind it, or ask the vendor.",
            "Bound to a cloud? Unbind it, or ask the vendor.",
        ),
        K::Locked => (
            "Camera locked",
            "Too many wrong tries: the camera takes nothing for now (code 2018).".into(),
            "Wait until the lock time is over. Keep the camera powered: a restart makes the key void.",
            "Wait. Keep the camera powered.",
        ),
        K::NotActivated => (
            "No password yet",
            "The camera has no password at all (code 2019): there is nothing to reset.".into(),
            "Close this case, then set its first password from here.",
            "Close the case, set a first password.",
        ),
        K::RiskPassword => (
            "Password too weak",
            "The camera finds the new password too weak (code 2020). A key is not used up by that.".into(),
            "Choose a stronger one: three kinds of characters, no 123, no admin. Then send again.",
            "Choose a stronger one, send again.",
        ),
        K::AlreadyActivated => (
            "It has a password",
            "The camera is activated already (code 2021): somebody else was faster, or an earlier try worked.".into(),
            "Try the password that you chose. If it does not log in, reset it.",
            "Try yours, else reset it.",
        ),
        K::NoOpenRequest => (
            "Camera forgot the request",
            "The camera holds no open request (code 2022): it restarted, or somebody used its code.".into(),
            "Start a new case and send the new QR to the vendor.",
            "Start a new case with a new QR.",
        ),
        K::Overdue => (
            "Key expired",
            "The camera says that the time for this key is over (code 2023).".into(),
            "Start a new case and send the new QR to the vendor.",
            "Start a new case with a new QR.",
        ),
        K::KeyWrong => (
            "Key refused",
            "The camera refused the key (code 2039).".into(),
            "Check the typing, capitals too, and that this key was issued for this serial and this QR.",
            "Compare each letter and type it anew. For this camera?",
        ),
        K::DeviceRefused { text } => {
            return Words::new(
                "Camera said no",
                &format!("The camera answered \"{text}\", which the box does not know."),
                "Read the device page again. If it stays, show this text to the vendor.",
                &format!("It says \"{text}\". Ask the vendor."),
            );
        }
        K::DeviceSilent => (
            "No answer",
            "The camera did not answer within 10 seconds (code 2011). Nothing was changed.".into(),
            "Check its power and its cable, then try again.",
            "Check power and cable, try again.",
        ),
        K::Unclear => (
            "No answer: it may have worked",
            "The new password went out, the camera did not answer (code 2011). It may have worked.".into(),
            "Log in to the camera with the new password before anything is repeated.",
            "Try the new password on the camera.",
        ),
        K::ExchangeFailed => (
            "Key exchange failed",
            "Camera and box could not agree on a cipher key (code 2041). No key and no password was sent.".into(),
            "Try again: this costs no try.",
            "Try again: it costs no try.",
        ),
        K::EmptyExport => (
            "Empty device code",
            "The camera said yes but gave an empty device code.".into(),
            "Restart the camera, wait two minutes, then start again.",
            "Restart the camera, start again.",
        ),
        K::OddAnswer { text } => (
            "Odd answer",
            format!("The camera's answer makes no sense: {text}."),
            "Try again. If it stays, update the camera's firmware or ask the vendor.",
            "Try again, or ask the vendor.",
        ),
        K::Rebooted => (
            "Camera restarted",
            "The camera restarted: it forgot its code, so this key no longer works.".into(),
            "Start a new case and send the new QR to the vendor. Keep the camera powered this time.",
            "This key no longer works. Start a new case.",
        ),
        K::MaybeRestarted => (
            "Restarted?",
            "The camera may have restarted; it has no clock that would tell. Its key may be void.".into(),
            "Try the key if you have it. If it is refused, start a new case.",
            "The key may be void. Try it.",
        ),
        K::ReExported => (
            "Code asked elsewhere",
            "Somebody else asked the camera for a new device code: this key no longer works.".into(),
            "Close SADP Tool on other computers; in the app use Others, not Device on LAN. Then start a new case.",
            "This key is void. Close SADP Tool, start anew.",
        ),
        K::DeviceChanged => (
            "Another device",
            "Another device answers under this hardware address: the serial is not the same.".into(),
            "Check which camera is plugged in, then start a new case for the right one.",
            "Check which camera is plugged in.",
        ),
        K::UnknownDevice => (
            "Device not found",
            "The box does not know this device (any more).".into(),
            "Search again and pick it from the list.",
            "Search again.",
        ),
        K::UnknownCase => (
            "Case not found",
            "The box does not know this case.".into(),
            "Pick the camera from the list.",
            "Pick it from the list.",
        ),
        K::WrongState => (
            "Not now",
            "The case is not at this step.".into(),
            "Look at the case again: it shows what comes next.",
            "Look at the case again.",
        ),
        K::CaseClosed => (
            "Case is closed",
            "This case is void or closed; its key no longer works.".into(),
            "Start a new case for this camera.",
            "Start a new case.",
        ),
        K::Expired => (
            "48 hours are over",
            "The device code is older than 48 hours: its key no longer works.".into(),
            "Start a new case and send the new QR to the vendor.",
            "Start a new case with a new QR.",
        ),
        K::NoWay => (
            "No way from here",
            "This device offers no recovery that the box can do.".into(),
            "Ask the vendor with the serial and the device's start time.",
            "Ask the vendor.",
        ),
        K::NeedsActivation => (
            "New device",
            "This device has no password yet: nothing has to be reset.".into(),
            "Set its first password: no key and no file is needed.",
            "Set a first password.",
        ),
        K::KeyForm { fault } => {
            let (what, short) = match fault {
                KeyFault::Empty => ("No key was entered.", "Enter the key."),
                KeyFault::TooShort => ("The key is too short: it has 8 characters as a rule.", "Too short: 8 as a rule."),
                KeyFault::TooLong => ("The key is too long: it has 8 characters as a rule, never more than 32.", "Too long: 8 as a rule."),
                KeyFault::OddCharacter => ("A key has only letters and digits.", "Only letters and digits."),
            };
            return Words::new(
                "Check the key",
                what,
                "Type it exactly as the vendor sent it. Nothing was sent to the camera.",
                short,
            );
        }
        K::FileForm { fault } => {
            let what = match fault {
                FileFault::Empty => "The file is empty.",
                FileFault::TooLong => "The file is too long for an answer of the vendor.",
                FileFault::OddCharacter => "The file holds characters that the vendor's answer never has.",
                FileFault::OwnExport => "This is the file that the box gave out, not the vendor's answer.",
            };
            return Words::new(
                "Wrong file",
                what,
                "Take the file that the vendor sent back. Nothing was sent to the camera.",
                "Take the vendor's file.",
            );
        }
        K::PasswordForm { faults } => {
            let rules: Vec<&str> = faults
                .iter()
                .map(|f| password_fault(Language::En, *f))
                .collect();
            return Words::new(
                "Choose another password",
                "The new password breaks a rule. Nothing was sent to the camera.",
                &rules.join(" "),
                "8 to 16 characters, three kinds.",
            );
        }
        K::SerialMismatch => (
            "Wrong camera",
            "The serial in the confirmation is not this case's. Nothing was sent.".into(),
            "Compare the serial on the label with the one on the screen.",
            "Compare the serials.",
        ),
        K::MustInsist => (
            "Two keys refused",
            "The camera refused two keys already. One more can lock it.".into(),
            "Ask the vendor whether the key is for this serial. To send it all the same, confirm once more.",
            "Ask the vendor before a third try.",
        ),
        K::InsistReExported => (
            "Key probably void",
            "Somebody else asked the camera for a new device code after this one: the key is probably void, and a wrong key costs a try. Nothing was sent.".into(),
            "Start a new case with a new QR. If you know that it was not so, confirm once more.",
            "Code asked elsewhere: key probably void.",
        ),
        K::KeyReplaced => (
            "Another key waits",
            "Somebody handed over another key for this camera meanwhile. Nothing was sent.".into(),
            "Look at the case again: confirm the key that waits now, or hand over yours again.",
            "Look at the case again.",
        ),
        K::LoginRefused => (
            "Password does not log in",
            "The camera's web page does not take this password. The box does not try again.".into(),
            "Check the typing, then log in on the camera's own page. Too many wrong tries lock it.",
            "Log in on its own page.",
        ),
        K::LoginLocked => (
            "Login locked",
            "The camera takes no login for now: there were too many wrong ones.".into(),
            "Wait about half an hour, then log in on the camera's own page.",
            "Wait, then log in on its page.",
        ),
        K::LoginOdd { text } => (
            "Login unclear",
            format!("The password was tried once, and the answer says neither yes nor no: {text}."),
            "Log in on the camera's own page: the box does not try again.",
            "Log in on its own page.",
        ),
        K::LoginNotSent { why } => {
            let (what, next) = login_not_sent(*why);
            return Words::new("Login not tried", what, next, "Log in on its own page.");
        }
        K::LoginUsed => (
            "Login was tried already",
            "The box tries a password once for each end of a case, also over a power cut.".into(),
            "Log in on the camera's own page.",
            "Log in on its own page.",
        ),
        K::NoSync => (
            "Cannot pass it on",
            "This device cannot set the password on its cameras.".into(),
            "Send without that choice.",
            "Send without it.",
        ),
        K::PinWrong => (
            "Wrong PIN",
            "The PIN is not the one on the box's display.".into(),
            "Read it from the display again.",
            "Read it from the display.",
        ),
        K::PinSlow { wait_s } => (
            "Too many wrong PINs",
            format!("The box takes the next PIN in {wait_s} seconds."),
            "Wait, then read the PIN from the display.",
            "Wait a moment.",
        ),
        K::TokenUsed => (
            "Link was used",
            "This link works once, and not after a restart of the box.".into(),
            "Scan the QR on the display again, or enter the PIN.",
            "Scan the QR again.",
        ),
        K::ChannelNotSafe => (
            "Channel not safe",
            "A key may not travel over an unencrypted broker connection.".into(),
            "Use the phone page, or switch TLS on in the MQTT settings.",
            "Use the phone page.",
        ),
        K::StoreFailed { text } => (
            "Cannot save",
            format!("The box could not write to its card: {text}. Nothing was sent."),
            "Try again. If it stays, restart the box; then replace the card.",
            "Restart the box, then replace the card.",
        ),
        K::TransmitFailed { text } => (
            "Cannot send",
            format!("The network refused: {text}."),
            "Check the cable of the box, then try again.",
            "Check the cable, try again.",
        ),
        K::NoLink => (
            "No link to the camera",
            "The port on which the camera was seen has no cable now.".into(),
            "Plug the cable in again, wait until the camera is listed, then try again.",
            "Plug the cable in again.",
        ),
        K::KeyPairFailed { text } => (
            "No cipher key",
            format!("The box could not make a cipher key: {text}."),
            "Try again. If it stays, restart the box.",
            "Try again.",
        ),
        K::Busy => (
            "Box is busy",
            "Another camera is being served, or too many cases are open.".into(),
            "Wait a few seconds. If it stays, close cases that you no longer need.",
            "Wait, or close old cases.",
        ),
        K::PowerCut => (
            "Power was cut",
            "The power went while the box was talking to the camera.".into(),
            "Try the new password on the camera, then tell the box.",
            "Try the new password.",
        ),
    };
    Words::new(title, &what, next, short)
}

/// What stands in the way of a login, and what to do. Nothing was sent.
fn login_not_sent(why: LoginFault) -> (&'static str, &'static str) {
    match why {
        LoginFault::NoAddress => (
            "The camera tells no address that the box can call. Nothing was sent.",
            "Give the camera an address of this network, or check from the NVR.",
        ),
        LoginFault::OtherSubnet => (
            "The camera's address is in another subnet than the box. Nothing was sent.",
            "Set [net] temporary_address = true, wait ten seconds and try again; or check from the NVR.",
        ),
        LoginFault::Unreachable => (
            "The camera's web page does not answer. Nothing was sent.",
            "Check that its web page is switched on, then try again.",
        ),
        LoginFault::HttpsOnly => (
            "The camera's web page speaks HTTPS only, which the box does not. Nothing was sent.",
            "Log in at https:// with a browser, or check from the NVR.",
        ),
        LoginFault::NoDigest => (
            "The camera's web page asks for no login by digest: the password would be readable. Nothing was sent.",
            "Switch digest on in the camera, or check from the NVR.",
        ),
        LoginFault::Locked => (
            "The camera takes no login for now: there were too many wrong ones. Nothing was sent.",
            "Wait until its lock is over, then try again.",
        ),
        LoginFault::SharedAddress => (
            "Another camera has the same address: the wrong one could be asked. Nothing was sent.",
            "Give one of them another address, then try again.",
        ),
        LoginFault::NotActivated => (
            "The camera says that it has no password yet. Nothing was sent.",
            "Look at the device's page again; it may need its first password.",
        ),
    }
}
