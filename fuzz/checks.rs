//! What must hold for any input: called by the fuzz targets, and by agent/sadp/tests/corpora.rs on stable with every
//! file of the corpora.
#![allow(dead_code, reason = "every fuzz target uses one of the checks")]

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;
use rsa::pkcs1::DecodeRsaPublicKey;
use rsa::{Pkcs1v15Encrypt, RsaPublicKey};
use sadp::{
    Body, Device, ExchangeError, KeyPair, Layer2Error, Layer2Kind, ParseError, Root, SessionKey,
};

/// A datagram is read without a panic, alike every time, and what is read keeps the promises of its types.
pub(crate) fn message(data: &[u8]) {
    let message = sadp::parse(data);
    assert_eq!(message, sadp::parse(data), "reading has no memory");
    match message {
        Ok(message) => {
            if let Body::Device(device) = message.body {
                assert_eq!(message.mac, Some(device.mac));
                limits(&device);
            }
            if message.root == Root::Other {
                assert!(message.mac.is_some() || !message.types.as_str().is_empty());
            }
            assert!(message.types.as_str().len() <= 64);
        }
        Err(error) => {
            let shown = error.to_string();
            assert!(
                !shown.chars().any(char::is_control),
                "an error may be shown"
            );
            assert_eq!(
                matches!(error, ParseError::TooLarge { .. }),
                data.len() > sadp::MAX_DATAGRAM
            );
        }
    }
}

/// A frame is read without a panic; a device in it is the sender. A frame that only lacks the right checksum is read
/// once more with it.
pub(crate) fn frame(data: &[u8]) {
    let mut mended = data.to_vec();
    let read = match sadp::parse_frame(data) {
        Err(Layer2Error::Checksum { expected, .. }) => {
            mended[26..28].copy_from_slice(&expected.to_be_bytes());
            sadp::parse_frame(&mended)
        }
        read => read,
    };
    let frame = match read {
        Ok(frame) => frame,
        Err(error) => {
            assert!(
                !matches!(error, Layer2Error::Checksum { .. }),
                "the checksum was mended"
            );
            return;
        }
    };
    if let Some(device) = frame.device {
        assert!(matches!(
            frame.kind,
            Layer2Kind::Answer | Layer2Kind::OnlineNotice
        ));
        assert_eq!(device.mac.0, frame.source_mac);
        assert_eq!(device.ipv4, Some(frame.source_ip));
        limits(&device);
    }
    // The length field says whether an inquiry has room for its sender's IPv6 address.
    let with_ipv6 = frame.kind == Layer2Kind::Inquiry && data[17] >= 38 + 16;
    assert_eq!(frame.source_ipv6.is_some(), with_ipv6);
}

/// An exchange answer is opened without a panic, as it is and with the data as what the device sealed.
pub(crate) fn exchange(data: &[u8]) {
    let pair = test_key();
    let mut rng = ChaCha8Rng::seed_from_u64(37020);
    if let Ok(text) = std::str::from_utf8(data)
        && let Ok(key) = pair.open(&mut rng, text)
    {
        uses(&key);
    }

    // PKCS#1 v1.5 leaves 117 of 128 bytes.
    let random = &data[..data.len().min(117)];
    let public = STANDARD.decode(pair.public_code()).expect("our own base64");
    let public = RsaPublicKey::from_pkcs1_der(&public).expect("our own key");
    let sealed = public
        .encrypt(&mut rng, Pkcs1v15Encrypt, random)
        .expect("it fits the modulus");
    match pair.open(&mut rng, &STANDARD.encode(sealed)) {
        Ok(key) => {
            assert_eq!(
                key,
                SessionKey::from_bytes(*random.first_chunk().expect("16 bytes or no key"))
            );
            assert_eq!(key.holds_nul(), random[..16].contains(&0));
            uses(&key);
        }
        Err(error) => assert_eq!(
            error,
            ExchangeError::AnswerShort {
                length: random.len()
            }
        ),
    }
}

fn uses(key: &SessionKey) {
    assert!(key.encrypt_password(b"Passw0rd").is_ok());
    assert!(key.encrypt_code(b"A1b2C3d4").is_ok());
}

fn limits(device: &Device) {
    assert!(device.other.len() <= sadp::MAX_OTHER);
    for text in [
        &device.serial,
        &device.model,
        &device.software_version,
        &device.boot_time_text,
    ]
    .into_iter()
    .flatten()
    {
        assert!(!text.is_empty() && text.len() <= sadp::MAX_TEXT);
        let shown = sadp::printable(text);
        assert!(!shown.chars().any(char::is_control));
        assert_eq!(sadp::printable(&shown), shown);
    }
    assert!(
        device
            .serial
            .as_deref()
            .unwrap_or_default()
            .ends_with(device.serial_tail())
    );
    assert_eq!(device.mac_text.parse(), Ok(device.mac));
    let _ = (
        device.brand(),
        device.is_recorder(),
        device.may_refuse(),
        sadp::way(device),
        sadp::owner_ways(device),
    );
}

/// A throw-away key with known primes, so that every run is alike.
fn test_key() -> KeyPair {
    KeyPair::from_primes(&hex(TEST_P), &hex(TEST_Q)).expect("two primes")
}

fn hex(text: &str) -> Vec<u8> {
    let digit = |byte: u8| {
        if byte <= b'9' {
            byte - b'0'
        } else {
            byte - b'a' + 10
        }
    };
    text.as_bytes()
        .chunks(2)
        .map(|pair| digit(pair[0]) << 4 | digit(pair[1]))
        .collect()
}

const TEST_P: &str = "f1571f3ba93b4e9be0c4f04581c5a71032f64232e0a64afd6ceab59f7b76990336b35802552906050918ce2627b124f3b635\
    56b1ccde88fa90525691d6530da5";
const TEST_Q: &str = "d75d5a494c470575d21fb1c5c8b919155908982c3e93a846f30d965cd5058bd5a288499da29e817d527f6c374525a0be42c0\
    9093778d51494fcfaed612aa361d";
