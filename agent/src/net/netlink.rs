//! Links and addresses from the kernel (rtnetlink, RFC 3549 and linux/rtnetlink.h).
//!
//! One socket only listens: whatever it hears means "something changed". Then everything is asked
//! for again and compared. That is little work (a handful of links) and cannot go out of step.

use std::io;
use std::net::Ipv4Addr;
use std::os::fd::{AsRawFd, OwnedFd};
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol, SockType, bind, recv, send,
    socket,
};

const RTM_NEWLINK: u16 = 16;
const RTM_GETLINK: u16 = 18;
const RTM_NEWADDR: u16 = 20;
const RTM_DELADDR: u16 = 21;
const RTM_GETADDR: u16 = 22;
const IFA_LABEL: u16 = 3;
const NLMSG_ERROR: u16 = 2;
const NLMSG_DONE: u16 = 3;
const REQUEST_DUMP: u16 = 0x0301; // NLM_F_REQUEST | NLM_F_DUMP
const HEADER: usize = 16;

/// RTMGRP_LINK, RTMGRP_IPV4_IFADDR, and the group of RTNLGRP_IPV4_NETCONF (24), which tells of rp_filter.
const GROUPS: u32 = 0x1 | 0x10 | 1 << 23;

const IFF_UP: u32 = 0x1;
const IFF_LOWER_UP: u32 = 0x1_0000;
const ARPHRD_ETHER: u16 = 1;
const ARPHRD_LOOPBACK: u16 = 772;

/// A network interface as the kernel tells it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Link {
    pub(super) index: u32,
    pub(super) name: String,
    pub(super) up: bool,
    pub(super) carrier: bool,
    pub(super) kind: LinkKind,
    pub(super) mac: Option<[u8; 6]>,
    pub(super) addresses: Vec<(Ipv4Addr, u8)>,
}

/// What matters of an interface's nature.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum LinkKind {
    /// Ethernet, Wi-Fi, a VLAN, a bridge: speaks Ethernet by itself.
    Ethernet,
    /// Port of a bridge, bond or team: its master speaks for it.
    Port,
    /// `lo`.
    Loopback,
    /// Tunnels and the like.
    Other,
}

/// A socket that becomes readable when a link or an address changed. Non-blocking.
pub(super) fn watch() -> io::Result<OwnedFd> {
    open(GROUPS, SockFlag::SOCK_NONBLOCK)
}

/// Empties the watching socket; what it holds is not looked at.
pub(super) fn drain(watch: &OwnedFd) {
    let mut buffer = [0_u8; 8192];
    loop {
        match recv(watch.as_raw_fd(), &mut buffer, MsgFlags::MSG_DONTWAIT) {
            // Overrun: messages were lost, which also means that something changed.
            Ok(1..) | Err(Errno::ENOBUFS | Errno::EINTR) => {}
            Ok(0) | Err(_) => return,
        }
    }
}

/// All links with their IPv4 addresses, by index.
pub(super) fn links() -> io::Result<Vec<Link>> {
    let socket = open(0, SockFlag::empty())?;
    let mut links = Vec::new();
    dump(&socket, RTM_GETLINK, 0, |kind, body| {
        if kind == RTM_NEWLINK {
            links.extend(link(body));
        }
    })?;
    dump(&socket, RTM_GETADDR, libc::AF_INET as u8, |kind, body| {
        if kind == RTM_NEWADDR
            && let Some((index, address, prefix)) = address(body)
            && let Some(link) = links.iter_mut().find(|link| link.index == index)
        {
            link.addresses.push((address, prefix));
        }
    })?;
    links.sort_by_key(|link| link.index);
    Ok(links)
}

/// What marks an address as ours in the label that `ip address` shows: `eth0:rb`.
const LABEL: &str = ":rb";

/// Adds an address that the kernel takes away by itself after `lifetime`; renews it if it is there.
/// Needs CAP_NET_ADMIN.
pub(super) fn add_address(
    index: u32,
    name: &str,
    address: Ipv4Addr,
    prefix: u8,
    lifetime: Duration,
) -> io::Result<()> {
    const BROADCAST: u16 = 4;
    const CACHE_INFO: u16 = 6;
    let mut body = address_body(index, address, prefix);
    let last = u32::from(address) | u32::MAX.checked_shr(prefix.into()).unwrap_or(0);
    attribute(&mut body, BROADCAST, &last.to_be_bytes());
    let label = format!("{name}{LABEL}\0");
    // 15 characters and the zero; an interface with a longer name goes without.
    if label.len() <= 16 {
        attribute(&mut body, IFA_LABEL, label.as_bytes());
    }
    let seconds = u32::try_from(lifetime.as_secs()).unwrap_or(u32::MAX);
    // struct ifa_cacheinfo: preferred, valid, created, updated.
    let lifetimes: Vec<u8> = [seconds, seconds, 0, 0]
        .into_iter()
        .flat_map(u32::to_ne_bytes)
        .collect();
    attribute(&mut body, CACHE_INFO, &lifetimes);
    // NLM_F_CREATE | NLM_F_REPLACE
    change(RTM_NEWADDR, 0x0400 | 0x0100, &body)
}

