//! The network shell: per interface one UDP socket and, where allowed, one packet socket; a watch
//! on links and addresses; transmissions. It decides nothing: it reports and does as told.
//!
//! ```text
//! kernel ── netlink "something changed" ──▶ ask for all links ──▶ Input::Link
//! kernel ── sockets ──▶ inner epoll, one shot ──▶ twins merged ──▶ Input::Heard (batches)
//! core ── Transmit, Rejoin ──▶ NetHandle ──▶ sockets        (failed? Input::TransmitFailed)
//! ```
//!
//! What bounds it: at most `WAITING` inputs ahead of the loop, then datagrams stay in the
//! kernel's 16 MiB per socket, whose losses are counted and told.

mod arp;
mod config;
mod ears;
mod filter;
mod hearing;
mod netlink;
mod packet;
mod reassembly;
mod shell;
#[allow(
    unsafe_code,
    reason = "the one file of the program that holds unsafe code"
)]
mod sys;
mod temporary;
mod twins;

pub use config::{All, Interfaces, NetConfig, PacketSocket};
pub(crate) use sys::watch;

use resetbox_core::LinkId;
use resetbox_core::effect::Transmit;
use tokio::sync::mpsc;

use crate::bus::Input;

/// Commands that may wait for the shell. A scan on eight links is 24.
const COMMANDS: usize = 256;
/// Inputs that may wait for the loop before the shell stops reading. One is 32 datagrams at most.
const WAITING: usize = 4;

/// The way to the network shell. Nothing here blocks; nothing is ever tried twice.
#[derive(Clone)]
pub struct NetHandle {
    commands: mpsc::Sender<Command>,
    inputs: mpsc::Sender<Input>,
}

enum Command {
    Transmit(Transmit),
    Rejoin(LinkId),
}

/// Starts the shell on the current runtime. It ends when the receiver of `inputs` is dropped.
pub fn spawn(config: NetConfig, inputs: mpsc::Sender<Input>) -> NetHandle {
    let (commands, queue) = mpsc::channel(COMMANDS);
    let handle = NetHandle {
        commands,
        inputs: inputs.clone(),
    };
    tokio::spawn(async move {
        match shell::Shell::new(config, inputs) {
            Ok(shell) => shell.run(queue).await,
            Err(error) => tracing::error!(
                %error,
                "the network cannot be watched: allow AF_NETLINK and epoll in the unit's sandbox"
            ),
        }
    });
    handle
}

impl NetHandle {
    /// Sends once, or reports [`Input::TransmitFailed`].
    pub fn transmit(&self, transmit: Transmit) {
        let (link, number) = (transmit.link, transmit.number);
        if let Err(error) = self.commands.try_send(Command::Transmit(transmit)) {
            let error = match error {
                mpsc::error::TrySendError::Full(_) => "too many transmissions wait",
                mpsc::error::TrySendError::Closed(_) => "the network shell is not running",
            };
            let failed = Input::TransmitFailed {
                link,
                number,
                error: error.into(),
            };
            if self.inputs.try_send(failed).is_err() {
                tracing::error!(number, error, "transmission lost");
            }
        }
    }

    /// Leaves and joins the SADP group on this link.
    pub fn rejoin(&self, link: LinkId) {
        if self.commands.try_send(Command::Rejoin(link)).is_err() {
            tracing::warn!(
                link = link.0,
                "the group was not joined again: the network shell is busy"
            );
        }
    }
}
