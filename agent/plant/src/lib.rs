//! A simulated plant: strict SADP cameras, a test vendor and network faults on real sockets.
//!
//! It is what `resetbox demo` and the end-to-end tests run against, and a program of its own.
//!
//! - [`Camera`] is one device as a machine without I/O. It reads requests by itself ([`read`]) and does its own
//!   cryptography: nothing of crate `sadp` is used but the group, the port and the EtherType, so that two
//!   implementations written apart check each other. Where `sadp` forgives, a camera is strict.
//! - [`Vendor`] is the only one who knows keys: a table from device code to a key that was drawn at random when a
//!   camera exported that code. Nothing here computes a key, because how real ones are made is not modelled.
//! - [`Plant`] puts many cameras on one wire ([`WireMode`]) with faults ([`FaultConfig`]) and web logins
//!   ([`WebMode`]), inside a tokio runtime that is there already.
//! - [`Hostile`] and [`flood()`] are for those who must survive garbage.
//!
//! # What the cameras are faithful to
//! Requests are obeyed only in the exact form of the vendor's client and only with the device's own `MAC` text; all
//! else meets silence. An exchange is for one attempt and ends with anybody's next one. An export replaces the last
//! one, lives 48 hours and is forgotten in a reboot. A reset is checked in this order: refused by this firmware, not
//! activated, locked, no open string, overdue, exchange and password text, key, strength of the password. What a
//! *device* accepts was never captured, so all of this is inferred (grade C) from what the vendor's client sends and
//! expects.
//!
//! ```no_run
//! use resetbox_plant::{Plant, PlantConfig};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let plant = Plant::start(PlantConfig { cameras: 6, ..PlantConfig::default() })?;
//! for camera in plant.cameras() {
//!     println!("{}", resetbox_plant::describe(&camera));
//! }
//! plant.reboot(0)?;
//! # Ok(())
//! # }
//! ```

mod camera;
mod control;
mod faults;
mod flood;
mod frame;
mod hostile;
mod identity;
mod layer2;
mod local_time;
#[cfg(test)]
#[allow(unreachable_pub, reason = "the integration tests use the same file")]
#[path = "../tests/common/namespace.rs"]
mod namespace;
mod password;
mod plant;
mod profile;
mod reading;
mod session;
mod vendor;
mod web;
mod wire;

pub use camera::{Answer, AnswerMode, Camera, Counters, MAX_ANSWER, Options};
pub use control::{Control, Reply, describe};
pub use faults::FaultConfig;
pub use flood::{FloodConfig, FloodReport, flood};
pub use hostile::{Garbage, Hostile, UnknownGarbage};
pub use identity::{Identity, Place, Subnet, SubnetError};
pub use plant::{CameraState, NoSuchCamera, Plant, PlantConfig, PlantError, WebMode, WireMode};
pub use profile::{Profile, UnknownProfile};
pub use reading::{Command, MAX_REQUEST, Request, Unreadable, read};
pub use vendor::{Issued, Refusal, VALID_MS, Vendor};
pub use web::{Login, login};
