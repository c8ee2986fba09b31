//! Cameras as tests and the demo see them.

use std::net::{Ipv4Addr, SocketAddr};

use serde::Serialize;
use thiserror::Error;

use crate::camera::{Camera, Counters};

/// There is no camera of this number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("no camera {asked}: they are numbered from 0 to {last}", last = .count.saturating_sub(1))]
pub struct NoSuchCamera {
    /// The number asked for.
    pub asked: usize,
    /// How many there are.
    pub count: usize,
}

/// A camera as tests and the demo see it. Holds no password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CameraState {
    /// Its number in the plant.
    pub camera: usize,
    /// Its kind.
    pub profile: &'static str,
    /// The text of `MAC`.
    pub mac: String,
    /// Model.
    pub model: String,
    /// Whole serial.
    pub serial: String,
    /// The address its ProbeMatch tells.
    pub address: Ipv4Addr,
    /// Where its web server really listens.
    pub web: Option<SocketAddr>,
    /// The text of `BootTime`.
    pub boot_time: String,
    /// Whether it has power.
    pub powered: bool,
    /// Whether it has a password.
    pub activated: bool,
    /// The device code of the open export.
    pub device_code: Option<String>,
    /// Wrong keys it still forgives.
    pub tries_left: u32,
    /// Minutes of lock left.
    pub lock_minutes: Option<u32>,
    /// Whether its lamp is lit.
    pub lamp: bool,
    /// Whether the last reset asked it to pass the password on.
    pub cameras_synced: bool,
    /// What was asked of it so far.
    pub counters: Counters,
}

impl CameraState {
    pub(super) fn new(
        number: usize,
        found: &Camera,
        web: Option<SocketAddr>,
        now_ms: u64,
    ) -> CameraState {
        let (identity, place) = (found.identity(), found.place());
        CameraState {
            camera: number,
            profile: found.profile().name(),
            mac: identity.mac_text.clone(),
            model: identity.model.clone(),
            serial: identity.serial.clone(),
            address: place.address,
            web,
            boot_time: found.boot_time(),
            powered: found.is_powered(),
            activated: found.password().is_some(),
            device_code: found.open_device_code().map(str::to_owned),
            tries_left: found.tries_left(),
            lock_minutes: found.lock_minutes(now_ms),
            lamp: found.lamp_is_lit(),
            cameras_synced: found.cameras_synced(),
            counters: found.counters(),
        }
    }
}
