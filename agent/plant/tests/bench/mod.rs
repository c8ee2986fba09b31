//! A camera on a bench: without sockets, against the client side of crate `sadp`.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test uses its own part of the bench"
)]

use std::net::Ipv4Addr;
use std::sync::OnceLock;

use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};
use resetbox_plant::{Answer, Camera, Options, Place, Profile, Subnet, Vendor};
use sadp::{Body, KeyPair, Message, Request, ResetCode, ResultText, SessionKey, Uuid, Verdict};

pub const MINUTE: u64 = 60_000;
pub const GOOD: &str = "N3w-Passw0rd";
pub const WRONG_KEY: &str = "00000000";

/// A camera on a bench: every request is heard at once, the clock is ours.
pub struct Bench {
    pub camera: Camera,
    pub vendor: Vendor,
    pub rng: ChaCha8Rng,
    pub now: u64,
    pub mac: String,
}

impl Bench {
    pub fn new(profile: Profile) -> Bench {
        Bench::with(profile, Options::default())
    }

    pub fn with(profile: Profile, options: Options) -> Bench {
        let vendor = Vendor::new(1);
        let place = Place {
            address: Ipv4Addr::new(192, 0, 0, 64),
            subnet: Subnet::USUAL[1],
            http_port: 80,
        };
        let camera = Camera::new(0, profile, place, options, vendor.clone(), 1, 1_790_000_000);
        let mac = camera.identity().mac_text.clone();
        Bench {
            camera,
            vendor,
            rng: ChaCha8Rng::seed_from_u64(2),
            now: 1000,
            mac,
        }
    }

    pub fn uuid(&mut self) -> Uuid {
        let mut bytes = [0; 16];
        self.rng.fill_bytes(&mut bytes);
        Uuid::from_random(bytes)
    }

    pub fn hear(&mut self, bytes: &[u8]) -> Vec<Answer> {
        self.camera.handle(self.now, bytes)
    }

    /// The answer to a request, which must echo its Uuid.
    pub fn ask(&mut self, request: &Request<'_>) -> Option<Message> {
        let uuid = self.uuid();
        let answers = self.hear(&request.emit(&uuid));
        let message = sadp::parse(&answers.first()?.bytes).expect("an answer");
        assert_eq!(message.uuid, Some(uuid));
        assert_eq!(message.types, request.types());
        Some(message)
    }

    pub fn device(&mut self) -> sadp::Device {
        match self.ask(&Request::Inquiry).expect("an answer").body {
            Body::Device(device) => *device,
            other => panic!("{other:?}"),
        }
    }

    /// Exports by the typed-key way and gets the key.
    pub fn key(&mut self) -> String {
        let mac = self.mac.clone();
        let answer = self
            .ask(&Request::GetEncryptString { mac: &mac })
            .expect("an answer");
        let Body::EncryptString {
            string: Some(string),
            ..
        } = answer.body
        else {
            panic!("{answer:?}")
        };
        let export = sadp::Export::EncryptString {
            string,
            serial: self.camera.identity().serial.clone(),
        };
        let code = sadp::device_code(&export, sadp::ExportForm::StringAndSerial);
        self.vendor
            .issue(self.now, &code)
            .expect("a key")
            .text()
            .to_owned()
    }

    pub fn exchange(&mut self) -> SessionKey {
        // One pair for all: making one takes longer than everything else here.
        static PAIR: OnceLock<KeyPair> = OnceLock::new();
        let pair = PAIR.get_or_init(|| KeyPair::generate(&mut self.rng).expect("a key pair"));
        let (mac, public_code) = (self.mac.clone(), pair.public_code());
        let answer = self
            .ask(&Request::ExchangeCode {
                mac: &mac,
                public_code: &public_code,
            })
            .expect("an answer");
        let Body::Code {
            code: Some(code), ..
        } = answer.body
        else {
            panic!("{answer:?}")
        };
        pair.open(&mut self.rng, &code).expect("a session key")
    }

    pub fn send_reset(
        &mut self,
        session: &SessionKey,
        password: &str,
        code: &str,
        form: Form,
    ) -> Verdict {
        let password = session
            .encrypt_password(password.as_bytes())
            .expect("a password");
        let code = match form {
            Form::Plain => ResetCode::plain(code).expect("a code"),
            Form::Encrypted => session.encrypt_code(code.as_bytes()).expect("a code"),
        };
        let mac = self.mac.clone();
        let request = Request::Reset {
            mac: &mac,
            password: &password,
            sync_cameras: false,
            code: &code,
        };
        match self.ask(&request).expect("an answer").body {
            Body::Verdict(verdict) => verdict,
            other => panic!("{other:?}"),
        }
    }

    /// Exchange and reset, the code plain.
    pub fn reset(&mut self, password: &str, code: &str) -> Verdict {
        let session = self.exchange();
        self.send_reset(&session, password, code, Form::Plain)
    }
}

#[derive(Clone, Copy)]
pub enum Form {
    Plain,
    Encrypted,
}

pub fn verdict(result: ResultText, tries_left: Option<u32>, lock_minutes: Option<u32>) -> Verdict {
    Verdict {
        result,
        tries_left,
        lock_minutes,
    }
}
