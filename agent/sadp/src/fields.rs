//! From a list of elements to typed fields.

use std::borrow::Cow;
use std::ops::Range;
use std::str::FromStr;

use crate::boot_time::BootTime;
use crate::crypto::open_version;
use crate::device::Device;
use crate::mac::Mac;
use crate::xml::{Document, Element, cut, trim, trim_range};

/// The longest text of an ordinary field, in bytes. A longer one is kept, cut, in [`Device::other`].
pub const MAX_TEXT: usize = 256;
/// The longest opaque text (`EncryptString`, `Code`), in bytes. A longer one counts as missing: a cut one is worthless.
pub const MAX_OPAQUE: usize = 4096;
/// Most elements kept in [`Device::other`].
pub const MAX_OTHER: usize = 32;
/// Most bytes of names and texts kept in [`Device::other`].
pub const MAX_OTHER_BYTES: usize = 4096;
/// The longest name kept in [`Device::other`], in bytes.
const MAX_NAME: usize = 64;

/// Declares the known elements once: a name for the code, the wire's spelling.
macro_rules! fields {
    ($($field:ident = $spelling:literal,)+) => {
        /// An element this crate knows.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Field { $($field),+ }

        /// Every known element with its spelling, in the order of [`Field`].
        const SPELLINGS: &[(&str, Field)] = &[$(($spelling, Field::$field)),+];
    };
}

fields! {
    Uuid = "Uuid", Types = "Types", Mac = "MAC",
    DeviceType = "DeviceType", DeviceDescription = "DeviceDescription", DeviceSn = "DeviceSN",
    CommandPort = "CommandPort", HttpPort = "HttpPort", HttpsPort = "HttpsPort", SdkOverTlsPort = "SDKOverTLSPort",
    WifiMac = "WifiMAC",
    Ipv4 = "IPv4Address", Ipv4Mask = "IPv4SubnetMask", Ipv4Gateway = "IPv4Gateway",
    Ipv6 = "IPv6Address", Ipv6Gateway = "IPv6Gateway", Ipv6MaskLen = "IPv6MaskLen",
    Dhcp = "DHCP", DhcpAbility = "DHCPAbility", SupportIpv6 = "supportIPv6", SupportModifyIpv6 = "supportModifyIPv6",
    AnalogChannels = "AnalogChannelNum", DigitalChannels = "DigitalChannelNum", Disks = "DiskNumber",
    SoftwareVersion = "SoftwareVersion", SoftwareVersionEncrypt = "SoftwareVersionEncrypt",
    DspVersion = "DSPVersion", DspVersionEncrypt = "DSPVersionEncrypt",
    BootTime = "BootTime",
    OemCode = "OEMCode", DetailOemCode = "DetailOEMCode", OemInfo = "OEMInfo", OemInfoEncrypt = "OEMInfoEncrypt",
    EzvizCode = "EZVIZCode", Manufacturer = "Manufacturer",
    Encrypt = "Encrypt", Salt = "Salt", Salt2 = "Salt2",
    Activated = "Activated", ResetAbility = "ResetAbility", PasswordResetAbility = "PasswordResetAbility",
    ModeSecond = "PasswordResetModeSecond", CodeEncrypt = "codeEncrypt", ResetTypes = "SupportPasswordResetType",
    SyncIpcPassword = "SyncIPCPassword", SupportGuid = "SupportGUID", SupportQuestion = "SupportSecurityQuestion",
    SupportMailBox = "SupportMailBox", DeviceLock = "DeviceLock",
    SupportHc = "SupportHCPlatform", HcEnable = "HCPlatformEnable", ModifyCode = "IsModifyVerificationCode",
    BindStatus = "EZVIZBindStatus", EzvizUnbind = "supportEzvizUnbind",
    UserName = "UserName", SadpVersion = "SADPVersion",
    // What only answers to commands hold.
    Result = "Result", EncryptString = "EncryptString", Code = "Code",
    RetryTimes = "RetryTimes", RetryModifyTime = "RetryModifyTime", SurplusLockTime = "SurplusLockTime",
    ResetEnabled = "PasswordResetTypeEnabled", QuestionEnabled = "SecurityQuestionEnabled",
    GuidEnabled = "GuidFileDataEnabled", MailEnabled = "SecurityEmailEnabled", HcCodeEnabled = "HCVerificationCodeEnabled",
}

/// The longest spelling, in bytes.
const LONGEST: usize = 25;

/// Fields by the length of their spelling: a name is compared with the few others of its length only.
const BY_LENGTH: [([usize; 12], usize); LONGEST + 1] = by_length();

const fn by_length() -> [([usize; 12], usize); LONGEST + 1] {
    let mut buckets = [([0; 12], 0); LONGEST + 1];
    let mut index = 0;
    while index < SPELLINGS.len() {
        // Too long a spelling or too full a bucket does not compile.
        let (bucket, count) = &mut buckets[SPELLINGS[index].0.len()];
        bucket[*count] = index;
        *count += 1;
        index += 1;
    }
    buckets
}

