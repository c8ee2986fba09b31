//! `resetbox.toml`: what an owner may change. Every item has a default; an unknown one is refused, with
//! line and column, so that a typing mistake never goes unnoticed.

use std::path::{Path, PathBuf};

use resetbox_core::Policy;
use resetbox_core::policy::{KeySet, Language};
use resetbox_core::rules::NewPassword;
use serde::Deserialize;

use crate::clock::Trust;
use crate::http::HttpConfig;
use crate::mistake::{offset_of, place, told};
use crate::mqtt::MqttConfig;
use crate::net::NetConfig;
use crate::preset::{self, PresetError};
use crate::profile::{self, Profile};

mod editor;
#[cfg(test)]
mod tests;

/// Where the box looks when no file is named.
pub const DEFAULT_PATH: &str = "/etc/resetbox/resetbox.toml";

/// The whole file.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// `[box]`
    #[serde(rename = "box")]
    pub identity: Identity,
    /// `[net]`
    pub net: NetConfig,
    /// `[http]`
    pub http: HttpConfig,
    /// `[mqtt]`
    pub mqtt: MqttConfig,
    /// `[store]`
    pub store: StoreConfig,
    /// `[clock]`
    pub clock: ClockConfig,
    /// `[log]`
    pub log: LogConfig,
    /// `[panel]`
    pub panel: PanelConfig,
}

/// `[box]`: what it is called and how it behaves.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Identity {
    /// Shown on the phone page; default is the box id.
    pub name: Option<String>,
    /// Language of the first start.
    pub language: Language,
    /// What the QR and DeviceKey.xml hold.
    pub export: ExportChoice,
    /// Text of the Wi-Fi join QR, when the box has its own Wi-Fi.
    pub wifi_join: Option<String>,
    /// Where the same text stands while the box's own Wi-Fi is switched on; asked only without `wifi_join`.
    pub wifi_join_file: PathBuf,
    /// For a box without a panel: the PIN of the phone page is written here, readable by the box's user only.
    pub pin_file: Option<PathBuf>,
}

/// `export`: both forms are in use; the first is what the vendor's own tool writes.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum ExportChoice {
    /// The device's string directly followed by its serial.
    #[default]
    #[serde(rename = "string+serial")]
    StringAndSerial,
    /// The device's string alone.
    #[serde(rename = "string")]
    StringOnly,
}

/// `[store]`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StoreConfig {
    /// The SQLite file.
    pub path: PathBuf,
}

/// `[clock]`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClockConfig {
    /// Whether the system's clock is believed: `auto`, `always`, `never`.
    pub trust: Trust,
    /// While nobody better told the time, devices' web servers on the local links are asked for their
    /// `Date`.
    pub ask_devices: bool,
}

/// `[log]`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogConfig {
    /// `error`, `warn`, `info`, `debug`, `trace`.
    pub level: String,
}

/// `[panel]`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PanelConfig {
    /// A profile's name, for example `waveshare-1in3-lcd-hat`, or the path of one's own. Its size is what the panel
    /// mirror shows too. Without one there is no panel.
    pub profile: Option<String>,
    /// Which keys there are, where the profile does not know it: keys of the mirror only.
    pub keys: Option<KeySet>,
    /// The owner's file whose one line is the password that the panel offers to set; see [`crate::preset`].
    pub preset_password_file: Option<PathBuf>,
}

impl PanelConfig {
    /// The owner's preset password, read now; `None` when he named no file.
    pub fn preset_password(&self) -> Option<Result<NewPassword, PresetError>> {
        self.preset_password_file.as_deref().map(preset::read)
    }
}

