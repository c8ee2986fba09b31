//! What a broker sends, cut into packets and read.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use rumqttc::mqttbytes::{self as codec, v4};
use rumqttc::v5::mqttbytes::{self as codec5, v5};
use zeroize::Zeroize;

use super::super::dial::Version;
use super::super::trouble::Trouble;
use super::{NO_QOS, NO_RETAIN, Packet, Payload, Publish, Terms};

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

#[cfg(test)]
mod tests {
    use super::super::{Out, publish, wipe};
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
