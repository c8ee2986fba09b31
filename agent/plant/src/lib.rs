//! A simulated plant: strict SADP cameras, a test vendor and network faults on real sockets.

mod camera;
mod faults;
mod identity;
mod local_time;
mod password;
mod plant;
mod profile;
mod reading;
mod session;
mod vendor;
mod web;
mod wire;

pub use camera::{Answer, AnswerMode, Camera, Counters, MAX_ANSWER, Options};
pub use faults::FaultConfig;
pub use identity::{Identity, Place, Subnet, SubnetError};
pub use plant::{CameraState, NoSuchCamera, Plant, PlantConfig, PlantError, WebMode, WireMode};
pub use profile::{Profile, UnknownProfile};
pub use reading::{Command, MAX_REQUEST, Request, Unreadable, read};
pub use vendor::{Issued, Refusal, VALID_MS, Vendor};
pub use web::{Login, login};
