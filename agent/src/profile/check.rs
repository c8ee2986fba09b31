//! What the types of a profile cannot say.

use super::{Backlight, Buttons, Controller, Glass, Leds, Light, Profile};

/// A mistake: the item to point at, and words.
pub(super) struct Wrong {
    pub(super) section: &'static str,
    pub(super) key: &'static str,
    pub(super) what: String,
}

/// Lines of one chip have numbers below this.
const LINES: u32 = 1024;

pub(super) fn check(profile: &Profile) -> Result<(), Wrong> {
    glass(&profile.glass)?;
    if profile.glass.controller != Controller::None {
        for (missing, section, example) in [
            (
                profile.spi.is_none(),
                "spi",
                "device = \"/dev/spidev0.0\" and mhz = 40",
            ),
            (profile.lines.is_none(), "lines", "dc = 25"),
        ] {
            if missing {
                return wrong(
                    "glass",
                    "controller",
                    format!("a panel with a controller needs [{section}] with {example}"),
                );
            }
        }
    }
    if let Some(spi) = &profile.spi {
        if !(1..=125).contains(&spi.mhz) {
            return wrong("spi", "mhz", "the clock must be 1 to 125 MHz".into());
        }
        if !spi.device.starts_with("/dev") {
            return wrong(
                "spi",
                "device",
                "the device is a path like /dev/spidev0.0".into(),
            );
        }
    }
    if profile.gpio.chips.is_empty() {
        return wrong(
            "gpio",
            "chips",
            "name at least one label; `gpiodetect` prints them in [ ]".into(),
        );
    }
    profile.backlight.as_ref().map_or(Ok(()), backlight)?;
    profile.buttons.as_ref().map_or(Ok(()), buttons)?;
    profile.leds.as_ref().map_or(Ok(()), leds)?;
    each_line_once(profile)
}

fn glass(glass: &Glass) -> Result<(), Wrong> {
    for (key, pixels) in [("width", glass.width), ("height", glass.height)] {
        if !(128..=2048).contains(&pixels) {
            return wrong(
                "glass",
                key,
                format!(
                    "{key} must be 128 to 2048 pixels: smaller glasses cannot hold the screens"
                ),
            );
        }
    }
    if !(20.0..=1000.0).contains(&glass.pitch_um) {
        return wrong("glass", "pitch_um", "the pitch must be 20 to 1000 micrometres: width of the visible picture in mm x 1000 / pixels".into());
    }
    if !matches!(glass.rotation, 0 | 90 | 180 | 270) {
        return wrong(
            "glass",
            "rotation",
            "the rotation must be 0, 90, 180 or 270".into(),
        );
    }
    let whole = glass.controller.ram();
    let ram = glass.ram.unwrap_or(whole);
    let strapped =
        glass.controller == Controller::St7735s && matches!(ram, (132, 132) | (128, 160));
    if ram != whole && !strapped {
        return wrong(
            "glass",
            "ram",
            format!(
                "the memory of this controller is {whole:?}; an st7735s may be strapped to (132, 132) or (128, 160)"
            ),
        );
    }
    let (width, height) = match glass.rotation {
        90 | 270 => (glass.height, glass.width),
        _ => (glass.width, glass.height),
    };
    let end = |offset: u16, size: u16| u32::from(offset) + u32::from(size);
    let (x, y) = glass.offset;
    if end(x, width) > ram.0.into() || end(y, height) > ram.1.into() {
        return wrong(
            "glass",
            "controller",
            format!(
                "{width} x {height} pixels from column {x}, row {y} on (before the rotation) do not fit the controller's {} x {}: check width, height, rotation and offset",
                ram.0, ram.1
            ),
        );
    }
    Ok(())
}

fn backlight(light: &Backlight) -> Result<(), Wrong> {
    let ways = [
        light.gpio.is_some(),
        light.class.is_some(),
        light.pwm.is_some(),
    ];
    if ways.into_iter().filter(|way| *way).count() != 1 {
        return wrong(
            "backlight",
            "gpio",
            "give exactly one of gpio, class, pwm; leave [backlight] out when it is always on"
                .into(),
        );
    }
    if let Some(class) = &light.class
        && !class.starts_with("/sys/class")
    {
        return wrong(
            "backlight",
            "class",
            "class is a folder below /sys/class/backlight or /sys/class/leds".into(),
        );
    }
    if let Some(pwm) = &light.pwm
        && pwm.chip.contains('/')
    {
        return wrong(
            "backlight",
            "pwm",
            "chip is a name in /sys/class/pwm, for example pwmchip0".into(),
        );
    }
    Ok(())
}

fn buttons(buttons: &Buttons) -> Result<(), Wrong> {
    if !(1..=50).contains(&buttons.debounce_ms) {
        return wrong(
            "buttons",
            "debounce_ms",
            "debounce_ms must be 1 to 50; 5 to 10 suits most keys".into(),
        );
    }
    for key in ["up", "down", "ok", "back"] {
        let missing = buttons
            .keys()
            .iter()
            .any(|(_, name, lines)| *name == key && lines.is_empty());
        if missing {
            return wrong(
                "buttons",
                key,
                format!("{key} has no line: up, down, ok and back are needed to work the box"),
            );
        }
    }
    if buttons.left.0.is_empty() != buttons.right.0.is_empty() {
        return wrong(
            "buttons",
            "left",
            "a joystick has left and right: give both or neither".into(),
        );
    }
    Ok(())
}

