//! What the box is told: strict, and without a trace of what is secret.

use resetbox_core::Wall;
use resetbox_core::secret::SecretText;
use sadp::Mac;
use serde::{Deserialize, Deserializer, Serialize};

/// Chosen by the sender, a new one for each command: 1 to 64 letters, digits, `.`, `_`, `:` or `-`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(transparent)]
pub struct CommandId(String);

impl CommandId {
    /// The id, if it has the form of one.
    pub fn new(text: impl Into<String>) -> Option<Self> {
        let text = text.into();
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte);
        ((1..=64).contains(&text.len()) && text.bytes().all(fits)).then_some(Self(text))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for CommandId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(String::deserialize(deserializer)?).ok_or_else(|| {
            serde::de::Error::custom(
                "expected as `id` 1 to 64 letters, digits, dots, underscores, colons or dashes",
            )
        })
    }
}

/// After this moment the command must not be carried out any more (RFC 3339 in UTC).
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Expires(pub Wall);

impl<'de> Deserialize<'de> for Expires {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read_utc(&String::deserialize(deserializer)?)
            .map(Self)
            .ok_or_else(|| {
                serde::de::Error::custom("expected as `expires` a time like 2026-11-22T20:30:49Z")
            })
    }
}

impl Serialize for Expires {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// `2026-11-22T20:30:49Z`, with or without a fraction of a second.
fn read_utc(text: &str) -> Option<Wall> {
    fn numbers<const N: usize>(text: &str, mark: char, digits: [usize; N]) -> Option<[i64; N]> {
        let mut parts = text.split(mark);
        let mut all = [0; N];
        for (place, digits) in all.iter_mut().zip(digits) {
            let part = parts.next()?;
            let fits = part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit());
            *place = fits.then(|| part.parse().ok())??;
        }
        parts.next().is_none().then_some(all)
    }
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
    let [hour, minute, second] = numbers(time.split('.').next()?, ':', [2, 2, 2])?;
    // Howard Hinnant's civil-to-days, with the year beginning on 1 March.
    let (y, m) = if month <= 2 {
        (year - 1, month + 9)
    } else {
        (year, month - 3)
    };
    let (era, yoe) = (y.div_euclid(400), y.rem_euclid(400));
    let doe = yoe * 365 + yoe / 4 - yoe / 100 + (153 * m + 2) / 5 + day - 1;
    let days = era * 146_097 + doe - 719_468;
    let wall = Wall((((days * 24 + hour) * 60 + minute) * 60 + second) * 1000);
    // What does not come out as it went in is no date: the 31st of February.
    let (y, mo, d, h, mi, s) = wall.civil();
    let out = [y, mo.into(), d.into(), h.into(), mi.into(), s.into()];
    (out == [year, month, day, hour, minute, second]).then_some(wall)
}

/// Reads the `id` of any command and nothing else: for answers to what could not be read.
#[derive(Deserialize)]
pub struct IdOnly {
    /// The id, if it has the form of one.
    pub id: CommandId,
}

/// `scan`, `identify`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plain {
    /// Names the command.
    pub id: CommandId,
    /// Not after this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Expires>,
}

/// `open-case`: the device is asked for its device code, once.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenCase {
    /// Names the command.
    pub id: CommandId,
    /// Not after this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Expires>,
    /// The device.
    #[serde(deserialize_with = "mac", serialize_with = "as_text")]
    pub mac: Mac,
}

/// `lamp`: blink the device, or stop.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lamp {
    /// Names the command.
    pub id: CommandId,
    /// Not after this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Expires>,
    /// The device.
    #[serde(deserialize_with = "mac", serialize_with = "as_text")]
    pub mac: Mac,
    /// Start.
    pub on: bool,
}

/// `cancel-case`, `withdraw`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseCommand {
    /// Names the command.
    pub id: CommandId,
    /// Not after this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Expires>,
    /// The case.
    pub case: String,
}

/// `confirm`: a person says, send it to this device.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confirm {
    /// Names the command.
    pub id: CommandId,
    /// Not after this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Expires>,
    /// The case.
    pub case: String,
    /// The `submission` that is meant, as the hand-over's result or the case names it.
    pub submission: String,
    /// The whole serial of the device that is meant.
    pub serial: String,
    /// Send although the case says `must_insist`.
    #[serde(default)]
    pub insist: bool,
}

/// `resolve`: after an attempt without an answer a person found out whether the new password works.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resolve {
    /// Names the command.
    pub id: CommandId,
    /// Not after this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Expires>,
    /// The case.
    pub case: String,
    /// It does.
    pub worked: bool,
}

