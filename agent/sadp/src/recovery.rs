//! Which way of recovery a device offers.

use crate::device::Device;

/// The main way back into a device. Read from the device's latest answer (A for the fields, C for the order
/// in which old fields are consulted).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Way {
    /// It has no password: set a first one.
    Activate,
    /// `PasswordResetModeSecond`: the vendor returns a key to type (or a file) for the device code.
    TypedKey,
    /// `PasswordResetAbility`: the vendor returns a file for the device code.
    KeyFile,
    /// The old security-code way, not done by this crate: ask the vendor with start time and serial.
    AskVendor,
    /// It offers nothing over SADP.
    None,
}

/// Ways that work only if the owner set them up beforehand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OwnerWays {
    /// By the exported GUID file.
    pub guid: bool,
    /// By security questions.
    pub security_questions: bool,
    /// By a code sent to the reserved e-mail address.
    pub mail: bool,
}

/// The main way of recovery for a device.
pub fn way(device: &Device) -> Way {
    if !device.activated {
        Way::Activate
    } else if device.password_reset_mode_second {
        Way::TypedKey
    } else if device.password_reset_ability {
        Way::KeyFile
    } else if device.reset_ability || !device.states_recovery {
        Way::AskVendor
    } else {
        Way::None
    }
}

/// The ways the owner may have set up. Where the device can be asked (`SupportPasswordResetType`), ask it first.
pub fn owner_ways(device: &Device) -> OwnerWays {
    OwnerWays {
        guid: device.support_guid,
        security_questions: device.support_security_question,
        mail: device.support_mail_box,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strongest_way_wins() {
        let mut device = Device::new("44-47-cc-37-ce-81");
        assert_eq!(
            way(&device),
            Way::AskVendor,
            "an old unit names none of the ways"
        );
        device.states_recovery = true;
        assert_eq!(way(&device), Way::None);
        device.reset_ability = true;
        assert_eq!(way(&device), Way::AskVendor);
        device.password_reset_ability = true;
        assert_eq!(way(&device), Way::KeyFile);
        device.password_reset_mode_second = true;
        assert_eq!(way(&device), Way::TypedKey);
        device.activated = false;
        assert_eq!(way(&device), Way::Activate);
    }

    #[test]
    fn the_owners_ways_are_told_apart() {
        let mut device = Device::new("44-47-cc-37-ce-81");
        assert_eq!(owner_ways(&device), OwnerWays::default());
        device.support_guid = true;
        assert_eq!(
            owner_ways(&device),
            OwnerWays {
                guid: true,
                ..OwnerWays::default()
            }
        );
        (device.support_guid, device.support_security_question) = (false, true);
        assert_eq!(
            owner_ways(&device),
            OwnerWays {
                security_questions: true,
                ..OwnerWays::default()
            }
        );
        (device.support_security_question, device.support_mail_box) = (false, true);
        assert_eq!(
            owner_ways(&device),
            OwnerWays {
                mail: true,
                ..OwnerWays::default()
            }
        );
    }
}
