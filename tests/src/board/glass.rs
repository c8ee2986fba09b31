//! The controller of the panel and its glass: the model that the panel's own tests play bytes into, here at the end of a bus
//! that a kernel drives.

use std::time::Duration;

use embedded_hal::delay::DelayNs;
use embedded_hal::digital::OutputPin;
use embedded_hal::spi::SpiDevice;

use super::Picture;
use crate::profile::{Controller, Glass, Order};
use model::Bench;

#[allow(
    dead_code,
    reason = "shared with the panel's own tests, which ask it for more"
)]
#[path = "../../../agent/src/panel/model.rs"]
mod model;

/// The glass of [`PROFILE`](super::PROFILE).
const GLASS: Glass = Glass {
    controller: Controller::St7735s,
    width: 128,
    height: 128,
    rotation: 90,
    mirrored: false,
    ram: Some((132, 132)),
    offset: (2, 1),
    inverted: false,
    order: Order::Bgr,
};

/// A panel that has just got power.
pub(super) struct Panel {
    bench: Bench,
    at: Duration,
}

impl Panel {
    pub(super) fn new() -> Self {
        Self {
            bench: Bench::new(&GLASS, 1),
            at: Duration::ZERO,
        }
    }

    /// A byte, with the level of DC, so long after power-on. Whatever the data sheet forbids is a panic.
    pub(super) fn byte(&mut self, at: Duration, byte: u8, data: bool) {
        let mut passed = u64::try_from(at.saturating_sub(self.at).as_nanos()).unwrap_or(u64::MAX);
        self.at = at;
        while passed > 0 {
            let step = u32::try_from(passed).unwrap_or(u32::MAX);
            self.bench.clock().delay_ns(step);
            passed -= u64::from(step);
        }
        let Ok(()) = self.bench.dc().set_state(data.into());
        self.bench
            .spi()
            .write(&[byte])
            .expect("the model takes every byte, or panics");
    }

    /// What a person sees; `None` while it is dark.
    pub(super) fn picture(&self) -> Option<Picture> {
        let pixels = self.bench.chip().seen(0)?;
        Some(Picture {
            width: usize::from(GLASS.width),
            pixels,
        })
    }
}
