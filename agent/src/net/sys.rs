//! The few system calls that no safe wrapper covers. All `unsafe` of the program is in this file;
//! each block says why it is sound. Everything here returns owned or checked data.

use std::io;
use std::mem::{MaybeUninit, size_of};
use std::net::Ipv4Addr;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// Datagrams read with one call at most.
pub(super) const BATCH: usize = 32;
/// The largest thing that can arrive: 64 KiB and an Ethernet header, rounded up to whole pages.
const SLOT: usize = 65_536 + 4_096;
/// Room for one `tpacket_auxdata` (20 bytes) with its header and padding.
const CONTROL: usize = 64;

/// Memory for [`receive`], used again for every batch. Pages that were never written stay virtual,
/// so 32 slots of 68 KiB cost what the answers need: a page or two each.
pub(super) struct Arena {
    bytes: Vec<u8>,
    meta: [Meta; BATCH],
}

/// What is known of one received datagram besides its bytes.
#[derive(Copy, Clone)]
pub(super) struct Meta {
    len: usize,
    /// The datagram did not fit: impossible by IPv4's limits, dropped if it happens.
    truncated: bool,
    /// Source of a UDP datagram; unspecified for frames.
    pub(super) source: Ipv4Addr,
    /// Frames only: the checksum field is not filled in because sender and receiver are this
    /// machine, or the network card has verified it.
    pub(super) checksum_settled: bool,
}

const NO_META: Meta = Meta {
    len: 0,
    truncated: false,
    source: Ipv4Addr::UNSPECIFIED,
    checksum_settled: false,
};

impl Arena {
    pub(super) fn new() -> Self {
        Self {
            bytes: vec![0; BATCH * SLOT],
            meta: [NO_META; BATCH],
        }
    }

    /// Datagram `index` of the last batch; `None` when it did not fit.
    pub(super) fn datagram(&self, index: usize) -> Option<(Meta, &[u8])> {
        let meta = *self.meta.get(index)?;
        let start = index * SLOT;
        (!meta.truncated).then(|| (meta, &self.bytes[start..start + meta.len.min(SLOT)]))
    }
}

/// Alignment of `cmsghdr`, which the kernel writes at the start of the control buffer.
#[derive(Copy, Clone)]
#[repr(align(16))]
struct ControlBuffer([u8; CONTROL]);

/// Lets tokio wait until `fd` is readable. Must be called inside a runtime.
pub(crate) fn watch(fd: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    // SAFETY: an OwnedFd keeps its descriptor open until it is dropped, which the AsyncFd does only
    // after it has deregistered it, and as_raw_fd always returns that same descriptor.
    let watched = unsafe { AsyncFd::register_with_interest(fd, Interest::READABLE) };
    Ok(watched?)
}

/// Reads up to [`BATCH`] datagrams without waiting. `Ok(0)`: nothing there.
pub(super) fn receive(fd: BorrowedFd<'_>, arena: &mut Arena) -> io::Result<usize> {
    let mut names = [MaybeUninit::<libc::sockaddr_storage>::zeroed(); BATCH];
    let mut controls = [ControlBuffer([0; CONTROL]); BATCH];
    let mut slots = arena.bytes.as_chunks_mut::<SLOT>().0.iter_mut();
    let mut vectors = [libc::iovec {
        iov_base: std::ptr::null_mut(),
        iov_len: 0,
    }; BATCH];
    for vector in &mut vectors {
        let slot = slots.next().expect("the arena holds BATCH slots");
        vector.iov_base = slot.as_mut_ptr().cast();
        vector.iov_len = slot.len();
    }
    let mut headers: [libc::mmsghdr; BATCH] = std::array::from_fn(|index| {
        // SAFETY: all-zero bytes are a valid msghdr (null pointers, zero lengths); padding fields
        // that differ between C libraries need not be named this way.
        let mut header: libc::mmsghdr = unsafe { MaybeUninit::zeroed().assume_init() };
        header.msg_hdr.msg_name = names[index].as_mut_ptr().cast();
        header.msg_hdr.msg_namelen = size_of::<libc::sockaddr_storage>() as libc::socklen_t;
        header.msg_hdr.msg_iov = &raw mut vectors[index];
        header.msg_hdr.msg_iovlen = 1;
        header.msg_hdr.msg_control = controls[index].0.as_mut_ptr().cast();
        header.msg_hdr.msg_controllen = CONTROL as _;
        header
    });
    // SAFETY: every header points to a distinct live name, iovec and control buffer of the stated
    // length; none of them moves or is read until the call returns. The file descriptor is open for
    // as long as it is borrowed.
    let received = unsafe {
        libc::recvmmsg(
            fd.as_raw_fd(),
            headers.as_mut_ptr(),
            BATCH as libc::c_uint,
            libc::MSG_DONTWAIT as _,
            std::ptr::null_mut(),
        )
    };
    if received < 0 {
        let error = io::Error::last_os_error();
        return match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted => Ok(0),
            _ => Err(error),
        };
    }
    let received = usize::try_from(received).unwrap_or(0).min(BATCH);
    for index in 0..received {
        let header = &headers[index];
        // SAFETY: zeroed before the call, and a sockaddr_storage has no invalid bit patterns.
        let name = unsafe { names[index].assume_init_ref() };
        let source = ipv4_of(name);
        arena.meta[index] = Meta {
            len: header.msg_len as usize,
            truncated: header.msg_hdr.msg_flags & libc::MSG_TRUNC != 0,
            source,
            checksum_settled: checksum_settled(&header.msg_hdr),
        };
    }
    Ok(received)
}

