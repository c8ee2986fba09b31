//! The resetbox as a pure machine.
//!
//! Everything the box decides is decided here: which devices there are (`roster`), what each
//! reset of a device may do next (`case`), what a press of a button means (`panel`), who may act
//! (`pin`), and what every surface shows ([view]). The crate does no I/O and has no clock and no
//! randomness of its own: time arrives as [`Now`], randomness as [`Seed`], everything else as an
//! [`Event`]; what should happen leaves as [`Effect`]s.
//!
//! ```text
//! shell ── Event ──▶ Agent::handle ──▶ poll_effect until None ──▶ shell carries them out
//!                        │
//!                        ├─ poll_timeout ──▶ when to call again with Event::Timeout
//!                        └─ view ──▶ panel, indicators, phone page, MQTT, metrics
//! ```
#![forbid(unsafe_code)]

pub mod agent;
mod alerts;
mod boot;
mod case;
mod diagnosis;
mod drbg;
pub mod effect;
pub mod event;
#[cfg(test)]
mod fixtures;
mod hearing;
mod indicator;
mod links;
mod outbox;
mod panel;
mod pin;
pub mod policy;
pub mod problem;
pub mod record;
pub mod request;
mod roster;
pub mod rules;
pub mod screen;
pub mod secret;
pub mod secured;
pub mod time;
pub mod view;

pub use agent::{Agent, Timer};
pub use effect::{Effect, Purpose, Transmit};
pub use event::{Ear, Event, LinkId, LinkReport};
pub use policy::Policy;
pub use problem::{Problem, ProblemKind};
pub use record::Record;
pub use request::{Channel, Reply, Request, RequestId};
pub use screen::Screen;
pub use secured::{Fingerprint, Secured};
pub use time::{Mono, Now, Seed, Wall};
pub use view::View;
