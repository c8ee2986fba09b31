//! Models of the three controllers and of a glass, for tests: they read the bytes of the bus and the DC line as the data
//! sheets say, refuse what those forbid, and give back the picture that a person would see. They share no code with the
//! drivers.

use std::convert::Infallible;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use embedded_hal::delay::DelayNs;
use embedded_hal::digital;
use embedded_hal::spi;

use crate::profile::{Controller, Glass, Order};

const MS: u64 = 1_000_000;

// Commands that all three share.
const SWRESET: u8 = 0x01;
const SLPIN: u8 = 0x10;
const SLPOUT: u8 = 0x11;
const NORON: u8 = 0x13;
const INVOFF: u8 = 0x20;
const INVON: u8 = 0x21;
const DISPOFF: u8 = 0x28;
const DISPON: u8 = 0x29;
const CASET: u8 = 0x2a;
const RASET: u8 = 0x2b;
const RAMWR: u8 = 0x2c;
const MADCTL: u8 = 0x36;
const COLMOD: u8 = 0x3a;

/// A panel on a bench: bus, lines and clock end in it.
#[derive(Clone)]
pub(super) struct Bench(Arc<Mutex<Chip>>);

/// The controller with the glass behind it.
pub(super) struct Chip {
    glass: Glass,
    /// Most bytes of one transfer, as spidev has it.
    bufsiz: usize,
    now: u64,
    data: bool,
    in_reset: bool,
    /// The bus is unplugged.
    pub(super) unplugged: bool,
    /// Transfers and bytes so far.
    pub(super) transfers: u64,
    pub(super) bytes: u64,
    state: State,
    ram: Vec<u16>,
}

/// What a reset clears.
#[derive(Default)]
struct State {
    command: Option<u8>,
    args: Vec<u8>,
    /// No command before this.
    quiet_until: u64,
    no_sleep_out_before: u64,
    no_sleep_in_before: u64,
    awake: bool,
    lit: bool,
    inverted: bool,
    madctl: u8,
    sixteen_bits: bool,
    columns: Option<(u16, u16)>,
    rows: Option<(u16, u16)>,
    /// Pixels written since RAMWR, and half of the next one.
    written: u32,
    half: Option<u8>,
}

impl Bench {
    pub(super) fn new(glass: &Glass, bufsiz: usize) -> Self {
        let (width, height) = glass.ram.unwrap_or(glass.controller.ram());
        let mut chip = Chip {
            glass: glass.clone(),
            bufsiz,
            now: 0,
            data: false,
            in_reset: false,
            unplugged: false,
            transfers: 0,
            bytes: 0,
            state: State::default(),
            // What a memory holds after power-on is anything but a picture.
            ram: (0..u32::from(width) * u32::from(height))
                .map(|n| (n.wrapping_mul(40503) >> 3) as u16)
                .collect(),
        };
        chip.power_on();
        Self(Arc::new(Mutex::new(chip)))
    }

    pub(super) fn chip(&self) -> MutexGuard<'_, Chip> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn spi(&self) -> Bus {
        Bus(self.clone())
    }

    pub(super) fn dc(&self) -> Dc {
        Dc(self.clone())
    }

    pub(super) fn clock(&self) -> Ticks {
        Ticks(self.clone())
    }

    pub(super) fn reset(&self, on: bool) {
        let mut chip = self.chip();
        if chip.in_reset && !on {
            chip.power_on();
        }
        chip.in_reset = on;
    }
}

impl Chip {
    /// The plug was pulled and put back: everything is forgotten.
    pub(super) fn power_on(&mut self) {
        // Five milliseconds until commands, 120 until SLPOUT: ST7789 and ST7735S 9.1, ILI9341 15.4.
        self.state = State {
            quiet_until: self.now + 5 * MS,
            no_sleep_out_before: self.now + 120 * MS,
            ..State::default()
        };
    }

    pub(super) fn is_awake(&self) -> bool {
        self.state.awake
    }

    fn byte(&mut self, byte: u8) {
        assert!(
            !self.in_reset,
            "byte {byte:#04x} while the reset line is low"
        );
        if self.data {
            self.argument(byte);
        } else {
            self.end_command();
            self.begin_command(byte);
        }
    }

    /// Every command is complete before the next one.
    fn end_command(&mut self) {
        let Some(command) = self.state.command.take() else {
            return;
        };
        if command == RAMWR {
            assert_eq!(self.state.half, None, "half a pixel");
            assert_eq!(
                self.state.written,
                self.window(),
                "the window was not filled"
            );
            return;
        }
        let (expected, given) = (self.arguments(command), self.state.args.len());
        assert_eq!(given, expected, "arguments of {command:#04x}");
    }

