//! What stands on the broker: topics, payloads and commands, version 1. `docs/mqtt.md` says the same in words.
//!
//! Payloads of the box are read forgivingly (a later box may say more); commands to the box are read strictly.

mod commands;
mod payloads;
mod topics;

pub use commands::{
    CaseCommand, CheckLogin, CommandId, Confirm, Expires, IdOnly, Lamp, OpenCase, Plain, Resolve,
    SubmitFile, SubmitKey, SubmitPassword,
};
pub use payloads::{
    Alarm, Broker, CaseState, Device, Devices, EVENTS_LOST, Event, Info, Outcome, Problem, State,
};
pub use topics::{BASE, Topic, Topics};

/// The contract's version, told in `info`.
pub const VERSION: u32 = 1;
/// What `availability` says while the box is connected.
pub const ONLINE: &str = "online";
/// What `availability` says otherwise; the last will says it too.
pub const OFFLINE: &str = "offline";
/// A command's payload may have so many bytes.
pub const COMMAND_LIMIT: usize = 4096;
/// No payload of the box is longer; a longer list of devices is cut.
pub const PAYLOAD_LIMIT: usize = 200 * 1024;
/// Verbs whose commands hold a secret: taken over TLS or loopback only.
pub const SECRET_VERBS: [&str; 4] = [
    "submit-key",
    "submit-file",
    "submit-password",
    "check-login",
];
/// Every verb of `cmd/VERB`.
pub const VERBS: [&str; 12] = [
    "scan",
    "identify",
    "lamp",
    "open-case",
    "submit-key",
    "submit-file",
    "submit-password",
    "confirm",
    "withdraw",
    "resolve",
    "check-login",
    "cancel-case",
];
