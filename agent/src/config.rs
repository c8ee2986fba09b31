//! `resetbox.toml`: what an owner may change. Every item has a default; an unknown one is refused, with
//! line and column, so that a typing mistake never goes unnoticed.

use std::path::{Path, PathBuf};

use resetbox_core::Policy;
use resetbox_core::policy::{KeySet, Language};
use resetbox_core::rules::NewPassword;
use serde::Deserialize;

use crate::clock::Trust;
use crate::http::HttpConfig;
use crate::mistake::{offset_of, place};
use crate::mqtt::MqttConfig;
use crate::net::NetConfig;
use crate::preset::{self, PresetError};
use crate::profile::{self, Profile};

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
    #[error("{path}:{line}:1: not UTF-8 text: save the file as UTF-8")]
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

impl Config {
    /// Reads and checks the file.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let shown = path.display().to_string();
        let bytes = std::fs::read(path).map_err(|error| ConfigError::Unreadable {
            path: shown.clone(),
            why: error.to_string(),
        })?;
        // A PC's editor may have put a mark before the text.
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
        let text = std::str::from_utf8(bytes).map_err(|error| ConfigError::Encoding {
            path: shown.clone(),
            line: 1 + bytes[..error.valid_up_to()]
                .iter()
                .filter(|&&byte| byte == b'\n')
                .count(),
        })?;
        Self::parse(text, &shown)
    }

    /// Checks the text; `path` is for the words only.
    pub fn parse(text: &str, path: &str) -> Result<Self, ConfigError> {
        let mistake = |offset: usize, what: String| {
            let (line, column) = place(text, offset);
            ConfigError::Mistake {
                path: path.into(),
                line,
                column,
                what,
            }
        };
        let config: Self = toml::from_str(text).map_err(|error| {
            mistake(
                error.span().map_or(0, |span| span.start),
                error.message().replace('\n', "; "),
            )
        })?;
        config
            .check()
            .map_err(|(section, word, what)| mistake(offset_of(text, section, word), what))?;
        config.mqtt.check().map_err(|(item, what)| {
            mistake(
                offset_of(text, "mqtt", item),
                format!("[mqtt] {item}: {what}"),
            )
        })?;
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

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        Config::parse(text, "resetbox.toml")
            .expect_err("a mistake")
            .to_string()
    }

    #[test]
    fn an_empty_file_is_the_defaults() {
        assert_eq!(Config::parse("", "x"), Ok(Config::default()));
    }

    #[test]
    fn every_item_of_the_example_is_known_and_is_the_default() {
        let example = include_str!("../resetbox.example.toml");
        assert_eq!(Config::parse(example, "example"), Ok(Config::default()));
        // With the comment signs taken away, every item must still be known.
        let all: String = example
            .lines()
            .map(|line| line.strip_prefix("#: ").unwrap_or(line))
            .flat_map(|line| [line, "\n"])
            .collect();
        Config::parse(&all, "example").expect("every commented item is known");
    }

    #[test]
    fn the_join_text_comes_from_the_wifi_that_is_on() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        std::fs::write(file.path(), "WIFI:T:WPA;S:a;P:b;;\n").expect("written");
        let path = format!("[box]\nwifi_join_file = {:?}\n", file.path());
        let join = |text: &str| {
            Config::parse(text, "x")
                .expect("no mistake")
                .identity
                .wifi_join()
        };
        assert_eq!(join(&path).as_deref(), Some("WIFI:T:WPA;S:a;P:b;;"));
        let both = format!("{path}wifi_join = \"WIFI:own\"\n");
        assert_eq!(join(&both).as_deref(), Some("WIFI:own"));
        assert_eq!(join("[box]\nwifi_join_file = \"/nowhere/join\"\n"), None);
    }

    #[test]
    fn a_mistake_has_line_and_column() {
        let unknown = error("[box]\nname = \"x\"\n  colour = 1\n");
        assert!(
            unknown.starts_with("resetbox.toml:3:3: unknown field `colour`"),
            "{unknown}"
        );
        let kind = error("[box]\nname = 7\n");
        assert!(
            kind.starts_with("resetbox.toml:2:8: invalid type"),
            "{kind}"
        );
        let language = error("[box]\nlanguage = \"fr\"\n");
        assert!(language.contains("`en` or `id`"), "{language}");
        let broken = error("[box\n");
        assert!(broken.starts_with("resetbox.toml:1:"), "{broken}");
        let profile = error("[panel]\nprofile = \"waveshare\"\n");
        assert!(
            profile.starts_with("resetbox.toml:2:1: there is no profile `waveshare`"),
            "{profile}"
        );
        let level = error("[log]\nlevel = \"a=b=c\"\n");
        assert!(
            level.starts_with("resetbox.toml:2:1: the log level"),
            "{level}"
        );
    }

    #[test]
    fn a_mistake_about_the_broker_has_its_line() {
        let text = "[box]\nname = \"base\"\n\n[mqtt]\n  broker = \"mqtt://b\"\n  base = \"#\"\n";
        let error = error(text);
        assert!(
            error.starts_with("resetbox.toml:6:3: [mqtt] base: "),
            "{error}"
        );
        let url = Config::parse("[mqtt]\nbroker = \"b\"\n", "x").expect_err("a mistake");
        assert!(
            url.to_string().starts_with("x:2:10: the broker's URL"),
            "{url}"
        );
    }

    #[test]
    fn bytes_that_are_no_text_are_named_by_line() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        std::fs::write(file.path(), b"\xef\xbb\xbf[box]\nname = \"\xff\"\n").expect("written");
        let error = Config::read(file.path())
            .expect_err("not UTF-8")
            .to_string();
        assert!(error.contains(":2:1: not UTF-8"), "{error}");
        let missing = Config::read(Path::new("/nowhere/resetbox.toml")).expect_err("missing");
        assert!(
            missing.to_string().contains("/nowhere/resetbox.toml"),
            "{missing}"
        );
    }
}