    fn begin_command(&mut self, command: u8) {
        let State { quiet_until, .. } = self.state;
        assert!(
            self.now >= quiet_until,
            "{command:#04x} comes {} ns too early",
            quiet_until - self.now
        );
        self.state.command = Some(command);
        self.state.args.clear();
        match command {
            SWRESET => {
                self.power_on();
                self.state.command = Some(command);
            }
            SLPOUT => {
                let earliest = self.state.no_sleep_out_before;
                assert!(
                    self.now >= earliest,
                    "SLPOUT comes {} ns too early",
                    earliest - self.now
                );
                self.state.awake = true;
                self.state.quiet_until = self.now + 5 * MS;
                self.state.no_sleep_in_before = self.now + 120 * MS;
            }
            SLPIN => {
                let earliest = self.state.no_sleep_in_before;
                assert!(
                    self.now >= earliest,
                    "SLPIN comes {} ns too early",
                    earliest - self.now
                );
                self.state.awake = false;
                self.state.quiet_until = self.now + 5 * MS;
                self.state.no_sleep_out_before = self.now + 120 * MS;
            }
            INVOFF => self.state.inverted = false,
            INVON => self.state.inverted = true,
            DISPOFF => self.state.lit = false,
            DISPON => self.state.lit = true,
            RAMWR => {
                assert!(self.state.awake, "pixels while it sleeps");
                assert!(self.state.sixteen_bits, "pixels before COLMOD");
                assert!(
                    self.state.columns.is_some() && self.state.rows.is_some(),
                    "pixels without a window"
                );
                (self.state.written, self.state.half) = (0, None);
            }
            other => {
                // Known, or the data sheet does not have it.
                self.arguments(other);
            }
        }
    }

    /// How many arguments the data sheet of this chip gives the command.
    fn arguments(&self, command: u8) -> usize {
        match (self.glass.controller, command) {
            (_, SWRESET | SLPIN | SLPOUT | NORON | INVOFF | INVON | DISPOFF | DISPON) => 0,
            (_, CASET | RASET) => 4,
            (_, MADCTL | COLMOD) => 1,
            (Controller::St7735s, 0xb1 | 0xb2 | 0xc0) => 3,
            (Controller::St7735s, 0xb3) => 6,
            (Controller::St7735s, 0xb4 | 0xc1 | 0xc5) => 1,
            (Controller::St7735s, 0xc2..=0xc4) => 2,
            (Controller::St7735s, 0xe0 | 0xe1) => 16,
            (Controller::Ili9341, 0xb4) => 1,
            (chip, _) => panic!("{chip:?} has no command {command:#04x}, or no test has needed it"),
        }
    }

    fn argument(&mut self, byte: u8) {
        let command = self.state.command.expect("data without a command");
        if command == RAMWR {
            match self.state.half.take() {
                None => self.state.half = Some(byte),
                Some(high) => self.pixel(u16::from_be_bytes([high, byte])),
            }
            return;
        }
        self.state.args.push(byte);
        let expected = self.arguments(command);
        assert!(
            self.state.args.len() <= expected,
            "too many arguments of {command:#04x}"
        );
        if self.state.args.len() < expected {
            return;
        }
        let args = self.state.args.clone();
        match command {
            MADCTL => {
                assert_eq!(args[0] & 0b11, 0, "reserved bits of MADCTL");
                self.state.madctl = args[0];
            }
            COLMOD => {
                assert!(
                    matches!(args[0], 0x55 | 0x05),
                    "COLMOD {:#04x} is not 16 bits",
                    args[0]
                );
                self.state.sixteen_bits = true;
            }
            CASET | RASET => {
                let range = (
                    u16::from_be_bytes([args[0], args[1]]),
                    u16::from_be_bytes([args[2], args[3]]),
                );
                let (width, height) = self.size();
                let swapped = self.state.madctl & 0x20 != 0;
                let most = if (command == CASET) != swapped {
                    width
                } else {
                    height
                };
                assert!(
                    range.0 <= range.1 && range.1 < most,
                    "{command:#04x} {range:?} of {most}"
                );
                match command {
                    CASET => self.state.columns = Some(range),
                    _ => self.state.rows = Some(range),
                }
            }
            _ => {}
        }
    }