/// Removes an address.
pub(super) fn remove_address(index: u32, address: Ipv4Addr, prefix: u8) -> io::Result<()> {
    change(RTM_DELADDR, 0, &address_body(index, address, prefix))
}

/// Removes what an earlier run could not: addresses with our label.
pub(super) fn remove_leftovers() -> io::Result<()> {
    let mut leftovers = Vec::new();
    let socket = open(0, SockFlag::empty())?;
    dump(&socket, RTM_GETADDR, libc::AF_INET as u8, |kind, body| {
        let ours = attributes(body.get(8..).unwrap_or_default())
            .any(|(kind, value)| kind == IFA_LABEL && text(value).ends_with(LABEL));
        if kind == RTM_NEWADDR && ours {
            leftovers.extend(address(body));
        }
    })?;
    for (index, address, prefix) in leftovers {
        tracing::info!(%address, "removing the temporary address of an earlier run");
        remove_address(index, address, prefix)?;
    }
    Ok(())
}

/// struct ifaddrmsg and the address itself.
fn address_body(index: u32, address: Ipv4Addr, prefix: u8) -> Vec<u8> {
    const ADDRESS: u16 = 1;
    const LOCAL: u16 = 2;
    let mut body = vec![libc::AF_INET as u8, prefix, 0, 0];
    body.extend(index.to_ne_bytes());
    attribute(&mut body, LOCAL, &address.octets());
    attribute(&mut body, ADDRESS, &address.octets());
    body
}

fn attribute(body: &mut Vec<u8>, kind: u16, value: &[u8]) {
    body.extend(((value.len() + 4) as u16).to_ne_bytes());
    body.extend(kind.to_ne_bytes());
    body.extend(value);
    body.resize(body.len().next_multiple_of(4), 0);
}

/// One request with its acknowledgement.
fn change(request: u16, flags: u16, body: &[u8]) -> io::Result<()> {
    const REQUEST_ACK: u16 = 0x0001 | 0x0004;
    let socket = open(0, SockFlag::empty())?;
    let mut message = vec![0; HEADER];
    message[0..4].copy_from_slice(&((HEADER + body.len()) as u32).to_ne_bytes());
    message[4..6].copy_from_slice(&request.to_ne_bytes());
    message[6..8].copy_from_slice(&(flags | REQUEST_ACK).to_ne_bytes());
    message.extend(body);
    send(socket.as_raw_fd(), &message, MsgFlags::empty())?;
    let mut buffer = [0_u8; 1024];
    let len = recv(socket.as_raw_fd(), &mut buffer, MsgFlags::empty())?;
    match messages(&buffer[..len]).next() {
        Some((NLMSG_ERROR, body)) => match word(body, 0).map_or(0, u32::cast_signed) {
            0 => Ok(()),
            code => Err(io::Error::from_raw_os_error(-code)),
        },
        _ => Err(io::Error::other("netlink gave no acknowledgement")),
    }
}

fn open(groups: u32, flags: SockFlag) -> io::Result<OwnedFd> {
    let socket = socket(
        AddressFamily::Netlink,
        SockType::Raw,
        flags | SockFlag::SOCK_CLOEXEC,
        SockProtocol::NetlinkRoute,
    )?;
    bind(socket.as_raw_fd(), &NetlinkAddr::new(0, groups))?;
    Ok(socket)
}

