//! A device as it describes itself.

use std::net::Ipv4Addr;

use crate::boot_time::BootTime;
use crate::mac::Mac;

/// Everything a `ProbeMatch` to `inquiry` or a `Hello` says about a device (A, where not said otherwise).
///
/// Texts are trimmed and otherwise as they came; an empty element reads like a missing one. A value that
/// does not fit its field (a port of `abc`, a truth of `flase`) leaves the field at its default and is kept
/// in [`Device::other`] under the element's name, so nothing a device said is lost.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "the protocol speaks in booleans"
)]
pub struct Device {
    /// `MAC`, normalised: compare this.
    pub mac: Mac,
    /// `MAC` as the device spelt it: echo this in requests.
    pub mac_text: String,
    /// `DeviceType`: a number, kept as text.
    pub device_type: Option<String>,
    /// `DeviceDescription`: the model.
    pub model: Option<String>,
    /// `DeviceSN`: show it whole, never parse it.
    pub serial: Option<String>,
    /// `CommandPort`.
    pub command_port: Option<u16>,
    /// `HttpPort`.
    pub http_port: Option<u16>,
    /// `HttpsPort`.
    pub https_port: Option<u16>,
    /// `SDKOverTLSPort`.
    pub sdk_over_tls_port: Option<u16>,
    /// `WifiMAC` as spelt.
    pub wifi_mac: Option<String>,
    /// `IPv4Address`.
    pub ipv4: Option<Ipv4Addr>,
    /// `IPv4SubnetMask`.
    pub ipv4_mask: Option<Ipv4Addr>,
    /// `IPv4Gateway`.
    pub ipv4_gateway: Option<Ipv4Addr>,
    /// `IPv6Address` as spelt; `::` occurs.
    pub ipv6: Option<String>,
    /// `IPv6Gateway` as spelt; `::` occurs.
    pub ipv6_gateway: Option<String>,
    /// `IPv6MaskLen`, in bits.
    pub ipv6_mask_len: Option<u8>,
    /// `DHCP`: whether the address came by DHCP.
    pub dhcp: bool,
    /// `DHCPAbility`; true when missing.
    pub dhcp_ability: bool,
    /// `supportIPv6`; true when missing.
    pub support_ipv6: bool,
    /// `supportModifyIPv6`; true when missing.
    pub support_modify_ipv6: bool,
    /// `AnalogChannelNum`.
    pub analog_channels: Option<u32>,
    /// `DigitalChannelNum`.
    pub digital_channels: Option<u32>,
    /// `DiskNumber`.
    pub disks: Option<u32>,
    /// `SoftwareVersion`, decrypted when it came as `SoftwareVersionEncrypt`.
    pub software_version: Option<String>,
    /// `DSPVersion`, decrypted when it came as `DSPVersionEncrypt`.
    pub dsp_version: Option<String>,
    /// `BootTime` when it can be read.
    pub boot_time: Option<BootTime>,
    /// `BootTime` as it came.
    pub boot_time_text: Option<String>,
    /// `OEMCode`.
    pub oem_code: Option<String>,
    /// `DetailOEMCode`.
    pub detail_oem_code: Option<String>,
    /// `OEMInfo`, decrypted when it came as `OEMInfoEncrypt`.
    pub oem_info: Option<String>,
    /// `EZVIZCode`.
    pub ezviz_code: Option<String>,
    /// `Manufacturer`.
    pub manufacturer: Option<String>,
    /// `Encrypt`: how the device wants the password of an `update`.
    pub encrypt: bool,
    /// `Salt`: 64 hexadecimal digits.
    pub salt: Option<String>,
    /// `Salt2`: 64 hexadecimal digits.
    pub salt2: Option<String>,
    /// `Activated`: false only when the device says exactly `false`.
    pub activated: bool,
    /// `ResetAbility`: the old security-code way.
    pub reset_ability: bool,
    /// `PasswordResetAbility`: the key-file way.
    pub password_reset_ability: bool,
    /// `PasswordResetModeSecond`: the typed-key way.
    pub password_reset_mode_second: bool,
    /// Whether any of the three elements above was there. Old units name none of them.
    pub states_recovery: bool,
    /// `codeEncrypt`: the reset code must be sent encrypted, see [`ResetCode`](crate::ResetCode).
    pub code_encrypt: bool,
    /// `SupportPasswordResetType`: the device answers `getPasswordResetType`.
    pub support_password_reset_type: bool,
    /// `SyncIPCPassword`: a recorder that can pass the password on to its cameras.
    pub sync_ipc_password: bool,
    /// `SupportGUID`.
    pub support_guid: bool,
    /// `SupportSecurityQuestion`.
    pub support_security_question: bool,
    /// `SupportMailBox`.
    pub support_mail_box: bool,
    /// `DeviceLock`: the device HAS a lock function. It does not mean that it is locked.
    pub device_lock: bool,
    /// `SupportHCPlatform`; unknown when missing.
    pub support_hc_platform: Option<bool>,
    /// `HCPlatformEnable`; unknown when missing.
    pub hc_platform_enable: Option<bool>,
    /// `IsModifyVerificationCode`; unknown when missing.
    pub is_modify_verification_code: Option<bool>,
    /// `EZVIZBindStatus`: 0 unknown, 1 bound to a cloud account, 2 unbound.
    pub ezviz_bind_status: Option<u32>,
    /// `supportEzvizUnbind`.
    pub support_ezviz_unbind: bool,
    /// `UserName`: the administrator's name where it is not `admin`.
    pub user_name: Option<String>,
    /// `SADPVersion`: a list such as `3.0,3.1.1`.
    pub sadp_version: Option<String>,
    /// Elements this crate does not know and values that fit no field, in order, for a detail page. At most
    /// [`MAX_OTHER`](crate::MAX_OTHER) elements and [`MAX_OTHER_BYTES`](crate::MAX_OTHER_BYTES) bytes.
    pub other: Vec<(String, String)>,
}

