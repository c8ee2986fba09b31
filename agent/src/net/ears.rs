//! The sockets of one link, how they are opened, and how a transmission leaves through them.

use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use nix::sys::socket::{ControlMessage, MsgFlags, SockaddrIn, sendmsg};
use resetbox_core::effect::{How, Transmit};
use socket2::{Domain, InterfaceIndexOrAddress, Protocol, SockAddr, Socket, Type};
use tokio::io::unix::AsyncFd;

use super::netlink::{Link, LinkKind};
use super::packet::{self, Envelope};
use super::{PacketSocket, filter, sys};

/// Asked for per socket. A default buffer holds 92 answers, this one more than 5000.
const RECEIVE_BUFFER: usize = 16 << 20;

/// The open sockets of a link.
pub(super) struct Ears {
    index: u32,
    udp: Result<Udp, String>,
    packet: Option<Result<Socket, String>>,
    receive_buffer: u64,
    /// Numbers the hand-made IP packets.
    next_id: u16,
}

struct Udp {
    socket: Socket,
    port: u16,
}

impl Ears {
    /// Opens what can be opened; what cannot is part of the report.
    pub(super) fn open(link: &Link, packet_socket: PacketSocket) -> Self {
        let udp = open_udp(link);
        let port = udp.as_ref().map_or(sadp::PORT, |udp| udp.port);
        let packet = match packet_socket {
            PacketSocket::Off => None,
            PacketSocket::Auto => Some(open_packet(link.index, port)),
        };
        let mut ears = Self {
            index: link.index,
            udp,
            packet,
            receive_buffer: 0,
            next_id: 0,
        };
        // What is told is the smaller of the two: the one that overflows first.
        ears.receive_buffer = ears.sockets().filter_map(granted).min().unwrap_or(0);
        ears
    }

    /// What the core is told about these sockets.
    pub(super) fn report(&self) -> resetbox_core::event::Ears {
        resetbox_core::event::Ears {
            udp: Some(self.udp.as_ref().map(|_| ()).map_err(Clone::clone)),
            ephemeral_port: self.udp.as_ref().is_ok_and(|udp| udp.port != sadp::PORT),
            packet: self
                .packet
                .as_ref()
                .map(|packet| packet.as_ref().map(|_| ()).map_err(Clone::clone)),
            receive_buffer: self.receive_buffer,
        }
    }

    /// Something could not be opened that may succeed later, when another program has let go.
    pub(super) fn incomplete(&self) -> bool {
        self.udp.as_ref().map_or(true, |udp| udp.port != sadp::PORT)
            || matches!(self.packet, Some(Err(_)))
    }

    /// Tries again what could not be opened. Returns the drops of sockets that were closed for it.
    pub(super) fn retry(&mut self, link: &Link, packet_socket: PacketSocket) -> u64 {
        let before = self.kernel_drops();
        let had_none = self.udp.is_err();
        if let Ok(udp) = open_udp(link)
            && (had_none || udp.port == sadp::PORT)
        {
            self.udp = Ok(udp);
        }
        if packet_socket == PacketSocket::Auto {
            let port = self.udp.as_ref().map_or(sadp::PORT, |udp| udp.port);
            match &self.packet {
                Some(Ok(socket)) => {
                    if let Err(error) = socket.attach_filter(&filter::program(sadp::PORT, port)) {
                        tracing::error!(link = link.name, %error, "filter not replaced");
                    }
                }
                _ => self.packet = Some(open_packet(link.index, port)),
            }
        }
        self.receive_buffer = self.sockets().filter_map(granted).min().unwrap_or(0);
        before.saturating_sub(self.kernel_drops())
    }

    /// Every open socket.
    pub(super) fn sockets(&self) -> impl Iterator<Item = &Socket> {
        let udp = self.udp.as_ref().ok().map(|udp| &udp.socket);
        let packet = self.packet.as_ref().and_then(|packet| packet.as_ref().ok());
        udp.into_iter().chain(packet)
    }