/// Asks for everything of one kind. The kernel answers from memory at once, so this does not wait.
fn dump(
    socket: &OwnedFd,
    request: u16,
    family: u8,
    mut each: impl FnMut(u16, &[u8]),
) -> io::Result<()> {
    let mut message = vec![0_u8; HEADER + 16];
    let len = message.len() as u32;
    message[0..4].copy_from_slice(&len.to_ne_bytes());
    message[4..6].copy_from_slice(&request.to_ne_bytes());
    message[6..8].copy_from_slice(&REQUEST_DUMP.to_ne_bytes());
    message[HEADER] = family;
    send(socket.as_raw_fd(), &message, MsgFlags::empty())?;
    let mut buffer = vec![0_u8; 65_536];
    loop {
        let len = match recv(socket.as_raw_fd(), &mut buffer, MsgFlags::empty()) {
            Ok(len) => len,
            Err(Errno::EINTR) => continue,
            Err(error) => return Err(error.into()),
        };
        for (kind, body) in messages(&buffer[..len]) {
            match kind {
                NLMSG_DONE => return Ok(()),
                NLMSG_ERROR => {
                    let code = word(body, 0).map_or(0, u32::cast_signed);
                    return Err(io::Error::from_raw_os_error(-code));
                }
                kind => each(kind, body),
            }
        }
    }
}

/// The messages of one datagram: kind and body. Stops at the first that does not fit.
fn messages(mut bytes: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    std::iter::from_fn(move || {
        let len = usize::try_from(word(bytes, 0)?).ok()?;
        let kind = half(bytes, 4)?;
        let body = bytes.get(HEADER..len)?;
        bytes = bytes.get(len.next_multiple_of(4)..).unwrap_or_default();
        Some((kind, body))
    })
}

/// The attributes behind a message's fixed part: kind without flags, and value.
fn attributes(mut bytes: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    std::iter::from_fn(move || {
        let len = usize::from(half(bytes, 0)?);
        let kind = half(bytes, 2)? & 0x3fff;
        let value = bytes.get(4..len)?;
        bytes = bytes.get(len.next_multiple_of(4)..).unwrap_or_default();
        Some((kind, value))
    })
}

fn link(body: &[u8]) -> Option<Link> {
    const ADDRESS: u16 = 1;
    const NAME: u16 = 3;
    const LINK_INFO: u16 = 18;
    const INFO_SLAVE_KIND: u16 = 4;
    // struct ifinfomsg: family, padding, type, index, flags, change.
    let hardware = half(body, 2)?;
    let flags = word(body, 8)?;
    let mut link = Link {
        index: word(body, 4)?,
        name: String::new(),
        up: flags & IFF_UP != 0,
        carrier: flags & IFF_LOWER_UP != 0,
        kind: match hardware {
            ARPHRD_ETHER => LinkKind::Ethernet,
            ARPHRD_LOOPBACK => LinkKind::Loopback,
            _ => LinkKind::Other,
        },
        mac: None,
        addresses: Vec::new(),
    };
    for (kind, value) in attributes(body.get(16..)?) {
        match kind {
            ADDRESS => link.mac = value.try_into().ok(),
            NAME => link.name = text(value),
            LINK_INFO => {
                let port = attributes(value).any(|(kind, value)| {
                    kind == INFO_SLAVE_KIND
                        && matches!(text(value).as_str(), "bridge" | "bond" | "team")
                });
                if port {
                    link.kind = LinkKind::Port;
                }
            }
            _ => {}
        }
    }
    Some(link)
}

fn address(body: &[u8]) -> Option<(u32, Ipv4Addr, u8)> {
    const ADDRESS: u16 = 1;
    const LOCAL: u16 = 2;
    // struct ifaddrmsg: family, prefix length, flags, scope, index.
    let prefix = *body.get(1)?;
    let index = word(body, 4)?;
    let (mut address, mut local) = (None, None);
    for (kind, value) in attributes(body.get(8..)?) {
        let value = <[u8; 4]>::try_from(value).ok().map(Ipv4Addr::from);
        match kind {
            ADDRESS => address = value,
            LOCAL => local = value,
            _ => {}
        }
    }
    // On a point-to-point link ADDRESS is the other end.
    Some((index, local.or(address)?, prefix))
}

fn text(value: &[u8]) -> String {
    let end = value
        .iter()
        .position(|byte| *byte == 0)
        .unwrap_or(value.len());
    String::from_utf8_lossy(&value[..end]).into_owned()
}

fn half(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_ne_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_loopback_of_this_machine_is_told() {
        let links = links().expect("netlink needs no privilege");
        let lo = links
            .iter()
            .find(|link| link.name == "lo")
            .expect("every Linux has lo");
        assert_eq!(lo.kind, LinkKind::Loopback);
        if lo.up {
            assert!(lo.addresses.contains(&(Ipv4Addr::LOCALHOST, 8)));
        }
    }

    proptest! {
        #[test]
        fn malformed_messages_do_not_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = messages(&bytes).count();
            let _ = attributes(&bytes).count();
            let _ = link(&bytes);
            let _ = address(&bytes);
        }
    }
}
