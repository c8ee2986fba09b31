//! Bytes to a controller: the bus, and the line that tells commands from data.

use std::fmt::Display;
use std::io::ErrorKind;
use std::path::Path;

use embedded_hal::digital::OutputPin;
use embedded_hal::spi::SpiDevice;
use linux_embedded_hal::SpidevDevice;
use linux_embedded_hal::spidev::{SpiModeFlags, SpidevOptions};
use mipidsi::interface::{Interface, InterfaceKind};

use crate::profile::Spi;

/// What spidev takes at once unless the kernel was told otherwise.
const USUAL: usize = 4096;
/// Longer transfers gain nothing.
const MOST: usize = 65536;
/// Where the kernel says what it takes.
const BUFSIZ: &str = "/sys/module/spidev/parameters/bufsiz";

/// A bus, its DC line, and a buffer for one transfer.
pub(super) struct Wire<S, D> {
    spi: S,
    dc: D,
    /// The level of the line; unknown at first.
    data: Option<bool>,
    buffer: Vec<u8>,
}

impl<S, D> Wire<S, D>
where
    S: SpiDevice<Error: Display>,
    D: OutputPin<Error: Display>,
{
    /// `most` bytes are sent at once.
    pub(super) fn new(spi: S, dc: D, most: usize) -> Self {
        Self {
            spi,
            dc,
            data: None,
            buffer: vec![0; most.clamp(64, MOST)],
        }
    }

    fn say(&mut self, data: bool) -> Result<(), String> {
        if self.data == Some(data) {
            return Ok(());
        }
        self.data = None;
        self.dc
            .set_state(data.into())
            .map_err(|error| format!("the line DC: {error}"))?;
        self.data = Some(data);
        Ok(())
    }
}

fn bus(error: impl Display) -> String {
    format!("the SPI bus: {error}")
}

impl<S, D> Interface for Wire<S, D>
where
    S: SpiDevice<Error: Display>,
    D: OutputPin<Error: Display>,
{
    type Word = u8;
    type Error = String;

    const KIND: InterfaceKind = InterfaceKind::Serial4Line;

    fn send_command(&mut self, command: u8, args: &[u8]) -> Result<(), String> {
        self.say(false)?;
        self.spi.write(&[command]).map_err(bus)?;
        self.say(true)?;
        // Every empty transfer would be a way into the kernel for nothing.
        if args.is_empty() {
            return Ok(());
        }
        self.spi.write(args).map_err(bus)
    }

    fn send_pixels<const N: usize>(
        &mut self,
        pixels: impl IntoIterator<Item = [u8; N]>,
    ) -> Result<(), String> {
        self.say(true)?;
        let most = self.buffer.len() / N * N;
        let mut filled = 0;
        for pixel in pixels {
            self.buffer[filled..filled + N].copy_from_slice(&pixel);
            filled += N;
            if filled == most {
                self.spi.write(&self.buffer[..filled]).map_err(bus)?;
                filled = 0;
            }
        }
        if filled > 0 {
            self.spi.write(&self.buffer[..filled]).map_err(bus)?;
        }
        Ok(())
    }

    fn send_repeated_pixel<const N: usize>(
        &mut self,
        pixel: [u8; N],
        count: u32,
    ) -> Result<(), String> {
        self.send_pixels(std::iter::repeat_n(pixel, count as usize))
    }
}

/// Opens the bus of the profile; mode 0, eight bits.
pub(super) fn open(spi: &Spi) -> Result<SpidevDevice, String> {
    let name = spi.device.display();
    let mut device = SpidevDevice::open(&spi.device).map_err(|error| {
        let remedy = match error.inner().kind() {
            ErrorKind::NotFound => {
                "switch SPI on (dtparam=spi=on in config.txt) and restart, or correct [spi] device in the profile. The service sees only nodes that its unit binds (BindPaths=)"
            }
            ErrorKind::PermissionDenied => {
                "add the user to the group that owns it (spi), or run as root"
            }
            _ => "see which driver or program holds it",
        };
        format!("{name}: {error}: {remedy}")
    })?;
    let options = SpidevOptions::new()
        .bits_per_word(8)
        .max_speed_hz(spi.mhz.saturating_mul(1_000_000))
        .mode(SpiModeFlags::SPI_MODE_0)
        .build();
    device.configure(&options).map_err(|error| {
        format!(
            "{name}: {error}: it is no SPI device, or its driver refuses {} MHz",
            spi.mhz
        )
    })?;
    Ok(device)
}

/// How much spidev takes at once.
pub(super) fn most() -> usize {
    most_of(Path::new(BUFSIZ))
}

fn most_of(path: &Path) -> usize {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.trim().parse().unwrap_or(USUAL).min(MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transfers_are_as_long_as_the_kernel_takes() {
        assert_eq!(most_of(Path::new("/nowhere")), 4096);
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        for (text, most) in [("32768\n", 32768), ("131072\n", 65536), ("many", 4096)] {
            std::fs::write(file.path(), text).expect("written");
            assert_eq!(most_of(file.path()), most);
        }
    }

    #[test]
    fn a_bus_that_is_not_there_is_named_with_the_remedy() {
        let error = |device: &str| {
            let spi = Spi {
                device: device.into(),
                mhz: 40,
            };
            open(&spi).err().expect("no bus")
        };
        let missing = error("/dev/spidev99.9");
        assert!(
            missing.contains("/dev/spidev99.9: ") && missing.contains("config.txt"),
            "{missing}"
        );
        let other = error("/dev/null");
        assert!(
            other.contains("/dev/null: ") && other.contains("no SPI device"),
            "{other}"
        );
    }
}
