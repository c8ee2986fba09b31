//! The glass: a thread of its own that draws the latest view, since the bus blocks. Only what changed is sent. Without
//! a panel the box runs all the same and says so; a panel that fails is opened anew now and then.

use std::sync::Arc;
use std::thread;
use std::time::Instant;

use embedded_hal::digital::OutputPin as _;
use resetbox_core::View;
use resetbox_core::event::Health;
use resetbox_view::{Frame, Geometry};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::sleep;

use crate::bus::Input;
use crate::gpio;
use crate::profile::{Controller, Profile};
use crate::retry::{Backoff, Ended, Reporter, ended};

mod backlight;
mod dirty;
mod driver;
#[cfg(test)]
mod model;
#[cfg(test)]
mod tests;
mod wire;

use backlight::Backlight;
use dirty::Window;
use driver::Driver;

/// A panel that is open: the glass, its light, and what is on it.
pub struct Panel {
    driver: Box<dyn Driver>,
    light: Backlight,
    geometry: Geometry,
    /// The picture on the glass and how it is turned; `None` when it is not known.
    shown: Option<(Frame, u16)>,
    brightness: Option<u8>,
    asleep: bool,
}

impl Panel {
    /// Opens bus, lines and backlight, and begins the controller. The glass stays dark until something is drawn.
    pub fn open(profile: &Profile) -> Result<Self, String> {
        let (Some(spi), Some(lines)) = (&profile.spi, &profile.lines) else {
            return Err(format!("{} has no driver here", profile.title));
        };
        // The bus first: a line that is also its MISO becomes an output after that, and stays one.
        let bus = wire::open(spi)?;
        let chip = gpio::find_chip(&profile.gpio).map_err(|error| error.to_string())?;
        let output = |line: u32, role: &str| {
            let request = chip
                .outputs(&[(line, role)], false)
                .map_err(|error| error.to_string())?;
            gpiocdev_embedded_hal::OutputPin::try_from(request).map_err(|error| error.to_string())
        };
        let dc = output(lines.dc, "DC")?;
        let reset = match lines.reset {
            Some(line) => Some(output(line, "reset")?),
            None => None,
        };
        let reset = reset.map(|mut pin| -> driver::Reset {
            Box::new(move |on| {
                let moved = if on { pin.set_low() } else { pin.set_high() };
                moved.map_err(|error| format!("the line reset: {error}"))
            })
        });
        let light = Backlight::open(profile.backlight.as_ref(), &profile.gpio)?;
        let wire = wire::Wire::new(bus, dc, wire::most());
        let driver = driver::begin(&profile.glass, wire, reset, linux_embedded_hal::Delay)?;
        let driver = driver.ok_or_else(|| format!("{} has no driver here", profile.title))?;
        Ok(Self::new(driver, light, profile.geometry()))
    }

    fn new(driver: Box<dyn Driver>, light: Backlight, geometry: Geometry) -> Self {
        Self {
            driver,
            light,
            geometry,
            shown: None,
            brightness: None,
            asleep: false,
        }
    }

    /// Shows the view: its picture, rotation and brightness, or nothing while it sleeps.
    pub fn show(&mut self, view: &View) -> Result<(), String> {
        if view.asleep {
            return self.sleep();
        }
        let frame = resetbox_view::render(view, &self.geometry.turned(view.rotation));
        self.draw(frame, view.rotation)?;
        self.light(view.brightness)
    }

    /// Sends what differs from what is shown. A frame of another size than the turned glass is refused.
    pub fn draw(&mut self, frame: Frame, rotation: u16) -> Result<(), String> {
        let turned = self.geometry.turned(rotation);
        if (frame.width(), frame.height()) != (turned.width, turned.height) {
            return Err(format!(
                "a picture of {} x {} pixels for a glass of {} x {}",
                frame.width(),
                frame.height(),
                turned.width,
                turned.height
            ));
        }
        if self.asleep {
            self.driver.wake()?;
            self.asleep = false;
        }
        if self
            .shown
            .as_ref()
            .is_none_or(|(_, before)| *before != rotation)
        {
            self.driver.turn(rotation)?;
            self.shown = None;
        }
        let windows = match &self.shown {
            Some((before, _)) => dirty::changed(before, &frame),
            None => vec![Window::whole(&frame)],
        };
        for window in windows {
            self.driver.draw(&frame, window)?;
        }
        self.shown = Some((frame, rotation));
        Ok(())
    }

