//! Panel profiles: which controller, lines, keys and LEDs a panel has, as a TOML file. The usual ones are built in;
//! a builder writes his own. `agent/panels/README.md` explains every item.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use resetbox_core::policy::KeySet;
use resetbox_core::screen::Button;
use resetbox_view::Geometry;
use serde::Deserialize;

use crate::mistake::{offset_of, place, told};

mod check;
mod reading;

use reading::{pair, some_pair};

/// The profiles inside the binary, by name.
const BUILT_IN: [(&str, &str); 6] = [
    (
        "pimoroni-display-hat-mini",
        include_str!("../panels/pimoroni-display-hat-mini.toml"),
    ),
    (
        "waveshare-1in3-lcd-hat",
        include_str!("../panels/waveshare-1in3-lcd-hat.toml"),
    ),
    (
        "waveshare-1in44-lcd-hat",
        include_str!("../panels/waveshare-1in44-lcd-hat.toml"),
    ),
    (
        "waveshare-2in4-lcd",
        include_str!("../panels/waveshare-2in4-lcd.toml"),
    ),
    (
        "adafruit-pitft-2in8",
        include_str!("../panels/adafruit-pitft-2in8.toml"),
    ),
    (
        "adafruit-pitft-3in5",
        include_str!("../panels/adafruit-pitft-3in5.toml"),
    ),
];

/// A panel with its keys and LEDs.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// What people call it.
    pub title: String,
    /// `[glass]`
    pub glass: Glass,
    /// `[spi]`; every panel with a controller has it.
    pub spi: Option<Spi>,
    /// `[gpio]`
    #[serde(default)]
    pub gpio: Gpio,
    /// `[lines]`; every panel with a controller has it.
    pub lines: Option<Lines>,
    /// `[backlight]`; without it the backlight is always on.
    pub backlight: Option<Backlight>,
    /// `[buttons]`
    pub buttons: Option<Buttons>,
    /// `[leds]`
    pub leds: Option<Leds>,
}

/// `[glass]`: the picture and how the controller holds it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Glass {
    /// Which chip drives the glass.
    pub controller: Controller,
    /// Pixels per row as the box is held.
    pub width: u16,
    /// Rows as the box is held.
    pub height: u16,
    /// From one pixel to the next in micrometres.
    pub pitch_um: f32,
    /// Degrees, clockwise, from the controller's own upright to the box's.
    #[serde(default)]
    pub rotation: u16,
    /// The glass is wired from right to left.
    #[serde(default)]
    pub mirrored: bool,
    /// Columns and rows of the controller's memory, where the module is strapped to another size than the chip's.
    #[serde(default, deserialize_with = "some_pair")]
    pub ram: Option<(u16, u16)>,
    /// Column and row of the memory where the glass begins, before any rotation.
    #[serde(default, deserialize_with = "pair")]
    pub offset: (u16, u16),
    /// Colours come out inverted unless the controller inverts them (most IPS glasses).
    #[serde(default)]
    pub inverted: bool,
    /// Order of the colours on the glass.
    #[serde(default)]
    pub order: Order,
}

/// The chips that are driven.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Controller {
    /// Sitronix, up to 240 x 320.
    St7789,
    /// Sitronix, up to 132 x 162.
    St7735s,
    /// Ilitek, up to 240 x 320.
    Ili9341,
    /// No glass, or one that nothing here drives: the size is for the panel mirror.
    None,
}

impl Controller {
    /// Columns and rows of its memory; for a module that is strapped otherwise there is [`Glass::ram`].
    pub fn ram(self) -> (u16, u16) {
        match self {
            Self::St7789 | Self::Ili9341 => (240, 320),
            Self::St7735s => (132, 162),
            Self::None => (u16::MAX, u16::MAX),
        }
    }
}

/// Order of the colours.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// Red first.
    #[default]
    Rgb,
    /// Blue first.
    Bgr,
}

/// `[spi]`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spi {
    /// `/dev/spidevBUS.CHIPSELECT`.
    pub device: PathBuf,
    /// The fastest clock that is safe, in MHz.
    pub mhz: u32,
}

/// `[gpio]`: which chip the lines are on.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gpio {
    /// Labels; the first chip that has one of them, in this order. A chip's number changes, its label does not.
    pub chips: Vec<String>,
}

impl Default for Gpio {
    fn default() -> Self {
        // Raspberry Pi 5; 4; Zero to 3.
        let chips = ["pinctrl-rp1", "pinctrl-bcm2711", "pinctrl-bcm2835"];
        Self {
            chips: chips.map(str::to_owned).into(),
        }
    }
}

/// `[lines]`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lines {
    /// Data or command.
    pub dc: u32,
    /// Reset, active low; without it the controller is reset by command.
    pub reset: Option<u32>,
}

/// `[backlight]`: exactly one of `gpio`, `class`, `pwm`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Backlight {
    /// A line: on or off.
    pub gpio: Option<u32>,
    /// The line lights when it is low.
    #[serde(default)]
    pub active_low: bool,
    /// A folder below `/sys/class/backlight` or `/sys/class/leds`: can be dimmed.
    pub class: Option<PathBuf>,
    /// A channel of a PWM chip: can be dimmed.
    pub pwm: Option<Pwm>,
}

/// `pwm` in `[backlight]`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pwm {
    /// A folder below `/sys/class/pwm`, for example `pwmchip0`.
    pub chip: String,
    /// Its channel.
    pub channel: u32,
}