fn ipv4_of(name: &libc::sockaddr_storage) -> Ipv4Addr {
    if libc::c_int::from(name.ss_family) != libc::AF_INET {
        return Ipv4Addr::UNSPECIFIED;
    }
    // SAFETY: the family says sockaddr_in, which sockaddr_storage is large and aligned enough for.
    let name = unsafe { &*std::ptr::from_ref(name).cast::<libc::sockaddr_in>() };
    Ipv4Addr::from(u32::from_be(name.sin_addr.s_addr))
}

/// Looks for `PACKET_AUXDATA` in the control data.
fn checksum_settled(header: &libc::msghdr) -> bool {
    const SETTLED: u32 = libc::TP_STATUS_CSUMNOTREADY | libc::TP_STATUS_CSUM_VALID;
    // SAFETY: the kernel filled msg_control and set msg_controllen to what it wrote; the buffer is
    // alive (it belongs to the caller's frame) and aligned for cmsghdr. The macros stay inside it.
    unsafe {
        let mut control = libc::CMSG_FIRSTHDR(header);
        while !control.is_null() {
            if (*control).cmsg_level == libc::SOL_PACKET
                && (*control).cmsg_type == libc::PACKET_AUXDATA
                && (*control).cmsg_len as usize
                    >= libc::CMSG_LEN(size_of::<libc::tpacket_auxdata>() as u32) as usize
            {
                let auxiliary = libc::CMSG_DATA(control)
                    .cast::<libc::tpacket_auxdata>()
                    .read_unaligned();
                return auxiliary.tp_status & SETTLED != 0;
            }
            control = libc::CMSG_NXTHDR(header, control);
        }
    }
    false
}

/// Sets an option whose value is an `int`.
pub(super) fn set_int(
    fd: BorrowedFd<'_>,
    level: libc::c_int,
    name: libc::c_int,
    value: libc::c_int,
) -> io::Result<()> {
    set(fd, level, name, &value)
}

/// Multicasts leave by this interface, whatever the routes say.
pub(super) fn set_multicast_interface(fd: BorrowedFd<'_>, index: u32) -> io::Result<()> {
    let request = libc::ip_mreqn {
        imr_multiaddr: libc::in_addr { s_addr: 0 },
        imr_address: libc::in_addr { s_addr: 0 },
        imr_ifindex: libc::c_int::try_from(index).map_err(io::Error::other)?,
    };
    set(fd, libc::IPPROTO_IP, libc::IP_MULTICAST_IF, &request)
}

fn set<T>(fd: BorrowedFd<'_>, level: libc::c_int, name: libc::c_int, value: &T) -> io::Result<()> {
    // SAFETY: the kernel reads exactly size_of::<T>() bytes from a live reference.
    let done = unsafe {
        libc::setsockopt(
            fd.as_raw_fd(),
            level,
            name,
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

/// Datagrams that the kernel dropped on this socket since it was opened, mostly because the receive
/// buffer was full. Unlike `SO_RXQ_OVFL` it needs no further datagram to tell.
pub(super) fn drops(fd: BorrowedFd<'_>) -> Option<u32> {
    const SO_MEMINFO: libc::c_int = 55;
    const SK_MEMINFO_DROPS: usize = 8;
    let mut info = [0_u32; 9];
    let mut len = size_of::<[u32; 9]>() as libc::socklen_t;
    // SAFETY: the kernel writes at most `len` bytes into a live array of that size, and `len`.
    let done = unsafe {
        libc::getsockopt(
            fd.as_raw_fd(),
            libc::SOL_SOCKET,
            SO_MEMINFO,
            info.as_mut_ptr().cast(),
            &raw mut len,
        )
    };
    (done == 0 && len as usize == size_of::<[u32; 9]>()).then(|| info[SK_MEMINFO_DROPS])
}

/// Binds a packet socket to one interface and one EtherType, or to [`libc::ETH_P_ALL`].
pub(super) fn bind_packet(
    fd: BorrowedFd<'_>,
    index: u32,
    ethertype: libc::c_int,
) -> io::Result<()> {
    // SAFETY: all-zero bytes are a valid sockaddr_ll.
    let mut address: libc::sockaddr_ll = unsafe { MaybeUninit::zeroed().assume_init() };
    address.sll_family = libc::AF_PACKET as libc::c_ushort;
    address.sll_protocol = (ethertype as u16).to_be();
    address.sll_ifindex = libc::c_int::try_from(index).map_err(io::Error::other)?;
    // SAFETY: the kernel reads the stated length from a live sockaddr_ll.
    let done = unsafe {
        libc::bind(
            fd.as_raw_fd(),
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
