//! Which of the board's 40 pins is what for a profile: as lines for a terminal, and as a picture for whoever solders.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::profile::{Light, Lights, Profile};

/// One pin of the 40.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
enum Pin {
    /// 3.3 V out.
    V3,
    /// 5 V.
    V5,
    /// Ground.
    Ground,
    /// A line, by the number that profiles use.
    Gpio(u32),
}
use Pin::{Gpio, Ground, V3, V5};

/// Pin 1 first: odd ones are the row nearer to the board's middle, even ones the row at its edge. The same on every board with 40 pins.
#[rustfmt::skip]
const HEADER: [Pin; 40] = [
    V3, V5, Gpio(2), V5, Gpio(3), Ground, Gpio(4), Gpio(14), Ground, Gpio(15), //
    Gpio(17), Gpio(18), Gpio(27), Ground, Gpio(22), Gpio(23), V3, Gpio(24), Gpio(10), Ground, //
    Gpio(9), Gpio(25), Gpio(11), Gpio(8), Ground, Gpio(7), Gpio(0), Gpio(1), Gpio(5), Ground, //
    Gpio(6), Gpio(12), Gpio(13), Ground, Gpio(19), Gpio(16), Gpio(26), Gpio(20), Ground, Gpio(21),
];

/// Data of SPI bus 0.
const MOSI: u32 = 10;
/// Its clock.
const CLOCK: u32 = 11;
/// Its chip selects, 0 and 1.
const SELECT: [u32; 2] = [8, 7];

/// What a line is for.
struct Use {
    words: String,
    part: Part,
}

/// Which part of the box it belongs to.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
enum Part {
    Glass,
    Button,
    Light,
}

impl Part {
    /// Told apart by eyes that confuse red and green.
    fn colour(self) -> &'static str {
        match self {
            Self::Glass => "#0072b2",
            Self::Button => "#e69f00",
            Self::Light => "#d55e00",
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Glass => "glass",
            Self::Button => "button: from the line to ground",
            Self::Light => "LED",
        }
    }
}

/// The lines of a profile, each with its use.
fn uses(profile: &Profile) -> BTreeMap<u32, Use> {
    let mut all = BTreeMap::new();
    let mut add = |line: u32, part: Part, words: String| {
        all.insert(line, Use { words, part });
    };
    let device = profile.spi.as_ref().map(|spi| spi.device.to_string_lossy());
    if let Some(select) = device.and_then(|device| {
        let number: usize = device.strip_prefix("/dev/spidev0.")?.parse().ok()?;
        SELECT.get(number).map(|line| (*line, number))
    }) {
        add(MOSI, Part::Glass, "data (MOSI, DIN)".into());
        add(CLOCK, Part::Glass, "clock (SCLK)".into());
        add(
            select.0,
            Part::Glass,
            format!("chip select (CE{})", select.1),
        );
    }
    if let Some(lines) = &profile.lines {
        add(lines.dc, Part::Glass, "data or command (DC)".into());
        if let Some(line) = lines.reset {
            add(line, Part::Glass, "reset (RST)".into());
        }
    }
    if let Some(line) = profile.backlight.as_ref().and_then(|light| light.gpio) {
        add(line, Part::Glass, "backlight (BL)".into());
    }
    if let Some(buttons) = &profile.buttons {
        for (_, name, lines) in buttons.keys() {
            for line in lines {
                add(*line, Part::Button, name.to_owned());
            }
        }
    }
    let lights = profile.leds.as_ref().and_then(crate::profile::Leds::lights);
    if let Some(lights) = lights {
        let (names, lights) = match lights {
            Lights::Rgb(lights) => (["red", "green", "blue"], lights),
            Lights::Three(lights) => (["link", "case", "alarm"], lights),
        };
        for (name, light) in names.into_iter().zip(lights) {
            if let Light::Gpio(line) = light {
                add(line, Part::Light, format!("LED {name}"));
            }
        }
    }
    all
}

/// What stands at a pin, and what part it is of.
fn label(pin: Pin, uses: &BTreeMap<u32, Use>) -> (String, Option<Part>) {
    match pin {
        V3 => ("3.3 V".into(), None),
        V5 => ("5 V".into(), None),
        Ground => ("ground".into(), None),
        Gpio(line) => match uses.get(&line) {
            Some(is) => (format!("{}, GPIO {line}", is.words), Some(is.part)),
            None => (format!("GPIO {line}"), None),
        },
    }
}

/// How the profile's own LEDs are wired.
fn led_words(profile: &Profile) -> &'static str {
    match &profile.leds {
        Some(leds) if leds.active_low => "LED: 3.3 V, LED, resistor, line",
        _ => "LED: line, resistor, LED, ground",
    }
}