impl Identity {
    /// Without the file the Wi-Fi is off, and there is nothing to join.
    fn wifi_join(&self) -> Option<String> {
        let written = || match std::fs::read_to_string(&self.wifi_join_file) {
            Ok(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => {
                tracing::warn!(
                    "{}: {error}: no QR to join the box's Wi-Fi; check [box] wifi_join_file",
                    self.wifi_join_file.display()
                );
                None
            }
        };
        self.wifi_join.clone().or_else(written)
    }
}

impl Default for Identity {
    fn default() -> Self {
        Self {
            name: None,
            language: Language::En,
            export: ExportChoice::default(),
            wifi_join: None,
            wifi_join_file: "/run/resetbox-hotspot/join".into(),
            pin_file: None,
        }
    }
}

impl Default for StoreConfig {
    fn default() -> Self {
        Self {
            path: "/var/lib/resetbox/resetbox.db".into(),
        }
    }
}

impl Default for ClockConfig {
    fn default() -> Self {
        Self {
            trust: Trust::default(),
            ask_devices: true,
        }
    }
}

impl Default for LogConfig {
    fn default() -> Self {
        Self {
            level: "info".into(),
        }
    }
}

/// A mistake in the file, with its place.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ConfigError {
    /// It cannot be read at all.
    #[error("{path}: {why}: name an existing file, or leave --config away to run on defaults")]
    Unreadable {
        /// Which file.
        path: String,
        /// The system's words.
        why: String,
    },
    /// It is not UTF-8.
    #[error(
        "{path}:{line}:1: not UTF-8 text: retype the odd letter in this line, and save the file as UTF-8"
    )]
    Encoding {
        /// Which file.
        path: String,
        /// The line with the first odd byte.
        line: usize,
    },
    /// It says something that the box does not understand.
    #[error("{path}:{line}:{column}: {what}")]
    Mistake {
        /// Which file.
        path: String,
        /// Counts from 1.
        line: usize,
        /// Counts from 1, in characters.
        column: usize,
        /// What is wrong and what would be right.
        what: String,
    },
}

impl ConfigError {
    /// The mistake for a small glass that has said which file it is about.
    pub fn in_short(&self) -> String {
        match self {
            Self::Unreadable { path, why } => format!("{path}: {why}"),
            Self::Encoding { line, .. } => format!("line {line}: not UTF-8 text"),
            Self::Mistake {
                line, column, what, ..
            } => format!("line {line}, column {column}: {what}"),
        }
    }
}

