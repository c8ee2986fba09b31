//! What the box sends a broker.

use bytes::{Bytes, BytesMut};
use rumqttc::mqttbytes::{self as codec, v4};
use rumqttc::v5::mqttbytes::{self as codec5, v5};
use zeroize::Zeroize;

use super::super::dial::{Dial, Version};
use super::super::trouble::Trouble;
use super::{Out, Quality};

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
