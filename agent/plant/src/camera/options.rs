//! How a camera behaves, what it sends and what a test counts.

use serde::{Deserialize, Serialize};

/// Where a device sends its answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AnswerMode {
    /// To the group, port 37020.
    Multicast,
    /// To the asker's address and port.
    Unicast,
    /// To both: what most firmware does.
    #[default]
    Both,
    /// To the asker's address, but always to port 37020.
    Port37020,
}

/// How a camera behaves beyond its profile. The default is a well-behaved device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Where answers go.
    pub answer_mode: AnswerMode,
    /// Shortest and longest delay of an answer, in milliseconds.
    pub delay_ms: (u64, u64),
    /// Make inquiry answers this long (bytes; at most 10 240): 2500 or 8000 as newer firmware does. 0: as it comes.
    pub answer_size: usize,
    /// The random of an exchange holds a 00 byte; both forms of the session key are then taken.
    pub random_with_nul: bool,
    /// Hostile: every `Result` is empty.
    pub empty_result: bool,
    /// Wrong keys until the device locks itself.
    pub tries: u32,
    /// For how long it then stays locked (minutes).
    pub lock_minutes: u32,
    /// Commands (by their `Types`) that are carried out but never answered, as when the answer is lost.
    pub swallow: Vec<String>,
    /// Commands (by their `Types`) that are answered `failed` and not carried out.
    pub fail: Vec<String>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            answer_mode: AnswerMode::Both,
            delay_ms: (20, 500),
            answer_size: 0,
            random_with_nul: false,
            empty_result: false,
            tries: 5,
            lock_minutes: 30,
            swallow: Vec::new(),
            fail: Vec::new(),
        }
    }
}

/// Longest answer of a device (bytes).
pub const MAX_ANSWER: usize = 10_240;

/// One datagram to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Milliseconds from now.
    pub delay_ms: u64,
    /// What to send.
    pub bytes: Vec<u8>,
    /// Where to. A hello, which nobody asked for, goes to the group whatever this says.
    pub mode: AnswerMode,
}

/// What was asked of a camera so far: what a test counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counters {
    /// Inquiries answered.
    pub inquiries: u64,
    /// Exports made (`getencryptstring` and `getcode`), by whomever.
    pub exports: u64,
    /// Exchanges opened.
    pub exchanges: u64,
    /// `reset` datagrams received, whatever became of them.
    pub resets: u64,
    /// `activate` datagrams received, whatever became of them.
    pub activations: u64,
    /// Requests to the web server that came with a proof of the password, right or wrong.
    pub logins: u64,
    /// Passwords set, by reset or activation.
    pub passwords_set: u64,
    /// Lamp commands.
    pub lamps: u64,
}
