//! A device as the tests script it.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use rsa::pkcs1::DecodeRsaPublicKey;
use sadp::{Mac, SessionKey};

/// A device as the tests script it: it answers what it is told to, with real cryptography.
#[derive(Clone, Debug)]
pub struct Device {
    pub mac: String,
    pub serial: String,
    pub model: String,
    pub ipv4: Ipv4Addr,
    pub boot_time: Option<String>,
    /// Elements beside the usual ones.
    pub more: BTreeMap<String, String>,
    /// The key of the last exchange.
    pub session: Option<[u8; 16]>,
}

impl Device {
    pub fn new(index: u32) -> Self {
        let [_, _, high, low] = index.to_be_bytes();
        Self {
            mac: format!("44-47-cc-00-{high:02x}-{low:02x}"),
            serial: format!("DS-2CD2385G1-I20210312AAWRE33{index:06}"),
            model: "DS-2CD2385G1-I".into(),
            ipv4: Ipv4Addr::new(192, 168, 1, 64 + low % 128),
            boot_time: Some("2024-09-18 09:21:28".into()),
            more: BTreeMap::from([
                ("Activated".into(), "true".into()),
                ("PasswordResetModeSecond".into(), "true".into()),
                ("SoftwareVersion".into(), "V5.6.3build 190923".into()),
            ]),
            session: None,
        }
    }

    pub fn mac(&self) -> Mac {
        self.mac.parse().expect("the bench's own address")
    }

    fn facts(&self) -> String {
        let mut xml = format!(
            "<MAC>{}</MAC><DeviceDescription>{}</DeviceDescription><DeviceSN>{}</DeviceSN>\
             <IPv4Address>{}</IPv4Address>",
            self.mac, self.model, self.serial, self.ipv4
        );
        if let Some(boot_time) = &self.boot_time {
            xml += &format!("<BootTime>{boot_time}</BootTime>");
        }
        for (name, value) in &self.more {
            xml += &format!("<{name}>{value}</{name}>");
        }
        xml
    }

    pub fn probe_match(&self, uuid: &str) -> Vec<u8> {
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<ProbeMatch><Uuid>{uuid}</Uuid>\
             <Types>inquiry</Types>{}</ProbeMatch>",
            self.facts()
        )
        .into_bytes()
    }

    pub fn hello(&self) -> Vec<u8> {
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Hello><Types>hello</Types>{}</Hello>",
            self.facts()
        )
        .into_bytes()
    }

    /// An answer to a command, with these elements.
    pub fn answer(&self, uuid: &str, types: &str, elements: &str) -> Vec<u8> {
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<ProbeMatch><Uuid>{uuid}</Uuid>\
             <MAC>{}</MAC><Types>{types}</Types>{elements}</ProbeMatch>",
            self.mac
        )
        .into_bytes()
    }

    /// The code of an exchange answer: `key` for the public key in the request.
    pub fn seal(&mut self, exchange: &str, key: [u8; 16]) -> String {
        let der = BASE64
            .decode(element(exchange, "Code"))
            .expect("base64 in the exchange");
        assert_eq!(der.len(), 140, "a PKCS#1 public key");
        let public = rsa::RsaPublicKey::from_pkcs1_der(&der).expect("a PKCS#1 public key");
        let mut random = ChaCha20Rng::from_seed([9; 32]);
        let sealed = public
            .encrypt(&mut random, rsa::Pkcs1v15Encrypt, &key)
            .expect("it fits");
        self.session = Some(key);
        BASE64.encode(sealed)
    }

    /// Whether an activation carries this password.
    pub fn takes_first(&self, activate: &str, password: &str) -> bool {
        let Some(session) = self.session else {
            return false;
        };
        let session = SessionKey::from_bytes(session);
        let expected = sadp::Request::Activate {
            mac: &self.mac,
            password: &session
                .encrypt_password(password.as_bytes())
                .expect("a password"),
        };
        let uuid = sadp::Uuid::from_text(element(activate, "Uuid"));
        expected.emit(&uuid).as_slice() == activate.as_bytes()
    }

    /// Whether a reset carries this password and this code, in the form that the device wants.
    pub fn takes(&self, reset: &str, password: &str, code: &str) -> bool {
        let Some(session) = self.session else {
            return false;
        };
        let session = SessionKey::from_bytes(session);
        let mac = &self.mac;
        let uuid = sadp::Uuid::from_text(element(reset, "Uuid"));
        let encrypted = self
            .more
            .get("codeEncrypt")
            .is_some_and(|text| text == "true");
        let code = if encrypted {
            session.encrypt_code(code.as_bytes())
        } else {
            sadp::ResetCode::plain(code)
        };
        let expected = sadp::Request::Reset {
            mac,
            password: &session
                .encrypt_password(password.as_bytes())
                .expect("a password"),
            sync_cameras: reset.contains("<SyncIPCPassword>true</SyncIPCPassword>"),
            code: &code.expect("a code"),
        };
        expected.emit(&uuid).as_slice() == reset.as_bytes()
    }
}

/// The text of an element in a message that we made ourselves.
pub fn element<'a>(xml: &'a str, name: &str) -> &'a str {
    let start = xml
        .find(&format!("<{name}"))
        .and_then(|at| Some(at + xml[at..].find('>')? + 1));
    let start = start.unwrap_or_else(|| panic!("no {name} in {xml}"));
    let end = xml[start..].find('<').expect("an end tag");
    &xml[start..start + end]
}
