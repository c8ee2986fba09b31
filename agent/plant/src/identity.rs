//! Who a camera is: addresses and serial, all different, all drawn from the plant's seed.

use std::net::Ipv4Addr;
use std::str::FromStr;

use rand_chacha::ChaCha8Rng;
use rand_core::RngCore;
use thiserror::Error;

use crate::profile::{Facts, MacStyle};

/// A subnet to put cameras into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subnet {
    /// The network address; host bits are 0.
    pub network: Ipv4Addr,
    /// Prefix length, 8 to 30.
    pub prefix: u8,
}

/// The text is no subnet cameras fit into.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{text}` is no subnet: write it as 192.168.1.0/24, with a prefix of 8 to 30")]
pub struct SubnetError {
    text: String,
}

impl FromStr for Subnet {
    type Err = SubnetError;

    fn from_str(text: &str) -> Result<Subnet, SubnetError> {
        let subnet = || {
            let (network, prefix) = text.split_once('/')?;
            let network: Ipv4Addr = network.parse().ok()?;
            let prefix: u8 = prefix.parse().ok()?;
            let subnet = Subnet { network, prefix };
            ((8..=30).contains(&prefix) && network.to_bits() & !subnet.mask().to_bits() == 0)
                .then_some(subnet)
        };
        subnet().ok_or_else(|| SubnetError {
            text: text.to_owned(),
        })
    }
}

impl Subnet {
    /// Where the field keeps cameras: a home router's, the factory's, and two of an installer.
    pub const USUAL: [Subnet; 4] = [
        Subnet {
            network: Ipv4Addr::new(192, 168, 1, 0),
            prefix: 24,
        },
        Subnet {
            network: Ipv4Addr::new(192, 0, 0, 0),
            prefix: 24,
        },
        Subnet {
            network: Ipv4Addr::new(10, 20, 0, 0),
            prefix: 16,
        },
        Subnet {
            network: Ipv4Addr::new(172, 16, 5, 0),
            prefix: 24,
        },
    ];

    /// The mask as an address.
    pub fn mask(self) -> Ipv4Addr {
        Ipv4Addr::from_bits(u32::MAX << (32 - u32::from(self.prefix)))
    }

    /// Whether `address` is inside.
    pub fn holds(self, address: Ipv4Addr) -> bool {
        address.to_bits() & self.mask().to_bits() == self.network.to_bits()
    }

    /// The first host address: the gateway's.
    pub fn gateway(self) -> Ipv4Addr {
        Ipv4Addr::from_bits(self.network.to_bits() + 1)
    }

    /// How many cameras fit: all hosts but the gateway's, and the first 63 of a subnet that is large enough to leave
    /// them to others.
    pub fn room(self) -> u32 {
        (1_u32 << (32 - u32::from(self.prefix))) - 1 - self.first()
    }

    /// The address of the `index`-th camera of this subnet; `None` when it is full.
    pub fn host(self, index: u32) -> Option<Ipv4Addr> {
        (index < self.room())
            .then(|| Ipv4Addr::from_bits(self.network.to_bits() + self.first() + index))
    }

    fn first(self) -> u32 {
        if self.prefix <= 24 { 64 } else { 2 }
    }
}

/// A camera's place in the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its IPv4 address.
    pub address: Ipv4Addr,
    /// The subnet of that address.
    pub subnet: Subnet,
    /// The web server's port, as its ProbeMatch says.
    pub http_port: u16,
}

/// The label on the housing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Hardware address.
    pub mac: [u8; 6],
    /// The text of `MAC`: what a request must echo exactly.
    pub mac_text: String,
    /// Model.
    pub model: String,
    /// Whole serial.
    pub serial: String,
}

impl Identity {
    /// The identity of camera `index` (0 to 16 777 215); different for each.
    pub(crate) fn new(index: u32, seed: u64, facts: &Facts, rng: &mut ChaCha8Rng) -> Identity {
        // One-to-one within a plant; plants of different seeds may share a wire, so their addresses lie apart.
        let scatter = (seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as u32;
        let [_, high, middle, low] = (index ^ scatter).to_be_bytes();
        let mac = [0x44, 0x47, 0xcc, high, middle, low];
        let mac_text = match facts.mac_style {
            MacStyle::Dashes => mac.map(|byte| format!("{byte:02x}")).join("-"),
            MacStyle::ColonsUpper => mac.map(|byte| format!("{byte:02X}")).join(":"),
        };
        let year = 2014 + rng.next_u32() % 10;
        let month = 1 + rng.next_u32() % 12;
        let day = 1 + rng.next_u32() % 28;
        let letter = char::from(b'A' + (rng.next_u32() % 26) as u8);
        let number = 100_000_000 + (rng.next_u32() % 40) * 20_000_000 + index;
        let serial = format!(
            "{}{year:04}{month:02}{day:02}AAWR{letter}{number}",
            facts.model
        );
        Identity {
            mac,
            mac_text,
            model: facts.model.to_owned(),
            serial,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use rand_core::SeedableRng;

    use super::*;
    use crate::profile::Profile;

    #[test]
    fn five_thousand_cameras_are_all_different() {
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let facts = Profile::Dvr.facts();
        let all: Vec<Identity> = (0..5000)
            .map(|index| Identity::new(index, 7, &facts, &mut rng))
            .collect();
        assert_eq!(
            all.iter().map(|one| one.mac).collect::<BTreeSet<_>>().len(),
            5000
        );
        assert_eq!(
            all.iter()
                .map(|one| &one.serial)
                .collect::<BTreeSet<_>>()
                .len(),
            5000
        );
        let tails: BTreeSet<&str> = all
            .iter()
            .map(|one| &one.serial[one.serial.len() - 6..])
            .collect();
        assert!(tails.len() > 4000, "tails tell cameras apart");
        assert!(
            all[0].mac_text.starts_with("44:47:CC:"),
            "{}",
            all[0].mac_text
        );
        assert_ne!(
            Identity::new(0, 8, &facts, &mut rng).mac,
            all[0].mac,
            "another plant"
        );
    }

    #[test]
    fn subnets() {
        let subnet: Subnet = "10.9.0.0/16".parse().expect("a subnet");
        assert_eq!(subnet.host(0), Some(Ipv4Addr::new(10, 9, 0, 64)));
        assert_eq!(
            subnet.host(subnet.room() - 1),
            Some(Ipv4Addr::new(10, 9, 255, 254))
        );
        assert_eq!(subnet.host(subnet.room()), None);
        assert!(
            subnet.holds(Ipv4Addr::new(10, 9, 3, 4)) && !subnet.holds(Ipv4Addr::new(10, 8, 3, 4))
        );
        let small: Subnet = "192.0.0.64/30".parse().expect("a subnet");
        assert_eq!(
            (small.room(), small.host(0)),
            (1, Some(Ipv4Addr::new(192, 0, 0, 66)))
        );
        for wrong in [
            "",
            "10.0.0.0",
            "10.0.0.1/24",
            "10.0.0.0/31",
            "10.0.0.0/7",
            "x/24",
        ] {
            assert!(wrong.parse::<Subnet>().is_err(), "{wrong}");
        }
    }
}
