//! `[net]` of the configuration.

use serde::Deserialize;

/// How the box listens and speaks.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NetConfig {
    /// `"all"`: every Ethernet-like interface that is not a port of a bridge or bond. Or a list of names.
    pub interfaces: Interfaces,
    /// Interfaces besides, for example `lo` when devices are simulated on this machine.
    pub also: Vec<String>,
    /// `"auto"`: open packet sockets where the program may; `"off"`: never.
    pub packet_socket: PacketSocket,
    /// Take an address in a device's foreign subnet, after an ARP probe and for as long as devices
    /// are heard there. For devices whose unicast answers would else go to their gateway.
    pub temporary_address: bool,
}

/// Which interfaces are used.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(
    untagged,
    expecting = "must be \"all\" or a list of interface names such as [\"eth0\"]"
)]
pub enum Interfaces {
    /// All that can reach a device.
    All(All),
    /// These.
    Named(Vec<String>),
}

/// The word `all`.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum All {
    /// `all`.
    All,
}

/// Whether packet sockets are used.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PacketSocket {
    /// Where CAP_NET_RAW is given.
    #[default]
    Auto,
    /// Never.
    Off,
}

impl Default for NetConfig {
    fn default() -> Self {
        Self {
            interfaces: Interfaces::All(All::All),
            also: Vec::new(),
            packet_socket: PacketSocket::Auto,
            temporary_address: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_and_lists_are_read_and_mistakes_are_named() {
        let read = |text: &str| toml::from_str::<NetConfig>(text);
        assert_eq!(read("").expect("empty"), NetConfig::default());
        assert_eq!(
            read("interfaces = \"all\"").expect("all"),
            NetConfig::default()
        );
        assert_eq!(
            read("interfaces = [\"eth0\"]\nalso = [\"lo\"]\npacket_socket = \"off\"")
                .expect("list"),
            NetConfig {
                interfaces: Interfaces::Named(vec!["eth0".into()]),
                also: vec!["lo".into()],
                packet_socket: PacketSocket::Off,
                temporary_address: false,
            }
        );
        let mistake = read("interfaces = \"every\"")
            .expect_err("no such word")
            .to_string();
        assert!(mistake.contains("\"all\" or a list"), "{mistake}");
        assert!(read("interface = \"all\"").is_err());
    }
}