impl Device {
    /// A device that said nothing but its address, every field at the value it has when missing.
    ///
    /// Meant for tests and for building an answer: a text that is no address gives the address
    /// 00-00-00-00-00-00 beside the text.
    pub fn new(mac_text: &str) -> Device {
        Device::with_mac(mac_text.parse().unwrap_or(Mac([0; 6])), mac_text)
    }

    /// A device with an address already read from `mac_text`.
    pub(crate) fn with_mac(mac: Mac, mac_text: &str) -> Device {
        Device {
            mac,
            mac_text: mac_text.to_owned(),
            device_type: None,
            model: None,
            serial: None,
            command_port: None,
            http_port: None,
            https_port: None,
            sdk_over_tls_port: None,
            wifi_mac: None,
            ipv4: None,
            ipv4_mask: None,
            ipv4_gateway: None,
            ipv6: None,
            ipv6_gateway: None,
            ipv6_mask_len: None,
            dhcp: false,
            dhcp_ability: true,
            support_ipv6: true,
            support_modify_ipv6: true,
            analog_channels: None,
            digital_channels: None,
            disks: None,
            software_version: None,
            dsp_version: None,
            boot_time: None,
            boot_time_text: None,
            oem_code: None,
            detail_oem_code: None,
            oem_info: None,
            ezviz_code: None,
            manufacturer: None,
            encrypt: false,
            salt: None,
            salt2: None,
            activated: true,
            reset_ability: false,
            password_reset_ability: false,
            password_reset_mode_second: false,
            states_recovery: false,
            code_encrypt: false,
            support_password_reset_type: false,
            sync_ipc_password: false,
            support_guid: false,
            support_security_question: false,
            support_mail_box: false,
            device_lock: false,
            support_hc_platform: None,
            hc_platform_enable: None,
            is_modify_verification_code: None,
            ezviz_bind_status: None,
            support_ezviz_unbind: false,
            user_name: None,
            sadp_version: None,
            other: Vec::new(),
        }
    }

