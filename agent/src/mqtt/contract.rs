//! What stands on the broker: topics, payloads and commands, version 1. `docs/mqtt.md` says the same in words.
//!
//! Payloads of the box are read forgivingly (a later box may say more); commands to the box are read strictly.

mod commands;
mod payloads;
mod topics;

pub use commands::{
    CaseCommand, CommandId, Confirm, Expires, IdOnly, Lamp, OpenCase, Plain, Resolve, SubmitFile,
    SubmitKey,
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
/// Every verb of `cmd/VERB`.
pub const VERBS: [&str; 10] = [
    "scan",
    "identify",
    "lamp",
    "open-case",
    "submit-key",
    "submit-file",
    "confirm",
    "withdraw",
    "resolve",
    "cancel-case",
];
