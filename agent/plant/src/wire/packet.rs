//! Frames on a packet socket: every camera has its own hardware and IP address though no interface has them.
//! Needs CAP_NET_RAW. The only unsafe code of this crate is here.

use std::io;
use std::mem::size_of;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicU16, Ordering};

use nix::libc;
use sadp::{ETHERTYPE, GROUP, PORT};
use socket2::{Domain, InterfaceIndexOrAddress, Protocol, SockAddr, Socket, Type};
use tokio::io::unix::AsyncFd;

use super::{Asker, Heard, Outgoing, Take, Target};
use crate::frame::{self, Ends};
use crate::layer2;

/// One packet socket on one interface.
pub(crate) struct PacketWire {
    socket: AsyncFd<Socket>,
    /// Keeps the kernel a member of the group, so that switches with IGMP snooping forward it to us.
    _member: Socket,
    mtu: usize,
    id: AtomicU16,
    buffer: Vec<u8>,
}

/// Frames handed to the kernel in one call.
const BATCH: usize = 256;

impl PacketWire {
    /// Opens the socket on the interface with this name and index.
    pub(crate) fn open(name: &str, interface: u32) -> io::Result<PacketWire> {
        let every_protocol = i32::from((libc::ETH_P_ALL as u16).to_be());
        let socket = Socket::new(
            Domain::PACKET,
            Type::RAW,
            Some(Protocol::from(every_protocol)),
        )?;
        socket.set_nonblocking(true)?;
        socket.bind(&link_address(interface)?)?;
        // What this machine sends itself is no request to a camera.
        set(&socket, libc::PACKET_IGNORE_OUTGOING, &1_i32)?;
        let all = libc::packet_mreq {
            mr_ifindex: interface.cast_signed(),
            mr_type: libc::PACKET_MR_PROMISC as libc::c_ushort,
            mr_alen: 0,
            mr_address: [0; 8],
        };
        set(&socket, libc::PACKET_ADD_MEMBERSHIP, &all)?;
        // Bursts of thousands: beyond the system's limit where we may.
        for (forced, usual) in [
            (libc::SO_RCVBUFFORCE, libc::SO_RCVBUF),
            (libc::SO_SNDBUFFORCE, libc::SO_SNDBUF),
        ] {
            let bytes = 16_i32 << 20;
            set_at(&socket, libc::SOL_SOCKET, forced, &bytes)
                .or_else(|_| set_at(&socket, libc::SOL_SOCKET, usual, &bytes))?;
        }
        let mtu = mtu(&socket, name)?;
        let member = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?;
        member.join_multicast_v4_n(&GROUP, &InterfaceIndexOrAddress::Index(interface))?;
        // SAFETY: the descriptor is the socket's own, and stays open and the same one for as long as the socket lives in
        // the `AsyncFd`, which nothing takes it out of.
        let socket = unsafe { AsyncFd::register(socket) }?;
        Ok(PacketWire {
            socket,
            _member: member,
            mtu,
            id: AtomicU16::new(1),
            buffer: vec![0; sadp::MAX_DATAGRAM],
        })
    }

