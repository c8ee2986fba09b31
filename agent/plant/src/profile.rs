//! The kinds of device there are, each a row of facts.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::local_time::Style;
use crate::password::Rules;

/// A kind of device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Profile {
    /// A 2015 camera that knows none of the capability fields and none of the reset commands but inquiry.
    Ipc2015,
    /// A 2018 camera of the typed-key way, with the `flase` seen in the wild.
    Ipc2018,
    /// A door intercom of the key-file way (`getcode` alone).
    Intercom,
    /// An analog recorder; colons and upper case in its MAC, unpadded boot time.
    Dvr,
    /// A network recorder that can pass the password on to its cameras.
    Nvr,
    /// A 2022 camera that wants the key encrypted and veils its versions.
    Ipc2022,
    /// A 2024 unit (`SADPVersion` 3.x) that refuses the classic commands.
    Sadp31,
    /// A cloud-bound camera that refuses to be reset.
    Ezviz,
    /// Factory fresh, no password yet.
    Inactive,
    /// Another brand's label on the same firmware.
    Oem,
    /// A recorder that searches the network by itself, with its own Uuids.
    Chatty,
    /// Sends every answer twice.
    Duplicate,
    /// Has no clock: its boot time is in January 1970.
    NoClock,
}

impl Profile {
    /// All of them.
    pub const ALL: [Profile; 13] = [
        Profile::Ipc2018,
        Profile::Ipc2022,
        Profile::Nvr,
        Profile::Intercom,
        Profile::Inactive,
        Profile::Oem,
        Profile::Dvr,
        Profile::NoClock,
        Profile::Ipc2015,
        Profile::Ezviz,
        Profile::Sadp31,
        Profile::Chatty,
        Profile::Duplicate,
    ];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Profile::Ipc2015 => "ipc-2015",
            Profile::Ipc2018 => "ipc-2018",
            Profile::Intercom => "intercom",
            Profile::Dvr => "dvr",
            Profile::Nvr => "nvr",
            Profile::Ipc2022 => "ipc-2022",
            Profile::Sadp31 => "sadp-3.1",
            Profile::Ezviz => "ezviz",
            Profile::Inactive => "inactive",
            Profile::Oem => "oem",
            Profile::Chatty => "chatty",
            Profile::Duplicate => "duplicate",
            Profile::NoClock => "no-clock",
        }
    }

    /// The facts behind the name.
    pub(crate) fn facts(self) -> Facts {
        let ipc = Facts::ipc();
        match self {
            Profile::Ipc2015 => Facts {
                model: "DS-2CD2032-I",
                software: "V5.2.5build 141201",
                dsp: "V5.0, build 141201",
                generation: Generation::Old,
                recovery: Recovery::None,
                layout: Layout::CrLf,
                lamp: false,
                ..ipc
            },
            Profile::Ipc2018 => ipc,
            Profile::Intercom => Facts {
                model: "DS-KV8113-WME1",
                device_type: "11073",
                software: "V2.2.45build 210419",
                dsp: "V1.0, build 210419",
                recovery: Recovery::Code { length: 127 },
                lamp: false,
                ..ipc
            },
            Profile::Dvr => Facts {
                model: "iDS-7208HQHI-M1/S",
                device_type: "8451",
                software: "V4.30.085build 200916",
                dsp: "V5.0, build 200901",
                analog: 8,
                digital: 2,
                disks: 1,
                recovery: Recovery::EncryptString { length: 128 },
                mac_style: MacStyle::ColonsUpper,
                boot_style: Style::Unpadded,
                lamp: false,
                ..ipc
            },
            Profile::Nvr | Profile::Chatty => Facts {
                model: if self == Profile::Nvr {
                    "DS-7616NI-K2/16P"
                } else {
                    "DS-7608NI-I2/8P"
                },
                device_type: "84481",
                software: "V4.61.025build 220905",
                dsp: "V5.0, build 220801",
                analog: 0,
                digital: 16,
                disks: 2,
                recovery: Recovery::EncryptString { length: 210 },
                sync_cameras: true,
                chatty: self == Profile::Chatty,
                lamp: false,
                ..ipc
            },
            Profile::Ipc2022 => Facts {
                model: "DS-2CD2387G2-LU",
                device_type: "142337",
                software: "V5.7.3build 220112",
                dsp: "V7.3 build 220112",
                recovery: Recovery::EncryptString { length: 588 },
                code_encrypt: true,
                veiled_versions: true,
                second_salt: true,
                password_rules: Rules::Newer,
                layout: Layout::OneLine,
                ..ipc
            },
            Profile::Sadp31 => Facts {
                model: "DS-2CD2T47G3-LIS",
                device_type: "142911",
                software: "V5.8.10build 240912",
                dsp: "V7.3 build 240912",
                code_encrypt: true,
                second_salt: true,
                refuses: true,
                sadp_version: Some("3.0,3.1.1"),
                password_rules: Rules::Newer,
                ..ipc
            },
            Profile::Ezviz => Facts {
                model: "CS-C3TN-A0-1H2WFL",
                device_type: "143105",
                software: "V5.3.0build 210702",
                dsp: "V7.3 build 210702",
                refuses: true,
                ezviz_bound: true,
                ..ipc
            },
            Profile::Inactive => Facts {
                model: "DS-2CD2143G2-I",
                activated: false,
                ..ipc
            },
            Profile::Oem => Facts {
                model: "NW-D4IR28-E",
                oem: Some("Northwatch"),
                ..ipc
            },
            Profile::Duplicate => Facts {
                model: "DS-2DE4425IW-DE",
                copies: 2,
                ..ipc
            },
            Profile::NoClock => Facts {
                model: "DS-2CD2385G1-I",
                clock: false,
                ..ipc
            },
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// No profile has this name.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("no profile `{name}`: take one of {}", Profile::ALL.map(Profile::name).join(", "))]
pub struct UnknownProfile {
    name: String,
}

impl FromStr for Profile {
    type Err = UnknownProfile;

    fn from_str(text: &str) -> Result<Profile, UnknownProfile> {
        let found = Profile::ALL
            .into_iter()
            .find(|profile| profile.name() == text);
        found.ok_or_else(|| UnknownProfile {
            name: text.to_owned(),
        })
    }
}

/// Which reset commands the firmware has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Recovery {
    /// None: it does not even answer them.
    None,
    /// `getcode`, key file; `length` characters of code.
    Code { length: usize },
    /// `getencryptstring`, typed key; `length` characters of string.
    EncryptString { length: usize },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Generation {
    /// Before the capability fields.
    Old,
    /// With them.
    Usual,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MacStyle {
    /// `44-47-cc-37-ce-81`
    Dashes,
    /// `44:47:CC:37:CE:81`
    ColonsUpper,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// An element per line, LF.
    Lf,
    /// An element per line, CRLF, and a blank before `?>`.
    CrLf,
    /// All in one line.
    OneLine,
}

/// What a kind of device says and does.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(crate) model: &'static str,
    pub(crate) device_type: &'static str,
    pub(crate) software: &'static str,
    pub(crate) dsp: &'static str,
    pub(crate) analog: u32,
    pub(crate) digital: u32,
    pub(crate) disks: u32,
    pub(crate) generation: Generation,
    pub(crate) recovery: Recovery,
    pub(crate) sync_cameras: bool,
    pub(crate) code_encrypt: bool,
    pub(crate) veiled_versions: bool,
    pub(crate) second_salt: bool,
    pub(crate) refuses: bool,
    pub(crate) sadp_version: Option<&'static str>,
    pub(crate) ezviz_bound: bool,
    pub(crate) activated: bool,
    pub(crate) oem: Option<&'static str>,
    pub(crate) chatty: bool,
    pub(crate) copies: usize,
    pub(crate) clock: bool,
    pub(crate) lamp: bool,
    pub(crate) password_rules: Rules,
    pub(crate) mac_style: MacStyle,
    pub(crate) boot_style: Style,
    pub(crate) layout: Layout,
}

impl Facts {
    /// The 2018 camera; the others are told by their difference from it.
    fn ipc() -> Facts {
        Facts {
            model: "DS-2CD2385G1-I",
            device_type: "141945",
            software: "V5.6.2build 190701",
            dsp: "V7.3 build 190626",
            analog: 0,
            digital: 1,
            disks: 0,
            generation: Generation::Usual,
            recovery: Recovery::EncryptString { length: 128 },
            sync_cameras: false,
            code_encrypt: false,
            veiled_versions: false,
            second_salt: false,
            refuses: false,
            sadp_version: None,
            ezviz_bound: false,
            activated: true,
            oem: None,
            chatty: false,
            copies: 1,
            clock: true,
            lamp: true,
            password_rules: Rules::Classic,
            mac_style: MacStyle::Dashes,
            boot_style: Style::Padded,
            layout: Layout::Lf,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        for profile in Profile::ALL {
            assert_eq!(profile.to_string().parse(), Ok(profile));
        }
        let error = "ipc".parse::<Profile>().expect_err("no such name");
        assert!(error.to_string().contains("ipc-2018"), "{error}");
    }
}
