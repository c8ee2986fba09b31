//! What a plant is made of.

use std::net::{Ipv4Addr, SocketAddrV4, TcpListener};

use super::PlantError;
use crate::camera::Options;
use crate::faults::FaultConfig;
use crate::identity::{Place, Subnet};
use crate::profile::Profile;

/// How the cameras reach the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WireMode {
    /// All cameras answer from this machine's address on one interface, which may be `lo`. Needs no privilege, and the
    /// box may run on the same machine.
    Plain {
        /// The interface.
        interface: String,
    },
    /// Each camera answers from its own address; all of them are configured on the interface. For a network namespace.
    Addressed {
        /// The interface.
        interface: String,
    },
    /// Each camera has its own hardware and IP address in frames of its own; nothing needs to be configured. Also
    /// answers layer-2 inquiries. Needs CAP_NET_RAW.
    Raw {
        /// The interface.
        interface: String,
    },
}

impl WireMode {
    /// The interface's name.
    pub fn interface(&self) -> &str {
        match self {
            WireMode::Plain { interface }
            | WireMode::Addressed { interface }
            | WireMode::Raw { interface } => interface,
        }
    }
}

/// Where the cameras' web servers listen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebMode {
    /// Nowhere.
    Off,
    /// On 127.0.0.1, a port for each camera, which its ProbeMatch tells as `HttpPort`.
    LoopbackPorts,
    /// On every address of this machine at one port; the address a client connects to names the camera.
    OwnAddresses {
        /// The port, usually 80.
        port: u16,
    },
}

/// What a plant is made of. The default is what `resetbox demo` and most tests need: twenty cameras of all kinds on the
/// loopback interface.
#[derive(Clone, Debug)]
pub struct PlantConfig {
    /// How many cameras, at most 16 777 215.
    pub cameras: usize,
    /// Their kinds, in turn; empty means all.
    pub profiles: Vec<Profile>,
    /// Their subnets, in turn; a full one is passed over.
    pub subnets: Vec<Subnet>,
    /// How they reach the network.
    pub wire: WireMode,
    /// Their web servers.
    pub web: WebMode,
    /// How they behave.
    pub options: Options,
    /// Whether a unicast answer finds its way to an asker outside of the camera's subnet, as through a gateway. Most
    /// cameras in the field have none.
    pub gateway: bool,
    /// What the network does to them.
    pub faults: FaultConfig,
    /// Everything random comes from it: the same seed gives the same plant.
    pub seed: u64,
    /// The cameras' local time at the start, in seconds since 1970; `None` takes this machine's UTC.
    pub epoch_s: Option<i64>,
}

impl Default for PlantConfig {
    fn default() -> PlantConfig {
        PlantConfig {
            cameras: 20,
            profiles: Vec::new(),
            subnets: Subnet::USUAL.to_vec(),
            wire: WireMode::Plain {
                interface: "lo".to_owned(),
            },
            web: WebMode::LoopbackPorts,
            options: Options::default(),
            gateway: true,
            faults: FaultConfig::default(),
            seed: 1,
            epoch_s: None,
        }
    }
}

impl PlantConfig {
    /// The kind of camera `index`.
    pub(super) fn profile(&self, index: usize) -> Profile {
        let all: &[Profile] = if self.profiles.is_empty() {
            &Profile::ALL
        } else {
            &self.profiles
        };
        all[index % all.len()]
    }

    /// The cameras' addresses, in order.
    ///
    /// # Errors
    /// [`PlantError::NoRoom`].
    pub fn addresses(&self) -> Result<Vec<(Ipv4Addr, Subnet)>, PlantError> {
        let room: u64 = self
            .subnets
            .iter()
            .map(|subnet| u64::from(subnet.room()))
            .sum();
        let no_room = || PlantError::NoRoom {
            cameras: self.cameras,
            room,
        };
        if room < self.cameras as u64 {
            return Err(no_room());
        }
        let mut used = vec![0_u32; self.subnets.len()];
        let mut turns = (0..self.subnets.len()).cycle();
        (0..self.cameras)
            .map(|_| {
                // In turn, but past the full ones; there is room, so one of them takes it.
                let mut turns = turns.by_ref().take(self.subnets.len());
                let found = turns.find_map(|at| {
                    let address = self.subnets[at].host(used[at])?;
                    used[at] += 1;
                    Some((address, self.subnets[at]))
                });
                found.ok_or_else(no_room)
            })
            .collect()
    }

    /// The web servers' sockets and each camera's place.
    pub(super) fn places(&self) -> Result<(Vec<TcpListener>, Vec<Place>), PlantError> {
        let mut listeners = Vec::new();
        if let WebMode::OwnAddresses { port } = self.web {
            listeners.push(listen(Ipv4Addr::UNSPECIFIED, port)?.0);
        }
        let mut places = Vec::with_capacity(self.cameras);
        for (address, subnet) in self.addresses()? {
            let http_port = match self.web {
                WebMode::Off => 80,
                WebMode::OwnAddresses { port } => port,
                WebMode::LoopbackPorts => {
                    let (listener, port) = listen(Ipv4Addr::LOCALHOST, 0)?;
                    listeners.push(listener);
                    port
                }
            };
            places.push(Place {
                address,
                subnet,
                http_port,
            });
        }
        Ok((listeners, places))
    }
}

/// A web server's socket and the port it got.
fn listen(address: Ipv4Addr, port: u16) -> Result<(TcpListener, u16), PlantError> {
    let open = || {
        let listener = TcpListener::bind(SocketAddrV4::new(address, port))?;
        listener.set_nonblocking(true)?;
        let port = listener.local_addr()?.port();
        Ok((listener, port))
    };
    open().map_err(|source| PlantError::Socket {
        what: format!("the web server on {address}:{port}"),
        source,
    })
}
