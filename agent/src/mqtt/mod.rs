//! The owner's broker: what the box says there, and what it takes from there. The contract is in [contract] and in
//! `docs/mqtt.md`.
//!
//! [client] is the connection itself, over TCP or TLS ([tls]); it may be used by whoever reads the same topics.

pub mod client;
pub mod contract;
pub mod dial;
pub mod tls;
pub mod trouble;
pub mod wire;
