//! What the box knows about its own ears.

use core::net::Ipv4Addr;

/// What the box knows about its own ears, for "camera not found".
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Diagnosis {
    /// Probes sent since start.
    pub probes: u64,
    /// Answers heard since start.
    pub answers: u64,
    /// Things that are not as they should be, most likely culprit first.
    pub findings: Vec<Finding>,
    /// Datagrams that could not be read, by reason (short English), most frequent first, at most 8.
    pub unreadable: Vec<(String, u64)>,
    /// Other clients on the network that ask devices too (their probes were heard): SADP Tool on a laptop makes codes void.
    pub other_clients: Vec<Ipv4Addr>,
}

/// One thing the diagnosis found; words and remedy live in the view's text tables.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Finding {
    /// No interface at all besides loopback.
    NoInterface,
    /// No cable.
    NoCable {
        /// Which link.
        link: String,
    },
    /// 10 Mbit/s: a bad cable or a long run.
    SlowLink {
        /// Which link.
        link: String,
        /// Its speed.
        mbit: u32,
    },
    /// The link has no IPv4 address and there is no packet socket: it can neither ask nor hear.
    NoAddress {
        /// Which link.
        link: String,
    },
    /// No packet socket: answers that rp_filter, an address conflict or a missing address hide are lost.
    NoPacketSocket {
        /// Which link.
        link: String,
        /// The system's words.
        why: String,
    },
    /// rp_filter drops answers from other subnets and there is no packet socket.
    ReversePathFilter {
        /// Which link.
        link: String,
        /// 1 strict, 2 loose.
        value: u8,
    },
    /// Port 37020 is taken by another program.
    PortTaken {
        /// Which link.
        link: String,
    },
    /// UDP could not be opened.
    UdpFailed {
        /// Which link.
        link: String,
        /// The system's words.
        why: String,
    },
    /// The kernel or the program dropped datagrams.
    Dropped {
        /// Which link.
        link: String,
        /// How many since start.
        count: u64,
    },
    /// The receive buffer is small: a burst of many answers will be lost.
    SmallBuffer {
        /// Which link.
        link: String,
        /// Bytes granted.
        bytes: u64,
    },
    /// Probes left, nothing came back: same switch? VLAN? IGMP snooping?
    Silence {
        /// Which link.
        link: String,
        /// How many probes.
        probes: u64,
    },
    /// Answers heard only by the packet socket: the box works, other programs would not see these devices.
    RawOnly {
        /// Which link.
        link: String,
        /// How many.
        answers: u64,
    },
    /// Another client asks devices on this network.
    OtherClient {
        /// Its address.
        address: Ipv4Addr,
    },
    /// Two devices claim one serial.
    DoubledSerial {
        /// Its tail.
        serial_tail: String,
    },
    /// Two devices with different serials answer under one hardware address: no case can be opened.
    DoubledMac {
        /// The address.
        mac: String,
    },
    /// More devices than the roster holds: those heard once were dropped.
    RosterFull {
        /// How many it holds.
        limit: usize,
    },
    /// The owner's broker is not connected.
    Broker {
        /// Why, and the remedy.
        why: String,
    },
    /// Sending failed.
    SendFailed {
        /// Which link.
        link: String,
        /// The system's words.
        why: String,
    },
}