/// `submit-key`: the vendor's key and the new password. Never written anywhere: no `Serialize`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubmitKey {
    /// Names the command.
    pub id: CommandId,
    /// Not after this.
    #[serde(default)]
    pub expires: Option<Expires>,
    /// The case.
    pub case: String,
    /// The vendor's key.
    #[serde(deserialize_with = "secret")]
    pub key: SecretText,
    /// The device's new password.
    #[serde(deserialize_with = "secret")]
    pub new_password: SecretText,
    /// Have a recorder set it on its cameras too.
    #[serde(default)]
    pub sync_cameras: bool,
    /// The whole serial of the device that is meant: the person's confirmation, sends at once when it is the case's.
    #[serde(default)]
    pub serial: Option<String>,
}

/// `submit-file`: the vendor's answer file instead of a typed key.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubmitFile {
    /// Names the command.
    pub id: CommandId,
    /// Not after this.
    #[serde(default)]
    pub expires: Option<Expires>,
    /// The case.
    pub case: String,
    /// The file's whole text.
    #[serde(deserialize_with = "secret")]
    pub file: SecretText,
    /// The device's new password.
    #[serde(deserialize_with = "secret")]
    pub new_password: SecretText,
    /// Have a recorder set it on its cameras too.
    #[serde(default)]
    pub sync_cameras: bool,
    /// As in `submit-key`.
    #[serde(default)]
    pub serial: Option<String>,
}

/// `submit-password`: the first password of a device that has none.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubmitPassword {
    /// Names the command.
    pub id: CommandId,
    /// Not after this.
    #[serde(default)]
    pub expires: Option<Expires>,
    /// The case.
    pub case: String,
    /// The device's first password.
    #[serde(deserialize_with = "secret")]
    pub new_password: SecretText,
    /// As in `submit-key`.
    #[serde(default)]
    pub serial: Option<String>,
}

/// `check-login`: does this password log in at the device's own web page? Tried once for each end of a case.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckLogin {
    /// Names the command.
    pub id: CommandId,
    /// Not after this.
    #[serde(default)]
    pub expires: Option<Expires>,
    /// The case.
    pub case: String,
    /// The password that was set.
    #[serde(deserialize_with = "secret")]
    pub password: SecretText,
}

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SecretText, D::Error> {
    String::deserialize(deserializer).map(SecretText::new)
}

fn mac<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Mac, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(|_| {
        serde::de::Error::custom("expected as `mac` a hardware address like 44-47-cc-37-ce-81")
    })
}

fn as_text<S: serde::Serializer>(mac: &Mac, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(mac)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_they_are_written() {
        for text in [
            "1970-01-01T00:00:00Z",
            "2026-11-22T20:30:49Z",
            "2028-02-29T23:59:59Z",
        ] {
            let read = read_utc(text).map(|wall| wall.to_string());
            assert_eq!(read.as_deref(), Some(text));
        }
        assert_eq!(
            read_utc("2026-11-22T20:30:49.25Z"),
            read_utc("2026-11-22T20:30:49Z")
        );
        for text in [
            "",
            "now",
            "2026-02-31T00:00:00Z",
            "2026-11-22T24:00:00Z",
            "2026-11-22 20:30:49Z",
            "2026-11-22T20:30:49+02:00",
            "2026-11-22T20:30Z",
        ] {
            assert_eq!(read_utc(text), None, "{text}");
        }
    }

    #[test]
    fn ids_have_a_form() {
        assert!(CommandId::new("7b0c2f5e-1.A_z:9").is_some());
        for text in ["", "two words", "\u{e9}", "a/b", &"x".repeat(65)] {
            assert!(CommandId::new(text).is_none(), "{text}");
        }
    }

    #[test]
    fn unknown_fields_and_missing_ids_are_refused() {
        let read = |text: &str| serde_json::from_str::<OpenCase>(text);
        assert!(read(r#"{"id":"1","mac":"44-47-cc-37-ce-81"}"#).is_ok());
        assert!(read(r#"{"mac":"44-47-cc-37-ce-81"}"#).is_err());
        assert!(read(r#"{"id":"1","mac":"44-47-cc-37-ce-81","colour":1}"#).is_err());
        assert!(read(r#"{"id":"1","mac":"camera"}"#).is_err());
        let id: IdOnly = serde_json::from_str(r#"{"colour":{"a":[1]},"id":"7"}"#).expect("an id");
        assert_eq!(id.id.as_str(), "7");
    }

    #[test]
    fn nothing_secret_is_printed() {
        let text = r#"{"id":"1","case":"c","key":"Mrkr0001","new_password":"Mrkr+0002"}"#;
        let command: SubmitKey = serde_json::from_str(text).expect("a command");
        assert!(!format!("{command:?}").contains("Mrkr"));
    }
}