fn leds(leds: &Leds) -> Result<(), Wrong> {
    let given =
        |lights: [&Option<Light>; 3]| lights.into_iter().filter(|light| light.is_some()).count();
    let (rgb, three) = (
        given([&leds.red, &leds.green, &leds.blue]),
        given([&leds.link, &leds.case, &leds.alarm]),
    );
    if !matches!((rgb, three), (3, 0) | (0, 3)) {
        let key = if rgb > 0 { "red" } else { "link" };
        return wrong(
            "leds",
            key,
            "give either red, green and blue (one RGB LED) or link, case and alarm (three LEDs)"
                .into(),
        );
    }
    let lights = [
        &leds.red,
        &leds.green,
        &leds.blue,
        &leds.link,
        &leds.case,
        &leds.alarm,
    ];
    for (light, key) in lights
        .into_iter()
        .zip(["red", "green", "blue", "link", "case", "alarm"])
    {
        if let Some(Light::Class(name)) = light
            && (name.is_empty() || name.contains('/'))
        {
            return wrong(
                "leds",
                key,
                format!(
                    "`{name}` is no name of an LED: take one from /sys/class/leds, without the path"
                ),
            );
        }
    }
    Ok(())
}

/// One line cannot be two things.
fn each_line_once(profile: &Profile) -> Result<(), Wrong> {
    let mut uses: Vec<(&'static str, &'static str, u32)> = Vec::new();
    if let Some(lines) = &profile.lines {
        uses.push(("lines", "dc", lines.dc));
        uses.extend(lines.reset.map(|line| ("lines", "reset", line)));
    }
    if let Some(light) = &profile.backlight {
        uses.extend(light.gpio.map(|line| ("backlight", "gpio", line)));
    }
    if let Some(buttons) = &profile.buttons {
        let keys: [(&'static str, &[u32]); 6] = [
            ("up", &buttons.up.0),
            ("down", &buttons.down.0),
            ("ok", &buttons.ok.0),
            ("back", &buttons.back.0),
            ("left", &buttons.left.0),
            ("right", &buttons.right.0),
        ];
        for (key, lines) in keys {
            uses.extend(lines.iter().map(|line| ("buttons", key, *line)));
        }
    }
    if let Some(leds) = &profile.leds {
        let lights: [(&'static str, &Option<Light>); 6] = [
            ("red", &leds.red),
            ("green", &leds.green),
            ("blue", &leds.blue),
            ("link", &leds.link),
            ("case", &leds.case),
            ("alarm", &leds.alarm),
        ];
        for (key, light) in lights {
            if let Some(Light::Gpio(line)) = light {
                uses.push(("leds", key, *line));
            }
        }
    }
    for (index, (section, key, line)) in uses.iter().enumerate() {
        if *line >= LINES {
            return wrong(
                section,
                key,
                format!("there is no line {line}: take the GPIO (BCM) number, not the pin's"),
            );
        }
        if let Some((other, name, _)) = uses[..index].iter().find(|(_, _, taken)| taken == line) {
            return wrong(
                section,
                key,
                format!(
                    "line {line} is {name} in [{other}] already: one line cannot be two things"
                ),
            );
        }
    }
    Ok(())
}

fn wrong<T>(section: &'static str, key: &'static str, what: String) -> Result<T, Wrong> {
    Err(Wrong { section, key, what })
}

#[cfg(test)]
mod tests {
    use resetbox_core::policy::KeySet;

    use super::super::{BUILT_IN, Lights};
    use super::*;
    use resetbox_view::Geometry;

    const GOOD: &str = include_str!("../../panels/waveshare-1in3-lcd-hat.toml");

    /// The good profile with one text in it replaced.
    fn error(from: &str, to: &str) -> String {
        assert_eq!(GOOD.matches(from).count(), 1, "`{from}` stands there once");
        Profile::parse(&GOOD.replace(from, to), "my.toml")
            .expect_err("a mistake")
            .to_string()
    }

    #[test]
    fn the_built_in_ones_are_right_and_have_the_glass_that_pages_are_checked_on() {
        for (name, _) in BUILT_IN {
            let profile = Profile::load(name).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(
                Some(profile.geometry()),
                Geometry::of_profile(name),
                "{name}"
            );
            let driven = profile.glass.controller != Controller::None;
            assert_eq!(driven, name != "adafruit-pitft-3in5");
            assert_eq!(
                driven,
                profile.buttons.is_some() && profile.leds.is_some(),
                "{name}"
            );
        }
        assert_eq!(Geometry::profiles().count(), BUILT_IN.len());
        let pimoroni = Profile::load("pimoroni-display-hat-mini").expect("built in");
        assert_eq!(pimoroni.keys(), KeySet::FourKeys);
        let leds = pimoroni.leds.expect("has one");
        let [red, green, blue] = [17, 27, 22].map(Light::Gpio);
        assert_eq!(
            (leds.lights(), leds.active_low),
            (Some(Lights::Rgb([red, green, blue])), true)
        );
        let waveshare = Profile::load("waveshare-1in3-lcd-hat").expect("built in");
        assert_eq!(waveshare.keys(), KeySet::Joystick);
        let lines = waveshare.buttons.expect("has some").lines();
        assert_eq!(lines.len(), 8, "joystick of five and three keys");
    }

    #[test]
    fn every_mistake_is_named_with_line_and_word() {
        for (from, to, line, words) in [
            ("mhz = 40", "mhz = 0", 14, "1 to 125 MHz"),
            ("mhz = 40", "speed = 40", 14, "no item `speed`"),
            ("mhz = 40", "mhz = \"40\"", 14, "a whole number"),
            (
                "device = \"/dev/spidev0.0\"",
                "device = \"spidev0.0\"",
                13,
                "/dev/spidev0.0",
            ),
            (
                "controller = \"st7789\"",
                "controller = \"st7796\"",
                5,
                "not `st7796`",
            ),
            (
                "controller = \"st7789\"",
                "controller = \"st7735s\"",
                5,
                "do not fit",
            ),
            ("width = 240", "width = 96", 6, "128 to 2048"),
            ("height = 240", "height = 321", 5, "do not fit"),
            ("pitch_um = 97.5", "pitch_um = 0.0975", 8, "micrometres"),
            ("rotation = 180", "rotation = 45", 9, "0, 90, 180 or 270"),
            ("inverted = true", "offset = [1, 0]", 5, "column 1"),
            (
                "inverted = true",
                "offset = [1, 0, 0]",
                10,
                "a list of 2 values",
            ),
            ("inverted = true", "ram = [240]", 10, "a list of 2 values"),
            (
                "inverted = true",
                "ram = [100, 100]",
                10,
                "memory of this controller",
            ),
            ("dc = 25", "dc = 27", 18, "line 27 is dc in [lines] already"),
            ("dc = 25", "reset_ = 1", 17, "no item `reset_`"),
            ("left = 5\n", "", 23, "both or neither"),
            ("up = 6\n", "", 23, "up has no line"),
            ("up = 6", "up = -6", 24, "0 or more"),
            ("up = 6", "up = \"six\"", 24, "a line or a list"),
            (
                "back = [20, 16]",
                "back = [20, 13]",
                31,
                "line 13 is ok in [buttons]",
            ),
            ("back = [20, 16]", "back = [20, 1616]", 31, "BCM"),
            ("debounce_ms = 8", "debounce_ms = 800", 32, "1 to 50"),
            ("alarm = 23", "red = 23", 38, "either red, green and blue"),
            (
                "alarm = 23",
                "alarm = true",
                38,
                "number of a line or the name",
            ),
            ("alarm = 23", "alarm = \"a/b\"", 38, "no name of an LED"),
            (
                "gpio = 24",
                "pwm = { chip = \"pwmchip0\", channel = 0 }\ngpio = 24",
                22,
                "exactly one",
            ),
            ("gpio = 24", "class = \"/tmp/x\"", 21, "/sys/class"),
            (
                "gpio = 24",
                "pwm = { chip = \"a/b\", channel = 0 }",
                21,
                "pwmchip0",
            ),
            ("[lines]", "[gpio]\nchips = []\n[lines]", 17, "label"),
            (
                "title = \"Waveshare 1.3inch LCD HAT\"\n",
                "",
                1,
                "the item `title` is missing",
            ),
        ] {
            let said = error(from, to);
            assert!(
                said.starts_with(&format!("my.toml:{line}:")),
                "{to}: {said}"
            );
            assert!(said.contains(words), "{to}: {said}");
        }
        let no_spi = GOOD
            .replace("[spi]", "[gpio]")
            .replace("device = \"/dev/spidev0.0\"\nmhz = 40", "chips = [\"x\"]");
        let said = Profile::parse(&no_spi, "my.toml")
            .expect_err("no bus")
            .to_string();
        assert!(
            said.starts_with("my.toml:5:1: ") && said.contains("needs [spi]"),
            "{said}"
        );
    }

    #[test]
    fn names_and_paths() {
        let unknown = Profile::load("waveshare-1in3-hat")
            .expect_err("misspelt")
            .to_string();
        assert!(unknown.contains("waveshare-1in3-lcd-hat, "), "{unknown}");
        let missing = Profile::load("/nowhere/my.toml")
            .expect_err("missing")
            .to_string();
        assert!(
            missing.contains("/nowhere/my.toml") && missing.contains("profile"),
            "{missing}"
        );
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        std::fs::write(file.path(), GOOD).expect("written");
        let own = Profile::load(&file.path().display().to_string());
        assert_eq!(own, Profile::load("waveshare-1in3-lcd-hat"));
    }
}