    pub(super) async fn receive(&mut self, most: usize, take: &mut Take<'_>) -> io::Result<()> {
        let mut ready = self.socket.readable().await?;
        for _ in 0..most {
            let descriptor = self.socket.get_ref().as_raw_fd();
            match nix::sys::socket::recv(
                descriptor,
                &mut self.buffer,
                nix::sys::socket::MsgFlags::MSG_DONTWAIT,
            ) {
                Ok(length) => {
                    if let Some(heard) = hear(&self.buffer[..length]) {
                        take(heard);
                    }
                }
                Err(nix::errno::Errno::EAGAIN) => {
                    ready.clear_ready();
                    break;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    pub(super) async fn send(&self, all: &[Outgoing]) -> usize {
        let mut frames = Vec::with_capacity(all.len());
        for one in all {
            self.frames(&mut frames, one);
        }
        let mut refused = 0;
        let mut rest = &frames[..];
        while !rest.is_empty() {
            let batch = &rest[..rest.len().min(BATCH)];
            match send_many(self.socket.get_ref(), batch) {
                Ok(sent) => rest = &rest[sent..],
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    match self.socket.writable().await {
                        Ok(mut ready) => ready.clear_ready(),
                        Err(_) => return refused + rest.len(),
                    }
                }
                // The device's queue is full, which `writable` does not tell.
                Err(error) if error.raw_os_error() == Some(libc::ENOBUFS) => {
                    tokio::time::sleep(std::time::Duration::from_millis(1)).await;
                }
                Err(error) => {
                    tracing::debug!(%error, "frame not sent");
                    refused += 1;
                    rest = &rest[1..];
                }
            }
        }
        refused
    }

    fn frames(&self, frames: &mut Vec<Vec<u8>>, one: &Outgoing) {
        let (destination_mac, destination) = match one.target {
            Target::Group => (frame::group_mac(GROUP), SocketAddrV4::new(GROUP, PORT)),
            // The asker's hardware address is in the frame it sent; there is no ARP here.
            Target::Asker(Asker {
                address,
                mac: Some(mac),
            }) => (mac, address),
            Target::Asker(Asker { mac: None, .. }) => return,
            Target::Frame => {
                frames.push(one.bytes.to_vec());
                return;
            }
        };
        let source = SocketAddrV4::new(one.source.address, PORT);
        let ends = Ends {
            source_mac: one.source.mac,
            source,
            destination_mac,
            destination,
        };
        let id = self.id.fetch_add(1, Ordering::Relaxed);
        frame::write(frames, &ends, &one.bytes, self.mtu, id);
    }
}

/// A request in a frame: UDP to the group or to everybody, or a layer-2 inquiry.
fn hear(frame: &[u8]) -> Option<Heard<'_>> {
    if frame::ethertype(frame)? == ETHERTYPE {
        return layer2::read_inquiry(frame).map(Heard::Layer2);
    }
    let found = frame::read(frame)?;
    let destination = found.destination;
    let for_all = *destination.ip() == GROUP || *destination.ip() == Ipv4Addr::BROADCAST;
    (for_all && destination.port() == PORT).then_some(Heard::Datagram(
        found.payload,
        Asker {
            address: found.source,
            mac: Some(found.source_mac),
        },
    ))
}

fn link_address(interface: u32) -> io::Result<SockAddr> {
    // SAFETY: `init` writes a whole `sockaddr_ll` into storage that is larger and aligned for every address, and tells
    // its length.
    let (_, address) = unsafe {
        SockAddr::try_init(|storage, length| {
            storage
                .cast::<libc::sockaddr_ll>()
                .write(libc::sockaddr_ll {
                    sll_family: libc::AF_PACKET as libc::c_ushort,
                    sll_protocol: (libc::ETH_P_ALL as u16).to_be(),
                    sll_ifindex: interface.cast_signed(),
                    sll_hatype: 0,
                    sll_pkttype: 0,
                    sll_halen: 0,
                    sll_addr: [0; 8],
                });
            *length = size_of::<libc::sockaddr_ll>() as libc::socklen_t;
            Ok(())
        })?
    };
    Ok(address)
}

/// The longest IPv4 packet the interface takes (bytes).
fn mtu(socket: &Socket, name: &str) -> io::Result<usize> {
    // SAFETY: an `ifreq` of zeros is a request for an interface without a name.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    // The last byte stays the terminator.
    for (to, from) in request.ifr_name[..libc::IFNAMSIZ - 1]
        .iter_mut()
        .zip(name.bytes())
    {
        *to = from as libc::c_char;
    }
    // SAFETY: the kernel reads the name from a whole `ifreq` and writes the MTU into it.
    let done = unsafe { libc::ioctl(socket.as_raw_fd(), libc::SIOCGIFMTU, &raw mut request) };
    if done != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call above succeeded, so it filled this member of the union.
    let mtu = unsafe { request.ifr_ifru.ifru_mtu };
    usize::try_from(mtu).map_err(io::Error::other)
}

fn set<T>(socket: &Socket, option: libc::c_int, value: &T) -> io::Result<()> {
    set_at(socket, libc::SOL_PACKET, option, value)
}

fn set_at<T>(
    socket: &Socket,
    level: libc::c_int,
    option: libc::c_int,
    value: &T,
) -> io::Result<()> {
    // SAFETY: the kernel reads `size_of::<T>()` bytes of `value`, which is a whole `T`, and keeps no pointer.
    let done = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            level,
            option,
            std::ptr::from_ref(value).cast(),
            size_of::<T>() as libc::socklen_t,
        )
    };
    if done == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

/// Hands frames to the kernel in one call; gives how many it took, at least one.
fn send_many(socket: &Socket, frames: &[Vec<u8>]) -> io::Result<usize> {
    let mut parts: Vec<libc::iovec> = frames
        .iter()
        .map(|frame| libc::iovec {
            iov_base: frame.as_ptr().cast_mut().cast(),
            iov_len: frame.len(),
        })
        .collect();
    let mut messages: Vec<libc::mmsghdr> = parts
        .iter_mut()
        .map(|part| {
            // SAFETY: a `mmsghdr` of zeros is a message without address, data and control data.
            let mut message: libc::mmsghdr = unsafe { std::mem::zeroed() };
            message.msg_hdr.msg_iov = part;
            message.msg_hdr.msg_iovlen = 1;
            message
        })
        .collect();
    // SAFETY: `messages` and the `parts` and `frames` it points to live until the call returns; the kernel only reads
    // what the parts point to, and writes `msg_len` of each message.
    let sent = unsafe {
        libc::sendmmsg(
            socket.as_raw_fd(),
            messages.as_mut_ptr(),
            messages.len() as libc::c_uint,
            libc::MSG_DONTWAIT,
        )
    };
    usize::try_from(sent).map_err(|_| io::Error::last_os_error())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::time::Duration;

    use sadp::{Layer2Inquiry, Layer2Kind, parse_frame};

    use super::*;
    use crate::namespace;
    use crate::wire::Source;
    use crate::{Plant, PlantConfig, WebMode, WireMode};

    /// A bare inquiry from an interface without any address is answered by every camera; what is read back is what the
    /// protocol crate makes of it.
    #[tokio::test]
    async fn layer_2_inquiries_are_answered() {
        if !namespace::inside("wire::packet::tests::layer_2_inquiries_are_answered") {
            return;
        }
        namespace::cable();
        let plant = Plant::start(PlantConfig {
            cameras: 30,
            wire: WireMode::Raw {
                interface: "vb".to_owned(),
            },
            web: WebMode::Off,
            ..PlantConfig::default()
        })
        .expect("a plant");
        let index = nix::net::if_::if_nametoindex("va").expect("va");
        let mut client = PacketWire::open("va", index).expect("a packet socket");
        let source_mac = [0x02, 0, 0, 0, 0, 0x77];
        let inquiry = Layer2Inquiry {
            source_mac,
            source_ip: Ipv4Addr::UNSPECIFIED,
            sequence: 0x2403,
        };
        let source = Source {
            mac: source_mac,
            address: Ipv4Addr::UNSPECIFIED,
        };
        let bytes = inquiry.emit().into();
        assert_eq!(
            client
                .send(&[Outgoing {
                    source,
                    target: Target::Frame,
                    bytes
                }])
                .await,
            0
        );

        let states = plant.cameras();
        let mut found = BTreeSet::new();
        let end = tokio::time::Instant::now() + Duration::from_secs(60);
        while found.len() < states.len() {
            let ready = tokio::time::timeout_at(end, client.socket.readable()).await;
            let mut ready = ready
                .unwrap_or_else(|_| panic!("only {} answered", found.len()))
                .expect("readable");
            let descriptor = client.socket.get_ref().as_raw_fd();
            let flags = nix::sys::socket::MsgFlags::MSG_DONTWAIT;
            let Ok(length) = nix::sys::socket::recv(descriptor, &mut client.buffer, flags) else {
                ready.clear_ready();
                continue;
            };
            let Ok(frame) = parse_frame(&client.buffer[..length]) else {
                continue;
            };
            assert_eq!(
                (frame.kind, frame.sequence, frame.destination_mac),
                (Layer2Kind::Answer, 0x2403, source_mac)
            );
            let device = frame.device.expect("a device");
            let state = states
                .iter()
                .find(|state| Some(&state.serial) == device.serial.as_ref())
                .expect("ours");
            assert_eq!(
                (frame.source_ip, device.ipv4),
                (state.address, Some(state.address))
            );
            assert_eq!(
                device.boot_time_text.as_deref(),
                Some(state.boot_time.as_str())
            );
            // Both blocks: the model is in the second one.
            let model: String = state.model.chars().take(23).collect();
            assert_eq!(device.model, Some(model));
            found.insert(state.camera);
        }
    }
}
