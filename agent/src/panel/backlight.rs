//! The light behind the glass: a line, a device class of the kernel, or a PWM channel.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use gpiocdev::Request;
use gpiocdev::line::Value;

use crate::gpio;
use crate::profile::{self, Pwm};

/// Fast enough that nobody sees it flicker, slow enough for every transistor.
const PERIOD_NS: u64 = 1_000_000;
const PWM: &str = "/sys/class/pwm";

/// What can light a glass.
pub(super) enum Backlight {
    /// Nobody can switch it.
    Always,
    /// On or off.
    Line(Request),
    /// 0 to `most`, in this file.
    Class { file: PathBuf, most: u64 },
    /// On so long in every period, in this file.
    Pwm { file: PathBuf },
}

impl Backlight {
    /// Opens what the profile names; it is dark at first.
    pub(super) fn open(
        light: Option<&profile::Backlight>,
        gpio: &profile::Gpio,
    ) -> Result<Self, String> {
        let Some(light) = light else {
            return Ok(Self::Always);
        };
        if let Some(line) = light.gpio {
            let request = gpio::find_chip(gpio)
                .and_then(|chip| chip.outputs(&[(line, "backlight")], light.active_low))
                .map_err(|error| error.to_string())?;
            return Ok(Self::Line(request));
        }
        match (&light.class, &light.pwm) {
            (Some(folder), _) => Self::class(folder),
            (_, Some(pwm)) => Self::pwm(Path::new(PWM), pwm),
            // A profile has exactly one of the three.
            (None, None) => Ok(Self::Always),
        }
    }

    fn class(folder: &Path) -> Result<Self, String> {
        let file = folder.join("brightness");
        let most = read(&folder.join("max_brightness"))?;
        let class = Self::Class { file, most };
        class.set(0)?;
        Ok(class)
    }

    fn pwm(root: &Path, pwm: &Pwm) -> Result<Self, String> {
        let chip = root.join(&pwm.chip);
        let channel = chip.join(format!("pwm{}", pwm.channel));
        if !channel.exists() {
            write(&chip.join("export"), pwm.channel.into())?;
        }
        // The kernel refuses a period that is shorter than the time that it is on.
        write(&channel.join("duty_cycle"), 0)?;
        write(&channel.join("period"), PERIOD_NS)?;
        write(&channel.join("enable"), 1)?;
        let file = channel.join("duty_cycle");
        Ok(Self::Pwm { file })
    }

    /// 0 is dark, 100 is full.
    pub(super) fn set(&self, percent: u8) -> Result<(), String> {
        let share = |whole: u64| {
            let part = whole * u64::from(percent.min(100)) / 100;
            // What is to be dim must not be dark.
            part.max(u64::from(percent > 0))
        };
        match self {
            Self::Always => Ok(()),
            Self::Line(line) => line
                .set_lone_value(match percent {
                    0 => Value::Inactive,
                    _ => Value::Active,
                })
                .map_err(|error| format!("the line of the backlight: {error}")),
            Self::Class { file, most } => write(file, share(*most)),
            Self::Pwm { file } => write(file, share(PERIOD_NS)),
        }
    }
}

fn read(file: &Path) -> Result<u64, String> {
    let text = fs::read_to_string(file).map_err(|error| explain(file, &error))?;
    text.trim().parse().map_err(|_| {
        format!(
            "{}: no number: it is no backlight or LED; correct [backlight] in the profile",
            file.display()
        )
    })
}

fn write(file: &Path, value: u64) -> Result<(), String> {
    fs::write(file, value.to_string()).map_err(|error| explain(file, &error))
}

fn explain(file: &Path, error: &std::io::Error) -> String {
    let remedy = match error.kind() {
        ErrorKind::NotFound => "load its driver or overlay, or correct [backlight] in the profile",
        ErrorKind::PermissionDenied => "let the user write it (a udev rule), or run as root",
        _ => "see which driver or program holds it",
    };
    format!("{}: {error}: {remedy}", file.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_takes_its_share_and_is_never_dark_while_it_is_on() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("max_brightness"), "31\n").expect("written");
        let light = Backlight::class(folder.path()).expect("a class");
        let brightness = || fs::read_to_string(folder.path().join("brightness")).expect("written");
        assert_eq!(brightness(), "0", "dark until there is something to see");
        for (percent, expected) in [(100, "31"), (50, "15"), (1, "1"), (0, "0"), (255, "31")] {
            light.set(percent).expect("a folder takes it");
            assert_eq!(brightness(), expected, "{percent} %");
        }
    }

    #[test]
    fn a_pwm_channel_is_exported_only_when_it_is_not_there() {
        let folder = tempfile::tempdir().expect("a folder");
        let pwm = Pwm {
            chip: "pwmchip0".into(),
            channel: 1,
        };
        let error = Backlight::pwm(folder.path(), &pwm).err().expect("no chip");
        assert!(
            error.contains("pwmchip0/export") && error.contains("overlay"),
            "{error}"
        );
        let channel = folder.path().join("pwmchip0/pwm1");
        fs::create_dir_all(&channel).expect("a folder");
        let light = Backlight::pwm(folder.path(), &pwm).expect("a channel");
        light.set(25).expect("a folder takes it");
        let file = |name: &str| fs::read_to_string(channel.join(name)).expect("written");
        assert_eq!(
            (&*file("period"), &*file("duty_cycle"), &*file("enable")),
            ("1000000", "250000", "1")
        );
        assert!(!folder.path().join("pwmchip0/export").exists());
    }

    #[test]
    fn a_class_that_is_none_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let missing = Backlight::class(folder.path())
            .err()
            .expect("nothing there");
        assert!(
            missing.contains("max_brightness") && missing.contains("profile"),
            "{missing}"
        );
        fs::write(folder.path().join("max_brightness"), "bright").expect("written");
        let error = Backlight::class(folder.path()).err().expect("no number");
        assert!(error.contains("no number"), "{error}");
    }
}