    /// The last six characters of the serial, the whole one when it is shorter, nothing when there is none.
    pub fn serial_tail(&self) -> &str {
        let serial = self.serial.as_deref().unwrap_or_default();
        serial
            .char_indices()
            .nth_back(5)
            .map_or(serial, |(start, _)| &serial[start..])
    }

    /// The brand of a device sold under another name: `OEMInfo`, else `Manufacturer`, unless it is the
    /// vendor's own name or one of the fillers `N/A` and `false`.
    pub fn brand(&self) -> Option<&str> {
        [&self.oem_info, &self.manufacturer]
            .into_iter()
            .flatten()
            .map(String::as_str)
            .find(|name| {
                ![
                    "",
                    "N/A",
                    "NA",
                    "false",
                    "true",
                    "null",
                    "none",
                    "0",
                    "hikvision",
                ]
                .iter()
                .any(|filler| filler.eq_ignore_ascii_case(name))
            })
    }

    /// Whether the device looks like a recorder: it has several channels, or disks and a digital channel, or it
    /// passes passwords on to cameras (C).
    pub fn is_recorder(&self) -> bool {
        let [analog, digital, disks] = [self.analog_channels, self.digital_channels, self.disks]
            .map(|count| count.unwrap_or(0));
        self.sync_ipc_password || analog.saturating_add(digital) > 1 || (disks > 0 && digital > 0)
    }

    /// Whether `SADPVersion` lists a 3.x: such units, of 2024 and later, may refuse the commands of this crate;
    /// refer to the vendor's tool then (C).
    pub fn may_refuse(&self) -> bool {
        self.sadp_version.as_deref().is_some_and(|list| {
            list.split([',', ';', ' ']).any(|version| {
                let version = version.trim().trim_start_matches(['V', 'v']);
                version == "3" || version.starts_with("3.")
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device() -> Device {
        Device::new("44-47-cc-37-ce-81")
    }

    #[test]
    fn the_serial_tail_is_six_characters() {
        let mut device = device();
        assert_eq!(device.serial_tail(), "");
        for (serial, tail) in [
            ("12345", "12345"),
            ("123456", "123456"),
            ("DS-7AB海康12", "AB海康12"),
        ] {
            device.serial = Some(serial.into());
            assert_eq!(device.serial_tail(), tail);
        }
    }

    #[test]
    fn fillers_are_no_brand() {
        let mut device = device();
        assert_eq!(device.brand(), None);
        device.oem_info = Some("N/A".into());
        device.manufacturer = Some("HIKVISION".into());
        assert_eq!(device.brand(), None);
        device.manufacturer = Some("LTS".into());
        assert_eq!(device.brand(), Some("LTS"));
        device.oem_info = Some("ABUS".into());
        assert_eq!(device.brand(), Some("ABUS"));
    }

    #[test]
    fn recorders_are_told_from_cameras() {
        let with = |analog, digital, disks| Device {
            analog_channels: analog,
            digital_channels: digital,
            disks,
            ..device()
        };
        assert!(!with(None, None, None).is_recorder());
        assert!(!with(Some(0), Some(1), Some(0)).is_recorder(), "a camera");
        assert!(
            !with(Some(1), Some(0), Some(1)).is_recorder(),
            "an analogue encoder with a card"
        );
        assert!(with(Some(0), Some(16), Some(2)).is_recorder(), "an NVR");
        assert!(with(Some(8), None, None).is_recorder(), "a DVR");
        assert!(with(Some(u32::MAX), Some(u32::MAX), None).is_recorder());
        assert!(
            Device {
                sync_ipc_password: true,
                ..device()
            }
            .is_recorder()
        );
    }

    #[test]
    fn version_3_may_refuse() {
        for (list, refuses) in [
            ("3.0,3.1.1", true),
            ("2.2, V3.1", true),
            ("3", true),
            ("2.3.0", false),
            ("30.1", false),
        ] {
            assert_eq!(
                Device {
                    sadp_version: Some(list.into()),
                    ..device()
                }
                .may_refuse(),
                refuses,
                "{list}"
            );
        }
        assert!(!device().may_refuse());
    }
}
