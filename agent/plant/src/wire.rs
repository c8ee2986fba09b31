//! How the cameras reach the network.

mod udp;

use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::sync::Arc;

pub(crate) use udp::UdpWire;

/// Who a camera is on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Source {
    pub(crate) mac: [u8; 6],
    pub(crate) address: Ipv4Addr,
}

/// Who asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Asker {
    pub(crate) address: SocketAddrV4,
    /// Known where frames are read.
    pub(crate) mac: Option<[u8; 6]>,
}

/// Where one datagram goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Group,
    /// To the asker, or to another port of it.
    Asker(Asker),
}

/// One datagram to send.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    pub(crate) source: Source,
    pub(crate) target: Target,
    pub(crate) bytes: Arc<[u8]>,
}

/// Takes one datagram that was received.
pub(crate) type Take<'a> = dyn FnMut(&[u8], Asker) + Send + 'a;

/// The way onto the wire.
pub(crate) enum Wire {
    Udp(UdpWire),
}

impl Wire {
    /// Waits for a datagram, then takes what is there, at most `most`, and gives each to `take`.
    pub(crate) async fn receive(&mut self, most: usize, take: &mut Take<'_>) -> io::Result<()> {
        match self {
            Wire::Udp(wire) => wire.receive(most, take).await,
        }
    }

    /// Sends all of them as fast as the wire takes them; gives the number that the system refused, as when there is
    /// no route to an asker.
    pub(crate) async fn send(&self, all: &[Outgoing]) -> usize {
        match self {
            Wire::Udp(wire) => wire.send(all).await,
        }
    }
}