    /// The UDP socket, if open.
    pub(super) fn udp(&self) -> Option<BorrowedFd<'_>> {
        self.udp.as_ref().ok().map(|udp| udp.socket.as_fd())
    }

    /// The packet socket, if open.
    pub(super) fn packet(&self) -> Option<BorrowedFd<'_>> {
        Some(self.packet.as_ref()?.as_ref().ok()?.as_fd())
    }

    /// The port that devices answer to: 37020, or the ephemeral one as well.
    pub(super) fn is_our_port(&self, port: u16) -> bool {
        port == sadp::PORT || self.udp.as_ref().is_ok_and(|udp| udp.port == port)
    }

    /// Dropped by the kernel since the sockets were opened. Both sockets get each datagram, so the
    /// larger number is what may be lost; their sum would count it twice.
    pub(super) fn kernel_drops(&self) -> u64 {
        self.sockets()
            .filter_map(|socket| sys::drops(socket.as_fd()))
            .max()
            .map_or(0, u64::from)
    }

    /// Leaves and joins the group, so that switches between here and the devices learn of it again.
    pub(super) fn rejoin(&self) {
        if let Ok(udp) = &self.udp {
            let link = InterfaceIndexOrAddress::Index(self.index);
            // Not being a member is no obstacle to joining.
            let _ = udp.socket.leave_multicast_v4_n(&sadp::GROUP, &link);
            if let Err(error) = udp.socket.join_multicast_v4_n(&sadp::GROUP, &link) {
                tracing::warn!(link = self.index, %error, "cannot join {} again", sadp::GROUP);
            }
        }
    }

    /// Sends once. The error is in the system's words, with the remedy where there is one.
    /// `source` is an own address to send from; `None` leaves it to the kernel.
    pub(super) fn transmit(
        &mut self,
        link: &Link,
        transmit: &Transmit,
        source: Option<Ipv4Addr>,
    ) -> Result<(), String> {
        let destination = match transmit.how {
            How::Multicast => sadp::GROUP,
            How::Broadcast => Ipv4Addr::BROADCAST,
            How::Layer2 => return self.send_frame(&transmit.bytes),
        };
        // Without an own address the kernel would lend one of another interface, or send from 0.0.0.0,
        // which devices drop.
        if link.addresses.is_empty() && self.packet().is_some() {
            return self.send_by_hand(link, destination, &transmit.bytes);
        }
        let to = SocketAddrV4::new(destination, sadp::PORT);
        let sent = match &self.udp {
            Ok(udp) => match source {
                Some(source) => send_from(&udp.socket, source, to, &transmit.bytes),
                None => udp.socket.send_to(&transmit.bytes, &to.into()),
            },
            Err(why) => Err(io::Error::other(why.clone())),
        };
        match sent {
            Ok(_) => Ok(()),
            // No route, no address, no socket: the packet socket needs none of them.
            Err(_) if self.packet().is_some() => {
                self.send_by_hand(link, destination, &transmit.bytes)
            }
            Err(error) => Err(format!(
                "not sent to {destination}: {error}; give {} an address, or the program CAP_NET_RAW",
                link.name
            )),
        }
    }

    fn send_by_hand(
        &mut self,
        link: &Link,
        destination: Ipv4Addr,
        payload: &[u8],
    ) -> Result<(), String> {
        let source_mac = link.mac.unwrap_or_default();
        self.next_id = self.next_id.wrapping_add(1);
        let envelope = Envelope {
            source_mac,
            source: link
                .addresses
                .first()
                .map_or_else(|| packet::link_local(source_mac), |(address, _)| *address),
            destination,
            ports: (
                self.udp.as_ref().map_or(sadp::PORT, |udp| udp.port),
                sadp::PORT,
            ),
            id: self.next_id,
        };
        let frame = packet::emit(&envelope, payload)
            .ok_or_else(|| format!("{} bytes do not fit into one frame", payload.len()))?;
        self.send_frame(&frame)
    }

    /// Without the packet socket nothing happens; whoever needs it asks first.
    fn send_frame(&self, frame: &[u8]) -> Result<(), String> {
        match &self.packet {
            Some(Ok(socket)) => socket
                .send(frame)
                .map(|_| ())
                .map_err(|error| format!("frame not sent: {error}")),
            _ => Ok(()),
        }
    }
}

/// Sends from a certain own address, where the kernel would choose the interface's first.
fn send_from(
    socket: &Socket,
    source: Ipv4Addr,
    to: SocketAddrV4,
    payload: &[u8],
) -> io::Result<usize> {
    let info = libc::in_pktinfo {
        ipi_ifindex: 0,
        ipi_spec_dst: libc::in_addr {
            s_addr: u32::from(source).to_be(),
        },
        ipi_addr: libc::in_addr { s_addr: 0 },
    };
    let sent = sendmsg(
        socket.as_raw_fd(),
        &[io::IoSlice::new(payload)],
        &[ControlMessage::Ipv4PacketInfo(&info)],
        MsgFlags::empty(),
        Some(&SockaddrIn::from(to)),
    );
    Ok(sent?)
}

