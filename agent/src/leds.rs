//! The indicators: one RGB LED or three plain ones, by lines or by the kernel's LED class. The patterns are functions of
//! time; the task sleeps until the next change.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use gpiocdev::Request;
use gpiocdev::line::Value;
use resetbox_core::View;
use resetbox_core::event::Health;
use resetbox_core::view::{Indicator, IndicatorState};
use resetbox_view::indicator;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, sleep_until};

use crate::bus::Input;
use crate::gpio;
use crate::profile::{Gpio, Leds, Light, Lights};
use crate::retry::{Backoff, Reporter, ended};

/// Every pattern changes at multiples of this; what breathes is redrawn so often.
const STEP: Duration = Duration::from_millis(50);
/// The longest that a pattern rests between two changes; what rests longer rests for ever.
const LONGEST: Duration = Duration::from_secs(4);
/// Where the kernel shows its LEDs.
const CLASS: &str = "/sys/class/leds";

/// Lights that are open.
pub struct Lamps {
    lamps: [Lamp; 3],
    three: bool,
    /// How bright each is; unknown at first.
    lit: [Option<u8>; 3],
}

/// One light.
enum Lamp {
    Line(Request),
    Class { file: PathBuf, most: u64 },
}

impl Lamps {
    /// Opens the LEDs of a profile; they are dark at first.
    pub fn open(leds: &Leds, gpio: &Gpio) -> Result<Self, String> {
        Self::open_in(Path::new(CLASS), leds, gpio)
    }

    fn open_in(class: &Path, leds: &Leds, gpio: &Gpio) -> Result<Self, String> {
        let (lights, names, three) = match leds.lights() {
            Some(Lights::Rgb(lights)) => (lights, ["red", "green", "blue"], false),
            Some(Lights::Three(lights)) => (lights, ["link", "case", "alarm"], true),
            None => return Err("[leds] of the profile is incomplete".into()),
        };
        let [first, second, third] = lights;
        let open = |light: Light, name: &str| match light {
            Light::Gpio(line) => gpio::find_chip(gpio)
                .and_then(|chip| chip.outputs(&[(line, &format!("LED {name}"))], leds.active_low))
                .map(Lamp::Line)
                .map_err(|error| error.to_string()),
            Light::Class(led) => Lamp::class(&class.join(led)),
        };
        Ok(Self {
            lamps: [
                open(first, names[0])?,
                open(second, names[1])?,
                open(third, names[2])?,
            ],
            three,
            lit: [None; 3],
        })
    }

    /// Whether they are three plain LEDs (link, case, alarm) and not one of red, green, blue.
    pub fn are_three(&self) -> bool {
        self.three
    }

    /// Sets all three, 0 dark to 255 full; what stays as it is is not touched.
    pub fn set(&mut self, levels: [u8; 3]) -> Result<(), String> {
        for ((lamp, lit), level) in self.lamps.iter().zip(&mut self.lit).zip(levels) {
            let level = lamp.quantised(level);
            if *lit != Some(level) {
                *lit = None;
                lamp.set(level)?;
                *lit = Some(level);
            }
        }
        Ok(())
    }

    /// What the lamps show of a pattern at a moment.
    fn levels(&self, state: IndicatorState, elapsed: Duration) -> [u8; 3] {
        let levels = levels(self.three, state, elapsed);
        [0, 1, 2].map(|n| self.lamps[n].quantised(levels[n]))
    }
}

/// What the pattern wants at a moment.
fn levels(three: bool, state: IndicatorState, elapsed: Duration) -> [u8; 3] {
    match three {
        true => indicator::three(state, elapsed).map(|lit| if lit { 255 } else { 0 }),
        false => indicator::rgb(state, elapsed),
    }
}

/// When what is shown changes next; `None` when it stays as it is.
fn next_change(elapsed: Duration, shown: impl Fn(Duration) -> [u8; 3]) -> Option<Duration> {
    let now = shown(elapsed);
    let step = STEP.as_millis();
    let first = elapsed.as_millis() / step + 1;
    let steps = first..=first + LONGEST.as_millis() / step;
    steps
        .map(|n| STEP * u32::try_from(n).unwrap_or(u32::MAX))
        .find(|at| shown(*at) != now)
}

