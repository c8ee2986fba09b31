//! Packets of both versions of MQTT as one kind, by rumqttc's codecs.
//!
//! Frames are cut here and not by the codec: a frame may hold a reset key, so it lies in one place that is wiped, and one
//! that is too long is passed over without ending the connection.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use rumqttc::mqttbytes::{self as codec, v4};
use rumqttc::v5::mqttbytes::{self as codec5, v5};
use zeroize::Zeroize;

use super::dial::{Dial, Version};
use super::trouble::Trouble;

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
    /// Longer than [`Dial::max_packet`]: what can be told of it.
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

/// Cuts what arrives into packets.
pub(crate) struct Cutter {
    version: Version,
    limit: usize,
    bytes: Vec<u8>,
    /// Bytes of a frame that is too long, still to come.
    skip: usize,
}

impl Cutter {
    pub(crate) fn new(version: Version, limit: usize) -> Self {
        Self {
            version,
            limit,
            // A longer one would grow and leave a copy behind that nobody wipes: up to this it never does.
            bytes: Vec::with_capacity((2 * limit).min(64 * 1024)),
            skip: 0,
        }
    }

    /// Takes in what was read.
    pub(crate) fn push(&mut self, mut read: &[u8]) {
        let skipped = self.skip.min(read.len());
        self.skip -= skipped;
        read = &read[skipped..];
        self.bytes.extend_from_slice(read);
    }

    /// The next whole packet.
    pub(crate) fn next(&mut self) -> Result<Option<Packet>, Trouble> {
        let Some((header, length)) = frame_length(&self.bytes).map_err(|why| self.odd(why))? else {
            return Ok(None);
        };
        if length > self.limit {
            return self.too_long(header, length);
        }
        if self.bytes.len() < length {
            return Ok(None);
        }
        let frame = BytesMut::from(&self.bytes[..length]);
        self.take(length);
        match self.version {
            Version::V4 => read_4(frame).map_err(|why| self.odd(why)),
            Version::V5 => read_5(frame).map_err(|why| self.odd(why)),
        }
        .map(Some)
    }

    /// The head of a message that is too long; the rest of it is passed over.
    fn too_long(&mut self, header: usize, length: usize) -> Result<Option<Packet>, Trouble> {
        if self.bytes[0] >> 4 != 3 {
            return Err(self.odd("a control packet that is too long"));
        }
        let head = &self.bytes[header..];
        let Some((name, rest)) = head.split_at_checked(2).and_then(|(size, rest)| {
            rest.split_at_checked(u16::from_be_bytes([size[0], size[1]]).into())
        }) else {
            return if head.len() > self.limit {
                Err(self.odd("a topic that is too long"))
            } else {
                Ok(None)
            };
        };
        let acknowledged = self.bytes[0] & 0b0110 != 0;
        let packet_id = match rest {
            [high, low, ..] if acknowledged => u16::from_be_bytes([*high, *low]),
            _ if acknowledged => return Ok(None),
            _ => 0,
        };
        let publish = Publish {
            topic: String::from_utf8_lossy(name).into_owned(),
            payload: Payload(Bytes::new()),
            retain: self.bytes[0] & 1 != 0,
            packet_id,
            expiry: None,
        };
        let here = self.bytes.len().min(length);
        self.skip = length - here;
        self.take(here);
        Ok(Some(Packet::TooLong(publish)))
    }

    /// Takes so many bytes away and leaves nothing of them behind.
    fn take(&mut self, count: usize) {
        let before = self.bytes.len();
        self.bytes.copy_within(count.., 0);
        self.bytes[before - count..].zeroize();
        self.bytes.truncate(before - count);
    }

    fn odd(&self, why: impl ToString) -> Trouble {
        Trouble::Protocol {
            version: self.version.name(),
            why: why.to_string(),
        }
    }
}

impl Drop for Cutter {
    fn drop(&mut self) {
        self.bytes.zeroize();
    }
}

/// Length of the fixed header and of the whole frame, once it is known.
fn frame_length(bytes: &[u8]) -> Result<Option<(usize, usize)>, &'static str> {
    let (mut length, mut header) = (0, 1);
    loop {
        let Some(&byte) = bytes.get(header) else {
            return Ok(None);
        };
        if header > 4 {
            return Err("a length that has no end");
        }
        length |= usize::from(byte & 0x7f) << (7 * (header - 1));
        header += 1;
        if byte & 0x80 == 0 {
            return Ok(Some((header, header + length)));
        }
    }
}