fn open_udp(link: &Link) -> Result<Udp, String> {
    let step = |what: &'static str| move |error: io::Error| format!("{what}: {error}");
    let socket =
        Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP)).map_err(step("UDP socket"))?;
    socket.set_nonblocking(true).map_err(step("non-blocking"))?;
    // Another SADP program on this machine that also sets it can then run beside us.
    socket
        .set_reuse_address(true)
        .map_err(step("SO_REUSEADDR"))?;
    socket
        .bind_device(Some(link.name.as_bytes()))
        .map_err(step("bind to the interface"))?;
    socket.set_broadcast(true).map_err(step("SO_BROADCAST"))?;
    // Our own questions need not come back, except where the devices are programs on this machine.
    socket
        .set_multicast_loop_v4(link.kind == LinkKind::Loopback)
        .map_err(step("IP_MULTICAST_LOOP"))?;
    sys::set_multicast_interface(socket.as_fd(), link.index).map_err(step("IP_MULTICAST_IF"))?;
    enlarge(&socket);
    let port = bind(&socket).map_err(step("bind"))?;
    socket
        .join_multicast_v4_n(&sadp::GROUP, &InterfaceIndexOrAddress::Index(link.index))
        .map_err(step("join 239.255.255.250"))?;
    Ok(Udp { socket, port })
}

/// Port 37020, or an ephemeral one when another program holds it for itself alone. Devices that
/// answer by unicast are then still heard.
fn bind(socket: &Socket) -> io::Result<u16> {
    let at = |port| SockAddr::from(SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, port));
    match socket.bind(&at(sadp::PORT)) {
        Ok(()) => Ok(sadp::PORT),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            socket.bind(&at(0))?;
            let address = socket.local_addr()?.as_socket_ipv4();
            address
                .map(|address| address.port())
                .ok_or_else(|| io::Error::other("no IPv4 address after bind"))
        }
        Err(error) => Err(error),
    }
}

fn open_packet(index: u32, port: u16) -> Result<Socket, String> {
    let step = |what: &'static str| move |error: io::Error| format!("{what}: {error}");
    // Protocol 0: nothing is received before filter and interface are set.
    let socket = Socket::new(Domain::PACKET, Type::RAW, None).map_err(|error| {
        if error.kind() == io::ErrorKind::PermissionDenied {
            "no permission: give the program CAP_NET_RAW (AmbientCapabilities=CAP_NET_RAW in its \
             unit, or setcap cap_net_raw+ep on its file)"
                .to_owned()
        } else {
            format!("packet socket: {error}")
        }
    })?;
    socket.set_nonblocking(true).map_err(step("non-blocking"))?;
    socket
        .attach_filter(&filter::program(sadp::PORT, port))
        .map_err(step("SO_ATTACH_FILTER"))?;
    let fd = socket.as_fd();
    sys::set_int(fd, libc::SOL_PACKET, libc::PACKET_AUXDATA, 1).map_err(step("PACKET_AUXDATA"))?;
    sys::set_int(fd, libc::SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
        .map_err(step("PACKET_IGNORE_OUTGOING"))?;
    enlarge(&socket);
    // Every EtherType; the filter chooses.
    sys::bind_packet(fd, index, libc::ETH_P_ALL).map_err(step("bind to the interface"))?;
    Ok(socket)
}

/// A packet socket for ARP alone, to find out whether an address is free.
pub(super) fn open_arp(index: u32) -> io::Result<AsyncFd<OwnedFd>> {
    let socket = Socket::new(Domain::PACKET, Type::RAW, None)?;
    socket.set_nonblocking(true)?;
    sys::bind_packet(socket.as_fd(), index, libc::ETH_P_ARP)?;
    sys::watch(socket.into())
}

/// linux/if_packet.h; since Linux 4.20. Not in every libc crate.
const PACKET_IGNORE_OUTGOING: libc::c_int = 23;

/// By force where allowed (CAP_NET_ADMIN), else as much as `net.core.rmem_max` allows.
fn enlarge(socket: &Socket) {
    let wanted = RECEIVE_BUFFER as libc::c_int;
    if sys::set_int(
        socket.as_fd(),
        libc::SOL_SOCKET,
        libc::SO_RCVBUFFORCE,
        wanted,
    )
    .is_err()
    {
        // What was granted is read back and told; a small buffer is a finding, not a failure.
        let _ = socket.set_recv_buffer_size(RECEIVE_BUFFER);
    }
}

/// In the terms in which it was asked for: the kernel doubles the number for its bookkeeping.
fn granted(socket: &Socket) -> Option<u64> {
    Some(socket.recv_buffer_size().ok()? as u64 / 2)
}
