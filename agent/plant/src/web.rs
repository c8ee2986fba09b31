//! The cameras' web login: just enough ISAPI to see whether a password is the camera's.

mod client;
mod digest;
mod server;

pub use client::{Login, login};
pub(crate) use server::{Nonces, Site, serve};
