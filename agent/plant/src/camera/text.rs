//! The answers as text.

use super::{Camera, MAX_ANSWER};
use crate::profile::{Generation, Layout, Recovery};
use crate::session::veiled;

/// The elements of an answer, in order.
pub(super) type Fields = Vec<(&'static str, String)>;

impl Camera {
    /// The answer to an inquiry.
    pub(super) fn probe_match(&self, uuid: &str) -> String {
        let mut fields = vec![("Uuid", uuid.to_owned()), ("Types", "inquiry".to_owned())];
        fields.extend(self.device_fields());
        let text = self.lay_out("ProbeMatch", &fields);
        match self
            .options
            .answer_size
            .min(MAX_ANSWER)
            .checked_sub(text.len())
        {
            None => text,
            Some(missing) => {
                fields.extend(self.filling(missing));
                self.lay_out("ProbeMatch", &fields)
            }
        }
    }

    /// What a device says when it comes up; nobody asked, so there is no Uuid.
    pub(super) fn hello(&self) -> String {
        let mut fields = vec![("Types", "hello".to_owned())];
        fields.extend(self.device_fields());
        self.lay_out("Hello", &fields)
    }

    /// The answer to a command.
    pub(super) fn verdict(&self, uuid: &str, types: &str, fields: &Fields) -> String {
        // Some firmware really writes a blank there.
        let types = if types == "activate" {
            "activate "
        } else {
            types
        };
        let mut all = vec![
            ("Uuid", uuid.to_owned()),
            ("MAC", self.identity.mac_text.clone()),
            ("Types", types.to_owned()),
        ];
        all.extend(fields.iter().cloned());
        if self.options.empty_result {
            for (name, value) in &mut all {
                if *name == "Result" {
                    value.clear();
                }
            }
        }
        self.lay_out("ProbeMatch", &all)
    }

    fn lay_out(&self, root: &str, fields: &Fields) -> String {
        let (declaration, end) = match self.facts.layout {
            Layout::Lf => (r#"<?xml version="1.0" encoding="UTF-8"?>"#, "\n"),
            Layout::CrLf => (r#"<?xml version="1.0" encoding="UTF-8" ?>"#, "\r\n"),
            Layout::OneLine => (r#"<?xml version="1.0" encoding="UTF-8"?>"#, ""),
        };
        let mut text = format!("{declaration}{end}<{root}>{end}");
        for (name, value) in fields {
            text.push_str(&format!("<{name}>{value}</{name}>{end}"));
        }
        // No line end after the last tag.
        text.push_str(&format!("</{root}>"));
        text
    }

    fn device_fields(&self) -> Fields {
        let facts = &self.facts;
        let mut fields = Vec::with_capacity(48);
        let mut put = |name, value: &dyn ToString| fields.push((name, value.to_string()));
        put("DeviceType", &facts.device_type);
        put("DeviceDescription", &self.identity.model);
        put("DeviceSN", &self.identity.serial);
        put("CommandPort", &8000);
        put("HttpPort", &self.place.http_port);
        put("MAC", &self.identity.mac_text);
        put("IPv4Address", &self.place.address);
        put("IPv4SubnetMask", &self.place.subnet.mask());
        put("IPv4Gateway", &self.place.subnet.gateway());
        put("IPv6Address", &"::");
        put("IPv6Gateway", &"::");
        put("IPv6MaskLen", &64);
        put("DHCP", &false);
        put("AnalogChannelNum", &facts.analog);
        put("DigitalChannelNum", &facts.digital);
        if facts.veiled_versions {
            put("SoftwareVersionEncrypt", &veiled(facts.software));
            put("DSPVersionEncrypt", &veiled(facts.dsp));
        } else {
            put("SoftwareVersion", &facts.software);
            put("DSPVersion", &facts.dsp);
        }
        put("BootTime", &self.boot_time());
        if facts.generation == Generation::Old {
            // Nothing newer than 2015; `Activated` came with that year's firmware.
            put("Encrypt", &true);
            put("ResetAbility", &true);
            put("DiskNumber", &facts.disks);
            put("Activated", &self.password.is_some());
            return fields;
        }
        put("Encrypt", &true);
        put("ResetAbility", &false);
        put("DiskNumber", &facts.disks);
        put("Activated", &self.password.is_some());
        put("PasswordResetAbility", &true);
        put(
            "PasswordResetModeSecond",
            &matches!(facts.recovery, Recovery::EncryptString { .. }),
        );
        put("DetailOEMCode", &1);
        if let Some(brand) = facts.oem {
            put("OEMInfo", &brand);
        }
        put("SupportSecurityQuestion", &false);
        put("SupportHCPlatform", &true);
        put(
            "HCPlatformEnable",
            &if facts.ezviz_bound { "true" } else { "flase" },
        );
        put("IsModifyVerificationCode", &true);
        put("Salt", &self.salt);
        if facts.second_salt {
            put("Salt2", &self.second_salt);
        }
        put("DeviceLock", &true);
        put("SDKOverTLSPort", &8443);
        if facts.code_encrypt {
            put("codeEncrypt", &true);
            put("SupportPasswordResetType", &true);
        }
        if facts.sync_cameras {
            put("SyncIPCPassword", &true);
        }
        if facts.ezviz_bound {
            put("EZVIZBindStatus", &1);
            put("supportEzvizUnbind", &true);
        }
        if let Some(versions) = facts.sadp_version {
            put("SADPVersion", &versions);
        }
        fields
    }

    /// Elements of `missing` bytes in all, give or take one element's tags: newer firmware has long lists that no
    /// client reads.
    fn filling(&self, missing: usize) -> Fields {
        const NAME: &str = "CapabilityData";
        let end = match self.facts.layout {
            Layout::Lf => 1,
            Layout::CrLf => 2,
            Layout::OneLine => 0,
        };
        let tags = 2 * NAME.len() + 5 + end;
        let mut fields = Vec::new();
        let mut left = missing;
        while left > tags {
            let value = (left - tags).min(200);
            fields.push((NAME, "0".repeat(value)));
            left -= value + tags;
        }
        fields
    }
}