fn read_4(mut frame: BytesMut) -> Result<Packet, codec::Error> {
    use v4::{ConnectReturnCode as Code, Packet as P};
    Ok(match P::read(&mut frame, usize::MAX)? {
        P::ConnAck(ack) => Packet::ConnAck(match ack.code {
            Code::Success => Ok(Terms::default()),
            Code::RefusedProtocolVersion => Err("it does not speak MQTT 3.1.1: set version = 5"),
            Code::BadClientId => Err("it does not like the client id: set another client_id"),
            Code::ServiceUnavailable => Err("it says that it is unavailable: look at its log"),
            Code::BadUserNamePassword => Err(BAD_PASSWORD),
            Code::NotAuthorized => Err(NOT_AUTHORIZED),
        }),
        P::Publish(publish) => Packet::Publish(Publish {
            topic: publish.topic,
            payload: Payload(publish.payload),
            retain: publish.retain,
            packet_id: publish.pkid,
            expiry: None,
        }),
        P::PubAck(ack) => Packet::PubAck(ack.pkid, Ok(())),
        P::SubAck(ack) => Packet::SubAck(
            ack.pkid,
            (ack.return_codes.iter())
                .map(|code| matches!(code, v4::SubscribeReasonCode::Success(_)))
                .collect(),
        ),
        P::UnsubAck(_) => Packet::UnsubAck,
        P::PingResp => Packet::PingResp,
        _ => return Err(codec::Error::IncorrectPacketFormat),
    })
}

fn read_5(mut frame: BytesMut) -> Result<Packet, codec5::Error> {
    use v5::Packet as P;
    // The codec wants a body where the standard allows none: "normal disconnection".
    if frame[..] == [0xe0, 0] {
        return Ok(Packet::Disconnect(None));
    }
    Ok(match P::read(&mut frame, None)? {
        P::ConnAck(ack) => Packet::ConnAck(connect_code(ack.code).map(|()| {
            let given = ack.properties;
            let given = given.as_ref();
            Terms {
                window: given.and_then(|p| p.receive_max).unwrap_or(u16::MAX),
                max_packet: (given.and_then(|p| p.max_packet_size))
                    .map_or(usize::MAX, |size| size as usize),
                keep_alive: given.and_then(|p| p.server_keep_alive),
                retains: given.and_then(|p| p.retain_available) != Some(0),
                acknowledges: given.and_then(|p| p.max_qos) != Some(0),
            }
        })),
        P::Publish(publish) => Packet::Publish(Publish {
            topic: String::from_utf8_lossy(&publish.topic).into_owned(),
            retain: publish.retain,
            packet_id: publish.pkid,
            expiry: (publish.properties.as_ref())
                .and_then(|p| p.message_expiry_interval)
                .map(|seconds| Duration::from_secs(seconds.into())),
            payload: Payload(publish.payload),
        }),
        P::PubAck(ack) => Packet::PubAck(
            ack.pkid,
            match ack.reason {
                v5::PubAckReason::Success | v5::PubAckReason::NoMatchingSubscribers => Ok(()),
                why => Err(format!("{why:?}")),
            },
        ),
        P::SubAck(ack) => Packet::SubAck(
            ack.pkid,
            (ack.return_codes.iter())
                .map(|code| matches!(code, v5::SubscribeReasonCode::Success(_)))
                .collect(),
        ),
        P::UnsubAck(_) => Packet::UnsubAck,
        P::PingResp(_) => Packet::PingResp,
        P::Disconnect(end) => Packet::Disconnect(Some(match end.reason_code {
            v5::DisconnectReasonCode::SessionTakenOver => {
                "another client came with the same client id: every box needs its own".to_owned()
            }
            why => format!("{why:?}"),
        })),
        _ => return Err(codec5::Error::IncorrectPacketFormat),
    })
}

const BAD_PASSWORD: &str = "user or password is wrong: check user and password_file";
const NOT_AUTHORIZED: &str = "the user may not connect: check user, password_file, the client certificate and the \
    broker's access rules";

fn connect_code(code: v5::ConnectReturnCode) -> Result<(), &'static str> {
    use v5::ConnectReturnCode as Code;
    match code {
        Code::Success => Ok(()),
        Code::BadUserNamePassword => Err(BAD_PASSWORD),
        Code::NotAuthorized | Code::Banned => Err(NOT_AUTHORIZED),
        Code::UnsupportedProtocolVersion => Err("it does not speak MQTT 5: set version = 4"),
        Code::ClientIdentifierNotValid => {
            Err("it does not like the client id: set another client_id")
        }
        Code::ServerUnavailable | Code::ServerBusy | Code::ConnectionRateExceeded => {
            Err("it is busy or unavailable: look at its log")
        }
        Code::RetainNotSupported => Err(NO_RETAIN),
        Code::QoSNotSupported => Err(NO_QOS),
        _ => Err("it gave no reason that the box knows: look at its log"),
    }
}

