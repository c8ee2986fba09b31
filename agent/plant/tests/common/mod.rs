//! A small client on crate `sadp`, for the other side of the wire.
#![allow(dead_code, unreachable_pub, reason = "each test takes what it needs")]

pub mod namespace;

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::time::Duration;

use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};
use resetbox_plant::{Options, Plant, PlantConfig, Profile};
use sadp::{Body, GROUP, KeyPair, Message, PORT, Request, ResetCode, SessionKey, Uuid, Verdict};
use socket2::{Domain, InterfaceIndexOrAddress, Protocol, Socket, Type};
use tokio::net::UdpSocket;

/// A seed of this process and test: other plants may be on the loopback interface at the same time.
pub fn seed(test: u64) -> u64 {
    u64::from(std::process::id()) << 16 | test
}

pub fn config(test: u64, profiles: &[Profile]) -> PlantConfig {
    PlantConfig {
        cameras: profiles.len(),
        profiles: profiles.to_vec(),
        seed: seed(test),
        options: Options {
            delay_ms: (1, 20),
            ..Options::default()
        },
        ..PlantConfig::default()
    }
}

pub fn rng(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

/// A client with one socket on `lo`.
pub struct Client {
    socket: UdpSocket,
    rng: ChaCha8Rng,
}

impl Client {
    /// On the loopback interface, from its own address.
    pub fn open(port: u16) -> Client {
        let client = Client::on("lo", port);
        let socket = socket2::SockRef::from(&client.socket);
        socket
            .set_multicast_if_v4(&Ipv4Addr::LOCALHOST)
            .expect("interface");
        client
    }

    /// On any interface, by its name alone.
    pub fn on(interface: &str, port: u16) -> Client {
        let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP)).expect("a socket");
        socket.set_nonblocking(true).expect("non-blocking");
        socket.set_reuse_address(true).expect("reuse");
        // Beyond the system's limit where we may: the default holds some ninety answers.
        let bytes = 8 << 20;
        nix::sys::socket::setsockopt(&socket, nix::sys::socket::sockopt::RcvBufForce, &bytes)
            .map_err(std::io::Error::from)
            .or_else(|_| socket.set_recv_buffer_size(bytes))
            .expect("buffer");
        socket
            .bind(&SocketAddr::from((Ipv4Addr::UNSPECIFIED, port)).into())
            .expect("bind");
        let index = nix::net::if_::if_nametoindex(interface).expect("the interface");
        socket
            .join_multicast_v4_n(&GROUP, &InterfaceIndexOrAddress::Index(index))
            .expect("join");
        socket
            .bind_device(Some(interface.as_bytes()))
            .expect("interface");
        let socket = UdpSocket::from_std(socket.into()).expect("a runtime");
        Client {
            socket,
            rng: rng(99),
        }
    }

    pub fn uuid(&mut self) -> Uuid {
        let mut bytes = [0; 16];
        self.rng.fill_bytes(&mut bytes);
        Uuid::from_random(bytes)
    }

    pub async fn send(&self, bytes: &[u8]) {
        self.socket
            .send_to(bytes, SocketAddrV4::new(GROUP, PORT))
            .await
            .expect("sent");
    }

    /// To everybody instead of the group.
    pub async fn broadcast(&self, bytes: &[u8]) {
        self.socket.set_broadcast(true).expect("broadcast");
        self.socket
            .send_to(bytes, SocketAddrV4::new(Ipv4Addr::BROADCAST, PORT))
            .await
            .expect("sent");
    }

    /// The next datagram that is an answer, and who sent it.
    pub async fn next(&self, patience: Duration) -> Option<(Message, SocketAddr, usize)> {
        const LATE: Duration = Duration::from_millis(100);
        let mut buffer = vec![0; 65_536];
        let mut end = tokio::time::Instant::now() + patience;
        loop {
            let received = tokio::time::timeout_at(end, self.socket.recv_from(&mut buffer)).await;
            let Ok(received) = received else {
                // Cameras of this same thread may have been held up as long: they have their time again.
                if end.elapsed() < LATE {
                    return None;
                }
                end = tokio::time::Instant::now() + patience;
                continue;
            };
            let (length, from) = received.expect("received");
            if let Ok(message) = sadp::parse(&buffer[..length]) {
                return Some((message, from, length));
            }
        }
    }

    /// Every answer with this Uuid until it is quiet.
    pub async fn collect(&self, uuid: &Uuid, quiet: Duration) -> Vec<(Message, SocketAddr, usize)> {
        let mut found = Vec::new();
        while let Some(answer) = self.next(quiet).await {
            if answer.0.uuid.as_ref() == Some(uuid) {
                found.push(answer);
            }
        }
        found
    }

    /// Sends a request and waits for its answer, matched on Uuid and Types.
    pub async fn ask(&mut self, request: &Request<'_>) -> Option<Message> {
        let uuid = self.uuid();
        self.send(&request.emit(&uuid)).await;
        let end = tokio::time::Instant::now() + Duration::from_secs(2);
        loop {
            let left = end.checked_duration_since(tokio::time::Instant::now())?;
            let (message, _, _) = self.next(left).await?;
            if message.uuid.as_ref() == Some(&uuid) && message.types == request.types() {
                return Some(message);
            }
        }
    }

    /// Opens an exchange.
    pub async fn exchange(&mut self, mac: &str) -> Option<SessionKey> {
        let pair = KeyPair::generate(&mut self.rng).expect("a key pair");
        let public_code = pair.public_code();
        let answer = self
            .ask(&Request::ExchangeCode {
                mac,
                public_code: &public_code,
            })
            .await?;
        let Body::Code {
            code: Some(code), ..
        } = answer.body
        else {
            return None;
        };
        Some(pair.open(&mut self.rng, &code).expect("a session key"))
    }

    /// Exchange and reset in one, with the code in the form asked for.
    pub async fn reset(
        &mut self,
        mac: &str,
        password: &str,
        code: &str,
        encrypted: bool,
    ) -> Option<Verdict> {
        let session = self.exchange(mac).await?;
        let password = session
            .encrypt_password(password.as_bytes())
            .expect("a password");
        let code = if encrypted {
            session.encrypt_code(code.as_bytes()).expect("a code")
        } else {
            ResetCode::plain(code).expect("a code")
        };
        let request = Request::Reset {
            mac,
            password: &password,
            sync_cameras: false,
            code: &code,
        };
        match self.ask(&request).await?.body {
            Body::Verdict(verdict) => Some(verdict),
            other => panic!("{other:?}"),
        }
    }

    /// Exports and returns what the vendor is given.
    pub async fn export(&mut self, mac: &str, serial: &str, way: sadp::Way) -> Option<String> {
        let export = match way {
            sadp::Way::TypedKey => match self.ask(&Request::GetEncryptString { mac }).await?.body {
                Body::EncryptString {
                    string: Some(string),
                    ..
                } => sadp::Export::EncryptString {
                    string,
                    serial: serial.to_owned(),
                },
                _ => return None,
            },
            _ => match self.ask(&Request::GetCode { mac }).await?.body {
                Body::Code {
                    code: Some(code), ..
                } => sadp::Export::Code(code),
                _ => return None,
            },
        };
        Some(sadp::device_code(
            &export,
            sadp::ExportForm::StringAndSerial,
        ))
    }
}

/// Starts a plant.
pub fn start(config: PlantConfig) -> Plant {
    Plant::start(config).unwrap_or_else(|error| panic!("{error}"))
}
