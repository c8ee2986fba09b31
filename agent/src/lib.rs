//! The resetbox: finds Hikvision devices by SADP, shows a device's reset QR, takes the vendor's key
//! and a new password over a local channel, and tells how it went. `README.md` says how it is used,
//! `ARCHITECTURE.md` how it is built.
//!
//! This crate is the binary's shells around the pure core `resetbox-core`; [`run`] is the only loop.

pub mod bus;
pub mod buttons;
pub mod card;
pub mod cli;
pub mod clock;
pub mod config;
#[cfg(feature = "demo")]
pub mod demo;
pub mod device_clock;
#[cfg(feature = "desk")]
pub mod fleet;
mod gpio;
pub mod http;
pub mod leds;
pub mod log;
pub mod login_check;
mod mistake;
pub mod mqtt;
pub mod near;
pub mod net;
pub mod panel;
pub mod panel_test;
pub mod preset;
mod private;
pub mod profile;
mod retry;
pub mod run;
pub mod scan;
pub mod screens;
pub mod store;
pub mod update;