/// The 40 pins as lines of text, in two columns as they stand on the board.
pub(super) fn text(profile: &Profile) -> String {
    let uses = uses(profile);
    let mut out = format!(
        "{} on the board's 40 pins, seen from above, pin 1 at the end of the card slot.\n\n",
        profile.title
    );
    for (row, pins) in HEADER.as_chunks::<2>().0.iter().enumerate() {
        let [left, right] = pins.map(|pin| {
            let (words, part) = label(pin, &uses);
            // What is not of the panel is only named, so that one can count.
            if part.is_some() {
                words
            } else {
                format!("({words})")
            }
        });
        let _ = writeln!(
            out,
            "{left:>32} {:>2} | {:<2} {right}",
            2 * row + 1,
            2 * row + 2
        );
    }
    let _ = write!(
        out,
        "\nButton: from the line to ground. {}.\n",
        led_words(profile)
    );
    let off: Vec<String> = uses
        .iter()
        .filter(|(line, _)| !HEADER.contains(&Gpio(**line)))
        .map(|(line, is)| format!("{} (GPIO {line})", is.words))
        .collect();
    if !off.is_empty() {
        let _ = writeln!(out, "Not on these pins: {}.", off.join(", "));
    }
    out
}

/// From row to row of the picture.
const STEP: usize = 22;
/// Where the two columns of pins stand, and how wide the picture is.
const COLUMNS: [usize; 2] = [300, 340];
/// Its width.
const WIDTH: usize = 640;
/// Above the first pin.
const HEAD: usize = 52;