/// `[buttons]`: one line or several per key, active low, with the chip's own pull-up.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Buttons {
    /// Up.
    #[serde(default)]
    pub up: OneOrMore,
    /// Down.
    #[serde(default)]
    pub down: OneOrMore,
    /// Ok.
    #[serde(default)]
    pub ok: OneOrMore,
    /// Back.
    #[serde(default)]
    pub back: OneOrMore,
    /// Joystick left.
    #[serde(default)]
    pub left: OneOrMore,
    /// Joystick right.
    #[serde(default)]
    pub right: OneOrMore,
    /// A contact must rest so long before it counts; the kernel watches.
    #[serde(default = "Buttons::debounce")]
    pub debounce_ms: u32,
    /// The chip pulls up; switch it off where resistors do.
    #[serde(default = "yes")]
    pub pull_up: bool,
}

impl Buttons {
    fn debounce() -> u32 {
        8
    }

    /// Every key with its lines.
    pub fn keys(&self) -> [(Button, &str, &[u32]); 6] {
        [
            (Button::Up, "up", &self.up.0),
            (Button::Down, "down", &self.down.0),
            (Button::Ok, "ok", &self.ok.0),
            (Button::Back, "back", &self.back.0),
            (Button::Left, "left", &self.left.0),
            (Button::Right, "right", &self.right.0),
        ]
    }

    /// Which key each line is.
    pub fn lines(&self) -> BTreeMap<u32, Button> {
        self.keys()
            .into_iter()
            .flat_map(|(button, _, lines)| lines.iter().map(move |line| (*line, button)))
            .collect()
    }
}

/// A number or a list of numbers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OneOrMore(pub Vec<u32>);

/// `[leds]`: either `red`, `green`, `blue` or `link`, `case`, `alarm`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leds {
    /// Red of one RGB LED.
    pub red: Option<Light>,
    /// Its green.
    pub green: Option<Light>,
    /// Its blue.
    pub blue: Option<Light>,
    /// The first of three LEDs.
    pub link: Option<Light>,
    /// The second.
    pub case: Option<Light>,
    /// The third.
    pub alarm: Option<Light>,
    /// Lines light when they are low.
    #[serde(default)]
    pub active_low: bool,
}

impl Leds {
    /// The one RGB LED or the three LEDs, whichever they are.
    pub fn lights(&self) -> Option<Lights> {
        let all = |a: &Option<Light>, b: &Option<Light>, c: &Option<Light>| {
            Some([a.clone()?, b.clone()?, c.clone()?])
        };
        all(&self.red, &self.green, &self.blue)
            .map(Lights::Rgb)
            .or_else(|| all(&self.link, &self.case, &self.alarm).map(Lights::Three))
    }
}

/// What kind of indicators there are.
#[derive(Clone, Debug, PartialEq)]
pub enum Lights {
    /// Red, green, blue of one LED.
    Rgb([Light; 3]),
    /// Link, case, alarm.
    Three([Light; 3]),
}

/// One LED: a line by its number, or a name below `/sys/class/leds`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Light {
    /// A line: on or off.
    Gpio(u32),
    /// An LED that the kernel knows: can be dimmed if its driver can.
    Class(String),
}

/// Why a profile cannot be used.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum ProfileError {
    /// No profile is called so.
    #[error(
        "there is no profile `{name}`: take {}, or the path of your own, which has a / in it",
        known()
    )]
    Unknown {
        /// What was asked for.
        name: String,
    },
    /// The file cannot be read.
    #[error("{path}: {error}: name a profile that can be read as [panel] profile")]
    Read {
        /// Which file.
        path: String,
        /// The system's words.
        error: String,
    },
    /// The file has a mistake.
    #[error("{path}:{line}:{column}: {what}")]
    Mistake {
        /// Which file.
        path: String,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What is wrong and what would be right.
        what: String,
    },
}

impl Profile {
    /// A built-in profile by its name, or a file by its path (whatever has a `/`).
    pub fn load(name: &str) -> Result<Self, ProfileError> {
        if !is_path(name) {
            let text = BUILT_IN.iter().find(|(known, _)| *known == name);
            let (_, text) = text.ok_or_else(|| ProfileError::Unknown { name: name.into() })?;
            return Self::parse(text, name);
        }
        let text =
            std::fs::read_to_string(Path::new(name)).map_err(|error| ProfileError::Read {
                path: name.into(),
                error: error.to_string(),
            })?;
        Self::parse(&text, name)
    }

    /// The names of the built-in ones.
    pub fn names() -> impl Iterator<Item = &'static str> {
        BUILT_IN.into_iter().map(|(name, _)| name)
    }

    /// Checks the text; `path` is for the words only.
    pub fn parse(text: &str, path: &str) -> Result<Self, ProfileError> {
        let mistake = |(line, column), what| ProfileError::Mistake {
            path: path.into(),
            line,
            column,
            what,
        };
        let profile: Self = toml::from_str(text).map_err(|error| {
            let (place, what) = told(text, &error);
            mistake(place, what)
        })?;
        check::check(&profile).map_err(|wrong| {
            let offset = offset_of(text, wrong.section, wrong.key);
            mistake(place(text, offset), wrong.what)
        })?;
        Ok(profile)
    }

    /// The glass as pages are drawn for it.
    pub fn geometry(&self) -> Geometry {
        Geometry::new(self.glass.width, self.glass.height, self.glass.pitch_um)
    }

    /// What the keys can do.
    pub fn keys(&self) -> KeySet {
        match &self.buttons {
            Some(buttons) if !buttons.left.0.is_empty() => KeySet::Joystick,
            _ => KeySet::FourKeys,
        }
    }
}

/// A path and not the name of a built-in profile.
pub fn is_path(name: &str) -> bool {
    name.contains('/')
}

fn known() -> String {
    let names: Vec<_> = Profile::names().collect();
    names.join(", ")
}

fn yes() -> bool {
    true
}
