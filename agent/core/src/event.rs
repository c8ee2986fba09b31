//! What the shells tell the core.

use core::net::Ipv4Addr;
use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::problem::LoginFault;
use crate::request::{Channel, Request, RequestId};
use crate::screen::{Button, Edge};
use crate::secured::Secured;

/// One thing that happened. Handled one at a time, in the order of arrival.
#[derive(Clone, PartialEq, Debug)]
pub enum Event<'a> {
    /// A UDP payload heard on port 37020 (or on our ephemeral port), by socket or by packet socket.
    Datagram {
        /// Where it was heard.
        link: LinkId,
        /// Which socket heard it. Both may hear one datagram: the core merges the two by content.
        ear: Ear,
        /// Source address as the IP header has it. Never trusted, shown in the diagnosis.
        source: Ipv4Addr,
        /// The UDP payload, at most 64 KiB.
        bytes: &'a [u8],
    },
    /// A whole Ethernet frame of EtherType 0x8033.
    Frame {
        /// Where it was heard.
        link: LinkId,
        /// From the destination address on.
        bytes: &'a [u8],
    },
    /// A link appeared or changed: the whole truth about it, not a difference.
    Link(LinkReport),
    /// A link went away.
    LinkGone(LinkId),
    /// A transmission could not be made. The core decides what follows; the shell never repeats.
    TransmitFailed {
        /// Where it was to be sent.
        link: LinkId,
        /// The number of the [`crate::Transmit`] that failed.
        number: u64,
        /// The system's words.
        error: Cow<'a, str>,
    },
    /// A key of the panel was pressed or released.
    Button {
        /// Which key.
        button: Button,
        /// Pressed or released.
        edge: Edge,
    },
    /// Somebody asks for something over a channel. Exactly one [`crate::Effect::Reply`] answers it.
    Request {
        /// Chosen by the shell, unique while the box runs.
        id: RequestId,
        /// The way it came.
        channel: Channel,
        /// What is asked.
        request: Request,
    },
    /// The record with this number is durable (fsync done).
    Persisted {
        /// The number from [`crate::Effect::Persist`].
        number: u64,
    },
    /// The record with this number could not be made durable.
    StoreFailed {
        /// The number from [`crate::Effect::Persist`].
        number: u64,
        /// The store's words, for the fault screen.
        error: Cow<'a, str>,
    },
    /// The key pair asked for by [`crate::Effect::MakeKeyPair`].
    KeyPair {
        /// The number from the effect.
        number: u64,
        /// A fresh pair, used for one exchange only.
        pair: Box<sadp::KeyPair>,
    },
    /// The key pair could not be made.
    KeyPairFailed {
        /// The number from the effect.
        number: u64,
        /// Why.
        error: Cow<'a, str>,
    },
    /// What came of [`crate::Effect::CheckLogin`].
    LoginChecked {
        /// The number from the effect.
        number: u64,
        /// What the device's web server said.
        answer: LoginAnswer,
    },
    /// [`crate::Now::wall`] is known from here on, or was corrected. The shell takes the word of a source only
    /// while no better one has spoken ([`WallSource::is_better_than`]).
    WallLearnt {
        /// Who said so.
        source: WallSource,
    },
    /// Counters of the network shell, once in a while and after each scan.
    NetCounters {
        /// Where they belong.
        link: LinkId,
        /// Datagrams the kernel dropped because a receive buffer was full.
        kernel_drops: u64,
        /// Datagrams or frames this program dropped because a queue was full.
        queue_drops: u64,
    },
    /// Something outside the core is broken or well again; shown on every surface.
    Health(Health),
    /// The deadline of [`crate::Agent::poll_timeout`] has passed.
    Timeout,
}

/// Which kind of socket heard a datagram.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Ear {
    /// A UDP socket.
    Udp,
    /// The packet socket, which also hears what the kernel hides from UDP sockets.
    Packet,
}

/// A network interface, by the kernel's index.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct LinkId(pub u32);

/// What is known of a network interface.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LinkReport {
    /// The kernel's index.
    pub link: LinkId,
    /// For example `eth0`.
    pub name: String,
    /// Administratively up.
    pub up: bool,
    /// Carrier: a cable is in and the other end is alive.
    pub carrier: bool,
    /// Megabit per second, when the driver says.
    pub speed_mbit: Option<u32>,
    /// The interface's own hardware address.
    pub mac: Option<[u8; 6]>,
    /// IPv4 addresses with prefix length.
    pub addresses: Vec<(Ipv4Addr, u8)>,
    /// How this program can hear and speak there.
    pub ears: Ears,
    /// rp_filter as the kernel applies it: the larger of `all` and the interface's own; `None` when it could not be read.
    pub rp_filter: Option<u8>,
}

/// The sockets that could be opened on a link.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Ears {
    /// UDP on port 37020 is open; `Err` names why not (for example "port 37020 is taken by another program").
    pub udp: Option<Result<(), String>>,
    /// UDP fell back to an ephemeral port.
    pub ephemeral_port: bool,
    /// The packet socket (needs CAP_NET_RAW) is open; `Err` names why not and the remedy.
    pub packet: Option<Result<(), String>>,
    /// Receive buffer that the kernel granted, in bytes.
    pub receive_buffer: u64,
}

/// Where wall time came from.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WallSource {
    /// The system clock is synchronised (NTP or a real clock).
    System,
    /// A phone's browser told it.
    Phone,
    /// A device's own clock (a `Date` header), the weakest.
    Device,
}

impl WallSource {
    /// Whether this source is to be believed against `other`.
    pub fn is_better_than(self, other: Self) -> bool {
        let rank = |source| match source {
            Self::System => 2,
            Self::Phone => 1,
            Self::Device => 0,
        };
        rank(self) > rank(other)
    }
}

/// How a login at a device's web server went.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LoginAnswer {
    /// It let us in.
    Worked,
    /// It did not.
    Refused {
        /// Tries it said are left.
        tries_left: Option<u32>,
    },
    /// Too many wrong ones: it takes none for now.
    Locked {
        /// For so many minutes.
        minutes: Option<u32>,
    },
    /// The password's digest was sent, and what came back says neither.
    Odd {
        /// What was odd.
        text: String,
    },
    /// Nothing of the password was sent.
    NotSent {
        /// Why.
        why: LoginFault,
    },
}

/// Trouble outside the core.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Health {
    /// The panel's driver works, or says why not.
    Panel(Result<(), String>),
    /// The panel's keys are heard, or why not.
    Buttons(Result<(), String>),
    /// The indicators can be switched, or why not.
    Leds(Result<(), String>),
    /// The store works again after a failure, or could not be opened.
    Store(Result<(), String>),
    /// What the store writes outlives a power cut, or why it does not: a card without its data partition.
    Lasting(Result<(), String>),
    /// What a person should know of an update of the box's system; `None` when there is nothing.
    Update(Option<UpdateNews>),
    /// The configuration file was read, or its mistake with line, column and remedy.
    Config(Result<(), String>),
    /// The phone page is served at these addresses (`http://192.168.1.10`), or why not.
    Http(Result<Vec<String>, String>),
    /// HTTPS is served beside it, or why not. The plain page does not depend on it.
    Https(Result<Secured, String>),
    /// The owner's broker is connected, or why not and the remedy.
    Broker(Result<(), String>),
}

/// An update of the box's system. Unless it is coming, the box goes on with the system from before.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum UpdateNews {
    /// It is being written, and started by itself afterwards: its file.
    Coming(String),
    /// It was refused before anything was changed: which file, why, and the remedy.
    Refused(String),
    /// It was written and started, and did not pass its health check: in which words.
    FellBack(String),
}
