//! Frames in and out of a host's interface, as a camera's network card would send them.

use std::io;
use std::mem::MaybeUninit;
use std::net::Ipv4Addr;
use std::os::fd::AsRawFd;
use std::time::Duration;

use socket2::{Domain, Socket, Type};

use crate::netns::Host;

const MTU: usize = 1500;

/// A packet socket on one interface.
#[derive(Debug)]
pub struct Wire {
    socket: Socket,
    next_id: u16,
}

/// Where a datagram goes and from whom.
#[derive(Clone, Debug)]
pub struct Envelope {
    /// Sender's hardware address.
    pub source_mac: [u8; 6],
    /// Receiver's hardware address.
    pub destination_mac: [u8; 6],
    /// Sender.
    pub source: Ipv4Addr,
    /// Receiver.
    pub destination: Ipv4Addr,
    /// Source and destination port.
    pub ports: (u16, u16),
}

/// A UDP datagram that was received in one frame.
#[derive(Debug)]
pub struct Received<'a> {
    /// Sender's hardware address.
    pub source_mac: [u8; 6],
    /// Sender.
    pub source: Ipv4Addr,
    /// Receiver.
    pub destination: Ipv4Addr,
    /// Source port.
    pub source_port: u16,
    /// Destination port.
    pub port: u16,
    /// What it carries.
    pub payload: &'a [u8],
}

impl Wire {
    /// Opens it on an interface of the host.
    ///
    /// # Panics
    /// When there is no such interface.
    pub fn open(host: &Host, interface: &str) -> Self {
        let socket = host.enter(|| {
            let index = nix::net::if_::if_nametoindex(interface).expect("plugged before");
            let socket = Socket::new(Domain::PACKET, Type::RAW, None).expect("root");
            bind(&socket, index).expect("the interface is up");
            socket
        });
        socket.set_send_buffer_size(4 << 20).expect("set");
        Self { socket, next_id: 0 }
    }

    /// How long [`Wire::receive`] waits.
    pub fn set_timeout(&mut self, timeout: Duration) {
        self.socket.set_read_timeout(Some(timeout)).expect("set");
    }

    /// The next frame from outside, or `None` when none came in time.
    pub fn receive(&mut self) -> Option<Vec<u8>> {
        let mut buffer = [MaybeUninit::<u8>::uninit(); 2048];
        let len = self.socket.recv(&mut buffer).ok()?;
        let frame = buffer[..len].iter();
        // SAFETY: recv has written the first `len` bytes.
        Some(frame.map(|byte| unsafe { byte.assume_init() }).collect())
    }

    /// Sends a frame as it is. Waits while the card is busy.
    ///
    /// # Panics
    /// When the interface is gone.
    pub fn send(&self, frame: &[u8]) {
        loop {
            match self.socket.send(frame) {
                Ok(_) => return,
                Err(error) if error.raw_os_error() == Some(libc::ENOBUFS) => {
                    std::thread::yield_now();
                }
                Err(error) => panic!("frame of {} bytes not sent: {error}", frame.len()),
            }
        }
    }

    /// Sends a datagram, in fragments if it is long.
    pub fn send_udp(&mut self, envelope: &Envelope, payload: &[u8]) {
        self.next_id = self.next_id.wrapping_add(1);
        for frame in frames(envelope, self.next_id, payload) {
            self.send(&frame);
        }
    }
}

