//! The owner's broker: what the box says there, and what it takes from there. The contract is in [contract] and in
//! `docs/mqtt.md`.
//!
//! [client] is the connection itself, over TCP or TLS ([tls]); it may be used by whoever reads the same topics.
//! [outbox] keeps what must not be lost; `session` says the view and takes commands, which `orders` carries out.

pub mod client;
mod config;
pub mod contract;
pub mod dial;
mod home_assistant;
mod orders;
pub mod outbox;
mod refusal;
mod say;
mod session;
mod shell;
pub mod tls;
pub mod trouble;
pub mod wire;

pub use config::{Mistake, MqttConfig};
pub use shell::{Handle, Services, start};