/// Said of a broker that keeps nothing.
pub(crate) const NO_RETAIN: &str =
    "it keeps no retained messages, which the contract needs: switch them on there";
/// Said of a broker that acknowledges nothing.
pub(crate) const NO_QOS: &str = "it knows no QoS 1, which the contract needs: switch it on there";

/// The first packet. `password` is wiped by whoever owns it; copies made here are wiped here.
pub(crate) fn connect(dial: &Dial, password: Option<&str>) -> Result<BytesMut, Trouble> {
    let mut bytes = BytesMut::with_capacity(2048);
    let seconds = u16::try_from(dial.keep_alive.as_secs()).unwrap_or(u16::MAX);
    let user = dial.user.clone().unwrap_or_default();
    let login = dial.user.is_some().then_some(());
    let mut secret = password.unwrap_or_default().to_owned();
    let odd = |why: String| Trouble::Protocol {
        version: dial.version.name(),
        why,
    };
    match dial.version {
        Version::V4 => {
            let mut packet = v4::Connect {
                protocol: codec::Protocol::V4,
                keep_alive: seconds,
                client_id: dial.client_id.clone(),
                clean_session: true,
                last_will: dial.will.as_ref().map(|(topic, payload)| {
                    v4::LastWill::new(topic, *payload, codec::QoS::AtLeastOnce, true)
                }),
                login: login.map(|()| v4::Login::new(user, std::mem::take(&mut secret))),
            };
            let written = packet.write(&mut bytes);
            if let Some(login) = &mut packet.login {
                login.password.zeroize();
            }
            written.map_err(|error| odd(error.to_string()))?;
        }
        Version::V5 => {
            let packet = v5::Connect {
                keep_alive: seconds,
                client_id: dial.client_id.clone(),
                clean_start: true,
                properties: None,
            };
            let will = dial.will.as_ref().map(|(topic, payload)| {
                v5::LastWill::new(topic, *payload, codec5::QoS::AtLeastOnce, true, None)
            });
            let mut login = login.map(|()| v5::Login {
                username: user,
                password: std::mem::take(&mut secret),
            });
            let written = packet.write(&will, &login, &mut bytes);
            if let Some(login) = &mut login {
                login.password.zeroize();
            }
            written.map_err(|error| odd(error.to_string()))?;
        }
    }
    secret.zeroize();
    Ok(bytes)
}

/// Writes a message.
pub(crate) fn publish(version: Version, out: Out<'_>, bytes: &mut BytesMut) {
    let payload = Bytes::copy_from_slice(out.payload);
    // Both fail for a packet id of zero and a remaining length beyond 256 MB only.
    match version {
        Version::V4 => {
            let mut packet = v4::Publish::from_bytes(out.topic, codec::QoS::AtLeastOnce, payload);
            (packet.retain, packet.pkid) = (out.retain, out.packet_id);
            let _ = packet.write(bytes);
        }
        Version::V5 => {
            let mut packet = v5::Publish::new(out.topic, codec5::QoS::AtLeastOnce, payload, None);
            (packet.retain, packet.pkid) = (out.retain, out.packet_id);
            let _ = packet.write(bytes);
        }
    }
}

/// How surely a subscription's messages come.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Quality {
    /// QoS 0.
    AtMostOnce,
    /// QoS 1.
    AtLeastOnce,
}

/// Writes a subscription to all of `filters`, or (without a quality) its end.
pub(crate) fn subscribe(
    version: Version,
    packet_id: u16,
    filters: &[String],
    quality: Option<Quality>,
    bytes: &mut BytesMut,
) {
    // Both fail for a remaining length beyond 256 MB only.
    match (version, quality) {
        (Version::V4, Some(quality)) => {
            let filters = filters.iter().map(|path| v4::SubscribeFilter {
                path: path.clone(),
                qos: match quality {
                    Quality::AtMostOnce => codec::QoS::AtMostOnce,
                    Quality::AtLeastOnce => codec::QoS::AtLeastOnce,
                },
            });
            let mut packet = v4::Subscribe::new_many(filters);
            packet.pkid = packet_id;
            let _ = packet.write(bytes);
        }
        (Version::V4, None) => {
            let topics = filters.to_vec();
            let packet = v4::Unsubscribe {
                pkid: packet_id,
                topics,
            };
            let _ = packet.write(bytes);
        }
        (Version::V5, Some(quality)) => {
            let filters = filters.iter().map(|path| {
                let qos = match quality {
                    Quality::AtMostOnce => codec5::QoS::AtMostOnce,
                    Quality::AtLeastOnce => codec5::QoS::AtLeastOnce,
                };
                let mut filter = v5::Filter::new(path, qos);
                // So that a command that is published as retained is known as such.
                filter.preserve_retain = true;
                filter
            });
            let mut packet = v5::Subscribe::new_many(filters, None);
            packet.pkid = packet_id;
            let _ = packet.write(bytes);
        }
        (Version::V5, None) => {
            let packet = v5::Unsubscribe {
                pkid: packet_id,
                filters: filters.to_vec(),
                properties: None,
            };
            let _ = packet.write(bytes);
        }
    }
}

