//! The accept loop: bounded connections, slow clients cut.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;
use tracing::debug;

use super::session::Transport;
use super::tls;

/// How much one client, and all together, may take.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Connections at once.
    pub connections: usize,
    /// Connections at once from one address; a browser opens at most six per page's host.
    pub per_address: usize,
    /// Event streams at once, so that they leave connections for everything else.
    pub streams: usize,
    /// For the whole of a TLS handshake.
    pub handshake_timeout: Duration,
    /// From the first byte of a request (or from the end of the last one) to the end of its headers.
    pub header_timeout: Duration,
    /// For the whole body of a request.
    pub body_timeout: Duration,
    /// Largest body in bytes; the largest honest one is a vendor's file of 511 bytes, escaped.
    pub body_bytes: usize,
    /// Between two pieces of an update, whose whole takes as long as it takes.
    pub update_pause: Duration,
    /// Peer does not take what was sent: cut.
    pub send_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 32,
            per_address: 16,
            streams: 20,
            handshake_timeout: Duration::from_secs(10),
            header_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(10),
            body_bytes: 16 * 1024,
            update_pause: Duration::from_secs(20),
            send_timeout: Duration::from_secs(30),
        }
    }
}

/// Connections in use.
#[derive(Clone)]
pub(super) struct Slots(Arc<Inner>);

struct Inner {
    connections: usize,
    per_address: usize,
    used: Mutex<BTreeMap<IpAddr, usize>>,
}

impl Slots {
    pub(super) fn new(limits: &Limits) -> Self {
        Self(Arc::new(Inner {
            connections: limits.connections,
            per_address: limits.per_address,
            used: Mutex::new(BTreeMap::new()),
        }))
    }

    fn take(&self, address: IpAddr) -> Option<Slot> {
        let mut used = self.0.used.lock().unwrap_or_else(PoisonError::into_inner);
        if used.values().sum::<usize>() >= self.0.connections {
            return None;
        }
        let mine = used.entry(address).or_default();
        if *mine >= self.0.per_address {
            return None;
        }
        *mine += 1;
        Some(Slot {
            slots: self.clone(),
            address,
        })
    }
}

struct Slot {
    slots: Slots,
    address: IpAddr,
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut used = (self.slots.0.used.lock()).unwrap_or_else(PoisonError::into_inner);
        if let Some(mine) = used.get_mut(&self.address) {
            *mine -= 1;
            if *mine == 0 {
                used.remove(&self.address);
            }
        }
    }
}

/// What every connection of one listener meets.
#[derive(Clone)]
pub(super) struct Door {
    /// Speaks TLS first, if there is one.
    pub(super) acceptor: Option<TlsAcceptor>,
    pub(super) router: Router,
    pub(super) limits: Limits,
    pub(super) slots: Slots,
}

/// Accepts connections for ever.
pub(super) async fn accept(listener: TcpListener, door: Door) {
    let polite = Arc::new(Semaphore::new(16));
    loop {
        let (stream, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file descriptors, or the peer went away before we looked: neither is
                // cured by hurrying.
                debug!("accept: {error}");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        prepare(&stream, &door.limits);
        match door.slots.take(peer.ip()) {
            Some(slot) => {
                tokio::spawn(converse(stream, peer, door.clone(), slot));
            }
            None => {
                // Beyond a few polite refusals a flood is met by closing at once.
                if let Ok(permit) = polite.clone().try_acquire_owned() {
                    let acceptor = door.acceptor.clone();
                    tokio::spawn(async move {
                        // A peer that does not even take this answer is simply cut.
                        let _ = tokio::time::timeout(REFUSING, refuse(stream, acceptor)).await;
                        drop(permit);
                    });
                }
            }
        }
    }
}

fn prepare(stream: &TcpStream, limits: &Limits) {
    // Both only improve on the defaults; without them the connection still works.
    let _ = stream.set_nodelay(true);
    let _ = socket2::SockRef::from(stream).set_tcp_user_timeout(Some(limits.send_timeout));
}

async fn converse(stream: TcpStream, peer: SocketAddr, door: Door, slot: Slot) {
    match &door.acceptor {
        None => speak_http(stream, Transport::Plain, peer, &door).await,
        Some(acceptor) => match tls::greet(stream, acceptor, door.limits.handshake_timeout).await {
            Ok(stream) => speak_http(stream, Transport::Tls, peer, &door).await,
            Err(error) => debug!("connection from {peer}: {error}"),
        },
    }
    drop(slot);
}

async fn speak_http(
    stream: impl AsyncRead + AsyncWrite + Unpin + 'static,
    transport: Transport,
    peer: SocketAddr,
    door: &Door,
) {
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let router = door.router.clone();
        async move {
            let mut request: Request = request.map(axum::body::Body::new);
            request.extensions_mut().insert(transport);
            router.oneshot(request).await
        }
    });
    let outcome = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(door.limits.header_timeout)
        .max_buf_size(16 * 1024)
        .max_headers(64)
        .serve_connection(TokioIo::new(stream), service)
        .await;
    if let Err(error) = outcome {
        debug!("connection from {peer}: {error}");
    }
}

/// What a connection that found no free slot may cost.
const REFUSING: Duration = Duration::from_secs(2);

/// Says 503 to a connection that found no free slot, without reading what it wants.
async fn refuse(stream: TcpStream, acceptor: Option<TlsAcceptor>) -> std::io::Result<()> {
    match acceptor {
        None => turn_away(stream).await,
        Some(acceptor) => turn_away(acceptor.accept(stream).await?).await,
    }
}

async fn turn_away(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> std::io::Result<()> {
    const BODY: &str = r#"{"type":"urn:resetbox:problem:too-many-connections","title":"Too many connections","status":503,"hint":"Close other pages of this box, then try again in 2 seconds."}"#;
    let answer = format!(
        "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\n\
         Content-Length: {}\r\nRetry-After: 2\r\nConnection: close\r\n\r\n{BODY}",
        BODY.len()
    );
    last_words(&mut stream, &answer).await
}

/// Sends the only answer that this connection gets, so that it arrives.
pub(super) async fn last_words(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    answer: &str,
) -> std::io::Result<()> {
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await?;
    // Closing with unread bytes would send a reset, and the peer would never see the answer.
    let mut rest = [0; 1024];
    while stream.read(&mut rest).await? > 0 {}
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_given_back() {
        let slots = Slots::new(&Limits {
            connections: 3,
            per_address: 2,
            ..Limits::default()
        });
        let [a, b] = [[10, 0, 0, 1], [10, 0, 0, 2]].map(IpAddr::from);
        let first = slots.take(a).expect("free");
        let _second = slots.take(a).expect("free");
        assert!(slots.take(a).is_none(), "two per address");
        let _third = slots.take(b).expect("free");
        assert!(slots.take(b).is_none(), "three in all");
        drop(first);
        assert!(slots.take(b).is_some());
    }
}
