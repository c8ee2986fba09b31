//! The device code as a person hands it to the vendor.

/// What a device returned when its case was opened. It is opaque: never decoded, trimmed or re-wrapped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Export {
    /// The typed-key way: the `EncryptString` of `getencryptstring` and the device's whole serial.
    EncryptString {
        /// `EncryptString` as it came: to 255 characters with the serial on the classic command, newer to 1023 (A).
        string: String,
        /// `DeviceSN` of the same device.
        serial: String,
    },
    /// The key-file way: the `Code` of `getcode` as it came, to 127 characters, newer to 511 (A).
    Code(String),
}

/// Which form the vendor takes; configuration, so that the field can correct us.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ExportForm {
    /// The string followed directly by the serial, no separator: what the vendor's client exports (A).
    #[default]
    StringAndSerial,
    /// The string alone (C).
    StringOnly,
}

/// The exact content of the QR code and of `DeviceKey.xml`: the export verbatim, nothing else (A for the
/// file, C for the QR code).
pub fn device_code(export: &Export, form: ExportForm) -> String {
    match (export, form) {
        (Export::EncryptString { string, serial }, ExportForm::StringAndSerial) => {
            format!("{string}{serial}")
        }
        (Export::EncryptString { string, .. }, ExportForm::StringOnly) => string.clone(),
        // The form speaks of the serial only; a code is exported alone in both.
        (Export::Code(code), _) => code.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_string_is_followed_by_the_serial_and_never_touched() {
        let export = Export::EncryptString {
            string: " aGVsbG8=\n".into(),
            serial: "DS-2CD20180101AAWR1".into(),
        };
        assert_eq!(
            device_code(&export, ExportForm::StringAndSerial),
            " aGVsbG8=\nDS-2CD20180101AAWR1"
        );
        assert_eq!(device_code(&export, ExportForm::StringOnly), " aGVsbG8=\n");
        let export = Export::Code("x ".into());
        assert_eq!(device_code(&export, ExportForm::StringAndSerial), "x ");
        assert_eq!(device_code(&export, ExportForm::StringOnly), "x ");
    }
}
