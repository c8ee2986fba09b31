//! `resetbox panel-test`: for whoever solders. Pictures on the glass, every key and every LED by name, and on the terminal
//! what should be seen and which item of the profile to change when it is not.

use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use resetbox_view::{Frame, Verdict};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::buttons::Keys;
use crate::config::{self, Config};
use crate::leds::Lamps;
use crate::panel::Panel;
use crate::profile::{Buttons, Controller, Leds, Profile};
use crate::screens;

mod pictures;
mod wiring;

use pictures::Shade;

/// As long as a middling device code.
const QR_TEXT: &str = "RESETBOX PANEL TEST: if your phone reads this whole line, your panel shows codes that the vendor's app can scan";
/// Edges of one press lie closer together than this.
const QUIET: Duration = Duration::from_millis(150);

/// What to try.
#[derive(Args, Debug)]
pub struct PanelTestArgs {
    /// The configuration file whose [panel] names the profile.
    #[arg(long, value_name = "FILE", default_value = config::DEFAULT_PATH)]
    config: PathBuf,
    /// A profile's name or the path of your own, instead of the configuration's.
    #[arg(long, value_name = "P")]
    profile: Option<String>,
    /// Go on by itself after so many seconds; without it Enter goes on, or 10 seconds where nobody can type.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=3600))]
    seconds: Option<u64>,
    /// Turn the pictures by 0, 90, 180 or 270 degrees, as the setting on the panel does.
    #[arg(long, value_name = "DEGREES", default_value_t = 0, value_parser = rotation)]
    rotation: u16,
    /// Only write the pictures into this folder, to compare the glass with, and one of the wiring.
    #[arg(long, value_name = "DIR")]
    pictures: Option<PathBuf>,
    /// Only say which of the board's 40 pins is what; nothing is opened.
    #[arg(long)]
    wiring: bool,
}

fn rotation(text: &str) -> Result<u16, String> {
    match text.parse() {
        Ok(degrees @ (0 | 90 | 180 | 270)) => Ok(degrees),
        _ => Err("take 0, 90, 180 or 270".into()),
    }
}

/// Tries everything that the profile has; fails when something could not be opened.
pub fn run(args: &PanelTestArgs) -> ExitCode {
    let profile = match find_profile(args) {
        Ok(profile) => profile,
        Err(error) => {
            eprintln!("resetbox panel-test: {error}");
            return ExitCode::FAILURE;
        }
    };
    if args.wiring {
        print!("{}", wiring::text(&profile));
        return ExitCode::SUCCESS;
    }
    if let Some(folder) = &args.pictures {
        return write_pictures(&profile, args.rotation, folder);
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let broken = match runtime {
        Ok(runtime) => {
            let broken = runtime.block_on(Session::new(&profile, args).run());
            // Somebody may still be asked for Enter.
            runtime.shutdown_background();
            broken
        }
        Err(error) => vec![format!("the runtime could not be started: {error}")],
    };
    if broken.is_empty() {
        println!(
            "\nAll parts of {} were opened. What you saw decides.",
            profile.title
        );
        return ExitCode::SUCCESS;
    }
    println!("\nNot tried:");
    for part in broken {
        println!("  - {part}");
    }
    ExitCode::FAILURE
}

fn find_profile(args: &PanelTestArgs) -> Result<Profile, String> {
    let name = match &args.profile {
        Some(name) => Some(name.clone()),
        None if args.config.exists() => {
            let config = Config::read(&args.config).map_err(|error| error.to_string())?;
            config.panel.profile
        }
        None => None,
    };
    let Some(name) = name else {
        let names: Vec<_> = Profile::names().collect();
        return Err(format!(
            "{} names no panel: say --profile P, one of {} or the path of your own",
            args.config.display(),
            names.join(", ")
        ));
    };
    Profile::load(&name).map_err(|error| error.to_string())
}

/// A picture, its name, and what should be seen.
struct Step {
    name: &'static str,
    frame: Frame,
    words: String,
}

fn steps(profile: &Profile, rotation: u16) -> Vec<Step> {
    let geometry = profile.geometry().turned(rotation);
    let (across, down) = pictures::ruler_mm(&geometry);
    let pitch = geometry.pitch_um;
    let fit = resetbox_view::fit(QR_TEXT.len(), &geometry);
    let verdict = match fit.verdict {
        Verdict::Good => "good: 0.40 mm or more is easy to read",
        Verdict::Steady => "fine: hold the phone steady at 12 to 15 cm",
        Verdict::TooSmall => "too small for most phones: the phone page's picture must do",
    };
    let mut steps = vec![
        Step {
            name: "picture",
            frame: pictures::test_picture(&geometry),
            words: "Eight bars from the left: white, yellow, cyan, green, magenta, red, blue, black. Under them greys, from black\n\
                    to white. An orange arrow points up. A thin white frame touches all four sides. Corners: 1 red top left,\n\
                    2 green top right, 3 blue bottom right, 4 white bottom left.\n\
                    \u{20} colours like a negative     turn `inverted` round       (all in [glass] of the profile)\n\
                    \u{20} red and blue exchanged      `order` = \"bgr\" or \"rgb\"\n\
                    \u{20} digits in mirror writing    turn `mirrored` round\n\
                    \u{20} arrow points elsewhere      `rotation`: 90 more for each quarter turn that is missing clockwise\n\
                    \u{20} a side of the frame missing, or a stripe of noise: `offset`, `ram`, `width`, `height`\n\
                    \u{20} white or dark glass         `controller`, `dc`, `reset`, [spi] device, plug; dark only: [backlight]\n\
                    \u{20} snow, wrong pixels          a lower `mhz` in [spi]"
                .to_owned(),
        },
        Step {
            name: "ruler",
            frame: pictures::ruler(&geometry),
            words: format!(
                "Lay a ruler along the upper side: from 0 to the last tick are {across} mm, down the left side {down} mm, the square\n\
                 is 10 x 10 mm. Measured M instead of {across}? Then pitch_um = {pitch} x M / {across}."
            ),
        },
    ];
    if let Some(frame) = pictures::qr(&geometry, QR_TEXT, &fit) {
        steps.push(Step {
            name: "qr",
            frame,
            words: format!(
                "A QR of {} modules, {} pixels each: {:.2} mm per module, {verdict}.\n\
                 Scan it with the phone that will scan the device codes. It must read:\n  {QR_TEXT}",
                fit.modules, fit.pixels_per_module, fit.mm_per_module
            ),
        });
    }
    steps
}

fn write_pictures(profile: &Profile, rotation: u16, folder: &std::path::Path) -> ExitCode {
    for step in steps(profile, rotation) {
        let path = folder.join(format!("{}.png", step.name));
        if let Err(error) = screens::write_frame(&path, &step.frame) {
            eprintln!("resetbox panel-test: {error}");
            return ExitCode::FAILURE;
        }
        println!("{}\n{}\n", path.display(), step.words);
    }
    let path = folder.join("wiring.svg");
    if let Err(error) = std::fs::write(&path, wiring::svg(profile)) {
        eprintln!(
            "resetbox panel-test: cannot write {}: {error}; choose another folder",
            path.display()
        );
        return ExitCode::FAILURE;
    }
    println!("{}\nWhich of the 40 pins is what.", path.display());
    ExitCode::SUCCESS
}

/// One walk through all parts.
struct Session<'a> {
    profile: &'a Profile,
    rotation: u16,
    /// How long a step lasts by itself; `None`: until Enter.
    lasts: Option<Duration>,
    /// A message per Enter.
    enter: mpsc::Receiver<()>,
    panel: Option<Panel>,
    broken: Vec<String>,
}

