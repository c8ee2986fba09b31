//! The controllers: how each is begun, turned, sent to sleep and woken. The bytes themselves are mipidsi's.

use embedded_graphics::pixelcolor::Rgb565;
use embedded_graphics::pixelcolor::raw::RawU16;
use embedded_hal::delay::DelayNs;
use mipidsi::dcs::SetAddressMode;
use mipidsi::interface::Interface;
use mipidsi::models::{ILI9341Rgb565, Model, ModelInitError, ST7735s, ST7789};
use mipidsi::options::{ColorInversion, ColorOrder, ModelOptions, Orientation, Rotation};
use mipidsi::{Builder, Display, NoResetPin};
use resetbox_view::Frame;

use super::dirty::Window;
use crate::profile::{Controller, Glass, Order};

/// A glass with its controller, whichever it is. Errors are in words; after one the glass must be opened anew.
pub(super) trait Driver: Send {
    /// Sends this part of the picture.
    fn draw(&mut self, frame: &Frame, window: Window) -> Result<(), String>;
    /// Turns what is sent from now on by so many degrees, clockwise.
    fn turn(&mut self, degrees: u16) -> Result<(), String>;
    /// Glass and controller rest; what they showed is lost.
    fn sleep(&mut self) -> Result<(), String>;
    /// Begins anew from a reset: a panel that was unplugged meanwhile works again too.
    fn wake(&mut self) -> Result<(), String>;
}

/// Drives the reset line: `true` is reset.
pub(super) type Reset = Box<dyn FnMut(bool) -> Result<(), String> + Send>;

/// Begins the controller of the glass; a glass without one has no driver.
pub(super) fn begin<W, D>(
    glass: &Glass,
    wire: W,
    reset: Option<Reset>,
    delay: D,
) -> Result<Option<Box<dyn Driver>>, String>
where
    W: Interface<Word = u8, Error = String> + Send + 'static,
    D: DelayNs + Send + 'static,
{
    let parts = (wire, reset, delay);
    Ok(Some(match (glass.controller, glass.ram) {
        (Controller::None, _) => return Ok(None),
        (Controller::St7789, _) => start(glass, parts, || ST7789)?,
        (Controller::Ili9341, _) => start(glass, parts, || ILI9341Rgb565)?,
        (Controller::St7735s, Some((132, 132))) => start(glass, parts, || Strapped::<132, 132>)?,
        (Controller::St7735s, Some((128, 160))) => start(glass, parts, || Strapped::<128, 160>)?,
        (Controller::St7735s, _) => start(glass, parts, || ST7735s)?,
    }))
}

fn start<W, D, M>(
    glass: &Glass,
    (wire, reset, delay): (W, Option<Reset>, D),
    model: fn() -> M,
) -> Result<Box<dyn Driver>, String>
where
    W: Interface<Word = u8, Error = String> + Send + 'static,
    D: DelayNs + Send + 'static,
    M: Model<ColorFormat = Rgb565> + Send + 'static,
{
    let mut mipi = Mipi {
        glass: glass.clone(),
        display: None,
        reset,
        delay,
        model,
        degrees: 0,
    };
    mipi.begin(wire)?;
    Ok(Box::new(mipi))
}

/// A controller that speaks MIPI DCS.
struct Mipi<W, D, M>
where
    W: Interface<Word = u8, Error = String>,
    M: Model<ColorFormat = Rgb565>,
{
    glass: Glass,
    /// Absent after an error only.
    display: Option<Display<W, M, NoResetPin>>,
    reset: Option<Reset>,
    delay: D,
    model: fn() -> M,
    degrees: u16,
}

impl<W, D, M> Mipi<W, D, M>
where
    W: Interface<Word = u8, Error = String>,
    D: DelayNs,
    M: Model<ColorFormat = Rgb565>,
{
    fn begin(&mut self, wire: W) -> Result<(), String> {
        if let Some(reset) = &mut self.reset {
            // Longer than the 10 µs of the data sheets: cables and cheap boards have capacitors on this line.
            reset(true)?;
            self.delay.delay_ms(10);
            reset(false)?;
            self.delay.delay_ms(120);
        }
        let glass = &self.glass;
        let (width, height) = match glass.rotation {
            90 | 270 => (glass.height, glass.width),
            _ => (glass.width, glass.height),
        };
        let display = Builder::new((self.model)(), wire)
            .display_size(width, height)
            .display_offset(glass.offset.0, glass.offset.1)
            .orientation(self.orientation())
            .invert_colors(match glass.inverted {
                true => ColorInversion::Inverted,
                false => ColorInversion::Normal,
            })
            .color_order(match glass.order {
                Order::Rgb => ColorOrder::Rgb,
                Order::Bgr => ColorOrder::Bgr,
            })
            .init(&mut self.delay)
            .map_err(|error| match error {
                mipidsi::InitError::Interface(error) => error,
                other => format!("the profile does not suit its controller: {other:?}"),
            })?;
        self.display = Some(display);
        Ok(())
    }

    fn orientation(&self) -> Orientation {
        let wired = match self.glass.mirrored {
            true => Orientation::new().flip_horizontal(),
            false => Orientation::new(),
        };
        wired.rotate(match (self.glass.rotation + self.degrees) % 360 {
            90 => Rotation::Deg90,
            180 => Rotation::Deg180,
            270 => Rotation::Deg270,
            _ => Rotation::Deg0,
        })
    }

    fn display(&mut self) -> Result<&mut Display<W, M, NoResetPin>, String> {
        self.display
            .as_mut()
            .ok_or_else(|| "it failed before".into())
    }
}

impl<W, D, M> Driver for Mipi<W, D, M>
where
    W: Interface<Word = u8, Error = String> + Send,
    D: DelayNs + Send,
    M: Model<ColorFormat = Rgb565> + Send,
{
    fn draw(&mut self, frame: &Frame, window: Window) -> Result<(), String> {
        let Window {
            x,
            y,
            width,
            height,
        } = window;
        let pixels = window.pixels(frame).map(|p| Rgb565::from(RawU16::new(p)));
        self.display()?
            .set_pixels(x, y, x + width - 1, y + height - 1, pixels)
    }

    fn turn(&mut self, degrees: u16) -> Result<(), String> {
        self.degrees = degrees;
        let orientation = self.orientation();
        self.display()?.set_orientation(orientation)
    }

    fn sleep(&mut self) -> Result<(), String> {
        match &mut self.display {
            Some(display) => display.sleep(&mut self.delay),
            None => Err("it failed before".into()),
        }
    }

    fn wake(&mut self) -> Result<(), String> {
        let display = self.display.take().ok_or("it failed before")?;
        let (wire, ..) = display.release();
        self.begin(wire)
    }
}

/// An ST7735S on a module that is strapped to a smaller memory: what is mirrored counts from that memory's end.
struct Strapped<const WIDTH: u16, const HEIGHT: u16>;

impl<const WIDTH: u16, const HEIGHT: u16> Model for Strapped<WIDTH, HEIGHT> {
    type ColorFormat = Rgb565;

    const FRAMEBUFFER_SIZE: (u16, u16) = (WIDTH, HEIGHT);

    fn init<D: DelayNs, I: Interface>(
        &mut self,
        wire: &mut I,
        delay: &mut D,
        options: &ModelOptions,
    ) -> Result<SetAddressMode, ModelInitError<I::Error>> {
        ST7735s.init(wire, delay, options)
    }
}