impl Field {
    /// The field of an element's name, without case: `Ipv4Address` and `OEMinfo` occur.
    fn of(name: &str) -> Option<Field> {
        let (bucket, count) = BY_LENGTH.get(name.len())?;
        let candidates = || bucket[..*count].iter().map(|index| &SPELLINGS[*index]);
        // Nearly all names are spelt right, and comparing them so is much faster.
        candidates()
            .find(|(spelling, _)| *spelling == name)
            .or_else(|| candidates().find(|(spelling, _)| spelling.eq_ignore_ascii_case(name)))
            .map(|(_, field)| *field)
    }

    fn spelling(self) -> &'static str {
        SPELLINGS[self as usize].0
    }
}

/// The known elements of a document, and the rest.
pub(crate) struct Fields<'a> {
    /// By [`Field`]: the first non-empty text.
    texts: [Option<Text<'a>>; SPELLINGS.len()],
    other: Other,
}

/// A text that is not empty when trimmed. It is trimmed once only, so that duplicates of a text with many
/// blanks cost no more than their own length.
struct Text<'a> {
    raw: Cow<'a, str>,
    trimmed: Range<usize>,
}

impl<'a> Text<'a> {
    fn new(raw: Cow<'a, str>) -> Option<Text<'a>> {
        let trimmed = trim_range(&raw);
        (!trimmed.is_empty()).then_some(Text { raw, trimmed })
    }

    fn trimmed(&self) -> &str {
        &self.raw[self.trimmed.clone()]
    }
}

impl<'a> Fields<'a> {
    pub(crate) fn new(document: Document<'a>) -> Self {
        let mut fields = Fields {
            texts: [const { None }; SPELLINGS.len()],
            other: Other::default(),
        };
        for Element { name, text, torn } in document.elements {
            // The beginning of a value must not pass for the value.
            let Some(field) = Field::of(name).filter(|_| !torn) else {
                fields.other.push(name, &text);
                continue;
            };
            let known = &mut fields.texts[field as usize];
            match (known.as_ref(), Text::new(text)) {
                (None, text) => *known = text,
                (Some(first), Some(text)) if first.trimmed() != text.trimmed() => {
                    fields.other.push(name, text.trimmed());
                }
                _ => {}
            }
        }
        fields
    }

    /// A field's trimmed text, never empty.
    pub(crate) fn text(&self, field: Field) -> Option<&str> {
        self.texts[field as usize].as_ref().map(Text::trimmed)
    }

    /// Whether a field is exactly `true`.
    pub(crate) fn is_true(&self, field: Field) -> bool {
        self.text(field) == Some("true")
    }

    /// A field's text as it came, blanks included, unless it is too long to be true.
    pub(crate) fn opaque(&self, field: Field) -> Option<String> {
        let text = self.texts[field as usize].as_ref()?;
        (text.raw.len() <= MAX_OPAQUE).then(|| text.raw.clone().into_owned())
    }

    /// A number; `None` for what is none.
    pub(crate) fn number<T: FromStr>(&self, field: Field) -> Option<T> {
        self.text(field)?.parse().ok()
    }

