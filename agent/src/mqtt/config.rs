//! `[mqtt]`: what an owner says about his broker, and every mistake in it by the item that holds it.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use super::contract;
use super::dial::{BrokerUrl, Dial, Version, WallTime, system_time};
use super::tls;
use super::trouble::Trouble;

/// A sign of life at least so often: rare enough that an idle box sleeps.
const KEEP_ALIVE: Duration = Duration::from_secs(60);
/// A frame that holds the longest command and its topic.
const MAX_PACKET: usize = contract::COMMAND_LIMIT + 512;

/// The MQTT shell's share of the configuration.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MqttConfig {
    /// The owner's broker, `mqtts://host:8883` or `mqtt://host:1883`. None: MQTT is off.
    pub broker: Option<BrokerUrl>,
    /// 4 or "3.1.1", 5 or "5".
    pub version: Version,
    /// The box's name at the broker; default is the box id.
    pub client_id: Option<String>,
    /// User at the broker.
    pub user: Option<String>,
    /// The first line of this file is the user's password.
    pub password_file: Option<PathBuf>,
    /// PEM: the authority that signed the broker's certificate.
    pub ca_file: Option<PathBuf>,
    /// PEM: the box's own certificate, if the broker wants one.
    pub client_cert_file: Option<PathBuf>,
    /// PEM: its key.
    pub client_key_file: Option<PathBuf>,
    /// Where the box stands, in the owner's words.
    pub site: Option<String>,
    /// What topics begin with.
    pub base: String,
    /// Publish device codes.
    pub publish_qr: bool,
    /// Announce the box to Home Assistant.
    pub home_assistant: bool,
    /// What Home Assistant's discovery topics begin with.
    pub discovery_prefix: String,
}

impl Default for MqttConfig {
    fn default() -> Self {
        Self {
            broker: None,
            version: Version::V4,
            client_id: None,
            user: None,
            password_file: None,
            ca_file: None,
            client_cert_file: None,
            client_key_file: None,
            site: None,
            base: contract::BASE.into(),
            publish_qr: false,
            home_assistant: false,
            discovery_prefix: "homeassistant".into(),
        }
    }
}

/// The item that holds a mistake, and what is wrong with it.
pub type Mistake = (&'static str, String);

impl MqttConfig {
    /// What the types cannot say and no file is needed for.
    pub fn check(&self) -> Result<(), Mistake> {
        let wrong = |item, what: &str| Err((item, what.to_owned()));
        for (item, prefix) in [
            ("base", &self.base),
            ("discovery_prefix", &self.discovery_prefix),
        ] {
            let fits = |c: char| !c.is_control() && !"+#".contains(c);
            let whole = prefix.split('/').all(|level| !level.is_empty());
            if prefix.len() > 100 || !whole || !prefix.chars().all(fits) || prefix.starts_with('$')
            {
                return wrong(
                    item,
                    "must be the beginning of a topic, for example \"resetbox/v1\": no +, no #, no empty level, at most \
                     100 bytes",
                );
            }
        }
        if self
            .client_id
            .as_ref()
            .is_some_and(|id| id.is_empty() || id.len() > 64)
        {
            return wrong("client_id", "must have 1 to 64 bytes");
        }
        if self
            .site
            .as_ref()
            .is_some_and(|site| site.trim().is_empty() || site.chars().count() > 64)
        {
            return wrong("site", "must have 1 to 64 characters");
        }
        if self.password_file.is_some() && self.user.is_none() {
            return wrong("password_file", "a password needs a user: set user too");
        }
        match (&self.client_cert_file, &self.client_key_file) {
            (Some(_), None) => {
                return wrong(
                    "client_cert_file",
                    "a certificate needs its key: set client_key_file too",
                );
            }
            (None, Some(_)) => {
                return wrong(
                    "client_key_file",
                    "a key needs its certificate: set client_cert_file too",
                );
            }
            _ => {}
        }
        match &self.broker {
            Some(url) if url.tls && self.ca_file.is_none() => wrong(
                "broker",
                "mqtts:// needs ca_file, the certificate of the authority that signed the broker's (for a public one \
                 /etc/ssl/certs/ca-certificates.crt)",
            ),
            Some(url) if !url.tls && self.ca_file.is_some() => wrong(
                "ca_file",
                "has a meaning with mqtts:// only: is the broker's URL right?",
            ),
            Some(url) if !url.tls && self.client_cert_file.is_some() => wrong(
                "client_cert_file",
                "has a meaning with mqtts:// only: is the broker's URL right?",
            ),
            _ => Ok(()),
        }
    }

    /// What is wrong with the files it names: mistakes, and things worth a warning.
    pub fn check_files(&self) -> (Vec<Mistake>, Vec<Mistake>) {
        let (mut mistakes, mut warnings) = (Vec::new(), Vec::new());
        let Some(dial) = self.dial("rb-000000") else {
            return (mistakes, warnings);
        };
        if let Err(trouble) = super::client::check_password(&dial) {
            mistakes.push(("password_file", trouble.to_string()));
        }
        if dial.url.tls
            && let Err(trouble) = tls::check_files(&dial, &system_time())
        {
            mistakes.push((self.item_of(&trouble), trouble.to_string()));
        }
        for (item, path) in [
            ("password_file", &self.password_file),
            ("client_key_file", &self.client_key_file),
        ] {
            if let Some(path) = path.as_deref().filter(|path| is_open_to_all(path)) {
                let what = format!("{} can be read by everybody: chmod 600 it", path.display());
                warnings.push((item, what));
            }
        }
        if !dial.url.tls {
            warnings.push((
                "broker",
                "mqtt:// is read by whoever listens, and submit-key is refused unless the broker is on this machine: \
                 mqtts:// is safe"
                    .into(),
            ));
        }
        (mistakes, warnings)
    }

    fn item_of(&self, trouble: &Trouble) -> &'static str {
        let is = |file: &Option<PathBuf>, path: &Path| file.as_deref() == Some(path);
        match trouble {
            Trouble::File { path, .. } if is(&self.client_key_file, path) => "client_key_file",
            Trouble::File { path, .. } if is(&self.client_cert_file, path) => "client_cert_file",
            _ => "ca_file",
        }
    }

    /// How the broker is reached; `None` while MQTT is off.
    pub fn dial(&self, box_id: &str) -> Option<Dial> {
        let topics = contract::Topics::new(&self.base);
        Some(Dial {
            url: self.broker.clone()?,
            version: self.version,
            client_id: self.client_id.clone().unwrap_or_else(|| box_id.to_owned()),
            user: self.user.clone(),
            password_file: self.password_file.clone(),
            ca_file: self.ca_file.clone(),
            client_cert: self
                .client_cert_file
                .clone()
                .zip(self.client_key_file.clone()),
            keep_alive: KEEP_ALIVE,
            will: Some((
                topics.name(box_id, &contract::Topic::Availability),
                contract::OFFLINE,
            )),
            max_packet: MAX_PACKET,
        })
    }
}