    /// Sets the light, in percent.
    pub fn light(&mut self, percent: u8) -> Result<(), String> {
        if self.brightness != Some(percent) {
            self.light.set(percent)?;
            self.brightness = Some(percent);
        }
        Ok(())
    }

    /// Dark, glass and controller at rest.
    pub fn sleep(&mut self) -> Result<(), String> {
        if !self.asleep {
            self.light(0)?;
            self.driver.sleep()?;
            self.asleep = true;
            self.shown = None;
        }
        Ok(())
    }
}

/// The thread's handle.
#[derive(Debug)]
pub struct Running(oneshot::Receiver<()>);

impl Running {
    /// Waits until the thread has made the glass dark: it ends with the view's sender.
    pub async fn ended(self) {
        // A thread that panicked has ended too.
        let _ = self.0.await;
    }
}

/// Starts the thread; `None` when the profile has no glass to drive.
pub fn spawn(
    profile: Arc<Profile>,
    view: watch::Receiver<Arc<View>>,
    inputs: mpsc::Sender<Input>,
) -> Option<Running> {
    if profile.glass.controller == Controller::None {
        tracing::info!(
            "{}: nothing drives this glass; the panel mirror shows its pages",
            profile.title
        );
        return None;
    }
    let (ends, ended) = oneshot::channel();
    let health = inputs.clone();
    let shell = Shell {
        runtime: Handle::current(),
        view,
        reporter: Reporter::new(inputs, "panel", Health::Panel),
    };
    let thread = thread::Builder::new().name("panel".into()).spawn(move || {
        // Nothing is left to say when the box ends.
        let _ = shell.run(|| Panel::open(&profile));
        drop(ends);
    });
    if let Err(error) = thread {
        let text = format!("its thread could not be started: {error}");
        // At the start the queue is empty.
        let _ = health.try_send(Input::Health(Health::Panel(Err(text))));
    }
    Some(Running(ended))
}

/// What the thread holds.
struct Shell {
    /// Views come and time passes there.
    runtime: Handle,
    view: watch::Receiver<Arc<View>>,
    reporter: Reporter,
}

impl Shell {
    /// Opens and draws until nobody makes views any more.
    fn run(mut self, open: impl Fn() -> Result<Panel, String>) -> Result<(), Ended> {
        let mut backoff = Backoff::new();
        loop {
            let began = Instant::now();
            let error = match open() {
                Ok(panel) => match self.draw(panel)? {
                    Ok(()) => return Ok(()),
                    Err(error) => error,
                },
                Err(error) => error,
            };
            self.tell(Err(error))?;
            let wait = backoff.wait(began.elapsed());
            let view = &mut self.view;
            self.runtime.block_on(async {
                tokio::select! {
                    () = sleep(wait) => Ok(()),
                    () = ended(view) => Err(Ended),
                }
            })?;
        }
    }

    /// Draws view after view, the latest wins, until the box ends or the panel fails.
    fn draw(&mut self, mut panel: Panel) -> Result<Result<(), String>, Ended> {
        loop {
            let view = self.view.borrow_and_update().clone();
            if let Err(error) = panel.show(&view) {
                return Ok(Err(error));
            }
            self.tell(Ok(()))?;
            if self.runtime.block_on(self.view.changed()).is_err() {
                // A picture of a box that no longer runs would lie.
                return Ok(panel.sleep());
            }
        }
    }

    fn tell(&mut self, outcome: Result<(), String>) -> Result<(), Ended> {
        self.runtime.block_on(self.reporter.tell(outcome))
    }
}
