//! What most tests set up: the box, the simulated plant and the owner's machine, on one switch.

use resetbox_plant::{PlantConfig, Profile, WebMode, WireMode};
use serde_json::Value;

use crate::broker::{ADDRESS, NAME};
use crate::netns::{Host, Switch};

/// Three hosts on one switch.
pub struct Site {
    /// The box, at 192.168.99.1/24, which knows the broker's name.
    pub agent: Host,
    /// Where the plant runs: a host without an address.
    pub plant: Host,
    /// The owner's machine, at [`ADDRESS`], which knows the broker's name: broker and desk.
    pub owner: Host,
    /// What they are plugged into by their `eth0`.
    pub switch: Switch,
}

impl Site {
    /// Plugs everything together.
    ///
    /// # Panics
    /// Without root or iproute2.
    #[expect(clippy::new_without_default, reason = "it changes the machine")]
    pub fn new() -> Self {
        let switch = Switch::new();
        let (agent, plant, owner) = (Host::new("box"), Host::new("plant"), Host::new("owner"));
        for host in [&agent, &plant, &owner] {
            switch.plug(host, "eth0");
        }
        agent.ip("addr add 192.168.99.1/24 dev eth0");
        owner.ip(&format!("addr add {ADDRESS}/24 dev eth0"));
        for host in [&agent, &owner] {
            host.etc("hosts", &format!("127.0.0.1 localhost\n{ADDRESS} {NAME}\n"));
        }
        Self {
            agent,
            plant,
            owner,
            switch,
        }
    }
}

/// A plant of plain cameras that speak on the wire itself, without web pages.
pub fn cameras(count: usize) -> PlantConfig {
    PlantConfig {
        cameras: count,
        profiles: vec![Profile::Ipc2018],
        wire: WireMode::Raw {
            interface: "eth0".into(),
        },
        web: WebMode::Off,
        ..PlantConfig::default()
    }
}

/// An address as the API and MQTT name a device: lower case, hyphens.
pub fn hyphens(mac: &str) -> String {
    mac.to_lowercase().replace(':', "-")
}

/// The last word of a problem's type.
pub fn kind(problem: &Value) -> &str {
    let kind = problem["type"].as_str().unwrap_or_default();
    kind.rsplit(':').next().unwrap_or_default()
}