fn is_open_to_all(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|about| about.mode() & 0o004 != 0)
}

/// The time as the box's view knows it.
pub(crate) fn view_time(
    view: &tokio::sync::watch::Receiver<std::sync::Arc<resetbox_core::View>>,
) -> WallTime {
    let view = view.clone();
    std::sync::Arc::new(move || view.borrow().wall)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistake(text: &str) -> Mistake {
        let config: MqttConfig = toml::from_str(text).expect("TOML");
        config.check().expect_err("a mistake")
    }

    #[test]
    fn each_mistake_names_its_item() {
        for (text, item) in [
            ("base = \"a/+/b\"", "base"),
            ("base = \"\"", "base"),
            ("discovery_prefix = \"x#\"", "discovery_prefix"),
            ("client_id = \"\"", "client_id"),
            ("site = \" \"", "site"),
            ("password_file = \"/p\"", "password_file"),
            ("client_cert_file = \"/c\"", "client_cert_file"),
            ("client_key_file = \"/k\"", "client_key_file"),
            ("broker = \"mqtts://b\"", "broker"),
            ("broker = \"mqtt://b\"\nca_file = \"/c\"", "ca_file"),
        ] {
            assert_eq!(mistake(text).0, item, "{text}");
        }
    }

    #[test]
    fn versions_are_spelt_as_people_do() {
        for (text, version) in [
            ("version = 4", Version::V4),
            ("version = 5", Version::V5),
            ("version = \"3.1.1\"", Version::V4),
            ("version = \"5\"", Version::V5),
        ] {
            let config: MqttConfig = toml::from_str(text).expect(text);
            assert_eq!(config.version, version);
        }
        for text in ["version = 3", "version = true", "version = \"3.1\""] {
            let error = toml::from_str::<MqttConfig>(text).expect_err(text);
            assert!(error.to_string().contains("3.1.1"), "{error}");
        }
    }

    #[test]
    fn files_are_looked_at() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let secret = folder.path().join("password");
        std::fs::write(&secret, "Mrkr0001\n").expect("written");
        std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o644)).expect("set");
        let config = MqttConfig {
            broker: Some("mqtts://broker.example".parse().expect("a URL")),
            user: Some("box".into()),
            password_file: Some(secret.clone()),
            ca_file: Some(folder.path().join("missing.pem")),
            ..MqttConfig::default()
        };
        let (mistakes, warnings) = config.check_files();
        assert_eq!(mistakes.len(), 1, "{mistakes:?}");
        assert_eq!(mistakes[0].0, "ca_file");
        assert!(mistakes[0].1.contains("missing.pem"), "{mistakes:?}");
        assert_eq!(warnings[0].0, "password_file");
        assert!(!format!("{mistakes:?}{warnings:?}").contains("Mrkr"));
        std::fs::write(&secret, "\n").expect("written");
        assert_eq!(config.check_files().0[0].0, "password_file");
    }
}
