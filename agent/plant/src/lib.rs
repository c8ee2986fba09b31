//! A simulated plant: strict SADP cameras, a test vendor and network faults on real sockets.

mod camera;
mod control;
mod faults;
mod flood;
mod frame;
mod hostile;
mod identity;
mod layer2;
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