    fn pixel(&mut self, pixel: u16) {
        assert!(
            self.state.written < self.window(),
            "more pixels than the window has"
        );
        let ((left, right), (top, _)) = self.ranges();
        let width = u32::from(right - left) + 1;
        let x = left + (self.state.written % width) as u16;
        let y = top + (self.state.written / width) as u16;
        self.state.written += 1;
        // Row/column exchange, then the two directions: the data sheets' figures of MADCTL.
        let madctl = self.state.madctl;
        let (width, height) = self.size();
        let (mut column, mut row) = if madctl & 0x20 != 0 { (y, x) } else { (x, y) };
        if madctl & 0x40 != 0 {
            column = width - 1 - column;
        }
        if madctl & 0x80 != 0 {
            row = height - 1 - row;
        }
        self.ram[usize::from(row) * usize::from(width) + usize::from(column)] = pixel;
    }

    fn size(&self) -> (u16, u16) {
        self.glass.ram.unwrap_or(self.glass.controller.ram())
    }

    fn ranges(&self) -> ((u16, u16), (u16, u16)) {
        let State { columns, rows, .. } = self.state;
        (columns.expect("a window"), rows.expect("a window"))
    }

    fn window(&self) -> u32 {
        let (columns, rows) = self.ranges();
        let long = |(from, to): (u16, u16)| u32::from(to - from) + 1;
        long(columns) * long(rows)
    }

    /// What a person sees who turned the box by `degrees`: RGB565, row by row; `None` while nothing is lit.
    pub(super) fn seen(&self, degrees: u16) -> Option<Vec<u16>> {
        if !self.state.awake || !self.state.lit {
            return None;
        }
        let glass = &self.glass;
        let across = glass.rotation % 180 == 90;
        let (width, height) = match across {
            true => (glass.height, glass.width),
            false => (glass.width, glass.height),
        };
        let (ram_width, _) = self.size();
        // A pixel of the glass as it was made, from its upper left.
        let made = |x: u16, y: u16| {
            let x = if glass.mirrored { width - 1 - x } else { x };
            let at = usize::from(y + glass.offset.1) * usize::from(ram_width)
                + usize::from(x + glass.offset.0);
            self.colour(self.ram[at])
        };
        let total = (glass.rotation + degrees) % 360;
        let (seen_width, seen_height) = match total {
            90 | 270 => (height, width),
            _ => (width, height),
        };
        let mut picture = Vec::new();
        for y in 0..seen_height {
            for x in 0..seen_width {
                // The box is turned against the clock by what the picture is turned with it.
                picture.push(match total {
                    90 => made(width - 1 - y, x),
                    180 => made(width - 1 - x, height - 1 - y),
                    270 => made(y, height - 1 - x),
                    _ => made(x, y),
                });
            }
        }
        Some(picture)
    }

    /// What a stored pixel looks like behind this glass.
    fn colour(&self, stored: u16) -> u16 {
        let mut pixel = stored;
        if (self.state.madctl & 0x08 != 0) != (self.glass.order == Order::Bgr) {
            pixel = (pixel & 0x07e0) | pixel >> 11 | pixel << 11;
        }
        if self.state.inverted != self.glass.inverted {
            pixel = !pixel;
        }
        pixel
    }
}

/// The bus ends here.
pub(super) struct Bus(Bench);

/// What spidev would say.
#[derive(Debug)]
pub(super) struct BusError(&'static str);

impl fmt::Display for BusError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl spi::Error for BusError {
    fn kind(&self) -> spi::ErrorKind {
        spi::ErrorKind::Other
    }
}

impl spi::ErrorType for Bus {
    type Error = BusError;
}

impl spi::SpiDevice for Bus {
    fn transaction(&mut self, operations: &mut [spi::Operation<'_, u8>]) -> Result<(), BusError> {
        let mut chip = self.0.chip();
        for operation in operations {
            let spi::Operation::Write(bytes) = operation else {
                panic!("a panel is only written to");
            };
            if chip.unplugged {
                return Err(BusError("Cannot send after transport endpoint shutdown"));
            }
            assert!(!bytes.is_empty(), "an empty transfer");
            if bytes.len() > chip.bufsiz {
                return Err(BusError("Message too long"));
            }
            chip.transfers += 1;
            chip.bytes += bytes.len() as u64;
            for byte in bytes.iter() {
                chip.byte(*byte);
            }
        }
        Ok(())
    }
}

/// The DC line ends here.
pub(super) struct Dc(Bench);

impl digital::ErrorType for Dc {
    type Error = Infallible;
}

impl digital::OutputPin for Dc {
    fn set_low(&mut self) -> Result<(), Infallible> {
        self.0.chip().data = false;
        Ok(())
    }

    fn set_high(&mut self) -> Result<(), Infallible> {
        self.0.chip().data = true;
        Ok(())
    }
}

/// Waiting moves the bench's own clock.
pub(super) struct Ticks(Bench);

impl DelayNs for Ticks {
    fn delay_ns(&mut self, ns: u32) {
        self.0.chip().now += u64::from(ns);
    }
}
