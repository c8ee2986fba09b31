//! A device's own side of a description: the XML of a `ProbeMatch`, written in the order of the fields.

use std::fmt::Display;

use sadp::Device;

/// The description of `device` as an answer, everything escaped.
pub(crate) fn emit(device: &Device, separator: &str) -> String {
    let mut xml = Xml(String::new(), separator.to_owned());
    xml.0
        .push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?><ProbeMatch>");
    xml.one("Types", "inquiry");
    xml.maybe("DeviceType", &device.device_type);
    xml.maybe("DeviceDescription", &device.model);
    xml.maybe("DeviceSN", &device.serial);
    xml.maybe("CommandPort", &device.command_port);
    xml.maybe("HttpPort", &device.http_port);
    xml.maybe("HttpsPort", &device.https_port);
    xml.maybe("SDKOverTLSPort", &device.sdk_over_tls_port);
    xml.one("MAC", &device.mac_text);
    xml.maybe("WifiMAC", &device.wifi_mac);
    xml.maybe("IPv4Address", &device.ipv4);
    xml.maybe("IPv4SubnetMask", &device.ipv4_mask);
    xml.maybe("IPv4Gateway", &device.ipv4_gateway);
    xml.maybe("IPv6Address", &device.ipv6);
    xml.maybe("IPv6Gateway", &device.ipv6_gateway);
    xml.maybe("IPv6MaskLen", &device.ipv6_mask_len);
    xml.one("DHCP", device.dhcp);
    xml.one("DHCPAbility", device.dhcp_ability);
    xml.one("supportIPv6", device.support_ipv6);
    xml.one("supportModifyIPv6", device.support_modify_ipv6);
    xml.maybe("AnalogChannelNum", &device.analog_channels);
    xml.maybe("DigitalChannelNum", &device.digital_channels);
    xml.maybe("DiskNumber", &device.disks);
    xml.maybe("SoftwareVersion", &device.software_version);
    xml.maybe("DSPVersion", &device.dsp_version);
    xml.maybe("BootTime", &device.boot_time_text);
    xml.maybe("OEMCode", &device.oem_code);
    xml.maybe("DetailOEMCode", &device.detail_oem_code);
    xml.maybe("OEMInfo", &device.oem_info);
    xml.maybe("EZVIZCode", &device.ezviz_code);
    xml.maybe("Manufacturer", &device.manufacturer);
    xml.one("Encrypt", device.encrypt);
    xml.maybe("Salt", &device.salt);
    xml.maybe("Salt2", &device.salt2);
    xml.one("Activated", device.activated);
    if device.states_recovery {
        xml.one("ResetAbility", device.reset_ability);
        xml.one("PasswordResetAbility", device.password_reset_ability);
        xml.one("PasswordResetModeSecond", device.password_reset_mode_second);
    }
    xml.one("codeEncrypt", device.code_encrypt);
    xml.one(
        "SupportPasswordResetType",
        device.support_password_reset_type,
    );
    xml.one("SyncIPCPassword", device.sync_ipc_password);
    xml.one("SupportGUID", device.support_guid);
    xml.one("SupportSecurityQuestion", device.support_security_question);
    xml.one("SupportMailBox", device.support_mail_box);
    xml.one("DeviceLock", device.device_lock);
    xml.maybe("SupportHCPlatform", &device.support_hc_platform);
    xml.maybe("HCPlatformEnable", &device.hc_platform_enable);
    xml.maybe(
        "IsModifyVerificationCode",
        &device.is_modify_verification_code,
    );
    xml.maybe("EZVIZBindStatus", &device.ezviz_bind_status);
    xml.one("supportEzvizUnbind", device.support_ezviz_unbind);
    xml.maybe("UserName", &device.user_name);
    xml.maybe("SADPVersion", &device.sadp_version);
    for (name, text) in &device.other {
        xml.one(name, text);
    }
    xml.0.push_str("</ProbeMatch>");
    xml.0
}

struct Xml(String, String);

impl Xml {
    fn one(&mut self, name: &str, value: impl Display) {
        let text = value
            .to_string()
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;");
        self.0
            .push_str(&format!("{}<{name}>{text}</{name}>", self.1));
    }

    fn maybe(&mut self, name: &str, value: &Option<impl Display>) {
        if let Some(value) = value {
            self.one(name, value);
        }
    }
}