/// The same as a picture in SVG.
pub(super) fn svg(profile: &Profile) -> String {
    let uses = uses(profile);
    let height = HEAD + HEADER.len() / 2 * STEP + 54;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" \
         font-family=\"sans-serif\" font-size=\"13\">\n\
         <rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#fff\"/>\n\
         <text x=\"{}\" y=\"24\" text-anchor=\"middle\" font-size=\"16\" font-weight=\"bold\">{}</text>\n\
         <rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"4\" fill=\"#ddd\"/>\n",
        WIDTH / 2,
        escaped(&profile.title),
        COLUMNS[0] - 14,
        HEAD - 14,
        COLUMNS[1] - COLUMNS[0] + 28,
        HEADER.len() / 2 * STEP + 6,
    );
    for (index, pin) in HEADER.into_iter().enumerate() {
        let (side, row) = (index % 2, index / 2);
        let (x, y) = (COLUMNS[side], HEAD + row * STEP);
        let (words, part) = label(pin, &uses);
        let fill = match (part, pin) {
            (Some(part), _) => part.colour(),
            (None, Ground) => "#000",
            (None, V3 | V5) => "#888",
            (None, Gpio(_)) => "#fff",
        };
        // Pin 1 is square, as its solder pad is.
        let corner = if index == 0 { 0 } else { 8 };
        let _ = writeln!(
            out,
            "<rect x=\"{}\" y=\"{}\" width=\"16\" height=\"16\" rx=\"{corner}\" fill=\"{fill}\" stroke=\"#333\"/>",
            x - 8,
            y - 8
        );
        let ink = if part.is_some() || pin == Ground || pin == V3 || pin == V5 {
            "#fff"
        } else {
            "#666"
        };
        let ink = if part == Some(Part::Button) {
            "#000"
        } else {
            ink
        };
        let _ = writeln!(
            out,
            "<text x=\"{x}\" y=\"{}\" text-anchor=\"middle\" font-size=\"9\" fill=\"{ink}\">{}</text>",
            y + 3,
            index + 1
        );
        let (at, anchor) = if side == 0 {
            (x - 20, "end")
        } else {
            (x + 20, "start")
        };
        let style = if part.is_some() {
            "font-weight=\"bold\""
        } else {
            "fill=\"#888\""
        };
        let _ = writeln!(
            out,
            "<text x=\"{at}\" y=\"{}\" text-anchor=\"{anchor}\" {style}>{}</text>",
            y + 5,
            escaped(&words)
        );
    }
    let mut y = height - 38;
    let parts = [Part::Glass, Part::Button, Part::Light];
    let mut x = 24;
    for part in parts
        .into_iter()
        .filter(|part| uses.values().any(|is| is.part == *part))
    {
        let words = if part == Part::Light {
            led_words(profile)
        } else {
            part.word()
        };
        let _ = writeln!(
            out,
            "<rect x=\"{x}\" y=\"{}\" width=\"12\" height=\"12\" rx=\"6\" fill=\"{}\" stroke=\"#333\"/>\
             <text x=\"{}\" y=\"{y}\">{words}</text>",
            y - 11,
            part.colour(),
            x + 18
        );
        x += 36 + words.len() * 7;
    }
    y += 24;
    let _ = write!(
        out,
        "<text x=\"24\" y=\"{y}\" fill=\"#666\">The board from above, pin 1 at the end of the card slot. Drawn from the profile.</text>\n</svg>\n"
    );
    out
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    fn profile(name: &str) -> Profile {
        Profile::load(name).expect("built in")
    }

    #[test]
    fn the_header_has_every_line_once_and_the_powers_where_they_are() {
        let lines: BTreeSet<u32> = HEADER
            .iter()
            .filter_map(|pin| match pin {
                Gpio(line) => Some(*line),
                _ => None,
            })
            .collect();
        assert_eq!(lines, (0..28).collect());
        let at =
            |what: Pin| -> Vec<usize> { (1..=40).filter(|pin| HEADER[pin - 1] == what).collect() };
        assert_eq!(at(V3), [1, 17]);
        assert_eq!(at(V5), [2, 4]);
        assert_eq!(at(Ground), [6, 9, 14, 20, 25, 30, 34, 39]);
        // As a maker prints them for a panel that is wired by hand: DIN 19, CLK 23, CS 24, DC 22, RST 13, BL 12.
        for (line, pin) in [(10, 19), (11, 23), (8, 24), (25, 22), (27, 13), (18, 12)] {
            assert_eq!(at(Gpio(line)), [pin]);
        }
    }

    #[test]
    fn the_card_s_overlay_takes_the_bus_s_own_lines_and_leaves_all_others_to_profiles() {
        let overlay = include_str!("../../../image/boot/panel.dtso");
        let groups: Vec<_> = overlay.match_indices("brcm,pins").collect();
        assert_eq!(groups.len(), 1, "one group of pins");
        assert!(overlay.contains(&format!("brcm,pins = <{MOSI} {CLOCK}>;")));
        let [first, second] = SELECT;
        assert!(overlay.contains(&format!(
            "cs-gpios = <&gpio {first} 1>, <&gpio {second} 1>;"
        )));
        assert!(overlay.contains("pinctrl-0 = <&panel_spi0>;"));
    }

    #[test]
    fn the_lines_say_what_a_builder_solders() {
        let words = text(&profile("waveshare-2in4-lcd"));
        for line in [
            "         reset (RST), GPIO 27 13 | 14 (ground)",
            "             LED link, GPIO 17 11 | 12 backlight (BL), GPIO 18",
            "                   ok, GPIO 13 33 | 34 (ground)",
            "LED: line, resistor, LED, ground.",
        ] {
            assert!(words.contains(line), "{line:?} is missing:\n{words}");
        }
        let words = text(&profile("pimoroni-display-hat-mini"));
        assert!(words.contains("chip select (CE1), GPIO 7"), "{words}");
        assert!(
            words.contains("LED: 3.3 V, LED, resistor, line."),
            "{words}"
        );
    }

    #[test]
    fn a_line_elsewhere_is_named() {
        let text_of = "title = \"x & <y>\"\n[glass]\ncontroller = \"none\"\nwidth = 240\nheight = 240\npitch_um = 97.5\n\
                       [buttons]\nup = 40\ndown = 6\nok = 13\nback = 16\n";
        let own = Profile::parse(text_of, "x").expect("no mistakes");
        assert!(text(&own).contains("Not on these pins: up (GPIO 40)."));
        assert!(svg(&own).contains("x &amp; &lt;y&gt;"));
    }

    #[test]
    fn the_pictures_in_the_docs_are_drawn_from_the_profiles() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/wiring");
        let drawn = Profile::names().filter(|name| profile(name).lines.is_some());
        let mut names = BTreeSet::new();
        for name in drawn {
            let (path, picture) = (folder.join(format!("{name}.svg")), svg(&profile(name)));
            if std::env::var_os("RENEW").is_some() {
                std::fs::create_dir_all(&folder).expect("docs is writable");
                std::fs::write(&path, &picture).expect("docs is writable");
            }
            let there = std::fs::read_to_string(&path).unwrap_or_default();
            assert!(
                there == picture,
                "{} is not what the profile says. Renew it, and look at it: RENEW=1 cargo test -p resetbox --lib wiring",
                path.display()
            );
            names.insert(path.file_name().expect("a file").to_owned());
        }
        let there = std::fs::read_dir(&folder).expect("made above").flatten();
        let there: BTreeSet<_> = there.map(|entry| entry.file_name()).collect();
        assert_eq!(there, names, "a picture of a profile that is gone");
    }
}
