//! Packets of both versions of MQTT as one kind, by rumqttc's codecs.
//!
//! Frames are cut by [`Cutter`] and not by the codec: a frame may hold a reset key, so it lies in one place that is wiped, and one
//! that is too long is passed over without ending the connection.

use std::time::Duration;

use bytes::Bytes;
use zeroize::Zeroize;

mod cut;
mod write;

pub(crate) use cut::Cutter;
pub(crate) use write::{acknowledge, connect, disconnect, ping, publish, subscribe};

/// A payload; wiped when dropped.
#[derive(PartialEq, Eq)]
pub struct Payload(Bytes);

impl std::ops::Deref for Payload {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Payload {
    fn drop(&mut self) {
        wipe(std::mem::take(&mut self.0));
    }
}

/// It may be a secret.
impl std::fmt::Debug for Payload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Payload({} bytes)", self.0.len())
    }
}

/// Whether nobody else held it, so that nothing of it is left.
fn wipe(bytes: Bytes) -> bool {
    bytes
        .try_into_mut()
        .map(|mut bytes| bytes.as_mut().zeroize())
        .is_ok()
}

/// What a broker sends.
#[derive(Debug)]
pub(crate) enum Packet {
    ConnAck(Result<Terms, &'static str>),
    Publish(Publish),
    /// Longer than [`Dial::max_packet`](super::dial::Dial::max_packet): what can be told of it.
    TooLong(Publish),
    /// The packet id, and why not if not.
    PubAck(u16, Result<(), String>),
    /// The packet id, and for each filter whether it was taken.
    SubAck(u16, Vec<bool>),
    UnsubAck,
    PingResp,
    Disconnect(Option<String>),
}

/// What the broker allows on this connection.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) struct Terms {
    /// Messages under way at once.
    pub(crate) window: u16,
    /// Longest packet to the broker.
    pub(crate) max_packet: usize,
    /// Seconds between signs of life, if the broker wants it otherwise.
    pub(crate) keep_alive: Option<u16>,
    pub(crate) retains: bool,
    pub(crate) acknowledges: bool,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            window: u16::MAX,
            max_packet: usize::MAX,
            keep_alive: None,
            retains: true,
            acknowledges: true,
        }
    }
}

/// A message that came.
#[derive(Debug)]
pub(crate) struct Publish {
    pub(crate) topic: String,
    pub(crate) payload: Payload,
    pub(crate) retain: bool,
    /// 0 when the sender wants no acknowledgement.
    pub(crate) packet_id: u16,
    pub(crate) expiry: Option<Duration>,
}

/// A message to send; acknowledged.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Out<'a> {
    pub(crate) packet_id: u16,
    pub(crate) topic: &'a str,
    pub(crate) payload: &'a [u8],
    pub(crate) retain: bool,
}

/// How surely a subscription's messages come.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Quality {
    /// QoS 0.
    AtMostOnce,
    /// QoS 1.
    AtLeastOnce,
}

/// Said of a broker that keeps nothing.
pub(crate) const NO_RETAIN: &str =
    "it keeps no retained messages, which the contract needs: switch them on there";
/// Said of a broker that acknowledges nothing.
pub(crate) const NO_QOS: &str = "it knows no QoS 1, which the contract needs: switch it on there";