impl Lamp {
    fn class(folder: &Path) -> Result<Self, String> {
        let file = folder.join("brightness");
        let explain = |error: std::io::Error| {
            let remedy = match error.kind() {
                std::io::ErrorKind::NotFound => "take a name that stands in /sys/class/leds",
                std::io::ErrorKind::PermissionDenied => {
                    "let the user write it (a udev rule), or run as root"
                }
                _ => "see which driver holds it",
            };
            format!("LED {}: {error}: {remedy}", folder.display())
        };
        let most = std::fs::read_to_string(folder.join("max_brightness")).map_err(explain)?;
        // Else the kernel's own trigger (card access, heartbeat) goes on blinking it.
        std::fs::write(folder.join("trigger"), "none").map_err(explain)?;
        Ok(Self::Class {
            file,
            most: most.trim().parse().unwrap_or(1),
        })
    }

    /// Lines and LEDs that cannot be dimmed are on from half of the light on.
    fn quantised(&self, level: u8) -> u8 {
        match self {
            Self::Class { most, .. } if *most > 1 => level,
            _ => u8::MAX * u8::from(level >= 0x80),
        }
    }

    fn set(&self, level: u8) -> Result<(), String> {
        match self {
            Self::Line(line) => line
                .set_lone_value(match level {
                    0 => Value::Inactive,
                    _ => Value::Active,
                })
                .map_err(|error| format!("the line of an LED: {error}")),
            Self::Class { file, most } => {
                let value = most * u64::from(level) / u64::from(u8::MAX);
                std::fs::write(file, value.to_string())
                    .map_err(|error| format!("{}: {error}", file.display()))
            }
        }
    }
}

/// Starts the task; it makes the LEDs dark and ends with the view's sender.
pub fn spawn(
    leds: Leds,
    gpio: Gpio,
    view: watch::Receiver<Arc<View>>,
    inputs: mpsc::Sender<Input>,
) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut view = view;
        let open = || Lamps::open(&leds, &gpio);
        run(open, &mut view, inputs).await;
    })
}

/// Opens and blinks until nobody makes views any more.
async fn run(
    open: impl Fn() -> Result<Lamps, String>,
    view: &mut watch::Receiver<Arc<View>>,
    inputs: mpsc::Sender<Input>,
) {
    let mut backoff = Backoff::new();
    let mut reporter = Reporter::new(inputs, "LEDs", Health::Leds);
    loop {
        let opened = Instant::now();
        let error = match open() {
            Ok(mut lamps) => {
                if reporter.tell(Ok(())).await.is_err() {
                    return;
                }
                match blink(&mut lamps, view).await {
                    Ok(()) => return,
                    Err(error) => error,
                }
            }
            Err(error) => error,
        };
        if reporter.tell(Err(error)).await.is_err() {
            return;
        }
        tokio::select! {
            () = sleep(backoff.wait(opened.elapsed())) => {}
            () = ended(view) => return,
        }
    }
}

/// Follows the pattern; `Ok` when the box ends.
async fn blink(lamps: &mut Lamps, view: &mut watch::Receiver<Arc<View>>) -> Result<(), String> {
    let (mut indicator, mut began) = began(&view.borrow_and_update());
    loop {
        let elapsed = began.elapsed();
        lamps.set(levels(lamps.three, indicator.state, elapsed))?;
        let next = next_change(elapsed, |at| lamps.levels(indicator.state, at));
        let changed = tokio::select! {
            changed = view.changed() => changed,
            () = until(next.map(|next| began + next)) => continue,
        };
        if changed.is_err() {
            // Lights of a box that no longer runs would lie.
            return lamps.set([0; 3]);
        }
        let latest = self::began(&view.borrow_and_update());
        // The same pattern goes on as it is: a new reckoning would make it stumble.
        if latest.0 != indicator {
            (indicator, began) = latest;
        }
    }
}

/// The pattern and when it began by this program's clock.
fn began(view: &View) -> (Indicator, Instant) {
    let elapsed = view.at.since(view.indicator.since);
    let now = Instant::now();
    (view.indicator, now.checked_sub(elapsed).unwrap_or(now))
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests;
