//! UDP sockets: needs no privilege.

use std::io::{self, IoSlice};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::os::fd::AsRawFd;

use nix::libc::{in_addr, in_pktinfo};
use nix::sys::socket::{ControlMessage, MsgFlags, SockaddrIn, sendmsg};
use sadp::{GROUP, PORT};
use socket2::{Domain, InterfaceIndexOrAddress, Protocol, Socket, Type};
use tokio::io::Interest;
use tokio::net::UdpSocket;

use super::{Asker, Heard, Outgoing, Take, Target};

/// Sockets of all cameras of one interface.
pub(crate) struct UdpWire {
    receive: UdpSocket,
    /// Apart from `receive` in plain mode; else the same socket serves both.
    send: Option<UdpSocket>,
    interface: u32,
    /// Plain mode: the interface's own address. The kernel would take none of `lo` for a group.
    address: Ipv4Addr,
    /// Each camera's address is configured on the interface and used as the source.
    addressed: bool,
    buffer: Vec<u8>,
}

impl UdpWire {
    /// Opens the sockets on the interface with this name and index.
    ///
    /// Addressed: one socket on 0.0.0.0:37020 as a device has it; answers leave from port 37020 and each camera's own
    /// address. Plain: the box runs on this machine and holds port 37020 itself, and unicast answers must reach it and
    /// not us. So we listen on the group's address, where unicast never arrives, and answer from a port of our own.
    pub(crate) fn open(name: &str, interface: u32, addressed: bool) -> io::Result<UdpWire> {
        let bind = if addressed {
            Ipv4Addr::UNSPECIFIED
        } else {
            GROUP
        };
        let receive = socket(SocketAddrV4::new(bind, PORT))?;
        receive.join_multicast_v4_n(&GROUP, &InterfaceIndexOrAddress::Index(interface))?;
        // Only this interface's group, whatever else on this machine has joined it.
        receive.set_multicast_all_v4(false)?;
        let send = if addressed {
            // Broadcasts are for the cameras of this interface alone.
            receive.bind_device(Some(name.as_bytes()))?;
            // Thousands of own answers would push the next request out of the receive buffer.
            receive.set_multicast_loop_v4(false)?;
            None
        } else {
            Some(socket(SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0))?)
        };
        Ok(UdpWire {
            receive: UdpSocket::from_std(receive.into())?,
            send: send
                .map(|socket| UdpSocket::from_std(socket.into()))
                .transpose()?,
            interface,
            address: address(name),
            addressed,
            buffer: vec![0; sadp::MAX_DATAGRAM],
        })
    }

    pub(super) async fn receive(&mut self, most: usize, take: &mut Take<'_>) -> io::Result<()> {
        self.receive.readable().await?;
        for _ in 0..most {
            match self.receive.try_recv_from(&mut self.buffer) {
                Ok((length, SocketAddr::V4(address))) => take(Heard::Datagram(
                    &self.buffer[..length],
                    Asker { address, mac: None },
                )),
                Ok((_, SocketAddr::V6(_))) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                // An ICMP error of an earlier answer; the socket is fine.
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    pub(super) async fn send(&self, all: &[Outgoing]) -> usize {
        let socket = self.send.as_ref().unwrap_or(&self.receive);
        let mut refused = 0;
        for one in all {
            loop {
                match socket.try_io(Interest::WRITABLE, || self.send_one(socket, one)) {
                    Ok(()) => break,
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                        if socket.writable().await.is_err() {
                            break;
                        }
                    }
                    Err(error) => {
                        tracing::debug!(%error, to = ?one.target, "answer not sent");
                        refused += 1;
                        break;
                    }
                }
            }
        }
        refused
    }

    fn send_one(&self, socket: &UdpSocket, one: &Outgoing) -> io::Result<()> {
        let address = match one.target {
            Target::Group => SocketAddrV4::new(GROUP, PORT),
            Target::Asker(asker) => asker.address,
            // Nothing in bare frames is heard here, so nothing is answered.
            Target::Frame => return Ok(()),
        };
        // A group has no route of its own, so the interface is named. An asker is found by the routes, as on a device.
        let (interface, source) = match (one.target, self.addressed) {
            (Target::Group, true) => (self.interface, one.source.address),
            (Target::Group, false) => (self.interface, self.address),
            (_, true) => (0, one.source.address),
            (_, false) => (0, Ipv4Addr::UNSPECIFIED),
        };
        let info = in_pktinfo {
            ipi_ifindex: interface.cast_signed(),
            ipi_spec_dst: in_addr {
                s_addr: source.to_bits().to_be(),
            },
            ipi_addr: in_addr { s_addr: 0 },
        };
        sendmsg(
            socket.as_raw_fd(),
            &[IoSlice::new(&one.bytes)],
            &[ControlMessage::Ipv4PacketInfo(&info)],
            MsgFlags::empty(),
            Some(&SockaddrIn::from(address)),
        )?;
        Ok(())
    }
}

/// The first IPv4 address of an interface; 0.0.0.0 where it has none.
fn address(name: &str) -> Ipv4Addr {
    let all = nix::ifaddrs::getifaddrs().into_iter().flatten();
    all.filter(|one| one.interface_name == name)
        .find_map(|one| one.address?.as_sockaddr_in().map(SockaddrIn::ip))
        .unwrap_or(Ipv4Addr::UNSPECIFIED)
}

fn socket(bind: SocketAddrV4) -> io::Result<Socket> {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_nonblocking(true)?;
    socket.set_reuse_address(true)?;
    socket.set_broadcast(true)?;
    // What the system allows; a plant of thousands asks for more in raw mode.
    socket.set_recv_buffer_size(4 << 20)?;
    socket.set_send_buffer_size(4 << 20)?;
    socket.bind(&SocketAddr::V4(bind).into())?;
    Ok(socket)
}