impl Config {
    /// Reads and checks the file.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let shown = path.display().to_string();
        let bytes = std::fs::read(path).map_err(|error| ConfigError::Unreadable {
            path: shown.clone(),
            why: error.to_string(),
        })?;
        let text = editor::text(&bytes).map_err(|line| ConfigError::Encoding {
            path: shown.clone(),
            line,
        })?;
        Self::parse(&text, &shown)
    }

    /// What the box runs on when the file has a mistake: the defaults, but for what it takes to tell the mistake to a
    /// person in front of the box, the panel and its language, as far as the file says them readably.
    pub fn fallback(path: &Path) -> Self {
        let text = std::fs::read(path).map(|bytes| editor::forgiving(&bytes));
        Self::salvage(&text.unwrap_or_default())
    }

    fn salvage(text: &str) -> Self {
        let mut kept = Self::default();
        let mut section = String::new();
        for line in text.lines().map(str::trim) {
            if line.starts_with('[') {
                section = line.chars().filter(|c| !c.is_whitespace()).collect();
                continue;
            }
            let wanted = ["profile", "keys", "language"]
                .into_iter()
                .any(|item| line.starts_with(item));
            // Each line by itself: whatever is wrong elsewhere is no reason to leave the glass dark.
            let alone = |line: &str| Self::parse(&format!("{section}\n{line}\n"), "");
            if let Some(alone) = wanted.then(|| alone(line).ok()).flatten() {
                match section.split(']').next() {
                    Some("[box") => kept.identity.language = alone.identity.language,
                    Some("[panel") => {
                        kept.panel.profile = alone.panel.profile.or(kept.panel.profile);
                        kept.panel.keys = alone.panel.keys.or(kept.panel.keys);
                    }
                    _ => {}
                }
            }
        }
        kept
    }

    /// Checks the text; `path` is for the words only.
    pub fn parse(text: &str, path: &str) -> Result<Self, ConfigError> {
        let mistake = |(line, column), what| ConfigError::Mistake {
            path: path.into(),
            line,
            column,
            what,
        };
        let config: Self = toml::from_str(text).map_err(|error| {
            let (place, what) = told(text, &error);
            mistake(place, what)
        })?;
        let at = |section, item| place(text, offset_of(text, section, item));
        config
            .check()
            .map_err(|(section, word, what)| mistake(at(section, word), what))?;
        (config.mqtt.check())
            .map_err(|(item, what)| mistake(at("mqtt", item), format!("[mqtt] {item}: {what}")))?;
        Ok(config)
    }

    /// Reads the file and looks at the files that it names: mistakes with their places, then warnings. A box does not
    /// mind them: it tells them where they matter and goes on.
    pub fn check_files(&self, path: &Path) -> (Vec<String>, Vec<String>) {
        // It was read a moment ago; what is gone now has no places any more.
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let with_place = |section: &str, item: &str, what: String| {
            let (line, column) = place(&text, offset_of(&text, section, item));
            let path = path.display();
            format!("{path}:{line}:{column}: [{section}] {item}: {what}")
        };
        let shown = |all: Vec<(&'static str, String)>| {
            let about_mqtt = |(item, what)| with_place("mqtt", item, what);
            all.into_iter().map(about_mqtt).collect()
        };
        let (mistakes, warnings) = self.mqtt.check_files();
        let mut mistakes: Vec<String> = shown(mistakes);
        if let Some(Err(error)) = self.panel.preset_password() {
            mistakes.push(with_place(
                "panel",
                "preset_password_file",
                error.to_string(),
            ));
        }
        if let Some(name) = &self.panel.profile {
            mistakes.extend(Profile::load(name).err().map(|error| error.to_string()));
        }
        (mistakes, shown(warnings))
    }

    /// The core's share. The panel's own profile knows its keys.
    pub fn policy(&self, profile: Option<&Profile>) -> Policy {
        let box_id = box_id();
        Policy {
            box_name: self.identity.name.clone().unwrap_or_else(|| box_id.clone()),
            box_id,
            export: match self.identity.export {
                ExportChoice::StringAndSerial => sadp::ExportForm::StringAndSerial,
                ExportChoice::StringOnly => sadp::ExportForm::StringOnly,
            },
            language: self.identity.language,
            keys: (self.panel.keys)
                .or(profile.map(Profile::keys))
                .unwrap_or_default(),
            wifi_join: self.identity.wifi_join(),
            ..Policy::default()
        }
    }

    /// What the types cannot say. The error names the word to point at.
    fn check(&self) -> Result<(), (&'static str, &'static str, String)> {
        if self
            .identity
            .name
            .as_ref()
            .is_some_and(|name| name.trim().is_empty() || name.chars().count() > 32)
        {
            return Err((
                "box",
                "name",
                "the box's name must have 1 to 32 characters".into(),
            ));
        }
        if crate::log::levels(&self.log.level).is_none() {
            return Err((
                "log",
                "level",
                "the log level must be error, warn, info, debug or trace".into(),
            ));
        }
        if self.store.path.as_os_str().is_empty() {
            return Err(("store", "path", "the store needs the path of a file".into()));
        }
        // A file of one's own is read when the panel is begun: a mistake in it must not cost all other settings.
        if let Some(name) = &self.panel.profile
            && !profile::is_path(name)
        {
            Profile::load(name).map_err(|error| ("panel", "profile", error.to_string()))?;
        }
        Ok(())
    }
}

/// `rb-` and the last 6 of the board's serial, lower case; of the machine's id where there is no board.
fn box_id() -> String {
    let serial = ["/proc/device-tree/serial-number", "/etc/machine-id"]
        .iter()
        .find_map(|path| std::fs::read_to_string(path).ok())
        .unwrap_or_default();
    let letters: Vec<char> = serial.chars().filter(char::is_ascii_alphanumeric).collect();
    let tail: String = letters[letters.len().saturating_sub(6)..].iter().collect();
    format!("rb-{:0>6}", tail.to_ascii_lowercase())
}
