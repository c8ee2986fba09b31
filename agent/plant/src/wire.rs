//! How the cameras reach the network.

mod packet;
mod udp;

use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::sync::Arc;

use nix::net::if_::if_nametoindex;
use packet::PacketWire;
use udp::UdpWire;

use crate::layer2::Layer2Asker;
use crate::plant::{PlantError, WireMode};

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
    /// The bytes are a whole Ethernet frame already.
    Frame,
}

/// What was received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heard<'a> {
    /// A datagram to the group, the broadcast address or a camera.
    Datagram(&'a [u8], Asker),
    /// An inquiry in a bare frame.
    Layer2(Layer2Asker),
}

/// One datagram to send.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    pub(crate) source: Source,
    pub(crate) target: Target,
    pub(crate) bytes: Arc<[u8]>,
}

/// Takes one datagram that was received.
pub(crate) type Take<'a> = dyn FnMut(Heard<'_>) + Send + 'a;

/// The way onto the wire.
pub(crate) enum Wire {
    Udp(UdpWire),
    Packet(PacketWire),
}

impl Wire {
    /// Opens the way a plant asks for.
    pub(crate) fn open(mode: &WireMode) -> Result<Wire, PlantError> {
        let name = mode.interface();
        let index = if_nametoindex(name).map_err(|_| PlantError::NoInterface(name.to_owned()))?;
        let wire = match mode {
            WireMode::Plain { .. } => UdpWire::open(name, index, false).map(Wire::Udp),
            WireMode::Addressed { .. } => UdpWire::open(name, index, true).map(Wire::Udp),
            WireMode::Raw { .. } => PacketWire::open(name, index).map(Wire::Packet),
        };
        wire.map_err(|source| PlantError::Socket {
            what: format!("the wire on `{name}`"),
            source,
        })
    }

    /// Waits for a datagram, then takes what is there, at most `most`, and gives each to `take`.
    pub(crate) async fn receive(&mut self, most: usize, take: &mut Take<'_>) -> io::Result<()> {
        match self {
            Wire::Udp(wire) => wire.receive(most, take).await,
            Wire::Packet(wire) => wire.receive(most, take).await,
        }
    }

    /// Sends all of them as fast as the wire takes them; gives the number that the system refused, as when there is
    /// no route to an asker.
    pub(crate) async fn send(&self, all: &[Outgoing]) -> usize {
        match self {
            Wire::Udp(wire) => wire.send(all).await,
            Wire::Packet(wire) => wire.send(all).await,
        }
    }
}