/// Writes an acknowledgement: alike in both versions when there is nothing to complain of.
pub(crate) fn acknowledge(packet_id: u16, bytes: &mut BytesMut) {
    bytes.extend_from_slice(&[0x40, 2]);
    bytes.extend_from_slice(&packet_id.to_be_bytes());
}

/// Asks for a sign of life.
pub(crate) fn ping(bytes: &mut BytesMut) {
    bytes.extend_from_slice(&[0xc0, 0]);
}

/// Says good-bye: no last will.
pub(crate) fn disconnect(bytes: &mut BytesMut) {
    bytes.extend_from_slice(&[0xe0, 0]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BOTH: [Version; 2] = [Version::V4, Version::V5];

    fn message(version: Version, payload: &[u8]) -> BytesMut {
        let mut bytes = BytesMut::new();
        let out = Out {
            packet_id: 7,
            topic: "a/b",
            payload,
            retain: true,
        };
        publish(version, out, &mut bytes);
        bytes
    }

    #[test]
    fn a_message_comes_out_as_it_went_in_however_it_is_cut() {
        for version in BOTH {
            let bytes = message(version, b"payload");
            for cut in 1..bytes.len() {
                let mut cutter = Cutter::new(version, 100);
                cutter.push(&bytes[..cut]);
                assert!(cutter.next().expect("no mistake").is_none());
                cutter.push(&bytes[cut..]);
                let Some(Packet::Publish(publish)) = cutter.next().expect("no mistake") else {
                    panic!("a message was expected");
                };
                assert_eq!(publish.topic, "a/b");
                assert_eq!(&publish.payload[..], b"payload");
                assert!(publish.retain && publish.packet_id == 7);
                assert!(cutter.next().expect("no mistake").is_none());
            }
        }
    }

    #[test]
    fn a_message_that_is_too_long_is_passed_over() {
        for version in BOTH {
            let mut bytes = message(version, &[b'x'; 1000]);
            let after = message(version, b"after");
            bytes.extend_from_slice(&after);
            for piece in [1, 7, 50, 2000] {
                let mut cutter = Cutter::new(version, 100);
                let mut seen = Vec::new();
                for part in bytes.chunks(piece) {
                    cutter.push(part);
                    seen.extend(std::iter::from_fn(|| cutter.next().expect("no mistake")));
                }
                let [Packet::TooLong(long), Packet::Publish(next)] = &seen[..] else {
                    panic!("{seen:?}");
                };
                assert_eq!((long.topic.as_str(), long.packet_id), ("a/b", 7));
                assert_eq!(&next.payload[..], b"after");
            }
        }
    }

    #[test]
    fn nothing_of_a_payload_stays() {
        for version in BOTH {
            let bytes = message(version, b"Mrkr0001");
            let mut cutter = Cutter::new(version, 100);
            cutter.push(&bytes);
            let Some(Packet::Publish(mut publish)) = cutter.next().expect("no mistake") else {
                panic!("a message was expected");
            };
            let whole = &cutter.bytes.spare_capacity_mut()[..bytes.len()];
            // Not one byte of the message is in the buffer any more: it was written over with zeros.
            assert_eq!(whole.len(), bytes.len());
            assert!(cutter.bytes.is_empty());
            cutter.bytes.resize(bytes.len(), 0xff);
            let payload = std::mem::take(&mut publish.payload.0);
            assert!(wipe(payload), "nobody else holds the payload");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_cause_a_panic(parts in proptest::collection::vec(any::<Vec<u8>>(), 0..8), five: bool) {
            let mut cutter = Cutter::new(if five { Version::V5 } else { Version::V4 }, 64);
            for part in parts {
                cutter.push(&part);
                while let Ok(Some(_)) = cutter.next() {}
            }
        }

        #[test]
        fn no_body_of_a_packet_causes_a_panic(kind in 0u8..16, flags in 0u8..16, body in proptest::collection::vec(any::<u8>(), 0..60), five: bool) {
            let mut cutter = Cutter::new(if five { Version::V5 } else { Version::V4 }, 100);
            cutter.push(&[kind << 4 | flags, body.len() as u8]);
            cutter.push(&body);
            let _ = cutter.next();
        }
    }
}
