//! What the end-to-end tests stand on: hosts in network namespaces of their own, the real binaries
//! in them, and an HTTP client that speaks from inside one.
//!
//! The tests need root (network namespaces) and iproute2; the README's test command gives both.

pub mod agent;
pub mod board;
pub mod broker;
pub mod browser;
pub mod chance;
pub mod crowd;
pub mod debian;
pub mod eyes;
pub mod http;
pub mod netns;
pub mod phone;
pub mod plant;
pub mod process;
mod profile;
pub mod pty;
pub mod scanning;
pub mod site;
pub mod slots;
pub mod tls;
pub mod updates;
pub mod wire;
