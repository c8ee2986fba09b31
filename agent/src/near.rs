//! Connections to devices on the box's own links, and to nowhere else.

use std::io;
use std::net::SocketAddrV4;

use nix::sys::socket::{setsockopt, sockopt};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::{TcpSocket, TcpStream};

/// A TCP connection through `link`. Three times over, because nothing may leave the local network: only
/// through the link where the device was heard, never by a router, and no router would pass it on.
pub async fn connect(link: &str, server: SocketAddrV4) -> io::Result<TcpStream> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP))?;
    socket.set_nonblocking(true)?;
    socket.bind_device(Some(link.as_bytes()))?;
    setsockopt(&socket, sockopt::DontRoute, &true)?;
    socket.set_ttl_v4(1)?;
    TcpSocket::from_std_stream(socket.into())
        .connect(server.into())
        .await
}