impl<'a> Session<'a> {
    fn new(profile: &'a Profile, args: &PanelTestArgs) -> Self {
        let typed = std::io::stdin().is_terminal();
        let lasts = args
            .seconds
            .or((!typed).then_some(10))
            .map(Duration::from_secs);
        let (sender, enter) = mpsc::channel(1);
        if lasts.is_none() {
            std::thread::spawn(move || {
                let mut line = String::new();
                while std::io::stdin()
                    .read_line(&mut line)
                    .is_ok_and(|read| read > 0)
                {
                    if sender.blocking_send(()).is_err() {
                        return;
                    }
                }
            });
        }
        Self {
            profile,
            rotation: args.rotation,
            lasts,
            enter,
            panel: None,
            broken: Vec::new(),
        }
    }

    /// Returns what could not be tried, in words.
    async fn run(mut self) -> Vec<String> {
        let profile = self.profile;
        describe(profile);
        let opened = match profile.glass.controller {
            Controller::None => Err("nothing drives this glass here".to_owned()),
            _ => Panel::open(profile).and_then(|mut panel| panel.light(100).map(|()| panel)),
        };
        match opened {
            Ok(panel) => self.panel = Some(panel),
            Err(error) => self.cannot("glass", &error),
        }
        for step in steps(profile, self.rotation) {
            if self.show(step.frame) {
                println!("\n[{}]\n{}", step.name, step.words);
                self.pause().await;
            }
        }
        match &profile.buttons {
            Some(buttons) => self.keys(buttons).await,
            None => println!("\n[keys]\nThe profile has none."),
        }
        match &profile.leds {
            Some(leds) => self.leds(leds).await,
            None => println!("\n[LEDs]\nThe profile has none."),
        }
        if let Some(panel) = &mut self.panel
            && let Err(error) = panel.sleep()
        {
            self.cannot("glass, at the end", &error);
        }
        self.broken
    }

    fn cannot(&mut self, part: &str, error: &str) {
        println!("\n[{part}]\nCannot be tried: {error}");
        self.broken.push(format!("{part}: {error}"));
    }

    /// Whether it is on the glass.
    fn show(&mut self, frame: Frame) -> bool {
        let Some(panel) = &mut self.panel else {
            return false;
        };
        match panel.draw(frame, self.rotation) {
            Ok(()) => true,
            Err(error) => {
                self.panel = None;
                self.cannot("glass", &error);
                false
            }
        }
    }

