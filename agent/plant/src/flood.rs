//! Garbage onto the wire, at a pace.

use std::net::Ipv4Addr;
use std::time::Duration;

use tokio::time::Instant;

use crate::hostile::{Garbage, Hostile};
use crate::plant::{PlantError, WireMode};
use crate::wire::{Outgoing, Source, Target, Wire};

/// How much of what.
#[derive(Clone, Debug)]
pub struct FloodConfig {
    /// Where to; [`WireMode::Raw`] gives every datagram its own sender.
    pub wire: WireMode,
    /// Kinds, in turn; none means all.
    pub kinds: Vec<Garbage>,
    /// How many datagrams.
    pub count: u32,
    /// Spread over this time; zero sends them as fast as the wire goes.
    pub over: Duration,
    /// Of the garbage.
    pub seed: u64,
}

/// What a flood came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FloodReport {
    /// Datagrams handed to the system.
    pub sent: u32,
    /// Datagrams the system refused.
    pub refused: u32,
}

/// Sends garbage to the group until it is done. Call it inside a tokio runtime.
///
/// # Errors
/// [`PlantError`] where the interface or the socket cannot be had.
pub async fn flood(config: FloodConfig) -> Result<FloodReport, PlantError> {
    let wire = Wire::open(&config.wire)?;
    let mut hostile = Hostile::new(&config.kinds, config.seed);
    let started = Instant::now();
    let slice = Duration::from_millis(10);
    let slices = u32::try_from(config.over.as_millis() / slice.as_millis())
        .unwrap_or(u32::MAX)
        .max(1);
    let mut report = FloodReport {
        sent: 0,
        refused: 0,
    };
    for turn in 1..=slices {
        // Exact in sum: what the first `turn` slices hold together.
        let until = u64::from(config.count) * u64::from(turn) / u64::from(slices);
        let done = report.sent + report.refused;
        let batch: Vec<Outgoing> = (done..u32::try_from(until).unwrap_or(config.count))
            .map(|number| outgoing(number, hostile.datagram()))
            .collect();
        let all = u32::try_from(batch.len()).unwrap_or(u32::MAX);
        let refused = u32::try_from(wire.send(&batch).await).unwrap_or(all);
        report.sent += all - refused;
        report.refused += refused;
        if turn < slices {
            tokio::time::sleep_until(started + slice * turn).await;
        }
    }
    Ok(report)
}

fn outgoing(number: u32, bytes: Vec<u8>) -> Outgoing {
    let [_, a, b, c] = number.to_be_bytes();
    let source = Source {
        mac: [0x02, 0xfa, 0, a, b, c],
        address: Ipv4Addr::new(10, a, b, c),
    };
    Outgoing {
        source,
        target: Target::Group,
        bytes: bytes.into(),
    }
}