    /// Everything about a device. The address was read before, because without one there is no device.
    pub(crate) fn into_device(mut self, mac: Mac, mac_text: &str) -> Device {
        let mut device = Device::with_mac(mac, mac_text);
        device.states_recovery = [
            Field::ResetAbility,
            Field::PasswordResetAbility,
            Field::ModeSecond,
        ]
        .iter()
        .any(|field| self.text(*field).is_some());
        device.device_type = self.take_text(Field::DeviceType);
        device.model = self.take_text(Field::DeviceDescription);
        device.serial = self.take_text(Field::DeviceSn);
        device.command_port = self.take(Field::CommandPort);
        device.http_port = self.take(Field::HttpPort);
        device.https_port = self.take(Field::HttpsPort);
        device.sdk_over_tls_port = self.take(Field::SdkOverTlsPort);
        device.wifi_mac = self.take_text(Field::WifiMac);
        device.ipv4 = self.take(Field::Ipv4);
        device.ipv4_mask = self.take(Field::Ipv4Mask);
        device.ipv4_gateway = self.take(Field::Ipv4Gateway);
        device.ipv6 = self.take_text(Field::Ipv6);
        device.ipv6_gateway = self.take_text(Field::Ipv6Gateway);
        device.ipv6_mask_len = self.take(Field::Ipv6MaskLen);
        device.dhcp = self.take_flag(Field::Dhcp, false);
        device.dhcp_ability = self.take_flag(Field::DhcpAbility, true);
        device.support_ipv6 = self.take_flag(Field::SupportIpv6, true);
        device.support_modify_ipv6 = self.take_flag(Field::SupportModifyIpv6, true);
        device.analog_channels = self.take(Field::AnalogChannels);
        device.digital_channels = self.take(Field::DigitalChannels);
        device.disks = self.take(Field::Disks);
        device.software_version =
            self.take_version(Field::SoftwareVersion, Field::SoftwareVersionEncrypt);
        device.dsp_version = self.take_version(Field::DspVersion, Field::DspVersionEncrypt);
        device.boot_time_text = self.take_text(Field::BootTime);
        device.boot_time = device
            .boot_time_text
            .as_deref()
            .and_then(|text| BootTime::parse(text).ok());
        device.oem_code = self.take_text(Field::OemCode);
        device.detail_oem_code = self.take_text(Field::DetailOemCode);
        device.oem_info = self.take_version(Field::OemInfo, Field::OemInfoEncrypt);
        device.ezviz_code = self.take_text(Field::EzvizCode);
        device.manufacturer = self.take_text(Field::Manufacturer);
        device.encrypt = self.take_flag(Field::Encrypt, false);
        device.salt = self.take_text(Field::Salt);
        device.salt2 = self.take_text(Field::Salt2);
        // Anything but exactly `false` means activated; a new password must not be offered on a guess.
        device.activated = self.text(Field::Activated) != Some("false");
        self.take_flag(Field::Activated, true);
        device.reset_ability = self.take_flag(Field::ResetAbility, false);
        device.password_reset_ability = self.take_flag(Field::PasswordResetAbility, false);
        device.password_reset_mode_second = self.take_flag(Field::ModeSecond, false);
        device.code_encrypt = self.take_flag(Field::CodeEncrypt, false);
        device.support_password_reset_type = self.take_flag(Field::ResetTypes, false);
        device.sync_ipc_password = self.take_flag(Field::SyncIpcPassword, false);
        device.support_guid = self.take_flag(Field::SupportGuid, false);
        device.support_security_question = self.take_flag(Field::SupportQuestion, false);
        device.support_mail_box = self.take_flag(Field::SupportMailBox, false);
        device.device_lock = self.take_flag(Field::DeviceLock, false);
        device.support_hc_platform = self.take_known_flag(Field::SupportHc);
        device.hc_platform_enable = self.take_known_flag(Field::HcEnable);
        device.is_modify_verification_code = self.take_known_flag(Field::ModifyCode);
        device.ezviz_bind_status = self.take(Field::BindStatus);
        device.support_ezviz_unbind = self.take_flag(Field::EzvizUnbind, false);
        device.user_name = self.take_text(Field::UserName);
        device.sadp_version = self.take_text(Field::SadpVersion);
        // What belongs to answers of other commands is not lost either.
        for (name, field) in &SPELLINGS[Field::Result as usize..] {
            if let Some(text) = self.texts[*field as usize].take() {
                self.other.push(name, text.trimmed());
            }
        }
        device.other = self.other.kept;
        device
    }

    /// A text, moved out where it can be. One too long for its field goes to the other elements.
    fn take_text(&mut self, field: Field) -> Option<String> {
        let text = self.texts[field as usize].take()?;
        let trimmed = text.trimmed();
        if trimmed.len() > MAX_TEXT {
            self.other.push(field.spelling(), trimmed);
            return None;
        }
        Some(trimmed.to_owned())
    }

    /// A value; a text that is none goes to the other elements.
    fn take<T: FromStr>(&mut self, field: Field) -> Option<T> {
        let text = self.texts[field as usize].take()?;
        let value = text.trimmed().parse().ok();
        if value.is_none() {
            self.other.push(field.spelling(), text.trimmed());
        }
        value
    }

    /// A truth: true for exactly `true` (A), `missing` for nothing; what is neither `true` nor `false` is kept
    /// with the other elements, `flase` among them.
    fn take_flag(&mut self, field: Field, missing: bool) -> bool {
        self.take_known_flag(field).unwrap_or(missing)
    }

    fn take_known_flag(&mut self, field: Field) -> Option<bool> {
        let text = self.texts[field as usize].take()?;
        let trimmed = text.trimmed();
        if !matches!(trimmed, "true" | "false") {
            self.other.push(field.spelling(), trimmed);
        }
        Some(trimmed == "true")
    }

    /// A text that some devices send encrypted under another name. What cannot be opened is kept as it came.
    fn take_version(&mut self, plain: Field, encrypted: Field) -> Option<String> {
        let hidden = self.take_text(encrypted);
        let plain = self.take_text(plain);
        let opened = hidden.as_deref().and_then(open_version);
        match hidden {
            Some(text) if opened.is_none() || plain.is_some() => {
                self.other.push(encrypted.spelling(), &text)
            }
            _ => {}
        }
        plain.or(opened)
    }
}

/// The elements that fit no field, within limits.
#[derive(Default)]
struct Other {
    kept: Vec<(String, String)>,
    bytes: usize,
}

impl Other {
    fn push(&mut self, name: &str, text: &str) {
        let name = cut(name, MAX_NAME);
        let text = cut(trim(text), MAX_TEXT);
        let bytes = self.bytes + name.len() + text.len();
        if self.kept.len() < MAX_OTHER && bytes <= MAX_OTHER_BYTES {
            self.kept.push((name.to_owned(), text.to_owned()));
            self.bytes = bytes;
        }
    }
}