    /// Until Enter, or as long as a step lasts.
    async fn pause(&mut self) {
        match self.lasts {
            Some(lasts) => tokio::time::sleep(lasts).await,
            None => {
                print!("Enter goes on. ");
                // A terminal that is gone is noticed at the next line.
                let _ = std::io::stdout().flush();
                self.enter.recv().await;
            }
        }
    }

    /// Names each key that is pressed and counts its bounces, until all were or Enter.
    async fn keys(&mut self, buttons: &Buttons) {
        // Without the kernel's debounce: bounces are to be seen.
        let mut keys = match Keys::open_bare(buttons, &self.profile.gpio, crate::net::watch) {
            Ok(keys) => keys,
            Err(error) => return self.cannot("keys", &error),
        };
        println!(
            "\n[keys]\nPress each key once. Each is named here and lights up on the glass. Another name than the key's: exchange\n\
             the lines in [buttons]. No name at all: the line's number (GPIO, not pin), or the wire. The profile's\n\
             debounce of {} ms must be longer than the bounces.",
            buttons.debounce_ms
        );
        let mut seen: Vec<(String, Shade)> = buttons
            .keys()
            .into_iter()
            .flat_map(|(_, name, lines)| {
                lines
                    .iter()
                    .map(move |line| (format!("{name} ({line})"), Shade::Never))
            })
            .collect();
        let geometry = self.profile.geometry().turned(self.rotation);
        loop {
            self.show(pictures::names(&geometry, "press each key", &seen));
            let next = tokio::select! {
                next = keys.next() => next,
                () = self.pause() => break,
            };
            if let Err(error) = next {
                return self.cannot("keys", &error);
            }
            // The contact comes to rest.
            while let Ok(Ok(_)) = timeout(QUIET, keys.next()).await {}
            for (line, press) in keys.take_presses() {
                let down = keys.is_down(line);
                let name = keys.name(line);
                let what = if down { "pressed" } else { "released" };
                println!("  {:5} GPIO {line:2} {what}, {press}", name);
                for (shown, shade) in &mut seen {
                    if *shown == format!("{name} ({line})") {
                        *shade = if down { Shade::Now } else { Shade::Seen };
                    }
                }
            }
            if seen.iter().all(|(_, shade)| *shade == Shade::Seen) {
                self.show(pictures::names(&geometry, "all keys work", &seen));
                println!("All keys work.");
                break;
            }
        }
        let missing: Vec<&str> = (seen.iter())
            .filter(|(_, shade)| *shade == Shade::Never)
            .map(|(name, _)| name.as_str())
            .collect();
        if !missing.is_empty() {
            println!("Never pressed: {}.", missing.join(", "));
        }
    }

    /// One LED after the other, then all.
    async fn leds(&mut self, leds: &Leds) {
        let mut lamps = match Lamps::open(leds, &self.profile.gpio) {
            Ok(lamps) => lamps,
            Err(error) => return self.cannot("LEDs", &error),
        };
        let names = match lamps.are_three() {
            true => ["link", "case", "alarm"],
            false => ["red", "green", "blue"],
        };
        println!(
            "\n[LEDs]\nOne after the other is lit, each for 2 seconds. Another one than named: exchange them in [leds]. All but the\n\
             named one lit: turn `active_low` round. None: the line's number, the LED's direction, its resistor."
        );
        let geometry = self.profile.geometry().turned(self.rotation);
        let walk = [Some(0), Some(1), Some(2), None];
        for lit in walk {
            let is_lit = |n: usize| lit.is_none_or(|lit| lit == n);
            let shown: Vec<_> = (0..3)
                .map(|n| {
                    (
                        names[n].to_owned(),
                        if is_lit(n) { Shade::Now } else { Shade::Never },
                    )
                })
                .collect();
            self.show(pictures::names(&geometry, "lit now", &shown));
            println!("  {}", lit.map_or("all three", |n| names[n]));
            if let Err(error) = lamps.set([0, 1, 2].map(|n| if is_lit(n) { 255 } else { 0 })) {
                return self.cannot("LEDs", &error);
            }
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
        if let Err(error) = lamps.set([0; 3]) {
            self.cannot("LEDs", &error);
        }
    }
}

fn describe(profile: &Profile) {
    let geometry = profile.geometry();
    let mm = |pixels: u16| f32::from(pixels) * geometry.pitch_um / 1000.0;
    println!(
        "{}: {:?}, {} x {} pixels of {} mm, {:.1} x {:.1} mm of glass",
        profile.title,
        profile.glass.controller,
        geometry.width,
        geometry.height,
        geometry.pitch_um / 1000.0,
        mm(geometry.width),
        mm(geometry.height)
    );
    if let (Some(spi), Some(lines)) = (&profile.spi, &profile.lines) {
        let reset = lines
            .reset
            .map_or_else(|| "none".to_owned(), |line| line.to_string());
        println!(
            "{} at {} MHz, DC on GPIO {}, reset {reset}",
            spi.device.display(),
            spi.mhz,
            lines.dc
        );
    }
}