/// The frames of one datagram.
pub fn frames(envelope: &Envelope, id: u16, payload: &[u8]) -> Vec<Vec<u8>> {
    let len = u16::try_from(payload.len() + 8).expect("a datagram");
    let mut udp = Vec::with_capacity(payload.len() + 8);
    udp.extend(envelope.ports.0.to_be_bytes());
    udp.extend(envelope.ports.1.to_be_bytes());
    udp.extend(len.to_be_bytes());
    udp.extend([0, 0]);
    udp.extend(payload);
    let mut pseudo = Vec::with_capacity(udp.len() + 12);
    pseudo.extend(envelope.source.octets());
    pseudo.extend(envelope.destination.octets());
    pseudo.extend([0, 17]);
    pseudo.extend(len.to_be_bytes());
    pseudo.extend(&udp);
    let sum = match checksum(&pseudo) {
        0 => 0xffff,
        sum => sum,
    };
    udp[6..8].copy_from_slice(&sum.to_be_bytes());

    let step = (MTU - 20) / 8 * 8;
    let pieces = udp.len().div_ceil(step);
    udp.chunks(step)
        .enumerate()
        .map(|(piece, bytes)| {
            let more = if piece + 1 < pieces { 0x2000 } else { 0 };
            frame(envelope, id, more | (piece * step / 8) as u16, bytes)
        })
        .collect()
}

fn frame(envelope: &Envelope, id: u16, fragment: u16, bytes: &[u8]) -> Vec<u8> {
    let mut header = [0_u8; 20];
    header[0] = 0x45;
    header[2..4].copy_from_slice(&((bytes.len() + 20) as u16).to_be_bytes());
    header[4..6].copy_from_slice(&id.to_be_bytes());
    header[6..8].copy_from_slice(&fragment.to_be_bytes());
    header[8] = 64;
    header[9] = 17;
    header[12..16].copy_from_slice(&envelope.source.octets());
    header[16..20].copy_from_slice(&envelope.destination.octets());
    let sum = checksum(&header);
    header[10..12].copy_from_slice(&sum.to_be_bytes());
    [
        &envelope.destination_mac[..],
        &envelope.source_mac,
        &[0x08, 0x00],
        &header,
        bytes,
    ]
    .concat()
}

fn checksum(bytes: &[u8]) -> u16 {
    let mut sum: u32 = bytes
        .chunks(2)
        .map(|pair| {
            u32::from(u16::from_be_bytes([
                pair[0],
                pair.get(1).copied().unwrap_or(0),
            ]))
        })
        .sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

impl<'a> Received<'a> {
    /// Reads an unfragmented UDP datagram. Checksums are not looked at: within one machine the
    /// kernel does not fill them in.
    pub fn parse(frame: &'a [u8]) -> Option<Self> {
        if frame.get(12..14)? != [0x08, 0x00] || frame.get(23)? != &17 {
            return None;
        }
        let header = usize::from(frame.get(14)? & 0xf) * 4;
        let half = |at: usize| Some(u16::from_be_bytes([*frame.get(at)?, *frame.get(at + 1)?]));
        let address = |at: usize| {
            let bytes: [u8; 4] = frame.get(at..at + 4)?.try_into().ok()?;
            Some(Ipv4Addr::from(bytes))
        };
        let udp = 14 + header;
        Some(Self {
            source_mac: frame.get(6..12)?.try_into().ok()?,
            source: address(26)?,
            destination: address(30)?,
            source_port: half(udp)?,
            port: half(udp + 2)?,
            payload: frame.get(udp + 8..udp + usize::from(half(udp + 4)?))?,
        })
    }
}

fn bind(socket: &Socket, index: u32) -> io::Result<()> {
    // SAFETY: all-zero bytes are a valid sockaddr_ll.
    let mut address: libc::sockaddr_ll = unsafe { MaybeUninit::zeroed().assume_init() };
    address.sll_family = libc::AF_PACKET as libc::c_ushort;
    address.sll_protocol = (libc::ETH_P_ALL as u16).to_be();
    address.sll_ifindex = libc::c_int::try_from(index).map_err(io::Error::other)?;
    // SAFETY: the kernel reads the stated length from a live sockaddr_ll.
    let done = unsafe {
        libc::bind(
            socket.as_raw_fd(),
            (&raw const address).cast(),
            size_of::<libc::sockaddr_ll>() as libc::socklen_t,
        )
    };
    if done == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}
